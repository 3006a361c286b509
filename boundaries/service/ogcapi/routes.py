"""The routes of the API: from a request and a release's state to a reply, knowing of no framework.

pygeoapi's API object gives the collection documents and JSON-LD; what it answers wrongly (unknown parameters with
200, ``next`` past the end, a conformance list that grows at every request) is answered by own modules.
"""

import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, Final
from urllib.parse import quote

import numpy as np
from pygeoapi.api import APIRequest, describe_collections, landing_page
from pygeoapi.linked_data import geojson2jsonld

from boundaries.errors import NotFound
from boundaries.release.lookup import CHAMBERS, LookupResult, QuestionError, TooFar
from boundaries.release.named import NoPlace
from boundaries.release.spliced import Part, plain
from boundaries.service import messages
from boundaries.service.crs import CRS84, Crs
from boundaries.service.did_you_mean import meant
from boundaries.service.filters import FilterError
from boundaries.service.html import CSP, CSP_OPENAPI, Kin, Language, Neighbour, Page
from boundaries.service.map_page import DRAFT_POLICY, WORKER_POLICY
from boundaries.service.messages import NOINDEX, Reply, Request
from boundaries.service.negotiation import LANGUAGES
from boundaries.service.ogcapi import documents, feature_pages, openapi_words, query, table_texts
from boundaries.service.ogcapi.catalog import PLACEHOLDER, both
from boundaries.service.ogcapi.layer import Layer
from boundaries.service.ogcapi.lineage import BEFORE, KINDS, Relative
from boundaries.service.ogcapi.table_layer import TableLayer
from boundaries.service.problems import MEDIA_TYPE, Problem, bad, missing
from boundaries.service.state import State

_COMMON: Final = ("f", "lang")
#: The most characters of a name that is looked up.
_LONGEST_NAME: Final = 100
_RELATIONS: Final = "http://www.opengis.net/def/rel/ogc/1.0"
_OPENAPI: Final = "application/vnd.oai.openapi+json;version=3.0"
_GEOJSON: Final = "application/geo+json"
_NEIGHBOURS: Final = 40
#: Rows of a page for a person: ten times as many take a second to write, and nobody reads them.
_ROWS: Final = 1_000
_SHORT_LIVED: Final = "no-store"
_PRIVATE: Final = "private, max-age=60"

View = Callable[["Call"], Reply]


class Call:
    """One request on one release: its parameters, format and language as they were decided."""

    def __init__(self, state: State, request: Request) -> None:
        self.state = state
        self.request = request
        self.base = request.base
        self.path = request.path()
        self.form = "json"
        self.language = request.language

    def read(self, allowed: Collection[str], forms: tuple[str, ...] = feature_pages.FORMS) -> dict[str, str]:
        """Read the parameters strictly, then the format and the language."""
        params = query.single(self.request.pairs(), allowed)
        if "f" in params:
            self.form = query.one_of("f", params["f"], forms)
        else:
            self.form = next((form for form in self.request.accepts if form in forms), forms[0])
        named = params.get("lang", self.language if "lang" in allowed else LANGUAGES[0])
        self.language = query.one_of("lang", named, LANGUAGES)
        self.request.vary = messages.vary(
            form="f" not in params and len(forms) > 1, language="lang" in allowed and "lang" not in params
        )
        return params

    def pygeoapi(self) -> APIRequest:
        """Return pygeoapi's view of this request: only format and language, as they were decided here."""
        args = {"f": self.form, "lang": self.language}
        return APIRequest(SimpleNamespace(args=args, headers={}), self.state.api.locales)

    def page(self, query: str = "") -> Page:
        """Return what a page must know of this request; documents are the same for any query."""
        return Page(self.base, "/" + "/".join(self.path), query, self.tongue)

    @property
    def tongue(self) -> Language:
        """The language, as one of the two."""
        return "en" if self.language == "en" else "id"

    def title(self, layer: Layer) -> str:
        """Return the title of a collection in the request's language."""
        return str(self.state.api.config["resources"][layer.name]["title"][self.language])

    def reply(self, body: bytes, media: str | None = None, **more: Any) -> Reply:
        """Return a whole document; texts written for any address get this one."""
        text = body.replace(PLACEHOLDER.encode(), self.base.encode())
        found = Reply([Part(text)], media or documents.media_type(self.form), self.language, **more)
        if self.form == "html":
            found.headers.append(("Content-Security-Policy", CSP))
        return found

    def kept(self, key: str, write: Callable[[], bytes], media: str | None = None) -> Reply:
        """Return a document that is written once a release, format and language (a page: and address)."""
        return self.reply(self._written(key, write), media)

    def _written(self, key: str, write: Callable[[], bytes]) -> bytes:
        full = (key, self.form, self.language, self.base if self.form == "html" else "")
        body = self.state.documents.get(full)
        if body is None:
            body = write()
            self.state.documents.put(full, body, len(body))
        return body

    def about(self, name: str | None) -> dict[str, Any]:
        """Return the document of a collection, or of all, for a page."""
        return self.placed(self._written(f"about {name or ''}", lambda: _described(self, name, "json")))

    def placed(self, document: bytes) -> dict[str, Any]:
        """Return a document that was written for any address, for this one."""
        return dict(json.loads(document.replace(PLACEHOLDER.encode(), self.base.encode())))


