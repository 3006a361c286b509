"""Maps of one's own, whole and broken, and what an independent reader finds in them.

`broken` spoils a good map by a seed; `drawn` says what polygons a file holds, read with json, sqlite3 and struct
alone: the judge of what `boundaries.sources` read, which must not be GDAL. Of a File Geodatabase there is no such
reader; the judge there is what the whole one held.
"""

import json
import random
import shutil
import sqlite3
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import geopandas as gpd
import shapely

from boundaries.law.registry import load_registry

TOML = """
title = {{ id = "Peta uji", en = "Test map" }}
publisher = "Tests"
attribution = "Tests, CC0"
vintage = "2025"
open = true
reader = "ogr"
partial = true
{more}
[licence]
name = "CC0"
url = "https://creativecommons.org/publicdomain/zero/1.0/"

[levels.{level}]
files = ["{file}"]
code = "kode"
{name}
"""
FORMATS = ("geojson", "shp", "gpkg", "gdb")
_DRIVERS = {
    "gdb": "OpenFileGDB",
    "kml": "LIBKML",
    "kmz": "LIBKML",
    "tab": "MapInfo File",
    "mif": "MapInfo File",
}


def units(under: str = "32.71", level: str = "kecamatan") -> gpd.GeoDataFrame:
    """Squares of 0.01 degree side by side, for every unit under a code, with the registry's names."""
    registry = load_registry()
    codes = [code for code in registry.at(level) if code.startswith(under)]
    squares = [shapely.box(106.7 + 0.01 * i, -6.6, 106.71 + 0.01 * i, -6.59) for i in range(len(codes))]
    names = [registry.names[code] for code in codes]
    return gpd.GeoDataFrame({"kode": codes, "nama": names}, geometry=squares, crs=4326)


def write(frame: gpd.GeoDataFrame, path: Path) -> Path:
    """Write a map in the format of its ending."""
    frame.to_file(path, driver=_DRIVERS.get(path.suffix[1:]))
    return path


def descriptor(
    folder: Path, file: str, level: str = "kecamatan", more: str = "", name: str = 'name = "nama"'
) -> Path:
    """Write a descriptor of one file; return its path."""
    path = folder / "peta-uji.toml"
    path.write_text(TOML.format(file=file, level=level, more=more, name=name))
    return path


# --- breaking --------------------------------------------------------------------------------------


def broken(folder: Path, form: str, seed: int, good: Path) -> Path:
    """Copy the good map of a format (made by `write` under ``map.<form>`` in `good`) and spoil it by a seed."""
    folder.mkdir(parents=True)
    chance = random.Random(f"{form}-{seed}")
    for file in good.glob("map.*"):
        if file.suffix == f".{form}" or (form == "shp" and file.suffix in (".shx", ".dbf", ".prj", ".cpg")):
            (shutil.copytree if file.is_dir() else shutil.copy)(file, folder / file.name)
    main = folder / f"map.{form}"
    if form == "geojson" and chance.random() < 0.7:
        _spoil_json(main, chance)
    elif form == "gpkg" and chance.random() < 0.6:
        _spoil_rows(main, chance)
    else:
        _spoil_bytes(chance.choice(sorted(_files(folder))), chance)
    return main


def _files(folder: Path) -> Iterator[Path]:
    yield from (path for path in folder.rglob("*") if path.is_file())


def _spoil_bytes(file: Path, chance: random.Random) -> None:
    data = bytearray(file.read_bytes())
    way = chance.choice(("flip", "flip", "flip", "cut", "zero", "insert", "remove", "double"))
    at = chance.randrange(len(data)) if data else 0
    if way == "flip":
        for _ in range(chance.choice((1, 1, 3, 30))):
            data[chance.randrange(len(data))] = chance.randrange(256)
    elif way == "cut":
        del data[at:]
    elif way == "zero":
        data[at : at + 64] = bytes(len(data[at : at + 64]))
    elif way == "insert":
        data[at:at] = chance.randbytes(chance.choice((1, 8, 100)))
    elif way == "double":
        data = data + data
    if way == "remove":
        file.unlink()
    else:
        file.write_bytes(data)


def _spoil_json(file: Path, chance: random.Random) -> None:
    whole = json.loads(file.read_text())
    feature = chance.choice(whole["features"])
    ring = feature["geometry"]["coordinates"][0]
    at = chance.randrange(len(ring))
    wrong = chance.choice(_CORNERS)
    ways: tuple[Callable[[], object], ...] = (
        lambda: ring.__setitem__(at, wrong(ring[at])),
        lambda: ring.__setitem__(at, wrong(ring[at])),
        lambda: ring.__setitem__(at, wrong(ring[at])),
        lambda: ring.pop(at),
        lambda: ring.append([]),
        lambda: ring.clear(),
        lambda: feature.__setitem__("geometry", chance.choice((None, {}, {"type": "Polygon"}, 5, []))),
        lambda: feature["geometry"].__setitem__(
            "type", chance.choice(("Poligon", "MultiPolygon", "LineString"))
        ),
        lambda: feature["geometry"]["coordinates"].append(chance.choice(([], None, [[1, 2]], ring[:2]))),
        lambda: feature.__setitem__(
            "geometry", {"type": "GeometryCollection", "geometries": [feature["geometry"]]}
        ),
        lambda: feature["properties"].__setitem__(
            "kode", chance.choice((None, 32.71, "", "32.71.99", [], " 32.71.01"))
        ),
        lambda: feature.__setitem__("properties", chance.choice((None, {}, []))),
        lambda: whole["features"].insert(0, chance.choice((None, {}, 3, {"type": "Feature"}))),
        lambda: whole.__setitem__("type", chance.choice(("Feature", "GeometryCollection", "Topology"))),
        lambda: whole.__setitem__("features", chance.choice((None, {}, [], whole["features"][:1]))),
    )
    chance.choice(ways)()
    text = json.dumps(whole)
    encoding = chance.choice(("utf-8",) * 8 + ("utf-8-sig", "utf-16"))
    file.write_bytes(text.encode(encoding))


