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

import pandas as pd

from boundaries import sources
from boundaries.downloads import folder
from boundaries.errors import ReleaseError, SourceError
from boundaries.ground import dissolve
from boundaries.ground.base_units import BaseUnits, LevelPolygons, assemble
from boundaries.ground.coverage import CleanOptions, Coverage, clean, lost_ground
from boundaries.ground.grid import GRID
from boundaries.ground.measures import geodesic_area_m2
from boundaries.ground.overlaps import SNAPPING
from boundaries.law.codes import LENGTH, LEVELS, Level
from boundaries.law.columns import columns_of
from boundaries.law.plans import Plan, assignment, base_units, load_plans
from boundaries.law.registry import Registry, load_registry
from boundaries.law.tables import data_directory
from boundaries.release import ledger
from boundaries.release.geopackage import Layer, Table, write_geopackage
from boundaries.release.store import FOLDER, GEOPACKAGE, Release, new_release, open_release, write_json
from boundaries.sources.claims import check_claims

log = logging.getLogger(__name__)

Tell = Callable[[str], None]

CHAMBER_NAMES: Final = {
    "dpr": ("DPR RI", "House of Representatives (DPR)"),
    "dpd": ("DPD RI", "Regional Representative Council (DPD)"),
    "dprd-provinsi": ("DPRD provinsi", "Provincial councils (DPRD provinsi)"),
    "dprd-kabkota": ("DPRD kabupaten/kota", "Regency and city councils (DPRD kabupaten/kota)"),
}
_FROM_DESA: Final = "the source's outline is wrong; drawn as the union of its desa (see the descriptor)"
_WRONG_OUTLINE: Final = (
    "the source's outline is known to be wrong; the desa that would mend it could not be had"
)
_LEVEL_NAMES: Final[dict[Level, tuple[str, str]]] = {
    "provinsi": ("Provinsi", "Provinces"),
    "kabkota": ("Kabupaten dan kota", "Regencies and cities (kabupaten/kota)"),
    "kecamatan": ("Kecamatan", "Sub-regency districts (kecamatan)"),
    "desa": ("Desa dan kelurahan di kecamatan yang dibagi", "Villages of the kecamatan that a plan splits"),
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
    only: Collection[str] = (),
    plans_directory: Path | None = None,
    options: CleanOptions | None = None,
    tell: Tell = log.info,
    progress: Tell = log.debug,
    bars: bool = False,
    with_downloads: bool = True,
) -> Result:
    """Build a release of all plans (or `only` these plan ids) on one source and make it current in `out`.

    `tell` hears what a person must know (which source, and why), `progress` which step is on; `bars`: show how far a
    fetch is; `with_downloads`: make the folder of downloads too (`boundaries.downloads.folder`).

    Raises a BoundariesError of the step that failed; whatever `out` published before stays as it was.
    """
    options = options or CleanOptions()
    registry = load_registry()
    progress("plans: reading and validating the law's tables")
    plans = load_plans(plans_directory, registry, only)
    need = _need(plans, registry)
    chosen = sources.choose(source, need=need, progress=bars or None)
    tell(f"source: {chosen.why}")
    base = _base(plans, registry, chosen.source.levels)
    levels, land, remarks = _read(chosen, need, registry)
    progress(f"units: finding the polygons of {len(base):,} base units")
    polygons = assemble(
        levels,
        base,
        registry,
        missing=sources.read_missing(chosen.source),
        overlays=sources.read_overlays(chosen.source),
        partial=chosen.source.partial,
    )
    polygons.notes.update(dict.fromkeys(chosen.source.outline_from_desa, _FROM_DESA))
    polygons.notes.update(dict.fromkeys(chosen.wrong_outlines, _WRONG_OUTLINE))
    _tell_remarks(remarks, polygons.notes, tell)
    progress(f"coverage: cleaning {len(polygons.codes):,} polygons")
    cleaned = clean(polygons.codes, polygons.geometry, options=options, land_evidence=land)
    before = polygons.altered["geometry"].to_numpy(dtype=object)
    lost = lost_ground(cleaned, polygons.altered["code"].to_numpy(dtype=object), before, options)
    cleaned = replace(
        cleaned, lost_parts=pd.concat([cleaned.lost_parts, lost], ignore_index=True).drop_duplicates()
    )
    ground = dissolve.Ground(cleaned.codes, cleaned.geometry, geodesic_area_m2(cleaned.geometry))
    progress(f"dapil: dissolving {len(plans)} plans")
    facts = {
        "sumber_batas": chosen.source.id,
        "lisensi": chosen.source.licence.spdx or chosen.source.licence.name,
    }
    content = _content(plans, ground, base, registry, facts, partial=chosen.source.partial)
    _tell_left_out(content.entries, tell)
    progress("release: writing")
    inputs = _inputs(chosen.source, plans_directory)
    finish = partial(_downloads, out=out, progress=progress) if with_downloads else None
    release = _write(out, chosen, content, cleaned, polygons, registry, plans, options, inputs, finish)
    return Result(release, chosen.why)


