"""Raw units of a source → polygons of base units, ready for the coverage.

A base unit is the finest unit that any plan needs: a kecamatan, or a desa inside a kecamatan that a plan splits.
The levels of a source were drawn apart from each other, so the desa of a split kecamatan are fitted into its
outline first; and a new unit drawn on a parent that was never reduced takes its ground out of the parent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from boundaries.errors import SourceError
from boundaries.ground.coverage import FRAGMENT_M2
from boundaries.ground.measures import area_and_width_m, area_m2
from boundaries.ground.overlaps import resolve
from boundaries.ground.repair import polygons_of, repair
from boundaries.law import codes as kode
from boundaries.law.codes import LEVELS, Level
from boundaries.law.registry import Registry

Array = NDArray[Any]

_FITTED: Final = "fitted into the outline of its kecamatan"
_TOUCH: Final = 1e-6
"""Degrees (about 10 cm) within which overlay results count as touching."""
_THREAD_M: Final = 0.5
"""Mean width in metres under which a piece made by cutting one level with another is no ground."""


@dataclass(frozen=True)
class LevelPolygons:
    """Polygons of one level, in Kemendagri codes: `codes` (m,) text, `geometry` (m,), one code may recur."""

    level: Level
    codes: Array
    geometry: Array


@dataclass(frozen=True)
class BaseUnits:
    """Polygons of base units before cleaning; several rows may share a code.

    ``source_area_m2``: area of the unit's own polygon as the source drew it. ``notes``: what was done to a unit
    before the cleaning. ``missing``: base units without a polygon (kode, alasan). ``altered``: the polygons (code,
    geometry), as the source drew them, of the units that were reduced or fitted.
    """

    codes: Array
    geometry: Array
    source_area_m2: Mapping[str, float]
    notes: dict[str, str]
    missing: pd.DataFrame
    figures: Mapping[str, float] = field(default_factory=dict)
    altered: pd.DataFrame = field(default_factory=lambda: pd.DataFrame({"code": [], "geometry": []}))


def assemble(
    levels: Sequence[LevelPolygons],
    base: Sequence[str],
    registry: Registry,
    *,
    missing: Mapping[str, str] | None = None,
    overlays: Mapping[str, Sequence[str]] | None = None,
    partial: bool = False,
) -> BaseUnits:
    """Find the polygons of every base unit.

    `missing`: units known to have no polygon, with the reason. `overlays`: new unit → parents that the source
    did not reduce. `partial`: the source covers only part of the country; units outside it are listed as missing.
    Raises SourceError naming the units without polygon, or the finer level that a plan needs.
    """
    have = {lv.level: lv for lv in levels}
    rows = pd.DataFrame(
        {
            "code": np.concatenate([lv.codes for lv in levels]),
            "geometry": np.concatenate([lv.geometry for lv in levels]),
        }
    )
    rows = rows[[g is not None and not g.is_empty for g in rows["geometry"]]]
    _check_known(rows["code"], registry)
    wanted = rows[rows["code"].isin(set(base))]
    notes: dict[str, str] = {}
    found = set(wanted["code"])
    coarse = _from_finer([b for b in base if b not in found], rows)
    wanted = pd.concat([wanted, coarse])
    polygons = _reduce_parents(wanted, rows, overlays or {}, notes)
    polygons, figures = _fit_split(polygons, have, base, notes)
    absent = _absent(base, set(polygons["code"]), rows, registry, missing or {}, partial)
    source = repair(wanted["geometry"].to_numpy())[0]
    area = pd.Series(area_m2(source)).groupby(wanted["code"].to_numpy()).sum()
    return BaseUnits(
        codes=polygons["code"].to_numpy(dtype=object),
        geometry=polygons["geometry"].to_numpy(dtype=object),
        source_area_m2={str(code): float(value) for code, value in area.items()},
        notes=notes,
        missing=absent,
        figures=figures,
        altered=wanted[wanted["code"].isin(list(notes))],
    )


def _from_finer(lacking: Sequence[str], rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of finer units standing for the base units that lie above them (a map that only has desa)."""
    if not lacking:
        return rows.iloc[:0]
    above = rows["code"].str.slice(0, kode.LENGTH["kecamatan"])
    hit = rows[above.isin(set(lacking)) & (rows["code"].str.len() > kode.LENGTH["kecamatan"])]
    return hit.assign(code=above[hit.index])


