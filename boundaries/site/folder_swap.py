"""A folder that is put in place of another in one step, and never at the cost of a file that is not ours.

What is written so is a `Kind`: the site of the map page, the package for npm. One never takes the place of the other.

It is written beside its place, made durable, and exchanged with what was there; killed at any moment, there is the old
folder or the new one. What other people put into the old folder (CNAME, .git) is found in the new one again.
"""

import contextlib
import hashlib
import json
import os
import secrets
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from boundaries.errors import BoundariesError
from boundaries.release.exchange import exchanged
from boundaries.release.locking import hold
from boundaries.release.staging import FULL

FORMAT: Final = 1
_YOUNG_S: Final = 10.0  # a draft may have been made a moment ago and not be held yet


class SiteError(BoundariesError):
    """A site cannot be written where it was asked for."""

    exit_code = 6


@dataclass(frozen=True)
class Kind:
    """What a folder is: its name in a sentence, and the list of its files, by which it is known as one of ours."""

    noun: str
    list: str


SITE: Final = Kind("site", "site.json")


class Draft:
    """A folder in the making: `write` its files, one by one."""

    def __init__(self, path: Path, kind: Kind = SITE) -> None:
        self.path = path
        self.kind = kind
        self.files: dict[str, dict[str, Any]] = {}

    def write(self, name: str, content: bytes) -> None:
        """Write a file; `name` may have folders before it. Raises SiteError for a name that is taken."""
        if name in self.files:
            raise SiteError(f"{name} would be written twice: report this as a bug")
        target = self.path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        self.files[name] = {
            "name": name,
            "bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        }

    def finish(self, facts: Mapping[str, Any]) -> None:
        """Write the list: `facts` about the folder, and all files."""
        listed = {"format": FORMAT, **facts, "files": [self.files[name] for name in sorted(self.files)]}
        (self.path / self.kind.list).write_text(
            json.dumps(listed, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
        )


@contextlib.contextmanager
def new_folder(directory: Path, kind: Kind = SITE) -> Iterator[Draft]:
    """Give a draft; at the end it takes the place of `directory`. Any failure leaves what was there.

    Raises
    ------
    SiteError
        `directory` is a file, holds something and no folder of this kind, or cannot be written; or the disk is full.
    """
    target = Path(os.path.realpath(directory))  # a symlink stays and points to the new folder
    _restore(target)
    foreign = _foreign(target, kind)
    staging = target.with_name(f".{target.name}.new-{os.getpid()}-{secrets.token_hex(4)}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _remove_stale(target)
        staging.mkdir()
        handle = os.open(staging, os.O_RDONLY)
    except OSError as error:
        raise _trouble(error, target) from error
    try:
        hold(handle, staging)  # as long as it is held, this staging folder is somebody's
        draft = Draft(staging, kind)
        yield draft
        _carry_over(foreign, target, draft)
        _sync(staging)
        _swap(target, staging)
    except OSError as error:
        raise _trouble(error, target) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)
        os.close(handle)


# --- what was there ----------------------------------------------------------------------------------


def _foreign(target: Path, kind: Kind) -> list[Path]:
    """The files of others in a folder of ours, relative to it. Raises SiteError where it is none of ours."""
    if not target.exists():
        return []
    if not target.is_dir():
        raise SiteError(f"{target} is a file; name a folder for the {kind.noun}")
    if not any(target.iterdir()):
        return []
    try:
        listed = json.loads((target / kind.list).read_bytes())
        if listed["format"] != FORMAT:
            raise ValueError
        ours = {kind.list, *(str(each["name"]) for each in listed["files"])}
    except (OSError, ValueError, KeyError, TypeError):
        raise SiteError(
            f"{target} holds files and is no {kind.noun} that dapil made ({kind.list} is missing or says something "
            "else); name a folder that is empty or not there yet"
        ) from None
    found = (path.relative_to(target) for path in target.rglob("*") if path.is_symlink() or not path.is_dir())
    return sorted(path for path in found if path.as_posix() not in ours)


def _carry_over(foreign: list[Path], target: Path, draft: Draft) -> None:
    """Put the files of others into the new folder: as the same file where the disk can, else as a copy."""
    for path in foreign:
        place = draft.path / path
        if os.path.lexists(place) or any(os.path.lexists(draft.path / above) and not (draft.path / above).is_dir()
                                         for above in path.parents):  # fmt: skip
            raise SiteError(
                f"{target / path} is not ours, and the new {draft.kind.noun} has a file there; move it away"
            )
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(target / path, place, follow_symlinks=False)
        except FileNotFoundError:
            continue  # removed meanwhile by whoever put it there
        except OSError as error:
            if error.errno in FULL:
                raise
            shutil.copy2(target / path, place, follow_symlinks=False)


# --- putting it in place -----------------------------------------------------------------------------


def _swap(target: Path, staging: Path) -> None:
    """Exchange two folders in one step; where the system cannot, by two renames, and back if the second fails."""
    if not target.exists():
        staging.rename(target)
    elif not exchanged(staging, target):
        before = _before(target)
        target.rename(before)
        try:
            staging.rename(target)
        except OSError:
            before.rename(target)
            raise
        shutil.rmtree(before, ignore_errors=True)
    _sync_one(target.parent)


def _before(target: Path) -> Path:
    return target.with_name(f".{target.name}.before")


def _restore(target: Path) -> None:
    """Put back what a process left between two renames."""
    before = _before(target)
    if before.is_dir() and not target.exists():
        before.rename(target)


def _remove_stale(target: Path) -> None:
    """Remove what killed processes left: drafts that nobody holds. What they have of others is in the folder, too."""
    for path in sorted(target.parent.glob(f".{target.name}.new-*")):
        try:
            handle = os.open(path, os.O_RDONLY)
        except OSError:
            continue
        if time.time() - os.fstat(handle).st_mtime < _YOUNG_S:
            os.close(handle)
            continue
        try:
            if hold(handle, path, wait=False):  # else it is being written
                shutil.rmtree(path, ignore_errors=True)
        finally:
            os.close(handle)


def _sync(folder: Path) -> None:
    for root, _, names in os.walk(folder):
        for name in names:
            path = Path(root, name)
            if not path.is_symlink():
                _sync_one(path)
        _sync_one(Path(root))


def _sync_one(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _trouble(error: OSError, target: Path) -> SiteError:
    place = next(path for path in (target, *target.parents) if path.exists())
    if error.errno in FULL:
        return SiteError(
            f"no room on the disk of {target}: {shutil.disk_usage(place).free:,} bytes are free (if that is plenty, "
            "look for a quota or a limit on file size, ulimit -f). Free some space or name a folder on another disk; "
            "what was there is untouched"
        )
    return SiteError(
        f"{target} cannot be written: {error.strerror}; name another folder. What was there is untouched"
    )
