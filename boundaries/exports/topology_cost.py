"""What simplification cost each feature: area, ground that changed sides, the farthest that a line moved, islands."""

from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from boundaries.exports.simplify import METRES
from boundaries.exports.topology import Topology, arcs_of

Array = NDArray[Any]

COLUMNS: Final = ("id", "area_error_pct", "moved_pct", "hausdorff_m", "islands", "islands_drawn")


def cost(source: Topology, drawn_from: Topology, result: Topology, name: str) -> pd.DataFrame:
    """Measure one object.

    Parameters
    ----------
    source
        As the release has it.
    drawn_from
        The same without the islands that the size leaves out; its arcs are those of `result`, one for one.
    result
        As simplified.

    Returns
    -------
    pandas.DataFrame
        One row a feature, in the columns `COLUMNS`: ``area_error_pct``, area after over area before, less one
        (planar in degrees, in which the ratio is right to 0.01 % within a dapil); ``moved_pct``, the symmetric
        difference over the area before; ``hausdorff_m``, the largest distance between an arc of the feature before
        and after (at most: the ground may lie nearer to another arc); ``islands`` and ``islands_drawn``, its polygons.
    """
    before, after = source.polygons(name), result.polygons(name)
    area = shapely.area(before)
    moved = shapely.area(shapely.symmetric_difference(before, after))
    table = source.tables[name]
    return pd.DataFrame({
        "id": table["id" if "id" in table.columns else "kode"].to_numpy(),
        "area_error_pct": np.round(100 * (shapely.area(after) / area - 1), 4),
        "moved_pct": np.round(100 * moved / area, 4),
        "hausdorff_m": np.round(_by_feature(result, name, _distances(drawn_from, result)), 1),
        "islands": shapely.get_num_geometries(before),
        "islands_drawn": shapely.get_num_geometries(after),
    })  # fmt: skip


def _distances(one: Topology, other: Topology) -> Array:
    """Hausdorff distance in metres between each arc of two topologies."""
    return np.asarray(shapely.hausdorff_distance(_lines(one), _lines(other)))


def _lines(topology: Topology) -> Array:
    index = np.repeat(np.arange(len(topology)), np.diff(topology.starts))
    return np.asarray(shapely.linestrings(topology.points * (topology.grid.size * METRES), indices=index))


def _by_feature(topology: Topology, name: str, of_arc: Array) -> Array:
    """The largest value of any arc of each feature."""
    rings = topology.rings[name]
    starts = rings.ring[rings.polygon[rings.feature[:-1]]]
    return np.asarray(np.maximum.reduceat(of_arc[arcs_of(rings.refs)], starts))
