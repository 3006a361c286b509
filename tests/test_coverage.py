"""The coverage: what holds for any polygons, and what the defects of real maps turn into."""

import numpy as np
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyproj import Geod

from boundaries.errors import CoverageError
from boundaries.ground import coverage as cov
from boundaries.ground.grid import GRID
from boundaries.ground.measures import area_m2, edge_length_m

M = 1 / 111_195
"""About one metre in degrees at the equator."""


def square(x, y, w=1000.0, h=1000.0):
    return shapely.box(x * M, y * M, (x + w) * M, (y + h) * M)


def clean(polygons, codes=None, **kwargs):
    codes = codes or [f"{i:02d}" for i in range(10, 10 + len(polygons))]
    return cov.clean(codes, np.array(polygons, dtype=object), **kwargs)


def test_a_sliver_between_neighbours_is_filled():
    result = clean([square(0, 0), square(1040, 0), square(0, 1000, 2040)])
    assert shapely.coverage_is_valid(result.geometry)
    assert len(result.gaps_kept) == 0
    # open to the south it is no enclosed gap; close it
    closed = clean([square(0, 0), square(1040, 0), square(0, 1000, 2040), square(0, -1000, 2040)])
    assert closed.totals["gaps_filled"] == 1
    assert len(shapely.get_parts(shapely.union_all(closed.geometry))[0].interiors) == 0


def test_a_lake_stays_and_is_listed_with_its_place():
    ring = square(0, 0, 9000, 9000).difference(square(3000, 3000, 3000, 3000))
    result = clean(
        [ring.intersection(square(0, 0, 4500, 9000)), ring.intersection(square(4500, 0, 4500, 9000))]
    )
    assert len(result.gaps_kept) == 1
    gap = result.gaps_kept.iloc[0]
    assert gap["area_m2"] == pytest.approx(9e6, rel=0.01)
    assert shapely.Point(gap["lon"], gap["lat"]).within(square(3000, 3000, 3000, 3000))
    assert gap["neighbours"] == "10 11"


def test_a_narrow_strait_that_a_coarser_level_leaves_open_stays():
    units = [
        square(0, 0, 4000, 9000),
        square(4300, 0, 4000, 9000),
        square(0, 9000, 8300),
        square(0, -1000, 8300),
    ]
    land = np.array([square(0, 0, 4000, 9000), square(4300, 0, 4000, 9000)], dtype=object)
    assert clean(units).totals["gaps_kept"] == 0
    codes = ["11.01", "11.02", "11.03", "11.04"]
    assert clean(units, codes, land_evidence=land).totals["gaps_kept"] == 1


def test_between_two_regions_the_coarser_level_proves_nothing():
    units = [
        square(0, 0, 4000, 9000),
        square(4300, 0, 4000, 9000),
        square(0, 9000, 8300),
        square(0, -1000, 8300),
    ]
    land = np.array([square(0, 0, 4000, 9000), square(4300, 0, 4000, 9000)], dtype=object)
    assert clean(units, ["11.01", "12.01", "11.02", "11.03"], land_evidence=land).totals["gaps_kept"] == 0


def test_ground_claimed_twice_goes_to_the_smaller_part():
    parent, new = square(0, 0, 5000, 5000), square(4000, 4000, 1500, 1500)
    result = clean([parent, new])
    area = area_m2(result.geometry)
    assert area[1] == pytest.approx(2.25e6, rel=0.01)
    assert area[0] == pytest.approx(24e6, rel=0.01)


def test_an_exclave_inside_a_larger_neighbour_survives():
    mainland = shapely.MultiPolygon([square(-9000, 0, 8000, 8000), square(1000, 1000, 50, 50)])
    result = clean([mainland, square(0, 0, 3000, 3000)])
    assert result.totals["parts"] == 3
    assert result.lost_parts.empty


def test_every_part_of_an_archipelago_survives():
    islets = shapely.MultiPolygon([square(100 * i, 0, 12, 12) for i in range(500)])
    result = clean([islets, square(-9000, 0)])
    assert shapely.get_num_geometries(result.geometry[0]) == 500


def test_an_invalid_ring_is_rebuilt_and_counted():
    bowtie = shapely.Polygon([(0, 0), (1000 * M, 1000 * M), (1000 * M, 0), (0, 1000 * M)])
    result = clean([bowtie, square(1000, 0)])
    assert result.totals["invalid_source"] == 1
    assert shapely.is_valid(result.geometry).all()


def test_a_unit_wholly_under_another_is_an_error_that_names_it():
    with pytest.raises(CoverageError, match="11"):
        clean([square(0, 0), square(0, 0)])


