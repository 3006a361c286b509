"""Step 3, *grid*: coordinates on 1e-7 degree, once and for all, so that every format holds the very same numbers."""

from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from boundaries.ground.repair import polygons_of

Array = NDArray[Any]

GRID: Final = 7
"""Decimals of a degree that a coordinate keeps (1e-7 degree is about 1 cm)."""


def to_grid(geometry: Array) -> Array:
    """Round coordinates to the grid; polygons that rounding breaks are made valid again, in place."""
    rounded = shapely.transform(geometry, lambda xy: np.round(xy, GRID))
    broken = ~shapely.is_valid(rounded)
    if broken.any():
        rounded[broken] = [
            polygons_of(g)
            for g in shapely.make_valid(rounded[broken], method="structure", keep_collapsed=False)
        ]
    return rounded
