"""A collection of features, held so that questions are answered from memory: everything but the geometries."""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final
from unicodedata import normalize

import numpy as np
import shapely
from numpy.typing import NDArray

from boundaries.release.cache import Cache
from boundaries.release.feature_file import END, facts_text, geometry_texts, shape_text
from boundaries.release.feature_source import Package, runs
from boundaries.release.geopackage_reader import Column
from boundaries.release.spliced import Part
from boundaries.release.store import FULL, STANDARD
from boundaries.service import crs as crs_module
from boundaries.service.crs import DEFAULT, Area, Crs
from boundaries.service.filters import Filter, Queryable
from boundaries.service.ogcapi.held_column import Numbers, Scalar, Texts, held

GEOMETRY: Final = "geometry"
#: Columns of text that are dates.
DATES: Final = ("mulai", "selesai")
#: Parameters of /items beside the columns of the layer.
PARAMETERS: Final = (
    "f", "lang", "limit", "offset", "bbox", "bbox-crs", "crs", "datetime",
    "sortby", "properties", "skipGeometry", "resulttype", "filter", "filter-lang", "filter-crs", "detail",
)  # fmt: skip
CLOSE: Final = Part(b"}")
NEXT: Final = Part(END)
NO_SHAPE: Final = b"null"
#: So many shapes are written at a time: each is held four times over meanwhile.
_WRITTEN: Final = 500


@dataclass(frozen=True)
class Period:
    """Dates from `first` to `last`, both included; None is open."""

    first: str | None
    last: str | None


@dataclass(slots=True)
class Question:
    """What a request asks of a layer; every field was validated before it comes here."""

    area: Area | None = None
    period: Period | None = None
    equal: tuple[tuple[str, Scalar], ...] = ()
    filter: Filter | None = None
    order: tuple[tuple[str, bool], ...] = ()  # column, descending
    select: tuple[str, ...] | None = None  # columns to give, None for all
    geometry: bool = True
    crs: Crs = DEFAULT
    detail: str = STANDARD  # of what is given; which features answer is told by the standard detail

    @property
    def wants_all(self) -> bool:
        """Whether every feature answers, in the order of ids."""
        given = (self.area, self.period, self.filter)
        return not self.equal and not self.order and all(each is None for each in given)


