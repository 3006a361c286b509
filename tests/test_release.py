"""Releases: whole or not at all; a build that is killed or out of disk leaves the current one as it was."""

import errno
import hashlib
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import shapely

from boundaries.errors import ReleaseError
from boundaries.release.store import FORMAT, Staging, new_release, open_release, release_id
from tests.small import SOURCE_ID, make_small_release, small_layers, small_tables, write_small_files

BUILD = """
import sys
from pathlib import Path
from boundaries.release import toy as small
small.DATE = small.DATE.replace(day=int(sys.argv[2]))  # another date: other bytes, another release
print("started", flush=True)
print(small.make_small_release(Path(sys.argv[1])).name, flush=True)
"""


def build(out: Path, day: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", BUILD, str(out), str(day)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def hidden(out: Path) -> set[str]:
    return {path.name for path in out.iterdir() if path.name.startswith(".")} - {".lock"}


def intact(out: Path) -> str:
    """Return the id of the current release after comparing every hash."""
    release = open_release(out)
    for file in release.manifest["files"]:
        assert hashlib.sha256((release.path / file["name"]).read_bytes()).hexdigest() == file["sha256"]
    return release.id


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("published")
    make_small_release(out)
    return out


@pytest.fixture
def out(published: Path, tmp_path: Path) -> Path:
    """A directory with one release, to spoil."""
    return Path(shutil.copytree(published, tmp_path / "out", symlinks=True))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 300 KB."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", str(place)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("a small disk cannot be mounted here (needs root)")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_the_same_inputs_give_the_same_release(published: Path, tmp_path: Path) -> None:
    again = make_small_release(tmp_path)
    first = open_release(published)
    assert again.name == first.id
    for name in ("dapil.gpkg", "features.bin", "manifest.json", "quality.csv", "quality.json"):
        assert (again / name).read_bytes() == (first.path / name).read_bytes()


def test_the_name_is_made_of_the_files(published: Path) -> None:
    release = open_release(published)
    lines = "".join(
        f"{file['name']} {file['sha256']}\n"
        for file in sorted(release.manifest["files"], key=lambda f: f["name"])
        if file["name"] != "features.bin"  # follows from the GeoPackage
    )
    assert release.id == f"{SOURCE_ID}-{hashlib.sha256(lines.encode()).hexdigest()[:12]}"
    assert release.id == release_id(SOURCE_ID, {f["name"]: f["sha256"] for f in release.manifest["files"]})
    assert release.path.name == release.id


def test_the_manifest_tells_layers_files_and_versions(published: Path) -> None:
    manifest = open_release(published).manifest
    assert {file["name"]: file["media_type"] for file in manifest["files"]} == {
        "dapil.gpkg": "application/geopackage+sqlite3", "features.bin": "application/octet-stream",
        "quality.csv": "text/csv",
        "quality.json": "application/json",
    }  # fmt: skip
    assert [each["name"] for each in manifest["layers"]] == [layer.name for layer in small_layers()]
    for told, layer in zip(manifest["layers"], small_layers(), strict=True):
        assert told["features"] == len(layer.frame)
        assert told["columns"] == [column.name for column in layer.columns]
        assert told["bbox"] == pytest.approx(shapely.total_bounds(layer.geometry))
    assert {"dapil", "python", "shapely", "geos", "gdal", "pyproj"} <= manifest["versions"].keys()


def test_layers_and_tables_read_back(published: Path) -> None:
    release = open_release(published)
    for layer in small_layers():
        frame, geometry = release.read_layer(layer.name)
        assert shapely.equals_exact(geometry, layer.geometry, 0).all()
        for column in layer.columns:
            told, read = layer.frame[column.name], frame[column.name]
            assert np.array_equal(told.isna(), read.isna())
            assert told.dropna().tolist() == read.dropna().tolist()
    for table in small_tables():
        assert len(release.read_table(table.name)) == len(table.frame)
    assert release.read_table("dpr-2024").equals(release.read_layer("dpr-2024")[0])


@pytest.mark.parametrize("way", ["", "current", "id"])
def test_a_release_opens_by_three_paths_and_is_pinned(published: Path, way: str) -> None:
    name = open_release(published).id
    release = open_release(published / (name if way == "id" else way))
    assert release.path == (published / name).resolve()


def test_reading_leaves_no_file(published: Path) -> None:
    release = open_release(published)
    before = sorted(path.name for path in release.path.iterdir())
    release.read_layer("dpr-2024")
    assert sorted(path.name for path in release.path.iterdir()) == before


def _remove_current(out: Path) -> None:
    (out / "current").unlink()


def _dangle(out: Path) -> None:
    shutil.rmtree(out / open_release(out).id)


def _other_format(out: Path) -> None:
    path = out / "current" / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": FORMAT + 1}))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (_remove_current, "name one of .*/contoh-1-"),
        (_dangle, "which holds no release"),
        (_other_format, f"release format {FORMAT + 1}, this version reads {FORMAT}"),
        (lambda out: (out / "current/manifest.json").write_text("{"), "is not JSON"),
        (lambda out: (out / "current/manifest.json").write_text("[]"), "holds no object"),
        (lambda out: (out / "current/manifest.json").write_text(f'{{"format": {FORMAT}}}'), "lacks release"),
        (lambda out: (out / "current/quality.csv").unlink(), "quality.csv is missing"),
        (lambda out: os.truncate(out / "current/dapil.gpkg", 5000), "dapil.gpkg has 5,000 bytes, not"),
    ],
)
def test_a_release_that_is_not_whole_is_refused(out: Path, spoil: object, message: str) -> None:
    spoil(out)  # type: ignore[operator]
    with pytest.raises(ReleaseError, match=message):
        open_release(out)


