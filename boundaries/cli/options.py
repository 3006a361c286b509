"""Options that several commands take, each given the same way everywhere."""

import math
import sys
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource
from click.shell_completion import CompletionItem

from boundaries.cli.language import Option, _
from boundaries.cli.program import USUAL, say

Decorated = Callable[..., Any]


def option(*names: str, **settings: Any) -> Callable[[Decorated], Decorated]:
    """Return a `click.option` whose help is translated."""
    return click.option(*names, cls=Option, **settings)


class Within(click.FloatRange):
    """A number within a range: click takes nan, too, which no range holds."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number, or fail as click does."""
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(
                _("{value!r} is not a valid {number_type}.").format(value=value, number_type="float"),
                param,
                ctx,
            )
        return number


def among(names: Sequence[str]) -> Callable[..., list[CompletionItem]]:
    """Return what completes a value in a shell: those of `names` that begin so."""

    def complete(ctx: click.Context, param: click.Parameter, begun: str) -> list[CompletionItem]:
        return [CompletionItem(name) for name in names if name.startswith(begun)]

    return complete


OUT = option("--out", "out", type=click.Path(path_type=Path, file_okay=False), default=USUAL, show_default=True,
             help="Directory of releases.")  # fmt: skip
JSON = option("--json", "as_json", is_flag=True, help="Machine-readable JSON on stdout.")
SOURCE = option("--source", default="auto", show_default=True,
                help="Source id, 'auto', or the path of a descriptor.")  # fmt: skip
BASE = option("--base", type=click.Choice(["desa", "kecamatan"]), default="desa", show_default=True,
              help="Finest units: desa, or the coarse outlines of kecamatan for a slow line.")  # fmt: skip
YEAR = option("--year", type=int, help="Election year; default: the latest.")
RELEASE = option("-r", "--release", type=click.Path(path_type=Path), default=USUAL / "current", show_default=True,
                  help="The release, or a directory of releases.")  # fmt: skip


class _Former(click.Argument):
    """The release as an argument, as some commands had it: taken, and no longer shown."""

    def get_usage_pieces(self, ctx: click.Context) -> list[str]:
        return []


def release(command: Decorated) -> Decorated:
    """Give a command ``--release PATH``, and take PATH as its last argument too, as it was before."""

    @wraps(command)
    def run(*args: Any, release: Path, former: Path | None, **given: Any) -> Any:
        if former is not None:
            ctx = click.get_current_context()
            if ctx.get_parameter_source("release") is not ParameterSource.DEFAULT:
                raise click.UsageError(
                    _("two releases: {former} and --release {release}; name one").format(
                        former=former, release=release
                    )
                )
            if sys.stderr.isatty():
                say(_("note: write --release {former}; the release is an option now").format(former=former))
        return command(*args, release=former or release, **given)

    taken = click.argument("former", cls=_Former, required=False, type=click.Path(path_type=Path))
    return RELEASE(taken(run))
