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
#: Short names of kabupaten as headlines write them, without those that are as often said of another ("mura", "palas").
SHORT = """
11.02 Agara, 11.12 Abdya, 12.01 Tapteng, 12.02 Taput, 12.03 Tapsel, 12.13 Madina, 12.14 Nisel, 12.16 Humbahas, 12.18
Sergai, 12.20 Paluta, 12.22 Labusel, 12.23 Labura, 13.01 Pessel, 13.11 Solsel, 13.12 Pasbar, 14.02 Inhu, 14.04
Inhil, 14.06 Rohul, 14.07 Rohil, 14.09 Kuansing, 15.06 Tanjabbar, 15.06 Tanjab Barat, 15.07 Tanjabtim, 15.07 Tanjab
Timur, 16.01 OKU, 16.02 OKI, 16.06 Muba, 16.08 OKU Timur, 16.08 OKUT, 16.09 OKU Selatan, 16.09 OKUS, 16.12 PALI,
16.13 Muratara, 18.01 Lamsel, 18.02 Lamteng, 18.03 Lampura, 18.04 Lambar, 18.07 Lamtim, 18.12 Tubaba, 19.03 Basel,
19.04 Bateng, 19.06 Beltim, 32.17 KBB, 52.01 Lobar, 52.02 Loteng, 52.03 Lotim, 52.07 KSB, 52.08 KLU, 53.02 TTS,
53.03 TTU, 53.06 Flotim, 53.15 Mabar, 53.18 SBD, 53.19 Matim, 61.11 KKU, 62.01 Kobar, 62.02 Kotim, 62.04 Barsel,
62.05 Barut, 62.10 Gumas, 62.11 Pulpis, 62.13 Bartim, 63.01 Tala, 63.04 Batola, 63.06 HSS, 63.07 HST, 63.08 HSU,
63.10 Tanbu, 64.02 Kukar, 64.07 Kubar, 64.08 Kutim, 64.09 PPU, 64.11 Mahulu, 65.04 KTT, 71.01 Bolmong, 71.05 Minsel,
71.06 Minut, 71.07 Mitra, 71.08 Bolmut, 71.09 Sitaro, 71.10 Boltim, 71.11 Bolsel, 72.07 Bangkep, 72.08 Parimo, 72.09
Touna, 72.12 Morut, 73.10 Pangkep, 73.14 Sidrap, 73.18 Tator, 73.22 Lutra, 73.24 Lutim, 73.26 Torut, 74.05 Konsel,
74.08 Kolut, 74.09 Konut, 74.10 Butur, 74.11 Koltim, 74.12 Konkep, 74.13 Mubar, 74.14 Buteng, 74.15 Busel, 75.03
Bonebol, 75.05 Gorut, 76.04 Polman, 76.06 Mateng, 81.01 Malteng, 81.02 Malra, 81.03 KKT, 81.05 SBT, 81.06 SBB, 81.08
MBD, 81.09 Bursel, 82.01 Halbar, 82.02 Halteng, 82.03 Halut, 82.04 Halsel, 82.06 Haltim, 31.71.07.1002 Benhil
"""
#: Kabupaten and kota whose "Kepulauan" or "Pulau" nobody says.
ISLANDS = """
13.09 Mentawai, 14.10 Meranti, 21.05 Anambas, 71.03 Sangihe, 71.04 Talaud, 73.01 Selayar, 81.03 Tanimbar, 81.07 Aru,
82.05 Sula, 82.07 Morotai, 82.08 Taliabu, 82.72 Tidore, 91.05 Yapen
"""
#: What the law called a kabupaten before, where no list of codes has it, and a name from before the republic.
FORMER = (
    ("64.02", "Kabupaten Kutai", "PP 8/2002"),
    ("76.04", "Kabupaten Polewali Mamasa", "PP 74/2005"),
    ("91.05", "Kabupaten Yapen Waropen", "PP 40/2008"),
    ("31", "Batavia", "common use"),
)
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
    short, islands = (
        [" ".join(each.split()).split(" ", 1) for each in text.split(",")] for text in (SHORT, ISLANDS)
    )
    for kind, pairs in (("common", COMMON), ("abbreviation", short), ("common", islands)):
        for code, name in pairs:
            yield {"kode": code, "nama": name, "jenis": kind, "sumber": "common use"}
    for code, name, source in FORMER:
        yield {"kode": code, "nama": name, "jenis": "former", "sumber": source}


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
