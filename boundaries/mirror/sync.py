"""A mirror of a service's releases in a directory: only what is not there yet is fetched, and every hash is checked.

What is trusted is the list, ``downloads.json``, from the host that was named; every other byte is checked against it.
A release is put together in a hidden directory and moved in by renames, so ``current`` always points to one that was
whole: killed at any moment, the next run goes on where this one stopped. One run at a time works in a directory; a
second one waits for it, and then finds everything there.
"""

import hashlib
import json
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from boundaries.downloads import listing
from boundaries.downloads.listing import PACKED, Fact, Listing
from boundaries.errors import BoundariesError, DownloadError, NotFound, ReleaseError
from boundaries.mirror.local import Local, clear, prune
from boundaries.mirror.remote import Altered, Missing, Remote, Step, located
from boundaries.release.feature_source import FilePackage
from boundaries.release.locking import hold
from boundaries.release.staging import disk_trouble, locked, writable
from boundaries.release.store import (
    FOLDER,
    LIST,
    MANIFEST,
    Release,
    mapped,
    open_release,
    release_id,
    switch,
)

WORKPLACE: Final = ".sync"
_SUMS: Final = "SHA256SUMS"
#: What a mirror always has, whatever is asked for: the terms, and what the rest can be checked by.
_ALWAYS: Final = (_SUMS, "LICENCE.txt", MANIFEST)
#: No list and no manifest is larger (those of the nation: 1 MB and 0.03 MB): more is not read.
_MOST_TEXT: Final = 32 << 20
_AT_ONCE: Final = 4
#: The layer that no service does without.
_GROUND: Final = "unit-provinsi"

Tell = Callable[[str], object]


@dataclass(frozen=True)
class Synced:
    """What a run did. `fetched` and `reused` count files (a packed sibling is one), `bytes` is what came.

    `mended`: files that were damaged on the disk and were had again. `removed`: releases that `keep` let go.
    `complete`: nothing was left out, so that ``server.py`` can serve the mirror.
    """

    release: str
    path: str
    fetched: int
    reused: int
    bytes: int
    mended: list[str]
    removed: list[str]
    complete: bool


@dataclass(frozen=True)
class Wanted(Fact):
    """A file to have. ``place``: where, within the release; ``own``: of the release itself, not of its downloads."""

    name: str
    place: str
    packed: Fact | None = None
    own: bool = False


def sync(
    url: str, directory: Path, *, only: Sequence[str] = (), keep: int | None = None,
    tell: Tell = lambda text: None, begin: Callable[[int], Step] = lambda total: lambda count: None,
) -> Synced:  # fmt: skip
    """Make `directory` a mirror of the latest release at `url`.

    Parameters
    ----------
    url
        The address of a service, of its ``/downloads/``, or of a copy of a directory of releases on any web host.
    only
        Patterns of names (``dpr-2024.*``): nothing else is had. Such a mirror cannot be served.
    keep
        How many releases stay, the newest; None: all.
    tell
        Hears what a person should know: that another run is waited for, which files were found damaged.
    begin
        Is told how many bytes there are to have, and returns what hears of them as they are there.

    Raises
    ------
    DownloadError
        The address, or a file, cannot be had as it was told; what came stays for the next run.
    ReleaseError
        The directory cannot be written, or its disk is full.
    """
    out = writable(Path(directory))
    with (
        _alone(out, tell) as workplace,
        _room_told(out, workplace),
        located(url, _MOST_TEXT) as (remote, content),
    ):
        run = _Run(out, workplace, remote, content, tuple(only), tell)
        run.have_all(begin)
        return run.publish(keep)


@contextmanager
def listed_at(url: str) -> Iterator[tuple[Remote, bytes]]:
    """Give the latest release at an address and its list, for `have`. Raises DownloadError."""
    with located(url, _MOST_TEXT) as found:
        yield found


def have(remote: Remote, content: bytes, directory: Path, only: Sequence[str]) -> Path:
    """Have some files of a release whose list (`content`) is here already, as `sync` does; return where it is.

    Raises what `sync` raises.
    """
    out = writable(Path(directory))
    with _alone(out, lambda text: None) as workplace, _room_told(out, workplace):
        run = _Run(out, workplace, remote, content, tuple(only), lambda text: None)
        run.have_all(lambda total: lambda count: None)
        return Path(run.publish(None).path)


@contextmanager
def _room_told(out: Path, workplace: Path) -> Iterator[None]:
    """Tell of a full disk in one sentence."""
    try:
        yield
    except BoundariesError:
        raise
    except Exception as error:
        full = disk_trouble(error, out, workplace)
        if full is None:
            raise
        raise full from error


