"""Boxes sorted into the squares of a grid, to find those that meet: in numpy, for boxes by the hundred thousand."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

_ENTRIES: Final = 3
"""Squares are made so large that boxes lie in as many of them on average, at most."""


class Nearby:
    """Boxes ``low`` to ``high`` ((n, 2) whole numbers), borders included."""

    def __init__(self, low: Array, high: Array) -> None:
        self.low, self.high = low, high
        self._sides = (*np.ascontiguousarray(low.T), *np.ascontiguousarray(high.T))
        count = len(low)
        self._size = max(1, int((high - low).max(axis=1).mean()) if count else 1)
        self._origin = low.min(axis=0) if count else np.zeros(2, dtype=np.int64)
        while True:
            first, last = (low - self._origin) // self._size, (high - self._origin) // self._size
            wide, tall = (last - first + 1).T
            extent = last.max(axis=0, initial=0) + 1
            if int((wide * tall).sum()) <= _ENTRIES * count and int(extent[0]) * int(extent[1]) < 2**62:
                break
            self._size *= 2
        squares = wide * tall
        box = np.repeat(np.arange(count), squares)
        nth = np.arange(len(box)) - np.repeat(np.cumsum(squares) - squares, squares)
        column, row = np.divmod(nth, tall[box])
        self._tall = int(extent[1])
        key = (first[box, 0] + column) * self._tall + first[box, 1] + row
        order = np.argsort(key, kind="stable")
        self._key, self._box = key[order], box[order]

    def pairs(self, only: Array | None = None) -> tuple[Array, Array]:
        """Pairs i < j of boxes that meet, each once; with `only` (mask) those of which at least one is chosen."""
        key, box = self._key, self._box
        if only is not None:
            starts = np.flatnonzero(np.append(True, key[1:] != key[:-1])[: len(key)])
            some = np.logical_or.reduceat(only[box], starts) if len(starts) else np.empty(0, dtype=bool)
            here = np.repeat(some, np.diff(np.append(starts, len(key))))
            key, box = key[here], box[here]
        found = [(box[:0], box[:0])]
        at, step = np.arange(len(key)), 1
        while len(at):
            at = at[: np.searchsorted(at, len(key) - step)]
            at = at[key[at] == key[at + step]]
            i, j, square = box[at], box[at + step], key[at]
            if only is not None:
                asked = only[i] | only[j]
                i, j, square = i[asked], j[asked], square[asked]
            meet = self._meet(i, j)
            i, j = i[meet], j[meet]
            here = self._corner(i, j) == square[meet]
            found.append((i[here], j[here]))
            step += 1
        i, j = (np.concatenate(each) for each in zip(*found, strict=True))
        return i, j

    def at(self, low: Array, high: Array) -> Array:
        """The boxes that meet one box, some of them several times."""
        first, last = (low - self._origin) // self._size, (high - self._origin) // self._size
        columns = np.arange(max(first[0], 0), last[0] + 1) * self._tall
        begin = np.searchsorted(self._key, columns + max(first[1], 0))
        end = np.searchsorted(self._key, columns + min(last[1], self._tall - 1), side="right")
        found = np.concatenate(
            [self._box[a:b] for a, b in zip(begin.tolist(), end.tolist(), strict=True)] or [self._box[:0]]
        )
        west, south, east, north = (side[found] for side in self._sides)
        return np.asarray(
            found[(west <= high[0]) & (south <= high[1]) & (east >= low[0]) & (north >= low[1])]
        )

    def _meet(self, i: Array, j: Array) -> Array:
        west, south, east, north = self._sides
        meet = (west[i] <= east[j]) & (west[j] <= east[i])
        i, j = i[meet], j[meet]
        meet[meet] = (south[i] <= north[j]) & (south[j] <= north[i])
        return np.asarray(meet)

    def _corner(self, i: Array, j: Array) -> Array:
        """The square in which the lower left of what two boxes have in common lies: one of all where both are."""
        west, south, _, _ = self._sides
        column = (np.maximum(west[i], west[j]) - self._origin[0]) // self._size
        row = (np.maximum(south[i], south[j]) - self._origin[1]) // self._size
        return np.asarray(column * self._tall + row)
