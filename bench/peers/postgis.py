"""A private PostGIS cluster with the layer in it, for the peers that read from PostgreSQL.

Debian's postgresql-15 with PostGIS, its own data directory and port, trust on the loopback only. Set as PostgreSQL's
and PostGIS' manuals advise for reading: everything in shared buffers, no JIT (it costs more than it gains on short
queries), geometries stored uncompressed (ST_AsGeoJSON need not unpack them), rows in the order of the key, a GiST
index, b-trees on the filtered columns, VACUUM ANALYZE. PostgreSQL refuses to run as root: then `postgres` runs it.
"""

import math
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import pandas as pd
import shapely

from .base import NotInstalledError, Place, debian, free_port, stop_group, tail
from .cases import Truth

BIN = Path("/usr/lib/postgresql/15/bin")
EXTENSION = Path("/usr/share/postgresql/15/extension/postgis.control")
TABLE = "dapil"
DATABASE = "bench"
USER = "bench"
INDEXED = ("kode_provinsi", "kode_kabkota", "kursi", "nama_dapil")
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "shared_buffers": "512MB",
    "work_mem": "64MB",
    "effective_cache_size": "2GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "fsync": "off",
    "autovacuum": "off",
    "max_connections": "60",
}
TYPES = {"int64": "integer", "Int64": "integer", "float64": "double precision"}


class Postgis:
    """The cluster: `url` once started, `root` the process whose tree is all backends."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._owner = pwd.getpwnam("postgres") if os.geteuid() == 0 and _known("postgres") else None
        self.port = free_port()
        self._folder: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{DATABASE}"

    @property
    def root(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self, truth: Truth) -> None:
        """Install if missing, make a cluster, start it, load the layer. Raises NotInstalledError."""
        debian(self._place, {"postgresql-15": BIN / "initdb", "postgresql-15-postgis-3": EXTENSION})
        if os.geteuid() == 0:
            if not _known("postgres"):
                raise NotInstalledError("PostgreSQL may not run as root and there is no user postgres")
            self._owner = pwd.getpwnam("postgres")
        self._folder = Path(tempfile.mkdtemp(prefix="peta-dapil-pg-"))
        if self._owner:
            os.chown(self._folder, self._owner.pw_uid, self._owner.pw_gid)
        data, log = self._folder / "data", self._folder / "log"
        done = subprocess.run(
            [BIN / "initdb", "-D", data, "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"],
            capture_output=True, text=True, cwd="/", **self._as_owner(),
        )  # fmt: skip
        if done.returncode:
            raise NotInstalledError(f"initdb fails: {done.stderr.strip()[-300:]}")
        options = [f"-c{name}={value}" for name, value in SETTINGS.items()]
        with log.open("wb") as out:
            self._process = subprocess.Popen(
                [BIN / "postgres", "-D", data, "-p", str(self.port), *options],
                stdout=out, stderr=out, cwd="/", start_new_session=True, **self._as_owner(),
            )  # fmt: skip
        self._await(log)
        self._load(truth)

    def _as_owner(self) -> dict[str, Any]:
        if self._owner is None:
            return {}
        return {"user": self._owner.pw_uid, "group": self._owner.pw_gid, "extra_groups": []}

    def _await(self, log: Path) -> None:
        for _ in range(100):
            if (
                subprocess.run([BIN / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]).returncode
                == 0
            ):
                return
            time.sleep(0.1)
        raise NotInstalledError(f"PostgreSQL does not start: {tail(log)}")

    def psql(self, script: str, database: str = DATABASE) -> str:
        """Run a script, stop at the first error, return what it prints. Raises NotInstalledError with the error."""
        done = subprocess.run(
            [BIN / "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", str(self.port),
             "-U", USER, database],
            input=script, capture_output=True, text=True,
        )  # fmt: skip
        if done.returncode:
            raise NotInstalledError(f"PostGIS cannot be filled: {done.stderr.strip()[-300:]}")
        return done.stdout.strip()

    def _load(self, truth: Truth) -> None:
        self.psql(f"CREATE DATABASE {DATABASE}", "postgres")
        columns = truth.frame.drop(columns="geometry")
        kinds = {name: _type(columns[name]) for name in columns}
        listing = ", ".join(f'"{name}" {kind}' for name, kind in kinds.items())
        shapes = shapely.set_srid(truth.frame.geometry.to_numpy(), 4326)
        geometry = shapely.to_wkb(shapes, hex=True, include_srid=True)
        rows = zip(*(columns[name] for name in columns), geometry, strict=True)
        lines = ["\t".join(_field(value) for value in row) for row in rows]
        indexes = [f'CREATE INDEX ON {TABLE} ("{name}");' for name in INDEXED if name in kinds]
        script = [
            "CREATE EXTENSION postgis;",
            f"CREATE TABLE {TABLE} ({listing}, geom geometry(MultiPolygon, 4326));",
            f"ALTER TABLE {TABLE} ALTER COLUMN geom SET STORAGE EXTERNAL;",
            f"COPY {TABLE} FROM STDIN;",
            *lines,
            "\\.",
            f"ALTER TABLE {TABLE} ADD PRIMARY KEY (id);",
            f"CREATE INDEX ON {TABLE} USING gist (geom);",
            *indexes,
            f"CLUSTER {TABLE} USING {TABLE}_pkey;",
            f"VACUUM ANALYZE {TABLE};",
            "CHECKPOINT;",
        ]
        self.psql("\n".join(script) + "\n")

    def version(self) -> str:
        return "PostgreSQL " + self.psql(
            "SELECT split_part(version(), ' ', 2) || ', PostGIS ' || postgis_lib_version()"
        )

    def stop(self) -> None:
        if self._process is not None:
            stop_group(self._process, signal.SIGINT)  # SIGINT: fast shutdown
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)


def _known(user: str) -> bool:
    try:
        pwd.getpwnam(user)
    except KeyError:
        return False
    return True


def _type(column: "pd.Series[Any]") -> str:
    """The SQL type. Whole numbers with gaps come from pandas as floats: they stay integers here."""
    kind = TYPES.get(str(column.dtype), "text")
    known = column.dropna()
    whole = kind == "double precision" and len(known) > 0 and bool((known == known.round()).all())
    return "bigint" if whole else kind


def _field(value: object) -> str:
    r"""One value in COPY's text format: \N is null, backslash escapes."""
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return "\\N"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
