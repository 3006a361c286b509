"""The base map of a province as TopoJSON holds what the lookup on the server asks."""

import json

import numpy as np
import pytest
import shapely

from boundaries.errors import ReleaseError
from boundaries.exports.basemap_topology import OBJECT, base_units, unit_topologies, unit_topology
from boundaries.release.lookup import Lookup
from boundaries.release.store import open_release
from tests.small import make_small_release


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return open_release(make_small_release(tmp_path_factory.mktemp("small")))


def decode(content: bytes) -> tuple[list[dict], np.ndarray]:
    """Properties and polygons of the object, by hand: whole numbers of 1e-7 degree, as a page would have them."""
    text = json.loads(content)
    assert list(text["objects"]) == [OBJECT]
    shift = np.rint(np.array(text["transform"]["translate"]) * 1e7)
    assert text["transform"]["scale"] == [1e-7, 1e-7]
    arcs = [np.cumsum(arc, axis=0) + shift for arc in text["arcs"]]

    def ring(refs):
        return np.concatenate([arcs[r][:-1] if r >= 0 else arcs[~r][:0:-1] for r in refs])

    found = []
    for feature in text["objects"][OBJECT]["geometries"]:
        parts = [feature["arcs"]] if feature["type"] == "Polygon" else feature["arcs"]
        polygons = [shapely.Polygon(ring(part[0]), [ring(hole) for hole in part[1:]]) for part in parts]
        found.append(shapely.MultiPolygon(polygons))
    properties = [feature["properties"] for feature in text["objects"][OBJECT]["geometries"]]
    return properties, np.array(found, dtype=object)


def assert_is_the_ground_of_the_lookup(release, files: dict[str, bytes]) -> None:
    lookup = Lookup.from_release(release)
    codes, shapes = [], []
    for province, content in files.items():
        properties, geometry = decode(content)
        assert all(each.keys() == {"kode", "nama"} and each["nama"] for each in properties)
        assert {each["kode"][:2] for each in properties} == {province}
        codes += [each["kode"] for each in properties]
        shapes.append(geometry)
    assert codes == lookup.codes.tolist()
    whole = shapely.transform(lookup.shapes, lambda xy: np.rint(xy * 1e7))
    assert shapely.equals_exact(shapely.normalize(np.concatenate(shapes)), shapely.normalize(whole), 0).all()


def test_a_province_has_the_base_units_of_the_lookup_to_the_last_digit(small):
    assert_is_the_ground_of_the_lookup(small, dict(unit_topologies(small)))


def test_desa_stand_for_the_kecamatan_that_is_split(small):
    codes = base_units(small)[0]["kode"].tolist()
    assert "32.04.01.2001" in codes
    assert "32.04.01" not in codes
    assert codes == sorted(codes)


def test_one_province_is_written_as_all_are(small):
    every = dict(unit_topologies(small))
    assert list(every) == ["31", "32", "81"]
    assert all(unit_topology(small, code) == content for code, content in every.items())


def test_a_province_that_is_not_there_is_named(small):
    with pytest.raises(ReleaseError, match=r"no base unit in province '99'; it has 31, 32, 81"):
        unit_topology(small, "99")


@pytest.mark.national
def test_the_nation_has_the_base_units_of_the_lookup(nation):
    files = dict(unit_topologies(nation))
    assert len(files) == 38
    assert_is_the_ground_of_the_lookup(nation, files)
