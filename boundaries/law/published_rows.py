"""The law's tables as a release publishes them: a plan's dapil, its members, its row among the plans."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

import pandas as pd

from boundaries.law.codes import ABROAD
from boundaries.law.doubts import Language, column, joined, tongues
from boundaries.law.identity import division_ids, plan_ground
from boundaries.law.meta import PlanMeta
from boundaries.law.plans import Plan
from boundaries.law.registry import Registry

LANGUAGES: Final[tuple[Language, ...]] = ("id", "en")


def dapil_rows(plan: Plan, registry: Registry, facts: Mapping[str, str]) -> pd.DataFrame:
    """Return a plan's dapil in the order of ``id``: the columns of its layer but those of the ground.

    `facts`: constant columns (sumber_batas, lisensi).
    """
    meta, rows = plan.meta, plan.dapil
    frame = pd.DataFrame(
        {
            "id": plan.id + "-" + rows["kode_dapil"],
            "kode_dapil": rows["kode_dapil"],
            "nama_dapil": rows["nama_dapil"],
            "nama_lain": rows["nama_lain"].where(rows["nama_lain"] != "", None),
            "lembaga": plan.chamber,
            "tahun": plan.year,
            "mulai": meta.mulai.isoformat(),
            "selesai": meta.selesai.isoformat() if meta.selesai else None,
            "kode_provinsi": rows["kode_provinsi"],
            "nama_provinsi": rows["kode_provinsi"].map(registry.names.get),
            "kode_kabkota": rows["kode_kabkota"].where(rows["kode_kabkota"] != "", None),
            "nama_kabkota": rows["kode_kabkota"].map(registry.names.get),
            "kursi": rows["kursi"],
            "penduduk": rows["penduduk"],
            "wilayah": rows["kode_dapil"].map(_members(plan, registry)),
            "dasar_hukum": meta.dasar_hukum,
        }
    )
    frame["wilayah_id"] = grounds = plan_ground(plan, registry)
    frame[["ocd_id", "ocd_asal"]] = division_ids(plan, grounds)
    doubts = reasons_of(plan.members, "ragu", [asdict(d) for d in meta.ragu])
    remarks = reasons_of(plan.dapil, "catatan", [asdict(d) for d in meta.catatan])
    for name, told in (("ragu", doubts), ("catatan", remarks)):
        for language in LANGUAGES:
            frame[column(name, language)] = [
                joined(told.get(code, ()), language) for code in rows["kode_dapil"]
            ]
    frame = frame.assign(**facts).sort_values("id", ignore_index=True)
    return frame.astype(object).where(frame.notna(), None).astype({"tahun": "int64", "kursi": "int64"})


def reasons_of(
    rows: pd.DataFrame, name: str, told: Iterable[Mapping[str, Any]]
) -> dict[str, list[tuple[str, str]]]:
    """Return kode_dapil → what is told of it, each with the unit that it is about: pairs for `doubts.joined`.

    `rows`: members or dapil, told of in column `name`; then come what is `told` of a plan (``hal``, ``dapil``).
    """
    found: dict[str, list[tuple[str, str]]] = {}
    rows = rows[rows[name].notna() & (rows[name] != "")]
    unit = rows["kode_unit"] if "kode_unit" in rows else [""] * len(rows)
    for code, one, why in zip(rows["kode_dapil"], unit, rows[name], strict=True):
        found.setdefault(code, []).append((why, one))
    for each in told:
        for code in each["dapil"]:
            found.setdefault(code, []).append((str(each["hal"]), ""))
    return found


def plan_row(plan: Plan) -> dict[str, Any]:
    """Return a plan's row of the table ``plans``."""
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
        "sebagian": int(meta.sebagian),
        "wilayah_dikecualikan": _json(meta.wilayah_dikecualikan),
        "luar_negeri": meta.luar_negeri or None,
        **_told(meta),
        "selisih": _json([asdict(d) for d in meta.selisih]),
        "sumber": _json([asdict(s) for s in meta.sumber]),
    }


def member_rows(plans: Sequence[Plan]) -> pd.DataFrame:
    """Return the table ``members`` of plans; what is not said is null."""
    frames = [p.members.assign(plan_id=p.id) for p in plans]
    rows = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=["ragu"])
    told = [tongues(each) for each in rows["ragu"]]
    rows["ragu"], rows["ragu_en"] = ([each[language] for each in told] for language in LANGUAGES)
    abroad = [_abroad(p) for p in plans if p.meta.luar_negeri]
    rows = pd.concat([rows, pd.DataFrame(abroad)], ignore_index=True).fillna("")
    return rows.astype(object).mask(rows == "", None)


def _abroad(plan: Plan) -> dict[str, str]:
    """The member without ground: what voters abroad belong to."""
    code, name = ABROAD
    return {
        "plan_id": plan.id,
        "lembaga": plan.chamber,
        "kode_dapil": plan.meta.luar_negeri,
        "kode_unit": code,
        "nama_unit": name,
    }


def _told(meta: PlanMeta) -> dict[str, str]:
    """Doubts and remarks of a plan, each in two columns by language."""
    return {
        column(name, language): _json([asdict(d) | {"hal": tongues(d.hal)[language]} for d in told])
        for name, told in (("ragu", meta.ragu), ("catatan", meta.catatan))
        for language in LANGUAGES
    }


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _members(plan: Plan, registry: Registry) -> pd.Series:
    """kode_dapil → ``code name; code name``, by code; voters abroad, who have no ground, at the end."""
    rows = plan.members.sort_values("kode_unit")
    text = rows["kode_unit"] + " " + rows["kode_unit"].map(registry.names.get)
    found = text.groupby(rows["kode_dapil"]).agg("; ".join)
    if plan.meta.luar_negeri:
        found[plan.meta.luar_negeri] += "; " + " ".join(ABROAD)
    return found
