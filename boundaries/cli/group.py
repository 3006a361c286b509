"""The command ``dapil``: parse, call, show progress. No logic. Data on stdout, talk on stderr."""

import json
import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import wraps
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from boundaries import __version__
from boundaries.errors import BoundariesError, ReleaseError, VerifyError

OUT = click.option(
    "--out",
    "out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("build"),
    show_default=True,
    help="Directory of releases.",
)
JSON = click.option("--json", "as_json", is_flag=True, help="Machine-readable JSON on stdout.")
RELEASE = click.argument("release", type=click.Path(path_type=Path), default=Path("build/current"))


def say(message: str) -> None:
    """Write a line for the person to stderr."""
    click.echo(message, err=True)


def emit(value: object) -> None:
    """Write data to stdout as JSON."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, sort_keys=False, default=str))


def friendly(command: Callable[..., Any]) -> Callable[..., Any]:
    """Turn a BoundariesError into one message on stderr and its exit code."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except BoundariesError as error:
            say(f"dapil: {error}")
            sys.exit(error.exit_code)
        except KeyboardInterrupt:
            say("dapil: interrupted; what was published before is untouched")
            sys.exit(1)

    return run


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="dapil")
@click.option("-v", "--verbose", is_flag=True, help="Show what the libraries log, too.")
def main(verbose: bool) -> None:
    """Maps of Indonesia's electoral districts (dapil), from the law's tables and a real base map.

    \b
    The usual way:
      dapil build               fetch a base map, build every plan, publish to build/current
      dapil info                what is in it
      dapil lookup 106.8 -6.2   which dapil a point (lon lat) lies in
      dapil export              one file of it: any chamber, province, format and size
      dapil verify              re-check every invariant from the files alone
      dapil publish --to postgresql://…   write it into PostGIS
      dapil sync https://… DIR  mirror the releases of a service, every file checked
      python server.py          serve it (OGC API Features)
      dapil site DIR            write the map page as a folder for any web host

    \b
    Exit codes: 0 done, 1 unexpected or interrupted, 2 wrong use, 3 a plan or code is wrong,
    4 a source cannot be had or read, 5 the coverage lost something, 6 a release cannot be
    written or read, 7 verification failed, 8 nothing found.
    """
    logging.basicConfig(level=logging.INFO if verbose else logging.ERROR, stream=sys.stderr)


@main.command()
@JSON
@friendly
def sources(as_json: bool) -> None:
    """List the base maps that can be built on, with licence and vintage."""
    from boundaries.sources import available, load_source

    found = [load_source(name) for name in available()]
    if as_json:
        emit(
            [
                {
                    "id": s.id,
                    "title": dict(s.title),
                    "vintage": s.vintage,
                    "open": s.open,
                    "licence": s.licence.name,
                }
                for s in found
            ]
        )
        return
    for s in found:
        kind = "open data" if s.open else "NOT open data"
        click.echo(f"{s.id:<18}{s.vintage:<8}{kind:<15}{s.licence.name}\n{'':<18}{s.title['en']}")


@main.command()
@click.option(
    "--source", default="auto", show_default=True, help="Source id, 'auto', or the path of a descriptor."
)
@JSON
@friendly
def fetch(source: str, as_json: bool) -> None:
    """Fetch the files of a base map into the cache, every one checked against its pinned hash.

    Tried in this order: the folder BOUNDARIES_MIRROR, the cache (BOUNDARIES_CACHE), upstream.
    """
    from boundaries.build import whole_need
    from boundaries.sources import choose

    chosen = choose(source, need=whole_need())
    say(f"source: {chosen.why}")
    files = {path: str(file.file) for path, file in sorted(chosen.fetched.files.items())}
    if as_json:
        emit({"source": chosen.source.id, "files": files})
    else:
        click.echo("\n".join(files.values()))


