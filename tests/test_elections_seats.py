"""Seats from votes: as the law gives them, as a library gives them, and with the properties that theory promises."""

from fractions import Fraction

import apportionment.methods as library
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundaries.cli import electing
from boundaries.elections import indices, sets
from boundaries.elections.seats import DIVISORS, METHODS, Rule, SeatsError, allocate, passing, seats_of
from boundaries.elections.what_if import outcome
from boundaries.errors import NotFound

VOTES = st.lists(st.integers(0, 10**6), min_size=1, max_size=12).filter(any)
SEATS = st.integers(0, 15)


@pytest.mark.parametrize(("plan", "dapil"), [("dpr-2024", 84), ("dpr-2014", 77)])
def test_the_method_of_the_law_gives_the_official_seats_in_every_dapil(plan: str, dapil: int) -> None:
    found = outcome(plan)
    assert (found.dapil, found.differing, found.ties, found.left_out) == (dapil, (), (), ())


def test_another_method_gives_others_and_says_where() -> None:
    found = outcome("dpr-2024", "hare", Fraction(0))
    assert found.differing
    assert int(found.by_party["kursi"].sum()) == 580


def test_the_count_of_2019_gives_the_official_seats_where_the_press_has_all_votes() -> None:
    rows = sets.read_set("hasil-dpr-2019").dropna(subset="suara")
    national = sets.read_set("hasil-total-dpr").query("tahun == 2019 and tingkat == 'nasional'")
    among = passing(dict(zip(national["partai"], map(int, national["suara"]), strict=True)), Fraction(4, 100))
    law = rows.groupby("kode_dapil")["kursi"].sum().astype(int).to_dict()
    made = seats_of(rows, law, Rule("sainte-lague", Fraction(4, 100)), among)
    official = rows.set_index(["kode_dapil", "partai"])["kursi"].to_dict()
    assert len(law) == 5
    assert made.set_index(["kode_dapil", "partai"])["kursi"].to_dict() == official


def test_without_votes_there_is_no_answer() -> None:
    with pytest.raises(NotFound, match="no votes of dpr-2009 by dapil"):
        outcome("dpr-2009")


# Properties


@given(VOTES, SEATS, st.sampled_from(METHODS))
def test_every_seat_is_given_or_told_to_be_tied(votes: list[int], seats: int, method: str) -> None:
    if method == "droop" and sum(votes) < seats:
        return  # the quota of Droop is one vote then, and there are more seats than votes
    found = allocate(votes, seats, method)
    assert sum(found.won) + found.open_seats == seats or sum(1 for vote in votes if vote) < seats
    assert all(votes[place] for place in found.tied)
    assert all(won == 0 for won, vote in zip(found.won, votes, strict=True) if not vote)
    assert not found.open_seats or len(found.tied) > found.open_seats


@given(VOTES, st.integers(1, 15), st.sampled_from(sorted(DIVISORS)))
def test_divisor_methods_are_house_monotone(votes: list[int], seats: int, method: str) -> None:
    fewer, more = (allocate(votes, number, method).won for number in (seats - 1, seats))
    assert all(a <= b for a, b in zip(fewer, more, strict=True))


@given(VOTES, st.integers(1, 15))
def test_largest_remainders_keep_the_quota(votes: list[int], seats: int) -> None:
    found = allocate(votes, seats, "hare")
    for vote, won in zip(votes, found.won, strict=True):
        assert vote * seats // sum(votes) <= won <= -(-vote * seats // sum(votes))


@given(VOTES, SEATS, st.sampled_from(METHODS), st.randoms())
def test_the_order_of_parties_does_not_matter(votes, seats, method, random) -> None:
    places = list(range(len(votes)))
    random.shuffle(places)
    straight, shuffled = (
        allocate(votes, seats, method),
        allocate([votes[place] for place in places], seats, method),
    )
    assert tuple(straight.won[place] for place in places) == shuffled.won
    assert {places[place] for place in shuffled.tied} == set(straight.tied)


@given(VOTES, st.integers(1, 15))
def test_a_library_gives_the_same(votes: list[int], seats: int) -> None:
    names = {"sainte-lague": "saintelague", "dhondt": "dhondt", "hare": "largest_remainder"}
    for ours, theirs in names.items():
        found = allocate(votes, seats, ours)
        if not found.tied and sum(1 for vote in votes if vote) >= 1:
            same = library.compute(
                theirs, votes, seats, fractions=True, parties=[str(n) for n in range(len(votes))]
            )
            assert list(found.won) == list(same), ours


def test_ties_are_told_and_left_open() -> None:
    found = allocate([100, 100, 40], 1)
    assert (found.won, found.open_seats, found.tied) == ((0, 0, 0), 1, (0, 1))


@pytest.mark.parametrize(
    ("votes", "seats", "method", "told"),
    [
        ([1, 2], 3, "borda", "no method borda; there are sainte-lague"),
        ([1, -2], 3, "hare", "never negative"),
        ([0, 0], 3, "dhondt", "no votes at all"),
    ],
)
def test_what_cannot_be_given_is_told(votes: list[int], seats: int, method: str, told: str) -> None:
    with pytest.raises(SeatsError, match=told):
        allocate(votes, seats, method)


def test_a_threshold_is_at_least_that_share() -> None:
    assert passing({"a": 96, "b": 4}, Fraction(4, 100)) == {"a", "b"}
    assert passing({"a": 97, "b": 4}, Fraction(4, 100)) == {"a"}


def test_indices() -> None:
    assert indices.gallagher([60, 40], [6, 4]) == 0
    assert indices.effective_number([1, 1, 1, 1]) == 4
    found = outcome("dpr-2024")
    assert found.wasted == sum(
        int(votes)
        for votes, won in zip(found.by_dapil["suara"], found.by_dapil["kursi"], strict=True)
        if won == 0
    )
    price = found.by_party.set_index("partai")
    assert price.loc["pdip", "harga_kursi"] == round(price.loc["pdip", "suara"] / 110)


def test_the_command_knows_the_methods() -> None:
    assert electing.METHODS == METHODS
