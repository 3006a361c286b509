"""Maps of one's own in the states in which people have them: read whole, or told in one sentence."""

import json
import shutil
import socket
import sqlite3
import struct
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from click.testing import CliRunner

from boundaries import sources
from boundaries.cli import main as dapil
from boundaries.errors import SourceError
from boundaries.law.registry import Registry, load_registry
from boundaries.sources.claims import check_claims
from boundaries.sources.raw_units import RawUnits
from tests import own_maps_help as maps

FRAME = maps.units()
SIX = list(FRAME["kode"])


def read(folder: Path, file: str, more: str = "", **about: str) -> tuple[RawUnits, dict[str, str]]:
    source = sources.load_source(maps.descriptor(folder, file, more=more, **about))
    (units,) = sources.read_needed(source, sources.fetch(source), sources.Need())
    told = check_claims(source, (units,), load_registry(), sources.read_missing(source))
    return units, told


def changed(**columns: Any) -> gpd.GeoDataFrame:
    frame = FRAME.copy()
    for name, values in columns.items():
        frame[name] = values
    return frame


# --- codes and names -------------------------------------------------------------------------------


def test_one_code_on_two_units_is_refused_and_on_two_parts_of_one_is_not(tmp_path: Path) -> None:
    codes = ["32.71.01", "32.71.01", *SIX[2:]]
    maps.write(changed(kode=codes), tmp_path / "map.gpkg")
    with pytest.raises(SourceError, match=r"code 32\.71\.01 stands at 'Bogor Selatan' and at 'Bogor Timur'"):
        read(tmp_path, "map.gpkg")
    names = ["Bogor Selatan", "KEC. BOGOR SEL.", *FRAME["nama"][2:]]
    maps.write(changed(kode=codes, nama=names), tmp_path / "map.geojson")
    assert len(read(tmp_path, "map.geojson")[0]) == 6


def test_without_names_a_code_that_recurs_is_told(tmp_path: Path) -> None:
    maps.write(changed(kode=["32.71.01", "32.71.01", *SIX[2:]]), tmp_path / "map.gpkg")
    _, told = read(tmp_path, "map.gpkg", name="")
    assert list(told) == ["32.71.01"]
    assert "made of 2 rows" in told["32.71.01"]


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ([1, 0, 2, 3, 4, 5], r"(?s)32\.71\.01 is called 'Bogor Timur' .*32\.71\.02 is called 'Bogor Selatan'"),
        ([1, 2, 3, 4, 5, 0], r"(?s)32\.71\.01 is called 'Bogor Timur'.*32\.71\.06 is called 'Bogor Selatan'"),
        ([0, 1, 2, 3, 4, 4], r"32\.71\.06 is called 'Bogor Utara' in the file, but 32\.71\.06 is 'Tanah Sareal'"),
    ],
)  # fmt: skip
def test_codes_exchanged_are_seen_by_the_names(tmp_path: Path, names: list[int], said: str) -> None:
    maps.write(changed(nama=[FRAME["nama"][i] for i in names]), tmp_path / "map.gpkg")
    with pytest.raises(SourceError, match=said):
        read(tmp_path, "map.gpkg")


def test_codes_exchanged_across_kabkota_are_seen(tmp_path: Path) -> None:
    registry = load_registry()
    codes = ["32.71.01", "32.04.05"]
    frame = FRAME.iloc[:2].assign(kode=codes, nama=[registry.names[c] for c in reversed(codes)])
    maps.write(frame, tmp_path / "map.gpkg")
    with pytest.raises(SourceError, match=r"32\.71\.01 is called .*is 32\.04\.05; correct the code"):
        read(tmp_path, "map.gpkg")


