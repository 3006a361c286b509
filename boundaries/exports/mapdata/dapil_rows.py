"""``map-facts-<plan>.json``: every dapil of a plan as a row, so that a list needs no geometry."""

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
