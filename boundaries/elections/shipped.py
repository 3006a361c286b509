"""The election's tables as a release carries them: which, how each joins dapil, units and parties, the ids of rows.

A join holds in both directions or is named: a row whose dapil or party there is not stops the build, and so does a
dapil without rows in a table that calls itself whole; all else that does not meet stands in ``elections.json``.
"""

import json
import logging
import shutil
import tempfile
import zipfile
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pandas as pd

from boundaries.elections import sets
from boundaries.elections.set_rules import WHOLE, party_keys
from boundaries.errors import PlanError
from boundaries.extras import needed
from boundaries.law.plans import Plan
from boundaries.law.registry import Registry
from boundaries.release.election_file import ABOUT, ARCHIVE, ElectionTable, listed, write_elections

log = logging.getLogger(__name__)

#: Sets on parties alone: in every release that has tables.
_ALWAYS: Final = ("partai", "silsilah-partai")
_UNITS: Final = ("kode_unit", "kode_wilayah", "kode_kabkota", "kode_provinsi")
#: What names no row: the same in all of a table, or free text.
_NO_KEY: Final = ("nama", "nama_wilayah")


def ship(
    directory: Path,
    plans: Sequence[Plan],
    registry: Registry,
    only: Collection[str] = (),
    *,
    kept: Path | None = None,
) -> list[dict[str, Any]]:
    """Write the tables that a release of these plans has, and return what its manifest says of them.

    Of `only` some plans: the tables on these, and on parties. `kept`: where an earlier build has left them, or this one
    shall; its name must follow from all that they are made of.

    Raises
    ------
    PlanError
        A row without its dapil or party, or a whole table without rows of a dapil.
    """
    if kept is not None and (found := _taken(kept, directory)) is not None:
        return found
    known = {plan.id: plan for plan in plans}
    names = [
        each.name
        for each in sets.catalogue().values()
        if each.set in _ALWAYS or (each.plan in known if each.plan else not only)
    ]
    made = write_elections(
        directory, (table_of(name, known.get(sets.table(name).plan), registry) for name in names)
    )
    if kept is not None:
        _leave(directory, kept)
    return made


def _taken(kept: Path, directory: Path) -> list[dict[str, Any]] | None:
    """Copy what an earlier build has left; None where there is nothing, or nothing whole."""
    try:
        with zipfile.ZipFile(kept / ARCHIVE) as archive:
            if archive.testzip() is not None:
                return None
        told = json.loads((kept / ABOUT).read_bytes())["tables"]
        for name in (ARCHIVE, ABOUT):
            shutil.copyfile(kept / name, directory / name)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return None
    return listed(told)


def _leave(directory: Path, kept: Path) -> None:
    """Leave a copy for the next build, whole or not at all; where none can be written, tables are packed again."""
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept.parent, prefix=".part-") as part:
            whole = Path(part) / "whole"
            whole.mkdir()
            for name in (ARCHIVE, ABOUT):
                shutil.copyfile(directory / name, whole / name)
            whole.rename(kept)
    except OSError as error:
        log.warning("the packed tables of elections are not kept: %s", error)


def table_of(name: str, plan: Plan | None, registry: Registry) -> ElectionTable:
    """Return a table of the project with what is known of it and how it joins."""
    return packed(sets.table(name), sets.read_set(name), plan, registry)


def packed(told: sets.Table, rows: pd.DataFrame, plan: Plan | None, registry: Registry) -> ElectionTable:
    """Return rows as a table to be shipped."""
    described = sets.schema(told.set)
    about = {
        "name": told.name, "set": told.set, "year": int(told.year) if told.year else None,
        "chamber": told.chamber or None, "plan": told.plan or None,
        "basis": told.basis, "complete": told.complete, "coverage": told.coverage,
        "coverage_en": told.coverage_en, "origin": told.origin, "licence": told.licence or None,
        "title": described.title, "title_en": described.title_en,
        "persons": described.persons, "geometry": _ground(rows, plan), "joins": joins(told, rows, plan, registry),
    }  # fmt: skip
    text = (sets.directory() / told.set / "schema.json").read_text("utf-8")
    return ElectionTable(about, json.loads(text), row_ids(rows, described.key), rows)


