"""A small release as `dapil build` makes it, of an invented map under real codes: the law's tables of one province.

The map: every kecamatan a square of a grid. The plans: the project's own rows of the province, with its totals, two
doubts, remarks and voters abroad; one is known in part. So it has details, accuracy, ledger, downloads, and a law to be
held against.
"""

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import shapely

from boundaries.build import build
from boundaries.law.registry import load_registry
from boundaries.law.tables import data_directory
from boundaries.release.store import Release

PROVINCE = "75"
PLANS = (
    "dpr-2024", "dpd-2024", "dprd-provinsi-2024", "dprd-kabkota-2024", "dprd-kabkota-2019", "dprd-kabkota-2014",
)  # fmt: skip
DOUBTFUL = "750102"
#: From the name of a table (``2024/dapil``) and its rows to other rows.
Change = Callable[[str, pd.DataFrame], pd.DataFrame]

_CELL, _WEST, _SOUTH, _COLUMNS = 0.02, 122.0, 0.2, 10
_DESCRIPTOR = """
title = { id = "Uji", en = "Test" }
publisher = "Uji"
attribution = "Uji"
vintage = "2024"
open = true
reader = "ogr"
partial = true

[licence]
spdx = "CC-BY-4.0"
name = "Creative Commons Attribution 4.0"
url = "https://creativecommons.org/licenses/by/4.0/"

[levels.kecamatan]
files = ["kec.geojson"]
code = "kode"
name = "nama"
"""


def write_map(folder: Path) -> Path:
    """Write the map and its descriptor; return the descriptor."""
    registry = load_registry()
    codes = registry.descendants(PROVINCE, "kecamatan")
    features = []
    for number, code in enumerate(codes):
        column, row = number % _COLUMNS, number // _COLUMNS
        x, y = round(_WEST + _CELL * column, 7), round(_SOUTH + _CELL * row, 7)
        shape = shapely.box(x, y, round(x + _CELL, 7), round(y + _CELL, 7))
        features.append({
            "type": "Feature",
            "properties": {"kode": code, "nama": registry.names[code]},
            "geometry": json.loads(shapely.to_geojson(shape)),
        })  # fmt: skip
    (folder / "kec.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    (folder / "map.toml").write_text(_DESCRIPTOR)
    return folder / "map.toml"


def write_plans(folder: Path, change: Change = lambda _, rows: rows) -> Path:
    """Write the plans of the province as a folder of plans; `change` may alter the rows of a table."""
    others = [code for code in load_registry().names if len(code) == 2 and code != PROVINCE]
    for year in sorted({name[-4:] for name in PLANS}):
        place = folder / "plans" / year
        place.mkdir(parents=True)
        own = [name.rpartition("-")[0] for name in PLANS if name.endswith(year)]
        tables = {}
        for table, code in (("dapil", "kode_dapil"), ("members", "kode_unit")):
            path = data_directory() / "plans" / year / f"{table}.csv"
            rows = pd.read_csv(path, dtype=str, keep_default_na=False)
            kept = rows["lembaga"].isin(own) & rows[code].str.startswith(PROVINCE)
            rows = rows[kept].reset_index(drop=True)
            if table == "members" and year == "2024":
                rows.loc[rows["kode_unit"] == f"{PROVINCE}.01.01", "ragu"] = "Tidak pasti. | Not certain."
            tables[table] = change(f"{year}/{table}", rows)
            tables[table].to_csv(place / f"{table}.csv", index=False, lineterminator="\n")
        for chamber in own:
            rows = tables["dapil"][tables["dapil"]["lembaga"] == chamber]
            old = tomllib.loads((path.parent / f"{chamber}.toml").read_text(encoding="utf-8"))
            (place / f"{chamber}.toml").write_text(_plan_text(old, rows, others), encoding="utf-8")
    return folder / "plans"


def _plan_text(old: dict[str, Any], rows: pd.DataFrame, others: list[str]) -> str:
    kept = ("lembaga", "tahun", "mulai", "selesai", "dasar_hukum", "komposisi", "sebagian")
    facts = {key: old[key] for key in kept if key in old}
    if "luar_negeri" in old:
        facts["luar_negeri"] = rows["kode_dapil"].iloc[0]
    facts |= {"jumlah_dapil": len(rows), "jumlah_kursi": int(rows["kursi"].astype(int).sum())}
    facts |= {"wilayah_dikecualikan": others}
    lines = [f"{key} = {_toml(value)}" for key, value in facts.items()]
    if old["tahun"] == 2024 and DOUBTFUL in set(rows["kode_dapil"]):
        lines += ["[[ragu]]", 'hal = "Ragu. | Doubtful."', f'dapil = ["{DOUBTFUL}"]']
        lines += ["[[catatan]]", 'hal = "Catatan. | A remark."', f'dapil = ["{DOUBTFUL}"]']
    return "\n".join([*lines, "[[sumber]]", 'judul = "Uji"']) + "\n"


def _toml(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else json.dumps(value)


def make_built_release(
    folder: Path, *, downloads: bool = True, change: Change = lambda _, rows: rows
) -> Release:
    """Build the map with the plans into `folder` and return the release."""
    folder.mkdir(parents=True, exist_ok=True)
    plans, source = write_plans(folder, change), str(write_map(folder))
    return build(folder / "out", source=source, plans_directory=plans, with_downloads=downloads).release
