"""Requests that are wrong, by the hundred: each is refused in words, quickly, and the service goes on.

Every request is wrong by construction: made from lists, or from seeds by taking a right value apart. They go to
``server.py`` as a process, through its own HTTP engine. What bytes on the wire can do is asked in
`test_service_wire.py`.
"""

import contextlib
import http.client
import json
import random
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote

import pytest

from tests.server_help import Server, running
from tests.small import make_small_release

ITEMS = "/collections/dpr-2024/items"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
BOX = "bbox=106.5,-7,107.5,-6"
FILTER = "filter=kursi%20%3E%208"
#: Of each wrong request, in seconds, on a machine that does other things, too.
LONGEST = 2.0


@dataclass(frozen=True)
class Case:
    """A request that is wrong, and what its answer must say."""

    path: str
    parameter: str | None = None  # that the problem names
    statuses: tuple[int, ...] = (400,)
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = field(default=())


# What is wrong with numbers and boxes

NO_BOXES = (
    ("3857", "9,0,1,1"), ("3857", "0,9,1,1"), ("4326", "-6,107,-7,106"), ("32748", "1,1,0,0"),
    ("3857", "1e9,0,2e9,1"), ("32748", "1e12,1e12,2e12,2e12"), ("23833", "1e300,0,2e300,1"),
)  # fmt: skip
NO_CHOICES = (
    "f=xml", "f=", "f=JSON", "f=json,html", "f=../json", "lang=fr", "lang=ID", "lang=id-ID",
    "resulttype=count", "resulttype=HITS", "skipGeometry=1", "skipGeometry=TRUE", "skipGeometry=no",
)  # fmt: skip
FIXED = (
    "/", "/conformance", "/openapi", "/collections", "/collections/dpr-2024", "/health",
    "/collections/dpr-2024/schema", "/collections/dpr-2024/queryables", f"{ITEMS}/dpr-2024-3201",
)  # fmt: skip
NO_POINTS = (
    ("", "lon"), ("lon=106.6", "lat"), ("lat=-6.9", "lon"), ("lon=181&lat=0", "lon"), ("lon=0&lat=91", "lat"),
    ("lon=106.6&lat=-6.9&lon=1", "lon"), ("lon=106.6&lat=-6.9&bbox=1", "bbox"),
)  # fmt: skip

NO_NUMBERS = (
    "", "nan", "NaN", "inf", "-inf", "Infinity", "1e999", "-1e400", "0x10", "1_0", "%D9%A1", "%EF%BC%91",
    "--1", "%2B-1", "1e", "e5", ".", "-", "%2B", "1.2.3", "1d5", "%C2%BD", "true", "null", "%271%27",
    "%221%22", "1%202", "%201", "1%20", "1;2", "1%252", "(1)", "[1]", "{1}", "1%09", "1%0A", "1%00", "1e1e1",
    "%E2%88%921", "1%C2%B0", "6%C2%B030%27S", "$1", "1/2", "1**2", "0b1", "1L", "1f", "%F0%9F%97%BA",
)  # fmt: skip


def of_boxes() -> Iterator[Case]:
    right = ["106.5", "-7", "107.5", "-6"]
    for number, wrong in enumerate(NO_NUMBERS):
        values = list(right)
        values[number % 4] = wrong
        yield Case(f"{ITEMS}?bbox={','.join(values)}", "bbox")
    for values in (
        right[:1],
        right[:3],
        [*right, "1"],
        [*right, "1", "2", "3"],
        right * 2,
        ["1"] * 100,
        [""] * 4,
    ):
        yield Case(f"{ITEMS}?bbox={','.join(values)}", "bbox")
    for text in ("106.5,-6,107.5,-7", "200,-7,190,-6", "106.5,-7,9,107.5,-6,1", "106.5 -7 107.5 -6",
                 "106.5,-7;107.5,-6", "BBOX(106.5,-7,107.5,-6)", "[106.5,-7,107.5,-6]", "106,5,-7,107,5,-6,0",
                 "west,south,east,north", "null", "1" * 3000):  # fmt: skip
        yield Case(f"{ITEMS}?bbox={quote(text, safe=',')}", "bbox")
    for code, box in NO_BOXES:
        yield Case(f"{ITEMS}?bbox={box}&bbox-crs={EPSG}{code}", "bbox")


