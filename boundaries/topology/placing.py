"""Drawn arcs back in their places: the ground they bound, and where a lake or an enclave has room."""

from dataclasses import replace
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from boundaries.ground.ragged import arcs_of
from boundaries.topology.arcs import Grid, Rings, Topology, trace
from boundaries.topology.islands import offsets
from boundaries.topology.landmasses import Landmasses
from boundaries.topology.room import NoRoomError
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


def place_inside(topology: Topology, arcs: Arcs, inner: tuple[Array, Lines], parts: Landmasses) -> Array:
    """How far each net of inner arcs is to be moved, in cells: to where it touches no line and lies in every
    polygon that it lay in. Returns displacements by net.

    From the outside in, for a net may lie in another: in the lake of an enclave, or an enclave of its own. Raises
    NoRoomError where one finds no room.
    """
    drawn = compose(topology, [*arcs, inner], Grid())
    lines = [
        np.stack([each.points[b], each.points[c]], axis=1) for _, each in arcs for b, c in [each.segments()]
    ]
    tree = shapely.STRtree(shapely.linestrings(np.concatenate(lines)))
    mask = np.zeros(len(topology), dtype=bool)
    mask[inner[0]] = True
    nets = np.unique(parts.net[inner[0]])
    moved = np.zeros((len(parts.net_area), 2), dtype=np.int64)
    placed: dict[int, shapely.Geometry] = {}
    for each in nets[np.argsort(-parts.net_area[nets], kind="stable")].tolist():
        shape, around, holders = _inside(topology, drawn, each, mask, parts.net, moved)
        others = [other for net, other in placed.items() if net not in holders]
        for offset in offsets(_REACH).astype(np.int64):
            trial = shapely.transform(shape, lambda xy, by=offset: xy + by)
            free = not len(tree.query(trial, "intersects")) and not shapely.intersects(others, trial).any()
            if free and all(shapely.contains_properly(polygon, trial) for polygon in around):
                moved[each] = offset
                placed[each] = trial
                break
        else:
            raise NoRoomError(
                "a lake or enclave finds no room on a grid this coarse; choose a finer one",
                shapely.get_coordinates(shapely.centroid(shape)),
            )
    return moved


def _inside(
    topology: Topology, drawn: Topology, own: int, inner: Array, net: Array, moved: Array
) -> tuple[shapely.Geometry, list[shapely.Geometry], set[int]]:
    """What a net bounds; the polygons, without small holes, in which it is a hole; and the inner nets that are the
    outside of one of these, which stand where they were moved to."""
    inside, around, holders = [], [], set()
    for rings in topology.rings.values():
        first = arcs_of(rings.refs[rings.ring[:-1]])
        for ring in np.flatnonzero(inner[first] & (net[first] == own)).tolist():
            inside.append(shapely.Polygon(_points(rings, ring, drawn)))
            if rings.exterior[ring]:
                continue
            polygon = int(np.searchsorted(rings.polygon, ring, side="right") - 1)
            shell, *holes = range(rings.polygon[polygon], rings.polygon[polygon + 1])
            if inner[first[shell]]:
                holder = int(net[first[shell]])
                around.append(shapely.Polygon(_points(rings, shell, drawn) + moved[holder]))
                holders.add(holder)
            else:
                large = [_points(rings, hole, drawn) for hole in holes if not inner[first[hole]]]
                around.append(shapely.Polygon(_points(rings, shell, drawn), large))
    return shapely.union_all(inside), around, holders


def _points(rings: Rings, ring: int, drawn: Topology) -> Array:
    refs = rings.refs[rings.ring[ring] : rings.ring[ring + 1]]
    return trace(refs, np.array([0, len(refs)]), drawn.points, drawn.starts)[0]
