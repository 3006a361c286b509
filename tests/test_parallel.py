"""Work shared among processes: what happens when one of them is killed."""

import os
import signal
import time

import pytest

from boundaries.errors import BoundariesError
from boundaries.ground.parallel import each


def test_a_worker_that_is_killed_is_told_and_not_waited_for():
    def work(number):
        if number == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return number

    with pytest.raises(BoundariesError, match=r"killed from outside.*build again"):
        each(work, range(6), workers=2)
    assert each(lambda number: -number, range(3), workers=2) == [0, -1, -2]


def test_workers_end_with_a_parent_that_is_killed():
    readable, writable = os.pipe()
    parent = os.fork()
    if parent == 0:
        os.close(readable)

        def work(_number):
            os.write(writable, b".")
            time.sleep(60)

        each(work, range(2), workers=2)
        os._exit(0)
    os.close(writable)
    assert os.read(readable, 1) == b"."
    os.kill(parent, signal.SIGKILL)
    os.waitpid(parent, 0)
    while os.read(readable, 1):  # ends when nobody is left that could write
        pass
