"""Chains of plans (ReCom) of a council: starts, constraints, checkpoints, what was seen on the way.

A chain is a unit of work by itself: its seed is spawned from one number, so the same number gives the same bytes on any
number of workers, after a kill, and on a cluster. It writes what it saw into its own file; nothing else is passed on.
"""

import hashlib
import pickle
import shutil
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from boundaries import __version__
from boundaries.errors import PlanError
from boundaries.extras import needed
from boundaries.release.staging import writable
from boundaries.release.writing import new_file
from boundaries.research.apportionment import largest_remainder
from boundaries.research.council import Council
from boundaries.research.sealinks import pieces
from boundaries.research.work_units import done

Array = NDArray[Any]

#: How seats go with a cut (`boundaries.research.recom_kernel`).
MODES: Final = ("tetap", "ikut", "hukum")
STARTS: Final = ("hukum", "undian", "belah")
#: What is seen of every plan that is kept.
SEEN: Final = (
    "selisih_terbesar",
    "mal",
    "rentang_kursi",
    "batas_dalam_km",
    "sisi_terpotong",
    "penduduk_pindah",
)

#: Whether a plan, the dapil (n,) of each unit and the seats (k,) of each dapil, may stand.
Constraint = Callable[[Array, Array], bool]


@dataclass(frozen=True)
class Recipe:
    """How chains run.

    Attributes
    ----------
    steps, every
        Steps of each chain, and after how many a plan is seen.
    mode
        ``tetap``: seats stay with their dapil; ``ikut``: a pair keeps its seats and shares them by people; ``hukum``:
        people within the quota, and the whole plan's largest remainders within the law's bounds.
    slack
        How far the price of a seat may be off, as a share (``tetap``, ``ikut``).
    reversible
        The target is the product of the numbers of spanning trees (Cannon et al. 2022); else plain ReCom.
    uniform_pairs
        Pairs of dapil are chosen uniformly; else by the edges between them.
    start
        ``hukum``, the plan in law; ``undian``, an exact uniform draw; ``belah``, the ground split again and again.
    constraints
        Callables; a plan that one of them refuses is not gone to. They must be importable for workers.
    """

    steps: int = 100_000
    every: int = 100
    mode: str = "ikut"
    slack: float = 0.15
    reversible: bool = False
    uniform_pairs: bool = False
    start: str = "hukum"
    seed: int = 1
    chains: int = 4
    dapil: int = 0
    constraints: tuple[Constraint, ...] = ()
    checkpoint: int = 20_000


@dataclass(frozen=True)
class Chain:
    """What a chain saw: the dapil (m, n) of each unit and the seats (m, k) of each dapil, `SEEN` (m, 6), counters."""

    number: int
    start: str
    labels: Array
    seats: Array
    seen: Array
    steps: int
    accepted: int
    trees: int


@dataclass
class _State:
    label: Array
    seats: Array
    random: Array
    counters: Array
    start: str
    labels: list[Array] = field(default_factory=list)
    given: list[Array] = field(default_factory=list)


def seed_of(seed: int, chain: int) -> Array:
    """The state (4,) of the random numbers of a chain."""
    spawned = np.random.SeedSequence(seed).spawn(chain + 1)[chain]
    return spawned.generate_state(4, np.uint64)


