"""The words of CQL2 Text, and a cursor over them that counts what it reads."""

import math
import re
from typing import Final, NamedTuple

from boundaries.service.filters.model import Bounds, FilterError, quoted
from boundaries.service.filters.tree import FUNCTIONS

_START: Final = (
    ":_A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1ffe\u200c-\u200d\u2070-\u218f"
    "\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_TOKEN: Final = re.compile(
    rf"""(?P<blank>\s++)
    |(?P<number>(?:\d++(?:\.\d*+)?|\.\d++)(?:[eE][+-]?\d++)?)
    |(?P<text>'(?:[^'\\]++|''|\\.)*+')
    |(?P<quoted>"(?:[^"]++|"")*+")
    |(?P<name>[{_START}][{_START}.0-9\u0300-\u036f\u203f-\u2040]*+)
    |(?P<symbol><>|<=|>=|[-+*/%^=<>(),])""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)
_ESCAPE: Final = re.compile(r"''|\\(['\\abtnvfr])")
_CONTROL: Final = {"a": "\a", "b": "\b", "t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r"}
#: WKT keyword -> GeoJSON type, and how deep its positions lie.
SHAPES: Final = {
    "point": ("Point", 0), "linestring": ("LineString", 1), "polygon": ("Polygon", 2),
    "multipoint": ("MultiPoint", 1), "multilinestring": ("MultiLineString", 2),
    "multipolygon": ("MultiPolygon", 3), "geometrycollection": ("GeometryCollection", -1),
}  # fmt: skip
#: Words that are no property unless in double quotes.
KEYWORDS: Final = frozenset({
    *FUNCTIONS, *SHAPES, "a_equals", "a_contains", "a_containedby", "a_overlaps", "and", "bbox", "between",
    "date", "div", "false", "in", "interval", "is", "like", "not", "null", "or", "timestamp", "true",
})  # fmt: skip


class Token(NamedTuple):
    """A piece of the text; `word` is in small letters for a name, else empty."""

    type: str
    text: str
    place: int  # in characters, from 1
    word: str

    def __str__(self) -> str:
        return "the end" if self.type == "end" else f"{quoted(self.text)} at character {self.place}"


def tokens(text: str) -> list[Token]:
    """Cut a text into words, the last of them the end; FilterError where that cannot be."""
    found, place = [], 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise _unreadable(text, place)
        kind = match.lastgroup or ""
        if kind != "blank":
            word = match[0].lower() if kind == "name" else ""
            found.append(Token(kind, match[0], place + 1, word))
        place = match.end()
    return [*found, Token("end", "", len(text) + 1, "")]


def _unreadable(text: str, place: int) -> FilterError:
    where = f"at character {place + 1}"
    if text[place] == "'":
        return FilterError(f"the text that begins {where} is not closed", "a single quote at its end")
    if text[place] == '"':
        return FilterError(f"the name that begins {where} is not closed", "a double quote at its end")
    return FilterError(f"unexpected {quoted(text[place])} {where}", "CQL2 Text, such as kursi > 8")


class Cursor:
    """A place in the words of a text; subclasses read what they know from there."""

    def __init__(self, text: str, bounds: Bounds) -> None:
        self._tokens = tokens(text)
        self._next = 0
        self._bounds = bounds
        self._depth = 0
        self._nodes = 0
        self._vertices = 0

    @property
    def _token(self) -> Token:
        return self._tokens[self._next]

    def _take(self) -> Token:
        token = self._tokens[self._next]
        self._next += token.type != "end"
        return token

    def _symbol(self, *symbols: str) -> str:
        """Take one of `symbols` if it comes next, else return nothing."""
        token = self._token
        return self._take().text if token.type == "symbol" and token.text in symbols else ""

    def _word(self, *words: str) -> str:
        return self._take().word if self._token.word and self._token.word in words else ""

    def _need(self, symbol: str) -> None:
        if not self._symbol(symbol):
            raise self._unexpected(repr(symbol))

    def _unexpected(self, allowed: str) -> FilterError:
        return FilterError(f"unexpected {self._token}", allowed)

    def _at(self, token: Token) -> str:
        return f"at character {token.place}"

    def _count(self) -> None:
        self._nodes += 1
        if self._nodes > self._bounds.nodes:
            raise FilterError(
                "the filter is too long", f"at most {self._bounds.nodes} operators and operands"
            )

    def _deeper(self, by: int = 1) -> None:
        self._depth += by
        if self._depth > self._bounds.depth:
            raise FilterError(f"too deep at {self._token}", f"at most {self._bounds.depth} levels")

    def _number(self, sign: str = "") -> float:
        token = self._take()
        value = float(sign + token.text)
        if not math.isfinite(value):
            raise FilterError(f"{token} is too large a number", "a finite number")
        return value


def decoded(token: str) -> str:
    """Return what a text literal says."""
    return _ESCAPE.sub(
        lambda match: "'" if match[0] == "''" else _CONTROL.get(match[1], match[1]), token[1:-1]
    )
