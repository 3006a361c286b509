"""Compile the facts into ``data/units`` and ``data/plans``: run once, kept to show how the data came about.

    python scripts/compile_plans.py FACTS [DATA]

FACTS holds ``<year>/dapil.csv``, ``members.csv`` ... and ``units/units_2025.csv.xz`` as they were researched (their
NOTES say from what: the list of units is that of cahyadsn/wilayah, db/wilayah.sql at commit b7ad440, MIT).
Only CSV files are written; the ``<lembaga>.toml`` beside them are written by hand.

Doubts stand where they arise: every rule below that sets ``ragu`` is one decision of docs/plans.md.
"""

import csv
import lzma
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

Row = dict[str, str]

CHAMBERS = ("dpr", "dpd", "dprd-provinsi", "dprd-kabkota")
DAPIL_COLUMNS = [
    *("lembaga", "kode_dapil", "nama_dapil", "kode_provinsi", "kode_kabkota"),
    *("kursi", "penduduk", "catatan", "jumlah_anggota"),
]
MEMBER_COLUMNS = [
    *("lembaga", "kode_dapil", "kode_unit", "nama_unit"),
    *("kode_lama", "bagian", "bukti", "ragu"),
]
EXPECTED_UNITS = {2: 38, 5: 514, 8: 7285, 13: 83_762}

#: Names that the list of 2025 abbreviates or misspells.
NAMES = {
    "11.17.07": "Timang Gajah",
    "12.23.06": "Na IX - X",
    "32.05.38": "Bl. Limbangan",
    "71.09": "Kabupaten Kepulauan Siau Tagulandang Biaro",
}


#: Names that the sources misspell, and where they stand right (docs/plans.md, "Facts put right").
SPELLING = {
    "Daerah Isimewa Yogyakarta": "Daerah Istimewa Yogyakarta",  # UU 3/1950
    "Kotamobago": "Kotamobagu",  # UU 4/2007
    "Boven Digul": "Boven Digoel",  # UU 26/2002
    "Rotendao": "Rote Ndao",  # UU 9/2002
    "Pahuwato": "Pohuwato",  # UU 6/2003
    "PAHUWATO": "POHUWATO",  # so in KPU's data of 2019: kept there as nama_lain
}
_ABROAD = "termasuk pemilih luar negeri | also takes the overseas voters"

# ---------------------------------------------------------------- reading and writing


def read(path: Path) -> list[Row]:
    """Return the rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(path: Path, columns: Iterable[str], rows: Iterable[Row]) -> None:
    """Write rows with the given columns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(columns), restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    print(path, sum(1 for _ in path.open(encoding="utf-8")) - 1)


def member(row: Row, **more: str) -> Row:
    """Return a row of members.csv from a row of the facts."""
    return {
        "lembaga": row["chamber"],
        "kode_dapil": row["dapil_code"],
        "kode_unit": row["unit_code"],
        "nama_unit": spelt((row.get("unit_name") or row.get("unit_name_2025", "")).strip()),
    } | more


def order(row: Row) -> tuple[int, str, str]:
    """Return the sorting key of a row: chamber, dapil, unit."""
    return CHAMBERS.index(row["lembaga"]), row["kode_dapil"], row.get("kode_unit", "")


# ---------------------------------------------------------------- units


def units(facts: Path) -> list[Row]:
    """Return the list of units, of every level."""
    with lzma.open(facts / "units" / "units_2025.csv.xz", "rt", encoding="utf-8", newline="") as file:
        names = {row["unit_code"]: row["name"] for row in csv.DictReader(file)} | NAMES
    counts = Counter(map(len, names))
    if counts != EXPECTED_UNITS:
        sys.exit(f"units: expected {EXPECTED_UNITS}, found {dict(counts)}")
    return [{"kode": c, "nama": n} for c, n in sorted(names.items())]


# ---------------------------------------------------------------- 2024

_SAME_DAPIL = "kecamatan baru 2025, mengikuti induknya | made after 2023, follows its parent"

