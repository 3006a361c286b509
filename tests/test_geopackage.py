"""The GeoPackage: readable by everyone, described in both languages, the same bytes from the same inputs."""

import datetime as dt
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from boundaries.errors import ReleaseError
from boundaries.law import columns
from boundaries.release.geopackage import Layer, Table, write_geopackage
from tests.small import DATE, small_layers, small_tables, write_small_files

COLUMNS = columns.ASSIGNMENT


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("package")
    write_small_files(directory)
    return directory / "dapil.gpkg"


def rows(package: Path, sql: str) -> list[tuple]:
    connection = sqlite3.connect(package)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def layer(**changes: object) -> Layer:
    frame = pd.DataFrame({"plan_id": ["a", "b"], "kode_unit": ["32.10", "32.20"], "kode_dapil": ["1", None]})
    given: dict = {"frame": frame, "geometry": np.array([shapely.box(i, 0, i + 1, 1) for i in (100, 101)])}
    given |= changes
    return Layer(
        "petak", "Petak", "Dua petak", given.pop("columns", COLUMNS), given["frame"], {}, given["geometry"]
    )


def write(path: Path, *layers: Layer) -> Path:
    write_geopackage(path, layers, metadata={"title": "uji"}, date=DATE)
    return path


def test_two_processes_write_the_same_bytes(tmp_path: Path) -> None:
    code = "import sys, pathlib; from tests.small import write_small_files as w; w(pathlib.Path(sys.argv[1]))"
    hashes = []
    for seed in ("1", "2"):
        (tmp_path / seed).mkdir()
        environment = os.environ | {
            "PYTHONHASHSEED": seed,
            "TZ": f"Asia/{'Jakarta' if seed == '1' else 'Tokyo'}",
        }
        subprocess.run([sys.executable, "-c", code, str(tmp_path / seed)], check=True, env=environment)
        names = sorted(path.name for path in (tmp_path / seed).iterdir())
        assert names == ["dapil.gpkg", "quality.csv", "quality.json"]  # no journal, no part
        hashes.append([hashlib.sha256((tmp_path / seed / name).read_bytes()).hexdigest() for name in names])
    assert hashes[0] == hashes[1]


