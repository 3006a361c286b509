"""A plan of somebody's own, read from a table: forgiving in form, strict in content.

Read are CSV and sheets of workbooks (`boundaries.research.draft_cells`): a column of units and one of dapil, under any
of the names that people and programs use, `kursi` if there is one; this project's own assignment and, a row a dapil,
its tables of dapil; GerryChain's JSON;
polygons, which `boundaries.research.drawn_plan` lays over a release.
A kabkota stands for all its kecamatan. Units may be written by name (`boundaries.research.named_units`), several in a
cell, a code before each or none; a title above the columns, a total and signatures below are told. A merged cell
stands for all that it covers. Codes that a spreadsheet spoilt are put right by `kunci` or, where only one unit can be
meant, by the list of units (`boundaries.research.spoilt_codes`); each is told. What cannot be right is refused with
line, thing and mend.
"""

import json
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import pandas as pd

from boundaries.errors import PlanError
from boundaries.law.codes import LENGTH
from boundaries.law.former_codes import former_codes
from boundaries.law.registry import Registry
from boundaries.law.tables import SHOWN, refuse, where
from boundaries.research import named_units
from boundaries.research.draft_cells import Cells, Merged, cells_of, file_of, read_text
from boundaries.research.drawn_plan import assigned, is_drawn
from boundaries.research.named_units import Named, units_of_names
from boundaries.research.proposal import COUNCILS, Proposal
from boundaries.research.spoilt_codes import SpoiltCodes
from boundaries.research.zoning import Units

#: Names of columns, as they are met; compared without case, blanks, underscores and hyphens.
UNIT: Final = ("kunci", "kodeunit", "kode", "unit", "kodewilayah", "kodedesa", "kodekelurahan", "kodekecamatan",
               "kodekec", "kodedistrik", "kodekabkota", "kodekabupaten", "geoid", "geoid20", "id")  # fmt: skip
DAPIL: Final = ("kodedapil", "dapil", "daerahpemilihan", "district", "assignment", "namadapil",
                "namadaerahpemilihan", "nomordapil", "nodapil")  # fmt: skip
SEATS: Final = ("kursi", "jumlahkursi", "jmlkursi", "alokasikursi", "seats")
#: What tells this project's own tables of dapil, a row each: their units are in `LISTED`, whatever else has codes.
OWN: Final = ("id", "kodedapil", "lembaga", "wilayah")
LISTED: Final = "wilayah"
#: Words of a total below the rows.
TOTAL: Final = ("jumlah", "total", "jumlahtotal", "totalkursi", "jumlahkursi", "jml")
#: What a spreadsheet shows where a formula fails.
ERROR: Final = r"#(N/A|[A-Z0/]+[!?])"
#: What no name of a dapil has: signs that are not written, more letters.
UNWRITTEN: Final = r"[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff]"
MOST_LETTERS: Final = 200
#: Signs that are not seen: soft hyphen, joiners, marks of direction.
UNSEEN: Final = r"\xad\u200b-\u200f\u2060\ufeff"
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
    that a ``total`` says, by its line; what is told of merged cells; the ``chamber`` that all rows name, or ""."""

    rows: list[_Row]
    by_name: bool = False
    beside: tuple[tuple[int, str], ...] = ()
    total: tuple[tuple[int, str], ...] = ()
    merged: tuple[tuple[str, str], ...] = ()
    chamber: str = ""


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
    asked, (path, part) = path, file_of(path)
    notes: list[tuple[str, str]] = []
    table = _Table(_drawn(path, part, ground, notes)) if is_drawn(path) else _table(asked)
    rows, chamber = table.rows, chamber or table.chamber
    _not_more(path, len(rows), registry)
    notes += [
        (f"baris {line}: {text!r} tidak dibaca", f"line {line}: {text!r} not read")
        for line, text in table.beside
    ]
    notes += table.merged
    if table.by_name:
        said = [Named(row.line, row.unit, row.within) for row in rows]
        codes = units_of_names(path, said, registry, council, notes)
        rows = [replace(row, unit=code) for row, each in zip(rows, codes, strict=True) for code in each]
    units = _units(path, rows, registry, council, notes)
    chamber, council = _meant(path, units, chamber, council, notes)
    refuse(_faults(path, rows, units, registry, council), PlanError)
    named = sorted({row.dapil for row in rows}, key=_natural)
    number = {name: n for n, name in enumerate(named)}
    members = {unit: number[row.dapil] for unit, row in zip(units, rows, strict=True)}
    seats = _seats(path, rows)
    refuse(_total(path, table, seats), PlanError)
    digits = council.replace(".", "")
    coded = all(re.fullmatch(rf"({_prefixes(council)})\d{{2,4}}", name, re.ASCII) for name in named)
    dapil = pd.DataFrame({
        "kode_dapil": named if coded else [f"{digits}{n + 1:02d}" for n in range(len(named))],
        "nama_dapil": [f"{registry.names[council]} {int(name[-2:])}" for name in named] if coded else named,
        "dewan": council,
        "kursi": pd.array([seats.get(name, 0) for name in named], dtype="int64"),
        "penduduk": pd.array([None] * len(named), dtype="Int64"),
    })  # fmt: skip
    return Proposal(
        f"{path.stem} {part}".rstrip(), chamber, year, dapil, members, whole=False, seats_given=bool(seats),
        notes=tuple(notes),
    )  # fmt: skip


def _prefixes(council: str) -> str:
    """What the codes of a council's dapil begin with, as alternatives: its own code, and those that it had."""
    former = sorted(old for old, (_, now) in former_codes().items() if now == council)
    return "|".join(code.replace(".", "") for code in [council, *former])


