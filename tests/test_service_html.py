"""The HTML pages: well-formed, readable by all, whole in both languages, safe, and nothing from outside."""

import hashlib
import itertools
import json
import re
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jinja2
import numpy as np
import pytest
import shapely
from flask.testing import FlaskClient

from boundaries.release.geopackage_reader import Column
from boundaries.service import html
from boundaries.service.html import STATIC, Neighbour, Page, Pages
from boundaries.service.html.svg_maps import Backdrop, item_map
from boundaries.service.html.svg_paths import WIDTH, Frame, colours, draw
from boundaries.service.html.texts import Words, day, number
from boundaries.service.html.words import WORDS
from boundaries.service.ogcapi import routes
from tests.html_help import Node, read, vertices
from tests.service_help import app_of
from tests.small import make_small_release

ROOM = Path(html.__file__).parent
POINT = "lon=106.75&lat=-6.95"
PATHS = [
    "/", "/collections", "/collections/dpr-2024", "/collections/dpr-2019", "/collections/unit-desa",
    "/collections/dpr-2024/schema", "/collections/dpr-2024/queryables", "/conformance", "/openapi", "/lookup",
    "/collections/dpr-2024/items", "/collections/dpr-2024/items?limit=2&offset=2&sortby=-kursi",
    "/collections/dpr-2024/items?kode_provinsi=32&properties=nama_dapil,kursi",
    "/collections/dpr-2024/items?skipGeometry=true", "/collections/dpr-2024/items?kursi=99",
    "/collections/dapil-dpr/items", "/collections/unit-kecamatan/items?limit=3",
    "/collections/dpr-2024/items/dpr-2024-3202", "/collections/dpr-2019/items/dpr-2019-3201",
    "/collections/unit-kecamatan/items/32.04.02",
    f"/lookup?{POINT}", f"/lookup?{POINT}&year=2019", "/lookup?lon=10&lat=-6", "/lookup?lon=x&lat=1",
    "/collections/none", "/collections/dpr-2024/items?foo=1",
]  # fmt: skip
#: Pages of problems: they are read from `Pages` itself, whatever the service knows of a request that failed.
PROBLEMS = {
    "/collections/none": {"status": 404, "title": "Not Found", "detail": "no collection 'none'",
                          "allowed": ["dpr-2024"]},
    "/collections/dpr-2024/items?foo=1": {"status": 400, "title": "Bad Request", "detail": "foo: unknown parameter",
                                          "parameter": "foo", "allowed": "any column"},
}  # fmt: skip
LANGUAGES = ("id", "en")
EVIL = "<img src=x onerror=alert(1)>\"'&"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    out = tmp_path_factory.mktemp("html")
    make_small_release(out)
    return app_of(out).test_client()


@pytest.fixture(scope="module")
def seen(client: FlaskClient, pages: Pages) -> dict[tuple[str, str], Node]:
    """Every page in both languages, read."""
    found = {}
    for path in PATHS:
        for language in LANGUAGES:
            where, _, query = path.partition("?")
            page = Page("https://x.test", where, f"{query}&lang={language}".strip("&"), "id")
            problem = PROBLEMS.get(path)
            body = pages.problem(page, problem) if problem else _get(client, path, language)
            found[path, language] = read(body)
    return found


@pytest.fixture(scope="module")
def pages() -> Pages:
    return _pages(np.array([shapely.box(100, -2, 110, 3)], dtype=object))


def test_a_problem_leads_back_to_its_collection(seen: dict[tuple[str, str], Node]) -> None:
    known = [
        each.attributes["href"]
        for each in seen["/collections/dpr-2024/items?foo=1", "en"].one("main").all("a")
    ]
    assert known == ["/collections/dpr-2024?lang=en", "/?lang=en", "/collections?lang=en"]
    unknown = [each.attributes["href"] for each in seen["/collections/none", "id"].one("main").all("a")]
    assert unknown == ["/?lang=id", "/collections?lang=id"]


def _get(client: FlaskClient, path: str, language: str) -> bytes:
    sign = "&" if "?" in path else "?"
    response = client.get(f"{path}{sign}f=html&lang={language}")
    assert response.mimetype == "text/html", (path, response.text[:300])
    return response.data


def _pages(backdrop: Any, **more: Any) -> Pages:
    source = {"id": "contoh", "title": EVIL, "licence": {"name": EVIL, "url": "javascript:alert(1)"}}
    manifest = {"release": EVIL, "source": source, "plans": [], "layers": []}
    title = {"id": "Peta Dapil", "en": "Peta Dapil"}
    return Pages(
        manifest=manifest, title=title, description=title, collections=["dpr-2024"], backdrop=backdrop, **more
    )


