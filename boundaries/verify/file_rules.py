"""Rules on the files as files: hashes, the SQLite database, the tables that the manifest promises."""

import math
import zlib
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

from boundaries.law.columns import columns_of
from boundaries.release.feature_file import END, NAME, FeatureFile, write_features
from boundaries.release.store import FOLDER, MANIFEST, feature_rows, release_id, sha256
from boundaries.verify.opened_release import Contents, Finding, Outcome

_SQL_KIND = {"text": "TEXT", "integer": "INTEGER", "real": "REAL"}
_APPLICATION_ID = 0x47504B47  # "GPKG"
_VERSION = 10300


def hashes(contents: Contents) -> Outcome:
    """Every file has the length and sha256 of the manifest; there is no other; the release's name fits."""
    release = contents.release
    files = {file["name"]: file for file in release.manifest["files"]}
    found, total, actual = [], 0, {}
    present = {path.name for path in release.path.iterdir()} - {FOLDER}
    for name in sorted(files.keys() - present):
        found.append(Finding("files", "", name, "the file is missing", "a file", "none"))
    for name in sorted(present - files.keys() - {MANIFEST}):
        found.append(Finding("files", "", name, "the manifest does not name this file", "no file", "a file"))
    for name in sorted(files.keys() & present):
        path, told = release.path / name, files[name]
        size, actual[name] = path.stat().st_size, sha256(path)
        total += size
        if size != told["bytes"]:
            found.append(Finding("files", "", name, "bytes", f"{told['bytes']:,}", f"{size:,}"))
        if actual[name] != told["sha256"]:
            found.append(Finding("files", "", name, "sha256", told["sha256"], actual[name]))
    told_names = {name: file["sha256"] for name, file in files.items()}
    name = release_id(str(release.manifest["source"]["id"]), told_names)
    if release.id != name:
        found.append(Finding("files", "", MANIFEST, "the release's name", name, release.id))
    return Outcome(f"{len(actual)} files, {total / 1e6:,.1f} MB", found)


def database(contents: Contents) -> Outcome:
    """The GeoPackage is a sound SQLite file of version 1.3, its references and spatial indexes whole."""
    found = []
    for (verdict,) in contents.query("PRAGMA integrity_check(5)"):
        if verdict != "ok":
            found.append(Finding("database", "", "", "SQLite's integrity_check", "ok", verdict))
    for pragma, expected in (("application_id", _APPLICATION_ID), ("user_version", _VERSION)):
        ((value,),) = contents.query(f"PRAGMA {pragma}")
        if value != expected:
            found.append(Finding("database", "", "", pragma, str(expected), str(value)))
    for table, row, parent, _ in contents.query("PRAGMA foreign_key_check"):
        found.append(Finding("database", table, str(row), f"reference to {parent}", "a row", "none"))
    for layer in contents.layers:
        index = contents.query(f'SELECT count(*) FROM "rtree_{layer}_geom_rowid"')[0][0]
        rows = contents.query(f'SELECT count(*) FROM "{layer}"')[0][0]
        if index != rows:
            found.append(Finding("database", layer, "", "rows in the spatial index", str(rows), str(index)))
    return Outcome(f"{len(contents.names)} tables, {len(contents.layers)} spatial indexes", found)


def features(contents: Contents) -> Outcome:
    """features.bin says of every feature what the GeoPackage says, as text and packed."""
    release = contents.release
    with TemporaryDirectory() as scratch:
        again = Path(scratch) / NAME
        write_features(again, feature_rows(release, contents.layers))
        told, expected = FeatureFile(release.path / NAME), FeatureFile(again)
        found = []
        if told.tables != expected.tables:
            found.append(Finding("features", "", NAME, "tables", str(expected.tables), str(told.tables)))
        else:
            found += [
                Finding("features", table, NAME, "texts", "those of the GeoPackage", "others")
                for table in told.tables
                if _texts(told, table) != _texts(expected, table)
            ]
        if not found and not _packed_well(told):
            found.append(Finding("features", "", NAME, "packed texts", "the texts", "others"))
    return Outcome(f"{len(told.text_at) - 1:,} features, {len(told.text) / 1e6:,.1f} MB of text", found)


