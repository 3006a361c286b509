"""From the dapil of one plan to those of another: what ground, people and stations they have in common, exactly."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from boundaries.law.identity import ground_ids
from boundaries.research.people import People
from boundaries.research.proposal import Proposal

Array = NDArray[Any]

#: Weights whose sums and shares a crosswalk gives.
CROSSED: Final = ("tps_2024", "penduduk_2023")


@dataclass(frozen=True)
class Ground:
    """Units with a polygon, none of which a plan parts: `codes` (n,) and areas in whole m² (n,), so that sums are
    exact."""

    codes: Array
    area_m2: Array

    def __post_init__(self) -> None:
        object.__setattr__(self, "area_m2", np.rint(self.area_m2).astype(np.int64))


@dataclass(frozen=True)
class Overlaps:
    """Pairs (k, 2) of dapil of two plans that have ground in common, sorted; per pair what that is."""

    pairs: Array
    zone: Array
    area_m2: Array


def overlaps(first: Proposal, second: Proposal, people: People, ground: Ground) -> Overlaps:
    """Find which dapil overlap. ``zone`` (d,): the pair that each desa of the registry lies in, -1 for none."""
    one, two = first.owners(people), second.owners(people)
    count = len(second.dapil) + 1
    both = (one >= 0) & (two >= 0)
    keys, inverse = np.unique(one[both] * count + two[both], return_inverse=True)
    zone = np.full(len(one), -1)
    zone[both] = inverse
    return Overlaps(np.stack(np.divmod(keys, count), axis=1), zone, _areas(zone, people, ground, len(keys)))


def _areas(zone: Array, people: People, ground: Ground, count: int = 0) -> Array:
    """The ground in m² of each of some zones, `zone` (d,): that of each desa, -1 for none."""
    at = np.searchsorted(people.desa, ground.codes)  # a unit's first desa, or itself, follows it in the order
    inside = zone[np.minimum(at, len(zone) - 1)]
    held = inside >= 0
    area = np.zeros(count or int(zone.max(initial=-1)) + 1, dtype=np.int64)
    np.add.at(area, inside[held], ground.area_m2[held])
    return area


def crosswalk(
    first: Proposal, second: Proposal, people: People, ground: Ground, weights: Sequence[str] = CROSSED
) -> pd.DataFrame:
    """Compare two plans: a row a pair of dapil with ground in common.

    Columns: ids, ground ids and names of both; `jumlah_desa`, `luas_m2`; of each weight the sum, its share of the whole
    first dapil (``bagian_a_…``) and second (``bagian_b_…``), and the share of the pair's desa that it is known for
    (``cakupan_…``). A sum is empty where not all of its ground is known, a share where the dapil's sum is. Ground
    that lies in a dapil of one plan alone has no row: there the shares of its dapil add up to less than 1.
    """
    found = overlaps(first, second, people, ground)
    a, b = found.pairs.T
    table = _named(first, second, people, a, b)
    table["jumlah_desa"] = np.bincount(found.zone[found.zone >= 0], minlength=len(a))
    table["luas_m2"] = found.area_m2
    sides = (("a", first, a), ("b", second, b))
    for side, plan, rows in sides:
        _shares(
            table, f"bagian_{side}_luas", found.area_m2, rows, _areas(plan.owners(people), people, ground)
        )
    for name in weights:
        figures = people.figures(name)
        sums = figures.over(found.zone, len(a))
        table[name] = pd.Series(np.round(sums.value)).astype("Int64")
        for side, plan, rows in sides:
            whole = figures.over(plan.owners(people), len(plan.dapil)).value
            _shares(table, f"bagian_{side}_{name}", sums.value, rows, whole)
        table[f"cakupan_{name}"] = sums.known.round(6)
    return table


def _named(first: Proposal, second: Proposal, people: People, a: Array, b: Array) -> pd.DataFrame:
    columns: dict[str, Any] = {}
    for side, plan, rows in (("a", first, a), ("b", second, b)):
        ids = np.array(ground_ids(people.desa, plan.owners(people), len(plan.dapil)), dtype=object)
        codes = plan.dapil["kode_dapil"].to_numpy(dtype=object)
        columns[f"id_{side}"] = [f"{plan.called}-{code}" for code in codes[rows]]
        columns[f"nama_{side}"] = plan.dapil["nama_dapil"].to_numpy(dtype=object)[rows]
        columns[f"wilayah_id_{side}"] = ids[rows]
    return pd.DataFrame(columns)


def _shares(table: pd.DataFrame, name: str, value: Array, rows: Array, whole: Array) -> None:
    """What each value is of its dapil, by the row of it; empty for a dapil of which some value is not known."""
    known = np.isfinite(np.bincount(rows, value, len(whole)))
    with np.errstate(invalid="ignore", divide="ignore"):
        table[name] = np.where(known[rows], value / whole[rows], np.nan).round(9)
