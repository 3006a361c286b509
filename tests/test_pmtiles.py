"""PMTiles: read back by the packages pmtiles and mapbox-vector-tile, and by GDAL."""

import gzip
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from pmtiles.reader import MmapSource, Reader, all_tiles
from pmtiles.tile import Compression, TileType, tileid_to_zxy
from shapely.geometry import shape

from boundaries.errors import ReleaseError
from boundaries.exports import pmtiles
from boundaries.exports.tiling import archive, clipping, vector_tile
from boundaries.exports.tiling import zooms as detail
from boundaries.exports.topojson import CHAMBERS, UNITS, topology_of
from boundaries.ground.grid import GRID
from boundaries.ground.soundness import invalid_units
from boundaries.release.store import Release, open_release
from tests.small import make_small_release

ROOT = Path(__file__).parents[1]
LAYERS = ("dpr", "dpd", "dprd-kabkota", "provinsi", "kabkota")  # of the small release in 2024


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return open_release(make_small_release(tmp_path_factory.mktemp("releases")))


@pytest.fixture(scope="module")
def tiles(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tiles") / "dapil-2024.pmtiles"
    pmtiles.write_pmtiles(release, 2024, path)
    return path


def reader(path: Path) -> Reader:
    return Reader(MmapSource(path.open("rb")))


def decoded(path: Path, zooms: range = range(99)) -> Iterator[tuple[tuple[int, int, int], dict[str, Any]]]:
    """Every tile: its zoom, column and row, and its layers with geometries in the tile's own cells, y downwards."""
    for place, content in all_tiles(MmapSource(path.open("rb"))):
        if place[0] in zooms:
            yield (
                place,
                mapbox_vector_tile.decode(gzip.decompress(content), default_options={"y_coord_down": True}),
            )


def polygons(layer: dict[str, Any]) -> np.ndarray:
    return np.array([shape(each["geometry"]) for each in layer["features"]], dtype=object)


def wrong_borders(layer: dict[str, Any]) -> list[Any]:
    """Edges at which the polygons of a layer overlap, gap or do not match, as far as they lie in the tile itself.

    GEOS takes a border that begins where a hole touches its own outline for one inside; there it is decided exactly.
    """
    whole = polygons(layer)
    edges = shapely.coverage_invalid_edges(whole)
    inside = shapely.box(1, 1, layer["extent"] - 1, layer["extent"] - 1)
    found = [edge for edge in edges if not edge.is_empty and edge.intersects(inside)]
    if found and not len(invalid_units(shapely.transform(whole, lambda xy: xy / 10**GRID))):
        return []
    return found


def keys_of(release: Release, layer: str, year: int = 2024) -> dict[str, int | None]:
    """Key → seats (None for a unit) of a layer of the tiles, from the release."""
    if layer in UNITS:
        return dict.fromkeys(release.read_table(f"unit-{layer}")["kode"])
    table = release.read_table(f"{layer}-{year}")
    return dict(zip(table["id"], table["kursi"].tolist(), strict=True))


def found_by_zoom(path: Path, zooms: range = range(99)) -> dict[int, dict[str, dict[str, int | None]]]:
    found: dict[int, dict[str, dict[str, int | None]]] = defaultdict(lambda: defaultdict(dict))
    for (zoom, *_), tile in decoded(path, zooms):
        for name, layer in tile.items():
            for feature in layer["features"]:
                properties = feature["properties"]
                key = properties["id" if name in CHAMBERS else "kode"]
                assert found[zoom][name].setdefault(key, properties.get("kursi")) == properties.get("kursi")
                assert not shape(feature["geometry"]).is_empty
    return found


# --- what is promised --------------------------------------------------------------------------------


def test_every_dapil_and_unit_is_in_every_zoom_with_its_seats(release, tiles):
    wanted = {name: keys_of(release, name) for name in LAYERS}
    found = found_by_zoom(tiles)
    assert sorted(found) == list(range(11))
    for zoom, layers in found.items():
        assert layers == wanted, zoom


def test_polygons_are_valid_and_neighbours_share_their_borders(tiles):
    seen = 0
    for place, tile in decoded(tiles):
        for name, layer in tile.items():
            assert shapely.is_valid(polygons(layer)).all(), (place, name)
            assert not wrong_borders(layer), (place, name)
            seen += len(layer["features"]) > 1
    assert seen > 50  # tiles in which there are neighbours at all


def test_a_border_that_comes_apart_would_be_seen(tiles):
    """The check above, on a tile of which one polygon was moved by a cell."""
    tile = next(tile for (zoom, *_), tile in decoded(tiles) if zoom == 3)
    layer = tile["dpr"]
    moved = shapely.transform(polygons(layer)[0], lambda points: points + 1)
    layer["features"][0]["geometry"] = moved.__geo_interface__
    assert wrong_borders(layer)


def test_points_of_coarse_zooms_are_points_of_the_finest(tiles):
    """On the grid of zoom 10, in tiles that cut nothing: zoom 0 shows the whole small nation."""
    coarse, fine = defaultdict(set), defaultdict(set)
    for (zoom, x, y), tile in decoded(tiles):
        for name, layer in tile.items():
            extent = layer["extent"]
            assert extent == 4096 << (10 - zoom)
            points = shapely.get_coordinates(polygons(layer)).astype(int) + np.array([x, y]) * extent
            target = {0: coarse, 10: fine}.get(zoom)
            if target is not None:
                target[name] |= set(map(tuple, points.tolist()))
    for name in LAYERS:
        assert len(coarse[name]) > 10
        assert coarse[name] <= fine[name], name


def test_the_finest_zoom_is_the_release_rounded_to_its_grid(release, tiles):
    shapes = assembled(tiles, 10, "dprd-kabkota")
    table, geometry = release.read_layer("dprd-kabkota-2024")
    for key, wanted in zip(table["id"], geometry, strict=True):
        drawn = shapely.transform(shapes[key], degrees)
        assert shapely.area(shapely.symmetric_difference(drawn, wanted)) < 0.002 * wanted.area, key
        assert shapely.get_num_geometries(drawn) == shapely.get_num_geometries(wanted), key
        assert shapely.hausdorff_distance(drawn, wanted, densify=0.1) < 2 * 9.6 / 111_000, key


def assembled(path: Path, zoom: int, name: str) -> dict[str, Any]:
    """The features of a layer put together from what each tile holds without its margin, in cells of the world."""
    parts = defaultdict(list)
    for (_, x, y), tile in decoded(path, range(zoom, zoom + 1)):
        layer = tile.get(name, {"features": [], "extent": 1})
        extent = layer["extent"]
        for feature, polygon in zip(layer["features"], polygons(layer), strict=True):
            own = shapely.intersection(polygon, shapely.box(0, 0, extent, extent))
            moved = shapely.transform(own, lambda points, by=(x * extent, y * extent): points + by)
            parts[feature["properties"]["id"]].append(moved)
    return {key: shapely.union_all(found) for key, found in parts.items()}


def degrees(points: np.ndarray) -> np.ndarray:
    world = 4096 << 10
    lat = np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * points[:, 1] / world))))
    return np.stack([points[:, 0] / world * 360 - 180, lat], axis=1)


