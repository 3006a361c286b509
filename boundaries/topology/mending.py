"""Lines on a coarse grid that nowhere meet but in their common ends.

Rounding the points of a planar set of lines to a grid can make lines cross, touch or fall together. Here such
*clashes* are found exactly, in whole numbers, and mended on the spot: a point is moved to a neighbouring place of the
grid, or taken out, so that its lines clash less, until none does. Nodes (ends that several lines share) move with all
their lines. Only what clashes is touched.
"""

from collections import deque
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from boundaries.ground.box_index import Nearby
from boundaries.ground.crossings import clash, cross
from boundaries.topology.linework import Crowd, Graph, clashes, on_plane, turned

Array = NDArray[Any]

_TRIES: Final = 12
"""How often one point is looked at in a round before it is given up."""
_SLIVER: Final = 2.0
"""Cells: ground that may change sides when a point is taken out."""
_ROUNDS: Final = 10
_SQUARE: Final = 6
"""Segments that changed are kept by squares of two to the power of so many cells."""
_NONE: Final[frozenset[int]] = frozenset()
_LOOKS: Final = ((1, np.inf), (10, 1.5), (26, 2.5), (None, 0))
"""How many places are looked at at a time: where the vertex is, those up to one cell from where it should be along
both axes, up to two, and all; and how near the next places are at least. Where it is it stays if that is good."""
_CALM: Final = 2
"""Rounds in which a point moves only if that is better; after them also if it is no worse, and ever farther."""


def drop_repeated(lines: Graph, least: Array) -> None:
    """Take out points that the rounding put on the point before or after, as long as `least` of a line are left."""
    while True:
        slots = lines.segments()
        a, b = lines.ends(slots)
        same = slots[(lines.place[a] == lines.place[b]).all(axis=1)]
        inner = (lines.before >= 0) & (lines.after >= 0)
        gone = np.where(inner[lines.after[same]], lines.after[same], same)
        gone = np.unique(gone[inner[gone]])
        # one a line and round, so that neighbours in the list are never taken out together
        _, pick = np.unique(lines.line[gone], return_index=True)
        gone = gone[pick]
        left = np.bincount(lines.line[lines.alive], minlength=len(least))
        gone = gone[left[lines.line[gone]] > least[lines.line[gone]]]
        if not len(gone):
            return
        a, c = lines.before[gone], lines.after[gone]
        lines.after[a], lines.before[c] = c, a
        lines.alive[gone] = False


def mend(lines: Graph, least: Array) -> Array:
    """Move or take out points until nothing clashes; returns the lines that still do, mostly none.

    `least` (number of lines,): how many points a line keeps.
    """
    found, nodes = clashes(lines), turned(lines)
    for round_ in range(_ROUNDS):
        if not len(found) and not len(nodes):
            break
        mender = _Mender(lines, least, round_)
        mender.run(found, nodes)
        again = mender.changed
        again[found.ravel()] = True
        found, nodes = clashes(lines, again), turned(lines)
    return np.unique(lines.line[faulty(lines, found, nodes)])


def faulty(lines: Graph, found: Array, nodes: Array) -> Array:
    """The slots at which lines clash, or end in a node around which the order is not kept."""
    slot = lines.turns.slot
    return np.unique(np.concatenate([found.ravel(), slot[np.isin(lines.vertex[slot], nodes)]]))


def straighten(lines: Graph, least: Array) -> None:
    """Take out points that lie straight between their neighbours: nothing moves."""
    for parity in (0, 1, 0, 1):
        left = np.bincount(lines.line[lines.alive], minlength=len(least))
        slots = np.flatnonzero(lines.alive & (lines.after >= 0) & (lines.before >= 0))
        slots = slots[left[lines.line[slots]] > least[lines.line[slots]] + 1]
        a, b, c = (lines.place[lines.vertex[s]] for s in (lines.before[slots], slots, lines.after[slots]))
        flat = (cross(b - a, c - b) == 0) & (((b - a) * (c - b)).sum(axis=-1) > 0)
        rank = np.cumsum(lines.alive) - 1
        slots = slots[flat & (rank[slots] % 2 == parity)]
        # neighbours in a line have ranks of other parity, but where a ring of odd length closes
        slots = slots[lines.before[slots] < slots]
        a, c = lines.before[slots], lines.after[slots]
        lines.after[a], lines.before[c] = c, a
        lines.alive[slots] = False


