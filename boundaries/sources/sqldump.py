"""Reader of SQL dumps, a unit a line, its outline as JSON: ``('32.04','Name',lat,lng,'[[[lat,lon],...]]'),``.

The dumps are written by hand in places: blanks after commas and brackets, quotes doubled, a comment in the
middle, a unit without outline. Anything else that is not understood is an error with file and line; no line
is passed over.
"""

import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import shapely

from boundaries.errors import SourceError
from boundaries.sources.raw_units import Array

_ROW: Final = re.compile(
    r"""\s*\(\s*'(?P<code>(?:[^']|'')*)'
        \s*,\s*'(?P<name>(?:[^']|'')*)'
        \s*,\s*[^,']*,\s*[^,']*
        ,\s*(?:'(?P<path>[^']*)'|(?P<null>NULL))
        \s*\)\s*(?P<end>[,;])\s*""",
    re.VERBOSE | re.IGNORECASE,
)
_START: Final = re.compile(r"\s*(insert\s+into|delete\s+from)\b.*", re.IGNORECASE)
_COMMENT: Final = re.compile(r"/\*.*?\*/", re.DOTALL)
_LINE_COMMENT: Final = re.compile(r"\s*(--|#).*")


@dataclass
class Rings:
    """Rings gathered flat, so that shapely makes them all in one call."""

    points: list[Any] = field(default_factory=list)
    ring_of: list[int] = field(default_factory=list)  # length of each ring
    polygon: list[int] = field(default_factory=list)  # polygon of each ring
    unit: list[int] = field(default_factory=list)  # unit of each polygon
    multi: list[bool] = field(default_factory=list)  # of each unit


def read(path: Path, *, latlon: bool = True) -> tuple[list[str], list[str], Array, list[str]]:
    """Read the units of one dump.

    Returns codes, names, geometry (lon/lat; None for a unit without outline) and notes on rings left out
    because they enclose nothing. Raises SourceError naming file, line and mend.
    """
    units: list[str] = []
    names: list[str] = []
    notes: list[str] = []
    rings = Rings()
    for line, row in _rows(path):
        code = row["code"].replace("''", "'")
        try:
            note = _gather(row["path"] or "", len(units), rings)
        except (ValueError, TypeError) as error:
            raise SourceError(
                f"{path}:{line}: outline of {code} cannot be read ({error}); {_AGAIN}"
            ) from None
        notes.extend(f"{path.name}:{line}: {code}: {note}" for _ in note[:1])
        units.append(code)
        names.append(row["name"].replace("''", "'"))
    try:
        geometry = _build(rings, len(units), latlon)
    except (ValueError, TypeError, shapely.errors.ShapelyError) as error:
        raise SourceError(f"{path}: an outline is not made of number pairs ({error}); {_AGAIN}") from None
    return units, names, geometry, notes


_AGAIN: Final = "restore the file from its source"


# --- lines -----------------------------------------------------------------------------------------


def _rows(path: Path) -> Iterator[tuple[int, re.Match[str]]]:
    """Yield line number and fields of every row; check that every statement is whole."""
    inside = False  # between VALUES and the semicolon
    line = 0
    for line, text in enumerate(_lines(path), 1):
        if row := _ROW.fullmatch(text):
            if not inside:
                raise SourceError(f"{path}:{line}: a row after the end of its statement; {_AGAIN}")
            inside = row["end"] == ","
            yield line, row
        elif _START.fullmatch(text):
            if inside:
                raise SourceError(
                    f"{path}:{line}: the statement before has no end (;): rows are lacking; {_AGAIN}"
                )
            inside = text.rstrip()[-1] != ";"
        elif text.strip() and not _LINE_COMMENT.fullmatch(text):
            shown = text.strip()[:60]
            raise SourceError(f"{path}:{line}: not a whole row ({shown!r} ...): cut off or altered; {_AGAIN}")
    if inside or not line:
        raise SourceError(f"{path}:{line}: ends without a semicolon: the file is cut off; {_AGAIN}")


def _lines(path: Path) -> list[str]:
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise SourceError(f"{path}: not UTF-8 at byte {error.start}; {_AGAIN}") from None
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror})") from error
    text = _COMMENT.sub(lambda m: "\n" * m[0].count("\n"), text)
    if text.lstrip().startswith("/*") or not text.strip():
        raise SourceError(f"{path}: holds no statement: the file is cut off; {_AGAIN}")
    return text.split("\n")


# --- outlines --------------------------------------------------------------------------------------


def _gather(text: str, unit: int, rings: Rings) -> str:
    """Add the rings of one outline: a polygon ``[[[a,b],...]]`` or a multipolygon ``[[[[a,b],...]]]``."""
    nested = json.loads(text) if text.strip() else []
    multi = _depth(nested) == 4
    if nested and _depth(nested) not in (3, 4):
        raise ValueError("brackets do not nest as a polygon's or a multipolygon's")
    rings.multi.append(multi)
    left_out = 0
    for polygon in nested if multi else [nested] if nested else []:
        kept = [ring for ring in polygon if _encloses(ring)]
        left_out += len(polygon) - len(kept)
        if not polygon or not _encloses(polygon[0]):
            left_out += len(kept)
            continue
        number = len(rings.unit)
        rings.unit.append(unit)
        for ring in kept:
            rings.points.extend(ring)
            rings.ring_of.append(len(ring))
            rings.polygon.append(number)
    return f"{left_out} ring(s) of fewer than 3 points left out: they enclose nothing" if left_out else ""


def _encloses(ring: list[list[float]]) -> bool:
    """Whether three or more points of a ring differ (one of 5 points or more is taken at its word)."""
    return len(ring) > 4 or len({(p[0], p[1]) for p in ring}) >= 3


def _depth(nested: Any) -> int:
    depth = 0
    while isinstance(nested, list):
        nested = nested[0] if nested else None
        depth += 1
    return depth


def _build(rings: Rings, units: int, latlon: bool) -> Array:
    """Make the geometry of every unit: three calls of shapely for all of them."""
    geometry = np.full(units, None, dtype=object)
    if not rings.ring_of:
        return geometry
    if set(map(len, rings.points)) != {2}:
        raise ValueError("a point has more or fewer than two numbers")
    pairs = np.fromiter(itertools.chain.from_iterable(rings.points), dtype=float).reshape(-1, 2)
    if not np.isfinite(pairs).all():
        raise ValueError("a number is not finite")
    points = pairs[:, ::-1] if latlon else pairs
    of_point = np.repeat(np.arange(len(rings.ring_of)), rings.ring_of)
    lines: Any = shapely.linearrings(points, indices=of_point)
    polygons: Any = shapely.polygons(lines, indices=np.array(rings.polygon))
    of_polygon = np.array(rings.unit)
    multi = np.array(rings.multi)[of_polygon]
    geometry[of_polygon[~multi]] = polygons[~multi]
    if multi.any():
        present, index = np.unique(of_polygon[multi], return_inverse=True)
        geometry[present] = shapely.multipolygons(polygons[multi], indices=index)
    return geometry
