"""Have chains forgotten where they began? R-hat and effective sizes (Vehtari et al. 2021, by arviz), and pictures."""

import json
import textwrap
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from boundaries.errors import PlanError
from boundaries.extras import needed
from boundaries.release.staging import writable
from boundaries.release.writing import new_file
from boundaries.research.chains import SEEN, Chain, Recipe
from boundaries.research.council import Council
from boundaries.research.plan_measures import MEASURES

Array = NDArray[Any]

#: Chains agree if R-hat is below, and bulk and tail effective sizes are at least so many.
R_HAT: Final = 1.01
EFFECTIVE: Final = 400
NOT_CONVERGED: Final = "belum-konvergen"


@dataclass(frozen=True)
class Agreement:
    """Of one measure over chains: mean, standard deviation, quantiles, R-hat, effective sizes; whether that is good."""

    measure: str
    mean: float
    sd: float
    p5: float
    p50: float
    p95: float
    r_hat: float
    bulk: float
    tail: float

    @property
    def good(self) -> bool:
        """Whether chains agree on it (a measure that never changes hangs on no chain)."""
        return self.sd == 0 or (self.r_hat < R_HAT and min(self.bulk, self.tail) >= EFFECTIVE)


def enough(plans: int, discard: float = 0.1) -> None:
    """Refuse so few plans of a chain that nothing can be said of them (PlanError): best before it is run."""
    if plans - int(plans * discard) < 8:
        raise PlanError(
            f"{plans} plans of a chain say nothing of convergence; take more steps with --langkah, or see more of them "
            "with --tiap"
        )


def agreement(chains: Sequence[Chain], discard: float = 0.1) -> list[Agreement]:
    """Hold chains against each other, each without its first part (`discard`, a share).

    Raises
    ------
    PlanError
        Fewer than eight plans of each chain were seen.
    """
    with needed():
        import arviz
    shortest = min(len(chain.seen) for chain in chains)
    enough(shortest, discard)
    first, found = int(shortest * discard), []
    for n, name in enumerate(SEEN):
        draws = np.stack([chain.seen[first:shortest, n] for chain in chains]).astype(float)
        if np.isnan(draws).any():
            continue
        moves = bool(draws.std() > 0)
        sizes = [float(arviz.ess(draws, method=kind)) if moves else float("nan") for kind in ("bulk", "tail")]
        r_hat = float(arviz.rhat(draws, method="rank")) if moves and len(chains) > 1 else float("nan")
        low, middle, high = np.percentile(draws, (5, 50, 95))
        found.append(Agreement(name, float(draws.mean()), float(draws.std()), float(low), float(middle), float(high),
                               r_hat, *sizes))  # fmt: skip
    return found


def summary(council: Council, recipe: Recipe, chains: Sequence[Chain]) -> dict[str, Any]:
    """What the chains found, for a machine and for the lines that people read: ``status`` says if they converged."""
    told = agreement(chains)
    good = all(each.good for each in told) and len(chains) > 1
    settings = {key: value for key, value in asdict(recipe).items() if key != "constraints"}
    return {
        "dewan": council.code, "nama": council.name, "lembaga": council.chamber, "tahun": council.year,
        "bobot": council.weight, "tautan": council.links, "unit": len(council.units), "resep": settings,
        "batasan": [type(each).__name__ for each in recipe.constraints],
        "awal": [chain.start for chain in chains],
        "diterima": [round(chain.accepted / max(chain.steps, 1), 6) for chain in chains],
        "pohon_per_langkah": [round(chain.trees / max(chain.steps, 1), 6) for chain in chains],
        "status": "konvergen" if good else NOT_CONVERGED,
        "syarat": f"R-hat < {R_HAT}, ESS >= {EFFECTIVE}",
        "ukuran": {
            each.measure: {key: None if isinstance(value, float) and np.isnan(value) else value
                           for key, value in asdict(each).items() if key != "measure"} | {"baik": each.good}
            for each in told},
    }  # fmt: skip


def write_chains(council: Council, recipe: Recipe, chains: Sequence[Chain], folder: Path) -> list[Path]:
    """Write ``ringkasan.json``, ``langkah.csv`` (what each chain saw), ``ansambel.bendl`` (every plan, with the graph
    and settings inside), ``jejak.png`` and ``.svg`` (traces and ranks)."""
    folder = writable(folder)
    told = summary(council, recipe, chains)
    files = [folder / name for name in ("ringkasan.json", "langkah.csv", "ansambel.bendl")]
    with new_file(files[0], over=True) as new:
        new.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", "utf-8")
    with new_file(files[1], over=True) as new:
        steps(recipe, chains, told["status"]).to_csv(new, index=False, lineterminator="\n")
    with new_file(files[2], over=True) as new:
        _bundle(council, told, chains, new)
    return [*files, *_pictures(chains, told, folder)]


