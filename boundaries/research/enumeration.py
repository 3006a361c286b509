"""Every way to part a graph of few units into connected dapil: counted exactly, drawn uniformly, listed."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from boundaries.errors import PlanError
from boundaries.extras import needed

Array = NDArray[Any]

#: Sets of units are the bits of a whole number that has a sign.
MOST_UNITS: Final = 63
_STEPS: Final = 4_000_000
_COLUMNS: Final = 8


@dataclass(frozen=True)
class Limits:
    """How long a count may take (CPU seconds) and how large its table may grow (bytes)."""

    seconds: float = 60.0
    memory: int = 600 << 20


@dataclass(frozen=True)
class Partable:
    """A graph of n units to be parted: `near` (n,), neighbours of each as a set of bits; `people` (n,) whole numbers;
    the people of a dapil, `few` at least and `most` at most. `order` (n,): the unit at each place."""

    near: Array
    people: Array
    few: int
    most: int
    order: Array

    def labels(self, parts: Array) -> Array:
        """Plans as sets (m, k) → the dapil (m, n) of each unit, in the units' own order; dapil are numbered from 0 by
        their first unit."""
        places = np.arange(len(self.order), dtype=np.uint64)
        inside = (parts[:, :, None] >> places) & np.uint64(1)
        found = np.empty((len(parts), len(self.order)), dtype=np.int8)
        found[:, self.order] = inside.argmax(axis=1)
        return renumbered(found)


def renumbered(labels: Array) -> Array:
    """Number the dapil (m, n) of each plan from 0 in the order of their first units: the same plan, the same row."""
    count = int(labels.max(initial=0)) + 1
    first = np.stack([(labels == k).argmax(axis=1) + labels.shape[1] * ~(labels == k).any(axis=1)
                      for k in range(count)], axis=1)  # fmt: skip
    rank = np.argsort(np.argsort(first, axis=1, kind="stable"), axis=1, kind="stable").astype(np.int8)
    return np.take_along_axis(rank, labels.astype(np.int64), axis=1)


def partable(
    people: Sequence[int] | Array, pairs: Array, few: int, most: int, order: Array | None = None
) -> Partable:
    """Make a graph ready: units in an order in which sets of later ones hang together (`spectral_order`).

    Parameters
    ----------
    people
        Whole numbers (n,), 0 or more.
    pairs
        Neighbours (e, 2).

    Raises
    ------
    PlanError
        More than `MOST_UNITS` units, negative people, or a dapil that may be empty.
    """
    count = len(people)
    if count > MOST_UNITS:
        raise PlanError(
            f"{count} units are too many to count all plans (at most {MOST_UNITS}); draw some with dapil sample"
        )
    if few < 1 or min(people, default=0) < 0:
        raise PlanError("people must not be negative, and a dapil must have some")
    order = spectral_order(count, pairs) if order is None else order
    place = np.empty(count, dtype=np.int64)
    place[order] = np.arange(count)
    near = np.zeros(count, dtype=np.uint64)
    for a, b in place[np.asarray(pairs, dtype=np.int64).reshape(-1, 2)]:
        if a != b:
            near[a] |= np.uint64(1) << np.uint64(b)
            near[b] |= np.uint64(1) << np.uint64(a)
    held = np.asarray(people, dtype=np.int64)[order]
    return Partable(near, held, int(few), int(min(most, max(held.sum(), 1))), np.asarray(order))


def spectral_order(count: int, pairs: Array, turned: bool = False) -> Array:
    """Order units by the second eigenvector of the graph's Laplacian (Fiedler's), one end of the ground first.

    What is left after the first dapil are taken is then mostly one piece at the other end, so that few different sets
    are ever left. `turned`: from the other end.
    """
    laplacian = np.zeros((count, count))
    for a, b in np.asarray(pairs, dtype=np.int64).reshape(-1, 2):
        laplacian[a, b] = laplacian[b, a] = -1.0
    laplacian -= np.diag(laplacian.sum(axis=1))
    vectors = np.linalg.eigh(laplacian)[1]
    value = np.round(vectors[:, min(1, count - 1)], 9)
    value = value * (np.sign(value[np.argmax(np.abs(value))]) or 1.0)
    order = np.argsort(value, kind="stable")
    return order[::-1].copy() if turned else order


@dataclass
class Count:
    """The table of a count: how many plans of each set that can be left. Complete, or it says why not."""

    graph: Partable
    complete: bool = False
    why: str = ""
    steps: int = 0
    seconds: float = 0.0
    entries: int = 0
    keys: Array = field(default_factory=lambda: np.zeros(1 << 12, np.uint64), repr=False)
    held: Array = field(default_factory=lambda: np.zeros(1 << 12, np.int64), repr=False)
    counts: Array = field(default_factory=lambda: np.zeros(1 << 14, np.int64), repr=False)
    pieces: Array = field(default_factory=lambda: np.empty(0, np.uint64), repr=False)

    @property
    def by_dapil(self) -> dict[int, int]:
        """Number of dapil → number of plans.

        Raises
        ------
        PlanError
            The count was not finished: there is no number.
        """
        if not self.complete:
            raise PlanError(f"not counted: {self.why}; give it more with --batas-waktu or --batas-memori")
        found = {0: 1}
        for piece in self.pieces:
            one = self._of(int(piece))
            found = _product(found, one)
        return {k: v for k, v in sorted(found.items()) if v}

    @property
    def total(self) -> int:
        """The number of plans."""
        return sum(self.by_dapil.values())

    def _of(self, piece: int) -> dict[int, int]:
        from boundaries.research.partition_kernels import people_of, slot_of, span

        mask, few, most = np.uint64(piece), np.int64(self.graph.few), np.int64(self.graph.most)
        least, size = span(mask, people_of(mask, self.graph.people), few, most)
        at = int(self.held[slot_of(mask, self.keys)])
        if at < 0 or not size or self.keys[slot_of(mask, self.keys)] != mask:
            return {}
        return {int(least) + n: int(value) for n, value in enumerate(self.counts[at : at + size])}


def _product(one: dict[int, int], other: dict[int, int]) -> dict[int, int]:
    found: dict[int, int] = {}
    for a, x in one.items():
        for b, y in other.items():
            found[a + b] = found.get(a + b, 0) + x * y
    return found


def count(graph: Partable, limits: Limits | None = None) -> Count:
    """Count all plans. At a limit the result says so and has no number: a part is never given as a count."""
    with needed():
        from boundaries.research import partition_kernels as kernels
    limits = limits or Limits()
    found = Count(graph)
    found.pieces = np.array(list(_pieces(graph)), dtype=np.uint64)
    few, most = np.int64(graph.few), np.int64(graph.most)
    if not all(
        kernels.span(piece, kernels.people_of(piece, graph.people), few, most)[1] for piece in found.pieces
    ):
        found.complete = True
        return found
    stack = np.zeros((kernels.DEPTH, _COLUMNS), np.uint64)
    state = np.zeros(4, np.int64)
    started = time.process_time()
    kernels.open_all(found.pieces, graph.near, graph.people, few, most, found.keys, found.held, found.counts, stack,
                     state)  # fmt: skip
    while True:
        reason = kernels.count_on(graph.near, graph.people, few, most, found.keys, found.held, found.counts, stack,
                                  state, np.int64(_STEPS))  # fmt: skip
        found.seconds, found.steps, found.entries = (
            time.process_time() - started,
            int(state[3]),
            int(state[1]),
        )
        if reason == kernels.DONE:
            found.complete = True
            return found
        if reason == kernels.OVERFLOW:
            found.why = "more than 9,200,000,000,000,000,000 plans"
        elif found.seconds > limits.seconds:
            found.why = f"over {limits.seconds:g} s"
        elif reason in (kernels.TABLE_FULL, kernels.VALUES_FULL):
            if 3 * (found.keys.nbytes + found.held.nbytes) + 3 * found.counts.nbytes > limits.memory:
                found.why = f"over {limits.memory >> 20} MB"
            elif reason == kernels.TABLE_FULL:
                keys, held = np.zeros(2 * len(found.keys), np.uint64), np.zeros(2 * len(found.keys), np.int64)
                kernels.rehash(found.keys, found.held, keys, held)
                found.keys, found.held = keys, held
            else:
                found.counts = np.concatenate([found.counts, np.zeros_like(found.counts)])
        if found.why:
            found.keys, found.held, found.counts = found.keys[:1], found.held[:1], found.counts[:1]
            return found


def _pieces(graph: Partable) -> Iterator[np.uint64]:
    from boundaries.research.partition_kernels import piece_of

    todo = np.uint64((1 << len(graph.near)) - 1)
    while todo:
        start = np.uint64(int(todo) & -int(todo))
        found = piece_of(start, todo, graph.near)
        yield np.uint64(found)
        todo = np.uint64(int(todo) ^ int(found))


def draw(counted: Count, number: int, rng: np.random.Generator) -> Array:
    """Draw plans, each with the same probability and independently, as sets (number, k); 0 fills a row up.

    Raises
    ------
    PlanError
        The count was not finished, or there is no plan.
    """
    from boundaries.research import partition_kernels as kernels

    graph = counted.graph
    if not counted.total:
        raise PlanError("no plan to draw from; there is none within these bounds")
    stack = np.zeros((kernels.DEPTH, _COLUMNS), np.uint64)
    few, most = np.int64(graph.few), np.int64(graph.most)
    taken: list[tuple[Array, Array]] = []
    agenda: dict[int, list[Array]] = {}
    # The largest set first: what is left of it is smaller, so each is walked once for all who come to it.
    largest: list[tuple[int, int]] = []

    def left(piece: int, who: Array) -> None:
        if piece not in agenda:
            agenda[piece] = []
            heappush(largest, (-piece.bit_count(), -piece))
        agenda[piece].append(who)

    for piece in counted.pieces:
        left(int(piece), np.arange(number))
    while largest:
        inside = -heappop(largest)[1]
        who = np.concatenate(agenda.pop(inside))
        ways = sum(counted._of(inside).values())
        places = rng.integers(0, ways, len(who))
        order = np.argsort(places, kind="stable")
        chosen = np.empty(len(who), np.uint64)
        kernels.choose(np.uint64(inside), places[order], graph.near, graph.people, few, most, counted.keys,
                       counted.held, counted.counts, stack, chosen)  # fmt: skip
        taken.append((who[order], chosen))
        by_dapil = np.argsort(chosen, kind="stable")
        dapil, starts = np.unique(chosen[by_dapil], return_index=True)
        for each, mine in zip(dapil.tolist(), np.split(who[order[by_dapil]], starts[1:]), strict=True):
            rest = inside & ~each
            while rest:
                piece = int(kernels.piece_of(np.uint64(rest & -rest), np.uint64(rest), graph.near))
                rest ^= piece
                left(piece, mine)
    who, dapil = (np.concatenate(each) for each in zip(*taken, strict=True))
    return _gathered(who, dapil, number)


def _gathered(who: Array, dapil: Array, number: int) -> Array:
    """The dapil (k,) of plans, and whose each is (k,) → plans as sets (number, k), each by its dapil's first units."""
    order = np.lexsort([dapil & (~dapil + np.uint64(1)), who])
    who, dapil = who[order], dapil[order]
    sizes = np.bincount(who, minlength=number)
    found = np.zeros((number, int(sizes.max())), dtype=np.uint64)
    found[who, np.arange(len(who)) - np.repeat(np.cumsum(sizes) - sizes, sizes)] = dapil
    return found


def listed(counted: Count, together: int = 1 << 16) -> Iterator[tuple[Array, Array]]:
    """List all plans, some at a time: their dapil as sets (m, k), 0 filling a row up, and how many (m,) each has."""
    from boundaries.research import partition_kernels as kernels

    graph = counted.graph
    if not counted.total:
        return
    stack = np.zeros((kernels.DEPTH, _COLUMNS), np.uint64)
    state, parts = np.array([-1], np.int64), np.zeros(64, np.uint64)
    whole = np.uint64((1 << len(graph.near)) - 1)
    wide = max(counted.by_dapil)
    while state[0]:
        out, sizes = np.zeros((together, wide), np.uint64), np.zeros(together, np.int64)
        done = kernels.list_on(whole, graph.near, graph.people, np.int64(graph.few), np.int64(graph.most), counted.keys,
                               counted.held, stack, state, parts, out, sizes)  # fmt: skip
        if done:
            yield out[:done], sizes[:done]
