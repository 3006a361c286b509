"""Edge-matched polygons joined to units."""

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from boundaries.errors import CoverageError

Array = NDArray[Any]


def gathered(shapes: Array, owner: Array, count: int) -> Array:
    """Gather Polygons that share no edge by their owner: (count,) MultiPolygons in normal form; empty for one without
    any."""
    order = np.argsort(owner, kind="stable")
    out = np.full(count, shapely.MultiPolygon(), dtype=object)
    present, of = np.unique(owner[order], return_inverse=True)
    out[present] = shapely.multipolygons(shapes[order], indices=of)
    return np.asarray(shapely.normalize(out))


def join(pieces: Array, owner: Array, count: int) -> Array:
    """Join edge-matched pieces by owner: (count,) MultiPolygon; vertices on outer borders stay.

    Raises CoverageError where edges are not matched.
    """
    order = np.argsort(owner, kind="stable")
    starts = np.searchsorted(owner[order], np.arange(count + 1))
    out = np.empty(count, dtype=object)
    for i in range(count):
        group = pieces[order[starts[i] : starts[i + 1]]]
        out[i] = group[0] if len(group) == 1 else _union(group)
    return as_multi(out)


def _union(group: Array) -> shapely.Geometry:
    try:
        return shapely.coverage_union_all(group)
    except shapely.errors.GEOSException as error:
        raise CoverageError(f"polygons whose edges do not match cannot be joined: {error}") from None


def as_multi(geometry: Array) -> Array:
    """Return every geometry as MultiPolygon in normal form (so that equal sets have equal bytes)."""
    out = shapely.normalize(np.asarray(geometry, dtype=object))
    single = shapely.get_type_id(out) == 3
    out[single] = shapely.multipolygons(out[single], indices=np.arange(single.sum()))
    return out
