"""Read a release's GeoPackage through the standard library's sqlite3: no extension, no GDAL, no writing.

The file is opened ``immutable`` (SQLite takes no lock and looks for no journal), once, and kept open: a
release that is deleted while it is served stays readable until the last reader lets go.
"""

import sqlite3
import struct
import threading
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import shapely
from numpy.typing import NDArray

from boundaries.errors import ReleaseError

Kind = Literal["string", "integer", "number"]

#: Bytes of the envelope in a GeoPackage geometry header, by its flag (GeoPackage 1.3, clause 2.1.3.1.1).
_ENVELOPE: Final = {0: 0, 1: 32, 2: 48, 3: 48, 4: 64}
_HEADER: Final = 8
_CHUNK: Final = 500


@dataclass(frozen=True)
class Column:
    """A column without geometry: its JSON type, and what it means in both languages."""

    name: str
    kind: Kind
    title: str
    meaning: dict[str, str]
    title_en: str = ""


class GeoPackage:
    """Tables of one GeoPackage; safe to share between threads (one connection, one lock)."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        uri = f"{self.path.as_uri()}?mode=ro&immutable=1"
        self._lock = threading.Lock()
        try:
            self._connection = sqlite3.connect(uri, uri=True, check_same_thread=False)
            self.tables = frozenset(name for (name,) in self._all("SELECT table_name FROM gpkg_contents"))
        except sqlite3.Error as error:
            raise ReleaseError(f"{self.path} cannot be read as a GeoPackage: {error}") from error
        self._geometry = dict(self._all("SELECT table_name, column_name FROM gpkg_geometry_columns"))

    def close(self) -> None:
        """Close the file; the object is of no use afterwards."""
        self._connection.close()

    def columns(self, table: str) -> tuple[Column, ...]:
        """Return the columns of `table` in their order, without its geometry and its primary key."""
        described = self._descriptions(table)
        found = []
        for _, name, declared, _, _, key in self._all(f"PRAGMA table_info({_quoted(table)})"):
            if key or name == self._geometry.get(table):
                continue
            title, meaning = described.get(name, (name, {}))
            found.append(Column(name, _kind(declared), title, meaning))
        return tuple(found)

    def records(self, table: str, columns: Sequence[str]) -> list[tuple[Any, ...]]:
        """Return all rows of `table` in the order of its rowid."""
        names = ", ".join(_quoted(name) for name in columns)
        return self._all(f"SELECT {names} FROM {_quoted(table)} ORDER BY rowid")

    def whole(self, table: str) -> NDArray[np.object_]:
        """Return all geometries of `table` in the order of its rowid."""
        return self.geometries(table, self.rowids(table))

    def rowids(self, table: str) -> NDArray[np.int64]:
        """Return the row ids of `table`, ascending."""
        return np.array(
            [row for (row,) in self._all(f"SELECT rowid FROM {_quoted(table)} ORDER BY 1")], "int64"
        )

    def bounds(self, table: str) -> NDArray[np.float64]:
        """Return the boxes (xmin, ymin, xmax, ymax) of all rows, read from the headers of the blobs alone."""
        geom = _quoted(self._geometry[table])
        heads = self._all(f"SELECT substr({geom}, 1, 40) FROM {_quoted(table)} ORDER BY rowid")
        if all(head and (head[3] >> 1) & 7 for (head,) in heads):
            boxes = [_box(head) for (head,) in heads]
            return np.array(boxes, dtype="float64").reshape(-1, 4)
        return shapely.bounds(self.whole(table))

    def geometries(self, table: str, rowids: Sequence[int] | NDArray[np.int64]) -> NDArray[np.object_]:
        """Return the geometries of `rowids`, in that order."""
        geom = _quoted(self._geometry[table])
        wkb: dict[int, bytes] = {}
        wanted = [int(row) for row in rowids]
        for start in range(0, len(wanted), _CHUNK):
            part = wanted[start : start + _CHUNK]
            marks = ",".join("?" * len(part))
            found = self._all(f"SELECT rowid, {geom} FROM {_quoted(table)} WHERE rowid IN ({marks})", part)
            wkb.update((row, _wkb(blob)) for row, blob in found)
        return shapely.from_wkb(np.array([wkb[row] for row in wanted], dtype=object))

    def _descriptions(self, table: str) -> dict[str, tuple[str, dict[str, str]]]:
        if not self._all("SELECT 1 FROM sqlite_master WHERE name = 'gpkg_data_columns'"):
            return {}
        query = "SELECT column_name, title, description FROM gpkg_data_columns WHERE table_name = ?"
        return {name: (title or name, _languages(text)) for name, title, text in self._all(query, (table,))}

    def _all(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self._lock, closing(self._connection.execute(sql, values)) as cursor:
            return cursor.fetchall()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _kind(declared: str) -> Kind:
    base = declared.upper().partition("(")[0]
    if "INT" in base:
        return "integer"
    return "number" if base in ("REAL", "DOUBLE", "FLOAT") else "string"


def _languages(text: str | None) -> dict[str, str]:
    """Split the contract's ``Indonesian text | English text``."""
    if not text:
        return {}
    indonesian, _, english = text.partition(" | ")
    return {"id": indonesian, "en": english or indonesian}


def _box(head: bytes) -> tuple[float, float, float, float]:
    order = "<" if head[3] & 1 else ">"
    xmin, xmax, ymin, ymax = struct.unpack_from(f"{order}4d", head, _HEADER)
    return xmin, ymin, xmax, ymax


def _wkb(blob: bytes) -> bytes:
    return blob[_HEADER + _ENVELOPE[(blob[3] >> 1) & 7] :]
