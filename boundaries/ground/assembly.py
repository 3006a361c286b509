"""Faces joined to polygons: the arcs between two owners, one after another around each."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from boundaries.ground.arrangement import Arrangement, cycles, in_order
from boundaries.ground.ragged import connected, follow, spans

Array = NDArray[Any]


@dataclass(frozen=True)
class Polygons:
    """Polygons in whole numbers: ``points`` (n, 2) of closed rings, ``rings`` and ``polygons`` where each starts (the
    first ring of a polygon is its outside), ``region`` the region of faces that each polygon is, and its ``owner``."""

    points: Array
    rings: Array
    polygons: Array
    region: Array
    owner: Array

    def shapes(self, scale: float = 1.0) -> Array:
        """As shapely polygons; coordinates divided by `scale`."""
        offsets = (self.rings, self.polygons)
        kind = shapely.GeometryType.POLYGON
        return np.asarray(shapely.from_ragged_array(kind, self.points / scale, offsets))


def regions(plane: Arrangement, owner: Array) -> Array:
    """Number faces by the regions of one owner that hang together along edges; `owner` (faces,)."""
    one, two = plane.face[0::2], plane.face[1::2]
    same = owner[one] == owner[two]
    if not same.any():
        return np.arange(len(owner))
    link = np.arange(int(same.sum()))
    return connected(len(owner), [(np.concatenate([one[same], two[same]]), np.concatenate([link, link]))])


def assemble(plane: Arrangement, owner: Array, region: Array | None = None) -> Polygons:
    """Make polygons of the regions whose owner is not negative.

    `owner` (faces,): who has each; `region`: what `regions` returns. Rings that touch themselves are cut where they do,
    so that the polygons are valid.
    """
    region = regions(plane, owner) if region is None else region
    mine = owner[plane.face]
    halves = np.flatnonzero((mine >= 0) & (mine != mine.reshape(-1, 2)[:, ::-1].ravel()))
    number = np.full(len(mine), -1)
    number[halves] = np.arange(len(halves))
    ahead = plane.after[halves]
    while (inner := number[ahead] < 0).any():  # an arc inside the region: on to the other side of it
        ahead[inner] = plane.after[ahead[inner] ^ 1]
    after = number[ahead]
    label = cycles(after)
    order, starts = in_order(after, label)
    order, starts = _cut_where_touching(order, starts, plane.node[halves])
    halves = halves[order]
    twice = np.add.reduceat(plane.twice[halves], starts[:-1]) if len(starts) > 1 else starts[:0]
    of_ring = region[plane.face[halves[starts[:-1]]]]
    sort = np.lexsort((halves[starts[:-1]], twice < 0, of_ring))
    at, starts = spans(starts, sort)
    of_ring = of_ring[sort]
    first = np.append(True, of_ring[1:] != of_ring[:-1])[: len(of_ring)]
    halves = halves[at]
    points, rings = _traced(plane, halves, starts)
    polygons = np.append(np.flatnonzero(first), len(of_ring))
    owners = owner[plane.face[halves[starts[:-1][first]]]]
    return Polygons(points, rings, polygons, of_ring[first], owners)


def _traced(plane: Arrangement, halves: Array, starts: Array) -> tuple[Array, Array]:
    """Points of closed rings that run along halves."""
    at, rings = follow(np.where(halves % 2 == 0, halves // 2, ~(halves // 2)), starts, plane.starts)
    count = len(rings) - 1
    points = np.insert(plane.points[at], rings[1:], plane.points[at[rings[:-1]]], axis=0)
    return points, rings + np.arange(count + 1)


def _cut_where_touching(order: Array, starts: Array, node: Array) -> tuple[Array, Array]:
    """Rings that come through a node twice, in several rings that do not; `node` in which each half begins."""
    ring = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    key = ring * (int(node.max(initial=0)) + 1) + node[order]
    keys, counts = np.unique(key, return_counts=True)
    touching = np.unique(keys[counts > 1] // (int(node.max(initial=0)) + 1))
    if not len(touching):
        return order, starts
    kept = np.delete(np.arange(len(starts) - 1), touching)
    at, kept_starts = spans(starts, kept)
    found = [ring for each in touching for ring in _simple(order[starts[each] : starts[each + 1]], node)]
    sizes = np.array([len(ring) for ring in found])
    return (
        np.concatenate([order[at], *found]),
        np.concatenate([kept_starts, kept_starts[-1] + np.cumsum(sizes)]),
    )


def _simple(ring: Array, node: Array) -> list[Array]:
    """Cut a ring of halves at the nodes that it comes through again."""
    found: list[Array] = []
    walked: list[int] = []
    place: dict[int, int] = {}
    for half in ring.tolist():
        at = int(node[half])
        if at in place:
            begin = place[at]
            found.append(np.array(walked[begin:]))
            for gone in walked[begin:]:
                del place[int(node[gone])]
            del walked[begin:]
        place[at] = len(walked)
        walked.append(half)
    found.append(np.array(walked))
    return found