@main.command()
@OUT
@click.option(
    "--source", default="auto", show_default=True, help="Source id, 'auto', or the path of a descriptor."
)
@click.option(
    "--plan", "plans", multiple=True, metavar="ID", help="Only this plan, e.g. dpr-2024; repeatable."
)
@click.option(
    "--plans-dir",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Another folder of plans than the project's data/plans.",
)
@click.option("--downloads/--no-downloads", "with_downloads", default=True, show_default=True,
              help="Make the files for downloading, too; later: dapil export --all.")  # fmt: skip
@JSON
@friendly
def build(out: Path, source: str, plans: tuple[str, ...], plans_dir: Path | None, with_downloads: bool,
          as_json: bool) -> None:  # fmt: skip
    """Build every plan on a base map and make the result the current release.

    'auto' takes kemendagri-2025 (open data, exact codes) if its files can be had, else gadm-4.1, and says
    which and why. A build that fails or is killed leaves the current release as it was.
    """
    from boundaries.build import build as run

    terminal = sys.stderr.isatty()
    result = run(
        out,
        source=source,
        only=plans,
        plans_directory=plans_dir,
        tell=say,
        progress=say if terminal else lambda step: None,
        bars=terminal,
        with_downloads=with_downloads,
    )
    release = result.release
    say(f"release: {release.path}")
    if as_json:
        emit({"release": release.id, "path": str(release.path), "source": result.choice,
              "plans": release.manifest["plans"]})  # fmt: skip
    else:
        click.echo(release.path)


@main.command()
@RELEASE
@JSON
@friendly
def verify(release: Path, as_json: bool) -> None:
    """Re-check every invariant of a release from its files alone."""
    from boundaries.release.store import open_release
    from boundaries.verify.run import verify as run

    progress = (lambda rule: say(f"checking {rule}")) if sys.stderr.isatty() else None
    report = run(open_release(release, complete=False), progress)
    if as_json:
        emit(report.as_dict())
    else:
        click.echo(report.as_text())
    if report.findings:
        raise VerifyError(f"{len(report.findings)} findings in {release}: do not publish it; build it again")


@main.command(context_settings={"ignore_unknown_options": True})  # -6.2 is a latitude, not an option
@click.argument("lon", type=float)
@click.argument("lat", type=float)
@click.option("--year", type=int, help="Election year; default: the latest.")
@click.option("--release", type=click.Path(path_type=Path), default=Path("build/current"), show_default=True)
@JSON
@friendly
def lookup(lon: float, lat: float, year: int | None, release: Path, as_json: bool) -> None:
    """Tell the dapil of every chamber at a point, e.g.  dapil lookup 106.8 -6.2  (longitude first)."""
    from boundaries.release.lookup import Lookup
    from boundaries.release.store import open_release

    answer = Lookup.from_release(open_release(release)).at(lon, lat, year)
    emit(answer.as_dict()) if as_json else click.echo(answer.as_text())


@main.command()
@RELEASE
@JSON
@friendly
def info(release: Path, as_json: bool) -> None:
    """Show what a release holds: source, licence, plans, files."""
    from boundaries.downloads import folder
    from boundaries.release.store import open_release

    found = open_release(release)
    if as_json:
        emit(found.manifest)
        return
    source = found.manifest["source"]
    click.echo(f"release  {found.id}\nsource   {source['id']}, {source['vintage']}; {source['licence']['name']}"
               f"{'' if source['open'] else ' - NOT open data'}")  # fmt: skip
    for plan in found.manifest["plans"]:
        note = "" if "layer" in plan else "  (table only: composition not known)"
        left = f"  {len(plan['omitted'])} left out" if plan["omitted"] else ""
        click.echo(f"  {plan['id']:<20}{plan['dapil']:>6} dapil {plan['kursi']:>7} kursi{note}{left}")
    for file in found.manifest["files"]:
        click.echo(f"  {file['name']:<20}{file['bytes']:>12,} bytes  {file['sha256'][:12]}")
    listed = folder.read(found)
    if listed is None:
        click.echo("  no downloads; make them with: dapil export --all")
        return
    size = sum(file["bytes"] for file in listed["files"])
    click.echo(f"  downloads/          {size:>12,} bytes  {len(listed['files']):,} files")


