"""The process of gunicorn that serves: accepts connections and hands them to the engine."""

import ctypes
import errno
import os
import select
import sys
import time
from typing import Any, Final

from gunicorn.workers.base import Worker  # type: ignore[import-untyped]

from boundaries.service.ops.engine import Bounds, Engine

__all__ = ["EventWorker"]

#: Seconds after which a thread must let another run: a quick request beside a long one waits this long for the
#: interpreter, each time it wants it. Python's own 5 ms cost quick requests 16 ms beside two long ones, 1 ms 4 ms.
_SWITCH: Final = 0.001
_M_ARENA_MAX: Final = -8  # malloc.h of glibc


class EventWorker(Worker):
    """gunicorn supervises (start, replace, reload, stop); this worker does the input and output.

    Stops on SIGTERM within ``graceful_timeout``: nothing new is accepted, answers under way are ended.
    """

    alive: bool

    def run(self) -> None:
        """Accept until told to stop, then let what is under way end."""
        bounds: Bounds = getattr(self.app, "bounds", Bounds())
        sys.setswitchinterval(_SWITCH)
        _few_arenas()
        engine = Engine(self.wsgi, bounds, self.cfg.threads)
        poller = select.epoll()
        listeners = {}
        for listener in self.sockets:
            listener.setblocking(False)
            listeners[listener.fileno()] = listener
            poller.register(listener.fileno(), select.EPOLLIN | select.EPOLLEXCLUSIVE)
        poller.register(self.PIPE[0], select.EPOLLIN)  # written to by every signal
        swept = 0.0
        while self.alive and self.ppid == os.getppid():
            for fd, _ in poller.poll(1.0):
                if fd in listeners:
                    self._accept(listeners[fd], engine)
                else:
                    os.read(self.PIPE[0], 4096)
            if time.monotonic() - swept >= 1:
                swept = time.monotonic()
                self.notify()
                self.alive = engine.sweep() and self.alive
        poller.close()
        self._drain(engine)

    def _accept(self, listener: Any, engine: Engine) -> None:
        try:
            client, peer = listener.accept()
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM):
                self.log.error("no connection can be accepted: %s", error)
                time.sleep(0.05)  # the listener stays readable: do not spin
            return
        engine.adopt(client, peer)

    def _drain(self, engine: Engine) -> None:
        for listener in self.sockets:
            listener.close()
        engine.stopping = True
        end = time.monotonic() + self.cfg.graceful_timeout
        while len(engine) and time.monotonic() < end:
            self.notify()
            time.sleep(0.1)
            engine.sweep()


def _few_arenas() -> None:
    """Have glibc keep two heaps for all threads, not eight a core.

    What threads let go of stays in the heap they had it from: over 70 changes of release a worker's memory
    went from 102 to 141 MB, with two heaps to 120 MB in the first 30 and no further.
    """
    try:
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 2)
    except (OSError, AttributeError):
        return  # another C library
