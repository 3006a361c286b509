"""The OpenAPI 3.0 document: exactly the routes and parameters of this service, without outside references."""

from collections.abc import Mapping
from typing import Any, Final

from boundaries.release.geopackage_reader import Column
from boundaries.release.lookup import CHAMBERS
from boundaries.release.store import DETAILS, STANDARD
from boundaries.service import filters, posted
from boundaries.service.crs import CRS84, SUPPORTED
from boundaries.service.ogcapi.catalog import PLACEHOLDER
from boundaries.service.ogcapi.layer import Layer
from boundaries.service.ogcapi.query import FULL_ITEMS, Limits
from boundaries.service.ogcapi.table_layer import TableLayer

Json = dict[str, Any]

_TEXTS: Final = ("text/html", "text/csv")
_LANGUAGES: Final = ("id", "en")
_TEXT: Final = {"minLength": 1, "pattern": "^[^\\u0000-\\u001f\\u007f]+$"}
#: A name: two characters or more between the blanks around it.
_NAME: Final = {
    "minLength": 2,
    "maxLength": 100,
    "pattern": "^ *[^\\u0000-\\u0020\\u007f][^\\u0000-\\u001f\\u007f]*[^\\u0000-\\u0020\\u007f] *$",
}
_TIME: Final = r"\d{4}-\d{2}-\d{2}(T(\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2}))?)?"
_PERIOD: Final = rf"^({_TIME}|(({_TIME}|\.\.)?/({_TIME}|\.\.)?))$"


def document(config: Json, layers: Mapping[str, Layer], limits: Limits, years: list[int],
             *, files: bool = False) -> Json:  # fmt: skip
    """Return the document of a release; `files`: whether there is anything under /downloads."""
    about = config["metadata"]
    paths = _server_paths()
    tables = [name for name, layer in layers.items() if isinstance(layer, TableLayer)]
    for name, layer in layers.items():
        if name not in tables:
            paths |= _collection_paths(name, layer, config["resources"][name]["title"]["en"])
    paths |= _table_paths(tables) if tables else {}
    paths |= _own_paths(years) | (_download_paths() | {"/oembed": _oembed()} if files else {})
    return {
        "openapi": "3.0.3",
        "info": {
            "title": about["identification"]["title"]["en"],
            "description": about["identification"]["description"]["en"],
            "version": str(config["server"].get("api_version", "1.0.0")),
            "license": {"name": about["license"]["name"], "url": about["license"]["url"]},
            "contact": {"name": about["contact"]["name"], "url": about["contact"]["url"]},
        },
        "servers": [{"url": PLACEHOLDER}],
        "tags": [
            {"name": "server"},
            {"name": "lookup"},
            {"name": "downloads"},
            {"name": "oembed"},
            *({"name": name} for name in layers if name not in tables),
            *({"name": name} for name in ("elections",) if tables),
        ],
        "paths": paths,
        "components": {
            "parameters": _parameters(limits),
            "responses": _responses(),
            "schemas": _schemas(),
        },
    }


def _ref(kind: str, name: str) -> Json:
    return {"$ref": f"#/components/{kind}/{name}"}


def _get(tag: str, name: str, summary: str, parameters: list[Json], ok: Json, *errors: int) -> Json:
    responses = {"200": ok, "304": _ref("responses", "NotModified")}
    responses |= {str(code): _ref("responses", "Problem") for code in (400, *errors, 405, 414, 429, 500)}
    operation = {"tags": [tag], "operationId": name, "summary": summary, "responses": responses}
    return {"get": operation | ({"parameters": parameters} if parameters else {})}


def _post(name: str, summary: str, parameters: list[Json], ok: Json) -> Json:
    """Return the operation that takes a filter as its body, and all other parameters as GET does."""
    told = [
        each
        for each in parameters
        if each.get("$ref", "").rpartition("/")[2] not in ("filter", "filter-lang")
    ]
    operation: Json = _get(name, f"post.{name}.items", summary, told, ok, 404, 411, 413, 415)["get"]
    del operation["responses"]["304"]
    text: Json = {"schema": {"type": "string", "minLength": 1, "maxLength": filters.Bounds.characters}}
    tree: Json = {
        "schema": {"anyOf": [{"type": "object"}, {"type": "boolean"}]}
    }  # true is a filter of CQL2 JSON
    content = {kind: text if language == "cql2-text" else tree for kind, language in posted.LANGUAGES.items()}
    description = "A filter in CQL2: for one that is too long for an address"
    return operation | {"requestBody": {"description": description, "required": True, "content": content}}


