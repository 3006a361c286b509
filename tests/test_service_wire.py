"""Bytes on the wire: what RFC 9112 asks of ``server.py``, and what garbage does to it.

After everything that is sent, another client and one that has been connected all along are answered as ever.
"""

import contextlib
import json
import random
import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

import pytest

from tests.hostile import GOOD, HEADS, HIDDEN, HOST, SMUGGLED, TAKEN, statuses
from tests.server_help import Server, running
from tests.small import make_small_release

END = b"Connection: close\r\n\r\n"


@dataclass
class Message:
    """An answer as it came."""

    version: str
    status: int
    headers: dict[str, str]
    body: bytes


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    releases = tmp_path_factory.mktemp("releases")
    make_small_release(releases)
    with running(releases, tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture(scope="module")
def truth(server: Server) -> dict[bytes, Message]:
    """What right requests are answered."""
    return {path: ask(server, b"GET " + path + b" HTTP/1.1\r\n" + HOST + END)[0] for path in PATHS}


PATHS = (
    b"/conformance",
    b"/collections",
    b"/collections/dpr-2024/items",
    b"/collections/unit-kecamatan/items?kode_provinsi=32",
)


@pytest.fixture(autouse=True)
def _stays_alive(server: Server, truth: dict[bytes, Message]) -> Iterator[None]:
    with server.connect() as witness, witness.makefile("rb") as stream:
        witness.sendall(GOOD + b"\r\n")
        assert read(stream).body == truth[b"/conformance"].body
        yield
        witness.sendall(GOOD + b"\r\n")
        assert read(stream).body == truth[b"/conformance"].body
    assert server.process.poll() is None
    for path in PATHS:
        assert ask(server, b"GET " + path + b" HTTP/1.1\r\n" + HOST + END)[0].body == truth[path].body


def read(stream: BinaryIO, method: str = "GET") -> Message:
    """Read one answer, strictly as RFC 9112 frames it."""
    line = stream.readline()
    assert line.endswith(b"\r\n"), line
    version, status, _ = line.decode("latin-1").split(" ", 2)
    headers: dict[str, str] = {}
    while (field := stream.readline()) != b"\r\n":
        assert field.endswith(b"\r\n"), field
        name, _, text = field.decode("latin-1").partition(":")
        assert name.lower() not in headers or name.lower() == "link", f"{name} twice"
        headers[name.lower()] = text.strip()
    number = int(status)
    if method == "HEAD" or number in (204, 304):
        return Message(version, number, headers, b"")
    length = int(headers["content-length"])
    body = stream.read(length)
    assert len(body) == length
    return Message(version, number, headers, body)


def ask(server: Server, data: bytes, *methods: str) -> list[Message]:
    """Send `data` and read until the server ends the connection; `methods` of the answers, the last repeated."""
    with server.connect() as client, client.makefile("rb") as stream:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            client.sendall(data)
        found = []
        names = iter(methods)
        method = "GET"
        while stream.peek(1):
            method = next(names, method)
            found.append(read(stream, method))
        return found


# What is right


@pytest.mark.parametrize("path", PATHS)
def test_head_says_what_get_says_without_the_body(server, truth, path):
    for method in ("HEAD", "GET"):
        answers = ask(
            server,
            method.encode() + b" " + path + b" HTTP/1.1\r\n" + HOST + b"\r\n" + HIDDEN + GOOD + END,
            method,
            "GET",
        )
        assert [each.status for each in answers] == [200, 404, 200]
        same = {name: text for name, text in answers[0].headers.items() if name not in ("date", "connection")}
        assert same == {
            name: text for name, text in truth[path].headers.items() if name not in ("date", "connection")
        }
        assert int(same["content-length"]) == len(truth[path].body)


def test_304_has_no_body_and_the_next_answer_follows_at_once(server, truth):
    path = b"/collections/dpr-2024/items"
    known = b"If-None-Match: " + truth[path].headers["etag"].encode() + b"\r\n"
    request = b"GET " + path + b" HTTP/1.1\r\n" + HOST + known
    answers = ask(server, (request + b"\r\n") * 3 + GOOD + END)
    assert [each.status for each in answers] == [304, 304, 304, 200]
    assert answers[0].headers["etag"] == truth[path].headers["etag"]
    assert answers[3].body == truth[b"/conformance"].body


@pytest.mark.parametrize(
    ("version", "connection", "goes_on"),
    [
        (b"1.1", b"", True),
        (b"1.1", b"Connection: close\r\n", False),
        (b"1.1", b"cOnNeCtIoN: CLOSE\r\n", False),
        (b"1.1", b"Connection: keep-alive, close\r\n", False),
        (b"1.1", b"Connection: x\r\nConnection: close\r\n", False),
        (b"1.0", b"", False),
        (b"1.0", b"Connection: keep-alive\r\n", True),
        (b"1.0", b"Connection: Keep-Alive\r\n", True),
        (b"1.0", b"Connection: keep-alive, close\r\n", False),
    ],
)
def test_a_connection_goes_on_or_ends_as_agreed(server, version, connection, goes_on):
    """RFC 9112, 9.3."""
    with server.connect() as client, client.makefile("rb") as stream:
        request = b"GET /conformance HTTP/" + version + b"\r\n" + HOST + connection + b"\r\n"
        client.sendall(request)
        answer = read(stream)
        assert answer.version == "HTTP/" + version.decode()
        if version == b"1.1":
            assert (answer.headers.get("connection", "") == "close") is not goes_on
        if goes_on:
            client.sendall(request)
            assert read(stream).body == answer.body
        else:
            client.settimeout(3)
            assert stream.read(1) == b""


def test_requests_sent_at_once_are_answered_in_order(server, truth):
    order = random.Random(1).choices(PATHS, k=200)
    answers = ask(
        server, b"".join(b"GET " + path + b" HTTP/1.1\r\n" + HOST + b"\r\n" for path in order) + GOOD + END
    )
    assert [each.body for each in answers[:-1]] == [truth[path].body for path in order]


def test_how_the_bytes_are_cut_does_not_matter(server, truth):
    data = b"".join(b"GET " + path + b" HTTP/1.1\r\n" + HOST + b"\r\n" for path in PATHS) + GOOD + END
    draw = random.Random(2)
    for _ in range(40):
        cuts = sorted(draw.sample(range(1, len(data)), draw.randint(1, 8)))
        with server.connect() as client, client.makefile("rb") as stream:
            for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True):
                client.sendall(data[start:end])
                time.sleep(0.001)
            assert [read(stream).body for _ in PATHS] == [truth[path].body for path in PATHS]


