"""How sure the lines of a release are: the table ``accuracy``, and what the ledger says of the source's levels."""

from typing import Any, Final

import numpy as np
import pandas as pd

from boundaries.ground import accuracy
from boundaries.ground.base_units import LevelPolygons
from boundaries.ground.dissolve import Ground
from boundaries.law.codes import LENGTH
from boundaries.law.columns import ACCURACY
from boundaries.law.registry import Registry
from boundaries.law.tables import data_directory, read_table

#: Kecamatan of which outline and desa are this unlike (intersection over union) are told in the ledger.
UNLIKE: Final = 0.5


def accuracy_table(ground: Ground, measured: pd.DataFrame, registry: Registry) -> pd.DataFrame:
    """A row a kabkota: area against the official one, and how far its lines are from those of an independent map.

    `measured`: see `boundaries.sources.read_accuracy`. What is not known is null.
    """
    if "kabkota" not in ground.nesting.levels:
        return pd.DataFrame({column.name: [] for column in ACCURACY})
    units = ground.nesting.levels["kabkota"]
    held = units.of_base >= 0
    area = np.bincount(units.of_base[held], ground.area_m2[held], len(units.codes)) / 1e6
    path = data_directory() / "statistics" / "luas_2024.csv"
    official = read_table(path, ["kode", "luas_km2"]).set_index("kode")["luas_km2"].astype("float64")
    table = pd.DataFrame({"kode": units.codes, "nama": [registry.names[c] for c in units.codes]})
    table["luas_km2"] = area.round(3)
    table["luas_resmi_km2"] = official.reindex(units.codes).to_numpy()
    table["rasio_luas"] = (table["luas_km2"] / table["luas_resmi_km2"]).round(4)
    lines = measured.set_index("kode").reindex(units.codes)
    table["batas_km"] = pd.to_numeric(lines["batas_km"]).to_numpy()
    for name in ("beda_tengah_m", "beda_90_m"):
        table[name] = pd.to_numeric(lines[name]).astype("Int64").to_numpy()
    return table


def levels_compared(levels: list[LevelPolygons], light: Ground) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The outlines of kecamatan held against their desa: a row each, and what the ledger says of all.

    Measured on the generalised coverage: areas are good to some thousandths. Nothing where the source draws no
    outlines beside its desa.
    """
    outlines = next((level for level in levels if level.level == "kecamatan"), None)
    desa = np.array([len(code) == LENGTH["desa"] for code in light.codes], dtype=bool)
    if outlines is None or not desa.any() or "kecamatan" not in light.nesting.levels:
        return pd.DataFrame(), {}
    there = np.array([g is not None and not g.is_empty for g in outlines.geometry], dtype=bool)
    made = {code[: LENGTH["kecamatan"]] for code in light.codes[desa]}
    there &= np.array([code in made for code in outlines.codes], dtype=bool)
    if not there.any():
        return pd.DataFrame(), {}
    codes, shapes = outlines.codes[there].astype(str), outlines.geometry[there]
    units, geometry = light.nesting.levels["kecamatan"].codes, light.units["kecamatan"]
    table = accuracy.outline_evidence(codes, shapes, units, geometry)
    elsewhere = accuracy.drawn_elsewhere(
        light.codes[desa], light.geometry[desa], dict(zip(codes, shapes, strict=True)), LENGTH["kabkota"]
    )
    sums = table[["outline_km2", "wilayah_km2", "outline_di_lain_km2", "wilayah_di_lain_km2"]].sum()
    told = {
        "totals": {name: round(float(value), 1) for name, value in sums.items()}
        | {"iou_median": round(float(table["iou"].median()), 4), "kecamatan": len(table)},
        "unlike": table[table["iou"] < UNLIKE].to_dict("records"),
        "desa_in_another_kabkota": elsewhere.to_dict("records"),
    }
    return table, told
