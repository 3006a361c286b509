"""A council, or what a province elects of a chamber, as a graph to be parted: units, people, neighbours, seats."""

import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from boundaries.errors import NotFound, PlanError
from boundaries.ground.ragged import connected
from boundaries.law.codes import LENGTH
from boundaries.law.plans import load_plans, plans_there
from boundaries.law.registry import Registry
from boundaries.release.store import Release
from boundaries.research.graph import Graph, SeaRule, build_graph, joins
from boundaries.research.people import People
from boundaries.research.proposal import BLOCKS, Proposal, of_law
from boundaries.research.regime import load_regime
from boundaries.research.sealinks import bridging, pieces
from boundaries.research.spoilt_codes import SpoiltCodes
from boundaries.research.zoning import read_units

Array = NDArray[Any]

#: Chambers whose plans can be counted.
PARTED: Final = ("dpr", "dprd-provinsi", "dprd-kabkota")
#: The length of the code of what a unit lies in, by its level.
_ABOVE: Final = {"kabkota": LENGTH["provinsi"], "kecamatan": LENGTH["kabkota"], "desa": LENGTH["kecamatan"]}
#: The weights to go by, the first that is known for all of a council, by the level of the units and the election.
GONE_BY: Final = {
    ("kabkota", 2024): ("penduduk_2024",),
    ("kabkota", 2019): ("dak2_2019", "penduduk_2024"),
    ("kecamatan", 2024): ("penduduk_2023", "tps_2024"),
    ("kecamatan", 2019): ("penduduk_2023", "tps_2024"),
}


@dataclass(frozen=True)
class Council:
    """What is to be parted into dapil, and how the law did it.

    Attributes
    ----------
    units
        The codes that each node (n) stands for: one, or several that only have a figure together.
    people
        Whole numbers (n,), by `weight`.
    pairs, border_m
        Neighbours (e, 2), and the border on land (e,) that they share; 0 for a link over the sea.
    seats, low, high
        Of the council; of a dapil at least and at most.
    law, law_seats
        The dapil (n,) of each node in the plan in law, -1 for a node that it splits or leaves out; seats of each.
    before
        The same of the election before; None if there is none with a composition.
    links
        The rule of the links over the sea, what a table of links changed, and which were added so that the council is
        in one piece.
    """

    chamber: str
    year: int
    code: str
    name: str
    seats: int
    low: int
    high: int
    units: tuple[tuple[str, ...], ...]
    people: Array
    weight: str
    pairs: Array
    border_m: Array
    law: Array
    law_seats: Array
    before: Array | None = None
    links: str = ""

    @property
    def split(self) -> tuple[str, ...]:
        """The units that the law's plan splits."""
        return tuple(unit for node in np.flatnonzero(self.law < 0) for unit in self.units[node])

    @property
    def fingerprint(self) -> str:
        """Twelve hexadecimal digits of all that a count and its measures follow from; borders to the metre."""
        told = (
            self.chamber, self.year, self.code, self.seats, self.low, self.high, self.units, self.people.tolist(),
            self.weight, self.pairs.tolist(), np.rint(self.border_m).astype(int).tolist(), self.law.tolist(),
            self.law_seats.tolist(), None if self.before is None else self.before.tolist(), self.links,
        )  # fmt: skip
        return hashlib.sha256(repr(told).encode()).hexdigest()[:12]

    def of_seats(self, seats: int | None) -> "Council":
        """The same with another number of seats."""
        return self if seats is None else replace(self, seats=seats)


