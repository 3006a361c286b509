"""The page that holds drafts against the law, in a browser: by tap, by keyboard, from a file; and nothing leaves it."""

import functools
import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from boundaries.exports.mapdata.draft_files import draft_files, outlines
from boundaries.exports.mapdata.map_tables import packed
from boundaries.law.registry import load_registry
from boundaries.release.store import open_release
from boundaries.research.browser_case import BrowserCases
from boundaries.research.people import People
from boundaries.site import draft_html, map_html, site_folder
from boundaries.site.parts import ASSETS, DRAFT_ASSETS
from boundaries.site.site_folder import POLICY
from tests.browser_help import DESKTOP, PHONE, axe_script, chromium
from tests.service_help import app_of
from tests.small import make_small_release
from tests.test_drafts import Bench

SCREENS = {"desktop": DESKTOP, "phone": PHONE}
PAGES = {"id": "uji.html", "en": "uji-en.html"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page and its files as a site has them, of two councils on made-up ground."""
    out = tmp_path_factory.mktemp("uji")
    (out / "assets").mkdir()
    (out / "data").mkdir()
    for name, path in {**ASSETS, **DRAFT_ASSETS}.items():
        (out / "assets" / name).write_bytes(path.read_bytes())
    manifest = {"source": {"id": "contoh", "attribution": "Contoh"}}
    for language, name in PAGES.items():
        other = PAGES["en" if language == "id" else "id"]
        paths = map_html.Paths(base="data/", other=other, asset=lambda name: f"assets/{name}", policy=POLICY)
        (out / name).write_bytes(draft_html.render(language, paths, manifest, map_page="index.html"))  # type: ignore[arg-type]
    for name, content in council_files().items():
        (out / "data" / name).write_bytes(content)
    return out


def council_files() -> dict[str, bytes]:
    """What the page reads of two councils on made-up ground, name → content."""
    files: dict[str, bytes] = {}
    registry = load_registry()
    people, listed = People(registry), []
    for seed, code in enumerate(("12.71", "32.18")):
        bench = Bench(code, registry, people, seed)
        case = bench.file
        case["peta"] = outlines(bench.terrain.geometry, bench.terrain.codes, bench.units)
        spread = [0, 0.1, 0.2, 0.3, 0.9]
        case["simpul"]["hitungan"] = {
            "metode": "lengkap", "rencana_kuota": 9, "rencana_sah": 7, "sah_taksiran": None, "bobot": "penduduk_2023",
            "tautan": "tanpa", "persen": [0, 25, 50, 75, 100], "sebaran": dict.fromkeys(bench.measures, spread),
        }  # fmt: skip
        files[f"map-uji-dprd-kabkota-{code}.json"] = packed(case)
        listed.append(["dprd-kabkota", code, case["nama"], case["kursi"], len(case["unit"])])
    index = BrowserCases.index(bench.cases)
    return files | {"map-uji.json": packed({**index, "dewan": listed})}


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def base(folder: Path) -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(_Quiet, directory=str(folder))
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


class Drafting:
    """A visit to the page: its requests since the council's file, and what went wrong."""

    def __init__(self, browser: Any, base: str, screen: str, language: str = "en") -> None:
        self.context = browser.new_context(**SCREENS[screen], accept_downloads=True)
        self.page = self.context.new_page()
        self.asked: list[str] = []
        self.trouble: list[str] = []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("pageerror", lambda error: self.trouble.append(str(error)))
        self.page.on("console", lambda told: told.type == "error" and self.trouble.append(told.text))
        self.page.goto(f"{base}/{PAGES[language]}")
        self.page.wait_for_selector("html[data-ready='listed']")

    def open(self, code: str) -> "Drafting":
        self.page.select_option("#dewan", code)
        self.page.wait_for_selector("html[data-ready='yes']")
        self.page.wait_for_load_state("networkidle")
        self.asked.clear()
        return self

    def quiet(self) -> None:
        """Nothing was asked for since the council's file, nothing went wrong."""
        self.page.wait_for_timeout(200)
        assert [each for each in self.asked if not each.startswith("blob:")] == []
        assert self.trouble == []
        self.context.close()

    def text(self, selector: str) -> str:
        return str(self.page.inner_text(selector))


@pytest.mark.parametrize("screen", SCREENS)
def test_units_are_tapped_and_nothing_is_sent(browser: Any, base: str, screen: str) -> None:
    visit = Drafting(browser, base, screen).open("32.18")
    page = visit.page
    before = visit.text("#jumlah")
    assert "not met" not in before
    page.locator("#dapil label", has_text="Dapil 5").click()
    page.locator("#peta path").first.click()
    assert page.locator("#u0").evaluate("select => select.selectedOptions[0].text") == "Dapil 5"
    assert "changed against dprd-kabkota-2024" in visit.text("#hasil")
    page.locator("#peta path").first.click()  # once more takes it away
    assert "1 units without a dapil: Parigi (32.18.01)" in visit.text("#hasil")
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="Undo").click()
    assert visit.text("#jumlah") == before
    assert page.get_by_role("button", name="Undo").is_disabled()
    page.get_by_role("button", name="Share").click()
    assert (
        page.locator("#masalah input").input_value().endswith("uji-en.html#d=dprd-kabkota-32.18&p=0334411220")
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    visit.quiet()


def test_all_of_it_works_by_keyboard(browser: Any, base: str) -> None:
    visit = Drafting(browser, base, "desktop").open("32.18")
    page = visit.page
    page.focus("#dewan")
    reached = []
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()")
        )
    assert {
        "berkas",
        "d0",
        "Add a dapil",
        "The plan in law",
        "Clear",
        "Download CSV",
        "Share",
        "daftar",
        "u0",
        "u9",
    } <= set(reached)
    page.focus("#u0")
    page.keyboard.press("Home")
    assert "1 units without a dapil" in visit.text("#hasil")
    assert page.evaluate("document.activeElement.id") == "u0", "what was changed keeps the focus"
    assert "not met" in visit.text("#status")
    visit.quiet()


