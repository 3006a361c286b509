"""A scorecard of every table by the nine principles of open election data (NDI, Open Election Data Initiative).

Each mark follows from what is there: the list of tables, their schemas, their rows. ``timely`` cannot: it is how soon
after an act a body of the election published, and no table holds that. What the marks mean stands in `PRINCIPLES`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Literal

from boundaries.elections import sets
from boundaries.elections.sets import Schema, Table

Mark = Literal["yes", "part", "no", "unknown"]
Text = Mapping[str, str]
#: Principle → its title, and how its mark is found, in both languages.
PRINCIPLES: Final[Mapping[str, tuple[Text, Text]]] = {
    "timely": (
        {"id": "Tepat waktu", "en": "Timely"},
        {"id": "tidak dapat dihitung: kapan penyelenggara menerbitkannya tidak ada dalam tabel",
         "en": "cannot be computed: when the body of the election published it is in no table"},
    ),
    "granular": (
        {"id": "Rinci", "en": "Granular"},
        {"id": "ya: per orang; sebagian: per kecamatan, kabupaten/kota, dapil, atau provinsi; tidak: hanya nasional",
         "en": "yes: by person; part: by kecamatan, kabkota, dapil or province; no: of the nation only"},
    ),
    "free": (
        {"id": "Gratis di internet", "en": "Free on the internet"},
        {"id": "ya: berkasnya ikut terbit tanpa bayar dan tanpa izin",
         "en": "yes: the file is published with this project, without payment or leave"},
    ),
    "complete": (
        {"id": "Lengkap dan dalam satu berkas", "en": "Complete and in bulk"},
        {"id": "ya: satu berkas memuat semuanya; sebagian: hanya yang disebut di cakupannya; tidak: tanpa baris",
         "en": "yes: one file has it all; part: the file has what its coverage says; no: no rows"},
    ),
    "analyzable": (
        {"id": "Dapat diolah", "en": "Analyzable"},
        {"id": "ya: CSV rapi dengan skema, dan tidak ada sel wajib yang kosong; sebagian: ada yang kosong",
         "en": "yes: tidy CSV with a schema, and no required cell is empty; part: some are"},
    ),
    "non_proprietary": (
        {"id": "Format terbuka", "en": "Non-proprietary"},
        {"id": "ya: CSV (termasuk yang dimampatkan xz)", "en": "yes: CSV (or CSV packed by xz)"},
    ),
    "non_discriminatory": (
        {"id": "Tanpa diskriminasi", "en": "Non-discriminatory"},
        {"id": "ya: tanpa pendaftaran dan tanpa kunci", "en": "yes: without registration and without a key"},
    ),
    "license_free": (
        {"id": "Bebas lisensi", "en": "License-free"},
        {"id": "ya: sumbernya membebaskan; sebagian: dengan syarat; tidak diketahui: sumber tidak menyatakannya",
         "en": "yes: its source sets it free; part: under the terms named; unknown: the source states none"},
    ),
    "permanent": (
        {"id": "Tetap", "en": "Permanent"},
        {"id": "ya: asalnya dinamai sampai versi (commit); sebagian: asalnya media atau tanpa versi",
         "en": "yes: its origin is named down to a version (a commit); part: the press, or no version"},
    ),
}  # fmt: skip
MARKS: Final[Mapping[Mark, Text]] = {
    "yes": {"id": "ya", "en": "yes"},
    "part": {"id": "sebagian", "en": "part"},
    "no": {"id": "tidak", "en": "no"},
    "unknown": {"id": "tidak diketahui", "en": "unknown"},
}
#: Licences that ask nothing but the name of the source.
_FREE: Final = frozenset({"MIT", "Apache-2.0", "CC0-1.0", "CC-BY-4.0", "CC BY 4.0"})
_COMMIT: Final = re.compile(r"\b[0-9a-f]{7,40}\b")
#: The level of a set's rows by a column that it has, the finest first.
_LEVELS: Final = (
    ("nomor_urut", "orang"), ("kode_unit", "kecamatan"), ("kode_dapil", "dapil"), ("kode_kabkota", "kabkota"),
)  # fmt: skip
#: Systems of KPU that the seed names → what they hold. Sidapil's are the plans themselves, which are no table here.
SYSTEMS: Final[Mapping[str, Text]] = {
    "Sidapil": {"id": "dapil", "en": "dapil"},
    "Sipol": {"id": "partai", "en": "parties"},
    "Silon": {"id": "pencalonan", "en": "candidacies"},
    "Sidakam": {"id": "dana kampanye", "en": "campaign finance"},
    "Sikadeka": {"id": "kampanye dan dana kampanye (2024)", "en": "campaign and its finance (2024)"},
    "Sidalih": {"id": "daftar pemilih", "en": "lists of voters"},
    "Situng": {"id": "penghitungan (2019)", "en": "counting (2019)"},
    "Sirekap": {"id": "penghitungan (2024)", "en": "counting (2024)"},
    "Silog": {"id": "logistik", "en": "logistics"},
    "SDM": {"id": "penyelenggara", "en": "staff"},
    "PHPU": {"id": "sengketa hasil", "en": "disputes of results"},
}


@dataclass(frozen=True)
class Scored:
    """A table's marks by principle, its level, rows, and basis."""

    table: str
    set: str
    year: str
    chamber: str
    basis: str
    level: str
    rows: int
    coverage: Text
    marks: Mapping[str, Mark]


