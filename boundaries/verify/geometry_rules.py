"""Rules on the polygons: shapes, coverages, unions, holes, areas. Lon/lat degrees throughout."""

from importlib.util import find_spec

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

from boundaries.ground.geodesics import bent
from boundaries.ground.soundness import invalid_units
from boundaries.law.codes import LENGTH, LEVELS
from boundaries.release.store import FULL
from boundaries.verify.opened_release import Contents, Finding, Outcome

Array = NDArray[np.object_]

#: Indonesia with its islands and waters: lon and lat from, lon and lat to.
BOUNDS = (94.5, -11.6, 141.6, 6.7)
#: Coordinates lie on a grid of this many decimals.
DECIMALS = 7
HOLE_M2 = 500_000.0
_S2_BLOCK = 500
#: ``luas_km2`` has three decimals; it may differ by half of the last and a rounding.
AREA_KM2 = 0.001
#: How near a gap of the ledger must lie to a hole, in degrees (about 2 m), and how like its area must be.
NEAR_DEG, LIKE_SHARE = 2e-5, 0.02

_A, _E2 = 6_378_137.0, 0.0066943799901413165  # WGS 84
_E = _E2**0.5
_GEOD = pyproj.Geod(ellps="WGS84")


def shapes(contents: Contents) -> Outcome:
    """Every geometry is a valid, filled MultiPolygon inside Indonesia, on the grid of coordinates."""
    found, vertices = [], 0
    for name in contents.layers:
        geometry = contents.geometry(name)
        coordinates, owner = shapely.get_coordinates(geometry, return_index=True)
        vertices += len(coordinates)
        scaled = coordinates * 10**DECIMALS
        off = np.zeros(len(geometry), dtype=bool)
        off[owner[(np.abs(scaled - np.round(scaled)) > 1e-3).any(axis=1)]] = True
        box = shapely.bounds(geometry)
        outside = ~((box[:, :2] >= BOUNDS[:2]).all(axis=1) & (box[:, 2:] <= BOUNDS[2:]).all(axis=1))
        faults = {
            "a MultiPolygon": shapely.get_type_id(geometry) != shapely.GeometryType.MULTIPOLYGON,
            "a filled polygon": shapely.is_empty(geometry),
            "a valid polygon": ~shapely.is_valid(geometry),
            "inside Indonesia's bounds": outside,
            f"coordinates of {DECIMALS} decimals": off,
        }
        found += [
            Finding("shapes", name, feature, "geometry", expected, "another")
            for expected, bad in faults.items()
            for feature in _ids(contents, name)[bad]
        ]
    return Outcome(f"{vertices:,} vertices in {len(contents.layers)} layers", found)


def coverage(contents: Contents) -> Outcome:
    """No two features of a layer overlap, and neighbours share every vertex: so it is of the base units, and of all
    that is made of them edge for edge."""
    sets = {"base units": (contents.ground.geometry, contents.ground.codes)}
    sets |= {
        name: (contents.geometry(name), _ids(contents, name))
        for name in contents.layers
        if len(contents.differing(name))
    }
    found = []
    for name, (geometry, ids) in sets.items():
        bad = invalid_units(geometry)
        edges = shapely.to_wkt(shapely.coverage_invalid_edges(geometry)[bad]) if len(bad) else []
        found += [
            Finding("coverage", name, str(feature), "edges that match no neighbour's", "none", f"{edge:.120}")
            for feature, edge in zip(ids[bad], edges, strict=True)
        ]
    return Outcome(f"{len(contents.layers)} layers on {len(contents.ground.codes):,} base units", found)


def sphere(contents: Contents) -> Outcome:
    """What is valid on the plane is valid on the sphere (S2): no vertex lies between an edge and its great circle.

    So it is of the base units, and of all that has their edges; S2 itself is asked of the latest plans and provinces.
    """
    details = [FULL, *contents.release.manifest.get("details", {})]
    found, read = [], 0
    for detail in details:
        base = contents.base_geometry(detail)
        bad = bent(base)
        found += [
            Finding("sphere", "base units", str(contents.ground.codes[unit]), f"vertex, detail {detail}",
                    "on one side of all edges", "beside " + str((ends / 10**DECIMALS).tolist()))
            for ends, unit in zip(bad.ends, bad.unit, strict=True)
        ]  # fmt: skip
        for name in _asked_of_s2(contents) if find_spec("spherely") else ():
            shapes, ids = contents.geometry(name, detail), _ids(contents, name)
            read += len(shapes)
            found += [
                Finding("sphere", name, str(ids[at]), f"S2, detail {detail}", "a valid polygon", why)
                for at, why in refused_by_s2(shapes).items()
            ]
    s2 = f"{read:,} features read by S2" if read else "S2 not asked: it is the extra sphere"
    return Outcome(f"{len(details)} details of the base units; {s2}", found)


