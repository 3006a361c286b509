"""A topology at a smaller size: fewer points, a coarser grid, and still no line that crosses another.

Two kinds of arcs are treated apart. *Core*: every arc that two features meet on, coasts between such borders, lakes.
They are simplified (`boundaries.exports.simplify`), rounded and mended (`boundaries.exports.mending`); an arc that
cannot be mended is simplified less. *Sea islands*: rings of their own, each set down on free water
(`boundaries.exports.islands`). The outcome is checked: every polygon valid, every object a valid coverage; nothing
invalid leaves this module.
"""

from dataclasses import replace
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from boundaries.coverage import GRID, EdgeIndex
from boundaries.errors import ReleaseError
from boundaries.exports import mending
from boundaries.exports.islands import STAMPED, STAMPS, settle_outlines, settle_stamps, stamps_near
from boundaries.exports.simplify import METRES, Lines, collapse
from boundaries.exports.topology import Grid, Rings, Topology, close, trace

Array = NDArray[Any]

_SHARE: Final = 0.01
"""No collapse moves more than this share of the area inside the smallest ring that its arc bounds ..."""
_ISLAND_SHARE: Final = 0.1
"""... and of a small island, which is drawn for its place rather than its outline, this share."""
_LARGE: Final = 50
"""Islands of more cells stay where they are; smaller ones may be moved aside."""
_INNER: Final = 4
"""Lakes and enclaves of fewer cells become stamps, set where the polygon around them has room."""
_ROOM: Final = 3.0
"""Islands that a border divides are blown up to as many cells a face, so that each face finds room."""


def generalise(topology: Topology, step: int, tolerance_m: float) -> Topology:
    """Simplify all arcs and put them on a grid of `step` units of 1e-7 degree.

    Parameters
    ----------
    topology
        On the release's grid.
    step
        The cell of the new grid.
    tolerance_m
        One collapse moves less than the square of it (m²) from one side of a line to the other, and less where
        the ground inside is small.

    Raises
    ------
    ReleaseError
        No valid outcome at this grid and tolerance.
    """
    parts = Landmasses(topology)
    limit = (tolerance_m / METRES * 10**GRID / step) ** 2
    ring_area = smallest_ring(topology) / step**2
    size = parts.area[parts.of_arc] / step**2
    inner = parts.inner & (ring_area < _INNER) & (size >= _LARGE)
    core = (size >= _LARGE) & ~inner
    stamp = ~core & ~inner & parts.simple[parts.of_arc] & (size < STAMPED)
    outline = ~core & ~stamp & ~inner
    arcs = []
    if core.any():
        lines = _lines(topology, core, parts.free, step)
        arcs.append((np.flatnonzero(core), _draw(lines, np.minimum(limit, _SHARE * ring_area[core]), step, apart=None)))
    if inner.any():
        arcs.append((np.flatnonzero(inner), _set_in(topology, inner, arcs, _lines(topology, inner, parts.free, step))))
    taken = _outlines(topology, parts, arcs, core | inner)[1]
    if outline.any():
        lines = _blown_up(_lines(topology, outline, parts.free, step), parts, outline, size)
        share = np.minimum(limit, _ISLAND_SHARE * ring_area[outline])
        drawn = _draw(lines, share, step, apart=parts.of_arc[outline])
        shapes, which = _joined(*_outlines(topology, parts, [(np.flatnonzero(outline), drawn)], outline))
        moved, placed = settle_outlines(shapes, parts.area[which], taken)
        shift = np.zeros((len(parts.area), 2))
        shift[which] = moved
        by_point = np.repeat(shift[parts.of_arc[outline]], np.diff(drawn.starts), axis=0).astype(np.int64)
        arcs.append((np.flatnonzero(outline), replace(drawn, points=drawn.points + by_point)))
        taken = np.concatenate([taken, placed])
    if stamp.any():
        rings = _lines(topology, stamp, parts.free, step)
        clockwise = signed_area(*close(rings.points, rings.starts)) < 0
        drawn = settle_stamps(rings, size[stamp], clockwise, taken)
        arcs.append((np.flatnonzero(stamp), drawn))
    result = _compose(topology, arcs, Grid(step))
    check(result)
    return result