#: The four desa that voted in 2024 but stand in no piece of KPU's list (docs/plans.md, "Four desa").
FOUR_DESA = {
    "61.12.01.2021": (
        "611202",
        "B",
        "dimekarkan dari Sungai Asam (bagian B), dan tetap di kecamatan induk menurut"
        " berkatnewstv.com 2022-08-11"
        " | split off Sungai Asam (part B), stays in the mother kecamatan per berkatnewstv.com 2022-08-11",
    ),
    "61.12.01.2022": (
        "611203",
        "C",
        "berkatnewstv.com 2022-08-11 menyebutnya bersama sepuluh desa Kumpai Raya, yaitu tepat bagian C;"
        " TPS per kursi lebih rata (B 43,6, C 44,8; bila di B: 47,4 dan 40,0)"
        " | listed with the ten desa of Kumpai Raya, which are exactly part C;"
        " evener polling stations per seat",
    ),
    "91.03.01.3007": (
        "910302",
        "B",
        "poligonnya hanya berbatasan dengan desa bagian B | its polygon touches desa of part B only",
    ),
    "91.03.01.3010": (
        "910302",
        "B",
        "batas poligon 6,7 km dengan desa bagian B, 3,0 km dengan bagian A"
        " | its polygon shares 6.7 km of border with part B, 3.0 km with part A",
    ),
}
_FOUR_DOUBT = {
    "61.12.01.2021": "tidak ada di daftar dapil KPU | in no piece of KPU's list",
    "61.12.01.2022": "tidak ada di daftar dapil KPU; dimekarkan dari Sungai Asam, yang di bagian B"
    " | in no piece of KPU's list; split off Sungai Asam, which is in part B",
    "91.03.01.3007": "tidak ada di daftar dapil KPU | in no piece of KPU's list",
    "91.03.01.3010": "tidak ada di daftar dapil KPU; juga berbatasan dengan bagian A"
    " | in no piece of KPU's list; touches part A as well",
}


def members_2024(facts: Path) -> list[Row]:
    """Return the members of 2024; the new units follow their parent or FOUR_DESA."""
    rows = [member(r, bagian=r["part"]) for r in read(facts / "2024/members.csv")]
    for row in rows:
        if (row["lembaga"], row["kode_dapil"]) == ("dprd-provinsi", "310005") and len(row["kode_unit"]) == 8:
            row["bagian"] = "B"  # KPU's name of the second Jakarta Timur piece lacks its letter
    dapil_of = {r["kode_unit"]: r["kode_dapil"] for r in rows if r["lembaga"] == "dprd-kabkota"}
    new: dict[str, Row] = {}
    for r in read(facts / "2024/unit_changes.csv"):
        if r["kind"] != "new":
            continue
        code, parent = r["code_2025"], r["code_2024"]
        row = {"lembaga": "dprd-kabkota", "kode_unit": code, "nama_unit": r["name_2025"]}
        if not parent:
            dapil, part, evidence = FOUR_DESA[code]
            new[code] = row | {
                "kode_dapil": dapil, "bagian": part, "bukti": evidence, "ragu": _FOUR_DOUBT[code],
            }  # fmt: skip
            continue
        row |= {"kode_dapil": dapil_of[parent], "kode_lama": parent, "bukti": _SAME_DAPIL}
        if code in new:
            assert new[code]["kode_dapil"] == row["kode_dapil"], code
            row["kode_lama"] = f"{new[code]['kode_lama']};{parent}"
        new[code] = row
    return rows + list(new.values())


def dapil_2024(facts: Path) -> Iterator[Row]:
    """Yield the dapil of 2024: one dapil of the DPR in a provinsi has its name without I, as in the law."""
    rows = read(facts / "2024/dapil.csv")
    dpr = Counter(r["province_code"] for r in rows if r["chamber"] == "dpr")
    for r in rows:
        note, other = "", ""
        if r["chamber"] == "dpr" and r["code"] == "3102":
            note = _ABROAD
        if "local parties left out" in r["seats_basis"]:
            note = "kursi dari daftar calon partai nasional | seats from the national parties' lists"
        if r["chamber"] == "dpr" and dpr[r["province_code"]] == 1:
            other, r["name"] = r["name"], r["name"].removesuffix(" I")
        yield dapil(r, catatan=note, nama_lain=other)


