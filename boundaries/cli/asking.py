"""Commands that answer from a release: info, lookup."""

from contextlib import closing
from pathlib import Path
from typing import Any

import click

from boundaries.cli.language import _, language, number
from boundaries.cli.options import JSON, YEAR, option, release
from boundaries.cli.program import emit, main


@main.command(context_settings={"ignore_unknown_options": True})  # -6.2 is a latitude, not an option
@click.argument("lon", type=float, required=False)
@click.argument("lat", type=float, required=False)
@option("--name", help="Instead of a point a name: of a desa, kecamatan, city, dapil or place abroad.")
@YEAR
@release
@JSON
def lookup(
    lon: float | None, lat: float | None, name: str | None, year: int | None, release: Path, as_json: bool
) -> None:
    """Tell the dapil of every chamber at a point, e.g.  dapil lookup 106.8 -6.2  (longitude first)."""
    from boundaries.release.lookup import FullPackage, Lookup, LookupResult
    from boundaries.release.named import Named, Names
    from boundaries.release.store import open_release

    package = FullPackage(open_release(release).gpkg)
    found = Lookup(package)
    answer: LookupResult | Named
    if name is not None and lon is None:
        answer = Names(package, found).find(name, year)
    elif name is None and lon is not None and lat is not None:
        answer = found.at(lon, lat, year)
    else:
        raise click.UsageError(_("give a longitude and a latitude, or --name"))
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
    doubtful = _doubtful(found)
    for plan in found.manifest["plans"]:
        click.echo(_plan(plan, doubtful.get(plan["id"])))
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


def _doubtful(release: Any) -> dict[str, int]:
    """Return how many dapil of each plan with a map are doubtful: of place, composition or seats."""
    plans = [plan["id"] for plan in release.manifest["plans"] if plan["id"] in release.layers]
    with closing(release.connect()) as connection:
        count = 'SELECT count(*) FROM "{}" WHERE ragu IS NOT NULL'
        return {plan: connection.execute(count.format(plan)).fetchone()[0] for plan in plans}


def _plan(plan: dict[str, Any], doubtful: int | None) -> str:
    note = "" if "layer" in plan else "  " + _("(table only: composition not known)")
    if doubtful is not None:
        note += "  " + _("{count:>3} doubtful").format(count=doubtful)
    left = "  " + _("{count} left out").format(count=len(plan["omitted"])) if plan["omitted"] else ""
    return f"  {plan['id']:<20}{plan['dapil']:>6} dapil {plan['kursi']:>7} kursi{note}{left}"
