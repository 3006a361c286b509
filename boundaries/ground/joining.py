"""Edge-matched pieces joined to units, and the few places mended where noding or rounding left an unmatched edge."""

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from boundaries.errors import CoverageError
from boundaries.ground.grid import to_grid
from boundaries.ground.overlaps import SNAPPING, coverage_clean
from boundaries.ground.repair import polygons_of, repair

Array = NDArray[Any]


def join(pieces: Array, owner: Array, count: int) -> Array:
    """Join edge-matched pieces by owner: (count,) MultiPolygon; vertices on outer borders stay."""
    order = np.argsort(owner, kind="stable")
    starts = np.searchsorted(owner[order], np.arange(count + 1))
    out = np.empty(count, dtype=object)
    for i in range(count):
        group = pieces[order[starts[i] : starts[i + 1]]]
        out[i] = group[0] if len(group) == 1 else _union(group)
    return as_multi(out)


def _union(group: Array) -> shapely.Geometry:
    """Union of edge-matched polygons; where an edge is not matched, the general union (and `settle` after it)."""
    try:
        return shapely.coverage_union_all(group)
    except shapely.errors.GEOSException:
        return polygons_of(to_grid(np.array([shapely.union_all(group)], dtype=object))[0])


def as_multi(geometry: Array) -> Array:
    """Return every geometry as MultiPolygon in normal form (so that equal sets have equal bytes)."""
    out = shapely.normalize(np.asarray(geometry, dtype=object))
    single = shapely.get_type_id(out) == 3
    out[single] = shapely.multipolygons(out[single], indices=np.arange(single.sum()))
    return out


def invalid_units(geometry: Array) -> Array:
    """Indices of units whose polygon is invalid or has an edge that its neighbours do not match."""
    edge = shapely.coverage_invalid_edges(geometry)
    unmatched = np.array([e is not None and not e.is_empty for e in edge], dtype=bool)
    return np.flatnonzero(unmatched | ~shapely.is_valid(geometry))


def settle(geometry: Array, units: Array) -> Array:
    """Mend the few places where noding or rounding left an unmatched edge, each with its neighbours only.

    Returns a valid coverage, or raises CoverageError naming the units that stay bad.
    """
    bad = invalid_units(geometry)
    for snapping in (SNAPPING, 0.0, 2 * SNAPPING, 10 * SNAPPING):
        if not len(bad):
            break
        tree = shapely.STRtree(geometry)
        local = np.unique(tree.query(geometry[bad], predicate="intersects")[1])
        valid, _ = repair(geometry[local])
        geometry = geometry.copy()
        geometry[local] = as_multi(to_grid(coverage_clean(valid, "longest_border", snapping)))
        bad = invalid_units(geometry)
    if len(bad):
        raise CoverageError(
            f"no valid coverage: {len(bad)} units keep unmatched or invalid edges ({', '.join(units[bad[:10]])}); "
            "mend their polygons in the source"
        )
    return geometry
