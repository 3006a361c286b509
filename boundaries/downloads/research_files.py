"""Files of a release for researchers: graphs of neighbours, what became of dapil, crosswalks, reports of plans in law.

Graphs carry counts by the project's units, crosswalks and reports follow its plans: they are made only of a release
that was built on them.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

from boundaries.law.columns import columns_of
from boundaries.law.meta import CHAMBERS
from boundaries.release.store import Release, mapped
from boundaries.release.writing import new_file
from boundaries.research.same_law import on_this_law

#: Levels of which a release has the graph as files.
GRAPHS: Final = ("kabkota", "kecamatan", "dasar")
_LEDGER: Final = "riwayat"


@dataclass(frozen=True)
class Made:
    """A file that was written: name, media type, what it is about, and its title (id, en)."""

    name: str
    media_type: str
    dataset: str
    title: tuple[str, str]


def _has_base(release: Release) -> bool:
    """Whether a map is fine enough for what follows kecamatan."""
    return "unit-kecamatan" in release.layers


def graphs(release: Release, folder: Path) -> Iterator[Made]:
    """The graphs of every level (`GRAPHS`) in every form."""
    if not on_this_law(release):
        return
    from boundaries.law.registry import load_registry
    from boundaries.research.graph import build_graph
    from boundaries.research.graph_files import FORMS
    from boundaries.research.people import People

    people = People(load_registry())
    media = {".json": "application/json", ".csv": "text/csv", ".graphml": "application/xml"}
    for level in GRAPHS:
        if f"unit-{'kecamatan' if level == 'dasar' else level}" not in release.layers:
            continue
        graph = build_graph(release, level, people)
        for form, write in FORMS.items():
            for name, text in write(graph, f"graf-{level}").items():
                title = (f"Graf tetangga, {level} ({form})", f"Graph of neighbours, {level} ({form})")
                yield _written(folder, Made(name, media[Path(name).suffix], f"graf-{level}", title), text)


def counts(release: Release, folder: Path) -> Iterator[Made]:
    """What was counted of all lawful plans (``data/counts``): of each council, where its graph is still that one."""
    if not on_this_law(release) or not _has_base(release):
        return
    from boundaries.law.registry import load_registry
    from boundaries.research.council import PARTED, councils
    from boundaries.research.known_counts import holding, known_counts
    from boundaries.research.people import People

    registry = load_registry()
    people = People(registry)
    for chamber in PARTED:
        known = known_counts(chamber)
        if not known or f"{chamber}-2024" not in release.layers:
            continue
        table = holding(councils(release, chamber, registry=registry, people=people), known)
        name = f"semua-rencana-{chamber}-2024"
        title = (f"Semua rencana yang sah, {chamber} 2024", f"All lawful plans, {chamber} 2024")
        made = Made(f"{name}.csv", "text/csv", name, title)
        yield _written(folder, made, table.to_csv(index=False, lineterminator="\n"))


def succession(release: Release, chamber: str, folder: Path) -> Iterator[Made]:
    """The ledger of a chamber's dapil, and the crosswalks of plans that follow each other."""
    rows = release.read_table(_LEDGER)
    own = rows[rows["lembaga"] == chamber].drop(columns="lembaga")
    names = [column.name for column in columns_of(_LEDGER) if column.name != "lembaga"]
    if len(own):
        title = (f"Riwayat dapil {chamber}", f"What became of each dapil of {chamber}")
        made = Made(f"riwayat-{chamber}.csv", "text/csv", f"riwayat-{chamber}", title)
        yield _written(folder, made, own[names].to_csv(index=False, lineterminator="\n"))
    if not on_this_law(release):
        return
    if not _has_base(release):
        return
    from boundaries.research.workbench import compared

    for older, newer in pairwise(_plans(release, chamber)):
        table = compared(older, newer, release)
        title = (f"Silang {older} ke {newer}", f"Crosswalk from {older} to {newer}")
        made = Made(f"silang-{older}-{newer}.csv", "text/csv", f"silang-{chamber}", title)
        yield _written(folder, made, table.to_csv(index=False, lineterminator="\n"))


def reports(release: Release, folder: Path) -> Iterator[Made]:
    """Of every plan with members a report: it is held against the law (`boundaries.research.check`)."""
    if not _has_base(release):
        return
    from boundaries.research.report import dapil_table, page, shapes_of
    from boundaries.research.workbench import Asked, Bench

    if not on_this_law(release):
        return
    bench = Bench(release)
    known = [plan for chamber in CHAMBERS for plan in _plans(release, chamber) if bench.has_regime(plan)]
    for report in bench.reports([Asked(plan) for plan in known]):
        plan = report.case.proposal.name
        texts = {
            ".html": page(report, dapil_table(report), shapes_of(report.case, bench.units(report))),
            ".json": json.dumps(report.as_dict(), ensure_ascii=False, separators=(",", ":")) + "\n",
        }
        for suffix, text in texts.items():
            media = "text/html" if suffix == ".html" else "application/json"
            title = (f"Laporan {plan} terhadap hukum", f"Report of {plan} held against the law")
            yield _written(folder, Made(f"laporan-{plan}{suffix}", media, f"laporan-{plan}", title), text)


def _plans(release: Release, chamber: str) -> list[str]:
    """The plans of a chamber that have members, the oldest first."""
    own = [plan for plan in mapped(release.manifest) if plan["lembaga"] == chamber]
    return [str(plan["id"]) for plan in sorted(own, key=lambda plan: int(plan["tahun"]))]


def _written(folder: Path, made: Made, text: str) -> Made:
    with new_file(folder / made.name) as path:
        path.write_text(text, encoding="utf-8", newline="\n")
    return made
