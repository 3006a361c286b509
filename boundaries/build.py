"""The whole way, a step a line: source → base units → coverage → + plans → release."""

import hashlib
import json
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from boundaries import sources
from boundaries.downloads import folder
from boundaries.elections.shipped import ship
from boundaries.errors import ReleaseError, SourceError
from boundaries.ground import dissolve
from boundaries.ground.base_units import BaseUnits, LevelPolygons, assemble
from boundaries.ground.coverage import CleanOptions, Coverage, clean
from boundaries.ground.grid import GRID
from boundaries.ground.joining import as_multi
from boundaries.ground.measures import geodesic_area_m2
from boundaries.ground.parallel import each
from boundaries.law.codes import LENGTH, LEVELS, Level
from boundaries.law.columns import columns_of
from boundaries.law.inhabitants import FILES
from boundaries.law.nesting import Nesting
from boundaries.law.plans import Plan, assignment, base_units, load_plans
from boundaries.law.published_rows import member_rows, plan_row
from boundaries.law.registry import Registry, load_registry
from boundaries.law.tables import data_directory
from boundaries.release import ledger
from boundaries.release.geopackage import Layer, Table, write_geopackage
from boundaries.release.store import (
    FOLDER,
    GEOPACKAGE,
    STANDARD,
    STANDARD_GEOPACKAGE,
    Release,
    new_release,
    open_release,
    versions,
    write_json,
)
from boundaries.release.surety import accuracy_table, levels_compared
from boundaries.research.crosswalk import Ground as Surface
from boundaries.research.people import People
from boundaries.research.succession import whole_ledger
from boundaries.sources import file_cache
from boundaries.sources.claims import check_claims
from boundaries.topology.lighter import STANDARD_M, lighter

log = logging.getLogger(__name__)

Tell = Callable[[str], None]

CHAMBER_NAMES: Final = {
    "dpr": ("DPR RI", "House of Representatives (DPR)"),
    "dpd": ("DPD RI", "Regional Representative Council (DPD)"),
    "dprd-provinsi": ("DPRD provinsi", "Provincial councils (DPRD provinsi)"),
    "dprd-kabkota": ("DPRD kabupaten/kota", "Regency and city councils (DPRD kabupaten/kota)"),
}
#: Raised whenever the tables of elections are packed otherwise.
PACKED: Final = 1
#: What a build takes as its base units: desa, or for a slow line kecamatan by their own outlines, which are coarse.
BASES: Final = ("desa", "kecamatan")
_COARSE: Final = {
    "id": "garis kasar: outline kecamatan, bukan desa",
    "en": "coarse lines: outlines of kecamatan, not of desa",
}
_LEVEL_NAMES: Final[dict[Level, tuple[str, str]]] = {
    "provinsi": ("Provinsi", "Provinces"),
    "kabkota": ("Kabupaten dan kota", "Regencies and cities (kabupaten/kota)"),
    "kecamatan": ("Kecamatan", "Sub-regency districts (kecamatan)"),
    "desa": ("Desa dan kelurahan", "Villages (desa and kelurahan)"),
}


@dataclass(frozen=True)
class Result:
    """A finished build: the release, and in words how its source was chosen."""

    release: Release
    choice: str


