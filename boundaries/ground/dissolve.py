"""Coverage + plan → dapil, and the units of every level: attributes and polygons, ready to publish.

Every layer is a union of base units, never of another chamber's dapil: chambers do not nest. Units are joined once,
each level from the one below; a dapil is then joined from the largest units that lie in it whole, which is the same
union with fewer borders to cancel.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from boundaries.errors import CoverageError
from boundaries.ground.joining import join
from boundaries.ground.seams import Seams
from boundaries.law.codes import LENGTH, LEVELS, Level
from boundaries.law.nesting import Nesting
from boundaries.law.plans import Plan
from boundaries.law.registry import Registry

Array = NDArray[Any]

_M2_PER_KM2: Final = 1e6


@dataclass(frozen=True)
class Ground:
    """The clean base units: `codes` (n,), `geometry` (n,) MultiPolygon, `area_m2` (n,) on the ellipsoid."""

    codes: Array
    geometry: Array
    area_m2: Array

    @cached_property
    def nesting(self) -> Nesting:
        """Which units hold the base units."""
        return Nesting(self.codes)

    @cached_property
    def units(self) -> Mapping[Level, Array]:
        """The polygons of the units of every level, each joined from those one level down."""
        found: dict[Level, Array] = {}
        codes, geometry = self.codes.astype(str), self.geometry
        for level in reversed(tuple(self.nesting.levels)):
            holders = self.nesting.levels[level].codes
            fine = np.char.str_len(codes) >= LENGTH[level]
            owner = np.searchsorted(holders, codes[fine].astype(f"U{LENGTH[level]}"))
            found[level] = join(geometry[fine], owner, len(holders))
            codes = np.concatenate([holders, codes[~fine]])
            geometry = np.concatenate([found[level], geometry[~fine]])
        return found

    @cached_property
    def seams(self) -> Seams:
        """The borders of the base units, to compare unions with."""
        return Seams(self.geometry)

    def union(self, owner: Array, count: int) -> Array:
        """Join base units by owner (n,), -1 for none: (count,) MultiPolygons."""
        pieces = [(self.units[level][units], owners) for level, units, owners in self.nesting.largest(owner)]
        return join(np.concatenate([p for p, _ in pieces]), np.concatenate([o for _, o in pieces]), count)


@dataclass(frozen=True)
class Published:
    """Features of one layer: `frame` (n rows, columns of the contract), `geometry` (n,), and what was left out.

    ``owner``: for every base unit of the ground the row that holds it, or -1.
    """

    frame: pd.DataFrame
    geometry: Array
    owner: Array
    omitted: Mapping[str, str]


def dapil(
    plan: Plan, ground: Ground, assigned: pd.Series, registry: Registry, facts: Mapping[str, str]
) -> Published:
    """Dissolve one plan.

    `assigned`: base unit → kode_dapil for the base units of the plan that the source shows or should show; units
    in it without ground are the caller's to account for. `facts`: the constant columns (sumber_batas, lisensi).
    A dapil without any ground on this source is left out and named in ``omitted``.
    """
    table = _attributes(plan, registry, facts)
    position = pd.Series(np.arange(len(table)), index=table["kode_dapil"])
    unit = pd.Series(np.arange(len(ground.codes)), index=ground.codes)
    here = assigned[assigned.index.isin(unit.index)]
    owner, piece = here.map(position).to_numpy(dtype=np.int64), unit[here.index].to_numpy()
    area = np.bincount(owner, ground.area_m2[piece], len(table))
    table["luas_km2"] = np.round(area / _M2_PER_KM2, 3)
    drawn = np.bincount(owner, minlength=len(table)) > 0
    reason = f"no unit of it has a polygon in {facts['sumber_batas']}"
    omitted = dict.fromkeys(table.loc[~drawn, "id"], reason)
    of_base = np.full(len(ground.codes), -1)
    of_base[piece] = (np.cumsum(drawn) - 1)[owner]
    table = table[drawn].reset_index(drop=True)
    return Published(table, ground.union(of_base, len(table)), of_base, omitted)


def without_geometry(plan: Plan, registry: Registry) -> pd.DataFrame:
    """Return the attributes of a plan whose composition is not known."""
    return _attributes(plan, registry, {})


def units(ground: Ground, level: Level, registry: Registry, facts: Mapping[str, str]) -> Published:
    """Return the units of `level`; at a level that is finer than some base units only those that are there."""
    found = ground.nesting.levels[level]
    codes, held = found.codes, found.of_base >= 0
    area = np.bincount(found.of_base[held], ground.area_m2[held], len(codes))
    frame = pd.DataFrame({"kode": codes, "nama": [registry.names[c] for c in codes], "tingkat": level})
    for above in LEVELS[:3]:
        within = [c[: LENGTH[above]] if LENGTH[above] <= LENGTH[level] else None for c in codes]
        frame[f"kode_{above}"] = within
        frame[f"nama_{above}"] = [registry.names[c] if c else None for c in within]
    frame["luas_km2"] = np.round(area / _M2_PER_KM2, 3)
    return Published(frame.assign(**facts), ground.units[level], found.of_base, {})


def check(name: str, ground: Ground, layer: Published) -> None:
    """Assert that each feature of a layer is the union of its base units, edge for edge, and a valid polygon.

    A union of units of a valid coverage is one itself. Raises CoverageError.
    """
    wrong = ground.seams.differing(layer.owner, layer.geometry)
    fault = "is not the union of its units"
    if not len(wrong):
        wrong, fault = np.flatnonzero(~shapely.is_valid(layer.geometry)), "is no valid polygon"
    if len(wrong):
        raise CoverageError(f"{name}: {layer.frame.iloc[wrong[0], 0]} {fault}: report this as a bug")


# --- attributes ------------------------------------------------------------------------------------


def _attributes(plan: Plan, registry: Registry, facts: Mapping[str, str]) -> pd.DataFrame:
    meta, rows = plan.meta, plan.dapil
    frame = pd.DataFrame(
        {
            "id": plan.id + "-" + rows["kode_dapil"],
            "kode_dapil": rows["kode_dapil"],
            "nama_dapil": rows["nama_dapil"],
            "lembaga": plan.chamber,
            "tahun": plan.year,
            "mulai": meta.mulai.isoformat(),
            "selesai": meta.selesai.isoformat() if meta.selesai else None,
            "kode_provinsi": rows["kode_provinsi"],
            "nama_provinsi": rows["kode_provinsi"].map(registry.names.get),
            "kode_kabkota": rows["kode_kabkota"].where(rows["kode_kabkota"] != "", None),
            "nama_kabkota": rows["kode_kabkota"].map(registry.names.get),
            "kursi": rows["kursi"],
            "penduduk": rows["penduduk"],
            "wilayah": rows["kode_dapil"].map(_members(plan, registry)),
            "dasar_hukum": meta.dasar_hukum,
            "ocd_id": None,
            "ragu": rows["kode_dapil"].map(_doubts(plan)),
        }
    )
    frame = frame.assign(**facts).sort_values("id", ignore_index=True)
    return frame.astype(object).where(frame.notna(), None).astype({"tahun": "int64", "kursi": "int64"})


def _members(plan: Plan, registry: Registry) -> pd.Series:
    """kode_dapil → ``code name; code name``, by code."""
    rows = plan.members.sort_values("kode_unit")
    text = rows["kode_unit"] + " " + rows["kode_unit"].map(registry.names.get)
    return text.groupby(rows["kode_dapil"]).agg("; ".join)


def _doubts(plan: Plan) -> dict[str, str]:
    """kode_dapil → the doubts about it: those of its member rows and those of the plan that name it."""
    found: dict[str, list[str]] = {}
    rows = plan.members[plan.members["ragu"] != ""]
    for code, unit, why in rows[["kode_dapil", "kode_unit", "ragu"]].itertuples(index=False):
        found.setdefault(code, []).append(f"{why} ({unit})")
    for doubt in plan.meta.ragu:
        for code in doubt.dapil:
            found.setdefault(code, []).append(doubt.hal)
    return {code: _joined(texts) for code, texts in found.items()}


def _joined(texts: list[str]) -> str:
    """One sentence a reason: the units that share a reason are named behind it."""
    units: dict[str, list[str]] = {}
    for text in texts:
        why, _, unit = text.rpartition(" (")
        if why and unit.endswith(")") and unit[:1].isdigit():
            units.setdefault(why, []).append(unit[:-1])
        else:
            units.setdefault(text, [])
    return "; ".join(f"{why} ({', '.join(codes)})" if codes else why for why, codes in units.items())
