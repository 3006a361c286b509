"""Simplification: area stays, ends stay, lines stay apart, islands stay islands."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from boundaries.ground.box_index import Nearby
from boundaries.topology import linework, mending
from boundaries.topology.arcs import close
from boundaries.topology.islands import STAMPS, settle_outlines, settle_stamps
from boundaries.topology.landmasses import signed_area
from boundaries.topology.simplify import Lines, collapse


def star(seed: int, points: int = 60, centre: tuple[float, float] = (0, 0), size: float = 100) -> np.ndarray:
    """A wild ring around a centre, clockwise, that does not cross itself."""
    rng = np.random.default_rng(seed)
    angle = np.sort(rng.uniform(0, 2 * np.pi, points))[::-1]
    radius = size * rng.uniform(0.4, 1, points)
    return np.array(centre) + np.stack([np.cos(angle), np.sin(angle)], axis=1) * radius[:, None]


def rings(*each: np.ndarray) -> Lines:
    starts = np.concatenate([[0], np.cumsum([len(ring) for ring in each])])
    return Lines(np.concatenate(each), starts, np.ones(len(each), dtype=bool))


@given(st.integers(0, 10**6), st.integers(4, 120), st.floats(0, 1e5))
def test_collapse_keeps_the_area_of_every_ring(seed, points, limit):
    before = rings(star(seed, points), star(seed + 1, points, (500, 0)))
    after = collapse(before, np.array([limit, limit]))
    areas = [signed_area(*close(lines.points, lines.starts)) for lines in (before, after)]
    assert np.allclose(*areas, rtol=1e-9)
    assert (np.diff(after.starts) >= 3).all()
    assert len(after.points) <= len(before.points)


def test_collapse_goes_as_far_as_it_can_and_no_farther():
    ring = star(3, 200)
    none = collapse(rings(ring), np.array([0.0]))
    assert np.array_equal(none.points, ring)
    assert len(collapse(rings(ring), np.array([np.inf])).points) == 3


def test_collapse_leaves_the_ends_of_open_lines_and_other_lines_alone():
    line, other = star(5, 50), star(6, 50)
    lines = Lines(np.concatenate([line, other]), np.array([0, 50, 100]), np.zeros(2, dtype=bool))
    after = collapse(lines, np.array([1e9, 0.0]))
    assert np.array_equal(after.points[after.starts[:1]], line[:1])
    assert np.array_equal(after.points[after.starts[1] - 1], line[-1])
    assert np.array_equal(after.points[after.starts[1] :], other)
    assert after.starts[1] == 3  # two ends, and the point that keeps the area


@pytest.mark.slow
@given(st.integers(0, 10**6), st.floats(1, 50))
@settings(max_examples=40, deadline=None)
def test_mended_lines_meet_in_their_ends_only(seed, cell):
    """A tangle of rings side by side, on a grid far too coarse for it."""
    each = [star(seed + i, 40, (205.0 * (i % 3), 205.0 * (i // 3))) for i in range(9)]
    lines = rings(*each)
    graph = linework.graph(lines.points / cell, lines.starts, lines.ring)
    least = np.full(len(lines), 3)
    mending.drop_repeated(graph, least)
    failed = mending.mend(graph, least)
    mending.straighten(graph, least)
    place = graph.place[graph.alive]
    line = graph.line[graph.alive]
    drawn = shapely.linearrings(place.astype(float), indices=line)
    good = np.setdiff1d(np.arange(len(lines)), failed)
    assert shapely.is_simple(drawn[good]).all()
    i, j = shapely.STRtree(drawn[good]).query(drawn[good], predicate="intersects")
    assert (i == j).all()
    assert cell > 20 or not len(failed)


def test_what_clashes_is_found_as_shapely_finds_it():
    rng = np.random.default_rng(7)
    ends = rng.integers(0, 30, (200, 2, 2))
    ends = ends[(ends[:, 0] != ends[:, 1]).any(axis=1)]
    graph = linework.graph(
        ends.reshape(-1, 2).astype(float) + 0.001 * np.arange(2 * len(ends))[:, None] % 0.3,  # no shared ends
        2 * np.arange(len(ends) + 1),
        np.zeros(len(ends), dtype=bool),
    )
    graph.place = ends.reshape(-1, 2)
    found = {tuple(sorted(pair)) for pair in (linework.clashes(graph) // 2).tolist()}
    segments = shapely.linestrings(ends.astype(float))
    i, j = shapely.STRtree(segments).query(segments, predicate="intersects")
    assert found == {(a, b) for a, b in zip(i.tolist(), j.tolist(), strict=True) if a < b}


@pytest.mark.parametrize("count", [1, 40, 400])
def test_every_islet_of_a_swarm_gets_a_place_of_its_own(count):
    rng = np.random.default_rng(count)
    middle = rng.uniform(0, 12, (count, 2))
    islets = rings(*(m + 0.2 * star(i, 5, size=1) for i, m in enumerate(middle)))
    land = np.array([shapely.box(3, 3, 9, 9)], dtype=object)
    area = rng.uniform(0, 2.2, count)
    drawn = settle_stamps(islets, area, np.ones(count, dtype=bool), land)
    polygons = shapely.polygons(
        shapely.linearrings(
            drawn.points.astype(float), indices=np.repeat(np.arange(count), np.diff(drawn.starts))
        )
    )
    assert shapely.is_valid(polygons).all()
    assert not shapely.is_ccw(shapely.get_exterior_ring(polygons)).any()
    assert not shapely.intersects(polygons, land[0]).any()
    i, j = shapely.STRtree(polygons).query(polygons, predicate="intersects")
    assert (i == j).all()


def test_stamps_meet_only_in_points_of_the_grid():
    """The ground on which islets are kept apart by sets of points."""
    from boundaries.topology.islands import _INSIDE

    shapes = [shapely.Polygon(stamp) for stamp in STAMPS]
    for a, one in enumerate(shapes):
        inside = [p for p in np.ndindex(4, 4) if shapely.intersects(one, shapely.Point(p))]
        assert sorted(map(tuple, _INSIDE[a].tolist())) == sorted(inside)
        for b, other in enumerate(shapes):
            for dx in range(-4, 5):
                for dy in range(-4, 5):
                    moved = shapely.transform(other, lambda xy, by=(dx, dy): xy + np.array(by))
                    common = set(inside) & {(x + dx, y + dy) for x, y in _INSIDE[b].tolist()}
                    assert bool(common) == shapely.intersects(one, moved)


def test_islands_move_aside_the_larger_first_served():
    shapes = np.array(
        [shapely.box(0, 0, 4, 4), shapely.box(3, 3, 5, 5), shapely.box(20, 0, 22, 2)], dtype=object
    )
    moved, placed = settle_outlines(
        shapes, shapely.area(shapes), np.array([shapely.box(19, 0, 21, 1)], dtype=object)
    )
    assert moved[0].tolist() == [0, 0]
    assert np.abs(moved[1:]).max() <= 3
    assert (moved[1:] != 0).any(axis=1).all()
    assert not any(shapely.intersects(a, b) for a, b in [(placed[0], placed[1]), (placed[1], placed[2])])


@given(st.integers(0, 10**6), st.integers(0, 60), st.integers(1, 200))
def test_boxes_that_meet_are_found_as_shapely_finds_them(seed, count, spread):
    rng = np.random.default_rng(seed)
    low = rng.integers(-spread, spread, (count, 2))
    high = low + rng.geometric(0.1, (count, 2)) - 1
    boxes, only = shapely.box(*low.T, *high.T), rng.random(count) < 0.3
    i, j = shapely.STRtree(boxes).query(boxes)
    expected = {(a, b) for a, b in zip(i.tolist(), j.tolist(), strict=True) if a < b}
    nearby = Nearby(low, high)
    found = list(zip(*(each.tolist() for each in nearby.pairs()), strict=True))
    assert len(found) == len(set(found))
    assert set(found) == expected
    some = list(zip(*(each.tolist() for each in nearby.pairs(only)), strict=True))
    assert sorted(some) == sorted((a, b) for a, b in expected if only[a] or only[b])
    window = rng.integers(-spread, spread, 2)
    around = nearby.at(window, window + 7)
    assert set(around.tolist()) == set(
        shapely.STRtree(boxes).query(shapely.box(*window, *(window + 7))).tolist()
    )


@given(st.integers(0, 10**6))
def test_clashes_are_counted_as_they_are_found_one_by_one(seed):
    """A crowd of short segments on few places, with vertices in common: every way of meeting occurs."""
    rng = np.random.default_rng(seed)
    vertices = np.arange(9)
    place = rng.integers(0, 4, (9, 2))
    own, other = rng.choice(vertices, (2, 3)), rng.choice(vertices, (2, 5))
    trials = np.stack([place, place[rng.permutation(9)]])
    # a vertex stands at one place in a trial, but those of the others stay where they are in all
    moving = np.setdiff1d(own, other)
    trials[:, np.setdiff1d(vertices, moving)] = place[np.setdiff1d(vertices, moving)]
    on_plane = linework.on_plane
    crowd = linework.Crowd(tuple(own), tuple(other), *(on_plane(place[each]) for each in other))
    counts = crowd.counts(*(on_plane(trials[:, each]) for each in own))
    for trial, count in zip(trials, counts.tolist(), strict=True):

        def clash(one, two, at=trial):
            ends = [at[one[0]], at[one[1]], *one, at[two[0]], at[two[1]], *two]
            return bool(linework.clash(*(np.asarray(each) for each in ends)))

        mine, others = list(zip(*own, strict=True)), list(zip(*other, strict=True))
        expected = sum(clash(one, two) for one in mine for two in others)
        expected += sum(clash(mine[a], mine[b]) for a in range(3) for b in range(a))
        expected += sum((trial[a] == trial[b]).all() for a, b in mine)
        assert count == expected
