"""Chains beside GerryChain's `MultiMemberReCom` (uniform spanning trees, pairs of dapil): moves a second and means.

    python bench/chains.py [RELEASE] [COUNCIL] [LEVEL]

Needs gerrychain. Both begin with the same plan of a DPR province, seats fixed to dapil, prices within 10 %. CPU seconds
of one run, one core; a move is a plan other than the one before. Cut edges are told as the mean over seeds with its
standard error.
"""

import random
import resource
import sys
import time
from dataclasses import replace
from typing import Any

import networkx as nx
import numpy as np
from gerrychain import Graph, MarkovChain, Partition
from gerrychain.proposals import MultiMemberReCom
from gerrychain.updaters import Tally, cut_edges

from boundaries.law.registry import load_registry
from boundaries.release.store import open_release
from boundaries.research.chains import Recipe, run_chain
from boundaries.research.council import Council, councils

SEEDS = 8
OURS, THEIRS = 100_000, 1_000  # moves of each seed, about


def main(release: str = "build", code: str = "32", level: str = "kecamatan") -> None:
    (council,) = councils(open_release(release), "dpr", only=[code], level=level, registry=load_registry())
    recipe = Recipe(steps=20, every=20, mode="tetap", slack=0.1, uniform_pairs=True, start="belah")
    first = run_chain(
        council, recipe, 0
    )  # what is compiled when first asked for, and the plan that both begin with
    print(f"{council.name}, {level}: {len(council.people)} units, {len(council.pairs)} neighbours, "
          f"{len(first.seats[0])} dapil, {council.seats} seats")  # fmt: skip
    mine, rates = [], []
    for seed in range(SEEDS):
        started = time.process_time()
        chain = run_chain(council, replace(recipe, steps=OURS, every=100, seed=seed), 0)
        spent = time.process_time() - started
        rates.append((chain.steps / spent, chain.accepted / spent))
        mine.append(cut(council, chain.labels).mean())
    steps, moves = np.mean(rates, axis=0)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    told(
        "ours",
        mine,
        f"{steps:,.0f} steps, {moves:,.0f} moves a second; memory {memory} MB with the graph's making",
    )
    other, speed = [], []
    for seed in range(SEEDS):
        started = time.process_time()
        other.append(np.mean(theirs(council, first.labels[0], first.seats[0], seed)))
        speed.append(THEIRS / (time.process_time() - started))
    told("GerryChain", other, f"{np.mean(speed):,.0f} moves a second")
    error = np.hypot(np.std(mine, ddof=1), np.std(other, ddof=1)) / np.sqrt(SEEDS)
    print(f"{moves / np.mean(speed):.0f} times the moves; means differ by "
          f"{abs(np.mean(mine) - np.mean(other)) / error:.1f} standard errors")  # fmt: skip


def told(name: str, means: list[float], rate: str) -> None:
    """A line."""
    error = np.std(means, ddof=1) / np.sqrt(len(means))
    print(f"{name}: {rate}; cut edges {np.mean(means):.2f} ± {error:.2f}")


def cut(council: Council, labels: Any) -> Any:
    """Neighbours parted (m,) by plans (m, n)."""
    return (labels[:, council.pairs[:, 0]] != labels[:, council.pairs[:, 1]]).sum(axis=1)


def theirs(council: Council, labels: Any, seats: Any, seed: int) -> list[int]:
    """Cut edges of a chain of GerryChain's."""
    graph = nx.Graph()
    graph.add_nodes_from((n, {"people": int(each)}) for n, each in enumerate(council.people))
    graph.add_edges_from(council.pairs.tolist())
    start = Partition(
        Graph.from_networkx(graph), dict(enumerate(labels.tolist())),
        {"people": Tally("people"), "cut_edges": cut_edges},
    )  # fmt: skip
    proposal = MultiMemberReCom.district_pairs_ust(
        "people", council.people.sum() / council.seats, 0.1, dict(enumerate(seats.tolist()))
    )
    chain = MarkovChain(proposal, initial_partition=start, total_steps=THEIRS, rng=random.Random(seed))
    return [len(each["cut_edges"]) for each in chain]


if __name__ == "__main__":
    main(*sys.argv[1:])
