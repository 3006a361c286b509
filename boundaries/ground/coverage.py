"""Raw polygons of units → a valid coverage, and the account of what the cleaning changed.

Arrays in, arrays out; longitude and latitude in degrees (CRS84). The steps, in the order of :func:`clean`:

1. *Repair* (`repair`): invalid rings are rebuilt (``make_valid``, method ``structure``); polygon parts only.
2. *Resolve* (`overlaps`): one ``coverage_clean`` over all **parts** of all units. Working on parts rather than on
   units makes the rule ``min_area`` mean "ground claimed twice goes to the smaller part": a new kecamatan drawn on
   its unreduced parent keeps its ground, and an islet or exclave drawn inside a larger neighbour survives.
3. *Grid* (`grid`): coordinates are rounded to 1e-7 degree (about 1 cm), once and for all, so that every format holds
   the very same numbers; what rounding breaks is mended.
4. *Fill* (`gaps`, `filling`): ground that no unit covers and that units enclose is a gap. Narrow gaps (mean width,
   i.e. twice the area over the perimeter, under a limit) and small ones go to the neighbour with the longest shared
   border, found by exact matching of directed edges; nets of slivers between more than two units are cut up first and
   shared out. Wide gaps are lakes, straits or missing units: kept and listed.
5. *Check* (`joining`, `account`): ``shapely.coverage_is_valid``; a unit that lost all its ground, or a lost part that
   cannot be explained by another unit claiming the same ground, raises.

Nothing is dropped silently: the result carries, for every unit, areas and parts before and after.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from boundaries.ground import account
from boundaries.ground.account import Before, lost_parts
from boundaries.ground.filling import fillers
from boundaries.ground.gaps import describe, find_gaps, in_one_region, land_share
from boundaries.ground.joining import join, settle
from boundaries.ground.measures import area_m2
from boundaries.ground.overlaps import resolve
from boundaries.ground.repair import repair

Array = NDArray[Any]

FRAGMENT_M2: Final = 1.0
"""Parts of a source polygon under this area are drawing residue, counted and left out."""


@dataclass(frozen=True)
class CleanOptions:
    """Limits of the cleaning; they stand in the manifest of every release.

    ``gap_width_m``: gaps of a smaller mean width are slivers and filled. ``gap_area_m2``: gaps of a smaller
    area are filled whatever their shape. ``keep_part_m2``: no source part above it may vanish unexplained.
    """

    gap_width_m: float = 500.0
    gap_area_m2: float = 500_000.0
    keep_part_m2: float = 100.0


@dataclass(frozen=True)
class Coverage:
    """A valid coverage of n units: `codes` (n,) text, `geometry` (n,) MultiPolygon, CRS84.

    ``ledger``: one row a unit (see `account.unit_ledger`); ``gaps_kept``: one row a gap left open (lon, lat,
    area_m2, width_m, neighbours, why); ``lost_parts``: source parts no longer covered by their unit;
    ``totals``: counts and areas over the nation.
    """

    codes: Array
    geometry: Array
    ledger: pd.DataFrame
    gaps_kept: pd.DataFrame
    lost_parts: pd.DataFrame
    totals: dict[str, float | int] = field(default_factory=dict)


def clean(
    codes: Sequence[str] | Array,
    geometry: Array,
    *,
    options: CleanOptions | None = None,
    land_evidence: Array | None = None,
    region_length: int = 2,
) -> Coverage:
    """Make one valid coverage of units.

    `codes` (m,) and `geometry` (m,) Polygon or MultiPolygon, possibly invalid; several rows may carry one code
    (villages of a unit) and are joined. `land_evidence`: polygons of a coarser level of the same source; a gap
    of more than ``gap_area_m2`` that lies outside them by more than half is water to the source and is kept. Only
    gaps inside one region (the first `region_length` characters of the codes, i.e. one polygon of the coarser level)
    are asked for: between two regions that level has slivers of its own.

    Raises CoverageError for a unit without ground or an invalid result. Returns units in the order of their codes.
    """
    options = options or CleanOptions()
    units, unit_of_row = np.unique(np.asarray(codes, dtype=str), return_inverse=True)
    repaired, invalid = repair(geometry)
    parts, row = shapely.get_parts(repaired, return_index=True)
    owner, source_area = unit_of_row[row], area_m2(parts)
    whole = source_area >= FRAGMENT_M2
    parts, owner, source_area = parts[whole], owner[whole], source_area[whole]
    account.refuse_empty(units, owner, "has no polygon of its own in the source")

    pieces, part_of = resolve(parts)
    piece_owner = owner[part_of]
    gaps = find_gaps(pieces, piece_owner)
    ask = in_one_region(gaps, units, region_length) & (gaps.area_m2 >= options.gap_area_m2)
    land = land_share(gaps, land_evidence, ask)
    fill = (gaps.area_m2 < options.gap_area_m2) | ((gaps.width_m < options.gap_width_m) & (land >= 0.5))
    filler, filler_owner = fillers(gaps, fill)
    joined = join(np.concatenate([pieces, filler]), np.concatenate([piece_owner, filler_owner]), len(units))
    joined = settle(joined, units)
    left = np.bincount(part_of, area_m2(pieces), len(parts))
    suspect = np.flatnonzero((source_area > options.keep_part_m2) & (left < 0.6 * source_area))
    lost = lost_parts(parts[suspect], owner[suspect], source_area[suspect], joined, units)
    account.check(units, joined, lost)
    before = Before(parts, owner, source_area, np.bincount(unit_of_row, invalid, len(units)))
    ledger = account.unit_ledger(units, before, pieces, piece_owner, filler, filler_owner, joined)
    return Coverage(
        codes=units.astype(object),
        geometry=joined,
        ledger=ledger,
        gaps_kept=describe(gaps, ~fill, units, None if land_evidence is None else land),
        lost_parts=lost,
        totals=account.totals(before, gaps, fill, joined, int((~whole).sum())),
    )


def lost_ground(coverage: Coverage, codes: Array, geometry: Array, options: CleanOptions) -> pd.DataFrame:
    """Lost parts, in the form of ``Coverage.lost_parts``, of polygons that were altered before the cleaning.

    `codes` (m,) and `geometry` (m,): polygons of units of the coverage as the source drew them.
    """
    parts, row = shapely.get_parts(repair(geometry)[0], return_index=True)
    area = area_m2(parts)
    big = area > options.keep_part_m2
    units = coverage.codes.astype(str)
    owner = np.searchsorted(units, codes[row[big]].astype(str))
    return lost_parts(parts[big], owner, area[big], coverage.geometry, units)
