"""The list of a release's downloads (``downloads.json``) as something to rely on: checked before it is used.

A list may come from elsewhere (`boundaries.mirror.sync`), so nothing in it is believed: a name is one plain part
of a path or the list is refused.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from boundaries.errors import ReleaseError

FORMAT: Final = 1
#: One plain part of a path on any system: no separator, no dot in front, nothing that a shell or a page must escape.
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,126}[A-Za-z0-9_-]|[A-Za-z0-9]", re.ASCII)
_SHA256: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
_MEDIA_TYPE: Final = re.compile(r"[a-z]+/[A-Za-z0-9.+_-]{1,100}", re.ASCII)
#: Names that a release gives to something else, or that an address does.
_TAKEN: Final = frozenset({"current", "latest", "downloads", "downloads.json"})
#: No file of a release is larger; a list that says so is not one.
_MOST: Final = 1 << 40
PACKED: Final = ".gz"
#: The line of a job's journal (`boundaries.downloads.unfinished`) after its last file.
END: Final = "end"


@dataclass(frozen=True)
class Fact:
    """What a file's bytes are: how many, and their hash (64 hex figures)."""

    bytes: int
    sha256: str


@dataclass(frozen=True)
class Listed(Fact):
    """A file of the list. ``gzip``: the same file packed, as it lies beside it under ``<name>.gz``; None without."""

    name: str
    media_type: str
    gzip: Fact | None = None
    about: Mapping[str, Any] = field(
        default_factory=dict
    )  #: the entry as it stands: format, dataset, title, ...


@dataclass(frozen=True)
class Listing:
    """The downloads of a release by name, in the order of the list."""

    release: str
    previous: str | None
    files: Mapping[str, Listed]

    def __iter__(self) -> Iterator[Listed]:
        return iter(self.files.values())


@dataclass(frozen=True)
class Extent:
    """How much there is to take: the files of a list, each once and as it is unpacked.

    Wherever files are counted for a person it is this. Not in it: what is packed beside them, and the release's own
    files (``dapil.gpkg``, the manifest and so on), which are told apart.
    """

    files: int
    bytes: int


def extent(entries: Iterable[Mapping[str, Any]]) -> Extent:
    """Count entries of a list, or of a manifest's ``files``."""
    sizes = [int(each["bytes"]) for each in entries]
    return Extent(len(sizes), sum(sizes))


def is_plain(name: object) -> bool:
    """Whether a text may be the name of a file or a release: one part of a path, and no other reading of it."""
    return isinstance(name, str) and _NAME.fullmatch(name) is not None and name not in _TAKEN


def parse(content: bytes, origin: str) -> Listing:
    """Read a list; `origin` says where it came from.

    Raises
    ------
    ReleaseError
        It is no list, of a newer format, or says something that no list of ours says (a name with a slash, a hash of
        another length, one name twice); the message names what.
    """
    try:
        value = json.loads(content)
        if value["format"] != FORMAT:
            raise ValueError(
                f"its format is {value['format']!r}, this version of peta-dapil reads {FORMAT}; update it"
            )
        if not is_plain(value["release"]):
            raise ValueError(f"{str(value['release'])[:80]!r} is not the name of a release")
        entries = [listed(entry) for entry in value["files"]]
        previous = value.get("previous")
        _distinct(entries)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        why = f"it lacks {error}" if isinstance(error, KeyError) else str(error)
        raise ReleaseError(f"{origin} is no list of downloads: {why}") from None
    return Listing(
        value["release"], str(previous) if previous else None, {each.name: each for each in entries}
    )


def listed(entry: Mapping[str, Any]) -> Listed:
    """Read an entry of a list. Raises ValueError, LookupError or TypeError for what no list of ours says."""
    name = entry["name"]
    if not is_plain(name) or name.endswith(PACKED):
        raise ValueError(f"{str(name)[:80]!r} is not a name that a file may have here")
    media_type = entry["media_type"]
    if not isinstance(media_type, str) or not _MEDIA_TYPE.fullmatch(media_type):
        raise ValueError(f"{name} has the media type {str(media_type)[:80]!r}")
    if not all(isinstance(entry.get(key), str) for key in ("format", "dataset")):
        raise ValueError(f"{name} has no format or dataset")
    own, packed = fact(name, entry), entry.get("gzip")
    return Listed(
        own.bytes, own.sha256, name, media_type, fact(name + PACKED, packed) if packed else None, entry
    )


def fact(name: str, entry: Mapping[str, Any]) -> Fact:
    """Read bytes and hash of a file. Raises ValueError for what cannot be either."""
    size, digest = entry["bytes"], entry["sha256"]
    if type(size) is not int or not 0 <= size <= _MOST:
        raise ValueError(f"{name} cannot have {str(size)[:80]} bytes")
    if not isinstance(digest, str) or not _SHA256.fullmatch(digest):
        raise ValueError(f"{name} has no sha256: {str(digest)[:80]!r}")
    return Fact(size, digest)


def _distinct(entries: list[Listed]) -> None:
    """Refuse a list where two files would lie at one place, also where upper and lower case are the same."""
    seen: set[str] = set()
    for each in entries:
        for name in (each.name, *([each.name + PACKED] if each.gzip else [])):
            if name.lower() in seen:
                raise ValueError(f"{name} stands there twice")
            seen.add(name.lower())


def sums(content: bytes, origin: str) -> dict[str, str]:
    """Read ``SHA256SUMS``: the hash of each file by name. Raises ReleaseError for a line that is none."""
    found: dict[str, str] = {}
    for line in content.decode("utf-8", "replace").splitlines():
        digest, _, name = line.partition("  ")
        if not _SHA256.fullmatch(digest) or not is_plain(name) or name in found:
            raise ReleaseError(f"{origin}: {line[:120]!r} is not a line of sha256sum")
        found[name] = digest
    return found