# The file


def _drawn(
    path: Path, layer: str, ground: Callable[[], Units] | None, notes: list[tuple[str, str]]
) -> list[_Row]:
    """Rows of polygons: the line is the number of the feature."""
    if ground is None:
        raise PlanError(f"{where(path)}: polygons need a release to be laid over; give a table: kode,dapil")
    return [_Row(row.feature, row.unit, row.dapil, row.seats)
            for row in assigned(path, layer, ground, DAPIL, SEATS, notes)]  # fmt: skip


def _table(path: Path) -> _Table:
    """Rows of a table; `path` may name a sheet."""
    found = (
        _Table(_from_json(path, read_text(path)))
        if path.suffix.lower() == ".json"
        else _from_cells(file_of(path)[0], cells_of(path, _is_header))
    )
    if not found.rows:
        raise PlanError(f"{where(path)}: no unit in it; write a line a unit: kode,dapil")
    return found


def _not_more(path: Path, rows: int, registry: Registry) -> None:
    if rows > len(registry.names):
        raise PlanError(
            f"{where(path)}: {rows:,} rows, and there are {len(registry.names):,} units of all levels; keep those "
            "of one council"
        )


def _from_cells(path: Path, cells: Cells) -> _Table:
    at = max(cells.header, 0)
    below = max((each.rows.stop for each in cells.merged if at in each.rows), default=at + 1)
    header = _names(cells.lines[at:below])
    unit, dapil, seats = (_column(header, names) for names in (UNIT, DAPIL, SEATS))
    own = set(OWN) <= set(header)
    unit = None if own else unit
    name = _column(header, (LISTED,) if own else named_units.UNIT) if unit is None else None
    _lacking(path, header, unit if name is None else name, dapil)
    column, assigned = (unit if unit is not None else name) or 0, dapil or 0
    within = None if name is None or own else _column(header, named_units.WITHIN)
    refuse(_twice(path, header, (column, assigned, seats)), PlanError)
    filled = {each for each in (assigned, seats, within) if each not in (None, column)}
    merged = [each for each in cells.merged if each.rows.start >= below and each.columns.start in filled]
    _fill(cells, merged)
    rows, beside, total, problems = [], _shown(cells.lines[:at], 1), [], []
    body = [(n, line) for n, line in enumerate(cells.lines[below:], below + 1) if any(map(str.strip, line))]
    said = [each for each in (assigned, seats) if each is not None]
    foot = _foot(body, column, said)
    for n, line in body:
        if n >= foot or not any(_at(line, each) for each in (column, *said)):
            beside += _shown([line], n)
            continue
        if _is_total(line, column):
            beside += _shown([line], n)
            total += [(n, line[seats].strip())] if seats is not None and len(line) > seats else []
            continue
        if len(line) <= max(column, assigned, seats or 0):
            problems.append(f"{where(path, n)}: {len(line)} fields, expected {len(header)}; restore the line")
            continue
        rows.append(_Row(
            n, line[column].strip(), line[assigned].strip(), line[seats].strip() if seats is not None else "",
            line[within].strip() if within not in (None, column) and len(line) > int(within or 0) else "",
        ))  # fmt: skip
    refuse(problems, PlanError)
    told = [_covering(each, cells.lines[each.rows.start][each.columns.start]) for each in merged]
    chambers = {_at(line, header.index("lembaga")) for _, line in body} if own else set()
    chamber = chambers.pop() if len(chambers) == 1 else ""
    return _Table(rows, unit is None, tuple(beside), tuple(total), tuple(told), chamber)


