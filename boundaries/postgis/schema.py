"""A release as tables of PostGIS: one schema, filled with COPY, complete or (the caller's transaction) not there.

Layers and tables have the names, columns and order of dapil.gpkg, with ``fid`` as the primary key. Beside them:

- ``features``: a row for each feature of the release, numbered as in features.bin: which row of which layer it
  is, its box, its text and deflate as features.bin has them, where their halves part, and their CRCs.
- ``columns``: what gpkg_data_columns says of every column.

Texts, deflate and geometries are stored out of line and not compressed (``EXTERNAL``): deflate cannot shrink
again, coordinates hardly do, and what is not packed need not be unpacked when it is asked for.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray
from psycopg import sql

from boundaries.release.feature_file import NAME, FeatureFile
from boundaries.release.geopackage_reader import Column, GeoPackage
from boundaries.release.store import STANDARD, Release

if TYPE_CHECKING:
    import psycopg

SRID: Final = 4326
#: Columns that are ISO dates: text in the files and the service, ``date`` for people in SQL and QGIS.
DATES: Final = frozenset({"mulai", "selesai"})
FEATURES: Final = "features"
COLUMNS: Final = "columns"

_TYPES: Final = {"string": "text", "integer": "integer", "number": "double precision"}
_COPIED: Final = {"string": "text", "integer": "int4", "number": "float8"}
_KEYS: Final = frozenset({"id", "kode", "plan_id"})
_LEVELS: Final = ("provinsi", "kabkota", "kecamatan", "desa")

#: name, SQL type, type in COPY, meaning.
_FEATURES: Final = (
    ("row", "integer", "int4", "Nomor fitur di antara semua | Number among all features of the release"),
    ("layer", "text", "text", "Nama lapisan | Name of the layer"),
    ("fid", "integer", "int4", "fid di lapisan itu | fid in that layer"),
    ("id", "text", "text", "Pengenal fitur | Identifier of the feature"),
    ("west", "double precision", "float8", "Batas barat | Western edge"),
    ("south", "double precision", "float8", "Batas selatan | Southern edge"),
    ("east", "double precision", "float8", "Batas timur | Eastern edge"),
    ("north", "double precision", "float8", "Batas utara | Northern edge"),
    ("facts_at", "integer", "int4", "Awal properties dalam text | Where the properties begin in text"),
    ("text_bytes", "integer", "int4", "Panjang text | Length of text"),
    ("deflate_facts_at", "integer", "int4", "Awal properties dalam deflate | Where they begin in deflate"),
    ("deflate_bytes", "integer", "int4", "Panjang deflate | Length of deflate"),
    ("crc_before", "bigint", "int8", "CRC-32 semua text sebelumnya | CRC-32 of all texts before this one"),
    ("shape_crc", "bigint", "int8", "CRC-32 bagian geometri | CRC-32 of the part before the properties"),
    ("facts_crc", "bigint", "int8", "CRC-32 bagian properties | CRC-32 of the properties"),
    ("text", "bytea", "bytea", "Fitur GeoJSON dan pemisahnya | The feature as GeoJSON, and what separates it"),
    ("deflate", "bytea", "bytea", "text terkompresi (RFC 1951) | text as deflate blocks (RFC 1951)"),
)  # fmt: skip
_COLUMNS: Final = (
    ("table_name", "text", "text", "Nama tabel | Name of the table"),
    ("position", "integer", "int4", "Urutan kolom | Place of the column"),
    ("name", "text", "text", "Nama kolom | Name of the column"),
    ("kind", "text", "text", "Jenis JSON | JSON type"),
    ("title", "text", "text", "Judul | Title"),
    ("indonesian", "text", "text", "Arti, bahasa Indonesia | Meaning in Indonesian"),
    ("english", "text", "text", "Arti, bahasa Inggris | Meaning in English"),
)  # fmt: skip


_FULL: Final = (
    "Geometri dengan semua titiknya; kosong bila sama dengan geom | The geometry with every vertex; empty where it is "
    "the same as geom"
)


@dataclass(frozen=True)
class Described:
    """A table of the release and what it says of itself."""

    name: str
    columns: tuple[Column, ...]
    comment: str
    is_layer: bool


def described(release: Release) -> list[Described]:
    """Return the layers in the manifest's order, then the other tables."""
    package = GeoPackage(release.gpkg)
    connection = release.connect()
    try:
        rows = connection.execute("SELECT table_name, identifier, description FROM gpkg_contents")
        told = {name: ". ".join(part for part in parts if part) for name, *parts in rows}
        layers = list(release.layers)
        others = sorted(package.tables - set(layers))
        return [
            Described(name, package.columns(name), told.get(name) or name, name in layers)
            for name in layers + others
        ]
    finally:
        connection.close()
        package.close()


