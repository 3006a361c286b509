"""The OpenAPI document against the service: schemathesis for some seconds, and what can be held of every document.

CONFORMANCE_SECONDS sets how long (30). Five minutes and ogctests are run by hand: ``scripts/conformance.py``.
"""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.server_help import ROOT, Server, running
from tests.service_help import app_of, get
from tests.small import make_small_release


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("releases")
    make_small_release(directory)
    return directory


@pytest.fixture(scope="module")
def client(releases: Path) -> FlaskClient:
    return app_of(releases).test_client()


@pytest.fixture(scope="module")
def server(releases: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(releases, tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.mark.slow
def test_schemathesis_finds_no_fault(server, tmp_path):
    """No 5xx, no answer that is not documented, nothing wrong accepted, nothing right refused."""
    if not (Path(sys.executable).parent / "schemathesis").exists():
        pytest.skip("schemathesis is not installed")
    seconds = os.environ.get("CONFORMANCE_SECONDS", "30")
    told = subprocess.run(
        [sys.executable, "scripts/conformance.py", "--only", "schemathesis", "--address", server.base,
         "--seconds", seconds, "--work", str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, timeout=int(seconds) + 300, check=False,
    )  # fmt: skip
    assert told.returncode == 0, told.stdout + (tmp_path / "schemathesis.txt").read_text()[-6000:]
    statuses = {each.status for each in server.logged()}
    assert {200, 400, 404, 405} <= statuses <= {200, 204, 304, 400, 404, 405, 411, 413, 414, 415}


def test_the_document_is_valid_without_a_network(client, monkeypatch):
    validator = pytest.importorskip(
        "openapi_spec_validator", reason="openapi-spec-validator is not installed"
    )
    document = get(client, "/openapi", f="json")

    def refuse(*_: Any) -> None:
        raise AssertionError("the document needs the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    validator.validate(document)
    assert not [each for each in references(document) if not each.startswith("#/")]


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_a_free_text_in_a_query_says_which_characters_it_takes(client):
    """A control character is refused in every parameter: a document without the pattern would call it right."""
    document = get(client, "/openapi", f="json")
    parameters = [
        each
        for path in document["paths"].values()
        for method in path.values()
        if isinstance(method, dict)
        for each in method.get("parameters", [])
    ]
    parameters += document["components"]["parameters"].values()
    texts = {}
    for each in parameters:
        schema = each.get("schema", {})
        schema = schema.get("items", schema)
        if each.get("in") == "query" and schema.get("type") == "string" and "enum" not in schema:
            texts[each["name"]] = schema
    assert {"nama", "filter", "datetime", "nama_dapil"} <= texts.keys()
    for name, schema in texts.items():
        if schema.get("format") == "date" or name in ("sortby", "properties"):
            continue  # a date; names of columns, listed at each collection
        assert re.search(schema["pattern"], "2024-02-14" if name == "datetime" else "Ab c"), name
        for control in ("\x00", "\x14", "\x1f", "\x7f", "\n"):
            assert not re.fullmatch(schema["pattern"].replace("$", r"\Z"), f"Ab{control}c"), (name, control)


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("a ", 400),
        ("   ", 400),
        ("a" * 101, 400),
        (" " * 99 + "ab", 400),
        ("ab" + " " * 98, 200),
        ("\x85\x85", 404),
    ],
)
def test_a_name_is_taken_as_the_document_says(client, name, status):
    schema = next(
        each["schema"]
        for each in get(client, "/openapi", f="json")["paths"]["/lookup"]["get"]["parameters"]
        if each.get("name") == "nama"
    )
    right = re.search(schema["pattern"], name) and schema["minLength"] <= len(name) <= schema["maxLength"]
    answer = client.get("/lookup", query_string={"nama": name, "f": "json"})
    assert (answer.status_code, bool(right)) == (status, status != 400)


@pytest.mark.slow
def test_every_path_of_the_document_answers_and_every_route_is_in_it(client):
    document = get(client, "/openapi", f="json")
    names = {each["id"] for each in get(client, "/collections")["collections"]}
    below = ("", "/items", "/items/{featureId}", "/schema", "/queryables", "/csvw")
    expected = {f"/collections/{name}{part}" for name in names for part in below}
    expected |= {"/", "/collections", "/conformance", "/openapi", "/lookup", "/health", "/downloads/"}
    expected |= {"/downloads/{release}/", "/downloads/{release}/{file}", "/laporan/{plan}", "/oembed"}
    assert set(document["paths"]) == expected
    for path in expected:
        if "{" not in path and path not in ("/lookup", "/oembed"):
            answer = client.get(path)
            assert answer.status_code == 200
            documented = document["paths"][path]["get"]["responses"]["200"]["content"]
            assert answer.content_type in {*documented, *(f"{each}; charset=utf-8" for each in documented)}
