"""Help for tests of the service as a process: start ``server.py``, speak to it in bytes, read its access log."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

ROOT = Path(__file__).parents[1]
_LINE = re.compile(r'^\S+ - - \[[^]]+\] "(\S+) (\S+)[^"]*" (\d{3}) \d+ "[^"]*" "([^"]*)"')


@dataclass(frozen=True)
class Logged:
    """One request as the access log tells it."""

    method: str
    path: str
    params: dict[str, str]
    status: int
    agent: str


@dataclass
class Server:
    """A running ``server.py``."""

    base: str
    log: Path
    process: subprocess.Popen[bytes]

    @property
    def port(self) -> int:
        return int(self.base.rpartition(":")[2])

    def connect(self, timeout: float = 60) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=timeout)

    def logged(self, after: int = 0) -> list[Logged]:
        """Return the requests that were logged, from byte `after` of the log.

        A line is written when the last byte has left: a client may be done before, so the log is let come to rest.
        """
        size = -1
        for _ in range(40):
            if size == (size := self.mark()) and size > after:
                break
            time.sleep(0.05)
        found = []
        for line in self.log.read_bytes()[after:].decode().splitlines():
            if match := _LINE.match(line):
                parts = urlsplit(match[2])
                params = dict(parse_qsl(parts.query, keep_blank_values=True))
                found.append(Logged(match[1], parts.path, params, int(match[3]), match[4]))
        return found

    def mark(self) -> int:
        """Return where the log ends now, to read on from there."""
        return self.log.stat().st_size if self.log.exists() else 0


@contextmanager
def running(
    releases: Path, directory: Path, program: tuple[str, ...] = ("server.py",), **settings: str
) -> Iterator[Server]:
    """Start ``server.py`` on a free port; `settings` are its variables without DAPIL_."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log, errors = directory / "access.log", directory / "server.err"
    given = {"RELEASES": releases, "PORT": port, "WORKERS": 2, "ACCESS_LOG": log, "LOG_ADDRESSES": "full"}
    variables = {f"DAPIL_{name.upper()}": str(value) for name, value in (given | settings).items()}
    with errors.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, *program], cwd=ROOT, env=os.environ | variables, stderr=stream
        )
    try:
        _wait(process, port, errors)
        yield Server(f"http://127.0.0.1:{port}", log, process)
    finally:
        ended = process.poll()
        process.send_signal(signal.SIGTERM)
        process.wait(30)
    assert ended is None, f"the server ended by itself with {ended}: {errors.read_text()}"
    assert "Traceback" not in errors.read_text(), errors.read_text()


def _wait(process: "subprocess.Popen[bytes]", port: int, errors: Path) -> None:
    """Wait until every worker answers: until then connections queue, and times would count the start."""
    answered, latest = 0, time.monotonic() + 180  # a busy machine takes long to start all
    while time.monotonic() < latest:
        assert process.poll() is None, errors.read_text()
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
                client.sendall(b"GET /health HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
                answered += client.recv(12) == b"HTTP/1.1 200"
        except OSError:
            time.sleep(0.1)
        if answered == 6:
            return
    raise AssertionError(f"the server did not start: {errors.read_text()}")
