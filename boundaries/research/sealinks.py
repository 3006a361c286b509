"""Neighbours over the sea: which units look at each other across water, and how far that is.

The rule (``laut``, `asal` ``tetangga-laut``), in each province by itself, in an azimuthal equidistant projection about
its middle: the coast of each unit has a point in every cell of 0.0045 degree (500 m); they are triangulated (Delaunay);
two units that a side of a triangle joins and that share no land border are candidates; the distance is that between
their coasts; a candidate goes if it is longer than the limit, or if over 100 m of a third unit's land lie under the
shortest line. Where the province is then still in pieces, the nearest pair of two is linked (`asal` ``terdekat``).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Geod, Transformer

from boundaries.ground.edges import EdgeIndex
from boundaries.ground.grid import GRID
from boundaries.ground.ragged import connected, distinct

Array = NDArray[Any]

#: Coast points stand in cells of this side on the grid of 1e-7 degree: 500 m.
STEP: Final = 45_000
#: A link with this much land of third units under it is none.
LAND_M: Final = 100.0
_GEOD: Final = Geod(ellps="WGS84")


@dataclass(frozen=True)
class Links:
    """Links (k): ``pairs`` (k, 2) of units, the lower first; ``gap_m`` between the coasts; ``land_m`` of third units
    under the shortest line; ``nearest`` whether it is there only to keep the province in one piece."""

    pairs: Array
    gap_m: Array
    land_m: Array
    nearest: Array

    def some(self, numbers: Array) -> "Links":
        """Those of some numbers."""
        return Links(self.pairs[numbers], self.gap_m[numbers], self.land_m[numbers], self.nearest[numbers])

    def with_more(self, more: "Links") -> "Links":
        """These and others."""
        return Links(*(np.concatenate([getattr(self, name), getattr(more, name)])
                       for name in ("pairs", "gap_m", "land_m", "nearest")))  # fmt: skip


@dataclass(frozen=True)
class Shores:
    """Units (n) of one province and their coasts: ``geometry`` in degrees, ``edges`` (k, 2, 2) of the coast on the
    grid, ``of`` (k,) the unit of each."""

    geometry: Array
    edges: Array
    of: Array


def no_links() -> Links:
    """No link at all."""
    return Links(np.empty((0, 2), dtype=int), np.empty(0), np.empty(0), np.empty(0, dtype=bool))


def sea_links(shores: Shores, land: Array, limit_km: float) -> Links:
    """Find the links of one province. `land` (e, 2): pairs that share a border, which need no link."""
    sea = Sea(shores)
    count = len(shores.geometry)
    candidates = sea.candidates
    candidates = (
        candidates[~np.isin(candidates @ [count, 1], land @ [count, 1])] if limit_km else candidates[:0]
    )
    gap, crossed = sea.measured(candidates)
    kept = (gap <= limit_km * 1000) & (crossed < LAND_M)
    pairs, gap, crossed = candidates[kept], gap[kept], crossed[kept]
    joins = sea.joining(np.concatenate([land, pairs]))
    more_gap, more_crossed = sea.measured(joins)
    nearest = np.concatenate([np.zeros(len(pairs), dtype=bool), np.ones(len(joins), dtype=bool)])
    return Links(
        np.concatenate([pairs, joins]),
        np.concatenate([gap, more_gap]),
        np.concatenate([crossed, more_crossed]),
        nearest,
    )


class Sea:
    """The water between the units of one province: who looks at whom, and how far it is."""

    def __init__(self, shores: Shores) -> None:
        self.shores = shores
        self._forward, self._back = _plane(shores.geometry)
        self._coasts = np.full(len(shores.geometry), None, dtype=object)

    @cached_property
    def candidates(self) -> Array:
        """Pairs (k, 2) of units that the triangulation of their coasts joins, neighbours by land among them."""
        places, owner = _coast_points(self.shores.edges, self.shores.of)
        points = np.round(self._forward(places / 10**GRID), 3)
        if len(np.unique(owner)) < 2 or len(points) < 3:
            return np.empty((0, 2), dtype=int)
        made = shapely.delaunay_triangles(shapely.multipoints(points), only_edges=True)
        ends = owner[_find(points, shapely.get_coordinates(made))].reshape(-1, 2)
        ends = np.sort(ends[ends[:, 0] != ends[:, 1]], axis=1)
        count = len(self.shores.geometry)
        return np.stack(np.divmod(distinct(ends @ [count, 1]), count), axis=1)

    def between(self, numbers: Array) -> tuple[Array, Array]:
        """Of candidates by their numbers what `measured` tells, each measured once."""
        gap, crossed = self._known
        new = numbers[np.isnan(gap[numbers])]
        gap[new], crossed[new] = self.measured(self.candidates[new])
        return gap[numbers], crossed[numbers]

    @cached_property
    def _known(self) -> tuple[Array, Array]:
        return np.full(len(self.candidates), np.nan), np.full(len(self.candidates), np.nan)

    @cached_property
    def _edges_of(self) -> tuple[Array, Array]:
        """The edges of the coast by unit: their order, and where those of each unit start."""
        sizes = np.bincount(self.shores.of, minlength=len(self.shores.geometry))
        return np.argsort(self.shores.of, kind="stable"), np.concatenate([[0], np.cumsum(sizes)])

    def coasts(self, units: Array) -> Array:
        """The coast of each of some units in metres, as one set of lines; empty where it has none."""
        order, starts = self._edges_of
        for unit in np.unique(units):
            if self._coasts[unit] is None:
                ends = self.shores.edges[order[starts[unit] : starts[unit + 1]]]
                key, of = np.unique(EdgeIndex.pack(ends.reshape(-1, 2)), return_inverse=True)
                places = self._forward(EdgeIndex.unpack(key) / 10**GRID)
                lines = shapely.linestrings(places[of].reshape(-1, 2, 2))
                self._coasts[unit] = shapely.multilinestrings(lines)
                shapely.prepare(self._coasts[unit])
        return np.asarray(self._coasts[units])

    @cached_property
    def _tree(self) -> Any:
        return shapely.STRtree(self.shores.geometry)

    def measured(self, pairs: Array) -> tuple[Array, Array]:
        """Between the nearest points of two coasts: the geodesic gap, and the land of third units under the line.

        The line is cut with the polygons in degrees, where they are valid: what it has of them, times the gap.
        """
        if not len(pairs):
            return np.empty(0), np.empty(0)
        nearest = shapely.shortest_line(self.coasts(pairs[:, 0]), self.coasts(pairs[:, 1]))
        ends = self._back(shapely.get_coordinates(nearest)).reshape(-1, 2, 2)
        gap = np.asarray(_GEOD.inv(*ends[:, 0].T, *ends[:, 1].T)[2])
        lines = shapely.linestrings(ends)
        apart = np.flatnonzero(gap > 0)  # under a line without length there is no land
        line, unit = self._tree.query(lines[apart], predicate="intersects")
        line = apart[line]
        third = (unit != pairs[line, 0]) & (unit != pairs[line, 1])
        line, unit = line[third], unit[third]
        share = shapely.length(shapely.intersection(lines[line], self.shores.geometry[unit]))
        crossed = np.bincount(line, share, len(pairs)) / np.maximum(shapely.length(lines), 1e-12) * gap
        return gap, crossed

    def joining(self, pairs: Array) -> Array:
        """The nearest pair of units of two pieces, again and again until one piece is left."""
        found: list[tuple[int, int]] = []
        count = len(self.shores.geometry)
        shore = np.diff(self._edges_of[1]) > 0
        while True:
            more = np.array(found, dtype=int).reshape(-1, 2)
            piece = pieces(count, np.concatenate([pairs, more]))
            if piece.max(initial=0) == 0:
                return more
            inside = np.bincount(piece).argmin()  # the smallest piece goes to what is nearest to it
            one, other = np.flatnonzero((piece == inside) & shore), np.flatnonzero((piece != inside) & shore)
            if not len(one) or not len(other):
                return more
            tree = shapely.STRtree(self.coasts(other))
            at, gap = tree.query_nearest(self.coasts(one), return_distance=True, all_matches=False)
            best = int(np.argmin(gap))
            a, b = int(one[at[0][best]]), int(other[at[1][best]])
            found.append((min(a, b), max(a, b)))


def bridging(count: int, pairs: Array, links: Array, gap_m: Array) -> Array:
    """Which of some `links` (k, 2), the shortest first, join pieces that `pairs` (e, 2) leave of `count` units."""
    chosen: list[int] = []
    for number in np.lexsort((*links.T[::-1], gap_m.round(3))).tolist():
        piece = pieces(count, np.concatenate([pairs, links[chosen]]))
        if len({*piece[links[number]].tolist()}) == 2:
            chosen.append(number)
    return np.array(chosen, dtype=int)


def pieces(count: int, pairs: Array) -> Array:
    """Number `count` units by the pieces that hang together by `pairs` (e, 2)."""
    edge = np.arange(len(pairs))
    alone = np.arange(count)
    return connected(count, [(alone, alone), (pairs.T.ravel(), np.concatenate([edge, edge]))])


def _plane(geometry: Array) -> tuple[Callable[[Array], Array], Callable[[Array], Array]]:
    """Degrees to metres about the middle of a province, and back."""
    west, south, east, north = shapely.total_bounds(geometry)
    place = f"+proj=aeqd +lat_0={(south + north) / 2:.4f} +lon_0={(west + east) / 2:.4f} +datum=WGS84"
    forward = Transformer.from_crs("OGC:CRS84", place, always_xy=True)

    def project(xy: Array) -> Array:
        return np.column_stack(forward.transform(xy[:, 0], xy[:, 1]))

    def back(xy: Array) -> Array:
        return np.column_stack(forward.transform(xy[:, 0], xy[:, 1], direction="INVERSE"))

    return project, back


def _coast_points(edges: Array, of: Array) -> tuple[Array, Array]:
    """A point on the grid in every cell of `STEP` along each coast, long edges parted, and whose it is. No place stands
    twice."""
    step = edges[:, 1] - edges[:, 0]
    parts = np.abs(step).max(axis=1, initial=1) // STEP + 1
    edge = np.repeat(np.arange(len(edges)), parts)
    along = np.arange(len(edge)) - np.repeat(np.cumsum(parts) - parts, parts)
    points = edges[edge, 0] + step[edge] * along[:, None] // parts[edge, None]
    x, y = (points // STEP).T + _HALF
    _, chosen = np.unique((of[edge] * 2 * _HALF + x) * 2 * _HALF + y, return_index=True)
    _, once = np.unique(EdgeIndex.pack(points[chosen]), return_index=True)
    chosen = chosen[np.sort(once)]
    return points[chosen], of[edge][chosen]


#: More cells than there are from the meridian of Greenwich, or the equator, to any place.
_HALF: Final = 1 << 16


def _key(points: Array) -> Array:
    """A whole number for each place, in millimetres; a province reaches no 2,000 km from its middle."""
    x, y = np.rint(points * 1000).astype(np.int64).T
    return np.asarray(((x + (1 << 31)) << 32) | (y + (1 << 31)))


def _find(points: Array, wanted: Array) -> Array:
    """The numbers of points among others, by their place."""
    key = _key(points)
    order = np.argsort(key)
    return order[np.searchsorted(key[order], _key(wanted))]
