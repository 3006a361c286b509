"""Tiles as bytes: Mapbox Vector Tile 2.1, by the package mapbox-vector-tile.

The package gets whole numbers in a tile's own cells, y downwards and rings wound as the specification has them, and
is told to leave them so: it neither rounds nor turns nor mends anything.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import mapbox_vector_tile
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from boundaries.exports.tiling.clipping import Pieces, Shapes, features

Array = NDArray[Any]


@dataclass(frozen=True)
class Layer:
    """A layer of all tiles: its name, and for each row its attributes that are not null."""

    name: str
    rows: tuple[Mapping[str, str | int], ...]


def layer(name: str, table: pd.DataFrame) -> Layer:
    """Take a table of text and integers; nulls are left out of the tiles, the id of a row is its number, from 1."""
    rows = table.astype(object).to_dict("records")
    return Layer(
        name,
        tuple({str(key): _value(value) for key, value in row.items() if not pd.isna(value)} for row in rows),
    )


def encode(
    pieces: Pieces, shapes: Shapes, zoom: int, layers: Sequence[Layer]
) -> Iterator[tuple[int, int, bytes]]:
    """Encode the tiles of a zoom: column, row from the north, bytes.

    Parameters
    ----------
    pieces
        On the grid (`clipping.on_grid`).
    shapes
        What they are pieces of; its rows are counted over the rows of all layers in order.
    layers
        The layers; the id of a feature is the number of its row in it, from 1.
    """
    piece, row, begins = features(pieces, shapes)
    geometry = shapely.multipolygons(_in_tiles(pieces)[piece], indices=np.cumsum(begins) - 1)
    x, y, row = pieces.x[piece][begins], pieces.y[piece][begins], row[begins]
    ends = np.cumsum([0, *(len(each.rows) for each in layers)])
    which = np.searchsorted(ends, row, side="right") - 1
    found = zip(x.tolist(), y.tolist(), which.tolist(), (row - ends[which]).tolist(), geometry, strict=True)
    options = {"extents": pieces.side, "y_coord_down": True, "check_winding_order": False}
    for (column, line), own in groupby(found, key=lambda each: each[:2]):
        tile = [
            _features(layers[number], [each[3:] for each in mine])
            for number, mine in groupby(own, key=lambda each: each[2])
        ]
        yield column, (1 << zoom) - 1 - line, mapbox_vector_tile.encode(tile, default_options=options)


def _features(which: Layer, features: Sequence[tuple[int, Any]]) -> dict[str, Any]:
    """A layer of one tile as the package takes it; `features`: rows and their geometries."""
    return {
        "name": which.name,
        "features": [
            {"id": row + 1, "geometry": geometry, "properties": which.rows[row]} for row, geometry in features
        ],
    }


def _value(value: Any) -> str | int:
    return value if isinstance(value, str) else int(value)  # the package leaves out numpy's numbers


def _in_tiles(pieces: Pieces) -> Array:
    """The polygons in the cells of their tiles, from the north-west corner."""
    xy, at = shapely.get_coordinates(pieces.polygon, return_index=True)
    west, north = pieces.x * pieces.side, (pieces.y + 1) * pieces.side
    inside = np.stack([xy[:, 0] - west[at], north[at] - xy[:, 1]], axis=1)
    return np.asarray(shapely.set_coordinates(pieces.polygon.copy(), inside))
