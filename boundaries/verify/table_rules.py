"""Rules on the tables: the law's totals, identifiers, members, assignment."""

import re
from collections.abc import Collection, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from boundaries.law.codes import ABROAD, LENGTH, LEVELS
from boundaries.law.identity import ground_ids
from boundaries.verify.opened_release import Contents, Finding, Outcome, dapil_tables, tables_of

_CODE_IN_TEXT = re.compile(r"(?:^|; )(\d\d(?:\.\d\d){0,2}(?:\.\d{4})?)(?= |;|$)")


def plans(contents: Contents) -> Outcome:
    """Every plan has its layer or table, and the manifest says of it what the tables say."""
    found = []
    told = {plan["id"]: plan for plan in contents.release.manifest["plans"]}
    for plan_id in sorted(told.keys() ^ contents.plans.keys()):
        found.append(Finding("plans", plan_id, "", "plan of the manifest and the table", "both", "one"))
    belong = {"plans", "members", "assignment", "accuracy", "riwayat"} | {
        name for name in contents.names if name.startswith("unit-")
    }
    for plan_id in sorted(told.keys() & contents.plans.keys()):
        facts = contents.plans[plan_id]
        names, tables = tables_of(contents, plan_id), dapil_tables(contents, plan_id)
        belong.update(names)
        rows = tables[names[0]]
        pairs = {
            "dapil": len(rows),
            "kursi": int(rows["kursi"].sum()),
            **{key: facts[key] for key in ("lembaga", "tahun", "mulai", "selesai", "dasar_hukum")},
            **_law_of(told[plan_id], facts),
            "layer": plan_id if facts["komposisi"] else None,
            "table": names[-1] if names[-1] != plan_id else None,
        }
        found += [
            Finding("plans", plan_id, "", f"{key} in the manifest", str(value), str(told[plan_id].get(key)))
            for key, value in pairs.items()
            if told[plan_id].get(key) != value
        ]
    for name in sorted(contents.names.keys() - belong):
        found.append(Finding("plans", name, "", "a layer or table of no plan", "none", name))
    return Outcome(f"{len(contents.plans)} plans", found)


def _law_of(entry: Mapping[str, Any], facts: Mapping[str, Any]) -> dict[str, Any]:
    """What a manifest that gives the law's totals and the differences from them must say of them."""
    keys = ("hal", "kursi", "dapil")
    told = entry.get("selisih", ())
    same = [[each.get(key) for key in keys] for each in facts["selisih"]] == [
        [each.get(key) for key in keys] for each in told
    ]
    pairs = {
        "dapil_law": facts["jumlah_dapil"],
        "kursi_law": facts["jumlah_kursi"],
        "selisih": told if same else facts["selisih"],
    }
    return {key: value for key, value in pairs.items() if key in entry}


def totals(contents: Contents) -> Outcome:
    """Dapil and seats of each plan are the law's totals, or the difference that the plan declares."""
    found = []
    dapil = seats = 0
    for plan_id, facts in contents.plans.items():
        rows = pd.concat(dapil_tables(contents, plan_id).values(), ignore_index=True)
        dapil, seats = dapil + len(rows), seats + int(rows["kursi"].sum())
        left_out = contents.omitted.get(plan_id, set())
        for key, law, actual in (
            ("dapil", facts["jumlah_dapil"], len(rows) + len(left_out)),
            ("kursi", facts["jumlah_kursi"], int(rows["kursi"].sum())),
        ):
            declared = [each[key] for each in facts["selisih"] if each.get(key) is not None]
            if len(declared) > 1:
                told = ", ".join(map(str, declared))
                found.append(Finding("totals", plan_id, "", f"selisih of {key}", "one figure", told))
                continue
            expected = declared[0] if declared else law
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
        tables = dapil_tables(contents, plan_id)
        for name, rows in tables.items():
            count += len(rows)
            found += _id_findings(plan_id, name, rows, facts)
        ids = pd.concat([rows["id"] for rows in tables.values()])
        for each in sorted(set(ids[ids.duplicated()])):
            found.append(Finding("identifiers", plan_id, str(each), "id", "once", "in layer and table"))
    for name in contents.unit_layers:
        rows = contents.frame(name)
        count += len(rows)
        found += _order_findings(name, rows["kode"]) + _unit_findings(contents, name, rows)
    return Outcome(f"{count:,} rows", found)


