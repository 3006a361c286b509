"""Compile the election's tables into ``data/elections``: run once, kept to show how the data came about.

    python scripts/compile_elections.py FACTS [DATA]

FACTS holds the compiled facts with their notes. Names become Indonesian, parties get the one key of
``partai`` (by year and ballot number), what a figure rests on becomes ``basis`` and a note in both languages
(``election_notes.csv``); wide tables become long. What the notes tell to leave out is left out: names of donors and
applicants, members who came later, the unfinished state of examinations. ``tables.csv`` lists what is written here.
"""

import csv
import io
import lzma
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

Row = dict[str, str]
#: Bytes from which a table is written packed.
_LARGE: Final = 100_000
#: Parties of Aceh in the wide tables of 2019: no ballot elsewhere has them.
_ACEH: Final = frozenset({"PA", "SIRA", "PDA", "PNA"})
_PARTIES_2014: Final = (
    "NasDem", "PKB", "PKS", "PDIP", "Golkar", "Gerindra", "Demokrat", "PAN", "PPP", "Hanura", "PBB", "PKPI",
)  # fmt: skip
_PARTIES_2019: Final = (
    "PKB", "Gerindra", "PDIP", "Golkar", "NasDem", "Garuda", "Berkarya", "PKS", "Perindo", "PPP", "PSI", "PAN",
    "Hanura", "Demokrat", "PA", "SIRA", "PDA", "PNA", "PBB", "PKPI",
)  # fmt: skip
_CHECK: Final = {
    "equal": "sama", "within 1 %": "selisih-1-persen", "noref": "tanpa-pembanding", "differs": "beda",
    "incomplete": "tidak-lengkap", "": "",
}  # fmt: skip
#: Characters that no text has: what a source's font left where letters were.
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_YES: Final = {"yes": "ya", "no": "tidak", "": ""}
_ROUND: Final = {"exact": "tepat", "rounded": "bulat"}
_PRESS = "press"
_SITUNG: Final = "KPU Situng 2019 (kristonova/Visualisasi-Pemilu-Indonesia-2024, e20eb0c)"
_SHORT: Final = "national sum 92 short of KPU's total, dapil unknown"
_PERLUDEM: Final = "Perludem (pemiluAPI/pemilu-data, c40bfc5)"


class Facts:
    """The compiled facts: their rows, the key of a party, a note in both languages."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.numbers: dict[tuple[str, str], str] = {}
        self.keys: dict[tuple[str, str], str] = {}
        for row in self.rows("parties/parties.csv"):
            self.keys[row["year"], row["ballot_no"]] = row["party"]
            self.numbers[row["year"], row["party"]] = row["ballot_no"]
        with Path(__file__).with_name("election_notes.csv").open(encoding="utf-8", newline="") as file:
            self.notes = {row["english"]: row["indonesian"] for row in csv.DictReader(file)}

    def rows(self, name: str) -> list[Row]:
        """Return the rows of a file, every cell without blanks around it."""
        raw = (self.directory / name).read_bytes()
        text = (lzma.decompress(raw) if name.endswith(".xz") else raw).decode("utf-8")
        return [
            {key: " ".join((cell or "").split()) for key, cell in row.items()}
            for row in csv.DictReader(io.StringIO(text, newline=""))
        ]

    def party(self, year: str, number: str = "", label: str = "") -> Row:
        """Return number and key of a party by its ballot number, or by its name in the table of results."""
        if number:
            return {"nomor_partai": number, "partai": self.keys[year, number]}
        if not label:
            return {"nomor_partai": "", "partai": ""}
        key = label.casefold().removeprefix("partai ").replace(" ", "-")
        return {"nomor_partai": self.numbers[year, key], "partai": key}

    def note(self, english: str) -> str:
        """Return ``Indonesian | English``; figures and codes in the text stand as # in ``election_notes.csv``."""
        if not english:
            return ""
        figures = re.findall(r"\d+(?:[.,]\d+)*", english)
        indonesian = self.notes[re.sub(r"\d+(?:[.,]\d+)*", "#", english)]
        for figure in figures:
            indonesian = indonesian.replace("#", figure, 1)
        return f"{indonesian} | {english}"


def parties(facts: Facts) -> Iterator[tuple[str, Row]]:
    """Yield the parties and their lineage."""
    for row in facts.rows("parties/parties.csv"):
        read = row["basis"] == "read"
        yield "partai", {
            "tahun": row["year"], "nomor_partai": row["ballot_no"], "partai": row["party"],
            "nama": row["full_name"], "singkatan": row["short_name"],
            "cakupan": {"national": "nasional"}.get(row["scope"], row["scope"]),
            "warna": row["colour"].lower().replace(" ", ";").replace(",", ";").replace("|", ";"),
            "id_sumber": row["kpu_or_source_id"], "dasar_hukum": row["legal_basis"],
            "basis": ("press" if row["year"] in ("1999", "2004", "2009") else "official") if read else "inferred",
            "sumber": row["source"], "ragu": "" if read else facts.note(row["basis"]),
        }  # fmt: skip
    kinds = {"same": "sama", "renamed": "ganti-nama", "merged": "gabung", "refounded": "didirikan-ulang"}
    for row in facts.rows("parties/ledger.csv"):
        yield "silsilah-partai", {
            "tahun": row["year"], "partai": row["party"], "tahun_berikut": row["next_year"],
            "partai_berikut": row["next_party"], "hubungan": kinds[row["kind"]],
            "basis": "inferred" if row["basis"] else "press", "sumber": row["source"],
            "catatan": row["note"] and facts.note(row["note"]), "ragu": facts.note(row["basis"]),
        }  # fmt: skip


