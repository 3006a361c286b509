"""What a spatial function costs, counted before it is computed.

The unit is a vertex of a feature that is looked at: 0.3 microseconds or less where the weights were measured (GEOS
3.14). GEOS meets the sides of the literal that lie near a feature with that feature's sides. Where the literal has
lines or is a collection it also meets the literal's own sides with each other, anew for every feature; pairs of
sides whose boxes meet are counted for it, for each crossing needs such a pair. (Noding the literal would count less,
but ``shapely.node`` fails on some, and costs what is to be bounded.) `bench/filters.py` looks for what costs more.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from boundaries.service.filters.model import FilterError

Boxes = NDArray[np.float64]
Counts = NDArray[np.int64]

#: Predicates that GEOS answers of a line without meeting its sides with each other: by an index, or by dimension.
_LIGHT: Final = frozenset(("s_intersects", "s_disjoint", "s_contains", "s_equals", "s_overlaps", "s_within"))
#: Features asked at once in the index of sides: bounds what is held of its answer.
_CHUNK: Final = 64
_ROOT: Final = (
    0.8  # of the number of a feature's sides: so many are met by a side that goes all through its box
)
#: Vertices that something else costs as much as: to read a feature, to begin with one, and (so many positions cost
#: one) to begin with the literal anew for it.
_READ: Final = 90
_BEGIN: Final = 10
_POSITIONS: Final = 20
#: Where the literal's own sides are met: a side in the box of a
#: feature, for it may cross as many of the feature's sides as the root of their number.
_SIDE: Final = 2
_FINDING: Final = 6  # crossings that cost as much as to find such a side
_PAIR: Final = 3  # two sides of the literal whose boxes meet within the box of a feature
_KEPT: Final = 4  # such a pair, found and kept
_POINTS: Final = 8  # so many points of a literal, for each feature
_COLLECTED: Final = 2  # a position of a collection, for each feature


class Budget:
    """What is left of the vertices that the spatial functions of one filter may look at."""

    def __init__(self, vertices: int) -> None:
        self.left = vertices

    def spend(self, vertices: float) -> None:
        """Take from it; FilterError where there is not so much."""
        self.left -= int(vertices)
        if self.left < 0:
            raise FilterError(
                "the spatial functions of the filter would take too long",
                "literals that meet fewer features, have fewer sides and cross themselves less, other conditions "
                "before them, or fewer spatial functions",
            )

    def read(self, features: int) -> None:
        """Take what it costs to read so many features."""
        self.spend(features * _READ)

    def ask(self, op: str, literal: shapely.Geometry, boxes: Boxes, vertices: Counts) -> None:
        """Take what ``op(geometry, literal)`` costs of geometries with these boxes and numbers of vertices."""
        self.spend(float(vertices.sum()) + len(boxes) * _BEGIN)
        kind = literal.geom_type
        if kind in ("Point", "MultiPoint"):
            return self.spend(len(boxes) * shapely.get_num_coordinates(literal) / _POINTS)
        if kind == "GeometryCollection":
            self.spend(len(boxes) * shapely.get_num_coordinates(literal) * _COLLECTED)
        self.spend(len(boxes) * shapely.get_num_coordinates(literal) / _POSITIONS)
        sides = _sides(literal)
        if not self._meets_itself(op, kind):
            self._through(sides, boxes, _ROOT * np.sqrt(vertices))
            return None
        self.spend(float(vertices.sum()))  # and the sides of the feature are met with each other as well
        self._near(sides, boxes, _SIDE * (_FINDING + np.sqrt(vertices)))
        self._near(self._pairs(sides), boxes, np.full(len(boxes), _PAIR))
        return None

    def ask_of_literals(self, first: shapely.Geometry, second: shapely.Geometry) -> None:
        """Take what a function of two literals costs: every side of both may meet every other."""
        positions = shapely.get_num_coordinates(first) + shapely.get_num_coordinates(second)
        self.spend(_PAIR * positions**2)

    def _meets_itself(self, op: str, kind: str) -> bool:
        return kind == "GeometryCollection" or ("Line" in kind and op not in _LIGHT)

    def _near(self, of: Boxes, boxes: Boxes, weights: NDArray[np.float64]) -> None:
        """Take a weight for each box of `of` that meets one of `boxes`."""
        for places, _ in _meeting(of, boxes):
            self.spend(weights[places].sum())

    def _through(self, sides: Boxes, boxes: Boxes, most: NDArray[np.float64]) -> None:
        """Take for each of `sides` in one of `boxes` a share of the `most` of it: as far as the side goes through."""
        extent = np.maximum(boxes[:, 2:] - boxes[:, :2], np.finfo(float).tiny)
        for places, others in _meeting(sides, boxes):
            low = np.maximum(sides[others, :2], boxes[places, :2])
            high = np.minimum(sides[others, 2:], boxes[places, 2:])
            self.spend(len(places) + (((high - low) / extent[places]).max(axis=1) * most[places]).sum())

    def _pairs(self, sides: Boxes) -> Boxes:
        """Return where two sides that do not follow each other meet with their boxes."""
        found = [np.empty((0, 4))]
        for first, second in _meeting(sides, sides):
            apart = second > first + 1
            self.spend(_KEPT * int(np.count_nonzero(apart)))
            one, other = sides[first[apart]], sides[second[apart]]
            low, high = np.maximum(one[:, :2], other[:, :2]), np.minimum(one[:, 2:], other[:, 2:])
            found.append(np.hstack([low, high]))
        return np.vstack(found)


def _meeting(of: Boxes, boxes: Boxes) -> Iterator[tuple[Counts, Counts]]:
    """Yield which of `boxes` meet which of `of`, some boxes after the other."""
    tree = shapely.STRtree(shapely.box(*of.T))
    for start in range(0, len(boxes), _CHUNK):
        places, others = tree.query(shapely.box(*boxes[start : start + _CHUNK].T))
        yield places + start, others


def _sides(literal: shapely.Geometry) -> Boxes:
    """Return the boxes of all sides of a literal; a point counts as one."""
    parts = shapely.get_parts(shapely.get_parts(literal))
    lines = np.concatenate([shapely.get_rings(parts), parts[shapely.get_dimensions(parts) < 2]])
    found = []
    for line in lines:
        ends = shapely.get_coordinates(line)
        start, end = (ends[:-1], ends[1:]) if len(ends) > 1 else (ends, ends)
        found.append(np.hstack([np.minimum(start, end), np.maximum(start, end)]))
    return np.vstack(found)
