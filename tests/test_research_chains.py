"""Chains of plans: what they keep to, what they aim at, the same bytes from the same seed, on any machine."""

import errno
import itertools
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from numpy.typing import NDArray

import boundaries
from boundaries.cli import ensembles, main
from boundaries.errors import BoundariesError, PlanError, ReleaseError
from boundaries.research import chains as module
from boundaries.research import council as council_module
from boundaries.research import work_units
from boundaries.research.chains import (
    MODES,
    SEEN,
    STARTS,
    Apart,
    Chain,
    Inside,
    Recipe,
    Together,
    refusals,
    run_chain,
    run_chains,
    seen,
)
from boundaries.research.convergence import agreement, ranks, steps, summary, write_chains
from boundaries.research.council import Council
from boundaries.research.enumeration import count, listed, partable, renumbered
from boundaries.research.legal_plans import of_plan
from boundaries.research.plan_measures import MEASURES, problem
from boundaries.research.work_units import done
from tests.test_research_plans import grid, made_up

pytest.importorskip("numba")
Array = NDArray[Any]


def square(rows: int = 8, columns: int = 8, dapil: int = 4, seats: int = 24) -> Council:
    """A council on a grid, one person in seventy more than the other, stripes in law."""
    n, pairs = rows * columns, grid(rows, columns)
    return Council(
        "dprd-kabkota", 2024, "99.01", "UJI", seats, 3, 12, tuple((f"99.01.{k + 1:02d}",) for k in range(n)),
        100 + np.arange(n) % 3, "penduduk_2023", pairs, np.full(len(pairs), 1000.0), np.arange(n) * dapil // n,
        np.full(dapil, seats // dapil), np.arange(n) % columns // (columns // 2), "tanpa",
    )  # fmt: skip


@pytest.mark.parametrize(("mode", "start"), [
    *itertools.product(MODES, ("hukum", "belah")), pytest.param("ikut", "undian", marks=pytest.mark.slow),
])  # fmt: skip
def test_every_plan_of_a_chain_is_allowed(mode: str, start: str) -> None:
    council = square() if start != "undian" else square(5, 5, 3, 24)
    recipe = Recipe(
        steps=600, every=10, mode=mode, slack=0.25, start=start, dapil=3 if start == "undian" else 4
    )
    chain = run_chain(council, recipe, 0)
    assert (chain.steps, len(chain.labels), chain.start) == (600, 60, start)
    assert chain.accepted > 20
    for labels, seats in zip(chain.labels.astype(int), chain.seats.astype(int), strict=True):
        assert refusals(council, recipe, labels, seats) == []
        assert seats.sum() == council.seats
    assert len(np.unique(renumbered(chain.labels.astype(np.int8)), axis=0)) > 10


@pytest.mark.parametrize("mode", MODES)
def test_chains_have_as_many_dapil_as_were_asked_for(mode: str) -> None:
    """The plan in law has four: with another number it is no start."""
    chain = run_chain(square(), Recipe(steps=40, every=10, mode=mode, slack=0.3, dapil=5), 0)
    assert chain.start == "belah"
    assert {len(set(row)) for row in chain.labels.tolist()} == {5}


def test_what_is_seen_is_what_is_reckoned_apart() -> None:
    council = square(4, 5, 3, 20)
    council = replace(council, law_seats=np.array([7, 7, 6]))
    chain = run_chain(council, Recipe(steps=200, every=20, slack=0.4), 0)
    at = [list(MEASURES).index(name) for name in SEEN]
    for labels, seats, values in zip(
        chain.labels.astype(int), chain.seats.astype(int), chain.seen, strict=True
    ):
        assert of_plan(problem(council), labels, seats)[at] == pytest.approx(values)


def trees(labels: Array, pairs: Array) -> float:
    """The product of the numbers of spanning trees of the dapil (Kirchhoff)."""
    product = 1.0
    for label in np.unique(labels):
        units = np.flatnonzero(labels == label)
        at = {unit: n for n, unit in enumerate(units)}
        laplacian = np.zeros((len(units), len(units)))
        for a, b in pairs:
            if a in at and b in at:
                laplacian[at[a], at[b]] -= 1
                laplacian[at[b], at[a]] -= 1
        laplacian -= np.diag(laplacian.sum(axis=1))
        product *= np.linalg.det(laplacian[1:, 1:]) if len(units) > 1 else 1.0
    return product


def test_the_reversible_form_aims_at_spanning_trees() -> None:
    rows, columns, dapil, n = 3, 4, 3, 12
    council = replace(square(rows, columns, dapil, 4 * dapil), people=np.full(n, 100), low=4, high=4,
                      law=np.arange(n) * dapil // n, law_seats=np.full(dapil, 4))  # fmt: skip
    graph = partable(np.ones(n, int), council.pairs, n // dapil, n // dapil)
    states = [tuple(row) for parts, _ in listed(count(graph)) for row in graph.labels(parts).tolist()]
    wanted = np.array([trees(np.array(state), council.pairs) for state in states])
    recipe = Recipe(steps=400_000, every=50, mode="tetap", slack=0.01, reversible=True, seed=5)
    chain = run_chain(council, recipe, 0)
    rows_seen = [tuple(row) for row in renumbered(chain.labels.astype(np.int8)).tolist()]
    assert set(rows_seen) == set(states)  # every state is visited, and none besides
    found = np.array([rows_seen.count(state) for state in states]) / len(rows_seen)
    target = wanted / wanted.sum()
    # The expected square of the difference of independent draws, and room for those that are not (acceptance is 4 %).
    size = len(rows_seen) / 12
    assert (size * (found - target) ** 2 / target).sum() < len(states) + 5 * np.sqrt(2 * len(states))


def test_seeds_workers_and_a_kill_change_no_byte(tmp_path: Path) -> None:
    council, recipe = square(), Recipe(steps=4000, every=20, chains=3, checkpoint=400, slack=0.25, seed=9)
    alone = run_chains(council, recipe, tmp_path / "satu")
    spread = run_chains(council, recipe, tmp_path / "dua", workers=2)
    (tmp_path / "tiga").mkdir()
    run_chain(
        council, replace(recipe, steps=1600), 1, tmp_path / "tiga"
    )  # as far as it came before it was killed
    (tmp_path / "tiga" / "rantai-2.baru").write_bytes(b"half a checkpoint")
    resumed = run_chains(council, recipe, tmp_path / "tiga")
    for n in range(3):
        raw = {(tmp_path / name / f"rantai-{n}.npz").read_bytes() for name in ("satu", "dua", "tiga")}
        assert len(raw) == 1
        assert (alone[n].labels == spread[n].labels).all()
        assert (alone[n].labels == resumed[n].labels).all()
    with pytest.raises(PlanError, match="another council or recipe"):
        run_chain(council, replace(recipe, seed=8), 0, tmp_path / "satu")
    assert not (alone[0].labels == alone[1].labels).all()
    other = run_chain(council, replace(recipe, seed=10), 0)
    assert not (alone[0].labels == other.labels).all()


def test_a_chain_goes_on_to_where_it_would_have_gone(tmp_path: Path) -> None:
    """Asked for more steps, also where the first were no multiple of those between plans; fewer are refused."""
    council, recipe = square(), Recipe(steps=1200, every=100, slack=0.25, seed=4)
    run_chain(council, replace(recipe, steps=450), 0, tmp_path)
    assert len(run_chain(council, replace(recipe, steps=450), 0, tmp_path).labels) == 4
    longer, whole = run_chain(council, recipe, 0, tmp_path), run_chain(council, recipe, 0)
    assert (longer.labels == whole.labels).all()
    assert steps(recipe, [longer], "x")["langkah"].tolist() == list(range(100, 1300, 100))
    with pytest.raises(PlanError, match=r"has gone 1200 steps, more than 700; name another folder"):
        run_chain(council, replace(recipe, steps=700), 0, tmp_path)


def even(labels: Array, seats: Array) -> bool:
    """A constraint as a function."""
    return True


def never_01(labels: Array, seats: Array) -> bool:
    """Another."""
    return bool(labels[0] == labels[1])


class Held:
    """A constraint that holds something."""

    def __init__(self, unit: int) -> None:
        self.unit = unit

    def __call__(self, labels: Array, seats: Array) -> bool:
        """Whether a unit lies with the first."""
        return bool(labels[0] == labels[self.unit])


def test_a_checkpoint_is_of_its_own_constraints_alone(tmp_path: Path) -> None:
    """What ran without a constraint, or with another, is not gone on with: its plans may break it."""
    council, base = square(), Recipe(steps=40, every=10, slack=0.25)
    kinds: list[Any] = [even, never_01, Held(1), Held(2), lambda labels, seats: True]
    marks = {module.fingerprint(council, replace(base, constraints=(each,))) for each in kinds}
    assert len(marks) == len(kinds)
    assert module.fingerprint(council, replace(base, constraints=(Held(2),))) in marks
    run_chain(council, replace(base, constraints=(even,)), 0, tmp_path)
    with pytest.raises(PlanError, match="another council or recipe"):
        run_chain(council, replace(base, constraints=(never_01,)), 0, tmp_path)


def test_a_spoilt_checkpoint_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    council, recipe = square(), Recipe(steps=40, every=10, slack=0.25)
    path = tmp_path / "rantai-0.npz"
    run_chain(council, recipe, 0, tmp_path)
    whole = path.read_bytes()
    other = tmp_path / "lain.npz"
    np.savez(other, label=np.zeros(3))
    flipped = bytearray(whole)
    flipped[len(whole) // 3] ^= 255
    for spoilt in (whole[: len(whole) // 2], b"", b"bukan", other.read_bytes(), bytes(flipped)):
        path.write_bytes(spoilt)
        with pytest.raises(PlanError, match=r"rantai-0\.npz is no checkpoint that can be read .*; remove it"):
            run_chain(council, recipe, 0, tmp_path)
        assert path.read_bytes() == spoilt
    path.write_bytes(whole)
    moved = replace(council, law=council.law[::-1].copy())
    with pytest.raises(PlanError, match="another council or recipe"):
        run_chain(moved, recipe, 0, tmp_path)
    monkeypatch.setattr(module, "__version__", "0.0.0")
    with pytest.raises(PlanError, match="another version of dapil"):
        run_chain(council, recipe, 0, tmp_path)


def test_a_full_disk_leaves_the_checkpoint_of_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    council, recipe = square(), Recipe(steps=40, every=10, slack=0.25)
    run_chain(council, recipe, 0, tmp_path)
    before = (tmp_path / "rantai-0.npz").read_bytes()

    def full(path: Path, **_: Any) -> None:
        Path(path).write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(module.np, "savez", full)
    with pytest.raises(ReleaseError, match="no room on the disk"):
        run_chain(council, replace(recipe, steps=80), 0, tmp_path)
    assert [each.name for each in tmp_path.iterdir()] == ["rantai-0.npz"]
    assert (tmp_path / "rantai-0.npz").read_bytes() == before


def test_a_killed_process_is_told_and_the_rest_gone_on_with(tmp_path: Path) -> None:
    council, recipe = (
        square(),
        Recipe(steps=200, every=10, slack=0.25, chains=3, constraints=(Killer(tmp_path),)),
    )
    (tmp_path / ".rantai-1.npz-mati").mkdir()
    with pytest.raises(BoundariesError, match=r"killed from outside.*run it again"):
        run_chains(council, recipe, tmp_path, workers=2)
    found = run_chains(council, recipe, tmp_path, workers=2)
    assert [len(each.labels) for each in found] == [20, 20, 20]
    assert not list(tmp_path.glob(".rantai*")), "nor does what a kill left stay"


@dataclass(frozen=True)
class Killer:
    """Kills the process that asks it, once."""

    folder: Path

    def __call__(self, labels: Array, seats: Array) -> bool:
        """Allow all, but once."""
        if not (self.folder / "sekali").exists():
            (self.folder / "sekali").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return True


def test_constraints_hold_at_every_step() -> None:
    council = square()
    together = Together(tuple([0, 0] + [-1] * 61 + [1]))
    inside = Inside(tuple((np.arange(64) // 32).tolist()))
    for constraint in (together, Apart(((0, 63),)), inside):
        chain = run_chain(council, Recipe(steps=400, every=4, slack=0.3, constraints=(constraint,)), 0)
        assert all(constraint(labels, seats) for labels, seats in zip(chain.labels, chain.seats, strict=True))
        assert chain.accepted > 0
    refused = Recipe(constraints=(Apart(((0, 1),)),), slack=0.3)
    assert refusals(council, refused, council.law, council.law_seats) == ["constraint 1 refuses it"]
    assert run_chain(council, replace(refused, steps=5, every=5), 0).start == "belah"


@pytest.mark.parametrize(("change", "recipe", "said"), [
    ({}, Recipe(mode="apa"), "no mode"),
    ({}, Recipe(steps=0), "at least one step"),
    ({"pairs": np.array([[0, 1]]), "border_m": np.ones(1)}, Recipe(), "in pieces"),
    ({"law_seats": np.array([24])}, Recipe(), "one dapil in law"),
    ({}, Recipe(dapil=9), "24 seats and 64 units make 2 to 8 dapil of 3 to 12 seats, not 9; say another"),
    ({}, Recipe(steps=10), "of 10 steps none would be kept"),
    ({"people": np.array([6000] + [100] * 63)}, Recipe(), r"99\.01\.01 alone has 11\.71 quotas"),
    ({}, Recipe(slack=0.0001, start="belah"), "no start was found"),
])  # fmt: skip
def test_what_no_chain_can_run_on_is_refused(change: dict[str, Any], recipe: Recipe, said: str) -> None:
    council = replace(square(), **change)
    if "quotas" in said:
        council = replace(council, high=10)
    with pytest.raises(PlanError, match=said):
        run_chain(council, recipe, 0)


def made(values: Array) -> list[Chain]:
    """Chains that saw some values (chains, draws) of every measure."""
    return [
        Chain(n, "hukum", np.zeros((len(row), 4)), np.ones((len(row), 2)),
              np.repeat(row[:, None], len(SEEN), axis=1), len(row), 1, 1)
        for n, row in enumerate(values)
    ]  # fmt: skip


def test_chains_that_agree_and_chains_that_do_not() -> None:
    draws = np.random.default_rng(1).normal(size=(4, 2000))
    assert all(each.good for each in agreement(made(draws)))
    apart = agreement(made(draws + np.arange(4)[:, None]))
    assert not any(each.good for each in apart)
    assert all(each.r_hat > 1.2 for each in apart)
    assert not any(each.good for each in agreement(made(np.cumsum(draws[:, :300], axis=1))))
    with pytest.raises(PlanError, match="convergence"):
        agreement(made(draws[:, :5]))


def test_ranks_of_equal_values_are_equal_in_every_chain() -> None:
    """Else chains that agree on a measure of few values would look as if each had its own."""
    assert ranks(np.array([[1.0, 3.0, 3.0], [3.0, 1.0, 3.0]])).tolist() == [[1.5, 4.5, 4.5], [4.5, 1.5, 4.5]]


@pytest.mark.slow
def test_what_has_not_converged_says_so_everywhere(tmp_path: Path) -> None:
    council, recipe = square(), Recipe(steps=400, every=10, chains=2, slack=0.25)
    found = run_chains(council, recipe, tmp_path / "kerja")
    files = write_chains(council, recipe, found, tmp_path)
    assert [file.name for file in files] == [
        "ringkasan.json",
        "langkah.csv",
        "ansambel.bendl",
        "jejak.png",
        "jejak.svg",
    ]
    assert json.loads(files[0].read_text())["status"] == "belum-konvergen"
    assert all(line.endswith("belum-konvergen") for line in files[1].read_text().splitlines()[1:])
    assert "status" in steps(recipe, found, "x")
    assert summary(council, recipe, found)["awal"] == ["hukum", "hukum"]


def test_the_ensemble_is_read_back_as_it_was(tmp_path: Path) -> None:
    ensemble = pytest.importorskip("binary_ensemble")
    council, recipe = square(), Recipe(steps=300, every=10, chains=2, slack=0.25)
    found = run_chains(council, recipe, tmp_path / "kerja")
    write_chains(council, recipe, found, tmp_path)
    bundle = ensemble.BendlDecoder(tmp_path / "ansambel.bendl")
    bundle.verify()
    plans = np.array([list(each) for each in bundle])
    assert (plans == np.concatenate([chain.labels for chain in found]) + 1).all()
    assert bundle.read_metadata()["resep"]["seed"] == 1
    whole = (tmp_path / "ansambel.bendl").read_bytes()
    (tmp_path / "pendek.bendl").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(Exception, match=r".+"):
        ensemble.BendlDecoder(tmp_path / "pendek.bendl").verify()


@pytest.mark.slow
def test_the_command_runs_chains_and_tells_if_they_converged(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(council_module, "councils", lambda *_, **__: iter([square()]))
    base = ["sample", "-r", str(boundaries.toy()), "--council", "99.01", "--langkah", "300", "--tiap", "10",
            "--selisih", "250", "--rantai", "2", "-o", str(tmp_path / "hasil")]  # fmt: skip
    result = CliRunner().invoke(main, base)
    assert result.exit_code == 0, result.output
    assert "belum-konvergen; began with hukum, hukum" in result.output
    assert CliRunner().invoke(main, [*base, "--strict"]).exit_code == 7
    assert (ensembles.MODES, ensembles.STARTS) == (MODES, STARTS)


def test_seen_of_nothing_known_before() -> None:
    council = replace(square(), before=None)
    labels = council.law[None]
    assert np.isnan(seen(council, labels, council.law_seats[None])[0, -1])
    assert module.seed_of(1, 0).tolist() != module.seed_of(1, 1).tolist()
    assert made_up().code == "99.01"


# A cluster


@pytest.mark.parametrize("address", ["bukan", "http://127.0.0.1:1", "tcp://127.0.0.1:abc"])
def test_a_scheduler_that_is_none_is_told(address: str) -> None:
    pytest.importorskip("distributed")
    with pytest.raises(BoundariesError, match=f"no Dask scheduler with a worker answers at '{address}'"):
        list(done(abs, [1], dask=address))


def test_a_scheduler_without_workers_is_not_waited_for_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    distributed = pytest.importorskip("distributed")
    monkeypatch.setattr(work_units, "PATIENCE", 0.2)
    with (
        distributed.LocalCluster(
            n_workers=0, processes=False, protocol="tcp://", dashboard_address=None
        ) as cluster,
        pytest.raises(BoundariesError, match=r"no worker in 0\.2 s"),
    ):
        list(done(abs, [1], dask=cluster.scheduler_address))


@pytest.mark.slow
def test_on_a_cluster_a_killed_worker_changes_no_byte(tmp_path: Path) -> None:
    """A real scheduler and two workers; one is killed while it works, and its chain is done again."""
    pytest.importorskip("distributed")
    scheduler = tmp_path / "scheduler.json"
    run = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0",
           "--no-dashboard", "--scheduler-file", str(scheduler)]  # fmt: skip
    work = [sys.executable, "-m", "distributed.cli.dask_worker", "--scheduler-file", str(scheduler), "--nworkers", "1",
            "--nthreads", "1", "--no-dashboard", "--no-nanny", "--local-directory",
            str(tmp_path / "ruang")]  # fmt: skip
    home = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(Path(boundaries.__file__).parents[1]), *sys.path]),
    }
    council, recipe = square(), Recipe(steps=30_000, every=30, chains=4, checkpoint=3000, slack=0.25, seed=3)
    started = [subprocess.Popen(run, env=home, stderr=subprocess.DEVNULL)]
    try:
        until(scheduler.exists)
        started += [subprocess.Popen(work, env=home, stderr=subprocess.DEVNULL) for _ in range(2)]
        address = json.loads(scheduler.read_text())["address"]
        killer = subprocess.Popen(
            [sys.executable, "-c", KILLER, str(tmp_path / "awan"), str(started[1].pid)], env=home
        )
        found = run_chains(council, recipe, tmp_path / "awan", dask=address)
        assert killer.wait(60) == 0  # it saw the first checkpoint, and killed
        assert started[1].wait(60) == -signal.SIGKILL
        here = run_chains(council, recipe, tmp_path / "sini")
        for one, other in zip(found, here, strict=True):
            assert (one.labels == other.labels).all()
            name = f"rantai-{one.number}.npz"
            assert (tmp_path / "awan" / name).read_bytes() == (tmp_path / "sini" / name).read_bytes()
    finally:
        for each in started:
            each.kill()
            each.wait()


#: Waits for a checkpoint, then kills the worker.
KILLER = """
import os, pathlib, signal, sys, time
end = time.monotonic() + 60
while not list(pathlib.Path(sys.argv[1]).glob("*.npz")):
    if time.monotonic() > end:
        sys.exit(1)
    time.sleep(0.01)
os.kill(int(sys.argv[2]), signal.SIGKILL)
"""


def until(true: Any, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)
