"""The command ``dapil`` itself: what it says without a word more, how it speaks, and how it ends."""

import errno
import json
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click
import pandas as pd

from boundaries import __version__
from boundaries.cli.language import Command, Option, Told, _
from boundaries.errors import BoundariesError, ReleaseError
from boundaries.extras import needed

#: Where `dapil build` puts releases, and where every command looks for one.
USUAL: Final = Path("build")
#: What writing to a full or broken disk fails with.
_DISK: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


def say(message: str) -> None:
    """Write a line for the person to stderr."""
    click.echo(message, err=True)


def emit(value: object) -> None:
    """Write data to stdout as JSON."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, sort_keys=False, default=str))


def progress() -> Callable[[str], None]:
    """Return what tells of steps: on a terminal, or where whoever started this reads along (DAPIL_STEPS)."""
    return say if sys.stderr.isatty() or os.environ.get("DAPIL_STEPS") else lambda step: None


def muted() -> None:
    """Let what is still to be written to standard output go nowhere, so that nothing is told at the end either."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class Program(Told, click.Group):
    """The group of all commands: an error that a person can mend is one message and its exit code."""

    command_class = Command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was asked for."""
        try:
            with needed():
                return super().invoke(ctx)
        except BoundariesError as error:
            say(f"dapil: {_(error.text).format(**error.values) if error.values else _(error.text)}")
            ctx.exit(error.exit_code)
        except KeyboardInterrupt:
            say(_("dapil: interrupted; what was published before is untouched"))
            ctx.exit(1)

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run, and tell of a standard output that cannot be written: behind a redirect it may be a full disk."""
        # Arrow's text costs a fifth of a build's time: it is looked at cell by cell.
        pd.options.mode.string_storage = "python"
        try:
            return super().main(*args, **kwargs)
        except OSError as error:
            if error.errno not in _DISK or error.filename is not None:
                raise
            say(_("dapil: standard output cannot be written: {why}; free some space or name another place").format(
                why=error.strerror))  # fmt: skip
            muted()
            sys.exit(ReleaseError.exit_code)


@click.group(
    cls=Program,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="dapil")
@click.option("-v", "--verbose", cls=Option, is_flag=True, help="Show what the libraries log, too.")
@click.pass_context
def main(ctx: click.Context, verbose: bool) -> None:
    """Maps of Indonesia's electoral districts (dapil), from the law's tables and a real base map.

    \b
    The usual way:
      dapil build               fetch a base map, build every plan, publish to build/current
      dapil info                what is in it
      dapil lookup 106.8 -6.2   which dapil a point (lon lat) lies in
      dapil export -o dpr.gpkg --chamber dpr   one file of it: any chamber, province, format, size
      dapil join t.csv --plan dpr-2024 -o t.gpkg   a table of your own on the map
      dapil data check t.csv --set hasil   check a table of votes, candidates, voters
      dapil seats --plan dpr-2024   seats from votes, by the law or by another method
      dapil verify              re-check every invariant from the files alone
      dapil publish --to postgresql://…   write it into PostGIS
      dapil sync https://… DIR  mirror the releases of a service, every file checked
      dapil serve               serve it (OGC API Features)
      dapil site DIR            write the map page as a folder for any web host
      dapil npm DIR             write the maps as a package for npm

    Every command that reads a release takes --release PATH; without it, it reads build/current.

    \b
    Exit codes: 0 done, 1 unexpected or interrupted, 2 wrong use, 3 a plan or code is wrong,
    4 a source cannot be had or read, 5 the coverage lost something, 6 a release cannot be
    written or read, 7 verification failed, 8 nothing found.
    """
    logging.basicConfig(level=logging.INFO if verbose else logging.ERROR, stream=sys.stderr)
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())
        if not (USUAL / "current").exists():
            say(_("\nThere is no release in {place} yet; make one with: dapil build").format(place=USUAL))
        ctx.exit(2)
