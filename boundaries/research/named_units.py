"""Units of a draft that are written by name: which council they are of, and which unit each is.

A name counts as a unit's if both are written alike but for capitals, accents, signs and words such as Kecamatan
(`boundaries.law.names.equal`); nothing is taken because it looks like something.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from boundaries.errors import PlanError
from boundaries.law import names
from boundaries.law.codes import LENGTH, Level
from boundaries.law.registry import Registry
from boundaries.law.tables import SHOWN, refuse, where

#: Names of columns, without case, blanks and signs: of units by name, the finest first; and of what holds them.
UNIT: Final = ("namakecamatan", "kecamatan", "namadistrik", "distrik", "namakabkota", "kabkota", "kabupatenkota",
               "kabupaten", "namawilayah", "wilayah", "wilayahdapil", "namaunit", "nama")  # fmt: skip
WITHIN: Final = ("namakabkota", "kabkota", "kabupatenkota", "kabupaten", "namaprovinsi", "provinsi")
#: Columns of names that many units of one council have.
TOO_FINE: Final = ("namadesa", "desa", "namakelurahan", "kelurahan", "desakelurahan")
#: The levels of councils whose dapil are made of units of the next level.
_COUNCILS: Final[tuple[Level, ...]] = ("kabkota", "provinsi")
_PARTS: Final = re.compile(r"\s*[,;/\n]\s*|\s+dan\s+")


@dataclass(frozen=True)
class Named:
    """What stands in a line: the units, in words, and what they lie in, "" if it does not say."""

    line: int
    text: str
    within: str


def units_of_names(
    path: Path, rows: Sequence[Named], registry: Registry, council: str, notes: list[tuple[str, str]]
) -> list[list[str]]:
    """Find the units (codes) of each row; a cell may name several, as the annexes of KPU's decisions do.

    Parameters
    ----------
    council
        The council that the plan is for; where empty, what the rows say it is, else the only one that has units of all
        these names. It is told.

    Raises
    ------
    PlanError
        A name that no unit of the council has, or several; names of several councils, or of none.
    """
    known = _Known.of(registry)
    council = council or _said(path, rows, known) or _only(path, rows, known)
    notes.append((f"nama dibaca sebagai wilayah di {council} {registry.names[council]}",
                  f"names read as units of {council} {registry.names[council]}"))  # fmt: skip
    found: list[list[str]] = []
    problems: list[str] = []
    for row in rows:
        codes = []
        for part in known.parts(row.text):
            alike = known.units.get(names.letters(part), {}).get(council, [])
            if len(alike) == 1:
                codes += alike
            else:
                why = _why(registry, part, alike, council) if len(problems) < SHOWN else "is no unit"
                problems.append(f"{where(path, row.line)}: {part!r} {why}")
        found.append(codes)
    refuse(problems, PlanError)
    return found


@dataclass(frozen=True)
class _Known:
    """Names by their letters: the ``units`` of each council that are called so, and the ``councils``."""

    registry: Registry
    units: dict[str, dict[str, list[str]]]
    councils: dict[str, list[str]]

    @classmethod
    def of(cls, registry: Registry) -> "_Known":
        found = cls(registry, {}, {})
        for council in (code for level in _COUNCILS for code in registry.at(level)):
            found.councils.setdefault(names.letters(registry.names[council]), []).append(council)
            for code in registry.children(council):
                for letters in _spelt(registry.names[code], code):
                    found.units.setdefault(letters, {}).setdefault(council, []).append(code)
        return found

    def parts(self, text: str) -> list[str]:
        """The names in a cell."""
        if names.letters(text) in self.units:
            return [text]
        return [part for part in _PARTS.split(text) if part] or [text]

    def holders(self, rows: Sequence[Named]) -> tuple[Counter[str], dict[str, Named]]:
        """How many of the different names each council has, and these by their letters, with a row of each."""
        told = {names.letters(part): row for row in rows for part in self.parts(row.text)}
        return Counter(council for letters in told for council in self.units.get(letters, ())), told


def _spelt(name: str, code: str) -> set[str]:
    """The letters of a unit's name; of a kabkota also without its kind."""
    bare = re.sub(r"^(kab\.|kabupaten|kota)\s+", "", name, flags=re.IGNORECASE)
    return {names.letters(name), names.letters(bare if len(code) == LENGTH["kabkota"] else name)}


def _why(registry: Registry, text: str, alike: Sequence[str], council: str) -> str:
    if alike:
        return f"may be {' or '.join(f'{code} {registry.names[code]}' for code in alike)}; give the code"
    near = [code for code in registry.children(council) if names.same(registry.names[code], text)]
    meant = f"write {' or '.join(f'{registry.names[code]} ({code})' for code in near[:3])} if it is meant"
    told = meant if near and text else "write the name as the list of 2025 does, or the code"
    return f"is no unit of {council} {registry.names[council]}; {told}"


def _said(path: Path, rows: Sequence[Named], known: _Known) -> str:
    """The council that the rows name beside their units; "" if none does."""
    told = {names.letters(row.within): row for row in rows if row.within}
    held, parts = known.holders(rows) if told else (Counter[str](), {})
    found: dict[str, Named] = {}
    for letters, row in told.items():
        alike = known.councils.get(letters, [])
        if len(alike) > 1:
            alike = [code for code in alike if held[code] == len(parts)]
        if len(alike) != 1:
            raise PlanError(
                f"{where(path, row.line)}: {row.within!r} is no kabkota or provinsi, or several; write Kabupaten or "
                "Kota before it, or name the council with --kabkota"
            )
        found.setdefault(alike[0], row)
    if len(found) > 1:
        shown = ", ".join(f"{code} (line {row.line})" for code, row in list(found.items())[:3])
        raise PlanError(f"{where(path)}: units of {len(found)} councils: {shown}; give one at a time")
    return next(iter(found), "")


def _only(path: Path, rows: Sequence[Named], known: _Known) -> str:
    """The only council that has units of all names."""
    held, told = known.holders(rows)
    whole = [code for code, count in held.items() if count == len(told)]
    if len(whole) == 1:
        return whole[0]
    if whole:
        shown = ", ".join(f"{code} {known.registry.names[code]}" for code in sorted(whole)[:3])
        raise PlanError(f"{where(path)}: units of these names are in {shown}; name one with --kabkota")
    best, count = max(held.items(), key=lambda each: (each[1], each[0]), default=("", 0))
    if count * 2 < len(told) or not best:
        raise PlanError(
            f"{where(path, rows[0].line - 1)}: no column kode, and no council has units of these names; name it with "
            "--kabkota, or give codes: kode,dapil"
        )
    lacking = next(row for letters, row in told.items() if best not in known.units.get(letters, ()))
    raise PlanError(
        f"{where(path, lacking.line)}: {lacking.text!r} is no unit of {best} {known.registry.names[best]}, of which "
        "the others are; mend the name, or name the council with --kabkota"
    )