def test_another_name_is_told_and_stands_in_the_ledger(tmp_path: Path) -> None:
    maps.write(changed(nama=["Pulau Lain", *FRAME["nama"][1:]]), tmp_path / "map.gpkg")
    toml = maps.descriptor(tmp_path, "map.gpkg")
    out = tmp_path / "out"
    plan = ("--plan", "dprd-kabkota-2024", "--no-downloads")
    result = CliRunner().invoke(dapil, ["build", "--source", str(toml), "--out", str(out), *plan])
    assert result.exit_code == 0, result.output
    assert "32.71.01 called 'Pulau Lain' in the source, 'Bogor Selatan' in the list of units" in result.stderr
    ledger = pd.read_csv(out / "current" / "quality.csv", dtype=str).set_index("kode")
    assert "called 'Pulau Lain'" in ledger.loc["32.71.01", "reason"]


def test_names_that_mostly_do_not_fit_say_that_the_codes_are_others(tmp_path: Path) -> None:
    maps.write(changed(nama=[f"Lain {c}" for c in "ABCDEF"]), tmp_path / "map.gpkg")
    with pytest.raises(
        SourceError, match=r"6 of 6 names at the level kecamatan .*those of BPS look the same"
    ):
        read(tmp_path, "map.gpkg")
    assert len(read(tmp_path, "map.gpkg", name="")[0]) == 6


def test_kota_and_kabupaten_of_one_name_are_two_units(tmp_path: Path) -> None:
    frame = FRAME.iloc[:2].assign(kode=["32.04", "32.73"], nama=["Kota Bandung", "Kab. Bandung"])
    maps.write(frame, tmp_path / "map.gpkg")
    with pytest.raises(SourceError, match=r"32\.04 is called 'Kota Bandung' in the file"):
        read(tmp_path, "map.gpkg", level="kabkota")


# --- children --------------------------------------------------------------------------------------

DESA = {"32.71.01": "Bogor Selatan"} | {f"32.71.01.100{i}": f"Kelurahan {i}" for i in range(1, 5)}


def of_desa(codes: list[str], *, more: tuple[RawUnits, ...] = ()) -> dict[str, str]:
    source = replace(
        sources.load_source("gadm-4.1"), files="", code_style="dotted", descriptor=Path("peta.toml")
    )
    registry = Registry({"32": "Jawa Barat", "32.71": "Kota Bogor"} | DESA)
    squares = np.array([shapely.box(106 + i, -6, 107 + i, -5) for i in range(len(codes))], dtype=object)
    texts = np.array(codes, dtype=object)
    names = np.array([DESA.get(c, "Kelurahan") for c in codes], dtype=object)
    desa = RawUnits("desa", texts, names, squares)
    return check_claims(source, (*more, desa), registry, {"32.71.01.1004"})


def test_a_kecamatan_of_some_of_its_desa_is_refused() -> None:
    with pytest.raises(
        SourceError, match=r"Bogor Selatan has 4 desa, the file 2 of them: 32\.71\.01\.1003 not drawn"
    ):
        of_desa(["32.71.01.1001", "32.71.01.1002"])
    assert (
        of_desa(["32.71.01.1001", "32.71.01.1002", "32.71.01.1003"]) == {}
    )  # the fourth is listed as missing


def test_a_desa_that_nobody_has_is_refused() -> None:
    with pytest.raises(SourceError, match=r"32\.71\.01\.9999 is no desa of 32\.71\.01 Bogor Selatan"):
        of_desa(["32.71.01.1001", "32.71.01.1002", "32.71.01.1003", "32.71.01.9999"])


def test_a_kecamatan_that_is_drawn_itself_may_have_few_desa() -> None:
    one = np.array(["32.71.01"], dtype=object)
    outline = RawUnits(
        "kecamatan", one, np.array(["Bogor Selatan"], dtype=object), np.array([shapely.box(106, -6, 111, -5)])
    )
    assert of_desa(["32.71.01.1001"], more=(outline,)) == {}


# --- coordinates -----------------------------------------------------------------------------------

