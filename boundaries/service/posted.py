"""A CQL2 filter sent as the body of ``POST /collections/{id}/items``: for filters that are too long for an address.

OGC API Features Part 3 has the filter in the query and knows no POST; OWSLib (``collection_items(…, cql=…)``) and
pygeoapi send CQL2 JSON so, with all other parameters in the query. Read here, such a request becomes the GET that it
means, so its answer, links and ETag are that one's. Nothing is created.
"""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from boundaries.service.filters import Bounds
from boundaries.service.problems import Problem

#: Media type -> what filter-lang calls its language.
LANGUAGES: Final = {
    "application/json": "cql2-json",
    "application/cql2+json": "cql2-json",
    "text/plain": "cql2-text",
    "text/cql2": "cql2-text",
}
#: A character of a filter may take four bytes.
MOST: Final = 4 * Bounds.characters
_BLANKS: Final = str.maketrans("\r\n\t", "   ")


def query(environ: Mapping[str, Any], given: str) -> str:
    """Return the query of the GET that a POST means; `given` is its own. Raises the Problem.

    Only a body of a known type and length is read, and no more than MOST bytes of it.
    """
    media, _, parameters = str(environ.get("CONTENT_TYPE", "")).lower().partition(";")
    language = LANGUAGES.get(media.strip())
    if language is None or parameters.replace('"', "").strip() not in ("", "charset=utf-8"):
        told = "a POST takes a CQL2 filter here; its Content-Type is one of these, in UTF-8"
        raise Problem(415, f"{told}: {', '.join(LANGUAGES)}", allowed=list(LANGUAGES))
    names = [pair.partition("=")[0] for pair in given.split("&")]
    if "filter" in names:
        raise Problem(400, "filter: given in the body and in the query", parameter="filter", allowed="once")
    if f"filter-lang={language}" in given.split("&"):
        language = ""
    elif "filter-lang" in names:
        detail = f"filter-lang: the body is {media.strip()}, which is {language}"
        raise Problem(400, detail, parameter="filter-lang", allowed=[language])
    text = quote(body(environ, MOST, "filter").translate(_BLANKS), safe="")
    more = [f"filter-lang={language}"] if language else []
    return "&".join([*filter(None, [given]), *more, f"filter={text}"])


def body(environ: Mapping[str, Any], most: int, what: str) -> str:
    """Return the body of a request as text, read no further than `most` bytes; `what` names it in a Problem."""
    length = str(environ.get("CONTENT_LENGTH") or "")
    if not (length.isascii() and length.isdigit()):
        raise Problem(411, "the length of the body is not told: Content-Length")
    if len(length) > len(str(most)) or int(length) > most:
        raise Problem(413, f"the body is longer than {most} bytes")
    found = environ["wsgi.input"].read(int(length))
    if len(found) < int(length):
        raise Problem(400, f"the body ends after {len(found)} of {length} bytes")
    try:
        return str(found, "utf-8")
    except UnicodeError:
        raise Problem(400, "the body is not UTF-8", parameter=what, allowed="text in UTF-8") from None
