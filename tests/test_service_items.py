"""Items of the service against the same questions asked of GeoPandas."""

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import pyproj
import pytest
import shapely
from flask.testing import FlaskClient
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pygeoapi.plugin import load_plugin
from pygeoapi.provider.base import ProviderInvalidQueryError, ProviderItemNotFoundError

from tests.service_help import CRS, app_of, get, ids, items, link
from tests.small import make_small_release

LAYERS = ("dpr-2019", "dpr-2024", "dpd-2024", "dprd-kabkota-2024", "unit-provinsi", "unit-kabkota",
          "unit-kecamatan", "unit-desa")  # fmt: skip
MANY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_small_release(tmp_path_factory.mktemp("releases"))


@pytest.fixture(scope="module")
def client(source: str) -> FlaskClient:
    """The service on files, and on a database."""
    return app_of(source).test_client()


@pytest.fixture(scope="module")
def frames(release: Path) -> dict[str, gpd.GeoDataFrame]:
    return {layer: pyogrio.read_dataframe(release / "dapil.gpkg", layer=layer) for layer in LAYERS}


def names(frame: gpd.GeoDataFrame) -> list[str]:
    return sorted(frame["id" if "id" in frame else "kode"])


@pytest.mark.parametrize("layer", LAYERS)
def test_every_feature_comes_with_its_attributes_and_its_geometry(client, frames, layer):
    page = items(client, layer)
    frame = frames[layer].set_index("id" if "id" in frames[layer] else "kode", drop=False)
    assert page["numberMatched"] == page["numberReturned"] == len(frame)
    assert ids(page) == sorted(frame.index)
    for feature in page["features"]:
        row = frame.loc[feature["id"]]
        shape = shapely.from_geojson(json.dumps(feature["geometry"]))
        assert shape.equals_exact(row.geometry, 1e-9, normalize=True)
        assert shapely.orient_polygons(shape).equals_exact(shape), "exterior rings counter-clockwise"
        for name, value in feature["properties"].items():
            assert row[name] == value or (value is None and row.isna()[name]), name


def test_coordinates_have_at_most_seven_decimals(client):
    text = client.get("/collections/unit-kecamatan/items").text
    for number in json.loads(text, parse_float=str)["features"][0]["geometry"]["coordinates"][0][0][0]:
        assert len(number.partition(".")[2]) <= 7
    assert (
        "00000" not in text.partition('"features"')[2].replace("1000000", "").replace("00000,", "0,")[:5000]
    )


@MANY
@given(layer=st.sampled_from(LAYERS), limit=st.integers(1, 25))
def test_paging_gives_every_feature_once_forth_and_back(client, frames, layer, limit):
    forth, path = [], f"/collections/{layer}/items?limit={limit}"
    while path:
        page = get(client, path)
        assert page["numberReturned"] == len(page["features"]) > 0
        forth.append(ids(page))
        last, path = path, link(page, "next")
    assert [name for page in forth for name in page] == names(frames[layer])
    back, path = [], last
    while path:
        page = get(client, path)
        back.insert(0, ids(page))
        path = link(page, "prev")
    assert back == forth


@pytest.mark.parametrize("offset", [5, 6, 100, 10**15])
def test_past_the_end_there_is_nothing_and_no_next(client, offset):
    page = items(client, "dpr-2024", offset=offset)
    assert (page["numberMatched"], page["numberReturned"], page["features"]) == (5, 0, [])
    assert link(page, "next") is None
    assert ids(get(client, link(page, "prev")))[-1] == "dpr-2024-8101"


def test_a_limit_above_the_maximum_gives_the_maximum(client):
    assert items(client, "dpr-2024", limit=10_001)["numberReturned"] == 5
    assert link(items(client, "dpr-2024", limit=2), "next").endswith("limit=2&offset=2")


boxes = st.tuples(st.floats(106.3, 107.7), st.floats(-7.2, -6.4), st.floats(0, 0.6), st.floats(0, 0.4))


@MANY
@given(layer=st.sampled_from(LAYERS), box=boxes)
def test_bbox_finds_what_geopandas_finds(client, frames, layer, box):
    west, south, width, height = box
    east, north = west + width, south + height
    frame = frames[layer]
    area = _box(west, south, east, north)
    expected = names(frame[shapely.intersects(frame.geometry.to_numpy(), area)])
    text = f"{west!r},{south!r},{east!r},{north!r}"
    assert ids(items(client, layer, bbox=text)) == expected
    assert items(client, layer, bbox=text, limit=1)["numberMatched"] == len(expected)
    high = f"{west!r},{south!r},-10,{east!r},{north!r},10"
    assert ids(items(client, layer, bbox=high)) == expected
    swapped = {"bbox": f"{south!r},{west!r},{north!r},{east!r}", "bbox-crs": f"{CRS}/EPSG/0/4326"}
    assert ids(items(client, layer, **swapped)) == expected


def _box(west: float, south: float, east: float, north: float) -> shapely.Geometry:
    point = shapely.Point(west, south)
    if west < east and south < north:
        return shapely.box(west, south, east, north)
    return shapely.LineString([(west, south), (east, north)]) if (west, south) != (east, north) else point


