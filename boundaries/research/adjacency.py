"""Which units share a border, and how long it is: from the edges that a coverage's polygons have in common.

In a coverage a border between two units has the same vertices on both sides, so the units are neighbours where an
edge stands in the rings of both. No geometry is compared with another; what is found is exact on the grid of the
release.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from boundaries.errors import CoverageError
from boundaries.ground.edges import EdgeIndex, counterparts
from boundaries.ground.grid import GRID
from boundaries.ground.measures import edge_length_m, ring_area_m2

Array = NDArray[Any]


@dataclass(frozen=True)
class Borders:
    """Borders of `n` units.

    ``pairs`` (e, 2): units that share a border longer than 0, the lower first, sorted; ``length_m`` (e,): of what they
    share, on the ellipsoid; ``perimeter_m`` (n,): of all rings; ``area_m2`` (n,); ``outer`` (k, 2, 2): edges on the
    grid that no other unit has (coast, lake, foreign border), sorted, the lower end first; ``outer_of`` (k,) whose each
    is, ``outer_m`` (k,).
    """

    pairs: Array
    length_m: Array
    perimeter_m: Array
    area_m2: Array
    outer: Array
    outer_of: Array
    outer_m: Array

    @property
    def coast_m(self) -> Array:
        """The length (n,) of each unit's edge that no other unit has."""
        return np.bincount(self.outer_of, self.outer_m, len(self.area_m2))


def find_borders(geometry: Array, measure: Callable[[Array], Array] = edge_length_m) -> Borders:
    """Find the borders of units.

    Units are taken some hundred at a time, in the order given, and what no other of these has is then held against the
    rest: neighbours mostly stand near each other, and sorting a little at a time is several times as fast.

    Parameters
    ----------
    geometry
        (Multi)Polygons (n,) in degrees, from one coverage on the grid of 1e-7.
    measure
        Lengths (k,) of edges (k, 2, 2) on the grid; by default in metres on WGS 84.

    Raises
    ------
    CoverageError
        An edge belongs to more than two units: no coverage.
    """
    count = len(geometry)
    found = [_some(geometry, start, measure) for start in range(0, count, TOGETHER)] or [
        _some(geometry, 0, measure)
    ]
    low, high, owner, length = (
        np.concatenate([getattr(each.outer, name) for each in found])
        for name in ("low", "high", "of", "length")
    )
    rest = _matched(low, high, owner)
    ends, shared = _added(rest.ends, length[rest.both])
    pairs, along = _paired(
        np.concatenate([*(each.ends for each in found), ends]),
        np.concatenate([*(each.shared for each in found), shared]),
        count,
    )
    outer = rest.lone[np.lexsort((high[rest.lone], low[rest.lone]))]
    return Borders(
        pairs,
        along,
        np.concatenate([each.perimeter for each in found]),
        np.concatenate([each.area for each in found]),
        EdgeIndex.unpack(np.stack([low[outer], high[outer]], axis=1)),
        owner[outer],
        length[outer],
    )


#: How many units are taken at a time.
TOGETHER: Final = 128


@dataclass(frozen=True)
class _Matched:
    """Positions of edges: ``both`` (k,) that two units have, each once, and whose they are (``ends``, k, 2, the lower
    first); ``lone`` (m,) that stand once; ``own`` (j,) that one unit has twice, once each."""

    both: Array
    ends: Array
    lone: Array
    own: Array


@dataclass(frozen=True)
class _Outer:
    """Edges (m,) left over: their packed ends, the lower first, whose they are and how long."""

    low: Array
    high: Array
    of: Array
    length: Array


@dataclass(frozen=True)
class _Some:
    """Some units: borders among them (``ends``, ``shared``), their perimeters and areas, and the edges left over."""

    ends: Array
    shared: Array
    perimeter: Array
    area: Array
    outer: _Outer


def _some(geometry: Array, start: int, measure: Callable[[Array], Array]) -> _Some:
    shapes = np.asarray(geometry[start : start + TOGETHER], dtype=object)
    parts, unit = shapely.get_parts(shapes, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    points = np.rint(xy * 10**GRID).astype(np.int64)
    packed = EdgeIndex.pack(points)
    first = np.flatnonzero(ring[1:] == ring[:-1])
    low, high = np.minimum(packed[:-1], packed[1:])[first], np.maximum(packed[:-1], packed[1:])[first]
    owner = unit[part[ring[first]]]
    found = _matched(low, high, owner)

    def long(edges: Array) -> Array:
        return measure(np.stack([points[first[edges]], points[first[edges] + 1]], axis=1))

    lone, own = long(found.lone), long(found.own)
    ends, shared = _added(found.ends, long(found.both))
    sides = np.concatenate([*ends.T, owner[found.lone], owner[found.own], owner[found.own]])
    area = ring_area_m2(xy, ring) if len(xy) else np.empty(0)
    shell = np.append(True, part[1:] != part[:-1])[: len(part)]
    return _Some(
        ends + start,
        shared,
        np.bincount(sides, np.concatenate([shared, shared, lone, own, own]), len(shapes)),
        np.bincount(unit[part], np.where(shell, area, -area), len(shapes)),
        _Outer(low[found.lone], high[found.lone], owner[found.lone] + start, lone),
    )


def _matched(low: Array, high: Array, owner: Array) -> _Matched:
    """Tell which edges (n,) belong to one unit and which to two: by their packed ends, and the unit of each."""
    other = counterparts(low, high)
    if other is None:
        raise CoverageError(
            "an edge belongs to more than two units; the polygons are no coverage: build it again"
        )
    number = np.arange(len(low))
    once = np.flatnonzero(other > number)
    one, two = owner[once], owner[other[once]]
    apart = one != two
    ends = np.stack([np.minimum(one, two), np.maximum(one, two)], axis=1)
    return _Matched(once[apart], ends[apart], np.flatnonzero(other == number), once[~apart])


def _added(ends: Array, length: Array) -> tuple[Array, Array]:
    """Runs of edges between the same two units (k, 2) as one, and how long each is: edges follow each other along a
    border."""
    if not len(ends):
        return ends, length
    begins = np.flatnonzero(np.append(True, (ends[1:] != ends[:-1]).any(axis=1)))
    return ends[begins], np.add.reduceat(length, begins)


def _paired(ends: Array, length: Array, count: int) -> tuple[Array, Array]:
    keys, number = np.unique(ends[:, 0] * count + ends[:, 1], return_inverse=True)
    return np.stack(np.divmod(keys, max(count, 1)), axis=1), np.bincount(number, length, len(keys))
