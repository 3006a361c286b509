"""Builds that meet trouble: each ends in one message or a line of the ledger, and the last release stays whole."""

import functools
import gzip
import os
import re
import shutil
import signal
import struct
import subprocess
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from click.testing import CliRunner, Result

from boundaries import build as way
from boundaries.cli import main
from boundaries.law.codes import LENGTH
from boundaries.law.plans import load_plans
from boundaries.law.registry import load_registry
from boundaries.release.store import FULL, STANDARD, open_release, sha256

PLAN = "dprd-kabkota-2024"
STEPS = ("plans:", "units:", "coverage:", "dapil:", "release:", "downloads:")
PLACES = ("34.71", "34.04.01")  # a kota with all of its desa, and a kecamatan of a neighbour
HEAD = """
title = { id = "Peta uji", en = "Test map" }
publisher = "Tests"
attribution = "Tests, CC0"
vintage = "2025"
open = true
reader = "ogr"
partial = true
licence = { spdx = "CC0-1.0", name = "CC0", url = "https://creativecommons.org/publicdomain/zero/1.0/" }
"""

WITHOUT_LINES = re.compile(
    r"SHA256SUMS|elections\.(json|zip)|changes|assignment|map-(facts|kabkota|places|undrawn|units\.json|results|elected|candidates|votes|carried)|"
    r"quality.*\.csv|(calon|daftar-calon|dana-kampanye|dapil-dpr-1999|hasil|kursi-total|partai|partisipasi|pemilih|pilkada|presiden|"
    r"sengketa|silsilah|terpilih)[\w-]*\.(csv|parquet|xlsx)|\.(qml|sld|qgs)$|(graf|laporan|riwayat|semua-rencana|silang)-"
)
registry = functools.cache(load_registry)


def desa() -> dict[str, shapely.Polygon]:
    """Every desa of two places as a square; those of a kecamatan in a row."""
    found = {}
    row, column, last = 0, 0, ""
    for code in registry().at("desa"):
        if code.startswith(PLACES):
            kecamatan = code[: LENGTH["kecamatan"]]
            row, column = (row, column + 1) if kecamatan == last else (row + 1, 0)
            last = kecamatan
            found[code] = shapely.box(
                110 + column / 20, -8 + row / 20, 110.05 + column / 20, -7.95 + row / 20
            )
    return found


def outlines(drawn: Mapping[str, shapely.Polygon]) -> dict[str, shapely.Geometry]:
    groups = pd.Series(drawn).groupby(lambda code: code[: LENGTH["kecamatan"]])
    return {str(code): shapely.union_all(list(group)) for code, group in groups}


def write_map(folder: Path, drawn: Mapping[str, Any], above: Mapping[str, Any]) -> Path:
    """A map of desa and of kecamatan, and its descriptor."""
    names = registry().names
    folder.mkdir(exist_ok=True)
    text = HEAD
    for level, units in (("kecamatan", above), ("desa", drawn)):
        columns = {"kode": list(units), "nama": [names[code] for code in units]}
        frame = gpd.GeoDataFrame(columns, geometry=list(units.values()), crs=4326)
        frame.to_file(folder / f"{level}.geojson")
        text += f'\n[levels.{level}]\nfiles = ["{level}.geojson"]\ncode = "kode"\nname = "nama"\n'
    (folder / "peta-uji.toml").write_text(text)
    return folder / "peta-uji.toml"


def run(source: Path, out: Path, *more: str) -> Result:
    where = ["--source", str(source), "--out", str(out), "--plan", PLAN]
    return CliRunner().invoke(main, ["build", *where, *(more or ("--no-downloads",))])


@pytest.fixture(scope="module", autouse=True)
def _read_once() -> Iterator[None]:
    """The list of units and the plan are read once for all builds: they are not what is tried here."""
    plans = load_plans(None, registry(), (PLAN,))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(way, "load_registry", registry)
        patch.setattr(way, "load_plans", lambda *_given: plans)
        yield


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    return write_map(tmp_path / "map", desa(), outlines(desa()))


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("published")
    result = run(write_map(folder / "map", desa(), outlines(desa())), folder / "out")
    assert result.exit_code == 0, result.output
    return folder / "out"