def test_a_box_in_a_hole_finds_nothing_though_the_bounds_overlap(client, frames):
    frame = frames["unit-provinsi"]
    rings = [ring for part in frame.geometry.explode() for ring in part.interiors]
    hole = shapely.point_on_surface(shapely.Polygon(max(rings, key=lambda ring: shapely.Polygon(ring).area)))
    text = f"{hole.x},{hole.y},{hole.x + 1e-6},{hole.y + 1e-6}"
    assert frame.geometry.bounds.pipe(lambda b: (b.minx < hole.x) & (b.maxx > hole.x)).any()
    assert items(client, "unit-provinsi", bbox=text)["numberMatched"] == 0


def test_a_box_across_the_antimeridian(client):
    assert items(client, "dpr-2024", bbox="107.2,-8,-170,-6")["numberMatched"] == 1
    assert items(client, "dpr-2024", bbox="170,-8,106.55,-6")["numberMatched"] == 2
    assert items(client, "dpr-2024", bbox="170,-8,-170,-6")["numberMatched"] == 0


@MANY
@given(layer=st.sampled_from(LAYERS), data=st.data())
def test_filters_find_what_geopandas_finds(client, frames, layer, data):
    frame = frames[layer]
    columns = [name for name in frame.columns if name != "geometry" and frame[name].notna().any()]
    chosen = data.draw(st.lists(st.sampled_from(columns), min_size=1, max_size=3, unique=True))
    keep = np.ones(len(frame), dtype=bool)
    params = {}
    for name in chosen:
        value = data.draw(st.sampled_from(sorted(frame[name].dropna().unique().tolist())))
        keep &= (frame[name] == value).to_numpy(dtype=bool, na_value=False)
        params[name] = int(value) if frame[name].dtype.kind in "iuf" and float(value).is_integer() else value
    assume("luas_km2" not in params or isinstance(params["luas_km2"], float))
    page = items(client, layer, **params)
    assert ids(page) == names(frame[keep])
    assert page["numberMatched"] == keep.sum()


@MANY
@given(layer=st.sampled_from(LAYERS), data=st.data())
def test_sortby_orders_with_nulls_last_and_ties_by_id(client, frames, layer, data):
    frame = frames[layer]
    columns = [name for name in frame.columns if name != "geometry"]
    chosen = data.draw(st.lists(st.sampled_from(columns), min_size=1, max_size=3, unique=True))
    signs = data.draw(st.lists(st.sampled_from(["", "+", "-"]), min_size=len(chosen), max_size=len(chosen)))
    key = "id" if "id" in frame else "kode"
    order = frame.sort_values(key)
    for name, sign in reversed(list(zip(chosen, signs, strict=True))):
        order = order.sort_values(name, ascending=sign != "-", kind="stable", na_position="last")
    text = ",".join(sign + name for name, sign in zip(chosen, signs, strict=True))
    assert ids(items(client, layer, sortby=text)) == order[key].tolist()


@pytest.mark.parametrize(
    ("datetime", "years"),
    [
        ("2019-04-16", []), ("2019-04-17", [2019]), ("2024-02-13", [2019]), ("2024-02-14", [2024]),
        ("2024-02-13T23:59:59Z", [2019]), ("2024-02-14T00:00:00+07:00", [2024]), ("2030-01-01", [2024]),
        ("2019-01-01/2019-04-16", []), ("2019-01-01/2019-04-17", [2019]), ("../2019-04-17", [2019]),
        ("/2024-02-14", [2019, 2024]), ("2024-02-14/..", [2024]), ("2024-02-13/", [2019, 2024]),
        ("../..", [2019, 2024]), ("2000-01-01/2001-01-01", []),
    ],
)  # fmt: skip
def test_datetime_takes_the_half_open_time_in_force(client, datetime, years):
    found = [
        year for year in (2019, 2024) if items(client, f"dpr-{year}", datetime=datetime)["numberMatched"]
    ]
    assert found == years
    assert items(client, "unit-kabkota", datetime=datetime)["numberMatched"] == 7, "units have no time"


def test_select_skip_geometry_and_hits(client):
    page = items(client, "dpr-2024", properties="kursi,nama_dapil", skipGeometry="true")
    assert all(feature["geometry"] is None for feature in page["features"])
    assert {tuple(feature["properties"]) for feature in page["features"]} == {("nama_dapil", "kursi")}
    assert ids(page)[0] == "dpr-2024-3101"
    hits = items(client, "dpr-2024", resulttype="hits", kursi=4)
    assert (hits["numberMatched"], hits["numberReturned"], hits["features"]) == (3, 0, [])
    assert link(hits, "next") is None


