"""Step 8, *account*: checks, and what the cleaning changed: areas and parts of every unit before and after."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from boundaries.errors import CoverageError
from boundaries.ground.measures import area_m2, length_m

Array = NDArray[Any]


@dataclass(frozen=True)
class Before:
    """What the source drew: polygon `parts`, the unit (`owner`) and `area` (m²) of each; `invalid` rings a unit."""

    parts: Array
    owner: Array
    area: Array
    invalid: Array


def refuse_empty(units: Array, owner: Array, what: str) -> None:
    """Raise CoverageError for units that own none of the parts; `what` ends the sentence."""
    without = units[np.bincount(owner, minlength=len(units)) == 0]
    if len(without):
        raise CoverageError(
            f"unit {', '.join(without[:10])} {what}: mend or list it as missing in the source"
        )


def lost_parts(parts: Array, owner: Array, area: Array, joined: Array, units: Array) -> pd.DataFrame:
    """Those of the given source parts of which their unit covers less than half, and who covers them now."""
    kept = area_m2(shapely.intersection(parts, joined[owner]))
    gone = np.flatnonzero(kept < 0.5 * area)
    tree = shapely.STRtree(joined)
    part, unit = tree.query(parts[gone], predicate="intersects")
    shared = area_m2(shapely.intersection(parts[gone][part], joined[unit]))
    table = pd.DataFrame(
        {"part": part, "unit": units[unit], "shared": shared, "own": unit == owner[gone][part]}
    )
    taken = (
        table[~table["own"]].sort_values("shared", ascending=False).drop_duplicates("part").set_index("part")
    )
    own = table[table["own"]].set_index("part")["shared"]
    others = table[~table["own"]].groupby("part")["shared"].sum()
    index = np.arange(len(gone))
    points = shapely.point_on_surface(parts[gone])
    return pd.DataFrame(
        {
            "kode": units[owner[gone]],
            "lon": np.round(shapely.get_x(points), 5),
            "lat": np.round(shapely.get_y(points), 5),
            "area_m2": np.round(area[gone], 1),
            "covered_m2": np.round(own.reindex(index).fillna(0.0).to_numpy(), 1),
            "now_in": taken["unit"].reindex(index).fillna("").to_numpy(),
            "now_elsewhere_m2": np.round(others.reindex(index).fillna(0.0).to_numpy(), 1),
        }
    ).sort_values(["kode", "area_m2"], ignore_index=True)


def refuse_moved(units: Array, before: Before, claimed: Array) -> None:
    """Raise CoverageError for a part whose outline encloses another area on the grid than in the source.

    `claimed` (parts,) m². Rounding and noding move a line by a few steps of the grid, about a centimetre each.
    """
    some = np.flatnonzero(np.abs(claimed - before.area) > _MOVED_M2)
    limit = _MOVED_M2 + _MOVED_M * length_m(before.parts[some])
    some = some[np.abs(claimed - before.area)[some] > limit]
    if len(some):
        point = shapely.point_on_surface(before.parts[some[0]])
        raise CoverageError(
            f"{len(some)} outlines moved on the grid, the first of unit {units[before.owner[some[0]]]} at "
            f"{point.x:.5f}, {point.y:.5f} ({before.area[some[0]]:.0f} m² became {claimed[some[0]]:.0f}): report this "
            "as a bug"
        )


_MOVED_M2: Final = 1.0
_MOVED_M: Final = 0.05


def refuse_meeting(codes: Array, shapes: Array, landmass: Array) -> None:
    """Raise CoverageError where Polygons (m,) of two landmasses meet: what was proven of each then says too little.

    `codes`, `landmass` (m,): the unit that each is of, and what it was cleaned with.
    """
    one, other = shapely.STRtree(shapes).query(shapes)
    near = (one < other) & (landmass[one] != landmass[other])
    one, other = one[near], other[near]
    meet = np.flatnonzero(shapely.intersects(shapes[one], shapes[other]))
    if len(meet):
        names = f"{codes[one[meet[0]]]} and {codes[other[meet[0]]]}"
        raise CoverageError(f"landmasses that were apart meet at {names}: report this as a bug")


def check(units: Array, geometry: Array, area: Array, lost: pd.DataFrame) -> None:
    """Raise CoverageError for a unit without ground (`area` under 1 m²), an invalid polygon, or a lost part that no
    other unit's claim explains."""
    empty = units[area < 1.0]
    if len(empty):
        raise CoverageError(
            f"the cleaning emptied unit {', '.join(empty[:10])}: its ground is drawn in another unit"
        )
    invalid = units[~shapely.is_valid(geometry)]
    if len(invalid):
        raise CoverageError(f"the polygon of unit {', '.join(invalid[:10])} is invalid: report this as a bug")
    unexplained = lost[lost["covered_m2"] + lost["now_elsewhere_m2"] < 0.5 * lost["area_m2"]]
    if len(unexplained):
        worst = unexplained.iloc[0]
        raise CoverageError(
            f"{len(unexplained)} land parts vanished, the first of unit {worst['kode']} at "
            f"{worst['lon']}, {worst['lat']} ({worst['area_m2']:.0f} m²): report this as a bug"
        )


def unit_ledger(units: Array, before: Before, resolved: Array, final: Array, geometry: Array) -> pd.DataFrame:
    """One row a unit: areas in m² in the source, after overlaps (`resolved`), filled and in the end; parts; invalid
    rings."""
    n = len(units)
    source = np.bincount(before.owner, before.area, n)
    return pd.DataFrame(
        {
            "kode": units,
            "area_source_m2": np.round(source, 1),
            "area_m2": np.round(final, 1),
            "area_change_pct": np.round(100 * (final - source) / source, 3),
            "overlap_lost_m2": np.round(np.maximum(source - resolved, 0), 1),
            "gap_filled_m2": np.round(np.maximum(final - resolved, 0), 1),
            "parts_source": np.bincount(before.owner, minlength=n),
            "parts": shapely.get_num_geometries(geometry),
            "invalid_source": before.invalid.astype(int),
        }
    )


def totals(
    before: Before, found: Array, kept: Array, final: Array, geometry: Array, fragments: int
) -> dict[str, float | int]:
    """Counts and areas over all units. `found`: gaps, their area, those filled, their area; `kept`: areas of gaps."""
    gaps, _, filled, filled_m2 = found
    return {
        "units": len(geometry),
        "parts_source": len(before.parts),
        "parts": int(shapely.get_num_geometries(geometry).sum()),
        "fragments_left_out": fragments,
        "invalid_source": int(before.invalid.sum()),
        "area_source_m2": round(float(before.area.sum()), 1),
        "area_m2": round(float(final.sum()), 1),
        "overlap_m2": round(float(before.area.sum() - final.sum() + filled_m2), 1),
        "gaps_found": int(gaps),
        "gaps_filled": int(filled),
        "gaps_filled_m2": round(float(filled_m2), 1),
        "gaps_kept": len(kept),
        "gaps_kept_m2": round(float(kept.sum()), 1),
    }