CORNERS: dict[str, tuple[Any, str]] = {
    "nan": ([float("nan"), -6.6], r"32\.71\.01 has a corner that is no number"),
    "infinite": ([106.7, float("-inf")], r"32\.71\.01 has a corner that is no number"),
    "null": (
        [None, -6.6],
        r"32\.71\.01 stands in the file without a polygon, or with one that cannot be read",
    ),
    "no corner": (None, r"32\.71\.01 stands in the file without a polygon"),
    "one number": ([106.7], r"32\.71\.01 stands in the file without a polygon"),
    "text": (["106.7", -6.6], r"32\.71\.01 stands in the file without a polygon"),
    "huge": (
        [1e30, -6.6],
        r"32\.71\.01 Bogor Selatan lies at lon .*outside Indonesia, unlike the others; a corner",
    ),
    "exchanged": ([-6.6, 106.7], r"32\.71\.01 Bogor Selatan lies at .*a corner of it is wrong"),
}


def geojson(folder: Path, change: Callable[[dict[str, Any]], object], encoding: str = "utf-8") -> str:
    whole = json.loads(FRAME.to_json(drop_id=True))
    change(whole)
    (folder / "map.geojson").write_bytes(json.dumps(whole).encode(encoding))
    return "map.geojson"


@pytest.mark.parametrize("kind", CORNERS)
def test_a_corner_that_is_none_is_refused(tmp_path: Path, kind: str) -> None:
    corner, said = CORNERS[kind]
    file = geojson(tmp_path, lambda whole: ring(whole).__setitem__(1, corner))
    with pytest.raises(SourceError, match=said):
        read(tmp_path, file)


def ring(whole: dict[str, Any]) -> list[Any]:
    corners: list[Any] = whole["features"][0]["geometry"]["coordinates"][0]
    return corners


def test_a_corner_missing_at_the_end_is_refused(tmp_path: Path) -> None:
    file = geojson(tmp_path, lambda whole: ring(whole).pop())
    with pytest.raises(SourceError, match=r"a ring of 32\.71\.01 does not close"):
        read(tmp_path, file)


def test_a_ring_without_corners_is_no_ring(tmp_path: Path) -> None:
    file = geojson(tmp_path, lambda whole: whole["features"][0]["geometry"]["coordinates"].append([]))
    units, _ = read(tmp_path, file)
    assert shapely.get_num_interior_rings(shapely.get_geometry(units.geometry[0], 0)) == 0
    assert shapely.area(units.geometry) == pytest.approx(shapely.area(FRAME.geometry))


def test_names_that_only_repeat_the_code_say_nothing(tmp_path: Path) -> None:
    maps.write(changed(nama=SIX), tmp_path / "map.gpkg")
    assert read(tmp_path, "map.gpkg")[1] == {}


def test_one_unit_with_its_axes_exchanged_is_named(tmp_path: Path) -> None:
    shapes = FRAME.geometry.to_numpy().copy()
    shapes[2] = shapely.transform(shapes[2], lambda xy: xy[:, ::-1])
    maps.write(changed(geometry=shapes), tmp_path / "map.gpkg")
    with pytest.raises(SourceError, match=r"32\.71\.03 Bogor Tengah lies at .*its lon and lat are exchanged"):
        read(tmp_path, "map.gpkg")


def test_a_unit_without_polygon_is_refused_unless_it_is_listed(tmp_path: Path) -> None:
    shapes = FRAME.geometry.to_numpy().copy()
    shapes[1] = None
    maps.write(changed(geometry=shapes), tmp_path / "map.gpkg")
    with pytest.raises(SourceError, match=r"32\.71\.02 stands in the file without a polygon"):
        read(tmp_path, "map.gpkg")
    (tmp_path / "m.csv").write_text("kode,alasan\n32.71.02,belum dipetakan\n")
    assert read(tmp_path, "map.gpkg", 'missing = "m.csv"')[0].without_geometry == ("32.71.02",)


# --- formats ---------------------------------------------------------------------------------------


def zipped(folder: Path, inside: str) -> None:
    with zipfile.ZipFile(folder / "map.zip", "w") as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.name != "map.zip":
                archive.write(path, f"{inside}{path.relative_to(folder).as_posix()}")
                archive.writestr(f"__MACOSX/._{path.name}", b"x")


