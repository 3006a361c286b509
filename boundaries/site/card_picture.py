"""The picture that chats show of a link: 1200 by 630, a dapil in red among its neighbours, and its name."""

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from PIL import Image, ImageDraw, ImageFont

WIDTH: Final = 1200
HEIGHT: Final = 630
_MAP: Final = (470, 0, WIDTH, HEIGHT)
#: Everything is drawn so many times as large and then shrunk, which smooths the lines.
_TIMES: Final = 2
_PAPER, _SEA, _LAND, _EDGE = "#fbfaf8", "#e6edf1", "#e9e5da", "#a9a69c"
_RED, _DARK, _INK, _SOFT = "#cf4257", "#7c0c20", "#1b2229", "#55606b"
_COLOURS: Final = 96


@dataclass(frozen=True)
class Card:
    """The words: name of the dapil, chamber and year, a figure, and whose lines they are."""

    name: str
    what: str
    figure: str
    note: str


def picture(about: Card, shape: shapely.Geometry | None, around: Sequence[shapely.Geometry]) -> bytes:
    """Return the picture as PNG, about 30 kB. `shape` (lon/lat) is red, `around` pale; without a shape all is red."""
    image = Image.new("RGB", (WIDTH * _TIMES, HEIGHT * _TIMES), _SEA)
    pen = ImageDraw.Draw(image)
    marked = [shape] if shape is not None else list(around)
    place = _projection(shapely.total_bounds(np.array(marked, dtype=object)))
    for each in around if shape is not None else ():
        _fill(pen, each, place, _LAND, _EDGE, 2)
    for each in marked:
        _fill(pen, each, place, _RED, _DARK if shape is not None else _PAPER, 3 if shape is not None else 1)
    pen.rectangle((0, 0, _MAP[0] * _TIMES, HEIGHT * _TIMES), fill=_PAPER)
    pen.rectangle((0, 0, 12 * _TIMES, HEIGHT * _TIMES), fill=_DARK)
    _words(pen, about)
    small = image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS).quantize(_COLOURS)
    kept = io.BytesIO()
    small.save(kept, "PNG", optimize=True)
    return kept.getvalue()


def sign(size: int) -> bytes:
    """Return the sign of the site as PNG, `size` pixels a side: the three leaves of ``icon.svg`` on paper."""
    image = Image.new("RGB", (size * _TIMES, size * _TIMES), _PAPER)
    pen = ImageDraw.Draw(image)
    each = size * _TIMES / 40
    for leaf, fill in (
        (((2, 7), (11, 3), (11, 25), (2, 29)), "#b3122f"),
        (((11, 3), (21, 7), (21, 29), (11, 25)), "#d9dfe4"),
        (((21, 7), (30, 3), (30, 25), (21, 29)), _DARK),
    ):
        pen.polygon([((x + 4) * each, (y + 4) * each) for x, y in leaf], fill=fill)
    kept = io.BytesIO()
    image.resize((size, size), Image.Resampling.LANCZOS).save(kept, "PNG", optimize=True)
    return kept.getvalue()


def _projection(bounds: Any) -> Any:
    """Return a function from coordinates (n, 2) to places on the picture, the box in the middle of the map's part."""
    west, south, east, north = (float(each) for each in bounds)
    shorter = math.cos(math.radians((south + north) / 2))
    left, top, right, bottom = (each * _TIMES for each in _MAP)
    scale = 0.84 * min(
        (right - left) / max((east - west) * shorter, 1e-4), (bottom - top) / max(north - south, 1e-4)
    )
    middle = np.array([(left + right) / 2, (top + bottom) / 2])
    centre = np.array([(west + east) / 2, (south + north) / 2])
    return lambda lonlat: (lonlat - centre) * (scale * shorter, -scale) + middle


def _fill(pen: Any, shape: shapely.Geometry, place: Any, fill: str, line: str, width: int) -> None:
    for part in shapely.get_parts(shape):
        ring = place(shapely.get_coordinates(part.exterior))
        if np.ptp(ring, axis=0).max() < 2:
            continue
        pen.polygon([tuple(each) for each in ring], fill=fill, outline=line, width=width)
        for hole in part.interiors:
            pen.polygon(
                [tuple(each) for each in place(shapely.get_coordinates(hole))], fill=_SEA, outline=line
            )


def _words(pen: Any, about: Card) -> None:
    left, wide = 56 * _TIMES, (_MAP[0] - 96) * _TIMES
    pen.text((left, 56 * _TIMES), "Peta Dapil", font=_font(30), fill=_DARK)
    y = 150 * _TIMES
    size = next((each for each in (66, 58, 50, 42) if len(_lines(pen, about.name, each, wide)) <= 3), 36)
    for text, size_, colour, gap in (
        (about.name, size, _INK, 22), (about.what, 30, _SOFT, 16), (about.figure, 44, _DARK, 0),
    ):  # fmt: skip
        for line in _lines(pen, text, size_, wide):
            pen.text((left, y), line, font=_font(size_), fill=colour)
            y += round(size_ * 1.18) * _TIMES
        y += gap * _TIMES
    lines = _lines(pen, about.note, 17, wide)[:3]
    for at, line in enumerate(lines):
        pen.text((left, (HEIGHT - 40 - 22 * (len(lines) - at)) * _TIMES), line, font=_font(17), fill=_SOFT)


def _lines(pen: Any, text: str, size: int, wide: float) -> list[str]:
    """Break a text at blanks into lines that fit."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and pen.textlength(longer, font=_font(size)) <= wide:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _font(size: int) -> Any:
    """Return the type that comes with the library, so that no machine needs one."""
    return ImageFont.load_default(size * _TIMES)
