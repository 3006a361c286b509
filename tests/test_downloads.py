"""The folder of downloads: whole, listed, of this release, the same every time, and never half there."""

import gzip
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from boundaries.cli import main
from boundaries.downloads import folder as downloads
from boundaries.downloads import jobs
from boundaries.downloads.file_facts import About
from boundaries.errors import ReleaseError
from boundaries.exports.formats import FORMATS
from boundaries.release.store import FOLDER, LIST, Release, open_release
from boundaries.verify.run import verify
from tests.small import make_small_release

YEARS = {2019: ("dpr",), 2024: ("dpr", "dpd", "dprd-kabkota")}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """The small release with its downloads."""
    release = open_release(make_small_release(tmp_path_factory.mktemp("releases")))
    downloads.add(release)
    return release


@pytest.fixture
def copy(made: Release, tmp_path: Path) -> Release:
    """The same, to be damaged."""
    shutil.copytree(made.path, tmp_path / made.id)
    return open_release(tmp_path / made.id)


def listed(release: Release) -> dict[str, dict[str, Any]]:
    found = downloads.read(release)
    assert found is not None
    return {each["name"]: each for each in found["files"]}


def sums(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def test_every_layer_is_there_in_every_format(made: Release) -> None:
    names = listed(made)
    for layer in made.layers:
        assert {f"{layer}{each.suffix}" for each in FORMATS.values()} <= names.keys()
    assert "tabel-dprd-kabkota-2014.csv" in names
    assert "tabel-dprd-kabkota-2014.geojson" not in names
    assert {"dpr-2024-assignment.csv", "dprd-kabkota-2024-assignment.csv"} <= names.keys()


def test_every_year_has_its_topologies_and_tiles(made: Release) -> None:
    names = listed(made)
    for year, chambers in YEARS.items():
        for size in ("", "-web", "-overview"):
            assert {f"{name}-{year}{size}.topojson" for name in ("dapil", *chambers)} <= names.keys()
        assert f"dapil-{year}.pmtiles" in names
        assert f"quality-topojson-{year}.csv" in names
    assert "dpr-2024-32-web.topojson" in names
    assert "dprd-kabkota-2024-31-web.topojson" not in names, "31 elects no DPRD kab/kota"


def test_the_list_tells_bytes_and_hashes_of_all_that_is_there_and_of_nothing_else(made: Release) -> None:
    folder = made.path / FOLDER
    actual, names = sums(folder), listed(made)
    expected = {LIST}
    for name, each in names.items():
        expected.add(name)
        assert (actual[name], (folder / name).stat().st_size) == (each["sha256"], each["bytes"]), name
        if "gzip" in each:
            packed = folder / f"{name}.gz"
            expected.add(packed.name)
            assert actual[packed.name] == each["gzip"]["sha256"]
            assert gzip.decompress(packed.read_bytes()) == (folder / name).read_bytes()
    assert actual.keys() == expected
    assert list(names) == sorted(names)


def test_sha256sum_finds_every_file_of_the_release_right(made: Release, tmp_path: Path) -> None:
    """As a person checks them: all files in one folder, as the address has them."""
    for path in (*made.path.iterdir(), *(made.path / FOLDER).iterdir()):
        if path.is_file():
            shutil.copyfile(path, tmp_path / path.name)
    done = subprocess.run(
        ["sha256sum", "--strict", "-c", "SHA256SUMS"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = {line.rpartition(": ")[0] for line in done.stdout.splitlines()}
    assert told == listed(made).keys() - {"SHA256SUMS"} | {path.name for path in made.path.iterdir()} - {
        FOLDER
    }


def test_the_same_release_gives_the_same_bytes(made: Release, tmp_path: Path) -> None:
    again = tmp_path / "again"
    downloads.make(made, again)
    assert sums(again) == sums(made.path / FOLDER)


@pytest.mark.slow
def test_two_processes_give_the_bytes_of_one(made: Release, tmp_path: Path) -> None:
    again = tmp_path / "again"
    downloads.make(made, again, years=[2019], processes=2)
    before, after = sums(made.path / FOLDER), sums(again)
    assert {name for name in after if name.startswith("dpr-2019")}
    described = {"downloads.json", "datapackage.json", "catalog.jsonld", "SHA256SUMS", "map-index.json"}
    differ = {name for name in after if after[name] != before[name]}
    assert {name.removesuffix(".gz") for name in differ} <= described, "only what lists the files may differ"


def test_a_folder_that_is_there_stays_as_it_is(made: Release) -> None:
    stamp = (made.path / FOLDER / LIST).stat().st_mtime_ns
    assert downloads.add(made) == made.path / FOLDER
    assert (made.path / FOLDER / LIST).stat().st_mtime_ns == stamp


def test_a_release_is_not_named_by_its_downloads(made: Release, tmp_path: Path) -> None:
    assert open_release(make_small_release(tmp_path)).id == made.id


def test_the_licence_names_the_base_map_and_the_laws(made: Release) -> None:
    text = (made.path / FOLDER / "LICENCE.txt").read_text(encoding="utf-8")
    for words in (
        made.id,
        "Creative Commons Zero 1.0",
        "https://example.org/contoh",
        "PKPU 6/2023 Lampiran I",
    ):
        assert words in text
    assert "NOT OPEN DATA" not in text


def test_verify_finds_nothing_wrong_with_the_downloads(made: Release) -> None:
    report = verify(made)
    (check,) = [each for each in report.checks if each.id == "downloads"]
    assert check.findings == 0
    assert f"{len(listed(made)):,} files" in check.looked_at


def shorten(folder: Path) -> None:
    path = folder / "dpr-2024.fgb"
    path.write_bytes(path.read_bytes()[:-1])


def alter(folder: Path) -> None:
    path = folder / "dpr-2024.csv"
    path.write_bytes(path.read_bytes().replace(b"JAWA BARAT I,", b"JAWA BARAT X,"))


def remove(folder: Path) -> None:
    (folder / "dpr-2024.csv.gz").unlink()


def add_stranger(folder: Path) -> None:
    (folder / "stranger.txt").write_text("x")


def cut_list(folder: Path) -> None:
    path = folder / LIST
    path.write_bytes(path.read_bytes()[:100])


def other_release(folder: Path) -> None:
    found = json.loads((folder / LIST).read_bytes())
    (folder / LIST).write_text(json.dumps(found | {"release": "other-1"}))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("harm", "names"),
    [
        (shorten, "dpr-2024.fgb"),
        (alter, "dpr-2024.csv"),
        (remove, "dpr-2024.csv.gz"),
        (add_stranger, "stranger.txt"),
        (cut_list, LIST),
        (other_release, "other-1"),
    ],
)
def test_damage_is_found_and_named(copy: Release, harm: Callable[[Path], None], names: str) -> None:
    harm(copy.path / FOLDER)
    findings = [each for each in verify(copy).findings if each.check == "downloads"]
    assert findings
    assert any(names in f"{each.feature} {each.found}" for each in findings)
    with pytest.raises(ReleaseError, match=r"remove .*dapil export --all"):
        downloads.add(copy)


def test_tables_of_another_content_are_found_though_their_hashes_fit(copy: Release) -> None:
    """A list made anew over a wrong table: the ids give it away."""
    folder = copy.path / FOLDER
    text = (folder / "dpr-2024.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (folder / "dpr-2024.csv").write_text("".join(text[:-1]), encoding="utf-8")
    found = json.loads((folder / LIST).read_bytes())
    for position, each in enumerate(found["files"]):
        if each["name"] == "dpr-2024.csv":
            about = About(
                each["format"], each["media_type"], each["dataset"], each["title"], True,
                each["year"], each["chamber"], each["province"], each["size"],
            )  # fmt: skip
            found["files"][position] = jobs.entry(folder, "dpr-2024.csv", about)
    (folder / LIST).write_bytes(jobs.list_bytes(found))
    findings = {(each.layer, each.what) for each in verify(copy).findings if each.check == "layer-files"}
    assert {layer for layer, _ in findings} == {"dpr-2024"}


def test_a_failure_leaves_the_release_without_downloads_and_no_staging(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = open_release(make_small_release(tmp_path))

    def fail(*_: Any) -> Any:
        raise ReleaseError("the pen broke")

    monkeypatch.setitem(jobs.KINDS, "map", fail)
    with pytest.raises(ReleaseError, match="the pen broke"):
        downloads.add(release)
    assert not (release.path / FOLDER).exists()
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".staging")]
    assert open_release(tmp_path).id == release.id


def test_info_tells_of_the_downloads(made: Release) -> None:
    result = CliRunner().invoke(main, ["info", "--release", str(made.path)])
    assert result.exit_code == 0, result.output
    assert f"{len(listed(made)):,} files" in result.stdout


def test_the_changes_since_the_release_before_are_among_the_files(made: Release) -> None:
    assert json.loads((made.path / FOLDER / "changes.json").read_bytes()) == {"since": None, "layers": {}}


def test_the_release_before_is_an_older_one_though_a_younger_is_current(tmp_path: Path) -> None:
    """A release may get its downloads when another has followed it: that one is not what it changed from."""
    first = make_small_release(tmp_path)
    younger = tmp_path / "contoh-1-000000000000"
    shutil.copytree(first, younger)
    manifest = json.loads((younger / "manifest.json").read_bytes()) | {"release": younger.name}
    (younger / "manifest.json").write_text(json.dumps(manifest))
    os.utime(first / "manifest.json", (1_000, 1_000))
    os.utime(younger / "manifest.json", (2_000, 2_000))
    for current in (first, younger):
        (tmp_path / "current").unlink()
        (tmp_path / "current").symlink_to(current.name)
        before = [downloads.predecessor(tmp_path, open_release(path)) for path in (first, younger)]
        assert [found.id if found else None for found in before] == [None, first.name]


@pytest.mark.parametrize(
    "times", [(1_000, 2_000, 3_000), (3_000, 2_000, 1_000), (1_000, 1_000, 1_000), (2_000, 3_000, 1_000)]
)
def test_a_copy_that_keeps_no_times_tells_the_order_by_the_lists(
    tmp_path: Path, times: tuple[int, ...]
) -> None:
    """Three releases, each list naming the one before: whichever gets its downloads again, the same comes before it."""
    first = make_small_release(tmp_path)
    names = [first.name, "contoh-1-000000000001", "contoh-1-000000000000"]
    manifest = json.loads((first / "manifest.json").read_bytes())
    for name, before in zip(names, [None, *names], strict=False):
        place = tmp_path / name
        if name != first.name:
            shutil.copytree(first, place, ignore=shutil.ignore_patterns(FOLDER))
        (place / "manifest.json").write_text(json.dumps(manifest | {"release": name}))
        (place / FOLDER).mkdir()
        told = {"format": 1, "release": name, "previous": before, "files": []}
        (place / FOLDER / LIST).write_text(json.dumps(told))
    for name, time in zip(names, times, strict=True):
        os.utime(tmp_path / name / "manifest.json", (time, time))
    (tmp_path / "current").unlink()
    (tmp_path / "current").symlink_to(names[2])
    before_ = [downloads.predecessor(tmp_path, open_release(tmp_path / name)) for name in names]
    assert [found.id if found else None for found in before_] == [None, *names[:2]]


@pytest.mark.slow
def test_the_folder_that_was_moved_in_is_durable(copy: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[tuple[Path, bool]] = []
    monkeypatch.setattr(
        downloads, "sync", lambda path: synced.append((path, (copy.path / FOLDER / LIST).exists()))
    )
    shutil.rmtree(copy.path / FOLDER)
    downloads.add(copy)
    assert synced == [(copy.path, True)]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"name": "../dapil.gpkg"}, "not a name"),
        ({"sha256": "0"}, "no sha256"),
        ({"bytes": None}, "cannot have"),
    ],
)
def test_a_list_that_says_what_no_list_says_is_told_and_mended_by_removing(
    copy: Release, change: dict[str, Any], why: str
) -> None:
    path = copy.path / FOLDER / LIST
    value = json.loads(path.read_bytes())
    value["files"][0] |= change
    path.write_text(json.dumps(value))
    with pytest.raises(ReleaseError, match=f"{why}.*dapil export --all"):
        downloads.read(copy)