def _id_findings(plan_id: str, name: str, rows: pd.DataFrame, facts: Mapping[str, Any]) -> list[Finding]:
    found = []
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
    return found


def members(contents: Contents) -> Outcome:
    """Every member is a known unit of a dapil that exists, and ``wilayah`` names the same units; voters abroad are one
    member, of the dapil that the plan says. A dapil without a map has none."""
    rows = contents.frame("members")
    found = [
        Finding("members", str(row.plan_id), str(row.kode_unit), "unit of a member", "a known code", "none")
        for row in rows[~rows["kode_unit"].isin(contents.known)].itertuples()
    ]
    for plan_id, facts in contents.plans.items():
        own = rows[rows["plan_id"] == plan_id]
        listed = {str(code): set(units) for code, units in own.groupby("kode_dapil")["kode_unit"]}
        found += _abroad_findings(plan_id, own, facts)
        if not facts["komposisi"]:
            continue
        dapil = dapil_tables(contents, plan_id)[plan_id]
        exist = set(dapil["kode_dapil"]) | _omitted_codes(contents, plan_id)
        for code in sorted(listed.keys() - exist):
            found.append(Finding("members", plan_id, code, "dapil of a member", "a dapil with a map", "none"))
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


def _abroad_findings(plan_id: str, own: pd.DataFrame, facts: Mapping[str, Any]) -> list[Finding]:
    """Voters abroad elect the DPR, in the dapil that its plan names."""
    code, name = ABROAD
    given = own.loc[own["kode_unit"] == code, ["kode_dapil", "nama_unit"]].values.tolist()
    dapil = facts["luar_negeri"]
    wanted = [[dapil, name]] if dapil else []
    found = [] if given == wanted else [Finding("members", plan_id, code, name, str(wanted), str(given))]
    if dapil and facts["lembaga"] != "dpr":
        found.append(Finding("members", plan_id, code, "luar_negeri", "none, but for the DPR", str(dapil)))
    return found


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
        wanted = set(base[~_under_any(base, facts["wilayah_dikecualikan"])].tolist())
        if facts["sebagian"]:
            wanted &= _within_kabkota(contents, plan_id)
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


def grounds(contents: Contents) -> Outcome:
    """``wilayah_id`` names the ground that the assignment gives a dapil: one ground one name, in every plan."""
    found: list[Finding] = []
    told: dict[str, tuple[frozenset[str], str]] = {}
    names: dict[frozenset[str], str] = {}
    rows, count = contents.frame("assignment"), 0
    whole = not contents.release.manifest["source"].get("partial")
    for plan_id in contents.plan_layers:
        layer = contents.frame(plan_id)
        own = contents.spread(rows[rows["plan_id"] == plan_id])
        at = {code: n for n, code in enumerate(layer["kode_dapil"])}
        owners = np.full(len(contents.base), -1)
        owners[np.searchsorted(contents.base, own["kode_unit"].to_numpy(dtype=str))] = [
            at.get(code, -1) for code in own["kode_dapil"]
        ]
        units = own.groupby("kode_dapil")["kode_unit"].agg(frozenset)
        made = ground_ids(contents.base, owners, len(layer)) if whole else layer["wilayah_id"]
        count += len(layer)
        for id_, code, name, wanted in zip(
            layer["id"], layer["kode_dapil"], layer["wilayah_id"], made, strict=True
        ):
            ground = units.get(code, frozenset())
            if not whole:  # units that the source lacks may be whole or not: only sameness can be held
                wanted = names.setdefault(ground, name)
            other = told.setdefault(str(name), (ground, str(id_)))
            if name != wanted:
                found.append(Finding("grounds", plan_id, str(id_), "wilayah_id", str(wanted), str(name)))
            elif other[0] != ground:
                found.append(
                    Finding(
                        "grounds", plan_id, str(id_), "ground of wilayah_id", f"that of {other[1]}", "other"
                    )
                )
    return Outcome(f"{count:,} dapil on {len(told):,} grounds", found)


