"""The running service: a new release without a restart, the server as a process, and real clients."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError, URLError

import pyogrio
import pytest

from boundaries.errors import ReleaseError
from boundaries.release import toy as small
from boundaries.release.store import new_release
from tests.service_help import app_of, get, ids, items, served
from tests.small import make_small_release

ROOT = Path(__file__).parents[1]


def another_release(out: Path, kursi: int) -> Path:
    """Publish a release that differs in one number."""
    plans = small.PLANS
    changed = next(plan for plan in plans if plan.id == "dpr-2024")
    dapil = tuple((code, name, kursi, people, units) for code, name, _, people, units in changed.dapil)
    small.PLANS = tuple(  # type: ignore[misc]
        small.SmallPlan(**{**vars(plan), "dapil": dapil}) if plan is changed else plan for plan in plans
    )
    try:
        with new_release(out, f"contoh-{kursi}") as staging:
            small.write_small_files(staging.path)
            staging.manifest.update(small._manifest())
    finally:
        small.PLANS = plans  # type: ignore[misc]
    return staging.release.path


def test_a_new_release_is_taken_up_and_a_broken_one_is_not(tmp_path, caplog):
    first = make_small_release(tmp_path)
    client = app_of(tmp_path).test_client()
    assert get(client, "/health")["release"] == first.name
    titles = client.get("/collections").json["collections"][0]["description"]
    second = another_release(tmp_path, 9)
    assert get(client, "/health")["release"] == second.name
    assert items(client, "dpr-2024", kursi=9)["numberMatched"] == 5
    assert client.get("/collections").json["collections"][0]["description"] == titles
    (tmp_path / "broken").mkdir()
    (tmp_path / "link").symlink_to("broken")
    (tmp_path / "link").replace(tmp_path / "current")
    for _ in range(3):
        assert get(client, "/health")["release"] == second.name
    assert get(client, "/health")["refused"] == "broken"
    assert sum("cannot be served" in record.message for record in caplog.records) == 1
    (tmp_path / "link").symlink_to(first.name)
    (tmp_path / "link").replace(tmp_path / "current")
    assert get(client, "/health")["release"] == first.name
    assert "refused" not in get(client, "/health")


def test_a_deleted_release_is_still_served(tmp_path):
    first = make_small_release(tmp_path)
    client = app_of(tmp_path).test_client()
    expected = items(client, "dpr-2019")["features"]
    shutil.rmtree(first)
    assert items(client, "dpr-2019")["features"] == expected
    assert items(client, "unit-kecamatan")["numberReturned"] == 21


def test_requests_during_switches_are_whole_and_of_one_release(tmp_path):
    releases = [make_small_release(tmp_path), another_release(tmp_path, 9)]
    app = app_of(tmp_path)
    wrong: list[object] = []
    asked = [0]
    stop = threading.Event()

    def ask() -> None:
        client = app.test_client()
        while not stop.is_set():
            page = items(client, "dpr-2024")
            seats = [feature["properties"]["kursi"] for feature in page["features"]]
            asked[0] += 1
            if seats not in ([4, 4, 6, 6, 4], [9] * 5):
                wrong.append(seats)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for turn in range(30):
        (tmp_path / "link").symlink_to(releases[turn % 2].name)
        (tmp_path / "link").replace(tmp_path / "current")
        before = asked[0]
        while asked[0] < before + 4 and not wrong:  # each release is asked for
            time.sleep(0.001)
    stop.set()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_two_services_live_in_one_process(tmp_path):
    make_small_release(tmp_path / "a")
    another_release(tmp_path / "b", 7)
    a, b = (app_of(tmp_path / name).test_client() for name in "ab")
    assert items(a, "dpr-2024", kursi=7)["numberMatched"] == 0
    assert items(b, "dpr-2024", kursi=7)["numberMatched"] == 5


def test_without_a_release_there_is_no_service(tmp_path):
    with pytest.raises(ReleaseError, match="dapil build"):
        app_of(tmp_path)
    told = subprocess.run([sys.executable, "server.py", "--releases", str(tmp_path)], cwd=ROOT,
                          capture_output=True, text=True, timeout=60, check=False)  # fmt: skip
    assert told.returncode == 6
    assert "dapil build" in told.stderr
    assert "Traceback" not in told.stderr


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The service as a person starts it, on a free port."""
    releases = tmp_path_factory.mktemp("releases")
    make_small_release(releases)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {
        "DAPIL_RELEASES": str(releases),
        "DAPIL_PORT": str(port),
        "DAPIL_WORKERS": "2",
    }
    server = subprocess.Popen(
        [sys.executable, "server.py"], cwd=ROOT, env=environment, stderr=subprocess.PIPE
    )
    base = f"http://127.0.0.1:{port}"
    try:
        for _ in range(200):
            try:
                urllib.request.urlopen(f"{base}/health", timeout=5).close()
                break
            except URLError:
                time.sleep(0.1)
        yield base
    finally:
        server.send_signal(signal.SIGTERM)
        _, errors = server.communicate(timeout=30)
    assert f"{base}/" in errors.decode().splitlines()[0]


