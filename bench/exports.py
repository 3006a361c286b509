"""What it costs to make the downloads of a release: CPU, memory and bytes, job by job, of one year and of all.

    python bench/exports.py [RELEASE] [--year 2024] [--all]

Every job runs in a process of its own, one after another, so that its peak memory is its own; a process's start and the
import of libraries count. Goal: all exports of one year in under 30 s of CPU and 1.5 GB. ``--all``: the whole folder as
`dapil build` makes it, in as many processes as it would take.
"""

import argparse
import multiprocessing
import resource
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from boundaries import downloads
from boundaries.exports import files
from boundaries.exports.files import Job
from boundaries.release import Release, open_release

GOAL_CPU_S, GOAL_MB = 30, 1500


def measured(job: Job, path: Path, folder: Path, answer: Any) -> None:
    """Run one job and send what it took: CPU seconds, peak MB, bytes by format."""
    entries = files.run(job, path, folder)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    sizes: dict[str, int] = defaultdict(int)
    for entry in entries:
        sizes[entry["format"]] += entry["bytes"] + entry.get("gzip", {"bytes": 0})["bytes"]
    answer.send((usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, dict(sizes), len(entries)))


def run(job: Job, release: Release, folder: Path) -> tuple[float, float, dict[str, int], int]:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=measured, args=(job, release.path, folder, there))
    process.start()
    there.close()
    found: tuple[float, float, dict[str, int], int] = here.recv()
    process.join()
    return found


def one_year(release: Release, year: int) -> None:
    total, peak, of_year = 0.0, 0.0, 0.0
    print(f"{'job':<28}{'CPU s':>8}{'peak MB':>9}{'files':>7}{'MB':>8}")
    with tempfile.TemporaryDirectory() as directory:
        for job in files.jobs(release):
            mine = job.subject.endswith(str(year))
            if not mine and not (job.kind == "map" or job.subject.startswith("unit-")):
                continue
            cpu, memory, sizes, count = run(job, release, Path(directory))
            size = sum(sizes.values()) / 1e6
            print(
                f"{job.kind + ' ' + job.subject:<28}{cpu:>8.1f}{memory:>9.0f}{count:>7}{size:>8.1f}",
                flush=True,
            )
            total, peak = total + cpu, max(peak, memory)
            of_year += cpu if mine else 0
    verdict = "met" if of_year < GOAL_CPU_S and peak < GOAL_MB else "MISSED"
    print(f"exports of {year}: {of_year:.1f} CPU s, peak {peak:.0f} MB of one process; goal {GOAL_CPU_S} s, "
          f"{GOAL_MB} MB: {verdict}. With units and map data: {total:.1f} s")  # fmt: skip


def whole(release: Release) -> None:
    with tempfile.TemporaryDirectory() as directory:
        start = time.perf_counter()
        listed = downloads.make(release, Path(directory) / "downloads")
        wall = time.perf_counter() - start
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu = sum(each.ru_utime + each.ru_stime for each in usage)
    size = sum(e["bytes"] + e.get("gzip", {"bytes": 0})["bytes"] for e in listed["files"]) / 1e6
    print(f"all {len(listed['files']):,} files, {size:,.0f} MB with what is packed: {wall:.0f} s, {cpu:.0f} CPU s, "
          f"largest process {usage[1].ru_maxrss / 1024:.0f} MB")  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("release", nargs="?", default="build", type=Path)
    parser.add_argument("--year", type=int, default=2024)
    parser.add_argument("--all", action="store_true")
    given = parser.parse_args()
    release = open_release(given.release)
    one_year(release, given.year)
    if given.all:
        whole(release)
    return 0


if __name__ == "__main__":
    sys.exit(main())
