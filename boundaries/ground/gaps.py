"""Step 4, *fill*, first half: ground that units enclose and none covers, and which of it is a gap to be filled."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from boundaries.ground.arrangement import SEA, Arrangement
from boundaries.ground.assembly import assemble, regions
from boundaries.ground.grid import GRID
from boundaries.ground.measures import arc_length_m, area_and_width_m
from boundaries.ground.ragged import spans

Array = NDArray[Any]

NOBODY = -1
"""The owner of a face that no unit has."""


@dataclass(frozen=True)
class Gaps:
    """Enclosed ground that no unit covers; arrays of one entry a gap.

    ``geometry``: Polygons in degrees; ``of_face`` (faces,): the gap that each face is part of, or -1; ``area_m2``;
    ``width_m`` (twice the area over the perimeter). ``border``: rows (gap, unit, length in metres), the longest first
    in each gap.
    """

    geometry: Array
    of_face: Array
    area_m2: Array
    width_m: Array
    border: pd.DataFrame

    def __len__(self) -> int:
        return len(self.geometry)

    @property
    def longest(self) -> Array:
        """The unit with the longest border on each gap."""
        return self.border.drop_duplicates("gap").sort_values("gap")["unit"].to_numpy()

    @property
    def neighbours(self) -> list[Array]:
        """The units around each gap, by number."""
        table = self.border.sort_values(["gap", "unit"])
        cuts = np.searchsorted(table["gap"].to_numpy(), np.arange(1, len(self)))
        return np.split(table["unit"].to_numpy(), cuts) if len(self) else []


def find_gaps(plane: Arrangement, owner: Array, region: Array | None = None) -> Gaps:
    """Find every enclosed gap of a coverage, and the units around it.

    `owner` (faces,): the unit that has each; `region`: what `regions` returns.
    """
    region = regions(plane, owner) if region is None else region
    open_ = (owner == NOBODY) & (region != region[SEA])
    shapes = assemble(plane, np.where(open_, 0, NOBODY), region)
    geometry = shapes.shapes(10.0**GRID)
    number = np.full(len(owner), -1)
    number[shapes.region] = np.arange(len(geometry))
    of_face = np.where(open_, number[region], -1)
    area, width = area_and_width_m(geometry)
    return Gaps(geometry, of_face, area, width, borders(plane, of_face, owner))


def borders(plane: Arrangement, of_face: Array, owner: Array) -> pd.DataFrame:
    """How long the borders are between groups of faces and the units beside them: rows (gap, unit, length).

    `of_face` (faces,): the group of each, -1 for none. Sorted by group, the longest border first; of borders alike to
    the millimetre the unit of the lower number.
    """
    half = np.flatnonzero(of_face[plane.face] >= 0)
    beside = owner[plane.face[half ^ 1]]
    outward = (beside != NOBODY) & (of_face[plane.face[half]] != of_face[plane.face[half ^ 1]])
    half, beside = half[outward], beside[outward]
    arc, which = np.unique(half // 2, return_inverse=True)
    at, starts = spans(plane.starts, arc)
    length = arc_length_m(plane.points[at], starts)[which]
    table = pd.DataFrame({"gap": of_face[plane.face[half]], "unit": beside, "length": length})
    total = table.groupby(["gap", "unit"])["length"].sum().round(3).reset_index()
    return total.sort_values(["gap", "length", "unit"], ascending=[True, False, True], ignore_index=True)


def in_one_region(gaps: Gaps, units: Array, length: int) -> Array:
    """Mask of gaps whose neighbours all share the first `length` characters of their codes."""
    region = np.unique(units.astype(f"U{length}"), return_inverse=True)[1]
    some = region[gaps.border["unit"].to_numpy()]
    gap = gaps.border["gap"].to_numpy()
    low, high = np.full(len(gaps), len(units)), np.full(len(gaps), -1)
    np.minimum.at(low, gap, some)
    np.maximum.at(high, gap, some)
    return np.asarray(low == high)


def land_share(gaps: Gaps, land: Array | None, ask: Array) -> Array:
    """Share (0-1) of each gap that lies on `land` (valid polygons); 1 where `ask` is False or there is none."""
    share = np.ones(len(gaps))
    if land is None or not len(land) or not ask.any():
        return share
    asked = gaps.geometry[ask]
    gap, polygon = shapely.STRtree(land).query(asked, predicate="intersects")
    shared = shapely.area(shapely.intersection(asked[gap], land[polygon]))
    share[ask] = np.minimum(1.0, np.bincount(gap, shared, len(asked)) / shapely.area(asked))
    return share


def describe(gaps: Sequence[Gaps], land: Sequence[Array], units: Array, *, evidence: bool) -> pd.DataFrame:
    """One row a gap left open; `land`: the share of each on a coarser level, if there is such `evidence`."""
    points = shapely.point_on_surface(np.concatenate([each.geometry for each in gaps]))
    share = np.concatenate(list(land))
    why = np.where(
        share >= 0.5,
        "too wide for a sliver; a coarser level of the source shows land here: missing unit or lake",
        "a coarser level of the source shows no land here: lake or strait",
    ).astype(object)
    if not evidence:
        why = np.full(len(points), "too wide for a sliver: lake, strait or missing unit")
    return pd.DataFrame(
        {
            "lon": np.round(shapely.get_x(points), 5),
            "lat": np.round(shapely.get_y(points), 5),
            "area_m2": np.round(np.concatenate([each.area_m2 for each in gaps])).astype(np.int64),
            "width_m": np.round(np.concatenate([each.width_m for each in gaps]), 1),
            "neighbours": [" ".join(sorted(units[n])) for each in gaps for n in each.neighbours],
            "why": why,
        }
    ).sort_values(["area_m2", "lon"], ascending=[False, True], ignore_index=True)
