"""The command ``dapil``: one module a group of commands."""

from boundaries.cli import asking, electing, ensembles, making, researching, serving, sharing, taking
from boundaries.cli.program import main

__all__ = ["asking", "electing", "ensembles", "main", "making", "researching", "serving", "sharing", "taking"]