NO_SYSTEMS = (
    "", "EPSG:4326", "epsg:3857", "4326", "[EPSG:4326]", "urn:ogc:def:crs:EPSG::4326", f"{EPSG}4326/",
    f"{EPSG}04326", f"{EPSG}4326%00", f"{EPSG}4326%20", f"%20{EPSG}4326", f"{EPSG}99999", f"{EPSG}27700",
    f"{EPSG}-1", f"{EPSG}", f"{EPSG}4326,{EPSG}3857", "https://www.opengis.net/def/crs/EPSG/0/4326",
    EPSG.upper() + "4326", "CRS84", "OGC:CRS84", "http://www.opengis.net/def/crs/OGC/1.3/CRS84h",
    "http://www.opengis.net/def/crs/OGC/1.3/crs84", "http://www.opengis.net/def/crs/OGC/0/CRS84",
    "+proj=longlat", "%2Bproj=utm%20%2Bzone=48", "file:///etc/passwd", "http://169.254.169.254/latest/",
    "javascript:alert(1)", "../../etc/passwd", "WGS84", "null", "GEOGCS[%22x%22]", f"{EPSG}32745",
    f"{EPSG}32645", f"{EPSG}23829", f"{EPSG}23846", f"{EPSG}32755", "%FF", "a" * 3000,
)  # fmt: skip


def of_systems() -> Iterator[Case]:
    for parameter, others in (("crs", ""), ("bbox-crs", f"&{BOX}"), ("filter-crs", f"&{FILTER}")):
        for wrong in NO_SYSTEMS:
            yield Case(f"{ITEMS}?{parameter}={wrong}{others}", parameter)
    for wrong in NO_SYSTEMS[:12]:
        yield Case(f"{ITEMS}/dpr-2024-3201?crs={wrong}", "crs")
    yield Case(f"{ITEMS}?bbox-crs={EPSG}4326", "bbox-crs")
    yield Case(f"{ITEMS}?filter-crs={EPSG}4326", "filter-crs")


def of_times() -> Iterator[Case]:
    wrong = (
        "", "..", "../..%00", "yesterday", "now", "2024", "2024-02", "20240214", "2024-2-14", "14-02-2024",
        "2024-02-30", "2023-02-29", "2024-13-01", "2024-00-10", "2024-02-00", "-2024-02-14",
        "12024-02-14", "2024-W07-3", "2024-045", "2024-02-14T10", "2024-02-14T10:00Z", "2024-02-14T10:00:00",
        "2024-02-14T25:00:00Z", "2024-02-14T10:61:00Z", "2024-02-14T10:00:00%2B25:00",
        "2024-02-14T10:00:00+07:00", "2024-02-14 10:00:00Z", "2024-02-14T10:00:00.Z",
        "2024-02-14T10:00:00Z/..Z", "2024-02-14/2019-01-01", "2024-02-14/2024-02-14/..", "2024-02-14/P1Y",
        "P1Y/2024-02-14", "2024-02-14%2F%2F", "/2024-02-30", "a/b", ".../...", "2024-02-14,2025-01-01",
        "1707868800", "%D9%A2%D9%A0%D9%A2%D9%A4-02-14", "2024-02-14%00", "%FF", "2024/02/14", "Feb 14 2024",
        "2024-02-14;", "9" * 3000, "infinity", "(2024-02-14)",
    )  # fmt: skip
    for text in wrong:
        yield Case(f"{ITEMS}?datetime={text.replace(' ', '%20')}", "datetime")


def of_pages() -> Iterator[Case]:
    for parameter in ("limit", "offset"):
        for wrong in NO_NUMBERS:
            if wrong != "1%00":  # among the encodings
                yield Case(f"{ITEMS}?{parameter}={wrong}", parameter)
        for wrong in (
            "-1",
            "1.0",
            "1e2",
            "%2B5",
            "9" * 101,
            "9" * 7000,
            "10,20",
            "all",
            "*",
            "unlimited",
            "-0x1",
        ):
            yield Case(f"{ITEMS}?{parameter}={wrong}", parameter)
    for wrong in ("0", "00", "-9" * 50):
        yield Case(f"{ITEMS}?limit={wrong}", "limit")
    yield Case(f"{ITEMS}?offset={'9' * 40}", "offset")


