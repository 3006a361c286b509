"""What chains over desa would take for every council of DPRD kabkota: some measured, all reckoned from them.

    python bench/desa_chains.py [RELEASE] [COUNCIL ...]

Measured in CPU seconds of one core: making the case of a council (its province's desa, their borders and links), and a
step of a chain (`dapil sample --level desa`). Councils by default: those whose number of desa is the least, that of a
quarter, the half, three quarters of all, and the most. A step draws a tree over two dapil, so it is reckoned by the
desa of two dapil; a case by the desa of its province. Two straight lines are fitted by least squares, and summed over
what all councils have. Memory and start are those of a process that is given a council and runs a chain, as a worker
of Dask is.
"""

import multiprocessing
import pickle
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from boundaries.errors import BoundariesError
from boundaries.law.plans import load_plans
from boundaries.law.registry import load_registry
from boundaries.release.store import open_release
from boundaries.research.chains import Recipe, run_chain
from boundaries.research.council import councils
from boundaries.research.enumeration import MOST_UNITS
from boundaries.research.people import People

STEPS, CHAINS = 100_000, 4  # as `dapil sample` takes them if nothing is said
TRIED = 4_000  # steps of a chain that is measured
WORKERS = (1, 8, 64)


def main(release: str = "build", *codes: str) -> None:
    """Measure, fit, sum."""
    registry, opened = load_registry(), open_release(release)
    people = People(registry)
    (plan,) = load_plans(registry=registry, only=["dprd-kabkota-2024"])
    dapil = plan.dapil["kode_kabkota"].value_counts().to_dict()
    desa = {code: len(registry.descendants(code, "desa")) for code in sorted(dapil)}
    ordered = sorted(desa, key=lambda code: (desa[code], code))
    chosen = codes or [ordered[n * (len(ordered) - 1) // 4] for n in range(5)]
    list(councils(opened, "dprd-kabkota", only=chosen[:1], level="desa", registry=registry, people=people))
    steps, cases, worker = [], [], ""
    for code in chosen:
        started = time.process_time()
        try:
            (council,) = councils(
                opened, "dprd-kabkota", only=[code], level="desa", registry=registry, people=people
            )
        except BoundariesError as error:
            print(f"{code}: {error}")
            continue
        case = time.process_time() - started
        cases.append((len(registry.descendants(code[:2], "desa")), case))
        recipe = Recipe(steps=20, every=20, mode="ikut", slack=0.15, start="belah")
        try:
            run_chain(council, recipe, 0)  # what is compiled when first asked for
            rates, moves = [], []
            for seed in range(3):
                started = time.process_time()
                chain = run_chain(council, replace(recipe, steps=TRIED, every=100, seed=seed), 0)
                rates.append((time.process_time() - started) / chain.steps)
                moves.append(chain.accepted / chain.steps)
        except BoundariesError as error:
            print(f"{code}: {error}")
            continue
        step = float(np.median(rates))
        steps.append((2 * desa[code] / dapil[code], step))
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            worker = pool.apply(as_worker, (pickle.dumps(council), recipe))
        print(f"{code} {council.name}: {desa[code]} desa, {len(council.units)} nodes, {len(council.pairs)} neighbours, "
              f"{dapil[code]} dapil, weight {council.weight}; case {case:.1f} s (province of {cases[-1][0]:,} desa), "
              f"{1 / step:,.0f} steps a second, {np.mean(moves):.0%} of them moves; a worker {worker}")  # fmt: skip
    told(np.array(steps), np.array(cases), desa, dapil, registry)


def as_worker(council: bytes, recipe: Recipe) -> str:
    """What a chain in a process of its own takes."""
    run_chain(pickle.loads(council), recipe, 0)
    # Not getrusage: what it tells of a process began with what its parent had.
    (peak,) = (
        line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")
    )
    return f"{len(council) >> 10} KB given, {time.process_time():.1f} s to start, {int(peak.split()[1]) >> 10} MB"


def told(steps: Any, cases: Any, desa: dict[str, int], dapil: dict[str, int], registry: Any) -> None:
    """The formulas, and their sums."""
    slope, base = line(steps)
    pairs = np.array([2 * desa[code] / dapil[code] for code in desa])
    each = (base + slope * pairs) * STEPS
    chain = float(each.sum()) * CHAINS / 3600
    few = sum(number <= MOST_UNITS for number in desa.values())
    per, start = line(cases)
    case = sum(start + per * len(registry.descendants(code[:2], "desa")) for code in desa) / 3600
    once = sum(start + per * len(registry.descendants(p, "desa")) for p in {code[:2] for code in desa}) / 3600
    print(f"a step: {base * 1e6:.1f} + {slope * 1e6:.3f} x (desa of two dapil) microseconds")
    print(f"a case: {start:.2f} + {per * 1000:.3f} x (thousands of desa of the province) seconds")
    print(f"{len(desa)} councils, {sum(desa.values()):,} desa, {min(desa.values())} to {max(desa.values())}: "
          f"{CHAINS} chains of {STEPS:,} steps each {chain:.2f} CPU hours; their cases {case:.2f} CPU hours, "
          f"{once:.2f} if each province is read once")  # fmt: skip
    print(f"the longest chain {each.max():.0f} s, half of them under {np.median(each):.0f} s; "
          f"{few} councils have at most {MOST_UNITS} desa, which a count can be tried on")  # fmt: skip
    for workers in WORKERS:
        print(f"  {workers} workers: {60 * (chain / workers + once):.0f} minutes, with the cases made by one")


def line(rows: Any) -> tuple[float, float]:
    """The straight line through points (m, 2): how it rises, and where it begins (at 0 or above)."""
    slope, base = np.polyfit(*rows.T, 1)
    if base < 0:
        slope, base = (rows[:, 0] * rows[:, 1]).sum() / (rows[:, 0] ** 2).sum(), 0.0
    return float(slope), float(base)


if __name__ == "__main__":
    main(*sys.argv[1:])
