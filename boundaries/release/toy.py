"""The toy nation, published as a real release: for examples and tests that need a release and no base map.

All of it is invented, and its source says so. Three provinces (codes and names in the form of Kemendagri's): a grid
of kecamatan with wiggly shared borders, a kecamatan on an island of its own and one with an islet, a kecamatan split
into four desa, a lake between two kecamatan (over 0.5 km²) and a small gap that the ledger names.

=====================  ====== ===== =================================================================
layer or table          dapil kursi of note
=====================  ====== ===== =================================================================
``dpr-2019``                4    20
``dpr-2024``                5    24  one row and the plan are doubtful
``dpd-2024``                3    12
``dprd-kabkota-2024``       6    50  not in 31; splits kecamatan 32.04.01 by desa
``tabel-dprd-kabkota-2014`` 3    25  names and seats only; the law says 26
=====================  ====== ===== =================================================================
"""

import datetime as dt
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely

from boundaries.law import codes, columns
from boundaries.law.doubts import tongues
from boundaries.law.identity import PROPOSED, ground_ids
from boundaries.release.geopackage import Layer, Table, write_geopackage
from boundaries.release.store import Staging, new_release, write_json
from boundaries.release.toy_ground import (
    PROVINCES,
    SPLIT,
    area_km2,
    base_units,
    dissolved,
    holes,
    under,
    unit_names,
)  # fmt: skip

SOURCE_ID: Final = "contoh-1"
_DOUBT: Final = "Letak Ciwidey diragukan | The place of Ciwidey is doubtful"
DATE: Final = dt.date(2024, 2, 14)


@dataclass(frozen=True)
class SmallPlan:
    """A plan as a few lines: (kode_dapil, nama, kursi, penduduk, members)."""

    chamber: str
    year: int
    start: str
    end: str | None
    law: str
    dapil: tuple[tuple[str, str, int, int | None, tuple[str, ...]], ...]
    excluded: tuple[str, ...] = ()
    composed: bool = True
    law_seats: int | None = None
    doubts: tuple[dict[str, Any], ...] = ()
    abroad: str | None = None
    other_names: Mapping[str, str] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The plan's name, as a release's."""
        return f"{self.chamber}-{self.year}"


PLANS: Final = (
    SmallPlan(
        "dpr", 2019, "2019-04-17", "2024-02-14", "UU 7/2017 Lampiran III",
        (
            ("3101", "DKI JAKARTA I", 6, None, ("31",)),
            ("3201", "JAWA BARAT I", 5, 1_900_000, ("32.73", "32.04")),
            ("3202", "JAWA BARAT II", 5, 1_200_000, ("32.10",)),
            ("8101", "MALUKU", 4, 1_700_000, ("81",)),
        ),
    ),
    SmallPlan(
        "dpr", 2024, "2024-02-14", None, "PKPU 6/2023 Lampiran I",
        (
            ("3101", "DKI JAKARTA I", 4, 1_000_000, ("31.71",)),
            ("3102", "DKI JAKARTA II", 4, 1_700_000, ("31.72",)),
            ("3201", "JAWA BARAT I", 6, 2_400_000, ("32.73", "32.04.02", "32.04.03", "32.04.04", "32.10")),
            ("3202", "JAWA BARAT II", 6, None, (SPLIT,)),
            ("8101", "MALUKU", 4, 1_800_000, ("81",)),
        ),
        doubts=({"hal": _DOUBT, "dapil": ["3202"], "kode": [SPLIT]},),
        abroad="3102",
        other_names={"8101": "MALUKU I"},
        notes={"3102": "termasuk pemilih luar negeri | also takes the overseas voters"},
    ),
    SmallPlan(
        "dpd", 2024, "2024-02-14", None, "UU 7/2017 Pasal 196",
        tuple((code, name.upper(), 4, None, (code,)) for code, name in PROVINCES.items()),
    ),
    SmallPlan(
        "dprd-kabkota", 2024, "2024-02-14", None, "PKPU 6/2023 Lampiran III",
        (
            ("320401", "BANDUNG 1", 9, 500_000, (f"{SPLIT}.2001", f"{SPLIT}.2002", "32.04.02")),
            ("320402", "BANDUNG 2", 8, 480_000, (f"{SPLIT}.2003", f"{SPLIT}.1004", "32.04.03", "32.04.04")),
            ("321001", "MAJALENGKA 1", 10, 600_000, ("32.10",)),
            ("327301", "KOTA BANDUNG 1", 12, 900_000, ("32.73",)),
            ("810101", "MALUKU TENGAH 1", 6, 400_000, ("81.01",)),
            ("817101", "KOTA AMBON 1", 5, None, ("81.71",)),
        ),
        other_names={"817101": "AMBON 1"},
        notes={"320401": "kursi dari daftar calon | seats from the lists", "321001": "nama menurut KPU | named by KPU"},
        excluded=("31",),
    ),
    SmallPlan(
        "dprd-kabkota", 2014, "2014-04-09", "2019-04-17", "UU 8/2012",
        (
            ("320401", "BANDUNG 1", 10, None, ()),
            ("321001", "MAJALENGKA 1", 8, None, ()),
            ("810101", "MALUKU TENGAH 1", 7, None, ()),
        ),
        composed=False, law_seats=26,
    ),
)  # fmt: skip


def make_small_release(out_dir: Path, also: Callable[[Staging], object] | None = None) -> Path:
    """Publish the small nation into `out_dir` and return the release's own directory; `also` adds to it."""
    with new_release(out_dir, SOURCE_ID) as staging:
        write_small_files(staging.path)
        staging.manifest.update(_manifest())
        if also is not None:
            also(staging)
    assert staging.release is not None
    return staging.release.path


