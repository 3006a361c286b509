"""The same question asked of a filter, in both languages, and of GeoPandas: the same features, every time.

A question is a small tree of tuples. It is written as CQL2 Text, as CQL2 JSON, and answered with pandas: nullable
columns, whose ``&``, ``|`` and ``~`` are three-valued, and GeoPandas' own predicates. Nothing of the evaluator
under test is used for the answer.
"""

import json
import operator
import re
import unicodedata

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.geometry import mapping

from tests.filters_help import FrameTable
from tests.small import make_small_release

PLANS = ("dpr-2019", "dpr-2024", "dpd-2024", "dprd-kabkota-2024")
UNITS = ("unit-provinsi", "unit-kabkota", "unit-kecamatan", "unit-desa")
KINDS = {
    "tahun": "integer", "penduduk_tahun": "integer", "tps": "integer", "tps_tahun": "integer",
    "kursi": "integer", "penduduk": "integer", "luas_km2": "number", "mulai": "date",
    "selesai": "date", "geometry": "geometry",
}  # fmt: skip
COMPARE = {
    "=": operator.eq, "<>": operator.ne, "<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge,
}  # fmt: skip
CALCULATE = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}
SPATIAL = ("intersects", "disjoint", "equals", "touches", "crosses", "within", "contains", "overlaps")
TIMES = ("2019-04-17", "2020-01-01", "2024-02-13", "2024-02-14", "2024-02-15")


@pytest.fixture(scope="module", name="tables")
def _tables(tmp_path_factory):
    release = make_small_release(tmp_path_factory.mktemp("releases"))
    return {"plans": table_of(release, PLANS), "units": table_of(release, UNITS)}


def table_of(release, layers):
    """The features of some layers as one table: some names with accents, one feature without a geometry."""
    frames = [gpd.read_file(release / "dapil.gpkg", layer=layer) for layer in layers]
    frame = pd.concat([part.astype({c: object for c in part.columns if c != "geometry"}) for part in frames])
    frame = gpd.GeoDataFrame(frame.reset_index(drop=True), geometry="geometry", crs="OGC:CRS84")
    kinds = {name: KINDS.get(name, "string") for name in frame.columns}
    for name, kind in kinds.items():
        if kind == "integer":
            frame[name] = frame[name].astype("Int64")
        elif kind == "number":
            frame[name] = frame[name].astype("float64")
        elif kind != "geometry":
            frame[name] = frame[name].astype(object).where(frame[name].notna(), None)
    title = "nama_dapil" if "nama_dapil" in frame else "nama"
    frame.loc[1::5, title] = frame[title][1::5].str.replace("A", "Á").str.replace("a", "å")
    frame.loc[3, "geometry"] = None
    return FrameTable(frame, kinds)


# A question in three forms


def text_of(question):
    """CQL2 Text."""
    kind, *rest = question
    if kind in ("and", "or"):
        return "(" + f" {kind.upper()} ".join(text_of(part) for part in rest) + ")"
    if kind == "not":
        return f"NOT ({text_of(rest[0])})"
    if kind == "compare":
        return f"{operand(rest[1])} {rest[0]} {operand(rest[2])}"
    if kind == "like":
        column, pattern, folds, negated = rest
        name, value = f'"{column}"', quote(pattern)
        for fold in folds:
            name, value = f"{fold.upper()}({name})", f"{fold}({value})"
        return f"{name} {'not ' * negated}like {value}"
    if kind == "between":
        return f"{operand(rest[0])} {'NOT ' * rest[3]}BETWEEN {operand(rest[1])} AND {operand(rest[2])}"
    if kind == "in":
        return f'"{rest[0]}" {"NOT " * rest[2]}IN ({", ".join(map(operand, rest[1]))})'
    if kind == "null":
        return f'"{rest[0]}" IS {"NOT " * rest[1]}NULL'
    if kind == "spatial":
        return f"S_{rest[0].upper()}(geometry, {wkt(rest[1])})"
    return f"T_{rest[0].upper()}(INTERVAL(mulai, selesai), INTERVAL({quote(rest[1])}, {quote(rest[2])}))"


