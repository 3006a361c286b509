"""A dapil's ground as a name: the same ground has the same `wilayah_id`, whatever its chamber, year or code.

``w-`` and the first 12 hex digits of the SHA-256 over the ground's codes, sorted, a line each: a kecamatan's code where
all of it is in, else those of its desa. So a plan to come that splits another kecamatan changes no name. Codes are of
the ministry's list of 2025.

Open Civic Data publishes identifiers of the DPR's dapil of 2024 and of the provinsi: ``data/identifiers/ocd.csv`` has
them with the ground that each names, and a dapil of that ground has it (`PUBLISHED`). Every other dapil has one of this
project's own making in the same form (`PROPOSED`), with the year behind it as Canada's list has it.
"""

import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from boundaries.law.codes import ABROAD, LENGTH
from boundaries.law.nesting import under
from boundaries.law.plans import Plan
from boundaries.law.registry import Registry
from boundaries.law.tables import data_directory, read_table

Array = NDArray[Any]

#: Where an `ocd_id` comes from (column `ocd_asal`).
PUBLISHED: Final = "terbit"
PROPOSED: Final = "usulan"
#: What every one begins with.
COUNTRY: Final = "ocd-division/country:id"


def ground_ids(desa: Array, owners: Array, count: int) -> list[str]:
    """The names of the ground of `count` zones; `desa` (d,) sorted codes, `owners` (d,) the zone of each, -1 for none.

    A zone without ground has the name ``""``.
    """
    held: list[list[str]] = [[] for _ in range(count)]
    for zone, code in _reduced(desa, owners):
        held[zone].append(code)
    return [
        f"w-{hashlib.sha256(chr(10).join(codes).encode()).hexdigest()[:12]}" if codes else ""
        for codes in held
    ]


def _reduced(desa: Array, owners: Array) -> Iterator[tuple[int, str]]:
    kecamatan, first = np.unique(desa.astype(f"U{LENGTH['kecamatan']}"), return_index=True)
    ends = np.append(first[1:], len(desa))
    low, high = np.minimum.reduceat(owners, first), np.maximum.reduceat(owners, first)
    for code, start, end, least, most in zip(kecamatan, first, ends, low, high, strict=True):
        if least == most:
            if most >= 0:
                yield int(most), str(code)
            continue
        yield from ((int(owners[n]), str(desa[n])) for n in range(start, end) if owners[n] >= 0)


def plan_ground(plan: Plan, registry: Registry) -> list[str]:
    """The names of the ground of a plan's dapil, in the order of its table; ``""`` where the members are not known."""
    desa = np.array(registry.at("desa"))
    row = {code: n for n, code in enumerate(plan.dapil["kode_dapil"])}
    members = plan.members[(plan.members["kode_unit"] != ABROAD[0]) & plan.members["kode_dapil"].isin(row)]
    unit, at = under(members["kode_unit"].to_numpy(dtype=str), desa)
    owners = np.full(len(desa), -1)
    owners[at] = members["kode_dapil"].map(row).to_numpy(dtype=int)[unit]
    return ground_ids(desa, owners, len(row))


def division_ids(plan: Plan, grounds: list[str]) -> list[tuple[str, str]]:
    """`ocd_id` and `ocd_asal` of a plan's dapil, in the order of its table; `grounds`: the names of their ground."""
    known, provinces = _published()
    found = []
    for code, ground in zip(plan.dapil["kode_dapil"], grounds, strict=True):
        if given := known.get((plan.chamber, ground)):
            found.append((given, PUBLISHED))
            continue
        within = {
            "dpr": [COUNTRY],
            "dpd": [provinces[code[:2]]],
            "dprd-provinsi": [provinces[code[:2]]],
            "dprd-kabkota": [provinces[code[:2]], f"kabkota:{code[:4]}"],
        }[plan.chamber]
        found.append(("/".join([*within, f"ed:{code}-{plan.year}"]), PROPOSED))
    return found


def published_id(chamber: str, ground: str) -> str | None:
    """The identifier that Open Civic Data publishes for this ground in a chamber, or None."""
    return _published()[0].get((chamber, ground))


@cache
def _published(path: Path | None = None) -> tuple[dict[tuple[str, str], str], dict[str, str]]:
    """The identifiers that are published: (chamber, ground) → id; code of a provinsi → its id."""
    path = path or data_directory() / "identifiers" / "ocd.csv"
    table = read_table(path, ("lembaga", "kode_dapil", "wilayah_id", "ocd_id"))
    ids = table["ocd_id"].tolist()
    known = dict(zip(zip(table["lembaga"], table["wilayah_id"], strict=True), ids, strict=True))
    provinces = table[table["lembaga"] == "dpd"]
    return known, dict(zip(provinces["kode_dapil"], provinces["ocd_id"], strict=True))
