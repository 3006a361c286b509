"""Polygon layers of one coverage → one topology: every border kept once, as an arc that all layers share.

Layers dissolved from the same base units share their edges vertex for vertex (`boundaries.coverage`). So the lines
of all layers together form one graph: an *arc* is a run of edges between two vertices where other than two lines
meet, or a whole ring without such a vertex. Along an arc the ground on either side is the same in every layer.
Numpy finds them from the table of edges; no geometry is compared with another.

Coordinates are integers on the grid of 1e-7 degree (`boundaries.coverage.GRID`) or, after simplification, on a
coarser one: `Grid` says which.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from boundaries.coverage import GRID, EdgeIndex
from boundaries.errors import ReleaseError

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
    runs = _runs(points, np.concatenate([[0], np.cumsum(lengths)]))
    rings: dict[str, Rings] = {}
    done = 0
    for name, (_, starts, polygon, feature) in sets.items():
        count = len(starts) - 1
        first, last = runs.ring[done], runs.ring[done + count]
        ring = runs.ring[done : done + count + 1] - first
        rings[name] = Rings(runs.refs[first:last], ring, polygon, feature)
        done += count
    tables = {name: table.reset_index(drop=True) for name, (table, _) in layers.items()}
    return Topology(runs.points, runs.starts, tables, rings, grid)


def part(topology: Topology, chosen: Mapping[str, Array]) -> Topology:
    """Cut out features: object name → mask or positions of its rows. Arcs are joined where a node is none any more."""
    layers = {
        name: (
            topology.tables[name].iloc[np.arange(len(topology.tables[name]))[rows]],
            topology.polygons(name)[rows],
        )
        for name, rows in chosen.items()
    }
    return build_topology(layers, topology.grid)


def arcs_of(refs: Array) -> Array:
    """The arcs that references mean, whichever way they run."""
    return np.where(refs < 0, ~refs, refs)


def trace(refs: Array, ring: Array, points: Array, starts: Array) -> tuple[Array, Array]:
    """Follow rings along their arcs: ((n, 2) points, every ring closed; starts of the rings in them)."""
    arc = arcs_of(refs)
    steps = starts[arc + 1] - starts[arc] - 1  # the last point of an arc is the first of the next
    ref_starts = np.concatenate([[0], np.cumsum(steps)])
    along = np.arange(ref_starts[-1]) - np.repeat(ref_starts[:-1], steps)
    backwards = np.repeat(refs < 0, steps)
    at = np.where(
        backwards, np.repeat(starts[arc + 1] - 1, steps) - along, np.repeat(starts[arc], steps) + along
    )
    open_starts = ref_starts[ring]
    return close(points[at], open_starts)


def close(points: Array, starts: Array) -> tuple[Array, Array]:
    """Repeat the first point of each ring as its last; returns points and starts."""
    count = len(starts) - 1
    return np.insert(points, starts[1:], points[starts[:-1]], axis=0), starts + np.arange(count + 1)


def renumber(topology: Topology, order: Array) -> Topology:
    """Put the arcs in another order (`order[new] = old`); arcs not named are left out and must not be in use."""
    new = np.full(len(topology), -1)
    new[order] = np.arange(len(order))
    sizes = np.diff(topology.starts)[order]
    starts = np.concatenate([[0], np.cumsum(sizes)])
    at = np.arange(starts[-1]) - np.repeat(starts[:-1], sizes) + np.repeat(topology.starts[:-1][order], sizes)
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


@dataclass(frozen=True)
class _Runs:
    """Rings as references to arcs (`refs`, `ring`: their starts), and the arcs (`points`, `starts`)."""

    refs: Array
    ring: Array
    points: Array
    starts: Array


def _runs(points: Array, starts: Array) -> _Runs:
    """Cut open rings at nodes into runs, and see which runs are the same arc, forwards or backwards."""
    sizes = np.diff(starts)
    first = np.repeat(starts[:-1], sizes)
    following = np.arange(len(points)) + 1
    following[starts[1:] - 1] = starts[:-1]
    _, vertex = np.unique(EdgeIndex.pack(points), return_inverse=True)
    tail, head = vertex, vertex[following]
    low, high = np.minimum(tail, head), np.maximum(tail, head)
    keys, edge = np.unique(low * (vertex.max() + 1) + high, return_inverse=True)
    degree = np.bincount(np.concatenate(np.divmod(keys, vertex.max() + 1)))

    cut = _cuts(degree[vertex] != 2, vertex, starts)
    begin = np.minimum.reduceat(np.where(cut, np.arange(len(points)), len(points)), starts[:-1])
    turn = np.repeat(begin - starts[:-1], sizes)
    order = first + (np.arange(len(points)) - first + turn) % np.repeat(sizes, sizes)
    run_starts = np.flatnonzero(cut[order])
    run_sizes = np.diff(np.append(run_starts, len(points)))

    smallest = np.minimum.reduceat(edge[order], run_starts)
    up = (tail < head)[order][edge[order] == np.repeat(smallest, run_sizes)]
    _, example, arc = np.unique(smallest, return_index=True, return_inverse=True)
    rank = np.argsort(np.argsort(example))  # arcs numbered as they are first met
    example, arc = np.sort(example), rank[arc]
    refs = np.where(up == up[example][arc], arc, ~arc)

    arc_starts = np.concatenate([[0], np.cumsum(run_sizes[example])])
    at = np.arange(arc_starts[-1]) + np.repeat(run_starts[example] - arc_starts[:-1], run_sizes[example])
    ends = points[following[order[run_starts[example] + run_sizes[example] - 1]]]
    arcs = np.insert(points[order[at]], arc_starts[1:], ends, axis=0)
    return _Runs(refs, np.searchsorted(run_starts, starts), arcs, arc_starts + np.arange(len(example) + 1))


def _cuts(node: Array, vertex: Array, starts: Array) -> Array:
    """Where runs begin: at nodes; in a ring without any, at its smallest vertex, so that each layer cuts it alike."""
    sizes = np.diff(starts)
    lacking = np.repeat(~np.logical_or.reduceat(node, starts[:-1]), sizes)
    smallest = np.repeat(np.minimum.reduceat(vertex, starts[:-1]), sizes)
    return np.asarray(node | (lacking & (vertex == smallest)))


def object_order(names: Sequence[str]) -> list[str]:
    """Sort names of objects: the chambers as the law names them, then units."""
    known = ("dpr", "dpd", "dprd-provinsi", "dprd-kabkota", "provinsi", "kabkota")
    return sorted(names, key=lambda name: (known.index(name) if name in known else len(known), name))
