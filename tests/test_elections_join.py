"""A table of anybody's onto the dapil: by id, code or name; what is doubtful, unmatched or lacking is told."""

import sqlite3
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely
from click.testing import CliRunner, Result
from openpyxl import Workbook

from boundaries.cli import main
from boundaries.elections import sets
from boundaries.elections.matching import match
from boundaries.elections.wide import add_style, wide
from boundaries.errors import TableError
from boundaries.law.plans import load_plans
from tests.small import make_small_release


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_small_release(tmp_path_factory.mktemp("releases"))


@pytest.fixture(scope="module")
def dapil() -> pd.DataFrame:
    """The dapil of the DPR of 2024, as a release names them."""
    plan = load_plans(only=["dpr-2024"])[0]
    return plan.dapil.assign(id="dpr-2024-" + plan.dapil["kode_dapil"])


def table(*values: str, column: str = "nama_dapil") -> pd.DataFrame:
    return pd.DataFrame({column: list(values)}, index=range(2, len(values) + 2), dtype=str)


def run(*words: object) -> Result:
    return CliRunner(env={"LANGUAGE": "en"}).invoke(main, [str(word) for word in words])


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("JAWA BARAT IV", "3204"), ("Jawa Barat 4", "3204"), ("Dapil Jabar IV", "3204"), ("jabar-4", "3204"),
        ("DKI Jakarta I", "3101"), ("NTT 2", "5302"), ("Kepri", "2101"), ("DAPIL JATIM XI", "3511"), ("Bali", "5101"),
        ("3204", "3204"), ("dpr-2024-3204", "3204"),
    ],
)  # fmt: skip
def test_a_name_is_that_of_a_dapil(dapil: pd.DataFrame, name: str, code: str) -> None:
    found = match(table(name), dapil)
    assert (found.codes[2], found.unmatched) == (code, [])


@pytest.mark.parametrize("name", ["Jawa Barat", "Jawa Barat XII", "Jawa IV", "Jakarta Utara", "", "Bali II"])
def test_what_is_no_dapil_is_told(dapil: pd.DataFrame, name: str) -> None:
    found = match(table(name), dapil)
    assert found.codes[2] == ""
    assert len(found.unmatched) == 1


def test_every_name_of_every_plan_finds_itself() -> None:
    for plan in load_plans(only=["dpr-2024", "dpr-2014", "dprd-provinsi-2024", "dprd-provinsi-2019"]):
        rows = plan.dapil.assign(id=plan.id + "-" + plan.dapil["kode_dapil"])
        found = match(rows[["nama_dapil"]], rows)
        assert (found.doubtful, found.unmatched, found.without_rows) == ([], [], [])
        assert (found.codes == rows["kode_dapil"]).all()


def test_a_misspelt_name_is_taken_and_told(dapil: pd.DataFrame) -> None:
    found = match(table("Jawa Barrat IV"), dapil)
    assert found.codes[2] == "3204"
    assert found.doubtful == ["'Jawa Barrat IV' taken for 3204 JAWA BARAT IV"]


def test_a_column_that_is_not_there_is_told(dapil: pd.DataFrame) -> None:
    with pytest.raises(
        TableError, match=r"no column id or kode_dapil or nama_dapil or dapil; name .* with --on, of wilayah"
    ):
        match(table("Bali", column="wilayah"), dapil)


def test_published_results_find_their_dapil(dapil: pd.DataFrame) -> None:
    found = match(sets.read_set("hasil-dpr-2024"), dapil)
    assert (found.unmatched, found.without_rows) == ([], [])


# The command


