"""The map page's first seconds and smallest screens: nothing moves that is looked at, nothing is squeezed or cut."""

import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from boundaries.downloads import folder as downloads
from boundaries.release.store import open_release
from tests.browser_help import PHONE, Visit, chromium, visiting
from tests.html_help import read
from tests.service_help import app_of, served
from tests.small_elections import make_small_elections

VIEWS = {
    "nation": "",
    "dapil": "#lembaga=dpr&tahun=2024&prov=32&dapil=dpr-2024-3202",
    "kabupaten": "#lembaga=dprd-kabkota&tahun=2024&prov=32&kab=32.04",
}
#: CSS pixels. The last is a screen of 1280 by 1024 at 400 % (WCAG 2.2, 1.4.10).
SCREENS = {"narrow": (320, 568), "lying": (568, 320), "tablet": (820, 1180), "zoomed": (320, 256)}
SHIFTS = """
window.shifted = [];
new PerformanceObserver((list) => {
  for (const each of list.getEntries())
    window.shifted.push([each.value, (each.sources ?? []).map(({ node }) => node?.id || node?.className || "")]);
}).observe({ type: "layout-shift", buffered: true });
"""
#: Labels of chambers that do not fit into their place, in pixels.
CUT = """() => [...document.querySelectorAll(".chambers label")].map(
    (each) => each.scrollWidth - each.clientWidth + Math.max(0,
      each.getBoundingClientRect().right - each.closest(".chambers").getBoundingClientRect().right - 1))"""


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    out = tmp_path_factory.mktemp("seconds")
    make_small_elections(out)
    downloads.add(open_release(out))
    with served(app_of(out)) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as opened:
        yield opened


@pytest.mark.parametrize("view", VIEWS)
def test_what_is_there_stays_where_it_is(browser: Any, base: str, view: str) -> None:
    """Cumulative layout shift under 0.05 on a phone with a slow line: what comes later has its room kept."""
    with visiting(browser, base, **PHONE) as visit:
        line = visit.page.context.new_cdp_session(visit.page)
        line.send("Network.enable")
        slow = {"offline": False, "latency": 100, "downloadThroughput": 200_000, "uploadThroughput": 50_000}
        line.send("Network.emulateNetworkConditions", slow)
        visit.page.add_init_script(SHIFTS)
        visit.open(VIEWS[view])
        visit.whole()
        visit.settle()
        shifted = visit.page.evaluate("() => window.shifted")
        assert sum(value for value, _ in shifted) < 0.05, shifted


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("view", VIEWS)
def test_on_small_screens_nothing_is_squeezed_or_cut(browser: Any, base: str, screen: str, view: str) -> None:
    width, height = SCREENS[screen]
    with visiting(browser, base, viewport={"width": width, "height": height}) as visit:
        visit.open(VIEWS[view])
        visit.whole()
        visit.settle()
        assert visit.page.evaluate("() => document.documentElement.scrollWidth") <= width
        assert max(visit.page.evaluate(CUT)) <= 0
        map_ = visit.page.locator("#map").bounding_box()
        assert map_["width"] >= 200
        assert map_["height"] >= 180
        legend = visit.page.locator("#legend").bounding_box()
        assert legend is None or legend["width"] >= 60
        if screen == "zoomed":
            one_column(visit, width)


def one_column(visit: Visit, width: int) -> None:
    """The page is scrolled as a whole: map and list are as wide as it, and the list has no bar of its own."""
    for name in ("#map", "#panel"):
        assert visit.page.locator(name).bounding_box()["width"] == width
    hidden = visit.page.locator("#panel").evaluate("(each) => each.scrollHeight - each.clientHeight")
    assert hidden <= 1
    visit.page.locator("#panel .origin").scroll_into_view_if_needed()
    assert visit.page.evaluate("() => scrollY") > 0


def test_before_any_script_the_nation_is_there_and_then_it_is_the_map(browser: Any, base: str) -> None:
    with visiting(browser, base, java_script_enabled=False, **PHONE) as visit:
        visit.page.goto(f"{base}/map?lang=id")
        outline = visit.page.locator(".outline path").bounding_box()
        assert outline["width"] > 200
    with visiting(browser, base, **PHONE) as visit:
        visit.open()
        assert visit.page.locator(".outline").is_hidden()


