"""TopoJSON of all dapil of a year against what a user would pick instead: the same input, the same run.

    python bench/topojson.py RELEASE [YEAR] [CASE ...]

RELEASE is a directory of releases or one release; CASE is a chamber or ``all`` (four chambers in one file). For each
case this project's ``web`` size is made, and each peer is asked for the same grid and simplified until the same share
of ground has changed sides (area of the symmetric difference of every dapil over all their area): mapshaper (weighted
Visvalingam, keep-shapes), topojson-server with topojson-simplify (-p, never -f) and topojson-client's quantiser, and
the Python package topojson. Printed: CPU and wall seconds and peak memory of the last run, size raw, gzip -9 and
brotli, and what is wrong with what came out: dapil lost, islands left, invalid polygons, polygons whose edges their
neighbours do not match. Since the peers drop most islands, this project is also asked for as few as mapshaper leaves,
at the same error, by way of comparison: no such file is published. Needs npm and its registry; what cannot be had is
left out and said.
"""

import gzip
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import brotli
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from boundaries.exports import topojson as tj
from boundaries.release.store import Release, open_release
from boundaries.topology.arcs import Topology, build_topology
from boundaries.topology.thinning import largest_parts, thin

PACKAGES = ("mapshaper@0.7", "topojson-server@3", "topojson-simplify@3", "topojson-client@3")
RUN_LIMIT_S = 200
"""One run of a peer may take as long; longer, and it counts as failed."""
SEARCH_LIMIT_S = 240
"""No further try at a parameter after as long."""
ROUNDS = 9


@dataclass
class Run:
    cpu: float
    wall: float
    memory_mb: float


@dataclass
class Quality:
    moved_pct: float
    lost: int
    islands: int
    invalid: int
    bad_edges: int


Shapes = dict[str, np.ndarray]


def child(commands: list[list[str]]) -> Run:
    """Run commands one after another; the sum of their CPU and wall times, the largest peak memory."""
    total = Run(0.0, 0.0, 0.0)
    for command in commands:
        start = time.perf_counter()
        with tempfile.TemporaryFile() as said:
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=said)
            status, usage, peak = _watch(process.pid)
            if status:
                said.seek(0)
                raise RuntimeError(
                    said.read().decode()[-500:]
                    or f"ended by signal {status & 127} after {time.perf_counter() - start:.0f} s"
                )
        total.cpu += usage.ru_utime + usage.ru_stime
        total.wall += time.perf_counter() - start
        total.memory_mb = max(total.memory_mb, peak)
    return total


def _watch(pid: int) -> tuple[int, resource.struct_rusage, float]:
    """Wait for a process: its status, what it used, and its peak memory in MB.

    The peak is read while it runs: what the system tells at the end counts the memory of this process too.
    """
    peak = 0.0
    start = time.perf_counter()
    while True:
        if time.perf_counter() - start > RUN_LIMIT_S:
            os.kill(pid, signal.SIGKILL)
        try:
            told = Path(f"/proc/{pid}/status").read_text()
            peak = max(
                peak, *(int(row.split()[1]) / 1024 for row in told.splitlines() if row.startswith("VmHWM"))
            )
        except (OSError, TypeError):
            pass  # it is gone, or not Linux
        done, status, usage = os.wait4(pid, os.WNOHANG)
        if done:
            return status, usage, peak
        time.sleep(0.02)


