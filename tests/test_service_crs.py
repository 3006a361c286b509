"""The abstract tests of OGC API - Features - Part 2 (OGC 18-058r1, Annex A), each under its id, and beyond them.

The standard's annex has ten tests: crs-uri, default-crs, storageCrs, bbox-crs-parameter, bbox-crs-parameter-invalid,
bbox-crs-parameter-default, crs-parameter, crs-parameter-invalid, crs-parameter-default, crs-parameter-transform.
Requirements that they cover stand in their docstrings. What is true is computed with pyproj and GeoPandas here,
never with the service's own modules. After the annex: what it leaves open (axis order, accuracy, far boxes).
"""

import json
import re
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import pyproj
import pytest
import shapely
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.service_help import app_of, get, ids, items
from tests.small import make_small_release

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
CODES = (4326, 3857, *range(32646, 32655), *range(32746, 32755), *range(23830, 23846))
SYSTEMS = (CRS84, *(f"{EPSG}{code}" for code in CODES))
LAYERS = ("dpr-2024", "dprd-kabkota-2024", "unit-kecamatan", "dapil-dpr")
UNSUPPORTED = (
    f"{EPSG}27700",
    f"{EPSG}99999",
    "http://www.opengis.net/def/crs/OGC/0/CRS84h",
    "EPSG:4326",
    "x",
)
#: RFC 3986, appendix A, for http: scheme, host with port, path of plain segments.
URI = re.compile(r"https?://[A-Za-z0-9.-]+(:\d+)?(/[A-Za-z0-9._~!$&'()*+,;=:@%-]*)*")
#: OGC 09-048: http://www.opengis.net/def/{type}/{authority}/{version}/{code}.
OGC_NAME = re.compile(r"http://www\.opengis\.net/def/crs/[A-Za-z]+/[0-9.]+/[A-Za-z0-9]+")


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_small_release(tmp_path_factory.mktemp("releases"))


@pytest.fixture(scope="module")
def client(release: Path) -> FlaskClient:
    return app_of(release.parent).test_client()


@pytest.fixture(scope="module")
def collections(client: FlaskClient) -> dict[str, dict[str, Any]]:
    """Every collection, as it tells itself in /collections and alone: the two must agree."""
    found = {}
    for each in get(client, "/collections")["collections"]:
        alone = get(client, f"/collections/{each['id']}")
        assert (alone["crs"], alone["storageCrs"]) == (each["crs"], each["storageCrs"])
        found[each["id"]] = alone
    return found


@pytest.fixture(scope="module")
def frames(release: Path) -> dict[str, gpd.GeoDataFrame]:
    names = [str(name) for name, kind in pyogrio.list_layers(release / "dapil.gpkg") if kind is not None]
    found = {name: pyogrio.read_dataframe(release / "dapil.gpkg", layer=name) for name in names}
    found["dapil-dpr"] = gpd.pd.concat([found["dpr-2019"], found["dpr-2024"]], ignore_index=True)
    return {name: frame.set_index("id" if "id" in frame else "kode") for name, frame in found.items()}


def authority(uri: str) -> pyproj.CRS:
    return pyproj.CRS("OGC:CRS84" if uri == CRS84 else f"EPSG:{uri.rpartition('/')[2]}")


def system_of(code: int) -> str:
    return f"{EPSG}{code}"


def shapes(features: list[dict[str, Any]]) -> list[shapely.Geometry]:
    return [shapely.from_geojson(json.dumps(feature["geometry"])) for feature in features]


def extent(collection: dict[str, Any]) -> list[float]:
    return list(collection["extent"]["spatial"]["bbox"][0])


def moved(box: list[float], uri: str) -> list[float]:
    """Return a lon/lat box around a box in `uri`, its numbers in the order of the authority's axes."""
    there = pyproj.Transformer.from_crs("OGC:CRS84", authority(uri))
    return list(there.transform_bounds(*box, densify_pts=50))


