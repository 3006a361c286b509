"""What the map's data say of elections: as the tables have it, never mixed, and found again on other lines."""

import json
from itertools import combinations
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from boundaries.elections import sets, toy_tables
from boundaries.exports.mapdata import map_files
from boundaries.exports.mapdata.carried_votes import carried
from boundaries.exports.mapdata.map_tables import Content
from boundaries.exports.mapdata.party_colours import LEAST, differences, party_colours
from boundaries.exports.mapdata.person_lists import candidates, elected
from boundaries.exports.mapdata.result_rows import _doubts, results
from boundaries.exports.mapdata.unit_votes import unit_votes
from boundaries.exports.mapdata.vote_tables import ElectionTables
from boundaries.release.store import Release, open_release
from tests.small import make_small_release


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return open_release(make_small_release(tmp_path_factory.mktemp("releases")))


@pytest.fixture(scope="module")
def content(release: Release) -> Content:
    return Content(release)


@pytest.fixture(scope="module")
def files(release: Release) -> dict[str, bytes]:
    return dict(map_files(release))


def by_code(made: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {row[0]: dict(zip(made["columns"], row, strict=True)) for row in made["rows"]}


# --- results of dapil ---


def test_votes_and_seats_are_those_of_the_table(content):
    made = results(content, "dpr-2024")
    table = toy_tables.read_set("hasil-dpr-2024")
    rows = by_code(made)
    keys = [party[0] for party in made["parties"]]
    for code, own in table.groupby("kode_dapil"):
        assert dict(zip(keys, rows[code]["suara"], strict=True)) == dict(
            zip(own["partai"], own["suara"], strict=True)
        )
        assert sum(rows[code]["kursi"]) == own["kursi"].sum()
    assert made["votes"]["basis"] == "official"
    assert made["votes"]["dapil"] == len(rows) == 5
    json.dumps(made, allow_nan=False)


def test_a_count_says_so_with_its_stations(content):
    made = results(content, "dprd-kabkota-2024")
    assert (made["votes"]["basis"], made["seats"]["basis"]) == ("count", "inferred")
    assert (made["votes"]["tps_terhitung"], made["votes"]["tps"]) == (6 * 150, 6 * 200)
    assert by_code(made)["320401"]["tps_terhitung"] == 150


def test_a_doubt_of_some_parties_names_them_and_one_of_all_does_not():
    rows = pd.DataFrame({
        "kode_dapil": ["3201", "3201", "3202", "3202", "1101"], "nomor_partai": [1, 9, 1, 9, 18],
        "ragu": ["", "92 kurang | 92 short", "kacau | wild", "kacau | wild", "kacau | wild"],
    })  # fmt: skip
    assert _doubts(rows, {1: "PKB", 9: "PKN", 18: "PNA"}) == {
        "ragu": {"PKN: 92 kurang | PKN: 92 short": ["3201"], "kacau | wild": ["1101", "3202"]}
    }
    assert _doubts(rows.iloc[:1], {1: "PKB"}) == {}


def test_turnout_of_some_dapil_is_of_those_alone(content):
    made = results(content, "dpr-2024")
    told = {code: row["partisipasi"] for code, row in by_code(made).items()}
    assert made["turnout"]["dapil"] == 3
    assert [code for code, share in told.items() if share is not None] == ["3101", "3102", "3201"]
    row = by_code(made)["3101"]
    assert row["partisipasi"] == round(row["pengguna"] / row["terdaftar"], 4)


def test_women_are_counted_over_all_lists(content):
    row = by_code(results(content, "dpr-2024"))["3201"]
    assert (row["calon"], row["perempuan"], row["daftar"], row["daftar_kurang"]) == (18, 6, 3, 0)
    assert by_code(results(content, "dpr-2024"))["3101"]["daftar_kurang"] == 3  # one of four is under 30 %


def test_a_plan_without_tables_has_no_file_and_is_not_told_of(files):
    index = json.loads(files["map-index.json"])
    assert "map-results-dpd-2024.json" not in files
    assert set(index["results"]) == {"dpr-2024", "dpr-2019", "dprd-kabkota-2024"}
    assert index["results"]["dpr-2024"] == {
        "votes": [5, "official"], "seats": [5, "official"], "turnout": [3, "official"], "women": [5, "inferred"],
        "elected": "official", "candidates": "official", "carried": [2019],
    }  # fmt: skip
    assert index["results"]["dprd-kabkota-2024"]["units"] == "count"


def test_official_figures_come_before_a_count_and_are_not_filled_up_from_it():
    tables = ElectionTables(_release("elsewhere"))
    assert tables.find("hasil", "dpr-2019").name == "hasil-dpr-2019"
    assert tables.find("hasil", "dprd-provinsi-2019").basis == "count"
    assert tables.find("partisipasi", "dpr-2014", pemilu="dpr").name == "partisipasi-dapil-dpr-2014-dpr"


def _release(source: str) -> Any:
    """What the tables ask of a release: whose map it is."""
    return SimpleNamespace(manifest={"source": {"id": source}})


# --- persons ---


def test_persons_are_told_by_six_facts_and_no_more(content):
    made = elected(content, "dpr-2024")
    table = toy_tables.read_set("terpilih-dpr-2024")
    assert sum(map(len, made["dapil"].values())) == len(table) == 24
    assert {len(row) for own in made["dapil"].values() for row in own} == {6}
    rows = [
        row for _, file in candidates(content, "dpr-2024") for own in file["dapil"].values() for row in own
    ]
    persons = [person for _, _, persons in rows for person in persons]
    assert {len(person) for person in persons} == {5}
    assert sum(person[4] for person in persons) == 24


def test_who_was_withdrawn_is_in_no_file(content, monkeypatch):
    gone = {"tahun": "2024", "lembaga": "dpr", "kode_dapil": "3101", "nomor_partai": "1", "nomor_urut": "1"}
    withdrawn = pd.DataFrame([gone])
    own = toy_tables.read_set

    def read(name: str) -> pd.DataFrame:
        frame = own(name)
        text = frame.astype(object).where(frame.notna(), "").astype(str)
        kept = (
            sets.without_withdrawn(text, withdrawn).index
            if name.split("-")[0] in ("calon", "terpilih", "hasil")
            else frame.index
        )
        return frame.loc[kept]

    fresh = Content(content.release)
    monkeypatch.setattr(fresh.elections, "read", read)
    files = dict(candidates(fresh, "dpr-2024"))
    named = json.dumps([elected(fresh, "dpr-2024"), files])
    assert 'Calon 3101-1-1"' not in named
    assert 'Calon 3101-1-2"' in named


def test_a_candidate_without_a_number_is_known_as_elected_by_name(content, monkeypatch):
    own = toy_tables.read_set
    fresh = Content(content.release)
    monkeypatch.setattr(
        fresh.elections, "read",
        lambda name: own(name).assign(nomor_urut=pd.NA) if name.startswith("terpilih") else own(name),
    )  # fmt: skip
    rows = [
        row for _, file in candidates(fresh, "dpr-2024") for each in file["dapil"].values() for row in each
    ]
    assert sum(person[4] for _, _, persons in rows for person in persons) == 24


# --- kecamatan, and other lines ---


def test_kecamatan_have_their_votes_and_stations(content):
    made = dict(unit_votes(content, "dprd-kabkota-2024"))
    table = toy_tables.read_set("hasil-wilayah-dprd-kabkota-2024-hitung")
    assert sum(sum(row[4]) for file in made.values() for row in file["rows"]) == table["suara"].sum()
    assert {tuple(row[1:4]) for file in made.values() for row in file["rows"]} == {(20, 15, 0)}
    assert made["31"]["rows"] == []  # elects none


def test_carried_votes_are_neither_lost_nor_made(content):
    made = carried(content, "dpr-2019", "dpr-2024")
    before = toy_tables.read_set("hasil-dpr-2019")["suara"].sum()
    assert abs(sum(row[2] for row in made["rows"]) - before) <= len(made["rows"])
    rows = {row[0]: row for row in made["rows"]}
    assert rows["8101"][1] == 1.0  # the same ground
    assert (
        rows["8101"][2] == toy_tables.read_set("hasil-dpr-2019").query("kode_dapil == '8101'")["suara"].sum()
    )
    assert rows["3101"][1] == 0.0  # half of what was one


def test_votes_of_half_the_dapil_are_carried_nowhere(content, monkeypatch):
    own = toy_tables.read_set
    fresh = Content(content.release)
    few = own("hasil-dpr-2019").query("kode_dapil == '8101'")
    monkeypatch.setattr(fresh.elections, "read", lambda name: few if name == "hasil-dpr-2019" else own(name))
    assert carried(fresh, "dpr-2019", "dpr-2024") == {}


# --- colours ---


def test_the_largest_party_keeps_its_colour_and_the_next_is_told_from_it():
    found = party_colours([("a", "#d52027"), ("b", "#d52027"), ("c", "")])
    assert found["a"] == "#d52027"
    assert all(differences(found[x], found[y]).min() >= LEAST for x, y in combinations(found, 2))


def test_parties_with_seats_in_the_dpr_are_told_apart_by_the_colour_blind():
    colours = ElectionTables(_release("elsewhere")).colours
    won = sets.read_set("hasil-dpr-2024").groupby("partai")["kursi"].sum()
    seated = list(won[won > 0].index)
    assert len(seated) == 8
    least = min(differences(colours[x], colours[y]).min() for x, y in combinations(seated, 2))
    assert least >= 20
