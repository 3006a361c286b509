"""What every plan of a long list is like: seats, the law's bounds, equality, shape, continuity; compiled by numba."""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from boundaries.research.partition_kernels import lowest, piece_of

Array = NDArray[Any]


@njit(cache=True)
def following(people: Array, count: Any, total: Any, seats: Any, low: Any, high: Any, given: Array, rest: Array,
              order: Array) -> Any:  # fmt: skip
    """Seats that follow people: largest remainder over people / seats of the first `count` dapil, `total` people in
    all. Fills `given`, `rest` and `order` (the dapil by their remainders, the largest first); returns whether every
    dapil has from `low` to `high` seats, however equal remainders at the end are drawn."""
    left = seats
    for n in range(count):
        quotas = people[n] * seats
        given[n] = quotas // total
        if given[n] > high or given[n] + 1 < low:
            return False
        rest[n] = quotas - given[n] * total
        left -= given[n]
        at = n
        while at > 0 and rest[order[at - 1]] < rest[n]:
            order[at] = order[at - 1]
            at -= 1
        order[at] = n
    for n in range(left):
        given[order[n]] += 1
    for n in range(count):
        if given[n] < low or given[n] > high:
            return False
    if 0 < left < count and rest[order[left - 1]] == rest[order[left]]:
        edge = rest[order[left]]
        for n in range(count):
            if rest[n] == edge:
                floor = people[n] * seats // total
                if floor < low or floor + 1 > high:
                    return False
    return True


@njit(cache=True)
def weigh(parts: Array, count: Any, eights: Array, held: Array) -> None:
    """Fill `held` with the people of the first `count` of some sets of units, by the sums of each eight of them."""
    for n in range(count):
        mask, eight = parts[n], 0
        held[n] = 0
        while mask:
            held[n] += eights[eight, np.int64(mask & np.uint64(255))]
            mask >>= np.uint64(8)
            eight += 1


@njit(cache=True)
def settle(given: Array, rest: Array, order: Array, count: Any, people: Array, total: Any, seats: Any,
           first: Array) -> None:  # fmt: skip
    """Where the last seats hang on equal remainders, give them to the dapil whose units come first (`first` (n,)), in
    whatever order the dapil stand: the same plan has the same seats."""
    left = seats
    for n in range(count):
        left -= people[n] * seats // total
    if not 0 < left < count or rest[order[left - 1]] != rest[order[left]]:
        return
    edge, open_seats = rest[order[left]], left
    for n in range(count):
        if rest[n] > edge:
            open_seats -= 1
        elif rest[n] == edge:
            given[n] = people[n] * seats // total
    for _ in range(open_seats):
        best = -1
        for n in range(count):
            waits = rest[n] == edge and given[n] == people[n] * seats // total
            if waits and (best < 0 or first[n] < first[best]):
                best = n
        given[best] += 1


@njit(cache=True)
def by_eights(people: Array) -> Array:
    """The people (8, 256) of every set of the first eight units, of the next, and so on."""
    found = np.zeros((8, 256), np.int64)
    for n in range(8):
        for mask in range(1, 256):
            unit = 8 * n + lowest(np.uint64(mask))
            found[n, mask] = found[n, mask & (mask - 1)] + (people[unit] if unit < len(people) else 0)
    return found


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
    border: Array, by_land: Array, before: Array, place: Array, found: Array, lawful: Array,
) -> None:  # fmt: skip
    """Describe plans given as sets.

    Parameters
    ----------
    parts, sizes
        The dapil (m, k) of each plan as sets of units, and how many (m,).
    people, pairs, border, by_land, before
        Of the units in the order of the bits: people (n,), neighbours (e, 2) and their border on land (e,) in metres,
        neighbours on land as sets (n,), the dapil of before (n,), -1 unknown.
    place
        The place (n,) of each unit in the council, by which equal remainders are settled.
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
    rest = np.empty(parts.shape[1], np.int64)
    order, first = np.empty(parts.shape[1], np.int64), np.empty(parts.shape[1], np.int64)
    eights = by_eights(people)
    for m in range(len(parts)):
        count = sizes[m]
        weigh(parts[m], count, eights, held)
        if permille < 0:
            lawful[m] = following(held, count, total, seats, low, high, given, rest, order)
        else:
            lawful[m] = decided(held[:count], seats, low, high, permille, given)
        if not lawful[m]:
            continue
        for n in range(count):
            mask = parts[m, n]
            first[n] = units
            while mask:
                bit = mask & (~mask + np.uint64(1))
                mask ^= bit
                label[lowest(bit)] = n
                first[n] = min(first[n], place[lowest(bit)])
        if permille < 0:
            settle(given, rest, order, count, held, total, seats, first)
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
            shared[:, :count] = 0
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
def outside(parts: Array, sizes: Array, people: Array, seats: Any, low: Any, high: Any, blocked: Any) -> Any:
    """Of some units (`blocked`, a set) those whose dapil has other than `low` to `high` seats in every plan, given as
    sets (m, k), where seats follow people and equal remainders go to the dapil that stands first."""
    total = people.sum()
    held, given = np.empty(parts.shape[1], np.int64), np.empty(parts.shape[1], np.int64)
    rest, order = np.empty(parts.shape[1], np.int64), np.empty(parts.shape[1], np.int64)
    eights = by_eights(people)
    for m in range(len(parts)):
        weigh(parts[m], sizes[m], eights, held)
        following(held, sizes[m], total, seats, 0, seats, given, rest, order)  # whatever they are
        bad = np.uint64(0)
        for n in range(sizes[m]):
            if given[n] < low or given[n] > high:
                bad |= parts[m, n]
        blocked &= bad
        if blocked == np.uint64(0):
            break
    return blocked


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
