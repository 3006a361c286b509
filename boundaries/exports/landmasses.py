"""Landmasses of a topology: arcs that hang together, and what is known of them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundaries.coverage import EdgeIndex
from boundaries.exports.topology import Topology, arcs_of, trace

Array = NDArray[Any]


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
            landmass = self.of_arc[arcs_of(rings.refs[rings.ring[:-1]])]
            self.area = np.maximum(self.area, np.bincount(landmass, -area, count))
            self.faces = np.maximum(self.faces, np.bincount(landmass, minlength=count))
        self.simple = (np.bincount(self.of_arc, minlength=count) == 1) & (self.faces == 1)
        self.simple[self.of_arc[~self.free]] = False
        self.inner = np.zeros(len(topology), dtype=bool)
        for rings in topology.rings.values():
            self.inner[arcs_of(rings.refs[np.repeat(~rings.exterior, np.diff(rings.ring))])] = True
        self.inner &= self.free

    def _connect(self, topology: Topology) -> Array:
        packed = EdgeIndex.pack(topology.points)
        ends = [packed[topology.starts[:-1]], packed[topology.starts[1:] - 1]]
        nodes = np.unique(np.concatenate(ends), return_inverse=True)[1].reshape(2, -1)
        pairs = [(np.arange(len(topology)), each) for each in nodes]  # (arc, what it hangs on)
        base = nodes.max() + 1
        for rings in topology.rings.values():
            polygon_of_ring = np.repeat(np.arange(len(rings.polygon) - 1), np.diff(rings.polygon))
            pairs.append((arcs_of(rings.refs), base + np.repeat(polygon_of_ring, np.diff(rings.ring))))
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
