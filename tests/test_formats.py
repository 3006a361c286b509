"""Every format of one layer holds the same: read back by readers that are not ours.

`READ` has one reader a format; what they give goes through the same checks. Then what each format promises alone.
"""

import csv
import io
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
import pyproj
import pytest
import shapely

from boundaries.errors import CodeError, ReleaseError
from boundaries.exports import shapefile
from boundaries.exports.csvtable import columns, restore_codes, unit_names, write_assignment
from boundaries.exports.flatgeobuf import check_read_back
from boundaries.exports.formats import FORMATS
from boundaries.release.dataset import Dataset, Datasets
from boundaries.release.geopackage import IncompleteError
from boundaries.release.store import Release, open_release
from tests.small import SPLIT, make_small_release

ROOT = Path(__file__).parents[1]
SYSTEM_PYTHON = os.environ.get("QGIS_PYTHON", "/usr/bin/python3")
LAYERS = ("dpr-2024", "dprd-kabkota-2024", "unit-kabkota", "unit-kecamatan", "unit-desa")
SPATIAL = tuple(name for name, each in FORMATS.items() if each.needs_geometry)
#: What GDAL 3.6 and a QGIS on it can open: GeoParquet needs a driver that Debian's has not.
GDAL = tuple(name for name in FORMATS if name != "parquet")
KML = "{http://www.opengis.net/kml/2.2}"
HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "=CMD(\"calc\",'/C')+A1",
    "satu\ndua\r\ntiga, \"kutip\"; 'petik'\ttab",
    "🗳️ A & B ]]> <![CDATA[ \\ / é ² \u2028 ع",
    "-1+1 @SUM(A1)",
)


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return open_release(make_small_release(tmp_path_factory.mktemp("releases")))


@pytest.fixture(scope="module")
def datasets(release: Release) -> Datasets:
    return Datasets(release)


@pytest.fixture(scope="module")
def hostile(datasets: Datasets) -> Dataset:
    """A layer as a hostile or careless plan would name it."""
    dataset = datasets.get("dpr-2024")
    frame = dataset.frame.copy()
    frame["nama_dapil"] = HOSTILE
    frame["nama_provinsi"] = ["é" * 127, "é" * 128, "x" * 254, "x" * 255, "a" + "🗳" * 70]
    frame["ragu"] = ["", "blank ", None, " blank", "null"]
    return replace(dataset, frame=frame)


def written(dataset: Dataset, name: str, directory: Path) -> Path:
    path = directory / f"{dataset.name}{FORMATS[name].suffix}"
    FORMATS[name].write(dataset, path)
    assert [each.name for each in directory.iterdir()] == [path.name]  # nothing else stays
    return path


# --- readers -----------------------------------------------------------------------------------------


@dataclass
class Back:
    """What a reader made of a file: rows and shapes by id, what the file tells of itself, its CRS."""

    frame: pd.DataFrame
    shapes: Mapping[str, Any] | None
    told: str
    crs: str


def by_gdal(path: Path | str, key: str, told: str = "") -> Back:
    layer = (
        path.stem if str(path).endswith(".gpkg") and isinstance(path, Path) else None
    )  # beside it: layer_styles
    meta, _, wkb, fields = pyogrio.raw.read(path, layer=layer)
    frame = pd.DataFrame(dict(zip(meta["fields"], fields, strict=True)), dtype=object)
    return Back(frame, dict(zip(frame[key], shapely.from_wkb(wkb), strict=True)), told, meta["crs"])


def read_gpkg(path: Path, key: str) -> Back:
    import sqlite3

    connection = sqlite3.connect(path)
    told = str(connection.execute("SELECT metadata FROM gpkg_metadata").fetchall())
    told += str(connection.execute("SELECT title, description FROM gpkg_data_columns").fetchall())
    connection.close()
    return by_gdal(path, key, told)


def read_geojson(path: Path, key: str) -> Back:
    document = json.loads(path.read_bytes())
    assert "crs" not in document
    features = document.pop("features")
    frame = pd.DataFrame([each["properties"] for each in features], dtype=object)
    assert [each["id"] for each in features] == frame[key].tolist()
    shapes = shapely.from_geojson([json.dumps(each["geometry"]) for each in features])
    assert document["bbox"] == shapely.total_bounds(shapes).tolist()
    told = json.dumps(document, ensure_ascii=False)
    return Back(frame, dict(zip(frame[key], shapes, strict=True)), told, "EPSG:4326")


def read_fgb(path: Path, key: str) -> Back:
    told = "".join(pyogrio.read_info(path)["layer_metadata"].values())
    return by_gdal(path, key, told + str(path.read_bytes(), errors="ignore"))


def read_parquet(path: Path, key: str) -> Back:
    frame = gpd.read_parquet(path)
    assert pyproj.CRS(frame.crs) == pyproj.CRS("OGC:CRS84")
    schema = pq.read_schema(path)
    told = b" ".join(schema.metadata.values()).decode()
    told += "".join(str(each.metadata) for each in schema if each.metadata)
    shapes = dict(zip(frame[key], frame.geometry.to_numpy(), strict=True))
    return Back(pd.DataFrame(frame.drop(columns=["geometry"])), shapes, told, "EPSG:4326")


