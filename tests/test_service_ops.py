"""Running the service: settings, the bytes of HTTP, the engine under rude clients, log, metrics and limits."""

import io
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from werkzeug.middleware.proxy_fix import ProxyFix

from boundaries.service.ops.access import AccessLog, client_address, is_local, network, shortened
from boundaries.service.ops.bodies import FileBody
from boundaries.service.ops.engine import Bounds, Engine
from boundaries.service.ops.limits import Buckets
from boundaries.service.ops.metrics import Metrics, route_of
from boundaries.service.ops.middleware import SECURITY, Operation
from boundaries.service.ops.settings import Rate, Settings, SettingsError
from boundaries.service.ops.wire import Refused, environ_of, head, parse

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the engine needs epoll")


# Settings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", "70000"), ("port", "http"), ("workers", "0"), ("threads", "-1"), ("timeout", "soon"),
        ("metrics", "yes"), ("rate", "20"), ("rate", "0/s"), ("rate", "1/s,burst=0"), ("url", "dapil.example"),
        ("host", "a b"), ("access_log", "/no/such/directory/log"), ("log_addresses", "some"),
        ("max_url", "1e4"), ("keepalive", "nan"), ("trusted_proxies", "-1"),
    ],
)  # fmt: skip
def test_a_bad_setting_is_named_with_its_value_and_what_is_allowed(name, value):
    variable, option = f"DAPIL_{name.upper()}", "--" + name.replace("_", "-")
    for told, read in (
        (variable, lambda: Settings.read([], {variable: value})),
        (option, lambda: Settings.read([f"{option}={value}"], {})),
    ):
        with pytest.raises(SettingsError, match=r"Allowed: .") as caught:
            read()
        assert str(caught.value).startswith(told)
        assert repr(value) in str(caught.value)


def test_arguments_go_before_the_environment_and_an_empty_variable_is_not_set():
    environ = {"DAPIL_PORT": "8000", "DAPIL_WORKERS": "3", "DAPIL_URL": "", "DAPIL_RATE": "60/m,burst=5"}
    settings = Settings.read(["--port", "9000"], environ)
    assert (settings.port, settings.workers, settings.url) == (9000, 3, None)
    assert settings.rate == Rate(1.0, 5)
    assert Settings.read([], {}) == Settings()


def test_the_server_ends_with_code_2_on_a_bad_setting():
    told = subprocess.run([sys.executable, "server.py"], cwd=ROOT, env=os.environ | {"DAPIL_PORT": "x"},
                          capture_output=True, text=True, timeout=60, check=False)  # fmt: skip
    assert told.returncode == 2
    assert "DAPIL_PORT='x'" in told.stderr
    assert "Traceback" not in told.stderr


def test_every_setting_is_documented():
    documented = (ROOT / "docs" / "operation.md").read_text(encoding="utf-8")
    assert [each.name for each in fields(Settings) if f"`DAPIL_{each.name.upper()}`" not in documented] == []


# The bytes of HTTP

GOOD = b"GET /a%20b?x=1 HTTP/1.1\r\nHost: h\r\n"


