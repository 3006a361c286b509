"""Arcs as a map of the plane: which face lies on either side of each, exactly, in whole numbers.

An *arc* is a run of edges between two nodes; each has two *halves*, ``2 a`` as it runs and ``2 a + 1`` the other way.
A half has its face on the left, and the half that follows it around that face. The arcs must be noded (`noding`):
then faces follow from the order of the halves around each node, and no polygon is compared with another.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from boundaries.ground.crossings import cross
from boundaries.ground.edges import EdgeIndex
from boundaries.ground.ragged import spans

Array = NDArray[Any]

SEA: Final = 0
"""The face that has no end."""


@dataclass(frozen=True)
class Arrangement:
    """Arcs, and the faces between them.

    ``points`` (n, 2), ``starts`` (a + 1,): the arcs, ends included. Of each half: ``node``, the vertex in which it
    begins; ``after``, the half that follows around its face; ``face``, from 1, or `SEA`; ``twice``, twice the area
    (steps of the grid, squared) that it adds to its face. ``count``: number of faces, the sea included.
    """

    points: Array
    starts: Array
    node: Array
    after: Array
    face: Array
    twice: Array
    count: int

    def __len__(self) -> int:
        return len(self.starts) - 1


def arrange(points: Array, starts: Array) -> Arrangement:
    """Find the faces of arcs that are noded and of which none ends loose."""
    first, last = starts[:-1], starts[1:] - 1
    ends = EdgeIndex.pack(np.stack([points[first], points[last]], axis=1)).ravel()
    node = np.unique(ends, return_inverse=True)[1]
    towards = np.stack([points[first + 1] - points[first], points[last - 1] - points[last]], axis=1)
    after = _after(node, towards.reshape(-1, 2))
    area = _twice(points, starts)
    twice = np.stack([area, -area], axis=1).ravel()
    cycle = cycles(after)
    total = np.zeros(len(after), dtype=np.int64)
    np.add.at(total, cycle, twice)
    face = _faces(points, starts, cycle, total)
    return Arrangement(points, starts, node, after, face[cycle], twice, int(face.max(initial=0)) + 1)


def cycles(after: Array) -> Array:
    """For each element of closed chains the smallest element of its chain."""
    label, ahead = np.arange(len(after)), after
    while True:
        lower = np.minimum(label, label[ahead])
        if (lower == label).all():
            return label
        label, ahead = lower, ahead[ahead]


def in_order(after: Array, label: Array) -> tuple[Array, Array]:
    """Elements of closed chains, one chain after another, each from its smallest element; and where each starts.

    `label`: what `cycles` returns.
    """
    itself = np.arange(len(after))
    root = label == itself
    ahead, steps = np.where(root, itself, after), np.where(root, 0, 1)
    while True:
        further = steps[ahead]
        if not further.any():
            break
        steps, ahead = steps + further, ahead[ahead]
    sizes = np.bincount(label, minlength=len(after))[root]
    starts = np.concatenate([[0], np.cumsum(sizes)])
    number = np.cumsum(root) - 1
    place = starts[number[label]] + np.where(root, 0, sizes[number[label]] - steps)
    order = np.empty(len(after), dtype=np.int64)
    order[place] = itself
    return order, starts


def _after(node: Array, towards: Array) -> Array:
    """The half that follows each around its face: at the node it leads to, the first one clockwise of the way back."""
    angle = np.arctan2(towards[:, 1].astype(np.float64), towards[:, 0].astype(np.float64))
    order = np.lexsort((angle, node))
    _put_right(order, node, towards, angle)
    first = np.append(True, node[order][1:] != node[order][:-1])[: len(order)]
    starts = np.flatnonzero(first)
    behind = np.roll(order, 1)
    if len(starts):
        behind[starts] = order[np.append(starts[1:], len(order)) - 1]
    clockwise = np.empty(len(order), dtype=np.int64)
    clockwise[order] = behind
    return clockwise[np.arange(len(order)) ^ 1]


def _put_right(order: Array, node: Array, towards: Array, angle: Array) -> None:
    """Swap neighbours around a node whose angles rounding has put in the wrong order."""
    while True:
        one, two = order[:-1], order[1:]
        near = np.flatnonzero((node[one] == node[two]) & (np.abs(angle[one] - angle[two]) < _ALIKE))
        wrong = near[cross(towards[one[near]], towards[two[near]]) < 0]
        if not len(wrong):
            return
        wrong = wrong[np.append(True, np.diff(wrong) > 1)]
        order[wrong], order[wrong + 1] = order[wrong + 1], order[wrong]


_ALIKE: Final = 1e-9


def _twice(points: Array, starts: Array) -> Array:
    """Twice the area between each arc and the origin; whole numbers, so that the sums around a face are exact."""
    x, y = np.ascontiguousarray((points - points[:1]).T)
    each = np.zeros(len(points), dtype=np.int64)
    each[:-1] = x[:-1] * y[1:] - x[1:] * y[:-1]
    each[starts[1:] - 1] = 0
    return np.add.reduceat(each, starts[:-1]) if len(starts) > 1 else each[:0]


def _faces(points: Array, starts: Array, cycle: Array, total: Array) -> Array:
    """The face of each cycle, by its smallest half: those that run around ground have their own, those that run
    around all that hangs together lie in the smallest face of something else that holds it, or in the sea."""
    face = np.zeros(len(cycle), dtype=np.int64)
    root = cycle == np.arange(len(cycle))
    inner, outer = np.flatnonzero(root & (total > 0)), np.flatnonzero(root & (total < 0))
    face[inner] = 1 + np.arange(len(inner))
    if len(outer) > 1:
        where, holder = _holders(points, starts, cycle, inner, outer)
        order = np.lexsort((total[inner[holder]], where))
        where, holder = where[order], holder[order]
        smallest = np.append(True, where[1:] != where[:-1])[: len(where)]
        face[outer[where[smallest]]] = 1 + holder[smallest]
    return face


def _holders(points: Array, starts: Array, cycle: Array, inner: Array, outer: Array) -> tuple[Array, Array]:
    """Pairs of an outer cycle and an inner one around it. Asked of the westernmost point of each outer one, east of
    which all lies that hangs together with it: what reaches farther west is something else."""
    west = np.full(len(cycle), np.iinfo(np.int64).max)
    np.minimum.at(west, cycle, np.repeat(np.minimum.reduceat(EdgeIndex.pack(points), starts[:-1]), 2))
    at = EdgeIndex.unpack(west[outer])
    number = np.full(len(cycle), -1)
    number[inner] = np.arange(len(inner))
    of = number[cycle]
    chosen = np.flatnonzero(of >= 0)
    order = chosen[np.argsort(of[chosen], kind="stable")]
    halves = np.concatenate([[0], np.cumsum(np.bincount(of[chosen], minlength=len(inner)))])
    low = np.minimum.reduceat(np.minimum.reduceat(points, starts[:-1])[order // 2], halves[:-1])
    high = np.maximum.reduceat(np.maximum.reduceat(points, starts[:-1])[order // 2], halves[:-1])
    tree = shapely.STRtree(shapely.points(at.astype(np.float64)))
    (x0, y0), (x1, y1) = low.T.astype(np.float64), high.T.astype(np.float64)
    ring, point = tree.query(shapely.box(x0 + 1, y0, x1, y1))
    inside = _inside(points, starts, order, halves, ring, at[point])
    return point[inside], ring[inside]


def _inside(points: Array, starts: Array, order: Array, halves: Array, ring: Array, at: Array) -> Array:
    """Whether points lie inside rings, given by their halves in any order: by the crossings of a ray, exactly."""
    sizes = np.diff(starts) - 1
    total = np.add.reduceat(np.append(sizes[order // 2], 0), halves[:-1]) if len(halves) > 1 else sizes[:0]
    inside = np.zeros(len(ring), dtype=bool)
    block = np.cumsum(total[ring]) // _BLOCK
    for each in np.unique(block):
        some = np.flatnonzero(block == each)
        at_half, owner = spans(halves, ring[some])
        arc = order[at_half] // 2
        edge, of_arc = spans(starts - np.arange(len(starts)), arc)  # an arc has an edge less than points
        edge += np.repeat(arc, np.diff(of_arc))
        which = np.repeat(np.repeat(np.arange(len(some)), np.diff(owner)), np.diff(of_arc))
        a, b, p = points[edge], points[edge + 1], at[some][which]
        up = b[:, 1] > a[:, 1]
        spanned = (a[:, 1] > p[:, 1]) != (b[:, 1] > p[:, 1])
        left = cross(b - a, p - a)
        inside[some] = np.bincount(which, spanned & (left != 0) & ((left > 0) == up), len(some)) % 2 == 1
    return inside


_BLOCK: Final = 1 << 20
