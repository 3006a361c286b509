"""The map page in a real browser: every journey on desktop and phone, by keyboard, offline, in a frame, on paper.

Nothing outside the service is reachable; what is asked of another host, an error on the console (a breach of the
Content-Security-Policy is one) or a dialog fails the test: see `browser_help.visiting`.
"""

import gzip
import json
import re
import shutil
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import shapely
from flask import Flask

from boundaries.downloads import folder as downloads
from boundaries.exports.topojson import CHAMBERS, Year
from boundaries.release.store import FOLDER as FOLDER_OF_DOWNLOADS
from boundaries.release.store import Release, open_release
from boundaries.service.app import load_settings
from boundaries.service.ops.middleware import Operation
from boundaries.service.ops.settings import Settings
from boundaries.site.parts import ASSETS, FOLDER
from scripts import bundle
from tests.browser_help import DESKTOP, PHONE, Visit, axe_script, chromium, visit_in, visiting
from tests.html_help import read
from tests.service_help import app_of, served
from tests.small import base_units, make_small_release

EVIL = '<img src=x onerror="window.harmed=1">\'&'
BANDUNG1 = (106.755, -6.975)  # in desa 32.04.01.2001 or a neighbour of it
SCREENS = {"desktop": DESKTOP, "phone": PHONE}
NATION, PROVINCE = "", "#lembaga=dprd-kabkota&tahun=2024&prov=32"
VIEWS = {
    "nation": NATION,
    "province": PROVINCE,
    "kabupaten": "#lembaga=dprd-kabkota&tahun=2024&prov=32&kab=32.04",
    "dapil": "#lembaga=dpr&tahun=2024&prov=32&dapil=dpr-2024-3202",
    "unit": "#lembaga=dprd-kabkota&tahun=2024&prov=32&unit=32.04.01",
    "point": f"#lembaga=dpr&tahun=2024&titik={BANDUNG1[1]},{BANDUNG1[0]}",
    "sea": "#lembaga=dpr&tahun=2024&titik=-7.03,106.75",
    "abroad": "#lembaga=dpr&tahun=2024&titik=-8.5,105",
    "compare": "#lembaga=dpr&tahun=2024&banding=2019",
    "seats": "#lembaga=dprd-kabkota&tahun=2024&tampil=kursi",
    "table": "#lembaga=dprd-kabkota&tahun=2014",
    "frame": "#lembaga=dpr&tahun=2024&bingkai=1",
    "winner": "#lembaga=dpr&tahun=2024&tema=pemenang",
    "kecamatan": "#lembaga=dprd-kabkota&tahun=2024&prov=32&tema=suara-partai&partai=kenanga&rinci=kecamatan",
}
WRITTEN = {
    "ciwidey": "Ciwidey", "tjiwidej": "Ciwidey", "ciwidye": "Ciwidey", "Kec. Ciwidey": "Ciwidey",
    "kab bandung": "Kabupaten Bandung", "Kota Bandung": "Kota Bandung", "bandoeng kota": "Kota Bandung",
    "majalenka": "Kabupaten Majalengka", "jabar": "Jawa Barat", "dapil jabar 2": "Jawa Barat II", "ambon": "Kota Ambon",
    "dki": "Daerah Khusus Jakarta", "jawa barat ii": "Jawa Barat II", "dprd bandung 2": "Bandung 2",
    "32.04": "Kabupaten Bandung", "320401": "Ciwidey",
}  # fmt: skip


def whole(app: Flask) -> Any:
    """The application as server.py serves it: with the headers of every answer, which bind the page and its worker."""
    return Operation(app, Settings(), None, None)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("map")
    make_small_release(out)
    downloads.add(open_release(out))
    return out


@pytest.fixture(scope="module")
def base(releases: Path) -> Iterator[str]:
    with served(whole(app_of(releases))) as address:
        yield address


@pytest.fixture(scope="module")
def contexts(browser: Any) -> Iterator[dict[str, Any]]:
    """One context a screen for all tests that change nothing in it: what was fetched once is kept."""
    settings = {"service_workers": "block", "reduced_motion": "reduce", "accept_downloads": True}
    made = {name: browser.new_context(**settings, **screen) for name, screen in SCREENS.items()}
    yield made
    for context in made.values():
        context.close()


@pytest.fixture(params=SCREENS)
def visit(request: pytest.FixtureRequest, contexts: dict[str, Any], base: str) -> Iterator[Visit]:
    """A visit on each screen."""
    with visit_in(contexts[request.param], base) as found:
        yield found


@pytest.fixture
def desk(contexts: dict[str, Any], base: str) -> Iterator[Visit]:
    """A visit on the desktop."""
    with visit_in(contexts["desktop"], base) as found:
        yield found


def row(visit: Visit, name: str) -> Any:
    return visit.page.locator("#panel .row:visible", has=visit.page.locator(f".name:text-is('{name}')")).first


# --- the way from the nation to one dapil ---


@pytest.mark.parametrize(("language", "lead"), [("id", "Dapil DPR RI 2024: 5 dapil · 24 kursi"),
                                                ("en", "Dapil of DPR RI 2024: 5 dapil · 24 seats")])  # fmt: skip
def test_the_first_view_is_the_newest_dpr(visit: Visit, language: str, lead: str) -> None:
    visit.open(language=language)
    assert visit.heading == "Indonesia"
    assert lead in visit.panel
    visit.whole()
    title, undrawn = LEGENDS[language]
    assert _legend(visit)[-4:] == [title, "4", "5–6", undrawn]
    assert visit.page.title().endswith("· Peta Dapil")
    assert visit.colour(0.5, 0.02) == (0xE9, 0xF0, 0xF3)  # the sea


LEGENDS = {
    "id": ["Kursi per dapil", "Tidak digambar peta dasar"],
    "en": ["Seats per dapil", "Not drawn by the base map"],
}


def _legend(visit: Visit) -> list[str]:
    visit.settle()
    return [line for line in visit.page.locator("#legend").inner_text().split("\n") if line]


@pytest.mark.parametrize(("place", "told"), [
    ("12/-6.85/106.9", True), ("14/-6.85/106.9", True), ("6/-6.85/106.9", False), ("12/-6.95/106.55", False),
])  # fmt: skip
def test_the_legend_tells_of_undrawn_ground_where_it_is_to_be_seen(
    desk: Visit, place: str, told: bool
) -> None:
    """The lake between two kabupaten: near by, so near that it goes beyond the map, a speck, and out of sight."""
    desk.open(f"#lembaga=dpr&tahun=2024&peta={place}")
    desk.whole()
    assert (LEGENDS["id"][1] in _legend(desk)) == told
    assert (LEGENDS["id"][1] in ET.fromstring(desk.svg()).itertext()) == told
    strokes = [path for path in _paths(desk.svg()) if path.get("stroke") == "#8a7f6d"]
    assert (len(strokes) > 3) == told  # three are the legend's


def test_the_legend_follows_the_map(desk: Visit) -> None:
    desk.open("#lembaga=dpr&tahun=2024&peta=12/-6.85/106.9")
    desk.whole()
    assert LEGENDS["id"][1] in _legend(desk)
    box = desk.page.locator("#map").bounding_box()
    high = box["y"] + box["height"] / 4
    desk.page.mouse.move(box["x"] + box["width"] * 0.9, high)
    desk.page.mouse.down()
    desk.page.mouse.move(box["x"] + box["width"] * 0.1, high, steps=4)
    desk.page.mouse.up()
    desk.page.locator("#legend", has_not_text=LEGENDS["id"][1]).wait_for()


