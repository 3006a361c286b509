"""A stock pygeoapi that loads the provider by its dotted name answers as the service does: ``pygeoapi serve``."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
import yaml
from click.testing import CliRunner
from flask.testing import FlaskClient
from pygeoapi.api import itemtypes

from boundaries.cli import main
from tests.service_help import CRS, app_of, ids
from tests.small import make_small_release

ROOT = Path(__file__).parents[1]
LAYERS = ("dpr-2024", "dapil-dpr", "dprd-kabkota-2024", "unit-kecamatan")
#: Versions before 0.24 read ECQL where it reads CQL2 text.
ECQL = hasattr(itemtypes, "parse_ecql_text")
POINT = {"type": "Point", "coordinates": [106.55, -6.95]}
BOX = {
    "type": "Polygon",
    "coordinates": [[[106.5, -7], [106.75, -7], [106.75, -6.8], [106.5, -6.8], [106.5, -7]]],
}


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_small_release(tmp_path_factory.mktemp("releases"))


@pytest.fixture(scope="module")
def client(release: Path) -> FlaskClient:
    return app_of(release).test_client()


def configured(release: Path, directory: Path, port: int) -> Path:
    """Write a configuration as a person has one, then the same with the collections of the release in it."""
    texts = {
        "title": "t",
        "description": "d",
        "keywords": ["k"],
        "terms_of_service": "x",
        "url": "http://e.org",
    }
    base = {
        "server": {
            "bind": {"host": "127.0.0.1", "port": port}, "url": f"http://127.0.0.1:{port}", "encoding": "utf-8",
            "mimetype": "application/json; charset=UTF-8", "languages": ["id", "en"],
            "limits": {"default_items": 100, "max_items": 10000},
            "map": {"url": "https://tile.example.org", "attribution": "x"},
        },
        "logging": {"level": "ERROR"},
        "metadata": {
            "identification": texts, "license": {"name": "l", "url": "http://e.org"},
            "provider": {"name": "p", "url": "http://e.org"}, "contact": {"name": "c", "email": "e@e.org"},
        },
        "resources": {},
    }  # fmt: skip
    own, made = directory / "own.yml", directory / "pygeoapi.yml"
    own.write_text(yaml.safe_dump(base))
    result = CliRunner().invoke(main, ["pygeoapi-config", "-r", str(release), "--into", str(own)])
    assert result.exit_code == 0, result.output
    made.write_text(result.stdout)
    return made


@pytest.fixture(scope="module")
def stock(release: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running ``pygeoapi serve``."""
    directory = tmp_path_factory.mktemp("pygeoapi")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config, document = configured(release, directory, port), directory / "openapi.yml"
    program = [sys.executable, "-c", "from pygeoapi import cli; cli()"]
    env = os.environ | {
        "PYTHONPATH": str(ROOT), "PYGEOAPI_CONFIG": str(config), "PYGEOAPI_OPENAPI": str(document),
    }  # fmt: skip
    for words in (
        ["config", "validate", "-c", config],
        ["openapi", "generate", config, "--output-file", document],
    ):
        made = subprocess.run([*program, *words], env=env, capture_output=True, text=True, check=False)
        assert made.returncode == 0, made.stderr[-2000:]
    with (directory / "log").open("wb") as log:
        server = subprocess.Popen(
            [*program, "serve"], env=env, stdout=log, stderr=log, start_new_session=True
        )
    try:
        _wait(server, port, directory / "log")
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(server.pid, signal.SIGKILL)  # its reloader, too
        server.wait()


def _wait(server: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    for _ in range(600):
        assert server.poll() is None, log.read_text()[-2000:]
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"pygeoapi does not answer: {log.read_text()[-2000:]}")


def ask(url: str, body: Any = None, **params: Any) -> tuple[int, Any, Any]:
    """Return status, JSON and headers."""
    data = None if body is None else json.dumps(body).encode()
    request = Request(f"{url}?{urlencode({'f': 'json'} | params)}", data=data)
    if data is not None:
        request.add_header("Content-Type", "application/query-cql-json")
    try:
        with urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer), answer.headers
    except HTTPError as error:
        return error.code, json.load(error), error.headers


def both(stock: str, client: FlaskClient, layer: str, **params: Any) -> tuple[Any, Any]:
    path = f"/collections/{layer}/items"
    status, theirs, _ = ask(stock + path, **params)
    assert status == 200, theirs
    ours = client.get(path, query_string=params)
    assert ours.status_code == 200, ours.text
    return theirs, ours.json


