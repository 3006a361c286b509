"""How far two plans are from each other: who changes the main dapil, variation of information, Rand's index.

All three follow from the table of what each two dapil have in common (people, else stations, else area).
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from boundaries.law.identity import ground_ids
from boundaries.research.crosswalk import Ground, overlaps
from boundaries.research.people import People
from boundaries.research.proposal import Proposal

Array = NDArray[Any]

#: Weights by which plans are compared, the first that is known on all ground of both.
_WEIGHTS: Final = ("penduduk_2023", "tps_2024")


@dataclass(frozen=True)
class Distance:
    """`moved`: the share that changes its main dapil (best matching); `information`: variation of information (nat);
    `rand`: the share of pairs of people who are together in both plans or in neither; `same`: dapil on the same ground;
    `weight`: by what."""

    moved: float
    information: float
    rand: float
    same: int
    weight: str


def distance(first: Proposal, second: Proposal, people: People, ground: Ground) -> Distance:
    """Measure the distance between two plans of the same ground."""
    found = overlaps(first, second, people, ground)
    weight, value = "luas", found.area_m2.astype(float)
    for name in _WEIGHTS:
        sums = people.figures(name).over(found.zone, len(found.pairs)).value
        if len(sums) and not np.isnan(sums).any() and sums.sum() > 0:
            weight, value = name, sums
            break
    table = np.zeros((len(first.dapil), len(second.dapil)))
    np.add.at(table, (found.pairs[:, 0], found.pairs[:, 1]), value)
    names = [
        set(ground_ids(people.desa, plan.owners(people), len(plan.dapil))) - {""} for plan in (first, second)
    ]
    return Distance(*of_table(table), same=len(names[0] & names[1]), weight=weight)


def of_table(table: Array) -> tuple[float, float, float]:
    """(moved, information, rand) of a table (a, b) of what each two dapil share.

    >>> [round(each, 6) for each in of_table(np.array([[2.0, 0.0], [1.0, 1.0]]))]
    [0.25, 0.823959, 0.625]
    """
    total = table.sum()
    share = table / total
    rows, columns = share.sum(axis=1), share.sum(axis=0)
    together = share[share > 0]

    def entropy(values: Array) -> float:
        positive = values[values > 0]
        return float(-(positive * np.log(positive)).sum())

    information = 2 * entropy(together) - entropy(rows) - entropy(columns)
    rand = 1 - float((rows**2).sum() + (columns**2).sum() - 2 * (share**2).sum())
    kept = sum(table[a, b] for a, b in matching(table))
    return float(1 - kept / total), max(0.0, information), rand


def matching(table: Array) -> list[tuple[int, int]]:
    """The pairs (a, b), each row and column once, whose sum is the largest (the Hungarian method)."""
    turned = table.shape[0] > table.shape[1]
    cost = -(table.T if turned else table)
    n, m = cost.shape
    u, v = np.zeros(n + 1), np.zeros(m + 1)
    of, way = np.zeros(m + 1, dtype=int), np.zeros(m + 1, dtype=int)
    for row in range(1, n + 1):
        of[0], column = row, 0
        least, used = np.full(m + 1, np.inf), np.zeros(m + 1, dtype=bool)
        while True:
            used[column] = True
            now = cost[of[column] - 1] - u[of[column]] - v[1:]
            better = ~used[1:] & (now < least[1:])
            least[1:][better], way[1:][better] = now[better], column
            after = int(np.argmin(np.where(used, np.inf, least)[1:])) + 1
            step = least[after]
            u[of[used]] += step
            v[used] -= step
            least[~used] -= step
            column = after
            if of[column] == 0:
                break
        while column:
            of[column] = of[way[column]]
            column = int(way[column])
    pairs = [(int(of[b]) - 1, b - 1) for b in range(1, m + 1) if of[b]]
    return [(b, a) for a, b in pairs] if turned else pairs
