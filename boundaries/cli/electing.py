"""Commands on the election's tables: data check, data list, data scorecard, seats, join."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import click

from boundaries.cli.language import Command, Told, _, language, number
from boundaries.cli.options import JSON, Within, among, option, release
from boundaries.cli.program import emit, main, say
from boundaries.errors import NotFound, TableError

# As boundaries.elections.seats has them; a test holds the two together.
METHODS = ("sainte-lague", "sainte-lague-1.4", "dhondt", "imperiali", "hare", "droop")


class Group(Told, click.Group):
    """A group of commands whose help is translated."""

    command_class = Command


@main.group(cls=Group)
def data() -> None:
    """The election's tables: parties, candidates, results, finance, voters, turnout, disputes."""


@data.command(name="list")
@JSON
def list_(as_json: bool) -> None:
    """Show which tables there are, what each covers, and what its figures rest on."""
    from boundaries.elections import sets

    tables = list(sets.catalogue().values())
    if as_json:
        emit([{key: value for key, value in vars(each).items() if key != "path"} for each in tables])
        return
    for each in tables:
        click.echo(
            f"{each.name:<44}{each.basis:<10}{each.coverage if language() == 'id' else each.coverage_en}"
        )
    used = {each.set for each in tables}
    for name in sets.set_names():
        if name not in used:
            described = sets.schema(name)
            click.echo(
                f"{name:<44}{'-':<10}{described.description if language() == 'id' else described.description_en}"
            )


@data.command()
@JSON
def scorecard(as_json: bool) -> None:
    """Hold every table against the nine principles of open election data, and tell what of KPU's systems is here.

    \b
      dapil data scorecard --json > scorecard.json

    A mark a principle: yes, part, no, or ? where it cannot be computed.
    """
    from boundaries.elections import scorecard as card

    if as_json:
        emit(card.report())
        return
    titles = [title[language()] for title, _rule in card.PRINCIPLES.values()]
    for at, title in enumerate(titles, 1):
        click.echo(f"{at} {title}")
    for each in card.scores():
        marks = "  ".join(
            "?" if mark == "unknown" else card.MARKS[mark][language()] for mark in each.marks.values()
        )
        click.echo(f"{each.table or each.set:<44}{marks}")


@data.command()
@click.argument("table")
@option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False),
        help="CSV, XLSX or Parquet, by its ending; default: CSV on standard output.")  # fmt: skip
def get(table: str, output: Path | None) -> None:
    """Give a published table: dapil data get hasil-dpr-2024 -o hasil.xlsx."""
    from boundaries.elections import given, sets

    rows = sets.read_set(table)
    if output is None:
        click.echo(rows.to_csv(index=False, lineterminator="\n"), nl=False)
        return
    given.write_table(rows, output, sets.schema(sets.table(table).set))
    click.echo(output)


@data.command()
@click.argument("table")
@option(
    "--plan",
    required=True,
    metavar="PLAN",
    help="The plan on whose dapil the votes are summed, e.g. dpr-2024, or a draft: a table or map of one's own.",
)
@release
@option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False),
        help="Write CSV there; default: standard output.")  # fmt: skip
def notional(table: str, plan: str, release: Path, output: Path | None) -> None:
    """Sum votes by kecamatan onto the dapil of another election or of a draft, and tell how much of it is exact.

    \b
      dapil data notional presiden-kecamatan-2019-hitung --plan dpr-2024 -o pilpres-2019-di-dapil-2024.csv
      dapil data notional presiden-kecamatan-2024-hitung --plan rancangan.csv
    """
    from boundaries.elections.notional import notional as summed
    from boundaries.release.writing import new_file
    from boundaries.research.workbench import dapil_of_desa

    drafted = dapil_of_desa(Path(plan), release) if Path(plan).suffix else None
    found = summed(table, plan, drafted)
    if output is None:
        click.echo(found.rows.to_csv(index=False, lineterminator="\n"), nl=False)
    else:
        with new_file(output) as path:
            found.rows.to_csv(path, index=False, lineterminator="\n")
    told = _("{table} ({basis}) on {plan}: {share} % of the votes moved exactly, {outside} outside")
    share = f"{100 * found.exact:.2f}"
    say(told.format(table=table, basis=found.basis, plan=plan, share=share, outside=number(found.outside)))