def _ok(description: str, *media: str, schema: str = "object") -> Json:
    content: Json = {kind: {"schema": {"type": "string"}} for kind in media if kind in _TEXTS}
    linked = "application/ld+json"
    content |= {
        kind: {"schema": _ref("schemas", "object" if kind == linked else schema)}
        for kind in media
        if kind not in _TEXTS
    }
    return {"description": description, "content": content}


def _forms(name: str = "f") -> list[Json]:
    return [_ref("parameters", name), _ref("parameters", "lang")]


def _server_paths() -> Json:
    types = ("application/json", "text/html", "application/ld+json")
    described = {
        "/": ("getLandingPage", "Landing page", "landingPage"),
        "/collections": ("getCollections", "All collections", "collections"),
    }
    paths = {
        path: _get("server", name, summary, _forms(), _ok(summary, *types, schema=schema))
        for path, (name, summary, schema) in described.items()
    }
    summary = "What this service conforms to"
    ok = _ok(summary, *types[:2], schema="conformance")
    paths["/conformance"] = _get("server", "getConformance", summary, _forms("fPage"), ok)
    openapi = ("application/vnd.oai.openapi+json;version=3.0", "text/html")
    return paths | {
        "/openapi": _get("server", "getOpenapi", "This document", _forms("fPage"), _ok("OpenAPI", *openapi))
    }


def _own_paths(years: list[int]) -> Json:
    point = [
        _query("lon", "Longitude, WGS 84; with lat", {"type": "number", "minimum": -180, "maximum": 180}),
        _query("lat", "Latitude, WGS 84; with lon", {"type": "number", "minimum": -90, "maximum": 90}),
        _query(
            "nama",
            "Instead of lon and lat a name: of a desa, kecamatan, kabkota, provinsi, dapil or a place abroad",
            {"type": "string", **_NAME},
        ),
        _query("year", "Election year; the latest if absent", {"type": "integer", "enum": years}),
        _query(
            "lembaga",
            "Beside nama: of several dapil that answer alike, that of this chamber comes first",
            {"type": "string", "enum": list(CHAMBERS)},
        ),
    ]
    point += _forms("fPage")
    found = _ok("The dapil of every chamber", "application/json", "text/html")
    health = _ok("Ready", "application/json")
    return {
        "/lookup": _get(
            "lookup",
            "lookup",
            "The dapil of every chamber at a point, or in a place by its name",
            point,
            found,
            404,
        )
        | {"post": _points(years)},
        "/health": _get("server", "getHealth", "Which release is served", [], health),
    }


def _oembed() -> Json:
    """Return the operation of oEmbed 1.0; parameters that it does not name are passed over, as oEmbed wants it."""
    url = "Address of /map, with what stands behind its #, or of a page /dapil/{id} of this service"
    pixels = {"type": "integer", "minimum": 1, "maximum": 999_999}
    asked = [
        _query("url", url, {"type": "string", **_TEXT}, required=True),
        _query("maxwidth", "Most pixels of the frame's width", pixels),
        _query("maxheight", "Most pixels of the frame's height", pixels),
        _query("format", "xml is answered with 501", {"type": "string", "enum": ["json"], "default": "json"}),
    ]
    ok = _ok("How to embed it", "application/json", schema="oembed")
    return _get("oembed", "oembed", "How to embed a map (oEmbed)", asked, ok, 404, 501)


def _points(years: list[int]) -> Json:
    """Return the operation that takes a table of points (boundaries.service.posted_points)."""
    year = _query("year", "Election year; the latest if absent", {"type": "integer", "enum": years})
    pair: Json = {"type": "array", "minItems": 2, "items": {"type": "number"}}
    point = _object(
        {"type": {"type": "string", "enum": ["Point"]}, "coordinates": pair}, "type", "coordinates"
    )
    kind = {"type": "string", "enum": ["Feature"]}
    own = {"type": "object", "nullable": True}
    feature = _object({"type": kind, "geometry": point, "properties": own}, "type", "geometry")
    some = {"type": "array", "minItems": 1, "maxItems": 1000, "items": feature}
    kind = {"type": "string", "enum": ["FeatureCollection"]}
    table = _object({"type": kind, "features": some}, "type", "features")
    summary = "The dapil of every chamber at up to 1,000 points: the table that is sent, with columns added"
    ok = _ok("The table with the dapil of each point", "text/csv", "application/geo+json", schema="object")
    operation: Json = _get(
        "lookup", "lookupMany", summary, [year, _ref("parameters", "lang")], ok, 411, 413, 415, 503
    )["get"]
    del operation["responses"]["304"]
    text = {"type": "string", "minLength": 1}
    content = {"text/csv": {"schema": text}} | {
        media: {"schema": table} for media in ("application/geo+json", "application/json")
    }
    told = "Points in WGS 84: CSV with columns lon and lat, or a FeatureCollection; at most 1 MiB. Not kept or logged"
    return operation | {"requestBody": {"description": told, "required": True, "content": content}}


