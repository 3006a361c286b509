"""Step 2, *node*: rings are cut where they meet, so that two lines have nothing in common but whole edges and vertices.

In whole numbers on the grid. Where two edges cross, both get the crossing as a vertex, rounded to the grid; where a
vertex lies on an edge, or two edges run along each other, the edge gets that vertex. An edge that is cut may bend by
half a step of the grid and meet another that way: so what was cut is looked at again, until nothing meets. Whatever
has no clash keeps its vertices, to the last.
"""

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from boundaries.errors import CoverageError
from boundaries.ground.box_index import Nearby
from boundaries.ground.crossings import BEND, clashing, meetings
from boundaries.ground.edges import EdgeIndex, Segments, segments
from boundaries.ground.ragged import distinct, spans
from boundaries.ground.rings import Rings

Array = NDArray[Any]

_MARGIN: Final = 8
"""Steps of the grid around the box of an edge within which others are kept in view when it is cut."""
_ROUNDS: Final = 60


def node(rings: Rings) -> tuple[Rings, Segments]:
    """Cut the edges of rings where they meet.

    Returns the same rings with more points in them, and their edges. Raises CoverageError if the cutting comes to no
    end.
    """
    while True:
        found = segments(rings.points, rings.starts)
        cut = _cut(found)
        if cut is None:
            return rings, found
        points, starts = _inserted(rings.points, rings.starts, found, cut)
        rings = replace(rings, points=points, starts=starts)
        if cut.bends <= _MARGIN:  # so none came as far as an edge that was not looked at
            return rings, segments(points, starts)


def clashes_of(found: Segments) -> tuple[Array, Array]:
    """Pairs of edges that meet where they should not, by their numbers."""
    i, j = _pairs(found, 0)
    bad = clashing(found.place, found.ends, i, j)
    return i[bad], j[bad]


@dataclass(frozen=True)
class _Cut:
    """Edges that are cut, ``position`` (edges,): the chain of points that each becomes, or -1; ``bends``: steps of the
    grid by which any of them may have come away from where it was."""

    position: Array
    chains: Array
    starts: Array
    bends: float


def _cut(found: Segments) -> _Cut | None:
    """Cut the edges that meet, with all that are near them in view; None if none do."""
    i, j = _pairs(found, _MARGIN)
    bad = clashing(found.place, found.ends, i, j)
    if not bad.any():
        return None
    hit = np.zeros(len(found.ends), dtype=bool)
    hit[i[bad]] = hit[j[bad]] = True
    near = hit[i] | hit[j]
    some = distinct(np.concatenate([i[near], j[near]]))
    chains, starts, rounds = _settled(
        found.place[found.ends[some]].reshape(-1, 2), 2 * np.arange(len(some) + 1)
    )
    position = np.full(len(found.ends), -1)
    position[some] = np.arange(len(some))
    return _Cut(position, chains, starts, rounds * BEND)


def _pairs(found: Segments, margin: int) -> tuple[Array, Array]:
    """Pairs of edges whose boxes meet, or are not farther apart than a margin."""
    start, end = found.place[found.ends[:, 0]], found.place[found.ends[:, 1]]
    return Nearby(np.minimum(start, end), np.maximum(start, end) + margin).pairs()


def _settled(chains: Array, starts: Array) -> tuple[Array, Array, int]:
    """Chains of points cut until none of their edges meet; and in how many rounds."""
    fresh = np.ones(len(chains), dtype=bool)
    for round_ in range(_ROUNDS):
        begins = np.ones(len(chains), dtype=bool)
        begins[starts[1:] - 1] = False
        first = np.flatnonzero(begins)
        place, ends, edge, forwards = _edges(chains, first)
        new = np.zeros(len(ends), dtype=bool)
        new[edge[fresh[first] | fresh[first + 1]]] = True
        start, end = place[ends[:, 0]], place[ends[:, 1]]
        i, j = Nearby(np.minimum(start, end), np.maximum(start, end)).pairs(None if new.all() else new)
        bad = clashing(place, ends, i, j)
        if not bad.any():
            return chains, starts, round_
        cuts = _cuts(place, ends, i[bad], j[bad])
        chains, starts, fresh = _chained(chains, starts, first, edge, forwards, cuts)
    raise CoverageError(
        f"edges near {_where(place[ends[i[bad][:1], 0]])} come to no rest on the grid: report this as a bug"
    )