def check(topology: Topology) -> None:
    """Raise ReleaseError unless every polygon of every object is valid and every object is a valid coverage."""
    for name in topology.rings:
        polygons = topology.whole(name)
        bad = np.flatnonzero(~shapely.is_valid(polygons))
        if not len(bad):
            edges = shapely.coverage_invalid_edges(polygons)
            bad = np.flatnonzero([e is not None and not e.is_empty for e in edges])
        if len(bad):
            row = topology.tables[name].iloc[bad[0]]
            raise ReleaseError(
                f"{name}: {len(bad)} polygons are invalid on the grid of {topology.grid.size} degree, the first "
                f"{row.iloc[0]}: {shapely.is_valid_reason(polygons[bad[0]])}; choose a finer grid or tolerance"
            )


class Landmasses:
    """Arcs that hang together: through a node, or as outside and holes of a polygon.

    ``of_arc``: the landmass of each arc; ``area`` (units of the grid, squared) and ``faces`` (most polygons in any
    object) of each; ``simple``: those that are one ring without a hole or a node. Masks of arcs: ``free``, rings
    without a node; ``inner``, those among them that are a hole somewhere.
    """

    def __init__(self, topology: Topology) -> None:
        self.free = free_rings(topology)
        self.of_arc = self._connect(topology)
        count = int(self.of_arc.max()) + 1
        self.area, self.faces = np.zeros(count), np.zeros(count, dtype=np.int64)
        for rings in topology.rings.values():
            area = signed_area(*trace(rings.refs, rings.ring, topology.points, topology.starts))
            landmass = self.of_arc[_arc(rings.refs[rings.ring[:-1]])]
            self.area = np.maximum(self.area, np.bincount(landmass, -area, count))
            self.faces = np.maximum(self.faces, np.bincount(landmass, minlength=count))
        self.simple = (np.bincount(self.of_arc, minlength=count) == 1) & (self.faces == 1)
        self.simple[self.of_arc[~self.free]] = False
        self.inner = np.zeros(len(topology), dtype=bool)
        for rings in topology.rings.values():
            self.inner[_arc(rings.refs[np.repeat(~rings.exterior, np.diff(rings.ring))])] = True
        self.inner &= self.free

    def _connect(self, topology: Topology) -> Array:
        packed = EdgeIndex.pack(topology.points)
        ends = [packed[topology.starts[:-1]], packed[topology.starts[1:] - 1]]
        nodes = np.unique(np.concatenate(ends), return_inverse=True)[1].reshape(2, -1)
        pairs = [(np.arange(len(topology)), each) for each in nodes]  # (arc, what it hangs on)
        base = nodes.max() + 1
        for rings in topology.rings.values():
            polygon_of_ring = np.repeat(np.arange(len(rings.polygon) - 1), np.diff(rings.polygon))
            pairs.append((_arc(rings.refs), base + np.repeat(polygon_of_ring, np.diff(rings.ring))))
            base += len(rings.polygon) - 1
        arc, hook = (np.concatenate(each) for each in zip(*pairs, strict=True))
        label = np.arange(len(topology))
        while True:
            at_hook = np.full(base, len(topology))
            np.minimum.at(at_hook, hook, label[arc])
            new = label.copy()
            np.minimum.at(new, arc, at_hook[hook])
            new = new[new]
            if (new == label).all():
                return np.asarray(np.unique(label, return_inverse=True)[1])
            label = new


def free_rings(topology: Topology) -> Array:
    """Mask of arcs that are a ring without a node."""
    closed = topology.closed
    packed = EdgeIndex.pack(topology.points)
    first, last = packed[topology.starts[:-1]], packed[topology.starts[1:] - 1]
    nodes = np.concatenate([first[~closed], last[~closed]])
    ends, counts = np.unique(first[closed], return_counts=True)  # two rings that touch in a point
    return np.asarray(closed & ~np.isin(first, np.concatenate([nodes, ends[counts > 1]])))


def _arc(refs: Array) -> Array:
    return np.where(refs < 0, ~refs, refs)


