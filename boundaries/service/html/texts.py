"""Values as a person reads them, in Indonesian or English: numbers, dates, chambers, doubts."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from boundaries.law.doubts import tongues
from boundaries.service.html.links import Language
from boundaries.service.html.words import WORDS

_MONTHS: Final = {
    "id": ("Januari", "Februari", "Maret", "April", "Mei", "Juni",
           "Juli", "Agustus", "September", "Oktober", "November", "Desember"),
    "en": ("January", "February", "March", "April", "May", "June",
           "July", "August", "September", "October", "November", "December"),
}  # fmt: skip
__all__ = ["Words", "day", "number", "size", "tongue"]


class Words:
    """The furniture of the pages in one language: ``words("items.shown", count=3)``."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self._index = ("id", "en").index(language)

    def __call__(self, key: str, **values: object) -> str:
        """Return the words of `key` with its places filled; KeyError if there are none."""
        text = WORDS[key][self._index]
        return text.format(**values) if values else text

    def known(self, key: str, default: str) -> str:
        """Return the words of `key`, or `default`."""
        return self(key) if key in WORDS else default


def number(value: float, language: Language, decimals: int | None = None) -> str:
    """Write a number: 1.234,5 in Indonesian, 1,234.5 in English; `decimals` None is as many as it has.

    >>> number(1234.5, "id"), number(1234.5, "en"), number(17510, "id")
    ('1.234,5', '1,234.5', '17.510')
    """
    if decimals is not None:
        text = f"{value:,.{decimals}f}"
    elif isinstance(value, int) or float(value).is_integer():
        text = f"{int(value):,}"
    else:
        text = f"{value:,.6f}".rstrip("0")
    return text.translate(str.maketrans(",.", ".,")) if language == "id" else text


def day(text: str, language: Language) -> str:
    """Write an ISO date out; what is not one is left as it is.

    >>> day("2024-02-14", "id"), day("2024-02-14", "en")
    ('14 Februari 2024', '14 February 2024')
    """
    try:
        found = date.fromisoformat(text[:10])
    except ValueError:
        return text
    return f"{found.day} {_MONTHS[language][found.month - 1]} {found.year}"


def tongue(text: Any, language: Language) -> str:
    """Return one language of a table by language, of ``Indonesian | English``, or of one text for both."""
    if isinstance(text, Mapping):
        return str(text.get(language) or next(iter(text.values()), ""))
    return tongues(text)[language]


def size(count: int, language: Language) -> str:
    """Write a number of bytes."""
    if count >= 1_000_000:
        return f"{number(count / 1_000_000, language, 1)} MB"
    return f"{number(max(count / 1000, 0.1), language, 1)} kB"
