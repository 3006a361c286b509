"""Raw units of a source → polygons of base units, ready for the coverage.

A base unit is the finest unit that the source draws: a desa; a kecamatan where it draws no desa. All above is a union
of base units. Where both are drawn the kecamatan's own outline is only evidence: ground of it that no desa covers is
that of a desa without an outline (`_undrawn`); where the two disagree the desa wins, and the ledger says how far
(`boundaries.ground.accuracy`).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from boundaries.errors import SourceError
from boundaries.ground.measures import area_and_width_m
from boundaries.ground.repair import polygons_of, repair
from boundaries.law import codes as kode
from boundaries.law.codes import LENGTH, LEVELS, Level
from boundaries.law.registry import Registry

Array = NDArray[Any]

REMAINDER_WIDTH_M: Final = 500.0
"""Mean width in metres under which ground that a kecamatan has and its desa have not is a sliver: the levels of a
source are drawn apart from each other. The same limit as that of a gap (`coverage.CleanOptions`)."""
_ITS_OWN: Final = "not drawn in the source: the part of its kecamatan's outline that no other desa covers"
_OF_A_NEIGHBOUR: Final = (
    "with ground of the kecamatan's outline that no desa covers, of several desa that are not drawn"
)
_OUTSIDE: Final = "outside the ground that this source covers"


@dataclass(frozen=True)
class LevelPolygons:
    """Polygons of one level, in Kemendagri codes: `codes` (m,) text, `geometry` (m,), one code may recur."""

    level: Level
    codes: Array
    geometry: Array


@dataclass(frozen=True)
class BaseUnits:
    """Polygons of base units before cleaning; several rows may share a code.

    ``units``: every base unit, with a polygon or without, sorted. ``priority``: (m,) 1 for a desa, 0 for what is
    drawn by the outline of a kecamatan or coarser, which gives way. ``notes``: what was done to a unit before the
    cleaning. ``missing``: base units without a polygon (kode, alasan).
    """

    units: tuple[str, ...]
    codes: Array
    geometry: Array
    priority: Array
    notes: dict[str, str]
    missing: pd.DataFrame


def assemble(
    levels: Sequence[LevelPolygons],
    split: Collection[str],
    registry: Registry,
    *,
    missing: Mapping[str, str] | None = None,
    partial: bool = False,
) -> BaseUnits:
    """Find the base units of a source and the polygons of each.

    `split`: kecamatan that a plan needs by desa. `missing`: units known to have no polygon, with the reason.
    `partial`: the source covers only part of the country; units outside it are listed as missing. Raises
    SourceError naming the units without polygon, or the finer level that a plan needs.
    """
    rows = pd.DataFrame(
        {
            "code": np.concatenate([lv.codes for lv in levels]),
            "geometry": np.concatenate([lv.geometry for lv in levels]),
        }
    )
    rows = rows[[g is not None and not g.is_empty for g in rows["geometry"]]]
    _check_known(rows["code"], registry)
    units = _base(rows["code"], split, registry)
    base = set(units)
    ground = rows[[code in base for code in rows["code"]]]
    drawn = set(ground["code"])
    notes: dict[str, str] = {}
    ground = pd.concat([ground, *_undrawn([u for u in units if u not in drawn], rows, ground, notes)])
    absent = _absent(units, set(ground["code"]), set(rows["code"]), registry, missing or {}, partial)
    return BaseUnits(
        units=units,
        codes=ground["code"].to_numpy(dtype=object),
        geometry=ground["geometry"].to_numpy(dtype=object),
        priority=(ground["code"].str.len() == LENGTH["desa"]).to_numpy(dtype=np.int64),
        notes=notes,
        missing=absent,
    )


def _base(codes: pd.Series, split: Collection[str], registry: Registry) -> tuple[str, ...]:
    """The desa of each kecamatan that has one drawn, or that a plan splits; else the kecamatan; else what there is."""
    lengths = sorted(set(codes.str.len()))
    if not lengths or lengths[-1] < LENGTH["kecamatan"]:
        return registry.at(kode.level("x" * lengths[-1])) if lengths else ()
    by_desa = {c[: LENGTH["kecamatan"]] for c in codes if len(c) == LENGTH["desa"]} | set(split)
    found: list[str] = []
    for kecamatan in registry.at("kecamatan"):
        found += registry.children(kecamatan) if kecamatan in by_desa else [kecamatan]
    return tuple(found)


# --- ground of desa without an outline -------------------------------------------------------------


def _undrawn(
    lacking: Iterable[str], rows: pd.DataFrame, ground: pd.DataFrame, notes: dict[str, str]
) -> list[pd.DataFrame]:
    """Ground that the outline of a kecamatan has and no desa covers, where the kecamatan has desa without an outline.

    It is that of the one desa that is not drawn; of several it cannot be told apart, and goes to the nearest desa of
    the same kecamatan. Slivers are left to the cleaning: levels that were drawn apart never fit.
    """
    of_kecamatan: dict[str, list[str]] = defaultdict(list)
    for code in lacking:
        if len(code) == LENGTH["desa"]:
            of_kecamatan[code[: LENGTH["kecamatan"]]].append(code)
    outline = dict(zip(rows["code"], rows["geometry"], strict=True))
    asked = [k for k in of_kecamatan if k in outline]
    if not asked:
        return []
    whole = repair(np.array([outline[k] for k in asked], dtype=object))[0]
    shapes, codes = ground["geometry"].to_numpy(dtype=object), ground["code"].to_numpy(dtype=object)
    tree = shapely.STRtree(shapes)
    found = []
    for kecamatan, frame in zip(asked, whole, strict=True):
        near = np.sort(tree.query(frame))
        own = near[[codes[i].startswith(kecamatan) for i in near]]
        if not len(own):
            continue  # a map without desa there: too coarse for the plan that wants them
        rest = _solid(polygons_of(shapely.difference(frame, shapely.union_all(repair(shapes[near])[0]))))
        if len(rest):
            given = _given(rest, of_kecamatan[kecamatan], codes[own], shapes[own], notes)
            found.append(pd.DataFrame({"code": given, "geometry": rest}))
    return found


def _solid(shape: shapely.Geometry) -> Array:
    """The parts of a polygon that are no slivers."""
    parts = shapely.get_parts(shape)
    if not len(parts):
        return parts
    _, width = area_and_width_m(parts)
    return np.asarray(parts[width >= REMAINDER_WIDTH_M])


def _given(rest: Array, lacking: Sequence[str], codes: Array, shapes: Array, notes: dict[str, str]) -> Array:
    """The unit that each piece of undrawn ground goes to."""
    if len(lacking) == 1:
        given, note = np.full(len(rest), lacking[0], dtype=object), _ITS_OWN
    else:
        given, note = codes[shapely.STRtree(shapes).nearest(rest)], _OF_A_NEIGHBOUR
    notes.update(dict.fromkeys(given.tolist(), note))
    return given


# --- what is not there -----------------------------------------------------------------------------


def _absent(
    base: Sequence[str],
    found: set[str],
    have: set[str],
    registry: Registry,
    missing: Mapping[str, str],
    partial: bool,
) -> pd.DataFrame:
    lacking = [b for b in base if b not in found]
    known = {b: missing[b] for b in lacking if b in missing}
    unknown = [b for b in lacking if b not in missing]
    outside = [u for u in unknown if have.isdisjoint(_ancestors(u))]
    if outside and not partial:
        raise SourceError(_absent_message(outside, registry))
    beyond = set(outside)
    if too_coarse := [u for u in unknown if u not in beyond]:
        raise SourceError(_coarse_message(too_coarse, have, registry))
    known |= dict.fromkeys(outside, _OUTSIDE)
    names = [registry.names.get(code, "") for code in known]
    return pd.DataFrame({"kode": list(known), "nama": names, "alasan": list(known.values())}, dtype=str)


def _check_known(codes: pd.Series, registry: Registry) -> None:
    """Refuse codes that no unit has: dropped silently they would leave a hole where a digit is wrong."""
    if strange := sorted({code for code in codes if code not in registry}):
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
        "map covers only part of the country set partial = true; if the polygon does not exist list it in a file "
        "<id>.missing.csv and name that with the key missing"
    )


def _coarse_message(unknown: Sequence[str], have: set[str], registry: Registry) -> str:
    parents = sorted({p for u in unknown for p in _ancestors(u)} & have)
    level = kode.level(unknown[0])
    return (
        f"the source has no {level} {_shown(unknown, registry)}, only what lies above them "
        f"({', '.join(parents[:5])}): add the level {level} to the descriptor, list what is not drawn in a file "
        "<id>.missing.csv and name that with the key missing, or build only plans that do not need it (--plan)"
    )


def _ancestors(code: str) -> list[str]:
    return [kode.ancestor(code, lv) for lv in LEVELS[: LEVELS.index(kode.level(code))]]