class Routes:
    """Which paths there are, and what answers them."""

    _SINGLE: Final[Mapping[str, str]] = {
        "": "landing",
        "openapi": "openapi",
        "conformance": "conformance",
        "collections": "collections",
        "lookup": "lookup",
        "health": "health",
        "map": "map",
        "map-sw.js": "map-sw.js",
        "uji": "drafts",
        "pakai": "use",
        "tentang": "about",
    }

    def reply(self, state: State, request: Request) -> Reply:
        """Return the reply, or raise the Problem."""
        call = Call(state, request)
        match call.path:
            case []:
                return landing(call)
            case [name] if name in self._SINGLE:
                return _VIEWS[self._SINGLE[name]](call)
            case ["collections", name]:
                return collection(call, _layer(call, name))
            case ["collections", name, "items"]:
                return items(call, _layer(call, name))
            case ["collections", name, "items", feature]:
                return item(call, _layer(call, name), feature)
            case ["collections", name, ("schema" | "queryables") as kind]:
                return columns(call, _layer(call, name), kind)
            case ["collections", name, "csvw"]:
                return described_csv(call, _layer(call, name))
        raise Problem(404, f"there is nothing at {request.raw_path[:200]!r}; begin at {call.base}/")

    def problem(self, state: State, request: Request, problem: Problem) -> tuple[bytes, str]:
        """Return a problem as a page where the client wants pages, else as a problem document."""
        form = re.search(r"(?:^|&)f=([a-z]*)", request.raw_query)
        if (form[1] if form else request.accepts[0]) != "html":
            return problem.document(), MEDIA_TYPE
        try:
            path = "/" + "/".join(request.path())
        except Problem:
            path = "/"
        page = Page(request.base, path, request.raw_query, "en" if request.language == "en" else "id")
        told = json.loads(problem.document())
        return state.pages.problem(page, told, meant(state, page, told)), "text/html"


def _layer(call: Call, name: str) -> Layer:
    layer = call.state.layers.get(name)
    if layer is None:
        raise missing("collection", name, call.state.layers)
    return layer


def landing(call: Call) -> Reply:
    """``/``."""
    call.read(_COMMON)
    return call.kept("/", lambda: _landing(call))


def _landing(call: Call) -> bytes:
    if call.form == "jsonld":
        return str(landing_page(call.state.api, call.pygeoapi())[2]).encode()
    about = call.state.api.config["metadata"]["identification"]
    source = call.state.manifest["source"]
    attribution = both(source.get("attribution") or source.get("title") or source["id"])[call.language]
    document = documents.landing(
        about["title"][call.language],
        about["description"][call.language],
        attribution,
        files=call.state.files,
    )
    document["links"] = documents.self_links("/", call.form, feature_pages.FORMS) + document["links"]
    if call.form == "json":
        return _json(document)
    return call.state.pages.landing(call.page(), call.about(None) | call.placed(_json(document)))


