"""Over forty wrong copies of published tables: each is refused, with file, line, field and mend."""

import re
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from boundaries.elections import sets
from boundaries.elections.table_check import check_table
from boundaries.errors import PlanError, TableError
from boundaries.law.tables import read_table

Wrong = Callable[[pd.DataFrame], object]


def put(row: int, **cells: str) -> Wrong:
    """Write cells of one row."""

    def change(rows: pd.DataFrame) -> None:
        for column, value in cells.items():
            rows.loc[rows.index[row], column] = value

    return change


def everywhere(**cells: str) -> Wrong:
    return lambda rows: rows.assign(**cells)


def swap(column: str, row: int, other: int) -> Wrong:
    """Exchange a cell between two rows."""

    def change(rows: pd.DataFrame) -> None:
        a, b = rows.index[row], rows.index[other]
        rows.loc[[a, b], column] = rows.loc[[b, a], column].to_numpy()

    return change


def swap_dapil(one: str, other: str) -> Wrong:
    return lambda rows: rows.assign(kode_dapil=rows["kode_dapil"].replace({one: other, other: one}))


#: Table, what is wrong in the copy, the line (0: any) and field that must be named, and some words of the mend.
COPIES: dict[str, tuple[str, Wrong, int, str, str]] = {
    "a digit of votes": ("hasil-dpr-2024", put(0, suara="320034"), 2, "suara", "mend"),
    "a digit of votes, 2014": ("hasil-dpr-2014", put(5, suara="1"), 0, "suara", "mend"),
    "two digits swapped": ("hasil-dpr-2024", put(2, suara="133727"), 0, "suara", "mend|look"),
    "votes of two parties swapped": ("hasil-dpr-2024", swap("suara", 0, 1), 2, "suara", "mend"),
    "votes of two dapil swapped": ("hasil-dpr-2024", swap_dapil("3101", "3103"), 0, "suara|kursi", "mend"),
    "a dapil of another province": ("hasil-dpr-2024", put(0, kode_dapil="1199"), 2, "kode_dapil", "one of its codes"),
    "a dapil swapped": ("hasil-dpr-2024", put(0, kode_dapil="1102"), 0, "kode_dapil", "keep one"),
    "a dapil missing": ("hasil-dpr-2024", lambda rows: rows[rows["kode_dapil"] != "3202"], 0, "dapil", "add them"),
    "a party of another year": ("hasil-dpr-2024", put(5, partai="berkarya"), 7, "partai", "did not stand in 2024"),
    "a number of another year": ("hasil-dpr-2024", put(6, nomor_partai="20"), 8, "nomor_partai", "write|has number"),
    "numbers of two parties swapped": ("hasil-dpr-2024", swap("partai", 0, 1), 2, "partai", "has number"),
    "a party in capitals": ("hasil-dpr-2024", put(2, partai="PDIP"), 4, "partai", "in the form"),
    "votes with dots": ("hasil-dpr-2024", put(0, suara="320.033"), 2, "suara", "digits only"),
    "votes with commas": ("hasil-dpr-2024", put(0, suara="320,033"), 2, "suara", "digits only"),
    "votes with a blank": ("hasil-dpr-2024", put(0, suara="320033 "), 2, "suara", "blanks"),
    "a name with what cannot be seen": (
        "calon-dprd-provinsi-2014", put(0, nama="\x12 \x11 ERDIN, S.Pd."), 2, "nama", "cannot be seen"),
    "votes below zero": ("hasil-dpr-2024", put(0, suara="-5"), 2, "suara", "digits only"),
    "votes as a float": ("hasil-dpr-2024", put(0, suara="320033.0"), 2, "suara", "digits only"),
    "votes as a word": ("hasil-dpr-2024", put(0, suara="n/a"), 2, "suara", "digits only"),
    "a seat too many": ("hasil-dpr-2024", put(1, kursi="1"), 2, "kursi", "mend"),
    "a seat of another party": ("hasil-dpr-2024", swap("kursi", 0, 1), 0, "kursi", "mend"),
    "a seat moved, no votes": ("hasil-dpr-2009", put(0, kursi="9"), 0, "kursi", "mend"),
    "seats without a basis": ("hasil-dpr-2024", put(0, basis_kursi=""), 2, "kursi", "rests on"),
    "votes without a basis": ("hasil-dpr-2024", put(0, basis=""), 2, "suara", "rests on"),
    "an unknown basis": ("hasil-dpr-2024", put(0, basis="resmi"), 2, "basis", "write one of official"),
    "a count called official": ("hasil-dpr-2019-hitung", everywhere(basis="official"), 2, "basis", "write basis count"),
    "a count among official": ("hasil-dpr-2014", put(3, basis="count"), 5, "basis", "file of its own"),
    "a count called press": ("hasil-calon-dpd-2024-hitung", everywhere(basis="press"), 2, "basis", "basis count"),
    "the year of another election": ("hasil-dpr-2024", everywhere(tahun="2019"), 2, "tahun", "write 2024"),
    "the wrong chamber": ("hasil-dpr-2024", put(0, lembaga="dpd"), 2, "lembaga", "write dpr"),
    "an empty code": ("hasil-dpr-2024", put(0, kode_dapil=""), 2, "kode_dapil", "write it"),
    "a row twice": ("hasil-dpr-2014", lambda rows: pd.concat([rows, rows.head(1)]), 926, "kode_dapil", "keep one"),
    "more stations than there are": ("hasil-dpr-2019-hitung", put(0, tps_terhitung="9999"), 2, "tps_terhitung", "mend"),
    "votes of a candidate": ("hasil-calon-dpr-2024", put(1, suara="125235"), 2, "suara", "mend"),
    "elected with fewer votes": ("terpilih-dpr-2024", put(0, suara="1"), 2, "suara", "mend"),
    "one elected too many": ("terpilih-dpr-2014", put(0, kode_dapil="1102"), 0, "elected", "mend the list"),
    "a list too long": ("daftar-calon-dpr-2024", put(100, calon="99", perempuan="40"), 102, "calon", "mend"),
    "30 % claimed": ("daftar-calon-dpr-2024", put(0, perempuan_30="ya"), 2, "perempuan_30", "by the numbers"),
    "more women than candidates": ("daftar-calon-dpr-2024", put(0, perempuan="20"), 2, "perempuan", "mend"),
    "turnout over 100 %": ("partisipasi-dapil-dpr-2019-hitung", put(0, pengguna="9999999"), 2, "pengguna", "mend"),
    "men and women do not add up": ("partisipasi-kabkota-2014-presiden", put(0, dpt_l="1"), 2, "dpt_l", "mend"),
    "a gender that is none": ("calon-dpr-2014", put(0, jenis_kelamin="M"), 2, "jenis_kelamin", "write one of L, P"),
    "a list number twice": ("calon-dpr-2024", put(1, nomor_urut="1"), 3, "nomor_urut", "mend"),
    "a code that lost its zero": ("hasil-wilayah-dpr-2014", put(0, kode_unit="11.1.7"), 2, "kode_unit", "in the form"),
    "a unit that is none": ("hasil-wilayah-dpr-2014", put(0, kode_unit="11.01.99"), 2, "kode_unit", "code of 2025"),
    "rupiah with a sign": ("dana-kampanye-2024", put(0, penerimaan="Rp 100"), 2, "penerimaan", "digits only"),
}  # fmt: skip


