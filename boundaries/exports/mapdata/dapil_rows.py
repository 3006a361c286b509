"""``map-facts-<plan>.json``: every dapil of a plan as a row, so that a list needs no geometry.

Of DPRD kabupaten/kota also ``map-facts-<plan>-<province>.json``: who looks at a province waits for its own rows alone.
"""

from collections.abc import Iterator
from itertools import groupby
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from boundaries.exports.mapdata.map_tables import Content, paired

COLUMNS: Final = (
    "id", "kode_dapil", "nama_dapil", "kursi", "penduduk", "kode_provinsi", "kode_kabkota", "luas_km2",
    "nama_lain", "dasar_hukum", "wilayah", "ragu", "catatan", "label", "bbox",
)  # fmt: skip
_PLAIN: Final = COLUMNS[:7]
#: Columns that hold a place, or places, in a list of the file.
_LISTS: Final = {"dasar_hukum": "laws", "ragu": "doubts", "catatan": "notes"}
#: The chamber whose rows lie apart by province, too: 97 kB packed of the nation; no other plan has more than 13.
_APART: Final = "dprd-kabkota"
#: How finely the place of a name is sought, as a share of the square root of the polygon's area.
_FINENESS: Final = 0.02
#: Decimals of places and boxes, in degrees: 100 m is enough for a name; more where the dapil is smaller than that.
_DECIMALS: Final = (3, 4, 5, 7)


def facts(content: Content, plan: str) -> dict[str, Any]:
    """Make the rows of a plan, sorted by id.

    ``dasar_hukum``, ``ragu`` and ``catatan`` are places in ``laws``, ``doubts`` and ``notes``.
    """
    dataset = content.dapil(plan)
    frame = dataset.frame
    laws = list(dict.fromkeys(frame["dasar_hukum"].astype(str)))
    columns: dict[str, list[Any]] = {name: _values(frame, name) for name in _PLAIN}
    columns |= {name: _values(frame, name) for name in ("luas_km2", "nama_lain")}
    columns["dasar_hukum"] = [laws.index(str(law)) for law in frame["dasar_hukum"]]
    columns["wilayah"] = _members(content, plan, frame)
    columns["ragu"], doubts = _told(frame, "ragu")
    columns["catatan"], notes = _told(frame, "catatan")
    shapes = dataset.geometry
    columns["label"] = [None] * len(frame) if shapes is None else labels(shapes)
    columns["bbox"] = [None] * len(frame) if shapes is None else _boxes(shapes)
    rows = [list(row) for row in zip(*(columns[name] for name in COLUMNS), strict=True)]
    return {"plan": plan, "columns": COLUMNS, "laws": laws, "doubts": doubts, "notes": notes, "rows": rows}


def parts(content: Content, plan: str) -> list[tuple[str, int]]:
    """Return how many rows of a plan in turn are of which province, where they lie apart by province; else nothing."""
    if content.plans[plan]["lembaga"] != _APART or not content.composed(plan):
        return []
    provinces = content.dapil(plan).frame["kode_provinsi"].astype(str)
    return [(province, len(list(rows))) for province, rows in groupby(provinces)]


