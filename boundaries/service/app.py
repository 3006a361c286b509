"""The application: the API's routes in front, Flask behind them for what is plain files and pages.

Own routes, not ``pygeoapi.flask_app``: that module reads its configuration from the environment when it is
imported and keeps one API object for the life of the process, so neither two services nor a new release could
live in it.
"""

import gc
import logging
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

import yaml
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from boundaries.errors import Unavailable
from boundaries.law.tables import shipped
from boundaries.service.being_made import Asked, idle
from boundaries.service.download_files import Store
from boundaries.service.front import METHODS, OPEN_TO_ALL, Front
from boundaries.service.problems import MEDIA_TYPE, Problem
from boundaries.service.state import Current, Follower, State
from boundaries.service.static_files import static

LOGGER = logging.getLogger(__name__)
CONFIG: Final = shipped("pygeoapi-config.yml")


def load_settings(path: Path | None = None) -> dict[str, Any]:
    """Read what a person edits: server, metadata, limits."""
    return dict(yaml.safe_load((path or CONFIG).read_text(encoding="utf-8")))


def create_app(
    release_dir: Path | str | None = None,
    config: Mapping[str, Any] | None = None,
    *,
    url: str | None = None,
    trusted_proxies: int = 0,
    background: bool = False,
    downloads: Path | str | None = None,
    making: Asked = idle,
) -> Flask:
    """Return the WSGI application that serves `release_dir` (releases with ``current``, or one release).

    `release_dir` may also be ``postgresql://…``, where `dapil publish` has put releases. `background`: make a
    new release ready beside the requests, not within one. `downloads`: where the files of ``/downloads`` are, if not
    in `release_dir`; a database has none. `making`: how far is what is made behind the service.

    `url` is the public address; without it links carry the address that the client used, and
    ``X-Forwarded-*`` count only for `trusted_proxies` proxies. Raises ReleaseError if there is no release.
    """
    settings = load_settings() if config is None else config
    app = Flask("boundaries.service", static_folder=None)
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    app.add_url_rule("/static/<path:name>", "static", _static, methods=["GET"])
    app.register_error_handler(Exception, _failed)
    app.after_request(_open_to_all)
    where = release_dir or Path("build")
    store = Store(Path(downloads) if downloads else None if _is_database(where) else Path(where), making)
    make = partial(_settled if background else State, settings=settings, store=store)
    current = _follower(where, make, background)
    others = {rule.rule.split("/")[1] for rule in app.url_map.iter_rules()}
    app.wsgi_app = Front(current, app.wsgi_app, others, url, store)  # type: ignore[method-assign]
    if trusted_proxies:
        hops = trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, hops, hops, hops, x_prefix=hops)  # type: ignore[method-assign]
    return app


def _settled(address: str, settings: Mapping[str, Any], store: Store) -> State:
    """Return a state whose objects the garbage collector passes over: a look at all of them takes 75 ms."""
    state = State(address, settings, store)
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    return state


def _follower(where: Path | str, make: Callable[[str], State], background: bool) -> Follower:
    if _is_database(where):
        from boundaries.postgis.database_source import PostgisCurrent

        return PostgisCurrent(str(where), make)
    return Current(Path(where), make, background=background)


def _is_database(where: Path | str) -> bool:
    return str(where).startswith(("postgresql:", "postgres:"))


def _static(name: str) -> Response:
    return static(name, request)


def _failed(error: Exception) -> Response:
    """Turn every error into a problem document; what was not foreseen is logged and not told."""
    headers: list[tuple[str, str]] = []
    if isinstance(error, HTTPException):
        if error.code is not None and error.code < 400:
            return error.get_response()  # type: ignore[return-value]
        headers = [(name, text) for name, text in error.get_headers() if name in ("Allow", "Retry-After")]
        error = Problem(error.code or 500, str(error.description or error.name))
    elif isinstance(error, Unavailable):
        error = Problem(error.status, error.detail)
    elif not isinstance(error, Problem):
        LOGGER.error("%s %s failed", request.method, request.path, exc_info=error)
        error = Problem(500, "the server failed on this request")
    response = Response(error.document(), int(error.status), headers)
    response.headers["Content-Type"] = MEDIA_TYPE
    return response


def _open_to_all(response: Response) -> Response:
    for name, value in OPEN_TO_ALL:
        response.headers[name] = value
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = METHODS
    return response
