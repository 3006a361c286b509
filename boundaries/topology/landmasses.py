"""Landmasses of a topology: arcs that hang together, and what is known of them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundaries.ground.edges import EdgeIndex
from boundaries.ground.ragged import arcs_of, connected
from boundaries.topology.arcs import Topology, trace

Array = NDArray[Any]


class Landmasses:
    """Arcs that hang together: through a node, or as outside and holes of a polygon.

    ``of_arc``: the landmass of each arc; ``area`` (units of the grid, squared) and ``faces`` (most rings in any
    object) of each; ``simple``: those that are one ring without a hole or a node; ``free``: mask of arcs that are a
    ring without a node. ``net``: which arcs hang together through nodes alone; ``inner``: mask of the arcs of nets
    that lie in a landmass without being its outside: its lakes and enclaves. ``holder``: for each landmass the object
    (its number) that has all of its shores and the fewest polygons; -1 where none has them all.
    """

    def __init__(self, topology: Topology) -> None:
        self.free = free_rings(topology)
        hooks = [_ends(topology)]
        self.net = connected(len(topology), hooks)
        for rings in topology.rings.values():
            polygon = np.repeat(np.arange(len(rings.polygon) - 1), np.diff(rings.polygon))
            hooks.append((arcs_of(rings.refs), np.repeat(polygon, np.diff(rings.ring))))
        self.of_arc = connected(len(topology), hooks)
        count, nets = int(self.of_arc.max()) + 1, int(self.net.max()) + 1
        self.area, self.faces = np.zeros(count), np.zeros(count, dtype=np.int64)
        net_area = np.zeros(nets)
        for rings in topology.rings.values():
            area = signed_area(*trace(rings.refs, rings.ring, topology.points, topology.starts))
            first = arcs_of(rings.refs[rings.ring[:-1]])
            self.area = np.maximum(self.area, np.bincount(self.of_arc[first], -area, count))
            self.faces = np.maximum(self.faces, np.bincount(self.of_arc[first], minlength=count))
            net_area = np.maximum(net_area, np.bincount(self.net[first], np.abs(area), nets))
        self.simple = (np.bincount(self.of_arc, minlength=count) == 1) & (self.faces == 1)
        self.simple[self.of_arc[~self.free]] = False
        # the net with the largest rings is the outside of its landmass
        self.net_area = net_area
        order = np.lexsort((-net_area[self.net], self.of_arc))
        outside = np.zeros(nets, dtype=bool)
        first = np.append(True, np.diff(self.of_arc[order]) != 0)
        outside[self.net[order[first]]] = True
        self.inner = ~outside[self.net]
        self.holder = self._holders(topology)

    def _holders(self, topology: Topology) -> Array:
        sides = np.zeros((2, len(topology)), dtype=bool)  # whether any object has ground there
        for rings in topology.rings.values():
            sides[0, rings.refs[rings.refs >= 0]] = True
            sides[1, ~rings.refs[rings.refs < 0]] = True
        shore = sides[0] != sides[1]
        holder = np.full(len(self.area), -1)
        by_size = sorted(enumerate(topology.rings.values()), key=lambda each: -len(each[1].polygon))
        for number, rings in by_size:
            lacks = shore.copy()
            lacks[arcs_of(rings.refs)] = False
            whole = np.ones(len(self.area), dtype=bool)
            whole[self.of_arc[lacks]] = False
            holder[whole] = number
        return holder


def _ends(topology: Topology) -> tuple[Array, Array]:
    """Arcs, and the points that they end in, numbered."""
    packed = EdgeIndex.pack(topology.points)
    ends = np.concatenate([packed[topology.starts[:-1]], packed[topology.starts[1:] - 1]])
    return np.tile(np.arange(len(topology)), 2), np.unique(ends, return_inverse=True)[1]


def free_rings(topology: Topology) -> Array:
    """Mask of arcs that are a ring without a node."""
    closed = topology.closed
    packed = EdgeIndex.pack(topology.points)
    first, last = packed[topology.starts[:-1]], packed[topology.starts[1:] - 1]
    nodes = np.concatenate([first[~closed], last[~closed]])
    ends, counts = np.unique(first[closed], return_counts=True)  # two rings that touch in a point
    return np.asarray(closed & ~np.isin(first, np.concatenate([nodes, ends[counts > 1]])))


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
