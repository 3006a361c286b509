"""The same function on many things in several processes, with what they share inherited rather than sent."""

import multiprocessing
import os
from collections.abc import Callable, Sequence
from typing import Any, Final

_FORK: Final = "fork" in multiprocessing.get_all_start_methods()
_task: Callable[[Any], Any] | None = None


def processors() -> int:
    """Number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def each(task: Callable[[Any], Any], things: Sequence[Any], workers: int | None = None) -> list[Any]:
    """Return ``task(thing)`` of every thing, in their order; the outcome does not depend on the number of `workers`.

    By default as many workers as there are processors. Where a process cannot be forked all is done in this one.
    `things` and results travel between processes; what `task` refers to does not.
    """
    global _task
    workers = min(processors() if workers is None else workers, len(things))
    if workers < 2 or not _FORK or _task is not None:
        return [task(thing) for thing in things]
    _task = task
    try:
        with multiprocessing.get_context("fork").Pool(workers) as pool:
            return pool.map(_run, things, chunksize=1)
    finally:
        _task = None


def _run(thing: Any) -> Any:
    assert _task is not None
    return _task(thing)