def build(
    out: Path,
    *,
    source: str = "auto",
    base: str = "desa",
    only: Collection[str] = (),
    plans_directory: Path | None = None,
    options: CleanOptions | None = None,
    tell: Tell = log.info,
    progress: Tell = log.debug,
    bars: bool = False,
    with_downloads: bool = True,
    map_only: bool = False,
    provisional: bool = False,
) -> Result:
    """Build a release of all plans (or `only` these plan ids) on one source and make it current in `out`.

    `base`: ``desa``; ``kecamatan`` builds on the outlines of kecamatan and on the desa of those that a plan splits: a
    fifth of the bytes to fetch, and lines so coarse that every file says so.
    `tell` hears what a person must know (which source, and why), `progress` which step is on; `bars`: show how far a
    fetch is; `with_downloads`: make the folder of downloads too (`boundaries.downloads.folder`); `map_only`: of it
    only what the map page reads first; `provisional`: the release has only the plans in force (all, if `only` names
    them), and says of itself that another takes its place.

    Raises a BoundariesError of the step that failed; whatever `out` published before stays as it was.
    """
    options = options or CleanOptions()
    registry = load_registry()
    progress("plans: reading and validating the law's tables")
    plans = load_plans(plans_directory, registry, only)
    if provisional and not only:
        plans = [plan for plan in plans if plan.meta.selesai is None]
    need = _need(plans, registry, base)
    chosen = sources.choose(source, need=need, progress=bars or None)
    asked_for = chosen.source.id if source == "auto" else source
    coarse = base == "kecamatan" and not chosen.source.bridge  # one with a bridge is read at its finest level
    if coarse:
        chosen = _marked_coarse(chosen)
    tell(f"source: {chosen.why}")
    _check_levels(plans, chosen.source)
    levels, land, remarks = _read(chosen, need, registry)
    progress("units: finding the polygons of the base units")
    polygons = assemble(
        levels,
        need.split or _split(plans, registry),
        registry,
        missing=sources.read_missing(chosen.source),
        partial=chosen.source.partial,
    )
    _tell_remarks(remarks, polygons.notes, tell)
    progress(f"coverage: cleaning {len(polygons.codes):,} polygons")
    cleaned = clean(
        polygons.codes, polygons.geometry, options=options, land_evidence=land, priority=polygons.priority
    )
    polygons = replace(
        polygons, codes=polygons.codes[:0], geometry=polygons.geometry[:0]
    )  # a gigabyte for the nation
    levels = [each for each in levels if each.level == "kecamatan"]
    ground = dissolve.Ground(cleaned.codes, cleaned.geometry, _areas(cleaned.geometry))
    progress(f"dapil: dissolving {len(plans)} plans")
    light = dissolve.Ground(ground.codes, as_multi(lighter(ground.geometry, STANDARD_M)), ground.area_m2)
    facts = {
        "sumber_batas": chosen.source.id,
        "lisensi": chosen.source.licence.spdx or chosen.source.licence.name,
    }
    compared, levels_told = levels_compared(levels, light)
    content = _content(plans, ground, light, polygons.units, registry, facts, partial=chosen.source.partial)
    surety = accuracy_table(ground, sources.read_accuracy(chosen.source, coarse=coarse), registry)
    content.tables.append(_table("accuracy", ("Ketelitian garis", "How sure the lines are"), surety))
    surface = Surface(ground.codes.astype(str), ground.area_m2)
    content.tables.append(
        _table("riwayat", ("Riwayat dapil", "What became of each dapil"),
               whole_ledger(plans, People(registry), surface))
    )  # fmt: skip
    _tell_left_out(content.entries, tell)
    progress("release: writing")
    inputs = _inputs(chosen.source, plans_directory)
    finish: Callable[[Release], object] | None = None
    if map_only:
        finish = partial(folder.begin, out=out, tell=progress)
    elif with_downloads:
        finish = partial(_downloads, out=out, progress=progress)
    evidence = (compared, levels_told)
    # The tables are on the project's own plans; plans from elsewhere have other dapil.
    elections = None
    if plans_directory is None:
        kept = file_cache.default() / "elections" / _packed_key(inputs, only)
        elections = partial(ship, plans=plans, registry=registry, only=only, kept=kept)
    more = {"provisional": {"source": asked_for, "coarse": coarse}} if provisional else {}
    release = _write(
        out,
        chosen,
        content,
        cleaned,
        polygons,
        evidence,
        registry,
        plans,
        options,
        inputs,
        elections,
        finish,
        more,
    )
    return Result(release, chosen.why)


# --- what a plan needs of a source -----------------------------------------------------------------


def whole_need(base: str = "desa") -> sources.Need:
    """Return what all of the project's plans need of a source."""
    registry = load_registry()
    return _need(load_plans(registry=registry), registry, base)


def _need(plans: Sequence[Plan], registry: Registry, base: str) -> sources.Need:
    """Desa, kecamatan as evidence of what is not drawn, and provinsi as evidence of where land is."""
    if base not in BASES:
        raise SourceError(f"no base {base!r}; choose among {', '.join(BASES)}")
    if base == "desa":
        return sources.Need(("provinsi", "kecamatan", "desa"))
    return sources.Need(("provinsi", "kecamatan"), _split(plans, registry))


def _split(plans: Sequence[Plan], registry: Registry) -> tuple[str, ...]:
    """The kecamatan that some plan splits."""
    fine = (b for b in base_units(plans, registry) if len(b) == LENGTH["desa"])
    return tuple(sorted({b[: LENGTH["kecamatan"]] for b in fine}))


