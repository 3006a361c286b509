"""Serves connections: one poller, some threads, and no thread that waits for a client.

All threads wait in the same epoll, each connection armed for one event (EPOLLONESHOT): whoever gets the event
owns the connection until he arms it again. A thread works only on a request whose head is complete and writes
only what the client takes at once; everything slow waits in the kernel. So any number of slow clients holds no
thread, and one long question holds one thread while the others go on.
"""

import logging
import select
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from boundaries.service.ops.bodies import Measured, Outgoing
from boundaries.service.ops.connection import BUSY, CLOSING, READING, WRITING, Connection
from boundaries.service.ops.wire import END, Refused, Request, environ_of, head, parse

__all__ = ["REFUSED", "Bounds", "Engine"]

LOGGER = logging.getLogger(__name__)
#: Where the environment holds the Refused that is to be answered instead of a request.
REFUSED: Final = "dapil.refused"
_RECEIVE: Final = 1 << 16
_ARM_IN: Final = select.EPOLLIN | select.EPOLLONESHOT if hasattr(select, "epoll") else 0
_ARM_OUT: Final = select.EPOLLOUT | select.EPOLLONESHOT if hasattr(select, "epoll") else 0
#: Bytes of a request's line beside its target, at most: a method and a version.
_AROUND: Final = 40
#: Bytes that the kernel may hold unsent for one client: enough to keep a fast one busy, and no more of the
#: machine's memory for a slow one.
_UNSENT: Final = 1 << 19
_NOTSENT_LOWAT: Final = getattr(socket, "TCP_NOTSENT_LOWAT", 25)


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """How long and how much a client may take; times in seconds."""

    connections: int = 1000  #: open at once, in this process
    head: int = 16384  #: bytes of a request's head
    line: int = 8000  #: bytes of the request's target
    head_time: float = 10  #: from a head's first byte to its last
    keepalive: float = 15  #: between two requests
    stall: float = 60  #: a client takes nothing of its answer
    request_time: float = 30  #: the application works on one request
    linger: float = 2  #: an ended connection waits for the client to hang up


