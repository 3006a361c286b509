"""Step 4, *fill*, second half: which unit the ground of a gap goes to."""

from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from boundaries.ground.arrangement import Arrangement, arrange
from boundaries.ground.box_index import Nearby
from boundaries.ground.crossings import cross, passes
from boundaries.ground.edges import EdgeIndex, edges
from boundaries.ground.gaps import NOBODY, Gaps
from boundaries.ground.measures import edge_length_m
from boundaries.ground.ragged import connected, spans

Array = NDArray[Any]


def fill(plane: Arrangement, owner: Array, gaps: Gaps, chosen: Array) -> tuple[Arrangement, Array]:
    """Give the ground of chosen gaps to units: (the arcs, with more where a gap is cut up; who has each face).

    A gap between two units goes whole to the one with the longer border on it. Slivers between many units hang
    together in nets, which no single unit may swallow: such a gap is cut into triangles on its own vertices, the
    triangles are grouped by the pair of units that face each other across the net there, and each group goes to the
    one of its pair with the longer border on the group.
    """
    net = chosen & (np.bincount(gaps.border["gap"], minlength=len(gaps)) > 2)
    owner = _given(owner, gaps, np.where(chosen & ~net, gaps.longest, NOBODY))
    if not net.any():
        return plane, owner
    half, pairs, unit = _around(plane, owner, np.append(net, False)[gaps.of_face])
    triangles, gap = shapely.get_parts(
        shapely.constrained_delaunay_triangles(shapely.normalize(gaps.geometry[net])), return_index=True
    )
    sides, gap = edges(triangles)[0].reshape(-1, 3, 2, 2), np.flatnonzero(net)[gap]
    beside = EdgeIndex(pairs).find(sides.reshape(-1, 2, 2)[:, ::-1]).reshape(-1, 3)
    beside = np.where(beside >= 0, unit[beside], NOBODY)
    goes_to = _owners_of_triangles(sides, beside, gap)
    goes_to = np.where(goes_to < 0, gaps.longest[gap], goes_to)[_leaders(sides)]
    return _cut_up(plane, owner, half // 2, sides, beside, goes_to)


def _given(owner: Array, gaps: Gaps, unit: Array) -> Array:
    """Who has each face when each gap has gone to a unit, or to nobody."""
    return np.where(gaps.of_face >= 0, np.append(unit, NOBODY)[gaps.of_face], owner)


def _around(plane: Arrangement, owner: Array, net: Array) -> tuple[Array, Array, Array]:
    """The halves around some faces that have a unit on their left, their edges (k, 2, 2), and the unit beside each."""
    half = np.flatnonzero((owner[plane.face] >= 0) & net[plane.face.reshape(-1, 2)[:, ::-1].ravel()])
    at, starts = spans(plane.starts - np.arange(len(plane.starts)), half // 2)
    sizes = np.diff(starts)
    at += np.repeat(half // 2, sizes)
    pairs = np.stack([plane.points[at], plane.points[at + 1]], axis=1)
    back = np.repeat(half % 2 == 1, sizes)
    pairs[back] = pairs[back][:, ::-1]
    return half, pairs, np.repeat(owner[plane.face[half]], sizes)


def _cut_up(
    plane: Arrangement, owner: Array, border: Array, sides: Array, beside: Array, goes_to: Array
) -> tuple[Arrangement, Array]:
    """Put triangles into an arrangement whose arcs `border` run around them."""
    single = np.zeros(len(plane), dtype=bool)
    single[border] = True
    copies = np.where(single, np.diff(plane.starts) - 1, 1)
    arc = np.repeat(np.arange(len(plane)), copies)
    nth = np.arange(len(arc)) - np.repeat(np.cumsum(copies) - copies, copies)
    first = plane.starts[arc] + nth
    sizes = np.where(single[arc], 2, np.diff(plane.starts)[arc])
    inner = EdgeIndex.pack(sides.reshape(-1, 2, 2)[beside.ravel() == NOBODY])
    inner = EdgeIndex.unpack(np.unique(np.sort(inner, axis=1), axis=0))
    starts = np.concatenate([[0], np.cumsum(sizes)])
    at = np.arange(starts[-1]) + np.repeat(first - starts[:-1], sizes)
    made = arrange(
        np.concatenate([plane.points[at], inner.reshape(-1, 2)]),
        np.concatenate([starts, starts[-1] + 2 * np.arange(1, len(inner) + 1)]),
    )
    new = np.full(made.count, NOBODY)
    halves = 2 * np.repeat(arc, 2) + np.tile([0, 1], len(arc))
    new[made.face[: len(halves)]] = owner[plane.face[halves]]
    ends = np.stack([made.points[made.starts[:-1]], made.points[made.starts[1:] - 1]], axis=1)
    both = np.stack([ends, ends[:, ::-1]], axis=1).reshape(-1, 2, 2)
    short = np.flatnonzero(np.repeat(np.diff(made.starts) == 2, 2))
    found = EdgeIndex(both[short]).find(sides[:, 0])
    new[made.face[short[found[found >= 0]]]] = goes_to[found >= 0]
    return made, new


def _owners_of_triangles(pairs: Array, side: Array, gap: Array) -> Array:
    """The unit that each triangle of a net goes to; -1 where none follows from its sides.

    `pairs` (t, 3, 2, 2): the sides of each triangle; `side` (t, 3): the unit beside each, -1 for another triangle.
    """
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


def _leaders(sides: Array) -> Array:
    """For each triangle the one that it goes with: itself, or the largest of those from which it cannot be told apart.

    A side that passes through the cell of a vertex would, as a border, run beside a point that belongs on it; the
    triangles on both sides of it go together.
    """
    flat = sides.reshape(-1, 2, 2)
    twin = EdgeIndex(flat).twins
    inner = np.flatnonzero(twin > np.arange(len(flat)))
    side = inner[_beside_a_vertex(flat[inner], np.unique(flat[:, 0], axis=0))]
    if not len(side):
        return np.arange(len(sides))
    pair = np.arange(len(side))
    group = connected(
        len(sides), [(np.concatenate([side // 3, twin[side] // 3]), np.concatenate([pair, pair]))]
    )
    twice = cross(sides[:, 0, 1] - sides[:, 0, 0], sides[:, 1, 1] - sides[:, 1, 0])
    order = np.lexsort((np.arange(len(sides)), -np.abs(twice), group))
    first = np.append(True, group[order][1:] != group[order][:-1])
    return np.asarray(order[first][group])


def _beside_a_vertex(lines: Array, vertices: Array) -> Array:
    """Which edges (k, 2, 2) pass through the cell of a vertex (n, 2) that is not their end: a mask."""
    count = len(lines)
    low, high = lines.min(axis=1), lines.max(axis=1)
    boxes = Nearby(np.concatenate([low, vertices]), np.concatenate([high, vertices]))
    line, point = boxes.pairs(np.arange(count + len(vertices)) >= count)
    line, point = line[line < count], vertices[point[line < count] - count]
    beside = np.zeros(count, dtype=bool)
    beside[line[passes(lines[line, 0], lines[line, 1], point)]] = True
    return beside


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
