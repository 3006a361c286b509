"""A plan as polygons: each unit goes to the dapil that holds most of it, and what is not along its lines is told."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from boundaries.errors import PlanError
from boundaries.law.plans import load_plans
from boundaries.law.registry import Registry
from boundaries.research.own_plan import read_plan
from boundaries.research.proposal import Proposal, of_law, part
from boundaries.research.zoning import Units

COUNCIL = "32.18"


@pytest.fixture(scope="module")
def units(registry: Registry) -> Units:
    """The kecamatan of Pangandaran and of a neighbour, as squares of a tenth of a degree."""
    codes = sorted(code for code in registry.names if len(code) == 8 and code[:5] in (COUNCIL, "32.17"))
    boxes = [shapely.box(107 + n % 6 / 10, -8 + n // 6 / 10, 107.1 + n % 6 / 10, -7.9 + n // 6 / 10)
             for n in range(len(codes))]  # fmt: skip
    table = pd.DataFrame({"kode": codes, "nama": [registry.names[code] for code in codes]})
    return Units(table, shapely.segmentize(np.array(boxes, dtype=object), 0.01))


@pytest.fixture(scope="module")
def law(registry: Registry) -> Proposal:
    return part(of_law(load_plans(registry=registry, only=["dprd-kabkota-2024"])[0]), COUNCIL)


@pytest.fixture
def drawn(law: Proposal, units: Units) -> gpd.GeoDataFrame:
    """The dapil of the law, as somebody's layer."""
    owner = np.array([law.members.get(code, -1) for code in units.codes])
    rows = range(len(law.dapil))
    return gpd.GeoDataFrame(
        {"Dapil": [f"Dapil {row + 1}" for row in rows], "kursi": law.dapil["kursi"].to_numpy(),
         "geometry": [shapely.union_all(units.geometry[owner == row]) for row in rows]}, crs=4326,
    )  # fmt: skip


def written(layer: gpd.GeoDataFrame, folder: Path, name: str) -> Path:
    path = folder / name
    layer.to_file(path)
    return path


@pytest.mark.parametrize("name", ["rancangan.gpkg", "rancangan.geojson", "rancangan.shp", "rancangan.fgb"])
@pytest.mark.parametrize("crs", [4326, 32748])
def test_dapil_along_the_lines_are_those_of_their_units(
    name: str,
    crs: int,
    law: Proposal,
    drawn: gpd.GeoDataFrame,
    units: Units,
    registry: Registry,
    tmp_path: Path,
) -> None:
    if name.endswith("geojson") and crs != 4326:
        pytest.skip("GeoJSON is in degrees")
    plan = read_plan(written(drawn.to_crs(crs), tmp_path, name), registry, ground=lambda: units)
    assert (plan.chamber, list(plan.councils)) == ("dprd-kabkota", [COUNCIL])
    assert dict(plan.members) == dict(law.members)
    assert plan.dapil["kursi"].tolist() == law.dapil["kursi"].tolist()
    assert not any("%" in note for _, note in plan.notes)


def test_a_unit_across_a_line_goes_where_most_of_it_lies_and_is_told(
    law: Proposal, drawn: gpd.GeoDataFrame, units: Units, registry: Registry, tmp_path: Path
) -> None:
    unit = next(code for code, row in law.members.items() if row == 0)
    shape = units.geometry[list(units.codes).index(unit)]
    west, south, east, north = shape.bounds
    for share, stays in ((0.2, True), (0.9, False)):
        moved = drawn.copy()
        piece = shapely.intersection(shape, shapely.box(west, south, west + share * (east - west), north))
        part_of = piece.area / shape.area
        assert (part_of < 0.5) == stays
        moved.loc[0, "geometry"] = drawn.geometry[0].difference(piece)
        moved.loc[1, "geometry"] = drawn.geometry[1].union(piece)
        plan = read_plan(written(moved, tmp_path, f"{stays}.gpkg"), registry, ground=lambda: units)
        assert plan.members[unit] == (0 if stays else 1)
        told = [note for _, note in plan.notes if note.startswith(unit)]
        assert f"{max(part_of, 1 - part_of):.1%} lies in its dapil" in told[0]


def test_what_is_drawn_by_less_than_a_half_is_left_out_and_told(
    law: Proposal, drawn: gpd.GeoDataFrame, units: Units, registry: Registry, tmp_path: Path
) -> None:
    unit = next(iter(law.members))
    shape = units.geometry[list(units.codes).index(unit)]
    west, south, east, north = shape.bounds
    drawn["geometry"] = drawn.geometry.difference(shapely.box(west, south, west + 0.8 * (east - west), north))
    plan = read_plan(written(drawn, tmp_path, "r.gpkg"), registry, ground=lambda: units)
    assert unit not in plan.members
    assert any(note.startswith(unit) and "left out" in note for _, note in plan.notes)


def test_an_outline_that_crosses_itself_is_read_and_told(
    law: Proposal, drawn: gpd.GeoDataFrame, units: Units, registry: Registry, tmp_path: Path
) -> None:
    """A loop of 200 m at one vertex, as a slip of the hand makes it."""
    shape = shapely.get_parts(drawn.geometry[0])[0]
    ring = shapely.get_coordinates(shape.exterior)
    loop = ring[0] + 0.002 * np.array([(0, 0), (1, 1), (1, -1), (-1, 0.5)])
    others = list(shapely.get_parts(drawn.geometry[0])[1:])
    drawn.loc[0, "geometry"] = shapely.MultiPolygon([shapely.Polygon(np.vstack([loop, ring])), *others])
    valid = drawn.geometry.is_valid.tolist()
    plan = read_plan(written(drawn, tmp_path, "r.gpkg"), registry, ground=lambda: units)
    told = [note for _, note in plan.notes if "crosses itself" in note]
    assert [note.split(":")[0] for note in told] == [
        f"feature {n}" for n, ok in enumerate(valid, 1) if not ok
    ]
    assert told
    assert dict(plan.members) == dict(law.members)


