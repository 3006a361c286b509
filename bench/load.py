"""Load and faults: mixed requests while releases are switched and workers are killed; every body is checked.

    python bench/load.py --seconds 600 --clients 32 --switch 10 --kill 60
    python bench/load.py --seconds 60 --slow 400
    python bench/load.py --release build/A --release build/B    (two releases of one's own; else small ones)

Before the faults every path is asked once of each release; these bytes are what is expected. Under load each
answer must be complete and be, byte for byte, what the release named in its ``Dapil-Release`` header answers.
A connection that breaks within a second of a kill is counted apart: it is cut, never wrong. Ends with code 1 if
anything was wrong, mixed, truncated or refused outside of that, or memory grew.
"""

import argparse
import contextlib
import gzip
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[1]
LAYER: Final = "/collections/dpr-2024"
#: Paths and how often each is asked, of every kind that the service answers.
MIX: Final = (
    ("/", 2), ("/conformance", 1), ("/openapi", 1), ("/collections", 2), (LAYER, 2), (f"{LAYER}/schema", 1),
    (f"{LAYER}/queryables", 1), ("/collections?f=html", 1), (f"{LAYER}/items?f=html&limit=3", 1),
    (f"{LAYER}/items", 8), (f"{LAYER}/items?limit=1", 8), (f"{LAYER}/items?limit=2&offset=1", 4),
    (f"{LAYER}/items?kursi=9", 4), (f"{LAYER}/items?sortby=-kursi&skipGeometry=true", 2),
    (f"{LAYER}/items?bbox=106,-7,107,-6", 4), (f"{LAYER}/items?resulttype=hits", 2),
    ("/collections/unit-kecamatan/items?limit=1000", 8), ("/collections/dprd-kabkota-2024/items?limit=1000", 8),
    ("/collections/unit-kecamatan/items?crs=http://www.opengis.net/def/crs/EPSG/0/3857&limit=5", 1),
    ("/lookup?lon=106.6&lat=-6.9&year=2024", 4), (f"{LAYER}/items/not-there", 1), (f"{LAYER}/items?x=1", 1),
    ("/not-there", 1),
)  # fmt: skip
CODINGS: Final = ("identity", "gzip")
#: Seconds after a kill in which a broken connection is the kill's.
NEAR: Final = 1.0
Key = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Load:
    """What is done to the service."""

    seconds: float = 60
    clients: int = 32
    switch: float = 10
    kill: float = 60
    slow: int = 0
    workers: int = 2
    releases: tuple[Path, ...] = ()


