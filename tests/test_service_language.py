"""A page speaks one language: problems, notes and everything else that is shown on it."""

import ast
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient

from boundaries import service
from boundaries.service.html import problem_words
from boundaries.service.html.filter_words import FILTERS
from boundaries.service.ogcapi import openapi_words
from boundaries.service.ogcapi.openapi_words import sentences
from tests.browser_help import chromium, visiting
from tests.html_help import Node, read
from tests.service_help import app_of, served
from tests.small import make_small_release
from tests.small_elections import make_small_elections

ROOM = Path(service.__file__).parents[1]
#: Where messages are written that may come to a page.
MODULES = (
    "service/messages", "service/download_files", "service/download_routes", "service/front", "service/delivery",
    "service/posted", "service/static_files", "service/problems", "service/app", "service/ogcapi/query",
    "service/ogcapi/routes", "service/oembed", "service/dapil_routes", "service/site_files",
    "service/posted_points", "release/lookup",
    *(f"service/filters/{name}" for name in (
        "__init__", "binding", "charges", "cql2_json", "cql2_text", "spatial", "strings", "temporal")),
)  # fmt: skip
#: Which arguments of which calls are messages.
CALLS = {
    "Problem": (1,),
    "Damaged": (1,),
    "bad": (1, 2),
    "QuestionError": (1,),
    "NotFound": (0,),
    "_refused": (1,),
    "FilterError": (0, 1),
}
#: Nothing but places to fill: what fills them is a message of its own, or a value.
EMPTY = {"{}", "{}: {}", "INTERVAL(…, …)", '{"{}": …}'}