def test_the_legend_folds_and_stays_as_it_was_left(visit: Visit) -> None:
    visit.open("#lembaga=dpr&tahun=2024")
    visit.whole()
    fold, keys = visit.page.locator("#legend summary"), visit.page.locator("#legend ul").first
    assert keys.is_visible()
    fold.press("Enter")
    assert not keys.is_visible()
    visit.page.locator("#lembaga-dpd").dispatch_event("click")
    visit.page.wait_for_function("() => location.hash.includes('lembaga=dpd')")
    visit.settle()
    assert (fold.is_visible(), keys.is_visible()) == (True, False)
    fold.press("Enter")
    assert keys.is_visible()


def test_on_a_small_screen_the_legend_opens_when_it_is_asked_for(browser: Any, base: str) -> None:
    for size in ((320, 568), (568, 320)):
        viewport = dict(zip(("width", "height"), size, strict=True))
        context = browser.new_context(viewport=viewport, service_workers="block")
        with visit_in(context, base) as visit:
            visit.open("#lembaga=dpr&tahun=2024")
            visit.whole()
            keys = visit.page.locator("#legend ul").first
            assert not keys.is_visible()
            visit.page.locator("#legend summary").click()
            assert keys.is_visible()
        context.close()


def nine_parties(route: Any) -> None:
    """Answer with results in which nine parties have a seat in every dapil."""
    told = route.fetch().json()
    [first, *_] = told["parties"]
    told["parties"] = [[f"p{at}", at, f"P{at}", *first[3:]] for at in range(1, 10)]
    at = told["columns"].index("kursi")
    for row in told["rows"]:
        row[at] = [1] * 9
    route.fulfill(json=told)


@pytest.mark.parametrize(("screen", "shown"), [("phone", 6), ("desktop", 9)])
def test_a_long_legend_of_parties_leaves_a_phone_its_map(
    contexts: dict[str, Any], base: str, screen: str, shown: int
) -> None:
    """Those that have the least wait under a fold, which stays as it was left."""
    with visit_in(contexts[screen], base) as visit:
        visit.page.route("**/map-results-dpr-2024.json", nine_parties)
        visit.open("#lembaga=dpr&tahun=2024&tema=titik")
        visit.whole()
        keys, fold = (
            visit.page.locator("#legend li:visible:has(.dot)"),
            visit.page.locator("#legend .rest summary"),
        )
        assert (keys.count(), fold.count()) == (shown, int(shown < 9))
        if shown < 9:
            assert fold.inner_text() == "3 lagi"
            fold.click()
            assert keys.count() == 9
            visit.page.locator("#prov").select_option("32")
            visit.shows("Jawa Barat")
            visit.whole()
            visit.settle()
            assert keys.count() == 9


def test_a_first_visit_asks_for_little_and_not_for_what_only_a_search_needs(desk: Visit) -> None:
    desk.open()
    names = {urlsplit(url).path.rpartition("/")[2] for url in desk.requests if "/downloads/" in url}
    # The small nation is small enough for its provinces' own files.
    assert {name for name in names if "-web." not in name} == {
        "map-index.json", "map-facts-dpr-2024.json", "dpr-2024-overview.topojson", "map-undrawn.json",
    }  # fmt: skip


def test_from_the_nation_to_a_province_to_a_kabupaten_to_a_dapil_and_back(visit: Visit) -> None:
    visit.open("#lembaga=dprd-kabkota&tahun=2024")
    steps = [
        ("Jawa Barat", "Jawa Barat"),
        ("Kabupaten Bandung", "Kabupaten Bandung"),
        ("Bandung 2", "Bandung 2"),
    ]
    for name, heading in steps:
        row(visit, name).click()
        visit.shows(heading)
    assert visit.hash == {
        "lembaga": "dprd-kabkota", "tahun": "2024", "prov": "32", "kab": "32.04", "dapil": "dprd-kabkota-2024-320402",
    }  # fmt: skip
    assert "8" in visit.page.locator("#panel .big").inner_text()
    assert "480.000" in visit.panel  # people
    assert "60.000" in visit.panel  # to a seat
    assert "PKPU 6/2023 Lampiran III" in visit.panel
    for heading in ("Kabupaten Bandung", "Jawa Barat", "Indonesia"):
        visit.page.go_back()
        visit.shows(heading)
    visit.page.go_forward()
    visit.shows("Jawa Barat")


@pytest.mark.parametrize("name", VIEWS)
def test_an_address_opens_its_view_again(desk: Visit, name: str) -> None:
    desk.open(VIEWS[name])
    desk.whole()
    state, heading = desk.hash, desk.heading
    desk.page.reload()
    desk.page.wait_for_selector("html[data-ready='yes']")
    desk.shows(heading)
    assert desk.hash == state


@pytest.mark.parametrize("hash_", [
    "#lembaga=<x>&tahun=1955&prov=99", "#titik=abc&peta=1/2", "#dapil=../../x&unit=;drop", "#%%%&&=&",
    "#tahun=2024&lembaga=dpr&banding=2024", "#peta=99/0/0",
])  # fmt: skip
def test_an_address_that_nobody_wrote_shows_the_nation(desk: Visit, hash_: str) -> None:
    desk.open(hash_)
    assert desk.heading == "Indonesia"


def test_the_maps_place_is_part_of_the_address_once_a_person_moved_it(desk: Visit) -> None:
    desk.open()
    assert "peta" not in desk.hash
    desk.page.locator("#map").focus()
    desk.page.keyboard.press("ArrowRight")
    desk.until("() => location.hash.includes('peta=')")
    before = desk.hash["peta"]
    desk.open("#" + urlsplit(desk.page.url).fragment)
    assert desk.hash["peta"] == before
    desk.page.locator(".zoom button").last.click()


def test_a_chamber_that_was_not_elected_that_year_shows_its_nearest(desk: Visit) -> None:
    desk.open("#lembaga=dpr&tahun=2019")
    desk.page.locator("#lembaga-dpd").check()
    desk.page.wait_for_selector("html[data-chamber='dpd']")
    assert "DPD RI tidak ada untuk pemilu itu; ditampilkan 2024." in desk.panel
    assert desk.hash["tahun"] == "2024"
    assert desk.page.locator("#tahun").input_value() == "2024"


def test_a_link_to_a_year_without_election_says_which_is_shown(desk: Visit) -> None:
    desk.open("#lembaga=dpd&tahun=2019")
    assert "DPD RI tidak ada untuk pemilu itu; ditampilkan 2024." in desk.panel


@pytest.mark.parametrize("titik", ["107.6,-6.9", "-6,9;107,6", "<b>"])
def test_a_link_whose_point_is_none_says_so(desk: Visit, titik: str) -> None:
    desk.open(f"#titik={titik}")
    assert desk.heading == "Indonesia"
    assert f"“{titik}” bukan titik." in desk.panel


def test_a_link_to_a_dapil_alone_shows_it_and_one_to_no_kabupaten_its_province(desk: Visit) -> None:
    desk.open("#dapil=dprd-kabkota-2024-320402")
    assert desk.heading == "Bandung 2"
    desk.open("#lembaga=dprd-kabkota&tahun=2024&prov=32&kab=32.99")
    assert desk.heading == "Jawa Barat"


def test_a_plan_without_composition_is_a_list_and_says_why_there_is_no_map(visit: Visit) -> None:
    visit.open("#lembaga=dprd-kabkota&tahun=2014")
    assert "Susunan wilayah dapil ini tidak diketahui" in visit.panel
    row(visit, "Jawa Barat").click()
    visit.shows("Jawa Barat")
    assert "Tidak ada dalam tabel ini" in row(visit, "Kota Bandung").inner_text()
    row(visit, "Kabupaten Bandung").click()
    row(visit, "Bandung 1").click()
    visit.shows("Bandung 1")
    assert "10" in visit.page.locator("#panel .big").inner_text()


