"""Areas and lengths in metres of polygons and edges in lon/lat degrees (CRS84)."""

from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Geod, Transformer

from boundaries.ground.grid import GRID

Array = NDArray[Any]

_EQUAL_AREA: Final = Transformer.from_crs("OGC:CRS84", "EPSG:6933", always_xy=True)
_MERCATOR: Final = Transformer.from_crs("OGC:CRS84", "EPSG:3395", always_xy=True)
_GEOD: Final = Geod(ellps="WGS84")


def area_m2(geometry: Array) -> Array:
    """Planar area in m² in the cylindrical equal-area projection EPSG:6933; shape as `geometry`."""
    return np.asarray(shapely.area(project(geometry)))


def area_and_width_m(geometry: Array) -> tuple[Array, Array]:
    """Area (m²) and mean width (m, twice the area over the perimeter) of polygons."""
    area = area_m2(geometry)
    return area, 2 * area / length_m(geometry)


def length_m(geometry: Array) -> Array:
    """Length or perimeter in metres: in the Mercator projection, by its scale at the middle latitude of each.

    Good to 0.1 % for what spans less than a degree; equal-area projections stretch lengths by up to a sixth here.
    """
    bounds = np.radians(shapely.bounds(geometry))
    scale = np.cos((bounds[:, 1] + bounds[:, 3]) / 2)
    return np.asarray(shapely.length(project(geometry, _MERCATOR)) * scale)


def edge_length_m(pairs: Array) -> Array:
    """Length in metres of short edges (k, 2, 2) on the grid: radii of curvature of WGS 84 at the middle latitude."""
    ends = np.radians(pairs / 10**GRID)
    (east, north), middle = (ends[:, 1] - ends[:, 0]).T, ends[:, :, 1].mean(axis=1)
    flattened = 1 - _GEOD.es * np.sin(middle) ** 2
    prime_vertical = _GEOD.a / np.sqrt(flattened)
    meridional = prime_vertical * (1 - _GEOD.es) / flattened
    return np.hypot(east * prime_vertical * np.cos(middle), north * meridional)


def geodesic_area_m2(geometry: Array) -> Array:
    """Area in m² on the ellipsoid WGS 84 (Karney's geodesic polygons, pyproj.Geod); shape (n,)."""
    oriented = shapely.orient_polygons(geometry)
    return np.array([_GEOD.geometry_area_perimeter(g)[0] for g in oriented])


def project(geometry: Array, transformer: Transformer = _EQUAL_AREA) -> Array:
    """Project from CRS84 to metres (by default EPSG:6933, equal area)."""

    def forward(xy: Array) -> Array:
        return np.column_stack(transformer.transform(xy[:, 0], xy[:, 1]))

    return np.asarray(shapely.transform(geometry, forward))