@pytest.mark.skipif(shutil.which("ogrinfo") is None, reason="GDAL's ogrinfo is not installed")
def test_ogrinfo_opens_every_layer_without_a_warning(package: Path) -> None:
    done = subprocess.run(
        ["ogrinfo", "-ro", "-al", "-so", str(package)], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    for each in (*small_layers(), *small_tables()):
        assert f"Layer name: {each.name}\n" in done.stdout
        assert f"Feature Count: {len(each.frame)}\n" in done.stdout


@pytest.mark.filterwarnings("error")
def test_gdal_reads_back_every_layer_as_it_was_given(package: Path) -> None:
    for each in small_layers():
        meta, fids, wkb, fields = pyogrio.raw.read(package, layer=each.name, return_fids=True)
        assert meta["crs"] == "EPSG:4326"
        assert meta["geometry_type"] == "MultiPolygon"
        assert fids.tolist() == list(range(1, len(each.frame) + 1))
        assert list(meta["fields"]) == [column.name for column in each.columns]
        assert shapely.equals_exact(shapely.from_wkb(wkb), each.geometry, 0).all()
        for name, values in zip(meta["fields"], fields, strict=True):
            told, read = each.frame[name], pd.Series(values)
            assert (told.isna().to_numpy() == read.isna().to_numpy()).all()
            filled = ~told.isna().to_numpy()
            assert told[filled].tolist() == read[filled].tolist()


def test_the_spatial_index_answers_a_box(package: Path) -> None:
    found = pyogrio.read_dataframe(package, layer="dpr-2024", bbox=(107.35, -7, 108, -6.5), use_arrow=False)
    assert found["kode_dapil"].tolist() == ["8101"]
    assert "gpkg_rtree_index" in str(rows(package, "SELECT * FROM gpkg_extensions"))


def test_every_column_is_described_in_both_languages(package: Path) -> None:
    described = {
        (table, column): (title, text)
        for table, column, title, text in rows(
            package, "SELECT table_name, column_name, title, description FROM gpkg_data_columns"
        )
    }
    for each in (*small_layers(), *small_tables()):
        for column in each.columns:
            title, text = described[each.name, column.name]
            indonesian, english = text.split(" | ")
            assert title
            assert indonesian
            assert english
    extensions = {name for _, _, name, _, _ in rows(package, "SELECT * FROM gpkg_extensions")}
    assert {"gpkg_schema", "gpkg_metadata", "gpkg_rtree_index"} <= extensions


def test_version_times_and_metadata_are_fixed(package: Path) -> None:
    assert rows(package, "PRAGMA user_version") == [(10300,)]
    assert rows(package, "SELECT DISTINCT last_change FROM gpkg_contents") == [("2024-02-14T00:00:00.000Z",)]
    assert rows(package, "SELECT DISTINCT timestamp FROM gpkg_metadata_reference") == [
        ("2024-02-14T00:00:00.000Z",)
    ]
    texts = rows(package, "SELECT metadata, mime_type FROM gpkg_metadata ORDER BY id")
    assert json.loads(texts[0][0])["title"] == "Peta Dapil: contoh"
    assert rows(package, "PRAGMA foreign_key_check") == []


def test_tables_without_geometry_are_attributes(package: Path) -> None:
    kinds = dict(rows(package, "SELECT table_name, data_type FROM gpkg_contents"))
    assert {name for name, kind in kinds.items() if kind == "attributes"} == {
        "plans", "members", "assignment", "riwayat", "tabel-dprd-kabkota-2014",
    }  # fmt: skip


def test_codes_stay_text_and_nulls_stay_null(tmp_path: Path) -> None:
    path = write(tmp_path / "a.gpkg", layer())
    assert rows(path, "SELECT kode_unit, typeof(kode_unit), kode_dapil FROM petak") == [
        ("32.10", "text", "1"),
        ("32.20", "text", None),
    ]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"frame": pd.DataFrame({"plan_id": ["a", "b"]})}, "no column 'kode_unit'"),
        ({"geometry": np.array([shapely.box(0, 0, 1, 1)])}, "1 geometries for 2 rows"),
        ({"geometry": np.array([shapely.box(0, 0, 1, 1), shapely.Point(0, 0)])}, "row 1 (b): no polygon"),
        ({"geometry": np.array([shapely.box(0, 0, 1, 1), shapely.Polygon()])}, "row 1 (b): no polygon"),
        ({"geometry": np.array([shapely.box(0, 0, 1, 1), None])}, "row 1 (b): no polygon"),
        (
            {"frame": pd.DataFrame({"plan_id": ["a", "b"], "kode_unit": [32.1, 1.0], "kode_dapil": "x"})},
            "column kode_unit: not text: 32.1 is float",
        ),
        (
            {
                "frame": pd.DataFrame({"kursi": [1.5, 2.0]}),
                "columns": tuple(each for each in columns.columns_of("dpr-2024") if each.name == "kursi"),
            },
            "column kursi: not integer: 1.5 is not a whole number",
        ),
    ],
)
def test_what_cannot_be_written_is_refused_with_its_place(
    tmp_path: Path, changes: dict, message: str
) -> None:
    with pytest.raises(ReleaseError) as error:
        write(tmp_path / "a.gpkg", layer(**changes))
    assert message in str(error.value)


def test_a_file_is_written_once(tmp_path: Path) -> None:
    path = write(tmp_path / "a.gpkg", layer())
    with pytest.raises(ReleaseError, match="exists"):
        write(path, layer())


def test_gdals_options_are_put_back(tmp_path: Path) -> None:
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "x"})
    try:
        write(tmp_path / "a.gpkg", layer())
        assert pyogrio.get_gdal_config_option("OGR_CURRENT_DATE") == "x"
        assert pyogrio.get_gdal_config_option("OGR_GPKG_ALLOW_THREADED_RTREE") is None
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def test_tables_alone_need_no_layer(tmp_path: Path) -> None:
    table = Table("members", "Anggota", "Anggota", columns.ASSIGNMENT, layer().frame)
    write_geopackage(tmp_path / "a.gpkg", [layer()], [table], metadata={}, date=dt.date(2019, 4, 17))
    assert rows(tmp_path / "a.gpkg", "SELECT count(*) FROM members") == [(2,)]