def openapi(call: Call) -> Reply:
    """``/openapi``."""
    call.read(_COMMON, ("json", "html"))
    if call.form == "html":
        found = call.kept("/openapi", lambda: call.state.pages.openapi(call.page()))
        found.headers[:] = [("Content-Security-Policy", CSP_OPENAPI)]
        return found
    return call.kept("/openapi", lambda: _json(_spoken(call)), _OPENAPI)


def _spoken(call: Call) -> Mapping[str, Any]:
    """Return the OpenAPI document in the language of the request."""
    state = call.state
    if call.tongue == "en":
        return state.openapi
    about = state.config["metadata"]["identification"]
    texts = [about["title"], about["description"]]
    texts += [each["title"] for each in state.config["resources"].values()]
    texts += [column.meaning for layer in state.layers.values() for column in layer.columns]
    return openapi_words.indonesian(state.openapi, {each["en"]: each["id"] for each in texts if "en" in each})


def conformance(call: Call) -> Reply:
    """``/conformance``."""
    call.read(_COMMON, ("json", "html"))
    document = {"conformsTo": list(documents.CONFORMANCE)}
    return call.kept("/conformance", lambda: _either(call, document, call.state.pages.conformance))


def collections(call: Call) -> Reply:
    """``/collections``."""
    call.read(_COMMON)

    def write() -> bytes:
        if call.form != "html":
            return _described(call, None, call.form)
        return call.state.pages.collections(call.page(), call.about(None))

    return call.kept("/collections", write)


def collection(call: Call, layer: Layer) -> Reply:
    """``/collections/{id}``."""
    call.read(_COMMON)

    def write() -> bytes:
        if call.form != "html":
            return _described(call, layer.name, call.form)
        notes = call.state.notes[layer.name][call.language]
        return call.state.pages.collection(
            call.page(), call.about(layer.name), columns=layer.columns, notes=notes
        )

    return call.kept(f"/collections/{layer.name}", write)


def columns(call: Call, layer: Layer, kind: str) -> Reply:
    """``/collections/{id}/schema`` and ``/queryables``."""
    call.read(_COMMON, ("json", "html"))
    write = documents.schema if kind == "schema" else documents.queryables
    page = call.state.pages.schema if kind == "schema" else call.state.pages.queryables
    media = "application/schema+json" if call.form == "json" else None

    def body() -> bytes:
        return _either(call, write(layer, call.title(layer), call.language, call.state.layers), page)

    return call.kept(f"/collections/{layer.name}/{kind}", body, media)


def items(call: Call, layer: Layer) -> Reply:
    """``/collections/{id}/items``."""
    params = call.read(layer.parameters, feature_pages.PAGE_FORMS)
    asked = query.items(params, layer, call.state.limits)
    if call.form == "csv" and "limit" not in params:
        asked = replace(asked, limit=call.state.limits.maximum)
    wanted = asked.limit
    if call.form == "html":
        asked = replace(asked, limit=min(wanted, _ROWS))
    try:
        found = feature_pages.items(layer, asked, params, call.base, call.form, call.title(layer))
    except (
        FilterError
    ) as error:  # what can only be seen when it is asked, such as a shape that cannot be computed
        raise bad("filter", error.detail, error.allowed) from None
    here = f"{call.base}/collections/{layer.name}"
    relations = (
        f'<{here}/{kind}>; rel="{_RELATIONS}/{kind}"; type="application/schema+json"'
        for kind in ("queryables", "schema")
    )
    headers = [
        ("Content-Crs", f"<{asked.question.crs.uri}>"),
        ("Link", ", ".join(relations)),
        *_unlisted(layer),
    ]
    if call.form == "csv":
        return _as_csv(call, layer, found, headers[2:])
    if call.form == "json":
        parts = found.parts(call.state.id)
        return Reply(parts, _GEOJSON, call.language, headers, document=False)
    if call.form == "jsonld":
        _only_lonlat(asked.question.crs)
        return call.reply(
            _json(documents.linked_page(found.listing(), here, layer.title_column)), headers=headers
        )
    shapes = layer.geometries(found.positions) if asked.question.geometry and layer.has_geometry else None
    if shapes is not None and any(shape is None for shape in shapes):
        shapes = None
    body = call.state.pages.items(
        call.page(call.request.raw_query),
        found.listing() | {"wanted": wanted},
        collection=call.about(layer.name),
        columns=layer.columns,
        shapes=shapes,
    )
    return call.reply(body, headers=headers)


