"""Which base unit is under each of many points, or nearest to it: arrays in, arrays out.

The outlines are asked exactly (a point on a line is in both units); distances are geodesic, to the nearest place of an
outline as found on a plane whose longitudes are shortened as on the ellipsoid at the point's latitude.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Geod

#: How far off the coast a point still belongs to the nearest unit, and what is near a border, in metres.
REACH_M: Final = 5_000.0
BORDER_M: Final = 50.0
_GEOD: Final = Geod(ellps="WGS84")
#: Beyond this the nearest unit is the nearest as seen in degrees.
FAR_M: Final = 200_000.0
METRES_PER_DEGREE: Final = 110_500.0  # the least length of a degree of latitude on WGS 84
_MARGIN: Final = 1.02
#: Pairs of a point and a segment that are measured at once: some arrays of this many doubles are made.
_AT_ONCE: Final = 1 << 18
#: An outline of fewer segments is measured whole.
_FEW: Final = 500

Floats = NDArray[np.float64]
Places = NDArray[np.int64]


@dataclass(frozen=True)
class Near:
    """Pairs of a point and a unit (their places in the arrays given) and the metres between them.

    They stand by point, the nearest first, and of those as near the first unit.
    """

    point: Places
    unit: Places
    metres: Floats


@dataclass(frozen=True)
class Found:
    """For each point the place of its unit (-1: none within reach) and the metres to it (0 on land, NaN without).

    ``beside``: the other units within `BORDER_M` of the point, at sea of the distance of the nearest.
    """

    unit: Places
    metres: Floats
    beside: Near


class PointIndex:
    """Base units by place; thread-safe.

    Parameters
    ----------
    shapes
        Valid polygons that do not overlap, lon/lat degrees; where a point is on a line, the first wins.
    """

    def __init__(self, shapes: NDArray[np.object_]) -> None:
        self.shapes = shapes
        self._tree = shapely.STRtree(shapes)
        south, north = shapely.total_bounds(shapes)[[1, 3]]
        furthest = (
            max(abs(south), abs(north)) + 2
        )  # degrees: what is further than 200 km is not measured here
        self._degrees_per_metre = float(_MARGIN / METRES_PER_DEGREE / shortening(min(furthest, 89.0)))

    def find(self, lon: Floats, lat: Floats, border_m: float = BORDER_M) -> Found:
        """Return the unit of every point (degrees, WGS 84); those at sea take the nearest within `REACH_M`.

        `border_m`: how far others may be to stand beside it.
        """
        points, unit = shapely.points(lon, lat), np.full(len(lon), -1)
        point, hit = self._pairs(points, 0)
        last_is_first = np.argsort(-hit, kind="stable")
        unit[point[last_is_first]] = hit[last_is_first]
        land = unit >= 0
        metres = np.where(land, 0.0, np.nan)
        beside = self._near(points, np.flatnonzero(land), border_m, unit)
        coast = self._near(points, np.flatnonzero(~land), REACH_M, unit)
        if not len(coast.point):
            return Found(unit, metres, beside)
        first = np.flatnonzero(np.diff(coast.point, prepend=-1))
        unit[coast.point[first]], metres[coast.point[first]] = coast.unit[first], coast.metres[first]
        # A point on a line may lie beside it by the last digit: it is on land, and others are looked for as far.
        touching = self._near(points, np.flatnonzero(~land & (metres == 0)), border_m, unit)
        others = (coast.unit != unit[coast.point]) & (coast.metres <= metres[coast.point] + border_m)
        others &= metres[coast.point] > 0
        each = ("point", "unit", "metres")
        parts = [
            [getattr(beside, name), getattr(touching, name), getattr(coast, name)[others]] for name in each
        ]
        return Found(unit, metres, _ordered(*map(np.concatenate, parts)))

    def nearest(self, lon: float, lat: float) -> tuple[int, float]:
        """Return the unit nearest to a point at sea, and its metres; beyond 200 km the nearest in degrees."""
        points, place = shapely.points([lon], [lat]), self._tree.nearest(shapely.Point(lon, lat))
        metres = float(self._metres(points, np.array([place]), np.inf)[0])
        if metres >= FAR_M:
            return int(place), metres
        near = self._near(points, np.array([0]), metres * 1.001, np.array([-1]))
        return int(near.unit[0]), float(near.metres[0])

    def _near(self, points: NDArray[np.object_], chosen: Places, most: float, own: Places) -> Near:
        """Return the units but its `own` within `most` metres of each chosen point."""
        if not len(chosen):
            return Near(chosen, chosen, np.empty(0))
        point, unit = self._pairs(points[chosen], most * self._degrees_per_metre)
        point = chosen[point]
        others = unit != own[point]
        point, unit = point[others], unit[others]
        # A micrometre is nothing: whoever is on a line is as near to all that have it.
        metres = np.round(self._metres(points[point], unit, most), 6)
        close = metres <= most
        return _ordered(point[close], unit[close], metres[close])

    def _pairs(self, points: NDArray[np.object_], degrees: float) -> tuple[Places, Places]:
        """Return points and units within so many degrees of each other: the side that has more gets the tree."""
        how = {"predicate": "dwithin", "distance": degrees} if degrees else {"predicate": "intersects"}
        if len(points) < len(self.shapes):
            point, unit = self._tree.query(points, **how)
        else:  # the units are prepared, each for all of its points
            unit, point = shapely.STRtree(points).query(self.shapes, **how)
        return point, unit

    def _metres(self, points: NDArray[np.object_], unit: Places, most: float) -> Floats:
        """Return the metres from each point to the outline of its unit; more than `most` is inexact."""
        if not len(unit):
            return np.empty(0)
        lon, lat = shapely.get_x(points), shapely.get_y(points)
        away = np.empty((2, len(unit)))
        order = np.argsort(unit, kind="stable")
        for rows in np.split(order, np.flatnonzero(np.diff(unit[order])) + 1):
            starts, ends = _segments(self.shapes[unit[rows[0]]])
            if len(starts) > _FEW:
                starts, ends = _around(lon[rows], lat[rows], starts, ends, most * self._degrees_per_metre)
            for part in np.array_split(rows, 1 + len(rows) * len(starts) // _AT_ONCE):
                away[:, part] = _nearest(lon[part], lat[part], starts, ends)
        return np.atleast_1d(
            _GEOD.inv(lon, lat, lon + away[0], lat + away[1])[2]
        )  # of one pair it may be a number


def _ordered(point: Places, unit: Places, metres: Floats) -> Near:
    order = np.lexsort((unit, metres, point))
    return Near(point[order], unit[order], metres[order])


def shortening(lat: float | Floats) -> Floats:
    """Return the length of a degree of longitude in degrees of latitude, on the ellipsoid: N cos(lat) / M."""
    sine, cosine = np.sin(np.radians(lat)), np.cos(np.radians(lat))
    return np.maximum(cosine * (1 - _GEOD.es * sine * sine) / (1 - _GEOD.es), 1e-6)


def _segments(shape: shapely.Geometry) -> tuple[Floats, Floats]:
    """Return the two ends (n, 2) of every segment of an outline."""
    xy, ring = shapely.get_coordinates(shapely.get_rings(shapely.get_parts(shape)), return_index=True)
    joined = ring[1:] == ring[:-1]
    return xy[:-1][joined], xy[1:][joined]


def _around(lon: Floats, lat: Floats, starts: Floats, ends: Floats, reach: float) -> tuple[Floats, Floats]:
    """Return the segments that may be within `reach` degrees of some of the points; all, if none may be."""
    low, high = (lon.min() - reach, lat.min() - reach), (lon.max() + reach, lat.max() + reach)
    close = ((np.maximum(starts, ends) >= low) & (np.minimum(starts, ends) <= high)).all(axis=1)
    return (starts[close], ends[close]) if close.any() else (starts, ends)


def _nearest(lon: Floats, lat: Floats, starts: Floats, ends: Floats) -> Floats:
    """Return how far, in degrees (2, n), it is from each point to the nearest place of the segments."""
    scale = shortening(lat)[:, None]
    x, y = (starts[:, 0] - lon[:, None]) * scale, starts[:, 1] - lat[:, None]
    along, up = (ends[:, 0] - starts[:, 0]) * scale, (ends[:, 1] - starts[:, 1])[None, :]
    length = along * along + up * up
    share = -(x * along + y * up) / np.where(length > 0, length, 1)
    np.clip(share, 0, 1, out=share)
    x += share * along
    y += share * up
    rows, first = np.arange(len(lon)), np.argmin(x * x + y * y, axis=1)
    return np.stack([x[rows, first] / scale[:, 0], y[rows, first]])