def candidates(facts: Facts) -> Iterator[tuple[str, Row]]:
    """Yield candidates and lists."""
    for path in sorted((facts.directory / "candidates").glob("20*_dp*.csv*")):
        rows = facts.rows(f"candidates/{path.name}")
        rows = list(
            {tuple(row.values()): row for row in rows}.values()
        )  # three rows of 2019 stand twice, letter for letter
        shared = _shared_numbers(rows)
        for row in rows:
            place = (row["dapil_code"], row["party_no"], row["list_no"])
            name = " ".join(_CONTROL.sub(" ", row["name"]).split())
            doubt = "part of the name is not legible in the source" if name != row["name"] else ""
            doubt = "number shared by a candidate and a replacement" if place in shared else doubt
            yield f"calon-{row['chamber']}-{row['year']}", {
                **_where(row), **facts.party(row["year"], row["party_no"]),
                "nomor_urut": row["list_no"], "nama": name, "jenis_kelamin": row["gender"],
                "ragu": facts.note(doubt),
            }  # fmt: skip
    for row in facts.rows("candidates/lists.csv.xz"):
        yield f"daftar-calon-{row['chamber']}-{row['year']}", {
            **_where(row), **facts.party(row["year"], row["party_no"]), "kursi": row["seats"],
            "calon": row["candidates"], "perempuan": row["women"],
            "perempuan_30": _YES[row["women_at_least_30pct"]],
            "perempuan_tiap_tiga": _YES[row["a_woman_in_every_three"]], "catatan": facts.note(row["flags"]),
        }  # fmt: skip


def _where(row: Row) -> Row:
    return {"tahun": row["year"], "lembaga": row["chamber"], "kode_dapil": row["dapil_code"]}


def _shared_numbers(rows: list[Row]) -> set[tuple[str, str, str]]:
    seen: set[tuple[str, str, str]] = set()
    places = [(row["dapil_code"], row["party_no"], row["list_no"]) for row in rows]
    return {place for place in places if place in seen or seen.add(place)}


def dpr(facts: Facts) -> Iterator[tuple[str, Row]]:
    """Yield the results of the DPR by dapil and party."""
    for row in facts.rows("results/dpr_dapil_party.csv"):
        year, text = row["year"], row["basis"]
        votes = _PRESS if "press" in text else "official"
        doubtful = "corrected" in text or "elimination" in text
        yield f"hasil-dpr-{year}", {
            **_where(row), **facts.party(year, row["party_no"], row["party"]), "suara": row["votes"],
            "basis": votes if row["votes"] else "", "kursi": row["seats"],
            "basis_kursi": "inferred" if year == "2009" else "official", "sumber": row["source"],
            "catatan": facts.note(text.partition(" (sums")[0]) if not doubtful else "",
            "ragu": facts.note(text if doubtful else _SHORT if row["party_no"] == "9" and year == "2024" else ""),
        }  # fmt: skip
    for row in facts.rows("results/dpr_2019_count_dapil_partial.csv"):
        yield "hasil-dpr-2019-hitung", _counted(facts, row)


def _counted(facts: Facts, row: Row) -> Row:
    """A row of Situng's count; nothing where no station was counted."""
    some = row["tps_counted"] != "0"
    return {
        **_where(row), **facts.party(row["year"], row["party_no"]), "suara": row["votes"] if some else "",
        "basis": "count" if some else "", "tps": row["tps"], "tps_terhitung": row["tps_counted"],
        "tps_menyimpang": row["tps_outlier"], "sumber": _SITUNG,
    }  # fmt: skip


def dprd(facts: Facts) -> Iterator[tuple[str, Row]]:
    """Yield the count of the DPRD of 2019, with the seats that follow from it."""
    derived = {
        (row["chamber"], row["dapil_code"], row["party_no"]): row
        for name in ("dprd_2019_seats_derived.csv", "dprd_kabkota_2019_seats_derived.csv.xz")
        for row in facts.rows(f"results/{name}")
    }
    done = {key[:2] for key in derived}
    for row in facts.rows("results/dprd_2019_count_dapil.csv.xz"):
        place = (row["chamber"], row["dapil_code"])
        seat = derived.get((*place, row["party_no"]), {})
        yield f"hasil-{row['chamber']}-2019-hitung", {
            **_counted(facts, row), "kursi": seat.get("seats_derived", "0") if place in done else "",
            "basis_kursi": "inferred" if place in done else "",
            "selisih_kursi_terakhir": seat.get("last_seat_gap_pct", ""),
            "cek_provinsi": facts.note(seat.get("province_check", "")),
            "ragu": facts.note("the count has impossible values here") if row["tps_outlier"] != "0" else "",
        }  # fmt: skip