def test_islands_are_kept_from_zoom_7_and_thinned_before(tiles):
    """The islet of 81.01 (8 km²) goes at zoom 2; the island of 81.71 is the only ground of a dapil."""
    counts = {}
    for zoom in (2, 4, 7, 10):
        shapes = assembled(tiles, zoom, "dprd-kabkota")
        counts[zoom] = {
            key: int(shapely.get_num_geometries(shapes[f"dprd-kabkota-2024-{key}"]))
            for key in ("810101", "817101")
        }
    assert counts[7] == counts[10] == {"810101": 2, "817101": 1}
    assert counts[2] == {"810101": 1, "817101": 1}


def test_outsides_wind_as_the_specification_says(release):
    """Clockwise on the screen, that is a positive area with y downwards; holes the other way."""
    topology = detail.finest(detail.mercator(topology_of(release, 2024)))
    world = detail.extent(topology.grid, 0)
    shapes = clipping.shapes(topology, world)
    pieces = clipping.on_grid(clipping.cut(clipping.uncut(shapes, world), world >> 9), shapes)
    assert pieces.cut.any()
    outsides = shapely.get_exterior_ring(pieces.polygon)
    assert not shapely.is_ccw(outsides).any()  # y upwards here
    holes = [ring for polygon in pieces.polygon for ring in polygon.interiors]
    assert holes
    assert shapely.is_ccw(holes).all()


