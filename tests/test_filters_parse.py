"""Reading filters: what means the same is the same, what does not fit is refused in the client's words, always."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boundaries.service import crs as crs_module
from boundaries.service.filters import LANGUAGES, Bounds, Filter, FilterError, Queryable, parse
from tests.filters_help import EPSG, json_of

QUERYABLES = {
    name: Queryable(name, kind)
    for name, kind in {
        "nama": "string", "kode": "string", "kursi": "integer", "luas": "number", "mulai": "date", "selesai": "date",
        "dibuat": "timestamp", "resmi": "boolean", "geometry": "geometry", "date": "date", 'a"b c': "integer",
        "näme": "string",
    }.items()
}  # fmt: skip


def read(text, language="cql2-text", bounds=None, crs=crs_module.CRS84):
    return parse(text, language, QUERYABLES, crs_module.get(crs), bounds or Bounds())


def refused(text, language="cql2-text", **options):
    """Return the FilterError; any other exception, or an answer, fails the test."""
    began = time.process_time()
    with pytest.raises(FilterError) as caught:
        read(text, language, **options)
    assert time.process_time() - began < 2
    assert caught.value.detail
    return caught.value


GROUPS = [
    ["kursi > 8", "kursi>8.0", "((kursi > 8))", '"kursi" > 8', "kursi > 8e0", "kursi > +8", "kursi > 8 AND kursi > 8"],
    ["kursi > 8 AND nama = 'x'", "nama = 'x' and kursi > 8", "(nama='x') AND ((kursi>8) AND nama='x')"],
    ["kursi = 1 OR kursi = 2 AND nama = 'x'", "kursi = 1 OR (kursi = 2 AND nama = 'x')"],
    ["NOT kursi = 1 AND nama = 'x'", "(NOT (kursi = 1)) AND nama = 'x'"],
    ["NOT NOT kursi = 1", "kursi = 1"],
    ["kursi IN (1, 2, 2)", "kursi in (2,1)"],
    ["nama NOT IN ('a')", "NOT nama IN ('a')"],
    ["nama NOT LIKE 'a%'", "NOT (nama LIKE 'a%')"],
    ["nama IS NOT NULL", "not nama is null"],
    ["CASEI(nama) = CASEI('ÄB')", "casei(nama) = 'äb'"],
    ["ACCENTI(CASEI(nama)) LIKE accenti(casei('É%'))", "ACCENTI(CASEI(nama)) LIKE 'e%'"],
    ["mulai = DATE('2019-04-17')", "mulai = '2019-04-17'", "mulai = TIMESTAMP('2019-04-17T10:00:00Z')"],
    ["dibuat = TIMESTAMP('2019-04-17T10:00:00Z')", "dibuat = TIMESTAMP('2019-04-17T10:00:00.000Z')"],
    ["kursi + 1 * 2 ^ 3 > 8", "(kursi + (1 * (2 ^ 3))) > 8"],
    ["kursi - 1 - 2 = 0", "(kursi - 1) - 2 = 0"],
    ["kursi BETWEEN 1 AND 2 AND TRUE", "(kursi BETWEEN 1 AND 2) AND TRUE"],
    ["S_INTERSECTS(geometry,POINT(107 -6))", "S_INTERSECTS(POINT Z (107 -6 12),geometry)",
        "s_intersects( geometry , point(1.07e2 -6.) )"],
    ["S_WITHIN(geometry,MULTIPOINT(7 50,10 51))", "S_WITHIN(geometry,MULTIPOINT((7 50),(10 51)))",
        "S_CONTAINS(MULTIPOINT(7 50,10 51),geometry)"],
    ["S_INTERSECTS(geometry,BBOX(1,2,3,4))", "S_INTERSECTS(geometry,BBOX(1,2,-5,3,4,5))"],
    ["T_AFTER(mulai,DATE('2019-04-17'))", "T_AFTER(mulai,INTERVAL('2019-04-17','2019-04-17'))",
        "t_after(mulai, '2019-04-17')"],
]  # fmt: skip


@pytest.mark.parametrize("texts", GROUPS, ids=lambda texts: texts[0][:50])
def test_filters_that_mean_the_same_have_the_same_key_in_both_languages(texts):
    keys = {read(text).key for text in texts} | {read(json_of(text), "cql2-json").key for text in texts}
    assert len(keys) == 1
    assert len({hash(key) for key in keys}) == 1


def test_filters_that_mean_something_else_have_another_key():
    first = [texts[0] for texts in GROUPS] + [
        "kursi > 9",
        "kursi >= 8",
        "luas > 8",
        "S_INTERSECTS(geometry,POINT(107 -6.1))",
    ]
    assert len({read(text).key for text in first}) == len(first)
    text = "S_INTERSECTS(geometry,POINT(6 50))"
    assert read(text).key != read(text, crs=EPSG.format(4326)).key


STANDARD_JSON = [
    ({"op": "=", "args": [{"property": "nama"}, "Toronto"]}, "nama='Toronto'"),
    ({"op": ">", "args": [{"op": "-", "args": [{"property": "luas"}, 150.0]}, 0]}, "luas-150.0 > 0"),
    ({"op": ">=", "args": [{"property": "mulai"}, {"date": "1970-01-01"}]}, "mulai >= date('1970-01-01')"),
    ({"op": "not", "args": [{"op": "isNull", "args": [{"property": "geometry"}]}]}, "geometry IS NOT NULL"),
    ({"op": "between", "args": [{"property": "luas"}, 100.0, 150.0]}, "luas BETWEEN 100.0 and 150.0"),
    ({"op": "in", "args": [{"property": "nama"}, ["Toronto", "Tokyo"]]}, "nama IN ('Toronto','Tokyo')"),
    ({"op": "in", "args": [{"op": "casei", "args": [{"property": "nama"}]},
                           [{"op": "casei", "args": ["Οδος"]}, {"op": "casei", "args": ["Straße"]}]]},
     "CASEI(nama) IN (CASEI('Οδος'),CASEI('Straße'))"),
    ({"op": "s_intersects", "args": [{"property": "geometry"}, {"type": "Point", "coordinates": [36.3, 32.2]}]},
     "S_INTERSECTS(geometry,POINT(36.3 32.2))"),
    ({"op": "t_during", "args": [{"interval": [{"property": "mulai"}, {"property": "selesai"}]},
        {"interval": ["1969-07-16", ".."]}]},
     "T_DURING(INTERVAL(mulai, selesai), INTERVAL('1969-07-16', '..'))"),
    ({"op": "t_finishedBy", "args": [{"interval": ["2020-01-01", ".."]}, {"interval": [{"property": "mulai"}, ".."]}]},
     "T_FINISHEDBY(INTERVAL('2020-01-01','..'), INTERVAL(mulai,'..'))"),
    (True, "TRUE"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "text"), STANDARD_JSON, ids=lambda value: str(value)[:50])
def test_json_of_the_standard_reads_as_its_text(value, text):
    assert read(json.dumps(value), "cql2-json").key == read(text).key


def test_names_in_double_quotes_and_beyond_ascii():
    assert read("\"date\" = DATE('2022-04-16')").key
    assert read('"a""b c" = 1').key
    assert read("näme = 'Ω𝄞'").key == read(json_of("näme = 'Ω𝄞'"), "cql2-json").key


MALFORMED = """
kursi|kursi >|> 8|kursi > > 8|kursi = = 8|kursi == 8|kursi != 8|kursi > 8 AND|AND kursi > 8
kursi > 8 OR OR nama = 'x'|OR|kursi > 8 nama = 'x'|kursi > 8 8|(kursi > 8|kursi > 8)|((kursi > 8)|()|( )
kursi ( 8 )|NOT|NOT kursi|NOT 8|kursi NOT 8|kursi > 'x'|kursi > '8'|nama > 8|nama = TRUE|kursi = FALSE
luas = DATE('2024-02-14')|nama = DATE('2024-02-14')|mulai = 8|mulai = 'kemarin'|mulai = '2024-02-30'
mulai = '20240214'|mulai = ''|mulai LIKE '2024%'|kursi LIKE '1%'|nama LIKE 8|nama LIKE kode|nama LIKE
nama LIKE 'a' 'b'|nama LIKE '\\\\'|nama LIKE 'abc\\\\'|nama NOT 'x'|nama NOT LIKE|LIKE 'x'|'a' LIKE|nama LIKE NULL
kursi BETWEEN 1|kursi BETWEEN 1 AND|kursi BETWEEN 1 OR 2|kursi BETWEEN AND 2|kursi BETWEEN 'a' AND 'b'
kursi BETWEEN (1,2)|resmi BETWEEN TRUE AND FALSE|nama BETWEEN 1 AND 2|kursi NOT BETWEEN 1|kursi IN|kursi IN 1
kursi IN ()|kursi IN (1,)|kursi IN (,1)|kursi IN (1|kursi IN (1 2)|kursi IN ('a')|kursi IN (1,'a')|kursi NOT IN
nama IN (1)|kursi IN ((1,2))|IN (1)|kursi IS|kursi IS NOT|kursi IS 8|kursi IS NOT 8|kursi = NULL|kursi <> NULL
NULL|NULL IS NULL|kursi IS NULL NULL|IS NULL|kursi IS TRUE|resmi|tidak_ada = 1|tidak_ada IS NULL|KURSI > 8
"tidak ada" = 1|"kursi > 8|"" = 1|'kursi > 8|nama = 'a|nama = 'a''|nama = "a"|nama = `a`|date = DATE('2022-04-16')
like = 1|and|not|true = |S_INTERSECTS = 1|DATE = 1|kursi > 8;|kursi > 8 -- x|kursi > #|kursi > $1|kursi & 1
kursi > 1..2|kursi > 1.2.3|kursi > 1e|kursi > 1e+|kursi > 1e999|kursi > -1e999|kursi > 0x10|kursi > 1_000
kursi > 1,5|kursi > --1|kursi > +-1|kursi > +nama|kursi + > 1|kursi * > 1|kursi + 'a' > 1|nama + 1 > 1
nama || 'x' = 'y'|kursi ^ 2 ^ 3 > 1|kursi div > 1|kursi % > 1|mulai + 1 > mulai|geometry + 1 > 1|kursi + TRUE > 1
kursi = geometry|geometry = geometry|geometry > 1|geometry LIKE 'x'|geometry IN (1)|CASEI = 1|CASEI() = 'x'
CASEI(nama = 'x'|CASEI(nama, kode) = 'x'|CASEI(kursi) = 'x'|CASEI(8) = 'x'|CASEI(geometry) = 'x'|CASEI('x')
ACCENTI(mulai) = 'x'|ACCENTI(TRUE) = 'x'|ACCENTI(nama) > 8|nama LIKE CASEI(kode)|nama LIKE CASEI(8)
LOWER(nama) = 'x'|avg(kursi) > 1|now()|foo()|S_FOO(geometry,POINT(1 1))|T_FOO(mulai,selesai)
A_CONTAINS(nama, ('a','b'))|A_EQUALS(kursi, (1))|nama = ('a','b')|DATE()|DATE(2024)|DATE('2024')
DATE('2024-13-01')|DATE('2024-02-14'|DATE('2024-02-14T00:00:00Z')|DATE('0000-01-01')|DATE("2024-02-14")
mulai = TIMESTAMP('2024-02-14')|mulai = TIMESTAMP('2024-02-14T25:00:00Z')|mulai = TIMESTAMP('2024-02-14T00:00:00')
mulai = TIMESTAMP('2024-02-14T00:00:00+07:00')|mulai = TIMESTAMP()|mulai = DATE('..')
mulai = INTERVAL('2024-02-14','..')|INTERVAL('2024-02-14','..')|T_AFTER(mulai)|T_AFTER()
T_AFTER(mulai,selesai,mulai)|T_AFTER(kursi,mulai)|T_AFTER(mulai,8)|T_AFTER(mulai,'x')|T_AFTER(mulai,geometry)
T_DURING(mulai,INTERVAL('2019-01-01','..'))|T_MEETS(INTERVAL(mulai,selesai),DATE('2024-02-14'))
T_AFTER(mulai,INTERVAL('2024-02-14'))|T_AFTER(mulai,INTERVAL('2024-02-14','2019-04-17'))
T_AFTER(mulai,INTERVAL('2024-02-14','2024-02-15T00:00:00Z'))|T_AFTER(mulai,INTERVAL(mulai,dibuat))
T_AFTER(mulai,INTERVAL(kursi,'..'))|T_AFTER(mulai,INTERVAL('...','..'))|T_AFTER(mulai,INTERVAL(,))
T_AFTER(mulai,INTERVAL(1,2))|T_AFTER(mulai,INTERVAL(DATE('2024-02-14'),'..'))|S_INTERSECTS()
S_INTERSECTS(geometry)|S_INTERSECTS(geometry,)|S_INTERSECTS(geometry,geometry,geometry)
S_INTERSECTS(nama,POINT(1 1))|S_INTERSECTS(geometry,8)|S_INTERSECTS(geometry,'POINT(1 1)')
S_INTERSECTS(geometry,nama)|S_INTERSECTS(tidak_ada,POINT(1 1))|S_INTERSECTS(geometry,POINT)
S_INTERSECTS(geometry,POINT())|S_INTERSECTS(geometry,POINT EMPTY)|S_INTERSECTS(geometry,POINT(1))
S_INTERSECTS(geometry,POINT(1,1))|S_INTERSECTS(geometry,POINT(1 1 1 1))|S_INTERSECTS(geometry,POINT(a b))
S_INTERSECTS(geometry,POINT(1 1)|S_INTERSECTS(geometry,POINT(1 1)))|S_INTERSECTS(geometry,POINT(NaN 1))
S_INTERSECTS(geometry,POINT(1e999 1))|S_INTERSECTS(geometry,POINT(90 180))|S_INTERSECTS(geometry,POINT(181 0))
S_INTERSECTS(geometry,POINT(0 -91))|S_INTERSECTS(geometry,POINT(1 1) POINT(2 2))
S_INTERSECTS(geometry,LINESTRING(1 1))|S_INTERSECTS(geometry,LINESTRING(1 1,1 1))
S_INTERSECTS(geometry,LINESTRING((1 1,2 2)))|S_INTERSECTS(geometry,POLYGON(1 1,2 2,3 1,1 1))
S_INTERSECTS(geometry,POLYGON((1 1,2 2,3 1)))|S_INTERSECTS(geometry,POLYGON((1 1,2 2,1 1)))
S_INTERSECTS(geometry,POLYGON((1 1,2 2,3 1,1 2)))|S_INTERSECTS(geometry,POLYGON((0 0,2 2,2 0,0 2,0 0)))
S_INTERSECTS(geometry,POLYGON(()))|S_INTERSECTS(geometry,POLYGON((0 0,1 0,1 1,0 0),(5 5,6 5,6 6,5 5)))
S_INTERSECTS(geometry,POLYGON((1 1,1 1,1 1,1 1)))|S_INTERSECTS(geometry,MULTIPOLYGON((0 0,1 0,1 1,0 0)))
S_INTERSECTS(geometry,MULTIPOLYGON(((0 0,1 0,1 1,0 0)),((0 0,1 0,1 1,0 0))))
S_INTERSECTS(geometry,MULTIPOINT((1 1,2 2)))|S_INTERSECTS(geometry,MULTILINESTRING(1 1,2 2))
S_INTERSECTS(geometry,GEOMETRYCOLLECTION())|S_INTERSECTS(geometry,GEOMETRYCOLLECTION(1 1))
S_INTERSECTS(geometry,GEOMETRYCOLLECTION(GEOMETRYCOLLECTION(POINT(1 1))))|S_INTERSECTS(geometry,CIRCLE(1 1))
S_INTERSECTS(geometry,POINT M (1 1 1))|S_INTERSECTS(geometry,SRID=4326;POINT(1 1))|S_INTERSECTS(geometry,BBOX())
S_INTERSECTS(geometry,BBOX(1,2,3))|S_INTERSECTS(geometry,BBOX(1,2,3,4,5))
S_INTERSECTS(geometry,BBOX(1,2,3,4,5,6,7))|S_INTERSECTS(geometry,BBOX(1 2,3 4))
S_INTERSECTS(geometry,BBOX(1,4,3,2))|S_INTERSECTS(geometry,BBOX(1,2,9,3,4,8))
S_INTERSECTS(geometry,BBOX(-181,0,1,1))|S_INTERSECTS(geometry,BBOX(0,0,1,91))|S_INTERSECTS(geometry,BBOX(a,b,c,d))
S_INTERSECTS(geometry,BBOX('1','2','3','4'))|BBOX(1,2,3,4)|POINT(1 1)|geometry|S_INTERSECTS(geometry,NOT geometry)
"""
TEXTS = [text for line in MALFORMED.strip().splitlines() for text in line.replace("||", "\0").split("|")]
TEXTS = [text.replace("\0", "||").replace("\\\\", "\\") for text in TEXTS] + [
    "",
    " ",
    "\n",
    "\x00",
    "kursi > 8\x00",
    "\ud800",
    "💥",
]


def beside_geometry(value):
    return '{"op":"s_intersects","args":[{"property":"geometry"},' + value + "]}"


def beside_time(value):
    return '{"op":"t_after","args":[{"property":"mulai"},' + value + "]}"


MALFORMED_JSON = [
    "", " ", "{", "}", "nul", "null", "[]", "{}", "1", '"x"', "NaN", "{'op': '='}", '{"op":"="}',
    '{"op":"=","args":{}}', '{"op":"=","args":[]}', '{"op":"=","args":[1]}', '{"op":"=","args":[1,2,3]}',
    '{"op":"==","args":[1,1]}', '{"op":1,"args":[1,1]}', '{"args":[1,1]}', '{"op":"=","args":[1,1],"x":1}',
    '{"op":"=","op":"<","args":[1,1]}', '{"op":"=","args":[1,1]}}', '{"op":"and","args":[true]}',
    '{"op":"and","args":[true,1]}', '{"op":"or","args":[]}', '{"op":"not","args":[true,true]}',
    '{"op":"not","args":["x"]}', '{"op":"AND","args":[true,true]}',
    '{"op":"isnull","args":[{"property":"nama"}]}', '{"op":"isNull","args":[]}',
    '{"op":"isNull","args":[null]}', '{"op":"isNull","args":[{"property":"x"}]}',
    '{"op":"=","args":[{"property":"kursi"},null]}', '{"op":"=","args":[{"property":"kursi"},"8"]}',
    '{"op":"=","args":[{"property":"kursi"},[8]]}', '{"op":"=","args":[{"property":"kursi"},1e999]}',
    '{"op":"=","args":[{"property":"kursi"},NaN]}', '{"op":"=","args":[{"property":"kursi"},-Infinity]}',
    '{"op":"=","args":[{"property":1},1]}', '{"op":"=","args":[{"property":"kursi","x":1},1]}',
    '{"property":"kursi"}', '{"property":"resmi"}', '{"op":"like","args":[{"property":"nama"},8]}',
    '{"op":"like","args":[{"property":"nama"},{"property":"kode"}]}',
    '{"op":"like","args":[{"property":"nama"},"a\\\\"]}', '{"op":"between","args":[{"property":"kursi"},1]}',
    '{"op":"between","args":[{"property":"kursi"},[1,2]]}', '{"op":"in","args":[{"property":"kursi"},1]}',
    '{"op":"in","args":[{"property":"kursi"},1,2]}', '{"op":"in","args":[{"property":"kursi"},["a"]]}',
    '{"op":"in","args":[{"property":"kursi"},[[1]]]}', '{"op":"casei","args":["x"]}',
    '{"op":"=","args":[{"op":"casei","args":["x","y"]},"x"]}',
    '{"op":"=","args":[{"casei":{"property":"nama"}},"x"]}', '{"op":"+","args":[1,2]}',
    '{"op":"=","args":[{"op":"+","args":[1,"a"]},1]}',
    '{"op":"=","args":[{"date":"2024-02-30"},{"property":"mulai"}]}',
    '{"op":"=","args":[{"date":20240214},{"property":"mulai"}]}',
    '{"op":"=","args":[{"timestamp":"2024-02-14"},{"property":"mulai"}]}',
    beside_time('{"interval":["..",".."],"x":1}'), beside_time('{"interval":[".."]}'),
    beside_time('{"interval":".."}'), beside_time('{"interval":[1,2]}'),
    beside_time('{"interval":[{"date":"2024-02-14"},".."]}'),
    '{"op":"t_finishedby","args":[{"interval":["..",".."]},{"interval":["..",".."]}]}',
    beside_geometry('{"type":"Point"}'), beside_geometry('{"type":"point","coordinates":[1,1]}'),
    beside_geometry('{"type":["Point"],"coordinates":[1,1]}'),
    beside_geometry('{"type":"Point","coordinates":[]}'),
    beside_geometry('{"type":"Point","coordinates":[1]}'),
    beside_geometry('{"type":"Point","coordinates":["1","1"]}'),
    beside_geometry('{"type":"Point","coordinates":[true,1]}'),
    beside_geometry('{"type":"Point","coordinates":[1,1,1,1]}'),
    beside_geometry('{"type":"Point","coordinates":[[1,1]]}'),
    beside_geometry('{"type":"Point","coordinates":[1,1],"crs":"x"}'),
    beside_geometry('{"type":"Polygon","coordinates":[[1,1],[2,2]]}'),
    beside_geometry('{"type":"Polygon","coordinates":[[[1,1],[2,2],[3,1]]]}'),
    beside_geometry('{"type":"Polygon","coordinates":[[]]}'),
    beside_geometry('{"type":"Polygon","coordinates":[[],[]]}'),
    beside_geometry('{"type":"LineString","coordinates":[[1,1]]}'),
    beside_geometry('{"type":"GeometryCollection","geometries":[]}'),
    beside_geometry('{"type":"GeometryCollection","geometries":[1]}'),
    beside_geometry('{"type":"GeometryCollection","coordinates":[1,1]}'),
    beside_geometry('{"type":"GeometryCollection","geometries":[{"type":"GeometryCollection","geometries":[]}]}'),
    beside_geometry('{"bbox":[1,2,3]}'), beside_geometry('{"bbox":[1,2,3,"4"]}'),
    beside_geometry('{"bbox":{}}'),
    beside_geometry('{"type":"Feature","geometry":{"type":"Point","coordinates":[1,1]}}'),
    '{"op":"a_contains","args":[["a"],["a"]]}', '{"op":"avg","args":[{"property":"kursi"}]}', '[' * 5_000,
    '{"op":"not","args":[' * 400 + 'true' + ']}' * 400, '{"a":' * 3_000, "1" * 16_000,
    '"' + "x" * 20_000 + '"', '"\\ud800"', "{\"op\":\"=\",\"args\":[{\"property\":\"\\ud800\"},1]}",
]  # fmt: skip


def test_there_are_enough_malformed_filters():
    assert len(set(TEXTS)) > 220
    assert len(set(MALFORMED_JSON)) > 85


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: ascii(text[:60]))
def test_malformed_text_is_refused(text):
    refused(text)


@pytest.mark.parametrize("text", MALFORMED_JSON, ids=lambda text: ascii(text[:60]))
def test_malformed_json_is_refused(text):
    refused(text, "cql2-json")


MESSAGES = [
    ("tidak_ada = 1", "unknown property 'tidak_ada' at character 1", "kursi"),
    ("kursi > 8 AND nama", "nama is a string", "condition"),
    ("kursi > 'x'", "kursi is an integer and 'x' is text", "a number beside kursi"),
    ("8 = nama", "8 is a number and nama is a string", "text beside nama"),
    ("mulai = 'kemarin'", "mulai is a date: 'kemarin' at character 9 is no date", "2024-02-14"),
    ("kursi > 8 AND ) 1", "unexpected ')' at character 15", "a property, a value"),
    ("kursi >", "unexpected the end", "a property, a value"),
    ("nama = 'abc", "text that begins at character 8 is not closed", "quote"),
    ("kursi = NULL", "unexpected 'NULL' at character 9", "IS NULL"),
    ("date > 1", "unexpected 'date' at character 1, a word of the language", '"date"'),
    ("avg(kursi) > 1", "unknown function 'avg' at character 1", "S_INTERSECTS"),
    ("A_CONTAINS(nama, 'x')", "unknown function 'A_CONTAINS'", "CASEI"),
    (
        "S_INTERSECTS(nama, POINT(1 1))",
        "nama is a string: S_INTERSECTS takes a geometry at character 14",
        "a geometry",
    ),
    ("S_INTERSECTS(geometry, POLYGON((0 0,2 2,2 0,0 2,0 0)))", "Self-intersection", "valid"),
    ("kursi > 1 + nama", "nama is a string: + takes a number at character 13", "a number"),
    ("T_AFTER(mulai, 'x')", "T_AFTER at character 1 is of time: 'x' at character 16", "2024-02-14"),
    ("S_INTERSECTS(geometry, POINT M (1 1 1))", "unexpected 'POINT' at character 24", "POINT(…)"),
    ("geometry = geometry", "geometry is a geometry", "S_INTERSECTS"),
]


@pytest.mark.parametrize(("text", "detail", "allowed"), MESSAGES, ids=lambda text: text[:40])
def test_errors_name_the_thing_the_place_and_the_mend(text, detail, allowed):
    error = refused(text)
    assert detail in error.detail
    assert allowed in str(error.allowed)


def test_errors_of_json_name_the_path():
    text = '{"op":"and","args":[true,{"op":"=","args":[{"property":"kursi"},"x"]}]}'
    assert "at $.args[1]" in refused(text, "cql2-json").detail
    assert "at $.args[0]" in refused('{"op":"not","args":[{"property":"x"}]}', "cql2-json").detail


def test_unknown_language():
    assert refused("kursi > 8", "cql").allowed == list(LANGUAGES)


def test_the_draft_that_gdal_sends_is_read_with_its_ilike():
    draft, standard = "(kursi > 8 AND nama ILIKE 'jawa%')", "kursi > 8 AND CASEI(nama) LIKE CASEI('jawa%')"
    assert read(draft, "cql-text").key == read(standard).key
    assert "ILIKE" in refused("nama ILIKE 'jawa%'").detail
    assert refused("kursi ILIKE 'jawa%'", "cql-text")
    assert refused("nama ILIKE", "cql-text")


# Bounds

POINTS = ",".join(f"{100 + i / 1000} {(i % 7) / 10}" for i in range(1_300))
HUGE = [
    "(" * 5_000 + "kursi = 1" + ")" * 5_000, "(" * 10_000, ")" * 10_000, "NOT " * 4_000 + "kursi = 1",
    "-" * 10_000 + "1 = 1",
    " AND ".join(["kursi = 1"] * 1_200), " OR ".join(f"kursi = {i}" for i in range(1_200)),
    "kursi = 1" + " IS NULL" * 1_500,
    "kursi = " + "+".join("1" * 4_000), "kursi = " + "9" * 16_000, "nama = '" + "x" * 20_000 + "'",
    "CASEI(" * 2_000 + "nama",
    "kursi IN (" + ",".join(map(str, range(3_000))) + ")", "kursi IN (" + ",".join(["(1+1),1"] * 500) + ")",
    "S_INTERSECTS(geometry,MULTIPOINT(" + ",".join(["1 1"] * 3_000) + "))",
    "S_INTERSECTS(geometry,POINT(" + "(" * 9_000,
    " AND ".join(["S_INTERSECTS(geometry,POINT(1 1))"] * 9),
    "'" * 16_001, '"' * 16_001, "\\" * 16_000, "nama = '" + "\\'" * 8_000,
    "{" * 16_000, "kursi " * 2_700, "kursi^" * 2_700, "." * 16_000, "S_INTERSECTS(geometry,GEOMETRYCOLLECTION(" * 400,
]  # fmt: skip


@pytest.mark.parametrize("text", HUGE, ids=range(len(HUGE)))
def test_huge_filters_are_refused_in_bounded_time(text):
    refused(text)
    refused(text, "cql2-json")


def test_large_filters_within_the_bounds_are_read():
    for text in (
        "kursi IN (" + ",".join(map(str, range(1_000))) + ")",
        "CASEI(nama) IN (" + ",".join(f"CASEI('{i}')" for i in range(900)) + ")",
        f"S_INTERSECTS(geometry,LINESTRING({POINTS}))",
        "(" * 30 + "kursi = 1" + ")" * 30,
        " OR ".join(f"kursi = {i}" for i in range(80)),
        " AND ".join(["S_INTERSECTS(geometry,POINT(1 1))"] * 8),
    ):
        began = time.process_time()
        assert read(text).key == read(json_of(text), "cql2-json", Bounds(characters=10**6)).key
        assert time.process_time() - began < 2


def test_bounds_can_be_narrowed():
    narrow = Bounds(characters=60, depth=2, nodes=6, values=2, vertices=2, spatial=1)
    assert isinstance(read("NOT (kursi = 1)", bounds=narrow), Filter)
    for text in ("kursi = 1" + " " * 60, "NOT ((kursi = 1))", "kursi = 1 OR kursi = 2 OR kursi = 3", "kursi IN (1,2,3)",
                 "S_TOUCHES(geometry,LINESTRING(1 1,2 2,3 3))",
                 "S_TOUCHES(geometry,geometry) OR S_TOUCHES(geometry,geometry)"):  # fmt: skip
        refused(text, bounds=narrow)


# Anything at all

WORDS = st.sampled_from([
    "kursi", "nama", "mulai", "geometry", '"date"', "8", "-1.5e3", "'JAWA%'", "'2024-02-14'", "=", "<>", "<",
    ">=", "+", "-", "*", "/", "%",
    "div", "^", "(", ")", ",", "AND", "OR", "NOT", "LIKE", "BETWEEN", "IN", "IS", "NULL", "TRUE", "CASEI(",
    "ACCENTI(", "DATE(", "INTERVAL(",
    "S_INTERSECTS(", "S_WITHIN(", "T_AFTER(", "POINT(", "POLYGON((", "BBOX(", "1 1", "0 0,1 0,1 1,0 0", "'",
    '"', "\\", "é", "\x00",
])  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.sampled_from(["kursi", "JAWA%", "2024-02-14",
        "..", "Point"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["op", "args", "property", "date", "interval", "bbox", "type",
        "coordinates"]), inner, max_size=3)
    | st.builds(lambda op, args: {"op": op, "args": args},
                st.sampled_from(["and", "not", "=", "in", "like", "between", "isNull", "casei", "+", "s_within",
                    "t_after"]), st.lists(inner, max_size=3)),
    max_leaves=12,
)  # fmt: skip


def answered_or_refused(text, language):
    try:
        found = read(text, language)
    except FilterError:
        return
    assert isinstance(found, Filter)
    hash(found.key)


@settings(max_examples=500, deadline=None)
@given(st.lists(WORDS, max_size=14).map(" ".join) | st.text(max_size=40))
def test_any_text_is_read_or_refused(text):
    answered_or_refused(text, "cql2-text")


@settings(max_examples=400, deadline=None)
@given(VALUES.map(json.dumps) | st.text(max_size=40))
def test_any_json_is_read_or_refused(text):
    answered_or_refused(text, "cql2-json")
