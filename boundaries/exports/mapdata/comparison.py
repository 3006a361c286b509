"""``map-compare-<chamber>-<y1>-<y2>.json``: what changed between two elections of a chamber.

Both plans are laid over the same base units (codes of 2025). Dapil are matched by the ground that they share,
measured as area. Of elections that follow each other the release's ledger (table ``riwayat``) says what became of each
dapil, and ``riwayat`` has its rows; of others it is null. The *successor* of an old dapil is the new one that is
most like it (shared area over joint area, and a half more for one of the same code, so that Papua of 2019 goes on
in Papua and not in its largest piece; the most alike are paired first, each once). Ground that went to
another dapil than the successor of its old one has moved.
"""

from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from boundaries.exports.mapdata.map_tables import CHAMBERS, LEDGER, Content

Array = NDArray[Any]

_MEASURE: Final = {
    "id": "Kesamaan dua dapil diukur menurut luas wilayah; penduduk wilayah yang pindah menurut data tiap kecamatan.",
    "en": "How much two dapil share is measured by area; people of what moved are those counted by kecamatan.",
}
#: Shares are written with so many decimals; a smaller one counts as shared ground all the same.
_DECIMALS: Final = 4
#: What the same code adds to the likeness of two dapil, which is at most 1.
_SAME_CODE: Final = 0.5


def pairs(content: Content) -> list[tuple[str, str]]:
    """Every two plans of one chamber of which both have members: (the earlier, the later)."""
    found = []
    for chamber in CHAMBERS:
        own = [
            (int(entry["tahun"]), plan)
            for plan, entry in content.plans.items()
            if entry["lembaga"] == chamber
        ]
        known = [plan for _, plan in sorted(own) if content.composed(plan)]
        found += list(combinations(known, 2))
    return found


@dataclass(frozen=True)
class _Overlap:
    """Pairs of dapil that share a base unit: rows of both plans, the area, and how many units (some have no area)."""

    then: Array
    now: Array
    area: Array
    count: Array


def compare(content: Content, before: str, after: str) -> dict[str, Any]:
    """Compare two plans of one chamber."""
    old, new = content.assigned(before), content.assigned(after)
    then, now = content.dapil(before).frame, content.dapil(after).frame
    shared = _overlap(old, new, content.area_km2)
    area_then, area_now = (_areas(rows, content.area_km2, len(t)) for rows, t in ((old, then), (new, now)))
    successor = _successors(shared, area_then, area_now, then, now)
    same = _same_ground(shared, old, new, len(now))
    origin = {int(b): a for a, b in successor.items()}
    chamber, _, year = before.rpartition("-")
    entries = [
        _entry(row, then, now, shared, area_now, origin.get(row), bool(same[row])) for row in range(len(now))
    ]
    return {
        "chamber": chamber,
        "from": int(year),
        "to": int(after.rpartition("-")[2]),
        "unchanged": int(same.sum()),
        "measure": _MEASURE,
        "riwayat": _ledger(content, before, after),
        "units": _moved(content, old, new, then, now, successor),
        "dapil": [entry for entry in entries if entry],
        "gone": [
            _gone(row, then, now, shared, area_then) for row in range(len(then)) if row not in successor
        ],
    }


def _ledger(content: Content, before: str, after: str) -> list[list[Any]] | None:
    """The ledger's rows but those of dapil that stayed (``tetap``): the old dapil, the new one, the kind, and which
    share of the old one's area and of its polling stations went there. None where the release has no ledger of them."""
    rows = content.ledger[list(LEDGER)]
    old, new = (_of(rows[name], plan) for name, plan in (("id_lama", before), ("id_baru", after)))
    if not (old & new).any():
        return None
    rows = rows[(old | rows["id_lama"].isna()) & (new | rows["id_baru"].isna()) & (rows["jenis"] != "tetap")]
    told = rows.assign(**{name: rows[name].astype(float).round(_DECIMALS) for name in LEDGER[3:]}).astype(
        object
    )
    return told.where(told.notna(), None).to_numpy().tolist()


def _of(ids: pd.Series, plan: str) -> pd.Series:
    return ids.astype(str).str.startswith(f"{plan}-")


