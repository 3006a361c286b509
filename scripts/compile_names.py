"""Compile what places are called beside their names in the list: run once, kept to show how the data came about.

    python scripts/compile_names.py FACTS [DATA]

Writes ``units/nama_lain.csv`` (other, old, short and English names of units, each with its source) and
``units/luar_negeri.csv`` (the countries and missions in which voters abroad were registered in 2024, by KPU's numbers)
and ``units/kode_pos.csv`` (the units of each post code: a help to search, not an official list).
FACTS: see scripts/compile_plans.py.
"""

import csv
import io
import lzma
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

Row = dict[str, str]

#: What people call a place that no list has.
COMMON = (
    ("64.09.04", "IKN"), ("64.09.04", "Nusantara"), ("64.09.04", "Ibu Kota Nusantara"), ("36.74.01", "BSD"),
    ("36.74.01", "Bumi Serpong Damai"), ("73.71", "Ujung Pandang"), ("33.72", "Solo"), ("31.72.01", "PIK"),
)  # fmt: skip
#: Units of a post code that are told one by one; of more, what they lie in.
SHOWN = 8
#: English names of countries that KPU's list has in Indonesian only.
ENGLISH = {
    "Afrika Selatan": "South Africa",
    "Aljazair": "Algeria",
    "Amerika Serikat": "United States",
    "Arab Saudi": "Saudi Arabia",
    "Belanda": "Netherlands",
    "Belgia": "Belgium",
    "Brasil": "Brazil",
    "Filipina": "Philippines",
    "Inggris": "United Kingdom",
    "Italia": "Italy",
    "Jepang": "Japan",
    "Jerman": "Germany",
    "Kamboja": "Cambodia",
    "Kanada": "Canada",
    "Korea Selatan": "South Korea",
    "Mesir": "Egypt",
    "Norwegia": "Norway",
    "Papua Nugini": "Papua New Guinea",
    "Perancis": "France",
    "Republik Rakyat Tiongkok": "China",
    "Rusia": "Russia",
    "Selandia Baru": "New Zealand",
    "Singapura": "Singapore",
    "Spanyol": "Spain",
    "Swedia": "Sweden",
    "Swiss": "Switzerland",
    "Turki": "Turkey",
    "Uni Emirat Arab": "United Arab Emirates",
    "Yordania": "Jordan",
    "Yunani": "Greece",
}
_MISSIONS = ("KBRI ", "KJRI ", "KRI ", "KDEI ")


def read(path: Path) -> list[Row]:
    """Return the rows of a CSV file, packed or not."""
    raw = path.read_bytes()
    text = (lzma.decompress(raw) if path.suffix == ".xz" else raw).decode("utf-8")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def other_names(facts: Path) -> Iterator[Row]:
    """Yield the other names: of provinsi and kabkota, what kecamatan and desa were called before 2025, and COMMON."""
    for r in read(facts / "units/aliases.csv"):
        if not r["kind"].startswith("iso") and r["unit_code"] not in (
            "34",
            "34.71",
        ):  # Yogya: law/place_words.json
            yield {"kode": r["unit_code"], "nama": r["alias"], "jenis": r["kind"], "sumber": r["source"]}
    for r in read(facts / "units/code_changes.csv.xz"):
        if "renamed" in r["kind"] and r["unit_level"] in ("district", "village"):
            source = f"Kemendagri {r['edition_old']}, changed by {r['edition_new']} (cahyadsn/wilayah)"
            yield {"kode": r["code_new"], "nama": r["name_old"].strip(), "jenis": "former", "sumber": source}
    for code, name in COMMON:
        yield {"kode": code, "nama": name, "jenis": "common", "sumber": "common use"}


def abroad(facts: Path) -> Iterator[Row]:
    """Yield the countries, and the places in them that have a mission: ``99.01``, ``99.01.01``."""
    for r in read(facts / "voters/2024_overseas_posts.csv"):
        country, post = r["country_code"], r["ppln_code"]
        place = next((r["ppln"].removeprefix(m) for m in _MISSIONS if r["ppln"].startswith(m)), r["ppln"])
        name = r["country"].title()
        yield {"kode": f"99.{country[2:]}", "nama": name, "nama_en": ENGLISH.get(name, "")}
        yield {
            "kode": f"99.{country[2:]}.{post[4:]}",
            "nama": place.title().replace("'S", "'s"),
            "nama_en": "",
        }


def post_codes(facts: Path) -> Iterator[Row]:
    """Yield post codes and units: kecamatan where all desa have one code; so few that a list can show them."""
    desa = {r["unit_code"]: r["postcode"] for r in read(facts / "units/units_2025.csv.xz") if r["postcode"]}
    of: dict[str, set[str]] = {}
    for code, post in desa.items():
        of.setdefault(code[:8], set()).add(post)
    units: dict[str, set[str]] = {}
    for code, post in desa.items():
        units.setdefault(post, set()).add(code if len(of[code[:8]]) > 1 else code[:8])
    for post, found in units.items():
        for length in (8, 5):
            if len(found) > SHOWN:
                found = {code[:length] for code in found}
        yield from ({"kode_pos": post, "kode": code} for code in found)


def write(path: Path, columns: list[str], rows: Iterable[Row]) -> None:
    """Write each row once, by code and name."""
    found = {tuple(r[name].casefold() for name in columns[:2]): r for r in rows}
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(found[key] for key in sorted(found))
    print(path, len(found))


def main(facts: Path, data: Path) -> None:
    """Compile all; a name of a unit that is no more, or that is its name in the list, is left out."""
    known = {r["kode"]: r["nama"] for r in read(data / "units/units.csv")}
    names = [
        r
        for r in other_names(facts)
        if r["kode"] in known and r["nama"].casefold() != known[r["kode"]].casefold()
    ]
    write(data / "units/nama_lain.csv", ["kode", "nama", "jenis", "sumber"], names)
    write(data / "units/luar_negeri.csv", ["kode", "nama", "nama_en"], abroad(facts))
    write(data / "units/kode_pos.csv", ["kode_pos", "kode"], post_codes(facts))


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2] if len(sys.argv) == 3 else "data"))
