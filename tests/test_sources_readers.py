"""Readers: hand-written dumps with every known defect, OGR formats, and the real dumps of a mirror."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pyproj
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from boundaries import sources
from boundaries.errors import SourceError
from boundaries.sources import sqldump

HEAD = (
    "/*\nlicence; 'quotes'\n*/\nDELETE FROM wilayah_boundaries WHERE kode LIKE '72.%' AND LENGTH(kode)=8;\n"
)
INSERT = "INSERT INTO wilayah_boundaries(kode,nama,lat,lng,path) VALUES\n"
SQUARE = "[[[-1,120],[-1,121],[0,121],[0,120],[-1,120]]]"
BOX = shapely.box(120, -1, 121, 0)
MIRROR = os.environ.get("BOUNDARIES_MIRROR")
real = pytest.mark.skipif(
    not MIRROR or not (Path(MIRROR) / "kemendagri-2025").is_dir(),
    reason="BOUNDARIES_MIRROR is not set to a folder with kemendagri-2025: the real dumps are not here",
)


def row(code: str, outline: str = f"'{SQUARE}'", end: str = ";", name: str = "X") -> str:
    return f"\t('{code}','{name}',-0.5,120.5,{outline}){end}\n"


@pytest.fixture
def dump(tmp_path: Path) -> Callable[..., Any]:
    def read(body: str, latlon: bool = True) -> Any:
        path = tmp_path / "dump.sql"
        path.write_text(body)
        return sqldump.read(path, latlon=latlon)

    return read


# --- SQL dumps -------------------------------------------------------------------------------------


def test_polygon_and_multipolygon_come_out_in_lon_lat(dump: Callable[..., Any]) -> None:
    multi = f"'[{SQUARE},[[[2,120],[2,121],[3,121],[2,120]]]]'"
    codes, names, geometry, notes = dump(HEAD + INSERT + row("72.06.01", end=",") + row("72.06.02", multi))
    assert (codes, names, notes) == (["72.06.01", "72.06.02"], ["X", "X"], [])
    assert geometry[0].equals(BOX)
    assert geometry[1].geom_type == "MultiPolygon"
    assert shapely.get_num_geometries(geometry[1]) == 2


def test_holes_are_kept(dump: Callable[..., Any]) -> None:
    hole = "'[[[0,120],[0,124],[4,124],[4,120],[0,120]],[[1,121],[1,122],[2,122],[1,121]]]'"
    (geometry,) = dump(HEAD + INSERT + row("72.06.01", hole))[2]
    assert len(geometry.interiors) == 1


@pytest.mark.parametrize(
    "line",
    [
        f"\t('72.06.20','Sombori Kepulauan',-3.28, 122.42,'{SQUARE}');\n",
        f"\t ( '72.06.20' , 'Sombori Kepulauan' , -3.28 , 122.42 , '{SQUARE}' ) ;\t\n",
        f"('72.06.20','Sombori Kepulauan',-3.28,122.42,'{SQUARE.replace(',', ', ')}');\r\n",
        f"  ('72.06.20','Sombori Kepulauan',NULL,NULL,'{SQUARE}');",
    ],
)
def test_blanks_do_not_lose_a_row(dump: Callable[..., Any], line: str) -> None:
    codes, names, geometry, _ = dump(HEAD + INSERT + line)
    assert (codes, names) == (["72.06.20"], ["Sombori Kepulauan"])
    assert geometry[0].equals(BOX)


def test_doubled_quotes_are_one(dump: Callable[..., Any]) -> None:
    assert dump(HEAD + INSERT + row("72.06.01", name="Ma''rang"))[1] == ["Ma'rang"]


@pytest.mark.parametrize("outline", ["''", "NULL", "null", "'[]'"])
def test_a_unit_without_outline_stays(dump: Callable[..., Any], outline: str) -> None:
    codes, _, geometry, _ = dump(HEAD + INSERT + row("96.01.05.1012", outline, ",") + row("96.01.05.1013"))
    assert codes == ["96.01.05.1012", "96.01.05.1013"]
    assert geometry[0] is None
    assert geometry[1].equals(BOX)


def test_a_ring_of_two_points_is_left_out_and_noted(dump: Callable[..., Any]) -> None:
    multi = f"'[[[[2,120],[2,121],[2,120]]],{SQUARE}]'"
    _, _, (geometry,), notes = dump(HEAD + INSERT + row("96.01", multi))
    assert geometry.geoms[0].equals(BOX)
    assert notes == ["dump.sql:6: 96.01: 1 ring(s) of fewer than 3 points left out: they enclose nothing"]


def test_an_open_ring_is_closed(dump: Callable[..., Any]) -> None:
    (geometry,) = dump(HEAD + INSERT + row("72.06.01", "'[[[-1,120],[-1,121],[0,121],[0,120]]]'"))[2]
    assert geometry.equals(BOX)


def test_comments_in_the_middle_are_no_rows(dump: Callable[..., Any]) -> None:
    body = (
        HEAD
        + INSERT
        + row("72.06.01", end=",")
        + "/*\nmissing data :\n72.06.09\tX\n*/\n-- more\n\n"
        + row("72.06.02")
    )
    assert dump(body)[0] == ["72.06.01", "72.06.02"]


WHOLE = HEAD + INSERT + row("72.06.01", end=",") + row("72.06.02") + INSERT + row("72.06.03")


@given(st.integers(1, len(WHOLE) - 2))
def test_a_truncated_dump_is_never_taken_for_whole(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "cut.sql"
    path.write_text(WHOLE[:cut])
    try:
        codes = sqldump.read(path)[0]
    except SourceError as error:
        assert str(error).startswith(f"{path}")  # noqa: PT017 - the other outcome is checked as well
    else:  # cut exactly between two statements: the hash is what tells
        assert codes in ([], ["72.06.01", "72.06.02"])
        assert WHOLE[:cut].rstrip().endswith(("*/", ";"))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            HEAD + INSERT + row("72.06.01", end=","),
            r"dump\.sql:7: ends without a semicolon: the file is cut off",
        ),
        (HEAD + INSERT + row("72.06.01")[:-20], r"dump\.sql:6: not a whole row \(.*cut off or altered"),
        (
            HEAD + INSERT + row("72.06.01", end=",") + INSERT + row("72.06.02"),
            r"dump\.sql:7: the statement before",
        ),
        (HEAD + row("72.06.01"), r"dump\.sql:5: a row after the end of its statement"),
        (
            HEAD + INSERT + row("72.06.01", "'[[[1,2],[3'"),
            r"dump\.sql:6: outline of 72\.06\.01 cannot be read",
        ),
        (HEAD + INSERT + row("72.06.01", "'[[1,2],[3,4]]'"), r"dump\.sql:6: .*brackets do not nest"),
        (
            HEAD + INSERT + row("72.06.01", "'[[[1,2,0],[3,4,0],[5,9,0]]]'"),
            r"dump\.sql: .*more or fewer than two numbers",
        ),
        (
            HEAD + INSERT + row("72.06.01", "'[[[1,2],[3,\"a\"],[5,9]]]'"),
            r"dump\.sql: .*not made of number pairs",
        ),
        ("/*\nlicence", r"dump\.sql: holds no statement"),
        ("", r"dump\.sql: holds no statement"),
        ("<html>\n", r"dump\.sql:1: not a whole row"),
    ],
)
def test_what_is_not_understood_is_an_error_with_file_and_line(
    dump: Callable[..., Any], body: str, said: str
) -> None:
    with pytest.raises(SourceError, match=rf"(?s){said}.*restore the file"):
        dump(body)


RING = st.lists(
    st.tuples(st.floats(-11, 6, allow_nan=False), st.floats(95, 141, allow_nan=False)),
    min_size=3,
    max_size=9,
    unique=True,
)


@given(
    st.lists(st.lists(st.lists(RING, min_size=1, max_size=3), min_size=1, max_size=3), min_size=1, max_size=6)
)
def test_no_ring_and_no_coordinate_is_lost(
    tmp_path_factory: pytest.TempPathFactory, units: list[Any]
) -> None:
    rows = [row(f"72.06.{10 + i}", f"'{json.dumps(unit)}'", ",") for i, unit in enumerate(units)]
    path = tmp_path_factory.getbasetemp() / "any.sql"
    path.write_text(HEAD + INSERT + "".join(rows)[:-2] + ";\n")
    geometry = sqldump.read(path)[2]
    for shape, unit in zip(geometry, units, strict=True):
        assert [len(polygon) for polygon in unit] == [1 + len(p.interiors) for p in shape.geoms]
        first = np.array(unit[0][0])[:, ::-1]
        assert np.array_equal(shapely.get_coordinates(shape.geoms[0].exterior)[: len(first)], first)


# --- OGR -------------------------------------------------------------------------------------------

TOML = """
title = {{ id = "Contoh", en = "Example" }}
publisher = "x"
attribution = "x"
vintage = "2024"
open = true
partial = true
reader = "ogr"
{more}
[licence]
name = "x"
url = "https://example.org"
[levels.kecamatan]
files = ["{file}"]
code = "kode"
name = "nama"
"""
SHAPES = np.array(
    [BOX, shapely.box(121, -1, 122, 0), shapely.MultiPolygon([shapely.box(123, 0, 124, 1)])], dtype=object
)
CODES = ["32.10.01", "32.10.02", "32.10.03"]
FORMATS = {"geojson": "GeoJSON", "gpkg": "GPKG", "shp": "ESRI Shapefile"}


def write(
    path: Path, codes: Any = CODES, shapes: Any = SHAPES, crs: Any = "OGC:CRS84", **options: Any
) -> None:
    wkb = shapely.to_wkb(shapes)
    names = np.array([f"Nama {i}" for i in range(len(shapes))], dtype=object)
    codes = np.array(codes, dtype=object) if isinstance(codes[0], str) else np.array(codes)
    kind = options.pop("geometry_type", "MultiPolygon")
    pyogrio.raw.write(
        path,
        wkb,
        [codes, names],
        ["kode", "nama"],
        crs=crs,
        geometry_type=kind,
        promote_to_multi=True,
        driver=FORMATS[path.suffix[1:]],
        **options,
    )


def load(tmp_path: Path, file: str, more: str = "") -> tuple[sources.Source, sources.Fetched]:
    (tmp_path / "peta.toml").write_text(TOML.format(file=file, more=more))
    source = sources.load_source(tmp_path / "peta.toml")
    return source, sources.fetch(source)


def read(tmp_path: Path, file: str, more: str = "") -> sources.RawUnits:
    return sources.read_units(*load(tmp_path, file, more), "kecamatan")


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_format_gives_the_same_units(tmp_path: Path, suffix: str) -> None:
    write(tmp_path / f"peta.{suffix}")
    source, fetched = load(tmp_path, f"peta.{suffix}")
    units = sources.read_units(source, fetched, "kecamatan")
    assert list(units.codes) == CODES
    assert list(units.names) == ["Nama 0", "Nama 1", "Nama 2"]
    assert shapely.equals(units.geometry, SHAPES).all()
    assert fetched.files[f"peta.{suffix}"].way == "local"
    assert len(fetched.files[f"peta.{suffix}"].sha256) == 64
    assert (f"peta.{Path('x.dbf').suffix[1:]}" in fetched.files) == (suffix == "shp")


@pytest.mark.parametrize("suffix", FORMATS)
def test_another_crs_becomes_lon_lat(tmp_path: Path, suffix: str) -> None:
    change = pyproj.Transformer.from_crs("OGC:CRS84", "EPSG:3857", always_xy=True)
    moved = shapely.transform(SHAPES, lambda xy: np.column_stack(change.transform(*xy.T)))
    write(tmp_path / f"peta.{suffix}", shapes=moved, crs="EPSG:3857")
    units = read(tmp_path, f"peta.{suffix}")
    assert (shapely.hausdorff_distance(units.geometry, SHAPES) < 1e-6).all()


def test_a_file_without_crs_needs_the_descriptor_to_say_it(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="'crs' was not provided"):
        write(tmp_path / "peta.shp", crs=None)
    with pytest.raises(SourceError, match=r'peta\.shp: does not say its CRS; add crs = "EPSG:4326"'):
        read(tmp_path, "peta.shp")
    assert shapely.equals(read(tmp_path, "peta.shp", 'crs = "EPSG:4326"').geometry, SHAPES).all()


def test_a_descriptor_that_contradicts_the_file_is_an_error(tmp_path: Path) -> None:
    write(tmp_path / "peta.gpkg")
    with pytest.raises(
        SourceError, match=r"its CRS is .*, the descriptor says EPSG:32748; remove the key crs"
    ):
        read(tmp_path, "peta.gpkg", 'crs = "EPSG:32748"')


def test_swapped_axes_are_noticed_and_mended(tmp_path: Path) -> None:
    write(tmp_path / "peta.gpkg", shapes=shapely.transform(SHAPES, lambda xy: xy[:, ::-1]))
    with pytest.raises(SourceError, match='the axes are swapped: set axis_order = "latlon"'):
        read(tmp_path, "peta.gpkg")
    assert shapely.equals(read(tmp_path, "peta.gpkg", 'axis_order = "latlon"').geometry, SHAPES).all()


def test_a_map_of_another_country_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "peta.gpkg", shapes=shapely.transform(SHAPES, lambda xy: xy + np.array([0, 45])))
    with pytest.raises(SourceError, match="outside Indonesia; check the key crs"):
        read(tmp_path, "peta.gpkg")


def test_a_third_dimension_is_dropped(tmp_path: Path) -> None:
    high = shapely.force_3d(SHAPES, 12.0)
    write(tmp_path / "peta.gpkg", shapes=high, geometry_type="MultiPolygon Z")
    assert not shapely.has_z(read(tmp_path, "peta.gpkg").geometry).any()


@pytest.mark.parametrize("codes", [[3204, 3205, 3206], [32.1, 32.2, 32.3]])
@pytest.mark.parametrize("suffix", FORMATS)
def test_numbers_as_codes_are_refused(tmp_path: Path, suffix: str, codes: list[float]) -> None:
    write(tmp_path / f"peta.{suffix}", codes=codes)
    with pytest.raises(SourceError, match=r"field 'kode' holds numbers .*32\.10 as a number is 32\.1"):
        read(tmp_path, f"peta.{suffix}")


def test_undotted_codes_only_if_the_descriptor_says_so(tmp_path: Path) -> None:
    write(tmp_path / "peta.gpkg", codes=["321001", "321002", "321003"])
    with pytest.raises(SourceError, match=r"code '321001' .*lacks the dots"):
        read(tmp_path, "peta.gpkg")
    assert list(read(tmp_path, "peta.gpkg", 'code_style = "undotted"').codes) == CODES
    write(tmp_path / "bps.gpkg", codes=["3204050", "3204051", "3204052"])
    with pytest.raises(SourceError, match=r"'3204050' is not a kecamatan .*7 digits are a code of BPS"):
        read(tmp_path, "bps.gpkg", 'code_style = "undotted"')


@pytest.mark.parametrize(
    ("codes", "said"),
    [
        (["32.10.01", "32.10", "32.10.03"], r"32\.10 is a kabkota, but stands at the level kecamatan"),
        (["32.10.01", "32.1", "32.10.03"], r"looks like a number that lost its last zero"),
        (["32.10.01", "", "32.10.03"], r"feature 2 has no 'kode'"),
    ],
)
def test_a_wrong_code_is_named(tmp_path: Path, codes: list[str], said: str) -> None:
    write(tmp_path / "peta.geojson", codes=codes)
    with pytest.raises(SourceError, match=said):
        read(tmp_path, "peta.geojson")


def test_a_field_or_layer_that_is_not_there_is_named(tmp_path: Path) -> None:
    write(tmp_path / "peta.gpkg")
    text = TOML.format(file="peta.gpkg", more="")
    for old, new, said in (
        ('"kode"', '"KODE"', r"no field 'KODE' \(it has kode, nama\)"),
        ('name = "nama"', 'layer = "x"', r"no layer 'x' \(it has peta\)"),
    ):
        (tmp_path / "peta.toml").write_text(text.replace(old, new))
        source = sources.load_source(tmp_path / "peta.toml")
        with pytest.raises(SourceError, match=said):
            sources.read_units(source, sources.fetch(source), "kecamatan")


def test_lines_are_no_units(tmp_path: Path) -> None:
    write(
        tmp_path / "peta.geojson",
        shapes=[*SHAPES[:2], shapely.LineString([(120, 0), (121, 0)])],
        geometry_type="Unknown",
    )
    with pytest.raises(SourceError, match=r"32\.10\.03 is a .*LineString, not a polygon"):
        read(tmp_path, "peta.geojson")


def test_a_feature_without_geometry_stays_without(tmp_path: Path) -> None:
    write(tmp_path / "peta.geojson", shapes=np.array([*SHAPES[:2], None], dtype=object))
    units = read(tmp_path, "peta.geojson")
    assert units.without_geometry == ("32.10.03",)
    assert len(units) == 3


def test_a_cut_off_or_absent_file_is_named(tmp_path: Path) -> None:
    write(tmp_path / "peta.gpkg")
    (tmp_path / "peta.gpkg").write_bytes((tmp_path / "peta.gpkg").read_bytes()[:3000])
    with pytest.raises(SourceError, match=r"peta\.gpkg"):
        read(tmp_path, "peta.gpkg")
    with pytest.raises(SourceError, match=r"file gone\.gpkg is not there; put it at"):
        read(tmp_path, "gone.gpkg")


def test_a_hash_in_the_descriptor_is_checked(tmp_path: Path) -> None:
    write(tmp_path / "peta.gpkg")
    right = load(tmp_path, "peta.gpkg")[1].files["peta.gpkg"].sha256
    text = TOML.format(file="peta.gpkg", more="")
    (tmp_path / "peta.toml").write_text(f'{text}\n[sha256]\n"peta.gpkg" = "{right}"\n')
    sources.fetch(sources.load_source(tmp_path / "peta.toml"))
    (tmp_path / "peta.toml").write_text(f'{text}\n[sha256]\n"peta.gpkg" = "{"0" * 64}"\n')
    with pytest.raises(SourceError, match=r"peta\.gpkg: not the expected file: expected sha256 0000"):
        sources.fetch(sources.load_source(tmp_path / "peta.toml"))


def test_several_levels_in_several_files(tmp_path: Path) -> None:
    write(tmp_path / "kec.shp")
    write(tmp_path / "desa.gpkg", codes=["32.10.01.2001", "32.10.01.2002", "32.10.02.2001"])
    text = TOML.format(file="kec.shp", more="") + '[levels.desa]\nfiles = ["desa.gpkg"]\ncode = "kode"\n'
    (tmp_path / "peta.toml").write_text(text)
    source = sources.load_source(tmp_path / "peta.toml")
    need = sources.Need(("kecamatan",), ("32.10.01",))
    kecamatan, desa = sources.read_needed(source, sources.fetch(source, need=need), need)
    assert (kecamatan.level, desa.level) == ("kecamatan", "desa")
    assert list(desa.codes) == ["32.10.01.2001", "32.10.01.2002"]


def test_a_map_of_desa_alone_is_read_whole(tmp_path: Path) -> None:
    write(tmp_path / "desa.gpkg", codes=["32.10.01.2001", "32.10.01.2002", "32.10.02.2001"])
    text = TOML.format(file="desa.gpkg", more="").replace("levels.kecamatan", "levels.desa")
    (tmp_path / "peta.toml").write_text(text)
    source = sources.load_source(tmp_path / "peta.toml")
    (desa,) = sources.read_needed(source, sources.fetch(source), sources.Need())
    assert len(desa) == 3
    with pytest.raises(SourceError, match=r"has no level kecamatan \(it has desa\)"):
        sources.read_units(source, sources.fetch(source), "kecamatan")


def test_a_wrong_number_of_units_is_an_error(tmp_path: Path) -> None:
    write(tmp_path / "peta.gpkg")
    text = TOML.format(file="peta.gpkg", more="") + "count = 4\n"
    (tmp_path / "peta.toml").write_text(text)
    source = sources.load_source(tmp_path / "peta.toml")
    with pytest.raises(SourceError, match="3 kecamatan read, 4 expected"):
        sources.read_units(source, sources.fetch(source), "kecamatan")


# --- the real dumps --------------------------------------------------------------------------------


@real
@pytest.mark.parametrize(
    ("level", "count"),
    [
        ("provinsi", 38),
        ("kabkota", 514),
        ("kecamatan", 7_285),
        pytest.param("desa", 83_403, marks=pytest.mark.slow),
    ],
)
def test_every_unit_of_the_real_dumps_is_read(level: Any, count: int) -> None:
    source = sources.load_source("kemendagri-2025")
    units = sources.read_units(source, sources.fetch(source, need=sources.Need((level,))), level)
    assert len(units) == len(set(units.codes)) == count
    assert units.without_geometry == (("96.01.05.1012",) if level == "desa" else ())
    odd = {"provinsi": "63", "kabkota": "96.05", "kecamatan": "72.06.20", "desa": "11.01.01.2001"}
    assert odd[level] in units.codes
    west, south, east, north = shapely.total_bounds(units.geometry)
    assert (94.9 < west < 95.1, -11.1 < south < -10.9, 140.9 < east < 141.1, 5.9 < north < 6.1) == (True,) * 4


@pytest.mark.parametrize("more", ['crs = "EPSG:99"', 'crs = "nonsense"'])
def test_a_crs_that_nobody_knows_is_named(tmp_path: Path, more: str) -> None:
    write(tmp_path / "peta.gpkg")
    with pytest.raises(SourceError, match=r"key crs .* is none that PROJ knows"):
        read(tmp_path, "peta.gpkg", more)
