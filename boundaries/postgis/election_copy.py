"""The election's tables of a release written as tables of its schema.

One table each, in the columns of its set, with ``fid`` (its order) and ``id``; what is known stands in ``elections``.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from psycopg import sql
from psycopg.types.json import Jsonb

from boundaries.postgis.election_tables import ABOUT
from boundaries.postgis.schema import copy_rows, named, run
from boundaries.release.election_file import Elections

if TYPE_CHECKING:
    import psycopg

_TYPES: Final = {
    "string": ("text", "text"),
    "integer": ("bigint", "int8"),
    "number": ("double precision", "float8"),
}
_INDEXED: Final = ("kode_dapil", "kode_wilayah", "kode_unit")


def write_tables(connection: "psycopg.Connection[Any]", schema: str, elections: Elections) -> None:
    """Write every table of a release into `schema`, in the caller's transaction."""
    columns = [
        ("position", "integer", "int4"), ("name", "text", "text"), ("about", "jsonb", "jsonb"),
        ("described", "jsonb", "jsonb"),
    ]  # fmt: skip
    _create(connection, schema, ABOUT, columns)
    rows = (
        (at, name, Jsonb(about), Jsonb(elections.described(name)))
        for at, (name, about) in enumerate(elections.tables.items())
    )
    copy_rows(connection, schema, ABOUT, [each[0] for each in columns], [each[2] for each in columns], rows)
    for name, about in elections.tables.items():
        _write_table(connection, schema, elections, name, about)


def _write_table(connection: "psycopg.Connection[Any]", schema: str, elections: Elections, name: str,
                 about: Mapping[str, Any]) -> None:  # fmt: skip
    described = elections.columns(name)
    names = [each.name for each in described]
    columns = [("fid", "integer", "int4"), *((each.name, *_TYPES[each.kind]) for each in described)]
    _create(connection, schema, name, columns)
    cells = zip(*(elections.column(name, each).to_pylist() for each in names), strict=True)
    rows = ((at, *row) for at, row in enumerate(cells))
    copy_rows(connection, schema, name, [each[0] for each in columns], [each[2] for each in columns], rows)
    table = named(schema, name)
    statements = [sql.SQL("ALTER TABLE {} ADD PRIMARY KEY (fid), ADD UNIQUE (id)").format(table)]
    statements += [
        sql.SQL("CREATE INDEX ON {} ({})").format(table, named(each)) for each in _INDEXED if each in names
    ]
    told = f"{about['title']}. {about['coverage']} | {about['title_en']}. {about['coverage_en']}"
    statements.append(sql.SQL("COMMENT ON TABLE {} IS {}").format(table, told))
    statements += [
        sql.SQL("COMMENT ON COLUMN {} IS {}").format(
            named(schema, name, each.name), " | ".join(each.meaning.values())
        )
        for each in described
    ]
    run(connection, [*statements, sql.SQL("ANALYZE {}").format(table)])


def _create(
    connection: "psycopg.Connection[Any]", schema: str, name: str, columns: Sequence[tuple[str, ...]]
) -> None:
    parts = sql.SQL(", ").join(sql.SQL("{} {}").format(named(each[0]), sql.SQL(each[1])) for each in columns)
    run(connection, [sql.SQL("CREATE TABLE {} ({})").format(named(schema, name), parts)])
