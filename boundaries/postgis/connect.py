"""PostgreSQL from either side: addresses without their passwords, connections, and errors that name the mend.

A published release is a schema of its own, and the schema ``dapil`` says which there are and which is current;
`boundaries.postgis.schema` lays a release out, `boundaries.postgis.database_source` reads it.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, unquote_plus

from boundaries.errors import ReleaseError
from boundaries.extras import needed

if TYPE_CHECKING:
    import psycopg

#: Where releases are listed, and where the views of the current one are.
CATALOG: Final = "dapil"
#: What the schema of a release looks like; a reader refuses another.
LAYOUT: Final = 2
#: The oldest version of PostgreSQL that its makers still mend.
OLDEST: Final = 130000

#: Reads rows: a query (text, or composed with psycopg.sql) and its values.
Fetch = Callable[..., list[tuple[Any, ...]]]

# Nothing of an address is guessed: a sign of the password taken for a host would stand in an error message.
_ADDRESS: Final = re.compile(
    r"(?P<scheme>postgres(?:ql)?)://(?:(?P<user>[^:/?#@\s]*)(?::(?P<password>[^:/?#@\s]*))?@)?"
    r"(?P<hosts>[^/?#@\s]*)(?P<database>/[^/?#@\s]*)?(?:\?(?P<query>[^?#@\s]*))?"
)
_SECRET: Final = frozenset({"password", "sslpassword", "sslkey", "passfile", "oauth_client_secret"})
_OWN: Final = frozenset({"release", "pool_size"})
_POOL_SIZE: Final = 4
#: A server that has gone must be noticed; each can be set in the address.
_PATIENCE: Final = {
    "connect_timeout": 5, "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3,
    "tcp_user_timeout": 15_000, "application_name": "peta-dapil",
}  # fmt: skip

#: A query of the service that takes longer than this is cut off.
_STATEMENT_MS: Final = 15_000

_SHAPE: Final = (
    "postgresql://user@host:5432/database (write @ : / ? # % in a password as %40 %3A %2F %3F %23 %25, "
    "or give it in PGPASSWORD or ~/.pgpass)"
)


@dataclass(frozen=True)
class Address:
    """Where a database is. `shown` is it without any password: the only form that is ever told."""

    conninfo: str = field(repr=False)
    shown: str
    release: str | None = None
    pool_size: int = _POOL_SIZE
    secrets: tuple[str, ...] = field(default=(), repr=False)

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Read ``postgresql://…``; own parameters are ``release=`` (its id) and ``pool_size=`` (1 to 100).

        Raises ReleaseError, which quotes nothing of `text`.
        """
        found = _ADDRESS.fullmatch(text)
        if found is None:
            raise ReleaseError(f"the address of the database is not of the form {_SHAPE}")
        pairs = [pair for pair in (found["query"] or "").split("&") if pair]
        named = [(unquote(pair.partition("=")[0]), pair) for pair in pairs]
        own = {name: unquote_plus(pair.partition("=")[2]) for name, pair in named if name in _OWN}
        kept = [pair for name, pair in named if name not in _OWN]
        told = [pair for name, pair in named if name not in _SECRET and name != "pool_size"]
        hidden = [found["password"] or "", *(p.partition("=")[2] for name, p in named if name in _SECRET)]
        user = found["user"]
        place = (found["hosts"] or "") + (found["database"] or "")
        size = own.get("pool_size", str(_POOL_SIZE))
        if not re.fullmatch(r"[1-9]\d?|100", size):
            raise ReleaseError("pool_size in the address of the database must be from 1 to 100")
        before = text.partition("?")[0]
        return cls(
            conninfo=before + _query(kept),
            shown=f"{found['scheme']}://{user + '@' if user else ''}{place}{_query(told)}",
            release=own.get("release") or None,
            pool_size=int(size),
            secrets=tuple(unquote(each) for each in hidden if each),
        )

    def at(self, release: str) -> str:
        """Return the address, password and all, of one release in this database."""
        mark = "&" if "?" in self.conninfo else "?"
        return f"{self.conninfo}{mark}release={release}&pool_size={self.pool_size}"

    @property
    def database(self) -> str:
        """The address without password and release."""
        return re.sub(r"([?&])release=[^&]*(&|$)", r"\1", self.shown).rstrip("?&")


def _query(pairs: Sequence[str]) -> str:
    return f"?{'&'.join(pairs)}" if pairs else ""


def driver() -> Any:
    """Return psycopg. Raises MissingExtra where it is not installed."""
    with needed():
        import psycopg
        import psycopg_pool  # noqa: F401 - the same extra
    return psycopg


def parameters(address: Address) -> dict[str, Any]:
    """Return how to connect, with what the address leaves open. Raises ReleaseError."""
    psycopg = driver()
    try:
        given = psycopg.conninfo.conninfo_to_dict(address.conninfo)
    except psycopg.Error:  # its message may quote a part of the password
        raise ReleaseError(
            f"the address of the database cannot be read: a parameter after the ? is unknown, or a sign is "
            f"not escaped; the form is {_SHAPE}"
        ) from None
    return _PATIENCE | given


