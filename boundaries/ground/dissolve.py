"""Coverage + plan → dapil, and the units of every level: attributes and polygons, ready to publish.

Every layer is a union of base units, never of another chamber's dapil: chambers do not nest. Units are joined once,
each level from the one below; a dapil is then joined from the largest units that lie in it whole, which is the same
union with fewer borders to cancel.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from boundaries.errors import CoverageError
from boundaries.ground.joining import join
from boundaries.ground.parallel import each
from boundaries.ground.seams import Seams
from boundaries.law.codes import LENGTH, LEVELS, Level
from boundaries.law.inhabitants import people
from boundaries.law.nesting import Nesting
from boundaries.law.plans import Plan
from boundaries.law.published_rows import dapil_rows
from boundaries.law.registry import Registry

Array = NDArray[Any]

_M2_PER_KM2: Final = 1e6


@dataclass(frozen=True)
class Ground:
    """The clean base units: `codes` (n,), `geometry` (n,) MultiPolygon, `area_m2` (n,) on the ellipsoid."""

    codes: Array
    geometry: Array
    area_m2: Array

    @cached_property
    def nesting(self) -> Nesting:
        """Which units hold the base units."""
        return Nesting(self.codes)

    @cached_property
    def units(self) -> Mapping[Level, Array]:
        """The polygons of the units of every level, each joined from those one level down."""
        found: dict[Level, Array] = {}
        codes, geometry = self.codes.astype(str), self.geometry
        for level in reversed(tuple(self.nesting.levels)):
            holders = self.nesting.levels[level].codes
            if np.array_equal(holders, self.codes):  # each holds itself alone
                found[level] = self.geometry
                continue
            fine = np.char.str_len(codes) >= LENGTH[level]
            owner = np.searchsorted(holders, codes[fine].astype(f"U{LENGTH[level]}"))
            found[level] = join(geometry[fine], owner, len(holders))
            codes = np.concatenate([holders, codes[~fine]])
            geometry = np.concatenate([found[level], geometry[~fine]])
        return found

    @cached_property
    def places(self) -> pd.Index:
        """The codes as an index: where each base unit stands."""
        return pd.Index(self.codes, dtype=object)

    def union(self, owner: Array, count: int) -> Array:
        """Join base units by owner (n,), -1 for none: (count,) MultiPolygons."""
        pieces = [(self.units[level][units], owners) for level, units, owners in self.nesting.largest(owner)]
        return join(np.concatenate([p for p, _ in pieces]), np.concatenate([o for _, o in pieces]), count)


@dataclass(frozen=True)
class Published:
    """Features of one layer: `frame` (n rows, columns of the contract), and what was left out.

    ``owner``: for every base unit of the ground the row that holds it, or -1; so the polygons follow (`drawn`).
    ``level``: of which level the rows are all units, if they are.
    """

    frame: pd.DataFrame
    owner: Array
    omitted: Mapping[str, str]
    level: Level | None = None


def dapil(
    plan: Plan, ground: Ground, assigned: pd.Series, registry: Registry, facts: Mapping[str, str]
) -> Published:
    """Dissolve one plan.

    `assigned`: base unit → kode_dapil for the base units of the plan that the source shows or should show; units
    in it without ground are the caller's to account for. `facts`: the constant columns (sumber_batas, lisensi).
    A dapil without any ground on this source is left out and named in ``omitted``.
    """
    table = dapil_rows(plan, registry, facts)
    position = pd.Series(np.arange(len(table)), index=table["kode_dapil"])
    piece = ground.places.get_indexer(assigned.index.astype(object))
    owner = assigned[piece >= 0].map(position).to_numpy(dtype=np.int64)
    piece = piece[piece >= 0]
    area = np.bincount(owner, ground.area_m2[piece], len(table))
    table["luas_km2"] = np.round(area / _M2_PER_KM2, 3)
    drawn = np.bincount(owner, minlength=len(table)) > 0
    reason = f"no unit of it has a polygon in {facts['sumber_batas']}"
    omitted = dict.fromkeys(table.loc[~drawn, "id"], reason)
    of_base = np.full(len(ground.codes), -1)
    of_base[piece] = (np.cumsum(drawn) - 1)[owner]
    table = table[drawn].reset_index(drop=True)
    return Published(table, of_base, omitted)


def without_geometry(plan: Plan, registry: Registry) -> pd.DataFrame:
    """Return the attributes of a plan whose composition is not known."""
    return dapil_rows(plan, registry, {})


def units(ground: Ground, level: Level, registry: Registry, facts: Mapping[str, str]) -> Published:
    """Return the units of `level`; at a level that is finer than some base units only those that are there."""
    found = ground.nesting.levels[level]
    codes, held = found.codes, found.of_base >= 0
    area = np.bincount(found.of_base[held], ground.area_m2[held], len(codes))
    frame = pd.DataFrame({"kode": codes, "nama": [registry.names[c] for c in codes], "tingkat": level})
    for above in LEVELS[:3]:
        within = [c[: LENGTH[above]] if LENGTH[above] <= LENGTH[level] else None for c in codes]
        frame[f"kode_{above}"] = within
        frame[f"nama_{above}"] = [registry.names[c] if c else None for c in within]
    frame["luas_km2"] = np.round(area / _M2_PER_KM2, 3)
    figures = people(codes.tolist(), level).reset_index(drop=True)
    return Published(pd.concat([frame, figures], axis=1).assign(**facts), found.of_base, {}, level)


def drawn(layers: Mapping[str, Published], grounds: Sequence[Ground]) -> list[list[Array]]:
    """Return the polygons (n,) of each layer on each of some grounds, which have the same base units.

    In several processes. Every layer is held against its base units (`check`). Raises CoverageError.
    """
    seams = [Seams(ground.geometry) for ground in grounds]
    of_levels = [ground.units for ground in grounds]  # joined before the processes part

    def draw(task: tuple[int, str]) -> Array | None:
        at, name = task
        layer = layers[name]
        geometry = (
            of_levels[at][layer.level] if layer.level else grounds[at].union(layer.owner, len(layer.frame))
        )
        check(name, seams[at], layer, geometry)
        return None if layer.level else np.asarray(shapely.to_wkb(geometry))

    tasks = [(at, name) for at in range(len(grounds)) for name in layers]
    done = dict(zip(tasks, each(draw, tasks), strict=True))

    return [
        [
            of_levels[at][layer.level] if layer.level else shapely.from_wkb(done.pop((at, name)))
            for name, layer in layers.items()
        ]
        for at in range(len(grounds))
    ]


def check(name: str, seams: Seams, layer: Published, geometry: Array) -> None:
    """Assert that each feature of a layer is the union of its base units, edge for edge, and a valid polygon.

    `seams`: those of the base units. A union of units of a valid coverage is one itself. Raises CoverageError.
    """
    wrong = seams.differing(layer.owner, geometry)
    fault = "is not the union of its units"
    if not len(wrong):
        wrong, fault = np.flatnonzero(~shapely.is_valid(geometry)), "is no valid polygon"
    if len(wrong):
        raise CoverageError(f"{name}: {layer.frame.iloc[wrong[0], 0]} {fault}: report this as a bug")