def _marked_coarse(chosen: sources.Choice) -> sources.Choice:
    """Give the source another name, title and attribution: they stand in every file and row that is made of it."""
    source = chosen.source
    marked = replace(
        source,
        id=f"{source.id}-kecamatan",
        title={language: f"{text} ({_COARSE[language]})" for language, text in source.title.items()},
        attribution=f"{source.attribution}; {_COARSE['id']} | {_COARSE['en']}",
    )
    return replace(chosen, source=marked, why=f"{chosen.why}\nOn request with {_COARSE['en']}.")


def _read(
    chosen: sources.Choice, need: sources.Need, registry: Registry
) -> tuple[list[LevelPolygons], Any, dict[str, str]]:
    """Read a source into Kemendagri codes: (the levels below provinsi, the polygons of provinsi or None, remarks)."""
    raw = sources.read_needed(chosen.source, chosen.fetched, need)
    remarks = check_claims(chosen.source, raw, registry, sources.read_missing(chosen.source))
    if chosen.source.bridge:
        bridge = sources.read_bridge(chosen.source)
        raw = tuple(part for level in raw for part in sources.apply_bridge(level, bridge))
    land = [r.geometry for r in raw if r.level == "provinsi"]
    below = [
        LevelPolygons(r.level, r.codes, r.geometry) for r in raw if r.level != "provinsi" or len(raw) == 1
    ]
    return below, land[0] if land else None, remarks


def _tell_remarks(remarks: Mapping[str, str], notes: dict[str, str], tell: Tell) -> None:
    """Say what the source has of its own about units, and note it in the ledger."""
    for code, remark in remarks.items():
        notes[code] = "; ".join(filter(None, (notes.get(code, ""), remark)))
    shown = [f"{code} {remark}" for code, remark in list(remarks.items())[:10]]
    more = f"\n... and {len(remarks) - 10} more (quality.csv)" if len(remarks) > 10 else ""
    if shown:
        tell("units: " + "\n".join(shown) + more)


def _describe(chosen: sources.Choice) -> dict[str, Any]:
    """Facts of the source for the manifest: what it is, its terms, and the hash of every file used."""
    source = chosen.source
    return {
        "id": source.id,
        "title": dict(source.title),
        "publisher": source.publisher,
        "homepage": source.homepage,
        "attribution": source.attribution,
        "vintage": source.vintage,
        "open": source.open,
        "partial": source.partial,
        "licence": asdict(source.licence),
        "files": {path: file.sha256 for path, file in sorted(chosen.fetched.files.items())},
    }


def _check_levels(plans: Sequence[Plan], source: sources.Source) -> None:
    """Refuse plans that split the finest units of a source that has nothing so fine as kecamatan."""
    finest = max((LEVELS.index(lv) for lv in source.levels), default=0)
    if finest >= LEVELS.index("kecamatan"):
        return
    level = LEVELS[finest]
    fine = [p.id for p in plans if p.members["kode_unit"].str.len().max() > LENGTH[level]]
    if fine:
        raise SourceError(
            f"the source has units down to {level}, but {', '.join(fine)} split them: "
            "add a finer level to the descriptor, or name the plans that can be built with --plan"
        )


def _areas(geometry: Any) -> Any:
    """Areas (n,) in m² on the ellipsoid, reckoned in several processes."""
    spans = range(0, len(geometry), _SPAN)
    return np.concatenate(each(lambda first: geodesic_area_m2(geometry[first : first + _SPAN]), spans))


_SPAN: Final = 10_000


# --- layers and tables -----------------------------------------------------------------------------


@dataclass(frozen=True)
class _Content:
    layers: list[Layer]
    light: list[Layer]  # the same in the detail ``standard``
    tables: list[Table]
    entries: list[dict[str, Any]]