def smallest_ring(topology: Topology) -> Array:
    """Area inside the smallest ring that each arc is part of, in units of the grid, squared."""
    area = np.full(len(topology), np.inf)
    for rings in topology.rings.values():
        of_ring = np.abs(signed_area(*trace(rings.refs, rings.ring, topology.points, topology.starts)))
        arc = np.where(rings.refs < 0, ~rings.refs, rings.refs)
        np.minimum.at(area, arc, np.repeat(of_ring, np.diff(rings.ring)))
    return area


def signed_area(points: Array, starts: Array) -> Array:
    """Area of closed rings, positive when counter-clockwise."""
    origin = np.repeat(points[starts[:-1]], np.diff(starts), axis=0)
    p = (points - origin).astype(np.float64)
    twice = p[:-1, 0] * p[1:, 1] - p[1:, 0] * p[:-1, 1]
    return np.asarray(np.add.reduceat(np.append(twice, 0.0), starts[:-1]) / 2)


def _lines(topology: Topology, chosen: Array, free: Array, step: int) -> Lines:
    """Chosen arcs as lines in cells of the grid; free rings without their closing point."""
    sizes = np.diff(topology.starts)[chosen] - free[chosen]
    starts = np.concatenate([[0], np.cumsum(sizes)])
    at = np.arange(starts[-1]) + np.repeat(topology.starts[:-1][chosen] - starts[:-1], sizes)
    return Lines(topology.points[at] / step, starts, free[chosen])


def _draw(lines: Lines, limits: Array, step: int, apart: Array | None) -> Lines:
    """Simplify, round and mend; lines at which that fails are simplified less, and all is done again.

    `apart`: the landmass of each line, if each landmass is to be drawn as if it were alone.
    """
    limits = np.maximum(limits, 0.25)
    first, last = lines.points[lines.starts[:-1]], lines.points[lines.starts[1:] - 1]
    loop = ~lines.ring & (first == last).all(axis=1)
    least = np.where(lines.ring, 3, np.where(loop, 4, np.where(_side_by_side(lines, loop), 3, 2)))
    shift = np.zeros((len(lines), 2)) if apart is None else apart[:, None] * np.array([_APART, 0])
    sizes = np.diff(lines.starts)
    lines = replace(lines, points=lines.points + np.repeat(shift, sizes, axis=0))
    follows = _fine(lines, step).turns.follows
    for _ in range(12):
        simple = collapse(lines, limits)
        fine = _fine(simple, step, follows)
        bad = mending.faulty(fine, mending.clashes(fine), mending.turned(fine))
        if not len(bad):
            simple = _tiny(simple, loop)
            graph = mending.graph(simple.points, simple.starts, simple.ring, follows)
            mending.drop_repeated(graph, least)
            bad = mending.mend(graph, least)
            if not len(bad):
                mending.straighten(graph, least)
                return _from_graph(graph, simple, shift)
        limits[bad] /= 8
    raise ReleaseError(f"{len(bad)} lines cannot be drawn apart on this grid; choose a finer one")


_APART: Final = 2**20


def _set_in(topology: Topology, inner: Array, arcs: list[tuple[Array, Lines]], rings: Lines) -> Lines:
    """Small lakes and enclaves as stamps, each where it touches no line and lies in every polygon that it lay in."""
    drawn = _compose(topology, arcs, Grid())
    there = [np.stack([lines.points[b], lines.points[c]], axis=1) for _, lines in arcs for b, c in [lines.segments()]]
    tree = shapely.STRtree(shapely.linestrings(np.concatenate(there)))
    signed = signed_area(*close(rings.points, rings.starts))
    points: list[Array] = []
    placed: list[shapely.Geometry] = []
    for index, ring in enumerate(np.flatnonzero(inner)):
        around = _around(topology, drawn, ring, inner)
        middle = rings.points[rings.starts[index] : rings.starts[index + 1]].mean(axis=0)
        for stamp in stamps_near(middle, abs(signed[index])):
            shape = shapely.Polygon(stamp)
            free = not len(tree.query(shape, "intersects")) and not shapely.intersects(placed, shape).any()
            if free and all(shapely.contains_properly(each, shape) for each in around):
                placed.append(shape)
                points.append(stamp[:: -1 if signed[index] > 0 else 1])
                break
        else:
            raise ReleaseError("a lake or enclave finds no room on a grid this coarse; choose a finer one")
    starts = np.concatenate([[0], np.cumsum([len(each) for each in points])])
    return Lines(np.concatenate(points), starts, rings.ring)


