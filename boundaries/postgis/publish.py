"""``dapil publish``: a release of files becomes the current release of a PostGIS database, in one transaction.

Whatever fails or is killed, the database stays as it was: its schemas, its views, its current release.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from boundaries.errors import ReleaseError
from boundaries.postgis.compare import differences
from boundaries.postgis.connect import (
    CATALOG,
    LAYOUT,
    OLDEST,
    Address,
    connected,
    driver,
    fetching,
    postgis_schema,
    schema_of,
)
from boundaries.postgis.database_source import PostgisPackage
from boundaries.release.feature_source import FilePackage
from boundaries.release.store import Release

if TYPE_CHECKING:
    import psycopg

#: Names the one lock that publishers wait for: any number that others do not use.
_LOCK: Final = 7_235_419_803
_LOCK_TIMEOUT: Final = "10s"
#: How often the exchange is begun again after a deadlock with readers, each a second or more of the server's.
_DEADLOCKS: Final = 10

_LIST: Final = f"""
CREATE SCHEMA IF NOT EXISTS {CATALOG};
COMMENT ON SCHEMA {CATALOG} IS
  'Peta Dapil: daftar rilis dan tampilan rilis terkini | Peta Dapil: list of releases, views of the current one';
CREATE TABLE IF NOT EXISTS {CATALOG}.releases (
  id text PRIMARY KEY,
  schema_name text NOT NULL UNIQUE,
  layout integer NOT NULL,
  manifest jsonb NOT NULL,
  published bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  published_at timestamptz NOT NULL DEFAULT now(),
  is_current boolean NOT NULL);