def test_a_unit_without_polygon_is_an_error_that_names_it():
    with pytest.raises(CoverageError, match="unit 11 has no polygon"):
        clean([square(0, 0), shapely.MultiPolygon()])


def test_fragments_under_a_square_metre_are_counted_not_hidden():
    result = clean([shapely.MultiPolygon([square(0, 0), square(5000, 0, 0.3, 0.3)])])
    assert result.totals["fragments_left_out"] == 1


def test_coordinates_stand_on_the_grid():
    result = clean([square(0, 0), square(999.123, 0)])
    xy = shapely.get_coordinates(result.geometry)
    assert (xy == np.round(xy, GRID)).all()


def test_rows_of_one_code_are_joined():
    result = clean([square(0, 0), square(1000, 0), square(2000, 0)], codes=["11", "11", "12"])
    assert list(result.codes) == ["11", "12"]
    assert shapely.get_num_geometries(result.geometry[0]) == 1


def test_edges_are_measured_on_the_ellipsoid():
    pairs = np.array([[[1_100_000_000, 0], [1_100_100_000, 0]], [[0, -50_000_000], [0, -50_100_000]]])
    geod = Geod(ellps="WGS84")
    exact = [geod.inv(110, 0, 110.01, 0)[2], geod.inv(0, -5, 0, -5.01)[2]]
    assert edge_length_m(pairs) == pytest.approx(exact, rel=1e-6)


def jittered_grid(seed, n=5, shift=40.0):
    """A grid of squares whose corners each unit draws a little differently: overlaps and slivers everywhere."""
    rng = np.random.default_rng(seed)
    corners = np.array([[0, 0], [1000, 0], [1000, 1000], [0, 1000]], dtype=float)
    return [
        shapely.Polygon((corners + np.array([1000 * i, 1000 * j]) + rng.uniform(-shift, shift, (4, 2))) * M)
        for i in range(n)
        for j in range(n)
    ]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1))
@example(870)  # a net of slivers which one unit swallowed (+27.6 %)
def test_any_badly_drawn_grid_becomes_a_valid_coverage_without_holes(seed):
    result = clean(jittered_grid(seed))
    assert shapely.coverage_is_valid(result.geometry)
    assert shapely.is_valid(result.geometry).all()
    assert not shapely.is_empty(result.geometry).any()
    whole = shapely.get_parts(shapely.union_all(result.geometry))
    assert sum(len(p.interiors) for p in whole) == 0
    # no ground is invented: units differ from what was drawn by slivers only
    assert np.abs(result.ledger["area_change_pct"]).max() < 25


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
def test_the_order_of_the_input_does_not_matter(seed, order):
    polygons = jittered_grid(seed, n=4)
    codes = [f"{i:02d}" for i in range(10, 26)]
    shuffled = np.random.default_rng(order).permutation(16)
    one = clean(polygons, codes)
    two = clean([polygons[i] for i in shuffled], [codes[i] for i in shuffled])
    same = shapely.equals_exact(one.geometry, two.geometry, 2e-7)
    near = np.abs(area_m2(one.geometry) - area_m2(two.geometry)) < 2500
    assert (same | near).all()


def test_the_higher_priority_wins_whatever_the_areas():
    desa, rest = square(0, 0, 5000, 5000), square(4000, 0, 1500, 1500)
    result = clean([desa, rest], ["11.01", "11.02"], priority=[1, 0])
    assert area_m2(result.geometry) == pytest.approx([25e6, 0.75e6], rel=0.01)
    with pytest.raises(CoverageError, match=r"emptied unit 11\.02"):
        clean([desa, square(4000, 0, 500, 500)], ["11.01", "11.02"], priority=[1, 0])


def test_the_number_of_processes_does_not_matter(monkeypatch):
    monkeypatch.setattr("boundaries.ground.landmass._BATCH", 30)
    islands = [
        shapely.affinity.translate(each, xoff=0.2 * i) for i in range(4) for each in jittered_grid(i, n=3)
    ]
    one, two = (clean(islands, workers=workers) for workers in (1, 2))
    assert (shapely.to_wkb(one.geometry) == shapely.to_wkb(two.geometry)).all()
    assert one.ledger.equals(two.ledger)
    assert one.totals == two.totals


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_what_is_clean_comes_back_to_the_vertex(seed):
    once = clean(jittered_grid(seed, shift=100))
    again = cov.clean(once.codes, once.geometry)
    assert (shapely.to_wkb(once.geometry) == shapely.to_wkb(again.geometry)).all()
