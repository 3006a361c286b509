"""The page of one dapil, its picture and files, and what a site has at its root: sitemap, manifest, feed."""

import io
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from urllib.robotparser import RobotFileParser

import pytest
from flask.testing import FlaskClient

from boundaries.exports.formats import FORMATS
from boundaries.release.common_ground import CommonGround
from boundaries.release.lookup import FullPackage, Lookup
from boundaries.release.store import Release, open_release
from tests.downloads_help import contents, give
from tests.html_help import read
from tests.service_help import app_of
from tests.small import base_units
from tests.small_elections import SEATS, VOTES, make_small_elections

HERE = "/dapil/dpr-2024-3202"
ROOT = "http://localhost"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
XHTML = "{http://www.w3.org/1999/xhtml}"
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dapil")
    make_small_elections(out)
    give(open_release(out), contents(1))
    return out


@pytest.fixture(scope="module")
def client(releases: Path) -> Iterator[FlaskClient]:
    with app_of(releases).test_client() as opened:
        yield opened


def page(client: FlaskClient, path: str, language: str = "id") -> str:
    reply = client.get(path, query_string={"lang": language}, headers={"Accept": "text/html"})
    assert reply.status_code == 200, reply.text[:500]
    return reply.text


@pytest.mark.parametrize("language", ["id", "en"])
def test_a_dapil_has_a_page_that_chats_and_search_engines_can_name(
    client: FlaskClient, language: str
) -> None:
    found = read(page(client, HERE, language).encode())
    metas = [each.attributes for each in found.all("meta")]
    told = {each.get("property"): each.get("content", "") for each in metas}
    links = {
        (each.attributes["rel"], each.attributes.get("hreflang")): each.attributes["href"]
        for each in found.all("link")
    }
    assert links["canonical", None] == f"{ROOT}{HERE}?lang={language}"
    for each in ("id", "en"):
        assert links["alternate", each] == f"{ROOT}{HERE}?lang={each}"
    assert told["og:title"].startswith("Dapil Jawa Barat II")
    assert "Ciwidey" in told["og:description"]
    assert told["og:image"].startswith(f"{ROOT}{HERE}/kartu.png")
    assert found.one("h1").text == "Jawa Barat II 3202"


def test_a_dapil_tells_of_its_neighbours_other_elections_and_other_chambers(client: FlaskClient) -> None:
    found = read(page(client, HERE, "en").encode())
    hrefs = {each.attributes.get("href", "").partition("?")[0] for each in found.one("main").all("a")}
    others = ("dpr-2024-3201", "dpr-2019-3201", "dpd-2024-32", "dprd-kabkota-2024-320401")
    assert {f"/dapil/{each}" for each in others} <= hrefs
    assert "What went from Jawa Barat I to other dapil" in found.text
    older = read(page(client, "/dapil/dpr-2019-3201", "en").encode())
    assert "The ground of this dapil went to" in older.text
    same = read(page(client, "/dapil/dpr-2024-8101", "en").encode())
    assert "Exactly the same ground:" in same.text


def test_persons_are_named_apart_and_kept_from_search_engines(client: FlaskClient) -> None:
    names = [f"CALON 3202 {number} {place}, S.H." for number, seats in enumerate(SEATS["3202"], 1)
             for place in range(1, seats + 1)]  # fmt: skip
    text = page(client, HERE)
    assert not [name for name in names if name in text]
    reply = client.get(f"{HERE}/terpilih")
    assert reply.headers["X-Robots-Tag"] == "noindex"
    assert '<meta name="robots" content="noindex">' in reply.text
    told = read(reply.data).text
    assert [name for name in names if re.sub(r"\s+", " ", name) not in told] == []
    assert client.get("/dapil/dpd-2024-32/terpilih").status_code == 404
    assert "terpilih" not in client.get("/sitemap/dapil-2024.xml").text


def test_votes_and_seats_are_those_of_the_release(client: FlaskClient) -> None:
    cells = [each.text for each in read(page(client, HERE).encode()).all("td")]
    for votes, seats in zip(VOTES["3202"], SEATS["3202"], strict=True):
        assert any(
            cells[at : at + 2] == [f"{votes:,}".replace(",", "."), str(seats)] for at in range(len(cells))
        )


def test_the_picture_for_chats_has_the_size_that_they_want(client: FlaskClient) -> None:
    image = pytest.importorskip("PIL.Image")
    seen = set()
    for path in (f"{HERE}/kartu.png", "/dapil/dpr-2024-3201/kartu.png", "/kartu.png?lang=en"):
        reply = client.get(path)
        assert reply.mimetype == "image/png"
        assert len(reply.data) < 300_000
        with image.open(io.BytesIO(reply.data)) as opened:
            assert opened.size == (1200, 630)
            assert len(opened.convert("RGB").getcolors(1 << 20)) > 8
        seen.add(reply.data)
    assert len(seen) == 3
    assert client.get(f"{HERE}/kartu.png").data in seen


