"""From polygons to SVG path data: whole numbers, vectorised, no island lost.

The picture is drawn on a grid of `WIDTH` units across, about a third of a pixel on a desk. Every vertex goes to
the nearest place of the grid, so that neighbours, which share their vertices, share them in the picture too.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

Shapes = NDArray[np.object_]
Bounds = tuple[float, float, float, float]

#: Units across every drawing.
WIDTH: Final = 2000
#: How many rounds of leaving out vertices whose triangle is at most one mesh of area.
_ROUNDS: Final = 4
_REACH: Final = 4096
_MOVE, _LINE, _CLOSE, _DOT = range(2 * _REACH, 2 * _REACH + 4)
#: Every number that a path can hold, as text, and behind them the commands.
_WORDS: Final = np.array([*map(str, range(-_REACH, _REACH)), "M", "l", "z", "h0"], dtype=object)
#: Metres in a degree of latitude, on average (WGS 84).
METRES: Final = 111_195.0
#: Where Indonesia lies: what is shown when there is nothing to show.
INDONESIA: Final[Bounds] = (95.0, -11.0, 141.0, 6.0)


@dataclass(frozen=True)
class Frame:
    """What part of the world (lon/lat, degrees) is drawn, and how: x to the east, y to the south, in units.

    Longitudes are shortened by the cosine of the middle latitude, so that shapes near it are true.
    """

    west: float
    north: float
    across: float  # units in a degree of longitude
    down: float  # units in a degree of latitude
    height: int

    @classmethod
    def around(
        cls, bounds: Bounds, ratio: tuple[float, float] = (0.38, 0.6), margin: float = 0.04
    ) -> "Frame":
        """Return the frame that holds `bounds` (west, south, east, north); height to width within `ratio`."""
        if not all(map(math.isfinite, bounds)):
            bounds = INDONESIA
        west, south, east, north = bounds
        shorter = max(math.cos(math.radians((south + north) / 2)), 0.05)
        room = margin * max((east - west) * shorter, north - south) + 0.002
        wide, high = (east - west) * shorter + 2 * room, north - south + 2 * room
        shape = min(max(high / wide, ratio[0]), ratio[1])
        wide, high = (wide, wide * shape) if high / wide < shape else (high / shape, high)
        down = WIDTH / wide
        return cls(
            west=(west + east) / 2 - wide / shorter / 2,
            north=(south + north) / 2 + high / 2,
            across=down * shorter,
            down=down,
            height=round(WIDTH * shape),
        )

    @property
    def bounds(self) -> Bounds:
        """West, south, east, north of the frame."""
        south = self.north - self.height / self.down
        return (self.west, south, self.west + WIDTH / self.across, self.north)

    @property
    def metres(self) -> float:
        """Metres in a unit, at the middle latitude."""
        return METRES / self.down

    def place(self, lonlat: NDArray[np.float64], mesh: int = 1) -> NDArray[np.int32]:
        """Return the places on the grid of longitudes and latitudes, kept within what a path can hold."""
        grid = np.empty(lonlat.shape, dtype=np.int32)
        limit = _REACH // 2 // mesh - 1  # the way between two places must be a word, too
        for axis, (origin, scale) in enumerate(((self.west, self.across), (self.north, -self.down))):
            far = np.rint((lonlat[:, axis] - origin) * (scale / mesh))
            grid[:, axis] = np.clip(far, -limit, limit)
        return grid * np.int32(mesh)


@dataclass(frozen=True)
class _Lines:
    """Places on the grid, ring after ring: each packed into one number, its ring, and the shape of every ring."""

    key: NDArray[np.int32]
    ring: NDArray[np.int64]
    owner_of: NDArray[np.int64]

    def only(self, keep: NDArray[np.bool_]) -> "_Lines":
        return _Lines(self.key[keep], self.ring[keep], self.owner_of)

    def starts(self) -> NDArray[np.bool_]:
        """Return which places are the first of their ring."""
        return np.concatenate([[True], self.ring[1:] != self.ring[:-1]])

    def places(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Return x and y."""
        x, y = np.divmod(self.key, np.int32(2 * _REACH))
        return x - np.int32(_REACH), y - np.int32(_REACH)

    @property
    def owner(self) -> NDArray[np.int64]:
        """The shape that every place belongs to."""
        return self.owner_of[self.ring]


@dataclass(frozen=True)
class Drawing:
    """Path data of every shape, in order ("" for none), and the pairs of shapes that touch in the picture."""

    paths: list[str]
    touching: NDArray[np.int64]


def draw(shapes: Shapes | Sequence[shapely.Geometry | None], frame: Frame, mesh: int = 1) -> Drawing:
    """Draw polygons (lon/lat) into `frame`. A part smaller than `mesh` units stays as a dot.

    Places are multiples of `mesh`. Dots of one shape at one place are one dot. What is not a polygon is not
    drawn.
    """
    count = len(shapes)
    lines = _lines(np.asarray(shapes, dtype=object), frame, mesh)
    if not len(lines.key):
        return Drawing([""] * count, np.empty((0, 2), dtype=np.int64))
    return Drawing(_texts(_thinned(lines, mesh), count), _touching(lines))


def draw_dots(lonlat: NDArray[np.float64], frame: Frame, mesh: int = 1) -> str:
    """Return path data with a dot for every place that the points (lon/lat) come to."""
    places = np.unique(frame.place(lonlat, mesh), axis=0).tolist()
    return "".join(f"M{x} {y}h0" for x, y in places)


