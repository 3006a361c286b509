"""Two details, one truth: the same rows in both, the lookup on full, and both to be had."""

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from click.testing import CliRunner
from flask.testing import FlaskClient

from boundaries.cli import main
from boundaries.downloads import requested_file
from boundaries.exports import topojson
from boundaries.exports.basemap_topology import unit_topology
from boundaries.law.registry import load_registry
from boundaries.release.lookup import Lookup
from boundaries.release.store import DETAILS, Release, open_release
from boundaries.topology.lighter import STANDARD_M
from boundaries.verify.run import verify
from tests.service_help import app_of, get
from tests.test_build import TOML

PLAN = "dprd-kabkota-2024"
DEGREE_M = 111_695.0


def saw(side: shapely.Geometry) -> shapely.Geometry:
    """Borders with teeth of 30 m: under the tolerance of standard."""

    def bent(xy: np.ndarray) -> np.ndarray:
        odd = np.rint(xy.sum(axis=1) * 1000).astype(int) % 2 == 1
        inside = (xy > (110.0, -7.8)).all(axis=1)
        return xy + np.where(odd & inside, 30 / DEGREE_M, 0)[:, None] * (1, -1)

    return shapely.transform(shapely.segmentize(side, 0.001), bent)


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """A map of Kota Yogyakarta in its desa, toothed squares side by side."""
    folder = tmp_path_factory.mktemp("toothed")
    registry = load_registry()
    codes = registry.descendants("34.71", "desa")
    at = np.arange(len(codes))
    west, south = 110 + 0.01 * (at % 7), -7.8 + 0.01 * (at // 7)
    shapes = saw(shapely.box(west.round(3), south.round(3), (west + 0.01).round(3), (south + 0.01).round(3)))
    frame = gpd.GeoDataFrame(
        {"kode": codes, "nama": [registry.names[c] for c in codes]}, geometry=shapes, crs=4326
    )
    frame.to_file(folder / "units.gpkg")
    (folder / "peta-uji.toml").write_text(TOML.format(level="desa", file="units.gpkg", partial="true"))
    words = ["build", "--source", str(folder / "peta-uji.toml"), "--out", str(folder / "out"), "--plan", PLAN]
    done = CliRunner().invoke(main, [*words, "--no-downloads"])
    assert done.exit_code == 0, done.output
    return open_release(folder / "out")


@pytest.fixture(scope="module")
def client(release: Release) -> FlaskClient:
    return app_of(release.path.parent).test_client()


def vertices(shapes: np.ndarray) -> int:
    return int(shapely.get_num_coordinates(shapes).sum())


def test_both_have_the_same_rows_and_one_has_fewer_vertices(release: Release) -> None:
    assert release.tolerance_m("standard") == STANDARD_M
    assert release.tolerance_m("full") == 0
    for layer in release.layers:
        (frame, full), (same, light) = (release.read_layer(layer, detail) for detail in reversed(DETAILS))
        assert frame.equals(same), layer
        assert vertices(light) < 0.3 * vertices(full), layer
        apart = shapely.hausdorff_distance(shapely.boundary(full), shapely.boundary(light)) * DEGREE_M
        assert (apart <= STANDARD_M).all(), layer
    assert verify(release).ok


def test_items_are_standard_and_full_on_request(release: Release, client: FlaskClient) -> None:
    for asked, detail in (
        ({}, "standard"),
        ({"detail": "standard"}, "standard"),
        ({"detail": "full"}, "full"),
    ):
        _, shapes = release.read_layer(PLAN, detail)
        page = get(client, f"/collections/{PLAN}/items", **asked)
        found = shapely.from_geojson([json.dumps(each["geometry"]) for each in page["features"]])
        assert shapely.equals_exact(shapely.normalize(found), shapely.normalize(shapes), 1e-9).all(), detail
        one = get(client, f"/collections/{PLAN}/items/{page['features'][0]['id']}", **asked)
        assert one["geometry"] == page["features"][0]["geometry"]
        assert one["properties"] == page["features"][0]["properties"]


def test_full_pages_are_short_and_their_next_link_goes_on_in_full(client: FlaskClient) -> None:
    page = get(client, "/collections/unit-desa/items", detail="full", limit=10_000)
    assert page["numberReturned"] == min(100, page["numberMatched"])
    page = get(client, "/collections/unit-desa/items", detail="full", limit=2)
    (following,) = [link["href"] for link in page["links"] if link["rel"] == "next"]
    assert "detail=full" in following


@pytest.mark.parametrize("path", [f"/collections/{PLAN}/items", f"/collections/{PLAN}/items/{PLAN}-347101"])
def test_an_unknown_detail_is_refused_with_those_there_are(client: FlaskClient, path: str) -> None:
    answer = client.get(path, query_string={"detail": "web"})
    assert answer.status_code == 400
    assert answer.json["parameter"] == "detail"
    assert answer.json["allowed"] == list(DETAILS)


def test_a_point_is_looked_up_in_full(release: Release) -> None:
    """In a tooth that standard cuts off, the answer is that of the tooth."""
    frame, full = release.read_layer("unit-kecamatan")
    _, light = release.read_layer("unit-kecamatan", "standard")
    teeth = shapely.get_parts(shapely.difference(full[0], light[0]))
    lookup, asked = Lookup.from_release(release), 0
    for tooth in teeth[shapely.area(teeth) > 1e-9]:
        point = shapely.point_on_surface(tooth)
        found = lookup.at(point.x, point.y)
        assert found.kecamatan is not None
        assert found.kecamatan.kode == frame["kode"][0]
        assert found.desa is not None
        assert found.desa.kode.startswith(frame["kode"][0])
        asked += 1
    assert asked >= 5


def test_the_page_looks_up_in_full_and_draws_in_standard(release: Release) -> None:
    full = set(release.read_layer("unit-kecamatan")[0]["kode"])
    piece = json.loads(unit_topology(release, "34"))
    assert {each["id"] for each in piece["objects"]["dasar"]["geometries"]} >= full
    assert piece["about"]["tolerance_m"] == 0
    drawn = json.loads(topojson.one(release, 2024, "dprd-kabkota").content)
    assert drawn["about"]["tolerance_m"] == STANDARD_M
    assert sum(map(len, drawn["arcs"])) < 0.5 * sum(map(len, piece["arcs"]))


@pytest.mark.parametrize(("form", "usual"), [("gpkg", "full"), ("parquet", "full"), ("geojson", "standard")])
def test_each_format_has_its_detail_and_the_other_on_request(
    release: Release, tmp_path: Path, form: str, usual: str
) -> None:
    other = next(each for each in DETAILS if each != usual)
    for size, detail in (("", usual), (usual, usual), (other, other)):
        export = requested_file.find(release, requested_file.Wanted(form, "dprd-kabkota", 2024, size=size))
        assert (f"-{other}" in export.name) == (detail == other)
        path = requested_file.save(export, tmp_path / f"{size}-{export.name}")
        frame = gpd.read_parquet(path) if form == "parquet" else gpd.read_file(path)
        assert vertices(frame.geometry.to_numpy()) == vertices(release.read_layer(PLAN, detail)[1])
        if form == "geojson" and detail == "standard":
            assert f"{STANDARD_M:g} m" in path.read_text(encoding="utf-8")[:4000]