def _squares(a: Array, b: Array, pad: int) -> list[tuple[int, int]]:
    """Squares within `pad` cells of a segment, column by column: as many as it is long, not as its box is large."""
    pad += 1  # for the rounding below
    (x0, y0), (x1, y1) = sorted((a.tolist(), b.tolist()))
    columns = np.arange((x0 - pad) >> _SQUARE, ((x1 + pad) >> _SQUARE) + 1)
    west = np.clip((columns << _SQUARE) - pad, x0, x1)
    east = np.clip(((columns + 1) << _SQUARE) + pad, x0, x1)
    steep = (y1 - y0) / max(x1 - x0, 1)
    one, two = (y0 + steep * (x - x0) for x in (west, east))
    if x0 == x1:
        two = np.full(len(columns), float(y1))
    low = np.floor(np.minimum(one, two)).astype(np.int64) - pad >> _SQUARE
    high = np.ceil(np.maximum(one, two)).astype(np.int64) + pad >> _SQUARE
    ranges = zip(columns.tolist(), low.tolist(), high.tolist(), strict=True)
    return [(x, y) for x, first, last in ranges for y in range(first, last + 1)]


class _Mender:
    """The search around each point that clashes. Segments are found by their first places."""

    def __init__(self, lines: Graph, least: Array, round_: int) -> None:
        self._g, self._least = lines, least
        self._restless = round_ >= _CALM
        self._reach = min(max(2, round_), 5)
        span = range(-self._reach, self._reach + 1)
        nearest = sorted(((x, y) for x in span for y in span), key=lambda p: (p[0] ** 2 + p[1] ** 2, p))
        self._offsets = np.array(nearest)
        self._left = np.bincount(lines.line[lines.alive], minlength=len(least))
        self._slots = lines.segments()
        a, b = lines.ends(self._slots)
        start, end = lines.place[a], lines.place[b]
        self._nearby = Nearby(np.minimum(start, end), np.maximum(start, end))
        self._changed: set[int] = set()
        self._where: dict[tuple[int, int], set[int]] = {}  # square → slots that were changed to lie in it

    @property
    def changed(self) -> Array:
        """Mask of the slots whose segments are not what they were."""
        mask = np.zeros(len(self._g.vertex), dtype=bool)
        mask[list(self._changed)] = True
        return mask

    def _slots_at(self, vertex: int) -> Array:
        """Slots that stand at a vertex; a vertex that is no node is called by its only slot."""
        turns = self._g.turns
        ends = turns.at.get(vertex)
        return np.array([vertex]) if ends is None else turns.slot[ends]

    def run(self, found: Array, nodes: Array) -> None:
        slots = [np.unique(found), *(self._incident(node) for node in nodes.tolist())]
        start, end = self._g.ends(np.concatenate(slots))
        queue = deque(dict.fromkeys(np.stack([start, end], axis=1).ravel().tolist()))
        looked: dict[int, int] = {}
        while queue:
            vertex = queue.popleft()
            looked[vertex] = looked.get(vertex, 0) + 1
            if looked[vertex] <= _TRIES and self._g.alive[vertex]:
                queue.extend(self._mend(vertex, looked[vertex]))

    def _mend(self, vertex: int, time: int) -> list[int]:
        """Better one vertex, looked at for the n-th time; returns the vertices to look at again."""
        g = self._g
        touching = self._incident(vertex)
        near = self._near(vertex, touching)
        true = g.true[vertex]
        places = np.concatenate([g.place[vertex][None], np.rint(true).astype(np.int64) + self._offsets])
        distance = ((places - true) ** 2).sum(axis=1)
        score = self._scores(vertex, touching, near, places, distance)
        if score[0] == 0:
            return []
        best = np.lexsort((distance[: len(score)], score))[0]
        if score[best] and self._removable(vertex) and self._without(vertex, near) <= score[best]:
            return self._remove(vertex)
        if score[best] >= score[0]:
            alike = np.flatnonzero(score == score[0])[1:]
            if not self._restless or not len(alike):
                return []
            best = alike[time % len(alike)]
        g.place[vertex] = places[best]
        self._note(touching)
        return self._around(touching) if score[best] else []

    def _scores(self, vertex: int, touching: Array, near: Array, places: Array, distance: Array) -> Array:
        """How many clashes the segments at a vertex would have at each of the first places, of as many as are needed
        to tell which is best."""
        g = self._g
        own, other = g.ends(touching), g.ends(near)
        crowd = Crowd(own, other, *(on_plane(g.place[each]) for each in other))
        here = [each == vertex for each in own]
        stand = [on_plane(g.place[each]) for each in own]
        nodes = {vertex, *own[0].tolist(), *own[1].tolist()} & g.turns.at.keys()
        found = np.empty(0, dtype=np.int64)
        for end, reach in _LOOKS:
            there = places[len(found) : end]
            trial = on_plane(there)[:, None]
            score = crowd.counts(*(np.where(at, trial, own_) for at, own_ in zip(here, stand, strict=True)))
            for node in nodes:
                score = score + self._disorder(node, vertex, there)
            found = np.concatenate([found, score])
            # what comes later is farther away than the reach
            if len(found) == len(places) or ((found == 0) & (distance[: len(found)] <= reach**2)).any():
                break
        return found

    def _removable(self, vertex: int) -> bool:
        """Whether a point may go: none that bounds more than a sliver with its neighbours, for that would show."""
        g = self._g
        line = g.line[vertex]
        if vertex in g.turns.at or self._left[line] <= self._least[line]:
            return False
        point = g.true[vertex]
        one, other = (g.true[g.vertex[slot]] - point for slot in (g.before[vertex], g.after[vertex]))
        return bool(abs(cross(one, other)) / 2 <= _SLIVER)

    def _remove(self, slot: int) -> list[int]:
        self._left[self._g.line[slot]] -= 1
        previous = int(self._g.before[slot])
        self._g.remove(slot)
        self._changed.add(slot)
        self._note(np.array([previous]))
        return self._around(np.array([previous]))

    def _around(self, touching: Array) -> list[int]:
        start, end = self._g.ends(touching)
        return [int(v) for v in dict.fromkeys(np.concatenate([start, end]).tolist())]

    def _incident(self, vertex: int) -> Array:
        g = self._g
        if vertex not in g.turns.at:  # between the two ends of its line: its only slot has the same number
            return np.array(sorted((int(g.before[vertex]), vertex)))
        slots = self._slots_at(vertex)
        before = g.before[slots]
        return np.unique(np.concatenate([slots[g.after[slots] >= 0], before[before >= 0]]))

    def _near(self, vertex: int, touching: Array) -> Array:
        """Slots of segments that could clash with those of a vertex wherever it is moved; not its own."""
        g = self._g
        start, end = g.ends(touching)
        places = g.place[np.concatenate([start, end, [vertex]])]
        low, high = places.min(axis=0) - 2 - self._reach, places.max(axis=0) + 2 + self._reach
        found = set(self._slots[self._nearby.at(low, high)].tolist())
        for a, b in zip(g.place[start], g.place[end], strict=True):
            for square in _squares(a, b, 2 + self._reach):
                found |= self._where.get(square, _NONE)
        both = np.array(sorted(found.difference(touching.tolist())), dtype=np.int64)
        both = both[g.alive[both] & (g.after[both] >= 0)]
        a, b = g.ends(both)
        pa, pb = g.place[a], g.place[b]
        hit = ((np.minimum(pa, pb) <= high) & (np.maximum(pa, pb) >= low)).all(axis=1)
        return np.asarray(both[hit])

    def _note(self, slots: Array) -> None:
        """Remember that segments changed, and where they are now."""
        self._changed.update(slots.tolist())
        a, b = (self._g.place[v] for v in self._g.ends(slots))
        for slot, start, end in zip(slots.tolist(), a, b, strict=True):
            for square in _squares(start, end, 0):
                self._where.setdefault(square, set()).add(slot)

    def _disorder(self, node: int, vertex: int, places: Array) -> Array:
        """How many lines around a node are out of order with a vertex at each of some places."""
        g = self._g
        ends = g.turns.at[node]
        if len(ends) < 3:
            return np.zeros(len(places), dtype=np.int64)
        slot = g.turns.slot[ends]
        other = g.vertex[np.where(g.after[slot] >= 0, g.after[slot], g.before[slot])]
        shape = (len(places), len(ends), 2)
        tips = np.where((other == vertex)[:, None], places[:, None], np.broadcast_to(g.place[other], shape))
        vector = tips - (places[:, None] if node == vertex else g.place[node])
        order = np.argsort(np.arctan2(vector[..., 1], vector[..., 0]), axis=1, kind="stable")
        around = ends[order]
        return np.asarray((g.turns.follows[around] != np.roll(around, -1, axis=1)).sum(axis=1))

    def _without(self, slot: int, near: Array) -> int:
        """How many clashes there would be without a point: of the segment that takes the place of its two."""
        g = self._g
        before, after = g.before[slot], g.after[slot]
        a, b = g.vertex[before], g.vertex[after]
        if (g.place[a] == g.place[b]).all():
            return len(near) + 1
        c, d = g.ends(near)
        bad = clash(g.place[a][None], g.place[b][None], a, b, g.place[c], g.place[d], c, d)
        found = int(bad.sum())
        nodes = {int(a), int(b)} & g.turns.at.keys()
        if nodes:
            g.after[before], g.before[after] = after, before  # as if it were gone, to look at the order
            found += sum(int(self._disorder(node, -1, g.place[node][None])[0]) for node in sorted(nodes))
            g.after[before], g.before[after] = slot, slot
        return found
