"""Files of a release from another host: found by its list, fetched in pieces that a later run can go on from.

Nothing that comes is believed: no more is read than the list says, and what is there at the end must have its hash. An
address is never left for another host, whatever it redirects to.
"""

import contextlib
import hashlib
import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

import requests
import urllib3

from boundaries import __version__
from boundaries.downloads.listing import PACKED, Fact
from boundaries.errors import DownloadError
from boundaries.mirror import patience
from boundaries.mirror.patience import Adapter, Watch, too_slow
from boundaries.release.store import CURRENT, FOLDER, LIST

Step = Callable[[int], object]

#: Where the list of the latest release may be, below the address that is given: `latest` of a service or a copy of
#: its addresses, `current` of a copy of a directory of releases, and the list of one release alone.
_PLACES: Final = (
    f"latest/{LIST}",
    f"{FOLDER}/latest/{LIST}",
    f"{CURRENT}/{FOLDER}/{LIST}",
    LIST,
    f"{FOLDER}/{LIST}",
)
#: Seconds to connect, and between two pieces.
_TIMEOUT: Final = (15, 30)
_REDIRECTS: Final = 5
#: What is lost of an answer that breaks off, at most: the libraries give no less than they were asked for.
_CHUNK: Final = 32 << 10
#: How often a file is tried again without having come any further (by so many bytes, or to its end).
_ATTEMPTS: Final = 4
_FURTHER: Final = 4096
#: How often it is where the host asks for patience, how long at a time, and how many seconds in a run.
_WAITS: Final = 30
_LONGEST_WAIT: Final = 30.0
MOST_WAITED: float = 600.0
#: After so many windows the least rate holds for a file as a whole, with all that was tried again.
_WINDOWS: Final = 10
#: Seconds before the second attempt; each further one waits twice as long.
PAUSE: float = 0.5
_RANGE: Final = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")
_NETWORK: Final = (requests.RequestException, urllib3.exceptions.HTTPError, ConnectionError, TimeoutError)


class Missing(DownloadError):  # noqa: N818 - an answer, not a fault
    """The host has no such file."""


class Altered(DownloadError):  # noqa: N818
    """The host gives other bytes than the list says, every time."""


class Stopped(DownloadError):  # noqa: N818
    """Another file of the same run failed."""


class _Again(Exception):  # noqa: N818 - not the end of it
    """An attempt failed; another may not.

    `wait`: the seconds that the host asks for. `altered`: it gave other bytes than the list says.
    """

    def __init__(self, why: str, wait: float | None = None, *, altered: bool = False) -> None:
        super().__init__(why)
        self.wait = wait
        self.altered = altered