def councils(
    release: Release,
    chamber: str,
    year: int = 2024,
    *,
    only: Collection[str] = (),
    weight: str = "",
    sea: SeaRule | None = None,
    links: Path | None = None,
    level: str = "",
    registry: Registry,
    people: People | None = None,
    laws: dict[str, Proposal | None] | None = None,
    graphs: dict[Any, Graph] | None = None,
) -> Iterator[Council]:
    """Make the councils of a chamber ready, by default all, in the order of their codes.

    Parameters
    ----------
    only
        Codes of councils (provinsi, or kabkota for DPRD kabkota).
    weight
        Go by this weight alone (`boundaries.research.people.WEIGHTS`); by default `GONE_BY`.
    links
        A table of links to add and to take away (`boundaries.research.linktable`); what it did is told in
        `Council.links`.
    level
        Finer units than those of the law (``kecamatan``, ``desa``), for chains.
    laws, graphs
        Plans in law and graphs of this release that are at hand; what is made here is put there, for the next chamber.

    Raises
    ------
    PlanError
        No such chamber or weight, or the plan's composition is not known.
    TableError
        The table of links has a fault.
    NotFound
        No such council.
    """
    if chamber not in PARTED:
        raise PlanError(f"no plans of {chamber!r} can be counted; choose among {', '.join(PARTED)}")
    people = people or People(registry)
    laws, graphs = {} if laws is None else laws, {} if graphs is None else graphs
    law, before = _plan(chamber, year, registry, laws), _previous(chamber, year, registry, laws)
    if law is None:
        raise PlanError(f"{chamber}-{year} has no composition: name another year")
    level = level or BLOCKS[chamber]
    wanted = sorted(only) or sorted(law.councils)
    for code in wanted:
        if code not in law.councils:
            meant = " or ".join(SpoiltCodes(law.councils).meant(code))
            raise NotFound(
                f"{chamber}-{year} has no dapil in {code!r}; "
                + (f"may be {meant}" if meant else f"write a code such as {next(iter(law.councils))}")
            )
    within = sorted({province for code in only for province in _ground(code, registry, year)})
    sea = sea or SeaRule()
    about = level, tuple(within), sea, links
    if about not in graphs:
        graphs[about] = build_graph(
            release, level, people, within=within, sea=sea, links=links, weights=(), plans=False
        )
    graph = graphs[about]
    weights = (weight,) if weight else GONE_BY.get((level, year)) or GONE_BY.get((level, 2024), ("tps_2024",))
    fused = [(name, *_fused(name, graph, people)) for name in weights]
    for code in wanted:
        yield _council(code, law, before, graph, fused, release, people, registry, sea, level)


def _plan(chamber: str, year: int, registry: Registry, laws: dict[str, Proposal | None]) -> Proposal | None:
    name = f"{chamber}-{year}"
    if name not in laws:
        found = load_plans(registry=registry, only=[name]) if name in plans_there() else []
        laws[name] = of_law(found[0]) if found and found[0].meta.komposisi else None
    return laws[name]


def _previous(
    chamber: str, year: int, registry: Registry, laws: dict[str, Proposal | None]
) -> Proposal | None:
    """The plan of the election before, the last that has a composition."""
    years = sorted((int(name[-4:]) for name in plans_there() if name[:-5] == chamber), reverse=True)
    found = (_plan(chamber, each, registry, laws) for each in years if each < year)
    return next((plan for plan in found if plan is not None), None)


def _ground(council: str, registry: Registry, year: int) -> set[str]:
    """The provinces whose units and coasts the graph of a council is made from: links are found in a whole province."""
    province = council[: LENGTH["provinsi"]]
    later = {
        code[: LENGTH["provinsi"]]
        for code in registry.at("kabkota")
        if registry.provinsi_in(code, year) == council
    }
    return {province, *later}


def _fused(name: str, graph: Graph, people: People) -> tuple[Array, Array]:
    """Join units that only have a figure together: the node (n,) of each, and the people of each node, NaN unknown."""
    codes = graph.codes
    figures = people.figures(name)
    unit = people.zones(codes, range(len(codes)))
    held = (unit >= 0) & (figures.group >= 0)
    node = connected(len(codes), [(unit[held], figures.group[held])])
    zone = np.where(unit >= 0, node[unit], -1)
    return node, figures.over(zone, int(node.max(initial=-1)) + 1).value


