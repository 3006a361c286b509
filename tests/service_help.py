"""Help for the tests of the service: the small release, a client, and a real server on a free port."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.serving import make_server

from boundaries.service.app import create_app

CRS = "http://www.opengis.net/def/crs"


def app_of(releases: Path | str, **options: Any) -> Flask:
    return create_app(releases, **options)


@contextmanager
def served(app: Any) -> Iterator[str]:
    """Serve `app` from a thread; give its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()


def get(client: FlaskClient, path: str, **params: Any) -> dict[str, Any]:
    """Return the JSON of a 200."""
    response = client.get(path, query_string=params or None)
    assert response.status_code == 200, response.text
    return dict(response.json)


def items(client: FlaskClient, layer: str, **params: Any) -> dict[str, Any]:
    return get(client, f"/collections/{layer}/items", **params)


def ids(page: dict[str, Any]) -> list[str]:
    return [feature["id"] for feature in page["features"]]


def link(page: dict[str, Any], rel: str) -> str | None:
    """Return path and query of a link."""
    found = [each["href"] for each in page["links"] if each["rel"] == rel]
    if not found:
        return None
    parts = urlsplit(found[0])
    return f"{parts.path}?{parts.query}"
