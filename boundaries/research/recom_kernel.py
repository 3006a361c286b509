"""One chain of recombination on a graph, compiled by numba.

Two neighbouring dapil are joined, a spanning tree of both is drawn, and cut so that each part has its people. Random
numbers are its own (xoshiro256++), so a chain hangs on its seed alone.
"""

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[Any]

#: How seats go with a cut: fixed to labels; a pair keeps its sum and shares it by people; bounds of people alone.
FIXED: Final = 0
SHARED: Final = 1
BOUNDED: Final = 2
#: Counters of a chain: steps, accepted, trees drawn, proposals without a cut.
COUNTERS: Final = 4


@njit(cache=True)
def _next(state: Array) -> Any:
    """The next 64 bits."""
    a = state[0] + state[3]
    result = ((a << np.uint64(23)) | (a >> np.uint64(41))) + state[0]
    t = state[1] << np.uint64(17)
    state[2] ^= state[0]
    state[3] ^= state[1]
    state[1] ^= state[2]
    state[0] ^= state[3]
    state[2] ^= t
    state[3] = (state[3] << np.uint64(45)) | (state[3] >> np.uint64(19))
    return result


@njit(cache=True)
def below(state: Array, bound: Any) -> Any:
    """A whole number from 0 to `bound` - 1, each with the same probability (`bound` under 2**32)."""
    size = np.uint64(bound)
    limit = (np.uint64(1) << np.uint64(32)) % size
    while True:
        value = _next(state) >> np.uint64(32)
        if value >= limit:
            return np.int64(value % size)


@njit(cache=True)
def spanning_tree(
    start: Array, near: Array, one: Any, other: Any, label: Array, members: Array, count: Any, parent: Array,
    inside: Array, random: Array,
) -> None:  # fmt: skip
    """Draw a spanning tree of two dapil, each with the same probability (Wilson 1996). Fills `parent` of the members;
    the root is the first."""
    for m in range(count):
        inside[members[m]] = False
    inside[members[0]] = True
    parent[members[0]] = -1
    for m in range(1, count):
        unit = members[m]
        while not inside[unit]:
            while True:
                step = near[start[unit] + below(random, start[unit + 1] - start[unit])]
                if label[step] == one or label[step] == other:
                    break
            parent[unit] = step
            unit = step
        unit = members[m]
        while not inside[unit]:
            inside[unit] = True
            unit = parent[unit]


@njit(cache=True)
def sums_below(members: Array, count: Any, parent: Array, people: Array, below_it: Array, order: Array,
               children: Array) -> None:  # fmt: skip
    """The people under each unit of a tree, and an order in which a unit stands before its parent."""
    for m in range(count):
        children[members[m]] = 0
        below_it[members[m]] = people[members[m]]
    for m in range(count):
        if parent[members[m]] >= 0:
            children[parent[members[m]]] += 1
    filled = 0
    for m in range(count):
        unit = members[m]
        while unit >= 0 and children[unit] == 0:
            children[unit] = -1
            order[filled] = unit
            filled += 1
            above = parent[unit]
            if above < 0:
                break
            below_it[above] += below_it[unit]
            children[above] -= 1
            unit = above