# ---------------------------------------------------------------- 2019


def members_2019(facts: Path) -> list[Row]:
    """Return the members of 2019 and of the units made since, with the eleven boundary shifts marked."""
    shifts: dict[str, list[str]] = {}
    for r in read(facts / "2019/boundary_shifts.csv"):
        shifts.setdefault(r["kecamatan_2025"], []).append(
            f"{r['village_2025']} {r['name_2025']} ({r['dapil_by_2018_village']})"
        )
    rows = []
    for r in read(facts / "2019/members.csv"):
        row = member(r, kode_lama=r["unit_code_2019"])
        if r["chamber"] == "dprd-kabkota" and r["unit_code"] in shifts:
            listed = ", ".join(shifts[r["unit_code"]])
            row["ragu"] = (
                f"kecamatan dipakai utuh, tetapi desa ini pada 2018 di kecamatan dapil lain: {listed}"
                f" | kept whole, but these desa lay in a kecamatan of another dapil in 2018: {listed}"
            )
        if "placed in 160001" in r["note"]:
            row["bukti"] = "UU 7/2017 lampiran IV (Seberang Ulu I); daftar 2024"
            row["ragu"] = (
                "tabel KPU menaruhnya di 160002; di sini di 160001 bersama induknya, Seberang Ulu I"
                " | KPU's table has it in 160002; put in 160001 with its parent, Seberang Ulu I"
            )
        elif r["note"]:
            row["bukti"] = "KPU: flagInclude=false; di dapil induknya | in its parent's dapil"
        rows.append(row)
    for r in read(facts / "2019/successors_2025.csv"):
        row = member(r, kode_lama=r["from_2019_codes"].replace("|", ";"))
        if "straddles" in r["note"]:
            kecamatan = r["note"].removeprefix("kecamatan ").removesuffix(" straddles 2 dapil of 2019")
            row["bukti"] = f"kecamatan {kecamatan} (baru) di dua dapil 2019 | straddles two dapil of 2019"
        elif r["note"].startswith("http"):
            row["bukti"] = f"{r['basis']}; {r['note']}"
        else:
            row["bukti"] = r["basis"]
        if r["basis"] == "regfuzzy":
            row["ragu"] = "asal desa dari nama yang mirip | origin by a similar name only"
        rows.append(row)
    return rows


def dapil_2019(facts: Path, then: dict[str, str]) -> Iterator[Row]:
    """Yield the dapil of 2019; population is KPU's, or the sum of the members' DAK2."""
    for r in read(facts / "2019/dapil.csv"):
        other = r["name"] if spelt(r["name"]) != r["name"] else ""
        if r["population"]:
            yield dapil(r, then, penduduk=r["population"], nama_lain=other)
            continue
        note = (
            "penduduk: jumlah DAK2 anggotanya, bukan angka KPU | sum of its members' DAK2, not a KPU figure"
        )
        if r["chamber"] == "dpr" and r["code"] == "3102":
            indonesian, english = note.split(" | ")
            note = " | ".join(
                (f"termasuk pemilih luar negeri; {indonesian}", f"also takes the overseas voters; {english}")
            )
        yield dapil(r, then, penduduk=r["population_sum"], catatan=note, nama_lain=other)


# ---------------------------------------------------------------- 2014 and earlier

