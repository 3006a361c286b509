"""Strict reading of the project's CSV tables: all text, every fault named by file, line and mend."""

import csv
import io
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Final

import pandas as pd

from boundaries.errors import BoundariesError, TableError

#: How many problems one message lists before it says "and N more".
SHOWN: Final = 10


def data_directory() -> Path:
    """Return the directory ``data``: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).parents[1]
    installed = package / "_data"
    return installed if installed.is_dir() else package.parent / "data"


def shipped(name: str) -> Path:
    """Return a file of the checkout's root that the installed package carries with its data."""
    data = data_directory()
    return data / name if (data / name).is_file() else data.parent / name


def where(path: Path, line: object = None) -> str:
    """Return ``path:line`` for a message, the path relative to the working directory if it is inside."""
    here = Path.cwd()
    shown = path.relative_to(here) if path.is_relative_to(here) else path
    return f"{shown}:{line}" if line else f"{shown}"


def refuse(problems: Iterable[str], error: type[BoundariesError] = TableError) -> None:
    """Raise one `error` that lists `problems`, if there are any."""
    found = list(problems)
    if not found:
        return
    more = [f"... and {len(found) - SHOWN} more"] if len(found) > SHOWN else []
    raise error("\n".join([*found[:SHOWN], *more]))


def read_table(path: Path, columns: Sequence[str], *, optional: Collection[str] = ()) -> pd.DataFrame:
    """Read a UTF-8 CSV file as text.

    Parameters
    ----------
    path
        The file; a header line, then one record a line.
    columns
        The columns that it must have. Their order in the file does not matter; the result has this order.
    optional
        Columns that it may lack; they come out empty.

    Returns
    -------
    DataFrame
        Text throughout (empty cells are ``""``). **The index is the line number in the file.**

    Raises
    ------
    TableError
        No such file, not UTF-8, empty, cut off, a wrong column, a wrong number of fields, an unclosed quote.
    """
    lines = _records(path, _text(path))
    header = lines[0]
    _check_header(path, header, columns, optional)
    refuse(
        _wrong_width(path, line, row, header)
        for line, row in enumerate(lines[1:], 2)
        if len(row) != len(header)
    )
    frame = pd.DataFrame(lines[1:], columns=header, index=range(2, len(lines) + 1), dtype=str)
    for column in set(optional) - set(header):
        frame[column] = ""
    return frame[list(columns) + [c for c in optional if c not in columns]]


def blanks(path: Path, frame: pd.DataFrame) -> Iterable[str]:
    """Yield a problem for every cell of `frame` (its index: line numbers) with a blank around it."""
    for column in frame.columns:
        text = frame[column]
        for line, value in text[text != text.str.strip()].items():
            yield f"{where(path, line)}: {column} {value!r} has a blank around it; remove it"


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise TableError(f"{where(path)}: cannot be read ({error.strerror}); put the file there") from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise TableError(f"{where(path, line)}: not UTF-8; save the file as UTF-8 text") from None
    if not text.strip():
        raise TableError(f"{where(path)}: the file is empty; restore it")
    if not text.endswith("\n"):
        line = text.count("\n") + 1
        raise TableError(f"{where(path, line)}: the last line has no end; the file is cut off, restore it")
    return text


def _records(path: Path, text: str) -> list[list[str]]:
    """Return the fields of every line; a record must not span lines, so index + 1 is the line number."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    records: list[list[str]] = []
    try:
        for record in reader:
            if reader.line_num != len(records) + 1:
                line = len(records) + 1
                raise TableError(
                    f"{where(path, line)}: a field spans lines; close its quote on the same line"
                )
            records.append(record)
    except csv.Error as error:
        raise TableError(f"{where(path, len(records) + 1)}: {error}; mend the quotes of this line") from None
    return records


def _check_header(path: Path, header: list[str], columns: Sequence[str], optional: Collection[str]) -> None:
    expected = ",".join(columns)
    if len(header) == 1 and ";" in header[0]:
        raise TableError(
            f"{where(path, 1)}: separated by semicolons; save it separated by commas: {expected}"
        )
    missing = [c for c in columns if c not in header and c not in optional]
    unknown = [c for c in header if c not in columns and c not in optional]
    twice = sorted({c for c in header if header.count(c) > 1})
    faults = [
        f"{fault} {', '.join(names)}"
        for fault, names in (("no column", missing), ("unknown column", unknown), ("twice the column", twice))
        if names
    ]
    if faults:
        raise TableError(f"{where(path, 1)}: {'; '.join(faults)}; the first line must be {expected}")


def _wrong_width(path: Path, line: int, row: list[str], header: list[str]) -> str:
    if not row:
        return f"{where(path, line)}: an empty line; remove it"
    return (
        f"{where(path, line)}: {len(row)} fields, expected {len(header)} ({','.join(header)}); "
        "put a field with a comma in quotes, or restore the line"
    )
