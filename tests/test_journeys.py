"""Ten kinds of user from their first page to their answer, on six screens, in both languages, light and dark.

Not every product of these: `ROWS` is a covering design, held by a test. Every journey is made in both languages and in
both colours; among all of them every screen meets both languages and both colours. At each new view axe finds nothing
and nothing is wider than the screen (WCAG 1.4.10); along the way nothing goes wrong in the console and nothing is asked
of another host. ``JOURNEYS=folder`` makes each of them on every screen and keeps a picture of each view.
"""

import itertools
import os
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from boundaries.downloads import folder as downloads
from boundaries.release.store import open_release
from boundaries.service.ops.middleware import Operation
from boundaries.service.ops.settings import Settings
from tests.browser_help import DESKTOP, PHONE, Visit, axe_script, chromium, visiting
from tests.service_help import app_of, served
from tests.small_elections import make_small_elections
from tests.test_draft_page import council_files

#: The variable that names the folder.
PICTURES = "JOURNEYS"
TOUCH = {"has_touch": True, "is_mobile": True}
SCREENS: dict[str, dict[str, Any]] = {
    "desktop": DESKTOP,
    "phone": PHONE,
    "small": {"viewport": {"width": 320, "height": 568}, **TOUCH},
    "lying": {"viewport": {"width": 568, "height": 320}, **TOUCH},
    "tablet": {"viewport": {"width": 820, "height": 1180}, **TOUCH},
    "zoomed": {"viewport": {"width": 320, "height": 256}, "device_scale_factor": 4},  # 1280 x 1024 at 400 %
}
LANGUAGES = ("id", "en")
COLOURS = ("light", "dark")
#: In desa 32.04.01.2001; as precise as a phone tells it.
HERE = {"latitude": -6.9751234, "longitude": 106.7551234, "accuracy": 24}
WIDER = """() => {
    const wide = document.documentElement.clientWidth;
    const scrolls = (each) => each && (/auto|scroll|hidden|clip/.test(getComputedStyle(each).overflowX)
        || scrolls(each.parentElement));
    const beyond = [...document.body.querySelectorAll("*")].filter((each) => {
        const box = each.getBoundingClientRect();
        return box.width > 1 && box.right > wide + 1 && !scrolls(each.parentElement) && each.checkVisibility();
    });
    const told = beyond.slice(0, 3).map((each) => each.outerHTML.slice(0, 120));
    return [document.documentElement.scrollWidth - wide, told];
}"""
AXE = """async () => {
    const { violations } = await axe.run(document, { resultTypes: ["violations"] });
    return violations.map(({ id, nodes }) => [id, nodes[0].html.slice(0, 200), nodes[0].failureSummary]);
}"""


@dataclass
class Journey:
    """A visit on one screen, in one language and colour."""

    visit: Visit
    axe: str
    language: str
    name: str

    @property
    def page(self) -> Any:
        return self.visit.page

    def open(self, path: str, fragment: str = "") -> None:
        sign = "&" if "?" in path else "?"
        self.page.goto(f"{self.visit.base}{path}{sign}lang={self.language}{fragment}")

    def says(self, indonesian: str, english: str) -> str:
        return indonesian if self.language == "id" else english

    def map_is_there(self) -> None:
        self.page.wait_for_selector("html[data-ready='yes']")
        self.visit.whole()

    def seen(self, view: str) -> None:
        """A new view: it fits the screen and axe finds nothing; it is photographed where that is asked for."""
        self.page.wait_for_load_state("load")
        self.visit.settle()
        if folder := os.environ.get(PICTURES):
            Path(folder).mkdir(parents=True, exist_ok=True)
            whole = not self.page.locator("#map, #peta").count()
            self.page.screenshot(path=Path(folder) / f"{self.name}-{view}.png", full_page=whole)
        assert self.page.locator("html").get_attribute("lang") == self.language, view
        assert self.page.evaluate(WIDER) == [0, []], view
        if not self.page.evaluate("() => 'axe' in globalThis"):
            self.page.evaluate(self.axe)
        assert self.page.evaluate(AXE) == [], view


# --- the ten ---