@pytest.mark.parametrize("form", ["geojson", "gpkg", "shp", "gdb", "fgb", "kml", "kmz", "tab", "mif"])
def test_the_formats_that_people_have_are_read_and_hashed_whole(tmp_path: Path, form: str) -> None:
    main = maps.write(FRAME, tmp_path / f"map.{form}")
    units, told = read(tmp_path, main.name)
    assert (sorted(units.codes), told) == (SIX, {})
    assert list(shapely.area(units.geometry)) == pytest.approx([1e-4] * 6, rel=1e-6)
    source = sources.load_source(tmp_path / "peta-uji.toml")
    there = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("map*") if p.is_file()}
    there |= {p.relative_to(tmp_path).as_posix() for p in tmp_path.glob("map.gdb/*")}
    found = sources.fetch(source).files
    assert set(found) == there | {main.name}
    assert all(len(file.sha256) == 64 for file in found.values())


def test_a_file_geodatabase_is_built_and_its_hash_can_be_asked_for(tmp_path: Path) -> None:
    main = maps.write(FRAME, tmp_path / "map.gdb")
    toml = maps.descriptor(tmp_path, main.name)
    out = tmp_path / "out"
    plan = ("--plan", "dprd-kabkota-2024", "--no-downloads")
    result = CliRunner().invoke(dapil, ["build", "--source", str(toml), "--out", str(out), *plan])
    assert result.exit_code == 0, result.output
    digest = json.loads((out / "current" / "manifest.json").read_text())["source"]["files"]["map.gdb"]
    with toml.open("a") as text:
        text.write(f'[sha256]\n"map.gdb" = "{digest}"\n')
    sources.fetch(sources.load_source(toml))
    (main / "of another.lock").touch()  # ArcGIS has it open
    sources.fetch(sources.load_source(toml))
    (main / "gdb").write_bytes(b"altered")
    with pytest.raises(SourceError, match=r"map\.gdb: not the expected file: expected sha256"):
        sources.fetch(sources.load_source(toml))


@pytest.mark.parametrize("form", ["shp", "gdb", "gpkg", "geojson"])
@pytest.mark.parametrize("inside", ["", "folder/of data/"])
def test_a_zip_is_read_as_people_make_it(tmp_path: Path, form: str, inside: str) -> None:
    maps.write(FRAME, tmp_path / f"map.{form}")
    zipped(tmp_path, inside)
    assert sorted(read(tmp_path, "map.zip")[0].codes) == SIX


