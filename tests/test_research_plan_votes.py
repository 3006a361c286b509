"""Seats by party over many plans: the same as one plan at a time, with ties told."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from boundaries.elections.seats import allocate
from boundaries.elections.sets import read_set
from boundaries.errors import PlanError
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
    won, ties = seats_by_party(council, labels, cast)
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
