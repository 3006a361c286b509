"""Running the service: settings, log, metrics and limits. The processes themselves: test_service_gateway."""

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from werkzeug.middleware.proxy_fix import ProxyFix

from boundaries.service.ops.access import AccessLog, client_address, is_local, network, shortened
from boundaries.service.ops.bodies import PIECE, FileBody, cut
from boundaries.service.ops.limits import Buckets
from boundaries.service.ops.metrics import Metrics, route_of
from boundaries.service.ops.middleware import SECURITY, Operation
from boundaries.service.ops.settings import Rate, Settings, SettingsError

ROOT = Path(__file__).parents[1]


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
    for name in ("FORWARDED", "X_REAL_IP", "VIA", "CF_CONNECTING_IP", "TRUE_CLIENT_IP", "X_FORWARDED_PROTO"):
        assert not is_local({"REMOTE_ADDR": "127.0.0.1", f"HTTP_{name}": "1.1 proxy"})


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
    for _ in range(2000):  # where a line waits for a reader this never ends
        log.write({"RAW_URI": "/" + "a" * 500}, "203.0.113.7", "200", 1, 0, 0)
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


@pytest.mark.parametrize(
    "question",
    [
        "filter=S_INTERSECTS(geometry,POINT(106.8272%20-6.1754))",
        "limit=3&filter-lang=cql2-text&filter=s_intersects%28geometry%2C%50oint(106.8272+-6.1754)%29",
        "%66ilter=S_DWITHIN(geometry,POINT(106.8272%20-6.1754),5,km)",
        'filter={"op":"s_intersects","args":[{"type":"Point","coordinates":[106.8272,-6.1754]}]}',
        "filter=S_INTERSECTS(geometry,BBOX(106.8272,-6.1754,106.83,-6.17))",
        "bbox=106.8272,-6.1754,106.83,-6.17", "f=json&BBox=106.8272%2C-6.1754%2C107%2C-6", "lon=106.8272&lat=-6.1754",
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/collections/dpr-2024/items", "/lookup", "/lookup/"])
def test_no_place_is_in_the_log_however_it_was_asked_for(tmp_path, path, question):
    log = AccessLog(str(tmp_path / "log"))
    target = f"{path}?{question}"
    environ = {"REQUEST_METHOD": "GET", "RAW_URI": target, "HTTP_REFERER": f"https://peta.example{target}"}
    log.write(environ, "203.0.113.7", "200", 1, 0, 0)
    line = (tmp_path / "log").read_text()
    assert "106.8" not in line
    assert "6.1754" not in line
    assert line.count(path) == 2


def test_what_tells_no_place_stays_in_the_log(tmp_path):
    log = AccessLog(str(tmp_path / "log"))
    target = "/collections/dpr-2024/items?limit=3&filter-lang=cql2-text&filter=kursi%20%3E%205&f=html"
    log.write({"REQUEST_METHOD": "GET", "RAW_URI": target}, "203.0.113.7", "200", 1, 0, 0)
    assert f'"GET {target}"' in (tmp_path / "log").read_text()


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
           "openapi", "conformance", "static", "metrics", "api", "oembed", "other"}  # fmt: skip
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


SLOT = """
import sys, time
from pathlib import Path
from boundaries.service.ops.metrics import Metrics, take_slot
slot = take_slot(Path(sys.argv[1]))
Metrics(Path(sys.argv[1]), slot).begin()
print(slot, flush=True)
time.sleep(60)
"""


def test_a_slot_belongs_to_one_living_process(tmp_path):
    """The next process takes the lowest that is free; what a killed one was doing is counted no more."""
    held = subprocess.Popen(
        [sys.executable, "-c", SLOT, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert held.stdout is not None
    assert held.stdout.readline() == "0\n"
    asking = f"""
import sys
from pathlib import Path
from boundaries.service.ops.metrics import Metrics, take_slot
slot = take_slot(Path(sys.argv[1]))
numbers = Metrics(Path(sys.argv[1]), slot)
before = numbers.text({{}}).decode()
import os, signal
os.kill({held.pid}, signal.SIGKILL)
sys.stdin.readline()
print(slot, "dapil_in_flight 1.0" in before, "dapil_in_flight 0.0" in numbers.text({{}}).decode())
print(take_slot(Path(sys.argv[1])))
"""
    other = subprocess.Popen([sys.executable, "-c", asking, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE,
                             stdin=subprocess.PIPE, text=True)  # fmt: skip
    held.wait(60)
    held.stdout.close()
    assert other.communicate("go on\n", timeout=60)[0].split() == ["1", "True", "True", "0"]


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
        (settings["local"], here | {"HTTP_VIA": "1.1 varnish"}, 403),
        (settings["local"], here | {"HTTP_CF_CONNECTING_IP": "203.0.113.7"}, 403),
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
    (tmp_path / "x").write_bytes(bytes(range(256)) * 1000)
    body = FileBody((tmp_path / "x").open("rb"))
    assert b"".join(body) == bytes(range(256)) * 1000
    body.close()
    assert body.file.closed


@given(st.lists(st.integers(0, 3 * PIECE), max_size=6), st.booleans())
def test_pieces_are_the_body_and_none_is_large(sizes, as_views):
    parts = [bytes([65 + number]) * size for number, size in enumerate(sizes)]
    pieces = list(cut([memoryview(part) for part in parts] if as_views else parts))
    assert b"".join(pieces) == b"".join(parts)
    assert all(type(piece) is bytes and len(piece) <= 2 * PIECE for piece in pieces)
    assert len(pieces) <= sum(sizes) / PIECE + len(sizes) + 1


def test_only_so_many_large_answers_are_sent_at_a_time(tmp_path):
    """A place is held until the body is closed, whatever came of it; small answers need none."""
    log = AccessLog(str(tmp_path / "log"))
    operation = Operation(large, Settings(large=2), None, log)

    def ask(method: str = "GET") -> tuple[str, Any, dict[str, str]]:
        told: list[Any] = []
        full = {"REQUEST_METHOD": method, "PATH_INFO": "/", "QUERY_STRING": "", "REMOTE_ADDR": "203.0.113.7"}
        body = operation(full, lambda status, headers, *_: told.extend((status, dict(headers))))
        return told[0], body, told[1]

    held = [ask() for _ in range(2)]
    assert [each[0] for each in held] == ["200 OK"] * 2
    for _ in range(3):
        status, body, headers = ask()
        assert (status, int(headers["Retry-After"]) > 0) == ("503 Service Unavailable", True)
        assert json.loads(b"".join(body))["status"] == 503
        body.close()
        assert ask("HEAD")[0] == "200 OK"
    held[0][1].close()  # before a byte of it was taken
    assert ask()[0] == "200 OK"
    assert ask()[0] == "503 Service Unavailable"
    assert (tmp_path / "log").read_text().count(" 503 ") == 3


def large(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
    start("200 OK", [("Content-Type", "text/plain")])
    return [b"x" * 1_000_000]
