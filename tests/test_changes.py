"""What changed from one release to the next: told by id, and in square kilometres where ground moved."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely

from boundaries.downloads.changes import changes
from boundaries.release import toy as small
from boundaries.release.geopackage import Layer, write_geopackage
from boundaries.release.store import Release, new_release, open_release, write_json

Edit = Callable[[Layer], Layer]


def release_with(out: Path, edit: Callable[[list[Layer]], list[Layer]]) -> Release:
    """The small release with its layers changed by `edit`."""
    with new_release(out, small.SOURCE_ID) as staging:
        layers = edit(small.small_layers())
        write_geopackage(
            staging.path / "dapil.gpkg", layers, small.small_tables(), metadata={}, date=small.DATE
        )
        write_json(staging.path / "quality.json", {})
        staging.manifest.update(small._manifest())
    assert staging.release is not None
    return staging.release


def edited(layers: list[Layer], name: str, frame: pd.DataFrame, geometry: np.ndarray) -> list[Layer]:
    found = []
    for layer in layers:
        if layer.name == name:
            layer = Layer(
                layer.name, layer.title, layer.description, layer.columns, frame, layer.metadata, geometry
            )
        found.append(layer)
    return found


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return open_release(small.make_small_release(tmp_path_factory.mktemp("before")))


def test_the_first_release_follows_none(before: Release) -> None:
    assert changes(None, before) == {"since": None, "layers": {}}


def test_a_release_does_not_differ_from_itself(before: Release) -> None:
    assert changes(before, before) == {"since": before.id, "layers": {}}


def test_a_dapil_that_gains_a_seat_is_told_with_the_column(before: Release, tmp_path: Path) -> None:
    def edit(layers: list[Layer]) -> list[Layer]:
        layer = next(each for each in layers if each.name == "dpr-2024")
        frame = layer.frame.copy()
        frame.loc[frame["id"] == "dpr-2024-3201", "kursi"] += 1
        return edited(layers, "dpr-2024", frame, layer.geometry)

    found = changes(before, release_with(tmp_path, edit))
    assert found["layers"] == {
        "dpr-2024": {
            "added": [],
            "removed": [],
            "changed": [{"id": "dpr-2024-3201", "what": ["kursi"], "moved_km2": 0.0}],
        }
    }


def test_a_name_that_comes_or_goes_is_a_change_and_null_to_null_is_none(
    before: Release, tmp_path: Path
) -> None:
    def edit(layers: list[Layer]) -> list[Layer]:
        layer = next(each for each in layers if each.name == "dpr-2024")
        frame = layer.frame.copy()
        assert frame.loc[frame["id"] == "dpr-2024-3202", "penduduk"].isna().all()
        frame.loc[frame["id"] == "dpr-2024-3202", "penduduk"] = 1_234_567
        return edited(layers, "dpr-2024", frame, layer.geometry)

    changed = changes(before, release_with(tmp_path, edit))["layers"]["dpr-2024"]["changed"]
    assert [(each["id"], each["what"]) for each in changed] == [("dpr-2024-3202", ["penduduk"])]


def test_ground_that_changed_sides_is_measured_on_both(before: Release, tmp_path: Path) -> None:
    """A square cut out of one dapil and given to nobody: its area, as the ellipsoid has it."""
    square = shapely.box(106.97, -6.97, 106.99, -6.95)

    def edit(layers: list[Layer]) -> list[Layer]:
        layer = next(each for each in layers if each.name == "dpd-2024")
        geometry = layer.geometry.copy()
        for row, shape in enumerate(geometry):
            cut = shapely.difference(shape, square)
            geometry[row] = cut if cut.geom_type == "MultiPolygon" else shapely.MultiPolygon([cut])
        return edited(layers, "dpd-2024", layer.frame, geometry)

    after = release_with(tmp_path, edit)
    (changed,) = changes(before, after)["layers"]["dpd-2024"]["changed"]
    frame, geometry = before.read_layer("dpd-2024")
    (row,) = np.flatnonzero(shapely.intersects(geometry, square))
    assert changed["id"] == frame["id"].iloc[row]
    assert changed["what"] == ["geometry"]
    lost = shapely.intersection(geometry[row], square)
    area = abs(pyproj.Geod(ellps="WGS84").geometry_area_perimeter(lost)[0]) / 1e6
    assert changed["moved_km2"] == pytest.approx(area, rel=1e-4, abs=0.001)


def test_dapil_and_layers_that_come_and_go_are_named(before: Release, tmp_path: Path) -> None:
    def edit(layers: list[Layer]) -> list[Layer]:
        layer = next(each for each in layers if each.name == "dpr-2019")
        layers = edited(layers, "dpr-2019", layer.frame.iloc[1:].reset_index(drop=True), layer.geometry[1:])
        return [each for each in layers if each.name != "dpd-2024"]

    after = release_with(tmp_path, edit)
    there = changes(before, after)["layers"]
    assert there["dpr-2019"]["removed"] == ["dpr-2019-3101"]
    assert there["dpd-2024"]["removed"] == ["dpd-2024-31", "dpd-2024-32", "dpd-2024-81"]
    back = changes(after, before)["layers"]
    assert back["dpr-2019"]["added"] == ["dpr-2019-3101"]
    assert set(back) == {"dpr-2019", "dpd-2024"}


def test_the_same_outline_begun_elsewhere_is_no_change(before: Release, tmp_path: Path) -> None:
    def edit(layers: list[Layer]) -> list[Layer]:
        layer = next(each for each in layers if each.name == "dpr-2024")
        return edited(layers, "dpr-2024", layer.frame, shapely.reverse(layer.geometry))

    assert changes(before, release_with(tmp_path, edit))["layers"] == {}


def test_a_seat_of_a_plan_without_a_map_is_told(
    before: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = small.small_tables()
    table = next(each for each in tables if each.name == "tabel-dprd-kabkota-2014")
    table.frame.loc[0, "kursi"] += 1
    monkeypatch.setattr(small, "small_tables", lambda: tables)
    found = changes(before, release_with(tmp_path, lambda layers: layers))
    changed = [{"id": table.frame.loc[0, "id"], "what": ["kursi"], "moved_km2": 0.0}]
    assert found["layers"] == {table.name: {"added": [], "removed": [], "changed": changed}}
