"""Stands around the application: refuses, counts, logs, and adds what every answer carries."""

import json
import logging
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from boundaries.service.ops.access import AccessLog, client_address, is_local
from boundaries.service.ops.bodies import Measured
from boundaries.service.ops.limits import REFUSED, Buckets, Refused, check
from boundaries.service.ops.metrics import MEDIA_TYPE, Metrics, age_of
from boundaries.service.ops.settings import Settings
from boundaries.service.problems import MEDIA_TYPE as PROBLEM
from boundaries.service.problems import Problem

__all__ = ["SECURITY", "Operation"]

LOGGER = logging.getLogger(__name__)
#: On every answer that has not its own. The pages may be framed by others (maps are embedded), so nothing is
#: said of frames. Map tiles of openstreetmap.org are only given to pages that say where they are: the origin
#: goes out as the referrer. A page may ask where its reader is, for the lookup.
SECURITY: Final = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "strict-origin-when-cross-origin"),
    ("Permissions-Policy", "geolocation=(self), camera=(), microphone=(), payment=(), usb=()"),
)
_POLICY: Final = "content-security-policy"
#: Data run nothing. Pages that state no policy of their own may at least not be given other bases and plugins.
_DATA_POLICY: Final = "default-src 'none'"
_PAGE_POLICY: Final = (
    "default-src 'self' https: data: blob: 'unsafe-inline'; object-src 'none'; "
    "base-uri 'self'; form-action 'self'"
)
Start = Callable[..., Any]


class Operation:
    """A WSGI application around `app`: the same answers, within bounds, counted and logged."""

    def __init__(
        self, app: Callable[..., Any], settings: Settings, metrics: Metrics | None, log: AccessLog | None
    ) -> None:
        self._app = app
        self._settings = settings
        self._metrics = metrics
        self._log = log
        self._buckets = Buckets(settings.rate) if settings.rate else None
        self._places = threading.Semaphore(settings.large)

    def __call__(self, environ: dict[str, Any], start_response: Start) -> Measured:
        """Answer one request (PEP 3333)."""
        began = time.perf_counter()
        if self._metrics is not None:
            self._metrics.begin()
        told: list[Any] = []

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
            told[:] = status, headers

        body = Measured(self._answer(environ, start))
        sending = body.large and environ["REQUEST_METHOD"] != "HEAD"
        if sending and not self._places.acquire(blocking=False):
            sending = False
            body.close()
            body = Measured(_problem(environ, start, Refused(503, _CROWDED)))
        status, headers = told
        start_response(status, _secured(headers))
        made = time.perf_counter() - began
        body.done = partial(self._done, environ, status[:3], sending, began, made)
        return body

    def _answer(self, environ: dict[str, Any], start: Start) -> Any:
        refused = environ.get(REFUSED) or check(environ, self._settings.max_url)
        if refused is not None:
            return _problem(environ, start, refused, ("Connection", "close"))
        address = client_address(environ, self._settings.trusted_proxies)
        if self._buckets is not None and not is_local(environ):
            wait = self._buckets.take(address)
            if wait:
                return _problem(environ, start, Refused(429, _TOO_MANY), ("Retry-After", str(wait)))
        if self._metrics is not None and environ["PATH_INFO"] == "/metrics":
            return self._numbers(environ, start)
        try:
            return self._app(environ, start)
        except Exception:
            LOGGER.exception("%s %s failed", environ["REQUEST_METHOD"], environ["PATH_INFO"])
            return _problem(environ, start, Refused(500, "the server failed on this request"))

    def _done(
        self, environ: dict[str, Any], status: str, sending: bool, began: float, made: float, sent: int
    ) -> None:
        if sending:
            self._places.release()
        if self._metrics is not None:
            self._metrics.end(environ, status, made, sent)
        if self._log is not None:
            address = client_address(environ, self._settings.trusted_proxies)
            self._log.write(environ, address, status, sent, made, time.perf_counter() - began)

    def _numbers(self, environ: dict[str, Any], start: Start) -> list[bytes]:
        assert self._metrics is not None
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return _problem(environ, start, Refused(405, "only GET and HEAD"), ("Allow", "GET, HEAD"))
        if self._settings.metrics == "local" and not is_local(environ):
            return _problem(
                environ, start, Refused(403, "only from this machine itself; DAPIL_METRICS=on opens it")
            )
        facts = self._health(environ)
        if "release" in facts:
            facts = {"age_seconds": age_of(self._settings.releases, str(facts["release"]))} | facts
        text = self._metrics.text(facts)
        headers = [
            ("Content-Type", MEDIA_TYPE),
            ("Content-Length", str(len(text))),
            ("Cache-Control", "no-store"),
        ]
        start("200 OK", headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [text]

    def _health(self, environ: dict[str, Any]) -> dict[str, Any]:
        """Ask the application what it serves, as a client would."""
        asked = environ | {"REQUEST_METHOD": "GET", "PATH_INFO": "/health", "QUERY_STRING": ""}
        asked |= {"RAW_URI": "/health", "REQUEST_URI": "/health", "HTTP_ACCEPT_ENCODING": "identity"}
        asked.pop("HTTP_IF_NONE_MATCH", None)
        try:
            body = self._app(asked, lambda *_: None)
            try:
                return dict(json.loads(b"".join(body)))
            finally:
                if hasattr(body, "close"):
                    body.close()
        except Exception:
            LOGGER.exception("/health failed")
            return {}


_CROWDED: Final = "too many large answers and files are being sent just now; ask again in a moment"
_TOO_MANY: Final = "too many requests from this address; wait, or fetch the whole in one file"


def _secured(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    names = {name.lower(): text for name, text in headers}
    more = [each for each in SECURITY if each[0].lower() not in names]
    if _POLICY not in names:
        page = names.get("content-type", "").startswith(("text/html", "application/xhtml"))
        more.append(("Content-Security-Policy", _PAGE_POLICY if page else _DATA_POLICY))
    return [*headers, *more]


def _problem(environ: dict[str, Any], start: Start, refused: Refused, *more: tuple[str, str]) -> list[bytes]:
    document = Problem(refused.status, refused.detail).document()
    headers = [
        ("Content-Type", PROBLEM),
        ("Content-Length", str(len(document))),
        ("Access-Control-Allow-Origin", "*"),
        ("Cache-Control", "no-store"),
        *more,
    ]
    if refused.status == 503:
        headers.append(("Retry-After", "10"))
    start(f"{int(refused.status)} {refused.status.phrase}", headers)
    return [] if environ.get("REQUEST_METHOD") == "HEAD" else [document]
