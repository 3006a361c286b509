"""Measure what a national release costs, and the cleaning of its desa against `mapshaper -clean`: `make bench`.

    python bench/build.py                     everything, about a quarter of an hour on two quiet cores
    python bench/build.py --only build,again  some of it: build, again, downloads, verify, clean, growth

Needs the base map kemendagri-2025 (BOUNDARIES_MIRROR, the cache or upstream; fetched before anything is timed) and, for
the comparison, npm. Printed are CPU seconds of all processes, seconds on the clock, and the peak of what all processes
hold together (Pss: pages that several share count once). On a machine that others use read CPU and ratios.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import shapely

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from boundaries import sources  # noqa: E402
from boundaries.build import whole_need  # noqa: E402
from boundaries.ground.coverage import clean  # noqa: E402
from boundaries.ground.grid import GRID  # noqa: E402
from boundaries.ground.soundness import faulty  # noqa: E402
from boundaries.sources import file_cache  # noqa: E402

SOURCE: Final = "kemendagri-2025"
MAPSHAPER: Final = "mapshaper@0.7"
PARTS: Final = ("build", "again", "downloads", "verify", "clean", "growth")
PROVINCES: Final = (1, 5, 15, 38)


@dataclass
class Run:
    """What one command took."""

    name: str
    cpu: float
    wall: float
    memory_mb: float
    told: str = ""

    def row(self, more: str = "") -> str:
        return f"{self.name:<44}{self.cpu:>9.1f}{self.wall:>9.1f}{self.memory_mb:>9.0f}  {more}"


def child(name: str, command: list[str], cache: Path | None = None) -> Run:
    """Run a command; count the CPU time of it and of its children, and the peak memory of all of them together."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | ({"BOUNDARIES_CACHE": str(cache)} if cache else {})
    with tempfile.TemporaryFile("w+") as told, tempfile.TemporaryFile("w+") as trouble:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=told, stderr=trouble, env=environment)
        peak = [0.0]
        watcher = threading.Thread(target=_watch, args=(process.pid, peak), daemon=True)
        watcher.start()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        watcher.join()
        if status:
            trouble.seek(0)
            sys.exit(f"{name} failed:\n{trouble.read()[-2000:]}")
        told.seek(0)
        return Run(name, usage.ru_utime + usage.ru_stime, wall, peak[0], told.read())


def _watch(root: int, peak: list[float]) -> None:
    while Path(f"/proc/{root}/smaps_rollup").exists():
        peak[0] = max(peak[0], sum(map(_held_mb, _tree(root))))
        time.sleep(1)


def _tree(root: int) -> list[int]:
    try:
        own = Path(f"/proc/{root}/task/{root}/children").read_text().split()
    except OSError:
        return []
    return [root, *(each for one in own for each in _tree(int(one)))]


def _held_mb(process: int) -> float:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)


# --- builds -----------------------------------------------------------------------------------------------


def unparsed_cache(folder: Path) -> Path:
    """A cache with the fetched files and nothing that was parsed of them."""
    sources.choose(SOURCE, need=whole_need())
    cache = folder / "cache"
    if file_cache.default().is_dir():
        unparsed = shutil.ignore_patterns("parsed")
        shutil.copytree(file_cache.default(), cache, copy_function=_linked, ignore=unparsed)
    return cache


