"""Locks on files that end with the process that holds them, however it ends: on Linux, macOS and Windows.

Staging directories tell by them whether their owner lives, so a lock file that a killed process leaves behind will not
do; the libraries for locks fall back on one, without a word, where a file system has no locks. Here that is an error.
"""

import errno
import os
import time
from typing import Any, Final

from boundaries.errors import ReleaseError

fcntl: Any
msvcrt: Any
try:
    import fcntl
except ImportError:  # Windows
    fcntl = None
try:
    import msvcrt
except ImportError:
    msvcrt = None

#: What a file system without locks answers: some network shares and FUSE mounts.
_NO_LOCKS: Final = (errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL)
#: Windows cannot wait for a lock without an end: it is asked this often, in seconds.
_PAUSE: Final = 0.05


def hold(handle: int, name: object, *, wait: bool = True) -> bool:
    """Lock an open file (`name`, for the message) until it is closed or this process ends.

    Returns False where somebody else has it and `wait` is False.

    Raises
    ------
    ReleaseError
        The system or the file system has no locks.
    """
    try:
        return _flock(handle, wait) if fcntl else _locking(handle, wait)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
        raise ReleaseError(
            f"{name} cannot be locked: its file system has no locks ({error.strerror}); work in a directory on a "
            "local disk, and copy the result"
        ) from None


def _flock(handle: int, wait: bool) -> bool:
    fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    return True


def _locking(handle: int, wait: bool) -> bool:
    """Lock the first byte, which need not be there."""
    if msvcrt is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    while True:
        os.lseek(handle, 0, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except PermissionError:  # held by somebody else
            if not wait:
                return False
            time.sleep(_PAUSE)
        else:
            return True