def item(call: Call, layer: Layer, name: str) -> Reply:
    """``/collections/{id}/items/{featureId}``."""
    params = call.read((*_COMMON, "crs", "detail"))
    crs, detail = query.system("crs", params.get("crs")), query.detail(params)
    position = layer.position(name)
    if position is None:
        raise missing("item", name)
    headers = [("Content-Crs", f"<{crs.uri}>"), *_unlisted(layer)]
    links = feature_pages.item_links(layer, name, params, call.base, call.form, call.title(layer))
    links += _related(call, layer, position)
    relatives = call.state.lineage.of(name) if layer.is_plan else []
    links += [each.link(call.base, _GEOJSON) for each in relatives]
    tail = Part(b',"links":' + _json(links) + b"}")
    if call.form == "json":
        parts = [*layer.feature(position, crs, detail), tail]
        return Reply(parts, _GEOJSON, call.language, headers, document=False)
    if call.form == "jsonld":
        _only_lonlat(crs)
        data = json.loads(b"".join(plain([*layer.feature(position, crs, detail), tail])))
        here = f"{call.base}/collections/{layer.name}/items/{name}"
        return call.reply(
            geojson2jsonld(call.state.api, data, layer.name, here).encode(), None, headers=headers
        )
    document = {"type": "Feature", "id": name, "properties": layer.properties(position), "links": links}
    shape = layer.geometries([position])[0] if layer.has_geometry else None
    around = None if isinstance(layer, TableLayer) else _around(layer, position)
    body = call.state.pages.item(
        call.page(call.request.raw_query), document,
        collection=call.about(layer.name), columns=layer.columns, shape=shape, neighbours=around,
        relatives=_relatives(call, relatives),
    )  # fmt: skip
    return call.reply(body, headers=headers)


def _unlisted(layer: Layer) -> list[tuple[str, str]]:
    """Return the header that keeps rows of persons out of search engines."""
    return [NOINDEX] if layer.persons else []


def _as_csv(call: Call, layer: Layer, found: feature_pages.Found, headers: list[tuple[str, str]]) -> Reply:
    """Return a page as CSV. What follows, and what its columns mean, is told by links of the header."""
    select = found.asked.question.select
    names = [name for name in layer.column if select is None or name in select]
    told = [
        f'<{each["href"]}>; rel="{each["rel"]}"' for each in found.links if each["rel"] in ("next", "prev")
    ]
    here = f"{call.base}/collections/{layer.name}/csvw"
    told.append(f'<{here}>; rel="describedby"; type="application/csvm+json"')
    headers = [("Link", ", ".join(told)), ("Dapil-Number-Matched", str(found.matched)), *headers]
    body = table_texts.rows_as_csv(layer.listed(found.positions, select), names)
    return Reply([Part(body)], "text/csv", call.language, headers, document=False)


def described_csv(call: Call, layer: Layer) -> Reply:
    """``/collections/{id}/csvw``: what the columns of the CSV mean, by CSV on the Web."""
    call.read(_COMMON, ("json",))
    url = f"{PLACEHOLDER}/collections/{layer.name}/items?f=csv"

    def write() -> bytes:
        return _json(table_texts.csvw(url, call.title(layer), layer.columns, layer.id_column, call.language))

    return call.kept(f"/collections/{layer.name}/csvw", write, "application/csvm+json")


def _related(call: Call, layer: Layer, position: int) -> list[dict[str, str]]:
    """Return links from a dapil to its rows in every table on its plan: lists, results, elected, turnout."""
    if not layer.is_plan:
        return []
    cells = layer.properties(position, ("lembaga", "tahun", "kode_dapil"))
    plan, code = f"{cells['lembaga']}-{cells['tahun']}", str(cells["kode_dapil"])
    links = []
    for name, table in call.state.layers.tables.items():
        column = next((each for each in ("kode_dapil", "kode_wilayah") if each in table.column), "")
        on_dapil = column == "kode_dapil" or (table.about["geometry"] or {}).get("target") == plan
        if table.about["plan"] == plan and column and on_dapil:
            href = f"{call.base}/collections/{name}/items?{column}={quote(code)}"
            links.append({"rel": "related", "type": _GEOJSON, "title": call.title(table), "href": href})
    return links