def voter(way: Journey) -> None:
    """Searches a village from the front page, and opens its dapil."""
    way.open("/")
    way.seen("front")
    field = way.page.locator("main #cari")
    field.fill("desa ciwidey 3")
    found = way.page.locator("main [role=option]")
    found.filter(has_text="Desa Ciwidey 3").first.wait_for()
    way.seen("found")
    field.press("Enter")
    way.map_is_there()
    way.visit.shows("Desa Ciwidey 3")
    assert "Jawa Barat II" in way.visit.panel
    way.seen("place")
    card = way.page.locator("#panel .card").first
    card.locator(":scope > details > summary").last.click()
    card.locator("a[href*='/dapil/dpr-2024-3202']").first.click()
    way.page.wait_for_url("**/dapil/dpr-2024-3202*")
    assert "Jawa Barat II" in way.page.locator("h1").inner_text()
    way.seen("dapil")


def journalist(way: Journey) -> None:
    """Opens a link that somebody shared, looks at a theme, and shares the view on."""
    way.open("/map", "#lembaga=dpr&tahun=2024&prov=32&dapil=dpr-2024-3202")
    way.map_is_there()
    way.visit.shows("Jawa Barat II")
    way.seen("shared")
    way.open("/map", "#lembaga=dpr&tahun=2024&tema=pemenang")
    way.page.reload()
    way.map_is_there()
    way.seen("winner")
    way.page.locator("#bar button.tool").click()
    assert "tema=pemenang" in way.page.locator("#tautan").input_value()
    way.seen("share")


def cartographer(way: Journey) -> None:
    """Uses QGIS: from the front page to the file."""
    way.open("/")
    way.page.locator("nav.main a", has_text=way.says("Unduh", "Download")).click()
    way.seen("downloads")
    way.page.locator("main table a").first.click()
    way.seen("release")
    with way.page.expect_download() as coming:
        way.page.locator("main a[href$='/dpr-2024.gpkg']").first.click()
    assert Path(coming.value.path()).read_bytes()[:15] == b"SQLite format 3"


def researcher(way: Journey) -> None:
    """Goes to the table by way of Data, and cites it."""
    way.open("/")
    way.page.locator("nav.main a", has_text="Data").click()
    way.seen("data")
    way.page.locator("main a[href^='/collections/dpr-2024?']").first.click()
    way.seen("collection")
    cited = way.page.locator("main section[aria-labelledby=cite]")
    cited.locator("summary").click()
    assert "BibTeX" in cited.inner_text()
    way.page.locator("main a[href^='/collections/dpr-2024/items?']").first.click()
    way.page.locator("thead a").last.click()
    way.seen("table")


def resident(way: Journey) -> None:
    """Comes by a search engine to a dapil's page; before, after, the item, the map."""
    way.open("/dapil/dpr-2024-3202")
    way.seen("page")
    way.page.locator("section[aria-labelledby=before] a").first.click()
    way.page.wait_for_url("**/dapil/dpr-2019-*")
    way.seen("before")
    way.page.locator("section[aria-labelledby=after] a", has_text="Jawa Barat II").first.click()
    way.page.wait_for_url("**/dapil/dpr-2024-3202*")
    way.open("/collections/dpr-2024/items/dpr-2024-3202?f=html")
    way.seen("item")
    way.page.locator("main .lead a[href*='/dapil/']").click()
    way.page.locator("main .act a[href*='/map']").click()
    way.map_is_there()
    way.visit.shows("Jawa Barat II")
    way.seen("map")


def editor(way: Journey) -> None:
    """Builds an embedding and tries it."""
    way.open("/map", "#lembaga=dpr&tahun=2024&prov=32")
    way.map_is_there()
    way.page.locator("#bar button.tool").click()
    way.page.locator("#judul").fill("Kursi Jawa Barat")
    way.page.locator("#tema-sematan").select_option("luas")
    way.page.locator("#lebar").fill("640")
    assert 'width="640"' in way.page.locator("#sematan").input_value()
    way.page.locator("#judul").scroll_into_view_if_needed()
    way.seen("builder")
    address = way.page.locator("dialog .builder ~ * a[target=_blank], dialog a[href*=bingkai]").first
    way.page.goto(address.get_attribute("href"))
    way.page.reload()
    way.map_is_there()
    way.seen("frame")


def programmer(way: Journey) -> None:
    """Copies a snippet."""
    way.open("/pakai")
    way.seen("snippets")
    way.page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=way.visit.base)
    section = way.page.locator("section[aria-labelledby=geopandas]")
    section.locator("button").click()
    section.locator("button", has_text=way.says("Tersalin", "Copied")).wait_for()
    copied = way.page.evaluate("() => navigator.clipboard.readText()")
    assert copied == section.locator("code").inner_text()
    assert way.visit.base in copied


