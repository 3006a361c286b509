"""Parsed polygons are kept under what they follow from: never stale, never trusted when damaged."""

import csv
import hashlib
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import shapely

from boundaries import sources
from boundaries.sources import sqldump
from boundaries.sources.descriptor import read_descriptor

TOML = """
title = { id = "mainan", en = "toy" }
publisher = "x"
attribution = "x"
vintage = "2025"
open = true
reader = "sql-dump"
axis_order = "latlon"
files = "toy.files.csv"

[licence]
name = "x"
url = "https://example.org"

[levels.kecamatan]
files = ["*.sql"]
"""
HEAD = "INSERT INTO wilayah_boundaries (kode,nama,lat,lng,path) VALUES\n"
SQUARE = "[[[-1,120],[-1,121],[0.1234567,121],[0,120]]]"


def row(code: str, outline: str, end: str) -> str:
    return f"('{code}','Nama ''{code}''',-0.5,120.5,{outline}){end}\n"


DUMP = HEAD + row("72.06.01", f"'{SQUARE}'", ",") + row("72.06.02", "'[[[0,0],[0,0]]]'", ",")
DUMP += row("72.06.03", "NULL", ";")


def toy(tmp_path: Path, content: str = DUMP) -> sources.Source:
    file = tmp_path / "mirror" / "toy" / "a.sql"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content, encoding="utf-8")
    data = content.encode()
    with (tmp_path / "toy.files.csv").open("w", newline="") as out:
        rows = [("path", "bytes", "sha256"), ("a.sql", len(data), hashlib.sha256(data).hexdigest())]
        csv.writer(out, lineterminator="\n").writerows(rows)
    (tmp_path / "toy.toml").write_text(TOML)
    return read_descriptor(tmp_path / "toy.toml")


def read(tmp_path: Path, source: sources.Source) -> sources.RawUnits:
    fetched = sources.fetch(source, mirror=tmp_path / "mirror", cache=tmp_path / "cache")
    return sources.read_units(source, fetched, "kecamatan")


def kept(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "cache").glob("toy/parsed/*.parquet"))


def unread(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on no dump is parsed."""

    def refuse(path: Path, **_: object) -> None:
        raise AssertionError(f"{path} was parsed")

    monkeypatch.setattr(sqldump, "read", refuse)


def same(one: sources.RawUnits, two: sources.RawUnits) -> bool:
    shapes = [list(shapely.to_wkb(each.geometry)) for each in (one, two)]
    return (
        list(one.codes) == list(two.codes)
        and list(one.names) == list(two.names)
        and one.notes == two.notes
        and shapes[0] == shapes[1]
    )


def test_a_second_read_parses_nothing_and_gives_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = toy(tmp_path)
    first = read(tmp_path, source)
    assert first.without_geometry == ("72.06.02", "72.06.03")
    assert first.notes
    unread(monkeypatch)
    assert same(first, read(tmp_path, source))


def test_another_file_is_parsed_anew(tmp_path: Path) -> None:
    read(tmp_path, toy(tmp_path))
    other = read(tmp_path, toy(tmp_path, DUMP.replace("0.1234567", "0.2")))
    assert shapely.bounds(other.geometry[0])[3] == 0.2
    assert len(kept(tmp_path)) == 2


@pytest.mark.parametrize("damage", ["cut", "empty", "flipped"])
def test_what_is_damaged_is_made_again(
    tmp_path: Path, damage: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    source = toy(tmp_path)
    first = read(tmp_path, source)
    (file,) = kept(tmp_path)
    whole = file.read_bytes()
    column = pq.ParquetFile(file).metadata.row_group(0).column(2)  # the polygons
    at = column.data_page_offset + column.total_compressed_size - 20
    flipped = whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]
    file.write_bytes({"cut": whole[: len(whole) // 2], "empty": b"", "flipped": flipped}[damage])
    assert same(first, read(tmp_path, source))
    assert "cannot be read back" in caplog.text
    unread(monkeypatch)
    assert same(first, read(tmp_path, source))


def test_where_nothing_can_be_written_the_files_are_parsed_and_that_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "cache").write_text("a file where a folder should be")
    source = toy(tmp_path)
    assert same(read(tmp_path, source), read(tmp_path, source))
    assert "not kept" in caplog.text
