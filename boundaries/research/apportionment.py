"""Seats that follow people: largest remainder over the price of a seat (BPPd)."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundaries.elections.seats import allocate

Array = NDArray[Any]


@dataclass(frozen=True)
class Seats:
    """Seats (n,) by largest remainder; ``tied`` (n,) where the last seats hang on equal remainders, broken by order."""

    seats: Array
    tied: Array


def largest_remainder(people: Array, seats: int) -> Seats:
    """Share seats out: ``floor(people / BPPd)`` each, BPPd = people / seats, then one each to the largest remainders.

    So votes are shared by Hare's quota as well (`elections.seats`). (PKPU 6/2022 article 12(2)-(7).) Raises ValueError
    where there are no people.
    """
    counted = [round(float(each)) for each in people]
    if sum(counted) <= 0:
        raise ValueError("no people to share seats among")
    shared = allocate(counted, seats, "hare")
    given, tied = np.array(shared.won), np.zeros(len(counted), dtype=bool)
    given[list(shared.tied[: shared.open_seats])] += 1
    tied[list(shared.tied)] = True
    return Seats(given, tied)


def malapportionment(people: Array, seats: Array) -> float:
    """Half the sum of the differences between shares of seats and of people (Samuels & Snyder 2001): 0 is fair."""
    return float(np.abs(seats / seats.sum() - people / people.sum()).sum() / 2)
