"""What the service refuses, and the documents around the items."""

import json
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import create_environ, run_wsgi_app

from boundaries.service.app import create_app, load_settings
from boundaries.service.ogcapi.documents import CONFORMANCE
from tests.service_help import CRS, app_of, get, items
from tests.small import make_small_release

ITEMS = "/collections/dpr-2024/items"
BBOX_CRS = f"bbox-crs={CRS}/EPSG/0/3857"

#: (path and query, the parameter that the problem must name)
REFUSED = [
    (f"{ITEMS}?limit=0", "limit"),
    (f"{ITEMS}?limit=-1", "limit"),
    (f"{ITEMS}?limit=ten", "limit"),
    (f"{ITEMS}?limit=1.5", "limit"),
    (f"{ITEMS}?limit=1e3", "limit"),
    (f"{ITEMS}?limit=", "limit"),
    (f"{ITEMS}?limit=%2B5", "limit"),
    (f"{ITEMS}?limit=%D9%A3", "limit"),
    (f"{ITEMS}?limit=5&limit=6", "limit"),
    (f"{ITEMS}?limit={'9' * 5000}", "limit"),
    (f"{ITEMS}?limit=5%00", "limit"),
    (f"{ITEMS}?limit=5%0A", "limit"),
    (f"{ITEMS}?offset=-1", "offset"),
    (f"{ITEMS}?offset=x", "offset"),
    (f"{ITEMS}?offset=", "offset"),
    (f"{ITEMS}?offset=0x10", "offset"),
    (f"{ITEMS}?offset={'9' * 40}", "offset"),
    (f"{ITEMS}?bbox=", "bbox"),
    (f"{ITEMS}?bbox=1,2,3", "bbox"),
    (f"{ITEMS}?bbox=1,2,3,4,5", "bbox"),
    (f"{ITEMS}?bbox=a,b,c,d", "bbox"),
    (f"{ITEMS}?bbox=106,-7,107,nan", "bbox"),
    (f"{ITEMS}?bbox=106,-7,inf,-6", "bbox"),
    (f"{ITEMS}?bbox=106,-6,107,-7", "bbox"),
    (f"{ITEMS}?bbox=106,-7,107,1e999", "bbox"),
    (f"{ITEMS}?bbox=106,-7,,-6", "bbox"),
    (f"{ITEMS}?bbox=106;-7;107;-6", "bbox"),
    (f"{ITEMS}?bbox=[106,-7,107,-6]", "bbox"),
    (f"{ITEMS}?bbox=200,-7,107,-6", "bbox"),
    (f"{ITEMS}?bbox=106,-7,9,107,-6,1", "bbox"),
    (f"{ITEMS}?bbox=106,-7,107,-6&bbox=1,2,3,4", "bbox"),
    (f"{ITEMS}?bbox=9e6,0,1e6,1&{BBOX_CRS}", "bbox"),
    (f"{ITEMS}?{BBOX_CRS}", "bbox-crs"),
    (f"{ITEMS}?bbox=1,2,3,4&bbox-crs=EPSG:4326", "bbox-crs"),
    (f"{ITEMS}?bbox=1,2,3,4&bbox-crs={CRS}/EPSG/0/99999", "bbox-crs"),
    (f"{ITEMS}?bbox=1,2,3,4&bbox-crs=", "bbox-crs"),
    (f"{ITEMS}?crs=EPSG:3857", "crs"),
    (f"{ITEMS}?crs={CRS}/EPSG/0/27700", "crs"),
    (f"{ITEMS}?crs=", "crs"),
    (f"{ITEMS}?crs=http://evil.example/", "crs"),
    (f"{ITEMS}?datetime=", "datetime"),
    (f"{ITEMS}?datetime=yesterday", "datetime"),
    (f"{ITEMS}?datetime=2024", "datetime"),
    (f"{ITEMS}?datetime=2024-02", "datetime"),
    (f"{ITEMS}?datetime=2024-02-30", "datetime"),
    (f"{ITEMS}?datetime=14-02-2024", "datetime"),
    (f"{ITEMS}?datetime=2024-02-14T25:00:00Z", "datetime"),
    (f"{ITEMS}?datetime=2024-02-14T10:00:00", "datetime"),
    (f"{ITEMS}?datetime=2024-02-14/2019-01-01", "datetime"),
    (f"{ITEMS}?datetime=a/b", "datetime"),
    (f"{ITEMS}?datetime=2019-01-01/2020-01-01/2021-01-01", "datetime"),
    (f"{ITEMS}?datetime=..", "datetime"),
    (f"{ITEMS}?sortby=", "sortby"),
    (f"{ITEMS}?sortby=seats", "sortby"),
    (f"{ITEMS}?sortby=-", "sortby"),
    (f"{ITEMS}?sortby=kursi,", "sortby"),
    (f"{ITEMS}?sortby=kursi,-kursi", "sortby"),
    (f"{ITEMS}?sortby=--kursi", "sortby"),
    (f"{ITEMS}?sortby=geom", "sortby"),
    (f"{ITEMS}?sortby=fid", "sortby"),
    (f"{ITEMS}?sortby=kursi;DROP%20TABLE%20x", "sortby"),
    (f"{ITEMS}?properties=", "properties"),
    (f"{ITEMS}?properties=seats", "properties"),
    (f"{ITEMS}?properties=kursi,kursi", "properties"),
    (f"{ITEMS}?properties=*", "properties"),
    (f"{ITEMS}?skipGeometry=yes", "skipGeometry"),
    (f"{ITEMS}?skipGeometry=1", "skipGeometry"),
    (f"{ITEMS}?skipGeometry=TRUE", "skipGeometry"),
    (f"{ITEMS}?skipgeometry=true", "skipgeometry"),
    (f"{ITEMS}?resulttype=count", "resulttype"),
    (f"{ITEMS}?resultType=hits", "resultType"),
    (f"{ITEMS}?filter=kursi%20%3E", "filter"),
    (f"{ITEMS}?filter=bangku%20%3E%208", "filter"),
    (f"{ITEMS}?filter=kursi%20%3E%20%27delapan%27", "filter"),
    (f"{ITEMS}?filter=kursi%20%3E%208&filter-lang=cql", "filter-lang"),
    (f"{ITEMS}?filter=kursi%20%3E%208&filter-crs=EPSG:4326", "filter-crs"),
    (f"{ITEMS}?filter-lang=cql2-text", "filter-lang"),
    (f"{ITEMS}?filter-crs=http://www.opengis.net/def/crs/OGC/1.3/CRS84", "filter-crs"),
    (f"{ITEMS}?filter=true&filter-lang=cql2-json&filter=true", "filter"),
    (f"{ITEMS}/dpr-2024-3201?filter=kursi%20%3E%208", "filter"),
    (f"{ITEMS}?filter-lang=cql2-text", "filter-lang"),
    (f"{ITEMS}?filter-crs={CRS}/OGC/1.3/CRS84", "filter-crs"),
    (f"{ITEMS}?q=bandung", "q"),
    (f"{ITEMS}?kursi=many", "kursi"),
    (f"{ITEMS}?kursi=8.5", "kursi"),
    (f"{ITEMS}?kursi=", "kursi"),
    (f"{ITEMS}?kursi=4&kursi=6", "kursi"),
    (f"{ITEMS}?luas_km2=1,5", "luas_km2"),
    (f"{ITEMS}?seats=8", "seats"),
    (f"{ITEMS}?kode=32", "kode"),
    (f"{ITEMS}?nama_dapil=%FF", "nama_dapil"),
    (f"{ITEMS}?geom=x", "geom"),
    (f"{ITEMS}?f=xml", "f"),
    (f"{ITEMS}?f=xlsx", "f"),
    (f"{ITEMS}?f=json&f=html", "f"),
    (f"{ITEMS}?lang=fr", "lang"),
    (f"{ITEMS}?api_key=1", "api_key"),
    (f"{ITEMS}?=1", ""),
    (f"{ITEMS}/dpr-2024-3201?bbox=1,2,3,4", "bbox"),
    (f"{ITEMS}/dpr-2024-3201?crs=x", "crs"),
    ("/?x=1", "x"),
    ("/collections?limit=1", "limit"),
    ("/collections/dpr-2024?bbox=1,2,3,4", "bbox"),
    ("/conformance?f=xml", "f"),
    ("/openapi?ui=x", "ui"),
    ("/openapi?f=jsonld", "f"),
    ("/collections/dpr-2024/schema?properties=id", "properties"),
    ("/collections/dpr-2024/queryables?profile=x", "profile"),
    ("/health?x=1", "x"),
    ("/lookup", "lon"),
    ("/lookup?lon=107", "lat"),
    ("/lookup?lat=-7", "lon"),
    ("/lookup?lon=x&lat=-7", "lon"),
    ("/lookup?lon=107&lat=nan", "lat"),
    ("/lookup?lon=inf&lat=-7", "lon"),
    ("/lookup?lon=106,8&lat=-7", "lon"),
    ("/lookup?lon=181&lat=-7", "lon"),
    ("/lookup?lon=107&lat=-91", "lat"),
    ("/lookup?lon=-7&lat=107", "lat"),
    ("/lookup?lon=-6.9&lat=90", "lon"),
    ("/lookup?lon=107&lat=-7&year=1999", "year"),
    ("/lookup?lon=107&lat=-7&year=latest", "year"),
    ("/lookup?lon=107&lat=-7&year=2014", "year"),
    ("/lookup?lon=107&lat=-7&lon=108", "lon"),
    ("/lookup?lon=107&lat=-7&f=jsonld", "f"),
    ("/conformance?f=jsonld", "f"),
    ("/collections/dpr-2024/schema?f=jsonld", "f"),
    ("/lookup?lon=107&lat=-7&tahun=2024", "tahun"),
]


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_small_release(tmp_path_factory.mktemp("releases"))