@data.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@option(
    "--set",
    "set_name",
    required=True,
    metavar="SET",
    help="The set it is of: hasil, calon, terpilih, partisipasi, ...",
)
@option(
    "--plan",
    default="",
    metavar="PLAN",
    help="The plan it is on, e.g. dpr-2024; without it dapil are not looked at.",
)
@option("--partial", is_flag=True, help="It has only some dapil of the plan.")
@JSON
def check(file: Path, set_name: str, plan: str, partial: bool, as_json: bool) -> None:
    """Check a table before it is published: CSV or XLSX, cell by cell, then what must hold across rows.

    \b
      dapil data check hasil.xlsx --set hasil --plan dpr-2024

    Each problem names file, line, field and mend; the exit code is 3 if there is one.
    """
    from boundaries.elections.table_check import check_table

    rows, problems = check_table(file, set_name, plan, partial=partial)
    if as_json:
        emit({"file": str(file), "set": set_name, "plan": plan, "rows": rows, "problems": problems})
    else:
        for problem in problems:
            click.echo(problem)
        told = (
            _("{file}: {rows} rows, {count} problems")
            if problems
            else _("{file}: {rows} rows, nothing to mend")
        )
        say(told.format(file=file, rows=number(rows), count=number(len(problems))))
    if problems:
        click.get_current_context().exit(TableError.exit_code)


@data.command()
@release
@JSON
def totals(release: Path, as_json: bool) -> None:
    """Sum what everybody knows from a release's tables alone: seats, votes, candidates, lists, the president, voters.

    \b
      dapil data totals --release build
    """
    from boundaries.elections.totals import totals as summed
    from boundaries.release.store import open_release

    elections = open_release(release).elections
    if elections is None:
        raise NotFound(_("the release has no tables of elections"))
    found = summed(elections)
    if as_json:
        emit([vars(each) for each in found])
        return
    for each in found:
        click.echo(f"{each.table:<36}{each.basis:<10}{each.what:<26}{each.of:<44}{number(each.figure):>12}")


@data.command(name="map")
@click.argument("table")
@release
@option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), required=True,
        help="GeoPackage, GeoJSON, FlatGeobuf or Parquet, by its ending.")  # fmt: skip
def map_(table: str, release: Path, output: Path) -> None:
    """Write results with the outlines of their dapil: winner, margin, votes and seats of each party.

    \b
      dapil data map hasil-dpr-2024 -o hasil-dpr-2024.gpkg

    QGIS draws the GeoPackage by winner at once.
    """
    from boundaries.api import read
    from boundaries.elections import joined, sets, wide

    rows = wide.wide(table)
    found = sets.table(table)
    dapil = read(found.chamber, year=int(found.year), release=release)
    joined.write(joined.on_dapil(dapil, rows), output, table)
    if output.suffix.casefold() == ".gpkg":
        wide.add_style(output, table, rows)
    lacking = sorted(set(rows["kode_dapil"]) - set(dapil["kode_dapil"]))
    if lacking:
        say(_("not in the release: {dapil}").format(dapil=", ".join(lacking)))
    click.echo(output)


@main.command()
@option("--plan", required=True, metavar="PLAN", help="The plan whose votes are taken, e.g. dpr-2024.")
@option(
    "--threshold",
    type=Within(0, 100),
    help="Share of the national vote that a party needs, in per cent; default: the law's.",
)
@option(
    "--method",
    shell_complete=among(METHODS),
    type=click.Choice(METHODS),
    help="Default: that of the law in that year.",
)
@option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write seats by dapil and party as CSV.",
)
@JSON
def seats(plan: str, threshold: float | None, method: str | None, output: Path | None, as_json: bool) -> None:
    """Tell who would have won how many seats: by the law, or by another method or threshold.

    \b
      dapil seats --plan dpr-2024 --threshold 0 --method dhondt

    Beside the seats: votes without a seat, the price of a seat, Gallagher's index, the effective number of parties.
    """
    from boundaries.elections import what_if

    share = None if threshold is None else Fraction(str(threshold)) / 100
    found = what_if.outcome(plan, method, share)
    if output is not None:
        found.by_dapil.to_csv(output, index=False, lineterminator="\n")
    if as_json:
        emit(found.as_dict())
        return
    for line in _told(found):
        click.echo(line)


