"""Points where a lookup may go wrong: on lines and corners, a hair beside them, near borders, at sea."""

import functools

import numpy as np
import pyproj
import shapely

from boundaries.release.lookup import Lookup

GEOD = pyproj.Geod(ellps="WGS84")
Points = np.ndarray


def on_land(shapes: np.ndarray, count: int, random: np.random.Generator) -> Points:
    """Points inside units; every unit is as likely, small or large."""
    found: list[np.ndarray] = []
    while sum(map(len, found)) < count:
        chosen = shapes[random.integers(0, len(shapes), count)]
        low, high = np.split(shapely.bounds(chosen), 2, axis=1)
        points = low + random.random((count, 2)) * (high - low)
        found.append(points[shapely.contains_xy(chosen, points)])
    return np.concatenate(found)[:count]


@functools.cache
def _vertices(server: Lookup) -> tuple[np.ndarray, np.ndarray]:
    """Every vertex of the coverage once, and how many units have it."""
    xy, owner = shapely.get_coordinates(server.shapes, return_index=True)
    pairs = np.unique(np.column_stack([xy, owner]), axis=0)
    return np.unique(pairs[:, :2], axis=0, return_counts=True)


def vertices(server: Lookup, least: int, most: int, count: int, random: np.random.Generator) -> Points:
    """Vertices that so many units share."""
    xy, shared = _vertices(server)
    return random.choice(xy[(shared >= least) & (shared <= most)], count)


def middles(server: Lookup, count: int, random: np.random.Generator) -> Points:
    """The middles of edges, as near as doubles come: on the line or a hair to one side."""
    chosen = server.shapes[random.integers(0, len(server.shapes), count)]
    found = []
    for xy in map(shapely.get_coordinates, chosen):
        at = random.integers(0, len(xy) - 1)
        found.append((xy[at] + xy[at + 1]) / 2)
    return np.array(found)


def moved(points: Points, metres: np.ndarray, random: np.random.Generator) -> Points:
    lon, lat, _ = GEOD.fwd(points[:, 0], points[:, 1], random.uniform(0, 360, len(points)), metres)
    return np.column_stack([lon, lat])


def at_sea(server: Lookup, most_m: float, count: int, random: np.random.Generator) -> Points:
    """Points in no unit, at up to so many metres from a coast."""
    starts = vertices(server, 1, 1, 5 * count, random)
    points = moved(starts, random.uniform(0, most_m, len(starts)), random)
    hits = shapely.STRtree(server.shapes).query(shapely.points(points), predicate="intersects")[0]
    dry = np.setdiff1d(np.arange(len(points)), hits)
    assert len(dry) >= count
    return points[dry[:count]]


def nudged(points: Points, random: np.random.Generator) -> Points:
    """The next double beside a point, in one of four directions."""
    signs = random.choice([-np.inf, 0.0, np.inf], points.shape)
    return np.where(signs == 0, points, np.nextafter(points, signs))
