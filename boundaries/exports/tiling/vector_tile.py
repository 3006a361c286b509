"""Tiles as bytes: Mapbox Vector Tile 2.1, written from arrays."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from boundaries.exports.tiling.clipping import Pieces, Shapes, features
from boundaries.exports.tiling.varints import varint, varints

Array = NDArray[Any]

_IS_POLYGON: Final = b"\x18\x03"
_MOVE_TO_ONE: Final = 9
_CLOSE_PATH: Final = 15


#: Most numbers in a tile are small: their bytes are looked up.
_SMALL: Final = tuple(varint(number) for number in range(1 << 14))


@dataclass(frozen=True)
class Layer:
    """A layer of all tiles.

    ``name``; ``keys``: the names of its attributes. ``rows``: for each row its id as packed, and its attributes that
    are not null as pairs: the number of the key as packed, the value as it stands in a tile.
    """

    name: str
    keys: tuple[str, ...]
    rows: tuple[tuple[bytes, tuple[tuple[bytes, bytes], ...]], ...]


def layer(name: str, table: pd.DataFrame) -> Layer:
    """Pack a table of text and integers; nulls are left out of the tiles, the id of a row is its number, from 1."""
    columns = [[_value(value) for value in table[column].astype(object)] for column in table.columns]
    rows = zip(*columns, strict=True) if columns else iter([()] * len(table))
    packed = (
        tuple((_packed(key), value) for key, value in enumerate(row) if value is not None) for row in rows
    )
    return Layer(
        name, tuple(map(str, table.columns)), tuple((_packed(n), row) for n, row in enumerate(packed, 1))
    )


def encode(
    pieces: Pieces, shapes: Shapes, zoom: int, layers: Sequence[Layer]
) -> Iterator[tuple[int, int, bytes]]:
    """Encode the tiles of a zoom: column, row from the north, bytes.

    Parameters
    ----------
    pieces
        On the grid (`cutting.on_grid`).
    shapes
        What they are pieces of; its rows are counted over the rows of all layers in order.
    layers
        The layers; the id of a feature is the number of its row in it, from 1.
    """
    piece, row, begins = features(pieces, shapes)
    x, y = pieces.x[piece], pieces.y[piece]
    geometry = _Geometry(pieces).features(piece, begins)
    ends = np.cumsum([0, *(len(each.rows) for each in layers)])
    row, x, y = row[begins], x[begins], y[begins]
    which = np.searchsorted(ends, row, side="right") - 1
    found = zip(x.tolist(), y.tolist(), which.tolist(), (row - ends[which]).tolist(), geometry, strict=True)
    for (column, line), own in groupby(found, key=lambda each: each[:2]):
        tile = b"".join(
            _layer(layers[number], [each[3:] for each in mine], pieces.side)
            for number, mine in groupby(own, key=lambda each: each[2])
        )
        yield column, (1 << zoom) - 1 - line, tile


def _layer(which: Layer, features: Sequence[tuple[Any, ...]], extent: int) -> bytes:
    """A layer of one tile, as field 3 of the tile."""
    known: dict[bytes, int] = {}
    number = known.setdefault
    parts = [_field(1, which.name.encode())]
    for row, geometry in features:
        id_, values = which.rows[row]
        tags = b"".join([key + _packed(number(value, len(known))) for key, value in values])
        feature = b"".join((
            b"\x08", id_, b"\x12", _packed(len(tags)), tags, _IS_POLYGON, b"\x22", _packed(len(geometry)), geometry,
        ))  # fmt: skip
        parts += (b"\x12", _packed(len(feature)), feature)
    parts += [_field(3, key.encode()) for key in which.keys]
    parts += known
    parts.append(b"\x28" + varint(extent) + b"\x78\x02")
    return _field(3, b"".join(parts))


def _value(value: Any) -> bytes | None:
    """A value as field 4 of a layer."""
    if pd.isna(value):
        return None
    if isinstance(value, str):
        return _field(4, _field(1, value.encode()))
    return _field(4, b"\x20" + varint(int(value) & (2**64 - 1)))  # int_value


def _field(number: int, content: bytes) -> bytes:
    return bytes((number << 3 | 2,)) + _packed(len(content)) + content


def _packed(number: int) -> bytes:
    return _SMALL[number] if number < len(_SMALL) else varint(number)


# --- geometry ----------------------------------------------------------------------------------------


class _Geometry:
    """The commands of pieces: those after the first point, which are the same wherever a piece stands in a feature."""

    def __init__(self, pieces: Pieces) -> None:
        rings, of_ring = shapely.get_rings(pieces.polygon, return_index=True)
        xy, ring = shapely.get_coordinates(rings, return_index=True)
        at = of_ring[ring]
        west, north = pieces.x * pieces.side, (pieces.y + 1) * pieces.side
        points = np.stack([xy[:, 0] - west[at], north[at] - xy[:, 1]], axis=1).astype(np.int64)
        same = ring[1:] == ring[:-1]
        repeats = np.append(False, (points[1:] == points[:-1]).all(axis=1) & same)
        closes = np.append(~same, True)
        points, ring = points[~closes & ~repeats], ring[~closes & ~repeats]
        self._commands(points, ring, of_ring)

    def _commands(self, points: Array, ring: Array, of_ring: Array) -> None:
        count = np.bincount(ring, minlength=len(of_ring))
        begin = np.cumsum(count) - count
        outside = np.append(True, np.diff(of_ring) != 0)
        self.first = points[begin[outside]]
        self.last = points[np.append(begin[1:][outside[1:]], len(points)) - 1]
        zigzag = _zigzag(np.diff(points, axis=0, prepend=[[0, 0]]))
        base = np.concatenate([[0], np.cumsum(2 * count + 3)])
        command = np.full(base[-1], _CLOSE_PATH)
        command[base[:-1]] = _MOVE_TO_ONE
        command[base[:-1] + 3] = (count - 1) << 3 | 2
        nth = np.arange(len(ring)) - begin[ring]
        slot = base[ring] + np.where(nth == 0, 1, 2 + 2 * nth)
        command[slot], command[slot + 1] = zigzag[:, 0], zigzag[:, 1]
        packed, offset = varints(command)
        starts = base[:-1][outside]
        ends = np.append(offset[starts[1:]], len(packed))
        self.rest = [packed[a:b] for a, b in zip(offset[starts + 3].tolist(), ends.tolist(), strict=True)]

    def features(self, piece: Array, begins: Array) -> list[bytes]:
        """The commands of features made of pieces one after another; `begins`: mask of the first of each."""
        cursor = np.where(begins[:, None], 0, np.roll(self.last[piece], 1, axis=0))
        moves = np.concatenate(
            [np.full((len(piece), 1), _MOVE_TO_ONE), _zigzag(self.first[piece] - cursor)], axis=1
        )
        packed, offset = varints(moves.ravel())
        cuts = [*offset[::3].tolist(), len(packed)]
        parts = [
            packed[a:b] + self.rest[each] for (a, b), each in zip(pairwise(cuts), piece.tolist(), strict=True)
        ]
        starts = [*np.flatnonzero(begins).tolist(), len(parts)]
        return [b"".join(parts[a:b]) for a, b in pairwise(starts)]


def _zigzag(steps: Array) -> Array:
    return np.asarray((steps << 1) ^ (steps >> 63))