def totals(facts: Facts) -> Iterator[tuple[str, Row]]:
    """Yield what was stated for the nation, a province or a kabkota."""
    for name, decided in (
        ("dpr_national.csv", "2024-03-20"),
        ("dpr_national_2024_revised.csv", "2024-07-28"),
    ):
        for row in facts.rows(f"results/{name}"):
            yield "hasil-total-dpr", {
                "tahun": row["year"], "lembaga": "dpr", "tingkat": "nasional",
                **facts.party(row["year"], row["party_no"], row["party"]), "suara": row["votes"],
                "kursi": row["seats"], "penetapan": decided if row["year"] == "2024" else "",
                "basis": _PRESS if row["year"] in ("2004", "2009") else "official",
                "sumber": row["source"], "catatan": facts.note(row["basis"]),
            }  # fmt: skip
    whole = facts.rows("results/dpr_2019_press_partial.csv")
    for row in whole:
        if row["province_code"] and not row["dapil_code"]:
            yield "hasil-total-dpr", {
                "tahun": "2019", "lembaga": "dpr", "tingkat": "provinsi", "kode_wilayah": row["province_code"],
                **facts.party("2019", row["party_no"]), "suara": row["votes"], "basis": _PRESS,
                "sumber": row["source"], "catatan": facts.note(row["basis"]),
            }  # fmt: skip
    yield from _council_totals(facts)


def _council_totals(facts: Facts) -> Iterator[tuple[str, Row]]:
    """The councils: seats and votes as the press printed them, joined by party where both are there."""
    found: dict[tuple[str, ...], Row] = {}
    for row in facts.rows("results/dprd_seats_press.csv"):
        place = row["regency_code"] or row["province_code"]
        found[row["year"], row["chamber"], place, row["party"], "kursi"] = {
            "kursi": row["seats"], "sumber": row["source"], "catatan": facts.note(row["basis"]),
        }  # fmt: skip
    for row in facts.rows("results/dprd_votes_press_partial.csv"):
        found[row["year"], "dprd-provinsi", row["province_code"], row["party"], "suara"] = {
            "suara": row["votes"], "sumber": row["source"], "catatan": facts.note(row["basis"]),
        }  # fmt: skip
    for (year, chamber, place, label, what), row in found.items():
        yield f"{'hasil-total' if what == 'suara' else 'kursi-total'}-{chamber}", {
            "tahun": year, "lembaga": chamber, "tingkat": "kabkota" if "." in place else "provinsi",
            "kode_wilayah": place, **facts.party(year, label=label), "basis": _PRESS, **row,
        }  # fmt: skip


def by_candidate(facts: Facts) -> Iterator[tuple[str, Row]]:
    """Yield the votes of candidates and the members elected."""
    genders = _genders(facts)
    for year, name, source in (
        ("2024", "dpr_candidates_2024.csv.xz", "aswandi/dashboard-data-pemilu-2024, d2b87fa"),
        ("2014", "dpr_candidates_2014.csv.xz", _PERLUDEM),
    ):
        for row in facts.rows(f"results/{name}"):
            place = (year, "dpr", row["dapil_code"], row["party_no"], row["list_no"])
            yield f"hasil-calon-dpr-{year}", {
                "tahun": year, "lembaga": "dpr", "kode_dapil": row["dapil_code"],
                **facts.party(year, row["party_no"]), "nomor_urut": row["list_no"], "nama": row["name"],
                "jenis_kelamin": genders.get(place, ""), "suara": row["votes"], "basis": "official",
                "sumber": source,
            }  # fmt: skip
    for row in facts.rows("results/dpd_2014.csv"):
        own = {**_dpd(row, genders), "suara": row["votes"], "basis": "official", "sumber": _PERLUDEM}
        yield "hasil-calon-dpd-2014", own
        if row["elected"] == "yes":
            yield "terpilih-dpd-2014", own
    for row in facts.rows("results/dpd_2024_count.csv"):
        yield "hasil-calon-dpd-2024-hitung", {
            **_dpd(row, genders), "suara": row["votes_counted"], "basis": "count",
            "sumber": "KPU Sirekap 2024 (kristonova/Visualisasi-Pemilu-Indonesia-2024, 17e2f59)",
            "ragu": facts.note("count of few stations") if row["province_code"] in _THIN else "",
        }  # fmt: skip
    yield from elected(facts, genders)


#: Papua in Sirekap's count of the DPD: thin in 91 to 96, four stations in 95.
_THIN: Final = frozenset({"91", "92", "93", "94", "95", "96"})


def _genders(facts: Facts) -> dict[tuple[str, ...], str]:
    """The gender of every candidate for DPR and DPD, where the number is not shared."""
    found: dict[tuple[str, ...], str] = {}
    for name in ("2014_dpr.csv.xz", "2019_dpr.csv.xz", "2024_dpr.csv.xz", "2014_dpd.csv", "2024_dpd.csv"):
        for row in facts.rows(f"candidates/{name}"):
            place = (row["year"], row["chamber"], row["dapil_code"], row["party_no"], row["list_no"])
            found[place] = row["gender"]
            found[(*place[:4], row["name"].casefold())] = row["gender"]
    return found


