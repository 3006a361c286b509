"""The longest task of the map page in every view, with a CPU 4 times slower: how long a tap may wait for its answer.

    python bench/long_tasks.py --address http://127.0.0.1:5000

Printed are, for each view, of several visits the median and the worst: the longest task that the browser tells of (0:
none over 50 ms), and, from other visits at full speed, four times the CPU time of the longest task of the page's own
thread. The first is what a person feels and hangs on what else the machine does; the second hardly does. To compare two
states of the page, give both addresses: ``--address`` is repeatable, and they are measured in turn. Needs chromium and
playwright.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any, Final

RATE: Final = 4
PHONE: Final = {
    "viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True, "device_scale_factor": 3,
}  # fmt: skip
DESKTOP: Final = {"viewport": {"width": 1280, "height": 800}}
WATCH: Final = """
window.tasks = [];
new PerformanceObserver((list) => list.getEntries().forEach((each) => tasks.push(each.duration)))
  .observe({ type: "longtask", buffered: true });
"""
#: Waits until the page has done all of it: nothing is asked for, and its thread was free for a while.
IDLE: Final = """() => new Promise((done) => {
  let calm = 0;
  let last = performance.now();
  const look = () => {
    const now = performance.now();
    calm = now - last < 90 && document.documentElement.hasAttribute("data-whole") ? calm + 1 : 0;
    last = now;
    calm > 12 ? done(0) : setTimeout(look, 40);
  };
  look();
})"""

Step = Callable[[Any], None]


def opened(view: str) -> Step:
    """Open a view anew."""
    return lambda page: page.goto(page.map_address + view, wait_until="commit")


def zoomed(page: Any) -> None:
    """Zoom in three times."""
    for _ in range(3):
        page.locator(".zoom button").first.dispatch_event("click")
        page.wait_for_timeout(450)


def panned(page: Any) -> None:
    """Drag the map to and fro."""
    box = page.locator("#map").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    for to in ((-90, -60), (90, 60)):
        page.mouse.move(x, y)
        page.mouse.down()
        for part in range(1, 9):
            page.mouse.move(x + to[0] * part / 8, y + to[1] * part / 8)
            page.wait_for_timeout(20)
        page.mouse.up()
        page.wait_for_timeout(500)


def typed(text: str) -> Step:
    """Type into the search."""

    def step(page: Any) -> None:
        page.locator("#cari").focus()
        for letter in text:
            page.keyboard.type(letter)
            page.wait_for_timeout(120)
        page.wait_for_selector("#hasil li, .searchsaid:not(.unseen):not(:empty)", state="attached")

    return step


def pressed(selector: str) -> Step:
    """Press what a selector names first."""
    return lambda page: page.locator(selector).first.click()


def tapped(x: float, y: float) -> Step:
    """Tap the map, at shares of its width and height."""

    def step(page: Any) -> None:
        box = page.locator("#map").bounding_box()
        page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])

    return step


def chosen(selector: str, value: str) -> Step:
    """Choose an entry of a menu."""
    return lambda page: page.locator(selector).first.select_option(value)


def views() -> Iterator[tuple[str, list[tuple[str, Step]]]]:
    """Give journeys: a name, and its steps with what each is called."""
    for year in (2024, 2019):
        for chamber in ("dpr", "dpd", "dprd-provinsi", "dprd-kabkota"):
            steps: list[tuple[str, Step]] = [("open", opened(f"#lembaga={chamber}&tahun={year}"))]
            if year == 2024:
                steps += [("zoom", zoomed), ("pan", panned)]
            yield f"{chamber} {year}", steps
    kabkota, dpr = "#lembaga=dprd-kabkota&tahun=2024", "#lembaga=dpr&tahun=2024"
    older = "#lembaga=dprd-kabkota&tahun=2019"  # of which votes are known, of kecamatan too
    yield "province, dpr", [("open", opened(f"{dpr}&prov=32")), ("zoom", zoomed), ("pan", panned)]
    yield (
        "province, dprd-kabkota",
        [("open", opened(f"{kabkota}&prov=32")), ("zoom", zoomed), ("pan", panned)],
    )
    yield "a dapil", [("open", opened(f"{dpr}&prov=32&dapil=dpr-2024-3202"))]
    yield "from the nation into a province", [("open", opened(kabkota)), ("choose", chosen("#prov", "32"))]
    yield "chambers", [("open", opened(dpr)), ("kabkota", pressed("#lembaga-dprd-kabkota"))]
    yield "comparison, dpr", [("open", opened(f"{dpr}&banding=2019"))]
    yield "comparison, kabkota", [("open", opened(f"{kabkota}&banding=2019"))]
    yield "comparison, a province", [("open", opened(f"{kabkota}&banding=2019&prov=32"))]
    yield "theme of votes, dpr", [("open", opened(f"{dpr}&tema=pemenang")), ("sort", pressed(".sort"))]
    yield (
        "theme of votes, kabkota",
        [
            ("open", opened(f"{older}&tema=pemenang")),
            ("sort", pressed(".sort")),
            ("more", pressed("#panel .tablebox + [data-rest]")),
        ],
    )
    yield "votes by kecamatan", [("open", opened(f"{older}&prov=35&tema=pemenang&rinci=kecamatan"))]
    yield "seats as dots, kabkota", [("open", opened(f"{kabkota}&tampil=kursi")), ("zoom", zoomed)]
    yield "search", [("open", opened(dpr)), ("type", typed("ciwidey")), ("choose", pressed("#hasil li"))]
    yield "card", [("open", opened(f"{dpr}&prov=32")), ("tap", tapped(0.5, 0.5))]
    yield "card from afar", [("open", opened(dpr)), ("tap", tapped(0.3, 0.55))]


@contextmanager
def visit(browser: Any, address: str, screen: dict[str, Any], rate: int) -> Iterator[tuple[Any, Any]]:
    """A page in a context of its own, and its tools."""
    context = browser.new_context(service_workers="block", **screen)
    page = context.new_page()
    page.set_default_timeout(180_000)
    page.map_address = f"{address}/map?lang=id"
    tools = context.new_cdp_session(page)
    if rate > 1:
        tools.send("Emulation.setCPUThrottlingRate", {"rate": rate})
    page.add_init_script(WATCH)
    try:
        yield page, tools
    finally:
        context.close()


def felt(
    browser: Any, address: str, screen: dict[str, Any], steps: list[tuple[str, Step]]
) -> dict[str, float]:
    """Return the longest task of each step in ms, with the slower CPU."""
    found = {}
    with visit(browser, address, screen, RATE) as (page, _):
        for name, step in steps:
            page.evaluate("() => window.tasks?.splice(0)")
            step(page)
            page.wait_for_selector("html[data-ready]")
            page.evaluate(IDLE)
            found[name] = max(page.evaluate("() => window.tasks"), default=0)
    return found


def worked(
    browser: Any, address: str, screen: dict[str, Any], steps: list[tuple[str, Step]]
) -> dict[str, float]:
    """Return four times the CPU time of the longest task of each step in ms, at full speed."""
    found = {}
    with visit(browser, address, screen, 1) as (page, _):
        for name, step in steps:
            browser.start_tracing(
                page=page, categories=["toplevel", "disabled-by-default-devtools.timeline", "__metadata"]
            )
            step(page)
            page.wait_for_selector("html[data-ready]")
            page.evaluate(IDLE)
            found[name] = RATE * longest(json.loads(browser.stop_tracing())["traceEvents"])
    return found


def longest(events: list[dict[str, Any]]) -> float:
    """Return the most CPU time in ms that a task of the page's main thread took."""
    own = {frame["processId"] for frame in _frames(events) if "/map" in frame.get("url", "")}
    main = {
        (each["pid"], each["tid"])
        for each in events
        if each["name"] == "thread_name"
        and each["args"].get("name") == "CrRendererMain"
        and each["pid"] in own
    }
    times = [
        each.get("tdur", 0)
        for each in events
        if each["name"].endswith("RunTask") and each.get("ph") == "X" and (each["pid"], each["tid"]) in main
    ]
    return max(times, default=0) / 1000


