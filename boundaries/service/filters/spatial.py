"""Literal geometries: from the order and system of ``filter-crs`` to lon/lat, checked on the way; predicates.

A side of a literal is straight in the system that it is written in. In a projected one it is bent when moved
to lon/lat: some 64 points along the literal's extent, as `boundaries.service.crs.area` bends a box.
"""

import math
from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.errors import GEOSException

from boundaries.service import crs as crs_module
from boundaries.service.crs import Crs
from boundaries.service.filters.model import FilterError
from boundaries.service.filters.tree import Box, Coordinates, Geometry, Shape

#: name -> the same question with the literal first, whose prepared form GEOS can use.
LITERAL_FIRST: Final[dict[str, Callable[..., Any]]] = {
    "s_contains": shapely.within,
    "s_crosses": shapely.crosses,
    "s_disjoint": shapely.disjoint,
    "s_equals": shapely.equals,
    "s_intersects": shapely.intersects,
    "s_overlaps": shapely.overlaps,
    "s_touches": shapely.touches,
    "s_within": shapely.contains,
}
#: What the operator is called when its operands change places.
MIRRORED: Final = {"s_contains": "s_within", "s_within": "s_contains"}
#: What holds between a geometry (not empty) and itself.
REFLEXIVE: Final = ("s_contains", "s_equals", "s_intersects", "s_within")

_BEND: Final = 64
#: Points that bending adds, about, at most, however long the sides are together.
_BEND_POINTS: Final = 8_192
#: Literals of more parts are looked up by one box for all.
_PARTS: Final = 16
_BUILD: Final[dict[str, Callable[..., Any]]] = {
    "Point": shapely.Point,
    "LineString": shapely.LineString,
    "MultiPoint": shapely.MultiPoint,
    "MultiLineString": shapely.MultiLineString,
}


def vertices(shape: Shape | Box) -> int:
    """Return how many positions a literal has."""
    if isinstance(shape, Box):
        return 4
    return sum(1 for _ in _positions(shape.coordinates)) + sum(vertices(part) for part in shape.parts)


def move(literal: Shape | Box, crs: Crs) -> Geometry:
    """Return a literal, written in `crs` and its axis order, in lon/lat; FilterError if it is no geometry."""
    geometry = _box(literal, crs) if isinstance(literal, Box) else _shape(literal, crs)
    return Geometry(shapely.to_wkb(geometry), literal.at)


