"""The disk of a mirror: which files are there by their hash, whatever release holds them, and how new ones are put in.

Files of releases never change, so one that two releases share lies on the disk once (a hard link, or a copy where the
file system has none).
"""

import contextlib
import gzip
import hashlib
import json
import os
import shutil
import threading
import zlib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any, Final

from boundaries.downloads import listing
from boundaries.downloads.listing import PACKED, Fact
from boundaries.errors import DownloadError
from boundaries.release.exchange import put
from boundaries.release.packing import BEST, QUICK, gzipped
from boundaries.release.staging import locked, sync, sync_tree
from boundaries.release.store import CURRENT, FOLDER, LIST, MANIFEST

_CHUNK: Final = 1 << 20


class Local:
    """The files of one release as they come together: right ones in `target` stay, others are staged.

    A *place* is a path within a release: ``dapil.gpkg``, ``downloads/dpr-2024.csv``. Safe to share between threads as
    long as each works within `held` of what it makes.
    """

    def __init__(self, out: Path, workplace: Path, release: str, tell: Callable[[str], object]) -> None:
        self.target = out / release
        self.staged = workplace / release
        (self.staged / FOLDER).mkdir(parents=True, exist_ok=True)
        self.reused = 0
        self.mended: list[str] = []
        self._workplace = workplace
        self._tell = tell
        self._lock = threading.Lock()
        self._held: dict[str, threading.Lock] = defaultdict(threading.Lock)
        self._known: dict[str, set[Path]] = defaultdict(set)
        self._had: set[str] = set()
        for directory in (*_directories(out), *_directories(workplace)):
            for digest, path in _told(directory):
                self._known[digest].add(path)

    @contextlib.contextmanager
    def held(self, fact: Fact) -> Iterator[Path]:
        """Give the path for what came so far of a content; nobody else makes the same content meanwhile."""
        with self._lock:
            lock = self._held[fact.sha256]
        with lock:
            yield self._workplace / f"{fact.sha256}.part"

    def have(self, place: str, fact: Fact) -> bool:
        """Have a file from this disk, if any release here holds it; a damaged one at its place is told of."""
        target, staged = self.target / place, self.staged / place
        if _is(target, fact) or _is(staged, fact):
            return self._found(place)
        if target.exists():
            self.mended.append(place)
            self._tell(f"{target} is damaged; it is had again")
        with self._lock:
            known = sorted(self._known[fact.sha256] - {target, staged})
        for path in known:
            if _is(path, fact):
                _link(path, staged)
                return self._found(place)
        return False

    def likely(self, place: str, fact: Fact) -> bool:
        """Whether a file of this hash seems to be on the disk already (by its length alone)."""
        known = {self.target / place, self.staged / place} | self._known.get(fact.sha256, set())
        return any(path.is_file() and path.stat().st_size == fact.bytes for path in known)

    def path(self, place: str) -> Path:
        """Return where a file of the release is now."""
        staged = self.staged / place
        return staged if staged.exists() else self.target / place

    def take(self, part: Path, place: str, fact: Fact) -> None:
        """Put a whole and right file in its place."""
        sync(part)
        part.replace(self.staged / place)
        with self._lock:
            self._had.add(place)
            self._known[fact.sha256].add(self.staged / place)

    def write(self, place: str, content: bytes) -> None:
        """Put a text in its place; one that is there already stays untouched, for a service may follow it."""
        target, staged = self.target / place, self.staged / place
        if target.is_file() and not target.is_symlink() and target.read_bytes() == content:
            staged.unlink(missing_ok=True)
        else:
            staged.write_bytes(content)
            self._had.add(place)

    def unpack(self, place: str, fact: Fact, part: Path) -> None:
        """Make a file out of its packed sibling. Raises DownloadError if that holds something else."""
        digest, size = hashlib.sha256(), 0
        try:
            with gzip.open(self.path(place + PACKED), "rb") as source, part.open("wb") as target:
                while size <= fact.bytes and (block := source.read(_CHUNK)):
                    size += len(block)
                    digest.update(block)
                    target.write(block)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise DownloadError(
                f"{place}{PACKED} is not packed with gzip ({error}): the list is wrong"
            ) from None
        if (size, digest.hexdigest()) != (fact.bytes, fact.sha256):
            part.unlink()
            raise DownloadError(f"{place}{PACKED} holds another file than {place}: the list is wrong")
        self.take(part, place, fact)

    def pack(self, place: str, packed: Fact, part: Path) -> bool:
        """Make a file's packed sibling; False where it was packed in another way than this version packs."""
        content = self.path(place).read_bytes()
        for level in (BEST, QUICK):
            part.write_bytes(gzipped(content, level))
            if _is(part, packed):
                self.take(part, place + PACKED, packed)
                return True
        part.unlink()
        return False

    def publish(self, names: Collection[str]) -> None:
        """Move what this run has to its release, in one step where that is new; `names`: all that it lists."""
        for path in self._staged():
            if path.relative_to(self.staged).as_posix() not in self._had:
                path.unlink()  # an earlier run, which wanted something else, was broken off over it
        sync_tree(self.staged)
        if not self.target.exists():
            self.staged.rename(self.target)
        else:
            self._complete_folder(names)
            own = [path.name for path in self.staged.iterdir() if path.is_file()]
            for name in sorted(own, key=lambda name: (name == MANIFEST, name)):
                (self.staged / name).replace(self.target / name)
            put(self.staged / FOLDER, self.target / FOLDER, self.staged / f"{FOLDER}.old")
            sync(self.target)
        sync(self.target.parent)

    def _complete_folder(self, names: Collection[str]) -> None:
        """Have in the staged folder what stays of the one that is there: list and files change places together."""
        there, staged = self.target / FOLDER, self.staged / FOLDER
        kept = (
            [path for path in there.iterdir() if path.name in names or path.name == LIST]
            if there.is_dir()
            else []
        )
        for path in kept:
            if path.is_file() and not path.is_symlink() and not (staged / path.name).exists():
                _link(path, staged / path.name)
        sync(staged)

    def _staged(self) -> list[Path]:
        return [path for path in self.staged.rglob("*") if path.is_file()]

    def _found(self, place: str) -> bool:
        with self._lock:
            self._had.add(place)
            self.reused += 1
        return True


