"""The election's tables: what is published conforms, sums to what was stated, and names no more of persons."""

import csv
import json

import pandas as pd
import pytest

from boundaries.elections import sets
from boundaries.elections.table_check import check_table
from boundaries.errors import NotFound
from scripts.election_schemas import PAGES, dictionary, schemas

TABLES = sets.catalogue()
#: Tables of over 100,000 rows, seconds each.
LARGE = {"calon-dprd-kabkota-2019", "calon-dprd-kabkota-2024"} | {
    f"hasil-wilayah-{chamber}-2019-hitung" for chamber in ("dprd-provinsi", "dprd-kabkota")
}
#: All that is published of a person.
PERSON = {
    *sets.CANDIDACY, "partai", "nama", "jenis_kelamin", "suara", "basis", "sumber", "catatan", "ragu",
    "jabatan", "kode_provinsi", "kode_kabkota", "nama_wilayah", "nomor", "nomor_pasangan", "kepala", "wakil",
    "jk_kepala", "jk_wakil", "kolom_kosong", "pencalonan", "partai_pengusung", "tps", "tps_terhitung",
}  # fmt: skip


def seats(name: str) -> list[int]:
    found = sets.read_set(name).groupby("partai")["kursi"].sum()
    return sorted((int(each) for each in found if each > 0), reverse=True)


# The sets


def test_schemas_are_those_of_their_fields() -> None:
    written = {
        name: (sets.directory() / name / "schema.json").read_text("utf-8") for name in sets.set_names()
    }
    assert written == schemas()


def test_the_dictionary_of_fields_is_that_of_the_schemas() -> None:
    docs = sets.directory().parents[1] / "docs"
    assert {page: (docs / page).read_text("utf-8") for page in PAGES} == {
        page: dictionary(english) for page, english in PAGES.items()
    }


def test_schemas_are_told_in_both_languages() -> None:
    for name in sets.set_names():
        found = json.loads((sets.directory() / name / "schema.json").read_text("utf-8"))
        for each in (found, *found["fields"]):
            assert all(each[part] for part in ("title", "title_en", "description", "description_en")), each[
                "name"
            ]
        assert set(found["primaryKey"]) <= {each["name"] for each in found["fields"]}, name


def test_every_table_is_listed_and_every_listed_table_is_there() -> None:
    files = {path.name.split(".")[0] for path in sets.directory().glob("*/*.csv*")}
    assert files == set(TABLES)
    assert all(each.path.parent.name == each.set for each in TABLES.values())
    assert {name for name in sets.set_names() if name not in {each.set for each in TABLES.values()}} == {
        "logistik", "sdm",
    }  # fmt: skip


def test_a_name_says_what_is_a_count() -> None:
    assert {each.name for each in TABLES.values() if each.basis == "count"} == {
        name for name in TABLES if name.endswith("-hitung")
    }
    assert all(("bukan" in each.coverage) == (each.basis == "count") for each in TABLES.values())


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.national] if name in LARGE else []) for name in TABLES]
)
def test_what_is_published_holds_what_it_promises(name: str) -> None:
    table = TABLES[name]
    rows, problems = check_table(table.path, table.set, table.plan, partial=not table.complete)
    assert problems == []
    assert rows > 0


def test_notes_and_doubts_are_told_in_both_languages() -> None:
    for name in TABLES:
        if name not in LARGE and not name.startswith("calon-dprd"):
            rows = sets.read_set(name)
            for column in {"catatan", "ragu", "cek_provinsi", "hal"} & set(rows.columns):
                told = rows[column][rows[column] != ""].unique()
                assert [each for each in told if each.count(" | ") != 1] == [], (name, column)


def test_parties_have_one_key_in_every_set() -> None:
    known = set(sets.read_set("partai")["partai"])
    for name in (
        "hasil-dpr-2014",
        "terpilih-dpr-2009",
        "dana-kampanye-2019",
        "sengketa-2024",
        "hasil-total-dpr",
    ):
        rows = sets.read_set(name)
        column = "peserta" if name.startswith("dana") else "partai"
        pairs = rows["jenis_peserta"] == "pasangan" if "jenis_peserta" in rows else rows[column] == ""
        assert set(rows[column][~pairs]) <= known