@pytest.mark.parametrize(
    ("status", "data"),
    [
        (400, b"GET / HTTP/1.1\r\n\r\n"),  # no Host
        (400, b"GET  / HTTP/1.1\r\nHost: h\r\n\r\n"),
        (400, b"GET /\x7f HTTP/1.1\r\nHost: h\r\n\r\n"),
        (400, b"GET /\xc3\xa9 HTTP/1.1\r\nHost: h\r\n\r\n"),
        (400, b"GET /#x HTTP/1.1\r\nHost: h\r\n\r\n"),
        (400, b"hello\r\n\r\n"),
        (505, b"GET / HTTP/2.0\r\nHost: h\r\n\r\n"),
        (400, GOOD + b"Host: i\r\n\r\n"),
        (400, GOOD + b"X : y\r\n\r\n"),
        (400, GOOD + b"X: y\r\n z\r\n\r\n"),  # folded
        (400, GOOD + b"X: y\nZ: w\r\n\r\n"),  # a bare line feed
        (400, GOOD + b"X: \x00\r\n\r\n"),
        (400, GOOD + b": y\r\n\r\n"),
        (400, GOOD + b"Content-Length: +1\r\n\r\n"),
        (400, GOOD + b"Content-Length: 0\r\nContent-Length: 0\r\n\r\n"),
        (413, GOOD + b"Content-Length: 5\r\n\r\n"),
        (413, GOOD + b"Transfer-Encoding: chunked\r\n\r\n"),
        (413, GOOD + b"Content-Length: 0\r\nTransfer-Encoding: x\r\n\r\n"),
        (400, b"GET ftp://h/ HTTP/1.1\r\nHost: h\r\n\r\n"),
        (400, b"OPTIONS x HTTP/1.1\r\nHost: h\r\n\r\n"),
    ],
)
def test_what_is_not_a_plain_request_is_refused(status, data):
    with pytest.raises(Refused) as caught:
        environ_of(parse(data), ("a", 1), ("b", 2))
    assert caught.value.status == status


@given(st.binary(max_size=200), st.binary(max_size=60), st.sampled_from([b"GET", b"OPTIONS", b"POST"]))
@example(b"Host: h\r\nContent-Length: \xb2\r\n", b"/", b"POST")
@example(b"Host: h\r\n", b"http://[", b"GET")
def test_any_bytes_are_a_request_or_refused(rest, target, method):
    data = method + b" " + target + b" HTTP/1.1\r\n" + rest.replace(b"\r\n\r\n", b"") + b"\r\n\r\n"
    try:
        environ = environ_of(parse(data), ("a", 1), ("b", 2))
    except Refused:
        return
    assert all(isinstance(key, str) for key in environ)
    assert environ["PATH_INFO"].startswith("/")


def test_the_environment_is_that_of_pep_3333():
    environ = environ_of(
        parse(GOOD + b"X-Forwarded-For:  a \r\nX_Forwarded_For: b\r\nx-forwarded-for: c\r\nE:\r\n\r\n"),
        ("203.0.113.9", 77), ("127.0.0.1", 5000),
    )  # fmt: skip
    assert environ["PATH_INFO"] == "/a b"
    assert environ["QUERY_STRING"] == "x=1"
    assert environ["HTTP_X_FORWARDED_FOR"] == "a,c"  # never what came with an underscore
    assert environ["HTTP_E"] == ""
    assert (environ["REMOTE_ADDR"], environ["SERVER_PORT"]) == ("203.0.113.9", "5000")
    there = parse(b"GET http://other/x?y HTTP/1.1\r\nHost: h\r\n\r\n")
    environ = environ_of(there, ("a", 1), ("b", 2))
    assert (environ["HTTP_HOST"], environ["PATH_INFO"], environ["QUERY_STRING"]) == ("other", "/x", "y")


@pytest.mark.parametrize("header", [("X", "a\r\nSet-Cookie: b"), ("X\r\nY", "z"), ("X", "\x00"), ("", "x")])
def test_no_answer_can_be_split(header):
    with pytest.raises(ValueError, match="header"):
        head("200 OK", [header], "")


# The engine

PARTS = [memoryview(bytes([65 + number % 26]) * 3000) for number in range(2000)]
BIG = b"".join(PARTS)