def quote(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def operand(value):
    if isinstance(value, tuple):
        return (
            f'"{value[1]}"'
            if value[0] == "column"
            else f"({operand(value[1])} {value[0]} {operand(value[2])})"
        )
    return quote(value) if isinstance(value, str) else repr(value)


def wkt(shape):
    """WKT with all digits (GEOS writes fewer)."""

    def write(value):
        if isinstance(value[0], float):
            return f"{value[0]!r} {value[1]!r}"
        return "(" + ", ".join(map(write, value)) + ")"

    described = mapping(shape)
    inner = write(described["coordinates"])
    return described["type"].upper() + (f"({inner})" if described["type"] == "Point" else inner)


def json_of(question):
    """CQL2 JSON, as a value."""
    kind, *rest = question
    if kind in ("and", "or", "not"):
        return {"op": kind, "args": [json_of(part) for part in rest]}
    if kind == "compare":
        return {"op": rest[0], "args": [json_operand(rest[1]), json_operand(rest[2])]}
    if kind == "like":
        column, pattern, folds, negated = rest
        args = [{"property": column}, pattern]
        for fold in folds:
            args = [{"op": fold, "args": [arg]} for arg in args]
        return negate({"op": "like", "args": args}, negated)
    if kind == "between":
        return negate({"op": "between", "args": [json_operand(each) for each in rest[:3]]}, rest[3])
    if kind == "in":
        args = [{"property": rest[0]}, [json_operand(each) for each in rest[1]]]
        return negate({"op": "in", "args": args}, rest[2])
    if kind == "null":
        return negate({"op": "isNull", "args": [{"property": rest[0]}]}, rest[1])
    if kind == "spatial":
        return {"op": f"s_{rest[0]}", "args": [{"property": "geometry"}, mapping(rest[1])]}
    spelled = {
        "finishedby": "finishedBy",
        "metby": "metBy",
        "overlappedby": "overlappedBy",
        "startedby": "startedBy",
    }
    own = {"interval": [{"property": "mulai"}, {"property": "selesai"}]}
    return {"op": f"t_{spelled.get(rest[0], rest[0])}", "args": [own, {"interval": [rest[1], rest[2]]}]}


def negate(value, negated):
    return {"op": "not", "args": [value]} if negated else value


def json_operand(value):
    if isinstance(value, tuple):
        if value[0] == "column":
            return {"property": value[1]}
        return {"op": value[0], "args": [json_operand(value[1]), json_operand(value[2])]}
    return value


# The answer of pandas


def answer(question, frame):
    """Return yes, no or unknown for every feature, as a nullable Series."""
    kind, *rest = question
    if kind == "not":
        return ~answer(rest[0], frame)
    if kind in ("and", "or"):
        found = [answer(part, frame) for part in rest]
        whole = found[0]
        for part in found[1:]:
            whole = whole & part if kind == "and" else whole | part
        return whole
    return ANSWERS[kind](frame, *rest)


def column(frame, name):
    dtype = {"integer": "Int64", "number": "Float64"}.get(KINDS.get(name, "string"), "string")
    return frame[name].astype(dtype)


def computed(frame, value):
    if isinstance(value, tuple):
        if value[0] == "column":
            return column(frame, value[1])
        return CALCULATE[value[0]](computed(frame, value[1]), computed(frame, value[2]))
    return pd.Series([value] * len(frame), dtype="string" if isinstance(value, str) else "Float64")


def compared(frame, op, first, second):
    return COMPARE[op](computed(frame, first), computed(frame, second)).astype("boolean")


def liked(frame, name, pattern, folds, negated):
    values = column(frame, name)
    for fold in folds:
        values = values.map(FOLD[fold], na_action="ignore").astype("string")
        pattern = FOLD[fold](pattern)
    escaped = re.sub(r"\\(.)", lambda match: f"\0{ord(match[1])}\0", pattern)
    parts = re.split(r"(%|_|\0\d+\0)", escaped)
    wild = {"%": "(?s:.*)", "_": "(?s:.)"}
    regular = "".join(
        wild.get(part) or re.escape(chr(int(part[1:-1])) if part.startswith("\0") else part) for part in parts
    )
    found = values.map(lambda text: re.fullmatch(regular, text) is not None, na_action="ignore")
    return ~found.astype("boolean") if negated else found.astype("boolean")


FOLD = {
    "casei": str.casefold,
    "accenti": lambda text: "".join(
        c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c)
    ),
}


def between(frame, value, low, high, negated):
    found = compared(frame, ">=", value, low) & compared(frame, "<=", value, high)
    return ~found if negated else found


def listed(frame, name, values, negated):
    found = column(frame, name).isin(list(values)).astype("boolean").mask(frame[name].isna())
    return ~found if negated else found


def null(frame, name, negated):
    found = frame[name].isna().astype("boolean")
    return ~found if negated else found


def spatial(frame, op, shape):
    method = {"equals": "geom_equals"}.get(op, op)
    found = getattr(frame.geometry, method)(shape)
    return found.astype("boolean").mask(frame.geometry.isna())