@pytest.mark.parametrize(
    "target",
    [
        b"/%63onformance", b"/conformance/", b"/conformance?", b"http://h/conformance",
        b"HTTP://H/conformance", b"http://h:80/conformance?", b"/c%6fnformance?%66=json",
        b"/conformance?f=%6ason", b"/conformance?f=json&", b"/conformance?&f=json",
    ],
)  # fmt: skip
def test_one_resource_has_many_spellings(server, truth, target):
    """RFC 3986, 6.2.2 (percent-encoding), RFC 9112, 3.2.2 (the absolute form)."""
    (answer,) = ask(server, b"GET " + target + b" HTTP/1.1\r\n" + HOST + END)
    assert (answer.status, answer.body) == (200, truth[b"/conformance"].body)


def test_where_there_is_no_host_the_authority_of_an_absolute_target_counts(server):
    """RFC 9112, 3.2.2; where there is one it would have to be passed over, but the server does not tell which it is."""
    (answer,) = ask(server, b"GET http://public.example:81/ HTTP/1.1\r\n" + END)
    hosts = {urlsplit(link["href"]).netloc for link in json.loads(answer.body)["links"]}
    assert "public.example:81" in hosts


PASSED_OVER = (
    b"Content-Length: 0", b"Content-Type: x", b"Expect: 100-continue", b"X-Empty:", b"X: \xff\xfe", b"X: a\r\nX: b",
    b"Upgrade: h2c\r\nHTTP2-Settings: x", b"TE: trailers", b"Range: bytes=0-3", b"Range: bytes=9-3,x",
    b'If-None-Match: "x", W/"y", z*, "', b"If-Modified-Since: never", b"Accept: */*;q=x", b"Accept: application/xml",
    b"Accept: ;;;,,,/", b"Accept-Encoding: zstd;q=9, *;q=0", b"Accept-Language: xx-\xff", b"Cookie: " + b"a=b;" * 2000,
    b"X-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: https", b"Forwarded: host=evil.example;proto=https",
    b"X-HTTP-Method-Override: DELETE", b"X-Original-URL: /metrics\r\nX-Rewrite-URL: /metrics",
)  # fmt: skip


@pytest.mark.parametrize("line", PASSED_OVER)
def test_what_may_be_passed_over_is_passed_over(server, truth, line):
    (answer,) = ask(server, GOOD + line + b"\r\n" + END)
    assert (answer.status, answer.body) == (200, truth[b"/conformance"].body)


@pytest.mark.parametrize("host", [b"hOsT:h", b"Host:\t h \t", b"HOST: h"])
def test_names_have_no_case_and_values_no_blanks_around(server, truth, host):
    (answer,) = ask(server, b"\r\nGET /conformance HTTP/1.1\r\n" + host + b"\r\n" + END)
    assert (answer.status, answer.body) == (200, truth[b"/conformance"].body)


# What is wrong

#: Refused by the layer around the application, not by the server before it: a problem document, logged and counted.
OURS = ("no host", "two hosts", "two different hosts", "a star", "an authority", "a relative target", "a body",
        "a body of chunks")  # fmt: skip


@pytest.mark.parametrize("name", sorted(set(HEADS) - set(TAKEN)))
def test_what_is_no_plain_request_is_refused_once_and_the_connection_ends(server, name):
    status, data = HEADS[name]
    answers = ask(server, data + HIDDEN)
    assert [each.status for each in answers] == ([status] if status else [])
    for answer in answers:
        assert answer.headers["connection"] == "close"
        if name in OURS:
            assert answer.headers["content-type"] == "application/problem+json"
            assert json.loads(answer.body)["status"] == status
        else:
            assert answer.body == b""
            assert "server" not in answer.headers


