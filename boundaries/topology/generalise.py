"""A topology at a smaller size: fewer points, a coarser grid, and still no line that crosses another.

Two kinds of arcs are treated apart. *Core*: every arc that two features meet on, coasts between such borders, lakes.
They are simplified (`boundaries.topology.simplify`), rounded and mended (`boundaries.topology.mending`); an arc that
cannot be mended is simplified less. *Sea islands*: rings of their own, each set down on free water
(`boundaries.topology.islands`). The outcome is checked: every polygon valid, every object a valid coverage; nothing
invalid leaves this module.
"""

from dataclasses import replace
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from boundaries.errors import ReleaseError
from boundaries.ground.grid import GRID
from boundaries.ground.ragged import arcs_of
from boundaries.topology.arcs import Grid, Topology, close, trace
from boundaries.topology.coarse_lines import draw
from boundaries.topology.islands import STAMPED, settle_outlines, settle_stamps
from boundaries.topology.landmasses import Landmasses, signed_area, smallest_ring
from boundaries.topology.placing import Arcs, compose, ground, joined, place_inside
from boundaries.topology.room import NoRoomError
from boundaries.topology.simplify import METRES, Lines
from boundaries.topology.validity import check

Array = NDArray[Any]

__all__ = ["check", "generalise"]

_SHARE: Final = 0.01
"""No collapse moves more than this share of the area inside the smallest ring that its arc bounds ..."""
_ISLAND_SHARE: Final = 0.1
"""... and of a small island, which is drawn for its place rather than its outline, this share."""
_LARGE: Final = 50
"""Islands of more cells stay where they are; smaller ones may be moved aside."""
_ROOM: Final = 3.0
"""Islands that a border divides are blown up to as many cells an arc, so that each face finds room."""
_BLOW: Final = 1.5
_BLOWS: Final = 8


def generalise(topology: Topology, step: int, tolerance_m: float, spread: Topology | None = None) -> Topology:
    """Simplify all arcs and put them on a grid of `step` units of 1e-7 degree.

    Parameters
    ----------
    topology
        On the release's grid.
    step
        The cell of the new grid.
    tolerance_m
        One collapse moves less than the square of it (m²) from one side of a line to the other, and less where
        the ground inside is small.
    spread
        The same with points moved aside (`boundaries.topology.room`), where lines need more room; drawn instead.

    Raises
    ------
    NoRoomError
        A few places have no room.
    ReleaseError
        No valid outcome at this grid and tolerance.
    """
    work = _Work(topology, step, tolerance_m, spread or topology)
    try:
        for draw_some in (work.draw_core, work.set_inner, work.settle_outlines, work.settle_stamps):
            draw_some()
    except shapely.errors.GEOSException as error:  # what was drawn so far is no polygon on a grid this coarse
        raise ReleaseError(f"no drawing with cells of {step} ({error}); choose a finer grid") from error
    result = compose(topology, work.arcs, Grid(step))
    check(result)
    return result


