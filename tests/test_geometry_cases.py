"""Defects of the geometry core that random maps brought to light, each by the smallest map that shows it."""

import numpy as np
import pandas as pd
import pytest
import shapely

from boundaries.errors import CoverageError, ReleaseError
from boundaries.ground.coverage import clean
from boundaries.ground.filling import _leaders
from boundaries.ground.grid import GRID
from boundaries.ground.landmass import FRAGMENT_M2
from boundaries.ground.measures import area_m2
from boundaries.ground.outlines import to_grid
from boundaries.ground.overlaps import resolve
from boundaries.ground.soundness import faulty, invalid_units
from boundaries.topology.arcs import build_topology
from boundaries.topology.generalise import generalise
from boundaries.topology.mending import _squares
from boundaries.topology.validity import check

KM = 1 / 111.195
M = KM / 1000


def topology_of(*polygons):
    codes = [str(11 + i) for i in range(len(polygons))]
    return build_topology({"unit": (pd.DataFrame({"kode": codes}), np.array(polygons, dtype=object))})


# --- a hole that touches its outline where a border begins ---------------------------------------------

LAKE = shapely.Polygon(
    [(121, -3), (121.2, -3), (121.2, -2.9), (121.2, -2.8), (121, -2.8)],
    [[(121.2, -2.9), (121.1, -2.95), (121.1, -2.85)]],
)
BESIDE = shapely.Polygon([(121.2, -2.9), (121.3, -2.9), (121.3, -2.8), (121.2, -2.8)])


def test_a_hole_that_touches_its_outline_where_a_border_begins_is_no_fault():
    pair = np.array([LAKE, BESIDE], dtype=object)
    assert not shapely.coverage_is_valid(pair)  # what GEOS says of it
    check(topology_of(*pair))
    assert len(invalid_units(pair)) == 0
    result = clean(["11", "12"], pair)
    assert shapely.equals(result.geometry, pair).all()


@pytest.mark.parametrize(
    "other",
    [
        shapely.box(121.15, -2.9, 121.3, -2.8),  # over the outline
        shapely.box(121.19, -2.99, 121.195, -2.985),  # wholly inside
        shapely.box(121.2, -2.95, 121.3, -2.8),  # beside it, with a vertex that it has not
        LAKE,  # the same ground
    ],
)
def test_what_is_at_fault_is_found(other):
    both = np.array([LAKE, other], dtype=object)
    assert len(faulty(both)) == 2
    assert len(invalid_units(both))


def test_a_point_off_the_grid_is_at_fault():
    assert list(faulty(np.array([shapely.box(0, 0, 1, 1), shapely.box(2, 0, 3.00000005, 1)]))) == [1]


# --- ground that noding lost ------------------------------------------------------------------------------

NEAR_CORNERS = (
    (
        "POLYGON((0.0476522763492556 0.009676480273142,0.0472935874639885 0.0100142382251993,"
        "0.0370721304778532 0.01678293698618,0.0476522763492556 0.009676480273142))",
        "POLYGON((0.0476521719846986 0.0096764965766771,0.0430986958914068 0.0163272024282834,"
        "0.0423396103330296 0.0174339203556726,0.0476521719846986 0.0096764965766771))",
    ),
    (
        "POLYGON((105.01474627141775 -5.989833705517017,105.01546625491264 -5.990224351928799,"
        "105.01058061038499 -5.989897629191346,105.01474627141775 -5.989833705517017))",
        "POLYGON((105.01798635883473 -5.991078189099585,105.0156238601307 -5.990309590971339,"
        "105.01467888254375 -5.989797269209925,105.01515121511048 -5.9900533105190705,"
        "105.01278869886718 -5.9887722190375365,105.01798635883473 -5.991078189099585))",
    ),
)


