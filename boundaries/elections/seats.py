"""Seats from votes: divisor methods and largest remainders, in whole numbers, with ties told.

Indonesia gives the seats of a dapil by Sainte-Lague since 2019 (UU 7/2017, article 420: divisors 1, 3, 5, ...) and by
Hare's quota and the largest remainders to 2014 (UU 8/2012, article 212). Of the DPR only parties with at least the
threshold of the national vote take part (UU 7/2017, article 414: 4 %; UU 8/2012, article 208: 3.5 %).
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import pandas as pd

from boundaries.errors import BoundariesError

Divisor = Callable[[int], Fraction]


class SeatsError(BoundariesError):
    """Seats cannot be given: no such method, no votes, or a negative number."""

    exit_code = 3


@dataclass(frozen=True)
class Allocation:
    """Seats won, in the order of the votes; `open_seats` could go to any of the parties `tied` (their places)."""

    won: tuple[int, ...]
    open_seats: int = 0
    tied: tuple[int, ...] = ()


#: What the votes of a party are divided by for its next seat, by the seats that it has.
DIVISORS: Final[Mapping[str, Divisor]] = {
    "sainte-lague": lambda have: Fraction(2 * have + 1),
    "sainte-lague-1.4": lambda have: Fraction(2 * have + 1) if have else Fraction(7, 5),
    "dhondt": lambda have: Fraction(have + 1),
    "imperiali": lambda have: Fraction(have + 2),
}
#: The price of a seat by quota, from all votes and seats.
QUOTAS: Final[Mapping[str, Callable[[int, int], Fraction]]] = {
    "hare": lambda votes, seats: Fraction(votes, seats),
    "droop": lambda votes, seats: Fraction(votes // (seats + 1) + 1),
}
METHODS: Final = (*DIVISORS, *QUOTAS)


@dataclass(frozen=True)
class Rule:
    """The rule of an election: how seats are given, and the share of the national vote that a party needs."""

    method: str
    threshold: Fraction


#: The rule of the law for every chamber and year of which votes are published; councils know no threshold.
LAW: Final[Mapping[str, Rule]] = {
    "dpr-2024": Rule("sainte-lague", Fraction(4, 100)),
    "dpr-2019": Rule("sainte-lague", Fraction(4, 100)),
    "dpr-2014": Rule("hare", Fraction(35, 1000)),
    "dprd-provinsi-2019": Rule("sainte-lague", Fraction(0)),
    "dprd-kabkota-2019": Rule("sainte-lague", Fraction(0)),
}


def allocate(votes: Sequence[int], seats: int, method: str = "sainte-lague") -> Allocation:
    """Give the seats of one dapil.

    Parameters
    ----------
    votes
        Votes of each party that takes part; one without votes gets no seat.
    seats
        How many there are.
    method
        One of `METHODS`.

    Returns
    -------
    Allocation
        Where the last seats are tied they stay open: the law looks at how votes are spread, which is not here.

    Raises
    ------
    SeatsError
        No such method; a negative number; seats without a vote.

    Examples
    --------
    >>> allocate([28, 20, 7, 5], 5).won, allocate([28, 20, 7, 5], 5, "dhondt").won
    ((2, 2, 1, 0), (3, 2, 0, 0))
    """
    if method not in METHODS:
        raise SeatsError("no method {method}; there are {names}", method=method, names=", ".join(METHODS))
    if seats < 0 or any(vote < 0 for vote in votes):
        raise SeatsError("votes and seats are never negative; mend the number")
    if seats and not any(votes):
        raise SeatsError("no votes at all, so no seats; name a dapil with votes")
    if method in DIVISORS:
        return _highest([(vote, DIVISORS[method]) for vote in votes], seats)
    return _remainders(votes, seats, QUOTAS[method]) if seats else Allocation((0,) * len(votes))


def _highest(parties: Sequence[tuple[int, Divisor]], seats: int) -> Allocation:
    """The seats go to the highest quotients."""
    quotients = [
        (vote / divisor(have), place)
        for place, (vote, divisor) in enumerate(parties) if vote
        for have in range(seats)
    ]  # fmt: skip
    return _awarded([0] * len(parties), sorted(quotients, reverse=True), seats)


def _remainders(votes: Sequence[int], seats: int, quota: Callable[[int, int], Fraction]) -> Allocation:
    """Whole quotas first, what is left to the largest remainders."""
    price = quota(sum(votes), seats)
    whole = [int(vote // price) for vote in votes]
    rest = [(votes[place] - won * price, place) for place, won in enumerate(whole) if votes[place]]
    return _awarded(whole, sorted(rest, reverse=True), seats - sum(whole))


def _awarded(won: list[int], claims: Sequence[tuple[Fraction, int]], seats: int) -> Allocation:
    """Add a seat for each of the best `claims`; those as good as the last one that does not fit are tied."""
    best = claims[:seats]
    if len(claims) > seats > 0 and claims[seats][0] == best[-1][0]:
        last = best[-1][0]
        best = [claim for claim in best if claim[0] > last]
        tied = tuple(sorted(place for claim, place in claims if claim == last))
    else:
        tied = ()
    for _, place in best:
        won[place] += 1
    return Allocation(tuple(won), seats - len(best) if tied else 0, tied)


def passing(votes: Mapping[str, int], threshold: Fraction) -> frozenset[str]:
    """Return the parties with at least that share of all votes.

    >>> sorted(passing({"a": 96, "b": 4, "c": 3}, Fraction(4, 100)))
    ['a']
    """
    total = sum(votes.values())
    return frozenset(party for party, vote in votes.items() if vote >= threshold * total)


def seats_of(
    votes: pd.DataFrame, seats: Mapping[str, int], rule: Rule, among: Collection[str] | None = None
) -> pd.DataFrame:
    """Give the seats of every dapil.

    Parameters
    ----------
    votes
        ``kode_dapil``, ``partai``, ``suara`` (Int64): a row a party and dapil.
    seats
        Of each dapil by its code; only these are counted.
    rule
        Method and threshold.
    among
        The parties that take part, where the threshold is not to be counted from `votes`.

    Returns
    -------
    DataFrame
        ``kode_dapil``, ``partai``, ``suara``, ``kursi`` (won), ``seri`` (seats open that it is tied for).
    """
    national = votes.groupby("partai")["suara"].sum()
    eligible = (
        passing({str(k): int(v) for k, v in national.items()}, rule.threshold) if among is None else among
    )
    shown = votes[["kode_dapil", "partai", "suara"]]
    parts = [shown.head(0).assign(kursi=0, seri=0)]
    for code, rows in shown[shown["kode_dapil"].isin(list(seats))].groupby("kode_dapil", sort=True):
        counted = rows["suara"].where(rows["partai"].isin(list(eligible)), 0).astype(int).tolist()
        given = allocate(counted, seats[str(code)], rule.method)
        tie = [given.open_seats if place in given.tied else 0 for place in range(len(rows))]
        parts.append(rows.assign(kursi=list(given.won), seri=tie))
    return pd.concat(parts, ignore_index=True)
