"""One layer of a release, held so that questions are answered from memory: everything but the geometries."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from boundaries.service import crs as crs_module
from boundaries.service.cache import TextCache
from boundaries.service.crs import DEFAULT, Crs
from boundaries.service.gpkg import Column, GeoPackage

Scalar = str | int | float | None

#: A number that GEOS wrote with more digits than it needs (about one in some thousands).
_LONG: Final = re.compile(rb"-?\d+\.\d{8,}(?:[eE][-+]?\d+)?")


@dataclass(frozen=True)
class Period:
    """Dates from `first` to `last`, both included; None is open."""

    first: str | None
    last: str | None


@dataclass(frozen=True)
class Question:
    """What a request asks of a layer; every field was validated before it comes here."""

    area: shapely.Geometry | None = None
    period: Period | None = None
    equal: tuple[tuple[str, Scalar], ...] = ()
    order: tuple[tuple[str, bool], ...] = ()  # column, descending
    select: tuple[str, ...] | None = None  # columns to give, None for all
    geometry: bool = True
    crs: Crs = DEFAULT


class Layer:
    """The features of one table, in the order of their ids.

    A *position* is the place of a feature in that order. Safe to share between threads.
    """

    def __init__(self, package: GeoPackage, table: str, texts: TextCache) -> None:
        self.name = table
        self._package = package
        self._texts = texts
        self.columns: tuple[Column, ...] = package.columns(table)
        names = [column.name for column in self.columns]
        self.id_column = "id" if "id" in names else "kode"
        self.title_column = "nama_dapil" if "nama_dapil" in names else "nama"
        self.is_plan = "mulai" in names

    @cached_property
    def column(self) -> dict[str, Column]:
        """The columns by name."""
        return {column.name: column for column in self.columns}

    @cached_property
    def _values(self) -> dict[str, list[Scalar]]:
        names = list(self.column)
        same: dict[Scalar, Scalar] = {}
        rows = self._package.rows(self.name, names)
        return {name: [same.setdefault(row[i], row[i]) for row in rows] for i, name in enumerate(names)}

    @cached_property
    def _rowids(self) -> NDArray[np.int64]:
        return self._package.rowids(self.name)

    @cached_property
    def _bounds(self) -> NDArray[np.float64]:
        return self._package.bounds(self.name)

    @cached_property
    def ids(self) -> list[str]:
        """The ids of all features, by position."""
        return [str(value) for value in self._values[self.id_column]]

    @cached_property
    def position(self) -> dict[str, int]:
        """The position of an id."""
        return {name: index for index, name in enumerate(self.ids)}

    @cached_property
    def _by_id(self) -> list[int]:
        return sorted(range(len(self.ids)), key=self.ids.__getitem__)

    def box(self) -> list[float]:
        """The box of all features: west, south, east, north."""
        low, high = self._bounds[:, :2].min(axis=0), self._bounds[:, 2:].max(axis=0)
        return [float(number) for number in (*low, *high)]

    def __len__(self) -> int:
        return len(self._rowids)

    def find(self, question: Question) -> list[int]:
        """Return the positions of all features that answer, in the order that the question wants."""
        keep = np.ones(len(self), dtype=bool)
        for name, value in question.equal:
            keep &= np.fromiter((found == value for found in self._values[name]), bool, len(self))
        if question.period is not None and self.is_plan:
            keep &= self._in_force(question.period)
        if question.area is not None:
            keep &= self._touching(question.area, keep)
        return self._ordered([index for index in self._by_id if keep[index]], question.order)

    def _in_force(self, period: Period) -> NDArray[np.bool_]:
        """Return which features are in force, from `mulai` until the day before `selesai`, in `period`."""
        first, last = period.first, period.last
        spans = zip(self._values["mulai"], self._values["selesai"], strict=True)
        answers = (
            (last is None or str(start) <= last) and (end is None or first is None or first < str(end))
            for start, end in spans
        )
        return np.fromiter(answers, bool, len(self))

    def _touching(self, area: shapely.Geometry, among: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return which features of `among` share a point with `area`: by box, then by the true geometry."""
        near = among.copy()
        boxes = self._bounds
        reach = np.zeros(len(self), dtype=bool)
        for west, south, east, north in shapely.bounds(shapely.get_parts(area)):
            across = (boxes[:, 0] <= east) & (boxes[:, 2] >= west)
            reach |= across & (boxes[:, 1] <= north) & (boxes[:, 3] >= south)
        near &= reach
        candidates = np.flatnonzero(near)
        shapely.prepare(area)
        inside = shapely.covers(area, shapely.box(*boxes[candidates].T))
        unsure = candidates[~inside]
        if len(unsure):
            geometries = self._package.geometries(self.name, self._rowids[unsure])
            near[unsure] = shapely.intersects(area, geometries)
        return near

    def _ordered(self, positions: list[int], order: Sequence[tuple[str, bool]]) -> list[int]:
        """Sort by each column, nulls last either way, ties by id."""
        for name, descending in reversed(order):
            values: list[Any] = self._values[name]
            known = [index for index in positions if values[index] is not None]
            unknown = [index for index in positions if values[index] is None]
            positions = sorted(known, key=values.__getitem__, reverse=descending) + unknown
        return positions

    def domain(self, name: str) -> list[Scalar]:
        """Return the distinct values of a column, sorted, without null."""
        found: list[Any] = [value for value in set(self._values[name]) if value is not None]
        return sorted(found)

    def properties(self, position: int, select: Sequence[str] | None = None) -> dict[str, Scalar]:
        """Return the attributes of one feature in the order of the columns."""
        names = self.column if select is None else [name for name in self.column if name in select]
        return {name: self._values[name][position] for name in names}

    def features(self, positions: Sequence[int], question: Question) -> list[bytes]:
        """Return GeoJSON features as texts."""
        shapes = self._shapes(positions, question.crs) if question.geometry else [b"null"] * len(positions)
        texts = []
        for position, shape in zip(positions, shapes, strict=True):
            name = json.dumps(self.ids[position], ensure_ascii=False).encode()
            attributes = self._attributes(position, question.select)
            parts = (
                b'{"type":"Feature","id":',
                name,
                b',"geometry":',
                shape,
                b',"properties":',
                attributes,
                b"}",
            )
            texts.append(b"".join(parts))
        return texts

    def _attributes(self, position: int, select: tuple[str, ...] | None) -> bytes:
        values = self.properties(position, select)
        return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()

    def _shapes(self, positions: Sequence[int], crs: Crs) -> list[bytes]:
        """Return the geometries as GeoJSON, written once and kept as long as the cache has room."""
        keys = [(self.name, position, crs.uri) for position in positions]
        texts = [self._texts.get(key) for key in keys]
        absent = [index for index, text in enumerate(texts) if text is None]
        if absent:
            rowids = self._rowids[[positions[index] for index in absent]]
            written = crs_module.write(self._package.geometries(self.name, rowids), crs)
            for index, text in zip(absent, shapely.to_geojson(written), strict=True):
                short = _LONG.sub(_shortest, text.encode())
                self._texts.put(keys[index], short)
                texts[index] = short
        return [text for text in texts if text is not None]


def _shortest(number: re.Match[bytes]) -> bytes:
    return repr(float(number[0])).encode()