def decode(path: Path) -> dict[str, dict[str, shapely.Geometry]]:
    """Polygons of every object by the id of their feature; not this project's reader, nor trusting."""
    text = json.loads(path.read_bytes())
    arcs = [np.array(arc, dtype=float) for arc in text["arcs"]]
    if "transform" in text:
        scale, shift = (np.array(text["transform"][key]) for key in ("scale", "translate"))
        arcs = [np.cumsum(arc, axis=0) * scale + shift for arc in arcs]

    def ring(refs: list[int]) -> np.ndarray:
        parts = [arcs[r] if r >= 0 else arcs[~r][::-1] for r in refs]
        return np.concatenate([part if k == 0 else part[1:] for k, part in enumerate(parts)])

    def polygon(rings: list[list[int]]) -> shapely.Polygon:
        outside, *holes = (ring(refs) for refs in rings)
        holes = [hole for hole in holes if len(hole) > 3]
        return shapely.Polygon(outside, holes) if len(outside) > 3 else shapely.Polygon()

    found: dict[str, dict[str, shapely.Geometry]] = {}
    for name, value in text["objects"].items():
        found[name] = {}
        for feature in value["geometries"]:
            polygons = feature.get("arcs", [])
            polygons = [polygons] if feature["type"] == "Polygon" else polygons
            parts = [polygon(each) for each in polygons]
            key = feature.get("properties", {}).get("id") or feature.get("id")
            found[name][key] = shapely.MultiPolygon([p for p in parts if not p.is_empty])
    return found


def judge(path: Path, truth: dict[str, tuple[list[str], np.ndarray]]) -> Quality:
    """Compare what came out with the release."""
    got = decode(path)
    moved = area = 0.0
    lost = islands = invalid = bad = 0
    for name, (ids, geometry) in truth.items():
        there = got.get(name, {})
        read = np.array([there.get(key, shapely.MultiPolygon()) for key in ids], dtype=object)
        lost += int(shapely.is_empty(read).sum())
        islands += int(shapely.get_num_geometries(read).sum())
        wrong = ~shapely.is_valid(read)
        invalid += int(wrong.sum())
        edges = shapely.coverage_invalid_edges(read)
        bad += sum(edge is not None and not edge.is_empty for edge in edges)
        read[wrong] = shapely.make_valid(read[wrong])
        moved += float(shapely.area(shapely.symmetric_difference(read, geometry)).sum())
        area += float(shapely.area(geometry).sum())
    return Quality(100 * moved / area, lost, islands, invalid, bad)


def line(name: str, run: Run, path: Path, quality: Quality) -> str:
    content = path.read_bytes()
    sizes = [len(content), len(gzip.compress(content, 9, mtime=0)), len(brotli.compress(content))]
    return (
        f"{name:<36}{run.cpu:>7.1f}{run.wall:>7.1f}{run.memory_mb:>7.0f}"
        + "".join(f"{size / 1000:>8.0f}" for size in sizes)
        + f"{quality.moved_pct:>8.3f}{quality.islands:>8}{quality.lost:>6}{quality.invalid:>8}{quality.bad_edges:>7}"
    )


def search(
    make: Callable[[float], Run], path: Path, truth: dict, goal: float, low: float, high: float
) -> tuple:
    """Bisect a parameter (larger: coarser; on a logarithmic scale) until as much ground has moved as the goal."""
    best = None
    start = time.perf_counter()
    for _ in range(ROUNDS):
        middle = float(np.sqrt(low * high))
        run = make(middle)
        quality = judge(path, truth)
        if best is None or abs(quality.moved_pct - goal) < abs(best[1].moved_pct - goal):
            best = (run, quality, path.with_suffix(".best"))
            shutil.copy(path, best[2])
        if abs(quality.moved_pct - goal) < 0.02 * goal or time.perf_counter() - start > SEARCH_LIMIT_S:
            break
        low, high = (middle, high) if quality.moved_pct < goal else (low, middle)
    return best


# --- who makes it ------------------------------------------------------------------------------------