class App:
    """An application with an answer of every kind."""

    def __init__(self, tmp_path: Path) -> None:
        self.closed: list[str] = []
        self.release = threading.Event()
        self.asked: list[str] = []
        self.file = tmp_path / "file"
        self.file.write_bytes(BIG)

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Any:
        path = environ["PATH_INFO"]
        self.asked.append(path)
        if "dapil.refused" in environ:
            start(f"{int(environ['dapil.refused'].status)} No", [])
            return [b"refused"]
        if path == "/big":
            start("200 OK", [("Content-Length", str(len(BIG)))])
            return PARTS
        if path == "/file":
            start("200 OK", [("Content-Length", str(len(BIG)))])
            return environ["wsgi.file_wrapper"](self.file.open("rb"))
        if path == "/stream":
            start("200 OK", [])
            return self.stream()
        if path == "/short":
            start("200 OK", [("Content-Length", "100")])
            return [b"only this"]
        if path == "/long":
            start("200 OK", [("Content-Length", "8")])
            return [b"only", memoryview(b" this, and no more"), b"!"]
        if path == "/empty":
            start("304 Not Modified", [])
            return []
        if path == "/stuck":
            self.release.wait(20)
        if path == "/broken":
            raise RuntimeError("a secret")
        start("200 OK", [("Content-Type", "text/plain")])
        return [b"hello ", environ["QUERY_STRING"].encode()]

    def stream(self) -> Iterator[bytes]:
        try:
            yield from (b"one", b"", b"two" * 100_000, b"three")
        finally:
            self.closed.append("stream")


@contextmanager
def engine_of(app: Any, threads: int = 3, **bounds: Any) -> Iterator[tuple[tuple[str, int], Engine]]:
    engine = Engine(app, Bounds(**bounds), threads)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            while True:
                try:
                    engine.adopt(*listener.accept())
                except OSError:
                    return

        threading.Thread(target=accept, daemon=True).start()
        yield listener.getsockname(), engine


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> App:
    return App(tmp_path_factory.mktemp("app"))


@pytest.fixture(scope="module")
def running(app: App) -> Iterator[tuple[str, int]]:
    with engine_of(app) as (address, _):
        yield address


def read_head(stream: Any) -> tuple[int, dict[str, str]]:
    status = int(stream.readline().split()[1])
    found = {}
    while (line := stream.readline()) not in (b"\r\n", b""):
        name, _, text = line.decode("latin-1").partition(":")
        found[name.lower()] = text.strip()
    return status, found


def read_body(stream: Any, headers: dict[str, str]) -> bytes:
    if headers.get("transfer-encoding") == "chunked":
        body = b""
        while size := int(stream.readline(), 16):
            body += stream.read(size)
            assert stream.readline() == b"\r\n"
        assert stream.readline() == b"\r\n"
        return body
    return bytes(
        stream.read(int(headers["content-length"])) if "content-length" in headers else stream.read()
    )


class Client:
    def __init__(self, address: tuple[str, int], timeout: float = 10) -> None:
        self.sock = socket.create_connection(address, timeout)
        self.stream = self.sock.makefile("rb")

    def ask(self, path: str, method: str = "GET", version: str = "1.1", more: str = "") -> tuple[int, bytes]:
        self.sock.sendall(f"{method} {path} HTTP/{version}\r\nHost: h\r\n{more}\r\n".encode())
        return self.answer(method)

    def answer(self, method: str = "GET") -> tuple[int, bytes]:
        status, self.headers = read_head(self.stream)
        return status, b"" if method == "HEAD" or status == 304 else read_body(self.stream, self.headers)

    def ended(self) -> bool:
        return self.stream.read(1) == b""


def test_one_connection_carries_answers_of_every_kind_whole(running, app):
    client = Client(running)
    for _ in range(2):
        assert client.ask("/?x") == (200, b"hello x")
        assert client.headers["content-length"] == "7"
        for path in ("/big", "/file"):
            status, body = client.ask(path)
            assert status == 200
            assert body == BIG
        assert client.ask("/big", "HEAD") == (200, b"")
        assert client.headers["content-length"] == str(len(BIG))
        assert client.ask("/stream") == (200, b"one" + b"two" * 100_000 + b"three")
        assert client.ask("/empty") == (304, b"")
        assert "server" not in client.headers
    assert app.closed == ["stream"] * 2


