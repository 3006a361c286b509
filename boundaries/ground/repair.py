"""Step 1, *repair*: invalid rings rebuilt, polygon parts only."""

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

Array = NDArray[Any]


def repair(geometry: Array) -> tuple[Array, Array]:
    """Return (geometry made valid, polygons only; boolean mask of those that were invalid)."""
    geometry = np.asarray(geometry, dtype=object)
    invalid = ~shapely.is_valid(geometry)
    if not invalid.any():
        return geometry, invalid
    fixed = geometry.copy()
    fixed[invalid] = [
        polygons_of(g)
        for g in shapely.make_valid(geometry[invalid], method="structure", keep_collapsed=False)
    ]
    return fixed, invalid


def polygons_of(geometry: shapely.Geometry) -> shapely.Geometry:
    """Return the polygon parts of any geometry as one MultiPolygon (empty where there are none)."""
    parts = shapely.get_parts(geometry)
    while (shapely.get_type_id(parts) > 3).any():
        parts = shapely.get_parts(parts)
    return shapely.multipolygons(parts[shapely.get_type_id(parts) == 3])
