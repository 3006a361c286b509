"""Measures of plans and distances between them, against values reckoned by hand; and the commands."""

import itertools
import json
import math
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
from click.testing import CliRunner
from pyproj import Geod

from boundaries.cli import main
from boundaries.release.store import Release, open_release
from boundaries.research.adjacency import find_borders
from boundaries.research.contiguity import Terrain
from boundaries.research.draft_distance import matching, of_table
from boundaries.research.draft_measures import MEASURES, equality, shape, spread_km
from tests.small import make_small_release

GEOD = Geod(ellps="WGS84")


def terrain() -> Terrain:
    """Four squares of 0.1 degree in a row on the equator."""
    cells = np.array([shapely.multipolygons([shapely.box(0.1 * n, 0, 0.1 * n + 0.1, 0.1)]) for n in range(4)])
    borders = find_borders(cells)
    return Terrain(np.array(["a", "b", "c", "d"]), cells, borders, borders.coast_m)


def metres(*line: tuple[float, float]) -> float:
    return float(GEOD.line_length(*zip(*line, strict=True)))


def test_shape_is_that_of_the_joined_polygons() -> None:
    land = terrain()
    table, cut = shape(land, np.array([0, 0, 1, 1]), 2)
    wide, tall = metres((0, 0), (0.2, 0)), metres((0, 0), (0, 0.1))
    top = metres((0, 0.1), (0.2, 0.1))
    assert table["keliling_km"].to_numpy() == pytest.approx((wide + top + 2 * tall) / 1e3, rel=1e-8)
    area = abs(GEOD.geometry_area_perimeter(shapely.box(0, 0, 0.2, 0.1))[0])
    assert table["luas_km2"].to_numpy() == pytest.approx(area / 1e6, rel=1e-5)
    assert table["polsby_popper"][0] == pytest.approx(
        4 * math.pi * area / (wide + top + 2 * tall) ** 2, rel=1e-5
    )
    assert table["schwartzberg"][0] == pytest.approx(math.sqrt(table["polsby_popper"][0]))
    assert cut == {"sisi_terpotong": 1, "batas_terpotong_km": pytest.approx(tall / 1e3, rel=1e-8)}
    assert table["batas_dalam"][0] == pytest.approx(tall / math.sqrt(area), rel=1e-5)
    assert table["selubung"].to_numpy() == pytest.approx(1, abs=2e-3)
    # Of a rectangle of 2 by 1 the circle about it has the area pi * 5/4: 2 / 3.927
    assert table["reock"].to_numpy() == pytest.approx(8 / (5 * math.pi), abs=3e-3)
    assert table["potongan"].tolist() == [1, 1]


def test_a_dapil_in_pieces_is_told_and_the_rest_of_the_plan_stays() -> None:
    land = terrain()
    whole, _ = shape(land, np.array([0, 0, 1, 1]), 2)
    apart, cut = shape(land, np.array([0, 1, 0, 1]), 2)
    assert apart["potongan"].tolist() == [2, 2]
    assert apart["lewat_laut"].all()
    assert cut["sisi_terpotong"] == 3
    assert (apart["keliling_km"] > whole["keliling_km"]).all()
    turned, _ = shape(land, np.array([1, 1, 0, 0]), 2)
    assert turned.to_numpy(dtype=float)[::-1] == pytest.approx(whole.to_numpy(dtype=float))
    part, _ = shape(land, np.array([0, 0, 1, -1]), 2)
    assert part.iloc[0].tolist()[:3] == pytest.approx(whole.iloc[0].tolist()[:3])


def test_equality_is_as_reckoned_by_hand() -> None:
    found = equality(np.array([100.0, 300.0]), np.array([2, 2]))
    # Price 50 and 150, 100 on average; shares of people 1/4 and 3/4, of seats 1/2 each.
    assert found["mal"] == pytest.approx(0.25)
    assert found["gini"] == pytest.approx(0.25)
    assert found["selisih_terbesar"] == pytest.approx(0.5)
    assert found["rasio_harga"] == pytest.approx(3)
    assert found["simpangan_baku"] == pytest.approx(0.5)
    assert found["kursi_bukan_hamilton"] == 1  # 1 and 3
    assert found["kursi_bukan_webster"] == 1
    assert found["pindah_untuk_setara"] == pytest.approx(100)
    fair = equality(np.array([100.0, 300.0]), np.array([1, 3]))
    assert [
        fair[name] for name in ("mal", "gini", "selisih_terbesar", "kursi_bukan_hamilton")
    ] == pytest.approx([0] * 4)


