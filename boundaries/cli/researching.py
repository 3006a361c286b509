"""Commands for research: graph, check, score, compare, crosswalk, ledger."""

from pathlib import Path
from typing import Any, Final

import click

from boundaries.cli.language import _, language, number
from boundaries.cli.options import JSON, RELEASE, Within, option, release
from boundaries.cli.program import emit, main, say
from boundaries.errors import NotFound, VerifyError

# As boundaries.research has them, which is not imported before it is asked for; a test holds the two together.
LEVELS: Final = ("kabkota", "kecamatan", "desa", "dasar")
GRAPH_FORMATS: Final = ("json", "csv", "graphml", "redist")


@main.command()
@release
@option("--level", type=click.Choice(LEVELS), default="dasar", show_default=True,
        help="Units as nodes; dasar: kecamatan, or the desa of a kecamatan that some plan splits.")  # fmt: skip
@option("--province", metavar="CODE", help="Only this province, e.g. 32.")
@option("--kabkota", metavar="CODE", help="Only this kabkota, e.g. 32.01.")
@option("--laut", default="tetangga:200", show_default=True, metavar="RULE",
        help="Links over the sea: tetangga:KM (neighbours up to so many km), terdekat (only those that join pieces) "
        "or tanpa (none).")  # fmt: skip
@option("--tautan", type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="FILE",
        help="CSV kode_a,kode_b,jenis[,jarak_m]: links to add (laut, feri, jembatan) or not (hapus).")  # fmt: skip
@option("--weight", "weights", multiple=True, metavar="NAME",
        help="A count that nodes carry, repeatable; default: all official ones. taksiran_penduduk_2023 is an "
        "estimate and comes only by its name.")  # fmt: skip
@option("--format", "form", type=click.Choice(GRAPH_FORMATS), default="json", show_default=True,
        help="json for GerryChain, csv tables, graphml for igraph and Gephi, redist for R.")  # fmt: skip
@option("-o", "--out", "out", type=click.Path(path_type=Path, file_okay=False), default=Path(), show_default=True,
        help="Directory of the files.")  # fmt: skip
@option("--periksa", is_flag=True, help="Write no file; list pieces, lone units and doubtful edges.")
@JSON
def graph(release: Path, level: str, province: str | None, kabkota: str | None, laut: str, tautan: Path | None,
          weights: tuple[str, ...], form: str, out: Path, periksa: bool, as_json: bool) -> None:  # fmt: skip
    """Write the graph of neighbouring units: borders, sea links, people, the dapil of every plan.

    \b
      dapil graph --province 32
      dapil graph --level kecamatan --format csv -o graf
      dapil graph --province 21 --periksa
    """
    from boundaries.law.registry import load_registry
    from boundaries.release.store import open_release
    from boundaries.research.graph import SeaRule, build_graph
    from boundaries.research.graph_files import write_graph
    from boundaries.research.people import OFFICIAL_WEIGHTS, People

    if province and kabkota:
        raise click.UsageError(_("--province and --kabkota: give one of them"))
    within = [code for code in (province, kabkota) if code]
    made = build_graph(
        open_release(release),
        level,
        People(load_registry()),
        within=within,
        sea=SeaRule.parse(laut),
        links=tautan,
        weights=weights or OFFICIAL_WEIGHTS,
    )
    if periksa:
        _inspected(made, as_json)
        return
    files = write_graph(made, form, out, "-".join(["graf", level, *within]))
    if as_json:
        emit({"files": [str(file) for file in files], **made.about})
    else:
        click.echo("\n".join(str(file) for file in files))


def _inspected(made: Any, as_json: bool) -> None:
    """Tell what is in pieces by land, what stands alone, and which edges are doubtful."""
    from boundaries.research.graph import inspect

    told = inspect(made)
    if as_json:
        emit(told)
        return
    click.echo(_("{nodes} units, {edges} edges").format(
        nodes=number(told["simpul"]), edges=number(told["sisi"])))  # fmt: skip
    for province, counts in told["provinsi"].items():
        click.echo(_("{province}: {land} pieces by land, {all} with links, {alone} units without a land border").format(
            province=province, land=counts["darat"], all=counts["semua"], alone=counts["sendiri"]))  # fmt: skip
    for edge in told["ragu"]:
        click.echo(
            _("doubtful: {kode_a} - {kode_b}, {jenis}, border {batas_m} m, gap {jarak_m} m").format(**edge)
        )


