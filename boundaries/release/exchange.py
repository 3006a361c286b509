"""Two folders that change places in one step, so that whoever looks finds one or the other whole."""

import ctypes
import errno
import os
from pathlib import Path
from typing import Final

_AT_FDCWD: Final = -100  # linux/fcntl.h: paths are relative to the working directory
_EXCHANGE: Final = 2  # linux/fs.h: RENAME_EXCHANGE
_CANNOT: Final = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP)


def exchanged(one: Path, other: Path) -> bool:
    """Exchange two paths of one file system; False where the system cannot. Raises OSError."""
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    if rename(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in _CANNOT:
        return False
    raise OSError(code, os.strerror(code), str(other))


def put(fresh: Path, place: Path, aside: Path) -> None:
    """Put the folder `fresh` in `place`; what was there is at `aside` or `fresh` afterwards, for the caller to remove.

    Where the system cannot exchange, by two renames: between them there is nothing at `place`.
    """
    if not place.exists():
        fresh.rename(place)
    elif not exchanged(fresh, place):
        place.rename(aside)
        fresh.rename(place)
