"""A plan as it is held against the law: one in law, or a draft of somebody's own."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
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

    def owners(self, people: People) -> Array:
        """The dapil (d,) of each desa of the registry, -1 for none."""
        return people.zones(self.members, self.members.values())

    @property
    def councils(self) -> dict[str, Array]:
        """The rows of the dapil of each council, sorted by its code."""
        found = self.dapil.groupby("dewan", sort=True).indices
        return {str(code): np.sort(rows) for code, rows in found.items()}


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
    new = {int(row): n for n, row in enumerate(rows)}
    members = {unit: new[row] for unit, row in proposal.members.items() if row in new}
    dapil = proposal.dapil.iloc[rows].reset_index(drop=True)
    name = f"{proposal.name}-{council}"
    return replace(proposal, name=name, dapil=dapil, members=members, whole=False)


def split_by(proposal: Proposal) -> frozenset[str]:
    """The kecamatan of which the plan names desa."""
    size = LENGTH["kecamatan"]
    return frozenset(unit[:size] for unit in proposal.members if len(unit) == LENGTH["desa"])
