"""What clients send without meaning it, or in another way than most: trackers, repeated names, filters as a body."""

import io
import json
from pathlib import Path
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from owslib.ogcapi.features import Features

from boundaries.service import posted
from tests.service_help import app_of, get, ids, link, served
from tests.small import make_small_release

ITEMS = "/collections/dpr-2024/items"
TRACKERS = (
    "fbclid=IwAR0x", "utm_source=buletin&utm_medium=email&utm_campaign=a%20b", "gclid=1", "msclkid=2",
    "mc_cid=3&mc_eid=4", "igshid=5", "_ga=2.1.2", "_gl=1*2", "ttclid", "utm_term=%FF", "yclid=&v=2", "twclid=%",
)  # fmt: skip
#: What only looks like one of them.
UNKNOWN = (
    "fbclid2=1", "FBCLID=1", "utm=1", "utm_=1", "_=1", "vv=2", "gclid.x=1", "ga=1", "ref=1", "%66bclid=1", "track=1",
    "fbclid%3D1",
)  # fmt: skip
PATHS = (
    "/", "/map", "/openapi", "/conformance", "/health", "/map-sw.js", "/collections", "/collections/dpr-2024",
    "/collections/dpr-2024/schema", "/collections/dpr-2024/queryables", ITEMS, f"{ITEMS}?limit=2&properties=kursi",
    f"{ITEMS}?f=html&limit=2", f"{ITEMS}/dpr-2024-3201", "/lookup?lon=106.6&lat=-6.9", "/lookup?f=html", "/downloads/",
)  # fmt: skip


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    release: Path = make_small_release(tmp_path_factory.mktemp("releases"))
    return app_of(release.parent).test_client()


