"""The ground between a line before and after it was simplified."""

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from boundaries.ground.ragged import spans
from boundaries.topology.arcs import Topology

Array = NDArray[Any]


def ground_between(before: Topology, after: Topology) -> Array:
    """For each arc the area that lies between it before and after, in degrees, squared.

    The arcs are the same, one for one; for closed ones it is what one of the two rings holds and not the other. A
    polygon's symmetric difference is at most the sum over its arcs: a place has changed sides if and only if the
    lines passed over it an odd number of times. It is less only where what two arcs passed over overlaps.
    """
    area = np.zeros(len(before))
    if before is after:
        return area
    closed = before.closed
    rings = [_rings(each, np.flatnonzero(closed)) for each in (before, after)]
    common = shapely.area(shapely.intersection(*rings))
    area[closed] = np.maximum(shapely.area(rings[0]) + shapely.area(rings[1]) - 2 * common, 0)
    area[~closed] = _between(before, after, np.flatnonzero(~closed)) * before.grid.size**2
    return area


def _rings(topology: Topology, arcs: Array) -> Array:
    at, starts = spans(topology.starts, arcs)
    index = np.repeat(np.arange(len(arcs)), np.diff(starts))
    rings = shapely.linearrings(topology.grid.degrees(topology.points[at]), indices=index)
    return np.asarray(shapely.polygons(rings))


def _between(before: Topology, after: Topology, arcs: Array) -> Array:
    """The same for open arcs, in units of the finer grid, squared.

    The new line is led to the ends of the old one. Where the two meet they are cut; the pieces bound loops that
    nothing crosses, so each has the area that the line integral along it says. (Unless the way to the ends crosses
    the new line; nodes move by a cell, so that is some thousandths of what moves in the smallest dapil.)
    """
    at, old = spans(before.starts, arcs)
    ends = at[old[:-1]], at[old[1:] - 1]
    origin = before.points[ends[0]]
    p = before.points[at] - np.repeat(origin, np.diff(old), axis=0)
    at, new = spans(after.starts, arcs)
    q = after.points[at] * (after.grid.step // before.grid.step) - np.repeat(origin, np.diff(new), axis=0)
    q = np.insert(q, new[1:], before.points[ends[1]] - origin, axis=0)
    q = np.insert(q, new[:-1] + np.arange(len(arcs)), 0, axis=0)
    new = new + 2 * np.arange(len(new))
    i, j, place = _meetings(p, old, q, new)
    along, back = _integral(p, old), _integral(q, new)
    passed = along[i] + _cross(p[i], place) - back[j] - _cross(q[j], place)
    last = along[old[1:] - 1] - back[new[1:] - 1]
    # along each old line: its first point, the meetings in their order, its last point
    share = np.abs(place - p[i]).sum(axis=1)
    arc = np.concatenate([np.searchsorted(old, i, side="right") - 1, *[np.arange(len(arcs))] * 2])
    position = np.concatenate([i, old[:-1] - 1, old[1:]])
    order = np.lexsort((np.append(share, np.zeros(2 * len(arcs))), position, arc))
    value = np.concatenate([passed, np.zeros(len(arcs)), last])[order]
    steps = np.abs(np.diff(value)) * (np.diff(arc[order]) == 0)
    return np.bincount(arc[order][1:], steps / 2, minlength=len(arcs))


def _meetings(p: Array, old: Array, q: Array, new: Array) -> tuple[Array, Array, Array]:
    """Where two lines each meet: the segments (by their first points in `p` and `q`) and the places.

    All pairs of segments of an arc are tried: arcs are short. Segments in one line have no one place; the segments
    beside them meet at the ends of what they have in common.
    """
    wide = np.diff(new) - 1
    count = (np.diff(old) - 1) * wide
    arc = np.repeat(np.arange(len(count)), count)
    nth = np.arange(len(arc)) - np.repeat(np.cumsum(count) - count, count)
    i, j = np.divmod(nth, wide[arc])
    i, j = i + old[arc], j + new[arc]
    for axis in (0, 1):
        (low_p, high_p), (low_q, high_q) = (_extent(points[:, axis]) for points in (p, q))
        near = (low_p[i] <= high_q[j]) & (low_q[j] <= high_p[i])
        i, j = i[near], j[near]
    a, b, c, d = p[i], p[i + 1], q[j], q[j + 1]
    one, two = _cross(b - a, c - a), _cross(b - a, d - a)
    three, four = _cross(d - c, a - c), _cross(d - c, b - c)
    meet = (np.sign(one) * np.sign(two) <= 0) & (np.sign(three) * np.sign(four) <= 0) & (three != four)
    share = three[meet] / (three[meet] - four[meet])
    return i[meet], j[meet], a[meet] + share[:, None] * (b - a)[meet]


def _extent(values: Array) -> tuple[Array, Array]:
    """The lower and the higher end of the segment that begins in each point (of the last of a line: of no meaning)."""
    following = np.append(values[1:], values[-1:])
    return np.minimum(values, following), np.maximum(values, following)


def _integral(points: Array, starts: Array) -> Array:
    """Twice the area that the way from the first point of each line to each of its points sweeps around the origin."""
    steps = np.zeros(len(points))
    steps[1:] = _cross(points[:-1], points[1:])
    steps[starts[:-1]] = 0
    total = np.cumsum(steps)
    return np.asarray(total - np.repeat(total[starts[:-1]], np.diff(starts)))


def _cross(a: Array, b: Array) -> Array:
    return np.asarray(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0])
