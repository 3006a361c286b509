"""The election's tables in a release: joined both ways, named by their content, verified from the files alone."""

import json
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner

from boundaries.cli import main
from boundaries.elections import sets, shipped
from boundaries.elections.totals import totals
from boundaries.errors import PlanError
from boundaries.law.plans import load_plans
from boundaries.law.registry import Registry
from boundaries.release import election_file
from boundaries.release.store import MANIFEST, Release, open_release, sha256, write_json
from boundaries.verify.election_rules import elections
from boundaries.verify.opened_release import Contents
from boundaries.verify.run import verify
from scripts import election_joins
from tests.small import make_small_release
from tests.small_elections import SEATS, VOTES, make_small_elections, tables

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_small_elections(tmp_path_factory.mktemp("elections"))


def test_a_release_lists_its_tables_with_basis_and_coverage(published: Path) -> None:
    told = {each["name"]: each for each in open_release(published).manifest["elections"]}
    result = told["hasil-dpr-2024"]
    assert (result["rows"], result["basis"], result["plan"]) == (15, "official", "dpr-2024")
    assert "84 dapil" in result["coverage_en"]
    assert result["coverage"] != result["coverage_en"]


def test_rows_come_back_as_they_were_and_ids_are_once(published: Path) -> None:
    found = open_release(published).elections
    assert found is not None
    for table in tables():
        name = str(table.about["name"])
        pd.testing.assert_frame_equal(found.frame(name), table.rows.reset_index(drop=True), check_dtype=False)
        assert len(set(found.column(name, "id").to_pylist())) == len(table.rows)
    taken = found.take("hasil-dpr-2024", [14, 0], ["id", "suara", "catatan"])
    assert taken == [("8101-3", 50, None), ("3101-1", 400, None)]


def test_the_name_of_a_release_hangs_on_what_its_tables_say(published: Path, tmp_path: Path) -> None:
    def one_more(name: str, rows: pd.DataFrame) -> pd.DataFrame:
        return rows.assign(suara=rows["suara"] + (rows.index == 0)) if name == "hasil-dpr-2024" else rows

    other, again, without = (
        make_small_elections(tmp_path / "other", one_more).name,
        make_small_elections(tmp_path / "again").name,
        make_small_release(tmp_path / "without").name,
    )
    assert again == published.name
    assert len({other, published.name, without}) == 3


def test_a_sound_release_passes_and_each_wrong_copy_is_found(published: Path, tmp_path: Path) -> None:
    assert verify(open_release(published)).ok

    def seats(name: str, rows: pd.DataFrame) -> pd.DataFrame:
        return rows.assign(kursi=rows["kursi"] + (rows.index == 0)) if name == "hasil-dpr-2024" else rows

    def party(name: str, rows: pd.DataFrame) -> pd.DataFrame:
        return rows.assign(partai="pkb") if name == "hasil-dpr-2024" else rows

    def gender(name: str, rows: pd.DataFrame) -> pd.DataFrame:
        return rows.assign(jenis_kelamin="X") if name == "calon-dpr-2024" else rows

    for change, place in ((seats, "3101"), (party, "partai"), (gender, "jenis_kelamin")):
        wrong = elections(Contents(open_release(make_small_elections(tmp_path / change.__name__, change))))
        assert {each.feature for each in wrong.findings} == {place}


def test_another_archive_than_the_one_told_of_is_found(published: Path, tmp_path: Path) -> None:
    def other(name: str, rows: pd.DataFrame) -> pd.DataFrame:
        return rows.assign(nama="X") if name == "calon-dpr-2024" else rows

    copy = tmp_path / published.name
    shutil.copytree(published, copy)
    shutil.copy(make_small_elections(tmp_path / "x", other) / election_file.ARCHIVE, copy)
    manifest = json.loads((copy / MANIFEST).read_text())
    for each in manifest["files"]:
        each |= {"sha256": sha256(copy / each["name"]), "bytes": (copy / each["name"]).stat().st_size}
    write_json(copy / MANIFEST, manifest)
    found = elections(Contents(open_release(copy))).findings
    assert [(each.layer, each.what) for each in found] == [("calon-dpr-2024", "its rows in elections.zip")]


def test_rows_and_dapil_without_each_other_stop_the_build_or_are_named(registry: Registry) -> None:
    plan: Any = SimpleNamespace(id="dpr-2024", dapil=pd.DataFrame({"kode_dapil": ["1101", "1102"]}))
    told = sets.table("hasil-dpr-2024")
    rows = sets.read_set("hasil-dpr-2024")
    with pytest.raises(PlanError, match="no dapil of dpr-2024: 1201"):
        shipped.joins(told, rows, plan, registry)
    one: Any = SimpleNamespace(id="x", dapil=plan.dapil[:1])
    few = rows[rows["kode_dapil"] == "1101"]
    with pytest.raises(PlanError, match="no row of dapil 1102"):
        shipped.joins(told, few, plan, registry)
    with pytest.raises(PlanError, match="no party: 2024/99"):
        shipped.joins(told, few.assign(nomor_partai=99), one, registry)
    part = shipped.joins(sets.table("hasil-dpr-2019-hitung"), few, plan, registry)[0]
    assert part["without_rows"] == ["1102"]
    assert part["matched"] == len(few)


