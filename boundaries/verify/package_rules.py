"""Rules on GeoPackages as such: a sound database, indexes and headers that say of each geometry what it is."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from boundaries.law.columns import columns_of
from boundaries.release.geopackage import columns
from boundaries.release.store import DETAILS, FULL, STANDARD
from boundaries.verify.opened_release import Contents, Finding, Outcome

Array = NDArray[Any]

_SQL_KIND: Final = {"text": "TEXT", "integer": "INTEGER", "real": "REAL"}
_APPLICATION_ID: Final = 0x47504B47  # "GPKG"
_VERSION: Final = 10300
#: Header of a blob (GeoPackage 1.3, 2.1.3.1.1): GP, version 0, a box of two dimensions, little-endian, not empty.
_HEAD: Final = np.dtype(
    [("mark", "S2"), ("version", "u1"), ("flags", "u1"), ("srs", "<i4"), ("box", "<f8", 4)]
)
_FLAGS: Final = 0b000011
#: The R-tree of SQLite keeps 32 bits of a number, rounded outwards; no edge may lie farther out than two steps of it.
_STEPS: Final = 2


def database(contents: Contents) -> Outcome:
    """Each GeoPackage is a sound SQLite file of version 1.3; references, boxes, indexes and counts are right."""
    release, found, indexes = contents.release, [], 0
    for detail in DETAILS:
        path = release.package(detail)
        if detail != FULL and path == release.gpkg:
            continue
        with closing(release.connect(path)) as connection:
            found += sound(connection, path.name)
            if detail != FULL:  # of the others the rule on layers tells
                found += [fault for name in _tables(connection) for fault in column_faults(connection, name)]
            for layer in contents.layers:
                found += layer_faults(connection, layer, contents.geometry(layer, detail), path.name)
                indexes += 1
            found += _metadata(contents, connection, path, detail)
    return Outcome(f"{len(contents.names)} tables, {indexes} spatial indexes", found)


def sound(connection: sqlite3.Connection, file: str) -> list[Finding]:
    """What is wrong with a file as a database and as a GeoPackage of version 1.3."""
    found = [
        Finding("database", "", file, "SQLite's integrity_check", "ok", verdict)
        for (verdict,) in connection.execute("PRAGMA integrity_check(5)")
        if verdict != "ok"
    ]
    for pragma, expected in (("application_id", _APPLICATION_ID), ("user_version", _VERSION)):
        ((value,),) = connection.execute(f"PRAGMA {pragma}").fetchall()
        if value != expected:
            found.append(Finding("database", "", file, pragma, str(expected), str(value)))
    for table, row, parent, _ in connection.execute("PRAGMA foreign_key_check"):
        found.append(Finding("database", table, str(row), f"reference to {parent}", "a row", "none"))
    counts = dict(connection.execute("SELECT table_name, feature_count FROM gpkg_ogr_contents"))
    for table in _tables(connection):
        ((rows,),) = connection.execute(f'SELECT count(*) FROM "{table}"').fetchall()
        if counts.get(table) != rows:
            found.append(
                Finding(
                    "database", table, file, "rows in gpkg_ogr_contents", str(rows), str(counts.get(table))
                )
            )
    return found


def _tables(connection: sqlite3.Connection) -> list[str]:
    return [name for (name,) in connection.execute("SELECT table_name FROM gpkg_contents").fetchall()]


def layer_faults(connection: sqlite3.Connection, layer: str, geometry: Array, file: str) -> list[Finding]:
    """What is wrong with the headers, the spatial index and the box of a layer whose rows are `geometry` (n,)."""
    box = shapely.bounds(geometry)
    kind = connection.execute(
        "SELECT geometry_type_name, srs_id FROM gpkg_geometry_columns WHERE table_name = ?", (layer,)
    ).fetchall()
    found = []
    if kind != [("MULTIPOLYGON", 4326)]:
        found.append(
            Finding("database", layer, file, "type and reference system", "MULTIPOLYGON 4326", str(kind))
        )
    heads = [
        head for (head,) in connection.execute(f'SELECT substr(geom, 1, 40) FROM "{layer}" ORDER BY fid')
    ]
    read = np.frombuffer(b"".join(head.ljust(_HEAD.itemsize, b"\0") for head in heads), _HEAD)
    right = (read["mark"] == b"GP") & (read["flags"] == _FLAGS) & (read["srs"] == 4326)
    right &= (read["box"][:, [0, 2, 1, 3]] == box).all(axis=1)
    fids = np.array(connection.execute(f'SELECT fid FROM "{layer}" ORDER BY fid').fetchall()).ravel()
    found += [
        Finding("database", layer, str(fid), "header of the geometry", "its box in EPSG:4326", "another")
        for fid in fids[~right]
    ]
    found += _index_faults(connection, layer, fids, box)
    told = connection.execute(
        "SELECT min_x, min_y, max_x, max_y FROM gpkg_contents WHERE table_name = ?", (layer,)
    ).fetchone()
    whole = shapely.total_bounds(geometry).round(9).tolist()
    if None in told or np.round(np.array(told, dtype=float), 9).tolist() != whole:
        found.append(Finding("database", layer, file, "box of the layer", str(whole), str(told)))
    return found


def _index_faults(connection: sqlite3.Connection, layer: str, fids: Array, box: Array) -> list[Finding]:
    rows = connection.execute(
        f'SELECT id, minx, miny, maxx, maxy FROM "rtree_{layer}_geom" ORDER BY id'
    ).fetchall()
    read = np.array(rows, dtype=np.float64).reshape(-1, 5)
    if len(read) != len(fids) or (read[:, 0] != fids).any():
        return [
            Finding(
                "database",
                layer,
                "",
                "rows in the spatial index",
                f"those of {len(fids)} features",
                f"{len(read)}",
            )
        ]
    room = _STEPS * np.spacing(np.abs(box).astype(np.float32)).astype(np.float64)
    outward = np.where([True, True, False, False], box - read[:, 1:], read[:, 1:] - box)
    bad = ((outward < 0) | (outward > room)).any(axis=1)
    return [
        Finding("database", layer, str(int(fid)), "box in the spatial index", str(own), str(actual))
        for fid, own, actual in zip(fids[bad], box[bad].tolist(), read[bad, 1:].tolist(), strict=True)
    ]


def column_faults(connection: sqlite3.Connection, table: str) -> list[Finding]:
    """Names, order, types and descriptions of a table's columns against the contract."""
    actual = columns(connection, table)
    contract = [(column.name, _SQL_KIND[column.kind]) for column in columns_of(table)]
    found = []
    if actual != contract:
        found.append(Finding("layers", table, "", "columns of the contract", str(contract), str(actual)))
    described = {
        column
        for (column,) in connection.execute(
            "SELECT column_name FROM gpkg_data_columns WHERE table_name = ? AND description <> ''", (table,)
        )
    }
    found += [
        Finding("layers", table, column, "description of the column", "a text", "none")
        for column, _ in actual
        if column not in described
    ]
    return found


def _metadata(contents: Contents, connection: sqlite3.Connection, path: Path, detail: str) -> list[Finding]:
    """The metadata of a file of a build name the source, its licence and the plans as the manifest does."""
    rows = connection.execute("SELECT metadata FROM gpkg_metadata WHERE mime_type = 'application/json'")
    told = next((value for (text,) in rows if isinstance(value := json.loads(text), dict)), {})
    manifest = contents.release.manifest
    source = manifest["source"]
    expected = {
        "plans": manifest["plans"],
        "detail": STANDARD,
        "tolerance_m": contents.release.tolerance_m(detail),
    }
    if isinstance(told.get("source"), dict):
        expected["source"] = source
    else:  # no build: names alone
        expected |= {
            "source": source["id"],
            "licence": source["licence"].get("spdx") or source["licence"]["name"],
        }
    return [
        Finding("database", "", path.name, f"{key} in its metadata", "that of the manifest", "another")
        for key in sorted(told.keys() & expected.keys() | {"source"})
        if json.loads(json.dumps(expected.get(key))) != told.get(key)
    ]
