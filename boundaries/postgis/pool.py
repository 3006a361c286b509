"""The connections of one process to a database: bounded, replaced when they die, and never waited for long."""

import logging
import os
import threading
import time
from collections.abc import Sequence
from typing import Any, ClassVar, Final
from weakref import WeakValueDictionary

from boundaries.errors import Unavailable
from boundaries.postgis.connect import Address, driver, fetching, read_only

LOGGER = logging.getLogger(__name__)

_WAIT_S: Final = 2.0  # for a connection
_PAUSE_S: Final = 1.0  # after a failure, before the next attempt


class Database:
    """A bounded pool of connections of this process, shared by all releases that it serves."""

    _open: ClassVar["WeakValueDictionary[tuple[int, str, int], Database]"] = WeakValueDictionary()
    _opening: ClassVar = threading.Lock()

    def __init__(self, address: Address) -> None:
        self.address = address
        self._psycopg = driver()
        from psycopg_pool import ConnectionPool, PoolTimeout

        self._no_connection = PoolTimeout
        self._down_until = 0.0
        self._pool = ConnectionPool(
            kwargs=read_only(address), min_size=0, max_size=address.pool_size, open=True, timeout=_WAIT_S,
            reconnect_timeout=_PAUSE_S, name=f"peta-dapil-{os.getpid()}", num_workers=1,
        )  # fmt: skip

    @classmethod
    def of(cls, address: Address) -> "Database":
        """Return the pool for an address, one a process: connections must not be carried over a fork."""
        key = (os.getpid(), address.conninfo, address.pool_size)
        with cls._opening:
            found = cls._open.get(key)
            if found is None:
                found = cls._open[key] = cls(address)
            return found

    def fetch(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return all rows of a query, in binary, as one read-only transaction.

        A connection that has died (the server was restarted) is replaced and the question asked once more; so is
        one that the server ended because a publisher and this reader waited for each other's tables.
        Raises Unavailable, at once for a second after a failure: waiting requests must not pile up.
        """
        if time.monotonic() < self._down_until:
            raise Unavailable("the database does not answer; try again in some seconds")
        connection = None
        for last in (False, True):
            try:
                with self._pool.connection() as connection:
                    return fetching(connection)(query, values)
            except self._no_connection:
                break
            except self._psycopg.errors.DeadlockDetected as error:
                if last:
                    raise Unavailable("the database is being written; try again in some seconds") from error
            except self._psycopg.Error as error:
                if connection is None or not connection.broken:
                    LOGGER.error("%s: %s", self.address.shown, " ".join(str(error).split())[:400])
                    raise Unavailable("the database cannot answer this; try again in some seconds") from error
                if not last:
                    self._pool.check()  # the others will be dead as well
        self._down_until = time.monotonic() + _PAUSE_S
        LOGGER.error("%s does not answer", self.address.shown)
        raise Unavailable("the database does not answer; try again in some seconds")
