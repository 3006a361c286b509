"""What simplification cost each feature: area, ground that changed sides, the farthest that a line moved, islands."""

from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from boundaries.ground.ragged import arcs_of
from boundaries.topology.arcs import Rings, Topology, trace
from boundaries.topology.landmasses import signed_area
from boundaries.topology.moved_ground import ground_between
from boundaries.topology.simplify import METRES

Array = NDArray[Any]

COLUMNS: Final = ("id", "area_error_pct", "moved_pct", "hausdorff_m", "islands", "islands_drawn")


class Costs:
    """The cost of a drawing; lines that several objects have in common are measured once.

    Parameters
    ----------
    source
        As the release has it.
    drawn_from
        The same without the islands that are left out; its arcs and polygons are those of `drawn`, one for one.
    drawn
        As simplified.
    """

    def __init__(self, source: Topology, drawn_from: Topology, drawn: Topology) -> None:
        self._source, self._from, self._drawn = source, drawn_from, drawn
        self._tables: dict[str, pd.DataFrame] = {}

    def of(self, name: str) -> pd.DataFrame:
        """One row a feature of an object, in the columns `COLUMNS`.

        ``area_error_pct``: area after over area before, less one (planar in degrees, in which the ratio is right to
        0.01 % within a dapil); ``moved_pct``: ground between the feature's lines before and after (and in islands
        left out), over the area before: at least its symmetric difference, and hardly more;
        ``hausdorff_m``: the largest distance between an arc of the feature before and after (at most: the ground may
        lie nearer to another arc); ``islands`` and ``islands_drawn``: its polygons.
        """
        if name not in self._tables:
            self._tables[name] = self._measured(name)
        return self._tables[name]

    def _measured(self, name: str) -> pd.DataFrame:
        table, before = self._source.tables[name], _areas(self._source, name)
        kept, after = _areas(self._from, name), _areas(self._drawn, name)
        rings = self._drawn.rings[name]
        moved = before - kept + _by_feature(np.add, rings, self._moved)
        return pd.DataFrame({
            "id": table["id" if "id" in table.columns else "kode"].to_numpy(),
            "area_error_pct": np.round(100 * (after / before - 1), 4) + 0.0,
            "moved_pct": np.round(100 * moved / before, 4),
            "hausdorff_m": np.round(_by_feature(np.maximum, rings, self._distances), 1),
            "islands": np.diff(self._source.rings[name].feature),
            "islands_drawn": np.diff(rings.feature),
        })  # fmt: skip

    @cached_property
    def _distances(self) -> Array:
        """Hausdorff distance in metres between each arc before and after."""
        if self._drawn is self._source:
            return np.zeros(len(self._drawn))
        return np.asarray(shapely.hausdorff_distance(_lines(self._from), _lines(self._drawn)))

    @cached_property
    def _moved(self) -> Array:
        """Ground between each arc before and after, in degrees, squared."""
        return ground_between(self._from, self._drawn)


def _areas(topology: Topology, name: str) -> Array:
    """Areas of features in degrees, squared."""
    rings = topology.rings[name]
    area = -signed_area(*trace(rings.refs, rings.ring, topology.points, topology.starts))
    return np.asarray(np.add.reduceat(area, rings.polygon[rings.feature[:-1]]) * topology.grid.size**2)


def _lines(topology: Topology) -> Array:
    index = np.repeat(np.arange(len(topology)), np.diff(topology.starts))
    return np.asarray(shapely.linestrings(topology.points * (topology.grid.size * METRES), indices=index))


def _by_feature(how: np.ufunc, rings: Rings, of_arc: Array) -> Array:
    """Add up, or take the largest, over the arcs of each feature."""
    starts = rings.ring[rings.polygon[rings.feature[:-1]]]
    return np.asarray(how.reduceat(of_arc[arcs_of(rings.refs)], starts))
