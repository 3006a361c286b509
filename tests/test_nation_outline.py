"""The first picture of the map page: small, the nation's, and gone when the map is there."""

import gzip
import re

import numpy as np
import pytest
import shapely
from flask.testing import FlaskClient

from boundaries.release.store import Release
from boundaries.service.html.nation_outline import nation_outline
from tests.html_help import read
from tests.service_help import app_of
from tests.small import make_small_release

GRID = 0.05


def drawn(path: str, west: float, north: float) -> shapely.Geometry:
    """Return what a path shows, in lon/lat."""
    shapes = []
    for x, y, steps in re.findall(r"M(\d+),(\d+)l([^z]+)z", path):
        moves = np.array([tuple(map(int, pair.split(","))) for pair in steps.split()])
        begin = np.array([[int(x), int(y)]])
        places = np.vstack([begin, begin + moves.cumsum(axis=0)]) * GRID
        shapes.append(shapely.polygons(places * (1, -1) + (west, north)))
    return shapely.union_all(shapely.make_valid(shapes))


def test_borders_between_are_not_drawn_and_islets_neither() -> None:
    provinces = np.array(
        [shapely.box(100, -1, 101, 0), shapely.box(101, -1, 103, 0), shapely.box(106, -4, 106.1, -3.9)]
    )
    found = nation_outline(provinces)
    assert found.box == "0 0 122 80"
    assert found.path.count("M") == 1
    assert drawn(found.path, 100, 0).equals(shapely.box(100, -1, 103, 0))


def test_a_nation_of_islets_has_its_largest() -> None:
    found = nation_outline(np.array([shapely.box(100, 0, 100.1, 0.1), shapely.box(101, 0, 101.05, 0.05)]))
    assert found.path == "M2,2l-2,-2 2,0z"  # at this tolerance a triangle


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    make_small_release(out := tmp_path_factory.mktemp("outline"))
    return app_of(out).test_client()


def test_the_page_has_it_before_any_script(client: FlaskClient) -> None:
    page = read(client.get("/map?lang=id").data)
    outline = page.one("svg", **{"class": "outline"})
    assert outline.attributes["aria-hidden"] == "true"
    assert outline.one("path").attributes["d"].startswith("M")


@pytest.mark.national
def test_the_nation_is_like_itself_and_small(nation: Release) -> None:
    provinces = nation.read_shapes("unit-provinsi", "standard")
    found = nation_outline(provinces)
    assert len(gzip.compress(found.path.encode())) < 3000
    west, _, _, north = shapely.total_bounds(provinces)
    whole = shapely.coverage_union_all(provinces)
    shown = drawn(found.path, west, north)
    assert whole.symmetric_difference(shown).area / whole.area < 0.12
