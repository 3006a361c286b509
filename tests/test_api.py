"""The door for Python programs: what it gives is what the release has, from a directory and from a host alike."""

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyogrio
import pytest
import shapely
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import boundaries
from boundaries.downloads import folder
from boundaries.errors import DownloadError, NotFound
from boundaries.exports import topojson
from boundaries.extras import EXTRAS, MissingExtra, needed
from boundaries.law.columns import columns_of
from boundaries.mirror import remote
from boundaries.release.lookup import CHAMBERS, Lookup, LookupResult, QuestionError, TooFar
from boundaries.release.store import Release, open_release
from tests import sync_help as faults
from tests.points_help import at_sea, middles, moved, nudged, on_land, vertices
from tests.small import make_small_release
from tests.sync_help import Host, files_of, hosting

ROOT = Path(__file__).parents[1]
LAYERS = ("dpr-2019", "dpr-2024", "dpd-2024", "dprd-kabkota-2024")
LEVELS = ("provinsi", "kabkota", "kecamatan", "desa")


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """The toy nation, with downloads."""
    made = open_release(make_small_release(tmp_path_factory.mktemp("releases")))
    folder.add(made)
    return made


@pytest.fixture
def host(release: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    monkeypatch.setenv("BOUNDARIES_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(remote, "PAUSE", 0.001)
    with hosting(Host(release.id, files_of(release))) as host:
        yield host


def same(one: pd.DataFrame, other: pd.DataFrame) -> None:
    """Assert that two frames are the same in every cell, type, outline and in what they say of themselves."""
    assert type(one) is type(other)
    plain = [pd.DataFrame(frame.drop(columns="geometry", errors="ignore")) for frame in (one, other)]
    pd.testing.assert_frame_equal(*plain)
    assert one.attrs == other.attrs
    if isinstance(one, gpd.GeoDataFrame):
        assert one.crs == other.crs
        assert shapely.equals_exact(one.geometry, other.geometry, tolerance=0).all()


# --- what there is -----------------------------------------------------------------------------------


def test_importing_the_package_loads_nothing_else():
    code = "import sys, boundaries; print(sorted({'numpy', 'pandas', 'shapely', 'boundaries.api'} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"


def test_every_public_name_is_there_and_described():
    docs = (ROOT / "docs/python.md").read_text("utf-8")
    for name in boundaries.__all__:
        assert getattr(boundaries, name).__doc__
        assert f"`boundaries.{name}" in docs
    with pytest.raises(AttributeError):
        boundaries.nothing  # noqa: B018


def test_available_lists_every_plan_and_level(release):
    found = boundaries.available(release.path).set_index("layer")
    assert list(found.index) == [*LAYERS, "tabel-dprd-kabkota-2014", *(f"unit-{level}" for level in LEVELS)]
    assert found["geometry"].to_dict() == {name: not name.startswith("tabel-") for name in found.index}
    for name in found.index:
        assert found.loc[name, "features"] == len(release.read_table(name))
    assert found.loc["dpr-2024", ["tahun", "kursi", "lisensi"]].tolist() == [2024, 24, "CC0-1.0"]
    assert found.loc["unit-desa", "tingkat"] == "desa"


# --- layers and tables -------------------------------------------------------------------------------


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_is_what_gdal_reads_with_the_published_types(release, layer):
    chamber, _, year = layer.rpartition("-")
    found = boundaries.read(chamber, year=int(year), release=release.path)
    theirs = pyogrio.read_dataframe(release.gpkg, layer=layer)
    assert list(found.columns) == [*(column.name for column in columns_of(layer)), "geometry"]
    for column in columns_of(layer):
        ours, other = found[column.name], theirs[column.name]
        assert ours.isna().tolist() == other.isna().tolist()
        assert ours.dropna().tolist() == other.dropna().tolist()
        kinds = {"text": "O", "integer": "i", "real": "f"}
        assert ours.dtype.kind == kinds[column.kind], column.name
    assert found["penduduk"].dtype == "Int64"
    turned = shapely.orient_polygons(theirs.geometry.to_numpy())  # as RFC 7946 wants it
    assert shapely.equals_exact(found.geometry, turned, tolerance=0).all()
    assert found.crs == theirs.crs
    assert found.attrs["release"] == release.id
    assert found.attrs["official"] is False
    assert found.attrs["legal_basis"] == [found["dasar_hukum"].iloc[0]]
    json.dumps(found.attrs)


def test_without_outlines_it_is_a_plain_table(release):
    found = boundaries.read("dpr", year=2024, geometry=False, release=release.path)
    assert type(found) is pd.DataFrame
    assert "geometry" not in found
    table = boundaries.read("dprd-kabkota", year=2014, release=release.path)
    assert type(table) is pd.DataFrame
    assert table["kursi"].sum() == 25
    assert table["penduduk"].dtype == "Int64"
    with pytest.raises(NotFound, match="table of names and seats"):
        boundaries.read("dprd-kabkota", year=2014, geometry=True, release=release.path)


def test_the_examples_of_the_docs_run(release, tmp_path, monkeypatch):
    monkeypatch.setenv("BOUNDARIES_CACHE", str(tmp_path / "cache"))
    docs = (ROOT / "docs/python.md").read_text("utf-8")
    blocks = re.findall(r"```python\n(.*?)```", docs, re.DOTALL)
    assert len(blocks) == 2
    for block in blocks:
        exec(compile(block, "docs/python.md", "exec"), {})


@pytest.mark.parametrize("detail", ["web", "overview"])
@pytest.mark.parametrize("province", [None, "32"])
def test_a_detail_is_the_published_simplification(release, tmp_path, detail, province):
    """From the downloads, and drawn where there are none."""
    bare = open_release(make_small_release(tmp_path))
    file = topojson.one(bare, 2024, "dpr", province or "", detail)
    ids = file.topology.tables["dpr"]["id"].tolist()
    drawn = dict(zip(ids, file.topology.polygons("dpr"), strict=True))
    for place in (release.path, bare.path):
        found = boundaries.read("dpr", year=2024, detail=detail, province=province, release=place)
        assert set(found["id"]) == set(ids)
        expected = [drawn[id_] for id_ in found["id"]]
        assert shapely.hausdorff_distance(found.geometry, expected).max() < 1e-9
        assert [*map(shapely.get_num_coordinates, found.geometry)] == [
            *map(shapely.get_num_coordinates, expected)
        ]


def test_a_damaged_download_is_not_read(release, tmp_path):
    bare = open_release(make_small_release(tmp_path))
    folder.add(bare)
    path = bare.path / "downloads/dpr-2024-web.topojson"
    path.write_bytes(path.read_bytes().replace(b"dpr-2024-3101", b"dpr-2024-3100"))
    found = boundaries.read("dpr", year=2024, detail="web", release=bare.path)
    same(found, boundaries.read("dpr", year=2024, detail="web", release=release.path))


def test_a_province_is_cut_out(release):
    whole = boundaries.read_units("kecamatan", release=release.path)
    found = boundaries.read_units("kecamatan", province="32", release=release.path)
    assert found["kode"].tolist() == [code for code in whole["kode"] if code.startswith("32.")]


def test_arrow_and_duckdb_hold_the_same(release):
    frame = boundaries.read("dpr", year=2024, release=release.path)
    table = boundaries.read("dpr", year=2024, release=release.path, output="arrow")
    assert table.schema.field("kode_dapil").type == pa.string()
    assert table.schema.field("selesai").type == pa.string()  # all null, and text all the same
    assert table.schema.field("penduduk").type == pa.int64()
    assert json.loads(table.schema.metadata[b"dapil"]) == frame.attrs
    back = gpd.GeoDataFrame.from_arrow(table)
    assert back.crs == frame.crs
    assert shapely.equals_exact(back.geometry, frame.geometry, tolerance=0).all()
    relation = boundaries.read("dpr", year=2024, release=release.path, output="duckdb")
    assert relation.aggregate("sum(kursi), count(geometry)").fetchall() == [(24, 5)]


def test_the_assignment_is_the_table(release):
    for plan in LAYERS:
        chamber, _, year = plan.rpartition("-")
        rows = release.read_table("assignment").query("plan_id == @plan")
        found = boundaries.assignment(chamber, year=int(year), release=release.path)
        assert found.to_dict() == dict(zip(rows["kode_unit"], rows["kode_dapil"], strict=True))
    with pytest.raises(NotFound, match="table of names and seats"):
        boundaries.assignment("dprd-kabkota", year=2014, release=release.path)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"chamber": "dpx"}, "no chamber 'dpx'; choose among dpr, dpd, dprd-provinsi, dprd-kabkota"),
        ({"chamber": "dpr"}, "name the year: of dpr there are 2019, 2024"),
        ({"chamber": "dpr", "year": 2023}, "nothing of dpr in 2023; there are 2019, 2024"),
        ({"chamber": "dprd-provinsi", "year": 2024}, "this release has nothing of dprd-provinsi"),
        (
            {"chamber": "dpr", "year": 2024, "detail": "fine"},
            "no detail 'fine'; choose among full, web, overview",
        ),
        (
            {"chamber": "dpr", "year": 2024, "output": "csv"},
            "no output 'csv'; choose among geopandas, arrow, duckdb",
        ),
        ({"chamber": "dpr", "year": 2024, "province": "99"}, "nothing in province '99'; it has 31, 32, 81"),
    ],
)
def test_what_is_not_there_is_told_with_what_is(release, asked, message):
    with pytest.raises(boundaries.BoundariesError, match=message):
        boundaries.read(**asked, release=release.path)


