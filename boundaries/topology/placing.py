"""Drawn arcs back in their places: the ground they bound, and where a lake or an enclave has room."""

from dataclasses import replace
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from boundaries.errors import ReleaseError
from boundaries.topology.arcs import Grid, Rings, Topology, arcs_of, trace
from boundaries.topology.islands import offsets
from boundaries.topology.landmasses import Landmasses
from boundaries.topology.simplify import Lines

Array = NDArray[Any]
Arcs = list[tuple[Array, Lines]]
"""Groups of arcs: their positions in a topology, and how they are drawn."""

_REACH = 16


def compose(topology: Topology, arcs: list[tuple[Array, Lines]], grid: Grid) -> Topology:
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


def ground(topology: Topology, arcs: Arcs, parts: Landmasses, chosen: Array) -> tuple[Array, Array]:
    """Polygons that make up chosen landmasses as drawn: (landmass, polygon). Of the objects that hold all of a landmass
    the one with the fewest polygons tells of it."""
    drawn = compose(topology, arcs, Grid())
    masses, polygons = [], []
    for number, rings in enumerate(topology.rings.values()):
        first = arcs_of(rings.refs[rings.ring[rings.polygon[:-1]]])
        holder = parts.holder[parts.of_arc[first]]
        here = chosen[first] & ((holder == number) | (holder < 0))
        masses.append(parts.of_arc[first[here]])
        polygons.append(_polygons(rings, drawn, here))
    return np.concatenate(masses), np.concatenate(polygons)


def joined(masses: Array, polygons: Array) -> tuple[Array, Array]:
    """One geometry a landmass."""
    order = np.argsort(masses, kind="stable")
    which, starts = np.unique(masses[order], return_index=True)
    groups = np.split(polygons[order], starts[1:])
    joined = np.empty(len(which), dtype=object)
    for index, group in enumerate(groups if len(which) else []):
        joined[index] = group[0] if len(group) == 1 else shapely.union_all(group)
    return joined, which


def _polygons(rings: Rings, arcs: Topology, chosen: Array) -> Array:
    """Chosen polygons of an object; holes that are not drawn yet are left out."""
    drawn = np.diff(arcs.starts)[arcs_of(rings.refs[rings.ring[:-1]])] > 0
    in_ring = np.repeat(chosen, np.diff(rings.polygon)) & drawn
    in_refs = np.repeat(in_ring, np.diff(rings.ring))
    ring = np.concatenate([[0], np.cumsum(np.diff(rings.ring)[in_ring])])
    polygon = np.concatenate(
        [[0], np.cumsum(np.add.reduceat(in_ring.astype(np.int64), rings.polygon[:-1])[chosen])]
    )
    points, starts = trace(rings.refs[in_refs], ring, arcs.points, arcs.starts)
    kind = shapely.GeometryType.POLYGON
    return np.asarray(shapely.from_ragged_array(kind, points.astype(np.float64), (starts, polygon)))


def place_inside(topology: Topology, arcs: Arcs, inner: tuple[Array, Lines], net: Array) -> Array:
    """How far each net of inner arcs is to be moved, in cells: to where it touches no line and lies in every
    polygon that it lay in. Returns displacements by net.

    Raises ReleaseError where one finds no room.
    """
    drawn = compose(topology, [*arcs, inner], Grid())
    lines = [
        np.stack([each.points[b], each.points[c]], axis=1) for _, each in arcs for b, c in [each.segments()]
    ]
    tree = shapely.STRtree(shapely.linestrings(np.concatenate(lines)))
    mask = np.zeros(len(topology), dtype=bool)
    mask[inner[0]] = True
    moved = np.zeros((int(net.max()) + 1, 2), dtype=np.int64)
    placed: list[shapely.Geometry] = []
    for each in np.unique(net[inner[0]]):
        own = mask & (net == each)
        shape, around = _inside(topology, drawn, own, mask)
        for offset in offsets(_REACH).astype(np.int64):
            trial = shapely.transform(shape, lambda xy, by=offset: xy + by)
            free = not len(tree.query(trial, "intersects")) and not shapely.intersects(placed, trial).any()
            if free and all(shapely.contains_properly(polygon, trial) for polygon in around):
                moved[each] = offset
                placed.append(trial)
                break
        else:
            raise ReleaseError("a lake or enclave finds no room on a grid this coarse; choose a finer one")
    return moved


def _inside(
    topology: Topology, drawn: Topology, own: Array, inner: Array
) -> tuple[shapely.Geometry, list[shapely.Geometry]]:
    """What a net bounds, and the polygons, without small holes, in which it is a hole."""
    inside, around = [], []
    for rings in topology.rings.values():
        for ring in np.flatnonzero(own[arcs_of(rings.refs[rings.ring[:-1]])]).tolist():
            inside.append(shapely.Polygon(_points(rings, ring, drawn)))
            if rings.exterior[ring]:
                continue
            polygon = int(np.searchsorted(rings.polygon, ring, side="right") - 1)
            others = np.arange(rings.polygon[polygon], rings.polygon[polygon + 1])
            others = others[~inner[arcs_of(rings.refs[rings.ring[others]])]]
            if others[:1] == rings.polygon[polygon]:  # its outside is no small net itself
                outside, *holes = (_points(rings, other, drawn) for other in others.tolist())
                around.append(shapely.Polygon(outside, holes))
    return shapely.union_all(inside), around


def _points(rings: Rings, ring: int, drawn: Topology) -> Array:
    refs = rings.refs[rings.ring[ring] : rings.ring[ring + 1]]
    return trace(refs, np.array([0, len(refs)]), drawn.points, drawn.starts)[0]
