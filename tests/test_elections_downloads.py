"""Files of the election's tables: every format says the same, the same rows give the same bytes, QGIS has a style."""

import io
import json
import shutil
import sqlite3
from pathlib import Path

import duckdb
import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
from frictionless import validate

from boundaries.downloads import jobs
from boundaries.downloads.election_jobs import election_files
from boundaries.downloads.jobs import Job
from boundaries.elections.sheets import xlsx_bytes
from boundaries.exports.metadata import datapackage, dcat
from boundaries.release.election_file import Elections, as_csv
from boundaries.release.store import Release, open_release
from tests.small_elections import PARTIES, SEATS, VOTES, make_small_elections


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return open_release(make_small_elections(tmp_path_factory.mktemp("elections")))


@pytest.fixture(scope="module")
def files(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    for name in ("hasil-dpr-2024", "calon-dpr-2024", "partisipasi-dapil-dpr-2024"):
        for file, about in election_files(release, name, folder):
            assert (folder / file).is_file()
            assert (about.dataset, about.year) == (name, 2024)
    return folder


def test_csv_parquet_and_xlsx_say_the_same_and_codes_are_text(files: Path) -> None:
    for name in ("hasil-dpr-2024", "calon-dpr-2024", "partisipasi-dapil-dpr-2024"):
        csv = pd.read_csv(files / f"{name}.csv", dtype=str, keep_default_na=False)
        sheet = openpyxl.load_workbook(files / f"{name}.xlsx").worksheets[0]
        head, *rows = [["" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
                        for value in row] for row in sheet.iter_rows(values_only=True)]  # fmt: skip
        assert head == list(csv.columns)
        assert rows == csv.to_numpy().tolist()
        parquet = pd.read_parquet(files / f"{name}.parquet")
        assert list(parquet.columns) == head
        assert len(parquet) == len(rows)
    code = openpyxl.load_workbook(files / "hasil-dpr-2024.xlsx").worksheets[0]["C2"]
    assert (code.value, code.data_type, code.number_format) == ("3101", "s", "@")


def differing(elections: Elections, name: str, csv: Path) -> list[int]:
    """Rows that DuckDB reads from the CSV and the table lacks, and the other way round; the same of codes untyped."""
    rows = elections.arrow(name).replace_schema_metadata(None)
    of = {"string": "VARCHAR", "integer": "BIGINT", "number": "DOUBLE"}
    kinds = {field["name"]: of[field["type"]] for field in elections.described(name)["fields"]}
    columns = {column: kinds[column] for column in rows.column_names}
    codes = ", ".join(column for column in rows.column_names if column.startswith("kode")) or "1"
    typed = f"read_csv('{csv}', columns={columns}, header=true, auto_detect=false, quote='\"', escape='\"')"
    untyped = f"read_csv('{csv}', all_varchar=true)"
    with duckdb.connect(config={"threads": 1}) as database:
        database.register("held", rows)
        return [
            database.execute(f"SELECT count(*) FROM ({one} EXCEPT ALL {other})").fetchall()[0][0]
            for one, other in (
                (f"FROM {typed}", "FROM held"), ("FROM held", f"FROM {typed}"),
                (f"SELECT {codes} FROM {untyped}", f"SELECT {codes} FROM held"),
            )
        ]  # fmt: skip


def test_duckdb_reads_what_was_written_and_codes_survive(
    release: Release, files: Path, tmp_path: Path
) -> None:
    assert release.elections is not None
    for name in ("hasil-dpr-2024", "calon-dpr-2024", "partisipasi-dapil-dpr-2024"):
        assert differing(release.elections, name, files / f"{name}.csv") == [0, 0, 0]
    spoilt = (files / "hasil-dpr-2024.csv").read_text("utf-8").replace(",3101,", ",03101,", 1)
    (tmp_path / "spoilt.csv").write_text(spoilt, "utf-8")
    assert differing(release.elections, "hasil-dpr-2024", tmp_path / "spoilt.csv") == [1, 1, 1]


@pytest.mark.national
def test_duckdb_reads_every_table_of_the_nation(nation: Release, tmp_path: Path) -> None:
    elections = nation.elections
    assert elections is not None
    assert len(elections.tables) == 81
    for name in elections.tables:
        (tmp_path / "table.csv").write_bytes(as_csv(elections.arrow(name)))
        assert differing(elections, name, tmp_path / "table.csv") == [0, 0, 0], name


def test_a_sheet_has_what_xml_must_escape_and_the_same_bytes_again() -> None:
    import pyarrow as pa

    rows = pa.table({"nama": ["A & B <C>", None, "\x12\x1bD\t\x7fE"], "suara": [1, None, 2]})
    made = xlsx_bytes(rows, "coba")
    assert made == xlsx_bytes(rows, "coba")
    sheet = openpyxl.load_workbook(io.BytesIO(made)).worksheets[0]
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [
        ["nama", "suara"], ["A & B <C>", 1], [None, None], ["D\t\x7fE", 2],
    ]  # fmt: skip


def test_results_have_outlines_winner_margin_turnout_votes_and_seats(release: Release, files: Path) -> None:
    found = gpd.read_file(files / "hasil-dpr-2024.gpkg", layer="hasil-dpr-2024").set_index("kode_dapil")
    assert found.geometry.geom_equals(
        gpd.read_file(release.gpkg, layer="dpr-2024").set_index("kode_dapil").geometry
    ).all()
    for code, votes in VOTES.items():
        row = found.loc[code]
        assert [row[f"suara_{party}"] for party, _ in PARTIES] == list(votes)
        assert [row[f"kursi_{party}"] for party, _ in PARTIES] == list(SEATS[code])
        assert (row["suara_sah"], row["pengguna"], row["terdaftar"]) == (sum(votes), sum(votes), 10_000)
    assert (found.loc["3101", "pemenang"], found.loc["3101", "selisih"]) == ("gerindra", 100)
    assert found.loc["8101", "pemenang"] == "pkb;pdip"
    for other in ("hasil-dpr-2024.geojson", "hasil-dpr-2024-peta.parquet"):
        read = gpd.read_parquet if other.endswith("parquet") else gpd.read_file
        assert read(files / other).set_index("kode_dapil")["pemenang"].equals(found["pemenang"]), other


def test_qgis_finds_a_style_by_winner_with_each_party_s_colour(files: Path) -> None:
    with sqlite3.connect(files / "hasil-dpr-2024.gpkg") as database:
        ((layer, column, style, default),) = database.execute(
            "SELECT f_table_name, f_geometry_column, styleQML, useAsDefault FROM layer_styles WHERE useAsDefault"
        ).fetchall()
        times = database.execute("SELECT count(DISTINCT last_change) FROM gpkg_contents").fetchone()
        assert database.execute(
            "SELECT count(*) FROM gpkg_geometry_columns WHERE table_name = ? AND column_name = ?",
            (layer, column),
        ).fetchone() == (1,)
    assert (layer, default, times) == ("hasil-dpr-2024", 1, (1,))
    assert 'attr="pemenang"' in style
    assert all(f'value="{party}"' in style for party in ("gerindra", "pkb;pdip"))


def test_the_same_release_gives_the_same_files(release: Release, files: Path, tmp_path: Path) -> None:
    for file, _ in election_files(release, "hasil-dpr-2024", tmp_path):
        assert (tmp_path / file).read_bytes() == (files / file).read_bytes(), file


@pytest.fixture(scope="module")
def described(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the tables, the map of one plan and the provinces, and what the metadata tell of them."""
    folder = tmp_path_factory.mktemp("described")
    assert release.elections is not None
    chosen = [Job("elections", name) for name in release.elections.tables]
    chosen += [Job("layer", "dpr-2024"), Job("layer", "unit-provinsi")]
    entries = [each for job in chosen for each in jobs.run(job, release.path, folder)]
    (folder / "datapackage.json").write_bytes(datapackage.make(release, entries))
    (folder / "catalog.jsonld").write_bytes(dcat.make(release, entries))
    return folder


def test_frictionless_follows_the_keys_across_the_sets(described: Path) -> None:
    package = json.loads((described / "datapackage.json").read_text())
    schemas = {each["name"]: each["schema"] for each in package["resources"] if "schema" in each}
    keys = {
        (key["reference"]["resource"], *key["fields"]) for key in schemas["hasil-dpr-2024"]["foreignKeys"]
    }
    assert keys == {("partai", "tahun", "nomor_partai"), ("dpr-2024", "kode_dapil")}
    assert schemas["partai"]["primaryKey"] == ["tahun", "nomor_partai"]
    report = validate(described / "datapackage.json")
    assert report.valid, report.flatten(["name", "fieldName", "note"])[:5]


def test_a_row_without_its_dapil_or_party_is_no_longer_valid(described: Path, tmp_path: Path) -> None:
    for wrong in ("2024,dpr,3199,1,pkb", "2024,dpr,3101,99,pkb"):
        copy = tmp_path / wrong.replace(",", "-")
        shutil.copytree(described, copy)
        file = copy / "hasil-dpr-2024.csv"
        file.write_text(file.read_text().replace("2024,dpr,3101,1,pkb", wrong))
        errors = {each[0] for each in validate(copy / "datapackage.json").flatten(["type"])}
        assert "foreign-key" in errors


def test_dcat_has_a_dataset_a_table_with_the_systems_of_the_kpu_as_other_titles(described: Path) -> None:
    nodes = {each["@id"]: each for each in json.loads((described / "catalog.jsonld").read_text())["@graph"]}
    results = nodes["#hasil-dpr-2024"]
    assert results["dct:alternative"] == ["Sirekap", "Situng"]
    assert "Coverage: votes and seats of 84 of 84 dapil" in results["description"]["en"]
    files = {each["downloadURL"]: each for each in results["distribution"]}
    assert {"hasil-dpr-2024.csv", "hasil-dpr-2024.xlsx", "hasil-dpr-2024.gpkg"} <= files.keys()
    assert "license" in files["hasil-dpr-2024.gpkg"]
    assert "license" not in files["hasil-dpr-2024.csv"], "no line of the base map is in it"
    assert nodes["#calon-dpr-2024"]["dct:alternative"] == ["Silon"]