def test_people_are_spread_over_the_sea_too() -> None:
    place = np.array([[100.0, 0.0], [101.0, 0.0]])
    assert spread_km(place, np.array([1.0, 1.0])) == pytest.approx(metres((100, 0), (101, 0)) / 2e3)
    assert spread_km(place, np.array([1.0, 0.0])) == pytest.approx(0, abs=1e-6)


def test_distances_are_those_of_their_definitions() -> None:
    same = np.diag([3.0, 5.0, 2.0])
    assert of_table(same) == pytest.approx((0, 0, 1))
    assert of_table(same[[2, 0, 1]]) == pytest.approx((0, 0, 1)), "labels are no distance"
    # All together against four apart: VI is ln 4; of ordered pairs, itself included, 4 of 16 are alike.
    assert of_table(np.ones((1, 4))) == pytest.approx((0.75, math.log(4), 0.25))
    table = np.array([[4.0, 1.0], [2.0, 3.0]])
    there, back = of_table(table), of_table(table.T)
    assert there == pytest.approx(back)
    assert there[0] == pytest.approx(0.3)


def test_a_matching_is_the_best_of_all() -> None:
    rng = np.random.default_rng(3)
    for _ in range(60):
        shape_ = rng.integers(1, 6, 2)
        table = rng.integers(0, 30, shape_).astype(float)
        small, large = sorted(shape_)
        wide = table if table.shape[0] == small else table.T
        best = max(
            sum(wide[row, column] for row, column in enumerate(order))
            for order in itertools.permutations(range(large), int(small))
        )
        pairs = matching(table)
        assert sum(table[a, b] for a, b in pairs) == best
        assert len({a for a, _ in pairs}) == len({b for _, b in pairs}) == small


# The commands


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return open_release(make_small_release(tmp_path_factory.mktemp("small")))


def drafts(folder: Path) -> list[str]:
    found = []
    for name, of in (("satu", "1122"), ("dua", "1212"), ("<b>tiga", "1222")):
        path = folder / f"{name}.csv"
        rows = [f"32.10.0{n},Dapil {dapil},{5 + int(dapil)}" for n, dapil in enumerate(of, 1)]
        path.write_text("kode,dapil,kursi\n" + "\n".join(rows) + "\n", "utf-8")
        found.append(str(path))
    return found


def test_drafts_stand_side_by_side(release: Release, tmp_path: Path) -> None:
    files, out = drafts(tmp_path), tmp_path / "banding"
    words = ["compare", *files, "-r", str(release.path), "-o", str(out), "--json"]
    ran = CliRunner().invoke(main, words)
    assert ran.exit_code == 0, ran.output
    told = json.loads((out / "banding.json").read_text("utf-8"))
    assert [each["nama"] for each in told["rencana"]] == ["satu", "dua", "<b>tiga"]
    assert [each["id"] for each in told["ukuran"]] == [each.name for each in MEASURES]
    assert [each["ke"] for each in told["jarak"]] == ["dua", "<b>tiga"]
    assert all(0 < each["berganti"] < 1 for each in told["jarak"])
    assert all(each["hasil"] for each in told["rencana"])
    table = pd.read_csv(out / "ukuran.csv").set_index("ukuran")
    assert table.loc["kursi", "satu"] == 13
    page = (out / "banding.html").read_text("utf-8")
    assert "<b>tiga" not in page
    assert page.count("<svg") == 6
    assert not re.search(r"(src|href)=|https?:|<script", page)
    assert {'lang="id"', 'lang="en"'} <= set(re.findall(r'lang="\w+"', page))


def test_plans_of_other_ground_are_not_compared(release: Release, tmp_path: Path) -> None:
    files = drafts(tmp_path)
    ran = CliRunner().invoke(main, ["compare", files[0], "dpr-2024", "-r", str(release.path)])
    assert ran.exit_code == 3
    assert "one chamber and council" in ran.output
    alone = CliRunner().invoke(main, ["compare", files[0], "-r", str(release.path)])
    assert alone.exit_code == 2
