"""What must hold in a table of a set beyond its schema; a rule a function, each problem with its place and mend.

A row with a reason in ``ragu`` is known not to fit and is left out of sums that it would break.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Final

import pandas as pd

from boundaries.elections import sets
from boundaries.law.plans import Plan
from boundaries.law.registry import Registry
from boundaries.law.tables import where

_COUNTS: Final = "situng|sirekap|kawalpemilu|real count|hitung"


@dataclass(frozen=True)
class Case:
    """A table to check: typed rows (index: line of the file), its set, the plan that it is for, if any."""

    path: Path
    schema: sets.Schema
    rows: pd.DataFrame
    plan: Plan | None
    registry: Registry

    def told(self, line: object, what: str, mend: str) -> str:
        """A problem: the place of a line, what is wrong there, its mend."""
        return f"{where(self.path, line)}: {what}; {mend}"

    @cached_property
    def seats(self) -> dict[str, int]:
        """Seats of each dapil of the plan by its code."""
        return {} if self.plan is None else dict(self.plan.dapil.set_index("kode_dapil")["kursi"])

    def cell(self, line: object, column: str) -> str:
        """What a line has in a column, as text."""
        return str(self.rows.loc[line, column])  # type: ignore[index]

    @property
    def plan_id(self) -> str:
        """The plan's id, empty without one."""
        return "" if self.plan is None else self.plan.id


Rule = Callable[[Case], Iterator[str]]
#: Sets of a plan that have rows in each of its dapil.
WHOLE: Final = frozenset({"hasil", "calon", "daftar-calon", "hasil-calon", "terpilih"})
#: Parts and their whole.
_SUMS: Final = {
    "partisipasi": (
        (["dpt_l", "dpt_p"], "dpt"), (["terdaftar_l", "terdaftar_p"], "terdaftar"),
        (["dpt", "dptb", "dpk", "dpktb"], "terdaftar"), (["suara_sah", "suara_tidak_sah"], "suara_total"),
    ),
    "pemilih": ((["laki_laki", "perempuan", "tidak_diketahui"], "pemilih"),),
    "dana-kampanye-dapil": ((["uang", "barang", "jasa"], "jumlah"),),
}  # fmt: skip


@lru_cache
def party_keys() -> dict[tuple[int, int], str]:
    """The key of every party by year and ballot number."""
    rows = sets.read_set("partai")[["tahun", "nomor_partai", "partai"]]
    return {(int(year), int(number)): key for year, number, key in rows.itertuples(index=False)}


def plan_of_rows(case: Case) -> Iterator[str]:
    """Year and chamber are those of the plan."""
    if case.plan is None:
        return
    for column, value in (("tahun", case.plan.year), ("lembaga", case.plan.chamber)):
        if column in case.rows:
            for line in case.rows.index[case.rows[column] != value]:
                yield case.told(
                    line, f"{column} {case.cell(line, column)} in a table on {case.plan.id}", f"write {value}"
                )


def known_dapil(case: Case) -> Iterator[str]:
    """Every row has its dapil, and every dapil its rows."""
    if case.plan is None or "kode_dapil" not in case.rows:
        return
    codes = case.rows["kode_dapil"]
    for line in codes.index[(codes != "") & ~codes.isin(list(case.seats))]:
        yield case.told(
            line, f"kode_dapil {codes[line]} is no dapil of {case.plan.id}", "write one of its codes"
        )
    if case.schema.name in WHOLE and (missing := sorted(set(case.seats) - set(codes))):
        some = f"no row of dapil {', '.join(missing[:5])} ({len(missing)} in all)"
        yield case.told(None, some, "add them, or check a part with --partial")


