"""Rules on columns: each against the code, the table or the manifest that determines it."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, Final

import pandas as pd

from boundaries.law.codes import ABROAD, LENGTH, LEVELS
from boundaries.law.doubts import column, joined, reasons, told
from boundaries.law.identity import COUNTRY, PROPOSED, PUBLISHED, published_id
from boundaries.law.names import equal, same
from boundaries.law.published_rows import LANGUAGES, reasons_of
from boundaries.verify.opened_release import Contents, Finding, Outcome, dapil_tables

#: Seats of a dapil, from and to (UU 7/2017, articles 187, 189, 192; 196: four a province).
SEATS: Final[Mapping[str, tuple[int, int]]] = {
    "dpr": (3, 10), "dpd": (4, 4), "dprd-provinsi": (3, 12), "dprd-kabkota": (3, 12),
}  # fmt: skip


def columns(contents: Contents) -> Outcome:
    """Every column that a code, a table or the manifest determines is as they say."""
    found, count = [], 0
    names = unit_names(contents)
    for plan_id, facts in contents.plans.items():
        for table, rows in dapil_tables(contents, plan_id).items():
            count += len(rows)
            found += _places(contents, plan_id, table, rows, names)
            found += _constants(contents, table, rows)
            found += (
                _seats(table, rows, facts) + _numbers(table, rows, facts) + _division_ids(table, rows, facts)
            )
            found += _doubtful(contents, plan_id, table, rows) + _remarks(table, rows, facts)
            found += _wilayah(contents, plan_id, rows, names)
        found += _told(contents, plan_id, facts)
    for layer in contents.unit_layers:
        rows = contents.frame(layer)
        count += len(rows)
        found += _constants(contents, layer, rows)
        found += _levels(layer, rows) + _figures(layer, rows)
    found += _member_names(contents, names) + _dates(contents)
    return Outcome(f"{count:,} rows of {len(contents.plans) + len(contents.unit_layers)} tables", found)


def unit_names(contents: Contents) -> dict[str, str]:
    """Names of the units that the release has, by code."""
    return {
        code: name
        for layer in contents.unit_layers
        for code, name in contents.frame(layer)[["kode", "nama"]].itertuples(index=False)
    }


def _differing(
    check: str, layer: str, keys: pd.Series, what: str, expected: Any, actual: pd.Series
) -> list[Finding]:
    """A finding for each row whose value is not the expected one; nulls are alike."""
    wanted = pd.Series(expected, index=actual.index, dtype=object)
    wanted, given = (each.astype(object).where(each.notna(), None) for each in (wanted, actual))
    return [
        Finding(check, layer, str(key), what, str(one), str(other))
        for key, one, other in zip(keys, wanted, given, strict=True)
        if one != other
    ]


def _places(
    contents: Contents, plan_id: str, table: str, rows: pd.DataFrame, names: dict[str, str]
) -> list[Finding]:
    """The province of a dapil is that of its code, the kabkota that of its members; names are those of the units."""
    found = []
    if table == plan_id or contents.plans[plan_id]["lembaga"] != "dprd-kabkota":
        found += _differing(
            "columns", plan_id, rows["id"], "kode_provinsi", rows["kode_dapil"].str[:2], rows["kode_provinsi"]
        )
    for level in ("provinsi", "kabkota"):
        code = rows[f"kode_{level}"]
        known = code.isna() | code.isin(names.keys()) | ~code.isin(contents.known)
        name = [names.get(each) if isinstance(each, str) else None for each in code]
        kept = known & (code.isna() | code.isin(names.keys()))
        found += _differing(
            "columns", plan_id, rows["id"][kept], f"nama_{level}",
            pd.Series(name, index=rows.index, dtype=object)[kept], rows[f"nama_{level}"][kept],
        )  # fmt: skip
    filled = contents.plans[plan_id]["lembaga"] == "dprd-kabkota"
    for row in rows[rows["kode_kabkota"].notna() != filled].itertuples():
        what = "a code" if filled else "none"
        found.append(Finding("columns", plan_id, str(row.id), "kode_kabkota", what, str(row.kode_kabkota)))
    if filled:
        found += _kabkota(contents, plan_id, rows)
    return found


def _kabkota(contents: Contents, plan_id: str, rows: pd.DataFrame) -> list[Finding]:
    """The kabkota of a dapil holds its members; without these: in its province, one for all dapil of one number."""
    members = contents.frame("members")
    own = members[members["plan_id"] == plan_id]
    held: dict[str, set[str]] = {}
    for dapil, unit in own[["kode_dapil", "kode_unit"]].itertuples(index=False):
        held.setdefault(dapil, set()).add(unit[: LENGTH["kabkota"]])
    found = [
        Finding("columns", plan_id, key, "kode_kabkota", str(sorted(held[dapil])), str(kabkota))
        for key, dapil, kabkota in rows[["id", "kode_dapil", "kode_kabkota"]].itertuples(index=False)
        if dapil in held and kabkota not in held[dapil]
    ]
    group = rows["kode_dapil"].str[:4]
    first = rows.groupby(group)["kode_kabkota"].transform("first")
    found += _differing("columns", plan_id, rows["id"], "kode_kabkota", first, rows["kode_kabkota"])
    return found


def _constants(contents: Contents, layer: str, rows: pd.DataFrame) -> list[Finding]:
    """Source and licence of a row are those of the manifest."""
    source = contents.release.manifest["source"]
    constants = {
        "sumber_batas": source["id"],
        "lisensi": source["licence"].get("spdx") or source["licence"].get("name"),
    }
    keys = rows["id" if "id" in rows else "kode"]
    return [
        finding
        for name, value in constants.items()
        if name in rows
        for finding in _differing("columns", layer, keys, name, [value] * len(rows), rows[name])
    ]


def _division_ids(plan_id: str, rows: pd.DataFrame, facts: Mapping[str, Any]) -> list[Finding]:
    """An ``ocd_id`` is the one that is published for this ground, or has the form of those that the project makes."""
    if "ocd_id" not in rows:
        return []
    grounds = rows["wilayah_id"] if "wilayah_id" in rows else [""] * len(rows)
    found = []
    for key, code, ground, given, origin in zip(
        rows["id"], rows["kode_dapil"], grounds, rows["ocd_id"], rows["ocd_asal"], strict=True
    ):
        known = published_id(facts["lembaga"], ground)
        end = f"/ed:{code}-{facts['tahun']}"
        right = given == known if known else str(given).startswith(COUNTRY) and str(given).endswith(end)
        if not right:
            found.append(Finding("columns", plan_id, key, "ocd_id", known or f"{COUNTRY}…{end}", str(given)))
        elif origin != (PUBLISHED if known else PROPOSED):
            found.append(
                Finding("columns", plan_id, key, "ocd_asal", PUBLISHED if known else PROPOSED, str(origin))
            )
    return found


def _seats(plan_id: str, rows: pd.DataFrame, facts: Mapping[str, Any]) -> list[Finding]:
    least, most = SEATS.get(facts["lembaga"], (1, 99))
    found = [
        Finding("columns", plan_id, str(row.id), "kursi", f"{least} to {most}", str(row.kursi))
        for row in rows[(rows["kursi"] < least) | (rows["kursi"] > most)].itertuples()
    ]
    if "penduduk" in rows:
        found += [
            Finding(
                "columns", plan_id, str(row.id), "penduduk", "more than its seats, or none", str(row.penduduk)
            )
            for row in rows[
                rows["penduduk"].notna() & (rows["penduduk"].fillna(0) <= rows["kursi"])
            ].itertuples()
        ]
    return found


def _numbers(plan_id: str, rows: pd.DataFrame, facts: Mapping[str, Any]) -> list[Finding]:
    """The number that ends the name of a DPRD dapil is the number in its code; a name is not empty."""
    ends = rows["nama_dapil"].fillna("").str.extract(r"(\d+)$", expand=False)
    found = []
    for key, code, name, end in zip(rows["id"], rows["kode_dapil"], rows["nama_dapil"], ends, strict=True):
        numbered = facts["lembaga"].startswith("dprd") and isinstance(end, str) and code[4:].isdecimal()
        if not name or (numbered and int(end) != int(code[4:])):
            found.append(Finding("columns", plan_id, str(key), "nama_dapil", f"number {code[4:]}", str(name)))
    return found


def _doubtful(contents: Contents, plan_id: str, table: str, rows: pd.DataFrame) -> list[Finding]:
    """``ragu`` of a dapil tells the doubts of its members and of the plan, in either language."""
    members, facts = contents.frame("members"), contents.plans[plan_id]
    own, found = members[members["plan_id"] == plan_id], []
    for language in LANGUAGES:
        name = column("ragu", language)
        doubts = reasons_of(own, name, facts[name])
        expected = [joined(doubts.get(code, ()), language) for code in rows["kode_dapil"]]
        found += _differing("columns", table, rows["id"], name, expected, rows[name])
    return found


def _remarks(table: str, rows: pd.DataFrame, facts: Mapping[str, Any]) -> list[Finding]:
    """``catatan`` of a dapil tells the remarks of the plan that name it, and its own; both languages have as many."""
    found = []
    for language in LANGUAGES:
        name = column("catatan", language)
        for key, code, text in rows[["id", "kode_dapil", name]].itertuples(index=False):
            of_plan = [each["hal"] for each in facts[name] if code in each["dapil"]]
            if not set(of_plan) <= set(reasons(text)):
                found.append(Finding("columns", table, str(key), name, str(of_plan), str(text)))
    other = column("catatan", "en")
    for key, one, two in rows[["id", "catatan", other]].itertuples(index=False):
        if len(reasons(one)) != len(reasons(two)):
            found.append(Finding("columns", table, str(key), other, f"as many as {one!r}", str(two)))
    return found


def _told(contents: Contents, plan_id: str, facts: Mapping[str, Any]) -> list[Finding]:
    """What is doubted or noted of a plan is of the same dapil and units in both languages, and counted alike."""
    entry: Mapping[str, Any] = next(
        (each for each in contents.release.manifest["plans"] if each["id"] == plan_id), {}
    )
    quality = contents.release.quality
    pairs: dict[str, tuple[object, object]] = {
        "ragu in the manifest": (len(facts["ragu"]), entry.get("ragu"))
    }
    for name in ("ragu", "catatan"):
        one, two = ([(d["dapil"], d["kode"]) for d in facts[column(name, lang)]] for lang in LANGUAGES)
        pairs[column(name, "en")] = (one, two)
    if "doubts" in quality:
        pairs["doubts in quality.json"] = (_in_both(facts), quality["doubts"].get(plan_id, []))
    return [
        Finding("columns", plan_id, "", what, str(one), str(other))
        for what, (one, other) in pairs.items()
        if one != other
    ]


def _in_both(facts: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The doubts of a plan as the ledger has them: ``Indonesian | English``."""
    texts = told(facts, "ragu")
    return [each | {"hal": text} for each, text in zip(facts["ragu"], texts, strict=True)]


