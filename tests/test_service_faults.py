"""The service as a process, while releases are switched, workers are killed and clients are slow: bench/load.py, short.

The long version is ``make bench-load``.
"""

import os
import signal
import sys
import time
from collections.abc import Iterator

import pytest

from bench import load
from bench.load import Client, Load, Report, Service, Trial, Truncated, measure, slow_clients, two_releases

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with two_releases(()) as (directory, releases):
        running = Service(directory, releases, workers=2)
        try:
            yield running
        finally:
            assert running.stop() == 0


@pytest.mark.slow
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


def test_slow_clients_do_not_stop_the_others(service):
    """300, of which half take 1 KB/s of a large answer: the others are answered, whole, meanwhile."""
    client = Client(service.port)
    path = f"{load.LAYER}/items?limit=1"
    whole = client.ask(path).body
    with slow_clients(service.port, 300):
        for _ in range(150):
            assert client.ask(path).body == whole
    client.close()


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
    for _ in range(100):  # an answer is counted as ended a moment after its client has it
        in_flight = numbers(service, "dapil_in_flight")
        if in_flight == 1:
            break
        time.sleep(0.1)
    assert in_flight == 1  # the question itself; nothing of the killed is left
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


@pytest.mark.slow
def test_a_worker_that_could_not_be_told_is_not_ended_before_it_told_its_clients(service):
    """A busy machine keeps a worker from running for seconds: here it is stopped while the new ones come."""
    old = service.workers()
    clients = [Client(service.port) for _ in range(16)]
    assert {client.ask("/health").status for client in clients} == {200}
    for pid in old:
        os.kill(pid, signal.SIGSTOP)
    try:
        service.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 60
        while len(set(service.workers()) - set(old)) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert Client(service.port).ask("/health").status == 200  # by a new one
        time.sleep(2)  # longer than a worker has that leaves
    finally:
        for pid in old:
            os.kill(pid, signal.SIGCONT)
    gone_on, told = time.monotonic(), 0
    time.sleep(0.3)  # one that is ended now has hung up by then
    for client in clients:
        try:
            told += client.ask("/health").headers.get("connection") == "close"
        except ConnectionResetError:  # it was idle for as long as a worker that leaves waits
            assert time.monotonic() - gone_on > 0.9
        client.close()
    assert told or time.monotonic() - gone_on > 0.9
    after(service, old)
