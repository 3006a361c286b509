"""The law as tables: which units make up each dapil of a chamber in an election, validated.

A plan lives in ``data/plans/<tahun>/``: its rows in ``dapil.csv`` and ``members.csv``, its facts in
``<lembaga>.toml`` (docs/plans.md). Adding an election is adding such files.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Final

import pandas as pd

from boundaries.errors import PlanError, TableError
from boundaries.law.codes import LENGTH, LEVELS
from boundaries.law.meta import CHAMBERS, Difference, Doubt, PlanMeta, Reference, read_meta
from boundaries.law.registry import Registry, load_registry
from boundaries.law.rules import Draft, check
from boundaries.law.tables import data_directory, read_table, refuse, where

__all__ = [
    "CHAMBERS",
    "DAPIL_COLUMNS",
    "MEMBER_COLUMNS",
    "Difference",
    "Doubt",
    "Plan",
    "PlanMeta",
    "Reference",
    "assignment",
    "base_units",
    "load_plans",
]

DAPIL_COLUMNS: Final = (
    "lembaga",
    "kode_dapil",
    "nama_dapil",
    "kode_provinsi",
    "kode_kabkota",
    "kursi",
    "penduduk",
    "catatan",
)
MEMBER_COLUMNS: Final = (
    "lembaga",
    "kode_dapil",
    "kode_unit",
    "nama_unit",
    "kode_lama",
    "bagian",
    "bukti",
    "ragu",
)
#: Plans that this process has judged and found sound; judging takes ten times as long as reading.
_SOUND: Final[set[str]] = set()
#: Columns that a dapil.csv may lack.
OPTIONAL: Final = ("nama_lain", "jumlah_anggota")


@dataclass(frozen=True)
class Plan:
    """One chamber in one election: its dapil and the units that make up each.

    Attributes
    ----------
    dapil
        The columns of dapil.csv, and `nama_lain`: text but `kursi` (int64) and `penduduk` (Int64, <NA> where not
        known).
    members
        The columns of members.csv, all text, ``""`` where empty. Codes are of 2025.
    """

    chamber: str
    year: int
    meta: PlanMeta
    dapil: pd.DataFrame
    members: pd.DataFrame

    @property
    def id(self) -> str:
        """``<lembaga>-<tahun>``, e.g. ``dpr-2024``."""
        return f"{self.chamber}-{self.year}"

    def parted(self) -> "tuple[Plan, Plan]":
        """The dapil of which the members are known, and the others: of most plans all, or none."""
        known = self.dapil["kode_dapil"].isin(self.members["kode_dapil"]) & self.meta.komposisi
        return tuple(replace(self, dapil=self.dapil[k].reset_index(drop=True)) for k in (known, ~known))  # type: ignore[return-value]


def plans_there(directory: Path | None = None) -> list[str]:
    """The plans in law, by name."""
    folder = directory or data_directory() / "plans"
    return sorted(f"{path.stem}-{path.parent.name}" for path in folder.glob("[0-9]*/*.toml"))


def load_plans(
    directory: Path | None = None, registry: Registry | None = None, only: Collection[str] = ()
) -> list[Plan]:
    """Read and validate plans, newest election first, chambers from DPR to DPRD kab/kota.

    Parameters
    ----------
    directory
        A directory of ``<tahun>`` directories; default: the project's.
    registry
        The units that exist; default: the project's.
    only
        Plan ids (``"dpr-2024"``); default: all.

    Raises
    ------
    PlanError
        A plan contradicts itself, the law's totals or the list of units; the message names file, line, code
        and mend, for the first ten problems.
    """
    directory = directory or data_directory() / "plans"
    registry = registry or load_registry()
    tomls = _tomls(directory)
    unknown = sorted(set(only) - set(tomls))
    if unknown:
        raise PlanError(f"{where(directory)}: no plan {', '.join(unknown)}; there are {', '.join(tomls)}")
    chosen = [path for plan_id, path in tomls.items() if not only or plan_id in only]
    metas = [_with_end(read_meta(path), tomls) for path in chosen]
    refuse(_overlaps(metas, whole=not only), PlanError)
    years: dict[Path, tuple[pd.DataFrame, pd.DataFrame]] = {}
    drafts = []
    for path, meta in zip(chosen, metas, strict=True):
        if path.parent not in years:
            years[path.parent] = _read_year(path.parent)
        dapil, members = (_of_chamber(table, meta.lembaga) for table in years[path.parent])
        drafts.append(Draft(meta, dapil, members, path.parent, registry))
    keys = [_key(draft) for draft in drafts]
    unknown_yet = [draft for draft, key in zip(drafts, keys, strict=True) if key not in _SOUND]
    refuse((problem for draft in unknown_yet for problem in check(draft)), PlanError)
    _SOUND.update(keys)
    return [_plan(draft) for draft in drafts]


def _key(draft: Draft) -> str:
    """What the rules judge: the plan's three files and the units."""
    files = (draft.directory / name for name in (f"{draft.chamber}.toml", "dapil.csv", "members.csv"))
    parts = [draft.plan_id.encode(), draft.registry.digest.encode(), *(path.read_bytes() for path in files)]
    return hashlib.sha256(b"\0".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()


def base_units(plans: Iterable[Plan], registry: Registry) -> tuple[str, ...]:
    """Return the finest units that any plan needs, sorted: kecamatan, or desa where a plan splits one.

    Plans without composition need none. The result always covers the whole nation.
    """
    units = pd.concat([pd.Series(dtype=str), *(p.members["kode_unit"] for p in plans if p.meta.komposisi)])
    split = set(units[units.str.len() == LENGTH["desa"]].str[: LENGTH["kecamatan"]])
    kecamatan = [code for code in registry.at("kecamatan") if code not in split]
    desa = [code for code in registry.at("desa") if code[: LENGTH["kecamatan"]] in split]
    return tuple(sorted(kecamatan + desa))


def assignment(plan: Plan, base: Collection[str]) -> pd.Series:
    """Return the dapil of every base unit: index `kode_unit` in the order of `base`, values `kode_dapil`.

    Ground outside the plan (``wilayah_dikecualikan``) is absent, and of a plan that is known in part (``sebagian``)
    the ground of kabkota that it does not know.

    Raises
    ------
    PlanError
        The plan has no composition; it splits a unit of `base`; or a unit of `base` belongs to no dapil.
    """
    if not plan.meta.komposisi:
        raise PlanError(f"{plan.id} has no composition: it is a table of names and seats; leave it out")
    excluded = tuple(plan.meta.wilayah_dikecualikan)
    units = [code for code in base if not code.startswith(excluded)] if excluded else list(base)
    if plan.meta.sebagian:
        known = set(plan.members["kode_unit"].str[: LENGTH["kabkota"]])
        units = [code for code in units if code[: LENGTH["kabkota"]] in known]
    dapil_of = dict(zip(plan.members["kode_unit"], plan.members["kode_dapil"], strict=True))
    lengths = [LENGTH[level] for level in LEVELS]
    holders = [next((u[:n] for n in lengths if n <= len(u) and u[:n] in dapil_of), None) for u in units]
    index = pd.Index(units, name="kode_unit", dtype=str)
    found = pd.Series([dapil_of.get(h) for h in holders], index=index, dtype=object, name="kode_dapil")
    _whole(plan, found, dapil_of.keys() - set(holders))
    return found.astype(str)


def _whole(plan: Plan, found: pd.Series, unused: set[str]) -> None:
    if lost := sorted(found.index[found.isna()]):
        raise PlanError(
            f"{plan.id}: base unit {', '.join(lost[:5])} ({len(lost)} in all) lies in no dapil; "
            "make the base with base_units() from all plans that will be dissolved"
        )
    if unused:
        raise PlanError(
            f"{plan.id}: {', '.join(sorted(unused)[:5])} ({len(unused)} in all) has no base unit; "
            "make the base with base_units() from all plans that will be dissolved"
        )


def _tomls(directory: Path) -> dict[str, Path]:
    """Return plan id -> toml, newest year first. A name that is no chamber's is left to read_meta."""
    found = list(directory.glob("[0-9][0-9][0-9][0-9]/*.toml"))
    if not found:
        raise PlanError(f"{where(directory)}: no <tahun>/<lembaga>.toml there; put the plans there")
    rank = {chamber: n for n, chamber in enumerate(CHAMBERS)}
    found.sort(key=lambda p: (-int(p.parent.name), rank.get(p.stem, len(rank)), p.stem))
    return {f"{path.stem}-{path.parent.name}": path for path in found}


def _read_year(directory: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return dapil and members of all chambers of a year; a row of no plan is an error."""
    try:
        dapil = read_table(directory / "dapil.csv", DAPIL_COLUMNS, optional=OPTIONAL)
        members = read_table(directory / "members.csv", MEMBER_COLUMNS)
    except TableError as error:
        raise PlanError(str(error)) from None
    refuse(_strays(directory, dapil, members), PlanError)
    return dapil, members


def _strays(directory: Path, dapil: pd.DataFrame, members: pd.DataFrame) -> Iterator[str]:
    have = [chamber for chamber in CHAMBERS if (directory / f"{chamber}.toml").exists()]
    for name, table in (("dapil.csv", dapil), ("members.csv", members)):
        strays = table.loc[~table["lembaga"].isin(have), "lembaga"]
        for line, chamber in strays.items():
            at = where(directory / name, line)
            yield f"{at}: lembaga {chamber!r} has no toml here; write one of {', '.join(have)}, or add it"


def _of_chamber(table: pd.DataFrame, chamber: str) -> pd.DataFrame:
    return table[table["lembaga"] == chamber]


def _with_end(meta: PlanMeta, tomls: Mapping[str, Path]) -> PlanMeta:
    """A plan that does not say its end is in force until the next election of its chamber, if there is one."""
    if meta.selesai is not None:
        return meta
    later = [
        path for path in tomls.values() if path.stem == meta.lembaga and int(path.parent.name) > meta.tahun
    ]
    starts: list[date] = [read_meta(path).mulai for path in later]
    return replace(meta, selesai=min(starts, default=None))


def _overlaps(metas: list[PlanMeta], *, whole: bool) -> Iterator[str]:
    """A plan is in force until the next election of its chamber: no day has two, and (of all plans) none has none."""
    for chamber in CHAMBERS:
        mine = sorted((m for m in metas if m.lembaga == chamber), key=lambda m: m.mulai)
        for earlier, later in pairwise(mine):
            together = earlier.selesai is None or earlier.selesai > later.mulai
            if together or (whole and earlier.selesai != later.mulai):
                yield (
                    f"selesai of {chamber}-{earlier.tahun} is {earlier.selesai}, but {chamber}-{later.tahun} "
                    f"is in force from {later.mulai}; write that day in {earlier.tahun}/{chamber}.toml"
                )


def _plan(draft: Draft) -> Plan:
    dapil = draft.dapil[[*DAPIL_COLUMNS, "nama_lain"]].reset_index(drop=True)
    dapil["kursi"] = dapil["kursi"].astype("int64")
    dapil["penduduk"] = pd.to_numeric(dapil["penduduk"].where(dapil["penduduk"] != "")).astype("Int64")
    members = draft.members.reset_index(drop=True)
    return Plan(draft.chamber, draft.meta.tahun, draft.meta, dapil, members)
