"""Room on a coarse grid where lines crowd: there the map is spread, as under a lens, and nowhere else.

A knot of lines, or an islet in a narrow water, may have no free cell on a grid that has room for all the rest of the
nation. Around such a place all lines move away from it, the nearest the most, none by more than a quarter of the
radius, and beyond the radius none at all. The plane is stretched, not torn: lines that did not meet do not meet after
it, and an arc that neighbours share stays one arc.
"""

from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from boundaries.errors import ReleaseError
from boundaries.topology.arcs import Topology

Array = NDArray[Any]

RADIUS: Final = 8.0
"""Cells around a place in which lines are spread the first time; each time after it twice as many."""
TIMES: Final = 2
"""So often the places without room are spread; after that the grid is too coarse."""
MOST: Final = 40
"""Where more places than that have no room at once, it is the grid that is too coarse."""
_POWER: Final = 0.5
_APART: Final = 0.25
"""Cells between the points of a line under the lens."""


class NoRoomError(ReleaseError):
    """A drawing that failed at a few places: ``places`` (k, 2), in cells of its grid, as they were drawn there;
    ``lines``: which of the given lines cannot be drawn, if it is known."""

    def __init__(self, message: str, places: Array, lines: Array | None = None) -> None:
        super().__init__(message)
        self.places = np.asarray(places, dtype=np.float64).reshape(-1, 2)
        self.lines = np.empty(0, dtype=np.int64) if lines is None else lines


def centres(places: Array, radius: float) -> Array:
    """One place for all that are within a radius of each other, the same for the same places in any order."""
    left = np.unique(places, axis=0)
    found = []
    while len(left):
        near = ((left - left[0]) ** 2).sum(axis=1) <= radius**2
        found.append(left[near].mean(axis=0))
        left = left[~near]
    return np.array(found).reshape(-1, 2)


def spread(topology: Topology, around: Array, radius: float, apart: float) -> Topology:
    """Move the points within `radius` of the places `around` (k, 2) away from them; all in units of the grid.

    Lines get points every `apart` there, so that they bend as the ground does. Ends of arcs that were the same
    stay the same.
    """
    for centre in np.asarray(around, dtype=np.float64):
        topology = _spread(topology, centre, radius, apart)
    return topology


def _spread(topology: Topology, centre: Array, radius: float, apart: float) -> Topology:
    points = topology.points.astype(np.float64) - centre
    arc = np.repeat(np.arange(len(topology)), np.diff(topology.starts))
    first = np.flatnonzero(arc[:-1] == arc[1:])
    a, ab = points[first], points[first + 1] - points[first]
    squared = np.maximum((ab**2).sum(axis=1), 1.0)
    nearest = a + np.clip(-(a * ab).sum(axis=1) / squared, 0, 1)[:, None] * ab
    near = (nearest**2).sum(axis=1) < radius**2
    first, a, ab = first[near], a[near], ab[near]
    pieces = np.ceil(np.hypot(*ab.T) / apart).astype(np.int64)
    which = np.repeat(np.arange(len(first)), np.maximum(pieces - 1, 0))
    number = np.arange(len(which)) - np.searchsorted(which, which) + 1
    between = a[which] + (number / pieces[which])[:, None] * ab[which]
    inside = (between**2).sum(axis=1) < radius**2
    after, between = first[which[inside]] + 1, between[inside]
    points, arc = np.insert(points, after, between, axis=0), np.insert(arc, after, arc[after])
    share = np.hypot(*points.T) / radius
    under = (share > 0) & (share < 1)
    points[under] *= (share[under] ** (_POWER - 1))[:, None]
    starts = np.concatenate([[0], np.cumsum(np.bincount(arc, minlength=len(topology)))])
    moved = np.rint(points + centre).astype(np.int64)
    return replace(topology, points=moved, starts=starts)


def spacing(step: int) -> float:
    """How far apart points are put under the lens, for a grid of `step`."""
    return max(1.0, _APART * step)