def of_columns() -> Iterator[Case]:
    wrong = (
        "", "seats", "geom", "geometry", "fid", "rowid", "*", "KURSI", "kursi%20", "%20kursi", "kursi,",
        ",kursi", "kursi,,id", "kursi,kursi", "kursi;id", "kursi|id", "kursi%20desc", "%22kursi%22",
        "'kursi'", "kursi)--", "1", "kursi,seats", "kursi%00", "kursi%0D%0AX:y", "../kursi",
        "kursi'%20OR%20'1'='1", "a," * 2000, "kode", "__class__", "{kursi}",
    )  # fmt: skip
    for parameter in ("sortby", "properties"):
        for text in wrong:
            if (parameter, text) != ("sortby", "%20kursi"):  # a bare plus arrives so
                yield Case(f"{ITEMS}?{parameter}={text}", parameter)
    for text in ("--kursi", "-", "%2B%2Bkursi", "-kursi,kursi", "kursi-", "-seats", "~kursi"):
        yield Case(f"{ITEMS}?sortby={text}", "sortby")
    for column in ("kursi", "tahun", "penduduk"):
        for text in (
            "",
            "many",
            "8.5",
            "8,5",
            "1e3",
            "0x8",
            "nan",
            "8%20",
            "%FF",
            "9" * 40,
            "null",
            "%3E8",
            "4..6",
        ):
            yield Case(f"{ITEMS}?{column}={text}", column)
    for text in ("1,5", "wide", "inf", "1e999", "%FF", ""):
        yield Case(f"{ITEMS}?luas_km2={text}", "luas_km2")


# Filters

