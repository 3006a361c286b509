"""Lines put on a coarse grid: simplified, rounded, mended; what cannot be mended is simplified less."""

from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from boundaries.errors import ReleaseError
from boundaries.topology import linework, mending
from boundaries.topology.arcs import close
from boundaries.topology.islands import STAMPS
from boundaries.topology.landmasses import signed_area
from boundaries.topology.room import NoRoomError
from boundaries.topology.simplify import Lines, collapse

Array = NDArray[Any]

_APART: Final = 2**20
"""Cells between landmasses that are drawn as if each were alone."""
_ATTEMPTS: Final = 12
_HOPELESS: Final = 1
"""After so many attempts in a row without fewer lines that cannot be mended the grid is too coarse for them."""
_PATIENT: Final = 8
"""So often a line that clashes is simplified less around the clash; after that it is left as it is, and in the end all
are: as they came, no lines clash."""
_LESS: Final = 30
"""A line that cannot be mended is simplified so many times less; around a clash, only as far as `_AROUND` points."""
_AROUND: Final = 2


def draw(lines: Lines, limits: Array, step: int, apart: Array | None) -> Lines:
    """Simplify, round and mend; lines at which that fails are simplified less, and all is done again.

    Parameters
    ----------
    lines
        In cells of the grid (float).
    limits
        What one collapse may move, in cells, (m,).
    step
        Cells of the release's grid in one of this.
    apart
        The landmass of each line, if each landmass is to be drawn as if it were alone.

    Raises
    ------
    NoRoomError
        Lines that cannot be drawn apart on this grid.
    ReleaseError
        Lines clash however little they are simplified.
    """
    first, last = lines.points[lines.starts[:-1]], lines.points[lines.starts[1:] - 1]
    loop = ~lines.ring & (first == last).all(axis=1)
    least = np.where(lines.ring, 3, np.where(loop, 4, np.where(_side_by_side(lines, loop), 3, 2)))
    shift = np.zeros((len(lines), 2)) if apart is None else apart[:, None] * np.array([_APART, 0])
    sizes = np.diff(lines.starts)
    lines = replace(lines, points=lines.points + np.repeat(shift, sizes, axis=0))
    of_point = np.repeat(np.arange(len(lines)), sizes)
    limit = np.maximum(limits, 0.25)[of_point]
    simple, limit = _without_clashes(lines, limit, step)
    follows = _fine(lines, step).turns.follows
    fewest, since = len(lines) + 1, 0
    for _ in range(_ATTEMPTS):
        tiny = _tiny(simple, loop)
        graph = linework.graph(tiny.points, tiny.starts, tiny.ring, follows)
        mending.drop_repeated(graph, least)
        bad = mending.mend(graph, least)
        if not len(bad):
            mending.straighten(graph, least)
            return _from_graph(graph, tiny, shift)
        fewest, since = (len(bad), 0) if len(bad) < fewest else (fewest, since + 1)
        if since == _HOPELESS:
            break
        limit[np.isin(of_point, bad)] /= _LESS
        simple, limit = _without_clashes(lines, limit, step)
    spots = mending.faulty(graph, linework.clashes(graph), linework.turned(graph))
    places = graph.true[graph.vertex[spots]] - shift[graph.line[spots]]
    raise NoRoomError(f"{len(bad)} lines cannot be drawn apart on this grid; choose a finer one", places, bad)


def _without_clashes(lines: Lines, limit: Array, step: int) -> tuple[Lines, Array]:
    """Simplify so that no lines clash: around a clash, less; returns also the limits (by point) that did it."""
    follows = _fine(lines, step).turns.follows
    limit = limit.copy()
    changed: Array | None = None  # lines that are not as they were when last looked at
    for attempt in range(3 * _PATIENT):
        simple = collapse(lines, limit)
        fine = _fine(simple, step, follows)
        only = None if changed is None else changed[fine.line]
        spots = mending.faulty(fine, linework.clashes(fine, only), linework.turned(fine))
        if not len(spots):
            return simple, limit
        line = fine.line[spots]
        changed = np.zeros(len(lines), dtype=bool)
        changed[line] = True
        if attempt >= _PATIENT:
            last = attempt >= 2 * _PATIENT
            limit[slice(None) if last else np.repeat(changed, np.diff(lines.starts))] = 0
            changed |= last
            continue
        reach = _AROUND << attempt
        low = np.maximum(spots - reach, simple.starts[:-1][line])
        high = np.minimum(spots + reach + 1, simple.starts[1:][line] - 1)
        origin = np.asarray(simple.origin)
        marks = np.zeros(len(limit) + 1, dtype=np.int64)
        np.add.at(marks, origin[low], 1)
        np.add.at(marks, origin[high] + 1, -1)
        limit[np.cumsum(marks)[:-1] > 0] /= _LESS
    raise ReleaseError(f"{len(np.unique(line))} lines clash however little they are simplified")


def _side_by_side(lines: Lines, loop: Array) -> Array:
    """Mask of open lines that have both their ends in common with another."""
    ends = np.stack([lines.points[lines.starts[:-1]], lines.points[lines.starts[1:] - 1]], axis=1)
    nodes = np.unique(ends.reshape(-1, 2), axis=0, return_inverse=True)[1].reshape(-1, 2)
    _, which, counts = np.unique(np.sort(nodes, axis=1), axis=0, return_inverse=True, return_counts=True)
    return np.asarray(~lines.ring & ~loop & (counts[which.ravel()] > 1))


def _fine(lines: Lines, step: int, follows: Array | None = None) -> linework.Graph:
    """The lines on the grid that they came from."""
    return linework.graph(lines.points * step, lines.starts, lines.ring, follows)


def _tiny(lines: Lines, loop: Array) -> Lines:
    """Rings of less than a cell become a triangle, loops a triangle at their node, on the side where they were."""
    cells = lines.points.copy()
    sizes = np.diff(lines.starts)
    area = np.zeros(len(lines))
    ring = lines.ring | loop
    area[ring] = signed_area(*close(cells, lines.starts))[ring]
    keep = np.ones(len(cells), dtype=bool)
    for line in np.flatnonzero(ring & (np.abs(area) < 1.0)):
        first, last = lines.starts[line], lines.starts[line + 1]
        middle = cells[first : last - loop[line]].mean(axis=0)
        if loop[line]:
            ahead = (middle - cells[first]) / max(np.hypot(*(middle - cells[first])), 1e-9)
            aside = np.array([ahead[1], -ahead[0]]) * np.sign(area[line])
            cells[first + 1 : first + 3] = cells[first] + 1.5 * ahead + np.array([[0.8], [-0.8]]) * aside
            sizes[line] = 4
            keep[first + 3 : last - 1] = False
            continue
        corner = np.rint(middle - STAMPS[0].mean(axis=0))
        cells[first : first + 3] = corner + STAMPS[0][:: -1 if area[line] > 0 else 1]
        keep[first + 3 : last] = False
        sizes[line] = 3
    return Lines(cells[keep], np.concatenate([[0], np.cumsum(sizes)]), lines.ring)


def _from_graph(graph: linework.Graph, lines: Lines, shift: Array) -> Lines:
    sizes = np.bincount(graph.line[graph.alive], minlength=len(lines))
    points = graph.place[graph.vertex[graph.alive]] - np.repeat(shift.astype(np.int64), sizes, axis=0)
    return Lines(points, np.concatenate([[0], np.cumsum(sizes)]), lines.ring)