# Annex A


def test_conf_crs_crs_uri(collections):
    """/req/crs/crs-uri, fc-md-crs-list A, fc-md-storageCrs, fc-md-crs-list-global."""
    for collection in collections.values():
        for uri in (*collection["crs"], collection["storageCrs"]):
            assert URI.fullmatch(uri)
            assert OGC_NAME.fullmatch(uri)


def test_conf_crs_default_crs(collections):
    """/req/crs/fc-md-crs-list B."""
    assert collections
    for collection in collections.values():
        assert CRS84 in collection["crs"]
        assert tuple(collection["crs"]) == SYSTEMS


def test_conf_crs_storageCrs(collections):  # noqa: N802 - the id of the test
    """/req/crs/fc-md-storageCrs-valid-value."""
    for collection in collections.values():
        assert collection["storageCrs"] in collection["crs"]


@pytest.mark.parametrize("uri", SYSTEMS)
def test_conf_crs_bbox_crs_parameter(client, collections, frames, uri):
    """/req/crs/fc-bbox-crs-definition, fc-bbox-crs-action: the same features for the same box.

    A box is not a box in another system. The box in `uri` is drawn around the lon/lat one: it must find what
    that finds, and beyond only what GeoPandas finds in it, too.
    """
    for name, collection in collections.items():
        west, south, east, north = extent(collection)
        box = [west, south, west + 0.4 * (east - west), south + 0.6 * (north - south)]
        plain = set(ids(items(client, name, bbox=",".join(map(str, box)))))
        there = moved(box, uri)
        found = set(ids(items(client, name, bbox=",".join(map(repr, there)), **{"bbox-crs": uri})))
        assert plain
        assert plain <= found
        if name in frames:
            assert found == touching(frames[name], there, uri, found)


def touching(frame: gpd.GeoDataFrame, box: list[float], uri: str, found: set[str]) -> set[str]:
    """Return the ids that share a point with a box in `uri`; who lies within a metre of its edge is as `found`."""
    first, second = (0, 1) if uri != system_of(4326) else (1, 0)
    low, high = (box[first], box[second]), (box[first + 2], box[second + 2])
    # GeoPandas holds x before y whatever the authority says; edges are straight in lon/lat: make them short first.
    fine = frame.geometry.segmentize(0.002)
    there = (
        fine
        if uri in (CRS84, system_of(4326))
        else fine.set_crs("OGC:CRS84", allow_override=True).to_crs(authority(uri))
    )
    margin = 1e-5 if uri in (CRS84, system_of(4326)) else 1.0
    sure = there.intersects(shapely.box(low[0] + margin, low[1] + margin, high[0] - margin, high[1] - margin))
    maybe = there.intersects(
        shapely.box(low[0] - margin, low[1] - margin, high[0] + margin, high[1] + margin)
    )
    return set(frame.index[sure]) | (found & set(frame.index[maybe]))


def test_conf_crs_bbox_crs_parameter_invalid(client, collections):
    """/req/crs/fc-bbox-crs-valid-value."""
    for name in collections:
        for uri in UNSUPPORTED:
            answer = client.get(f"/collections/{name}/items?bbox=106,-7,107,-6&bbox-crs={uri}")
            assert answer.status_code == 400
            assert answer.json["parameter"] == "bbox-crs"


def test_conf_crs_bbox_crs_parameter_default(client, collections):
    """/req/crs/fc-bbox-crs-valid-defaultValue."""
    for name, collection in collections.items():
        west, south, east, north = extent(collection)
        box = f"{west},{south},{(west + east) / 2},{(south + north) / 2}"
        given = items(client, name, bbox=box, **{"bbox-crs": CRS84})
        assert given["features"] == items(client, name, bbox=box)["features"]
        assert given["features"]