def write_small_files(directory: Path) -> None:
    """Write the files of the release but its manifest."""
    layers, tables = small_layers(), small_tables()
    metadata = {"title": "Peta Dapil: contoh", "licence": "CC0-1.0", "source": SOURCE_ID}
    write_geopackage(directory / "dapil.gpkg", layers, tables, metadata=metadata, date=DATE)
    write_json(directory / "quality.json", _quality())
    _ledger().to_csv(directory / "quality.csv", index=False, lineterminator="\n")


def small_layers() -> list[Layer]:
    """Return the plan layers, then the unit layers, as the release's writer takes them."""
    plans = [_plan_layer(plan) for plan in PLANS if plan.composed]
    return [*plans, *(_unit_layer(level) for level in codes.LEVELS)]


def small_tables() -> list[Table]:
    """Return the plan without composition, and the tables of plans, members and assignment."""
    tables = [_plan_table(plan) for plan in PLANS if not plan.composed]
    plain = (
        ("plans", _plans_frame()), ("members", _members_frame()), ("assignment", _assignment_frame()),
        ("riwayat", _succession_frame()),
    )  # fmt: skip
    titles = {
        "plans": "Penetapan dapil", "members": "Wilayah anggota", "assignment": "Dapil tiap wilayah",
        "riwayat": "Riwayat dapil",
    }  # fmt: skip
    return tables + [
        Table(name, titles[name], titles[name], columns.columns_of(name), frame) for name, frame in plain
    ]


# The tables


def _unit_layer(level: codes.Level) -> Layer:
    length = codes.LENGTH[level]
    names = unit_names()
    found = sorted({code[:length] for code in base_units() if len(code) >= length})
    shapes = [dissolved((code,)) for code in found]
    frame = pd.DataFrame({"kode": found, "nama": [names[code] for code in found], "tingkat": level})
    for above in ("provinsi", "kabkota", "kecamatan"):
        cut = codes.LENGTH[above]
        own = [code[:cut] if cut <= length else None for code in found]
        frame[f"kode_{above}"] = pd.Series(own, dtype=object)
        frame[f"nama_{above}"] = pd.Series([names[code] if code else None for code in own], dtype=object)
    frame["luas_km2"] = [area_km2(shape) for shape in shapes]
    people = (
        {"penduduk": 1000, "penduduk_tahun": 2024, "tps": 4, "tps_tahun": 2024} if level != "desa" else {}
    )
    for name in ("penduduk", "penduduk_tahun", "tps", "tps_tahun"):
        frame[name] = pd.Series(people.get(name), frame.index, dtype="Int64")
    frame[["sumber_batas", "lisensi"]] = SOURCE_ID, "CC0-1.0"
    title = f"Wilayah: {level}"
    return Layer(f"unit-{level}", title, title, columns.UNIT, frame, geometry=_objects(shapes))


def _objects(shapes: list[Any]) -> np.ndarray:
    array = np.empty(len(shapes), dtype=object)
    array[:] = shapes
    return array