def _at(line: list[str], column: int) -> str:
    return line[column].strip() if len(line) > column else ""


def _is_total(line: list[str], unit: int) -> bool:
    return _plain(_at(line, unit)) in ("", *TOTAL) and any(_plain(cell) in TOTAL for cell in line)


def _foot(body: list[tuple[int, list[str]]], unit: int, said: list[int]) -> float:
    """The first line of what stands below the last total, place, date and signatures, if nothing there gives a unit a
    dapil or seats; else infinity."""
    first = math.inf
    for n, line in reversed(body):
        if _is_total(line, unit):
            return first
        if _at(line, unit) and any(_at(line, each) for each in said):
            return math.inf
        first = n
    return math.inf


def _names(lines: list[list[str]]) -> list[str]:
    """The names of columns that stand in one line, or in several that merged cells join: the uppermost of each."""
    wide = max((len(line) for line in lines), default=0)
    named = [[_plain(cell) for cell in line] + [""] * (wide - len(line)) for line in lines]
    return [next(filter(None, each), "") for each in zip(*named, strict=True)]


def _is_header(cells: list[str]) -> bool:
    """Whether a line names a column of units and one of dapil."""
    header = {_plain(cell) for cell in cells}
    return bool({*DAPIL} & header and {*UNIT, *named_units.UNIT} & header)


def _fill(cells: Cells, merged: list[Merged]) -> None:
    """Write what a merged cell shows into all that it covers in its first column."""
    for each in merged:
        value = cells.lines[each.rows.start][each.columns.start]
        for n in each.rows:
            cells.lines[n][each.columns.start] = value


def _covering(merged: Merged, value: str) -> tuple[str, str]:
    lines = f"{merged.rows.start + 1}-{merged.rows.stop}"
    return (f"baris {lines}: sel gabungan {merged.name} dibaca sebagai {value!r} di semua barisnya",
            f"lines {lines}: merged cell {merged.name} read as {value!r} in all its lines")  # fmt: skip


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


def _twice(path: Path, header: list[str], columns: tuple[int | None, ...]) -> Iterator[str]:
    for name in [header[each] for each in columns if each is not None]:
        if header.count(name) > 1:
            yield f"{where(path)}: {header.count(name)} columns {name}; keep the one that is meant"


def _total(path: Path, table: _Table, seats: Mapping[str, int]) -> Iterator[str]:
    """A total below that is neither the sum over dapil nor, where each unit repeats its dapil's seats, over lines."""
    sums = {sum(seats.values()), sum(seats[row.dapil] for row in table.rows if row.seats)}
    for line, text in table.total if seats else ():
        if re.fullmatch(r"\d{1,6}(\.0)?", text, re.ASCII) and int(float(text)) not in sums:
            yield f"{where(path, line)}: the total says {text} seats, the dapil have {sum(seats.values())}; mend one"


def _column(header: list[str], names: tuple[str, ...]) -> int | None:
    return next((header.index(name) for name in names if name in header), None)


class _Pairs(list[tuple[str, Any]]):
    """An object of JSON with all its names, those that stand twice too."""


def _from_json(path: Path, text: str) -> list[_Row]:
    """GerryChain's assignment: an object of unit and dapil, bare or under ``assignment``; the line is the number of the
    pair."""
    try:
        value = json.loads(text, object_pairs_hook=_Pairs, parse_int=str)
    except (ValueError, RecursionError) as error:
        raise PlanError(f"{where(path)}: not JSON ({error}); give the assignment as an object") from None
    if isinstance(value, _Pairs):
        value = next((each for name, each in value if name == "assignment"), value)
    if not isinstance(value, _Pairs) or not all(isinstance(each, str | float | None) for _, each in value):
        raise PlanError(f'{where(path)}: no assignment; write an object: {{"32.01.01": 1, ...}}')
    return [_Row(n, unit.strip(), _numbered(dapil), "") for n, (unit, dapil) in enumerate(value, 1)]


def _numbered(dapil: str | float | None) -> str:
    """A dapil as JSON has it, a whole number as its digits; "" for none (NaN)."""
    if isinstance(dapil, float):
        return f"{dapil:.0f}" if dapil.is_integer() else "" if dapil != dapil else repr(dapil)
    return dapil or ""


# What is in it