def _download_paths() -> Json:
    """The files of releases. They are bytes of many kinds; the list says which."""
    release = {"name": "release", "in": "path", "required": True, "schema": {"type": "string", **_TEXT}}
    release["description"] = "A release's id, or latest: that leads to the release being served"
    file = {"name": "file", "in": "path", "required": True, "schema": {"type": "string", **_TEXT}}
    file["description"] = (
        "A name of downloads.json, that of its packed sibling (.gz), or downloads.json itself"
    )
    forms = ("application/json", "text/html")
    index = _get(
        "downloads",
        "getDownloads",
        "Every release with its files",
        _forms("fPage"),
        _ok("Releases", *forms),
        404,
    )
    one = _get("downloads", "getDownloadsOfRelease", "The files of a release", [release, *_forms("fPage")],
               _ok("downloads.json", *forms), 404)  # fmt: skip
    content = {"*/*": {"schema": {"type": "string", "format": "binary"}}}
    ok = {"description": "The file. It never changes; ETag is its sha256 (in hex)", "content": content}
    get = _get("downloads", "getFile", "A file; Range gives a part of it", [release, file], ok, 404, 412, 416)
    get["get"]["responses"]["206"] = ok | {"description": "The part of the file that Range asks for"}
    for each in (one, get):
        each["get"]["responses"]["302"] = {"description": "Where the latest release has it"}
    plan = release | {"name": "plan", "description": "A plan with members, e.g. dpr-2024"}
    page = {
        "description": "The report, in both languages",
        "content": {"text/html": {"schema": {"type": "string"}}},
    }
    report = _get("downloads", "getReport", "A plan held against the law", [plan], page, 404, 412, 416)
    report["get"]["responses"]["206"] = page | {"description": "The part of the page that Range asks for"}
    return {
        "/laporan/{plan}": report,
        "/downloads/": index,
        "/downloads/{release}/": one,
        "/downloads/{release}/{file}": get,
    }


def _query(name: str, description: str, schema: Json, *, required: bool = False) -> Json:
    """Return a parameter of the query; Features Part 1 wants style and explode written out."""
    told = {"name": name, "in": "query", "description": description, "required": required, "schema": schema}
    return told | {"style": "form", "explode": False}


def _collection_paths(name: str, layer: Layer, title: str) -> Json:
    base = f"/collections/{name}"
    types = ("application/json", "text/html", "application/ld+json")
    features = ("application/geo+json", "text/html", "application/ld+json", "text/csv")
    schema = ("application/schema+json", "text/html")
    feature_id = {"name": "featureId", "in": "path", "required": True, "schema": {"type": "string"}}
    items = [
        _ref("parameters", each)
        for each in _parameters(Limits())
        if each not in ("f", "fPage", "sortby", "properties")
    ]
    items += [_columns_list("sortby", layer), _columns_list("properties", layer)]
    items += [_column_parameter(column) for column in layer.columns]
    item = [feature_id, *_forms(), _ref("parameters", "crs"), _ref("parameters", "detail")]
    page = _ok("A page of features", *features, schema="featureCollection")
    one = _ok("A feature", *features[:3], schema="feature")
    for answer in (page, one):
        answer["headers"] = {
            "Content-Crs": {"description": "CRS of the coordinates", "schema": {"type": "string"}}
        }
    return {
        base: _get(name, f"get.{name}", title, _forms(), _ok(title, *types, schema="collection"), 404),
        f"{base}/schema": _get(
            name, f"get.{name}.schema", "Schema", _forms("fPage"), _ok("Schema", *schema), 404
        ),
        f"{base}/queryables": _get(
            name, f"get.{name}.queryables", "Queryables", _forms("fPage"), _ok("Queryables", *schema), 404
        ),
        f"{base}/csvw": _get(name, f"get.{name}.csvw", "CSVW", [_ref("parameters", "lang")], _csvw(), 404),
        f"{base}/items": _get(name, f"get.{name}.items", f"{title}: features", items, page, 404)
        | {"post": _post(name, f"{title}: features, by a filter in the body", items, page)},
        f"{base}/items/{{featureId}}": _get(
            name, f"get.{name}.item", f"{title}: one feature", item, one, 404
        ),
    }