@pytest.fixture(scope="module")
def client(source: str) -> FlaskClient:
    """The service on files, and on a database."""
    return app_of(source).test_client()


@pytest.mark.parametrize(("path", "parameter"), REFUSED)
def test_what_is_not_understood_is_refused_by_name(client, path, parameter):
    response = client.get(path)
    assert (response.status_code, response.content_type) == (400, "application/problem+json")
    problem = response.json
    assert {"type", "title", "status", "detail", "parameter"} <= set(problem)
    assert problem["parameter"] == parameter
    assert "Traceback" not in response.text
    assert len(response.text) < 4000


@pytest.mark.parametrize(
    "path",
    [
        "/nope",
        "/collections/dpr-1955",
        "/collections/dpr-1955/items",
        f"{ITEMS}/dpr-2024-9999",
        f"{ITEMS}/%00",
        f"{ITEMS}/..%2F..%2Fetc%2Fpasswd",
        "/static/../app.py",
        "/static/..%2fapp.py",
        "/collections/plans/items",
        "/collections/tabel-dprd-kabkota-2014/items",
        "/collections/dpr-2024/nope",
        "/lookup?lon=100&lat=0&year=2019",
    ],
)  # fmt: skip
def test_what_is_not_there_is_a_404_problem(client, path):
    response = client.get(path)
    assert (response.status_code, response.content_type) == (404, "application/problem+json")
    assert response.json["status"] == 404


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nothing_can_be_edited(client, method):
    """A POST of features takes a filter, and nothing else."""
    before = client.get(ITEMS).data
    for path in ("/collections/dpr-2024", f"{ITEMS}/dpr-2024-3201", ITEMS):
        response = getattr(client, method)(
            path, data='{"type": "Feature"}', content_type="application/geo+json"
        )
        status = 415 if (method, path) == ("post", ITEMS) else 405
        assert (response.status_code, response.content_type) == (status, "application/problem+json")
        assert status == 415 or "GET" in response.headers["Allow"]
    assert client.get(ITEMS).data == before