# --- what a plan needs of a source -----------------------------------------------------------------


def whole_need() -> sources.Need:
    """Return what all of the project's plans need of a source."""
    registry = load_registry()
    return _need(load_plans(registry=registry), registry)


def _need(plans: Sequence[Plan], registry: Registry) -> sources.Need:
    """Kecamatan, the desa of those that a plan splits, and provinsi as evidence of where land is."""
    split = {b[: LENGTH["kecamatan"]] for b in base_units(plans, registry) if len(b) == LENGTH["desa"]}
    return sources.Need(("provinsi", "kecamatan"), tuple(sorted(split)))


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


def _base(plans: Sequence[Plan], registry: Registry, levels: Collection[str]) -> tuple[str, ...]:
    """Base units at the finest level that the source has, refused where a plan splits finer."""
    finest = max((LEVELS.index(lv) for lv in LEVELS if lv in levels), default=0)
    if finest >= LEVELS.index("kecamatan"):
        return base_units(plans, registry)
    level = LEVELS[finest]
    fine = [p.id for p in plans if p.members["kode_unit"].str.len().max() > LENGTH[level]]
    if fine:
        raise SourceError(
            f"the source has units down to {level}, but {', '.join(fine)} split them: "
            "add a finer level to the descriptor, or name the plans that can be built with --plan"
        )
    return registry.at(level)


# --- layers and tables -----------------------------------------------------------------------------


@dataclass(frozen=True)
class _Content:
    layers: list[Layer]
    tables: list[Table]
    entries: list[dict[str, Any]]


def _content(
    plans: Sequence[Plan],
    ground: dissolve.Ground,
    base: Sequence[str],
    registry: Registry,
    facts: Mapping[str, str],
    *,
    partial: bool,
) -> _Content:
    layers, tables, entries, assigned = [], [], [], []
    for plan in plans:
        if not plan.meta.komposisi:
            frame = dissolve.without_geometry(plan, registry)
            tables.append(_table(f"tabel-{plan.id}", _plan_title(plan), frame))
            entries.append(ledger.plan_entry(plan, f"tabel-{plan.id}", frame, {}))
            continue
        of_plan = assignment(plan, base)
        assigned.append(
            of_plan.rename_axis("kode_unit").rename("kode_dapil").reset_index().assign(plan_id=plan.id)
        )
        shown, cut = _complete(of_plan, ground, partial=partial)
        layer = dissolve.dapil(plan, ground, shown, registry, facts)
        if len(layer.frame):
            dissolve.check(plan.id, ground, layer, {str(k): str(v) for k, v in shown.items()}, "kode_dapil")
            layers.append(_layer(plan.id, _plan_title(plan), layer))
        entries.append(
            ledger.plan_entry(plan, plan.id, layer.frame, dict(layer.omitted) | _cut_names(plan, cut))
        )
    for level in LEVELS:
        if any(len(c) >= LENGTH[level] for c in ground.codes):
            units = dissolve.units(ground, level, registry, facts)
            holder = {c: c[: LENGTH[level]] for c in ground.codes if len(c) >= LENGTH[level]}
            dissolve.check(f"unit-{level}", ground, units, holder, "kode")
            layers.append(_layer(f"unit-{level}", _LEVEL_NAMES[level], units))
    tables += [
        _table("plans", ("Penetapan dapil", "Plans"), pd.DataFrame([_plan_row(p) for p in plans])),
        _table("members", ("Anggota dapil", "Members of dapil"), _member_rows(plans)),
        _table(
            "assignment", ("Wilayah dasar dan dapilnya", "Base units and their dapil"), _stacked(assigned)
        ),
    ]
    return _Content(layers, tables, entries)


