"""What spatial functions may cost: counted before GEOS is asked, whatever the predicate, language and shape."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
import shapely

from boundaries.service.filters import FilterError, charges, spatial
from boundaries.service.filters.charges import Budget
from tests.filters_help import FrameTable, json_of

MANY = 10**12
SIDE = 60
LINEAR = ("s_crosses", "s_touches")


@pytest.fixture(scope="module")
def table() -> FrameTable:
    """3,600 squares of 44 vertices each, which cover lon 100..106, lat 0..6."""
    cells = [(100 + i / 10, j / 10) for i in range(SIDE) for j in range(SIDE)]
    squares = shapely.segmentize([shapely.box(x, y, x + 0.1, y + 0.1) for x, y in cells], 0.01)
    return FrameTable(gpd.GeoDataFrame(geometry=squares, crs=4326), {"geometry": "geometry"})


def scribbled(lines: int, window: float = 6.0) -> str:
    """Lines of which about a quarter of all pairs cross."""
    draw = np.random.default_rng(lines)
    ends = draw.uniform((100, 0), (100 + window, window), (lines, 2, 2)).round(2)
    return "MULTILINESTRING(" + ",".join(f"({a[0]} {a[1]},{b[0]} {b[1]})" for a, b in ends) + ")"


def charged(op: str, literal: shapely.Geometry, table: FrameTable) -> int:
    budget = Budget(MANY)
    geometries = table.frame.geometry.to_numpy()
    budget.ask(op, literal, table.bounds(), shapely.get_num_coordinates(geometries))
    return MANY - budget.left


@pytest.mark.parametrize("op", LINEAR)
def test_crossings_of_a_literal_with_itself_are_charged_for_every_feature(table, op):
    """n lines that all cross cost n squared, n that do not cost n."""
    turns = {n: np.linspace(0, np.pi, n, endpoint=False) for n in (25, 50, 100)}

    def crossing(n: int) -> shapely.Geometry:
        ways = [(3 * np.cos(t), 3 * np.sin(t)) for t in turns[n]]
        return shapely.MultiLineString([[(103 - x, 3 - y), (103 + x, 3 + y)] for x, y in ways])

    def apart(n: int) -> shapely.Geometry:
        return shapely.MultiLineString([[(100 + 6 * i / n, 0), (100 + 6 * i / n, 6)] for i in range(n)])

    least = charged(op, shapely.LineString([(99, 9), (99, 9.1)]), table)
    crossed = [charged(op, crossing(n), table) - least for n in (25, 50, 100)]
    parallel = [charged(op, apart(n), table) - least for n in (25, 50, 100)]
    assert parallel[2] < 4.2 * parallel[0]
    pairs = 100 * 99 // 2 - 4 * (25 * 24 // 2)  # more than four times those of a quarter of the lines
    in_the_middle = sum(np.hypot(*(table.bounds()[:, :2].T - [[103], [3]])) < 0.2)
    assert crossed[2] - 4 * crossed[0] > pairs * in_the_middle


@pytest.mark.parametrize("op", LINEAR)
@pytest.mark.parametrize("language", ["cql2-text", "cql2-json"])
def test_a_literal_that_crosses_itself_too_often_is_refused_before_it_is_asked(
    table, op, language, monkeypatch
):
    def asked(*_: object) -> None:
        raise AssertionError("GEOS was asked")

    text = f"{op.upper()}(geometry,{scribbled(300)})"
    monkeypatch.setattr(spatial, "holds", asked)
    error = table.refused(text if language == "cql2-text" else json_of(text), language)
    assert "too long" in error.detail
    assert "cross themselves less" in error.allowed


def test_the_same_literal_is_asked_where_it_costs_little(table):
    for op in sorted(set(spatial.LITERAL_FIRST) - set(LINEAR)):
        table.find(f"{op.upper()}(geometry,{scribbled(300)})")
    for op in LINEAR:
        table.find(f"{op.upper()}(geometry,{scribbled(30)})")
        table.find(f"{op.upper()}(geometry,{scribbled(300, window=0.5)})")


@pytest.mark.parametrize("op", sorted(spatial.LITERAL_FIRST))
def test_positions_of_a_collection_and_its_crossings_are_charged_for_every_predicate(table, op):
    boxes = [shapely.box(100 + i / 100, i / 100, 105 + i / 100, 5 + i / 100) for i in range(80)]
    whole, one = shapely.GeometryCollection(boxes), shapely.GeometryCollection(boxes[:1])
    assert charged(op, whole, table) > charged(op, one, table) + len(table) * 79 * 5
    text = "GEOMETRYCOLLECTION(" + ",".join(box.wkt.replace(", ", ",") for box in boxes) + ")"
    assert "too long" in table.refused(f"{op.upper()}(geometry,{text})").detail


@pytest.mark.parametrize("op", sorted(spatial.LITERAL_FIRST))
def test_points_of_a_literal_are_charged_for_every_feature(table, op):
    points = np.random.default_rng(1).uniform((100, 0), (106, 6), (1_600, 2))
    many, half = shapely.MultiPoint(points), shapely.MultiPoint(points[:800])
    assert charged(op, many, table) - charged(op, half, table) == len(table) * 100


def test_features_are_charged_before_they_are_read(table, monkeypatch):
    """So many small features, each with few vertices, cost their reading: refused before it is done."""
    text = "S_INTERSECTS(geometry,LINESTRING(95 -11,141 6))"
    monkeypatch.setattr(table, "geometries", lambda rows: pytest.fail("features were read"))
    condition = replace(table.parse(text), examined=10)
    with pytest.raises(FilterError, match="too long"):
        condition.evaluate(table)


def test_a_side_through_a_feature_is_charged_by_how_far_it_goes(table):
    """Sides that pass all through a feature meet many of its sides; short ones few."""
    one, other = [shapely.MultiLineString([((100, y), (100 + far, y)) for y in np.linspace(0, 6, 300)])
                  for far in (6, 0.06)]  # fmt: skip
    least = charged("s_intersects", shapely.LineString([(99, 9), (99, 9.1)]), table)
    spread = shapely.get_num_coordinates(one) * len(table) / charges._POSITIONS
    long, short = (charged("s_intersects", lines, table) - least - spread for lines in (one, other))
    assert long > 60 * 300 * charges._ROOT * 6 > 20 * short


def test_functions_of_one_filter_share_one_budget(table):
    once = f"S_TOUCHES(geometry,{scribbled(40)})"
    table.find(once)
    many = " OR ".join(f"S_TOUCHES(geometry,{scribbled(n)})" for n in range(36, 44))
    for text, language in ((many, "cql2-text"), (json_of(many), "cql2-json")):
        assert "too long" in table.refused(text, language).detail


def test_two_literals_are_charged_when_they_are_read(table, monkeypatch):
    few, many = scribbled(100), scribbled(300)
    table.parse(f"S_TOUCHES({few},{scribbled(101)})")
    monkeypatch.setattr(spatial, "holds", lambda *_: pytest.fail("GEOS was asked"))
    for op in spatial.LITERAL_FIRST:
        with pytest.raises(FilterError, match="too long"):
            table.parse(f"{op.upper()}({many},{scribbled(299)})")


def test_an_outline_of_many_sides_is_asked_of_its_neighbours(table):
    """What people ask: a polygon of 700 positions, with every predicate, in either language."""
    turns = np.linspace(0, 2 * np.pi, 700)
    ring = [f"{103 + 2 * np.cos(t):.3f} {3 + 2 * np.sin(t):.3f}" for t in turns[:-1]]
    for op in spatial.LITERAL_FIRST:
        text = f"{op.upper()}(geometry,POLYGON(({','.join([*ring, ring[0]])})))"
        budgeted = table.parse(json_of(text), "cql2-json")
        assert len(budgeted.evaluate(table)) == len(table)
