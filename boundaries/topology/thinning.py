"""Which islands an overview shows, where it cannot show all.

A file of 80 KB has no room for eighteen thousand islands: each costs about seven bytes compressed. What is promised
instead: an island is drawn if it is large enough, or if it is the largest ground of an administrative unit; any other
is drawn, or lies within a stated distance of ground that is drawn and belongs to the same features. So no group of
islands vanishes from its place. What is left out is counted.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from boundaries.ground.edges import EdgeIndex
from boundaries.ground.grid import GRID
from boundaries.ground.ragged import arcs_of, spans
from boundaries.topology.arcs import Rings, Topology, renumber, trace
from boundaries.topology.landmasses import Landmasses
from boundaries.topology.simplify import METRES

Array = NDArray[Any]


def thin(topology: Topology, landmarks: Array, area_m2: float, reach_m: float | None) -> Topology:
    """Leave out islands.

    Parameters
    ----------
    topology
        On the release's grid.
    landmarks
        Polygons in degrees, of the same coverage, whose ground must stay: the largest part of every unit.
    area_m2
        Islands of at least this area stay.
    reach_m
        So near to drawn ground of the same features another island may be left out; None: wherever it is.
    """
    parts = Landmasses(topology)
    scale = (METRES / 10**GRID) ** 2
    simple = parts.simple[parts.of_arc]
    keep = ~simple | (parts.area[parts.of_arc] * scale >= area_m2) | _marked(topology, landmarks)
    if reach_m is None:
        return only(topology, keep)
    reach = reach_m / METRES * 10**GRID
    grounds = _Grounds(topology, reach)
    far = np.flatnonzero(~keep)
    while True:
        far = grounds.far(keep, far[~keep[far]])
        if not len(far):
            return only(topology, keep)
        # the largest of each cell stays, then those near to it are asked again
        keep[far[grounds.largest_of_cells(far, parts.area[parts.of_arc])]] = True


def largest_parts(geometry: Array) -> Array:
    """The largest polygon of each MultiPolygon."""
    parts, owner = shapely.get_parts(geometry, return_index=True)
    order = np.lexsort((-shapely.area(parts), owner))
    _, first = np.unique(owner[order], return_index=True)
    return np.asarray(parts[order[first]])


def _marked(topology: Topology, landmarks: Array) -> Array:
    """Mask of arcs that run through any point of the landmarks' outlines."""
    xy = np.rint(shapely.get_coordinates(shapely.get_exterior_ring(landmarks)) * 10**GRID).astype(np.int64)
    hit = np.isin(EdgeIndex.pack(topology.points), EdgeIndex.pack(xy))
    return np.asarray(np.logical_or.reduceat(hit, topology.starts[:-1]))


