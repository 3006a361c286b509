"""Whether a topology is what it says: valid polygons, valid coverages, nothing lost or the wrong way round.

That an object is a valid coverage is shown on the arcs rather than on its polygons, once for all objects:

1. No two segments of any arcs meet but in a common end of their arcs. (Exact, in whole numbers.)
2. No object uses the same side of an arc twice.
3. No polygon of an object has an arc of that object inside.

Were two polygons of an object to overlap, the outline of one, or a part of it, would run inside the other, against 3,
or along its outline with the ground on the same side, against 2; it cannot cross it, for 1. And an edge that two
polygons share is one arc, so it has the same points in both. Polygons themselves are asked of GEOS.
"""

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from boundaries.errors import ReleaseError
from boundaries.ground.ragged import arcs_of
from boundaries.topology import linework
from boundaries.topology.arcs import Rings, Topology, merged, trace
from boundaries.topology.landmasses import signed_area

Array = NDArray[Any]


def check(topology: Topology) -> None:
    """Raise ReleaseError unless every feature has ground, every polygon of every object is valid, every object is a
    valid coverage, and every outside runs clockwise, every hole the other way."""
    for name, rings in topology.rings.items():
        without = np.flatnonzero(np.diff(rings.feature) == 0)
        if len(without):
            label = str(topology.tables[name].iloc[int(without[0]), 0])
            raise ReleaseError(
                f"{name}: {len(without)} features have lost all their ground, the first {label}"
            )
    crossed = _crossed(topology)
    every = merged(list(topology.rings.values()))
    example, which = distinct(every)
    polygons = _polygons(topology, every, example)
    invalid = ~shapely.is_valid(polygons)
    inside = _inside(topology, polygons)
    done = 0
    for name, rings in topology.rings.items():
        count = len(rings.polygon) - 1
        own = which[done : done + count]
        bad = invalid[own] | _any_of(_turned(topology, rings) | _twice(rings, crossed), rings.polygon)
        bad |= np.isin(own, _holding(inside, own, rings, len(topology)))
        done += count
        if bad.any():
            _refuse(topology, name, rings, bad)


def distinct(every: Rings) -> tuple[Array, Array]:
    """Polygons that have the same references are the same: (an example of each, which of them each polygon is).

    The same polygon with another first reference counts as another.
    """
    first, last = every.ring[every.polygon[:-1]], every.ring[every.polygon[1:]]
    single = last - first == 1
    key = every.refs[first].astype(np.int64)
    known: dict[bytes, int] = {}
    base = int(np.abs(key).max(initial=0)) + 2
    for index in np.flatnonzero(~single).tolist():
        holes = np.diff(every.ring[every.polygon[index] : every.polygon[index + 1] + 1])
        text = every.refs[first[index] : last[index]].tobytes() + b"/" + holes.tobytes()
        key[index] = base + known.setdefault(text, len(known))
    _, example, which = np.unique(key, return_index=True, return_inverse=True)
    return example, which


def _crossed(topology: Topology) -> Array:
    """Mask of the arcs that meet another, or themselves, where they should not."""
    points = topology.points.astype(np.float64)
    lines = linework.graph(points, topology.starts, np.zeros(len(topology), dtype=bool))
    mask = np.zeros(len(topology), dtype=bool)
    mask[lines.line[linework.clashes(lines).ravel()]] = True
    return mask


def _polygons(topology: Topology, every: Rings, chosen: Array) -> Array:
    part = every.polygons(chosen)
    points, starts = trace(part.refs, part.ring, topology.points, topology.starts)
    kind = shapely.GeometryType.POLYGON
    return np.asarray(shapely.from_ragged_array(kind, points.astype(np.float64), (starts, part.polygon)))


def _inside(topology: Topology, polygons: Array) -> Array:
    """Pairs (2, k) of a polygon and an arc that it has inside."""
    middle = (topology.starts[:-1] + topology.starts[1:]) // 2
    points = (topology.points[middle - 1] + topology.points[middle]) / 2
    return np.asarray(shapely.STRtree(shapely.points(points)).query(polygons, predicate="contains_properly"))


def _holding(inside: Array, own: Array, rings: Rings, arcs: int) -> Array:
    """Which polygons of an object have an arc of the object inside."""
    used = np.zeros(arcs, dtype=bool)
    used[arcs_of(rings.refs)] = True
    polygon, arc = inside
    here = np.zeros(max(int(own.max(initial=0)), int(polygon.max(initial=0))) + 1, dtype=bool)
    here[own] = True
    return np.asarray(polygon[here[polygon] & used[arc]])


def _turned(topology: Topology, rings: Rings) -> Array:
    """Mask of rings that run the wrong way round."""
    area = signed_area(*trace(rings.refs, rings.ring, topology.points, topology.starts))
    return np.asarray(np.where(rings.exterior, area >= 0, area <= 0))


def _twice(rings: Rings, crossed: Array) -> Array:
    """Mask of rings with an arc that is crossed, or used on the same side by another ring."""
    _, which, counts = np.unique(rings.refs, return_inverse=True, return_counts=True)
    return _any_of((counts[which] > 1) | crossed[arcs_of(rings.refs)], rings.ring)


def _any_of(mask: Array, starts: Array) -> Array:
    return np.asarray(np.logical_or.reduceat(mask, starts[:-1]))


def _refuse(topology: Topology, name: str, rings: Rings, bad: Array) -> None:
    features = _any_of(bad, rings.feature)
    first = int(features.argmax())
    label = str(topology.tables[name].iloc[first, 0])
    reason = shapely.is_valid_reason(topology.whole(name)[first])
    raise ReleaseError(
        f"{name}: {int(features.sum())} polygons are invalid on the grid of {topology.grid.size} degree, or overlap "
        f"others, the first {label} ({reason}); choose a finer grid or a smaller tolerance"
    )
