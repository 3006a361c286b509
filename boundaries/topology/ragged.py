"""Lists that lie one after another in an array; and rings cut into runs that several of them have in common."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def spans(starts: Array, which: Array) -> tuple[Array, Array]:
    """Take some of the lists that lie one after another: positions of their entries, and where each then starts."""
    sizes = np.diff(starts)[which]
    taken = np.concatenate([[0], np.cumsum(sizes)])
    return np.arange(taken[-1]) + np.repeat(starts[which] - taken[:-1], sizes), taken


@dataclass(frozen=True)
class Runs:
    """Rings cut into runs: ``refs`` to arcs, ``ring`` where the rings start in them.

    ``members``: the elements of each arc, one after another in the way it runs; ``arcs``: where the arcs start in it.
    """

    refs: Array
    ring: Array
    members: Array
    arcs: Array


def runs(starts: Array, vertex: Array, node: Array, edge: Array, up: Array) -> Runs:
    """Cut rings at nodes into runs, and see which runs are the same arc, forwards or backwards.

    Parameters
    ----------
    starts
        Where the rings start among their elements. An element is an edge, or an arc that stands for many.
    vertex, node
        Number of the vertex in which each element begins, and whether that is a node.
    edge, up
        Number of each element, the same wherever it is part of a ring, and which way it is run through.
    """
    sizes = np.diff(starts)
    cut = _cuts(node, vertex, starts)
    count = len(vertex)
    begin = np.minimum.reduceat(np.where(cut, np.arange(count), count), starts[:-1])
    turn = np.repeat(begin - starts[:-1], sizes)
    first = np.repeat(starts[:-1], sizes)
    order = first + (np.arange(count) - first + turn) % np.repeat(sizes, sizes)
    run_starts = np.flatnonzero(cut[order])
    run_sizes = np.diff(np.append(run_starts, count))

    smallest = np.minimum.reduceat(edge[order], run_starts)
    forwards = up[order][edge[order] == np.repeat(smallest, run_sizes)]
    _, example, arc = np.unique(smallest, return_index=True, return_inverse=True)
    rank = np.argsort(np.argsort(example))  # arcs numbered as they are first met
    example, arc = np.sort(example), rank[arc]
    refs = np.where(forwards == forwards[example][arc], arc, ~arc)
    members, arcs = spans(np.append(run_starts, count), example)
    return Runs(refs, np.searchsorted(run_starts, starts), order[members], arcs)


def _cuts(node: Array, vertex: Array, starts: Array) -> Array:
    """Where runs begin: at nodes; in a ring without any, at its smallest vertex, so that each layer cuts it alike."""
    sizes = np.diff(starts)
    lacking = np.repeat(~np.logical_or.reduceat(node, starts[:-1]), sizes)
    smallest = np.repeat(np.minimum.reduceat(vertex, starts[:-1]), sizes)
    return np.asarray(node | (lacking & (vertex == smallest)))
