"""Where segments meet, in whole numbers: exact, so that nothing rests on a tolerance."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def clash(a: Array, b: Array, ia: Any, ib: Any, c: Array, d: Array, ic: Any, id_: Any) -> Array:
    """Whether segments a-b and c-d (vertices ia-ib, ic-id) meet anywhere but in one vertex that they share."""
    shared = (ia == ic).astype(np.int8) + (ia == id_) + (ib == ic) + (ib == id_)
    ab, cd = b - a, d - c
    one, two = cross(ab, c - a), cross(ab, d - a)
    three, four = cross(cd, a - c), cross(cd, b - c)
    boxes = ((np.minimum(a, b) <= np.maximum(c, d)) & (np.minimum(c, d) <= np.maximum(a, b))).all(axis=-1)
    meet = (np.sign(one) * np.sign(two) <= 0) & (np.sign(three) * np.sign(four) <= 0) & boxes
    at_a = (ia == ic) | (ia == id_)
    at_c = (ia == ic) | (ib == ic)
    out = np.where(at_a[..., None], ab, -ab)
    other = np.where(at_c[..., None], cd, -cd)
    along = (cross(out, other) == 0) & ((out * other).sum(axis=-1) > 0)
    return np.where(shared == 0, meet, np.where(shared == 1, along, True))


def clashing(place: Array, ends: Array, i: Array, j: Array) -> Array:
    """Which of the pairs `i`, `j` of segments clash: a mask.

    `place` (v, 2) whole numbers: where the vertices are, no two alike; `ends` (s, 2): the vertices of each segment.
    """
    bad = np.zeros(len(i), dtype=bool)
    shared = _share_a_vertex(ends, i, j)
    for some, of in ((np.flatnonzero(~shared), _meet), (np.flatnonzero(shared), _along)):
        for first in range(0, len(some), _BLOCK):
            block = some[first : first + _BLOCK]
            bad[block] = of(place, ends, i[block], j[block])
    return bad


_BLOCK: Final = 1 << 20


def touching(place: Array, ends: Array, i: Array, j: Array) -> Array:
    """Which of the pairs `i`, `j` of segments have an end of one in the cells that the other passes through: a mask.

    The arguments are those of `clashing`.
    """
    bad = np.zeros(len(i), dtype=bool)
    x, y = np.ascontiguousarray(place.T)
    a, b = np.ascontiguousarray(ends.T)
    west, east = np.minimum(x[a], x[b]), np.maximum(x[a], x[b])
    south, north = np.minimum(y[a], y[b]), np.maximum(y[a], y[b])
    for edge, other in ((i, j), (j, i)):
        for end in (a, b):
            vertex = end[other]
            inside = (west[edge] <= x[vertex]) & (x[vertex] <= east[edge])
            some = np.flatnonzero(inside)
            inside = (south[edge[some]] <= y[vertex[some]]) & (y[vertex[some]] <= north[edge[some]])
            some = some[inside]
            first, last = a[edge[some]], b[edge[some]]
            apart = (vertex[some] != first) & (vertex[some] != last)
            some, first, last = some[apart], first[apart], last[apart]
            bad[some] |= passes(place[first], place[last], place[vertex[some]])
    return bad


def _share_a_vertex(ends: Array, i: Array, j: Array) -> Array:
    start, end = np.ascontiguousarray(ends.T)
    a, b, c, d = start[i], end[i], start[j], end[j]
    return np.asarray((a == c) | (a == d) | (b == c) | (b == d))


def _meet(place: Array, ends: Array, i: Array, j: Array) -> Array:
    """Segments without a common vertex whose boxes meet."""
    a, b, c, d = (place[ends[k, side]] for k in (i, j) for side in (0, 1))
    ab, cd = b - a, d - c
    bad = np.sign(cross(ab, c - a)) * np.sign(cross(ab, d - a)) <= 0
    bad &= np.sign(cross(cd, a - c)) * np.sign(cross(cd, b - c)) <= 0
    boxes = (np.minimum(a, b) <= np.maximum(c, d)) & (np.minimum(c, d) <= np.maximum(a, b))
    return np.asarray(bad & boxes.all(axis=1))


def _along(place: Array, ends: Array, i: Array, j: Array) -> Array:
    """Segments with a common vertex: whether they leave it in the same direction."""
    a, b, c, d = ends[i, 0], ends[i, 1], ends[j, 0], ends[j, 1]
    at_a, at_c = (a == c) | (a == d), (a == c) | (b == c)
    one = (place[b] - place[a]) * np.where(at_a, 1, -1)[:, None]
    two = (place[d] - place[c]) * np.where(at_c, 1, -1)[:, None]
    return np.asarray((cross(one, two) == 0) & ((one * two).sum(axis=1) > 0))


def crossings(a: Array, b: Array, c: Array, d: Array) -> Array:
    """Where segments a-b and c-d ((k, 2) each) cross, rounded to the grid; parallel ones are left out."""
    turn = cross(b - a, d - c)
    slanted = turn != 0
    a, b, c, d = (each[slanted] for each in (a, b, c, d))
    share = cross(c - a, d - c) / turn[slanted]
    return np.asarray(a + np.rint(share[:, None] * (b - a)).astype(np.int64))


def passes(a: Array, b: Array, point: Array) -> Array:
    """Whether segments a-b pass through the cells of points ((k, 2) each), ends of the segments left out.

    The cell of a point is the square of one step of the grid around it.
    """
    ab = b - a
    near = 2 * np.abs(cross(ab, point - a)) <= np.abs(ab).sum(axis=1)
    inside = (np.minimum(a, b) <= point) & (point <= np.maximum(a, b))
    return np.asarray(near & inside.all(axis=1) & (point != a).any(axis=1) & (point != b).any(axis=1))


def cross(a: Array, b: Array) -> Array:
    """Cross products of vectors (..., 2)."""
    return np.asarray(a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0])