#: Beginnings of the facts' evidence, and what stands for them here.
_EVIDENCE = (
    ("province in 2014", "provinsi pada 2014 | province in 2014"),
    ("province in April 2009", "provinsi pada April 2009 | province in April 2009"),
    (
        "territory of the 2014 regency lay in this province in April 2004",
        "wilayah kabkota 2014 ini di provinsi tersebut pada April 2004"
        " | the ground of this kabkota of 2014 lay in the province in April 2004",
    ),
    (
        "Sulawesi Barat was separated from Sulawesi Selatan",
        "Sulawesi Barat dipisahkan sesudah pemilu (UU 26/2004)"
        " | Sulawesi Barat was separated after the election (UU 26/2004)",
    ),
    (
        "composition of 2014; KPU, March 2013",
        "susunan 2014; KPU, Maret 2013: dapil DPR tidak berubah sejak 2009 (dakwatuna.com 11-03-2013)"
        " | composition of 2014; KPU, March 2013: the dapil of the DPR did not change since 2009",
    ),
    (
        "pre-2009 listing",
        "daftar sebelum 2009 (menangpemilulegislatif.blogspot.co.id), sama dengan 2014"
        " | listing from before 2009, as in 2014",
    ),
    (
        "perludem data_wilayah + KPU 2014 results + polygon",
        "Perludem data_wilayah; KPU 2014; poligon Perludem",
    ),
    ("perludem data_wilayah + KPU 2014 results", "Perludem data_wilayah; KPU 2014"),
    ("perludem data_wilayah + polygon", "Perludem data_wilayah; poligon Perludem"),
    ("perludem DPRDII id + polygon", "id DPRD kab/kota Perludem; poligon Perludem"),
    ("perludem DPRDII id + Antara 2014", "id DPRD kab/kota Perludem; Antara, April 2014"),
    ("perludem DPRDII id", "id DPRD kab/kota Perludem"),
    ("polygon", "poligon Perludem"),
    ("in KPU list of 2014", "daftar KPU 2014; poligon 2025 | KPU's list of 2014; polygon of 2025"),
    ("not in the polygon layer", "penyisihan | elimination"),
)
_DOUBT_2014 = {
    "74.09": "poligon Perludem menaruhnya di 740005 | Perludem's polygon puts it in 740005",
    "33.13": "poligon Perludem menaruh kecamatan Colomadu di 330005"
    " | Perludem's polygons put kecamatan Colomadu in 330005",
    "31.73.03": "tumpang terbesar dengan 310001 (0,58), tetapi kabupatennya di 310010"
    " | largest overlap is with 310001 (0.58), which its regency's ids exclude",
    "76.02.16": "tidak ada di lapisan poligon; lewat penyisihan | not in the polygon layer, by elimination",
    "75.01.24": "tidak ada di lapisan kecamatan; lewat poligon 2025 (0,99)"
    " | not in the kecamatan layer, by its 2025 polygon (0.99)",
}
_LOW_SHARE = 0.80
_PROVINCE_2014 = "pemilu 2014 dalam provinsi 64 | voted within province 64 in 2014"


def evidence(text: str) -> str:
    """Return the evidence in the project's words."""
    if share := re.match(r"spatial join, share (\d\.\d\d)", text):
        return f"tumpang poligon Perludem {share[1]} | overlap with Perludem's polygon {share[1]}"
    return next((ours for theirs, ours in _EVIDENCE if text.startswith(theirs)), text)


def doubt_2014(r: Row) -> str:
    """Return why a row of 2014 is doubtful, empty if it is not."""
    if r["chamber"] == "dpr" and r["unit_code"] == "33.13":
        return (
            "poligon Perludem menaruh Colomadu di 3305; hasil KPU di 3304"
            " | Perludem's polygons say 3305, KPU's results 3304"
        )
    if r["chamber"] != "dprd-provinsi":
        return ""
    if r["unit_code"] in _DOUBT_2014:
        return _DOUBT_2014[r["unit_code"]]
    share = re.search(r"share (\d\.\d\d)", r["evidence"])
    if share and float(share[1]) < _LOW_SHARE:
        low = share[1]
        return (
            f"tumpang poligon hanya {low}; dapil yang sama pada 2019"
            f" | polygon overlap only {low}; same dapil in 2019"
        )
    return ""


