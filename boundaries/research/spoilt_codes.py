"""Codes that a spreadsheet took for numbers or dates: which units each may have been."""

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Final

_DIGITS: Final = ((2, 2), (2, 2, 2), (2, 2, 2, 4))
#: A date as ISO 8601 writes it, or with its year last.
_YEAR_FIRST: Final = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})([ T]00:00:00)?", re.ASCII)
_YEAR_LAST: Final = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})", re.ASCII)
#: Years of two digits, as spreadsheets read them.
_YEARS: Final = range(1930, 2030)


class SpoiltCodes:
    """The codes that a text may stand for, among `codes`."""

    def __init__(self, codes: Iterable[str]) -> None:
        self.codes = frozenset(codes)

    def meant(self, text: str) -> list[str]:
        """The codes with the same digits, else those that a spreadsheet would show as this date, else those that differ
        by zeros at the ends of their parts; sorted."""
        for read in (_same_digits, _dates):
            if found := sorted({code for code in read(text) if code in self.codes}):
                return found
        return self._by_bare.get(_bare(re.split(r"[^0-9]+", _whole(text))), [])

    @cached_property
    def _by_bare(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for code in sorted(self.codes):
            found.setdefault(_bare(code.split(".")), []).append(code)
        return found


def _whole(text: str) -> str:
    """A number without the decimals that it has none of."""
    return text.partition(".")[0] if re.fullmatch(r"\d{4,}\.0+", text, re.ASCII) else text


def _same_digits(text: str) -> Iterator[str]:
    text = _whole(text)
    if re.fullmatch(r"\d{1,3}([.,]\d{3})+", text, re.ASCII):  # thousands
        text = re.sub("[.,]", "", text)
    parts = re.split(r"[^0-9]+", text)
    if len(parts) == 1 and len(text) in (4, 6, 10):
        parts = [part for part in (text[:2], text[2:4], text[4:6], text[6:]) if part]
    if tuple(map(len, parts)) in _DIGITS:
        yield ".".join(parts)


def _dates(text: str) -> Iterator[str]:
    """``11.01.05`` of each order of day, month and year that a date may come from."""
    if found := _YEAR_FIRST.fullmatch(text):
        year, month, day = (int(found[n]) for n in (1, 2, 3))
        read = [(day, month)]
    elif found := _YEAR_LAST.fullmatch(text):
        one, other, year = (int(found[n]) for n in (1, 2, 3))
        read = [(one, other), (other, one)]
    else:
        return
    for day, month in read if year in _YEARS else ():
        for parts in ((day, month, year), (month, day, year), (year, month, day)):
            yield ".".join(f"{part % 100:02d}" for part in parts)


def _bare(parts: list[str]) -> str:
    """What is left of a code: digits, without zeros at the ends of its parts, however set apart."""
    if len(parts) == 2:
        return f"{parts[0].lstrip('0')}-{parts[1].strip('0')}"
    return "-".join(part.lstrip("0") for part in parts)