@pytest.mark.parametrize("texts", NEAR_CORNERS)
def test_parts_whose_corners_nearly_meet_keep_their_ground(texts):
    parts = shapely.from_wkt(list(texts))
    before = area_m2(parts)
    pieces, part = resolve(parts)
    after = np.bincount(part, area_m2(pieces), 2)
    twice = area_m2(shapely.intersection(parts[:1], parts[1:]))[0]
    assert after.sum() == pytest.approx(before.sum() - twice, abs=100)
    assert (after - before).max() < 10


def test_the_smaller_part_wins_whatever_is_left_of_the_larger():
    def box(x, y, width, height):
        return shapely.box(*(np.array([x, y, x + width, y + height]) * KM))

    units = {"11.01": box(0, 0, 10, 10)}
    units |= {f"12.{i:02d}": box(0, i, 9.5, 1) for i in range(10)}
    units["13.01"] = box(9.6, 1, 3, 8)
    result = clean(list(units), np.array(list(units.values()), dtype=object))
    assert result.ledger.set_index("kode").loc["13.01", "overlap_lost_m2"] < 1000


@pytest.mark.parametrize("order", [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2]])
def test_of_parts_that_are_alike_the_lower_unit_gets_the_ground_in_any_order(order):
    def box(x):
        return shapely.box(*(np.array([x, 0, x + 1, 1]) * KM))

    codes = np.array(["11", "12", "12", "11"])
    parts = np.array([box(0), box(2), box(5), box(5)], dtype=object)  # the last is drawn for both
    result = clean(codes[order], parts[order])
    assert list(shapely.get_num_geometries(result.geometry)) == [2, 1]
    assert list(result.lost_parts["kode"]) == ["12"]
    assert list(result.lost_parts["now_in"]) == ["11"]


# --- the grid ---------------------------------------------------------------------------------------------


def test_what_rounding_breaks_is_mended_on_the_grid():
    thin = shapely.Polygon([(3.16e-6, 7.5e-7), (1.26e-6, 1.51e-6), (1.98e-6, 1.89e-6), (3.29e-6, 6.9e-7)])
    rounded = to_grid(np.array([thin], dtype=object))
    steps = shapely.get_coordinates(rounded) * 10**GRID
    assert np.abs(steps - np.rint(steps)).max(initial=0) < 1e-3
    assert shapely.is_valid(rounded).all()


def test_no_point_stands_twice_in_a_row():
    ring = shapely.Polygon(
        [(105, -6), (105.001, -6), (105.00100004, -5.99999996), (105.001, -5.999), (105, -5.999)]
    )
    xy = shapely.get_coordinates(to_grid(np.array([ring], dtype=object)))
    assert (np.diff(xy, axis=0) != 0).any(axis=1).all()
    assert len(xy) == 5


# --- crumbs and gaps --------------------------------------------------------------------------------------


def test_a_unit_of_which_a_crumb_is_left_is_an_error_that_names_it():
    one = shapely.Polygon(np.array([(0, 0), (50, 0), (50, 50), (0, 50)]) * M)
    other = shapely.Polygon(np.array([(0, 0), (50, 0), (50.02, 50), (0, 50)]) * M)
    with pytest.raises(CoverageError, match="emptied unit 12"):
        clean(["11", "12"], np.array([one, other], dtype=object))


def test_a_crumb_of_an_overlap_goes_to_the_neighbour():
    large = shapely.Polygon(
        np.array([(0, 0), (100, 0), (100, 100), (51, 100), (50, 100.5), (49, 100), (0, 100)]) * M
    )
    small = shapely.Polygon(np.array([(0, 60), (100, 60), (100, 100.2), (0, 100.2)]) * M)
    result = clean(["11", "12"], np.array([large, small], dtype=object))
    assert list(shapely.get_num_geometries(result.geometry)) == [1, 1]
    assert area_m2(shapely.get_parts(result.geometry)).min() >= FRAGMENT_M2


