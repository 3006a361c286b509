"""How sure a border is: the levels of the source held against each other, and its lines against an independent map.

What a source draws of a kecamatan by its desa and by an outline of its own are two drawings of one thing, and so are
two maps: how far they are apart says how far either can be wrong.
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from boundaries.ground.edges import EdgeIndex, edges
from boundaries.ground.grid import GRID
from boundaries.ground.measures import area_m2
from boundaries.ground.parallel import each
from boundaries.ground.repair import repair

Array = NDArray[Any]

SAMPLE_DEG: Final = 0.002
"""Borders are looked at in pieces of at most this length (about 220 m), each for its own length."""
_METRES: Final = 111_195.0
_TOGETHER: Final = 4096
"""Pairs of polygons that a process overlays at a time."""


def outline_evidence(codes: Array, outlines: Array, units: Array, geometry: Array) -> pd.DataFrame:
    """Compare the outlines of units, as drawn, with the units as made of base units.

    `codes`, `outlines`: (m,) as the source draws them; `units`, `geometry`: (n,) of the same level, a coverage. Returns
    a row a unit that has both: areas in km² of outline and unit; of the outline what lies in other units
    (``outline_di_lain_km2``), of the unit what other outlines claim (``wilayah_di_lain_km2``); and ``iou``.
    """
    shapes = repair(outlines)[0]
    at = {code: number for number, code in enumerate(units.tolist())}
    mine = np.array([at.get(code, -1) for code in codes.tolist()])
    outline, unit = shapely.STRtree(geometry).query(shapes, predicate="intersects")
    pairs = np.array_split(np.arange(len(outline)), len(outline) // _TOGETHER + 1)
    overlays = each(lambda at: area_m2(shapely.intersection(shapes[outline[at]], geometry[unit[at]])), pairs)
    shared = np.concatenate(overlays) / 1e6
    own = mine[outline] == unit
    count, held = len(units), mine >= 0
    drawn, made = np.bincount(mine[held], area_m2(shapes[held]) / 1e6, count), area_m2(geometry) / 1e6
    both = np.bincount(unit[own], shared[own], count)
    known = mine[outline] >= 0
    table = pd.DataFrame(
        {
            "kode": units,
            "outline_km2": drawn,
            "wilayah_km2": made,
            "outline_di_lain_km2": np.bincount(mine[outline][~own & known], shared[~own & known], count),
            "wilayah_di_lain_km2": np.bincount(unit[~own], shared[~own], count),
            "iou": both / (drawn + made - both),
        }
    )
    there = np.bincount(mine[held], minlength=count) > 0
    return table[there].round(4).reset_index(drop=True)


def drawn_elsewhere(codes: Array, geometry: Array, outlines: Mapping[str, Any], length: int) -> pd.DataFrame:
    """Units drawn in the outline of another region than their code says, by a point inside each.

    `outlines`: code → polygon of regions whose codes have `length` characters. A unit of which the point lies in no
    outline, or in that of its own region as well, is not among them. Returns ``kode`` and ``di`` (the regions).
    """
    regions = np.array(list(outlines), dtype=str)
    shapes = repair(np.array(list(outlines.values()), dtype=object))[0]
    points = shapely.point_on_surface(geometry)
    unit, region = shapely.STRtree(shapes).query(points, predicate="intersects")
    table = pd.DataFrame({"kode": codes[unit], "di": regions[region]})
    own = table["di"].str[:length] == table["kode"].str[:length]
    at_home = set(table.loc[own, "kode"])
    lost = table[[code not in at_home for code in table["kode"]]]
    found = lost.groupby("kode")["di"].agg(lambda each: " ".join(sorted({code[:length] for code in each})))
    return found.reset_index()


def shared_borders(geometry: Array) -> tuple[Array, Array]:
    """Return the borders of a coverage: pairs (k, 2) of units that share one, the lower first, and their lines."""
    parts, of = shapely.get_parts(geometry, return_index=True)
    pairs, part = edges(parts)
    unit, twins = of[part], EdgeIndex(pairs).twins
    other = np.where(twins >= 0, unit[twins], -1)
    once = (other > unit) & (twins >= 0)
    key = np.stack([unit[once], other[once]], axis=1)
    found, number = np.unique(key, axis=0, return_inverse=True)
    order = np.argsort(number.ravel(), kind="stable")
    lines = shapely.linestrings(pairs[once][order] / 10**GRID)
    return found, np.asarray(shapely.multilinestrings(lines, indices=number.ravel()[order]))


def border_distances(units: Array, geometry: Array, others: Array, other_geometry: Array) -> pd.DataFrame:
    """Distance from the borders of one map to the same borders (between units of the same two codes) of another.

    Returns a row a piece of border: ``satu``, ``dua`` (the codes), ``panjang_m`` and ``jarak_m``, from the middle of
    the piece to the nearest place of the other map's border.
    """
    pairs, lines = shared_borders(geometry)
    theirs, their_lines = shared_borders(other_geometry)
    line_of = {
        tuple(sorted(others[pair].tolist())): line for pair, line in zip(theirs, their_lines, strict=True)
    }
    names = np.sort(units[pairs], axis=1)
    both = np.array([tuple(pair) in line_of for pair in names.tolist()], dtype=bool)
    names, lines = names[both], shapely.segmentize(lines[both], SAMPLE_DEG)
    single, border = shapely.get_parts(lines, return_index=True)
    xy, line = shapely.get_coordinates(single, return_index=True)
    joined = line[1:] == line[:-1]
    start, end = xy[:-1][joined], xy[1:][joined]
    of = border[line[:-1][joined]]
    opposite = np.array([line_of[tuple(pair)] for pair in names.tolist()], dtype=object)
    shapely.prepare(opposite)
    middle = shapely.points((start + end) / 2)
    return pd.DataFrame(
        {
            "satu": names[of, 0],
            "dua": names[of, 1],
            "panjang_m": np.hypot(*(end - start).T) * _METRES,
            "jarak_m": shapely.distance(middle, opposite[of]) * _METRES,
        }
    )


def quantiles(distance: Array, weight: Array, shares: Array) -> Array:
    """Weighted quantiles: the distances that these shares of the whole weight do not exceed."""
    order = np.argsort(distance, kind="stable")
    reached = np.cumsum(weight[order]) / weight.sum()
    return np.asarray(distance[order][np.minimum(np.searchsorted(reached, shares), len(order) - 1)])