def test_where_the_grid_leaves_no_room_a_finer_one_is_taken(release, tmp_path, monkeypatch):
    """The promises are the same; the extent of the tiles says which grid it is."""
    real = detail.generalise

    def crowded(topology, step, tolerance_m):
        if step == detail._STEP:
            raise ReleaseError("2 lines cannot be drawn apart on this grid")
        return real(topology, step, tolerance_m)

    monkeypatch.setattr(detail, "generalise", crowded)
    pmtiles.write_pmtiles(release, 2024, tmp_path / "finer.pmtiles")
    wanted = {name: keys_of(release, name) for name in LAYERS}
    assert all(layers == wanted for layers in found_by_zoom(tmp_path / "finer.pmtiles").values())
    for (zoom, *_), tile in decoded(tmp_path / "finer.pmtiles"):
        for layer in tile.values():
            assert layer["extent"] == 8192 << (10 - zoom)
            assert not wrong_borders(layer)

    monkeypatch.setattr(
        detail, "generalise", lambda *_: (_ for _ in ()).throw(ReleaseError("no room at all"))
    )
    with pytest.raises(ReleaseError, match="no tiles can be drawn: no room at all"):
        pmtiles.write_pmtiles(release, 2024, tmp_path / "none.pmtiles")
    assert [path.name for path in tmp_path.iterdir()] == ["finer.pmtiles"]


def test_pieces_of_a_feature_that_rounding_would_lay_on_each_other_are_rounded_inwards():
    """Cut at x = 10, in points off the grid; a point of the one lies between the other's edge and that edge rounded."""
    below = shapely.Polygon([(0, 0), (10, 1.5), (10, -3), (0, 0)])
    above = shapely.Polygon([(6, 1), (10, 3.5), (10, 1.8), (6, 1)])
    both = np.array([below, above], dtype=object)
    none = np.zeros(2, dtype=np.int64)
    assert shapely.MultiPolygon([*both]).is_valid
    assert not shapely.transform(shapely.MultiPolygon([*both]), np.rint).is_valid

    pieces = clipping.Pieces(both, np.arange(2), none, none, np.ones(2, dtype=bool), 64)
    one_feature = clipping.Shapes(both, np.zeros(2, dtype=np.int64), np.array([0, 1, 2]))
    drawn = clipping.on_grid(pieces, one_feature).polygon
    assert shapely.MultiPolygon([*drawn]).is_valid
    assert drawn[0].equals(shapely.Polygon([(0, 0), (10, 1), (10, -3)]))
    assert drawn[1].equals(shapely.Polygon([(6, 1), (10, 3), (10, 2)]))

    two_features = clipping.Shapes(both, np.arange(2), np.array([0, 1, 2]))
    drawn = clipping.on_grid(pieces, two_features).polygon
    assert drawn[0].equals(shapely.Polygon([(0, 0), (10, 2), (10, -3)]))  # as its neighbour is


# --- the archive -------------------------------------------------------------------------------------


def test_header(release, tiles):
    header = reader(tiles).header()
    assert (header["min_zoom"], header["max_zoom"]) == (0, 10)
    assert header["tile_type"] == TileType.MVT
    assert header["tile_compression"] == header["internal_compression"] == Compression.GZIP
    assert header["clustered"]
    boxes = np.array([each["bbox"] for each in release.manifest["layers"]])
    wanted = [*boxes[:, :2].min(axis=0), *boxes[:, 2:].max(axis=0)]
    bounds = [header[f"{side}_e7"] / 1e7 for side in ("min_lon", "min_lat", "max_lon", "max_lat")]
    assert bounds == pytest.approx(wanted, abs=1e-7)
    assert bounds[0] < header["center_lon_e7"] / 1e7 < bounds[2]
    assert bounds[1] < header["center_lat_e7"] / 1e7 < bounds[3]
    assert header["center_zoom"] == 8  # 360 / 2**8 is 1.4 degrees, the small nation is 1.0 wide


def test_metadata_names_layers_fields_origin_and_law(release, tiles):
    about = reader(tiles).metadata()
    assert [layer["id"] for layer in about["vector_layers"]] == list(LAYERS)
    fields = {layer["id"]: layer["fields"] for layer in about["vector_layers"]}
    assert fields["dpr"] == {
        "id": "String", "kode_dapil": "String", "nama_dapil": "String", "kursi": "Number",
        "kode_provinsi": "String", "nama_provinsi": "String", "ragu": "String", "ragu_en": "String",
        "catatan": "String", "catatan_en": "String",
    }  # fmt: skip
    assert {"kode_kabkota", "nama_kabkota"} <= fields["dprd-kabkota"].keys()
    assert fields["kabkota"].keys() == {"kode", "nama", "kode_provinsi", "nama_provinsi"}
    assert about["version"] == release.id
    assert about["attribution"] == (
        'Peta Dapil (<a href="https://creativecommons.org/publicdomain/zero/1.0/">Creative Commons Zero 1.0</a>)'
    )
    assert about["about"]["open"] is True
    assert about["about"]["licence"] == "CC0-1.0"
    assert about["about"]["legal_basis"]["dpr-2024"] == "PKPU 6/2023 Lampiran I"
    assert "Negara contoh" in about["description"]
    assert "An example nation" in about["description"]


