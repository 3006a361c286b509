"""Fixtures of more than one module: the PostgreSQL cluster of the session, and a service's two sources."""

from tests.postgres import cluster, source

__all__ = ["cluster", "source"]
