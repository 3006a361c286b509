"""A plan of somebody's own, read from a table: forgiving in form, strict in content.

Read are CSV with ``,`` ``;`` or tabulators, UTF-8 with or without a mark: a column of units and one of dapil, under any
of the names that people and programs use, `kursi` if there is one; this project's own assignment; GerryChain's JSON;
polygons, which `boundaries.research.drawn_plan` lays over a release.
A kabkota stands for all its kecamatan. Units may be written by name (`boundaries.research.named_units`), several in a
cell; a title above the columns and a total below are told. Codes that a spreadsheet spoilt are put right by `kunci` or,
where only one unit can be meant, by the list of units; each is told. What cannot be right is refused with line, thing
and mend.
"""

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import pandas as pd

from boundaries.errors import PlanError
from boundaries.law.codes import LENGTH
from boundaries.law.registry import Registry
from boundaries.law.tables import SHOWN, refuse, refuse_large, refuse_long, where
from boundaries.research import named_units
from boundaries.research.drawn_plan import assigned, is_drawn
from boundaries.research.named_units import Named, units_of_names
from boundaries.research.proposal import COUNCILS, Proposal
from boundaries.research.zoning import Units

#: Names of columns, as they are met; compared without case, blanks, underscores and hyphens.
UNIT: Final = ("kunci", "kodeunit", "kode", "unit", "kodewilayah", "kodedesa", "kodekelurahan", "kodekecamatan",
               "kodekec", "kodekabkota", "kodekabupaten", "geoid", "geoid20", "id")  # fmt: skip
DAPIL: Final = ("kodedapil", "dapil", "daerahpemilihan", "district", "assignment", "namadapil",
                "namadaerahpemilihan")  # fmt: skip
SEATS: Final = ("kursi", "jumlahkursi", "alokasikursi", "seats")
#: A title may stand above the names of the columns, and a total below: this many lines, and these words.
TITLE_LINES: Final = 10
TOTAL: Final = ("jumlah", "total", "jumlahtotal", "totalkursi", "jumlahkursi")
#: A table longer than this is not read: 200 bytes for every desa of the nation.
MOST_BYTES: Final = 16 << 20
_KEY: Final = "unit-"


@dataclass(frozen=True)
class _Row:
    line: int
    unit: str
    dapil: str
    seats: str
    within: str = ""


@dataclass(frozen=True)
class _Table:
    """Rows of a file; whether its units are written by ``name``; lines ``beside`` the rows, that are told; the seats
    that a ``total`` says, by its line."""

    rows: list[_Row]
    by_name: bool = False
    beside: tuple[tuple[int, str], ...] = ()
    total: tuple[tuple[int, str], ...] = ()


def read_plan(
    path: Path, registry: Registry, *, chamber: str = "", council: str = "", year: int = 2024,
    ground: Callable[[], Units] | None = None,
) -> Proposal:  # fmt: skip
    """Read a plan of one council.

    Parameters
    ----------
    chamber, council
        What the plan is for; where empty, inferred from the units and told: kecamatan of one kabkota are DPRD kabkota,
        kabkota of one provinsi DPRD provinsi.
    year
        The election whose thresholds it is held against.
    ground
        Gives the units that polygons are laid over; without it they are refused.

    Raises
    ------
    PlanError
        The file, or what stands in it, cannot be a plan; up to ten problems by line, each with its mend.
    """
    notes: list[tuple[str, str]] = []
    table = _Table(_drawn(path, ground, notes)) if is_drawn(path) else _table(path)
    rows = table.rows
    _not_more(path, len(rows), registry)
    notes += [
        (f"baris {line}: {text!r} tidak dibaca", f"line {line}: {text!r} not read")
        for line, text in table.beside
    ]
    if table.by_name:
        said = [Named(row.line, row.unit, row.within) for row in rows]
        codes = units_of_names(path, said, registry, council, notes)
        rows = [replace(row, unit=code) for row, each in zip(rows, codes, strict=True) for code in each]
    units = _units(path, rows, registry, notes)
    chamber, council = _meant(path, units, chamber, council, notes)
    refuse(_faults(path, rows, units, registry, council), PlanError)
    named = sorted({row.dapil for row in rows}, key=_natural)
    number = {name: n for n, name in enumerate(named)}
    members = {unit: number[row.dapil] for unit, row in zip(units, rows, strict=True)}
    seats = _seats(path, rows)
    refuse(_total(path, table, seats), PlanError)
    digits = council.replace(".", "")
    coded = all(re.fullmatch(r"\d{4,6}", name, re.ASCII) for name in named)
    dapil = pd.DataFrame({
        "kode_dapil": named if coded else [f"{digits}{n + 1:02d}" for n in range(len(named))],
        "nama_dapil": [f"{registry.names[council]} {int(name[-2:])}" for name in named] if coded else named,
        "dewan": council,
        "kursi": pd.array([seats.get(name, 0) for name in named], dtype="int64"),
        "penduduk": pd.array([None] * len(named), dtype="Int64"),
    })  # fmt: skip
    return Proposal(
        path.stem, chamber, year, dapil, members, whole=False, seats_given=bool(seats), notes=tuple(notes)
    )


