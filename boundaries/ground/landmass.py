"""The steps from polygons to a coverage for what hangs together: landmasses, each by itself or a few at a time.

Landmasses have nothing to do with each other, so they can be cleaned in any order, in any process and in any company;
what comes out is the same.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from boundaries.ground.arrangement import Arrangement
from boundaries.ground.assembly import Polygons, assemble, regions
from boundaries.ground.filling import fill
from boundaries.ground.gaps import NOBODY, Gaps, borders, find_gaps, in_one_region, land_share
from boundaries.ground.grid import GRID
from boundaries.ground.measures import swept_m2
from boundaries.ground.overlaps import contest
from boundaries.ground.ragged import connected
from boundaries.ground.soundness import refuse_unsound

Array = NDArray[Any]

FRAGMENT_M2: Final = 1.0
"""Ground under this area is drawing residue: parts of a source polygon are left out and counted, what the cleaning
leaves over goes to a neighbour."""
_APART: Final = 1e-6
"""Degrees by which the boxes of landmasses are apart at least: more than noding moves a line."""
_BATCH: Final = 400_000
"""Landmasses are cleaned together until they have so many vertices."""


@dataclass(frozen=True)
class Rules:
    """What decides which gaps are filled: see `coverage.CleanOptions`; `land`: valid polygons of a coarser level, or
    None; `units`: the codes; `region_length`: how much of a code names a region."""

    gap_width_m: float
    gap_area_m2: float
    land: Array | None
    units: Array
    region_length: int


@dataclass(frozen=True)
class Cleaned:
    """The coverage of some landmasses: ``polygons`` and their units (owner).

    ``won``, ``claimed`` (parts,): area in m² that each part got, and that it claimed on the grid. ``gaps``: those left
    open, ``land``: the share of each on a coarser level. ``found``: number and area (m²) of all gaps, and of those
    filled.
    """

    polygons: Polygons
    won: Array
    claimed: Array
    gaps: Gaps
    land: Array
    found: Array


def batches(parts: Array) -> list[Array]:
    """Sort parts into landmasses, as far as their boxes tell, and small ones into batches: lists of positions."""
    box = shapely.box(*(shapely.bounds(parts) + _APART * np.array([-1, -1, 1, 1])).T)
    one, two = shapely.STRtree(box).query(box)
    link = one < two
    one, two = one[link], two[link]
    pair = np.arange(len(one))
    mass = connected(len(parts), [(np.concatenate([one, two]), np.concatenate([pair, pair]))])
    size = np.bincount(mass, shapely.get_num_coordinates(parts))
    west = np.full(len(size), np.inf)
    np.minimum.at(west, mass, shapely.bounds(parts)[:, 0])
    order = np.argsort(west, kind="stable")
    batch = np.empty(len(size), dtype=np.int64)
    batch[order] = (np.cumsum(size[order]) - size[order]) // _BATCH
    of_part = np.unique(batch[mass], return_inverse=True)[1]
    order = np.argsort(of_part, kind="stable")
    return np.split(order, np.cumsum(np.bincount(of_part))[:-1])


def clean_landmass(parts: Array, unit: Array, rank: Array, rules: Rules) -> Cleaned:
    """Make a coverage of parts (m,): valid Polygons in degrees of a `unit` each.

    Raises CoverageError where the outcome is not proven to be one.
    """
    plane, won, (face, part) = contest(parts, rank)
    area = face_area_m2(plane)
    owner = np.where(won >= 0, unit[won], NOBODY)
    gaps = find_gaps(plane, owner)
    chosen = _chosen(gaps, rules)[1]
    plane, owner = fill(plane, owner, gaps, chosen)
    owner, region = _without_residue(plane, owner)
    total = np.array([len(gaps), gaps.area_m2.sum(), chosen.sum(), gaps.area_m2[chosen].sum()])
    left = find_gaps(plane, owner, region)
    polygons = assemble(plane, owner, region)
    refuse_unsound(rules.units[polygons.owner], polygons.shapes(10.0**GRID))
    return Cleaned(
        polygons,
        np.bincount(won[won >= 0], area[won >= 0], len(parts)),
        np.bincount(part, area[face], len(parts)),
        left,
        _chosen(left, rules)[0],
        total,
    )


def face_area_m2(plane: Arrangement) -> Array:
    """Area of every face in m²; of the sea, what all others have together, negative."""
    swept = np.zeros(len(plane.points))
    swept[:-1] = swept_m2(plane.points / 10.0**GRID)
    swept[plane.starts[1:] - 1] = 0
    arc = np.add.reduceat(swept, plane.starts[:-1])
    return np.bincount(plane.face, np.stack([arc, -arc], axis=1).ravel(), plane.count)


def _chosen(gaps: Gaps, rules: Rules) -> tuple[Array, Array]:
    """Share of each gap that a coarser level calls land, and which gaps are to be filled."""
    wide = gaps.area_m2 >= rules.gap_area_m2
    land = land_share(gaps, rules.land, wide & in_one_region(gaps, rules.units, rules.region_length))
    return land, ~wide | ((gaps.width_m < rules.gap_width_m) & (land >= 0.5))


def _without_residue(plane: Arrangement, owner: Array) -> tuple[Array, Array]:
    """Give regions under `FRAGMENT_M2` to the unit with the longest border on them; one in the sea is left out.

    Returns who has each face, and its region.
    """
    area = face_area_m2(plane)
    while True:
        region = regions(plane, owner)
        small = (np.bincount(region, area, len(owner)) < FRAGMENT_M2)[region] & (owner != NOBODY)
        if not small.any():
            return owner, region
        table = borders(plane, np.where(small, region, -1), np.where(small, NOBODY, owner))
        table = table.drop_duplicates("gap")
        goes_to = np.full(len(owner), NOBODY)
        goes_to[table["gap"]] = table["unit"]
        beside = small & (goes_to[region] != NOBODY)  # others wait for a round in which a neighbour is none
        small = beside if beside.any() else small
        owner = np.where(small, goes_to[region], owner)
