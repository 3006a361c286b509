"""The election's tables as the map's data want them: found by set and plan, on the dapil that the release has.

The toy nation has tables of its own; every other release is read beside ``data/elections``.
"""

from functools import cache, cached_property
from typing import Any, Final

import pandas as pd

from boundaries.elections import sets, toy_tables
from boundaries.elections.sets import Table
from boundaries.exports.mapdata.party_colours import party_colours
from boundaries.release.store import Release
from boundaries.release.toy import SOURCE_ID

#: The first election whose parties are drawn.
_SINCE: Final = 2014
_NONE: Final = pd.DataFrame({"kode_dapil": pd.Series(dtype=str)})


class ElectionTables:
    """Tables by set and plan. A table that is no count comes before a count; the two are never mixed."""

    def __init__(self, release: Release) -> None:
        self._from: Any = toy_tables if release.manifest["source"]["id"] == SOURCE_ID else sets
        self.read = cache(self._from.read_set)

    def find(self, set_name: str, plan: str, **wanted: str) -> Table | None:
        """Return the table of a set on a plan that has rows; None where there is none.

        `wanted`: column → the value that its first row must have.
        """
        fitting = [
            each for each in self._from.catalogue().values() if (each.set, each.plan) == (set_name, plan)
        ]
        for each in sorted(fitting, key=lambda table: table.basis == "count"):
            rows = self.read(each.name)
            if len(rows) and all(str(rows[name].iloc[0]) == value for name, value in wanted.items()):
                return each
        return None

    def rows(self, table: Table | None) -> pd.DataFrame:
        """Return the rows of a table; none of no table."""
        return _NONE if table is None else self.read(table.name)

    def parties(self, year: int) -> pd.DataFrame:
        """Return the parties of an election, indexed by their number on the ballot."""
        rows: pd.DataFrame = self.read("partai")
        return rows[rows["tahun"] == year].set_index("nomor_partai")

    @cached_property
    def colours(self) -> dict[str, str]:
        """The colour of every party, made of the one of its last election; the largest parties keep theirs."""
        rows = self.read("partai").sort_values(["tahun", "nomor_partai"])
        rows = rows[rows["tahun"] >= _SINCE]
        own = dict.fromkeys(rows["partai"], "")
        for party, colour in zip(rows["partai"], rows["warna"], strict=True):
            own[party] = colour.partition(";")[0] or own[party]
        seats = pd.Series(0.0, index=list(own))
        for year in sorted(set(rows["tahun"])):
            won = self.rows(self.find("hasil", f"dpr-{year}"))
            if len(won):
                seats = seats.add(won.groupby("partai")["kursi"].sum().astype(float), fill_value=0)
        return party_colours((party, own[party]) for party in sorted(own, key=lambda each: -seats[each]))


def about(table: Table, basis: str = "") -> dict[str, Any]:
    """Tell of a table: its name, what its figures rest on, how far it goes in both languages."""
    return {
        "tabel": table.name,
        "basis": basis or table.basis,
        "cakupan": {"id": table.coverage, "en": table.coverage_en},
    }


def plain(values: Any) -> list[Any]:
    """Return a column as values of JSON: whole numbers, and None where nothing is known.

    >>> plain(pd.array([1, None], dtype="Int64"))
    [1, None]
    """
    column = pd.Series(values)
    return list(column.astype(object).where(column.notna(), None))


def plain_rows(frame: pd.DataFrame) -> list[list[Any]]:
    """Return the rows of a frame of numbers in the same way."""
    rows: list[list[Any]] = frame.astype(object).where(frame.notna(), None).to_numpy(dtype=object).tolist()
    return rows