def _content(
    plans: Sequence[Plan],
    ground: dissolve.Ground,
    light: dissolve.Ground,
    base: Sequence[str],
    registry: Registry,
    facts: Mapping[str, str],
    *,
    partial: bool,
) -> _Content:
    published: dict[str, dissolve.Published] = {}
    titles = {f"unit-{level}": _LEVEL_NAMES[level] for level in ground.nesting.levels}
    tables, entries, assigned = [], [], []
    nesting = Nesting(np.array(base, dtype=str))

    for plan in plans:
        known, rest = plan.parted()
        if len(rest.dapil):
            table = dissolve.without_geometry(rest, registry)
            title, english = _plan_title(plan)
            if len(known.dapil):
                title, english = f"{title}, tanpa peta", f"{english}, without a map"
            tables.append(_table(f"tabel-{plan.id}", (title, english), table))
        if not len(known.dapil):
            entries.append(ledger.plan_entry(plan, table, table=f"tabel-{plan.id}"))
            continue
        of_plan = assignment(known, base)
        assigned.append(_condensed(of_plan, nesting).assign(plan_id=plan.id))
        shown, cut = _complete(of_plan, ground, partial=partial)
        layer = dissolve.dapil(known, ground, shown, registry, facts)
        if len(layer.frame):
            published[plan.id], titles[plan.id] = layer, _plan_title(plan)
        omitted = dict(layer.omitted) | _cut_names(plan, cut)
        name = f"tabel-{plan.id}" if len(rest.dapil) else ""
        entries.append(ledger.plan_entry(plan, layer.frame, layer=plan.id, table=name, omitted=omitted))
    for level in ground.nesting.levels:
        published[f"unit-{level}"] = dissolve.units(ground, level, registry, facts)
    tables += [
        _table("plans", ("Penetapan dapil", "Plans"), pd.DataFrame([plan_row(p) for p in plans])),
        _table("members", ("Anggota dapil", "Members of dapil"), member_rows(plans)),
        _table(
            "assignment", ("Wilayah dasar dan dapilnya", "Base units and their dapil"), _stacked(assigned)
        ),
    ]
    full, standard = (
        [
            _layer(name, titles[name], layer, shapes)
            for (name, layer), shapes in zip(published.items(), drawn, strict=True)
        ]
        for drawn in dissolve.drawn(published, [ground, light])
    )
    return _Content(full, standard, tables, entries)


def _condensed(of_plan: pd.Series, nesting: Nesting) -> pd.DataFrame:
    """Rows of the table ``assignment``: the largest units whose base units all lie in one dapil, by code."""
    dapil, number = np.unique(of_plan.to_numpy(dtype=str), return_inverse=True)
    owner = np.full(len(nesting.codes), -1)
    owner[np.searchsorted(nesting.codes, of_plan.index.to_numpy(dtype=str))] = number
    found = [(nesting.levels[level].codes[units], dapil[of]) for level, units, of in nesting.largest(owner)]
    rows = pd.DataFrame(
        {
            "kode_unit": np.concatenate([units.astype(object) for units, _ in found]),
            "kode_dapil": np.concatenate([of for _, of in found]).astype(object),
        }
    )
    return rows.sort_values("kode_unit", ignore_index=True)


def _complete(of_plan: pd.Series, ground: dissolve.Ground, *, partial: bool) -> tuple[pd.Series, set[str]]:
    """On a partial source publish only dapil of which every unit is there: a wrong line is worse than none."""
    if not partial:
        return of_plan, set()
    absent = ground.places.get_indexer(of_plan.index.astype(object)) < 0
    cut = set(of_plan[absent]) & set(of_plan[~absent])
    return of_plan[~of_plan.isin(cut)], cut


def _cut_names(plan: Plan, cut: Collection[str]) -> dict[str, str]:
    """Dapil left out because the source shows only a part of them, by id."""
    return {f"{plan.id}-{code}": "the source shows only a part of its units" for code in sorted(cut)}


def _tell_left_out(entries: Sequence[Mapping[str, Any]], tell: Tell) -> None:
    """Say how many dapil of which plan are not in the release; the manifest says of each why."""
    left = [f"{len(e['omitted'])} of {e['id']}" for e in entries if e["omitted"]]
    if left:
        tell(f"dapil: left out {', '.join(left)} (manifest.json says of each why)")


def _plan_title(plan: Plan) -> tuple[str, str]:
    indonesian, english = CHAMBER_NAMES[plan.chamber]
    return f"Dapil {indonesian} {plan.year}", f"{english}: electoral districts {plan.year}"


def _layer(name: str, title: tuple[str, str], features: dissolve.Published, geometry: Any) -> Layer:
    return Layer(
        name=name,
        title=" | ".join(title),
        description=" | ".join(title),
        columns=columns_of(name),
        frame=features.frame,
        geometry=geometry,
    )


def _table(name: str, title: tuple[str, str], frame: pd.DataFrame) -> Table:
    frame = frame.reindex(columns=[c.name for c in columns_of(name)])
    return Table(name, " | ".join(title), " | ".join(title), columns_of(name), frame)


