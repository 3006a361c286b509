"""What is made behind the service, by commands of their own at a lower priority: see `boundaries.service.being_made`.

A thread of the first process starts them one after another, and the processes that serve read how far it is from
memory that they share with it: so it is told where the disk cannot be written, too. The service never waits for them,
and goes on whatever becomes of them; what failed or was killed is begun again when the service is started again.
"""

import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import replace
from multiprocessing.sharedctypes import RawArray, RawValue
from pathlib import Path
from typing import Any, Final

from boundaries.service.being_made import Making

_ROOM: Final = 8192
_STEP: Final = re.compile(r"(\d+) of (\d+)")
_WHY: Final = re.compile(r"^dapil: (.+)$", re.MULTILINE)
#: Seconds that a command gets to end.
_GRACE: Final = 5.0
_NAME: Final = "current"
_MANIFEST: Final = "manifest.json"

#: Held while a command is started; processes that serve are forked (os.fork) only when it is free.
_NO_FORK: Final = threading.Lock()
os.register_at_fork(
    before=_NO_FORK.acquire, after_in_parent=_NO_FORK.release, after_in_child=_NO_FORK.release
)


class Board:
    """A text that one process writes and others read, whole: two places, of which one holds."""

    def __init__(self) -> None:
        self._places = [RawArray("c", _ROOM), RawArray("c", _ROOM)]
        self._holds = RawValue("b", 0)

    def write(self, content: bytes) -> None:
        """Put another text there."""
        other = 1 - self._holds.value
        self._places[other].value = content[: _ROOM - 1]
        self._holds.value = other

    def read(self) -> bytes:
        """Return the text."""
        return bytes(self._places[self._holds.value].value)


class Behind:
    """Makes for a directory of releases what its current release lacks, in turn:

    of a provisional release what the map page reads, then the release that takes its place; of any other its downloads.
    """

    def __init__(self, releases: Path) -> None:
        self._releases = releases
        self._board = Board()
        self._running: subprocess.Popen[bytes] | None = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="behind", daemon=True)

    def read(self) -> Making:
        """Return how far it is, in any process that was forked from this one."""
        return Making.from_json(self._board.read())

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """End what is running; it is begun again at the next start."""
        self._stopped.set()
        if self._thread.is_alive():
            _end(self._running)
            self._thread.join(_GRACE)

    def _run(self) -> None:
        _tidy(self._releases)
        try:
            while not self._stopped.is_set() and self._next():
                pass
        except Exception as error:  # noqa: BLE001 - whatever happens here, the service goes on
            self._tell(Making("failed", why=" ".join(str(error).split())[:500]))

    def _next(self) -> bool:
        """Make what comes next; return whether there may be more."""
        place = _current(self._releases)
        manifest = _manifest(place)
        name = str(manifest.get("release", place.name))
        if first := manifest.get("provisional"):
            if not self._make(
                Making("making", "downloads", name), ["export", "--map-only", "--release", place]
            ):
                return False
            command = ["build", "--source", first["source"], "--out", self._releases, "--map-only"]
            return self._make(Making("making", "release", name), command) and _moved(self._releases, place)
        if not (place / "downloads").is_dir():
            return self._make(Making("making", "downloads", name), ["export", "--all", "--release", place])
        self._board.write(Making("made", "downloads", name).as_json())
        return False

    def _make(self, making: Making, command: list[Any]) -> bool:
        """Run a command of ``dapil`` to its end; return whether it did what it should."""
        self._tell(making)
        heard = b""
        with _begun(
            [*_gently(), sys.executable, "-m", "boundaries.cli", *map(str, command)]
        ) as self._running:
            if self._stopped.is_set():
                _end(self._running)
            while line := self._heard():
                heard = (heard + line)[-_ROOM:]
                if found := _STEP.search(line.decode("utf-8", "replace")):
                    told = replace(making, step=int(found[1]), steps=int(found[2]))
                    self._board.write(told.as_json())
        code = self._running.returncode
        if code == 0 or self._stopped.is_set():
            return code == 0
        self._tell(
            Making("failed", making.what, making.release, why=_why(heard.decode("utf-8", "replace"), code))
        )
        return False

    def _heard(self) -> bytes:
        """Return the next that the command says; nothing when it has ended.

        A process of the service that was forked meanwhile may hold the pipe open, so its end alone says nothing.
        """
        running = self._running
        assert running is not None
        assert running.stderr is not None
        while True:
            ended = running.poll() is not None
            if select.select([running.stderr], [], [], 0 if ended else 0.5)[0]:
                return os.read(running.stderr.fileno(), _ROOM)
            if ended:
                return b""

    def _tell(self, making: Making) -> None:
        """Tell the processes that serve, and whoever reads what the service says."""
        self._board.write(making.as_json())
        what = "the downloads of" if making.what == "downloads" else "the release in place of"
        if making.state == "making":
            text = f"making {what} {making.release}; the service goes on meanwhile"
        else:
            text = f"{what} {making.release} could not be made: {making.why}; it is tried again at the next start"
        sys.stderr.write(f"Peta Dapil: {text}\n")
        sys.stderr.flush()


def _begun(command: list[str]) -> "subprocess.Popen[bytes]":
    """Start a command while nothing forks: a fork that held its pipe open would never let it count as started."""
    with _NO_FORK:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            env=os.environ | {"DAPIL_STEPS": "1", "LANGUAGE": "en"}, start_new_session=True,
        )  # fmt: skip


def _current(releases: Path) -> Path:
    """Return the directory of the current release, or of the one release that `releases` is."""
    single = (releases / _MANIFEST).is_file()
    return (releases if single else releases / _NAME).resolve()


def _manifest(place: Path) -> Mapping[str, Any]:
    return dict(json.loads((place / _MANIFEST).read_bytes()))


def _tidy(releases: Path) -> None:
    """Remove provisional releases whose place another has taken: pages that were opened on one are gone by now."""
    current = _current(releases)
    for manifest in releases.glob(f"*/{_MANIFEST}"):
        place = manifest.parent
        try:
            if not place.is_symlink() and place.resolve() != current and _manifest(place).get("provisional"):
                shutil.rmtree(place, ignore_errors=True)
        except (OSError, ValueError):
            continue


def _moved(releases: Path, place: Path) -> bool:
    """Whether ``current`` is another release now."""
    return _current(releases) != place


def _gently() -> list[str]:
    nice = shutil.which("nice")
    return [nice, "-n", "10"] if nice else []


def _why(heard: str, code: int) -> str:
    if code < 0:
        return f"it was ended by {signal.Signals(-code).name}"
    found = _WHY.findall(heard)
    return str(found[-1] if found else f"exit code {code}")[:1000]


def _end(running: "subprocess.Popen[bytes] | None") -> None:
    """End a command with all its processes."""
    if running is None or running.poll() is not None:
        return
    for sign in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(running.pid, sign)
        except ProcessLookupError:
            return
        try:
            running.wait(_GRACE)
        except subprocess.TimeoutExpired:
            continue