LINKS = {
    "province": "#lembaga=dprd-kabkota&tahun=2024&prov=32",
    "kabupaten": "#lembaga=dprd-kabkota&tahun=2024&prov=32&kab=32.04",
    "dapil": "#lembaga=dpr&tahun=2024&dapil=dpr-2024-3202",
}
#: Whether first picture and map have the same colour, at the places of the screen where either has that of a dapil.
BOTH = """() => {
  const canvases = [".sketch", ".leaflet-ground-pane canvas"].map((each) => document.querySelector(each));
  const read = canvases.map((each) => [each.getContext("2d"), each.getBoundingClientRect(), each]);
  const stage = read[0][1];
  const found = [];
  for (let x = 4; x < stage.width; x += 9)
    for (let y = 4; y < stage.height; y += 9) {
      const [one, other] = read.map(([context, box, canvas]) => {
        const ratio = canvas.width / box.width;
        const at = [stage.left + x - box.left, stage.top + y - box.top].map((each) => each * ratio);
        return [...context.getImageData(...at, 1, 1).data];
      });
      const coloured = ([red, green, blue]) => Math.max(red, green, blue) - Math.min(red, green, blue) > 40;
      if (coloured(one) || coloured(other)) found.push(one.every((value, at) => Math.abs(value - other[at]) < 12));
    }
  return found;
}"""


def test_the_file_of_a_province_is_on_its_way_before_what_draws_it(browser: Any, base: str) -> None:
    """So that a slow line does not stand idle; and it is asked for once."""
    with visiting(browser, base, **PHONE) as visit:
        held: list[Any] = []
        visit.page.route("**/first.js", lambda route: held.append(route))
        visit.page.goto(f"{base}/map?lang=id{LINKS['dapil']}", wait_until="commit")
        name = "dpr-2024-32-web.topojson"
        for _ in range(600):
            if held and name in asked_for(visit):
                break
            visit.page.wait_for_timeout(100)
        assert name in asked_for(visit)
        assert "map.js" not in asked_for(visit)
        held[0].continue_()
        visit.whole()
        assert asked_for(visit).count(name) == 1


@pytest.mark.parametrize("link", LINKS)
def test_a_link_into_a_province_is_drawn_before_the_scripts_and_where_the_map_has_it(
    browser: Any, base: str, link: str
) -> None:
    """Its own file comes first, before and without the nation's; the map then has it at the same place."""
    with visiting(browser, base, **PHONE) as visit:
        held: list[Any] = []
        visit.page.route("**/leaflet.js", lambda route: held.append(route))
        # What would take the first picture away: kept, so that the two can be laid over each other.
        visit.page.add_init_script("Element.prototype.remove = function () { this.dataset.removed = ''; };")
        # Not until "load": that of a slow machine waits for the script which is held here.
        visit.page.goto(f"{base}/map?lang=id{LINKS[link]}", wait_until="commit")
        visit.page.wait_for_selector(".sketch")
        asked = [address.rpartition("/")[2] for address in visit.requests]
        chamber = "dpr" if link == "dapil" else "dprd-kabkota"
        assert f"{chamber}-2024-32-web.topojson" in asked
        assert not [name for name in asked if "overview" in name]
        assert visit.page.evaluate("() => document.documentElement.dataset.ready") is None
        assert visit.page.locator(".outline:not([data-removed])").count() == 0
        assert visit.page.locator(f"#lembaga-{chamber}").is_checked()
        visit.until("() => performance.getEntriesByName('dapil-sketch').length > 0")
        for _ in range(600):
            if held:
                break
            visit.page.wait_for_timeout(100)
        held[0].continue_()
        visit.page.wait_for_selector("html[data-ready='yes']")
        visit.settle()
        alike = visit.page.evaluate(BOTH)
        assert len(alike) > 50
        assert sum(alike) / len(alike) > 0.93
        names = [address.rpartition("/")[2] for address in visit.requests]
        assert names.index(f"{chamber}-2024-32-web.topojson") < names.index("map.js")
        assert names.count(f"{chamber}-2024-32-web.topojson") == 1


def test_the_map_of_a_province_waits_for_no_nation(browser: Any, base: str) -> None:
    """Overviews that never come keep nobody from the province; with them all of it is there."""
    with visiting(browser, base, **PHONE) as visit:
        held: list[Any] = []
        visit.page.route("**/*-overview.topojson", lambda route: held.append(route))
        visit.open(LINKS["province"])
        assert visit.page.locator("#panel .row").count() > 0
        assert visit.page.locator(".sketch").count() == 0
        assert visit.page.locator("html[data-whole]").count() == 0
        while not visit.page.locator("html[data-whole]").count():
            while held:
                held.pop().continue_()
            visit.page.wait_for_timeout(50)


ALL, OWN = "map-facts-dprd-kabkota-2024.json", "map-facts-dprd-kabkota-2024-32.json"