def drafter(way: Journey) -> None:
    """Checks a draft against the law."""
    way.open("/uji")
    way.page.wait_for_selector("html[data-ready='listed']")
    way.seen("choose")
    way.page.locator("#dewan").select_option("32.18")
    way.page.wait_for_selector("html[data-ready='yes']")
    way.seen("draft")
    way.page.locator("#daftar select").first.select_option(index=0)
    way.page.locator("#hasil").scroll_into_view_if_needed()
    way.seen("result")


def stray(way: Journey) -> None:
    """Mistypes an address and is led on."""
    way.open("/dapil/dpr-2024-320")
    way.seen("wrong")
    way.page.locator(".meant a").first.click()
    way.page.wait_for_url("**/dapil/dpr-2024-32*")
    way.seen("meant")
    way.open("/lookup?lat=-6.95&lon=10")
    way.seen("far")


def walker(way: Journey) -> None:
    """Asks for the place of the phone: it is answered on the phone, and no request carries the place."""
    way.open("/lookup")
    way.seen("lookup")
    way.page.locator("main a.here").click()
    way.map_is_there()
    way.visit.shows("Desa Ciwidey 1")
    way.seen("here")
    told = [*way.visit.requests, way.page.url, way.page.title()]
    assert [each for each in told if re.search(r"6[.,]97|106[.,]75|lat=|lon=", each)] == []


JOURNEYS: tuple[Callable[[Journey], None], ...] = (
    voter, journalist, cartographer, researcher, resident, editor, programmer, drafter, stray, walker,
)  # fmt: skip
#: What goes wrong in the console by intent: a page that tells of a wrong address is answered as such.
EXPECTED = {stray: "Failed to load resource: the server responded with a status of 40"}


#: Rows of a journey: two of six screens, so that every pair meets but journey and screen. Where pictures are wanted,
#: that pair too.
STEPS = (0, 2) if not os.environ.get(PICTURES) else range(len(SCREENS))


def rows() -> Iterator[tuple[Callable[[Journey], None], str, str, str]]:
    """Yield journey, screen, language, colour."""
    for at, journey in enumerate(JOURNEYS):
        for row, step in enumerate(STEPS):
            turned = (row + (row // 2 if len(STEPS) > 2 else 0)) % 2
            yield (
                journey,
                [*SCREENS][(at + step) % len(SCREENS)],
                LANGUAGES[row % 2],
                COLOURS[(at + turned) % 2],
            )


ROWS = list(rows())


def test_the_rows_cover_every_pair() -> None:
    factors: tuple[Collection[Any], ...] = (JOURNEYS, SCREENS, LANGUAGES, COLOURS)
    for one, other in itertools.combinations(range(4), 2):
        missing = {*itertools.product(factors[one], factors[other])} - {
            (row[one], row[other]) for row in ROWS
        }
        assert not missing or (one, other) == (0, 1)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    out = tmp_path_factory.mktemp("journeys")
    make_small_elections(out)
    downloads.add(open_release(out))
    app, drafts = Operation(app_of(out), Settings(), None, None), council_files()

    def with_drafts(environ: dict[str, Any], start: Any) -> Any:
        """The toy nation has no council of today's law: the page of drafts reads made-up ones."""
        content = drafts.get(environ["PATH_INFO"].rpartition("/")[2])
        if content is None:
            return app(environ, start)
        start("200 OK", [("Content-Type", "application/json")])
        return [content]

    with served(with_drafts) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    return axe_script(tmp_path_factory.mktemp("axe"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("journey", "screen", "language", "colour"), ROWS, ids=lambda each: getattr(each, "__name__", each)
)
def test_the_way_is_open(
    browser: Any, base: str, axe: str, journey: Callable[[Journey], None], screen: str, language: str,
    colour: str,
) -> None:  # fmt: skip
    options = {**SCREENS[screen], "color_scheme": colour, "geolocation": HERE, "permissions": ["geolocation"]}
    with visiting(browser, base, expected=EXPECTED.get(journey, ""), **options) as visit:
        journey(Journey(visit, axe, language, f"{journey.__name__}-{screen}-{language}-{colour}"))