def succession(contents: Contents) -> Outcome:
    """The ledger of dapil leads from every dapil to the election after, and from every one to the election before."""
    rows = contents.frame("riwayat")
    ground = {
        str(id_): str(name)
        for plan in contents.plan_layers
        for id_, name in contents.frame(plan)[["id", "wilayah_id"]].itertuples(index=False)
    }
    absent = {id_ for each in contents.omitted.values() for id_ in each}
    found = []
    for row in rows.astype(object).to_dict("records"):
        sides = [(row[f"id_{side}"], row[f"wilayah_id_{side}"]) for side in ("lama", "baru")]
        ends = [str(id_) for id_, _ in sides if isinstance(id_, str)]
        name = "-".join(ends)
        lost = [each for each in ends if each not in ground and each not in absent]
        found += [
            Finding("succession", "riwayat", each, "dapil", "one of the release", "none") for each in lost
        ]
        same = len(ends) == 2 and sides[0][1] == sides[1][1]
        if same != (row["jenis"] in ("tetap", "ganti-kode")):
            told = "the same ground" if same else "other ground"
            found.append(Finding("succession", "riwayat", name, "jenis", told, str(row["jenis"])))
        for each, said in sides:
            if isinstance(each, str) and ground.get(each, said) != said:
                found.append(Finding("succession", "riwayat", each, "wilayah_id", ground[each], str(said)))
    ids = {side: set(rows[f"id_{side}"].dropna()) for side in ("lama", "baru")}
    for chamber in sorted({plan.rpartition("-")[0] for plan in contents.plan_layers}):
        plans = sorted(plan for plan in contents.plan_layers if plan.rpartition("-")[0] == chamber)
        for older, newer in pairwise(plans):
            part = bool(
                contents.plans[older].get("sebagian")
            )  # it says nothing of ground that it does not know
            for side, plan in (("lama", older), *((("baru", newer),) if not part else ())):
                found += [
                    Finding("succession", "riwayat", str(id_), f"id_{side}", "a row", "none")
                    for id_ in contents.frame(plan)["id"] if id_ not in ids[side]
                ]  # fmt: skip
    return Outcome(f"{len(rows):,} relations", found)


def _omitted_codes(contents: Contents, plan_id: str) -> set[str]:
    return {each.removeprefix(f"{plan_id}-") for each in contents.omitted.get(plan_id, ())}


def _under_any(codes: NDArray[np.str_], units: Collection[str]) -> NDArray[np.bool_]:
    """Which codes are one of some units or lie under one."""
    found = np.zeros(len(codes), dtype=bool)
    for length in LENGTH.values():
        found |= np.isin(codes.astype(f"U{length}"), [unit for unit in units if len(unit) == length])
    return found


def _within_kabkota(contents: Contents, plan_id: str) -> set[str]:
    """The base units of the kabkota that a plan has members in."""
    rows, length = contents.frame("members"), LENGTH["kabkota"]
    known = {code[:length] for code in rows.loc[rows["plan_id"] == plan_id, "kode_unit"]}
    return {code for code in contents.base.tolist() if code[:length] in known}


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


def _set_findings(layer: str, codes: pd.Series, wanted: set[str]) -> list[Finding]:
    twice = sorted(set(codes[codes.duplicated()]))
    return [
        *(Finding("assignment", layer, str(code), "base unit", "once", "twice") for code in twice),
        *(
            Finding("assignment", layer, str(code), "base unit", "once", "absent")
            for code in sorted(wanted - set(codes))
        ),
        *(
            Finding("assignment", layer, str(c), "base unit", "a unit of this plan", "other")
            for c in sorted(set(codes) - wanted)
        ),
    ]


def _member_findings(contents: Contents, plan_id: str, own: pd.DataFrame) -> list[Finding]:
    """Compare each base unit's dapil with that of the member that holds it."""
    rows = contents.frame("members")
    rows = rows[rows["plan_id"] == plan_id]
    holder = pd.Series(rows["kode_dapil"].to_numpy(dtype=object), index=rows["kode_unit"].to_numpy(dtype=str))
    holder = holder[~holder.index.duplicated(keep="last")]
    codes = own["kode_unit"].to_numpy(dtype=str)
    expected = np.full(len(codes), None, dtype=object)
    for level in LEVELS:  # the finest that holds it tells
        told = holder.reindex(codes.astype(f"U{LENGTH[level]}"))
        expected[told.notna()] = told[told.notna()]
    bad = np.flatnonzero(expected != own["kode_dapil"].to_numpy(dtype=object))
    return [
        Finding("assignment", plan_id, codes[at], "dapil of a base unit", str(expected[at]),
                str(own["kode_dapil"].iloc[at]))
        for at in bad
    ]  # fmt: skip