def test_a_zip_of_two_maps_or_none_and_a_bomb_are_told(tmp_path: Path) -> None:
    maps.write(FRAME, tmp_path / "map.gpkg")
    maps.write(FRAME, tmp_path / "other.gpkg")
    zipped(tmp_path, "")
    with pytest.raises(SourceError, match=r"must hold one map .*holds map\.gpkg, other\.gpkg"):
        read(tmp_path, "map.zip")
    with zipfile.ZipFile(tmp_path / "map.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("map.geojson", bytes(300 << 20))
    with pytest.raises(SourceError, match="would be 314,572,800 bytes unpacked"):
        read(tmp_path, "map.zip")
    (tmp_path / "map.zip").write_bytes(b"PK\3\4 not")
    with pytest.raises(SourceError, match="cannot be unpacked"):
        read(tmp_path, "map.zip")


def shapefile(folder: Path) -> Path:
    return maps.write(FRAME, folder / "map.shp")


@pytest.mark.parametrize(
    ("suffix", "said"),
    [
        (".shx", r"its \.shx \(where each polygon begins\) is not beside it; ask for the Shapefile again"),
        (".dbf", r"its \.dbf \(the codes and names\) is not beside it"),
        (".prj", r"does not say its CRS; add crs"),
    ],
)
def test_a_shapefile_without_a_part_is_told(tmp_path: Path, suffix: str, said: str) -> None:
    shapefile(tmp_path).with_suffix(suffix).unlink()
    with pytest.raises(SourceError, match=said):
        read(tmp_path, "map.shp")


@pytest.mark.parametrize("parts", [(".dbf",), (".shx",), (".shp",), (".shp", ".shx"), (".dbf", ".shx")])
def test_parts_of_another_shapefile_are_told(tmp_path: Path, parts: tuple[str, ...]) -> None:
    shapefile(tmp_path)
    (tmp_path / "other").mkdir()
    other = maps.write(FRAME.iloc[:4], tmp_path / "other" / "map.shp")
    for suffix in parts:
        shutil.copy(other.with_suffix(suffix), tmp_path / f"map{suffix}")
    with pytest.raises(SourceError, match="its parts do not belong together"):
        read(tmp_path, "map.shp")


def test_an_index_or_a_count_of_corners_that_does_not_fit_is_told(tmp_path: Path) -> None:
    main = shapefile(tmp_path)
    shapes = FRAME.geometry.to_numpy().copy()
    shapes[0] = shapely.Polygon([(106.7, -6.6), (106.71, -6.6), (106.7, -6.59)])
    (tmp_path / "other").mkdir()
    other = maps.write(changed(geometry=shapes), tmp_path / "other" / "map.shp")
    good = main.with_suffix(".shx").read_bytes()
    shutil.copy(other.with_suffix(".shx"), tmp_path)
    with pytest.raises(SourceError, match=r"its \.shx (points elsewhere|is cut off)"):
        read(tmp_path, "map.shp")
    main.with_suffix(".shx").write_bytes(good)
    data = bytearray(main.read_bytes())
    data[108 + 40 : 108 + 44] = struct.pack("<i", 4)
    main.write_bytes(data)
    with pytest.raises(SourceError, match="record 1 has other corners than it says"):
        read(tmp_path, "map.shp")


def test_a_wrong_cpg_is_told_and_the_mend_helps(tmp_path: Path) -> None:
    maps.write(changed(nama=["Bogor Sélatan", *FRAME["nama"][1:]]), tmp_path / "map.geojson")
    frame = gpd.read_file(tmp_path / "map.geojson")
    frame.to_file(tmp_path / "map.shp", encoding="ISO-8859-1")
    (tmp_path / "map.cpg").write_text("UTF-8")
    with pytest.raises(SourceError, match=r"not in the encoding that map\.cpg says .* ISO-8859-1"):
        read(tmp_path, "map.shp")
    (tmp_path / "map.cpg").write_text("ISO-8859-1")
    assert read(tmp_path, "map.shp")[0].names[0] == "Bogor Sélatan"


def edit(file: Path, *statements: str) -> None:
    connection = sqlite3.connect(file)
    for name in ("IsEmpty", "MinX", "MaxX", "MinY", "MaxY"):
        connection.create_function(f"ST_{name}", 1, lambda _: 0)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


@pytest.mark.parametrize("srs", [-1, 0])
def test_a_geopackage_of_an_undefined_crs_takes_that_of_the_descriptor(tmp_path: Path, srs: int) -> None:
    maps.write(FRAME, tmp_path / "map.gpkg")
    edit(
        tmp_path / "map.gpkg",
        f"UPDATE gpkg_contents SET srs_id = {srs}",
        f"UPDATE gpkg_geometry_columns SET srs_id = {srs}",
    )
    with pytest.raises(SourceError, match="does not say its CRS; add crs"):
        read(tmp_path, "map.gpkg")
    assert len(read(tmp_path, "map.gpkg", 'crs = "EPSG:4326"')[0]) == 6


def test_changes_beside_a_geopackage_are_not_left_behind(tmp_path: Path) -> None:
    main = maps.write(FRAME, tmp_path / "map.gpkg")
    edit(main, "PRAGMA journal_mode = wal")
    assert len(read(tmp_path, "map.gpkg")[0]) == 6
    (tmp_path / "map.gpkg-wal").write_bytes(b"x" * 100)
    before = main.read_bytes()
    with pytest.raises(SourceError, match=r"map\.gpkg-wal beside it holds changes .*close the program"):
        read(tmp_path, "map.gpkg")
    assert main.read_bytes() == before


def test_a_geopackage_that_is_being_written_is_told(tmp_path: Path) -> None:
    main = maps.write(FRAME, tmp_path / "map.gpkg")
    code = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None); c.execute('BEGIN EXCLUSIVE');"
        "print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(main)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(SourceError, match="another program is writing it; close that program"):
            read(tmp_path, "map.gpkg")
        other.communicate(b"")


