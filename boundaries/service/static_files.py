"""Files under ``/static/``: kept for good by whoever fetched them, and packed once for those who take them packed."""

from functools import lru_cache
from gzip import compress
from mimetypes import guess_type
from typing import Final

import brotli
from flask import Request, Response, send_file

from boundaries.service import negotiation
from boundaries.service.html import STATIC
from boundaries.service.problems import Problem

#: A year: the name of an asset holds the hash of its content.
_SECONDS: Final = 31_536_000
_PACKED: Final = frozenset({".css", ".js", ".svg"})


def static(name: str, request: Request) -> Response:
    """Return a file by its name under /static/. Raises the Problem 404 for any other name."""
    path = STATIC.get(name)
    if path is None:
        raise Problem(404, f"there is no file {name[:200]!r}")
    coding = (
        negotiation.coding(request.headers.get("Accept-Encoding", ""))
        if path.suffix in _PACKED and "Range" not in request.headers
        else ""
    )
    if coding:
        response = Response(_body(name, coding), mimetype=guess_type(path.name)[0])
        response.headers["Content-Encoding"] = coding
        response.set_etag(f"{name.replace('/', '.')}.{coding}")
        response.make_conditional(request)
    else:
        response = send_file(path, conditional=True, max_age=_SECONDS)
    response.cache_control.public = True
    response.cache_control.max_age = _SECONDS
    response.cache_control.immutable = True
    response.vary.add("Accept-Encoding")
    return response


@lru_cache(maxsize=128)
def _body(name: str, coding: str) -> bytes:
    text = STATIC[name].read_bytes()
    return brotli.compress(text, quality=9) if coding == "br" else compress(text, 9, mtime=0)
