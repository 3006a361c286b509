"""What every server has in common: it is installed, started, asked in its own words, measured and stopped."""

import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

from .cases import Question, Truth
from .client import fetch, raw_request

ROOT = Path(__file__).resolve().parents[2]


class NotInstalledError(Exception):
    """A server cannot be had here; the message says why and how to mend it."""


class CannotDoError(Exception):
    """A server has no way to answer such a question; the message says why."""


@dataclass(frozen=True)
class Place:
    """Where the benchmark works: `cache` is kept for the next run, `work` is thrown away after this one."""

    cache: Path
    work: Path
    install: bool


class Server(ABC):
    """A server under measurement."""

    name: str
    #: What the table cannot say: version, settings, remarks.
    note: str = ""

    def __init__(self, place: Place, truth: Truth) -> None:
        self.place, self.truth = place, truth
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def start(self) -> None:
        """Install what is missing and start. Raises NotInstalledError."""

    @abstractmethod
    def path(self, question: Question) -> str:
        """Return the path and query of a question. Raises CannotDoError."""

    def headers(self, question: Question, gzip: bool) -> dict[str, str]:
        """The headers beyond those that every request has. Raises CannotDoError."""
        headers = {"Accept-Encoding": "gzip"} if gzip else {}
        if question.case == "304":
            # A validator belongs to one representation: it is asked for in the same encoding.
            first = fetch(self.port, raw_request(self.path(question), headers))
            if "etag" not in first.headers:
                raise CannotDoError("sends no ETag")
            headers["If-None-Match"] = first.headers["etag"]
        return headers

    def roots(self) -> list[int]:
        """The processes whose trees do this server's work."""
        return [self.process.pid] if self.process else []

    def launch(self, command: list[str], env: dict[str, str] | None = None, ready: str = "/") -> None:
        """Start a command in a process group of its own, wait until it answers; its output goes to a log."""
        log = self.log_path
        with log.open("wb") as out:
            self.process = subprocess.Popen(
                command, stdout=out, stderr=out, cwd=self.place.work, start_new_session=True,
                env=os.environ | (env or {}),
            )  # fmt: skip
        end = (
            time.monotonic() + 240
        )  # a nation is read before the first answer, and others may use the machine
        while time.monotonic() < end and self.process.poll() is None:
            try:
                if fetch(self.port, raw_request(ready, {})).status < 500:
                    return
            except (OSError, ValueError, IndexError):
                pass
            time.sleep(0.1)
        raise NotInstalledError(f"does not start: {tail(log)}")

    @property
    def log_path(self) -> Path:
        return self.place.work / f"{self.name.replace(' ', '-')}.log"

    def stop(self) -> None:
        """End the whole process group that was started."""
        if self.process is not None:
            stop_group(self.process)


def stop_group(process: subprocess.Popen[bytes], first: int = signal.SIGTERM) -> None:
    """End a process that leads a group, and its group: politely, then surely."""
    for sign in (first, signal.SIGKILL):
        try:
            os.killpg(process.pid, sign)
            process.wait(timeout=10)
        except ProcessLookupError:
            break
        except subprocess.TimeoutExpired:
            continue
    process.wait()


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def tail(log: Path) -> str:
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return " / ".join(lines[-3:])[-400:]


def query(path: str, question: Question, parameters: dict[str, object]) -> str:
    """Append the question's equality, if any, and the parameters that are not None."""
    given = {name: value for name, value in parameters.items() if value is not None}
    given |= dict([question.equal] if question.equal else [])
    return f"{path}?{urlencode(given, quote_via=quote, safe=',:')}"


def bbox_text(question: Question) -> str | None:
    return ",".join(f"{v:.4f}" for v in question.bbox) if question.bbox else None


def venv(place: Place, name: str, requirements: list[str]) -> Path:
    """Return the bin directory of a virtual environment of `requirements`, made when missing or outdated.

    Raises NotInstalledError if pip cannot get them.
    """
    folder = place.cache / name
    mark = folder / f".{hashlib.sha256(' '.join(requirements).encode()).hexdigest()[:12]}"
    if mark.exists():
        return folder / "bin"
    if not place.install:
        raise NotInstalledError("no environment yet, and --no-install was given")
    shutil.rmtree(folder, ignore_errors=True)
    say(f"installing {name}: {' '.join(requirements)}")
    for command in (
        [sys.executable, "-m", "venv", str(folder)],
        [str(folder / "bin/pip"), "install", "--quiet", "--disable-pip-version-check", *requirements],
    ):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            errors = [x for x in done.stderr.splitlines() if "ERROR" in x] or done.stderr.splitlines()[-1:]
            raise NotInstalledError(f"pip cannot get it: {' / '.join(errors)[:300]}")
    mark.touch()
    return folder / "bin"


def debian(place: Place, needs: dict[str, Path]) -> None:
    """See to it that the file of each Debian package is there; as root, install what is missing.

    Raises NotInstalledError, naming the packages.
    """
    missing = sorted(package for package, file in needs.items() if not file.exists())
    if not missing:
        return
    command = ["apt-get", "install", "-y", "--no-install-recommends", *missing]
    if place.install and os.geteuid() == 0 and shutil.which("apt-get"):
        say(" ".join(command))
        # No daemon is to start at installation; the benchmark runs its own.
        quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
        subprocess.run(["apt-get", "update", "-qq"], env=quiet, capture_output=True)
        subprocess.run(command, env=quiet, capture_output=True)
    if any(not needs[package].exists() for package in missing):
        raise NotInstalledError(f"needs Debian's {', '.join(missing)}; as root: {' '.join(command)}")


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
