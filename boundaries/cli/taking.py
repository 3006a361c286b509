"""Commands that take a part out of a release: export, map."""

import sys
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from boundaries.cli.language import _
from boundaries.cli.options import among, option, release
from boundaries.cli.program import main, muted, progress
from boundaries.errors import ReleaseError

# As boundaries.downloads.requested_file has them, which costs a second to import; a test holds the two together.
CHAMBERS = ("dpr", "dpd", "dprd-provinsi", "dprd-kabkota")
SIZES = ("full", "standard", "web", "overview")
FORMATS = ("gpkg", "geojson", "fgb", "parquet", "shp", "csv", "kml", "topojson", "pmtiles", "assignment")


@main.command()
@release
@option("--chamber", metavar="CHAMBER", shell_complete=among(CHAMBERS),
        help="dpr, dpd, dprd-provinsi or dprd-kabkota; default: all, where a format holds several.")  # fmt: skip
@option("--year", type=int, help="Election year; default: the latest of the chamber.")
@option("--province", metavar="CODE", help="Only this province, e.g. 32.")
@option(
    "--layer",
    metavar="NAME",
    help="Instead of chamber and year: unit-kecamatan, tabel-dprd-kabkota-2014, ...",
)
@option("--format", "form", metavar="FORMAT", shell_complete=among(FORMATS),
        help="gpkg, geojson, fgb, parquet, shp, csv, kml, assignment (unit to dapil), topojson or pmtiles; default: "
        "what the ending of -o says, else gpkg.")  # fmt: skip
@option("--size", default="", shell_complete=among(SIZES),
        help="full or standard detail (by default that of the format); web or overview: simplified, neighbours "
        "joined.")  # fmt: skip
@option("-o", "--output", type=click.Path(path_type=Path, allow_dash=True), default=Path("-"),
        help="File, whose ending says the format, or directory for the usual name; default: standard "
        "output.")  # fmt: skip
@option("--all", "everything", is_flag=True,
        help="Make every file at once, as the folder downloads of the release (what build does).")  # fmt: skip
@option(
    "--map-only",
    is_flag=True,
    help="Of these make only what the map page reads first; --all goes on from there.",
)
def export(release: Path, chamber: str | None, year: int | None, province: str | None, layer: str | None,
           form: str | None, size: str, output: Path, everything: bool, map_only: bool) -> None:  # fmt: skip
    """Write a part of a release in another format, to a file or into a pipe.

    \b
      dapil export --chamber dpr --format geojson | jq .features[0].id
      dapil export --chamber dprd-kabkota --province 32 --format shp -o .
      dapil export --year 2024 --size web -o dapil.topojson
    """
    from boundaries.downloads import requested_file as exports
    from boundaries.release.store import open_release

    found = open_release(release)
    if everything or map_only:
        given = click.get_current_context().get_parameter_source
        narrowed = ("chamber", "year", "province", "layer", "form", "size", "output")
        _export_all(
            found, [name for name in narrowed if given(name) is not ParameterSource.DEFAULT], map_only
        )
        return
    to_file = output != Path("-")
    form = exports.format_of(output, form) if to_file else form or "gpkg"
    file = exports.find(found, exports.Wanted(form, chamber, year, province, size, layer))
    if to_file:
        click.echo(exports.save(file, output))
    elif sys.stdout.isatty() and not file.text:
        raise ReleaseError(
            _("{name} is not for a terminal; name a file with -o, or pipe it").format(name=file.name)
        )
    else:
        _into_pipe(exports, file)


def _export_all(release: Any, narrowed: list[str], map_only: bool) -> None:
    """Make the folder of downloads, or begin it."""
    from boundaries.downloads import folder

    if narrowed:
        options = ", ".join(f"--{'format' if name == 'form' else name}" for name in narrowed)
        raise ReleaseError(
            _("--all makes every file, in the folder of the release; leave {options} away").format(
                options=options
            )
        )
    if map_only:
        folder.begin(release, release.path.parent, tell=progress())
    else:
        click.echo(folder.add(release, tell=progress()))


def _into_pipe(exports: Any, file: Any) -> None:
    """Write to standard output; a reader that has had enough (head) is no fault."""
    try:
        exports.pipe(file, sys.stdout.buffer)
    except BrokenPipeError:
        muted()


@main.command(name="map")
@click.argument("layer", default="dpr-2024")
@release
@option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), required=True, help="PNG, SVG or PDF."
)
def map_(layer: str, release: Path, output: Path) -> None:
    """Draw a layer of a release as a picture with its source and licence in it."""
    from boundaries.exports.picture import draw
    from boundaries.release.store import open_release

    draw(open_release(release), layer, output)
    click.echo(output)
