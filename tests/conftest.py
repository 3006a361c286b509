"""Fixtures of more than one module: a release of the nation, the PostgreSQL cluster, a service's two sources."""

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from boundaries.cli import main
from boundaries.release import Release, open_release
from tests.postgres import cluster, source

__all__ = ["cluster", "nation", "source"]


@pytest.fixture(scope="session")
def nation(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """The nation as `dapil build` makes it, once a session; its tests are marked `national`."""
    mirror = os.environ.get("BOUNDARIES_MIRROR")
    if not mirror or not (Path(mirror) / "kemendagri-2025").is_dir():
        pytest.skip("needs the base map kemendagri-2025: set BOUNDARIES_MIRROR to a folder that holds it")
    out = tmp_path_factory.mktemp("nation")
    result = CliRunner().invoke(main, ["build", "--source", "kemendagri-2025", "--no-downloads", "--out", str(out)])
    assert result.exit_code == 0, result.output
    return open_release(out)
