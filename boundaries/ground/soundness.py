"""Whether polygons are a valid coverage: asked of GEOS, and where it finds fault decided exactly.

``coverage_invalid_edges`` takes a border for one inside a unit where that unit has a hole that touches its outline in
the vertex in which the border begins. So its flags are candidates only; on the grid, in whole numbers, it can be told
for certain: polygons are a coverage if their edges meet in common vertices only, and no face lies in two of them.
"""

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from boundaries.errors import CoverageError
from boundaries.ground.arrangement import arrange
from boundaries.ground.edges import arcs_of_rings, segments
from boundaries.ground.grid import GRID
from boundaries.ground.noding import clashes_of
from boundaries.ground.overlaps import Outlines, claims
from boundaries.ground.ragged import arcs_of
from boundaries.ground.rings import Rings, rings_of

Array = NDArray[Any]


def invalid_units(geometry: Array) -> Array:
    """Indices of units, (Multi)Polygons in degrees, whose polygon is invalid, or has an edge that its neighbours do not
    match, or covers ground of another."""
    geometry = np.asarray(geometry, dtype=object)
    invalid = ~shapely.is_valid(geometry)
    edges = shapely.coverage_invalid_edges(geometry)
    flagged = np.flatnonzero(~invalid & ~(shapely.is_missing(edges) | shapely.is_empty(edges)))
    bad = invalid.copy()
    if len(flagged):
        near = np.unique(shapely.STRtree(geometry).query(geometry[flagged])[1])
        near = near[~invalid[near]]
        bad[np.intersect1d(flagged, near[faulty(geometry[near])])] = True
    return np.flatnonzero(bad)


def refuse_unsound(codes: Array, geometry: Array) -> None:
    """Hold polygons (n,) of units (`codes`) against each other as they are, whatever was known of them before.

    Raises CoverageError where they are no valid coverage.
    """
    bad = np.unique(codes[invalid_units(geometry)])
    if len(bad):
        raise CoverageError(
            f"the polygons of {', '.join(bad[:10])} are no valid coverage: report this as a bug"
        )


def faulty(geometry: Array) -> Array:
    """Indices of (Multi)Polygons in degrees, each valid by itself, that are no coverage with the others; exact.

    Those with a point off the grid are among them.
    """
    parts, unit = shapely.get_parts(geometry, return_index=True)
    xy, part = shapely.get_coordinates(parts, return_index=True)
    off = np.abs(xy * 10**GRID - np.rint(xy * 10**GRID)).max(axis=1) > _OFF
    rings = rings_of(parts, unit)
    found = segments(rings.points, rings.starts)
    owner = np.repeat(rings.part, np.diff(rings.starts))
    hit = np.zeros(len(found.ends), dtype=bool)
    hit[np.concatenate(clashes_of(found))] = True
    bad = np.unique(np.concatenate([unit[part[off]], owner[hit[found.edge]]]))
    return bad if len(bad) else _claimed_twice(rings)


_OFF = 1e-3
"""Steps of the grid that a coordinate may be off it by the rounding of floats."""


def _claimed_twice(rings: Rings) -> Array:
    """Parts that have a face in common with another."""
    cut, points, starts = arcs_of_rings(rings.points, rings.starts)
    half = 2 * arcs_of(cut.refs) + (cut.refs < 0)
    face, part = claims(arrange(points, starts), Outlines(half, np.repeat(rings.part, np.diff(cut.ring))))
    return np.unique(part[np.bincount(face)[face] > 1])
