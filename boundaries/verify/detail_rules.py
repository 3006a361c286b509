"""Rule on the details: what is generalised is the same map, within the metres that the manifest says."""

from contextlib import closing

import numpy as np
import shapely
from numpy.typing import NDArray

from boundaries.ground.seams import Seams
from boundaries.ground.soundness import invalid_units
from boundaries.release.geopackage import read_rows
from boundaries.release.store import STANDARD
from boundaries.verify.opened_release import Contents, Finding, Outcome

#: Metres in the longest degree of WGS 84; a distance in degrees is at most this in metres.
_DEGREE_M = 111_695.0
#: From so many pairs of vertices on an index is quicker than all pairs.
_PAIRS = 100_000


def details(contents: Contents) -> Outcome:
    """The detail standard has the rows of full; its base units are a coverage with all their parts, each line near its
    own, and every feature is the union of its base units."""
    release = contents.release
    if STANDARD not in release.manifest.get("details", {}):
        return Outcome("one detail only")
    found = _tables(contents)
    if found:
        return Outcome(f"{len(contents.names)} tables", found)
    geometry = contents.base_geometry(STANDARD)
    found += _base_findings(contents, geometry, release.tolerance_m(STANDARD))
    seams = Seams(geometry)
    for name in contents.layers:
        frame, shapes = contents.frame(name), contents.geometry(name, STANDARD)
        found += [
            Finding(
                "details", name, str(frame.iloc[row, 0]), "union of its base units", "edge for edge", "not"
            )
            for row in seams.differing(contents.owners[name], shapes)
        ]
    vertices = int(shapely.get_num_coordinates(geometry).sum())
    return Outcome(f"{len(contents.layers)} layers on {vertices:,} vertices of base units", found)


def _tables(contents: Contents) -> list[Finding]:
    """The file has the tables of full but ``assignment``, with the same rows."""
    release = contents.release
    with closing(release.connect(release.package(STANDARD))) as connection:
        names = dict(connection.execute("SELECT table_name, data_type FROM gpkg_contents").fetchall())
        wanted = {name: kind for name, kind in contents.names.items() if name != "assignment"}
        if names != wanted:
            both = sorted(names.items() ^ wanted.items())
            return [Finding("details", "", "", "tables of the detail standard", "those of full", str(both))]
        return [
            Finding("details", name, "", "rows of the detail standard", "those of full", "others")
            for name in names
            if not read_rows(connection, name, geometry=False)[0].equals(contents.frame(name))
        ]


def _base_findings(contents: Contents, light: NDArray[np.object_], tolerance_m: float) -> list[Finding]:
    full, codes = contents.ground.geometry, contents.ground.codes
    faults = {
        "valid in the coverage": np.isin(np.arange(len(light)), invalid_units(light)),
        "all parts": shapely.get_num_geometries(light) != shapely.get_num_geometries(full),
        f"lines within {tolerance_m:g} m": _apart(light, full, (tolerance_m + 1) / _DEGREE_M),
    }
    return [
        Finding("details", "base units", str(code), "standard", expected, "not")
        for expected, bad in faults.items()
        for code in codes[bad]
    ]


def _apart(one: NDArray[np.object_], other: NDArray[np.object_], degrees: float) -> NDArray[np.bool_]:
    """Which outlines have a vertex that is farther than some degrees from the other's."""
    lines = [shapely.boundary(shapes) for shapes in (one, other)]
    sizes = [shapely.get_num_coordinates(each) for each in lines]
    large = sizes[0] * sizes[1].astype(np.int64) > _PAIRS
    apart = np.zeros(len(one), dtype=bool)
    apart[~large] = shapely.hausdorff_distance(*(each[~large] for each in lines)) > degrees
    for line, points in (lines, lines[::-1]):
        near, (vertices, owner) = line[large], shapely.get_coordinates(points[large], return_index=True)
        shapely.prepare(near)
        far = ~shapely.dwithin(near[owner], shapely.points(vertices), degrees)
        apart[np.flatnonzero(large)[owner[far]]] = True
    return apart