@pytest.mark.parametrize("wrong", COPIES)
def test_a_wrong_copy_is_refused(wrong: str, tmp_path: Path) -> None:
    name, change, line, field, mend = COPIES[wrong]
    table = sets.table(name)
    rows = read_table(table.path, sets.schema(table.set).columns)
    made = change(rows)
    path = tmp_path / "copy.csv"
    (rows if made is None else made).to_csv(path, index=False, lineterminator="\n")
    _, problems = check_table(path, table.set, table.plan)
    place = rf"copy\.csv:{line}: " if line else r"copy\.csv"
    fitting = [
        each
        for each in problems
        if re.search(place, each) and re.search(field, each) and re.search(mend, each)
    ]
    assert fitting, problems[:5]


def copied(tmp_path: Path, name: str, encoding: str = "utf-8") -> Path:
    table = sets.table(name)
    rows = read_table(table.path, sets.schema(table.set).columns)
    path = tmp_path / "copy.csv"
    rows.to_csv(path, index=False, encoding=encoding, lineterminator="\n")
    return path


def test_a_file_in_windows_1252_is_refused(tmp_path: Path) -> None:
    path = copied(tmp_path, "hasil-dpr-2019-hitung")
    path.write_bytes(path.read_bytes().replace(b"Situng", "Sitüng".encode("cp1252"), 1))
    with pytest.raises(TableError, match=r"copy\.csv:2: not UTF-8; save the file as UTF-8"):
        check_table(path, "hasil", "dpr-2019")


