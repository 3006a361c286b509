"""Lists that lie one after another in an array; and rings cut into runs that several of them have in common."""

from collections.abc import Sequence
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


def following(starts: Array) -> Array:
    """For every element of rings that lie one after another the next one in its ring."""
    after = np.arange(int(starts[-1])) + 1
    some = np.diff(starts) > 0
    after[starts[1:][some] - 1] = starts[:-1][some]
    return after


def arcs_of(refs: Array) -> Array:
    """The arcs that references mean, whichever way they run."""
    return np.where(refs < 0, ~refs, refs)


def follow(refs: Array, runs: Array, starts: Array) -> tuple[Array, Array]:
    """Follow runs of references along their arcs, without the last point of each run.

    `runs`: where the runs start in `refs`, `starts`: the arcs in the points. Returns positions of points, and where
    the runs start in them.
    """
    arc = arcs_of(refs)
    steps = starts[arc + 1] - starts[arc] - 1  # the last point of an arc is the first of the next
    ref_starts = np.concatenate([[0], np.cumsum(steps)])
    along = np.arange(ref_starts[-1]) - np.repeat(ref_starts[:-1], steps)
    backwards = np.repeat(refs < 0, steps)
    at = np.where(
        backwards, np.repeat(starts[arc + 1] - 1, steps) - along, np.repeat(starts[arc], steps) + along
    )
    return at, ref_starts[runs]


def connected(count: int, hooks: Sequence[tuple[Array, Array]]) -> Array:
    """Number `count` things by the groups that hang together: `hooks` are (things, what each hangs on)."""
    bases = np.cumsum([0, *(int(hook.max(initial=-1)) + 1 for _, hook in hooks)])
    thing = np.concatenate([each for each, _ in hooks])
    hook = np.concatenate([each + base for (_, each), base in zip(hooks, bases[:-1], strict=True)])
    label = np.arange(count)
    while True:
        at_hook = np.full(bases[-1], count)
        np.minimum.at(at_hook, hook, label[thing])
        new = label.copy()
        np.minimum.at(new, thing, at_hook[hook])
        new = new[new]
        if (new == label).all():
            return np.asarray(np.unique(label, return_inverse=True)[1])
        label = new


def distinct(keys: Array) -> Array:
    """Whole numbers sorted, each once. (Faster than ``np.unique``, which hashes.)"""
    ordered = np.sort(keys)
    return ordered[np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)]]
