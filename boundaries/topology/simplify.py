"""Fewer points on the arcs of a topology, with the area on either side kept.

The operation is the *area-preserving segment collapse* of Kronenfeld, Stanislawski, Buttenfield and Brockmeyer
("Simplification of polylines by segment collapse: minimizing areal displacement while preserving area",
International Journal of Cartography 6, 2020): of four points A B C D the middle two give way to one point E, placed
so that the area on either side of the line stays the same; the cheapest collapse, by the area that changes sides,
goes first. Dropping a point (Visvalingam, Douglas-Peucker) would take area from one side in every step.

All lines are worked on at once in rounds: each round collapses every segment that is cheaper than all segments it
could interfere with, which is what the sequential algorithm would come to, without a queue and without a loop
over points. Ends of arcs stay where they are; a ring keeps three points, so no island vanishes here.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

METRES: Final = 111_195.0
"""Metres in a degree of the mean sphere. Used along both axes: east-west this is too long by 2 % at 11 degrees south
and exact at the equator, less than a tolerance ever means."""


@dataclass(frozen=True)
class Lines:
    """Lines one after another: ``points`` (n, 2) float, ``starts`` (m + 1,), ``ring`` (m,) mask of free rings.

    A free ring has no fixed point and does not repeat its first point; any other line keeps both its ends.
    ``origin``: for simplified lines, the position of each point among those it was made of.
    """

    points: Array
    starts: Array
    ring: Array
    origin: Array | None = None

    def __len__(self) -> int:
        return len(self.ring)

    def pick(self, chosen: Array) -> "Lines":
        """Some of the lines, by a mask."""
        sizes = np.diff(self.starts)
        starts = np.concatenate([[0], np.cumsum(sizes[chosen])])
        return Lines(self.points[np.repeat(chosen, sizes)], starts, self.ring[chosen])

    def replaced(self, chosen: Array, other: "Lines") -> "Lines":
        """These lines with those of a mask as they are in `other`."""
        sizes = np.diff(self.starts)
        sizes[chosen] = np.diff(other.starts)
        mine = np.repeat(~chosen, np.diff(self.starts))
        where = np.repeat(chosen, sizes)
        points = np.empty((len(where), 2), dtype=self.points.dtype)
        points[where], points[~where] = other.points, self.points[mine]
        return Lines(points, np.concatenate([[0], np.cumsum(sizes)]), self.ring)

    def segments(self) -> tuple[Array, Array]:
        """Positions of the two points of every segment."""
        following = np.arange(len(self.points)) + 1
        last = self.starts[1:] - 1
        following[last] = self.starts[:-1]
        begins = np.ones(len(self.points), dtype=bool)
        begins[last[~self.ring]] = False
        return np.flatnonzero(begins), following[begins]


def collapse(lines: Lines, limit: Array) -> Lines:
    """Collapse segments until the next would move more area than its limit from one side of its line to the other.

    `limit`: one a point (n,), or one a line (m,); its unit is that of the points, squared. Order and number of the
    lines stay.
    """
    if len(limit) == len(lines):
        limit = np.repeat(limit, np.diff(lines.starts))
    chain = _Chain(lines, limit)
    while len(chosen := chain.cheapest()):
        chain.apply(chosen)
    return chain.lines()


class _Chain:
    """Points as doubly linked lists; the segment from b to its next c is called by b."""

    def __init__(self, lines: Lines, limit: Array) -> None:
        count = len(lines.points)
        sizes = np.diff(lines.starts)
        self._line = np.repeat(np.arange(len(lines)), sizes)
        self._ring = lines.ring
        self._limit = np.maximum(limit, np.finfo(float).tiny)
        self._x, self._y = lines.points[:, 0].astype(float), lines.points[:, 1].astype(float)
        self._next, self._before = np.arange(count) + 1, np.arange(count) - 1
        first, last = lines.starts[:-1], lines.starts[1:] - 1
        self._next[last], self._before[first] = first, last
        self._fixed = np.zeros(count, dtype=bool)
        self._fixed[first[~lines.ring]] = self._fixed[last[~lines.ring]] = True
        self._alive = np.ones(count, dtype=bool)
        self._left = sizes.copy()
        loop = ~lines.ring & (lines.points[first] == lines.points[last]).all(axis=1)
        self._least = np.where(lines.ring, 3, np.where(loop, 4, 3))
        self._cost = np.full(count, np.inf)
        self._ex, self._ey = np.zeros(count), np.zeros(count)
        self._price(np.arange(count))

    def cheapest(self) -> Array:
        """Segments under their limit that no cheaper one stands near to: up to two segments away."""
        b = np.flatnonzero(self._cost < 1)
        own = self._cost[b]
        keep = np.ones(len(b), dtype=bool)
        for step in (self._next, self._before):
            other = step[b]
            for _ in range(2):
                cost = self._cost[other]
                keep &= (own < cost) | ((own == cost) & (b < other))
                other = step[other]
        return np.asarray(b[keep])

    def apply(self, b: Array) -> None:
        """Put E in the place of B, and take C out."""
        c = self._next[b]
        d = self._next[c]
        self._x[b], self._y[b] = self._ex[b], self._ey[b]
        self._limit[b] = np.minimum(self._limit[b], self._limit[c])
        self._alive[c] = False
        self._cost[c] = np.inf
        self._next[b], self._before[d] = d, b
        self._left -= np.bincount(self._line[b], minlength=len(self._left))
        a = self._before[b]
        self._price(np.concatenate([self._before[a], a, b, d]))

    def lines(self) -> Lines:
        """What is left."""
        points = np.stack([self._x, self._y], axis=1)[self._alive]
        starts = np.concatenate([[0], np.cumsum(self._left)])
        return Lines(points, starts, self._ring, np.flatnonzero(self._alive))

    def _price(self, b: Array) -> None:
        """Find E and the displaced area, as a share of the limit, for segments."""
        c, a = self._next[b], self._before[b]
        d = self._next[c]
        line = self._line[b]
        allowed = ~(self._fixed[b] | self._fixed[c]) & (self._left[line] > self._least[line])
        origin = np.stack([self._x[a], self._y[a]])
        point_b, point_c, point_d = (np.stack([self._x[i], self._y[i]]) - origin for i in (b, c, d))
        place, area = _placement(point_b, point_c, point_d)
        with np.errstate(over="ignore"):  # a limit of nought lets pass what moves nothing
            self._cost[b] = np.where(allowed, area / np.minimum(self._limit[b], self._limit[c]), np.inf)
        self._ex[b], self._ey[b] = place + origin


def _placement(b: Array, c: Array, d: Array) -> tuple[Array, Array]:
    """E (2, k) and the area displaced, for B, C, D as seen from A (A is the origin)."""
    high_b, high_c = _cross(d, b), _cross(d, c)  # heights over AD, times its length
    twice = _cross(b, c) + _cross(c, d)
    high = -twice  # of E: the triangle A E D has the area of A B C D
    same = high_b * high_c > 0
    on_ab = np.where(same, np.abs(high_b) > np.abs(high_c), high * high_b > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        along_ab = b * (high / high_b)
        along_cd = d + (c - d) * (high / high_c)
        place = np.where(on_ab, along_ab, along_cd)
        # the new line crosses the old one at X: the triangles E B X (E C X) and X C D (X B A) are equal
        kept, end = np.where(on_ab, b, c), np.where(on_ab, d, 0 * d)
        share = _cross(kept - place, c - b) / _cross(end - place, c - b)
        area = np.abs(_cross(kept - place, (end - place) * share))
    straight = (high_b == 0) & (high_c == 0)
    place = np.where(straight, b, place)
    area = np.where(straight, 0.0, area)
    return place, np.where(np.isfinite(area) & np.isfinite(place).all(axis=0), area, np.inf)


def _cross(a: Array, b: Array) -> Array:
    return np.asarray(a[0] * b[1] - a[1] * b[0])
