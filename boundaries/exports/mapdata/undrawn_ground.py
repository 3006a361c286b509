"""``map-undrawn.json``: ground that land encloses and the base map does not draw, for the map and for its lookup."""

from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from boundaries.exports.basemap_topology import base_units
from boundaries.exports.mapdata.map_tables import Content
from boundaries.release.store import STANDARD
from boundaries.release.undrawn import beside, undrawn

_GRID: Final = 10**7


def undrawn_ground(content: Content) -> dict[str, Any]:
    """Make the file: of each hole the units around it (``kode``), and its ``ring`` in steps of 1e-7 degree.

    A ring is a flat list: longitude and latitude of the first point, then of each point what it differs by from the
    one before. In the detail standard, as the service asks it.
    """
    made = {"release": content.release.id}
    if "unit-provinsi" not in content.release.layers:
        return made | {"holes": []}
    holes = undrawn(content.release.read_layer("unit-provinsi", STANDARD)[1])
    if not len(holes):
        return made | {"holes": []}
    table, shapes = base_units(content.release)
    codes = table["kode"].to_numpy(dtype=str)
    return made | {
        "holes": [{"kode": codes[beside(hole, shapes)].tolist(), "ring": _ring(hole)} for hole in holes]
    }


def _ring(hole: shapely.Geometry) -> list[int]:
    xy: NDArray[np.int64] = np.rint(shapely.get_coordinates(hole) * _GRID).astype(np.int64)
    return [int(each) for each in np.diff(xy, axis=0, prepend=0 * xy[:1]).ravel()]