def write_release(connection: "psycopg.Connection[Any]", release: Release, schema: str, geometry_schema: str,
                  tell: Callable[[str], None]) -> None:  # fmt: skip
    """Create `schema` and fill it with `release`, in the caller's transaction.

    `geometry_schema` is where PostGIS was put. Errors of the server pass as psycopg.Error.
    """
    tables = described(release)
    package, light = GeoPackage(release.gpkg), GeoPackage(release.package(STANDARD))
    try:
        run(connection, _schema(release, schema))
        for table in tables:
            tell(f"table {table.name}")
            _write_table(connection, schema, table, package, light, geometry_schema)
        tell("texts of the features")
        _write_features(connection, schema, release, light)
    finally:
        package.close()
        light.close()
    _plain_table(connection, schema, COLUMNS, _COLUMNS, ("table_name", "position"), _column_rows(tables))
    tell("keys, indexes, comments")
    for table in tables:
        run(connection, [*_indexes(schema, table), *comments(schema, table.name, "TABLE", table)])
    run(connection, [*_references(schema, tables)])
    tell("statistics")
    for name in [table.name for table in tables] + [FEATURES, COLUMNS]:
        run(connection, [sql.SQL("ANALYZE {}").format(named(schema, name))])


def comments(schema: str, name: str, kind: str, table: Described) -> Iterator[sql.Composable]:
    """Give the comments on a table or view and its columns."""
    yield sql.SQL("COMMENT ON {} {} IS {}").format(sql.SQL(kind), named(schema, name), table.comment)
    if table.is_layer:
        yield sql.SQL("COMMENT ON COLUMN {} IS {}").format(named(schema, name, "geom_full"), _FULL)
    for column in table.columns:
        text = " | ".join(dict.fromkeys(column.meaning.values())) or column.title
        yield sql.SQL("COMMENT ON COLUMN {} IS {}").format(named(schema, name, column.name), text)


def named(*names: str) -> sql.Identifier:
    """Return an identifier; two are a schema and what is in it."""
    return sql.Identifier(*names)


def run(connection: "psycopg.Connection[Any]", statements: Iterable[sql.Composable]) -> None:
    """Run statements without values, in one round trip."""
    every = list(statements)
    if every:
        connection.execute(sql.SQL(";\n").join(every))


def _schema(release: Release, schema: str) -> list[sql.Composable]:
    source = release.manifest["source"]
    text = (
        f"Peta Dapil, rilis {release.id}: {source['id']} | Peta Dapil, release {release.id}: {source['id']}"
    )
    return [
        sql.SQL("CREATE SCHEMA {}").format(named(schema)),
        sql.SQL("COMMENT ON SCHEMA {} IS {}").format(named(schema), text),
    ]


# Layers and tables


def _write_table(connection: "psycopg.Connection[Any]", schema: str, table: Described, package: GeoPackage,
                 light: GeoPackage, geometry_schema: str) -> None:  # fmt: skip
    """``geom`` is of the detail ``standard``, as the texts are; ``geom_full`` of full, NULL where that is the same."""
    parts: list[sql.Composable] = [sql.SQL("fid integer PRIMARY KEY")]
    if table.is_layer:
        kind = sql.SQL("{}.geometry(MultiPolygon, {})").format(named(geometry_schema), SRID)
        parts += [sql.SQL("geom {} NOT NULL").format(kind), sql.SQL("geom_full {}").format(kind)]
    for column in table.columns:
        must = " NOT NULL" if column.name in _KEYS else ""
        parts.append(sql.SQL("{} {}").format(named(column.name), sql.SQL(_type(column) + must)))
    chamber, _, year = table.name.removeprefix("tabel-").rpartition("-")
    if chamber and year.isdigit():  # so that a view over all years need not look into every one
        parts.append(sql.SQL("CHECK (lembaga = {} AND tahun = {})").format(chamber, int(year)))
    create = sql.SQL("CREATE TABLE {} ({})").format(named(schema, table.name), sql.SQL(", ").join(parts))
    run(connection, [create])
    if table.is_layer:
        external = sql.SQL(
            "ALTER TABLE {} ALTER COLUMN geom SET STORAGE EXTERNAL, ALTER COLUMN geom_full SET STORAGE EXTERNAL"
        )
        run(connection, [external.format(named(schema, table.name))])
    shapes = ["geom", "geom_full"] if table.is_layer else []
    names = ["fid", *shapes, *(column.name for column in table.columns)]
    kinds = ["int4", *("bytea" for _ in shapes), *map(_copied, table.columns)]
    copy_rows(connection, schema, table.name, names, kinds, _rows(table, package, light))