def temporal(frame, op, first, last):
    """Allen's relations by the order of the four ends; an open end lies after everything."""
    start = pd.to_datetime(frame["mulai"])
    end = pd.to_datetime(frame["selesai"]).fillna(pd.Timestamp("2200-01-01"))
    low = pd.Timestamp("1800-01-01") if first == ".." else pd.Timestamp(first)
    high = pd.Timestamp("2200-01-01") if last == ".." else pd.Timestamp(last)
    signs = {
        "before": (end < low), "after": (start > high), "meets": (end == low), "metby": (start == high),
        "equals": (start == low) & (end == high), "contains": (start < low) & (high < end),
        "during": (low < start) & (end < high), "starts": (start == low) & (end < high),
        "startedby": (start == low) & (high < end), "finishes": (low < start) & (end == high),
        "finishedby": (start < low) & (end == high), "overlaps": (start < low) & (low < end) & (end < high),
        "overlappedby": (low < start) & (start < high) & (high < end),
    }  # fmt: skip
    signs["disjoint"] = signs["before"] | signs["after"]
    signs["intersects"] = ~signs["disjoint"]
    return signs[op].astype("boolean").mask(frame["mulai"].isna())


RELATIONS = (
    "before", "after", "meets", "metby", "equals", "contains", "during", "starts", "startedby", "finishes",
    "finishedby", "overlaps", "overlappedby", "disjoint", "intersects",
)  # fmt: skip
ANSWERS = {
    "compare": compared, "like": liked, "between": between, "in": listed, "null": null, "spatial": spatial,
    "time": temporal,
}  # fmt: skip


# Questions


def questions(frame):
    """Questions about a table, most of them with values that are there."""
    names = [name for name in frame.columns if name != "geometry"]
    numbers = [name for name in names if KINDS.get(name) in ("integer", "number")]
    texts = [name for name in names if name not in KINDS]
    dates = [name for name in names if KINDS.get(name) == "date"]
    comparisons = st.sampled_from(list(COMPARE))

    def value(name):
        there = [v.item() if hasattr(v, "item") else v for v in frame[name].dropna().unique()]
        if name in dates:
            return st.sampled_from(TIMES)
        if name in numbers:
            return st.sampled_from([float(v) if isinstance(v, float) else int(v) for v in there] + [0, 5, -1])
        return st.sampled_from([*there, "", "JAWA BARAT I", "z'\\%"])

    def beside(name):
        return st.tuples(st.just("compare"), comparisons, st.just(("column", name)), value(name))

    def turned(question):
        kind, op, first, second = question
        return (kind, op, second, first)

    simple = [st.sampled_from(names).flatmap(beside), st.sampled_from(names).flatmap(beside).map(turned)]
    if numbers:
        number = st.sampled_from([("column", name) for name in numbers]) | st.integers(-3, 2_000_000)
        sums = st.tuples(st.sampled_from("+-*"), number, number) | st.tuples(st.just("/"), number, st.just(7))
        simple.append(st.tuples(st.just("compare"), comparisons, number | sums, number | sums))
        simple.append(st.tuples(st.just("between"), number | sums, number, number, st.booleans()))
    both = st.tuples(st.sampled_from(texts), st.sampled_from(texts))
    simple.append(both.flatmap(lambda pair: st.tuples(
        st.just("compare"), comparisons, st.just(("column", pair[0])), st.just(("column", pair[1])))))  # fmt: skip

    def among(name):
        values = st.lists(value(name), min_size=1, max_size=4).map(tuple)
        return st.tuples(st.just("in"), st.just(name), values, st.booleans())

    simple.append(st.sampled_from(names).flatmap(among))
    simple.append(st.tuples(st.just("null"), st.sampled_from(list(frame.columns)), st.booleans()))
    simple.append(likes(frame, texts))
    if dates:
        simple.append(st.tuples(st.just("time"), st.sampled_from(RELATIONS), st.sampled_from(["..", *TIMES[:3]]),
                                st.sampled_from(["..", *TIMES[2:]])))  # fmt: skip
    shaped = st.tuples(st.just("spatial"), st.sampled_from(SPATIAL), shapes(frame))
    return st.recursive(
        st.one_of(*simple) | shaped,
        lambda inner: (
            st.tuples(st.just("not"), inner)
            | st.tuples(st.sampled_from(["and", "or"]), inner, inner)
            | st.tuples(st.sampled_from(["and", "or"]), inner, inner, inner)
        ),
        max_leaves=6,
    )


def likes(frame, texts):
    folds = st.sampled_from([(), ("casei",), ("accenti",), ("casei", "accenti"), ("accenti", "casei")])

    def patterns(name):
        words = [word for text in frame[name].dropna().unique() for word in re.split(r"[ ;]+", text) if word]
        pieces = st.sampled_from(
            [*sorted(set(words)), "a", "A", " ", "%", "%", "_", r"\%", r"\_", r"\\", "I", "."]
        )
        pattern = st.lists(pieces, max_size=4).map("".join)
        return st.tuples(st.just("like"), st.just(name), pattern, folds, st.booleans())

    return st.sampled_from(texts).flatmap(patterns)


