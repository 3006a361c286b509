"""One client's connection: what came in, what is still to go out, and since when it waits."""

import math
import socket
import time
from collections.abc import Callable
from typing import Any, Final

from boundaries.service.ops.bodies import Outgoing

__all__ = ["BUSY", "CLOSING", "READING", "WRITING", "Connection"]

READING: Final = "reading"  #: waits for a request, or for the rest of one
BUSY: Final = "busy"  #: a thread works on its request
WRITING: Final = "writing"  #: waits for the client to take more
CLOSING: Final = "closing"  #: was answered; what still comes in is thrown away until the client is done


class Connection:
    """A socket and where it stands. At any moment one thread owns it, or it waits in the poller."""

    __slots__ = (
        "fd",
        "finish",
        "headless",
        "input",
        "keep",
        "local",
        "out",
        "peer",
        "since",
        "sock",
        "state",
    )

    def __init__(self, sock: socket.socket, peer: Any, local: Any) -> None:
        self.sock = sock
        self.fd = sock.fileno()
        self.peer = peer
        self.local = local
        self.input = b""
        self.out: Outgoing | None = None
        self.finish: Callable[[], None] | None = None  # the close() of the body under way
        self.headless = False  # the request under way is a HEAD: its answer has no body (RFC 9110, 9.3.2)
        self.keep = True
        self.state = READING
        self.since = time.monotonic()

    def enter(self, state: str) -> None:
        """Go over to `state`, now."""
        self.state = state
        self.since = time.monotonic()

    def settle(self) -> None:
        """Let go of the answer: the application's close() is called exactly once."""
        finish, self.finish, self.out = self.finish, None, None
        if finish is not None:
            finish()

    def cut(self) -> None:
        """End it from another thread: its owner, or the poller, then sees the end and lets it go."""
        self.since = math.inf  # it waits for nothing any more
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # it is gone already
