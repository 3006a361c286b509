"""The embed builder: its lines pasted into a page of somebody else's, which a browser then shows."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from boundaries.downloads import folder as downloads
from boundaries.release.store import open_release
from boundaries.service.ops.middleware import Operation
from boundaries.service.ops.settings import Settings
from tests.browser_help import DESKTOP, Visit, axe_script, chromium, visit_in
from tests.service_help import app_of, served
from tests.small import make_small_release

PROVINCE = "#lembaga=dpr&tahun=2024&prov=32"
#: Of the sea on a light and on a dark screen.
LIGHT, DARK = (0xE9, 0xF0, 0xF3), (0x0F, 0x16, 0x1B)
PAPER = "() => getComputedStyle(document.body).backgroundColor"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    out = tmp_path_factory.mktemp("map")
    make_small_release(out)
    downloads.add(open_release(out))
    with served(Operation(app_of(out), Settings(), None, None)) as address:
        yield address


@pytest.fixture(scope="module")
def newspaper() -> Iterator[tuple[str, dict[str, str]]]:
    """Somebody else's site, and what its story holds."""
    site, story = Flask("newspaper"), {"lines": ""}
    text = "<!doctype html><html lang=id><title>Koran</title><body style='margin:0'><h1>Berita</h1>{}"
    site.add_url_rule("/", "story", lambda: text.format(story["lines"]))
    site.add_url_rule("/favicon.ico", "icon", lambda: "")
    with served(site) as address:
        yield address, story


@contextmanager
def visit(browser: Any, base: str, newspaper: tuple[str, dict[str, str]], **options: Any) -> Iterator[Visit]:
    settings = {"service_workers": "block", "reduced_motion": "reduce", **DESKTOP} | options
    context = browser.new_context(**settings)
    try:
        with visit_in(context, base, away=re.escape(newspaper[0])) as found:
            yield found
    finally:
        context.close()


def build(found: Visit, view: str = PROVINCE) -> Any:
    """Open the builder on a view."""
    found.open(view)
    found.page.locator("#bar button.tool").click()
    return found.page.locator("dialog")


def paste(found: Visit, newspaper: tuple[str, dict[str, str]]) -> Any:
    """Put the builder's lines into the story and show it; the frame."""
    address, story = newspaper
    story["lines"] = found.page.locator("#sematan").input_value()
    found.page.goto(address)
    frame = found.page.frame_locator("iframe")
    frame.locator("html.framed[data-ready='yes']").wait_for()
    return frame


def height(found: Visit) -> int:
    return int(found.page.locator("iframe").get_attribute("height"))


@pytest.mark.parametrize("width", [900, 390])
def test_the_pasted_frame_is_as_high_as_what_it_shows(
    browser: Any, base: str, newspaper: tuple[str, dict[str, str]], width: int
) -> None:
    with visit(browser, base, newspaper) as found:
        build(found)
        found.page.set_viewport_size({"width": width, "height": 900})
        frame = paste(found, newspaper)
        found.until("() => document.querySelector('iframe').getAttribute('height') !== '560'")
        found.page.wait_for_timeout(500)
        told = height(found)
        stage = frame.locator("#stage").bounding_box()
        panel = frame.locator("#panel").bounding_box()
        assert frame.locator("#panel h2").inner_text() == "Jawa Barat"
        if width == 390:  # map, then list: nothing of it is hidden, and no room is left below it
            assert 280 <= stage["height"] <= 300
            hidden = frame.locator("#panel").evaluate("(each) => each.scrollHeight - each.clientHeight")
            assert told == pytest.approx(stage["height"] + panel["height"], abs=2)
            assert hidden <= 1 or panel["height"] == pytest.approx(480, abs=2)
        else:
            assert told == pytest.approx(stage["height"], abs=1)
            assert 280 <= told <= 600
        assert height(found) == told  # it came to rest
        assert found.page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