@pytest.mark.parametrize(
    "code", ["EPSG/0/4326", "EPSG/0/3857", "EPSG/0/32748", "EPSG/0/23834", "OGC/1.3/CRS84"]
)
def test_crs_is_in_the_axis_order_of_its_authority(client, frames, code):
    uri = f"{CRS}/{code}"
    response = client.get("/collections/unit-kabkota/items", query_string={"crs": uri, "limit": 1})
    assert response.headers["Content-Crs"] == f"<{uri}>"
    found = np.array(response.json["features"][0]["geometry"]["coordinates"][0][0])
    frame = frames["unit-kabkota"].sort_values("kode")
    lonlat = np.array(shapely.get_parts(shapely.orient_polygons(frame.geometry.iloc[0]))[0].exterior.coords)
    target = "OGC:CRS84" if "CRS84" in code else code.replace("/0/", ":")
    move = pyproj.Transformer.from_crs("OGC:CRS84", target)
    expected = np.column_stack(move.transform(lonlat[:, 0], lonlat[:, 1]))
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-3)
    if code == "EPSG/0/4326":
        assert (found[:, 0] < 0).all(), "latitude first"
        assert (found[:, 1] > 100).all()


@pytest.mark.parametrize("code", ["EPSG/0/3857", "EPSG/0/32748", "EPSG/0/23833"])
def test_bbox_crs_finds_what_the_projected_geometry_finds(client, frames, code):
    frame = frames["unit-kecamatan"]
    there = frame.to_crs(code.replace("/0/", ":"))
    west, south, east, north = there.total_bounds
    rng = np.random.default_rng(7)
    for _ in range(25):
        x, y = np.sort(rng.uniform(west, east, 2)), np.sort(rng.uniform(south, north, 2))
        expected = names(frame[there.intersects(shapely.box(x[0], y[0], x[1], y[1]))])
        params: dict[str, Any] = {"bbox": f"{x[0]},{y[0]},{x[1]},{y[1]}", "bbox-crs": f"{CRS}/{code}"}
        assert ids(items(client, "unit-kecamatan", **params)) == expected


def test_one_item_by_its_id(client):
    response = client.get("/collections/dpr-2024/items/dpr-2024-3201")
    assert response.content_type == "application/geo+json"
    assert response.json["properties"]["nama_dapil"] == "JAWA BARAT I"
    assert get(client, link(response.json, "self"))["id"] == "dpr-2024-3201"
    unit = get(client, "/collections/unit-kecamatan/items/32.10.01")
    assert unit["id"] == unit["properties"]["kode"] == "32.10.01"
    other = client.get(f"/collections/dpr-2024/items/dpr-2024-3201?crs={CRS}/EPSG/0/4326")
    assert other.headers["Content-Crs"] == f"<{CRS}/EPSG/0/4326>"
    assert other.json["geometry"]["coordinates"][0][0][0][0] < 0


def test_the_provider_answers_pygeoapi_as_it_answers_here(release, client):
    definition = {
        "type": "feature", "name": "boundaries.service.provider.ReleaseProvider",
        "data": str(release / "dapil.gpkg"), "table": "dpr-2024", "id_field": "id",
    }  # fmt: skip
    provider = load_plugin("provider", definition)
    assert provider.fields["kursi"]["type"] == "integer"
    order = [{"property": "nama_dapil", "order": "-"}]
    asked = {"bbox": [106, -8, 108, -6], "properties": [("kursi", "4")], "datetime_": "2024-02-14"}
    page = provider.query(limit=2, sortby=order, **asked)
    assert (page["numberMatched"], ids(page)) == (3, ["dpr-2024-8101", "dpr-2024-3102"])
    assert page["features"] == items(client, "dpr-2024", kursi=4, sortby="-nama_dapil", limit=2)["features"]
    assert provider.query(resulttype="hits")["numberMatched"] == 5
    assert provider.get("dpr-2024-3101")["id"] == "dpr-2024-3101"
    with pytest.raises(ProviderItemNotFoundError):
        provider.get("dpr-2024-9999")
    for wrong in ({"q": "x"}, {"filterq": object()}, {"properties": [("kursi", "many")]}):
        with pytest.raises(ProviderInvalidQueryError):
            provider.query(**wrong)


# Before and after


def test_an_item_leads_to_the_dapil_before_and_after(client: FlaskClient) -> None:
    def kin(path: str, rel: str) -> list[str]:
        links = get(client, path)["links"]
        return [each["href"].rpartition("/")[2] for each in links if each["rel"] == rel]

    now, then = "/collections/dpr-2024/items/dpr-2024-3201", "/collections/dpr-2019/items/dpr-2019-3201"
    assert kin(now, "predecessor-version") == ["dpr-2019-3201", "dpr-2019-3202"]
    assert kin(now, "successor-version") == []
    assert kin(then, "successor-version") == ["dpr-2024-3201", "dpr-2024-3202"]
    assert kin("/collections/dapil-dpr/items/dpr-2024-3102", "predecessor-version") == ["dpr-2019-3101"]
    assert kin("/collections/dpd-2024/items/dpd-2024-32", "predecessor-version") == []
    page = client.get(now, query_string={"f": "html", "lang": "en"}).text
    assert "Before and after" in page
    assert "/collections/dpr-2019/items/dpr-2019-3202" in page