def test_no_release_is_told_with_the_way_to_one(tmp_path, monkeypatch):
    monkeypatch.setenv("DAPIL_RELEASES", str(tmp_path / "nothing"))
    with pytest.raises(boundaries.BoundariesError, match="dapil build"):
        boundaries.available()
    monkeypatch.setenv("DAPIL_RELEASES", str(make_small_release(tmp_path).parent))
    assert len(boundaries.available()) == 9


def test_an_extra_that_lacks_is_named(monkeypatch, release):
    for module, extra in EXTRAS.items():
        with monkeypatch.context() as hidden:
            hidden.setitem(sys.modules, module, None)
            with pytest.raises(MissingExtra, match=rf"pip install 'peta-dapil\[{extra}\]'"), needed():
                __import__(module)
    with pytest.raises(ModuleNotFoundError, match="nothing_such"), needed():
        import nothing_such  # noqa: F401
    for output, module in (("duckdb", "duckdb"), ("arrow", "pyarrow")):
        with monkeypatch.context() as hidden:
            hidden.setitem(sys.modules, module, None)
            with pytest.raises(MissingExtra, match=rf"peta-dapil\[{output}\]"):
                boundaries.read("dpr", year=2024, release=release.path, output=output)


def test_an_extra_has_what_it_is_named_for():
    """By the distributions that the modules come from, and by what pyproject.toml lists."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    listed = {"": project["dependencies"], **project["optional-dependencies"]}

    def names(extra: str) -> set[str]:
        found = set()
        for requirement in map(Requirement, listed[extra]):
            name = canonicalize_name(requirement.name)
            if name == "peta-dapil":
                found |= set().union(*map(names, requirement.extras))
            else:  # psycopg[pool] brings psycopg-pool
                found |= {name, *(f"{name}-{each}" for each in requirement.extras)}
        return found

    homes = packages_distributions()
    for module, extra in EXTRAS.items():
        home = {canonicalize_name(name) for name in homes[module]}
        assert home & names(extra), (module, extra)
        assert not home & names(""), module


# --- from a host -------------------------------------------------------------------------------------


def test_a_host_gives_the_same_as_the_directory(release, host):
    pd.testing.assert_frame_equal(boundaries.available(host.base), boundaries.available(release.path))
    for layer in (*LAYERS, "dprd-kabkota-2014"):
        chamber, _, year = layer.rpartition("-")
        asked = {"chamber": chamber, "year": int(year)}
        same(boundaries.read(**asked, release=host.base), boundaries.read(**asked, release=release.path))
    for level in LEVELS:
        same(
            boundaries.read_units(level, release=host.base),
            boundaries.read_units(level, release=release.path),
        )
    asked = {"chamber": "dpr", "year": 2024, "province": "32", "detail": "web"}
    same(boundaries.read(**asked, release=host.base), boundaries.read(**asked, release=release.path))
    series = [
        boundaries.assignment("dprd-kabkota", year=2024, release=at) for at in (host.base, release.path)
    ]
    pd.testing.assert_series_equal(*series)
    points = np.random.default_rng(1).uniform((106.4, -7.1), (107.7, -6.5), (200, 2)).T
    found = [boundaries.lookup(*points, year=2024, release=at) for at in (host.base, release.path)]
    pd.testing.assert_frame_equal(*found)


def test_only_what_is_needed_is_fetched_and_once(host):
    always = {"downloads.json", "SHA256SUMS", "manifest.json", "LICENCE.txt"}
    boundaries.read("dpr", year=2024, release=host.base)
    assert set(host.counts) == always | {"dpr-2024.gpkg"}
    host.asked.clear()
    boundaries.read("dpr", year=2024, release=host.base)
    assert host.counts == {"downloads.json": 1}
    host.asked.clear()
    boundaries.lookup([107], [-7], year=2024, release=host.base)
    assert host.counts["downloads.json"] == 1
    assert "unit-kecamatan.gpkg" in host.counts
    assert "dapil.gpkg" not in host.counts


def test_a_changed_file_is_refused_and_a_spoilt_cache_mended(release, host, tmp_path):
    host.faults, host.for_ever = {"dpr-2024.gpkg": [faults.flipped]}, True
    with pytest.raises(DownloadError, match="sha256"):
        boundaries.read("dpr", year=2024, release=host.base)
    host.faults = {}
    boundaries.read("dpr", year=2024, release=host.base)
    (kept,) = (tmp_path / "cache").rglob("dpr-2024.gpkg")
    kept.write_bytes(kept.read_bytes()[:-1] + b"x")
    same(
        boundaries.read("dpr", year=2024, release=host.base),
        boundaries.read("dpr", year=2024, release=release.path),
    )


# --- points ------------------------------------------------------------------------------------------


def where_it_may_go_wrong(server: Lookup, count: int) -> np.ndarray:
    """So many points on land, on corners, a hair beside lines, near borders, near coasts, and anywhere."""
    random = np.random.default_rng(3)
    corners = vertices(server, 1, 4, count, random)
    west, south, east, north = shapely.total_bounds(server.shapes)
    return np.concatenate(
        [
            on_land(server.shapes, count, random),
            corners,
            nudged(np.concatenate([corners, middles(server, count, random)]), random),
            moved(corners, random.uniform(0, 60, count), random),
            at_sea(server, 5_100, count, random),
            random.uniform((west - 0.1, south - 0.1), (east + 0.1, north + 0.1), (count, 2)),
        ]
    )


def same_answers(server: Lookup, points: np.ndarray, found: pd.DataFrame, year: int) -> None:
    """Assert that each row says what the engine of ``/lookup`` says of its point.

    A row tells of desa; the engine of the units that plans tell apart, and of the point's own desa.
    """
    known = set(server.codes.tolist())
    for (lon, lat), row in zip(points.tolist(), found.to_dict("records"), strict=True):
        try:
            one: LookupResult | None = server.at(lon, lat, year)
        except TooFar:
            one = None
        if one and one.luar_negeri:  # many points at once are about ground
            one = None
        if one is None:
            assert [row["kode_unit"], row["tetangga"], *(row[each] for each in CHAMBERS)] == [None] * 6
            assert (row["di_darat"], np.isnan(row["jarak_m"]), row["dekat_batas"]) == (False, True, False)
            continue
        unit = one.desa or one.kecamatan
        assert (row["kode_unit"], row["di_darat"], row["jarak_m"]) == (unit.kode, one.di_darat, one.jarak_m)
        beside = (row["tetangga"] or "").split("; ")
        told = dict.fromkeys(next((k for k in (code, code[:8]) if k in known), code) for code in beside)
        told.pop(next(k for k in (unit.kode, unit.kode[:8]) if k in known), None)  # desa of its own kecamatan
        assert [code for code in told if code] == [each.kode for each in one.tetangga]
        assert row["dekat_batas"] is (row["tetangga"] is not None)
        assert {seat.lembaga: seat.kode_dapil for seat in one.dapil} == {each: row[each] for each in CHAMBERS}


@pytest.mark.parametrize("year", [2019, 2024])
def test_points_are_answered_as_the_service_does(release, year):
    """Once with more points than units and once with fewer: the one is looked up in a tree of the other."""
    server = Lookup.from_release(release)
    points = where_it_may_go_wrong(server, 150)
    found = boundaries.lookup(*points.T, year=year, release=release.path)
    same_answers(server, points, found, year)
    assert found["dekat_batas"].sum() > 100
    assert (found["jarak_m"] > 0).sum() > 50
    few = points[::77]
    assert len(few) < len(server.shapes)
    pd.testing.assert_frame_equal(
        boundaries.lookup(*few.T, year=year, release=release.path), found.iloc[::77].reset_index(drop=True)
    )


@pytest.mark.national
def test_points_of_the_nation_are_answered_as_the_service_does(nation):
    server = Lookup.from_release(nation)
    points = where_it_may_go_wrong(server, 1500)
    found = boundaries.lookup(*points.T, year=2024, release=nation.path)
    assert len(points) > len(server.shapes)
    same_answers(server, points[::8], found.iloc[::8], 2024)


def test_rows_keep_their_order_and_index(release):
    places = pd.DataFrame({"lon": [106.75, 100.0, 106.55], "lat": [-6.95, 0.0, -6.95]}, index=["b", "c", "a"])
    found = boundaries.lookup(places["lon"], places["lat"], year=2024, release=release.path)
    assert found.index.tolist() == ["b", "c", "a"]
    assert found["dpr"].tolist() == ["3202", None, "3101"]
    assert boundaries.lookup([], [], year=2024, release=release.path).empty


@pytest.mark.parametrize(
    ("lon", "lat", "year", "message"),
    [
        ([107, 107], [-7], 2024, "as many numbers"), ([[107]], [[-7]], 2024, "as many numbers"),
        ([107, float("nan")], [-7, -7], 2024, "point 1: lon must be a finite number"),
        ([107, -6.9], [-7, 107.6], 2024, "point 1: .*swapped"),
        ([107], [-7], None, "name the year: of all chambers there are 2019, 2024"), ([107], [-7], 2014, "2019, 2024"),
    ],
)  # fmt: skip
def test_points_that_cannot_be_looked_up_are_refused(release, lon, lat, year, message):
    with pytest.raises(QuestionError, match=message):
        boundaries.lookup(lon, lat, year=year, release=release.path)