def test_where_a_chamber_is_not_elected_it_says_so(desk: Visit) -> None:
    desk.open("#lembaga=dprd-kabkota&tahun=2024&prov=31")
    assert "Wilayah ini tidak memilih DPRD kabupaten/kota." in desk.panel
    assert "0 dapil" not in desk.panel
    assert desk.page.locator("#legend").inner_text().split("\n")[-1] == "Tidak ada dapil"


@pytest.mark.parametrize("name", ["compare", "seats", "table", "frame"])
def test_on_a_phone_nothing_lies_over_another_or_is_cut_off(
    contexts: dict[str, Any], base: str, name: str
) -> None:
    with visit_in(contexts["phone"], base) as visit:
        visit.open(VIEWS[name])
        legend, grow = (visit.page.locator(part).bounding_box() for part in ("#legend", ".grow"))
        assert legend["x"] + legend["width"] <= grow["x"]
        for part in visit.page.locator(".views, .views button, #bar .tool:visible").all():
            assert part.evaluate("(each) => each.scrollWidth <= each.clientWidth + 1")
        last = visit.page.locator("#bar .tool").last.bounding_box()
        assert last["x"] + last["width"] <= 390


def test_what_is_doubtful_is_told(desk: Visit) -> None:
    desk.open("#lembaga=dpr&tahun=2024&prov=32")
    assert "diragukan" in row(desk, "Jawa Barat II").inner_text()
    row(desk, "Jawa Barat II").click()
    desk.shows("Jawa Barat II")
    assert "Letak Ciwidey diragukan" in desk.panel


# --- find me ---


def test_places_are_found_as_people_write_them(desk: Visit) -> None:
    desk.open()
    found = {}
    for typed in WRITTEN:
        desk.page.fill("#cari", "")
        desk.page.locator("#hasil").wait_for(state="hidden")
        desk.page.fill("#cari", typed)
        found[typed] = desk.page.locator("#hasil [role=option] .name").first.inner_text()
    assert found == WRITTEN


def test_what_cannot_be_found_is_said(desk: Visit) -> None:
    desk.open()
    desk.page.fill("#cari", "qqqqqqq")
    desk.page.locator(".searchsaid", has_text="Tidak ditemukan").wait_for()
    assert "coba nama kecamatan" in desk.page.locator(".searchsaid").inner_text()  # what to do
    assert desk.page.locator("#hasil").is_hidden()


def test_a_place_tells_all_chambers_at_once(visit: Visit) -> None:
    visit.open()
    visit.page.fill("#cari", "ciwidey")
    visit.page.locator("#hasil [role=option]").first.click()
    visit.shows("Ciwidey")
    assert "Kabupaten Bandung, Jawa Barat" in visit.panel
    cards = visit.page.locator("#panel .card")
    assert [cards.nth(at).locator("h3").inner_text() for at in range(cards.count())] == [
        "DPR RI",
        "DPD RI",
        "DPRD kabupaten/kota",
    ]
    told = cards.nth(0).inner_text()
    assert "Jawa Barat II" in told
    assert "6 kursi" in told
    assert "2 dapil" in cards.nth(2).inner_text()  # the kecamatan is split
    cards.nth(1).locator("summary").first.click()
    more = cards.nth(1).inner_text()
    for text in ("UU 7/2017 Pasal 196", "32", "Koleksi OGC: dpd-2024"):
        assert text in more
    assert visit.hash["unit"] == "32.04.01"
    links = visit.page.locator("#panel .card a").evaluate_all(
        "(all) => all.map((a) => new URL(a.href).pathname)"
    )
    assert {"/collections/dpd-2024/items/dpd-2024-32", "/collections/dpd-2024"} <= set(links)


def test_a_finger_on_a_result_presses_nothing_that_lies_under_it(contexts: dict[str, Any], base: str) -> None:
    with visit_in(contexts["phone"], base) as visit:
        visit.open()
        for typed, heading in (("kab bandung", "Kabupaten Bandung"), ("ciwidey", "Ciwidey")):
            visit.page.fill("#cari", typed)
            option = visit.page.locator("#hasil [role=option]", has_text=heading).first
            box, under = option.bounding_box(), visit.page.locator(".chambers").bounding_box()
            assert box["y"] < under["y"] + under["height"]
            inside = (
                under["x"] + under["width"] * 0.6,
                under["y"] + under["height"] / 2,
            )  # DPRD, were there no list
            visit.page.touchscreen.tap(inside[0], min(inside[1], box["y"] + box["height"] - 3))
            visit.shows(heading)
            assert visit.hash["lembaga"] == "dpr"
            if heading == "Kabupaten Bandung":
                assert visit.page.locator(".back").inner_text() == "Kembali ke Jawa Barat"


def test_every_link_of_a_place_leads_somewhere(desk: Visit, releases: Path) -> None:
    desk.open(VIEWS["unit"])
    desk.shows("Ciwidey")
    desk.page.locator("#panel summary").evaluate_all(
        "(all) => all.forEach((each) => (each.parentElement.open = true))"
    )
    links = desk.page.locator("#panel a, .top a").evaluate_all("(all) => all.map((a) => a.href)")
    own = {link for link in links if link.startswith(desk.base)}
    assert len(own) > 6
    client = app_of(releases).test_client()
    for link in own:
        parts = urlsplit(link)
        assert (
            client.get(f"{parts.path}?{parts.query}", headers={"Accept": "text/html,*/*;q=0.8"}).status_code
            == 200
        ), link


def test_tapping_the_map_finds_the_dapil_there_and_says_how_sure(visit: Visit) -> None:
    visit.open("#lembaga=dpr&tahun=2024&peta=10/-6.95/106.55")
    box = visit.page.locator("#map").bounding_box()
    place = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    if visit.page.evaluate("() => matchMedia('(pointer: coarse)').matches"):
        visit.page.touchscreen.tap(*place)
    else:
        visit.page.mouse.click(*place)
    visit.shows("Kecamatan 71 01")
    assert "Dki Jakarta I".lower() in visit.page.locator("#panel .card").first.inner_text().lower()
    assert "ketukan Anda teliti sekitar" in visit.panel
    assert visit.hash["dapil"] == "dpr-2024-3101"
    lat, lon = map(float, visit.hash["titik"].split(","))
    assert abs(lat + 6.95) < 0.01
    assert abs(lon - 106.55) < 0.01
    assert "Wilayah ini tidak memilih DPRD kabupaten/kota" in visit.panel


def test_near_a_border_it_says_how_near_and_to_what(desk: Visit) -> None:
    one, other = base_units()["31.71.01"], base_units()["31.71.02"]
    border = shapely.intersection(one, other)
    place = shapely.line_interpolate_point(shapely.line_merge(border), 0.5, normalized=True)
    desk.open(f"#lembaga=dpr&tahun=2024&titik={place.y:.5f},{place.x - 0.0002:.5f}")
    desk.shows("Kecamatan 71 01")
    found = re.search(r"Dekat batas: ([\d,]+) m dari Kecamatan 71 02", desk.panel)
    assert found, desk.panel
    assert 5 < float(found[1].replace(",", ".")) < 40


def test_inside_it_is_sure(desk: Visit) -> None:
    desk.open("#lembaga=dpr&tahun=2024&titik=-6.95,106.55")
    desk.shows("Kecamatan 71 01")
    assert "Di peta ini: dalam 50 m, sejauh garis bisa meleset di sini, tidak ada dapil lain." in desk.panel


def test_at_sea_it_says_how_far_the_land_is_whose_dapil_is_shown(desk: Visit) -> None:
    desk.open(VIEWS["sea"])
    desk.page.locator("#panel .certain", has_text="Di laut").wait_for()
    found = re.search(r"Di laut, ([\d,]+) km dari daratan terdekat", desk.panel)
    assert found
    assert 2.5 < float(found[1].replace(",", ".")) < 5