def test_a_file_is_read_and_written_and_nothing_is_sent(browser: Any, base: str, tmp_path: Path) -> None:
    visit = Drafting(browser, base, "desktop").open("32.18")
    page = visit.page
    units = [f"32.18.{n:02d}" for n in range(1, 11)]
    text = "kode;dapil;kursi\n" + "".join(
        f"{unit};{'Barat' if n < 5 else 'Timur'};{20}\n" for n, unit in enumerate(units)
    )
    page.set_input_files("#berkas", {"name": "a.csv", "mimeType": "text/csv", "buffer": text.encode()})
    page.locator("#hasil", has_text="321801: 20 seats, the law has 3-12").wait_for()
    with page.expect_download() as coming:
        page.get_by_role("button", name="Download CSV").click()
    assert Path(coming.value.path()).read_text("utf-8").splitlines()[1] == "32.18.01,Parigi,Barat,20"
    page.set_input_files(
        "#berkas", {"name": "b.csv", "mimeType": "text/csv", "buffer": b"kode,dapil\n<b>x</b>,1\n"}
    )
    page.locator("#masalah", has_text='line 2: "<b>x</b>" is no kecamatan in 32.18').wait_for()
    assert "321801: 20 seats" in visit.text("#hasil"), "what stood there stays"
    page.set_input_files("#berkas", {"name": "c.csv", "mimeType": "text/csv", "buffer": b"\xff\xfe1"})
    page.locator("#masalah", has_text="not UTF-8").wait_for()
    page.evaluate(
        """([text]) => {
        const held = new DataTransfer();
        held.items.add(new File([text], "d.csv"));
        document.getElementById("jatuh").dispatchEvent(new DragEvent("drop", { dataTransfer: held, cancelable: true }));
    }""",
        ["kode,dapil\n32.18.01,Satu\n"],
    )
    page.locator("#hasil", has_text="9 units without a dapil").wait_for()
    visit.quiet()


def test_a_shared_address_opens_the_draft(browser: Any, base: str) -> None:
    visit = Drafting(browser, base, "desktop", "id")
    visit.page.goto(f"{base}/uji.html?x#d=dprd-kabkota-32.18&p=000001111_")
    visit.page.wait_for_selector("html[data-ready='yes']")
    assert "1 wilayah tanpa dapil: Sidamulih (32.18.10)" in visit.text("#hasil")
    assert visit.text("#dapil").count("Dapil") >= 2
    visit.context.close()


def test_the_dapil_of_each_unit_can_be_read_on_the_narrowest_screen(browser: Any, base: str) -> None:
    visit = Drafting(browser, base, "phone").open("12.71")
    visit.page.set_viewport_size({"width": 320, "height": 640})
    narrow = """() => [...document.querySelectorAll("#daftar select")].filter((select) => {
        const text = document.createElement("span");
        text.style.font = getComputedStyle(select).font;
        text.textContent = "Dapil 12";
        document.body.append(text);
        const wide = text.getBoundingClientRect().width;
        text.remove();
        return select.getBoundingClientRect().width < wide + 24; // and the arrow
    }).length"""
    assert visit.page.evaluate(narrow) == 0
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= 320
    visit.quiet()


def test_another_council_begins_with_nothing_to_undo(browser: Any, base: str) -> None:
    visit = Drafting(browser, base, "desktop").open("32.18")
    visit.page.locator("#peta path").first.click()
    visit.open("12.71")
    assert visit.page.get_by_role("button", name="Undo").is_disabled()
    before = visit.text("#jumlah")
    visit.page.locator("#peta path").first.click()
    visit.page.get_by_role("button", name="Undo").click()
    assert visit.text("#jumlah") == before
    assert visit.page.get_by_role("button", name="Undo").is_disabled()
    visit.quiet()


