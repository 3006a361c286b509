"""Step 4, *fill*, second half: which unit the ground of a gap goes to."""

from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from boundaries.ground.edges import EdgeIndex, edges
from boundaries.ground.gaps import Gaps
from boundaries.ground.measures import edge_length_m

Array = NDArray[Any]


def fillers(gaps: Gaps, fill: Array) -> tuple[Array, Array]:
    """Polygons that fill the chosen gaps, and the unit that each goes to.

    A gap between two units goes whole to the one with the longer border on it. Slivers between many units hang
    together in nets, which no single unit may swallow: such a gap is cut into triangles on its own vertices, the
    triangles are grouped by the pair of units that face each other across the net there, and each group goes to the
    one of its pair with the longer border on the group.
    """
    net = fill & np.array([len(n) > 2 for n in gaps.neighbours], dtype=bool)
    plain = fill & ~net
    if not net.any():
        return gaps.geometry[plain], gaps.neighbour[plain]
    triangles, gap = shapely.get_parts(
        shapely.constrained_delaunay_triangles(gaps.geometry[net]), return_index=True
    )
    owner = _owners_of_triangles(triangles, gap, gaps)
    lost = owner < 0
    owner[lost] = gaps.neighbour[net][gap[lost]]
    return np.concatenate([gaps.geometry[plain], triangles]), np.concatenate([gaps.neighbour[plain], owner])


def _owners_of_triangles(triangles: Array, gap: Array, gaps: Gaps) -> Array:
    """The unit that each triangle of a net goes to; -1 where none follows from its sides."""
    pairs = edges(triangles)[0].reshape(-1, 3, 2, 2)
    facing = gaps.index.find(pairs.reshape(-1, 2, 2)[:, ::-1]).reshape(-1, 3)
    side = np.where(facing >= 0, gaps.unit_of_edge[facing], -1)
    length = edge_length_m(pairs.reshape(-1, 2, 2)).reshape(-1, 3)
    across = _unit_across(pairs, side, gap)
    first = side.max(axis=1)
    second = np.where(
        (side >= 0).sum(axis=1) > 1, np.where(side < 0, first[:, None], side).min(axis=1), across
    )
    second = np.where(second < 0, first, second)
    group = np.unique(
        np.stack([gap, np.minimum(first, second), np.maximum(first, second)]), axis=1, return_inverse=True
    )
    label = group[1].ravel()
    on_side = side >= 0
    border = pd.DataFrame(
        {
            "group": np.repeat(label, 3)[on_side.ravel()],
            "unit": side[on_side],
            "length": length[on_side],
        }
    )
    total = border.groupby(["group", "unit"])["length"].sum().reset_index()
    border = total.sort_values(["group", "length", "unit"], ascending=[True, False, True]).drop_duplicates(
        "group"
    )
    winner = np.full(group[0].shape[1], -1)
    winner[border["group"]] = border["unit"]
    return _spread(pairs, np.where(first >= 0, winner[label], -1), length)


def _unit_across(pairs: Array, side: Array, gap: Array) -> Array:
    """For a triangle with one side on a unit: the unit that holds the ring at the opposite corner, else -1."""
    start = pairs[:, :, 0]
    packed = EdgeIndex.pack(start)
    ring = side >= 0
    table = pd.DataFrame({"gap": np.repeat(gap, 3)[ring.ravel()], "at": packed[ring], "unit": side[ring]})
    table = table.sort_values(["gap", "at", "unit"]).drop_duplicates(["gap", "at"])
    one = ring.sum(axis=1) == 1
    corner = packed[np.arange(len(packed)), (ring.argmax(axis=1) + 2) % 3]
    wanted = pd.DataFrame({"gap": gap[one], "at": corner[one]})
    found = wanted.merge(table, how="left", on=["gap", "at"])["unit"].fillna(-1).to_numpy(dtype=np.int64)
    out = np.full(len(pairs), -1)
    out[one] = found
    return out


def _spread(pairs: Array, owner: Array, length: Array) -> Array:
    """Give triangles without an owner that of the neighbour across their longest shared side, round by round."""
    flat = pairs.reshape(-1, 2, 2)
    twin = EdgeIndex(flat).twins.reshape(-1, 3)
    owner = owner.copy()
    while True:
        beside = np.where(twin >= 0, owner[twin // 3], -1)
        best = np.where(beside >= 0, length, -1.0).argmax(axis=1)
        found = beside[np.arange(len(owner)), best]
        gain = (owner < 0) & (found >= 0)
        if not gain.any():
            return owner
        owner[gain] = found[gain]
