"""Raw polygons of units → a valid coverage, and the account of what the cleaning changed.

Arrays in, arrays out; longitude and latitude in degrees (CRS84). The steps, in the order of :func:`clean`:

1. *Repair*: invalid rings are rebuilt (``make_valid``, method ``structure``); polygon parts only.
2. *Resolve*: one ``coverage_clean`` over all **parts** of all units. Working on parts rather than on units
   makes the rule ``min_area`` mean "ground claimed twice goes to the smaller part": a new kecamatan drawn on
   its unreduced parent keeps its ground, and an islet or exclave drawn inside a larger neighbour survives.
3. *Grid*: coordinates are rounded to 1e-7 degree (about 1 cm), once and for all, so that every format holds
   the very same numbers; what rounding breaks is mended.
4. *Fill*: ground that no unit covers and that units enclose is a gap. Narrow gaps (mean width, i.e. twice the
   area over the perimeter, under a limit) and small ones go to the neighbour with the longest shared border,
   found by exact matching of directed edges; nets of slivers between more than two units are cut up first and
   shared out (:func:`fillers`). Wide gaps are lakes, straits or missing units: kept and listed.
5. *Check*: ``shapely.coverage_is_valid``; a unit that lost all its ground, or a lost part that cannot be
   explained by another unit claiming the same ground, raises.

Nothing is dropped silently: the result carries, for every unit, areas and parts before and after.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import Geod, Transformer

from boundaries.errors import CoverageError

Array = NDArray[Any]

GRID: Final = 7
"""Decimals of a degree that a coordinate keeps (1e-7 degree is about 1 cm)."""

SNAPPING: Final = 1e-7
"""Snapping distance of the noding in degrees. From 1e-4 on, units and islands are lost."""

FRAGMENT_M2: Final = 1.0
"""Parts of a source polygon under this area are drawing residue, counted and left out."""

_EQUAL_AREA: Final = Transformer.from_crs("OGC:CRS84", "EPSG:6933", always_xy=True)
_MERCATOR: Final = Transformer.from_crs("OGC:CRS84", "EPSG:3395", always_xy=True)
_GEOD: Final = Geod(ellps="WGS84")


@dataclass(frozen=True)
class CleanOptions:
    """Limits of the cleaning; they stand in the manifest of every release.

    ``gap_width_m``: gaps of a smaller mean width are slivers and filled. ``gap_area_m2``: gaps of a smaller
    area are filled whatever their shape. ``keep_part_m2``: no source part above it may vanish unexplained.
    """

    gap_width_m: float = 500.0
    gap_area_m2: float = 500_000.0
    keep_part_m2: float = 100.0


@dataclass(frozen=True)
class Coverage:
    """A valid coverage of n units: `codes` (n,) text, `geometry` (n,) MultiPolygon, CRS84.

    ``ledger``: one row a unit (see :func:`_unit_ledger`); ``gaps_kept``: one row a gap left open (lon, lat,
    area_m2, width_m, neighbours, why); ``lost_parts``: source parts no longer covered by their unit;
    ``totals``: counts and areas over the nation.
    """

    codes: Array
    geometry: Array
    ledger: pd.DataFrame
    gaps_kept: pd.DataFrame
    lost_parts: pd.DataFrame
    totals: dict[str, float | int] = field(default_factory=dict)


def area_m2(geometry: Array) -> Array:
    """Planar area in m² in the cylindrical equal-area projection EPSG:6933; shape as `geometry`."""
    return np.asarray(shapely.area(_project(geometry)))


def area_and_width_m(geometry: Array) -> tuple[Array, Array]:
    """Area (m²) and mean width (m, twice the area over the perimeter) of polygons."""
    area = area_m2(geometry)
    return area, 2 * area / length_m(geometry)


def length_m(geometry: Array) -> Array:
    """Length or perimeter in metres: in the Mercator projection, by its scale at the middle latitude of each.

    Good to 0.1 % for what spans less than a degree; equal-area projections stretch lengths by up to a sixth here.
    """
    bounds = np.radians(shapely.bounds(geometry))
    scale = np.cos((bounds[:, 1] + bounds[:, 3]) / 2)
    return np.asarray(shapely.length(_project(geometry, _MERCATOR)) * scale)


def edge_length_m(pairs: Array) -> Array:
    """Length in metres of short edges (k, 2, 2) on the grid: radii of curvature of WGS 84 at the middle latitude."""
    ends = np.radians(pairs / 10**GRID)
    (east, north), middle = (ends[:, 1] - ends[:, 0]).T, ends[:, :, 1].mean(axis=1)
    flattened = 1 - _GEOD.es * np.sin(middle) ** 2
    prime_vertical = _GEOD.a / np.sqrt(flattened)
    meridional = prime_vertical * (1 - _GEOD.es) / flattened
    return np.hypot(east * prime_vertical * np.cos(middle), north * meridional)


def geodesic_area_m2(geometry: Array) -> Array:
    """Area in m² on the ellipsoid WGS 84 (Karney's geodesic polygons, pyproj.Geod); shape (n,)."""
    oriented = shapely.orient_polygons(geometry)
    return np.array([_GEOD.geometry_area_perimeter(g)[0] for g in oriented])


def clean(
    codes: Sequence[str] | Array,
    geometry: Array,
    *,
    options: CleanOptions | None = None,
    land_evidence: Array | None = None,
    region_length: int = 2,
) -> Coverage:
    """Make one valid coverage of units.

    `codes` (m,) and `geometry` (m,) Polygon or MultiPolygon, possibly invalid; several rows may carry one code
    (villages of a unit) and are joined. `land_evidence`: polygons of a coarser level of the same source; a gap
    of more than ``gap_area_m2`` that lies outside them by more than half is water to the source and is kept. Only
    gaps inside one region (the first `region_length` characters of the codes, i.e. one polygon of the coarser level)
    are asked for: between two regions that level has slivers of its own.

    Raises CoverageError for a unit without ground or an invalid result. Returns units in the order of their codes.
    """
    options = options or CleanOptions()
    units, unit_of_row = np.unique(np.asarray(codes, dtype=str), return_inverse=True)
    repaired, invalid = repair(geometry)
    parts, row = shapely.get_parts(repaired, return_index=True)
    owner, source_area = unit_of_row[row], area_m2(parts)
    whole = source_area >= FRAGMENT_M2
    parts, owner, source_area = parts[whole], owner[whole], source_area[whole]
    _refuse_empty(units, owner, "has no polygon of its own in the source")

    pieces, part_of = resolve(parts)
    piece_owner = owner[part_of]
    gaps = find_gaps(pieces, piece_owner)
    ask = _in_one_region(gaps, units, region_length) & (gaps.area_m2 >= options.gap_area_m2)
    land = _land_share(gaps, land_evidence, ask)
    fill = (gaps.area_m2 < options.gap_area_m2) | ((gaps.width_m < options.gap_width_m) & (land >= 0.5))
    filler, filler_owner = fillers(gaps, fill)
    joined = join(np.concatenate([pieces, filler]), np.concatenate([piece_owner, filler_owner]), len(units))
    joined = _settle(joined, units)
    left = np.bincount(part_of, area_m2(pieces), len(parts))
    suspect = np.flatnonzero((source_area > options.keep_part_m2) & (left < 0.6 * source_area))
    lost = _lost_parts(parts[suspect], owner[suspect], source_area[suspect], joined, units)
    _check(units, joined, lost)
    before = _Before(parts, owner, source_area, np.bincount(unit_of_row, invalid, len(units)))
    ledger = _unit_ledger(units, before, pieces, piece_owner, filler, filler_owner, joined)
    return Coverage(
        codes=units.astype(object),
        geometry=joined,
        ledger=ledger,
        gaps_kept=_describe_gaps(gaps, ~fill, units, None if land_evidence is None else land),
        lost_parts=lost,
        totals=_totals(before, gaps, fill, joined, int((~whole).sum())),
    )


# --- 1. repair -------------------------------------------------------------------------------------


def repair(geometry: Array) -> tuple[Array, Array]:
    """Return (geometry made valid, polygons only; boolean mask of those that were invalid)."""
    geometry = np.asarray(geometry, dtype=object)
    invalid = ~shapely.is_valid(geometry)
    if not invalid.any():
        return geometry, invalid
    fixed = geometry.copy()
    fixed[invalid] = [
        polygons_of(g)
        for g in shapely.make_valid(geometry[invalid], method="structure", keep_collapsed=False)
    ]
    return fixed, invalid


def polygons_of(geometry: shapely.Geometry) -> shapely.Geometry:
    """Return the polygon parts of any geometry as one MultiPolygon (empty where there are none)."""
    parts = shapely.get_parts(geometry)
    while (shapely.get_type_id(parts) > 3).any():
        parts = shapely.get_parts(parts)
    return shapely.multipolygons(parts[shapely.get_type_id(parts) == 3])


# --- 2. and 3. resolve overlaps, put on the grid ---------------------------------------------------


def resolve(parts: Array) -> tuple[Array, Array]:
    """Resolve overlaps between polygon parts; return (pieces on the grid, the part that each is left of).

    Ground claimed by several parts goes to the smallest of them; edges are noded and matched. Gaps stay.
    """
    cleaned = to_grid(_coverage_clean(parts, "min_area"))
    pieces, index = shapely.get_parts(cleaned, return_index=True)
    return pieces, index


def to_grid(geometry: Array) -> Array:
    """Round coordinates to the grid; polygons that rounding breaks are made valid again, in place."""
    rounded = shapely.transform(geometry, lambda xy: np.round(xy, GRID))
    broken = ~shapely.is_valid(rounded)
    if broken.any():
        rounded[broken] = [
            polygons_of(g)
            for g in shapely.make_valid(rounded[broken], method="structure", keep_collapsed=False)
        ]
    return rounded


def _coverage_clean(parts: Array, strategy: str, snapping: float = SNAPPING) -> Array:
    """Node, match and resolve; a snapping distance at which GEOS gives up is followed by the next."""
    for distance in (snapping, 2 * SNAPPING, 10 * SNAPPING, 0.0):
        try:
            with np.errstate(invalid="ignore"):  # GEOS meets NaN in collapsed results; they come back empty
                return np.asarray(
                    shapely.coverage_clean(parts, snapping_distance=distance, merge_strategy=strategy)
                )
        except shapely.errors.GEOSException as error:
            reason = str(error)
    raise CoverageError(f"the overlaps between {len(parts)} polygons cannot be resolved: {reason}")


# --- 4. gaps ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Gaps:
    """Enclosed ground that no unit covers; arrays of equal length, `neighbour` an index of a unit."""

    geometry: Array
    neighbour: Array
    neighbours: list[Array]
    index: "EdgeIndex"
    unit_of_edge: Array
    area_m2: Array = field(init=False)
    width_m: Array = field(init=False)

    def __post_init__(self) -> None:
        area, width = area_and_width_m(self.geometry)
        object.__setattr__(self, "area_m2", area)
        object.__setattr__(self, "width_m", width)


def edges(pieces: Array) -> tuple[Array, Array]:
    """Return the directed edges of polygons, ground on the left: ((k, 2, 2) int64 on the grid, (k,) piece index)."""
    oriented = shapely.orient_polygons(pieces)
    rings, of_piece = shapely.get_rings(oriented, return_index=True)
    xy, of_ring = shapely.get_coordinates(rings, return_index=True)
    grid = np.rint(xy * 10**GRID).astype(np.int64)
    inside = of_ring[1:] == of_ring[:-1]
    pairs = np.stack([grid[:-1], grid[1:]], axis=1)[inside]
    return pairs, of_piece[of_ring[:-1][inside]]


class EdgeIndex:
    """Directed edges of a coverage, found by their two ends.

    Vertices on the grid pack into 63 bits (32 of longitude, 31 of latitude); an edge is a pair of vertex numbers.
    """

    def __init__(self, pairs: Array) -> None:
        packed = self.pack(pairs)
        self._vertices, ids = np.unique(packed, return_inverse=True)
        keys = self._key(ids.reshape(packed.shape))
        self._order = np.argsort(keys)
        self._sorted = keys[self._order]
        self.twins = self._find(self._key(ids.reshape(packed.shape)[:, ::-1]))

    def find(self, pairs: Array) -> Array:
        """Position of each directed edge (k, 2, 2), -1 where it is not there."""
        packed = self.pack(pairs)
        at = np.minimum(np.searchsorted(self._vertices, packed), len(self._vertices) - 1)
        known = (self._vertices[at] == packed).all(axis=1)
        return np.where(known, self._find(self._key(at)), -1)

    def _find(self, keys: Array) -> Array:
        at = np.minimum(np.searchsorted(self._sorted, keys), len(self._sorted) - 1)
        return np.where(self._sorted[at] == keys, self._order[at], -1)

    def _key(self, ids: Array) -> Array:
        return np.asarray(ids[:, 0].astype(np.int64) * len(self._vertices) + ids[:, 1])

    @staticmethod
    def pack(pairs: Array) -> Array:
        """Number a vertex: (..., 2) on the grid → (...) int64."""
        return np.asarray(((pairs[..., 0] + 180 * 10**GRID) << 31) | (pairs[..., 1] + 90 * 10**GRID))


def find_gaps(pieces: Array, owner: Array) -> Gaps:
    """Find every enclosed gap of a noded coverage and the unit with the longest border on it.

    An edge without its twin (the same edge the other way round) bounds ground that no piece covers. These edges,
    polygonised, give landmasses and gaps; a gap is a face whose edges run against those of the pieces.
    """
    pairs, piece = edges(pieces)
    index = EdgeIndex(pairs)
    faces = shapely.get_parts(shapely.polygonize(shapely.linestrings(pairs[index.twins < 0] / 10**GRID)))
    face_pairs, face_of = edges(faces)
    is_land = np.bincount(face_of, index.find(face_pairs) >= 0, len(faces)) > 0
    facing = index.find(face_pairs[:, ::-1])
    use = ~is_land[face_of] & (facing >= 0)
    unit_of_edge = owner[piece]
    table = _longest_borders(face_of[use], unit_of_edge[facing[use]], face_pairs[use])
    return Gaps(faces[table.pop("face")], **table, index=index, unit_of_edge=unit_of_edge)


def _longest_borders(face: Array, unit: Array, pairs: Array) -> dict[str, Any]:
    """For each face that has edges: its index, the unit with the longest border on it, and all its units."""
    order = np.lexsort((unit, face))
    face, unit, length = face[order], unit[order], edge_length_m(pairs[order])
    first = np.flatnonzero(np.r_[True, (face[1:] != face[:-1]) | (unit[1:] != unit[:-1])][: len(face)])
    border = pd.DataFrame(
        {
            "face": face[first],
            "unit": unit[first],
            "length": np.add.reduceat(length, first) if len(first) else [],
        }
    )
    longest = border.sort_values(["face", "length", "unit"], ascending=[True, False, True]).drop_duplicates(
        "face"
    )
    index = longest["face"].to_numpy(dtype=np.int64)
    starts = np.searchsorted(border["face"].to_numpy(), index[1:])
    neighbours = np.split(border["unit"].to_numpy(), starts) if len(index) else []
    return {"face": index, "neighbour": longest["unit"].to_numpy(dtype=np.int64), "neighbours": neighbours}


def fillers(gaps: Gaps, fill: Array) -> tuple[Array, Array]:
    """Polygons that fill the chosen gaps, and the unit that each goes to.

    A gap between two units goes whole to the one with the longer border on it. Slivers between many units hang
    together in nets, which no single unit may swallow: such a gap is cut into triangles on its own vertices, the
    triangles are grouped by the pair of units that face each other across the net there, and each group goes to the
    one of its pair with the longer border on the group.
    """
    net = fill & np.array([len(n) > 2 for n in gaps.neighbours], dtype=bool)
    plain = fill & ~net
    if not net.any():
        return gaps.geometry[plain], gaps.neighbour[plain]
    triangles, gap = shapely.get_parts(
        shapely.constrained_delaunay_triangles(gaps.geometry[net]), return_index=True
    )
    owner = _owners_of_triangles(triangles, gap, gaps)
    lost = owner < 0
    owner[lost] = gaps.neighbour[net][gap[lost]]
    return np.concatenate([gaps.geometry[plain], triangles]), np.concatenate([gaps.neighbour[plain], owner])


def _owners_of_triangles(triangles: Array, gap: Array, gaps: Gaps) -> Array:
    """The unit that each triangle of a net goes to; -1 where none follows from its sides."""
    pairs = edges(triangles)[0].reshape(-1, 3, 2, 2)
    facing = gaps.index.find(pairs.reshape(-1, 2, 2)[:, ::-1]).reshape(-1, 3)
    side = np.where(facing >= 0, gaps.unit_of_edge[facing], -1)
    length = edge_length_m(pairs.reshape(-1, 2, 2)).reshape(-1, 3)
    across = _unit_across(pairs, side, gap)
    first = side.max(axis=1)
    second = np.where(
        (side >= 0).sum(axis=1) > 1, np.where(side < 0, first[:, None], side).min(axis=1), across
    )
    second = np.where(second < 0, first, second)
    group = np.unique(
        np.stack([gap, np.minimum(first, second), np.maximum(first, second)]), axis=1, return_inverse=True
    )
    label = group[1].ravel()
    on_side = side >= 0
    border = pd.DataFrame(
        {
            "group": np.repeat(label, 3)[on_side.ravel()],
            "unit": side[on_side],
            "length": length[on_side],
        }
    )
    total = border.groupby(["group", "unit"])["length"].sum().reset_index()
    border = total.sort_values(["group", "length", "unit"], ascending=[True, False, True]).drop_duplicates(
        "group"
    )
    winner = np.full(group[0].shape[1], -1)
    winner[border["group"]] = border["unit"]
    return _spread(pairs, np.where(first >= 0, winner[label], -1), length)


def _unit_across(pairs: Array, side: Array, gap: Array) -> Array:
    """For a triangle with one side on a unit: the unit that holds the ring at the opposite corner, else -1."""
    start = pairs[:, :, 0]
    packed = EdgeIndex.pack(start)
    ring = side >= 0
    table = pd.DataFrame({"gap": np.repeat(gap, 3)[ring.ravel()], "at": packed[ring], "unit": side[ring]})
    table = table.sort_values(["gap", "at", "unit"]).drop_duplicates(["gap", "at"])
    one = ring.sum(axis=1) == 1
    corner = packed[np.arange(len(packed)), (ring.argmax(axis=1) + 2) % 3]
    wanted = pd.DataFrame({"gap": gap[one], "at": corner[one]})
    found = wanted.merge(table, how="left", on=["gap", "at"])["unit"].fillna(-1).to_numpy(dtype=np.int64)
    out = np.full(len(pairs), -1)
    out[one] = found
    return out


def _spread(pairs: Array, owner: Array, length: Array) -> Array:
    """Give triangles without an owner that of the neighbour across their longest shared side, round by round."""
    flat = pairs.reshape(-1, 2, 2)
    twin = EdgeIndex(flat).twins.reshape(-1, 3)
    owner = owner.copy()
    while True:
        beside = np.where(twin >= 0, owner[twin // 3], -1)
        best = np.where(beside >= 0, length, -1.0).argmax(axis=1)
        found = beside[np.arange(len(owner)), best]
        gain = (owner < 0) & (found >= 0)
        if not gain.any():
            return owner
        owner[gain] = found[gain]


def _in_one_region(gaps: Gaps, units: Array, length: int) -> Array:
    region = np.unique(units.astype(f"U{length}"), return_inverse=True)[1]
    return np.array([(region[near] == region[near[0]]).all() for near in gaps.neighbours], dtype=bool)


def _land_share(gaps: Gaps, land: Array | None, ask: Array) -> Array:
    """Share (0-1) of each gap that lies on `land`; 1 where `ask` is False or the source has no such level."""
    share = np.ones(len(gaps.geometry))
    if land is None or not len(land) or not ask.any():
        return share
    asked = gaps.geometry[ask]
    valid, _ = repair(land)
    gap, poly = shapely.STRtree(valid).query(asked, predicate="intersects")
    shared = shapely.area(shapely.intersection(asked[gap], valid[poly]))
    share[ask] = np.minimum(1.0, np.bincount(gap, shared, len(asked)) / shapely.area(asked))
    return share


def _describe_gaps(gaps: Gaps, kept: Array, units: Array, land: Array | None) -> pd.DataFrame:
    """One row a gap left open; `land` is the share of each gap on a coarser level, None where there is none."""
    points = shapely.point_on_surface(gaps.geometry[kept])
    chosen = [n for n, k in zip(gaps.neighbours, kept, strict=True) if k]
    why = np.where(
        land[kept] >= 0.5 if land is not None else np.ones(int(kept.sum()), dtype=bool),
        "too wide for a sliver; a coarser level of the source shows land here: missing unit or lake",
        "a coarser level of the source shows no land here: lake or strait",
    ).astype(object)
    if land is None:
        why = np.full(int(kept.sum()), "too wide for a sliver: lake, strait or missing unit")
    return pd.DataFrame(
        {
            "lon": np.round(shapely.get_x(points), 5),
            "lat": np.round(shapely.get_y(points), 5),
            "area_m2": np.round(gaps.area_m2[kept]).astype(np.int64),
            "width_m": np.round(gaps.width_m[kept], 1),
            "neighbours": [" ".join(sorted(units[n])) for n in chosen],
            "why": why,
        }
    ).sort_values(["area_m2", "lon"], ascending=[False, True], ignore_index=True)


# --- joining and settling --------------------------------------------------------------------------


def join(pieces: Array, owner: Array, count: int) -> Array:
    """Join edge-matched pieces by owner: (count,) MultiPolygon; vertices on outer borders stay."""
    order = np.argsort(owner, kind="stable")
    starts = np.searchsorted(owner[order], np.arange(count + 1))
    out = np.empty(count, dtype=object)
    for i in range(count):
        group = pieces[order[starts[i] : starts[i + 1]]]
        out[i] = group[0] if len(group) == 1 else _union(group)
    return as_multi(out)


def _union(group: Array) -> shapely.Geometry:
    """Union of edge-matched polygons; where an edge is not matched, the general union (and `_settle` after it)."""
    try:
        return shapely.coverage_union_all(group)
    except shapely.errors.GEOSException:
        return polygons_of(to_grid(np.array([shapely.union_all(group)], dtype=object))[0])


def as_multi(geometry: Array) -> Array:
    """Return every geometry as MultiPolygon in normal form (so that equal sets have equal bytes)."""
    out = shapely.normalize(np.asarray(geometry, dtype=object))
    single = shapely.get_type_id(out) == 3
    out[single] = shapely.multipolygons(out[single], indices=np.arange(single.sum()))
    return out


def invalid_units(geometry: Array) -> Array:
    """Indices of units whose polygon is invalid or has an edge that its neighbours do not match."""
    edge = shapely.coverage_invalid_edges(geometry)
    unmatched = np.array([e is not None and not e.is_empty for e in edge], dtype=bool)
    return np.flatnonzero(unmatched | ~shapely.is_valid(geometry))


def _settle(geometry: Array, units: Array) -> Array:
    """Mend the few places where noding or rounding left an unmatched edge, each with its neighbours only.

    Returns a valid coverage, or raises CoverageError naming the units that stay bad.
    """
    bad = invalid_units(geometry)
    for snapping in (SNAPPING, 0.0, 2 * SNAPPING, 10 * SNAPPING):
        if not len(bad):
            break
        tree = shapely.STRtree(geometry)
        local = np.unique(tree.query(geometry[bad], predicate="intersects")[1])
        valid, _ = repair(geometry[local])
        geometry = geometry.copy()
        geometry[local] = as_multi(to_grid(_coverage_clean(valid, "longest_border", snapping)))
        bad = invalid_units(geometry)
    if len(bad):
        raise CoverageError(
            f"no valid coverage: {len(bad)} units keep unmatched or invalid edges ({', '.join(units[bad[:10]])}); "
            "mend their polygons in the source"
        )
    return geometry


# --- 5. checks and the account ---------------------------------------------------------------------


@dataclass(frozen=True)
class _Before:
    parts: Array
    owner: Array
    area: Array
    invalid: Array


def _refuse_empty(units: Array, owner: Array, what: str) -> None:
    without = units[np.bincount(owner, minlength=len(units)) == 0]
    if len(without):
        raise CoverageError(
            f"unit {', '.join(without[:10])} {what}: mend or list it as missing in the source"
        )


def _lost_parts(parts: Array, owner: Array, area: Array, joined: Array, units: Array) -> pd.DataFrame:
    """Those of the given source parts of which their unit covers less than half, and who covers them now."""
    kept = area_m2(shapely.intersection(parts, joined[owner]))
    gone = np.flatnonzero(kept < 0.5 * area)
    tree = shapely.STRtree(joined)
    part, unit = tree.query(parts[gone], predicate="intersects")
    shared = area_m2(shapely.intersection(parts[gone][part], joined[unit]))
    table = pd.DataFrame(
        {"part": part, "unit": units[unit], "shared": shared, "own": unit == owner[gone][part]}
    )
    taken = (
        table[~table["own"]].sort_values("shared", ascending=False).drop_duplicates("part").set_index("part")
    )
    own = table[table["own"]].set_index("part")["shared"]
    others = table[~table["own"]].groupby("part")["shared"].sum()
    index = np.arange(len(gone))
    points = shapely.point_on_surface(parts[gone])
    return pd.DataFrame(
        {
            "kode": units[owner[gone]],
            "lon": np.round(shapely.get_x(points), 5),
            "lat": np.round(shapely.get_y(points), 5),
            "area_m2": np.round(area[gone], 1),
            "covered_m2": np.round(own.reindex(index).fillna(0.0).to_numpy(), 1),
            "now_in": taken["unit"].reindex(index).fillna("").to_numpy(),
            "now_elsewhere_m2": np.round(others.reindex(index).fillna(0.0).to_numpy(), 1),
        }
    ).sort_values(["kode", "area_m2"], ignore_index=True)


def lost_ground(coverage: Coverage, codes: Array, geometry: Array, options: CleanOptions) -> pd.DataFrame:
    """Lost parts, in the form of ``Coverage.lost_parts``, of polygons that were altered before the cleaning.

    `codes` (m,) and `geometry` (m,): polygons of units of the coverage as the source drew them.
    """
    parts, row = shapely.get_parts(repair(geometry)[0], return_index=True)
    area = area_m2(parts)
    big = area > options.keep_part_m2
    units = coverage.codes.astype(str)
    owner = np.searchsorted(units, codes[row[big]].astype(str))
    return _lost_parts(parts[big], owner, area[big], coverage.geometry, units)


def _check(units: Array, geometry: Array, lost: pd.DataFrame) -> None:
    empty = units[shapely.is_empty(geometry)]
    if len(empty):
        raise CoverageError(
            f"the cleaning emptied unit {', '.join(empty[:10])}: its ground is drawn in another unit"
        )
    unexplained = lost[lost["covered_m2"] + lost["now_elsewhere_m2"] < 0.5 * lost["area_m2"]]
    if len(unexplained):
        worst = unexplained.iloc[0]
        raise CoverageError(
            f"{len(unexplained)} land parts vanished, the first of unit {worst['kode']} at "
            f"{worst['lon']}, {worst['lat']} ({worst['area_m2']:.0f} m²): report this as a bug"
        )


def _unit_ledger(
    units: Array,
    before: _Before,
    pieces: Array,
    owner: Array,
    filler: Array,
    filler_owner: Array,
    joined: Array,
) -> pd.DataFrame:
    """One row a unit: areas in m² in the source, after overlaps, filled and in the end; parts; invalid rings."""
    n = len(units)
    source = np.bincount(before.owner, before.area, n)
    resolved = np.bincount(owner, area_m2(pieces), n)
    filled = np.bincount(filler_owner, area_m2(filler), n)
    final = area_m2(joined)
    return pd.DataFrame(
        {
            "kode": units,
            "area_source_m2": np.round(source, 1),
            "area_m2": np.round(final, 1),
            "area_change_pct": np.round(100 * (final - source) / source, 3),
            "overlap_lost_m2": np.round(np.maximum(source - resolved, 0), 1),
            "gap_filled_m2": np.round(filled, 1),
            "parts_source": np.bincount(before.owner, minlength=n),
            "parts": shapely.get_num_geometries(joined),
            "invalid_source": before.invalid.astype(int),
        }
    )


def _totals(
    before: _Before, gaps: Gaps, fill: Array, joined: Array, fragments: int
) -> dict[str, float | int]:
    final = float(area_m2(joined).sum())
    filled = float(gaps.area_m2[fill].sum())
    return {
        "units": len(joined),
        "parts_source": len(before.parts),
        "parts": int(shapely.get_num_geometries(joined).sum()),
        "fragments_left_out": fragments,
        "invalid_source": int(before.invalid.sum()),
        "area_source_m2": round(float(before.area.sum()), 1),
        "area_m2": round(final, 1),
        "overlap_m2": round(float(before.area.sum()) - (final - filled), 1),
        "gaps_found": len(gaps.geometry),
        "gaps_filled": int(fill.sum()),
        "gaps_filled_m2": round(filled, 1),
        "gaps_kept": int((~fill).sum()),
        "gaps_kept_m2": round(float(gaps.area_m2[~fill].sum()), 1),
    }


def _project(geometry: Array, transformer: Transformer = _EQUAL_AREA) -> Array:
    """Project from CRS84 to metres (by default EPSG:6933, equal area)."""

    def forward(xy: Array) -> Array:
        return np.column_stack(transformer.transform(xy[:, 0], xy[:, 1]))

    return np.asarray(shapely.transform(geometry, forward))