@dataclass
class Report:
    """What came of it."""

    asked: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)
    by_release: Counter[str] = field(default_factory=Counter)
    latencies: dict[str, list[float]] = field(default_factory=dict)
    memory: dict[int, list[tuple[float, float]]] = field(default_factory=dict)
    kills: int = 0
    switches: int = 0

    @property
    def failures(self) -> int:
        """How many answers were not as they must be."""
        return sum(
            count for name, count in self.outcomes.items() if name not in ("ok", "304", "cut by a kill")
        )

    def quantile(self, phase: str, share: float) -> float:
        """Return a latency in ms."""
        times = sorted(self.latencies.get(phase, [0.0]))
        return 1000 * times[min(len(times) - 1, int(share * len(times)))]

    def growth(self) -> float:
        """Return the most that a worker's own memory grew, in MB, from its first third to its last."""
        grown = [0.0]
        for samples in self.memory.values():
            third = len(samples) // 3
            if third >= 3:
                first, last = (
                    sorted(mb for _, mb in part) for part in (samples[third : 2 * third], samples[-third:])
                )
                grown.append(last[len(last) // 2] - first[len(first) // 2])
        return max(grown)


@dataclass
class Answer:
    """An answer as it came from the socket."""

    status: int
    headers: dict[str, str]
    body: bytes


class Truncated(Exception):  # noqa: N818
    """The connection ended within an answer."""


class Client:
    """A client that keeps its connection, and checks the framing itself."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._sock: socket.socket | None = None
        self._stream: Any = None

    def ask(self, path: str, coding: str = "identity", tag: str = "", method: str = "GET") -> Answer:
        """Ask; raises Truncated where an answer had begun, OSError where it had not."""
        try:
            if self._sock is None:
                self._sock = socket.create_connection(("127.0.0.1", self._port), timeout=30)
                self._stream = self._sock.makefile("rb")
            match = f"If-None-Match: {tag}\r\n" if tag else ""
            self._sock.sendall(
                f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: {coding}\r\n{match}\r\n".encode()
            )
            return self._read(method)
        except (OSError, Truncated):
            self.close()
            raise

    def _read(self, method: str) -> Answer:
        line = self._stream.readline()
        if not line:
            raise ConnectionResetError("ended before an answer")
        if not line.endswith(b"\r\n"):
            raise Truncated("status line")
        headers = {}
        while (each := self._stream.readline()) != b"\r\n":
            if not each.endswith(b"\r\n"):
                raise Truncated("head")
            name, _, text = each.decode("latin-1").partition(":")
            headers[name.lower()] = text.strip()
        status = int(line.split()[1])
        length = 0 if method == "HEAD" or status in (204, 304) else int(headers["content-length"])
        body = self._stream.read(length)
        if len(body) != length:
            raise Truncated(f"{len(body)} of {length} bytes")
        if headers.get("connection") == "close":
            self.close()
        return Answer(status, headers, body)

    def close(self) -> None:
        """Hang up."""
        if self._sock is not None:
            self._stream.close()
            self._sock.close()
        self._sock = self._stream = None


class Service:
    """The service as a process, on a free port, over a directory whose ``current`` is switched."""

    def __init__(self, directory: Path, releases: list[Path], workers: int) -> None:
        self.releases = releases
        self._directory = directory
        self.point(0)
        environ = os.environ | {
            "DAPIL_RELEASES": str(directory), "DAPIL_PORT": "0", "DAPIL_WORKERS": str(workers),
            "DAPIL_ACCESS_LOG": str(directory / "access.log"), "DAPIL_URL": "", "DAPIL_RATE": "",
        }  # fmt: skip
        self._errors = (directory / "errors.log").open("w+b")
        self.process = subprocess.Popen(
            [sys.executable, "server.py"], cwd=ROOT, env=environ, stderr=self._errors
        )
        self.port = self._ready()

    def _ready(self) -> int:
        for _ in range(600):
            found = re.search(r"http://[^ ]+:(\d+)/", self.errors())
            with contextlib.suppress(OSError):
                if found and Client(int(found[1])).ask("/health").status == 200:
                    return int(found[1])
            if self.process.poll() is not None:
                raise SystemExit(f"the service did not start:\n{self.errors()}")
            time.sleep(0.1)
        raise SystemExit("the service did not start within a minute")

    def errors(self) -> str:
        """Return what it wrote to its error output."""
        return (self._directory / "errors.log").read_text(errors="replace")

    def point(self, number: int) -> None:
        """Make a release the current one, by one rename."""
        link = self._directory / "link"
        link.symlink_to(self.releases[number % len(self.releases)].name)
        link.replace(self._directory / "current")

    def workers(self) -> list[int]:
        """Return the process ids of the workers."""
        master = self.process.pid
        return [int(text) for text in Path(f"/proc/{master}/task/{master}/children").read_text().split()]

    def stop(self) -> int:
        """Stop it as a supervisor would; return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=60)
        self._errors.close()
        return code


def own_memory(pid: int) -> float:
    """Return the MB of memory of a process that no file backs."""
    with contextlib.suppress(OSError, IndexError):  # it may be ending
        text = Path(f"/proc/{pid}/status").read_text()
        return int(text.split("RssAnon:")[1].split()[0]) / 1024
    return 0.0


def expected_of(service: Service) -> tuple[dict[str, dict[Key, bytes]], dict[str, dict[Key, int]]]:
    """Return the body and the status of every path and coding, by release."""
    bodies: dict[str, dict[Key, bytes]] = {}
    statuses: dict[str, dict[Key, int]] = {}
    for number, release in enumerate(service.releases):
        service.point(number)
        _await(service, release.name)
        client = Client(service.port)
        for path, _ in MIX:
            for coding in CODINGS:
                answer = client.ask(path, coding)
                if answer.status < 400 and answer.headers.get("dapil-release") != release.name:
                    raise SystemExit(
                        f"{path}: {answer.headers.get('dapil-release')} answers for {release.name}"
                    )
                bodies.setdefault(release.name, {})[path, coding] = plain(answer)
                statuses.setdefault(release.name, {})[path, coding] = answer.status
        client.close()
    return bodies, statuses


def _await(service: Service, release: str, seconds: float = 60) -> None:
    """Wait until every worker has taken up a release: each makes it ready beside its requests."""
    end, agreed = time.monotonic() + seconds, 0
    while agreed < 30:  # new connections, which either worker may take
        client = Client(service.port)
        agreed = agreed + 1 if client.ask("/").headers.get("dapil-release") == release else 0
        client.close()
        if time.monotonic() > end:
            raise SystemExit(f"{release} was not taken up within {seconds:g} s")
        time.sleep(0.02)


def plain(answer: Answer) -> bytes:
    """Return the body as it is without its coding; raises if it is damaged."""
    body = gzip.decompress(answer.body) if answer.headers.get("content-encoding") == "gzip" else answer.body
    if "json" in answer.headers.get("content-type", ""):
        json.loads(body)
    return body


class Trial:
    """One run: clients, switches, kills and a look at memory, each in threads."""

    def __init__(self, load: Load, service: Service) -> None:
        self.load, self.service, self.report = load, service, Report()
        self._expected, self._statuses = expected_of(service)
        #: Bodies as they were sent, once found right: the same bytes need no second look, only a comparison.
        self._seen: dict[tuple[str, int, str, str], bytes] = {}
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._killed = [-1e9]
        self._phase = "alone"

    def run(self) -> Report:
        """Run for the time given and return what came of it."""
        jobs = [threading.Thread(target=self._client, args=(number,)) for number in range(self.load.clients)]
        jobs += [threading.Thread(target=job) for job in (self._switch, self._kill, self._watch)]
        for job in jobs:
            job.start()
        with contextlib.ExitStack() as slow:
            if self.load.slow:
                self._stop.wait(self.load.seconds / 2)
                slow.enter_context(slow_clients(self.service.port, self.load.slow))
                self._phase = "with slow clients"
            self._stop.wait(self.load.seconds / (2 if self.load.slow else 1))
            self._stop.set()
            for job in jobs:
                job.join()
        return self.report

    def _client(self, seed: int) -> None:
        chosen = random.Random(seed)
        paths, weights = zip(*MIX, strict=True)
        client, tags = Client(self.service.port), dict[Key, str]()
        while not self._stop.is_set():
            path, coding = chosen.choices(paths, weights)[0], chosen.choice(CODINGS)
            tag = tags.get((path, coding), "") if chosen.random() < 0.2 else ""
            if chosen.random() < 0.02:
                client.close()
            began, phase = time.monotonic(), self._phase
            try:
                answer = client.ask(path, coding, tag)
            except (OSError, Truncated, ValueError, KeyError) as error:
                self._note(f"{type(error).__name__}", f"{path} {coding}: {error}", began, phase)
                time.sleep(0.01)
                continue
            tags[path, coding] = answer.headers.get("etag", "")
            self._note(
                self._judge(path, coding, tag, answer), f"{path} {coding} {answer.status}", began, phase
            )
        client.close()

    def _judge(self, path: str, coding: str, tag: str, answer: Answer) -> str:
        release = answer.headers.get("dapil-release", "")
        if answer.status == 304:
            return "304" if tag and answer.headers.get("etag") == tag else "wrong 304"
        known = self._expected.get(release)
        self.report.by_release[release] += 1
        sent = (release, answer.status, path, coding)
        if self._seen.get(sent) == answer.body:
            return "ok"
        outcome = self._first_look(path, coding, answer, known)
        if outcome == "ok":
            self._seen[sent] = answer.body
        return outcome

    def _first_look(self, path: str, coding: str, answer: Answer, known: dict[Key, bytes] | None) -> str:
        release = answer.headers.get("dapil-release", "")
        try:
            body = plain(answer)
        except (ValueError, OSError, EOFError):
            return "damaged body"
        if known is None:  # a problem or the like, which belongs to no release
            same = any(each[path, coding] == body for each in self._expected.values())
            return "ok" if same and answer.status >= 400 else "no release"
        if answer.status != self._statuses[release][path, coding]:
            return "wrong status"
        return "ok" if body == known[path, coding] else "wrong or mixed body"

    def _note(self, outcome: str, what: str, began: float, phase: str) -> None:
        now = time.monotonic()
        with self._lock:
            if outcome.endswith(("Error", "Truncated")) or outcome == "timeout":
                near = any(began - NEAR <= kill <= now for kill in self._killed[-3:])
                outcome = "cut by a kill" if near else outcome
            elif outcome in ("ok", "304"):
                self.report.latencies.setdefault(phase, []).append(now - began)
            self.report.asked += 1
            self.report.outcomes[outcome] += 1
            if outcome not in ("ok", "304", "cut by a kill") and len(self.report.examples) < 20:
                self.report.examples.append(f"{outcome}: {what}")

    def _switch(self) -> None:
        while self.load.switch and not self._stop.wait(self.load.switch):
            self.report.switches += 1
            self.service.point(self.report.switches)

    def _kill(self) -> None:
        while self.load.kill and not self._stop.wait(self.load.kill):
            workers = self.service.workers()
            if len(workers) < self.load.workers:
                continue  # one is just being replaced
            self._killed.append(time.monotonic())
            os.kill(random.choice(workers), signal.SIGKILL)
            self._killed.append(time.monotonic())
            self.report.kills += 1

    def _watch(self) -> None:
        began = time.monotonic()
        while not self._stop.wait(1.0):
            for pid in self.service.workers():
                self.report.memory.setdefault(pid, []).append((time.monotonic() - began, own_memory(pid)))


@contextlib.contextmanager
def slow_clients(port: int, count: int) -> Iterator[None]:
    """Keep `count` clients that read 1 KB/s of a large answer or send a request byte by byte, for ever."""
    stop = threading.Event()
    request = b"GET /collections/unit-kecamatan/items?limit=10000 HTTP/1.1\r\nHost: localhost\r\n\r\n"

    def connect(number: int) -> tuple[int, socket.socket, int]:
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.connect(("127.0.0.1", port))
        sock.setblocking(False)
        if number % 2:
            sock.send(request)
        return number, sock, 0

    def drip() -> None:
        held = [connect(number) for number in range(count)]
        while not stop.wait(1.0):
            for place, (number, sock, sent) in enumerate(held):
                try:
                    if number % 2:
                        if not sock.recv(1024):
                            raise ConnectionResetError
                    else:
                        sock.send(request[sent % 40 : sent % 40 + 1])
                    held[place] = number, sock, sent + 1
                except BlockingIOError:
                    continue
                except OSError:  # cut off for its slowness: it comes again
                    sock.close()
                    with contextlib.suppress(OSError):
                        held[place] = connect(number)
        for _, sock, _ in held:
            sock.close()

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@contextlib.contextmanager
def two_releases(given: tuple[Path, ...]) -> Iterator[tuple[Path, list[Path]]]:
    """Give a directory of two releases: those given, or two small ones that differ in one number."""
    with tempfile.TemporaryDirectory(prefix="dapil-load-") as name:
        directory = Path(name)
        if given:
            for each in given:
                (directory / each.resolve().name).symlink_to(each.resolve())
            yield directory, [directory / each.resolve().name for each in given]
            return
        from tests.small import make_small_release
        from tests.test_service_server import another_release

        yield directory, [make_small_release(directory), another_release(directory, 9)]


def measure(load: Load) -> tuple[Report, str]:
    """Start the service, run, stop; return the report and what the service wrote of errors."""
    with two_releases(load.releases) as (directory, releases):
        service = Service(directory, releases, load.workers)
        try:
            report = Trial(load, service).run()
        finally:
            code = service.stop()
        errors = service.errors()
        if code:
            report.outcomes[f"exit code {code}"] += 1
        return report, errors


def show(load: Load, report: Report) -> None:
    """Print the report."""
    print(f"{report.asked} requests in {load.seconds:g} s by {load.clients} clients "
          f"({report.asked / load.seconds:.0f}/s); {report.switches} switches, {report.kills} kills")  # fmt: skip
    for outcome, count in report.outcomes.most_common():
        print(f"  {outcome:24} {count}")
    for example in report.examples:
        print(f"  ! {example}")
    print("  answers by release:", dict(report.by_release))
    for phase in report.latencies:
        print(
            f"  {phase}: p50 {report.quantile(phase, 0.5):.1f} ms, p99 {report.quantile(phase, 0.99):.1f} ms"
        )
    for pid, samples in sorted(report.memory.items()):
        sizes = [size for _, size in samples]
        print(f"  worker {pid}: {samples[0][0]:.0f}-{samples[-1][0]:.0f} s, own memory {sizes[0]:.0f} MB at first, "
              f"{sizes[len(sizes) // 3]:.0f} at a third, {sizes[-1]:.0f} last, {max(sizes):.0f} most")  # fmt: skip


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name, kind in (("seconds", float), ("clients", int), ("switch", float), ("kill", float), ("slow", int),
                       ("workers", int)):  # fmt: skip
        parser.add_argument(f"--{name}", type=kind, default=getattr(Load, name))
    parser.add_argument("--release", type=Path, action="append", default=[])
    given = vars(parser.parse_args())
    load = Load(releases=tuple(given.pop("release")), **given)
    report, errors = measure(load)
    show(load, report)
    if errors.count("\n") > 1:
        print("  the service wrote:\n" + "\n".join("    " + line for line in errors.splitlines()[1:20]))
    return 1 if report.failures or report.growth() > 20 else 0


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main())
