"""Units of a draft that are written by name: which council they are of, and which unit each is.

A name counts as a unit's if both are written alike but for capitals, accents, signs and words such as Kecamatan
(`boundaries.law.names.equal`); nothing is taken because it looks like something. A code may stand before the
name, as in this project's own column ``wilayah``: then both must be of the same unit.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from boundaries.errors import PlanError
from boundaries.law import names
from boundaries.law.codes import ABROAD, LENGTH, Level
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
#: Between units that each begin with a code: their names may have signs and "dan" in them.
_NEXT: Final = re.compile(r"\s*(?:[,;/\n]|\bdan\b)\s*(?=\d\d[. ])")
_ABROAD: Final = " ".join(ABROAD).split()
_CODED: Final = re.compile(r"(\d\d(?:\.\d\d(?:\.\d\d(?:\.\d{4})?)?)?)\s+(.+)")


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
        these names. It is told. Where all names have codes, it follows from these.

    Raises
    ------
    PlanError
        A name that no unit of the council has, or several; names of several councils, or of none.
    """
    known = _Known.of(registry)
    if not all(_CODED.fullmatch(part) for row in rows for part in known.parts(row.text)):
        council = council or _said(path, rows, known) or _only(path, rows, known)
        notes.append((f"nama dibaca sebagai wilayah di {council} {registry.names[council]}",
                      f"names read as units of {council} {registry.names[council]}"))  # fmt: skip
    found: list[list[str]] = []
    problems: list[str] = []
    for row in rows:
        codes = []
        for part in known.parts(row.text):
            alike = known.found(part, council)
            if part.split() == _ABROAD:
                notes.append((f"baris {row.line}: {part}: tanpa wilayah di peta, tidak dibaca",
                              f"line {row.line}: {part}: no ground on the map, not read"))  # fmt: skip
            elif len(alike) == 1:
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

    def found(self, part: str, council: str) -> list[str]:
        """The units of a council that a name can be; of a code and a name of one unit this, wherever it is."""
        coded = _CODED.fullmatch(part)
        if coded is None:
            return self.units.get(names.letters(part), {}).get(council, [])
        code, name = coded.groups()
        right = code in self.registry and names.letters(name) in _spelt(self.registry.names[code], code)
        return [code] if right else []

    def holding(self, part: str) -> list[str]:
        """The councils that have a unit of this name; of a code the nearest above it."""
        if _CODED.fullmatch(part) is None:
            return list(self.units.get(names.letters(part), {}))
        above = (LENGTH[level] for level in _COUNCILS)
        return [
            code[: next(n for n in above if n < len(code))] for code in self.found(part, "") if "." in code
        ]

    def parts(self, text: str) -> list[str]:
        """The names in a cell."""
        if self.holding(text):
            return [text]
        between = _NEXT if _CODED.match(text) else _PARTS
        return [part for part in between.split(text) if part] or [text]

    def holders(self, rows: Sequence[Named]) -> tuple[Counter[str], dict[str, Named]]:
        """How many of the different names each council has, and these by what is written, with a row of each."""
        told = {names.letters(part): (part, row) for row in rows for part in self.parts(row.text)}
        held = Counter(council for part, _ in told.values() for council in self.holding(part))
        return held, dict(told.values())


def _spelt(name: str, code: str) -> set[str]:
    """The letters of a unit's name; of a kabkota also without its kind."""
    bare = re.sub(r"^(kab\.|kabupaten|kota)\s+", "", name, flags=re.IGNORECASE)
    return {names.letters(name), names.letters(bare if len(code) == LENGTH["kabkota"] else name)}


def _why(registry: Registry, text: str, alike: Sequence[str], council: str) -> str:
    coded = _CODED.fullmatch(text)
    if coded:
        code = coded[1]
        known = f"{code} is {registry.names[code]}; mend one" if code in registry else registry.suggest(code)
        return f"is not in the list of 2025: {known}"
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
    part, lacking = next((part, row) for part, row in told.items() if best not in known.holding(part))
    raise PlanError(
        f"{where(path, lacking.line)}: {part!r} {_why(known.registry, part, (), best)}; the others are of {best}: name "
        "another council with --kabkota if they are not"
    )
