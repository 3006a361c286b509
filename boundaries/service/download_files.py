"""The files of releases on disk: which there are, what they must be, and a file opened only if it is that.

Every release of a directory can be had, not only the one that is served. Only what a release lists is a file here: a
name is looked up, never joined to a path.
"""

import errno
import hashlib
import json
import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, BinaryIO, Final

from boundaries.downloads import listing
from boundaries.downloads.listing import PACKED, Fact, Listed, Listing
from boundaries.downloads.unfinished import Unfinished
from boundaries.errors import ReleaseError
from boundaries.release.cache import Cache
from boundaries.release.regular_file import NotRegular, open_regular, read_regular
from boundaries.release.store import FOLDER, LIST, MANIFEST
from boundaries.service.being_made import AGAIN, Asked, Making, idle
from boundaries.service.problems import Problem

LOGGER = logging.getLogger(__name__)

#: When an address is to be followed by a person who has none of the files.
MAKE: Final = "make them with: dapil export --all"
_NEAR: Final = 8
#: What is remembered, in bytes: lists of releases (one of the nation takes 5 MB), and which files were found sound.
_SHELVES_BYTES: Final = 48 << 20
_SOUND_BYTES: Final = 8 << 20
#: What a list takes in memory for a byte of its text (4.9 for one of the nation).
_IN_MEMORY: Final = 6
_A_STAMP: Final = 250
_NO_PLACE: Final = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)

Stamp = tuple[int, ...]


@dataclass(frozen=True)
class File(Fact):
    """A file that can be sent. ``packed``: the same, compressed with gzip, None without.

    ``derived``: it follows from the release and may come again in other bytes; else the release's name stands for it.
    """

    name: str
    path: Path
    media_type: str
    packed: "File | None" = None
    derived: bool = True


@dataclass(frozen=True)
class Shelf:
    """The files of one release, by their names in the address.

    ``listing`` is None where the release has no downloads, or ``fault`` says why their list cannot be read.
    ``stamp`` changes whenever any of this may have.
    """

    id: str
    path: Path
    manifest: Mapping[str, Any]
    listing: Listing | None
    fault: str
    files: Mapping[str, File]
    stamp: str
    made: float
    making: Making = field(default_factory=Making)

    def file(self, name: str) -> File:
        """Return a file. Raises the 404 that names files of nearly this name, or what is wrong with the list."""
        found = self.files.get(name)
        if found is not None:
            return found
        if self.listing is None:
            if self.making.of(self.id) and not self.fault:
                raise NotYet(503, self.lacking)
            raise Problem(500 if self.fault else 404, self.lacking)
        near = get_close_matches(name[:200], self.files, _NEAR, 0.6)
        told = f"; near it: {', '.join(near)}" if near else f"; see the list: {LIST}"
        members = {"allowed": near} if near else {}
        raise Problem(404, f"release {self.id} has no file {name[:200]!r}{told}", **members)

    @property
    def lacking(self) -> str:
        """Why there is no list of downloads, for a person."""
        making = self.making
        if self.fault:
            return self.fault
        if self.manifest.get("provisional"):
            told = "they are made of the release that takes its place"
        elif making.of(self.id):
            told = f"they are being made{making.extent}; what is ready can be had already"
        elif making.state == "failed" and making.release == self.id and making.what == "downloads":
            told = f"they could not be made: {making.why}. It is tried again when the service is started"
        else:
            told = MAKE
        return f"release {self.id} has no downloads yet; {told}"


class NotYet(Problem):
    """The 503: the file is being made."""

    again = AGAIN


class Damaged(Problem):
    """The 404 or 500: what lies there is not what the list says."""