def _edges(chains: Array, first: Array) -> tuple[Array, Array, Array, Array]:
    """The edges that begin at some points: places of vertices, the two vertices of each edge, once; which of these each
    is, and whether it runs from the lower vertex to the higher."""
    packed, vertex = np.unique(EdgeIndex.pack(chains), return_inverse=True)
    a, b = vertex[first], vertex[first + 1]
    keys, edge = np.unique(np.minimum(a, b) * len(packed) + np.maximum(a, b), return_inverse=True)
    return EdgeIndex.unpack(packed), np.stack(np.divmod(keys, len(packed)), axis=1), edge, a < b


def _where(place: Array) -> str:
    return ", ".join(f"{value / 1e7:.5f}" for value in place[0])


def _cuts(place: Array, ends: Array, i: Array, j: Array) -> tuple[Array, Array]:
    """Points at which edges are to be cut, in order along each: (points (k, 2), starts (edges + 1,))."""
    a, b, c, d = (place[ends[k, side]] for k in (i, j) for side in (0, 1))
    pair, side, point = meetings(a, b, c, d)
    edge = np.where(side == 0, i[pair], j[pair])
    start, end = place[ends[edge, 0]], place[ends[edge, 1]]
    along = ((point - start) * (end - start)).sum(axis=1)
    order = np.lexsort((point[:, 1], point[:, 0], along, edge))
    edge, point = edge[order], point[order]
    again = np.zeros(len(edge), dtype=bool)
    again[1:] = (edge[1:] == edge[:-1]) & (point[1:] == point[:-1]).all(axis=1)
    counts = np.bincount(edge[~again], minlength=len(ends))
    return point[~again], np.concatenate([[0], np.cumsum(counts)])


def _chained(
    chains: Array, starts: Array, first: Array, edge: Array, forwards: Array, cuts: tuple[Array, Array]
) -> tuple[Array, Array, Array]:
    """Put the cuts of their edges into chains; also tells which points of the chains are new."""
    at, behind = _along(cuts[1], edge, forwards)
    points = cuts[0][at]
    where = np.repeat(first + 1, np.diff(behind))
    added = np.zeros(len(chains) + 1, dtype=np.int64)
    np.add.at(added, first + 1, np.diff(behind))
    shift = np.cumsum(added)
    fresh = np.zeros(len(chains) + len(points), dtype=bool)
    out = np.insert(chains, where, points, axis=0)
    fresh[where + np.arange(len(points))] = True
    return out, starts + np.concatenate([shift[starts[:-1]], [len(points)]]), fresh


def _along(starts: Array, which: Array, forwards: Array) -> tuple[Array, Array]:
    """Positions of the entries of some lists, in the order of each or the other way round; and where each starts."""
    at, taken = spans(starts, which)
    sizes = np.diff(taken)
    turned = np.repeat(taken[:-1] + taken[1:] - 1, sizes) - np.arange(taken[-1])
    return np.where(np.repeat(forwards, sizes), at, at[turned] if len(at) else at), taken


def _inserted(points: Array, starts: Array, found: Segments, cut: _Cut) -> tuple[Array, Array]:
    """Put the inner points of chains into the rings."""
    inner = np.ones(len(cut.chains), dtype=bool)
    inner[cut.starts[:-1]] = inner[cut.starts[1:] - 1] = False
    sizes = np.diff(cut.starts) - 2
    inner_starts = np.concatenate([[0], np.cumsum(sizes)])
    chain = cut.position[found.edge]
    first = np.flatnonzero((chain >= 0) & (sizes[chain] > 0))
    at, behind = _along(inner_starts, chain[first], found.forwards[first])
    new = cut.chains[inner][at]
    added = np.zeros(len(points) + 1, dtype=np.int64)
    added[first + 1] = np.diff(behind)
    out = np.insert(points, np.repeat(first + 1, np.diff(behind)), new, axis=0)
    # a cut behind the last point of a ring belongs to that ring
    return out, starts + np.cumsum(added)[starts]
