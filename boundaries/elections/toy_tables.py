"""Election tables of the toy nation (`boundaries.release.toy`): invented as it is, in the schemas of the sets.

``hasil-dpr-2024`` and ``-2019`` (votes and seats), candidates, members and turnout of 2024, and a count of the
DPRD kabupaten/kota of 2024 by kecamatan. Three parties; figures follow from the codes, so every run has the same.
"""

from functools import cache
from itertools import product
from typing import Any, Final
from zlib import crc32

import pandas as pd

from boundaries.elections import sets
from boundaries.elections.seats import allocate
from boundaries.elections.sets import Table
from boundaries.release.toy import PLANS, SmallPlan
from boundaries.release.toy_ground import base_units

#: Key, short name, name and colour of each party, by the number on the ballot.
PARTIES: Final = (
    ("melati", "Melati", "Partai Melati", "#c0392b"),
    ("kenanga", "Kenanga", "Partai Kenanga", "#1f5fa8"),
    ("anggrek", "Anggrek", "Partai Anggrek", "#b02a2a"),
)
_COVERAGE: Final = ("semua dapil; contoh, dikarang", "all dapil; an example, invented")
#: Table → (set, plan, basis).
_TABLES: Final = {
    "partai": ("partai", "", "official"),
    "hasil-dpr-2024": ("hasil", "dpr-2024", "official"),
    "hasil-dpr-2019": ("hasil", "dpr-2019", "official"),
    "hasil-dprd-kabkota-2024-hitung": ("hasil", "dprd-kabkota-2024", "count"),
    "hasil-wilayah-dprd-kabkota-2024-hitung": ("hasil-wilayah", "dprd-kabkota-2024", "count"),
    "partisipasi-dapil-dpr-2024": ("partisipasi", "dpr-2024", "official"),
    "calon-dpr-2024": ("calon", "dpr-2024", "official"),
    "daftar-calon-dpr-2024": ("daftar-calon", "dpr-2024", "inferred"),
    "hasil-calon-dpr-2024": ("hasil-calon", "dpr-2024", "official"),
    "terpilih-dpr-2024": ("terpilih", "dpr-2024", "official"),
}


def catalogue() -> dict[str, Table]:
    """Return what is known of every table, by name; as `sets.catalogue`, but that there is no file."""
    return {
        name: Table(
            name=name, set=set_name, year=plan[-4:], chamber=plan[:-5], plan=plan, basis=basis,
            coverage=_COVERAGE[0], coverage_en=_COVERAGE[1], origin="", licence="CC0-1.0", complete=True,
            path=sets.directory() / name,
        )
        for name, (set_name, plan, basis) in _TABLES.items()
    }  # fmt: skip


@cache
def read_set(name: str) -> pd.DataFrame:
    """Return a table in the columns and types of its set's schema; as `sets.read_set`."""
    set_name, plan, basis = _TABLES[name]
    described = sets.schema(set_name)
    rows = list(_MADE[set_name](next((each for each in PLANS if each.id == plan), None)))
    for row in rows:
        row.setdefault("basis", basis)
    frame = pd.DataFrame(rows).reindex(columns=described.columns).astype(object)
    text = frame.where(frame.notna(), "").astype(str)
    return sets.typed(text, described)


def _parties(_: Any) -> Any:
    for year, (number, (key, short, name, colour)) in product((2019, 2024), enumerate(PARTIES, 1)):
        yield {"tahun": year, "nomor_partai": number, "partai": key, "nama": name, "singkatan": short,
               "cakupan": "nasional", "warna": colour}  # fmt: skip


def _votes(plan: SmallPlan, place: str) -> list[int]:
    """Votes of each party in a dapil or unit: from 1,000 to 30,999, drawn from the place's name."""
    return [1000 + crc32(f"{plan.id} {place} {key}".encode()) % 30_000 for key, *_ in PARTIES]


def _keys(plan: SmallPlan, code: str) -> dict[str, Any]:
    return {"tahun": plan.year, "lembaga": plan.chamber, "kode_dapil": code}


def _each_party(plan: SmallPlan) -> Any:
    for code, _, seats, *_ in plan.dapil:
        votes = _votes(plan, code)
        won = allocate(votes, seats).won
        for number, (key, *_) in enumerate(PARTIES, 1):
            yield code, seats, number, key, votes[number - 1], won[number - 1]


def _results(plan: SmallPlan) -> Any:
    count = plan.chamber != "dpr"
    for code, _, number, key, votes, won in _each_party(plan):
        row = {**_keys(plan, code), "nomor_partai": number, "partai": key, "suara": votes, "kursi": won}
        yield {**row, "basis_kursi": "inferred" if count else "official",
               **({"tps": 200, "tps_terhitung": 150} if count else {})}  # fmt: skip


def _by_unit(plan: SmallPlan) -> Any:
    for unit in sorted({code[:8] for code in base_units() if code[:2] not in plan.excluded}):
        for number, (votes, (key, *_)) in enumerate(zip(_votes(plan, unit), PARTIES, strict=True), 1):
            yield {"tahun": plan.year, "lembaga": plan.chamber, "kode_kabkota": unit[:5], "kode_unit": unit,
                   "nomor_partai": number, "partai": key, "suara": votes, "tps": 20, "tps_kosong": 5}  # fmt: skip


def _turnout(plan: SmallPlan) -> Any:
    for code, name, *_ in plan.dapil[:3]:
        yield {"tahun": plan.year, "pemilu": plan.chamber, "tingkat": "dapil", "kode_wilayah": code,
               "nama_wilayah": name, "terdaftar": 100_000,
               "pengguna": 60_000 + crc32(code.encode()) % 30_000}  # fmt: skip


def _candidates(plan: SmallPlan) -> Any:
    for code, seats, number, key, votes, won in _each_party(plan):
        for place in range(1, seats + 1):
            yield {**_keys(plan, code), "nomor_partai": number, "partai": key, "nomor_urut": place,
                   "nama": f"Calon {code}-{number}-{place}", "jenis_kelamin": "P" if place % 3 == 0 else "L",
                   "suara": votes // (place + 1), "terpilih": place <= won}  # fmt: skip


def _lists(plan: SmallPlan) -> Any:
    for code, seats, number, key, *_ in _each_party(plan):
        women = seats // 3
        yield {**_keys(plan, code), "nomor_partai": number, "partai": key, "kursi": seats, "calon": seats,
               "perempuan": women, "perempuan_30": "ya" if women >= 0.3 * seats else "tidak",
               "perempuan_tiap_tiga": "ya"}  # fmt: skip


def _elected(plan: SmallPlan) -> Any:
    return (row for row in _candidates(plan) if row["terpilih"])


_MADE: Final[dict[str, Any]] = {
    "partai": _parties, "hasil": _results, "hasil-wilayah": _by_unit, "partisipasi": _turnout, "calon": _candidates,
    "daftar-calon": _lists, "hasil-calon": _candidates, "terpilih": _elected,
}  # fmt: skip
