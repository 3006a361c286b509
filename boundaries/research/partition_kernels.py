"""Counting the ways to part a graph into connected pieces within bounds of people: the loops, compiled by numba.

Sets of at most 63 units are bits of an unsigned whole number. ``count(U)`` of a connected set U is the sum, over
connected C in U that hold U's lowest unit and have enough people and not too many, of the product of ``count`` over the
pieces that U without C falls into; it is kept in a table by U. Every loop can be left and entered again: its stack lies
in arrays, and who calls it sees to time and memory.
"""

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[Any]

#: Why a loop was left: done, out of steps, the table or the counts are full, a count beyond 63 bits.
DONE: Final = 0
STEPS: Final = 1
TABLE_FULL: Final = 2
VALUES_FULL: Final = 3
OVERFLOW: Final = 4
#: What an entry of the stack is: sets to grow, a set to take, a state to give back.
_GROW: Final = 0
_TAKE: Final = 1
_BACK: Final = 2
#: Columns of the stack: kind, set, candidates (or the state), excluded, people.
DEPTH: Final = 64 * 66
_ONE = np.uint64(1)
_NONE = np.uint64(0)
_LARGEST = np.float64(9.2e18)


@njit(cache=True, inline="always")
def lowest(mask: Any) -> Any:
    """The position of the lowest bit."""
    low = mask & (~mask + np.uint64(1))
    n = 0
    if low & np.uint64(0xFFFFFFFF00000000):
        n += 32
    if low & np.uint64(0xFFFF0000FFFF0000):
        n += 16
    if low & np.uint64(0xFF00FF00FF00FF00):
        n += 8
    if low & np.uint64(0xF0F0F0F0F0F0F0F0):
        n += 4
    if low & np.uint64(0xCCCCCCCCCCCCCCCC):
        n += 2
    if low & np.uint64(0xAAAAAAAAAAAAAAAA):
        n += 1
    return n


@njit(cache=True)
def piece_of(start: Any, inside: Any, near: Array) -> Any:
    """All of `inside` that hangs together with the units of `start`."""
    found = start & inside
    edge = found
    while edge:
        bit = edge & (~edge + np.uint64(1))
        edge ^= bit
        new = near[lowest(bit)] & inside & ~found
        found |= new
        edge |= new
    return found


@njit(cache=True)
def people_of(mask: Any, people: Array) -> Any:
    """The people of a set."""
    total = 0
    while mask:
        bit = mask & (~mask + np.uint64(1))
        mask ^= bit
        total += people[lowest(bit)]
    return total


@njit(cache=True, inline="always")
def slot_of(mask: Any, keys: Array) -> Any:
    """Where a set stands in the table, or would stand."""
    size = np.uint64(len(keys) - 1)
    h = mask * np.uint64(0x9E3779B97F4A7C15)
    at = (h ^ (h >> np.uint64(29))) & size
    while keys[at] != np.uint64(0) and keys[at] != mask:
        at = (at + np.uint64(1)) & size
    return at


@njit(cache=True)
def rehash(keys: Array, values: Array, wider: Array, moved: Array) -> None:
    """Move a table into one of more room."""
    for n in range(len(keys)):
        if keys[n] != np.uint64(0):
            at = slot_of(keys[n], wider)
            wider[at] = keys[n]
            moved[at] = values[n]


