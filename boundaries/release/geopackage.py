"""One GeoPackage 1.3 of layers and tables, written and read; the same inputs give the same bytes.

GDAL writes the layers and their spatial index; what it leaves to chance (times, descriptions, the order of
pages in the file) is set afterwards through SQLite. Coordinates are lon/lat, as GeoPackage stores EPSG:4326.
"""

import datetime as dt
import json
import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from boundaries.errors import ReleaseError
from boundaries.law.columns import Attribute

if TYPE_CHECKING:  # the service reads through `geopackage_reader`: a worker need not hold them
    import pandas as pd

_SQL_TYPE: Final = {"text": "TEXT", "integer": "INTEGER", "real": "REAL"}
#: Bytes of the envelope in a GeoPackage geometry header, by its flag (GeoPackage 1.3, clause 2.1.3.1.1).
_ENVELOPE: Final = np.array([0, 32, 48, 48, 64])
_MULTIPOLYGON: Final = shapely.GeometryType.MULTIPOLYGON
_POLYGON: Final = shapely.GeometryType.POLYGON

# GeoPackage 1.3.1, annex F.9 (schema extension).
_SCHEMA_TABLES: Final = """
CREATE TABLE gpkg_data_columns (
  table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT, title TEXT, description TEXT,
  mime_type TEXT, constraint_name TEXT,
  CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name), CONSTRAINT gdc_tn UNIQUE (table_name, name));
CREATE TABLE gpkg_data_column_constraints (
  constraint_name TEXT NOT NULL, constraint_type TEXT NOT NULL, value TEXT, min NUMERIC,
  min_is_inclusive BOOLEAN, max NUMERIC, max_is_inclusive BOOLEAN, description TEXT,
  CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value));
INSERT INTO gpkg_extensions VALUES
  ('gpkg_data_columns', NULL, 'gpkg_schema',
   'http://www.geopackage.org/spec121/#extension_schema', 'read-write'),
  ('gpkg_data_column_constraints', NULL, 'gpkg_schema',
   'http://www.geopackage.org/spec121/#extension_schema', 'read-write');
"""


class IncompleteError(ReleaseError):
    """What was written does not read back whole; GDAL can swallow a failed write."""


@dataclass(frozen=True)
class Table:
    """Rows without geometry. `frame` has at least the `columns`; missing values are null."""

    name: str
    title: str
    description: str
    columns: tuple[Attribute, ...]
    frame: "pd.DataFrame"
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Layer(Table):
    """Rows with a geometry each: shapely (Multi)Polygons in lon/lat degrees, written as MultiPolygon."""

    geometry: NDArray[np.object_] = field(default_factory=lambda: np.empty(0, dtype=object))


@dataclass(frozen=True)
class Style:
    """How QGIS draws a layer: in the table ``layer_styles``, which it looks for; `default`: without being asked."""

    layer: str
    name: str
    qml: str
    sld: str
    description: str
    default: bool


# QGIS makes and reads this table (no extension of GeoPackage).
_STYLES: Final = """
CREATE TABLE layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256), f_table_schema TEXT(256),
  f_table_name TEXT(256), f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT,
  useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30), update_time DATETIME);
INSERT INTO gpkg_contents (table_name, data_type, identifier) VALUES ('layer_styles', 'attributes', 'layer_styles');
"""


