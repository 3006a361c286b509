"""Drawings where there is no room: a finer grid, in the end the release's own; never a failure, never silently."""

import json
from dataclasses import replace

import numpy as np
import pytest
import shapely

from boundaries.errors import ReleaseError
from boundaries.exports import topojson
from boundaries.release.store import Release, open_release
from boundaries.topology import coarse_lines, details
from boundaries.topology.simplify import Lines
from tests.small import make_small_release


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return open_release(make_small_release(tmp_path_factory.mktemp("releases")))


def refuse_coarser_than(monkeypatch: pytest.MonkeyPatch, finest: int) -> list[int]:
    """Let generalise fail on grids coarser than `finest`; return the steps that were tried."""
    tried: list[int] = []
    whole = details.generalise

    def refusing(topology, step, tolerance_m, spread):
        tried.append(step)
        if step > finest:
            raise ReleaseError("no room")
        return whole(topology, step, tolerance_m, spread)

    monkeypatch.setattr(details, "generalise", refusing)
    return tried


def test_the_coarsest_grid_that_has_room_is_taken(release: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = refuse_coarser_than(monkeypatch, 5_000)
    _, detail = details.sized(details.topology_of(release, 2024), details.DRAWINGS["web"])
    assert tried == [10_000, 8_000, 6_000, 4_000]
    assert (detail.step, detail.tolerance_m) == (4_000, pytest.approx(160))


def test_where_no_grid_has_room_the_file_is_made_all_the_same_and_says_so(
    release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_coarser_than(monkeypatch, 0)
    file = topojson.one(release, 2024, "dpr", "", "web")
    about = json.loads(file.content)["about"]
    assert about["size"] == "web"
    assert (about["precision_deg"], about["tolerance_m"]) == (1e-7, 0)
    frame, geometry = release.read_layer("dpr-2024")
    assert file.topology.tables["dpr"]["id"].tolist() == frame["id"].tolist()
    assert shapely.equals(shapely.normalize(file.topology.polygons("dpr")), shapely.normalize(geometry)).all()


def test_a_line_that_clashes_however_little_it_is_simplified_is_left_as_it_came(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An arch over a post: straightened at any limit but none, it would run through the post."""
    arch, post = [(0, 0), (2, 10), (8, 10), (10, 0)], [(5, -5), (5, 5)]
    lines = Lines(np.array([*arch, *post], dtype=float) * 10, np.array([0, 4, 6]), np.zeros(2, dtype=bool))

    def straightened(given: Lines, limit: np.ndarray) -> Lines:
        if not limit[:4].any():
            return replace(given, origin=np.arange(6))
        return Lines(given.points[[0, 3, 4, 5]], np.array([0, 2, 4]), given.ring, np.array([0, 3, 4, 5]))

    monkeypatch.setattr(coarse_lines, "collapse", straightened)
    drawn = coarse_lines.draw(lines, np.full(2, 1e6), 1000, None)
    assert drawn.points.tolist() == lines.points.tolist()
