"""Codes that plans of earlier elections knew, and the units that they mean today."""

from collections.abc import Iterator
from functools import lru_cache

from boundaries.law.codes import LENGTH
from boundaries.law.plans import MEMBER_COLUMNS
from boundaries.law.tables import data_directory, read_cells

_UNIT, _OLD = (MEMBER_COLUMNS.index(name) for name in ("kode_unit", "kode_lama"))


@lru_cache(maxsize=1)
def former_codes() -> dict[str, tuple[int, str]]:
    """Code of an earlier election → its year, the last one, and the code of today; only where that is one.

    Of the column `kode_lama` of ``data/plans/<year>/members.csv``; a kabkota whose units have other codes has another
    (if none of its units kept theirs: whoever asks looks whether the code is one of today).
    """
    found: dict[str, tuple[int, str]] = {}
    for table in sorted(data_directory().glob("plans/*/members.csv"), reverse=True):
        meant: dict[str, set[str]] = {}
        for row in read_cells(table, MEMBER_COLUMNS):
            for former, now in _pairs(row[_OLD], row[_UNIT]):
                meant.setdefault(former, set()).add(now)
        for former, units in meant.items():
            if len(units) == 1:
                found.setdefault(former, (int(table.parent.name), units.pop()))
    return found


def _pairs(old: str, unit: str) -> Iterator[tuple[str, str]]:
    """A former code and the unit, and the kabkota that either lies in where these differ."""
    size = LENGTH["kabkota"]
    if old and len(old) == len(unit):
        yield old, unit
        if old[:size] != unit[:size]:
            yield old[:size], unit[:size]