def same(theirs: Any, ours: Any) -> None:
    assert theirs["features"] == ours["features"]
    assert (theirs["numberMatched"], theirs["numberReturned"]) == (
        ours["numberMatched"],
        ours["numberReturned"],
    )


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize(
    "params",
    [
        {},
        {"limit": 2, "offset": 1},
        {"bbox": "106.5,-7,106.72,-6.85"},
        {"bbox": "-7,106.5,-6.85,106.72", "bbox-crs": f"{CRS}/EPSG/0/4326"},
        {"bbox": "1,2,3,4"},
        {"skipGeometry": "true"},
        {"resulttype": "hits"},
        {"crs": f"{CRS}/EPSG/0/4326"},
        {"crs": f"{CRS}/EPSG/0/3857", "limit": 1},
        {"crs": f"{CRS}/EPSG/0/23835", "limit": 1},
    ],
    ids=str,
)
def test_items_are_those_of_the_service(
    stock: str, client: FlaskClient, layer: str, params: dict[str, Any]
) -> None:
    theirs, ours = both(stock, client, layer, **params)
    same(theirs, ours)


@pytest.mark.parametrize(
    "params",
    [
        {"datetime": "2024-02-14"},
        {"datetime": "2020-01-01/2023-01-01"},
        {"datetime": "../2019-04-17"},
        {"sortby": "-nama_dapil"},
        {"sortby": "kursi,-id", "limit": 3},
        {"properties": "kode_dapil,kursi"},
        {"properties": "kursi", "skipGeometry": "true"},
        {"kursi": "6"},
        {
            "kode_provinsi": "32",
            "kursi": "6",
            "datetime": "2024-02-14",
            "sortby": "-id",
            "bbox": "106,-8,108,-6",
        },
        {"filter": "kursi > 4"},
        {"filter": "kursi BETWEEN 5 AND 6 AND kode_provinsi = '32'"},
        {"filter": "kode_provinsi = '31' OR kode_provinsi = '81' OR kursi = 6"},
        {"filter": "kursi = 5 AND (kode_provinsi = '31' OR kode_provinsi = '32')"},
        {"filter": "NOT kode_provinsi IN ('31', '81')"},
        {"filter": "nama_dapil LIKE 'JAWA%' AND selesai IS NULL"},
        {"filter": "nama_dapil NOT LIKE 'DKI_JAKARTA%'"},
        {"filter": "nama_dapil LIKE 'DKI.JAKARTA%'"},
        {"filter": "mulai > '2020-01-01'"},
        {"filter": "kursi * 2 >= 10 + 1"},
        {"filter": "penduduk IS NOT NULL", "resulttype": "hits"},
    ],
    ids=str,
)
def test_questions_are_answered_as_the_service_does(
    stock: str, client: FlaskClient, params: dict[str, Any]
) -> None:
    theirs, ours = both(stock, client, "dapil-dpr", **params)
    same(theirs, ours)


def of(name: str) -> dict[str, str]:
    return {"property": name}


def op(name: str, *args: Any) -> dict[str, Any]:
    return {"op": name, "args": list(args)}


@pytest.mark.parametrize(
    "tree",
    [
        op("=", of("kursi"), 6),
        op("and", op(">", of("kursi"), 4), op("<", of("kursi"), 7), op("like", of("nama_dapil"), "%JAWA%")),
        op("or", *(op("=", of("kode_dapil"), f"{number}") for number in range(3101, 3141))),
        op("not", op("in", of("kode_provinsi"), ["31", "32"])),
        op("isNull", of("penduduk")),
        op("=", op("casei", of("nama_provinsi")), op("casei", "JAWA barat")),
        op("s_intersects", of("geometry"), POINT),
        op("s_within", of("geometry"), BOX),
        op("s_disjoint", of("geometry"), BOX),
        op("t_after", of("mulai"), {"date": "2020-01-01"}),
        op("t_before", of("mulai"), {"timestamp": "2024-02-14T00:00:00Z"}),
        op("t_equals", of("mulai"), {"date": "2024-02-14"}),
        op("<=", op("+", of("kursi"), 1), op("*", 2, 3)),
    ],
    ids=json.dumps,
)  # fmt: skip
def test_a_filter_in_cql2_json_is_answered_as_by_the_service(
    stock: str, client: FlaskClient, tree: dict[str, Any]
) -> None:
    path = "/collections/dapil-dpr/items"
    status, theirs, _ = ask(stock + path, tree)
    assert status == 200, theirs
    ours = client.get(path, query_string={"filter": json.dumps(tree), "filter-lang": "cql2-json"})
    assert ours.status_code == 200, ours.text
    same(theirs, ours.json)


