"""A person whose address is wrong is led to what may have been meant, in the language of the page."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from boundaries.release.store import open_release
from tests.downloads_help import contents, give
from tests.html_help import read
from tests.service_help import app_of
from tests.small import make_small_release

PAGE = {"Accept": "text/html,*/*;q=0.8"}
#: A wrong address, and the link that leads on from it.
WRONG = {
    "/mapp": "/map?lang=id",
    "/tentangg": "/tentang?lang=id",
    "/collections/dpr-2042": "/collections/dpr-2024?lang=id",
    "/collections/DPR2024/items": "/collections/dpr-2024/items?lang=id",
    "/collections/dpr-2024/items/dpr-2024-320": "/collections/dpr-2024/items/dpr-2024-3201?lang=id",
    "/collections/dpr-2024/items/jawa barat ii": "/collections/dpr-2024/items/dpr-2024-3202?lang=id",
    "/collections/unit-kecamatan/items/32.04.1": "/collections/unit-kecamatan/items/32.04.01?lang=id",
    "/dapil/dpr-2024-32-02": "/dapil/dpr-2024-3202?lang=id",
    "/dapil/dpr-2042-3202": "/dapil/dpr-2024-3202?lang=id",
    "/dapil/jawa-barat-ii": "/dapil/dpr-2024-3202?lang=id",
    "/collections/dpr-2024/items?limt=5&kursi=6": "/collections/dpr-2024/items?kursi=6&limit=5&lang=id",
    "/collections/dpr-2024/items?properties=x&lang=ind": "/collections/dpr-2024/items?properties=x&lang=id",
    "/downloads/latest/dpr-2024.gpk": "/downloads/latest/dpr-2024.gpkg",
}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    out = tmp_path_factory.mktemp("meant")
    make_small_release(out)
    give(open_release(out), contents(1))
    return app_of(out).test_client()


def links(client: FlaskClient, path: str, **headers: str) -> list[str]:
    answer = client.get(path, headers=PAGE | headers)
    assert answer.status_code in (400, 404), path
    found = [each for each in read(answer.data).all("p") if each.attributes.get("class") == "meant"]
    return [link.attributes["href"] for each in found for link in each.all("a")]


@pytest.mark.parametrize("path", WRONG)
def test_the_nearest_is_offered_first_and_is_there(client: FlaskClient, path: str) -> None:
    found = links(client, path, **{"Accept-Language": "id"})
    assert found[0] == WRONG[path]
    for each in found:
        assert client.get(each, headers=PAGE).status_code in (200, 302) or "properties=x" in each


def test_a_dapil_of_another_election_is_offered_by_its_code(client: FlaskClient) -> None:
    """Not one that is only written like it, of another place."""
    assert links(client, "/dapil/dpr-2019-3102?lang=id") == ["/dapil/dpr-2024-3102?lang=id"]
    assert links(client, "/dapil/dprd-kabkota-2014-320402?lang=id") == [
        "/dapil/dprd-kabkota-2024-320402?lang=id"
    ]


def test_of_a_dapil_whose_ground_is_not_known_it_is_not_said_that_there_is_none(client: FlaskClient) -> None:
    told = client.get("/dapil/dprd-kabkota-2014-320401", headers=PAGE | {"Accept-Language": "id"})
    assert told.status_code == 404
    assert "tabel-dprd-kabkota-2014" in told.text
    assert "Rilis ini tidak memuat" not in told.text
    assert (
        "names and seats"
        in client.get("/dapil/dprd-kabkota-2014-320401", headers={"Accept": "application/json"}).text
    )


def test_it_stays_in_the_language_and_says_it_there(client: FlaskClient) -> None:
    path = "/dapil/dpr-2024-32-02"
    assert links(client, f"{path}?lang=en")[0].endswith("?lang=en")
    assert "Perhaps you mean: Jawa Barat I" in read(client.get(f"{path}?lang=en", headers=PAGE).data).text
    assert (
        "Mungkin yang dimaksud: Jawa Barat I" in read(client.get(f"{path}?lang=id", headers=PAGE).data).text
    )


@pytest.mark.parametrize(
    "path",
    ["/qqqqqqqq", "/collections/zzz", "/dapil/zzz", "/dapil/" + "x" * 3000, "/collections/dpr-2024/items/%00",
     "/collections/dpr-2024/items?limit=x"],
)  # fmt: skip
def test_where_nothing_is_like_it_nothing_is_offered(client: FlaskClient, path: str) -> None:
    assert links(client, path) == []


def test_what_was_typed_is_text(client: FlaskClient) -> None:
    page = client.get("/collections/dpr-2024/items?limt=%3Cscript%3E", headers=PAGE).text
    assert "limit=&lt;script&gt;" in page
    assert "<script>" not in page.partition("<main")[2].partition("</main>")[0]


def test_programs_are_told_as_before(client: FlaskClient) -> None:
    told = client.get("/collections/dpr-2024/items/dpr-2024-320", headers={"Accept": "application/json"}).json
    assert set(told) == {"type", "title", "status", "detail"}


@pytest.mark.national
def test_a_wrong_desa_among_all_of_them(nation: Path) -> None:
    client = app_of(nation.path).test_client()
    wrong = "32.04.39.201"  # a figure is left out
    first = links(client, f"/collections/unit-desa/items/{wrong}")[0]
    code = first.removeprefix("/collections/unit-desa/items/").partition("?")[0]
    assert wrong in {code[:at] + code[at + 1 :] for at in range(len(code))}
    assert client.get(first, headers=PAGE).status_code == 200