def read_only(address: Address) -> dict[str, Any]:
    """Return how the service connects: each query a transaction of its own, which cannot write or last."""
    given = parameters(address)
    own = f"-c default_transaction_read_only=on -c statement_timeout={_STATEMENT_MS}"
    return given | {
        "options": f"{own} {given.get('options', '')}".strip(), "autocommit": True, "prepare_threshold": None,
    }  # fmt: skip


@contextmanager
def connected(address: Address, **options: Any) -> Iterator["psycopg.Connection[Any]"]:
    """Give a connection; errors of the server in the block become one ReleaseError, with the mend."""
    psycopg = driver()
    try:
        connection = psycopg.connect(**(parameters(address) | {"prepare_threshold": None} | options))
    except psycopg.Error as error:
        raise unreachable(error, address) from None
    try:
        yield connection
    except psycopg.Error as error:
        raise explained(error, address, lost=connection.broken) from error
    finally:
        connection.close()


def fetching(connection: "psycopg.Connection[Any]") -> Fetch:
    """Return a `Fetch` on one connection."""

    def fetch(query: Any, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with connection.cursor(binary=True) as cursor:
            return cursor.execute(query, values or None).fetchall()

    return fetch


_MENDS: Final = (
    ("password authentication failed", "check user and password (PGPASSWORD, ~/.pgpass or the address)"),
    ("no password supplied", "give the password in PGPASSWORD, ~/.pgpass or the address"),
    ("no pg_hba.conf entry", "let pg_hba.conf of the server admit this user from this machine"),
    ("does not exist", "create it (createdb, createuser), or mend its name in the address"),
    ("permission denied for database", "let its owner GRANT CONNECT ON DATABASE to this role"),
    ("too many", "close other connections or raise max_connections"),
    ("translate host name", "check the name of the host"),
    ("resolve", "check the name of the host"),
    ("unsupported startup parameter", "set in PgBouncer: ignore_startup_parameters = options"),
    ("starting up", "wait until the server is ready"),
)


def unreachable(error: Exception, address: Address) -> ReleaseError:
    """Return the sentence for a connection that did not come about."""
    why = _line(error, address)
    mend = next((mend for words, mend in _MENDS if words in why), "check that the server runs there")
    return ReleaseError(f"cannot connect to {address.database}: {why}; {mend}")


def explained(error: Any, address: Address, *, lost: bool = False) -> ReleaseError:
    """Return the sentence for an error of the server; nothing was changed, for all is one transaction."""
    state, why, where = error.sqlstate or "", _line(error, address), address.database
    if lost or state.startswith(("08", "57P")):
        what, mend = f"the connection to {where} was lost ({why})", "see that the server runs"
    elif state == "53100":
        what, mend = f"the disk of {where} is full ({why})", "free room there, or drop releases with --keep"
    elif state == "42501":
        what = f"{where} forbids it ({why})"
        mend = "let the database's owner GRANT CREATE ON DATABASE to this role, or publish as the owner of before"
    elif state == "55P03":
        what, mend = (
            f"{where} was in use for too long ({why})",
            "wait for long queries and locks there to end",
        )
    elif state == "25006":
        what, mend = f"{where} is read-only ({why})", "name the primary server, not a standby"
    elif state.startswith(("22", "23")):
        what, mend = f"{where} refuses the rows ({why})", "check the release with: dapil verify"
    elif state == "2BP01":
        what, mend = f"other objects hang on this release in {where} ({why})", "drop or move them first"
    else:
        what, mend = f"{where} answers with an error ({state or type(error).__name__}: {why})", "see its log"
    return ReleaseError(f"{what}; nothing was changed there; {mend} and try again")


def _line(error: Exception, address: Address) -> str:
    """Return what the server says, as one line, without a secret of the address."""
    told = getattr(getattr(error, "diag", None), "message_primary", None)
    detail = getattr(getattr(error, "diag", None), "message_detail", None)
    text = f"{told}: {detail}" if told and detail else told or str(error)
    words = " ".join(text.split()) or type(error).__name__
    for secret in address.secrets:
        words = words.replace(secret, "***")
    return words.removeprefix("connection failed: ")[:400].rstrip(".;")


def schema_of(release: str) -> str:
    """Return the schema of a release: at most 63 bytes, its hash kept whole."""
    name = "dapil_" + release.replace("-", "_")
    return name if len(name.encode()) <= 63 else f"{name[:48]}_{name[-12:]}"


def postgis_schema(fetch: Fetch) -> str | None:
    """Return the schema that PostGIS was put into, None where the database has no PostGIS."""
    rows = fetch(
        "SELECT nspname::text FROM pg_catalog.pg_extension JOIN pg_catalog.pg_namespace n ON n.oid = extnamespace "
        "WHERE extname = 'postgis'"
    )
    return str(rows[0][0]) if rows else None
