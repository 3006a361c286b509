"""Step 4, *fill*, first half: ground that units enclose and none covers, and which of it is a gap to be filled."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from boundaries.ground.edges import EdgeIndex, edges
from boundaries.ground.grid import GRID
from boundaries.ground.measures import area_and_width_m, edge_length_m
from boundaries.ground.repair import repair

Array = NDArray[Any]


@dataclass(frozen=True)
class Gaps:
    """Enclosed ground that no unit covers; arrays of equal length, `neighbour` an index of a unit."""

    geometry: Array
    neighbour: Array
    neighbours: list[Array]
    index: "EdgeIndex"
    unit_of_edge: Array
    area_m2: Array = field(init=False)
    width_m: Array = field(init=False)

    def __post_init__(self) -> None:
        area, width = area_and_width_m(self.geometry)
        object.__setattr__(self, "area_m2", area)
        object.__setattr__(self, "width_m", width)


def find_gaps(pieces: Array, owner: Array) -> Gaps:
    """Find every enclosed gap of a noded coverage and the unit with the longest border on it.

    An edge without its twin (the same edge the other way round) bounds ground that no piece covers. These edges,
    polygonised, give landmasses and gaps; a gap is a face whose edges run against those of the pieces.
    """
    pairs, piece = edges(pieces)
    index = EdgeIndex(pairs)
    faces = shapely.get_parts(shapely.polygonize(shapely.linestrings(pairs[index.twins < 0] / 10**GRID)))
    face_pairs, face_of = edges(faces)
    is_land = np.bincount(face_of, index.find(face_pairs) >= 0, len(faces)) > 0
    facing = index.find(face_pairs[:, ::-1])
    use = ~is_land[face_of] & (facing >= 0)
    unit_of_edge = owner[piece]
    table = _longest_borders(face_of[use], unit_of_edge[facing[use]], face_pairs[use])
    return Gaps(faces[table.pop("face")], **table, index=index, unit_of_edge=unit_of_edge)


def _longest_borders(face: Array, unit: Array, pairs: Array) -> dict[str, Any]:
    """For each face that has edges: its index, the unit with the longest border on it, and all its units."""
    order = np.lexsort((unit, face))
    face, unit, length = face[order], unit[order], edge_length_m(pairs[order])
    first = np.flatnonzero(np.r_[True, (face[1:] != face[:-1]) | (unit[1:] != unit[:-1])][: len(face)])
    border = pd.DataFrame(
        {
            "face": face[first],
            "unit": unit[first],
            "length": np.add.reduceat(length, first) if len(first) else [],
        }
    )
    longest = border.sort_values(["face", "length", "unit"], ascending=[True, False, True]).drop_duplicates(
        "face"
    )
    index = longest["face"].to_numpy(dtype=np.int64)
    starts = np.searchsorted(border["face"].to_numpy(), index[1:])
    neighbours = np.split(border["unit"].to_numpy(), starts) if len(index) else []
    return {"face": index, "neighbour": longest["unit"].to_numpy(dtype=np.int64), "neighbours": neighbours}


def in_one_region(gaps: Gaps, units: Array, length: int) -> Array:
    """Mask of gaps whose neighbours all share the first `length` characters of their codes."""
    region = np.unique(units.astype(f"U{length}"), return_inverse=True)[1]
    return np.array([(region[near] == region[near[0]]).all() for near in gaps.neighbours], dtype=bool)


def land_share(gaps: Gaps, land: Array | None, ask: Array) -> Array:
    """Share (0-1) of each gap that lies on `land`; 1 where `ask` is False or the source has no such level."""
    share = np.ones(len(gaps.geometry))
    if land is None or not len(land) or not ask.any():
        return share
    asked = gaps.geometry[ask]
    valid, _ = repair(land)
    gap, poly = shapely.STRtree(valid).query(asked, predicate="intersects")
    shared = shapely.area(shapely.intersection(asked[gap], valid[poly]))
    share[ask] = np.minimum(1.0, np.bincount(gap, shared, len(asked)) / shapely.area(asked))
    return share


def describe(gaps: Gaps, kept: Array, units: Array, land: Array | None) -> pd.DataFrame:
    """One row a gap left open; `land` is the share of each gap on a coarser level, None where there is none."""
    points = shapely.point_on_surface(gaps.geometry[kept])
    chosen = [n for n, k in zip(gaps.neighbours, kept, strict=True) if k]
    why = np.where(
        land[kept] >= 0.5 if land is not None else np.ones(int(kept.sum()), dtype=bool),
        "too wide for a sliver; a coarser level of the source shows land here: missing unit or lake",
        "a coarser level of the source shows no land here: lake or strait",
    ).astype(object)
    if land is None:
        why = np.full(int(kept.sum()), "too wide for a sliver: lake, strait or missing unit")
    return pd.DataFrame(
        {
            "lon": np.round(shapely.get_x(points), 5),
            "lat": np.round(shapely.get_y(points), 5),
            "area_m2": np.round(gaps.area_m2[kept]).astype(np.int64),
            "width_m": np.round(gaps.width_m[kept], 1),
            "neighbours": [" ".join(sorted(units[n])) for n in chosen],
            "why": why,
        }
    ).sort_values(["area_m2", "lon"], ascending=[False, True], ignore_index=True)