def _table_paths(tables: list[str]) -> Json:
    """The tables of the election, told once for all: /queryables of each tells its columns."""
    base = "/collections/{table}"
    table = {"name": "table", "in": "path", "required": True, "schema": {"type": "string", "enum": tables}}
    row = {"name": "featureId", "in": "path", "required": True, "schema": {"type": "string"}}
    types = ("application/json", "text/html", "application/ld+json")
    features = ("application/geo+json", "text/html", "application/ld+json", "text/csv")
    schema = ("application/schema+json", "text/html")
    items = [_ref("parameters", each) for each in _parameters(Limits()) if each not in ("f", "fPage")]
    page = _ok("Rows", *features, schema="featureCollection")
    one = _ok("A row", *features[:3], schema="feature")
    item = [table, row, *_forms(), _ref("parameters", "crs"), _ref("parameters", "detail")]
    asked = {"schema": "Schema", "queryables": "Queryables"}
    return {
        f"{base}/csvw": _get("elections", "getCsvwOfTable", "CSVW", [table, _ref("parameters", "lang")], _csvw(), 404),
        base: _get("elections", "getTable", "A table of the election", [table, *_forms()],
                   _ok("The table", *types, schema="collection"), 404),
        f"{base}/items": _get("elections", "getRows", "Rows of a table", [table, *items], page, 404),
        f"{base}/items/{{featureId}}": _get("elections", "getRow", "A row of a table", item, one, 404),
    } | {
        f"{base}/{kind}": _get("elections", f"get{title}OfTable", title, [table, *_forms("fPage")],
                               _ok(title, *schema), 404)
        for kind, title in asked.items()
    }  # fmt: skip


def _csvw() -> Json:
    return {
        "description": "What the columns of the CSV mean (CSV on the Web)",
        "content": {"application/csvm+json": {"schema": _ref("schemas", "object")}},
    }


def _columns_list(name: str, layer: Layer) -> Json:
    text = {
        "sortby": "Comma-separated properties, - before one to descend; ties by id, null last",
        "properties": "Comma-separated properties to give; all if absent",
    }[name]
    names = list(layer.column)
    if name == "sortby":
        names = [sign + each for each in names for sign in ("", "+", "-")]
    schema = {"type": "array", "minItems": 1, "uniqueItems": True, "items": {"type": "string", "enum": names}}
    return _query(name, text, schema)


def _column_parameter(column: Column) -> Json:
    schema: Json = {"type": column.kind}
    if column.kind == "string":
        schema |= _TEXT
    if column.kind == "integer":
        schema |= {"minimum": -(10**18 - 1), "maximum": 10**18 - 1}  # 18 digits are read
    if column.name in ("mulai", "selesai"):
        schema["format"] = "date"
    text = column.meaning.get("en", column.title)
    return _query(column.name, f"Only features whose {column.name} equals this. {text}", schema)


