"""Who asks, and the line that is written of it."""

import ipaddress
import os
import re
import select
import stat
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote_plus

from werkzeug.http import parse_list_header

__all__ = ["AccessLog", "client_address", "is_local", "network", "shortened"]

#: A line is one write and shorter than PIPE_BUF: lines of several processes never mix.
_LONGEST: Final = 4000
#: What a proxy adds. None of them is sent by a program on this machine that asks for itself.
_PROXIED: Final = (
    "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_PROTO", "HTTP_FORWARDED", "HTTP_VIA",
    "HTTP_X_REAL_IP", "HTTP_X_CLIENT_IP", "HTTP_CF_CONNECTING_IP", "HTTP_CF_RAY", "HTTP_TRUE_CLIENT_IP",
)  # fmt: skip
#: Where somebody is or lives does not belong into a log: the question of a lookup, a box, a filter with a shape.
_LOOKUP: Final = re.compile(r"(/lookup/?\?)[^ ]*")
_PAIR: Final = re.compile(r"(?<=[?&])([^=&#\s]*)=([^&#\s]*)")
_PLACES: Final = frozenset(("bbox", "lon", "lat"))
_SHAPE: Final = re.compile(
    r"point|linestring|polygon|collection|bbox|envelope|coordinates|\bs_", re.IGNORECASE
)
_UNSAFE: Final = re.compile(r"[^\x20\x21\x23-\x5b\x5d-\x7e]")


def client_address(environ: Mapping[str, Any], proxies: int) -> str:
    """Return the client's address: what the outermost of `proxies` trusted proxies saw, or else the peer.

    The same rule as werkzeug's ProxyFix, which sets the address for the application.
    """
    if proxies:
        told = parse_list_header(environ.get("HTTP_X_FORWARDED_FOR", ""))
        if len(told) >= proxies and told[-proxies]:
            return told[-proxies]
    return str(environ.get("REMOTE_ADDR") or "")


def is_local(environ: Mapping[str, Any]) -> bool:
    """Whether the request comes from this machine itself, and not through a proxy on it."""
    if any(name in environ for name in _PROXIED):
        return False
    address = environ.get("REMOTE_ADDR") or ""
    return address == "::1" or address.startswith(("127.", "::ffff:127."))


def network(address: str, four: int, six: int) -> str:
    """Return the network of `address`, of `four` bits for IPv4 and `six` for IPv6; "-" if it is no address."""
    text = address
    if text.startswith("[") and "]" in text:  # some proxies add the port
        text = text[1 : text.index("]")]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        parsed = ipaddress.ip_address(text)
    except ValueError:
        return "-"
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    bits = four if parsed.version == 4 else six
    return str(ipaddress.ip_network((parsed, bits), strict=False).network_address)


def shortened(address: str) -> str:
    """Return the address without what would name a household: IPv4 by /24, IPv6 by /48."""
    return network(address, 24, 48)


class _Names:
    """Addresses as they are written; remembers the latest, for a client asks more than once."""

    def __init__(self, write: Callable[[str], str]) -> None:
        self._write = write
        self._known: dict[str, str] = {}

    def __call__(self, address: str) -> str:
        name = self._known.get(address)
        if name is None:
            if len(self._known) > 5000:
                self._known.clear()
            name = self._known[address] = self._write(address)
        return name


class AccessLog:
    """One line a request: the combined format, then the milliseconds until the answer was made and until it
    was sent.

    `target` is ``-`` or a file. A file that was moved away is opened anew (looked at once a second). The
    service does not wait for its log: where a pipe is full or a disk too, lines are dropped and counted in
    `dropped`.
    """

    def __init__(self, target: str, addresses: str = "short") -> None:
        self._target = target
        self._lock = threading.Lock()
        self.dropped = 0
        self._name = _Names(_WRITTEN[addresses])
        self._fd = -1
        self._looked = 0
        self._second, self._stamp = 0, ""
        self._open()

    def _open(self) -> None:
        if self._target == "-":
            self._fd = sys.stdout.fileno()
        else:
            old = self._fd
            self._fd = os.open(self._target, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)
            if old >= 0:
                os.close(old)
        self._poll = None
        if not stat.S_ISREG(os.fstat(self._fd).st_mode):
            self._poll = select.poll()
            self._poll.register(self._fd, select.POLLOUT)

    def write(
        self, environ: Mapping[str, Any], address: str, status: str, sent: int, made: float, ended: float
    ) -> None:
        """Write the line; `made` and `ended` are seconds. Never raises."""
        get = environ.get
        asked = " ".join(
            filter(
                None, (get("REQUEST_METHOD"), get("RAW_URI") or get("REQUEST_URI"), get("SERVER_PROTOCOL"))
            )
        )
        line = (
            f'{self._name(address)} - - [{self._time()}] "{_clean(asked, 2000)}" {status} {sent} '
            f'"{_clean(get("HTTP_REFERER", "-"), 500)}" "{_clean(get("HTTP_USER_AGENT", "-"), 500)}" '
            f"{made * 1000:.1f} {ended * 1000:.1f}\n"
        )
        try:
            if self._poll is not None and not self._poll.poll(0):
                self.dropped += 1
                return
            os.write(self._fd, line.encode("ascii", "replace"))
        except OSError:
            self.dropped += 1

    def _time(self) -> str:
        now = int(time.time())
        if now != self._second:
            with self._lock:
                self._stamp = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now))
                self._second = now
                if self._target != "-":
                    self._reopen()
        return self._stamp

    def _reopen(self) -> None:
        try:
            there, mine = Path(self._target).stat(), os.fstat(self._fd)
            moved = (there.st_ino, there.st_dev) != (mine.st_ino, mine.st_dev)
        except OSError:
            moved = True
        if moved:
            try:
                self._open()
            except OSError:
                self.dropped += 1


def _clean(text: str, longest: int = 100) -> str:
    """Return `text` without a place that was looked up, or what could end a field or a line or steer a terminal."""
    if "?" in text:
        text = _PAIR.sub(_placeless, _LOOKUP.sub(r"\1-", text))
    if _UNSAFE.search(text):
        text = _UNSAFE.sub(lambda match: f"\\x{ord(match[0]) & 0xFF:02x}", text)
    return text if len(text) <= longest else text[:longest] + "..."


def _placeless(pair: re.Match[str]) -> str:
    """Return a parameter of an address without the place that its value may tell."""
    name, value = unquote_plus(pair[1]).lower(), unquote_plus(pair[2])
    told = name in _PLACES or (name.startswith("filter") and name != "filter-lang" and _SHAPE.search(value))
    return f"{pair[1]}=-" if told else pair[0]


_WRITTEN: Final[dict[str, Callable[[str], str]]] = {
    "short": shortened,
    "full": _clean,
    "none": lambda address: "-",
}
