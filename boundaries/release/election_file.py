"""The election's tables in a release: ``elections.zip`` and what is known of them, ``elections.json``.

The archive is a Data Package of Parquet files, stored unpacked in it so that a reader maps the file and reads only the
columns and row groups that a question needs. ``elections.json`` has for every table what it covers, what its figures
rest on, how it joins the dapil and units of the release, and the sha256 of its rows as CSV: by this the tables enter
the name of the release, whatever library packed them.
"""

import hashlib
import json
import mmap
import threading
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from boundaries.errors import ReleaseError
from boundaries.extras import needed
from boundaries.release.geopackage_reader import Column

if TYPE_CHECKING:
    import pandas as pd

ARCHIVE: Final = "elections.zip"
ABOUT: Final = "elections.json"
#: How names of files of the map page begin that hold persons: `boundaries/exports/mapdata/person_lists.py` makes them.
PERSON_FILES: Final = ("map-elected-", "map-candidates-")
#: The id of a row, first in every Parquet file; no column of the set.
ID: Final = "id"
_GROUP: Final = 16_384
#: Rows that are written as text at once.
_BLOCK: Final = 50_000
_QUOTED: Final = r'[",\r\n]|^\s|\s$'
_MOMENT: Final = (1980, 1, 1, 0, 0, 0)
_HEADER: Final = 30
_ARROW: Final = {"string": "string", "integer": "int64", "number": "float64"}
_PANDAS: Final[dict[str, Any]] = {"integer": "Int64", "number": "Float64"}


@dataclass(frozen=True)
class ElectionTable:
    """A table to be packed: what is known of it, its set's description, its rows with their `ids`."""

    about: Mapping[str, Any]
    described: Mapping[str, Any]
    ids: Sequence[str]
    rows: "pd.DataFrame"


def as_csv(rows: Any) -> bytes:
    """Return an Arrow table as CSV: what the sha256 of a table is of, and what its download holds.

    Quotes stand only where RFC 4180 needs them; what lacks is nothing.
    """
    return b"".join(_csv_blocks(rows))


def _csv_blocks(rows: Any) -> Iterator[bytes]:
    with needed():
        import pyarrow as pa
        import pyarrow.compute as pc

    yield (",".join(rows.column_names) + "\n").encode()
    for start in range(0, len(rows), _BLOCK):
        cells = []
        for column in rows.slice(start, _BLOCK).columns:
            text = column.combine_chunks().cast(pa.string())
            if pa.types.is_string(column.type):
                needs = pc.match_substring_regex(text, _QUOTED)
                if pc.any(needs).as_py():
                    doubled = pc.replace_substring(text, '"', '""')
                    text = pc.if_else(needs, pc.binary_join_element_wise('"', doubled, '"', ""), text)
            cells.append(text.fill_null(""))
        lines = pc.binary_join_element_wise(pc.binary_join_element_wise(*cells, ","), "\n", "")
        yield lines.buffers()[-1][: pc.sum(pc.binary_length(lines)).as_py()].to_pybytes()


def write_elections(directory: Path, tables: Iterable[ElectionTable]) -> list[dict[str, Any]]:
    """Write both files and return what is known of each table, as the manifest lists it.

    Tables are taken one at a time: what is held at once is the largest.
    """
    with needed():
        import pyarrow.parquet as pq

    entries, sets, resources = [], {}, []
    with zipfile.ZipFile(directory / ARCHIVE, "w", zipfile.ZIP_STORED) as archive:
        for each in tables:
            name = str(each.about["name"])
            rows = _arrow(each)
            digest = hashlib.sha256()
            for block in _csv_blocks(rows.drop_columns([ID])):
                digest.update(block)
            entry = dict(each.about) | {"rows": len(rows), "sha256": digest.hexdigest()}
            with archive.open(zipfile.ZipInfo(f"{name}.parquet", _MOMENT), "w") as file:
                pq.write_table(rows, file, compression="zstd", compression_level=6, row_group_size=_GROUP)
            entries.append(entry)
            sets[each.described["name"]] = dict(each.described)
            resources.append(_resource(entry, each.described))
            del each, rows  # before the next is read
        package = {"name": "peta-dapil-pemilu", "resources": resources}
        text = json.dumps(package, ensure_ascii=False, indent=1) + "\n"
        archive.writestr(zipfile.ZipInfo("datapackage.json", _MOMENT), text)
    about = json.dumps({"tables": entries, "sets": sets}, ensure_ascii=False, indent=1, sort_keys=True)
    (directory / ABOUT).write_text(about + "\n", encoding="utf-8")
    return listed(entries)


