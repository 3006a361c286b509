"""Fixtures of more than one module: a release of the nation, the PostgreSQL cluster, a service's two sources."""

import fcntl
import os
from pathlib import Path

import hypothesis
import pytest
from click.testing import CliRunner

from boundaries.cli import main
from boundaries.release.store import CURRENT, Release, open_release
from tests.postgres import cluster, source

# What the command says is held against English, whoever runs the tests.
os.environ["LANGUAGE"] = "en"

# Nothing is timed in a test: machines are shared.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

__all__ = ["cluster", "nation", "source"]


@pytest.fixture(scope="session")
def nation(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """The nation as `dapil build` makes it, without downloads, once for all processes; its tests are `national`."""
    mirror = os.environ.get("BOUNDARIES_MIRROR")
    if not mirror or not (Path(mirror) / "kemendagri-2025").is_dir():
        pytest.skip("needs the base map kemendagri-2025: set BOUNDARIES_MIRROR to a folder that holds it")
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent  # of all workers
    out = shared / "nation"
    with (shared / "nation.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (out / CURRENT).exists():
            command = ["build", "--source", "kemendagri-2025", "--no-downloads", "--out", str(out)]
            result = CliRunner().invoke(main, command)
            assert result.exit_code == 0, result.output
    return open_release(out)