def test_requests_sent_at_once_are_answered_in_their_order(running):
    client = Client(running)
    requests = "".join(f"GET /?{number} HTTP/1.1\r\nHost: h\r\n\r\n" for number in range(500))
    client.sock.sendall(requests.encode())
    assert [client.answer()[1] for _ in range(500)] == [f"hello {n}".encode() for n in range(500)]


def test_a_request_that_comes_byte_by_byte_is_answered(running):
    client = Client(running)
    for byte in b"\r\nGET /?slow HTTP/1.1\r\nHost: h\r\n\r\n":
        client.sock.sendall(bytes([byte]))
        time.sleep(0.001)
    assert client.answer() == (200, b"hello slow")


def test_a_connection_ends_where_it_must(running):
    for version, more, ends in (
        ("1.1", "Connection: close\r\n", True),
        ("1.1", "Connection: Keep-Alive\r\n", False),
        ("1.0", "", True),
        ("1.0", "Connection: keep-alive\r\n", False),
    ):
        client = Client(running)
        assert client.ask("/?a", version=version, more=more) == (200, b"hello a")
        assert (client.headers.get("connection", "") == "close") is ends
        if ends:
            assert client.ended()
        else:
            assert client.ask("/?b") == (200, b"hello b")
    assert Client(running).ask("/stream", version="1.0")[1].endswith(b"three")


def test_bytes_after_a_body_are_never_a_request(running, app):
    hidden = "GET /hidden HTTP/1.1\r\nHost: h\r\n\r\n"
    for method, status in (("GET", 413), ("POST", 200)):
        client = Client(running)
        more = f"Content-Length: {len(hidden)}\r\n"
        assert client.ask("/", method, more=more + "\r\n" + hidden.removesuffix("\r\n"))[0] == status
        assert client.ended()
    assert "/hidden" not in app.asked


@pytest.mark.parametrize(
    ("status", "sent"),
    [
        (414, b"GET /" + b"a" * 9000),
        (431, b"GET / HTTP/1.1\r\nHost: h\r\nX: " + b"a" * 20_000),
        (400, b"?\r\n\r\n"),
    ],
)
def test_a_head_over_the_bounds_is_answered_and_the_connection_ends(running, status, sent):
    client = Client(running)
    client.sock.sendall(sent)
    assert client.answer() == (status, b"refused")
    client.sock.sendall(b"x" * 100)
    assert client.ended()


def test_an_answer_shorter_than_announced_is_cut_not_filled_with_the_next(running):
    client = Client(running)
    client.sock.sendall(b"GET /short HTTP/1.1\r\nHost: h\r\n\r\nGET /?next HTTP/1.1\r\nHost: h\r\n\r\n")
    assert client.answer() == (200, b"only this")
    assert client.ended()


def test_an_answer_longer_than_announced_ends_where_it_must(running):
    client = Client(running)
    for _ in range(2):
        assert client.ask("/long") == (200, b"only thi")


def test_a_failing_application_is_a_500_without_its_words(running):
    status, body = Client(running).ask("/broken")
    assert status == 500
    assert b"secret" not in body
    assert b"Traceback" not in body


def slow_clients(address: tuple[str, int], count: int) -> list[socket.socket]:
    """Clients that never finish their request, and clients that never read their answer."""
    found = []
    for number in range(count):
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        client.connect(address)
        client.sendall(b"GET /big HTTP/1.1\r\nHost: h\r\n\r\n" if number % 2 else b"GET /")
        found.append(client)
    return found


def test_many_slow_clients_hold_no_thread(app):
    with engine_of(app, threads=2) as (address, engine):
        slow = slow_clients(address, 200)
        client, took = Client(address), []
        for number in range(50):
            began = time.perf_counter()
            assert client.ask(f"/?{number}") == (200, f"hello {number}".encode())
            took.append(time.perf_counter() - began)
        assert len(engine) == 201
        assert sorted(took)[-2] < 0.1
        for each in slow:
            each.close()
        for _ in range(100):
            if len(engine) == 1:
                break
            time.sleep(0.05)
        assert len(engine) == 1


