"""Many points looked up at once, as a table: the answers of `boundaries.release.lookup`, a row a point."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from boundaries.release.lookup import CHAMBERS, QuestionError, check_point
from boundaries.release.point_index import Floats, Found, Near, PointIndex
from boundaries.release.undrawn import undrawn


def point_table(
    codes: NDArray[np.object_],
    shapes: NDArray[np.object_],
    dapil: Mapping[str, Mapping[str, str]],
    lon: Floats,
    lat: Floats,
) -> pd.DataFrame:
    """Return the unit and the dapil of every chamber at each point.

    Parameters
    ----------
    codes, shapes
        Base units, by code.
    dapil
        For each chamber the ``kode_dapil`` of each base unit; of a chamber that is not there nothing is known.
    lon, lat
        Points that `check_points` lets pass.

    Returns
    -------
    pandas.DataFrame
        Columns ``kode_unit``, ``di_darat``, ``jarak_m``, ``dekat_batas``, ``tetangga``, then one a chamber.
    """
    index = PointIndex(shapes)
    found = index.find(lon, lat)
    _answer_enclosed(found, index, lon, lat)
    metres = found.metres.round(1)  # as `Lookup.at` says it: a hair off the coast is on land
    columns: dict[str, Any] = {
        "kode_unit": _taken(codes, found.unit),
        "di_darat": metres == 0,
        "jarak_m": metres,
        "dekat_batas": np.bincount(found.beside.point, minlength=len(lon)) > 0,
        "tetangga": _beside(len(lon), found.beside, codes),
    }
    for chamber in CHAMBERS:
        own = dapil.get(chamber, {})
        columns[chamber] = _taken(np.array([own.get(code) for code in codes], dtype=object), found.unit)
    return pd.DataFrame(columns)


def _answer_enclosed(found: Found, index: PointIndex, lon: Floats, lat: Floats) -> None:
    """Give the nearest unit to points far from all, on ground that land encloses and no unit has."""
    far = np.flatnonzero(found.unit < 0)
    for hole in undrawn(index.shapes) if len(far) else ():
        for at in far[shapely.contains_xy(hole, lon[far], lat[far])].tolist():
            found.unit[at], found.metres[at] = index.nearest(float(lon[at]), float(lat[at]))


def check_points(lon: Floats, lat: Floats) -> None:
    """Raise QuestionError for arrays that do not go together, and for the first point that cannot be looked up."""
    if lon.ndim != 1 or lon.shape != lat.shape:
        raise QuestionError(
            "lon", f"lon and lat must be as many numbers each, not {lon.shape} and {lat.shape}"
        )
    for at in np.flatnonzero(~((abs(lon) <= 180) & (abs(lat) < 90))):
        try:
            check_point(float(lon[at]), float(lat[at]))
        except QuestionError as error:
            raise QuestionError(error.parameter, f"point {at}: {error}") from None


def _taken(values: NDArray[np.object_], place: NDArray[np.int64]) -> pd.Series:
    """Return the value at each place; None where that is -1."""
    return pd.Series(np.concatenate([values, np.array([None], dtype=object)])[place], dtype=object)


def _beside(count: int, beside: Near, codes: NDArray[np.object_]) -> pd.Series:
    """Return the codes of the units beside each point, separated by semicolons; None where there is none."""
    found = np.full(count, None, dtype=object)
    for point, code in zip(beside.point.tolist(), codes[beside.unit].tolist(), strict=True):
        found[point] = code if found[point] is None else f"{found[point]}; {code}"
    return pd.Series(found, dtype=object)