@pytest.mark.parametrize(
    ("encoding", "said"), [("utf-8-sig", ""), ("utf-16", "is text in UTF-16; save it as UTF-8")]
)
def test_json_of_other_encodings(tmp_path: Path, encoding: str, said: str) -> None:
    file = geojson(tmp_path, lambda whole: None, encoding)
    if not said:
        assert len(read(tmp_path, file)[0]) == 6
        return
    with pytest.raises(SourceError, match=said):
        read(tmp_path, file)


WHOLES: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "no feature": (lambda w: w["features"].insert(1, {"geometry": 1}), 'member 2 of its features is no "Feature"'),
    "a type misspelt": (lambda w: w["features"][2].update(type="feature"), 'member 3 of its features is no "Feature"'),
    "a collection of collections": (
        lambda w: w.update(type="GeometryCollection", geometries=[dict(w)], features=[]),
        "holds no polygons|cannot be read|no field",
    ),
    "a crs that nobody knows": (
        lambda w: w.update(crs={"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::999999"}}),
        "its crs 'urn:ogc:def:crs:EPSG::999999' is none that GDAL knows",
    ),
    "a line among the polygons": (
        lambda w: w["features"][1].update(geometry={"type": "LineString", "coordinates": [[106, -6], [107, -6]]}),
        r"32\.71\.02 is a LineString, not a polygon",
    ),
    "properties that are none": (lambda w: w["features"][1].update(properties=None), "feature 2 has no 'kode'"),
    "a code as a number": (lambda w: w["features"][1]["properties"].update(kode=32.71), "is not a Kemendagri code"),
}  # fmt: skip


@pytest.mark.parametrize("kind", WHOLES)
def test_geojson_that_is_not_what_it_should_be(tmp_path: Path, kind: str) -> None:
    change, said = WHOLES[kind]
    file = geojson(tmp_path, change)
    with pytest.raises(SourceError, match=said):
        read(tmp_path, file)


def test_a_crs_member_is_followed(tmp_path: Path) -> None:
    utm = FRAME.to_crs(32748)
    utm.to_file(tmp_path / "map.geojson", driver="GeoJSON")
    assert "32748" in (tmp_path / "map.geojson").read_text()
    assert shapely.hausdorff_distance(read(tmp_path, "map.geojson")[0].geometry, FRAME.geometry).max() < 1e-8


def test_curves_are_drawn_by_short_lines(tmp_path: Path) -> None:
    main = maps.write(FRAME, tmp_path / "map.gpkg")
    circle = [(106.7, -6.6), (106.71, -6.61), (106.72, -6.6), (106.71, -6.59), (106.7, -6.6)]
    arcs = struct.pack("<BII", 1, 8, 5) + b"".join(struct.pack("<dd", *corner) for corner in circle)
    blob = b"GP\0\1" + struct.pack("<i", 4326) + struct.pack("<BII", 1, 10, 1) + arcs
    edit(main, f"UPDATE map SET geom = x'{blob.hex()}' WHERE fid = 1")
    assert shapely.area(read(tmp_path, "map.gpkg")[0].geometry[0]) == pytest.approx(np.pi * 1e-4, rel=0.01)