def _plan_layer(plan: SmallPlan) -> Layer:
    frame = _plan_frame(plan)
    members = dict(zip((f"{plan.id}-{d[0]}" for d in plan.dapil), (d[4] for d in plan.dapil), strict=True))
    shapes = [dissolved(members[id_]) for id_ in frame["id"]]
    names = unit_names()
    frame["wilayah"] = [
        "; ".join(f"{code} {names[code]}" for code in sorted(members[i])) for i in frame["id"]
    ]
    frame.loc[frame["kode_dapil"] == plan.abroad, "wilayah"] += "; " + " ".join(codes.ABROAD)
    frame["luas_km2"] = [area_km2(shape) for shape in shapes]
    frame[["sumber_batas", "lisensi"]] = SOURCE_ID, "CC0-1.0"
    frame["wilayah_id"] = _grounds([members[id_] for id_ in frame["id"]])
    frame["ocd_id"] = [f"ocd-division/country:id/ed:{code}-{plan.year}" for code in frame["kode_dapil"]]
    frame["ocd_asal"] = PROPOSED
    title = f"Dapil {plan.chamber} {plan.year}"
    return Layer(plan.id, title, plan.law, columns.PLAN, frame, {"law": plan.law}, _objects(shapes))


def _grounds(members: list[tuple[str, ...]]) -> list[str]:
    base = sorted(base_units())
    owners = np.full(len(base), -1)
    for row, units in enumerate(members):
        owners[[base.index(code) for unit in units for code in under(unit)]] = row
    return ground_ids(np.array(base), owners, len(members))


def _plan_table(plan: SmallPlan) -> Table:
    title = f"Dapil {plan.chamber} {plan.year} (tanpa peta)"
    return Table(f"tabel-{plan.id}", title, plan.law, columns.PLAN_TABLE, _plan_frame(plan))


def _plan_frame(plan: SmallPlan) -> pd.DataFrame:
    names = unit_names()
    doubtful = {code: tongues(doubt["hal"]) for doubt in plan.doubts for code in doubt["dapil"]}
    doubt_columns = (("ragu", "id"), ("ragu_en", "en"))
    rows = []
    for code, name, seats, people, _ in plan.dapil:
        province = code[:2]
        kabkota = f"{code[:2]}.{code[2:4]}" if plan.chamber == "dprd-kabkota" else None
        rows.append({
            "id": f"{plan.id}-{code}", "kode_dapil": code, "nama_dapil": name, "nama_lain": plan.other_names.get(code),
            "lembaga": plan.chamber, "tahun": plan.year, "mulai": plan.start, "selesai": plan.end,
            "kode_provinsi": province,
            "nama_provinsi": names[province], "kode_kabkota": kabkota,
            "nama_kabkota": names[kabkota] if kabkota else None, "kursi": seats, "penduduk": people,
            "dasar_hukum": plan.law, **{name: doubtful.get(code, {}).get(language) for name, language in doubt_columns},
            **{f"catatan{end}": tongues(plan.notes[code])[language] if code in plan.notes else None
               for end, language in (("", "id"), ("_en", "en"))},
        })  # fmt: skip
    return pd.DataFrame(rows).astype({"penduduk": "Int64"}).sort_values("id", ignore_index=True)


def _plans_frame() -> pd.DataFrame:
    rows = []
    for plan in PLANS:
        seats = sum(d[2] for d in plan.dapil)
        difference = [{"hal": "Jumlah kursi yang ditemukan", "kursi": seats}] if plan.law_seats else []
        source = [{"judul": plan.law, "url": "https://jdih.kpu.go.id/", "versi": str(plan.year)}]
        rows.append({
            "plan_id": plan.id, "lembaga": plan.chamber, "tahun": plan.year, "mulai": plan.start,
            "selesai": plan.end, "dasar_hukum": plan.law, "jumlah_dapil": len(plan.dapil),
            "jumlah_kursi": plan.law_seats or seats, "komposisi": int(plan.composed),
            "sebagian": 0, "wilayah_dikecualikan": json.dumps(plan.excluded), "luar_negeri": plan.abroad,
            **{
                f"ragu{end}": json.dumps([each | {"hal": tongues(each["hal"])[language]} for each in plan.doubts])
                for end, language in (("", "id"), ("_en", "en"))
            },
            "catatan": "[]", "catatan_en": "[]",
            "selisih": json.dumps(difference), "sumber": json.dumps(source),
        })  # fmt: skip
    return pd.DataFrame(rows)


def _members_frame() -> pd.DataFrame:
    names = unit_names()
    rows = [
        (plan.id, plan.chamber, d[0], code, names.get(code, codes.ABROAD[1]), *[""] * 5)
        for plan in PLANS
        for d in plan.dapil
        for code in (*d[4], *codes.ABROAD[: plan.abroad == d[0]])
    ]
    return pd.DataFrame(rows, columns=[column.name for column in columns.MEMBERS])


