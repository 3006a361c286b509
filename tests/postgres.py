"""A PostgreSQL cluster of the tests' own: made in a temporary directory, on a free port, gone afterwards.

Use ``cluster`` (one a session) and make a database of your own in it with `Cluster.database`. Where PostgreSQL or
PostGIS is not installed the tests that ask for it say that they are skipped.
"""

import itertools
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

USER = "dapil"
#: fsync is for data that must outlive a crash of the machine; these need only outlive one of the server.
_SETTINGS = {
    "fsync": "off", "full_page_writes": "off", "max_connections": "40",
    "autovacuum": "off", "shared_buffers": "64MB", "timezone": "UTC", "log_min_messages": "fatal",
}  # fmt: skip


def programs() -> Path | None:
    """Return the directory of initdb and pg_ctl, or None."""
    debian = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]), reverse=True
    )
    found = shutil.which("initdb")
    places = [path.parent for path in debian] + ([Path(found).parent] if found else [])
    return next((place for place in places if (place / "pg_ctl").exists()), None)


def lacking() -> str:
    """Return what is not installed, or an empty text."""
    place = programs()
    if place is None:
        return "PostgreSQL is not installed (Debian: postgresql-15)"
    shared = subprocess.run([place / "pg_config", "--sharedir"], capture_output=True, text=True, check=False)
    if not (Path(shared.stdout.strip()) / "extension" / "postgis.control").exists():
        return "PostGIS is not installed (Debian: postgresql-15-postgis-3)"
    return ""


@dataclass
class Cluster:
    """A running server. Trust on localhost, but the role `secretive` must give its password."""

    programs: Path
    directory: Path
    port: int
    _numbers: Iterator[int] = field(default_factory=itertools.count)
    _template: str = ""

    def address(self, database: str = "postgres", user: str = USER) -> str:
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"

    def database(self, *, postgis: bool = True) -> str:
        """Make an empty database and return its address."""
        if postgis and not self._template:
            self._template = self.database(postgis=False)
            with self.connect(self._template) as connection:
                connection.execute("CREATE EXTENSION postgis")
        name = f"test_{next(self._numbers)}"
        template = self._template.rpartition("/")[2] if postgis else "template0"
        with self.connect() as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} ENCODING 'UTF8'")
        return self.address(name)

    @contextmanager
    def connect(self, address: str = "") -> Iterator[Any]:
        import psycopg

        connection = psycopg.connect(address or self.address(), autocommit=True)
        try:
            yield connection
        finally:
            connection.close()

    def start(self) -> None:
        self._control("start", "-w", "-t", "60", "-l", str(self.directory / "log"))

    def stop(self, mode: str = "immediate") -> None:
        self._control("stop", "-w", "-m", mode)

    def running(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def _control(self, *words: str) -> None:
        _run(self.programs / "pg_ctl", "-D", str(self.directory / "data"), *words)


def make_cluster(directory: Path) -> Cluster:
    """Make and start a cluster in `directory`, which its owner must be able to reach."""
    place = programs()
    assert place is not None
    data = directory / "data"
    if os.getuid() == 0:
        owner = _unprivileged()
        os.chown(directory, owner.pw_uid, owner.pw_gid)
    options = ("--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", f"--username={USER}")
    _run(place / "initdb", "-D", str(data), *options)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    settings = _SETTINGS | {
        "port": str(port), "listen_addresses": "127.0.0.1", "unix_socket_directories": str(directory),
    }  # fmt: skip
    with (data / "postgresql.conf").open("a") as file:
        file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())
    rules = ["host all secretive 127.0.0.1/32 scram-sha-256", "host all all 127.0.0.1/32 trust",
             "local all all trust"]  # fmt: skip
    (data / "pg_hba.conf").write_text("\n".join(rules) + "\n")
    cluster = Cluster(place, directory, port)
    cluster.start()
    return cluster


def _unprivileged() -> pwd.struct_passwd:
    """Return the user to run as: a server refuses root."""
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError("no user to run PostgreSQL as")


def unprivileged() -> tuple[int, int]:
    """Return user and group that the server runs as, if root starts it."""
    owner = _unprivileged()
    return owner.pw_uid, owner.pw_gid


def _run(program: Path, *words: str) -> None:
    user = _unprivileged().pw_name if os.getuid() == 0 else None
    with tempfile.TemporaryFile("w+") as output:  # a pipe would stay open in the server, and run() would wait
        done = subprocess.run(
            [program, *words], stdout=output, stderr=output, user=user, cwd="/", check=False, timeout=120
        )
        if done.returncode:
            output.seek(0)
            raise RuntimeError(f"{program.name} failed: {output.read()}")


@contextmanager
def running_cluster() -> Iterator[Cluster]:
    """Give a cluster of one's own (for tests that stop it), and remove it."""
    # Not pytest's directory: there only root may enter, and the server is not root.
    directory = Path(tempfile.mkdtemp(prefix="dapil-pg-", dir="/tmp"))
    try:
        cluster = make_cluster(directory)
        try:
            yield cluster
        finally:
            if (directory / "data" / "postmaster.pid").exists():
                cluster.stop()
    finally:
        # A hundred databases are as many thousand files; nobody needs to wait until they are gone.
        subprocess.Popen(["rm", "-rf", str(directory)], start_new_session=True)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A server for the whole session; each test makes its own database in it."""
    why = lacking()
    if why:
        pytest.skip(why)
    pytest.importorskip("psycopg", reason="psycopg is not installed (pip install 'peta-dapil[postgis]')")
    pytest.importorskip("psycopg_pool", reason="psycopg_pool is not installed")
    with running_cluster() as server:
        yield server


def wait_until(true: Any, seconds: float = 300) -> bool:
    """Wait until `true()` holds; return whether it did. The limit is for what never comes: machines are busy."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.05)
    return bool(true())


def published(server: Cluster, release: Path) -> str:
    """Publish the release in a directory into a database of its own and return its address."""
    from boundaries.postgis.publish import publish
    from boundaries.release.store import open_release

    address = server.database()
    publish(open_release(release), address)
    return address


@pytest.fixture(scope="module", params=["files", "postgis"])
def source(request: pytest.FixtureRequest) -> str:
    """Where a service reads from, once files and once PostGIS; the module must have a fixture `release` (its path).

    Import it together with `cluster`; give it to ``create_app`` or as ``data`` of a provider.
    """
    release: Path = request.getfixturevalue("release")
    if request.param == "files":
        return str(release)
    return published(request.getfixturevalue("cluster"), release)