def test_too_far_off_any_land_it_is_the_dapil_of_voters_abroad_and_the_nearest_land_is_named(
    desk: Visit,
) -> None:
    desk.open(VIEWS["abroad"])
    desk.page.locator("#panel .certain.near", has_text="Terlalu jauh dari wilayah Indonesia").wait_for()
    assert desk.heading == "Titik 8,5° LS, 105° BT"
    assert re.search(r"daratan terdekat, [\w ]+, berjarak [\d,]+ km", desk.panel)
    assert "Pemilih di luar negeri memilih DPR di dapil ini." in desk.panel
    assert "tidak ada dapil lain" not in desk.panel  # it is not sure: who votes there is not known
    cards = {
        each.get_attribute("data-chamber"): each.inner_text()
        for each in desk.page.locator("#panel .card").all()
    }
    assert set(cards) == {"dpr", "dpd", "dprd-kabkota"}
    assert "DKI Jakarta II" in cards["dpr"]
    assert "Pemilih di luar negeri tidak memilih DPD." in cards["dpd"]
    assert "Pemilih di luar negeri tidak memilih DPRD kabupaten/kota." in cards["dprd-kabkota"]
    assert desk.hash["dapil"] == "dpr-2024-3102"


def test_an_election_of_which_nothing_is_known_of_voters_abroad_has_no_dapil_far_off_land(
    desk: Visit,
) -> None:
    desk.open("#lembaga=dpr&tahun=2019&titik=-8.5,105")
    desk.page.locator("#panel .certain", has_text="Terlalu jauh dari wilayah Indonesia").wait_for()
    assert desk.page.locator("#panel .card").count() == 0


def test_the_position_of_the_device_stays_on_the_device(browser: Any, base: str) -> None:
    where = {"latitude": -6.9512345, "longitude": 106.5498765, "accuracy": 24}
    with visiting(browser, base, geolocation=where, permissions=["geolocation"], **PHONE) as visit:
        visit.open()
        visit.page.locator(".here").click()
        visit.shows("Kecamatan 71 01")
        assert "teliti sekitar ±24 m" in visit.panel
        assert "tidak dikirim ke mana pun" in visit.panel
        assert "titik" not in visit.hash
        visit.page.locator("#map").focus()
        visit.page.keyboard.press("ArrowRight")  # the map around it is as good as the place itself
        visit.page.wait_for_timeout(600)
        assert "peta" not in visit.hash
        visit.page.locator("#bar button.tool").click()
        offered = visit.page.locator("#tautan").input_value() + visit.page.locator("#sematan").input_value()
        told = [*visit.requests, visit.page.url, offered, visit.page.title()]
        assert not [each for each in told if re.search(r"6\.9512|106\.549|6[.,]95\b", each)]


def test_a_position_that_is_refused_is_said(desk: Visit) -> None:
    desk.open()
    desk.page.locator(".here").click()
    desk.page.locator(".searchsaid", has_text="Posisi tidak dapat diperoleh").wait_for()


# --- two elections, and seats ---


def test_two_elections_side_by_side(visit: Visit) -> None:
    visit.open("#lembaga=dpr&tahun=2024")
    visit.page.locator("#banding").select_option("2019")
    visit.shows("Indonesia: 2019 → 2024")
    assert "4 dapil berubah, 1 tetap sama wilayahnya." in visit.panel
    assert "6 → 4 kursi" in row(visit, "DKI Jakarta I").inner_text()
    assert "baru, 4 kursi" in row(visit, "DKI Jakarta II").inner_text()
    assert re.search(
        r"5\d% dari Jawa Barat I, 4\d% dari Jawa Barat II", row(visit, "Jawa Barat I").inner_text()
    )
    row(visit, "DKI Jakarta II").click()
    visit.shows("Daerah Khusus Jakarta: 2019 → 2024")
    moved = visit.page.locator(
        "#panel section", has=visit.page.locator("h3", has_text="Yang pindah dapil")
    ).inner_text()
    assert "dari DKI Jakarta I ke DKI Jakarta II" in moved
    assert "31.72.01" in moved
    assert "1.000 penduduk" in moved


def test_the_comparison_tells_the_ledger(desk: Visit) -> None:
    desk.open(VIEWS["compare"])
    told = desk.page.locator("#panel section", has=desk.page.locator("h3", has_text="Apa jadinya tiap dapil"))
    assert "Wilayah dan kode tetap (1)" in told.inner_text()
    folds = told.locator("details")
    assert folds.locator("summary").all_inner_texts() == [
        "Pecah menjadi beberapa (4)",
        "Beberapa menjadi satu (1)",
    ]
    assert not folds.first.locator(".row").first.is_visible()
    folds.first.locator("summary").click()
    rows = folds.first.locator(".row").all_inner_texts()
    assert [each.splitlines()[0] for each in rows] == [
        "DKI Jakarta I", "DKI Jakarta I → DKI Jakarta II", "Jawa Barat I", "Jawa Barat I → Jawa Barat II",
    ]  # fmt: skip
    assert "6 → 4 kursi" in rows[0]
    shares = [int(re.search(r"(\d+)% luas dapil lama", each)[1]) for each in rows]  # type: ignore[index]
    assert 99 <= shares[0] + shares[1] <= 101
    folds.first.locator(".row").nth(1).click()
    desk.shows("Daerah Khusus Jakarta: 2019 → 2024")
    assert "Wilayah dan kode tetap" not in told.inner_text()
    assert folds.locator("summary").all_inner_texts() == ["Pecah menjadi beberapa (2)"]
    people = desk.page.locator("#panel p", has_text="penduduk (2023)").inner_text()
    assert re.match(r"[\d.]+000 penduduk \(2023\) di (\d+) dari \1 wilayah yang pindah", people)


def test_the_old_line_lies_over_the_new_map(desk: Visit) -> None:
    desk.open(VIEWS["compare"])
    old = [path for path in _paths(desk.svg()) if path.get("stroke-dasharray")]
    line, key = old  # Jawa Barat I and II of 2019 meet; the other is the legend's
    assert line.get("stroke") == key.get("stroke") == "#1d2b8f"
    assert line.get("d").count("L") > key.get("d").count("L") == 1
    desk.open("#lembaga=dpr&tahun=2024")
    assert [path for path in _paths(desk.svg()) if path.get("stroke-dasharray")] == []


def test_every_seat_is_a_dot(desk: Visit) -> None:
    desk.open("#lembaga=dprd-kabkota&tahun=2024&tampil=kursi")
    assert _dots(desk.svg(), "#7e5a10") == [50, 1]  # the last is the legend's
    desk.page.locator("#prov").select_option("81")
    desk.shows("Maluku")
    assert _dots(desk.svg(), "#7e5a10") == [11, 1]


def _dots(text: str, colour: str) -> list[int]:
    groups = ET.fromstring(text).iter("{http://www.w3.org/2000/svg}g")
    return [len(list(group)) for group in groups if group.get("fill") == colour]


def _paths(text: str) -> list[ET.Element]:
    return list(ET.fromstring(text).iter("{http://www.w3.org/2000/svg}path"))


# --- taking it away ---


def test_a_picture_carries_its_title_and_where_it_comes_from(desk: Visit) -> None:
    desk.open("#lembaga=dpr&tahun=2024&prov=32")
    desk.whole()
    text = desk.svg()
    told = " ".join(ET.fromstring(text).itertext())
    for words in (
        "Dapil DPR RI 2024: Jawa Barat",
        "Negara contoh (rekaan) (Peta Dapil)",
        "Creative Commons Zero 1.0",
        "contoh-1-",
        "Jawa Barat I",
    ):
        assert words in told
    fills = {path.get("fill") for path in _paths(text)} - {"none"}
    assert fills == {"#f0b7a2", "#f4f2ec"}  # its two dapil of six seats, and the land around
    png = desk.saved("PNG").read_bytes()
    assert png.startswith(b"\x89PNG")
    assert int.from_bytes(png[16:20], "big") == 2 * 880  # twice as fine as the map on the screen
    assert len(png) > 20_000


