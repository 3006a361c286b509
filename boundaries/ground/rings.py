"""Polygons as rings in whole numbers on the grid, and back."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from boundaries.ground.grid import GRID
from boundaries.ground.ragged import spans

Array = NDArray[Any]

_POLYGON: Final = shapely.GeometryType.POLYGON


@dataclass(frozen=True)
class Rings:
    """Open rings one after another, ground on the left, no point twice in a row.

    ``points`` (n, 2) int64 on the grid; ``starts`` (r + 1,): where each ring starts; ``shell`` (r,): whether it is the
    outside of a polygon, whose holes come after it; ``part`` (r,): which of the given polygons it belongs to.
    """

    points: Array
    starts: Array
    shell: Array
    part: Array

    def take(self, chosen: Array) -> "Rings":
        """Some of the rings, by number."""
        at, starts = spans(self.starts, chosen)
        return Rings(self.points[at], starts, self.shell[chosen], self.part[chosen])

    def shapes(self, scale: float = 1.0) -> tuple[Array, Array]:
        """Polygons, coordinates divided by `scale`, and the part of each."""
        count = len(self.starts) - 1
        closed = np.insert(self.points, self.starts[1:], self.points[self.starts[:-1]], axis=0)
        polygons = np.append(np.flatnonzero(self.shell), count)
        offsets = (self.starts + np.arange(count + 1), polygons)
        made = shapely.from_ragged_array(_POLYGON, closed / scale, offsets)
        return np.asarray(made), self.part[self.shell]


def rings_of(polygons: Array, part: Array | None = None, scale: float = 10.0**GRID) -> Rings:
    """Put Polygons (m,) on the grid, coordinates times `scale`.

    `part` (m,): what each is a part of, by default itself. Rings of which fewer than three points are left enclose
    nothing and are left out, with their holes where it is the outside.
    """
    part = np.arange(len(polygons)) if part is None else part
    rings, polygon = shapely.get_rings(shapely.orient_polygons(polygons), return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    whole = np.rint(xy * scale).astype(np.int64)
    keep = np.zeros(len(whole), dtype=bool)
    keep[:-1] = (ring[1:] == ring[:-1]) & (whole[1:] != whole[:-1]).any(axis=1)
    sizes = np.bincount(ring[keep], minlength=len(rings))
    starts = np.concatenate([[0], np.cumsum(sizes)])
    shell = np.append(True, polygon[1:] != polygon[:-1])[: len(rings)]
    found = Rings(whole[keep], starts, shell, part[polygon])
    solid = sizes >= 3
    if solid.all():
        return found
    return found.take(np.flatnonzero(solid & solid[np.flatnonzero(shell)][np.cumsum(shell) - 1]))


def merged(one: Rings, other: Rings) -> Rings:
    """Rings of both, those of the first before those of the other."""
    return Rings(
        np.concatenate([one.points, other.points]),
        np.concatenate([one.starts, one.starts[-1] + other.starts[1:]]),
        np.concatenate([one.shell, other.shell]),
        np.concatenate([one.part, other.part]),
    )