def test_what_cannot_be_a_plan_is_refused_with_the_mend(
    drawn: gpd.GeoDataFrame, units: Units, registry: Registry, tmp_path: Path
) -> None:
    twice = drawn.copy()
    twice.loc[1, "geometry"] = drawn.geometry[0].union(drawn.geometry[1])
    sliver = drawn.copy()
    west, south, _, north = drawn.geometry[0].bounds
    piece = shapely.box(west, south, west + 0.01, north)
    sliver["geometry"] = drawn.geometry.difference(piece)
    sliver.loc[len(sliver)] = {
        "Dapil": "Dapil 9",
        "kursi": 3,
        "geometry": drawn.geometry[0].intersection(piece),
    }
    cases = {
        "sliver.gpkg": (sliver, f"dapil Dapil 9 (feature {len(sliver)}) has the largest part of no unit"),
        "twice.gpkg": (twice, "lie on each other"),
        "field.gpkg": (drawn.rename(columns={"Dapil": "wilayah"}), "no field dapil (it has wilayah, kursi)"),
        "away.gpkg": (drawn.set_geometry(drawn.translate(60, 20)), "no unit lies in its polygons"),
        "line.gpkg": (drawn.set_geometry(drawn.boundary), "line.gpkg"),
    }
    for name, (layer, told) in cases.items():
        with pytest.raises(PlanError, match=name) as caught:
            read_plan(written(layer, tmp_path, name), registry, ground=lambda: units)
        assert told in str(caught.value)
    broken = written(drawn, tmp_path, "short.gpkg")
    broken.write_bytes(broken.read_bytes()[:3000])
    with pytest.raises(PlanError, match=r"short\.gpkg"):
        read_plan(broken, registry, ground=lambda: units)
    with pytest.raises(PlanError, match="need a release"):
        read_plan(written(drawn, tmp_path, "r.gpkg"), registry)


def test_dapil_by_number_and_one_of_several_layers(
    law: Proposal, drawn: gpd.GeoDataFrame, units: Units, registry: Registry, tmp_path: Path
) -> None:
    path = tmp_path / "r.gpkg"
    numbers = range(1, len(drawn) + 1)
    for kind in ("int32", "float64"):
        layer = drawn.rename(columns={"Dapil": "No Dapil", "kursi": "Jml_Kursi"})
        layer["No Dapil"] = np.array(numbers, dtype=kind)
        layer["Jml_Kursi"] = layer["Jml_Kursi"].astype(float)
        layer.to_file(path, layer="Rancangan 2")
        plan = read_plan(path, registry, ground=lambda: units)
        assert dict(plan.members) == dict(law.members)
        assert plan.dapil["nama_dapil"].tolist() == [str(n) for n in numbers]
        assert plan.dapil["kursi"].tolist() == law.dapil["kursi"].tolist()
    drawn.iloc[:1].to_file(path, layer="lain")
    with pytest.raises(PlanError) as caught:
        read_plan(path, registry, ground=lambda: units)
    assert f"2 layers (Rancangan 2, lain); name one: '{path}#Rancangan 2'" in str(caught.value)
    named = read_plan(Path(f"{path}#Rancangan 2"), registry, ground=lambda: units)
    assert (named.name, dict(named.members)) == ("r Rancangan 2", dict(law.members))
    with pytest.raises(PlanError, match=r"no layer 'lagi'; there are Rancangan 2, lain"):
        read_plan(Path(f"{path}#lagi"), registry, ground=lambda: units)


def test_a_map_says_its_crs_and_all_of_its_dapil(
    drawn: gpd.GeoDataFrame, units: Units, registry: Registry, tmp_path: Path
) -> None:
    lacking = drawn.astype({"kursi": float})
    lacking.loc[1, "kursi"] = np.nan
    with pytest.raises(PlanError) as caught:
        read_plan(written(lacking, tmp_path, "kursi.gpkg"), registry, ground=lambda: units)
    assert str(caught.value).endswith("kursi.gpkg: dapil Dapil 2 has no kursi; give all of them or none")
    blank = drawn.assign(dapil=[np.nan, *range(2, len(drawn) + 1)]).drop(columns="Dapil")
    with pytest.raises(PlanError, match="feature 1 has no 'dapil'"):
        read_plan(written(blank, tmp_path, "blank.gpkg"), registry, ground=lambda: units)
    half = drawn.assign(dapil=np.array(range(len(drawn))) + 0.5).drop(columns="Dapil")
    with pytest.raises(PlanError, match="field 'dapil' holds numbers"):
        read_plan(written(half, tmp_path, "half.gpkg"), registry, ground=lambda: units)
    path = written(drawn, tmp_path, "r.shp")
    path.with_suffix(".prj").unlink()
    with pytest.warns(UserWarning, match="crs"):
        none = written(drawn.set_crs(None, allow_override=True), tmp_path, "none.gpkg")
    for each in (path, none):
        with pytest.raises(PlanError, match="does not say its CRS; save it as GeoPackage with one"):
            read_plan(each, registry, ground=lambda: units)