def successors_2014(facts: Path, skip: set[str]) -> Iterator[Row]:
    """Yield the units made after 2014 but those in `skip`: 76.06 stands in members.csv by its kecamatan."""
    for r in read(facts / "2014/successors_2025.csv"):
        if r["chamber"] == "dprd-provinsi" and r["unit_code"] in skip:
            continue
        share = f", {r['share_of_2025_area']} luasnya" if r["share_of_2025_area"] else ""
        text = f"dari {r['from_unit_code']}{share}; {r['law']}"
        yield member(r, kode_lama=r["from_unit_code"], bukti=text)


def members_2014(facts: Path) -> list[Row]:
    """Return the members of 2014 and of the units made since."""
    source = read(facts / "2014/members.csv")
    rows = [
        member(r, kode_lama=then_code(r), bukti=evidence(r["evidence"]), ragu=doubt_2014(r)) for r in source
    ]
    kecamatan_of = {r["unit_code"][:5] for r in source if len(r["unit_code"]) == 8}
    rows += successors_2014(facts, kecamatan_of)
    rows += members_2014_kabkota(facts)
    return rows


#: Kabkota of 2014 of which a dapil is what was left, and why it is that one.
_LEFT_2014 = "kecamatan yang tersisa | the kecamatan that were left"
_DERIVED_2014 = (
    (
        "derived: as many kecamatan as dapil",
        "tiap kecamatan satu dapil (sebanyak dapilnya, tidak ada yang lebih dari 12 kursi); nomornya dari kursi menurut"
        " sensus 2010 | each kecamatan is one dapil (as many as there are dapil, none above 12 seats); its number by"
        " the seats that the census of 2010 gives",
    ),
    ("derived: the kecamatan left", _LEFT_2014),
    ("derived: the one kecamatan left", _LEFT_2014),
    ("derived: the three kecamatan left", _LEFT_2014),
    (
        "derived: group unchanged in 2019",
        "susunan tidak berubah pada 2019; nomornya dari jumlah kursi 2014"
        " | group unchanged in 2019; its number from the seats of 2014",
    ),
    (
        "derived: composition of 2019",
        "susunan 2019; KPU Bali: tidak berubah sejak 2014 | composition of 2019; KPU Bali: unchanged since 2014",
    ),
    (
        "derived: limadetik.com",
        "susunan 2019; KPU Sumenep: tujuh dapil seperti 2014"
        " | composition of 2019; KPU Sumenep: the seven dapil as in 2014",
    ),
)


def members_2014_kabkota(facts: Path) -> Iterator[Row]:
    """Yield the members of the DPRD kab/kota that are known; what is derived and not read is doubtful."""
    for r in read(facts / "2014/members_dprd-kabkota_partial.csv"):
        doubt = next((ours for theirs, ours in _DERIVED_2014 if r["evidence"].startswith(theirs)), "")
        assert bool(doubt) == r["evidence"].startswith("derived"), r
        yield member(r, bukti=r["evidence"].partition(": ")[2], ragu=doubt)


def then_code(r: Row) -> str:
    """Return the code of the time, empty where it is today's."""
    return r["unit_code_then"] if r["unit_code_then"] != r["unit_code"] else ""


def members_earlier(facts: Path, year: str) -> list[Row]:
    """2009 and 2004 know the units of 2014; those made since follow the unit they came from."""
    rows = []
    for r in read(facts / year / "members.csv"):
        rows.append(member(r, kode_lama=then_code(r), bukti=evidence(r["evidence"])))
    by_unit = {(r["lembaga"], r["kode_unit"]): r for r in rows}
    for r in successors_2014(facts, set()):
        parent = by_unit.get((r["lembaga"], r["kode_lama"]))
        if parent:
            rows.append(r | {"kode_dapil": parent["kode_dapil"]})
    return rows


