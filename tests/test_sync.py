"""A mirror is what its origin is, whatever happens on the way; and what is hostile or damaged never gets into it."""

import errno
import filecmp
import hashlib
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import requests
from click.testing import CliRunner

from boundaries.cli import main
from boundaries.downloads import folder as downloads
from boundaries.downloads import listing
from boundaries.errors import DownloadError, NotFound, ReleaseError
from boundaries.mirror import local, patience, remote
from boundaries.mirror import sync as sync_module
from boundaries.mirror.local import Local
from boundaries.mirror.sync import Synced, sync
from boundaries.release import locking
from boundaries.release.store import (
    CURRENT,
    FOLDER,
    LIST,
    MANIFEST,
    Release,
    open_release,
    release_id,
    sha256,
    switch,
    write_json,
)
from tests import sync_help as faults
from tests.downloads_help import contents, give, packed, release_with_downloads
from tests.server_help import ROOT, running
from tests.service_help import app_of, served
from tests.sync_help import Host, files_of, held, hosting

BIG = "dpr-2024.gpkg"
TEXT = "dpr-2024.geojson"


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "PAUSE", 0.001)


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return release_with_downloads(tmp_path_factory.mktemp("origin"))


@pytest.fixture
def host(origin: Release) -> Iterator[Host]:
    with hosting(Host(origin.id, files_of(origin))) as host:
        yield host


def next_release(out: Path, seed: int = 2) -> Release:
    """Publish another release beside the current one: other downloads but those of 2019, the same maps."""
    before = open_release(out)
    draft = out / ".draft"
    shutil.copytree(before.path, draft, ignore=shutil.ignore_patterns(FOLDER))
    with (draft / "quality.csv").open("a") as file:
        file.write(f"{seed}\n")
    manifest = dict(before.manifest)
    manifest["files"] = [
        each | {"bytes": (draft / each["name"]).stat().st_size, "sha256": sha256(draft / each["name"])}
        for each in before.manifest["files"]
    ]
    hashes = {each["name"]: each["sha256"] for each in manifest["files"]}
    manifest["release"] = release_id(manifest["source"]["id"], hashes)
    write_json(draft / MANIFEST, manifest)
    draft.rename(out / manifest["release"])
    give(open_release(out / manifest["release"]), contents(seed))
    switch(out, manifest["release"])
    return open_release(out)


def same(one: Path, two: Path) -> bool:
    """Whether two directories hold the same files, byte for byte."""
    names = [sorted(path.relative_to(each).as_posix() for path in each.rglob("*")) for each in (one, two)]
    assert names[0] == names[1]
    _, other, odd = filecmp.cmpfiles(one, two, [n for n in names[0] if (one / n).is_file()], shallow=False)
    return not other and not odd


def leftovers(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.rglob("*") if path.name.endswith(".part"))


# A mirror


@pytest.mark.parametrize(
    "tail", ["", "/", "/downloads", "/downloads/", "/downloads/latest/", "/downloads/latest/downloads.json"]
)
def test_a_mirror_of_the_service_is_its_release_byte_for_byte(
    origin: Release, tmp_path: Path, tail: str
) -> None:
    with served(app_of(origin.path.parent)) as base:
        done = sync(base + tail, tmp_path)
    assert same(origin.path, tmp_path / origin.id)
    assert (tmp_path / "current").resolve() == tmp_path / origin.id
    assert done.complete
    assert list(downloads.damage(open_release(tmp_path))) == []
    assert leftovers(tmp_path) == []


class _Quiet(SimpleHTTPRequestHandler):
    """A plain web host: no ranges, no redirects."""

    def log_message(self, *_: Any) -> None:
        return


