"""Polygons cut into the tiles of a zoom, each with a margin."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from boundaries.ground.ragged import arcs_of
from boundaries.topology.arcs import Rings, Topology, trace

Array = NDArray[Any]

MARGIN: Final = 64
"""A tile holds as much of its neighbours as one part in so many of its side: outlines do not show where tiles meet."""


@dataclass(frozen=True)
class Shapes:
    """The polygons of all layers, each once however many layers have it.

    ``polygon``: (n,) shapely Polygons, in cells, from the south-west corner of the world. ``row``: the rows that each
    is part of, counted over all layers, in order; those of shape ``i`` are ``row[starts[i]:starts[i + 1]]``.
    """

    polygon: Array
    row: Array
    starts: Array


@dataclass(frozen=True)
class Pieces:
    """Shapes, or parts of them, and the tile that each is in.

    ``polygon``: (n,) shapely Polygons, as in `Shapes`. ``shape``: (n,) the shape that each is of. ``x``, ``y``: (n,)
    the tile, counted from the same corner. ``cut``: (n,) mask of those that ever were cut: they may have points off
    the grid. ``side``: cells along a side of the tile.
    """

    polygon: Array
    shape: Array
    x: Array
    y: Array
    cut: Array
    side: int


def shapes(topology: Topology, world: int) -> Shapes:
    """Return the polygons of a topology; `world`: cells along a side of the world.

    Polygons bounded by the same arcs are the same; so an island is one shape, though every layer has it.
    """
    number: dict[bytes, int] = {}
    polygons, shape, row, done = [], [], [], 0
    for name, rings in topology.rings.items():
        known = len(number)
        mine = np.array([number.setdefault(key, len(number)) for key in _keys(rings)])
        new, first = np.unique(mine, return_index=True)
        polygons.append(_polygons_of(topology, rings, first[new >= known], world // 2))
        shape.append(mine)
        row.append(np.repeat(np.arange(len(rings.feature) - 1), np.diff(rings.feature)) + done)
        done += len(topology.tables[name])
    order = np.lexsort((np.concatenate(row), np.concatenate(shape)))
    counts = np.bincount(np.concatenate(shape), minlength=len(number))
    starts = np.concatenate([[0], np.cumsum(counts)])
    return Shapes(np.concatenate(polygons), np.concatenate(row)[order], starts)


def uncut(shapes: Shapes, world: int) -> Pieces:
    """All shapes in the one tile that is the world."""
    count = len(shapes.polygon)
    none = np.zeros(count, dtype=np.int64)
    return Pieces(shapes.polygon, np.arange(count), none, none, np.zeros(count, dtype=bool), world)


def _polygons_of(topology: Topology, rings: Rings, chosen: Array, shift: int) -> Array:
    """Polygons of an object, by their positions in ascending order, moved north and east."""
    mask = np.zeros(len(rings.polygon) - 1, dtype=bool)
    mask[chosen] = True
    ring = np.repeat(mask, np.diff(rings.polygon))
    refs = rings.refs[np.repeat(ring, np.diff(rings.ring))]
    points, starts = trace(refs, _starts(np.diff(rings.ring)[ring]), topology.points, topology.starts)
    offsets = (starts, _starts(np.diff(rings.polygon)[mask]))
    return np.asarray(
        shapely.from_ragged_array(shapely.GeometryType.POLYGON, (points + shift).astype(np.float64), offsets)
    )


def _starts(sizes: Array) -> Array:
    return np.concatenate([[0], np.cumsum(sizes)])


def _keys(rings: Rings) -> list[bytes]:
    """The arcs around each polygon, sorted, as bytes."""
    arc = arcs_of(rings.refs)
    starts = rings.ring[rings.polygon]
    polygon = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    packed = arc[np.lexsort((arc, polygon))].astype(np.int64).tobytes()
    return [packed[8 * a : 8 * b] for a, b in pairwise(starts.tolist())]


def cut(pieces: Pieces, side: int) -> Pieces:
    """Cut into smaller tiles: `side` divides that of the pieces. Where two polygons share an edge that is cut, both
    are cut in the same point."""
    index, x, y = _candidates(pieces, side)
    box = _boxes(x, y, side)
    low, high = np.split(shapely.bounds(pieces.polygon)[index], 2, axis=1)
    across = (low < box[:, :2]).any(axis=1) | (high > box[:, 2:]).any(axis=1)
    polygon = pieces.polygon[index]
    polygon[across] = shapely.intersection(polygon[across], shapely.box(*box[across].T))
    part, whole = _polygons(polygon)
    return Pieces(part, pieces.shape[index][whole], x[whole], y[whole],
                  (pieces.cut[index] | across)[whole], side)  # fmt: skip


def on_grid(pieces: Pieces, shapes: Shapes) -> Pieces:
    """Round the points that cutting made, and turn outsides clockwise.

    They lie at the end of the margin, so only lines in the margin move, by less than a cell. Where that would make a
    piece invalid, its lines are kept apart instead, and what is thinner than a cell goes. Where it would make pieces
    of one feature lie on each other, their points are rounded to the inside.
    """
    chosen = np.flatnonzero(pieces.cut)
    polygon = pieces.polygon.copy()
    polygon[chosen] = _repaired(shapely.transform(polygon[chosen], np.rint), polygon[chosen])
    clashing = np.flatnonzero(_clashing(_replaced(pieces, polygon), shapes, len(polygon)) & pieces.cut)
    inside = np.array([_inward(each) for each in pieces.polygon[clashing]], dtype=object)
    polygon[clashing] = _repaired(inside, pieces.polygon[clashing])
    polygon[chosen] = shapely.orient_polygons(polygon[chosen], exterior_cw=True)
    return _replaced(pieces, polygon)[0]


def features(pieces: Pieces, shapes: Shapes) -> tuple[Array, Array, Array]:
    """Order pieces by tile and row: positions of pieces (each as often as rows have it), rows, mask of the first
    piece of each row in each tile."""
    counts = np.diff(shapes.starts)[pieces.shape]
    piece = np.repeat(np.arange(len(counts)), counts)
    nth = np.arange(len(piece)) - np.repeat(np.cumsum(counts) - counts, counts)
    row = shapes.row[shapes.starts[pieces.shape[piece]] + nth]
    x, y = pieces.x[piece], pieces.y[piece]
    order = np.lexsort((piece, row, y, x))
    keys = np.stack([row, x, y], axis=1)[order]
    begins = np.append(True, (np.diff(keys, axis=0) != 0).any(axis=1))[: len(order)]
    return piece[order], row[order], begins


def _repaired(rounded: Array, polygon: Array) -> Array:
    """Rounded polygons; those that are not valid are rounded with their lines kept apart."""
    bad = ~shapely.is_valid(rounded) | (shapely.area(rounded) == 0)
    rounded[bad] = shapely.set_precision(polygon[bad], 1.0)
    return rounded


def _inward(polygon: Any) -> Any:
    """Round the points of a polygon that are not on the grid to the side on which the polygon is."""
    shapely.prepare(polygon)
    points = shapely.get_coordinates(polygon)
    low, high = np.floor(points), np.ceil(points)
    off = (low != high).any(axis=1)
    inner = np.where(shapely.intersects_xy(polygon, *low.T)[:, None], low, high)
    return shapely.set_coordinates(shapely.Polygon(polygon), np.where(off[:, None], inner, points))


def _clashing(pieces: tuple[Pieces, Array], shapes: Shapes, count: int) -> Array:
    """Mask (count,) of the pieces before rounding that are in a feature that is not valid."""
    rounded, whole = pieces
    piece, _, begins = features(rounded, shapes)
    feature = np.cumsum(begins) - 1
    near = _near_cuts(shapely.bounds(rounded.polygon)[piece], feature, rounded.cut[piece])
    piece, feature = piece[near], feature[near]
    asked = (np.bincount(feature) > 1)[feature]
    found = np.zeros(count, dtype=bool)
    if asked.any():
        piece, feature = piece[asked], np.unique(feature[asked], return_inverse=True)[1]
        bad = ~shapely.is_valid(shapely.multipolygons(rounded.polygon[piece], indices=feature))
        found[whole[piece[bad[feature]]]] = True
    return found


def _near_cuts(boxes: Array, feature: Array, cut: Array) -> Array:
    """Mask of pieces that were cut, or whose box meets the box around those of its feature that were."""
    low = np.full((feature[-1] + 1, 2), np.inf)
    high = -low
    np.minimum.at(low, feature[cut], boxes[cut, :2])
    np.maximum.at(high, feature[cut], boxes[cut, 2:])
    return np.asarray(
        (boxes[:, :2] <= high[feature]).all(axis=1) & (boxes[:, 2:] >= low[feature]).all(axis=1)
    )


def _replaced(pieces: Pieces, geometry: Array) -> tuple[Pieces, Array]:
    """Pieces with other geometries, one a polygon of these, and the piece that each is of."""
    part, whole = _polygons(geometry)
    return (
        Pieces(part, pieces.shape[whole], pieces.x[whole], pieces.y[whole], pieces.cut[whole], pieces.side),
        whole,
    )


def _candidates(pieces: Pieces, side: int) -> tuple[Array, Array, Array]:
    """Pairs of a piece and a tile whose boxes overlap: positions of the pieces, and tiles."""
    low, high = np.split(shapely.bounds(pieces.polygon), 2, axis=1)
    times = pieces.side // side
    within = np.stack([pieces.x, pieces.y], axis=1) * times
    margin = side / MARGIN
    first = np.maximum(np.floor((low - margin) / side).astype(np.int64), within)
    last = np.minimum(np.floor((high + margin) / side).astype(np.int64), within + times - 1)
    count = np.maximum(last - first + 1, 0)
    number = count.prod(axis=1)
    index = np.repeat(np.arange(len(number)), number)
    nth = np.arange(len(index)) - np.repeat(np.cumsum(number) - number, number)
    wide = count[index, 0]
    return index, first[index, 0] + nth % wide, first[index, 1] + nth // wide


def _boxes(x: Array, y: Array, side: int) -> Array:
    margin = side / MARGIN
    corner = np.stack([x, y], axis=1) * side
    return np.concatenate([corner - margin, corner + side + margin], axis=1)


def _polygons(geometry: Array) -> tuple[Array, Array]:
    """The polygons among the parts of geometries, and the geometry that each is of."""
    part, whole = shapely.get_parts(geometry, return_index=True)
    solid = (shapely.get_type_id(part) == shapely.GeometryType.POLYGON) & ~shapely.is_empty(part)
    return part[solid], whole[solid]