@njit(cache=True)
def span(mask: Any, total: Any, few: Any, most: Any) -> Any:
    """The fewest dapil that a set with so many people can have, and how many numbers of dapil it can have (0: none)."""
    units = np.int64(0)
    while mask:
        mask &= mask - np.uint64(1)
        units += 1
    least = (total + most - 1) // most
    return least, max(min(total // few, units) - least + 1, 0)


@njit(cache=True)
def _enough(start: Any, inside: Any, near: Array, people: Array, few: Any) -> Any:
    """Whether what hangs together with a unit has the people of a dapil."""
    found = start
    edge = start
    total = np.int64(0)
    while edge:
        bit = edge & (~edge + np.uint64(1))
        edge ^= bit
        unit = lowest(bit)
        total += people[unit]
        if total >= few:
            return True
        new = near[unit] & inside & ~found
        found |= new
        edge |= new
    return False


@njit(cache=True)
def _grow(
    top: Any, near: Array, people: Array, few: Any, stack: Array, height: Any
) -> Any:  # fmt: skip
    """Grow the set on top of the stack by its next candidate; return the new height."""
    inside, grown, free = stack[top, 1], stack[top, 2], stack[top, 3]
    shut, total = stack[top, 4], np.int64(stack[top, 5])
    if free == np.uint64(0):
        return height - 1
    bit = free & (~free + np.uint64(1))
    unit = lowest(bit)
    # Without it, it must be able to get a dapil of its own from what is left: what is left only gets less.
    stack[top, 3] = free ^ bit if _enough(bit, inside & ~grown, near, people, few) else np.uint64(0)
    stack[top, 4] = shut | bit
    if total + people[unit] <= np.int64(stack[top, 6]):
        new = grown | bit
        beside = near[unit] & shut
        while beside:
            one = beside & (~beside + np.uint64(1))
            beside ^= one
            if not _enough(one, inside & ~new, near, people, few):
                return height
        stack[height, 0] = np.uint64(0)
        stack[height, 1] = inside
        stack[height, 2] = new
        stack[height, 3] = (free ^ bit) | (near[unit] & inside & ~(shut | new))
        stack[height, 4] = shut
        stack[height, 5] = np.uint64(total + people[unit])
        stack[height, 6] = stack[top, 6]
        stack[height, 7] = stack[top, 7]
        height += 1
        if total + people[unit] >= few:
            stack[height, 0] = np.uint64(1)
            stack[height, 1] = inside
            stack[height, 2] = new
            stack[height, 7] = stack[top, 7]
            height += 1
    return height


@njit(cache=True)
def count_on(
    near: Array, people: Array, few: Any, most: Any, keys: Array, held: Array, counts: Array, stack: Array,
    state: Array, steps: Any,
) -> Any:  # fmt: skip
    """Go on counting, at most some steps.

    Parameters
    ----------
    near, people
        Neighbours (n,) of each unit as a set, its people (n,).
    few, most
        The people of a dapil, at least and at most.
    keys, held
        The table: sets (a power of two), and where the counts of each stand in `counts`, -1 while it is worked on.
    counts
        For each set by turns: how many of its plans have 1, 2, … dapil, from the fewest it can have to the most.
    stack, state
        The stack (`DEPTH`, 5); its height, how many sets the table has, how many counts are taken, and steps in all.

    Returns
    -------
    int
        `DONE`, `STEPS`, `TABLE_FULL`, `VALUES_FULL` or `OVERFLOW`.
    """
    height, entries, taken = state[0], state[1], state[2]
    left = steps
    reason = 0
    offset = np.zeros(66, np.int64)
    width = np.zeros(66, np.int64)
    first = np.zeros(66, np.int64)
    line = np.zeros(70, np.int64)
    more = np.zeros(70, np.int64)
    while height > 0:
        if left <= 0:
            reason = 1
            break
        left -= 1
        top = height - 1
        kind = stack[top, 0]
        if kind == np.uint64(0):  # grow a set: with its next candidate, and without
            height = _grow(top, near, people, few, stack, height)
        elif kind == np.uint64(1):  # take a set: its rest falls into pieces, each with a count
            inside, grown = stack[top, 1], stack[top, 2]
            rest = inside & ~grown
            pieces = 0
            good = True
            missing = np.uint64(0)
            todo = rest
            while todo:
                piece = piece_of(todo & (~todo + np.uint64(1)), todo, near)
                todo ^= piece
                at = slot_of(piece, keys)
                if keys[at] == np.uint64(0):
                    if span(piece, people_of(piece, people), few, most)[1] == 0:
                        good = False
                        break
                    missing = piece
                    pieces += 1
                    continue
                where = held[at]
                if where == -2:
                    good = False
                    break
                total = people_of(piece, people)
                offset[pieces] = where
                first[pieces], width[pieces] = span(piece, total, few, most)
                pieces += 1
            if not good:
                height -= 1
                continue
            if missing:
                if entries * 2 > len(keys):
                    reason = 2
                    break
                total = people_of(missing, people)
                size = span(missing, total, few, most)[1]
                if taken + size > len(counts):
                    reason = 3
                    break
                at = slot_of(missing, keys)
                keys[at] = missing
                held[at] = taken
                counts[taken : taken + size] = 0
                entries += 1
                if total < 2 * few:  # one dapil is all there can be
                    counts[taken] = 1
                    taken += size
                    continue
                height = _open(missing, total, near, people, few, most, stack, height, taken)
                taken += size
                continue
            # The product of what the pieces have, by the number of dapil.
            low, wide = 0, 1
            line[0] = 1
            for n in range(pieces):
                low += first[n]
                size = wide + width[n] - 1
                more[:size] = 0
                for a in range(wide):
                    if line[a] == 0:
                        continue
                    for b in range(width[n]):
                        value = counts[offset[n] + b]
                        if value:
                            if np.float64(line[a]) * np.float64(value) > 9.2e18:
                                reason = 4
                            more[a + b] += line[a] * value
                            if more[a + b] < 0:
                                reason = 4
                wide = size
                line[:wide] = more[:wide]
            if reason:
                break
            total = people_of(inside, people)
            base = held[slot_of(inside, keys)]
            least = (total + most - 1) // most
            for a in range(wide):
                if line[a]:
                    place = base + low + a + 1 - least
                    counts[place] += line[a]
                    if counts[place] < 0:
                        reason = 4
            if reason:
                break
            height -= 1
        else:  # a set is done: remember if it has no plan at all
            inside = stack[top, 1]
            total = people_of(inside, people)
            at = slot_of(inside, keys)
            base = held[at]
            size = span(inside, total, few, most)[1]
            nothing = True
            for a in range(size):
                if counts[base + a]:
                    nothing = False
            if nothing:
                held[at] = -2
                if base + size == taken:
                    taken = base
            height -= 1
    state[0], state[1], state[2] = height, entries, taken
    state[3] += steps - left
    return reason


@njit(cache=True)
def _open(
    inside: Any, total: Any, near: Array, people: Array, few: Any, most: Any, stack: Array, height: Any, base: Any
) -> Any:  # fmt: skip
    """Begin with a connected set: put what gives it back, and its first dapil's first unit, on the stack."""
    start = inside & (~inside + np.uint64(1))
    unit = lowest(start)
    stack[height, 0] = np.uint64(2)
    stack[height, 1] = inside
    height += 1
    if total <= most:
        stack[height, 0] = np.uint64(1)
        stack[height, 1] = inside
        stack[height, 2] = inside
        height += 1
    ceiling = min(most, total - few)
    if people[unit] <= ceiling:
        stack[height, 0] = np.uint64(0)
        stack[height, 1] = inside
        stack[height, 2] = start
        stack[height, 3] = near[unit] & inside & ~start
        stack[height, 4] = np.uint64(0)
        stack[height, 5] = np.uint64(people[unit])
        stack[height, 6] = np.uint64(ceiling)
        height += 1
        if people[unit] >= few:
            stack[height, 0] = np.uint64(1)
            stack[height, 1] = inside
            stack[height, 2] = start
            height += 1
    return height


@njit(cache=True)
def open_all(
    pieces: Array, near: Array, people: Array, few: Any, most: Any, keys: Array, held: Array, counts: Array,
    stack: Array, state: Array,
) -> None:  # fmt: skip
    """Put the pieces of the whole on the stack, to be counted."""
    height, entries, taken = state[0], state[1], state[2]
    for piece in pieces:
        total = people_of(piece, people)
        size = span(piece, total, few, most)[1]
        at = slot_of(piece, keys)
        keys[at] = piece
        held[at] = taken
        counts[taken : taken + size] = 0
        entries += 1
        if total < 2 * few:
            counts[taken] = 1
        else:
            height = _open(piece, total, near, people, few, most, stack, height, taken)
        taken += size
    state[0], state[1], state[2] = height, entries, taken


@njit(cache=True)
def weight_of(rest: Any, near: Array, people: Array, few: Any, most: Any, keys: Array, held: Array,
              counts: Array) -> Any:  # fmt: skip
    """How many ways there are to part what is left; 0 if none. Everything that can be left has been counted."""
    product = np.int64(1)
    while rest:
        piece = piece_of(rest & (~rest + np.uint64(1)), rest, near)
        rest ^= piece
        at = slot_of(piece, keys)
        if keys[at] == np.uint64(0) or held[at] == -2:
            return np.int64(0)
        total = people_of(piece, people)
        size = span(piece, total, few, most)[1]
        ways = np.int64(0)
        for n in range(size):
            ways += counts[held[at] + n]
        product *= ways
    return product


@njit(cache=True)
def choose(
    inside: Any, wanted: Array, near: Array, people: Array, few: Any, most: Any, keys: Array, held: Array,
    counts: Array, stack: Array, chosen: Array,
) -> Any:  # fmt: skip
    """Walk over all first dapil of a connected set, each as long as it has plans, and note which stand at some places.

    Parameters
    ----------
    wanted
        Places (m,), sorted, each below the number of plans of the set.
    chosen
        Filled (m,): the dapil at each place.

    Returns
    -------
    int
        The number of plans of the set.
    """
    height = _open(inside, people_of(inside, people), near, people, few, most, stack, 0, 0)
    passed, n = np.int64(0), 0
    while height > 0:
        top = height - 1
        if stack[top, 0] == np.uint64(0):
            height = _grow(top, near, people, few, stack, height)
        elif stack[top, 0] == np.uint64(1):
            height -= 1
            passed += weight_of(inside & ~stack[top, 2], near, people, few, most, keys, held, counts)
            while n < len(wanted) and wanted[n] < passed:
                chosen[n] = stack[top, 2]
                n += 1
            if n == len(wanted) and n > 0:
                return passed
        else:
            height -= 1
    return passed


@njit(cache=True)
def list_on(
    whole: Any, near: Array, people: Array, few: Any, most: Any, keys: Array, held: Array, stack: Array,
    state: Array, parts: Array, out: Array, sizes: Array,
) -> Any:  # fmt: skip
    """Go on listing all plans, until `out` is full or nothing is left.

    Parameters
    ----------
    state
        The height of the stack, -1 to begin; 0 at the end.
    parts
        (64,), the dapil of the plan in the making.
    out, sizes
        Filled: the dapil (m, k) of each plan as sets, and how many (m,).

    Returns
    -------
    int
        How many plans were written.
    """
    written = 0
    height = state[0]
    if height < 0:
        start = piece_of(whole & (~whole + np.uint64(1)), whole, near)
        height = _open(start, people_of(start, people), near, people, few, most, stack, 0, 0)
        for n in range(height):
            stack[n, 7] = np.uint64(0)
    while height > 0 and written < len(out):
        top = height - 1
        kind = stack[top, 0]
        if kind == np.uint64(0):
            height = _grow(top, near, people, few, stack, height)
            continue
        height -= 1
        if kind == np.uint64(2):
            continue
        inside, taken, depth = stack[top, 1], stack[top, 2], np.int64(stack[top, 7])
        if depth >= out.shape[1]:
            continue
        rest = inside & ~taken
        good = True
        while rest and good:
            piece = piece_of(rest & (~rest + np.uint64(1)), rest, near)
            rest ^= piece
            at = slot_of(piece, keys)
            good = keys[at] != np.uint64(0) and held[at] != -2
        if not good:
            continue
        parts[depth] = taken
        left = whole
        for n in range(depth + 1):
            left &= ~parts[n]
        if left == np.uint64(0):
            for n in range(depth + 1):
                out[written, n] = parts[n]
            sizes[written] = depth + 1
            written += 1
            continue
        start = piece_of(left & (~left + np.uint64(1)), left, near)
        before = height
        height = _open(start, people_of(start, people), near, people, few, most, stack, height, 0)
        for n in range(before, height):
            stack[n, 7] = np.uint64(depth + 1)
    state[0] = height
    return written
