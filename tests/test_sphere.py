"""Valid on the plane, valid on the sphere: S2 (R's sf, BigQuery) takes every polygon of a coverage."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import shapely

from boundaries.errors import CoverageError
from boundaries.ground import coverage as cleaning
from boundaries.ground.coverage import clean
from boundaries.ground.dissolve import Ground
from boundaries.ground.geodesics import bent, mended
from boundaries.ground.grid import GRID
from boundaries.topology.lighter import lighter
from boundaries.verify.geometry_rules import refused_by_s2, sphere


def hole_near_a_long_side(gap: float, length: float = 0.4, lat: float = -5.0) -> np.ndarray:
    """A rectangle with a long upper side, a hole in it whose corner is `gap` degrees under that side, and what lies in
    the hole."""
    hole = shapely.Polygon([(136.2, round(lat - gap, GRID)), (136.18, lat - 0.05), (136.22, lat - 0.05)])
    outside = shapely.box(136.0, lat - 0.2, 136.0 + length, lat)
    return np.array([shapely.MultiPolygon([outside.difference(hole)]), shapely.MultiPolygon([hole])])


@pytest.mark.parametrize(("lat", "gap"), [(-5.0, 2e-7), (-5.0, 5e-6), (5.0, 2e-7), (-9.5, 1e-5)])
def test_an_edge_that_bends_past_a_vertex_is_cut(lat: float, gap: float) -> None:
    pytest.importorskip("spherely")
    # South of the equator edges along a parallel bend to the south, north of it to the north.
    coverage = hole_near_a_long_side(gap, lat=lat)
    if lat > 0:
        coverage = shapely.transform(coverage, lambda xy: xy * (1, -1) + (0, 2 * lat))
        coverage = shapely.transform(coverage, lambda xy: np.round(xy, GRID))
    assert refused_by_s2(coverage)
    assert len(bent(coverage).ends)
    better = mended(coverage)
    assert refused_by_s2(better) == {}
    assert len(bent(better).ends) == 0
    assert shapely.is_valid(better).all()
    assert shapely.coverage_is_valid(better)
    old = shapely.get_coordinates(coverage[0])
    assert {tuple(point) for point in old} < {tuple(point) for point in shapely.get_coordinates(better[0])}
    assert shapely.hausdorff_distance(better, coverage).max() < 1e-7
    again = mended(better)
    assert all(one is other for one, other in zip(again, better, strict=True))


def test_a_coverage_that_is_well_is_given_back_as_it_is() -> None:
    coverage = hole_near_a_long_side(1e-3)
    assert all(one is other for one, other in zip(mended(coverage), coverage, strict=True))


def test_neighbours_have_the_new_points_too_and_unions_stay() -> None:
    above = shapely.box(136.0, -5.0, 136.4, -4.9)
    coverage = mended(np.array([*hole_near_a_long_side(2e-7), shapely.MultiPolygon([above])]))
    assert shapely.coverage_is_valid(coverage)
    union = shapely.coverage_union_all(coverage)
    assert shapely.equals(union, shapely.box(136.0, -5.2, 136.4, -4.9)) or union.area == pytest.approx(0.12)
    assert len(shapely.get_parts(union)[0].interiors) == 0


def test_what_is_cleaned_and_what_is_generalised_is_valid_on_the_sphere() -> None:
    pytest.importorskip("spherely")
    result = clean(["10", "11"], hole_near_a_long_side(2e-7))
    light = lighter(result.geometry, 200.0)
    for geometry in (result.geometry, light):
        assert refused_by_s2(geometry) == {}
        ground = Ground(result.codes, geometry, np.ones(2))
        assert refused_by_s2(ground.union(np.zeros(2, dtype=int), 1)) == {}


def test_what_was_cut_is_proven_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def badly(geometry: np.ndarray) -> np.ndarray:
        out = mended(geometry)
        out[0] = shapely.transform(out[0], lambda xy: xy + 0.001)
        return out

    monkeypatch.setattr(cleaning, "mended", badly)
    with pytest.raises(CoverageError, match="the polygons of 10, 11 are no valid coverage"):
        clean(["10", "11"], hole_near_a_long_side(2e-7))


def test_edges_of_many_lengths_and_places_agree_with_s2() -> None:
    """What `bent` calls well S2 takes, and what S2 refuses `bent` finds: over slopes, places and distances."""
    pytest.importorskip("spherely")
    rng = np.random.default_rng(7)
    refused = 0
    for _ in range(300):
        start = np.round(rng.uniform((95, -11), (140, 6)), GRID)
        step = np.round(rng.uniform(-0.5, 0.5, 2), GRID)
        share, off = rng.uniform(0.1, 0.9), 10 ** rng.uniform(-7, -4)
        side = np.array([-step[1], step[0]]) / np.hypot(*step)
        near = np.round(start + step * share + side * off, GRID)
        far = np.round(start + step / 2 + side * 0.3, GRID)
        back = np.round(start + step / 2 + side * 0.1, GRID)
        triangle = shapely.Polygon([start, start + step, far], [[near, back, back + side * 0.01]])
        shape = shapely.MultiPolygon([shapely.set_precision(triangle, 0)])
        shape = shapely.transform(shape, lambda xy: np.round(xy, GRID))
        if not shape.is_valid:
            continue
        shapes = np.array([shape])
        refused += bool(refused_by_s2(shapes))
        assert bool(len(bent(shapes).ends)) >= bool(refused_by_s2(shapes))
        assert refused_by_s2(mended(shapes)) == {}
    assert refused > 20


def test_verify_tells_of_an_edge_that_bends_past_a_vertex() -> None:
    geometry, found = hole_near_a_long_side(2e-7), {}
    for name, shapes in (("as drawn", geometry), ("mended", mended(geometry))):
        contents: Any = SimpleNamespace(
            release=SimpleNamespace(manifest={}), layers=[], plan_layers=[], unit_layers=[],
            ground=SimpleNamespace(codes=np.array(["10", "11"])), base_geometry=lambda _, shapes=shapes: shapes,
        )  # fmt: skip
        found[name] = sphere(contents).findings
    assert {each.what for each in found["as drawn"]} == {"vertex, detail full"}
    assert found["mended"] == []
