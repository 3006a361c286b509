"""The election's tables of a published release, as the service reads them and as `dapil publish` compares them."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from boundaries.extras import needed
from boundaries.release.election_file import ID, Tables, columns_of_set
from boundaries.release.geopackage_reader import Column

Fetch = Callable[..., list[tuple[Any, ...]]]

#: The table with what is known of each.
ABOUT: Final = "elections"


class DatabaseElections:
    """The tables in a database, read when asked for; see `boundaries.release.election_file.Tables`.

    `fetch` runs a query; `quoted` is the schema's name, in quotes.
    """

    def __init__(self, fetch: Fetch, quoted: str, rows: Sequence[tuple[Any, ...]]) -> None:
        self._fetch, self._schema = fetch, quoted
        self.tables: dict[str, dict[str, Any]] = {name: about for name, about, _ in rows}
        self._columns = {name: columns_of_set(described) for name, _, described in rows}

    def columns(self, table: str) -> tuple[Column, ...]:
        """See Tables."""
        return self._columns[table]

    def column(self, table: str, name: str) -> Any:
        """See Tables."""
        with needed():
            import pyarrow as pa

        kinds = {"string": pa.string(), "integer": pa.int64(), "number": pa.float64()}
        kind = next(each.kind for each in self._columns[table] if each.name == name)
        rows = self._fetch(f"SELECT {_quoted(name)} FROM {self._schema}.{_quoted(table)} ORDER BY fid")
        return pa.array([value for (value,) in rows], kinds[kind])

    def take(self, table: str, positions: Sequence[int], names: Sequence[str]) -> list[tuple[Any, ...]]:
        """See Tables."""
        listed = ", ".join(map(_quoted, names))
        query = f"SELECT fid, {listed} FROM {self._schema}.{_quoted(table)} WHERE fid = ANY(%s)"
        found = {row[0]: row[1:] for row in self._fetch(query, (list(positions),))}
        return [found[position] for position in positions]


def read_tables(fetch: Fetch, quoted: str) -> list[tuple[Any, ...]]:
    """Return name, facts and description of each table; none where the release has no tables."""
    if fetch("SELECT to_regclass(%s) IS NULL", (f"{quoted}.{_quoted(ABOUT)}",))[0][0]:
        return []
    return fetch(f"SELECT name, about, described FROM {quoted}.{_quoted(ABOUT)} ORDER BY position")


def table_differences(one: Tables | None, other: Tables | None) -> Iterator[str]:
    """Give what differs between the tables of two packages."""
    mine, theirs = (each.tables if each is not None else {} for each in (one, other))
    if {name: dict(about) for name, about in mine.items()} != {
        name: dict(about) for name, about in theirs.items()
    }:
        yield "what is known of the election's tables differs"
        return
    for name in mine:
        assert one is not None
        assert other is not None
        names = [ID, *(each.name for each in one.columns(name) if each.name != ID)]
        if any(not one.column(name, each).equals(other.column(name, each)) for each in names):
            yield f"the rows of {name} differ"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
