"""The directed edges of a coverage on the grid, and where each is: twins, borders, coasts."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from boundaries.ground.grid import GRID
from boundaries.ground.ragged import Runs, following, runs

Array = NDArray[Any]


def edges(pieces: Array) -> tuple[Array, Array]:
    """Return the directed edges of polygons, ground on the left: ((k, 2, 2) int64 on the grid, (k,) piece index)."""
    oriented = shapely.orient_polygons(pieces)
    rings, of_piece = shapely.get_rings(oriented, return_index=True)
    xy, of_ring = shapely.get_coordinates(rings, return_index=True)
    grid = np.rint(xy * 10**GRID).astype(np.int64)
    inside = of_ring[1:] == of_ring[:-1]
    pairs = np.stack([grid[:-1], grid[1:]], axis=1)[inside]
    return pairs, of_piece[of_ring[:-1][inside]]


class EdgeIndex:
    """Directed edges of a coverage, found by their two ends.

    Vertices on the grid pack into 63 bits (32 of longitude, 31 of latitude); an edge is a pair of vertex numbers.
    """

    def __init__(self, pairs: Array) -> None:
        packed = self.pack(pairs)
        self._vertices, ids = np.unique(packed, return_inverse=True)
        keys = self._key(ids.reshape(packed.shape))
        self._order = np.argsort(keys)
        self._sorted = keys[self._order]
        self.twins = self._find(self._key(ids.reshape(packed.shape)[:, ::-1]))

    def find(self, pairs: Array) -> Array:
        """Position of each directed edge (k, 2, 2), -1 where it is not there."""
        packed = self.pack(pairs)
        at = np.minimum(np.searchsorted(self._vertices, packed), len(self._vertices) - 1)
        known = (self._vertices[at] == packed).all(axis=1)
        return np.where(known, self._find(self._key(at)), -1)

    def _find(self, keys: Array) -> Array:
        at = np.minimum(np.searchsorted(self._sorted, keys), len(self._sorted) - 1)
        return np.where(self._sorted[at] == keys, self._order[at], -1)

    def _key(self, ids: Array) -> Array:
        return np.asarray(ids[:, 0].astype(np.int64) * len(self._vertices) + ids[:, 1])

    @staticmethod
    def pack(pairs: Array) -> Array:
        """Number a vertex: (..., 2) on the grid → (...) int64."""
        return np.asarray(((pairs[..., 0] + 180 * 10**GRID) << 31) | (pairs[..., 1] + 90 * 10**GRID))

    @staticmethod
    def unpack(packed: Array) -> Array:
        """The way back: (...) int64 → (..., 2) on the grid."""
        return np.stack([(packed >> 31) - 180 * 10**GRID, (packed & (2**31 - 1)) - 90 * 10**GRID], axis=-1)


@dataclass(frozen=True)
class Segments:
    """Vertices and edges of rings, each once.

    ``place`` (v, 2): where the vertices are, sorted; ``ends`` (s, 2): the two vertices of each edge, the lower first;
    ``edge`` (n,): the edge that begins at each point of the rings, and whether it runs ``forwards``, from its lower
    vertex to the higher.
    """

    place: Array
    ends: Array
    edge: Array
    forwards: Array
    vertex: Array

    def hold(self, points: Array, starts: Array) -> bool:
        """Whether all edges of other rings are among these."""
        packed, place = EdgeIndex.pack(points), EdgeIndex.pack(self.place)
        at = np.minimum(np.searchsorted(place, packed), len(place) - 1)
        if (place[at] != packed).any():
            return False
        head = at[following(starts)]
        wanted = np.minimum(at, head) * len(place) + np.maximum(at, head)
        keys = self.ends[:, 0] * len(place) + self.ends[:, 1]
        return bool((keys[np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)] == wanted).all())


def segments(points: Array, starts: Array) -> Segments:
    """Number the vertices and edges of open rings that lie one after another."""
    return number_edges(points, np.arange(len(points)), following(starts))


def counterparts(low: Array, high: Array) -> Array | None:
    """The position (k,) of the other edge with the same ends: its own where there is none, None if there are several.

    `low`, `high` (k,): the packed ends of edges, whichever way they run. Edges are told apart by a number mixed from
    their ends, and what that finds is held against the ends themselves; should two edges ever mix to one number, pairs
    of ends are.
    """
    mixed = low.view(np.uint64) * _MIX[0] + high.view(np.uint64) * _MIX[1]
    edge, first = _first_of(mixed)
    at = first[edge]
    if not (np.array_equal(low[at], low) and np.array_equal(high[at], high)):
        edge, first = _first_of(pd.MultiIndex.from_arrays([low, high]))
        at = first[edge]
    second = np.flatnonzero(at != np.arange(len(low)))
    other = at.copy()
    other[at[second]] = second
    return other if np.array_equal(other[at[second]], second) else None


def _first_of(values: Any) -> tuple[Array, Array]:
    """Number values by their first appearance: the number of each (k,), and where each number is first (m,)."""
    number, found = pd.factorize(values)
    first = np.empty(len(found), dtype=np.int64)
    first[number[::-1]] = np.arange(len(number))[::-1]
    return number, first


_MIX: Final = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F], dtype=np.uint64)
"""Odd multipliers of 64 bits without a pattern: the golden ratio's (Knuth, TAOCP 3, 6.4), and a prime."""


def number_edges(points: Array, first: Array, last: Array | None = None) -> Segments:
    """Number the edges between points `first` and `last` (k,), by default the ones that come next."""
    packed, vertex = np.unique(EdgeIndex.pack(points), return_inverse=True)
    tail, head = vertex[first], vertex[first + 1 if last is None else last]
    keys = np.minimum(tail, head) * len(packed) + np.maximum(tail, head)
    keys, edge = np.unique(keys, return_inverse=True)
    ends = np.stack(np.divmod(keys, max(len(packed), 1)), axis=1)
    return Segments(EdgeIndex.unpack(packed), ends, edge, tail < head, vertex)


def arcs_of_rings(points: Array, starts: Array, found: Segments | None = None) -> tuple[Runs, Array, Array]:
    """Cut rings into arcs, runs of edges between vertices in which other than two edges meet.

    `points` (n, 2) and `starts`: open rings on the grid one after another. Returns the runs, the points of the arcs
    (ends included), and where each arc starts in them.
    """
    found = segments(points, starts) if found is None else found
    degree = np.bincount(found.ends.ravel(), minlength=len(found.place))
    cut = runs(starts, found.vertex, degree[found.vertex] != 2, found.edge, found.forwards)
    ends = points[following(starts)[cut.members[cut.arcs[1:] - 1]]]
    arcs = np.insert(points[cut.members], cut.arcs[1:], ends, axis=0)
    return cut, arcs, cut.arcs + np.arange(len(cut.arcs))
