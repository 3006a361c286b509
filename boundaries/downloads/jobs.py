"""Which files a release is offered as, and the making of each: a job writes its files and tells of them.

A job is small enough to be picklable and is run in any process: it opens the release by its path. Files of one job
share what they are made from, so no layer is read and no topology built twice.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from boundaries.downloads import research_files
from boundaries.downloads.election_jobs import election_files
from boundaries.downloads.file_facts import About
from boundaries.downloads.listing import END
from boundaries.law.meta import CHAMBERS
from boundaries.release.dataset import Dataset, Datasets
from boundaries.release.packing import BEST, QUICK, gzipped
from boundaries.release.store import DETAILS, Release, mapped, open_release

#: Formats that pages fetch.
_SENT_OFTEN: Final = ("topojson", "map")


@dataclass(frozen=True)
class Job:
    """One piece of work: its kind (a key of `KINDS`) and what it is about."""

    kind: str
    subject: str


def jobs(release: Release) -> list[Job]:
    """Every job of a release, the longest first, so that two workers end together."""
    years = sorted({int(plan["tahun"]) for plan in mapped(release.manifest)}, reverse=True)
    layers = sorted(
        Datasets(release).layers, key=lambda name: "kabkota" not in name and "kecamatan" not in name
    )
    return [
        *(Job(kind, str(year)) for year in years for kind in ("topojson", "pmtiles")),
        Job("reports", ""),
        Job("graphs", ""),
        Job("counts", ""),
        Job("drafts", ""),
        Job("map", ""),
        *(Job("succession", chamber) for chamber in CHAMBERS),
        Job("project", ""),
        *(Job("layer", name) for name in layers),
        *(Job("elections", str(each["name"])) for each in release.manifest.get("elections", ())),
    ]


def of_map(release: Release) -> list[Job]:
    """The jobs whose files the map page reads before anything else: its data, and the maps of the newest election."""
    years = [int(plan["tahun"]) for plan in mapped(release.manifest)]
    return [*([Job("topojson", str(max(years)))] if years else []), Job("map", "")]


def run(job: Job, release_path: Path, folder: Path, journal: Path | None = None) -> list[dict[str, Any]]:
    """Do a job: write its files into `folder`; return their entries for ``downloads.json``.

    `journal`: where each file is told as soon as it is ready (`boundaries.downloads.unfinished`).
    """
    release = open_release(release_path)
    found = []
    for name, about in KINDS[job.kind](release, job.subject, folder):
        found.append(entry(folder, name, about))
        note(journal, found[-1])
    note(journal, None)
    return found


def note(journal: Path | None, told: Mapping[str, Any] | None) -> None:
    """Tell of a file that is ready, or (None) of a job's end, in a line of its own."""
    if journal is not None:
        text = END if told is None else json.dumps(told, ensure_ascii=False)
        with journal.open("a", encoding="utf-8") as file:
            file.write(text + "\n")


def entry(folder: Path, name: str, about: About) -> dict[str, Any]:
    """Describe a file that was written, and pack it beside itself where that is worth it."""
    path = folder / name
    found: dict[str, Any] = {
        "name": name,
        "bytes": path.stat().st_size,
        "sha256": _sha256(path),
        "media_type": about.media_type,
        "format": about.format,
        "dataset": about.dataset,
        "year": about.year,
        "chamber": about.chamber,
        "province": about.province,
        "size": about.size,
        "title": dict(about.title),
    }
    if about.text:
        packed = path.with_name(f"{name}.gz")
        packed.write_bytes(gzipped(path.read_bytes(), BEST if about.format in _SENT_OFTEN else QUICK))
        found["gzip"] = {"bytes": packed.stat().st_size, "sha256": _sha256(packed)}
    return found


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# --- the kinds of jobs -------------------------------------------------------------------------------


def _layer(release: Release, name: str, folder: Path) -> Iterator[tuple[str, About]]:
    """One layer or table in every format that can hold it; of a plan with members also its assignment."""
    from boundaries.exports.csvtable import unit_names, write_assignment
    from boundaries.exports.formats import FORMATS
    from boundaries.exports.qgis_style import qml, sld

    styles = (("qml", qml, "application/xml"), ("sld", sld, "application/vnd.ogc.sld+xml"))
    datasets = Datasets(release)
    for detail in DETAILS:
        dataset = datasets.get(name, detail)
        for each in FORMATS.values():
            if each.detail != detail or (each.needs_geometry and dataset.geometry is None):
                continue
            file = f"{name}{each.suffix}"
            each.write(dataset, folder / file)
            size = detail if each.needs_geometry else None
            yield file, _about(dataset, each.id, each.media_type, text=each.text, size=size)
    if dataset.geometry is not None:
        for form, write, media in styles:
            (folder / f"{name}.{form}").write_text(write(dataset, "id"), encoding="utf-8")
            yield f"{name}.{form}", _about(dataset, form, media, text=False)
    if dataset.geometry is not None and name in datasets.plans:
        file = f"{name}-assignment.csv"
        rows = datasets.assigned(name)
        write_assignment(dataset, rows, unit_names(datasets), folder / file)
        yield file, _about(dataset, "assignment", "text/csv", text=True)


