"""The WSGI callable in front: finds the route, packs its reply, and keeps what it packed while there is room.

It stands before Flask because most of a small answer's time would otherwise be the framework's. What it does not
know it hands on.
"""

import hashlib
import logging
from collections.abc import Collection, Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final
from wsgiref.types import StartResponse, WSGIApplication

import brotli

from boundaries.errors import Unavailable
from boundaries.release.spliced import Buffer, gzipped, length, pieces, plain
from boundaries.service import dapil_routes, delivery, download_routes, oembed, posted_points, site_files
from boundaries.service.download_files import Store
from boundaries.service.html import CSP
from boundaries.service.messages import Answer, Reply, Request, is_items, is_points, media
from boundaries.service.ogcapi.routes import Call, Routes
from boundaries.service.problems import MEDIA_TYPE, Problem
from boundaries.service.state import Follower, State

LOGGER = logging.getLogger(__name__)
METHODS: Final = "GET, HEAD, OPTIONS"
#: Where features are asked for, a filter may be sent as a body; to the lookup, a table of points.
_WITH_BODY: Final = "GET, HEAD, POST, OPTIONS"
#: Shorter bodies fit into one packet as they are.
_WORTH_PACKING: Final = 1400
_VARY: Final = "Accept, Accept-Encoding, Accept-Language"
_EXPOSED: Final = "Content-Crs, Content-Language, Dapil-Release, ETag, Link"
_FILES: Final = ("/downloads", "/laporan")
_STATUS: Final = {int(status): f"{int(status)} {status.phrase}" for status in HTTPStatus}
OPEN_TO_ALL: Final = (("Access-Control-Allow-Origin", "*"), ("Access-Control-Expose-Headers", _EXPOSED))
_PREFLIGHT: Final = (
    (
        "Access-Control-Allow-Headers",
        "Accept, Accept-Language, Content-Type, If-Match, If-None-Match, If-Range, Range",
    ),
    ("Access-Control-Max-Age", "86400"),
)