class Layer:
    """The features of one table, or of several as one, in the order of their ids.

    A *position* is the place of a feature in that order. Safe to share between threads.
    """

    #: Whether its features have outlines, and whether they are persons.
    has_geometry = True
    persons = False

    def __init__(self, package: Package, name: str, tables: Sequence[str] = (), *,
                 texts: Cache[Part] | None = None) -> None:  # fmt: skip
        self.name = name
        self.tables = tuple(tables) or (name,)
        self._package = package
        self._texts: Cache[Part] = Cache(0) if texts is None else texts
        self.columns: tuple[Column, ...] = package.columns(self.tables[0])
        names = [column.name for column in self.columns]
        self.id_column = "id" if "id" in names else "kode"
        self.title_column = "nama_dapil" if "nama_dapil" in names else "nama"
        self.is_plan = "mulai" in names
        #: Every parameter that a question may carry: those of all layers, and the columns of this one.
        self.parameters = frozenset((*PARAMETERS, *names))
        spans = [package.span(table) for table in self.tables]
        rows = [row for first, count in spans for row in range(first, first + count)]
        self._first = rows[0] if rows and rows[-1] - rows[0] < len(rows) else None
        self._rows = rows if self._first is None else range(self._first, self._first + len(rows))
        ids = self._held[self.id_column]
        if not isinstance(ids, Texts) or (np.diff(ids.ranks()) <= 0).any():
            raise ValueError(f"{name}: the features do not stand in the order of their ids")
        #: The ids of all features, by position.
        self.ids = ids.told

    @cached_property
    def column(self) -> dict[str, Column]:
        """The columns by name."""
        return {column.name: column for column in self.columns}

    @cached_property
    def queryables(self) -> dict[str, Queryable]:
        """What a filter may name: every column, and the geometry."""
        found = {
            column.name: Queryable(column.name, "date" if column.name in DATES else column.kind)
            for column in self.columns
        }
        return found | {GEOMETRY: Queryable(GEOMETRY, "geometry")}

    @cached_property
    def _held(self) -> dict[str, Texts | Numbers]:
        # Column by column: rows of all columns would leave their texts scattered over the memory of a worker.
        return {column.name: held(column.kind, self._read(column.name)) for column in self.columns}

    def _read(self, name: str) -> Iterator[Scalar]:
        return (value for table in self.tables for (value,) in self._package.records(table, [name]))

    @cached_property
    def _bounds(self) -> NDArray[np.float64]:
        return np.concatenate([self._package.bounds(table) for table in self.tables])

    @cached_property
    def _sides(self) -> tuple[NDArray[np.float64], ...]:
        return tuple(np.ascontiguousarray(side) for side in self._bounds.T)

    def position(self, name: str) -> int | None:
        """Return the position of an id, None where there is no such feature."""
        at = self.ids.first(name)
        return at if at < len(self.ids) and self.ids[at] == name else None

    def box(self) -> list[float]:
        """The box of all features: west, south, east, north."""
        low, high = self._bounds[:, :2].min(axis=0), self._bounds[:, 2:].max(axis=0)
        return [float(number) for number in (*low, *high)]

    def __len__(self) -> int:
        return len(self._rows)

    # What a filter reads (filters.Table)

    def values(self, name: str) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """Return a column as an array (text in NFC: objects; integers: int64, numbers: float64), and what is known."""
        return self._held[name].arrays()

    def equal(self, name: str, text: str) -> NDArray[np.bool_]:
        """Return where a column of text is `text` (NFC)."""
        column = self._held[name]
        assert isinstance(column, Texts)
        return column.equal(text)

    def bounds(self) -> NDArray[np.float64]:
        """Return the boxes of all features, by position."""
        return self._bounds

    def geometries(self, positions: Sequence[int] | NDArray[np.int64]) -> NDArray[np.object_]:
        """Return the geometries at `positions`, lon/lat."""
        return self._package.geometries([self._rows[position] for position in positions])

    def all(self) -> NDArray[np.object_]:
        """Return all geometries, read once and not kept."""
        return np.concatenate([self._package.whole(table) for table in self.tables])

    # Questions

    def find(self, question: Question) -> Sequence[int]:
        """Return the positions of all features that answer, in the order that the question wants."""
        if question.wants_all:
            return range(len(self))
        keep = np.ones(len(self), dtype=bool)
        for name, value in question.equal:
            if isinstance(value, str):
                keep &= self.equal(name, normalize("NFC", value))
            else:
                values, known = self.values(name)
                keep &= known & (values == value)
        if question.period is not None and self.is_plan:
            keep &= self._in_force(question.period)
        if question.area is not None:
            keep &= self._touching(question.area, keep)
        if question.filter is not None and keep.any():
            keep &= question.filter.evaluate(self)
        return self._ordered(np.flatnonzero(keep), question.order)

    def _in_force(self, period: Period) -> NDArray[np.bool_]:
        """Return which features are in force, from `mulai` until the day before `selesai`, in `period`."""
        start, _ = self.values("mulai")
        end, ends = self.values("selesai")
        keep = np.ones(len(self), dtype=bool)
        if period.last is not None:
            keep &= start <= period.last
        if period.first is not None:
            keep &= ~ends | (end > period.first)
        return keep

    def _touching(self, area: Area, among: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return which features of `among` share a point with `area`: by box, then by the true geometry."""
        lows, sides, highs, tops = self._sides
        near = np.zeros(len(self), dtype=bool)
        for west, south, east, north in area.boxes:
            near |= (lows <= east) & (highs >= west) & (sides <= north) & (tops >= south)
        near &= among
        candidates = np.flatnonzero(near)
        unsure = candidates[~self._inside(area, self._bounds[candidates])]
        if len(unsure):
            geometries = self.geometries(unsure)
            shapely.prepare(area.shape)  # this request's own
            near[unsure] = shapely.intersects(area.shape, geometries)
        return near

    def _inside(self, area: Area, boxes: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which boxes lie in `area`, and so what they hold."""
        inside = np.zeros(len(boxes), dtype=bool)
        if not area.exact:
            shapely.prepare(area.shape)
            return np.asarray(shapely.covers(area.shape, shapely.box(*boxes.T)), dtype=bool)
        for west, south, east, north in area.boxes:
            held = (boxes[:, 0] >= west) & (boxes[:, 2] <= east)
            inside |= held & (boxes[:, 1] >= south) & (boxes[:, 3] <= north)
        return inside

    def _ordered(self, positions: NDArray[np.int64], order: Sequence[tuple[str, bool]]) -> list[int]:
        """Sort by each column, nulls last either way, ties by id."""
        for name, descending in reversed(order):
            column = self._held[name]
            known, ranks = column.known()[positions], column.ranks()[positions]
            told, unknown = positions[known], positions[~known]
            by = np.argsort(-ranks[known] if descending else ranks[known], kind="stable")
            positions = np.concatenate([told[by], unknown])
        return positions.tolist()

    def domain(self, name: str) -> list[Scalar]:
        """Return the distinct values of a column, sorted, without null."""
        return self._held[name].distinct()

    def properties(self, position: int, select: Sequence[str] | None = None) -> dict[str, Scalar]:
        """Return the attributes of one feature in the order of the columns."""
        names = self.column if select is None else [name for name in self.column if name in select]
        return {name: self._held[name].at(position) for name in names}

    def listed(
        self, positions: Sequence[int], select: Sequence[str] | None = None
    ) -> list[tuple[str, dict[str, Scalar]]]:
        """Return id and attributes of features."""
        return [(self.ids[position], self.properties(position, select)) for position in positions]

    def outlines(self, positions: Sequence[int], detail: str) -> NDArray[np.object_]:
        """Return the geometries at `positions` in a detail, lon/lat."""
        return self._full(positions) if detail == FULL else self.geometries(positions)

    # Texts

    def features(self, positions: Sequence[int], question: Question) -> list[Part]:
        """Return features as GeoJSON texts, with commas between them."""
        if not len(positions):
            return []
        if question.geometry and question.select is None and self._is_kept(question):
            return [*self._package.features(self._runs(positions)), CLOSE]
        parts: list[Part] = []
        for halves in zip(self._shapes(positions, question), self._facts(positions, question), strict=True):
            parts += (*halves, NEXT)
        parts[-1] = CLOSE
        return parts

    def _runs(self, positions: Sequence[int]) -> list[tuple[int, int]]:
        if self._first is not None and isinstance(positions, range):
            return [(self._first + positions[0], self._first + positions[-1])]
        return runs([self._rows[position] for position in positions])

    def feature(self, position: int, crs: Crs, detail: str = STANDARD) -> list[Part]:
        """Return one feature, its closing brace left to the caller."""
        question = Question(crs=crs, detail=detail)
        return [*self._shapes([position], question), *self._facts([position], question)]

    def _facts(self, positions: Sequence[int], question: Question) -> list[Part]:
        if question.select is None:
            return [self._package.facts(self._rows[position]) for position in positions]
        return [Part(facts_text(self.properties(position, question.select))) for position in positions]

    def _shapes(self, positions: Sequence[int], question: Question) -> list[Part]:
        if not question.geometry:
            return [Part(shape_text(self.ids[position], NO_SHAPE)) for position in positions]
        if self._is_kept(question):
            return [self._package.shape(self._rows[position]) for position in positions]
        return self._written(positions, question.crs, question.detail)

    @staticmethod
    def _is_kept(question: Question) -> bool:
        """Whether the release has the texts of the shapes."""
        return question.crs.is_default and question.detail == STANDARD

    def full(self, positions: Sequence[int]) -> NDArray[np.object_]:
        """Return the geometries at `positions` in full detail, lon/lat."""
        return self._full(positions)

    def _full(self, positions: Sequence[int]) -> NDArray[np.object_]:
        """Return geometries in full detail."""
        shapes = np.empty(len(positions), dtype=object)
        for table in self.tables:
            first, count = self._package.span(table)
            rows = [self._rows[position] for position in positions]
            mine = [at for at, row in enumerate(rows) if first <= row < first + count]
            if mine:
                shapes[mine] = self._package.full_shapes(table, [rows[at] - first for at in mine])
        return shapes

    def _written(self, positions: Sequence[int], crs: Crs, detail: str) -> list[Part]:
        """Return shapes in another system or detail, written when first asked for and kept while there is room."""
        keys: list[Hashable] = [(self._rows[position], crs.uri, detail) for position in positions]
        found = [self._texts.get(key) for key in keys]
        absent = [index for index, part in enumerate(found) if part is None]
        for first in range(0, len(absent), _WRITTEN):
            some = absent[first : first + _WRITTEN]
            where = [positions[index] for index in some]
            shapes = self._full(where) if detail == FULL else self.geometries(where)
            texts = geometry_texts(crs_module.write(shapes, crs))
            for index, text in zip(some, texts, strict=True):
                part = Part(shape_text(self.ids[positions[index]], text))
                self._texts.put(keys[index], part, len(part.text))
                found[index] = part
        return [part for part in found if part is not None]