def _reduce_parents(
    rows: pd.DataFrame, drawn: pd.DataFrame, overlays: Mapping[str, Sequence[str]], notes: dict[str, str]
) -> pd.DataFrame:
    """Cut each new unit, as `drawn` by the source, out of the parents that the source left unreduced."""
    at = {code: i for i, code in enumerate(rows["code"])}
    outline = dict(zip(drawn["code"], drawn["geometry"], strict=True))
    geometry = rows["geometry"].to_numpy(dtype=object).copy()
    for new, parents in overlays.items():
        for parent in parents:
            if new in outline and parent in at:
                pair, _ = repair(np.array([geometry[at[parent]], outline[new]], dtype=object))
                geometry[at[parent]] = polygons_of(shapely.difference(*pair))
                note = f"reduced by {new}, which the source draws on top of it"
                notes[parent] = "; ".join(filter(None, [notes.get(parent), note]))
    return rows.assign(geometry=geometry)


# --- desa of split kecamatan -----------------------------------------------------------------------


def _fit_split(
    rows: pd.DataFrame, have: Mapping[Level, LevelPolygons], base: Sequence[str], notes: dict[str, str]
) -> tuple[pd.DataFrame, dict[str, float]]:
    """Fit the desa of every split kecamatan into its outline, where the source has that outline."""
    split = sorted({b[: kode.LENGTH["kecamatan"]] for b in base if kode.level(b) == "desa"})
    if not split or "kecamatan" not in have:
        return rows, {}
    outlines = dict(zip(have["kecamatan"].codes, have["kecamatan"].geometry, strict=True))
    above = rows["code"].str.slice(0, kode.LENGTH["kecamatan"])
    kept = [rows[~above.isin([k for k in split if k in outlines])]]
    figures = {"split_area_m2": 0.0, "remainder_m2": 0.0, "outside_m2": 0.0}
    for kecamatan in split:
        desa = rows[(above == kecamatan) & (rows["code"] != kecamatan)]
        if kecamatan not in outlines or desa.empty:
            continue
        fitted, sizes = fit(desa["code"].to_numpy(), desa["geometry"].to_numpy(), outlines[kecamatan])
        kept.append(fitted)
        notes.update(dict.fromkeys(fitted["code"], _FITTED))
        figures = {k: figures[k] + sizes[k] for k in figures}
    return pd.concat(kept, ignore_index=True), figures


def fit(codes: Array, geometry: Array, outline: shapely.Geometry) -> tuple[pd.DataFrame, dict[str, float]]:
    """Fit desa into the outline of their kecamatan.

    What lies outside is cut off. Ground of the outline that no desa covers goes, piece by piece, to the desa with
    the longest border on it; a piece that touches none (an islet) to the nearest. A desa drawn wholly outside the
    outline keeps its own polygon. Returns (code, geometry) rows and the areas (m²) concerned.
    """
    frame = repair(np.array([outline], dtype=object))[0][0]
    raw, _ = repair(geometry)
    inside = np.array([polygons_of(g) for g in shapely.intersection(raw, frame)], dtype=object)
    homeless = shapely.is_empty(inside)
    parts, index = shapely.get_parts(inside, return_index=True)
    solid = _solid(parts)
    parts, part_of = resolve(parts[solid])
    owner = index[solid][part_of]
    rest = shapely.get_parts(polygons_of(shapely.difference(frame, shapely.union_all(parts))))
    rest = rest[_solid(rest)]
    given = _allocate(rest, parts, owner)
    sizes = {
        "split_area_m2": float(area_m2(np.array([frame]))[0]),
        "remainder_m2": float(area_m2(rest).sum()) if len(rest) else 0.0,
        "outside_m2": float(area_m2(raw).sum() - area_m2(inside).sum()),
    }
    table = pd.DataFrame(
        {
            "code": np.concatenate([codes[owner], codes[given], codes[homeless]]),
            "geometry": np.concatenate([parts, rest, raw[homeless]]),
        }
    )
    return table, sizes


