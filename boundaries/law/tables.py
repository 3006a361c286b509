"""Strict reading of the project's CSV tables: all text, every fault named by file, line and mend."""

import csv
import gc
import io
import lzma
import zipfile
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from boundaries.errors import BoundariesError, TableError

if TYPE_CHECKING:
    import pandas as pd

#: How many problems one message lists before it says "and N more".
SHOWN: Final = 10
#: A table with more bytes is not read, packed or unpacked: four times the largest one here. XLSX says the same in more
#: words, and may have so many times more.
MOST_BYTES: Final = 64 << 20
_WORDY: Final = 2
#: What a spreadsheet holds, and the most lines of a table that are read.
MOST_LINES: Final = 1 << 20


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
    shown = _shown(path, Path.cwd())
    return f"{shown}:{line}" if line else shown


@lru_cache(maxsize=64)
def _shown(path: Path, here: Path) -> str:
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def refuse(problems: Iterable[str], error: type[BoundariesError] = TableError) -> None:
    """Raise one `error` that lists `problems`, if there are any."""
    found = list(problems)
    if not found:
        return
    more = [f"... and {len(found) - SHOWN} more"] if len(found) > SHOWN else []
    raise error("\n".join([*found[:SHOWN], *more]))


def refuse_large(path: Path, error: type[BoundariesError] = TableError, most: int = MOST_BYTES) -> None:
    """Refuse a file by its size before it is read; of a packed one (XLSX, ZIP) also by the size that it declares, more
    than which is never unpacked.

    Raises
    ------
    error
        It has more than `most` bytes, or cannot be found.
    """
    try:
        sizes = [(path.stat().st_size, "", most)]
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as packed:
                unpacked = sum(member.file_size for member in packed.infolist())
            sizes.append((unpacked, " unpacked", _WORDY * most))
    except OSError as problem:
        raise error(f"{where(path)}: cannot be read ({problem.strerror}); put the file there") from None
    except zipfile.BadZipFile:
        return  # who reads it says what is wrong
    refuse(
        (_too_large(path, f"{size:,} bytes{how}", limit) for size, how, limit in sizes if size > limit), error
    )


def refuse_long(path: Path, text: str, error: type[BoundariesError] = TableError) -> None:
    """Refuse a table with more lines than a spreadsheet has (`MOST_LINES`), before they are told apart."""
    if (lines := text.count("\n")) > MOST_LINES:
        raise error(_too_large(path, f"{lines:,} lines", MOST_LINES))


def _too_large(path: Path, size: str, most: int) -> str:
    return f"{where(path)}: {size}, more than the {most:,} that are read; keep the rows and columns that are meant"


def read_table(path: Path, columns: Sequence[str], *, optional: Collection[str] = ()) -> "pd.DataFrame":
    """Read a UTF-8 CSV file as text; one that ends in ``.xz`` is unpacked.

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
    import pandas as pd  # here: a worker of the service reads rows alone, and pandas takes it 40 MB

    header, lines = _read(path, columns, optional)
    frame = pd.DataFrame(lines, columns=header, index=range(2, len(lines) + 2), dtype=str)
    for column in set(optional) - set(header):
        frame[column] = ""
    return frame[list(columns) + [c for c in optional if c not in columns]]


def read_cells(path: Path, columns: Sequence[str]) -> list[tuple[str, ...]]:
    """Read some columns of a file as `read_table` does, as tuples of text; raises what it raises."""
    header, lines = _read(path, columns, ())
    at = [header.index(column) for column in columns]
    return [tuple(line[place] for place in at) for line in lines]


def _read(path: Path, columns: Sequence[str], optional: Collection[str]) -> tuple[list[str], list[list[str]]]:
    """Return the header of a file and its records, checked."""
    header, *lines = _records(path, _text(path))
    _check_header(path, header, columns, optional)
    refuse(
        _wrong_width(path, line, row, header) for line, row in enumerate(lines, 2) if len(row) != len(header)
    )
    return header, lines


def blanks(path: Path, frame: "pd.DataFrame") -> Iterable[str]:
    """Yield a problem for every cell of `frame` (its index: line numbers) with a blank around it."""
    for column in frame.columns:
        text = frame[column]
        for line, value in text[text != text.str.strip()].items():
            yield f"{where(path, line)}: {column} {value!r} has a blank around it; remove it"


def _text(path: Path) -> str:
    refuse_large(path)
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise TableError(f"{where(path)}: cannot be read ({error.strerror}); put the file there") from None
    if path.suffix == ".xz":
        raw = _unpacked(path, raw)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise TableError(f"{where(path, line)}: not UTF-8; save the file as UTF-8 text") from None
    if not text.strip():
        raise TableError(f"{where(path)}: the file is empty; restore it")
    refuse_long(path, text)
    if not text.endswith("\n"):
        line = text.count("\n") + 1
        raise TableError(f"{where(path, line)}: the last line has no end; the file is cut off, restore it")
    return text


def _unpacked(path: Path, raw: bytes) -> bytes:
    try:
        with lzma.open(io.BytesIO(raw)) as file:
            text = file.read(MOST_BYTES + 1)
    except (lzma.LZMAError, EOFError):
        raise TableError(f"{where(path)}: not packed by xz, or cut off; restore the file") from None
    if len(text) > MOST_BYTES:
        raise TableError(_too_large(path, "too many bytes unpacked", MOST_BYTES))
    return text


def _records(path: Path, text: str) -> list[list[str]]:
    """Return the fields of every line; a record must not span lines, so index + 1 is the line number."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    records: list[list[str]] = []
    collects = gc.isenabled()
    gc.disable()  # a million lists of text hold no cycle, and are looked through for one many times
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
    finally:
        if collects:
            gc.enable()
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
