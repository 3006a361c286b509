"""Staging directories: each belongs to a living process, and a full disk is told in one sentence.

A staging directory lies hidden beside the releases, with a lock file next to it that its owner holds: what a
dead process left is found by its free lock and removed. The directory's own lock is held only for the moments
of starting and of publishing.
"""

import errno
import os
import secrets
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from boundaries.errors import ReleaseError
from boundaries.release.geopackage import IncompleteError
from boundaries.release.locking import hold

#: Error numbers of a disk without room: full, over quota, over the limit on file size.
FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
#: How SQLite and GDAL word a failed write; they carry no error number.
_FULL_WORDS: Final = (
    "database or disk is full",
    "disk i/o error",
    "no space left",
    "file too large",
    "failed to write",
    "write error",
    "failed to commit",
)
#: With less than this free, a failed write is taken for a full disk, whatever GDAL calls it.
_LITTLE: Final = 16 << 20


def writable(out: Path) -> Path:
    """Make a directory if need be and return it resolved; refuse one that cannot be written."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise ReleaseError(f"{out} is a file; name a directory") from None
    except NotADirectoryError:
        raise ReleaseError(f"{out} lies under a file; name a directory") from None
    except OSError as error:
        if error.errno in FULL:
            raise disk_trouble(error, out, out) or error from error
        raise ReleaseError(f"{out} cannot be made: {error.strerror}; name another directory") from None
    if not os.access(out, os.W_OK | os.X_OK):
        raise ReleaseError(
            f"{out} cannot be written (permissions or a read-only disk); name another directory"
        )
    return out.resolve()


@contextmanager
def open_staging(out: Path) -> Iterator[Path]:
    """Give a staging directory inside `out`, removed at the end unless it was renamed to a release."""
    path = out / f".staging-{os.getpid()}-{secrets.token_hex(4)}"
    lock: IO[bytes] | None = None
    try:
        with locked(out):
            _remove_stale(out)
            lock = _lock_of(path).open("wb")
            hold(lock.fileno(), lock.name)
            path.mkdir()
    except OSError as error:
        if lock is not None:
            lock.close()
        raise disk_trouble(error, out, path) or ReleaseError(
            f"{out} cannot be written: {error.strerror}; name another directory"
        ) from error
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
        _lock_of(path).unlink(missing_ok=True)
        lock.close()


def _lock_of(staging: Path) -> Path:
    return staging.with_name(f"{staging.name}.lock")


def _remove_stale(out: Path) -> None:
    """Remove what dead processes left. The caller holds the directory's lock, so nobody is just starting."""
    for link in out.glob(".current-*"):
        link.unlink(missing_ok=True)
    for path in sorted(out.glob(".staging-*")):
        staging = path.with_name(path.name.removesuffix(".lock"))
        if _alive(_lock_of(staging)):
            continue
        shutil.rmtree(staging, ignore_errors=True)
        _lock_of(staging).unlink(missing_ok=True)


def _alive(lock: Path) -> bool:
    try:
        with lock.open("r+b") as file:
            return not hold(file.fileno(), lock, wait=False)
    except FileNotFoundError:
        return False


@contextmanager
def locked(out: Path) -> Iterator[None]:
    """Hold the directory's lock: for the moments of starting and of publishing, never while building."""
    with (out / ".lock").open("ab") as file:
        hold(file.fileno(), file.name)
        yield


def sync_tree(directory: Path) -> None:
    """Make the files of a directory and of those in it, and their names, durable."""
    for path in directory.iterdir():
        sync_tree(path) if path.is_dir() else sync(path)
    sync(directory)


def sync(path: Path) -> None:
    """Make one file, or the names in one directory, durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def disk_trouble(error: BaseException, out: Path, staging: Path) -> ReleaseError | None:
    """Return the one message for a full disk, or None if `error` and what caused it mean something else."""
    why = next((each for each in _chain(error) if _means_full(each, out)), None)
    if why is None:
        return None
    files = list(staging.iterdir()) if staging.is_dir() else []
    newest = max(files, key=lambda path: path.stat().st_mtime_ns, default=None)
    words = next((word for word in _FULL_WORDS if word in str(why).lower()), "a write failed")
    what = f"{newest.name} ({newest.stat().st_size:,} bytes so far)" if newest else "a new directory"
    place = next(path for path in (out, *out.parents) if path.exists())
    return ReleaseError(
        f"no room on the disk of {out} for {what}: {words}; {shutil.disk_usage(place).free:,} bytes are free "
        "(if that is plenty, look for a quota or a limit on file size, ulimit -f). Free some space or name a "
        "directory on another disk; the current release is untouched"
    )


def _means_full(error: BaseException, out: Path) -> bool:
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno in FULL
    if not isinstance(error, (sqlite3.Error, RuntimeError, IncompleteError)):  # pyogrio's are RuntimeErrors
        return False
    # GDAL may go on after a failed write; then the file is damaged and the disk full.
    full = any(word in str(error).lower() for word in _FULL_WORDS)
    return full or shutil.disk_usage(out).free < _LITTLE


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
