"""What goes over the wire: codings, ETags, caching, one release an answer; the same for every way of asking."""

import gzip
import json
import re
from pathlib import Path

import brotli
import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.service_help import app_of
from tests.small import make_small_release

ITEMS = "/collections/dprd-kabkota-2024/items"
QUESTIONS = (
    f"{ITEMS}?limit=1000", f"{ITEMS}?limit=2&offset=1", f"{ITEMS}?kode_provinsi=32", f"{ITEMS}?sortby=-kursi",
    f"{ITEMS}?properties=kursi", f"{ITEMS}?skipGeometry=true", f"{ITEMS}?properties=kursi&skipGeometry=true",
    f"{ITEMS}?crs=http://www.opengis.net/def/crs/EPSG/0/32748", f"{ITEMS}?resulttype=hits",
    f"{ITEMS}?bbox=106.5,-7,106.9,-6.9", f"{ITEMS}?filter=kursi%20%3E%208", f"{ITEMS}?kursi=999",
    f"{ITEMS}/dprd-kabkota-2024-320401", "/collections/dapil-dpr/items?limit=7&offset=2",
    "/collections/unit-kecamatan/items?limit=1000", "/", "/collections", "/collections/dpr-2024", "/openapi",
    "/conformance", "/collections/dpr-2024/schema", f"{ITEMS}?f=html", "/collections?f=html",
)  # fmt: skip


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_small_release(tmp_path_factory.mktemp("releases"))


@pytest.fixture(scope="module")
def client(source: str) -> FlaskClient:
    """The service on files, and on a database."""
    return app_of(source).test_client()


@pytest.mark.parametrize("path", QUESTIONS)
def test_every_coding_says_the_same(client, path):
    plain = client.get(path)
    packed = client.get(path, headers={"Accept-Encoding": "gzip"})
    small = client.get(path, headers={"Accept-Encoding": "br;q=1.0, gzip;q=0.8, *;q=0.1"})
    assert plain.status_code == 200
    assert "Content-Encoding" not in plain.headers
    for answer in (plain, packed, small):
        assert int(answer.headers["Content-Length"]) == len(answer.data)
    if "Content-Encoding" in packed.headers:
        assert packed.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(packed.data) == plain.data
    else:
        assert len(plain.data) < 1400
    unpack = {"br": brotli.decompress, "gzip": gzip.decompress}.get(
        small.headers.get("Content-Encoding", ""), bytes
    )
    assert unpack(small.data) == plain.data
    assert "br" not in small.headers.get("Content-Encoding", "") or "/items" not in path or "html" in path
    if plain.mimetype != "text/html":
        json.loads(plain.data)


@pytest.mark.parametrize("path", QUESTIONS)
def test_an_answer_is_known_again_by_its_tag(client, path):
    for coding in ("", "gzip", "br"):
        headers = {"Accept-Encoding": coding}
        first = client.get(path, headers=headers)
        tag = first.headers["ETag"]
        assert re.fullmatch(r'"[0-9a-f]{24}"', tag)
        for sent in (tag, f"W/{tag}", f'"x", {tag}', "*"):
            again = client.get(path, headers={**headers, "If-None-Match": sent})
            assert again.status_code == 304
            assert again.data == b""
            assert again.headers["ETag"] == tag
            assert again.headers["Vary"] == first.headers["Vary"]
            assert again.headers["Cache-Control"] == first.headers["Cache-Control"] == "public, max-age=60"
            assert "Content-Length" not in again.headers
        assert client.get(path, headers={**headers, "If-None-Match": '"other"'}).data == first.data
        head = client.head(path, headers=headers)
        assert head.data == b""
        assert dict(head.headers) == dict(first.headers)


def test_another_answer_has_another_tag(client):
    tags, bodies = set(), set()
    for path in QUESTIONS:
        for headers in ({}, {"Accept-Language": "en"}, {"Host": "peta.example"}, {"Accept-Encoding": "gzip"}):
            answer = client.get(path, headers=headers)
            tags.add(answer.headers["ETag"])
            bodies.add((path, answer.data))
    assert len(tags) >= len(bodies)


def test_vary_names_what_decides(client):
    varied = {each.strip() for each in client.get(ITEMS).headers["Vary"].split(",")}
    assert varied == {"Accept", "Accept-Encoding", "Accept-Language"}
    english = client.get("/collections", headers={"Accept-Language": "en"})
    assert english.headers["Content-Language"] == "en"
    assert english.headers["ETag"] != client.get("/collections").headers["ETag"]


@pytest.mark.parametrize(
    "header", ["gzip;q=0", "identity", "", "deflate", "gzip;q=0, br;q=0", "zstd, *;q=0", "x;;=,"]
)
def test_what_is_not_wanted_is_not_packed(client, header):
    assert "Content-Encoding" not in client.get(ITEMS, headers={"Accept-Encoding": header}).headers