def _complete(of_plan: pd.Series, ground: dissolve.Ground, *, partial: bool) -> tuple[pd.Series, set[str]]:
    """On a partial source publish only dapil of which every unit is there: a wrong line is worse than none."""
    if not partial:
        return of_plan, set()
    absent = ~of_plan.index.isin(set(ground.codes))
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


def _layer(name: str, title: tuple[str, str], features: dissolve.Published) -> Layer:
    return Layer(
        name=name,
        title=" | ".join(title),
        description=" | ".join(title),
        columns=columns_of(name),
        frame=features.frame,
        geometry=features.geometry,
    )


def _table(name: str, title: tuple[str, str], frame: pd.DataFrame) -> Table:
    frame = frame.reindex(columns=[c.name for c in columns_of(name)])
    return Table(name, " | ".join(title), " | ".join(title), columns_of(name), frame)


def _stacked(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def _plan_row(plan: Plan) -> dict[str, Any]:
    meta = plan.meta
    return {
        "plan_id": plan.id,
        "lembaga": plan.chamber,
        "tahun": plan.year,
        "mulai": meta.mulai.isoformat(),
        "selesai": meta.selesai.isoformat() if meta.selesai else None,
        "dasar_hukum": meta.dasar_hukum,
        "jumlah_dapil": meta.jumlah_dapil,
        "jumlah_kursi": meta.jumlah_kursi,
        "komposisi": int(meta.komposisi),
        "wilayah_dikecualikan": _json(meta.wilayah_dikecualikan),
        "ragu": _json([asdict(d) for d in meta.ragu]),
        "selisih": _json([asdict(d) for d in meta.selisih]),
        "sumber": _json([asdict(s) for s in meta.sumber]),
    }


def _member_rows(plans: Sequence[Plan]) -> pd.DataFrame:
    rows = _stacked([p.members.assign(plan_id=p.id) for p in plans])
    return rows.astype(object).mask(rows == "", None)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


# --- writing ---------------------------------------------------------------------------------------


def _write(
    out: Path,
    chosen: sources.Choice,
    content: _Content,
    cleaned: Coverage,
    polygons: BaseUnits,
    registry: Registry,
    plans: Sequence[Plan],
    options: CleanOptions,
    inputs: Mapping[str, str],
    finish: Callable[[Release], object] | None,
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
        table.to_csv(staging.path / "quality.csv", index=False, lineterminator="\n")
        write_json(
            staging.path / "quality.json", ledger.report(cleaned, polygons, table, content.entries, doubts)
        )
        staging.manifest.update(
            source=source,
            plans=content.entries,
            parameters=asdict(options) | {"grid_decimals": GRID, "snapping_deg": SNAPPING},
            inputs=inputs,
        )
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


def _inputs(source: sources.Source, plans_directory: Path | None) -> dict[str, str]:
    """sha256 of every table of law, units and bridge that went into the release, by path."""
    root = data_directory()
    plans = plans_directory or root / "plans"
    beside = (source.descriptor.name, source.files, source.bridge, source.missing, source.overlays)
    used = {f"plans/{p.relative_to(plans).as_posix()}": p for p in plans.glob("*/*") if p.is_file()}
    used |= {f"units/{p.name}": p for p in root.glob("units/*.csv")}
    texts = {name: path.read_bytes() for name, path in used.items()}
    texts |= {f"sources/{name}": source.text_of(name) for name in beside if name}
    return {name: hashlib.sha256(text).hexdigest() for name, text in sorted(texts.items())}


__all__ = ["Result", "build"]
