"""Which polygons a base unit gets, and what is said of those that have none."""

import numpy as np
import pytest
import shapely

from boundaries.errors import SourceError
from boundaries.ground.base_units import BaseUnits, LevelPolygons, assemble
from boundaries.law.registry import load_registry

BASE = ["34.71.01", "34.71.02", "51.71.01.1001"]


def of(*codes: str, partial: bool = True) -> BaseUnits:
    geometry = np.array([shapely.box(i, 0, i + 0.5, 0.5) for i in range(100, 100 + len(codes))], dtype=object)
    level = LevelPolygons("kecamatan", np.array(codes, dtype=object), geometry)
    return assemble([level], BASE, load_registry(), partial=partial)


def test_units_outside_a_partial_map_are_listed_as_missing() -> None:
    missing = of("34.71.01").missing
    assert list(missing["kode"]) == ["34.71.02", "51.71.01.1001"]
    assert set(missing["alasan"]) == {"outside the ground that this source covers"}


def test_a_partial_map_that_is_too_coarse_for_a_plan_is_refused() -> None:
    """Ground that the map does show is not outside of it."""
    with pytest.raises(
        SourceError, match=r"no desa 51\.71\.01\.1001.*above them \(51\.71\.01\): add the level desa"
    ):
        of("34.71.01", "51.71.01")


def test_a_map_of_a_part_is_told_of_the_key_partial_first() -> None:
    with pytest.raises(SourceError, match=r"no polygon of 34\.71\.02.*set partial = true"):
        of("34.71.01", "51.71.01", partial=False)


def test_a_code_of_no_unit_is_refused() -> None:
    with pytest.raises(SourceError, match=r"codes that no unit of 2025 has: 34\.71\.91; correct"):
        of("34.71.01", "34.71.91")


def test_a_new_unit_takes_its_ground_out_of_the_parent_even_where_it_is_the_larger() -> None:
    parent, new = shapely.box(133.0, -1.0, 133.2, -0.8), shapely.box(133.05, -1.0, 133.4, -0.8)
    codes = np.array(["92.02.05", "92.02.33"], dtype=object)
    drawn = LevelPolygons("kecamatan", codes, np.array([parent, new], dtype=object))
    found = assemble([drawn], tuple(codes), load_registry(), overlays={"92.02.33": ("92.02.05",)})
    by_code = dict(zip(found.codes, found.geometry, strict=True))
    assert by_code["92.02.05"].area == pytest.approx(parent.difference(new).area)
    assert by_code["92.02.33"].equals(new)
    assert "reduced by 92.02.33" in found.notes["92.02.05"]
    assert list(found.altered["code"]) == ["92.02.05"]
