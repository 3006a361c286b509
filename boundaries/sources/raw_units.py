"""What a reader returns: the units of one level, as the source has them."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundaries.law.codes import Level

Array = NDArray[Any]


@dataclass(frozen=True)
class RawUnits:
    """Units of one level.

    `codes`, `names`: (n,) text, the source's own; a code recurs if the source draws a unit in several rows.
    `geometry`: (n,) shapely polygons or multipolygons in lon/lat (CRS84), as read: **they may be invalid,
    overlap or leave gaps**; None where the source has a row without geometry. `notes`: what the reader had to
    leave out.
    """

    level: Level
    codes: Array
    names: Array
    geometry: Array
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def without_geometry(self) -> tuple[str, ...]:
        """The codes of the rows without geometry."""
        return tuple(self.codes[[g is None for g in self.geometry]])

    def under(self, codes: Collection[str]) -> "RawUnits":
        """Return the units that are one of `codes` or lie under one of them."""
        keep = under(self.codes, codes)
        return RawUnits(self.level, self.codes[keep], self.names[keep], self.geometry[keep], self.notes)


def under(units: Array, codes: Collection[str]) -> Array:
    """Return a mask of the `units` (dotted codes) that are one of `codes` or lie under one of them."""
    wanted = set(codes)
    lengths = {len(code) for code in wanted}
    return np.array([any(unit[:n] in wanted for n in lengths) for unit in units], dtype=bool)


def objects(values: Collection[Any]) -> Array:
    """Return an array of Python objects, one a value."""
    array = np.empty(len(values), dtype=object)
    array[:] = list(values)
    return array