def test_where_all_places_are_taken_the_longest_waiting_makes_room(app):
    with engine_of(app, connections=20) as (address, engine):
        slow = slow_clients(address, 60)
        for number in range(10):
            assert Client(address).ask(f"/?{number}") == (200, f"hello {number}".encode())
        time.sleep(0.2)
        assert len(engine) <= 21
        slow[-1].sendall(b"")  # the latest of them is still there or was cut; either way nothing hangs


def test_who_takes_too_long_is_cut(app):
    with engine_of(app, head_time=0.2, stall=0.2, keepalive=0.2) as (address, engine):
        slow = slow_clients(address, 10)
        idle = Client(address)
        assert idle.ask("/")[0] == 200
        deadline = time.monotonic() + 5
        while len(engine) and time.monotonic() < deadline:
            time.sleep(0.05)
            assert engine.sweep()
        assert len(engine) == 0
        assert idle.ended()
        assert len(slow) == 10


def test_a_request_that_never_ends_is_answered_and_the_process_declared_unsound(app):
    with engine_of(app, request_time=0.3) as (address, engine):
        client = Client(address)
        client.sock.sendall(b"GET /stuck HTTP/1.1\r\nHost: h\r\n\r\n")
        sound = True
        for _ in range(100):
            time.sleep(0.02)
            sound = sound and engine.sweep()
            assert Client(address).ask("/?others") == (200, b"hello others")
            if not sound:
                break
        assert not sound
        assert client.answer()[0] == 503
        assert client.ended()
        app.release.set()
        assert Client(address).ask("/?after") == (200, b"hello after")


# Addresses, log


@given(
    st.lists(st.sampled_from(["203.0.113.7", "2001:db8::1", "", "unknown"]), max_size=4), st.integers(0, 3)
)
def test_the_address_is_the_one_that_the_application_gets(told, proxies):
    seen: dict[str, Any] = {}
    environ = {"REMOTE_ADDR": "10.0.0.1", "wsgi.url_scheme": "http"}
    if told:
        environ["HTTP_X_FORWARDED_FOR"] = ", ".join(told)
    ours = client_address(environ, proxies)
    ProxyFix(lambda env, start: seen.update(env) or [], proxies)(dict(environ), None)  # type: ignore[arg-type, func-returns-value]
    assert ours == seen["REMOTE_ADDR"]