def _dpd(row: Row, genders: dict[tuple[str, ...], str]) -> Row:
    place = (row["year"], "dpd", row["province_code"], "", row["list_no"])
    return {
        "tahun": row["year"], "lembaga": "dpd", "kode_dapil": row["province_code"], "nomor_urut": row["list_no"],
        "nama": row["name"], "jenis_kelamin": genders.get(place, ""),
    }  # fmt: skip


def elected(facts: Facts, genders: dict[tuple[str, ...], str]) -> Iterator[tuple[str, Row]]:
    """Yield the members elected; who held a seat later is a note without a name."""
    basis = {"2024": "official", "2019": "official", "2014": "official", "2009": "inferred"}
    for row in facts.rows("results/dpr_elected.csv"):
        party = facts.party(row["year"], label=row["party"])
        place = (row["year"], "dpr", row["dapil_code"], party["nomor_partai"])
        later = row["note"].startswith("seat later held by")
        gender = genders.get((*place, row["list_no"])) or genders.get((*place, row["name"].casefold()), "")
        yield f"terpilih-dpr-{row['year']}", {
            "tahun": row["year"], "lembaga": "dpr", "kode_dapil": row["dapil_code"], **party,
            "nomor_urut": row["list_no"], "nama": row["name"], "jenis_kelamin": gender, "suara": row["votes"],
            "basis": basis[row["year"]], "sumber": row["basis"],
            "catatan": facts.note("seat later held by another") if later else "",
            "ragu": "" if later else facts.note(row["note"]),
        }  # fmt: skip
    for row in facts.rows("results/dpd_2019_members_partial.csv"):
        yield "terpilih-dpd-2019", {
            "tahun": "2019", "lembaga": "dpd", "kode_dapil": row["province_code"], "nama": row["name"],
            "suara": row["votes"], "basis": "inferred", "sumber": row["basis"],
            "ragu": facts.note(row["note"] or "list of members, not official, no second source"),
        }  # fmt: skip


def by_kecamatan(facts: Facts) -> Iterator[tuple[str, Row]]:
    """Yield the votes of parties by kecamatan."""
    for row in facts.rows("results/dpr_2014_kecamatan.csv.xz"):
        for label in _PARTIES_2014:
            yield "hasil-wilayah-dpr-2014", {
                "tahun": "2014", "lembaga": "dpr", "kode_kabkota": row["regency_code"],
                "kode_unit": row["unit_code"], "nama_unit": row["name"], "kode_kpu": row["kpu_id"],
                **facts.party("2014", label=label), "suara": row[label], "basis": "official",
                "sumber": "KPU DB1 (seuriously/dpr_2014, a34135c)", "cek_kabkota": _CHECK[row["regency_check"]],
                "ragu": "" if row["unit_code"] else facts.note("no code of 2025 found for the name"),
            }  # fmt: skip
    for row in facts.rows("results/dprd_2019_count_kecamatan.csv.xz"):
        for label in _PARTIES_2019:
            if label in _ACEH and not row["unit_code"].startswith("11"):
                continue
            yield f"hasil-wilayah-{row['chamber']}-2019-hitung", {
                "tahun": "2019", "lembaga": row["chamber"], "kode_kabkota": row["unit_code"][:5],
                "kode_unit": row["unit_code"], **facts.party("2019", label=label), "suara": row[label],
                "tps": row["tps"], "tps_kosong": row["tps_blank"], "tps_menyimpang": row["tps_outlier"],
                "basis": "count", "sumber": _SITUNG,
                "ragu": facts.note("the count has impossible values here") if row["tps_outlier"] != "0" else "",
            }  # fmt: skip


def president(facts: Facts) -> Iterator[tuple[str, Row]]:
    """Yield the votes for president by province, kabkota and kecamatan; a count is a table of its own."""
    pairs: dict[tuple[str, str], str] = {
        (row["year"], row["pair_no"]): f"{row['president']} - {row['vice_president']}"
        for row in facts.rows("candidates/president.csv")
    }

    def long(table: str, year: str, row: Row, **given: str) -> Iterator[tuple[str, Row]]:
        for number in "123":
            if row.get(f"votes_{number}"):
                yield table, {
                    "tahun": year, "nomor_pasangan": number, "pasangan": pairs[year, number],
                    "suara": row[f"votes_{number}"], **given,
                }  # fmt: skip

    for row in facts.rows("results/pilpres_province.csv"):
        basis = _basis(row["basis"])
        place = {"LN": "luar-negeri"}.get(row["province_code"], "provinsi")
        yield from long(f"presiden-provinsi-{row['year']}{_HITUNG[basis]}", row["year"], row, tingkat=place,
                        kode_wilayah=row["province_code"], basis=basis, sumber=row["source"],
                        catatan=facts.note(row["basis"]), ragu=facts.note(row["note"]))  # fmt: skip
    for row in facts.rows("results/pilpres_kabkota.csv"):
        basis = _basis(row["basis"])
        yield from long(f"presiden-kabkota-{row['year']}{_HITUNG[basis]}", row["year"], row, tingkat="kabkota",
                        kode_kabkota=row["unit_code"], kode_wilayah=row["unit_code"], nama_wilayah=row["unit_name"],
                        basis=basis, sumber=row["source"], catatan=facts.note(row["basis"]),
                        ragu=facts.note(row["note"]))  # fmt: skip
    for row in facts.rows("results/pilpres_2014_kecamatan.csv.xz"):
        yield from long("presiden-kecamatan-2014", "2014", row, tingkat="kecamatan",
                        kode_kabkota=row["regency_code"], kode_wilayah=row["unit_code"], nama_wilayah=row["name"],
                        kode_kpu=row["kpu_id"], formulir=row["form"], cek_kabkota=_CHECK[row["regency_check"]],
                        basis="official", sumber=_SCRAPES[row["form"]],
                        ragu="" if row["unit_code"] else facts.note("no code of 2025 found for the name"))  # fmt: skip
    for name, table, year, source in _COUNTS:
        for row in facts.rows(f"results/{name}"):
            yield from long(table, year, row, tingkat="kecamatan", kode_kabkota=row["unit_code"][:5],
                            kode_wilayah=row["unit_code"], tps=row.get("tps_total") or row.get("tps", ""),
                            tps_terhitung=row.get("tps_counted", ""), basis="count", sumber=source)  # fmt: skip


