"""Raw polygons of units → a valid coverage, and the account of what the cleaning changed.

Arrays in, arrays out; longitude and latitude in degrees (CRS84). The steps, in the order of :func:`clean`:

1. *Repair* (`repair`): invalid rings are rebuilt (``make_valid``, method ``structure``); polygon parts only.
2. *Node* (`outlines`, `noding`): coordinates are rounded to 1e-7 degree (about 1 cm), once and for all, so that every
   format holds the very same numbers; lines are cut where they meet. In whole numbers, exactly. From here on the map
   is a set of arcs and the faces between them (`arrangement`), and all that follows only says who has which face: so
   no step can lose ground, give it to one who never claimed it, or leave an edge unmatched.
3. *Resolve* (`overlaps`): a face that several **parts** of units claim goes to the part of the highest priority, of
   equal ones to the smaller: a new kecamatan drawn on its unreduced parent keeps its ground, and an islet or exclave
   drawn inside a larger neighbour survives.
4. *Fill* (`gaps`, `filling`): enclosed faces that nobody claims are gaps. Narrow gaps (mean width, i.e. twice the area
   over the perimeter, under a limit) and small ones go to the neighbour with the longest shared border; nets of slivers
   between more than two units are cut up first and shared out. Wide gaps are lakes, straits or missing units: kept and
   listed. Then crumbs under 1 m² go to the neighbour with the longest border.
5. *Assemble* (`assembly`): faces of one unit become its polygons.
6. *Prove* (`soundness`): what came out is held against each other once more, as polygons: GEOS says where a coverage
   may be wrong, and there it is decided exactly.
7. *Bend* (`geodesics`): edges that would pass a vertex on its other side on the sphere, where they bend, get a point
   more; what has one is proven again with all that is near it.
8. *Account* (`account`): every unit valid; landmasses apart; a unit that lost all its ground, or a lost part that
   cannot be explained by another unit claiming the same ground, raises.

Steps 2 to 6 are done for each landmass by itself (`landmass`), in several processes. Nothing is dropped silently: the
result carries, for every unit, areas and parts before and after.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from boundaries.ground import account
from boundaries.ground.account import Before, lost_parts
from boundaries.ground.gaps import describe
from boundaries.ground.geodesics import mended
from boundaries.ground.grid import GRID
from boundaries.ground.joining import gathered
from boundaries.ground.landmass import FRAGMENT_M2, Cleaned, Rules, batches, clean_landmass
from boundaries.ground.measures import area_m2
from boundaries.ground.overlaps import ranks
from boundaries.ground.parallel import each
from boundaries.ground.repair import repair
from boundaries.ground.soundness import refuse_unsound

Array = NDArray[Any]


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
    priority: Array | None = None,
    workers: int | None = None,
) -> Coverage:
    """Make one valid coverage of units.

    Parameters
    ----------
    codes, geometry
        (m,) each; Polygon or MultiPolygon, possibly invalid. Several rows may carry one code (villages of a unit) and
        are joined.
    options
        The limits.
    land_evidence
        Polygons of a coarser level of the same source; a gap of more than ``gap_area_m2`` that lies outside them by
        more than half is water to the source and is kept. Only gaps inside one region (the first `region_length`
        characters of the codes, i.e. one polygon of the coarser level) are asked for: between two regions that level
        has slivers of its own.
    priority
        (m,) numbers, by default all alike. Where rows of different priority claim the same ground the higher one gets
        it, whatever their areas; among equals the smaller part does. A row of low priority so gets what no other row
        claims: pieces of it under 1 m² go to their neighbours, any larger one stays.
    workers
        Number of processes, by default one a processor. It does not change the outcome.

    Raises
    ------
    CoverageError
        A unit is without ground, before or after, or the result is invalid; the unit is named.

    Returns
    -------
    Coverage
        Units in the order of their codes. The order of the rows does not matter. A coverage that is clean comes back
        the same to the vertex.
    """
    options = options or CleanOptions()
    units, unit_of_row = np.unique(np.asarray(codes, dtype=str), return_inverse=True)
    repaired, invalid = repair(geometry)
    parts, row = shapely.get_parts(repaired, return_index=True)
    owner, area = unit_of_row[row], area_m2(parts)
    whole = area >= FRAGMENT_M2
    parts, row, owner, area = parts[whole], row[whole], owner[whole], area[whole]
    account.refuse_empty(units, owner, "has no polygon of its own in the source")
    rank = ranks(parts, area, owner, None if priority is None else np.asarray(priority)[row])
    land = None if land_evidence is None else repair(land_evidence)[0]
    rules = Rules(options.gap_width_m, options.gap_area_m2, land, units, region_length)
    pieces = batches(parts)
    done = each(lambda at: clean_landmass(parts[at], owner[at], rank[at], rules), pieces, workers)
    before = Before(parts, owner, area, np.bincount(unit_of_row, invalid, len(units)))
    return _account(units, before, pieces, done, rules, options, int((~whole).sum()))


def _bent(units: Array, geometry: Array) -> Array:
    """Cut the edges that bend past a vertex on the sphere (the polygons of `geometry`, proven); prove what changed."""
    out = mended(geometry)
    changed = np.flatnonzero([one is not other for one, other in zip(geometry, out, strict=True)])
    if len(changed):
        near = np.unique(shapely.STRtree(out).query(out[changed])[1])
        refuse_unsound(units[near], out[near])
    return out


def _account(
    units: Array,
    before: Before,
    pieces: list[Array],
    done: list[Cleaned],
    rules: Rules,
    options: CleanOptions,
    fragments: int,
) -> Coverage:
    """Put the landmasses together, check them, and say what became of each unit."""
    won, claimed = np.empty(len(before.parts)), np.empty(len(before.parts))
    for at, result in zip(pieces, done, strict=True):
        won[at], claimed[at] = result.won, result.claimed
    owner = np.concatenate([result.polygons.owner for result in done])
    shapes = np.concatenate([result.polygons.shapes(10.0**GRID) for result in done])
    account.refuse_meeting(
        units[owner], shapes, np.repeat(np.arange(len(done)), [len(r.polygons.owner) for r in done])
    )
    geometry = _bent(units, gathered(shapes, owner, len(units)))
    account.refuse_moved(units, before, claimed)
    suspect = np.flatnonzero((before.area > options.keep_part_m2) & (won < 0.6 * before.area))
    lost = lost_parts(before.parts[suspect], before.owner[suspect], before.area[suspect], geometry, units)
    final = area_m2(geometry)
    account.check(units, geometry, final, lost)
    return Coverage(
        codes=units.astype(object),
        geometry=geometry,
        ledger=account.unit_ledger(units, before, np.bincount(before.owner, won), final, geometry),
        gaps_kept=describe(
            [result.gaps for result in done],
            [result.land for result in done],
            units,
            evidence=rules.land is not None,
        ),
        lost_parts=lost,
        totals=account.totals(
            before,
            np.sum([result.found for result in done], axis=0),
            np.concatenate([result.gaps.area_m2 for result in done]),
            final,
            geometry,
            fragments,
        ),
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