@main.command()
@RELEASE
@click.option("--chamber", metavar="CHAMBER", help="dpr, dpd, dprd-provinsi or dprd-kabkota; default: all, where a "
              "format holds several.")  # fmt: skip
@click.option("--year", type=int, help="Election year; default: the latest of the chamber.")
@click.option("--province", metavar="CODE", help="Only this province, e.g. 32.")
@click.option(
    "--layer",
    metavar="NAME",
    help="Instead of chamber and year: unit-kecamatan, tabel-dprd-kabkota-2014, ...",
)
@click.option(
    "--format",
    "form",
    metavar="FORMAT",
    default="gpkg",
    show_default=True,
    help="gpkg, geojson, fgb, parquet, shp, csv, kml, assignment (unit to dapil), topojson or pmtiles.",
)
@click.option(
    "--size", default="full", show_default=True, help="full, web or overview: simplified, neighbours joined."
)
@click.option("-o", "--output", type=click.Path(path_type=Path, allow_dash=True), default=Path("-"),
              help="File, or directory for the usual name; default: standard output.")  # fmt: skip
@click.option("--all", "everything", is_flag=True,
              help="Make every file at once, as the folder downloads of the release (what build does).")  # fmt: skip
@friendly
def export(release: Path, chamber: str | None, year: int | None, province: str | None, layer: str | None, form: str,
           size: str, output: Path, everything: bool) -> None:  # fmt: skip
    """Write a part of a release in another format, to a file or into a pipe.

    \b
      dapil export --chamber dpr --format geojson | jq .features[0].id
      dapil export --chamber dprd-kabkota --province 32 --format shp -o .
      dapil export --year 2024 --format topojson --size web -o dapil.topojson
    """
    from boundaries.downloads import requested_file as exports
    from boundaries.release.store import open_release

    found = open_release(release)
    if everything:
        given = click.get_current_context().get_parameter_source
        narrowed = ("chamber", "year", "province", "layer", "form", "size", "output")
        _export_all(found, [name for name in narrowed if given(name) is not ParameterSource.DEFAULT])
        return
    wanted = exports.Wanted(form, chamber, year, province, size, layer)
    file = exports.find(found, wanted)
    if output != Path("-"):
        click.echo(exports.save(file, output))
    elif sys.stdout.isatty() and not file.text:
        raise ReleaseError(f"{file.name} is not for a terminal; name a file with -o, or pipe it")
    else:
        _into_pipe(lambda: exports.pipe(file, sys.stdout.buffer))


def _export_all(release: Any, narrowed: list[str]) -> None:
    """Make the folder of downloads."""
    from boundaries.downloads import folder

    if narrowed:
        options = ", ".join(f"--{'format' if name == 'form' else name}" for name in narrowed)
        raise ReleaseError(f"--all makes every file, in the folder of the release; leave {options} away")
    progress = say if sys.stderr.isatty() else lambda step: None
    click.echo(folder.add(release, tell=progress))


def _into_pipe(write: Callable[[], None]) -> None:
    """Write to standard output; a reader that has had enough (head) is no fault."""
    try:
        write()
    except BrokenPipeError:
        os.dup2(
            os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno()
        )  # so that nothing is told at the end either


@main.command()
@RELEASE
@click.option("--to", required=True, envvar="DAPIL_DATABASE", metavar="ADDRESS",
              help="postgresql://user@host/db, or in DAPIL_DATABASE; password: PGPASSWORD, ~/.pgpass.")  # fmt: skip
