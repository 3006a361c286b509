"""What is made behind the service: downloads that can be had as they become ready, and what is told meanwhile."""

import errno
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from boundaries.downloads import folder, jobs, unfinished
from boundaries.downloads.unfinished import Unfinished
from boundaries.errors import ReleaseError
from boundaries.release.store import CURRENT, FOLDER, LIST, MANIFEST, Release, open_release, write_json
from boundaries.service.being_made import Making
from boundaries.service.ops.behind import Behind, Board
from tests.server_help import running
from tests.service_help import app_of
from tests.small import make_small_release
from tests.test_build import run, write_map

FIRST = "dpr-2024-overview.topojson"


@pytest.fixture
def bare(tmp_path: Path) -> Release:
    return open_release(make_small_release(tmp_path / "build"))


class Client(requests.Session):
    """Asks one server."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self._base = base

    def request(self, method: str, url: str, *given: Any, **options: Any) -> Any:  # type: ignore[override]
        return super().request(method, self._base + url if url.startswith("/") else url, *given, **options)


def until(true: Callable[[], Any], seconds: float = 600) -> Any:
    """Wait until something is so, and return it."""
    latest = time.monotonic() + seconds
    while time.monotonic() < latest:
        if found := true():
            return found
        time.sleep(0.05)
    raise AssertionError("it never came to be so")


def failing(*_: Any) -> Iterator[Any]:
    raise ReleaseError("the pen broke")


@pytest.mark.slow
def test_what_is_ready_is_served_before_the_rest_and_the_same_afterwards(bare: Release) -> None:
    out = bare.path.parent
    making = [Making("making", "downloads", bare.id, 2, 9)]
    client = app_of(out, making=lambda: making[0]).test_client()
    folder.begin(bare, out)
    ready = client.get(f"/downloads/{bare.id}/{FIRST}")
    later = client.get(f"/downloads/{bare.id}/dpr-2024.gpkg")
    assert (ready.status_code, later.status_code) == (200, 503)
    assert later.headers["Retry-After"] == "5"
    assert "being made (2 of 9)" in later.json["detail"]
    person = client.get(
        f"/downloads/{bare.id}/dpr-2024.gpkg", headers={"Accept": "text/html", "Accept-Language": "id"}
    )
    assert (person.status_code, "sedang dibuat (2 dari 9)" in person.text) == (503, True)
    assert "Being made" in client.get("/downloads/?f=html&lang=en").text
    assert client.get("/health").json["making"]["step"] == 2
    listed = client.get(f"/downloads/{bare.id}/{LIST}")
    assert listed.status_code == 503
    made = folder.add(bare)
    making[0] = Making("made")
    assert not list(out.glob(f"{unfinished.PREFIX}*"))
    assert client.get(f"/downloads/{bare.id}/{FIRST}").data == ready.data == (made / FIRST).read_bytes()
    assert client.get(f"/downloads/{bare.id}/dpr-2024.gpkg").status_code == 200
    assert client.get("/health").json["downloads"] is True
    assert not list(folder.damage(bare))


@pytest.mark.slow
def test_it_goes_on_where_it_was_ended(bare: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    out = bare.path.parent
    with monkeypatch.context() as patch:
        patch.setitem(jobs.KINDS, "layer", failing)  # type: ignore[arg-type]
        with pytest.raises(ReleaseError, match="the pen broke"):
            folder.add(bare)
    part = Unfinished(out, bare.id)
    assert FIRST in part.ready()
    (part.files / FIRST).write_bytes(b"{}")  # damaged meanwhile: its job is done again
    done: list[str] = []
    kinds = dict(jobs.KINDS)
    for kind, work in kinds.items():
        monkeypatch.setitem(
            jobs.KINDS,  # type: ignore[arg-type]
            kind,
            lambda *given, kind=kind, work=work: (done.append(kind), work(*given))[1],
        )
    folder.add(bare)
    assert "map" not in done
    assert {"topojson", "layer"} <= set(done)
    assert not list(folder.damage(bare))


def test_a_journal_of_nonsense_tells_of_nothing(bare: Release) -> None:
    part = Unfinished(bare.path.parent, bare.id)
    with part.alone(print):
        for content in (
            b"\xff\xfe\n",
            b"[]\n",
            b'{"name": "../x"}\n',
            b"{\n",
            b'{"name": "a.csv", "bytes": -1}\nend\n',
        ):
            part.journal(jobs.Job("map", "")).write_bytes(content)
            assert part.ready() == {}
            assert part.done(jobs.Job("map", "")) is None


@pytest.mark.slow
def test_two_never_make_the_same(bare: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    work = jobs.KINDS["map"]
    monkeypatch.setitem(jobs.KINDS, "map", lambda *given: (done.append("map"), work(*given))[1])  # type: ignore[arg-type]
    told: list[str] = []
    part = Unfinished(bare.path.parent, bare.id)
    with part.alone(print):
        others = [
            threading.Thread(target=folder.add, args=(bare,), kwargs={"tell": told.append}) for _ in range(2)
        ]
        for each in others:
            each.start()
        until(lambda: sum("another process" in text for text in told) == 2)
    for each in others:
        each.join(60)
    assert done == ["map"]
    assert not list(folder.damage(bare))
    assert not part.root.exists()


def test_a_full_disk_is_told_and_the_room_given_back(bare: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> Iterator[Any]:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setitem(jobs.KINDS, "layer", full)  # type: ignore[arg-type]
    with pytest.raises(ReleaseError, match="no room on the disk"):
        folder.add(bare)
    assert not Unfinished(bare.path.parent, bare.id).root.exists()
    assert not (bare.path / FOLDER).exists()


def test_a_folder_that_cannot_be_written_is_told(bare: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("boundaries.release.staging.os.access", lambda *_: False)
    with pytest.raises(ReleaseError, match=r"cannot be written .permissions or a read-only disk"):
        folder.add(bare)


@pytest.mark.slow
def test_a_quick_release_is_served_until_the_full_one_is_there(tmp_path: Path) -> None:
    toml = write_map(tmp_path / "map", under="34.71")
    out = tmp_path / "build"
    made = run("build", "--quick", "--source", toml, "--out", out)
    assert made.exit_code == 0, made.output
    first = open_release(out)
    assert first.manifest["provisional"] == {"source": str(toml), "coarse": True}
    assert {plan["tahun"] for plan in first.manifest["plans"]} == {2024}
    with running(out, tmp_path, behind="on") as server:
        client = Client(server.base)
        health = client.get("/health").json()
        assert (health["release"], health["provisional"]) == (first.id, True)
        assert "Peta sementara" in client.get("/map?lang=id").text
        until(lambda: client.get("/health").json()["release"] != first.id)
        assert "Peta sementara" not in client.get("/map?lang=id").text
        full = client.get("/health").json()["release"]
        assert client.get(f"/downloads/{full}/map-index.json").status_code == 200  # a map is there at once
        assert (
            client.get(f"/downloads/{first.id}/map-index.json").status_code == 200
        )  # for who opened the first
        until(lambda: client.get("/health").json()["downloads"])
    assert {plan["tahun"] for plan in open_release(out).manifest["plans"]} > {2019, 2024}


def test_a_board_is_read_whole() -> None:
    board = Board()
    assert Making.from_json(board.read()) == Making()
    for told in (Making("making", "downloads", "r", 1, 40), Making("failed", why="é" * 900), Making("made")):
        board.write(told.as_json())
        assert Making.from_json(board.read()) == told


@pytest.mark.slow
def test_a_server_makes_them_behind_and_finds_them_without_a_new_start(bare: Release, tmp_path: Path) -> None:
    with running(bare.path.parent, tmp_path, behind="on") as server:
        client = Client(server.base)
        assert client.get("/map").status_code == 200
        until(lambda: client.get("/health").json()["downloads"])
        assert client.get("/downloads/latest/dpr-2024.gpkg").status_code == 200
        assert until(lambda: _enclosures(client))  # the pages know it, too
        assert "dapil_downloads 1.0" in client.get("/metrics").text
    assert not list(bare.path.parent.glob(f"{unfinished.PREFIX}*"))


def _enclosures(client: Client) -> list[Any]:
    links = client.get("/collections/dpr-2024").json()["links"]
    return [link for link in links if link["rel"] == "enclosure"]


@pytest.mark.slow
def test_what_cannot_be_made_is_told_and_the_service_goes_on(bare: Release, tmp_path: Path) -> None:
    (bare.path.parent / f"{unfinished.PREFIX}{bare.id}").write_text("a file where the folder would be")
    with running(bare.path.parent, tmp_path, behind="on") as server:
        client = Client(server.base)
        told = until(lambda: client.get("/health").json().get("making", {}).get("state") == "failed")
        assert told
        assert client.get("/collections/dpr-2024/items?limit=1").status_code == 200
        problem = client.get(f"/downloads/{bare.id}/{FIRST}")
        assert problem.status_code == 404
        assert "is no folder; move it away" in problem.json()["detail"]
        assert "dapil_making_failed 1.0" in client.get("/metrics").text
    assert "could not be made" in (tmp_path / "server.err").read_text()


def test_a_killed_making_is_told_and_ends_with_the_service(
    bare: Release, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    behind = Behind(bare.path.parent)
    part = Unfinished(bare.path.parent, bare.id)
    with part.alone(print):  # so that it waits
        behind.start()
        running_ = until(lambda: behind._running)
        os.killpg(running_.pid, signal.SIGKILL)
        until(lambda: behind.read().state == "failed")
    assert "SIGKILL" in behind.read().why
    again = Behind(bare.path.parent)
    with part.alone(print):
        again.start()
        process = until(lambda: again._running)
        again.stop()
        assert process.poll() is not None
    capfd.readouterr()


@pytest.mark.slow
def test_a_provisional_release_says_so_on_every_page_and_goes_when_its_place_is_taken(
    bare: Release, tmp_path: Path
) -> None:
    manifest = dict(bare.manifest) | {"provisional": {"source": "toy", "coarse": True}}
    write_json(bare.path / MANIFEST, manifest)
    client = app_of(bare.path.parent).test_client()
    paths = ("/", "/collections", "/collections/dpr-2024", "/collections/dpr-2024/items", "/lookup", "/downloads/",
             f"/downloads/{bare.id}/", "/conformance", "/nowhere")  # fmt: skip
    for path in paths:
        for language, words in (("id", "Rilis sementara"), ("en", "A provisional release")):
            page = client.get(path, headers={"Accept": "text/html", "Accept-Language": language})
            assert words in page.text, path
            assert {"id": "Garisnya kasar", "en": "lines are coarse"}[language] in page.text, path
    assert "Peta sementara" in client.get("/map?lang=id").text
    assert "A provisional map" in client.get("/map?lang=en").text
    assert client.get("/health").json["provisional"] is True
    assert "takes its place" in client.get(f"/downloads/{bare.id}/dpr-2024.gpkg").json["detail"]

    other = bare.path.with_name("another")
    bare.path.rename(other)
    (bare.path.parent / CURRENT).unlink()
    made = open_release(make_small_release(bare.path.parent))
    folder.add(made)
    behind = Behind(bare.path.parent)
    behind.start()
    until(lambda: behind.read().state == "made")
    assert not other.exists()
    assert (made.path / FOLDER).is_dir()
