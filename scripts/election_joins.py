"""Write the pages that say how each set of election tables joins maps, units and parties.

    python scripts/election_joins.py build

From the release's own `elections.json` (what the build counted when it joined) and the schemas: keys, how many rows
meet their dapil, unit or party, what does not. ``docs/election-joins.md`` and ``docs/election-joins.id.md``; a test
holds them to the national release.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from boundaries.release.store import open_release

ROOT: Final = Path(__file__).parents[1]
#: Shown of what a table does not meet; the rest is counted.
SHOWN: Final = 5

#: What goes wrong in a join: the columns that it concerns (English, Indonesian).
TRAPS: Final = (
    (("kode_unit", "kode_kabkota", "kode_provinsi", "kode_dapil"),
     "Codes are text: a program that takes `32.10` (Majalengka) for a number makes it 32.1. "
     "Read with `dtype=str`, or give DuckDB `all_varchar = true`.",
     "Kode adalah teks: program yang menganggap `32.10` (Majalengka) angka menjadikannya 32.1. Bacalah dengan "
     "`dtype=str`, atau beri DuckDB `all_varchar = true`."),
    (("kode_dapil",),
     "Always with `lembaga` and `tahun`: `3201` is a dapil of the DPR and of a DPRD, and 2019's is not 2024's. "
     "Joined by hyphens the three are the `id` of the map.",
     "Selalu bersama `lembaga` dan `tahun`: `3201` ada di DPR dan di DPRD, dan yang 2019 bukan yang 2024. "
     "Ketiganya disambung tanda hubung adalah `id` pada peta."),
    (("kode_unit", "kode_kabkota", "kode_provinsi"),
     "Units have the codes of 2025. Papua was parted in 2022: what voted as `91` in 2019 lies in `91`, `93`, `94`, "
     "`95` and, of Papua Barat, `92` and `96`; sums of a province of then need the units of then.",
     "Unit memakai kode 2025. Papua dimekarkan tahun 2022: yang memilih sebagai `91` pada 2019 terletak di `91`, `93`, "
     "`94`, `95`, dan, dari Papua Barat, di `92` dan `96`; jumlah provinsi saat itu perlu unit saat itu."),
    (("nomor_partai",),
     "The number on the ballot is of one year: with `tahun` it leads to the set `partai`, whose column `partai` is the "
     "same organisation in all years. DPD candidates have none.",
     "Nomor urut partai berlaku satu pemilu: bersama `tahun` ia menuju set `partai`, yang kolom `partai`-nya adalah "
     "organisasi yang sama di semua tahun. Calon DPD tidak memilikinya."),
    (("lembaga",),
     "DKI Jakarta elects no DPRD kabupaten/kota, and voters abroad only DPR dapil DKI Jakarta II: neither is a gap.",
     "DKI Jakarta tidak memilih DPRD kabupaten/kota, dan pemilih luar negeri hanya DPR dapil DKI Jakarta II: "
     "keduanya bukan kekosongan."),
)  # fmt: skip

#: The words of the pages: English, Indonesian.
WORDS: Final = {
    "head": ("# How the election's tables join", "# Cara tabel pemilu disambung"),
    "twin": ("*[Bahasa Indonesia](election-joins.id.md)*", "*[English](election-joins.md)*"),
    "intro": ("Counted by the build of release `{release}` when it joined every row, by `scripts/election_joins.py`. "
              "What each field means: [fields](election-fields.md).",
              "Dihitung oleh pembuatan rilis `{release}` saat menyambung setiap baris, lewat "
              "`scripts/election_joins.py`. Arti tiap kolom: [kolom](election-fields.id.md)."),
    "traps": ("## Traps", "## Jebakan"),
    "key": ("Key", "Kunci"),
    "leads": ("leads to", "menuju"),
    "table": ("table | rows | column | meets | rows that do | empty | not met",
              "tabel | baris | kolom | bertemu | baris yang bertemu | kosong | tidak bertemu"),
    "none": ("No column leads to a map or party.", "Tidak ada kolom yang menuju peta atau partai."),
    "empty": ("A schema without rows: nothing was found.", "Skema tanpa baris: tidak ada yang ditemukan."),
    "more": ("and {n} more", "dan {n} lagi"),
    "traps_of": ("Traps", "Jebakan"),
}  # fmt: skip


def page(release_id: str, listed: Mapping[str, Any], english: bool) -> str:
    """Return the page in one language, of a release's `elections.json`."""
    at, suffix = (0, "_en") if english else (1, "")
    word = {key: both[at] for key, both in WORDS.items()}
    lines = [
        word["head"],
        "",
        word["twin"],
        "",
        word["intro"].format(release=release_id),
        "",
        word["traps"],
        "",
    ]
    lines += [f"{n}. {trap[1 + at]}" for n, trap in enumerate(TRAPS, 1)]
    tables: dict[str, list[Mapping[str, Any]]] = {}
    for table in listed["tables"]:
        tables.setdefault(table["set"], []).append(table)
    for path in sorted((ROOT / "data" / "elections").glob("*/schema.json")):
        schema = json.loads(path.read_text("utf-8"))
        names = {each["name"] for each in schema["fields"]}
        lines += ["", f"## `{schema['name']}`: {schema['title' + suffix]}", ""]
        lines += [f"{word['key']}: {_columns(schema['primaryKey'])}."]
        lines += [
            f"{_columns(each['fields'])} {word['leads']} `{each['reference']['resource']}` "
            f"({_columns(each['reference']['fields'])})."
            for each in schema["foreignKeys"]
        ]
        concerned = [str(n) for n, trap in enumerate(TRAPS, 1) if names & set(trap[0])]
        lines += [f"{word['traps_of']}: {', '.join(concerned)}."] if concerned else []
        rows = list(_rows(tables.get(schema["name"], []), word["more"]))
        if rows:
            lines += ["", f"| {word['table']} |", "| --- | ---: | --- | --- | ---: | ---: | --- |", *rows]
        else:
            lines += ["", word["none"] if tables.get(schema["name"]) else word["empty"]]
    return "\n".join(lines) + "\n"


def _columns(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _rows(tables: list[Mapping[str, Any]], more: str) -> Iterator[str]:
    for table in tables:
        for join in table["joins"]:
            lacking = [str(each) for each in join["unmatched"]]
            told = ", ".join(f"`{each}`" for each in lacking[:SHOWN])
            told += f", {more.format(n=len(lacking) - SHOWN)}" if len(lacking) > SHOWN else ""
            yield (
                f"| `{table['name']}` | {table['rows']:,} | `{join['column']}` | `{join['target']}` "
                f"| {join['matched']:,} | {join['blank']:,} | {told} |"
            )


PAGES: Final = {"election-joins.md": True, "election-joins.id.md": False}


if __name__ == "__main__":
    given = open_release(Path(sys.argv[1]))
    told = json.loads((given.path / "elections.json").read_text("utf-8"))
    for name, in_english in PAGES.items():
        (ROOT / "docs" / name).write_text(page(given.id, told, in_english), encoding="utf-8")