def _told(found: Any) -> list[str]:
    said = _("{plan}, {table} ({basis}): {method}, threshold {threshold} %").format(
        plan=found.plan, table=found.table, basis=found.basis, method=found.method,
        threshold=f"{float(found.threshold * 100):g}")  # fmt: skip
    head = f"{_('party'):<12}{_('votes'):>14}{_('seats'):>8}{_('published'):>12}{_('votes a seat'):>14}"
    rows = [
        f"{row.partai:<12}{number(row.suara):>14}{row.kursi:>8}{_cell(row.kursi_terbit):>12}{_cell(row.harga_kursi):>14}"
        for row in found.by_party.itertuples()
    ]
    tail = [
        _("votes without a seat  {count} ({share} %)").format(
            count=number(found.wasted), share=f"{100 * found.wasted / found.votes:.1f}"),
        _("Gallagher's index     {index}").format(index=f"{found.gallagher:.2f}"),
        _("effective parties     {votes} by votes, {seats} by seats").format(
            votes=f"{found.parties_by_votes:.2f}", seats=f"{found.parties_by_seats:.2f}"),
        *(_("tied in dapil {dapil}: {count} seats for {parties}").format(**tie) for tie in found.ties),
    ]  # fmt: skip
    if found.differing is not None:
        tail.append(_("as published in {same} of {all} dapil").format(
            same=found.dapil - len(found.differing), all=found.dapil))  # fmt: skip
    if found.left_out:
        tail.append(_("left out, without votes: {count} dapil").format(count=len(found.left_out)))
    return [said, head, *rows, *tail]


def _cell(value: Any) -> str:
    import pandas as pd

    return "-" if pd.isna(value) else number(int(value))


@main.command()
@click.argument("table", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@option("--plan", required=True, metavar="PLAN", help="The plan whose dapil it is about, e.g. dpr-2024.")
@option("--on", default="", metavar="COLUMN", help="The column that tells the dapil, by id, code or name; default: id, "
        "kode_dapil, nama_dapil or dapil.")  # fmt: skip
@option("--partial", is_flag=True, help="Leave rows without a dapil out, instead of refusing the table.")
@release
@option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), required=True,
        help="GeoPackage, GeoJSON, FlatGeobuf or Parquet, by its ending.")  # fmt: skip
def join(table: Path, plan: str, on: str, partial: bool, release: Path, output: Path) -> None:
    """Put a table of your own (CSV or XLSX) on the map: each row with the outline of its dapil.

    \b
      dapil join survei.csv --plan dpr-2024 --on "Daerah Pemilihan" -o survei.gpkg

    Names are matched tolerantly (Jabar IV, Dapil Jawa Barat 4); every doubtful match is told, and so is every dapil
    without a row.
    """
    from boundaries.elections.joined import joined, write

    chamber, _dash, year = plan.rpartition("-")
    if not chamber or not year.isdigit():
        raise NotFound(_("{plan} names no plan; write it as dpr-2024").format(plan=plan))
    from boundaries.api import read

    frame, matches = joined(table, read(chamber, year=int(year), release=release), on)
    for each in matches.doubtful:
        say(_("doubtful: {match}").format(match=each))
    for each in matches.unmatched:
        say(_("no dapil: {value}").format(value=each))
    if matches.unmatched and not partial:
        told = _(
            "{count} values of {column} have no dapil; mend them, or leave their rows out with --partial"
        )
        raise TableError(told.format(count=len(matches.unmatched), column=matches.column))
    for each in matches.without_rows:
        say(_("no row: {dapil}").format(dapil=each))
    write(frame, output, plan)
    click.echo(output)