def checked(council: Council, recipe: Recipe) -> None:
    """Refuse what no chain can run on.

    Raises
    ------
    PlanError
        A mode or start that is none, a graph in pieces, fewer than two dapil, a unit larger than any dapil may be.
    """
    if recipe.mode not in MODES or recipe.start not in STARTS:
        raise PlanError(
            f"no mode {recipe.mode!r} or start {recipe.start!r}; choose {', '.join(MODES)}; {', '.join(STARTS)}"
        )
    if recipe.steps < 1 or recipe.every < 1 or recipe.chains < 1:
        raise PlanError("a chain has at least one step, and there is at least one")
    if recipe.every > recipe.steps:
        raise PlanError(
            f"of {recipe.steps} steps none would be kept, one in {recipe.every}; take more with --langkah"
        )
    if pieces(len(council.people), council.pairs).max(initial=0) > 0:
        raise PlanError(
            f"{council.code} is in pieces by {council.links}; link them with another rule for the sea"
        )
    if len(council.law_seats) < 2 and recipe.dapil < 2:
        raise PlanError(f"{council.code} has one dapil in law; a chain needs two: say how many with --dapil")
    wanted = recipe.dapil or len(council.law_seats)
    fewest, most_dapil = (
        -(-council.seats // council.high),
        min(council.seats // council.low, len(council.units)),
    )
    if not fewest <= wanted <= most_dapil:
        raise PlanError(
            f"{council.seats} seats and {len(council.units)} units make {fewest} to {most_dapil} dapil of "
            f"{council.low} to {council.high} seats, not {wanted}; say another number with --dapil"
        )
    largest = int(council.people.argmax())
    most = council.high * (1 + (recipe.slack if recipe.mode != "hukum" else 1 / council.high))
    if council.people[largest] * council.seats > most * council.people.sum():
        quota = council.people[largest] * council.seats / council.people.sum()
        raise PlanError(f"{council.units[largest][0]} alone has {quota:.2f} quotas, more than a dapil may have; allow "
                        "more with --selisih, or take finer units with --level")  # fmt: skip


def run_chain(council: Council, recipe: Recipe, number: int, folder: Path | None = None) -> Chain:
    """Run one chain, from its checkpoint in `folder` if there is one."""
    with needed():
        from boundaries.research import recom_kernel as kernel
    checked(council, recipe)
    mark = fingerprint(council, recipe)
    state = _resumed(folder, number, mark) or _begun(council, recipe, number)
    start, near = _rows(council)
    people = council.people.astype(np.float64)
    quota = float(people.sum()) / council.seats
    few = -(-(council.low - 1) * int(people.sum()) // council.seats)
    most = -(-(council.high + 1) * int(people.sum()) // council.seats) - 1
    pairs = council.pairs.astype(np.int64)
    allowed = np.ones(len(pairs), np.bool_)
    tests = list(recipe.constraints)
    if recipe.mode == "hukum":
        tests.append(_lawful(council))
    mode = {"tetap": kernel.FIXED, "ikut": kernel.SHARED, "hukum": kernel.BOUNDED}[recipe.mode]

    def go(steps: int) -> None:
        kernel.run(start, near, people, pairs, state.label, state.seats, mode, quota, recipe.slack, council.low,
                   council.high, float(few), float(most), recipe.reversible, recipe.uniform_pairs, steps, state.random,
                   state.counters, allowed)  # fmt: skip

    if int(state.counters[0]) > recipe.steps:
        raise PlanError(
            f"{folder}: chain {number} has gone {int(state.counters[0])} steps, more than {recipe.steps}; name another "
            f"folder, or ask for as many with --langkah"
        )
    while (gone := int(state.counters[0])) < recipe.steps:
        until = min(recipe.every - gone % recipe.every, recipe.steps - gone)
        if tests:
            for _ in range(until):
                label, seats, accepted = state.label.copy(), state.seats.copy(), state.counters[1]
                go(1)
                if state.counters[1] > accepted:
                    if recipe.mode == "hukum":
                        state.seats[:] = _given(council, state.label, len(seats))
                    if not all(test(state.label, state.seats) for test in tests):
                        state.label[:], state.seats[:], state.counters[1] = label, seats, accepted
        else:
            go(until)
        if int(state.counters[0]) % recipe.every:
            break  # steps beyond the last plan that is kept: gone on with, they lead where they would have
        state.labels.append(state.label.astype(np.int16))
        state.given.append(state.seats.astype(np.int16))
        if folder is not None and int(state.counters[0]) % recipe.checkpoint < recipe.every:
            _kept(folder, number, state, mark)
    if folder is not None:
        _kept(folder, number, state, mark)
    labels, given = np.array(state.labels), np.array(state.given)
    return Chain(number, state.start, labels, given, seen(council, labels, given), int(state.counters[0]),
                 int(state.counters[1]), int(state.counters[2]))  # fmt: skip


def run_chains(
    council: Council, recipe: Recipe, folder: Path, workers: int = 1, dask: str = ""
) -> list[Chain]:  # fmt: skip
    """Run the chains, each as a unit of work that writes its file into `folder`, and read them back.

    On a cluster the folder must be the same for all workers.
    """
    checked(council, recipe)
    folder = writable(folder)
    for left in folder.glob(".rantai-*.npz-*"):  # what a kill left of a checkpoint in the making
        shutil.rmtree(left, ignore_errors=True)
    units = [(council, recipe, n, folder) for n in range(recipe.chains)]
    numbers = list(done(_one, units, workers, dask))
    return [run_chain(council, recipe, n, folder) for n in numbers]  # what is done is only read


def _one(unit: tuple[Council, Recipe, int, Path]) -> int:
    council, recipe, number, folder = unit
    run_chain(council, recipe, number, folder)
    return number


# Where a chain begins


def _begun(council: Council, recipe: Recipe, number: int) -> _State:
    random = seed_of(recipe.seed, number)
    rng = np.random.default_rng(np.random.SeedSequence([recipe.seed, number]))
    label, seats, name = _start(council, recipe, rng)
    why = refusals(council, recipe, label, seats)
    if why:
        raise PlanError(f"the start ({name}) is not allowed: {'; '.join(why)}; choose another with --awal")
    return _State(label.astype(np.int64), seats.astype(np.int64), random, np.zeros(4, np.int64), name)


def _start(council: Council, recipe: Recipe, rng: np.random.Generator) -> tuple[Array, Array, str]:
    if recipe.start == "hukum" and not council.split and recipe.dapil in (0, len(council.law_seats)):
        seats = (
            council.law_seats
            if recipe.mode != "hukum"
            else _given(council, council.law, len(council.law_seats))
        )
        if not refusals(council, recipe, council.law, seats):
            return council.law.copy(), seats.copy(), "hukum"
    if recipe.start == "undian":
        return (*_drawn(council, recipe, rng), "undian")
    return (*_halved(council, recipe, rng), "belah")


def refusals(council: Council, recipe: Recipe, label: Array, seats: Array) -> list[str]:
    """Why a plan may not stand, by the recipe; empty if it may."""
    found = []
    a, b = council.pairs.T
    apart = pieces(len(label), council.pairs[label[a] == label[b]])
    people = np.bincount(label, council.people, len(seats))
    quota = people.sum() / council.seats
    for n in range(len(seats)):
        if len(np.unique(apart[label == n])) != 1:
            found.append(f"dapil {n + 1} is in pieces")
        if not council.low <= seats[n] <= council.high:
            found.append(f"dapil {n + 1} has {seats[n]} seats")
        off = people[n] / (seats[n] * quota) - 1 if seats[n] else 0.0
        if recipe.mode != "hukum" and abs(off) > recipe.slack:
            found.append(f"dapil {n + 1} is off by {off:+.1%}")
    found += [
        f"constraint {n + 1} refuses it"
        for n, test in enumerate(recipe.constraints)
        if not test(label, seats)
    ]
    return found


def _drawn(council: Council, recipe: Recipe, rng: np.random.Generator) -> tuple[Array, Array]:
    from boundaries.research.legal_plans import counted_plans, lawful_draws

    made, counted = counted_plans(council)
    wanted = recipe.dapil or len(council.law_seats)
    for _ in range(50):
        labels, _measures = lawful_draws(made, counted, 100, int(rng.integers(1 << 31)))
        for label in labels.astype(np.int64):
            count = int(label.max()) + 1
            seats = _given(council, label, count)
            if count == wanted and not refusals(council, recipe, label, seats):
                return label, seats
    raise PlanError(f"no draw has {wanted} dapil and keeps to the recipe; begin with --awal belah")


def _halved(council: Council, recipe: Recipe, rng: np.random.Generator) -> tuple[Array, Array]:
    """Split dapil after dapil off by cuts of random trees, until each has its seats."""
    from boundaries.research import recom_kernel as kernel

    wanted = recipe.dapil or len(council.law_seats)
    start, near = _rows(council)
    people, units = council.people.astype(np.float64), len(council.people)
    quota = people.sum() / council.seats
    random = np.random.SeedSequence(int(rng.integers(1 << 31))).generate_state(4, np.uint64)
    seats = (
        np.sort(council.law_seats) if recipe.mode == "tetap" and wanted == len(council.law_seats) else None
    )
    slack = recipe.slack if recipe.mode != "hukum" else 0.15
    parent, below_it = np.empty(units, np.int64), np.empty(units)
    order, children, inside = np.empty(units, np.int64), np.empty(units, np.int64), np.zeros(units, np.bool_)
    for _attempt in range(60):
        label, given, left = np.zeros(units, np.int64), [], council.seats
        pool = list(rng.permutation(seats)) if seats is not None else None
        for n in range(1, wanted):
            rest = wanted - n
            for _tree in range(100):
                members = np.flatnonzero(label == 0)
                kernel.spanning_tree(start, near, 0, 0, label, members, len(members), parent, inside, random)
                kernel.sums_below(members, len(members), parent, people, below_it, order, children)
                share = below_it[members] / quota
                mine = np.rint(share) if pool is None else np.full(len(share), pool[n - 1])
                with np.errstate(divide="ignore", invalid="ignore"):
                    others = np.abs((people[members].sum() / quota - share) / (left - mine) - 1)
                    good = (
                        (mine >= council.low) & (mine <= council.high) & (np.abs(share / mine - 1) <= slack)
                    )
                good &= (left - mine >= rest * council.low) & (left - mine <= rest * council.high)
                good &= others <= slack
                good &= parent[members] >= 0
                if good.any():
                    cut = members[rng.choice(np.flatnonzero(good))]
                    break
            else:
                break
            given.append(int(mine[members == cut][0]))
            mark = np.zeros(units, np.bool_)
            mark[cut] = True
            for unit in order[: len(members)][::-1]:
                if parent[unit] >= 0 and mark[parent[unit]]:
                    mark[unit] = True
            label[mark] = n
            left -= given[-1]
        else:
            shared = np.array([left, *given])
            if recipe.mode == "hukum":
                shared = _given(council, label, wanted)
            if not refusals(council, recipe, label, shared):
                return label, shared
    raise PlanError(f"no start was found for {council.code} with {wanted} dapil; allow more with --selisih")


# Constraints


class _Law:
    """The whole plan's largest remainders are within the law's bounds."""

    def __init__(self, low: int, high: int) -> None:
        self.low, self.high = low, high

    def __call__(self, label: Array, seats: Array) -> bool:
        return bool(seats.min() >= self.low and seats.max() <= self.high)


def _lawful(council: Council) -> Constraint:
    return _Law(council.low, council.high)


def _given(council: Council, label: Array, count: int) -> Array:
    return largest_remainder(np.bincount(label, council.people, count), council.seats).seats


@dataclass(frozen=True)
class Together:
    """Units of a group lie in one dapil: fused ground, a kecamatan not to be split, a community. `groups` (n,): the
    group of each unit, -1 for none."""

    groups: tuple[int, ...]

    def __call__(self, label: Array, seats: Array) -> bool:
        """Whether it is so."""
        groups = np.array(self.groups)
        held = groups >= 0
        pairs = np.unique(np.stack([groups[held], label[held]]), axis=1)
        return len(np.unique(pairs[0])) == pairs.shape[1]


@dataclass(frozen=True)
class Apart:
    """Two units lie in different dapil, for every pair."""

    pairs: tuple[tuple[int, int], ...]

    def __call__(self, label: Array, seats: Array) -> bool:
        """Whether it is so."""
        return all(label[a] != label[b] for a, b in self.pairs)


@dataclass(frozen=True)
class Inside:
    """Every dapil lies in one of another plan's (principle e). `parent` (n,): that of each unit."""

    parent: tuple[int, ...]

    def __call__(self, label: Array, seats: Array) -> bool:
        """Whether it is so."""
        pairs = np.unique(np.stack([label, np.array(self.parent)]), axis=1)
        return len(np.unique(pairs[0])) == pairs.shape[1]


# What is seen


def seen(council: Council, labels: Array, seats: Array) -> Array:
    """The measures `SEEN` (m, 6) of plans: labels (m, n), seats (m, k)."""
    count = seats.shape[1]
    hot = labels[:, :, None] == np.arange(count)
    people = np.einsum("mnk,n->mk", hot, council.people.astype(np.float64))
    total = council.people.sum()
    with np.errstate(divide="ignore"):
        price = people / seats / (total / council.seats) - 1
    cut = labels[:, council.pairs[:, 0]] != labels[:, council.pairs[:, 1]]
    moved = np.full(len(labels), np.nan)
    if council.before is not None and (council.before >= 0).any():
        known = council.before >= 0
        weight = np.where(known, council.people, 0).astype(np.float64)
        olds = [each for each in np.unique(council.before) if each >= 0]
        stay = sum(np.einsum("mnk,n->mk", hot, weight * (council.before == old)).max(axis=1) for old in olds)
        moved = 1 - stay / weight.sum()
    return np.column_stack([
        np.abs(price).max(axis=1), np.abs(seats / council.seats - people / total).sum(axis=1) / 2,
        seats.max(axis=1) - seats.min(axis=1), (cut * council.border_m).sum(axis=1) / 1000,
        (cut & (council.border_m > 0)).sum(axis=1), moved,
    ])  # fmt: skip


# On disk


def _rows(council: Council) -> tuple[Array, Array]:
    """Neighbours as rows one after the other."""
    both = np.concatenate([council.pairs, council.pairs[:, ::-1]])
    both = both[np.lexsort((both[:, 1], both[:, 0]))]
    sizes = np.bincount(both[:, 0], minlength=len(council.people))
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64), both[:, 1].astype(np.int64)


def fingerprint(council: Council, recipe: Recipe) -> str:
    """What a checkpoint belongs to: the version, the council and the recipe, but for how long chains are and how
    many."""
    told = (
        __version__, council.chamber, council.year, council.code, council.units, council.seats, council.low,
        council.high, council.people.tolist(), council.pairs.tolist(), council.law.tolist(),
        council.law_seats.tolist(), recipe.every, recipe.mode, recipe.slack, recipe.reversible, recipe.uniform_pairs,
        recipe.start, recipe.seed, recipe.dapil, [_told(each) for each in recipe.constraints],
    )  # fmt: skip
    return hashlib.sha256(repr(told).encode()).hexdigest()


def _told(constraint: Constraint) -> str:
    """A constraint as what tells it from others: the name of a function, and what an object holds. One that no worker
    could be sent is told apart only in this process, so that another goes on with none of its chains."""
    try:
        return pickle.dumps(constraint).hex()
    except (pickle.PicklingError, AttributeError, TypeError):
        return repr(constraint)


def _kept(folder: Path, number: int, state: _State, mark: str) -> None:
    """Write the checkpoint of a chain in one step: a kill, or a full disk, leaves the one of before."""
    with new_file(folder / f"rantai-{number}.npz", over=True) as new:
        np.savez(
            new, label=state.label, seats=state.seats, random=state.random, counters=state.counters,
            start=np.array(state.start), mark=np.array(mark), labels=np.array(state.labels),
            given=np.array(state.given),
        )  # fmt: skip


def _resumed(folder: Path | None, number: int, mark: str) -> _State | None:
    path = folder / f"rantai-{number}.npz" if folder is not None else None
    if path is None or not path.exists():
        return None
    try:
        with np.load(path, allow_pickle=False) as held:
            whose, state = str(held["mark"]), _State(
                held["label"], held["seats"], held["random"], held["counters"], str(held["start"]),
                list(held["labels"]), list(held["given"]))  # fmt: skip
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        raise PlanError(
            f"{path} is no checkpoint that can be read ({error}); remove it, and its chain begins again"
        ) from None
    if whose != mark:
        raise PlanError(
            f"{path} is of another council or recipe, or of another version of dapil; name another folder, or remove it"
        )
    return state