@pytest.mark.parametrize(("chamber", "doubtful"), [("dprd-kabkota", set()), ("dpr", {"dpr-2024-3202"})])
def test_attributes_are_those_of_the_release(release, tiles, chamber, doubtful):
    table = release.read_table(f"{chamber}-2024").set_index("id")
    seen = 0
    told = set()
    for _, tile in decoded(tiles, range(9, 10)):
        for feature in tile.get(chamber, {"features": []})["features"]:
            properties = feature["properties"]
            row = table.loc[properties["id"]]
            assert properties == {"id": row.name, **row[list(pmtiles.DAPIL[1:])].dropna().to_dict()}
            assert feature["id"] == table.index.get_loc(row.name) + 1
            seen += 1
            told |= {row.name} if properties.keys() >= {"ragu", "ragu_en"} else set()
    assert seen
    assert told == doubtful


def test_gdal_reads_the_same(release, tiles):
    layers = {name for name, _ in pyogrio.list_layers(tiles)}
    assert layers == set(LAYERS)
    for zoom in (0, 5, 10):
        for name in LAYERS:
            frame = pyogrio.read_dataframe(tiles, layer=name, ZOOM_LEVEL=zoom)
            key = "id" if name in CHAMBERS else "kode"
            wanted = keys_of(release, name)
            assert set(frame[key]) == set(wanted), (zoom, name)
            assert frame.geometry.is_valid.all()
            assert frame.crs.to_epsg() == 3857
            if "kursi" in frame:
                assert dict(zip(frame[key], frame["kursi"], strict=True)) == wanted


def test_same_release_same_bytes(release, tiles, tmp_path):
    pmtiles.write_pmtiles(release, 2024, tmp_path / "again.pmtiles")
    assert (tmp_path / "again.pmtiles").read_bytes() == tiles.read_bytes()


def test_another_process_on_another_day_writes_the_same_bytes(release, tiles, tmp_path):
    code = (
        "import sys, time, pathlib; time.time = lambda: 1e9\n"
        "from boundaries.release.store import open_release\n"
        "from boundaries.exports.pmtiles import write_pmtiles\n"
        "write_pmtiles(open_release(pathlib.Path(sys.argv[1])), 2024, pathlib.Path(sys.argv[2]))"
    )
    path = tmp_path / "again.pmtiles"
    seed = os.environ | {"PYTHONHASHSEED": "7"}
    subprocess.run([sys.executable, "-c", code, release.path, path], cwd=ROOT, env=seed, check=True)
    assert path.read_bytes() == tiles.read_bytes()


def test_two_tiles_are_never_taken_for_one(tmp_path, monkeypatch):
    """The package holds contents of one hash to be the same; Python's hash has 64 bits."""
    monkeypatch.setattr("pmtiles.writer.hash", lambda content: 0, raising=False)
    tiles = [(0, b"land"), (1, b"sea")]
    with pytest.raises(ReleaseError, match="taken for one"):
        archive.write_archive(
            tmp_path / "one.pmtiles", tiles, bounds=(0, 0, 1, 1), centre=(0, 0, 0), metadata={}
        )


# --- what is refused ---------------------------------------------------------------------------------


def test_a_year_without_layers_is_refused(release, tmp_path):
    with pytest.raises(ReleaseError, match="no layer of any chamber in 2014"):
        pmtiles.write_pmtiles(release, 2014, tmp_path / "dapil-2014.pmtiles")
    assert not list(tmp_path.iterdir())


def test_a_file_is_not_overwritten(release, tmp_path):
    path = tmp_path / "dapil-2024.pmtiles"
    path.write_text("kept")
    with pytest.raises(ReleaseError, match="exists"):
        pmtiles.write_pmtiles(release, 2024, path)
    assert path.read_text() == "kept"
    assert list(tmp_path.iterdir()) == [path]


def test_ground_near_the_poles_is_refused(release):
    topology = topology_of(release, 2024)
    north = replace(topology, points=topology.points + np.array([0, 70 * 10**7]))
    with pytest.raises(ReleaseError, match="60 degrees"):
        detail.mercator(north)


