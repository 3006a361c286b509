"""How editors learn to embed a map: /oembed, and the links that lead to it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient

from boundaries.release.store import open_release
from tests.downloads_help import contents, give
from tests.html_help import read
from tests.service_help import app_of
from tests.small import make_small_release

ROOT = "http://localhost"
DAPIL = f"{ROOT}/dapil/dpr-2024-3202"


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("oembed")
    make_small_release(out)
    give(open_release(out), contents(1))
    return out


@pytest.fixture(scope="module")
def client(releases: Path) -> Iterator[FlaskClient]:
    with app_of(releases).test_client() as opened:
        yield opened


def told(client: FlaskClient, url: str, status: int = 200, **asked: str) -> dict[str, Any]:
    reply = client.get("/oembed", query_string={"url": url, **asked})
    assert reply.status_code == status, reply.text
    return dict(json.loads(reply.data))


def frame(found: dict[str, Any]) -> dict[str, str]:
    return dict(read(b"<!doctype html>" + found["html"].encode()).one("iframe").attributes)


def test_a_dapil_is_the_map_with_that_dapil_chosen(client: FlaskClient) -> None:
    found = told(client, f"{DAPIL}?lang=en")
    assert (found["version"], found["type"]) == ("1.0", "rich")
    assert found["title"].startswith("Dapil Jawa Barat II")
    shown = frame(found)
    assert shown["src"] == (
        f"{ROOT}/map?lang=en#lembaga=dpr&tahun=2024&prov=32&dapil=dpr-2024-3202&bingkai=1"
    )
    assert (shown["title"], shown["width"], shown["height"]) == (found["title"], "720", "560")
    assert (found["width"], found["height"]) == (720, 560)
    picture = client.get(found["thumbnail_url"].removeprefix(ROOT))
    assert (picture.status_code, picture.content_type) == (200, "image/png")


def test_a_view_of_the_map_is_that_view(client: FlaskClient) -> None:
    view = "lembaga=dprd-kabkota&tahun=2024&prov=32&peta=7.5/-6.9/107.6"
    found = told(client, f"{ROOT}/map?lang=id#{view}&bingkai=1")
    assert frame(found)["src"] == f"{ROOT}/map?lang=id#{view}&bingkai=1"
    evil = told(client, f'{ROOT}/map#lembaga=dpr&prov="><script>x</script>&tahun=2024')
    assert frame(evil)["src"] == f"{ROOT}/map?lang=id#lembaga=dpr&tahun=2024&bingkai=1"
    assert "<script" not in evil["html"]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_scheme_does_not_count(client: FlaskClient, scheme: str) -> None:
    assert told(client, f"{scheme}://localhost/dapil/dpr-2024-3202")["type"] == "rich"


@pytest.mark.parametrize(
    ("asked", "size", "picture"),
    [
        ({"maxwidth": "400"}, (400, 560), False),
        ({"maxheight": "300"}, (720, 300), False),
        ({"maxwidth": "5000", "maxheight": "5000"}, (720, 560), True),
        ({"maxwidth": "1200"}, (720, 560), True),
        ({"maxwidth": "1199"}, (720, 560), False),
    ],
)
def test_nothing_is_larger_than_asked_for(
    client: FlaskClient, asked: dict[str, str], size: tuple[int, int], picture: bool
) -> None:
    found = told(client, DAPIL, **asked)
    shown = frame(found)
    assert (found["width"], found["height"]) == size == (int(shown["width"]), int(shown["height"]))
    assert ("thumbnail_url" in found) is picture


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/map", f"{ROOT}/", f"{ROOT}/dapil/dpr-2024-9999", f"{ROOT}/dapil/", f"{ROOT}/maps", "map",
        f"{ROOT}/dapil/unit-provinsi-32", "javascript://localhost/map", f"{ROOT}.example.org/map", f"{ROOT}@x.org/map",
        f"{DAPIL}/terpilih",
    ],
)  # fmt: skip
def test_an_address_of_no_map_is_404(client: FlaskClient, url: str) -> None:
    assert "no map of this service" in told(client, url, 404)["detail"]


def test_wrong_questions(client: FlaskClient) -> None:
    assert told(client, DAPIL, 501, format="xml")["status"] == 501
    assert told(client, DAPIL, 400, format="yaml")["parameter"] == "format"
    for name in ("maxwidth", "maxheight"):
        for size in ("0", "-1", "1.5", "x", "1e3", "1234567"):
            assert told(client, DAPIL, 400, **{name: size})["parameter"] == name
    assert client.get("/oembed").json["parameter"] == "url"
    assert told(client, DAPIL, dnt="1", omit_script="1", format="json")["type"] == "rich"


@pytest.mark.parametrize("path", ["/map", "/dapil/dpr-2024-3202"])
@pytest.mark.parametrize("language", ["id", "en"])
def test_pages_lead_to_it(client: FlaskClient, path: str, language: str) -> None:
    page = read(client.get(f"{path}?lang={language}", headers={"Accept": "text/html"}).data)
    [link] = [
        each.attributes
        for each in page.all("link")
        if each.attributes.get("type") == "application/json+oembed"
    ]
    assert link["rel"] == "alternate"
    asked = parse_qs(urlsplit(link["href"]).query)
    assert asked == {"url": [f"{ROOT}{path}?lang={language}"], "format": ["json"]}
    found = json.loads(client.get(link["href"].removeprefix(ROOT)).data)
    assert re.match(rf"{ROOT}/map\?lang={language}#", frame(found)["src"])
    assert link["title"]


def test_where_the_service_has_a_public_address_only_that_counts(releases: Path) -> None:
    public = "https://peta.example.org/dapil-id"
    client = app_of(releases, url=public).test_client()
    found = told(client, f"{public}/dapil/dpr-2024-3202")
    assert frame(found)["src"].startswith(f"{public}/map?lang=id#lembaga=dpr")
    for other in (DAPIL, "https://peta.example.org/dapil/dpr-2024-3202", f"{public}x/map"):
        told(client, other, 404)
