"""A year drawn as a whole, at a few details: what the TopoJSON files are cut out of."""

import logging
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from boundaries.errors import ReleaseError
from boundaries.release.store import STANDARD, Release
from boundaries.topology import thinning
from boundaries.topology.arcs import Topology, build_topology
from boundaries.topology.cost import Costs
from boundaries.topology.generalise import generalise
from boundaries.topology.room import MOST, RADIUS, TIMES, NoRoomError, centres, spacing, spread

Array = NDArray[Any]
log = logging.getLogger(__name__)

CHAMBERS: Final = ("dpr", "dpd", "dprd-provinsi", "dprd-kabkota")
UNITS: Final = ("provinsi", "kabkota")
_DAPIL: Final = (
    "id",
    "kode_dapil",
    "nama_dapil",
    "kursi",
    "kode_provinsi",
    "nama_provinsi",
    "kode_kabkota",
    "ragu",
    "ragu_en",
    "catatan",
    "catatan_en",
)
_UNIT: Final = ("kode", "nama")


@dataclass(frozen=True)
class Detail:
    """How fine a drawing is.

    ``step``: the cell of its grid in units of 1e-7 degree. ``tolerance_m``: see `generalise`; None for no
    simplification. ``island_m2`` and ``reach_m``: see `thinning.thin`; None keeps every island. ``only``: the chambers
    that are drawn; by default all, and the units. ``spread``: at how many places lines were moved aside for room.
    """

    step: int
    tolerance_m: float | None = None
    island_m2: float | None = None
    reach_m: float | None = None
    only: tuple[str, ...] = ()
    spread: int = 0


#: Goals, compressed: ``web`` 1 MB for all chambers and 200 KB for dpr; ``overview`` 80 KB for dpr. Eighteen thousand
#: islands alone are 140 KB, so the smallest (a tenth of a hectare) stay away from ``web-dpr``. dpd is drawn with dpr:
#: no dapil of dpr lies in two provinces, so its lines are among those of dpr.
DRAWINGS: Final = {
    STANDARD: Detail(1),
    "province": Detail(2_000, 100),
    "web": Detail(10_000, 400),
    "web-dpr": Detail(16_000, 2_500, 1_000, 1_000, only=("dpr", "dpd")),
    "overview": Detail(25_000, 1_600, 50_000, 2_500),
    "overview-dpr": Detail(55_000, 5_000, 50_000, 2_500, only=("dpr", "dpd")),
}
#: Where a grid leaves no room, finer ones; the last is so fine that lines as they came have room, if not points.
_FINER: Final = (1.0, 0.8, 0.6, 0.4, 0.2, 0.1, 0.04, 0.01)


@dataclass(frozen=True)
class Drawing:
    """A year at a detail. ``source``: as the release has it; ``drawn_from``: the same without the islands left out;
    ``topology``: as drawn; ``detail``: what it came out with."""

    name: str
    detail: Detail
    source: Topology = field(repr=False)
    drawn_from: Topology = field(repr=False)
    topology: Topology = field(repr=False)

    @cached_property
    def costs(self) -> Costs:
        """What the drawing cost each feature."""
        return Costs(self.source, self.drawn_from, self.topology)


def topology_of(release: Release, year: int, chamber: str = "", *, provinsi: bool = True) -> Topology:
    """Read the layers of a year, all chambers and units or one chamber (and the provinces), into one topology.

    Raises ReleaseError where the release has no such layer.
    """
    layers = {name: f"{name}-{year}" for name in ([chamber] if chamber else CHAMBERS)}
    layers = {name: layer for name, layer in layers.items() if layer in release.layers}
    if not layers:
        raise ReleaseError(
            f"{release.id} has no layer of {chamber or 'any chamber'} in {year}; it has {', '.join(release.layers)}"
        )
    units = UNITS if not chamber else UNITS[:1] if provinsi else ()
    layers |= {name: f"unit-{name}" for name in units if f"unit-{name}" in release.layers}
    return build_topology(
        {name: columns(*release.read_layer(layer, STANDARD)) for name, layer in layers.items()}
    )


def columns(frame: pd.DataFrame, geometry: Array) -> tuple[pd.DataFrame, Array]:
    """The columns that a map joins by and what is doubtful; those without any value are left out."""
    names = _DAPIL if "kode_dapil" in frame.columns else _UNIT
    return frame[[n for n in names if n in frame.columns and frame[n].notna().any()]], geometry


def landmarks(release: Release) -> Array:
    """The largest polygon of every kecamatan of the release: ground that no size leaves out."""
    finest = ("unit-kecamatan",), ("unit-kabkota",), ("unit-provinsi",)
    found = [[name for name in names if name in release.layers] for names in finest]
    layers = next(filter(None, found))
    return np.concatenate([thinning.largest_parts(release.read_layer(name, STANDARD)[1]) for name in layers])


def thinned(topology: Topology, detail: Detail, ground: Array) -> Topology:
    """Leave out the islands that a detail has no room for; `ground`: see `landmarks`."""
    if detail.island_m2 is None:
        return topology
    return thinning.thin(topology, ground, detail.island_m2, detail.reach_m)


def sized(topology: Topology, detail: Detail) -> tuple[Topology, Detail]:
    """Simplify a topology (on the release's grid, thinned) to a detail; returns it and the detail it came out with.

    Where a few places have no room on the grid of the detail, lines are spread around them
    (`boundaries.topology.room`). Where that does not help the next finer grid is tried, with a smaller tolerance, and
    where none helps the topology is given as it is, on the release's grid: a file that is larger than it should be,
    never one that is wrong or missing. Its member ``about`` tells the grid, and at how many places lines were spread.
    """
    if detail.tolerance_m is None:
        return topology, detail
    for factor in _FINER:
        tolerance = detail.tolerance_m * factor
        step = max(1, round(detail.step * factor))
        try:
            drawn, places = _with_room(topology, step, tolerance)
            return drawn, replace(detail, step=step, tolerance_m=tolerance, spread=places)
        except ReleaseError as error:
            log.info("no drawing with a step of %d: %s", step, error)
    return topology, replace(detail, step=1, tolerance_m=None)


def _with_room(topology: Topology, step: int, tolerance: float) -> tuple[Topology, int]:
    """Draw on a grid, spread around the places that have no room there; returns also how many these are."""
    places, moved, radius = np.empty((0, 2)), topology, RADIUS
    while True:
        try:
            return generalise(topology, step, tolerance, moved), len(centres(places, RADIUS))
        except NoRoomError as error:
            around = centres(error.places, radius)
            if radius >= RADIUS * 2**TIMES or not 0 < len(around) <= MOST:
                raise
            log.info(
                "step %d, %d places spread by a radius of %d cells: %s", step, len(around), radius, error
            )
        moved = spread(moved, around * step, radius * step, spacing(step))
        places = np.concatenate([places, around])
        radius *= 2
