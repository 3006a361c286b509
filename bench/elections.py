"""What the election's tables add to a build and to a worker: CPU seconds, peak memory, bytes, milliseconds a question.

``python bench/elections.py`` packs all tables in a process of its own, then asks the largest.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

#: What a build may spend on the tables (the machine is not otherwise busy).
CPU_S, PEAK_MB = 15, 300


def ship(directory: Path) -> dict[str, float]:
    """Pack every table; return what it cost beyond the law's tables."""
    from boundaries.elections.shipped import ship as pack
    from boundaries.law.plans import load_plans
    from boundaries.law.registry import load_registry

    registry = load_registry()
    plans = load_plans(registry=registry)
    before, start = _peak_mb(), time.process_time()
    listed = pack(directory, plans, registry)
    return {
        "tables": len(listed), "rows": sum(each["rows"] for each in listed),
        "cpu_s": round(time.process_time() - start, 1), "peak_mb": round(_peak_mb() - before),
        "mb": round(sum(each.stat().st_size for each in directory.iterdir()) / 1e6, 1),
    }  # fmt: skip


def ask(directory: Path) -> dict[str, float]:
    """Read the largest table as a worker does; return milliseconds, the second time round."""
    from boundaries.release.election_file import Elections

    found = Elections(directory)
    name = max(found.tables, key=lambda each: int(found.tables[each]["rows"]))
    last = int(found.tables[name]["rows"]) - 100
    questions = {
        "column_ms": lambda: found.column(name, "partai"),
        "page_ms": lambda: found.take(name, range(last, last + 100), ["id", "nama", "partai"]),
    }
    told = {}
    for what, question in questions.items():
        question()
        start = time.perf_counter()
        question()
        told[what] = round(1000 * (time.perf_counter() - start), 1)
    return told


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> int:
    """Measure in a fresh process, print, and tell whether the bounds hold."""
    with tempfile.TemporaryDirectory() as room:
        command = [sys.executable, __file__, room]
        told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    print(json.dumps(told, indent=1))
    return int(told["cpu_s"] > CPU_S or told["peak_mb"] > PEAK_MB)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(ship(Path(sys.argv[1])) | ask(Path(sys.argv[1]))))
    else:
        sys.exit(main())