def _solid(parts: Array) -> Array:
    """Mask of parts that are more than a thread left by an overlay (area and mean width); threads become gaps."""
    if not len(parts):
        return np.zeros(0, dtype=bool)
    area, width = area_and_width_m(parts)
    return np.asarray((area >= FRAGMENT_M2) & (width >= _THREAD_M))


def _allocate(rest: Array, parts: Array, owner: Array) -> Array:
    """Owner of each piece of `rest`: the longest common border, else the nearest."""
    if not len(rest):
        return np.array([], dtype=int)
    piece, part = shapely.STRtree(parts).query(rest, predicate="dwithin", distance=_TOUCH)
    shared = shapely.intersection(shapely.boundary(rest[piece]), shapely.buffer(parts[part], _TOUCH))
    border = pd.DataFrame({"piece": piece, "owner": owner[part], "length": shapely.length(shared)})
    total = border.groupby(["piece", "owner"])["length"].sum().reset_index()
    border = total.sort_values(["piece", "length", "owner"], ascending=[True, False, True])
    best = border.drop_duplicates("piece")
    given = np.full(len(rest), -1)
    given[best["piece"].to_numpy()] = best["owner"].to_numpy()
    alone = given < 0
    if alone.any():
        given[alone] = owner[shapely.STRtree(parts).nearest(rest[alone])]
    return given


# --- what is not there -----------------------------------------------------------------------------


def _absent(
    base: Sequence[str],
    found: set[str],
    rows: pd.DataFrame,
    registry: Registry,
    missing: Mapping[str, str],
    partial: bool,
) -> pd.DataFrame:
    lacking = [b for b in base if b not in found]
    have = set(rows["code"])
    known = {b: missing[b] for b in lacking if b in missing}
    unknown = [b for b in lacking if b not in missing]
    outside = [u for u in unknown if have.isdisjoint(_ancestors(u))]
    if outside and not partial:
        raise SourceError(_absent_message(outside, registry))
    if too_coarse := [u for u in unknown if u not in set(outside)]:
        raise SourceError(_coarse_message(too_coarse, have, registry))
    known |= dict.fromkeys(outside, "outside the ground that this source covers")
    return pd.DataFrame({"kode": list(known), "alasan": list(known.values())}, dtype=str)


def _check_known(codes: pd.Series, registry: Registry) -> None:
    """Refuse codes that no unit has: dropped silently they would leave a hole where a digit is wrong."""
    of_kecamatan = codes.str.slice(0, kode.LENGTH["kecamatan"])
    if strange := sorted(set(codes[~of_kecamatan.isin(registry.names.keys())])):
        shown = ", ".join(strange[:10]) + (f" and {len(strange) - 10} more" if len(strange) > 10 else "")
        raise SourceError(
            f"the source has polygons of codes that no unit of 2025 has: {shown}; correct them in the file, "
            "or give a bridge from the source's codes to those of 2025"
        )


def _shown(unknown: Sequence[str], registry: Registry) -> str:
    names = ", ".join(f"{u} {registry.names.get(u, '')}".strip() for u in unknown[:10])
    return names + (f" and {len(unknown) - 10} more" if len(unknown) > 10 else "")


def _absent_message(unknown: Sequence[str], registry: Registry) -> str:
    return (
        f"the source has no polygon of {_shown(unknown, registry)}: check the code field of the descriptor; if the "
        "map covers only part of the country set partial = true; if the polygon does not exist list it in "
        "<id>.missing.csv"
    )


def _coarse_message(unknown: Sequence[str], have: set[str], registry: Registry) -> str:
    parents = sorted({p for u in unknown for p in _ancestors(u)} & have)
    level = kode.level(unknown[0])
    return (
        f"the source has no {level} {_shown(unknown, registry)}, only what lies above them "
        f"({', '.join(parents[:5])}): add the level {level} to the descriptor, or build only plans that do not "
        "need it (--plan)"
    )


def _ancestors(code: str) -> list[str]:
    return [kode.ancestor(code, lv) for lv in LEVELS[: LEVELS.index(kode.level(code))]]
