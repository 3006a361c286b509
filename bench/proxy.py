"""Election day: visitors of the map behind a caching proxy, and a release that is switched meanwhile.

    python bench/proxy.py --releases build --visitors 2000

nginx stands before the service, both on this machine. What a visitor asks is recorded once: chromium looks for a
desa, lets its position be worked out, opens a dapil from a chat, and comes back another day; then visitors ask the
same again, each with headers of a real browser, in the order and with the caches of that visit. In the middle
`current` moves to another release (the same files under another name). Printed are the share that the proxy
answered, bytes and CPU a visitor at proxy and origin, what the switch cost, whether it emptied anything that was
still right, and what an hour with a million and with fifty million visitors needs. Ends with code 1 if an answer
was wrong, cut off, or forgotten though it was still right.
Needs nginx, chromium and playwright. The mix of visits is an assumption: `MIX`.
"""

import argparse
import gzip
import http.client
import json
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import brotli

ROOT: Final = Path(__file__).parents[1]
#: Places that are looked for: what is typed, and where it is (latitude, longitude).
PLACES: Final = (
    ("Ciwidey", -7.096, 107.445), ("Menteng", -6.195, 106.832), ("Wonokromo", -7.301, 112.733),
    ("Medan Baru", 3.573, 98.657), ("Tamalanrea", -5.135, 119.503),
)  # fmt: skip
#: Of a hundred visitors: who looks for a name, who asks for the position, who comes from a chat, who was here before.
MIX: Final = {"search": 45, "position": 30, "dapil": 15, "again": 10}
#: What browsers send, and how many of a hundred do.
LANGUAGES: Final = (("id-ID,id;q=0.9,en-US;q=0.8,en;q=0.7", 60), ("id", 10), ("en-US,en;q=0.9,id;q=0.8", 20),
                    ("en-US,en;q=0.9", 10))  # fmt: skip
CODINGS: Final = (("gzip, deflate, br, zstd", 70), ("gzip, deflate, br", 25), ("gzip", 5))
#: Seconds that are looked at from a switch on.
SWITCHED_S: Final = 150
KEPT: Final = frozenset(("HIT", "STALE", "UPDATING"))
CONFIG: Final = """\
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
    log_format told escape=json
        '{{"uri":"$request_uri","accept":"$http_accept","status":$status,"method":"$request_method"}}';
    access_log {folder}/access.log told;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    proxy_cache_path {folder}/cache levels=1:2 keys_zone=dapil:20m max_size=4g inactive=7d use_temp_path=off;
    upstream dapil {{ server 127.0.0.1:{origin}; keepalive 16; }}
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://dapil;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $http_host;
            proxy_cache dapil;
            proxy_cache_key $host$request_uri;
            proxy_cache_lock on;
            proxy_cache_revalidate on;
            proxy_cache_background_update on;
            proxy_cache_use_stale updating error timeout http_502 http_503 http_504;
            add_header X-Cache $upstream_cache_status always;
        }}
    }}
}}
"""


@dataclass(frozen=True)
class Asked:
    """A request of a visit: path with its query, what it accepts, and the status that it got."""

    path: str
    accept: str
    status: int


@dataclass
class Tally:
    """What happened to many requests."""

    cache: Counter[str] = field(default_factory=Counter)
    bytes: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)  # by the kind of address
    heavy: Counter[str] = field(default_factory=Counter)  # bytes by what is asked for
    releases: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    visitors: int = 0


# --- what runs ---------------------------------------------------------------------------------------


