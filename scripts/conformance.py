"""Run the outside test suites against the service: ogctests (Features Part 1) and schemathesis (the OpenAPI).

    python scripts/conformance.py --releases build --seconds 300

Starts ``server.py`` on a free port, or takes a running one (``--address``). ogctests 0.1.15 pins old libraries, so
it gets a virtual environment of its own in ``--work``; schemathesis is the one beside this Python. A line a suite is
printed; reports stay in ``--work``. Exit code 1 where a suite found a fault, 2 where one could not be run.
"""

import argparse
import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
OGCTESTS = "ogctests==0.1.15"


@contextmanager
def served(releases: str) -> Iterator[str]:
    """Serve `releases` as in production; give the address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = {"DAPIL_RELEASES": releases, "DAPIL_PORT": str(port), "DAPIL_ACCESS_LOG": "off"}
    process = subprocess.Popen([sys.executable, "server.py"], cwd=ROOT, env=os.environ | settings)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{address}/health", timeout=5).close()
                break
            except OSError:
                if process.poll() is not None:
                    raise SystemExit(2) from None
                time.sleep(0.2)
        yield address
    finally:
        process.terminate()
        process.wait(30)


def ogctests(address: str, work: Path) -> tuple[bool, str]:
    """Run the 29 abstract tests of Part 1. It reads every feature of every collection: minutes on the nation."""
    python = work / "ogctests/bin/python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", work / "ogctests"], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", OGCTESTS], check=True)
    with (work / "ogctests.txt").open("w") as report:
        subprocess.run(
            [python, "-m", "ogctests", "-v", "1", "-i", address, "features/core"],
            cwd=work, stdout=report, stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip
    lines = [
        line for line in (work / "ogctests.txt").read_text().splitlines() if " in " in line and "==" in line
    ]
    summary = lines[-1].strip("= ") if lines else "it did not run"
    return re.match(r"29 passed", summary) is not None and "failed" not in summary, summary


#: A body that is too long or of no known length is a refusal, too (RFC 9110, 15.5.12 and 15.5.14).
_EXPECTED = """
[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 406, 408, 409, 411, 413, 414, 415, 422, 428, 429]
"""


def schemathesis(address: str, work: Path, seconds: int, seed: int) -> tuple[bool, str]:
    """Run all checks of schemathesis for `seconds`; what OpenAPI cannot say stands in tests/schemathesis_hooks.py."""
    program = Path(sys.executable).parent / "schemathesis"
    if not program.exists():
        return False, "it is not installed: pip install schemathesis"
    report = work / "schemathesis.json"
    report.unlink(missing_ok=True)
    variables = {
        "CONFORMANCE_ADDRESS": address,
        "PYTHONPATH": str(ROOT / "tests"),
        "SCHEMATHESIS_HOOKS": "schemathesis_hooks",
    }
    (work / "schemathesis.toml").write_text(_EXPECTED)
    with (work / "schemathesis.txt").open("w") as told:
        subprocess.run(
            [
                program, "run", f"{address}/openapi", "--url", address, "--checks", "all", "--max-time", str(seconds),
                "--max-response-time", "5", "--seed", str(seed), "--workers", "1", "--continue-on-failure",
                "--generation-database", "none", "--warnings", "off", "--no-color",
                "--report", "json", "--report-json-path", str(report),
            ],
            cwd=work, env=os.environ | variables, stdout=told, stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip
    if not report.exists():
        return False, "it did not run"
    found = json.loads(report.read_text())
    cases, operations = found["test_cases"]["generated"], found["operations"]
    summary = f"{cases} requests to {operations['tested']} of {operations['total']} operations, seed {seed}"
    faults = [f"{each['title']}: {each['count']}" for each in found["failures"]]
    faults += [f"errors: {len(found['errors'])}"] if found["errors"] else []
    whole = operations["tested"] == operations["total"] and cases > 0
    return whole and not faults, f"{summary}; {', '.join(faults) or 'no fault'}"


def main() -> int:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--releases", default="build", help="a directory of releases (default build)")
    parser.add_argument("--address", help="a running service, instead of --releases")
    parser.add_argument("--seconds", type=int, default=300, help="of schemathesis (default 300)")
    parser.add_argument("--seed", type=int, default=1, help="of schemathesis (default 1)")
    parser.add_argument("--only", choices=("ogctests", "schemathesis"))
    parser.add_argument("--work", type=Path, default=ROOT / "build/conformance", help="where reports stay")
    given = parser.parse_args()
    work = given.work.absolute()
    work.mkdir(parents=True, exist_ok=True)
    if given.address:
        return run(given, given.address.rstrip("/"), work)
    with served(given.releases) as address:
        return run(given, address, work)


def run(given: argparse.Namespace, address: str, work: Path) -> int:
    """Run the suites one after another and print a line for each."""
    suites = {
        "ogctests": lambda: ogctests(address, work),
        "schemathesis": lambda: schemathesis(address, work, given.seconds, given.seed),
    }
    sound = True
    for name, suite in suites.items():
        if given.only in (None, name):
            passed, summary = suite()
            print(f"{name}: {'passed' if passed else 'FAILED'}: {summary}", flush=True)
            sound &= passed
    if not sound:
        print(f"reports: {work}", file=sys.stderr)
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())