@contextmanager
def _alone(out: Path, tell: Tell) -> Iterator[Path]:
    """Wait until nobody else works in `out`; give the directory to work in."""
    workplace = out / WORKPLACE
    try:
        workplace.mkdir(exist_ok=True)
        lock = (out / f"{WORKPLACE}.lock").open("ab")
    except OSError as error:
        raise disk_trouble(error, out, out) or ReleaseError(
            f"{out} cannot be written: {error.strerror}; name another directory"
        ) from error
    with lock:
        if not hold(lock.fileno(), lock.name, wait=False):
            tell(f"another dapil sync works in {out}; waiting for it")
            hold(lock.fileno(), lock.name)
        yield workplace


class _Run:
    """One run: what the host lists, what is wanted of it, and what is there."""

    def __init__(
        self, out: Path, workplace: Path, remote: Remote, content: bytes, only: tuple[str, ...], tell: Tell
    ) -> None:
        try:
            self.listed = listing.parse(content, remote.list_url)
        except ReleaseError as error:
            raise DownloadError(str(error)) from None
        self.out, self.workplace, self.remote, self.only, self.tell = out, workplace, remote, only, tell
        self.fetched = 0
        self._count = threading.Lock()
        self.local = Local(out, workplace, self.listed.release, tell)
        self.local.write(f"{FOLDER}/{LIST}", content)
        self.all = self._files()
        self.wanted = [each for each in self.all if self._chosen(each.name)]
        if only and not any(fnmatchcase(each.name, pattern) for each in self.all for pattern in only):
            raise NotFound(
                f"no file of {self.listed.release} matches {', '.join(only)}; see {remote.list_url}"
            )

    def _chosen(self, name: str) -> bool:
        return not self.only or name in _ALWAYS or any(fnmatchcase(name, each) for each in self.only)

    def _files(self) -> list[Wanted]:
        """Return every file of the release: those of the list, and its own, of which SHA256SUMS tells."""
        files = [Wanted(e.bytes, e.sha256, e.name, f"{FOLDER}/{e.name}", e.gzip) for e in self.listed]
        told = next((each for each in files if each.name == _SUMS), None)
        if told is None:
            raise DownloadError(
                f"{self.remote.list_url} does not name {_SUMS}, so nothing can be checked by it"
            )
        self._have(told, lambda count: None)
        sums = _sums(self.local.path(told.place).read_bytes(), self.listed)
        return files + self._own(sums)

    def _own(self, sums: dict[str, str]) -> list[Wanted]:
        """Return the release's own files by its manifest, which must be that of a release of this very name."""
        content = self._manifest(sums[MANIFEST])
        try:
            manifest = json.loads(content)
            files = [(str(each["name"]), listing.fact(str(each["name"]), each)) for each in manifest["files"]]
            name = release_id(str(manifest["source"]["id"]), {name: told.sha256 for name, told in files})
            if not name == manifest["release"] == self.listed.release:
                raise ValueError(f"its files make the release {name}")
            if odd := [
                name for name, told in files if sums.get(name) != told.sha256 or not listing.is_plain(name)
            ]:
                raise ValueError(f"{odd[0][:80]!r} is not in {_SUMS}, or with another hash")
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise DownloadError(f"{MANIFEST} of {self.listed.release} cannot be right: {error}") from None
        self.local.write(MANIFEST, content)
        return [Wanted(told.bytes, told.sha256, name, name, own=True) for name, told in files]

    def _manifest(self, sha256: str) -> bytes:
        there = self.local.path(MANIFEST)
        if there.is_file() and hashlib.sha256(content := there.read_bytes()).hexdigest() == sha256:
            return content
        places = self.remote.places(MANIFEST, own=True)
        for place in places:
            try:
                return self.remote.small(place, _MOST_TEXT, sha256)[0]
            except Missing:
                continue
        raise DownloadError(
            f"{' and '.join(places)}: not there; the host has the downloads without their release"
        )

    def have_all(self, begin: Callable[[int], Step]) -> None:
        """Have every file that is wanted. The first that cannot be had ends the run."""
        self._room()
        left = [each for each in self.wanted if each.name != _SUMS]  # that one is there
        step = begin(sum(each.bytes + (each.packed.bytes if each.packed else 0) for each in left))
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            try:
                for future in [pool.submit(self._have, each, step) for each in left]:
                    future.result()
            except BaseException:
                self.remote.stop()
                pool.shutdown(wait=True, cancel_futures=True)
                raise

    def _room(self) -> None:
        """Refuse to begin what cannot end: the list says how much there is to come."""
        lacking = sum(each.bytes for each in self.wanted if not self.local.likely(each.place, each))
        free = shutil.disk_usage(self.out).free
        if lacking > free:
            raise ReleaseError(
                f"no room on the disk of {self.out} for {lacking:,} bytes of {self.listed.release}: {free:,} bytes "
                "are free. Free some space, name a directory on another disk, or have less with --only; what was "
                "there is untouched"
            )

    def _have(self, each: Wanted, step: Step) -> None:
        """Have a file and its packed sibling: from this disk, made from each other, or fetched, the smaller first."""
        own = self._there(each.place, each, step)
        if each.packed is None:
            return None if own else self._plain(each, step)
        name, place, fact = each.name + PACKED, each.place + PACKED, each.packed
        packed = self._there(place, fact, step) or (not own and self._fetch(name, place, fact, step))
        if not own and packed:
            with self.local.held(each) as part:
                self.local.unpack(each.place, each, part)
            step(each.bytes)
        elif not own:
            self._plain(each, step)
        if (
            not packed
            and not self._made(place, fact, step)
            and not (own and self._fetch(name, place, fact, step))
        ):
            self.tell(f"{name}: the host does not give it; the mirror goes without")
        return None

    def _plain(self, each: Wanted, step: Step) -> None:
        if not self._fetch(each.name, each.place, each, step, own=each.own):
            raise DownloadError(
                f"{each.name} is in the list of {self.listed.release}, but the host does not have it"
            )

    def _there(self, place: str, fact: Fact, step: Step) -> bool:
        with self.local.held(fact):
            there = self.local.have(place, fact)
        step(fact.bytes if there else 0)
        return there

    def _made(self, place: str, packed: Fact, step: Step) -> bool:
        with self.local.held(packed) as part:
            made = self.local.pack(place.removesuffix(PACKED), packed, part)
        step(packed.bytes if made else 0)
        return made

    def _fetch(self, name: str, place: str, fact: Fact, step: Step, *, own: bool = False) -> bool:
        """Fetch a file to its place; False if the host has none."""
        with self.local.held(fact) as part:
            for url in self.remote.places(name, own=own):
                try:
                    self.remote.fetch(url, fact, part, step)
                except Missing:
                    continue
                except Altered as error:
                    if not place.endswith(PACKED):
                        raise
                    self.tell(f"{error}: had without it")
                    part.unlink(missing_ok=True)
                    continue
                self.local.take(part, place, fact)
                with self._count:
                    self.fetched += 1
                return True
        return False

    def publish(self, keep: int | None) -> Synced:
        """Move everything to its place and, if it is a whole release, point ``current`` to it by one rename."""
        local, complete = self.local, len(self.wanted) == len(self.all)
        names = {each.name for each in self.all} | {each.name + PACKED for each in self.all if each.packed}
        with locked(self.out):
            local.publish(names)
            if complete:
                _can_be_served(open_release(local.target))
                switch(self.out, self.listed.release)
        removed = prune(self.out, self.listed.release, keep) if keep else []
        clear(self.workplace)
        return Synced(
            self.listed.release, str(local.target), self.fetched, local.reused, self.remote.came,
            sorted(local.mended), removed, complete,
        )  # fmt: skip