def test_a_gap_that_unmatched_edges_hid_is_filled():
    texts = (
        "POLYGON((114.87544665400003 -8.208313093999948,114.87553199500007 -8.212328962999948,114.87619630031982 "
        "-8.214031833333333,114.87251413333334 -8.208031833333333,114.87544665400003 -8.208313093999948))",
        "POLYGON((114.87556566700005 -8.212520132999941,114.87544665400003 -8.208313093999948,114.87619630031982 "
        "-8.214031833333333,114.87556566700005 -8.212520132999941))",
        "POLYGON((114.87558721700009 -8.208882393999943,114.87537520663348 -8.208031833333333,114.87851413333334 "
        "-8.21070899839236,114.87558721700009 -8.208882393999943))",
    )
    result = clean(["11", "12", "13"], shapely.from_wkt(list(texts)))
    whole = shapely.get_parts(shapely.union_all(result.geometry))
    assert sum(len(part.interiors) for part in whole) == len(result.gaps_kept) == 0


def test_no_border_in_a_net_of_slivers_runs_beside_a_vertex():
    a, b, c, d, e = (0, 0), (19974, -4606), (19972, -4606), (19709, -4548), (71270, -14991)
    triangles = [(a, b, e), (a, d, b), (d, c, b)]  # a-b passes c by half a step, and c is no corner beside it
    sides = np.array([[(t[i], t[(i + 1) % 3]) for i in range(3)] for t in triangles])
    assert len(set(_leaders(sides))) == 1
    apart = np.array([[(t[i], t[(i + 1) % 3]) for i in range(3)] for t in [(a, b, e), (a, (0, -9000), b)]])
    assert list(_leaders(apart)) == [0, 1]


# --- areas ------------------------------------------------------------------------------------------------


def test_a_point_more_on_a_long_edge_changes_no_area():
    long = shapely.Polygon([(100, 0), (102, 2), (100, 2)])
    assert area_m2(shapely.segmentize(long, 0.01)) == pytest.approx(area_m2(long), rel=1e-8)


def test_a_box_across_180_degrees_is_as_large_as_elsewhere():
    assert area_m2(shapely.box(179.9, 0, 180.1, 1)) == pytest.approx(area_m2(shapely.box(99.9, 0, 100.1, 1)))


# --- generalised ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(20))
def test_mending_looks_along_a_segment_not_into_all_of_its_box(seed):
    a, b = np.random.default_rng(seed).integers(-100_000, 100_000, (2, 2))
    squares = set(_squares(a, b, 7))
    along = a + np.linspace(0, 1, 50_000)[:, None] * (b - a)
    for aside in ([0, 0], [7, 7], [-7, 7], [7, -7], [-7, -7]):
        passed = np.unique(np.rint(along + aside).astype(np.int64) >> 6, axis=0)
        assert squares >= {(x, y) for x, y in passed.tolist()}
    assert len(squares) <= 4 * (np.abs(a - b).sum() / 64 + 4)


def test_an_enclave_in_a_small_enclave_keeps_its_place():
    def box(low, high):
        return shapely.box(low + 100, low, high + 100, high)

    outer = shapely.difference(box(0, 0.1), box(0.048, 0.052))  # a hundred cells wide
    middle = shapely.difference(box(0.048, 0.052), box(0.0495, 0.0505))  # four cells
    try:
        drawn = generalise(topology_of(outer, middle, box(0.0495, 0.0505)), 10_000, 0)
    except ReleaseError:
        pytest.fail("there is room for it")
    assert len(drawn.polygons("unit")) == 3


def test_faces_that_cannot_be_joined_on_a_coarse_grid_are_a_refusal(monkeypatch):
    def union_all(*_args, **_kwargs):
        raise shapely.errors.GEOSException("TopologyException: unable to assign free hole to a shell")

    def box(low, high):
        return shapely.box(low + 100, low, high + 100, high)

    monkeypatch.setattr(shapely, "union_all", union_all)
    outer = shapely.difference(box(0, 0.1), box(0.048, 0.052))
    with pytest.raises(ReleaseError, match="grid"):
        generalise(topology_of(outer, box(0.048, 0.052)), 10_000, 0)