# The file


def _drawn(path: Path, ground: Callable[[], Units] | None, notes: list[tuple[str, str]]) -> list[_Row]:
    """Rows of polygons: the line is the number of the feature."""
    if ground is None:
        raise PlanError(f"{where(path)}: polygons need a release to be laid over; give a table: kode,dapil")
    return [_Row(row.feature, row.unit, row.dapil, row.seats)
            for row in assigned(path, ground, DAPIL, SEATS, notes)]  # fmt: skip


def _table(path: Path) -> _Table:
    text = _text(path)
    found = _Table(_from_json(path, text)) if path.suffix.lower() == ".json" else _from_csv(path, text)
    if not found.rows:
        raise PlanError(f"{where(path)}: no unit in it; write a line a unit: kode,dapil")
    return found


def _text(path: Path) -> str:
    refuse_large(path, PlanError, MOST_BYTES)
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise PlanError(f"{where(path)}: cannot be read ({error.strerror}); name another file") from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise PlanError(f"{where(path, line)}: not UTF-8; save the file as CSV UTF-8") from None
    if "\0" in text:
        raise PlanError(f"{where(path)}: not a text; save the table as CSV UTF-8")
    refuse_long(path, text, PlanError)
    return text


def _not_more(path: Path, rows: int, registry: Registry) -> None:
    if rows > len(registry.names):
        raise PlanError(
            f"{where(path)}: {rows:,} rows, and there are {len(registry.names):,} units of all levels; keep those "
            "of one council"
        )


def _from_csv(path: Path, text: str) -> _Table:
    read = [_separated(path, text, separator) for separator in _separators(text)]
    lines, at = next((each for each in read if each[1] >= 0), read[0])
    at = max(at, 0)
    header = [_plain(cell) for cell in lines[at]] if lines else []
    unit, dapil, seats = (_column(header, names) for names in (UNIT, DAPIL, SEATS))
    name = _column(header, named_units.UNIT) if unit is None else None
    _lacking(path, header, unit if name is None else name, dapil)
    column, assigned = (unit if unit is not None else name) or 0, dapil or 0
    within = None if name is None else _column(header, named_units.WITHIN)
    rows, beside, total, problems = [], _shown(lines[:at], 1), [], []
    for n, cells in enumerate(lines[at + 1 :], at + 2):
        if not any(cell.strip() for cell in cells):
            continue
        own = _plain(cells[column]) if len(cells) > column else ""
        if own in ("", *TOTAL) and any(_plain(cell) in TOTAL for cell in cells):
            beside += _shown([cells], n)
            total += [(n, cells[seats].strip())] if seats is not None and len(cells) > seats else []
            continue
        if len(cells) <= max(column, assigned, seats or 0):
            problems.append(
                f"{where(path, n)}: {len(cells)} fields, expected {len(header)}; restore the line"
            )
            continue
        rows.append(_Row(
            n, cells[column].strip(), cells[assigned].strip(), cells[seats].strip() if seats is not None else "",
            cells[within].strip() if within not in (None, column) and len(cells) > int(within or 0) else "",
        ))  # fmt: skip
    refuse(problems, PlanError)
    return _Table(rows, unit is None, tuple(beside), tuple(total))


def _separators(text: str) -> list[str]:
    """What may part the cells, the likeliest first."""
    head = text.splitlines()[:TITLE_LINES]
    return sorted((",", ";", "\t"), key=lambda each: -max((line.count(each) for line in head), default=0))


def _separated(path: Path, text: str, separator: str) -> tuple[list[list[str]], int]:
    """The cells by line, and the line that names columns of units and dapil; -1 if none does."""
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    except csv.Error as error:
        raise PlanError(f"{where(path)}: {error}; mend the quotes") from None
    for n, cells in enumerate(lines[:TITLE_LINES]):
        header = [_plain(cell) for cell in cells]
        if {*DAPIL} & {*header} and {*UNIT, *named_units.UNIT} & {*header}:
            return lines, n
    return lines, -1


def _plain(cell: str) -> str:
    """A name of a column as it is compared."""
    return re.sub(r"[\s_/.-]", "", cell).lower()


def _shown(lines: list[list[str]], first: int) -> list[tuple[int, str]]:
    """What stands in lines that are no rows, by line."""
    told = (
        (n, " ".join(cell.strip() for cell in cells if cell.strip())) for n, cells in enumerate(lines, first)
    )
    return [(n, text[:60]) for n, text in told if text]


