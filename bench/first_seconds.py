"""What a phone with a slow line sees of the map page, and when: CPU 4 times slower, 400 kbit/s, 150 ms.

    python bench/first_seconds.py --address http://127.0.0.1:5000

Printed are, for each view: first picture (First Contentful Paint: the page's own outline of the nation), when what the
link names is seen (a province as first.js draws it, or else on the map), when the map can be used, when all of it is
there, cumulative layout shift, tasks over 50 ms and the longest, requests and kB. Times hang on what else the machine
does: its load is printed beside them. To compare two states of the page, give both addresses: ``--address`` is
repeatable, and they are measured in turn. Needs chromium and playwright.
"""

import argparse
import os
import sys
from dataclasses import dataclass
from typing import Any, Final

VIEWS: Final = {
    "nation": "",
    "a dapil": "#lembaga=dpr&tahun=2024&prov=32&dapil=dpr-2024-3202",
    "a province, DPRD kabupaten/kota": "#lembaga=dprd-kabkota&tahun=2024&prov=32",
    "the province with the largest file": "#lembaga=dprd-kabkota&tahun=2024&prov=35",
    "a dapil alone, DPRD kabupaten/kota": "#lembaga=dprd-kabkota&tahun=2024&dapil=dprd-kabkota-2024-320401",
    "a dapil alone, with the largest file": "#lembaga=dprd-kabkota&tahun=2024&dapil=dprd-kabkota-2024-350101",
}
KBITS: Final = 400
WATCH: Final = """
window.seen = { shift: 0, long: [], first: 0, ready: 0, whole: 0 };
const watch = (type, tell) =>
  new PerformanceObserver((list) => list.getEntries().forEach(tell)).observe({ type, buffered: true });
watch("layout-shift", (each) => { if (!each.hadRecentInput) seen.shift += each.value; });
watch("longtask", (each) => seen.long.push(each.duration));
watch("paint", (each) => { if (each.name === "first-contentful-paint") seen.first = each.startTime; });
document.addEventListener("DOMContentLoaded", () => {
  const root = document.documentElement;
  new MutationObserver(() => {
    if (root.dataset.ready) seen.ready ||= performance.now();
    if (root.hasAttribute("data-whole")) seen.whole ||= performance.now();
  }).observe(root, { attributes: true });
});
"""


@dataclass
class Line:
    """What came over the line."""

    requests: int = 0
    bytes: float = 0


def measured(browser: Any, address: str, view: str) -> str:
    """Return a line of what one visit with empty caches was like."""
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True, device_scale_factor=3,
        service_workers="block",
    )  # fmt: skip
    page, line = context.new_page(), Line()
    tools = context.new_cdp_session(page)
    tools.send("Network.enable")
    a_second = KBITS * 1000 / 8
    slow = {"offline": False, "latency": 150, "downloadThroughput": a_second, "uploadThroughput": a_second}
    tools.send("Network.emulateNetworkConditions", slow)
    tools.send("Emulation.setCPUThrottlingRate", {"rate": 4})

    def came(event: dict[str, Any]) -> None:
        line.requests += 1
        line.bytes += event["encodedDataLength"]

    tools.on("Network.loadingFinished", came)
    page.add_init_script(WATCH)
    page.goto(f"{address}/map?lang=id{view}", wait_until="commit")
    page.wait_for_selector("html[data-whole]", timeout=120_000)
    page.wait_for_timeout(1500)
    seen = page.evaluate(
        "() => ({ ...window.seen, useful: performance.getEntriesByName('dapil-sketch')[0]?.startTime ?? seen.ready })"
    )
    context.close()
    longest = max(seen["long"], default=0)
    times = {name: seen[name] / 1000 for name in ("first", "useful", "ready", "whole")}
    return (
        f"first picture {times['first']:.1f} s, useful {times['useful']:.1f} s, map {times['ready']:.1f} s, "
        f"all {times['whole']:.1f} s; "
        f"shift {seen['shift']:.3f}; {len(seen['long'])} tasks over 50 ms, the longest {longest:.0f} ms; "
        f"{line.requests} requests, {line.bytes / 1000:.0f} kB"
    )


def main() -> int:
    """Measure every view at every address."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--address", action="append", required=True, help="of a service; repeatable")
    parser.add_argument("--only", default="", help="views whose name has this in it")
    given = parser.parse_args()
    with sync_playwright() as run:
        browser = run.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for name, view in VIEWS.items():
            for address in given.address if given.only in name else ():
                told = measured(browser, address.rstrip("/"), view)
                print(f"{name} ({address}, load {os.getloadavg()[0]:.1f}): {told}")
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
