"""Help for tests in a real browser: Debian's chromium under playwright, with everything outside the service refused."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.npm_packages import installed

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--disable-background-networking",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
]  # fmt: skip
DESKTOP = {"viewport": {"width": 1280, "height": 800}}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser; the test is skipped where there is none."""
    playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright")
    if not CHROMIUM.exists():
        pytest.skip("needs Debian's chromium")
    with playwright.sync_playwright() as run:
        browser = run.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Visit:
    """A page and what happened on it: what it asked for, what went wrong, what it wanted from outside."""

    page: Any
    base: str
    requests: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)

    def open(self, hash_: str = "", language: str = "id", ready: str = "yes") -> "Visit":
        """Open the map page anew and wait until its first view is there."""
        self.page.goto("about:blank")  # another # alone would be no new page
        self.page.goto(f"{self.base}/map?lang={language}{hash_}")
        self.page.wait_for_selector(f"html[data-ready='{ready}']")
        return self

    @property
    def hash(self) -> dict[str, str]:
        """The state in the address."""
        pairs = (pair.partition("=") for pair in urlsplit(self.page.url).fragment.split("&") if pair)
        return {name: value for name, _, value in pairs}

    @property
    def heading(self) -> str:
        return str(self.page.locator("#panel h2").inner_text())

    def shows(self, heading: str) -> None:
        """Wait until the panel is headed so."""
        self.page.locator("#panel h2", has_text=re.compile(f"^{re.escape(heading)}$")).wait_for()

    @property
    def panel(self) -> str:
        return str(self.page.locator("#panel").inner_text())

    def svg(self) -> str:
        """The present view as the SVG that the page saves."""
        return self.saved("SVG").read_text(encoding="utf-8")

    def saved(self, kind: str) -> Path:
        """Save the present view as a picture of a kind and return the file."""
        self.page.locator("#bar button.tool").click()
        with self.page.expect_download() as coming:
            self.page.locator(f"dialog button:has-text('{kind}')").click()
        self.page.keyboard.press("Escape")
        return Path(coming.value.path())

    def colour(self, x: float, y: float) -> tuple[int, int, int]:
        """The colour of the ground's canvas at a place of the map, in shares of its width and height."""
        self.settle()
        found = self.page.evaluate(
            """([x, y]) => {
                const canvas = document.querySelector(".leaflet-ground-pane canvas");
                const boxes = [canvas, document.querySelector("#map")].map((each) => each.getBoundingClientRect());
                const [own, map] = boxes;
                const ratio = canvas.width / own.width;
                const at = [map.left + x * map.width - own.left, map.top + y * map.height - own.top];
                return [...canvas.getContext("2d").getImageData(at[0] * ratio, at[1] * ratio, 1, 1).data];
            }""",
            [x, y],
        )
        return tuple(found[:3])

    def until(self, what: str, *values: Any) -> None:
        """Wait until a function of JavaScript says yes. Playwright's own way needs eval, which the policy forbids."""
        for _ in range(600):
            if self.page.evaluate(what, *values):
                return
            self.page.wait_for_timeout(100)
        raise AssertionError(f"never became true: {what}")

    def whole(self) -> None:
        """Wait until all of the view is there: what was asked for, and finer maps."""
        self.page.wait_for_selector("html[data-whole]")

    def settle(self) -> None:
        """Wait for two pictures of the screen, and until no step of a drawing is left: what was asked for is drawn."""
        self.page.evaluate(
            """() => new Promise((done) => {
                const look = (left) => requestAnimationFrame(() =>
                    left > 1 || document.querySelector("canvas[data-drawing]") ? look(left - 1) : done(0));
                look(3);
            })"""
        )


@contextmanager
def visiting(
    browser: Any, base: str, *, expected: str = "", away: str = "", **options: Any
) -> Iterator[Visit]:
    """A visit in a context of its own; see `visit_in`."""
    settings = {"service_workers": "block", "reduced_motion": "reduce", "accept_downloads": True} | options
    context = browser.new_context(**settings)
    try:
        with visit_in(context, base, expected, away) as visit:
            yield visit
    finally:
        context.close()


@contextmanager
def visit_in(context: Any, base: str, expected: str = "", away: str = "") -> Iterator[Visit]:
    """A page in a context. Ends with a failure where anything but `expected` (a pattern) went wrong.

    Asking another host than `away` (a pattern) is wrong, whatever is expected. None answers: the browser resolves no
    name (see ARGUMENTS). It is not refused by a route of playwright's, since with one a browser keeps nothing of what
    it fetched.
    """
    page = context.new_page()
    visit = Visit(page, base)
    host = urlsplit(base).netloc

    def asked(request: Any) -> None:
        visit.requests.append(request.url)
        if urlsplit(request.url).netloc != host and not request.url.startswith(("blob:", "data:", "about:")):
            visit.outside.append(request.url)

    page.on("request", asked)
    page.on("pageerror", lambda error: visit.trouble.append(f"error: {error}"))
    page.on(
        "console", lambda told: told.type == "error" and visit.trouble.append(f"{told.text} {told.location}")
    )
    page.on("dialog", lambda dialog: (visit.trouble.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    page.set_default_timeout(
        60_000
    )  # what never comes is given up; nothing is timed here: machines are shared
    try:
        yield visit
    finally:
        page.close()
    assert [each for each in visit.outside if not (away and re.search(away, each))] == []
    assert [each for each in visit.trouble if not (expected and re.search(expected, each))] == []


def axe_script(folder: Path) -> str:
    """The text of axe-core from npm, installed into `folder`; skips where there is no npm or no registry."""
    return (installed(folder, "axe-core@4") / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