def test_problems_are_not_kept_and_are_pages_for_persons(client):
    for path, status in ((f"{ITEMS}?x=1", 400), ("/collections/none", 404), ("/nothing", 404)):
        told = client.get(path)
        assert told.status_code == status
        assert told.mimetype == "application/problem+json"
    told = client.get(f"{ITEMS}?x=1")
    assert told.headers["Cache-Control"] == "no-store"
    assert "ETag" not in told.headers
    page = client.get(f"{ITEMS}?x=<b>&f=html")
    assert page.status_code == 400
    assert page.mimetype == "text/html"
    assert "<b>" not in page.text
    for method, path, allowed in (
        ("DELETE", ITEMS, "GET, HEAD, POST, OPTIONS"),
        ("POST", "/", "GET, HEAD, OPTIONS"),
    ):
        refused = client.open(path, method=method)
        assert refused.status_code == 405
        assert refused.headers["Allow"] == allowed


def test_places_asked_about_are_not_kept(client):
    for path in ("/lookup?lon=106.55&lat=-6.95", "/health"):
        answer = client.get(path)
        assert "ETag" not in answer.headers
        assert answer.headers["Cache-Control"].split(",")[0] in ("private", "no-store")


def test_every_answer_names_its_release(client, release):
    for path in QUESTIONS:
        assert client.get(path).headers["Dapil-Release"] == release.name
    assert client.get(ITEMS).json["rilis"] == release.name


def test_a_new_release_changes_every_tag_and_no_answer_is_mixed(tmp_path):
    one = make_small_release(tmp_path)
    client = app_of(tmp_path).test_client()
    before = {path: client.get(path) for path in QUESTIONS}
    # The same facts under another name: what is served must be told apart all the same.
    other = tmp_path / "contoh-1-000000000000"
    other.mkdir()
    for path in one.iterdir():
        text = path.read_bytes()
        if path.name == "manifest.json":
            text = text.replace(one.name.encode(), other.name.encode())
        (other / path.name).write_bytes(text)
    (tmp_path / "fresh").symlink_to(other.name)
    (tmp_path / "fresh").replace(tmp_path / "current")
    for path, old in before.items():
        new = client.get(path, headers={"If-None-Match": old.headers["ETag"]})
        assert new.status_code == 200
        assert new.headers["Dapil-Release"] == other.name
        assert one.name not in new.text


@pytest.mark.parametrize(
    ("when", "years"),
    [("2019-04-17", {2019}), ("2024-02-13", {2019}), ("2024-02-14", {2024}), ("2030-01-01", {2024}),
     ("2019-04-16", set()), ("../2019-04-17", {2019}), ("2024-02-13/..", {2019, 2024}),
     ("2019-01-01/2023-12-31", {2019}),
     ("2024-02-14T00:00:00Z", {2024}), ("2024-02-14T", {2024}), ("0000-01-01T00:00:00Z/2020-01-01", {2019}),
     ("0000-02-29/..", {2019, 2024})],
)  # fmt: skip
def test_a_chamber_over_all_elections_gives_what_was_in_force(client, when, years):
    page = client.get("/collections/dapil-dpr/items", query_string={"datetime": when, "limit": 1000}).json
    assert {feature["properties"]["tahun"] for feature in page["features"]} == years
    sizes = {2019: 4, 2024: 5}
    assert page["numberMatched"] == len(page["features"]) == sum(sizes[year] for year in years)


def test_a_chamber_is_its_years_one_after_another(client):
    whole = client.get("/collections/dapil-dpr/items?limit=1000").json["features"]
    years = [
        client.get(f"/collections/dpr-{year}/items?limit=1000").json["features"] for year in (2019, 2024)
    ]
    assert whole == years[0] + years[1]
    assert client.get("/collections/dapil-dpr/items/dpr-2019-3101").status_code == 200


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.permutations(range(19)), st.integers(0, 19), st.booleans(), st.booleans())
def test_any_choice_of_features_is_spliced_whole(client, order, count, geometry, some):
    """Runs, single rows, rows out of order: what is cut together is what each feature says alone."""
    from boundaries.release.spliced import gzipped, plain
    from boundaries.service.ogcapi.layer import Question

    state = client.application.wsgi_app._current.get()
    layer = state.layers["unit-kecamatan"]
    positions = [at for at in order[:count] if at < len(layer)]
    question = Question(geometry=geometry, select=("nama", "kode") if some else None)
    parts = layer.features(positions, question)
    text = b"[" + b"".join(plain(parts)) + b"]"
    found = json.loads(text)
    alone = [json.loads(b"".join([*plain(layer.features([at], question))])) for at in positions]
    assert found == alone
    assert [each["id"] for each in found] == [layer.ids[at] for at in positions]
    assert gzip.decompress(b"".join(gzipped(parts))) == text[1:-1]


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("peta.example", 200),
        ("[::1]:80", 200),
        ("a b", 400),
        ("<x>", 400),
        ('"', 400),
        ("x/../..", 400),
        ("x?y", 400),
    ],
)
def test_a_host_that_is_no_host_is_refused(client, host, status):
    told = client.get("/", headers={"Host": host})
    assert told.status_code == status
    assert "<x>" not in told.text


