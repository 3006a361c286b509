"""The command ``dapil``: one module a group of commands."""

from boundaries.cli.group import main

__all__ = ["main"]