def _asked_of_s2(contents: Contents) -> list[str]:
    """Provinces, the latest plan of each chamber, and layers that are not what their base units make."""
    latest = {name.rpartition("-")[0]: name for name in sorted(contents.plan_layers)}
    chosen = {*latest.values(), *contents.unit_layers[:1]}
    return [name for name in contents.layers if name in chosen or len(contents.differing(name))]


def refused_by_s2(shapes: Array) -> dict[int, str]:
    """Return which MultiPolygons S2 refuses, and why."""
    import spherely

    found = {}
    wkb = shapely.to_wkb(shapes)
    for first in range(0, len(wkb), _S2_BLOCK):
        block = wkb[first : first + _S2_BLOCK]
        try:
            spherely.from_wkb(block)
        except RuntimeError:
            for at, each in enumerate(block, first):
                try:
                    spherely.from_wkb(each)
                except RuntimeError as error:
                    found[at] = str(error).strip()
    return found


def dapil_unions(contents: Contents) -> Outcome:
    """Each dapil is the union of its base units, and no base unit of the plan is left over."""
    rows = contents.frame("assignment")
    found, count, same = [], 0, 0
    for name in contents.plan_layers:
        own = contents.spread(rows[rows["plan_id"] == name])
        placed = own["kode_unit"].isin(contents.ground.position.index)
        told = set(name + "-" + own.loc[placed, "kode_dapil"]) - contents.omitted.get(name, set())
        more, alike = _compare(contents, "dapil-unions", name, told)
        found += more
        same += alike
        count += len(contents.frame(name))
    return Outcome(f"{count:,} dapil, {same:,} identical to the vertex", found)


def unit_unions(contents: Contents) -> Outcome:
    """Each kecamatan, kabkota and provinsi is the union of its base units."""
    found, count, same = [], 0, 0
    for name in contents.unit_layers:
        length = LENGTH[LEVELS[[f"unit-{level}" for level in LEVELS].index(name)]]
        told = {str(code)[:length] for code in contents.ground.codes if len(code) >= length}
        more, alike = _compare(contents, "unit-unions", name, told)
        found += more
        same += alike
        count += len(contents.frame(name))
    return Outcome(f"{count:,} units, {same:,} identical to the vertex", found)


def holes(contents: Contents) -> Outcome:
    """Ground that units enclose and none covers is at least 0.5 km², or the ledger names it and says why."""
    found_holes = enclosed(contents.ground.geometry)
    area = area_m2(found_holes)
    small = np.flatnonzero(area < HOLE_M2)
    named = [gap for gap in contents.release.quality.get("gaps_kept", []) if gap.get("why")]
    points = (
        shapely.points([(gap["lon"], gap["lat"]) for gap in named]) if named else np.empty(0, dtype=object)
    )
    like = np.array([gap["area_m2"] for gap in named], dtype="float64")
    found = []
    for at in small:
        near = shapely.dwithin(points, found_holes[at], NEAR_DEG)
        if not (near & (np.abs(like - area[at]) <= LIKE_SHARE * area[at] + 1)).any():
            place = shapely.point_on_surface(found_holes[at])
            what = f"hole at {place.x:.6f} {place.y:.6f}"
            found.append(
                Finding("holes", "base units", "", what, "named in quality.json", f"{area[at]:,.1f} m²")
            )
    return Outcome(f"{len(area):,} holes, {len(small):,} under 0.5 km²", found)


def areas(contents: Contents) -> Outcome:
    """``luas_km2`` is the polygon's area on the ellipsoid."""
    found, total = [], 0.0
    for name in contents.layers:
        told = contents.frame(name)["luas_km2"].to_numpy(dtype="float64")
        real = area_m2(contents.geometry(name)) / 1e6
        if name == "unit-provinsi":
            total = float(real.sum())
        doubtful = np.flatnonzero(~(np.abs(told - real) <= AREA_KM2))
        # Edges of 100 km (the border with Papua New Guinea) put the quick way off by millionths: ask Karney.
        real[doubtful] = [_geodesic_km2(shape) for shape in contents.geometry(name)[doubtful]]
        bad = ~(np.abs(told - real) <= AREA_KM2)
        found += [
            Finding("areas", name, str(feature), "luas_km2", f"{expected:.3f}", f"{actual:.3f}")
            for feature, expected, actual in zip(_ids(contents, name)[bad], real[bad], told[bad], strict=True)
        ]
    return Outcome(f"{total:,.0f} km² of land", found)