class Engine:
    """Serve `app` (WSGI) on the connections given to `adopt`, with `threads` threads.

    `app` also gets what could not be read as a request: an environment with the Refused under REFUSED.
    """

    def __init__(self, app: Callable[..., Any], bounds: Bounds, threads: int) -> None:
        self._app = app
        self._bounds = bounds
        self._epoll = select.epoll()
        self._connections: dict[int, Connection] = {}
        self._running: dict[Connection, bool] = {}
        self.stopping = False
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(threads)]
        for thread in self._threads:
            thread.start()

    def __len__(self) -> int:
        return len(self._connections)

    def adopt(self, sock: socket.socket, peer: Any) -> None:
        """Take over a new connection. Where all places are taken, the one that has waited longest is cut."""
        sock.setblocking(False)
        if sock.family != socket.AF_UNIX:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setsockopt(socket.IPPROTO_TCP, _NOTSENT_LOWAT, _UNSENT)
        if len(self._connections) >= self._bounds.connections:
            waiting = [each for each in list(self._connections.values()) if each.state is not BUSY]
            if waiting:
                min(waiting, key=lambda each: each.since).cut()
        connection = Connection(sock, peer, sock.getsockname())
        self._connections[connection.fd] = connection
        self._epoll.register(connection.fd, _ARM_IN)

    def sweep(self) -> bool:
        """Cut those who took too long. Return False if a request never ends: this process must be replaced."""
        now, bounds, sound = time.monotonic(), self._bounds, True
        for each in list(self._connections.values()):
            waited = now - each.since
            if each.state is READING:
                idle = min(1.0, bounds.keepalive) if self.stopping else bounds.keepalive
                if waited > (bounds.head_time if each.input else idle):
                    each.cut()
            elif each.state is WRITING:
                if waited > bounds.stall:
                    each.cut()
            elif each.state is CLOSING:
                if waited > bounds.linger:
                    each.cut()
            elif waited > bounds.request_time and self._running.pop(each, False):
                sound = False
                LOGGER.error("a request took more than %g s: this worker is replaced", bounds.request_time)
                self._overdue(each)
        return sound

    def _overdue(self, connection: Connection) -> None:
        """Answer instead of the thread that never came back; it finds that the connection is not its any more."""
        environ = environ_of(None, connection.peer, connection.local)
        environ[REFUSED] = Refused(503, f"the answer took more than {self._bounds.request_time:g} s")
        connection.keep = False
        try:
            self._send(connection, *self._ask(environ), None)
        except OSError:
            self._drop(connection)

    def _work(self) -> None:
        while True:
            for fd, _ in self._epoll.poll(-1, 1):
                connection = self._connections.get(fd)
                if connection is None:
                    continue
                try:
                    self._step(connection)
                except OSError:
                    self._drop(connection)
                except Exception:
                    LOGGER.exception("a connection failed")
                    self._drop(connection)

    def _drop(self, connection: Connection) -> None:
        if self._connections.get(connection.fd) is connection:
            del self._connections[connection.fd]  # before the number can be given to another
        connection.sock.close()
        connection.settle()

    def _arm(self, connection: Connection, events: int) -> None:
        self._epoll.modify(connection.fd, events)  # from here on another thread may own it

    def _step(self, connection: Connection) -> None:
        """Go on with a connection after one event."""
        out = connection.out
        if out is not None:
            before = out.sent
            if not out.send(connection.sock):
                if out.sent > before:
                    connection.since = time.monotonic()
                return self._arm(connection, _ARM_OUT)
            return self._answer_all(connection) if self._sent(connection) else None
        try:
            data = connection.sock.recv(_RECEIVE)
        except BlockingIOError:
            return self._arm(connection, _ARM_IN)
        if not data:
            return self._drop(connection)
        if connection.state is CLOSING:
            return self._arm(connection, _ARM_IN)
        if not connection.input:
            connection.since = time.monotonic()
        connection.input += data
        return self._answer_all(connection)

    def _answer_all(self, connection: Connection) -> None:
        """Answer the requests that have come in whole, one after another; then wait for more."""
        while self._complete(connection):
            request, environ = self._read(connection)
            connection.keep = request is not None and request.keep and not self.stopping
            connection.enter(BUSY)
            self._running[connection] = True
            answer = self._ask(environ)
            if not self._running.pop(connection, False):  # sweep() has answered in the meantime
                return _close(answer[2])
            if not self._send(connection, *answer, request):
                return None
        return self._arm(connection, _ARM_IN)

    def _complete(self, connection: Connection) -> bool:
        """Whether there is a request to answer, or so much that it will be refused."""
        if connection.input[:2] == b"\r\n":  # RFC 9112, 2.2: one empty line before a request is passed over
            connection.input = connection.input[2:]
        data = connection.input
        return (
            END in data
            or len(data) > self._bounds.head
            or (len(data) > self._bounds.line + _AROUND and b"\r\n" not in data)
        )

    def _read(self, connection: Connection) -> tuple[Request | None, dict[str, Any]]:
        """Take the next request from what came in. What is refused becomes an environment that says so."""
        data = connection.input
        line, end = data.find(b"\r\n"), data.find(END)
        connection.headless = data.startswith(b"HEAD ")
        connection.input = data[end + 4 :] if end >= 0 else b""
        try:
            if (line if line >= 0 else len(data)) > self._bounds.line + _AROUND:
                raise Refused(414, f"the address is longer than {self._bounds.line} bytes")
            if not 0 <= end <= self._bounds.head:
                raise Refused(431, f"the head of the request is longer than {self._bounds.head} bytes")
            request = parse(data[: end + 4])
            return request, environ_of(request, connection.peer, connection.local)
        except Refused as problem:
            environ = environ_of(None, connection.peer, connection.local)
            environ[REFUSED] = problem
            environ["RAW_URI"] = data[:300].partition(b"\r\n")[0].decode("latin-1")  # for the log
            return None, environ

    def _ask(self, environ: dict[str, Any]) -> tuple[str, list[tuple[str, str]], Any]:
        """Call the application; its failure becomes a bare 500."""
        start: list[Any] = []
        written: list[bytes] = []

        def start_response(
            status: str, headers: list[tuple[str, str]], exc_info: Any = None
        ) -> Callable[[bytes], None]:
            start[:] = status, headers
            return written.append

        try:
            body = self._app(environ, start_response)
            if not start or written:  # allowed by PEP 3333, used by no one here
                body = written + list(body)
            return start[0], start[1], body
        except Exception:
            LOGGER.exception("the application failed on %s", environ.get("PATH_INFO"))
            return "500 Internal Server Error", [("Content-Type", "text/plain")], [b"the server failed\n"]

    def _send(
        self,
        connection: Connection,
        status: str,
        headers: list[tuple[str, str]],
        body: Any,
        request: Request | None,
    ) -> bool:
        """Begin the answer: frame it, and send what the client takes at once.

        Returns whether the connection can go on with the next request; if not, it waits or has ended.
        """
        parts = body.parts if isinstance(body, Measured) else body  # what only measures stands aside
        bare = status[:3] in ("204", "304") or connection.headless
        length = next((int(text) for name, text in headers if name.lower() == "content-length"), None)
        more, chunked = "", False
        if not bare and length is None:
            if isinstance(parts, (list, tuple)):
                length = sum(len(part) for part in parts)
                more = f"Content-Length: {length}\r\n"
            elif request is not None and request.version == "HTTP/1.1":
                more, chunked = "Transfer-Encoding: chunked\r\n", True
            else:
                connection.keep = False
        if not connection.keep:
            more += "Connection: close\r\n"
        elif request is not None and request.version == "HTTP/1.0":
            more += "Connection: keep-alive\r\n"
        out = Outgoing(
            head(status, headers, more), None if bare else parts, None if bare else length, chunked
        )
        connection.out = out
        connection.finish = lambda: _close(body, out.sent)
        connection.enter(WRITING)
        if out.send(connection.sock):
            return self._sent(connection)
        self._arm(connection, _ARM_OUT)
        return False

    def _sent(self, connection: Connection) -> bool:
        """End an answer. Return whether another request may follow; if not, the connection ends."""
        out = connection.out
        assert out is not None
        whole = out.complete
        connection.settle()
        if connection.keep and whole:
            connection.enter(READING)
            return True
        if not whole:
            LOGGER.error("an answer was shorter than its Content-Length: its connection ends")
        # Closing with bytes unread would reset the connection and could take the answer with it.
        connection.enter(CLOSING)
        connection.sock.shutdown(socket.SHUT_WR)
        self._arm(connection, _ARM_IN)
        return False


def _close(body: Any, sent: int = 0) -> None:
    if isinstance(body, Measured):
        body.sent = max(0, sent)
    if hasattr(body, "close"):
        body.close()
