"""Commands that answer from a release: info, lookup."""

from pathlib import Path
from typing import Any

import click

from boundaries.cli.language import _, language, number
from boundaries.cli.options import JSON, YEAR, release
from boundaries.cli.program import emit, main


@main.command(context_settings={"ignore_unknown_options": True})  # -6.2 is a latitude, not an option
@click.argument("lon", type=float)
@click.argument("lat", type=float)
@YEAR
@release
@JSON
def lookup(lon: float, lat: float, year: int | None, release: Path, as_json: bool) -> None:
    """Tell the dapil of every chamber at a point, e.g.  dapil lookup 106.8 -6.2  (longitude first)."""
    from boundaries.release.lookup import Lookup
    from boundaries.release.store import open_release

    answer = Lookup.from_release(open_release(release)).at(lon, lat, year)
    emit(answer.as_dict()) if as_json else click.echo(answer.as_text(language()))


@main.command()
@release
@JSON
def info(release: Path, as_json: bool) -> None:
    """Show what a release holds: source, licence, plans, files."""
    from boundaries.downloads import folder
    from boundaries.downloads.listing import extent
    from boundaries.release.store import open_release

    found = open_release(release)
    if as_json:
        emit(found.manifest)
        return
    source = found.manifest["source"]
    closed = "" if source["open"] else " - " + _("NOT open data")
    click.echo(_("release  {id}").format(id=found.id))
    click.echo(_("source   {id}, {vintage}; {licence}").format(
        id=source["id"], vintage=source["vintage"], licence=source["licence"]["name"]) + closed)  # fmt: skip
    for plan in found.manifest["plans"]:
        click.echo(_plan(plan))
    for file in found.manifest["files"]:
        size = _bytes(file["bytes"])
        click.echo(f"  {file['name']:<20}{size}  {file['sha256'][:12]}")
    listed = folder.read(found)
    if listed is None:
        click.echo(
            _("  no downloads; make them with: {command}").format(command=folder.make_command(release))
        )
        return
    told = extent(listed["files"])
    click.echo(
        f"  {'downloads/':<20}{_bytes(told.bytes)}  " + _("{count} files").format(count=number(told.files))
    )


def _bytes(count: int) -> str:
    return _("{count:>12} bytes").format(count=number(count))


def _plan(plan: dict[str, Any]) -> str:
    note = "" if "layer" in plan else "  " + _("(table only: composition not known)")
    left = "  " + _("{count} left out").format(count=len(plan["omitted"])) if plan["omitted"] else ""
    return f"  {plan['id']:<20}{plan['dapil']:>6} dapil {plan['kursi']:>7} kursi{note}{left}"
