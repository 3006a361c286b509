"""Measure in one run: the whole national build, and the clean step against mapshaper -clean on the same input.

Needs the base map kemendagri-2025 (BOUNDARIES_MIRROR, the cache or upstream) and, for the comparison, npm. Prints
CPU seconds, wall time, peak memory and the quality of each result; on a shared machine read the ratios.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from boundaries import sources
from boundaries.ground.coverage import clean

MAPSHAPER = "mapshaper@0.7"


@dataclass
class Run:
    name: str
    cpu: float
    wall: float
    memory_mb: float

    def row(self, quality: str = "") -> str:
        return f"{self.name:<44}{self.cpu:>9.1f}{self.wall:>9.1f}{self.memory_mb:>9.0f}  {quality}"


def child(name: str, command: list[str]) -> Run:
    """Run a command, count its CPU time (children too), wall time and peak memory."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{name} failed:\n{process.stderr.read().decode()[-2000:] if process.stderr else ''}")
    return Run(name, usage.ru_utime + usage.ru_stime, time.perf_counter() - start, usage.ru_maxrss / 1024)


def quality(geometry: np.ndarray, units: int) -> str:
    """What is wrong with a would-be coverage, in words."""
    there = geometry[~(shapely.is_missing(geometry) | shapely.is_empty(geometry))]
    invalid = int((~shapely.is_valid(there)).sum())
    edges = shapely.coverage_invalid_edges(there)
    bad = sum(e is not None and not e.is_empty for e in edges)
    whole = shapely.get_parts(shapely.union_all(shapely.make_valid(there)))
    holes = shapely.get_rings(whole).size - len(whole)
    parts = int(shapely.get_num_geometries(there).sum())
    return (
        f"{len(there)}/{units} units, {parts} parts, {invalid} invalid, {bad} with bad edges, {holes} holes"
    )


def mapshaper(folder: Path) -> list[str] | None:
    """Install mapshaper into `folder` through npm; None where there is no npm."""
    if not shutil.which("npm"):
        return None
    done = subprocess.run(
        ["npm", "install", "--silent", "--prefix", str(folder), MAPSHAPER], capture_output=True
    )
    return ["node", str(folder / "node_modules/.bin/mapshaper")] if done.returncode == 0 else None


def ours(geojson: Path) -> None:
    """Child process: read the input, clean it, say what the clean step alone took and how good the result is."""
    frame = gpd.read_file(geojson)
    geometry = frame.geometry.to_numpy()
    start = time.process_time()
    result = clean(frame["kode"].to_numpy(), geometry)
    print(f"{time.process_time() - start:.2f}|{quality(result.geometry, len(frame))}")


def main() -> None:
    if sys.argv[1:2] == ["--ours"]:
        return ours(Path(sys.argv[2]))
    print(f"{'':<44}{'CPU s':>9}{'wall s':>9}{'peak MB':>9}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        dapil = [sys.executable, "-m", "boundaries.cli"]
        whole = child(
            "whole build, 15 plans", [*dapil, "build", "--source", "kemendagri-2025", "--out", name + "/out"]
        )
        print(
            whole.row(
                f"goal: under 60 s wall ({whole.wall / 60:.2f}) and 2 GB ({whole.memory_mb / 2048:.2f})"
            )
        )
        print(child("verify of that release", [*dapil, "verify", name + "/out/current"]).row())
        compare(folder)


def compare(folder: Path) -> None:
    """The clean step against mapshaper's, both on the kecamatan as the source draws them."""
    source = sources.load_source("kemendagri-2025")
    raw = sources.read_units(source, sources.fetch(source), "kecamatan")
    frame = gpd.GeoDataFrame({"kode": raw.codes}, geometry=raw.geometry, crs="OGC:CRS84")
    geojson = folder / "kecamatan.json"
    frame.to_file(geojson, driver="GeoJSON", layer_options={"COORDINATE_PRECISION": 15})
    start = time.perf_counter()
    out = subprocess.run(
        [sys.executable, __file__, "--ours", str(geojson)], capture_output=True, text=True, check=True
    )
    cpu, words = out.stdout.strip().split("|")
    mine = Run(
        "clean + fill, this project (in memory)", float(cpu), time.perf_counter() - start, float("nan")
    )
    print(mine.row(words))
    command = mapshaper(folder)
    if command is None:
        print("mapshaper: not compared, npm or its registry cannot be had here")
        return
    cleaned = folder / "mapshaper.json"
    copy = child(
        "mapshaper, read and write only", [*command, "-i", str(geojson), "-o", str(folder / "copy.json")]
    )
    done = child(
        "mapshaper -clean, read and write too", [*command, "-i", str(geojson), "-clean", "-o", str(cleaned)]
    )
    result = gpd.read_file(cleaned).geometry.to_numpy()
    print(copy.row())
    print(done.row(quality(result, len(frame))))
    alone = done.cpu - copy.cpu
    print(f"ratio of CPU, ours over mapshaper -clean: {mine.cpu / done.cpu:.2f} (over its clean step alone: "
          f"{mine.cpu / alone:.2f}); goal: under 1")  # fmt: skip


if __name__ == "__main__":
    main()