_HITUNG: Final = {"count": "-hitung", "official": "", "press": "", "inferred": ""}
_SCRAPES: Final = {
    "DB1": "KPU DB1 (KNIGHTTH0R/pilpres2014, 5ff98c6)", "DA1": "KPU DA1 (ht4n/Pilpres2014, f5c9ac4)",
}  # fmt: skip
_COUNTS: Final = (
    ("pilpres_2019_kecamatan.csv.xz", "presiden-kecamatan-2019-hitung", "2019", _SITUNG),
    (
        "pilpres_2024_count_kecamatan.csv.xz", "presiden-kecamatan-2024-hitung", "2024",
        "KPU Sirekap 2024 (gigit-pemilu/pemilu-2024-*-province)",
    ),
    (
        "pilpres_2024_kawalpemilu_kecamatan.csv.xz", "presiden-kecamatan-2024-kawalpemilu-hitung", "2024",
        "KawalPemilu 2024 (Ishaq101/KawalPemilu2024, d16e146)",
    ),
)  # fmt: skip


def _basis(text: str) -> str:
    if text.startswith("count"):
        return "count"
    if "quoted by" in text:
        return _PRESS
    return "official" if text.startswith("official (") else "inferred"


def heads(facts: Facts) -> Iterator[tuple[str, Row]]:
    """Yield the pairs for governor, bupati and mayor."""
    for number, row in enumerate(facts.rows("candidates/2024_pilkada.csv"), 1):
        empty = row["empty_column"] == "yes"
        yield "pilkada-2024-hitung", {
            "tahun": "2024", "jabatan": row["office"], "kode_provinsi": row["province_code"],
            "kode_kabkota": row["regency_code"], "nomor": str(number), "nomor_pasangan": row["pair_no"],
            "kepala": "" if empty else row["head"], "wakil": row["deputy"], "kolom_kosong": "ya" if empty else "tidak",
            "suara": row["votes_sirekap"], "tps": row["tps"], "tps_terhitung": row["tps_counted"], "basis": "count",
            "sumber": "KPU Sirekap, 28 Nov 2024 (razanfawwaz/pilkada-scrap, 481f1a6)",
        }  # fmt: skip
    ways = {"PARPOL": "partai", "PERORANGAN": "perseorangan"}
    for number, row in enumerate(facts.rows("candidates/2015_pilkada.csv"), 1):
        yield "pilkada-2015", {
            "tahun": "2015", "jabatan": row["office"],
            "kode_provinsi": row["province_code"] or row["regency_code_2025"][:2],
            "kode_kabkota": row["regency_code_2025"], "nama_wilayah": row["region"], "nomor": str(number),
            "kepala": row["head"], "wakil": row["deputy"], "jk_kepala": row["head_gender"],
            "jk_wakil": row["deputy_gender"], "pencalonan": ways[row["nomination"]],
            "partai_pengusung": row["parties"], "basis": "official", "sumber": _PERLUDEM,
            "ragu": facts.note("pairs as registered, not the final list"),
        }  # fmt: skip