@njit(cache=True)
def run(
    start: Array, near: Array, people: Array, pairs: Array, label: Array, seats: Array, mode: Any, quota: Any,
    slack: Any, low: Any, high: Any, few: Any, most: Any, reversible: Any, uniform_pairs: Any, steps: Any,
    random: Array, counters: Array, allowed: Array,
) -> None:  # fmt: skip
    """Go some steps; `label` (n,) and `seats` (k,) are changed.

    Parameters
    ----------
    start, near
        Neighbours of each unit: ``near[start[u] : start[u + 1]]``.
    pairs
        Edges (e, 2).
    mode
        `FIXED`, `SHARED` or `BOUNDED`.
    quota, slack
        The people of a seat, and how far a dapil's price may be off, as a share.
    low, high, few, most
        Seats of a dapil; people of a dapil (`BOUNDED`).
    reversible
        Propose and accept so that the chain's target is known: the product of the numbers of spanning trees of the
        dapil (Cannon et al. 2022).
    uniform_pairs
        Choose among neighbouring pairs of dapil; else among edges between dapil.
    counters
        (`COUNTERS`,) of the chain, added to.
    allowed
        Edges (e,) that a dapil may hold together by; others only count as borders.
    """
    units, dapil = len(people), len(seats)
    members, order = np.empty(units, np.int64), np.empty(units, np.int64)
    parent, children = np.empty(units, np.int64), np.empty(units, np.int64)
    below_it, held = np.empty(units, np.float64), np.empty(dapil, np.float64)
    inside, mark = np.zeros(units, np.bool_), np.zeros(units, np.bool_)
    cuts, given = np.empty(2 * units, np.int64), np.empty(2 * units, np.int64)
    touching = np.zeros((dapil, dapil), np.bool_)
    crossing = np.empty(len(pairs), np.int64)
    for _ in range(steps):
        counters[0] += 1
        # A pair of neighbouring dapil.
        if reversible:
            one = below(random, dapil)
            other = below(random, dapil - 1)
            if other >= one:
                other += 1
            adjacent = False
            for e in range(len(pairs)):
                a, b = label[pairs[e, 0]], label[pairs[e, 1]]
                if allowed[e] and ((a == one and b == other) or (a == other and b == one)):
                    adjacent = True
                    break
            if not adjacent:
                continue
        else:
            count = 0
            if uniform_pairs:
                touching[:] = False
            for e in range(len(pairs)):
                a, b = label[pairs[e, 0]], label[pairs[e, 1]]
                if a == b or not allowed[e]:
                    continue
                if uniform_pairs:
                    if a > b:
                        a, b = b, a
                    if touching[a, b]:
                        continue
                    touching[a, b] = True
                crossing[count] = e
                count += 1
            if not count:
                continue
            e = crossing[below(random, count)]
            one, other = label[pairs[e, 0]], label[pairs[e, 1]]
        count = 0
        total = 0.0
        for u in range(units):
            if label[u] == one or label[u] == other:
                members[count] = u
                count += 1
                total += people[u]
        spanning_tree(start, near, one, other, label, members, count, parent, inside, random)
        counters[2] += 1
        sums_below(members, count, parent, people, below_it, order, children)
        # Where the tree may be cut, and what seats go with each cut.
        options = 0
        both = seats[one] + seats[other]
        for m in range(count):
            unit = order[m]
            if parent[unit] < 0:
                continue
            part = below_it[unit]
            if mode == 0:
                for side in range(2):
                    mine, rest = (seats[one], seats[other]) if side == 0 else (seats[other], seats[one])
                    if side == 1 and mine == rest:
                        continue
                    if (
                        abs(part / (mine * quota) - 1) <= slack
                        and abs((total - part) / (rest * quota) - 1) <= slack
                    ):
                        cuts[options], given[options] = unit, mine
                        options += 1
            elif mode == 1:
                mine = np.int64(np.floor(both * part / total + 0.5))
                rest = both - mine
                if not (low <= mine <= high and low <= rest <= high):
                    continue
                if (
                    abs(part / (mine * quota) - 1) <= slack
                    and abs((total - part) / (rest * quota) - 1) <= slack
                ):
                    cuts[options], given[options] = unit, mine
                    options += 1
            elif few <= part <= most and few <= total - part <= most:
                cuts[options], given[options] = unit, 0
                options += 1
        if not options:
            counters[3] += 1
            continue
        pick = below(random, units if reversible else options)
        if pick >= options:
            continue
        chosen = cuts[pick]
        for m in range(count):
            mark[members[m]] = False
        mark[chosen] = True
        for m in range(count - 1, -1, -1):  # parents stand after their children
            unit = order[m]
            if parent[unit] >= 0 and mark[parent[unit]]:
                mark[unit] = True
        if reversible:
            between = 0
            for e in range(len(pairs)):
                a, b = pairs[e, 0], pairs[e, 1]
                first_in = label[a] == one or label[a] == other
                if allowed[e] and first_in and (label[b] == one or label[b] == other) and mark[a] != mark[b]:
                    between += 1
            if below(random, between) != 0:
                continue
        first, second = one, other
        if mode == 0 and given[pick] != seats[one]:
            first, second = other, one
        if mode == 1:
            seats[one], seats[other] = given[pick], both - given[pick]
        for m in range(count):
            label[members[m]] = first if mark[members[m]] else second
        counters[1] += 1
    held[:] = 0
