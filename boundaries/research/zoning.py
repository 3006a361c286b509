"""The units of a release at a level, and the dapil that each lies in by every plan."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from boundaries.errors import NotFound, PlanError
from boundaries.law.codes import LENGTH, Level
from boundaries.release.store import FULL, Release, mapped

Array = NDArray[Any]

#: ``dasar``: the finest units that some plan needs, kecamatan, or the desa of a kecamatan that one splits.
BASE: Final = "dasar"
GRAPH_LEVELS: Final = (*(level for level in get_args(Level) if level != "provinsi"), BASE)


@dataclass(frozen=True)
class Units:
    """Units with a polygon, sorted by `kode`: the columns of a unit layer, and their MultiPolygons in degrees."""

    table: pd.DataFrame
    geometry: Array

    @property
    def codes(self) -> Array:
        """Their codes."""
        return self.table["kode"].to_numpy(dtype=str)


def read_units(
    release: Release,
    level: str,
    within: Collection[str] = (),
    detail: str = FULL,
    split: Collection[str] = (),
) -> Units:
    """Read the units of a level (`GRAPH_LEVELS`), those under some codes of one level, by default all.

    `split`: kecamatan that stand as their desa at the level ``dasar``, beside those that the plans split.

    Raises
    ------
    PlanError
        No such level.
    NotFound
        The release has no such layer, or no unit there.
    """
    if level not in GRAPH_LEVELS:
        raise PlanError(f"no level {level!r}; choose among {', '.join(GRAPH_LEVELS)}")
    layer = f"unit-{'kecamatan' if level == BASE else level}"
    if layer not in release.layers:
        raise NotFound(f"{release.id} has no layer {layer}; choose another level")
    table, geometry = release.read_layer(layer, detail, within)
    apart = (split_kecamatan(release) | set(split)) & set(table["kode"]) if level == BASE else set()
    if apart:
        keep = ~table["kode"].isin(apart).to_numpy()
        fine, more = release.read_layer("unit-desa", detail, sorted(apart))
        table = pd.concat([table[keep], fine], ignore_index=True)
        geometry = np.concatenate([geometry[keep], more])
    if not len(table):
        raise NotFound(
            f"{release.id} has no unit in {', '.join(within)}; write a code of its provinsi or kabkota"
        )
    order = np.argsort(table["kode"].to_numpy(dtype=str), kind="stable")
    return Units(table.iloc[order].reset_index(drop=True), geometry[order])


def split_kecamatan(release: Release) -> set[str]:
    """The kecamatan of which some plan puts parts into several dapil."""
    codes = release.read_table("assignment")["kode_unit"]
    return set(codes[codes.str.len() == LENGTH["desa"]].str[: LENGTH["kecamatan"]])


def composed(release: Release) -> list[str]:
    """The plans of a release that say which unit lies in which dapil, in the manifest's order."""
    return [str(plan["id"]) for plan in mapped(release.manifest)]


def assigned(release: Release, codes: Array) -> pd.DataFrame:
    """The dapil of each unit by every plan: a column a plan, ``""`` where the unit lies in none, or in several."""
    rows = release.read_table("assignment")
    found = {}
    for plan in composed(release):
        mine = rows[rows["plan_id"] == plan]
        found[plan] = dapil_of(codes, dict(zip(mine["kode_unit"], mine["kode_dapil"], strict=True)))
    return pd.DataFrame(found, index=pd.Index(codes, name="kode"))


def dapil_of(codes: Array, members: dict[str, str]) -> Array:
    """The dapil of each unit by the members that hold it, or that it holds if they are all in one; else ``""``.

    `members`: codes of any levels, and the dapil of each.
    """
    units = pd.Series(codes, dtype=str)
    found = pd.Series("", index=units.index, dtype=object)
    rows = pd.Series(members, dtype=object)
    for size in LENGTH.values():
        exact = units.str.len() == size
        below = rows[rows.index.str.len() > size]
        held = below.groupby(below.index.str[:size]).agg(
            lambda each: each.iloc[0] if each.nunique() == 1 else ""
        )
        _put(found, units[exact].map(held))
        _put(found, units[units.str.len() >= size].str[:size].map(members))
    return found.to_numpy(dtype=object)


def _put(found: pd.Series, values: pd.Series) -> None:
    known = values[values.notna()]
    found[known.index] = known