def finance(facts: Facts) -> Iterator[tuple[str, Row]]:
    """Yield campaign finance; names of givers are not carried."""
    for row in facts.rows("finance/totals.csv"):
        pair = row["participant_kind"] == "pair"
        who = row["participant"]
        own = (
            {"nomor_pasangan": who[0], "peserta": who[2:]} if pair
            else {"nomor_partai": facts.numbers[row["year"], who], "peserta": who}
        )  # fmt: skip
        doubtful = row["note"] and not row["note"].startswith("all 18")
        yield f"dana-kampanye-{row['year']}", {
            "tahun": row["year"], "jenis_peserta": "pasangan" if pair else "partai", **own, "laporan": row["report"],
            "tanggal": row["reported_on"], "penerimaan": row["receipts_idr"], "pengeluaran": row["expenditure_idr"],
            "ketelitian": _ROUND[row["precision"]], "basis": _PRESS, "sumber": row["source"],
            "catatan": "" if doubtful else facts.note(row["note"]), "ragu": facts.note(row["note"]) if doubtful else "",
        }  # fmt: skip
    shared = {"tahun": "2014", "lembaga": "dpr", "basis": "official", "sumber": _PERLUDEM}
    for row in facts.rows("finance/2014_dpr_by_dapil.csv"):
        yield "dana-kampanye-dapil-dpr-2014", {
            **shared, "periode": row["period"], "kode_dapil": row["dapil_code"],
            **facts.party("2014", label=row["party"]), "calon": row["candidates"],
            "calon_melapor": row["candidates_with_receipts"], "uang": row["cash"], "barang": row["goods"],
            "jasa": row["services"], "jumlah": row["total_as_stated"],
            "ragu": facts.note(row["flag"] or ("" if row["dapil_code"] else "entry without a dapil")),
        }  # fmt: skip
    givers = {"candidate": "calon", "party": "partai", "individuals": "perseorangan", "groups": "kelompok",
              "companies": "badan-usaha"}  # fmt: skip
    for row in facts.rows("finance/2014_dpr_by_party_role.csv"):
        yield "dana-kampanye-pemberi-dpr-2014", {
            **shared, "periode": row["period"], **facts.party("2014", label=row["party"]),
            "pemberi": givers[row["role"]], "entri": row["entries"], "jumlah": row["total_as_stated"],
            "ragu": facts.note(_TOO_HIGH.get((row["period"], row["party"]), "")),
        }  # fmt: skip


_TOO_HIGH: Final = {
    ("1", "pkb"): "party sum 540 bn is ten times the 54.2 bn KPU announced",
    ("1", "pks"): "party sum 123.5 bn against 32 bn stated by the party",
}


def voters(facts: Facts) -> Iterator[tuple[str, Row]]:
    """Yield the rolls."""
    for row in facts.rows("voters/national.csv"):
        if row["item"] == "used":
            continue
        yield "pemilih-nasional", {
            "tahun": row["year"], **_ROLL[row["item"]], "laki_laki": row["men"], "perempuan": row["women"],
            "pemilih": row["voters"], "basis": _PRESS, "sumber": row["source"],
        }  # fmt: skip
    for row in facts.rows("voters/2024_province.csv"):
        recalled = row["basis"] != "read"
        abroad = row["unit_level"] != "province"
        yield "pemilih-provinsi-2024", {
            "tahun": "2024", "daftar": "DPT", "tingkat": "luar-negeri" if abroad else "provinsi",
            "kode_wilayah": "LN" if abroad else row["unit_code"], "nama_wilayah": row["unit_name"],
            "laki_laki": row["men"], "perempuan": row["women"], "pemilih": row["dpt"], "tps": row["tps"],
            "basis": "inferred" if recalled else _PRESS, "sumber": row["source"] or "-",
            "ragu": facts.note(row["basis"]) if recalled else "",
        }  # fmt: skip
    for row in facts.rows("voters/2024_regency_partial.csv"):
        wrong = "at least one of" in row["basis"]
        yield "pemilih-kabkota-2024", {
            "tahun": "2024", "daftar": "DPT", "tingkat": "kabkota", "kode_wilayah": row["regency_code"],
            "nama_wilayah": row["regency"], "pemilih": row["dpt"], "basis": _PRESS, "sumber": row["source"],
            "catatan": "" if wrong else facts.note(row["basis"]), "ragu": facts.note(row["basis"]) if wrong else "",
        }  # fmt: skip
    for row in facts.rows("voters/2024_overseas_ppln_partial.csv"):
        yield "pemilih-luar-negeri-terbesar-terkecil-2024", {
            "tahun": "2024", "daftar": "DPT", "tingkat": "ppln", "nama_wilayah": row["ppln"],
            "laki_laki": row["men"], "perempuan": row["women"], "pemilih": row["dptln"], "basis": _PRESS,
            "sumber": row["source"],
        }  # fmt: skip
    for row in facts.rows("voters/2014_province.csv"):
        yield "pemilih-provinsi-2014", {
            "tahun": "2014", "pemilu": _ELECTION[row["election"]], "daftar": "DPT", "tingkat": "provinsi",
            "kode_wilayah": row["province_code"], "laki_laki": row["men"], "perempuan": row["women"],
            "tidak_diketahui": row["unknown_sex"], "pemilih": row["dpt"], "tps": row["tps"], "basis": "official",
            "sumber": _PERLUDEM, "ragu": facts.note(row["flag"]),
        }  # fmt: skip
    for row in facts.rows("voters/2024_overseas_posts.csv"):
        yield "pemilih-luar-negeri-2024", {
            "tahun": "2024", "kode_negara": row["country_code"], "negara": row["country"],
            "kode_ppln": row["ppln_code"], "ppln": row["ppln"], "tpsln": row["tpsln"], "ksk": row["ksk"],
            "pos": row["pos"], "basis": "official", "sumber": "kawalpemilu/kp24, 7fe5e97",
        }  # fmt: skip


