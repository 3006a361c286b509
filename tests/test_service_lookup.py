"""The dapil at a point, against point-in-polygon on the published layers."""

from pathlib import Path
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pyogrio
import pyproj
import pytest
import shapely
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st

from boundaries.release import lookup as lookup_module
from boundaries.release.lookup import BORDER_M, CHAMBERS, REACH_M, Lookup, LookupResult, QuestionError, TooFar
from boundaries.release.store import open_release
from tests.service_help import app_of, get
from tests.small import make_small_release

GEOD = pyproj.Geod(ellps="WGS84")


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_small_release(tmp_path_factory.mktemp("releases"))


@pytest.fixture(scope="module")
def lookup(release: Path) -> Lookup:
    return Lookup.from_release(open_release(release))


@pytest.fixture(scope="module")
def client(release: Path) -> FlaskClient:
    return app_of(release.parent).test_client()


@pytest.fixture(scope="module")
def frames(release: Path) -> dict[str, gpd.GeoDataFrame]:
    layers = [f"{chamber}-{year}" for chamber in CHAMBERS for year in (2019, 2024)]
    found = set(open_release(release).layers)
    return {
        name: pyogrio.read_dataframe(release / "dapil.gpkg", layer=name) for name in layers if name in found
    }


def asked(lookup: Lookup, lon: float, lat: float, year: int | None = None) -> LookupResult | TooFar:
    try:
        return lookup.at(lon, lat, year)
    except TooFar as error:
        return error


@settings(max_examples=300, deadline=None)
@given(st.floats(106.45, 107.6), st.floats(-7.05, -6.55), st.sampled_from([2019, 2024]))
def test_the_answer_is_the_polygon_under_the_point(lookup, frames, lon, lat, year):
    point = shapely.Point(lon, lat)
    under = {
        chamber: frames[f"{chamber}-{year}"][frames[f"{chamber}-{year}"].covers(point)]["id"].tolist()
        for chamber in CHAMBERS
        if f"{chamber}-{year}" in frames
    }
    found = asked(lookup, lon, lat, year)
    if isinstance(found, TooFar) or found.luar_negeri:
        assert found.jarak_m > REACH_M
        assert not any(under.values())
        return
    for seat in found.dapil:
        if seat.id is not None and found.di_darat:
            assert seat.id in under[seat.lembaga]
        if seat.id is None:
            assert not under.get(seat.lembaga)
            assert set(seat.alasan) == {"id", "en"}


def far_from(shape: shapely.Geometry, lon: float, lat: float) -> float:
    """Metres to the nearest of points that lie 22 m apart on the outline, near the place 0.2 m: right to 0.4 m."""
    outline = shapely.boundary(shape)
    found = _nearest(shapely.segmentize(outline, 2e-4), lon, lat)
    if found < 200:
        near = shapely.clip_by_rect(outline, lon - 3e-3, lat - 3e-3, lon + 3e-3, lat + 3e-3)
        found = _nearest(shapely.segmentize(near, 2e-6), lon, lat)
    return found


def _nearest(line: shapely.Geometry, lon: float, lat: float) -> float:
    xy = shapely.get_coordinates(line)
    here = np.full(len(xy), lon), np.full(len(xy), lat)
    return float(GEOD.inv(*here, xy[:, 0], xy[:, 1])[2].min())


@settings(max_examples=60, deadline=None)
@given(st.floats(106.3, 107.7), st.floats(-7.2, -6.4))
def test_distances_are_those_to_the_nearest_vertex_or_edge(lookup, lon, lat):
    point = shapely.Point(lon, lat)
    metres = [0.0 if inside else far_from(shape, lon, lat) for shape, inside in
              zip(lookup.shapes, shapely.covers(lookup.shapes, point), strict=True)]  # fmt: skip
    nearest = min(metres)
    found = asked(lookup, lon, lat)
    if isinstance(found, TooFar) or found.luar_negeri:
        assert found.jarak_m > REACH_M
        assert found.jarak_m == pytest.approx(nearest, abs=0.5)
        return
    assert found.jarak_m == pytest.approx(nearest, abs=0.5)
    codes = {code for code, far in zip(lookup.codes, metres, strict=True) if far <= nearest + BORDER_M - 0.5}
    code = (found.desa or found.kecamatan).kode
    assert codes - {code} <= {each.kode for each in found.tetangga}
    for each in found.tetangga:
        assert each.jarak_m == pytest.approx(metres[list(lookup.codes).index(each.kode)], abs=0.5)


def test_on_a_border_the_neighbours_are_named(lookup):
    edge = shapely.intersection(*lookup.shapes[[0, 1]])
    point = shapely.get_point(shapely.get_parts(shapely.line_merge(edge))[0], 1)
    found = lookup.at(point.x, point.y)
    assert (found.di_darat, found.jarak_m, found.kecamatan.kode) == (True, 0.0, "31.71.01")
    assert [(each.kode, each.jarak_m) for each in found.tetangga] == [("31.71.02", 0.0)]
    assert [each.kode for each in lookup.at(point.x - 3e-4, point.y).tetangga] == ["31.71.02"]