def read_shp(path: Path, key: str) -> Back:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        (legend,) = (name for name in archive.namelist() if name.endswith("-legenda-legend.csv"))
        rows = list(csv.DictReader(io.StringIO(archive.read(legend).decode())))
        told = archive.read(shapefile.README).decode() + archive.read(legend).decode()
        (shp,) = (name for name in archive.namelist() if name.endswith(".shp"))
    back = by_gdal(f"/vsizip/{path}/{shp}", key, told)
    back.frame = back.frame.rename(columns={row["kolom"]: row["kolom_asli"] for row in rows})
    return back


def read_csv(path: Path, key: str) -> Back:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, strict=True))
    frame = pd.DataFrame(rows, dtype=object)
    return Back(frame.where(frame != "", None), None, "", "")


def read_kml(path: Path, key: str) -> Back:
    root = ElementTree.parse(path).getroot()
    types = {each.get("name"): each.get("type") for each in root.iter(f"{KML}SimpleField")}
    convert: dict[str | None, Callable[[str], Any]] = {"string": str, "int": int, "double": float}
    rows, shapes = [], {}
    for placemark in root.iter(f"{KML}Placemark"):
        row: dict[str, Any] = dict.fromkeys(types)
        for cell in placemark.iter(f"{KML}SimpleData"):
            row[cell.get("name")] = convert[types[cell.get("name")]](cell.text or "")
        rows.append(row)
        polygons = [
            shapely.Polygon(
                kml_ring(polygon.find(f"{KML}outerBoundaryIs")),
                [kml_ring(hole) for hole in polygon.findall(f"{KML}innerBoundaryIs")],
            )
            for polygon in placemark.iter(f"{KML}Polygon")
        ]
        shapes[row[key]] = shapely.MultiPolygon(polygons)
    head = root.find(f"{KML}Document")
    for each in head.findall(f"{KML}Placemark"):
        head.remove(each)
    return Back(pd.DataFrame(rows, dtype=object), shapes, "".join(head.itertext()), "EPSG:4326")


def kml_ring(boundary: ElementTree.Element) -> list[tuple[float, ...]]:
    (text,) = (each.text for each in boundary.iter(f"{KML}coordinates"))
    return [tuple(map(float, point.split(","))) for point in text.split()]


READ: Mapping[str, Callable[[Path, str], Back]] = {
    "gpkg": read_gpkg, "geojson": read_geojson, "fgb": read_fgb, "parquet": read_parquet, "shp": read_shp,
    "csv": read_csv, "kml": read_kml,
}  # fmt: skip


def same_values(name: str, dataset: Dataset, back: Back) -> None:
    """Every column of every row: the value, its type and its nulls."""
    given = dataset.frame.set_index(dataset.key, drop=False)
    found = back.frame.set_index(dataset.key, drop=False).loc[given.index]
    for column in dataset.columns:
        told, read = given[column.name], found[column.name]
        assert (told.isna() == read.isna()).all(), column.name
        told, read = told.dropna(), read.dropna()
        if name == "csv":  # everything is text there: what it says, read as the type of the column
            kinds: dict[str, Callable[[str], Any]] = {"text": str, "integer": int, "real": float}
            read = read.map(kinds[column.kind])
        assert told.tolist() == read.tolist(), column.name
        kind = {"text": str, "integer": (int, np.integer, float), "real": (float, int)}[column.kind]
        assert all(isinstance(value, kind) for value in read), column.name


def same_shapes(dataset: Dataset, back: Back, *, clockwise: bool) -> None:
    assert dataset.geometry is not None
    parts = [shapely.get_parts(back.shapes[each]).tolist() for each in dataset.frame[dataset.key]]
    found = np.array([shapely.MultiPolygon(each) for each in parts])  # GDAL gives a single one as a Polygon
    assert shapely.get_num_geometries(found).tolist() == shapely.get_num_geometries(dataset.geometry).tolist()
    assert shapely.equals_exact(found, dataset.geometry, 0, normalize=True).all()
    parts = shapely.get_parts(found)
    assert (shapely.is_ccw(shapely.get_exterior_ring(parts)) != clockwise).all()
    holes = [hole for part in parts for hole in part.interiors]
    assert all(shapely.is_ccw(hole) == clockwise for hole in holes)


# --- the same checks for all -------------------------------------------------------------------------


def test_every_format_has_a_reader() -> None:
    assert READ.keys() == FORMATS.keys()
    assert len({each.suffix for each in FORMATS.values()}) == len(FORMATS)
    assert all(each.title.keys() == {"id", "en"} for each in FORMATS.values())


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("name", FORMATS)
def test_rows_shapes_and_crs_read_back_the_same(
    datasets: Datasets, tmp_path: Path, name: str, layer: str
) -> None:
    dataset = datasets.get(layer)
    back = READ[name](written(dataset, name, tmp_path), dataset.key)
    assert sorted(back.frame[dataset.key]) == dataset.frame[dataset.key].tolist()
    same_values(name, dataset, back)
    if name in SPATIAL:
        assert back.crs == "EPSG:4326"
        same_shapes(dataset, back, clockwise=name == "shp")


