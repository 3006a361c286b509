"""A folder of downloads in the making: what is ready of it can be had already, and a killed making goes on from there.

It lies hidden beside its release, ``.downloads-<release>/``::

    lock               held by the process that makes it
    files/             what becomes ``<release>/downloads`` by one rename
    made/<job>.jsonl   a line a file that is ready, as it will stand in ``downloads.json``; ``END`` after the last

A file is told after it was written, and is not touched again.
"""

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from boundaries.downloads import listing
from boundaries.downloads.listing import END, PACKED, Listed
from boundaries.errors import ReleaseError
from boundaries.release.locking import hold
from boundaries.release.regular_file import read_regular
from boundaries.release.store import sha256, versions

if TYPE_CHECKING:  # what makes files is not loaded by who only asks how far they are
    from boundaries.downloads.jobs import Job

#: How the folder's name begins.
PREFIX: Final = ".downloads-"
#: Seconds after which a folder whose release is nowhere is nobody's: a release is published within a moment.
_NOBODYS: Final = 3600.0
_WAITING: Final = "downloads: another process is making them; waiting for it"

Entry = dict[str, Any]


class Unfinished:
    """The downloads of the release `name` in the directory of releases `out`, as far as they are made."""

    def __init__(self, out: Path, name: str) -> None:
        self.root = out / f"{PREFIX}{name}"
        self.files = self.root / "files"
        self._made = self.root / "made"

    @contextmanager
    def alone(self, tell: Callable[[str], None]) -> Iterator[None]:
        """Hold the folder, made if need be; waits for another process that makes it."""
        while True:
            try:
                self.files.mkdir(parents=True, exist_ok=True)
                self._made.mkdir(exist_ok=True)
            except (FileExistsError, NotADirectoryError):
                raise ReleaseError(f"{self.root} is no folder; move it away") from None
            with (self.root / "lock").open("ab") as lock:
                if not hold(lock.fileno(), lock.name, wait=False):
                    tell(_WAITING)
                    hold(lock.fileno(), lock.name)
                if _same(lock.fileno(), self.root / "lock"):  # else it was finished meanwhile, and removed
                    self._forget_of_others()
                    yield
                    return

    def _forget_of_others(self) -> None:
        """Forget what another version of this project or of its libraries has made: its bytes may be others."""
        made_by, own = self.root / "versions.json", json.dumps(versions(), sort_keys=True)
        if not made_by.is_file() or made_by.read_text(encoding="utf-8") != own:
            for journal in self._journals():
                journal.unlink(missing_ok=True)
            shutil.rmtree(self.files)
            self.files.mkdir()
            made_by.write_text(own, encoding="utf-8")

    def journal(self, job: "Job") -> Path:
        """Return where the files of a job are told."""
        return self._made / f"{job.kind}-{job.subject}.jsonl"

    def done(self, job: "Job") -> list[Entry] | None:
        """Return the entries of a job that was done whole and whose files are still right, else forget it."""
        *lines, last = _lines(self.journal(job)) or [""]
        try:
            entries: list[Entry] = [json.loads(line) for line in lines]
            if last == END and all(self._right(listing.listed(each)) for each in entries):
                return entries
        except (ValueError, LookupError, TypeError):
            pass
        self.journal(job).unlink(missing_ok=True)
        return None

    def _right(self, each: Listed) -> bool:
        facts = {each.name: each.sha256} | ({each.name + PACKED: each.gzip.sha256} if each.gzip else {})
        return all(
            (self.files / name).is_file() and sha256(self.files / name) == told
            for name, told in facts.items()
        )

    def ready(self) -> dict[str, Listed]:
        """Return the files that are ready, by name. A journal that cannot be read tells of none."""
        found: dict[str, Listed] = {}
        for journal in self._journals():
            try:
                told = [listing.listed(json.loads(line)) for line in _lines(journal) if line != END]
            except (ValueError, LookupError, TypeError):
                continue
            found |= {each.name: each for each in told}
        return found

    def stamp(self) -> tuple[int, ...]:
        """Return what changes with what is ready; () where nothing is being made."""
        told: list[int] = []
        for journal in self._journals():
            try:
                stat = journal.stat()
            except OSError:
                continue
            told += stat.st_ino, stat.st_size
        return tuple(told)

    def _journals(self) -> list[Path]:
        try:
            return sorted(path for path in self._made.iterdir() if path.suffix == ".jsonl")
        except OSError:
            return []

    def remove(self) -> None:
        """Remove what is left of it."""
        shutil.rmtree(self.root, ignore_errors=True)


def tidy(out: Path) -> None:
    """Remove folders of releases that are no longer there."""
    for root in out.glob(f"{PREFIX}*"):
        name = root.name.removeprefix(PREFIX)
        try:
            old = time.time() - (root / "lock").stat().st_mtime > _NOBODYS
        except OSError:
            old = True
        if old and not (out / name).exists():
            Unfinished(out, name).remove()


def _lines(journal: Path) -> list[str]:
    """Return the whole lines of a journal: one that is being written is left for later."""
    try:
        text = read_regular(journal).decode("utf-8", "replace")
    except (OSError, ReleaseError):
        return []
    return text.rpartition("\n")[0].split("\n")


def _same(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except OSError:
        return False
