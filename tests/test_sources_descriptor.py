"""Descriptors: what they say is checked, and every fault names file, key and mend."""

from pathlib import Path

import pytest

from boundaries import sources
from boundaries.errors import SourceError
from boundaries.sources.descriptor import read_descriptor

GOOD = """
title = { id = "Contoh", en = "Example" }
publisher = "x"
attribution = "x"
vintage = "2024"
open = true
reader = "ogr"
[licence]
name = "x"
url = "https://example.org"
[levels.kecamatan]
files = ["a.gpkg"]
code = "kode"
"""


def test_the_sources_that_come_along_are_sound_and_the_open_one_comes_first() -> None:
    assert sources.available() == ("kemendagri-2025", "gadm-4.1")
    for name in sources.available():
        source = sources.load_source(name)
        assert source.id == name == source.descriptor.stem
        assert all(fact.bytes and len(fact.sha256) == 64 for fact in source.facts.values())


def test_kemendagri_has_a_file_of_desa_for_every_kabkota() -> None:
    source = sources.load_source("kemendagri-2025")
    assert len(source.paths("desa")) == 514
    assert source.paths("desa", ["32.77"]) == ("db/kel/32/wilayah_boundaries_kel_32.77.sql",)
    assert [len(source.paths(level)) for level in ("provinsi", "kabkota", "kecamatan")] == [8, 38, 38]
    with pytest.raises(SourceError, match=r"no file for kabkota 32\.99"):
        source.paths("desa", ["32.99"])


def test_only_kemendagri_is_called_open() -> None:
    assert sources.load_source("kemendagri-2025").open
    gadm = sources.load_source("gadm-4.1")
    assert not gadm.open
    assert "no redistribution" in gadm.licence.name


def test_defaults_of_a_map_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "peta-ku.toml"
    path.write_text(GOOD)
    source = sources.load_source(path)
    assert (source.id, source.local, source.partial, source.axis_order) == ("peta-ku", True, False, "lonlat")
    assert source.paths("kecamatan") == ("a.gpkg",)


def test_an_id_must_do_as_a_file_name(tmp_path: Path) -> None:
    path = tmp_path / "Peta Ku.toml"
    path.write_text(GOOD)
    with pytest.raises(SourceError, match="id 'Peta Ku' stands in file names"):
        sources.load_source(path)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("vintage", "vintag", r"unknown key vintag; remove it \(known here: id, title"),
        ('vintage = "2024"\n', "", "key vintage is missing; add it"),
        ('"2024"', "2024", "key vintage is 2024; it must be text in quotes"),
        ("true", '"yes"', "key open is 'yes'; it must be true or false"),
        ('"ogr"', '"shp"', "key reader is 'shp'; it must be 'sql-dump' or 'ogr'"),
        ('["a.gpkg"]', '"a.gpkg"', "key levels.kecamatan.files is 'a.gpkg'; it must be a list"),
        ('["a.gpkg"]', "[]", "key levels.kecamatan.files matches no file"),
        ("levels.kecamatan", "levels.distrik", r"key levels.distrik is 'distrik'; it must be 'provinsi' or"),
        ('code = "kode"', "", "key levels.kecamatan.code is missing"),
        ('code = "kode"', "codes = 1", "unknown key levels.kecamatan.codes"),
        ('url = "https://example.org"', "", "key licence.url is missing"),
        (', en = "Example"', "", "key title lacks en"),
        ("open = true", 'open = true\ncode_style = "own"', "needs the key bridge"),
        ("open = true", 'open = true\nmissing = "no.csv"', "key missing names no.csv, which is not beside"),
        ("open = true", "open = ", "not valid TOML"),
        (
            "[levels",
            '[sha256]\n"b.gpkg" = "00"\n[levels',
            "key sha256 names b.gpkg, which is a file of no level",
        ),
        ("[levels", '[[upstream]]\nmethod = "npm"\n[levels', "upstream of method npm lacks the key package"),
    ],
)
def test_a_fault_names_file_key_and_mend(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in GOOD
    path = tmp_path / "peta.toml"
    path.write_text(GOOD.replace(old, new, 1))
    with pytest.raises(SourceError, match=rf"peta\.toml: .*{said}"):
        read_descriptor(path)


def test_an_unknown_source_is_told_which_there_are(tmp_path: Path) -> None:
    with pytest.raises(
        SourceError, match=r"no source 'gadm': there are kemendagri-2025, gadm-4\.1; for a map of"
    ):
        sources.load_source("gadm")
    with pytest.raises(SourceError, match=r"none\.toml: no such descriptor"):
        sources.load_source(tmp_path / "none.toml")


@pytest.mark.parametrize("row", ["a.sql,x," + "0" * 64, "a.sql,1,00", "../a.sql,1," + "0" * 64])
def test_a_fault_in_the_list_of_files_names_the_line(tmp_path: Path, row: str) -> None:
    (tmp_path / "f.csv").write_text(f"path,bytes,sha256\n{row}\n")
    path = tmp_path / "peta.toml"
    path.write_text(GOOD.replace("open = true", 'open = true\nfiles = "f.csv"'))
    with pytest.raises(SourceError, match=r"f\.csv:2: "):
        read_descriptor(path)
