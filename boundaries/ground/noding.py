"""Rings cut where they meet, so that two lines have nothing in common but whole edges and vertices.

In whole numbers, by snap rounding (Hobby, "Practical segment intersection with finite precision output",
Computational Geometry 13, 1999): where edges cross, the crossing, rounded to the grid, becomes a vertex; and an edge
that passes through the cell of a vertex gets that vertex. What comes out of it crosses nowhere, and no edge has moved
by more than a step of the grid. Only edges that meet another, and those right beside them, are treated so; whatever has
no clash keeps its vertices, to the last.
"""

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from boundaries.errors import CoverageError
from boundaries.ground.box_index import Nearby
from boundaries.ground.crossings import clashing, crossings, passes, touching
from boundaries.ground.edges import EdgeIndex, Segments, number_edges, segments
from boundaries.ground.grid import GRID
from boundaries.ground.ragged import distinct, spans
from boundaries.ground.rings import Rings

Array = NDArray[Any]

_MARGIN: Final = 4
"""Steps of the grid between the boxes of edges that are near each other: more than a round of cutting moves two."""
_ROUNDS: Final = 50


def node(rings: Rings) -> tuple[Rings, Segments]:
    """Cut the edges of rings where they meet.

    Returns the same rings with more points in them, and their edges. Raises CoverageError if the cutting comes to no
    end.
    """
    fresh = None
    while True:
        found = segments(rings.points, rings.starts)
        if fresh is not None:
            fresh = np.bincount(found.edge, fresh, len(found.ends)) > 0
        cut = _cut(found.place, found.ends, fresh=fresh)
        if cut is None:
            return rings, found
        seen = cut.position[found.edge] >= 0
        points, starts, copies = cut.into(rings.points, rings.starts, found.edge, found.forwards)
        fresh = np.repeat(seen, copies)
        rings = replace(rings, points=points, starts=starts)
        if cut.rounds == 1:  # all that was moved had all that is near it in view
            return rings, segments(points, starts)


def clashes_of(found: Segments) -> tuple[Array, Array]:
    """Pairs of edges that meet where they should not, by their numbers."""
    i, j = _near(found.place, found.ends, 0).pairs()
    bad = clashing(found.place, found.ends, i, j)
    return i[bad], j[bad]


@dataclass(frozen=True)
class _Cut:
    """Edges that are cut: ``position`` (edges,), the chain of points that each becomes, or -1; in how many rounds."""

    position: Array
    chains: Array
    starts: Array
    rounds: int

    def into(self, points: Array, starts: Array, edge: Array, forwards: Array) -> tuple[Array, Array, Array]:
        """Put the cuts into lines. `edge` (n,): the edge that begins at each point, -1 for none, and whether it runs
        `forwards`. Returns points, where the lines start, and how many points each has become (n,)."""
        inner = np.ones(len(self.chains), dtype=bool)
        inner[self.starts[:-1]] = inner[self.starts[1:] - 1] = False
        sizes = np.diff(self.starts) - 2
        chain = np.append(self.position, -1)[edge]
        first = np.flatnonzero((chain >= 0) & (sizes[chain] > 0))
        at, taken = _along(np.concatenate([[0], np.cumsum(sizes)]), chain[first], forwards[first])
        added = np.zeros(len(points) + 1, dtype=np.int64)
        added[first + 1] = np.diff(taken)
        out = np.insert(points, np.repeat(first + 1, np.diff(taken)), self.chains[inner][at], axis=0)
        # what is put in behind the last point of a line belongs to that line
        return out, starts + np.cumsum(added)[starts], 1 + added[1:]


