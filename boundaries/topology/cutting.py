"""Features cut out of a topology, together with the arcs that they need: many pieces in one pass.

A piece is a topology of its own: arcs that no feature of it uses are left out, and where a node is none any more (a
border ended there that is not in the piece) the two arcs become one, which keeps the point. So pieces agree with
each other and with the whole point for point, whatever became of the whole before: what is valid stays valid,
for every polygon keeps exactly its points. Only references are followed; no geometry is touched.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundaries.errors import ReleaseError
from boundaries.ground.edges import EdgeIndex
from boundaries.ground.ragged import arcs_of, follow, runs
from boundaries.topology.arcs import Rings, Topology, merged

Array = NDArray[Any]


def cut(topology: Topology, chosen: Mapping[str, Array]) -> Topology:
    """Cut out one piece: object name → mask of its rows. Objects that are not named or have no row are left out.

    Raises ReleaseError where nothing is chosen.
    """
    (piece,) = cut_all(topology, {name: np.where(rows, 0, -1) for name, rows in chosen.items()}, 1)
    return piece


def objects(topology: Topology, names: Sequence[str]) -> Topology:
    """Cut out whole objects."""
    return cut(topology, {name: np.ones(len(topology.tables[name]), dtype=bool) for name in names})


def cut_all(topology: Topology, groups: Mapping[str, Array], count: int) -> list[Topology]:
    """Cut out pieces.

    Parameters
    ----------
    topology
        On any grid.
    groups
        Object name → the piece, 0 to `count` less one, that each row goes to; -1 for none.
    count
        How many pieces. A feature is in one of them; arcs may be in several.

    Raises
    ------
    ReleaseError
        A piece without any feature.
    """
    names = list(groups)
    group = np.concatenate([groups[name] for name in names])
    object_ = np.repeat(np.arange(len(names)), [len(groups[name]) for name in names])
    row = np.concatenate([np.arange(len(groups[name])) for name in names])
    order = np.lexsort((row, object_, group))
    order = order[group[order] >= 0]
    empty = np.setdiff1d(np.arange(count), group[order])
    if len(empty):
        raise ReleaseError(
            f"nothing to cut out for {len(empty)} of {count} pieces; name features that are there"
        )
    rings = merged([topology.rings[name] for name in names]).take(order)
    joined = _joined(topology, rings, group[order])
    key = group[order] * len(names) + object_[order]
    edges = np.searchsorted(key, np.arange(count * len(names) + 1))
    return [
        _piece(joined, topology, names, row[order], edges[k * len(names) : (k + 1) * len(names) + 1])
        for k in range(count)
    ]


def _joined(topology: Topology, rings: Rings, group: Array) -> Topology:
    """Rings (as the one object "") of features that are in a piece each, with arcs of their own for every piece.

    Arcs are numbered piece by piece.
    """
    sizes = np.diff(rings.ring[rings.polygon[rings.feature]])
    piece = np.repeat(group, sizes)
    arc = arcs_of(rings.refs)
    count = len(topology)
    copies, copy = np.unique(piece * count + arc, return_inverse=True)
    ends, own = _ends(topology), copies % count
    vertices = int(ends.max()) + 1
    nodes = (copies // count * vertices)[:, None] + ends[own]
    _, number = np.unique(nodes, return_inverse=True)
    number = number.reshape(nodes.shape)
    node = np.bincount(number.ravel()) != 2
    begins = number[copy, (rings.refs < 0).astype(np.int64)]
    found = runs(rings.ring, begins, node[begins], copy, rings.refs >= 0)
    refs = rings.refs[found.members]
    at, starts = follow(refs, found.arcs, topology.starts)
    last = refs[found.arcs[1:] - 1]
    end = np.where(last < 0, topology.starts[arcs_of(last)], topology.starts[arcs_of(last) + 1] - 1)
    points = topology.points[np.insert(at, starts[1:], end)]
    return replace(
        topology,
        points=points,
        starts=starts + np.arange(len(starts)),
        rings={"": replace(rings, refs=found.refs, ring=found.ring)},
        tables={},
    )


def _ends(topology: Topology) -> Array:
    """The vertices, numbered, in which each arc begins and ends (m, 2)."""
    first, last = topology.starts[:-1], topology.starts[1:] - 1
    packed = EdgeIndex.pack(topology.points[np.stack([first, last], axis=1).ravel()])
    return np.asarray(np.unique(packed, return_inverse=True)[1].reshape(-1, 2))


def _piece(joined: Topology, whole: Topology, names: Sequence[str], rows: Array, edges: Array) -> Topology:
    """One piece of all: `edges` are its features in the order of its objects."""
    every = joined.rings[""]
    used = arcs_of(every.refs[slice(*every.ring[every.polygon[every.feature[edges[[0, -1]]]]])])
    first, last = int(used.min()), int(used.max()) + 1
    starts = joined.starts[first : last + 1]
    rings, tables = {}, {}
    for name, a, b in zip(names, edges[:-1], edges[1:], strict=True):
        if a < b:
            feature = every.feature[a : b + 1]
            polygon = every.polygon[feature[0] : feature[-1] + 1]
            ring = every.ring[polygon[0] : polygon[-1] + 1]
            refs = every.refs[ring[0] : ring[-1]]
            refs = np.where(refs < 0, refs + first, refs - first)
            rings[name] = Rings(refs, ring - ring[0], polygon - polygon[0], feature - feature[0])
            tables[name] = whole.tables[name].iloc[rows[a:b]].reset_index(drop=True)
    return Topology(joined.points[starts[0] : starts[-1]], starts - starts[0], tables, rings, whole.grid)
