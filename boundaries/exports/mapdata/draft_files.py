"""``map-uji.json`` and ``map-uji-<chamber>-<council>.json``: what the page that holds drafts against the law reads.

A council's file has all that its rules need (`boundaries.research.browser_case`) and outlines to draw and tap, so that
after it nothing more is asked for. Outlines are whole numbers on a small grid: for the eye, not for measuring.
"""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from boundaries.exports.mapdata.map_tables import packed
from boundaries.law.registry import load_registry
from boundaries.release.store import STANDARD, Release
from boundaries.research.browser_case import BrowserCases
from boundaries.research.same_law import on_this_law

Array = NDArray[Any]

#: Cells of the longer side of a council's drawing.
GRID: Final = 1000


def draft_files(release: Release) -> Iterator[tuple[str, bytes]]:
    """Give the name and the bytes of every file; the list of the councils comes last. None where the release was built
    on other plans than those here, or has no kecamatan."""
    if "unit-kecamatan" not in release.layers or not on_this_law(release):
        return
    cases = BrowserCases(release, load_registry())
    listed = []
    drawn = {level: _layer(release, level) for level in ("kabkota", "kecamatan")}
    place = {level: {str(code): n for n, code in enumerate(codes)} for level, (codes, _) in drawn.items()}
    for chamber, code, case in cases.chambers():
        codes, geometry = drawn[str(case["tingkat"])]
        units = [unit for unit, _ in case["unit"]]
        mine = [n for n in map(place[str(case["tingkat"])].get, units) if n is not None]
        case["peta"] = outlines(geometry[mine], codes[mine], units)
        listed.append([chamber, code, case["nama"], case["kursi"], len(case["unit"])])
        yield f"map-uji-{chamber}-{code}.json", packed(case)
    if listed:
        yield "map-uji.json", packed({**cases.index(), "dewan": listed})


def _layer(release: Release, level: str) -> tuple[Array, Array]:
    frame, geometry = release.read_layer(f"unit-{level}", STANDARD)
    return frame["kode"].to_numpy(dtype=str), geometry


def outlines(geometry: Array, codes: Array, units: list[str]) -> dict[str, Any]:
    """Draw some units: `lebar`, `tinggi`, and the SVG path of each, empty for one without a polygon."""
    place = {code: n for n, code in enumerate(codes.tolist())}
    mine = [place.get(unit, -1) for unit in units]
    held = geometry[[n for n in mine if n >= 0]]
    if not len(held):
        return {"lebar": 1, "tinggi": 1, "jalur": ["" for _ in units]}
    west, south, east, north = shapely.total_bounds(held)
    narrow = np.cos(np.radians((south + north) / 2))
    scale = GRID / max((east - west) * narrow, north - south, 1e-9)
    corner, step = np.array([west, north]), np.array([scale * narrow, -scale])
    size = np.ceil(np.abs((np.array([east, south]) - corner) * step)).astype(int)
    paths = [_path(geometry[n], corner, step) if n >= 0 else "" for n in mine]
    return {"lebar": int(size[0]), "tinggi": int(size[1]), "jalur": paths}


def _path(shape: Any, corner: Array, step: Array) -> str:
    """Rings on the grid, as steps from point to point; a ring that is no more than a point is left out unless all
    are."""
    xy, ring = shapely.get_coordinates(shapely.get_rings(shapely.get_parts(shape)), return_index=True)
    points = np.rint((xy - corner) * step).astype(int)
    kept = np.append(True, (np.diff(points, axis=0) != 0).any(axis=1) | (ring[1:] != ring[:-1]))
    points, ring = points[kept], ring[kept]
    starts = np.flatnonzero(np.append(True, ring[1:] != ring[:-1]))
    ends = np.append(starts[1:], len(points))
    moves = np.diff(points, axis=0)
    found = []
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        if end - start > 3:
            x, y = points[start].tolist()
            found.append(f"M{x} {y}l{' '.join(map(str, moves[start : end - 2].ravel().tolist()))}z")
    if not found:
        x, y = np.rint((shapely.get_coordinates(shape)[0] - corner) * step).astype(int)
        return f"M{x - 2} {y - 2}h4v4h-4z"
    return "".join(found)