def test_health_tells_release_age_and_readiness(client, release):
    told = client.get("/health").json
    assert told["status"] == "ok"
    assert told["ready"] is True
    assert told["release"] == release.name
    assert told["serving_since_s"] >= 0


def test_a_layer_knows_text_however_it_was_encoded(client):
    """What is kept decomposed is found by what is asked composed, and the other way round."""
    from boundaries.service.filters import parse
    from boundaries.service.ogcapi.layer import Layer, Question

    layers = client.application.wsgi_app._current.get().layers
    package = layers.package

    class Decomposed:
        def __getattr__(self, name):
            return getattr(package, name)

        def records(self, table, columns):
            rows = package.records(table, columns)
            if "nama_dapil" not in columns:  # columns are read one by one
                return rows
            at = columns.index("nama_dapil")
            return [(*row[:at], "Koru\u0301", *row[at + 1 :]) for row in rows]

    layer = Layer(Decomposed(), "dpr-2024")
    for text in ("Koru\u0301", "Kor\u00fa"):
        assert len(layer.find(Question(equal=(("nama_dapil", text),)))) == 5
        asked = parse(f"nama_dapil = '{text}'", "cql2-text", layer.queryables, Question().crs)
        assert len(layer.find(Question(filter=asked))) == 5
    assert not layer.find(Question(equal=(("nama_dapil", "Koru"),)))


#: Addresses that a cache shared by many may keep, with how long: a page's life, or for good.
SHARED = {
    **dict.fromkeys((
        "/", "/?lang=id", "/?f=html", "/?f=json&lang=en", "/map", "/map?lang=en", "/pakai?lang=id", "/tentang",
        "/collections?lang=id", "/openapi?f=json", "/openapi?f=html&lang=id", "/dapil/dpr-2024-3202",
        "/dapil/dpr-2024-3202?lang=id", "/dapil/dpr-2024-3202/kartu.png?lang=id",
        "/dapil/dpr-2024-3202/dpr-2024-3202.csv",
        "/sitemap.xml", "/robots.txt", "/favicon.ico", "/manifest.webmanifest", "/kartu.png", "/downloads/",
        "/collections/dpr-2024/items?limit=2", "/collections/dpr-2024/items/dpr-2024-3202?f=html&lang=en",
        "/oembed?url=http://localhost/map", "/lookup?lang=id&f=html",
    ), "public, max-age=60"),
    "/map-sw.js": "public, max-age=0, s-maxage=60", "/releases.atom?lang=id": "public, max-age=300",
}  # fmt: skip
#: What may not be kept by others than who asked, and what may not be kept at all.
OWN = {
    "/lookup?lon=106.55&lat=-6.95&year=2024": "private, max-age=60", "/lookup?nama=Ciwidey": "private, max-age=60",
    "/health": "no-store", "/nothing": "no-store", "/oembed?url=x": "no-store",
}  # fmt: skip


@pytest.fixture(scope="module")
def filed(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    """The service on files, which has all routes."""
    make_small_release(out := tmp_path_factory.mktemp("kept"))
    return app_of(out).test_client()


@pytest.mark.parametrize(("path", "kept"), [*SHARED.items(), *OWN.items()])
def test_every_answer_says_how_long_and_by_whom_it_may_be_kept(filed, path, kept):
    assert filed.get(path, headers={"Accept": "text/html,*/*;q=0.8"}).headers["Cache-Control"] == kept


@pytest.mark.parametrize("path", SHARED)
def test_what_vary_leaves_out_decides_nothing(filed, path):
    """A cache gives one client what another asked for, wherever the headers that Vary names are the same."""
    kept = {}
    for accept in ("application/json", "text/html,application/xhtml+xml,*/*;q=0.8", "*/*"):
        for language in ("id", "en-US,en;q=0.9", "de"):
            headers = {"Accept": accept, "Accept-Language": language, "Accept-Encoding": "br"}
            answer = filed.get(path, headers=headers)
            named = {each.strip() for each in answer.headers["Vary"].split(",")}
            key = tuple(headers[each] for each in sorted(named))
            told = {name: text for name, text in answer.headers if name != "ETag"}
            assert kept.setdefault(key, (answer.data, told)) == (answer.data, told)


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("/map?lang=id", set()), ("/map", {"Accept-Language"}), ("/map-sw.js", set()), ("/?f=html&lang=id", set()),
        ("/?lang=id", {"Accept"}), ("/dapil/dpr-2024-3202?lang=en", set()), ("/sitemap.xml", set()),
        ("/collections/dpr-2024/items?f=json", {"Accept-Language"}),
    ],
)  # fmt: skip
def test_an_address_that_says_it_all_has_one_answer_for_all(filed, path, named):
    varied = {each.strip() for each in filed.get(path).headers["Vary"].split(",")}
    assert varied == {"Accept-Encoding", *named}