def _lacking(path: Path, header: list[str], unit: int | None, dapil: int | None) -> None:
    if dapil is not None and unit is None and _column(header, named_units.TOO_FINE) is not None:
        raise PlanError(f"{where(path, 1)}: many desa have the same name; give their codes in a column kode")
    if unit is None or dapil is None:
        lacking = "kode" if unit is None else "dapil"
        raise PlanError(
            f"{where(path, 1)}: no column {lacking}; name the columns kode,dapil (and kursi, if you have it), or "
            "kecamatan,dapil for names"
        )


def _total(path: Path, table: _Table, seats: Mapping[str, int]) -> Iterator[str]:
    """A total below that is neither the sum over dapil nor, where each unit repeats its dapil's seats, over lines."""
    sums = {sum(seats.values()), sum(seats[row.dapil] for row in table.rows if row.seats)}
    for line, text in table.total if seats else ():
        if re.fullmatch(r"\d{1,6}(\.0)?", text, re.ASCII) and int(float(text)) not in sums:
            yield f"{where(path, line)}: the total says {text} seats, the dapil have {sum(seats.values())}; mend one"


def _column(header: list[str], names: tuple[str, ...]) -> int | None:
    return next((header.index(name) for name in names if name in header), None)


def _from_json(path: Path, text: str) -> list[_Row]:
    """GerryChain's assignment: an object of unit and dapil, bare or under ``assignment``."""
    try:
        value = json.loads(text)
    except ValueError as error:
        raise PlanError(f"{where(path)}: not JSON ({error}); give the assignment as an object") from None
    value = value.get("assignment", value) if isinstance(value, dict) else value
    if not isinstance(value, dict) or not all(isinstance(each, str | int) for each in value.values()):
        raise PlanError(f'{where(path)}: no assignment; write an object: {{"32.01.01": 1, ...}}')
    return [_Row(n, str(unit).strip(), str(dapil), "") for n, (unit, dapil) in enumerate(value.items(), 1)]


# What is in it


def _units(path: Path, rows: list[_Row], registry: Registry, notes: list[tuple[str, str]]) -> list[str]:
    spoilt: Mapping[str, list[str]] = {}
    found: list[str] = []
    problems: list[str] = []
    for row in rows:
        text = row.unit.removeprefix(_KEY)
        if text in registry:
            found.append(text)
            continue
        spoilt = spoilt or _spoilt(registry)
        meant = spoilt.get(bare(text), [])
        if len(meant) == 1:
            found.append(meant[0])
            notes.append((f"baris {row.line}: {text!r} dibaca sebagai {meant[0]} {registry.names[meant[0]]}",
                          f"line {row.line}: {text!r} read as {meant[0]} {registry.names[meant[0]]}"))  # fmt: skip
            continue
        found.append("")
        why = f"may be {' or '.join(meant[:3])}" if meant else _suggested(registry, text, problems)
        problems.append(f"{where(path, row.line)}: {text!r} is no unit of the list of 2025; {why}")
    refuse(problems, PlanError)
    return found


def _suggested(registry: Registry, text: str, problems: list[str]) -> str:
    """What may be meant, for the problems that a message shows: to look for it takes milliseconds."""
    return registry.suggest(text) if len(problems) < SHOWN else ""


def bare(text: str) -> str:
    """What is left of a code in a spreadsheet: digits, without zeros at the ends of its parts, however set apart."""
    text = text.removesuffix(".0") if re.fullmatch(r"\d{6,}\.0", text, re.ASCII) else text
    parts = re.split(r"[^0-9]+", text)
    if len(parts) == 1 and len(text) in (4, 6, 10):
        parts = [part for part in (text[:2], text[2:4], text[4:6], text[6:]) if part]
    return "-".join(
        part.strip("0") if n == len(parts) - 1 and n == 1 else part.lstrip("0")
        for n, part in enumerate(parts)
    )


def _spoilt(registry: Registry) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for code in registry.names:
        found.setdefault(bare(code), []).append(code)
    return found


def _meant(
    path: Path, units: list[str], chamber: str, council: str, notes: list[tuple[str, str]]
) -> tuple[str, str]:
    """The chamber and council of a plan: given, or inferred (most of the kecamatan are of one kabkota) and told."""
    size = min(len(unit) for unit in units)
    if not chamber:
        most = Counter(unit[: LENGTH["kabkota"]] for unit in units).most_common(1)[0][1]
        fine = size >= LENGTH["kecamatan"] and most > len(units) / 2
        chamber = "dprd-kabkota" if fine else "dprd-provinsi"
        notes.append(
            (f"lembaga disimpulkan dari kode: {chamber}", f"chamber inferred from the codes: {chamber}")
        )
    if chamber not in COUNCILS:
        raise PlanError(f"no chamber {chamber!r}; choose among {', '.join(COUNCILS)}")
    length = LENGTH[COUNCILS[chamber]]
    if size < length:
        raise PlanError(
            f"{where(path)}: {min(units, key=len)} is larger than a council of {chamber}; name its parts"
        )
    counted = Counter(unit[:length] for unit in units).most_common()
    if not council:
        council = counted[0][0]
        notes.append(
            (f"dewan disimpulkan dari kode: {council}", f"council inferred from the codes: {council}")
        )
    return chamber, council


