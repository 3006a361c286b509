"""What simplification cost each feature: area, ground that changed sides, the farthest that a line moved, islands."""

from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from boundaries.exports.landmasses import signed_area
from boundaries.exports.simplify import METRES
from boundaries.exports.topology import Rings, Topology, arcs_of, merged, trace
from boundaries.exports.topology_check import distinct

Array = NDArray[Any]

COLUMNS: Final = ("id", "area_error_pct", "moved_pct", "hausdorff_m", "islands", "islands_drawn")


class Costs:
    """The cost of a drawing; lines and polygons that several objects have in common are measured once.

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

    def of(self, name: str) -> pd.DataFrame:
        """One row a feature of an object, in the columns `COLUMNS`.

        ``area_error_pct``: area after over area before, less one (planar in degrees, in which the ratio is right to
        0.01 % within a dapil); ``moved_pct``: ground that was the feature's before or after but not both, over the
        area before, added up by polygon (at most: an island may have moved onto the place of another);
        ``hausdorff_m``: the largest distance between an arc of the feature before and after (at most: the ground may
        lie nearer to another arc); ``islands`` and ``islands_drawn``: its polygons.
        """
        table, before = self._source.tables[name], _areas(self._source, name)
        kept, after = _areas(self._from, name), _areas(self._drawn, name)
        rings = self._drawn.rings[name]
        moved = before - kept + np.add.reduceat(self._moved[name], rings.feature[:-1])
        return pd.DataFrame({
            "id": table["id" if "id" in table.columns else "kode"].to_numpy(),
            "area_error_pct": np.round(100 * (after / before - 1), 4) + 0.0,
            "moved_pct": np.round(100 * moved / before, 4),
            "hausdorff_m": np.round(_largest(rings, self._distances), 1),
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
    def _moved(self) -> dict[str, Array]:
        """Object → for each polygon the area (degrees, squared) of its symmetric difference before and after."""
        objects = self._drawn.rings
        every = merged(list(objects.values()))
        example, which = distinct(every)
        moved = np.zeros(len(example))
        if self._drawn is not self._source:
            before, after = (_polygons(each, every, example) for each in (self._from, self._drawn))
            common = shapely.area(shapely.intersection(before, after))
            moved = np.maximum(shapely.area(before) + shapely.area(after) - 2 * common, 0)
        cuts = np.cumsum([len(rings.polygon) - 1 for rings in objects.values()])
        return dict(zip(objects, np.split(moved[which], cuts[:-1]), strict=True))


def _polygons(topology: Topology, every: Rings, chosen: Array) -> Array:
    part = every.polygons(chosen)
    points, starts = trace(part.refs, part.ring, topology.points, topology.starts)
    kind = shapely.GeometryType.POLYGON
    return np.asarray(shapely.from_ragged_array(kind, topology.grid.degrees(points), (starts, part.polygon)))


def _areas(topology: Topology, name: str) -> Array:
    """Areas of features in degrees, squared."""
    rings = topology.rings[name]
    area = -signed_area(*trace(rings.refs, rings.ring, topology.points, topology.starts))
    return np.asarray(np.add.reduceat(area, rings.polygon[rings.feature[:-1]]) * topology.grid.size**2)


def _lines(topology: Topology) -> Array:
    index = np.repeat(np.arange(len(topology)), np.diff(topology.starts))
    return np.asarray(shapely.linestrings(topology.points * (topology.grid.size * METRES), indices=index))


def _largest(rings: Rings, of_arc: Array) -> Array:
    """The largest value of any arc of each feature."""
    starts = rings.ring[rings.polygon[rings.feature[:-1]]]
    return np.asarray(np.maximum.reduceat(of_arc[arcs_of(rings.refs)], starts))