TEXTS = (
    "(kursi > 8 AND nama_dapil LIKE 'JAWA%')", "(NOT (kursi BETWEEN 4 AND 6 OR selesai IS NULL))",
    "(S_INTERSECTS(geometry, POLYGON((106 -7, 107 -7, 107 -6, 106 -7))))",
    "(CASEI(nama_dapil) IN (CASEI('maluku'), 'x') AND T_AFTER(mulai, DATE('2020-01-01')))",
)  # fmt: skip
NO_FILTERS = (
    "", "kursi", "kursi >", "> 8", "kursi > > 8", "kursi = = 8", "kursi == 8", "kursi != 8",
    "kursi > 'delapan'", "kursi > 8 AND", "AND", "NOT", "OR OR", "bangku > 8", "kursi > 8; DROP TABLE dapil",
    "kursi > 8 --", "kursi > 8 /* x */", "1", "'x'", "kursi + 8", "kursi LIKE 8", "nama_dapil LIKE 8",
    "nama_dapil LIKE kursi", "nama_dapil LIKE 'a\\", "nama_dapil = 'x", "kursi IN ()", "kursi IN 8",
    "kursi IN (8", "kursi IN ('a')", "kursi BETWEEN 8", "kursi BETWEEN 8 AND 'x'", "kursi IS", "kursi IS 8",
    "CASEI(kursi) = 'x'", "CASEI() = 'x'", "ACCENTI('a','b') = 'x'", "eval('1')", "__import__('os')",
    "kursi ** 8 > 1", "kursi % 0 'x'", "geometry = 8", "geometry > geometry", "S_INTERSECTS(geometry)",
    "S_INTERSECTS(geometry, 8)", "S_INTERSECTS(kursi, POINT(1 2))", "S_NEAR(geometry, POINT(1 2))",
    "S_INTERSECTS(geometry, POINT(1))", "S_INTERSECTS(geometry, POINT(1 x))",
    "S_INTERSECTS(geometry, POINT(1e999 2))", "S_INTERSECTS(geometry, LINESTRING(1 2))",
    "S_INTERSECTS(geometry, POLYGON((1 2, 3 4)))", "S_INTERSECTS(geometry, POLYGON((0 0, 1 0, 1 1)))",
    "S_INTERSECTS(geometry, CIRCLE(1 2, 3))", "S_INTERSECTS(geometry, BBOX(1,2,3))",
    "T_AFTER(mulai, DATE('2024-02-30'))", "T_AFTER(kursi, DATE('2024-02-14'))", "T_AFTER(mulai, DATE('x'))",
    "T_DURING(mulai, DATE('2024-02-14'))", "mulai > DATE('2024')", "mulai > TIMESTAMP('2024-02-14')",
    "INTERVAL('2020-01-01','2019-01-01') = mulai", "kursi > 1e999", "kursi > 8 kursi > 9",
    "(" * 60 + "kursi > 8" + ")" * 60, "NOT " * 300 + "kursi > 8", "kursi>8 AND " * 300 + "kursi>8",
    "kursi > " + "9" * 5000, "\x00", "kursi > 8\x00", "kursi\x0b> 8\x07", "ʞ > 8", "kursi > 8", "“kursi” > 8",
    "`kursi` > 8", "[kursi] > 8", "$kursi > 8", "kursi > :p", "kursi > ?", "kursi > @x", "kursi.x > 8",
)  # fmt: skip
TREE = (
    '{"op":"and","args":[{"op":">","args":[{"property":"kursi"},8]},'
    '{"op":"isNull","args":[{"property":"selesai"}]}]}'
)
NO_TREES = (
    "null", "[]", "{}", "8", '"x"', "truely", '{"op":">"}', '{"op":">","args":[]}',
    '{"op":">","args":[{"property":"kursi"}]}', '{"op":"eval","args":["1"]}', '{"args":[1,2]}',
    '{"op":8,"args":[1,2]}', '{"op":">","args":[{"property":8},8]}',
    '{"op":">","args":[{"property":"bangku"},8]}', '{"op":">","args":[{"property":"kursi"},"delapan"]}',
    '{"op":">","args":[{"property":"kursi"},NaN]}', '{"op":">","args":[{"property":"kursi"},1e999]}',
    '{"op":"and","args":{}}', '{"op":">","args":[{"property":"kursi"},8],"op":"<"}',
    '{"op":"s_intersects","args":[{"property":"geometry"},{"type":"Point"}]}',
    '{"op":"s_intersects","args":[{"property":"geometry"},{"type":"Point","coordinates":["a","b"]}]}',
    '{"op":"s_intersects","args":[{"property":"geometry"},{"type":"Feature","geometry":null}]}',
    '{"op":"s_intersects","args":[{"property":"geometry"},{"bbox":[1,2]}]}',
    '{"op":"in","args":[{"property":"kursi"},8]}', '{"op":"like","args":[{"property":"nama_dapil"},8]}',
    '{"op":"between","args":[{"property":"kursi"},[1,2]]}',
    '{"op":"t_after","args":[{"property":"mulai"},{"date":"x"}]}', "[" * 2000,
    '{"op":"not","args":[' * 60 + "true" + "]}" * 60, "kursi > 8", "{'op':'>'}",
    '{"op":">","args":[{"property":"kursi"},8]} x', "\ufeff" + TREE, TREE + TREE, TREE.replace('"', "'"),
)  # fmt: skip


def of_filters() -> Iterator[Case]:
    for text in NO_FILTERS:
        if text != "kursi > 8":
            yield Case(f"{ITEMS}?filter={quote(text)}", "filter")
    for text in NO_TREES:
        yield Case(f"{ITEMS}?filter-lang=cql2-json&filter={quote(text)}", "filter")
    draw = random.Random("filters")
    for text in TEXTS:  # cut before its last parenthesis it is never whole
        for end in draw.sample(range(1, len(text)), 15):
            yield Case(f"{ITEMS}?filter={quote(text[:end])}", "filter")
    for end in draw.sample(range(1, len(TREE)), 25):
        yield Case(f"{ITEMS}?filter-lang=cql2-json&filter={quote(TREE[:end])}", "filter")
    for wrong in (
        "",
        "cql",
        "CQL2-TEXT",
        "cql2",
        "ecql",
        "sql",
        "json",
        "cql2-xml",
        "cql2-text,cql2-json",
        "%FF",
    ):
        yield Case(f"{ITEMS}?{FILTER}&filter-lang={wrong}", "filter-lang")
    yield Case(f"{ITEMS}?filter-lang=cql2-text", "filter-lang")
    for layer in ("dapil-dpr", "unit-kecamatan"):
        yield Case(f"/collections/{layer}/items?filter=bangku%20%3E%208", "filter")