def test_the_server_answers_with_its_own_address(address):
    with urllib.request.urlopen(f"{address}/collections/dpr-2024/items?limit=2") as response:
        page = json.load(response)
    assert ids(page) == ["dpr-2024-3101", "dpr-2024-3102"]
    assert all(link["href"].startswith(address) for link in page["links"])


@pytest.mark.parametrize(
    ("status", "sent"),
    [
        (414, b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: h\r\n\r\n"),
        (413, b"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx"),
        (400, b"GET / HTTP/1.1\r\n\r\n"),
        (400, b"GET x HTTP/1.1\r\nHost: h\r\n\r\n"),
        (405, b"DELETE / HTTP/1.1\r\nHost: h\r\n\r\n"),
        (404, b"GET /../../etc/passwd HTTP/1.1\r\nHost: h\r\n\r\n"),
    ],
)
def test_what_the_server_itself_refuses_is_a_problem_document_too(address, status, sent):
    host, port = address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=60) as client, client.makefile("rb") as stream:
        client.sendall(sent)
        line = stream.readline().decode()
        headers = {}
        while (each := stream.readline().decode()) not in ("\r\n", ""):
            name, _, text = each.partition(":")
            headers[name.lower()] = text.strip()
        body = json.loads(stream.read(int(headers["content-length"])))
    assert int(line.split()[1]) == status
    assert body["status"] == status
    assert headers["content-type"] == "application/problem+json"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["server"] == "peta-dapil"  # no word of what it is made of
    assert "traceback" not in str(body).lower()


@pytest.mark.parametrize("status", [400, 431])
def test_what_never_becomes_a_request_is_refused_without_a_word(address, status):
    """By the library: no body, no name. Neither logged nor counted: docs/operation.md says so."""
    host, port = address.removeprefix("http://").split(":")
    sent = {400: b"what?\r\n\r\n", 431: b"GET / HTTP/1.1\r\nHost: h\r\n" + b"X: y\r\n" * 5000 + b"\r\n"}[
        status
    ]
    with socket.create_connection((host, int(port)), timeout=60) as client:
        client.sendall(sent)
        answer = b"".join(iter(lambda: client.recv(65536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.split()[1] == str(status).encode()
    assert b"server:" not in head.lower()
    assert body == b""


def test_the_server_tells_its_numbers_to_this_machine_only(address):
    with urllib.request.urlopen(f"{address}/metrics") as response:
        text = response.read().decode()
    assert 'dapil_release_info{release="contoh-1-' in text
    assert "dapil_requests_total{" in text
    for name in ("X-Forwarded-For", "Via", "CF-Connecting-IP"):
        proxied = urllib.request.Request(f"{address}/metrics", headers={name: "127.0.0.1"})
        with pytest.raises(HTTPError, match="403"):
            urllib.request.urlopen(proxied)


def test_gdal_in_pyogrio_reads_every_feature(address):
    if "OAPIF" not in pyogrio.list_drivers():
        pytest.skip("this GDAL has no OAPIF driver")
    for layer, count in (("dpr-2024", 5), ("dprd-kabkota-2024", 6), ("unit-kecamatan", 21)):
        frame = pyogrio.read_dataframe(f"OAPIF:{address}/collections/{layer}", PAGE_SIZE="2")
        assert len(frame) == count
        assert frame.geometry.is_valid.all()
    frame = pyogrio.read_dataframe(f"OAPIF:{address}/collections/dpr-2024")
    assert frame["kursi"].dtype.kind == "i"
    assert sorted(frame["kode_dapil"]) == ["3101", "3102", "3201", "3202", "8101"]


def test_debians_gdal_reads_every_feature(address):
    ogrinfo = shutil.which("ogrinfo")
    if ogrinfo is None:
        pytest.skip("ogrinfo is not installed")
    told = subprocess.run([ogrinfo, "-ro", "-al", "-so", f"OAPIF:{address}/collections/unit-kecamatan"],
                          capture_output=True, text=True, timeout=120, check=True)  # fmt: skip
    assert "Feature Count: 21" in told.stdout
    assert "luas_km2: Real" in told.stdout
    assert "ERROR" not in told.stderr


def test_qgis_reads_and_draws_every_feature(address, tmp_path):
    python = Path("/usr/bin/python3")
    probe = [str(python), "-c", "import qgis.core"]
    if not python.exists() or subprocess.run(probe, capture_output=True, check=False).returncode:
        pytest.skip("QGIS is not installed for /usr/bin/python3")
    picture = tmp_path / "map.png"
    command = [str(python), str(ROOT / "scripts" / "qgis_render.py"), address, "unit-kecamatan", str(picture)]
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "QT_QPA_PLATFORM": "offscreen"}
    told = subprocess.run(command, capture_output=True, text=True, timeout=300, env=environment, check=False)
    assert told.returncode == 0, told.stderr
    answer = json.loads(told.stdout.splitlines()[-1])
    assert answer["features"] == 21
    assert answer["inked"] > 0.02
    assert picture.stat().st_size > 2000


@pytest.mark.slow
def test_a_thread_of_werkzeug_serves_it_too(tmp_path):
    make_small_release(tmp_path)
    with served(app_of(tmp_path)) as base, urllib.request.urlopen(f"{base}/health") as response:
        assert json.load(response)["status"] == "ok"