@click.option("--grant", multiple=True, metavar="ROLE", help="A role that may read, from now on; repeatable.")
@click.option("--replace", is_flag=True, help="Write a release that is there already once more.")
@click.option(
    "--keep", type=click.IntRange(min=1), metavar="N", help="Then drop all but the newest N releases."
)
@JSON
@friendly
def publish(release: Path, to: str, grant: tuple[str, ...], replace: bool, keep: int | None,
            as_json: bool) -> None:  # fmt: skip
    """Write a release into PostGIS and make it the current one there, in one transaction.

    A release that is there already is compared with the files and left. Fails or is killed: nothing changed.
    """
    from boundaries.postgis.connect import driver
    from boundaries.release.store import open_release

    driver()
    from boundaries.postgis.publish import publish as run

    progress = say if sys.stderr.isatty() else lambda step: None
    done = run(open_release(release), to, grant=grant, replace=replace, keep=keep, tell=progress)
    for name in done.kept:
        say(f"kept {name}: other objects hang on its tables; drop those first")
    if as_json:
        emit(asdict(done))
        return
    click.echo(f"{done.state} {done.release} in {done.database}, schema {done.schema}: {done.features:,} features, "
               f"{done.bytes:,} bytes, {done.seconds} s")  # fmt: skip
    for name in done.dropped:
        click.echo(f"dropped {name}")


@main.command()
@click.argument("url")
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--only",
    multiple=True,
    metavar="PATTERN",
    help="Only files of such a name, e.g. 'dpr-2024.*'; repeatable.",
)
@click.option(
    "--keep", type=click.IntRange(min=1), metavar="N", help="Then remove all but the newest N releases."
)
@JSON
@friendly
def sync(url: str, directory: Path, only: tuple[str, ...], keep: int | None, as_json: bool) -> None:
    """Make DIRECTORY a mirror of the latest release at URL: fetch what is not there, check every hash.

    URL is a service's address, or that of a copy of a directory of releases on any web host. Broken off, it goes
    on from there when run again. A whole mirror can be served: DAPIL_RELEASES=DIRECTORY python server.py
    """
    from boundaries.mirror.sync import sync as run

    with _bar() as begin:
        done = run(url, directory, only=only, keep=keep, tell=say, begin=begin)
    for place in done.mended:
        say(f"mended {place}")
    if as_json:
        emit(asdict(done))
        return
    say(f"{done.release}: {done.fetched} files fetched ({done.bytes:,} bytes), {done.reused} there already"
        f"{'' if done.complete else '; not whole, so it cannot be served'}")  # fmt: skip
    for name in done.removed:
        say(f"removed {name}")
    click.echo(done.path)


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
@RELEASE
@click.option(
    "--year", "years", type=int, multiple=True, help="Only this election; repeatable. Default: all."
)
@click.option(
    "--web-only", is_flag=True, help="Half the size, but it does not open from a disk or a file share."
)
@JSON
@friendly
def site(directory: Path, release: Path, years: tuple[int, ...], web_only: bool, as_json: bool) -> None:
    """Write the map page into DIRECTORY: a folder for any web host, and for a double click on index.html.

    A site that dapil wrote there before is replaced in one step; files of others in it stay.
    """
    from boundaries.release.store import open_release
    from boundaries.site.site_folder import write_site

    progress = say if sys.stderr.isatty() else lambda step: None
    done = write_site(open_release(release), directory, years=years, web_only=web_only, tell=progress)
    if as_json:
        emit(asdict(done))
        return
    click.echo(f"{done.path}: {done.files:,} files, {done.bytes:,} bytes ({done.twin_bytes:,} of them for opening it "
               f"from a disk); elections {', '.join(map(str, done.years))} of {done.release}")  # fmt: skip


@main.command(name="map")
@click.argument("layer", default="dpr-2024")
@click.option("--release", type=click.Path(path_type=Path), default=Path("build/current"), show_default=True)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), required=True, help="PNG or SVG."
)
@friendly
def map_(layer: str, release: Path, output: Path) -> None:
    """Draw a layer of a release as a picture with its source and licence in it."""
    from boundaries.exports.picture import draw
    from boundaries.release.store import open_release

    draw(open_release(release), layer, output)
    click.echo(output)
