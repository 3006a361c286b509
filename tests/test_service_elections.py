"""The election's tables in the service: collections like others, CSV, links from a dapil, persons unlisted."""

import csv
import io
import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from boundaries.exports.mapdata import map_files
from boundaries.release.store import open_release
from tests.downloads_help import give
from tests.postgres import Cluster, published
from tests.service_help import app_of, get, ids, items, link
from tests.small import make_small_release
from tests.small_elections import VOTES, make_small_elections


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("elections")
    make_small_elections(out)
    return out


@pytest.fixture(scope="module")
def client(releases: Path) -> FlaskClient:
    return app_of(releases).test_client()


@pytest.fixture(scope="module")
def database(client: FlaskClient, cluster: Cluster, releases: Path) -> FlaskClient:
    """The same release from PostGIS."""
    return app_of(published(cluster, open_release(releases).path)).test_client()


def rows(client: FlaskClient, path: str) -> list[dict[str, str]]:
    answer = client.get(path)
    assert (answer.status_code, answer.mimetype) == (200, "text/csv"), answer.text
    return list(csv.DictReader(io.StringIO(answer.text)))


def test_every_table_is_a_collection_with_coverage_and_basis_in_both_languages(client: FlaskClient) -> None:
    told = {each["id"]: each for each in get(client, "/collections", lang="en")["collections"]}
    assert {"hasil-dpr-2024", "calon-dpr-2024", "partai", "partisipasi-dapil-dpr-2024"} <= told.keys()
    result = told["hasil-dpr-2024"]
    assert result["title"] == "Results by dapil and party DPR 2024"
    assert "Coverage: votes and seats of 84 of 84 dapil" in result["description"]
    assert "Cakupan: suara dan kursi" in get(client, "/collections/hasil-dpr-2024", lang="id")["description"]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("partai='PDIP' AND kursi>2", ["3202-3"]),
        ("partai='pdip' AND kursi>2", ["3202-3"]),
        ("suara BETWEEN 900 AND 2000 AND kode_dapil LIKE '3%'", ["3102-2", "3201-2", "3201-3"]),
        ("catatan IS NULL AND kode_dapil='8101' AND NOT partai='pkb'", ["8101-2", "8101-3"]),
        ("kursi = 0", ["3102-1"]),
    ],
)
def test_a_filter_is_answered_as_of_any_collection(client: FlaskClient, asked: str, found: list[str]) -> None:
    assert ids(items(client, "hasil-dpr-2024", filter=asked)) == found


def test_order_paging_selection_and_equality(client: FlaskClient) -> None:
    first = items(client, "hasil-dpr-2024", sortby="-suara,kode_dapil", limit=2, properties="suara,partai")
    assert [each["properties"] for each in first["features"]] == [
        {"partai": "pkb", "suara": 3000}, {"partai": "gerindra", "suara": 2000},
    ]  # fmt: skip
    after = link(first, "next")
    assert after is not None
    assert [each["properties"]["suara"] for each in get(client, after)["features"]] == [1000, 900]
    assert (
        items(client, "hasil-dpr-2024", kode_dapil="8101", partai="PKB", resulttype="hits")["numberMatched"]
        == 1
    )
    one = get(client, "/collections/hasil-dpr-2024/items/8101-3")
    assert (one["geometry"], one["properties"]["suara"]) == (None, 50)
    assert client.get("/collections/hasil-dpr-2024/items/8101-9").status_code == 404


def test_rows_have_an_outline_where_each_is_one_dapil(client: FlaskClient) -> None:
    dapil = get(client, "/collections/dpr-2024/items/dpr-2024-3201")
    (row,) = items(client, "partisipasi-dapil-dpr-2024", kode_wilayah="3201")["features"]
    assert row["geometry"] == dapil["geometry"]
    south = items(client, "partisipasi-dapil-dpr-2024", bbox="0,-90,180,90")
    assert south["numberMatched"] == len(VOTES)
    assert items(client, "hasil-dpr-2024", bbox="0,-90,180,90")["numberMatched"] == 0
    asked = "S_INTERSECTS(geometry, POINT(1 1))"
    assert client.get("/collections/hasil-dpr-2024/items", query_string={"filter": asked}).status_code == 400
    assert items(client, "partisipasi-dapil-dpr-2024", filter=asked)["numberMatched"] == 0


def test_csv_of_any_collection_has_codes_as_text_and_says_what_follows(client: FlaskClient) -> None:
    found = rows(client, "/collections/hasil-dpr-2024/items?f=csv&sortby=-suara")
    assert [found[0]["id"], found[0]["suara"], found[0]["catatan"]] == ["3201-1", "3000", ""]
    assert len(found) == 15
    units = rows(client, "/collections/unit-kabkota/items?f=csv&properties=kode,nama")
    assert "32.10" in {each["kode"] for each in units}
    assert list(units[0]) == ["kode", "nama"]
    answer = client.get("/collections/hasil-dpr-2024/items?f=csv&limit=4&offset=4")
    assert answer.headers["Dapil-Number-Matched"] == "15"
    assert 'offset=8>; rel="next"' in answer.headers["Link"]
    meant = get(client, "/collections/hasil-dpr-2024/csvw", lang="en")
    assert [each["name"] for each in meant["tableSchema"]["columns"]] == list(found[0])
    code = next(each for each in meant["tableSchema"]["columns"] if each["name"] == "kode_dapil")
    assert (code["datatype"], code["dc:title"]) == ("string", "Dapil code")