def apart(content: Content, whole: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give each province that `parts` names, and what `facts` made of a plan cut to its rows, in their order."""
    at = COLUMNS.index("kode_provinsi")
    for province in sorted({province for province, _ in parts(content, whole["plan"])}):
        rows = [list(row) for row in whole["rows"] if str(row[at]) == province]
        yield province, {**whole, **_told_in(whole, rows), "rows": rows}


def _told_in(whole: dict[str, Any], rows: list[list[Any]]) -> dict[str, list[Any]]:
    """Cut the lists of a file to what some rows name, in place in the rows."""
    cut: dict[str, list[Any]] = {}
    for column, name in _LISTS.items():
        at = COLUMNS.index(column)
        named = [[row[at]] if isinstance(row[at], int) else row[at] or [] for row in rows]
        wanted = sorted({place for places in named for place in places})
        new = {place: number for number, place in enumerate(wanted)}
        for row in rows:
            if row[at] is not None:
                row[at] = new[row[at]] if isinstance(row[at], int) else [new[place] for place in row[at]]
        cut[name] = [whole[name][place] for place in wanted]
    return cut


def _values(frame: pd.DataFrame, name: str) -> list[Any]:
    if name not in frame.columns:
        return [None] * len(frame)
    return frame[name].astype(object).where(frame[name].notna(), None).tolist()


def _told(frame: pd.DataFrame, name: str) -> tuple[list[list[int] | None], list[dict[str, str]]]:
    """What ``ragu`` or ``catatan`` says of each row (None: nothing) as places in a list, and the list."""
    places: dict[tuple[str, str], int] = {}
    column: list[list[int] | None] = []
    for found in map(paired, _values(frame, name), _values(frame, f"{name}_en")):
        pairs = [(each["id"], each["en"]) for each in found]
        column.append([places.setdefault(pair, len(places)) for pair in pairs] or None)
    return column, [{"id": indonesian, "en": english} for indonesian, english in places]


def _members(content: Content, plan: str, frame: pd.DataFrame) -> list[list[str]]:
    """The codes of the units that make up each dapil; empty where the plan is a table only."""
    rows = content.datasets.rows("members", plan)
    own = rows.groupby("kode_dapil")["kode_unit"].agg(sorted).to_dict()
    return [own.get(code, []) for code in frame["kode_dapil"]]


# --- where a name stands -----------------------------------------------------------------------------


def labels(shapes: NDArray[np.object_]) -> list[list[float]]:
    """The place of each name, [lon, lat]: the middle of the widest circle in the largest polygon.

    Of (n,) MultiPolygons in degrees. Every place lies inside its dapil, as it is written.
    """
    largest = _largest(shapes)
    places = _middles(largest)
    inside = shapely.contains(shapes, places)
    places[~inside] = shapely.point_on_surface(largest[~inside])
    found = shapely.get_coordinates(places)
    rounded = found.copy()
    left = np.ones(len(shapes), dtype=bool)
    for decimals in _DECIMALS:
        rounded[left] = np.round(found[left], decimals)
        left[left] = ~shapely.contains(shapes[left], shapely.points(rounded[left]))
    return [[float(lon), float(lat)] for lon, lat in rounded]


def _largest(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    parts, owner = shapely.get_parts(shapes, return_index=True)
    order = np.lexsort((-shapely.area(parts), owner))
    first = np.concatenate([[True], owner[order][1:] != owner[order][:-1]])
    return np.asarray(parts[order[first]])


def _middles(polygons: NDArray[np.object_]) -> NDArray[np.object_]:
    """The middle of the widest circle in each polygon, on a plane that is true in shape at its latitude."""
    middle = shapely.bounds(polygons)[:, [1, 3]].mean(axis=1)
    found = []
    for polygon, stretch in zip(polygons, np.cos(np.radians(middle)), strict=True):
        plane = shapely.transform(polygon, lambda xy, s=stretch: xy * (s, 1.0))
        fineness = _FINENESS * float(np.sqrt(shapely.area(plane)))
        coarse = shapely.simplify(plane, fineness / 2)
        coarse = plane if shapely.is_empty(coarse) else coarse
        x, y = shapely.get_coordinates(shapely.maximum_inscribed_circle(coarse, fineness))[0]
        found.append((x / stretch, y))
    return np.asarray(shapely.points(np.array(found).reshape(-1, 2)))


def _boxes(shapes: NDArray[np.object_]) -> list[list[float]]:
    """Boxes [west, south, east, north], rounded outwards so that the dapil lies in its box."""
    unit = 10 ** _DECIMALS[0]
    bounds = shapely.bounds(shapes) * unit
    box = np.concatenate([np.floor(bounds[:, :2]), np.ceil(bounds[:, 2:])], axis=1) / unit
    return [[float(value) for value in row] for row in box]
