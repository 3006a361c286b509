"""The service as a process, while releases are switched, workers are killed and clients are slow: bench/load.py, short.

The long version is ``make bench-load``.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench import load
from bench.load import Client, Load, Report, Service, Trial, Truncated, measure, slow_clients, two_releases

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="looks into /proc, and the engine needs epoll"
)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with two_releases(()) as (directory, releases):
        running = Service(directory, releases, workers=2)
        try:
            yield running
        finally:
            assert running.stop() == 0


def test_under_load_switches_and_kills_no_answer_is_wrong_mixed_or_truncated():
    report, errors = measure(Load(seconds=12, clients=12, switch=1.0, kill=4.0))
    assert report.failures == 0, report.examples
    assert report.kills >= 2
    assert report.switches >= 10
    releases = {name for name in report.by_release if name}
    assert len(releases) == 2
    assert min(report.by_release[name] for name in releases) > report.asked / 10
    assert report.outcomes["ok"] > 1000
    assert report.outcomes["304"] > 100
    assert report.outcomes["cut by a kill"] <= 40 * report.kills  # no more than the connections of one worker
    assert "Traceback" not in errors


def test_the_check_would_see_a_mixed_a_damaged_and_a_foreign_answer(service):
    trial = Trial(Load(), service)
    first, second = (release.name for release in service.releases)
    path = f"{load.LAYER}/items?limit=1"
    answer = Client(service.port).ask(path)
    whole = {"dapil-release": answer.headers["dapil-release"], "content-type": "application/geo+json"}
    other = first if whole["dapil-release"] == second else second
    judged = [
        trial._judge(path, "identity", "", load.Answer(status, headers, body))
        for status, headers, body in (
            (200, whole, answer.body),
            (200, whole | {"dapil-release": other}, answer.body),
            (200, whole, answer.body.replace(b"3101", b"3102")),
            (200, whole, answer.body[:-1]),
            (200, {}, answer.body),
            (404, whole, answer.body),
            (304, whole, b""),
        )
    ]
    assert judged == [
        "ok", "wrong or mixed body", "wrong or mixed body", "damaged body", "no release", "wrong status", "wrong 304",
    ]  # fmt: skip
    report = Report()
    report.outcomes.update(judged)
    assert report.failures == 6


def test_slow_clients_do_not_slow_the_others(service):
    def slowest(count: int = 150) -> float:
        client, times = Client(service.port), []
        for _ in range(count):
            began = time.perf_counter()
            client.ask(f"{load.LAYER}/items?limit=1")
            times.append(time.perf_counter() - began)
        client.close()
        return sorted(times)[int(0.97 * count)]

    alone = slowest()
    with slow_clients(service.port, 300):
        time.sleep(2)
        beside = slowest()
    assert beside < 5 * alone + 0.02, (
        f"{alone * 1000:.1f} ms alone, {beside * 1000:.1f} ms beside slow clients"
    )


def numbers(service: Service, name: str) -> float:
    text = Client(service.port).ask("/metrics").body.decode()
    return sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith(name))


def after(service: Service, before: list[int]) -> list[int]:
    """Wait until two workers serve, none of those in `before`; return them."""
    for _ in range(300):
        workers = service.workers()
        if len(workers) == 2 and not set(workers) & set(before):
            for _ in range(100):
                try:
                    Client(service.port).ask("/health")
                    return workers
                except (OSError, Truncated):
                    time.sleep(0.1)
        time.sleep(0.1)
    raise AssertionError(f"workers {service.workers()} after {before}")


def test_metrics_go_on_where_a_killed_worker_stopped(service):
    asked = 'dapil_requests_total{method="GET",route="conformance",status="200"}'
    before = numbers(service, asked)
    for _ in range(20):
        client = Client(service.port)
        client.ask("/conformance")
        client.close()
    assert numbers(service, asked) == before + 20
    old = service.workers()
    for pid in old:
        os.kill(pid, signal.SIGKILL)
    after(service, old)
    assert numbers(service, asked) == before + 20
    time.sleep(0.1)  # an answer is counted as ended a moment after its client has it
    assert numbers(service, "dapil_in_flight") == 1  # the question itself; nothing of the killed is left
    assert numbers(service, "dapil_release_info") == 1


def test_a_reload_replaces_the_workers_and_drops_no_request(service):
    old, client, asked = service.workers(), Client(service.port), 0
    service.process.send_signal(signal.SIGHUP)
    deadline = time.monotonic() + 60
    answered = time.monotonic()
    while time.monotonic() < deadline and (set(service.workers()) & set(old) or asked < 50):
        fresh = Client(service.port)
        assert fresh.ask("/health").status == 200
        fresh.close()
        idle = time.monotonic() - answered
        try:
            kept = "connection" not in client.ask("/health").headers  # else it has hung up, as told
        except ConnectionResetError:  # on a busy machine it was idle until the old worker hung up on it
            assert idle > 0.9
            kept = False
        answered = time.monotonic()
        time.sleep(0.02 if kept else 0)
        asked += 1
    assert not set(service.workers()) & set(old)


STUCK = """
import sys, time
import server
from boundaries.service.ops.settings import Settings
def app(environ, start):
    while environ["PATH_INFO"] == "/stuck":
        time.sleep(0.01)
    start("200 OK", [])
    return [b"hello"]
server._application = lambda settings: app
server._Server(Settings(port=0, workers=2, timeout=1.0, access_log="off", metrics="off")).run()
"""


def test_a_request_that_never_ends_costs_its_worker_and_no_other_request():
    running = subprocess.Popen(
        [sys.executable, "-c", STUCK], cwd=load.ROOT, stderr=subprocess.PIPE, text=True
    )
    assert running.stderr is not None
    port = int(running.stderr.readline().rsplit(":", 1)[1].strip("/\n"))
    children = Path(f"/proc/{running.pid}/task/{running.pid}/children")
    try:
        assert Client(port).ask("/").body == b"hello"
        while len(children.read_text().split()) < 2:
            time.sleep(0.05)
        before, answers = set(children.read_text().split()), []
        asking = threading.Thread(target=lambda: answers.append(Client(port).ask("/stuck")))
        asking.start()
        while asking.is_alive():
            assert Client(port).ask("/").body == b"hello"
            time.sleep(0.02)
        assert answers[0].status == 503
        assert json.loads(answers[0].body)["status"] == 503
        assert int(answers[0].headers["retry-after"]) > 0
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and len(set(children.read_text().split()) - before) != 1:
            assert Client(port).ask("/").body == b"hello"
            time.sleep(0.02)
        assert len(set(children.read_text().split()) - before) == 1
    finally:
        running.send_signal(signal.SIGTERM)
        assert running.wait(timeout=30) == 0
        running.stderr.close()


def test_an_answer_under_way_is_ended_before_the_service_stops(tmp_path: Path):
    with two_releases(()) as (directory, releases):
        running = Service(directory, releases, workers=1)
        client = Client(running.port)
        client.ask("/health")
        running.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        answer = client.ask(f"{load.LAYER}/items")  # on a connection that was open before
        assert answer.status == 200
        assert answer.headers["connection"] == "close"
        with pytest.raises(OSError, match="refused"):
            Client(running.port).ask("/health")
        assert running.process.wait(timeout=20) == 0
        running.stop()
