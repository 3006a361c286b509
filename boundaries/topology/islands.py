"""Islands on a coarse grid: each keeps a shape of its own, on free water, however small it is.

A sea island is a ring of its own that no border cuts. Over half of Indonesia's are smaller than one cell of the grids
that a national web map can afford; rounded, they would vanish. They become *stamps* of half a cell to two cells, the
nearest in area, set down at the free place nearest to where they belong. Larger ones keep their outline and are moved
by a few cells where it would touch something else. Larger islands choose first.
"""

import functools
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from boundaries.topology.room import NoRoomError
from boundaries.topology.simplify import Lines

Array = NDArray[Any]

#: Clockwise shapes of half a cell, one, one and a half, and two. Their sides run along the axes and falling diagonals
#: of the grid only: so two of them meet if, and only if, they have a point of the grid in common.
STAMPS: Final = tuple(
    np.array(points, dtype=np.int64)
    for points in (
        [(0, 0), (0, 1), (1, 0)],
        [(0, 0), (0, 1), (1, 1), (1, 0)],
        [(0, 0), (0, 1), (1, 1), (2, 0)],
        [(0, 0), (0, 2), (2, 0)],
    )
)
_INSIDE: Final = (  # every point of the grid in or on a stamp
    STAMPS[0],
    STAMPS[1],
    np.array([(0, 0), (0, 1), (1, 1), (1, 0), (2, 0)]),
    np.array([(0, 0), (0, 1), (0, 2), (1, 1), (1, 0), (2, 0)]),
)
_SIZE: Final = np.array([stamp.max(axis=0) for stamp in STAMPS])
_AREA: Final = np.array([0.5, 1.0, 1.5, 2.0])
STAMPED: Final = 2.25
"""Islands of a smaller area, in cells, become a stamp."""

_REACHES: Final = ((0, 1), (1, 1), (2, 1), (4, 1), (8, 1), (16, 2), (32, 2), (64, 4), (128, 8), (256, 16))
"""How far from its place an island is looked for room, and every how many cells: one after another. Beyond the fifth
come only islets in channels that are narrower than a cell for miles, as in Aru."""


def settle_outlines(shapes: Array, area: Array, land: Array) -> tuple[Array, Array]:
    """Move islands aside until none touches land or another, the larger first served.

    `shapes` (m,): the ground of each, on the grid. Returns displacements (m, 2) in cells, and the shapes there.
    Raises NoRoomError where one finds no free water.
    """
    order = np.lexsort((np.arange(len(shapes)), -area))
    moved: Array = np.zeros((len(shapes), 2))
    placed: Array = np.full(len(shapes), None, dtype=object)
    for reach, stride in _REACHES:
        around = offsets(reach, stride)
        while True:
            waiting = order[shapely.is_missing(placed[order])]
            if not len(waiting):
                return moved, placed
            chosen, by = _choose(shapes[waiting], placed, land, around)
            moved[waiting] = by
            placed[waiting] = chosen
            if shapely.is_missing(chosen).all():
                break
    raise NoRoomError(
        f"{len(waiting)} islands find no free water on a grid this coarse; choose a finer one",
        shapely.get_coordinates(shapely.centroid(shapes[waiting])),
    )


def _choose(shapes: Array, placed: Array, land: Array, offsets: Array) -> tuple[Array, Array]:
    """For each shape, itself at the first of the offsets where it is free, or None; and that offset.

    Of shapes that would touch each other the first has its way; the others come out as None.
    """
    count = len(offsets)
    trial = np.repeat(shapes, count)
    xy, index = shapely.get_coordinates(trial, return_index=True)
    trial = shapely.set_coordinates(trial, xy + np.tile(offsets, (len(shapes), 1))[index])
    free = np.ones(len(trial), dtype=bool)
    tree = shapely.STRtree(trial)
    free[tree.query(land, predicate="intersects")[1]] = False
    free[tree.query(placed[~shapely.is_missing(placed)], predicate="intersects")[1]] = False
    fits = free.reshape(-1, count)
    pick = fits.argmax(axis=1)
    chosen = trial.reshape(-1, count)[np.arange(len(shapes)), pick]
    chosen[~fits.any(axis=1)] = None
    there = np.flatnonzero(fits.any(axis=1))
    i, j = shapely.STRtree(chosen[there]).query(chosen[there], predicate="intersects")
    chosen[there[i[j < i]]] = None
    return chosen, offsets[pick]