@pytest.mark.parametrize("name", TAKEN)
def test_what_the_server_takes_although_it_should_not_is_known(server, name):
    """docs/operation.md says so; where this fails because it is refused now, let both say that."""
    assert statuses(server.port, HEADS[name][1] + HIDDEN) == TAKEN[name]


@pytest.mark.parametrize(
    "rest",
    [b"Content-Length: 5\r\n\r\nhello", b"Content-Length: 1x\r\n\r\n", b"Host: i\r\n\r\n", b"X : y\r\n\r\n"],
)
def test_a_refused_head_has_no_body(server, rest):
    """RFC 9110, 9.3.2."""
    with server.connect() as client:
        client.sendall(b"HEAD / HTTP/1.1\r\n" + HOST + rest)
        data = b"".join(iter(lambda: client.recv(65536), b""))
    assert data.split(b" ", 2)[1] in (b"400", b"413")
    assert data.endswith(b"\r\n\r\n")


@pytest.mark.parametrize("name", SMUGGLED)
def test_no_body_is_ever_read_as_a_request(server, name):
    """CL.TE, TE.CL, TE.TE and their like: exactly one answer, and what was hidden never reaches the log."""
    before = server.mark()
    for method in (b"POST", b"GET", b"PUT", b"OPTIONS"):
        answers = ask(server, method + b" / HTTP/1.1\r\n" + HOST + SMUGGLED[name] + HIDDEN)
        assert len(answers) == 1
        assert 400 <= answers[0].status < 500
        assert answers[0].headers["connection"] == "close"
    assert not [each for each in server.logged(before) if each.path == "/hidden"]


# Garbage


def test_noise_is_answered_with_one_refusal_or_an_end(server):
    draw = random.Random(3)
    for number in range(300):
        data = bytearray(draw.randbytes(draw.choice((1, 10, 100, 3000))))
        if number % 3 == 0:
            data += b"\r\n\r\n"
        if number % 3 == 1:  # a request with some bytes changed
            data = bytearray(GOOD + b"Accept: text/html\r\n\r\n")
            for _ in range(draw.randint(1, 4)):
                data[draw.randrange(len(data))] = draw.randrange(256)
        gone = contextlib.suppress(BrokenPipeError, ConnectionResetError)
        with server.connect() as client, client.makefile("rb") as stream, gone:
            client.sendall(data)
            client.shutdown(socket.SHUT_WR)
            if stream.peek(1):
                method = "HEAD" if data.lstrip().startswith(b"HEAD ") else "GET"
                assert read(stream, method).status in (200, 400, 404, 405, 413, 414, 431, 505)


@pytest.mark.parametrize("end", range(0, len(GOOD), 7))
def test_half_a_request_is_forgotten_when_its_client_goes(server, end):
    with server.connect() as client:
        client.sendall(GOOD[:end])
        client.shutdown(socket.SHUT_WR)
        assert client.recv(100) == b""


def test_clients_that_hang_up_leave_nothing_behind(server):
    """Reset right after the request, in the middle of the answer, and before anything."""
    request = b"GET /collections/unit-kecamatan/items?limit=10000 HTTP/1.1\r\n" + HOST + b"\r\n"
    for number in range(150):
        client = server.connect()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if number % 3:
            client.sendall(request * (number % 7 + 1))
        if number % 3 == 2:
            client.recv(100)
        client.close()
    descriptors = _descriptors(server)
    for _ in range(1_000):
        if descriptors < 80:
            break
        time.sleep(0.1)
        descriptors = _descriptors(server)
    assert descriptors < 80


def _descriptors(server: Server) -> int:
    """Return how many files the workers hold open."""
    pid = server.process.pid
    workers = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return sum(len(list(Path(f"/proc/{worker}/fd").iterdir())) for worker in workers)


@pytest.mark.slow
def test_slow_clients_do_not_hold_up_quick_ones(server, truth):
    """60 clients send a byte at a time, 20 never read: a quick one is answered meanwhile, every time."""
    with contextlib.ExitStack() as stack:
        slow = [stack.enter_context(server.connect()) for _ in range(60)]
        deaf = [stack.enter_context(server.connect()) for _ in range(20)]
        for client in deaf:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            client.sendall(b"GET /collections/unit-kecamatan/items HTTP/1.1\r\n" + HOST + b"\r\n")
        for byte in GOOD[:25]:
            for client in slow:
                client.sendall(bytes([byte]))
            # All the others are held in the middle until the quick one is answered.
            assert ask(server, GOOD + END)[0].body == truth[b"/conformance"].body
        for client in slow:
            client.sendall(GOOD[25:] + END)
        for client in slow:
            with client.makefile("rb") as stream:
                assert read(stream).body == truth[b"/conformance"].body