class Store:
    """The releases under `root` (a directory of releases, or one release); None where the service has no files.

    Safe to share between threads. What a release is, is read again when its manifest or list changes on disk.
    """

    def __init__(self, root: Path | None, making: Asked = idle) -> None:
        self.root = root.absolute() if root is not None else None
        self.making = making
        self._shelves: Cache[tuple[Stamp, Shelf]] = Cache(_SHELVES_BYTES)
        self._sound: Cache[Stamp] = Cache(_SOUND_BYTES)

    def shelf(self, release: str) -> Shelf:
        """Return a release's files. Raises the 404 that says which releases there are."""
        directory = self._directory(release)
        found = self._read(directory) if directory is not None else None
        if found is None or found.id != release:
            known = self._names()
            raise Problem(404, f"no release {release[:200]!r} here; there are: {', '.join(known) or 'none'}",
                          allowed=[*known, "latest"])  # fmt: skip
        return found if found.listing is not None else replace(found, making=self.making())

    def __iter__(self) -> Iterator[Shelf]:
        """Give every release, the newest first (by when its manifest was written)."""
        places = self._directories()
        found = [shelf for path in places if (shelf := self._read(path)) is not None]
        own = [shelf for shelf in found if shelf.id == shelf.path.name or len(places) == 1]
        return iter(sorted(own, key=lambda shelf: (-shelf.made, shelf.id)))

    def _directories(self) -> list[Path]:
        """Return where releases may be."""
        root = self._given()
        if (root / MANIFEST).is_file():
            return [root]
        try:
            return sorted(path for path in root.iterdir() if listing.is_plain(path.name))
        except OSError:
            return []

    def _names(self) -> list[str]:
        """Return the names of the releases here, the newest first, without reading what they hold."""
        places = self._directories()
        if places == [self.root]:
            return [shelf.id for shelf in self]
        made = [(-_made(path), path.name) for path in places if (path / MANIFEST).is_file()]
        return [name for _, name in sorted(made)]

    def stamp(self) -> str:
        """Return what changes whenever any release here may have changed; nothing is read for it."""
        told = repr([(str(path), _stamp_of_both(path)) for path in self._directories()])
        return hashlib.blake2b(told.encode(), digest_size=12).hexdigest()

    def open(self, file: File) -> BinaryIO:
        """Open a file after making sure that it is what the release says.

        It is hashed when it is first asked for, and again when it has changed on disk (inode, length, times); an
        answer under way keeps the file that it opened. Raises the Problem 404 (not on this disk), 500 (other bytes)
        or 503 (no more open files).
        """
        try:
            stream = open_regular(file.path)
        except FileNotFoundError:
            raise Damaged(404, f"{file.name} is in the list of its release, but not on this server") from None
        except NotRegular as error:
            LOGGER.error("%s", error)
            raise _damaged(file) from None
        except OSError as error:
            if error.errno in _NO_PLACE:
                raise Problem(503, "too many downloads at once; try again in a moment") from None
            raise
        try:
            self._check(file, stream)
        except BaseException:
            stream.close()
            raise
        return stream

    def _check(self, file: File, stream: Any) -> None:
        stamp = _stamp(os.fstat(stream.fileno()))
        place = str(file.path)
        if stamp[1] == file.bytes and self._sound.get(place) == stamp:
            return
        if stamp[1] != file.bytes or hashlib.file_digest(stream, "sha256").hexdigest() != file.sha256:
            LOGGER.error(
                "%s is not the file of its release (%d bytes, sha256 %s)", file.path, file.bytes, file.sha256
            )
            raise _damaged(file)
        stream.seek(0)
        self._sound.put(place, stamp, _A_STAMP)

    def _given(self) -> Path:
        if self.root is None:
            raise Problem(404, "this service has no files: it reads a database. Its operator can set DAPIL_DOWNLOADS "
                          "to a directory of releases")  # fmt: skip
        return self.root

    def _directory(self, release: str) -> Path | None:
        root = self._given()
        if (root / MANIFEST).is_file():
            return root
        return root / release if listing.is_plain(release) else None

    def _read(self, directory: Path) -> Shelf | None:
        """Return the files of a release, None where there is none; from memory if nothing has changed."""
        key = str(directory)
        stamp = _stamp_of_both(directory)
        held = self._shelves.get(key)
        if held is not None and held[0] == stamp:
            return held[1]
        try:
            shelf = _shelf(directory, stamp)
        except (OSError, ValueError, LookupError, TypeError, ReleaseError) as error:
            if not isinstance(error, FileNotFoundError | NotADirectoryError):
                LOGGER.error("%s is passed over: %s", directory, error)
            return None
        texts = sum(file.bytes for name, file in shelf.files.items() if name in (MANIFEST, LIST))
        self._shelves.put(key, (stamp, shelf), _IN_MEMORY * texts)
        return shelf