def test_semicolons_and_unknown_columns_are_refused(tmp_path: Path) -> None:
    path = copied(tmp_path, "hasil-dpr-2019-hitung")
    text = path.read_text("utf-8")
    path.write_text(text.replace("suara,basis", "votes,basis", 1), "utf-8")
    with pytest.raises(TableError, match=r"copy\.csv:1: unknown column votes"):
        check_table(path, "hasil", "dpr-2019")
    path.write_text(text.replace(",", ";"), "utf-8")
    with pytest.raises(TableError, match=r"copy\.csv:1: separated by semicolons"):
        check_table(path, "hasil", "dpr-2019")


def test_a_plan_that_is_none_is_refused(tmp_path: Path) -> None:
    path = copied(tmp_path, "hasil-dpr-2019-hitung")
    with pytest.raises(PlanError, match="names no plan; write it as dpr-2024"):
        check_table(path, "hasil", "2024")
    with pytest.raises(PlanError, match="no plan dpr-2025"):
        check_table(path, "hasil", "dpr-2025")


# Sheets


def sheet(tmp_path: Path, name: str = "hasil-dpr-2019-hitung") -> tuple[Path, openpyxl.Workbook]:
    """A published table as a sheet, as a spreadsheet holds it: figures as numbers, codes as text."""
    table = sets.table(name)
    described = sets.schema(table.set)
    rows = read_table(table.path, described.columns)
    whole = {field.name for field in described.fields if field.type == "integer"}
    book = openpyxl.Workbook()
    book.active.append(list(rows.columns))
    for row in rows.to_dict("records"):
        book.active.append(
            [int(cell) if key in whole and cell else cell or None for key, cell in row.items()]
        )
    return tmp_path / "copy.xlsx", book


def saved(made: tuple[Path, openpyxl.Workbook]) -> Path:
    made[1].save(made[0])
    return made[0]


def test_a_sheet_is_read_as_a_table(tmp_path: Path) -> None:
    assert check_table(saved(sheet(tmp_path)), "hasil", "dpr-2019", partial=True) == (80, [])


@pytest.mark.parametrize(
    ("cell", "value", "told"),
    [
        ("C2", 32.1, r"copy\.xlsx:2: C2 is the number 32.1; a code is text"),
        ("F3", "=SUM(F4:F5)", r"copy\.xlsx:3: F3 is a formula; paste its value"),
        ("A1", "year", r"copy\.xlsx:1: no column tahun"),
        ("R1", "lain", r"copy\.xlsx:1: unknown column lain"),
    ],
)
def test_a_wrong_cell_of_a_sheet_is_refused(tmp_path: Path, cell: str, value: object, told: str) -> None:
    made = sheet(tmp_path)
    made[1].active[cell] = value
    with pytest.raises(TableError, match=told):
        check_table(saved(made), "hasil", "dpr-2019")


def test_votes_as_text_with_dots_in_a_sheet_are_refused(tmp_path: Path) -> None:
    made = sheet(tmp_path)
    made[1].active["F2"] = "43.453"
    _, problems = check_table(saved(made), "hasil", "dpr-2019", partial=True)
    assert [each.partition("copy.xlsx")[2] for each in problems] == [
        ":2: suara '43.453' is no votes; write digits only, no dots, commas or blanks: 1234567"
    ]


def test_merged_cells_and_two_sheets_are_refused(tmp_path: Path) -> None:
    made = sheet(tmp_path)
    made[1].active.merge_cells("C2:C4")
    with pytest.raises(TableError, match=r"copy\.xlsx: merged cells C2:C4; unmerge them"):
        check_table(saved(made), "hasil", "dpr-2019")
    made = sheet(tmp_path)
    made[1].create_sheet("lain")["A1"] = "x"
    with pytest.raises(TableError, match="2 sheets with content; keep one sheet a file"):
        check_table(saved(made), "hasil", "dpr-2019")