def test_nothing_there_is_said_with_the_mend(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match=r"does not exist; build a release with: dapil build --out"):
        open_release(tmp_path / "none")
    with pytest.raises(ReleaseError, match=r"holds no release .* build one with"):
        open_release(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(ReleaseError, match="is a file"):
        open_release(tmp_path / "file")


def test_an_unknown_table_is_named(published: Path) -> None:
    with pytest.raises(ReleaseError, match="'dpr-1999' cannot be read: no such table"):
        open_release(published).read_layer("dpr-1999")
    with pytest.raises(ReleaseError, match="without geometry; use read_table"):
        open_release(published).read_layer("plans")


def test_a_build_that_fails_leaves_the_current_release(out: Path) -> None:
    before = intact(out)
    with pytest.raises(ValueError, match="on purpose"):
        _break_off(out, ValueError("on purpose"))
    assert intact(out) == before
    assert hidden(out) == set()


def test_an_interrupted_build_leaves_the_current_release(out: Path) -> None:
    before = intact(out)
    with pytest.raises(KeyboardInterrupt):
        _break_off(out, KeyboardInterrupt())
    assert intact(out) == before
    assert hidden(out) == set()


def _break_off(out: Path, error: BaseException) -> None:
    with new_release(out, SOURCE_ID) as staging:
        write_small_files(staging.path)
        raise error


def test_a_manifest_that_lacks_the_builders_part_is_not_published(out: Path) -> None:
    before = intact(out)
    with pytest.raises(ReleaseError, match="lacks 'source'"), new_release(out, "lain") as staging:
        write_small_files(staging.path)
    assert intact(out) == before


@pytest.mark.slow
def test_kill_at_any_moment_leaves_a_valid_current_release(out: Path) -> None:
    first, seen, rng = intact(out), set(), random.Random(7)
    for day in range(1, 13):
        process = build(out, day)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(rng.uniform(0, 0.25))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        seen.add(intact(out))
    finished = build(out, 20)
    name = finished.communicate()[0].split()[-1]
    assert finished.returncode == 0
    assert intact(out) == name != first
    assert hidden(out) == set()  # what the dead left is gone


def _build_and_die(out: Path, source: Path, step: int) -> bool:
    """Publish the files of `source` in a child that kills itself at its `step`-th touch of the directory."""
    child = os.fork()
    if child == 0:
        left = [step]

        def die(event: str, arguments: tuple) -> None:
            writes = event in ("os.mkdir", "os.rename", "os.symlink", "os.remove", "os.rmdir", "os.truncate")
            if writes or (event == "open" and str(out) in str(arguments[0])):
                left[0] -= 1
                if left[0] == 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        try:
            sys.addaudithook(die)
            with new_release(out, SOURCE_ID) as staging:
                for name in ("dapil.gpkg", "quality.csv", "quality.json"):
                    shutil.copy(source / name, staging.path)
                staging.manifest.update(json.loads((source / "manifest.json").read_text()))
            os._exit(0)
        finally:
            os._exit(1)  # the child must not go on as a second pytest
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in (0, -signal.SIGKILL)
    return code != 0


@pytest.mark.slow
def test_kill_at_every_step_leaves_a_valid_current_release(out: Path, tmp_path: Path) -> None:
    other = build(tmp_path / "other", 3)
    other.communicate()
    source = (tmp_path / "other" / "current").resolve()
    first, name, step = intact(out), source.name, 1
    while _build_and_die(out, source, step):
        assert intact(out) in (first, name)
        assert all(intact(out / path.name) for path in out.glob("contoh-1-*"))
        (out / "current").unlink()
        (out / "current").symlink_to(first)
        if step % 2:
            shutil.rmtree(out / name, ignore_errors=True)
        step += 1
    assert step > 20
    assert intact(out) == name
    assert hidden(out) == set()


@pytest.mark.slow
def test_kill_while_a_damaged_release_is_mended_can_be_built_again(out: Path, tmp_path: Path) -> None:
    source = Path(shutil.copytree(out / "current", tmp_path / "source"))
    step = 1
    while True:
        os.truncate(out / "current" / "dapil.gpkg", 100)
        (out / "current" / "surplus").touch()
        if not _build_and_die(out, source, step):
            break
        make_small_release(out)
        assert intact(out) == open_release(source).id
        step += 3
    assert intact(out) == open_release(source).id


@pytest.mark.slow
def test_two_builds_into_one_directory_both_succeed(tmp_path: Path) -> None:
    processes = [build(tmp_path, day) for day in (1, 1, 2, 3)]
    outputs = [process.communicate() for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0, 0], outputs
    names = {stdout.split()[-1] for stdout, _ in outputs}
    assert len(names) == 3
    assert intact(tmp_path) in names
    for name in names:
        intact(tmp_path / name)
    assert hidden(tmp_path) == set()


def test_a_living_build_keeps_its_staging_and_a_dead_ones_goes(tmp_path: Path) -> None:
    dead = tmp_path / ".staging-1-dead"
    dead.mkdir()
    (dead / "dapil.gpkg").write_bytes(b"half")
    (tmp_path / ".staging-1-dead.lock").touch()
    with new_release(tmp_path, SOURCE_ID) as living:
        assert not dead.exists()
        other = threading.Thread(target=make_small_release, args=(tmp_path,))
        other.start()
        other.join()
        assert living.path.is_dir()
        _fill(living)
    assert hidden(tmp_path) == set()


def _fill(staging: Staging) -> None:
    write_small_files(staging.path)
    staging.manifest.update(source={"id": SOURCE_ID}, plans=[])


def test_an_intact_release_of_the_same_name_is_kept(out: Path) -> None:
    release = open_release(out)
    inode = release.gpkg.stat().st_ino
    make_small_release(out)
    assert open_release(out).gpkg.stat().st_ino == inode


@pytest.mark.parametrize("damage", ["flip", "cut", "remove", "extra", "manifest"])
def test_a_damaged_release_of_the_same_name_is_mended(out: Path, damage: str) -> None:
    release = open_release(out)
    if damage == "flip":
        content = bytearray(release.gpkg.read_bytes())
        content[len(content) // 2] ^= 1
        release.gpkg.write_bytes(content)
    elif damage == "cut":
        os.truncate(release.gpkg, 100)
    elif damage == "remove":
        release.gpkg.unlink()
    elif damage == "extra":
        (release.path / "surplus").mkdir()
    else:
        (release.path / "manifest.json").write_text("{")
    make_small_release(out)
    assert intact(out) == release.id
    assert {path.name for path in release.path.iterdir()} == {
        "dapil.gpkg", "features.bin", "manifest.json", "quality.csv", "quality.json",
    }  # fmt: skip


def test_a_full_disk_is_told_once_and_harms_nothing(small_disk: Path) -> None:
    (small_disk / "contoh-1-old").mkdir()
    (small_disk / "current").symlink_to("contoh-1-old")
    with pytest.raises(ReleaseError, match=r"no room on the disk of .* bytes are free") as error:
        make_small_release(small_disk)
    assert "dapil" in str(error.value)
    assert "\n" not in str(error.value)
    assert (small_disk / "current").readlink() == Path("contoh-1-old")
    assert hidden(small_disk) == set()


def test_a_limit_on_file_size_is_told_like_a_full_disk(out: Path) -> None:
    before = intact(out)
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))\n"
    process = subprocess.run(
        [sys.executable, "-c", limit + BUILD, str(out), "5"], capture_output=True, text=True, check=False
    )
    assert process.returncode == 1
    assert process.stderr.splitlines()[-1].startswith(
        f"boundaries.errors.ReleaseError: no room on the disk of {out} for dapil"
    )
    assert intact(out) == before
    assert hidden(out) == set()
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 200_000


