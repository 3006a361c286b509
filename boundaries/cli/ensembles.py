"""Commands for many plans at once: plans (all that are lawful), sample (chains)."""

from pathlib import Path
from typing import Any, Final

import click

from boundaries.cli.language import _, language, number
from boundaries.cli.options import JSON, Within, option, release
from boundaries.cli.program import emit, main, progress, say
from boundaries.errors import PlanError, VerifyError

# As boundaries.research has them, which is not imported before it is asked for; a test holds the two together.
PARTED: Final = ("dpr", "dprd-provinsi", "dprd-kabkota")
READINGS: Final = ("ikut", "tetap")
MODES: Final = ("tetap", "ikut", "hukum")
STARTS: Final = ("hukum", "undian", "belah")


@main.command()
@release
@option("--chamber", type=click.Choice(PARTED), default="dprd-kabkota", show_default=True, help="Chamber.")
@option(
    "--council",
    "council",
    metavar="CODE",
    help="Council: a kabkota of DPRD kabkota, else a provinsi, e.g. 63.",
)
@option("--all", "everything", is_flag=True, help="A table of all councils of the chamber, as CSV.")
@option(
    "--year",
    type=int,
    default=2024,
    show_default=True,
    help="Election whose seats and plan in law are taken.",
)
@option("--kursi", "reading", type=click.Choice(READINGS), default="ikut", show_default=True,
        help="How the law is read: ikut, seats follow people (largest remainder); tetap, seats are "
        "listed.")  # fmt: skip
@option("--selisih", "permille", type=click.IntRange(1, 999), default=360, show_default=True, metavar="PERMILLE",
        help="With tetap: how far the price of a seat may be off, per mille.")  # fmt: skip
@option(
    "--bobot",
    "weight",
    metavar="NAME",
    help="People to go by; default: the first that is known for all units.",
)
@option("--laut", default="tetangga:200", show_default=True, metavar="RULE",
        help="Links over the sea: tetangga:KM, terdekat or tanpa.")  # fmt: skip
@option("--tautan", type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="FILE",
        help="CSV kode_a,kode_b,jenis[,jarak_m]: links to add (laut, feri, jembatan) or not (hapus).")  # fmt: skip
