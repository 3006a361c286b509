"""The processes of the service with a small application: answers of every kind, rude clients, work that never ends.

Nothing here is timed: each test waits until what it asks for has come, and hangs up on what never comes.
"""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bench.load import own_memory
from boundaries.service.ops.bodies import Measured
from boundaries.service.ops.gateway import BODIES, Gateway
from boundaries.service.ops.settings import Settings
from tests.answering import BIG
from tests.server_help import ROOT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


def until(true: Callable[[], Any], seconds: float = 60) -> Any:
    """Wait for an event; return what it gives."""
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)
    return found


@dataclass
class Running:
    """A service of tests.answering."""

    process: "subprocess.Popen[str]"
    folder: Path
    port: int

    def workers(self) -> list[int]:
        while True:
            children = Path(f"/proc/{self.process.pid}/task").glob("*/children")
            try:
                return [int(pid) for each in children for pid in each.read_text().split()]
            except (FileNotFoundError, ProcessLookupError):
                continue  # a thread has ended meanwhile, and its children are another's

    def errors(self) -> str:
        return (self.folder / "errors").read_text()

    def ask(self, path: str = "/", method: str = "GET") -> tuple[int, bytes]:
        with Client(self.port) as client:
            return client.ask(path, method)


@dataclass
class Client:
    """One connection."""

    port: int
    buffer: int = 0
    headers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.sock = socket.socket()
        if self.buffer:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.buffer)
        self.sock.settimeout(60)
        self.sock.connect(("127.0.0.1", self.port))
        self.stream = self.sock.makefile("rb")

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.stream.close()
        self.sock.close()

    def send(self, path: str, method: str = "GET", version: str = "1.1", more: str = "") -> None:
        self.sock.sendall(f"{method} {path} HTTP/{version}\r\nHost: h\r\n{more}\r\n".encode())

    def ask(self, path: str, method: str = "GET", version: str = "1.1", more: str = "") -> tuple[int, bytes]:
        self.send(path, method, version, more)
        return self.answer(method)

    def head(self) -> int:
        """Read the head of an answer; return its status."""
        line = self.stream.readline()
        if not line:
            raise ConnectionResetError("no answer")
        self.headers = {}
        while (field_ := self.stream.readline()) not in (b"\r\n", b""):
            name, _, text = field_.decode("latin-1").partition(":")
            self.headers[name.lower()] = text.strip()
        return int(line.split()[1])

    def answer(self, method: str = "GET") -> tuple[int, bytes]:
        status = self.head()
        if method == "HEAD" or status == 304:
            return status, b""
        if self.headers.get("transfer-encoding") != "chunked":
            length = self.headers.get("content-length")
            return status, self.stream.read(int(length)) if length else self.stream.read()
        body = b""
        while size := int(self.stream.readline(), 16):
            body += self.stream.read(size)
            assert self.stream.readline() == b"\r\n"
        assert self.stream.readline() == b"\r\n"
        return status, body

    def ended(self) -> bool:
        return self.stream.read(1) == b""


