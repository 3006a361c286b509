"""Ground that land encloses and no unit has: a lake, or a unit that the base map does not draw. Never the sea."""

from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

#: Smaller holes (some 0.01 km²) are corners between lines drawn less finely.
_LEAST_DEG2: Final = 1e-6
#: How far units around a hole may be from its line in the other detail, in degrees (some 300 m).
_BESIDE_DEG: Final = 0.003


def undrawn(units: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return the holes of all land as polygons (lon/lat degrees), from west to east.

    `units`: a valid coverage that holds all land, at whatever level and detail.
    """
    land = shapely.get_parts(shapely.coverage_union_all(units))
    rings = [ring for part in land for ring in part.interiors]
    holes: NDArray[Any] = shapely.polygons(rings) if rings else np.empty(0, dtype=object)
    holes = holes[shapely.area(holes) > _LEAST_DEG2]
    return holes[np.lexsort(shapely.bounds(holes).T[::-1])] if len(holes) else holes


def beside(hole: shapely.Geometry, shapes: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Return which units lie around a hole (which may be drawn less finely than they)."""
    return np.asarray(shapely.dwithin(shapes, shapely.boundary(hole), _BESIDE_DEG))
