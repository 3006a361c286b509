"""Random badly drawn maps: cells that nearly fit, and enclaves, spikes, bow-ties, corridors, islets drawn on them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import shapely
from shapely import affinity

M = 1 / 111_195
"""About one metre in degrees at the equator."""
CORNERS = (
    (105.0, -6.0),
    (179.9999, 0.0),
    (-180.0, -10.0),
    (0.0, 0.0),
    (140.9, -2.6),
    (95.0, 5.9),
    (120.0, 60.0),
)


@dataclass
class Draft:
    """Polygons in metres, and the dice; `size` is the extent of the map."""

    rng: np.random.Generator
    cells: list[shapely.Geometry]
    size: float

    def pick(self) -> tuple[int, shapely.Geometry, float]:
        """One of the polygons, and a length that suits it."""
        index = int(self.rng.integers(len(self.cells)))
        cell = self.cells[index]
        return index, cell, float(np.sqrt(max(cell.area, 1)) * self.rng.uniform(0.01, 0.3))


def enclave(d: Draft) -> None:
    _, cell, r = d.pick()
    d.cells.append(shapely.point_on_surface(cell).buffer(r, quad_segs=int(d.rng.integers(1, 9))))


def exclave(d: Draft) -> None:
    _, cell, r = d.pick()
    other = int(d.rng.integers(len(d.cells)))
    drawn = shapely.point_on_surface(cell).buffer(r)
    d.cells[other] = shapely.multipolygons([*shapely.get_parts(d.cells[other]), drawn])


def hole_with_an_island(d: Draft) -> None:
    index, cell, r = d.pick()
    middle = shapely.point_on_surface(cell)
    d.cells[index] = shapely.union(
        shapely.difference(shapely.buffer(cell, 0), middle.buffer(r)), middle.buffer(r / 2)
    )


def _outline(cell: shapely.Geometry) -> np.ndarray:
    return shapely.get_coordinates(shapely.get_exterior_ring(shapely.get_parts(cell)[0]))


def spike(d: Draft) -> None:
    index, cell, _ = d.pick()
    xy = _outline(cell)
    at = int(d.rng.integers(1, len(xy)))
    tip = xy[at - 1] + d.rng.normal(0, d.size / 5, 2)
    d.cells[index] = shapely.Polygon(np.insert(xy, at, [tip, xy[at - 1]], axis=0))


def doubled_points(d: Draft) -> None:
    index, cell, _ = d.pick()
    d.cells[index] = shapely.Polygon(np.repeat(_outline(cell), 2, axis=0))


def bow_tie(d: Draft) -> None:
    index, cell, _ = d.pick()
    xy = _outline(cell)[:-1]
    at = int(d.rng.integers(len(xy) - 1))
    xy[[at, at + 1]] = xy[[at + 1, at]]
    d.cells[index] = shapely.Polygon(xy)


def islets(d: Draft) -> None:
    index, cell, _ = d.pick()
    middle = shapely.get_coordinates(shapely.point_on_surface(cell))[0]
    around = [
        shapely.Point(middle + d.rng.normal(0, d.size, 2)).buffer(d.rng.uniform(0.6, 12), quad_segs=2)
        for _ in range(20)
    ]
    d.cells[index] = shapely.multipolygons([*shapely.get_parts(cell), *around])


def trembling_line(d: Draft) -> None:
    index, cell, _ = d.pick()
    d.cells[index] = moved(shapely.segmentize(cell, d.size / 100), d.rng, 0.002)


def ring_that_touches_itself(d: Draft) -> None:
    index, cell, _ = d.pick()
    xy = _outline(cell)[:-1]
    inner = (xy[0] + shapely.get_coordinates(shapely.point_on_surface(cell))[0]) / 2
    aside = np.array([-(inner - xy[0])[1], (inner - xy[0])[0]]) * 0.2
    d.cells[index] = shapely.Polygon(np.concatenate([xy, xy[:1], [inner + aside], [inner - aside]]))


def copy_aside(d: Draft) -> None:
    _, cell, r = d.pick()
    d.cells.append(affinity.translate(affinity.scale(cell, 0.7, 0.7), r, r))


def small_unit(d: Draft) -> None:
    _, cell, _ = d.pick()
    x, y = shapely.get_coordinates(shapely.point_on_surface(cell))[0]
    d.cells.append(shapely.box(x, y, x + 2, y + 2))


def corridor(d: Draft) -> None:
    _, cell, _ = d.pick()
    a = shapely.get_coordinates(shapely.point_on_surface(cell))[0]
    line = shapely.LineString([a, a + d.rng.normal(0, d.size / 2, 2)])
    d.cells.append(line.buffer(float(d.rng.choice([0.05, 0.5, 5])), cap_style="flat"))


def touching_corners(d: Draft) -> None:
    _, cell, r = d.pick()
    x, y = shapely.get_coordinates(shapely.point_on_surface(cell))[0]
    d.cells.append(shapely.multipolygons([shapely.box(x, y, x + r, y + r), shapely.box(x - r, y - r, x, y)]))


DEFECTS: tuple[Callable[[Draft], None], ...] = (
    enclave, exclave, hole_with_an_island, spike, doubled_points, bow_tie, islets, trembling_line,
    ring_that_touches_itself, copy_aside, small_unit, corridor, touching_corners,
)  # fmt: skip


def moved(cell: shapely.Geometry, rng: np.random.Generator, by: float) -> shapely.Geometry:
    """A polygon with its points moved, the closing point with the first."""
    xy = shapely.get_coordinates(cell)
    places, which = np.unique(np.round(xy, 6), axis=0, return_inverse=True)
    return shapely.set_coordinates(cell, xy + rng.normal(0, by, places.shape)[which.ravel()])


def random_map(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Codes and polygons of a map, always the same for the same seed."""
    rng = np.random.default_rng(seed)
    size = float(rng.choice([300, 2000, 8000]))
    square = shapely.box(0, 0, size, size)
    around = shapely.voronoi_polygons(
        shapely.MultiPoint(rng.uniform(0, size, (int(rng.integers(2, 26)), 2))), extend_to=square
    )
    land = square
    if rng.random() < 0.6:
        angle, r = np.sort(rng.uniform(0, 2 * np.pi, 60)), size / 2 * rng.uniform(0.6, 1, 60)
        land = shapely.make_valid(
            shapely.Polygon(np.c_[size / 2 + r * np.cos(angle), size / 2 + r * np.sin(angle)])
        )
    cells = [cell for cell in shapely.intersection(shapely.get_parts(around), land) if cell.area > 50]
    if rng.random() < 0.6:
        cells = [shapely.segmentize(cell, size / rng.uniform(5, 60)) for cell in cells]
    by = float(rng.choice([0, 1e-3, 0.01, 0.05, 0.5, size / 1000, size / 200, size / 50]))
    draft = Draft(rng, [moved(cell, rng, by) for cell in cells], size)
    for _ in range(int(rng.integers(0, 6))):
        DEFECTS[int(rng.integers(len(DEFECTS)))](draft)
    corner = np.array(CORNERS[int(rng.choice(len(CORNERS), p=[0.5, 0.05, 0.05, 0.15, 0.1, 0.1, 0.05]))])
    polygons = [shapely.transform(cell, lambda xy: xy * M + corner) for cell in draft.cells]
    codes = [f"{11 + index // 10}.{index:02d}" for index in range(len(polygons))]
    return np.array(codes), np.array(polygons, dtype=object)