@contextlib.contextmanager
def answering(folder: Path, stall: float = 60, fails: bool = False, **settings: Any) -> Iterator[Running]:
    """Start it with these settings; stop it, and look whether it came to its end as it should."""
    folder.mkdir(exist_ok=True)
    (folder / "file").write_bytes(BIG)
    (folder / "version").write_text("1")
    given = {"port": 0, "workers": 1, "access_log": folder / "log"} | settings
    options = [f"--{name.replace('_', '-')}={value}" for name, value in given.items()]
    with (folder / "errors").open("w") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.answering", str(folder), *options], cwd=ROOT, text=True, stderr=stream,
            env=os.environ | {"STALL": str(stall), "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
    found = until(
        lambda: re.search(r"http://[^ ]+:(\d+)/\n", (folder / "errors").read_text()) or process.poll()
    )
    assert isinstance(found, re.Match), (folder / "errors").read_text()
    running = Running(process, folder, int(found[1]))
    try:
        assert running.ask()[0] == 200
        yield running
    finally:
        ended = process.poll()
        process.send_signal(signal.SIGTERM)
        code = process.wait(60)
    assert ended is None, running.errors()
    assert code == 0
    for word in ("Traceback", "Segmentation", "panicked"):
        assert word not in running.errors() or (fails and word == "Traceback")


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with answering(tmp_path_factory.mktemp("plain")) as running:
        yield running


# What goes out


def test_one_connection_carries_answers_of_every_kind_whole(plain):
    with Client(plain.port) as client:
        for _ in range(2):
            assert client.ask("/?x") == (200, b"hello x")
            assert client.headers["content-length"] == "7"
            for path in ("/big", "/file"):
                status, body = client.ask(path)
                assert (status, body == BIG) == (200, True)
                assert client.headers["content-length"] == str(len(BIG))
            assert client.ask("/file", "HEAD") == (200, b"")
            assert client.headers["content-length"] == str(len(BIG))
            assert client.ask("/stream") == (200, b"one" + b"two" * 100_000 + b"three")
            assert client.ask("/empty") == (304, b"")
            assert (
                client.headers["server"] == "peta-dapil"
            )  # and not the library, whose default that would be


def test_the_environment_is_that_of_pep_3333(plain):
    with Client(plain.port) as client:
        told = client.ask("/protocol?a=%62")[1].decode().split("\n")
        assert told == ["SERVER_PROTOCOL=HTTP/1.1", "HTTP_HOST=h", "RAW_URI=/protocol?a=%62",
                        "REMOTE_ADDR=127.0.0.1", "SERVER_SOFTWARE=", "HOME=None"]  # fmt: skip
        client.sock.sendall(b"GET /pr%6ftocol/ HTTP/1.0\r\n\r\n")
        assert client.answer()[1].decode().split("\n")[:3] == [
            "SERVER_PROTOCOL=HTTP/1.0", "HTTP_HOST=None", "RAW_URI=/protocol/"]  # fmt: skip


def test_requests_sent_at_once_are_answered_in_their_order(plain):
    with Client(plain.port) as client:
        for number in range(300):
            client.send(f"/?{number}")
        assert [client.answer()[1] for _ in range(300)] == [f"hello {n}".encode() for n in range(300)]


def test_bytes_after_a_body_are_never_a_request(plain):
    hidden = "GET /?hidden HTTP/1.1\r\nHost: h\r\n\r\n"
    for method, status in (("GET", 413), ("POST", 200)):
        with Client(plain.port) as client:
            client.send("/", method, more="Content-Length: 5\r\n")
            client.sock.sendall(b"hello" + hidden.encode())
            assert client.answer()[0] == status
            assert client.ended()
    assert "hidden" not in (plain.folder / "log").read_text()


def test_an_answer_shorter_than_announced_is_cut_not_filled_with_the_next(plain):
    with Client(plain.port) as client:
        client.send("/short")
        client.send("/?next")
        with contextlib.suppress(ConnectionResetError):
            assert b"next" not in client.stream.read()


def test_a_failing_application_is_a_500_without_its_words(tmp_path):
    with answering(tmp_path, fails=True) as running, Client(running.port) as client:
        status, body = client.ask("/broken")
        assert (status, json.loads(body)["status"]) == (500, 500)
        assert b"secret" not in body
        assert client.ask("/")[0] == 200


# Rude clients


def deaf(running: Running, count: int, path: str = "/big") -> list[Client]:
    """Clients that ask for a large answer and take no more than its head."""
    found = []
    for _ in range(count):
        client = Client(running.port, buffer=2048)
        client.send(path)
        found.append(client)
    return found


def test_readers_that_do_not_read_cost_a_bounded_memory_and_hold_up_nobody(tmp_path):
    """150 answers of 6 MB: less than 1 MB each is held of them, for half the files are not held at all."""
    with answering(tmp_path, large=200) as running:
        (worker,) = running.workers()
        for path in ("/big", "/file"):
            before = own_memory(worker)
            clients = deaf(running, 150, path)
            assert [client.head() for client in clients] == [200] * 150
            for number in range(50):
                assert running.ask(f"/?{number}") == (200, f"hello {number}".encode())
            assert own_memory(worker) - before < 150
            for client in clients:
                client.close()
        until(lambda: running.ask("/big")[0] == 200)


def test_too_many_large_answers_are_told_to_come_later_and_a_place_is_free_when_its_client_goes(tmp_path):
    with answering(tmp_path, large=3) as running:
        clients = deaf(running, 3)
        assert [client.head() for client in clients] == [200] * 3
        with Client(running.port) as client:
            status, body = client.ask("/file")
            assert (status, json.loads(body)["status"]) == (503, 503)
            assert int(client.headers["retry-after"]) > 0
            assert client.ask("/?small") == (200, b"hello small")
        clients[0].close()
        until(lambda: running.ask("/big")[0] == 200)
        for client in clients[1:]:
            client.close()
        until(lambda: '" 503 ' in (tmp_path / "log").read_text())


def test_the_kernel_hangs_up_on_who_takes_nothing(tmp_path):
    with answering(tmp_path, stall=1, large=1) as running:
        (client,) = deaf(running, 1)
        assert client.head() == 200
        until(lambda: running.ask("/big")[0] == 200)  # its place is free although it has not gone
        client.close()


def test_silent_connections_do_not_stop_the_others(tmp_path):
    with answering(tmp_path, connections=400, keepalive=2) as running, contextlib.ExitStack() as stack:
        silent = [stack.enter_context(Client(running.port)) for _ in range(300)]
        for client in silent[::2]:
            client.sock.sendall(b"GET / HT")
        for number in range(50):
            assert running.ask(f"/?{number}")[0] == 200
        silent += [stack.enter_context(Client(running.port)) for _ in range(300)]  # more than it takes
        assert running.ask()[0] == 200  # as soon as the first of them are cut
        assert all(client.ended() for client in silent)


def test_a_body_is_read_before_anything_waits_for_it(tmp_path):
    """Who sends it slowly holds up nobody, is told when his time is over, and so is who comes when too many do."""
    with answering(tmp_path, threads=1, keepalive=2) as running, contextlib.ExitStack() as stack:
        body = b"kursi > 5" * 7000
        with Client(running.port) as client:
            client.send("/echo", "POST", more=f"Content-Length: {len(body)}\r\n")
            client.sock.sendall(body)
            assert client.answer() == (200, body)
        slow = [stack.enter_context(Client(running.port)) for _ in range(BODIES + 20)]
        for client in slow:
            client.send("/echo", "POST", more="Content-Length: 5\r\n")
            client.sock.sendall(b"hel")
        for number in range(50):
            assert running.ask(f"/?{number}") == (200, f"hello {number}".encode())
        answers = [client.answer() for client in slow]
        assert sorted(status for status, _ in answers) == [408] * BODIES + [503] * 20
        for number in range(50):
            assert running.ask(f"/?{number}")[0] == 200
        for client in slow:
            client.close()

        def echoed() -> bool:
            with Client(running.port) as client:
                client.send("/echo", "POST", more="Content-Length: 5\r\n")
                client.sock.sendall(b"hel")
                client.sock.sendall(b"lo")
                return client.answer() == (200, b"hello")

        until(echoed)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_what_is_sent_at_once_is_logged_before_its_client_has_it(method: str) -> None:
    """The process may end as soon as it is sent: the line of a request that never ended was lost so."""
    order: list[Any] = []

    class Sink:
        def response_bytes(self, status: int, headers: Any, body: bytes) -> None:
            order.append((status, body))

    def app(environ: dict[str, Any], start: Callable[..., Any]) -> Measured:
        start("200 OK", [("Content-Length", "5")])
        return Measured([b"hello"], lambda sent: order.append(("logged", sent)))

    asked = {
        "REQUEST_METHOD": method,
        "PATH_INFO": "/",
        "QUERY_STRING": "",
        "HTTP_HOST": "x",
        "SERVER_PROTOCOL": "HTTP/1.1",
    }
    Gateway(app, Settings(), lambda: None)(Sink(), asked)  # type: ignore[arg-type]
    body = b"hello" if method == "GET" else b""
    assert order == [("logged", len(body)), (200, body)]


# Work that never ends, and processes that do


def test_a_request_that_never_ends_costs_its_worker_and_no_other_request(tmp_path):
    """Its client is told; the next worker is there before this one ends, and ends nobody's connection."""
    # The last of five on two places is told after three timeouts; the worker must live so long, and write its log.
    with answering(tmp_path, timeout=1, grace=10, threads=2) as running:
        before = running.workers()
        answers: list[tuple[int, bytes]] = []
        asking = [threading.Thread(target=lambda: answers.append(running.ask("/stuck"))) for _ in range(5)]
        for thread in asking:
            thread.start()
        asked = 0
        while any(thread.is_alive() for thread in asking) or set(running.workers()) & set(before):
            assert running.ask(f"/?{asked}") == (200, f"hello {asked}".encode())
            asked += 1
        assert [status for status, _ in answers] == [503] * 5
        assert {json.loads(body)["status"] for _, body in answers} == {503}
        assert len(running.workers()) == 1
    assert (tmp_path / "log").read_text().count('/stuck HTTP/1.1" 503') == 5
    assert "more than 1 s: this worker is replaced" in running.errors()


def test_code_that_never_lets_go_of_the_interpreter_ends_its_process(tmp_path):
    with answering(tmp_path, timeout=1, fails=True) as running:
        before = running.workers()
        with pytest.raises((ConnectionError, OSError)):
            running.ask("/hog")
        until(lambda: running.workers() and not set(running.workers()) & set(before))
        assert running.ask()[0] == 200


def test_a_worker_is_replaced_as_often_as_it_is_killed(tmp_path):
    with answering(tmp_path) as running:
        for _ in range(4):
            (worker,) = running.workers()
            os.kill(worker, signal.SIGKILL)
            until(lambda: running.workers() and worker not in running.workers())  # noqa: B023
            assert running.ask()[0] == 200


def test_a_reload_loads_what_is_there_now_and_drops_no_request(tmp_path):
    with answering(tmp_path, workers=2) as running:
        old = running.workers()
        (tmp_path / "version").write_text("2")
        running.process.send_signal(signal.SIGHUP)
        seen = []
        with contextlib.ExitStack() as stack:
            client = stack.enter_context(Client(running.port))
            while set(running.workers()) & set(old) or len(running.workers()) != 2:
                seen.append(client.ask("/version"))
                assert running.ask()[0] == 200
                if client.headers.get("connection") == "close":
                    client = stack.enter_context(Client(running.port))
        assert {status for status, _ in seen} == {200}
        assert running.ask("/version") == (200, b"2")


def test_a_worker_that_is_to_leave_accepts_nobody(tmp_path):
    """Whoever it accepted last it would hang up on, unanswered."""
    with answering(tmp_path, workers=2) as running:
        until(lambda: len(running.workers()) == 2)
        with contextlib.ExitStack() as stack:
            held = [stack.enter_context(Client(running.port)) for _ in range(40)]
            for client in held:
                assert client.ask("/")[0] == 200
            os.kill(running.workers()[0], signal.SIGUSR2)
            for _ in range(2):  # the one answer that ends a connection; the other worker's go on
                held = [
                    client
                    for client in held
                    if client.ask("/")[0] == 200 and "connection" not in client.headers
                ]
            for _ in range(100):
                with Client(running.port) as client:
                    assert client.ask("/")[0] == 200
                    assert "connection" not in client.headers


def test_a_version_that_cannot_be_loaded_leaves_the_old_one_in_service(tmp_path):
    with answering(tmp_path) as running:
        old = running.workers()
        (tmp_path / "version").write_text("broken")
        running.process.send_signal(signal.SIGHUP)
        until(lambda: "the old one goes on" in running.errors())
        assert "server.py: this version cannot be loaded" in running.errors()
        until(lambda: running.workers() == old)
        assert running.ask("/version") == (200, b"1")


def test_an_answer_under_way_is_ended_before_the_service_stops(tmp_path):
    with answering(tmp_path) as running:
        (client,) = deaf(running, 1)
        assert client.head() == 200
        running.process.send_signal(signal.SIGTERM)
        until(lambda: refused(running.port))
        assert client.stream.read(len(BIG)) == BIG
        assert running.process.wait(60) == 0
        client.close()
        running.process.poll = lambda: None  # type: ignore[method-assign]  # it was meant to end


def refused(port: int) -> bool:
    with contextlib.closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def test_a_client_that_takes_its_time_is_cut_when_the_grace_is_over(tmp_path):
    with answering(tmp_path, grace=1) as running:
        (client,) = deaf(running, 1)
        assert client.head() == 200
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(60) == 0
        client.close()
        running.process.poll = lambda: None  # type: ignore[method-assign]


def test_workers_end_with_their_first_process(tmp_path):
    with answering(tmp_path) as running:
        (worker,) = running.workers()
        running.process.kill()
        running.process.wait()
        until(lambda: not Path(f"/proc/{worker}").exists())
        running.process.poll = lambda: None  # type: ignore[method-assign]
        running.process.wait = lambda timeout=None: 0  # type: ignore[method-assign, assignment]


def test_a_port_in_use_is_told_in_one_sentence(plain):
    told = subprocess.run(
        [sys.executable, "-m", "tests.answering", str(plain.folder), f"--port={plain.port}"], cwd=ROOT, text=True,
        capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert told.returncode != 0
    assert told.stderr.startswith(f"cannot listen on 127.0.0.1:{plain.port} (Address already in use)")
    assert "DAPIL_PORT" in told.stderr
    assert "Traceback" not in told.stderr


def test_the_first_process_holds_no_application(plain):
    """It loads none, so the next worker starts with the code that lies there then."""
    maps = Path(f"/proc/{plain.process.pid}/maps").read_text()
    assert "granian" in maps
    assert "shapely" not in maps