def test_a_fault_of_the_server_is_told_without_its_insides(release, monkeypatch):
    app = app_of(release.parent)

    def fail(*_: object) -> bytes:
        raise RuntimeError("secret")

    monkeypatch.setattr("boundaries.service.ogcapi.feature_pages.items", fail)
    response = app.test_client().get(ITEMS)
    assert (response.status_code, response.content_type) == (500, "application/problem+json")
    assert "secret" not in response.text
    assert "Traceback" not in response.text


@pytest.mark.parametrize(
    "path", ["/", "/collections", "/collections/dpr-2024", ITEMS, f"{ITEMS}/dpr-2024-3101", "/conformance"]
)
def test_slashes_head_and_cors(client, path):
    plain = client.get(path)
    slashed = client.get(path.rstrip("/") + "/", follow_redirects=True)
    head = client.head(path)
    assert plain.status_code == slashed.status_code == head.status_code == 200
    assert head.data == b""
    assert head.headers["Content-Type"] == plain.headers["Content-Type"]
    assert plain.headers["Access-Control-Allow-Origin"] == "*"
    assert "Content-Crs" in plain.headers["Access-Control-Expose-Headers"]
    methods = "GET, HEAD, POST, OPTIONS" if path == ITEMS else "GET, HEAD, OPTIONS"
    assert client.options(path).headers["Access-Control-Allow-Methods"] == methods


