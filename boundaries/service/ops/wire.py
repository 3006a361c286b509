"""HTTP/1.1 as bytes: a request's head read strictly, an answer's head written.

Rules of RFC 9112. The API takes no request bodies, so a message that announces one is refused or, where the
method is wrong anyway, answered and its connection closed: no byte after such a head is ever read as a request.
"""

import io
import re
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import unquote_to_bytes, urlsplit

from boundaries.service.ops.bodies import FileBody

__all__ = ["END", "Refused", "Request", "environ_of", "head", "parse"]

#: The empty line after a head.
END: Final = b"\r\n\r\n"
_LINE: Final = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}) ([\x21\x22\x24-\x7e]+) HTTP/(\d)\.(\d)\r\n")
_FIELD: Final = re.compile(
    rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*+([\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*"
    rb"[\x21-\x7e\x80-\xff])?)?[ \t]*\r\n"
)
_HEAD: Final = re.compile(r"(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+: [\t\x20-\x7e\x80-\xff]*\r\n)*")
#: A message has one of these, or it could be read in two ways.
_SINGLE: Final = frozenset((b"host", b"content-length", b"content-type", b"transfer-encoding"))
_HOP_BY_HOP: Final = frozenset(
    ("connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "proxy-connection")
)
_TAKES_NO_BODY: Final = frozenset(("GET", "HEAD", "OPTIONS"))


class Refused(Exception):  # noqa: N818 - an answer, not a fault
    """What came in is answered with `status` before the application sees it; the connection ends."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = HTTPStatus(status)
        self.detail = detail


@dataclass(slots=True)
class Request:
    """The head of a request. Names of fields are in lower case."""

    method: str
    target: str
    version: str
    fields: list[tuple[bytes, bytes]]
    keep: bool  #: whether the connection may carry another request after this one
    body: bool  #: whether a body is announced


def parse(data: bytes) -> Request:
    """Read a complete head, through its empty line. Raises Refused for everything that is not a plain request.

    Neither bare line feeds, nor folded lines, blanks before a colon or control characters are mended: each is
    a way to make two readers of one message disagree.
    """
    line = _LINE.match(data)
    if line is None:
        raise Refused(400, "the request line is not that of HTTP/1.1")
    method, target, major, minor = line.groups()
    if major != b"1":
        raise Refused(505, "this server speaks HTTP/1.1")
    fields, seen, place, stop = [], set(), line.end(), len(data) - 2
    while place < stop:
        field = _FIELD.match(data, place)
        if field is None:
            raise Refused(400, "a header field is not 'name: value'")
        name = field[1].lower()
        if name in _SINGLE:
            if name in seen:
                raise Refused(400, f"the header {name.decode()} stands there twice")
            seen.add(name)
        fields.append((name, field[2] or b""))
        place = field.end()
    modern = minor != b"0"
    if modern and b"host" not in seen:
        raise Refused(400, "the header host is missing")
    request = Request(method.decode(), target.decode(), f"HTTP/1.{minor.decode()}", fields, modern, False)
    _framing(request, seen)
    return request


def _framing(request: Request, seen: set[bytes]) -> None:
    """Find out whether a body follows and whether the connection goes on."""
    for name, text in request.fields:
        if name == b"content-length":
            if not text.isdigit():
                raise Refused(400, "content-length is not a number")
            request.body |= text.strip(b"0") != b""
        elif name == b"transfer-encoding":
            request.body = True
        elif name == b"connection":
            wishes = text.lower()
            request.keep = b"close" not in wishes and (request.keep or b"keep-alive" in wishes)
    if request.body:
        request.keep = False
        if request.method in _TAKES_NO_BODY:
            raise Refused(413, f"a {request.method} request takes no body here")


def environ_of(request: Request | None, peer: Any, local: Any) -> dict[str, Any]:
    """Return the WSGI environment (PEP 3333); `request` is None where none could be read.

    Names with an underscore are dropped: as a variable they could not be told from the same name with a
    hyphen, and would let a client write a proxy's header.
    """
    environ: dict[str, Any] = {
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.file_wrapper": FileBody,
        "dapil.buffers": True,  # a body may be a list of any buffers: they are sent as they are
        "SCRIPT_NAME": "",
        "SERVER_SOFTWARE": "",
        "SERVER_NAME": str(local[0]) if isinstance(local, tuple) else "localhost",
        "SERVER_PORT": str(local[1]) if isinstance(local, tuple) else "80",
        "REMOTE_ADDR": str(peer[0]) if isinstance(peer, tuple) else "",
        "REMOTE_PORT": str(peer[1]) if isinstance(peer, tuple) else "",
    }
    if request is None:
        blank = ("REQUEST_METHOD", "RAW_URI", "PATH_INFO", "QUERY_STRING", "SERVER_PROTOCOL")
        return environ | dict.fromkeys(blank, "")
    target = request.target
    environ["REQUEST_METHOD"] = request.method
    environ["SERVER_PROTOCOL"] = request.version
    environ["RAW_URI"] = environ["REQUEST_URI"] = target
    for name, text in request.fields:
        key = _variable(name)
        if key:
            value = text.decode("latin-1")
            environ[key] = f"{environ[key]},{value}" if key in environ else value
    if not target.startswith("/"):
        target = _absolute(target, request.method, environ)
    path, _, environ["QUERY_STRING"] = target.partition("?")
    environ["PATH_INFO"] = unquote_to_bytes(path).decode("latin-1") if "%" in path else path
    return environ


def _variable(name: bytes, known: dict[bytes, str] = {}) -> str:  # noqa: B006 - a bounded memory
    key = known.get(name)
    if key is None:
        text = name.decode().upper()
        plain = text in ("CONTENT-TYPE", "CONTENT-LENGTH")
        key = "" if "_" in text else ("" if plain else "HTTP_") + text.replace("-", "_")
        if len(known) < 200:
            known[name] = key
    return key


def _absolute(target: str, method: str, environ: dict[str, Any]) -> str:
    """Return path and query of an absolute target (as to a proxy); its authority counts as Host."""
    if method == "OPTIONS" and target == "*":
        return "/"
    try:
        parts = urlsplit(target)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise Refused(400, "the target of the request is not a path")
    environ["HTTP_HOST"] = parts.netloc
    return f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"


def head(status: str, headers: Iterable[tuple[str, str]], more: str) -> bytes:
    """Return the head of an answer; `more` is the server's own fields, ready.

    There is no Server field: it would only tell which faults to try. Raises ValueError for a header that
    would break the message in two.
    """
    lines = [f"{name}: {text}\r\n" for name, text in headers if name.lower() not in _HOP_BY_HOP]
    fields = "".join(lines)
    if not _HEAD.fullmatch(fields) or fields.count("\n") != len(lines) or "\n" in status or "\r" in status:
        raise ValueError("a header of the answer holds what no header may hold")
    return f"HTTP/1.1 {status}\r\nDate: {_date()}\r\n{fields}{more}\r\n".encode("latin-1")


def _date(kept: list[Any] = [0, ""]) -> str:  # noqa: B006 - the text of this second
    now = int(time.time())
    second, text = kept[0], kept[1]
    if second != now:
        text = formatdate(now, usegmt=True)
        kept[:] = now, text
    return str(text)
