"""Files of releases as they are served: whole, in ranges, packed; and never another file, nor another's bytes."""

import base64
import gzip
import hashlib
import json
import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner
from flask.testing import FlaskClient

from boundaries.cli import main
from boundaries.release.store import FOLDER, LIST, MANIFEST, Release, switch
from boundaries.service import download_files as store_module
from boundaries.service.ops.metrics import route_of
from boundaries.service.ops.settings import Settings, SettingsError
from tests.downloads_help import contents, give, release_with_downloads
from tests.html_help import read
from tests.postgres import published
from tests.server_help import Server, running
from tests.service_help import app_of, get
from tests.small import make_small_release
from tests.test_sync import next_release

BIG, TEXT, PLAIN = "dpr-2024.gpkg", "dpr-2024.geojson", "LICENCE.txt"
FOREVER = "public, max-age=31536000, immutable"
DERIVED = "public, max-age=3600"


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return release_with_downloads(tmp_path_factory.mktemp("releases"))


@pytest.fixture(scope="module")
def client(release: Release) -> FlaskClient:
    return app_of(release.path.parent).test_client()


def address(release: Release, name: str = "") -> str:
    return f"/downloads/{release.id}/{name}"


def told(release: Release, name: str) -> dict[str, Any]:
    listed = json.loads((release.path / FOLDER / LIST).read_bytes())
    return next(each for each in listed["files"] if each["name"] == name)


# A report of a plan