def text_of(node: ast.expr) -> str | None:
    """Return a text, ``{}`` for what is put into it; None for what is none."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(each.value) if isinstance(each, ast.Constant) else "{}" for each in node.values)
    return None


def messages(module: str) -> set[str]:
    """Return the messages of a module as they stand in its source."""
    found = set()
    for node in ast.walk(ast.parse((ROOM / f"{module}.py").read_text("utf-8"))):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            for at in CALLS.get(name, ()):
                if len(node.args) > at and (text := text_of(node.args[at])):
                    found.add(text)
    return found - EMPTY


def filled(text: str) -> str:
    """Return a message with something in its places, as it comes out of the service."""
    return text.replace("{}", "'x1'")


@pytest.mark.parametrize("module", MODULES)
def test_every_message_has_its_indonesian(module: str) -> None:
    cores = {re.sub(r"^(filter|Host|X-Forwarded-Prefix): ", "", text) for text in messages(module)}
    lacking = {text for text in cores if problem_words.indonesian(filled(text)) is None and text not in
               {"not the name of a host", "not a path"}}  # fmt: skip
    assert lacking == set()


def test_no_indonesian_is_left_over() -> None:
    """Every piece of a message stands in the source."""
    trees = [ast.parse((ROOM / f"{module}.py").read_text("utf-8")) for module in MODULES]
    texts = [text_of(node) or "" for tree in trees for node in ast.walk(tree) if isinstance(node, ast.expr)]
    source = "\n".join(texts)
    pieces = {
        piece
        for english in {**problem_words.INDONESIAN, **FILTERS}
        for piece in english.split("{}")
        if len(piece) > 3
    }
    assert {piece for piece in pieces if piece not in source} <= {"no collection ", "no item "}


def test_both_have_the_same_places() -> None:
    for english, text in {**problem_words.INDONESIAN, **FILTERS}.items():
        assert english.count("{}") == text.count("{}"), english


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    out = tmp_path_factory.mktemp("language")
    make_small_release(out)
    return app_of(out).test_client()


#: Words that stand in English sentences and in no Indonesian one.
_WORDS = (
    "the is are was of and with without which whose that this these there has have not from into than they its "
    "only each every more most must cannot could would between because here begin"
)
ENGLISH = frozenset(_WORDS.split())
#: Pages where a person may go wrong.
WRONG = (
    "/nothing", "/collections/none", "/collections/dpr-2024/items/none", "/collections/dpr-2024/items?foo=1",
    "/collections/dpr-2024/items?limit=x", "/collections/dpr-2024/items?limit=0",
    "/collections/dpr-2024/items?bbox=1,2,3", "/collections/dpr-2024/items?bbox=4,3,2,1",
    "/collections/dpr-2024/items?datetime=x&",
    "/collections/dpr-2024/items?datetime=2024-01-02/2024-01-01", "/collections/dpr-2024/items?kursi=x",
    "/collections/dpr-2024/items?properties=x", "/collections/dpr-2024/items?crs=x",
    "/collections/dpr-2024/items?sortby=kursi,kursi", "/collections/dpr-2024/items?q=x",
    "/collections/dpr-2024/items?limit=", "/collections/dpr-2024/items?limit=1&limit=2", "/lookup?lon=1",
    "/lookup?lon=x&lat=1", "/lookup?lon=106,8&lat=-6", "/lookup?lon=-6&lat=106", "/lookup?lon=200&lat=-6",
    "/lookup?lon=10&lat=-6", "/lookup?lon=106.75&lat=-6.95&year=1999", "/lookup?lon=106.75&lat=-6.95&year=x",
    "/dapil/dpr-2024-9999", "/dapil/dpr-2024-3201/dpr-2024-3201.zip", "/dapil/dpd-2024-31/terpilih",
    "/downloads/none/", "/downloads/latest/none.csv", "/collections/dpr-2024/items?bbox-crs=x",
    "/collections/dpr-2024/items?filter-lang=cql2-text",
    *(f"/collections/dpr-2024/items?filter={text}" for text in (
        "kursi", "kursi > 'x'", "warna = 1", "kursi = (1", "nama_dapil = 'x", "nama_dapil LIKE 5", "jarak(1)",
        "S_INTERSECTS(geometry,POINT(200 1))", "T_AFTER(mulai,DATE('2024-13-1'))", "nama_dapil < kursi",
        "S_INTERSECTS(geometry,POLYGON((0 0,1 1,0 0)))", "kursi IN (1,)", "OR")),
)  # fmt: skip


def english_in(page: Node) -> list[str]:
    """Return the sentences of a page with two words of English; what is marked as English is not looked at."""
    found = []

    def look(node: Node) -> None:
        if node.attributes.get("lang") == "en" or node.tag in ("script", "style", "code", "pre", "kbd"):
            return
        own = [each for each in node.children if isinstance(each, str)]
        for text in [
            *own,
            *(node.attributes.get(name, "") for name in ("title", "aria-label", "alt", "placeholder")),
        ]:
            words = re.findall(r"[a-z]+", text.lower())
            if sum(word in ENGLISH for word in words) >= 2:
                found.append(re.sub(r"\s+", " ", text.strip()))
        for each in node.children:
            if isinstance(each, Node):
                look(each)

    look(page.one("body"))
    return found


def crawled(client: FlaskClient, most: int = 250) -> dict[str, Node]:
    """Return the pages that links lead to from the first one, in Indonesian."""
    waiting, found = ["/", "/downloads/"], {}
    while waiting and len(found) < most:
        path = waiting.pop(0)
        if path in found:
            continue
        answer = client.get(path, headers={"Accept": "text/html", "Accept-Language": "id"})
        if answer.status_code not in (200, 404) or answer.mimetype != "text/html":
            continue
        found[path] = read(answer.data)
        for each in found[path].all("a"):
            parts = urlsplit(each.attributes.get("href", ""))
            query = re.sub(r"(^|&)lang=[a-z]+", "", parts.query).strip("&")
            local = parts.netloc in ("", "localhost") and not parts.path.startswith(
                ("/static", "/openapi", "/map")
            )
            if parts.path and local and "lang=en" not in parts.query:
                waiting.append(parts.path + (f"?{query}" if query else ""))
    return found


def test_no_page_has_a_sentence_of_english(client: FlaskClient) -> None:
    pages = crawled(client)
    assert len(pages) > 50
    assert {path: told for path, page in pages.items() if (told := english_in(page))} == {}


@pytest.mark.parametrize("path", WRONG)
def test_no_problem_is_told_in_english(client: FlaskClient, path: str) -> None:
    answer = client.get(path, headers={"Accept": "text/html", "Accept-Language": "id"})
    page = read(answer.data)
    assert page.one("html").attributes["lang"] == "id"
    marked = [each.text for each in page.one("body").all() if each.attributes.get("lang") == "en"]
    assert marked == ["EN"], marked  # the way to the other language
    assert english_in(page) == []


@pytest.mark.parametrize("table", [
    "lat,lon\n", "a,b\n1,2\n", "lat,lon,lat\n1,2,3\n", "lat,lon\n1\n", "lat,lon\nx,1\n", "lat,lon\n107,-6\n",
    "lat,lon,tahun\n-6,107,1\n",
    'lat,lon\n"1\n', "lat,lon\n" + "-6.95,106.75\n" * 1001,
])  # fmt: skip
def test_what_is_wrong_with_a_table_is_told_in_indonesian(client: FlaskClient, table: str) -> None:
    asked = {"Accept": "text/html", "Accept-Language": "id", "Content-Type": "text/csv"}
    answer = client.post("/lookup", data=table, headers=asked)
    assert answer.status_code in (400, 413)
    page = read(answer.data)
    marked = [each.text for each in page.one("body").all() if each.attributes.get("lang") == "en"]
    assert marked == ["EN"], marked
    assert english_in(page) == []


def test_an_english_page_has_it_in_english(client: FlaskClient) -> None:
    page = client.get("/collections/none", headers={"Accept": "text/html", "Accept-Language": "en"}).text
    assert "no collection" in page


# --- the OpenAPI document ---


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    """A service with every route: files, and the election's tables."""
    out = tmp_path_factory.mktemp("described")
    make_small_elections(out)
    return app_of(out).test_client()


