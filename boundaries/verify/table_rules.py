"""Rules on the tables: the law's totals, identifiers, members, assignment, the ledger."""

import json
import re
from typing import Any

import pandas as pd

from boundaries.law.codes import LENGTH, LEVELS
from boundaries.verify.opened_release import Contents, Finding, Outcome

#: Change of area in per cent from which the ledger must give a unit's reason.
NOTABLE_PCT = 2.0
_CODE_IN_TEXT = re.compile(r"(?:^|; )(\d\d(?:\.\d\d){0,2}(?:\.\d{4})?)(?= |;|$)")


def plans(contents: Contents) -> Outcome:
    """Every plan has its layer or table, and the manifest says of it what the tables say."""
    found = []
    told = {plan["id"]: plan for plan in contents.release.manifest["plans"]}
    for plan_id in sorted(told.keys() ^ contents.plans.keys()):
        found.append(Finding("plans", plan_id, "", "plan of the manifest and the table", "both", "one"))
    belong = {"plans", "members", "assignment"} | {
        name for name in contents.names if name.startswith("unit-")
    }
    for plan_id in sorted(told.keys() & contents.plans.keys()):
        name = _table_name(contents, plan_id)
        belong.add(name)
        rows = _dapil(contents, plan_id)
        facts = contents.plans[plan_id]
        pairs = {
            "dapil": len(rows),
            "kursi": int(rows["kursi"].sum()),
            **{key: facts[key] for key in ("lembaga", "tahun", "mulai", "selesai", "dasar_hukum")},
            "layer" if facts["komposisi"] else "table": name,
        }
        found += [
            Finding("plans", plan_id, "", f"{key} in the manifest", str(value), str(told[plan_id].get(key)))
            for key, value in pairs.items()
            if told[plan_id].get(key) != value
        ]
    for name in sorted(contents.names.keys() - belong):
        found.append(Finding("plans", name, "", "a layer or table of no plan", "none", name))
    return Outcome(f"{len(contents.plans)} plans", found)


def totals(contents: Contents) -> Outcome:
    """Dapil and seats of each plan are the law's totals, or the difference that the plan declares."""
    found = []
    dapil = seats = 0
    for plan_id, facts in contents.plans.items():
        rows = _dapil(contents, plan_id)
        dapil, seats = dapil + len(rows), seats + int(rows["kursi"].sum())
        left_out = contents.omitted.get(plan_id, set())
        for key, law, actual in (
            ("dapil", facts["jumlah_dapil"], len(rows) + len(left_out)),
            ("kursi", facts["jumlah_kursi"], int(rows["kursi"].sum())),
        ):
            declared = [each[key] for each in facts["selisih"] if each.get(key) is not None]
            expected = declared[-1] if declared else law
            # Seats of dapil that were left out stand nowhere in the release: then only fewer can be right.
            if actual != expected and not (key == "kursi" and left_out and actual < expected):
                found.append(Finding("totals", plan_id, "", key, f"{expected:,}", f"{actual:,}"))
        for row in rows[rows["kursi"] < 1].itertuples():
            found.append(Finding("totals", plan_id, str(row.id), "kursi", "1 or more", str(row.kursi)))
    return Outcome(f"{dapil:,} dapil, {seats:,} kursi", found)


def identifiers(contents: Contents) -> Outcome:
    """``id`` is <lembaga>-<tahun>-<kode_dapil>, unique, and the rows stand in its order."""
    found, count = [], 0
    for plan_id, facts in contents.plans.items():
        name, rows = _table_name(contents, plan_id), _dapil(contents, plan_id)
        count += len(rows)
        wanted = plan_id + "-" + rows["kode_dapil"].astype(str)
        for row, expected in zip(rows["id"], wanted, strict=True):
            if row != expected:
                found.append(Finding("identifiers", name, str(row), "id", expected, str(row)))
        found += _order_findings(name, rows["id"])
        for key in ("lembaga", "tahun", "mulai", "selesai", "dasar_hukum"):
            other = rows[[value != facts[key] for value in rows[key]]]
            found += [
                Finding("identifiers", name, str(row["id"]), key, str(facts[key]), str(row[key]))
                for _, row in other.iterrows()
            ]
    for name in contents.unit_layers:
        rows = contents.frame(name)
        count += len(rows)
        found += _order_findings(name, rows["kode"]) + _unit_findings(contents, name, rows)
    return Outcome(f"{count:,} rows", found)


