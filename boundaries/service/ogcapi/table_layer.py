"""A table of the election as a collection: rows without geometry, or with that of the dapil or unit each is about.

Nothing of it is held but what was asked lately: a column is read when a filter, an order or an equality names it, a
page when it is given. What is held of all tables together is bounded.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Final
from unicodedata import normalize

import numpy as np
from numpy.typing import NDArray

from boundaries.law.codes import LENGTH
from boundaries.release.cache import Cache
from boundaries.release.election_file import ID, Tables
from boundaries.release.feature_file import facts_text, geometry_texts, shape_text
from boundaries.release.spliced import Part
from boundaries.release.store import FULL, STANDARD
from boundaries.service import crs as crs_module
from boundaries.service.filters import Queryable
from boundaries.service.ogcapi.layer import (
    CLOSE,
    GEOMETRY,
    NEXT,
    NO_SHAPE,
    PARAMETERS,
    Layer,
    Question,
    Scalar,
)

#: Bytes of columns that are held for all tables of a process.
HELD_BYTES: Final = 24 << 20
_TEXT_COST: Final = 60
#: Columns whose values are keys in small letters: PDIP is asked for as often as pdip.
_KEYS: Final = frozenset({"partai", "partai_berikut"})
Values = tuple[NDArray[Any], NDArray[np.bool_]]


class TableLayer(Layer):
    """The rows of one table, in its own order. Safe to share between threads.

    `grounds` are the layers that have the outlines of its rows (a plan, or the levels of units); none for rows without.
    """

    def __init__(
        self, elections: Tables, name: str, grounds: Mapping[str, Layer], held: Cache[Values]
    ) -> None:
        self.name = name
        self.tables = (name,)
        self.about = elections.tables[name]
        self.columns = elections.columns(name)
        self._elections, self._asked = elections, held
        self._grounds = dict(grounds)
        names = [column.name for column in self.columns]
        self.id_column, self.is_plan = ID, False
        self.title_column = next((each for each in ("nama", "nama_wilayah", "kepala") if each in names), ID)
        self.parameters = frozenset((*PARAMETERS, *names))
        self.has_geometry = bool(grounds)
        self.persons = bool(self.about["persons"])

    def __len__(self) -> int:
        return int(self.about["rows"])

    @cached_property
    def queryables(self) -> dict[str, Queryable]:
        """What a filter may name: every column, and the geometry where rows have one."""
        found = {column.name: Queryable(column.name, column.kind) for column in self.columns}
        return found | ({GEOMETRY: Queryable(GEOMETRY, "geometry")} if self.has_geometry else {})

    def position(self, name: str) -> int | None:
        """Return the position of an id, None where there is no such row."""
        found = int(self.arrow(ID).index(name).as_py())
        return found if found >= 0 else None

    def arrow(self, name: str) -> Any:
        """Return a column as an Arrow array."""
        return self._elections.column(self.name, name)

    def box(self) -> list[float]:
        """The box of the ground that the rows are about, as far as it is drawn."""
        boxes = np.array([layer.box() for layer in self._grounds.values()])
        return [*boxes[:, :2].min(axis=0).tolist(), *boxes[:, 2:].max(axis=0).tolist()]

    # What a filter reads

    def values(self, name: str) -> Values:
        """Return a column as an array (text in NFC), and what is known."""
        found = self._asked.get((self.name, name))
        if found is None:
            found, cost = self._read_values(name)
            self._asked.put((self.name, name), found, cost)
        return found

    def _read_values(self, name: str) -> tuple[Values, int]:
        column = self.arrow(name)
        known = column.is_valid().to_numpy(zero_copy_only=False)
        if self.column[name].kind != "string":
            array = column.fill_null(0).to_numpy(zero_copy_only=False)
            return (array, known), array.nbytes + known.nbytes
        packed = column.dictionary_encode()
        texts = [normalize("NFC", str(text)) for text in packed.dictionary.to_pylist()]
        each = np.array([*texts, ""], dtype=object)
        array = each[packed.indices.fill_null(len(texts)).to_numpy(zero_copy_only=False)]
        return (array, known), array.nbytes + known.nbytes + sum(map(len, texts)) + _TEXT_COST * len(texts)

    def equal(self, name: str, text: str) -> NDArray[np.bool_]:
        """Return where a column of text is `text` (NFC); keys of parties whatever their capitals."""
        import pyarrow as pa
        import pyarrow.compute as pc

        wanted = text.lower() if name in _KEYS else text
        same = pc.equal(self.arrow(name), pa.scalar(wanted, pa.string()))
        return np.asarray(same.fill_null(False).to_numpy(zero_copy_only=False))

    def bounds(self) -> NDArray[np.float64]:
        """Return the boxes of all rows; NaN where a row has no outline."""
        return self._bounds

    @cached_property
    def _bounds(self) -> NDArray[np.float64]:
        boxes = np.full((len(self), 4), np.nan)
        for layer, mine, theirs in self._placed:
            boxes[mine] = layer.bounds()[theirs]
        return boxes

    @cached_property
    def _placed(self) -> list[tuple[Layer, NDArray[np.int64], NDArray[np.int64]]]:
        """Layer by layer, which rows are on which of its features."""
        found: dict[str, list[tuple[int, int]]] = {name: [] for name in self._grounds}
        told = self.about.get("geometry")
        codes = self.arrow(told["column"]).to_pylist() if told and self._grounds else []
        for at, code in enumerate(codes):
            for name, layer in self._grounds.items():
                key = f"{name}-{code}" if layer.is_plan else code
                if code and (there := layer.position(key)) is not None:
                    found[name].append((at, there))
        pairs = {name: np.array(each, dtype=np.int64).reshape(-1, 2) for name, each in found.items()}
        return [(self._grounds[name], each[:, 0], each[:, 1]) for name, each in pairs.items()]

    def _outlines(self, positions: Sequence[int] | NDArray[np.int64], detail: str) -> NDArray[np.object_]:
        shapes = np.full(len(positions), None, dtype=object)
        at = np.asarray(positions, dtype=np.int64)
        for layer, mine, theirs in self._placed:
            order = dict(zip(mine.tolist(), theirs.tolist(), strict=True))
            wanted = [(place, order[each]) for place, each in enumerate(at.tolist()) if each in order]
            if wanted:
                where = [each for _, each in wanted]
                shapes[[place for place, _ in wanted]] = layer.outlines(where, detail)
        return shapes

    def geometries(self, positions: Sequence[int] | NDArray[np.int64]) -> NDArray[np.object_]:
        """Return the outlines at `positions`, lon/lat; None where a row has none."""
        return self._outlines(positions, STANDARD)

    def all(self) -> NDArray[np.object_]:
        """Return all outlines."""
        return self.geometries(range(len(self)))

    # Questions

    def _ordered(self, positions: NDArray[np.int64], order: Sequence[tuple[str, bool]]) -> list[int]:
        """Sort by each column, nulls last either way, ties in the order of the table."""
        import pyarrow.compute as pc

        found = positions
        for name, descending in reversed(order):
            column = self.arrow(name)
            ranks = pc.rank(column, "ascending", tiebreaker="dense").to_numpy().astype(np.int64)
            ranks = -ranks if descending else ranks
            ranks[column.is_null().to_numpy(zero_copy_only=False)] = len(self)
            found = found[np.argsort(ranks[found], kind="stable")]
        return [int(each) for each in found]

    def domain(self, name: str) -> list[Scalar]:
        """Return the distinct values of a column, sorted, without null."""
        return sorted(self.arrow(name).drop_null().unique().to_pylist())

    def properties(self, position: int, select: Sequence[str] | None = None) -> dict[str, Scalar]:
        """Return the cells of one row in the order of the columns."""
        return self.listed([position], select)[0][1]

    def listed(
        self, positions: Sequence[int], select: Sequence[str] | None = None
    ) -> list[tuple[str, dict[str, Scalar]]]:
        """Return id and cells of rows."""
        names = [name for name in self.column if select is None or name in select]
        rows = self._elections.take(self.name, positions, [ID, *(name for name in names if name != ID)])
        order = [ID, *(name for name in names if name != ID)]
        cells = [dict(zip(order, row, strict=True)) for row in rows]
        return [(str(each[ID]), {name: each[name] for name in names}) for each in cells]

    # Texts

    def features(self, positions: Sequence[int], question: Question) -> list[Part]:
        """Return rows as GeoJSON texts, with commas between them."""
        rows = self.listed(positions, question.select)
        texts = self._texts_of(positions, question)
        parts: list[Part] = []
        for (name, cells), text in zip(rows, texts, strict=True):
            parts += (Part(shape_text(name, text)), Part(facts_text(cells)), NEXT)
        return [*parts[:-1], CLOSE] if parts else []

    def feature(self, position: int, crs: crs_module.Crs, detail: str = STANDARD) -> list[Part]:
        """Return one row, its closing brace left to the caller."""
        return self.features([position], Question(crs=crs, detail=detail))[:-1]

    def _texts_of(self, positions: Sequence[int], question: Question) -> list[bytes]:
        texts = [NO_SHAPE] * len(positions)
        if not (self.has_geometry and question.geometry):
            return texts
        shapes = self._outlines(positions, FULL if question.detail == FULL else STANDARD)
        drawn = [at for at, shape in enumerate(shapes) if shape is not None]
        for at, text in zip(
            drawn, geometry_texts(crs_module.write(shapes[drawn], question.crs)), strict=True
        ):
            texts[at] = text
        return texts


def grounds_of(about: Mapping[str, Any], layers: Mapping[str, Layer]) -> dict[str, Layer]:
    """Return the layers that have the outlines of a table's rows."""
    target = str((about.get("geometry") or {}).get("target", ""))
    names = [f"unit-{level}" for level in LENGTH] if target == "unit" else [target]
    return {name: layers[name] for name in names if name in layers}
