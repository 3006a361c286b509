"""From what a person names, a plan in law or a file, to a report: the steps in between."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import pandas as pd

from boundaries.errors import PlanError
from boundaries.ground.measures import area_m2
from boundaries.law.meta import CHAMBERS
from boundaries.law.plans import load_plans, plans_there
from boundaries.law.registry import Registry, load_registry
from boundaries.release.store import STANDARD, Release, open_release
from boundaries.research.check import Report, check, with_seats
from boundaries.research.contiguity import Terrain, read_terrain
from boundaries.research.crosswalk import Ground, crosswalk
from boundaries.research.draft_distance import Distance, distance
from boundaries.research.draft_measures import Scores, scores
from boundaries.research.findings import Case
from boundaries.research.forced_splits import with_forced_splits
from boundaries.research.own_plan import read_people, read_plan
from boundaries.research.people import People
from boundaries.research.proposal import BLOCKS, Proposal, of_law, part, split_by
from boundaries.research.regime import load_regime
from boundaries.research.succession import ledgers
from boundaries.research.zoning import BASE, Units, read_units

#: The chamber whose dapil hold those of another (principle e).
ABOVE: Final[Mapping[str, str]] = {"dprd-kabkota": "dprd-provinsi", "dprd-provinsi": "dpr"}


@dataclass(frozen=True)
class Asked:
    """What is to be checked: a plan in law or a file, and what is known of it besides (empty: to be inferred)."""

    plan: str
    chamber: str = ""
    council: str = ""
    year: int = 2024
    seats: int | None = None
    people: Path | None = None
    previous: str = ""
    parent: str = ""
    #: CPU seconds for the count that tells whether splits of units were forced (A6b).
    count_seconds: float = 0.0


def report_on(asked: Asked, release: Release) -> tuple[Report, Units]:
    """Check a plan; returns the report, and the units of its ground in standard detail, to draw it.

    Raises
    ------
    PlanError
        No such plan, or a file that is none.
    """
    registry = load_registry()
    return _reported(asked, release, registry, People(registry), None)


def _reported(asked: Asked, release: Release, registry: Registry, people: People,
              terrain: Terrain | None) -> tuple[Report, Units]:  # fmt: skip
    proposal = _proposal(asked, registry, release)
    named = [asked.previous or _before(proposal), asked.parent or _above(proposal)]
    previous, parent = (_law(name, registry) if name else None for name in named)
    case = Case(
        proposal, load_regime(proposal.year), people, registry,
        previous=previous, parent=parent, own=read_people(asked.people, registry) if asked.people else None,
    )  # fmt: skip
    if not proposal.whole:
        case = with_seats(case, asked.seats)
    within, split = _ground(proposal), split_by(proposal)
    # All of the ground: a border with other ground is no coast.
    case.terrain = terrain or read_terrain(release, (), split)
    base: dict[str, Any] = {
        "rilis": release.id,
        "atribusi": release.manifest["source"]["attribution"],
        "lisensi": release.manifest["source"]["licence"]["name"],
    }
    report = with_forced_splits(check(case, base), release, asked.count_seconds)
    return report, read_units(release, BASE, within, STANDARD, split)


class Bench:
    """Reports of several plans in law on one release, whose terrain is read once."""

    def __init__(self, release: Release) -> None:
        self.release = release
        self.registry = load_registry()
        self.people = People(self.registry)

    @cached_property
    def terrain(self) -> Terrain:
        """All of the ground: a border with other ground is no coast."""
        return read_terrain(self.release, ())

    @staticmethod
    def has_regime(plan: str) -> bool:
        """Whether the law that a plan is held against is written down (``data/law``)."""
        try:
            load_regime(int(plan[-4:]))
        except PlanError:
            return False
        return True

    def report(self, plan: str, council: str = "") -> tuple[Report, Units]:
        """See `report_on`."""
        return _reported(Asked(plan, council=council), self.release, self.registry, self.people, self.terrain)


@dataclass(frozen=True)
class Draft:
    """A plan among others: its case, base units to draw it, measures, and its report where it was checked."""

    case: Case
    units: Units
    scores: Scores
    report: Report | None

    @property
    def name(self) -> str:
        """What it is called."""
        return self.case.proposal.name


def measured(
    asked: Sequence[Asked], release: Release, *, checked: bool
) -> tuple[list[Draft], list[Distance]]:
    """Measure plans of one ground side by side; of each but the first the distance from the first.

    `checked`: hold them against the law as well.

    Raises
    ------
    PlanError
        They are of different chambers or councils, or one of them is no plan.
    """
    registry = load_registry()
    people = People(registry)
    proposals = [_proposal(each, registry, release) for each in asked]
    first = proposals[0]
    for each in proposals[1:]:
        if (each.chamber, set(each.councils)) != (first.chamber, set(first.councils)):
            raise PlanError(
                f"{each.name} is of {each.chamber} {_of(each)}, {first.name} of {first.chamber} {_of(first)}; "
                "compare plans of one chamber and council (--kabkota picks one of a plan in law)"
            )
    split = frozenset().union(*(split_by(each) for each in proposals))
    within = () if first.whole else tuple(sorted({u[:5] for each in proposals for u in each.members}))
    terrain = read_terrain(release, () if checked else within, split)
    units = read_units(release, BASE, within, STANDARD, split)
    base: dict[str, Any] = {"rilis": release.id, "atribusi": release.manifest["source"]["attribution"]}
    drafts = []
    for question, proposal in zip(asked, proposals, strict=True):
        named = [question.previous or _before(proposal), question.parent or _above(proposal)]
        previous, parent = (_law(name, registry) if name else None for name in named)
        own = read_people(question.people, registry) if question.people else None
        case = Case(proposal, load_regime(proposal.year), people, registry, terrain, previous, parent, own)
        case = case if proposal.whole else with_seats(case, question.seats)
        drafts.append(Draft(case, units, scores(case, terrain), check(case, base) if checked else None))
    ground = Ground(terrain.codes, terrain.borders.area_m2)
    plans = [draft.case.proposal for draft in drafts]
    return drafts, [distance(plans[0], plan, people, ground) for plan in plans[1:]]


def dapil_of_desa(path: Path, release: Path) -> dict[str, str]:
    """Return the dapil of every desa in a draft (`boundaries.research.own_plan.read_plan`).

    `release`: a release, or a directory of releases; opened only where the draft is polygons.
    """
    registry = load_registry()
    draft = read_plan(path, registry, ground=lambda: read_units(open_release(release), "kecamatan"))
    codes = draft.dapil["kode_dapil"].tolist()
    return {
        desa: codes[row]
        for unit, row in draft.members.items()
        for desa in registry.descendants(unit, "desa") or (unit,)
    }


def _of(proposal: Proposal) -> str:
    return ", ".join(list(proposal.councils)[:3])


def compared(first: str, second: str, release: Release) -> pd.DataFrame:
    """The crosswalk of two plans, each in law or a file (`boundaries.research.crosswalk.crosswalk`)."""
    registry = load_registry()
    one, two = (_proposal(Asked(name), registry, release) for name in (first, second))
    return crosswalk(one, two, People(registry), _surface(release, [one, two]))


def succession(chamber: str, release: Release) -> dict[str, pd.DataFrame]:
    """The ledgers of a chamber, ``<older>-<newer>`` → table, for every two elections next to each other whose plans
    have a composition."""
    registry = load_registry()
    laws = [plan for plan in load_plans(registry=registry) if plan.chamber == chamber and plan.meta.komposisi]
    if len(laws) < 2:
        raise PlanError(f"{chamber!r} has no two plans to compare; choose among {', '.join(CHAMBERS)}")
    found = ledgers(laws, People(registry), _surface(release, [of_law(plan) for plan in laws]))
    return {f"{older[-4:]}-{newer[-4:]}": table for (older, newer), table in found.items()}


def _surface(release: Release, plans: Sequence[Proposal]) -> Ground:
    """Areas of units that none of the plans parts."""
    units = read_units(release, BASE, split=frozenset().union(*(split_by(plan) for plan in plans)))
    return Ground(units.codes, area_m2(units.geometry))


def _proposal(asked: Asked, registry: Registry, release: Release) -> Proposal:
    if Path(asked.plan).suffix:
        level = BLOCKS.get(asked.chamber, "kecamatan")
        return read_plan(
            Path(asked.plan), registry, chamber=asked.chamber, council=asked.council, year=asked.year,
            ground=lambda: read_units(release, level),  # all: what was drawn beyond the council is told
        )  # fmt: skip
    found = _law(asked.plan, registry)
    if not asked.council:
        return found
    if asked.council not in found.councils:
        raise PlanError(
            f"{asked.plan} has no dapil in {asked.council}; write a code such as {next(iter(found.councils))}"
        )
    return part(found, asked.council)


def _law(name: str, registry: Registry) -> Proposal:
    if name not in plans_there():
        raise PlanError(
            f"{name!r} is no plan in law and no file; there are {', '.join(plans_there())}, or name a CSV"
        )
    (plan,) = load_plans(registry=registry, only=[name])
    if not plan.meta.komposisi:
        raise PlanError(
            f"{name} has no composition: which units make up its dapil is not known; name another"
        )
    return of_law(plan)


def _before(proposal: Proposal) -> str:
    """The plan of the election before; for a draft that in law at its own year."""
    years = sorted(int(name[-4:]) for name in plans_there() if name[:-5] == proposal.chamber)
    in_law = f"{proposal.chamber}-{proposal.year}" == proposal.name.removesuffix(
        f"-{next(iter(proposal.councils))}"
    )
    past = [year for year in years if year < proposal.year or (year == proposal.year and not in_law)]
    known = [year for year in past if (proposal.chamber, year) != ("dprd-kabkota", 2014)]
    return f"{proposal.chamber}-{known[-1]}" if known else ""


def _above(proposal: Proposal) -> str:
    name = f"{ABOVE.get(proposal.chamber, '')}-{proposal.year}"
    return name if name in plans_there() else ""


def _ground(proposal: Proposal) -> tuple[str, ...]:
    """The kabkota that a plan of one council touches; nothing (the nation) for a whole chamber."""
    return () if proposal.whole else tuple(sorted({unit[:5] for unit in proposal.members}))