def _frames(events: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Give the frames of pages, with their processes: the browser has pages of its own."""
    for each in events:
        if each["name"] in ("TracingStartedInBrowser", "FrameCommittedInBrowser"):
            told = each["args"]["data"]
            yield from (frame for frame in told.get("frames", [told]) if "processId" in frame)


def main() -> int:
    """Measure every view at every address."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--address", action="append", required=True, help="of a service; repeatable")
    parser.add_argument("--screen", choices=("phone", "desktop"), default="phone")
    parser.add_argument("--times", type=int, default=3, help="visits of each kind a view (3)")
    parser.add_argument("--cpu", action="store_true", help="leave out the visits with a slower CPU")
    parser.add_argument("--only", default="", help="views whose name has this in it")
    given = parser.parse_args()
    screen = PHONE if given.screen == "phone" else DESKTOP
    with sync_playwright() as run:
        browser = run.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        print(
            f"{given.screen}; longest task in ms, median (worst): CPU {RATE} times slower | {RATE} x CPU time"
        )
        for name, steps in views():
            if given.only not in name:
                continue
            seen: dict[tuple[str, str], list[tuple[float, float]]] = {}
            for _ in range(given.times):
                for address in given.address:
                    work = worked(browser, address.rstrip("/"), screen, steps)
                    wall = {} if given.cpu else felt(browser, address.rstrip("/"), screen, steps)
                    for step in work:
                        seen.setdefault((step, address), []).append((wall.get(step, 0.0), work[step]))
            for (step, address), pairs in sorted(
                seen.items(), key=lambda item: [each for each, _ in steps].index(item[0][0])
            ):
                told = " | ".join(
                    f"{median(each):.0f} ({max(each):.0f})" for each in zip(*pairs, strict=True)
                )
                print(f"{name}: {step} ({address}, load {os.getloadavg()[0]:.1f}): {told}", flush=True)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