class _Grounds:
    """What is near to drawn ground of the same features; `reach` in units of the grid."""

    def __init__(self, topology: Topology, reach: float) -> None:
        self._topology, self._reach = topology, reach
        self._owners = [_owner(rings, len(topology)) for rings in topology.rings.values()]
        first = topology.starts[:-1]
        low, high = np.minimum.reduceat(topology.points, first), np.maximum.reduceat(topology.points, first)
        self._centre = (low + high) / 2
        together = np.zeros(len(topology), dtype=np.int64)  # arcs of the same features have the same number
        for owner in self._owners:
            pairs = together * (int(owner.max()) + 2) + owner + 1
            together = np.unique(pairs, return_inverse=True)[1]
        self._together = together
        uses = [np.bincount(arcs_of(r.refs), minlength=len(topology)) for r in topology.rings.values()]
        self._outline = np.max(uses, axis=0) < 2  # not a border between two features

    def largest_of_cells(self, arcs: Array, area: Array) -> Array:
        """Positions in `arcs` of the largest of each cell as wide as the reach, among those of the same features."""
        order = np.lexsort((arcs, -area[arcs]))
        cell = np.floor(self._centre[arcs[order]] / self._reach).astype(np.int64)
        key = np.stack([self._together[arcs[order]], *cell.T], axis=1)
        return np.asarray(order[np.unique(key, axis=0, return_index=True)[1]])

    def far(self, keep: Array, asked: Array) -> Array:
        """Of some arcs those that in some object have no kept ground of their feature within reach."""
        asked = asked[~self._surely_near(keep, asked)]
        far = np.zeros(len(self._topology), dtype=bool)
        for rings, owner in zip(self._topology.rings.values(), self._owners, strict=True):
            mine = asked[(owner[asked] >= 0) & ~far[asked]]
            if not len(mine):
                continue
            polygons, feature, arc = _exteriors(self._topology, rings, np.unique(owner[mine]))
            drawn = keep[arc]
            position = np.full(len(self._topology), -1)
            position[arc] = np.arange(len(arc))
            tree = shapely.STRtree(polygons[position[mine]])
            hit, query = tree.query(polygons[drawn], predicate="dwithin", distance=self._reach)
            near = np.zeros(len(mine), dtype=bool)
            near[query[feature[drawn][hit] == owner[mine][query]]] = True
            far[mine[~near]] = True
        return np.flatnonzero(far)

    def _surely_near(self, keep: Array, asked: Array) -> Array:
        """Mask of arcs with a point in the same square as a point of kept ground of the same features; the square is
        so small that the two are within reach. Most are found so, without measuring."""
        starts = self._topology.starts
        drawn, _ = spans(starts, np.flatnonzero(keep & self._outline))
        points, own = spans(starts, asked)
        near = np.zeros(len(asked), dtype=bool)
        if not len(asked):
            return near
        side = self._reach / np.sqrt(2)
        of_point = np.repeat(self._together, np.diff(starts))
        for shift in ((0, 0), (0, side / 2), (side / 2, 0), (side / 2, side / 2)):
            column, row = np.floor((self._topology.points + shift) / side).astype(np.int64).T
            column, row = column - column.min(), row - row.min()
            key = (of_point * (int(column.max()) + 1) + column) * (int(row.max()) + 1) + row
            near |= np.logical_or.reduceat(np.isin(key[points], key[drawn]), own[:-1])
        return near


def _owner(rings: Rings, count: int) -> Array:
    """For each arc the feature whose outside it is (one of them, where there are several), -1 for none."""
    feature = np.repeat(np.arange(len(rings.feature) - 1), np.diff(rings.polygon[rings.feature]))
    owner = np.full(count, -1)
    owner[arcs_of(rings.refs)] = np.repeat(feature, np.diff(rings.ring))
    return owner


def _exteriors(topology: Topology, rings: Rings, features: Array) -> tuple[Array, Array, Array]:
    """Outlines of the polygons of some features of an object as polygons, their features, and the first arc of each."""
    feature = np.repeat(np.arange(len(rings.feature) - 1), np.diff(rings.feature))
    chosen = np.flatnonzero(np.isin(feature, features))
    outsides = rings.polygon[chosen]
    refs, ring = spans(rings.ring, outsides)
    points, starts = trace(rings.refs[refs], ring, topology.points, topology.starts)
    index = np.repeat(np.arange(len(chosen)), np.diff(starts))
    polygons = shapely.polygons(shapely.linearrings(points.astype(np.float64), indices=index))
    return np.asarray(polygons), feature[chosen], arcs_of(rings.refs[rings.ring[outsides]])


def only(topology: Topology, keep: Array) -> Topology:
    """The topology with those polygons whose arcs are kept."""
    rings: Mapping[str, Rings] = {name: _kept(each, keep) for name, each in topology.rings.items()}
    return renumber(replace(topology, rings=rings), np.flatnonzero(keep))


def _kept(rings: Rings, keep: Array) -> Rings:
    arc = arcs_of(rings.refs)
    polygon = keep[arc[rings.ring[rings.polygon[:-1]]]]
    ring = np.repeat(polygon, np.diff(rings.polygon))
    ref = np.repeat(ring, np.diff(rings.ring))
    polygons_left = np.concatenate([[0], np.cumsum(polygon)])
    return Rings(
        rings.refs[ref],
        np.concatenate([[0], np.cumsum(np.diff(rings.ring)[ring])]),
        np.concatenate([[0], np.cumsum(np.diff(rings.polygon)[polygon])]),
        polygons_left[rings.feature],
    )
