"""A request as the service reads it, the reply that a route writes, and what goes out.

Everything that decides an answer stands in `Request.key`: two requests with one key get the same bytes from one
release, which is what the ETag and the cache of prepared answers rest on.
"""

import hashlib
import mmap
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from boundaries.release.spliced import Buffer, Part
from boundaries.service import negotiation, posted
from boundaries.service.ops.bodies import FileBody
from boundaries.service.problems import Problem, bad

#: A host as a Host header may name it (RFC 9110, 7.2), and the folder that a trusted proxy puts the service under.
_HOST: Final = re.compile(r"([A-Za-z0-9._~\-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?", re.ASCII)
_FOLDER: Final = re.compile(r"(/[A-Za-z0-9._~\-]+)*/?", re.ASCII)
#: A name of the DNS has 253 characters; either stands in every link, and in what is remembered.
_LONGEST: Final = 300
#: A percent sign that begins no escape.
_BARE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})", re.ASCII)
_ITEMS: Final = re.compile(r"/collections/[^/]+/items/?")
#: What networks, newsletters and advertisements append to every link, and the number by which a page gets past a
#: cache. They change no answer, so they are taken away before anything is read: from links, ETag and cache, too.
_TRACKER: Final = re.compile(
    r"(?:utm_[a-z_]{1,30}|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|gad_[a-z]{1,20}|srsltid|msclkid|yclid|ysclid|twclid"
    r"|ttclid|li_fat_id|igshid|igsh|mc_[ce]id|mkt_tok|_ga|_gl|_hsenc|_hsmi|_kx|_openstat|ref_src|ref_url|vero_id|v)"
    r"(?:=.*)?", re.ASCII,
)  # fmt: skip
#: Kept out of search engines: persons are named there.
NOINDEX: Final = ("X-Robots-Tag", "noindex")
_TAG: Final = re.compile(r'(?:W/)?("[^"]*")')


class Request:
    """One request: path and parameters decoded strictly, format, language and coding as negotiated."""

    def __init__(self, environ: Mapping[str, Any], url: str | None = None) -> None:
        self.method = str(environ["REQUEST_METHOD"])
        self.raw_path = str(environ.get("PATH_INFO", ""))
        self.raw_query = _untracked(str(environ.get("QUERY_STRING", "")))
        #: Whether this asks for features by a filter in its body, which is then as if it stood in the query.
        self.posted = self.method == "POST" and is_items(self.raw_path)
        if self.posted:
            self.raw_query = posted.query(environ, self.raw_query)
        _unescaped(str(environ.get("RAW_URI") or environ.get("REQUEST_URI") or ""))
        self.accepts = negotiation.forms(environ.get("HTTP_ACCEPT", ""))
        self.language = negotiation.language(environ.get("HTTP_ACCEPT_LANGUAGE", ""))
        self.coding = negotiation.coding(environ.get("HTTP_ACCEPT_ENCODING", ""))
        #: For what is there packed with gzip and in no other way.
        self.takes_gzip = negotiation.takes_gzip(environ.get("HTTP_ACCEPT_ENCODING", ""))
        #: Only what is fetched can be unchanged.
        self.if_none_match = "" if self.posted else str(environ.get("HTTP_IF_NONE_MATCH", ""))
        #: The headers that decide the answer; a route that takes one from the address says so (`vary`).
        self.vary = vary(form=True, language=True)
        self.base = url or _base(environ)
        #: What decides the answer, the release apart.
        self.key = (
            self.raw_path,
            self.raw_query,
            "+".join(self.accepts),
            self.language,
            self.coding,
            self.base,
        )

    def path(self) -> list[str]:
        """Return the parts of the path, one slash at its end not counted."""
        try:
            path = self.raw_path.encode("latin-1").decode()
        except UnicodeError:
            raise Problem(404, "the path is not UTF-8") from None
        parts = path.removesuffix("/").split("/")[1:]
        if "" in parts:
            raise Problem(404, f"there is nothing at {path[:200]!r}; begin at {self.base}/")
        return parts

    def pairs(self) -> list[tuple[str, str]]:
        """Return the parameters as they stand, or raise the 400 that names the one that is not UTF-8."""
        found = []
        for pair in self.raw_query.split("&"):
            if pair:
                name, _, text = pair.partition("=")
                found.append((_decoded(name, name), _decoded(text, name)))
        return found

    def tag(self, fingerprint: bytes) -> str:
        """Return the ETag of the answer, `fingerprint` naming the release and how it is served."""
        digest = hashlib.blake2b("\n".join(self.key).encode(), digest_size=12, key=fingerprint)
        return f'"{digest.hexdigest()}"'

    def has(self, tag: str) -> bool:
        """Whether the client says that it holds `tag` (RFC 9110, 13.1.2: compared weakly)."""
        if not self.if_none_match:
            return False
        named = (match[1] == tag for match in _TAG.finditer(self.if_none_match))
        return self.if_none_match.strip() == "*" or any(named)


