"""The same function on many things in several processes, with what they share inherited rather than sent."""

import multiprocessing
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait
from typing import Any, Final

from boundaries.errors import BoundariesError

_FORK: Final = "fork" in multiprocessing.get_all_start_methods()
_task: Callable[[Any], Any] | None = None


def processors() -> int:
    """Number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def each(task: Callable[[Any], Any], things: Sequence[Any], workers: int | None = None) -> list[Any]:
    """Return ``task(thing)`` of every thing, in their order; the outcome does not depend on the number of `workers`.

    By default as many workers as there are processors. Where a process cannot be forked all is done in this one.
    `things` and results travel between processes; what `task` refers to does not. Raises BoundariesError where a worker
    is killed; workers whose parent is killed end too.
    """
    global _task
    workers = min(processors() if workers is None else workers, len(things))
    if workers < 2 or not _FORK or _task is not None:
        return [task(thing) for thing in things]
    _task = task
    try:
        with ProcessPoolExecutor(workers, multiprocessing.get_context("fork"), end_with_parent) as pool:
            return list(pool.map(_run, things))
    except BrokenProcessPool:
        raise BoundariesError(
            "a process of the build was killed from outside, as a machine does whose memory is full: free some and "
            "build again"
        ) from None
    finally:
        _task = None


def _run(thing: Any) -> Any:
    assert _task is not None
    return _task(thing)


def end_with_parent() -> None:
    """Let this worker end when its parent does, however that ends; else it would wait for work for ever."""
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
