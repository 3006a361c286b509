"""Numbers for Prometheus, summed over the processes of the service.

Each worker has a slot (0, 1, ...) and keeps its numbers in mapped files named after it, not after its process
id: a worker that comes after a killed one goes on with its files. So nothing is lost by a kill, and the number of
files does not grow with the number of restarts. A slot is held by a lock on a file, which ends with the process.
"""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, values
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

__all__ = ["MEDIA_TYPE", "Metrics", "age_of", "new_directory", "remove", "route_of", "take_slot"]

MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
#: A directory in memory that this process may write to, if the system has one.
_MEMORY: Final = Path("/dev/shm") if os.access("/dev/shm", os.W_OK) else None
_BUCKETS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_TOP: Final = frozenset(
    [
        "conformance",
        "openapi",
        "collections",
        "lookup",
        "health",
        "metrics",
        "static",
        "api",
        "downloads",
        "uji",
        "laporan",
        "oembed",
    ]
)
_BELOW: Final = frozenset(("schema", "queryables", "items"))
_METHODS: Final = frozenset(("GET", "HEAD", "OPTIONS"))


def route_of(path: str) -> str:
    """Return the class of a path: few and fixed, whatever clients ask for."""
    parts = [part for part in path.split("/", 6) if part]
    if not parts:
        return "landing"
    if parts[0] not in _TOP:
        return "other"
    if parts[0] == "static":
        return "static"
    if len(parts) == 1:
        return parts[0]
    if parts[0] == "downloads":
        return ("download-list", "download", "other")[min(len(parts), 4) - 2]
    if parts[0] == "laporan":
        return "report" if len(parts) == 2 else "other"
    if parts[0] != "collections":
        return "other"
    if len(parts) == 2:
        return "collection"
    if len(parts) == 3 and parts[2] in _BELOW:
        return parts[2]
    return "item" if len(parts) == 4 and parts[2] == "items" else "other"


def new_directory() -> Path:
    """Make a directory for the mapped files, in memory where the system has such a place."""
    return Path(tempfile.mkdtemp(prefix="dapil-metrics-", dir=_MEMORY))


def remove(directory: Path) -> None:
    """Remove the directory at the end of the service."""
    shutil.rmtree(directory, ignore_errors=True)


def take_slot(directory: Path) -> int:
    """Return the first slot that no living process holds; this one then holds it until it ends."""
    for slot in range(1000):
        if _locked(directory, slot) >= 0:
            return slot
    raise OSError(f"a thousand processes count in {directory}")


def _locked(directory: Path, slot: int) -> int:
    """Lock a slot; return the file that holds it, or -1 if another process does.

    What the last one that held it was doing is taken out of the sums; what it has done stays.
    """
    lock = os.open(directory / f"slot-{slot}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        return -1
    mark_process_dead(slot, str(directory))
    return lock


def age_of(releases: Path | str, release: str) -> float | None:
    """Return the seconds since `release` was made (its manifest written), if it lies in files."""
    if isinstance(releases, str):
        return None
    for manifest in (releases / release / "manifest.json", releases / "manifest.json"):
        try:
            return max(0.0, time.time() - manifest.stat().st_mtime)
        except OSError:
            continue
    return None


class Metrics:
    """The numbers of one process. With `directory` they are kept for, and read from, all processes."""

    def __init__(self, directory: Path | None = None, slot: int = 0) -> None:
        if directory is not None:
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(directory)
            values.ValueClass = values.MultiProcessValue(lambda: slot)
        self._registry = CollectorRegistry()
        self._directory = directory
        own = self._registry
        self._requests = Counter(
            "dapil_requests", "Requests answered", ("route", "method", "status"), registry=own
        )
        self._seconds = Histogram(
            "dapil_request_seconds",
            "Time until an answer was made",
            ("route",),
            buckets=_BUCKETS,
            registry=own,
        )
        self._bytes = Counter("dapil_sent_bytes", "Bytes of bodies sent", ("route",), registry=own)
        self._in_flight = Gauge(
            "dapil_in_flight", "Requests being answered or sent", multiprocess_mode="livesum", registry=own
        )
        self._in_flight.set(0)
        self._children: dict[tuple[str, str, str], tuple[Any, Any, Any]] = {}

    def begin(self) -> None:
        """Note that a request has come in."""
        self._in_flight.inc()

    def end(self, environ: Mapping[str, Any], status: str, seconds: float, sent: int) -> None:
        """Note that its answer is made (after `seconds`) and sent."""
        method = environ.get("REQUEST_METHOD", "")
        key = route_of(environ.get("PATH_INFO", "")), method if method in _METHODS else "other", status
        children = self._children.get(key)
        if children is None:
            route = key[0]
            children = self._children[key] = (
                self._requests.labels(*key), self._seconds.labels(route), self._bytes.labels(route)
            )  # fmt: skip
        children[0].inc()
        children[1].observe(seconds)
        if sent:
            children[2].inc(sent)
        self._in_flight.dec()

    def text(self, release: Mapping[str, Any]) -> bytes:
        """Return everything in the text format of Prometheus; `release` holds release and age_seconds, if known."""
        registry = self._registry
        if self._directory is not None:
            for each in self._directory.glob("slot-*"):
                free = _locked(self._directory, int(each.name.partition("-")[2]))
                if free >= 0:
                    os.close(free)
            registry = CollectorRegistry()
            MultiProcessCollector(registry, path=str(self._directory))
        facts = CollectorRegistry()
        facts.register(_Release(lambda: release))
        return bytes(generate_latest(registry) + generate_latest(facts))


class _Release:
    """What is served, as it is at the time of the question."""

    def __init__(self, facts: Callable[[], Mapping[str, Any]]) -> None:
        self._facts = facts

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Give the release's name and age."""
        facts = self._facts()
        if "release" not in facts:
            return
        info = GaugeMetricFamily("dapil_release_info", "The release being served", labels=("release",))
        info.add_metric((str(facts["release"]),), 1)
        yield info
        if "downloads" in facts:
            making = facts.get("making", {}).get("state")
            for name, about, value in (
                ("dapil_downloads", "Whether the release being served has its downloads", facts["downloads"]),
                ("dapil_making", "Whether something is being made behind the service", making == "making"),
                ("dapil_making_failed", "Whether making it failed", making == "failed"),
            ):
                yield GaugeMetricFamily(name, about, int(value))
        if isinstance(facts.get("age_seconds"), (int, float)):
            yield GaugeMetricFamily(
                "dapil_release_age_seconds",
                "Time since the release being served was made",
                facts["age_seconds"],
            )
