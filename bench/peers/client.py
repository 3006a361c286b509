"""A small HTTP/1.1 client on raw sockets: one thread, keep-alive, whole bodies read, nothing parsed needlessly.

It exists so that the client disturbs the servers little (about 30 microseconds of CPU a request) and still sees
every answer: status and length of each one are checked while the clock runs, and the clock of a request runs
from its first byte sent to its last byte received.
"""

import itertools
import selectors
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

HEAD_END = b"\r\n\r\n"
LAST_CHUNK = b"0\r\n\r\n"
BUFFER = 1 << 20
#: The name under which a server is asked. A service may keep whole answers by address; for the rows "distinct" each
#: pass over a list asks under another name, so that no answer kept from an earlier pass fits. The names are of one
#: length, for the answers carry them.
NAME = b"p000000.bench.test"
_passes = itertools.count(1)


class WrongAnswerError(Exception):
    """A server answered otherwise than it did when the answer was verified: such a time is worth nothing."""


@dataclass(frozen=True)
class Request:
    """One request as it goes over the wire, and what its answer must look like.

    `renamed`: ask under another name in each pass. Not for a 304: its ETag belongs to one name.
    """

    raw: bytes
    path: str
    renamed: bool = True
    status: int = 200
    shortest: int = 0
    longest: int = 1 << 40


@dataclass(frozen=True)
class Response:
    status: int
    headers: dict[str, str]
    body: bytes
    wire_bytes: int


@dataclass
class Sample:
    """What a run measured: latencies in seconds, bytes received with heads, wall seconds."""

    latencies: list[float] = field(default_factory=list)
    received: int = 0
    wall: float = 0.0
    reconnects: int = 0