# Encodings, repeated and unknown parameters

NO_UTF8 = (
    "%FF", "%80", "%C3", "%C0%AF", "%C1%BF", "%E0%80%AF", "%ED%A0%80", "%ED%BF%BF", "%F0%80%80%AF",
    "%F4%90%80%80", "%E2%28%A1", "%FE%FF%001", "%FF%FE1%00", "a%FFb", "%F8%88%80%80%80",
)  # fmt: skip
#: "1" in UTF-7, UTF-16 and so on, and breaks of a line: no numbers, no choices, no columns.
NO_TEXT = (
    "%00",
    "1%00",
    "%0D%0AX-Injected:%20yes",
    "%0A",
    "%1B[31m",
    "+ADE-",
    "1%00%00",
    "%7F",
    "%E2%80%A81",
    "%C2%85",
    "%EF%BB%BF1",
)
NO_ESCAPES = ("%", "%%", "%z1", "%1", "1%", "%u0031", "%-1", "% 1".replace(" ", "%20"), "100%")


def of_encodings() -> Iterator[Case]:
    for parameter in ("nama_dapil", "kode_dapil", "filter", "limit", "sortby", "f"):
        for wrong in NO_UTF8:
            yield Case(f"{ITEMS}?{parameter}={wrong}", parameter)
    for parameter in (
        "limit",
        "offset",
        "kursi",
        "bbox",
        "crs",
        "datetime",
        "sortby",
        "f",
        "lang",
        "skipGeometry",
    ):
        for wrong in NO_TEXT:
            yield Case(f"{ITEMS}?{parameter}={wrong}", parameter)
    for wrong in NO_TEXT[:5]:
        yield Case(f"{ITEMS}?nama_dapil={wrong}", "nama_dapil")
    for wrong in NO_ESCAPES:
        yield Case(f"{ITEMS}?nama_dapil={wrong}", "nama_dapil")
        yield Case(f"{ITEMS}?limit={wrong}", "limit")
    for wrong in ("%FF=1", "li%00mit=1", "limit%0D%0A=1", "%6Cimit%20=1", "limit%3D1"):
        yield Case(f"{ITEMS}?{wrong}")


KNOWN = (
    "limit=1", "offset=1", BOX, f"crs={EPSG}4326", "datetime=2024-02-14", "sortby=id", "properties=id",
    "skipGeometry=true", "resulttype=hits", FILTER, "kursi=4", "nama_dapil=x", "f=json", "lang=en",
)  # fmt: skip
UNKNOWN = (
    "q", "LIMIT", "Limit", "limit[]", "limit.x", "resultType", "skipgeometry", "srsName", "startindex",
    "count", "maxFeatures", "api_key", "token", "callback", "jsonp", "_", "geom", "geometry", "fid", "seats",
    "bbox_crs", "filter_lang", "__proto__", "constructor", "cql_filter", "query", "where", "outFields",
    "page", "profile", "schema", "<script>", "'", "a" * 1000, "💥", "",
)  # fmt: skip


def of_parameters() -> Iterator[Case]:
    for pair in KNOWN:
        name = pair.partition("=")[0]
        yield Case(f"{ITEMS}?{pair}&{pair}", name)
        yield Case(f"{ITEMS}?{pair}&limit=2&{name}=", name if name != "limit" else "limit")
    for name in UNKNOWN:
        yield Case(f"{ITEMS}?{quote(name)}=1", None if len(name) > 80 else name)
    for path in FIXED:
        for pair in ("limit=1", "x=1", BOX, FILTER):
            yield Case(f"{path}?{pair}", pair.partition("=")[0])
        if path != "/health":
            yield Case(f"{path}?f=xml", "f")
            yield Case(f"{path}?lang=fr", "lang")
    for wrong in NO_CHOICES:
        yield Case(f"{ITEMS}?{wrong}", wrong.partition("=")[0])


