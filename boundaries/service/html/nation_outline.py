"""The nation as one small outline: what the map page shows before its script and its maps are there."""

from typing import Final, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

#: Degrees: how far the line may be off, and the grid that it is written on.
_TOLERANCE: Final = 0.08
_GRID: Final = 0.05
#: Square degrees (some 250 km²) from which on an island is drawn; the largest always is.
_ISLAND: Final = 0.02


class Outline(NamedTuple):
    """An outline for SVG: the box that it fills, and its path, both in steps of the grid with south downwards."""

    box: str
    path: str


def nation_outline(provinces: NDArray[np.object_]) -> Outline:
    """Return the outline of polygons that are a coverage (lon/lat, degrees)."""
    land = shapely.get_parts(shapely.coverage_union_all(provinces))
    west, south, east, north = shapely.total_bounds(land)
    areas = shapely.area(land)
    drawn = shapely.simplify(land[areas >= min(_ISLAND, areas.max())], _TOLERANCE)
    rings = shapely.get_exterior_ring(drawn)
    places = [
        np.rint((shapely.get_coordinates(ring) - (west, north)) * (1, -1) / _GRID).astype(int)
        for ring in rings
    ]
    path = "".join(_ring(each) for each in places if len(each) > 3)
    return Outline(f"0 0 {round((east - west) / _GRID)} {round((north - south) / _GRID)}", path)


def _ring(places: NDArray[np.int_]) -> str:
    """Return a ring as a path: where it begins, then steps; places that fell together are one."""
    steps = np.diff(places, axis=0)
    steps = steps[(steps != 0).any(axis=1)][:-1]  # z closes it
    x, y = places[0].tolist()
    return (
        f"M{x},{y}l{' '.join(f'{right},{down}' for right, down in steps.tolist())}z" if len(steps) > 1 else ""
    )
