"""Measure what rude clients, kills and reloads do to the service: `python bench/rude.py [--checkout DIR]`.

Starts `server.py` of a checkout on a release and prints a table: hostile heads, readers that take 1 KB/s of the
largest answer, connections that say nothing, a killed worker, a reload, the stop. Beside each, eight clients ask for
ten items over and over; what they get is the measure. Linux only. Figures: docs/operation.md.
"""

import argparse
import contextlib
import itertools
import os
import resource
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.load import own_memory  # noqa: E402
from tests import hostile  # noqa: E402

SMALL = "/collections/dpr-2024/items?limit=10"
LARGEST = "/collections/unit-kecamatan/items?limit=10000"


class Service:
    """`server.py` of a checkout with its defaults, on a free port."""

    def __init__(self, checkout: Path, releases: Path, log: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        given = {"RELEASES": str(releases), "PORT": str(self.port), "WORKERS": "2", "ACCESS_LOG": "off"}
        environ = os.environ | {"PYTHONPATH": str(checkout)} | {f"DAPIL_{k}": v for k, v in given.items()}
        with log.open("wb") as stream:
            self.process = subprocess.Popen(
                [sys.executable, "server.py"], cwd=checkout, env=environ, stderr=stream, stdout=stream
            )
        self.until(lambda: self.answers() and len(self.workers()) == 2)

    def until(self, true: Callable[[], bool], seconds: float = 90) -> None:
        """Wait for an event."""
        end = time.monotonic() + seconds
        while not true():
            if time.monotonic() > end or self.process.poll() is not None:
                raise SystemExit("the service does not do what was waited for")
            time.sleep(0.1)

    def answers(self) -> bool:
        with contextlib.suppress(OSError):
            return hostile.statuses(self.port, hostile.GOOD + b"Connection: close\r\n\r\n") == [200]
        return False

    def workers(self) -> list[int]:
        children = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        return [int(pid) for each in children for pid in each.read_text().split()]

    def memory(self) -> float:
        """MB of memory of all processes that no file backs."""
        return sum(own_memory(pid) for pid in (self.process.pid, *self.workers()))


class Polite:
    """Eight clients that ask for ten items; times and failures since the last `reset`."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(8)]
        self.reset()
        for thread in self._threads:
            thread.start()

    def reset(self) -> None:
        self._began = time.monotonic()
        self._answers: list[tuple[float, float]] = []
        self._failed = 0

    def _ask(self) -> None:
        sock = None
        request = f"GET {SMALL} HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip\r\n\r\n".encode()
        while not self._stop.is_set():
            began = time.monotonic()
            try:
                sock = sock or socket.create_connection(("127.0.0.1", self._port), timeout=60)
                sock.sendall(request)
                with sock.makefile("rb") as stream:
                    length, kept = 0, True
                    if b" 200 " not in stream.readline():
                        raise ConnectionResetError
                    while (line := stream.readline()) not in (b"\r\n", b""):
                        if line.lower().startswith(b"content-length:"):
                            length = int(line.split(b":")[1])
                        kept = kept and line.lower() != b"connection: close\r\n"
                    if not length or len(stream.read(length)) != length:
                        raise ConnectionResetError
                self._answers.append((began, time.monotonic()))
                if not kept:
                    sock.close()
                    sock = None
            except OSError:
                self._failed += 1
                sock = None
                time.sleep(0.01)

    def told(self) -> str:
        """Return answers/s, p99, the longest time without any answer, and failures."""
        now = time.monotonic()
        took = sorted(end - began for began, end in self._answers) or [now - self._began]
        ends = [self._began, *sorted(end for _, end in self._answers), now]
        gap = max(b - a for a, b in itertools.pairwise(ends))
        p99 = statistics.quantiles(took, n=100)[98] if len(took) > 1 else took[0]
        rate = len(self._answers) / (now - self._began)
        return f"{rate:,.0f}/s, p99 {p99 * 1000:.0f} ms, silent {gap:.2f} s at most, {self._failed} failed"

    def over(self, seconds: float) -> str:
        self.reset()
        time.sleep(seconds)
        return self.told()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()


@contextlib.contextmanager
def slow_readers(port: int, count: int) -> Iterator[list[int]]:
    """Read 1 KB/s of the largest answer on `count` connections; gives the statuses when all have one."""
    request = f"GET {LARGEST} HTTP/1.1\r\nHost: h\r\n\r\n".encode()
    held, stop = [], threading.Event()
    for _ in range(count):
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.connect(("127.0.0.1", port))
        sock.settimeout(60)
        sock.sendall(request)
        held.append(sock)
    first = [int(sock.recv(1024).split()[1]) for sock in held]

    def drip() -> None:
        while not stop.wait(1.0):
            for sock in held:
                with contextlib.suppress(OSError):
                    sock.recv(1024, socket.MSG_DONTWAIT)

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        yield first
    finally:
        stop.set()
        thread.join()
        for sock in held:
            sock.close()


def heads(service: Service) -> str:
    taken = [name for name, (_, data) in hostile.HEADS.items()
             if any(each < 400 for each in hostile.statuses(service.port, data + hostile.HIDDEN, 1))]  # fmt: skip
    second = [name for name, (_, data) in hostile.HEADS.items()
              if len(hostile.statuses(service.port, data + hostile.HIDDEN, 1)) > 1]  # fmt: skip
    hidden = [name for name, data in hostile.SMUGGLED.items()
              if len(hostile.statuses(service.port, hostile.GOOD + data + hostile.HIDDEN, 1)) > 1]  # fmt: skip
    return (
        f"of {len(hostile.HEADS)}: {len(taken)} taken ({', '.join(taken)}), {len(second)} let another request follow; "
        f"of {len(hostile.SMUGGLED)} smuggled: {len(hidden)} read as a request"
    )


def crowd(service: Service, polite: Polite, seconds: float) -> Iterator[tuple[str, str]]:
    before = service.memory()
    with slow_readers(service.port, 200) as first:
        told = polite.over(seconds)
        during = service.memory()
    counts = ", ".join(f"{first.count(each)} x {each}" for each in sorted(set(first)))
    yield "200 slow readers", f"{counts}; {before:.0f} -> {during:.0f} MB; {told}"
    silent = [socket.create_connection(("127.0.0.1", service.port)) for _ in range(3000)]
    yield "3,000 silent connections", polite.over(seconds)
    for sock in silent:
        sock.close()


def upheaval(service: Service, polite: Polite) -> Iterator[tuple[str, str]]:
    for name, sign in (("kill -9 of a worker", signal.SIGKILL), ("HUP", signal.SIGHUP)):
        old = service.workers()
        polite.reset()
        gone = old[:1] if sign == signal.SIGKILL else old
        os.kill(gone[0] if sign == signal.SIGKILL else service.process.pid, sign)
        began = time.monotonic()
        service.until(lambda: not set(gone) & set(service.workers()) and len(service.workers()) == 2)  # noqa: B023
        took = time.monotonic() - began
        time.sleep(6)
        yield name, f"{polite.told()}; replaced after {took:.1f} s"


def main(argv: list[str] | None = None) -> int:
    """Print the table; return the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--checkout", type=Path, default=ROOT, help="whose server.py is measured")
    parser.add_argument("--releases", type=Path, default=ROOT / "build", help="a directory of releases")
    parser.add_argument("--seconds", type=float, default=5, help="for each row")
    options = parser.parse_args(argv)
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    with tempfile.TemporaryDirectory() as work:
        service = Service(options.checkout, options.releases.resolve(), Path(work) / "log")
        try:
            print("hostile heads:", heads(service), flush=True)
            polite = Polite(service.port)
            try:
                print("nobody else:", polite.over(options.seconds), flush=True)
                for name, told in crowd(service, polite, options.seconds):
                    print(f"{name}: {told}", flush=True)
                for name, told in upheaval(service, polite):
                    print(f"{name}: {told}", flush=True)
            finally:
                polite.stop()
        finally:
            began = time.monotonic()
            service.process.send_signal(signal.SIGTERM)
            print(f"stop: code {service.process.wait(60)} after {time.monotonic() - began:.1f} s")
            print((Path(work) / "log").read_text(errors="replace")[-3000:])
    return 0


if __name__ == "__main__":
    sys.exit(main())
