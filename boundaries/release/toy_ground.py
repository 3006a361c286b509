"""The ground of the toy nation: kecamatan on a grid, their names, and what lies between them. All of it is invented.

Codes and names have the form of Kemendagri's; shapes are drawn by rule, in degrees (CRS84), on a grid of 1e-7.
"""

import functools
from collections.abc import Iterable
from typing import Any, Final

import numpy as np
import pyproj
import shapely

ORIGIN: Final = (106.5, -7.0)
CELL: Final = 0.1
SPLIT: Final = "32.04.01"

PROVINCES: Final = {"31": "Daerah Khusus Jakarta", "32": "Jawa Barat", "81": "Maluku"}
KABKOTA: Final = {
    "31.71": "Kota Administrasi Jakarta Pusat",
    "31.72": "Kota Administrasi Jakarta Utara",
    "32.04": "Kabupaten Bandung",
    "32.10": "Kabupaten Majalengka",
    "32.73": "Kota Bandung",
    "81.01": "Kabupaten Maluku Tengah",
    "81.71": "Kota Ambon",
}
#: kabkota -> its cells (column, row) of the grid, in the order of the kecamatan.
CELLS: Final = {
    "31.71": [(0, 0), (1, 0), (0, 1), (1, 1)],
    "31.72": [(0, 2), (1, 2)],
    "32.04": [(2, 0), (3, 0), (2, 1), (3, 1)],
    "32.10": [(4, 0), (5, 0), (4, 1), (5, 1)],
    "32.73": [(2, 2), (3, 2)],
    "81.01": [(8, 0), (9, 0), (8, 1), (9, 1)],
    "81.71": [(8, 3)],  # an island of its own
}
DESA: Final = ("2001", "2002", "2003", "1004")
#: Shared edges that are drawn twice, so that a hole stays between the neighbours: (column, row) and width.
LAKE: Final = ((3, 1), 0.02)  # between 32.04 and 32.10
GAP: Final = ((8, 0), 0.0006)  # between two kecamatan of 81.01


@functools.cache
def base_units() -> dict[str, shapely.MultiPolygon]:
    """Return the base units, code -> MultiPolygon: the kecamatan, but the desa of the split one."""
    found: dict[str, shapely.Geometry] = {}
    for kabkota, cells in CELLS.items():
        for number, cell in enumerate(cells, 1):
            code = f"{kabkota}.{number:02d}"
            found |= _desa(code, cell) if code == SPLIT else {code: shapely.Polygon(_ring(cell))}
    corner = np.array(_corner(10, 2))
    islet = shapely.Polygon(_rounded(corner + np.array([(2, 2), (5, 3), (4, 6), (2, 5)]) / 100))
    found["81.01.04"] = shapely.union(found["81.01.04"], islet)
    return {
        code: shapely.MultiPolygon(shapely.get_parts(shapely.normalize(shape)).tolist())
        for code, shape in sorted(found.items())
    }


def _corner(column: float, row: float) -> tuple[float, float]:
    return ORIGIN[0] + CELL * column, ORIGIN[1] + CELL * row


def _rounded(points: Any) -> np.ndarray:
    return np.round(np.asarray(points, dtype="float64"), 7)


@functools.cache
def _edge(column: int, row: int, upright: bool, side: int = 0) -> np.ndarray:
    """Return a wiggly edge from a corner rightwards or upwards: seven points, the same for both neighbours.

    `side`: -1 or 1 bends the middle of a doubled edge to that side, 0 is the plain edge.
    """
    along = np.linspace(0, CELL, 7)
    wiggle = 0.006 * np.sin(np.arange(7) * 2.3 + column * 1.7 + row * 0.9 + upright)
    wiggle[[0, -1]] = 0
    if side:
        width = next(width for cell, width in (LAKE, GAP) if (cell[0] + 1, cell[1]) == (column, row))
        wiggle[2:5] += side * width / 2
    across = np.stack([wiggle, along] if upright else [along, wiggle], axis=1)
    return _rounded(np.array(_corner(column, row)) + across)


def _ring(cell: tuple[int, int]) -> np.ndarray:
    """Return the outline of a cell, counter-clockwise: 24 points, every sixth a corner."""
    column, row = cell
    doubled = {spot for spot, _ in (LAKE, GAP)}
    right = _edge(column + 1, row, True, -1 if cell in doubled else 0)
    left = _edge(column, row, True, 1 if (column - 1, row) in doubled else 0)
    below, above = _edge(column, row, False), _edge(column, row + 1, False)
    return np.concatenate([below[:-1], right[:-1], above[::-1][:-1], left[::-1][:-1]])


def _desa(code: str, cell: tuple[int, int]) -> dict[str, shapely.Geometry]:
    """Cut a cell into four desa that meet in its middle; all points of its outline stay."""
    ring = _ring(cell)
    middle = _rounded([_corner(cell[0] + 0.5, cell[1] + 0.5)])
    turns = [np.take(ring, range(3 + 6 * side, 10 + 6 * side), axis=0, mode="wrap") for side in range(4)]
    return {
        f"{code}.{desa}": shapely.Polygon(np.concatenate([turn, middle]))
        for desa, turn in zip(DESA, turns, strict=True)
    }


def dissolved(members: Iterable[str]) -> shapely.MultiPolygon:
    """Return the union of all base units under the members."""
    shapes = [base_units()[code] for member in members for code in under(member)]
    union = shapely.coverage_union_all(shapes)
    return shapely.MultiPolygon(shapely.get_parts(union).tolist())


def under(member: str) -> list[str]:
    """Return the codes of the base units that a member stands for."""
    return [code for code in base_units() if code == member or code.startswith(f"{member}.")]


def area_km2(shape: shapely.Geometry) -> float:
    """Return the area on the ellipsoid WGS 84, to three decimals."""
    area, _ = pyproj.Geod(ellps="WGS84").geometry_area_perimeter(shapely.orient_polygons(shape))
    return round(abs(area) / 1e6, 3)


def holes() -> list[shapely.Polygon]:
    """Return the holes between units, the smallest first: the gap that the ledger names, then the lake."""
    land = shapely.coverage_union_all(list(base_units().values()))
    rings = [ring for part in shapely.get_parts(land) for ring in part.interiors]
    return sorted((shapely.Polygon(ring) for ring in rings), key=lambda hole: hole.area)


def unit_names() -> dict[str, str]:
    """Return the name of every unit of every level."""
    names = PROVINCES | KABKOTA
    for code in base_units():
        kecamatan = code[:8]
        names[kecamatan] = "Ciwidey" if kecamatan == SPLIT else f"Kecamatan {kecamatan[3:].replace('.', ' ')}"
        if len(code) > 8:
            names[code] = f"Desa Ciwidey {code[-1]}"
    return names
