"""A file as an answer: conditions and ranges of RFC 9110, packed where the client likes it, sent by the kernel.

The ETag is the sha256 of the bytes that go out, so a client can check what it holds by it; packed bytes are another
representation with another tag. A range is always one of the plain file: its offsets mean the same to everybody.
"""

import base64
import re
from collections.abc import Mapping
from typing import Any, BinaryIO, Final

from boundaries.service.download_files import File, Store
from boundaries.service.messages import Answer, Request, media
from boundaries.service.ops.bodies import FileBody
from boundaries.service.problems import Problem

FOREVER: Final = "public, max-age=31536000, immutable"
#: For what follows from the release and can be made again, in other bytes by another version of a library.
DERIVED: Final = "public, max-age=3600"
_EXPOSED: Final = (
    "Accept-Ranges, Content-Disposition, Content-Encoding, Content-Length, Content-Range, Dapil-Release, ETag, "
    "Repr-Digest"
)
#: Programs of other origins read these files by ranges (PMTiles, FlatGeobuf, DuckDB).
OPEN_TO_ALL: Final = (("Access-Control-Allow-Origin", "*"), ("Access-Control-Expose-Headers", _EXPOSED))
#: A file runs nothing, whatever its type: what a release holds is not one of our pages.
_POLICY: Final = ("Content-Security-Policy", "default-src 'none'; sandbox")
#: What a browser can show; all else it is to save.
_SHOWN: Final = ("application/json", "application/ld+json", "application/geo+json", "text/plain")
_RANGE: Final = re.compile(r"bytes=[ \t]*(\d{0,18})-(\d{0,18})[ \t]*", re.ASCII | re.IGNORECASE)
_TAG: Final = re.compile(r'(W/)?"([^"]*)"')


class Unsatisfiable(Problem):
    """The 416: the file ends before the range begins."""

    def __init__(self, size: int) -> None:
        super().__init__(416, f"the file has {size} bytes; ask for bytes before that")
        self.size = size


def deliver(store: Store, release: str, file: File, request: Request, environ: Mapping[str, Any]) -> Answer:
    """Return the answer to a GET or HEAD of `file`. Raises the Problem 412, 416, or of a file that is not whole."""
    asked = str(environ.get("HTTP_RANGE", "")) if request.method == "GET" else ""
    chosen = _chosen(file, request, environ, ranged=bool(asked))
    wanted = str(environ.get("HTTP_IF_MATCH", ""))
    if wanted and not _names(wanted, chosen, weak=False):
        raise Problem(412, f"{file.name} is not what If-Match names; its ETag is {_tag(chosen)}")
    held = next((each for each in (chosen, file) if _names(request.if_none_match, each)), None)
    if held is not None:
        return Answer(304, _headers(release, file, held), [])
    span = _span(asked, file, str(environ.get("HTTP_IF_RANGE", "")))
    stream, chosen = _opened(store, chosen, file)
    headers = _headers(release, file, chosen)
    headers += [
        ("Content-Type", media(file.media_type)),
        ("Content-Disposition", _disposition(file)),
        _POLICY,
    ]
    if chosen is not file:
        headers.append(("Content-Encoding", "gzip"))
    first, last = span or (0, chosen.bytes - 1)
    if span is not None:
        headers.append(("Content-Range", f"bytes {first}-{last}/{file.bytes}"))
    headers.append(("Content-Length", str(last - first + 1)))
    return Answer(206 if span else 200, headers, [], body=_body(stream, first, last))


def _opened(store: Store, chosen: File, file: File) -> tuple[BinaryIO, File]:
    """Open the chosen representation; the plain file where the packed one is away or damaged."""
    try:
        return store.open(chosen), chosen
    except Problem as problem:
        if chosen is file or problem.status == 503:
            raise
        return store.open(file), file


def _body(stream: BinaryIO, first: int, last: int) -> FileBody:
    stream.seek(first)
    return FileBody(stream, length=last - first + 1)


def _chosen(file: File, request: Request, environ: Mapping[str, Any], *, ranged: bool) -> File:
    """Return the representation: packed if the client takes that, wants no range, and holds to no plain one."""
    if file.packed is None or ranged or not request.takes_gzip:
        return file
    wanted = str(environ.get("HTTP_IF_MATCH", ""))
    if wanted and not _names(wanted, file.packed, weak=False):
        return file
    return file.packed


def _span(asked: str, file: File, if_range: str) -> tuple[int, int] | None:
    """Return first and last byte of a single range; None for the whole file.

    Several ranges at once are answered with the whole, as RFC 9110 (14.2) lets a server do: no client that is known
    to read these files asks so, and a list of small ranges is a way to make a server work. What is no range of
    bytes, or hangs on an ETag that is not the file's (If-Range), counts as not said. Raises Unsatisfiable.
    """
    match = _RANGE.fullmatch(asked)
    if match is None or (match[1] == match[2] == ""):
        return None
    if if_range and if_range.strip() != _tag(file):
        return None
    if not match[1]:
        size = int(match[2])
        if size == 0 or file.bytes == 0:
            raise Unsatisfiable(file.bytes)
        return max(0, file.bytes - size), file.bytes - 1
    first, last = int(match[1]), int(match[2] or file.bytes)
    if match[2] and last < first:
        return None
    if first >= file.bytes:
        raise Unsatisfiable(file.bytes)
    return first, min(last, file.bytes - 1)


def _tag(file: File) -> str:
    return f'"{file.sha256}"'


def _names(header: str, file: File, *, weak: bool = True) -> bool:
    """Whether a header of ETags names this file; `weak` ones count for If-None-Match alone."""
    if header.strip() == "*":
        return True
    return any(match[2] == file.sha256 and (weak or not match[1]) for match in _TAG.finditer(header))


def _headers(release: str, file: File, chosen: File) -> list[tuple[str, str]]:
    """Return what stands on every answer about a file, also on a 304."""
    digest = base64.b64encode(bytes.fromhex(chosen.sha256)).decode()
    headers = [
        ("ETag", _tag(chosen)),
        ("Cache-Control", DERIVED if file.derived else FOREVER),
        ("Accept-Ranges", "bytes"),
        ("Repr-Digest", f"sha-256=:{digest}:"),
        ("Dapil-Release", release),
        *OPEN_TO_ALL,
    ]
    return [*headers, ("Vary", "Accept-Encoding")] if file.packed is not None else headers


def _disposition(file: File) -> str:
    """Return whether a browser shows or saves it; names hold nothing that would have to be escaped."""
    shown = file.media_type in _SHOWN
    return f'{"inline" if shown else "attachment"}; filename="{file.name}"'
