"""The map of a page: the backdrop of provinces, graticule, scale bar, and the shapes on top."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from boundaries.service.html.svg_paths import WIDTH, Bounds, Frame, Shapes, colours, draw, draw_dots
from boundaries.service.html.texts import Words, number

#: How many fills ``site.css`` has for shapes: ``.c0`` to ``.c5``.
PALETTE: Final = 6
#: Degrees that a graticule steps by, and how few lines it should have across.
_STEPS: Final = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
_LINES: Final = 3.0
#: The same for a map that stands beside a text, whose labels are larger.
_FEW_LINES: Final = 2.2
#: Levels of the backdrop: it is drawn from the coarsest whose tolerance (degrees) is within a unit, half its mesh.
_TOLERANCES: Final = (0.0, 0.001, 0.003, 0.009)
#: Of the provinces on a map of the nation: a fifth of a unit.
_NATION: Final = 0.009
#: Units by which a clipped shape reaches out of the frame, so that the cut is not seen.
_BLEED: Final = 40

#: The backdrop is drawn on a grid twice as wide as that of the shapes.
_MESH: Final = 2
#: How many frames' backdrops are kept: each is at most about 100 kB.
_KEPT: Final = 32


@dataclass(frozen=True)
class Mark:
    """A shape on the map: where a click goes, what it is called, its path data and its class."""

    href: str
    title: str
    path: str
    style: str


@dataclass(frozen=True)
class Label:
    """A text at a place of the map."""

    x: int
    y: int
    text: str
    style: str


@dataclass(frozen=True)
class Map:
    """Everything that the template ``_map.html`` draws."""

    label: str
    height: int
    metres: float  # in a unit, for the script that redraws the scale bar
    land: str
    graticule: str
    labels: list[Label]
    scale: str
    scale_text: str
    scale_at: tuple[int, int]
    marks: list[Mark] = field(default_factory=list)
    faint: list[Mark] = field(default_factory=list)
    point: tuple[int, int] | None = None
    width: int = WIDTH


@dataclass(frozen=True)
class _Level:
    """The backdrop at one tolerance: areas with their boxes, and islets that are dots at it (lon/lat)."""

    tolerance: float
    areas: Shapes
    boxes: NDArray[np.float64]
    dots: NDArray[np.float64]


class Backdrop:
    """The provinces of a release, simplified once, cut to what a frame shows."""

    def __init__(self, provinces: Shapes) -> None:
        parts = polygons(np.asarray(provinces, dtype=object))
        #: The provinces, one shape each, as a map of all of them shows them.
        self.provinces = np.asarray(shapely.simplify(provinces, _NATION), dtype=object)
        self._levels = [_level(parts, each) for each in _TOLERANCES]
        #: Path data of what lies in a frame; the latest are kept.
        self.path = lru_cache(maxsize=_KEPT)(self._path)

    @property
    def bounds(self) -> Bounds:
        """The box of all provinces."""
        return _extent(self._levels[0].areas)

    def _path(self, frame: Frame) -> str:
        level = [each for each in self._levels if each.tolerance <= 1 / frame.down][-1]
        west, south, east, north = _reaching(frame)
        boxes, dots = level.boxes, level.dots
        near = (boxes[:, 0] <= east) & (boxes[:, 2] >= west) & (boxes[:, 1] <= north) & (boxes[:, 3] >= south)
        inside = (dots > (west, south)).all(axis=1) & (dots < (east, north)).all(axis=1)
        areas = polygons(clipped(level.areas[near], frame))
        # One shape of all parts: dots of two islands at one place are one dot.
        path = draw([shapely.multipolygons(areas)], frame, _MESH).paths[0]
        return path + draw_dots(dots[inside], frame, _MESH)


def _level(parts: Shapes, tolerance: float) -> _Level:
    boxes = shapely.bounds(parts).reshape(-1, 4)
    islet = (boxes[:, 2:] - boxes[:, :2]).max(axis=1, initial=0) < 2 * tolerance
    dots = (boxes[islet, :2] + boxes[islet, 2:]) / 2
    areas = parts[~islet]
    if tolerance:
        areas = shapely.simplify(areas, tolerance)  # topology kept: no area vanishes
    return _Level(tolerance, areas, boxes[~islet], dots)


def clipped(shapes: Shapes, frame: Frame) -> Shapes:
    """Return `shapes` cut to the frame and a little more; a shape that lies within is left as it is."""
    west, south, east, north = _reaching(frame)
    boxes = shapely.bounds(shapes)
    out = (boxes[:, 0] < west) | (boxes[:, 1] < south) | (boxes[:, 2] > east) | (boxes[:, 3] > north)
    cut = shapes.copy()
    cut[out] = shapely.clip_by_rect(shapes[out], west, south, east, north)
    return cut


def polygons(shapes: Shapes) -> Shapes:
    """Return the polygons that `shapes` are made of."""
    parts = shapely.get_parts(shapes)
    return parts[(shapely.get_dimensions(parts) == 2) & ~shapely.is_empty(parts)]


def _reaching(frame: Frame) -> Bounds:
    west, south, east, north = frame.bounds
    wide, high = _BLEED / frame.across, _BLEED / frame.down
    return (west - wide, south - high, east + wide, north + high)


def items_map(
    shapes: Shapes,
    hrefs: Sequence[str],
    titles: Sequence[str],
    backdrop: Backdrop | None,
    label: str,
    words: Words,
    mesh: int = 1,
) -> Map:
    """Return the map of a page of features: touching shapes differ in colour, as in an atlas.

    `backdrop` None for shapes that are the backdrop themselves.
    """
    frame = Frame.around(_extent(shapes))
    drawing = draw(shapes, frame, mesh)
    fills = colours(len(shapes), drawing.touching, PALETTE)
    marks = [
        Mark(href, title, path, f"c{fill}")
        for href, title, path, fill in zip(hrefs, titles, drawing.paths, fills, strict=True)
    ]
    return _map(frame, backdrop, label, words, marks=marks)


def item_map(
    shape: shapely.Geometry,
    title: str,
    neighbours: Sequence[tuple[str, str, shapely.Geometry]],
    backdrop: Backdrop,
    label: str,
    words: Words,
    *,
    named: bool = False,
) -> Map:
    """Return the map of one feature; `neighbours` are address, name and shape of what is faint beside it.

    `named`: the larger neighbours are named on the map, too.
    """
    frame = Frame.around(_extent(np.array([shape], dtype=object)), ratio=(0.5, 0.85), margin=0.12)
    mark = Mark("", title, draw([shape], frame).paths[0], "one")
    beside = np.array([each[2] for each in neighbours], dtype=object)
    drawn = draw(clipped(beside, frame) if len(beside) else beside, frame)
    faint = [
        Mark(href, name, path, "faint")
        for (href, name, _), path in zip(neighbours, drawn.paths, strict=True)
        if path
    ]
    drawn_map = _map(frame, backdrop, label, words, marks=[mark], faint=faint, few=True)
    if named and len(beside):
        names = _names(clipped(beside, frame), [each[1] for each in neighbours], frame)
        drawn_map = replace(drawn_map, labels=[*drawn_map.labels, *names])
    return drawn_map


def _names(shapes: Shapes, names: Sequence[str], frame: Frame) -> list[Label]:
    """Return the names of shapes at their largest part, where there is room for one, the largest first."""
    found: list[Label] = []
    order = np.argsort(-shapely.area(shapes))
    for at in order.tolist():
        parts = polygons(shapely.intersection(shapes[at : at + 1], shapely.box(*frame.bounds)))
        if not len(parts):
            continue
        part = parts[np.argmax(shapely.area(parts))]
        west, _, east, _ = shapely.bounds(part)
        wide = 24 * len(names[at])
        if (east - west) * frame.across < 0.6 * wide:
            continue
        place = frame.place(shapely.get_coordinates(shapely.point_on_surface(part)))[0]
        x, y = int(place[0]), int(place[1])
        inside = wide / 2 < x < WIDTH - wide / 2 and 60 < y < frame.height - 100
        if inside and all(abs(x - each.x) > 380 or abs(y - each.y) > 60 for each in found):
            found.append(Label(x, y, names[at], "town"))
    return found


def point_map(lon: float, lat: float, backdrop: Backdrop, label: str, words: Words) -> Map:
    """Return the map of a point: about 130 km across, with a needle in its middle."""
    frame = Frame.around((lon - 0.6, lat - 0.35, lon + 0.6, lat + 0.35), ratio=(0.5, 0.7))
    place = frame.place(np.array([[lon, lat]]))[0]
    return _map(frame, backdrop, label, words, point=(int(place[0]), int(place[1])), few=True)


def overview_map(backdrop: Backdrop, label: str, words: Words) -> Map:
    """Return the map of the nation without features."""
    return _map(Frame.around(backdrop.bounds), backdrop, label, words)


def _extent(shapes: Shapes) -> Bounds:
    west, south, east, north = shapely.total_bounds(shapes).tolist()
    return (west, south, east, north)


def _map(
    frame: Frame,
    backdrop: Backdrop | None,
    label: str,
    words: Words,
    *,
    marks: Sequence[Mark] = (),
    faint: Sequence[Mark] = (),
    point: tuple[int, int] | None = None,
    few: bool = False,
) -> Map:
    lines, labels = _graticule(frame, words, _FEW_LINES if few else _LINES)
    length, text = _scale(frame, words)
    return Map(
        label=label,
        height=frame.height,
        metres=round(frame.metres, 3),
        land=backdrop.path(frame) if backdrop else "",
        graticule=lines,
        labels=labels,
        scale=f"M0-14v14h{length}v-14",
        scale_text=text,
        scale_at=(WIDTH - length - 60, frame.height - 46),
        marks=list(marks),
        faint=list(faint),
        point=point,
    )


def _graticule(frame: Frame, words: Words, least: float) -> tuple[str, list[Label]]:
    """Return the lines as one path and the names of meridians (along the top) and parallels (left)."""
    west, south, east, north = frame.bounds
    step = max((each for each in _STEPS if (east - west) / each >= least), default=_STEPS[0])
    lines, labels = [], []
    for turn in range(math.ceil(west / step), math.floor(east / step) + 1):
        x = round((turn * step - west) * frame.across)
        lines.append(f"M{x} 0v{frame.height}")
        if 150 < x < WIDTH - 260:
            labels.append(Label(x + 8, 0, _degrees(turn * step, words, ("map.west", "map.east")), "meridian"))
    for turn in range(math.ceil(south / step), math.floor(north / step) + 1):
        y = round((north - turn * step) * frame.down)
        lines.append(f"M0 {y}h{WIDTH}")
        if 90 < y < frame.height - 20:
            labels.append(
                Label(8, y - 8, _degrees(turn * step, words, ("map.south", "map.north")), "parallel")
            )
    return "".join(lines), labels


def _degrees(value: float, words: Words, sides: tuple[str, str]) -> str:
    value = round(value, 6)
    if value == 0:
        return "0°"
    side = words(sides[value > 0])
    space = " " if len(side) > 1 else ""
    return f"{number(abs(value), words.language)}°{space}{side}"


def _scale(frame: Frame, words: Words) -> tuple[int, str]:
    """Return the length in units and the text of a round distance, at most a fifth of the width."""
    most = frame.metres * WIDTH / 5
    power = 10.0 ** math.floor(math.log10(most))
    metres = max(each * power for each in (1, 2, 5) if each * power <= most)
    told = (metres / 1000, "km") if metres >= 1000 else (metres, "m")
    return round(metres / frame.metres), f"{number(told[0], words.language)} {told[1]}"
