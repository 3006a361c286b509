"""Sheets of an XLSX workbook, opened within bounds: how much there is to read is known before it is read."""

import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, Final
from xml.parsers import expat

from boundaries.errors import BoundariesError, TableError
from boundaries.extras import needed
from boundaries.law.tables import MOST_BYTES, refuse_large, where

#: More cells than this are not read: 16 columns of as many rows as a spreadsheet has; merged ones count each.
MOST_CELLS: Final = 1 << 24
_OLD: Final = b"\xd0\xcf\x11\xe0"
_BLOCK: Final = 1 << 16


class _NotReadError(Exception):
    """What a part of the workbook has that is not read, with the mend."""


def sheets(
    path: Path,
    error: type[BoundariesError] = TableError,
    most_bytes: int = MOST_BYTES,
    most_cells: int = MOST_CELLS,
    *,
    stored: bool = False,
) -> list[Any]:
    """Read the sheets of a workbook in which something stands, hidden ones too.

    Parameters
    ----------
    most_bytes, most_cells
        A workbook with more, packed or in all its sheets together, is refused before it is read.
    stored
        Give for a formula the value that was stored with it (None without one), not the formula.

    Returns
    -------
    list
        Worksheets of openpyxl.

    Raises
    ------
    error
        It is no XLSX, cut off, or too large.
    MissingExtra
        openpyxl is not installed.
    """
    with needed():
        import openpyxl
    refuse_large(path, error, most_bytes)
    try:
        _look_through(path, most_cells)
        with path.open("rb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what a workbook has besides its cells
            book = openpyxl.load_workbook(file, data_only=stored, keep_links=False)
    except _NotReadError as problem:
        raise error(f"{where(path)}: {problem}") from None
    except OSError as problem:
        raise error(_unreadable(path, problem.strerror or problem)) from None
    except Exception as problem:  # noqa: BLE001 - a part that is not as it should be fails wherever it is used
        raise error(_unreadable(path, problem)) from None
    found = [sheet for sheet in book.worksheets if sheet.max_row > 1 or sheet.cell(1, 1).value is not None]
    for sheet in found:
        if sheet.max_row * sheet.max_column > most_cells:
            last = f"{sheet.cell(1, sheet.max_column).column_letter}{sheet.max_row}"
            raise error(
                f"{where(path)}: sheet {sheet.title!r} reaches to {last}, more than the {most_cells:,} cells that are "
                "read; delete what stands far from the table"
            )
    return found


def _unreadable(path: Path, why: object) -> str:
    if path.read_bytes()[:4] == _OLD:
        return f"{where(path)}: an old workbook (XLS), or one with a password; save it as XLSX without one"
    first = str(why).partition("\n")[0].rstrip(".")
    return f"{where(path)}: cannot be read as XLSX ({first}); save it again as XLSX or CSV"


def _look_through(path: Path, most_cells: int) -> None:
    """Count the cells of all parts as they are unpacked, block by block; raises _NotReadError."""
    with zipfile.ZipFile(path) as packed:
        left = most_cells
        for part in packed.infolist():
            with packed.open(part) as file:
                left -= _cells(file, left)


def _cells(file: IO[bytes], most: int) -> int:
    """The cells of a part, those that its merged ranges cover besides; 0 of what is no XML."""
    count = 0

    def start(tag: str, given: dict[str, str]) -> None:
        nonlocal count
        name = tag.rpartition(":")[2]
        count += name == "c"
        if name == "mergeCell":
            count += _covered(given.get("ref", ""))
        if count > most:
            raise _NotReadError(
                "more cells than are read, merged ones counted; keep the rows and columns that are meant"
            )

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = _no_doctype
    blocks: Callable[[], bytes] = lambda: file.read(_BLOCK)  # noqa: E731
    try:
        for block in iter(blocks, b""):
            parser.Parse(block)
    except expat.ExpatError:
        return count  # a picture, or a part that is cut off: who reads it says so
    return count


def _no_doctype(*_: object) -> None:
    raise _NotReadError(
        "it declares a document type, which no spreadsheet writes; save it again as XLSX or CSV"
    )


def _covered(ref: str) -> int:
    from openpyxl.utils import range_boundaries

    try:
        west, north, east, south = range_boundaries(ref)
        return int((east - west + 1) * (south - north + 1))
    except (TypeError, ValueError):
        raise _NotReadError(f"merged cells {ref[:40]!r} are no range; save it again as XLSX or CSV") from None