def test_measures_are_dropped(tmp_path: Path) -> None:
    main = maps.write(FRAME, tmp_path / "map.gpkg")
    corners = [(106.7, -6.6, 1.0), (106.71, -6.6, 2.0), (106.7, -6.59, 3.0), (106.7, -6.6, 4.0)]
    ring = struct.pack("<BIII", 1, 2003, 1, 4) + b"".join(struct.pack("<ddd", *corner) for corner in corners)
    edit(
        main,
        f"UPDATE map SET geom = x'{(b'GP' + bytes([0, 1]) + struct.pack('<i', 4326) + ring).hex()}' WHERE fid = 1",
    )
    assert shapely.area(read(tmp_path, "map.gpkg")[0].geometry[0]) == pytest.approx(0.5e-4)


def test_capitals_and_heights_are_read(tmp_path: Path) -> None:
    shapes = shapely.force_3d(FRAME.geometry.to_numpy(), 12.0)
    maps.write(changed(nama=FRAME["nama"].str.upper(), geometry=shapes), tmp_path / "map.shp")
    units, told = read(tmp_path, "map.shp")
    assert not shapely.has_z(units.geometry).any()
    assert told == {}


@pytest.mark.parametrize("codes", [[f"32,71,0{i}" for i in range(1, 7)], [f"327.10{i}" for i in range(1, 7)]])
def test_codes_that_a_spreadsheet_altered_are_refused(tmp_path: Path, codes: list[str]) -> None:
    maps.write(changed(kode=codes), tmp_path / "map.shp")
    with pytest.raises(SourceError, match="is not a Kemendagri code"):
        read(tmp_path, "map.shp")


