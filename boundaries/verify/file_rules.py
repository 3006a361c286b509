"""Rules on the files as files: names, hashes, what the manifest says of them, and features.bin."""

import math
import zlib
from contextlib import closing
from functools import partial

import shapely

from boundaries.ground.parallel import each
from boundaries.release.feature_file import (
    END,
    NAME,
    FeatureFile,
    Rows,
    facts_text,
    geometry_texts,
    shape_text,
)
from boundaries.release.regular_file import other_kind
from boundaries.release.store import FOLDER, MANIFEST, Release, feature_rows, release_id, sha256, told_of
from boundaries.verify.opened_release import Contents, Finding, Outcome
from boundaries.verify.package_rules import column_faults

#: Rows that a process looks at at a time.
_BLOCK = 4096


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
        for key, expected in told_of(name).items():
            if told.get(key) != expected:
                found.append(
                    Finding("files", "", name, f"{key} in the manifest", str(expected), str(told.get(key)))
                )
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


def irregular(release: Release) -> dict[str, str]:
    """What lies where a release has a file, and is none: its path in the release → what it is, such as "a link"."""
    places = [release.path, release.path / FOLDER]
    found = {}
    for place in places:
        if place.is_symlink() or not place.is_dir():
            continue
        for path in sorted(place.iterdir()):
            kind = other_kind(path)
            if kind and not (path == places[1] and path.is_dir() and not path.is_symlink()):
                found[path.relative_to(release.path).as_posix()] = kind
    return found


def regular(contents: Contents) -> Outcome:
    """Only files lie in the release: no link, no pipe, no folder but that of the downloads."""
    found = irregular(contents.release)
    return Outcome(
        "nothing else: it is not read before they are gone",
        [Finding("files", "", name, "kind of the file", "a file", kind) for name, kind in found.items()],
    )


def features(contents: Contents) -> Outcome:
    """features.bin says of every feature what the GeoPackage says, as text and packed."""
    file, found, row = FeatureFile(contents.release.path / NAME), [], 0
    places: dict[str, tuple[int, int]] = {}
    packed = True
    for rows in feature_rows(contents.release, contents.layers):
        places[rows.table] = place = row, len(rows.ids)
        row += len(rows.ids)
        if file.tables.get(rows.table) != place:
            continue
        told = each(partial(_told_well, file, rows, place[0]), range(0, len(rows.ids), _BLOCK))
        if not all(texts for texts, _ in told):
            found.append(Finding("features", rows.table, NAME, "texts", "those of the GeoPackage", "others"))
        packed &= all(well for _, well in told)
    if file.tables != places:
        found = [Finding("features", "", NAME, "tables", str(places), str(file.tables))]
    elif not found and not packed:
        found.append(Finding("features", "", NAME, "packed texts", "the texts", "others"))
    return Outcome(f"{len(file.text_at) - 1:,} features, {len(file.text) / 1e6:,.1f} MB of text", found)


def _told_well(file: FeatureFile, rows: Rows, first: int, start: int) -> tuple[bool, bool]:
    """Whether a block of rows, of a table that begins at row `first`, has the texts it must, and these packed."""
    some = slice(start, start + _BLOCK)
    shapes = map(shape_text, rows.ids[some], geometry_texts(shapely.orient_polygons(rows.geometries[some])))
    texts = well = True
    for row, (shape, facts) in enumerate(
        zip(shapes, map(facts_text, rows.properties[some]), strict=True), first + start
    ):
        told = file.text[file.text_at[row] : file.text_at[row + 1]]
        texts &= told == shape + facts + END and file.facts_at[row] == len(shape)
        well = well and _packed_well(file, row)
    return texts, well


def _packed_well(file: FeatureFile, row: int) -> bool:
    """Whether the deflate blocks of a row give its text, at the places told, with the sums told."""
    text, facts = bytes(file.text[file.text_at[row] : file.text_at[row + 1]]), file.facts_at[row]
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
    return sums == (file.shape_crc[row], file.facts_crc[row], file.crc_at[row + 1])


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
    with closing(contents.release.connect()) as connection:
        found += [fault for name in contents.names for fault in column_faults(connection, name)]
    features = sum(len(contents.frame(name)) for name in contents.layers)
    return Outcome(f"{len(contents.layers)} layers, {features:,} features", found)


def _rounded(box: list[float] | None) -> list[float]:
    return [round(value, 9) for value in box] if box and all(map(math.isfinite, box)) else []