def _relatives(call: Call, found: Sequence[Relative]) -> list[Kin]:
    """The dapil before and after with their names, for a page."""
    told = []
    for each in found:
        layer = call.state.layers[each.collection]
        at = layer.position(each.id)
        name = str(layer.properties(at)[layer.title_column]) if at is not None else each.id
        said = KINDS[each.kind][call.language != "id"]
        told.append(Kin(each.rel == BEFORE, each.collection, each.id, name, each.collection[-4:], said))
    return told


def _only_lonlat(crs: Crs) -> None:
    """Refuse another system in JSON-LD: schema.org and GeoSPARQL would take its coordinates for lon/lat."""
    if not crs.is_default:
        raise bad("crs", "JSON-LD has lon/lat only", [CRS84])


def lookup(call: Call) -> Reply:
    """``/lookup``: the dapil of every chamber at a point, or in a place by its name."""
    params = call.read((*_COMMON, "lon", "lat", "year", "nama", "lembaga"), ("json", "html"))
    if call.form == "html" and not params.keys() - {"f", "lang"}:
        return call.kept("/lookup", lambda: call.state.pages.lookup(call.page(), None))
    try:
        answer = _named(call, params) if "nama" in params else _looked_up(call, _place(call, params))
    except Problem as problem:
        if call.form == "json":
            raise
        told = json.loads(problem.document())
        body = call.state.pages.lookup(call.page(call.request.raw_query), None, problem=told)
        return call.reply(body, status=int(problem.status), cache=_SHORT_LIVED)
    if call.form == "html":
        return call.reply(call.state.pages.lookup(call.page(call.request.raw_query), answer), cache=_PRIVATE)
    return call.reply(_json(answer), cache=_PRIVATE)


def _named(call: Call, params: Mapping[str, str]) -> dict[str, Any]:
    """Answer for a name; one that nothing is called by is a 404 that offers the names most like it."""
    for name in ("lon", "lat"):
        if name in params:
            raise bad(name, "stands beside nama", "either a point or a name")
    text = params["nama"]
    if len(text.strip(" ")) < 2 or len(text) > _LONGEST_NAME:
        raise bad("nama", f"has {len(text)} characters", f"a name of 2 to {_LONGEST_NAME} characters")
    try:
        chamber = query.one_of("lembaga", params["lembaga"], CHAMBERS) if "lembaga" in params else ""
        found = call.state.names.find(text, _year(call, params), chamber=chamber)
    except QuestionError as error:
        raise bad(error.parameter, str(error), error.allowed) from None
    except NoPlace as error:
        near = [{"kode": each.kode, "nama": each.nama, "di": list(each.di)} for each in error.near]
        raise Problem(404, str(error), terdekat_nama=near) from None
    answer: dict[str, Any] = {"rilis": call.state.id} | found.as_dict()
    for place in answer["temuan"]:
        for seat in place["dapil"]:
            _with_link(call, seat)
    return answer


def _year(call: Call, params: Mapping[str, str]) -> int | None:
    year = params.get("year")
    if year is not None and not re.fullmatch(r"\d{4}", year, re.ASCII):
        raise bad("year", f"{year[:80]!r} is not a year", map(str, call.state.lookup.years))
    return None if year is None else int(year)


def _place(call: Call, params: Mapping[str, str]) -> LookupResult:
    if "lembaga" in params:
        raise bad(
            "lembaga", "stands beside a point", "only beside nama: a point has a dapil of every chamber"
        )
    for name in ("lon", "lat"):
        if name not in params:
            raise bad(name, "is missing", "a longitude and a latitude, such as lon=106.8272&lat=-6.1754")
    lon, lat = (query.number(name, params[name]) for name in ("lon", "lat"))
    try:
        return call.state.lookup.at(lon, lat, _year(call, params))
    except QuestionError as error:
        raise bad(error.parameter, str(error), error.allowed) from None
    except TooFar as error:
        raise Problem(404, str(error), jarak_m=error.jarak_m, terdekat=vars(error.nearest)) from None
    except NotFound as error:
        raise Problem(404, str(error)) from None


