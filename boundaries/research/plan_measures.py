"""Measures of plans by which each is placed among all: named, with their units and formulas."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from boundaries.research.council import Council
from boundaries.research.enumeration import Partable, partable

Array = NDArray[Any]

#: Seats follow people (largest remainder), or are listed by the law.
FOLLOWING: Final = "ikut"
LISTED: Final = "tetap"
READINGS: Final = (FOLLOWING, LISTED)
#: How far prices of listed seats may be off if nothing else is said, per mille: the DPR's own farthest of 2024 is 355.
PERMILLE: Final = 360


@dataclass(frozen=True)
class Measure:
    """A number of a plan: what it is in both languages, its unit, its formula. The less, the nearer to the principle
    it belongs to (`jumlah_dapil` belongs to none)."""

    said: tuple[str, str]
    unit: str
    formula: str
    principle: str


#: In the order in which they are computed.
MEASURES: Final[Mapping[str, Measure]] = {
    "jumlah_dapil": Measure(("jumlah dapil", "number of dapil"), "", "n", "b"),
    "selisih_terbesar": Measure(
        ("selisih harga kursi terbesar", "largest difference of a seat's price"), "bagian",
        "max |P_i/S_i / (P/S) - 1|", "a",
    ),
    "mal": Measure(("malapportionment", "malapportionment"), "bagian", "½ Σ |S_i/S - P_i/P|", "a"),
    "rentang_kursi": Measure(("rentang kursi", "range of seats"), "kursi", "max S_i - min S_i", "c"),
    "batas_dalam_km": Measure(
        ("batas darat antardapil", "land border between dapil"), "km", "Σ L_uv, D(u) ≠ D(v)", "d"
    ),
    "sisi_terpotong": Measure(("pasang tetangga terpisah", "neighbours parted"), "", "|{uv : D(u) ≠ D(v)}|", "d"),
    "dapil_lewat_laut": Measure(
        ("dapil yang tidak menyatu lewat darat", "dapil not in one piece by land"), "", "bagian darat D_i > 1", "d"
    ),
    "penduduk_pindah": Measure(
        ("penduduk di luar penerus utama dapil lamanya", "people outside their old dapil's main successor"), "bagian",
        "1 - Σ_j max_i P(O_j ∩ D_i) / P", "g",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Problem:
    """A council ready to be counted, by one reading of the law: bounds of people, and what measures need, by bits."""

    council: Council
    graph: Partable
    reading: str = FOLLOWING
    permille: int = PERMILLE

    def describe(self, parts: Array, sizes: Array) -> tuple[Array, Array]:
        """The measures (m, 8) of plans as sets (m, k), and which are lawful (m,)."""
        from boundaries.research.plan_kernels import describe

        council, order = self.council, self.graph.order
        place = np.empty(len(order), np.int64)
        place[order] = np.arange(len(order))
        pairs = place[council.pairs.reshape(-1, 2)].astype(np.int64)
        by_land = np.zeros(len(order), np.uint64)
        for a, b in pairs[council.border_m > 0]:
            by_land[a] |= np.uint64(1) << np.uint64(b)
            by_land[b] |= np.uint64(1) << np.uint64(a)
        before = np.full(len(order), -1) if council.before is None else dense(council.before)
        found = np.full((len(parts), len(MEASURES)), np.nan, np.float32)
        lawful = np.zeros(len(parts), np.bool_)
        describe(
            parts, sizes, self.graph.people, np.int64(council.seats), np.int64(council.low), np.int64(council.high),
            np.int64(self.permille if self.reading == LISTED else -1), pairs, council.border_m.astype(np.float64),
            by_land, before[order].astype(np.int64), order.astype(np.int64), found, lawful,
        )  # fmt: skip
        found[found[:, -1] < 0, -1] = np.nan
        return found, lawful

    def as_sets(self, labels: Array) -> tuple[Array, Array]:
        """Plans as the dapil (m, n) of each unit → sets (m, k) and how many (m,)."""
        wide = int(labels.max(initial=0)) + 1
        bits = np.uint64(1) << np.argsort(self.graph.order).astype(np.uint64)
        parts = np.stack([np.where(labels == k, bits, np.uint64(0)).sum(axis=1, dtype=np.uint64) for k in range(wide)],
                         axis=1)  # fmt: skip
        return parts, (parts > 0).sum(axis=1)


def dense(labels: Array) -> Array:
    """Number labels from 0 without gaps; what is below 0 stays -1."""
    values, number = np.unique(labels, return_inverse=True)
    return np.asarray(number - int((values < 0).sum())).clip(-1)


def problem(
    council: Council, reading: str = FOLLOWING, permille: int = PERMILLE, order: Array | None = None
) -> Problem:
    """Make a council ready: the people that a dapil may have follow from its seats by the reading.

    Seats that follow people: a dapil with `low` seats has at least `low` - 1 quotas (it may get its last seat by a
    remainder), one with `high` less than `high` + 1. Listed: `low` x (1 - d) to `high` x (1 + d).
    """
    total, seats = int(council.people.sum()), council.seats
    if reading == FOLLOWING:
        few, most = -(-(council.low - 1) * total // seats), -(-(council.high + 1) * total // seats) - 1
    else:
        few = -(-council.low * (1000 - permille) * total // (1000 * seats))
        most = council.high * (1000 + permille) * total // (1000 * seats)
    return Problem(
        council, partable(council.people, council.pairs, max(few, 1), most, order), reading, permille
    )