@pytest.fixture
def out(published: Path, tmp_path: Path) -> Path:
    """A directory of releases with one in it."""
    return Path(shutil.copytree(published, tmp_path / "out", symlinks=True))


@pytest.fixture
def small_disk(published: Path, tmp_path: Path) -> Iterator[Path]:
    """A disk of its own with a release on it."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(place)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("only root can mount a small disk")
    try:
        yield Path(shutil.copytree(published, place / "out", symlinks=True))
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def intact(out: Path) -> str:
    """The current release, every file of it as it was written."""
    release = open_release(out)
    for file in release.manifest["files"]:
        assert sha256(release.path / file["name"]) == file["sha256"], file["name"]
    return release.id


def in_a_child(work: Callable[[], object]) -> int:
    """Return how a forked child that does this work ends: the exit code, negative for a signal."""
    child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        finally:
            os._exit(99)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_every_polygon_of_every_layer_and_detail_is_in_normal_form(published: Path) -> None:
    release = open_release(published)
    for layer in release.layers:
        for detail in (FULL, STANDARD):
            geometry = release.read_layer(layer, detail)[1]
            assert (shapely.to_wkb(geometry) == shapely.to_wkb(shapely.normalize(geometry))).all(), (
                layer,
                detail,
            )


# --- kill -9, a full disk ---------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_build_killed_in_any_step_leaves_the_release(toml: Path, out: Path) -> None:
    before, seen = intact(out), []
    moved = desa() | {"34.71.01.1001": shapely.box(110, -9, 110.05, -8.95)}
    write_map(toml.parent, moved, outlines(moved))  # so the new release is another

    def build_and_die(step: int) -> None:
        def die(_message: str, left: list[int] = [step]) -> None:  # noqa: B006 - one child, one count
            left[0] -= 1
            if left[0] < 0:
                os.kill(os.getpid(), signal.SIGKILL)

        way.build(out, source=str(toml), only=(PLAN,), progress=die)

    for step in range(len(STEPS)):
        assert in_a_child(lambda: build_and_die(step)) == -signal.SIGKILL, STEPS[step]  # noqa: B023
        assert intact(out) == before
    way.build(out, source=str(toml), only=(PLAN,), progress=seen.append)
    assert (
        tuple(dict.fromkeys(message.split()[0] for message in seen if message.split()[0] in STEPS)) == STEPS
    )
    assert intact(out) != before
    assert not [path for path in out.iterdir() if path.name.startswith(".staging")]


@pytest.mark.parametrize("room", [400_000, 3_900_000])  # for a GeoPackage; for some of the downloads
def test_a_full_disk_is_one_message_and_leaves_the_release(toml: Path, small_disk: Path, room: int) -> None:
    before = intact(small_disk)
    with (small_disk.parent / "full").open("wb") as full:
        os.posix_fallocate(full.fileno(), 0, shutil.disk_usage(small_disk).free - room)
    result = run(toml, small_disk, "--downloads")
    assert result.exit_code == 6
    assert result.stderr.splitlines()[-1].startswith(f"dapil: no room on the disk of {small_disk}"), (
        result.stderr
    )
    assert intact(small_disk) == before
    assert not [path for path in small_disk.iterdir() if path.name.startswith(".staging")]


# --- files of the base map --------------------------------------------------------------------------------


def test_a_truncated_file_is_named_and_leaves_the_release(toml: Path, out: Path) -> None:
    before = intact(out)
    file = toml.parent / "desa.geojson"
    file.write_bytes(file.read_bytes()[:-2000])
    result = run(toml, out)
    assert result.exit_code == 4
    assert "desa.geojson" in result.stderr.splitlines()[-1]
    assert intact(out) == before


def test_a_desa_without_polygon_is_refused_until_it_is_listed(toml: Path, out: Path) -> None:
    before, drawn = intact(out), desa()
    lost = drawn.pop("34.71.01.1001")
    write_map(toml.parent, drawn, outlines(drawn))
    result = run(toml, out)
    assert result.exit_code == 4
    assert "34.71.01.1001" in result.stderr
    assert "<id>.missing.csv and name that with the key missing" in result.stderr
    assert intact(out) == before
    toml.write_text('missing = "missing.csv"\n' + toml.read_text())
    (toml.parent / "missing.csv").write_text("kode,alasan\n34.71.01.1001,not drawn upstream\n")
    result = run(toml, out)
    assert result.exit_code == 0, result.output
    release = open_release(out)
    assert {row["kode"]: row["alasan"] for row in release.quality["missing"]}[
        "34.71.01.1001"
    ] == "not drawn upstream"
    units, geometry = release.read_layer("unit-desa")
    assert "34.71.01.1001" not in set(units["kode"])
    assert not shapely.intersects(shapely.union_all(geometry), lost.buffer(-0.001))


def test_a_desa_without_polygon_has_what_its_kecamatan_has_left(toml: Path, out: Path) -> None:
    drawn = desa()
    lost = drawn.pop("34.71.01.1001")
    write_map(toml.parent, drawn, outlines(desa()))
    result = run(toml, out)
    assert result.exit_code == 0, result.output
    release = open_release(out)
    units, geometry = release.read_layer("unit-desa")
    own = geometry[units["kode"] == "34.71.01.1001"][0]
    assert shapely.symmetric_difference(own, lost).area < 1e-9
    told = {row["kode"]: row["reason"] for row in release.quality["units_notable"]}
    assert told["34.71.01.1001"].startswith("not drawn in the source")


def test_a_desa_drawn_in_another_kabkota_stays_where_it_is_drawn_and_is_told(toml: Path, out: Path) -> None:
    drawn = desa()
    one, other = "34.71.01.1001", "34.04.01.2001"
    drawn[one], drawn[other] = drawn[other], drawn[one]
    write_map(toml.parent, drawn, outlines(desa()))
    result = run(toml, out)
    assert result.exit_code == 0, result.output
    release = open_release(out)
    told = {row["kode"]: row["di"] for row in release.quality["levels"]["desa_in_another_kabkota"]}
    assert told == {one: "34.04", other: "34.71"}
    units, geometry = release.read_layer("unit-desa")
    at = dict(zip(units["kode"], geometry, strict=True))
    assert shapely.symmetric_difference(at[one], drawn[one]).area < 1e-9


# --- the quick map ----------------------------------------------------------------------------------------


@pytest.mark.slow
def test_on_request_lines_are_those_of_kecamatan_and_every_file_says_so(toml: Path, out: Path) -> None:
    result = run(toml, out, "--base", "kecamatan", "--downloads")
    assert result.exit_code == 0, result.output
    assert "coarse lines: outlines of kecamatan" in result.stderr
    release = open_release(out)
    assert "unit-desa" not in release.layers
    assert release.id.startswith("peta-uji-kecamatan-")
    drawn = [
        path for path in release.path.rglob("*") if path.is_file() and not WITHOUT_LINES.search(path.name)
    ]
    assert len({path.name.split(".", 1)[1] for path in drawn}) > 12  # every format, packed and not
    assert sorted(path.name for path in drawn if not _says_coarse(path)) == []


def _says_coarse(path: Path) -> bool:
    """Whether a file names its lines coarse, in its rows or in what it tells of itself."""
    content = path.read_bytes()
    if path.suffix == ".gz":
        content = gzip.decompress(content)
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            content = b"".join(archive.read(name) for name in archive.namelist())
    if path.suffix == ".pmtiles":
        start, length = struct.unpack_from("<QQ", content, 24)  # of its metadata
        content = gzip.decompress(content[start : start + length])
    return any(word in content for word in (b"peta-uji-kecamatan", b"garis kasar", b"coarse lines"))
