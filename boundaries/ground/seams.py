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


class Seams:
    """The directed edges of a coverage: the unit of each, the unit across (-1: none), and its mark."""

    def __init__(self, geometry: Array) -> None:
        pairs, unit = _edges(geometry)
        twins = EdgeIndex(pairs).twins
        self._unit = unit.astype(np.int32)
        self._across = np.where(twins >= 0, unit[twins], -1).astype(np.int32)
        self._mark = _marks(pairs)

    def differing(self, owner: Array, geometry: Array) -> Array:
        """Return the numbers of the polygons that are not the union of their units; `owner`: of each unit, -1: none."""
        own = owner[self._unit]
        beyond = np.where(self._across >= 0, owner[self._across], -1)
        border = (own >= 0) & (own != beyond)
        expected = _sums(own[border], self._mark[border], len(geometry))
        pairs, feature = _edges(geometry)
        return np.flatnonzero(expected != _sums(feature, _marks(pairs), len(geometry)))


def _edges(geometry: Array) -> tuple[Array, Array]:
    """Return the directed edges of (Multi)Polygons: ((k, 2, 2) on the grid, (k,) index of the polygon)."""
    parts, of = shapely.get_parts(geometry, return_index=True)
    pairs, part = edges(parts)
    return pairs, of[part]


def _marks(pairs: Array) -> Array:
    """A number (uint64) for each directed edge (k, 2, 2)."""
    ends = EdgeIndex.pack(pairs).astype(np.uint64)
    return _mixed(_mixed(ends[:, 0]) * np.uint64(3) + ends[:, 1])


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