def peers(inputs: dict[str, Path], folder: Path, grid: tuple[int, int], out: Path) -> dict[str, tuple]:
    """Name → (function from a parameter to a run, its lowest and highest value)."""
    made: dict[str, tuple] = {"python topojson": (lambda eps: _python(inputs, eps, grid, out), 1e-5, 0.3)}
    if not _install(folder):
        print("npm or its registry cannot be had here: mapshaper and topojson-simplify are not compared")
        return made
    tool = {name: ["node", str(folder / "node_modules/.bin" / name)] for name in _TOOLS}
    names = [str(path) for path in inputs.values()]

    def mapshaper(interval: float, *, clean: bool) -> Run:
        several = ["combine-files"] if len(names) > 1 else []
        steps = ["-clean"] if clean else []
        simplify = ["-simplify", "weighted", f"interval={interval}", "keep-shapes", "target=*"]
        save = ["-o", str(out), "format=topojson", f"quantization={grid[0]}", "target=*", "id-field=id"]
        return child([[*tool["mapshaper"], "-i", *names, *several, *steps, *simplify, *save]])

    def chain(area: float) -> Run:
        whole, simple = folder / "whole.json", folder / "simple.json"
        objects = [f"{name}={path}" for name, path in inputs.items()]
        return child([
            [*tool["geo2topo"], "-o", str(whole), *objects],
            [*tool["toposimplify"], "-p", repr(area), "-o", str(simple), str(whole)],
            [*tool["topoquantize"], str(grid[0]), "-o", str(out), str(simple)],
        ])  # fmt: skip

    made["mapshaper, keep-shapes"] = (lambda v: mapshaper(v, clean=False), 20, 20_000)
    if len(names) == 1:
        made["mapshaper, -clean, keep-shapes"] = (lambda v: mapshaper(v, clean=True), 20, 20_000)
    made["geo2topo | toposimplify | quantize"] = (chain, 1e-8, 1e-2)
    return made


_TOOLS = ("mapshaper", "geo2topo", "toposimplify", "topoquantize")


def _install(folder: Path) -> bool:
    if not shutil.which("npm") or not shutil.which("node"):
        return False
    command = ["npm", "install", "--silent", "--no-audit", "--prefix", str(folder), *PACKAGES]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _python(inputs: dict[str, Path], eps: float, grid: tuple[int, int], out: Path) -> Run:
    words = [f"{name}={path}" for name, path in inputs.items()]
    return child([[sys.executable, "-P", __file__, "--python", repr(eps), str(grid[0]), str(out), *words]])


def python_child(eps: str, grid: str, out: str, *inputs: str) -> None:
    import topojson

    names, paths = zip(*(each.split("=", 1) for each in inputs), strict=True)
    frames = [gpd.read_file(path) for path in paths]
    topology = topojson.Topology(
        frames, object_name=list(names), toposimplify=float(eps), topoquantize=int(grid), prequantize=False
    )
    Path(out).write_text(topology.to_json())


def ours_child(release: str, year: str, case: str, out: str, tolerance: str = "", islands: str = "") -> None:
    """What `boundaries.exports.topojson` does for a file and its drawing: read, build, simplify, check, encode.

    With a tolerance and an area (m²): only islands as large as that, and the largest ground of every dapil.
    """
    opened = open_release(release)
    detail = tj.DRAWINGS[tj.NATION["web"][case]]
    source = only_dapil(opened, int(year), case)
    if islands:
        detail = replace(detail, tolerance_m=float(tolerance))
        source = thin(source, _largest(source), float(islands), None)
    elif detail.island_m2:
        source = tj.thinned(source, detail, tj.landmarks(opened))
    Path(out).write_bytes(tj.encode(tj.sized(source, detail)[0]))


def _area_for(source: Topology, islands: int) -> float:
    """The area (m²) from which on islands are to be kept so that all objects together have as many polygons."""
    low, high, ground = 1.0, 1e12, _largest(source)
    for _ in range(40):
        middle = float(np.sqrt(low * high))
        left = thin(source, ground, middle, None)
        many = sum(len(rings.polygon) - 1 for rings in left.rings.values()) > islands
        low, high = (middle, high) if many else (low, middle)
    return high


def _largest(source: Topology) -> np.ndarray:
    """Ground of every dapil that stays, however few islands do."""
    return np.concatenate([largest_parts(source.polygons(name)) for name in source.rings])