def _port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _listening(port: int, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(3000):
        if process.poll() is not None:
            raise SystemExit(f"ended with {process.returncode} before it listened")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise SystemExit(f"nothing listens on {port}")


@contextmanager
def _service(releases: Path, port: int, public: int) -> "Iterator[subprocess.Popen[bytes]]":
    told = {
        "RELEASES": releases,
        "PORT": port,
        "ACCESS_LOG": "off",
        "URL": f"http://127.0.0.1:{public}",
        "WORKERS": 2,
    }
    environ = os.environ | {f"DAPIL_{name}": str(value) for name, value in told.items()}
    with subprocess.Popen(
        [sys.executable, ROOT / "server.py"], env=environ, stdout=subprocess.DEVNULL
    ) as process:
        try:
            _listening(port, process)
            yield process
        finally:
            process.terminate()


@contextmanager
def _proxy(folder: Path, port: int, origin: int) -> "Iterator[subprocess.Popen[bytes]]":
    config = folder / "nginx.conf"
    config.write_text(CONFIG.format(folder=folder, port=port, origin=origin))
    with subprocess.Popen(["nginx", "-c", config, "-e", folder / "error.log"]) as process:
        try:
            _listening(port, process)
            yield process
        finally:
            process.terminate()


def _cpu(pid: int) -> float:
    """Return the seconds of CPU of a process and all below it."""
    total, waiting = 0.0, [pid]
    while waiting:
        one = waiting.pop()
        try:
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(") ")[2].split()
            waiting += [int(each) for task in Path(f"/proc/{one}/task").iterdir()
                        for each in (task / "children").read_text().split()]  # fmt: skip
        except (FileNotFoundError, ProcessLookupError):
            continue
        total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total


def _second(releases: Path, folder: Path) -> tuple[Path, str, str]:
    """Return a directory with the current release and the same files under another name, and both names."""
    first = (releases / "current").resolve()
    other = f"{first.name[:-1]}{'0' if first.name[-1] != '0' else '1'}"
    shutil.copytree(first, folder / first.name, copy_function=os.link)
    shutil.copytree(first, folder / other, copy_function=os.link)
    for name in ("manifest.json", "downloads/downloads.json"):
        path = folder / other / name
        text = path.read_text(encoding="utf-8").replace(first.name, other)
        path.unlink()
        path.write_text(text, encoding="utf-8")
    (folder / "current").symlink_to(first.name)
    return folder, first.name, other


def _switch(releases: Path, name: str) -> None:
    (releases / "next").symlink_to(name)
    (releases / "next").rename(releases / "current")


# --- what a visitor asks -----------------------------------------------------------------------------


def record(base: str, log: Path) -> dict[str, list[list[Asked]]]:
    """Return visits by their kind, as a browser makes them: what the proxy was asked meanwhile."""
    from playwright.sync_api import sync_playwright

    visits: dict[str, list[list[Asked]]] = {kind: [] for kind in MIX}

    def asked(mark: int) -> list[Asked]:
        time.sleep(1)  # the worker keeps its files
        lines = log.read_bytes()[mark:].decode().splitlines()
        rows = [json.loads(line) for line in lines]
        return [
            Asked(each["uri"], each["accept"], each["status"]) for each in rows if each["method"] == "GET"
        ]

    with sync_playwright() as run:
        browser = run.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for name, lat, lon in PLACES:
            for kind in ("search", "position"):
                context = browser.new_context(
                    geolocation={"latitude": lat, "longitude": lon}, permissions=["geolocation"], locale="id-ID",
                    viewport={"width": 390, "height": 844},
                )  # fmt: skip
                page, mark = context.new_page(), log.stat().st_size
                page.goto(f"{base}/map?lang=id")
                page.wait_for_selector("html[data-ready='yes']")
                if kind == "search":
                    page.locator("#cari").press_sequentially(name, delay=60)
                    page.locator("[role=option]").first.click()
                else:
                    page.locator(".here").click()
                page.wait_for_function(
                    "() => /unit=|titik=|dapil=/.test(location.hash) || document.querySelector('.card')"
                )
                page.wait_for_selector("html[data-whole]")
                visits[kind].append(asked(mark))
                chosen = page.locator(".card .dapil strong").first
                chosen.wait_for()
                dapil = page.evaluate("() => location.hash.match(/dapil=([\\w-]+)/)?.[1] ?? ''")
                if kind == "search":
                    mark = log.stat().st_size
                    page.goto("about:blank")
                    # Another day: what the worker keeps is there, what may be kept for a minute is not.
                    context.new_cdp_session(page).send("Network.clearBrowserCache")
                    page.goto(f"{base}/map?lang=id")
                    page.wait_for_selector("html[data-ready='yes']")
                    visits["again"].append(asked(mark))
                    if dapil:
                        other = browser.new_context(locale="id-ID", viewport={"width": 390, "height": 844})
                        mark = log.stat().st_size
                        other.new_page().goto(f"{base}/dapil/{dapil}?lang=id", wait_until="networkidle")
                        visits["dapil"].append(asked(mark))
                        other.close()
                context.close()
        browser.close()
    return visits


def _chosen(chance: random.Random, weighted: Any) -> str:
    names, weights = zip(*weighted, strict=True)
    return str(chance.choices(names, weights)[0])


def _kind(path: str) -> str:
    """Return what an address is for the account."""
    for start, name in (
        ("/static/", "static"),
        ("/downloads/", "file of a release"),
        ("/map-sw.js", "worker"),
    ):
        if path.startswith(start):
            return name
    return "page"


def visit(connection: http.client.HTTPConnection, asked: list[Asked], chance: random.Random, tally: Tally,
          lock: threading.Lock) -> None:  # fmt: skip
    """Ask all of one visit again. Addresses follow the release that the page names."""
    headers = {"Accept-Language": _chosen(chance, LANGUAGES), "Accept-Encoding": _chosen(chance, CODINGS)}
    release = ""
    for each in asked:
        path = re.sub(r"^/downloads/[^/]+/", f"/downloads/{release}/", each.path) if release else each.path
        connection.request("GET", path, headers=headers | {"Accept": each.accept or "*/*"})
        try:
            answer = connection.getresponse()
            body = answer.read()
        except (http.client.HTTPException, OSError) as error:
            connection.close()
            with lock:
                tally.wrong.append(f"{path}: {error!r}")
            continue
        status = answer.headers.get("X-Cache", "")
        with lock:
            tally.cache[status] += 1
            tally.bytes["kept" if status in KEPT else "origin"] += len(body)
            tally.heavy[re.sub(r"^/downloads/[^/]+/|-?\d\d(?=[-.])|\?.*", "", path)] += len(body)
            if status not in KEPT:
                tally.missed[_kind(path)] += 1
            if answer.headers.get("Dapil-Release"):
                tally.releases[str(answer.headers["Dapil-Release"])] += 1
            if answer.status not in (each.status, 200):
                tally.wrong.append(f"{path}: {answer.status}, recorded {each.status}")
        if path.startswith("/map?") and answer.status == 200:
            found = re.search(
                rb'data-base="/downloads/([^/"]+)/"', _plain(body, answer.headers.get("Content-Encoding"))
            )
            release = found[1].decode() if found else release
    with lock:
        tally.visitors += 1


def _plain(body: bytes, coding: str | None) -> bytes:
    return brotli.decompress(body) if coding == "br" else gzip.decompress(body) if coding == "gzip" else body


def run(port: int, visits: dict[str, list[list[Asked]]], count: int, seed: int, a_second: float = 0) -> Tally:
    """Let `count` visitors come, eight at a time: so many a second, or as fast as they are answered."""
    began = time.monotonic()
    tally, lock = Tally(), threading.Lock()
    numbers = iter(range(count))

    def client() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            if a_second:
                time.sleep(max(0.0, began + number / a_second - time.monotonic()))
            chance = random.Random(seed * 1_000_003 + number)
            kind = _chosen(chance, list(MIX.items()))
            visit(connection, chance.choice(visits[kind]), chance, tally, lock)

    threads = [threading.Thread(target=client) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return tally


# --- what is told ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Costs:
    """What one visitor cost: requests, bytes and milliseconds of CPU, at the proxy and behind it."""

    requests: float
    origin_requests: float
    bytes: float
    origin_bytes: float
    proxy_ms: float
    origin_ms: float
    share: float
    share_bytes: float

    @classmethod
    def of(cls, tally: Tally, proxy_s: float, origin_s: float) -> "Costs":
        """Return them from an account and seconds of CPU."""
        asked, count = sum(tally.cache.values()), max(tally.visitors, 1)
        kept = sum(tally.cache[each] for each in KEPT)
        sent = tally.bytes.total()
        return cls(asked / count, (asked - kept) / count, sent / count, tally.bytes["origin"] / count,
                   proxy_s * 1000 / count, origin_s * 1000 / count, kept / max(asked, 1),
                   tally.bytes["kept"] / max(sent, 1))  # fmt: skip

    def told(self, what: str) -> str:
        """Return a line of it."""
        return (
            f"{what}: {self.requests:.1f} requests and {self.bytes / 1000:,.0f} kB a visitor; the proxy answered "
            f"{self.share:.2%} of the requests, {self.share_bytes:.2%} of the bytes; origin {self.origin_requests:.3f} "
            f"requests, {self.origin_bytes / 1000:.2f} kB, {self.origin_ms:.2f} ms CPU a visitor; proxy "
            f"{self.proxy_ms:.2f} ms"
        )


def reckoned(costs: Costs, direct: Costs, visitors: int) -> str:
    """Return what an hour with so many visitors needs: behind a proxy, and without one."""
    a_second = visitors / 3600
    return (
        f"{visitors:,} in an hour: {a_second:,.0f} visitors/s, {a_second * costs.requests:,.0f} requests/s, "
        f"{a_second * costs.bytes * 8 / 1e9:,.2f} Gbit/s, {visitors * costs.bytes / 1e12:,.2f} TB; cores of the proxy "
        f"{a_second * costs.proxy_ms / 1000:,.2f}; of the service without one {a_second * direct.origin_ms / 1000:,.1f}"
    )


def _still_kept(port: int, paths: list[Asked], chance: random.Random) -> tuple[int, int]:
    """Return how many of some addresses the proxy has, of how many; asked as the recording browser did."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    kept = 0
    for each in paths:
        headers = {
            "Accept": each.accept or "*/*",
            "Accept-Encoding": CODINGS[0][0],
            "Accept-Language": LANGUAGES[0][0],
        }
        connection.request("GET", each.path, headers=headers)
        answer = connection.getresponse()
        answer.read()
        kept += answer.headers.get("X-Cache") in KEPT
    return kept, len(paths)


def main() -> int:
    """Measure; return 1 if anything was wrong."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--releases", type=Path, required=True, help="a directory with current, and its downloads"
    )
    parser.add_argument("--visitors", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument(
        "--scratch", type=Path, help="a folder on the disk of the releases (they are linked, not copied)"
    )
    given = parser.parse_args()
    if not shutil.which("nginx"):
        print("nginx is not installed", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(dir=given.scratch) as directory:
        folder = Path(directory)
        (folder / "releases").mkdir()
        folder.chmod(0o755)
        releases, first, other = _second(given.releases, folder / "releases")
        origin, port = _port(), _port()
        with _service(releases, origin, port) as service, _proxy(folder, port, origin) as proxy:
            return _measured(
                given, (service.pid, proxy.pid), (origin, port), releases, (first, other), folder
            )


def _measured(given: argparse.Namespace, pids: tuple[int, int], ports: tuple[int, int], releases: Path,
              names: tuple[str, str], folder: Path) -> int:  # fmt: skip
    service, proxy = pids
    origin, port = ports
    wrong = []

    def costs(at: int, count: int, seed: int, a_second: float = 0) -> tuple[Tally, Costs]:
        before = _cpu(proxy), _cpu(service)
        tally = run(at, visits, count, seed, a_second)
        wrong.extend(tally.wrong)
        return tally, Costs.of(tally, _cpu(proxy) - before[0], _cpu(service) - before[1])

    visits = record(f"http://127.0.0.1:{port}", folder / "access.log")
    for kind, found in visits.items():
        each = [len(one) for one in found]
        print(f"recorded {kind}: {len(found)} visits of {min(each)} to {max(each)} requests")
    tally, whole = costs(port, given.visitors, given.seed)
    print(whole.told("behind the proxy"))
    print("  not answered by it:", dict(tally.missed), "of", dict(tally.cache))
    heavy = ", ".join(
        f"{name} {size / tally.visitors / 1000:.0f}" for name, size in tally.heavy.most_common(8)
    )
    print(f"  kB a visitor: {heavy}")
    _, direct = costs(origin, max(given.visitors // 10, 20), given.seed + 1)
    print(direct.told("without a proxy"))
    everything = {each.path: each for found in visits.values() for one in found for each in one}
    forever = [each for path, each in everything.items() if path.startswith(("/static/", "/downloads/"))
               and each.status == 200]  # fmt: skip
    _still_kept(port, forever, random.Random(0))  # those that this browser's headers had not asked for yet
    _switch(releases, names[1])
    began = time.monotonic()
    # Longer than a page may be kept, so that the new release is asked for.
    tally, after = costs(port, given.visitors, given.seed + 2, given.visitors / SWITCHED_S)
    print(
        after.told(f"{time.monotonic() - began:.0f} s after a switch (the new release made ready is in it)")
    )
    print("  not answered by it:", dict(tally.missed), "| answers by release:", dict(tally.releases))
    kept, total = _still_kept(port, forever, random.Random(0))
    print(f"  of {total} addresses of before that never change the proxy still had {kept}")
    for visitors in (1_000_000, 50_000_000):
        print(reckoned(whole, direct, visitors))
    for each in wrong[:10]:
        print("WRONG:", each)
    return int(bool(wrong) or kept != total)


if __name__ == "__main__":
    sys.exit(main())
