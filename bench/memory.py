"""Memory of every process of the service over a run of mixed requests: does it come to rest, and does it fit?

    python bench/memory.py --release build --requests 30000 --limit 2048

Requests of every kind that the service answers, drawn by a seed: small and large pages of items in all systems, HTML,
JSON-LD, filters, boxes, lookups, single features, documents, downloads, under several names of the host and codings,
and some that are refused. Printed are megabytes that no file backs (RssAnon) of each process, every so many requests.
Ends with code 1 if a 5xx came, if the sum went past ``--limit``, or if a worker grew by more than ``--growth`` in the
last third.
"""

import argparse
import http.client
import os
import random
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode

ROOT: Final = Path(__file__).parents[1]
CLIENTS: Final = 4
HOSTS: Final = ("a.test", "b.test", "dapil.example.org")
CODINGS: Final = ("identity", "gzip", "br, gzip")
CRS: Final = tuple(f"http://www.opengis.net/def/crs/EPSG/0/{code}" for code in (4326, 3857, 23830, 32748))
FILTERS: Final = (
    "kursi > 6", "nama_dapil LIKE 'JAWA%'", "CASEI(nama_dapil) LIKE CASEI('%barat%')", "kode_provinsi IN ('32','33')",
    "S_INTERSECTS(geometry, POLYGON((104 -8, 112 -8, 112 -5, 104 -5, 104 -8)))",
    "S_INTERSECTS(geometry, LINESTRING(95 5, 141 -9)) AND kursi BETWEEN 3 AND 8",
)  # fmt: skip
NAMES: Final = (
    "Bandung",
    "Kota Bandung",
    "tasikmlaya",
    "DPR Jawa Barat 2",
    "Sukamaju",
    "32.04",
    "Tokyo",
    "tidak ada begini",
)

#: How many requests were answered, and the MB of each process then.
Samples = list[tuple[int, dict[int, float]]]


class Drawn:
    """Paths by a seed; what there is to ask for is read from the service itself."""

    def __init__(self, seed: int, layers: list[str], ids: dict[str, list[str]], files: list[str]) -> None:
        self._random = random.Random(seed)
        self._layers, self._ids, self._files = layers, ids, files

    def path(self) -> str:
        """Return the next path."""
        of, layer = self._random, self._random.choice(self._layers)
        here = f"/collections/{layer}"
        kind = of.choices(("items", "item", "html", "filter", "lookup", "document", "file", "wrong"),
                          (30, 15, 10, 10, 10, 8, 7, 10))[0]  # fmt: skip
        if kind == "items":
            return f"{here}/items?" + urlencode(self._page(), quote_via=quote)
        if kind == "item":
            return (
                f"{here}/items/{quote(of.choice(self._ids[layer]))}?f={of.choice(('json', 'html', 'jsonld'))}"
            )
        if kind == "html":
            return f"{here}/items?f=html&lang={of.choice(('id', 'en'))}&limit={of.choice((10, 100, 10_000))}"
        if kind == "filter":
            plan = of.choice([each for each in self._layers if not each.startswith("unit-")])
            told = {"filter": of.choice(FILTERS), "limit": of.choice((10, 10_000))}
            return f"/collections/{plan}/items?" + urlencode(told, quote_via=quote)
        if kind == "lookup":
            if of.random() < 0.3:
                return "/lookup?" + urlencode({"nama": of.choice(NAMES)}, quote_via=quote)
            return f"/lookup?lon={of.uniform(95, 141):.4f}&lat={of.uniform(-11, 6):.4f}"
        if kind == "document":
            tail = of.choice(("", "/schema", "/queryables"))
            return of.choice(("/", "/openapi", "/conformance", "/map", f"{here}{tail}")) + "?lang=en"
        if kind == "file" and self._files:
            return of.choice(self._files)
        return of.choice((f"{here}/items?x={of.random()}", f"/{of.random()}", "/collections/none/items"))

    def _page(self) -> dict[str, Any]:
        of = self._random
        asked: dict[str, Any] = {"limit": of.choice((1, 10, 100, 1_000, 10_000))}
        if of.random() < 0.3:
            asked["crs"] = of.choice(CRS)
        if of.random() < 0.3:
            west, south = of.uniform(95, 138), of.uniform(-11, 3)
            asked["bbox"] = (
                f"{west:.2f},{south:.2f},{west + of.uniform(0.1, 6):.2f},{south + of.uniform(0.1, 4):.2f}"
            )
        if of.random() < 0.2:
            asked["offset"] = of.randrange(300)
        if of.random() < 0.1:
            asked["skipGeometry"] = "true"
        return asked


def processes(root: int) -> list[int]:
    """Return a process and all that it has started."""
    found, at = [root], 0
    while at < len(found):
        try:
            told = Path(f"/proc/{found[at]}/task/{found[at]}/children").read_text()
        except OSError:
            told = ""
        found += [int(each) for each in told.split()]
        at += 1
    return found