def _lines(shapes: Shapes, frame: Frame, mesh: int) -> _Lines:
    """Return the rings on the grid, without closing places and without staying at a place."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    areas = shapely.get_dimensions(parts) == 2
    rings, part = shapely.get_rings(parts[areas], return_index=True)
    lonlat, ring = shapely.get_coordinates(rings, return_index=True)
    place = frame.place(lonlat, mesh) + np.int32(_REACH)
    lines = _Lines(place[:, 0] * np.int32(2 * _REACH) + place[:, 1], ring, owner[areas][part])
    if not len(ring):
        return lines
    start = lines.starts()
    lines = lines.only(start | np.concatenate([[False], lines.key[1:] != lines.key[:-1]]))
    # The closing place is the first one again; "z" goes there.
    start = lines.starts()
    first = np.flatnonzero(start)
    last = np.append(first[1:], len(start)) - 1
    keep = np.ones(len(start), dtype=bool)
    keep[last[(last > first) & (lines.key[last] == lines.key[first])]] = False
    return _without_twins(lines.only(keep))


def _without_twins(lines: _Lines) -> _Lines:
    """Keep one of the dots that one shape has at one place."""
    start = lines.starts()
    dots = np.flatnonzero(start & np.append(start[1:], True))
    key = lines.owner_of[lines.ring[dots]] * (2 * _REACH) ** 2 + lines.key[dots]
    keep = np.ones(len(start), dtype=bool)
    keep[np.delete(dots, np.unique(key, return_index=True)[1])] = False
    return lines.only(keep)


def _thinned(lines: _Lines, mesh: int) -> _Lines:
    """Leave out, some rounds long, the places that change the line least (the triangle of Visvalingam).

    A place goes if its triangle is at most one mesh of area and smaller than those of both its neighbours. That
    does not depend on the direction, so two shapes thin the line that they share alike.
    """
    for _ in range(_ROUNDS):
        ring = lines.ring
        if len(ring) < 3:
            return lines
        x, y = lines.places()
        dx, dy = np.diff(x), np.diff(y)
        twice = np.abs(dx[:-1] * dy[1:] - dy[:-1] * dx[1:])
        tie = ((x[1:-1] * 7919 + y[1:-1] * 104_729) & 1023) / 1024
        area = np.full(len(ring), np.inf)
        area[1:-1] = np.where(ring[2:] == ring[:-2], twice + tie, np.inf)
        least = np.concatenate([[np.inf], area[:-1]]), np.concatenate([area[1:], [np.inf]])
        goes = (area < 2 * mesh * mesh + 1) & (area < least[0]) & (area < least[1])
        if not goes.any():
            return lines
        lines = lines.only(~goes)
    return lines


def _texts(lines: _Lines, count: int) -> list[str]:
    """Write the path data: ``M x y l dx dy ... z`` a ring, ``M x y h0`` a dot."""
    (x, y), start = lines.places(), lines.starts()
    last = np.append(start[1:], True)
    dot = start & last
    size = np.where(start, 4, 2) + (last & ~dot)
    at = np.concatenate([[0], np.cumsum(size)])
    words = np.empty(at[-1], dtype=np.int64)
    first, more = np.flatnonzero(start), np.flatnonzero(~start)
    words[at[first]] = _MOVE
    words[at[first] + 1], words[at[first] + 2] = x[first] + _REACH, y[first] + _REACH
    words[at[first] + 3] = np.where(dot[first], _DOT, _LINE)
    words[at[more]] = x[more] - x[more - 1] + _REACH
    words[at[more] + 1] = y[more] - y[more - 1] + _REACH
    words[at[1:][last & ~dot] - 1] = _CLOSE
    ends = at[np.searchsorted(lines.owner, np.arange(count + 1))]
    text = _WORDS[words].tolist()
    return [
        " ".join(text[begin:end]).replace(" -", "-")
        for begin, end in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True)
    ]


def _touching(lines: _Lines) -> NDArray[np.int64]:
    """Return pairs of shapes that have a place in common; up to four shapes at one place."""
    order = np.argsort(lines.key, kind="stable")
    key, owner = lines.key[order], lines.owner[order]
    many = int(owner.max()) + 1
    pairs = []
    for lag in (1, 2, 3):
        one, other = owner[:-lag], owner[lag:]
        same = (key[:-lag] == key[lag:]) & (one != other)
        pairs.append(one[same] * many + other[same])  # the sort is stable and owners ascend: one < other
    return np.stack(np.divmod(np.unique(np.concatenate(pairs)), many), axis=1)


def colours(count: int, touching: NDArray[np.int64], palette: int) -> list[int]:
    """Return a colour (0..palette-1) for every shape: touching shapes differ as far as the palette allows."""
    beside: list[list[int]] = [[] for _ in range(count)]
    for one, other in touching.tolist():
        beside[one].append(other)
        beside[other].append(one)
    chosen = [-1] * count
    for index in sorted(range(count), key=lambda each: -len(beside[each])):
        taken = [chosen[other] for other in beside[index]]
        # Start from a place of its own, so that lone shapes do not all get the first colour.
        chosen[index] = min(range(palette), key=lambda each: (taken.count(each), (each - index) % palette))
    return chosen