def _about(
    dataset: Dataset, format_id: str, media_type: str, *, text: bool, size: str | None = None
) -> About:
    chamber, _, year = dataset.name.removeprefix("tabel-").rpartition("-")
    plan = not dataset.name.startswith("unit-")
    return About(
        format_id,
        media_type,
        dataset.name,
        dataset.title,
        text,
        year=int(year) if plan else None,
        chamber=chamber if plan else None,
        size=size,
    )


def _topojson(release: Release, year: str, folder: Path) -> Iterator[tuple[str, About]]:
    """The TopoJSON files of a year, and the ledger of what their simplification cost."""
    from boundaries.exports import topojson

    ledger = []
    pages_first = tuple(reversed(topojson.SIZES))  # what the map page draws is small
    for file in topojson.files(release, int(year), pages_first, provinces=True):
        (folder / file.name).write_bytes(file.content)
        if not file.province:
            ledger.append(file.cost().assign(file=file.name))
        yield file.name, topojson_about(file, int(year))
    import pandas as pd

    name = f"quality-topojson-{year}.csv"
    table = pd.concat(ledger, ignore_index=True)
    table.insert(0, "file", table.pop("file"))
    table.to_csv(folder / name, index=False, lineterminator="\n")
    title = {
        "id": f"Ongkos penyederhanaan TopoJSON {year}, tiap dapil",
        "en": f"What simplification cost each dapil in the TopoJSON of {year}",
    }
    yield name, About("quality", "text/csv", f"dapil-{year}", title, True, year=int(year))


def topojson_about(file: Any, year: int) -> About:
    """Tell of a TopoJSON file."""
    what = {"id": file.chamber or "semua lembaga", "en": file.chamber or "all chambers"}
    where = f", {file.province}" if file.province else ""
    return About(
        "topojson",
        "application/json",
        f"{file.chamber or 'dapil'}-{year}",
        {language: f"TopoJSON {text} {year}{where} ({file.size})" for language, text in what.items()},
        True,
        year=year,
        chamber=file.chamber or None,
        province=file.province or None,
        size=file.size,
    )


def _pmtiles(release: Release, year: str, folder: Path) -> Iterator[tuple[str, About]]:
    """The vector tiles of a year."""
    from boundaries.exports.pmtiles import write_pmtiles

    name = f"dapil-{year}.pmtiles"
    write_pmtiles(release, int(year), folder / name)
    title = {
        "id": f"Ubin vektor semua dapil {year}",
        "en": f"Vector tiles of all dapil of {year}",
    }
    yield name, About("pmtiles", "application/vnd.pmtiles", f"dapil-{year}", title, year=int(year))


def _map(release: Release, _: str, folder: Path) -> Iterator[tuple[str, About]]:
    """What the map page reads beside the TopoJSON."""
    from boundaries.exports.mapdata import map_files

    title = {"id": "Data halaman peta", "en": "Data of the map page"}
    for name, content in map_files(release):
        (folder / name).write_bytes(content)
        yield name, About("map", "application/json", "release", title, True)


def _drafts(release: Release, _: str, folder: Path) -> Iterator[tuple[str, About]]:
    """What the page that holds drafts against the law reads."""
    from boundaries.exports.mapdata.draft_files import draft_files

    title = {"id": "Data halaman uji rancangan", "en": "Data of the page that checks drafts"}
    for name, content in draft_files(release):
        (folder / name).write_bytes(content)
        yield name, About("map", "application/json", "release", title, True)


def _graphs(release: Release, _: str, folder: Path) -> Iterator[tuple[str, About]]:
    """The graphs of neighbouring units."""
    yield from _told("graph", research_files.graphs(release, folder))


def _counts(release: Release, _: str, folder: Path) -> Iterator[tuple[str, About]]:
    """What was counted of all lawful plans."""
    yield from _told("counts", research_files.counts(release, folder))


def _succession(release: Release, chamber: str, folder: Path) -> Iterator[tuple[str, About]]:
    """What became of a chamber's dapil from one election to the next."""
    yield from _told("succession", research_files.succession(release, chamber, folder))


def _reports(release: Release, _: str, folder: Path) -> Iterator[tuple[str, About]]:
    """A report of every plan in law."""
    yield from _told("report", research_files.reports(release, folder))


def _told(format_id: str, made: Iterator[research_files.Made]) -> Iterator[tuple[str, About]]:
    for each in made:
        title = dict(zip(("id", "en"), each.title, strict=True))
        yield each.name, About(format_id, each.media_type, each.dataset, title, True)


def _project(release: Release, _: str, folder: Path) -> Iterator[tuple[str, About]]:
    """The QGIS project of ``dapil.gpkg``."""
    from boundaries.exports import qgis_style

    title = {"id": "Proyek QGIS semua lapisan", "en": "QGIS project of all layers"}
    (folder / qgis_style.PROJECT).write_bytes(qgis_style.project(release))
    yield qgis_style.PROJECT, About("qgis", "application/x-qgis-project", "release", title)


KINDS: Final[Mapping[str, Callable[[Release, str, Path], Iterator[tuple[str, About]]]]] = {
    "layer": _layer,
    "topojson": _topojson,
    "pmtiles": _pmtiles,
    "map": _map,
    "drafts": _drafts,
    "graphs": _graphs,
    "counts": _counts,
    "succession": _succession,
    "reports": _reports,
    "project": _project,
    "elections": election_files,
}


def list_bytes(value: Mapping[str, Any]) -> bytes:
    """Write ``downloads.json``: the same list gives the same bytes."""
    return (json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()
