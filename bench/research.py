"""The graph of neighbours beside GerryChain's, crosswalks beside gerrytools' and tobler's: the same, and how fast.

    python bench/research.py [RELEASE] [LEVEL]
    python bench/research.py crosswalk [RELEASE]

Needs gerrychain, or gerrytools and tobler. CPU seconds of one run, the units in memory; who measures in a plane gets
them in EPSG:6933.
"""

import sys
import time
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import Transformer

from boundaries.ground.grid import GRID
from boundaries.ground.measures import area_m2
from boundaries.law.plans import assignment, base_units, load_plans
from boundaries.law.registry import load_registry
from boundaries.release.store import FULL, Release, open_release
from boundaries.research.adjacency import find_borders
from boundaries.research.crosswalk import Ground, crosswalk
from boundaries.research.people import People
from boundaries.research.proposal import of_law
from boundaries.research.zoning import BASE, read_units

PLANE = Transformer.from_crs("OGC:CRS84", "EPSG:6933", always_xy=True)


def planar(edges: NDArray[Any]) -> NDArray[Any]:
    """Lengths of edges on the grid in EPSG:6933."""
    xy = np.stack(PLANE.transform(*(edges.reshape(-1, 2) / 10**GRID).T), axis=1).reshape(-1, 2, 2)
    return np.asarray(np.hypot(*(xy[:, 1] - xy[:, 0]).T))


def main(release: str = "build", level: str = "dasar") -> None:
    """The graph of a level."""
    from gerrychain import Graph

    units = read_units(open_release(release), level)
    find_borders(units.geometry[:1])  # what is loaded when first asked for
    started = time.process_time()
    ours = find_borders(units.geometry)
    first = time.process_time() - started
    started = time.process_time()
    find_borders(units.geometry)
    second = time.process_time() - started
    frame = gpd.GeoDataFrame({"kode": units.codes}, geometry=units.geometry, crs="OGC:CRS84").to_crs(
        "EPSG:6933"
    )
    print(f"not valid once in a plane: {frame['kode'][~frame.is_valid].tolist()}")
    started = time.process_time()
    theirs = Graph.from_geodataframe(frame.set_index("kode"), ignore_errors=True)
    other = time.process_time() - started
    print(f"{level}: {len(units.codes)} units; ours {first:.2f} s, again {second:.2f} s; GerryChain {other:.2f} s; "
          f"{other / first:.0f} times")  # fmt: skip
    compare(units.codes, find_borders(units.geometry, planar), theirs, set(frame["kode"][~frame.is_valid]))
    assert len(ours.pairs) == len(theirs.edges)


def compare(codes: NDArray[Any], ours: Any, theirs: Any, broken: set[str]) -> None:
    """Nodes, edges and lengths of both; these but between units that the plane makes cross themselves (`broken`)."""
    at = {code: n for n, code in enumerate(codes)}
    edges = theirs.get_nx_graph().edges(data="shared_perim")
    found = {tuple(sorted((at[a], at[b]))): length for a, b, length in edges}
    mine = dict(zip(map(tuple, ours.pairs.tolist()), ours.length_m.tolist(), strict=True))
    worst = max(
        abs(found[pair] - mine[pair]) / max(mine[pair], 1)
        for pair in found.keys() & mine.keys()
        if not broken.issuperset(codes[list(pair)])
    )
    print(f"nodes {len(codes)} = {len(theirs.nodes)}; edges {len(mine)} = {len(found)}, in one only "
          f"{len(found.keys() ^ mine.keys())}; lengths differ by {worst:.1e} at most")  # fmt: skip


CHAMBERS: Final = ("dpr", "dprd-provinsi", "dprd-kabkota")


def crosswalks(release: str = "build") -> None:
    """2019 to 2024 of three chambers: polling stations against gerrytools, areas against tobler."""
    from gerrytools.plan_comparison import population_overlap
    from tobler.area_weighted import area_interpolate

    opened, registry = open_release(release), load_registry()
    people = People(registry)
    names = [f"{chamber}-{year}" for chamber in CHAMBERS for year in (2019, 2024)]
    plans = {plan.id: plan for plan in load_plans(registry=registry, only=names)}
    laws = {name: of_law(plan) for name, plan in plans.items()}
    units = read_units(opened, BASE)
    ground = Ground(units.codes, area_m2(units.geometry))
    base = base_units(plans.values(), registry)
    table = pd.DataFrame({name: assignment(plan, base) for name, plan in plans.items()}, index=list(base))
    table["tps"] = people.of_units("tps_2024", base).value
    spent = 0.0
    for chamber in CHAMBERS:
        old, new = f"{chamber}-2019", f"{chamber}-2024"
        started = time.process_time()
        ours = crosswalk(laws[old], laws[new], people, ground)
        took = time.process_time() - started
        spent += took
        keyed = ours.set_index([ours[side].str.rsplit("-", n=1).str[-1] for side in ("id_a", "id_b")])
        held = table.dropna(subset=[old, new])
        whole = held["tps"].isna().groupby([held[old], held[new]]).transform("sum") == 0
        started = time.process_time()
        theirs = population_overlap(held[whole], source=old, target=new, population="tps").stack()
        other = time.process_time() - started
        sums = keyed["tps_2024"].reindex(theirs.index).dropna().astype(float)
        print(f"{chamber}: {len(ours)} pairs in {took:.3f} s; gerrytools {other:.3f} s, {len(sums)} pairs whose "
              f"stations are known differ by {(theirs[sums.index] - sums).abs().max():g} at most; elsewhere "
              f"it has {theirs.drop(sums.index).sum():g}")  # fmt: skip
        source, target = (_dapil(opened, plan) for plan in (old, new))
        started = time.process_time()
        found = area_interpolate(source, target, categorical_variables=["kode"])
        other = time.process_time() - started
        found.index = target["kode"]
        part = found.drop(columns="geometry").rename(columns=lambda name: str(name).removeprefix("kode_"))
        pairs = part.T.stack()
        share = keyed["bagian_b_luas"]
        far = (pairs.reindex(share.index) - share).abs()
        print(f"  tobler {other:.2f} s, {other / took:.0f} times; shares of area differ by {far.max():.1e} at most; in "
              f"pairs that are none of ours it sees {pairs.drop(share.index).max():.1e} at most")  # fmt: skip
    print(f"three chambers {spent:.3f} s")


def _dapil(release: Release, plan: str) -> gpd.GeoDataFrame:
    rows, geometry = release.read_layer(plan, FULL)
    return gpd.GeoDataFrame({"kode": rows["kode_dapil"]}, geometry=geometry, crs="OGC:CRS84").to_crs(
        "EPSG:6933"
    )


if __name__ == "__main__":
    words = sys.argv[1:]
    crosswalks(*words[1:]) if words[:1] == ["crosswalk"] else main(*words)
