"""A table of anybody's, read strictly as text: CSV (packed or not) or a sheet of XLSX."""

import csv
import io
import lzma
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import pandas as pd

from boundaries.errors import TableError
from boundaries.law.tables import MOST_BYTES, read_table, refuse, refuse_large, where
from boundaries.law.workbooks import sheets

_PACKED_SHEETS: Final = (".xlsx", ".xlsm")


def read_tabular(path: Path, columns: Sequence[str], *, optional: Collection[str] = ()) -> pd.DataFrame:
    """Read a CSV file or the only sheet of an XLSX file.

    Returns
    -------
    DataFrame
        Text throughout; the index is the line of the CSV file or the row of the sheet.

    Raises
    ------
    TableError
        What `boundaries.law.tables.read_table` refuses; of a sheet also merged cells, formulas, dates, and a code
        that was turned into a number.
    """
    if path.suffix.casefold() in _PACKED_SHEETS:
        return _from_sheet(path, columns, optional)
    return read_table(path, columns, optional=optional)


def read_any(path: Path) -> pd.DataFrame:
    """Read a CSV file or the only sheet of an XLSX file with whatever columns it has; otherwise as `read_tabular`."""
    if path.suffix.casefold() in _PACKED_SHEETS:
        return _from_sheet(path, None, ())
    refuse_large(path)
    return read_table(path, _first_line(path))


def _first_line(path: Path) -> list[str]:
    """The columns that the first line names; nothing where it cannot be read, of which `read_table` tells more."""
    try:
        with lzma.open(path) if path.suffix == ".xz" else path.open("rb") as file:
            first = file.readline(MOST_BYTES).decode("utf-8-sig", errors="replace")
        return next(csv.reader(io.StringIO(first)), [""])
    except (OSError, EOFError, lzma.LZMAError, csv.Error):
        return [""]


def _from_sheet(path: Path, columns: Sequence[str] | None, optional: Collection[str]) -> pd.DataFrame:
    sheet = _only_sheet(path)
    if sheet.merged_cells.ranges:
        cells = ", ".join(sorted(str(each) for each in sheet.merged_cells.ranges)[:5])
        raise TableError(f"{where(path)}: merged cells {cells}; unmerge them and write every cell")
    rows = list(sheet.iter_rows())
    header = [str(cell.value or "").strip() for cell in rows[0]] if rows else []
    while header and not header[-1]:
        header.pop()
    any_number = columns is None
    columns = header if columns is None else columns
    refuse(_wrong_header(path, header, columns, optional))
    refuse(fault for row in rows[1:] for fault in _wrong_cells(path, row[: len(header)], any_number))
    filled = [row for row in rows[1:] if any(cell.value not in (None, "") for cell in row)]
    frame = pd.DataFrame(
        [[_text(cell.value) for cell in row[: len(header)]] for row in filled],
        columns=header, index=[row[0].row for row in filled], dtype=str,
    )  # fmt: skip
    for column in set(optional) - set(header):
        frame[column] = ""
    return frame[list(columns) + [name for name in optional if name not in columns]]


def _only_sheet(path: Path) -> Any:
    found = sheets(path)
    if len(found) != 1:
        raise TableError(f"{where(path)}: {len(found)} sheets with content; keep one sheet a file")
    return found[0]


def _wrong_header(
    path: Path, header: list[str], columns: Sequence[str], optional: Collection[str]
) -> Iterator[str]:
    twice = {name for name in header if header.count(name) > 1}
    for fault, names in (
        ("no column", [name for name in columns if name not in header]),
        ("unknown column", [name for name in header if name not in columns and name not in optional]),
        ("twice the column", sorted(twice)),
    ):
        if names:
            yield f"{where(path, 1)}: {fault} {', '.join(names)}; the first row must be {','.join(columns)}"


def _wrong_cells(path: Path, row: Sequence[Any], any_number: bool) -> Iterator[str]:
    for cell in row:
        if cell.data_type == "f":
            yield f"{where(path, cell.row)}: {cell.coordinate} is a formula; paste its value"
        elif cell.is_date or isinstance(cell.value, bool):
            yield f"{where(path, cell.row)}: {cell.coordinate} is {cell.value!r}; write it as text"
        elif isinstance(cell.value, float) and not cell.value.is_integer() and not any_number:
            yield (
                f"{where(path, cell.row)}: {cell.coordinate} is the number {cell.value}; a code is text (32.10 is not "
                "32.1), a share belongs in no set: format the column as text and write it again"
            )


def _text(value: object) -> str:
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