def _cut(place: Array, ends: Array, round_: int = 0, fresh: Array | None = None) -> _Cut | None:
    """Cut the edges that meet, with all that are near them in view; None if none do.

    `place` (v, 2): where the vertices are; `ends` (s, 2): the vertices of each edge, no two edges alike. `fresh` (s,),
    a mask: of the others it is known that none meets another of them.
    """
    near = _near(place, ends, _MARGIN)
    i, j = near.pairs(fresh)
    bad = clashing(place, ends, i, j) | touching(place, ends, i, j)
    if not bad.any():
        return None
    if fresh is not None:
        i, j = near.pairs()
        bad = clashing(place, ends, i, j) | touching(place, ends, i, j)
    if round_ == _ROUNDS:
        where = ", ".join(f"{value / 10**GRID:.5f}" for value in place[ends[i[bad][0], 0]])
        raise CoverageError(f"edges near {where} come to no rest on the grid: report this as a bug")
    hit = _either(i[bad], j[bad], len(ends))
    moved = _either(i, j, len(ends), hit)
    view = np.flatnonzero(_either(i, j, len(ends), moved))
    new = crossings(*(place[ends[each[bad], side]] for each in (i, j) for side in (0, 1)))
    chains, starts = _snapped(place[ends[view]], moved[view], new)
    position = np.full(len(ends), -1)
    position[view] = np.arange(len(view))
    begins = np.ones(len(chains), dtype=bool)
    begins[starts[1:] - 1] = False
    again = number_edges(chains, np.flatnonzero(begins))
    deeper = _cut(again.place, again.ends, round_ + 1)
    if deeper is None:
        return _Cut(position, chains, starts, 1)
    edge, forwards = np.full(len(chains), -1), np.zeros(len(chains), dtype=bool)
    edge[begins], forwards[begins] = again.edge, again.forwards
    chains, starts, _ = deeper.into(chains, starts, edge, forwards)
    return _Cut(position, chains, starts, 1 + deeper.rounds)


def _near(place: Array, ends: Array, margin: int) -> Nearby:
    """Which edges have boxes that meet, or are not farther apart than a margin."""
    start, end = place[ends[:, 0]], place[ends[:, 1]]
    return Nearby(np.minimum(start, end), np.maximum(start, end) + margin)


def _either(i: Array, j: Array, count: int, of: Array | None = None) -> Array:
    """Mask of those in a pair; with `of` (mask) in one with such a one."""
    if of is not None:
        some = of[i] | of[j]
        i, j = i[some], j[some]
    mask = np.zeros(count, dtype=bool)
    mask[i] = mask[j] = True
    return mask


def _snapped(edges: Array, moved: Array, new: Array) -> tuple[Array, Array]:
    """Edges (s, 2, 2) of which some (`moved`, mask) are cut at the vertices through whose cells they pass: the ends of
    all of them, and `new` ones (k, 2).

    Returns chains of points, ends included, and where the chain of each edge starts.
    """
    vertex = EdgeIndex.unpack(distinct(EdgeIndex.pack(np.concatenate([edges.reshape(-1, 2), new]))))
    start, end = edges[:, 0], edges[:, 1]
    count = len(edges)
    boxes = Nearby(
        np.concatenate([np.minimum(start, end), vertex]), np.concatenate([np.maximum(start, end), vertex])
    )
    i, j = boxes.pairs(np.arange(count + len(vertex)) >= count)
    edge, point = i[i < count], vertex[j[i < count] - count]
    through = moved[edge]
    through[through] = passes(start[edge[through]], end[edge[through]], point[through])
    edge, point = edge[through], point[through]
    along = ((point - start[edge]) * (end[edge] - start[edge])).sum(axis=1)
    order = np.lexsort((point[:, 1], point[:, 0], along, edge))
    cuts = np.bincount(edge, minlength=count)
    starts = np.concatenate([[0], np.cumsum(cuts + 2)])
    chains = np.empty((starts[-1], 2), dtype=np.int64)
    chains[starts[:-1]], chains[starts[1:] - 1] = start, end
    inner = np.ones(len(chains), dtype=bool)
    inner[starts[:-1]] = inner[starts[1:] - 1] = False
    chains[inner] = point[order]
    return chains, starts


def _along(starts: Array, which: Array, forwards: Array) -> tuple[Array, Array]:
    """Positions of the entries of some lists, in the order of each or the other way round; and where each starts."""
    at, taken = spans(starts, which)
    sizes = np.diff(taken)
    turned = np.repeat(taken[:-1] + taken[1:] - 1, sizes) - np.arange(taken[-1])
    return np.where(np.repeat(forwards, sizes), at, at[turned] if len(at) else at), taken
