"""The Flask application: thin routes over one release's state.

Own routes, not ``pygeoapi.flask_app``: that module reads its configuration from the environment when it is
imported and keeps one API object for the life of the process, so neither two services nor a new release could
live in it. pygeoapi's API object, collection documents, templates and JSON-LD are used from here; what it
answers wrongly (unknown parameters with 200, ``next`` past the end, a conformance list that grows at every
request) is answered by own modules.
"""

import json
import logging
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import pygeoapi
import yaml
from flask import Flask, Response, request, send_from_directory
from pygeoapi.api import APIRequest, describe_collections, landing_page
from pygeoapi.linked_data import geojson2jsonld
from pygeoapi.util import render_j2_template
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from boundaries.service import documents, pages, query
from boundaries.service.catalog import PLACEHOLDER, both
from boundaries.service.layer import Layer
from boundaries.service.lookup import LookupResult, QuestionError, TooFar
from boundaries.service.problems import MEDIA_TYPE, Problem, bad, missing
from boundaries.service.state import Current, State

LOGGER = logging.getLogger(__name__)
CONFIG: Final = Path(__file__).parents[2] / "pygeoapi-config.yml"
_COMMON: Final = ("f", "lang")
_ADDRESS: Final = re.compile(r"https?://[A-Za-z0-9.\-_:\[\]]+(/[A-Za-z0-9._~\-/]*)?")
_LANGUAGES: Final = ("id", "en")
#: Seen in the Accept header, in the server's order of liking.
_ACCEPTED: Final = {
    "application/json": "json",
    "application/geo+json": "json",
    "application/schema+json": "json",
    "application/vnd.oai.openapi+json": "json",
    "text/html": "html",
    "application/ld+json": "jsonld",
}
_RELATIONS: Final = "http://www.opengis.net/def/rel/ogc/1.0"
_EXPOSED: Final = "Content-Crs, Content-Language, Link"


def load_settings(path: Path | None = None) -> dict[str, Any]:
    """Read what a person edits: server, metadata, limits."""
    return dict(yaml.safe_load((path or CONFIG).read_text(encoding="utf-8")))


def create_app(
    release_dir: Path | str | None = None,
    config: Mapping[str, Any] | None = None,
    *,
    url: str | None = None,
    trusted_proxies: int = 0,
) -> Flask:
    """Return the WSGI application that serves `release_dir` (releases with ``current``, or one release).

    `url` is the public address; without it links carry the address that the client used, and
    ``X-Forwarded-*`` count only for `trusted_proxies` proxies. Raises ReleaseError if there is no release.
    """
    settings = load_settings() if config is None else config
    root = Path("build") if release_dir is None else Path(release_dir)
    app = Flask("boundaries.service", static_folder=None)
    app.url_map.strict_slashes = False
    if trusted_proxies:
        hops = trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, hops, hops, hops, x_prefix=hops)  # type: ignore[method-assign]
    _Service(Current(root, lambda path: State(path, settings)), url).mount(app)
    return app


class _Call:
    """One request: the state that it is served from, its parameters, format, language and base address."""

    def __init__(self, state: State, url: str | None) -> None:
        self.state = state
        self.base = url.rstrip("/") if url else _base()

    def read(self, allowed: tuple[str, ...], forms: tuple[str, ...] = pages.FORMS) -> dict[str, str]:
        """Read the parameters strictly, then the format and the language."""
        query.decoded(request.query_string)
        params = query.single(request.args, allowed)
        if "f" in params:
            self.form = query.one_of("f", params["f"], forms)
        else:
            best = request.accept_mimetypes.best_match(list(_ACCEPTED), "application/json")
            self.form = _ACCEPTED[best] if _ACCEPTED[best] in forms else "json"
        default = request.accept_languages.best_match(_LANGUAGES, _LANGUAGES[0])
        self.language = query.one_of("lang", params.get("lang", default), _LANGUAGES)
        return params

    def pygeoapi(self) -> APIRequest:
        """Return pygeoapi's view of this request: only format and language, as they were decided here."""
        args = {"f": self.form, "lang": self.language}
        return APIRequest(SimpleNamespace(args=args, headers=request.headers), self.state.api.locales)

    def title(self, layer: Layer) -> str:
        """Return the title of a collection in the request's language."""
        return str(self.state.api.config["resources"][layer.name]["title"][self.language])

    def render(self, template: str, data: dict[str, Any]) -> bytes:
        """Return a page from pygeoapi's templates."""
        api = self.state.api
        templates = api.config["server"]["templates"]
        return str(
            render_j2_template(api.tpl_config, templates, template, data, self.pygeoapi().locale)
        ).encode()

    def answer(self, body: bytes, media: str | None = None) -> Response:
        """Return the response; texts written for any address get this one."""
        response = Response(body.replace(PLACEHOLDER.encode(), self.base.encode()))
        response.headers["Content-Type"] = media or documents.media_type(self.form)
        response.headers["Content-Language"] = self.language
        response.headers["Vary"] = "Accept, Accept-Language"
        return response

    def kept(self, key: str, write: Callable[[], bytes], media: str | None = None) -> Response:
        """Return a document that is written once a release, format and language."""
        full = (key, self.form, self.language)
        body = self.state.documents.get(full)
        if body is None:
            body = self.state.documents[full] = write()
        return self.answer(body, media)


