"""The toy nation with tables of an election: parties, votes, candidates, turnout. All figures are invented."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd

from boundaries.elections import sets, shipped
from boundaries.release.election_file import ElectionTable, write_elections
from boundaries.release.store import Staging
from boundaries.release.toy import PLANS, make_small_release
from boundaries.release.toy_ground import unit_names

DPR = next(plan for plan in PLANS if plan.id == "dpr-2024")
PARTIES = (("pkb", 1), ("gerindra", 2), ("pdip", 3))
#: Votes of each party in each dapil; the last has as many as the first.
VOTES = {
    "3101": (400, 500, 300), "3102": (100, 900, 200), "3201": (3000, 2000, 1000), "3202": (700, 100, 800),
    "8101": (50, 40, 50),
}  # fmt: skip
SEATS = {"3101": (1, 2, 1), "3102": (0, 3, 1), "3201": (3, 2, 1), "3202": (2, 1, 3), "8101": (2, 1, 1)}

Change = Callable[[str, pd.DataFrame], pd.DataFrame]


def _same(_name: str, rows: pd.DataFrame) -> pd.DataFrame:
    return rows


def tables(change: Change = _same) -> list[ElectionTable]:
    """The tables; `change` is given the name and rows of each and returns what stands in their place."""
    plan: Any = SimpleNamespace(
        id=DPR.id, dapil=pd.DataFrame({"kode_dapil": [each[0] for each in DPR.dapil]})
    )
    registry: Any = SimpleNamespace(names=unit_names())
    rows = {"partai": sets.read_set("partai").query("tahun == 2024"), "hasil-dpr-2024": _results(),
            "calon-dpr-2024": _candidates(), "terpilih-dpr-2024": _elected(),
            "partisipasi-dapil-dpr-2024": _turnout()}  # fmt: skip
    return [
        shipped.packed(
            sets.table(name), change(name, frame), plan if sets.table(name).plan else None, registry
        )
        for name, frame in rows.items()
    ]


def make_small_elections(out: Path, change: Change = _same) -> Path:
    """Publish the toy nation with its tables into `out` and return the release's own directory."""

    def also(staging: Staging) -> None:
        staging.manifest["elections"] = write_elections(staging.path, tables(change))

    return make_small_release(out, also)


def _typed(set_name: str, rows: list[dict[str, Any]]) -> pd.DataFrame:
    described = sets.schema(set_name)
    frame = pd.DataFrame(rows).reindex(columns=list(described.columns))
    return sets.typed(frame.astype(object).where(frame.notna(), "").astype(str), described)


def _results() -> pd.DataFrame:
    return _typed("hasil", [
        {"tahun": "2024", "lembaga": "dpr", "kode_dapil": code, "nomor_partai": str(number), "partai": party,
         "suara": str(votes), "basis": "official", "kursi": str(seats), "basis_kursi": "official", "sumber": "contoh"}
        for code in VOTES for (party, number), votes, seats in zip(PARTIES, VOTES[code], SEATS[code], strict=True)
    ])  # fmt: skip


def _candidates() -> pd.DataFrame:
    return _typed("calon", [
        {"tahun": "2024", "lembaga": "dpr", "kode_dapil": code, "nomor_partai": str(number), "partai": party,
         "nomor_urut": str(place), "nama": f"CALON {code} {number} {place}, S.H.", "jenis_kelamin": "LP"[place % 2]}
        for code in VOTES for party, number in PARTIES for place in (1, 2, 3)
    ])  # fmt: skip


def _elected() -> pd.DataFrame:
    return _typed("terpilih", [
        {"tahun": "2024", "lembaga": "dpr", "kode_dapil": code, "nomor_partai": str(number), "partai": party,
         "nomor_urut": str(place), "nama": f"CALON {code} {number} {place}, S.H.", "jenis_kelamin": "LP"[place % 2],
         "suara": "9", "basis": "official", "sumber": "contoh"}
        for code in VOTES for (party, number), seats in zip(PARTIES, SEATS[code], strict=True)
        for place in range(1, seats + 1)
    ])  # fmt: skip


def _turnout() -> pd.DataFrame:
    return _typed("partisipasi", [
        {"tahun": "2024", "pemilu": "dpr", "tingkat": "dapil", "kode_wilayah": code, "terdaftar": "10000",
         "pengguna": str(sum(votes)), "suara_sah": str(sum(votes)), "partisipasi_persen": f"{sum(votes) / 100:g}",
         "basis": "official", "sumber": "contoh"}
        for code, votes in VOTES.items()
    ])  # fmt: skip