def _page(
    language: html.Language = "id", base: str = "https://x.test", path: str = "/a", query: str = ""
) -> Page:
    return Page(base, path, query, language)


def _features(names: list[str], **properties: Any) -> dict[str, Any]:
    found = [
        {"id": f"dpr-2024-{at}", "properties": {"id": f"dpr-2024-{at}", "nama_dapil": name, **properties}}
        for at, name in enumerate(names)
    ]
    return {"features": found, "numberMatched": len(found), "numberReturned": len(found), "links": []}


COLUMNS = [Column(name, "string", name, {}) for name in ("id", "nama_dapil", "wilayah", "ragu")]
COLLECTION = {"id": "dpr-2024", "title": "Dapil DPR RI 2024"}


def _items(
    pages: Pages, names: list[str], shapes: list[Any] | None, page: Page | None = None, **more: Any
) -> Node:
    given = None if shapes is None else np.array(shapes, dtype=object)
    body = pages.items(
        page or _page(), _features(names, **more), collection=COLLECTION, columns=COLUMNS, shapes=given
    )
    return read(body)


# --- every page ---


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", PATHS)
def test_a_page_is_well_formed_and_has_its_landmarks(
    seen: dict[tuple[str, str], Node], path: str, language: str
) -> None:
    tree = seen[path, language]
    assert tree.one("html").attributes["lang"] == language
    assert len(list(tree.all("h1"))) == 1
    assert tree.one("h1").text
    assert tree.one("head").one("title").text
    assert tree.one("header")
    assert tree.one("footer")
    main = tree.one("main")
    ids = [each.attributes["id"] for each in tree.all() if "id" in each.attributes]
    assert len(ids) == len(set(ids))
    first = next(each for each in tree.one("body").all("a"))
    assert first.attributes["href"] == f"#{main.attributes['id']}"
    for each in tree.all():
        for name in ("aria-labelledby", "aria-describedby", "for"):
            assert each.attributes.get(name, ids[0]) in ids


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", PATHS)
def test_headings_step_down_one_at_a_time_and_tables_and_forms_are_labelled(
    seen: dict[tuple[str, str], Node], path: str, language: str
) -> None:
    tree = seen[path, language]
    levels = [int(each.tag[1]) for each in tree.one("main").all("h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    for table in tree.all("table"):
        assert all(each.attributes.get("scope") in ("col", "row") for each in table.all("th"))
        widths = {
            sum(int(cell.attributes.get("colspan", 1)) for cell in row.all("th", "td"))
            for row in table.all("tr")
        }
        assert len(widths) == 1
    labelled = {each.attributes["for"] for each in tree.all("label")}
    for each in tree.all("input", "select"):
        assert each.attributes.get("type") == "hidden" or each.attributes["id"] in labelled


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", PATHS)
def test_a_page_loads_nothing_from_outside_and_has_no_inline_script_or_style(
    seen: dict[tuple[str, str], Node], path: str, language: str
) -> None:
    tree = seen[path, language]
    for each in tree.all():
        assert "style" not in each.attributes
        assert not [name for name in each.attributes if name.startswith("on")]
        assert each.tag != "style"
        loads = [
            each.attributes[name] for name in ("src", "action", "data", "poster") if name in each.attributes
        ]
        named = each.attributes.get("rel") in ("canonical", "alternate")  # read by machines, loaded by none
        if each.tag in ("link", "use", "image") and not named:
            loads.append(each.attributes.get("href", ""))
        assert all(address.startswith("/") and not address.startswith("//") for address in loads), loads
        if each.tag == "script":
            assert each.attributes["src"]
            assert not each.text
        assert not each.attributes.get("href", "").lower().startswith(("javascript:", "data:", "vbscript:"))


@pytest.mark.parametrize("path", PATHS)
def test_no_furniture_of_the_other_language_is_left(seen: dict[tuple[str, str], Node], path: str) -> None:
    same = {text for pair in WORDS.values() for text in pair if WORDS_OF["id"] & WORDS_OF["en"] & {text}}
    for language, other in (("id", "en"), ("en", "id")):
        tree = seen[path, language]
        labels = {each.attributes[name] for each in tree.all() for name in ("aria-label", "title", "data-idle")
                  if name in each.attributes}  # fmt: skip
        told = {*tree.one("body").texts(), *labels}
        wrong = {text for text in told if text in WORDS_OF[other]} - WORDS_OF[language] - same - FROM_RELEASE
        assert not wrong


WORDS_OF = {language: {pair[at] for pair in WORDS.values()} for at, language in enumerate(LANGUAGES)}
#: Words of the furniture that are also names in the release, whatever the language.
FROM_RELEASE = {"DPR RI", "Kecamatan", "Provinsi"}


def test_every_link_of_every_page_leads_somewhere(
    client: FlaskClient, seen: dict[tuple[str, str], Node]
) -> None:
    links = {
        each.attributes["href"].partition("#")[0]
        for tree in seen.values()
        for each in tree.all("a", "link", "script")
        if each.attributes.get("href", "").startswith("/")
    } - {""}
    assert len(links) > 200
    browser = {"Accept": "text/html,*/*;q=0.8"}
    failed = {link for link in links if client.get(link, headers=browser).status_code != 200}
    # A page of a problem links itself, in both languages and as JSON.
    itself = ("/collections/none", "/collections/dpr-2024/items?foo=1", "/lookup?lon=10", "/lookup?lon=x")
    assert {link for link in failed if not link.startswith(itself)} == set()


@pytest.mark.parametrize("path", [path for path in PATHS if path not in ("/openapi", "/lookup")])
def test_every_page_links_its_own_json(
    client: FlaskClient, seen: dict[tuple[str, str], Node], path: str
) -> None:
    if "/lookup?lon=x" in path or "/lookup?lon=10" in path:
        return
    links = [each.attributes["href"] for each in seen[path, "id"].one("footer").all("a")]
    found = [link for link in links if "f=json" in link.split("?")[-1].split("&")]
    assert len(found) == 1
    response = client.get(found[0])
    assert "json" in response.mimetype
    assert urlsplit(found[0]).path == path.partition("?")[0]


def test_a_parameter_may_be_called_anything(pages: Pages) -> None:
    page = _page(
        path="/collections/dpr-2024/items", query=f"self=1&language=en&path=x&offset={'9' * 5000}&%00=%FF"
    )
    tree = _items(pages, ["A"], None, page)
    chips = {
        each.text.partition(":")[0]: each.attributes["href"] for each in tree.all("a") if "×" in each.text
    }
    assert {"self", "language", "path"} <= set(chips)
    assert parse_qs(urlsplit(chips["self"]).query).keys() >= {"language", "path", "lang"}
    assert "self=" not in chips["self"]


def test_the_language_switch_keeps_the_rest_of_the_query(seen: dict[tuple[str, str], Node]) -> None:
    tree = seen["/collections/dpr-2024/items?limit=2&offset=2&sortby=-kursi", "id"]
    switch = next(each for each in tree.one("header").all("a") if each.attributes.get("hreflang") == "en")
    query = parse_qs(urlsplit(switch.attributes["href"]).query)
    assert query == {"limit": ["2"], "offset": ["2"], "sortby": ["-kursi"], "lang": ["en"]}


# --- words and numbers ---


def test_every_word_has_both_languages_and_the_same_places_to_fill() -> None:
    for key, pair in WORDS.items():
        assert len(pair) == 2, key
        assert all(text.strip() == text and text for text in pair), key
        places = [{name for _, name, _, _ in string.Formatter().parse(text) if name} for text in pair]
        assert places[0] == places[1], key


def test_a_word_that_is_the_same_in_both_languages_is_meant_to_be() -> None:
    same = {key for key, (indonesian, english) in WORDS.items() if indonesian == english}
    assert same == {"nav.collections", "openapi.title", "overview.dapil", "collection.dapil", "lookup.dapil",
                    "param.crs", "problem.parameter", "dapil.title"}  # fmt: skip


def test_every_word_that_is_used_exists_and_none_is_left_over() -> None:
    texts = [
        path.read_text()
        for path in (*ROOM.glob("*.py"), *ROOM.glob("templates/*.html"), *ROOM.parent.glob("*.py"))
        if path.name != "words.py"
    ]
    used = {
        key for text in texts for key in re.findall(r"\b(?:t|words)\(\s*f?[\"']([\w.\-]+)[\"'][,)]", text)
    }
    assert used <= set(WORDS)
    quoted = {key for text in texts for key in re.findall(r"[\"']([a-z]+(?:\.[\w\-]+)+)[\"']", text)}
    made = (
        "chamber.",
        "level.",
        "collection.unit-",
        "type.",
        "role.",
        "param.",
        "problem.",
        "schema.",
        "queryables.",
        "format.",
        "size.",
        "dapil.before",
        "dapil.after",
        "basis.",
        "gender.",
        "making.",
    )
    assert {key for key in WORDS if key not in used | quoted and not key.startswith(made)} == set()


def test_the_templates_know_every_name_they_use() -> None:
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(ROOM / "templates"), autoescape=True)
    assert {path.name for path in (ROOM / "templates").iterdir()} == set(environment.list_templates())


def test_numbers_and_days_are_written_as_the_language_does() -> None:
    assert number(1234567.5, "id") == "1.234.567,5"
    assert number(1234567.5, "en") == "1,234,567.5"
    assert number(17510, "id") == "17.510"
    assert number(0.25, "id", 1) == "0,2"
    assert number(-1234.0, "en") == "-1,234"
    assert day("2019-04-17", "id") == "17 April 2019"
    assert day("2024-02-14", "en") == "14 February 2024"
    assert day("not a day", "id") == "not a day"


# --- safety ---


def test_what_comes_from_data_stays_text(pages: Pages) -> None:
    shape = shapely.box(101, -1, 102, 0)
    told = {"wilayah": f"32.04 {EVIL}; {EVIL}", "ragu": EVIL, EVIL: EVIL}
    item = _features([EVIL], **told)["features"][0] | {"links": [{"rel": EVIL, "href": EVIL, "type": EVIL}]}
    problem = {"status": 400, "title": EVIL, "detail": EVIL, "parameter": EVIL, "allowed": [EVIL]}
    collection = {"id": EVIL, "title": EVIL, "description": f"{EVIL} Catatan: {EVIL}", "links": [
        {"rel": "via", "href": "javascript:alert(1)", "title": EVIL},
        {"rel": "enclosure", "href": "/x", "title": EVIL, "type": EVIL}]}  # fmt: skip
    schema = {"title": EVIL, "properties": {EVIL: {"title": EVIL, "type": EVIL, "description": EVIL, "enum": [EVIL],
                                                   "x-ogc-codelistUri": "javascript:alert(1)"}}}  # fmt: skip
    neighbour = Neighbour(EVIL, EVIL, shapely.box(102, -1, 103, 0))
    page = _page(
        path=f"/collections/{EVIL}/items", query="kode=%3Cimg%20src=x%20onerror=alert(1)%3E&sortby=<b>"
    )
    bodies = [
        pages.items(page, _features([EVIL], **told), collection=collection, columns=COLUMNS,
                    shapes=np.array([shape], dtype=object)),
        pages.item(page, item, collection=collection, columns=COLUMNS, shape=shape, neighbours=[neighbour]),
        pages.collection(page, collection, columns=COLUMNS),
        pages.collections(page, {"collections": [collection], "links": []}),
        pages.schema(page, schema), pages.queryables(page, schema),
        pages.conformance(page, {"conformsTo": [EVIL, "javascript:alert(1)"]}),
        pages.problem(page, problem), pages.lookup(page, None, problem=problem), pages.landing(page, {"links": []}),
    ]  # fmt: skip
    for body in bodies:
        tree = read(body)
        assert not list(tree.all("img"))
        for each in tree.all():
            assert not [name for name in each.attributes if name.startswith("on")]
            assert not each.attributes.get("href", "").startswith("javascript:")
        assert EVIL in " ".join(each.text for each in tree.all("main", "footer"))


def test_the_policy_allows_nothing_inline_and_nothing_from_elsewhere() -> None:
    for policy in (html.CSP, html.CSP_OPENAPI):
        rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
        assert rules["default-src"] == "'none'"
        assert rules["script-src"] == rules["style-src"] == rules["connect-src"] == "'self'"
        assert "unsafe" not in policy
        assert "http" not in policy


def test_every_asset_is_served_under_the_name_of_its_content(client: FlaskClient) -> None:
    assert {path.suffix for path in STATIC.values()} == {".css", ".js", ".svg"}
    for name, path in STATIC.items():
        response = client.get(f"/static/{name}")
        assert response.status_code == 200
        if "/" not in name:  # the folder of the map page is named by all that is in it
            assert hashlib.sha256(response.data).hexdigest()[:10] in name
        if path.is_relative_to(ROOM):
            assert not re.search(r"@import|url\(\s*['\"]?(?:https?:)?//", response.text)
            assert not re.search(r"(?:import|fetch)\b.{0,20}https?://", response.text)


def test_links_and_assets_lie_under_the_folder_of_the_public_address(pages: Pages) -> None:
    page = _page(base="https://x.test/peta", path="/collections/dpr-2024/items")
    document = _features(["A"]) | {
        "links": [
            {"rel": "next", "href": "https://x.test/peta/collections/dpr-2024/items?f=json&offset=1&limit=1"}
        ]
    }
    tree = read(pages.items(page, document, collection=COLLECTION, columns=COLUMNS, shapes=None))
    addresses = [
        (each.attributes.get("href") or each.attributes.get("src", "")).removeprefix("https://x.test")
        for each in tree.all("a", "link", "script")
    ]
    assert all(each.startswith(("/peta/", "#")) for each in addresses)
    following = next(each for each in tree.all("a") if each.attributes.get("rel") == "next")
    assert parse_qs(urlsplit(following.attributes["href"]).query) == {
        "offset": ["1"],
        "limit": ["1"],
        "lang": ["id"],
    }


# --- items ---


def test_a_page_of_items_counts_and_turns(seen: dict[tuple[str, str], Node]) -> None:
    tree = seen["/collections/dpr-2024/items?limit=2&offset=2&sortby=-kursi", "en"]
    assert "3–4 of 5" in tree.one("main").text
    rows = [row for row in tree.one("table").all("tr") if not list(row.all("thead")) and "href" in str(row)]
    assert len(rows) == 3  # heading and two features
    ways = {each.attributes["rel"]: parse_qs(urlsplit(each.attributes["href"]).query)
            for each in tree.all("a") if each.attributes.get("rel") in ("prev", "next")}  # fmt: skip
    assert ways["prev"].get("offset", ["0"]) == ["0"]
    assert ways["next"]["offset"] == ["4"]
    assert all(
        way["sortby"] == ["-kursi"] and way["lang"] == ["en"] and "f" not in way for way in ways.values()
    )


@pytest.mark.parametrize("language", ["id", "en"])
def test_a_page_for_a_person_is_shortened_and_says_so(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    monkeypatch.setattr(routes, "_ROWS", 3)
    said = {
        "id": "paling banyak 3 baris, bukan 10 yang diminta",
        "en": "at most 3 rows, not the 10 asked for",
    }[language]
    every = client.get("/collections/unit-kecamatan/items?limit=10000&sortby=-kode").json["features"]
    path, rows = f"/collections/unit-kecamatan/items?f=html&lang={language}&sortby=-kode&limit=10", []
    first = True
    while path:
        page = read(client.get(path, headers={"Accept": "text/html"}).data)
        names = [
            row.one("a").attributes["href"] for row in page.all("th") if row.attributes.get("scope") == "row"
        ]
        assert len(names) <= 3
        rows += [urlsplit(name).path.rpartition("/")[2] for name in names]
        found = [each.attributes["href"] for each in page.all("a") if each.attributes.get("rel") == "next"]
        assert any(said in each.text for each in page.all("p")) == first
        first = False
        path = "{0.path}?{0.query}".format(urlsplit(found[0])) if found else ""
    assert rows == [each["id"] for each in every]


def test_data_are_not_shortened(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "_ROWS", 3)
    for form in ("json", "jsonld"):
        assert client.get(f"/collections/unit-kecamatan/items?f={form}&limit=10").status_code == 200
    assert len(client.get("/collections/unit-kecamatan/items?limit=10").json["features"]) == 10


def test_no_page_before_the_first_or_behind_the_last(seen: dict[tuple[str, str], Node]) -> None:
    tree = seen["/collections/dpr-2024/items", "id"]
    assert not [each for each in tree.all("a") if each.attributes.get("rel") in ("prev", "next")]


def test_what_narrows_a_page_is_told_and_can_be_dropped(seen: dict[tuple[str, str], Node]) -> None:
    tree = seen["/collections/dpr-2024/items?kode_provinsi=32&properties=nama_dapil,kursi", "en"]
    chips = {each.text: each.attributes["href"] for each in tree.all("a") if "×" in each.text}
    assert len(chips) == 2
    province = next(href for text, href in chips.items() if text.startswith("Province code: 32"))
    assert parse_qs(urlsplit(province).query) == {"properties": ["nama_dapil,kursi"], "lang": ["en"]}


def test_columns_have_the_names_of_the_language_and_sort(seen: dict[tuple[str, str], Node]) -> None:
    for language, names in (("id", ["Nama dapil", "Kursi"]), ("en", ["Dapil name", "Seats"])):
        tree = seen["/collections/dpr-2024/items?kode_provinsi=32&properties=nama_dapil,kursi", language]
        heads = list(next(tree.one("table").all("thead")).all("th"))
        assert [head.text for head in heads] == names
        assert "sortby=kursi" in next(heads[1].all("a")).attributes["href"]
    heads = list(next(seen[PATHS[11], "en"].one("table").all("thead")).all("th"))
    assert {head.text: head.attributes["aria-sort"] for head in heads if "aria-sort" in head.attributes} == {
        "Seats": "descending"
    }


def test_an_item_tells_its_members_doubts_and_law(seen: dict[tuple[str, str], Node]) -> None:
    tree = seen["/collections/dpr-2024/items/dpr-2024-3202", "en"]
    text = tree.one("main").text
    assert "Doubtful" in text
    assert "The place of Ciwidey is doubtful" in text
    assert "Letak Ciwidey diragukan" not in text
    assert "PKPU 6/2023 Lampiran I" in text
    assert "dpr-2024-3202" in text
    member = next(
        each
        for each in tree.all("a")
        if "/collections/unit-kecamatan/items/32.04.01" in each.attributes["href"]
    )
    assert member.text == "Ciwidey"
    sound = seen["/collections/dpr-2019/items/dpr-2019-3201", "en"].one("main").text
    assert "Doubtful" not in sound
    assert "before 14 February 2024" in sound


def test_notes_of_a_collection_are_told_one_by_one(pages: Pages) -> None:
    text = "Tiga dapil. Catatan: Satu. Catatan 2019: Dua. Catatan 2024: Tiga."
    tree = read(pages.collection(_page(), COLLECTION | {"description": text, "links": []}, columns=COLUMNS))
    box = tree.one("section", **{"class": "doubt"})
    assert [each.text for each in box.all("li")] == ["Satu.", "2019: Dua.", "2024: Tiga."]
    assert "Catatan" not in next(tree.one("main").all("p")).text
    given = pages.collection(_page(), COLLECTION | {"links": []}, columns=COLUMNS, notes=["A"])
    assert read(given).one("section", **{"class": "doubt"}).one("p").text == "A"


def test_the_lookup_answers_and_offers_the_other_elections(seen: dict[tuple[str, str], Node]) -> None:
    tree = seen[f"/lookup?{POINT}", "id"]
    links = [each.attributes["href"] for each in tree.all("a")]
    assert any("/collections/dpr-2024/items/dpr-2024-3202" in link for link in links)
    assert any("year=2019" in link and "lon=106.75" in link for link in links)
    form = tree.one("form", **{"class": "lookup"})
    assert form.one("input", id="lon").attributes["value"] == "106.75"
    assert {each.attributes["name"] for each in form.all("input", "select")} == {
        "f",
        "lang",
        "lon",
        "lat",
        "year",
    }
    assert tree.one("circle", **{"class": "dot"})


def test_a_question_without_answer_keeps_what_was_typed(client: FlaskClient) -> None:
    response = client.get("/lookup?f=html&lang=en&lon=10&lat=-6&year=2019")
    assert response.status_code == 404
    tree = read(response.data)
    assert tree.one("form", **{"class": "lookup"}).one("input", id="lon").attributes["value"] == "10"
    assert "No land within 5 km" in tree.one("main").text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_point_abroad_is_answered_with_the_dapil_of_voters_abroad(
    client: FlaskClient, language: str
) -> None:
    response = client.get(f"/lookup?f=html&lang={language}&lon=39.19&lat=21.49")
    assert response.status_code == 200
    text = read(response.data).one("main").text
    words = {"id": ("Luar negeri", "tidak memilih DPD"), "en": ("Abroad", "elect no DPD")}[language]
    assert all(word in text for word in ("DKI Jakarta II", *words))


# --- the map ---


def _marks(tree: Node) -> list[Node]:
    return list(tree.one("g", **{"class": "marks"}).all("path"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_map_has_a_named_and_linked_path_for_every_feature(
    seen: dict[tuple[str, str], Node], language: str
) -> None:
    tree = seen["/collections/dpr-2024/items", language]
    names = [row.text for row in tree.one("table").all("th") if row.attributes["scope"] == "row"]
    marks = _marks(tree)
    assert len(marks) == len(names) == 5
    links = list(tree.one("g", **{"class": "marks"}).all("a"))
    rows = [next(each.all("a")) for each in tree.one("table").all("th") if each.attributes["scope"] == "row"]
    assert [each.attributes["href"] for each in links] == [each.attributes["href"] for each in rows]
    for name, mark in zip(names, marks, strict=True):
        assert name.rpartition(" ")[0] in mark.one("title").text
        assert vertices(mark.attributes["d"])


def test_there_is_no_map_without_geometry(seen: dict[tuple[str, str], Node]) -> None:
    for path in ("/collections/dpr-2024/items?skipGeometry=true", "/collections/dpr-2024/items?kursi=99"):
        assert not list(seen[path, "id"].all("figure"))


def test_a_feature_without_shape_keeps_its_place(pages: Pages) -> None:
    tree = _items(pages, ["A", "B", "C"], [shapely.box(101, 0, 102, 1), None, shapely.MultiPolygon()])
    marks = _marks(tree)
    assert [each.one("title").text for each in marks] == ["A", "B", "C"]
    assert [bool(each.attributes["d"]) for each in marks] == [True, False, False]


def _archipelago(count: int = 400) -> shapely.MultiPolygon:
    """Return islands from 300 km down to 3 m across, that do not touch."""
    sizes = np.geomspace(1.5, 0.00001, count)
    columns = np.arange(count)
    x, y = 95 + (columns % 25) * 1.8, -11 + (columns // 25) * 1.1
    return shapely.multipolygons(shapely.box(x, y, x + sizes / 2, y + sizes / 2))


def _near(frame: Frame, part: shapely.Geometry, places: np.ndarray, reach: int = 1) -> bool:
    west, south, east, north = part.bounds
    low, high = frame.place(np.array([[west, north], [east, south]]))
    return bool(((places >= low - reach) & (places <= high + reach)).all(axis=1).any())


def test_no_island_vanishes_from_the_picture() -> None:
    islands = _archipelago()
    frame = Frame.around(islands.bounds)
    places = np.array([place for ring in vertices(draw([islands], frame).paths[0]) for place in ring])
    missing = [part for part in islands.geoms if not _near(frame, part, places)]
    assert not missing


def test_every_part_of_the_page_is_in_its_own_path(
    client: FlaskClient, seen: dict[tuple[str, str], Node]
) -> None:
    features = json.loads(client.get("/collections/dpr-2024/items?f=json").data)["features"]
    shapes = np.array([shapely.from_geojson(json.dumps(each["geometry"])) for each in features], dtype=object)
    frame = Frame.around(tuple(shapely.total_bounds(shapes)))
    for shape, mark in zip(shapes, _marks(seen["/collections/dpr-2024/items", "id"]), strict=True):
        rings = vertices(mark.attributes["d"])
        places = np.array([place for ring in rings for place in ring])
        assert all(_near(frame, part, places) for part in shapely.get_parts(shape))
        assert len(rings) == sum(1 + len(part.interiors) for part in shape.geoms)


@pytest.mark.parametrize("count", [400, 60])
def test_a_picture_keeps_its_area_and_neighbours_share_their_line(count: int) -> None:
    steps = np.linspace(0, 1, count)
    line = np.stack([5 + 0.05 * np.sin(40 * steps), steps * 4], axis=1)
    left = shapely.Polygon([*line, (0, 4), (0, 0)])
    right = shapely.Polygon([*line[::-1], (9, 0), (9, 4)])
    frame = Frame.around((0, 0, 9, 4))
    drawing = draw([left, right], frame)
    rings = [vertices(path)[0] for path in drawing.paths]
    shared = [{place for place in ring if 1000 < place[0] < 1200} for ring in rings]
    assert shared[0] == shared[1]
    assert 10 < len(shared[0]) <= count
    for ring, shape in zip(rings, (left, right), strict=True):
        true = shapely.transform(
            shape, lambda lonlat: (lonlat - (frame.west, frame.north)) * (frame.across, -frame.down)
        )
        assert shapely.hausdorff_distance(shapely.Polygon(ring), true) < 2  # units: less than a pixel
        assert shapely.Polygon(ring).area == pytest.approx(shape.area * frame.across * frame.down, rel=0.005)
    assert drawing.touching.tolist() == [[0, 1]]


def test_a_square_on_the_ground_is_a_square_in_the_picture() -> None:
    frame = Frame.around((100, 59.5, 102, 60.5))
    assert frame.down == pytest.approx(2 * frame.across, rel=0.01)  # cos 60 degrees
    west, south, east, north = frame.bounds
    assert west < 100 < 102 < east
    assert south < 59.5 < 60.5 < north
    assert (east - west) * frame.across == pytest.approx(WIDTH)


def test_touching_shapes_differ_in_colour() -> None:
    boxes = [shapely.box(x, y, x + 1, y + 1) for x in range(8) for y in range(8)]
    drawing = draw(boxes, Frame.around((0, 0, 8, 8)))
    found = colours(len(boxes), drawing.touching, 6)
    assert len(drawing.touching) == 2 * 8 * 7 + 2 * 7 * 7  # sides and corners
    assert all(found[one] != found[other] for one, other in drawing.touching)


def test_the_backdrop_keeps_its_islands_at_every_scale() -> None:
    islands = _archipelago()
    backdrop = Backdrop(np.array([islands], dtype=object))
    for span in (3, 8, 20, 60):
        frame = Frame.around((140 - span, 6 - span * 0.4, 140, 6))
        places = np.array([place for ring in vertices(backdrop.path(frame)) for place in ring])
        inside = [part for part in islands.geoms if part.within(shapely.box(*frame.bounds))]
        assert inside
        # Its mesh is two units, and what is simplified moves by one at most.
        assert all(_near(frame, part, places, 3) for part in inside)


def test_the_backdrop_shows_what_lies_in_the_frame_and_is_cut_there(pages: Pages) -> None:
    far = _pages(np.array([shapely.box(90, -9, 150, 9), shapely.box(20, 20, 21, 21)], dtype=object))
    tree = _items(far, ["A"], [shapely.box(110, 0, 110.01, 0.01)])
    rings = vertices(tree.one("path", **{"class": "land"}).attributes["d"])
    assert len(rings) == 1
    assert all(-60 <= x <= WIDTH + 60 for x, _ in rings[0])


def test_a_neighbour_is_faint_and_leads_to_itself(pages: Pages) -> None:
    item = _features(["A"])["features"][0] | {"links": []}
    beside = [Neighbour("dpr-2024-7", "B", shapely.box(102, 0, 103, 1))]
    body = pages.item(
        _page(path="/collections/dpr-2024/items/dpr-2024-0"), item, collection=COLLECTION, columns=COLUMNS,
        shape=shapely.box(101, 0, 102, 1), neighbours=beside,
    )  # fmt: skip
    faint = read(body).one("g", **{"class": "beside"})
    assert faint.one("title").text == "B"
    assert next(faint.all("a")).attributes["href"].startswith("/collections/dpr-2024/items/dpr-2024-7?")


def _luminance(colour: str) -> float:
    text = colour.lstrip("#")
    text = "".join(each * 2 for each in text) if len(text) == 3 else text
    parts = [int(text[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _themes() -> Iterator[dict[str, str]]:
    text = (ROOM / "assets" / "site.css").read_text()
    blocks = re.findall(r":root \{(.*?)\}", text, flags=re.DOTALL)
    light = dict(re.findall(r"(--[\w-]+): (#[0-9a-f]{3,6})", blocks[0]))
    yield light
    yield light | dict(re.findall(r"(--[\w-]+): (#[0-9a-f]{3,6})", blocks[1]))


@pytest.mark.parametrize("theme", list(_themes()), ids=["light", "dark"])
def test_text_and_shapes_stand_out(theme: dict[str, str]) -> None:
    surfaces = ("--paper", "--surface", "--sunken")
    for text in ("--ink", "--soft", "--link", "--link-over", "--red"):
        for surface in surfaces:
            assert _contrast(theme[text], theme[surface]) >= 4.5, (text, surface)
    for text, ground in (("--doubt-ink", "--doubt"), ("--on-link", "--link"), ("--on-link", "--link-over")):
        assert _contrast(theme[text], theme[ground]) >= 4.5, (text, ground)
    for at in range(6):  # the line around a shape tells it from the sea and from the next shape
        assert _contrast(theme[f"--l{at}"], theme["--sea"]) >= 3, at
        assert _contrast(theme[f"--l{at}"], theme[f"--f{at}"]) >= 2, at


def test_a_neighbour_that_lies_beside_the_map_is_not_named_on_it() -> None:
    """It lies in the margin that shapes are cut to, beyond the frame: what the frame has of it is an empty polygon."""
    words, backdrop = Words("id"), Backdrop(np.array([shapely.box(100, -2, 110, 3)], dtype=object))
    seen = shapely.box(101, -1, 102, 0)
    west, _, east, north = Frame.around(seen.bounds, ratio=(0.5, 0.85), margin=0.12).bounds
    beside = shapely.box(west, north + 1e-6, east, north + 1)
    near = shapely.box(101.9, -1, 104, 0)
    drawn = item_map(seen, "A", [("/b", "B", beside), ("/c", "C", near)], backdrop, "A", words, named=True)
    assert [label.text for label in drawn.labels if label.style == "town"] == ["C"]
