"""The command ``dapil``: one module a group of commands."""

from boundaries.cli import asking, making, sharing, taking
from boundaries.cli.program import main

__all__ = ["asking", "main", "making", "sharing", "taking"]