def dapil_2014(facts: Path, then: dict[str, str]) -> Iterator[Row]:
    """Yield the dapil of 2014."""
    wrong = (
        "angka Perludem; pembagian Sumut I-III tampak keliru"
        " | Perludem's figure; the split of Sumut I-III looks wrong"
    )
    short = "jumlah kursi Kepahiang 24, seharusnya 25 | the seats of Kepahiang add up to 24, not 25"
    for r in read(facts / "2014/dapil.csv"):
        note = short if r["note"] else ""
        if r["chamber"] == "dpr" and r["province_code"] == "12":
            note = wrong
        if r["chamber"] == "dpr" and r["code"] == "3102":
            note = _ABROAD
        if r["regency_code"].startswith("65."):
            note = _PROVINCE_2014
        yield dapil(r, then, penduduk=r["population"], catatan=note)


def dapil_earlier(facts: Path, year: str) -> Iterator[Row]:
    """Yield the dapil of 2009 or 2004."""
    counted = (
        "kursi: anggota terpilih per dapil (Perludem), sama dengan 2014"
        " | members elected per dapil (Perludem), as in 2014"
    )
    lacking = (
        "daftar anggota Perludem kurang satu; kursi 2014 dipakai"
        " | Perludem's list lacks one; the seats of 2014 are used"
    )
    for r in read(facts / year / "dapil.csv"):
        note = counted if r["chamber"] == "dpr" else ""
        if (r["chamber"], r["code"]) in {("dpr", "3511"), ("dpr", "7401")}:
            note = lacking
        yield dapil(r, catatan=note)


# ---------------------------------------------------------------- the whole


def dapil(r: Row, then: dict[str, str] | None = None, **more: str) -> Row:
    """Return a row of dapil.csv from a row of the facts."""
    regency = r["regency_code"]
    return {
        "lembaga": r["chamber"],
        "kode_dapil": r["code"],
        "nama_dapil": spelt(r["name"]),
        "kode_provinsi": r["province_code"],
        "kode_kabkota": (then or {}).get(regency, regency),
        "kursi": r["seats"],
    } | more


def spelt(name: str) -> str:
    """Return a name as it is spelt in its law."""
    for wrong, right in SPELLING.items():
        name = name.replace(wrong, right)
    return name


def regencies_then(facts: Path, year: str, column: str) -> dict[str, str]:
    """Code of a regency in that year -> code of 2025, for the regencies whose code changed."""
    rows = read(facts / year / "members.csv")
    return {r[column]: r["unit_code"] for r in rows if r["chamber"] == "dpr" and r[column]}


def compile_year(data: Path, year: str, dapil_rows: Iterable[Row], member_rows: list[Row]) -> None:
    """Sort, count the members of each dapil, and write the two files of a year."""
    member_rows.sort(key=order)
    counts = Counter((m["lembaga"], m["kode_dapil"]) for m in member_rows)
    listed = []
    for d in sorted(dapil_rows, key=order):
        count = counts.pop((d["lembaga"], d["kode_dapil"]), 0)
        listed.append(d | {"jumlah_anggota": str(count or "")})
    assert not counts, counts
    columns = [*DAPIL_COLUMNS, *(["nama_lain"] if any(d.get("nama_lain") for d in listed) else [])]
    write(data / "plans" / year / "dapil.csv", columns, listed)
    write(data / "plans" / year / "members.csv", MEMBER_COLUMNS, member_rows)


def main(facts: Path, data: Path) -> None:
    """Compile units and all years."""
    plans = {
        "2024": (dapil_2024(facts), members_2024(facts)),
        "2019": (dapil_2019(facts, regencies_then(facts, "2019", "unit_code_2019")), members_2019(facts)),
        "2014": (dapil_2014(facts, regencies_then(facts, "2014", "unit_code_then")), members_2014(facts)),
        "2009": (dapil_earlier(facts, "2009"), members_earlier(facts, "2009")),
        "2004": (dapil_earlier(facts, "2004"), members_earlier(facts, "2004")),
    }
    write(data / "units" / "units.csv", ("kode", "nama"), units(facts))
    for year, (dapil_rows, member_rows) in plans.items():
        compile_year(data, year, dapil_rows, member_rows)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2] if len(sys.argv) == 3 else "data"))