@dataclass
class Reply:
    """What a route answers, before it is packed: the same for every coding."""

    parts: list[Part]
    media: str
    language: str
    headers: list[tuple[str, str]] = field(default_factory=list)
    status: int = 200
    cache: str | None = None  # Cache-Control, None for the usual
    document: bool = True  # small and whole: may be compressed when it is first asked for
    version: str = ""  # what decides it beside the question and the release


@dataclass
class Answer:
    """What goes out."""

    status: int
    headers: list[tuple[str, str]]
    buffers: list[Buffer]
    tag: str = ""
    body: FileBody | None = None  #: instead of buffers

    @cached_property
    def cost(self) -> int:
        """The bytes of memory that holding this takes; of a view it is all that it is a view of, once."""
        whole = {id(each): each for each in map(_behind, self.buffers)}
        return sum(map(_held, whole.values())) + 200 * len(self.buffers) + 4000


def _behind(buffer: Buffer) -> Any:
    """Return what a buffer keeps alive: itself, or what it is a view of."""
    return buffer.obj if isinstance(buffer, memoryview) else buffer


def _held(content: Any) -> int:
    """Return the bytes that something keeps: what is mapped is the file's, and costs nothing."""
    return 0 if isinstance(content, mmap.mmap) else len(content)


def vary(*, form: bool, language: bool) -> str:
    """Return the header Vary (RFC 9110, 12.5.5) of an answer that hangs on the forms or languages a client likes.

    A cache that many share keeps an answer for each that is named here, so what the address says is left out.
    """
    return ", ".join(
        name
        for name, counts in (("Accept", form), ("Accept-Encoding", True), ("Accept-Language", language))
        if counts
    )


def is_items(path: str) -> bool:
    """Whether a path is that of the features of a collection."""
    return _ITEMS.fullmatch(path) is not None


def is_points(path: str) -> bool:
    """Whether a path is that of the lookup, to which many points may be sent."""
    return path.removesuffix("/") == "/lookup"


def media(text: str) -> str:
    """Return the Content-Type of a media type."""
    return f"{text}; charset=utf-8" if text.startswith("text/") else text


def _untracked(query: str) -> str:
    pairs = query.split("&")
    kept = [pair for pair in pairs if not _TRACKER.fullmatch(pair)]
    return query if len(kept) == len(pairs) else "&".join(kept)


def _unescaped(uri: str) -> None:
    """Refuse a path with an escaped slash: WSGI has decoded it, and nothing here is named with a slash."""
    if "%2" in uri and "%2f" in uri.partition("?")[0].lower():
        raise Problem(404, "there is nothing at a path with an escaped slash (%2F)")


def _decoded(text: str, name: str) -> str:
    if "%" not in text and "+" not in text and text.isascii():
        return text
    if _BARE.search(text):
        raise bad(name[:80], "has a % that begins no escape", "%25 for a percent sign")
    try:
        # A plus is a blank where a form was encoded; who writes blanks as %20 (QGIS) means a plus by it.
        blanks = text if "%20" in text else text.replace("+", " ")
        return unquote_to_bytes(blanks.encode("latin-1")).decode()
    except UnicodeError:
        known = unquote_to_bytes(name.encode("latin-1", "replace")).decode(errors="replace")[:80]
        raise bad(known, "is not UTF-8", "text in UTF-8, percent-encoded") from None


def _base(environ: Mapping[str, Any]) -> str:
    host = environ.get("HTTP_HOST") or f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}"
    return _address(str(environ["wsgi.url_scheme"]), str(host), str(environ.get("SCRIPT_NAME", "")))


@lru_cache(maxsize=256)
def _address(scheme: str, host: str, folder: str) -> str:
    if len(host) > _LONGEST or not _HOST.fullmatch(host):
        raise Problem(400, "Host: not the name of a host", parameter="Host")
    if len(folder) > _LONGEST or not _FOLDER.fullmatch(folder):
        raise Problem(400, "X-Forwarded-Prefix: not a path", parameter="X-Forwarded-Prefix")
    return f"{scheme}://{host}{folder}".rstrip("/")