def write_geopackage(
    path: Path,
    layers: Sequence[Layer],
    tables: Sequence[Table] = (),
    *,
    metadata: Mapping[str, Any],
    date: dt.date,
    styles: Sequence[Style] = (),
) -> None:
    """Write `layers` and `tables`, in the order given, to a new file, and the `styles` of layers beside them.

    Parameters
    ----------
    path
        The file to write; it must not exist. Room for a second copy is needed beside it. A write that fails
        leaves its pieces, for the caller to see and to remove.
    metadata
        Facts about the whole; kept as JSON in ``gpkg_metadata``, as is the metadata of each layer and table.
    date
        Stands as the time of the last change: the same inputs give the same bytes, so it is not today's.

    Raises
    ------
    ReleaseError
        A column is missing or of another type, or a geometry is not a polygon.
    IncompleteError
        The file that came out does not hold what was to be written.
    Exception
        Errors of GDAL, SQLite and the system pass as they are (`boundaries.release.store` explains a full disk).

    Notes
    -----
    Validity of the geometries is not checked here (see `boundaries.verify.run`).
    """
    if path.exists():
        raise ReleaseError(f"{path} exists; a GeoPackage is written once, give another path")
    time = f"{date.isoformat()}T00:00:00.000Z"
    raw = path.with_name(f"{path.stem}.part.gpkg")
    with _gdal_options(
        OGR_CURRENT_DATE=time, OGR_GPKG_ALLOW_THREADED_RTREE="NO", OGR_SQLITE_SYNCHRONOUS="OFF"
    ):
        for layer in layers:
            _write_layer(raw, layer, append=raw.exists())
    with closing(sqlite3.connect(raw)) as connection:
        _finish(connection, layers, tables, metadata, time, styles)
        connection.execute("VACUUM INTO ?", (str(path),))
    raw.unlink()
    _check(path, layers, tables)


def _write_layer(path: Path, layer: Layer, *, append: bool) -> None:
    import pyogrio

    names = [column.name for column in layer.columns]
    arrays, masks = zip(*(_array(layer, column) for column in layer.columns), strict=True)
    pyogrio.raw.write(
        path,
        shapely.to_wkb(_multipolygons(layer), byte_order=1),
        field_data=list(arrays),
        fields=names,
        field_mask=list(masks),
        layer=layer.name,
        driver="GPKG",
        geometry_type="MultiPolygon",
        crs="EPSG:4326",
        append=append,
        dataset_options=None if append else {"VERSION": "1.3", "METADATA_TABLES": "YES"},
        layer_options={"GEOMETRY_NAME": "geom", "FID": "fid", "SPATIAL_INDEX": "YES"},
    )


def _multipolygons(layer: Layer) -> NDArray[np.object_]:
    geometry = np.asarray(layer.geometry, dtype=object)
    if len(geometry) != len(layer.frame):
        raise ReleaseError(
            f"layer {layer.name}: {len(geometry)} geometries for {len(layer.frame)} rows; give one a row"
        )
    kind = shapely.get_type_id(geometry)
    bad = np.flatnonzero(~np.isin(kind, (_POLYGON, _MULTIPOLYGON)) | shapely.is_empty(geometry))
    if bad.size:
        raise ReleaseError(
            f"layer {layer.name}, row {bad[0]} ({layer.frame.iloc[bad[0], 0]}): no polygon but "
            f"{geometry[bad[0]]!s:.40}; every row needs a filled Polygon or MultiPolygon"
        )
    single = np.flatnonzero(kind == _POLYGON)
    result = geometry.copy()
    result[single] = shapely.multipolygons(geometry[single], indices=np.arange(single.size))
    return result


def _array(table: Table, column: Attribute) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
    """Return a column as GDAL takes it: values of one type, and a mask of the nulls (None: no nulls)."""
    if column.name not in table.frame:
        raise ReleaseError(f"{table.name}: no column {column.name!r}; the contract names it, add it")
    series = table.frame[column.name]
    empty = series.isna().to_numpy(dtype=bool)
    filled = series.astype(object).where(~empty, "" if column.kind == "text" else 0)
    try:
        values = _typed(filled.to_numpy(dtype=object), column)
    except (TypeError, ValueError) as error:
        raise ReleaseError(f"{table.name}, column {column.name}: not {column.kind}: {error}") from None
    return values, empty if empty.any() else None


def _typed(values: NDArray[np.object_], column: Attribute) -> NDArray[Any]:
    if column.kind == "real":
        return values.astype("float64")
    if column.kind == "integer":
        whole = values.astype("int64")
        if (whole != values).any():
            raise ValueError(f"{values[np.flatnonzero(whole != values)[0]]!r} is not a whole number")
        return whole
    other = next((value for value in values if not isinstance(value, str)), None)
    if other is not None:
        raise TypeError(f"{other!r} is {type(other).__name__}; codes and names are text")
    return values


