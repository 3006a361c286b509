"""What must hold in tables of votes, seats, lists and members: sums, the law's seats, the order of candidates."""

from collections.abc import Iterator
from typing import Any, Final

import pandas as pd

from boundaries.elections import sets
from boundaries.elections.seats import LAW, seats_of
from boundaries.elections.set_rules import COMMON, Case, Rule

_LIST: Final = ["kode_dapil", "partai"]
_CANDIDATE: Final = ["kode_dapil", "nomor_partai", "nomor_urut"]


def seats_of_the_law(case: Case) -> Iterator[str]:
    """The seats of the parties in a dapil are the seats that it has by law."""
    given: Any = case.rows.groupby("kode_dapil")["kursi"]
    for code, seats in given.sum().items():
        of_law = case.seats.get(code)
        if of_law is not None and given.get_group(code).notna().all() and seats != of_law:
            line = case.rows.index[case.rows["kode_dapil"] == code][0]
            yield case.told(
                line, f"kursi of dapil {code} sum to {seats}, the law gives {of_law}", "mend a party's seats"
            )


def seats_by_method(case: Case) -> Iterator[str]:
    """Official seats are those that the law's method makes of official votes."""
    rule = LAW.get(case.plan_id)
    official = (case.rows["basis"] == "official") & (case.rows["basis_kursi"] == "official")
    if rule is None or not official.all() or case.rows[["suara", "kursi"]].isna().any(axis=None):
        return
    made = seats_of(case.rows, case.seats, rule)
    found: Any = case.rows.reset_index(names="line").merge(made, on=_LIST, suffixes=("", "_made"))
    for row in found[found["kursi"] != found["kursi_made"]].itertuples():
        yield case.told(
            row.line, f"kursi {row.kursi} of {row.partai} in dapil {row.kode_dapil}, but {rule.method} makes "
            f"{row.kursi_made} of the votes", "mend suara or kursi",
        )  # fmt: skip


def national_totals(case: Case) -> Iterator[str]:
    """Sums of an official table are the totals as stated, votes and seats, party by party."""
    if case.plan is None or case.plan.chamber != "dpr" or (case.rows["basis"] == "count").any():
        return
    stated = sets.read_set("hasil-total-dpr").query(f"tingkat == 'nasional' and tahun == {case.plan.year}")
    for column in ("suara", "kursi"):
        for party, rows in case.rows.groupby("partai"):
            known = sorted({int(value) for value in stated[column][stated["partai"] == party].dropna()})
            total = int(rows[column].sum())
            whole = rows[column].notna().all() and (rows["ragu"] == "").all()
            if known and whole and total not in known:
                said = " or ".join(map(str, known))
                yield case.told(rows.index[0], f"{column} of {party} sum to {total} in all dapil, stated are {said}",
                                f"look for the dapil that is {total - known[-1]:+} off")  # fmt: skip


def candidates_make_the_list(case: Case) -> Iterator[str]:
    """Votes for candidates and for the party alone make the votes of the list, in either table."""
    own = case.schema.name
    other = sets.of_plan("hasil-calon" if own == "hasil" else "hasil", case.plan_id)
    if (
        case.plan is None
        or case.plan.chamber == "dpd"
        or other is None
        or (case.rows["basis"] == "count").any()
    ):
        return
    theirs = sets.read_set(other.name)
    lists, named = (case.rows, theirs) if own == "hasil" else (theirs, case.rows)
    sums = named.groupby(_LIST)["suara"].sum()
    whole = set(named[named["nomor_urut"] == 0].set_index(_LIST).index)
    first = case.rows.reset_index(names="line").drop_duplicates(_LIST).set_index(_LIST)["line"]
    votes: Any = lists.dropna(subset="suara").set_index(_LIST)["suara"]
    for place, said in votes.items():
        made = sums.get(place)
        if made is not None and place in first.index and (made > said or (place in whole and made != said)):
            yield case.told(
                first[place], f"suara of {place[1]} in dapil {place[0]}: the list has {said}, its candidates and the "
                f"party alone {made}", f"mend what is wrong here or in {other.name}",
            )  # fmt: skip


