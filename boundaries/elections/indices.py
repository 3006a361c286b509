"""What a distribution of seats is like: how proportional, how many parties, how many votes wasted, at what price.

M. Gallagher, "Proportionality, disproportionality and electoral systems", Electoral Studies 10 (1991); M. Laakso and
R. Taagepera, "Effective number of parties", Comparative Political Studies 12 (1979).
"""

from collections.abc import Sequence
from math import sqrt

import pandas as pd


def gallagher(votes: Sequence[float], seats: Sequence[float]) -> float:
    """Return the least-squares index: 0 where seats follow votes exactly, in percentage points.

    >>> round(gallagher([50, 50], [100, 0]), 1)
    50.0
    """
    return sqrt(
        sum((100 * v / sum(votes) - 100 * s / sum(seats)) ** 2 for v, s in zip(votes, seats, strict=True)) / 2
    )


def effective_number(sizes: Sequence[float]) -> float:
    """Return the effective number of parties: as many as there are if all are alike.

    >>> effective_number([10, 10, 10, 0])
    3.0
    """
    return sum(sizes) ** 2 / sum(size**2 for size in sizes)


def wasted(result: pd.DataFrame) -> int:
    """Return the votes for parties that won no seat in their dapil (``suara``, ``kursi``, ``seri``)."""
    return int(result["suara"][(result["kursi"] == 0) & (result["seri"] == 0)].sum())


def by_party(result: pd.DataFrame) -> pd.DataFrame:
    """Return votes and seats of each party, and the price of a seat: votes a seat, empty without one."""
    found = result.groupby("partai", sort=False)[["suara", "kursi"]].sum().astype("Int64")
    price = (found["suara"] / found["kursi"].where(found["kursi"] > 0)).round().astype("Int64")
    return found.assign(harga_kursi=price).sort_values(["kursi", "suara"], ascending=False).reset_index()