class Remote:
    """A release on a host: ``folder`` is where its downloads are, with a slash at the end."""

    def __init__(self, session: requests.Session, list_url: str) -> None:
        self.list_url = list_url
        self.folder = list_url.rpartition("/")[0] + "/"
        self.came = 0
        self._waited = 0.0
        self._watches: set[Watch] = set()
        self._session = session
        self._count = threading.Lock()
        self._stop = threading.Event()

    def stop(self) -> None:
        """Have every fetch under way end at once."""
        self._stop.set()
        with self._count:
            for watch in self._watches:
                watch.cut()

    def places(self, name: str, *, own: bool) -> list[str]:
        """Return where a file may be; the release's `own` files lie beside the folder where that is one of a copy."""
        found = [self.folder + name]
        if own and self.folder.endswith(f"/{FOLDER}/"):
            found.append(urljoin(self.folder, f"../{name}"))
        return found

    def fetch(self, url: str, fact: Fact, part: Path, step: Step) -> None:
        """Fetch a file into `part`, going on with what is there; `step` hears of bytes (negative: thrown away).

        Raises Missing (there is none), Altered (the host has other bytes), DownloadError (it cannot be had as told;
        what came and may be right stays), OSError where `part` cannot be written.
        """
        furthest, failures, waits = _size(part), 0, 0
        first, began = furthest, time.monotonic()
        step(furthest)
        while True:
            try:
                self._attempt(url, fact, part, step, as_it_lies=url.endswith(PACKED) and failures % 2 == 0)
                return
            except _Again as again:
                why, wait = again, again.wait
            except Missing:
                step(-_size(part))
                raise
            size = _size(part)
            if wait is not None and waits < _WAITS:
                waits += 1
            elif size >= min(furthest + _FURTHER, fact.bytes):
                furthest, failures = size, 0
            else:
                failures += 1
            if failures >= _ATTEMPTS or _is_slow(time.monotonic() - began, size - first):
                step(-size)
                told = (
                    f"{url}: {why}; tried {max(failures, 1)} times. Run it again: it goes on from what came"
                )
                raise Altered(told) if why.altered else DownloadError(told)
            if wait is not None:
                began += self._ask_for_patience(url, wait)  # what the host asks for is not its slowness
            if self._stop.wait(wait if wait is not None else PAUSE * 2**failures):
                raise Stopped(f"{url}: stopped")

    def _ask_for_patience(self, url: str, wait: float) -> float:
        """Count the seconds of a wait. Raises DownloadError where a run has waited enough."""
        with self._count:
            self._waited += wait
            if self._waited > MOST_WAITED:
                raise DownloadError(
                    f"{url}: the host asks for more patience than {MOST_WAITED:g} seconds in a run. "
                    "Run it again later: it goes on from what came"
                )
        return wait

    def small(self, url: str, most: int, sha256: str = "") -> tuple[bytes, str]:
        """Return a text of at most `most` bytes (with this hash, if given), and the address that it came from."""
        why = ""
        for attempt in range(_ATTEMPTS):
            if attempt:
                self._stop.wait(PAUSE * 2**attempt)
            try:
                with self._get(url, {}) as response:
                    content = b"".join(self._pieces(response, most, decode=True))
                    came_from = str(response.url)
            except _Again as again:
                why = str(again)
                continue
            if sha256 and hashlib.sha256(content).hexdigest() != sha256:
                why = f"came with other bytes than the list says (sha256 {sha256} expected)"
                continue
            self._add(len(content))
            return content, came_from
        raise DownloadError(f"{url}: {why}; tried {_ATTEMPTS} times")

    def _attempt(self, url: str, fact: Fact, part: Path, step: Step, *, as_it_lies: bool) -> None:
        """Go on with `part` until it is whole and right. Raises _Again.

        `as_it_lies`: a packed file is taken for the answer's coding by some hosts, and unpacked by others for who does
        not take that; so it is asked for with its coding, and nothing is unpacked.
        """
        start = _size(part)
        if start > fact.bytes:
            start = _restart(part, step)
        if start < fact.bytes or not part.exists():
            asked = {"Range": f"bytes={start}-"} if start else {}
            asked |= {"Accept-Encoding": "gzip"} if as_it_lies else {}
            with self._get(url, asked) as response:
                if start and not _goes_on(response, start, fact):
                    start = _restart(part, step)
                if response.status_code != (206 if start else 200):  # a range that is not ours, or none (416)
                    raise _Again(
                        f"the host answers {response.status_code}, but not with the rest of the file"
                    )
                self._write(response, fact, part, start, step, decode=not as_it_lies)
        size = _size(part)
        if size < fact.bytes:
            raise _Again(f"it ended after {size:,} of {fact.bytes:,} bytes")
        with part.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != fact.sha256:
            _restart(part, step)
            raise _Again(f"it came with the sha256 {found}, the list says {fact.sha256}", altered=True)

    def _write(self, response: Any, fact: Fact, part: Path, start: int, step: Step, *, decode: bool) -> None:
        coded = response.headers.get("Content-Encoding", "identity").lower() != "identity"
        told = response.headers.get("Content-Length", "")
        if told.isdigit() and not (coded and decode) and start + int(told) != fact.bytes:
            raise _Again(
                f"the host has {start + int(told):,} bytes, the list says {fact.bytes:,}", altered=True
            )
        with part.open("ab" if start else "wb") as file:
            for piece in self._pieces(response, fact.bytes - start, decode=decode):
                file.write(piece)
                self._add(len(piece))
                step(len(piece))

    def _pieces(self, response: Any, most: int, *, decode: bool) -> Iterator[bytes]:
        """Give what comes, never more than `most` bytes. Raises _Again where it breaks off or goes on."""
        response.raw.enforce_content_length = (
            False  # or the end of what came is thrown away; its length is ours to check
        )
        with self._watched(response.raw.connection) as watch:
            while True:
                if self._stop.is_set():
                    raise Stopped(f"{response.url}: stopped")
                try:
                    piece = response.raw.read1(_CHUNK, decode_content=decode)
                except _NETWORK as error:
                    if self._stop.is_set():
                        continue
                    raise _Again(too_slow() if watch.slow else f"it broke off ({_reason(error)})") from None
                if watch.slow:
                    raise _Again(too_slow())
                if not piece:
                    return
                watch.came += len(piece)
                if len(piece) > most:
                    raise _Again("the host sends more bytes than the list says", altered=True)
                most -= len(piece)
                yield piece

    @contextlib.contextmanager
    def _watched(self, connection: Any) -> Iterator[Watch]:
        """Watch a connection, and have it cut by `stop`."""
        with Watch(connection, patience.LEAST) as watch:
            with self._count:
                self._watches.add(watch)
            try:
                yield watch
            finally:
                with self._count:
                    self._watches.discard(watch)

    @contextlib.contextmanager
    def _get(self, url: str, headers: dict[str, str]) -> Iterator[Any]:
        """Ask for an address, following redirects within the host. Raises _Again, Missing or DownloadError."""
        for _ in range(_REDIRECTS + 1):
            try:
                response = self._session.get(
                    url, headers=headers, stream=True, timeout=_TIMEOUT, allow_redirects=False
                )
            except requests.exceptions.InvalidURL as error:
                raise DownloadError(f"{url} is no address: {error}") from None
            except _NETWORK as error:
                raise _Again(f"it cannot be reached ({_reason(error)})") from None
            if response.is_redirect:
                there = urljoin(url, response.headers["Location"])
                response.close()
                if not _same_host(url, there):
                    raise DownloadError(
                        f"{url} leads to another host, {there}: name that address itself if you trust it"
                    )
                url = there
                continue
            with response:
                _judge(url, response)
                yield response
            return
        raise DownloadError(f"{url} redirects more than {_REDIRECTS} times")

    def _add(self, count: int) -> None:
        with self._count:
            self.came += count


