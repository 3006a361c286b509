"""A table as a file for people: CSV, XLSX with text as text, or Parquet."""

from pathlib import Path
from typing import Any, Final

import pandas as pd

from boundaries.elections.sets import Schema
from boundaries.release.writing import format_ending, new_file

_ENDINGS: Final = (".csv", ".xlsx", ".parquet")


def write_table(rows: pd.DataFrame, output: Path, described: Schema) -> None:
    """Write rows of a set, in the format that the ending says; codes stay text in a spreadsheet, too.

    Raises
    ------
    ReleaseError
        An ending of no format; the file exists; the disk is full.
    """
    ending = format_ending(output, _ENDINGS)
    with new_file(output) as path:
        if ending == ".csv":
            rows.to_csv(path, index=False, lineterminator="\n")
        elif ending == ".parquet":
            rows.reset_index(drop=True).to_parquet(path, index=False)
        else:
            _sheet(rows, described).save(path)


def _sheet(rows: pd.DataFrame, described: Schema) -> Any:
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    book = Workbook(write_only=True)
    sheet = book.create_sheet(described.name[:31])
    sheet.freeze_panes = "A2"
    sheet.append(list(rows.columns))
    text = {field.name for field in described.fields if field.type == "string"}
    for row in rows.itertuples(index=False, name=None):
        cells = []
        for name, value in zip(rows.columns, row, strict=True):
            cell = WriteOnlyCell(sheet, value=None if pd.isna(value) or value == "" else value)
            if name in text:
                cell.number_format = "@"
                cell.data_type = "s" if cell.value is not None else cell.data_type
            cells.append(cell)
        sheet.append(cells)
    return book