@pytest.mark.parametrize(("address", "said"), [
    ("#d=dprd-kabkota-32.18&p=00000", "does not fit the units of this council"),
    ("#d=dprd-kabkota-32.18&p=00000111110", "does not fit the units of this council"),
    ("#d=dprd-kabkota-32.18&p=0000011A11", "does not fit the units of this council"),
    ("#d=dprd-kabkota-32.18&p=%3Cb%3E", "does not fit the units of this council"),
    ("#d=dprd-kabkota-99.99&p=0000011111", "names no council of this release"),
    ("#d=apa", "names no council of this release"),
])  # fmt: skip
def test_an_address_that_does_not_fit_is_told(browser: Any, base: str, address: str, said: str) -> None:
    """Also one that is pasted while the page is open; what it cannot hold is not guessed."""
    visit = Drafting(browser, base, "desktop")
    visit.page.evaluate("(address) => { location.hash = address; }", address)
    visit.page.locator("#masalah", has_text=said).wait_for()
    if "32.18" in address:
        assert "changed against" not in visit.text("#hasil")
    assert visit.trouble == []
    visit.context.close()


def test_the_focus_stays_where_something_was_done(browser: Any, base: str) -> None:
    visit = Drafting(browser, base, "desktop").open("32.18")
    page = visit.page
    focus = "document.activeElement.id || document.activeElement.textContent.trim()"
    count = page.locator("#dapil input").count()
    page.get_by_role("button", name="Add a dapil").focus()
    page.keyboard.press("Enter")
    assert page.evaluate(focus) == f"d{count}", "the dapil that was added"
    page.get_by_role("button", name="Clear").focus()
    page.keyboard.press("Enter")
    assert page.evaluate(focus) == "Clear"
    page.get_by_role("button", name="Undo").focus()
    for _ in range(2):
        page.keyboard.press("Enter")
    assert page.get_by_role("button", name="Undo").is_disabled()
    assert page.evaluate(focus) == "The plan in law", "the next, where that one cannot take it"
    visit.quiet()


def test_a_file_dropped_beside_its_place_does_not_take_the_page(browser: Any, base: str) -> None:
    visit = Drafting(browser, base, "desktop").open("32.18")
    let_go = """() => {
        const event = new DragEvent("drop", { dataTransfer: new DataTransfer(), cancelable: true, bubbles: true });
        document.body.dispatchEvent(event);
        return event.defaultPrevented;
    }"""
    assert visit.page.evaluate(let_go)
    visit.quiet()


def test_the_council_that_was_chosen_last_is_shown(browser: Any, base: str) -> None:
    """However late the file of one before comes."""
    visit = Drafting(browser, base, "desktop")
    held: list[Any] = []
    visit.page.route("**/map-uji-dprd-kabkota-32.18.json", lambda route: held.append(route))
    visit.page.select_option("#dewan", "32.18")
    visit.page.select_option("#dewan", "12.71")
    visit.page.wait_for_selector("html[data-ready='yes']")
    held[0].continue_()
    visit.page.wait_for_timeout(300)
    assert visit.page.input_value("#dewan") == "12.71"
    assert "12.71." in visit.text("#daftar")
    visit.context.close()


@pytest.mark.slow
@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("language", PAGES)
def test_axe_finds_nothing(browser: Any, base: str, screen: str, language: str, tmp_path: Path) -> None:
    script = axe_script(tmp_path)
    for scheme in ("light", "dark"):
        visit = Drafting(browser, base, screen, language)
        visit.page.emulate_media(color_scheme=scheme)
        visit.open("12.71")
        visit.page.set_input_files("#berkas", {"name": "b.csv", "mimeType": "text/csv", "buffer": b"x"})
        visit.page.locator("#masalah li").first.wait_for()
        visit.page.evaluate(script)
        found = visit.page.evaluate(
            "async () => (await axe.run(document)).violations.map((v) => [v.id, v.nodes[0].html])"
        )
        assert found == [], (screen, language, scheme)
        visit.context.close()


def test_the_service_has_the_page_and_a_site_too(tmp_path: Path) -> None:
    releases = tmp_path / "releases"
    make_small_release(releases)
    client = app_of(releases).test_client()
    for language, heading in (("id", "Uji rancangan dapil"), ("en", "Check a draft of dapil")):
        response = client.get(f"/uji?lang={language}", headers={"Accept": "text/html"})
        assert response.status_code == 200
        assert heading in response.text
        policy = response.headers["Content-Security-Policy"]
        assert "connect-src 'self'" in policy
        assert "form-action 'none'" in policy
        assert f'<html lang="{language}">' in response.text
    assert list(draft_files(open_release(releases))) == [], (
        "the toy's plans are others than those of data/plans"
    )
    site_folder.write_site(open_release(releases), tmp_path / "peta")
    for language, name in PAGES.items():
        text = (tmp_path / "peta" / name).read_text("utf-8")
        assert f'lang="{language}"' in text
        assert "assets/uji.js" in text
    assert json.loads((tmp_path / "peta/data/map-index.json").read_bytes())