def test_a_view_is_shared_and_framed_by_others(contexts: dict[str, Any], base: str) -> None:
    newspaper = Flask("newspaper")
    with (
        served(newspaper) as elsewhere,
        visit_in(contexts["desktop"], base, away=re.escape(elsewhere)) as visit,
    ):
        visit.open("#lembaga=dpr&tahun=2024&prov=81")
        visit.page.locator("#bar button.tool").click()
        assert (
            visit.page.locator("#tautan").input_value()
            == f"{base}/map?lang=id#lembaga=dpr&tahun=2024&prov=81"
        )
        snippet = visit.page.locator("#sematan").input_value()
        assert 'title="Dapil DPR RI 2024: Maluku"' in snippet
        story = f"<!doctype html><title>Koran</title><main><h1>Berita</h1>{snippet}</main>"
        newspaper.add_url_rule("/", view_func=lambda: story)
        newspaper.add_url_rule("/favicon.ico", "icon", view_func=lambda: "")
        visit.page.goto(elsewhere)
        frame = visit.page.frame_locator("iframe")
        frame.locator("html.framed[data-ready='yes']").wait_for()
        assert frame.locator("#panel h2").inner_text() == "Maluku"
        assert frame.locator(".controls").is_hidden()
        assert (
            frame.locator(".full").get_attribute("href")
            == f"{base}/map?lang=id#lembaga=dpr&tahun=2024&prov=81"
        )


def test_on_paper_there_are_map_and_list_in_light_colours_and_no_buttons(browser: Any, base: str) -> None:
    with visiting(browser, base, color_scheme="dark", **DESKTOP) as visit:
        visit.open("#lembaga=dpr&tahun=2024&prov=32")
        _on_paper(visit, True)
        for hidden in (".controls", "#stage", ".back", ".top nav"):
            assert visit.page.locator(hidden).first.is_hidden(), hidden
        for shown in (".paper svg", "#panel h2", ".origin"):
            assert visit.page.locator(shown).is_visible(), shown
        told = visit.page.locator(".paper svg").text_content()
        for text in ("Dapil DPR RI 2024: Jawa Barat", "Kursi per dapil", "Peta dasar: ", "Lisensi: "):
            assert text in told, text
        page, paper = (visit.page.locator(name).bounding_box() for name in ("body", ".paper svg"))
        assert paper["x"] >= page["x"]
        assert paper["x"] + paper["width"] <= page["x"] + page["width"] + 1
        sea = visit.page.locator(".paper svg rect").first
        assert sea.get_attribute("fill") == "#e9f0f3"
        _within_the_picture(visit)
        _on_paper(visit, False)
        assert visit.page.locator(".paper").count() == 0
        assert visit.colour(0.98, 0.5) == (0x0F, 0x16, 0x1B)


def _on_paper(visit: Visit, yes: bool) -> None:
    visit.page.evaluate(f"() => dispatchEvent(new Event('{'beforeprint' if yes else 'afterprint'}'))")
    visit.page.emulate_media(media="print" if yes else "screen", color_scheme="dark")


def _within_the_picture(visit: Visit) -> None:
    """The dapil of the chosen province lie in the picture, and fill it in one direction."""
    box = visit.page.evaluate("""() => {
        const whole = document.querySelector(".paper svg").getBoundingClientRect();
        const fills = [...document.querySelectorAll(".paper path[fill]:not([fill='none'])")];
        const own = fills.filter((each) => each.getAttribute("fill") !== "#f4f2ec");
        const boxes = own.map((each) => each.getBoundingClientRect());
        const least = (of) => Math.min(...boxes.map(of));
        return [least((b) => b.left - whole.left), least((b) => whole.right - b.right),
                least((b) => b.top - whole.top), least((b) => whole.bottom - b.bottom), whole.width, whole.height];
    }""")
    *gaps, width, height = box
    assert min(gaps) > 0
    assert min(gaps[0] + gaps[1], gaps[2] + gaps[3]) < 0.35 * max(width, height)


def test_what_is_folded_on_the_screen_is_open_on_paper(desk: Visit) -> None:
    desk.open(VIEWS["unit"])
    law = desk.page.locator("#panel .card dt", has_text="Dasar hukum").first
    assert law.is_hidden()
    _on_paper(desk, True)
    assert law.is_visible()
    assert "Ciwidey" in desk.page.locator(".paper svg").text_content()
    _on_paper(desk, False)
    assert law.is_hidden()


def test_light_and_dark_follow_the_device_at_once(desk: Visit) -> None:
    desk.open()
    assert desk.colour(0.5, 0.02) == (0xE9, 0xF0, 0xF3)
    desk.page.emulate_media(color_scheme="dark")
    desk.settle()
    assert desk.colour(0.5, 0.02) == (0x0F, 0x16, 0x1B)


def test_the_other_language_opens_the_same_view(desk: Visit) -> None:
    desk.open(PROVINCE)
    desk.page.locator(".top nav a[data-view-link]").click()
    desk.page.wait_for_selector("html[lang='en'][data-ready='yes']")
    desk.shows("Jawa Barat")
    assert "seats" in desk.panel
    assert desk.hash["lembaga"] == "dprd-kabkota"


# --- everybody ---


def test_the_whole_journey_by_keyboard(desk: Visit) -> None:
    desk.open()
    keys = desk.page.keyboard

    def focused(what: str = "id") -> str:
        return str(desk.page.evaluate(f"() => document.activeElement.{what}"))

    keys.press("Tab")
    assert focused("className") == "skip"
    for _ in range(12):
        keys.press("Tab")
        if focused() == "cari":
            break
    keys.type("kab bandung")
    desk.page.locator("#hasil [role=option]").first.wait_for()
    keys.press("ArrowDown")
    assert desk.page.locator("#cari").get_attribute("aria-activedescendant") == "hasil-0"
    keys.press("Enter")
    desk.shows("Kabupaten Bandung")
    assert focused("tagName") == "H2"
    assert "Kabupaten Bandung" in desk.page.locator("#status").inner_text()
    keys.press("Tab")
    while focused("tagName") != "SUMMARY":
        keys.press("Tab")
    keys.press("Enter")
    assert desk.page.evaluate("() => document.activeElement.parentElement.open")
    desk.page.locator("#lembaga-dpr").focus()
    keys.press("ArrowRight")
    desk.page.wait_for_selector("html[data-chamber='dpd']")
    assert focused() == "lembaga-dpd"
    desk.page.locator("#panel .back").focus()
    keys.press("Enter")
    desk.page.locator("#panel h2:focus").wait_for()
    desk.page.locator("#bar button.tool").focus()
    keys.press("Enter")
    desk.page.locator("dialog[open]").wait_for()
    keys.press("Escape")
    assert desk.page.locator("dialog[open]").count() == 0
    assert "tool" in focused("className")  # where it was


def test_a_row_that_is_reached_lights_its_ground_on_the_map(desk: Visit) -> None:
    desk.open("#lembaga=dpr&tahun=2024&prov=31")

    def painted() -> str:
        desk.settle()
        return str(
            desk.page.evaluate("() => document.querySelector('.leaflet-over-pane canvas').toDataURL()")
        )

    desk.page.locator("#panel h2").focus()
    before = painted()
    row(desk, "DKI Jakarta II").focus()
    assert painted() != before
    desk.page.locator("#cari").focus()
    assert painted() == before


