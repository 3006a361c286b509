"""Whether a dapil hangs together by land, and if not, what lies between: other dapil's land, or the sea.

A piece without a coast is cut off by the land of others (``darat``): a straight line over land proves nothing, since a
piece with a coast can be reached by sea. Of pieces that all have a coast the longest link over the sea is told
(``laut``); where no sea neighbours join them, ``laut-terhalang``. A break that runs through one unit of the law is that
unit's, not the plan's (`inherent`). Gaps under 500 m are doubtful: they may be the base map's.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Geod

from boundaries.law.codes import LENGTH
from boundaries.release.store import Release
from boundaries.research.adjacency import Borders, find_borders
from boundaries.research.frontiers import find_frontiers
from boundaries.research.sealinks import LAND_M, Sea, Shores, pieces
from boundaries.research.zoning import BASE, read_units

Array = NDArray[Any]

LAND: Final = "darat"
SEA: Final = "laut"
BLOCKED: Final = "laut-terhalang"
_GEOD: Final = Geod(ellps="WGS84")


@dataclass(frozen=True)
class Break:
    """A dapil in pieces: its number, the kind of break, the units of the pieces it concerns, the gap to the rest
    (m), the longest sea link needed (m, NaN by land), whether one unit of the law is itself in pieces, whether it is
    doubtful, and how many pieces there are."""

    dapil: int
    kind: str
    units: tuple[str, ...]
    gap_m: float
    sea_m: float
    inherent: bool
    doubtful: bool
    pieces: int


@dataclass
class Terrain:
    """Base units with a polygon, their borders, and the coast (n,) of each without its border with another country."""

    codes: Array
    geometry: Array
    borders: Borders
    coast_m: Array
    _seas: dict[str, tuple[Array, Sea]] = field(default_factory=dict)

    @cached_property
    def _provinces(self) -> Array:
        return self.codes.astype(f"U{LENGTH['provinsi']}")

    def sea(self, units: Array) -> tuple[Array, Sea]:
        """The units of the provinces that some units lie in, by position, and the water between them all."""
        of_unit = self._provinces
        named = np.unique(of_unit[units])
        province = "/".join(named)
        if province not in self._seas:
            mine = np.flatnonzero(np.isin(of_unit, named))
            at = np.full(len(self.codes), -1)
            at[mine] = np.arange(len(mine))
            of = at[self.borders.outer_of]
            inside = (of >= 0) & (self.coast_m[self.borders.outer_of] > 0)
            self._seas[province] = (
                mine,
                Sea(Shores(self.geometry[mine], self.borders.outer[inside], of[inside])),
            )
        return self._seas[province]


def read_terrain(
    release: Release, within: tuple[str, ...] = (), split: frozenset[str] = frozenset()
) -> Terrain:
    """Read the base units of a release, and the desa of the kecamatan `split` that it does not split itself."""
    units = read_units(release, BASE, within, split=split)
    borders = find_borders(units.geometry)
    coast = borders.coast_m - find_frontiers(units.codes, borders.coast_m).length_m
    return Terrain(units.codes, units.geometry, borders, coast)


def find_breaks(terrain: Terrain, owner: Array, member: Array, limits: dict[str, float]) -> list[Break]:
    """Find the dapil that do not hang together by land.

    Parameters
    ----------
    owner
        The dapil (n,) of each unit, -1 for none.
    member
        The unit of the law (n,) that each belongs to, as text.
    limits
        ``pantai_m``: a piece with less has no coast; ``celah_ragu_m``; ``tautan_km``: the longest sea link.
    """
    pairs = terrain.borders.pairs
    same = pairs[(owner[pairs[:, 0]] == owner[pairs[:, 1]]) & (owner[pairs[:, 0]] >= 0)]
    piece = pieces(len(owner), same)
    held = owner >= 0
    both = np.unique(np.stack([owner[held], piece[held]], axis=1), axis=0)
    count = np.bincount(both[:, 0]) if len(both) else np.empty(0, dtype=int)
    return [_broken(terrain, int(dapil), owner, piece, member, limits) for dapil in np.flatnonzero(count > 1)]


def _broken(
    terrain: Terrain, dapil: int, owner: Array, piece: Array, member: Array, limits: dict[str, float]
) -> Break:
    mine = np.flatnonzero(owner == dapil)
    numbers = np.unique(piece[mine])
    parts = [mine[piece[mine] == number] for number in numbers]
    parts.sort(key=lambda part: -terrain.borders.area_m2[part].sum())
    shut = [part for part in parts if terrain.coast_m[part].sum() < limits["pantai_m"]]
    apart = [part for part in shut if part is not parts[0]] or (shut and parts[1:]) or parts[1:]
    units = np.concatenate(apart)
    rest = np.setdiff1d(mine, units)
    inherent = all(set(member[part]) & set(member[np.setdiff1d(mine, part)]) for part in apart)
    kind, sea_m = (LAND, np.nan) if shut else _by_sea(terrain, mine, piece, limits["tautan_km"] * 1000)
    gap = sea_m if kind == SEA else _gap(terrain, units, rest)
    codes = tuple(sorted(terrain.codes[units].tolist()))
    return Break(dapil, kind, codes, gap, sea_m, inherent, gap < limits["celah_ragu_m"], len(parts))


def _gap(terrain: Terrain, some: Array, rest: Array) -> float:
    """The geodesic distance between two sets of units, by the nearest of their polygons."""
    tree = shapely.STRtree(terrain.geometry[rest])
    at, gap = tree.query_nearest(terrain.geometry[some], return_distance=True, all_matches=False)
    best = int(np.argmin(gap))
    line = shapely.shortest_line(terrain.geometry[some[at[0][best]]], terrain.geometry[rest[at[1][best]]])
    return float(_GEOD.geometry_length(line))


def _by_sea(terrain: Terrain, mine: Array, piece: Array, limit_m: float) -> tuple[str, float]:
    """The longest link over the sea that the pieces need, by the shortest links that join them."""
    where, sea = terrain.sea(mine)
    inside = np.isin(where, mine)
    ends = where[sea.candidates]
    across = inside[sea.candidates].all(axis=1) & (piece[ends[:, 0]] != piece[ends[:, 1]])
    numbers = np.flatnonzero(across)
    gap, crossed = sea.between(numbers)
    order = [n for n in np.argsort(gap, kind="stable") if gap[n] <= limit_m and crossed[n] < LAND_M]
    left = {int(number) for number in piece[mine]}
    group = {number: {number} for number in left}
    for a, b, length in _walk(piece[ends[numbers]], gap, order):
        if group[a] is not group[b]:
            joined = group[a] | group[b]
            group.update(dict.fromkeys(joined, joined))
            if len(joined) == len(left):
                return SEA, length
    return BLOCKED, np.nan


def _walk(ends: Array, gap: Array, order: list[int]) -> Iterator[tuple[int, int, float]]:
    for n in order:
        yield int(ends[n, 0]), int(ends[n, 1]), float(gap[n])
