"""Lines as a graph of vertices on a grid: where they clash, and in what order they leave a node. In whole numbers."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundaries.ground.box_index import Nearby
from boundaries.ground.crossings import clash

Array = NDArray[Any]


@dataclass
class Graph:
    """Lines as slots one after another: slot ``s`` stands at vertex ``vertex[s]``, the next slot is ``after[s]``.

    Vertices (``place``: (n, 2) int64 on the grid, ``true``: where they should be) are shared by the lines that end
    in them; ``after`` is -1 in the last slot of an open line, ``alive`` tells which slots are left.
    """

    true: Array
    place: Array
    vertex: Array
    after: Array
    before: Array
    alive: Array
    line: Array
    turns: "Turns"

    def segments(self) -> Array:
        """Slots in which a segment begins."""
        return np.flatnonzero(self.alive & (self.after >= 0))

    def ends(self, slots: Array) -> tuple[Array, Array]:
        """Vertices at which segments begin and end."""
        return self.vertex[slots], self.vertex[self.after[slots]]

    def remove(self, slot: int) -> None:
        """Take a slot between two others out."""
        a, c = self.before[slot], self.after[slot]
        self.after[a], self.before[c] = c, a
        self.alive[slot] = False


@dataclass
class Turns:
    """The order of lines around nodes. An end of a line is called by its slot; where a line turns back to the node
    it left, both its ends are there.

    ``slot``: all ends; ``vertex``: where they are; ``follows``: the end that comes next, counter-clockwise, around
    the same node (an index into `slot`), as it was in the lines before anything was done to them.
    """

    slot: Array
    vertex: Array
    follows: Array

    @cached_property
    def at(self) -> dict[int, Array]:
        """Vertex → its ends (indices)."""
        order = np.argsort(self.vertex, kind="stable")
        cuts = np.flatnonzero(np.diff(self.vertex[order])) + 1
        groups = np.split(order, cuts) if len(order) else []
        return {int(self.vertex[group[0]]): group for group in groups}


def graph(points: Array, starts: Array, ring: Array, follows: Array | None = None) -> Graph:
    """Make a graph of lines on the grid (`points` float): ends at the very same point become one vertex.

    `follows`: the order around nodes that must be kept, from ``turns`` of another graph of the same lines; by
    default the one found here.
    """
    count = len(points)
    first, last = starts[:-1], starts[1:] - 1
    after, before = np.arange(count) + 1, np.arange(count) - 1
    after[last], before[first] = np.where(ring, first, -1), np.where(ring, last, -1)
    vertex = np.arange(count)
    ends = np.concatenate([first[~ring], last[~ring]])
    vertex[ends] = ends[_first_alike(points[ends])]
    line = np.repeat(np.arange(len(ring)), np.diff(starts))
    place = np.rint(points).astype(np.int64)
    alive = np.ones(count, dtype=bool)
    turns = Turns(ends, vertex[ends], np.empty(0, dtype=np.int64))
    made = Graph(points, place, vertex, after, before, alive, line, turns)
    made.turns.follows = order_around_nodes(made) if follows is None else follows
    return made


def _first_alike(points: Array) -> Array:
    """For each point the first one that is the same."""
    order = np.lexsort((points[:, 1], points[:, 0]))
    fresh = np.append(True, (np.diff(points[order], axis=0) != 0).any(axis=1))[: len(order)]
    result = np.empty(len(order), dtype=np.int64)
    result[order] = order[fresh][np.cumsum(fresh) - 1]
    return result


def order_around_nodes(lines: Graph) -> Array:
    """For each end of a line the next one, counter-clockwise, around its node."""
    slot = lines.turns.slot
    beside = np.where(lines.after[slot] >= 0, lines.after[slot], lines.before[slot])
    vector = lines.place[lines.vertex[beside]] - lines.place[lines.vertex[slot]]
    node = lines.vertex[slot]
    order = np.lexsort((np.arctan2(vector[:, 1], vector[:, 0]), node))
    first = np.append(True, np.diff(node[order]) != 0)[: len(order)]
    starts = np.flatnonzero(first)
    following = np.roll(order, -1)
    if len(starts):
        following[np.append(starts[1:], len(order)) - 1] = order[starts]
    result = np.empty(len(order), dtype=np.int64)
    result[order] = following
    return result


def turned(lines: Graph) -> Array:
    """Nodes (vertices) around which the lines have come into another order."""
    wrong = order_around_nodes(lines) != lines.turns.follows
    return np.unique(lines.vertex[lines.turns.slot[wrong]])


def clashes(lines: Graph, only: Array | None = None) -> Array:
    """Pairs (k, 2) of slots whose segments meet where they should not.

    `only`: mask of slots; pairs of two other segments are not looked at.
    """
    slots = lines.segments()
    a, b = lines.ends(slots)
    start, end = lines.place[a], lines.place[b]
    found = Nearby(np.minimum(start, end), np.maximum(start, end))
    i, j = found.pairs(None if only is None else only[slots])
    bad = clash(start[i], end[i], a[i], b[i], start[j], end[j], a[j], b[j])
    nought = np.flatnonzero((start == end).all(axis=1))
    return np.concatenate(
        [np.stack([slots[i[bad]], slots[j[bad]]], axis=1), np.stack([slots[nought]] * 2, axis=1)]
    )


class Crowd:
    """A few segments among others: how often they clash with those and with each other, in many trials.

    What `clash` finds, for the search that asks for it thousands of times: points are complex numbers, exact below
    2**53, for the product of a conjugate and another has the dot product as its real part, the cross product as its
    imaginary part.

    Parameters
    ----------
    own
        The vertices at which the m segments begin and end, (m,) each.
    other
        Those of the n others; `place_c` and `place_d` where they stand, (n,) complex.
    """

    def __init__(
        self, own: tuple[Array, Array], other: tuple[Array, Array], place_c: Array, place_d: Array
    ) -> None:
        ia, ib = (each[:, None] for each in own)
        ic, id_ = (np.concatenate(pair) for pair in zip(other, own, strict=True))
        aa, bb = ia == ic, ib == id_
        ab, ba = ia == id_, ib == ic
        shared = aa.astype(np.int8) + ab + ba + bb
        self._apart, self._one = shared == 0, shared == 1
        self._sign = np.where((aa | ab) == (aa | ba), 1.0, -1.0)
        self._others, self._count = len(place_c), len(own[0])
        self._c, self._d = place_c, place_d
        itself = np.arange(self._count)
        self._weight = np.ones(shared.shape)
        self._weight[:, self._others :] = 0.5  # each pair is met twice
        self._weight[itself, self._others + itself] = 0

    def counts(self, a: Array, b: Array) -> Array:
        """Number of clashes (k,) with the segments at `a` to `b`, (k, m) complex, one row a trial."""
        c, d = np.empty((2, len(a), 1, self._others + self._count), dtype=np.complex128)
        c[:, 0, : self._others], c[:, 0, self._others :] = self._c, a
        d[:, 0, : self._others], d[:, 0, self._others :] = self._d, b
        nought = (a == b).sum(axis=1)
        a, b = a[:, :, None], b[:, :, None]
        ab, cd, ac = b - a, d - c, c - a
        to_ab, to_cd = ab.conj(), cd.conj()
        one, two = (to_ab * ac).imag, (to_ab * (d - a)).imag
        three, four = -(to_cd * ac).imag, (to_cd * (b - c)).imag
        meet = (one * two <= 0) & (three * four <= 0)
        flat = meet & (one == 0) & (two == 0)
        if flat.any():
            meet &= ~flat | _boxes_meet(a, b, c, d)
        both = to_ab * cd
        along = (both.imag == 0) & (both.real * self._sign > 0)
        bad = np.where(self._apart, meet, ~self._one | along)
        return np.asarray(np.rint((bad * self._weight).sum(axis=(1, 2))).astype(np.int64) + nought)


def on_plane(points: Array) -> Array:
    """Points (..., 2) as complex numbers."""
    return np.asarray(points[..., 0] + 1j * points[..., 1])


def _boxes_meet(a: Array, b: Array, c: Array, d: Array) -> Array:
    """Whether the boxes of segments meet, for points as complex numbers."""
    meet = True
    for p, q, r, s in ((a.real, b.real, c.real, d.real), (a.imag, b.imag, c.imag, d.imag)):
        meet = meet & (np.minimum(p, q) <= np.maximum(r, s)) & (np.minimum(r, s) <= np.maximum(p, q))
    return np.asarray(meet)