def _looked_up(call: Call, found: LookupResult) -> dict[str, Any]:
    answer = {"rilis": call.state.id} | found.as_dict()
    for seat in answer["dapil"]:
        _with_link(call, seat)
    return answer


def _with_link(call: Call, seat: dict[str, Any]) -> None:
    if seat["id"] is not None:
        seat["href"] = f"{call.base}/collections/{seat['lembaga']}-{seat['tahun']}/items/{seat['id']}"


def health(call: Call) -> Reply:
    """``/health``: which release is served, since when, and whether everything is ready."""
    call.read((), ("json",))
    return call.reply(_json(call.state.health()), cache=_SHORT_LIVED)


def map_page(call: Call) -> Reply:
    """``/map``: the map for a person; it may stand in a frame of other pages."""
    call.read(_COMMON, ("html",))
    found = call.kept("/map", lambda: call.state.map.page(call.page()), "text/html")
    found.headers[:] = [("Content-Security-Policy", call.state.map.policy)]
    return found


def map_worker(call: Call) -> Reply:
    """``/map-sw.js``: what keeps the map when there is no network.

    Browsers look for a new one at every visit; a cache that many share answers them as long as it may keep a page.
    """
    call.read((), ("js",))
    cache = f"public, max-age=0, s-maxage={call.state.max_age}"
    found = call.reply(call.state.map.worker(call.page()), "text/javascript", cache=cache)
    found.headers[:] = [("Content-Security-Policy", WORKER_POLICY)]
    return found


def drafts(call: Call) -> Reply:
    """``/uji``: a draft of somebody's own, held against the law in the browser."""
    call.read(_COMMON, ("html",))
    found = call.kept("/uji", lambda: call.state.map.drafts(call.page()), "text/html")
    found.headers[:] = [("Content-Security-Policy", DRAFT_POLICY)]
    return found


def use(call: Call) -> Reply:
    """``/pakai``: how other programs take the data, for a person."""
    call.read(_COMMON, ("html",))
    return call.kept("/pakai", lambda: call.state.pages.use(call.page(), call.state.offered))


def about(call: Call) -> Reply:
    """``/tentang``: what this is, what it does not know, how to cite it."""
    call.read(_COMMON, ("html",))
    return call.kept("/tentang", lambda: call.state.pages.about(call.page()))


_VIEWS: Final[Mapping[str, View]] = {
    "landing": landing,
    "openapi": openapi,
    "conformance": conformance,
    "collections": collections,
    "lookup": lookup,
    "health": health,
    "map": map_page,
    "map-sw.js": map_worker,
    "drafts": drafts,
    "use": use,
    "about": about,
}


def _either(call: Call, document: dict[str, Any], page: Callable[[Page, dict[str, Any]], bytes]) -> bytes:
    text = _json(document)
    return page(call.page(), call.placed(text)) if call.form == "html" else text


def _described(call: Call, name: str | None, form: str) -> bytes:
    """Return pygeoapi's document of one collection or of all."""
    args = SimpleNamespace(args={"f": form, "lang": call.language}, headers={})
    request = APIRequest(args, call.state.api.locales)
    _, status, content = describe_collections(call.state.api, request, name)
    if int(status) != 200:
        raise RuntimeError(f"pygeoapi answered {status} for the collection {name}")
    return str(content).encode()


def _around(layer: Layer, position: int) -> list[Neighbour]:
    """Return the features of the same time whose boxes meet that of one: its neighbours, for a picture."""
    boxes = layer.bounds()
    west, south, east, north = boxes[position]
    meet = (boxes[:, 0] <= east) & (boxes[:, 2] >= west) & (boxes[:, 1] <= north) & (boxes[:, 3] >= south)
    if layer.is_plan:
        years, _ = layer.values("tahun")
        meet &= years == years[position]
    meet[position] = False
    found = np.flatnonzero(meet)[:_NEIGHBOURS]
    names, _ = layer.values(layer.title_column)
    shapes = layer.geometries(found)
    return [Neighbour(layer.ids[at], names[at], shape) for at, shape in zip(found, shapes, strict=True)]


def _json(data: Any) -> bytes:
    return json.dumps(data, ensure_ascii=False).encode()
