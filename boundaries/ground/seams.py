"""Whether polygons are unions of base units, edge for edge: by sums over their edges, not by overlay.

The border of a union is made of those directed edges of its units whose twin (the same edge the other way round) is
not in the union as well. Each directed edge has a 64-bit mark that hangs on its two ends alone; a polygon has the sum
of the marks of its edges. A union that lost, moved or gained a single vertex has another sum (but for a chance of
2^-64), and the work is linear in the vertices.
"""

from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from boundaries.ground.edges import EdgeIndex, edges

Array = NDArray[Any]

#: Odd multipliers of splitmix64 (Steele, Lea, Flood 2014), which spread every bit of the input over the output.
_FIRST: Final = np.uint64(0xBF58476D1CE4E5B9)
_SECOND: Final = np.uint64(0x94D049BB133111EB)
_STEP: Final = np.uint64(0x9E3779B97F4A7C15)


#: Polygons whose edges are taken from them at a time: what that needs beside the outcome is bounded.
_BLOCK: Final = 4096


class Seams:
    """The directed edges of a coverage: the unit of each, the unit across (-1: none), and its mark."""

    def __init__(self, geometry: Array) -> None:
        ends, self._unit = _edges(geometry)
        self._across = _across(ends, self._unit)
        self._mark = _marks(ends)

    def differing(self, owner: Array, geometry: Array) -> Array:
        """Return the numbers of the polygons that are not the union of their units; `owner`: of each unit, -1: none."""
        owner = owner.astype(np.int32)
        own = owner[self._unit]
        border = np.flatnonzero((own >= 0) & (own != np.append(owner, np.int32(-1))[self._across]))
        expected = _sums(own[border], self._mark[border], len(geometry))
        ends, feature = _edges(geometry)
        return np.flatnonzero(expected != _sums(feature, _marks(ends), len(geometry)))


def _edges(geometry: Array) -> tuple[Array, Array]:
    """Return the directed edges of (Multi)Polygons: ((k, 2) vertices as numbers, (k,) index of the polygon)."""
    found = [(np.empty((0, 2), dtype=np.int64), np.empty(0, dtype=np.int32))]
    for first in range(0, len(geometry), _BLOCK):
        parts, of = shapely.get_parts(geometry[first : first + _BLOCK], return_index=True)
        pairs, part = edges(parts)
        found.append((EdgeIndex.pack(pairs), (first + of[part]).astype(np.int32)))
    ends, polygon = zip(*found, strict=True)
    return np.concatenate(ends), np.concatenate(polygon)


def _across(ends: Array, unit: Array) -> Array:
    """The unit on the other side of each edge: that of the same edge the other way round; -1 where there is none."""
    key = _marks(np.sort(ends, axis=1))
    order = np.argsort(key)
    one, two = order[:-1], order[1:]
    twin = (key[one] == key[two]) & (ends[one] == ends[two][:, ::-1]).all(axis=1)
    one, two = one[twin], two[twin]
    across = np.full(len(ends), -1, dtype=np.int32)
    across[one], across[two] = unit[two], unit[one]
    return across


def _marks(ends: Array) -> Array:
    """A number (uint64) for each directed edge (k, 2)."""
    first, last = ends.astype(np.uint64).T
    return _mixed(_mixed(first) * np.uint64(3) + last)


def _mixed(value: Array) -> Array:
    value = value + _STEP
    value = (value ^ (value >> np.uint64(30))) * _FIRST
    value = (value ^ (value >> np.uint64(27))) * _SECOND
    return np.asarray(value ^ (value >> np.uint64(31)))


def _sums(group: Array, marks: Array, count: int) -> Array:
    """Sum of marks by group, modulo 2^64; in thirds, so that sums of floats stay exact (under 2^53)."""
    total = np.zeros(count, dtype=np.uint64)
    for shift, bits in ((0, 22), (22, 22), (44, 20)):
        part = (marks >> np.uint64(shift)) & np.uint64((1 << bits) - 1)
        total += np.bincount(group, part.astype(np.float64), count).astype(np.uint64) << np.uint64(shift)
    return total
