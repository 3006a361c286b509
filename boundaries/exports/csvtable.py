"""CSV: the attributes of a dataset, and which unit belongs to which dapil.

UTF-8 without a byte order mark, commas, lines that end in LF, quotes only where RFC 4180 needs them:
- no mark, because it becomes part of the first column's name in base R, SQL's COPY, awk and Python's ``utf-8``, and
  no name in Kemendagri's or KPU's lists needs it: Excel takes plain ASCII right without one;
- LF, because a CR sticks to the last column in awk, cut and sort, and every reader that follows RFC 4180 takes LF;
- a null is nothing, an empty text is ``""``: PostgreSQL, DuckDB and readr tell them apart.

**Codes in spreadsheets.** Excel, LibreOffice and Gnumeric make ``32.10`` the number 32.1 and ``11.01.01`` a date or a
time, and save that. A word and a hyphen before the code keep them from it in every language: so ``id``
(``dpr-2024-3201``) survives, and each row has ``kunci`` beside the exact codes, with the code of the unit that the
row is about (``unit-32.10``) or, for a dapil, of the kabkota or provinsi that it lies in. `restore_codes` puts every
code right from these two. Dates and decimals cannot be kept so: ``2024-02-14`` becomes the spreadsheet's own date,
and one that is set to Indonesian takes the point of ``5997.527`` for a separator of thousands. Import the file with
all columns as text (in Excel: Data, From Text/CSV) and nothing changes at all.

**Formulas.** A text that begins with ``=``, ``+``, ``-`` or ``@`` is written as it is: quotes do not keep a
spreadsheet from computing it, and an apostrophe before it would change a name for everybody else. Names come from
the regulations' lists, and none begins so.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal

import pandas as pd

from boundaries.errors import CodeError, ReleaseError
from boundaries.law import codes
from boundaries.law.columns import ASSIGNMENT_FILE, KEY, Attribute
from boundaries.release.dataset import Dataset, Datasets
from boundaries.release.writing import new_file

PREFIX: Final = "unit-"
#: What may stand bare: all but separators, quotes, line ends, blanks at either end, and nothing at all.
_QUOTED: Final = re.compile('[",\r\n]|^$|^\\s|\\s$')


def columns(dataset: Dataset) -> tuple[Attribute, ...]:
    """Return the columns of a dataset's CSV, in order: those of the contract, and `KEY`."""
    return (*dataset.columns, KEY)


def write_csv(dataset: Dataset, path: Path) -> None:
    """Write the attributes of a dataset."""
    path.write_bytes(csv_bytes(dataset))


def csv_bytes(dataset: Dataset) -> bytes:
    """Return the attributes of a dataset as CSV."""
    frame = dataset.frame
    unit = frame["kode_kabkota"].fillna(frame["kode_provinsi"]) if dataset.key == "id" else frame[dataset.key]
    return table_bytes(frame.assign(**{KEY.name: PREFIX + unit})[[each.name for each in columns(dataset)]])


def table_bytes(frame: pd.DataFrame) -> bytes:
    """Return a table as CSV, with a header; text, integers and floats, without the index."""
    cells = [_cells(frame[name]) for name in frame.columns]
    lines = [",".join(frame.columns), *map(",".join, zip(*cells, strict=True))]
    return ("\n".join(lines) + "\n").encode()


def write_assignment(dataset: Dataset, rows: pd.DataFrame, names: Mapping[str, str], path: Path) -> None:
    """Write the block assignment file of a plan: one row a base unit, in the order of the codes.

    Parameters
    ----------
    dataset
        The plan's dapil.
    rows
        ``kode_unit`` and ``kode_dapil`` of each base unit (`Datasets.rows`).
    names
        The units' names by code (`unit_names`); a unit without one has an empty name.

    Raises
    ------
    ReleaseError
        No row, a row of another plan's dapil, or two of one unit; `path` exists or cannot be written.
    """
    if not len(rows):
        raise ReleaseError(f"{dataset.name} assigns no unit to a dapil: its composition is not known")
    dapil = dataset.frame.set_index("kode_dapil")
    lost = rows.loc[~rows["kode_dapil"].isin(dapil.index), "kode_dapil"]
    if len(lost):
        raise ReleaseError(
            f"{dataset.name} has no dapil {lost.iloc[0]}, to which units are assigned; build again"
        )
    twice = rows.loc[rows["kode_unit"].duplicated(), "kode_unit"]
    if len(twice):
        raise ReleaseError(f"{dataset.name}: unit {twice.iloc[0]} is assigned twice; build again")
    found = dapil.loc[rows["kode_dapil"], ["id", "nama_dapil", "lembaga", "tahun"]].reset_index()
    units = rows["kode_unit"].reset_index(drop=True)
    found = found.assign(
        kunci=PREFIX + units,
        kode_unit=units,
        nama_unit=units.map(dict(names)),
        tingkat=[codes.level(code) for code in units],
    ).sort_values("kode_unit", ignore_index=True)
    with new_file(path) as part:
        part.write_bytes(table_bytes(found[[each.name for each in ASSIGNMENT_FILE]]))