def _base() -> str:
    base = request.root_url.rstrip("/")
    if not _ADDRESS.fullmatch(base):
        raise Problem(400, "Host: not the name of a host", parameter="Host")
    return base


def _json(data: Any) -> bytes:
    return json.dumps(data, ensure_ascii=False).encode()


class _Service:
    def __init__(self, current: Current, url: str | None) -> None:
        self._current = current
        self._url = url

    def mount(self, app: Flask) -> None:
        """Add routes, error handlers and headers to `app`."""
        routes: dict[str, Callable[..., Response]] = {
            "/": self.landing,
            "/openapi": self.openapi,
            "/conformance": self.conformance,
            "/collections": self.collections,
            "/collections/<name>": self.collection,
            "/collections/<name>/schema": self.schema,
            "/collections/<name>/queryables": self.queryables,
            "/collections/<name>/items": self.items,
            "/collections/<name>/items/<feature>": self.item,
            "/lookup": self.lookup,
            "/health": self.health,
            "/static/<path:path>": self.static,
        }
        for path, view in routes.items():
            app.add_url_rule(path, view.__name__, view, methods=["GET"])
        app.register_error_handler(Exception, _failed)
        app.after_request(_open_to_all)

    def _call(self) -> _Call:
        return _Call(self._current.get(), self._url)

    def landing(self) -> Response:
        call = self._call()
        call.read(_COMMON)
        return call.kept("/", lambda: _landing(call))

    def openapi(self) -> Response:
        call = self._call()
        query.one_of(
            "ui", call.read((*_COMMON, "ui"), ("json", "html")).get("ui", "swagger"), ("swagger", "redoc")
        )
        if call.form == "html":
            page = "redoc" if request.args.get("ui") == "redoc" else "swagger"
            data = {"openapi-document-path": f"{PLACEHOLDER}/openapi"}
            return call.kept(f"/openapi {page}", lambda: call.render(f"openapi/{page}.html", data))
        media = "application/vnd.oai.openapi+json;version=3.0"
        return call.kept("/openapi", lambda: _json(call.state.openapi), media)

    def conformance(self) -> Response:
        call = self._call()
        call.read(_COMMON)
        return call.kept("/conformance", lambda: _document(call, "conformance.html", _CONFORMS))

    def collections(self) -> Response:
        call = self._call()
        call.read(_COMMON)
        return call.kept("/collections", lambda: _described(call, None))

    def collection(self, name: str) -> Response:
        call = self._call()
        layer = _layer(call, name)
        call.read(_COMMON)
        return call.kept(f"/collections/{layer.name}", lambda: _described(call, layer.name))

    def schema(self, name: str) -> Response:
        return self._columns(name, "schema")

    def queryables(self, name: str) -> Response:
        return self._columns(name, "queryables")

    def _columns(self, name: str, kind: str) -> Response:
        call = self._call()
        layer = _layer(call, name)
        call.read(_COMMON)
        write = documents.schema if kind == "schema" else documents.queryables
        media = "application/schema+json" if call.form == "json" else None

        def body() -> bytes:
            return _columns_page(call, kind, layer.name, write(layer, call.title(layer), call.language))

        return call.kept(f"/collections/{layer.name}/{kind}", body, media)

    def items(self, name: str) -> Response:
        call = self._call()
        layer = _layer(call, name)
        params = call.read((*query.ITEMS, *layer.column))
        asked = query.items(params, layer, call.state.limits)
        body = pages.items(layer, asked, params, call.base, call.form, call.title(layer))
        response = _features(call, layer, body, asked.offset)
        response.headers["Content-Crs"] = f"<{asked.question.crs.uri}>"
        here = f"{call.base}/collections/{layer.name}"
        response.headers["Link"] = ", ".join(
            f'<{here}/{kind}>; rel="{_RELATIONS}/{kind}"; type="application/schema+json"'
            for kind in ("queryables", "schema")
        )
        return response

    def item(self, name: str, feature: str) -> Response:
        call = self._call()
        layer = _layer(call, name)
        params = call.read((*_COMMON, "crs"))
        crs = query.system("crs", params.get("crs"))
        body = pages.item(layer, feature, crs, params, call.base, call.form, call.title(layer))
        response = _features(call, layer, body)
        response.headers["Content-Crs"] = f"<{crs.uri}>"
        return response

    def lookup(self) -> Response:
        call = self._call()
        params = call.read((*_COMMON, "lon", "lat", "year"), ("json",))
        for name in ("lon", "lat"):
            if name not in params:
                raise bad(name, "is missing", "a longitude and a latitude, such as lon=106.8272&lat=-6.1754")
        lon, lat = (query.number(name, params[name]) for name in ("lon", "lat"))
        year = params.get("year")
        if year is not None and not re.fullmatch(r"\d{4}", year, re.ASCII):
            raise bad("year", f"{year[:80]!r} is not a year", map(str, call.state.lookup.years))
        try:
            found = call.state.lookup.at(lon, lat, None if year is None else int(year))
        except QuestionError as error:
            raise bad(error.parameter, str(error), error.allowed) from None
        except TooFar as error:
            raise Problem(404, str(error), jarak_m=error.jarak_m, terdekat=vars(error.nearest)) from None
        return call.answer(_json(_looked_up(call, found)))

    def health(self) -> Response:
        call = self._call()
        call.read((), ("json",))
        return call.answer(_json({"status": "ok", "release": call.state.id}))

    def static(self, path: str) -> Response:
        return send_from_directory(Path(pygeoapi.__file__).parent / "static", path)