@pytest.mark.parametrize(
    ("address", "short"),
    [
        ("203.0.113.77", "203.0.113.0"), ("203.0.113.77:4711", "203.0.113.0"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::"), ("[2001:db8:1::5]:80", "2001:db8:1::"),
        ("::ffff:203.0.113.77", "203.0.113.0"), ("", "-"), ("unknown\n", "-"), ("fe80::1%eth0", "fe80::"),
    ],
)  # fmt: skip
def test_an_address_is_shortened_to_its_network(address, short):
    assert shortened(address) == short


def test_only_this_machine_is_local_and_no_proxy_on_it():
    assert is_local({"REMOTE_ADDR": "127.0.0.1"})
    assert is_local({"REMOTE_ADDR": "::1"})
    assert not is_local({"REMOTE_ADDR": "203.0.113.7"})
    assert not is_local({"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "203.0.113.7"})
    assert not is_local({"REMOTE_ADDR": "127.0.0.1", "HTTP_FORWARDED": "for=1.2.3.4"})


LINE = re.compile(
    r'[0-9a-f.:-]+ - - \[\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d \+0000\] "[^"]*" \d{3} \d+ "[^"]*" "[^"]*" \d+\.\d \d+\.\d\n'
)


@given(st.text(max_size=3000), st.text(max_size=700), st.text(max_size=40))
@example('\x1b[31m"\\\r\n\x00é', "\n203.0.113.1 - - fake", "2001:db8::1\n")
def test_a_line_of_the_log_is_one_line_of_harmless_characters(target, agent, address):
    read, write = os.pipe()
    with open(read, "rb", buffering=0) as reader, open(write, "wb", buffering=0) as writer:  # noqa: PTH123
        log = AccessLog(f"/proc/self/fd/{writer.fileno()}")
        log.write(
            {"REQUEST_METHOD": "GET", "RAW_URI": target, "HTTP_USER_AGENT": agent},
            address,
            "200",
            5,
            0.1,
            0.2,
        )
        line = reader.read(65_536).decode("ascii")
        os.close(log._fd)
    assert LINE.fullmatch(line), line
    assert all(" " <= character <= "~" for character in line[:-1])
    assert len(line) < 4096


def test_a_log_that_nobody_reads_does_not_stop_the_service():
    read, write = os.pipe()
    log = AccessLog(f"/proc/self/fd/{write}", "full")
    began = time.monotonic()
    for _ in range(2000):
        log.write({"RAW_URI": "/" + "a" * 500}, "203.0.113.7", "200", 1, 0, 0)
    assert time.monotonic() - began < 5
    assert log.dropped > 1000
    os.close(read)
    os.close(write)


def test_a_log_that_was_moved_away_is_opened_anew(tmp_path):
    log = AccessLog(str(tmp_path / "log"), "none")
    log.write({"RAW_URI": "/one"}, "203.0.113.7", "200", 1, 0, 0)
    (tmp_path / "log").rename(tmp_path / "log.1")
    log._second = 0  # as if a second had passed
    log.write({"RAW_URI": "/two"}, "203.0.113.7", "200", 1, 0, 0)
    assert "/one" in (tmp_path / "log.1").read_text()
    assert "/two" in (tmp_path / "log").read_text()
    assert "203" not in (tmp_path / "log").read_text()


def test_what_was_looked_up_is_not_in_the_log(tmp_path):
    log = AccessLog(str(tmp_path / "log"))
    place = "/lookup?lon=106.8272&lat=-6.1754"
    environ = {"REQUEST_METHOD": "GET", "RAW_URI": place, "HTTP_REFERER": f"https://peta.example{place}"}
    log.write(environ, "203.0.113.7", "200", 1, 0, 0)
    line = (tmp_path / "log").read_text()
    assert "106.8" not in line
    assert line.count("/lookup?-") == 2


# Limits


@given(st.lists(st.floats(0, 3), min_size=1, max_size=200))
def test_no_client_gets_more_than_its_rate_and_who_waits_as_told_gets_in(pauses):
    buckets, rate, now, allowed = Buckets(Rate(2, 5)), Rate(2, 5), 0.0, 0
    for pause in pauses:
        now += pause
        wait = buckets.take("203.0.113.7", now)
        allowed += not wait
        assert allowed <= rate.burst + rate.per_second * now + 1e-6
    wait = buckets.take("203.0.113.7", now)
    assert wait == 0 or buckets.take("203.0.113.7", now + wait) == 0


def test_silence_saves_up_no_more_than_the_burst():
    buckets = Buckets(Rate(2, 5))
    assert buckets.take("203.0.113.7", 0) == 0
    assert [buckets.take("203.0.113.7", 1e6) for _ in range(7)] == [0] * 5 + [1, 1]


def test_buckets_are_bounded_and_a_household_of_ipv6_is_one_client():
    buckets = Buckets(Rate(1, 2), places=100)
    for number in range(10_000):
        buckets.take(f"203.0.{number % 256}.{number // 256}", 0)
    assert len(buckets) == 100
    assert [buckets.take(f"2001:db8:0:1::{number}", 0) for number in range(3)] == [0, 0, 1]
    assert buckets.take("2001:db8:0:2::1", 0) == 0
    assert network("2001:db8:0:2::1", 32, 64) == "2001:db8:0:2::"


def test_a_client_that_goes_on_asking_is_not_forgotten():
    buckets = Buckets(Rate(0.001, 2), places=10)
    assert [buckets.take("203.0.113.7", 0) for _ in range(3)] == [0, 0, 1000]
    for number in range(100):
        buckets.take(f"198.51.100.{number}", 0)
        assert buckets.take("203.0.113.7", 0) > 0


# Metrics


@given(st.text(max_size=60))
def test_routes_are_few_whatever_is_asked(path):
    few = {"landing", "collections", "collection", "schema", "queryables", "items", "item", "lookup", "health",
           "openapi", "conformance", "static", "metrics", "api", "other"}  # fmt: skip
    assert route_of("/" + path) in few
    assert route_of(f"/collections/{path.replace('/', '')}x/items/1/") == "item"


WORKER = """
import os, signal, sys
from pathlib import Path
from boundaries.service.ops.metrics import Metrics
numbers = Metrics(Path(sys.argv[1]), int(sys.argv[2]))
for _ in range(10):
    numbers.begin()
    numbers.end({"REQUEST_METHOD": "GET", "PATH_INFO": "/lookup"}, "304", 0.003, 7)
numbers.begin()
if sys.argv[3] == "kill":
    os.kill(os.getpid(), signal.SIGKILL)
sys.stdout.buffer.write(numbers.text({"release": "contoh-1", "age_seconds": 5}))
"""


def test_numbers_are_summed_over_processes_and_survive_a_kill(tmp_path):
    def run(slot: int, how: str) -> str:
        told = subprocess.run([sys.executable, "-c", WORKER, str(tmp_path), str(slot), how], cwd=ROOT,
                              capture_output=True, text=True, timeout=60, check=False)  # fmt: skip
        assert told.returncode == (-9 if how == "kill" else 0), told.stderr
        return told.stdout

    run(0, "kill")
    run(1, "kill")
    files = sorted(each.name for each in tmp_path.iterdir())
    for turn in (3, 4, 5):  # each takes the place of the killed one in slot 0
        text = run(0, "end")
        assert f'dapil_requests_total{{method="GET",route="lookup",status="304"}} {turn * 10}.0' in text
        assert f'dapil_request_seconds_count{{route="lookup"}} {turn * 10}.0' in text
        assert f'dapil_sent_bytes_total{{route="lookup"}} {turn * 70}.0' in text
        assert "dapil_in_flight 2.0" in text
        assert 'dapil_release_info{release="contoh-1"} 1.0' in text
        assert "dapil_release_age_seconds 5.0" in text
    assert sorted(each.name for each in tmp_path.iterdir()) == files


# Around the application


def plain(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
    if environ["PATH_INFO"] == "/raises":
        raise RuntimeError("a secret")
    if environ["PATH_INFO"] == "/health":
        start("200 OK", [("Content-Type", "application/json")])
        return [b'{"status": "ok", "release": "contoh-1"}']
    kind = "text/html" if environ["PATH_INFO"] == "/page" else "application/json"
    own = [("Content-Security-Policy", "default-src 'self'")] if environ["PATH_INFO"] == "/own" else []
    start("200 OK", [("Content-Type", kind), *own])
    return [b"{}"]


def asked(operation: Operation, path: str = "/", **environ: str) -> tuple[int, dict[str, str], bytes]:
    told: list[Any] = []
    full = {"REQUEST_METHOD": "GET", "PATH_INFO": path, "RAW_URI": path, "QUERY_STRING": "",
            "REMOTE_ADDR": "203.0.113.7", "wsgi.input": io.BytesIO()}  # fmt: skip
    body = operation(full | environ, lambda status, headers, *_: told.extend((status, headers)))
    text = b"".join(body)
    body.close()
    return int(told[0][:3]), {name.lower(): value for name, value in told[1]}, text


def test_every_answer_carries_the_headers_of_security_and_every_error_is_a_problem():
    operation = Operation(plain, Settings(rate=Rate(0.01, 3), metrics="local"), Metrics(), None)
    seen = []
    for path, more in (
        ("/", {}), ("/page", {}), ("/raises", {}), ("/", {}), ("/metrics", {"REMOTE_ADDR": "198.51.100.1"}),
        ("/", {"CONTENT_LENGTH": "3"}), ("/", {"HTTP_TRANSFER_ENCODING": "chunked"}), ("/" + "a" * 9000, {}),
    ):  # fmt: skip
        status, headers, body = asked(operation, path, **more)
        seen.append(status)
        assert {name.lower(): value for name, value in SECURITY}.items() <= headers.items()
        assert "content-security-policy" in headers
        assert "x-frame-options" not in headers
        if status >= 400:
            assert headers["content-type"] == "application/problem+json"
            assert headers["access-control-allow-origin"] == "*"
            assert json.loads(body)["status"] == status
            assert b"secret" not in body
    assert seen == [200, 200, 500, 429, 403, 413, 413, 414]
    assert asked(operation, "/")[1]["retry-after"] == "100"
    assert (
        asked(operation, "/own", REMOTE_ADDR="127.0.0.1")[1]["content-security-policy"]
        == "default-src 'self'"
    )


def test_metrics_are_for_this_machine_unless_opened():
    settings = {name: Operation(plain, Settings(metrics=name), Metrics(), None) for name in ("local", "on")}
    here = {"REMOTE_ADDR": "127.0.0.1"}
    for operation, more, status in (
        (settings["local"], here, 200), (settings["local"], {}, 403),
        (settings["local"], here | {"HTTP_X_FORWARDED_FOR": "127.0.0.1"}, 403), (settings["on"], {}, 200),
        (settings["on"], {"REQUEST_METHOD": "POST"}, 405),
    ):  # fmt: skip
        got, _, text = asked(operation, "/metrics", **more)
        assert got == status
        assert (b'dapil_release_info{release="contoh-1"} 1.0' in text) is (status == 200)
    off = Operation(plain, Settings(metrics="off"), None, None)
    assert asked(off, "/metrics")[2] == b"{}"  # the application's


def test_the_rate_counts_the_client_that_the_trusted_proxy_names():
    operation = Operation(plain, Settings(rate=Rate(0.01, 1), trusted_proxies=1), None, None)
    proxy = {"REMOTE_ADDR": "10.0.0.1"}
    assert asked(operation, **proxy, HTTP_X_FORWARDED_FOR="203.0.113.1")[0] == 200
    assert asked(operation, **proxy, HTTP_X_FORWARDED_FOR="203.0.113.2")[0] == 200
    assert (
        asked(operation, **proxy, HTTP_X_FORWARDED_FOR="198.51.100.9, 203.0.113.1")[0] == 429
    )  # no way around


def test_numbers_and_log_tell_what_was_sent(tmp_path):
    numbers, log = Metrics(), AccessLog(str(tmp_path / "log"))
    operation = Operation(plain, Settings(), numbers, log)
    asked(operation, "/collections/dpr-2024/items", HTTP_USER_AGENT="curl")
    text = numbers.text({}).decode()
    assert 'dapil_requests_total{method="GET",route="items",status="200"} 1.0' in text
    assert 'dapil_sent_bytes_total{route="items"} 2.0' in text
    assert "dapil_in_flight 0.0" in text
    line = (tmp_path / "log").read_text()
    assert LINE.fullmatch(line)
    assert line.startswith("203.0.113.0 - - [")
    assert '] "GET /collections/dpr-2024/items" 200 2 "-" "curl" ' in line


def test_a_file_is_a_body_for_any_server(tmp_path):
    (tmp_path / "x").write_bytes(BIG)
    body = FileBody((tmp_path / "x").open("rb"))
    assert b"".join(body) == BIG
    body.close()
    assert body.file.closed
