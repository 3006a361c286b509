"""A plan as it is held against the law: one in law, or a draft of somebody's own."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from boundaries.law.codes import LENGTH, Level
from boundaries.law.plans import Plan
from boundaries.research.people import People

Array = NDArray[np.int64]

#: The level of the units that a dapil of each chamber is made of (UU 7/2017 articles 187, 189, 192).
BLOCKS: Final[Mapping[str, Level]] = {
    "dpr": "kabkota",
    "dpd": "provinsi",
    "dprd-provinsi": "kabkota",
    "dprd-kabkota": "kecamatan",
}
#: The level of the unit whose council, or part of the chamber, a dapil belongs to.
COUNCILS: Final[Mapping[str, Level]] = {
    "dpr": "provinsi",
    "dpd": "provinsi",
    "dprd-provinsi": "provinsi",
    "dprd-kabkota": "kabkota",
}


@dataclass(frozen=True)
class Proposal:
    """Dapil of a chamber and the units that make up each.

    ``dapil``: a row each: `kode_dapil`, `nama_dapil`, `dewan` (code of its council), `kursi` (int), `penduduk`
    (Int64, of the law or the draft; <NA> where not known). ``members``: unit → the row of its dapil; no unit lies in
    another.
    ``whole``: the plan of a whole chamber, not of one council; ``of_law``: one in law, or a part of it. ``notes``: what
    reading it put right, in both languages.
    """

    name: str
    chamber: str
    year: int
    dapil: pd.DataFrame
    members: Mapping[str, int]
    excluded: tuple[str, ...] = ()
    whole: bool = True
    seats_given: bool = True
    notes: tuple[tuple[str, str], ...] = ()
    of_law: bool = False
    _owners: dict[int, tuple[People, Array]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def owners(self, people: People) -> Array:
        """The dapil (d,) of each desa of the registry, -1 for none; asked once of the same `people`, not to be written
        to."""
        if id(people) not in self._owners:
            found = people.zones(self.members, self.members.values())
            found.flags.writeable = False
            self._owners[id(people)] = people, found
        return self._owners[id(people)][1]

    @property
    def called(self) -> str:
        """What stands before the codes of its dapil: a plan in law as in a release, a draft by its own name."""
        return f"{self.chamber}-{self.year}" if self.of_law else self.name

    @cached_property
    def councils(self) -> dict[str, Array]:
        """The rows of the dapil of each council, sorted by its code."""
        found = self.dapil.groupby("dewan", sort=True).indices
        return {str(code): np.sort(rows) for code, rows in found.items()}

    @cached_property
    def _members(self) -> dict[int, list[tuple[int, str]]]:
        """The units of each row's dapil, and the place of each among all members."""
        found: dict[int, list[tuple[int, str]]] = {}
        for place, (unit, row) in enumerate(self.members.items()):
            found.setdefault(row, []).append((place, unit))
        return found


def of_law(plan: Plan) -> Proposal:
    """A plan in law as a proposal: its dapil of which the members are known."""
    plan, _ = plan.parted()
    council = "kode_kabkota" if plan.chamber == "dprd-kabkota" else "kode_provinsi"
    dapil = plan.dapil[["kode_dapil", "nama_dapil", "kursi", "penduduk"]].copy()
    dapil.insert(2, "dewan", plan.dapil[council])
    row = {code: n for n, code in enumerate(dapil["kode_dapil"])}
    members = {
        unit: row[code]
        for unit, code in zip(plan.members["kode_unit"], plan.members["kode_dapil"], strict=True)
    }
    return Proposal(
        plan.id, plan.chamber, plan.year, dapil, members, plan.meta.wilayah_dikecualikan, of_law=True
    )


def part(proposal: Proposal, council: str) -> Proposal:
    """One council of a plan."""
    rows = proposal.councils[council]
    held = sorted((*each, n) for n, row in enumerate(rows) for each in proposal._members.get(int(row), ()))
    members = {unit: n for _, unit, n in held}
    dapil = proposal.dapil.iloc[rows].reset_index(drop=True)
    name = f"{proposal.name}-{council}"
    return replace(proposal, name=name, dapil=dapil, members=members, whole=False)


def split_by(proposal: Proposal) -> frozenset[str]:
    """The kecamatan of which the plan names desa."""
    size = LENGTH["kecamatan"]
    return frozenset(unit[:size] for unit in proposal.members if len(unit) == LENGTH["desa"])