_CONFORMS: Final = {"conformsTo": list(documents.CONFORMANCE)}


def _layer(call: _Call, name: str) -> Layer:
    layer = call.state.layers.get(name)
    if layer is None:
        raise missing("collection", name, call.state.layers)
    return layer


def _landing(call: _Call) -> bytes:
    if call.form == "jsonld":
        return str(landing_page(call.state.api, call.pygeoapi())[2]).encode()
    about = call.state.api.config["metadata"]["identification"]
    source = call.state.manifest["source"]
    attribution = both(source.get("attribution") or source.get("title") or source["id"])[call.language]
    page = documents.landing(about["title"][call.language], about["description"][call.language], attribution)
    page["links"] = documents.self_links(f"{PLACEHOLDER}/", call.form, pages.FORMS) + page["links"]
    return _document(call, "landing_page.html", page | ({"collection": True} if call.form == "html" else {}))


def _document(call: _Call, template: str, data: dict[str, Any]) -> bytes:
    return call.render(template, data) if call.form == "html" else _json(data)


def _described(call: _Call, name: str | None) -> bytes:
    _, status, content = describe_collections(call.state.api, call.pygeoapi(), name)
    if int(status) != 200:
        raise RuntimeError(f"pygeoapi answered {status} for the collection {name}")
    return str(content).encode()


def _columns_page(call: _Call, kind: str, name: str, data: dict[str, Any]) -> bytes:
    paths = {
        "collections_path": f"{PLACEHOLDER}/collections",
        "dataset_path": f"{PLACEHOLDER}/collections/{name}",
    }
    return _document(call, f"collections/{kind}.html", data | (paths if call.form == "html" else {}))


def _features(call: _Call, layer: Layer, body: bytes, offset: int | None = None) -> Response:
    """Return features in the format of the request; `offset` is None for one item."""
    if call.form == "json":
        return call.answer(body, "application/geo+json")
    data = json.loads(body)
    collection = f"{call.base}/collections/{layer.name}"
    if call.form == "jsonld":
        identifier = None if offset is not None else f"{collection}/items/{data['id']}"
        return call.answer(geojson2jsonld(call.state.api, data, layer.name, identifier).encode())
    data |= {
        "title": call.title(layer),
        "id_field": layer.title_column,
        "title_field": layer.title_column,
        "collections_path": f"{call.base}/collections",
        "dataset_path": collection,
        "items_path": f"{collection}/items",
        "offset": offset or 0,
    }
    return call.answer(call.render(f"collections/items/{'item' if offset is None else 'index'}.html", data))


def _looked_up(call: _Call, found: LookupResult) -> dict[str, Any]:
    answer = {"rilis": call.state.id} | found.as_dict()
    for seat in answer["dapil"]:
        if seat["id"] is not None:
            seat["href"] = f"{call.base}/collections/{seat['lembaga']}-{seat['tahun']}/items/{seat['id']}"
    return answer


def _failed(error: Exception) -> Response:
    """Turn every error into a problem document; what was not foreseen is logged and not told."""
    headers: list[tuple[str, str]] = []
    if isinstance(error, HTTPException):
        if error.code is not None and error.code < 400:
            return error.get_response()  # type: ignore[return-value]
        headers = [(name, text) for name, text in error.get_headers() if name in ("Allow", "Retry-After")]
        error = Problem(error.code or 500, str(error.description or error.name))
    elif not isinstance(error, Problem):
        LOGGER.error("%s %s failed", request.method, request.path, exc_info=error)
        error = Problem(500, "the server failed on this request")
    response = Response(error.document(), int(error.status), headers)
    response.headers["Content-Type"] = MEDIA_TYPE
    return response


def _open_to_all(response: Response) -> Response:
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Expose-Headers"] = _EXPOSED
    response.headers["X-Content-Type-Options"] = "nosniff"
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = "GET, HEAD, OPTIONS"
        response.headers["Access-Control-Allow-Headers"] = "Accept, Accept-Language, Content-Type"
    return response