def steps(recipe: Recipe, chains: Sequence[Chain], status: str) -> pd.DataFrame:
    """A row a plan that was seen: `rantai`, `langkah`, the measures, and whether the chains converged."""
    frames = []
    for chain in chains:
        at = (np.arange(len(chain.seen)) + 1) * recipe.every
        frames.append(pd.DataFrame({"rantai": chain.number, "langkah": at,
                                    **{name: chain.seen[:, n].round(6) for n, name in enumerate(SEEN)},
                                    "status": status}))  # fmt: skip
    return pd.concat(frames, ignore_index=True)


def _bundle(council: Council, told: dict[str, Any], chains: Sequence[Chain], path: Path) -> None:
    """Every plan that was seen, in BENDL (binary-ensemble), chains one after the other."""
    with needed():
        from binary_ensemble import BendlEncoder

    near: list[list[dict[str, Any]]] = [[] for _ in council.units]
    for (a, b), length in zip(council.pairs.tolist(), council.border_m.tolist(), strict=True):
        near[a].append({"id": b, "shared_perim": length})
        near[b].append({"id": a, "shared_perim": length})
    graph = {
        "directed": False, "multigraph": False, "graph": {},
        "nodes": [{"id": n, "kode": "+".join(node), "penduduk": int(people)}
                  for n, (node, people) in enumerate(zip(council.units, council.people, strict=True))],
        "adjacency": near,
    }  # fmt: skip
    encoder = BendlEncoder(path, overwrite=True)
    encoder.add_graph(graph, sort=None)
    encoder.add_metadata(told)
    with encoder.ben_stream() as stream:
        for chain in chains:
            for labels in chain.labels:
                stream.write((labels + 1).tolist())


def ranks(draws: Array) -> Array:
    """The ranks (c, m), from 1, of what chains saw (c, m) among all; equal values have equal ranks in all chains."""
    found = pd.Series(draws.ravel()).rank().to_numpy()
    return np.asarray(found.reshape(draws.shape))


def _pictures(chains: Sequence[Chain], told: dict[str, Any], folder: Path) -> list[Path]:
    """Traces, and how the ranks of each chain's plans lie among those of all: flat if chains agree."""
    with needed():
        import matplotlib
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    matplotlib.rcParams.update({"svg.hashsalt": "jejak", "font.size": 8})
    names = list(told["ukuran"])
    figure, axes = plt.subplots(
        len(names), 2, figsize=(10, 2.1 * len(names)), layout="constrained", squeeze=False
    )
    shortest = min(len(chain.seen) for chain in chains)
    for row, name in zip(axes, names, strict=True):
        draws = np.stack([chain.seen[:shortest, SEEN.index(name)] for chain in chains])
        rank = ranks(draws)
        for n, chain in enumerate(chains):
            row[0].plot(draws[n], linewidth=0.6, label=f"{chain.number} ({chain.start})")
            row[1].hist(rank[n], np.linspace(0, draws.size, 21), histtype="step")
        said = "\n".join(MEASURES[name].said)
        row[0].set_title(f"{said}: R-hat {told['ukuran'][name]['r_hat'] or float('nan'):.3f}")
        row[1].set_title(f"{said}: peringkat | ranks")
    axes[0, 0].legend(title="rantai | chains", loc="upper right")
    axes[-1, 0].set_xlabel("rencana yang disimpan | plans that were kept")
    said = {"konvergen": "konvergen | converged", NOT_CONVERGED: "BELUM KONVERGEN | NOT CONVERGED"}[
        told["status"]
    ]
    head = f"{told['nama']} ({told['lembaga']} {told['tahun']}) · {told['bobot']}, {told['tautan']}"
    figure.suptitle(f"{textwrap.fill(head, 110)}\n{said}")
    paths = [folder / f"jejak.{form}" for form in ("png", "svg")]
    for path in paths:
        about = {"Date": None} if path.suffix == ".svg" else {"Software": None}
        with new_file(path, over=True) as new:
            figure.savefig(new, dpi=100, metadata=about)
    plt.close(figure)
    return paths