@pytest.mark.parametrize("form", ["html", "jsonld"])
@pytest.mark.parametrize("language", ["id", "en"])
def test_pages_of_every_kind_are_written(client, form, language):
    collection = "/collections/dpr-2024"
    paths = [
        "/",
        "/collections",
        collection,
        ITEMS,
        f"{ITEMS}/dpr-2024-3101",
    ]
    if form == "html":
        paths += [f"{collection}/schema", f"{collection}/queryables", "/conformance", "/openapi", "/lookup"]
    for path in paths:
        response = client.get(path, query_string={"f": form, "lang": language})
        assert response.status_code == 200, (path, response.text)
        assert response.headers["Content-Language"] == language
        assert "dapil.invalid" not in response.text
        if form == "jsonld":
            json.loads(response.text)
        else:
            assert response.text.rstrip().endswith("</html>")


def test_content_is_negotiated(client):
    for accept, media in [
        ("text/html", "text/html; charset=utf-8"), ("application/geo+json, text/html;q=0.5", "application/geo+json"),
        ("application/json", "application/geo+json"), ("*/*", "application/geo+json"),
        ("image/png", "application/geo+json"), ("application/ld+json", "application/ld+json"),
    ]:  # fmt: skip
        assert client.get(ITEMS, headers={"Accept": accept}).headers["Content-Type"] == media
    english = client.get("/collections/dpr-2024", headers={"Accept-Language": "en-US,en;q=0.8"}).json
    assert "House of Representatives" in english["title"]
    assert client.get("/collections/dpr-2024").json["title"] == "Dapil DPR RI 2024"


def test_links_carry_the_address_that_the_client_sees(release):
    own = app_of(release.parent).test_client()
    for response in (own.get("/collections", headers={"Host": "peta.example:81"}), own.get(
            ITEMS, headers={"Host": "peta.example:81"})):  # fmt: skip
        assert "http://peta.example:81/collections" in response.text
        assert "localhost" not in response.text
    forwarded = {
        "X-Forwarded-Host": "dapil.example",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Prefix": "/peta",
    }
    assert "dapil.example" not in own.get(ITEMS, headers=forwarded).text
    behind = app_of(release.parent, trusted_proxies=1).test_client()
    assert "https://dapil.example/peta/collections/dpr-2024" in behind.get(ITEMS, headers=forwarded).text
    fixed = app_of(release.parent, url="https://fixed.example/x/").test_client()
    assert "https://fixed.example/x/collections/dpr-2024" in fixed.get(ITEMS).text
    evil = own.get("/", headers={"Host": 'a"><script>'})
    assert evil.status_code == 400


def test_conformance_does_not_grow(client):
    for _ in range(3):
        assert get(client, "/conformance")["conformsTo"] == list(CONFORMANCE)
    assert not any("features-4" in name or "array-functions" in name for name in CONFORMANCE)
    assert len(set(CONFORMANCE)) == len(CONFORMANCE)


def test_collections_tell_extent_crs_licence_and_law(client, release):
    manifest = json.loads((release / "manifest.json").read_text())
    found = {each["id"]: each for each in get(client, "/collections")["collections"]}
    every = [layer["name"] for layer in manifest["layers"]]
    chambers = ["dapil-dpr", "dapil-dpd", "dapil-dprd-kabkota"]
    assert set(found) == {*every, *chambers}
    assert found["dapil-dpr"]["extent"]["temporal"]["interval"] == [["2019-04-17T00:00:00+00:00", None]]
    old = found["dpr-2019"]
    assert old["extent"]["temporal"]["interval"] == [
        ["2019-04-17T00:00:00+00:00", "2024-02-13T23:59:59+00:00"]
    ]
    assert found["dpr-2024"]["extent"]["temporal"]["interval"][0][1] is None
    assert old["extent"]["spatial"]["bbox"][0] == manifest["layers"][0]["bbox"]
    assert old["storageCrs"] == old["crs"][0] == f"{CRS}/OGC/1.3/CRS84"
    assert "UU 7/2017" in old["description"]
    assert any(link["rel"] == "via" and "jdih" in link["href"] for link in old["links"])
    assert old["itemType"] == "feature"
    assert "Letak Ciwidey diragukan" in found["dpr-2024"]["description"]
    assert not any("{'" in each["description"] for each in found.values())