def _can_be_served(release: Release) -> None:
    """Raise DownloadError for a release that is whole as its list goes, and yet nothing that a service could show."""
    layers = {str(each["name"]): int(each["features"]) for each in release.manifest["layers"]}
    try:
        if not all(
            layers.get(name) for name in (_GROUND, *(plan["layer"] for plan in mapped(release.manifest)))
        ):
            raise ValueError(f"it lacks features of {_GROUND}, or of a plan")
        package = FilePackage(release, 0)
        try:
            odd = [name for name, count in layers.items() if package.span(name)[1] != count]
        finally:
            package.close()
        if odd:
            raise ValueError(f"{odd[0][:80]!r} has other features than the manifest says")
    except (ValueError, LookupError, TypeError, sqlite3.Error, ReleaseError) as error:
        raise DownloadError(
            f"{release.id} cannot be served ({error}); it lies in {release.path}, and the release that was current "
            "still is. Tell whoever runs the host"
        ) from None


def _sums(content: bytes, listed: Listing) -> dict[str, str]:
    """Read SHA256SUMS; it must say of every file what the list says. Raises DownloadError."""
    try:
        sums = listing.sums(content, _SUMS)
    except ReleaseError as error:
        raise DownloadError(str(error)) from None
    for each in listed:
        if each.name != _SUMS and sums.get(each.name) != each.sha256:
            raise DownloadError(
                f"{LIST} and {_SUMS} of {listed.release} contradict each other about {each.name}"
            )
    if MANIFEST not in sums:
        raise DownloadError(f"{_SUMS} of {listed.release} does not name {MANIFEST}")
    return sums
