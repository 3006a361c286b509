"""Polygon layers of one coverage → one topology: every border kept once, as an arc that all layers share.

Layers dissolved from the same base units share their edges vertex for vertex (`boundaries.ground.coverage`). So the
lines of all layers together form one graph: an *arc* is a run of edges between two vertices where other than two lines
meet, or a whole ring without such a vertex. Along an arc the ground on either side is the same in every layer.
Numpy finds them from the table of edges; no geometry is compared with another.

Coordinates are integers on the grid of 1e-7 degree (`boundaries.ground.grid.GRID`) or, after simplification, on a
coarser one: `Grid` says which.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from boundaries.errors import ReleaseError
from boundaries.ground.edges import arcs_of_rings
from boundaries.ground.grid import GRID
from boundaries.ground.ragged import arcs_of, follow, spans

Array = NDArray[Any]
Layers = Mapping[str, tuple[pd.DataFrame, Array]]

_MULTIPOLYGON: Final = shapely.GeometryType.MULTIPOLYGON


@dataclass(frozen=True)
class Grid:
    """Whole numbers to degrees: ``degrees = whole * step / 10**GRID``; `step` 1 is the grid of the release."""

    step: int = 1

    def degrees(self, whole: Array) -> Array:
        """Longitude and latitude of whole numbers, exactly the doubles nearest to the decimal value."""
        return whole * self.step / 10**GRID

    @property
    def size(self) -> float:
        """The step in degrees."""
        return self.step / 10**GRID


@dataclass(frozen=True)
class Rings:
    """The rings of one object, flat: features → polygons → rings → references to arcs.

    ``refs``: the arcs of all rings one after another, ``~a`` for arc ``a`` backwards; the three arrays of starts
    have one more entry than there are rings, polygons and features (as in Arrow's lists). The first ring of a
    polygon is its outside, clockwise; the others are holes.
    """

    refs: Array
    ring: Array
    polygon: Array
    feature: Array

    @property
    def exterior(self) -> Array:
        """Mask of the rings that are the outside of a polygon."""
        mask = np.zeros(len(self.ring) - 1, dtype=bool)
        mask[self.polygon[:-1]] = True
        return mask

    def take(self, features: Array) -> "Rings":
        """The rings of some features, in the order given."""
        polygons, feature = spans(self.feature, features)
        return replace(self.polygons(polygons), feature=feature)

    def polygons(self, chosen: Array) -> "Rings":
        """Some polygons, in the order given, as features of one polygon each."""
        each_ring, polygon = spans(self.polygon, chosen)
        refs, ring = spans(self.ring, each_ring)
        return Rings(self.refs[refs], ring, polygon, np.arange(len(chosen) + 1))


@dataclass(frozen=True)
class Topology:
    """Objects by name, each a table and its rings, over one set of arcs.

    ``points``: (n, 2) int64, the points of all arcs; arc ``a`` is ``points[starts[a]:starts[a + 1]]``, in which a
    closed arc repeats its first point as its last.
    """

    points: Array
    starts: Array
    tables: Mapping[str, pd.DataFrame]
    rings: Mapping[str, Rings]
    grid: Grid

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def closed(self) -> Array:
        """Mask of arcs that end where they begin."""
        return np.asarray((self.points[self.starts[:-1]] == self.points[self.starts[1:] - 1]).all(axis=1))

    def whole(self, name: str) -> Array:
        """The MultiPolygons of an object on the integer grid, in the order of its table."""
        rings = self.rings[name]
        points, starts = trace(rings.refs, rings.ring, self.points, self.starts)
        offsets = (starts, rings.polygon, rings.feature)
        return np.asarray(shapely.from_ragged_array(_MULTIPOLYGON, points.astype(np.float64), offsets))

    def polygons(self, name: str) -> Array:
        """The MultiPolygons of an object in degrees, in the order of its table."""
        return np.asarray(shapely.transform(self.whole(name), self.grid.degrees))


def build_topology(layers: Layers, grid: Grid | None = None) -> Topology:
    """Make one topology of layers of one coverage.

    Parameters
    ----------
    layers
        Name → (table, (Multi)Polygons in degrees, one a row). All cut from the same coverage: an edge that two of
        them have in common has the same two ends in both. (Layers of two coverages make a topology too, but share
        nothing.)
    grid
        The grid the coordinates lie on; by default that of the release.

    Raises
    ------
    ReleaseError
        No layer.
    """
    grid = grid or Grid()
    if not layers:
        raise ReleaseError("no layer to make a topology of; name at least one with geometry")
    sets = {name: _flatten(geometry, grid) for name, (_, geometry) in layers.items()}
    points = np.concatenate([each[0] for each in sets.values()])
    lengths = np.concatenate([np.diff(each[1]) for each in sets.values()])
    found, points, starts = arcs_of_rings(points, np.concatenate([[0], np.cumsum(lengths)]))
    rings: dict[str, Rings] = {}
    done = 0
    for name, (_, ring, polygon, feature) in sets.items():
        count = len(ring) - 1
        first, last = found.ring[done], found.ring[done + count]
        rings[name] = Rings(
            found.refs[first:last], found.ring[done : done + count + 1] - first, polygon, feature
        )
        done += count
    tables = {name: table.reset_index(drop=True) for name, (table, _) in layers.items()}
    return Topology(points, starts, tables, rings, grid)


def merged(each: Sequence[Rings]) -> Rings:
    """The rings of several objects as if they were one."""
    refs = np.concatenate([rings.refs for rings in each])
    lists = []
    for starts in zip(*((rings.ring, rings.polygon, rings.feature) for rings in each), strict=True):
        base = np.cumsum([0, *(part[-1] for part in starts)])
        parts = [part[:-1] + shift for part, shift in zip(starts, base[:-1], strict=True)]
        lists.append(np.concatenate([*parts, base[-1:]]))
    return Rings(refs, *lists)


def trace(refs: Array, ring: Array, points: Array, starts: Array) -> tuple[Array, Array]:
    """Follow rings along their arcs: ((n, 2) points, every ring closed; starts of the rings in them)."""
    at, ring_starts = follow(refs, ring, starts)
    return close(points[at], ring_starts)


def close(points: Array, starts: Array) -> tuple[Array, Array]:
    """Repeat the first point of each ring as its last; returns points and starts."""
    count = len(starts) - 1
    return np.insert(points, starts[1:], points[starts[:-1]], axis=0), starts + np.arange(count + 1)


def renumber(topology: Topology, order: Array) -> Topology:
    """Put the arcs in another order (`order[new] = old`); arcs not named are left out and must not be in use."""
    new = np.full(len(topology), -1)
    new[order] = np.arange(len(order))
    at, starts = spans(topology.starts, order)
    rings = {
        name: replace(each, refs=np.where(each.refs < 0, ~new[~each.refs], new[each.refs]))
        for name, each in topology.rings.items()
    }
    return replace(topology, points=topology.points[at], starts=starts, rings=rings)


def neighbours(rings: Rings) -> Array:
    """Pairs (k, 2) of features of an object that share an arc, the smaller index first, sorted."""
    feature_of_ring = np.repeat(np.arange(len(rings.feature) - 1), np.diff(rings.polygon[rings.feature]))
    owner = np.repeat(feature_of_ring, np.diff(rings.ring))
    arc = arcs_of(rings.refs)
    order = np.lexsort((owner, arc))
    arc, owner = arc[order], owner[order]
    shared = (arc[1:] == arc[:-1]) & (owner[1:] != owner[:-1])
    pairs = np.stack([owner[:-1][shared], owner[1:][shared]], axis=1)
    return np.unique(np.sort(pairs, axis=1), axis=0)


# --- polygons to runs of edges -----------------------------------------------------------------------


def _flatten(geometry: Array, grid: Grid) -> tuple[Array, Array, Array, Array]:
    """Clockwise rings, open (without the closing point), on the grid; starts of rings, polygons, features."""
    parts, feature = shapely.get_parts(np.asarray(geometry, dtype=object), return_index=True)
    rings, polygon = shapely.get_rings(shapely.orient_polygons(parts, exterior_cw=True), return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    last = np.append(ring[1:] != ring[:-1], True)[: len(ring)]
    whole = np.rint(xy[~last] * (10**GRID / grid.step)).astype(np.int64)
    return (
        whole,
        _starts(ring[~last], len(rings)),
        _starts(polygon, len(parts)),
        _starts(feature, len(geometry)),
    )


def _starts(index: Array, count: int) -> Array:
    return np.concatenate([[0], np.cumsum(np.bincount(index, minlength=count))])