def test_the_small_nation_has_holes_and_several_polygons(datasets: Datasets) -> None:
    """Else nothing above would show that they survive."""
    shapes = datasets.get("dpr-2024").geometry
    assert max(shapely.get_num_geometries(shapes)) > 1
    assert max(shapely.get_num_interior_rings(shapely.get_parts(shapes))) > 0


@pytest.mark.parametrize("name", FORMATS)
def test_a_province_alone(datasets: Datasets, tmp_path: Path, name: str) -> None:
    dataset = datasets.get("dpr-2024").of_province("32")
    back = READ[name](written(dataset, name, tmp_path), "id")
    assert sorted(back.frame["id"]) == ["dpr-2024-3201", "dpr-2024-3202"]


@pytest.mark.parametrize("name", SPATIAL)
def test_a_file_tells_what_it_is_and_whose(datasets: Datasets, tmp_path: Path, name: str) -> None:
    dataset = datasets.get("dpr-2024")
    told = READ[name](written(dataset, name, tmp_path), "id").told
    origin = dataset.origin
    facts = [
        *dataset.title.values(), *dataset.legal_basis, origin.release, origin.attribution, origin.licence,
        origin.licence_url, *origin.source_title.values(), dataset.columns[-1].title,
    ]  # fmt: skip
    if name != "kml":  # its fields have names for a person, and no place for more
        facts += [dataset.columns[-1].indonesian, dataset.columns[-1].english]
    assert [fact for fact in facts if fact not in told] == []


@pytest.mark.parametrize("name", SPATIAL)
def test_closed_data_say_so_in_every_file(datasets: Datasets, tmp_path: Path, name: str) -> None:
    dataset = datasets.get("dpr-2024")
    closed = replace(dataset, origin=replace(dataset.origin, open=False))
    told = READ[name](written(closed, name, tmp_path), "id").told
    assert "Bukan data terbuka" in told
    assert "Not open data" in told


def _made(path: Path) -> Path:
    path.mkdir()
    return path


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", [name for name in FORMATS if name != "shp"])
def test_hostile_text_stays_what_it_is(hostile: Dataset, tmp_path: Path, name: str) -> None:
    path = written(hostile, name, tmp_path)
    back = READ[name](path, "id")
    if name == "csv":  # an empty text and a null look alike to Python's reader: see the test of its own
        back.frame["ragu"] = back.frame["ragu"].where(back.frame["id"] != hostile.frame["id"][0], "")
    same_values(name, hostile, back)
    if name == "kml":
        assert b"<img" not in path.read_bytes()