def _type(column: Column) -> str:
    return "date" if column.name in DATES else _TYPES[column.kind]


def _copied(column: Column) -> str:
    return "date" if column.name in DATES else _COPIED[column.kind]


def _rows(table: Described, package: GeoPackage, light: GeoPackage) -> Iterator[tuple[Any, ...]]:
    records: Iterable[tuple[Any, ...]] = package.records(table.name, [c.name for c in table.columns])
    dates = [index for index, column in enumerate(table.columns) if column.name in DATES]
    if dates:
        records = (_dated(record, dates) for record in records)
    fids = package.rowids(table.name).tolist()
    if not table.is_layer:
        return ((fid, *record) for fid, record in zip(fids, records, strict=True))
    shapes, full = _binary(light, table.name), itertools.repeat(None, len(fids))
    every = full if light.path == package.path else _binary(package, table.name)
    return (
        (fid, wkb, whole, *row) for fid, wkb, whole, row in zip(fids, shapes, every, records, strict=True)
    )


def _binary(package: GeoPackage, table: str) -> NDArray[np.object_]:
    return np.asarray(shapely.to_wkb(shapely.set_srid(package.whole(table), SRID), include_srid=True))


def _dated(record: tuple[Any, ...], dates: Sequence[int]) -> tuple[Any, ...]:
    cells = list(record)
    for index in dates:
        cells[index] = date.fromisoformat(cells[index]) if cells[index] is not None else None
    return tuple(cells)


def copy_rows(connection: "psycopg.Connection[Any]", schema: str, table: str, names: Sequence[str],
          kinds: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:  # fmt: skip
    """Send rows in binary. FREEZE: the table is of this transaction, so nobody else can see it yet."""
    command = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary, FREEZE)").format(
        named(schema, table), sql.SQL(", ").join(map(sql.Identifier, names))
    )
    with connection.cursor() as cursor, cursor.copy(command) as copy:
        copy.set_types(kinds)
        for row in rows:
            copy.write_row(row)


def _indexes(schema: str, table: Described) -> Iterator[sql.Composable]:
    names = [column.name for column in table.columns]
    if table.is_layer:
        yield sql.SQL("CREATE INDEX ON {} USING gist (geom)").format(named(schema, table.name))
    unique = next((key for key in ("id", "kode") if key in names), None)
    keys: dict[str, list[tuple[str, ...]]] = {
        "plans": [("plan_id",), ("lembaga", "tahun")],
        "assignment": [("plan_id", "kode_unit")],
    }
    wanted: list[tuple[str, ...]]
    for key in keys.get(table.name, [(unique,)] if unique else []):
        listed = sql.SQL(", ").join(map(sql.Identifier, key))
        yield sql.SQL("ALTER TABLE {} ADD UNIQUE ({})").format(named(schema, table.name), listed)
    wanted = [(name,) for name in names if name.startswith("kode_") and name != "kode_lama"]
    if table.name in ("members", "assignment"):
        wanted = [("plan_id", "kode_dapil"), ("kode_unit",)]
    for some in wanted:
        listed = sql.SQL(", ").join(map(sql.Identifier, some))
        yield sql.SQL("CREATE INDEX ON {} ({})").format(named(schema, table.name), listed)


