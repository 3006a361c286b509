"""What is set from outside: one typed class, read from arguments, or else from the environment.

The field ``max_url`` is the argument ``--max-url`` and the variable ``DAPIL_MAX_URL``; so for every field.
A variable that is empty counts as not set.

Not by pydantic-settings (2.16), though a trial was 36 lines shorter: its errors do not know whether a value came from
an argument or a variable, and name one end of a range ("less than or equal to 65535") where ours name both; ``80.0``
passes for a port; --help grows ``--rate.per-second`` and ``{JSON,null}``; importing takes 120 ms of CPU instead of 20.
"""

import argparse
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any, Final

from boundaries.errors import BoundariesError
from boundaries.law.tables import shipped

__all__ = ["PREFIX", "Rate", "Settings", "SettingsError"]

PREFIX: Final = "DAPIL_"
_CONFIG: Final = shipped("pygeoapi-config.yml")
_ADDRESS: Final = re.compile(r"https?://[A-Za-z0-9.\-_\[\]:]+(/[A-Za-z0-9._~\-/]*)?")
_RATE: Final = re.compile(r"(\d+(?:\.\d+)?)/(s|m)(?:,burst=(\d+))?")


class SettingsError(BoundariesError):
    """A setting has a value that cannot be meant; names the setting, the value and the mend."""

    exit_code = 2


@dataclass(frozen=True)
class Rate:
    """Requests that one client may make: `per_second` in the long run, `burst` at once."""

    per_second: float
    burst: int


def _number(least: float, most: float, kind: type = int) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        try:
            value = kind(text)
        except ValueError:
            value = None
        if value is None or not least <= value <= most:
            raise ValueError(f"a number from {least:g} to {most:g}")
        return value

    return read


def _choice(*allowed: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in allowed:
            raise ValueError(f"one of {', '.join(allowed)}")
        return text

    return read


def _url(text: str) -> str:
    if not _ADDRESS.fullmatch(text):
        raise ValueError("the public address, such as https://dapil.example.org or https://example.org/dapil")
    return text.rstrip("/")


def _rate(text: str) -> Rate | None:
    if text == "off":
        return None
    match = _RATE.fullmatch(text)
    per_second = float(match[1]) / (60 if match[2] == "m" else 1) if match else 0.0
    burst = int(match[3]) if match and match[3] else max(1, round(per_second * 5))
    if per_second <= 0 or burst < 1:
        raise ValueError("requests per second (or minute) and how many at once: 20/s,burst=100; or: off")
    return Rate(per_second, burst)


def _log(text: str) -> str:
    if text in ("-", "off"):
        return text
    directory = Path(text).absolute().parent
    if not directory.is_dir() or Path(text).is_dir():
        raise ValueError("- (standard output), off, or a file in a directory that exists")
    return text


def _releases(text: str) -> Path | str:
    return text if "://" in text else Path(text)  # a database is an address, not a path


def _directory(text: str) -> Path:
    if not Path(text).is_dir():
        raise ValueError("a directory that exists, with releases in it")
    return Path(text)


def _host(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9.\-_:]+", text):
        raise ValueError("an address to listen on, such as 127.0.0.1, 0.0.0.0 or ::")
    return text


def _set(default: Any, read: Callable[[str], Any], about: str) -> Any:
    return field(default=default, metadata={"read": read, "about": about})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that is set from outside."""

    releases: Path | str = _set(
        Path("build"), _releases, "a directory of releases with current, or one release"
    )
    downloads: Path | None = _set(
        None, _directory, "a directory of releases whose files /downloads gives; default: that of releases"
    )
    behind: str = _set(
        "off", _choice("off", "on"),
        "on: make behind the service what the current release lacks: its downloads, or the full release in place of a "
        "quick one",
    )  # fmt: skip
    host: str = _set("127.0.0.1", _host, "where it listens")
    port: int = _set(5000, _number(0, 65535), "where it listens; 0: a free one")
    url: str | None = _set(None, _url, "the public address that links carry; default: what the client used")
    config: Path = _set(_CONFIG, Path, "titles, contact, limits of the answers")
    trusted_proxies: int = _set(0, _number(0, 10), "how many proxies in front may say X-Forwarded-*")
    workers: int = _set(2, _number(1, 256), "processes; one a core")
    threads: int = _set(4, _number(1, 64), "threads of each process, which is how many requests it works on")
    connections: int = _set(2048, _number(8, 100_000), "open connections of each process")
    backlog: int = _set(4096, _number(128, 65_535), "connections that may wait to be accepted")
    large: int = _set(
        256, _number(1, 10_000), "large answers and files that each process sends at a time; 503 to more"
    )
    timeout: float = _set(
        30.0, _number(1, 3600, float), "seconds that a request may take before its process is replaced"
    )
    keepalive: float = _set(
        15.0, _number(1, 3600, float), "seconds until the next request's head must be there, whole"
    )
    grace: float = _set(
        10.0, _number(1, 3600, float), "seconds that answers under way get when it is stopped"
    )
    max_url: int = _set(8000, _number(200, 60_000), "bytes of a request's address")
    max_head: int = _set(16_384, _number(8192, 262_144), "bytes of a request's line and headers")
    access_log: str = _set("-", _log, "a line a request: - is standard output, or a file, or off")
    log_addresses: str = _set("short", _choice("short", "full", "none"), "addresses of clients in the log")
    metrics: str = _set("local", _choice("local", "on", "off"), "who may read /metrics")
    rate: Rate | None = _set(None, _rate, "requests a client: 20/s,burst=100 or 600/m; off")

    @classmethod
    def read(cls, argv: list[str] | None = None, environ: Mapping[str, str] = os.environ) -> "Settings":
        """Read arguments, then the environment, then the defaults. Raises SettingsError."""
        given = vars(_parser().parse_args(argv))
        values: dict[str, Any] = {}
        for each in fields(cls):
            variable, option = PREFIX + each.name.upper(), "--" + each.name.replace("_", "-")
            if given[each.name] is not None:
                values[each.name] = _value(option + " ", given[each.name], each.metadata["read"])
            elif environ.get(variable):
                values[each.name] = _value(variable + "=", environ[variable], each.metadata["read"])
        return cls(**values)


def _value(named: str, text: str, read: Callable[[str], Any]) -> Any:
    try:
        return read(text)
    except ValueError as wanted:
        raise SettingsError(f"{named}{text[:80]!r} will not do. Allowed: {wanted}") from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="server.py",
        description="Serve the current release.",
        epilog="Each option can also be set in the environment: --max-url is DAPIL_MAX_URL.",
    )
    for each in fields(Settings):
        assert each.default is not MISSING
        shown = "" if each.default is None else f" (default {each.default})"
        parser.add_argument(
            "--" + each.name.replace("_", "-"),
            dest=each.name,
            metavar="X",
            help=each.metadata["about"].replace("%", "%%") + shown,
        )
    return parser