# --- nothing outside the folder --------------------------------------------------------------------


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A map that lies beside the folder of a descriptor."""
    (tmp_path / "inner").mkdir()
    maps.write(FRAME, tmp_path / "map.gpkg")
    for name in ("map.shp", "map.geojson"):
        maps.write(FRAME, tmp_path / name)
    (tmp_path / "table.csv").write_text("kode,alasan\n32.71.02,x\n")
    return tmp_path / "inner"


@pytest.mark.parametrize("way", ["..", "sub/../..", "absolute", "link", "linked folder"])
def test_a_map_outside_the_folder_is_not_read(outside: Path, way: str) -> None:
    file = {
        "absolute": str(outside.parent / "map.gpkg"),
        "link": "map.gpkg",
        "linked folder": "f/map.gpkg",
    }.get(way, f"{way}/map.gpkg")
    if way == "link":
        (outside / "map.gpkg").symlink_to(outside.parent / "map.gpkg")
    (outside / "f").symlink_to(outside.parent)
    with pytest.raises(SourceError, match=r"is outside the folder of the descriptor .*copy the file into"):
        read(outside, file)


@pytest.mark.parametrize("key", ["bridge", "missing", "files"])
@pytest.mark.parametrize("way", ["../table.csv", "link.csv"])
def test_a_table_outside_the_folder_is_not_read(outside: Path, key: str, way: str) -> None:
    maps.write(FRAME, outside / "map.gpkg")
    (outside / "link.csv").symlink_to(outside.parent / "table.csv")
    with pytest.raises(SourceError, match=f"key {key} names '{way}', which is outside the folder"):
        read(outside, "map.gpkg", f'{key} = "{way}"')


def test_an_archive_outside_the_mirror_is_not_named(tmp_path: Path) -> None:
    maps.write(FRAME, tmp_path / "map.gpkg")
    toml = maps.descriptor(tmp_path, "map.gpkg")
    toml.write_text(toml.read_text() + '[[packs]]\npath = "../../x.tar"\n')
    with pytest.raises(SourceError, match=r"key packs\.path names '\.\./\.\./x\.tar', which is outside"):
        sources.load_source(toml)


def test_a_part_of_a_shapefile_outside_the_folder_is_not_read(outside: Path) -> None:
    for suffix in (".shp", ".shx", ".prj", ".cpg"):
        shutil.copy(outside.parent / f"map{suffix}", outside)
    (outside / "map.dbf").symlink_to(outside.parent / "map.dbf")
    with pytest.raises(SourceError, match=r"map\.dbf is outside the folder"):
        read(outside, "map.shp")


@pytest.mark.parametrize("path", [r"C:\Users\siti\kec.gpkg", r"sub\kec.gpkg", "D:kec.gpkg"])
def test_a_path_of_windows_is_told_how_to_be_written(tmp_path: Path, path: str) -> None:
    with pytest.raises(SourceError, match="is no path from the folder of the descriptor; copy the file"):
        read(tmp_path, path.replace("\\", "\\\\"))


def test_an_absolute_path_into_the_folder_is_called_by_its_name_alone(tmp_path: Path) -> None:
    seen = []
    for account in ("siti", "budi"):
        folder = tmp_path / account / "peta"
        folder.mkdir(parents=True)
        maps.write(FRAME, folder / "map.geojson")
        source = sources.load_source(maps.descriptor(folder, str(folder / "map.geojson")))
        assert list(sources.fetch(source).files) == ["map.geojson"]
        assert account.encode() not in source.text_of("peta-uji.toml")
        seen.append(source.text_of("peta-uji.toml"))
        assert len(read(folder, str(folder / "map.geojson"))[0]) == 6
    assert seen[0] == seen[1]
    plain = sources.load_source(maps.descriptor(folder, "map.geojson"))
    assert plain.text_of("peta-uji.toml") == plain.descriptor.read_bytes()


@pytest.fixture
def listener() -> Iterator[tuple[int, list[bytes]]]:
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    heard.append(connection.recv(4096))
                    connection.sendall(b"HTTP/1.0 404 Not Found\r\n\r\n")

        threading.Thread(target=answer, daemon=True).start()
        yield server.getsockname()[1], heard


VRT = (
    '<OGRVRTDataSource><!-- <kml --><OGRVRTLayer name="a"><SrcDataSource>/vsicurl/{url}</SrcDataSource>'
    "</OGRVRTLayer></OGRVRTDataSource>"
)
ADDRESSES = {
    "a.vrt": VRT,
    "a.geojson": VRT,
    "a.kml": VRT,
    "b.geojson": '{{"type": "gdal_streamed_alg", "command_line": "gdal vector pipeline ! read /vsicurl/{url}"}}',
    "c.json": '{{"type": "FeatureCollection", "features": [], "links": [{{"rel": "next", "href": "{url}"}}]}}',
    "d.kml": '<kml xmlns="http://www.opengis.net/kml/2.2"><NetworkLink><Link><href>{url}</href></Link></NetworkLink></kml>',
    "e.tab": '!table\n!version 300\nopen table "{url}" Hide\ncreate view a As\nSelect * From b',
    "f.gml": '<a xmlns:gml="http://www.opengis.net/gml" xsi:schemaLocation="x {url}"/>',
}  # fmt: skip


@pytest.mark.parametrize("name", ADDRESSES)
@pytest.mark.filterwarnings("ignore")
def test_no_file_leads_to_the_network(tmp_path: Path, listener: tuple[int, list[bytes]], name: str) -> None:
    port, heard = listener
    text = ADDRESSES[name].format(url=f"http://127.0.0.1:{port}/{name}-{tmp_path.name}")
    (tmp_path / name).write_text(text)
    with pytest.raises(SourceError):
        read(tmp_path, name)
    assert heard == []


def test_a_virtual_table_in_a_geopackage_is_refused(tmp_path: Path) -> None:
    maps.write(FRAME, tmp_path / "map.gpkg")
    edit(
        tmp_path / "map.gpkg",
        "PRAGMA writable_schema = 1",
        "INSERT INTO sqlite_master VALUES ('table', 'v', 'v', 0, 'CREATE VIRTUAL TABLE v USING VirtualOGR(''x'')')",
    )
    with pytest.raises(SourceError, match="its table v is a virtual one"):
        read(tmp_path, "map.gpkg")