def _wilayah(contents: Contents, plan_id: str, rows: pd.DataFrame, names: dict[str, str]) -> list[Finding]:
    """``wilayah`` gives each member with the name that its unit has, in the order of the codes."""
    if "wilayah" not in rows:
        return []
    members, names = contents.frame("members"), names | dict([ABROAD])
    own = members[members["plan_id"] == plan_id].sort_values("kode_unit")
    expected: dict[str, list[str]] = {}
    for unit, dapil in own[["kode_unit", "kode_dapil"]].itertuples(index=False):
        expected.setdefault(dapil, []).append(unit)
    found = []
    for key, dapil, text in rows[["id", "kode_dapil", "wilayah"]].itertuples(index=False):
        given = [each.partition(" ") for each in (text or "").split("; ")]
        wanted = [(unit, names.get(unit)) for unit in expected.get(dapil, [])]
        if [(code, name if names.get(code) else None) for code, _, name in given] != wanted:
            both = "; ".join(f"{unit} {name}" for unit, name in wanted)
            found.append(Finding("columns", plan_id, str(key), "wilayah", both, str(text)))
    return found


def _levels(layer: str, rows: pd.DataFrame) -> list[Finding]:
    """``tingkat`` is the layer's level; what stands below it is null."""
    level = layer.removeprefix("unit-")
    found = _differing("columns", layer, rows["kode"], "tingkat", [level] * len(rows), rows["tingkat"])
    for below in LEVELS[LEVELS.index(level) + 1 : 3]:
        for name in (f"kode_{below}", f"nama_{below}"):
            found += _differing("columns", layer, rows["kode"], name, [None] * len(rows), rows[name])
    return found


