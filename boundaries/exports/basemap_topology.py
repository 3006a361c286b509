"""The base map of one province as TopoJSON: what a page needs to look a point up without asking a server.

The one object ``dasar`` holds, in full detail, the units of that province that a page tells apart: the desa of
kecamatan that a plan divides and every other kecamatan (kabkota, where the base map has nothing finer). Borders inside
a kecamatan that lies whole in one dapil of every plan answer no question and are left out. Borders with other
provinces are vertex for vertex those of their files.
"""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from boundaries.errors import ReleaseError
from boundaries.exports.topojson import about, encode
from boundaries.law.codes import LENGTH, LEVELS, finest
from boundaries.release.dataset import Datasets
from boundaries.release.store import FULL, Release
from boundaries.topology.arcs import build_topology

Array = NDArray[Any]

OBJECT: Final = "dasar"
_COLUMNS: Final = ["kode", "nama"]


def unit_topology(release: Release, province: str) -> bytes:
    """Write the base units of a province (two digits) as TopoJSON: object ``dasar``, properties ``kode`` and ``nama``.

    Raises ReleaseError where the release has no unit in that province.
    """
    for _, content in _written(release, province):
        return content
    known = ", ".join(sorted(set(base_units(release)[0]["kode"].str[:2])))
    raise ReleaseError(f"{release.id} has no base unit in province {province!r}; it has {known}")


def unit_topologies(release: Release) -> Iterator[tuple[str, bytes]]:
    """Give for every province its code and what `unit_topology` writes of it; the release is read once."""
    return _written(release)


def base_units(release: Release) -> tuple[pd.DataFrame, Array]:
    """Return the units that are told apart, sorted by code: (``kode``, ``nama``), and their MultiPolygons in degrees.

    Raises ReleaseError where the release has no units.
    """
    layers = [release.read_layer(f"unit-{each}") for each in LEVELS if f"unit-{each}" in release.layers]
    if not layers:
        raise ReleaseError(f"{release.id} has no layer of units; build the release again")
    table = pd.concat([frame[_COLUMNS] for frame, _ in layers], ignore_index=True)
    geometry = np.concatenate([shapes for _, shapes in layers])
    divided, length = Datasets(release).divided, LENGTH["kecamatan"]
    told = [code for code in table["kode"] if len(code) <= length or code[:length] in divided]
    order = pd.Index(table["kode"]).get_indexer(pd.Index(finest(told)))
    return table.iloc[order].reset_index(drop=True), geometry[order]


def _written(release: Release, province: str = "") -> Iterator[tuple[str, bytes]]:
    table, geometry = base_units(release)
    own = table["kode"].str[:2].to_numpy(dtype=str)
    for code in sorted(set(own) & {province} if province else set(own)):
        here = own == code
        topology = build_topology({OBJECT: (table[here], geometry[here])})
        yield str(code), encode(topology, about(release, topology, FULL))
