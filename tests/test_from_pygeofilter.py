"""A filter that pygeofilter has parsed means what the same filter means in CQL2 text, or is refused."""

import json
from typing import Any

import pytest
from pygeofilter import ast, values
from pygeofilter.parsers.cql2_json import parse as parse_json
from pygeofilter.parsers.ecql import parse as parse_ecql

from boundaries.service.crs import CRS84, get
from boundaries.service.filters import Filter, FilterError, Queryable, parse
from boundaries.service.filters.from_pygeofilter import as_json

KINDS = {
    "a": "integer",
    "b": "integer",
    "c": "integer",
    "nama": "string",
    "mulai": "date",
    "geom": "geometry",
}
NAMES = {name: Queryable(name, kind) for name, kind in KINDS.items()}
LONLAT = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC::CRS84"}}


def bound(text: str, language: str = "cql2-text") -> Filter:
    return parse(text, language, NAMES, get(CRS84))


@pytest.mark.parametrize(
    ("ecql", "cql2"),
    [
        ("a = 1", "a = 1"),
        ("a <> 1.5 OR b >= -2", "a <> 1.5 OR b >= -2"),
        ("a = 1 AND b = 2 OR c = 3", "(a = 1 AND b = 2) OR c = 3"),
        ("c = 3 AND (a = 1 OR b = 2)", "c = 3 AND (a = 1 OR b = 2)"),
        ("NOT a = 1", "NOT a = 1"),
        ("a NOT BETWEEN 1 AND b", "a NOT BETWEEN 1 AND b"),
        ("a + 2 * b / 4 - 1 < 5", "a + 2 * b / 4 - 1 < 5"),
        ("nama NOT IN ('x', 'y')", "nama NOT IN ('x', 'y')"),
        ("nama LIKE 'A_.%'", "nama LIKE 'A_.%'"),
        ("nama ILIKE 'a%'", "CASEI(nama) LIKE CASEI('a%')"),
        ("nama NOT ILIKE 'a%'", "CASEI(nama) NOT LIKE CASEI('a%')"),
        ("casei(nama) = 'x'", "CASEI(nama) = 'x'"),
        ("accenti(nama) = 'x'", "ACCENTI(nama) = 'x'"),
        ("a IS NOT NULL", "a IS NOT NULL"),
        ("INCLUDE", "TRUE"),
        ("EXCLUDE", "FALSE"),
        ("mulai BEFORE 2020-01-01T00:00:00Z", "T_BEFORE(mulai, TIMESTAMP('2020-01-01T00:00:00Z'))"),
        ("mulai AFTER 2020-01-01T07:00:00+07:00", "T_AFTER(mulai, TIMESTAMP('2020-01-01T00:00:00Z'))"),
        (
            "mulai DURING 2019-01-01T00:00:00Z/2020-01-01T00:00:00Z",
            "mulai > TIMESTAMP('2019-01-01T00:00:00Z') AND mulai < TIMESTAMP('2020-01-01T00:00:00Z')",
        ),
        (
            "mulai DURING P1D/2020-01-02T00:00:00Z",
            "mulai > TIMESTAMP('2020-01-01T00:00:00Z') AND mulai < TIMESTAMP('2020-01-02T00:00:00Z')",
        ),
        ("mulai BEFORE OR DURING 2019-01-01T00:00:00Z/P1D", "mulai <= TIMESTAMP('2019-01-02T00:00:00Z')"),
        (
            "mulai DURING OR AFTER 2019-01-01T00:00:00Z/2020-01-01T00:00:00Z",
            "mulai >= TIMESTAMP('2019-01-01T00:00:00Z')",
        ),
    ],
)
def test_it_means_the_same(ecql: str, cql2: str) -> None:
    assert bound(as_json(parse_ecql(ecql)), "cql2-json") == bound(cql2)


@pytest.mark.parametrize(
    "name", ["t_after", "t_before", "t_equals", "t_during", "t_meets", "t_metby", "t_contains"]
)
def test_relations_of_intervals_are_those_of_cql2(name: str) -> None:
    ends = [{"interval": ["2019-01-01", ".."]}, {"interval": ["2020-01-01", "2021-01-01"]}]
    told = bound(as_json(parse_json({"op": name, "args": ends})), "cql2-json")
    assert told == bound(f"{name}(INTERVAL('2019-01-01', '..'), INTERVAL('2020-01-01', '2021-01-01'))")


@pytest.mark.parametrize(
    "name", ["intersects", "disjoint", "contains", "within", "touches", "crosses", "overlaps", "equals"]
)
def test_spatial_relations_are_those_of_cql2(name: str) -> None:
    tree = parse_json(
        {"op": f"s_{name}", "args": [{"property": "geom"}, {"type": "Point", "coordinates": (1, 2)}]}
    )
    tree.rhs.geometry["crs"] = LONLAT
    assert bound(as_json(tree), "cql2-json") == bound(f"S_{name}(geom, POINT(1 2))")


def chain(kind: Any, length: int) -> Any:
    return kind.from_items(*(ast.Equal(ast.Attribute("a"), number) for number in range(length)))


def test_a_long_chain_is_not_deep_and_a_longer_one_is_too_long() -> None:
    assert bound(as_json(chain(ast.Or, 80)), "cql2-json") == bound(" OR ".join(f"a = {i}" for i in range(80)))
    with pytest.raises(FilterError, match="too long"):
        bound(as_json(chain(ast.And, 200)), "cql2-json")


def test_what_is_too_deep_is_refused() -> None:
    tree: Any = ast.Equal(ast.Attribute("a"), 1)
    for _ in range(100_000):
        tree = ast.Not(tree)
    with pytest.raises(FilterError, match="too deep"):
        as_json(tree)


@pytest.mark.parametrize(
    ("tree", "told"),
    [
        (parse_ecql("a = 1 OR b = 2 AND c = 3"), "does not tell"),
        (parse_ecql("BBOX(geom, 1, 2, 3, 4)"), "BBOX"),
        (parse_ecql("DWITHIN(geom, POINT(1 2), 3, meters)"), "DistanceWithin"),
        (parse_ecql("RELATE(geom, POINT(1 2), 'T********')"), "Relate"),
        (parse_ecql("nama EXISTS"), "Exists"),
        (parse_ecql("area(geom) > 1"), "function area"),
        (ast.TimeOverlaps(ast.Attribute("mulai"), values.Interval()), "T_OVERLAPS and T_INTERSECTS"),
        (ast.TimeDuring(ast.Attribute("mulai"), values.Interval()), "without an end"),
        (ast.GeometryWithin(ast.Attribute("geom"), values.Envelope(1, 2, 3, 4)), "a box"),
        (ast.GeometryWithin(ast.Attribute("geom"), values.Geometry({"type": "Point"})), "storage_crs"),
        (ast.ArrayEquals(ast.Attribute("a"), [1]), "ArrayEquals"),
        pytest.param(object(), "object", id="object"),
        (None, "NoneType"),
        ([1], "list"),
    ],
    ids=repr,
)
def test_what_cannot_be_told_apart_is_refused(tree: Any, told: str) -> None:
    with pytest.raises(FilterError, match=told):
        as_json(tree)


def test_a_time_without_a_zone_is_refused() -> None:
    tree = parse_json(
        {"op": "t_after", "args": [{"property": "mulai"}, {"timestamp": "2020-01-01T00:00:00"}]}
    )
    with pytest.raises(FilterError, match="no time zone"):
        as_json(tree)


def test_what_it_gives_is_json() -> None:
    assert json.loads(as_json(parse_ecql("a = 1"))) == {"op": "=", "args": [{"property": "a"}, 1]}
