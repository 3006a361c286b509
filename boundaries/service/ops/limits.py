"""What a request may not be: too long, with a body, or one too many."""

import math
import threading
import time
from collections.abc import Mapping
from typing import Any, Final

from boundaries.service.ops.access import network
from boundaries.service.ops.settings import Rate
from boundaries.service.ops.wire import Refused

__all__ = ["Buckets", "check"]

_TAKES_NO_BODY: Final = frozenset(("GET", "HEAD", "OPTIONS"))


def check(environ: Mapping[str, Any], max_url: int) -> Refused | None:
    """Return why a request is refused before the application sees it, or None."""
    target = environ.get("RAW_URI") or environ.get("REQUEST_URI") or ""
    if len(target) > max_url or len(environ.get("QUERY_STRING", "")) > max_url:
        return Refused(414, f"the address is longer than {max_url} bytes")
    length = environ.get("CONTENT_LENGTH")
    if ((length and length.strip("0")) or "HTTP_TRANSFER_ENCODING" in environ) and environ[
        "REQUEST_METHOD"
    ] in _TAKES_NO_BODY:
        return Refused(413, f"a {environ['REQUEST_METHOD']} request takes no body here")
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
