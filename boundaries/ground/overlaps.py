"""Step 2, *resolve*: ground that several parts claim is given to one; edges are noded and matched."""

from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from boundaries.errors import CoverageError
from boundaries.ground.grid import to_grid

Array = NDArray[Any]

SNAPPING: Final = 1e-7
"""Snapping distance of the noding in degrees. From 1e-4 on, units and islands are lost."""


def resolve(parts: Array) -> tuple[Array, Array]:
    """Resolve overlaps between polygon parts; return (pieces on the grid, the part that each is left of).

    Ground claimed by several parts goes to the smallest of them; edges are noded and matched. Gaps stay.
    """
    cleaned = to_grid(coverage_clean(parts, "min_area"))
    pieces, index = shapely.get_parts(cleaned, return_index=True)
    return pieces, index


def coverage_clean(parts: Array, strategy: str, snapping: float = SNAPPING) -> Array:
    """Node, match and resolve; a snapping distance at which GEOS gives up is followed by the next."""
    for distance in (snapping, 2 * SNAPPING, 10 * SNAPPING, 0.0):
        try:
            with np.errstate(invalid="ignore"):  # GEOS meets NaN in collapsed results; they come back empty
                return np.asarray(
                    shapely.coverage_clean(parts, snapping_distance=distance, merge_strategy=strategy)
                )
        except shapely.errors.GEOSException as error:
            reason = str(error)
    raise CoverageError(f"the overlaps between {len(parts)} polygons cannot be resolved: {reason}")
