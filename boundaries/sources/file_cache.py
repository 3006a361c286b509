"""Files on this machine: hash-checked, whole or absent.

A file is written under another name in ``.part`` and renamed when it is complete and its hash is right: a
reader, a second process or a process after a kill never sees half a file.
"""

import lzma
import os
import tarfile
import time
import uuid
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path
from typing import BinaryIO, Final

import pooch

from boundaries.errors import SourceError
from boundaries.sources.descriptor import FileFact, Pack

#: Seconds after which an untouched part file belongs to a killed process (a live one writes all the time).
STALE: Final = 600
VARIABLE: Final = "BOUNDARIES_CACHE"
_PARTS: Final = ".part"
_CHUNK: Final = 1 << 20


def default() -> Path:
    """Return this user's cache: ``BOUNDARIES_CACHE``, or the platform's own place."""
    given = os.environ.get(VARIABLE)
    return Path(given).expanduser() if given else Path(pooch.os_cache("peta-dapil"))


def fault(fact: FileFact, file: Path) -> str:
    """Return what is wrong with `file`, empty if its size and hash are as expected."""
    size = file.stat().st_size
    if fact.bytes is not None and size != fact.bytes:
        return f"expected {fact.bytes:,} bytes, found {size:,} (sha256 {fact.sha256} expected)"
    if fact.sha256 and (found := pooch.file_hash(str(file), alg="sha256")) != fact.sha256:
        return f"expected sha256 {fact.sha256}, found {found} ({size:,} bytes)"
    return ""


@contextmanager
def part(root: Path, target: Path) -> Iterator[Path]:
    """Yield a path to write to; it becomes `target` in one step, or goes if an error left the block."""
    temporary = root / _PARTS / uuid.uuid4().hex
    try:
        temporary.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield temporary
            target.parent.mkdir(parents=True, exist_ok=True)
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        if error.strerror is None:  # an error of the network, which requests derives from OSError
            raise
        at = error.filename or target
        raise SourceError(
            f"{at}: cannot be written ({error.strerror}); make room there, or set BOUNDARIES_CACHE elsewhere"
        ) from error


def sweep(root: Path, now: float | None = None) -> None:
    """Remove the part files that killed processes left under `root`."""
    limit = (time.time() if now is None else now) - STALE
    for left in (root / _PARTS).glob("*"):
        try:
            if left.is_file() and left.stat().st_mtime < limit:
                left.unlink(missing_ok=True)
        except FileNotFoundError:  # another process swept it
            continue


def unpack(
    archive: Path, pack: Pack, facts: Mapping[str, FileFact], root: Path, step: Callable[[int], object] = int
) -> set[str]:
    """Take the files of `facts` out of a tar archive into `root`, in one pass. Return the paths found.

    Raises SourceError if the archive is cut off or no archive, or one of the files has the wrong hash.
    """
    members = {pack.member.format(path=path): path for path in facts if fnmatchcase(path, pack.files)}
    found: set[str] = set()
    try:
        with tarfile.open(archive, "r|*") as tar:
            for member in tar:
                path = members.get(member.name.removeprefix("./"))
                stream = tar.extractfile(member) if path else None
                if path and stream:
                    _keep(stream, facts[path], root, f"{archive}, member {member.name}", step)
                    found.add(path)
                if len(found) == len(members):
                    break
    except (tarfile.TarError, lzma.LZMAError, zlib.error, EOFError) as error:
        raise SourceError(f"{archive}: not a whole archive ({error}); copy it again, or remove it") from error
    return found


def _keep(
    stream: BinaryIO | object, fact: FileFact, root: Path, origin: str, step: Callable[[int], object]
) -> None:
    with part(root, root / fact.path) as temporary:
        with temporary.open("wb") as out:
            while chunk := stream.read(_CHUNK):  # type: ignore[union-attr]
                out.write(chunk)
                step(len(chunk))
        if wrong := fault(fact, temporary):
            raise SourceError(
                f"{origin}: not the expected file: {wrong}; copy the archive again, or remove it"
            )
