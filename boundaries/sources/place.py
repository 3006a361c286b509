"""Whether polygons lie in Indonesia: axes exchanged, a wrong CRS, or one corner gone astray."""

from typing import Final

import numpy as np
import shapely

from boundaries.errors import SourceError
from boundaries.law.tables import where
from boundaries.sources.descriptor import Source
from boundaries.sources.raw_units import Array, RawUnits

#: Lon/lat box around Indonesia, wide: a map outside it has its axes swapped or its CRS wrong.
BOX: Final = (90.0, -16.0, 146.0, 12.0)


def check_place(source: Source, raw: RawUnits) -> None:
    """Raise SourceError if a level has no polygon at all, or one that reaches beyond Indonesia."""
    at = f"{where(source.descriptor)}: level {raw.level}"
    bounds = shapely.bounds(raw.geometry)
    there = ~np.isnan(bounds).any(axis=1)
    if not there.any():
        raise SourceError(f"{at} has no polygon at all; check its files")
    inside = there & _within(bounds)
    if inside[there].all():
        return
    other = "lonlat" if source.axis_order == "latlon" else "latlon"
    swapped = _within(bounds[:, [1, 0, 3, 2]])
    if inside.any():  # most of the map is where it should be
        first = int(np.flatnonzero(there & ~inside)[0])
        west, south, east, north = (float(v) for v in bounds[first])
        mend = "its lon and lat are exchanged" if swapped[first] else "a corner of it is wrong"
        raise SourceError(
            f"{at}: {raw.codes[first]} {raw.names[first]} lies at lon {west:.2f} to {east:.2f}, lat {south:.2f} to "
            f"{north:.2f}, outside Indonesia, unlike the others; {mend}: mend it in the file"
        )
    west, south, east, north = (float(v) for v in shapely.total_bounds(raw.geometry))
    mend = (
        f'the axes are swapped: set axis_order = "{other}"' if swapped[there].all() else "check the key crs"
    )
    raise SourceError(
        f"{at} lies at lon {west:.2f} to {east:.2f}, lat {south:.2f} to {north:.2f}, outside Indonesia; {mend}"
    )


def _within(bounds: Array) -> Array:
    """Mask of the boxes (west, south, east, north) that lie in the box."""
    low, high = bounds[:, :2] >= BOX[:2], bounds[:, 2:] <= BOX[2:]
    return np.asarray(low.all(axis=1) & high.all(axis=1))