def test_pointing_at_the_map_names_what_is_there(desk: Visit) -> None:
    desk.open("#lembaga=dpr&tahun=2024&peta=10/-6.95/106.55")
    box = desk.page.locator("#map").bounding_box()
    desk.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    desk.page.locator(".tip", has_text="DKI Jakarta I").wait_for()
    desk.page.mouse.move(box["x"] + 5, box["y"] + box["height"] - 60)


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    return axe_script(tmp_path_factory.mktemp("axe"))


@pytest.mark.slow
@pytest.mark.parametrize(("screen", "language"), [("desktop", "id"), ("desktop", "en"), ("phone", "id")])
def test_axe_finds_nothing(contexts: dict[str, Any], base: str, axe: str, screen: str, language: str) -> None:
    """In light; then in dark, where colours are all that differs."""
    with visit_in(contexts[screen], base) as visit:
        for name, hash_ in [*VIEWS.items(), ("search", ""), ("share", "")]:
            visit.page.emulate_media(color_scheme="light")
            visit.open(hash_, language)
            visit.page.locator("#panel h2").wait_for()
            if name == "search":
                visit.page.fill("#cari", "bandung")
                visit.page.locator("#hasil [role=option]").first.wait_for()
            elif name == "share":
                visit.page.locator("#bar button.tool").click()
            assert _violations(visit, axe) == [], (name, language, "light")
            if screen == "desktop":
                visit.page.emulate_media(color_scheme="dark")
                assert _violations(visit, axe, "color-contrast") == [], (name, language, "dark")
        visit.page.emulate_media(color_scheme="light")


def _violations(visit: Visit, axe: str, *only: str) -> list[Any]:
    visit.page.evaluate(axe)
    return list(visit.page.evaluate("""async (only) => {
        for (const box of document.querySelectorAll("#panel details")) box.open = true;
        const rules = only.length ? { runOnly: only } : {};
        const { violations } = await axe.run(document, { resultTypes: ["violations"], ...rules });
        return violations.map(({ id, nodes }) => [id, nodes[0].html.slice(0, 200), nodes[0].failureSummary]);
    }""", list(only)))  # fmt: skip


@pytest.mark.parametrize("name", VIEWS)
def test_a_phone_shows_no_more_than_its_width(browser: Any, base: str, name: str) -> None:
    with visiting(
        browser, base, viewport={"width": 320, "height": 640}, has_touch=True, is_mobile=True
    ) as visit:
        visit.open(VIEWS[name])
        wide = visit.page.evaluate("""() => {
            const [root, panel] = [document.documentElement, document.querySelector("#panel")];
            return [root.scrollWidth, panel.scrollWidth - panel.clientWidth];
        }""")
        assert wide == [320, 0]


# --- safety ---


def test_the_policy_allows_own_scripts_and_nothing_else(releases: Path) -> None:
    response = app_of(releases).test_client().get("/map", headers={"Accept": "text/html"})
    policy = dict(
        part.strip().split(" ", 1) for part in response.headers["Content-Security-Policy"].split(";")
    )
    assert policy == {
        "default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "img-src": "'self' data:",
        "connect-src": "'self'", "manifest-src": "'self'", "worker-src": "'self'", "form-action": "'none'",
        "base-uri": "'none'", "frame-ancestors": "*",
    }  # fmt: skip
    page = read(response.data)
    for each in page.all():
        assert "style" not in each.attributes
        assert each.tag != "style"
        assert not [name for name in each.attributes if name.startswith("on")]
        if each.tag == "script":
            assert each.attributes["src"].startswith(f"/static/{FOLDER}/")
            assert not each.text
    other = app_of(releases).test_client().get("/", headers={"Accept": "text/html"})
    assert "frame-ancestors 'none'" in other.headers["Content-Security-Policy"]


def test_tiles_open_the_policy_for_their_host_alone(releases: Path) -> None:
    settings = load_settings()
    settings["dapil"] = {
        "map": {"tiles": "https://tiles.example.org/{z}/{x}/{y}.png", "attribution": f"Ubin {EVIL}"}
    }
    response = app_of(releases, config=settings).test_client().get("/map", headers={"Accept": "text/html"})
    assert "img-src 'self' data: https://tiles.example.org;" in response.headers["Content-Security-Policy"]
    page = read(response.data)
    assert page.one("body").attributes["data-tiles"] == "https://tiles.example.org/{z}/{x}/{y}.png"
    assert f"Ubin {EVIL}" in page.text


@pytest.mark.parametrize("tiles", [
    "http://x.org/{z}/{x}/{y}", "https://{s}.x.org/{z}/{x}/{y}", "https://x.org/tile", "//x.org/{z}/{x}/{y}",
    "https://x.org; script-src */{z}/{x}/{y}", "https://*.org/{z}/{x}/{y}",
])  # fmt: skip
def test_tiles_that_would_open_more_are_refused(releases: Path, tiles: str) -> None:
    settings = load_settings()
    settings["dapil"] = {"map": {"tiles": tiles}}
    with pytest.raises(Exception, match="dapil: map: tiles"):
        app_of(releases, config=settings)


def test_tiles_are_a_background_and_the_map_works_without_them(releases: Path, browser: Any) -> None:
    settings = load_settings()
    settings["dapil"] = {"map": {"tiles": "https://tiles.example.org/{z}/{x}/{y}.png"}}
    tiles = r"tiles\.example\.org/\d+/\d+/\d+\.png"
    options = {"expected": "ERR_NAME_NOT_RESOLVED", "away": tiles, **DESKTOP}
    with (
        served(whole(app_of(releases, config=settings))) as address,
        visiting(browser, address, **options) as visit,
    ):
        visit.open(PROVINCE)
        assert visit.heading == "Jawa Barat"
        visit.until("() => document.querySelectorAll('img.leaflet-tile').length > 3")
        assert len(visit.outside) > 3
        assert visit.colour(0.98, 0.98) == (0, 0, 0)  # nothing is painted where the tiles are to be seen


@pytest.mark.parametrize("name", [name for name in VIEWS if name != "frame"])
def test_hostile_names_stay_text(desk: Visit, name: str) -> None:
    """Every name, law, doubt, note and licence of the release is markup; none becomes an element or runs."""

    def poisoned(route: Any) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=json.dumps(_poisoned(json.loads(answer.text()))))

    desk.page.route("**/map-*.json", poisoned)
    desk.page.route("**/map-units-*.topojson", poisoned)
    desk.open(VIEWS[name])
    desk.whole()
    desk.page.locator("#panel summary").evaluate_all(
        "(all) => all.forEach((each) => (each.parentElement.open = true))"
    )
    desk.page.fill("#cari", "img src")
    desk.settle()
    assert "<img src=x" in desk.panel
    assert desk.page.evaluate("() => [document.images.length, window.harmed]") == [0, None]
    assert "<img" not in desk.svg().replace("&lt;img", "")
    hrefs = desk.page.locator("a").evaluate_all("(all) => all.map((a) => a.protocol)")
    assert set(hrefs) <= {"http:", "https:"}


_WORDS = {
    "nama",
    "nama_dapil",
    "attribution",
    "licence",
    "title",
    "hal",
    "judul",
    "versi",
    "dasar_hukum",
    "vintage",
}