@functools.cache
def offsets(reach: int, stride: int = 1) -> Array:
    """Displacements by whole cells up to a distance, the nearest first. (One array for all: not to be written to.)"""
    span = range(-reach // stride * stride, reach + 1, stride)
    found = [(x, y) for x in span for y in span if x * x + y * y <= reach**2 + 1]
    return np.array(sorted(found, key=lambda p: (p[0] ** 2 + p[1] ** 2, p)))


# --- stamps ------------------------------------------------------------------------------------------


def settle_stamps(islands: Lines, area: Array, clockwise: Array, land: Array) -> Lines:
    """Give every island the stamp nearest to its area, at the free place nearest to its middle.

    Parameters
    ----------
    islands
        Free rings in cells of the grid (float).
    area
        Their true areas in cells (m,).
    clockwise
        Which way round each runs, and shall run (m,).
    land
        Geometries on the grid that no stamp may touch.

    Raises
    ------
    NoRoomError
        An island finds no free water within reach.
    """
    first = islands.starts[:-1]
    middle = (np.minimum.reduceat(islands.points, first) + np.maximum.reduceat(islands.points, first)) / 2
    order = np.lexsort((np.arange(len(area)), -area))  # larger ones first
    kind = np.abs(area[:, None] - _AREA).argmin(axis=1)
    corner = np.empty((len(area), 2), dtype=np.int64)
    corner[order], kind[order] = _places(middle[order], kind[order], land)
    sizes = np.array([len(stamp) for stamp in STAMPS])[kind]
    starts = np.concatenate([[0], np.cumsum(sizes)])
    points = np.empty((starts[-1], 2), dtype=np.int64)
    for which, stamp in enumerate(STAMPS):
        for turn in (1, -1):
            here = np.flatnonzero((kind == which) & (clockwise == (turn == 1)))
            points[starts[here][:, None] + np.arange(len(stamp))] = corner[here, None] + stamp[::turn]
    return Lines(points, starts, islands.ring)


def _places(middle: Array, kind: Array, land: Array) -> tuple[Array, Array]:
    """Corners of stamps of a kind each, as near to their middle (n, 2) as there is room, in the order given.

    What does not fit where it belongs becomes the smallest stamp. Returns the corners, and the kinds.
    """
    kind = kind.copy()
    corner = _corners(middle, kind)
    taken: set[int] = set()  # points of the grid, by number
    done = np.zeros(len(middle), dtype=bool)
    for reach, stride in _REACHES:
        waiting = np.flatnonzero(~done)
        if not len(waiting):
            break
        if reach:
            kind[waiting] = 0
            corner[waiting] = _corners(middle[waiting], kind[waiting])
        places = corner[waiting, None] + offsets(reach, stride)
        free = _on_water(places, kind[waiting], land)
        number = _number(places)
        for row, index in enumerate(waiting.tolist()):
            inside = _POINTS[kind[index]]
            for at in np.flatnonzero(free[row]).tolist():
                first = int(number[row, at])
                points = [first + step for step in inside]
                if taken.isdisjoint(points):
                    taken.update(points)
                    corner[index] = places[row, at]
                    done[index] = True
                    break
    if not done.all():
        raise NoRoomError(
            f"{int((~done).sum())} islands find no free water on a grid this coarse; choose a finer one",
            middle[~done],
        )
    return corner, kind


def _corners(middle: Array, kind: Array) -> Array:
    centre = np.array([stamp.mean(axis=0) for stamp in STAMPS])
    return np.asarray(np.rint(middle - centre[kind]).astype(np.int64))


def _number(points: Array) -> Array:
    """One number for each point (..., 2) of a grid; numbers add up as points do."""
    return np.asarray(points[..., 0].astype(np.int64) * 2**32 + points[..., 1].astype(np.int64))


_POINTS: Final = tuple(_number(inside).tolist() for inside in _INSIDE)


def _on_water(places: Array, kind: Array, land: Array) -> Array:
    """Mask (n, k) of places (n, k, 2) at which a stamp of its kind (n,) does not touch land."""
    count = places.shape[1]
    all_ = np.concatenate([places.reshape(-1, 2).astype(np.int64), np.repeat(kind, count)[:, None]], axis=1)
    key = ((all_[:, 0] + 2**28 << 33) | (all_[:, 1] + 2**28 << 3)) | all_[:, 2]
    _, example, which = np.unique(key, return_index=True, return_inverse=True)
    corner, kind = all_[example, :2], all_[example, 2]
    free = np.ones(len(corner), dtype=bool)
    boxes = shapely.box(*corner.T, *(corner + _SIZE[kind]).T)
    ground, near = shapely.STRtree(boxes).query(land, predicate="intersects")
    hit = shapely.intersects(land[ground], _stamps(corner[near].astype(np.float64), kind[near]))
    free[near[hit]] = False
    return np.asarray(free[which].reshape(-1, count))


def _stamps(corner: Array, kind: Array) -> Array:
    polygons = np.empty(len(corner), dtype=object)
    for which, stamp in enumerate(STAMPS):
        here = kind == which
        polygons[here] = shapely.polygons(corner[here, None] + np.concatenate([stamp, stamp[:1]]))
    return polygons