def test_a_full_disk_at_the_very_end_keeps_the_old_release(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = intact(out)

    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ReleaseError, match="no room on the disk"), new_release(out, "lain") as staging:
        _fill(staging)
    monkeypatch.undo()
    assert intact(out) == before
    assert hidden(out) == set()


def test_a_target_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(ReleaseError, match="is a file; name a directory"), new_release(file, "x"):
        pass
    with pytest.raises(ReleaseError, match="lies under a file"), new_release(file / "below", "x"):
        pass
    with pytest.raises(ReleaseError, match="cannot be"), new_release("/proc/dapil", "x"):
        pass


def test_a_read_only_disk_is_named(small_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with (
        pytest.raises(ReleaseError, match=r"cannot be written .*read-only disk"),
        new_release(small_disk, "x"),
    ):
        pass


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_directory_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    with pytest.raises(ReleaseError, match="cannot be written"), new_release(tmp_path, "x"):
        pass


def test_a_file_system_without_symlinks_is_named(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = intact(out)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(Path, "symlink_to", refuse)
    with pytest.raises(ReleaseError, match="must allow symlinks"), new_release(out, "lain") as staging:
        _fill(staging)
    monkeypatch.undo()
    assert intact(out) == before


def test_a_directory_in_the_place_of_current_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "current").mkdir()
    (tmp_path / "current" / "mine.txt").write_text("mine")
    with pytest.raises(ReleaseError, match="is no symlink; move it away"):
        make_small_release(tmp_path)
    assert (tmp_path / "current" / "mine.txt").read_text() == "mine"
