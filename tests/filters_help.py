"""Help for the tests of filters: a table on a data frame, and the JSON of a tree that was read from text."""

import json
import unicodedata
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from boundaries.service import crs as crs_module
from boundaries.service.filters import Filter, FilterError, Queryable, parse
from boundaries.service.filters.cql2_text import read
from boundaries.service.filters.model import Bounds
from boundaries.service.filters.tree import (
    TEMPORAL_JSON,
    Box,
    Call,
    Constant,
    Instant,
    Interval,
    Property,
    Shape,
)

EPSG = "http://www.opengis.net/def/crs/EPSG/0/{}"
_SPELLED = {name.lower(): name for name in TEMPORAL_JSON} | {"isnull": "isNull"}


class FrameTable:
    """A geodataframe as filters see it; it remembers which geometries were asked for."""

    def __init__(self, frame: gpd.GeoDataFrame, kinds: dict[str, str]) -> None:
        self.frame = frame
        self.queryables = {name: Queryable(name, kind) for name, kind in kinds.items()}
        self.fetched: list[int] = []

    def __len__(self) -> int:
        return len(self.frame)

    def values(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        column = self.frame[name]
        known = column.notna().to_numpy()
        kind = self.queryables[name].kind
        if kind in ("integer", "number"):
            return column.fillna(0).to_numpy(dtype="int64" if kind == "integer" else "float64"), known
        values = np.empty(len(column), dtype=object)
        values[:] = [
            unicodedata.normalize("NFC", value)
            if there and isinstance(value, str)
            else value
            if there
            else None
            for value, there in zip(column, known, strict=True)
        ]
        return values, known

    def bounds(self) -> np.ndarray:
        return shapely.bounds(self.frame.geometry.to_numpy())

    def geometries(self, positions: np.ndarray) -> np.ndarray:
        self.fetched.extend(positions.tolist())
        return np.asarray(self.frame.geometry.to_numpy()[positions], dtype=object)

    def parse(self, text: str, language: str = "cql2-text", crs: str = crs_module.CRS84) -> Filter:
        return parse(text, language, self.queryables, crs_module.get(crs))

    def find(self, text: str, language: str = "cql2-text", crs: str = crs_module.CRS84) -> list[int]:
        """Return the positions that answer TRUE."""
        return np.flatnonzero(self.parse(text, language, crs).evaluate(self)).tolist()

    def refused(self, text: str, language: str = "cql2-text", crs: str = crs_module.CRS84) -> FilterError:
        """Return the error of a filter that must not be answered."""
        try:
            self.parse(text, language, crs).evaluate(self)
        except FilterError as error:
            return error
        raise AssertionError(f"answered: {text}")


def json_of(text: str) -> str:
    """Return CQL2 JSON that says what a CQL2 Text says."""
    return json.dumps(_json(read(text, Bounds())), ensure_ascii=False)


def _json(node: Any) -> Any:
    if isinstance(node, Constant):
        return node.value
    if isinstance(node, Property):
        return {"property": node.name}
    if isinstance(node, Instant):
        return {"date": node.text} if node.is_day else {"timestamp": node.text + "Z"}
    if isinstance(node, Interval):
        return {"interval": [_end(node.first), _end(node.last)]}
    if isinstance(node, Box):
        return {"bbox": node.numbers}
    if isinstance(node, Shape):
        content = {"geometries": [_json(part) for part in node.parts]} if node.parts else {
            "coordinates": node.coordinates
        }  # fmt: skip
        return {"type": node.type} | content
    assert isinstance(node, Call)
    args = [_json(arg) for arg in node.args]
    return {"op": _SPELLED.get(node.op, node.op), "args": [args[0], args[1:]] if node.op == "in" else args}


def _end(node: Any) -> Any:
    if node is None:
        return ".."
    return _json(node) if isinstance(node, Property) else next(iter(_json(node).values()))