def test_a_split_kecamatan_is_answered_by_desa(lookup):
    desa = lookup.shapes[list(lookup.codes).index("32.04.01.2003")]
    point = shapely.point_on_surface(desa)
    found = lookup.at(point.x, point.y)
    assert (found.desa.kode, found.kecamatan.kode, found.kabkota.kode) == (
        "32.04.01.2003",
        "32.04.01",
        "32.04",
    )
    assert found.kecamatan.nama == "Ciwidey"
    seats = {seat.lembaga: seat for seat in found.dapil}
    assert seats["dprd-kabkota"].id == "dprd-kabkota-2024-320402"
    assert seats["dpr"].ragu
    assert [seat.lembaga for seat in found.dapil] == list(CHAMBERS)


def test_a_chamber_without_dapil_there_says_why(lookup):
    seats = {seat.lembaga: seat for seat in lookup.at(106.55, -6.95).dapil}
    assert seats["dpr"].id == "dpr-2024-3101"
    assert seats["dprd-kabkota"].id is None
    assert "31" in seats["dprd-kabkota"].alasan["en"]
    assert "no dprd-provinsi" in seats["dprd-provinsi"].alasan["en"]
    text = lookup.at(106.55, -6.95).as_text()
    assert "DKI JAKARTA I, 4 kursi" in text
    assert "31.71.01" in text


def test_at_sea_the_nearest_within_five_kilometres(lookup):
    west = min(shapely.bounds(lookup.shapes)[:, 0])
    near = lookup.at(west - 0.03, -6.95)
    assert not near.di_darat
    assert 3000 < near.jarak_m < 4000
    assert near.provinsi.kode == "31"
    assert "di laut" in near.as_text()
    with pytest.raises(TooFar, match="km away") as error:
        lookup.at(west - 0.06, -6.95, 2019)
    assert 6000 < error.value.jarak_m < 8000
    assert error.value.exit_code == 8


@pytest.mark.parametrize(
    ("lon", "lat"), [(-0.1276, 51.5072), (101.6869, 3.139), (39.1925, 21.4858), (108.0, -5.0)],
    ids=["London", "Kuala Lumpur", "Jeddah", "the Java Sea"],
)  # fmt: skip
def test_off_all_land_the_dapil_of_voters_abroad_is_told(lookup, lon, lat):
    found = lookup.at(lon, lat, 2024)
    assert found.luar_negeri
    assert not found.di_darat
    assert found.jarak_m > REACH_M
    assert (found.provinsi, found.kabkota, found.kecamatan, found.desa) == (None, None, None, None)
    seats = {seat.lembaga: seat for seat in found.dapil}
    assert (seats["dpr"].id, seats["dpr"].nama_dapil) == ("dpr-2024-3102", "DKI JAKARTA II")
    for chamber, name in (
        ("dpd", "DPD"),
        ("dprd-provinsi", "DPRD provinsi"),
        ("dprd-kabkota", "DPRD kabupaten/kota"),
    ):
        assert seats[chamber].id is None
        assert seats[chamber].alasan["en"] == f"Voters abroad elect no {name}."
    for language, word in (("id", "luar negeri"), ("en", "abroad")):
        text = found.as_text(language)
        assert f"{found.terdekat.nama} ({found.terdekat.kode})" in text
        assert word in text
        assert "DKI JAKARTA II, 4" in text


def test_where_no_plan_tells_of_voters_abroad_there_is_no_answer(lookup):
    with pytest.raises(TooFar):
        lookup.at(39.1925, 21.4858, 2019)


@pytest.mark.parametrize(
    ("lon", "lat", "year", "parameter", "word"),
    [
        (float("nan"), 0, None, "lon", "finite"), (107, float("inf"), None, "lat", "finite"),
        (181, 0, None, "lon", "-180"), (-6.9, 107.6, None, "lat", "swapped"),
        (-6.9, 90, None, "lon", "swapped"),
        (107, -7, 2009, "year", "2019, 2024"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused(lookup, lon, lat, year, parameter, word):
    with pytest.raises(QuestionError, match=word) as error:
        lookup.at(lon, lat, year)
    assert error.value.parameter == parameter
    assert error.value.exit_code == 2


def test_from_a_corner_that_is_of_the_shape_the_nearest_is_found():
    """The distance to its box and to itself, the same number, differ by the last digit at one in twelve places."""
    square = shapely.box(100, 0, 101, 1)
    package = SimpleNamespace(
        records=lambda *_: [("11.01.01", "Satu")],
        full_bounds=lambda _: shapely.bounds(np.array([square])),
        full_shapes=lambda *_: np.array([square]),
    )
    outlines = lookup_module._Outlines(package, ["unit-kecamatan"], {"11.01.01"}, 1 << 20)
    places = np.random.default_rng(3).uniform((101, 1), (141, 20), (500, 2))
    assert all(len(outlines.nearest_boxes(lon, lat)) == 1 for lon, lat in places)


def test_over_http(client):
    found = get(client, "/lookup", lon=106.55, lat=-6.95, year=2019)
    assert found["tahun"] == 2019
    assert found["titik"] == {"lon": 106.55, "lat": -6.95}
    seats = {seat["lembaga"]: seat for seat in found["dapil"]}
    assert seats["dpr"]["kursi"] == 6
    item = get(client, seats["dpr"]["href"].removeprefix("http://localhost"))
    assert item["id"] == seats["dpr"]["id"]
    far = client.get("/lookup?lon=100&lat=0").json
    assert far["jarak_m"] > 700_000
    assert far["terdekat"]["kode"]
    assert client.get("/lookup?lon=106.5&lat=-7&year=1999").json["allowed"] == ["2019", "2024"]