@lru_cache
def scores() -> tuple[Scored, ...]:
    """Return the marks of every table; of a set without a table one entry without rows."""
    found = [scored(table) for table in sets.catalogue().values()]
    used = {each.set for each in found}
    return (*found, *(_empty(sets.schema(name)) for name in sets.set_names() if name not in used))


def scored(table: Table) -> Scored:
    """Return the marks of one table."""
    described = sets.schema(table.set)
    rows = sets.read_set(table.name)
    level = _level(described, rows)
    marks: dict[str, Mark] = {
        "timely": "unknown",
        "granular": "yes" if level == "orang" else "no" if level == "nasional" else "part",
        "free": "yes" if table.path.is_file() else "no",
        "complete": "yes" if table.complete else "part",
        "analyzable": "part" if _gaps(described, rows) else "yes",
        "non_proprietary": "yes" if table.path.name.endswith((".csv", ".csv.xz")) else "no",
        "non_discriminatory": "yes" if table.path.is_file() else "no",
        "license_free": _licence(table.licence),
        "permanent": "yes" if _COMMIT.search(table.origin) else "part",
    }
    return Scored(
        table.name, table.set, table.year, table.chamber, table.basis, level, len(rows),
        {"id": table.coverage, "en": table.coverage_en}, marks,
    )  # fmt: skip


def _empty(described: Schema) -> Scored:
    marks: dict[str, Mark] = dict.fromkeys(PRINCIPLES, "no") | {"timely": "unknown"}  # type: ignore[assignment]
    text = {"id": described.description, "en": described.description_en}
    return Scored("", described.name, "", "", "", "", 0, text, marks)


def _level(described: Schema, rows: Any) -> str:
    """The finest level that the rows of a table are of."""
    if "tingkat" in rows and len(rows):
        return str(rows["tingkat"].iloc[-1])
    columns = set(described.columns)
    if described.persons:
        return "orang"
    return next((level for column, level in _LEVELS[1:] if column in columns), "nasional")


def _gaps(described: Schema, rows: Any) -> bool:
    return any(bool(rows[name].isna().any() or rows[name].isin([""]).any()) for name in described.required)


def _licence(licence: str) -> Mark:
    named = [each.strip() for each in licence.split(";") if each.strip()]
    return "unknown" if not named else "yes" if set(named) <= _FREE else "part"


def systems(marked: Iterable[Scored] | None = None) -> dict[str, dict[str, Any]]:
    """Return what of each system of KPU is here: its sets, tables, rows, years; a system without any has none.

    `marked`: what `scores` gives, where it is at hand.
    """
    marked = scores() if marked is None else tuple(marked)
    found: dict[str, dict[str, Any]] = {}
    for name in SYSTEMS:
        own = [each for each in marked if name in sets.schema(each.set).alternative_titles]
        held = [each for each in own if each.rows]
        found[name] = {
            "sets": sorted({each.set for each in own}),
            "tables": len(held),
            "rows": sum(each.rows for each in held),
            "years": sorted({each.year for each in held} - {""}),
            "complete": sum(each.marks["complete"] == "yes" for each in held),
        }
    return found


def read_report(told: Mapping[str, Any]) -> tuple[Scored, ...]:
    """Return the marks that a ``scorecard.json`` holds."""
    return tuple(Scored(**each) for each in told["tables"])


def report() -> dict[str, Any]:
    """Return all of it as ``scorecard.json`` has it."""
    return {
        "principles": {
            name: {"title": dict(title), "rule": dict(rule)} for name, (title, rule) in PRINCIPLES.items()
        },
        "tables": [
            {**vars(each), "coverage": dict(each.coverage), "marks": dict(each.marks)} for each in scores()
        ],
        "systems": {name: {"holds": dict(SYSTEMS[name]), **told} for name, told in systems().items()},
    }
