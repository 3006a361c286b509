"""A host of downloads that can be told to fail: in the middle, with other bytes, without ranges, and so on."""

import gzip
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from boundaries.release.store import FOLDER, Release

#: What an answer to a file does instead of the right thing; gets the handler and the right bytes.
Fault = Callable[["Handler", bytes], None]


@dataclass
class Host:
    """Files by their name in the address, and what goes wrong with them: each fault once, the last one for ever."""

    release: str
    files: dict[str, bytes]
    faults: dict[str, list[Fault]] = field(default_factory=dict)
    for_ever: bool = False
    asked: list[tuple[str, str]] = field(default_factory=list)
    base: str = ""

    def fault(self, name: str) -> Fault | None:
        waiting = self.faults.get(name, [])
        if not waiting:
            return None
        return waiting[0] if self.for_ever and len(waiting) == 1 else waiting.pop(0)

    def ranges(self, name: str) -> list[str]:
        """The Range headers that came for a file, "" for none."""
        return [header for asked, header in self.asked if asked == name]

    @property
    def counts(self) -> dict[str, int]:
        found: dict[str, int] = defaultdict(int)
        for name, _ in self.asked:
            found[name] += 1
        return found


def files_of(release: Release) -> dict[str, bytes]:
    """Return the files of a release as its address has them, packed siblings too."""
    paths = [*release.path.iterdir(), *(release.path / FOLDER).iterdir()]
    return {path.name: path.read_bytes() for path in paths if path.is_file()}


class Handler(BaseHTTPRequestHandler):
    """Answers as the service does, unless told otherwise."""

    protocol_version = "HTTP/1.1"
    host: Host

    def do_GET(self) -> None:
        host = self.host
        parts = self.path.strip("/").split("/")
        if parts == ["downloads", "latest", "downloads.json"]:
            return self.answer(302, b"", Location=f"/downloads/{host.release}/downloads.json")
        name = parts[-1]
        if parts[:-1] != ["downloads", host.release] or name not in host.files:
            return self.answer(404, b"nothing")
        host.asked.append((name, self.headers.get("Range", "")))
        fault = host.fault(name)
        return fault(self, host.files[name]) if fault else self.right(host.files[name])

    def right(self, content: bytes) -> None:
        """Answer as one should."""
        start = self.start
        if not start:
            return self.answer(200, content)
        if start >= len(content):
            return self.answer(416, b"", Content_Range=f"bytes */{len(content)}")
        told = f"bytes {start}-{len(content) - 1}/{len(content)}"
        return self.answer(206, content[start:], Content_Range=told)

    @property
    def start(self) -> int:
        return int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").rstrip("-"))

    def answer(self, status: int, content: bytes, length: int | None = None, **headers: str) -> None:
        """Send; `length` is what is announced. A body that is shorter ends the connection."""
        told = len(content) if length is None else length
        self.send_response(status)
        for name, text in headers.items():
            self.send_header(name.replace("_", "-"), text)
        self.send_header("Content-Length", str(told))
        self.end_headers()
        self.wfile.write(content)
        self.close_connection = told != len(content)

    def log_message(self, *_: Any) -> None:
        return


class _Server(ThreadingHTTPServer):
    """Says nothing of clients that hang up: they are meant to."""

    def handle_error(self, *_: Any) -> None:
        return


@contextmanager
def hosting(host: Host) -> Iterator[Host]:
    """Serve a host on a free port."""
    handler = type("Bound", (Handler,), {"host": host})
    server = _Server(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    host.base = f"http://127.0.0.1:{server.server_port}"
    try:
        yield host
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


# Faults


def cut(count: int) -> Fault:
    """Break off after `count` bytes of what was asked for."""

    def fault(handler: Handler, content: bytes) -> None:
        start = handler.start
        rest = content[start:]
        headers = {"Content_Range": f"bytes {start}-{len(content) - 1}/{len(content)}"} if start else {}
        handler.answer(206 if start else 200, rest[:count], len(rest), **headers)

    return fault


def held(count: int, go: threading.Event) -> Fault:
    """Send `count` bytes, and no more before the test lets go: whoever fetches is in the middle until then."""

    def fault(handler: Handler, content: bytes) -> None:
        handler.answer(200, content[:count], len(content))
        handler.wfile.flush()
        go.wait(300)
        handler.wfile.write(content[count:])

    return fault


def dripping(pause: float = 0.05) -> Fault:
    """Send a byte now and then, for as long as somebody takes it."""

    def fault(handler: Handler, content: bytes) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        _drip(handler, content, pause)

    return fault


def dripping_head(handler: Handler, content: bytes) -> None:
    """Begin an answer, and never come to its end."""
    _drip(handler, b"HTTP/1.1 200 OK\r\n" + b"X-Padding: 1\r\n" * 10_000, 0.05)


def dripping_chunk(handler: Handler, content: bytes) -> None:
    """Never come to the end of the length of the first chunk."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    _drip(handler, b"0" * 60_000, 0.05)


def _drip(handler: Handler, content: bytes, pause: float) -> None:
    handler.close_connection = True
    for byte in content:
        handler.wfile.write(bytes([byte]))
        handler.wfile.flush()
        time.sleep(pause)


def packing(handler: Handler, content: bytes) -> None:
    """Pack what was asked for plain, as some proxies do."""
    handler.answer(200, gzip.compress(content), Content_Encoding="gzip")


def named_as_coding(handler: Handler, content: bytes) -> None:
    """Take a packed file for the coding of its answer."""
    handler.answer(200, content, Content_Encoding="gzip")


def unpacking(handler: Handler, content: bytes) -> None:
    """Unpack a packed file for whoever does not say that gzip is taken, as stores of objects do."""
    if "gzip" in handler.headers.get("Accept-Encoding", ""):
        return handler.answer(200, content, Content_Encoding="gzip")
    return handler.answer(200, gzip.decompress(content))


def always_unpacking(handler: Handler, content: bytes) -> None:
    """Unpack a packed file for everybody."""
    handler.answer(200, gzip.decompress(content))


def whole(handler: Handler, content: bytes) -> None:
    """Know of no ranges."""
    handler.answer(200, content)


def flipped(handler: Handler, content: bytes) -> None:
    """Send as many bytes, one of them another."""
    start = handler.start
    handler.right(content[:-1] + bytes([content[-1] ^ 1]) if start < len(content) else content)


def longer(handler: Handler, content: bytes) -> None:
    """Send more than there is, without saying how much."""
    handler.send_response(200)
    handler.send_header("Connection", "close")
    handler.end_headers()
    handler.wfile.write(content + bytes(500_000))
    handler.close_connection = True


def shorter(handler: Handler, content: bytes) -> None:
    """Send a file that is shorter, and whole as far as HTTP goes."""
    handler.right(content[: len(content) // 2])


def status(code: int, **headers: str) -> Fault:
    """Answer with a status."""
    return lambda handler, content: handler.answer(code, b"no", **headers)


def shifted(handler: Handler, content: bytes) -> None:
    """Answer another range than the one that was asked for."""
    start = handler.start
    if not start:
        return handler.right(content)
    told = f"bytes {start + 1}-{len(content) - 1}/{len(content)}"
    return handler.answer(206, content[start + 1 :], Content_Range=told)
