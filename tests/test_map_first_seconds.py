"""The map page's first seconds and smallest screens: nothing moves that is looked at, nothing is squeezed or cut."""

from collections.abc import Iterator
from typing import Any

import pytest

from boundaries.downloads import folder as downloads
from boundaries.release.store import open_release
from tests.browser_help import PHONE, Visit, chromium, visiting
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