def list_is_counted_right(case: Case) -> Iterator[str]:
    """Women are no more than candidates, 30 % is counted right, a list is no longer than the law allows."""
    rows: Any = case.rows
    for line in rows.index[rows["perempuan"] > rows["calon"]]:
        yield case.told(line, "perempuan is more than calon", "mend one of the two")
    enough = (rows["perempuan"] * 10 >= rows["calon"] * 3).map({True: "ya", False: "tidak"})
    for line in rows.index[rows["perempuan_30"] != enough]:
        yield case.told(
            line, f"perempuan_30 is {case.cell(line, 'perempuan_30')}", f"by the numbers it is {enough[line]}"
        )
    known = rows["catatan"].str.contains("longer-than-seats|number-twice")
    aceh = rows["kode_dapil"].str.startswith("11")
    longest = rows["kursi"].where(~aceh, (rows["kursi"] * 12 + 9) // 10)
    for line in rows.index[(rows["calon"] > longest) & ~known]:
        yield case.told(
            line,
            f"calon {case.cell(line, 'calon')} for {case.cell(line, 'kursi')} seats",
            "mend one of the two",
        )
    law = rows["kode_dapil"].map(case.seats)
    for line in rows.index[law.notna() & (law != rows["kursi"])]:
        yield case.told(
            line, f"kursi is {case.cell(line, 'kursi')}", f"the law gives the dapil {law[line]:.0f}"
        )


def list_numbers_once(case: Case) -> Iterator[str]:
    """A list number stands once, but where a doubt says why."""
    sure = case.rows[case.rows["ragu"] == ""]
    for line in sure.index[sure.duplicated(_CANDIDATE)]:
        yield case.told(
            line,
            f"nomor_urut {case.cell(line, 'nomor_urut')} stands twice on this list",
            "mend it, or say why in ragu",
        )


def as_many_elected_as_seats(case: Case) -> Iterator[str]:
    """As many are elected as the dapil has seats, but where a doubt says why."""
    doubted = set(case.rows["kode_dapil"][case.rows["ragu"] != ""])
    for code, rows in case.rows.groupby("kode_dapil"):
        of_law = case.seats.get(str(code))
        if of_law is not None and code not in doubted and len(rows) != of_law:
            yield case.told(
                rows.index[0],
                f"{len(rows)} elected in dapil {code}, the law gives {of_law} seats",
                "mend the list",
            )


def elected_have_the_most_votes(case: Case) -> Iterator[str]:
    """Nobody on the list has more votes than one of it who is elected; votes are those of the candidates' table."""
    table = sets.of_plan("hasil-calon", case.plan_id)
    if table is None or case.rows["nomor_urut"].isna().any():
        return
    every = sets.read_set(table.name).query("nomor_urut != 0").fillna({"nomor_partai": 0})
    votes: Any = every.set_index(_CANDIDATE)["suara"].dropna()
    chosen: Any = case.rows.fillna({"nomor_partai": 0}).reset_index(names="line").set_index(_CANDIDATE)
    for place, line, said in chosen[["line", "suara"]].itertuples(name=None):
        if place in votes.index and not pd.isna(said) and said != votes[place]:
            yield case.told(
                line, f"suara {said}, {table.name} has {votes[place]}", "mend the one that is wrong"
            )
    lost = votes[~votes.index.isin(chosen.index)].groupby(level=[0, 1]).max()
    for place, rows in chosen.groupby(level=[0, 1]):
        least = rows.dropna(subset="suara").sort_values("suara").head(1)
        for line, said in least[["line", "suara"]].itertuples(index=False):
            if place in lost.index and lost[place] > said:
                yield case.told(
                    line,
                    f"suara {said}, but one of the list not elected has {lost[place]}",
                    "mend who is elected",
                )


#: The rules of some sets, beside those of every set.
RULES: Final[dict[str, tuple[Rule, ...]]] = {
    "hasil": (seats_of_the_law, seats_by_method, national_totals, candidates_make_the_list),
    "hasil-calon": (candidates_make_the_list,),
    "calon": (list_numbers_once,),
    "daftar-calon": (list_is_counted_right,),
    "terpilih": (as_many_elected_as_seats, elected_have_the_most_votes),
}


def rules_of(set_name: str) -> tuple[Rule, ...]:
    """Return every rule that a table of a set is held to."""
    return (*COMMON, *RULES.get(set_name, ()))