def test_a_withdrawn_candidate_is_in_no_table_of_the_release(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, registry: Registry
) -> None:
    data = sets.directory()
    for name in ("partai", "silsilah-partai", "calon"):
        shutil.copytree(
            data / name, tmp_path / "data" / name, ignore=shutil.ignore_patterns("*kabkota*", "*provinsi*")
        )
    table = (data / "tables.csv").read_text().splitlines(keepends=True)
    kept = [
        line
        for line in table
        if line.startswith(("tabel,", "partai,", "silsilah-partai,", "calon-dpd-2024,"))
    ]
    (tmp_path / "data" / "tables.csv").write_text("".join(kept))
    whole = sets.read_set("calon-dpd-2024")
    first = whole.iloc[0]
    head = (data / "withdrawn.csv").read_text()
    gone = f"2024,dpd,{first['kode_dapil']},,{first['nomor_urut']}\n"
    (tmp_path / "data" / "withdrawn.csv").write_text(head + gone)
    monkeypatch.setattr(sets, "directory", lambda: tmp_path / "data")
    sets.catalogue.cache_clear()
    try:
        plans = load_plans(registry=registry, only=["dpd-2024"])
        shipped.ship(tmp_path, plans, registry, only=["dpd-2024"])
    finally:
        monkeypatch.undo()
        sets.catalogue.cache_clear()
    found = election_file.Elections(tmp_path).frame("calon-dpd-2024")
    assert len(found) == len(whole) - 1
    assert first["nama"] not in set(found["nama"])


def test_totals_come_from_the_release_alone(published: Path) -> None:
    found = CliRunner().invoke(main, ["data", "totals", "--release", str(published), "--json"])
    told = {(each["table"], each["what"], each["of"]): each["figure"] for each in json.loads(found.output)}
    assert told["hasil-dpr-2024", "seats", "gerindra"] == sum(seats[1] for seats in SEATS.values())
    assert told["hasil-dpr-2024", "votes", "pkb"] == sum(votes[0] for votes in VOTES.values())
    assert told["calon-dpr-2024", "candidates", "P"] == 30
    bare = CliRunner().invoke(main, ["data", "totals", "--release", str(published.parent / "none")])
    assert bare.exit_code == 6


@pytest.mark.national
def test_the_nation_s_totals_are_those_stated(nation: Release) -> None:
    assert nation.elections is not None
    told: dict[tuple[str, str], list[int]] = {}
    for each in totals(nation.elections):
        told.setdefault((each.table, each.what), []).append(each.figure)
    assert told["hasil-dpr-2024", "seats"] == [110, 102, 86, 69, 68, 53, 48, 44]
    assert told["hasil-dpr-2019", "seats"] == [128, 85, 78, 59, 58, 54, 50, 44, 19]
    assert told["hasil-dpr-2014", "seats"] == [109, 91, 73, 61, 49, 47, 40, 39, 35, 16]
    assert told["calon-dpr-2024", "candidates"] == [9917, 3676]
    assert told["calon-dpd-2024", "candidates"][0] == 668
    assert told["daftar-calon-dpr-2024", "lists"] == [1512, 267]
    assert told["presiden-provinsi-2019", "votes"] == [85_607_362, 68_650_239]
    assert sorted(told["pemilih-provinsi-2024", "voters DPT"]) == [1_750_474, 203_056_748]


def test_csv_has_quotes_only_where_it_must() -> None:
    import pyarrow as pa

    rows = pa.table(
        {
            "nama": ['A "B"', "C, D", "E", None, " F"],
            "suara": [1, None, 3, 0, 5],
            "persen": [0.5, 50, None, 1, 2],
        }
    )
    assert election_file.as_csv(rows).decode() == (
        'nama,suara,persen\n"A ""B""",1,0.5\n"C, D",,50\nE,3,\n,0,1\n" F",5,2\n'
    )


@pytest.mark.national
@pytest.mark.parametrize(("name", "english"), election_joins.PAGES.items())
def test_the_pages_of_joins_are_those_of_the_nation(nation: Release, name: str, english: bool) -> None:
    """Made anew with scripts/election_joins.py after a change of tables or of what a release carries."""
    listed = json.loads((nation.path / "elections.json").read_text("utf-8"))
    assert (ROOT / "docs" / name).read_text("utf-8") == election_joins.page(nation.id, listed, english)
