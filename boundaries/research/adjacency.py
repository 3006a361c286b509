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
from boundaries.ground.edges import Segments, number_edges
from boundaries.ground.grid import GRID
from boundaries.ground.measures import edge_length_m, ring_area_m2

Array = NDArray[Any]


@dataclass(frozen=True)
class Borders:
    """Borders of `n` units.

    ``pairs`` (e, 2): units that share a border longer than 0, the lower first, sorted; ``length_m`` (e,): of what they
    share, on the ellipsoid; ``perimeter_m`` (n,): of all rings; ``area_m2`` (n,); ``outer`` (k, 2, 2): edges on the
    grid that no other unit has (coast, lake, foreign border), ``outer_of`` (k,) whose each is, ``outer_m`` (k,).
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
    edges = np.concatenate([each.edges for each in found])
    owner = np.concatenate([each.owner for each in found])
    length = np.concatenate([each.length for each in found])
    rest = _matched(number_edges(edges.reshape(-1, 2), np.arange(0, 2 * len(edges), 2)), owner)
    length = length[rest.first]
    ends = np.concatenate([*(each.ends for each in found), rest.ends])
    shared = np.concatenate([*(each.shared for each in found), length[rest.both]])
    pairs, along = _paired(ends, shared, count)
    return Borders(
        pairs,
        along,
        np.concatenate([each.perimeter for each in found]),
        np.concatenate([each.area for each in found]),
        rest.place[rest.lone],
        rest.lone_of,
        length[rest.lone],
    )


#: How many units are taken at a time.
TOGETHER: Final = 128


@dataclass(frozen=True)
class _Matched:
    """Edges, each once (s): ``place`` (s, 2, 2) on the grid, ``first`` (s,) where each stands first among the given
    ones; which belong to ``both`` of two units, and these ``ends`` (k, 2); which stand ``lone``, and whose they are."""

    place: Array
    first: Array
    both: Array
    ends: Array
    lone: Array
    lone_of: Array


@dataclass(frozen=True)
class _Some:
    """Some units: borders among them (``ends``, ``shared``), their perimeters and areas, and the edges left over."""

    ends: Array
    shared: Array
    perimeter: Array
    area: Array
    edges: Array
    owner: Array
    length: Array


def _some(geometry: Array, start: int, measure: Callable[[Array], Array]) -> _Some:
    shapes = np.asarray(geometry[start : start + TOGETHER], dtype=object)
    parts, unit = shapely.get_parts(shapes, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    points = np.rint(xy * 10**GRID).astype(np.int64)
    first = np.flatnonzero(ring[1:] == ring[:-1])
    owner = unit[part[ring[first]]]
    numbered = number_edges(points, first)
    found = _matched(numbered, owner)
    length = measure(found.place)
    area = ring_area_m2(xy, ring) if len(xy) else np.empty(0)
    shell = np.append(True, part[1:] != part[:-1])[: len(part)]
    return _Some(
        found.ends + start,
        length[found.both],
        np.bincount(owner, length[numbered.edge], len(shapes)),
        np.bincount(unit[part], np.where(shell, area, -area), len(shapes)),
        found.place[found.lone],
        found.lone_of + start,
        length[found.lone],
    )


def _matched(found: Segments, owner: Array) -> _Matched:
    """Tell which edges belong to one unit and which to two. `owner` (n,): the unit of each edge that was numbered."""
    order = np.argsort(found.edge, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(found.edge, minlength=len(found.ends)))])
    sides = np.diff(starts)
    if sides.max(initial=0) > 2:
        raise CoverageError(
            "an edge belongs to more than two units; the polygons are no coverage: build it again"
        )
    one, two = order[starts[:-1]], order[starts[1:] - 1]
    ends = np.sort(np.stack([owner[one], owner[two]], axis=1), axis=1)
    both, lone = ends[:, 0] != ends[:, 1], sides == 1
    return _Matched(found.place[found.ends], one, both, ends[both], lone, ends[lone, 0])


def _paired(ends: Array, length: Array, count: int) -> tuple[Array, Array]:
    keys, number = np.unique(ends[:, 0] * count + ends[:, 1], return_inverse=True)
    return np.stack(np.divmod(keys, max(count, 1)), axis=1), np.bincount(number, length, len(keys))
