"""Measure the service against its peers, all in one run on one machine: `make bench-serve`.

Prints CPU ms a request, requests/s, p50 and p99, at 1 and 8 clients, with and without gzip, for this service, stock
pygeoapi and tipg on PostGIS, QGIS Server, and a constant server that sends our own bytes from memory. What is asked,
what counts and how to read it: docs/benchmarks.md. Peers are installed by the benchmark itself, into build/bench or
$XDG_CACHE_HOME/peta-dapil/bench; Debian packages only when run as root (--no-install: nothing is installed).

Ends with 0 whatever the verdicts; with 1 when our own service gave a wrong answer in any case, and with --strict also
when a goal is missed.
"""

import argparse
import json
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.peers import report  # noqa: E402
from bench.peers.base import NotInstalledError, Place, Server, say  # noqa: E402
from bench.peers.cases import CASES, LAYER, QUICK, SEED, Truth  # noqa: E402
from bench.peers.constant import Constant  # noqa: E402
from bench.peers.measure import OURS, Bench  # noqa: E402
from bench.peers.ours import Ours  # noqa: E402
from bench.peers.postgis import Postgis  # noqa: E402
from bench.peers.qgis_server import QgisServer  # noqa: E402
from bench.peers.stock_pygeoapi import Pygeoapi  # noqa: E402
from bench.peers.tipg_server import Tipg  # noqa: E402
from boundaries.release.store import STANDARD, open_release  # noqa: E402

PEERS = ("pygeoapi", "tipg", "QGIS Server")
SERVERS = ("ours", *PEERS, "constant")


def arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--releases", type=Path, default=Path(os.environ.get("DAPIL_RELEASES", ROOT / "build")),
                        help="a directory of releases with `current`, or one release")  # fmt: skip
    parser.add_argument("--quick", action="store_true", help="a few cases, short rounds: about a minute")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything measured to FILE as well")
    parser.add_argument("--cases", type=_list(CASES), help=f"only these, with commas: {', '.join(CASES)}")
    parser.add_argument("--servers", type=_list(SERVERS), default=list(SERVERS), help=", ".join(SERVERS))
    parser.add_argument("--seconds", type=float, help="length of a round (0.25; --quick 0.12)")
    parser.add_argument("--rounds", type=int, help="rounds of each measurement (3; --quick 2)")
    parser.add_argument(
        "--no-install", action="store_true", help="install nothing; what is missing is left out"
    )
    parser.add_argument("--strict", action="store_true", help="end with 1 if a goal is missed")
    return parser.parse_args(argv)


def _list(known: Sequence[str] | dict[str, int]) -> Any:
    def read(text: str) -> list[str]:
        names = [name.strip() for name in text.split(",")]
        for name in names:
            if name not in known:
                raise argparse.ArgumentTypeError(f"{name} is none of {', '.join(known)}")
        return names

    return read


def find_release(given: Path, work: Path) -> tuple[Path, str]:
    """Return the release to serve and what it is: a national one, or else the small synthetic one."""
    for folder in (given / "current", given):
        if (folder / "dapil.gpkg").exists():
            return folder.resolve(), f"release {folder.resolve().name}"
    from tests.small import make_small_release

    small = make_small_release(work / "releases")
    return small, (
        f"THE SMALL SYNTHETIC RELEASE (no national one in {given}; `make build` makes it, --releases names it): "
        "the figures prove that everything works and mean nothing else"
    )


def make_servers(
    place: Place, truth: Truth, release: Path, wanted: Sequence[str]
) -> tuple[list[Server], Postgis]:
    database = Postgis(place)
    ours = Ours(place, truth, release)
    every: list[Server] = [
        ours,
        Pygeoapi(place, truth, database),
        Tipg(place, truth, database),
        QgisServer(place, truth),
        Constant(place, truth, ours),
    ]
    return [server for server in every if server.name in wanted], database


