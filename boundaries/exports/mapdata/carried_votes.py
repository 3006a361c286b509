"""``map-carried-<chamber>-<y1>-<y2>.json``: votes of an election on the dapil of a later one.

What an old dapil gave is divided among the dapil that have its ground today by the people who live there: inhabitants
of the kecamatan, of a divided one by the polling stations of its desa. Of an old dapil whose ground is all in one of
today nothing is estimated. So the share of each party that is exact stands beside the sum.
"""

from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from boundaries.exports.mapdata.map_tables import Content
from boundaries.exports.mapdata.vote_tables import about

_WEIGHT: Final = {
    "id": "dibagi menurut penduduk kecamatan (2023) dan TPS desa (2024)",
    "en": "divided by the inhabitants of kecamatan (2023) and the polling stations of desa (2024)",
}


def carried(content: Content, before: str, after: str) -> dict[str, Any]:
    """Make the file of two plans of a chamber; empty where one of them has no votes, or of half its dapil only.

    ``rows``: of each dapil of `after` its code, the share of all that was carried that is exact, and the votes by party
    (``parties``: keys, those on both ballots).
    """
    tables = content.elections
    table, later = tables.find("hasil", before), tables.find("hasil", after)
    old, new = (
        rows[rows["suara"].notna()] if len(rows := tables.rows(each)) else rows for each in (table, later)
    )
    then, now = content.dapil(before).frame, content.dapil(after).frame
    if table is None or any(
        rows["kode_dapil"].nunique() < len(all_) / 2 for rows, all_ in ((old, then), (new, now))
    ):
        return {}
    votes = old.pivot(index="kode_dapil", columns="partai", values="suara").astype(float).fillna(0)
    votes = votes.reindex(then["kode_dapil"]).fillna(0)
    shares = _shares(content, before, after)
    whole = shares > 1 - 1e-12
    moved = shares.T @ votes.to_numpy()
    exact = (shares * whole).T @ votes.to_numpy().sum(axis=1)
    total = moved.sum(axis=1)
    both = [str(party) for party in votes.columns if party in set(new["partai"])]
    kept = [votes.columns.get_loc(party) for party in both]
    return {
        "chamber": before[:-5], "from": int(before[-4:]), "to": int(after[-4:]), **about(table), "weight": _WEIGHT,
        "parties": both,
        "rows": [
            [code, round(float(exact[at] / total[at]), 4) if total[at] else None, round(float(total[at])),
             [round(float(moved[at, place])) for place in kept]]
            for at, code in enumerate(now["kode_dapil"])
        ],
    }  # fmt: skip


def _shares(content: Content, before: str, after: str) -> NDArray[np.float64]:
    """The share of each old dapil's people in each new one: (old, new); a row sums to 1, or to 0 without ground."""
    old, new = content.assigned(before), content.assigned(after)
    sizes = (len(content.dapil(before).frame), len(content.dapil(after).frame))
    both = (old >= 0) & (new >= 0)
    people = np.zeros(sizes)
    np.add.at(people, (old[both], new[both]), _people(content)[both])
    total = people.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(people, total, out=np.zeros(sizes), where=total > 0))


def _people(content: Content) -> NDArray[np.float64]:
    """Weights of the base units: inhabitants; of a desa, those of its kecamatan by its polling stations.

    Where inhabitants are not known, the nation's inhabitants a station; a unit without either counts as one person.
    """
    table = pd.concat(
        [frame[["kode", "penduduk", "tps"]] for name, frame in content.layers.items() if name in ("kecamatan", "desa")]
    ).set_index("kode")  # fmt: skip
    table = table[~table.index.duplicated()].astype("Float64")
    base = table.reindex(content.base)
    above = pd.Series(content.base).str[:8].to_numpy()
    of_kecamatan = table["penduduk"].reindex(above).to_numpy(dtype=float, na_value=np.nan)
    stations = base["tps"].fillna(0.5).to_numpy(dtype=float)
    held = pd.Series(stations).groupby(above).transform("sum").to_numpy()
    people = np.where(np.char.str_len(content.base) > 8, of_kecamatan * stations / held,
                      base["penduduk"].to_numpy(dtype=float, na_value=np.nan))  # fmt: skip
    known = ~np.isnan(people)
    mean = people[known].sum() / max(stations[known].sum(), 1)
    return np.maximum(np.where(known, people, mean * stations), 1.0)