@pytest.mark.parametrize("uri", SYSTEMS)
def test_conf_crs_crs_parameter(client, collections, uri):
    """/req/crs/fc-crs-definition, fc-crs-valid-value B, ogc-crs-header, ogc-crs-header-value, geojson."""
    for name in collections:
        page = client.get(f"/collections/{name}/items?limit=2&crs={uri}")
        first = page.json["features"][0]["id"]
        one = client.get(f"/collections/{name}/items/{first}?crs={uri}")
        for answer in (page, one, client.head(f"/collections/{name}/items?limit=2&crs={uri}")):
            assert answer.status_code == 200
            assert answer.headers["Content-Crs"] == f"<{uri}>"
            assert answer.content_type == "application/geo+json"
        assert (page.json["type"], one.json["type"]) == ("FeatureCollection", "Feature")
        assert one.json["geometry"] == page.json["features"][0]["geometry"]
        assert all(shape.is_valid for shape in shapes([*page.json["features"], one.json]))


def test_conf_crs_crs_parameter_invalid(client, collections):
    """/req/crs/fc-crs-valid-value."""
    for name in collections:
        first = ids(items(client, name, limit=1))[0]
        for uri in UNSUPPORTED:
            for path in ("items", f"items/{first}"):
                answer = client.get(f"/collections/{name}/{path}?crs={uri}")
                assert answer.status_code == 400
                assert answer.json["parameter"] == "crs"


def test_conf_crs_crs_parameter_default(client, collections):
    """/req/crs/fc-crs-default-value, ogc-crs-header, ogc-crs-header-value."""
    for name in collections:
        first = ids(items(client, name, limit=1))[0]
        for path in (
            "items",
            f"items/{first}",
            "items?f=html",
            f"items/{first}?f=html",
            "items?resulttype=hits",
        ):
            answer = client.get(f"/collections/{name}/{path}")
            assert (answer.status_code, answer.headers["Content-Crs"]) == (200, f"<{CRS84}>"), path


@pytest.mark.parametrize("uri", SYSTEMS)
def test_conf_crs_crs_parameter_transform(client, collections, uri):
    """/req/crs/fc-crs-action: every coordinate is where pyproj puts it, and comes back to where it was."""
    there = pyproj.Transformer.from_crs("OGC:CRS84", authority(uri))
    digits = 1e-7 if uri in (CRS84, system_of(4326)) else 1e-3
    for name in collections:
        plain, page = items(client, name), items(client, name, crs=uri)
        first = page["features"][0]
        assert (
            get(client, f"/collections/{name}/items/{first['id']}", crs=uri)["geometry"] == first["geometry"]
        )
        assert ids(page) == ids(plain)
        for before, after in zip(plain["features"], page["features"], strict=True):
            assert after["properties"] == before["properties"]
            known, given = (shapely.get_coordinates(shape) for shape in shapes([before, after]))
            expected = np.column_stack(there.transform(known[:, 0], known[:, 1]))
            assert np.abs(given - expected).max() <= digits / 2 * 1.001
            back = np.column_stack(there.transform(given[:, 0], given[:, 1], direction="INVERSE"))
            assert np.abs(back - known).max() < 2e-8


# Beyond the annex


@pytest.mark.parametrize("code", CODES)
def test_axes_are_in_the_order_of_the_authority(client, code):
    """EPSG:4326 is latitude first; all others here are easting first, as the EPSG dataset says."""
    lon, lat = shapely.get_coordinates(shapes(items(client, "dpr-2024", limit=1)["features"])[0])[0]
    first, second = shapely.get_coordinates(
        shapes(items(client, "dpr-2024", limit=1, crs=system_of(code))["features"])[0]
    )[0]
    directions = [axis.direction for axis in pyproj.CRS.from_epsg(code).axis_info]
    if directions == ["north", "east"]:
        assert code == 4326
        assert (first, second) == (lat, lon)
        return
    assert directions == ["east", "north"]
    x, y = pyproj.Transformer.from_crs(4326, code, always_xy=True).transform(lon, lat)
    assert (first, second) == pytest.approx((x, y), abs=1e-3)


