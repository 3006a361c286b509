"""How sure a border is: what two drawings of the same units say of each other."""

import numpy as np
import pandas as pd
import pytest
import shapely

from boundaries.ground.accuracy import (
    border_distances,
    drawn_elsewhere,
    outline_evidence,
    quantiles,
    shared_borders,
)
from boundaries.ground.dissolve import Ground
from boundaries.law.registry import load_registry
from boundaries.law.tables import read_table
from boundaries.release.surety import accuracy_table
from boundaries.sources import load_source, read_accuracy

UNITS = np.array(["34.71.01", "34.71.02", "34.71.03"])
KM2 = 123.64  # of a square of 0.1 degree at the equator


def row(*widths: float, low: float = 0.0) -> np.ndarray:
    """Rectangles of 0.1 degree height side by side."""
    east = 110 + np.cumsum(widths)
    return shapely.box(east - widths, low, east, low + 0.1)


def test_ground_that_outline_and_desa_disagree_on_is_told_on_both_sides() -> None:
    found = outline_evidence(UNITS, row(0.12, 0.08, 0.1), UNITS, row(0.1, 0.1, 0.1)).set_index("kode")
    assert found["outline_di_lain_km2"].to_numpy() == pytest.approx([0.2 * KM2, 0, 0], rel=0.01)
    assert found["wilayah_di_lain_km2"].to_numpy() == pytest.approx([0, 0.2 * KM2, 0], rel=0.01)
    assert found["iou"].to_numpy() == pytest.approx([1 / 1.2, 0.8, 1], abs=1e-4)


def test_a_unit_without_an_outline_has_no_row() -> None:
    found = outline_evidence(UNITS[:2], row(0.1, 0.1), UNITS, row(0.1, 0.1, 0.1))
    assert list(found["kode"]) == ["34.71.01", "34.71.02"]


def test_a_desa_in_another_regions_outline_is_named_with_the_region() -> None:
    regions = dict(zip(["34.71.01", "34.01.01"], row(0.2, 0.2), strict=True))
    desa = np.array(["34.71.01.1001", "34.71.01.1002", "34.71.01.1003"])
    shapes = np.concatenate([row(0.1, 0.15), row(0.1, low=5.0)])  # at home, mostly beyond, in no outline
    shapes[1] = shapely.box(110.25, 0, 110.35, 0.1)
    found = drawn_elsewhere(desa, shapes, regions, 5)
    assert found.to_dict("records") == [{"kode": "34.71.01.1002", "di": "34.01"}]


def test_borders_are_those_that_two_units_share() -> None:
    pairs, lines = shared_borders(shapely.multipolygons(row(0.1, 0.1, 0.1), indices=np.arange(3)))
    assert pairs.tolist() == [[0, 1], [1, 2]]
    assert shapely.length(lines) == pytest.approx([0.1, 0.1])


def test_a_border_is_measured_to_the_same_border_of_the_other_map_only() -> None:
    """Moved by 0.01 degree, and past a border of other units that is nearer."""
    one, other = row(0.1, 0.1, 0.1), row(0.11, 0.05, 0.14)
    found = border_distances(UNITS, one, UNITS[[2, 0, 1]], other[[2, 0, 1]])
    far = found.groupby(["satu", "dua"])["jarak_m"].max()
    assert far["34.71.01", "34.71.02"] == pytest.approx(0.01 * 111_195)
    assert far["34.71.02", "34.71.03"] == pytest.approx(0.04 * 111_195)
    assert found["panjang_m"].sum() == pytest.approx(0.2 * 111_195)
    assert found["panjang_m"].max() < 250
    alone = border_distances(UNITS, one, UNITS[:2], other[:2])
    assert set(alone["dua"]) == {"34.71.02"}


def test_quantiles_count_length() -> None:
    found = quantiles(np.array([5.0, 1.0, 9.0]), np.array([1.0, 8.0, 1.0]), np.array([0.5, 0.85, 0.95]))
    assert found.tolist() == [1.0, 5.0, 9.0]


def test_the_table_has_a_row_a_kabkota_with_what_is_known() -> None:
    ground = Ground(
        np.array(["34.71.01", "34.71.02", "34.04.01"], dtype=object), row(0.1, 0.1, 0.1), np.full(3, 2e7)
    )
    measured = pd.DataFrame(
        {"kode": ["34.71"], "batas_km": ["12.5"], "beda_tengah_m": ["40"], "beda_90_m": ["300"]}
    )
    found = accuracy_table(ground, measured, load_registry()).set_index("kode")
    assert found.loc["34.71", ["luas_km2", "batas_km", "beda_90_m"]].tolist() == [40.0, 12.5, 300]
    assert found.loc["34.71", "rasio_luas"] == pytest.approx(40 / 32.83, abs=0.02)
    assert pd.isna(found.loc["34.04", "beda_90_m"])
    assert found.loc["34.04", "luas_resmi_km2"] > 0


def test_coarse_outlines_reach_as_far_as_both_figures_together() -> None:
    source = load_source("kemendagri-2025")
    fine, coarse = (
        read_accuracy(source, coarse=each).set_index("kode")["beda_90_m"] for each in (False, True)
    )
    more = read_table(
        source.beside(source.coarse_accuracy), ["kode", "beda_90_m"], optional=["batas_km", "beda_tengah_m"]
    )
    added = more.set_index("kode")["beda_90_m"]
    assert int(coarse["34.71"]) == int(fine["34.71"]) + int(added["34.71"])
    known = coarse[(coarse != "") & (fine != "")]
    assert len(known) > 480
    assert (known.astype(int) > fine[known.index].astype(int)).mean() > 0.99