def _damaged(file: File) -> Damaged:
    return Damaged(500, f"{file.name} is damaged on this server and is not sent; tell whoever runs it")


def _stamp(stat: os.stat_result) -> Stamp:
    return stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns


def _stamp_of(path: Path) -> Stamp:
    try:
        return _stamp(path.lstat())
    except OSError:
        return ()


def _stamp_of_both(directory: Path) -> Stamp:
    """Return the stamp of a release's manifest and of its list of downloads."""
    folder = directory / FOLDER
    listed = _stamp_of(folder / LIST) or unfinished_of(directory).stamp()
    return (*_stamp_of(directory / MANIFEST), *listed, folder.is_symlink())


def unfinished_of(directory: Path) -> Unfinished:
    """Return where the downloads of the release in a directory are made."""
    return Unfinished(directory.parent, directory.name)


def _made(directory: Path) -> float:
    try:
        return (directory / MANIFEST).stat().st_mtime
    except OSError:
        return 0.0


def _shelf(directory: Path, stamp: Stamp) -> Shelf:
    content = read_regular(directory / MANIFEST)
    manifest = json.loads(content)
    files = {}
    for each in manifest["files"]:
        if listing.is_plain(name := each["name"]):
            derived = bool(each.get("derived"))
            files[name] = File(*_facts(each), name, directory / name, each["media_type"], derived=derived)
    files[MANIFEST] = _own(directory / MANIFEST, content)
    found, fault = None, ""
    try:
        if (directory / FOLDER).is_symlink():
            raise ReleaseError(f"{directory / FOLDER} is a link, where a release has a folder")
        content = read_regular(directory / FOLDER / LIST)
        found = listing.parse(content, f"{LIST} of {manifest['release']}")
        if found.release != manifest["release"]:
            raise ReleaseError(f"{LIST} of {manifest['release']} is that of release {found.release}")
    except FileNotFoundError:
        part = unfinished_of(directory)
        files |= _listed(part.ready().values(), part.files)
    except ReleaseError as error:
        found, fault = None, f"{error}; remove the folder and {MAKE}"
        LOGGER.error("%s: %s", directory, error)
    if found is not None:
        files |= _listed(found, directory / FOLDER)
        files[LIST] = _own(directory / FOLDER / LIST, content)
    mark = hashlib.blake2b(repr((directory, stamp)).encode(), digest_size=12).hexdigest()
    return Shelf(str(manifest["release"]), directory, manifest, found, fault, files, mark, _made(directory))


def _listed(found: Iterable[Listed], folder: Path) -> dict[str, File]:
    files = {}
    for each in found:
        packed = None
        if each.gzip is not None:
            name = each.name + PACKED
            packed = File(each.gzip.bytes, each.gzip.sha256, name, folder / name, "application/gzip")
            files[name] = packed
        files[each.name] = File(
            each.bytes, each.sha256, each.name, folder / each.name, each.media_type, packed
        )
    return files


def _facts(entry: Mapping[str, Any]) -> tuple[int, str]:
    told = listing.fact(str(entry["name"]), entry)
    return told.bytes, told.sha256


def _own(path: Path, content: bytes) -> File:
    """Return a file that tells of the others: its own hash stands nowhere."""
    digest = hashlib.sha256(content).hexdigest()
    return File(len(content), digest, path.name, path, "application/json")
