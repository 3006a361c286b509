"""What a client likes best: formats, languages and codings, with qualities and ``*``, by RFC 9110."""

import itertools

import pytest
from flask.testing import FlaskClient

from boundaries.service import negotiation
from tests.service_help import app_of
from tests.small import make_small_release


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("", "id"), ("en", "en"), ("id", "id"), ("en-US,*", "en"), ("*,en-US", "en"), ("en-GB,id;q=0.3", "en"),
        ("de,en-US;q=0.7,id;q=0.1", "en"), ("en-US,en;q=0.9,id;q=0.8", "en"), ("id-ID,id;q=0.9,en;q=0.8", "id"),
        ("de", "id"), ("de,*;q=0.1", "id"), ("id;q=0,*", "en"), ("en;q=0,*", "id"), ("id;q=0", "id"), ("en;q=0", "id"),
        ("en,id", "id"), ("id;q=0.5,en;q=0.5", "id"), ("EN-us", "en"), ("eng", "id"), ("*;q=0", "id"), (";;,=", "id"),
        ("id;q=0.2,*;q=0.8", "en"),
    ],
)  # fmt: skip
def test_languages(header, wanted):
    assert negotiation.language(header) == wanted


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("", ""), ("gzip", "gzip"), ("br, gzip", "br"), ("gzip, br", "br"), ("gzip;q=0.9, br;q=0.1", "gzip"),
        ("*", "br"),
        ("identity, gzip;q=0.1", ""), ("identity;q=0.5, gzip;q=0.5", "gzip"), ("identity;q=0.5, gzip", "gzip"),
        ("gzip;q=0.001", "gzip"), ("gzip;q=0", ""), ("*;q=0, gzip", "gzip"), ("br;q=0, *", "gzip"), ("identity", ""),
        ("identity;q=0, *", "br"), ("identity;q=0.9, *;q=0.1", ""), ("deflate", ""), ("zstd, *;q=0", ""), ("x;;=,", ""),
        ("GZIP", "gzip"),
    ],
)  # fmt: skip
def test_codings(header, wanted):
    assert negotiation.coding(header) == wanted


def test_gzip_is_taken_where_it_is_liked_as_much_as_the_plain_file():
    liked = {"gzip": True, "gzip;q=0.1": True, "*": True, "br": False, "gzip;q=0": False, "identity": False, "": False,
             "identity, gzip;q=0.1": False, "identity;q=0.1, gzip": True, "br, gzip;q=0.2": True}  # fmt: skip
    assert {header: negotiation.takes_gzip(header) for header in liked} == liked


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("", ("json",)), ("*/*", ("json", "html", "jsonld")), ("text/html", ("html",)), ("image/png", ("json",)),
        ("application/json;q=0, */*", ("html", "jsonld")), ("text/html, */*", ("html", "json", "jsonld")),
        ("application/geo+json, text/html;q=0.5", ("json", "html")), ("text/*", ("html",)),
        ("application/ld+json, text/html;q=0.5", ("jsonld", "html")), ("application/json;q=0", ("json",)),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", ("html", "json", "jsonld")),
        ("application/json;q=0, application/geo+json", ("json",)), ("application/*;q=0.3, text/html;q=0.2",
        ("json", "jsonld", "html")), ("*/*;q=0.1, text/html;q=0", ("json", "jsonld")),
    ],
)  # fmt: skip
def test_formats(header, wanted):
    assert negotiation.forms(header) == wanted


def test_what_is_chosen_is_never_liked_less_than_what_is_not():
    """Every header of two languages and a star with three qualities each."""
    for english, indonesian, star in itertools.product((0.0, 0.4, 1.0, None), repeat=3):
        named = {"en": english, "id": indonesian, "*": star}
        header = ", ".join(f"{name};q={quality}" for name, quality in named.items() if quality is not None)
        liked = {each: star or 0.0 if named[each] is None else named[each] for each in ("en", "id")}
        chosen = negotiation.language(header)
        assert liked[chosen] == max(liked.values()) or not any(liked.values()), header


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    return app_of(make_small_release(tmp_path_factory.mktemp("releases")).parent).test_client()


def test_the_service_answers_so(client):
    assert client.get("/", headers={"Accept-Language": "en-US,*"}).headers["Content-Language"] == "en"
    no_json = client.get("/", headers={"Accept": "application/json;q=0, */*"})
    assert no_json.content_type == "text/html; charset=utf-8"
    second = client.get("/openapi", headers={"Accept": "application/ld+json, text/html;q=0.5"})
    assert second.content_type == "text/html; charset=utf-8"
    items = "/collections/dprd-kabkota-2024/items?limit=100"
    for header in ("identity, gzip;q=0.1", "identity;q=0.9, *;q=0.1"):
        assert "Content-Encoding" not in client.get(items, headers={"Accept-Encoding": header}).headers
    style = next(
        name
        for name in client.get("/", headers={"Accept": "text/html"}).text.split('"')
        if name.endswith(".css")
    )
    path = "/static/" + style.partition("/static/")[2]
    assert (
        "Content-Encoding" not in client.get(path, headers={"Accept-Encoding": "identity, br;q=0.1"}).headers
    )
    assert client.get(path, headers={"Accept-Encoding": "br"}).headers["Content-Encoding"] == "br"
