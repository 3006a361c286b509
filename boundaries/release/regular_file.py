"""Files of a release are regular files: a link, a pipe or a device in its place is refused, and never waited for.

A release may come from a stranger (an archive keeps links and pipes): what it names must lie in it.
"""

import os
import stat
from pathlib import Path
from typing import BinaryIO, Final

from boundaries.errors import ReleaseError

#: A link is not followed; opening a pipe that nobody writes to does not wait. Windows has neither.
_FLAGS: Final = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
_KINDS: Final = {
    stat.S_IFLNK: "a link",
    stat.S_IFDIR: "a directory",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


class NotRegular(ReleaseError):  # noqa: N818 - what it is
    """Something else lies where a file of a release belongs."""


def other_kind(path: Path) -> str:
    """Return what lies at a path, such as "a link", or "" for a regular file. Raises FileNotFoundError."""
    return _kind(path.lstat().st_mode)


def open_regular(path: Path) -> BinaryIO:
    """Open a file for reading, unbuffered. Raises NotRegular, OSError."""
    try:
        handle = os.open(path, _FLAGS)
    except OSError:
        if path.is_symlink():
            raise _refused(path, "a link") from None
        raise
    if kind := _kind(os.fstat(handle).st_mode):
        os.close(handle)
        raise _refused(path, kind)
    return os.fdopen(handle, "rb", buffering=0)


def read_regular(path: Path) -> bytes:
    """Return what is in a file. Raises NotRegular, OSError."""
    with open_regular(path) as file:
        return file.read()


def _kind(mode: int) -> str:
    return "" if stat.S_ISREG(mode) else _KINDS.get(stat.S_IFMT(mode), "no file")


def _refused(path: Path, kind: str) -> NotRegular:
    return NotRegular(
        "{path} is {kind}, where a release has a file; put the file itself there", path=path, kind=kind
    )