def test_every_link_of_the_service_leads_somewhere(client):
    seen: set[str] = set()
    paths = ["/", "/collections", "/collections/dpr-2024", ITEMS, f"{ITEMS}/dpr-2024-3101"]
    for path in paths:
        links = [link for link in get(client, path)["links"] if not link.get("templated")]
        seen |= {link["href"] for link in links if link["href"].startswith("http://localhost")}
    assert len(seen) > 20
    assert all(href.count("://") == 1 for href in seen)
    for href in seen:
        assert client.get(href.removeprefix("http://localhost")).status_code == 200, href


def test_schema_and_queryables_name_every_column_with_its_meaning(client):
    page = items(client, "dpr-2024", limit=1)
    for kind in ("schema", "queryables"):
        for language, word in (("id", "Kursi"), ("en", "Seats")):
            found = get(client, f"/collections/dpr-2024/{kind}", lang=language)["properties"]
            assert [name for name in found if name != "geometry"] == list(page["features"][0]["properties"])
            assert found["kursi"]["title"] == word
            assert found["kursi"]["description"]
            assert found["id"]["x-ogc-role"] == "id"
    assert "geometry" in get(client, "/collections/dpr-2024/schema")["properties"]
    told = client.get(ITEMS).headers["Link"]
    assert "<http://localhost/collections/dpr-2024/queryables>" in told


def test_the_openapi_document_is_valid_and_needs_nothing_from_outside(client):
    document = get(client, "/openapi")
    assert document["components"]["parameters"]["limit"]["schema"]["maximum"] == 10_000
    text = json.dumps(document)
    assert all(f'"$ref": "#/{part}' in text for part in ("components/parameters", "components/schemas"))
    assert '"$ref": "http' not in text
    validator = pytest.importorskip("openapi_spec_validator")
    validator.validate(document)


def test_the_openapi_document_names_the_parameters_that_are_taken(client):
    document = get(client, "/openapi")
    shared = document["components"]["parameters"]

    def named(parameter: dict[str, str]) -> str:
        return (
            shared[parameter["$ref"].rpartition("/")[2]]["name"] if "$ref" in parameter else parameter["name"]
        )

    for path, methods in document["paths"].items():
        parameters = [each for each in methods["get"].get("parameters", []) if each.get("in") != "path"]
        names = [named(each) for each in parameters]
        assert len(set(names)) == len(names), path
        url = path.replace("{featureId}", "dpr-2024-3101")
        if "{" not in path and path != "/oembed":  # oEmbed wants unknown parameters passed over
            assert client.get(f"{url}?nonsense=1").json["parameter"] == "nonsense"
        for name in names:
            problem = client.get(url, query_string={name: ""}).json
            assert problem["parameter"] == name, (path, name)
            assert "is empty" in problem["detail"], (path, name)


def test_settings_a_person_edits_count(release):
    settings = load_settings()
    settings["server"]["limits"] = {"default_items": 2, "max_items": 3}
    own = create_app(release.parent, settings).test_client()
    assert items(own, "dpr-2024")["numberReturned"] == 2
    assert items(own, "dpr-2024", limit=100)["numberReturned"] == 3
    assert get(own, "/openapi")["components"]["parameters"]["limit"]["schema"]["maximum"] == 3