def test_an_unknown_set_or_table_is_told_with_those_there_are() -> None:
    with pytest.raises(NotFound, match="no set suara; there are calon, "):
        sets.schema("suara")
    with pytest.raises(NotFound, match="no table hasil-dpr-2004; there are hasil-dpr-2024, "):
        sets.read_set("hasil-dpr-2004")


# Persons


def test_of_persons_no_more_is_published_than_the_ballot_says() -> None:
    for name in sets.set_names():
        described = sets.schema(name)
        if described.persons:
            assert set(described.columns) <= PERSON, name
        else:
            assert not {"nama", "kepala", "wakil"} & set(described.columns) or name == "partai"


def test_who_held_a_seat_later_is_not_named() -> None:
    notes = {note for year in (2024, 2014) for note in sets.read_set(f"terpilih-dpr-{year}")["catatan"]}
    assert notes == {"", "kursi kemudian diisi calon lain | seat later held by another"}


def test_a_candidacy_that_is_withdrawn_leaves_its_table() -> None:
    rows = sets.read_set("hasil-calon-dpr-2024")
    gone = pd.DataFrame([["2024", "dpr", "1101", "1", "1"]], columns=list(sets.CANDIDACY))
    left = sets.without_withdrawn(rows.astype("str"), gone)
    assert len(left) == len(rows) - 1
    assert "H. IRMAWAN S.Sos. M.M." not in set(left["nama"][left["kode_dapil"] == "1101"])
    with (sets.directory() / "withdrawn.csv").open(encoding="utf-8") as file:
        assert next(csv.reader(file)) == list(sets.CANDIDACY)


# What it must show


def test_seats_of_the_dpr_by_party() -> None:
    assert seats("hasil-dpr-2024") == [110, 102, 86, 69, 68, 53, 48, 44]
    assert seats("hasil-dpr-2019") == [128, 85, 78, 59, 58, 54, 50, 44, 19]
    assert seats("hasil-dpr-2014") == [109, 91, 73, 61, 49, 47, 40, 39, 35, 16]
    assert seats("hasil-dpr-2009") == [148, 106, 94, 57, 46, 38, 28, 26, 17]


def test_candidates_of_2024() -> None:
    dpr = sets.read_set("calon-dpr-2024")
    assert (len(dpr), int((dpr["jenis_kelamin"] == "P").sum())) == (9917, 3676)
    assert len(sets.read_set("calon-dpd-2024")) == 668


def test_lists_under_thirty_per_cent_of_women() -> None:
    lists = sets.read_set("daftar-calon-dpr-2024")
    assert (len(lists), int((lists["perempuan_30"] == "tidak").sum())) == (1512, 267)


@pytest.mark.parametrize(
    ("year", "votes"), [(2019, [85607362, 68650239]), (2014, [62576444, 70997833])]
)  # fmt: skip
def test_votes_for_president(year: int, votes: list[int]) -> None:
    rows = sets.read_set(f"presiden-provinsi-{year}")
    assert rows.groupby("nomor_pasangan")["suara"].sum().tolist() == votes


def test_voters_of_2024() -> None:
    rows = sets.read_set("pemilih-provinsi-2024").groupby("tingkat")["pemilih"].sum()
    assert rows.to_dict() == {"luar-negeri": 1750474, "provinsi": 203056748}
    nation = sets.read_set("pemilih-nasional").query("tahun == 2024 and daftar == 'DPT'")
    assert sorted(nation["pemilih"]) == [1750474, 203056748, 204807222]


def test_seats_of_the_councils_as_printed_are_those_of_the_law() -> None:
    from boundaries.law.plans import load_plans

    rows = sets.read_set("kursi-total-dprd-provinsi").query("tahun == 2024 or tahun == 2019")
    plans = {plan.year: plan.dapil for plan in load_plans(only=["dprd-provinsi-2024", "dprd-provinsi-2019"])}
    for (year, province), given in rows.groupby(["tahun", "kode_wilayah"])["kursi"].sum().items():
        law = plans[year]
        assert given == law["kursi"][law["kode_provinsi"] == province].sum(), (year, province)
