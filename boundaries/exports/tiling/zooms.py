"""What a map shows at each zoom: a topology on the grid of the finest tiles, with fewer and fewer points and islands.

All zooms are drawn on one grid, that of the finest zoom: a point of a coarse zoom is a point of every finer one, and
a border is the same line for all layers and all neighbours, because it is one arc. Coarse tiles carry that grid in
their ``extent`` (4096 at the finest zoom, twice as much at each zoom before), so nothing is ever rounded again and
nothing collapses: a dapil that is smaller than a pixel is still a polygon.

Coordinates are those of Web Mercator in units of its 2**32nd part, from the middle of the world, north and east
positive: about 9.3 mm at the equator, finer than the grid of the release. `Grid.step` counts such units.
"""

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from boundaries.errors import ReleaseError
from boundaries.ground.edges import EdgeIndex
from boundaries.ground.grid import GRID
from boundaries.ground.ragged import arcs_of
from boundaries.topology.arcs import Grid, Rings, Topology, trace
from boundaries.topology.generalise import generalise
from boundaries.topology.landmasses import Landmasses, signed_area
from boundaries.topology.thinning import only

Array = NDArray[Any]

WORLD: Final = 2**32
METRES: Final = 40_075_016.68557849 / WORLD
"""Metres in a unit at the equator; at 11 degrees a unit is 2 % less."""
EXTENT: Final = 4096
MAX_ZOOM: Final = 10
_STEP: Final = WORLD // EXTENT >> MAX_ZOOM
"""Units in a cell of a tile of the finest zoom: 9.6 m."""
_TRIES: Final = 4
_FARTHEST: Final = 60.0
"""Degrees north or south that fit the packing of vertices (`EdgeIndex.pack`)."""


@dataclass(frozen=True)
class Band:
    """Zooms that are drawn alike.

    ``tolerance_m``: the square of it is the largest triangle (m²) that leaving out a point may cut off or add.
    ``island_m2``: islands of at least this area are drawn. Any smaller one is drawn only if it is the largest ground
    of a dapil or unit. 0: all of them.
    """

    zooms: range
    tolerance_m: float
    island_m2: float


#: From fine to coarse, each made of the one before. A pixel (of 512 to a tile) is 76 m at zoom 10 and twice as much at
#: each zoom before: 611 m at 7, 1.2 km at 6, 4.9 km at 4 and 20 km at 2. The tolerance is a pixel where all islands are
#: drawn, and about half of one before.
BANDS: Final = (
    Band(range(10, MAX_ZOOM + 1), 76, 0),
    Band(range(9, 10), 153, 0),
    Band(range(8, 9), 306, 0),
    Band(range(7, 8), 611, 0),
    Band(range(6, 7), 611, 100_000),
    Band(range(5, 6), 1_222, 100_000),
    Band(range(3, 5), 2_500, 3_000_000),
    Band(range(3), 8_000, 30_000_000),
)


def mercator(topology: Topology) -> Topology:
    """Project a topology from the release's grid to units of Web Mercator.

    Raises
    ------
    ReleaseError
        It reaches farther north or south than 60 degrees.
    """
    lon, lat = topology.points[:, 0] / 10**GRID, topology.points[:, 1] / 10**GRID
    if (np.abs(lat) > _FARTHEST).any():
        raise ReleaseError(f"tiles are made between {_FARTHEST:.0f} degrees south and north only")
    x = lon / 360 * WORLD
    y = np.arcsinh(np.tan(np.radians(lat))) / (2 * np.pi) * WORLD
    return replace(topology, points=np.rint(np.stack([x, y], axis=1)).astype(np.int64))


def finest(topology: Topology) -> Topology:
    """Put a topology of units onto the grid of the finest tiles: rounded, mended where that made lines meet.

    Every ring stays. Where that grid leaves no room, one twice as fine is taken (the tiles' extent is then twice
    as large). Raises ReleaseError where none helped.
    """
    reason = ""
    for halved in range(_TRIES):
        step = _STEP >> halved
        try:
            return generalise(topology, step, step * METRES / 2)
        except ReleaseError as error:
            reason = str(error)
    raise ReleaseError(f"no tiles can be drawn: {reason}")


def coarser(topology: Topology, band: Band) -> Topology:
    """Leave out islands and points for a band; all that is left stands where it stood.

    Raises
    ------
    ReleaseError
        The outcome is not what it is to be (GEOS promises that it is).
    """
    cell = topology.grid.step * METRES
    if band.island_m2:
        topology = _without_islands(topology, band.island_m2 / cell**2)
    if band.tolerance_m:
        topology = _with_fewer_points(topology, band.tolerance_m / cell)
    return topology


def _without_islands(topology: Topology, area: float) -> Topology:
    parts = Landmasses(topology)
    keep = ~parts.simple[parts.of_arc] | (parts.area[parts.of_arc] >= area)
    for rings in topology.rings.values():
        keep[_largest(topology, rings)] = True
    return only(topology, keep)


def _largest(topology: Topology, rings: Rings) -> Array:
    """An arc of the largest polygon of each feature."""
    first = rings.ring[rings.polygon[:-1]]  # of each polygon, the first arc of its outside
    area = np.abs(signed_area(*trace(rings.refs, rings.ring, topology.points, topology.starts)))
    of_polygon = area[rings.polygon[:-1]]
    feature = np.repeat(np.arange(len(rings.feature) - 1), np.diff(rings.feature))
    order = np.lexsort((np.arange(len(feature)), -of_polygon, feature))
    largest = order[np.append(True, np.diff(feature[order]) != 0)]
    return arcs_of(rings.refs[first[largest]])


def _with_fewer_points(topology: Topology, tolerance: float) -> Topology:
    """Leave out points as GEOS does in a coverage (Visvalingam and Whyatt): no line meets another that it did not
    meet before, and ends of arcs stay. The coverage is that of the faces between all arcs of all layers, so it is
    simplified once and for all of them."""
    arc = np.repeat(np.arange(len(topology)), np.diff(topology.starts))
    faces = shapely.get_parts(
        shapely.polygonize(shapely.linestrings(topology.points.astype(np.float64), indices=arc))
    )
    simple = shapely.coverage_simplify(faces, tolerance)
    if not shapely.is_valid(simple).all():
        raise ReleaseError("simplified ground is not valid; report it, with the version of GEOS")
    left = np.rint(shapely.get_coordinates(simple)).astype(np.int64)
    return _thinned_arcs(topology, arc, np.isin(EdgeIndex.pack(topology.points), EdgeIndex.pack(left)))


def _thinned_arcs(topology: Topology, arc: Array, keep: Array) -> Topology:
    """The topology with the points of a mask; a ring that lost its first point begins at its next."""
    first, last = topology.starts[:-1], topology.starts[1:] - 1
    left = np.add.reduceat(keep, first, dtype=np.int64)
    reopened = ~keep[first]
    if (reopened & ~topology.closed).any() or (keep[first] != keep[last]).any():
        raise ReleaseError("simplification moved the end of a line; report it, with the version of GEOS")
    if (left + reopened < np.where(topology.closed, 4, 2)).any():
        raise ReleaseError("simplification left a ring without ground; report it, with the version of GEOS")
    points = topology.points[keep]
    ends = np.cumsum(left)
    begins = ends - left
    points = np.insert(points, ends[reopened], points[begins[reopened]], axis=0)
    starts = np.concatenate([[0], np.cumsum(left + reopened)])
    return replace(topology, points=points, starts=starts)


def extent(grid: Grid, zoom: int) -> int:
    """Cells along a side of a tile."""
    return WORLD // grid.step >> zoom