def holds(op: str, literal: shapely.Geometry, geometries: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Return for which geometries ``op(geometry, literal)`` is true; null ones are false."""
    try:
        answer: NDArray[np.bool_] = LITERAL_FIRST[op](literal, geometries)
    except GEOSException as error:
        raise FilterError(f"{op.upper()} cannot be computed with this literal: {error}") from None
    return answer


def present(boxes: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return where there is a geometry."""
    known: NDArray[np.bool_] = np.logical_and.reduce(np.isfinite(boxes), axis=1)
    return known


def near(boxes: NDArray[np.float64], literal: shapely.Geometry) -> NDArray[np.bool_]:
    """Return which boxes share a point with a box of the literal's parts."""
    parts = shapely.get_parts(literal)
    close = np.zeros(len(boxes), dtype=bool)
    for west, south, east, north in shapely.bounds(parts if len(parts) <= _PARTS else [literal]):
        across = (boxes[:, 0] <= east) & (boxes[:, 2] >= west)
        close |= across & (boxes[:, 1] <= north) & (boxes[:, 3] >= south)
    return close


def inside(boxes: NDArray[np.float64], literal: shapely.Geometry) -> NDArray[np.bool_]:
    """Return which boxes lie in the interior of the literal: what they hold needs no look."""
    within = np.zeros(len(boxes), dtype=bool)
    if shapely.get_type_id(literal) in (3, 6):
        broad = (boxes[:, 0] < boxes[:, 2]) & (boxes[:, 1] < boxes[:, 3])
        within[broad] = shapely.contains_properly(literal, shapely.box(*boxes[broad].T))
    return within


def _shape(shape: Shape, crs: Crs) -> shapely.Geometry:
    try:
        with np.errstate(all="ignore"):
            written = shapely.force_2d(_built(shape))
    except (ValueError, TypeError, GEOSException) as error:
        raise FilterError(
            f"{shape.type} {shape.at} is no geometry: {error}", "positions of two numbers"
        ) from None
    if not shapely.is_valid(written):
        reason = shapely.is_valid_reason(written)
        raise FilterError(f"{shape.type} {shape.at} is not valid: {reason}", "a valid geometry")
    return _lonlat(written, crs, f"{shape.type} {shape.at}")


def _built(shape: Shape) -> shapely.Geometry:
    if shape.type == "GeometryCollection":
        return shapely.GeometryCollection([_built(part) for part in shape.parts])
    if shape.type == "Polygon":
        return _polygon(shape.coordinates, shape.at)
    if shape.type == "MultiPolygon":
        return shapely.MultiPolygon([_polygon(_nested(rings), shape.at) for rings in shape.coordinates])
    return _BUILD[shape.type](shape.coordinates)


def _polygon(rings: Coordinates, at: str) -> shapely.Polygon:
    for ring in rings:
        points = _nested(ring)
        if len(points) < 4 or points[0] != points[-1]:
            allowed = "rings of at least four positions, the last the same as the first"
            raise FilterError(f"the ring of a polygon {at} is not closed", allowed)
    return shapely.Polygon(rings[0], rings[1:])


def _nested(value: "float | Coordinates") -> Coordinates:
    assert isinstance(value, tuple)
    return value


def _positions(value: Coordinates) -> Iterator[Coordinates]:
    """Go through the positions, however deep."""
    if value and isinstance(value[0], float):
        yield value
        return
    for part in value:
        yield from _positions(_nested(part))


def _lonlat(geometry: shapely.Geometry, crs: Crs, name: str) -> shapely.Geometry:
    if crs.is_default:
        moved = geometry
    elif crs.uri.endswith("/EPSG/0/4326"):
        moved = shapely.transform(geometry, lambda xy: xy[:, ::-1])
    else:
        try:
            moved = crs_module.to_lonlat(_bent(geometry), crs)
        except (ValueError, GEOSException) as error:
            raise FilterError(f"{name}: {error}", "positions where filter-crs is in use") from None
    _check_lonlat(moved, name)
    return moved if shapely.is_valid(moved) else shapely.make_valid(moved)


def _bent(geometry: shapely.Geometry) -> shapely.Geometry:
    west, south, east, north = shapely.bounds(geometry)
    step = max((east - west) / _BEND, (north - south) / _BEND, shapely.length(geometry) / _BEND_POINTS)
    return shapely.segmentize(geometry, step) if step > 0 else geometry


def _check_lonlat(geometry: shapely.Geometry, name: str) -> None:
    west, south, east, north = shapely.bounds(geometry)
    if not all(map(math.isfinite, (west, south, east, north))):
        raise FilterError(f"{name} lies outside the area where its system can be computed")
    if west < -180 or east > 180 or south < -90 or north > 90:
        order = "positions in the axis order of filter-crs: longitude -180..180, latitude -90..90"
        raise FilterError(f"{name} lies outside of the earth", order)


def _box(box: Box, crs: Crs) -> shapely.Geometry:
    """Return a box: across the antimeridian two of them, bent in a projected system."""
    numbers = list(box.numbers)
    allowed = "BBOX of four numbers (or six of which the third and sixth are heights), the minima first"
    if len(numbers) == 6:
        if numbers[2] > numbers[5]:
            raise FilterError(f"the lower height of BBOX {box.at} is greater than the upper", allowed)
        del numbers[5], numbers[2]
    upward = 0 if crs.uri.endswith("/EPSG/0/4326") else 1
    if numbers[upward] > numbers[upward + 2]:
        raise FilterError(f"the lower corner of BBOX {box.at} lies above the upper one", allowed)
    try:
        area = crs_module.area((numbers[0], numbers[1], numbers[2], numbers[3]), crs).shape
    except ValueError as error:
        raise FilterError(f"BBOX {box.at}: {error}", allowed) from None
    _check_lonlat(area, f"BBOX {box.at}")
    return shapely.union_all(shapely.get_parts(area)) if area.geom_type == "GeometryCollection" else area