class Front:
    """Answers the routes of the API from the current release; paths under one of `others` go to `behind`.

    Files come from `store`, whatever release is current.
    """

    def __init__(
        self,
        current: Follower,
        behind: WSGIApplication,
        others: Collection[str],
        url: str | None,
        store: Store,
    ) -> None:
        self._current = current
        self._store = store
        self._behind = behind
        self._others = frozenset(others)
        self._url = url.rstrip("/") if url else None
        self._routes = Routes()

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request (PEP 3333)."""
        if environ.get("PATH_INFO", "").partition("/")[2].partition("/")[0] in self._others:
            return self._behind(environ, start_response)
        answer = self._answer(environ)
        start_response(_STATUS[answer.status], answer.headers)
        if environ["REQUEST_METHOD"] == "HEAD":
            if answer.body is not None:
                answer.body.close()
            return []
        if answer.body is not None:
            return answer.body
        if not answer.buffers:
            return []
        # Our own server takes any buffers as they are; others want bytes.
        return answer.buffers if environ.get("dapil.buffers") else pieces(answer.buffers)  # type: ignore[return-value]

    def _answer(self, environ: Mapping[str, Any]) -> Answer:
        request = None
        path = str(environ.get("PATH_INFO", ""))
        methods = _WITH_BODY if is_items(path) or is_points(path) else METHODS
        try:
            request = Request(environ, self._url)
            if request.method == "OPTIONS":
                may = ("Access-Control-Allow-Methods", methods), ("Allow", methods)
                return Answer(204, [*OPEN_TO_ALL, *_PREFLIGHT, *may], [])
            if request.method == "POST" and is_points(request.raw_path):
                state = self._current.get()
                reply = posted_points.answer(Call(state, request), environ)
                return _packed(state, request, reply, "")
            if request.method not in ("GET", "HEAD") and not request.posted:
                raise Problem(405, f"{request.method[:20]} is not possible here; allowed: {methods}")
            if request.raw_path.startswith(_FILES):
                return self._file(self._current.get(), request, environ)
            return self._found(self._current.get(), request)
        except Problem as problem:
            return self._told(problem, request, methods)
        except Unavailable as error:
            return self._told(Problem(error.status, error.detail), request, methods)
        except Exception as error:
            LOGGER.error("%s %s failed", environ["REQUEST_METHOD"], environ.get("PATH_INFO"), exc_info=error)
            return self._told(Problem(500, "the server failed on this request"), request, methods)

    def _found(self, state: State, request: Request) -> Answer:
        """Return what was prepared before, or prepare it."""
        tag = request.tag(state.fingerprint)
        held = state.prepared.get(request.key)
        if held is None:
            reply = self._reply(state, request)
            held = _packed(state, request, reply, tag)
            if reply.cache is None:
                state.prepared.put(request.key, held, held.cost)
        if request.has(tag) and held.tag:
            return _unchanged(held)
        return held

    def _reply(self, state: State, request: Request) -> Reply:
        first = request.raw_path.removeprefix("/").partition("/")[0]
        if first == "dapil":
            return dapil_routes.answer(Call(state, request))
        if first == "oembed" and request.raw_path.removesuffix("/") == "/oembed":
            return oembed.answer(Call(state, request))
        if first in site_files.NAMES:
            return site_files.answer(Call(state, request), self._store)
        return self._routes.reply(state, request)

    def _file(self, state: State, request: Request, environ: Mapping[str, Any]) -> Answer:
        """Return a file, the way to one, or a page about files: what lies on the disk decides these, too."""
        found = download_routes.answer(self._store, state, request, environ)
        if isinstance(found, Answer):
            return found
        tag = request.tag(hashlib.blake2b(found.version.encode(), key=state.fingerprint).digest())
        packed = _packed(state, request, found, tag)
        return _unchanged(packed) if request.has(tag) else packed

    def _told(self, problem: Problem, request: Request | None, methods: str) -> Answer:
        """Return a problem, as a page where a person asks."""
        body, kind = problem.document(), MEDIA_TYPE
        if request is not None:
            body, kind = self._routes.problem(self._current.get(), request, problem)
        headers = [
            ("Content-Type", media(kind)),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-store"),
            ("Vary", _VARY),
            *OPEN_TO_ALL,
        ]
        if kind != MEDIA_TYPE:
            headers.append(("Content-Security-Policy", CSP))
        if problem.status == 405:
            headers.append(("Allow", methods))
        if problem.status == 503:
            headers.append(("Retry-After", str(problem.again)))
        if isinstance(problem, delivery.Unsatisfiable):
            headers.append(("Content-Range", f"bytes */{problem.size}"))
        return Answer(int(problem.status), headers, [body])


_OF_A_BODY: Final = frozenset({"Content-Length", "Content-Encoding", "Content-Type"})


def _unchanged(held: Answer) -> Answer:
    return Answer(304, [pair for pair in held.headers if pair[0] not in _OF_A_BODY], [])


def _packed(state: State, request: Request, reply: Reply, tag: str) -> Answer:
    """Return the reply in the coding that the client likes, with all its headers."""
    buffers, coding = _coded(request.coding, reply)
    headers = [
        ("Content-Type", media(reply.media)),
        ("Content-Length", str(length(buffers))),
        ("Content-Language", reply.language),
        ("Cache-Control", reply.cache or state.cache_control),
        ("Vary", request.vary),
        ("Dapil-Release", state.id),
        *OPEN_TO_ALL,
        *reply.headers,
    ]
    if coding:
        headers.append(("Content-Encoding", coding))
    if reply.cache is not None:
        tag = ""
    else:
        headers.append(("ETag", tag))
    return Answer(reply.status, headers, buffers, tag)


def _coded(coding: str, reply: Reply) -> tuple[list[Buffer], str]:
    buffers = plain(reply.parts)
    if not coding or length(buffers) < _WORTH_PACKING:
        return buffers, ""
    if coding == "br" and reply.document:
        return [brotli.compress(b"".join(buffers), quality=5)], "br"
    return gzipped(reply.parts), "gzip"
