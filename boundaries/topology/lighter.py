"""A coverage with fewer vertices: no line moves farther than a tolerance, and nothing is lost.

Every border is an arc that all units share (`boundaries.topology.arcs`), and each arc is drawn by itself by Douglas and
Peucker's rule, which leaves no vertex farther from the line than the tolerance; around small ground the tolerance is
smaller. Between its ends an arc is then put on a grid of 1e-5 degree, which makes its text a sixth shorter. Where drawn
arcs meet, turn over or change sides, they are drawn finer, in the end as they came: so the outcome is a valid coverage
for certain.

For maps and answers of a service; a drawing on a coarse grid, where islands need room, is `generalise`.
"""

from dataclasses import replace
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from boundaries.errors import ReleaseError
from boundaries.ground.geodesics import mended
from boundaries.ground.grid import GRID
from boundaries.ground.ragged import arcs_of
from boundaries.topology import linework
from boundaries.topology.arcs import Topology, build_topology, renumber, trace
from boundaries.topology.landmasses import signed_area, smallest_ring

Array = NDArray[Any]

#: What the detail ``standard`` of a release may be off from ``full``. With `_SHARE` it gives the finest lines with
#: which answers of ten items are not over twice as long as they were when lines came from kecamatan outlines.
STANDARD_M: Final = 200.0
_METRES: Final = 111_695.0
"""The longest degree on WGS 84 (of latitude, at a pole): what is under a tolerance in degrees is under it in metres."""
_SHARE: Final = 0.05
_ISLAND_SHARE: Final = 0.3
"""No arc moves farther than this share of the side of a square as large as the smallest ring that it bounds: so lines
are finer where units are small, as they are surer there. An island, a ring of its own, is drawn more freely."""
_FACTORS: Final = (1.0, 0.5, 0.2, 0.0)
"""What is left of the tolerance of an arc that did not fit, try by try."""
_CELL: Final = 100
"""Steps of the release's grid (1e-7 degree) in a cell of the grid of drawn points: about a metre."""
_ROUNDING: Final = _CELL * 2**-0.5
_NAME: Final = "units"


def lighter(geometry: Array, tolerance_m: float) -> Array:
    """Return the MultiPolygons of a coverage (in degrees, on the grid) with every line within `tolerance_m` of its own.

    Same units, parts and holes in the same order. Raises ReleaseError where the coverage is not valid.
    """
    whole = build_topology({_NAME: (pd.DataFrame(index=range(len(geometry))), geometry)})
    step = tolerance_m / _METRES * 10**GRID - _ROUNDING
    share = np.where(whole.closed, _ISLAND_SHARE, _SHARE)
    limit = np.minimum(step, share * np.sqrt(smallest_ring(whole)))
    tries = np.zeros(len(whole), dtype=np.int64)
    drawn = _drawn(whole, limit)
    bad = np.flatnonzero(_unfit(drawn))
    while len(bad):
        if (tries[bad] == len(_FACTORS) - 1).all():
            raise ReleaseError("lines cross as they came: not a coverage, clean it first")
        tries[bad] = np.minimum(tries[bad] + 1, len(_FACTORS) - 1)
        drawn = _drawn(whole, limit * np.array(_FACTORS)[tries])
        bad = _unfit_around(drawn, bad)
    return mended(drawn.polygons(_NAME))


def _drawn(whole: Topology, limit: Array) -> Topology:
    """Draw every arc within its limit (units of the grid); one with none, or that would enclose nothing, stays."""
    arc = np.repeat(np.arange(len(whole)), np.diff(whole.starts))
    lines = shapely.linestrings(whole.points.astype(np.float64), indices=arc)
    thin = shapely.simplify(lines, limit, preserve_topology=False)
    stays = (whole.closed & (shapely.get_num_coordinates(thin) < 4)) | (limit <= 0)
    thin[stays] = lines[stays]
    xy, of = shapely.get_coordinates(thin, return_index=True)
    points = np.rint(xy).astype(np.int64)
    starts = np.concatenate([[0], np.cumsum(np.bincount(of, minlength=len(whole)))])
    between = ~stays[of]
    between[starts[:-1]] = between[starts[1:] - 1] = False
    points[between] = (points[between] + _CELL // 2) // _CELL * _CELL
    return replace(whole, points=points, starts=starts)


def _unfit(drawn: Topology) -> Array:
    """Mask of arcs that meet others, or bound a ring that turned over, a broken polygon, or one with an arc inside."""
    lines = linework.graph(drawn.points.astype(np.float64), drawn.starts, np.zeros(len(drawn), dtype=bool))
    bad = np.zeros(len(drawn), dtype=bool)
    bad[lines.line[linework.clashes(lines).ravel()]] = True
    rings = drawn.rings[_NAME]
    points, starts = trace(rings.refs, rings.ring, drawn.points, drawn.starts)
    area = signed_area(points, starts)
    turned = np.where(rings.exterior, area >= 0, area <= 0)
    kind = shapely.GeometryType.POLYGON
    polygons = shapely.from_ragged_array(kind, points.astype(np.float64), (starts, rings.polygon))
    middle = (drawn.starts[:-1] + drawn.starts[1:]) // 2
    place = shapely.points((drawn.points[middle - 1] + drawn.points[middle]) / 2)
    holder, inside = shapely.STRtree(place).query(polygons, predicate="contains_properly")
    broken = ~shapely.is_valid(polygons)
    broken[holder] = True
    bad[inside] = True
    ring_bad = turned | np.repeat(broken, np.diff(rings.polygon))
    bad[arcs_of(rings.refs[np.repeat(ring_bad, np.diff(rings.ring))])] = True
    return bad


def _unfit_around(drawn: Topology, changed: Array) -> Array:
    """The arcs that do not fit, looked for only where the changed ones are: elsewhere nothing has moved."""
    lines = shapely.linestrings(
        drawn.points.astype(np.float64), indices=np.repeat(np.arange(len(drawn)), np.diff(drawn.starts))
    )
    units = shapely.box(*shapely.bounds(drawn.whole(_NAME)).T)
    near = np.unique(shapely.STRtree(units).query(lines[changed])[1])
    rings = drawn.rings[_NAME].take(near)
    arcs = np.unique(arcs_of(rings.refs))
    part = renumber(replace(drawn, rings={_NAME: rings}), arcs)
    return np.asarray(arcs[_unfit(part)])
