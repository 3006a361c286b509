"""The graph of neighbours: units as nodes with people and dapil, borders and sea links as edges, every rule named."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from boundaries.errors import NotFound, PlanError
from boundaries.ground.edges import EdgeIndex
from boundaries.ground.edges import edges as directed
from boundaries.law.codes import LENGTH
from boundaries.release.store import Release
from boundaries.research.adjacency import Borders, find_borders
from boundaries.research.frontiers import Frontier, find_frontiers
from boundaries.research.linktable import REMOVED, read_links
from boundaries.research.people import OFFICIAL_WEIGHTS, WEIGHTS, People
from boundaries.research.sealinks import Links, Sea, Shores, bridging, no_links, pieces, sea_links
from boundaries.research.zoning import Units, assigned, read_units

Array = NDArray[Any]

#: Borders shorter than this and gaps narrower are marked doubtful: they may be the base map's.
TOUCH_M: Final = 100.0
GAP_M: Final = 500.0

LAND: Final = "darat"
SEA: Final = "laut"
#: Where an edge comes from; of a user's table it is the table's name.
SHARED: Final = "batas-bersama"
NEIGHBOURS: Final = "tetangga-laut"
NEAREST: Final = "terdekat"
_EDGES: Final = ("kode_a", "kode_b", "jenis", "batas_m", "jarak_m", "lintas_darat_m", "asal", "ragu")


@dataclass(frozen=True)
class SeaRule:
    """How units are linked over the sea: ``tetangga`` up to `limit_km`, only the ``terdekat`` that join the pieces of a
    province, or ``tanpa``."""

    kind: str = "tetangga"
    limit_km: float = 200.0

    @classmethod
    def parse(cls, text: str) -> "SeaRule":
        """Read ``tetangga:200``, ``tetangga``, ``terdekat`` or ``tanpa``."""
        kind, _, limit = text.partition(":")
        number = limit.isascii() and limit.isdecimal()
        if kind not in ("tetangga", "terdekat", "tanpa") or (limit and not (number and kind == "tetangga")):
            raise PlanError(f"{text!r} is no rule for the sea; write tetangga:200 (km), terdekat or tanpa")
        return cls(kind, float(limit) if limit else cls.limit_km if kind == "tetangga" else 0.0)

    def __str__(self) -> str:
        return f"{self.kind}:{self.limit_km:g}" if self.kind == "tetangga" else self.kind


@dataclass(frozen=True)
class Graph:
    """``nodes``: a row a unit, sorted by `kode`; ``edges``: a row a pair, `kode_a` < `kode_b`, sorted; ``pairs`` (e, 2)
    the same as positions of nodes; ``about``: release, licence, rules, sources of the weights, what is doubtful."""

    nodes: pd.DataFrame
    edges: pd.DataFrame
    about: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def codes(self) -> Array:
        """The codes (n,) of the nodes."""
        return self.nodes["kode"].to_numpy(dtype=str)

    @cached_property
    def land_m(self) -> Array:
        """The border on land (e,) of each edge; 0 for a link over the sea."""
        return np.where(self.edges["jenis"] == LAND, self.edges["batas_m"], 0.0)

    @cached_property
    def pairs(self) -> Array:
        """The two nodes (e, 2) of each edge, by position."""
        at = pd.Index(self.nodes["kode"])
        return np.column_stack([at.get_indexer(self.edges["kode_a"]), at.get_indexer(self.edges["kode_b"])])


def build_graph(
    release: Release,
    level: str,
    people: People,
    *,
    within: Collection[str] = (),
    sea: SeaRule | None = None,
    links: Path | None = None,
    weights: Sequence[str] = OFFICIAL_WEIGHTS,
    plans: bool = True,
) -> Graph:
    """Make the graph of a level (`boundaries.research.zoning.GRAPH_LEVELS`).

    Parameters
    ----------
    within
        Only units under these codes, all of one level; by default the nation. They have the coasts and links over the
        sea that they have in the nation's graph; a kabkota that is then in pieces gets the nearest links (`joins`).
    sea
        How units are linked over the sea; by default neighbours up to 200 km, in each province by itself.
    links
        A table of links to add and to take away (`boundaries.research.linktable`).
    weights
        Which counts the nodes carry (`boundaries.research.people.WEIGHTS`).
    plans
        Whether they carry their dapil by every plan.
    """
    sea = sea or SeaRule()
    around = sorted({code[: LENGTH["provinsi"]] for code in within})
    units = read_units(release, level, around)
    inside = _inside(units, within)
    asked = (
        None if links is None else read_links(links, set(units.codes[inside]))
    )  # before the work, which may be long
    borders = find_borders(units.geometry)
    shore = _shore(release, units, borders, around)
    frontier = find_frontiers(units.codes, shore.coast_m)
    edge = _Edge(shore.coast_m - frontier.length_m, frontier, borders.coast_m - shore.coast_m)
    found = _sea(units, shore, frontier, sea)
    if not inside.all():
        units, borders, edge, found = _part(inside, units, borders, edge, found, sea)
    edges = _edges(units.codes, borders, found)
    changes: list[str] = []
    if links is not None and asked is not None:
        edges, changes = _changed(edges, asked, links.name)
    nodes = _nodes(units, borders, edge)
    nodes = _with_people(nodes, people, weights)
    if plans:
        nodes = pd.concat([nodes, _with_dapil(release, units.codes)], axis=1)
    graph = Graph(nodes, edges, about(release, level, sea, weights))
    graph.about["tautan"] = changes
    graph.about["bagian_per_provinsi"] = components(graph)
    return graph


def components(graph: Graph) -> dict[str, int]:
    """How many pieces each province is in."""
    piece = pieces(len(graph.nodes), graph.pairs)
    province = graph.nodes["kode_provinsi"].to_numpy(dtype=str)
    return {str(code): len(np.unique(piece[province == code])) for code in np.unique(province)}


def inspect(graph: Graph) -> dict[str, Any]:
    """What to look at before a graph is used: pieces by land and in all, units alone, doubtful edges."""
    land = (graph.edges["jenis"] == LAND).to_numpy()
    province = graph.nodes["kode_provinsi"].to_numpy(dtype=str)
    by_land, joined = pieces(len(province), graph.pairs[land]), pieces(len(province), graph.pairs)
    touched = np.bincount(graph.pairs[land].ravel(), minlength=len(province))
    return {
        "simpul": len(graph.nodes),
        "sisi": len(graph.edges),
        "provinsi": {
            str(code): {
                "darat": len(np.unique(by_land[province == code])),
                "semua": len(np.unique(joined[province == code])),
                "sendiri": int((touched[province == code] == 0).sum()),
            }
            for code in np.unique(province)
        },
        "ragu": graph.edges.loc[
            graph.edges["ragu"], ["kode_a", "kode_b", "jenis", "batas_m", "jarak_m"]
        ].to_dict("records"),
    }


def about(release: Release, level: str, sea: SeaRule, weights: Sequence[str]) -> dict[str, Any]:
    """What every file of the graph says of itself."""
    source = release.manifest["source"]
    return {
        "rilis": release.id,
        "lisensi": source["licence"]["name"],
        "atribusi": source["attribution"],
        "tingkat": level,
        "tetangga_darat": "batas bersama lebih dari 0 m (rook) | a shared border longer than 0 m (rook)",
        "aturan_laut": str(sea),
        "ragu": f"batas < {TOUCH_M:g} m, celah < {GAP_M:g} m | border < {TOUCH_M:g} m, gap < {GAP_M:g} m",
        "bobot": {
            name: {
                "tahun": WEIGHTS[name].year,
                "sumber": WEIGHTS[name].source,
                "arti": WEIGHTS[name].meaning,
            }
            for name in weights
        },
    }


# Nodes


@dataclass(frozen=True)
class _Edge:
    """What lies beyond the edge of units (n) that no other unit of the graph has, in metres: ``coast_m`` (coast, lake),
    another country (``frontier``), ``others_m`` units that are not in the graph."""

    coast_m: Array
    frontier: Frontier
    others_m: Array

    def of(self, inside: Array, more_m: Array) -> "_Edge":
        """That of some units, with what other units of the land share with them besides."""
        here = self.frontier
        frontier = Frontier(here.country[inside], here.basis[inside], here.length_m[inside])
        return _Edge(self.coast_m[inside], frontier, self.others_m[inside] + more_m)


def _nodes(units: Units, borders: Borders, edge: _Edge) -> pd.DataFrame:
    table = units.table
    kept = ["kode", "nama", "tingkat", "kode_provinsi", "kode_kabkota", "kode_kecamatan"]
    nodes = table[kept].copy()
    nodes.insert(0, "kunci", "unit-" + table["kode"])
    place = shapely.get_coordinates(shapely.point_on_surface(units.geometry)).round(6)
    frontier = edge.frontier
    nodes["lon"], nodes["lat"] = place.T
    nodes["luas_m2"] = borders.area_m2.round(1)
    nodes["keliling_m"] = borders.perimeter_m.round(3)
    nodes["pantai_m"] = edge.coast_m.round(3)
    nodes["asing_m"] = frontier.length_m.round(3)
    nodes["luar_m"] = edge.others_m.round(3)
    nodes["batas_asing"] = frontier.country
    nodes["batas_asing_dasar"] = frontier.basis
    nodes["tepi"] = (edge.coast_m + frontier.length_m > 0) | (edge.others_m > 0)
    nodes["bagian"] = shapely.get_num_geometries(units.geometry)
    return nodes


def _with_people(nodes: pd.DataFrame, people: People, weights: Sequence[str]) -> pd.DataFrame:
    found: dict[str, Any] = {}
    for name in weights:
        sums = people.of_units(name, nodes["kode"])
        found[name] = pd.Series(np.round(sums.value)).astype("Int64").array
        found[f"{name}_asal"] = sums.origin
    return pd.concat([nodes, pd.DataFrame(found, index=nodes.index)], axis=1)


def _with_dapil(release: Release, codes: Array) -> pd.DataFrame:
    found = assigned(release, codes).reset_index(drop=True)
    return found.rename(columns={plan: plan.replace("-", "_") for plan in found.columns})


# Edges


def _inside(units: Units, within: Collection[str]) -> Array:
    """Which units (n,) lie under some codes, all of one level; all of them where there is no code."""
    if not within:
        return np.ones(len(units.codes), dtype=bool)
    found = np.isin(units.codes.astype(f"U{max(map(len, within))}"), sorted(within))
    if not found.any():
        raise NotFound(f"no unit in {', '.join(within)}; write a code of its provinsi or kabkota")
    return np.asarray(found)


def _shore(release: Release, units: Units, borders: Borders, provinces: Collection[str]) -> Borders:
    """Borders without those with provinces that are not among the units, which would pass for coasts."""
    if not provinces or "unit-provinsi" not in release.layers:
        return borders
    table, geometry = release.read_layer("unit-provinsi")
    beyond = ~table["kode"].isin(provinces).to_numpy() & shapely.intersects(
        shapely.box(*shapely.bounds(geometry).T), shapely.box(*shapely.total_bounds(units.geometry))
    )
    if not beyond.any():
        return borders
    others = EdgeIndex(directed(shapely.get_parts(geometry[beyond]))[0])
    shore = (others.find(borders.outer) < 0) & (others.find(borders.outer[:, ::-1]) < 0)
    return replace(
        borders, outer=borders.outer[shore], outer_of=borders.outer_of[shore], outer_m=borders.outer_m[shore]
    )


def _part(
    inside: Array, units: Units, borders: Borders, edge: _Edge, found: Links, sea: SeaRule
) -> tuple[Units, Borders, _Edge, Links]:
    """Some units of a graph, with the links among them and those that join what is then in pieces."""
    at = np.where(inside, np.cumsum(inside) - 1, -1)
    both, one = inside[borders.pairs].all(axis=1), inside[borders.pairs].any(axis=1)
    across = one & ~both
    more_m = np.bincount(borders.pairs[across].ravel(), np.repeat(borders.length_m[across], 2), len(inside))
    land, units = units, Units(units.table[inside].reset_index(drop=True), units.geometry[inside])
    outer = inside[borders.outer_of]
    mine = Borders(
        at[borders.pairs[both]], borders.length_m[both], borders.perimeter_m[inside], borders.area_m2[inside],
        borders.outer[outer], at[borders.outer_of[outer]], borders.outer_m[outer],
    )  # fmt: skip
    kept = inside[found.pairs].all(axis=1)
    links = Links(at[found.pairs[kept]], found.gap_m[kept], found.land_m[kept], found.nearest[kept])
    there = np.concatenate([mine.pairs, links.pairs])
    if sea.kind != "tanpa" and pieces(len(units.codes), there).max() > 0:
        nearest = joins(units, land)
        links = links.with_more(nearest.some(bridging(len(units.codes), there, nearest.pairs, nearest.gap_m)))
    return units, mine, edge.of(inside, more_m[inside]), links


def joins(units: Units, land: Units | None = None) -> Links:
    """The nearest links that make one piece of the units of each province, over whatever lies between: all of their
    outer edge passes for coast, so that what others cut off is joined, too. `land`: the units (sorted, these among
    them) whose land under a link is measured; by default these alone."""
    land = land or units
    borders = find_borders(units.geometry)
    found = _sea(units, borders, find_frontiers(units.codes, borders.coast_m), SeaRule("terdekat", 0.0))
    at = np.searchsorted(land.codes, units.codes)
    shores = Shores(land.geometry, borders.outer, at[borders.outer_of])
    return replace(found, land_m=Sea(shores).measured(at[found.pairs])[1])


def _sea(units: Units, borders: Borders, frontier: Frontier, sea: SeaRule) -> Links:
    """Links of every province by itself: the law never crosses a province."""
    if sea.kind == "tanpa":
        return no_links()
    province = np.char.ljust(units.codes, LENGTH["provinsi"]).astype(f"U{LENGTH['provinsi']}")
    free = (borders.coast_m - frontier.length_m) > 0
    coast = free[borders.outer_of]
    found = []
    for code in np.unique(province):
        mine = np.flatnonzero(province == code)
        at = np.full(len(province), -1)
        at[mine] = np.arange(len(mine))
        inside = (at[borders.outer_of] >= 0) & coast
        land = at[borders.pairs]
        land = land[(land >= 0).all(axis=1)]
        shores = Shores(units.geometry[mine], borders.outer[inside], at[borders.outer_of[inside]])
        each = sea_links(shores, land, sea.limit_km)
        found.append(Links(mine[each.pairs], each.gap_m, each.land_m, each.nearest))
    return Links(
        np.concatenate([each.pairs for each in found]),
        np.concatenate([each.gap_m for each in found]),
        np.concatenate([each.land_m for each in found]),
        np.concatenate([each.nearest for each in found]),
    )


def _edges(codes: Array, borders: Borders, found: Links) -> pd.DataFrame:
    pairs = np.concatenate([borders.pairs, found.pairs])
    land, links = len(borders.pairs), len(found.pairs)
    length = np.concatenate([borders.length_m, np.zeros(links)])
    gap = np.concatenate([np.zeros(land), found.gap_m])
    edges = pd.DataFrame({
        "kode_a": codes[pairs[:, 0]],
        "kode_b": codes[pairs[:, 1]],
        "jenis": np.repeat([LAND, SEA], [land, links]),
        "batas_m": length.round(3),
        "jarak_m": gap.round(3),
        "lintas_darat_m": np.concatenate([np.zeros(land), found.land_m]).round(3),
        "asal": [SHARED] * land + [NEAREST if nearest else NEIGHBOURS for nearest in found.nearest],
        "ragu": np.where(np.arange(land + links) < land, length < TOUCH_M, gap < GAP_M),
    })  # fmt: skip
    return edges.sort_values(["kode_a", "kode_b"], ignore_index=True)


def _changed(edges: pd.DataFrame, table: pd.DataFrame, name: str) -> tuple[pd.DataFrame, list[str]]:
    """Add and take away links; every change is told."""
    changes = []
    key = pd.MultiIndex.from_frame(edges[["kode_a", "kode_b"]])
    wanted = pd.MultiIndex.from_frame(table[["kode_a", "kode_b"]])
    there = wanted.isin(key)
    gone = (table["jenis"] == REMOVED).to_numpy()
    for row, known in zip(table.itertuples(), there, strict=True):
        done = {True: "dihapus", False: "tidak ada"}[bool(known)] if row.jenis == REMOVED else (
            "sudah ada" if known else "ditambah")  # fmt: skip
        changes.append(f"{row.kode_a} {row.kode_b} {row.jenis}: {done} ({name}, baris {row.Index})")
    kept = edges[~key.isin(wanted[gone])]
    new = table[~gone & ~there]
    added = pd.DataFrame({
        "kode_a": new["kode_a"], "kode_b": new["kode_b"], "jenis": new["jenis"], "batas_m": 0.0,
        "jarak_m": new["jarak_m"], "lintas_darat_m": np.nan, "asal": name, "ragu": False,
    })  # fmt: skip
    both = pd.concat([kept, added], ignore_index=True) if len(added) else kept
    return both.sort_values(["kode_a", "kode_b"], ignore_index=True)[list(_EDGES)], changes
