"""Coverage + plan → dapil, and the units of every level: attributes and polygons, ready to publish.

Every layer is a union of base units, never of another layer: chambers do not nest.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from boundaries.errors import CoverageError
from boundaries.ground.joining import join
from boundaries.ground.measures import area_m2
from boundaries.ground.soundness import invalid_units
from boundaries.law.codes import LENGTH, LEVELS, Level
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
    geometry = join(ground.geometry[piece], owner, len(table))
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
    """Join base units to the units of `level`; at level desa only the desa that are base units."""
    long_enough = np.array([len(c) >= LENGTH[level] for c in ground.codes], dtype=bool)
    holder = np.array([c[: LENGTH[level]] for c in ground.codes[long_enough]], dtype=str)
    codes, owner = np.unique(holder, return_inverse=True)
    geometry = join(ground.geometry[long_enough], owner, len(codes))
    frame = pd.DataFrame({"kode": codes, "nama": [registry.names[c] for c in codes], "tingkat": level})
    for above in LEVELS[:3]:
        within = [c[: LENGTH[above]] if LENGTH[above] <= LENGTH[level] else None for c in codes]
        frame[f"kode_{above}"] = within
        frame[f"nama_{above}"] = [registry.names[c] if c else None for c in within]
    frame["luas_km2"] = np.round(np.bincount(owner, ground.area_m2[long_enough], len(codes)) / _M2_PER_KM2, 3)
    return Published(frame.assign(**facts), geometry, {})


def check(name: str, ground: Ground, layer: Published, owner_of: Mapping[str, str], key: str) -> None:
    """Assert that a layer is a valid coverage and each feature the union of its base units, to 1 m².

    `owner_of`: base unit → value of column `key` of the feature that holds it. Raises CoverageError.
    """
    bad = invalid_units(layer.geometry)
    if len(bad):
        raise CoverageError(
            f"{name}: {layer.frame[key].iloc[bad[0]]} has unmatched or invalid edges: report this as a bug"
        )
    flat = pd.Series(area_m2(ground.geometry), index=ground.codes)
    parts = flat[flat.index.isin(list(owner_of))]
    expected = parts.groupby(parts.index.map(owner_of)).sum().reindex(layer.frame[key]).to_numpy()
    difference = np.abs(area_m2(layer.geometry) - expected)
    if not (difference <= 1.0).all():
        worst = int(np.nanargmax(np.where(np.isnan(difference), np.inf, difference)))
        raise CoverageError(
            f"{name}: {layer.frame[key].iloc[worst]} differs from the union of its units by "
            f"{difference[worst]:.1f} m²: report this as a bug"
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
            "nama_provinsi": rows["kode_provinsi"].map(registry.names),
            "kode_kabkota": rows["kode_kabkota"].where(rows["kode_kabkota"] != "", None),
            "nama_kabkota": rows["kode_kabkota"].map(registry.names),
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
    text = rows["kode_unit"] + " " + rows["kode_unit"].map(registry.names)
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
