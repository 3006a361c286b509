"""Between granian and a WSGI application (PEP 3333): the body read, the answer sent, time watched.

granian gives each request a thread of its own and an object that takes the answer. A small answer goes out whole
and the thread is free; a large one goes out in pieces, as fast as the client takes them, and its thread waits.
"""

import faulthandler
import logging
import os
import queue
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final, Protocol
from urllib.parse import quote

from boundaries.service.ops.bodies import Measured
from boundaries.service.ops.limits import REFUSED, Refused
from boundaries.service.ops.settings import Settings

__all__ = ["BODIES", "Gateway"]

LOGGER = logging.getLogger(__name__)
#: What a path may hold as it is (RFC 3986, 3.3); all else is written as an escape.
_PATH: Final = "/:@!$&'()*+,;=~"
#: Bodies of requests that are waited for at a time: each holds a thread.
BODIES: Final = 64
_PLAIN: Final = re.compile(r"[A-Za-z0-9/._~-]*")
#: granian names itself unless the answer says otherwise: a name would only tell which faults to try.
_SERVER: Final = ("Server", "peta-dapil")
Headers = list[tuple[str, str]]


class Sink(Protocol):
    """What granian gives for the answer. Only the first of all calls counts, from whichever thread."""

    def response_bytes(self, status: int, headers: Headers, body: bytes) -> None:
        """Send a whole body."""

    def response_iter(self, status: int, headers: Headers, body: Any) -> None:
        """Send what `__next__` gives; ends when it is sent or the client has gone, with `close`."""


class Gateway:
    """Answer granian's requests with `app`, at most `settings.threads` at a time working on one.

    Python cannot stop a thread. A request on which `app` works longer than `settings.timeout` seconds is answered
    with 503 by another one, and `unsound` is called: this process is to be replaced.
    """

    def __init__(self, app: Callable[..., Any], settings: Settings, unsound: Callable[[], None]) -> None:
        self._app = app
        #: Whether every answer ends its connection: this process is to end.
        self.leaving = False
        self._timeout, self._patience = settings.timeout, settings.keepalive
        self._unsound = unsound
        self._places: queue.SimpleQueue[None] = queue.SimpleQueue()
        for _ in range(settings.threads):
            self._places.put(None)
        self._running: dict[Sink, tuple[float, dict[str, Any]]] = {}
        self._bodies = threading.Semaphore(BODIES)
        self._reading: dict[Sink, tuple[float, dict[str, Any]]] = {}
        self._parent = os.getppid()

    def watch(self) -> None:
        """Begin to look for requests that never end, in a thread of its own."""
        threading.Thread(target=self._watch, name="watch", daemon=True).start()

    def __call__(self, sink: Sink, environ: dict[str, Any]) -> None:
        """Answer one request."""
        _complete(environ)
        if environ["REQUEST_METHOD"] == "POST":
            environ["wsgi.input"] = _Body(partial(self._read, sink, environ, environ["wsgi.input"].read))
        self._places.get()
        self._running[sink] = time.monotonic(), environ
        answer = None
        try:
            answer = self._ask(environ)
        finally:
            # Whoever takes it out answers: if it is gone, the watch has done so and given the place back.
            ours = self._running.pop(sink, None) is not None
            if ours:
                self._places.put(None)
            elif answer is not None:
                answer[2].close()
        if ours and answer is not None:
            self._send(sink, environ, *answer)

    def _read(self, sink: Sink, environ: dict[str, Any], read: Callable[[int], bytes], size: int) -> bytes:
        """Wait for a body, with the place given to others. Where another answer was given meanwhile, it is empty."""
        if self._running.pop(sink, None) is None:
            return b""
        self._places.put(None)
        if not self._bodies.acquire(blocking=False):
            self._refuse(sink, environ, Refused(503, "too many bodies are waited for just now"))
            return b""
        self._reading[sink] = time.monotonic(), environ
        try:
            body = read(size)  # nothing ends this but the client: it holds its thread after its answer, too
        finally:
            self._bodies.release()
        if self._reading.pop(sink, None) is None:
            return b""
        self._places.get()
        self._running[sink] = time.monotonic(), environ
        return body

    def _refuse(self, sink: Sink, environ: dict[str, Any], refused: Refused) -> None:
        """Answer instead of what was asked."""
        self._send(sink, environ, *self._ask(environ | {REFUSED: refused}))

    def _ask(self, environ: dict[str, Any]) -> tuple[int, Headers, Measured]:
        """Call the application; its failure becomes a bare 500."""
        told: list[Any] = []
        try:
            body = self._app(environ, lambda status, headers, *_: told.extend((status, headers)))
            return int(told[0][:3]), told[1], body if isinstance(body, Measured) else Measured(body)
        except Exception:
            LOGGER.exception("the application failed on %s", environ.get("PATH_INFO"))
            return 500, [("Content-Type", "text/plain")], Measured([b"the server failed\n"])

    def _send(
        self, sink: Sink, environ: dict[str, Any], status: int, headers: Headers, body: Measured
    ) -> None:
        """Send an answer and close its body.

        What is sent at once is counted and logged before: this process may end as soon as a client has its answer.
        """
        headers = [*headers, _SERVER]
        if self.leaving or _with_body(environ):  # no byte after a body is read as a request
            headers = [*(pair for pair in headers if pair[0] != "Connection"), ("Connection", "close")]
        try:
            length = next((int(text) for name, text in headers if name.lower() == "content-length"), None)
            none = environ["REQUEST_METHOD"] == "HEAD" or status in (204, 304)
            if none or (not body.large and length in (None, body.size)):
                content = b"" if none else body.whole()
                body.close()
                sink.response_bytes(status, headers, content)
            else:  # so too what is not as long as it says: only this way it is cut, and not filled with the next
                if length is None and body.size is not None:
                    headers.append(("Content-Length", str(body.size)))
                sink.response_iter(status, headers, iter(body))
        finally:
            body.close()

    def _watch(self) -> None:
        while True:
            # Where code in C never lets go of the interpreter, not even this thread runs: the process then ends.
            faulthandler.dump_traceback_later(2 * self._timeout, exit=True)
            time.sleep(min(1.0, self._timeout / 4, self._patience / 4))
            if os.getppid() != self._parent:  # the first process was killed: nobody would ever end this one
                os.kill(os.getpid(), signal.SIGTERM)
            for sink, environ in _taken(self._reading, self._patience):
                self._refuse(sink, environ, Refused(408, f"the body took more than {self._patience:g} s"))
            for sink, environ in _taken(self._running, self._timeout):
                self._overdue(sink, environ)

    def _overdue(self, sink: Sink, environ: dict[str, Any]) -> None:
        """Answer in the place of a thread that does not come back, and let others have its place."""
        LOGGER.error("a request took more than %g s: this worker is replaced", self._timeout)
        self._unsound()
        self._places.put(None)
        self._refuse(sink, environ, Refused(503, f"the answer took more than {self._timeout:g} s"))