def test_schema_and_queryables_tell_titles_in_either_language_and_no_geometry(client: FlaskClient) -> None:
    for kind in ("schema", "queryables"):
        told = get(client, f"/collections/hasil-dpr-2024/{kind}", lang="en")["properties"]
        assert "geometry" not in told
        assert (told["suara"]["title"], told["suara"]["type"]) == ("Votes", "integer")
    assert "geometry" in get(client, "/collections/partisipasi-dapil-dpr-2024/schema")["properties"]


def test_a_dapil_leads_to_its_rows_in_every_table_of_its_plan(client: FlaskClient) -> None:
    found = get(client, "/collections/dpr-2024/items/dpr-2024-3201")
    related = {
        each["href"].rpartition("/collections/")[2] for each in found["links"] if each["rel"] == "related"
    }
    assert related == {
        "hasil-dpr-2024/items?kode_dapil=3201", "calon-dpr-2024/items?kode_dapil=3201",
        "terpilih-dpr-2024/items?kode_dapil=3201", "partisipasi-dapil-dpr-2024/items?kode_wilayah=3201",
    }  # fmt: skip
    assert not [each for each in get(client, "/collections/dpr-2019/items/dpr-2019-3201")["links"]
                if each["rel"] == "related"]  # fmt: skip
    assert (
        "hasil-dpr-2024/items?kode_dapil=3201"
        in client.get("/collections/dpr-2024/items/dpr-2024-3201?f=html").text
    )


def test_rows_of_persons_are_kept_out_of_search_engines(client: FlaskClient) -> None:
    for path in ("calon-dpr-2024/items", "calon-dpr-2024/items?f=html", "calon-dpr-2024/items/3101-1-1?f=html",
                 "calon-dpr-2024/items?f=csv"):  # fmt: skip
        assert client.get(f"/collections/{path}").headers["X-Robots-Tag"] == "noindex"
    assert "X-Robots-Tag" not in client.get("/collections/hasil-dpr-2024/items").headers


def test_pages_group_tables_by_set(client: FlaskClient) -> None:
    for path in ("/collections?f=html&lang=en", "/?f=html&lang=en"):
        page = client.get(path).text
        assert "Tables of the elections" in page
        assert page.count("Results by dapil and party") == 1


def test_a_release_without_tables_serves_as_before(tmp_path: Path) -> None:
    make_small_release(tmp_path)
    plain = app_of(tmp_path).test_client()
    assert "hasil-dpr-2024" not in plain.get("/collections").text
    assert "Tabel pemilu" not in plain.get("/?f=html").text


def test_postgis_answers_as_files_do(client: FlaskClient, database: FlaskClient) -> None:
    for path in (
        "hasil-dpr-2024/items?filter=partai='PDIP' AND kursi>2", "hasil-dpr-2024/items?sortby=-suara&limit=4&offset=2",
        "calon-dpr-2024/items/3101-2-3", "partisipasi-dapil-dpr-2024/items?bbox=0,-90,180,90", "partai/items?f=csv",
        "hasil-dpr-2024/queryables", "hasil-dpr-2024",
    ):  # fmt: skip
        one, other = (each.get(f"/collections/{path}") for each in (client, database))
        assert (one.status_code, one.data) == (200, other.data)


def test_files_of_persons_are_kept_out_of_search_engines_and_no_others(tmp_path: Path) -> None:
    release = open_release(make_small_elections(tmp_path))
    persons = {each["name"] for each in release.manifest["elections"] if each["persons"]}
    files = dict(map_files(release))
    others = [f"{each['name']}.csv" for each in release.manifest["elections"]]
    names = [*files, *others, "calon-dpr-2024.xlsx", "dpr-2024.gpkg"]
    give(release, {name: files.get(name, b"0") for name in names})
    client = app_of(tmp_path).test_client()
    marked = {
        name for name in [*names, "elections.zip", "manifest.json"]
        if client.get(f"/downloads/{release.id}/{name}").headers.get("X-Robots-Tag") == "noindex"
    }  # fmt: skip
    told = {name for name, body in files.items() if re.search(rb"(?i)calon [38]", body)}
    assert told
    assert {"calon-dpr-2024", "terpilih-dpr-2024"} <= persons
    assert marked == {*told, *(f"{name}.csv" for name in persons), "calon-dpr-2024.xlsx", "elections.zip"}
    again = client.get(f"/downloads/{release.id}/elections.zip").headers["ETag"]
    kept = client.get(f"/downloads/{release.id}/elections.zip", headers={"If-None-Match": again})
    assert (kept.status_code, kept.headers["X-Robots-Tag"]) == (304, "noindex")