def _parameters(limits: Limits) -> Json:
    uri: Json = {"type": "string", "format": "uri", "enum": list(SUPPORTED), "default": CRS84}
    box: Json = {"type": "array", "minItems": 4, "maxItems": 6, "items": {"type": "number"}}
    box["oneOf"] = [{"minItems": 4, "maxItems": 4}, {"minItems": 6, "maxItems": 6}]
    limit = {"type": "integer", "minimum": 1, "maximum": limits.maximum, "default": limits.default}
    period = (
        "A date, date-time or interval (RFC 3339, .. for open): only dapil in force then. No effect on units"
    )
    described: dict[str, tuple[str, Json]] = {
        "f": ("Format", {"type": "string", "enum": ["json", "html", "jsonld"]}),
        "fItems": (
            "Format; csv has no geometry, and without a limit as many rows as a page may have",
            {"type": "string", "enum": ["json", "html", "jsonld", "csv"]},
        ),
        "fPage": ("Format", {"type": "string", "enum": ["json", "html"]}),
        "lang": ("Language", {"type": "string", "enum": list(_LANGUAGES)}),
        "limit": (f"Features a page; more than {limits.maximum} gives {limits.maximum}", limit),
        "offset": (
            "How many features to pass over",
            {"type": "integer", "minimum": 0, "maximum": 10**18 - 1, "default": 0},
        ),
        "bbox": (
            "Only features whose geometry shares a point with this box (west,south,east,north; the axes of "
            "bbox-crs; west greater than east crosses the antimeridian)",
            box,
        ),
        "bbox-crs": ("CRS of bbox", uri),
        "crs": ("CRS of the answer, in the axis order of its authority", uri),
        "detail": (
            "Detail of the geometries given: standard is generalised (by how many metres at most the release's "
            f"manifest says), full has every vertex and at most {FULL_ITEMS} features a page. Which features answer "
            "is told by standard",
            {"type": "string", "enum": list(DETAILS), "default": STANDARD},
        ),
        "datetime": (period, {"type": "string", "pattern": _PERIOD}),
        "sortby": (
            "Comma-separated properties, - before one to descend",
            {"type": "array", "items": {"type": "string"}},
        ),
        "properties": ("Comma-separated properties to give", {"type": "array", "items": {"type": "string"}}),
        "skipGeometry": ("Leave the geometries out", {"type": "boolean", "default": False}),
        "filter": (
            "A filter in CQL2 (OGC 21-065r2) over the queryables, such as kursi > 8 AND nama_dapil LIKE 'JAWA%'",
            {"type": "string", **_TEXT},
        ),
        "filter-lang": (
            "Language of filter; cql-text is the draft's, for clients that know no other",
            {"type": "string", "enum": list(filters.LANGUAGES), "default": filters.LANGUAGES[0]},
        ),
        "filter-crs": ("CRS of the geometries in filter", uri),
        "resulttype": (
            "hits: only count",
            {"type": "string", "enum": ["results", "hits"], "default": "results"},
        ),
    }
    parameters = {}
    for name, (text, schema) in described.items():
        parameters[name] = _query("f" if name in ("fPage", "fItems") else name, text, schema)
    return parameters


def _responses() -> Json:
    content = {"application/problem+json": {"schema": _ref("schemas", "problem")}}
    content["text/html"] = {"schema": {"type": "string"}}
    return {
        "Problem": {"description": "What is wrong, and what would be allowed", "content": content},
        "NotModified": {"description": "The client holds this answer (If-None-Match)"},
    }


def _schemas() -> Json:
    text, whole = {"type": "string"}, {"type": "integer"}
    texts = {"type": "array", "items": text}
    links = {"type": "array", "items": _ref("schemas", "link")}
    problem = {"type": text, "title": text, "status": whole, "detail": text, "parameter": text}
    feature = {"type": {"type": "string", "enum": ["Feature"]}, "id": text, "links": links}
    feature |= {
        "geometry": {"type": "object", "nullable": True},
        "properties": {"type": "object", "nullable": True},
    }
    page = {"type": {"type": "string", "enum": ["FeatureCollection"]}, "links": links, "timeStamp": text}
    page |= {"numberMatched": whole, "numberReturned": whole}
    page |= {"features": {"type": "array", "items": _ref("schemas", "feature")}}
    collection = {
        "id": text,
        "title": text,
        "description": text,
        "links": links,
        "itemType": text,
        "crs": texts,
    }
    collection |= {"extent": {"type": "object"}, "storageCrs": text}
    collections = {"links": links, "collections": {"type": "array", "items": _ref("schemas", "collection")}}
    return {
        "object": {"type": "object"},
        "oembed": _object(
            dict.fromkeys(("version", "type", "title", "html", "provider_name", "provider_url"), text)
            | dict.fromkeys(("width", "height"), whole)
            | {
                "author_name": text,
                "thumbnail_url": text,
                "thumbnail_width": whole,
                "thumbnail_height": whole,
            },
            "version",
            "type",
            "html",
            "width",
            "height",
        ),
        "link": _object(
            {"href": text, "rel": text, "type": text, "title": text, "hreflang": text}, "href", "rel"
        ),
        "problem": _object(problem, "type", "title", "status", "detail"),
        "landingPage": _object({"title": text, "description": text, "links": links}),
        "conformance": _object({"conformsTo": texts}, "conformsTo"),
        "collections": _object(collections),
        "collection": _object(collection),
        "feature": _object(feature),
        "featureCollection": _object(page),
    }


def _object(properties: Json, *required: str) -> Json:
    return {"type": "object", "properties": properties} | ({"required": list(required)} if required else {})
