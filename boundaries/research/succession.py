"""What became of each dapil from one election to the next, and where each came from: the ledger.

Kinds: ``tetap`` (same ground and code), ``ganti-kode`` (same ground), ``tambah``, ``kurang``, ``tukar`` (each the
other's main successor, with more ground, less, or both), ``pecah`` (the old one became several), ``gabung`` (several
became one), ``baru`` and ``hapus`` (on ground that had none, or has none). A main successor has the largest share by
area, ties by code.
"""

from collections.abc import Iterable
from itertools import pairwise
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from boundaries.law.columns import columns_of
from boundaries.law.identity import ground_ids
from boundaries.law.meta import CHAMBERS
from boundaries.law.nesting import Nesting
from boundaries.law.plans import Plan
from boundaries.law.registry import Registry
from boundaries.research.crosswalk import Ground, overlaps
from boundaries.research.people import People
from boundaries.research.proposal import Proposal, of_law

Array = NDArray[Any]

KINDS: Final = ("tetap", "ganti-kode", "tambah", "kurang", "tukar", "pecah", "gabung", "baru", "hapus")
COLUMNS: Final = (
    "id_lama", "id_baru", "wilayah_id_lama", "wilayah_id_baru", "jenis", "bagian_lama_luas", "bagian_lama_tps",
    "unit_masuk", "unit_keluar", "kursi_lama", "kursi_baru", "dasar",
)  # fmt: skip


def ledgers(plans: Iterable[Plan], people: People, ground: Ground) -> dict[tuple[str, str], pd.DataFrame]:
    """The ledgers of every two plans of a chamber that follow each other, by their ids, chamber by chamber.

    Plans without a composition are passed over. Of ground that the older plan does not know nothing is said.
    """
    known = sorted((plan for plan in plans if plan.meta.komposisi), key=lambda plan: plan.year)
    found = {}
    for chamber in CHAMBERS:
        for old, new in pairwise(plan for plan in known if plan.chamber == chamber):
            before, after = of_law(old), of_law(new)
            table = ledger(before, after, people, ground)
            if old.meta.sebagian:
                named = table["id_baru"].str.removeprefix(f"{new.id}-")
                council = dict(zip(after.dapil["kode_dapil"], after.dapil["dewan"], strict=True))
                told = named.map(council).isin(set(before.dapil["dewan"])) | (table["jenis"] != "baru")
                table = table[told].reset_index(drop=True)
            found[old.id, new.id] = table
    return found


def whole_ledger(plans: Iterable[Plan], people: People, ground: Ground) -> pd.DataFrame:
    """All ledgers as one table, in the columns of a release's table ``riwayat``."""
    tables = [
        table.assign(lembaga=older.rpartition("-")[0])
        for (older, _), table in ledgers(plans, people, ground).items()
    ]
    names = [column.name for column in columns_of("riwayat")]
    whole = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=names)
    return whole.reindex(columns=names).astype({"kursi_lama": "Int64", "kursi_baru": "Int64"})


def ledger(old: Proposal, new: Proposal, people: People, ground: Ground) -> pd.DataFrame:
    """The ledger between two plans of a chamber: a row a relation, in the order of the old dapil, then the new."""
    found = overlaps(old, new, people, ground)
    a, b = found.pairs.T
    successor = _main(a, b, found.area_m2, len(old.dapil))
    origin = _main(b, a, found.area_m2, len(new.dapil))
    owners = old.owners(people), new.owners(people)
    sums = people.figures("tps_2024").over(found.zone, len(a)).value
    total = np.bincount(a, sums, len(old.dapil)), np.bincount(a, found.area_m2, len(old.dapil))
    told = _told(old), _told(new)
    kept = [n for n in range(len(a)) if successor[a[n]] == b[n] or origin[b[n]] == a[n]]
    rows = []
    for n in kept:
        one, two = int(a[n]), int(b[n])
        into, out = _moved(people, owners, one, two)
        same = told[0][one].code == told[1][two].code
        kind = _kind(same, one, two, successor, origin, bool(into), bool(out))
        share = [found.area_m2[n] / total[1][one] if total[1][one] else np.nan, sums[n] / total[0][one]]
        rows.append(_row(told[0][one], told[1][two], kind, share, into, out, people.registry))
    rows += [_row(None, told[1][two], "baru", [np.nan, np.nan], [], [], people.registry)
             for two in range(len(new.dapil)) if origin[two] < 0]  # fmt: skip
    rows += [_row(told[0][one], None, "hapus", [np.nan, np.nan], [], [], people.registry)
             for one in range(len(old.dapil)) if successor[one] < 0]  # fmt: skip
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    _with_ground(table, old, new, people, owners)
    return table.sort_values(["id_lama", "id_baru"], ignore_index=True, na_position="last")