def _assignment_frame() -> pd.DataFrame:
    rows = [
        (plan.id, code, d[0])
        for plan in PLANS
        for d in plan.dapil
        for member in d[4]
        for code in under(member)
    ]
    return pd.DataFrame(sorted(rows), columns=[column.name for column in columns.ASSIGNMENT])


def _succession_frame() -> pd.DataFrame:
    """What became of the dapil of the DPR; shares are those of the areas."""
    old, new = (next(plan for plan in PLANS if plan.id == f"dpr-{year}") for year in (2019, 2024))
    seats = [{code: count for code, _, count, _, _ in plan.dapil} for plan in (old, new)]
    ground = [
        {
            code: {unit for member in members for unit in under(member)}
            for code, _, _, _, members in plan.dapil
        }
        for plan in (old, new)
    ]
    names = [
        dict(zip(held, _grounds([tuple(sorted(units)) for units in held.values()]), strict=True))
        for held in ground
    ]
    rows = []
    for before, after, kind in _SUCCESSION:
        ours, theirs = ground[0][before], ground[1][after]
        share = area_km2(dissolved(tuple(ours & theirs))) / area_km2(dissolved(tuple(ours)))
        rows.append((
            "dpr", f"{old.id}-{before}", f"{new.id}-{after}", names[0][before], names[1][after], kind, round(share, 9),
            None, ";".join(sorted(theirs - ours)), ";".join(sorted(ours - theirs)), seats[0][before],
            seats[1][after], "",
        ))  # fmt: skip
    return pd.DataFrame(rows, columns=[column.name for column in columns.SUCCESSION]).astype(
        {"bagian_lama_tps": "float64"}
    )


#: Dapil of the DPR before and after, and what happened.
_SUCCESSION: Final = (
    ("3101", "3101", "pecah"), ("3101", "3102", "pecah"), ("3201", "3201", "pecah"), ("3201", "3202", "pecah"),
    ("3202", "3201", "gabung"), ("8101", "8101", "tetap"),
)  # fmt: skip


def _ledger() -> pd.DataFrame:
    """One row a base unit, in the columns of the real ledger; one unit changed, with its reason."""
    names = unit_names()
    area = np.array([area_km2(shape) * 1e6 for shape in base_units().values()])
    parts = shapely.get_num_geometries(list(base_units().values()))
    frame = pd.DataFrame({"kode": list(base_units()), "nama": [names[code] for code in base_units()]})
    frame["area_source_m2"], frame["area_m2"] = area, area
    frame.loc[0, "area_source_m2"] = round(area[0] / 1.03, 1)
    frame["area_change_pct"] = (100 * (frame["area_m2"] / frame["area_source_m2"] - 1)).round(3)
    frame[["overlap_lost_m2", "gap_filled_m2"]] = 0.0
    frame["parts_source"], frame["parts"], frame["invalid_source"] = parts, parts, 0
    frame["reason"] = ["gaps between units filled", *[""] * (len(frame) - 1)]
    return frame


def _quality() -> dict[str, Any]:
    gap = holes()[0]
    place = shapely.point_on_surface(gap)
    area = area_km2(gap) * 1e6
    return {
        "missing": [],
        "plans": _manifest()["plans"],
        "gaps_kept": [{
            "lon": round(place.x, 7), "lat": round(place.y, 7), "area_m2": area,
            "width_m": round(math.sqrt(area), 1), "why": "a strait in the example",
        }],
    }  # fmt: skip


def _manifest() -> dict[str, Any]:
    plans = [
        {
            "id": plan.id, "lembaga": plan.chamber, "tahun": plan.year, "dapil": len(plan.dapil),
            "kursi": sum(d[2] for d in plan.dapil), "mulai": plan.start, "selesai": plan.end,
            "dasar_hukum": plan.law, "ragu": len(plan.doubts), "omitted": {},
        } | ({"layer": plan.id} if plan.composed else {"table": f"tabel-{plan.id}"})
        for plan in PLANS
    ]  # fmt: skip
    source = {
        "id": SOURCE_ID, "title": {"id": "Negara contoh (rekaan)", "en": "An example nation (invented)"},
        "publisher": "Peta Dapil", "homepage": "https://example.org/contoh",
        "attribution": "Peta Dapil",
        "vintage": "2025", "open": True, "partial": False, "files": {},
        "licence": {
            "name": "Creative Commons Zero 1.0", "spdx": "CC0-1.0",
            "url": "https://creativecommons.org/publicdomain/zero/1.0/",
        },
    }  # fmt: skip
    return {"source": source, "plans": plans, "parameters": {}, "inputs": {}}