def _stacked(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


# --- writing ---------------------------------------------------------------------------------------


def _write(
    out: Path,
    chosen: sources.Choice,
    content: _Content,
    cleaned: Coverage,
    polygons: BaseUnits,
    evidence: tuple[pd.DataFrame, Mapping[str, Any]],
    registry: Registry,
    plans: Sequence[Plan],
    options: CleanOptions,
    inputs: Mapping[str, str],
    elections: Callable[[Path], list[dict[str, Any]]] | None,
    finish: Callable[[Release], object] | None,
    more: Mapping[str, Any],
) -> Release:
    source = _describe(chosen)
    table = ledger.unit_table(cleaned, polygons, registry)
    doubts = {p.id: [asdict(d) for d in p.meta.ragu] for p in plans if p.meta.ragu}
    with new_release(out, chosen.source.id) as staging:
        write_geopackage(
            staging.path / GEOPACKAGE,
            content.layers,
            content.tables,
            metadata={"source": source, "project": "Peta Dapil", "plans": content.entries},
            date=_date(plans),
        )
        write_geopackage(
            staging.path / STANDARD_GEOPACKAGE,
            content.light,
            [table for table in content.tables if table.name != "assignment"],
            metadata={
                "source": source,
                "project": "Peta Dapil",
                "detail": STANDARD,
                "tolerance_m": STANDARD_M,
            },
            date=_date(plans),
        )
        table.to_csv(staging.path / "quality.csv", index=False, lineterminator="\n")
        if len(evidence[0]):
            evidence[0].to_csv(staging.path / "quality-levels.csv", index=False, lineterminator="\n")
        report = ledger.report(cleaned, polygons, table, content.entries, doubts)
        write_json(staging.path / "quality.json", report | {"levels": evidence[1]})
        staging.manifest.update(
            source=source,
            plans=content.entries,
            parameters=asdict(options) | {"grid_decimals": GRID},
            details={STANDARD: {"file": STANDARD_GEOPACKAGE, "tolerance_m": STANDARD_M}},
            inputs=inputs,
            **more,
        )
        if elections is not None:
            staging.manifest["elections"] = elections(staging.path)
        staging.finish = finish
    if staging.release is None:
        raise ReleaseError("the release was not published: report this as a bug")
    return staging.release


def _downloads(draft: Release, *, out: Path, progress: Tell) -> None:
    """Make the downloads of a release that is about to be published; those that are there already stay."""
    there = out / draft.id
    if (there / FOLDER).is_dir():
        with suppress(ReleaseError):
            if not any(folder.damage(open_release(there))):
                return
    progress("downloads: writing every format")
    folder.make(draft, draft.path / FOLDER, previous=folder.predecessor(out, draft), tell=progress)


def _date(plans: Sequence[Plan]) -> date:
    """Return the date that stands in the files: that of the newest election (never today's)."""
    return max(p.meta.mulai for p in plans)


def _packed_key(inputs: Mapping[str, str], only: Collection[str]) -> str:
    """Name what the packed tables of elections are made of."""
    own = {
        name: value for name, value in inputs.items() if name.startswith(("elections/", "plans/", "units/"))
    }
    text = json.dumps([PACKED, own, sorted(only), versions()], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _inputs(source: sources.Source, plans_directory: Path | None) -> dict[str, str]:
    """sha256 of every table of law, units and bridge that went into the release, by path."""
    root = data_directory()
    plans = plans_directory or root / "plans"
    beside = (
        source.descriptor.name,
        source.files,
        source.bridge,
        source.missing,
        source.accuracy,
        source.coarse_accuracy,
    )
    used = {f"plans/{p.relative_to(plans).as_posix()}": p for p in plans.glob("*/*") if p.is_file()}
    used |= {f"units/{p.name}": p for p in root.glob("units/*.csv")}
    if plans_directory is None:
        used |= {
            f"elections/{p.relative_to(root / 'elections').as_posix()}": p for p in _files(root / "elections")
        }
    used |= {f"statistics/{name}": root / "statistics" / name for name in ("luas_2024.csv", *FILES)}
    texts = {name: path.read_bytes() for name, path in used.items()}
    texts |= {f"sources/{name}": source.text_of(name) for name in beside if name}
    return {name: hashlib.sha256(text).hexdigest() for name, text in sorted(texts.items())}


def _files(directory: Path) -> list[Path]:
    return [path for path in sorted(directory.rglob("*")) if path.is_file()]


__all__ = ["Result", "build"]
