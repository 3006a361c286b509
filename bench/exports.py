"""What it costs to make the downloads of a release: CPU, memory and bytes, job by job, of one year and of all.

    python bench/exports.py [RELEASE] [--year 2024] [--all]

The jobs of a year run one after another in one new process, so the peak memory is that of all of them together; what
the process takes to start and to import its libraries is told apart and counts. Goal: all exports of one year in under
30 s of CPU and 1.5 GB. ``--all``: the whole folder as `dapil build` makes it, in as many processes as it would take.
"""

import argparse
import multiprocessing
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from boundaries.downloads import folder
from boundaries.downloads import jobs as files
from boundaries.downloads.jobs import Job
from boundaries.release.store import Release, open_release

GOAL_CPU_S, GOAL_MB = 30, 1500


def cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def peak_mb(who: int = resource.RUSAGE_SELF) -> float:
    return resource.getrusage(who).ru_maxrss / 1024


def run(jobs: list[Job], path: Path, answer: Any) -> None:
    """Run jobs; send for each the CPU seconds, the peak MB so far, and its entries."""
    with tempfile.TemporaryDirectory() as directory:
        answer.send((None, cpu_s(), peak_mb(), []))
        for job in jobs:
            before = cpu_s()
            entries = files.run(job, path, Path(directory))
            answer.send((job, cpu_s() - before, peak_mb(), entries))
    answer.close()


def size(entries: list[dict[str, Any]]) -> int:
    return sum(each["bytes"] + each.get("gzip", {"bytes": 0})["bytes"] for each in entries)


def one_year(release: Release, year: int) -> None:
    jobs = [job for job in files.jobs(release) if job.subject.endswith(str(year))]
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=run, args=(jobs, release.path, there))
    process.start()
    there.close()
    total = peak = 0.0
    print(f"{'job':<28}{'CPU s':>8}{'peak MB':>9}{'files':>7}{'MB':>8}")
    for _ in range(len(jobs) + 1):
        job, cpu, peak, entries = here.recv()
        total += cpu
        name = f"{job.kind} {job.subject}" if job else "start and imports"
        print(f"{name:<28}{cpu:>8.2f}{peak:>9.0f}{len(entries):>7}{size(entries) / 1e6:>8.1f}", flush=True)
    process.join()
    verdict = "met" if total < GOAL_CPU_S and peak < GOAL_MB else "MISSED"
    print(f"all exports of {year}: {total:.1f} CPU s ({total / GOAL_CPU_S:.2f} of the goal), peak {peak:.0f} MB "
          f"({peak / GOAL_MB:.2f} of the goal): {verdict}")  # fmt: skip


def whole(release: Release) -> None:
    with tempfile.TemporaryDirectory() as directory:
        start = time.perf_counter()
        listed = folder.make(release, Path(directory) / "downloads")
        wall = time.perf_counter() - start
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu = sum(each.ru_utime + each.ru_stime for each in usage)
    print(f"the folder: {len(listed['files']):,} files, {size(listed['files']) / 1e6:,.0f} MB with what is packed; "
          f"{wall:.0f} s, {cpu:.0f} CPU s, largest process {peak_mb(resource.RUSAGE_CHILDREN):.0f} MB")  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("release", nargs="?", default="build", type=Path)
    parser.add_argument("--year", type=int, default=2024)
    parser.add_argument("--all", action="store_true")
    given = parser.parse_args()
    release = open_release(given.release)
    whole(release) if given.all else one_year(release, given.year)
    return 0


if __name__ == "__main__":
    sys.exit(main())
