"""Commands that hand a release on: publish, sync, site, npm."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from boundaries.cli.language import _, number
from boundaries.cli.options import JSON, option, release
from boundaries.cli.program import emit, main, progress, say


@main.command()
@release
@option("--to", required=True, envvar="DAPIL_DATABASE", metavar="ADDRESS",
        help="postgresql://user@host/db, or in DAPIL_DATABASE; password: PGPASSWORD, ~/.pgpass.")  # fmt: skip
@option("--grant", multiple=True, metavar="ROLE", help="A role that may read, from now on; repeatable.")
@option("--replace", is_flag=True, help="Write a release that is there already once more.")
@option("--keep", type=click.IntRange(min=1), metavar="N", help="Then drop all but the newest N releases.")
@JSON
def publish(release: Path, to: str, grant: tuple[str, ...], replace: bool, keep: int | None,
            as_json: bool) -> None:  # fmt: skip
    """Write a release into PostGIS and make it the current one there, in one transaction.

    A release that is there already is compared with the files and left. Fails or is killed: nothing changed.
    """
    from boundaries.postgis.connect import driver
    from boundaries.release.store import open_release

    driver()
    from boundaries.postgis.publish import publish as run

    done = run(open_release(release), to, grant=grant, replace=replace, keep=keep, tell=progress())
    for name in done.kept:
        say(_("kept {name}: other objects hang on its tables; drop those first").format(name=name))
    if as_json:
        emit(asdict(done))
        return
    told = _(
        "{state} {release} in {database}, schema {schema}: {features} features, {bytes} bytes, {seconds} s"
    )
    states = {"published": _("published"), "verified": _("verified"), "replaced": _("replaced")}
    click.echo(told.format(**_counts(asdict(done)) | {"state": states[done.state]}))
    for name in done.dropped:
        click.echo(_("dropped {name}").format(name=name))


@main.command()
@click.argument("url")
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
@option(
    "--only",
    multiple=True,
    metavar="PATTERN",
    help="Only files of such a name, e.g. 'dpr-2024.*'; repeatable.",
)
@option("--keep", type=click.IntRange(min=1), metavar="N", help="Then remove all but the newest N releases.")
@JSON
def sync(url: str, directory: Path, only: tuple[str, ...], keep: int | None, as_json: bool) -> None:
    """Make DIRECTORY a mirror of the latest release at URL: fetch what is not there, check every hash.

    URL is a service's address, or that of a copy of a directory of releases on any web host. Broken off, it goes
    on from there when run again. A whole mirror can be served: DAPIL_RELEASES=DIRECTORY python server.py
    """
    from boundaries.mirror.sync import sync as run

    with _bar() as begin:
        done = run(url, directory, only=only, keep=keep, tell=say, begin=begin)
    for place in done.mended:
        say(_("mended {place}").format(place=place))
    if as_json:
        emit(asdict(done))
        return
    told = _("{release}: {fetched} files fetched ({bytes} bytes), {reused} there already").format(
        **_counts(asdict(done))
    )
    say(told + ("" if done.complete else "; " + _("not whole, so it cannot be served")))
    for name in done.removed:
        say(_("removed {name}").format(name=name))
    click.echo(done.path)


def _counts(done: dict[str, Any]) -> dict[str, Any]:
    """Return what was done with its whole numbers as a person reads them."""
    return {name: number(value) if type(value) is int else value for name, value in done.items()}


@contextmanager
def _bar() -> Iterator[Callable[[int], Callable[[int], object]]]:
    """Give what begins a bar of bytes on a terminal, and nothing elsewhere."""
    from tqdm import tqdm

    bars: list[Any] = []

    def begin(total: int) -> Callable[[int], object]:
        bars.append(tqdm(total=total, unit="B", unit_scale=True, disable=not sys.stderr.isatty()))
        return bars[0].update

    try:
        yield begin
    finally:
        for bar in bars:
            bar.close()


@main.command()
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
@release
@option("--year", "years", type=int, multiple=True, help="Only this election; repeatable. Default: all.")
@option("--web-only", is_flag=True, help="Half the size, but it does not open from a disk or a file share.")
@option(
    "--address",
    metavar="URL",
    default="",
    help="Where it will lie on the web: chats then show a picture of it, search engines its own address.",
)
@JSON
def site(
    directory: Path, release: Path, years: tuple[int, ...], web_only: bool, address: str, as_json: bool
) -> None:
    """Write the map page into DIRECTORY: a folder for any web host, and for a double click on index.html.

    A site that dapil wrote there before is replaced in one step; files of others in it stay.
    """
    from boundaries.release.store import open_release
    from boundaries.site.site_folder import write_site

    done = write_site(
        open_release(release), directory, years=years, web_only=web_only, address=address, tell=progress()
    )
    if as_json:
        emit(asdict(done))
        return
    told = _("{path}: {files} files, {bytes} bytes ({twin_bytes} of them for opening it from a disk); elections "
             "{years} of {release}")  # fmt: skip
    click.echo(told.format(**_counts(asdict(done)) | {"years": ", ".join(map(str, done.years))}))


@main.command()
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
@release
@option("--year", "years", type=int, multiple=True, help="Only this election; repeatable. Default: all.")
@option("--name", default="peta-dapil", help="What the package is called; @scope/name for one of your own.")
@option("--revision", type=click.IntRange(min=0), default=0,
        help="Last number of its version: one more than that of the package you published before.")  # fmt: skip
@JSON
def npm(
    directory: Path, release: Path, years: tuple[int, ...], name: str, revision: int, as_json: bool
) -> None:
    """Write the national maps into DIRECTORY as a package for npm: TopoJSON by chamber and election.

    Nothing is published: look at it, then run npm publish there. A package that dapil wrote there before is
    replaced in one step.
    """
    from boundaries.release.store import open_release
    from boundaries.site.npm_package import write_package

    opened = open_release(release)
    done = write_package(opened, directory, years=years, name=name, revision=revision, tell=progress())
    if as_json:
        emit(asdict(done))
        return
    told = _("{path}: {name} {version}, {files} files, {bytes} bytes; elections {years} of {release}")
    click.echo(told.format(**_counts(asdict(done)) | {"years": ", ".join(map(str, done.years))}))