#: The same in both languages.
SAME = {"OpenAPI", "CSVW", "downloads.json", "Format"}


def test_the_openapi_document_speaks_the_language_that_is_asked_for(described: FlaskClient) -> None:
    english, turned = (
        described.get("/openapi", query_string={"f": "json", "lang": language}) for language in ("en", "id")
    )
    assert (english.headers["Content-Language"], turned.headers["Content-Language"]) == ("en", "id")
    pairs = list(zip(sentences(english.json), sentences(turned.json), strict=True))
    assert len(pairs) > 300
    assert {one for one, other in pairs if one == other} == SAME
    assert english.json["info"]["title"] != turned.json["info"]["title"]
    assert english.json["paths"].keys() == turned.json["paths"].keys()
    by_header = described.get("/openapi?f=json", headers={"Accept-Language": "id"})
    assert by_header.json == turned.json
    names = re.compile(r"CSV on the Web|kursi > 8 AND ")
    told = {each for _, each in pairs if set(re.findall(r"[a-z]+", names.sub("", each).lower())) & ENGLISH}
    assert told == set()


def test_no_indonesian_of_the_document_is_left_over(described: FlaskClient) -> None:
    said = set(sentences(described.get("/openapi?f=json&lang=en").json))
    unused = {
        english for english in openapi_words.INDONESIAN
        if not any(re.fullmatch("(.*?)".join(map(re.escape, english.split("{}"))), each) for each in said)
    }  # fmt: skip
    assert unused == set()


def test_swagger_is_in_the_language_of_the_page_and_dark_on_a_dark_screen(described: FlaskClient) -> None:
    with chromium() as browser, served(described.application) as base:
        said = {"id": ("Parameter", "Coba", "Jawaban"), "en": ("Parameters", "Try it out", "Responses")}
        for language, words in said.items():
            with visiting(browser, base, color_scheme="dark") as visit:
                visit.page.goto(f"{base}/openapi?f=html&lang={language}")
                visit.page.locator("#operations-tag-lookup button").first.click()
                visit.page.locator("#operations-lookup-lookup button").first.click()
                box = visit.page.locator("#operations-lookup-lookup")
                box.locator(".btn.try-out__btn").wait_for()
                visit.settle()
                text = box.inner_text()
                assert all(word in text for word in words), text
                if language == "id":
                    assert "Try it out" not in text
                    assert "Dapil setiap lembaga di sebuah titik" in text
                turned = "() => getComputedStyle(document.querySelector('.swagger')).filter"
                assert "invert" in visit.page.evaluate(turned)
                visit.page.emulate_media(color_scheme="light")
                assert visit.page.evaluate(turned) == "none"
