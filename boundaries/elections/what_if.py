"""Seats of a whole chamber from its published votes, by the law or by another method, with what they are like."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import pandas as pd

from boundaries.elections import indices, sets
from boundaries.elections.seats import LAW, Rule, SeatsError, seats_of
from boundaries.errors import NotFound
from boundaries.law.plans import load_plans


@dataclass(frozen=True)
class Outcome:
    """Who wins what.

    Attributes
    ----------
    by_dapil
        ``kode_dapil``, ``partai``, ``suara``, ``kursi``, ``seri`` (seats open for which it is tied), ``kursi_terbit``
        (published, empty where not known).
    by_party
        ``partai``, ``suara``, ``kursi``, ``harga_kursi`` (votes a seat), ``kursi_terbit``.
    differing
        Dapil whose published seats are others; None where none are published.
    left_out
        Dapil without votes.
    """

    plan: str
    table: str
    basis: str
    method: str
    threshold: Fraction
    by_dapil: pd.DataFrame
    by_party: pd.DataFrame
    differing: tuple[str, ...] | None
    left_out: tuple[str, ...]
    ties: tuple[dict[str, Any], ...]

    @property
    def dapil(self) -> int:
        """How many dapil were counted."""
        return int(self.by_dapil["kode_dapil"].nunique())

    @property
    def votes(self) -> int:
        """All votes."""
        return int(self.by_party["suara"].sum())

    @property
    def wasted(self) -> int:
        """Votes for parties without a seat in their dapil."""
        return indices.wasted(self.by_dapil)

    @property
    def gallagher(self) -> float:
        """Gallagher's index."""
        return indices.gallagher(self.by_party["suara"].tolist(), self.by_party["kursi"].tolist())

    @property
    def parties_by_votes(self) -> float:
        """Effective number of parties by votes."""
        return indices.effective_number(self.by_party["suara"].tolist())

    @property
    def parties_by_seats(self) -> float:
        """Effective number of parties by seats."""
        return indices.effective_number(self.by_party["kursi"].tolist())

    def as_dict(self) -> dict[str, Any]:
        """The outcome for a machine."""
        return {
            "plan": self.plan, "tabel": self.table, "basis": self.basis, "metode": self.method,
            "ambang_persen": float(self.threshold * 100), "dapil": self.dapil, "suara": self.votes,
            "suara_tanpa_kursi": self.wasted, "gallagher": round(self.gallagher, 4),
            "partai_efektif_suara": round(self.parties_by_votes, 4),
            "partai_efektif_kursi": round(self.parties_by_seats, 4),
            "partai": [{key: None if pd.isna(value) else value for key, value in row.items()}
                       for row in self.by_party.astype(object).to_dict("records")],
            "beda_dari_terbit": None if self.differing is None else list(self.differing),
            "tanpa_suara": list(self.left_out), "seri": list(self.ties),
        }  # fmt: skip


def outcome(plan: str, method: str | None = None, threshold: Fraction | None = None) -> Outcome:
    """Give the seats of a plan from its votes.

    Parameters
    ----------
    plan
        ``dpr-2024``.
    method, threshold
        Another method (`seats.METHODS`), another share of the national vote; by default those of the law.

    Raises
    ------
    NotFound
        No such plan, or no votes of it are published.
    """
    found = _votes(plan)
    votes = sets.read_set(found.name)
    law = LAW[plan]
    rule = Rule(method or law.method, law.threshold if threshold is None else threshold)
    if not 0 <= rule.threshold <= 1:
        raise SeatsError("a threshold is a share of the vote: 0 to 100 per cent")
    chamber = load_plans(only=[plan])[0]
    seats = dict(zip(chamber.dapil["kode_dapil"], map(int, chamber.dapil["kursi"]), strict=True))
    counted = votes.dropna(subset="suara").groupby("kode_dapil")["suara"].sum()
    here = {code: seats[code] for code in seats if counted.get(code, 0) > 0}
    made = seats_of(votes[votes["kode_dapil"].isin(list(here))], here, rule)
    published = votes.set_index(["kode_dapil", "partai"])["kursi"]
    made["kursi_terbit"] = published.reindex(
        pd.MultiIndex.from_frame(made[["kode_dapil", "partai"]])
    ).to_numpy()
    known = made["kursi_terbit"].notna()
    differing = tuple(
        sorted(set(made["kode_dapil"][known & (made["kursi"] != made["kursi_terbit"]).fillna(False)]))
    )
    by_party = indices.by_party(made)
    by_party["kursi_terbit"] = by_party["partai"].map(made.groupby("partai")["kursi_terbit"].sum(min_count=1))
    return Outcome(
        plan, found.name, found.basis, rule.method, rule.threshold, made, by_party,
        differing if known.any() else None, tuple(sorted(set(seats) - set(here))), tuple(_ties(made)),
    )  # fmt: skip


def _votes(plan: str) -> sets.Table:
    """The table with the votes of a plan, official where there is one."""
    fitting = [each for each in sets.catalogue().values() if each.set == "hasil" and each.plan == plan]
    whole = [each for each in fitting if plan in LAW and (each.complete or each.chamber != "dpr")]
    if not whole:
        have = ", ".join(sorted(set(LAW) - {"dpr-2019"}))
        raise NotFound(
            "no votes of {plan} by dapil are published; there are those of {names}", plan=plan, names=have
        )
    return whole[0]


def _ties(made: pd.DataFrame) -> list[dict[str, Any]]:
    tied = made[made["seri"] > 0]
    return [
        {"dapil": code, "count": int(rows["seri"].iloc[0]), "parties": ", ".join(rows["partai"])}
        for code, rows in tied.groupby("kode_dapil")
    ]