def members(contents: Contents) -> Outcome:
    """Every member is a known unit of a dapil that exists, and ``wilayah`` names the same units."""
    rows = contents.frame("members")
    found = [
        Finding("members", str(row.plan_id), str(row.kode_unit), "unit of a member", "a known code", "none")
        for row in rows[~rows["kode_unit"].isin(contents.known)].itertuples()
    ]
    for plan_id, facts in contents.plans.items():
        own = rows[rows["plan_id"] == plan_id]
        listed = {str(code): set(units) for code, units in own.groupby("kode_dapil")["kode_unit"]}
        dapil = _dapil(contents, plan_id)
        exist = set(dapil["kode_dapil"]) | _omitted_codes(contents, plan_id)
        for code in sorted(listed.keys() - exist):
            found.append(Finding("members", plan_id, code, "dapil of a member", "a dapil", "none"))
        if not facts["komposisi"]:
            continue
        for code, text in zip(dapil["kode_dapil"], dapil["wilayah"], strict=True):
            named = set(_CODE_IN_TEXT.findall(text or ""))
            if named != listed.get(code, set()) or not named:
                both = sorted(named ^ listed.get(code, set()))
                found.append(
                    Finding(
                        "members", plan_id, f"{plan_id}-{code}", "wilayah", "the members", f"differs: {both}"
                    )
                )
    return Outcome(f"{len(rows):,} members", found)


def assignment(contents: Contents) -> Outcome:
    """Every base unit is in exactly one dapil of each plan that does not leave it out, as the members say."""
    rows = contents.frame("assignment")
    base = contents.base
    found: list[Finding] = []
    for plan_id, facts in contents.plans.items():
        if not facts["komposisi"]:
            continue
        of_plan = rows[rows["plan_id"] == plan_id]
        own = contents.spread(of_plan)
        left_out = tuple(facts["wilayah_dikecualikan"])
        wanted = {code for code in base.tolist() if not _within(code, left_out)}
        strange = of_plan["kode_unit"][~of_plan.index.isin(own["row"].tolist())]
        found += [
            Finding("assignment", plan_id, str(code), "base unit", "a unit of this plan", "other")
            for code in strange
        ]
        found += _set_findings(plan_id, own["kode_unit"], wanted)
        found += _member_findings(contents, plan_id, own)
    for plan_id in sorted(set(rows["plan_id"]) - contents.plans.keys()):
        found.append(Finding("assignment", str(plan_id), "", "plan", "a plan of the release", "none"))
    return Outcome(
        f"{len(base):,} base units in {rows['plan_id'].nunique()} plans, {len(rows):,} rows", found
    )


def ledger(contents: Contents) -> Outcome:
    """The ledger has a row for every base unit, and a reason where the area changed by more than 2 %."""
    rows = pd.read_csv(contents.release.path / "quality.csv", dtype={"kode": str}, keep_default_na=False)
    found = _set_findings("quality.csv", rows["kode"], set(contents.ground.codes), check="ledger")
    changed = pd.to_numeric(rows["area_change_pct"]).abs() > NOTABLE_PCT
    for row in rows[changed & (rows["reason"] == "")].itertuples():
        found.append(
            Finding("ledger", "quality.csv", str(row.kode), "reason of a changed area", "a reason",
                    f"none for {row.area_change_pct} %")
        )  # fmt: skip
    told = contents.release.quality.get("plans")
    if told != json.loads(json.dumps(contents.release.manifest["plans"])):
        found.append(Finding("ledger", "quality.json", "", "plans", "those of the manifest", "others"))
    return Outcome(f"{len(rows):,} units, {int(changed.sum()):,} with a reason", found)


