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
    """Area (n,) in m² on the ellipsoid WGS 84 of (Multi)Polygons whose edges are straight in longitude and latitude.

    So a point more or less on an edge changes nothing, however long the edge, and longitudes may run past 180.
    """
    geometry = np.atleast_1d(np.asarray(geometry, dtype=object))
    parts, owner = shapely.get_parts(geometry, return_index=True)
    polygon = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    parts, owner = parts[polygon], owner[polygon]
    rings, part = shapely.get_rings(parts, return_index=True)
    if not len(rings):
        return np.zeros(len(geometry))
    area = ring_area_m2(*shapely.get_coordinates(rings, return_index=True))
    shell = np.append(True, part[1:] != part[:-1])
    return np.bincount(owner[part], np.where(shell, area, -area), len(geometry))


def ring_area_m2(xy: Array, ring: Array) -> Array:
    """Area in m² inside each of closed rings, one after another: `xy` (n, 2) degrees, `ring` (n,) its number."""
    first = np.flatnonzero(np.append(True, ring[1:] != ring[:-1]))
    swept = np.zeros(len(xy))
    swept[:-1] = swept_m2(xy)
    swept[first[1:] - 1] = 0
    return np.abs(np.add.reduceat(swept, first))


def swept_m2(xy: Array) -> Array:
    """Area in m² (n - 1,) between the edges of a line and the equator; a ring with its ground on the left adds up to
    its area.

    `xy` (n, 2): degrees. The height over the equator in the equal-area projection, averaged over each edge: by its
    second derivative, which is good to 0.01 m² for a kilometre, and for long edges by Simpson's rule.
    """
    north = np.radians(xy[:, 1])
    sine = np.sin(north)
    height = _height_m(sine)
    step = np.diff(north)
    flat = 1 - _GEOD.es * sine**2
    bend = _GEOD.a * (1 - _GEOD.es) * sine * (4 * _GEOD.es * (1 - sine**2) - flat) / flat**3
    mean = (height[:-1] + height[1:]) / 2 - step**2 * (bend[:-1] + bend[1:]) / 24
    long = np.flatnonzero(np.abs(step) > _LONG)
    middle = _height_m(np.sin((north[long] + north[long + 1]) / 2))
    mean[long] = (height[long] + 4 * middle + height[long + 1]) / 6
    return np.asarray(np.radians(-np.diff(xy[:, 0])) * _GEOD.a * mean)


_LONG: Final = 2e-3
"""Edges that span more radians of latitude (13 km)."""


def _height_m(sine: Array) -> Array:
    """Height over the equator, by the sine of the latitude, in Lambert's cylindrical equal-area projection
    (Snyder 1987, eq. 10-15 and 3-12, the latter as a series of which the ninth term is under 1e-17)."""
    square, q = sine**2, np.zeros_like(sine)
    for k in range(7, -1, -1):
        q = q * square * _GEOD.es + (2 * k + 2) / (2 * k + 1)
    return np.asarray(_GEOD.a * (1 - _GEOD.es) * q * sine / 2)


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


def arc_length_m(points: Array, starts: Array) -> Array:
    """Length in metres of lines on the grid, one after another (ends included)."""
    each = np.zeros(len(points))
    each[:-1] = edge_length_m(np.stack([points[:-1], points[1:]], axis=1))
    each[starts[1:] - 1] = 0
    return np.add.reduceat(each, starts[:-1]) if len(starts) > 1 else each[:0]


def edge_length_m(pairs: Array) -> Array:
    """Length in metres of short edges (k, 2, 2) on the grid: radii of curvature of WGS 84 at the middle latitude."""
    step = pairs[:, 1] - pairs[:, 0]
    sine = np.sin(np.radians((pairs[:, 0, 1] + pairs[:, 1, 1]) / (2 * 10**GRID)))
    square = sine * sine
    flattened = 1 - _GEOD.es * square
    east = np.radians(step[:, 0] / 10**GRID)
    north = np.radians(step[:, 1] / 10**GRID) * (1 - _GEOD.es) / flattened
    return np.asarray(_GEOD.a * np.sqrt((east * east * (1 - square) + north * north) / flattened))


def geodesic_area_m2(geometry: Array) -> Array:
    """Area in m² on the ellipsoid WGS 84 (Karney's geodesic polygons, pyproj.Geod); shape (n,)."""
    parts, owner = shapely.get_parts(shapely.orient_polygons(np.atleast_1d(geometry)), return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    lines = np.split(xy, np.searchsorted(ring, np.arange(1, len(rings))))
    area = [_GEOD.polygon_area_perimeter(*np.ascontiguousarray(line.T))[0] for line in lines]
    return np.bincount(owner[part], area, len(geometry))


def project(geometry: Array, transformer: Transformer = _EQUAL_AREA) -> Array:
    """Project from CRS84 to metres (by default EPSG:6933, equal area)."""

    def forward(xy: Array) -> Array:
        return np.column_stack(transformer.transform(xy[:, 0], xy[:, 1]))

    return np.asarray(shapely.transform(geometry, forward))
