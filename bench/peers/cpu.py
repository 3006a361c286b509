"""CPU time of a server: a process, its living descendants and those it has already reaped.

``/proc/<pid>/stat`` counts in ticks of 10 ms, too coarse for rounds of a third of a second, so living processes
are read from the kernel's CPU clock of the process (the same count, in nanoseconds, all threads, also those
that have ended). What reaped children used is only in ``/proc/<pid>/stat``, in ticks; servers with fixed
workers have none while they are timed.
"""

import os
import time
from collections.abc import Iterable
from pathlib import Path

TICK = 1 / os.sysconf("SC_CLK_TCK")


def tree(pid: int) -> list[int]:
    """Return `pid` and all its living descendants; empty if it is gone."""
    found = []
    waiting = [pid]
    while waiting:
        one = waiting.pop()
        try:
            lists = [p.read_text() for p in Path(f"/proc/{one}/task").glob("*/children")]
        except OSError:
            continue
        found.append(one)
        waiting += [int(child) for line in lists for child in line.split()]
    return found


def _seconds(pid: int) -> float:
    """CPU seconds of one process with all its threads, and of the children it has reaped."""
    try:
        # clock_getcpuclockid(3): the clock of a process is its id, inverted, shifted, marked CPUCLOCK_SCHED.
        alive = time.clock_gettime((~pid << 3) | 2)
        # The name in brackets may hold blanks; cutime and cstime are the 14th and 15th field after it.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (OSError, ProcessLookupError):
        return 0.0
    return alive + (int(fields[13]) + int(fields[14])) * TICK


def cpu_seconds(roots: Iterable[int]) -> float:
    """CPU seconds used so far by the process trees under `roots`."""
    return sum(_seconds(pid) for root in roots for pid in tree(root))
