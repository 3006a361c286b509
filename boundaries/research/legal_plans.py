"""All lawful plans of a council: how many, what they are like, and where among them one plan stands.

First all ways are counted to part the units into connected dapil with enough people (the quota). Which of them are
lawful hangs on all their dapil at once (the largest remainders), so they are listed and each is tried; where they are
too many to be listed, independent uniform draws tell the share, with its interval.
"""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from boundaries.errors import PlanError
from boundaries.extras import needed
from boundaries.research.apportionment import largest_remainder, malapportionment
from boundaries.research.council import Council
from boundaries.research.enumeration import Count, Limits, count, draw, listed, renumbered, spectral_order
from boundaries.research.plan_measures import FOLLOWING, MEASURES, PERMILLE, Problem, dense, problem
from boundaries.research.sealinks import pieces

Array = NDArray[Any]

#: How it is known what lawful plans are like: all were listed; some were drawn; it is not known.
COMPLETE: Final = "lengkap"
DRAWN: Final = "undian"
UNKNOWN: Final = "tidak-terhitung"
#: Was the split forced?
FORCED: Final = "terpaksa"
FREE: Final = "tidak-terpaksa"
#: Measures that the front of best plans weighs against each other, and how many plans it has at most.
WEIGHED: Final = ("selisih_terbesar", "batas_dalam_km", "penduduk_pindah")
FRONT: Final = 50


@dataclass(frozen=True)
class Effort:
    """What a survey may take: CPU seconds and bytes of the count, how many plans are listed at most, how many are drawn
    where that is too few, and the seed."""

    seconds: float = 60.0
    memory: int = 600 << 20
    most_listed: int = 5_000_000
    drawn: int = 20_000
    seed: int = 1


@dataclass(frozen=True)
class Front:
    """Plans none of which is beaten by another in all of `WEIGHED`, at most `FRONT`, the best by each among them: the
    dapil (k, n) of each unit, measures (k, 8)."""

    labels: Array
    measures: Array


@dataclass(frozen=True)
class Survey:
    """What is known of the lawful plans of a council.

    Attributes
    ----------
    counted
        The count of plans within the quota; it may not be complete.
    method
        `COMPLETE`, `DRAWN` or `UNKNOWN`.
    tried, lawful
        How many plans were listed or drawn, and how many of them are lawful.
    by_dapil
        Number of dapil → lawful plans among those.
    measures
        (lawful, 8) of those, as `MEASURES` names them.
    together
        (n, n): the share of them in which two units share a dapil.
    law
        The measures (8) of the plan in law; None where it splits units or leaves some out, or the map lacks a dapil.
    """

    problem: Problem
    counted: Count
    method: str
    tried: int = 0
    lawful: int = 0
    by_dapil: dict[int, int] = field(default_factory=dict)
    measures: Array = field(default_factory=lambda: np.empty((0, len(MEASURES)), np.float32))
    together: Array | None = None
    front: Front | None = None
    law: Array | None = None

    @property
    def number(self) -> int | None:
        """How many lawful plans there are; None where that is only estimated, or not known."""
        return self.lawful if self.method == COMPLETE else None

    @property
    def estimate(self) -> tuple[float, float, float] | None:
        """The number of lawful plans from draws, and the ends of its interval of 95 % (Wilson); None if not drawn."""
        if self.method != DRAWN:
            return None
        low, high = wilson(self.lawful, self.tried)
        total = self.counted.total
        return self.lawful / self.tried * total, low * total, high * total

    @property
    def forced(self) -> str:
        """Whether the split of units in the plan in law was forced; empty where it splits none."""
        if not self.problem.council.split:
            return ""
        if self.lawful:
            return FREE
        return FORCED if self.method == COMPLETE else UNKNOWN

    @cached_property
    def blocking(self) -> Array:
        """Units (k,) by which alone there is no lawful plan, where it is known: larger than any dapil may be, or, where
        seats follow people, in a dapil of other than the allowed seats in every plan within the quota."""
        made, council = self.problem, self.problem.council
        if self.method != COMPLETE or self.lawful:
            return np.empty(0, np.int64)
        if not self.counted.total or made.reading != FOLLOWING:
            return np.flatnonzero(council.people > made.graph.most)
        from boundaries.research.plan_kernels import outside

        blocked = np.uint64((1 << len(council.people)) - 1)
        for parts, sizes in listed(self.counted):
            blocked = outside(parts, sizes, made.graph.people, np.int64(council.seats), np.int64(council.low),
                              np.int64(council.high), np.uint64(blocked))  # fmt: skip
            if not blocked:
                break
        inside = [n for n in range(len(council.people)) if int(blocked) >> n & 1]
        return np.sort(made.graph.order[inside])

    def percentile(self, values: Array) -> dict[str, float]:
        """Where a plan with some measures (8) stands among all: the share with less, and half of those with as much."""
        found = {}
        for n, name in enumerate(MEASURES):
            column = self.measures[:, n]
            value = np.float32(values[n])
            if len(column) and np.isfinite(value) and not np.isnan(column).any():
                found[name] = float(((column < value).sum() + (column == value).sum() / 2) / len(column))
        return found