def _table_name(contents: Contents, plan_id: str) -> str:
    return plan_id if contents.plans[plan_id]["komposisi"] else f"tabel-{plan_id}"


def _dapil(contents: Contents, plan_id: str) -> pd.DataFrame:
    """Return the rows of a plan; a plan whose dapil were all left out has no layer."""
    name = _table_name(contents, plan_id)
    if name not in contents.names and contents.omitted.get(plan_id):
        return pd.DataFrame({key: pd.Series(dtype=object) for key in _PLAN_KEYS}).astype({"kursi": "int64"})
    return contents.frame(name)


_PLAN_KEYS = ("id", "kode_dapil", "lembaga", "tahun", "mulai", "selesai", "dasar_hukum", "kursi", "wilayah")


def _omitted_codes(contents: Contents, plan_id: str) -> set[str]:
    return {each.removeprefix(f"{plan_id}-") for each in contents.omitted.get(plan_id, ())}


def _within(code: str, units: tuple[str, ...]) -> bool:
    return any(code == unit or code.startswith(f"{unit}.") for unit in units)


def _order_findings(name: str, ids: pd.Series) -> list[Finding]:
    twice = sorted(set(ids[ids.duplicated()]))
    found = [Finding("identifiers", name, str(each), "id", "once", "twice") for each in twice]
    if not twice and not ids.is_monotonic_increasing:
        at = next(i for i in range(1, len(ids)) if ids.iloc[i] < ids.iloc[i - 1])
        found.append(
            Finding("identifiers", name, str(ids.iloc[at]), "order of rows", "by id", "out of order")
        )
    return found


def _unit_findings(contents: Contents, name: str, rows: pd.DataFrame) -> list[Finding]:
    """A unit's level is its code's, and the codes and names above it are those of the units above."""
    level = name.removeprefix("unit-")
    found = [
        Finding("identifiers", name, str(code), "kode", f"a code of a {level}", str(code))
        for code in rows["kode"]
        if len(code) != LENGTH[level]  # type: ignore[index]
    ]
    for above in LEVELS[: min(3, LEVELS.index(level) + 1)]:
        units = contents.frame(f"unit-{above}")
        names = dict(zip(units["kode"], units["nama"], strict=True))
        for row in rows[["kode", f"kode_{above}", f"nama_{above}"]].itertuples(index=False):
            code = row[0][: LENGTH[above]]
            if (row[1], row[2]) != (code, names.get(code)):
                found.append(
                    Finding("identifiers", name, row[0], f"{above} of the unit", f"{code} {names.get(code)}",
                            f"{row[1]} {row[2]}")
                )  # fmt: skip
    return found


def _set_findings(
    layer: str, codes: pd.Series, wanted: set[str], *, check: str = "assignment"
) -> list[Finding]:
    twice = sorted(set(codes[codes.duplicated()]))
    return [
        *(Finding(check, layer, str(code), "base unit", "once", "twice") for code in twice),
        *(
            Finding(check, layer, str(code), "base unit", "once", "absent")
            for code in sorted(wanted - set(codes))
        ),
        *(
            Finding(check, layer, str(c), "base unit", "a unit of this plan", "other")
            for c in sorted(set(codes) - wanted)
        ),
    ]


def _member_findings(contents: Contents, plan_id: str, own: pd.DataFrame) -> list[Finding]:
    """Compare each base unit's dapil with that of the member that holds it."""
    rows = contents.frame("members")
    rows = rows[rows["plan_id"] == plan_id]
    holder: dict[Any, Any] = dict(zip(rows["kode_unit"], rows["kode_dapil"], strict=True))
    found = []
    for code, dapil in zip(own["kode_unit"], own["kode_dapil"], strict=True):
        above = (code[: LENGTH[level]] for level in reversed(LEVELS) if LENGTH[level] <= len(code))
        expected = next((holder[each] for each in above if each in holder), None)
        if expected != dapil:
            found.append(
                Finding("assignment", plan_id, code, "dapil of a base unit", str(expected), str(dapil))
            )
    return found