def row_ids(rows: pd.DataFrame, key: Iterable[str]) -> list[str]:
    """Return an id for every row: what tells rows apart, joined by hyphens; the same once more gets ``-2``.

    Examples
    --------
    >>> rows = pd.DataFrame({"tahun": 2024, "kode_dapil": ["1101", "1101", "1102"], "nomor_partai": [1, 2, 1]})
    >>> row_ids(rows, ("tahun", "kode_dapil", "nomor_partai"))
    ['1101-1', '1101-2', '1102-1']
    """
    telling = [name for name in key if name not in _NO_KEY and rows[name].nunique(dropna=False) > 1]
    if "nomor_urut" in rows and "nomor_urut" not in telling:
        telling.append("nomor_urut")
    if not telling:
        return [str(number) for number in range(1, len(rows) + 1)]
    with needed():
        import pyarrow as pa
        import pyarrow.compute as pc

    parts = [pa.array(rows[name].astype("string"), pa.string(), from_pandas=True) for name in telling]
    told = [pc.if_else(pc.equal(part, ""), pa.scalar(None, pa.string()), part) for part in parts]
    joined = pc.binary_join_element_wise(*told, "-", null_handling="skip")
    named = pc.replace_substring(joined, "/", "_")
    found = pc.if_else(pc.equal(named, ""), "0", named).to_pylist()
    seen: Counter[str] = Counter()
    for at, name in enumerate(found if pc.count_distinct(named).as_py() < len(found) else ()):
        seen[name] += 1
        found[at] = name if seen[name] == 1 else f"{name}-{seen[name]}"
    return found


def joins(
    told: sets.Table, rows: pd.DataFrame, plan: Plan | None, registry: Registry
) -> list[dict[str, Any]]:
    """Return how a table joins: column, target, rows that meet or have no value, values and dapil that do not meet.

    Raises
    ------
    PlanError
        A row without its dapil or party, or a whole table without rows of a dapil.
    """
    return list(_joins(told, rows, plan, registry))


def _joins(
    told: sets.Table, rows: pd.DataFrame, plan: Plan | None, registry: Registry
) -> Iterator[dict[str, Any]]:
    if plan is not None and "kode_dapil" in rows:
        codes = plan.dapil["kode_dapil"].tolist()
        found = _join("kode_dapil", plan.id, _counts(rows["kode_dapil"]), set(codes))
        found["without_rows"] = sorted(set(codes) - set(rows["kode_dapil"]))
        if found["unmatched"]:
            raise PlanError(
                f"{told.path}: no dapil of {plan.id}: {_some(found['unmatched'])}; mend the codes"
            )
        if found["without_rows"] and told.complete and told.set in WHOLE:
            lacking = _some(found["without_rows"])
            raise PlanError(
                f"{told.path}: no row of dapil {lacking}, but the table is called whole; add the rows"
            )
        yield found
    if told.set != "partai" and {"tahun", "nomor_partai", "partai"} <= set(rows.columns):
        known = {f"{year}/{number}" for year, number in party_keys()}
        pairs: Any = rows[["tahun", "nomor_partai"]].value_counts(dropna=False)
        counts = {
            "" if pd.isna(number) else f"{year}/{number}": int(count)
            for (year, number), count in pairs.items()
        }
        found = _join("nomor_partai", "partai", counts, known)
        if found["unmatched"]:
            raise PlanError(f"{told.path}: no party: {_some(found['unmatched'])}; mend year or ballot number")
        yield found
    on_dapil = rows["tingkat"] == "dapil" if "tingkat" in rows else pd.Series(data=False, index=rows.index)
    if plan is not None and on_dapil.any():
        yield _join(
            "kode_wilayah", plan.id, _counts(rows["kode_wilayah"][on_dapil]), set(plan.dapil["kode_dapil"])
        )
    for column in _UNITS:
        if column in rows and not on_dapil.all():
            yield _join(column, "unit", _counts(rows[column][~on_dapil]), registry.names)


def _counts(values: pd.Series) -> dict[str, int]:
    return {str(value): int(count) for value, count in values.value_counts().items()}


def _join(column: str, target: str, counts: Mapping[str, int], known: Collection[str]) -> dict[str, Any]:
    """How the values of a column, each with the rows that have it, meet those that are known."""
    return {
        "column": column, "target": target,
        "matched": sum(count for value, count in counts.items() if value in known),
        "blank": counts.get("", 0),
        "unmatched": sorted(value for value in counts if value and value not in known),
    }  # fmt: skip


def _ground(rows: pd.DataFrame, plan: Plan | None) -> dict[str, str] | None:
    """Which column names the dapil or unit that each row alone is about, if one does."""
    on_dapil = "tingkat" in rows and bool((rows["tingkat"] == "dapil").all())
    for column, target in (
        ("kode_dapil", plan),
        ("kode_wilayah", plan if on_dapil else "unit"),
        ("kode_unit", "unit"),
    ):
        told = rows[column][rows[column] != ""] if column in rows else rows.iloc[:0, 0]
        if target is not None and len(told) > 1 and told.is_unique:
            return {"column": column, "target": target if isinstance(target, str) else target.id}
    return None


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