def _texts(file: FeatureFile, table: str) -> tuple[memoryview, list[int]]:
    """Return the texts of a table, and how long each is."""
    first, count = file.tables[table]
    at = file.text_at[first : first + count + 1]
    return file.text[at[0] : at[-1]], [end - start for start, end in pairwise(at)]


def _packed_well(file: FeatureFile) -> bool:
    """Whether the deflate blocks give the texts, at the places told, with the sums told."""
    for row, (start, end) in enumerate(pairwise(file.text_at)):
        text, facts = bytes(file.text[start:end]), file.facts_at[row]
        packed = file.deflate[file.deflate_at[row] : file.deflate_at[row + 1]]
        cut = file.deflate_facts_at[row]
        halves = [zlib.decompressobj(-15).decompress(half) for half in (packed[:cut], packed[cut:])]
        if b"".join(halves) != text or len(halves[0]) != facts:
            return False
        sums = (
            zlib.crc32(text[:facts]),
            zlib.crc32(text[facts : -len(END)]),
            zlib.crc32(text, file.crc_at[row]),
        )
        if sums != (file.shape_crc[row], file.facts_crc[row], file.crc_at[row + 1]):
            return False
    return True


def layers(contents: Contents) -> Outcome:
    """Layers, columns, features and boxes are those of the manifest, and each column is the contract's."""
    told = {layer["name"]: layer for layer in contents.release.manifest["layers"]}
    found = [
        Finding("layers", name, "", "layer of the manifest and the file", "both", "one")
        for name in sorted(told.keys() ^ set(contents.layers))
    ]
    boxes = {
        name: box
        for name, *box in contents.query("SELECT table_name, min_x, min_y, max_x, max_y FROM gpkg_contents")
    }
    for name in sorted(told.keys() & set(contents.layers)):
        frame = contents.frame(name)
        pairs = {
            "features": (told[name]["features"], len(frame)),
            "columns": (told[name]["columns"], list(frame.columns)),
            "bbox": (_rounded(told[name]["bbox"]), _rounded(boxes[name])),
        }
        found += [
            Finding("layers", name, "", what, str(expected), str(actual))
            for what, (expected, actual) in pairs.items()
            if expected != actual
        ]
    for name in contents.names:
        found += _column_findings(contents, name)
    features = sum(len(contents.frame(name)) for name in contents.layers)
    return Outcome(f"{len(contents.layers)} layers, {features:,} features", found)


def _column_findings(contents: Contents, name: str) -> list[Finding]:
    """Names, order, types and descriptions of a table's columns against the contract."""
    info = contents.query(f'PRAGMA table_info("{name}")')
    actual = [(column, kind) for _, column, kind, _, _, key in info if not key and column != "geom"]
    wanted = [(column.name, _SQL_KIND[column.kind]) for column in columns_of(name)]
    found = []
    if actual != wanted:
        odd = [pair for pair in wanted if pair not in actual] or actual
        found.append(Finding("layers", name, "", "columns of the contract", str(wanted), f"differs at {odd}"))
    described = {
        column
        for (column,) in contents.query(
            "SELECT column_name FROM gpkg_data_columns WHERE table_name = ? AND description <> ''", (name,)
        )
    }
    for column, _ in actual:
        if column not in described:
            found.append(Finding("layers", name, column, "description of the column", "a text", "none"))
    kind = contents.query(
        "SELECT geometry_type_name, srs_id FROM gpkg_geometry_columns WHERE table_name = ?", (name,)
    )
    if name in contents.layers and kind != [("MULTIPOLYGON", 4326)]:
        found.append(
            Finding("layers", name, "geom", "type and reference system", "MULTIPOLYGON 4326", str(kind))
        )
    return found


def _rounded(box: list[float] | None) -> list[float]:
    return [round(value, 9) for value in box] if box and all(map(math.isfinite, box)) else []
