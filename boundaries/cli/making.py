"""Commands that make a release and prove it: sources, fetch, build, verify."""

import sys
from pathlib import Path

import click

from boundaries.cli.language import _, language
from boundaries.cli.options import BASE, JSON, OUT, SOURCE, option, release
from boundaries.cli.program import emit, main, progress, say
from boundaries.errors import VerifyError


@main.command()
@JSON
def sources(as_json: bool) -> None:
    """List the base maps that can be built on, with licence and vintage."""
    from boundaries.sources import available, load_source

    found = [load_source(name) for name in available()]
    if as_json:
        emit([{"id": s.id, "title": dict(s.title), "vintage": s.vintage, "open": s.open, "licence": s.licence.name}
              for s in found])  # fmt: skip
        return
    for s in found:
        kind = _("open data") if s.open else _("NOT open data")
        title = s.title[language()]
        click.echo(f"{s.id:<18}{s.vintage:<8}{kind:<18}{s.licence.name}\n{'':<18}{title}")


@main.command()
@SOURCE
@BASE
@JSON
def fetch(source: str, base: str, as_json: bool) -> None:
    """Fetch the files of a base map into the cache, every one checked against its pinned hash.

    Tried in this order: the folder BOUNDARIES_MIRROR, the cache (BOUNDARIES_CACHE), upstream.
    """
    from boundaries.build import whole_need
    from boundaries.sources import choose

    chosen = choose(source, need=whole_need(base))
    say(_("source: {why}").format(why=chosen.why))
    files = {path: str(file.file) for path, file in sorted(chosen.fetched.files.items())}
    if as_json:
        emit({"source": chosen.source.id, "files": files})
    else:
        click.echo("\n".join(files.values()))


@main.command()
@OUT
@SOURCE
@BASE
@option("--plan", "plans", multiple=True, metavar="ID", help="Only this plan, e.g. dpr-2024; repeatable.")
@option("--plans-dir", type=click.Path(path_type=Path, exists=True, file_okay=False),
        help="Another folder of plans than the project's data/plans.")  # fmt: skip
@option("--downloads/--no-downloads", "with_downloads", default=True, show_default=True,
        help="Make the files for downloading, too; later: dapil export --all.")  # fmt: skip
@option(
    "--map-only", is_flag=True, help="Of the files for downloading make only what the map page reads first."
)
@option("--quick", is_flag=True,
        help="A first release, to be replaced: --base kecamatan, only the plans in force, no files for downloading; "
        "it says so everywhere.")  # fmt: skip
@JSON
def build(out: Path, source: str, base: str, plans: tuple[str, ...], plans_dir: Path | None, with_downloads: bool,
          map_only: bool, quick: bool, as_json: bool) -> None:  # fmt: skip
    """Build every plan on a base map and make the result the current release.

    'auto' takes kemendagri-2025 (open data, exact codes) if its files can be had, else gadm-4.1, and says
    which and why. Lines come from the desa (374 MB to fetch); with --base kecamatan from the coarse outlines of
    kecamatan (32 MB), and every file says so. A build that fails or is killed leaves the current release as it was.
    """
    from boundaries.build import build as run

    result = run(
        out,
        source=source,
        base="kecamatan" if quick else base,
        only=plans,
        plans_directory=plans_dir,
        tell=say,
        progress=progress(),
        bars=sys.stderr.isatty(),
        with_downloads=with_downloads and not quick,
        map_only=map_only and not quick,
        provisional=quick,
    )
    made = result.release
    say(_("release: {path}").format(path=made.path))
    if as_json:
        emit({"release": made.id, "path": str(made.path), "source": result.choice,
              "plans": made.manifest["plans"]})  # fmt: skip
    else:
        click.echo(made.path)


@main.command()
@release
@option(
    "--plans",
    is_flag=True,
    help="Against the law's tables too: names and seats of dapil, members, names of units.",
)
@option("--plans-dir", type=click.Path(path_type=Path, exists=True, file_okay=False),
        help="The same against another folder of plans than the project's data/plans.")  # fmt: skip
@JSON
def verify(release: Path, plans: bool, plans_dir: Path | None, as_json: bool) -> None:
    """Re-check every invariant of a release from its files alone.

    Every file, downloads too, is read back and held against dapil.gpkg. What all files could say wrong alike (two names
    exchanged, a seat moved) only the law's tables prove: --plans.
    """
    from boundaries.law.plans import load_plans
    from boundaries.law.registry import load_registry
    from boundaries.release.store import open_release
    from boundaries.verify.law_rules import Law
    from boundaries.verify.run import verify as run

    checking = _("checking {rule}")
    tell = (lambda rule: say(checking.format(rule=rule))) if sys.stderr.isatty() else None
    law = None
    if plans or plans_dir:
        registry = load_registry()
        law = Law(load_plans(plans_dir, registry), registry)
    report = run(open_release(release, complete=False), tell, law)
    if as_json:
        emit(report.as_dict())
    else:
        click.echo(report.as_text())
    if report.findings:
        raise VerifyError(
            _("{count} findings in {release}: do not publish it; build it again").format(
                count=len(report.findings), release=release
            )
        )
