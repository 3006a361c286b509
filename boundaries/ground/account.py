"""Step 5, *check*, and the account of what the cleaning changed: areas and parts of every unit before and after."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from boundaries.errors import CoverageError
from boundaries.ground.gaps import Gaps
from boundaries.ground.measures import area_m2

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


def check(units: Array, geometry: Array, lost: pd.DataFrame) -> None:
    """Raise CoverageError for a unit without ground, or a lost part that no other unit's claim explains."""
    empty = units[shapely.is_empty(geometry)]
    if len(empty):
        raise CoverageError(
            f"the cleaning emptied unit {', '.join(empty[:10])}: its ground is drawn in another unit"
        )
    unexplained = lost[lost["covered_m2"] + lost["now_elsewhere_m2"] < 0.5 * lost["area_m2"]]
    if len(unexplained):
        worst = unexplained.iloc[0]
        raise CoverageError(
            f"{len(unexplained)} land parts vanished, the first of unit {worst['kode']} at "
            f"{worst['lon']}, {worst['lat']} ({worst['area_m2']:.0f} m²): report this as a bug"
        )


def unit_ledger(
    units: Array,
    before: Before,
    pieces: Array,
    owner: Array,
    filler: Array,
    filler_owner: Array,
    joined: Array,
) -> pd.DataFrame:
    """One row a unit: areas in m² in the source, after overlaps, filled and in the end; parts; invalid rings."""
    n = len(units)
    source = np.bincount(before.owner, before.area, n)
    resolved = np.bincount(owner, area_m2(pieces), n)
    filled = np.bincount(filler_owner, area_m2(filler), n)
    final = area_m2(joined)
    return pd.DataFrame(
        {
            "kode": units,
            "area_source_m2": np.round(source, 1),
            "area_m2": np.round(final, 1),
            "area_change_pct": np.round(100 * (final - source) / source, 3),
            "overlap_lost_m2": np.round(np.maximum(source - resolved, 0), 1),
            "gap_filled_m2": np.round(filled, 1),
            "parts_source": np.bincount(before.owner, minlength=n),
            "parts": shapely.get_num_geometries(joined),
            "invalid_source": before.invalid.astype(int),
        }
    )


def totals(before: Before, gaps: Gaps, fill: Array, joined: Array, fragments: int) -> dict[str, float | int]:
    """Counts and areas over all units."""
    final = float(area_m2(joined).sum())
    filled = float(gaps.area_m2[fill].sum())
    return {
        "units": len(joined),
        "parts_source": len(before.parts),
        "parts": int(shapely.get_num_geometries(joined).sum()),
        "fragments_left_out": fragments,
        "invalid_source": int(before.invalid.sum()),
        "area_source_m2": round(float(before.area.sum()), 1),
        "area_m2": round(final, 1),
        "overlap_m2": round(float(before.area.sum()) - (final - filled), 1),
        "gaps_found": len(gaps.geometry),
        "gaps_filled": int(fill.sum()),
        "gaps_filled_m2": round(filled, 1),
        "gaps_kept": int((~fill).sum()),
        "gaps_kept_m2": round(float(gaps.area_m2[~fill].sum()), 1),
    }