def _taken(
    waiting: dict[Sink, tuple[float, dict[str, Any]]], seconds: float
) -> Iterator[tuple[Sink, dict[str, Any]]]:
    """Take out what has waited for longer; what was taken out meanwhile is another's to answer."""
    latest = time.monotonic() - seconds
    for sink, (began, environ) in list(waiting.items()):
        if began < latest and waiting.pop(sink, None) is not None:
            yield sink, environ


class _Body:
    """The body of a request; it has an end only where its length is told."""

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self.read = read


def _with_body(environ: dict[str, Any]) -> bool:
    return environ.get("CONTENT_LENGTH", "0") != "0" or "HTTP_TRANSFER_ENCODING" in environ


def _complete(environ: dict[str, Any]) -> None:
    """Make it the environment of PEP 3333 with what it leaves open: the target as it came, or nearly so.

    granian passes on the path with its escapes resolved; written anew it may differ in which characters are escaped.
    """
    path, question = environ["PATH_INFO"], environ["QUERY_STRING"]
    raw = path if _PLAIN.fullmatch(path) else quote(path, _PATH, "latin-1")
    environ["RAW_URI"] = environ["REQUEST_URI"] = f"{raw}?{question}" if question else raw
    if not environ["HTTP_HOST"]:
        del environ["HTTP_HOST"]  # there was none
    if environ["SERVER_PROTOCOL"] == "HTTP/1":
        environ["SERVER_PROTOCOL"] = "HTTP/1.0"
    environ |= _ALWAYS


#: The same for every request. `dapil.buffers`: a body may be a list of any buffers, it need not be bytes.
_ALWAYS: Final = {
    "SCRIPT_NAME": "",
    "SERVER_SOFTWARE": "",
    "dapil.buffers": True,
    "wsgi.version": (1, 0),
    "wsgi.multithread": True,
    "wsgi.multiprocess": True,
    "wsgi.run_once": False,
}
