"""How long a host is waited for: one that drips is let go, however often it says a byte.

The libraries wait for a silent host only; whoever sends a byte now and then is read for ever. So the socket is watched
from beside: what brings less than `LEAST` bytes in `WINDOW_S` seconds is shut down.
"""

import contextlib
import socket
import threading
from http.client import HTTPException
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ProtocolError

#: The least that a host must bring: 1 kB a second, over half a minute.
WINDOW_S: float = 30.0
LEAST: int = 30_000


class Watch:
    """Shuts a connection down when it is too slow; `came` counts what it brought, for its owner to raise."""

    def __init__(self, connection: Any, least: int) -> None:
        self.came = 0
        self.slow = False
        self._least = least
        self._seen = 0
        self._socket: socket.socket | None = getattr(connection, "sock", None)
        self._over = threading.Event()
        self._timer = threading.Timer(WINDOW_S, self._look)

    def __enter__(self) -> "Watch":
        self._arm()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._timer.cancel()

    def _arm(self) -> None:
        self._timer = threading.Timer(WINDOW_S, self._look)
        self._timer.daemon = True
        self._timer.start()

    def _look(self) -> None:
        if self._over.is_set():
            return
        if self.came - self._seen >= self._least:
            self._seen = self.came
            self._arm()
            return
        self.slow = True
        self.cut()

    def cut(self) -> None:
        """Shut the connection down: whoever waits for it goes on at once."""
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)


class _Heads:
    """A connection whose answer's head must be there within one window."""

    def getresponse(self) -> Any:
        with Watch(self, 1) as watch:
            try:
                answer = super().getresponse()  # type: ignore[misc]
            except (OSError, HTTPException):  # half a status line is no OSError
                if not watch.slow:
                    raise
        if watch.slow:  # what came until then may read as a whole head
            raise ProtocolError(too_slow())
        return answer


class _Connection(_Heads, HTTPConnection):
    pass


class _SecureConnection(_Heads, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class Adapter(HTTPAdapter):
    """Connects for requests, with watched heads."""

    def init_poolmanager(self, *given: Any, **more: Any) -> None:
        """Make the pools of our connections."""
        super().init_poolmanager(*given, **more)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}


def too_slow() -> str:
    """Say what a host did that is let go."""
    return f"it sends less than {LEAST:,} bytes in {WINDOW_S:g} seconds"
