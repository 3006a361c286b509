"""The column ``ragu``, taken apart: reasons one by one, in one language."""

import re
from typing import Final, Literal

#: Where one reason ends and the next begins, in a text of several.
_NEXT: Final = re.compile(r"(?<=[.)]); ")
#: The codes that a reason is about, behind its English half.
_CODES: Final = re.compile(r" \(\d\d[\d., ]*\)$")


def doubts(text: str, language: Literal["id", "en"]) -> list[str]:
    """Return the reasons of a ``ragu`` column, one a line, in one language.

    The column joins them as ``A | a (codes); B | b``. The codes stand behind the English half and belong to
    both. What cannot be taken apart safely is given whole.

    >>> doubts("ragu satu | doubt one (32.04); ragu dua | doubt two", "id")
    ['ragu satu (32.04)', 'ragu dua']
    """
    pieces = text.split(" | ")
    if len(pieces) == 1:
        return [text]
    indonesian, english = [pieces[0]], []
    for piece in pieces[1:-1]:
        cut = _NEXT.split(piece, maxsplit=1)
        if len(cut) == 1:
            return [text]
        english.append(cut[0])
        indonesian.append(cut[1])
    english.append(pieces[-1])
    if language == "en":
        return english
    return [
        own + (codes[0] if (codes := _CODES.search(other)) and not own.endswith(codes[0]) else "")
        for own, other in zip(indonesian, english, strict=True)
    ]
