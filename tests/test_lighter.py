"""The lighter detail of a coverage: the same map with fewer vertices, no line farther off than it says."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from boundaries.errors import ReleaseError
from boundaries.ground.coverage import clean
from boundaries.ground.soundness import invalid_units
from boundaries.release.store import Release
from boundaries.topology import lighter as module
from boundaries.topology.lighter import STANDARD_M, lighter

DEGREE_M = 111_695.0


def noisy(random: np.random.Generator, cells: int, points: int) -> np.ndarray:
    """A clean coverage of cells with wiggly borders, islets beside the coast and an enclave."""
    sites = shapely.points((110, 0) + random.random((cells, 2)) * 0.2)
    box = shapely.box(110, 0, 110.2, 0.2)
    faces = shapely.get_parts(
        shapely.voronoi_polygons(shapely.multipoints(sites), extend_to=box, ordered=True)
    )
    faces = shapely.intersection(faces, box)
    shake = random.normal(0, 0.2 / points / 3, (10_000, 2))

    def moved(xy: np.ndarray) -> np.ndarray:
        key = (np.abs(np.round(xy * 1e9)).astype(np.int64).sum(axis=1)) % len(shake)
        return xy + shake[key]

    shaken = shapely.transform(shapely.segmentize(faces, 0.2 / points), moved)
    corner = (110.2005, 0) + random.random((5, 2)) * (0.002, 0.2)
    islets = shapely.box(*corner.T, *(corner + 0.0003).T)
    codes = [f"34.71.{n:02d}" for n in range(len(shaken))] + ["34.71.00"] * len(islets)
    assert len(shaken) == cells
    return clean(codes, np.concatenate([shaken, islets])).geometry


def apart_m(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return shapely.hausdorff_distance(shapely.boundary(one), shapely.boundary(other)) * DEGREE_M


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 12), st.sampled_from([20.0, 140.0, 1000.0]))
def test_lines_stay_near_and_the_coverage_valid(seed: int, cells: int, tolerance: float) -> None:
    whole = noisy(np.random.default_rng(seed), cells, 150)
    light = lighter(whole, tolerance)
    assert len(invalid_units(light)) == 0
    assert (apart_m(whole, light) <= tolerance).all()
    assert (shapely.get_num_geometries(light) == shapely.get_num_geometries(whole)).all()
    holes = [shapely.get_num_interior_rings(shapely.get_parts(each)).sum() for each in (whole, light)]
    assert holes[0] == holes[1]
    assert shapely.get_num_coordinates(light).sum() <= shapely.get_num_coordinates(whole).sum()


def test_an_islet_that_a_straighter_coast_would_swallow_stays_at_sea() -> None:
    """A bay 60 m deep with an islet in it: at 200 m the coast may not be drawn across the bay."""
    bay = [(110, 0), (110.01, 0), (110.01, 0.01), (110.0055, 0.01), (110.0052, 0.0095), (110.0048, 0.0095),
           (110.0045, 0.01), (110, 0.01)]  # fmt: skip
    islet = shapely.box(110.00499, 0.0098, 110.00501, 0.00985)
    whole = shapely.multipolygons([[shapely.Polygon(bay)], [islet]])
    light = lighter(whole, STANDARD_M)
    assert len(invalid_units(light)) == 0
    assert not shapely.intersects(*light)
    alone = lighter(whole[:1], STANDARD_M)
    assert shapely.get_num_coordinates(alone)[0] < shapely.get_num_coordinates(light)[0]  # the islet is why


def test_what_is_no_coverage_is_refused() -> None:
    crossing = shapely.multipolygons(
        [[shapely.box(110, 0, 110.1, 0.1)], [shapely.box(110.05, 0.05, 110.2, 0.2)]]
    )
    with pytest.raises(ReleaseError, match="not a coverage"):
        lighter(crossing, STANDARD_M)


def test_only_what_moved_is_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The outcome is that of looking at everything in every round."""
    whole = noisy(np.random.default_rng(3), 12, 150)
    light = lighter(whole, 300.0)
    monkeypatch.setattr(module, "_unfit_around", lambda drawn, changed: np.flatnonzero(module._unfit(drawn)))
    assert (shapely.to_wkb(lighter(whole, 300.0)) == shapely.to_wkb(light)).all()


@pytest.mark.national
def test_standard_is_within_its_tolerance_in_the_nation(nation: Release) -> None:
    frame, whole = nation.read_layer("unit-desa")
    _, light = nation.read_layer("unit-desa", "standard")
    assert (apart_m(whole, light) <= nation.tolerance_m("standard")).all(), frame
    assert shapely.get_num_coordinates(light).sum() < 0.3 * shapely.get_num_coordinates(whole).sum()