_ELECTION: Final = {"pilpres": "presiden", "dpr": "dpr", "dpd": "dpd", "dprd-provinsi": "dprd-provinsi"}
_HOME = {"tingkat": "nasional", "nama_wilayah": "dalam negeri"}
_ABROAD = {"tingkat": "luar-negeri", "kode_wilayah": "LN"}
_ALL = {"tingkat": "nasional", "nama_wilayah": "dalam dan luar negeri"}
_ROLL: Final = {
    "DPT domestic": {"daftar": "DPT", **_HOME}, "DPT overseas": {"daftar": "DPT", **_ABROAD},
    "DPT total": {"daftar": "DPT", **_ALL},
    "voters used by KPU for turnout: domestic": {"daftar": "pembagi-partisipasi", **_HOME},
    "voters used by KPU for turnout: overseas": {"daftar": "pembagi-partisipasi", **_ABROAD},
    **{f"{roll} {word}": {"daftar": roll, **place} for roll in ("DPTHP-2", "DPTHP-3")
       for word, place in (("domestic", _HOME), ("overseas", _ABROAD), ("total", _ALL))},
    "registered": {"daftar": "terdaftar", **_ALL},
}  # fmt: skip
_DC1: Final = {
    **{f"{ours}{mine}": f"{theirs}{other}" for ours, theirs in (("dpt", "dpt"), ("dptb", "dptb"), ("dpk", "dpk"),
       ("dpktb", "dpktb"), ("terdaftar", "registered"), ("pengguna", "used"))
       for mine, other in (("_l", "_m"), ("_p", "_f"), ("", ""))},
    "pengguna_dpt": "used_dpt", "pengguna_dptb": "used_dptb", "pengguna_dpk": "used_dpk",
    "pengguna_dpktb": "used_dpktb", "surat_diterima": "ballots_received", "surat_rusak": "ballots_spoilt",
    "surat_sisa": "ballots_unused", "surat_dipakai": "ballots_used", "suara_sah": "valid",
    "suara_tidak_sah": "invalid", "suara_total": "votes",
}  # fmt: skip


def turnout(facts: Facts) -> Iterator[tuple[str, Row]]:
    """Yield who voted."""
    for row in facts.rows("voters/2014_regency.csv"):
        yield f"partisipasi-kabkota-2014-{_ELECTION[row['election']]}", {
            "tahun": "2014", "pemilu": _ELECTION[row["election"]], "tingkat": "kabkota",
            "kode_wilayah": row["regency_code"], "nama_wilayah": row["regency"], "kode_kpu": row["kpu_id"],
            **{ours: row[theirs] if row[theirs] != "-1" else "" for ours, theirs in _DC1.items()}, "basis": "official",
            "sumber": f"DC1, {_PERLUDEM}", "ragu": facts.note(row["flags"]),
            "catatan": facts.note("the source has a negative number, left out") if "-1" in row.values() else "",
        }  # fmt: skip
    for row in facts.rows("voters/2014_dapil_dpr.csv"):
        yield f"partisipasi-dapil-dpr-2014-{_ELECTION[row['election']]}", {
            "tahun": "2014", "pemilu": _ELECTION[row["election"]], "tingkat": "dapil",
            "kode_wilayah": row["dapil_code"], "nama_wilayah": row["dapil"], "dpt": row["dpt"],
            "terdaftar": row["registered"], "pengguna": row["used"], "suara_sah": row["valid"],
            "suara_tidak_sah": row["invalid"], "kabkota_semua": row["regencies"],
            "kabkota_ada": row["regencies_with_data"], "basis": "inferred", "sumber": f"DC1, {_PERLUDEM}",
            "catatan": facts.note("sum of its kabkota"),
        }  # fmt: skip
    for row in facts.rows("voters/2019_situng_dapil.csv"):
        yield f"partisipasi-dapil-{row['chamber']}-2019-hitung", {
            "tahun": "2019", "pemilu": "dprd-provinsi", "tingkat": "dapil", "kode_wilayah": row["dapil_code"],
            "nama_wilayah": row["dapil"], **_situng(row),
        }  # fmt: skip
    yield from _turnout_of_kecamatan(facts)
    counts = {
        row["item"]: row["voters"] for row in facts.rows("voters/national.csv") if row["year"] == "2004"
    }
    for row in facts.rows("voters/turnout_national.csv"):
        known = counts if row["year"] == "2004" else {}
        yield "partisipasi-nasional", {
            "tahun": row["year"], "pemilu": _ELECTION[row["election"]], "tingkat": "nasional",
            "terdaftar": known.get("registered", ""), "pengguna": known.get("used", ""),
            "partisipasi_persen": row["turnout_pct"], "basis": _PRESS, "sumber": row["source"],
        }  # fmt: skip
    for row in facts.rows("voters/turnout_dapil_2024_lowest.csv"):
        yield "partisipasi-dapil-dpr-2024", {
            "tahun": "2024", "pemilu": "dpr", "tingkat": "dapil", "kode_wilayah": row["dapil_code"],
            "nama_wilayah": row["dapil"], "partisipasi_persen": row["turnout_pct"], "basis": _PRESS,
            "sumber": row["source"],
        }  # fmt: skip


def _situng(row: Row) -> Row:
    return {
        "terdaftar": row["registered"], "pengguna": row["used"], "tps": row["tps"],
        "tps_konsisten": row["tps_consistent"], "tps_kosong": row["tps_blank"], "basis": "count", "sumber": _SITUNG,
    }  # fmt: skip