class Session:
    """One run: everything that is started is stopped at the end, whatever happens."""

    def __init__(self, options: argparse.Namespace, work: Path) -> None:
        self.options = options
        cache = os.environ.get("XDG_CACHE_HOME")
        folder = Path(cache) / "peta-dapil/bench" if cache else ROOT / "build/bench"
        folder.mkdir(parents=True, exist_ok=True)
        self.place = Place(folder.resolve(), work, not options.no_install)
        self.release, self.data = find_release(options.releases, work)
        self.truth = Truth.read(open_release(self.release).package(STANDARD))  # what items give
        self.cases = options.cases or list(QUICK if options.quick else CASES)
        self.servers, self.database = make_servers(self.place, self.truth, self.release, options.servers)
        self.absent: dict[str, str] = {}
        seconds = options.seconds or (0.12 if options.quick else 0.25)
        rounds = options.rounds or (2 if options.quick else 3)
        self.bench = Bench(self.truth, self.cases, seconds, rounds, 0.5 if options.quick else 1.5)

    def run(self) -> None:
        """Start, verify, time."""
        say(f"bench-serve: {self.data}, layer {LAYER}, {len(self.truth)} features")
        self._start_database()
        constant = next((s for s in self.servers if isinstance(s, Constant)), None)
        for server in self.servers:
            if server is not constant and self._start(server):
                say(f"verifying {server.name}")
                self.bench.verify(server, constant if server.name == OURS else None)
        if constant and "ours" not in self.absent and self._start(constant):
            say("verifying constant")
            self.bench.verify_constant(constant)
        say("timing")
        self.bench.time([s for s in self.servers if s.name not in self.absent], (1, 8))

    def _start_database(self) -> None:
        if not {"pygeoapi", "tipg"} & {s.name for s in self.servers}:
            return
        try:
            self.database.start(self.truth)
            say(self.database.version())
        except NotInstalledError as error:
            self.absent |= dict.fromkeys(("pygeoapi", "tipg"), f"no PostGIS: {error}")

    def _start(self, server: Server) -> bool:
        if server.name not in self.absent:
            try:
                server.start()
                return True
            except NotInstalledError as error:
                self.absent[server.name] = str(error)
        say(f"{server.name}: not installed: {self.absent[server.name]}")
        return False

    def stop(self) -> None:
        for server in self.servers:
            server.stop()
        self.database.stop()

    def show(self) -> tuple[list[report.Goal], dict[str, Any]]:
        """Print the report; return the goals and all of it for JSON."""
        names = [s.name for s in self.servers if s.name not in self.absent]
        results = self.bench.results
        print(f"Data: {self.data}, layer {LAYER}, {len(self.truth)} features, seed {SEED}")
        print(
            f"Machine: {os.cpu_count()} processors, {platform.machine()}, Python {platform.python_version()}"
        )
        for server in self.servers:
            gone = self.absent.get(server.name)
            print(f"{server.name}: {f'not installed: {gone}' if gone else server.note}")
        print(report.table(results, self.cases, names, (1, 8)))
        print("\n" + report.notes(results, self.cases))
        goals = report.goals(results, self.cases, [n for n in names if n in PEERS], (1, 8))
        print(report.verdicts(goals))
        about = {
            "data": self.data, "features": len(self.truth), "processors": os.cpu_count(), "seed": SEED,
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "servers": {s.name: {"note": s.note, "not_installed": self.absent.get(s.name)} for s in self.servers},
        }  # fmt: skip
        return goals, report.as_json(results, goals, about)


def main(argv: list[str] | None = None) -> int:
    """Run the benchmark; return the exit code."""
    options = arguments(argv)
    work = Path(tempfile.mkdtemp(prefix="peta-dapil-bench-"))
    started = time.monotonic()
    try:
        session = Session(options, work)
        try:
            session.run()
        finally:
            session.stop()
        goals, document = session.show()
    finally:
        shutil.rmtree(work, ignore_errors=True)
    print(f"\nTook {time.monotonic() - started:.0f} s")
    if options.json:
        options.json.write_text(json.dumps(document, indent=1) + "\n")
    wrong = any(row["server"] == OURS for row in document["cannot"])
    return int(wrong or (options.strict and any(goal.verdict == "MISS" for goal in goals)))


if __name__ == "__main__":
    sys.exit(main())
