"""Coordinate reference systems that the service reads and writes, each in the axis order of its authority."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

CRS84: Final = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_EPSG: Final = "http://www.opengis.net/def/crs/EPSG/0/{}"

#: WGS 84 lat/lon, Web Mercator, WGS 84 / UTM 46-54 north and south, DGN95 / Indonesia TM-3 46.2-54.1.
EPSG_CODES: Final = (4326, 3857, *range(32646, 32655), *range(32746, 32755), *range(23830, 23846))
SUPPORTED: Final = (CRS84, *(_EPSG.format(code) for code in EPSG_CODES))

_LINE: Final = shapely.GeometryType.LINESTRING
_POLYGON: Final = shapely.GeometryType.POLYGON
#: Half the world's width in Web Mercator, in metres, and as far north as its latitudes can be told apart.
_WORLD: Final = 20037508.342789244
_HIGH: Final = 5e7
#: Points on each side of a box that is bent into lon/lat.
_SIDE: Final = 64


@dataclass(frozen=True)
class Crs:
    """One system: its URI, and how many decimals say about a centimetre or less."""

    uri: str
    digits: int

    @property
    def is_default(self) -> bool:
        """Whether this is CRS84, in which releases are stored."""
        return self.uri == CRS84


DEFAULT: Final = Crs(CRS84, 7)


@lru_cache(maxsize=len(SUPPORTED))
def get(uri: str) -> Crs:
    """Return the system of a URI of SUPPORTED."""
    return Crs(uri, 7 if uri in (CRS84, _EPSG.format(4326)) else 3)


@lru_cache(maxsize=2 * len(SUPPORTED))
def _transformer(source: str, target: str) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(_authority(source), _authority(target))


def _authority(uri: str) -> str:
    return "OGC:CRS84" if uri == CRS84 else f"EPSG:{uri.rpartition('/')[2]}"


def write(geometries: NDArray[np.object_], crs: Crs) -> NDArray[np.object_]:
    """Return lon/lat geometries in `crs`, rounded, exterior rings counter-clockwise in lon/lat (RFC 7946)."""
    oriented = shapely.orient_polygons(geometries)
    if crs.is_default:
        return shapely.transform(oriented, lambda xy: np.round(xy, crs.digits))
    move = _transformer(CRS84, crs.uri)

    def there(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.round(np.column_stack(move.transform(xy[:, 0], xy[:, 1])), crs.digits)

    return shapely.transform(oriented, there)


def lonlat(xy: NDArray[np.float64], crs: Crs) -> NDArray[np.float64]:
    """Return positions (n, 2) of a projected system in lon/lat.

    Raises ValueError for positions where the system cannot be computed: those that do not come back to within
    a metre. PROJ would give them some place on the other side of the world.
    """
    moved = np.column_stack(_transformer(crs.uri, CRS84).transform(xy[:, 0], xy[:, 1]))
    again = np.column_stack(_transformer(CRS84, crs.uri).transform(moved[:, 0], moved[:, 1]))
    if not (np.abs(again - xy) <= 1.0).all():  # false for infinity and nan, too
        raise ValueError("reaches outside the area where this system can be computed")
    return moved


def to_lonlat(geometry: shapely.Geometry, crs: Crs) -> shapely.Geometry:
    """Return a geometry of a projected system in lon/lat.

    Raises ValueError as `lonlat` does, and for a side across the antimeridian: in lon/lat it would go the other
    way round the world.
    """
    moved = shapely.transform(geometry, lambda xy: lonlat(xy, crs))
    parts = shapely.get_parts(moved)
    rings = shapely.get_rings(parts[shapely.get_type_id(parts) == _POLYGON])
    lines = np.concatenate([rings, parts[shapely.get_type_id(parts) == _LINE]])
    xy, line = shapely.get_coordinates(lines, return_index=True)
    far = np.abs(np.diff(xy[:, 0])) > 180
    if (far & (np.diff(line) == 0)).any():
        raise ValueError("crosses the antimeridian; ask for it in lon/lat (CRS84)")
    return moved


@dataclass(frozen=True, slots=True)
class Area:
    """Part of the earth in lon/lat: its shape, and boxes (west, south, east, north) that hold it."""

    shape: shapely.Geometry
    boxes: tuple[tuple[float, float, float, float], ...]
    exact: bool  # the boxes are the area itself


def area(box: tuple[float, float, float, float], crs: Crs) -> Area:
    """Return the lon/lat area of a box (first, second axis minimum, then maximum, as `crs` orders them).

    A lon/lat box whose west is east of its east crosses the antimeridian and becomes two boxes. A box in
    another system has its sides bent, 64 points each. Raises ValueError if the box cannot be placed.
    """
    if crs.uri == _EPSG.format(4326):
        box, crs = (box[1], box[0], box[3], box[2]), get(CRS84)
    if crs.is_default:
        return _lonlat_area(*box)
    if box[0] > box[2]:
        raise ValueError("the first minimum is greater than the first maximum")
    if crs.uri == _EPSG.format(3857):  # a map's view may be wider than the world
        box = (max(box[0], -_WORLD), max(box[1], -_HIGH), min(box[2], _WORLD), min(box[3], _HIGH))
        if box[0] > box[2] or box[1] > box[3]:
            raise ValueError("the box lies outside of the world")
    moved = to_lonlat(_sides(*box), crs)
    whole = moved if shapely.is_valid(moved) else shapely.make_valid(moved)
    west, south, east, north = shapely.bounds(whole)
    return Area(whole, ((west, south, east, north),), exact=False)


def rectangle(xmin: float, ymin: float, xmax: float, ymax: float) -> shapely.Geometry:
    """Return a box; a line or a point where it has no width or height, which a polygon could not be."""
    if xmin < xmax and ymin < ymax:
        return shapely.box(xmin, ymin, xmax, ymax)
    if (xmin, ymin) == (xmax, ymax):
        return shapely.Point(xmin, ymin)
    return shapely.LineString([(xmin, ymin), (xmax, ymax)])


def _sides(xmin: float, ymin: float, xmax: float, ymax: float) -> shapely.Geometry:
    """Return a box with `_SIDE` points on each side; a line or a point where it has no width or height."""
    flat = rectangle(xmin, ymin, xmax, ymax)
    if flat.geom_type == "Point":
        return flat
    x, y = np.linspace(xmin, xmax, _SIDE + 1), np.linspace(ymin, ymax, _SIDE + 1)
    if flat.geom_type == "LineString":
        return shapely.LineString(np.column_stack([x, y]))
    across = np.concatenate([x[:-1], np.full(_SIDE, xmax), x[:0:-1], np.full(_SIDE + 1, xmin)])
    along = np.concatenate([np.full(_SIDE, ymin), y[:-1], np.full(_SIDE, ymax), y[::-1]])
    return shapely.Polygon(np.column_stack([across, along]))


def _lonlat_area(west: float, south: float, east: float, north: float) -> Area:
    if west <= east:
        return Area(rectangle(west, south, east, north), ((west, south, east, north),), exact=True)
    if east < -180 or west > 180:
        raise ValueError("the west is east of the east, and not both lie within -180..180")
    boxes = ((west, south, 180.0, north), (-180.0, south, east, north))
    return Area(shapely.GeometryCollection([rectangle(*box) for box in boxes]), boxes, exact=True)
