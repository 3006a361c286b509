"""Units of a draft that are written by name: which council they are of, and which unit each is.

A name counts as a unit's if both are written alike but for capitals, accents, signs and words such as Kecamatan
(`boundaries.law.names.equal`); nothing is taken because it looks like something.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from boundaries.errors import PlanError
from boundaries.law import names
from boundaries.law.codes import LENGTH, Level
from boundaries.law.registry import Registry
from boundaries.law.tables import refuse, where

#: Names of columns, without case, blanks and signs: of units by name, the finest first; and of what holds them.
UNIT: Final = ("namakecamatan", "kecamatan", "namakabkota", "kabkota", "kabupatenkota", "kabupaten",
               "namawilayah", "wilayah", "wilayahdapil", "namaunit", "nama")  # fmt: skip
WITHIN: Final = ("namakabkota", "kabkota", "kabupatenkota", "kabupaten", "namaprovinsi", "provinsi")
#: Columns of names that many units of one council have.
TOO_FINE: Final = ("namadesa", "desa", "namakelurahan", "kelurahan", "desakelurahan")
#: The levels of a council and of the units that its dapil are made of.
_LEVELS: Final[dict[Level, Level]] = {"kabkota": "kecamatan", "provinsi": "kabkota"}
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
    council = council or _said(path, rows, registry) or _only(path, rows, registry)
    notes.append((f"nama dibaca sebagai wilayah di {council} {registry.names[council]}",
                  f"names read as units of {council} {registry.names[council]}"))  # fmt: skip
    units = _by_letters(registry, council)
    found, problems = [], []
    for row in rows:
        codes = []
        for part in _parts(row.text, units):
            alike = units.get(names.letters(part), [])
            if len(alike) == 1:
                codes += alike
            else:
                problems.append(
                    f"{where(path, row.line)}: {part!r} {_why(registry, part, alike, units, council)}"
                )
        found.append(codes)
    refuse(problems, PlanError)
    return found


def _why(
    registry: Registry, text: str, alike: Sequence[str], units: dict[str, list[str]], council: str
) -> str:
    if alike:
        return f"may be {' or '.join(f'{code} {registry.names[code]}' for code in alike)}; give the code"
    near = [code for codes in units.values() for code in codes if names.same(registry.names[code], text)]
    meant = f"write {' or '.join(f'{registry.names[code]} ({code})' for code in near[:3])} if it is meant"
    told = meant if near and text else "write the name as the list of 2025 does, or the code"
    return f"is no unit of {council} {registry.names[council]}; {told}"


def _parts(text: str, units: dict[str, list[str]]) -> list[str]:
    if names.letters(text) in units:
        return [text]
    return [part for part in _PARTS.split(text) if part] or [text]


def _by_letters(registry: Registry, council: str) -> dict[str, list[str]]:
    """Units of a council by the letters of their names; a kabkota also without its kind."""
    found: dict[str, list[str]] = {}
    for code in registry.children(council):
        name = registry.names[code]
        spelt = {names.letters(name)}
        if len(code) == LENGTH["kabkota"]:
            spelt.add(names.letters(re.sub(r"^(kab\.|kabupaten|kota)\s+", "", name, flags=re.IGNORECASE)))
        for letters in spelt:
            found.setdefault(letters, []).append(code)
    return found


def _councils(registry: Registry) -> Iterator[str]:
    for level in _LEVELS:
        yield from registry.at(level)


def _said(path: Path, rows: Sequence[Named], registry: Registry) -> str:
    """The council that the rows name beside their units; "" if none does."""
    told = {names.letters(row.within): row for row in rows if row.within}
    found: dict[str, Named] = {}
    for letters, row in told.items():
        alike = [code for code in _councils(registry) if letters == names.letters(registry.names[code])]
        if len(alike) > 1:
            alike = [code for code in alike if _all_in(rows, _by_letters(registry, code))]
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


def _all_in(rows: Sequence[Named], units: dict[str, list[str]]) -> bool:
    return all(names.letters(part) in units for row in rows for part in _parts(row.text, units))


def _only(path: Path, rows: Sequence[Named], registry: Registry) -> str:
    """The only council that has units of all names."""
    held = {code: _by_letters(registry, code) for code in _councils(registry)}
    whole = [code for code, units in held.items() if _all_in(rows, units)]
    if len(whole) == 1:
        return whole[0]
    if whole:
        shown = ", ".join(f"{code} {registry.names[code]}" for code in whole[:3])
        raise PlanError(f"{where(path)}: units of these names are in {shown}; name one with --kabkota")
    best = max(held, key=lambda code: sum(_all_in([row], held[code]) for row in rows))
    lacking = [row for row in rows if not _all_in([row], held[best])]
    if len(lacking) * 2 > len(rows):
        raise PlanError(
            f"{where(path, rows[0].line - 1)}: no column kode, and no council has units of these names; name it with "
            "--kabkota, or give codes: kode,dapil"
        )
    raise PlanError(
        f"{where(path, lacking[0].line)}: {lacking[0].text!r} is no unit of {best} {registry.names[best]}, of which "
        "the others are; mend the name, or name the council with --kabkota"
    )
