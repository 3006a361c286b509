"""The graph of neighbours beside GerryChain's: the same nodes, edges and lengths, and how long each takes.

    python bench/research.py [RELEASE] [LEVEL]

Needs gerrychain. CPU seconds of one run, the units in memory; GerryChain gets them in EPSG:6933, where it can measure.
"""

import sys
import time
from typing import Any

import geopandas as gpd
import numpy as np
from gerrychain import Graph
from numpy.typing import NDArray
from pyproj import Transformer

from boundaries.ground.grid import GRID
from boundaries.release.store import open_release
from boundaries.research.adjacency import find_borders
from boundaries.research.zoning import read_units

PLANE = Transformer.from_crs("OGC:CRS84", "EPSG:6933", always_xy=True)


def planar(edges: NDArray[Any]) -> NDArray[Any]:
    """Lengths of edges on the grid in EPSG:6933."""
    xy = np.stack(PLANE.transform(*(edges.reshape(-1, 2) / 10**GRID).T), axis=1).reshape(-1, 2, 2)
    return np.asarray(np.hypot(*(xy[:, 1] - xy[:, 0]).T))


def main(release: str = "build", level: str = "dasar") -> None:
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
    started = time.process_time()
    theirs = Graph.from_geodataframe(frame.set_index("kode"))
    other = time.process_time() - started
    print(f"{level}: {len(units.codes)} units; ours {first:.2f} s, again {second:.2f} s; GerryChain {other:.2f} s; "
          f"{other / first:.0f} times")  # fmt: skip
    compare(units.codes, find_borders(units.geometry, planar), theirs)
    assert len(ours.pairs) == len(theirs.edges)


def compare(codes: NDArray[Any], ours: Any, theirs: Any) -> None:
    """Nodes, edges and lengths of both."""
    at = {code: n for n, code in enumerate(codes)}
    edges = theirs.get_nx_graph().edges(data="shared_perim")
    found = {tuple(sorted((at[a], at[b]))): length for a, b, length in edges}
    mine = dict(zip(map(tuple, ours.pairs.tolist()), ours.length_m.tolist(), strict=True))
    worst = max(abs(found[pair] - mine[pair]) / max(mine[pair], 1) for pair in found.keys() & mine.keys())
    print(f"nodes {len(codes)} = {len(theirs.nodes)}; edges {len(mine)} = {len(found)}, in one only "
          f"{len(found.keys() ^ mine.keys())}; lengths differ by {worst:.1e} at most")  # fmt: skip


if __name__ == "__main__":
    main(*sys.argv[1:])