def _finish(
    connection: sqlite3.Connection,
    layers: Sequence[Layer],
    tables: Sequence[Table],
    metadata: Mapping[str, Any],
    time: str,
    styles: Sequence[Style],
) -> None:
    """Add to GDAL's file what it does not write: tables, titles, descriptions, metadata, fixed times."""
    connection.execute("PRAGMA journal_mode = OFF")
    connection.execute("PRAGMA synchronous = OFF")
    connection.executescript(_SCHEMA_TABLES)
    for table in tables:
        _write_table(connection, table)
    described = [*layers, *tables]
    connection.executemany(
        "UPDATE gpkg_contents SET identifier = ?, description = ? WHERE table_name = ?",
        [(each.title, each.description, each.name) for each in described],
    )
    connection.executemany(
        "INSERT INTO gpkg_data_columns (table_name, column_name, title, description) VALUES (?, ?, ?, ?)",
        [(each.name, c.name, c.title, c.description) for each in described for c in each.columns],
    )
    _write_metadata(connection, metadata, None)
    for each in described:
        if each.metadata:
            _write_metadata(connection, each.metadata, each.name)
    connection.execute("UPDATE gpkg_contents SET last_change = ?", (time,))
    connection.execute("UPDATE gpkg_metadata_reference SET timestamp = ?", (time,))
    if styles:
        add_styles(connection, styles)
    connection.commit()


def add_styles(connection: sqlite3.Connection, styles: Sequence[Style]) -> None:
    """Add styles to a GeoPackage; of a layer that has some, the last `default` is what QGIS shows without being asked.

    The time of the change is that of the package's last.
    """
    (time,) = connection.execute("SELECT max(last_change) FROM gpkg_contents").fetchone()
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'layer_styles'").fetchone():
        connection.executescript(_STYLES)
        connection.execute("INSERT INTO gpkg_ogr_contents VALUES ('layer_styles', 0)")
    for each in styles:
        if each.default:
            connection.execute(
                "UPDATE layer_styles SET useAsDefault = 0 WHERE f_table_name = ?", (each.layer,)
            )
    connection.execute("UPDATE gpkg_contents SET last_change = ?", (time,))
    connection.executemany(
        "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, "
        "styleQML, styleSLD, useAsDefault, description, owner, update_time) "
        "VALUES ('', '', ?, 'geom', ?, ?, ?, ?, ?, '', ?)",
        [(s.layer, s.name, s.qml, s.sld, int(s.default), s.description, time) for s in styles],
    )
    connection.execute(
        "UPDATE gpkg_ogr_contents SET feature_count = (SELECT count(*) FROM layer_styles) "
        "WHERE table_name = 'layer_styles'"
    )


def _write_table(connection: sqlite3.Connection, table: Table) -> None:
    pairs = [_array(table, column) for column in table.columns]
    cells = [
        [None if mask is not None and mask[row] else value for row, value in enumerate(values.tolist())]
        for values, mask in pairs
    ]
    typed = ", ".join(f"{_quoted(c.name)} {_SQL_TYPE[c.kind]}" for c in table.columns)
    name = _quoted(table.name)
    connection.execute(f"CREATE TABLE {name} (fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, {typed})")
    names = ", ".join(_quoted(column.name) for column in table.columns)
    marks = ", ".join("?" * len(table.columns))
    connection.executemany(f"INSERT INTO {name} ({names}) VALUES ({marks})", zip(*cells, strict=True))
    connection.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier) VALUES (?, 'attributes', ?)",
        (table.name, table.title),
    )
    connection.execute("INSERT INTO gpkg_ogr_contents VALUES (?, ?)", (table.name, len(table.frame)))


def _write_metadata(connection: sqlite3.Connection, metadata: Mapping[str, Any], table: str | None) -> None:
    text = json.dumps(metadata, ensure_ascii=False, sort_keys=True)
    cursor = connection.execute(
        "INSERT INTO gpkg_metadata (md_scope, md_standard_uri, mime_type, metadata) "
        "VALUES ('dataset', 'https://schema.org/Dataset', 'application/json', ?)",
        (text,),
    )
    connection.execute(
        "INSERT INTO gpkg_metadata_reference (reference_scope, table_name, md_file_id) VALUES (?, ?, ?)",
        ("table" if table else "geopackage", table, cursor.lastrowid),
    )