CHAMBERS: Final = ("dpr", "dpd", "dprd-provinsi", "dprd-kabkota")


@main.command()
@click.argument("plans", nargs=-1, required=True)
@RELEASE
@option("--chamber", type=click.Choice(CHAMBERS), help="Chamber of a file; default: what its codes say.")
@option("--kabkota", "council", metavar="CODE",
        help="Only this council of a plan in law (kabkota, or provinsi); of a file, the one it is for.")  # fmt: skip
@option(
    "--year",
    type=int,
    default=2024,
    show_default=True,
    help="Election whose thresholds a file is held against.",
)
@option("--kursi", "seats", type=click.IntRange(1, 1000), metavar="N", help="Seats of the council of a file.")
@option("--penduduk", "people", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
        help="CSV or XLSX kode,penduduk: people to go by, e.g. DAK2.")  # fmt: skip
@option("--sebelum", "previous", metavar="PLAN", help="Plan of before; default: that of the election before.")
@option(
    "--induk", "parent", metavar="PLAN", help="Plan whose dapil hold these; default: that of the same year."
)
@option("--batas-waktu", "count_seconds", type=Within(0), default=20, show_default=True,
        metavar="SECONDS",
        help="CPU time to count plans of whole units, where one is split: was it forced? 0: not asked.")  # fmt: skip
@option("-o", "--out", "out", type=click.Path(path_type=Path, file_okay=False), metavar="DIR",
        help="Write the report there: laporan.html, tables, the plan as a draft for data/plans; of several plans each "
        "into a folder of its name.")  # fmt: skip
@option("--strict", is_flag=True, help="End with exit code 7 if a number of the law is not met.")
@JSON
def check(plans: tuple[str, ...], release: Path, chamber: str | None, council: str | None, year: int, seats: int | None,
          people: Path | None, previous: str | None, parent: str | None, count_seconds: float, out: Path | None,
          strict: bool, as_json: bool) -> None:  # fmt: skip
    """Hold plans of dapil against the law: one in law by its name, or a table or map of one's own.

    \b
      dapil check dpr-2024
      dapil check dpr-2024 dprd-provinsi-2024 dprd-kabkota-2024
      dapil check dprd-kabkota-2024 --kabkota 32.01 -o laporan
      dapil check rancangan.csv --penduduk dak2.csv -o laporan
      dapil check rancangan.xlsx#Dapil
    """
    from boundaries.release.store import open_release
    from boundaries.research.workbench import Asked, Bench

    bench = Bench(open_release(release))
    asked = [Asked(plan, chamber or "", council or "", year, seats, people, previous or "", parent or "",
                   count_seconds) for plan in plans]  # fmt: skip
    told, failed = [], 0
    for report in bench.reports(asked):
        name = report.case.proposal.name
        if out is not None:
            from boundaries.research.report import write_report

            for file in write_report(report, bench.units(report), out / name if len(plans) > 1 else out):
                say(str(file))
        failed += len(report.failed)
        if as_json:
            told.append(report.as_dict())
            continue
        if len(plans) > 1:
            click.echo(name)
        _told(report)
    if as_json:
        emit(told if len(plans) > 1 else told[0])
    if strict and failed:
        raise VerifyError(_("{count} numbers of the law are not met").format(count=failed))


def _told(report: Any) -> None:
    """Tell what is not passed, then how many of each; beside them how a draft was read."""
    at = 0 if language() == "id" else 1
    for note in report.case.proposal.notes:
        say(note[at])
    for finding in report.findings:
        if finding.status in ("gagal", "perhatian"):
            click.echo(f"{finding.status:<10}{finding.rule:<4}{finding.council:<6} {finding.said[at]}")
    click.echo(" · ".join(f"{status}: {number(count)}" for status, count in report.counts().items()))