def picked(values):
    """One of many values; hypothesis would write all of them out."""
    return st.integers(0, len(values) - 1).map(lambda index: values[index])


def shapes(frame):
    """Literal geometries: anywhere near, and made of the table's own points, where predicates are delicate."""
    west, south, east, north = frame.total_bounds
    polygons = [part for part in shapely.get_parts(frame.geometry.dropna().to_numpy()) if part.area > 1e-6]
    polygons = [part for part in polygons if shapely.get_num_coordinates(part) < 150]
    own = shapely.get_coordinates(polygons[:10]).tolist()
    anywhere = st.tuples(st.floats(west - 0.1, east + 0.1), st.floats(south - 0.1, north + 0.1))
    position = anywhere | picked([tuple(point) for point in own])
    point = position.map(shapely.Point)
    line = st.lists(position, min_size=2, max_size=5, unique=True).map(shapely.LineString)
    triangle = st.lists(position, min_size=3, max_size=3, unique=True).map(shapely.Polygon)
    box = st.tuples(position, position).map(lambda two: shapely.box(*np.minimum(*two), *np.maximum(*two)))
    several = st.lists(position, min_size=1, max_size=4, unique=True).map(shapely.MultiPoint)
    pair = st.tuples(picked(polygons), picked(polygons)).map(lambda two: shapely.union(*two))
    whole = picked(polygons)
    literal = point | line | triangle | box | several | pair | whole
    return literal.filter(
        lambda shape: shape.is_valid and not shape.is_empty and shape.geom_type != "GeometryCollection"
    )


def agree(table, question):
    truth = answer(question, table.frame).fillna(False).to_numpy(dtype=bool)
    expected = np.flatnonzero(truth).tolist()
    text = text_of(question)
    assert table.find(text) == expected, text
    again = json.dumps(json_of(question), ensure_ascii=False)
    assert table.find(again, "cql2-json") == expected, again
    assert table.parse(text).key == table.parse(again, "cql2-json").key
    return expected


QUIET = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["plans", "units"])
def test_filters_agree_with_geopandas(tables, name):
    table = tables[name]
    sizes = []

    @settings(max_examples=400, deadline=None, database=None, derandomize=True, suppress_health_check=QUIET)
    @given(questions(table.frame))
    def ask(question):
        sizes.append(len(agree(table, question)))

    ask()
    some = sum(0 < size < len(table) for size in sizes)
    assert some > 100, f"only {some} of {len(sizes)} questions told features apart"


@pytest.mark.parametrize("name", ["plans", "units"])
@pytest.mark.parametrize("op", SPATIAL)
def test_spatial_filters_agree_with_geopandas(tables, name, op):
    table = tables[name]

    @settings(max_examples=60, deadline=None, database=None, derandomize=True, suppress_health_check=QUIET)
    @given(shapes(table.frame))
    def ask(shape):
        agree(table, ("spatial", op, shape))
        agree(table, ("not", ("spatial", op, shape)))

    ask()


@pytest.mark.parametrize("op", RELATIONS)
def test_temporal_filters_agree_with_pandas(tables, op):
    for first in ("..", *TIMES):
        for last in ("..", *TIMES):
            if first == ".." or last == ".." or first <= last:
                agree(tables["plans"], ("time", op, first, last))


TABLE = [
    ("compare", ">", ("column", "kursi"), 8),
    ("compare", "<=", ("column", "penduduk"), ("*", ("column", "kursi"), 300_000)),
    ("not", ("compare", ">", ("column", "penduduk"), 1_500_000)),
    ("null", "penduduk", False), ("null", "selesai", True),
    ("in", "kode_provinsi", ("31", "81"), True), ("like", "nama_dapil", "%jawa%", ("accenti", "casei"), False),
    ("like", "wilayah", "%Bandung%", (), False), ("between", ("column", "kursi"), 5, 6, False),
    ("compare", "=", ("column", "mulai"), "2019-04-17"), ("time", "intersects", "2023-01-01", "2024-02-13"),
    ("compare", "<", ("column", "kode_kabkota"), "32.10"), ("in", "kode_kabkota", ("32.73",), True),
    ("spatial", "intersects", shapely.Point(106.55, -6.95)), ("spatial", "within", shapely.box(106, -8, 107.05, -6)),
    ("or", ("null", "kode_kabkota", False), ("and", ("compare", ">", ("column", "kursi"), 5),
    ("spatial", "disjoint", shapely.box(106, -8, 107.05, -6)))),
]  # fmt: skip


@pytest.mark.parametrize("question", TABLE, ids=lambda question: text_of(question)[:60])
def test_table_of_filters(tables, question):
    found = agree(tables["plans"], question)
    assert 0 < len(found) < len(tables["plans"])
