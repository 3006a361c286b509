"""Inhabitants and polling stations of units: each figure with its year, none where it is not that unit's alone."""

import pandas as pd

from boundaries.law.inhabitants import people
from boundaries.law.registry import Registry
from boundaries.law.tables import data_directory


def test_a_figure_that_stands_for_other_kecamatan_too_is_no_units() -> None:
    path = data_directory() / "statistics" / "penduduk_kecamatan_2023.csv"
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    several, alone = table[table["meliputi"] != ""], table[table["meliputi"] == ""]
    assert len(several) > 0
    assert people(several["kode"].tolist(), "kecamatan")[["penduduk", "penduduk_tahun"]].isna().all(axis=None)
    found = people(alone["kode"].tolist(), "kecamatan")
    assert found["penduduk"].tolist() == alone["penduduk"].astype(int).tolist()
    assert set(found["penduduk_tahun"]) == {2023}


def test_stations_of_a_unit_are_those_of_its_desa(registry: Registry) -> None:
    desa = [code for code in registry.at("desa") if code.startswith("32.73.")]
    assert people(["32.73"], "kabkota")["tps"].tolist() == [people(desa, "desa")["tps"].sum()]


def test_what_is_not_known_is_empty() -> None:
    assert people(["99"], "provinsi").isna().all(axis=None)
