"""What a client likes best of what there is: format, language and coding by RFC 9110 (12.4, 12.5).

What a header names outright counts before what only ``*`` covers: of the same quality it is liked better, and a
quality of 0 for it stands whatever ``*`` says.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache, wraps
from typing import Final, TypeVar

from werkzeug.datastructures import Accept, MIMEAccept
from werkzeug.http import parse_accept_header

LANGUAGES: Final = ("id", "en")
#: Media types that can be asked for, and the format that they are of.
_ACCEPTED: Final = {
    "application/json": "json",
    "application/geo+json": "json",
    "application/schema+json": "json",
    "application/vnd.oai.openapi+json": "json",
    "text/html": "html",
    "application/ld+json": "jsonld",
}
_FORMS: Final = tuple(dict.fromkeys(_ACCEPTED.values()))
_CODINGS: Final = ("br", "gzip")
#: Headers that are remembered: as many, and no longer ones (browsers send some 130 characters).
_HEADERS: Final = 256
_LONGEST: Final = 500
Found = TypeVar("Found")


def _remembered(read: Callable[[str], Found]) -> Callable[[str], Found]:
    """Remember what the latest headers mean, but for those that nobody but an attacker sends."""
    kept = lru_cache(maxsize=_HEADERS)(read)

    @wraps(read)
    def found(header: str) -> Found:
        return kept(header) if len(header) <= _LONGEST else read(header)

    return found


@_remembered
def forms(header: str) -> tuple[str, ...]:
    """Return the formats that an Accept header allows, best first; JSON where it allows none."""
    accept = parse_accept_header(header, MIMEAccept)
    return _ranked(accept, _FORMS, _covers_form) or ("json",)


@_remembered
def language(header: str) -> str:
    """Return the language that an Accept-Language header likes best; Indonesian where it says nothing of ours."""
    return (*_ranked(parse_accept_header(header, Accept), LANGUAGES, _covers_language), LANGUAGES[0])[0]


@_remembered
def coding(header: str) -> str:
    """Return ``br``, ``gzip`` or nothing (identity): what an Accept-Encoding header likes best, in this order.

    Identity wins only where it is named and liked better; without a word it is the last resort.
    """
    liked = _ranked(parse_accept_header(header, Accept), (*_CODINGS, "identity"), _covers_word)
    first = next((each for each in liked if each in _CODINGS), "")
    named = "identity" in header.lower()
    return "" if named and liked and liked[0] == "identity" else first


@_remembered
def takes_gzip(header: str) -> bool:
    """Whether gzip is allowed, and not liked less than the plain file."""
    liked = _ranked(parse_accept_header(header, Accept), ("gzip", "identity"), _covers_word)
    return "gzip" in liked and (liked[0] == "gzip" or "identity" not in header.lower())


def _ranked(accept: Accept, offered: Sequence[str], covers: Callable[[str, str], int]) -> tuple[str, ...]:
    """Return what is allowed of `offered`, best first, of equals in our order.

    `covers` says how closely a range of the header means something: 0 not at all; the closest decides.
    """
    found: list[tuple[float, int, str]] = []
    for each in offered:
        matches = [(covers(named, each), quality) for named, quality in accept]
        close, quality = max(matches, default=(0, 0.0))
        if close and quality > 0:
            found.append((-quality, -close, each))
    return tuple(each for *_, each in sorted(found, key=lambda rank: rank[:2]))


def _covers_form(named: str, form: str) -> int:
    bare = named.partition(";")[0].strip().lower()
    if _ACCEPTED.get(bare) == form:
        return 3
    if bare == "*/*":
        return 1
    return 2 * any(bare == f"{media.partition('/')[0]}/*" for media in _ACCEPTED if _ACCEPTED[media] == form)


def _covers_language(named: str, ours: str) -> int:
    return 2 if named.lower().replace("_", "-").split("-")[0] == ours else int(named == "*")


def _covers_word(named: str, coding: str) -> int:
    return 2 if named.lower() == coding else int(named == "*")