def known_party(case: Case) -> Iterator[str]:
    """Ballot number and key are of one party of that year."""
    if not {"tahun", "nomor_partai", "partai"} <= set(case.rows.columns) or case.schema.name == "partai":
        return
    keys = party_keys()
    pairs: Any = case.rows[["tahun", "nomor_partai", "partai"]].drop_duplicates()
    for line, year, number, party in pairs.itertuples(name=None):
        own = "" if pd.isna(number) else keys.get((year, number), "")
        if own != party:
            right = next((n for (y, n), key in keys.items() if (y, key) == (year, party)), None)
            told = f"number {number} is {own}" if own else f"{number} is no ballot number of {year}"
            mend = f"{party} has number {right}" if right else f"{party or 'a party'} did not stand in {year}"
            yield case.told(line, f"nomor_partai and partai disagree: {told}, not {party or 'empty'}", mend)


def known_units(case: Case) -> Iterator[str]:
    """Codes of units exist in the list of 2025."""
    for column in ("kode_unit", "kode_kabkota", "kode_provinsi"):
        if column in case.rows:
            codes = case.rows[column]
            for line in codes.index[(codes != "") & ~codes.isin(list(case.registry.names))]:
                yield case.told(line, f"{column} {codes[line]} is no unit of 2025", "write its code of 2025")


def one_kind_of_basis(case: Case) -> Iterator[str]:
    """A count is never mixed with official figures, nor called so."""
    if "basis" not in case.rows:
        return
    counted = case.rows["basis"] == "count"
    rest = (case.rows["basis"] != "") & ~counted
    if counted.any() and rest.any():
        fewer = min((counted, rest), key=lambda each: int(each.sum()))
        line = fewer.index[fewer][0]
        yield case.told(
            line, f"basis {case.cell(line, 'basis')} among others", "put a count in a file of its own"
        )
    elif {"suara", "sumber"} <= set(case.rows.columns):
        called = rest & case.rows["sumber"].str.contains(_COUNTS, case=False)
        if {"tps", "tps_terhitung"} <= set(case.rows.columns):
            called |= rest & (case.rows["tps_terhitung"] < case.rows["tps"]).fillna(False)
        for line in called.index[called][:3]:
            yield case.told(
                line, f"basis {case.cell(line, 'basis')}, but this is a count", "write basis count"
            )


def basis_of_figures(case: Case) -> Iterator[str]:
    """A figure has its basis."""
    for figure, basis in (("suara", "basis"), ("kursi", "basis_kursi")):
        if {figure, basis} <= set(case.rows.columns):
            for line in case.rows.index[case.rows[figure].notna() & (case.rows[basis] == "")]:
                yield case.told(line, f"{figure} without {basis}", "say what the figure rests on")


def no_more_than_there_are(case: Case) -> Iterator[str]:
    """No more stations are counted, and no more people vote, than there are."""
    for part, whole in (("tps_terhitung", "tps"), ("tps_konsisten", "tps"), ("pengguna", "terdaftar")):
        if {part, whole} <= set(case.rows.columns):
            sure = case.rows[case.rows["ragu"] == ""] if "ragu" in case.rows else case.rows
            for line in sure.index[(sure[part] > sure[whole]).fillna(False)]:
                yield case.told(
                    line, f"{part} {case.cell(line, part)} of {case.cell(line, whole)} {whole} is over 100 %",
                    "mend one of the two",
                )  # fmt: skip


def parts_make_the_whole(case: Case) -> Iterator[str]:
    """Men and women, rolls, valid and invalid votes add up, but where a doubt says why."""
    for parts, whole in _SUMS.get(case.schema.name, ()):
        sure = case.rows[(case.rows["ragu"] == "") & case.rows[[*parts, whole]].notna().all(axis=1)]
        for line in sure.index[sure[parts].sum(axis=1) != sure[whole]]:
            told = f"{' + '.join(parts)} is not {whole}, {case.cell(line, whole)}"
            yield case.told(line, told, "mend one, or say why in ragu")


#: The rules of every set.
COMMON: Final[tuple[Rule, ...]] = (
    plan_of_rows, known_dapil, known_party, known_units, one_kind_of_basis, basis_of_figures, no_more_than_there_are,
    parts_make_the_whole,
)  # fmt: skip
