"""Which units are the base of a map, which polygons each gets, and what is said of those that have none."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import shapely

from boundaries.errors import SourceError
from boundaries.ground.base_units import BaseUnits, LevelPolygons, assemble
from boundaries.law.codes import Level, level
from boundaries.law.registry import Registry

#: Two kecamatan of three and two desa, and one whose desa no map below draws.
REGISTRY = Registry(
    dict.fromkeys(
        ["34", "34.71", "34.71.01", "34.71.02", "34.71.03"]
        + [f"34.71.01.{n}" for n in (1001, 1002, 1003)]
        + [f"34.71.02.{n}" for n in (1001, 1002)]
        + [f"34.71.03.{n}" for n in (1001, 1002)],
        "X",
    )
)
ALL_DESA = REGISTRY.at("desa")


def square(x: float, y: float = 0.0, width: float = 0.1, height: float = 0.1) -> shapely.Polygon:
    west, east = round(110 + x, 6), round(110 + x + width, 6)
    return shapely.box(west, y, east, y + height)


def of(drawn: Mapping[str, Any], split: tuple[str, ...] = (), **options: Any) -> BaseUnits:
    by_level: dict[Level, list[str]] = {}
    for code in drawn:
        by_level.setdefault(level(code), []).append(code)
    levels = []
    for each, codes in by_level.items():
        geometry = np.array([drawn[code] for code in codes], dtype=object)
        levels.append(LevelPolygons(each, np.array(codes, dtype=object), geometry))
    return assemble(levels, split, REGISTRY, **options)


def squares(*codes: str) -> dict[str, Any]:
    return {code: square(0.1 * n) for n, code in enumerate(codes)}


def test_desa_are_the_base_where_one_is_drawn_else_the_kecamatan() -> None:
    found = of(squares(*ALL_DESA[:5], "34.71.01", "34.71.02", "34.71.03"))
    assert found.units == (*ALL_DESA[:5], "34.71.03")
    assert list(found.codes) == [*ALL_DESA[:5], "34.71.03"]
    assert list(found.priority) == [1] * 5 + [0]  # an outline gives way to the desa of others
    assert found.missing.empty


def test_a_map_of_kecamatan_has_kecamatan_and_the_desa_that_a_plan_wants() -> None:
    outlines = squares("34.71.01", "34.71.02", "34.71.03")
    assert of(outlines).units == tuple(outlines)
    with pytest.raises(
        SourceError, match=r"no desa 34\.71\.02\.1001.*above them .34\.71\.02.: add the level"
    ):
        of(outlines, split=("34.71.02",))
    with pytest.raises(SourceError, match=r"no desa 34\.71\.02\.1001"):
        of(outlines, split=("34.71.02",), partial=True)  # ground that the map does show is not outside of it


def test_a_map_that_is_coarser_has_the_finest_that_it_draws() -> None:
    assert of(squares("34", "34.71")).units == ("34.71",)


def test_units_outside_a_partial_map_are_listed_as_missing() -> None:
    found = of(squares("34.71.01"), partial=True)
    assert list(found.missing["kode"]) == ["34.71.02", "34.71.03"]
    assert set(found.missing["alasan"]) == {"outside the ground that this source covers"}
    with pytest.raises(SourceError, match=r"no polygon of 34\.71\.02.*set partial = true"):
        of(squares("34.71.01"))


def test_a_code_of_no_unit_is_refused() -> None:
    for code in ("34.71.91", "34.71.01.1009"):
        with pytest.raises(SourceError, match=rf"codes that no unit of 2025 has: {code}; correct"):
            of(squares("34.71.01", code))


def test_a_desa_without_outline_is_refused_unless_it_is_listed() -> None:
    drawn = squares(*ALL_DESA[1:])
    with pytest.raises(SourceError, match=r"no polygon of 34\.71\.01\.1001"):
        of(drawn)
    found = of(drawn, missing={"34.71.01.1001": "not drawn"})
    assert found.missing.to_dict("records") == [
        {"kode": "34.71.01.1001", "nama": REGISTRY.names["34.71.01.1001"], "alasan": "not drawn"}
    ]
    assert "34.71.01.1001" in found.units


# --- ground of the kecamatan that no desa covers ---------------------------------------------------

#: Three places in a row, of which the kecamatan 34.71.01 holds all; the desa of 34.71.02 lie beyond.
ROW = {
    "34.71.01": square(0, width=0.3),
    "34.71.01.1001": square(0),
    "34.71.01.1002": square(0.1),
    "34.71.02.1001": square(0.3),
    "34.71.02.1002": square(0.4),
    "34.71.03.1001": square(0.5),
    "34.71.03.1002": square(0.6),
}


def test_undrawn_ground_of_a_kecamatan_is_that_of_its_one_desa_without_outline() -> None:
    found = of(ROW)
    shapes = dict(zip(found.codes, found.geometry, strict=True))
    assert shapes["34.71.01.1003"].equals(square(0.2))
    assert found.missing.empty
    assert found.notes["34.71.01.1003"].startswith("not drawn in the source")


def test_undrawn_ground_of_several_desa_goes_to_the_nearest_of_their_kecamatan() -> None:
    drawn = {code: shape for code, shape in ROW.items() if code != "34.71.01.1001"}
    missing = {"34.71.01.1001": "a", "34.71.01.1003": "b"}
    found = of(drawn, missing=missing)
    own = [g for c, g in zip(found.codes, found.geometry, strict=True) if c == "34.71.01.1002"]
    assert shapely.union_all(own).equals(square(0, width=0.3))
    assert list(found.missing["kode"]) == list(missing)
    assert "no desa covers" in found.notes["34.71.01.1002"]


def test_what_the_outline_claims_of_another_kecamatans_desa_stays_with_the_desa() -> None:
    found = of(ROW | {"34.71.01": square(0, width=0.5)})
    shapes = dict(zip(found.codes, found.geometry, strict=True))
    assert shapes["34.71.01.1003"].equals(square(0.2))
    assert shapes["34.71.02.1001"].equals(square(0.3))


def test_slivers_between_outline_and_desa_are_no_ground_of_a_desa() -> None:
    full = ROW | {"34.71.01.1002": square(0.1, width=0.196)}  # 440 m of the outline are left
    found = of(full, missing={"34.71.01.1003": "not drawn"})
    assert "34.71.01.1003" not in found.codes
    assert list(found.missing["kode"]) == ["34.71.01.1003"]
