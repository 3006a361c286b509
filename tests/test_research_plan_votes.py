"""Seats by party over many plans: the same as one plan at a time, with ties told."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from boundaries.elections.seats import allocate
from boundaries.elections.sets import read_set
from boundaries.errors import PlanError
from boundaries.law.registry import load_registry
from boundaries.research.apportionment import largest_remainder
from boundaries.research.legal_plans import Effort, lawful_labels, survey
from boundaries.research.plan_votes import WARNING, Votes, seats_by_party, seats_over, votes_of
from tests.test_research_plans import made_up

pytest.importorskip("numba")
TABLE = "hasil-wilayah-dprd-kabkota-2019-hitung"


def votes(seed: int = 1, most: int = 5000) -> Votes:
    found = np.random.default_rng(seed).integers(0, most, (12, 4))
    return Votes(found, ("A", "B", "C", "D"), 1.0, TABLE, "count")


@pytest.mark.parametrize("most", [5000, 3])
def test_seats_are_those_of_each_dapil_by_itself(most: int) -> None:
    """Small votes tie often: what is not tied is sure, and all seats are given."""
    council = made_up(1)
    labels = next(lawful_labels(survey(council)))[0][::40]
    cast = votes(2, most).votes
    won, ties, empty = seats_by_party(council, labels, cast)
    assert not empty.any()
    assert (won.sum(axis=1) == council.seats).all()
    for label, mine, tied in zip(labels, won, ties, strict=True):
        seats = largest_remainder(np.bincount(label, council.people), council.seats).seats
        each = [allocate(cast[label == k].sum(axis=0).tolist(), int(s)) for k, s in enumerate(seats)]
        sure = np.sum([a.won for a in each], axis=0)
        assert tied == sum(bool(a.open_seats) for a in each)
        assert (mine >= sure).all()
        assert mine.sum() - sure.sum() == sum(a.open_seats for a in each)


def test_seats_over_all_plans_and_over_draws() -> None:
    found = survey(made_up(1))
    rows, told = seats_over(found, votes())
    assert (told["cara"], told["rencana"], told["peringatan"]) == ("semua", found.number, list(WARNING))
    assert (rows["kursi_p0"] <= rows["kursi_p50"]).all()
    assert rows["kursi_rata_rata"].sum() == pytest.approx(20, abs=0.001)
    assert rows["kursi_hukum"].sum() == 20
    some, drawn = seats_over(survey(made_up(1), effort=Effort(most_listed=10)), votes())
    assert drawn["cara"] == "undian"
    assert some["kursi_rata_rata"].to_numpy() == pytest.approx(rows["kursi_rata_rata"].to_numpy(), abs=0.05)


def test_votes_of_a_table() -> None:
    rows: Any = read_set(TABLE)
    here = rows[rows["kode_kabkota"] == "32.18"]
    units = sorted({unit for unit in here["kode_unit"] if unit})
    n = len(units)
    council = replace(
        made_up(1), code="32.18", units=tuple((unit,) for unit in units), people=np.full(n, 1000),
        pairs=np.stack([np.arange(n - 1), np.arange(1, n)], axis=1), border_m=np.ones(n - 1), law=np.arange(n) * 3 // n,
    )  # fmt: skip
    found = votes_of(council, TABLE)
    assert found.votes.sum() == pd.to_numeric(here["suara"]).sum()
    assert found.covered == 1.0
    with pytest.raises(PlanError, match="no votes of 99"):
        votes_of(made_up(1), TABLE)
    with pytest.raises(PlanError, match="no votes by kecamatan"):
        votes_of(council, "presiden-kecamatan-2014")


def test_a_dapil_without_a_vote_gives_no_seat_to_anybody() -> None:
    """Its seats stay open and are told; no party gets what nobody voted for."""
    council = made_up(1)
    cast = votes().votes.copy()
    cast[:6] = 0
    label = np.array([0] * 6 + [1] * 6)[None]
    seats = largest_remainder(np.bincount(label[0], council.people), council.seats).seats
    won, ties, empty = seats_by_party(council, label, cast)
    assert won.sum() == seats[1] == allocated(cast[6:], int(seats[1])).sum()
    assert (won[0] == allocated(cast[6:], int(seats[1]))).all()
    assert (ties.tolist(), empty.tolist()) == ([0], [seats[0]])
    _, told = seats_over(survey(council), replace(votes(), votes=cast))
    assert told["rencana_berkursi_kosong"] > 0
    assert told["kursi_kosong_terbanyak"] > 0


def allocated(cast: Any, seats: int) -> Any:
    """Seats of one dapil, reckoned apart."""
    return np.array(allocate(cast.sum(axis=0).tolist(), seats).won)


def test_the_warning_stands_in_every_row() -> None:
    rows, _ = seats_over(survey(made_up(1)), votes())
    assert set(rows["peringatan"]) == {" | ".join(WARNING)}
    assert set(rows["basis"]) == {"count"}


def of_province(code: str, chamber: str, year: int = 2024) -> Any:
    """The kabkota of a province as a council, on made-up ground."""
    registry = load_registry()
    units = [unit for unit in registry.at("kabkota") if unit.startswith(code + ".")]
    n = len(units)
    return replace(
        made_up(1), chamber=chamber, code=code, year=year, units=tuple((unit,) for unit in units),
        people=np.full(n, 1000), pairs=np.stack([np.arange(n - 1), np.arange(1, n)], axis=1), border_m=np.ones(n - 1),
        law=np.arange(n) * 3 // n,
    )  # fmt: skip


def test_votes_by_kecamatan_are_summed_over_kabkota() -> None:
    rows: Any = read_set("hasil-wilayah-dprd-provinsi-2019-hitung")
    found = votes_of(of_province("63", "dprd-provinsi"), "hasil-wilayah-dprd-provinsi-2019-hitung")
    mine = rows[rows["kode_kabkota"].str.startswith("63.")]
    assert found.votes.sum() == mine["suara"].sum() > 0
    each = mine.groupby(["kode_kabkota", "partai"])["suara"].sum()
    council = of_province("63", "dprd-provinsi")
    for n, (unit,) in enumerate(council.units):
        assert found.votes[n].tolist() == [int(each.get((unit, party), 0)) for party in found.parties]
    assert (found.doubtful, found.without_unit) == (0, 0)
    lacking = mine.groupby(["kode_kabkota", "kode_unit"])["suara"].sum() == 0
    part = len(set(lacking.index[lacking].get_level_values(0)))
    assert found.covered == pytest.approx(1 - part / len(council.units))


def test_parties_under_the_threshold_of_the_nation_win_no_seat_of_the_dpr() -> None:
    """Of 2014: PBB and PKPI had 1.46 and 0.91 per cent; the law of 2024 asks for 4."""
    found = votes_of(of_province("11", "dpr"), "hasil-wilayah-dpr-2014")
    assert found.eligible is not None
    out = [party for party, passed in zip(found.parties, found.eligible, strict=True) if not passed]
    assert sorted(set(out) & {"pbb", "pkpi", "golkar", "pdip"}) == ["pbb", "pkpi"]
    _, told = seats_over(survey(made_up(1)), replace(votes(), eligible=np.array([True, False, True, True])))
    assert told["tanpa_kursi"] == ["B"]
    rows, _ = seats_over(survey(made_up(1)), replace(votes(), eligible=np.array([True, False, True, True])))
    assert rows.set_index("partai").loc["B", ["kursi_p0", "kursi_p100", "kursi_hukum"]].tolist() == [0, 0, 0]


def test_rows_in_doubt_and_votes_of_no_known_kecamatan_are_told() -> None:
    rows: Any = read_set("hasil-wilayah-dpr-2014")
    coded = rows.loc[rows["kode_kabkota"] == "11.05", "kode_unit"].dropna()
    units = tuple((unit,) for unit in sorted(set(coded)) if unit)
    council = replace(made_up(1), chamber="dpr", code="11.05", units=units, people=np.full(len(units), 1000))
    found = votes_of(council, "hasil-wilayah-dpr-2014")
    mine = rows[rows["kode_kabkota"] == "11.05"]
    known = mine["kode_unit"].isin([unit for (unit,) in council.units])
    assert found.without_unit == mine.loc[~known, "suara"].sum() > 0
    assert found.votes.sum() == mine.loc[known, "suara"].sum()
    table: Any = read_set(TABLE)
    doubted = table[table["ragu"].fillna("") != ""]
    mine = table[table["kode_kabkota"] == doubted["kode_kabkota"].iloc[0]]
    units = tuple((unit,) for unit in sorted(set(mine["kode_unit"])))
    council = replace(made_up(1), code=units[0][0][:5], units=units, people=np.full(len(units), 1000))
    assert votes_of(council, TABLE).doubtful == (mine["ragu"].fillna("") != "").sum() > 0


def test_votes_of_another_chamber_or_rule_are_refused() -> None:
    with pytest.raises(
        PlanError, match="has votes of the dprd-provinsi, not of the dprd-kabkota; name another"
    ):
        votes_of(made_up(1), "hasil-wilayah-dprd-provinsi-2019-hitung")
    with pytest.raises(PlanError, match="were given by hare"):
        votes_of(of_province("11", "dpr", 2014), "hasil-wilayah-dpr-2014")
