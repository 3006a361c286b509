"""Bridges: from a source's own ids to Kemendagri codes, nothing lost and nothing made up."""

import csv
import importlib.util
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from boundaries import sources
from boundaries.errors import SourceError
from boundaries.law.plans import assignment, base_units, load_plans
from boundaries.law.registry import load_registry
from boundaries.sources.bridge import NOT_GROUND, Bridge
from boundaries.sources.raw_units import objects

TOML = """
title = { id = "x", en = "x" }
publisher = "x"
attribution = "x"
vintage = "2024"
open = true
reader = "ogr"
code_style = "own"
bridge = "b.csv"
[licence]
name = "x"
url = "x"
[levels.desa]
files = ["a.gpkg"]
code = "id"
"""
DATA = Path(__file__).parent.parent / "data" / "sources"


def raw(*ids: str) -> sources.RawUnits:
    shapes = np.array([shapely.box(110 + i, 0, 111 + i, 1) for i in range(len(ids))], dtype=object)
    return sources.RawUnits("desa", objects(ids), objects(ids), shapes)


def bridge(**rules: str) -> Bridge:
    exact = {k: (v, "luas") for k, v in rules.items() if not k.endswith("_")}
    return Bridge(exact, {k.replace("_", "."): (v, "luas") for k, v in rules.items() if k.endswith("_")})


def test_the_longest_prefix_counts_and_an_exact_id_above_all() -> None:
    rules = Bridge(
        {"A.1.2": ("32.10.03", "nama")}, {"A.": ("32.10.01", "luas"), "A.1.": ("32.10.02", "luas")}
    )
    got = rules.table(["A.9.9", "A.1.1", "A.1.2", "A.11.1"])
    assert list(got["kode"]) == ["32.10.01", "32.10.02", "32.10.03", "32.10.01"]
    assert list(got["cara"]) == ["luas", "luas", "nama", "luas"]


def test_units_are_parted_by_level_and_lakes_left_out() -> None:
    rules = bridge(a="32.10.01", b="32.10.02.2001", c=NOT_GROUND, d="32.10.01")
    kecamatan, desa = sources.apply_bridge(raw("a", "b", "c", "d"), rules)
    assert (kecamatan.level, list(kecamatan.codes), list(kecamatan.names)) == (
        "kecamatan",
        ["32.10.01"] * 2,
        ["a", "d"],
    )
    assert (desa.level, list(desa.codes)) == ("desa", ["32.10.02.2001"])
    assert kecamatan.notes == ("1 polygons are no unit's ground (lakes)",)


@cache
def script() -> Any:
    path = Path(__file__).parent.parent / "scripts" / "make_bridge_gadm.py"
    spec = importlib.util.spec_from_file_location("make_bridge_gadm", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


RULE = st.tuples(
    st.sampled_from(["32.10.01", "32.10.02", "32.10.03.2001", "-"]), st.sampled_from(["luas", "nama"])
)


@given(st.lists(st.lists(RULE, min_size=1, max_size=12), min_size=1, max_size=12))
def test_the_compact_form_says_exactly_what_the_whole_table_says(
    tmp_path_factory: pytest.TempPathFactory, groups: list[list[tuple[str, str]]]
) -> None:
    rows = [
        (f"IDN.1.{g}.{v}_1", f"IDN.1.{g}_1", *rule)
        for g, rules in enumerate(groups, 1)
        for v, rule in enumerate(rules, 1)
    ]
    table = pd.DataFrame(rows, columns=["id", "parent", "kode", "cara"])
    directory = tmp_path_factory.getbasetemp()
    (directory / "b.csv").write_text(script().compact(table))
    (directory / "peta.toml").write_text(TOML)
    rules = sources.read_bridge(sources.load_source(directory / "peta.toml"))
    assert rules.table(table["id"]).to_numpy().tolist() == table[["id", "kode", "cara"]].to_numpy().tolist()


def test_an_id_without_a_rule_is_an_error() -> None:
    with pytest.raises(SourceError, match=r"no row for b \(1 in all\)"):
        sources.apply_bridge(raw("a", "b"), bridge(a="32.10.01"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id,kode\na,32.1\n", r"b\.csv:2: code '32\.1' .*lost its last zero"),
        ("id,kode\na,32.10.01\na,32.10.02\n", r"b\.csv:3: id a stands twice"),
        ("id;kode\n", r"b\.csv:1: separated by semicolons"),
    ],
)
def test_a_fault_in_a_bridge_names_the_line(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "b.csv").write_text(text)
    (tmp_path / "peta.toml").write_text(TOML)
    with pytest.raises(SourceError, match=said):
        sources.read_bridge(sources.load_source(tmp_path / "peta.toml"))


# --- the bridge of GADM ----------------------------------------------------------------------------


def test_gadm_reaches_all_base_units_but_those_listed_as_missing() -> None:
    registry = load_registry()
    base = base_units(load_plans(registry=registry), registry)
    gadm = sources.load_source("gadm-4.1")
    rules = sources.read_bridge(gadm)
    reached = {kode for kode, _ in (*rules.exact.values(), *rules.prefix.values())} - {NOT_GROUND}
    missing = sources.read_missing(gadm)
    assert reached <= set(base)
    assert set(missing) == set(base) - reached
    assert all(missing.values())


def test_every_dapil_has_a_polygon_on_gadm() -> None:
    registry = load_registry()
    plans = load_plans(registry=registry)
    base = base_units(plans, registry)
    missing = sources.read_missing(sources.load_source("gadm-4.1"))
    for plan in plans:
        if plan.meta.komposisi:
            known, _ = plan.parted()
            dapil = assignment(known, base)
            assert set(dapil[~dapil.index.isin(missing)]) == set(known.dapil["kode_dapil"]), plan.id


def test_the_bridge_is_small_and_holds_no_geometry() -> None:
    path = DATA / "gadm-4.1.bridge.csv"
    assert path.stat().st_size < 500_000
    with path.open(newline="") as text:
        rows = list(csv.DictReader(text))
    assert {row["cara"] for row in rows} == {"luas", "luas-tipis", "nama", "nama-kecamatan", "dekat", "danau"}
    assert {row["cara"] for row in rows if row["kode"] == NOT_GROUND} == {"danau"}


@pytest.mark.parametrize("name", ["kemendagri-2025", "gadm-4.1"])
def test_missing_units_are_units(name: str) -> None:
    registry = load_registry()
    source = sources.load_source(name)
    assert [code for code in sources.read_missing(source) if code not in registry] == []
