"""A release out of PostGIS: the contract of `boundaries.release.feature_source`; the follower of the current one.

What a question asks of attributes and boxes is answered by the worker, which holds them as it does for files: so
a filter means the same whichever of the two serves. The database gives geometries and texts of the rows that an
answer needs, in one round trip. A release is a schema that nobody changes; only which is current changes.
"""

import itertools
import logging
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, Final, Generic, TypeVar

import numpy as np
import shapely
from numpy.typing import NDArray

from boundaries.errors import ReleaseError, Unavailable
from boundaries.postgis.connect import (
    CATALOG,
    LAYOUT,
    Address,
    Fetch,
    connected,
    fetching,
    postgis_schema,
    read_only,
)
from boundaries.postgis.election_tables import DatabaseElections, read_tables
from boundaries.postgis.pool import Database
from boundaries.release.cache import Cache
from boundaries.release.election_file import Tables
from boundaries.release.feature_file import END, STORED_END
from boundaries.release.feature_source import Run
from boundaries.release.following import Following, Served
from boundaries.release.geometry_cache import Shapes
from boundaries.release.geopackage_reader import Column
from boundaries.release.spliced import Part, between, combined
from boundaries.release.store import FORMAT

LOGGER = logging.getLogger(__name__)

#: A release that a worker serves, whatever the worker makes of it.
S = TypeVar("S", bound=Served)

_POLL_S: Final = 1.0
#: How much is read at once where one row after another is asked for.
_AHEAD_BYTES: Final = 256 << 10
_AHEAD_ROWS: Final = 200
_SIDES: Final = ("XMin", "YMin", "XMax", "YMax")


