"""The processes of the service: granian's supervisor, with a socket of ours and a replacement before an end.

The first process listens, and never loads the application: it keeps little memory, and a worker that is started
later loads the code that lies there then.
"""

import logging
import multiprocessing
import os
import resource
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Sequence
from multiprocessing.synchronize import Event
from typing import Any, Final

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.net import SocketHolder
from granian.server import mp

from boundaries.errors import BoundariesError
from boundaries.service.ops import heap
from boundaries.service.ops.gateway import BODIES, Gateway
from boundaries.service.ops.settings import Settings, SettingsError

__all__ = ["STALL", "Processes", "listen", "tried"]

LOGGER = logging.getLogger(__name__)
#: Seconds after which a thread must let another run: a quick request beside a long one waits this long for the
#: interpreter, each time it wants it. Python's own 5 ms cost quick requests 16 ms beside two long ones, 1 ms 4 ms.
_SWITCH: Final = 0.001
#: Seconds after which the kernel hangs up on a client that takes nothing of what it was sent.
STALL = 60.0
#: Bytes of an answer that the kernel may hold unsent: enough to keep a fast client busy.
_UNSENT: Final = 1 << 19
_STARTING, _READY, _UNSOUND, _LEAVING = range(4)
#: Seconds in which a worker that is replaced accepts nobody and tells its clients to hang up, before it hangs up.
_LEAVE: Final = 1.0
_LOGGING: Final = {
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "generic", "stream": "ext://sys.stderr"},
        "access": {"class": "logging.NullHandler"},
    }
}
Load = Callable[[], Callable[..., Any]]


