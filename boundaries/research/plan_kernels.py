"""What every plan of a long list is like: seats, the law's bounds, equality, shape, continuity; compiled by numba."""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from boundaries.research.partition_kernels import lowest, piece_of

Array = NDArray[Any]


@njit(cache=True)
def following(people: Array, seats: Any, low: Any, high: Any, given: Array) -> Any:
    """Seats that follow people: largest remainder over people / seats. Fills `given`; returns whether every dapil has
    from `low` to `high` seats, however equal remainders at the end are drawn."""
    count = len(people)
    total = people.sum()
    rest = np.empty(count, np.int64)
    left = seats
    for n in range(count):
        given[n] = people[n] * seats // total
        rest[n] = people[n] * seats % total
        left -= given[n]
    order = np.argsort(-rest, kind="mergesort")
    for n in range(left):
        given[order[n]] += 1
    good = True
    for n in range(count):
        if given[n] < low or given[n] > high:
            good = False
    if good and 0 < left < count and rest[order[left - 1]] == rest[order[left]]:
        edge = rest[order[left]]
        for n in range(count):
            if rest[n] == edge:
                floor = people[n] * seats // total
                if floor < low or floor + 1 > high:
                    good = False
    return good


@njit(cache=True)
def decided(people: Array, seats: Any, low: Any, high: Any, permille: Any, given: Array) -> Any:
    """Seats that the law lists: from `low` to `high` each, prices within some per mille of the mean. Fills `given`
    with the evenest (each next seat to where its price is highest); returns whether there are such seats."""
    count = len(people)
    total = people.sum()
    least, most = np.int64(0), np.int64(0)
    bottom, top = np.empty(count, np.int64), np.empty(count, np.int64)
    for n in range(count):
        share = people[n] * seats
        bottom[n] = max(low, -(-share * 1000 // (total * (1000 + permille))))
        top[n] = min(high, share * 1000 // (total * (1000 - permille))) if permille < 1000 else high
        if bottom[n] > top[n]:
            return False
        least += bottom[n]
        most += top[n]
    if not least <= seats <= most:
        return False
    given[:count] = bottom
    for _ in range(seats - least):
        best, price = -1, -1.0
        for n in range(count):
            if given[n] < top[n] and people[n] / (2.0 * given[n] + 1.0) > price:
                best, price = n, people[n] / (2.0 * given[n] + 1.0)
        given[best] += 1
    return True


@njit(cache=True)
def describe(
    parts: Array, sizes: Array, people: Array, seats: Any, low: Any, high: Any, permille: Any, pairs: Array,
    border: Array, by_land: Array, before: Array, found: Array, lawful: Array,
) -> None:  # fmt: skip
    """Describe plans given as sets.

    Parameters
    ----------
    parts, sizes
        The dapil (m, k) of each plan as sets of units, and how many (m,).
    people, pairs, border, by_land, before
        Of the units in the order of the bits: people (n,), neighbours (e, 2) and their border on land (e,) in metres,
        neighbours on land as sets (n,), the dapil of before (n,), -1 unknown.
    permille
        Below 0: seats follow people; else how far prices of listed seats may be off.
    found, lawful
        Filled: measures (m, 8) as `boundaries.research.plan_measures.MEASURES` names them; whether the plan is lawful.
    """
    units = len(people)
    total = people.sum()
    label = np.empty(units, np.int64)
    olds = before.max() + 1
    known = np.int64(0)
    for u in range(units):
        if before[u] >= 0:
            known += people[u]
    shared = np.zeros((max(olds, 1), parts.shape[1]), np.int64)
    held = np.empty(parts.shape[1], np.int64)
    given = np.empty(parts.shape[1], np.int64)
    for m in range(len(parts)):
        count = sizes[m]
        held[:count] = 0
        for n in range(count):
            mask = parts[m, n]
            while mask:
                bit = mask & (~mask + np.uint64(1))
                mask ^= bit
                unit = lowest(bit)
                label[unit] = n
                held[n] += people[unit]
        if permille < 0:
            lawful[m] = following(held[:count], seats, low, high, given)
        else:
            lawful[m] = decided(held[:count], seats, low, high, permille, given)
        if not lawful[m]:
            continue
        worst, off = 0.0, 0.0
        least, most = given[0], given[0]
        for n in range(count):
            price = held[n] / given[n] / (total / seats) - 1.0
            worst = max(worst, abs(price))
            off += abs(given[n] / seats - held[n] / total)
            least, most = min(least, given[n]), max(most, given[n])
        cut, edges = 0.0, 0
        for e in range(len(pairs)):
            if border[e] > 0 and label[pairs[e, 0]] != label[pairs[e, 1]]:
                cut += border[e]
                edges += 1
        apart = 0
        for n in range(count):
            mask = parts[m, n]
            if piece_of(mask & (~mask + np.uint64(1)), mask, by_land) != mask:
                apart += 1
        moved = -1.0
        if olds > 0 and known > 0:
            shared[:] = 0
            for u in range(units):
                if before[u] >= 0:
                    shared[before[u], label[u]] += people[u]
            stay = np.int64(0)
            for o in range(olds):
                stay += shared[o, :count].max()
            moved = 1.0 - stay / known
        found[m, 0] = count
        found[m, 1] = worst
        found[m, 2] = off / 2
        found[m, 3] = most - least
        found[m, 4] = cut / 1000
        found[m, 5] = edges
        found[m, 6] = apart
        found[m, 7] = moved


@njit(cache=True)
def share_dapil(parts: Array, sizes: Array, lawful: Array, together: Array) -> None:
    """Add to `together` (n, n), for every two units, in how many lawful plans they share a dapil."""
    place = np.empty(64, np.int64)
    for m in range(len(parts)):
        if not lawful[m]:
            continue
        for n in range(sizes[m]):
            mask, count = parts[m, n], 0
            while mask:
                bit = mask & (~mask + np.uint64(1))
                mask ^= bit
                place[count] = lowest(bit)
                count += 1
            for a in range(count):
                for b in range(count):
                    together[place[a], place[b]] += 1
