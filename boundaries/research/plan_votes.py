"""Seats by party over many plans of a council, from votes by kecamatan.

Votes cast under one plan would not have been the same under another: parties and candidates go where there are seats to
win. What is told here is arithmetic on given votes, not what would have happened.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from boundaries.elections import indices
from boundaries.elections.seats import LAW, Rule, passing
from boundaries.elections.sets import Table, catalogue, read_set, table
from boundaries.errors import PlanError
from boundaries.law.codes import LENGTH
from boundaries.research.apportionment import largest_remainder
from boundaries.research.council import Council
from boundaries.research.legal_plans import COMPLETE, Survey, lawful_draws, lawful_labels

Array = NDArray[Any]

#: More lawful plans than these are drawn from, uniformly.
MOST_PLANS: Final = 20_000
#: Said beside every table.
WARNING: Final = (
    "Suara mengikuti rencana: di bawah rencana lain suaranya tidak akan sama.",
    "Votes follow plans: under another plan they would not have been the same.",
)
_PERCENTS: Final = (0, 5, 50, 95, 100)


@dataclass(frozen=True)
class Votes:
    """Votes (n, p) of each party by node; their parties; share of the people in nodes all of whose kecamatan in the
    table have votes; of which table, and its basis; which parties (p,) may win seats, None for all; votes whose
    kecamatan is not known, and rows that the table itself doubts."""

    votes: Array
    parties: tuple[str, ...]
    covered: float
    table: str
    basis: str
    eligible: Array | None = None
    without_unit: int = 0
    doubtful: int = 0


def votes_of(council: Council, name: str) -> Votes:
    """Read the votes of a table of ``hasil-wilayah`` by the nodes of a council; of kabkota, the sums of kecamatan.

    Raises
    ------
    PlanError
        The table has no votes by kecamatan, those of another chamber, or none of this council; seats of that election
        were not given by Sainte-Laguë.
    """
    about = table(name)
    if about.set != "hasil-wilayah":
        raise PlanError(f"{name} has no votes by kecamatan; name a table of hasil-wilayah")
    if about.chamber != council.chamber:
        raise PlanError(
            f"{name} has votes of the {about.chamber}, not of the {council.chamber}; name another table"
        )
    rule = LAW.get(f"{council.chamber}-{council.year}", Rule("sainte-lague", Fraction(0)))
    if rule.method != "sainte-lague":
        raise PlanError(
            f"seats of {council.chamber}-{council.year} were given by {rule.method}, not by Sainte-Laguë"
        )
    rows, level = read_set(name), len(council.units[0][0])
    mine = rows["kode_kabkota"].isin({unit[: LENGTH["kabkota"]] for node in council.units for unit in node})
    rows = rows[mine].assign(suara=rows["suara"].fillna(0).astype(np.int64))
    node = {unit: n for n, units in enumerate(council.units) for unit in units}
    held = rows["kode_kabkota"] if level == LENGTH["kabkota"] else rows["kode_unit"]
    rows = rows.assign(node=held.map(node))
    lost, rows = rows[rows["node"].isna()], rows.dropna(subset="node")
    if not rows["suara"].any():
        raise PlanError(f"{name} has no votes of {council.code} {council.name}; name another table")
    parties = tuple(
        rows.groupby("partai", sort=False)["nomor_partai"].min().sort_values(kind="stable").index.map(str)
    )
    votes = np.zeros((len(council.units), len(parties)), np.int64)
    place = {party: n for n, party in enumerate(parties)}
    np.add.at(votes, (rows["node"].astype(int).to_numpy(), rows["partai"].map(place).to_numpy()),
              rows["suara"].to_numpy())  # fmt: skip
    return Votes(
        votes, parties, _covered(council, rows), name, about.basis, _eligible(parties, about, rule),
        int(lost["suara"].sum()), int(rows["ragu"].fillna("").ne("").sum()),
    )  # fmt: skip


def _covered(council: Council, rows: pd.DataFrame) -> float:
    """The share of the people in nodes whose votes are known: of a kabkota, those of each of its kecamatan."""
    by_unit = (
        rows.groupby(
            ["node", rows["kode_unit"].where(rows["kode_unit"].fillna("") != "", rows["nama_unit"])]
        )["suara"].sum()
        > 0
    )
    whole = (
        by_unit.groupby("node").all()
        if len(council.units[0][0]) == LENGTH["kabkota"]
        else by_unit.groupby("node").any()
    )
    known = whole.index[whole].astype(int).to_numpy()
    return float(council.people[known].sum() / council.people.sum())


def _eligible(parties: Sequence[str], about: Table, rule: Rule) -> Array | None:
    """Which parties have the share of the national vote that seats of the DPR need, by the votes of all dapil."""
    if not rule.threshold:
        return None
    whole = [
        each
        for each in catalogue().values()
        if (each.set, each.chamber, each.year, each.complete) == ("hasil", about.chamber, about.year, True)
    ]
    if not whole:
        raise PlanError(
            f"no votes of the whole {about.chamber} of {about.year} are known, by which parties pass the threshold"
        )
    national = read_set(whole[0].name).groupby("partai")["suara"].sum()
    passed = passing({str(k): int(v) for k, v in national.items()}, rule.threshold)
    return np.array([party in passed for party in parties])


def seats_by_party(council: Council, labels: Array, votes: Array) -> tuple[Array, Array, Array]:
    """Seats (m, p) of each party under plans (m, n): those of a dapil follow its people (largest remainder), a party's
    in it by Sainte-Laguë; in how many dapil (m,) the last seat hangs on equal quotients; how many seats (m,) no party
    wins, in dapil without a vote."""
    divisors = 2 * np.arange(council.high + 1) + 1
    won = np.zeros((len(labels), votes.shape[1]), np.int64)
    ties, empty = np.zeros(len(labels), np.int64), np.zeros(len(labels), np.int64)
    for m, label in enumerate(np.asarray(labels, np.int64)):
        count = int(label.max()) + 1
        seats = largest_remainder(np.bincount(label, council.people, count), council.seats).seats
        mine = np.zeros((count, votes.shape[1]))
        np.add.at(mine, label, votes)
        quotient = mine[:, :, None] / divisors
        ranked = np.sort(quotient.reshape(count, -1), axis=1)[:, ::-1]
        last = ranked[np.arange(count), seats - 1]
        after = ranked[np.arange(count), seats]
        won[m] = ((quotient >= last[:, None, None]) & (quotient > 0)).sum(axis=(0, 2))
        empty[m] = seats[mine.sum(axis=1) == 0].sum()
        tied = (last == after) & (last > 0)
        ties[m] = tied.sum()
        for n in np.flatnonzero(tied):  # a tied seat goes to the party that comes first, and is told
            over = int((quotient[n] >= last[n]).sum() - seats[n])
            at = np.flatnonzero((quotient[n] == last[n]).any(axis=1))[::-1][:over]
            won[m, at] -= 1
    return won, ties, empty


def seats_over(found: Survey, votes: Votes, seed: int = 1) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Seats by party over the lawful plans: a row a party with quantiles and those under the plan in law; and what is
    told beside: how many plans, of which kind, Gallagher's index and the effective number of parties, ties.

    Raises
    ------
    PlanError
        There is no lawful plan, or the plans were not counted.
    """
    council = found.problem.council
    if not found.lawful:
        raise PlanError(f"{council.code} has no lawful plan that is known; nothing to give seats under")
    every = found.method == COMPLETE and found.lawful <= MOST_PLANS
    if every:
        labels = np.concatenate([each for each, _ in lawful_labels(found)])
    else:
        labels, _ = lawful_draws(found.problem, found.counted, MOST_PLANS, seed)
    cast = votes.votes if votes.eligible is None else votes.votes * votes.eligible
    won, ties, empty = seats_by_party(council, labels, cast)
    law = seats_by_party(council, council.law[None], cast)[0][0] if not council.split else None
    total = votes.votes.sum(axis=0)
    rows = pd.DataFrame({"partai": votes.parties, "suara": total})
    for each, value in zip(
        _PERCENTS, np.percentile(won, _PERCENTS, axis=0, method="inverted_cdf"), strict=True
    ):
        rows[f"kursi_p{each}"] = value.astype(int)
    rows["kursi_rata_rata"] = won.mean(axis=0).round(4)
    rows["kursi_hukum"] = pd.array([pd.NA] * len(rows) if law is None else law.tolist(), dtype="Int64")
    rows = rows.assign(basis=votes.basis, peringatan=" | ".join(WARNING))
    gallagher = [indices.gallagher(total.tolist(), each.tolist()) for each in won]
    effective = [indices.effective_number(each.tolist()) for each in won]
    told = {
        "rencana": len(labels), "cara": "semua" if every else "undian", "benih": None if every else seed,
        "tabel": votes.table, "basis": votes.basis, "cakupan_penduduk": round(votes.covered, 6),
        "suara_tanpa_wilayah": votes.without_unit, "baris_ragu": votes.doubtful,
        "tanpa_kursi": [] if votes.eligible is None else
        [party for party, passed in zip(votes.parties, votes.eligible, strict=True) if not passed],
        "dapil_seri": int(ties.sum()), "rencana_berkursi_kosong": int((empty > 0).sum()),
        "kursi_kosong_terbanyak": int(empty.max()), "peringatan": list(WARNING),
        "gallagher": _spread(gallagher), "partai_efektif_kursi": _spread(effective),
        "gallagher_hukum": None if law is None else round(indices.gallagher(total.tolist(), law.tolist()), 6),
    }  # fmt: skip
    return rows.sort_values("suara", ascending=False, ignore_index=True, kind="stable"), told


def _spread(values: list[float]) -> dict[str, float]:
    found = np.percentile(values, _PERCENTS, method="inverted_cdf")
    return {f"p{each}": round(float(value), 6) for each, value in zip(_PERCENTS, found, strict=True)}
