"""The list of units: complete for 2025, closed under parents, and strict about what it reads."""

from collections import Counter
from pathlib import Path

import pytest

from boundaries.errors import CodeError, TableError
from boundaries.law import codes
from boundaries.law.codes import LENGTH
from boundaries.law.registry import Registry, load_registry


def test_it_holds_every_unit_of_2025(registry: Registry) -> None:
    assert len(registry.at("provinsi")) == 38
    assert len(registry.at("kabkota")) == 514
    assert len(registry.at("kecamatan")) == 7285
    assert len(registry.at("desa")) == 83_762


def test_the_levels_hold_each_other(registry: Registry) -> None:
    for level in ("provinsi", "kabkota", "kecamatan"):
        below = Counter(codes.parent(c) for unit in registry.at(level) for c in registry.children(unit))
        assert set(below) == set(registry.at(level))
    assert sum(len(registry.descendants(p, "kecamatan")) for p in registry.at("provinsi")) == 7285
    assert sum(len(registry.descendants(p, "desa")) for p in registry.at("provinsi")) == len(
        registry.at("desa")
    )


def test_children_lie_in_their_parent_and_are_sorted(registry: Registry) -> None:
    children = registry.children("61.12.01")
    assert {"61.12.01.2021", "61.12.01.2022"} <= set(children)  # without polygon, yet listed
    assert list(children) == sorted(children)
    assert all(codes.parent(c) == "61.12.01" for c in children)
    assert registry.children("61.12.01.2021") == ()
    assert registry.descendants("32.04", "kabkota") == ("32.04",)


def test_names_are_spelled_out(registry: Registry) -> None:
    assert registry.names["13.05.17"] == "Anam Lingkuang"
    assert registry.names["12.14.21"] == "O'o'u"
    assert registry.names["72.06.20"] == "Sombori Kepulauan"
    assert not [n for n in registry.names.values() if n != n.strip() or "  " in n]


@pytest.mark.parametrize(
    ("code", "year", "provinsi"),
    [("76.02", 2004, "73"), ("76.02", 2009, "76"), ("65.71", 2014, "64"), ("65.71", 2019, "65"),
     ("93.01", 2019, "91"), ("93.01", 2024, "93"), ("96.71", 2019, "92"), ("32.04", 2004, "32")],
)  # fmt: skip
def test_ground_votes_in_the_provinsi_of_its_time(
    registry: Registry, code: str, year: int, provinsi: str
) -> None:
    assert registry.provinsi_in(code, year) == provinsi


@pytest.mark.parametrize(
    ("code", "name", "mend"),
    [
        ("32.04.50", "CIMENYAN", "'Cimenyan' is 32.04.06"),
        ("32.99", "Kab. Bandung", "'Kabupaten Bandung' is 32.04"),
        ("32.04.05.2099", "Cileunyi Kulon", "'Cileunyi Kulon' is 32.04.05.2001"),
        ("91.03.01.9999", "Sereh", "'Sereh' is 91.03.01.2004"),
        ("32.04.50", "", "the nearest is"),
    ],
)
def test_an_unknown_code_meets_a_suggestion(registry: Registry, code: str, name: str, mend: str) -> None:
    assert mend in registry.suggest(code, name)


def test_an_unknown_unit_has_no_children(registry: Registry) -> None:
    with pytest.raises(CodeError, match=r"32\.04\.50 is not a unit"):
        registry.children("32.04.50")
    with pytest.raises(CodeError, match="ask for a finer level"):
        registry.descendants("32.04.05", "provinsi")


def write(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "units.csv"
    path.write_text(text, encoding=encoding)
    return path


@pytest.mark.parametrize(
    ("text", "line", "mend"),
    [
        ("kode,nama\n32,Jawa Barat\n32.4,Bandung\n", 3, "write 32.40"),
        ("kode,nama\n32,Jawa Barat\n32,Jawa Barat\n", 3, "remove one"),
        ("kode,nama\n32,Jawa Barat\n31,Jakarta\n", 3, "keep the lines sorted"),
        ("kode,nama\n32,Jawa Barat\n33.04,X\n", 3, "33, which is not listed; add it"),
        ("kode,nama\n32,\n", 2, "has no nama"),
        ("kode,nama\n32,Jawa Barat \n", 2, "has a blank around it"),
        ("kode,nama\n32\n", 2, "1 fields, expected 2"),
        ("kode,nama\n32,Jawa,Barat\n", 2, "put a field with a comma in quotes"),
        ("kode,nama\n32,Jawa Barat\n\n", 3, "an empty line"),
        ('kode,nama\n32,"Jawa\nBarat"\n', 2, "a field spans lines"),
        ('kode,nama\n32,"Jawa Barat\n', 2, "mend the quotes"),
        ("kode,nama\n32,Jawa Bar", 2, "cut off"),
        ("kode;nama\n32;Jawa Barat\n", 1, "separated by semicolons"),
        ("kode,name\n32,Jawa Barat\n", 1, "no column nama; unknown column name"),
        ("kode,nama,nama\n32,a,b\n", 1, "twice the column nama"),
    ],
)
def test_a_faulty_table_names_line_and_mend(tmp_path: Path, text: str, line: int, mend: str) -> None:
    with pytest.raises(TableError) as error:
        load_registry(write(tmp_path, text))
    assert f"units.csv:{line}:" in str(error.value)
    assert mend in str(error.value)


def test_a_file_that_is_empty_missing_or_not_utf8_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="is empty"):
        load_registry(write(tmp_path, ""))
    with pytest.raises(TableError, match=r"units\.csv:2: not UTF-8"):
        load_registry(write(tmp_path, "kode,nama\n32,Jawa Barät\n", "latin-1"))
    with pytest.raises(TableError, match="put the file there"):
        load_registry(tmp_path / "none.csv")


def test_a_byte_order_mark_and_crlf_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "units.csv"
    path.write_bytes("\ufeffkode,nama\r\n32,Jawa Barat\r\n".encode())
    assert load_registry(path).names == {"32": "Jawa Barat"}


def test_a_provinsi_cannot_come_from_one_that_is_not_listed(tmp_path: Path) -> None:
    path = write(tmp_path, "kode,nama\n32,Jawa Barat\n36,Banten\n")
    (tmp_path / "pemekaran.csv").write_text("kode,induk,pemilu_pertama,dasar_hukum\n36,33,2004,UU 23/2000\n")
    with pytest.raises(TableError, match=r"pemekaran\.csv:2: 33 is not a provinsi"):
        load_registry(path)
    (tmp_path / "pemekaran.csv").write_text("kode,induk,pemilu_pertama,dasar_hukum\n36,36,2004,UU 23/2000\n")
    with pytest.raises(TableError, match="36 did not vote before 36 in 2004"):
        load_registry(path)


def test_lengths_are_those_of_the_levels(registry: Registry) -> None:
    assert {len(code) for code in registry.names} == set(LENGTH.values())
