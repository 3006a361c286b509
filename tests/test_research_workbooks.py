"""Drafts as offices keep them: workbooks with merged cells, formulas, codes as numbers; Excel's Unicode text."""

import datetime
import io
import random
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner

from boundaries.cli import main
from boundaries.elections.tabular import read_any
from boundaries.errors import PlanError, TableError
from boundaries.law.registry import Registry
from boundaries.law.workbooks import sheets
from boundaries.research.own_plan import read_people, read_plan
from boundaries.research.spoilt_codes import SpoiltCodes
from tests.page_modules import needs_node, run
from tests.small import make_small_release
from tests.test_drafts import Bench, medan  # noqa: F401 - a fixture

Row = list[Any]
UNITS = [f"32.18.{n:02d}" for n in range(1, 11)]


def book(path: Path, rows: list[Row], *merged: str, title: str = "Dapil") -> Path:
    """A workbook of one sheet."""
    made = openpyxl.Workbook()
    made.active.title = title
    for row in rows:
        made.active.append(row)
    for each in merged:
        made.active.merge_cells(each)
    made.save(path)
    return path


def rows_of(*parts: int) -> list[Row]:
    """The kecamatan of Pangandaran in dapil of so many; the dapil is named, with 10 seats, in the first row of each."""
    rows: list[Row] = [["kode", "dapil", "kursi"]]
    for n, size in enumerate(parts, 1):
        for at in range(size):
            rows.append([UNITS[len(rows) - 1], None if at else f"Dapil {n}", None if at else 10])
    return rows


def told(plan: Any) -> list[str]:
    return [note for _, note in plan.notes if "inferred" not in note]


def test_a_merged_cell_stands_for_all_that_it_covers_and_is_told(registry: Registry, tmp_path: Path) -> None:
    path = book(tmp_path / "r.xlsx", rows_of(3, 3, 4), "B2:B4", "C2:C4", "B5:B7", "C5:C7", "B8:B11", "C8:C11")
    plan = read_plan(path, registry)
    assert list(plan.members.values()) == [0, 0, 0, 1, 1, 1, 2, 2, 2, 2]
    assert plan.dapil["kursi"].tolist() == [10, 10, 10]
    assert plan.name == "r"
    assert "lines 2-4: merged cell B2:B4 read as 'Dapil 1' in all its lines" in told(plan)
    assert len(told(plan)) == 6
    with pytest.raises(PlanError, match=r"r\.xlsx:3: 32\.18\.02 has no dapil; write one, in every line"):
        read_plan(book(tmp_path / "r.xlsx", rows_of(3, 3, 4)), registry)