CREATE UNIQUE INDEX IF NOT EXISTS releases_is_current ON {CATALOG}.releases (is_current) WHERE is_current;
COMMENT ON TABLE {CATALOG}.releases IS 'Rilis dalam basis data ini | The releases in this database';
COMMENT ON COLUMN {CATALOG}.releases.id IS 'Nama rilis | Name of the release';
COMMENT ON COLUMN {CATALOG}.releases.schema_name IS 'Skema rilis | Schema of the release';
COMMENT ON COLUMN {CATALOG}.releases.layout IS 'Versi bentuk skema | Version of what the schema looks like';
COMMENT ON COLUMN {CATALOG}.releases.manifest IS 'manifest.json rilis | manifest.json of the release';
COMMENT ON COLUMN {CATALOG}.releases.published IS 'Urutan penerbitan | Order of publication';
COMMENT ON COLUMN {CATALOG}.releases.published_at IS 'Waktu penerbitan | Time of publication';
COMMENT ON COLUMN {CATALOG}.releases.is_current IS 'Rilis yang disajikan | Whether this one is served'
"""


@dataclass(frozen=True)
class Published:
    """What `publish` did. `state`: written anew, found intact, or written over."""

    release: str
    database: str
    schema: str
    state: Literal["published", "verified", "replaced"]
    tables: int
    features: int
    bytes: int
    seconds: float
    dropped: tuple[str, ...]
    kept: tuple[str, ...]


def publish(release: Release, to: str, *, grant: Sequence[str] = (), replace: bool = False,
            keep: int | None = None, tell: Callable[[str], None] = lambda step: None) -> Published:  # fmt: skip
    """Write `release` into the database `to` and make it the current one.

    Parameters
    ----------
    to
        ``postgresql://user@host/database``.
    grant
        Roles that may read this and every later release.
    replace
        Write a release that is there already once more; otherwise it is compared, row by row, and left.
    keep
        Afterwards drop all but the newest so many releases; never the current one, nor one that other
        objects hang on (`kept` names those).
    tell
        Called with each step.

    Raises
    ------
    ReleaseError
        One sentence with the mend; the database is as it was.
    """
    driver()
    address = Address.parse(to)
    started = time.monotonic()
    with connected(address) as connection, _committing(connection, address):
        work = _Work(connection, address, release, tell)
        work.prepare()
        state = work.write(replace=replace)
        dropped, kept = work.exchange(grant, keep)
        size, tables = work.size()
    features = sum(int(layer["features"]) for layer in release.manifest["layers"])
    seconds = round(time.monotonic() - started, 2)
    return Published(
        release.id, address.database, work.schema, state, tables, features, size, seconds, dropped, kept
    )


@contextmanager
def _committing(connection: "psycopg.Connection[Any]", address: Address) -> Iterator[None]:
    """One transaction; a connection lost while it ends leaves open how it ended, and is told as that."""
    ended = False
    try:
        with connection.transaction():
            yield
            ended = True
    except driver().Error:
        if not (ended and connection.broken):
            raise
        raise ReleaseError(
            f"the connection to {address.database} was lost while the release was being committed: it is there "
            "whole or not at all; run the same command again, which compares it or writes it"
        ) from None


class _Work:
    """The steps of one transaction."""

    def __init__(self, connection: "psycopg.Connection[Any]", address: Address, release: Release,
                 tell: Callable[[str], None]) -> None:  # fmt: skip
        from psycopg import sql

        self._sql = sql
        self._connection = connection
        self._address = address
        self._release = release
        self._tell = tell
        self._fetch = fetching(connection)
        self._old: str | None = None
        self.schema = schema_of(release.id)

    def _run(self, text: str, *names: Any, values: Sequence[Any] = ()) -> None:
        """Run a statement; `names` are identifiers, a tuple for one with its schema."""
        sql = self._sql
        parts = [sql.Identifier(*((name,) if isinstance(name, str) else name)) for name in names]
        self._connection.execute(sql.SQL(text).format(*parts), values or None)

    def prepare(self) -> None:
        """See that the server can hold a release, wait for other publishers, and make the list."""
        _check_server(self._fetch, self._connection.info.server_version, self._address)
        self._run("SET LOCAL statement_timeout = 0; SET LOCAL search_path = pg_catalog")
        if not self._fetch("SELECT pg_try_advisory_xact_lock(%s)", (_LOCK,))[0][0]:
            self._tell("waiting for another dapil publish to end")
            self._run("SELECT pg_advisory_xact_lock(%s)", values=(_LOCK,))
        self._run(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'")
        self._geometry_schema = self._postgis()
        if not self._fetch("SELECT 1 WHERE to_regclass(%s) IS NOT NULL", (f"{CATALOG}.releases",)):
            self._connection.execute(_LIST)

    def _postgis(self) -> str:
        """Return where PostGIS is in this database; create it where it is not and may be created."""
        found = postgis_schema(self._fetch)
        if found:
            return found
        if not self._fetch("SELECT 1 FROM pg_available_extensions WHERE name = 'postgis'"):
            major = self._connection.info.server_version // 10_000
            raise ReleaseError(
                f"the server of {self._address.database} has no PostGIS; install it there (Debian: "
                f"postgresql-{major}-postgis-3) and try again"
            )
        errors = driver().errors
        try:
            with self._connection.transaction():
                self._run("CREATE EXTENSION postgis SCHEMA public")
        except errors.InsufficientPrivilege:
            raise ReleaseError(
                f"{self._address.database} has no PostGIS and this role may not create it; let a superuser run "
                "there: CREATE EXTENSION postgis"
            ) from None
        return "public"

    def write(self, *, replace: bool) -> Literal["published", "verified", "replaced"]:
        """Write the release, or compare the one that is there."""
        there = self._fetch(f"SELECT 1 FROM {CATALOG}.releases WHERE id = %s", (self._release.id,))
        if there and not replace:
            self._tell("comparing with the release that is there")
            found = self._differences()
            if found:
                raise ReleaseError(
                    f"{self._address.database} has {self._release.id} already, but not as it is in "
                    f"{self._release.path}: {found}; write it again with --replace"
                )
            return "verified"
        if there:
            self._old = f"{self.schema[:50]}_replaced"
            self._run("ALTER SCHEMA {} RENAME TO {}", self.schema, self._old)
        from boundaries.postgis.election_copy import write_tables
        from boundaries.postgis.schema import write_release

        write_release(self._connection, self._release, self.schema, self._geometry_schema, self._tell)
        if self._release.elections is not None:
            self._tell("the election's tables")
            write_tables(self._connection, self.schema, self._release.elections)
        values = (
            self._release.id,
            self.schema,
            LAYOUT,
            driver().types.json.Jsonb(dict(self._release.manifest)),
        )
        self._run(
            f"INSERT INTO {CATALOG}.releases (id, schema_name, layout, manifest, is_current) "
            "VALUES (%s, %s, %s, %s, false) ON CONFLICT (id) DO UPDATE SET schema_name = excluded.schema_name, "
            "layout = excluded.layout, manifest = excluded.manifest",
            values=values,
        )
        self._tell("comparing what was written with the files")
        found = self._differences()
        if found:
            raise ReleaseError(
                f"what {self._address.database} holds is not what was sent: {found}; nothing was changed there; "
                "check the release with: dapil verify"
            )
        return "replaced" if there else "published"

    def _differences(self) -> str:
        """Return the first difference between the files and the database, or an empty text."""
        files = FilePackage(self._release, 0)
        errors = driver().errors
        try:
            with self._connection.transaction():
                other = PostgisPackage.through(self._fetch, self._address, self._release.id)
                return next(differences(files, other), "") or self._wrong_numbers()
        except (errors.UndefinedTable, errors.UndefinedColumn, ReleaseError, LookupError) as error:
            return " ".join(str(error).split())[:200]
        finally:
            files.close()

    def _wrong_numbers(self) -> str:
        """Compare what no single answer shows: which row is which feature, where it parts, its CRCs."""
        from boundaries.postgis.schema import FEATURES, feature_numbers

        names, rows = feature_numbers(self._release)
        sql = self._sql
        query = sql.SQL("SELECT {} FROM {} ORDER BY row").format(
            sql.SQL(", ").join(map(sql.Identifier, names)), sql.Identifier(self.schema, FEATURES)
        )
        return "" if self._fetch(query) == list(rows) else "the numbers of the features differ"

    def exchange(self, roles: Sequence[str], keep: int | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Take the place of what is read: `switch`, `grant`, `drop`; return what was dropped, and what was not.

        Who reads locks the tables of a query in its own order, so the server may see a deadlock and end one of
        the two. Where it is this one, only these steps are undone, what was written stays, and they begin again.
        """
        self._tell("making it the current release")
        for turn in range(_DEADLOCKS):
            try:
                with self._connection.transaction():
                    self.switch()
                    self.grant(roles)
                    return self.drop(keep)
            except driver().errors.DeadlockDetected:
                if turn == _DEADLOCKS - 1:
                    raise
                self._tell("readers held what had to be exchanged; once more")
        raise AssertionError  # the loop returns or raises

    def switch(self) -> None:
        """Make the release the current one: the flag, and the views."""
        from boundaries.postgis.views import write_views

        write_views(self._connection, self._release, self.schema, CATALOG)
        self._run(f"UPDATE {CATALOG}.releases SET is_current = false WHERE is_current AND id <> %s",
                  values=(self._release.id,))  # fmt: skip
        self._run(
            f"UPDATE {CATALOG}.releases SET is_current = true, published = DEFAULT, published_at = now() "
            "WHERE id = %s AND NOT is_current",
            values=(self._release.id,),
        )

    def grant(self, roles: Sequence[str]) -> None:
        """Let `roles` read; who may use the list of releases may read every release, the later ones too."""
        known = {name for (name,) in self._fetch("SELECT rolname::text FROM pg_roles")}
        for role in roles:
            if role not in known:
                raise ReleaseError(
                    f"there is no role {role!r} in {self._address.database}; nothing was changed there; make it "
                    f'with: CREATE ROLE "{role}" LOGIN'
                )
            self._run(f"GRANT USAGE ON SCHEMA {CATALOG} TO {{}}", role)
        readers = self._fetch(
            "SELECT rolname::text FROM pg_namespace, aclexplode(nspacl) LEFT JOIN pg_roles r ON r.oid = grantee "
            "WHERE nspname = %s AND privilege_type = 'USAGE' AND grantee <> nspowner",
            (CATALOG,),
        )
        for (role,) in readers:
            to, who = ("{}", [role]) if role is not None else ("PUBLIC", [])
            for schema in (CATALOG, self.schema):
                self._run(f"GRANT USAGE ON SCHEMA {{}} TO {to}", schema, *who)
                self._run(f"GRANT SELECT ON ALL TABLES IN SCHEMA {{}} TO {to}", schema, *who)

    def drop(self, keep: int | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Drop what was replaced, and all but the newest `keep` releases; return which, and which not."""
        if self._old is not None:
            self._drop_schema(self._old)
        if keep is None:
            return (), ()
        rows = self._fetch(
            f"SELECT id, schema_name FROM {CATALOG}.releases ORDER BY is_current DESC, published DESC"
        )
        dropped, kept = [], []
        for name, schema in rows[keep:]:
            try:
                with self._connection.transaction():
                    self._drop_schema(schema)
                    self._run(f"DELETE FROM {CATALOG}.releases WHERE id = %s", values=(name,))
                dropped.append(name)
            except driver().errors.DependentObjectsStillExist:
                kept.append(name)
        return tuple(dropped), tuple(kept)

    def _drop_schema(self, schema: str) -> None:
        """Drop our tables and the schema, but (no CASCADE) nothing that someone else made upon them."""
        rows = self._fetch("SELECT tablename::text FROM pg_tables WHERE schemaname = %s", (schema,))
        if rows:
            marks = ", ".join("{}" for _ in rows)
            self._run(f"DROP TABLE {marks}", *((schema, name) for (name,) in rows))
        self._run("DROP SCHEMA {}", schema)

    def size(self) -> tuple[int, int]:
        """Return the bytes of the release with its indexes, and how many tables it has."""
        rows = self._fetch(
            "SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint, count(*) FROM pg_class c "
            "JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = %s AND relkind = 'r'",
            (self.schema,),
        )
        return int(rows[0][0]), int(rows[0][1])


def _check_server(fetch: Any, version: int, address: Address) -> None:
    where = address.database
    if version < OLDEST:
        raise ReleaseError(
            f"{where} is PostgreSQL {version // 10_000}; {OLDEST // 10_000} or later is needed: upgrade the server"
        )
    encoding, standby = fetch("SELECT current_setting('server_encoding'), pg_is_in_recovery()")[0]
    if standby:
        raise ReleaseError(f"{where} is a standby, which takes no writing; name the primary server")
    if encoding != "UTF8":
        raise ReleaseError(
            f"{where} is encoded in {encoding}; make the database with: createdb --encoding UTF8 "
            "--template template0"
        )