def prune(out: Path, current: str, keep: int) -> list[str]:
    """Remove all releases but the `keep` newest (by when they came) and the current one; return their names."""
    for path in out.glob(".removed-*"):
        shutil.rmtree(path, ignore_errors=True)
    found = sorted(
        (path for path in _directories(out) if path.name != current),
        key=lambda path: ((path / MANIFEST).stat().st_mtime, path.name),
        reverse=True,
    )
    removed = []
    for path in found[max(0, keep - 1) :]:
        away = out / f".removed-{path.name}"
        with locked(out):
            path.rename(away)  # so that nobody finds half of it
        shutil.rmtree(away)
        removed.append(path.name)
    return removed


def clear(workplace: Path) -> None:
    """Remove what is left over when everything is in its place."""
    for path in workplace.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def _directories(parent: Path) -> list[Path]:
    """Return the directories of releases; the link ``current`` is none."""
    return [
        path
        for path in sorted(parent.iterdir())
        if path.name != CURRENT and listing.is_plain(path.name) and (path / MANIFEST).is_file()
    ]


def _told(directory: Path) -> Iterator[tuple[str, Path]]:
    """Give what a release says of its files: hash and path. What cannot be read says nothing."""
    for path, key in ((directory / MANIFEST, directory), (directory / FOLDER / LIST, directory / FOLDER)):
        try:
            entries: list[Any] = json.loads(path.read_bytes())["files"]
            for each in entries:
                yield str(each["sha256"]), key / str(each["name"])
                if each.get("gzip"):
                    yield str(each["gzip"]["sha256"]), key / f"{each['name']}{PACKED}"
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            continue


def _is(path: Path, fact: Fact) -> bool:
    """Whether a file is there and is what it should be."""
    try:
        if path.is_symlink() or path.stat().st_size != fact.bytes:
            return False
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == fact.sha256
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return False


def _link(path: Path, staged: Path) -> None:
    staged.unlink(missing_ok=True)
    try:
        os.link(path, staged)
    except OSError:  # another disk, or a file system without links
        shutil.copyfile(path, staged)
