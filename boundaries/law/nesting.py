"""Which units hold which base units: the largest that lie whole in something, and what lies under each."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundaries.law.codes import LENGTH, LEVELS, Level

Array = NDArray[Any]


@dataclass(frozen=True)
class Holders:
    """The units of one level: `codes` (m,) sorted, and for every base unit the number of its unit, -1 without one."""

    codes: Array
    of_base: Array


@dataclass(frozen=True)
class Nesting:
    """Base units, `codes` (n,) of whatever levels, and the units of every level that hold them."""

    codes: Array

    @cached_property
    def levels(self) -> Mapping[Level, Holders]:
        """The levels that have a unit, from provinsi down; at the level of a base unit it holds itself."""
        base = np.asarray(self.codes, dtype=str)
        size, found = np.char.str_len(base), {}
        for level in LEVELS:
            fine = size >= LENGTH[level]
            codes, number = np.unique(base[fine].astype(f"U{LENGTH[level]}"), return_inverse=True)
            of_base = np.full(len(base), -1)
            of_base[fine] = number
            if len(codes):
                found[level] = Holders(codes, of_base)
        return found

    def largest(self, owner: Array) -> Iterator[tuple[Level, Array, Array]]:
        """Give the largest units all of whose base units have one owner: level, their numbers, the owner of each.

        `owner` (n,): -1 for none, which makes no unit whole. Every base unit that has an owner lies in one of them.
        """
        left = owner >= 0
        for level, units in self.levels.items():
            held = units.of_base >= 0
            number, of = units.of_base[held], owner[held]
            low = np.full(len(units.codes), np.iinfo(np.int64).max)
            high = np.full(len(units.codes), -1)
            np.minimum.at(low, number, of)
            np.maximum.at(high, number, of)
            whole = (low == high) & (low >= 0)
            taken = np.zeros(len(units.codes), dtype=bool)
            taken[number[left[held]]] = True
            chosen = np.flatnonzero(taken & whole)
            yield level, chosen, low[chosen]
            left = left & ~(held & whole[units.of_base])


def under(units: Array, base: Array) -> tuple[Array, Array]:
    """Pairs of a unit and a base unit that it holds or is: their positions in `units` and in `base` (sorted).

    >>> under(np.array(["32.04", "32.05.01"]), np.array(["32.04.01", "32.04.02", "32.05.01"]))
    (array([0, 0, 1]), array([0, 1, 2]))
    """
    first = np.searchsorted(base, units)
    ends = np.char.add(np.asarray(units, dtype=str), "/")  # "/" follows "."
    count = np.searchsorted(base, ends) - first
    offset = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    return np.repeat(np.arange(len(units)), count), np.repeat(first, count) + offset