def of_places() -> Iterator[Case]:
    for parameter, other in (("lon", "lat=-6.9"), ("lat", "lon=106.6")):
        for wrong in NO_NUMBERS:
            yield Case(f"/lookup?{other}&{parameter}={wrong}", parameter)
    for query, parameter in NO_POINTS:
        yield Case(f"/lookup?{query}", parameter)
    for year in (
        "",
        "1999",
        "2014",
        "24",
        "20244",
        "-2024",
        "latest",
        "2024.0",
        "%D9%A2024",
        "%FF",
        "2024%00",
    ):
        yield Case(f"/lookup?lon=106.6&lat=-6.9&year={year}", "year")
    yield Case("/lookup?lon=0&lat=0&year=2019", None, (404,))


# Paths

NO_PLACES = (
    "/nope", "//", "///", "/./", "/../", "/..", "/.", "/%2e%2e/", "/%2e%2e%2f", "/..%2f..%2fetc%2fpasswd",
    "/../../etc/passwd", "/%c0%ae%c0%ae/", "/collections//", "//collections", "/collections/./dpr-2024",
    "/collections/../conformance", "/collections/%2e%2e/conformance", "/collections/dpr-2024/../dpr-2019",
    "/collections%5Cdpr-2024", "/collections\\dpr-2024", "/collections;x=1",
    "/collections/dpr-2024;x=1", "/collections/dpr-2024;jsessionid=1/items", "/collections/dpr-2024//items",
    "/collections/dpr-2024/items//", "/collections/DPR-2024", "/Collections",
    "/collections/dpr-2024%20", "/collections/%20dpr-2024", "/collections/dpr-2024%00",
    "/collections/dpr-2024%0A", "/collections/dpr-2024%0D%0AX:%20y", "/collections/dpr-2024.json",
    "/collections/dpr-1955", "/collections/plans", "/collections/members", "/collections/assignment",
    "/collections/sqlite_master", "/collections/tabel-dprd-kabkota-2014", "/collections/dpr-2024/nope",
    "/collections/dpr-2024/items/x/y", "/collections/dpr-2024/schema/x", "/collections/%FF", "/%FF", "/%00",
    "/%", "/%zz", "/%c3%28", "/~root", "/.git/config", "/.env", "/server.py", "/boundaries/", "/etc/passwd",
    "/C:/Windows", "/static/", "/static/..", "/static/../app.py", "/static/%2e%2e/app.py",
    "/static/..%2fapp.py", "/static/%2fetc%2fpasswd", "/static/..%5capp.py", "/static/%00", "/static/%FF",
    "/openapi.json", "/api", "/metrics/x", "/health/x", "/lookup/x", "/conformance/x", "/cgi-bin/test",
    "/index.php", "/wp-login.php", "/console", "/?", "/collections/" + "a" * 6000, "/" + "a/" * 3000,
    "/" + "../" * 1500, "/" + "%2e%2e%2f" * 800,
)  # fmt: skip
NO_IDS = (
    "x", "dpr-2024", "dpr-2024-9999", "DPR-2024-3201", "dpr-2019-3201", "dpr-2024-3201%20",
    "dpr-2024-3201%00", "dpr-2024-3201.json", "3201", "0", "-1", "1e3", "NaN", "null", "%2A", "*",
    "dpr-2024-*", "dpr-2024-3201,dpr-2024-3202", "dpr-2024-3201'--", "%27%20OR%201=1", "..", "%2e%2e",
    "..%2f..%2f", "%FF", "%C0%AF", "%00", "%0A", "%0D%0A", "💥", "<script>", "{featureId}", "%7BfeatureId%7D",
    "a" * 6000, "%20", ".", "__init__",
)  # fmt: skip


def of_paths() -> Iterator[Case]:
    for path in NO_PLACES:
        if path != "/?":
            yield Case(path, None, (400, 404))
    for name in NO_IDS:
        yield Case(f"{ITEMS}/{quote(name, safe='%*,{}')}", None, (400, 404))
    draw = random.Random("paths")
    for _ in range(60):
        letters = draw.choices("abc019-._~%$&+,;=@!()'*\\|^`<>\"", k=draw.randint(1, 40))
        name = re.sub("%(?![0-9A-F]{2})", "%25", "".join(letters))
        yield Case(f"/collections/{name}", None, (400, 404))
    yield Case(f"{ITEMS}?{'a=b&' * 3000}", None, (414,))
    yield Case(f"{ITEMS}?filter={'(' * 9000}", None, (414,))


