"""The command ``dapil``: one module a group of commands."""

from boundaries.cli import asking, making, serving, sharing, taking
from boundaries.cli.program import main

__all__ = ["asking", "main", "making", "serving", "sharing", "taking"]