def _linked(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def builds(folder: Path, out: Path, only: list[str]) -> None:
    """The release from fetched files, once more from parsed ones, its downloads, and the proof of both."""
    dapil = [sys.executable, "-m", "boundaries.cli"]
    cache = unparsed_cache(folder)
    build = [*dapil, "build", "--source", SOURCE, "--no-downloads", "--out", str(out)]
    first = child("national release, files fetched", build, cache)
    print(first.row("goal: 200 CPU s, 120 s on two quiet cores, 4,096 MB"), flush=True)
    if "again" in only:
        again = child("the same once more, files parsed", build, cache)
        same = "same bytes" if again.told == first.told else "ANOTHER RELEASE"
        print(again.row(f"{again.cpu / first.cpu:.2f} of the CPU; {same}"), flush=True)
    release = str(out / "current")
    if "downloads" in only:
        print(child("downloads of it", [*dapil, "export", "--all", "--release", release]).row(), flush=True)
    if "verify" in only:
        print(child("verify of it", [*dapil, "verify", "--release", release]).row(), flush=True)


# --- the cleaning -----------------------------------------------------------------------------------------


def desa() -> tuple[np.ndarray, np.ndarray]:
    """Codes and polygons as the source draws them."""
    chosen = sources.choose(SOURCE, need=whole_need())
    raw = sources.read_units(chosen.source, chosen.fetched, "desa")
    there = np.array([g is not None and not g.is_empty for g in raw.geometry])
    return raw.codes[there].astype(str), raw.geometry[there]


def quality(geometry: np.ndarray, units: int) -> str:
    """What is wrong with a would-be coverage, in words: what GEOS flags, and of that what the exact check confirms.

    The exact check is for points on the release's grid; of others it is told only that they are not.
    """
    there = geometry[~(shapely.is_missing(geometry) | shapely.is_empty(geometry))]
    invalid = int((~shapely.is_valid(there)).sum())
    edges = shapely.coverage_invalid_edges(there)
    flagged = int((~(shapely.is_missing(edges) | shapely.is_empty(edges))).sum())
    xy = shapely.get_coordinates(there) * 10**GRID
    on_grid = bool((np.abs(xy - np.rint(xy)) < 1e-3).all())
    exact = (
        f"{len(faulty(there))} at fault by the exact check"
        if on_grid and not invalid
        else "points off the grid"
    )
    parts = int(shapely.get_num_geometries(there).sum())
    return f"{len(there)}/{units} units, {parts} parts, {invalid} invalid, {flagged} flagged by GEOS, {exact}"


def compare(folder: Path) -> None:
    """The clean step against mapshaper's, both on the desa as the source draws them, from file to file."""
    codes, geometry = desa()
    given, ours, theirs = (folder / f"{name}.json" for name in ("desa", "ours", "mapshaper"))
    write_collection(given, codes, geometry)
    own = child("clean + fill, this project", [sys.executable, __file__, "--clean", str(given), str(ours)])
    print(own.row(quality(read_collection(ours)[1], len(codes))), flush=True)
    step = float(own.told)
    print(f"{'  of it the step itself':<44}{step:>9.1f}", flush=True)
    command = mapshaper(folder)
    if command is None:
        print("mapshaper: not compared, npm or its registry cannot be had here")
        return
    copied = child(
        "mapshaper, read and write only", [*command, "-i", str(given), "-o", str(folder / "copy.json")]
    )
    print(copied.row(), flush=True)
    done = child("mapshaper -clean", [*command, "-i", str(given), "-clean", "-o", str(theirs)])
    print(done.row(quality(read_collection(theirs)[1], len(codes))), flush=True)
    print(
        f"CPU of ours over mapshaper -clean: the step over the command {step / done.cpu:.2f} (goal: under 1), "
        f"file to file {own.cpu / done.cpu:.2f}, the step over its step {step / (done.cpu - copied.cpu):.2f}"
    )


def write_collection(path: Path, codes: np.ndarray, geometry: np.ndarray) -> None:
    with path.open("w") as file:
        for n, (code, text) in enumerate(zip(codes, shapely.to_geojson(geometry), strict=True)):
            head = "," if n else '{"type":"FeatureCollection","features":['
            file.write(f'{head}\n{{"type":"Feature","properties":{{"kode":"{code}"}},"geometry":{text}}}')
        file.write("\n]}\n")


def read_collection(path: Path) -> tuple[np.ndarray, np.ndarray]:
    import pyogrio

    frame = pyogrio.read_dataframe(path, columns=["kode"])
    return frame["kode"].to_numpy(dtype=str), frame.geometry.to_numpy()


def mapshaper(folder: Path) -> list[str] | None:
    """Install mapshaper into `folder` through npm; None where there is no npm."""
    if not shutil.which("npm"):
        return None
    install = ["npm", "install", "--silent", "--prefix", str(folder), MAPSHAPER]
    if subprocess.run(install, capture_output=True, check=False).returncode:
        return None
    return ["node", "--max-old-space-size=12000", str(folder / "node_modules/mapshaper/bin/mapshaper")]


def clean_file(given: Path, cleaned: Path) -> None:
    """Child process: read the input, clean it, write the outcome; say what the step itself took."""
    codes, geometry = read_collection(given)
    start = _cpu()
    result = clean(codes, geometry)
    print(_cpu() - start)
    write_collection(cleaned, result.codes, result.geometry)


def growth() -> None:
    """Cost of the cleaning against vertices: a straight line if CPU seconds a million vertices stay as they are."""
    codes, geometry = desa()
    province = codes.astype("U2")
    names = np.unique(province)
    print(f"\n{'provinces':>10}{'desa':>9}{'vertices':>12}{'CPU s':>9}{'CPU s / million':>18}")
    for count in PROVINCES:
        some = np.isin(province, names[np.linspace(0, len(names) - 1, count).round().astype(int)])
        start = _cpu()
        clean(codes[some], geometry[some])
        cpu, vertices = _cpu() - start, int(shapely.get_num_coordinates(geometry[some]).sum())
        print(
            f"{count:>10}{int(some.sum()):>9}{vertices:>12}{cpu:>9.1f}{cpu / vertices * 1e6:>18.2f}",
            flush=True,
        )


def _cpu() -> float:
    mine = os.times()
    return mine.user + mine.system + mine.children_user + mine.children_system


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default=",".join(PARTS), help=f"with commas: {', '.join(PARTS)}")
    parser.add_argument("--out", type=Path, help="keep the release in this directory of releases")
    parser.add_argument("--clean", type=Path, nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.clean:
        return clean_file(*options.clean)
    only = options.only.split(",")
    if unknown := set(only) - set(PARTS):
        parser.error(f"{', '.join(sorted(unknown))}: choose among {', '.join(PARTS)}")
    print(f"{'':<44}{'CPU s':>9}{'wall s':>9}{'peak MB':>9}")
    with tempfile.TemporaryDirectory() as name:
        if {"build", "again", "downloads", "verify"} & set(only):
            builds(Path(name), options.out or Path(name) / "out", only)
        if "clean" in only:
            compare(Path(name))
    if "growth" in only:
        growth()


if __name__ == "__main__":
    main()
