"""A small application under the very processes that serve the real one: `python -m tests.answering FOLDER --port=0`.

It gives an answer of every kind, and does what no application should. FOLDER holds `file`, and `version`, which is
read when a worker starts: the word `broken` in it keeps one from starting.
"""

import os
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import server
from boundaries.errors import BoundariesError
from boundaries.service.ops import processes
from boundaries.service.ops.bodies import FileBody
from boundaries.service.ops.settings import Settings

PARTS = [memoryview(bytes([65 + number % 26]) * 3000) for number in range(2000)]
BIG = b"".join(PARTS)
Start = Callable[..., Any]


class App:
    """An application with an answer of every kind."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "file"
        self._version = (folder / "version").read_bytes()
        self._let_go = folder / "let go"
        if self._version == b"broken":
            raise BoundariesError("this version cannot be loaded")

    def __call__(self, environ: dict[str, Any], start: Start) -> Any:
        path = environ["PATH_INFO"].strip("/")
        return getattr(self, path, self.hello)(environ, start)

    def hello(self, environ: dict[str, Any], start: Start) -> list[bytes]:
        start("200 OK", [("Content-Type", "text/plain")])
        return [b"hello ", environ["QUERY_STRING"].encode()]

    def version(self, environ: dict[str, Any], start: Start) -> list[bytes]:
        start("200 OK", [])
        return [self._version]

    def protocol(self, environ: dict[str, Any], start: Start) -> list[bytes]:
        names = ("SERVER_PROTOCOL", "HTTP_HOST", "RAW_URI", "REMOTE_ADDR", "SERVER_SOFTWARE", "HOME")
        start("200 OK", [])
        return ["\n".join(f"{name}={environ.get(name)}" for name in names).encode()]

    def echo(self, environ: dict[str, Any], start: Start) -> list[bytes]:
        start("200 OK", [])
        return [environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))]

    def big(self, environ: dict[str, Any], start: Start) -> list[memoryview]:
        start("200 OK", [])
        return PARTS

    def file(self, environ: dict[str, Any], start: Start) -> Any:
        start("200 OK", [("Content-Length", str(len(BIG)))])
        return FileBody(self._file.open("rb"))

    def stream(self, environ: dict[str, Any], start: Start) -> Iterator[bytes]:
        start("200 OK", [])
        return iter((b"one", b"", b"two" * 100_000, b"three"))

    def short(self, environ: dict[str, Any], start: Start) -> list[bytes]:
        start("200 OK", [("Content-Length", "100")])
        return [b"only this"]

    def empty(self, environ: dict[str, Any], start: Start) -> list[bytes]:
        start("304 Not Modified", [])
        return []

    def broken(self, environ: dict[str, Any], start: Start) -> list[bytes]:
        raise RuntimeError("a secret")

    def stuck(self, environ: dict[str, Any], start: Start) -> list[bytes]:
        while not self._let_go.exists():
            time.sleep(0.01)
        return self.hello(environ, start)

    def hog(self, environ: dict[str, Any], start: Start) -> list[bytes]:
        re.match(r"(a+)+$", "a" * 60 + "b")  # never ends, and never lets another thread run
        return []

    def threads(self, environ: dict[str, Any], start: Start) -> list[bytes]:
        start("200 OK", [])
        return [str(threading.active_count()).encode()]


if __name__ == "__main__":
    processes.STALL = float(os.environ.get("STALL", processes.STALL))  # type: ignore[misc]
    load = partial(App, Path(sys.argv[1]))
    try:
        code = server.run(Settings.read(sys.argv[2:]), load)
    except BoundariesError as error:
        sys.exit(str(error))
    sys.exit(code)
