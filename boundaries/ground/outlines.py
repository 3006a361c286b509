"""Step 2, *node*: polygons → noded rings on the grid, each polygon valid by itself."""

from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from boundaries.errors import CoverageError
from boundaries.ground.edges import Segments, segments
from boundaries.ground.grid import GRID
from boundaries.ground.noding import node
from boundaries.ground.repair import polygons_of
from boundaries.ground.rings import Rings, merged, rings_of

Array = NDArray[Any]

_ROUNDS: Final = 10


def noded(polygons: Array) -> tuple[Rings, Segments]:
    """Put valid Polygons (m,) in degrees on the grid and node them with each other; also returns their edges.

    Rounding and noding may turn a polygon in on itself where it is a step of the grid wide: there it is made valid
    again, which may cut it in two or leave nothing of it.
    """
    rings = rings_of(polygons)
    for _ in range(_ROUNDS):
        rings, found = node(rings)
        shapes, part = rings.shapes()
        broken = np.flatnonzero(~shapely.is_valid(shapes))
        if not len(broken):
            return rings, found
        number = np.cumsum(rings.shell) - 1
        whole = rings.take(np.flatnonzero(~np.isin(number, broken)))
        rebuilt = _rebuilt(shapes[broken], part[broken])
        rings = merged(whole, rebuilt)
        if found.hold(rebuilt.points, rebuilt.starts):
            return rings, segments(rings.points, rings.starts)
    raise CoverageError(f"{len(broken)} polygons cannot be put on the grid: report this as a bug")


def to_grid(geometry: Array) -> Array:
    """Put (Multi)Polygons (n,) in degrees on the grid, each by itself: valid, no point twice in a row.

    What is narrower than the grid collapses; a polygon of which nothing is left comes back empty.
    """
    out = np.empty(len(geometry), dtype=object)
    for index, each in enumerate(geometry):
        shapes = noded(shapely.get_parts(each))[0].shapes(10.0**GRID)[0]
        out[index] = shapes[0] if len(shapes) == 1 else shapely.multipolygons(shapes)
    return out


def _rebuilt(shapes: Array, part: Array) -> Rings:
    valid = shapely.make_valid(shapes, method="structure", keep_collapsed=False)
    polygons, of = shapely.get_parts([polygons_of(each) for each in valid], return_index=True)
    return rings_of(polygons, part[of], 1.0)