@pytest.mark.parametrize("code", [32748, 23834])
def test_areas_on_the_ground_are_right(client, code):
    """Times the scale that the projection has there, areas are those of the ellipsoid, within 0.1 %."""
    plain = get(client, "/collections/unit-kecamatan/items/31.71.01")
    shape, known = shapes(
        [get(client, "/collections/unit-kecamatan/items/31.71.01", crs=system_of(code)), plain]
    )
    true = abs(pyproj.Geod(ellps="WGS84").geometry_area_perimeter(known)[0])
    scale = pyproj.Proj(code).get_factors(*known.centroid.coords[0]).areal_scale
    assert shape.area == pytest.approx(true * scale, rel=1e-3)


@pytest.mark.slow
@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(
    st.sampled_from(SYSTEMS), st.sampled_from(LAYERS),
    st.floats(0, 1), st.floats(0, 1), st.floats(0.001, 1), st.floats(0.001, 1),
)  # fmt: skip
def test_boxes_in_any_system_find_what_geopandas_finds(
    client, collections, frames, uri, name, x, y, width, height
):
    """Boxes of every size, drawn in the system itself, also far outside its zone."""
    low0, low1, high0, high1 = moved(extent(collections[name]), uri)
    wide, high = high0 - low0, high1 - low1
    start0, start1 = low0 + (x - 0.1) * wide, low1 + (y - 0.1) * high
    box = [start0, start1, start0 + width * wide, start1 + height * high]
    found = set(ids(items(client, name, bbox=",".join(map(repr, box)), **{"bbox-crs": uri})))
    assert found == touching(frames[name], box, uri, found)


WORLDS = (
    (3857, "-20037508.342789244,-20048966.104014594,20037508.342789244,20048966.104014594"),
    (3857, "-3e7,-3e7,3e7,3e7"),
    (3857, "-1e300,-1e300,1e300,1e300"),
    (3857, "0,-2e7,3e7,2e7"),
    (4326, "-90,-180,90,180"),
    (4326, "-1e9,-1e9,1e9,1e9"),
    (32748, "-1e6,8e6,4e6,1.1e7"),
    (23833, "-1e6,0,4e6,3e6"),
)


@pytest.mark.parametrize(("code", "box"), WORLDS)
def test_a_view_of_the_whole_is_never_empty(client, collections, code, box):
    """What a map asks for when it is zoomed out: all features; far outside of a zone perhaps a 400, never some."""
    for name in collections:
        answer = client.get(
            f"/collections/{name}/items?bbox={box}&bbox-crs={system_of(code)}&resulttype=hits"
        )
        if answer.status_code == 200:
            assert answer.json["numberMatched"] == items(client, name, resulttype="hits")["numberMatched"]
        else:
            assert code not in (3857, 4326), answer.text
            assert (answer.status_code, answer.json["parameter"]) == (400, "bbox")


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(
    st.sampled_from(CODES[1:]),
    st.lists(st.floats(-1e9, 1e9), min_size=4, max_size=4),
    st.sampled_from([1, 1e-2, 1e-3]),
)
def test_far_boxes_are_answered_rightly_or_refused(client, frames, code, numbers, scale):
    """A box that reaches where the system cannot be computed is a 400; else what it holds is found."""
    low0, high0 = sorted(number * scale for number in numbers[:2])
    low1, high1 = sorted(number * scale for number in numbers[2:])
    box = [low0, low1, high0, high1]
    answer = client.get(
        "/collections/dpr-2024/items",
        query_string={"bbox": ",".join(map(repr, box)), "bbox-crs": system_of(code)},
    )
    if answer.status_code == 400:
        assert answer.json["parameter"] == "bbox"
        return
    found = set(ids(answer.json))
    assert found == touching(frames["dpr-2024"], box, system_of(code), found)