def test_names_of_columns_in_two_lines_and_a_title_across_the_sheet(
    registry: Registry, tmp_path: Path
) -> None:
    body = rows_of(5, 5)[1:]
    rows = [["RANCANGAN DAPIL"], ["Kecamatan", "Daerah Pemilihan", None], [None, "Nama", "Kursi"], *body]
    for n, row in enumerate(rows[3:]):
        row[0] = registry.names[UNITS[n]]
    rows.append(["JUMLAH", None, 20])
    path = book(tmp_path / "r.xlsx", rows, "A1:C1", "A2:A3", "B2:C2", "B4:B8", "C4:C8", "B9:B13", "C9:C13")
    plan = read_plan(path, registry)
    assert plan.dapil["kursi"].tolist() == [10, 10]
    assert dict(plan.members) == {unit: n // 5 for n, unit in enumerate(UNITS)}
    assert [each for each in told(plan) if "not read" in each] == [
        "line 1: 'RANCANGAN DAPIL' not read", "line 14: 'JUMLAH 20' not read"
    ]  # fmt: skip
    rows[-1][2] = 21
    with pytest.raises(PlanError, match=r"r\.xlsx:14: the total says 21 seats, the dapil have 20"):
        read_plan(book(tmp_path / "r.xlsx", rows, "A2:A3", "B4:B8", "C4:C8", "B9:B13", "C9:C13"), registry)


def test_of_several_sheets_one_is_named(registry: Registry, tmp_path: Path) -> None:
    path = book(tmp_path / "r.xlsx", rows_of(5, 5), "B2:B6", "C2:C6", "B7:B11", "C7:C11")
    made = openpyxl.load_workbook(path)
    made.create_sheet("Kosong")
    made.save(path)
    assert read_plan(path, registry).name == "r", "an empty sheet is none to choose from"
    made.create_sheet("Rancangan #2")["A1"] = "kode"
    made["Rancangan #2"].sheet_state = "hidden"
    made.save(path)
    with pytest.raises(PlanError) as caught:
        read_plan(path, registry)
    assert "2 sheets hold something (Dapil, Rancangan #2 (hidden)); name one: '" in str(caught.value)
    assert str(caught.value).endswith("r.xlsx#Dapil'")
    named = read_plan(Path(f"{path}#Dapil"), registry)
    assert (named.name, len(named.members)) == ("r Dapil", 10)
    with pytest.raises(
        PlanError, match=r"r\.xlsx: no sheet 'Dapi' that holds anything; there are Dapil, Rancangan #2"
    ):
        read_plan(Path(f"{path}#Dapi"), registry)
    with pytest.raises(PlanError, match="no column dapil"):
        read_plan(Path(f"{path}#Rancangan #2"), registry)
    path.rename(tmp_path / "r.xlsx#Dapil")
    with pytest.raises(PlanError, match="2 sheets hold"):
        read_plan(tmp_path / "r.xlsx#Dapil", registry)


def test_the_command_takes_a_sheet_and_tells_how_it_was_read(tmp_path: Path) -> None:
    make_small_release(tmp_path / "releases")
    where = ["-r", str(tmp_path / "releases"), "--batas-waktu", "0"]
    path = book(tmp_path / "r.xlsx", [["kode", "dapil"], [321003, "A"], ["32.10.04", None]], "B2:B3")
    ran = CliRunner().invoke(main, ["check", f"{path}#Dapil", *where])
    assert ran.exit_code == 0, ran.output
    assert (
        "lines 2-3: merged cell B2:B3 read as 'A' in all its lines\nline 2: '321003' read as 32.10.03"
        in ran.stderr
    )
    ran = CliRunner().invoke(main, ["check", f"{tmp_path}/lain.xlsx#Dapil", *where])
    assert (ran.exit_code, "lain.xlsx: cannot be read (No such file" in ran.output) == (3, True)


def test_formulas_are_read_by_their_values(registry: Registry, tmp_path: Path) -> None:
    """Openpyxl stores none; a spreadsheet does."""
    rows = rows_of(1, 9)
    for at in range(3, 11):
        rows[at][1] = f"=B{at}"
    rows[1].append("=1/0")  # in no column that is read
    path = book(tmp_path / "r.xlsx", rows)
    with pytest.raises(PlanError, match=r"r\.xlsx:4: dapil '=B3' is a formula; write its value"):
        read_plan(path, registry)
    stored(path, "<v/>", "<v>Dapil 2</v>", ' t="str"')
    plan = read_plan(path, registry)
    assert list(plan.members.values()) == [0] + [1] * 9
    path = stored(book(path, rows), "<v/>", "<v/>", ' t="str"')
    with pytest.raises(PlanError, match=r"r\.xlsx:4: 32\.18\.03 has no dapil"):  # the formula shows nothing
        read_plan(path, registry)
    rows[3][0] = "=A3"
    with pytest.raises(PlanError, match=r"r\.xlsx:4: '=A3' is a formula without a value; write its value"):
        read_plan(book(path, rows), registry)
    failed = rows_of(1, 9)
    failed[5][1] = "#REF!"
    with pytest.raises(PlanError, match=r"r\.xlsx:6: dapil #REF! is a spreadsheet's error; mend its formula"):
        read_plan(book(path, failed), registry)


def stored(path: Path, written: str, shown: str, given: str) -> Path:
    """Store a value in every cell with a formula."""
    with zipfile.ZipFile(path) as packed:
        parts = {name: packed.read(name).decode() for name in packed.namelist()}
    name = "xl/worksheets/sheet1.xml"
    parts[name] = (
        parts[name].replace(written, shown).replace("><f>", f"{given}><f>").replace("<v></v>", shown)
    )
    with zipfile.ZipFile(path, "w") as packed:
        for part, text in parts.items():
            packed.writestr(part, text)
    return path


#: What stands in a cell or in CSV; which code it is; "" where it may be several or none.
SPOILT = [
    (320101, "32.01.01"), (320101.0, "32.01.01"), ("320101.0", "32.01.01"), (3201, "32.01"), ("3201.0", "32.01"),
    (32.01, "32.01"), (32.1, ""), ("32,01", "32.01"), ("32-10", "32.10"), ("32.2", "32.02"),
    (3201011001, "32.01.01.1001"),
    ("320.101", "32.01.01"), ("3,201", "32.01"), ("32-1-1", "32.01.01"), ("3.20E+09", ""), (11.12, "11.12"),
    (datetime.datetime(2001, 1, 11), "11.01.01"), ("2007-03-12", "12.03.07"), ("11/01/2001", "11.01.01"),
    ("1/11/2001", "11.01.01"), (datetime.datetime(2012, 1, 11), ""), ("11/01/1899", ""), (datetime.time(11, 1), ""),
    ("33.1.9", "33.01.09"), (True, ""), ("", ""),
]  # fmt: skip


@pytest.mark.parametrize(("value", "code"), SPOILT)
def test_what_a_spreadsheet_made_of_a_code_is_put_right_if_it_can_be_one(
    value: object, code: str, registry: Registry, tmp_path: Path
) -> None:
    path, text = tmp_path / "r.xlsx", tmp_path / "r.csv"
    book(path, [["kode", "dapil"], [value, "A"]])
    text.write_text(
        f'kode,dapil\n"{value if not isinstance(value, datetime.datetime) else value.date()}",A\n'
    )
    for each in (path, text):
        if not code:
            with pytest.raises(PlanError, match=rf"r\.{each.suffix[1:]}:2: "):
                read_plan(each, registry)
            continue
        plan = read_plan(each, registry)
        assert list(plan.members) == [code]
        known = code in (str(value), value)
        assert told(plan) == [] if known else f"read as {code} {registry.names[code]}" in told(plan)[0]


def test_a_code_that_may_be_two_is_told_by_what_else_stands_there(registry: Registry, tmp_path: Path) -> None:
    codes = [code for code in registry.at("kabkota") if code.startswith("32.")]
    rows = [["kode", "dapil"], *([float(code), "A"] for code in codes)]
    plan = read_plan(book(tmp_path / "r.xlsx", rows), registry)
    assert set(plan.members) == set(codes)
    assert told(plan) == ["line 11: '32.1' read as 32.10 Kabupaten Majalengka"]
    with pytest.raises(PlanError, match=r"r\.xlsx:2: '32\.1' .* may be 32\.01 or 32\.10; write which"):
        read_plan(book(tmp_path / "r.xlsx", [["kode", "dapil"], [32.1, "A"]]), registry)
    rows = [["kode", "dapil"], *([datetime.datetime(2000 + n, 1, 11), "A"] for n in range(1, 19))]
    path = book(tmp_path / "r.xlsx", rows)
    with pytest.raises(PlanError, match=r"may be 11\.01\.12 or 12\.01\.11; write which"):
        read_plan(path, registry)
    assert len(read_plan(path, registry, council="11.01").members) == 18
    shown = openpyxl.Workbook()
    shown.active.append(["kode", "dapil"])
    shown.active.append([32.1, "A"])
    shown.active["A2"].number_format = "0.00"
    shown.save(path)
    assert list(read_plan(path, registry).members) == ["32.10"]


def test_texts_of_excel_are_read_whatever_their_encoding(registry: Registry, tmp_path: Path) -> None:
    text = "kode\tdapil\tkursi\r\n" + "".join(
        f"{unit}\tBarat–{n // 5}\t20\r\n" for n, unit in enumerate(UNITS)
    )
    path = tmp_path / "r.txt"
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        path.write_bytes(text.encode(encoding))
        assert read_plan(path, registry).dapil["nama_dapil"].tolist() == ["Barat–0", "Barat–1"]
    path.write_bytes(b"\xfe\xff" + text.encode("utf-16-be"))
    assert len(read_plan(path, registry).members) == 10
    for spoilt in (text.encode("cp1252"), b"\xff\xfe1", text.encode("utf-16")[:-1], b"\xff\xfe\x00\xd8x\x00"):
        path.write_bytes(spoilt)
        with pytest.raises(
            PlanError, match=r"r\.txt:?\d*: not UTF-8, nor UTF-16 with its mark; save the file as CSV"
        ):
            read_plan(path, registry)
    path.write_bytes(text.encode("utf-16-le"))
    with pytest.raises(PlanError, match="not a text; save the table as CSV UTF-8"):
        read_plan(path, registry)


def test_people_come_as_a_workbook_too(registry: Registry, tmp_path: Path) -> None:
    rows = [["kode", "penduduk"], *([unit, 1000 + n] for n, unit in enumerate(UNITS)), [None, None]]
    found = read_people(book(tmp_path / "p.xlsx", rows), registry)
    assert found == {unit: 1000.0 + n for n, unit in enumerate(UNITS)}
    (tmp_path / "p.txt").write_bytes("kode\tpenduduk\r\n32.18.01\t7\r\n".encode("utf-16"))
    assert read_people(tmp_path / "p.txt", registry) == {"32.18.01": 7.0}
    rows[0] = ["Penduduk"]
    with pytest.raises(PlanError, match="columns must be kode,penduduk"):
        read_people(book(tmp_path / "p.xlsx", rows), registry)


def test_two_columns_of_one_name_are_refused(registry: Registry, tmp_path: Path) -> None:
    path = book(tmp_path / "r.xlsx", [["kode", "dapil", "Dapil"], [UNITS[0], "A", "B"]])
    with pytest.raises(PlanError, match=r"r\.xlsx: 2 columns dapil; keep the one that is meant"):
        read_plan(path, registry)


# What is no workbook, or too much of one


def packed(path: Path, sheet: bytes, again: int = 1, **parts: bytes) -> Path:
    """A workbook whose only sheet is of these bytes, again and again."""
    base = book(path, [["kode"]])
    with zipfile.ZipFile(base) as old:
        members = {name: old.read(name) for name in old.namelist()}
    head, tail = members["xl/worksheets/sheet1.xml"].split(b"<sheetData>")[0], b"</sheetData></worksheet>"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, content in (members | parts).items():
            if name != "xl/worksheets/sheet1.xml":
                new.writestr(name, content)
        with new.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            part.write(parts.get("head", b"") + head + b"<sheetData>")
            for _ in range(again):
                part.write(sheet)
            part.write(tail)
    return path


LARGE = {
    "rows.xlsx": (b"<row><c/></row>" * 1000, 10_000, "bytes unpacked, more than the 33,554,432 that are read; keep"),
    "cells.xlsx": (b"<row>" + b"<c/>" * 1000 + b"</row>", 5_000, "more cells than are read, merged ones counted; keep"),
    "far.xlsx": (b'<row><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>', 1,
                 "sheet 'Dapil' reaches to XFD1048576, more than the 524,288 cells that are read; delete what"),
    "merged.xlsx": (b'</sheetData><mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells><sheetData>', 1,
                    "more cells than are read, merged ones counted; keep"),
    "nowhere.xlsx": (b'</sheetData><mergeCells><mergeCell ref="?"/></mergeCells><sheetData>', 1,
                     "merged cells '?' are no range; save it again"),
}  # fmt: skip


@pytest.mark.parametrize("name", LARGE)
def test_what_is_too_large_is_refused_before_it_is_read(
    name: str, registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sheet, again, why = LARGE[name]
    path = packed(tmp_path / name, sheet, again)
    assert path.stat().st_size < 1 << 20
    if name != "far.xlsx":
        monkeypatch.setattr(openpyxl, "load_workbook", lambda *_, **__: pytest.fail("the workbook was read"))
    with pytest.raises(PlanError) as caught:
        read_plan(path, registry)
    assert f"{name}: " in str(caught.value)
    assert why in str(caught.value)
    if name != "cells.xlsx":  # a table of the election's may be as long
        with pytest.raises(TableError):
            read_any(path)


def test_entities_that_grow_are_not_unfolded(registry: Registry, tmp_path: Path) -> None:
    lol = b'<!DOCTYPE x [<!ENTITY a "' + b"a" * 1000 + b'"><!ENTITY b "' + b"&a;" * 1000 + b'">]>'
    path = packed(tmp_path / "r.xlsx", b"<row><c/></row>", head=lol)
    with pytest.raises(PlanError, match="declares a document type"):
        read_plan(path, registry)


def test_what_is_no_workbook_is_told(registry: Registry, tmp_path: Path) -> None:
    text = "kode,dapil\n" + "".join(f"{unit},A\n" for unit in UNITS)
    cases = {
        "old.xls": (
            b"\xd0\xcf\x11\xe0" + bytes(600),
            "an old workbook (XLS), or one with a password; save it as XLSX",
        ),
        "secret.xlsx": (b"\xd0\xcf\x11\xe0" + bytes(600), "or one with a password; save it as XLSX"),
        "text.xlsx": (text.encode(), "cannot be read as XLSX (File is not a zip file); save it again"),
        "other.ods": (zipped("content.xml"), "cannot be read as XLSX"),
        "empty.xlsx": (book(tmp_path / "e.xlsx", []).read_bytes(), "no sheet holds anything"),
    }
    for name, (content, why) in cases.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(PlanError) as caught:
            read_plan(tmp_path / name, registry)
        assert f"{name}: " in str(caught.value)
        assert why in str(caught.value)
    named_csv = book(tmp_path / "r.csv", rows_of(1, 9)[:2])
    assert list(read_plan(named_csv, registry).members) == [UNITS[0]], "what it is counts, not its name"


def zipped(name: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr(name, b"<x/>")
    return buffer.getvalue()


def test_a_damaged_workbook_is_read_or_told_in_one_message(registry: Registry, tmp_path: Path) -> None:
    """Bytes turned, cut off, parts turned within the archive: a message of the family, and no other error."""
    whole = book(tmp_path / "r.xlsx", rows_of(3, 3, 4), "B2:B4").read_bytes()
    with zipfile.ZipFile(io.BytesIO(whole)) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    rng, path = random.Random(16), tmp_path / "d.xlsx"
    for n in range(150):
        if n % 3:
            name = rng.choice(sorted(parts))
            content = bytearray(parts[name])
            for _ in range(rng.randint(1, 6)):
                content[rng.randrange(len(content))] = rng.randrange(32, 127)
            with zipfile.ZipFile(path, "w") as file:
                for each, text in parts.items():
                    file.writestr(each, bytes(content) if each == name else text)
        else:
            path.write_bytes(whole[: rng.randrange(len(whole))])
        try:
            read_plan(path, registry)
        except PlanError as error:
            assert "d.xlsx" in str(error)  # noqa: PT017 - what is read is right, too


def test_sheets_of_stored_values_and_of_formulas(tmp_path: Path) -> None:
    path = book(tmp_path / "r.xlsx", [["a"], ["=1+1"]])
    assert [sheet["A2"].value for stored in (False, True) for sheet in sheets(path, stored=stored)] == [
        "=1+1",
        None,
    ]


# In the browser


BOTH = 'import { DraftError, readDraft, textOf } from "reading.js";\n'


@needs_node
def test_the_browser_reads_the_same_codes(registry: Registry) -> None:
    """Among the units of one council, which the page has."""
    code = """import { codesMeant } from "reading.js";
    tell(given.texts.map((text) => codesMeant(given.units, text)));"""
    rng = random.Random(5)
    units = [each for each in registry.at("kecamatan") if each[:5] in ("11.01", "11.12", "32.01", "91.05")]
    units += [each for each in registry.at("kabkota") if each[:2] in ("11", "32")]
    texts = [str(value.date() if isinstance(value, datetime.datetime) else value) for value, _ in SPOILT]
    for _ in range(400):
        unit = rng.choice(units)
        parts = unit.split(".")
        shapes = [
            unit.replace(".", ""), unit.replace(".", "") + ".0", "-".join(part.lstrip("0") for part in parts),
            unit.replace(".", ","), str(float(".".join(parts[:2]))), "/".join([*parts[:2], f"20{parts[-1]}"]),
            f"20{parts[-1]}-{parts[1]}-{parts[0]}", f"19{parts[-1]}-{parts[0]}-{parts[1]} 00:00:00",
            f"{int(unit.replace('.', '')):,}", unit + "x", unit[1:],
        ]  # fmt: skip
        texts.append(rng.choice(shapes))
    mine = SpoiltCodes(units)
    wanted = [mine.meant(text) for text in texts]
    assert {len(each) for each in wanted} >= {0, 1, 2}
    assert run(code, {"texts": texts, "units": units}) == wanted


@needs_node
def test_the_browser_reads_files_as_the_command_does(medan: Bench, tmp_path: Path) -> None:  # noqa: F811
    code = (
        BOTH
        + """
    const read = async ({ name, bytes }) => {
      const file = new File([Uint8Array.from(bytes)], name);
      try {
        const { label, names, notes } = readDraft(await textOf(file), given.council);
        return { label, names, notes };
      } catch (error) { if (!(error instanceof DraftError)) throw error; return { problems: error.problems }; }
    };
    tell(await Promise.all(given.files.map(read)));"""
    )
    text = "kode\tdapil\r\n12-71-1\tBarat–1\r\n127102\tBarat–2\r\n12.71.03\tBarat–2\r\n"
    files = {"a.txt": text.encode("utf-16"), "b.txt": b"\xfe\xff" + text.encode("utf-16-be"), "c.csv": text.encode(),
             "d.csv": text.encode("cp1252"), "e.txt": b"\xff\xfe1", "f.txt": text.encode("utf-16-le"),
             "g.xlsx": book(tmp_path / "g.xlsx", rows_of(5, 5)).read_bytes(), "h.xls": b"\xd0\xcf\x11\xe0" + bytes(9),
             "i.csv": b"kode,dapil\n12.71.01,#REF!\n", "j.csv": b"kode,dapil,dapil\n12.71.01,A,B\n"}  # fmt: skip
    given = [{"name": name, "bytes": list(content)} for name, content in files.items()]
    answers = dict(zip(files, run(code, {"council": medan.file, "files": given}), strict=True))
    for name, content in files.items():
        path = tmp_path / name
        path.write_bytes(content)
        if "problems" not in answers[name]:
            plan = read_plan(path, medan.registry, chamber="dprd-kabkota", council="12.71")
            assert answers[name]["names"] == plan.dapil["nama_dapil"].tolist()
            assert answers[name]["label"] == [plan.members.get(unit, -1) for unit in medan.units]
            assert len(answers[name]["notes"]) == sum("baris" in note for note, _ in plan.notes) == 2
        elif name not in ("g.xlsx", "h.xls"):
            with pytest.raises(PlanError):
                read_plan(path, medan.registry, chamber="dprd-kabkota", council="12.71")
    assert [name for name in files if "problems" in answers[name]] == [f"{letter}.{end}" for letter, end in (
        ("d", "csv"), ("e", "txt"), ("f", "txt"), ("g", "xlsx"), ("h", "xls"), ("i", "csv"), ("j", "csv"))]  # fmt: skip
    for name in ("g.xlsx", "h.xls"):
        ((indonesian, english),) = answers[name]["problems"]
        assert "dapil check" in indonesian
        assert "dapil check" in english
        assert "CSV UTF-8" in english