def _faults(
    path: Path, rows: list[_Row], units: list[str], registry: Registry, council: str
) -> Iterator[str]:
    line_of: dict[str, int] = {}
    spelt: dict[str, str] = {}
    if council not in registry:
        yield f"council {council!r} is no unit; {registry.suggest(council)}"
        return
    for row, unit in zip(rows, units, strict=True):
        at = where(path, row.line)
        if not unit.startswith(council):
            yield f"{at}: {unit} {registry.names[unit]} is outside {council} {registry.names[council]}; remove the line"
        if not row.dapil:
            yield f"{at}: {unit} has no dapil; write one, in every line of cells that were merged, too"
        if row.dapil[:1] in "=+@" and row.dapil:
            yield f"{at}: dapil {row.dapil[:20]!r} is a formula; write its value"
        alike = spelt.setdefault(row.dapil.casefold().replace(" ", ""), row.dapil)
        if alike != row.dapil:
            yield f"{at}: dapil {row.dapil!r} is written {alike!r} above; write both alike"
        if unit in line_of:
            yield f"{at}: {unit} {registry.names[unit]} stands in line {line_of[unit]} already; remove one"
        line_of[unit] = row.line
    for unit, line in line_of.items():
        above = next((unit[:n] for n in LENGTH.values() if n < len(unit) and unit[:n] in line_of), None)
        if above:
            yield f"{where(path, line)}: {unit} lies in {above} of line {line_of[above]}; name one of them"
    if len({row.dapil for row in rows}) > 1_000:
        yield f"{where(path)}: over 1,000 dapil; the column of dapil is another: name it dapil"


def _seats(path: Path, rows: list[_Row]) -> dict[str, int]:
    """Seats of each dapil, as every of its rows that says them has them; none at all if no row does."""
    found: dict[str, int] = {}
    problems: list[str] = []
    for row in rows:
        if not row.seats:
            continue
        if not re.fullmatch(r"\d{1,3}(\.0)?", row.seats, re.ASCII):
            problems.append(f"{where(path, row.line)}: kursi {row.seats!r} is no whole number; write digits")
            continue
        seats = int(float(row.seats))
        if found.setdefault(row.dapil, seats) != seats:
            problems.append(
                f"{where(path, row.line)}: kursi of {row.dapil} is {seats} here and {found[row.dapil]} above; mend one"
            )
    lacking = sorted({row.dapil for row in rows} - found.keys()) if found else []
    problems += [f"{where(path)}: dapil {name} has no kursi; give all of them or none" for name in lacking]
    refuse(problems, PlanError)
    return found


def _natural(name: str) -> tuple[Any, ...]:
    return tuple(
        (0, int(part), "") if part.isdecimal() else (1, 0, part) for part in re.split(r"(\d+)", name) if part
    )


def read_people(path: Path, registry: Registry) -> dict[str, float]:
    """Read ``kode,penduduk``: people of units, whole numbers above 0.

    Raises
    ------
    PlanError
        A unit that is none, twice, or with people that are no number above 0.
    """
    text = _text(path)
    lines = list(
        csv.reader(io.StringIO(text, newline=""), delimiter=";" if ";" in text.partition("\n")[0] else ",")
    )
    header = [cell.strip().lower() for cell in lines[0]] if lines else []
    if "kode" not in header or "penduduk" not in header:
        raise PlanError(f"{where(path, 1)}: the columns must be kode,penduduk; name them so")
    _not_more(path, len(lines), registry)
    code, people = header.index("kode"), header.index("penduduk")
    found: dict[str, float] = {}
    problems: list[str] = []
    for n, cells in enumerate(lines[1:], 2):
        unit, value = (cells[at].strip() if at < len(cells) else "" for at in (code, people))
        if unit not in registry:
            problems.append(f"{where(path, n)}: {unit!r} is no unit; {_suggested(registry, unit, problems)}")
        elif unit in found:
            problems.append(f"{where(path, n)}: {unit} stands there twice; remove one")
        elif not re.fullmatch(r"[1-9]\d{0,9}", value, re.ASCII):
            problems.append(
                f"{where(path, n)}: penduduk {value!r} is no whole number above 0; write digits alone"
            )
        else:
            found[unit] = float(value)
    refuse(problems, PlanError)
    return found
