"""A release that comes from a stranger: what is no regular file of it is refused, never followed, never waited for."""

import hashlib
import json
import os
import shutil
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from boundaries.downloads import folder
from boundaries.errors import ReleaseError
from boundaries.release.regular_file import NotRegular, open_regular
from boundaries.release.store import CURRENT, FOLDER, LIST, MANIFEST, Release, open_release
from boundaries.service.app import create_app
from boundaries.service.download_files import Store
from tests.small import make_small_release

SECRET = b"what the machine keeps to itself\n"
#: Longer than anything here takes; a test that gets so far was made to wait.
LONG_S = 120


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """A small release with a folder of downloads that holds one file."""
    release = open_release(make_small_release(tmp_path_factory.mktemp("made")))
    (release.path / FOLDER).mkdir()
    put_list(release.path, {"seats.csv": (b"a,b\n", "text/csv")})
    return release


@pytest.fixture
def own(made: Release, tmp_path: Path) -> Path:
    """A copy of it that a test may damage, current in its directory."""
    out = tmp_path / "releases"
    shutil.copytree(made.path, out / made.id)
    (out / CURRENT).symlink_to(made.id)
    return out / made.id


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret.txt"
    path.write_bytes(SECRET)
    return path


def put_list(release: Path, files: dict[str, tuple[bytes, str]]) -> None:
    """Write files of a folder of downloads, and their list."""
    entries = []
    for name, (content, kind) in files.items():
        (release / FOLDER / name).write_bytes(content)
        about = {"name": name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        entries.append(
            about | {"media_type": kind, "format": "csv", "dataset": "x", "title": {"id": "x", "en": "x"}}
        )
    listed = {"format": 1, "release": release.name, "previous": None, "files": entries}
    (release / FOLDER / LIST).write_text(json.dumps(listed), encoding="utf-8")


def link(path: Path, secret: Path) -> None:
    path.symlink_to(secret)


def pipe(path: Path, _: Path) -> None:
    os.mkfifo(path)


def device(path: Path, _: Path) -> None:
    path.symlink_to("/dev/zero")


def directory(path: Path, _: Path) -> None:
    path.mkdir()


def unix_socket(path: Path, _: Path) -> None:
    here = os.open(path.parent, os.O_RDONLY)  # the name of a socket is short
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(f"/proc/self/fd/{here}/{path.name}")
    os.close(here)


KINDS = {"link": link, "pipe": pipe, "device": device, "directory": directory, "socket": unix_socket}
Put = Callable[[Path, Path], None]


@pytest.fixture(params=KINDS)
def foreign(request: pytest.FixtureRequest) -> Put:
    """What puts something that is no regular file at a path."""
    return KINDS[request.param]


def replaced(path: Path, foreign: Put, secret: Path) -> None:
    path.unlink()
    foreign(path, secret)


def in_time(do: Callable[[], object], *refusals: type[Exception]) -> BaseException | None:
    """Do something that must not wait for a pipe; return with which of `refusals` it ended."""
    failed: list[BaseException] = []

    def run() -> None:
        try:
            do()
        except BaseException as error:  # noqa: BLE001 - it is raised where pytest sees it
            failed.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(LONG_S)
    assert not thread.is_alive(), "waits"
    if failed and not isinstance(failed[0], refusals):
        raise failed[0]
    return failed[0] if failed else None


def test_only_a_regular_file_is_opened(foreign: Put, tmp_path: Path, secret: Path) -> None:
    foreign(tmp_path / "x", secret)
    assert in_time(lambda: open_regular(tmp_path / "x"), NotRegular, OSError)


def test_a_regular_file_is_opened_and_one_that_is_away_is_away(tmp_path: Path, secret: Path) -> None:
    with open_regular(secret) as file:
        assert file.read() == SECRET
    with pytest.raises(FileNotFoundError):
        open_regular(tmp_path / "none")


@pytest.mark.parametrize("name", ["dapil.gpkg", "features.bin", MANIFEST])
def test_a_release_with_a_foreign_file_is_not_opened(
    name: str, foreign: Put, own: Path, secret: Path
) -> None:
    replaced(own / name, foreign, secret)
    assert in_time(lambda: open_release(own), ReleaseError)
    assert in_time(lambda: create_app(own.parent), ReleaseError)


def test_a_link_to_the_right_bytes_is_a_link(own: Path, tmp_path: Path) -> None:
    (own / "dapil.gpkg").rename(tmp_path / "elsewhere.gpkg")
    (own / "dapil.gpkg").symlink_to(tmp_path / "elsewhere.gpkg")
    with pytest.raises(ReleaseError, match=r"dapil\.gpkg is a link"):
        open_release(own)


def test_a_name_that_leads_out_of_a_release_is_none(own: Path, secret: Path) -> None:
    manifest = json.loads((own / MANIFEST).read_bytes())
    told = {"bytes": len(SECRET), "sha256": hashlib.sha256(SECRET).hexdigest(), "media_type": "text/plain"}
    manifest["files"].append(told | {"name": f"../../{secret.name}"})
    (own / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(ReleaseError, match="is no name of a file in it"):
        open_release(own)


@pytest.fixture
def client(own: Path) -> tuple[FlaskClient, Path]:
    return create_app(own.parent).test_client(), own


def test_a_listed_file_that_is_foreign_is_not_sent(
    foreign: Put, client: tuple[FlaskClient, Path], secret: Path
) -> None:
    asked, own = client
    put_list(own, {"seats.csv": (SECRET, "text/csv")})  # the hash is right
    replaced(own / FOLDER / "seats.csv", foreign, secret)

    def ask() -> None:
        answer = asked.get(f"/downloads/{own.name}/seats.csv")
        assert answer.status_code == 500
        assert SECRET not in answer.data

    in_time(ask)
    assert list(folder.damage(open_release(own)))


@pytest.mark.parametrize("place", [MANIFEST, f"{FOLDER}/{LIST}"])
def test_a_foreign_manifest_or_list_stops_nobody(
    place: str, foreign: Put, client: tuple[FlaskClient, Path], secret: Path
) -> None:
    asked, own = client
    other = own.with_name("contoh-1-000000000000")
    shutil.copytree(own, other)
    replaced(other / place, foreign, secret)

    def ask() -> None:
        assert asked.get("/health").status_code == 200
        for form in ("json", "html"):
            assert asked.get(f"/downloads/?f={form}").status_code == 200
        answer = asked.get(f"/downloads/{other.name}/seats.csv")
        assert answer.status_code in (404, 500)
        assert asked.get(f"/downloads/{own.name}/seats.csv").data == b"a,b\n"

    in_time(ask)


def test_a_folder_that_is_a_link_is_not_read(client: tuple[FlaskClient, Path], tmp_path: Path) -> None:
    asked, own = client
    (own / FOLDER).rename(tmp_path / "elsewhere")
    (own / FOLDER).symlink_to(tmp_path / "elsewhere")
    answer = asked.get(f"/downloads/{own.name}/seats.csv")
    assert answer.status_code == 500
    assert "is a link" in answer.json["detail"]


def test_what_no_list_names_is_not_sent(client: tuple[FlaskClient, Path]) -> None:
    asked, own = client
    for place in (own / "notes.txt", own / FOLDER / "notes.txt", own / FOLDER / ".htaccess"):
        place.write_bytes(SECRET)
        assert asked.get(f"/downloads/{own.name}/{place.name}").status_code == 404


@pytest.mark.parametrize("kind", ["text/html", "image/svg+xml", "application/xhtml+xml", "text/csv"])
def test_a_file_of_any_type_runs_nothing(kind: str, client: tuple[FlaskClient, Path]) -> None:
    asked, own = client
    put_list(own, {"seats.csv": (b"<script>alert(1)</script>", kind)})
    answer = asked.get(f"/downloads/{own.name}/seats.csv")
    assert answer.status_code == 200
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_a_list_of_releases_is_written_again_when_one_comes(own: Path) -> None:
    store = Store(own.parent)
    before = store.stamp()
    assert store.stamp() == before
    shutil.copytree(own, own.with_name("contoh-1-000000000000"))
    assert store.stamp() != before