def listen(settings: Settings) -> socket.socket:
    """Return the socket that all processes accept from. Raises SettingsError where that cannot be had."""
    try:
        found = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        listener = socket.socket(found[0][0], socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(found[0][4])
    except OSError as error:
        raise SettingsError(
            f"cannot listen on {settings.host}:{settings.port} ({error.strerror}). If another program has it, stop "
            "that, or take another with DAPIL_PORT (0: a free one)"
        ) from None
    # What is set here the connections inherit.
    for name, value in (
        ("TCP_NODELAY", 1),
        ("TCP_NOTSENT_LOWAT", _UNSENT),
        ("TCP_USER_TIMEOUT", round(STALL * 1000)),
    ):
        option = getattr(
            socket, name, {"TCP_NOTSENT_LOWAT": 25}.get(name) if sys.platform == "linux" else None
        )
        if option is not None:
            listener.setsockopt(socket.IPPROTO_TCP, option, value)
    if (
        sys.platform != "linux"
    ):  # there the first worker that is ready listens: until then connections are refused
        listener.listen(settings.backlog)
    return listener


def tried(load: Load) -> int:
    """Load the application in a process of its own, whose memory then goes; return 0 or the code to end with."""
    trial = multiprocessing.get_context("fork").Process(target=_loaded, args=(load,))
    trial.start()
    trial.join()
    return trial.exitcode or 0


class Processes(mp.MPServer):
    """Serve what `load` gives in `settings.workers` processes on `listener`, until stopped.

    SIGHUP replaces all workers, one after another. A worker that cannot be made keeps its predecessor in service.
    """

    def __init__(self, settings: Settings, listener: socket.socket, load: Load) -> None:
        multiprocessing.set_start_method("fork", force=True)  # the listener and `load` go over as they are
        self._settings, self._listener, self._load = settings, listener, load
        super().__init__(
            "peta-dapil",
            address=settings.host,
            port=listener.getsockname()[1],
            interface=Interfaces.WSGI,
            http=HTTPModes.http1,
            websockets=False,
            workers=settings.workers,
            blocking_threads=settings.threads + settings.large + BODIES,
            backlog=settings.backlog,
            backpressure=settings.connections,
            http1_settings=HTTP1Settings(
                header_read_timeout=round(settings.keepalive * 1000), max_buffer_size=settings.max_head
            ),
            log_level=LogLevels.error,
            log_dictconfig=_LOGGING,
            respawn_failed_workers=True,
            workers_kill_timeout=max(1, round(settings.grace)),
        )

    def _spawn_workers(self, spawn_target: Any, target_loader: Any) -> None:
        """Start all, and say where the service is when the first of them serves."""
        signal.signal(signal.SIGUSR1, self._told)
        super()._spawn_workers(spawn_target, target_loader)
        workers: list[Any] = self.wrks
        while not (self.interrupt_signal or any(worker.state.value for worker in workers)):
            if not any(worker.is_alive() for worker in workers):
                return
            time.sleep(0.05)
        host, port = self._listener.getsockname()[:2]
        sys.stderr.write(f"Peta Dapil: http://{f'[{host}]' if ':' in host else host}:{port}/\n")
        sys.stderr.flush()

    def _init_shared_socket(self) -> None:
        """One socket for all (granian's own are one a worker): what waits to be accepted outlives a worker."""
        backlog = (self.backlog,) if sys.platform == "linux" else ()
        self._shd: Any = SocketHolder(self._listener.fileno(), False, *backlog)  # type: ignore[call-arg]
        self._sso = self._listener

    def _spawn_worker(self, idx: int, target: Any, callback_loader: Any) -> Any:  # type: ignore[override]
        state = multiprocessing.RawValue("b", _STARTING)
        leave = multiprocessing.Event()
        worker: Any = super()._spawn_worker(idx, target, lambda: self._loaded(state, leave))
        worker.state, worker.leave = state, leave
        return worker

    def _respawn_workers(
        self, workers: Sequence[int], spawn_target: Any, target_loader: Any, delay: float = 0
    ) -> None:
        """Replace workers, living or dead; a living one is told to end when the new one serves."""
        for idx in dict.fromkeys(workers):
            if self.interrupt_signal:
                return
            old, new = self.wrks[idx], self._spawn_worker(idx, spawn_target, target_loader)
            new.interrupt_by_parent = old.is_alive()  # then its failure is no end of the service
            new.start()
            while new.state.value == _STARTING and new.is_alive() and not self.interrupt_signal:
                time.sleep(0.05)
            failed = new.state.value == _STARTING
            if failed and old.is_alive():
                LOGGER.error("a new worker could not be started: the old one goes on")
                new.terminate()
                continue
            if failed:
                self.respawned_wrks[idx] = time.monotonic()  # granian ends the service if that happens again
            new.interrupt_by_parent = False
            self.wrks[idx] = new
            threading.Thread(target=self._retire, args=(old,)).start()

    def _retire(self, worker: Any) -> None:
        """End a worker `_LEAVE` after it has said that it leaves: a busy machine may take long to tell it so."""
        if worker.is_alive():
            worker.leave.set()
            latest = time.monotonic() + max(1, round(self._settings.grace))
            while worker.state.value != _LEAVING and worker.is_alive() and time.monotonic() < latest:
                time.sleep(0.02)
            time.sleep(_LEAVE)
        worker.terminate()
        worker.join(self.workers_kill_timeout)
        if worker.is_alive():
            worker.kill()
            worker.join()

    def _told(self, *_: Any) -> None:
        """A worker says that it has to be replaced."""
        workers: list[Any] = self.wrks
        for worker in workers:
            if worker.state.value == _UNSOUND:
                self.interrupt_children.append(worker.idx)
                self.main_loop_interrupt.set()

    def _loaded(self, state: Any, leave: Event) -> Gateway:
        """Make the application ready, in the new process."""
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, signal.SIG_DFL)  # until granian takes them
        for each in (signal.SIGHUP, signal.SIGUSR1):
            signal.signal(each, signal.SIG_IGN)
        sys.setswitchinterval(_SWITCH)
        heap.few_arenas()
        _allow_files(self._settings)
        parent = os.getppid()

        def unsound() -> None:
            if state.value == _LEAVING:  # it is being replaced
                return
            state.value = _UNSOUND
            os.kill(parent, signal.SIGUSR1)

        gateway = Gateway(_loaded(self._load), self._settings, unsound)
        signal.signal(signal.SIGUSR2, lambda *_: leave.set())  # from outside
        threading.Thread(target=self._leave, args=(gateway, state, leave), name="leave", daemon=True).start()
        mp._wsgi_call_wrap = _as_it_is  # type: ignore[assignment]
        gateway.watch()
        heap.give_back_always()
        state.value = _READY
        return gateway

    def _leave(self, gateway: Gateway, state: Any, leave: Event) -> None:
        """When told, take no more connections (the next worker does), and let none go on after its next answer.

        A thread waits for it: a signal that another thread than the first takes is heard when the first wakes.

        granian would hang up on whoever was accepted and has not yet been read. So the descriptor that it accepts
        from becomes another one, which nobody knows.
        """
        leave.wait()
        gateway.leaving = True
        with socket.create_server(("127.0.0.1", 0)) as nobody:
            nobody.setblocking(False)
            os.dup2(nobody.fileno(), self._listener.fileno())
        state.value = _LEAVING


def _as_it_is(gateway: Gateway, *_: Any) -> Gateway:
    """Stand for granian's own step to WSGI, which would hide the object that takes the answer."""
    return gateway


def _loaded(load: Load) -> Callable[..., Any]:
    """Return the application, or end this process with what is wrong in one sentence."""
    try:
        return load()
    except BoundariesError as error:
        sys.stderr.write(f"server.py: {error}\n")
        sys.exit(error.exit_code)


def _allow_files(settings: Settings) -> None:
    """Let a process have as many open files as it may have connections, and files being sent."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = settings.connections + settings.large + 200
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted if hard < 0 else min(wanted, hard), hard))