def listed(entries: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return what is known of tables as a manifest lists it: without their joins."""
    return [{key: value for key, value in entry.items() if key != "joins"} for entry in entries]


def _arrow(table: ElectionTable) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    kinds = {field["name"]: field["type"] for field in table.described["fields"]}
    arrays = [pa.array(table.ids, pa.string())]
    for name in table.rows.columns:
        values = pa.array(table.rows[name], pa.type_for_alias(_ARROW[kinds[name]]), from_pandas=True)
        if kinds[name] == "string":
            values = pc.if_else(pc.equal(values, ""), pa.scalar(None, pa.string()), values)
        arrays.append(values)
    return pa.Table.from_arrays(arrays, names=[ID, *table.rows.columns])


def _resource(entry: Mapping[str, Any], described: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": entry["name"],
        "path": f"{entry['name']}.parquet",
        "format": "parquet",
        "mediatype": "application/vnd.apache.parquet",
        "title": f"{described['title']} | {described['title_en']}",
        "description": f"{entry['coverage']} | {entry['coverage_en']}",
    }


class Tables(Protocol):
    """What the service asks of the election's tables, in files or in a database."""

    @property
    def tables(self) -> Mapping[str, Mapping[str, Any]]:
        """What is known of each table, by its name."""

    def columns(self, table: str) -> tuple[Column, ...]:
        """Return the columns of a table: the id of a row, then those of its set."""

    def column(self, table: str, name: str) -> Any:
        """Return a column as one Arrow array."""

    def take(self, table: str, positions: Sequence[int], names: Sequence[str]) -> list[tuple[Any, ...]]:
        """Return the cells `names` of the rows at `positions`, in that order; what lacks is None."""


class Elections:
    """The tables of a release of files, read when asked for; safe to share between threads.

    Raises
    ------
    ReleaseError
        The files are there but cannot be read.
    """

    def __init__(self, directory: Path) -> None:
        self.path = directory / ARCHIVE
        try:
            about = json.loads((directory / ABOUT).read_text("utf-8"))
            self._places, self._map = _mapped(self.path)
        except (OSError, ValueError, zipfile.BadZipFile) as error:
            raise ReleaseError(f"{self.path} cannot be read ({error}); build the release again") from None
        #: What is known of each table, by its name, in the order of the sets' list.
        self.tables: dict[str, dict[str, Any]] = {each["name"]: each for each in about["tables"]}
        #: The description of each set: titles, meaning, fields, key.
        self.sets: dict[str, dict[str, Any]] = about["sets"]
        self._heads: dict[str, Any] = {}
        self._lock = threading.Lock()

    def described(self, table: str) -> dict[str, Any]:
        """Return the description of a table's set."""
        return self.sets[self.tables[table]["set"]]

    def columns(self, table: str) -> tuple[Column, ...]:
        """Return the columns of a table: the id of a row, then those of its set."""
        return columns_of_set(self.described(table))

    def column(self, table: str, name: str) -> Any:
        """Return a column as one Arrow array."""
        return self._open(table).read([name], use_threads=False).column(0).combine_chunks()

    def take(self, table: str, positions: Sequence[int], names: Sequence[str]) -> list[tuple[Any, ...]]:
        """Return the cells `names` of the rows at `positions`, in that order; what lacks is None."""
        if not len(positions):
            return []
        file = self._open(table)
        groups = sorted({position // _GROUP for position in positions})
        place = {group: at * _GROUP for at, group in enumerate(groups)}
        rows = file.read_row_groups(groups, list(names), use_threads=False)
        wanted = rows.take([place[position // _GROUP] + position % _GROUP for position in positions])
        return list(zip(*(wanted.column(name).to_pylist() for name in names), strict=True))

    def arrow(self, table: str) -> Any:
        """Return a table as Arrow, without the ids of rows."""
        return self._open(table).read(use_threads=False).drop_columns([ID])

    def frame(self, table: str) -> "pd.DataFrame":
        """Return a table in the columns of its set: text as text (``""`` where empty), numbers Int64 or Float64."""
        import pandas as pd

        rows = self.arrow(table)
        fields = self.described(table)["fields"]
        return pd.DataFrame(
            {each["name"]: _series(rows.column(each["name"]), each["type"]) for each in fields}
        )

    def _open(self, table: str) -> Any:
        with needed():
            import pyarrow as pa
            import pyarrow.parquet as pq

        start, length = self._places[f"{table}.parquet"]
        source = pa.BufferReader(pa.py_buffer(memoryview(self._map)[start : start + length]))
        with self._lock:
            head = self._heads.get(table)
        try:
            file = pq.ParquetFile(source, metadata=head)
        except (pa.ArrowException, OSError) as error:
            raise ReleaseError(
                f"{self.path}: {table!r} cannot be read: {error}; build the release again"
            ) from None
        with self._lock:
            self._heads[table] = file.metadata
        return file


def columns_of_set(described: Mapping[str, Any]) -> tuple[Column, ...]:
    """Return the columns of a set as the service tells them: the id of a row first."""
    meaning = {"id": "Pengenal baris di tabel ini.", "en": "Identifier of the row in this table."}
    return (
        Column(ID, "string", "ID", meaning, "ID"),
        *(
            Column(
                field["name"], field["type"], field["title"],
                {"id": field["description"], "en": field["description_en"]}, field["title_en"],
            )
            for field in described["fields"]
        ),
    )  # fmt: skip


def _series(column: Any, kind: str) -> "pd.Series":
    import pandas as pd

    values = column.to_pylist()
    if kind == "string":
        return pd.Series(["" if value is None else value for value in values], dtype="str")
    return pd.Series(values, dtype=_PANDAS[kind])


def _mapped(path: Path) -> tuple[dict[str, tuple[int, int]], mmap.mmap]:
    """Return where each file of the archive lies in it (start, length), and the archive itself."""
    with path.open("rb") as file:
        whole = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    with zipfile.ZipFile(path) as archive:
        infos = archive.infolist()
    places = {}
    for info in infos:
        if info.compress_type != zipfile.ZIP_STORED:
            raise ValueError(f"{info.filename} is packed")
        head = whole[info.header_offset : info.header_offset + _HEADER]
        start = info.header_offset + _HEADER + int.from_bytes(head[26:28], "little")
        places[info.filename] = (start + int.from_bytes(head[28:30], "little"), info.file_size)
    return places, whole


def open_elections(directory: Path) -> Elections | None:
    """Return the tables of the release in a directory, or None where it has none."""
    return Elections(directory) if (directory / ABOUT).is_file() else None
