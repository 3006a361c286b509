"""Kemendagri codes: what a code is, its level and its parents.

A code is always text (``"32.10"``; read as a number it would be ``32.1``), in the dotted form of
Kepmendagri: ``32``, ``32.04``, ``32.04.05``, ``32.04.05.2001``.
"""

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import Final, Literal, get_args

from boundaries.errors import CodeError

Level = Literal["provinsi", "kabkota", "kecamatan", "desa"]
LEVELS: Final[tuple[Level, ...]] = get_args(Level)

#: Length of the dotted code at each level.
LENGTH: Final[dict[Level, int]] = {"provinsi": 2, "kabkota": 5, "kecamatan": 8, "desa": 13}
#: Code and name of what voters abroad belong to, as KPU numbers it: a member of a dapil of the DPR that has no ground.
ABROAD: Final = ("99", "Luar Negeri")
_LEVEL_OF_LENGTH: Final[dict[int, Level]] = {length: level for level, length in LENGTH.items()}
_PATTERN: Final = re.compile(r"[1-9]\d(\.\d{2}(\.\d{2}(\.\d{4})?)?)?", re.ASCII)


def parse(text: object) -> str:
    """Return `text` as a code, or raise CodeError with the likely mend.

    >>> parse("32.04.05")
    '32.04.05'
    """
    if not isinstance(text, str):
        raise CodeError(
            f"code {text!r} is a {type(text).__name__}, not text: read the column as text, "
            "since 32.10 read as a number is 32.1"
        )
    if _PATTERN.fullmatch(text):
        return text
    raise CodeError(f"code {text!r} is not a Kemendagri code: {_mend(text)}")


def level(code: str) -> Level:
    """Return the level of a code; raise CodeError if the length fits none."""
    try:
        return _LEVEL_OF_LENGTH[len(code)]
    except KeyError:
        raise CodeError(f"code {code!r} is not a Kemendagri code: {_mend(code)}") from None


def ancestor(code: str, of: Level) -> str:
    """Return the code of the unit of level `of` that holds `code` (itself at its own level)."""
    if LENGTH[of] > len(code):
        raise CodeError(f"code {code!r} is a {level(code)} and lies in no single {of}")
    return code[: LENGTH[of]]


def parent(code: str) -> str | None:
    """Return the code one level up, None for a provinsi."""
    index = LEVELS.index(level(code))
    return None if index == 0 else ancestor(code, LEVELS[index - 1])


def finest(codes: Iterable[str]) -> list[str]:
    """Return the codes that no other lies under, sorted: the base units, whatever their level.

    >>> finest(["32", "32.04", "32.04.05", "32.10"])
    ['32.04.05', '32.10']
    """
    ordered = sorted(set(codes))  # a dot comes before any digit, so what lies under a code follows it at once
    return [code for code, after in pairwise([*ordered, ""]) if not after.startswith(f"{code}.")]


def _mend(text: str) -> str:
    if text != text.strip():
        return "remove the blanks around it"
    if re.fullmatch(r"\d{2}\.\d", text, re.ASCII):
        return f"it looks like a number that lost its last zero; write {text}0 and keep the column as text"
    if re.fullmatch(r"\d{2}|\d{4}|\d{6}|\d{10}", text, re.ASCII):
        dotted = ".".join(p for p in (text[:2], text[2:4], text[4:6], text[6:]) if p)
        return f"it lacks the dots; write {dotted} (and only if it is a Kemendagri code, not one of BPS)"
    if _PATTERN.fullmatch(text[: LENGTH["desa"]]) and text[LENGTH["desa"] : LENGTH["desa"] + 1] in (
        ".",
        "-",
        "/",
    ):
        return f"nothing is finer than a desa: a dapil is made of whole desa, write {text[: LENGTH['desa']]}"
    return "expected the form 32, 32.04, 32.04.05 or 32.04.05.2001"