def _turnout_of_kecamatan(facts: Facts) -> Iterator[tuple[str, Row]]:
    """Kecamatan of 2019, with their code of 2025 where the unit still has its code or KPU's id tells."""
    with (Path(__file__).parents[1] / "data" / "units" / "units.csv").open(
        encoding="utf-8", newline=""
    ) as file:
        names = {row["kode"]: row["nama"] for row in csv.DictReader(file) if len(row["kode"]) == 8}
    successor: dict[str, str] = defaultdict(str)
    plan = Path(__file__).parents[1] / "data" / "plans" / "2019" / "members.csv"
    with plan.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if len(row["kode_lama"]) == 8 and len(row["kode_unit"]) == 8 and not row["bagian"]:
                successor[row["kode_lama"]] = row["kode_unit"]
    for row in facts.rows("voters/2019_situng_district.csv"):
        old = row["unit_code_2019"]
        now = successor[old] or (old if old in names and old[:2] not in ("91", "92") else "")
        yield "partisipasi-kecamatan-2019-hitung", {
            "tahun": "2019", "pemilu": _ELECTION[row["contest"]], "tingkat": "kecamatan", "kode_wilayah": now,
            "kode_2019": "" if now == old else old, "nama_wilayah": row["district"], "kode_kpu": row["kpu_id"],
            **_situng(row), "ragu": "" if now else facts.note("no code of 2025 found for the code of 2019"),
        }  # fmt: skip


def disputes(facts: Facts) -> Iterator[tuple[str, Row]]:
    """Yield the disputes: counts, and the dates of 2015."""
    kinds = {"party": "partai", "individuals": "perseorangan", "other": "lain", "total": "jumlah", "outcome": "putusan",
             "petitions by 24 March 2024": "permohonan", "dapil disputed": "dapil-disengketakan"}  # fmt: skip
    scopes = {"all": "semua", "all incl. president": "semua-presiden"}
    for row in facts.rows("disputes/phpu.csv"):
        number = facts.numbers[row["year"], row["party"]] if row["party"] else ""
        yield f"sengketa-{row['year']}", {
            "tahun": row["year"], "lingkup": scopes.get(row["chamber"], row["chamber"]), "golongan": kinds[row["kind"]],
            **facts.party(row["year"], number), "kode_provinsi": row["province_code"], "hal": facts.note(row["item"]),
            "perkara": row["number"], "basis": _PRESS, "sumber": row["source"], "catatan": facts.note(row["note"]),
        }  # fmt: skip
    for number, row in enumerate(facts.rows("disputes/pilkada_2015.csv"), 1):
        month, day, year = row["recorded_on"].split()[0].split("/")
        yield "sengketa-pilkada-2015", {
            "tahun": "2015", "nomor": str(number), "kode_kabkota": row["regency_code_2025"],
            "nama_wilayah": row["region"], "tanggal": f"{year}-{month:>02}-{day:>02}",
            "putusan_di_sumber": _YES[row["decision_text_in_source"]] or "tidak", "basis": _PRESS, "sumber": _PERLUDEM,
        }  # fmt: skip


STEPS: Final[tuple[Callable[[Facts], Iterable[tuple[str, Row]]], ...]] = (
    parties, candidates, dpr, dprd, totals, by_candidate, by_kecamatan, president, heads, finance, voters, turnout,
    disputes,
)  # fmt: skip


def main(facts: Facts, elections: Path) -> None:
    """Write every table that ``tables.csv`` lists, and nothing else."""
    found: dict[str, list[Row]] = defaultdict(list)
    for step in STEPS:
        for table, row in step(facts):
            found[table].append(row)
    with (elections / "tables.csv").open(encoding="utf-8", newline="") as file:
        homes = {row["tabel"]: row["set"] for row in csv.DictReader(file)}
    if set(homes) != set(found):
        sys.exit(f"tables.csv and what is written differ: {sorted(set(homes) ^ set(found))}")
    for table, rows in found.items():
        write(elections / homes[table], table, rows)


def write(directory: Path, table: str, rows: list[Row]) -> None:
    """Write one table, sorted by the key of its schema (codes as text, numbers as numbers)."""
    import json

    schema = json.loads((directory / "schema.json").read_text("utf-8"))
    columns = [field["name"] for field in schema["fields"]]
    if unknown := {column for row in rows for column in row} - set(columns):
        sys.exit(f"{table}: {sorted(unknown)} not in the schema of {directory.name}")
    numbers = {field["name"] for field in schema["fields"] if field["type"] == "integer"}
    rows.sort(key=lambda row: [
        (float(row.get(key) or -1), "") if key in numbers else (0.0, row.get(key, "")) for key in schema["primaryKey"]
    ])  # fmt: skip
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    raw = text.getvalue().encode("utf-8")
    for old in directory.glob(f"{table}.csv*"):
        old.unlink()
    large = len(raw) > _LARGE
    packed = lzma.compress(raw, preset=9 | lzma.PRESET_EXTREME) if large else raw
    (directory / f"{table}.csv{'.xz' if large else ''}").write_bytes(packed)
    print(f"{table:50} {len(rows):7} rows {len(packed):9} bytes")


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    main(Facts(Path(sys.argv[1])), Path(sys.argv[2] if len(sys.argv) == 3 else "data") / "elections")