def only_dapil(release: Release, year: int, case: str) -> Topology:
    """The chambers without the units, which the peers are not given either."""
    layers = {name: f"{name}-{year}" for name in ([case] if case else tj.CHAMBERS)}
    found = {name: layer for name, layer in layers.items() if layer in release.layers}
    return build_topology({name: tj.columns(*release.read_layer(layer)) for name, layer in found.items()})


# --- the comparison ----------------------------------------------------------------------------------


def compare(release: Release, year: int, case: str, folder: Path) -> None:
    names = [n for n in ([case] if case else tj.CHAMBERS) if f"{n}-{year}" in release.layers]
    inputs, truth = {}, {}
    for name in names:
        frame, geometry = release.read_layer(f"{name}-{year}")
        table: pd.DataFrame = tj.columns(frame, geometry)[0]
        inputs[name] = folder / f"{name}.json"
        gpd.GeoDataFrame(table, geometry=geometry, crs="OGC:CRS84").to_file(
            inputs[name], driver="GeoJSON", layer_options={"COORDINATE_PRECISION": 7, "RFC7946": "YES"}
        )
        truth[name] = (table["id"].tolist(), geometry)
    print(f"\n{case or 'all'} {year}: {sum(len(ids) for ids, _ in truth.values())} dapil, "
          f"{sum(int(shapely.get_num_geometries(g).sum()) for _, g in truth.values())} islands")  # fmt: skip
    print(f"{'':<36}{'CPU s':>7}{'wall':>7}{'MB':>7}{'raw kB':>8}{'gzip':>8}{'br':>8}{'moved %':>8}{'islands':>8}"
          f"{'lost':>6}{'invalid':>8}{'edges':>7}")  # fmt: skip
    out = folder / "ours.json"
    run = child([[sys.executable, "-P", __file__, "--ours", str(release.path), str(year), case, str(out)]])
    mine = judge(out, truth)
    print(line("this project, web", run, out, mine), flush=True)
    box = shapely.total_bounds(np.concatenate([g for _, g in truth.values()]))
    step = tj.DRAWINGS[tj.NATION["web"][case]].step / 1e7
    grid = (round((box[2] - box[0]) / step), round((box[3] - box[1]) / step))
    for name, (make, low, high) in peers(inputs, folder, grid, folder / "peer.json").items():
        try:
            run, quality, path = search(make, folder / "peer.json", truth, mine.moved_pct, low, high)
            print(line(name, run, path, quality), flush=True)
            if name == "mapshaper, keep-shapes":
                few(release, year, case, folder, truth, quality)
        except (RuntimeError, MemoryError) as error:
            print(f"{name:<36}failed: {str(error).strip().splitlines()[-1:]}", flush=True)


def few(release: Release, year: int, case: str, folder: Path, truth: dict, peer: Quality) -> None:
    """This project with as many islands and as much ground moved as a peer."""
    out = folder / "few.json"
    command = [sys.executable, "-P", __file__, "--ours", str(release.path), str(year), case, str(out)]
    area = repr(_area_for(only_dapil(release, year, case), peer.islands))
    run, quality, path = search(
        lambda value: child([[*command, repr(value), area]]), out, truth, peer.moved_pct, 50, 10_000
    )
    print(line("this project, as few islands", run, path, quality), flush=True)


def main() -> None:
    modes = {"--ours": ours_child, "--python": python_child}
    if sys.argv[1:2] and sys.argv[1] in modes:
        return modes[sys.argv[1]](*sys.argv[2:])
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    release = open_release(sys.argv[1])
    year = int(sys.argv[2]) if len(sys.argv) > 2 else 2024
    for case in sys.argv[3:] or ("dpr", "all"):
        with tempfile.TemporaryDirectory() as name:
            compare(release, year, "" if case == "all" else case, Path(name))


if __name__ == "__main__":
    main()