def _poisoned(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        if "columns" in value and "rows" in value:
            value = value | {"rows": [_poisoned_row(value["columns"], each) for each in value["rows"]]}
        return {name: _poisoned(each, name) for name, each in value.items()}
    if isinstance(value, list):
        return [_poisoned(each, key) for each in value]
    if key in ("url", "licence_url", "homepage"):
        return "javascript:window.harmed=1"
    if isinstance(value, str) and (key in _WORDS or key == "laws" or (key in ("id", "en") and " " in value)):
        return EVIL
    return value


def _poisoned_row(columns: list[str], cells: list[Any]) -> list[Any]:
    return [EVIL if name == "nama_dapil" else cell for name, cell in zip(columns, cells, strict=True)]


# --- without a network ---


@pytest.fixture
def growing(tmp_path: Path, releases: Path) -> Iterator[tuple[Path, str]]:
    """A service of which another release may follow."""
    out = tmp_path / "releases"
    shutil.copytree(releases, out, symlinks=True)
    with served(whole(app_of(out))) as address:
        yield out, address


def _caches(visit: Visit) -> dict[str, list[str]]:
    return dict(visit.page.evaluate("""async () => {
        const found = {};
        for (const name of await caches.keys()) {
            found[name] = (await (await caches.open(name)).keys()).map((each) => new URL(each.url).pathname);
        }
        return found;
    }"""))  # fmt: skip


def _kept(visit: Visit, part: str) -> None:
    visit.until(
        """async (part) => {
            for (const name of await caches.keys()) {
                for (const each of await (await caches.open(name)).keys()) if (each.url.includes(part)) return true;
            }
            return false;
        }""",
        part,
    )


def test_after_the_first_visit_it_works_without_a_network(browser: Any, growing: tuple[Path, str]) -> None:
    _, address = growing
    lost = "ERR_INTERNET_DISCONNECTED|Failed to load resource|ServiceWorker"
    with visiting(browser, address, expected=lost, service_workers="allow", **PHONE) as visit:
        visit.open()
        visit.page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
        _kept(visit, "map-units.json")
        _kept(visit, "dpr-2024-overview.topojson")
        visit.page.context.set_offline(True)
        visit.open()
        assert visit.heading == "Indonesia"
        visit.open("#lembaga=dpr&tahun=2024&unit=32.04.01", "en")
        visit.shows("Ciwidey")
        assert "Jawa Barat II" in visit.panel
        visit.page.fill("#cari", "kota ambon")
        visit.page.locator("#hasil [role=option]").first.wait_for()
        visit.page.fill("#cari", "ciwidey")
        said = visit.page.locator(
            ".searchsaid", has_text="Names of desa could not be loaded. You are offline"
        )
        said.wait_for()
        assert said.bounding_box()["width"] > 100  # to be seen
        assert visit.page.locator("#hasil [role=option]").count() > 0
        visit.open("#lembaga=dpr&tahun=2019", ready="failed")  # never opened before
        assert "luring" in visit.page.locator("#trouble").inner_text()
        visit.open("#lembaga=dpr&tahun=2024&titik=-6.95,106.55")  # in a province that was not opened
        visit.shows("Titik 6,95° LS, 106,55° BT")
        assert "luring" in visit.panel
        visit.open("#lembaga=dpr&tahun=2019", ready="failed")
        visit.page.context.set_offline(False)
        visit.page.locator("#trouble button").click()
        visit.page.wait_for_selector("html[data-ready='yes']")
        assert "2019" in visit.panel


def test_a_new_release_replaces_the_kept_one_and_errors_are_never_kept(
    browser: Any, growing: tuple[Path, str]
) -> None:
    out, address = growing
    with visiting(browser, address, expected="404|500", service_workers="allow", **DESKTOP) as visit:
        visit.open()
        visit.page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
        _kept(visit, "map-units.json")
        old = open_release(out).id
        status = visit.page.evaluate(
            f"() => fetch('/downloads/{old}/map-nothing.json').then((answer) => answer.status)"
        )
        assert status == 404
        (held,) = _caches(visit).values()
        assert not [each for each in held if "nothing" in each]
        assert all(each.startswith(("/map", f"/static/{FOLDER}/", f"/downloads/{old}/")) for each in held)
        fresh = _next_release(out)
        assert fresh != old
        visit.open()
        visit.until(
            "async (id) => (await caches.keys()).every((name) => name.includes(id))", fresh.rpartition("-")[2]
        )
        assert fresh in visit.panel
        visit.open()
        assert fresh in visit.panel
        (held,) = _caches(visit).values()
        assert not [each for each in held if old in each]


def _next_release(out: Path) -> str:
    """Publish another release beside the one that is there, by other seats of one dapil."""
    import tests.small as small

    plan = next(each for each in small.PLANS if each.id == "dpd-2024")
    doubled = [(code, name, seats + 1, people, units) for code, name, seats, people, units in plan.dapil]
    kept = plan.dapil
    object.__setattr__(plan, "dapil", tuple(doubled))
    try:
        make_small_release(out)
    finally:
        object.__setattr__(plan, "dapil", kept)
    release = open_release(out)
    downloads.make(release, release.path / FOLDER_OF_DOWNLOADS, years=[2024])
    return release.id


def test_a_failure_is_said_and_the_next_try_succeeds(browser: Any, base: str) -> None:
    with visiting(browser, base, expected="503", **DESKTOP) as visit:
        visit.page.route("**/dpd-2024-overview.topojson", lambda route: route.fulfill(status=503, body="{}"))
        visit.open()
        visit.page.locator("#lembaga-dpd").check()
        visit.page.wait_for_selector("html[data-ready='failed']")
        assert "dpd-2024-overview.topojson tidak dapat dimuat." in visit.page.locator("#trouble").inner_text()
        visit.page.unroute("**/dpd-2024-overview.topojson")
        visit.page.locator("#trouble button").click()
        visit.page.wait_for_selector("html[data-ready='yes'][data-chamber='dpd']")
        assert visit.page.locator("#trouble").is_hidden()
        assert "3 dapil" in visit.panel


def test_a_release_without_downloads_says_what_is_missing(tmp_path: Path, browser: Any) -> None:
    make_small_release(tmp_path)
    with (
        served(whole(app_of(tmp_path))) as address,
        visiting(browser, address, expected="404", **DESKTOP) as visit,
    ):
        visit.open(ready="failed")
        assert "dapil export --all" in visit.page.locator("#trouble").inner_text()


# --- words ---


def test_every_word_is_there_in_both_languages_and_used() -> None:
    pattern = r'^  (?:"([\w.\-]+)"|(\w+)): \[\s*"(.+)",\s*"(.+)",?\s*\],$'
    texts = {path.name: path.read_text() for path in bundle.sources().values()}
    defined = re.findall(pattern, texts["words.js"] + texts["resultwords.js"], re.M)
    words = {quoted or plain: (indonesian, english) for quoted, plain, indonesian, english in defined}
    assert len(words) > 100
    for key, (indonesian, english) in words.items():
        assert set(re.findall(r"\{\w+\}", indonesian)) == set(re.findall(r"\{\w+\}", english)), key
    text = "\n".join(texts.values())
    assert set(re.findall(r'\bt\(\s*"([\w.\-]+)"', text)) <= set(words)
    used = {key for key in words if f'"{key}"' in text}
    made = {key for key in words if key.startswith(("short.", "explain.", "level.", "dpr", "dpd"))}
    assert set(words) - used - made == set()


# --- what is served ---


def test_the_parts_are_packed_and_kept_for_good(releases: Path) -> None:
    client = app_of(releases).test_client()
    total = 0
    for name in ASSETS:
        response = client.get(f"/static/{FOLDER}/{name}", headers={"Accept-Encoding": "gzip, br"})
        assert response.status_code == 200
        assert response.headers["Content-Encoding"] == "br"
        assert "immutable" in response.headers["Cache-Control"]
        assert "Accept-Encoding" in response.headers["Vary"]
        total += len(response.data)
        again = client.get(
            f"/static/{FOLDER}/{name}",
            headers={"Accept-Encoding": "br", "If-None-Match": response.headers["ETag"]},
        )
        assert again.status_code == 304
        plain = client.get(f"/static/{FOLDER}/{name}", headers={"Accept-Encoding": "identity"})
        assert plain.data == ASSETS[name].read_bytes()
        assert "Content-Encoding" not in plain.headers
    assert total < 130_000
    assert client.get(f"/static/{FOLDER}/none.js").status_code == 404


def test_the_worker_is_asked_for_at_every_visit_and_names_release_and_code(releases: Path) -> None:
    client = app_of(releases).test_client()
    response = client.get("/map-sw.js")
    assert response.mimetype == "text/javascript"
    assert response.headers["Cache-Control"] == "public, max-age=0, s-maxage=60"
    assert response.headers["Content-Security-Policy"] == "default-src 'none'; connect-src 'self'"
    told = json.loads(re.match(r"const DAPIL = (\{.*\});\n", response.text)[1])
    release = open_release(releases).id
    assert release in told["version"]
    assert FOLDER.removeprefix("map.") in told["version"]
    for address in (*told["pages"], *told["files"], *told["more"]):
        assert client.get(address, headers={"Accept": "text/html,*/*;q=0.8"}).status_code == 200, address


@pytest.mark.parametrize("path", ["/map?x=1", "/map-sw.js?x=2", "/map?f=json"])
def test_what_is_unknown_is_refused(releases: Path, path: str) -> None:
    assert app_of(releases).test_client().get(path).status_code == 400


def test_under_a_folder_of_a_proxy_every_address_carries_it(releases: Path) -> None:
    client = app_of(releases, trusted_proxies=1).test_client()
    forwarded = {"X-Forwarded-Prefix": "/peta", "X-Forwarded-Host": "dapil.example.org", "X-Forwarded-Proto": "https",
                 "X-Forwarded-For": "192.0.2.1", "Accept": "text/html"}  # fmt: skip
    body = read(client.get("/map", headers=forwarded).data).one("body")
    for name in ("data-base", "data-api", "data-downloads", "data-worker", "data-scope"):
        assert body.attributes[name].startswith("/peta/"), name
    worker = client.get("/map-sw.js", headers=forwarded).text
    assert '"/peta/map"' in worker


# --- the nation, and how much it takes ---


@pytest.mark.slow
def test_two_hundred_switches_leave_no_memory_behind(browser: Any, base: str) -> None:
    small = {"viewport": {"width": 420, "height": 420}}  # what is painted is the same at any size
    with visiting(browser, base, **small) as visit:
        visit.open()
        _switched_without_growing(visit)


def _switched_without_growing(desk: Visit) -> None:
    session = desk.page.context.new_cdp_session(desk.page)
    session.send("Performance.enable")
    session.send("HeapProfiler.enable")

    def measured() -> dict[str, float]:
        session.send("HeapProfiler.collectGarbage")
        return {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}

    def switch(times: int) -> None:
        desk.page.evaluate(
            """async (times) => {
                const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
                for (let at = 0; at < times; at++) {
                    const chamber = ["dpd", "dprd-kabkota", "dpr"][at % 3];
                    document.querySelector(`#lembaga-${chamber}`).click();
                    while (document.documentElement.dataset.chamber !== chamber) await frame();
                }
            }""",
            times,
        )

    switch(30)
    before = measured()
    switch(201)
    after = measured()
    assert after["JSHeapUsedSize"] < before["JSHeapUsedSize"] * 1.05 + 300_000
    assert after["Nodes"] < before["Nodes"] + 200
    assert after["JSEventListeners"] < before["JSEventListeners"] + 100


@pytest.fixture(scope="module")
def national(nation: Release, nation_map: Path) -> Iterator[str]:
    """The service on the nation, with the files of the map page beside it, and the lines of the newest election."""
    year = Year(nation, 2024)
    drawn = [year.nation(chamber, "overview") for chamber in CHAMBERS]
    lines = {file.name: file.gzipped() for file in drawn}

    def packed(name: str) -> bytes | None:
        if name not in lines and (nation_map / name).is_file():
            lines[name] = gzip.compress((nation_map / name).read_bytes(), 9, mtime=0)
        return lines.get(name)

    app = app_of(nation.path)
    behind = app.wsgi_app

    def data_or(environ: dict[str, Any], start: Any) -> Any:
        asked = environ["PATH_INFO"]
        content = packed(asked.rpartition("/")[2]) if asked.startswith("/downloads/") else None
        if content is None:
            return behind(environ, start)
        start("200 OK", [("Content-Type", "application/json"), ("Content-Encoding", "gzip"),
                         ("Content-Length", str(len(content))), ("Cache-Control", "immutable")])  # fmt: skip
        return [content]

    app.wsgi_app = data_or  # type: ignore[method-assign]
    with served(whole(app)) as address:
        yield address


@pytest.mark.national
@pytest.mark.parametrize("screen", SCREENS)
def test_the_nation_takes_little(browser: Any, national: str, screen: str) -> None:
    """Its first view under 600 KB, and its first picture and every change of chamber under their shares of a processor.

    The limit of the picture, 5 s, is of all processes of the browser; the page's own thread is held to 2.5 s of it. As
    they are counted in CPU time, a busy machine does not matter.
    """
    with visiting(browser, national, **SCREENS[screen]) as visit:
        session = visit.page.context.new_cdp_session(visit.page)
        sent: list[float] = []
        session.on("Network.loadingFinished", lambda event: sent.append(event["encodedDataLength"]))
        session.send("Network.enable")
        session.send("Performance.enable", {"timeDomain": "threadTicks"})

        def spent(name: str) -> float:
            found = session.send("Performance.getMetrics")["metrics"]
            return float(next(each["value"] for each in found if each["name"] == name))

        visit.open()
        visit.settle()
        assert 100_000 < sum(sent) < 600_000
        assert spent("TaskDuration") < 2.5
        for chamber in ("dpd", "dprd-provinsi", "dprd-kabkota", "dpr") * 2:
            before = spent("ScriptDuration")
            visit.page.locator(f"#lembaga-{chamber}").check()
            visit.page.wait_for_selector(f"html[data-chamber='{chamber}']")
            visit.settle()
            assert spent("ScriptDuration") - before < 0.3, chamber
        before = spent("ScriptDuration")
        # The nation stays in view: the folder has no drawing of a province.
        visit.page.evaluate("location.hash = 'lembaga=dpr&tahun=2024&dapil=dpr-2024-3203&peta=4/-2.5/118'")
        visit.page.locator(".results .persons").first.wait_for()
        visit.settle()
        assert spent("ScriptDuration") - before < 0.3, "the card of a dapil"


#: The share of a rectangle's pixels, in per cent, that are of the colours of a legend's keys.
COVERED = """() => {
    const canvas = document.querySelector(".leaflet-ground-pane canvas");
    const own = canvas.getBoundingClientRect();
    const box = document.querySelector("#legend").getBoundingClientRect();
    const ratio = canvas.width / own.width;
    const { data } = canvas.getContext("2d").getImageData(
        (box.left - own.left) * ratio, (box.top - own.top) * ratio, box.width * ratio, box.height * ratio);
    const keys = new Set([...document.querySelectorAll("#legend .key")].map((key) => {
        const colour = getComputedStyle(key).backgroundColor.match(/\\d+/g);
        return colour.slice(0, 3).join();
    }));
    let found = 0;
    for (let at = 0; at < data.length; at += 4) found += keys.has([...data.slice(at, at + 3)].join());
    return [(100 * found) / (data.length / 4), keys.size];
}"""


@pytest.mark.national
def test_on_a_phone_java_does_not_lie_under_the_legend(browser: Any, national: str) -> None:
    with visiting(browser, national, **PHONE) as visit:
        visit.open("#lembaga=dpr&tahun=2024&tema=pemenang").whole()
        visit.settle()
        covered, colours = visit.page.evaluate(COVERED)
        assert colours == 8
        assert covered == 0
        visit.page.evaluate("document.querySelector('#legend').style.bottom = '50%'")
        assert visit.page.evaluate(COVERED)[0] > 5  # over the land it would be seen
