"""Room on a coarse grid: lines are spread where they crowd, and only there; what is drawn so is whole and valid."""

import json

import numpy as np
import pandas as pd
import pytest
import shapely

from boundaries.errors import ReleaseError
from boundaries.exports import topojson
from boundaries.ground.coverage import Coverage, clean
from boundaries.ground.grid import GRID
from boundaries.release.store import open_release
from boundaries.topology import details, room
from boundaries.topology.arcs import Topology, build_topology
from boundaries.topology.cost import Costs
from boundaries.topology.details import Detail, sized
from boundaries.topology.generalise import generalise
from boundaries.topology.simplify import METRES
from boundaries.topology.validity import check
from tests.random_maps import random_map
from tests.small import make_small_release

SEEDS = (*range(9), 20)
"""Of these 6 and 20 have no room on the coarse grid of the test."""


@pytest.fixture(scope="module")
def maps() -> dict[int, Topology]:
    return {seed: topology_of(clean(*random_map(seed), workers=1)) for seed in SEEDS}


def topology_of(cleaned: Coverage) -> Topology:
    return build_topology({"unit": (pd.DataFrame({"kode": cleaned.codes}), cleaned.geometry)})


@pytest.mark.parametrize("radius", [4_000, 40_000, 400_000])
def test_under_the_lens_nothing_meets_that_did_not_and_beyond_it_nothing_moves(maps, radius):
    moved = 0
    for seed, topology in maps.items():
        rng = np.random.default_rng(seed)
        around = topology.points[rng.integers(0, len(topology.points), 2)]
        around = around + rng.integers(-radius, radius, (2, 2))
        after = room.spread(topology, around, radius, radius / 40)
        try:
            check(after)
        except ReleaseError:  # points a centimetre apart fell together: seen, and refused
            continue
        moved += 1
        for old, new in ((topology, after), (after, topology)):
            far = (np.hypot(*(old.points[:, None] - around).transpose(2, 0, 1)) > 1.01 * radius).all(axis=1)
            there = {tuple(point) for point in new.points.tolist()}
            assert {tuple(point) for point in old.points[far].tolist()} <= there, seed
        ends = [np.stack([t.points[t.starts[:-1]], t.points[t.starts[1:] - 1]]) for t in (topology, after)]
        assert np.hypot(*(ends[1] - ends[0]).reshape(-1, 2).T).max() <= 2 * radius / 4 + 2, seed
    assert moved >= 0.6 * len(maps)


def test_where_a_map_has_no_room_it_is_made_and_the_grid_kept(maps):
    """Never wrong, no island lost, and not a line moved where there was room."""
    step = 5_000
    refused, helped = 0, 0
    for seed, topology in maps.items():
        drawn, detail = sized(topology, Detail(step, step * 0.1))
        check(drawn)
        shapes = drawn.polygons("unit")
        assert shapely.coverage_is_valid(shapes), seed
        parts = [shapely.get_num_geometries(each) for each in (shapes, topology.polygons("unit"))]
        assert (parts[0] == parts[1]).all(), seed
        try:
            plain = generalise(topology, step, step * 0.1)
        except room.NoRoomError:
            refused += 1
            helped += detail.step == step and detail.spread > 0
        except ReleaseError:
            continue
        else:
            assert (detail.step, detail.spread) == (step, 0), seed
            assert (drawn.points == plain.points).all(), seed
    assert refused == helped == 2


def test_places_that_lie_together_are_one():
    places = np.array([[0, 0], [1, 0], [100, 0], [0, 1]])
    assert room.centres(places, 8).tolist() == room.centres(places[::-1], 8).tolist()
    assert len(room.centres(places, 8)) == 2
    assert room.centres(np.empty((0, 2)), 8).shape == (0, 2)


@pytest.mark.parametrize("seed", [0, 1, 2, 4, 5, 7])
def test_the_distance_that_is_told_holds_how_far_lines_were_moved_aside(maps, seed):
    """A corner a quarter of the radius beside the middle moves by another quarter: the most that a lens does."""
    topology, step, radius = maps[seed], 500, 100_000
    cell = step / 10**GRID * METRES
    corner = topology.points[topology.starts[:-1]][~topology.closed][0]
    middle = corner + np.array([radius // 4, 0])
    aside = room.spread(topology, middle[None], radius, room.spacing(step))
    plain, drawn = (generalise(topology, step, cell, each) for each in (topology, aside))
    before, after = (Costs(topology, topology, each).of("unit")["hausdorff_m"] for each in (plain, drawn))
    assert after.max() == pytest.approx(radius / 4 / step * cell, abs=cell)
    assert before.max() < after.max() / 5
    reached = np.array([
        shapely.dwithin(shapely.boundary(each), shapely.Point(middle / 10**GRID), radius / 10**GRID)
        for each in topology.polygons("unit")
    ])  # fmt: skip
    assert (before == after)[~reached].all()
    assert 0 < reached.sum() < len(reached)


def test_the_file_says_at_how_many_places_lines_were_moved_aside(tmp_path, monkeypatch):
    release = open_release(make_small_release(tmp_path))
    whole, refused = details.generalise, []

    def once(topology, step, tolerance_m, spread):
        if not refused:
            refused.append(topology.points.mean(axis=0) / step)
            raise room.NoRoomError("no room", np.array(refused))
        return whole(topology, step, tolerance_m, spread)

    plain = topojson.one(release, 2024, "dpr", "", "web")
    monkeypatch.setattr(details, "generalise", once)
    file = topojson.one(release, 2024, "dpr", "", "web")
    told = json.loads(file.content)["about"]
    assert told == json.loads(plain.content)["about"] | {"spread": 1}
    assert file.topology.tables["dpr"]["id"].tolist() == plain.topology.tables["dpr"]["id"].tolist()
