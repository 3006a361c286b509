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
from numpy.typing import NDArray

from boundaries.errors import CoverageError
from boundaries.ground.joining import join
from boundaries.ground.seams import Seams
from boundaries.law.codes import LENGTH, LEVELS, Level
from boundaries.law.plans import Plan
from boundaries.law.registry import Registry

Array = NDArray[Any]

_M2_PER_KM2: Final = 1e6


@dataclass(frozen=True)
class Units:
    """The units of one level: `codes` (n,), their polygons, and of every base unit the number of its unit or -1."""

    codes: Array
    geometry: Array
    of_base: Array


@dataclass(frozen=True)
class Ground:
    """The clean base units: `codes` (n,), `geometry` (n,) MultiPolygon, `area_m2` (n,) on the ellipsoid."""

    codes: Array
    geometry: Array
    area_m2: Array

    @cached_property
    def levels(self) -> Mapping[Level, Units]:
        """The units of every level that base units make up, from provinsi down."""
        found: dict[Level, Units] = {}
        codes, geometry = self.codes.astype(str), self.geometry
        for level in reversed(LEVELS):
            keep = np.char.str_len(codes) >= LENGTH[level]
            holders, owner = np.unique(codes[keep].astype(f"U{LENGTH[level]}"), return_inverse=True)
            joined = join(geometry[keep], owner, len(holders))
            cut = self.codes.astype(f"U{LENGTH[level]}")
            at = np.minimum(np.searchsorted(holders, cut), max(len(holders) - 1, 0))
            of_base = np.where(holders[at] == cut, at, -1) if len(holders) else np.full(len(cut), -1)
            found[level] = Units(holders, joined, of_base)
            codes = np.concatenate([holders, codes[~keep]])
            geometry = np.concatenate([joined, geometry[~keep]])
        return {level: found[level] for level in LEVELS if len(found[level].codes)}

    @cached_property
    def seams(self) -> Seams:
        """The borders of the base units, to compare unions with."""
        return Seams(self.geometry)

    def pieces(self, owner: Array) -> tuple[Array, Array]:
        """Return polygons and the owner of each: the largest units whose base units all have one owner.

        `owner`: (n,) of every base unit, -1 for none.
        """
        open_ = owner >= 0
        shapes, owners = [], []
        for units in self.levels.values():
            number, held = units.of_base, units.of_base >= 0
            low = np.full(len(units.codes), np.iinfo(np.int64).max)
            high = np.full(len(units.codes), -2)
            np.minimum.at(low, number[held], owner[held])
            np.maximum.at(high, number[held], owner[held])
            whole = (low == high) & (low >= 0)
            taken = np.unique(number[held & open_ & whole[number]])
            shapes.append(units.geometry[taken])
            owners.append(low[taken])
            open_ &= ~(held & whole[number])
        return np.concatenate([*shapes, self.geometry[open_]]), np.concatenate([*owners, owner[open_]])


@dataclass(frozen=True)
class Published:
    """Features of one layer: `frame` (n rows, columns of the contract), `geometry` (n,), and what was left out."""

    frame: pd.DataFrame
    geometry: Array
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
    of_base = np.full(len(ground.codes), -1)
    of_base[piece] = owner
    shapes, holder = ground.pieces(of_base)
    geometry = join(shapes, holder, len(table))
    area = np.bincount(owner, ground.area_m2[piece], len(table))
    table["luas_km2"] = np.round(area / _M2_PER_KM2, 3)
    drawn = np.bincount(owner, minlength=len(table)) > 0
    reason = f"no unit of it has a polygon in {facts['sumber_batas']}"
    omitted = dict.fromkeys(table.loc[~drawn, "id"], reason)
    return Published(table[drawn].reset_index(drop=True), geometry[drawn], omitted)


def without_geometry(plan: Plan, registry: Registry) -> pd.DataFrame:
    """Return the attributes of a plan whose composition is not known."""
    return _attributes(plan, registry, {})


def units(ground: Ground, level: Level, registry: Registry, facts: Mapping[str, str]) -> Published:
    """Return the units of `level`; at a level that is finer than some base units only those that are there."""
    found = ground.levels[level]
    codes, held = found.codes, found.of_base >= 0
    area = np.bincount(found.of_base[held], ground.area_m2[held], len(codes))
    frame = pd.DataFrame({"kode": codes, "nama": [registry.names[c] for c in codes], "tingkat": level})
    for above in LEVELS[:3]:
        within = [c[: LENGTH[above]] if LENGTH[above] <= LENGTH[level] else None for c in codes]
        frame[f"kode_{above}"] = within
        frame[f"nama_{above}"] = [registry.names[c] if c else None for c in within]
    frame["luas_km2"] = np.round(area / _M2_PER_KM2, 3)
    return Published(frame.assign(**facts), found.geometry, {})


def check(name: str, ground: Ground, layer: Published, owner_of: Mapping[str, str], key: str) -> None:
    """Assert that each feature of a layer is the union of its base units, edge for edge.

    `owner_of`: base unit → value of column `key` of the feature that holds it. A union of units of a valid coverage is
    one itself. Raises CoverageError.
    """
    position = {value: number for number, value in enumerate(layer.frame[key])}
    owner = np.array([position.get(owner_of.get(code, ""), -1) for code in ground.codes], dtype=np.int64)
    wrong = ground.seams.differing(owner, layer.geometry)
    if len(wrong):
        raise CoverageError(
            f"{name}: {layer.frame[key].iloc[wrong[0]]} is not the union of its units: report this as a bug"
        )


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
