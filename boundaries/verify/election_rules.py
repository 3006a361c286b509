"""Rule on the election's tables of a release: whole, as described, joined to dapil and parties, the law's seats."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Final

import pandas as pd

from boundaries.release.election_file import ABOUT, ARCHIVE, ID, Elections, as_csv
from boundaries.verify.opened_release import Contents, Finding, Outcome, dapil_tables

_finding = partial(Finding, "elections")
_SHOWN: Final = 5


def elections(contents: Contents) -> Outcome:
    """Every table of the election has the rows that the manifest tells, fits its schema, its dapil and parties."""
    release = contents.release
    told = {str(each["name"]): each for each in release.manifest.get("elections", ())}
    tables = release.elections
    if tables is None:
        return Outcome("none", [_finding("", ABOUT, "the file", "there", "not")] if told else [])
    found = [
        _finding(
            name, "", "the table", "in both", f"only in {ABOUT if name in tables.tables else 'manifest.json'}"
        )
        for name in sorted(told.keys() ^ tables.tables.keys())
    ]
    keys = _party_keys(tables)
    for name in tables.tables.keys() & told.keys():
        found += _table(contents, tables, name, told[name], keys)
    rows = sum(int(each["rows"]) for each in told.values())
    return Outcome(f"{len(tables.tables)} tables, {rows:,} rows", sorted(found, key=lambda each: each.layer))


def _table(
    contents: Contents, tables: Elections, name: str, told: Mapping[str, Any], keys: Mapping[Any, str]
) -> Iterator[Finding]:
    about = tables.tables[name]
    for what in ("rows", "sha256", "basis", "coverage", "coverage_en"):
        if about[what] != told[what]:
            yield _finding(name, "", f"{what} in {ABOUT}", str(told[what]), str(about[what]))
    digest = hashlib.sha256(as_csv(tables.arrow(name))).hexdigest()
    if digest != told["sha256"]:
        yield _finding(name, "", f"its rows in {ARCHIVE}", str(told["sha256"]), digest)
        return  # what was changed is found already: what hangs on it tells nothing more
    rows = tables.frame(name)
    ids = tables.column(name, ID).to_pylist()
    if len(set(ids)) < len(ids):
        yield _finding(name, "", "ids of rows", "each once", f"{len(ids) - len(set(ids))} again")
    for field in tables.described(name)["fields"]:
        yield from _cells(name, rows[field["name"]], field)
    yield from _dapil(contents, name, about, rows)
    yield from _parties(name, rows, keys)


def _cells(name: str, column: pd.Series, field: Mapping[str, Any]) -> Iterator[Finding]:
    """Every cell is what its field says."""
    limits = field.get("constraints", {})
    blank = column.isna() | (column == "") if field["type"] == "string" else column.isna()
    values = column[~blank].drop_duplicates()
    wrong = []
    if limits.get("required") and blank.any():
        yield _finding(name, field["name"], "cells", "none empty", f"{int(blank.sum())} empty")
    if "enum" in limits:
        wrong += [value for value in values if value not in limits["enum"]]
    if "pattern" in limits:
        form = re.compile(limits["pattern"])
        wrong += [value for value in values if not form.fullmatch(str(value))]
    wrong += values[(values < limits["minimum"])].tolist() if "minimum" in limits else []
    wrong += values[(values > limits["maximum"])].tolist() if "maximum" in limits else []
    if wrong:
        yield _finding(name, field["name"], "cells", "as its set says", ", ".join(map(str, wrong[:_SHOWN])))


def _dapil(contents: Contents, name: str, about: Mapping[str, Any], rows: pd.DataFrame) -> Iterator[Finding]:
    """No row without its dapil; no dapil without rows but those named; seats of the parties are the dapil's."""
    plan = next((each for each in contents.release.manifest["plans"] if each["id"] == about["plan"]), None)
    if plan is None or "kode_dapil" not in rows:
        return
    parts = list(dapil_tables(contents, str(plan["id"])).values())
    law: Any = pd.concat([each[["kode_dapil", "kursi"]] for each in parts]).set_index("kode_dapil")["kursi"]
    left_out = {each.removeprefix(f"{plan['id']}-") for each in contents.omitted[plan["id"]]}
    own = set(rows["kode_dapil"]) - {""}
    if lost := sorted(own - set(law.index) - left_out):
        yield _finding(name, "kode_dapil", "dapil", f"of {plan['id']}", ", ".join(lost[:_SHOWN]))
    join = next(each for each in about["joins"] if each["column"] == "kode_dapil")
    if unsaid := sorted(set(law.index) - own - set(join["without_rows"])):
        yield _finding(name, "kode_dapil", "dapil without rows", "named", ", ".join(unsaid[:_SHOWN]))
    if about["set"] == "hasil":
        given: Any = rows.groupby("kode_dapil")["kursi"].agg(["sum", "size", "count"])
        for code, seats in given["sum"][given["size"] == given["count"]].items():
            if code in law.index and int(seats) != int(law[code]):
                yield _finding(name, str(code), "seats of the parties", str(law[code]), str(seats))


def _party_keys(tables: Elections) -> dict[tuple[int, int], str]:
    if "partai" not in tables.tables:
        return {}
    rows = tables.frame("partai")
    return {
        (int(y), int(n)): key
        for y, n, key in zip(rows["tahun"], rows["nomor_partai"], rows["partai"], strict=True)
    }


def _parties(name: str, rows: pd.DataFrame, keys: Mapping[Any, str]) -> Iterator[Finding]:
    """Year and ballot number are those of the party that the row names."""
    if not {"tahun", "nomor_partai", "partai"} <= set(rows.columns):
        return
    pairs = rows[["tahun", "nomor_partai", "partai"]].dropna().drop_duplicates()
    for year, number, party in pairs.itertuples(index=False):
        if keys.get((int(year), int(number))) != party:
            known = keys.get((int(year), int(number)), "none")
            yield _finding(name, "partai", f"party {number} of {year}", known, str(party))
