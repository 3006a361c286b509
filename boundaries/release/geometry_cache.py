"""Geometries that were read lately, bounded in bytes: what every package keeps in the same way.

They are not prepared: questions have a literal, which is, and the index that GEOS makes of a prepared geometry takes
some 380 bytes a vertex for answers that are no quicker.
"""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from boundaries.release.cache import Cache

#: What malloc gives for a polygon of two dimensions, in bytes: fitted to all layers of a release, within 5 % on each.
_OF_A_VERTEX: Final = 24
_OF_A_PART: Final = 220
_OF_A_SHAPE: Final = 300


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
            for row, shape, cost in zip(absent, shapes, _costs(shapes), strict=True):
                self._held.put(row, shape, cost)
                found[row] = shape
        given = np.empty(len(wanted), dtype=object)
        given[:] = [found[row] for row in wanted]
        return given


def _costs(shapes: NDArray[np.object_]) -> list[int]:
    """Return the bytes that each geometry takes."""
    parts = _OF_A_PART * shapely.get_num_geometries(shapes)
    costs: list[int] = (_OF_A_SHAPE + parts + _OF_A_VERTEX * shapely.get_num_coordinates(shapes)).tolist()
    return costs