_CORNERS: tuple[Callable[[list[float]], object], ...] = (
    lambda c: None,
    lambda c: [None, c[1]],
    lambda c: [float("nan"), c[1]],
    lambda c: [c[0], float("inf")],
    lambda c: c[:1],
    lambda c: [],
    lambda c: [str(c[0]), c[1]],
    lambda c: [c[1], c[0]],
    lambda c: [1e300, c[1]],
    lambda c: [c[0], c[1], None],
    lambda c: {"x": c[0], "y": c[1]},
)


def _spoil_rows(file: Path, chance: random.Random) -> None:
    with sqlite3.connect(file) as connection:
        for name in ("IsEmpty", "MinX", "MaxX", "MinY", "MaxY"):
            connection.create_function(f"ST_{name}", 1, lambda _: 0)
        connection.execute(
            chance.choice(
                (
                    "UPDATE map SET geom = substr(geom, 1, 60) WHERE fid = 2",
                    "UPDATE map SET geom = x'00112233' WHERE fid = 2",
                    "UPDATE map SET geom = 'POLYGON((0 0,1 1,1 0,0 0))' WHERE fid = 2",
                    "UPDATE map SET geom = NULL WHERE fid = 2",
                    "UPDATE map SET kode = NULL WHERE fid = 2",
                    "UPDATE map SET kode = 32.71 WHERE fid = 2",
                    "UPDATE map SET kode = x'ff00' WHERE fid = 2",
                    "UPDATE map SET nama = cast(x'e9' AS TEXT) WHERE fid = 2",
                    "UPDATE map SET kode = '32.71.01' WHERE fid = 2",
                    "UPDATE gpkg_contents SET srs_id = -1",
                    "UPDATE gpkg_geometry_columns SET srs_id = 0",
                    "UPDATE gpkg_geometry_columns SET srs_id = 77",
                    "DELETE FROM gpkg_contents",
                    "DELETE FROM gpkg_geometry_columns",
                    "DELETE FROM gpkg_spatial_ref_sys",
                    "DROP TABLE gpkg_geometry_columns",
                    "ALTER TABLE map RENAME COLUMN kode TO code",
                )
            )
        )
    connection.close()


# --- the judge -------------------------------------------------------------------------------------


def drawn(main: Path) -> list[shapely.Geometry] | None:
    """Return the polygons that a file holds, None where this reader cannot tell."""
    readers = {".geojson": _json_polygons, ".shp": _shp_polygons, ".gpkg": _gpkg_polygons}
    try:
        return list(readers[main.suffix](main)) if main.suffix in readers else None
    except (
        ValueError,
        KeyError,
        TypeError,
        IndexError,
        AttributeError,
        struct.error,
        sqlite3.Error,
        shapely.GEOSException,
    ):
        return None


def _json_polygons(main: Path) -> Iterator[shapely.Geometry]:
    for feature in json.loads(main.read_text("utf-8-sig"))["features"]:
        if feature and feature.get("geometry"):
            yield shapely.geometry.shape(feature["geometry"])


def _shp_polygons(main: Path) -> Iterator[shapely.Geometry]:
    data, at = main.read_bytes(), 100
    while at < len(data):
        (words,) = struct.unpack_from(">i", data, at + 4)
        kind, count, corners = struct.unpack_from("<i32xii", data, at + 8)
        if kind != 5 or count != 1:
            raise ValueError(kind)
        flat = struct.unpack_from(f"<{2 * corners}d", data, at + 8 + 44 + 4 * count)
        yield shapely.Polygon(list(zip(flat[::2], flat[1::2], strict=True)))
        at += 8 + 2 * words


def _gpkg_polygons(main: Path) -> Iterator[shapely.Geometry]:
    connection = sqlite3.connect(f"file:{main}?immutable=1", uri=True)
    try:
        rows = connection.execute("SELECT geom FROM map WHERE geom IS NOT NULL").fetchall()
    finally:
        connection.close()
    for (blob,) in rows:
        skip = 8 + {0: 0, 1: 32, 2: 48, 3: 48, 4: 64}[(blob[3] >> 1) & 7]
        yield shapely.from_wkb(blob[skip:])