def unit_names(datasets: Datasets) -> dict[str, str]:
    """Return the names of units by code: of those with a polygon, and of members and base units that have none."""
    members = datasets.release.read_table("members")
    names = {str(each["kode"]): str(each["nama"]) for each in datasets.release.quality["missing"]}
    names |= dict(zip(members["kode_unit"], members["nama_unit"], strict=True))
    for level in codes.LEVELS:
        if f"unit-{level}" in datasets.release.layers:
            units = datasets.release.read_table(f"unit-{level}")
            names |= dict(zip(units["kode"], units["nama"], strict=True))
    return names


def restore_codes(frame: pd.DataFrame) -> pd.DataFrame:
    """Put every code right in a table that went through a spreadsheet.

    Parameters
    ----------
    frame
        A CSV of this project, opened and saved in a spreadsheet and read as text; it has ``kunci``, and ``id`` if it
        has ``kode_dapil``.

    Returns
    -------
    pandas.DataFrame
        The same with the columns of codes as they were. Other columns (dates, areas) stay as the spreadsheet left
        them.

    Raises
    ------
    ReleaseError
        One of the two columns is not there.
    CodeError
        A key is none of this project's.

    >>> restore_codes(pd.DataFrame({"kunci": ["unit-32.10"], "kode": ["32.1"]}))["kode"].tolist()
    ['32.10']
    """
    for needed in (KEY.name, *(["id"] if "kode_dapil" in frame else [])):
        if needed not in frame:
            raise ReleaseError(f"the table has no column {needed}, from which its codes could be put right")
    units = [_unit_code(key) for key in frame[KEY.name]]
    right: dict[str, list[str | None]] = {"kode": [*units], "kode_unit": [*units]}
    for level in ("kabkota", "kecamatan"):  # two digits stay two digits: kode_provinsi needs no help
        right[f"kode_{level}"] = [_above(code, level) for code in units]
    if "id" in frame:
        right["kode_dapil"] = [_dapil_code(key) for key in frame["id"]]
    return frame.assign(
        **{
            name: pd.Series(found, frame.index, dtype=object)
            for name, found in right.items()
            if name in frame
        }
    )


def _unit_code(key: Any) -> str:
    if not isinstance(key, str) or not key.startswith(PREFIX):
        raise CodeError(f"{key!r} is no key of a unit; it has the form unit-32.10")
    return codes.parse(key.removeprefix(PREFIX))


def _dapil_code(key: Any) -> str:
    found = re.fullmatch(
        r"(?:dpr|dpd|dprd-provinsi|dprd-kabkota)-\d{4}-(\d+)", key if isinstance(key, str) else ""
    )
    if found is None:
        raise CodeError(f"{key!r} is no id of a dapil; it has the form dpr-2024-3201")
    return found[1]


def _above(code: str, level: Literal["kabkota", "kecamatan"]) -> str | None:
    return codes.ancestor(code, level) if len(code) >= codes.LENGTH[level] else None


def _cells(values: pd.Series) -> list[str]:
    """Return a column as CSV cells; floats as the shortest text that reads back the same."""
    given = values.astype(object).where(values.notna(), None).tolist()
    return [
        "" if value is None else _text(value) if isinstance(value, str) else repr(value) for value in given
    ]


def _text(value: str) -> str:
    return '"' + value.replace('"', '""') + '"' if _QUOTED.search(value) else value