@contextlib.contextmanager
def located(url: str, most: int) -> Iterator[tuple[Remote, bytes]]:
    """Give the latest release at an address, and its list of at most `most` bytes. Raises DownloadError."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise DownloadError(f"{url} is no address to mirror; give one such as https://dapil.example.org/")
    places = [url] if url.endswith(f"/{LIST}") else [f"{url.rstrip('/')}/{place}" for place in _PLACES]
    with requests.Session() as session:
        session.headers.update({"User-Agent": f"peta-dapil/{__version__}", "Accept-Encoding": "identity"})
        session.mount("https://", Adapter(pool_maxsize=8))
        session.mount("http://", Adapter(pool_maxsize=8))
        for place in places:
            probe = Remote(session, place)
            try:
                content, came_from = probe.small(place, most)
            except Missing:
                continue
            if content.lstrip()[:1] == b"{":  # a host may answer everything with a page
                remote = Remote(session, came_from)
                remote.came = probe.came
                yield remote, content
                return
    raise DownloadError(
        f"{url}: no {LIST} there; give the address of a service of Peta Dapil, of its /downloads/, or of a copy of a "
        f"directory of releases (looked at {', '.join(places)})"
    )


def _judge(url: str, response: Any) -> None:
    """Raise what a status means: Missing, _Again, or DownloadError where asking again is of no use."""
    status = response.status_code
    if status in (200, 206, 416):
        return
    if status in (403, 404, 410):  # stores of objects answer 403 for what they do not have
        raise Missing(f"{url} is not there ({status})")
    if status in (408, 429) or status >= 500:
        told = response.headers.get("Retry-After", "")
        wait = min(float(told), _LONGEST_WAIT) if told.isdigit() and status in (429, 503) else None
        raise _Again(f"the host answers {status}", wait)
    raise DownloadError(f"{url}: the host answers {status} {response.reason}")


def _is_slow(seconds: float, came: int) -> bool:
    """Whether a file that was begun so long ago has come too slowly, with all that was tried again."""
    return seconds > _WINDOWS * patience.WINDOW_S and came < seconds * patience.LEAST / patience.WINDOW_S


def _goes_on(response: Any, start: int, fact: Fact) -> bool:
    """Whether an answer is the rest of the file from `start` on, and not the whole or something else."""
    if response.status_code != 206 or response.headers.get("Content-Encoding", "identity") != "identity":
        return False
    match = _RANGE.fullmatch(response.headers.get("Content-Range", ""))
    return match is not None and int(match[1]) == start and match[2] in ("*", str(fact.bytes))


def _restart(part: Path, step: Step) -> int:
    """Throw away what is there, and begin at 0."""
    step(-_size(part))
    part.unlink(missing_ok=True)
    return 0


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _same_host(here: str, there: str) -> bool:
    """Whether an address is on the same host and port; from http to https is the same host."""
    one, two = urlsplit(here), urlsplit(there)
    ports = [each.port or {"http": 80, "https": 443}.get(each.scheme) for each in (one, two)]
    upgraded = (one.scheme, two.scheme, *ports) == ("http", "https", 80, 443)
    return one.hostname == two.hostname and (upgraded or (one.scheme, ports[0]) == (two.scheme, ports[1]))


def _reason(error: Exception) -> str:
    """Return what a network error says, without the objects that libraries put in front."""
    inner: Any = error.args[0] if error.args else error
    inner = getattr(inner, "reason", inner)
    return re.sub(r"<[^>]*>:? ?", "", str(inner))[:200] or type(error).__name__