def _references(schema: str, tables: Sequence[Described]) -> Iterator[sql.Composable]:
    """Give the foreign keys: what `boundaries.verify.table_rules` asserts of every release."""
    names = {table.name for table in tables}
    rule = sql.SQL("ALTER TABLE {} ADD FOREIGN KEY ({}) REFERENCES {} ({})")
    for table in tables:
        own = {column.name for column in table.columns}
        if table.name in ("members", "assignment"):
            yield rule.format(*_reference(schema, table.name, ("plan_id",), "plans", ("plan_id",)))
        elif table.name.startswith("unit-"):
            level = _LEVELS.index(table.name.removeprefix("unit-"))
            for above in _LEVELS[:level]:
                if f"unit-{above}" in names and f"kode_{above}" in own:
                    there = f"unit-{above}"
                    yield rule.format(*_reference(schema, table.name, (f"kode_{above}",), there, ("kode",)))
        elif {"lembaga", "tahun"} <= own and table.name != "plans":
            both = ("lembaga", "tahun")
            yield rule.format(*_reference(schema, table.name, both, "plans", both))


def _reference(schema: str, table: str, own: Sequence[str], other: str, keys: Sequence[str]) -> list[Any]:
    listed = [sql.SQL(", ").join(map(sql.Identifier, columns)) for columns in (own, keys)]
    return [named(schema, table), listed[0], named(schema, other), listed[1]]


# Features and columns


def _write_features(connection: "psycopg.Connection[Any]", schema: str, release: Release,
                    package: GeoPackage) -> None:  # fmt: skip
    file = FeatureFile(release.path / NAME)
    _plain_table(connection, schema, FEATURES, _FEATURES, ("row",), _feature_rows(file, package))


def feature_numbers(release: Release) -> tuple[list[str], Iterator[tuple[Any, ...]]]:
    """Return the columns of ``features`` but the texts, and what must stand in them, row by row."""
    package = GeoPackage(release.package(STANDARD))
    rows = _feature_rows(FeatureFile(release.path / NAME), package)
    return [name for name, *_ in _FEATURES[:-2]], (row[:-2] for row in rows)


def _feature_rows(file: FeatureFile, package: GeoPackage) -> Iterator[tuple[Any, ...]]:
    for layer, (first, count) in sorted(file.tables.items(), key=lambda item: item[1]):
        key = "id" if "id" in [column.name for column in package.columns(layer)] else "kode"
        ids = package.records(layer, [key])
        boxes = np.asarray(package.bounds(layer)).tolist()
        for row, fid, (name,), box in zip(
            range(first, first + count), package.rowids(layer).tolist(), ids, boxes, strict=True
        ):
            text, packed = (
                bytes(whole[at[row] : at[row + 1]])
                for whole, at in ((file.text, file.text_at), (file.deflate, file.deflate_at))
            )
            yield (
                row, layer, fid, name, *box, file.facts_at[row], len(text), file.deflate_facts_at[row],
                len(packed), file.crc_at[row], file.shape_crc[row], file.facts_crc[row], text, packed,
            )  # fmt: skip


def _column_rows(tables: Iterable[Described]) -> Iterator[tuple[Any, ...]]:
    for table in tables:
        for position, column in enumerate(table.columns):
            meaning = column.meaning.get("id"), column.meaning.get("en")
            yield (table.name, position, column.name, column.kind, column.title, *meaning)


def _plain_table(connection: "psycopg.Connection[Any]", schema: str, name: str, columns: Sequence[tuple[str, ...]],
                 key: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:  # fmt: skip
    """Write a table that only the service reads."""
    parts = [sql.SQL("{} {}").format(named(column), sql.SQL(kind)) for column, kind, _, _ in columns]
    parts.append(sql.SQL("PRIMARY KEY ({})").format(sql.SQL(", ").join(map(sql.Identifier, key))))
    statements = [sql.SQL("CREATE TABLE {} ({})").format(named(schema, name), sql.SQL(", ").join(parts))]
    for column, kind, _, meaning in columns:
        if kind == "bytea":
            external = sql.SQL("ALTER TABLE {} ALTER COLUMN {} SET STORAGE EXTERNAL")
            statements.append(external.format(named(schema, name), named(column)))
        statements.append(sql.SQL("COMMENT ON COLUMN {} IS {}").format(named(schema, name, column), meaning))
    run(connection, statements)
    copy_rows(connection, schema, name, [c[0] for c in columns], [c[2] for c in columns], rows)