def memory(root: int) -> dict[int, float]:
    """Return MB that no file backs, by process."""
    found = {}
    for pid in processes(root):
        try:
            match = re.search(r"RssAnon:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
        except OSError:
            continue
        if match:
            found[pid] = int(match[1]) / 1024
    return found


def ask(port: int, path: str, host: str, coding: str) -> tuple[int, bytes]:
    """Return status and body of one request on a connection of its own: so all workers get some."""
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    try:
        client.request("GET", path, headers={"Host": host, "Accept-Encoding": coding})
        answer = client.getresponse()
        return answer.status, answer.read()
    finally:
        client.close()


def things(port: int) -> tuple[list[str], dict[str, list[str]], list[str]]:
    """Return the layers, ids of each, and addresses of files, as the service tells them."""
    import json

    def told(path: str) -> dict[str, Any]:
        return dict(json.loads(ask(port, path, "a.test", "identity")[1]))

    layers = [each["id"] for each in told("/collections?f=json")["collections"]]
    whole = "limit=10000&skipGeometry=true"
    ids = {
        name: [each["id"] for each in told(f"/collections/{name}/items?{whole}")["features"]]
        for name in layers
    }
    release = told("/health")["release"]
    status, body = ask(port, f"/downloads/{release}/downloads.json", "a.test", "identity")
    small = (
        [each["name"] for each in json.loads(body)["files"] if each["bytes"] < 1_000_000]
        if status == 200
        else []
    )
    return (
        layers,
        ids,
        ["/downloads/", f"/downloads/{release}/", *(f"/downloads/{release}/{name}" for name in small)],
    )


def run(port: int, root: int, count: int, every: int, seed: int) -> tuple[Counter[int], Samples]:
    """Ask `count` paths from some clients at once; return statuses, and memory as it was on the way."""
    seen: Counter[int] = Counter()
    samples = [(0, memory(root))]
    drawn, lock = Drawn(seed, *things(port)), threading.Lock()
    samples.append((0, memory(root)))

    def work(number: int) -> None:
        of = random.Random(seed + number)
        while True:
            with lock:
                done = sum(seen.values())
                if done >= count:
                    return
                path = drawn.path()
                if done // every >= len(samples) - 1:
                    samples.append((done, memory(root)))
                    show(*samples[-1])
                seen[0] += 1
            status, _ = ask(port, path, of.choice(HOSTS), of.choice(CODINGS))
            with lock:
                seen[0] -= 1
                seen[status] += 1

    threads = [threading.Thread(target=work, args=(number,)) for number in range(CLIENTS)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    samples.append((count, memory(root)))
    show(*samples[-1])
    return seen, samples


def show(done: int, held: dict[int, float]) -> None:
    """Print a line of the table."""
    each = "  ".join(f"{pid}: {size:6.0f}" for pid, size in held.items())
    print(f"{done:>7,} requests  {each}  together {sum(held.values()):.0f} MB", flush=True)


def main() -> int:
    """Run; return the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--release", type=Path, default=ROOT / "build")
    parser.add_argument("--requests", type=int, default=30_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--limit", type=float, default=2048, help="MB that all processes together may hold")
    parser.add_argument(
        "--growth", type=float, default=25, help="MB that a worker may grow in the last third"
    )
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with socket.socket() as probe, tempfile.TemporaryDirectory() as work:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        told = {
            "RELEASES": given.release,
            "PORT": port,
            "WORKERS": given.workers,
            "ACCESS_LOG": Path(work) / "log",
        }
        variables = {f"DAPIL_{name}": str(value) for name, value in told.items()}
        service = subprocess.Popen([sys.executable, "server.py"], cwd=ROOT, env=os.environ | variables)
        try:
            wait(port, service)
            seen, samples = run(port, service.pid, given.requests, max(1, given.requests // 12), given.seed)
        finally:
            service.terminate()
            service.wait(60)
    return judge(seen, samples, given)


def wait(port: int, service: "subprocess.Popen[bytes]") -> None:
    """Wait until the service answers."""
    while True:
        if service.poll() is not None:
            raise SystemExit("the service did not start")
        try:
            if ask(port, "/health", "a.test", "identity")[0] == 200:
                return
        except OSError:
            time.sleep(0.2)


def judge(seen: Counter[int], samples: Samples, given: argparse.Namespace) -> int:
    """Say what came of it; return the exit code."""
    print("answers:", ", ".join(f"{status}: {count:,}" for status, count in sorted(seen.items()) if count))
    most = max(sum(held.values()) for _, held in samples)
    late = next(held for done, held in samples if done >= given.requests * 2 / 3)
    grown = max(size - late.get(pid, size) for pid, size in samples[-1][1].items())
    print(
        f"together at the most {most:.0f} MB of {given.limit:.0f}; a worker grew by {grown:.0f} MB in the last third"
    )
    return int(most > given.limit or grown > given.growth or any(status >= 500 for status in seen))


if __name__ == "__main__":
    sys.exit(main())