def asked_for(visit: Visit) -> list[str]:
    """Names of the files that were asked for, in turn."""
    return [address.rpartition("/")[2] for address in visit.requests]


def test_the_list_of_a_province_waits_for_no_other_and_asks_for_none(browser: Any, base: str) -> None:
    with visiting(browser, base, **PHONE) as visit:
        visit.open(LINKS["kabupaten"])
        visit.whole()
        assert (asked_for(visit).count(OWN), asked_for(visit).count(ALL)) == (1, 0)
        assert visit.page.locator("#panel .row").count() == 2
        visit.page.locator("#panel .row", has_text="Bandung 2").click()
        visit.shows("Bandung 2")
        visit.whole()
        assert (asked_for(visit).count(OWN), asked_for(visit).count(ALL)) == (1, 0)
        # What is coloured by its place among all needs all, and then nothing else.
        visit.open("#lembaga=dprd-kabkota&tahun=2024&prov=32&tema=penduduk")
        visit.whole()
        assert (asked_for(visit).count(OWN), asked_for(visit).count(ALL)) == (1, 1)


def test_where_nobody_is_elected_no_rows_are_asked_for(browser: Any, base: str) -> None:
    with visiting(browser, base, **PHONE) as visit:
        visit.open("#lembaga=dprd-kabkota&tahun=2024&prov=31")
        visit.whole()
        assert [name for name in asked_for(visit) if "facts" in name] == []


def test_a_dapil_alone_is_there_before_all_others_of_its_council(browser: Any, base: str) -> None:
    with visiting(browser, base, **PHONE) as visit:
        held: list[Any] = []
        visit.page.route(f"**/{ALL}", lambda route: held.append(route))
        visit.open("#lembaga=dprd-kabkota&tahun=2024&dapil=dprd-kabkota-2024-320402")
        assert visit.heading == "Bandung 2"
        assert "480.000" in visit.panel
        for _ in range(600):
            if held:
                break
            visit.page.wait_for_timeout(100)
        before = visit.page.locator("#legend").inner_text()
        held.pop().continue_()
        visit.whole()
        visit.settle()
        assert visit.page.locator("#legend").inner_text() != before  # seats of Maluku, too
        assert asked_for(visit).count(OWN) == 1


def test_where_the_rows_of_a_province_cannot_be_had_all_will_do(browser: Any, base: str) -> None:
    """So a province opens without a network, where the worker keeps the whole file."""
    with visiting(browser, base, expected="ERR_FAILED", **PHONE) as visit:
        visit.page.route(f"**/{OWN}", lambda route: route.abort())
        visit.open(LINKS["kabupaten"])
        assert visit.page.locator("#panel .row").count() == 2
        assert ALL in asked_for(visit)


def test_a_dapil_of_another_province_is_told_of_when_it_is_pointed_at(browser: Any, base: str) -> None:
    with visiting(browser, base, viewport={"width": 1280, "height": 800}) as visit:
        visit.open("#lembaga=dprd-kabkota&tahun=2024&prov=81")
        visit.whole()
        box = visit.page.locator("#map").bounding_box()
        visit.page.locator(".zoom button").nth(1).click()
        visit.page.wait_for_timeout(600)
        visit.whole()
        seen = set()
        for at in range(5, 95):
            visit.page.mouse.move(box["x"] + box["width"] * at / 100, box["y"] + box["height"] / 2)
            visit.page.wait_for_timeout(30)
            seen.add(
                visit.page.locator(".tip strong").inner_text()
                if visit.page.locator(".tip").is_visible()
                else ""
            )
        assert seen & {"Bandung 1", "Bandung 2", "Kota Bandung 1", "Majalengka 1"}
        assert (asked_for(visit).count(OWN), asked_for(visit).count(ALL)) == (1, 0)


def test_the_first_script_knows_the_provinces_of_each_plan(base: str) -> None:
    """So it asks for no file that is not there: the plan that is shown where a link names none is the first."""
    with urllib.request.urlopen(f"{base}/map?lang=id") as answer:
        page = answer.read()
    [script] = [each.attributes for each in read(page).all("script") if "data-maps" in each.attributes]
    plans = {plan: provinces for plan, *provinces in map(str.split, script["data-maps"].split(","))}
    assert next(iter(plans)) == "dpr-2024"
    for plan, provinces in plans.items():
        for province in provinces:
            address = f"{base}{script['data-base']}{plan}-{province}-web.topojson"
            with urllib.request.urlopen(address) as answer:
                assert answer.status == 200