def _council(
    code: str, law: Proposal, before: Proposal | None, graph: Graph, fused: Sequence[tuple[str, Array, Array]],
    release: Release, people: People, registry: Registry, sea: SeaRule, level: str,
) -> Council:  # fmt: skip
    codes = graph.codes
    if law.chamber == "dprd-kabkota":
        mine = codes.astype(f"U{len(code)}") == code
    else:
        mine = np.array([registry.provinsi_in(each, law.year) == code for each in codes])
    inside = np.flatnonzero(mine)
    for name, node, value in fused:  # noqa: B007 - the last stands for a failure
        found, number = np.unique(node[inside], return_inverse=True)
        counted = value[found]
        if np.isfinite(counted).all() and (counted > 0).all() and np.isin(node, found).sum() == len(inside):
            break
    else:
        raise PlanError(
            f"people of {code} are not known by {' or '.join(each[0] for each in fused)}; name a weight"
        )
    above = len(np.unique(codes[inside].astype(f"U{_ABOVE[level]}")))
    if len(found) <= above < len(inside):
        raise PlanError(
            f"{name} has only {len(found)} figures for the {len(inside)} {level} of {code}; name a weight of that level"
        )
    units = tuple(tuple(codes[inside[number == n]].tolist()) for n in range(len(found)))
    pairs, border = _edges(graph, inside, number)
    rule = "; ".join([str(sea), *_told(graph, {unit for node in units for unit in node})])
    if len(found) > 1 and pieces(len(found), pairs).max() > 0 and sea.kind != "tanpa":
        pairs, border, added = _joined(code, units, pairs, border, release, level)
        rule += "".join(f"; terdekat {'-'.join(each)}" for each in added)
    rows = law.councils[code]
    low, high = load_regime(law.year).seats_of_dapil(law.chamber)
    seats = law.dapil["kursi"].to_numpy()[rows].astype(np.int64)
    place = np.full(len(law.dapil) + 1, -1)
    place[rows] = np.arange(len(rows))
    return Council(
        law.chamber, law.year, code, registry.names[code], int(seats.sum()), low, high, units,
        np.rint(counted).astype(np.int64), name, pairs, border, place[_owner(units, law, people)], seats,
        _owner(units, before, people) if before is not None else None, rule,
    )  # fmt: skip


def _told(graph: Graph, units: Collection[str]) -> Iterator[str]:
    """What a table of links did to some units."""
    for change in graph.about["tautan"]:
        a, b, done = change.split(" ", 2)
        if a in units and b in units:
            yield f"{a}-{b} {done}"


def _owner(units: Sequence[Sequence[str]], plan: Proposal, people: People) -> Array:
    """The dapil of each node; -1 where there are several or none."""
    codes = [code for node in units for code in node]
    zone = people.zones(codes, np.repeat(np.arange(len(units)), [len(node) for node in units]))
    owner = plan.owners(people)
    low, high = np.full(len(units), 1 << 30), np.full(len(units), -1)
    inside = zone >= 0
    np.minimum.at(low, zone[inside], owner[inside])
    np.maximum.at(high, zone[inside], owner[inside])
    return np.where(low == high, high, -1)


def _edges(graph: Graph, inside: Array, number: Array) -> tuple[Array, Array]:
    """Neighbours among the nodes, each pair once, and their border on land."""
    at = np.full(len(graph.nodes), -1)
    at[inside] = number
    a, b = at[graph.pairs].T
    kept = np.flatnonzero((a >= 0) & (b >= 0) & (a != b))
    pairs = np.sort(np.stack([a[kept], b[kept]], axis=1), axis=1)
    each, which = np.unique(pairs, axis=0, return_inverse=True)
    return each.reshape(-1, 2), np.bincount(which.ravel(), graph.land_m[kept], len(each))


def _joined(
    code: str, units: Sequence[Sequence[str]], pairs: Array, border: Array, release: Release, level: str
) -> tuple[Array, Array, list[tuple[str, str]]]:
    """Add the nearest links that join the pieces of a council which the province's links do not."""
    within = (
        [code] if len(code) == LENGTH["kabkota"] else sorted({unit[:5] for node in units for unit in node})
    )
    apart = read_units(release, level, within)
    nearest = joins(apart)
    node = {unit: n for n, each in enumerate(units) for unit in each}
    at = np.array([node[code] for code in apart.codes])
    added = bridging(len(units), pairs, at[nearest.pairs], nearest.gap_m)
    told = [(str(apart.codes[a]), str(apart.codes[b])) for a, b in nearest.pairs[added]]
    more = at[nearest.pairs[added]].reshape(-1, 2)
    return np.concatenate([pairs, np.sort(more, axis=1)]), np.append(border, np.zeros(len(added))), told
