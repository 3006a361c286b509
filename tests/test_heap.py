"""Memory that was let go of goes back to the system."""

import subprocess
import sys

import pytest

from boundaries.service.ops import heap

#: Blocks of which every tenth stays: the free ones between lie in the heap, and malloc keeps them. Prints MB that no
#: file backs: with all blocks, when most are free, and when those were given back by a thread of its own.
PROGRAM = """
import ctypes, re, time
from boundaries.service.ops import heap

def held():
    return int(re.search(r"RssAnon:\\s+(\\d+)", open("/proc/self/status").read())[1]) // 1024

libc = ctypes.CDLL(None)
libc.malloc.restype, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
libc.memset.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t]
heap.few_arenas()
blocks = [libc.malloc(50_000) for _ in range(4_000)]
for each in blocks:
    libc.memset(each, 1, 50_000)
told = [held()]
for number, each in enumerate(blocks):
    if number % 10:
        libc.free(each)
told.append(held())
heap.give_back_always(0.01)
while held() > told[1] - 100:  # a thread of its own does it; who never does ends by the test's own patience
    time.sleep(0.01)
print(*told, held())
"""


@pytest.mark.skipif(not heap.give_back(), reason="needs glibc")
def test_free_memory_goes_back_to_the_system() -> None:
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=300, check=True
    )
    full, free, given = map(int, run.stdout.split())
    assert free > full - 50  # malloc had kept it
    assert given < free - 100


def test_a_worker_loads_nothing_that_only_a_build_needs() -> None:
    """pandas, Arrow and GDAL take a worker 40 MB, and are of no use to it."""
    program = (
        "import sys, boundaries.service.app; print(*{'pandas', 'pyarrow', 'pyogrio'} & sys.modules.keys())"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=300, check=True
    )
    assert run.stdout.split() == []
