"""Rule against the law's tables, for what no file can prove: names and seats of dapil, members, names of units.

A release that swaps two names, or moves a seat from one dapil to another, in all of its files alike agrees with itself.
What it was made from says otherwise: ``data/plans`` and ``data/units``, or another folder of plans.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, cast

import pandas as pd

from boundaries.law.codes import Level
from boundaries.law.inhabitants import people
from boundaries.law.plans import Plan
from boundaries.law.published_rows import dapil_rows, member_rows, plan_row
from boundaries.law.registry import Registry
from boundaries.law.tables import data_directory, read_table
from boundaries.sources import available, load_source
from boundaries.verify.column_rules import unit_names
from boundaries.verify.opened_release import Contents, Finding, Outcome, Rule, dapil_tables


@dataclass(frozen=True)
class Law:
    """The law's tables: the plans, and the units with their names."""

    plans: Sequence[Plan]
    registry: Registry


def law_rule(law: Law) -> Rule:
    """Return the rule that holds a release against the law's tables."""

    def rule(contents: Contents) -> Outcome:
        """Plans, dapil, members, names, inhabitants, polling stations and official areas of units, and terms of the
        base map are those of the law's tables."""
        found = [
            Finding("law", "", plan_id, "plan", "one of the law's tables", "another")
            for plan_id in sorted(contents.plans.keys() - {plan.id for plan in law.plans})
        ]
        plans = [plan for plan in law.plans if plan.id in contents.plans]
        for plan in plans:
            found += _plan(contents, plan, law.registry)
        found += [
            Finding("law", "units", code, "nama", str(law.registry.names.get(code)), name)
            for code, name in unit_names(contents).items()
            if law.registry.names.get(code) != name
        ]
        found += _official_areas(contents) + _people(contents) + _source(contents)
        return Outcome(f"{len(plans)} plans, {len(law.registry.names):,} units of the law's tables", found)

    return rule


def _plan(contents: Contents, plan: Plan, registry: Registry) -> list[Finding]:
    row = contents.frame("plans").set_index("plan_id").loc[plan.id]
    found = [
        Finding("law", "plans", plan.id, key, str(value), str(row[key]))
        for key, value in plan_row(plan).items()
        if key != "plan_id" and _plain(row[key]) != value
    ]
    omitted = contents.omitted.get(plan.id, set())
    parts = dict(zip((plan.id, f"tabel-{plan.id}"), plan.parted(), strict=True))
    for name, given in dapil_tables(contents, plan.id).items():
        expected = dapil_rows(parts[name], registry, {})
        found += _differing(name, "id", expected[~expected["id"].isin(omitted)], given)
    members = contents.frame("members")
    key = "kode_unit"
    own = members[members["plan_id"] == plan.id].drop(columns="plan_id")
    return found + _differing(plan.id, key, member_rows([plan]).drop(columns="plan_id"), own)


def _plain(value: Any) -> Any:
    if pd.isna(value):
        return None
    return value.item() if hasattr(value, "item") else value


def _differing(plan: str, key: str, expected: pd.DataFrame, given: pd.DataFrame) -> list[Finding]:
    """Rows that are not alike in the columns that both have, by `key`."""
    shared = [name for name in expected.columns if name in given.columns]
    one, other = (
        {tuple(_plain(value) for value in row) for row in frame[shared].itertuples(index=False)}
        for frame in (expected, given)
    )
    at = shared.index(key)
    wrong = {row[at]: row for row in one - other}
    found = []
    for row in sorted(other - one, key=str):
        own = wrong.pop(row[at], None)
        what = [name for name, a, b in zip(shared, own or (), row, strict=False) if a != b]
        found.append(Finding("law", plan, str(row[at]), ", ".join(what) or "row", str(own), str(row)))
    return found + [Finding("law", plan, str(code), "row", str(row), "none") for code, row in wrong.items()]


def _official_areas(contents: Contents) -> list[Finding]:
    if "accuracy" not in contents.names:
        return []
    table = read_table(data_directory() / "statistics" / "luas_2024.csv", ["kode", "luas_km2"])
    official = dict(zip(table["kode"], table["luas_km2"].astype("float64"), strict=True))
    rows = contents.frame("accuracy")
    return [
        Finding("law", "accuracy", str(code), "luas_resmi_km2", str(official.get(code)), str(value))
        for code, value in rows[["kode", "luas_resmi_km2"]].itertuples(index=False)
        if _plain(value) != official.get(code)
    ]


def _people(contents: Contents) -> list[Finding]:
    """Inhabitants and polling stations of units are the official ones, with their years."""
    found = []
    for layer in contents.unit_layers:
        rows = contents.frame(layer)
        official = people(rows["kode"].tolist(), cast(Level, layer.removeprefix("unit-")))
        for name in official.columns:
            found += [
                Finding("law", layer, str(code), name, str(one), str(other))
                for code, one, other in zip(
                    rows["kode"], map(_plain, official[name]), map(_plain, rows[name]), strict=True
                )
                if one != other
            ]
    return found


def _source(contents: Contents) -> list[Finding]:
    """What the manifest says of a base map that this project describes is what the descriptor says."""
    told: Mapping[str, Any] = contents.release.manifest["source"]
    if told["id"] not in available():
        return []
    source = load_source(told["id"])
    expected = {
        "title": dict(source.title),
        "attribution": source.attribution,
        "homepage": source.homepage,
        "publisher": source.publisher,
        "vintage": source.vintage,
        "open": source.open,
        "licence": asdict(source.licence),
    }
    return [
        Finding("law", "manifest.json", str(told["id"]), key, str(value), str(told.get(key)))
        for key, value in expected.items()
        if told.get(key) != value
    ]