@pytest.mark.parametrize("path", PATHS)
def test_what_trackers_append_changes_nothing(client, path):
    """Neither answer nor links nor ETag, in front of, between and behind what the request means."""
    bare, _, query = path.partition("?")
    plain = client.get(path)
    assert plain.status_code == 200
    for tracker in TRACKERS:
        pairs = query.split("&") if query else []
        for place in {0, len(pairs) // 2, len(pairs)}:
            asked = f"{bare}?{'&'.join([*pairs[:place], tracker, *pairs[place:]])}"
            found = client.get(asked)
            assert found.status_code == 200, asked
            if path != "/health":
                assert found.data == plain.data, asked
            assert found.headers.get("ETag") == plain.headers.get("ETag")
            assert found.headers.get("Link") == plain.headers.get("Link")


@pytest.mark.parametrize("path", PATHS)
def test_what_only_looks_like_a_tracker_is_refused(client, path):
    for pair in UNKNOWN:
        assert client.get(f"{path}{'&' if '?' in path else '?'}{pair}").status_code == 400, pair


def test_a_tracker_is_prepared_once(client):
    held = client.get(f"{ITEMS}?limit=3")
    tag = held.headers["ETag"]
    assert client.get(f"{ITEMS}?limit=3&fbclid=1", headers={"If-None-Match": tag}).status_code == 304


def test_properties_may_be_repeated(client):
    once = get(client, f"{ITEMS}?properties=kursi,nama_dapil")
    assert get(client, f"{ITEMS}?properties=kursi&properties=nama_dapil")["features"] == once["features"]
    assert client.get(f"{ITEMS}?properties=kursi&properties=kursi").json["parameter"] == "properties"
    assert client.get(f"{ITEMS}?properties=kursi&properties=").status_code == 400
    assert client.get(f"{ITEMS}?sortby=kursi&sortby=id").json["parameter"] == "sortby"


def test_truth_as_python_writes_it(client):
    assert get(client, f"{ITEMS}?skipGeometry=True")["features"][0]["geometry"] is None
    assert get(client, f"{ITEMS}?skipGeometry=False")["features"][0]["geometry"] is not None
    assert client.get(f"{ITEMS}?skipGeometry=TRUE").status_code == 400


# A filter as a body

TREE = {"op": ">", "args": [{"property": "kursi"}, 4]}
TEXT = "kursi > 4"


def sent(
    client: FlaskClient,
    body: bytes,
    kind: str | None = "application/json",
    query: str = "",
    path: str = ITEMS,
):
    return client.post(f"{path}?{query}" if query else path, data=body, content_type=kind)


@pytest.mark.parametrize(
    ("body", "kind", "language"),
    [
        (json.dumps(TREE), "application/json", "cql2-json"),
        (json.dumps(TREE, indent=2), "application/json; charset=UTF-8", "cql2-json"),
        (json.dumps(TREE), "application/cql2+json", "cql2-json"),
        (TEXT, "text/plain", "cql2-text"),
        ("kursi\r\n  > 4", 'text/plain;charset="utf-8"', "cql2-text"),
        ("nama_dapil LIKE '%' AND kursi>4", "text/cql2", "cql2-text"),
    ],
)  # fmt: skip
def test_a_filter_as_a_body_is_answered_as_the_get_that_it_means(client, body, kind, language):
    wanted = get(client, f"{ITEMS}?filter={quote(TEXT)}&limit=1&sortby=-kursi")
    assert wanted["numberMatched"] not in (0, get(client, ITEMS)["numberMatched"])
    found = sent(client, body.encode(), kind, "limit=1&sortby=-kursi")
    assert found.status_code == 200, found.text
    assert found.json["features"] == wanted["features"]
    assert found.json["numberMatched"] == wanted["numberMatched"]
    blank = body.translate(str.maketrans("\r\n", "  "))
    same = client.get(f"{ITEMS}?limit=1&sortby=-kursi&filter-lang={language}&filter={quote(blank, safe='')}")
    assert same.data == found.data
    assert same.headers["ETag"] == found.headers["ETag"]
    assert (
        sent(client, body.encode(), kind, f"limit=1&sortby=-kursi&filter-lang={language}").status_code == 200
    )


def test_the_links_of_a_posted_filter_lead_on(client):
    seen, page = [], sent(client, json.dumps(TREE).encode(), query="limit=1").json
    while True:
        seen += ids(page)
        following = link(page, "next")
        if following is None:
            break
        page = get(client, following)
    assert sorted(seen) == sorted(ids(get(client, f"{ITEMS}?filter={quote(TEXT)}")))


@pytest.mark.parametrize(
    ("body", "kind", "query", "status", "parameter"),
    [
        (b"{}", None, "", 415, None),
        (b"{}", "text/xml", "", 415, None),
        (b"{}", "application/geo+json", "", 415, None),
        (b"{}", "application/json; charset=latin-1", "", 415, None),
        (b"filter=kursi>4", "application/x-www-form-urlencoded", "", 415, None),
        (b"", "application/json", "", 411, None),
        (b"{}", "application/json", "", 400, "filter"),
        (b"kursi >", "text/plain", "", 400, "filter"),
        (b"kursi > 4\x00", "text/plain", "", 400, "filter"),
        (b"nama_dapil = '\xff'", "text/plain", "", 400, "filter"),
        (TEXT.encode(), "application/json", "", 400, "filter"),
        (TEXT.encode(), "text/plain", "filter=kursi%3E4", 400, "filter"),
        (TEXT.encode(), "text/plain", "filter-lang=cql2-json", 400, "filter-lang"),
        (TEXT.encode(), "text/plain", "x=1", 400, "x"),
        (b"x" * (posted.MOST + 1), "text/plain", "", 413, None),
        (b"x" * posted.MOST, "text/plain", "", 400, "filter"),
    ],
)  # fmt: skip
def test_a_body_that_is_no_filter_is_refused(client, body, kind, query, status, parameter):
    found = sent(client, body, kind, query)
    assert (found.status_code, found.content_type) == (status, "application/problem+json"), found.text
    assert found.json.get("parameter") == parameter


def test_no_more_is_read_of_a_body_than_it_says_and_may_have(client):
    def asked(length: str, stream: io.BytesIO) -> tuple[int, int]:
        environ = {"CONTENT_LENGTH": length, "CONTENT_TYPE": "text/plain", "wsgi.input": stream}
        found = client.open(ITEMS, method="POST", environ_overrides=environ)
        return found.status_code, stream.tell()

    assert asked("9", io.BytesIO(TEXT.encode() + b"GET / HTTP/1.1")) == (200, 9)
    assert asked("100", io.BytesIO(TEXT.encode()))[0] == 400
    assert asked(str(posted.MOST + 1), io.BytesIO(b"x" * 99)) == (413, 0)
    for length in ("", "-1", "+9", "9" * 5_000, "²"):
        assert asked(length, io.BytesIO(b"x" * 99)) in ((411, 0), (413, 0))


def test_only_features_take_a_filter_as_a_body(client):
    for path in (
        "/",
        "/collections",
        "/collections/dpr-2024",
        f"{ITEMS}/dpr-2024-3201",
        "/downloads/",
    ):
        found = sent(client, TEXT.encode(), "text/plain", path=path)
        assert (found.status_code, found.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")
    for method in ("PUT", "PATCH", "DELETE"):
        assert client.open(ITEMS, method=method).headers["Allow"] == "GET, HEAD, POST, OPTIONS"
    assert client.options(ITEMS).headers["Access-Control-Allow-Methods"] == "GET, HEAD, POST, OPTIONS"
    assert sent(client, TEXT.encode(), "text/plain", path="/collections/nope/items").status_code == 404
    assert sent(client, TEXT.encode(), "text/plain", path="/lookup").status_code == 415  # points, no filter


def test_owslib_sends_its_filters_and_flags(client):
    with served(client.application) as address:
        features = Features(address)
        found = features.collection_items("dpr-2024", cql=TREE, limit=5)
        assert ids(found) == ids(get(client, f"{ITEMS}?filter={quote(TEXT)}&limit=5"))
        bare = features.collection_items("dpr-2024", skipGeometry=True, properties=["kursi", "id"])
        assert {tuple(each["properties"]) for each in bare["features"]} == {("id", "kursi")}
        assert all(each["geometry"] is None for each in bare["features"])