class _Work:
    """The arcs of a topology on their way to a coarse grid, group by group; `taken` is the ground drawn so far."""

    def __init__(self, topology: Topology, step: int, tolerance_m: float, spread: Topology) -> None:
        self._topology, self._step, self._spread = topology, step, spread
        self._parts = parts = Landmasses(topology)
        self._limit = (tolerance_m / METRES * 10**GRID / step) ** 2
        self._ring_area = smallest_ring(topology) / step**2
        self._size = parts.area[parts.of_arc] / step**2
        large = self._size >= _LARGE
        self._inner = parts.inner & large & (parts.net_area[parts.net] < _LARGE * step**2)
        self._core = large & ~self._inner
        self._stamp = ~large & parts.simple[parts.of_arc] & (self._size < STAMPED)
        self.arcs: Arcs = []
        self._taken = np.empty(0, dtype=object)

    @property
    def _outline(self) -> Array:
        return ~self._core & ~self._inner & ~self._stamp

    def draw_core(self) -> None:
        """Large landmasses; one that came to lie on a larger one is left for `settle_outlines`."""
        if not self._core.any():
            return
        limits = np.minimum(self._limit, _SHARE * self._ring_area[self._core])
        drawn = draw(self._lines(self._core), limits, self._step, apart=None)
        masses, polygons = ground(
            self._topology, [(np.flatnonzero(self._core), drawn)], self._parts, self._core
        )
        aside = np.isin(self._parts.of_arc, _misplaced(masses, polygons, self._parts.area))
        self.arcs.append((np.flatnonzero(self._core & ~aside), drawn.pick(~aside[self._core])))
        self._core &= ~aside
        self._inner &= ~aside

    def set_inner(self) -> None:
        """Small lakes and enclaves in the core: each where it touches no line and lies in what it lay in."""
        chosen = self._inner
        if chosen.any():
            drawn = self._draw_apart(chosen, self._parts.net)
            moved = place_inside(self._topology, self.arcs, (np.flatnonzero(chosen), drawn), self._parts)
            self.arcs.append((np.flatnonzero(chosen), _shifted(drawn, moved[self._parts.net[chosen]])))
        if self.arcs:
            self._taken = ground(self._topology, self.arcs, self._parts, self._core | self._inner)[1]
            shapely.prepare(self._taken)  # islands are tried against it many times

    def settle_outlines(self) -> None:
        """Islands of more than a few cells, and all that a border divides."""
        chosen = self._outline
        if not chosen.any():
            return
        drawn = self._draw_apart(chosen, self._parts.of_arc)
        shapes, which = joined(
            *ground(self._topology, [(np.flatnonzero(chosen), drawn)], self._parts, chosen)
        )
        shift, placed = settle_outlines(shapes, self._parts.area[which], self._taken)
        moved = np.zeros((len(self._parts.area), 2), dtype=np.int64)
        moved[which] = shift
        self.arcs.append((np.flatnonzero(chosen), _shifted(drawn, moved[self._parts.of_arc[chosen]])))
        self._taken = np.concatenate([self._taken, placed])

    def settle_stamps(self) -> None:
        """The smallest islands."""
        if self._stamp.any():
            rings = self._lines(self._stamp)
            clockwise = signed_area(*close(rings.points, rings.starts)) < 0
            drawn = settle_stamps(rings, self._size[self._stamp], clockwise, self._taken)
            self.arcs.append((np.flatnonzero(self._stamp), drawn))

    def _lines(self, chosen: Array) -> Lines:
        topology, free = self._spread, self._parts.free[chosen]
        sizes = np.diff(topology.starts)[chosen] - free  # a free ring goes without its closing point
        starts = np.concatenate([[0], np.cumsum(sizes)])
        at = np.arange(starts[-1]) + np.repeat(topology.starts[:-1][chosen] - starts[:-1], sizes)
        return Lines(topology.points[at] / self._step, starts, free)

    def _draw_apart(self, chosen: Array, group: Array) -> Lines:
        """Draw each group of arcs as if it were alone, blown up until none of its rings is inside out."""
        lines, own = self._lines(chosen), group[chosen]
        free = self._parts.free[chosen]
        room = np.ones(int(group.max()) + 1)
        divided = np.bincount(own[~free], minlength=len(room)) > 0
        crowd = np.bincount(own, minlength=len(room))
        area = np.zeros(len(room))
        np.maximum.at(
            area, own, np.minimum(self._parts.net_area[self._parts.net], 1e18)[chosen] / self._step**2
        )
        room[divided] = np.maximum(1.0, np.sqrt(_ROOM * crowd / np.maximum(area, 1e-12)))[divided]
        limits = np.minimum(self._limit, _ISLAND_SHARE * self._ring_area[chosen])
        for _ in range(_BLOWS):
            try:
                drawn = draw(_blown_up(lines, own, room), limits, self._step, apart=own)
                break
            except NoRoomError as error:
                refused = np.unique(own[error.lines])
                room[refused] *= _BLOW
        else:
            raise ReleaseError(f"{len(refused)} islands or lakes cannot be drawn on a grid this coarse")
        for _ in range(_BLOWS):
            wrong = own[self._inside_out(chosen, drawn)]
            if not len(wrong):
                return drawn
            again = np.isin(own, wrong)
            room[np.unique(wrong)] *= _BLOW
            better = draw(
                _blown_up(lines.pick(again), own[again], room),
                0 * limits[again],
                self._step,
                apart=own[again],
            )
            drawn = drawn.replaced(again, better)
        raise ReleaseError(f"{len(np.unique(wrong))} islands or lakes cannot be drawn on a grid this coarse")

    def _inside_out(self, chosen: Array, drawn: Lines) -> Array:
        """Positions among chosen arcs of those in a ring that turns the wrong way."""
        composed = compose(self._topology, [(np.flatnonzero(chosen), drawn)], Grid())
        bad = np.zeros(len(chosen), dtype=bool)
        for rings in self._topology.rings.values():
            here = chosen[arcs_of(rings.refs[rings.ring[:-1]])]
            refs = rings.refs[np.repeat(here, np.diff(rings.ring))]
            starts = np.concatenate([[0], np.cumsum(np.diff(rings.ring)[here])])
            area = signed_area(*trace(refs, starts, composed.points, composed.starts))
            wrong = np.where(rings.exterior[here], area >= 0, area <= 0)
            bad[arcs_of(refs[np.repeat(wrong, np.diff(starts))])] = True
        return np.flatnonzero(bad[chosen])


def _shifted(lines: Lines, by: Array) -> Lines:
    return replace(lines, points=lines.points + np.repeat(by, np.diff(lines.starts), axis=0))


def _blown_up(lines: Lines, group: Array, factor: Array) -> Lines:
    """Groups of lines blown up around their middles, each by its factor."""
    which = np.repeat(group, np.diff(lines.starts))
    order = np.argsort(which, kind="stable")
    starts = np.flatnonzero(np.append(True, np.diff(which[order]) != 0))
    points = lines.points[order]
    middle = (np.minimum.reduceat(points, starts) + np.maximum.reduceat(points, starts)) / 2
    at = np.searchsorted(which[order][starts], which)
    return replace(lines, points=middle[at] + (lines.points - middle[at]) * factor[which][:, None])


def _misplaced(masses: Array, polygons: Array, area: Array) -> Array:
    """Of any two landmasses that lie on each other the smaller."""
    i, j = shapely.STRtree(polygons).query(polygons)
    other = (masses[i] != masses[j]) & (i < j)
    i, j = i[other], j[other]
    shapely.prepare(polygons)
    hit = shapely.intersects(polygons[i], polygons[j])
    one, two = masses[i[hit]], masses[j[hit]]
    return np.unique(np.where(area[one] < area[two], one, two))