def _several(command: Any) -> Any:
    """The options of commands that take several plans."""
    for each in reversed((
        RELEASE,
        option("--chamber", type=click.Choice(CHAMBERS), help="Chamber of a file; default: what its codes say."),
        option("--kabkota", "council", metavar="CODE",
               help="Only this council of a plan in law (kabkota, or provinsi); of a file, the one it is for."),
        option("--year", type=int, default=2024, show_default=True,
               help="Election whose thresholds a file is held against."),
        option("--penduduk", "people", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
               help="CSV or XLSX kode,penduduk: people to go by, e.g. DAK2."),
        option("-o", "--out", "out", type=click.Path(path_type=Path, file_okay=False), metavar="DIR",
               help="Write there: banding.html, banding.json, ukuran.csv, dapil.csv."),
        JSON,
    )):  # fmt: skip
        command = each(command)
    return command


@main.command()
@click.argument("plans", nargs=-1, required=True)
@_several
def score(plans: tuple[str, ...], release: Path, chamber: str | None, council: str | None, year: int,
          people: Path | None, out: Path | None, as_json: bool) -> None:  # fmt: skip
    """Measure plans: equality, shape on the ellipsoid, splits, a column a plan, as CSV. No total score.

    \b
      dapil score dprd-kabkota-2024 --kabkota 32.01
      dapil score a.csv b.csv c.csv -o skor
    """
    _beside(plans, release, (chamber, council, year, people), out, as_json, checked=False)


@main.command()
@click.argument("plans", nargs=-1, required=True)
@_several
def compare(plans: tuple[str, ...], release: Path, chamber: str | None, council: str | None, year: int,
            people: Path | None, out: Path | None, as_json: bool) -> None:  # fmt: skip
    """Put drafts of one council side by side: law and principles, measures, how far each is from the first.

    \b
      dapil compare rancangan-1.csv rancangan-2.csv rancangan-3.csv -o banding
      dapil compare dprd-kabkota-2024 rancangan.csv --kabkota 32.01
    """
    if len(plans) < 2:
        raise click.UsageError(_("compare two plans or more"))
    _beside(plans, release, (chamber, council, year, people), out, as_json, checked=True)


def _beside(plans: tuple[str, ...], release: Path, given: tuple[Any, ...], out: Path | None, as_json: bool, *,
            checked: bool) -> None:  # fmt: skip
    from boundaries.release.store import open_release
    from boundaries.research.side_by_side import as_dict, measures_table, write_comparison
    from boundaries.research.workbench import Asked, measured

    chamber, council, year, people = given
    asked = [Asked(plan, chamber or "", council or "", year, people=people) for plan in plans]
    drafts, distances = measured(asked, open_release(release), checked=checked)
    if out is not None:
        for file in write_comparison(drafts, distances, out):
            say(str(file))
    if as_json:
        emit(as_dict(drafts, distances))
    else:
        click.echo(measures_table(drafts).to_csv(index=False, lineterminator="\n"), nl=False)


@main.command()
@click.argument("first")
@click.argument("second")
@release
def crosswalk(first: str, second: str, release: Path) -> None:
    """Compare two plans by the ground, people and polling stations that their dapil have in common, as CSV.

    \b
      dapil crosswalk dprd-kabkota-2019 dprd-kabkota-2024
      dapil crosswalk dprd-kabkota-2024 rancangan.csv
    """
    from boundaries.release.store import open_release
    from boundaries.research.workbench import compared

    click.echo(
        compared(first, second, open_release(release)).to_csv(index=False, lineterminator="\n"), nl=False
    )


@main.command()
@click.argument("chamber", type=click.Choice(CHAMBERS))
@release
@option("--year", type=int, help="Only what became of the dapil in this election.")
def ledger(chamber: str, release: Path, year: int | None) -> None:
    """Tell what became of each dapil from one election to the next, as CSV.

    \b
      dapil ledger dpr
      dapil ledger dprd-kabkota --year 2024
    """
    from boundaries.release.store import open_release
    from boundaries.research.workbench import succession

    tables = succession(chamber, open_release(release))
    chosen = {years: table for years, table in tables.items() if year in (None, int(years[-4:]))}
    if not chosen:
        raise NotFound(
            _("no election in {year}; there are {years}").format(year=year, years=", ".join(tables))
        )
    for number_of, table in enumerate(chosen.values()):
        click.echo(table.to_csv(index=False, header=not number_of, lineterminator="\n"), nl=False)
