"""Locks: held by one at a time, gone with their process, and an error where a file system has none."""

import errno
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from boundaries.errors import ReleaseError
from boundaries.mirror.sync import sync
from boundaries.release import locking
from boundaries.release.locking import hold
from tests.small import make_small_release

HOLDER = """
import sys, time
from boundaries.release.locking import hold
file = open(sys.argv[1], "ab")
hold(file.fileno(), "it")
print("held", flush=True)
time.sleep(600)
"""
#: Every module that a release is read with, where the system has no fcntl.
WITHOUT = """
import sys
sys.modules["fcntl"] = None
from boundaries.cli import main
main(prog_name="dapil")
"""


def test_a_lock_is_held_by_one_and_ends_with_its_process(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(path)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with path.open("ab") as file:
        assert not hold(file.fileno(), path, wait=False)
        holder.kill()
        holder.wait()
        holder.stdout.close()
        assert hold(file.fileno(), path, wait=False)
        with path.open("ab") as other:
            assert not hold(other.fileno(), path, wait=False)
    with path.open("ab") as file:
        assert hold(file.fileno(), path)


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS])
def test_a_file_system_without_locks_is_told_in_one_sentence(tmp_path, monkeypatch, code):
    def refuse(handle: int, how: int) -> None:
        raise OSError(code, "no locks here")

    monkeypatch.setattr(locking.fcntl, "flock", refuse)
    for work in (lambda: make_small_release(tmp_path / "out"), lambda: sync("http://127.0.0.1:9/", tmp_path)):
        with pytest.raises(
            ReleaseError, match=r"has no locks \(no locks here\); work in a directory on a local disk"
        ):
            work()
    assert not list((tmp_path / "out").glob(".staging-*"))


def test_another_fault_of_a_lock_is_not_taken_for_that(tmp_path, monkeypatch):
    def refuse(handle: int, how: int) -> None:
        raise OSError(errno.EIO, "disk broken")

    monkeypatch.setattr(locking.fcntl, "flock", refuse)
    with (tmp_path / "lock").open("ab") as file, pytest.raises(OSError, match="disk broken"):
        hold(file.fileno(), "lock")


def test_windows_locks_the_first_byte_and_waits(tmp_path, monkeypatch):
    """By a double of msvcrt: what it is asked, and that a lock that somebody else has is asked for again."""
    asked: list[tuple[int, int]] = []

    def locking_of(handle: int, how: int, count: int) -> None:
        asked.append((how, count))
        if len(asked) < 3:
            raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(locking, "fcntl", None)
    monkeypatch.setattr(locking, "msvcrt", SimpleNamespace(LK_NBLCK=2, locking=locking_of))
    with (tmp_path / "lock").open("ab") as file:
        assert not hold(file.fileno(), "lock", wait=False)
        assert hold(file.fileno(), "lock")
    assert asked == [(2, 1)] * 3


@pytest.mark.slow
def test_a_system_without_locks_reads_releases(tmp_path):
    release = make_small_release(tmp_path / "out")
    for command in (["sources"], ["info", str(release)], ["verify", str(release)]):
        run = subprocess.run(
            [sys.executable, "-c", WITHOUT, *command], capture_output=True, text=True, check=False
        )
        assert run.returncode == 0, run.stderr
    command = ["sync", "http://127.0.0.1:9/", str(tmp_path / "mirror")]
    run = subprocess.run(
        [sys.executable, "-c", WITHOUT, *command], capture_output=True, text=True, check=False
    )
    assert run.returncode == 6
    assert "has no locks" in run.stderr
    assert "Traceback" not in run.stderr