@pytest.mark.parametrize(
    ("path", "status"),
    [("/collections/%ff", 404), ("//", 404), ("//collections", 404), ("/collections//dpr-2024", 404),
     (f"{ITEMS}?nama_dapil=%zz", 400), (f"{ITEMS}?filter=nama_dapil LIKE '%JAWA%'", 400)],
)  # fmt: skip
@pytest.mark.parametrize("accept", ["application/json", "text/html"])
def test_what_is_no_address_of_ours_is_told_as_asked(client, path, status, accept):
    environ = {"PATH_INFO": path} if path.startswith("//") else {}
    told = client.get("/" if environ else path, headers={"Accept": accept}, environ_overrides=environ)
    assert told.status_code == status
    assert told.mimetype == ("text/html" if accept == "text/html" else "application/problem+json")


def test_a_slash_written_as_an_escape_is_no_way_into_a_collection(client):
    environ = create_environ("/collections/dpr-2024")
    assert run_wsgi_app(client.application, environ)[1].startswith("200")
    environ["RAW_URI"] = "/collections%2Fdpr-2024?f=json"
    assert run_wsgi_app(client.application, environ)[1].startswith("404")


def test_a_view_wider_than_the_world_finds_all_of_it(client):
    mercator = f"{CRS}/EPSG/0/3857"
    for far in ("3e7", "1e308"):
        box = {"bbox": f"-{far},-{far},{far},{far}", "bbox-crs": mercator}
        assert client.get(ITEMS, query_string=box).json["numberMatched"] == 5
    for box in ("2.1e7,0,3e7,1e6", "-3e7,0,-2.1e7,1"):
        assert client.get(ITEMS, query_string={"bbox": box, "bbox-crs": mercator}).status_code == 400
    for box in ("1e300,0,2e300,1", "0,0,1e308,1e-9", "0,0,0,1e308"):
        far = {"bbox": box, "bbox-crs": f"{CRS}/EPSG/0/23833"}
        assert client.get(ITEMS, query_string=far).json["parameter"] == "bbox"
    round_the_world = {"bbox": "0,1492.51,5529853.79,679667.88", "bbox-crs": f"{CRS}/EPSG/0/23844"}
    assert "antimeridian" in client.get(ITEMS, query_string=round_the_world).json["detail"]
    utm = {"bbox": "-3e7,-3e7,3e7,3e7", "bbox-crs": f"{CRS}/EPSG/0/32748"}
    assert client.get(ITEMS, query_string=utm).json["parameter"] == "bbox"


def test_a_plus_is_a_blank_only_where_blanks_are_not_escaped(client):
    plus, blank = "(kursi%20+%201)%20%3E%206", "(kursi+%2B+1)+%3E+6"
    for text in (plus, blank):
        found = client.get(f"{ITEMS}?filter={text}&properties=kursi").json
        assert {each["properties"]["kursi"] > 5 for each in found["features"]} == {True}


@pytest.mark.parametrize("sent", ["foo*bar", "W/", '"', "**"])
def test_what_is_no_entity_tag_is_not_one_of_ours(client, sent):
    assert client.get(ITEMS, headers={"If-None-Match": sent}).status_code == 200


@pytest.mark.parametrize(
    "query", ["resulttype=hits", "offset=50", "limit=2", "properties=kursi", "limit=2&lang=en"]
)
def test_linked_data_of_a_page_is_json_and_names_every_feature(client, query):
    told = client.get(f"{ITEMS}?f=jsonld&{query}")
    page = json.loads(told.text)
    plain = client.get(f"{ITEMS}?{query}").json
    assert told.mimetype == "application/ld+json"
    assert page["schema:numberOfItems"] == plain["numberMatched"]
    assert [each["schema:identifier"] for each in page["schema:itemListElement"]] == [
        each["id"] for each in plain["features"]
    ]
    for each in page["schema:itemListElement"]:
        assert client.get(each["@id"]).status_code == 200


@pytest.mark.parametrize(
    ("path", "parameter"),
    [(f"{ITEMS}?f=jsonld&crs={CRS}/EPSG/0/3857", "crs"),
     (f"{ITEMS}/dpr-2024-3101?f=jsonld&crs={CRS}/EPSG/0/3857", "crs"),
     (f"{ITEMS}?mulai=x", "mulai"), (f"{ITEMS}?selesai=null", "selesai"), (f"{ITEMS}?mulai=2024-02-30", "mulai")],
)  # fmt: skip
def test_what_would_be_a_lie_is_refused(client, path, parameter):
    told = client.get(path)
    assert (told.status_code, told.json["parameter"]) == (400, parameter)