def _figures(layer: str, rows: pd.DataFrame) -> list[Finding]:
    """A figure of inhabitants or polling stations is more than none; it has its year, one for all units of a level."""
    found = []
    for name in ("penduduk", "tps"):
        year, known = rows[f"{name}_tahun"], rows[name].notna()
        years = year[known].mode()  # the year that most have
        expected = [years.iloc[0] if each else None for each in known]
        found += _differing("columns", layer, rows["kode"], f"{name}_tahun", expected, year)
        found += [
            Finding("columns", layer, str(code), name, "1 or more", str(value))
            for code, value in rows.loc[known & (rows[name].fillna(1) < 1), ["kode", name]].values.tolist()
        ]
    return found


def _member_names(contents: Contents, names: dict[str, str]) -> list[Finding]:
    """The chamber of a member is its plan's; its name, as the law spells it, is not exchanged with that of another.

    A name that is like none may be one that the unit had: only the law's tables tell.
    """
    rows = contents.frame("members")
    chamber = rows["plan_id"].map({plan: facts["lembaga"] for plan, facts in contents.plans.items()})
    found = _differing("members", "members", rows["kode_unit"], "lembaga", chamber, rows["lembaga"])
    plain = rows[rows["kode_lama"].isna() & rows["kode_unit"].isin(names.keys()) & rows["nama_unit"].notna()]
    other: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for plan, unit, name in plain[["plan_id", "kode_unit", "nama_unit"]].itertuples(index=False):
        if not same(name, names[unit]):
            other.setdefault((plan, unit.rpartition(".")[0]), []).append((unit, name))
    for (plan, _), pairs in other.items():
        found += [
            Finding("members", plan, unit, "nama_unit", f"a spelling of {names[unit]}", name)
            for unit, name in pairs
            if any(equal(name, names[code]) and equal(given, names[unit]) for code, given in pairs)
        ]
    return found


def _dates(contents: Contents) -> list[Finding]:
    """A plan is in force from its election, before it ends, and ends before the next of its chamber begins."""
    found = []
    chambers: dict[str, list[tuple[str, str | None, str]]] = {}
    for plan_id, facts in contents.plans.items():
        start, end = str(facts["mulai"]), facts["selesai"]
        chambers.setdefault(facts["lembaga"], []).append((start, end, plan_id))
        if plan_id != f"{facts['lembaga']}-{facts['tahun']}" or start[:4] != str(facts["tahun"]):
            found.append(Finding("plans", plan_id, "", "chamber, year and start", plan_id, start))
        if end is not None and not start < end:
            found.append(Finding("plans", plan_id, "", "selesai", f"after {start}", end))
    for rows in chambers.values():
        for (_, end, plan_id), (start, _, after) in pairwise(sorted(rows, key=lambda row: row[0])):
            if end is None or end > start:
                found.append(
                    Finding("plans", plan_id, "", "selesai", f"by {start}, when {after} begins", str(end))
                )
    return found