def test_every_choice_is_in_the_lines_and_in_the_frame(
    browser: Any, base: str, newspaper: tuple[str, dict[str, str]]
) -> None:
    with visit(browser, base, newspaper) as found:
        dialog = build(found)
        dialog.locator("#judul").fill('Kursi <b>"Jabar"</b> & lain')
        dialog.locator("#tema-sematan").select_option("luas")
        dialog.locator("#bahasa").select_option("en")
        dialog.locator("#warna").select_option("gelap")
        dialog.locator("#daftar").uncheck()
        dialog.locator("#lebar").fill("640")
        dialog.locator("#tinggi").fill("420")
        trial = dialog.locator(".copybox a").get_attribute("href")
        assert trial == f"{base}/map?lang=en{PROVINCE}&tema=luas&bingkai=1&daftar=0&warna=gelap"
        assert "<script" not in dialog.locator("#sematan").input_value()
        frame = paste(found, newspaper)
        shown = found.page.locator("iframe")
        assert shown.get_attribute("src") == trial
        assert shown.get_attribute("title") == 'Kursi <b>"Jabar"</b> & lain'
        assert found.page.locator("figcaption").inner_text() == 'Kursi <b>"Jabar"</b> & lain'
        assert (shown.get_attribute("width"), shown.get_attribute("height")) == ("640", "420")
        assert frame.locator("#panel").is_hidden()
        assert frame.locator(".grow").is_hidden()
        assert frame.locator("#stage").bounding_box()["width"] == pytest.approx(640, abs=1)
        assert "Area" in frame.locator("#legend").inner_text()
        full = frame.locator(".full").get_attribute("href")
        assert full == f"{base}/map?lang=en{PROVINCE}&tema=luas"


@pytest.mark.parametrize(
    ("device", "chosen", "dark"),
    [("light", "gelap", True), ("dark", "terang", False), ("dark", "", True), ("light", "", False)],
)
def test_light_or_dark_is_as_chosen_whatever_the_device_likes(
    browser: Any, base: str, newspaper: tuple[str, dict[str, str]], device: str, chosen: str, dark: bool
) -> None:
    with visit(browser, base, newspaper, color_scheme=device) as found:
        dialog = build(found, "")
        dialog.locator("#warna").select_option(chosen)
        frame = found.page.locator(".copybox a").get_attribute("href")
        found.page.goto("about:blank")  # another # alone would be no new page
        found.page.goto(frame)
        found.page.wait_for_selector("html[data-ready='yes']")
        assert found.page.evaluate(PAPER) == ("rgb(18, 23, 28)" if dark else "rgb(251, 250, 248)")
        assert found.colour(0.5, 0.02) == (DARK if dark else LIGHT)


def test_a_message_of_another_frame_changes_nothing(
    browser: Any, base: str, newspaper: tuple[str, dict[str, str]]
) -> None:
    with visit(browser, base, newspaper) as found:
        build(found)
        paste(found, newspaper)
        found.page.wait_for_timeout(500)
        told = height(found)
        found.page.evaluate("() => postMessage({ type: 'peta-dapil:height', height: 77 }, '*')")
        found.page.evaluate(
            """() => document.querySelector('iframe').contentWindow.postMessage(
                { type: 'peta-dapil:height', height: 78 }, '*')"""
        )
        found.page.wait_for_timeout(200)
        assert height(found) == told


def test_axe_finds_nothing_in_the_builder(
    browser: Any, base: str, newspaper: tuple[str, dict[str, str]], tmp_path: Path
) -> None:
    script = axe_script(tmp_path)
    for scheme in ("light", "dark"):
        with visit(browser, base, newspaper, color_scheme=scheme, bypass_csp=True) as found:
            build(found)
            found.page.add_script_tag(content=script)
            wrong = found.page.evaluate(
                "async () => (await axe.run('dialog')).violations.map((each) => each.id)"
            )
            assert wrong == []