def test_a_closed_map_is_told_as_such_and_text_from_elsewhere_stays_text(release, tmp_path):
    source = {**release.manifest["source"], "open": False, "attribution": '<img src=x onerror="alert(1)">'}
    closed = replace(release, manifest={**release.manifest, "source": source})
    pmtiles.write_pmtiles(closed, 2024, tmp_path / "closed.pmtiles")
    about = reader(tmp_path / "closed.pmtiles").metadata()
    assert about["about"]["open"] is False
    assert "Bukan data terbuka" in about["description"]
    assert "Not open data" in about["description"]
    assert about["attribution"].startswith("&lt;img src=x onerror=&quot;alert(1)&quot;&gt; (<a href=")


# --- the parts ---------------------------------------------------------------------------------------


def test_leaf_directories_repeated_tiles_and_gaps(tmp_path):
    """Enough tiles of their own that the root directory alone would be too large."""
    wanted = {}
    for number in range(60_000):
        if number % 11 == 3:
            continue  # no such tile
        wanted[number + 5] = b"sea" if number % 7 < 3 else f"{number * 7919 % 60_000}".encode()
    path = tmp_path / "many.pmtiles"
    shuffled = sorted(wanted.items(), key=lambda each: each[0] * 31 % 997)
    archive.write_archive(path, shuffled, bounds=(-1, -2, 3, 4), centre=(0, 0, 1), metadata={"name": "many"})
    many = reader(path)
    header = many.header()
    assert header["leaf_directory_length"] > 0
    assert header["root_offset"] + header["root_length"] <= 16_384
    assert header["addressed_tiles_count"] == len(wanted)
    assert header["tile_contents_count"] == len(set(wanted.values()))
    assert header["tile_entries_count"] < len(wanted)
    for tile in [*range(0, 40), *range(30_000, 30_020), *range(59_980, 60_020)]:
        content = many.get(*tileid_to_zxy(tile))
        assert (gzip.decompress(content) if content else None) == wanted.get(tile), tile


def test_holes_parts_and_repeated_points_are_encoded():
    """Two pieces in one feature, one with a hole; a point twice; a piece in two layers."""
    outside = [(100, 100), (100, 900), (500, 900), (500, 900), (900, 900), (900, 100), (100, 100)]
    hole = [(300, 300), (600, 300), (600, 600), (300, 300)]
    island = shapely.Polygon([(950, 50), (950, 60), (960, 60), (950, 50)])
    shapes = np.array([shapely.Polygon(outside, [hole]), island], dtype=object)
    ones = np.zeros(2, dtype=np.int64)
    pieces = clipping.Pieces(shapes, np.arange(2), ones, ones, np.zeros(2, dtype=bool), 1024)
    rows = clipping.Shapes(shapes, np.array([0, 0, 1]), np.array([0, 1, 3]))
    layers = [
        vector_tile.layer("a", pd.DataFrame({"n": [-5], "t": ["é"]})),
        vector_tile.layer("b", pd.DataFrame({"n": [None]})),
    ]
    ((x, y, content),) = vector_tile.encode(pieces, rows, 0, layers)
    tile = mapbox_vector_tile.decode(content)
    assert (x, y) == (0, 0)
    (one,), (two,) = tile["a"]["features"], tile["b"]["features"]
    assert one["properties"] == {"n": -5, "t": "é"}
    assert two["properties"] == {}
    assert shape(one["geometry"]).equals(shapely.MultiPolygon([*shapes]))
    assert len(shape(one["geometry"]).geoms[0].interiors) == 1
    assert shape(two["geometry"]).equals(island)


# --- the nation --------------------------------------------------------------------------------------


@pytest.mark.national
@pytest.mark.skipif(not os.environ.get("BOUNDARIES_MIRROR"), reason="needs the base map")
def test_the_nation(nation: Release, tmp_path: Path) -> None:
    path = tmp_path / "dapil-2024.pmtiles"
    pmtiles.write_pmtiles(nation, 2024, path)
    assert path.stat().st_size < 12_000_000
    assert max(len(content) for _, content in all_tiles(MmapSource(path.open("rb")))) < 500_000
    wanted = {name: keys_of(nation, name) for name in (*CHAMBERS, *UNITS)}
    found = found_by_zoom(path)
    assert sorted(found) == list(range(11))
    for zoom, layers in found.items():
        assert layers == wanted, zoom
    for place, tile in decoded(path, range(0, 10, 3)):
        for name, layer in tile.items():
            assert shapely.is_valid(polygons(layer)).all(), (place, name)
            assert not wrong_borders(layer), (place, name)