def _units(
    path: Path, rows: list[_Row], registry: Registry, council: str, notes: list[tuple[str, str]]
) -> list[str]:
    """The unit of each row: its code, else the only one that a spoilt code can be, which is told. What another row
    names cannot be meant, nor what is outside the council."""
    texts = [row.unit.removeprefix(_KEY) for row in rows]
    named = {text for text in texts if text in registry}
    spoilt = SpoiltCodes(registry.names)
    found: list[str] = []
    problems: list[str] = []
    for row, text in zip(rows, texts, strict=True):
        if text in registry:
            found.append(text)
            continue
        meant = spoilt.meant(text)
        if len(meant) > 1:
            meant = [code for code in meant if code not in named and code.startswith(council)] or meant
        if len(meant) == 1:
            found.append(meant[0])
            notes.append((f"baris {row.line}: {text!r} dibaca sebagai {meant[0]} {registry.names[meant[0]]}",
                          f"line {row.line}: {text!r} read as {meant[0]} {registry.names[meant[0]]}"))  # fmt: skip
            continue
        found.append("")
        problems.append(f"{where(path, row.line)}: {_unknown(registry, text, meant, problems)}")
    refuse(problems, PlanError)
    return found


def _unknown(registry: Registry, text: str, meant: list[str], problems: list[str]) -> str:
    if text.startswith("="):
        return f"{text[:20]!r} is a formula without a value; write its value"
    why = f"may be {' or '.join(meant[:3])}; write which" if meant else _suggested(registry, text, problems)
    return f"{text!r} is no unit of the list of 2025; {why}"


def _suggested(registry: Registry, text: str, problems: list[str]) -> str:
    """What may be meant, for the problems that a message shows: to look for it takes milliseconds."""
    if len(problems) >= SHOWN:
        return ""
    for size in (len(text), LENGTH["kabkota"]):
        former = None if text[:size] in registry else former_codes().get(text[:size])
        if former is not None:
            year, now = former
            return f"{text[:size]} of {year} is {now} {registry.names[now]} today; write the codes of 2025"
    return registry.suggest(text)


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
        elif not is_name(row.dapil):
            yield f"{at}: dapil {row.dapil[:20]!r} is no name; write one of letters and digits, {MOST_LETTERS} at most"
        elif row.dapil[:1] in "=+-@":
            yield f"{at}: dapil {row.dapil[:20]!r} is a formula; write its value"
        if re.fullmatch(ERROR, row.dapil):
            yield f"{at}: dapil {row.dapil} is a spreadsheet's error; mend its formula"
        alike = spelt.setdefault(_seen(row.dapil), row.dapil)
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


def is_name(dapil: str) -> bool:
    """Whether a dapil may be called so: a letter or digit, no sign that is not written, not too long."""
    written = not re.search(UNWRITTEN, dapil) and len(dapil) <= MOST_LETTERS
    return written and any(map(str.isalnum, dapil))


def _seen(dapil: str) -> str:
    """A name as it looks: without case, blanks, signs that are not seen, and forms of letters."""
    return re.sub(rf"[\s{UNSEEN}]", "", unicodedata.normalize("NFKC", dapil).casefold())


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
    refuse(dict.fromkeys(problems), PlanError)  # the rows of a feature say the same
    return found


def _natural(name: str) -> tuple[Any, ...]:
    return tuple(
        (0, int(part), "") if part.isdecimal() else (1, 0, part) for part in re.split(r"(\d+)", name) if part
    )


def _names_people(cells: list[str]) -> bool:
    return {"kode", "penduduk"} <= {cell.strip().lower() for cell in cells}


def read_people(path: Path, registry: Registry) -> dict[str, float]:
    """Read ``kode,penduduk`` from CSV or a sheet of a workbook: people of units, whole numbers above 0.

    Raises
    ------
    PlanError
        A unit that is none, twice, or with people that are no number above 0.
    """
    path, cells = file_of(path)[0], cells_of(path, _names_people)
    if cells.header:
        raise PlanError(f"{where(path, 1)}: the columns must be kode,penduduk; name them so")
    lines = cells.lines
    header = [cell.strip().lower() for cell in lines[0]]
    _not_more(path, len(lines), registry)
    code, people = header.index("kode"), header.index("penduduk")
    found: dict[str, float] = {}
    problems: list[str] = []
    for n, line in enumerate(lines[1:], 2):
        unit, value = (line[at].strip() if at < len(line) else "" for at in (code, people))
        if not any(line):
            continue
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
