"""Step 3, *resolve*: ground that several parts claim goes to one of them, whole faces at a time.

Who gets it follows from the parts alone, not from what is left of them: the higher priority wins, of equal ones the
smaller part. So a new kecamatan drawn on its unreduced parent keeps its ground, and an islet or exclave drawn inside a
larger neighbour survives.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from boundaries.errors import CoverageError
from boundaries.ground.arrangement import SEA, Arrangement, arrange
from boundaries.ground.assembly import assemble
from boundaries.ground.edges import arcs_of_rings
from boundaries.ground.grid import GRID
from boundaries.ground.measures import area_m2
from boundaries.ground.outlines import noded
from boundaries.ground.ragged import arcs_of, distinct, spans

Array = NDArray[Any]


@dataclass(frozen=True)
class Outlines:
    """Which part has its ground beside which arc: rows of a ``half`` and the ``part`` on its left."""

    half: Array
    part: Array


def resolve(parts: Array, priority: Array | None = None) -> tuple[Array, Array]:
    """Resolve overlaps between polygon parts (m,), valid Polygons in degrees.

    Returns pieces, Polygons on the grid that overlap nowhere and share their edges, and the part that each is left of.
    `priority` (m,): see `ranks`. Gaps stay.
    """
    plane, won, _ = contest(parts, ranks(parts, area_m2(parts), priority=priority))
    made = assemble(plane, won)
    return made.shapes(10.0**GRID), made.owner


def ranks(parts: Array, area: Array, unit: Array | None = None, priority: Array | None = None) -> Array:
    """In what order parts (m,) come where they claim the same ground: (m,) whole numbers, the lowest first.

    A part of higher `priority` (by default all are alike) comes before any of a lower one, whatever their areas (m²);
    then the smaller comes first; of parts alike to the square centimetre the one of the lower `unit`, then the one
    that lies more to the west and south. The order of the input does not matter.
    """
    same = np.zeros(len(parts), dtype=np.int64)
    high = same if priority is None else -np.asarray(priority)
    box = shapely.bounds(parts).reshape(-1, 4)
    keys = (*box.T[::-1], same if unit is None else unit, np.round(area, 4), high)
    rank = np.empty(len(parts), dtype=np.int64)
    rank[np.lexsort(keys)] = np.arange(len(parts))
    return rank


def contest(parts: Array, rank: Array) -> tuple[Arrangement, Array, tuple[Array, Array]]:
    """Node parts (m,), valid Polygons in degrees, and give each face to the part of the lowest `rank` (m,).

    Returns the arcs, the part that won each face (-1: nobody claims it), and the pairs (face, part) of all claims.
    """
    rings, found = noded(parts)
    cut, points, starts = arcs_of_rings(rings.points, rings.starts, found)
    plane = arrange(points, starts)
    half = 2 * arcs_of(cut.refs) + (cut.refs < 0)
    face, part = claims(plane, Outlines(half, np.repeat(rings.part, np.diff(cut.ring))))
    return plane, winners(face, part, rank, plane.count), (face, part)


def claims(plane: Arrangement, outlines: Outlines) -> tuple[Array, Array]:
    """Pairs (face, part) of the faces that lie in each part.

    From the faces beside its outline a part spreads over every arc that is not its outline. Raises CoverageError if
    one spreads over the sea, which no valid polygon does.
    """
    parts = int(outlines.part.max(initial=-1)) + 1
    border = distinct((outlines.half // 2) * parts + outlines.part)
    order = np.argsort(plane.face, kind="stable")
    around = np.concatenate([[0], np.cumsum(np.bincount(plane.face, minlength=plane.count))])
    known = distinct(plane.face[outlines.half] * parts + outlines.part)
    fresh = known
    while len(fresh):
        face, part = np.divmod(fresh, parts)
        at, taken = spans(around, face)
        half, part = order[at], np.repeat(part, np.diff(taken))
        across = ~_among((half // 2) * parts + part, border)
        fresh = distinct(plane.face[half[across] ^ 1] * parts + part[across])
        fresh = fresh[~_among(fresh, known)]
        known = np.sort(np.concatenate([known, fresh])) if len(fresh) else known
    face, part = np.divmod(known, max(parts, 1))
    if (face == SEA).any():
        raise CoverageError(f"{int((face == SEA).sum())} polygons have no inside: report this as a bug")
    return face, part


def winners(face: Array, part: Array, rank: Array, count: int) -> Array:
    """The part that gets each of `count` faces, of those that claim it the one of the lowest rank; -1: nobody does.

    `rank` (parts,): no two alike.
    """
    order = np.lexsort((rank[part], face))
    face, part = face[order], part[order]
    first = np.append(True, face[1:] != face[:-1])[: len(face)]
    won = np.full(count, -1)
    won[face[first]] = part[first]
    return won


def _among(keys: Array, some: Array) -> Array:
    """Whether keys are among some sorted ones."""
    at = np.minimum(np.searchsorted(some, keys), len(some) - 1)
    return np.asarray(some[at] == keys)