def of_methods() -> Iterator[Case]:
    for method in (
        "POST",
        "PUT",
        "PATCH",
        "DELETE",
        "TRACE",
        "PROPFIND",
        "LOCK",
        "MKCOL",
        "QUERY",
        "PURGE",
        "BREW",
        "get",
        "GeT",
        "G.E.T",
        "LINK",
        "X" * 30,
    ):
        for path in ("/", ITEMS, f"{ITEMS}/dpr-2024-3201", "/static/x", "/nope"):
            posted = (
                method == "POST" and path == ITEMS
            )  # takes a filter as its body; without one it says which
            statuses = (404, 405) if path in ("/static/x", "/nope") else (415,) if posted else (405,)
            yield Case(path, None, statuses, method)
    yield Case("/", None, (400, 405), "X" * 200)
    for name, status in (("POST", 415), ("GET", 413), ("DELETE", 405)):
        yield Case(ITEMS, None, (status,), name, (("Content-Length", "2"),))
        yield Case(ITEMS, None, (status,), name, (("Transfer-Encoding", "chunked"),))


def of_headers() -> Iterator[Case]:
    hosts = (
        "a b",
        "a/b",
        "a?b",
        "a#b",
        "a@b",
        "<script>",
        "a\\b",
        "a,b",
        "é",
        "%00",
        "a:b:c",
        "[",
        "[::1",
        "a:999999",
        ":80",
        "a:",
        "..//",
        "'\"",
        "a;b",
        "{x}",
    )
    for host in hosts:
        if host not in (":80", "a:"):
            yield Case("/conformance", None, (400,), headers=(("Host", host),))
    for name in (
        "Accept",
        "Accept-Language",
        "Accept-Encoding",
        "If-None-Match",
        "Cookie",
        "Range",
        "X-Forwarded-For",
        "User-Agent",
        "Referer",
    ):
        yield Case("/conformance", None, (431,), headers=(("Host", "h"), (name, "a," * 100_000)))
    yield Case("/conformance", None, (431,), headers=(("Host", "h"), *((f"X-{n}", "y") for n in range(4000))))
    for text in ("-1", "+1", "0x1", "1,1", "1 1", "x", "", "1" * 5000):
        yield Case("/conformance", None, (400, 413, 431), headers=(("Host", "h"), ("Content-Length", text)))


GROUPS = {
    "boxes": of_boxes, "systems": of_systems, "times": of_times, "pages": of_pages, "columns": of_columns,
    "filters": of_filters, "encodings": of_encodings, "parameters": of_parameters, "places": of_places,
    "paths": of_paths, "methods": of_methods, "headers": of_headers,
}  # fmt: skip


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    releases = tmp_path_factory.mktemp("releases")
    make_small_release(releases)
    with running(releases, tmp_path_factory.mktemp("server")) as server:
        yield server


