"""What a request may not be: too long, with a body, in two readings, or one too many."""

import math
import threading
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from boundaries.service.ops.access import network
from boundaries.service.ops.settings import Rate

__all__ = ["REFUSED", "Buckets", "Refused", "check"]

#: Where the environment holds the Refused that is to be answered instead of a request.
REFUSED: Final = "dapil.refused"
_TAKES_NO_BODY: Final = frozenset(("GET", "HEAD", "OPTIONS"))


class Refused(Exception):  # noqa: N818 - an answer, not a fault
    """A request is answered with `status` before the application sees it."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = HTTPStatus(status)
        self.detail = detail


def check(environ: Mapping[str, Any], max_url: int) -> Refused | None:
    """Return why a request is refused before the application sees it, or None.

    The server joins fields of one name with commas: a Host with a comma is two of them (RFC 9112, 3.2).
    """
    target = environ.get("RAW_URI") or environ.get("REQUEST_URI") or ""
    if len(target) > max_url or len(environ.get("QUERY_STRING", "")) > max_url:
        return Refused(414, f"the address is longer than {max_url} bytes")
    if not environ["PATH_INFO"].startswith("/") and environ["REQUEST_METHOD"] != "OPTIONS":
        return Refused(400, "the target of the request is not a path")
    host = environ.get("HTTP_HOST")
    if host is None and environ.get("SERVER_PROTOCOL") == "HTTP/1.1":
        return Refused(400, "the header host is missing")
    if host and "," in host:
        return Refused(400, "the header host stands there twice")
    method, length = environ["REQUEST_METHOD"], environ.get("CONTENT_LENGTH")
    if method in _TAKES_NO_BODY and ((length and length.strip("0")) or "HTTP_TRANSFER_ENCODING" in environ):
        return Refused(413, f"a {method} request takes no body here")
    return None


class Buckets:
    """A token bucket for each client: `rate.burst` requests at once, `rate.per_second` in the long run.

    At most `places` clients are remembered (about 200 bytes each); beyond that the one that has been silent
    longest is forgotten, and would start with a full bucket again. A client is an IPv4 address or an IPv6
    /64, the smallest block that a household gets. Not shared between processes.
    """

    def __init__(self, rate: Rate, places: int = 20_000) -> None:
        self._rate = rate
        self._places = places
        self._levels: dict[
            str, tuple[float, float]
        ] = {}  # client -> tokens, when; the latest seen at the end
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._levels)

    def take(self, address: str, now: float | None = None) -> int:
        """Take one token. Return 0, or the whole seconds after which there is one again."""
        client = address if ":" not in address else network(address, 32, 64)
        now = time.monotonic() if now is None else now
        rate = self._rate
        with self._lock:
            tokens, since = self._levels.pop(client, (float(rate.burst), now))
            tokens = min(rate.burst, tokens + max(0.0, now - since) * rate.per_second)
            enough = tokens >= 1
            self._levels[client] = (tokens - enough, now)
            if len(self._levels) > self._places:
                del self._levels[next(iter(self._levels))]
        return 0 if enough else max(1, math.ceil((1 - tokens) / rate.per_second))
