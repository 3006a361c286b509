"""What glibc keeps of memory that was let go of: little.

Answers, geometries and texts come and go in pieces of all sizes, and what threads let go of stays in the heap that
they had it from. On the national release a worker used 170 MB and held another 200 that nobody used, after some
hundred mixed requests. So there are two heaps, not eight a core, and their free pages go back now and then.
"""

import ctypes
import threading
from typing import Any, Final

_M_ARENA_MAX: Final = -8  # malloc.h of glibc
#: Seconds between two times. Giving 200 MB back takes some 25 ms, beside the interpreter.
PAUSE_S: Final = 10.0


def few_arenas() -> None:
    """Have glibc keep two heaps for all threads; another C library stays as it is."""
    if (libc := _glibc()) is not None:
        libc.mallopt(_M_ARENA_MAX, 2)


def give_back() -> bool:
    """Give free pages back to the system; False where the C library cannot."""
    libc = _glibc()
    if libc is None:
        return False
    libc.malloc_trim(0)
    return True


def give_back_always(pause: float = PAUSE_S) -> threading.Event:
    """Do so every `pause` seconds from a thread of its own, until the event is set."""
    ended = threading.Event()

    def run() -> None:
        while not ended.wait(pause) and give_back():
            pass

    threading.Thread(target=run, name="peta-dapil-heap", daemon=True).start()
    return ended


def _glibc() -> Any:
    """Return the C library if it is glibc, else None."""
    try:
        libc = ctypes.CDLL(None)
        libc.gnu_get_libc_version  # noqa: B018 - musl and others have none
    except (OSError, AttributeError):
        return None
    return libc
