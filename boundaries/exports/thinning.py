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

from boundaries.coverage import GRID
from boundaries.exports.landmasses import Landmasses
from boundaries.exports.simplify import METRES
from boundaries.exports.topology import Rings, Topology, arcs_of, renumber, trace

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
    centre = _centres(topology)
    area = parts.area[parts.of_arc]
    while True:
        far = np.flatnonzero(_far(topology, keep, reach))
        if not len(far):
            return only(topology, keep)
        # the largest of each cell stays, then those near to it are asked again
        order = far[np.lexsort((far, -area[far]))]
        owners = np.stack([_owner(rings, len(topology))[order] for rings in topology.rings.values()], axis=1)
        cells = np.concatenate([owners, np.floor(centre[order] / reach).astype(np.int64)], axis=1)
        _, first = np.unique(cells, axis=0, return_index=True)
        keep[order[first]] = True


def largest_parts(geometry: Array) -> Array:
    """The largest polygon of each MultiPolygon."""
    parts, owner = shapely.get_parts(geometry, return_index=True)
    order = np.lexsort((-shapely.area(parts), owner))
    _, first = np.unique(owner[order], return_index=True)
    return np.asarray(parts[order[first]])


def _marked(topology: Topology, landmarks: Array) -> Array:
    """Mask of arcs that run through any point of the landmarks' outlines."""
    xy = np.rint(shapely.get_coordinates(shapely.get_exterior_ring(landmarks)) * 10**GRID).astype(np.int64)
    both = np.concatenate([xy, topology.points])
    number = np.unique(both, axis=0, return_inverse=True)[1].ravel()
    hit = np.isin(number[len(xy) :], number[: len(xy)])
    return np.asarray(np.logical_or.reduceat(hit, topology.starts[:-1]))


def _owner(rings: Rings, count: int) -> Array:
    """For each arc the feature whose outside it is (one of them, where there are several), -1 for none."""
    feature = np.repeat(np.arange(len(rings.feature) - 1), np.diff(rings.polygon[rings.feature]))
    owner = np.full(count, -1)
    owner[arcs_of(rings.refs)] = np.repeat(feature, np.diff(rings.ring))
    return owner


def _centres(topology: Topology) -> Array:
    first = topology.starts[:-1]
    return (np.minimum.reduceat(topology.points, first) + np.maximum.reduceat(topology.points, first)) / 2


def _far(topology: Topology, keep: Array, reach: float) -> Array:
    """Mask of arcs not kept that in some object have no kept ground of their feature within reach."""
    far = np.zeros(len(topology), dtype=bool)
    asked = np.flatnonzero(~keep)
    for rings in topology.rings.values():
        owner = _owner(rings, len(topology))
        mine = asked[owner[asked] >= 0]
        polygons, feature, arc = _exteriors(topology, rings)
        drawn = keep[arc]
        position = np.full(len(topology), -1)
        position[arc] = np.arange(len(arc))
        tree = shapely.STRtree(polygons[drawn])
        query, hit = tree.query(polygons[position[mine]], predicate="dwithin", distance=reach)
        near = np.zeros(len(mine), dtype=bool)
        near[query[feature[drawn][hit] == owner[mine][query]]] = True
        far[mine[~near]] = True
    return far


def _exteriors(topology: Topology, rings: Rings) -> tuple[Array, Array, Array]:
    """Outlines of all polygons of an object as polygons, their features, and the first arc of each."""
    chosen = np.repeat(rings.exterior, np.diff(rings.ring))
    starts = np.concatenate([[0], np.cumsum(np.diff(rings.ring)[rings.exterior])])
    refs = rings.refs[chosen]
    points, ring_starts = trace(refs, starts, topology.points, topology.starts)
    index = np.repeat(np.arange(len(starts) - 1), np.diff(ring_starts))
    polygons = shapely.polygons(shapely.linearrings(points.astype(np.float64), indices=index))
    feature = np.repeat(np.arange(len(rings.feature) - 1), np.diff(rings.feature))
    first = refs[starts[:-1]]
    return np.asarray(polygons), feature, arcs_of(first)


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