@option("--rancangan", "drafts", multiple=True, type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE", help="A draft (CSV, XLSX) to place among all, repeatable.")  # fmt: skip
@option("--batas-waktu", "seconds", type=Within(min=0.01), default=60.0, show_default=True, metavar="S",
        help="CPU seconds for the count of a council.")  # fmt: skip
@option("--batas-memori", "memory", type=click.IntRange(min=1), default=600, show_default=True, metavar="MB",
        help="Memory for its table.")  # fmt: skip
@option("--semua", "listed", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
        help="Write all lawful plans, as CSV.")  # fmt: skip
@option(
    "--acak",
    "drawn",
    type=click.IntRange(1, 1_000_000),
    metavar="N",
    help="Draw N lawful plans, uniformly, as CSV.",
)
@option("--benih", "seed", type=click.IntRange(min=0), default=1, show_default=True, help="Seed of draws.")
@option("--suara", "votes", metavar="TABLE",
        help="Votes by kecamatan (a table of hasil-wilayah): seats by party over all plans, as CSV.")  # fmt: skip
@option("-o", "--out", "out", type=click.Path(path_type=Path, file_okay=False), metavar="DIR",
        help="Write tables and pictures there.")  # fmt: skip
@option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes, with --all.")
@option("--dask", metavar="ADDRESS", help="With --all: give the councils to this Dask scheduler.")
@JSON
def plans(release: Path, chamber: str, council: str | None, everything: bool, year: int, reading: str, permille: int,
          weight: str | None, laut: str, tautan: Path | None, drafts: tuple[Path, ...], seconds: float, memory: int,
          listed: Path | None, drawn: int | None, seed: int, votes: str | None, out: Path | None, workers: int,
          dask: str | None, as_json: bool) -> None:  # fmt: skip
    """Count all plans of a council that the law allows, list or draw them, and place the plan in law among them.

    \b
      dapil plans --chamber dpr --council 63
      dapil plans --council 33.07 --rancangan a.csv --rancangan b.csv -o hasil
      dapil plans --council 33.07 --semua semua.csv
      dapil plans --council 33.07 --suara hasil-wilayah-dprd-kabkota-2019-hitung
      dapil plans --chamber dprd-kabkota --all --batas-waktu 5 > semua-rencana.csv
    """
    from boundaries.release.store import open_release
    from boundaries.research import plan_tables
    from boundaries.research.graph import SeaRule
    from boundaries.research.legal_plans import Effort

    if bool(council) == everything:
        raise click.UsageError(_("give a council (--council), or --all"))
    alone = {
        "--rancangan": drafts,
        "--semua": listed,
        "--acak": drawn,
        "--suara": votes,
        "-o": out,
        "--json": as_json,
    }
    if everything and (given := [name for name, value in alone.items() if value]):
        raise click.UsageError(_("{names}: of one council, not of --all").format(names=", ".join(given)))
    if drawn and (votes or as_json):
        raise click.UsageError(_("--acak gives a table of plans; leave out --suara and --json"))
    effort = Effort(seconds, memory << 20, seed=seed)
    asked = plan_tables.Asking(
        chamber, year, reading, permille, weight or "", SeaRule.parse(laut), tautan, effort
    )
    if everything:
        table = plan_tables.table(
            open_release(release), asked, workers=workers, dask=dask or "", tell=progress()
        )
        click.echo(table.to_csv(index=False, lineterminator="\n"), nl=False)
        return
    opened = open_release(release)
    found = plan_tables.one(opened, asked, council or "")
    placed = [plan_tables.draft(path, found) for path in drafts]
    if listed and found.method == "tidak-terhitung":
        raise PlanError(f"{council} was not counted ({found.counted.why}); give it more with --batas-waktu")
    if listed:
        say(str(plan_tables.write_all(found, listed)))
    if out:
        for file in plan_tables.write(found, placed, out, opened):
            say(str(file))
    if drawn:
        click.echo(plan_tables.draws(found, drawn, seed), nl=False)
        return
    if votes:
        _by_party(found, votes, seed, as_json)
        return
    told = plan_tables.as_dict(found, placed)
    if as_json:
        emit(told)
    else:
        _told(told)


def _by_party(found: Any, name: str, seed: int, as_json: bool) -> None:
    """Give seats by party over all lawful plans, with the warning that votes follow plans."""
    from boundaries.research.plan_votes import seats_over, votes_of

    rows, told = seats_over(found, votes_of(found.problem.council, name), seed)
    if as_json:
        emit({**told, "partai": rows.astype(object).where(rows.notna(), None).to_dict("records")})
        return
    click.echo(rows.to_csv(index=False, lineterminator="\n"), nl=False)
    say(_("{plans} plans; votes {table} ({basis}), known of {share:.1%} of the people; {doubt} rows doubtful").format(
        plans=number(told["rencana"]), table=told["tabel"], basis=told["basis"], share=told["cakupan_penduduk"],
        doubt=number(told["baris_ragu"])))  # fmt: skip
    say(_("equal quotients in {ties} dapil; seats without votes in {empty} plans; {lost} votes unplaced").format(
        ties=number(told["dapil_seri"]), empty=number(told["rencana_berkursi_kosong"]),
        lost=number(told["suara_tanpa_wilayah"])))  # fmt: skip
    say(told["peringatan"][0 if language() == "id" else 1])


def _told(told: dict[str, Any]) -> None:
    """Tell the numbers of a council in some lines."""
    at = 0 if language() == "id" else 1
    head = _(
        "{code} {name}, {chamber} {year}: {units} units, {seats} seats of {low}-{high}; people {weight}, links {links}"
    )
    click.echo(head.format(**told["dewan"]))
    if told["metode"] == "tidak-terhitung":
        click.echo(_("not counted: {why}").format(why=told["sebab"]))
    else:
        click.echo(_("{count} connected plans within the quota").format(count=number(told["rencana_kuota"])))
    if told["metode"] == "lengkap":
        click.echo(_("{count} lawful plans, by number of dapil: {each}").format(
            count=number(told["rencana_sah"]), each=", ".join(f"{k}: {number(v)}" for k, v in
                                                              told["sah_menurut_jumlah_dapil"].items())))  # fmt: skip
    elif told["metode"] == "undian":
        click.echo(_("about {count} lawful plans (95 %: {low} to {high}), from {tried} uniform draws").format(
            count=number(round(told["rencana_sah_taksiran"])), low=number(round(told["sah_bawah"])),
            high=number(round(told["sah_atas"])), tried=number(told["dicoba"])))  # fmt: skip
    for each in told["penghalang"]:
        click.echo(_("blocked by {unit}: {quota:.2f} prices of a seat, neighbours {near}").format(
            unit=each["unit"], quota=each["kuota"], near=", ".join(each["tetangga"]) or "-"))  # fmt: skip
    if told["pembelahan"]:
        click.echo(_("units split by the plan in law: {units}; {forced}").format(
            units=", ".join(told["terbelah"]), forced=told["pembelahan"]))  # fmt: skip
    for plan in told["rencana"]:
        if not plan["sah"]:
            click.echo(_("{plan} is itself none of these").format(plan=plan["nama"]))
    for name, row in told["ukuran"].items():
        places = "; ".join(
            f"{plan['nama']} {plan['ukuran'][name]:.4g}" + (
                f" ({plan['persentil'][name]:.1%})" if name in plan["persentil"] else "")
            for plan in told["rencana"] if plan["ukuran"].get(name) is not None)  # fmt: skip
        span = f"{row['p0']:.4g} … {row['p50']:.4g} … {row['p100']:.4g}" if row["p0"] is not None else "-"
        click.echo(f"  {row['arti'][at]}: {span}" + (f"; {places}" if places else ""))


@main.command()
@release
@option("--chamber", type=click.Choice(PARTED), default="dprd-kabkota", show_default=True, help="Chamber.")
@option("--council", "council", metavar="CODE", required=True,
        help="Council: a kabkota of DPRD kabkota, else a provinsi, e.g. 63.")  # fmt: skip
@option(
    "--year",
    type=int,
    default=2024,
    show_default=True,
    help="Election whose seats and plan in law are taken.",
)
@option("--level", type=click.Choice(("kabkota", "kecamatan", "desa")),
        help="Units that are moved; default: those of the law.")  # fmt: skip
@option("--kursi", "mode", type=click.Choice(MODES), default="ikut", show_default=True,
        help="tetap: seats stay with their dapil; ikut: two dapil share their seats by people; hukum: largest "
        "remainder of the whole council.")  # fmt: skip
@option("--selisih", "permille", type=click.IntRange(1, 999), default=150, show_default=True, metavar="PERMILLE",
        help="How far the price of a seat may be off, per mille (not with hukum).")  # fmt: skip
@option("--dapil", type=click.IntRange(2, 60), metavar="N", help="Number of dapil; default: as in law.")
@option("--langkah", "steps", type=click.IntRange(min=1), default=100_000, show_default=True, metavar="N",
        help="Steps of each chain.")  # fmt: skip
@option("--tiap", "every", type=click.IntRange(min=1), default=100, show_default=True, metavar="N",
        help="A plan is kept after so many steps.")  # fmt: skip
@option(
    "--rantai",
    "chains",
    type=click.IntRange(1, 1000),
    default=4,
    show_default=True,
    metavar="N",
    help="Chains.",
)
@option("--benih", "seed", type=click.IntRange(min=0), default=1, show_default=True,
        help="Seed: the same gives the same bytes, on any number of workers.")  # fmt: skip
@option("--awal", "start", type=click.Choice(STARTS), default="hukum", show_default=True,
        help="Where chains begin: the plan in law if it qualifies (else belah), an exact draw, or ground split again "
        "and again.")  # fmt: skip
@option(
    "--reversibel", "reversible", is_flag=True, help="The reversible form, whose target is known; slower."
)
@option(
    "--bobot",
    "weight",
    metavar="NAME",
    help="People to go by; default: the first that is known for all units.",
)
@option("--laut", default="tetangga:200", show_default=True, metavar="RULE",
        help="Links over the sea: tetangga:KM, terdekat or tanpa.")  # fmt: skip
@option("--tautan", type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="FILE",
        help="CSV kode_a,kode_b,jenis[,jarak_m]: links to add (laut, feri, jembatan) or not (hapus).")  # fmt: skip
@option("-o", "--out", "out", type=click.Path(path_type=Path, file_okay=False), required=True, metavar="DIR",
        help="Folder of checkpoints and results; run again, what is there is gone on with.")  # fmt: skip
@option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes.")
@option(
    "--dask", metavar="ADDRESS", help="Give the chains to this Dask scheduler; DIR must be the same for all."
)
@option("--strict", is_flag=True, help="End with exit code 7 if the chains have not converged.")
@JSON
def sample(release: Path, chamber: str, council: str, year: int, level: str | None, mode: str, permille: int,
           dapil: int | None, steps: int, every: int, chains: int, seed: int, start: str, reversible: bool,
           weight: str | None, laut: str, tautan: Path | None, out: Path, workers: int, dask: str | None, strict: bool,
           as_json: bool) -> None:  # fmt: skip
    """Wander over the plans of a council by recombination (ReCom), where there are too many to count.

    \b
      dapil sample --chamber dpr --council 32 --level kecamatan -o jabar
      dapil sample --council 32.01 --kursi hukum --langkah 50000 --rantai 4 --benih 7 -o bogor
    """
    from boundaries.law.registry import load_registry
    from boundaries.release.store import open_release
    from boundaries.research.chains import Recipe, run_chains
    from boundaries.research.convergence import enough, summary, write_chains
    from boundaries.research.council import councils
    from boundaries.research.graph import SeaRule

    recipe = Recipe(steps=steps, every=every, mode=mode, slack=permille / 1000, reversible=reversible, start=start,
                    seed=seed, chains=chains, dapil=dapil or 0)  # fmt: skip
    enough(steps // every)
    (found,) = councils(open_release(release), chamber, year, only=[council], weight=weight or "",
                        sea=SeaRule.parse(laut), links=tautan, level=level or "", registry=load_registry())  # fmt: skip
    made = run_chains(found, recipe, out, workers, dask or "")
    for file in write_chains(found, recipe, made, out):
        say(str(file))
    told = summary(found, recipe, made)
    if as_json:
        emit(told)
    else:
        click.echo(_("{status}; began with {starts}; accepted {accepted}").format(
            status=told["status"], starts=", ".join(told["awal"]),
            accepted=", ".join(f"{each:.1%}" for each in told["diterima"])))  # fmt: skip
        for name, row in told["ukuran"].items():
            size = "-" if row["bulk"] is None else f"{row['bulk']:.0f}/{row['tail']:.0f}"
            hat = "-" if row["r_hat"] is None else f"{row['r_hat']:.3f}"
            click.echo(
                f"  {name}: {row['p5']:.4g} … {row['p50']:.4g} … {row['p95']:.4g}; R-hat {hat}, ESS {size}"
            )
    if strict and told["status"] != "konvergen":
        raise VerifyError(_("the chains have not converged; take more steps"))