@pytest.fixture
def static(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A directory and the address where a plain web host gives it."""
    folder = tmp_path / "www"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield folder, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def _copied_releases(folder: Path, origin: Release) -> str:
    shutil.copytree(origin.path.parent, folder / "data", symlinks=True)
    return "/data"


def _copied_addresses(folder: Path, origin: Release) -> str:
    flat = folder / "files" / "latest"
    flat.mkdir(parents=True)
    for name, content in files_of(origin).items():
        (flat / name).write_bytes(content)
    return "/files/"


def _copied_release(folder: Path, origin: Release) -> str:
    shutil.copytree(origin.path, folder / "one")
    return "/one"


@pytest.mark.parametrize("copy", [_copied_releases, _copied_addresses, _copied_release])
def test_a_copy_on_a_plain_web_host_can_be_mirrored(
    origin: Release, static: tuple[Path, str], tmp_path: Path, copy: Callable[[Path, Release], str]
) -> None:
    where = copy(static[0], origin)
    sync(static[1] + where, tmp_path / "mirror")
    assert same(origin.path, tmp_path / "mirror" / origin.id)


@pytest.mark.slow
def test_a_mirror_is_served_as_its_origin_is(origin: Release, tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    with running(origin.path.parent, tmp_path / "logs") as server:
        done = sync(server.base, tmp_path / "mirror")
        assert done.complete
        first = requests.get(f"{server.base}/downloads/latest/{TEXT}", timeout=60)
    (tmp_path / "more").mkdir()
    with running(tmp_path / "mirror", tmp_path / "more") as server:
        again = requests.get(f"{server.base}/downloads/latest/{TEXT}", timeout=60)
    assert (again.status_code, again.content, again.headers["ETag"]) == (
        200,
        first.content,
        first.headers["ETag"],
    )


def test_only_what_changed_is_fetched_and_what_stays_lies_on_the_disk_once(tmp_path: Path) -> None:
    release_with_downloads(tmp_path / "origin")
    with served(app_of(tmp_path / "origin")) as base:
        first = sync(base, tmp_path / "mirror")
        idle = sync(base, tmp_path / "mirror")
    fresh = next_release(tmp_path / "origin")
    with served(app_of(tmp_path / "origin")) as base:
        second = sync(base, tmp_path / "mirror")
    assert idle.fetched == 0
    assert idle.bytes < 20_000  # the list
    assert second.release == fresh.id != first.release
    assert same(fresh.path, tmp_path / "mirror" / fresh.id)
    stays = ["dapil.gpkg", "features.bin", f"{FOLDER}/dpr-2019.gpkg"]
    for place in stays:
        pair = [(tmp_path / "mirror" / each.release / place).stat().st_ino for each in (first, second)]
        assert pair[0] == pair[1], place
    unchanged = sum((fresh.path / place).stat().st_size for place in stays)
    assert second.bytes <= first.bytes - unchanged + 1000


def test_a_file_system_without_links_gets_copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    release_with_downloads(tmp_path / "origin")
    with served(app_of(tmp_path / "origin")) as base:
        sync(base, tmp_path / "mirror")
    fresh = next_release(tmp_path / "origin")
    monkeypatch.setattr(local.os, "link", partial(_refuse, errno.EPERM))
    with served(app_of(tmp_path / "origin")) as base:
        sync(base, tmp_path / "mirror")
    assert same(fresh.path, tmp_path / "mirror" / fresh.id)


def _refuse(number: int, *_: Any, **__: Any) -> None:
    raise OSError(number, os.strerror(number))


def test_what_a_run_without_news_leaves_alone(origin: Release, host: Host, tmp_path: Path) -> None:
    sync(host.base, tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    sync(host.base, tmp_path)
    after = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    assert before == after  # a service that follows the list would make itself ready again


def test_old_releases_go_when_no_more_are_to_be_kept(tmp_path: Path) -> None:
    release_with_downloads(tmp_path / "origin")
    names = []
    for seed in (2, 3, 4):
        with served(app_of(tmp_path / "origin")) as base:
            names.append(sync(base, tmp_path / "mirror").release)
        os.utime(tmp_path / "mirror" / names[-1] / MANIFEST, (seed, seed))
        next_release(tmp_path / "origin", seed)
    (tmp_path / "mirror" / "notes").mkdir()  # not a release
    with served(app_of(tmp_path / "origin")) as base:
        done = sync(base, tmp_path / "mirror", keep=2)
    assert done.removed == [names[1], names[0]]
    there = sorted(path.name for path in (tmp_path / "mirror").iterdir() if not path.name.startswith("."))
    assert there == sorted([names[2], done.release, "current", "notes"])
    assert list(downloads.damage(open_release(tmp_path / "mirror"))) == []  # links to what went are whole


def test_only_what_is_asked_for_and_what_checks_it(host: Host, tmp_path: Path) -> None:
    done = sync(host.base, tmp_path, only=["dpr-2024.g*", "*.parquet"])
    names = {path.name for path in (tmp_path / done.release).rglob("*") if path.is_file()}
    assert names == {"dpr-2024.gpkg", TEXT, f"{TEXT}.gz", LIST, MANIFEST, "SHA256SUMS", "LICENCE.txt"}
    assert not done.complete
    assert not (tmp_path / CURRENT).is_symlink(), "nothing points to what cannot be served"
    assert sync(host.base, tmp_path).complete
    assert open_release(tmp_path).id == done.release
    with pytest.raises(NotFound, match=r"no file of contoh-1-\w+ matches \*\.tiff"):
        sync(host.base, tmp_path, only=["*.tiff"])


# What is damaged on this disk


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def _link_away(path: Path) -> None:
    other = path.parents[2] / "elsewhere"
    path.rename(other)
    path.symlink_to(other)


@pytest.mark.parametrize("damage", [_flip, Path.unlink, partial(os.truncate, length=10), _link_away])
@pytest.mark.parametrize("place", [f"{FOLDER}/{BIG}", f"{FOLDER}/{TEXT}", f"{FOLDER}/{TEXT}.gz", "dapil.gpkg", MANIFEST,
                                   f"{FOLDER}/{LIST}", f"{FOLDER}/SHA256SUMS"])  # fmt: skip
def test_a_damaged_file_is_noticed_and_had_again(
    origin: Release, host: Host, tmp_path: Path, place: str, damage: Callable[[Path], None]
) -> None:
    sync(host.base, tmp_path)
    path = tmp_path / origin.id / place
    damage(path)
    heard: list[str] = []
    done = sync(host.base, tmp_path, tell=heard.append)
    assert path.read_bytes() == (origin.path / place).read_bytes()
    assert not path.is_symlink()
    if damage in (_flip, _link_away) and place not in (MANIFEST, f"{FOLDER}/{LIST}"):
        assert done.mended == [place]
        assert place.rpartition("/")[2] in heard[0]
    assert same(origin.path, tmp_path / origin.id)


def test_a_file_that_the_list_does_not_name_goes(origin: Release, host: Host, tmp_path: Path) -> None:
    sync(host.base, tmp_path)
    (tmp_path / origin.id / FOLDER / "stray.csv").write_text("x")
    sync(host.base, tmp_path)
    assert same(origin.path, tmp_path / origin.id)


# What happens on the way


def test_a_broken_off_download_goes_on_where_it_stopped(origin: Release, host: Host, tmp_path: Path) -> None:
    host.faults[BIG] = [faults.cut(100_000), faults.cut(50_000)]
    done = sync(host.base, tmp_path)
    assert host.ranges(BIG) == ["", "bytes=100000-", "bytes=150000-"]
    assert same(origin.path, tmp_path / origin.id)
    total = sum(len(host.files[name]) * count for name, count in host.counts.items() if name != BIG)
    assert done.bytes <= total + len(host.files[BIG]) + 300  # nothing came twice


def test_as_long_as_something_comes_it_goes_on(origin: Release, host: Host, tmp_path: Path) -> None:
    host.faults[BIG] = [faults.cut(7_000)] * 40
    sync(host.base, tmp_path)
    assert len(host.ranges(BIG)) == 41


@pytest.mark.parametrize(
    ("once", "name"),
    [
        ([faults.cut(100_000), faults.whole], BIG),
        ([faults.flipped], BIG),
        ([faults.flipped], f"{TEXT}.gz"),
        ([faults.cut(1000), faults.flipped], BIG),
        ([faults.longer], BIG),
        ([faults.shorter], BIG),
        ([faults.cut(1000), faults.shifted], BIG),
        ([faults.cut(1000), faults.status(416)], BIG),
        ([faults.status(503, Retry_After="0"), faults.status(429, Retry_After="0"), faults.status(500)], BIG),
        ([faults.cut(0)], MANIFEST),
        ([faults.flipped], MANIFEST),
        ([faults.flipped], "SHA256SUMS"),
        ([faults.status(502)], LIST),
    ],
)  # fmt: skip
def test_what_goes_wrong_once_is_noticed_and_tried_again(
    origin: Release, host: Host, tmp_path: Path, once: list[faults.Fault], name: str
) -> None:
    host.faults[name] = list(once)
    sync(host.base, tmp_path)
    assert host.faults[name] == []
    assert same(origin.path, tmp_path / origin.id)


@pytest.mark.parametrize(
    ("fault", "name", "told"),
    [
        (faults.flipped, BIG, r"/dpr-2024\.gpkg: it came with the sha256 \w{64}, the list says \w{64}"),
        (faults.longer, BIG, "more bytes than the list says"),
        (faults.shorter, BIG, r"the host has 15\d,\d{3} bytes, the list says 30\d,\d{3}"),
        (faults.cut(0), BIG, r"dpr-2024\.gpkg: it (broke off|ended)"),
        (faults.status(500), BIG, "the host answers 500"),
        (faults.status(404), BIG, "is in the list of contoh-1-\\w+, but the host does not have it"),
        (faults.status(401), BIG, "the host answers 401"),
        (faults.flipped, "SHA256SUMS", "it came with the sha256"),
        (faults.flipped, MANIFEST, "other bytes than the list says"),
        (faults.status(404), MANIFEST, "the downloads without their release"),
        (faults.status(302, Location="http://localhost:1/x"), BIG, r"leads to another host, http://localhost:1/x"),
        (faults.status(302, Location="x"), BIG, "not there|the host does not have it"),
        (faults.status(302, Location=BIG), BIG, "redirects more than 5 times"),
        (faults.status(301, Location="http://localhost:1/x"), LIST, "leads to another host"),
        (faults.status(500), LIST, "the host answers 500"),
    ],
)  # fmt: skip
def test_what_stays_wrong_is_told_and_the_mirror_stays_as_it_was(
    tmp_path: Path, fault: faults.Fault, name: str, told: str
) -> None:
    old = release_with_downloads(tmp_path / "origin")
    with hosting(Host(old.id, files_of(old))) as host:
        sync(host.base, tmp_path / "mirror")
    fresh = next_release(tmp_path / "origin")
    with hosting(Host(fresh.id, files_of(fresh), {name: [fault]}, for_ever=True)) as host:
        with pytest.raises(DownloadError, match=told):
            sync(host.base, tmp_path / "mirror")
        assert (tmp_path / "mirror" / "current").resolve().name == old.id
        assert not (tmp_path / "mirror" / fresh.id).exists()
        assert same(old.path, tmp_path / "mirror" / old.id)
        host.faults.clear()
        sync(host.base, tmp_path / "mirror")  # and when the host is well again, it goes on
    assert same(fresh.path, tmp_path / "mirror" / fresh.id)


def test_what_came_before_a_failure_is_not_fetched_again(origin: Release, host: Host, tmp_path: Path) -> None:
    host.faults[BIG], host.for_ever = [faults.cut(200_000), faults.cut(0)], True
    with pytest.raises(DownloadError, match="goes on from what came"):
        sync(host.base, tmp_path)
    host.faults.clear()
    host.asked.clear()
    sync(host.base, tmp_path)
    assert host.ranges(BIG) == ["bytes=200000-"]
    assert same(origin.path, tmp_path / origin.id)


def _part(out: Path, release: Release) -> Path:
    """Where what came so far of the big file lies."""
    return out / ".sync" / f"{sha256(release.path / FOLDER / BIG)}.part"


def test_a_part_that_was_damaged_meanwhile_does_not_get_in(
    origin: Release, host: Host, tmp_path: Path
) -> None:
    host.faults[BIG], host.for_ever = [faults.cut(200_000), faults.cut(0)], True
    with pytest.raises(DownloadError):
        sync(host.base, tmp_path)
    _flip(_part(tmp_path, origin))
    host.faults.clear()
    sync(host.base, tmp_path)
    assert same(origin.path, tmp_path / origin.id)


def test_a_host_without_packed_files_gives_the_plain_ones(
    origin: Release, host: Host, tmp_path: Path
) -> None:
    for name in [name for name in host.files if name.endswith(".gz")]:
        del host.files[name]
    sync(host.base, tmp_path)
    assert same(origin.path, tmp_path / origin.id)  # packed here, to the same bytes


def test_a_packed_file_that_cannot_be_made_here_is_left_out_and_that_is_told(
    origin: Release, host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del host.files[f"{TEXT}.gz"]
    monkeypatch.setattr(local, "gzipped", lambda content, level: b"packed otherwise")
    heard: list[str] = []
    sync(host.base, tmp_path, tell=heard.append)
    assert heard == [f"{TEXT}.gz: the host does not give it; the mirror goes without"]
    assert list(downloads.damage(open_release(tmp_path))) == [f"{TEXT}.gz is missing"]
    with served(app_of(tmp_path)) as base:
        response = requests.get(f"{base}/downloads/latest/{TEXT}", timeout=60)
    assert response.content == host.files[TEXT]


def test_a_host_that_packs_on_its_own_is_understood(origin: Release, host: Host, tmp_path: Path) -> None:
    def coded(handler: faults.Handler, content: bytes) -> None:
        handler.answer(200, packed(content), Content_Encoding="gzip")

    def labelled(handler: faults.Handler, content: bytes) -> None:
        handler.answer(200, content, Content_Encoding="gzip")

    host.faults = {BIG: [coded], f"{TEXT}.gz": [labelled]}
    sync(host.base, tmp_path)
    assert same(origin.path, tmp_path / origin.id)


def test_an_address_that_is_none_or_has_nothing_is_told(tmp_path: Path, static: tuple[Path, str]) -> None:
    for url in ("ftp://x/", "dapil.example", "http://", "http://h/?f=json", "http://h/#x", "file:///etc/"):
        with pytest.raises(DownloadError, match="is no address to mirror"):
            sync(url, tmp_path / "m")
    with pytest.raises(DownloadError, match=r"no downloads\.json there"):
        sync(static[1], tmp_path / "m")
    with pytest.raises(DownloadError, match="it cannot be reached"):
        sync("http://127.0.0.1:9/", tmp_path / "m")
    assert not (tmp_path / "m" / "current").exists()


# What is hostile


def _entry(listed: dict[str, Any], name: str = BIG) -> dict[str, Any]:
    return next(each for each in listed["files"] if each["name"] == name)


def _twice(listed: dict[str, Any], name: str) -> None:
    listed["files"].append(_entry(listed) | {"name": name})


NAMES = ["../x", "/etc/x", "a/b", "a\\b", "..", ".", "", ".hidden", "x" * 129, "a\n", "a b", "é", "x.", "current",
         "latest", "downloads", "downloads.json", "con:", "a\x00", 7, None, ["x"], "x.gz"]  # fmt: skip
LISTS: dict[str, Callable[[dict[str, Any]], Any]] = {
    **{f"name {name!r:.20}": partial(lambda name, listed: _entry(listed).update(name=name), name) for name in NAMES},
    **{f"release {name!r:.20}": partial(lambda name, listed: listed.update(release=name), name) for name in NAMES[:10]},
    "twice": lambda listed: _twice(listed, BIG),
    "twice but for the case": lambda listed: _twice(listed, "DPR-2024.gpkg"),
    "a packed file's name": lambda listed: _twice(listed, "dpr-2024.csv.gz"),
    "a hash with a slash": lambda listed: _entry(listed).update(sha256="../" + "0" * 61),
    "a short hash": lambda listed: _entry(listed).update(sha256="0" * 63),
    "no hash": lambda listed: _entry(listed).pop("sha256"),
    "less than nothing": lambda listed: _entry(listed).update(bytes=-1),
    "half a byte": lambda listed: _entry(listed).update(bytes=1.5),
    "true bytes": lambda listed: _entry(listed).update(bytes=True),
    "a petabyte": lambda listed: _entry(listed).update(bytes=1 << 50),
    "a packed file without hash": lambda listed: _entry(listed, TEXT).update(gzip={"bytes": 1}),
    "a later format": lambda listed: listed.update(format=2),
    "no files": lambda listed: listed.pop("files"),
    "files by name": lambda listed: listed.update(files={}),
    "no sums": lambda listed: listed["files"].remove(_entry(listed, "SHA256SUMS")),
    "another hash than the sums": lambda listed: _entry(listed).update(sha256="0" * 64),
    "an odd media type": lambda listed: _entry(listed).update(media_type="text/html\r\nX: y"),
}  # fmt: skip


@pytest.mark.parametrize("change", LISTS.values(), ids=LISTS.keys())
def test_a_hostile_list_is_refused_and_nothing_is_written_outside(
    host: Host, tmp_path: Path, change: Callable[[dict[str, Any]], Any]
) -> None:
    listed = json.loads(host.files[LIST])
    change(listed)
    host.files[LIST] = json.dumps(listed).encode()
    inner = tmp_path / "a" / "b"
    with pytest.raises(DownloadError):
        sync(host.base, inner)
    outside = {path for path in tmp_path.rglob("*") if path.is_file() and inner not in path.parents}
    assert outside == set()
    assert {path.name for path in inner.iterdir()} <= {".sync", ".sync.lock"}
    assert all(b"x" not in path.name.encode() or path.parent != inner for path in inner.rglob("*"))


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"a":' * 100_000, b"{}", b"\xff{", b'{"format": 1}'])
def test_what_is_no_list_is_refused(host: Host, tmp_path: Path, content: bytes) -> None:
    host.files[LIST] = content
    with pytest.raises(DownloadError):
        sync(host.base, tmp_path)


def test_a_list_without_end_is_not_read_to_its_end(
    host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync_module, "_MOST_TEXT", 5000)
    with pytest.raises(DownloadError, match="more bytes than the list says"):
        sync(host.base, tmp_path)


def _sums(host: Host, text: bytes) -> None:
    """Give other sums, and the list that goes with them."""
    listed = json.loads(host.files[LIST])
    host.files["SHA256SUMS"] = text
    _entry(listed, "SHA256SUMS").update(bytes=len(text), sha256=hashlib.sha256(text).hexdigest())
    host.files[LIST] = json.dumps(listed).encode()


def _manifest(host: Host, **changes: Any) -> None:
    """Give another manifest, with the sums and the list that go with it."""
    manifest = json.loads(host.files[MANIFEST]) | changes
    host.files[MANIFEST] = json.dumps(manifest).encode()
    sums = listing.sums(host.files["SHA256SUMS"], "")
    sums[MANIFEST] = hashlib.sha256(host.files[MANIFEST]).hexdigest()
    _sums(host, "".join(f"{digest}  {name}\n" for name, digest in sums.items()).encode())


@pytest.mark.parametrize(
    "text", [b"x", b"0  a\n", b"0" * 64 + b"  ../x\n", b"", b"0" * 64 + b" *dapil.gpkg\n"]
)
def test_sums_that_are_none_are_refused(host: Host, tmp_path: Path, text: bytes) -> None:
    _sums(host, text)
    with pytest.raises(DownloadError, match="SHA256SUMS"):
        sync(host.base, tmp_path)


@pytest.mark.parametrize(
    "changes",
    [
        {"release": "contoh-1-000000000000"},
        {"files": []},
        {"files": [{"name": "../x", "bytes": 1, "sha256": "0" * 64}]},
        {"files": None},
        {"source": {}},
    ],
)
def test_a_manifest_that_is_not_that_of_the_release_is_refused(
    host: Host, tmp_path: Path, changes: dict[str, Any]
) -> None:
    _manifest(host, **changes)
    with pytest.raises(DownloadError, match=r"manifest\.json of contoh-1-\w+ cannot be right"):
        sync(host.base, tmp_path / "a")
    assert not (tmp_path / "x").exists()


def test_a_packed_file_that_holds_more_than_told_is_not_unpacked_to_its_end(
    host: Host, tmp_path: Path
) -> None:
    bomb = packed(bytes(50_000_000))
    listed = json.loads(host.files[LIST])
    _entry(listed, TEXT)["gzip"] = {"bytes": len(bomb), "sha256": hashlib.sha256(bomb).hexdigest()}
    host.files |= {f"{TEXT}.gz": bomb, LIST: json.dumps(listed).encode()}
    with pytest.raises(DownloadError, match="holds another file"):
        sync(host.base, tmp_path)
    assert all(path.stat().st_size < 5_000_000 for path in tmp_path.rglob("*"))


# The disk, and others at work


def test_a_full_disk_is_told_before_anything_is_fetched(
    host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(sync_module.shutil, "disk_usage", lambda path: usage)
    with pytest.raises(ReleaseError, match="no room on the disk"):
        sync(host.base, tmp_path)
    assert host.ranges(BIG) == []


def _command(url: str, directory: Path, *more: str) -> list[str]:
    return [
        sys.executable,
        "-c",
        "from boundaries.cli import main; main()",
        "sync",
        url,
        str(directory),
        *more,
    ]


def test_a_disk_that_fills_on_the_way_is_told_once_and_the_old_mirror_is_whole(tmp_path: Path) -> None:
    old = release_with_downloads(tmp_path / "origin")
    with hosting(Host(old.id, files_of(old))) as host:
        sync(host.base, tmp_path / "mirror")
    fresh = next_release(tmp_path / "origin")
    with hosting(Host(fresh.id, files_of(fresh))) as host:
        limit = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (200_000, 200_000))

        def limited() -> None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            limit()

        told = subprocess.run(
            _command(host.base, tmp_path / "mirror"), cwd=ROOT, preexec_fn=limited, capture_output=True, text=True,
            timeout=60, check=False,
        )  # fmt: skip
    assert told.returncode == 6, told.stderr
    assert told.stderr.count("no room on the disk") == 1
    assert "Traceback" not in told.stderr
    assert open_release(tmp_path / "mirror").id == old.id
    assert same(old.path, tmp_path / "mirror" / old.id)


def test_a_directory_that_cannot_be_is_told(host: Host, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ReleaseError, match="is a file"):
        sync(host.base, tmp_path / "file")


def test_two_at_once_do_not_harm_each_other(origin: Release, host: Host, tmp_path: Path) -> None:
    go = threading.Event()
    host.faults = {BIG: [held(150_000, go)]}
    command = _command(host.base, tmp_path, "--json")
    running_ = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    heard = [threading.Event() for _ in running_]  # two of three say that they wait, then the host goes on
    listeners = [threading.Thread(target=_hear, args=pair) for pair in zip(running_, heard, strict=True)]
    for each in listeners:
        each.start()
    _wait_for(heard, 2)
    go.set()
    for each in listeners:
        each.join(300)
    assert [each.wait(300) for each in running_] == [0, 0, 0]
    done = sorted((json.loads(each.stdout.read()) for each in running_), key=lambda each: each["fetched"])
    assert [each["fetched"] for each in done[:2]] == [0, 0]
    assert all(count == 1 for name, count in host.counts.items() if name not in (LIST,)), host.counts
    assert same(origin.path, tmp_path / origin.id)


def _hear(process: "subprocess.Popen[str]", heard: threading.Event) -> None:
    """Read what a process says to its end; tell when it waits for another."""
    assert process.stderr is not None
    for line in process.stderr:
        if "waiting for it" in line:
            heard.set()


def _wait_for(events: list[threading.Event], count: int) -> None:
    for _ in range(3_000):
        if sum(each.is_set() for each in events) >= count:
            return
        time.sleep(0.1)
    raise AssertionError("nobody waits for another")


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT])
def test_a_run_that_is_killed_leaves_the_mirror_and_is_gone_on_with(
    tmp_path: Path, end: signal.Signals
) -> None:
    old = release_with_downloads(tmp_path / "origin")
    with hosting(Host(old.id, files_of(old))) as host:
        sync(host.base, tmp_path / "mirror")
    fresh = next_release(tmp_path / "origin")
    part, gone = _part(tmp_path / "mirror", fresh), threading.Event()
    with hosting(Host(fresh.id, files_of(fresh), {BIG: [held(150_000, gone)]})) as host:
        hearing = partial(
            signal.signal, signal.SIGINT, signal.SIG_DFL
        )  # a shell's background job is deaf to it
        killed = subprocess.Popen(
            _command(host.base, tmp_path / "mirror"),
            cwd=ROOT,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=hearing,
        )
        while not (part.exists() and part.stat().st_size >= 40_000):
            assert killed.poll() is None, "the host holds it in the middle of the file"
            time.sleep(0.02)
        killed.send_signal(end)
        _, said = killed.communicate(timeout=60)
        gone.set()
        assert killed.returncode == (-9 if end == signal.SIGKILL else 1)
        assert "Traceback" not in said
        assert open_release(tmp_path / "mirror").id == old.id
        assert same(old.path, tmp_path / "mirror" / old.id)
        host.asked.clear()
        sync(host.base, tmp_path / "mirror")
        assert host.ranges(BIG)[0].startswith("bytes="), host.ranges(BIG)
        assert int(host.ranges(BIG)[0].removeprefix("bytes=").rstrip("-")) >= 40_000
    assert same(fresh.path, tmp_path / "mirror" / fresh.id)
    assert leftovers(tmp_path / "mirror") == []


def test_a_part_of_a_newer_release_takes_no_release_away(tmp_path: Path) -> None:
    old = release_with_downloads(tmp_path / "origin")
    with hosting(Host(old.id, files_of(old))) as host:
        sync(host.base, tmp_path / "mirror")
    fresh = next_release(tmp_path / "origin")
    client = app_of(tmp_path / "mirror").test_client()
    with hosting(Host(fresh.id, files_of(fresh))) as host:
        assert not sync(host.base, tmp_path / "mirror", only=[TEXT]).complete
        assert open_release(tmp_path / "mirror").id == old.id
        assert client.get("/health").json["release"] == old.id
        assert sync(host.base, tmp_path / "mirror").complete
    assert client.get("/health").json["release"] == fresh.id


def test_whoever_asks_while_downloads_are_made_again_gets_the_old_or_the_new(tmp_path: Path) -> None:
    """All files of a release get other bytes under the same names, list last or first: no answer is a fault."""
    release = release_with_downloads(tmp_path)
    client, folder = app_of(tmp_path).test_client(), release.path / FOLDER
    names = [path.name for path in sorted(folder.iterdir()) if path.suffix == ".csv"]
    done, wrong = threading.Event(), []

    def ask() -> None:
        while not done.is_set():
            for name in names:
                if (answer := client.get(f"/downloads/{release.id}/{name}")).status_code != 200:
                    wrong.append((name, answer.status_code))

    thread = threading.Thread(target=ask)
    thread.start()
    for turn in range(8):
        local = Local(tmp_path, tmp_path / ".sync", release.id, print)
        listed = json.loads((folder / LIST).read_bytes())
        for each in listed["files"]:
            if each["name"] in names:
                content = (folder / each["name"]).read_bytes().split(b"#")[0] + b"#%d" % turn
                local.write(f"{FOLDER}/{each['name']}", content)
                each |= {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
                each.pop("gzip", None)
        local.write(f"{FOLDER}/{LIST}", json.dumps(listed).encode())
        local.publish({each["name"] for each in listed["files"]})
    done.set()
    thread.join()
    assert wrong == []


def test_a_service_goes_over_to_what_a_sync_brings(tmp_path: Path) -> None:
    release_with_downloads(tmp_path / "origin")
    with served(app_of(tmp_path / "origin")) as base:
        sync(base, tmp_path / "mirror")
    client = app_of(tmp_path / "mirror").test_client()
    first = client.get("/downloads/latest/SHA256SUMS").headers["Location"]
    fresh = next_release(tmp_path / "origin")
    with served(app_of(tmp_path / "origin")) as base:
        sync(base, tmp_path / "mirror")
    assert (
        client.get("/downloads/latest/SHA256SUMS")
        .headers["Location"]
        .endswith(f"/downloads/{fresh.id}/SHA256SUMS")
    )
    path = "/" + first.split("/", 3)[3]
    assert client.get(path).status_code == 200  # the old one stays


# Hosts without end, and hosts that pack


@pytest.mark.parametrize("name", [LIST, BIG, MANIFEST])
@pytest.mark.parametrize("fault", [faults.dripping(), faults.dripping_head, faults.dripping_chunk])
def test_a_host_that_drips_is_let_go(
    host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: faults.Fault, name: str
) -> None:
    """It says a byte before every timeout, for days."""
    monkeypatch.setattr(patience, "WINDOW_S", 0.4)
    host.faults, host.for_ever = {name: [fault]}, True
    with pytest.raises(DownloadError, match=r"sends less than 30,000 bytes in 0\.4 seconds"):
        sync(host.base, tmp_path)


def test_a_host_that_breaks_off_after_a_few_bytes_each_time_is_let_go(host: Host, tmp_path: Path) -> None:
    host.faults, host.for_ever = {BIG: [faults.cut(100)]}, True
    with pytest.raises(DownloadError, match="tried 4 times"):
        sync(host.base, tmp_path)
    assert len(host.ranges(BIG)) == 4


@pytest.mark.parametrize("name", [BIG, f"{TEXT}.gz"])
def test_patience_that_a_host_asks_for_has_an_end(
    host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(remote, "MOST_WAITED", 2.0)
    host.faults, host.for_ever = {name: [faults.status(429, Retry_After="1")]}, True
    with pytest.raises(DownloadError, match=r"more patience than 2 seconds in a run\. Run it again later"):
        sync(host.base, tmp_path)
    assert len(host.ranges(name)) == 3


@pytest.mark.parametrize(
    "fault", [faults.packing, faults.named_as_coding, faults.unpacking, faults.always_unpacking]
)
def test_a_host_that_packs_or_unpacks_by_itself_gives_the_same_mirror(
    origin: Release, host: Host, tmp_path: Path, fault: faults.Fault
) -> None:
    packed_ = [name for name in host.files if name.endswith(".gz")]
    names = [name for name in host.files if name not in packed_] if fault is faults.packing else packed_
    host.faults, host.for_ever = {name: [fault] for name in names}, True
    assert sync(host.base, tmp_path).complete
    assert same(origin.path, tmp_path / origin.id)


def emptied(release: Release, manifest: dict[str, Any]) -> None:
    """No layers, nothing of a plan: the lists fit, and there is nothing to serve."""
    manifest["layers"], manifest["plans"] = [], []


def hollow(release: Release, manifest: dict[str, Any]) -> None:
    """Layers without a feature."""
    manifest["layers"] = [each | {"features": 0} for each in manifest["layers"]]


def miscounted(release: Release, manifest: dict[str, Any]) -> None:
    """More features than there are."""
    manifest["layers"][0]["features"] += 1


@pytest.mark.parametrize("change", [emptied, hollow, miscounted])
def test_what_cannot_be_served_does_not_become_current(
    tmp_path: Path, change: Callable[[Release, dict[str, Any]], None]
) -> None:
    old = release_with_downloads(tmp_path / "origin")
    with hosting(Host(old.id, files_of(old))) as host:
        sync(host.base, tmp_path / "mirror")
    fresh = next_release(tmp_path / "origin")
    manifest = json.loads((fresh.path / MANIFEST).read_bytes())
    change(fresh, manifest)
    write_json(fresh.path / MANIFEST, manifest)
    files = files_of(fresh)
    sums = files["SHA256SUMS"].decode().splitlines()
    digest = sha256(fresh.path / MANIFEST)
    sums = [f"{digest}  {MANIFEST}" if line.endswith(f"  {MANIFEST}") else line for line in sums]
    files["SHA256SUMS"] = "".join(f"{line}\n" for line in sums).encode()
    listed = json.loads(files[LIST])
    for each in listed["files"]:
        if each["name"] == "SHA256SUMS":
            each |= {
                "bytes": len(files["SHA256SUMS"]),
                "sha256": hashlib.sha256(files["SHA256SUMS"]).hexdigest(),
            }
    files[LIST] = json.dumps(listed).encode()
    with hosting(Host(fresh.id, files)) as host, pytest.raises(DownloadError, match="cannot be served"):
        sync(host.base, tmp_path / "mirror")
    assert open_release(tmp_path / "mirror").id == old.id


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.ENOTSUP])
def test_a_file_system_without_locks_is_told_in_a_sentence(
    host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    monkeypatch.setattr(locking.fcntl, "flock", partial(_refuse, code))
    result = CliRunner().invoke(main, ["sync", host.base, str(tmp_path)])
    assert result.exit_code == 6
    assert re.fullmatch(r"dapil: \S+ cannot be locked: its file system has no locks .*\n", result.stderr)


# The command


def test_the_command_tells_what_it_did(origin: Release, host: Host, tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["sync", host.base, str(tmp_path), "--json"])
    assert result.exit_code == 0, result.output
    done = Synced(**json.loads(result.stdout))
    assert (done.release, done.complete, done.mended) == (origin.id, True, [])
    assert result.stderr.count("\n") == 0 if result.stderr else True
    again = CliRunner().invoke(main, ["sync", host.base, str(tmp_path)])
    assert again.stdout == f"{tmp_path / origin.id}\n"
    assert "0 files fetched" in again.stderr


@pytest.mark.parametrize(("more", "code"), [(["--only", "*.tiff"], 8), (["--keep", "0"], 2)])
def test_the_command_ends_with_its_codes(host: Host, tmp_path: Path, more: list[str], code: int) -> None:
    assert CliRunner().invoke(main, ["sync", host.base, str(tmp_path), *more]).exit_code == code


def test_the_command_ends_with_4_where_the_host_fails(host: Host, tmp_path: Path) -> None:
    host.faults, host.for_ever = {BIG: [faults.flipped]}, True
    result = CliRunner().invoke(main, ["sync", host.base, str(tmp_path)])
    assert result.exit_code == 4
    assert result.stderr.startswith("dapil: http://")


def test_progress_adds_up(origin: Release, host: Host, tmp_path: Path) -> None:
    host.faults = {BIG: [faults.cut(100_000), faults.whole], "dpr-2019.gpkg": [faults.flipped]}
    totals: list[int] = []
    steps: list[int] = []

    def begin(total: int) -> Callable[[int], object]:
        totals.append(total)
        return steps.append

    sync(host.base, tmp_path, begin=begin)
    assert sum(steps) == totals[0] > 1_000_000