class Client:
    """A connection that is kept while the server keeps it, and that mends nothing of what it sends."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._connection: http.client.HTTPConnection | None = None

    def ask(self, case: Case) -> tuple[int, dict[str, str], bytes, float]:
        if self._connection is None or self._connection.sock is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self._server.port, timeout=20)
            self._connection._validate_path = lambda path: None  # type: ignore[attr-defined]
            self._connection._validate_method = lambda method: None  # type: ignore[attr-defined]
            self._connection._encode_request = str.encode  # type: ignore[attr-defined]
        began = time.perf_counter()
        path = "".join(each if each.isascii() else quote(each) for each in case.path)
        self._connection.putrequest(case.method, path, skip_host=True, skip_accept_encoding=True)
        for name, text in case.headers or (("Host", "h"),):
            self._connection.putheader(name, text.encode())
        if not any(name == "Host" for name, _ in case.headers):
            self._connection.putheader("Host", "h") if case.headers else None
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # refused before all was sent
            self._connection.endheaders()
        response = self._connection.getresponse()
        body = response.read()
        took = time.perf_counter() - began
        if response.will_close:
            self._connection.close()
        return response.status, {k.lower(): v for k, v in response.getheaders()}, body, took


def by_the_library(status: int, headers: dict[str, str], body: bytes) -> bool:
    """Whether it never became a request: such are refused by granian, without a word."""
    return status in (400, 431) and not body and headers.keys() <= {"connection", "content-length", "date"}


def wrong_with(case: Case, status: int, headers: dict[str, str], body: bytes, took: float) -> str | None:
    """Say what is wrong with an answer."""
    text = body.decode()
    if status not in case.statuses:
        return f"{status}: {text[:200]}"
    if case.parameter is None and by_the_library(status, headers, body):
        return None
    if headers.get("content-type") != "application/problem+json":
        return str(headers)
    problem = json.loads(text)
    if problem["status"] != status or not {"type", "title", "detail"} <= set(problem):
        return text[:200]
    if case.parameter is not None and problem.get("parameter") != case.parameter:
        return f"names {problem.get('parameter')!r}: {text[:200]}"
    if (
        re.search(r'Traceback|File "|\.py\b', problem["detail"].replace(case.path, ""))
        and ".py" not in case.path
    ):
        return text[:300]
    if took > LONGEST:
        return f"took {took:.1f} s"
    if len(headers.get("x-injected", "")) or len(text) > 40_000:
        return f"{len(text)} bytes"
    return None


@pytest.mark.parametrize("group", GROUPS)
def test_what_is_wrong_is_refused_in_words_and_quickly(server, group):
    client = Client(server)
    cases = list(GROUPS[group]())
    faults = {}
    for case in cases:
        fault = wrong_with(case, *client.ask(case))
        if fault:
            faults[f"{case.method} {case.path[:150]} {str(case.headers)[:80]}"] = fault
    assert not faults, f"{len(faults)} of {len(cases)}:\n" + "\n".join(
        f"{k} -> {v}" for k, v in faults.items()
    )


@pytest.mark.parametrize("path", ["/collections%2Fdpr-2024", "/collections/dpr-2024%2fitems"])
def test_a_slash_written_as_an_escape_is_a_slash(server, path):
    """granian gives the path with its escapes resolved (docs/operation.md): nothing is reached so that else is not."""
    client = Client(server)
    plain = client.ask(Case(path.replace("%2F", "/").replace("%2f", "/")))
    assert client.ask(Case(path))[::2][:2] == plain[::2][:2]


PAYLOADS = (
    '"><script>alert(1)</script>', "'-alert(1)-'", "</title><script>alert(1)</script>", "javascript:alert(1)//",
    "{{7919*7907}}", "${7919*7907}", "<img src=x onerror=alert(1)>", "\u202e<xss>", "&lt;script&gt;",
)  # fmt: skip


def test_a_page_that_refuses_says_the_same_and_carries_nothing_on(server):
    """Asked for as a page: the same status, and no word of the request comes back as markup."""
    client = Client(server)
    faults = []
    asked = [
        (Case(f"{path}?{quote(name)}={quote(text)}{rest}"), text)
        for text in PAYLOADS
        for path, rest in ((ITEMS, ""), ("/lookup", ""), ("/collections/dpr-2024", ""), (ITEMS, "&f=html"))
        for name in (
            "limit",
            "bbox",
            "crs",
            "datetime",
            "sortby",
            "filter",
            "nama_dapil",
            "lon",
            "lang",
            text,
        )
    ]
    asked += [
        (Case(f"{path}/{quote(text)}"), text) for text in PAYLOADS for path in ("", "/collections", ITEMS)
    ]
    asked += [(case, "\x00") for group in GROUPS.values() for case in list(group())[::6] if not case.headers]
    for case, text in asked:
        page = Case(case.path, None, (), case.method, (("Host", "h"), ("Accept", "text/html")))
        status, headers, body, took = client.ask(page)
        markup = re.search(r"<script>alert|<img src=x|<xss>|62615533", body.decode())
        if (case.statuses and status >= 500) or took > LONGEST or (markup and text != "\x00"):
            faults.append(f"{case.path[:120]} -> {status} {took:.1f} s {markup}")
        if (
            headers.get("content-type", "").startswith("text/html")
            and "content-security-policy" not in headers
        ):
            faults.append(f"{case.path[:120]} -> no policy")
    assert not faults, "\n".join(faults)
    assert len(asked) > 500


@pytest.mark.slow
def test_there_are_more_than_five_hundred_of_them():
    cases = [case for group in GROUPS.values() for case in group()]
    assert len(set(cases)) == len(cases) > 900