def _overlap(old: Array, new: Array, area: Array) -> _Overlap:
    both = (old >= 0) & (new >= 0)
    table = pd.DataFrame({"then": old[both], "now": new[both], "area": area[both], "count": 1})
    sums = table.groupby(["then", "now"], as_index=False).sum()
    return _Overlap(*(sums[name].to_numpy() for name in ("then", "now", "area", "count")))


def _areas(rows: Array, area: Array, count: int) -> Array:
    known = rows >= 0
    return np.bincount(rows[known], weights=area[known], minlength=count)


def _successors(
    shared: _Overlap, area_then: Array, area_now: Array, then: pd.DataFrame, now: pd.DataFrame
) -> dict[int, int]:
    """Old row → new row, the most alike first; of equals the lower codes."""
    joint = area_then[shared.then] + area_now[shared.now] - shared.area
    alike = np.divide(shared.area, joint, out=np.zeros(len(joint)), where=joint > 0)
    same_code = then["kode_dapil"].to_numpy(str)[shared.then] == now["kode_dapil"].to_numpy(str)[shared.now]
    found: dict[int, int] = {}
    taken: set[int] = set()
    for place in np.lexsort((shared.now, shared.then, -(alike + _SAME_CODE * same_code).round(9))):
        a, b = int(shared.then[place]), int(shared.now[place])
        if a not in found and b not in taken:
            found[a] = b
            taken.add(b)
    return found


def _same_ground(shared: _Overlap, old: Array, new: Array, count: int) -> Array:
    """Mask of new dapil that are made up of exactly the base units of one old dapil."""
    of_then, of_now = np.bincount(old[old >= 0]), np.bincount(new[new >= 0], minlength=count)
    whole = (shared.count == of_then[shared.then]) & (shared.count == of_now[shared.now])
    same = np.zeros(count, dtype=bool)
    same[shared.now[whole]] = True
    return same


def _entry(
    row: int,
    then: pd.DataFrame,
    now: pd.DataFrame,
    shared: _Overlap,
    area: Array,
    origin: int | None,
    same: bool,
) -> dict[str, Any] | None:
    """Tell of a new dapil; None where ground, seats, name and code are all as they were."""
    old = None if origin is None else then.iloc[origin]
    own = now.iloc[row]
    if same and old is not None and all(old[n] == own[n] for n in ("kursi", "nama_dapil", "kode_dapil")):
        return None
    here = shared.now == row
    return {
        "id": own["id"],
        "successor_of": None if old is None else old["id"],
        "same_ground": same,
        "kursi_then": None if old is None else int(old["kursi"]),
        "kursi_now": int(own["kursi"]),
        "matches": _shares(then["id"].to_numpy()[shared.then[here]], shared.area[here], area[row]),
    }


def _gone(row: int, then: pd.DataFrame, now: pd.DataFrame, shared: _Overlap, area: Array) -> dict[str, Any]:
    """Tell of an old dapil without a successor."""
    here = shared.then == row
    return {
        "id": then["id"].iloc[row],
        "kursi_then": int(then["kursi"].iloc[row]),
        "matches": _shares(now["id"].to_numpy()[shared.now[here]], shared.area[here], area[row]),
    }


def _shares(ids: Array, shared: Array, whole: float) -> list[list[Any]]:
    """The dapil that share ground, and which share of the area, the largest first."""
    share = shared / whole if whole > 0 else np.zeros(len(shared))
    order = np.lexsort((ids.astype(str), -share))
    return [[ids[place], round(float(share[place]), _DECIMALS)] for place in order]


def _moved(
    content: Content, old: Array, new: Array, then: pd.DataFrame, now: pd.DataFrame, successor: dict[int, int]
) -> list[dict[str, Any]]:
    """The base units whose ground went to another dapil than the successor of their old one."""
    heir = np.full(len(then) + 1, -1)  # the last place is for ground in no dapil
    heir[list(successor)] = list(successor.values())
    heir[len(then)] = -1
    moved = np.flatnonzero((heir[old] != new) | ((old >= 0) & (new < 0)))
    names = {code: name for own in content.names.values() for code, name in own.items()}
    ids_then, ids_now = [*then["id"], None], [*now["id"], None]
    return [
        {
            "kode": code,
            "nama": names[code],
            "from": ids_then[old[at]],
            "to": ids_now[new[at]],
            "luas_km2": float(content.area_km2[at]),
            "penduduk": content.people.get(code),
        }
        for at, code in zip(moved.tolist(), content.base[moved].tolist(), strict=True)
    ]