def test_spatial_text_filters_follow_their_crs(stock: str, client: FlaskClient) -> None:
    path, function = "/collections/dpr-2024/items", "INTERSECTS" if ECQL else "S_INTERSECTS"
    here = f"{function}(geometry, POINT(106.55 -6.95))"
    there = f"{function}(geometry, POINT(-6.95 106.55))"
    assert ids(ask(stock + path, filter=here)[1]) == ["dpr-2024-3101"]
    moved = ask(stock + path, filter=there, **{"filter-crs": f"{CRS}/EPSG/0/4326"})[1]
    assert ids(moved) == ["dpr-2024-3101"]
    status, refused, _ = ask(stock + path, filter=there)
    assert (status, "outside of the earth" in refused["description"]) == (400, True)


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ({"filter": "bukan > 4"}, ["bukan", "kursi"]),
        ({"filter": "kursi = 'enam'"}, ["kursi is an integer", "'enam' is text"]),
        ({"filter": "kursi = 6 OR kode_provinsi = '31' AND kursi = 4"}, ["c AND (a OR b)"]),
        ({"filter": "BBOX(geometry, 106, -7, 107, -6)"}, ["BBOX", "POLYGON"]),
        ({"kursi": "enam"}, ["kursi", "whole number"]),
        ({"q": "jawa"}, ["text search"]),
    ],
    ids=str,
)
def test_what_cannot_be_answered_is_refused_with_its_reason(
    stock: str, params: dict[str, Any], told: list[str]
) -> None:
    status, answer, _ = ask(f"{stock}/collections/dapil-dpr/items", **params)
    assert status == 400, answer
    assert all(each in answer["description"] for each in told), answer


@pytest.mark.parametrize("name", ["t_overlaps", "t_intersects"])
def test_what_pygeofilter_reads_as_one_is_refused(stock: str, name: str) -> None:
    tree = op(name, of("mulai"), {"interval": ["2020-01-01", "2021-01-01"]})
    status, answer, _ = ask(f"{stock}/collections/dapil-dpr/items", tree)
    assert (status, "T_OVERLAPS and T_INTERSECTS" in answer["description"]) == (400, True)


def test_one_item_and_its_crs(stock: str, client: FlaskClient) -> None:
    path = "/collections/dpr-2024/items/dpr-2024-3101"
    for params in ({}, {"crs": f"{CRS}/EPSG/0/3857"}):
        _, theirs, headers = ask(stock + path, **params)
        ours = client.get(path, query_string=params)
        for name in ("id", "geometry", "properties"):
            assert theirs[name] == ours.json[name]
        assert headers["Content-Crs"] == ours.headers["Content-Crs"]
    assert ask(f"{stock}/collections/dpr-2024/items/dpr-2024-9999")[0] == 404


def test_collections_are_told_in_both_languages(stock: str, client: FlaskClient) -> None:
    for language in ("id", "en"):
        theirs = ask(f"{stock}/collections/dpr-2024", lang=language)[1]
        ours = client.get("/collections/dpr-2024", query_string={"lang": language}).json
        for name in ("title", "description", "extent", "crs", "storageCrs"):
            assert theirs[name] == ours[name], name


def test_resources_alone_and_what_is_there_stays(release: Path, tmp_path: Path) -> None:
    def written(*words: str) -> Any:
        return CliRunner().invoke(main, ["pygeoapi-config", "-r", str(release), *words])

    alone = yaml.safe_load(written().stdout)["resources"]
    own = tmp_path / "own.yml"
    own.write_text(yaml.safe_dump({"server": {"url": "x"}, "resources": {"lakes": {"type": "collection"}}}))
    whole = yaml.safe_load(written("--into", str(own)).stdout)
    assert whole["server"] == {"url": "x"}
    assert whole["resources"] == {"lakes": {"type": "collection"}} | alone
    own.write_text(written("--into", str(own)).stdout)
    assert yaml.safe_load(written("--into", str(own)).stdout) == whole
    own.write_text(yaml.safe_dump({"resources": {"dpr-2024": {"providers": [{"name": "GeoJSON"}]}}}))
    assert "another resource dpr-2024" in written("--into", str(own)).stderr
    own.write_text("- a list")
    assert written("--into", str(own)).exit_code == 6


@pytest.mark.parametrize(
    ("path", "form"),
    [
        *((path, form) for path in ("items", "items/dpr-2024-3101") for form in ("html", "jsonld")),
        ("items", "csv"), ("queryables", "json"), ("queryables", "html"), ("schema", "json"),
    ],
)  # fmt: skip
def test_pygeoapi_makes_its_own_formats_of_it(stock: str, path: str, form: str) -> None:
    with urlopen(f"{stock}/collections/dpr-2024/{path}?{urlencode({'f': form})}", timeout=60) as answer:
        text = answer.read().decode()
    assert answer.status == 200
    assert ("dpr-2024-3101" if (path, form) == ("items", "jsonld") else "kode_dapil") in text