def enclosed(geometry: Array) -> Array:
    """Return the holes of a coverage as polygons (n,): faces of its outline that are not land.

    Units may meet in single points and enclose ground between them, so the interior rings of the union are
    not all: the outline is cut into faces.
    """
    outline = shapely.boundary(shapely.coverage_union_all(geometry))
    noded = shapely.get_parts(shapely.node(outline))
    faces = shapely.get_parts(shapely.polygonize(noded))
    inside = shapely.point_on_surface(faces)
    covered, _ = shapely.STRtree(geometry).query(inside, predicate="intersects")
    return np.asarray(np.delete(faces, np.unique(covered)), dtype=object)


def area_m2(geometry: Array) -> NDArray[np.float64]:
    """Return the area (n,) of (Multi)Polygons on the ellipsoid WGS 84, edges being the shortest lines.

    Latitudes are moved to the authalic sphere, where the area under an edge is a spherical excess
    (Snyder 1987, eq. 3-11 to 3-18); against Karney's geodesic polygons the error is below
    1e-6 of the area while edges are shorter than some ten kilometres.
    """
    parts, owner = shapely.get_parts(geometry, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    first = np.ones(len(rings), dtype=bool)
    first[1:] = part[1:] != part[:-1]
    ring_area = np.abs(_ring_areas(rings)) * np.where(first, 1.0, -1.0)
    return np.asarray(np.bincount(owner[part], weights=ring_area, minlength=len(geometry)), dtype="float64")


def _geodesic_km2(shape: shapely.Geometry) -> float:
    area, _ = _GEOD.geometry_area_perimeter(shapely.orient_polygons(shape))
    return float(area) / 1e6


def _ring_areas(rings: Array) -> NDArray[np.float64]:
    points, ring = shapely.get_coordinates(rings, return_index=True)
    lon, half = np.radians(points[:, 0]), np.tan(_authalic(np.radians(points[:, 1])) / 2)
    within = ring[1:] == ring[:-1]
    step = np.tan(np.diff(lon) / 2)
    excess = 2 * np.arctan(step * (half[1:] + half[:-1]) / (1 + half[1:] * half[:-1]))
    radius2 = _A**2 / 2 * _q(np.array(np.pi / 2))
    return np.asarray(np.bincount(ring[1:][within], excess[within], len(rings)) * radius2, dtype="float64")


def _q(latitude: NDArray[np.float64]) -> NDArray[np.float64]:
    sine = np.sin(latitude)
    return (1 - _E2) * (sine / (1 - _E2 * sine**2) + np.arctanh(_E * sine) / _E)


def _authalic(latitude: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.arcsin(_q(latitude) / _q(np.array(np.pi / 2)))


def _compare(contents: Contents, check: str, name: str, told: set[str]) -> tuple[list[Finding], int]:
    """Compare each feature with the union of its base units; return findings and how many are identical.

    `told`: the ids of the features that base units belong to.
    """
    ids, owner = _ids(contents, name), contents.owners[name]
    held = np.bincount(owner[owner >= 0], minlength=len(ids)) > 0
    found = [Finding(check, name, str(each), "base units", "one or more", "none") for each in ids[~held]]
    found += [
        Finding(check, name, each, "feature of base units", "one", "none")
        for each in sorted(told - set(map(str, ids)))
    ]
    rest = contents.differing(name)
    rest = rest[held[rest]]
    if rest.size:
        ground, shapes = contents.ground.geometry, contents.geometry(name)[rest]
        unions = _unions(ground, [np.flatnonzero(owner == at).tolist() for at in rest])
        area = area_m2(shapely.symmetric_difference(unions, shapes))
        found += [
            Finding(check, name, str(ids[at]), "union of its base units", "the same to the vertex",
                    f"{m2:,.3f} m² apart")
            for at, m2 in zip(rest, area, strict=True)
        ]  # fmt: skip
    return found, int(held.sum()) - len(rest)


def _unions(geometry: Array, groups: list[list[int]]) -> Array:
    """Join each group of a coverage's polygons to a MultiPolygon; every vertex stays."""
    unions = np.array([shapely.coverage_union_all(geometry[group]) for group in groups], dtype=object)
    parts, owner = shapely.get_parts(unions, return_index=True)
    return np.asarray(shapely.multipolygons(parts, indices=owner), dtype=object)


def _ids(contents: Contents, name: str) -> Array:
    frame = contents.frame(name)
    return frame["id" if "id" in frame else "kode"].to_numpy(dtype=object)