def _around(topology: Topology, drawn: Topology, arc: int, inner: Array) -> list[shapely.Geometry]:
    """The polygons, as drawn without small holes, that have an arc as a hole."""
    found = []
    for rings in topology.rings.values():
        single = np.flatnonzero(_arc(rings.refs) == arc)
        ring = np.searchsorted(rings.ring, single, side="right") - 1
        for hole in ring[~rings.exterior[ring]]:
            polygon = int(np.searchsorted(rings.polygon, hole, side="right") - 1)
            own = np.arange(rings.polygon[polygon], rings.polygon[polygon + 1])
            own = own[~inner[_arc(rings.refs[rings.ring[own]])]]
            outlines = [
                trace(refs, np.array([0, len(refs)]), drawn.points, drawn.starts)[0]
                for refs in (rings.refs[rings.ring[each] : rings.ring[each + 1]] for each in own)
            ]
            found.append(shapely.Polygon(outlines[0], outlines[1:]))
    return found


def _side_by_side(lines: Lines, loop: Array) -> Array:
    """Mask of open lines that have both their ends in common with another."""
    ends = np.stack([lines.points[lines.starts[:-1]], lines.points[lines.starts[1:] - 1]], axis=1)
    nodes = np.unique(ends.reshape(-1, 2), axis=0, return_inverse=True)[1].reshape(-1, 2)
    _, which, counts = np.unique(np.sort(nodes, axis=1), axis=0, return_inverse=True, return_counts=True)
    return np.asarray(~lines.ring & ~loop & (counts[which.ravel()] > 1))


def _fine(lines: Lines, step: int, follows: Array | None = None) -> mending.Graph:
    """The lines on the grid that they came from."""
    return mending.graph(lines.points * step, lines.starts, lines.ring, follows)


def _blown_up(lines: Lines, parts: Landmasses, chosen: Array, size: Array) -> Lines:
    """Landmasses with too little room for their faces, blown up around their middle."""
    which = np.repeat(parts.of_arc[chosen], np.diff(lines.starts))
    order = np.argsort(which, kind="stable")
    starts = np.flatnonzero(np.append(True, np.diff(which[order]) != 0))
    points = lines.points[order]
    middle = (np.minimum.reduceat(points, starts) + np.maximum.reduceat(points, starts)) / 2
    mass = which[order][starts]
    cells = size[chosen]
    area = np.zeros(len(parts.area))
    area[parts.of_arc[chosen]] = cells
    factor = np.sqrt(np.maximum(1.0, _ROOM * parts.faces[mass] / area[mass]))
    factor[parts.simple[mass]] = 1.0
    at = np.searchsorted(mass, which)
    return replace(lines, points=middle[at] + (lines.points - middle[at]) * factor[at, None])


def _tiny(lines: Lines, loop: Array) -> Lines:
    """Rings of less than a cell become a triangle, loops a triangle at their node, on the side where they were."""
    cells = lines.points.copy()
    sizes = np.diff(lines.starts)
    area = np.zeros(len(lines))
    ring = lines.ring | loop
    area[ring] = signed_area(*close(cells, lines.starts))[ring]
    keep = np.ones(len(cells), dtype=bool)
    for line in np.flatnonzero(ring & (np.abs(area) < 1.0)):
        first, last = lines.starts[line], lines.starts[line + 1]
        middle = cells[first : last - loop[line]].mean(axis=0)
        if loop[line]:
            ahead = (middle - cells[first]) / max(np.hypot(*(middle - cells[first])), 1e-9)
            aside = np.array([ahead[1], -ahead[0]]) * np.sign(area[line])
            cells[first + 1 : first + 3] = cells[first] + 1.5 * ahead + np.array([[0.8], [-0.8]]) * aside
            sizes[line] = 4
            keep[first + 3 : last - 1] = False
            continue
        corner = np.rint(middle - STAMPS[0].mean(axis=0))
        cells[first : first + 3] = corner + STAMPS[0][:: -1 if area[line] > 0 else 1]
        keep[first + 3 : last] = False
        sizes[line] = 3
    return Lines(cells[keep], np.concatenate([[0], np.cumsum(sizes)]), lines.ring)