def raw_request(path: str, headers: dict[str, str]) -> bytes:
    """Return a GET as bytes. The same few headers for every server, so that none parses more than another."""
    lines = [f"GET {path} HTTP/1.1", f"Host: {NAME.decode()}", "Accept: */*"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")


def _head(data: bytes) -> tuple[int, dict[str, str]]:
    first, *lines = data.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return int(first.split(" ", 2)[1]), {k.strip().lower(): v.strip() for k, _, v in pairs}


def _unchunk(data: bytes) -> bytes:
    parts: list[bytes] = []
    at = 0
    while True:
        end = data.index(b"\r\n", at)
        size = int(data[at:end].split(b";")[0], 16)
        if size == 0:
            return b"".join(parts)
        parts.append(data[end + 2 : end + 2 + size])
        at = end + 2 + size + 2


def fetch(port: int, raw: bytes, timeout: float = 120) -> Response:
    """Ask once on a connection of its own and return the whole answer, not yet decompressed."""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as sock:
        sock.sendall(raw)
        answer = _Answer(keep=True)
        while not answer.feed(data := sock.recv(BUFFER)):
            if not data:
                break
    body = b"".join(answer.parts)
    if answer.chunked:
        body = _unchunk(body)
    elif answer.left > 0 and not answer.until_close:
        raise WrongAnswerError(f"the answer ends {answer.left} bytes early: {raw.splitlines()[0]!r}")
    return Response(answer.status, answer.headers, body, answer.received)


class _Answer:
    """Reads one answer piece by piece and says when it is whole."""

    def __init__(self, keep: bool = False) -> None:
        self.keep = keep
        self.parts: list[bytes] = []
        self.headers: dict[str, str] = {}
        self.status = 0
        self.left = 0
        self.received = 0
        self.body_bytes = 0
        self.chunked = self.until_close = False
        self._start: bytes = b""
        self._tail: bytes = b""

    def feed(self, data: bytes | memoryview) -> bool:
        """Take what arrived; True once the answer is complete. Empty data means: the server closed."""
        self.received += len(data)
        if not self.status:
            self._start += data
            end = self._start.find(HEAD_END)
            if end < 0:
                return False
            self._read_head(self._start[:end])
            data, self._start = self._start[end + 4 :], b""
        self.body_bytes += len(data)
        self.left -= len(data)
        if self.keep:
            self.parts.append(bytes(data))
        if self.chunked:
            self._tail = (self._tail + bytes(data[-7:]))[-7:]
            return self._tail == b"\r\n" + LAST_CHUNK or (
                self.body_bytes == 5 and self._tail[-5:] == LAST_CHUNK
            )
        return not self.until_close and self.left <= 0

    def _read_head(self, head: bytes) -> None:
        self.status, self.headers = _head(head)
        self.chunked = "chunked" in self.headers.get("transfer-encoding", "")
        no_body = self.status in (204, 304)
        self.until_close = not self.chunked and not no_body and "content-length" not in self.headers
        self.left = 0 if no_body else int(self.headers.get("content-length", 0))

    @property
    def closes(self) -> bool:
        return self.until_close or self.headers.get("connection", "").lower() == "close"


class _Connection:
    def __init__(self, port: int) -> None:
        self._port = port
        self.request: Request | None = None
        self.answer = _Answer()
        self.sent_at = 0.0
        self.sock = self._open()

    def _open(self) -> socket.socket:
        sock = socket.create_connection(("127.0.0.1", self._port), timeout=120)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock

    def reopen(self) -> None:
        self.sock.close()
        self.sock = self._open()

    def send(self, request: Request, raw: bytes) -> None:
        self.request, self.answer = request, _Answer()
        self.sent_at = time.perf_counter()
        self.sock.sendall(raw)


class Run:
    """Times a list of requests, over and over in order, with a number of clients that each wait for the answer."""

    def __init__(self, port: int, requests: Sequence[Request], clients: int, repeated: bool = False) -> None:
        self._port, self._requests, self._clients, self._repeated = port, requests, clients, repeated
        self._next = 0
        self._name = NAME
        self._buffer = memoryview(bytearray(BUFFER))

    def __call__(self, seconds: float, at_least: int) -> Sample:
        """Run until `seconds` have passed and `at_least` requests are answered; those under way are awaited.

        Goes on in the list where the last call ended. Raises WrongAnswerError for any unexpected status or length.
        """
        sample = Sample()
        connections = [_Connection(self._port) for _ in range(self._clients)]
        poll = selectors.EpollSelector()
        try:
            start = time.perf_counter()
            for connection in connections:
                poll.register(connection.sock, selectors.EVENT_READ, connection)
                self._send(connection)
            self._until_done(poll, sample, start + seconds, at_least)
            sample.wall = time.perf_counter() - start
        finally:
            poll.close()
            for connection in connections:
                connection.sock.close()
        return sample

    def _send(self, connection: _Connection) -> None:
        at = self._next % len(self._requests)
        if at == 0 and not self._repeated:
            self._name = b"p%06d.bench.test" % (next(_passes) % 1_000_000)
        request = self._requests[at]
        connection.send(request, request.raw.replace(NAME, self._name) if request.renamed else request.raw)
        self._next += 1

    def _until_done(self, poll: selectors.EpollSelector, sample: Sample, end: float, at_least: int) -> None:
        under_way = self._clients
        while under_way:
            ready = poll.select(timeout=120)
            if not ready:
                raise WrongAnswerError("no answer in 120 s")
            for key, _ in ready:
                connection: _Connection = key.data
                if not self._receive(connection):
                    continue
                self._take(connection, sample)
                if time.perf_counter() >= end and len(sample.latencies) + under_way - 1 >= at_least:
                    under_way -= 1
                    poll.unregister(connection.sock)
                    continue
                if connection.answer.closes:
                    poll.unregister(connection.sock)
                    connection.reopen()
                    poll.register(connection.sock, selectors.EVENT_READ, connection)
                    sample.reconnects += 1
                self._send(connection)

    def _receive(self, connection: _Connection) -> bool:
        """Read what is there; True once the answer is whole. Raises WrongAnswerError where it breaks off."""
        got = connection.sock.recv_into(self._buffer)
        if connection.answer.feed(self._buffer[:got]):
            return True
        if got == 0 and not (connection.answer.until_close and connection.answer.status):
            raise WrongAnswerError(
                f"closed within the answer to {connection.request and connection.request.path}"
            )
        return got == 0

    @staticmethod
    def _take(connection: _Connection, sample: Sample) -> None:
        sample.latencies.append(time.perf_counter() - connection.sent_at)
        answer, request = connection.answer, connection.request
        assert request is not None
        sample.received += answer.received
        if answer.status != request.status or not request.shortest <= answer.body_bytes <= request.longest:
            raise WrongAnswerError(
                f"{request.path}: status {answer.status}, {answer.body_bytes} bytes; "
                f"verified were {request.status}, {request.shortest}-{request.longest} bytes"
            )