def test_a_report_is_shown_as_a_page_that_takes_nothing_from_outside(
    release: Release, client: FlaskClient
) -> None:
    name = "laporan-dpr-2024.html"
    shown = client.get("/laporan/dpr-2024")
    assert shown.status_code == 200
    assert shown.data == (release.path / FOLDER / name).read_bytes()
    assert (
        shown.headers["Content-Security-Policy"] == "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    )
    assert "Content-Disposition" not in shown.headers
    assert shown.headers["Cache-Control"] == "public, max-age=60"
    again = client.get("/laporan/dpr-2024", headers={"If-None-Match": shown.headers["ETag"]})
    assert again.status_code == 304
    saved = client.get(address(release, name))
    assert saved.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize(
    "path", ["/laporan/dpr-1999", "/laporan/dpr-2024/", "/laporan/", "/laporan/..%2fdpr-2024"]
)
def test_there_is_no_other_report(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


# Every file, and nothing else


def test_every_file_of_the_list_and_of_the_release_is_given_whole(
    release: Release, client: FlaskClient
) -> None:
    listed = json.loads((release.path / FOLDER / LIST).read_bytes())["files"]
    paths = {each["name"]: release.path / FOLDER / each["name"] for each in listed}
    paths |= {
        f"{each['name']}.gz": release.path / FOLDER / f"{each['name']}.gz"
        for each in listed
        if "gzip" in each
    }
    paths |= {each["name"]: release.path / each["name"] for each in release.manifest["files"]}
    paths |= {LIST: release.path / FOLDER / LIST, MANIFEST: release.path / MANIFEST}
    for name, path in paths.items():
        response = client.get(address(release, name))
        assert response.status_code == 200, name
        assert response.data == path.read_bytes(), name
        digest = hashlib.sha256(response.data)
        assert response.headers["ETag"] == f'"{digest.hexdigest()}"'
        assert response.headers["Repr-Digest"] == f"sha-256=:{base64.b64encode(digest.digest()).decode()}:"
        own = name in {file["name"] for file in release.manifest["files"] if not file.get("derived")}
        assert response.headers["Cache-Control"] == (FOREVER if own else DERIVED)
        assert response.headers["Content-Length"] == str(path.stat().st_size)
        assert response.headers["Accept-Ranges"] == "bytes"
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert {"Content-Range", "Accept-Ranges", "ETag", "Content-Length"} <= set(
            response.headers["Access-Control-Expose-Headers"].split(", ")
        )


@pytest.mark.parametrize(
    ("name", "media", "disposition"),
    [
        (BIG, "application/geopackage+sqlite3", "attachment"),
        (TEXT, "application/geo+json", "inline"),
        (f"{TEXT}.gz", "application/gzip", "attachment"),
        ("dapil-2024.topojson", "application/json", "inline"),
        ("dapil-2024.pmtiles", "application/vnd.pmtiles", "attachment"),
        ("dpr-2024.csv", "text/csv; charset=utf-8", "attachment"),
        (PLAIN, "text/plain; charset=utf-8", "inline"),
        ("features.bin", "application/octet-stream", "attachment"),
        (MANIFEST, "application/json", "inline"),
    ],
)
def test_a_file_says_what_it_is_and_whether_it_is_to_save(
    release: Release, client: FlaskClient, name: str, media: str, disposition: str
) -> None:
    headers = client.get(address(release, name)).headers
    assert headers["Content-Type"] == media
    assert headers["Content-Disposition"] == f'{disposition}; filename="{name}"'


TRICKS = ["../dapil.gpkg", "..%2fdapil.gpkg", "%2e%2e/manifest.json", "..", ".", "downloads/dpr-2024.gpkg", "./" + BIG,
          "/" + BIG, BIG + "/", BIG + "%00", "%00", ".lock", "dpr-2024.gpkg.gz", "DPR-2024.GPKG", "dpr-2024.gpkg%20",
          "current", "a" * 3000, "%c3%28", "C:%5cx", "dpr-2024.gpkg;x", "empty.csv.gz.gz"]  # fmt: skip


@pytest.mark.parametrize("name", TRICKS)
def test_no_name_leads_out_of_the_list(release: Release, client: FlaskClient, name: str) -> None:
    response = client.get(f"/downloads/{release.id}/{name}")
    assert response.status_code == 404
    assert response.mimetype == "application/problem+json"
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "name",
    ["current", ".", "..", ".staging-1-abc", ".sync", "%2e%2e", "none-000000000000", "a" * 300, "x%00"],
)
def test_no_directory_but_that_of_a_release_is_one(
    release: Release, client: FlaskClient, name: str, tmp_path: Path
) -> None:
    hidden = release.path.parent / ".staging-1-abc"
    if not hidden.exists():
        hidden.symlink_to(release.path)
    for tail in ("", "/", f"/{BIG}", f"/{MANIFEST}"):
        assert client.get(f"/downloads/{name}{tail}").status_code == 404, tail


def test_a_file_in_the_folder_that_the_list_does_not_name_is_none(
    release: Release, client: FlaskClient
) -> None:
    (release.path / FOLDER / "secret.txt").write_text("secret")
    assert client.get(address(release, "secret.txt")).status_code == 404


def test_a_wrong_name_is_told_with_those_near_it(release: Release, client: FlaskClient) -> None:
    problem = client.get(address(release, "dpr-2024.gpk")).json
    assert BIG in problem["allowed"]
    assert BIG in problem["detail"]
    assert client.get(address(release, "zzzzzzzz")).json["detail"].endswith(f"see the list: {LIST}")


@pytest.mark.parametrize("tail", [BIG, "", LIST])
def test_an_unknown_parameter_is_refused(release: Release, client: FlaskClient, tail: str) -> None:
    response = client.get(address(release, tail) + "?download=1")
    assert response.status_code == 400
    assert response.json["parameter"] == "download"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_other_methods_are_refused(release: Release, client: FlaskClient, method: str) -> None:
    response = client.open(address(release, BIG), method=method)
    assert (response.status_code, response.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")


def test_another_origin_may_ask_for_ranges(release: Release, client: FlaskClient) -> None:
    response = client.options(address(release, BIG))
    allowed = response.headers["Access-Control-Allow-Headers"].lower().split(", ")
    assert response.status_code == 204
    assert {"range", "if-match", "if-none-match", "if-range"} <= set(allowed)


# Ranges and conditions


@pytest.mark.parametrize(
    ("asked", "span"),
    [
        ("bytes=0-0", (0, 1)), ("bytes=0-99", (0, 100)), ("bytes=100-", (100, None)), ("bytes=-7", (-7, None)),
        ("bytes=5-99999999", (5, None)), ("bytes=-99999999", (0, None)), ("BYTES=1-2", (1, 3)),
        ("bytes= 1-2 ", (1, 3)), ("bytes=0-", (0, None)),
    ],
)  # fmt: skip
def test_a_range_gives_that_part(
    release: Release, client: FlaskClient, asked: str, span: tuple[int, int | None]
) -> None:
    content = contents(1)[BIG]
    part = content[slice(*span)]
    response = client.get(address(release, BIG), headers={"Range": asked, "Accept-Encoding": "gzip"})
    assert response.status_code == 206
    assert response.data == part
    first = content.index(part)
    assert response.headers["Content-Range"] == f"bytes {first}-{first + len(part) - 1}/{len(content)}"
    assert response.headers["Content-Length"] == str(len(part))
    assert response.headers["ETag"] == f'"{hashlib.sha256(content).hexdigest()}"'


@pytest.mark.parametrize("asked", ["bytes=0-1,5-6", "bytes=9-1", "bytes=x-1", "bytes=", "bytes=-", "lines=1-2",
                                   "bytes 1-2", "bytes=1-2-3", "bytes=0-" + "9" * 30, "bytes=²-"])  # fmt: skip
def test_what_is_not_one_range_gives_the_whole(release: Release, client: FlaskClient, asked: str) -> None:
    response = client.get(address(release, BIG), headers={"Range": asked})
    assert (response.status_code, response.data) == (200, contents(1)[BIG])
    assert "Content-Range" not in response.headers


@pytest.mark.parametrize(("name", "asked"), [(BIG, "bytes=99999999-"), (BIG, "bytes=-0"), ("empty.csv", "bytes=0-"),
                                             ("empty.csv", "bytes=-1")])  # fmt: skip
def test_a_range_behind_the_end_is_told_with_the_length(
    release: Release, client: FlaskClient, name: str, asked: str
) -> None:
    response = client.get(address(release, name), headers={"Range": asked})
    assert response.status_code == 416
    assert response.headers["Content-Range"] == f"bytes */{len(contents(1)[name])}"


def test_ranges_put_together_are_the_file(release: Release, client: FlaskClient) -> None:
    content, step = contents(1)[BIG], 65_537
    parts = [
        client.get(address(release, BIG), headers={"Range": f"bytes={at}-{at + step - 1}"}).data
        for at in range(0, len(content), step)
    ]
    assert hashlib.sha256(b"".join(parts)).hexdigest() == told(release, BIG)["sha256"]


def test_a_range_hangs_on_the_file_that_it_began_with(release: Release, client: FlaskClient) -> None:
    tag = f'"{told(release, TEXT)["sha256"]}"'
    packed = f'"{told(release, TEXT)["gzip"]["sha256"]}"'
    for if_range, status in ((tag, 206), (f"W/{tag}", 200), (packed, 200), ('"x"', 200),
                             ("Wed, 25 Nov 2026 00:00:00 GMT", 200)):  # fmt: skip
        response = client.get(address(release, TEXT), headers={"Range": "bytes=0-9", "If-Range": if_range})
        assert response.status_code == status, if_range
        if status == 200:
            assert response.data == contents(1)[TEXT]  # not packed: who asks a range wants plain bytes


def test_who_holds_a_file_is_not_sent_it(release: Release, client: FlaskClient) -> None:
    tags = [f'"{told(release, TEXT)["sha256"]}"', f'"{told(release, TEXT)["gzip"]["sha256"]}"']
    for tag in tags:
        for header in (tag, f"W/{tag}", f'"x", {tag}'):
            response = client.get(
                address(release, TEXT), headers={"If-None-Match": header, "Accept-Encoding": "gzip"}
            )
            assert (response.status_code, response.data) == (304, b"")
            assert response.headers["ETag"] == tag
            assert response.headers["Cache-Control"] == DERIVED
            assert "Content-Length" not in response.headers or response.headers["Content-Length"] == "0"
    assert client.get(address(release, TEXT), headers={"If-None-Match": "*"}).status_code == 304
    assert client.get(address(release, TEXT), headers={"If-None-Match": '"x"'}).status_code == 200
    # a condition goes before a range (RFC 9110, 13.2.2)
    both = client.get(address(release, TEXT), headers={"If-None-Match": tags[0], "Range": "bytes=0-1"})
    assert both.status_code == 304


def test_who_goes_on_with_another_file_is_told(release: Release, client: FlaskClient) -> None:
    tag = f'"{told(release, BIG)["sha256"]}"'
    for header, status in ((tag, 206), ("*", 206), (f'"x", {tag}', 206), ('"x"', 412), (f"W/{tag}", 412)):
        response = client.get(address(release, BIG), headers={"If-Match": header, "Range": "bytes=0-1"})
        assert response.status_code == status, header
    plain = f'"{told(release, TEXT)["sha256"]}"'
    response = client.get(address(release, TEXT), headers={"If-Match": plain, "Accept-Encoding": "gzip"})
    assert (response.status_code, response.headers["ETag"]) == (200, plain)


def test_head_tells_what_get_would(release: Release, client: FlaskClient) -> None:
    for name in (BIG, TEXT, "empty.csv"):
        for coding in ("identity", "gzip"):
            one, two = (
                client.open(address(release, name), method=method, headers={"Accept-Encoding": coding})
                for method in ("GET", "HEAD")
            )
            assert two.data == b""
            assert dict(one.headers) == dict(two.headers)
    ranged = client.head(address(release, BIG), headers={"Range": "bytes=0-1"})  # a range is of GET alone
    assert ranged.status_code == 200
    assert ranged.headers["Content-Length"] == str(len(contents(1)[BIG]))


# Packed


def test_a_text_goes_out_packed_where_that_is_taken(release: Release, client: FlaskClient) -> None:
    for header, coded in (("gzip", True), ("br, gzip", True), ("gzip;q=0.1", True), ("*", True), ("br", False),
                          ("gzip;q=0", False), ("identity", False), ("", False)):  # fmt: skip
        response = client.get(address(release, TEXT), headers={"Accept-Encoding": header})
        assert response.headers["Vary"] == "Accept-Encoding"
        assert (response.headers.get("Content-Encoding") == "gzip") is coded, header
        assert (gzip.decompress(response.data) if coded else response.data) == contents(1)[TEXT]
        expected = told(release, TEXT)["gzip"] if coded else told(release, TEXT)
        assert response.headers["ETag"] == f'"{expected["sha256"]}"'
        assert response.headers["Content-Type"] == "application/geo+json"
    assert "Vary" not in client.get(address(release, BIG)).headers


def test_a_packed_file_that_is_away_or_damaged_does_not_matter(tmp_path: Path) -> None:
    release = release_with_downloads(tmp_path)
    client = app_of(tmp_path).test_client()
    packed = release.path / FOLDER / f"{TEXT}.gz"
    packed.write_bytes(packed.read_bytes()[:-1] + b"x")
    for _ in range(2):
        response = client.get(address(release, TEXT), headers={"Accept-Encoding": "gzip"})
        assert (response.data, response.headers.get("Content-Encoding")) == (contents(1)[TEXT], None)
        packed.unlink(missing_ok=True)


# The disk


@pytest.mark.parametrize("name", [BIG, "dapil.gpkg", "SHA256SUMS"])
def test_a_file_that_was_damaged_is_never_sent(tmp_path: Path, name: str) -> None:
    release = release_with_downloads(tmp_path)
    client = app_of(tmp_path).test_client()
    path = next(each for each in (release.path / FOLDER / name, release.path / name) if each.exists())
    assert client.get(address(release, name)).status_code == 200
    content = path.read_bytes()
    wrong = content[:-1] + bytes([content[-1] ^ 1])
    path.write_bytes(wrong)  # as long, and after it was found right once
    for headers in ({}, {"Range": "bytes=0-3"}):
        response = client.get(address(release, name), headers=headers)
        assert response.status_code == 500
        assert "damaged" in response.json["detail"]
        assert str(tmp_path) not in response.text
    path.write_bytes(content[:100])
    assert client.get(address(release, name)).status_code == 500
    path.unlink()
    assert client.get(address(release, name)).status_code == 404
    path.write_bytes(content)
    assert client.get(address(release, name)).data == content


def test_a_file_is_hashed_once(release: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    client = app_of(release.path.parent).test_client()
    hashed: list[Any] = []
    real = hashlib.file_digest
    monkeypatch.setattr(store_module.hashlib, "file_digest", lambda *a: hashed.append(a) or real(*a))
    for _ in range(5):
        assert client.get(address(release, BIG)).status_code == 200
    assert len(hashed) == 1


def test_a_list_that_cannot_be_read_is_told_and_the_rest_is_served(tmp_path: Path) -> None:
    release = release_with_downloads(tmp_path)
    (release.path / FOLDER / LIST).write_text("{")
    client = app_of(tmp_path).test_client()
    response = client.get(address(release, BIG))
    assert response.status_code == 500
    assert "dapil export --all" in response.json["detail"]
    assert client.get(address(release, "dapil.gpkg")).status_code == 200
    assert client.get("/collections/dpr-2024").status_code == 200
    assert client.get(address(release) + "?f=html").status_code == 200


def test_the_list_of_another_release_is_not_taken_for_this_ones(tmp_path: Path) -> None:
    release = release_with_downloads(tmp_path)
    path = release.path / FOLDER / LIST
    path.write_text(path.read_text().replace(release.id, "contoh-1-000000000000"))
    assert app_of(tmp_path).test_client().get(address(release, BIG)).status_code == 500


# Releases


def test_latest_leads_to_the_current_release_and_is_not_kept(release: Release, client: FlaskClient) -> None:
    response = client.get(f"/downloads/latest/{BIG}")
    assert response.status_code == 302
    assert response.headers["Location"] == f"http://localhost{address(release, BIG)}"
    assert response.headers["Cache-Control"] == "no-cache"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    page = client.get("/downloads/latest/?lang=en&f=html")
    assert page.headers["Location"] == f"http://localhost{address(release)}?lang=en&f=html"
    problem = client.get("/downloads/latest/dpr-2024.gpk")
    assert (problem.status_code, BIG in problem.json["allowed"]) == (404, True)
    assert client.head(f"/downloads/latest/{BIG}").status_code == 302


def test_every_release_stays_and_latest_follows(tmp_path: Path) -> None:
    old = release_with_downloads(tmp_path)
    client = app_of(tmp_path).test_client()
    assert client.get(address(old, BIG)).data == contents(1)[BIG]
    fresh = next_release(tmp_path)
    assert client.get(f"/downloads/latest/{BIG}").headers["Location"].endswith(address(fresh, BIG))
    assert client.get(address(old, BIG)).data == contents(1)[BIG]
    assert client.get(address(fresh, BIG)).data == contents(2)[BIG]
    listed = get(client, "/downloads/", f="json")
    assert [(each["id"], each["current"]) for each in listed["releases"]] == [
        (fresh.id, True),
        (old.id, False),
    ]
    page = read(client.get(address(old) + "?f=html&lang=en").data)
    assert "This is not the release being served" in page.one("main").text
    assert any(each.attributes["href"] == f"{address(fresh)}?lang=en" for each in page.one("main").all("a"))


def test_one_release_alone_is_served_as_itself(release: Release) -> None:
    client = app_of(release.path).test_client()
    assert client.get(address(release, BIG)).data == contents(1)[BIG]
    assert client.get("/downloads/latest/SHA256SUMS").status_code == 302
    assert client.get(f"/downloads/none/{BIG}").status_code == 404
    assert [each["id"] for each in get(client, "/downloads/", f="json")["releases"]] == [release.id]


def test_a_release_without_downloads_says_how_to_make_them_and_then_has_them(tmp_path: Path) -> None:
    from boundaries.release.store import open_release

    bare = open_release(make_small_release(tmp_path))
    client = app_of(tmp_path).test_client()
    problem = client.get(address(bare, BIG))
    assert (problem.status_code, "dapil export --all" in problem.json["detail"]) == (404, True)
    assert client.get(address(bare, "dapil.gpkg")).status_code == 200
    page = client.get(address(bare) + "?f=html&lang=id")
    assert page.status_code == 200
    assert "dapil export --all" in page.text
    assert not _enclosures(client, "dpr-2024")
    tag = client.get("/collections/dpr-2024").headers["ETag"]
    give(bare, contents(1))
    assert client.get(address(bare, BIG)).status_code == 200
    assert _enclosures(client, "dpr-2024")
    assert client.get("/collections/dpr-2024").headers["ETag"] != tag
    assert "dapil export --all" not in client.get(address(bare) + "?f=html&lang=id").text


def test_a_database_has_no_files_unless_they_are_set(cluster: Any, release: Release) -> None:
    base = published(cluster, release.path)
    client = app_of(base).test_client()
    for path in ("/downloads/", f"/downloads/latest/{BIG}", address(release), address(release, BIG)):
        response = client.get(path)
        assert response.status_code == 404
        assert "DAPIL_DOWNLOADS" in response.json["detail"]
    assert b"/downloads" not in client.get("/?f=html").data
    assert not _enclosures(client, "dpr-2024")
    client = app_of(base, downloads=release.path.parent).test_client()
    assert client.get(address(release, BIG)).data == contents(1)[BIG]
    assert client.get(f"/downloads/latest/{BIG}").headers["Location"].endswith(address(release, BIG))
    assert len(_enclosures(client, "dpr-2024")) == 4


def test_the_setting_names_a_directory(tmp_path: Path) -> None:
    assert Settings.read([], {"DAPIL_DOWNLOADS": str(tmp_path)}).downloads == tmp_path
    with pytest.raises(SettingsError, match="a directory that exists"):
        Settings.read([], {"DAPIL_DOWNLOADS": str(tmp_path / "none")})


# What leads to the files


def _enclosures(client: FlaskClient, name: str) -> list[dict[str, Any]]:
    return [each for each in get(client, f"/collections/{name}")["links"] if each["rel"] == "enclosure"]


def test_a_collection_names_its_files_with_type_and_length(release: Release, client: FlaskClient) -> None:
    found = {each["href"].rpartition("/")[2]: each for each in _enclosures(client, "dpr-2024")}
    assert set(found) == {"dpr-2024.gpkg", "dpr-2024.geojson", "dpr-2024.csv", "dpr-2024.topojson"}
    for name, link in found.items():
        response = client.get(link["href"].removeprefix("http://localhost"))
        assert response.status_code == 200
        assert link["length"] == len(response.data) == told(release, name)["bytes"]
        assert response.headers["Content-Type"].startswith(link["type"])
    whole = {each["href"].rpartition("/")[2] for each in _enclosures(client, "dapil-dpr")}
    assert whole == {"dpr-2024.gpkg", "dpr-2019.gpkg", "dapil.gpkg"}
    assert [each["href"].rpartition("/")[2] for each in _enclosures(client, "unit-kecamatan")] == [
        "unit-kecamatan.gpkg"
    ]
    assert _enclosures(client, "dpd-2024") == []


def test_a_page_of_a_collection_offers_its_files(client: FlaskClient) -> None:
    page = read(client.get("/collections/dpr-2024?f=html&lang=en").data)
    hrefs = [each.attributes["href"] for each in page.one("ul", **{"class": "files"}).all("a")]
    assert [href.rpartition("/")[2] for href in hrefs] == ["dpr-2024.csv", "dpr-2024.geojson", "dpr-2024.gpkg",
                                                           "dpr-2024.topojson"]  # fmt: skip


def test_the_landing_page_leads_to_the_downloads(client: FlaskClient) -> None:
    assert any(each["href"].endswith("/downloads/") for each in get(client, "/")["links"])
    page = read(client.get("/?f=html&lang=en").data)
    assert [each.attributes["href"] for each in page.all("a")].count("/downloads/?lang=en") == 2


def test_openapi_knows_the_paths_and_metrics_their_classes(client: FlaskClient) -> None:
    paths = get(client, "/openapi", f="json")["paths"]
    assert {"/downloads/", "/downloads/{release}/", "/downloads/{release}/{file}"} <= set(paths)
    file = paths["/downloads/{release}/{file}"]
    assert {"200", "206", "302", "304", "404", "412", "416"} <= set(file["get"]["responses"])
    assert route_of("/downloads/") == route_of("/downloads") == "downloads"
    assert route_of("/downloads/x/") == "download-list"
    assert route_of("/downloads/x/y") == "download"
    assert route_of("/downloads/x/y/z") == "other"


# Pages


def test_the_page_of_a_release_has_every_file_with_size_and_hash(
    release: Release, client: FlaskClient
) -> None:
    listed = json.loads((release.path / FOLDER / LIST).read_bytes())["files"]
    for language in ("id", "en"):
        main = read(client.get(f"{address(release)}?f=html&lang={language}").data).one("main")
        hrefs = {each.attributes["href"] for each in main.all("a")}
        text = main.text
        for each in listed:
            assert address(release, each["name"]) in hrefs, each["name"]
            folded = (
                each["province"] or each["format"] == "map"
            )  # a thousand of them: SHA256SUMS has their hashes
            assert (each["sha256"] in text) is not bool(folded)
        assert "SHA256SUMS" in text
        assert "sha256sum -c" in text
        assert release.id in text
        assert "Creative Commons Zero 1.0" in text
        assert "PKPU 6/2023 Lampiran I" in text


def test_every_link_of_the_pages_leads_somewhere(release: Release, client: FlaskClient) -> None:
    seen = set()
    for path in ("/downloads/?f=html&lang=id", f"{address(release)}?f=html&lang=en"):
        for each in read(client.get(path).data).all("a", "link", "script"):
            href = each.attributes.get("href") or each.attributes.get("src") or ""
            if href.startswith("/"):
                seen.add(href)
    for href in seen:
        assert client.get(href, headers={"Accept": "text/html"}).status_code == 200, href
    assert len(seen) > 30


def test_files_stand_by_election_and_chamber_and_the_rest_is_folded(
    release: Release, client: FlaskClient
) -> None:
    main = read(client.get(f"{address(release)}?f=html&lang=en").data).one("main")
    titles = [each.text for each in main.all("h2")]
    order = ["Election of 2024", "Election of 2019", "Election of 2014", "Administrative units"]
    assert [each for each in titles if each in order] == order
    folded = [
        each for each in main.all("details") if each.one("summary").text.startswith("Data of the map page")
    ]
    assert [each.text for each in folded[0].all("a")] == ["map-index.json"]
    provinces = [
        each for each in main.all("details") if each.one("summary").text.startswith("By province (1)")
    ]
    assert "Jawa Barat" in provinces[0].text


def test_changes_since_the_release_before_are_told_and_names_stay_text(tmp_path: Path) -> None:
    evil = "<img src=x onerror=alert(1)>"
    changes = {
        "since": "contoh-1-0123456789ab",
        "layers": {
            "dpr-2024": {"added": ["dpr-2024-9999"], "removed": [evil], "changed": [
                {"id": "dpr-2024-3101", "what": ["kursi", "geometry"], "moved_km2": 12.5},
                {"id": "dpr-2024-3102", "what": ["geometry"], "moved_km2": 100.25}]},
        },
    }  # fmt: skip
    release = release_with_downloads(tmp_path, changes=changes)
    response = app_of(tmp_path).test_client().get(f"{address(release)}?f=html&lang=en")
    text = read(response.data).one("main").text
    assert "4 differ, 112.75 km² moved" in text or "4 differ, 112.750 km² moved" in text
    assert text.index("dpr-2024-3102") < text.index("dpr-2024-3101")  # the most ground first
    assert "Seats, Geometry" in text
    assert evil in text
    assert evil.encode() not in response.data


def test_a_list_that_grows_gives_another_page(tmp_path: Path) -> None:
    release = release_with_downloads(tmp_path)
    client = app_of(tmp_path).test_client()
    tags = {}
    for path in ("/downloads/?f=html", f"{address(release)}?f=html", f"{address(release)}?f=json"):
        response = client.get(path)
        tags[path] = response.headers["ETag"]
        assert client.get(path, headers={"If-None-Match": tags[path]}).status_code == 304
    give(release, contents(1) | {"more.csv": b"a\n", "even.more.csv": b"b\n"})
    for path, tag in tags.items():
        assert client.get(path, headers={"If-None-Match": tag}).status_code == 200, path
    assert "more.csv" in client.get(f"{address(release)}?f=html").text


def test_a_page_does_without_what_it_cannot_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    release_with_downloads(tmp_path / "build")
    other = next_release(tmp_path / "build")
    switch(tmp_path / "build", other.id)
    old = next(
        path for path in (tmp_path / "build").iterdir() if path.name not in (other.id, "current", ".lock")
    )
    monkeypatch.chdir(tmp_path)
    client = app_of(Path("build")).test_client()  # the default is a relative path
    assert '"@type": "Dataset"' in client.get(f"{address(other)}?f=html").text.replace('":"', '": "')
    (old / "dapil.gpkg").unlink()  # as in a mirror of a few files
    page = client.get(f"/downloads/{old.name}/?f=html")
    assert (page.status_code, BIG in page.text) == (200, True)


def test_json_of_a_release_is_its_list(release: Release, client: FlaskClient) -> None:
    assert client.get(f"{address(release)}?f=json").data == (release.path / FOLDER / LIST).read_bytes()


# The server: files by the kernel, slow clients, a switch on the way


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Release]]:
    out = tmp_path_factory.mktemp("served")
    release = release_with_downloads(out)
    give(release, contents(1) | {"huge.bin": b"0123456789abcdef" * (4 << 20)})  # 64 MiB
    with running(out, tmp_path_factory.mktemp("log"), workers="1", large="500") as server:
        yield server, release


def test_the_server_sends_what_the_application_does(server: tuple[Server, Release]) -> None:
    running_, release = server
    for name in (BIG, TEXT, "empty.csv", "dapil.gpkg"):
        for headers in ({}, {"Range": "bytes=10-19"}, {"Accept-Encoding": "identity"}):
            one = requests.get(running_.base + address(release, name), headers=headers, timeout=20)
            path = next(p for p in (release.path / FOLDER / name, release.path / name) if p.exists())
            ranged = "Range" in headers and path.stat().st_size
            assert one.status_code == ((206 if ranged else 416) if "Range" in headers else 200)
            if one.status_code != 416:
                assert one.content == (path.read_bytes()[10:20] if ranged else path.read_bytes())
            assert one.headers["X-Content-Type-Options"] == "nosniff"
            sandboxed = "; sandbox" if one.status_code != 416 else ""
            assert one.headers["Content-Security-Policy"] == "default-src 'none'" + sandboxed


def test_one_connection_carries_ranges_and_wholes_one_after_another(server: tuple[Server, Release]) -> None:
    running_, release = server
    with requests.Session() as session:
        for at in range(0, 200_000, 9_973):
            got = session.get(
                running_.base + address(release, BIG), headers={"Range": f"bytes={at}-{at + 99}"}, timeout=20
            )
            assert got.content == contents(1)[BIG][at : at + 100]
            assert session.head(running_.base + address(release, BIG), timeout=20).status_code == 200
            assert session.get(running_.base + address(release, PLAIN), timeout=20).content == b"terms\n"


def _memory(server: Server) -> int:
    """Return kB of memory of the workers that is their own (not of mapped files)."""
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
    total = 0
    for each in children:
        text = Path(f"/proc/{each}/status").read_text()
        match = re.search(r"RssAnon:\s+(\d+)", text)
        total += int(match[1]) if match else 0
    return total


def test_slow_clients_of_a_large_file_take_little_memory_and_hold_up_nobody(
    server: tuple[Server, Release],
) -> None:
    running_, release = server
    ask = f"GET {address(release, 'huge.bin')} HTTP/1.1\r\nHost: h\r\n\r\n".encode()
    requests.get(running_.base + address(release, "huge.bin"), timeout=30)  # hashed now
    before = _memory(running_)
    clients = []
    try:
        for _ in range(400):
            client = socket.socket()
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.connect(("127.0.0.1", running_.port))
            client.settimeout(20)
            client.sendall(ask)
            clients.append(client)
        heads = [client.recv(300) for client in clients]
        assert all(head.startswith(b"HTTP/1.1 200") for head in heads)
        assert requests.get(running_.base + address(release, PLAIN), timeout=20).content == b"terms\n"
        grown = _memory(running_) - before
        assert grown < 400 * 800, f"{grown} kB more for 400 clients of a file of 64 MiB"
    finally:
        for client in clients:
            client.close()


@pytest.mark.slow
def test_a_download_under_way_ends_with_its_file_whatever_becomes_of_the_release(tmp_path: Path) -> None:
    out = tmp_path / "releases"
    old = release_with_downloads(out)
    content = b"0123456789abcdef" * (1 << 20)
    give(old, contents(1) | {"huge.bin": content})
    (tmp_path / "log").mkdir()
    with running(out, tmp_path / "log", workers="1") as server:
        response = requests.get(server.base + address(old, "huge.bin"), stream=True, timeout=30)
        first = response.raw.read(100_000)
        fresh = next_release(out)
        (old.path / FOLDER / "huge.bin").unlink()
        for _ in range(100):
            location = requests.get(
                f"{server.base}/downloads/latest/{BIG}", allow_redirects=False, timeout=20
            ).headers["Location"]
            if fresh.id in location:
                break
            time.sleep(0.05)
        assert fresh.id in location
        assert first + response.raw.read() == content
        assert requests.get(server.base + address(old, "huge.bin"), timeout=20).status_code == 404


@pytest.mark.slow
def test_a_file_that_is_cut_while_it_is_sent_ends_the_connection(tmp_path: Path) -> None:
    out = tmp_path / "releases"
    release = release_with_downloads(out)
    size = 64 << 20
    give(release, contents(1) | {"huge.bin": bytes(size)})
    (tmp_path / "log").mkdir()
    with running(out, tmp_path / "log", workers="1") as server:
        response = requests.get(server.base + address(release, "huge.bin"), stream=True, timeout=30)
        assert len(response.raw.read(1000)) == 1000
        with (release.path / FOLDER / "huge.bin").open("r+b") as file:
            file.truncate(20 << 20)
        with pytest.raises(Exception, match="IncompleteRead"):
            response.raw.read()
        response.close()
        assert requests.get(server.base + address(release, "huge.bin"), timeout=20).status_code == 500


def test_a_rate_counts_files_too(tmp_path: Path) -> None:
    from boundaries.service.ops.middleware import Operation

    release = release_with_downloads(tmp_path)
    settings = Settings.read(["--rate", "1/m,burst=2", "--access-log", "off"], {})
    app = Operation(app_of(tmp_path), settings, None, None)
    statuses = []
    for _ in range(3):
        environ = {"REQUEST_METHOD": "GET", "PATH_INFO": address(release, PLAIN), "QUERY_STRING": "",
                   "SERVER_NAME": "h", "SERVER_PORT": "80", "wsgi.url_scheme": "http",
                   "REMOTE_ADDR": "192.0.2.7"}  # fmt: skip
        body = app(environ, lambda status, *_: statuses.append(status[:3]))
        b"".join(body)
        body.close()
    assert statuses == ["200", "200", "429"]


def test_a_switch_of_a_link_is_not_a_directory_of_a_release(tmp_path: Path) -> None:
    release = release_with_downloads(tmp_path)
    other = next_release(tmp_path)
    switch(tmp_path, release.id)
    client = app_of(tmp_path).test_client()
    assert client.get(f"/downloads/latest/{BIG}").headers["Location"].endswith(address(release, BIG))
    assert client.get(address(other, BIG)).data == contents(2)[BIG]


@pytest.mark.slow
def test_every_place_counts_the_same_files(client: FlaskClient, release: Release) -> None:
    """The list, /downloads/, the page of the release and the command: files of the list, each once and unpacked."""
    listed = json.loads((release.path / FOLDER / LIST).read_bytes())["files"]
    assert any(each.get("gzip") for each in listed)
    files, total = len(listed), sum(each["bytes"] for each in listed)
    (told,) = [each for each in client.get("/downloads/?f=json").json["releases"] if each["id"] == release.id]
    assert (told["files"], told["bytes"]) == (files, total)
    own = len(release.manifest["files"])
    for language, pattern in (("id", "{} berkas unduhan"), ("en", "{} files to download")):
        page = client.get(f"/downloads/{release.id}/?f=html&lang={language}").text
        assert pattern.format(files) in page
    assert f"{own} files of the release itself" in page
    result = CliRunner().invoke(main, ["info", "--release", str(release.path)])
    assert re.search(rf"downloads/ +{total:,} bytes +{files:,} files", result.stdout), result.stdout
