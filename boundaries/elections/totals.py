"""The totals that everybody knows, summed from a release's tables alone: a figure beside what was stated of it."""

from dataclasses import dataclass
from typing import Any, Final

from boundaries.errors import NotFound
from boundaries.release.election_file import Elections

#: The tables of seats and votes by dapil, the latest first.
_RESULTS: Final = ("hasil-dpr-2024", "hasil-dpr-2019", "hasil-dpr-2014", "hasil-dpr-2009")


@dataclass(frozen=True)
class Total:
    """A total: the table and its basis, what is summed, for whom (a party, a pair, a roll), and how much."""

    table: str
    basis: str
    what: str
    of: str
    figure: int


def totals(elections: Elections) -> list[Total]:
    """Return the totals of all tables that a release has: seats and votes by party, candidates, the president's, rolls.

    Raises
    ------
    NotFound
        The release has none of the tables.
    """
    found = [*_seats(elections), *_candidates(elections), *_president(elections), *_rolls(elections)]
    if not found:
        raise NotFound("the release has no tables of elections; build it with all plans")
    return found


def _seats(elections: Elections) -> list[Total]:
    found = []
    for name in filter(elections.tables.__contains__, _RESULTS):
        rows = elections.frame(name)
        basis = str(elections.tables[name]["basis"])
        for column, what in (("kursi", "seats"), ("suara", "votes")):
            if rows[column].notna().all():
                sums: Any = rows.groupby("partai")[column].sum().sort_values(ascending=False, kind="stable")
                found += [
                    Total(name, basis, what, str(party), int(sum_)) for party, sum_ in sums.items() if sum_
                ]
    return found


def _candidates(elections: Elections) -> list[Total]:
    found = []
    for name, about in elections.tables.items():
        if about["set"] == "calon":
            rows = elections.frame(name)
            counts = (("", len(rows)), ("P", int((rows["jenis_kelamin"] == "P").sum())))
            found += [Total(name, about["basis"], "candidates", of, count) for of, count in counts if count]
        elif about["set"] == "daftar-calon":
            rows = elections.frame(name)
            few = int((rows["perempuan_30"] == "tidak").sum())
            counts = (("", len(rows)), ("P < 30 %", few))
            found += [Total(name, about["basis"], "lists", of, count) for of, count in counts]
    return found


def _president(elections: Elections) -> list[Total]:
    found = []
    for name, about in elections.tables.items():
        if about["set"] == "presiden" and "provinsi" in name and about["complete"]:
            sums: Any = elections.frame(name).groupby(["nomor_pasangan", "pasangan"])["suara"].sum()
            found += [Total(name, about["basis"], "votes", f"{number} {pair}", int(votes))
                      for (number, pair), votes in sums.items()]  # fmt: skip
    return found


def _rolls(elections: Elections) -> list[Total]:
    found = []
    for name, about in elections.tables.items():
        if about["set"] == "pemilih" and "provinsi" in name:
            rows = elections.frame(name)
            place = rows["kode_wilayah"].where(rows["kode_wilayah"] == "LN", "")
            sums: Any = rows.groupby([place, "pemilu", "daftar"])["pemilih"].sum()
            found += [Total(name, about["basis"], " ".join(filter(None, ("voters", election, roll))), of, int(count))
                      for (of, election, roll), count in sums.items()]  # fmt: skip
    return found