@pytest.mark.parametrize("form", FORMATS)
def test_a_dapil_can_be_had_in_every_format(client: FlaskClient, form: str, tmp_path: Path) -> None:
    suffix = FORMATS[form].suffix
    reply = client.get(f"{HERE}/dpr-2024-3202{suffix}")
    assert reply.status_code == 200, reply.text
    assert reply.headers["Content-Disposition"] == f'attachment; filename="dpr-2024-3202{suffix}"'
    file = tmp_path / f"dpr-2024-3202{suffix}"
    file.write_bytes(reply.data)
    if form == "csv":
        assert "dpr-2024-3202" in reply.text
    elif form == "parquet":
        import geopandas

        assert geopandas.read_parquet(file)["id"].tolist() == ["dpr-2024-3202"]
    else:
        import pyogrio

        frame = pyogrio.read_dataframe(file)
        assert len(frame) == 1
        assert not frame.geometry.is_empty.any()


def test_what_is_no_dapil_is_told(client: FlaskClient) -> None:
    strange = ("/x.doc", "/dpr-2024-3202.doc", "/a/b")
    for path in (
        "/dapil/dpr-2024-9999",
        "/dapil/unit-desa-1",
        "/dapil",
        *(f"{HERE}{each}" for each in strange),
    ):
        assert client.get(path).status_code == 404, path
    assert client.get(f"{HERE}?x=1").status_code == 400


def listed(client: FlaskClient) -> list[str]:
    """Return the addresses of the sitemaps; each is there in both languages."""
    index = ET.fromstring(client.get("/sitemap.xml").text)
    places: list[str] = []
    for each in index.iter(f"{SITEMAP}loc"):
        text = client.get(str(each.text).removeprefix(ROOT)).data
        rows = list(ET.fromstring(text).iter(f"{SITEMAP}url"))
        assert len(text) < 50 << 20
        assert len(rows) <= 50_000
        for row in rows:
            place = str(row.findtext(f"{SITEMAP}loc"))
            others = {other.attrib["href"] for other in row.iter(f"{XHTML}link")}
            assert len(others) == 2
            assert place in others
            places.append(place)
    assert len(set(places)) == len(places)
    return places


def wrong(client: FlaskClient, place: str) -> bool:
    """Whether a page of the sitemap does not answer, in its language and by that very address."""
    reply = client.get(place.removeprefix(ROOT), headers={"Accept": "text/html"})
    language = place.rpartition("lang=")[2]
    said = (f'<html lang="{language}">', f'<link rel="canonical" href="{place}">')
    return reply.status_code != 200 or not all(each in reply.text for each in said)


def test_every_link_of_the_sitemaps_is_a_page_in_two_languages(client: FlaskClient) -> None:
    assert f"Sitemap: {ROOT}/sitemap.xml" in client.get("/robots.txt").text
    places = listed(client)
    assert f"{ROOT}{HERE}?lang=en" in places
    assert [each for each in places if wrong(client, each)] == []


def test_no_link_of_the_sitemaps_is_kept_from_crawlers(client: FlaskClient) -> None:
    rules = RobotFileParser()
    rules.parse(client.get("/robots.txt").text.splitlines())
    assert [each for each in listed(client) if not rules.can_fetch("*", each)] == []
    assert not rules.can_fetch("*", f"{ROOT}/lookup?lat=-6.9&lon=107.6&lang=id")


@pytest.mark.national
def test_the_nations_pages_answer(nation: Release) -> None:
    """Every dapil of the newest election in one language by turns; of the others, which are as many, every tenth."""
    with app_of(nation.path.parent).test_client() as client:
        dapil = [each for each in listed(client) if "/dapil/" in each]
        newest = [each for each in dapil if "-2024-" in each]
        turns = [each for at, each in enumerate(newest) if at % 4 in (0, 3)]
        others = [each for each in dapil if "-2024-" not in each][::10]
        assert len(turns) == len(newest) / 2
        assert [each for each in (*turns, *others) if wrong(client, each)] == []


def test_the_site_can_be_installed(client: FlaskClient) -> None:
    told = json.loads(client.get("/manifest.webmanifest").text)
    assert told["start_url"] == "/map"
    for icon in told["icons"]:
        assert client.get(icon["src"]).mimetype == icon["type"]
    assert client.get("/favicon.ico").mimetype == "image/png"


def test_the_feed_tells_releases_and_when_they_were_made(client: FlaskClient, releases: Path) -> None:
    feed = ET.fromstring(client.get("/releases.atom?lang=en").text)
    [entry] = feed.iter(f"{ATOM}entry")
    release = open_release(releases).id
    assert entry.findtext(f"{ATOM}title") == f"Release {release}"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", str(entry.findtext(f"{ATOM}updated")))
    assert entry.findtext(f"{ATOM}summary") == "The first release here."


def test_ground_is_found_in_other_plans_by_its_largest_units(releases: Path) -> None:
    package = FullPackage(open_release(releases).gpkg)
    lineage = CommonGround(Lookup(package), base_units())
    found = lineage.common("dprd-kabkota", 2024, ["32.04.01"])
    assert [each.seat.id for each in found] == ["dprd-kabkota-2024-320401", "dprd-kabkota-2024-320402"]
    assert all(len(code) == 13 for each in found for code in each.units)
    assert [each.units for each in lineage.common("dpr", 2024, ["32.04.01", "99"])] == [("32.04.01",)]