def _main(of: Array, to: Array, area: Array, count: int) -> Array:
    """The partner (count,) with the largest area in common, the first by number where equal; -1 without one."""
    order = np.lexsort((to, -area, of))
    found = np.full(count, -1)
    owner, first = np.unique(of[order], return_index=True)
    found[owner] = to[order][first]
    return found


def _kind(same: bool, one: int, two: int, successor: Array, origin: Array, more: bool, less: bool) -> str:
    """The kind of a relation; `same`: both have one code; the newer has `more` ground, has `less`."""
    mutual = successor[one] == two and origin[two] == one
    if not more and not less:
        return "tetap" if same else "ganti-kode"
    if not mutual:
        return "pecah" if origin[two] == one else "gabung"
    if (origin == one).sum() > 1:
        return "pecah"
    if (successor == two).sum() > 1:
        return "gabung"
    return "tukar" if more and less else "tambah" if more else "kurang"


class _Dapil(NamedTuple):
    """What a row tells of a dapil."""

    id: str
    code: str
    council: str
    year: int
    seats: int


def _told(plan: Proposal) -> list[_Dapil]:
    columns = (plan.dapil[name].tolist() for name in ("kode_dapil", "dewan", "kursi"))
    return [
        _Dapil(f"{plan.chamber}-{plan.year}-{code}", str(code), str(council), plan.year, int(seats))
        for code, council, seats in zip(*columns, strict=True)
    ]


def _moved(people: People, owners: tuple[Array, Array], one: int, two: int) -> tuple[list[str], list[str]]:
    """The largest units that a dapil has and its forerunner had not; and the other way round."""
    at = np.flatnonzero((owners[0] == one) | (owners[1] == two))
    start, end = int(at[0]), int(at[-1]) + 1
    mine, its = owners[0][start:end] == one, owners[1][start:end] == two
    desa = people.desa[start:end]
    return _units(desa, its & ~mine, people), _units(desa, mine & ~its, people)


def _units(desa: Array, mask: Array, people: People) -> list[str]:
    """The largest units all of whose desa are in a mask; a unit at the edge of `desa` is held against the registry."""
    if not mask.any():
        return []
    nesting = Nesting(desa)
    found = []
    for level, chosen, _ in nesting.largest(np.where(mask, 0, -1)):
        for code in nesting.levels[level].codes[chosen]:
            inside = people.registry.descendants(str(code), "desa")
            found += [str(code)] if len(inside) == np.char.startswith(desa[mask], str(code)).sum() else []
            if not found or found[-1] != code:
                found += [str(each) for each in desa[mask & np.char.startswith(desa, str(code))]]
    return sorted(set(found))


def _row(old: _Dapil | None, new: _Dapil | None, kind: str, share: list[float], into: list[str], out: list[str],
         registry: Registry) -> dict[str, Any]:  # fmt: skip
    mother, first = registry.origins.get(new.council[:2], ("", 0)) if new else ("", 0)
    return {
        "id_lama": old and old.id,
        "id_baru": new and new.id,
        "jenis": kind,
        "bagian_lama_luas": round(share[0], 9),
        "bagian_lama_tps": round(share[1], 9),
        "unit_masuk": ";".join(into),
        "unit_keluar": ";".join(out),
        "kursi_lama": old and old.seats,
        "kursi_baru": new and new.seats,
        "dasar": f"provinsi {new.council[:2]} dibentuk dari {mother}" if new and first == new.year else "",
    }


def _with_ground(
    table: pd.DataFrame, old: Proposal, new: Proposal, people: People, owners: tuple[Array, Array]
) -> None:
    for side, plan, held in (("lama", old, owners[0]), ("baru", new, owners[1])):
        ids = ground_ids(people.desa, held, len(plan.dapil))
        named = {
            f"{plan.chamber}-{plan.year}-{c}": i for c, i in zip(plan.dapil["kode_dapil"], ids, strict=True)
        }
        table[f"wilayah_id_{side}"] = table[f"id_{side}"].map(named)
