"""Valid on the sphere as well: edges that bend there past a vertex are cut, so that no ring crosses itself.

On the plane an edge is straight in longitude and latitude, on the sphere (S2: R's sf, BigQuery) it is an arc of a great
circle. The two part by ``sin(2 lat) * dlon^2 / 16`` in the middle: a centimetre for an edge of a kilometre, metres for
one of twenty. A vertex that lies in between is on another side of the edge than on the plane; where none is, nothing
crosses. So each edge with such a vertex is halved, on the grid, until there is none: the new points are the same for
all who share the edge, and unions stay what they were.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from boundaries.errors import CoverageError
from boundaries.ground.crossings import cross
from boundaries.ground.edges import segments
from boundaries.ground.grid import GRID
from boundaries.ground.ragged import spans
from boundaries.ground.rings import Rings, rings_of

Array = NDArray[Any]

_LEAST: Final = 0.05
"""Steps of the grid (1e-7 degree) that an edge must bend by to be looked at: half a millimetre. Lines that were cut
where they meet (`noding`) have no vertex within half a step of an edge."""
_CHUNK: Final = 5_000
_ROUNDS: Final = 40
#: Where an edge may be cut: the first of these shares whose point, on the grid, leaves the vertex on its side.
_SHARES: Final = (1 / 2, 3 / 7, 4 / 7, 2 / 5, 3 / 5, 1 / 3, 2 / 3, 1 / 4, 3 / 4)


@dataclass(frozen=True)
class Bent:
    """Edges of polygons (``ends``, (k, 2, 2) on the grid) and a vertex beside each (``vertex``, (k, 2)) that is on
    another side of it on the sphere than on the plane; ``unit`` (k,): a polygon that has the vertex."""

    ends: Array
    vertex: Array
    unit: Array


def bent(geometry: Array) -> Bent:
    """Find the edges of (Multi)Polygons (n,), degrees on the grid, on whose wrong side a vertex lies on the sphere."""
    parts, unit = shapely.get_parts(np.asarray(geometry, dtype=object), return_index=True)
    rings = rings_of(parts)
    found = segments(rings.points, rings.starts)
    long = found.place[found.ends][_sagitta(found.place[found.ends]) > _LEAST]
    starts = np.searchsorted(np.repeat(rings.part, np.diff(rings.starts)), np.arange(len(parts) + 1))
    tree = shapely.STRtree(parts)
    pieces = [
        _bent_among(long[at : at + _CHUNK], tree, rings.points, starts, unit)
        for at in range(0, len(long), _CHUNK)
    ]
    none = Bent(long[:0], long[:0, 0], unit[:0])
    return Bent(
        *(np.concatenate([getattr(p, key) for p in [none, *pieces]]) for key in ("ends", "vertex", "unit"))
    )


def mended(geometry: Array) -> Array:
    """Return (Multi)Polygons (n,) of a coverage, degrees on the grid, that are valid on the sphere as on the plane.

    A coverage that is comes back the same; else some edges have more vertices, off the straight line by half a step of
    the grid at most. Raises CoverageError where two lines are so near that none fits in.
    """
    geometry = np.asarray(geometry, dtype=object)
    found = bent(geometry)
    if not len(found.ends):
        return geometry
    out = geometry.copy()
    near = np.unique(shapely.STRtree(geometry).query(_boxes(found.ends))[1])
    for _ in range(_ROUNDS):
        ends, first = np.unique(found.ends.reshape(-1, 4), axis=0, return_index=True)
        ends = ends.reshape(-1, 2, 2)
        points = np.array([_cut(edge, found.vertex[at]) for edge, at in zip(ends, first, strict=True)])
        out[near] = _with_points(out[near], ends, points)
        found = bent(out[near])
        if not len(found.ends):
            return out
    place = ", ".join(f"{value / 10**GRID:.5f}" for value in found.vertex[0])
    raise CoverageError(f"lines near {place} cross on the sphere and cannot be parted: report this as a bug")


def _boxes(ends: Array) -> Array:
    """The boxes of edges, and as much around them as they bend."""
    reach = np.ceil(_sagitta(ends))[:, None]
    low, high = ends.min(axis=1) - reach, ends.max(axis=1) + reach
    return np.asarray(shapely.box(*np.concatenate([low, high], axis=1).T / 10.0**GRID))


def _sagitta(ends: Array) -> Array:
    """How far edges ((k, 2, 2) on the grid) bend at most, in steps of the grid; rather more than less.

    From the second derivative of the latitude of a great circle by longitude, ``-sin(2 lat)/2 - 2 tan(lat) slope^2``.
    """
    lon, lat = np.moveaxis(np.radians(ends / 10.0**GRID), -1, 0)
    east, north = np.abs(np.diff(lon)[:, 0]), np.abs(np.diff(lat)[:, 0])
    far = np.abs(lat).max(axis=1) + north + east
    bend = np.sin(2 * far) * east**2 / 12 + np.tan(far) * north * east / 3
    return np.asarray(np.degrees(bend) * 10**GRID)


def _bent_among(ends: Array, tree: shapely.STRtree, points: Array, starts: Array, unit: Array) -> Bent:
    """The bent ones among some edges; `points` of the parts in `tree` lie one after another, from `starts`."""
    reach = np.ceil(_sagitta(ends)).astype(np.int64)[:, None]
    low, high = ends.min(axis=1) - reach, ends.max(axis=1) + reach
    edge, part = tree.query(_boxes(ends))
    at, taken = spans(starts, part)
    pair = np.repeat(np.arange(len(part)), np.diff(taken))
    edge, part, vertex = edge[pair], part[pair], points[at]
    near = ((low[edge] <= vertex) & (vertex <= high[edge])).all(axis=1)
    edge, part, vertex = edge[near], part[near], vertex[near]
    start, end = ends[edge, 0], ends[edge, 1]
    along, whole = ((vertex - start) * (end - start)).sum(axis=1), ((end - start) ** 2).sum(axis=1)
    plane = cross(end - start, vertex - start)
    off = np.abs(plane) <= np.sqrt(whole.astype(np.float64)) * reach[edge, 0]
    inside = np.flatnonzero((along > 0) & (along < whole) & off & (plane != 0))
    edge, part, vertex = edge[inside], part[inside], vertex[inside]
    other = _turn(ends[edge, 0], ends[edge, 1], vertex) != np.sign(plane[inside])
    return Bent(ends[edge[other]], vertex[other], unit[part[other]])


def _turn(a: Array, b: Array, c: Array) -> Array:
    """On which side of the great circle a-b points c ((k, 2) on the grid) lie: 1 left, -1 right.

    As S2 does it: from differences of unit vectors, so that nothing is lost where the three are near each other.
    """
    a, b, c = (_vector(each) for each in (a, b, c))
    return np.asarray(np.sign((np.cross(b - a, c - a) * a).sum(axis=1)))


def _vector(place: Array) -> Array:
    lon, lat = np.radians(place / 10.0**GRID).T
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=1)


def _cut(edge: Array, vertex: Array) -> Array:
    """Where to cut an edge (2, 2): a point of the grid about its middle that leaves the vertex on its side."""
    start, end = edge
    step = end - start
    side, along = np.sign(cross(step, vertex - start)), ((vertex - start) * step).sum()
    for share in _SHARES:
        point = start + np.rint(step * share).astype(np.int64)
        before = along <= ((point - start) * step).sum()
        one, two = (start, point) if before else (point, end)
        if (one != two).any() and np.sign(cross(two - one, vertex - one)) == side:
            return point
    place = ", ".join(f"{value / 10**GRID:.7f}" for value in vertex)
    raise CoverageError(
        f"lines at {place} cross on the sphere and are too near to part: report this as a bug"
    )


def _with_points(geometry: Array, ends: Array, points: Array) -> Array:
    """Put a point into each of some edges (ends (k, 2, 2), lower end first), wherever polygons have it."""
    new = {(*map(tuple, edge.tolist()),): point for edge, point in zip(ends, points, strict=True)}
    out = geometry.copy()
    for unit in np.unique(shapely.STRtree(geometry).query(_boxes(ends))[1]):
        parts = shapely.get_parts(geometry[unit])
        rings = _inserted(rings_of(parts), new)
        if rings is not None:
            out[unit] = shapely.normalize(shapely.multipolygons(rings.shapes(10.0**GRID)[0]))
    return out


def _inserted(rings: Rings, new: dict[tuple[Any, ...], Array]) -> Rings | None:
    """The rings with points in the edges of `new`; None if they have none of these."""
    points, starts = rings.points, rings.starts
    ahead = np.arange(1, len(points) + 1)
    ahead[starts[1:] - 1] = starts[:-1]
    pairs = zip(map(tuple, points.tolist()), map(tuple, points[ahead].tolist()), strict=True)
    where = [(at, new[key]) for at, pair in enumerate(pairs) if (key := tuple(sorted(pair))) in new]
    if not where:
        return None
    at = np.array([each + 1 for each, _ in where])
    added = np.searchsorted(at, starts, side="right")
    added[1:] = np.searchsorted(at, starts[1:], side="right")
    return Rings(
        np.insert(points, at, [p for _, p in where], axis=0), starts + added, rings.shell, rings.part
    )
