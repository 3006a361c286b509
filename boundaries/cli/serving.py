"""Commands that serve a release, or let others serve it: serve, pygeoapi-config."""

import sys
from pathlib import Path

import click
from click.core import ParameterSource

from boundaries.cli.language import _
from boundaries.cli.options import option, release
from boundaries.cli.program import main


@main.command("pygeoapi-config")
@release
@option("--database", metavar="ADDRESS",
        help="Instead of files: postgresql://user@host/db, where dapil publish has put a release.")  # fmt: skip
@option("--into", type=click.Path(path_type=Path, exists=True, dir_okay=False),
        help="A configuration of pygeoapi: it is written whole, with the collections in it.")  # fmt: skip
def pygeoapi_config(release: Path, database: str | None, into: Path | None) -> None:
    """Write the collections of a release for a stock pygeoapi, as YAML on standard output.

    \b
      dapil pygeoapi-config --into my-config.yml > pygeoapi.yml
      export PYGEOAPI_CONFIG=pygeoapi.yml PYGEOAPI_OPENAPI=openapi.yml
      pygeoapi openapi generate $PYGEOAPI_CONFIG --output-file $PYGEOAPI_OPENAPI
      pygeoapi serve

    The paths in it are those of this machine; write it again where the release lies elsewhere, or is a newer one.
    """
    from boundaries.release.store import open_release
    from boundaries.service.ogcapi.stock_config import written

    if (
        database
        and click.get_current_context().get_parameter_source("release") is not ParameterSource.DEFAULT
    ):
        raise click.UsageError(_("--release and --database name two releases; leave one away"))
    address = database or str(open_release(release).path.resolve())
    click.echo(written(address, into), nl=False)


@main.command(add_help_option=False, context_settings={"ignore_unknown_options": True})
@click.argument("settings", nargs=-1, type=click.UNPROCESSED)
def serve(settings: tuple[str, ...]) -> None:
    """Serve the releases in build, or in DAPIL_RELEASES (OGC API Features), until stopped.

    Settings are those of server.py, as options or from the environment; dapil serve --help lists them.
    """
    from boundaries.service.server import main as run

    sys.exit(run([*settings]))