def _from_graph(graph: mending.Graph, lines: Lines, shift: Array) -> Lines:
    sizes = np.bincount(graph.line[graph.alive], minlength=len(lines))
    points = graph.place[graph.vertex[graph.alive]] - np.repeat(shift.astype(np.int64), sizes, axis=0)
    return Lines(points, np.concatenate([[0], np.cumsum(sizes)]), lines.ring)


def _outlines(
    topology: Topology, parts: Landmasses, arcs: list[tuple[Array, Lines]], chosen: Array
) -> tuple[Array, Array]:
    """The polygons of chosen landmasses as drawn, each once: (landmass, polygon)."""
    drawn = _compose(topology, arcs, Grid())
    found: dict[bytes, tuple[int, shapely.Geometry]] = {}
    for rings in topology.rings.values():
        first = _arc(rings.refs[rings.ring[rings.polygon[:-1]]])
        here = chosen[first]
        keys = [
            rings.refs[rings.ring[a] : rings.ring[b]].tobytes()
            for a, b in zip(rings.polygon[:-1][here], rings.polygon[1:][here], strict=True)
        ]
        for key, mass, polygon in zip(keys, parts.of_arc[first[here]], _polygons(rings, drawn, here), strict=True):
            found.setdefault(key, (int(mass), polygon))
    masses = np.array([mass for mass, _ in found.values()], dtype=np.int64)
    polygons = np.array([polygon for _, polygon in found.values()], dtype=object)
    return masses, polygons


def _joined(masses: Array, polygons: Array) -> tuple[Array, Array]:
    """One geometry a landmass."""
    order = np.argsort(masses, kind="stable")
    which, starts = np.unique(masses[order], return_index=True)
    groups = np.split(polygons[order], starts[1:])
    joined = np.empty(len(which), dtype=object)
    for index, group in enumerate(groups if len(which) else []):
        joined[index] = group[0] if len(group) == 1 else shapely.union_all(group)
    return joined, which


def _polygons(rings: Rings, arcs: Topology, chosen: Array) -> Array:
    """Chosen polygons of an object."""
    in_ring = np.repeat(chosen, np.diff(rings.polygon))
    in_refs = np.repeat(in_ring, np.diff(rings.ring))
    ring = np.concatenate([[0], np.cumsum(np.diff(rings.ring)[in_ring])])
    polygon = np.concatenate([[0], np.cumsum(np.diff(rings.polygon)[chosen])])
    points, starts = trace(rings.refs[in_refs], ring, arcs.points, arcs.starts)
    kind = shapely.GeometryType.POLYGON
    return np.asarray(shapely.from_ragged_array(kind, points.astype(np.float64), (starts, polygon)))


def _compose(topology: Topology, arcs: list[tuple[Array, Lines]], grid: Grid) -> Topology:
    """Put new points into the arcs of a topology; arcs that are not given become empty."""
    sizes = np.zeros(len(topology), dtype=np.int64)
    for which, lines in arcs:
        sizes[which] = np.diff(lines.starts) + lines.ring
    starts = np.concatenate([[0], np.cumsum(sizes)])
    points = np.zeros((starts[-1], 2), dtype=np.int64)
    for which, lines in arcs:
        count = np.diff(lines.starts)
        at = np.arange(len(lines.points)) + np.repeat(starts[:-1][which] - lines.starts[:-1], count)
        points[at] = lines.points
        ring = which[lines.ring]
        points[starts[1:][ring] - 1] = points[starts[:-1][ring]]
    return replace(topology, points=points, starts=starts, grid=grid)
