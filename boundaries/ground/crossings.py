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
SNAP: Final = 1
"""Steps of the grid, along either axis, within which a crossing is taken for the end of an edge."""
BEND: Final = 2 * (SNAP + 0.5)
"""More steps of the grid than a cut moves an edge."""


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


def meetings(a: Array, b: Array, c: Array, d: Array) -> tuple[Array, Array, Array]:
    """Where clashing segments a-b and c-d ((k, 2) each) are to be cut so that they clash no more.

    Returns (which of the k, which of the two: 0 or 1, the point): the crossing, rounded to the grid, or an end of
    one of them that is at most `SNAP` steps away from it (else lines that meet at a very small angle would be zipped
    together step by step); where they run along each other, the ends of one inside the other. Points that are an end
    of the segment itself are left out.
    """
    ab, cd = b - a, d - c
    turn = cross(ab, cd)
    slanted = turn != 0
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(slanted, cross(c - a, cd) / turn, 0.0)
    point = _at_an_end(a + np.rint(share[:, None] * ab).astype(np.int64), (a, b, c, d))
    which, side, at = [], [], []
    for number, (one, two) in enumerate(((a, b), (c, d))):
        cut = slanted & (point != one).any(axis=1) & (point != two).any(axis=1)
        which.append(np.flatnonzero(cut))
        side.append(np.full(int(cut.sum()), number))
        at.append(point[cut])
        for end in ((c, d), (a, b))[number]:
            inside = ~slanted & (((end - one) * (end - two)).sum(axis=1) < 0)
            which.append(np.flatnonzero(inside))
            side.append(np.full(int(inside.sum()), number))
            at.append(end[inside])
    return np.concatenate(which), np.concatenate(side), np.concatenate(at)


def _at_an_end(point: Array, ends: tuple[Array, ...]) -> Array:
    """Points, or the first of the ends that is nearest to each if one is near."""
    far = np.stack([np.abs(end - point).max(axis=1) for end in ends])
    nearest = far.argmin(axis=0)
    there = np.stack(ends)[nearest, np.arange(len(point))]
    return np.where((far.min(axis=0) <= SNAP)[:, None], there, point)


def cross(a: Array, b: Array) -> Array:
    """Cross products of vectors (..., 2)."""
    return np.asarray(a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0])
