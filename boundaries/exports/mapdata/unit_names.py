"""``map-units.json``: the name of every unit, and the dapil of every base unit in every plan. Made to be small.

A code is told as its last part: a kecamatan ``32.04.05`` as 5 behind the kabkota ``32.04``. Those of one parent stand
together as ``[parent, first, step, step, …]``. The dapil of a plan are runs over the base units in the order of
their codes: ``[row of map-facts less that of the run before, length, …]``; row -1 is no dapil. ``galat_m`` says of each
kabkota how far its lines can be wrong, where that is known.
"""

from itertools import groupby, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundaries.exports.mapdata.map_tables import Content
from boundaries.law.codes import LEVELS, parent
from boundaries.release.geopackage_reader import GeoPackage
from boundaries.release.lookup import wrong_by
from boundaries.release.store import Release


def units(content: Content) -> dict[str, Any]:
    """Make the file; `boundaries/site/modules/state/units.js` reads it."""
    return {
        "levels": {name: coded(content.names[name]) for name in LEVELS},
        "unmapped": list(content.unmapped),
        "galat_m": _wrong(content.release),
        "plans": {plan: runs(content.assigned(plan)) for plan in content.plans if content.composed(plan)},
    }


def _wrong(release: Release) -> dict[str, int]:
    package = GeoPackage(release.gpkg)
    try:
        return {code: round(metres) for code, metres in sorted(wrong_by(package).items())}
    finally:
        package.close()


def coded(names: dict[str, str]) -> dict[str, Any]:
    """Tell codes (sorted) and their names: ``kode``, as said above, and ``nama``."""
    codes = [
        [above or "", *_steps([int(code.rpartition(".")[2]) for code in own])]
        for above, own in groupby(names, key=parent)
    ]
    return {"kode": codes, "nama": list(names.values())}


def _steps(numbers: list[int]) -> list[int]:
    return [numbers[0], *(after - before for before, after in pairwise(numbers))]


def runs(rows: NDArray[np.int64]) -> list[int]:
    """Write an array as runs: how much each value differs from the one before (the first from 0), and its length.

    >>> runs(np.array([0, 0, 1, 1, 1, -1]))
    [0, 2, 1, 3, -2, 1]
    """
    if not len(rows):
        return []
    starts = np.flatnonzero(np.concatenate([[True], rows[1:] != rows[:-1]]))
    lengths = np.diff(np.append(starts, len(rows)))
    steps = np.diff(rows[starts], prepend=0)
    return [int(value) for value in np.stack([steps, lengths], axis=1).ravel()]