def wilson(good: int, tried: int, z: float = 1.959963984540054) -> tuple[float, float]:
    """Wilson's interval of a share (1927); of nothing tried (0, 1)."""
    if not tried:
        return 0.0, 1.0
    share, square = good / tried, z * z
    middle = (share + square / (2 * tried)) / (1 + square / tried)
    half = z / (1 + square / tried) * math.sqrt(share * (1 - share) / tried + square / (4 * tried * tried))
    return max(0.0, middle - half), min(1.0, middle + half)


def counted_plans(
    council: Council, reading: str = FOLLOWING, effort: Effort | None = None, permille: int = PERMILLE
) -> tuple[Problem, Count]:
    """Count the plans within the quota, in one order of the units and, if that takes too long, in another."""
    effort = effort or Effort()
    spent = 0.0
    for turned, share in ((False, 0.6), (True, 0.4)):
        order = spectral_order(len(council.people), council.pairs, turned)
        made = problem(council, reading, permille, order)
        found = count(made.graph, Limits(share * effort.seconds, effort.memory))
        spent += found.seconds
        if found.complete:
            break
    found.seconds = spent
    if not found.complete and found.why.endswith(" s"):
        found.why = f"over {effort.seconds:g} s"
    return made, found


def survey(
    council: Council, reading: str = FOLLOWING, effort: Effort | None = None, permille: int = PERMILLE
) -> Survey:
    """Find what the lawful plans of a council are like."""
    effort = effort or Effort()
    with needed():
        made, found = counted_plans(council, reading, effort, permille)
    whole = not council.split and len(np.unique(council.law)) == len(council.law_seats)
    law = of_plan(made, council.law, council.law_seats) if whole else None
    if not found.complete:
        return Survey(made, found, UNKNOWN, law=law)
    from boundaries.research.plan_kernels import share_dapil

    total, units = found.total, len(council.people)
    every = total <= effort.most_listed
    kept, tried = [], 0
    together = np.zeros((units, units), np.int64)
    front: tuple[Array, Array] | None = None
    for parts, sizes in listed(found) if every else drawn(found, effort):
        measures, lawful = made.describe(parts, sizes)
        tried += len(parts)
        kept.append(measures[lawful])
        share_dapil(parts, sizes, lawful, together)
        front = _unbeaten(front, parts[lawful], measures[lawful])
    measures = np.concatenate(kept) if kept else np.empty((0, len(MEASURES)), np.float32)
    by_dapil = Counter(measures[:, 0].astype(int).tolist())
    place = np.argsort(made.graph.order)
    return Survey(
        made, found, COMPLETE if every else DRAWN, tried, len(measures), dict(sorted(by_dapil.items())), measures,
        together[np.ix_(place, place)] / max(len(measures), 1),
        _shown(made, *front) if front is not None else None, law,
    )  # fmt: skip


def drawn(counted: Count, effort: Effort) -> Iterator[tuple[Array, Array]]:
    """Uniform draws of plans within the quota: sets (m, k), how many (m,)."""
    parts = draw(counted, effort.drawn, np.random.default_rng(effort.seed))
    yield parts, (parts > 0).sum(axis=1)


def lawful_draws(made: Problem, counted: Count, number: int, seed: int) -> tuple[Array, Array]:
    """Draw lawful plans, each with the same probability: the dapil (number, n) of each unit, measures (number, 8).

    Plans within the quota are drawn and those kept that are lawful.

    Raises
    ------
    PlanError
        So few are lawful that none comes.
    """
    rng = np.random.default_rng(seed)
    labels, kept, missing, fruitless = [], [], number, 0
    while missing > 0:
        parts = draw(counted, max(1000, 2 * missing), rng)
        measures, lawful = made.describe(parts, (parts > 0).sum(axis=1))
        chosen = np.flatnonzero(lawful)[:missing]
        labels.append(made.graph.labels(parts[chosen]))
        kept.append(measures[chosen])
        missing -= len(chosen)
        fruitless = 0 if len(chosen) else fruitless + len(parts)
        if fruitless > 200_000:
            raise PlanError(f"none of {fruitless} plans within the quota is lawful; there may be none")
    return np.concatenate(labels), np.concatenate(kept)