class PostgisPackage:
    """A published release. `address` as for `boundaries.postgis.connect.Address`; without ``release=`` the current one.

    Raises ReleaseError: no such database or release, or one that another version published.
    """

    def __init__(self, address: str, cache_bytes: int) -> None:
        place = Address.parse(address)
        with connected(place, **read_only(place)) as connection, connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            self._read_release(place, fetching(connection), cache_bytes)
        self._fetch: Fetch = Database.of(place).fetch

    @classmethod
    def through(cls, fetch: Fetch, place: Address, release: str) -> "PostgisPackage":
        """Return a release as one connection sees it: for `dapil publish`, before others see it."""
        package = cls.__new__(cls)
        package._read_release(Address.parse(place.at(release)), fetch, 0)
        package._fetch = fetch
        return package

    def _read_release(self, place: Address, fetch: Fetch, cache_bytes: int) -> None:
        """Read what the worker holds: manifest, columns, and the numbers of all features."""
        self.release, schema, manifest = _listed(place, fetch)
        self.address = Address.parse(place.at(self.release)).shown
        self.manifest: dict[str, Any] = _sorted(manifest)
        self._schema = schema
        postgis = _quoted(postgis_schema(fetch) or "public")
        self._as_binary = f"{postgis}.ST_AsBinary"
        self._sides = ", ".join(f"{postgis}.ST_{side}(coalesce(geom_full, geom))" for side in _SIDES)
        self._columns: dict[str, tuple[Column, ...]] = {}
        self._dates: frozenset[tuple[str, str]] = frozenset(
            fetch(
                "SELECT table_name::text, column_name::text FROM information_schema.columns "
                "WHERE table_schema = %s AND data_type = 'date'",
                (schema,),
            )
        )
        rows = fetch(
            "SELECT table_name, name, kind, title, indonesian, english "
            f"FROM {self._table('columns')} ORDER BY table_name, position"
        )
        for table, group in itertools.groupby(rows, lambda row: row[0]):
            self._columns[table] = tuple(_column(*row[1:]) for row in group)
        self.tables = frozenset(self._columns)
        told = read_tables(fetch, _quoted(schema))
        self.elections: Tables | None = (
            DatabaseElections(lambda *asked: self._fetch(*asked), _quoted(schema), told) if told else None
        )
        self._read_numbers(fetch)
        self._shapes = Shapes(cache_bytes - cache_bytes // 4, self._geometries)
        self._texts: Cache[tuple[bytes, bytes]] = Cache(cache_bytes // 4)

    def _read_numbers(self, fetch: Fetch) -> None:
        rows = fetch(
            "SELECT layer, fid, west, south, east, north, facts_at, text_bytes, deflate_facts_at, deflate_bytes, "
            f"crc_before, shape_crc, facts_crc FROM {self._table('features')} ORDER BY row"
        )
        self._spans: dict[str, tuple[int, int]] = {}
        for layer, group in itertools.groupby(range(len(rows)), lambda row: str(rows[row][0])):
            members = list(group)
            self._spans[layer] = (members[0], len(members))
        columns: list[tuple[Any, ...]] = list(zip(*rows, strict=True)) or [()] * 13
        self._layer_of, self._fid = columns[:2]
        self._boxes = np.array(columns[2:6], dtype="float64").T
        self._facts_at, sizes, self._packed_facts_at, packed = columns[6:10]
        self._text_at = [0, *itertools.accumulate(sizes)]
        self._packed_at = [0, *itertools.accumulate(packed)]
        self._shape_crc, self._facts_crc = columns[11:13]
        self._crc_at = [*columns[10], 0]
        if rows:
            self._crc_at[-1] = self._last_crc(len(rows) - 1)

    def _last_crc(self, row: int) -> int:
        facts = self._text_at[row + 1] - self._text_at[row] - self._facts_at[row] - len(END)
        crc = combined(self._crc_at[row], self._shape_crc[row], self._facts_at[row])
        return zlib.crc32(END, combined(crc, self._facts_crc[row], facts))

    def _table(self, name: str) -> str:
        return f"{_quoted(self._schema)}.{_quoted(name)}"

    def span(self, table: str) -> tuple[int, int]:
        """See Package."""
        return self._spans[table]

    def columns(self, table: str) -> tuple[Column, ...]:
        """See Package."""
        return self._columns[table]

    def records(self, table: str, columns: Sequence[str]) -> list[tuple[Any, ...]]:
        """Return all rows of a table, in order; dates as ISO text, as the files have them."""
        parts = [
            f"to_char({_quoted(name)}, 'YYYY-MM-DD')" if (table, name) in self._dates else _quoted(name)
            for name in columns
        ]
        return self._fetch(f"SELECT {', '.join(parts)} FROM {self._table(table)} ORDER BY fid")

    def bounds(self, table: str) -> NDArray[np.float64]:
        """See Package."""
        first, count = self._spans[table]
        return self._boxes[first : first + count]

    def full_bounds(self, table: str) -> NDArray[np.float64]:
        """See Package."""
        rows = self._fetch(f"SELECT {self._sides} FROM {self._table(table)} ORDER BY fid")
        return np.array(rows, dtype="float64").reshape(-1, 4)

    def full_shapes(self, table: str, places: Sequence[int]) -> NDArray[np.object_]:
        """See Package."""
        first = self._spans[table][0]
        wanted = [self._fid[first + place] for place in places]
        shape = f"{self._as_binary}(coalesce(geom_full, geom))"
        rows = self._fetch(f"SELECT fid, {shape} FROM {self._table(table)} WHERE fid = ANY(%s)", (wanted,))
        found: dict[int, bytes] = dict(rows)
        return np.asarray(shapely.from_wkb(_objects(found[fid] for fid in wanted)), dtype=object)

    def whole(self, table: str) -> NDArray[np.object_]:
        """See Package."""
        rows = self._fetch(f"SELECT {self._as_binary}(geom) FROM {self._table(table)} ORDER BY fid")
        return np.asarray(shapely.from_wkb(_objects(wkb for (wkb,) in rows)), dtype=object)

    def geometries(self, rows: Sequence[int] | NDArray[np.int64]) -> NDArray[np.object_]:
        """Return the geometries of `rows`; those asked for lately are still held, prepared."""
        return self._shapes.get(rows)

    def _geometries(self, rows: list[int]) -> NDArray[np.object_]:
        """Read the geometries of ascending rows of any layers in one round trip."""
        queries, values = [], []
        for layer, group in itertools.groupby(rows, self._layer_of.__getitem__):
            queries.append(
                f"SELECT {self._spans[layer][0]}, fid, {self._as_binary}(geom) "
                f"FROM {self._table(layer)} WHERE fid = ANY(%s)"
            )
            values.append([self._fid[row] for row in group])
        rows_found = self._fetch(" UNION ALL ".join(queries), values)
        found = {(first, fid): wkb for first, fid, wkb in rows_found}
        wkb = (found[self._spans[self._layer_of[row]][0], self._fid[row]] for row in rows)
        return np.asarray(shapely.from_wkb(_objects(wkb)), dtype=object)

    # Texts

    def features(self, runs: Sequence[Run]) -> list[Part]:
        """See Package. All rows come in one round trip, and are held as long as the answer is."""
        if not runs:
            return []
        held = self._rows(runs)
        parts = [self._whole(held, first, last + 1) for first, last in runs[:-1]]
        first, last = runs[-1]
        if first < last:
            parts.append(self._whole(held, first, last))
        return [*parts, self._shape(last, held[last]), self._facts(last, held[last])]

    def _rows(self, runs: Sequence[Run]) -> dict[int, tuple[bytes, bytes]]:
        """Read text and deflate of all rows of `runs`."""
        query = f"SELECT row, text, deflate FROM {self._table('features')} WHERE row "
        if len(runs) == 1:
            found = self._fetch(query + "BETWEEN %s AND %s", runs[0])
        else:
            rows = [row for first, last in runs for row in range(first, last + 1)]
            found = self._fetch(query + "= ANY(%s)", (rows,))
        return {row: (text, packed) for row, text, packed in found}

    def _whole(self, held: dict[int, tuple[bytes, bytes]], first: int, end: int) -> Part:
        """Return rows from `first` until before `end`, each with what separates it from the next."""
        size = self._text_at[end] - self._text_at[first]
        crc = partial(between, self._crc_at[first], self._crc_at[end], size)
        texts, packed = zip(*(held[row] for row in range(first, end)), strict=True)
        return Part(b"".join(texts), b"".join(packed), crc)

    def shape(self, row: int) -> Part:
        """See Package."""
        return self._shape(row, self._row(row))

    def facts(self, row: int) -> Part:
        """See Package."""
        return self._facts(row, self._row(row))

    def _shape(self, row: int, held: tuple[bytes, bytes]) -> Part:
        text, packed = memoryview(held[0]), memoryview(held[1])
        crc = partial(self._shape_crc.__getitem__, row)
        return Part(text[: self._facts_at[row]], packed[: self._packed_facts_at[row]], crc)

    def _facts(self, row: int, held: tuple[bytes, bytes]) -> Part:
        text, packed = memoryview(held[0]), memoryview(held[1])
        crc = partial(self._facts_crc.__getitem__, row)
        return Part(
            text[self._facts_at[row] : -len(END)], packed[self._packed_facts_at[row] : -len(STORED_END)], crc
        )

    def _row(self, row: int) -> tuple[bytes, bytes]:
        """Return text and deflate of a row; who asks for one after another is read ahead for."""
        found = self._texts.get(row)
        if found is not None:
            return found
        last = self._ahead(row) if row and self._texts.get(row - 1) is not None else row
        held = self._rows([(row, last)])
        for each, (text, packed) in held.items():
            self._texts.put(each, (text, packed), len(text) + len(packed) + 200)
        return held[row]

    def _ahead(self, row: int) -> int:
        """Return the last row that is read together with `row`."""
        most = min(row + _AHEAD_ROWS, len(self._text_at) - 2)
        start = self._text_at[row] + self._packed_at[row]
        while most > row and self._text_at[most + 1] + self._packed_at[most + 1] - start > _AHEAD_BYTES:
            most = row + (most - row) // 2
        return most

    def close(self) -> None:
        """Let go of the pool; it is closed when no other release of this process uses it."""
        self._fetch = _closed


class PostgisCurrent(Generic[S]):
    """Follows the current release of a database, by the rule of `boundaries.release.following`.

    `make` gets the address of one release, never "the current one": nothing of two releases can be mixed. Asked
    at most once a second, beside the requests, whether another release is current. Whatever fails, the old one goes
    on. An address with ``release=`` is never left.
    """

    def __init__(
        self, address: str, make: Callable[[str], S], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._place = Address.parse(address)
        self._make = make
        self._clock = clock
        with connected(self._place, **read_only(self._place)) as connection:
            release = _listed(self._place, fetching(connection))[0]
        self._following = Following(make(self._place.at(release)), release, clock)
        self._due = clock() + _POLL_S

    def get(self) -> S:
        """Return the state to serve this request from; never waits for the database."""
        if self._clock() >= self._due and self._place.release is None and self._following.begin():
            threading.Thread(target=self._follow, name="peta-dapil-follow", daemon=True).start()
        return self._following.state

    def _follow(self) -> None:
        following = self._following
        try:
            rows = Database.of(self._place).fetch(f"SELECT id FROM {CATALOG}.releases WHERE is_current")
            release = str(rows[0][0]) if rows else following.target
            if following.due(release):
                following.go_over(release, release, lambda: self._make(self._place.at(release)))
            elif release == following.target:
                following.forget()
        except Unavailable:
            LOGGER.warning("%s does not answer, still serving %s", self._place.shown, following.state.id)
        except Exception as error:  # noqa: BLE001 - it is asked again in a second, and the log says why
            LOGGER.error("%s cannot be followed: %s", self._place.shown, error)
        finally:
            self._due = self._clock() + _POLL_S
            following.end()


def _listed(place: Address, fetch: Fetch) -> tuple[str, str, dict[str, Any]]:
    """Return id, schema and manifest of the release that `place` names, or of the current one."""
    if not fetch("SELECT 1 WHERE to_regclass(%s) IS NOT NULL", (f"{CATALOG}.releases",)):
        raise ReleaseError(
            f"{place.database} holds no release; publish one with: dapil publish --to {place.database}"
        )
    rows = fetch(f"SELECT id, schema_name, layout, is_current FROM {CATALOG}.releases ORDER BY id")
    for name, schema, layout, current in rows:
        if name == place.release or (place.release is None and current):
            manifest = fetch(f"SELECT manifest FROM {CATALOG}.releases WHERE id = %s", (name,))[0][0]
            found = manifest.get("format"), layout
            if found != (FORMAT, LAYOUT):
                raise ReleaseError(
                    f"{place.database}: release {name} has format and layout {found}, this version reads "
                    f"{(FORMAT, LAYOUT)}; publish it again with --replace"
                )
            return name, schema, manifest
    there = ", ".join(row[0] for row in rows) or "none"
    what = f"no release {place.release}" if place.release else "no current release"
    raise ReleaseError(f"{place.database} has {what}; there are: {there}. See dapil publish --help")


def _column(name: str, kind: Any, title: str, indonesian: str | None, english: str | None) -> Column:
    told = {"id": indonesian, "en": english}
    return Column(name, kind, title, {language: text for language, text in told.items() if text is not None})


def _objects(values: Iterable[bytes]) -> NDArray[np.object_]:
    held = list(values)
    array = np.empty(len(held), dtype=object)
    array[:] = held
    return array


def _sorted(value: Any) -> Any:
    """Give objects the order that manifest.json has; jsonb keeps one of its own."""
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(each) for each in value] if isinstance(value, list) else value


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _closed(*_: Any) -> Any:
    raise ReleaseError("this release was closed; open it again")
