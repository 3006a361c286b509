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

from boundaries.coverage import GRID
from boundaries.errors import ReleaseError
from boundaries.exports.drawing import draw
from boundaries.exports.islands import STAMPED, settle_outlines, settle_stamps, stamps_near
from boundaries.exports.landmasses import Landmasses, signed_area, smallest_ring
from boundaries.exports.simplify import METRES, Lines
from boundaries.exports.topology import Grid, Rings, Topology, arcs_of, close, trace

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
        arcs.append(
            (np.flatnonzero(core), draw(lines, np.minimum(limit, _SHARE * ring_area[core]), step, apart=None))
        )
    if inner.any():
        arcs.append(
            (np.flatnonzero(inner), _set_in(topology, inner, arcs, _lines(topology, inner, parts.free, step)))
        )
    taken = _outlines(topology, parts, arcs, core | inner)[1]
    if outline.any():
        lines = _blown_up(_lines(topology, outline, parts.free, step), parts, outline, size)
        share = np.minimum(limit, _ISLAND_SHARE * ring_area[outline])
        drawn = draw(lines, share, step, apart=parts.of_arc[outline])
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


def _lines(topology: Topology, chosen: Array, free: Array, step: int) -> Lines:
    """Chosen arcs as lines in cells of the grid; free rings without their closing point."""
    sizes = np.diff(topology.starts)[chosen] - free[chosen]
    starts = np.concatenate([[0], np.cumsum(sizes)])
    at = np.arange(starts[-1]) + np.repeat(topology.starts[:-1][chosen] - starts[:-1], sizes)
    return Lines(topology.points[at] / step, starts, free[chosen])


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


def _set_in(topology: Topology, inner: Array, arcs: list[tuple[Array, Lines]], rings: Lines) -> Lines:
    """Small lakes and enclaves as stamps, each where it touches no line and lies in every polygon that it lay in."""
    drawn = _compose(topology, arcs, Grid())
    there = [
        np.stack([lines.points[b], lines.points[c]], axis=1)
        for _, lines in arcs
        for b, c in [lines.segments()]
    ]
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
        single = np.flatnonzero(arcs_of(rings.refs) == arc)
        ring = np.searchsorted(rings.ring, single, side="right") - 1
        for hole in ring[~rings.exterior[ring]]:
            polygon = int(np.searchsorted(rings.polygon, hole, side="right") - 1)
            own = np.arange(rings.polygon[polygon], rings.polygon[polygon + 1])
            own = own[~inner[arcs_of(rings.refs[rings.ring[own]])]]
            outlines = [
                trace(refs, np.array([0, len(refs)]), drawn.points, drawn.starts)[0]
                for refs in (rings.refs[rings.ring[each] : rings.ring[each + 1]] for each in own)
            ]
            found.append(shapely.Polygon(outlines[0], outlines[1:]))
    return found


def _outlines(
    topology: Topology, parts: Landmasses, arcs: list[tuple[Array, Lines]], chosen: Array
) -> tuple[Array, Array]:
    """The polygons of chosen landmasses as drawn, each once: (landmass, polygon)."""
    drawn = _compose(topology, arcs, Grid())
    found: dict[bytes, tuple[int, shapely.Geometry]] = {}
    for rings in topology.rings.values():
        first = arcs_of(rings.refs[rings.ring[rings.polygon[:-1]]])
        here = chosen[first]
        keys = [
            rings.refs[rings.ring[a] : rings.ring[b]].tobytes()
            for a, b in zip(rings.polygon[:-1][here], rings.polygon[1:][here], strict=True)
        ]
        for key, mass, polygon in zip(
            keys, parts.of_arc[first[here]], _polygons(rings, drawn, here), strict=True
        ):
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
