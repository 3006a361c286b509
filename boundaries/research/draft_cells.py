"""The cells of a draft's file, as text: CSV as spreadsheets save it, or a sheet of a workbook as it shows itself.

Of a workbook is taken what a person sees: a value for a formula, one value for all of a merged range, a number by its
decimals. Which sheet, ``rancangan.xlsx#Dapil`` says.
"""

import csv
import datetime
import io
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from boundaries.errors import PlanError
from boundaries.law.tables import refuse_large, refuse_long, where
from boundaries.law.workbooks import sheets

#: A file longer than this is not read: 200 bytes for every desa of the nation; nor a workbook with more cells, six for
#: each of these, which take openpyxl half a GB.
MOST_BYTES: Final = 16 << 20
MOST_CELLS: Final = 1 << 19
#: A title may stand above the names of the columns: this many lines.
TITLE_LINES: Final = 10
_SHEETS: Final = (".xlsx", ".xlsm")
#: Endings of files that may hold several sheets or layers.
_OF_SEVERAL: Final = "xls[xm]|gpkg|gdb|km[lz]|zip"
_PACKED: Final = b"PK\x03\x04"
_OLD: Final = b"\xd0\xcf\x11\xe0"
#: Excel's "Unicode text".
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")

Lines = list[list[str]]


@dataclass(frozen=True)
class Merged:
    """A merged range of more than one row: its name, and its rows and columns, counted from 0, the last not in it."""

    name: str
    rows: range
    columns: range


@dataclass(frozen=True)
class Cells:
    """Lines of cells, the line of the names of the columns (-1: none was found), merged ranges."""

    lines: Lines
    header: int
    merged: tuple[Merged, ...] = ()


def file_of(path: Path) -> tuple[Path, str]:
    """The file that a person names, and the sheet or layer, "" where none is named: ``rancangan.xlsx#Dapil``."""
    found = re.fullmatch(rf"(.+?\.(?:{_OF_SEVERAL}))#(.+)", str(path), re.IGNORECASE | re.DOTALL)
    return (path, "") if found is None or path.exists() else (Path(found[1]), found[2])


def cells_of(path: Path, is_header: Callable[[list[str]], bool]) -> Cells:
    """Read CSV (commas, semicolons or tabulators; UTF-8 or UTF-16) or a sheet of a workbook (`file_of`).

    `is_header` tells whether a line names the columns; it is sought in the first lines.

    Raises
    ------
    PlanError
        The file cannot be read, or no sheet or several may be meant.
    """
    file, name = file_of(path)
    if file.suffix.lower() in _SHEETS or _begins(file) in (_PACKED, _OLD):
        lines, merged = _of_sheet(file, name)
        return Cells(lines, _header(lines, is_header), merged)
    return _of_text(file, read_text(file), is_header)


def read_text(path: Path) -> str:
    """Read a text in UTF-8, with a mark or without, or in UTF-16 with one."""
    refuse_large(path, PlanError, MOST_BYTES)
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise PlanError(f"{where(path)}: cannot be read ({error.strerror}); name another file") from None
    try:
        text = raw.decode("utf-16" if raw.startswith(_UTF16) else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise PlanError(
            f"{where(path, line)}: not UTF-8, nor UTF-16 with its mark; save the file as CSV UTF-8 or XLSX"
        ) from None
    if "\0" in text:
        raise PlanError(f"{where(path)}: not a text; save the table as CSV UTF-8 or XLSX")
    refuse_long(path, text, PlanError)
    return text


def _begins(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(len(_PACKED))
    except OSError:
        return b""  # who reads it says why


def _header(lines: Lines, is_header: Callable[[list[str]], bool]) -> int:
    return next((n for n, cells in enumerate(lines[:TITLE_LINES]) if is_header(cells)), -1)


# CSV


def _separators(text: str) -> list[str]:
    """What may part the cells, the likeliest first."""
    head = text.splitlines()[:TITLE_LINES]
    return sorted((",", ";", "\t"), key=lambda each: -max((line.count(each) for line in head), default=0))


def _of_text(path: Path, text: str, is_header: Callable[[list[str]], bool]) -> Cells:
    """The cells by the separator that makes one of the first lines name columns; else by the likeliest."""
    found, wrong = [], []
    for separator in _separators(text):
        try:
            lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
        except csv.Error as error:  # quotes that end before what is no separator
            wrong.append(error)
            continue
        found.append(Cells(lines, _header(lines, is_header)))
        if found[-1].header >= 0:
            return found[-1]
    if wrong:
        raise PlanError(f"{where(path)}: {wrong[0]}; mend the quotes")
    return found[0]


# A sheet


def _of_sheet(path: Path, name: str) -> tuple[Lines, tuple[Merged, ...]]:
    """The cells of the sheet that is named, else of the only one; a formula without a value as it is written."""
    limits = path, PlanError, MOST_BYTES, MOST_CELLS
    sheet = _chosen(path, name, sheets(*limits))
    written = list(sheet.iter_rows())
    shown = next((each for each in sheets(*limits, stored=True) if each.title == sheet.title), sheet)
    lines = [
        [_shown(shown[cell.coordinate], cell) if cell.data_type == "f" else _text(cell) for cell in row]
        for row in written
    ]
    merged = (
        Merged(
            str(each.coord),
            range(each.min_row - 1, each.max_row),
            range(each.min_col - 1, each.max_col),
        )
        for each in sheet.merged_cells.ranges
    )
    return lines, tuple(
        sorted(
            (each for each in merged if len(each.rows) > 1),
            key=lambda each: (each.rows.start, each.columns.start),
        )
    )


def _chosen(path: Path, name: str, found: Iterable[Any]) -> Any:
    named = {each.title: each for each in found}
    shown = ", ".join(
        f"{title} (hidden)" if sheet.sheet_state != "visible" else title for title, sheet in named.items()
    )
    if not named:
        raise PlanError(f"{where(path)}: no sheet holds anything; write a line a unit: kode,dapil")
    if name and name not in named:
        raise PlanError(f"{where(path)}: no sheet {name!r} that holds anything; there are {shown}")
    if not name and len(named) > 1:
        raise PlanError(
            f"{where(path)}: {len(named)} sheets hold something ({shown}); name one: "
            f"'{where(path)}#{next(iter(named))}'"
        )
    return named[name] if name else next(iter(named.values()))


def _shown(value: Any, formula: Any) -> str:
    """What stands in a cell with a formula: its value, or where none was stored the formula."""
    if value.value is None and value.data_type != "str":
        told = formula.value
        return str(getattr(told, "text", told))
    return _text(value)


def _text(cell: Any) -> str:
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat(" ")
    if isinstance(value, float):
        return _number(value, cell.number_format)
    return str(value)


def _number(value: float, shape: str) -> str:
    """A number as its cell shows it, where that is all of it: 32.1 as 32.10 by the format 0.00."""
    if value.is_integer():
        return str(int(value))
    decimals = re.fullmatch(r"0\.(0+)", shape)
    shown = f"{value:.{len(decimals[1])}f}" if decimals else ""
    return shown if shown and float(shown) == value else repr(value)