def _check(path: Path, layers: Sequence[Layer], tables: Sequence[Table]) -> None:
    """Read the file back."""
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
        ((verdict,),) = connection.execute("PRAGMA integrity_check(1)").fetchall()
        if verdict != "ok":
            raise IncompleteError(f"{path.name} came out damaged ({verdict}); build again")
        for each in (*layers, *tables):
            ((count,),) = connection.execute(f"SELECT count(*) FROM {_quoted(each.name)}").fetchall()
            if count != len(each.frame):
                raise IncompleteError(
                    f"{path.name}: {each.name} came out with {count} of {len(each.frame)} rows; build again"
                )


def columns(connection: sqlite3.Connection, table: str) -> list[tuple[str, str]]:
    """Return (name, declared type) of a table's columns, without primary key and geometry."""
    geometry = _geometry_column(connection, table)
    rows = connection.execute(f"PRAGMA table_info({_quoted(table)})").fetchall()
    return [(name, kind) for _, name, kind, _, _, key in rows if not key and name != geometry]


def _geometry_column(connection: sqlite3.Connection, table: str) -> str | None:
    query = "SELECT column_name FROM gpkg_geometry_columns WHERE table_name = ?"
    row = connection.execute(query, (table,)).fetchone()
    return None if row is None else str(row[0])


def read_rows(
    connection: sqlite3.Connection, table: str, *, geometry: bool = True, within: Collection[str] = ()
) -> tuple["pd.DataFrame", NDArray[np.object_] | None]:
    """Return the rows of a table in the order of ``fid``: attributes, and geometries if asked for.

    `within`: only units whose ``kode`` is one of these codes or lies under it; all of one level.

    Raises sqlite3.Error, ValueError or a GEOSException where the file is damaged or has no such table.
    """
    import pandas as pd

    described = columns(connection, table)
    if not described:
        raise ValueError("no such table")
    geom = _geometry_column(connection, table) if geometry else None
    names = [name for name, _ in described] + ([geom] if geom else [])
    some = ", ".join("?" * len(within))
    chosen = f"WHERE substr(kode, 1, {len(next(iter(within)))}) IN ({some})" if within else ""
    query = f"SELECT {', '.join(map(_quoted, names))} FROM {_quoted(table)} {chosen} ORDER BY rowid"
    rows = connection.execute(query, sorted(within))
    cells = list(zip(*rows.fetchall(), strict=True)) or [() for _ in names]
    frame = pd.DataFrame(
        {name: series(values, kind) for (name, kind), values in zip(described, cells, strict=False)}
    )
    return frame, _geometries(cells[-1]) if geom else None


def read_shapes(connection: sqlite3.Connection, table: str) -> NDArray[np.object_]:
    """Return the geometries of a layer in the order of ``fid``, without its attributes; raises as `read_rows`."""
    geom = _geometry_column(connection, table)
    if geom is None:
        raise ValueError("a table without geometry")
    rows = connection.execute(f"SELECT {_quoted(geom)} FROM {_quoted(table)} ORDER BY rowid")
    return _geometries(tuple(blob for (blob,) in rows))


def series(values: Sequence[Any], kind: str) -> "pd.Series":
    """Return a column: integers are int64 (Int64 with nulls), reals float64, text objects with None."""
    import pandas as pd

    dtype = {"INTEGER": "int64", "REAL": "float64"}.get(kind.upper(), "object")
    if dtype == "int64" and None in values:
        dtype = "Int64"
    return pd.Series(values, dtype=dtype)


def _geometries(blobs: tuple[bytes, ...]) -> NDArray[np.object_]:
    """Parse GeoPackage blobs: a header of 8 bytes, an envelope by its flag, then WKB."""
    if not blobs:
        return np.empty(0, dtype=object)
    flags = np.array([blob[3] for blob in blobs])
    start = 8 + _ENVELOPE[(flags >> 1) & 7]
    wkb = np.array([blob[at:] for blob, at in zip(blobs, start.tolist(), strict=True)], dtype=object)
    return np.asarray(shapely.from_wkb(wkb), dtype=object)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


@contextmanager
def _gdal_options(**options: str) -> Iterator[None]:
    """Set GDAL's options (they hold for the whole process) and put the old ones back."""
    import pyogrio

    before = {name: pyogrio.get_gdal_config_option(name) for name in options}
    pyogrio.set_gdal_config_options(options)
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options(before)
