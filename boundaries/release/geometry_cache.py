"""Geometries that were read lately, prepared and bounded in bytes: what every package keeps in the same way."""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from boundaries.release.cache import Cache

_BYTES_OF_A_VERTEX: Final = 40  # 16 of coordinates, and about as much for the index of a prepared geometry
_BYTES_OF_A_SHAPE: Final = 600


class Shapes:
    """Geometries by row. `read` returns the geometries of ascending rows, in their order."""

    def __init__(self, cache_bytes: int, read: Callable[[list[int]], NDArray[np.object_]]) -> None:
        self._held: Cache[shapely.Geometry] = Cache(cache_bytes)
        self._read = read

    def get(self, rows: Sequence[int] | NDArray[np.int64]) -> NDArray[np.object_]:
        """Return the geometries of `rows`, in that order; those that are not held are read at once."""
        wanted = [int(row) for row in rows]
        found = {row: self._held.get(row) for row in wanted}
        absent = sorted(row for row, shape in found.items() if shape is None)
        if absent:
            shapes = self._read(absent)
            shapely.prepare(shapes)
            vertices = shapely.get_num_coordinates(shapes).tolist()
            for row, shape, count in zip(absent, shapes, vertices, strict=True):
                self._held.put(row, shape, _BYTES_OF_A_SHAPE + _BYTES_OF_A_VERTEX * count)
                found[row] = shape
        given = np.empty(len(wanted), dtype=object)
        given[:] = [found[row] for row in wanted]
        return given
