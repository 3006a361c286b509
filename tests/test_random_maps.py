"""What holds for any map however badly it is drawn. More maps: RANDOM_MAPS=5000."""

import os

import numpy as np
import pandas as pd
import pytest
import shapely

from boundaries.errors import CoverageError, ReleaseError
from boundaries.ground.coverage import Coverage, clean
from boundaries.ground.landmass import FRAGMENT_M2
from boundaries.ground.measures import area_m2
from boundaries.ground.repair import repair
from boundaries.ground.soundness import faulty
from boundaries.topology.arcs import build_topology
from boundaries.topology.generalise import generalise
from tests.random_maps import random_map

COUNT = int(os.environ.get("RANDOM_MAPS", "80"))


@pytest.fixture(scope="module")
def cleaned() -> dict[int, Coverage]:
    """Maps that can be cleaned, by their seed; of the others the message must say what is wrong with the map."""
    found = {}
    for seed in range(COUNT):
        try:
            found[seed] = clean(*random_map(seed), workers=1)
        except CoverageError as error:
            if "report this as a bug" in str(error):
                raise
    assert len(found) > 0.6 * COUNT
    return found


def test_every_outcome_is_a_valid_coverage_on_the_grid(cleaned):
    for seed, result in cleaned.items():
        assert shapely.is_valid(result.geometry).all(), seed
        assert len(faulty(result.geometry)) == 0, seed
        assert area_m2(shapely.get_parts(result.geometry)).min() >= FRAGMENT_M2 - 0.01, seed


def test_no_gap_is_open_and_unlisted(cleaned):
    for seed, result in cleaned.items():
        whole = shapely.get_parts(shapely.coverage_union_all(result.geometry))
        open_ = sum(shapely.get_num_interior_rings(whole))
        assert open_ <= len(result.gaps_kept), seed


def test_what_is_clean_comes_back_to_the_vertex(cleaned):
    for seed, result in cleaned.items():
        again = clean(result.codes, result.geometry, workers=1)
        assert (shapely.to_wkb(again.geometry) == shapely.to_wkb(result.geometry)).all(), seed


@pytest.mark.slow
def test_the_order_of_the_input_does_not_matter(cleaned):
    for seed, result in cleaned.items():
        codes, polygons = random_map(seed)
        order = np.random.default_rng(seed).permutation(len(codes))
        other = clean(codes[order], polygons[order], workers=1)
        assert (shapely.to_wkb(other.geometry) == shapely.to_wkb(result.geometry)).all(), seed


def test_ground_is_kept_or_the_ledger_says_where_it_went(cleaned):
    for seed, result in cleaned.items():
        table = result.ledger.set_index("kode")
        told = table["area_source_m2"] - table["overlap_lost_m2"] + table["gap_filled_m2"]
        # a part under 1 m² that went to a neighbour, and lines that moved by a centimetre
        near = 1 + 2 * table["parts_source"] + 0.02 * np.sqrt(table["area_source_m2"])
        assert ((told - table["area_m2"]).abs() <= near + 0.01 * told).all(), seed
        claimed = area_m2(np.array([shapely.union_all(repair(random_map(seed)[1])[0])], dtype=object))[0]
        kept = result.totals["area_m2"] - result.totals["gaps_filled_m2"]
        assert kept == pytest.approx(claimed, rel=1e-3, abs=50), seed


@pytest.mark.slow
@pytest.mark.parametrize("step", [10, 200, 5_000])
def test_generalised_or_refused_never_wrong(cleaned, step):
    for seed, result in list(cleaned.items())[: COUNT // 5]:
        frame = pd.DataFrame({"kode": result.codes})
        topology = build_topology({"unit": (frame, result.geometry)})
        try:
            drawn = generalise(topology, step, step * 0.1)
        except ReleaseError:
            continue
        shapes = drawn.polygons("unit")
        assert not shapely.is_empty(shapes).any(), seed
        assert (shapely.get_num_geometries(shapes) == shapely.get_num_geometries(result.geometry)).all(), seed
