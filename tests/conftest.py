"""Fixtures of more than one module: the units, the nation, the PostgreSQL cluster, a service's two sources."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import hypothesis
import pytest
from click.testing import CliRunner

from boundaries.cli import main
from boundaries.exports.mapdata import map_files
from boundaries.law.registry import Registry, load_registry
from boundaries.release.store import CURRENT, Release, open_release
from boundaries.research.people import People
from tests.postgres import cluster, source

# What the command says is held against English, whoever runs the tests.
os.environ["LANGUAGE"] = "en"

# Nothing is timed in a test: machines are shared. The same examples each time, so that a commit is green or it is
# not; BOUNDARIES_EXPLORE=1 looks for new ones, and what it finds becomes a test of its own.
hypothesis.settings.register_profile(
    "untimed", deadline=None, derandomize="BOUNDARIES_EXPLORE" not in os.environ
)
hypothesis.settings.load_profile("untimed")

__all__ = ["cluster", "nation", "source"]


@pytest.fixture(scope="session")
def registry() -> Registry:
    """The units that exist."""
    return load_registry()


@pytest.fixture(scope="session")
def people(registry: Registry) -> People:
    """What is counted of people on the ground of each desa."""
    return People(registry)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with national tests come last, but for the one that has the nation made: meanwhile others need not wait."""
    national = {item.path.name for item in items if item.get_closest_marker("national")}
    first = "test_build.py"
    items.sort(key=lambda item: 0 if item.path.name == first else 1 + (item.path.name in national))


@contextmanager
def shared_once(tmp_path_factory: pytest.TempPathFactory, name: str) -> Iterator[Path]:
    """A folder of all processes; who finds it first makes what is to lie there, the others wait meanwhile."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent  # of all workers
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield shared / name


@pytest.fixture(scope="session")
def nation(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """The nation as `dapil build` makes it, without downloads, once for all processes; its tests are `national`."""
    mirror = os.environ.get("BOUNDARIES_MIRROR")
    if not mirror or not (Path(mirror) / "kemendagri-2025").is_dir():
        pytest.skip("needs the base map kemendagri-2025: set BOUNDARIES_MIRROR to a folder that holds it")
    with shared_once(tmp_path_factory, "nation") as out:
        if not (out / CURRENT).exists():
            command = ["build", "--source", "kemendagri-2025", "--no-downloads", "--out", str(out)]
            result = CliRunner().invoke(main, command)
            assert result.exit_code == 0, result.output
    return open_release(out)


@pytest.fixture(scope="session")
def nation_map(nation: Release, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the nation's map page, made once for all processes; read only."""
    with shared_once(tmp_path_factory, "nation-map") as folder:
        if not folder.exists():
            part = folder.with_suffix(".part")
            part.mkdir(exist_ok=True)
            for name, content in map_files(nation):
                (part / name).write_bytes(content)
            part.rename(folder)
    return folder