def test_a_table_is_put_on_the_map(made: Path, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("Daerah,suara,kode\ndki jakarta 1,10,01\nDKI Jakarta II,20,02\n", "utf-8")
    done = run(
        "join",
        tmp_path / "t.csv",
        "--plan",
        "dpr-2024",
        "--on",
        "Daerah",
        "-r",
        made,
        "-o",
        tmp_path / "t.gpkg",
    )
    assert done.exit_code == 0, done.output
    found = gpd.read_file(tmp_path / "t.gpkg").set_index("kode_dapil")
    assert found.loc[["3101", "3102"], "suara"].tolist() == [10, 20]
    assert found.loc[["3101", "3102"], "kode"].tolist() == ["01", "02"]
    assert len(found) == 5  # no hole in the map
    assert found.geometry.notna().all()
    assert done.output.count("no row: ") == 3
    assert pyogrio.list_layers(tmp_path / "t.gpkg")[0, 0] == "dpr-2024"


def test_rows_without_a_dapil_are_refused_or_left_out_aloud(made: Path, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("dapil,suara\nDKI Jakarta I,10\nBali,3\n", "utf-8")
    words = ("join", tmp_path / "t.csv", "--plan", "dpr-2024", "-r", made, "-o", tmp_path / "t.csv.geojson")
    refused = run(*words)
    assert refused.exit_code == 3
    assert "no dapil: 'Bali' is no dapil of the plan" in refused.output
    assert "1 values of dapil have no dapil" in refused.output
    assert not (tmp_path / "t.csv.geojson").exists()
    assert run(*words, "--partial").exit_code == 0
    assert run(*words, "--partial").exit_code == 6  # it is there already


def test_a_sheet_is_put_on_the_map(made: Path, tmp_path: Path) -> None:
    book = Workbook()
    for row in (["kode_dapil", "persen"], ["3101", 12.5], ["3102", 3]):
        book.active.append(row)
    book.save(tmp_path / "t.xlsx")
    done = run("join", tmp_path / "t.xlsx", "--plan", "dpr-2024", "-r", made, "-o", tmp_path / "t.parquet")
    assert done.exit_code == 0, done.output
    found = gpd.read_parquet(tmp_path / "t.parquet").set_index("kode_dapil")
    assert found.loc[["3101", "3102"], "persen"].tolist() == [12.5, 3.0]


def test_an_ending_of_no_format_is_told(made: Path, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("dapil\nDKI Jakarta I\n", "utf-8")
    done = run("join", tmp_path / "t.csv", "--plan", "dpr-2024", "-r", made, "-o", tmp_path / "t.doc")
    assert done.exit_code == 6
    assert "end it in .gpkg, .geojson, .fgb, .parquet, .csv" in done.output


def test_check_and_seats_from_the_command(tmp_path: Path) -> None:
    table = sets.table("hasil-dpr-2019-hitung")
    done = run("data", "check", table.path, "--set", "hasil", "--plan", "dpr-2019", "--partial")
    assert done.exit_code == 0
    assert "80 rows, nothing to mend" in done.output
    (tmp_path / "x.csv").write_text(table.path.read_text("utf-8").replace(",count,", ",official,"), "utf-8")
    done = run("data", "check", tmp_path / "x.csv", "--set", "hasil", "--plan", "dpr-2019", "--partial")
    assert done.exit_code == 3
    assert "write basis count" in done.output
    done = run("seats", "--plan", "dpr-2014", "-o", tmp_path / "seats.csv")
    assert "as published in 77 of 77 dapil" in done.output
    assert pd.read_csv(tmp_path / "seats.csv")["kursi"].sum() == 560
    assert "hasil-dpr-2024" in run("data", "list").output


def test_a_published_table_is_given_and_passes_its_own_check(tmp_path: Path) -> None:
    for name in ("h.csv", "h.xlsx", "h.parquet"):
        assert run("data", "get", "hasil-dpr-2019-hitung", "-o", tmp_path / name).exit_code == 0
    for name in ("h.csv", "h.xlsx"):
        done = run("data", "check", tmp_path / name, "--set", "hasil", "--plan", "dpr-2019", "--partial")
        assert done.exit_code == 0, done.output
    found = pd.read_parquet(tmp_path / "h.parquet")
    assert found.equals(sets.read_set("hasil-dpr-2019-hitung").reset_index(drop=True))
    assert run("data", "get", "hasil-dpr-2014").output.splitlines()[0].startswith("tahun,lembaga,kode_dapil")
    assert run("data", "get", "x").exit_code == 8


def test_results_are_a_row_a_dapil() -> None:
    rows = wide("hasil-dpr-2024").set_index("kode_dapil")
    long = sets.read_set("hasil-dpr-2024")
    assert len(rows) == 84
    assert int(rows["suara_sah"].sum()) == int(long["suara"].sum())
    assert int(rows.filter(like="kursi_").select_dtypes("Int64").sum().sum()) == 580
    first = long[long["kode_dapil"] == "1101"].sort_values("suara", ascending=False)
    assert rows.loc["1101", "pemenang"] == first["partai"].iloc[0]
    assert rows.loc["1101", "selisih"] == first["suara"].iloc[0] - first["suara"].iloc[1]
    seats_only = wide("hasil-dpr-2019").set_index("kode_dapil")
    assert (seats_only.loc["1101", "pemenang"], pd.isna(seats_only.loc["1101", "suara_sah"])) == ("", True)
    assert seats_only.loc["1101", "kursi_terbanyak"]


def drawn_by(path: Path, name: str) -> tuple[str, str]:
    """The column by which a layer is drawn, and its style."""
    frame = wide(name)
    gpd.GeoDataFrame(frame, geometry=[shapely.box(0, 0, 1, 1)] * len(frame), crs=4326).to_file(
        path, layer=name
    )
    add_style(path, name, frame)
    with sqlite3.connect(path) as database:
        ((style,),) = database.execute("SELECT styleQML FROM layer_styles")
    return style.partition('attr="')[2].partition('"')[0], style


def test_results_are_drawn_by_seats_where_votes_of_most_dapil_are_not_known(tmp_path: Path) -> None:
    """Of the DPR of 2019 votes of five dapil are known: by winner 75 of 80 would be grey."""
    assert (wide("hasil-dpr-2019")["pemenang"] != "").sum() == 5
    column, style = drawn_by(tmp_path / "2019.gpkg", "hasil-dpr-2019")
    assert column == "kursi_terbanyak"
    assert 'label="PDI-P"' in style
    assert 'label="-"' not in style
    assert drawn_by(tmp_path / "2014.gpkg", "hasil-dpr-2014")[0] == "pemenang"


def test_parties_with_as_many_seats_are_named_both(tmp_path: Path) -> None:
    style = drawn_by(tmp_path / "2019.gpkg", "hasil-dpr-2019")[1]
    assert 'label="PDI-P, Golkar"' in style


def test_results_on_the_map_carry_a_style(made: Path, tmp_path: Path) -> None:
    done = run("data", "map", "hasil-dpr-2024", "-r", made, "-o", tmp_path / "h.gpkg")
    assert done.exit_code == 0, done.output
    assert "not in the release: 1101, " in done.output  # the toy nation has five of the 84
    found = gpd.read_file(tmp_path / "h.gpkg", layer="hasil-dpr-2024").set_index("kode_dapil")
    assert (
        found.loc["3101", "pemenang"]
        == wide("hasil-dpr-2024").set_index("kode_dapil").loc["3101", "pemenang"]
    )
    with sqlite3.connect(tmp_path / "h.gpkg") as database:
        ((layer, style, default),) = database.execute(
            "SELECT f_table_name, styleQML, useAsDefault FROM layer_styles"
        )
    assert (layer, default) == ("hasil-dpr-2024", 1)
    assert 'attr="pemenang"' in style
    assert 'value="pdip" label="PDI-P"' in style
    with pytest.raises(TableError, match="name one of the set hasil"):
        wide("calon-dpr-2024")
