"""Text in comparisons: Unicode forms, folding of case and accents, and LIKE in linear time."""

import re
import unicodedata
from collections.abc import Callable
from typing import Final

from boundaries.service.filters.model import FilterError, quoted

#: Letters with a stroke or a ligature: Unicode does not decompose them, yet the standard's test data holds
#: ``ACCENTI('København') = ACCENTI('Kobenhavn')``.
_PLAIN: Final = str.maketrans({
    "Ø": "O", "ø": "o", "Đ": "D", "đ": "d", "Ł": "L", "ł": "l", "Ħ": "H", "ħ": "h", "Ŧ": "T", "ŧ": "t",
    "ı": "i", "Æ": "AE", "æ": "ae", "Œ": "OE", "œ": "oe",
})  # fmt: skip


def composed(text: str) -> str:
    """Return `text` in NFC, so that the same letters compare equal however they are encoded."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def casei(text: str) -> str:
    """Return `text` without case: Unicode's full case folding, canonical caseless matching (D145), in NFC."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold())


def accenti(text: str) -> str:
    """Return `text` without accents: decomposed, marks removed, strokes and ligatures undone, in NFC."""
    if text.isascii():
        return text
    letters = unicodedata.normalize("NFD", text)
    bare = "".join(letter for letter in letters if unicodedata.category(letter) != "Mn")
    return unicodedata.normalize("NFC", bare.translate(_PLAIN))


FOLD: Final[dict[str, Callable[[str], str]]] = {"casei": casei, "accenti": accenti}


class Pattern:
    r"""A LIKE pattern: ``%`` any characters, ``_`` one, ``\`` takes the next one as it is.

    A regular expression made of the whole pattern would backtrack: ``%a%a%a%…`` costs a power of the length
    of the text. Between two ``%`` the leftmost place is always a right one, so pieces are searched in turn.
    """

    def __init__(self, text: str) -> None:
        pieces = _pieces(text)
        self._whole = re.compile(pieces[0], re.DOTALL) if len(pieces) == 1 else None
        self._head = re.compile(pieces[0], re.DOTALL)
        self._middle = [re.compile(piece, re.DOTALL) for piece in pieces[1:-1] if piece]
        self._tail = re.compile(pieces[-1], re.DOTALL)
        self._tail_length = _width(pieces[-1])

    def matches(self, text: str) -> bool:
        """Return whether the whole of `text` fits."""
        if self._whole is not None:
            return self._whole.fullmatch(text) is not None
        head = self._head.match(text)
        if head is None:
            return False
        place = head.end()
        for piece in self._middle:
            found = piece.search(text, place)
            if found is None:
                return False
            place = found.end()
        start = len(text) - self._tail_length
        return start >= place and self._tail.match(text, start) is not None


def _pieces(text: str) -> list[str]:
    """Split a pattern at ``%`` into regular expressions of fixed width."""
    pieces, letters = [""], iter(text)
    for letter in letters:
        if letter == "\\":
            following = next(letters, None)
            if following is None:
                hint = r"a backslash takes the next character as it is; for a backslash of its own write \\"
                raise FilterError(f"the pattern {quoted(text)} of LIKE ends with its escape character", hint)
            pieces[-1] += re.escape(following)
        elif letter == "%":
            pieces.append("")
        else:
            pieces[-1] += "." if letter == "_" else re.escape(letter)
    return pieces


def _width(piece: str) -> int:
    return len(re.sub(r"\\(.)", "x", piece, flags=re.DOTALL))