def _unbeaten(front: tuple[Array, Array] | None, parts: Array, measures: Array) -> tuple[Array, Array] | None:
    """Keep the plans that no other beats, all of them: what is left out here could beat one that comes later."""
    if not len(parts):
        return front
    if front is not None:
        parts, measures = np.concatenate([front[0], parts]), np.concatenate([front[1], measures])
    value, rank = _weighed(measures)
    left = np.arange(len(value))
    chosen: list[int] = []
    while len(left):
        best = left[np.argmin(rank[left])]
        chosen.append(int(best))
        left = left[(value[left] < value[best]).any(axis=1)]
    return parts[chosen], measures[chosen]


def _weighed(measures: Array) -> tuple[Array, Array]:
    """The measures (m, 3) that are weighed against each other, and their sum (m,), each by its span."""
    value = np.nan_to_num(measures[:, [list(MEASURES).index(name) for name in WEIGHED]].astype(np.float64))
    span = np.ptp(value, axis=0)
    return value, (value / np.where(span > 0, span, 1)).sum(axis=1)


def _shown(made: Problem, parts: Array, measures: Array) -> Front:
    """Of the plans that no other beats at most `FRONT`: the best by each measure, then those with the least sum."""
    value, rank = _weighed(measures)
    best = [int(np.lexsort((rank, column))[0]) for column in value.T]
    order = sorted(range(len(rank)), key=lambda n: (n not in best, rank[n]))[:FRONT]
    chosen = sorted(order, key=lambda n: rank[n])
    return Front(made.graph.labels(parts[chosen]), measures[chosen])


def of_plan(made: Problem, labels: Array, seats: Array | None = None) -> Array:
    """The measures (8) of one plan given as the dapil (n,) of each unit; `seats` (k,) of each dapil by its label, by
    default those that follow people. Reckoned without the compiled loops."""
    council = made.council
    labels = np.asarray(labels) if seats is not None else renumbered(np.asarray(labels)[None])[0].astype(int)
    count = int(labels.max()) + 1
    people = np.bincount(labels, council.people, count)
    if seats is None:  # equal remainders are settled by the first units of the dapil
        seats = largest_remainder(people, council.seats).seats
    a, b = labels[council.pairs.reshape(-1, 2)].T
    land = council.border_m > 0
    piece = pieces(len(labels), council.pairs[land & (a == b)])
    inside = len(np.unique(np.stack([labels, piece]), axis=1).T)
    by_dapil = np.bincount(np.unique(np.stack([labels, piece]), axis=1)[0])
    moved = np.nan
    if council.before is not None and (council.before >= 0).any():
        known = council.before >= 0
        table = np.zeros((int(dense(council.before).max()) + 1, count))
        np.add.at(table, (dense(council.before)[known], labels[known]), council.people[known])
        moved = 1 - table.max(axis=1).sum() / council.people[known].sum()
    with np.errstate(divide="ignore"):
        price = people / seats / (people.sum() / seats.sum()) - 1
    assert inside >= count
    return np.array([
        count, np.abs(price).max(), malapportionment(people, seats), seats.max() - seats.min(),
        council.border_m[land & (a != b)].sum() / 1000, (land & (a != b)).sum(), (by_dapil > 1).sum(), moved,
    ])  # fmt: skip


def stands(made: Problem, labels: Array, seats: Array | None = None) -> bool:
    """Whether a plan is itself one of the lawful ones: its dapil hang together, and its seats are such as the reading
    allows; `seats` (k,) of each dapil, by default any that are."""
    council = made.council
    labels, count = np.asarray(labels), int(np.max(labels)) + 1
    a, b = council.pairs.reshape(-1, 2).T
    piece = pieces(len(labels), council.pairs.reshape(-1, 2)[labels[a] == labels[b]])
    if (
        len(np.unique(np.stack([labels, piece]), axis=1).T) > count
        or not made.describe(*made.as_sets(labels[None]))[1][0]
    ):
        return False
    if seats is None:
        return True
    people, seats = np.bincount(labels, council.people, count).astype(np.int64), np.asarray(seats)
    if made.reading == FOLLOWING:
        due = largest_remainder(people, council.seats)
        return bool(((seats == due.seats) | due.tied).all() and seats.sum() == council.seats)
    off = np.abs(people * council.seats - seats * people.sum()) * 1000
    within = (off <= made.permille * seats * people.sum()) & (seats >= council.low) & (seats <= council.high)
    return bool(within.all() and seats.sum() == council.seats)


def lawful_labels(found: Survey) -> Iterator[tuple[Array, Array]]:
    """All lawful plans of a complete survey, some at a time: the dapil (m, n) of each unit, measures (m, 8)."""
    for parts, sizes in listed(found.counted):
        measures, lawful = found.problem.describe(parts, sizes)
        yield found.problem.graph.labels(parts[lawful]), measures[lawful]


def same_plan(one: Array, other: Array) -> bool:
    """Whether two plans (n,) part the units alike, whatever their dapil are called."""
    return bool((renumbered(one[None]) == renumbered(other[None])).all())