def run(code: str, *arguments: object, **environment: str) -> str:
    """Run code in a process of its own, with the names below; return what it prints."""
    head = (
        "import sys, pathlib, resource, locale; locale.setlocale(locale.LC_ALL, '')\n"
        "from boundaries.release.store import open_release; from boundaries.release.dataset import Datasets\n"
        "from boundaries.exports.formats import FORMATS; from boundaries.errors import ReleaseError\n"
        "datasets = Datasets(open_release(sys.argv[1])); directory = pathlib.Path(sys.argv[2])\n"
    )
    command = [sys.executable, "-c", head + code, *map(str, arguments)]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def twice(release: Release, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two directories with every format of a layer, each written by a process of its own."""
    code = (
        "dataset = datasets.get('dprd-kabkota-2024')\n"
        "for each in FORMATS.values(): each.write(dataset, directory / ('x' + each.suffix))"
    )
    directories = []
    for turn, zone in enumerate(("Asia/Jakarta", "America/Anchorage")):
        directory = tmp_path_factory.mktemp(f"turn{turn}") / ("a" * 30 * turn + "b")
        directory.mkdir()
        run(code, release.path, directory, TZ=zone, PYTHONHASHSEED=str(turn), LC_ALL=("C", "C.UTF-8")[turn])
        directories.append(directory)
    return directories


@pytest.mark.parametrize("name", FORMATS)
def test_two_processes_write_the_same_bytes(twice: list[Path], name: str) -> None:
    assert not FORMATS[name].same_bytes  # none has an excuse yet
    one, other = ((directory / f"x{FORMATS[name].suffix}").read_bytes() for directory in twice)
    assert one == other
    assert str(twice[0]).encode() not in one


# --- what cannot be written --------------------------------------------------------------------------


@pytest.mark.parametrize("name", FORMATS)
def test_a_table_without_geometry_can_be_had_as_csv_only(
    datasets: Datasets, tmp_path: Path, name: str
) -> None:
    dataset = datasets.get("tabel-dprd-kabkota-2014")
    if name == "csv":
        same_values("csv", dataset, read_csv(written(dataset, name, tmp_path), "id"))
        return
    with pytest.raises(ReleaseError, match=f"tabel-dprd-kabkota-2014 is a table .* as csv, not {name}"):
        FORMATS[name].write(dataset, tmp_path / "x")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: replace(d, frame=d.frame[:0], geometry=d.geometry[:0]), "dpr-2024 has no rows"),
        (lambda d: replace(d, frame=d.frame.drop(columns="kursi")), "no column 'kursi'"),
        (lambda d: replace(d, frame=d.frame.assign(kode_dapil=3201)), "column kode_dapil: .*3201.* is int"),
        (
            lambda d: replace(d, frame=d.frame.assign(nama_dapil="a\x00b")),
            "dpr-2024-3101: control characters",
        ),
        (lambda d: replace(d, frame=d.frame.assign(nama_dapil="a\x1bb")), r"'a\\x1bb'"),
    ],
)
@pytest.mark.parametrize("name", FORMATS)
def test_what_would_be_lost_is_refused_with_its_place(
    datasets: Datasets, tmp_path: Path, name: str, change: Callable[[Dataset], Dataset], message: str
) -> None:
    with pytest.raises(ReleaseError, match=message):
        FORMATS[name].write(change(datasets.get("dpr-2024")), tmp_path / "x")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("bad", [None, shapely.Point(1, 1), shapely.MultiPolygon()])
@pytest.mark.parametrize("name", SPATIAL)
def test_a_row_without_a_polygon_is_refused(datasets: Datasets, tmp_path: Path, name: str, bad: Any) -> None:
    dataset = datasets.get("dpr-2024")
    geometry = dataset.geometry.copy()
    geometry[2] = bad
    with pytest.raises(ReleaseError, match="dpr-2024-3201"):
        FORMATS[name].write(replace(dataset, geometry=geometry), tmp_path / "x")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", FORMATS)
def test_an_existing_file_is_left_alone(datasets: Datasets, tmp_path: Path, name: str) -> None:
    path = tmp_path / "x"
    path.write_text("mine")
    with pytest.raises(ReleaseError, match="exists; an export is written once"):
        FORMATS[name].write(datasets.get("dpr-2024"), path)
    assert path.read_text() == "mine"
    with pytest.raises(ReleaseError, match="does not exist; make the directory first"):
        FORMATS[name].write(datasets.get("dpr-2024"), tmp_path / "none" / "x")
    assert [each.name for each in tmp_path.iterdir()] == ["x"]


@pytest.mark.parametrize("limit", [300, 4_000, 30_000])
def test_a_disk_that_is_full_leaves_nothing_and_is_told(release: Release, tmp_path: Path, limit: int) -> None:
    code = (
        f"dataset = datasets.get('unit-kecamatan'); resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))\n"
        "for each in FORMATS.values():\n"
        "    try: each.write(dataset, directory / ('x' + each.suffix))\n"
        "    except ReleaseError as error: print(each.id, error)"
    )
    told = dict(line.split(" ", 1) for line in run(code, release.path, tmp_path).splitlines())
    assert all(each.startswith(f"no room on the disk of {tmp_path} for ") for each in told.values()), told
    fits = {f"x{each.suffix}" for each in FORMATS.values() if each.id not in told}
    assert {path.name for path in tmp_path.iterdir()} == fits
    assert all(path.stat().st_size <= limit for path in tmp_path.iterdir())
    assert told.keys() == FORMATS.keys() if limit == 300 else "gpkg" in told


@pytest.mark.filterwarnings("ignore:Non closed ring")  # what the shortened file is
@pytest.mark.parametrize("name", ["fgb", "shp"])
def test_a_file_that_gdal_left_unfinished_is_noticed(datasets: Datasets, tmp_path: Path, name: str) -> None:
    dataset = datasets.get("dpr-2024")
    path = written(dataset, name, tmp_path)
    if name == "shp":
        with zipfile.ZipFile(path) as archive:
            archive.extractall(tmp_path)
        path = tmp_path / "dpr-2024.shp"
    check_read_back(dataset, path)
    raw = path.read_bytes()
    for broken in (raw[: len(raw) // 2], raw[:-200] + bytes(200), b""):
        path.write_bytes(broken)
        with pytest.raises(IncompleteError, match=path.name):
            check_read_back(dataset, path)
    path.write_bytes(raw)
    with pytest.raises(IncompleteError, match="other rows"):
        check_read_back(datasets.get("dpr-2024").of_province("32"), path)


# --- readers that people use -------------------------------------------------------------------------


@pytest.mark.skipif(shutil.which("ogrinfo") is None, reason="Debian's gdal-bin is not installed")
@pytest.mark.parametrize("layer", ["dpr-2024", "unit-kabkota"])
@pytest.mark.parametrize("name", GDAL)
def test_ogrinfo_reads_every_row_without_a_warning(
    datasets: Datasets, tmp_path: Path, name: str, layer: str
) -> None:
    dataset = datasets.get(layer)
    path = written(dataset, name, tmp_path)
    command = ["ogrinfo", "-ro", "-al", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert f"Feature Count: {len(dataset.frame)}\n" in done.stdout
    ids = re.findall(rf"^  {dataset.key} \(String\) = (.*)$", done.stdout, re.M)
    assert sorted(ids) == dataset.frame[dataset.key].tolist()
    types = dict(re.findall(r"^(\w+): (\w+) \(", done.stdout, re.M))
    assert types["kode_prov" if name == "shp" else "kode_provinsi"] == "String"
    if name != "csv":
        assert 'ID["EPSG",4326]' in done.stdout
        assert types.get("kursi", "Integer").startswith("Integer")
        assert types["luas_km2"] == "Real"


def test_qgis_opens_and_draws_every_file(datasets: Datasets, tmp_path: Path) -> None:
    has = [SYSTEM_PYTHON, "-c", "import qgis.core"]
    if not Path(SYSTEM_PYTHON).exists() or subprocess.run(has, capture_output=True, check=False).returncode:
        pytest.skip("QGIS (Debian's python3-qgis) is not installed")
    dataset = datasets.get("dprd-kabkota-2024")
    paths = {name: written(dataset, name, _made(tmp_path / name)) for name in GDAL}
    done = subprocess.run(
        [SYSTEM_PYTHON, str(ROOT / "tests/qgis_files.py"), "id", *map(str, paths.values())],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout.splitlines()[-1])["files"]
    for name, path in paths.items():
        found = seen[str(path)]
        assert found.get("ids") == dataset.frame["id"].tolist(), (name, found)
        if name in SPATIAL:
            assert found["crs"] in ("EPSG:4326", "OGC:CRS84"), name
            assert found["parts"] == shapely.get_num_geometries(dataset.geometry).sum(), name
            assert found["valid"], name
            assert found["inked"] > 0.01, name


# --- what each promises alone ------------------------------------------------------------------------


def test_geojson_keeps_seven_decimals_and_one_feature_a_line(datasets: Datasets, tmp_path: Path) -> None:
    dataset = datasets.get("dpr-2024")
    lines = written(dataset, "geojson", tmp_path).read_text().splitlines()
    assert len(lines) == len(dataset.frame) + 2
    longest = max(
        len(each) for each in re.findall(r"\d\.(\d+)", "".join(lines[1:-1]).split('"properties"')[0])
    )
    assert longest <= 7


def test_a_box_is_answered_from_the_tree_of_a_flatgeobuf(datasets: Datasets, tmp_path: Path) -> None:
    dataset = datasets.get("unit-kecamatan")
    path = written(dataset, "fgb", tmp_path)
    info = pyogrio.read_info(path)
    assert info["capabilities"]["fast_spatial_filter"]
    assert info["layer_name"] == "unit-kecamatan"
    box = (106.55, -6.95, 106.75, -6.75)
    found = pyogrio.read_dataframe(path, bbox=box)["kode"]
    boxes = shapely.box(*shapely.bounds(dataset.geometry).T)
    assert sorted(found) == dataset.frame["kode"][shapely.intersects(boxes, shapely.box(*box))].tolist()
    assert 0 < len(found) < len(dataset.frame)
    raw = path.read_bytes()
    assert all(column.description.encode() in raw for column in dataset.columns)
    assert raw[:8] == b"fgb\x03fgb\x01"  # magic: version 3, patch 1 (flatgeobuf's "Specification")


def test_geoparquet_follows_its_specification(datasets: Datasets, tmp_path: Path) -> None:
    """GeoParquet 1.1.0, "File metadata" and "Column metadata"."""
    dataset = datasets.get("unit-kecamatan")
    path = written(dataset, "parquet", tmp_path)
    schema = pq.read_schema(path)
    geo = json.loads(schema.metadata[b"geo"])
    assert geo.keys() == {"version", "primary_column", "columns"}
    assert (geo["version"], geo["primary_column"]) == ("1.1.0", "geometry")
    column = geo["columns"]["geometry"]
    assert (column["encoding"], column["geometry_types"]) == ("WKB", ["MultiPolygon"])
    assert (column["orientation"], column["edges"]) == ("counterclockwise", "planar")
    assert column["crs"]["id"] == {"authority": "OGC", "code": "CRS84"}
    assert pyproj.CRS.from_json_dict(column["crs"]) == pyproj.CRS("OGC:CRS84")
    assert column["bbox"] == shapely.total_bounds(dataset.geometry).tolist()
    edges = ["xmin", "ymin", "xmax", "ymax"]
    assert column["covering"] == {"bbox": {edge: ["bbox", edge] for edge in edges}}
    box = schema.field("bbox").type
    assert [(box.field(i).name, str(box.field(i).type)) for i in range(4)] == [(e, "double") for e in edges]
    table = pq.read_table(path)
    assert table["kode"].to_pylist() == dataset.frame["kode"].tolist()
    bounds = np.array([list(each.values()) for each in table["bbox"].to_pylist()])
    assert (bounds == shapely.bounds(dataset.geometry)).all()
    assert all(wkb[:5] == b"\x01\x06\x00\x00\x00" for wkb in table["geometry"].to_pylist())  # ISO WKB
    assert [str(schema.field(name).type) for name in ("kode", "luas_km2")] == ["string", "double"]
    meaning = schema.field("kode").metadata
    assert meaning[b"description_en"].decode() == dataset.columns[0].english


def test_a_box_is_answered_from_the_covering_of_a_geoparquet(datasets: Datasets, tmp_path: Path) -> None:
    dataset = datasets.get("unit-kecamatan")
    path = written(dataset, "parquet", tmp_path)
    box = (106.55, -6.95, 106.75, -6.75)
    found = gpd.read_parquet(path, bbox=box)
    boxes = shapely.box(*shapely.bounds(dataset.geometry).T)
    assert (
        found["kode"].tolist() == dataset.frame["kode"][shapely.intersects(boxes, shapely.box(*box))].tolist()
    )
    assert 0 < len(found) < len(dataset.frame)
    statistics = pq.ParquetFile(path).metadata.row_group(0)
    named = {
        statistics.column(i).path_in_schema: statistics.column(i).statistics
        for i in range(statistics.num_columns)
    }
    assert named["bbox.xmin"].min == shapely.bounds(dataset.geometry)[:, 0].min()


def test_pandas_reads_integers_with_nulls_as_integers(datasets: Datasets, tmp_path: Path) -> None:
    frame = gpd.read_parquet(written(datasets.get("dpr-2024"), "parquet", tmp_path))
    assert frame["penduduk"].isna().any()
    assert (str(frame["penduduk"].dtype), str(frame["kursi"].dtype)) == ("Int64", "int64")


def test_a_shapefile_keeps_to_its_format(datasets: Datasets, tmp_path: Path) -> None:
    dataset = datasets.get("dprd-kabkota-2024")
    with zipfile.ZipFile(written(dataset, "shp", tmp_path)) as archive:
        names = archive.namelist()
        assert names == sorted(names)
        assert {Path(name).suffix for name in names} >= {
            ".shp",
            ".shx",
            ".dbf",
            ".prj",
            ".cpg",
            ".qix",
            ".csv",
        }
        assert {each.date_time for each in archive.infolist()} == {(2024, 2, 14, 0, 0, 0)}
        stem = "dprd-kabkota-2024"
        assert archive.read(f"{stem}.cpg") == b"UTF-8"
        assert archive.read(f"{stem}.prj").startswith(b'GEOGCS["GCS_WGS_1984"')
        dbf, shp = archive.read(f"{stem}.dbf"), archive.read(f"{stem}.shp")
        (tmp_path / "all").mkdir()
        archive.extractall(tmp_path / "all")
    assert tuple(dbf[1:4]) == (124, 2, 14)
    fields = [
        dbf[at : at + 11].split(b"\0")[0].decode()
        for at in range(32, struct.unpack("<H", dbf[8:10])[0] - 1, 32)
    ]
    assert fields[:3] == ["id", "kode_dapil", "nama_dapil"]
    assert len(fields) == len(set(fields)) == len(dataset.columns)
    assert all(len(field) <= 10 for field in fields)
    widths = {field: dbf[48 + 32 * at] for at, field in enumerate(fields)}
    assert widths["id"] == max(dataset.frame["id"].str.len())
    assert (widths["kursi"], widths["tahun"]) == (9, 9)  # more digits are read as another type
    assert struct.unpack(">ii", shp[:4] + shp[24:28]) == (9994, len(shp) // 2)
    legend = list(csv.DictReader((tmp_path / "all" / f"{stem}-legenda-legend.csv").open(encoding="utf-8")))
    assert [row["kolom"] for row in legend] == fields
    assert [row["kolom_asli"] for row in legend] == [column.name for column in dataset.columns]
    assert all(row["judul"] and row["title"] and row["keterangan"] and row["description"] for row in legend)
    same_values("csv", dataset, read_csv(tmp_path / "all" / f"{stem}.csv", "id"))
    # Its spatial index is the one that GDAL asks.
    found = pyogrio.read_dataframe(tmp_path / "all" / f"{stem}.shp", bbox=(107.3, -7, 107.5, -6.6))
    assert found["id"].tolist() == ["dprd-kabkota-2024-810101", "dprd-kabkota-2024-817101"]


@pytest.mark.filterwarnings("error")
def test_what_a_dbf_cannot_hold_is_cut_between_characters_and_told(hostile: Dataset, tmp_path: Path) -> None:
    path = written(hostile, "shp", tmp_path)
    back = read_shp(path, "id").frame.set_index("id").loc[hostile.frame["id"]]
    assert back["nama_dapil"].tolist() == list(HOSTILE)
    assert back["nama_provinsi"].tolist() == [
        "é" * 127, "é" * 125 + "…", "x" * 254, "x" * 251 + "…", "a" + "🗳" * 62 + "…",
    ]  # fmt: skip
    assert back["ragu"].tolist() == [None, "blank", None, "blank", "null"]
    with zipfile.ZipFile(path) as archive:
        readme = archive.read(shapefile.README).decode()
        archive.extract("dpr-2024.csv", tmp_path / "x")
        legend = list(csv.DictReader(io.StringIO(archive.read("dpr-2024-legenda-legend.csv").decode())))
    lost = {row["kolom"]: int(row["baris_tak_utuh"]) for row in legend if row["baris_tak_utuh"] != "0"}
    assert lost == {"nama_prov": 3, "ragu": 3}
    rows = "dpr-2024-3102, dpr-2024-3202, dpr-2024-8101"
    assert readme.count(f"- nama_prov (nama_provinsi): {rows}\n") == 2  # once in each language
    assert readme.count("- ragu (ragu): dpr-2024-3101, dpr-2024-3102, dpr-2024-3202\n") == 2
    whole = read_csv(tmp_path / "x" / "dpr-2024.csv", "id").frame
    assert whole["nama_provinsi"].tolist() == hostile.frame["nama_provinsi"].tolist()


def test_every_row_of_the_table_of_columns_is_whole() -> None:
    """Once for each table, of a known type, named and explained in both languages."""
    text = (ROOT / "boundaries" / "law" / "columns.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines(), strict=True))
    assert len({(row["only_in"], row["name"]) for row in rows}) == len(rows)
    for row in rows:
        assert row["kind"] in ("text", "integer", "real"), row
        assert all(row[key].strip() for key in row if key not in ("only_in", "unit")), row
        assert None not in row, row


def test_every_published_column_has_a_short_name() -> None:
    from boundaries.law.columns import PLAN, PLAN_TABLE, UNIT

    names = {column.name for column in (*PLAN, *PLAN_TABLE, *UNIT)}
    assert len({shapefile.short_name(name) for name in names}) == len(names)
    with pytest.raises(ReleaseError, match="'nama_yang_panjang' is too long for a Shapefile"):
        shapefile.short_name("nama_yang_panjang")


def test_csv_is_plain(hostile: Dataset, datasets: Datasets, tmp_path: Path) -> None:
    raw = written(datasets.get("unit-kabkota"), "csv", tmp_path).read_bytes()
    assert raw.startswith(b"kode,nama,tingkat,")  # no byte order mark
    assert b"\r" not in raw
    assert raw.endswith(b"\n")
    assert not raw.endswith(b"\n\n")
    path = written(hostile, "csv", _made(tmp_path / "hostile"))
    lines = path.read_text(encoding="utf-8").splitlines()
    assert ',"",,,,unit-31' in lines[1]  # an empty text is not a null
    given = pd.read_csv(path, dtype=str, keep_default_na=False, na_values=[])
    assert given["nama_dapil"].tolist() == list(HOSTILE)
    assert list(given) == [column.name for column in columns(hostile)]


def test_kml_names_each_placemark_and_types_each_column(datasets: Datasets, tmp_path: Path) -> None:
    dataset = datasets.get("unit-kabkota")
    root = ElementTree.parse(written(dataset, "kml", tmp_path)).getroot()
    marks = list(root.iter(f"{KML}Placemark"))
    assert [each.find(f"{KML}name").text for each in marks] == dataset.frame["nama"].tolist()
    ids = [each.get("id") for each in marks]
    assert ids[0] == "unit-31.71"
    assert all(re.fullmatch(r"[A-Za-z_][\w.-]*", each) for each in ids)  # an XML id begins with a letter
    fields = {each.get("name"): each.get("type") for each in root.iter(f"{KML}SimpleField")}
    assert fields == {
        c.name: {"text": "string", "integer": "int", "real": "double"}[c.kind] for c in dataset.columns
    }
    assert {each.text for each in root.iter(f"{KML}styleUrl")} == {
        f"#{next(root.iter(f'{KML}Style')).get('id')}"
    }


# --- which unit belongs to which dapil ---------------------------------------------------------------


def assignment(datasets: Datasets, plan: str, directory: Path) -> Path:
    path = directory / f"{plan}-assignment.csv"
    write_assignment(datasets.get(plan), datasets.rows("assignment", plan), unit_names(datasets), path)
    return path


def test_an_assignment_has_one_row_a_base_unit(datasets: Datasets, tmp_path: Path) -> None:
    rows = datasets.rows("assignment", "dprd-kabkota-2024").iloc[::-1]
    path = tmp_path / "x.csv"
    write_assignment(datasets.get("dprd-kabkota-2024"), rows, unit_names(datasets), path)
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    assert table["kode_unit"].is_unique
    assert dict(zip(table["kode_unit"], table["kode_dapil"], strict=True)) == dict(
        zip(rows["kode_unit"], rows["kode_dapil"], strict=True)
    )
    assert table["kode_unit"].tolist() == sorted(rows["kode_unit"])
    dapil = datasets.get("dprd-kabkota-2024").frame.set_index("id")
    for name in ("nama_dapil", "kode_dapil", "lembaga"):
        assert table[name].tolist() == dapil.loc[table["id"], name].tolist()
    assert set(table["tahun"]) == {"2024"}
    desa = table.set_index("kode_unit").loc[f"{SPLIT}.2001"]
    assert desa.to_dict() == {
        "kunci": f"unit-{SPLIT}.2001", "nama_unit": "Desa Ciwidey 1", "tingkat": "desa",
        "id": "dprd-kabkota-2024-320401", "kode_dapil": "320401", "nama_dapil": "BANDUNG 1",
        "lembaga": "dprd-kabkota", "tahun": "2024",
    }  # fmt: skip
    assert (table["nama_unit"] != "").all()
    assert not any(code.startswith("31") for code in table["kode_unit"])  # the plan leaves Jakarta out


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: rows[:0], "assigns no unit"),
        (lambda rows: rows.assign(kode_dapil="9999"), "has no dapil 9999"),
        (lambda rows: pd.concat([rows, rows[:1]]), "31.71.01 is assigned twice"),
    ],
)
def test_an_assignment_that_contradicts_itself_is_refused(
    datasets: Datasets, tmp_path: Path, change: Callable[[pd.DataFrame], pd.DataFrame], message: str
) -> None:
    rows = change(datasets.rows("assignment", "dpr-2024"))
    with pytest.raises(ReleaseError, match=message):
        write_assignment(datasets.get("dpr-2024"), rows, {}, tmp_path / "x.csv")
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def locales(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Locales of the spreadsheets, made from Debian's definitions; those of this machine may not have them."""
    directory = tmp_path_factory.mktemp("locales")
    for name in ("id_ID", "en_US"):
        command = ["localedef", "-i", name, "-f", "UTF-8", str(directory / f"{name}.UTF-8")]
        if (
            shutil.which("localedef") is None
            or subprocess.run(command, capture_output=True, check=False).returncode
        ):
            pytest.skip("localedef or the locales' definitions (Debian's locales) are not installed")
    return directory


@pytest.mark.skipif(shutil.which("ssconvert") is None, reason="Gnumeric's ssconvert is not installed")
@pytest.mark.parametrize("locale", ["en_US", "id_ID"])
@pytest.mark.parametrize("name", ["assignment", "dprd-kabkota-2024", "unit-kabkota", "unit-kecamatan"])
def test_codes_survive_a_spreadsheet(
    datasets: Datasets, tmp_path: Path, locales: Path, locale: str, name: str
) -> None:
    if name == "assignment":
        path = tmp_path / "assignment.csv"
        rows = datasets.rows("assignment", "dprd-kabkota-2024")
        rows["kode_unit"] = rows["kode_unit"].str.replace("81.", "11.", regex=False)  # 11.01.01 can be a date
        write_assignment(datasets.get("dprd-kabkota-2024"), rows, {}, path)
    else:
        path = written(datasets.get(name), "csv", tmp_path)
    environment = os.environ | {"LOCPATH": str(locales), "LC_ALL": f"{locale}.UTF-8"}
    book, saved = tmp_path / "book.xlsx", tmp_path / "saved.csv"
    for pair in ((path, book), (book, saved)):
        subprocess.run(["ssconvert", *map(str, pair)], env=environment, capture_output=True, check=True)
    before = pd.read_csv(path, dtype=str, keep_default_na=False)
    after = pd.read_csv(saved, dtype=str, keep_default_na=False)
    codes = [column for column in before if column.startswith("kode")]
    assert (after[codes] != before[codes]).any(axis=None), (
        "the spreadsheet changed nothing: this shows nothing"
    )
    assert after["kunci"].tolist() == before["kunci"].tolist()
    restored = restore_codes(after).fillna("")
    assert restored[codes].to_numpy().tolist() == before[codes].to_numpy().tolist()


def test_codes_are_put_right_from_the_keys_alone() -> None:
    spoilt = {"kunci": ["unit-32.10.01", "unit-32"], "id": ["dprd-kabkota-2024-321001", "dpd-2024-32"]}
    spoilt |= dict.fromkeys(("kode_unit", "kode_dapil", "kode_kabkota", "kode_kecamatan", "luas_km2"), "1e5")
    right = restore_codes(pd.DataFrame(spoilt)).astype(object).to_dict("list")
    assert right == spoilt | {
        "kode_unit": ["32.10.01", "32"], "kode_dapil": ["321001", "32"], "kode_kabkota": ["32.10", None],
        "kode_kecamatan": ["32.10.01", None], "luas_km2": ["1e5", "1e5"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("frame", "error", "message"),
    [
        ({"kode": ["32.1"]}, ReleaseError, "no column kunci"),
        ({"kunci": ["unit-32.10"], "kode_dapil": ["1"]}, ReleaseError, "no column id"),
        ({"kunci": ["32.10"]}, CodeError, "'32.10' is no key"),
        ({"kunci": ["unit-32.1"]}, CodeError, "write 32.10"),
        ({"kunci": [float("nan")]}, CodeError, "nan is no key"),
        ({"kunci": ["unit-32"], "id": ["dpr-2024"], "kode_dapil": ["1"]}, CodeError, "'dpr-2024' is no id"),
    ],
)
def test_keys_that_are_none_are_named(frame: dict, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        restore_codes(pd.DataFrame(frame))


# --- the nation --------------------------------------------------------------------------------------


@pytest.mark.national
@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("layer", ["dpr-2024", "dprd-kabkota-2024"])
def test_the_nation_reads_back_the_same(nation: Release, tmp_path: Path, layer: str) -> None:
    datasets = Datasets(nation)
    dataset = datasets.get(layer)
    for name in FORMATS:
        back = READ[name](written(dataset, name, _made(tmp_path / name)), "id")
        assert len(back.frame) == len(dataset.frame)
        assert back.frame["kursi"].astype(int).sum() == dataset.frame["kursi"].sum()
        if name == "shp":
            back.frame = back.frame.set_index("id", drop=False).loc[dataset.frame["id"]]
            for column in ("wilayah", "ragu", "ragu_en", "catatan", "catatan_en"):
                back.frame[column] = whole_where_cut(back.frame[column], dataset.frame[column])
        same_values(name, dataset, back)
        if name in SPATIAL:
            same_shapes(dataset, back, clockwise=name == "shp")
    units = pd.read_csv(assignment(datasets, layer, tmp_path), dtype=str, keep_default_na=False)
    assert (units["nama_unit"] != "").all()
    assert units["id"].nunique() == len(dataset.frame)


def whole_where_cut(read: pd.Series, given: pd.Series) -> list[str | None]:
    """Put the whole text where the Shapefile's is its beginning and says so."""
    found = []
    for short, whole in zip(read, given, strict=True):
        cut = isinstance(short, str) and short.endswith("…")
        assert not cut or (whole.startswith(short[:-1]) and len(whole.encode()) > 254)
        found.append(whole if cut else short)
    return found
