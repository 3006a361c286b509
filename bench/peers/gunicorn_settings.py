"""The gunicorn settings of our own service, read from it, so that the constant server runs under the same ones."""

import importlib
import importlib.util
import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from .base import ROOT

NAMES = ("worker_class", "workers", "threads", "keepalive", "worker_connections", "backlog")
DEFAULT: dict[str, Any] = {"worker_class": "gthread", "workers": 2, "threads": 4}
STOCK = ["--worker-class", "gthread", "--workers", "2", "--threads", "4", "--log-level", "warning"]


def ours() -> tuple[dict[str, Any], str]:
    """Return the settings under which `server.py` serves, and where they were found.

    Asked in a process of its own: importing the service must not load it into the benchmark.
    """
    done = subprocess.run(
        [sys.executable, "-c", "from bench.peers import gunicorn_settings as s; s._tell()"],
        capture_output=True, text=True, cwd=ROOT,
    )  # fmt: skip
    if done.returncode == 0:
        found = json.loads(done.stdout.splitlines()[-1])
        return DEFAULT | found["settings"], found["source"]
    return DEFAULT, "assumed, as server.py does not tell"


def _tell() -> None:
    settings, source = _from_ops() or _from_server()
    sys.stdout.write(json.dumps({"settings": settings, "source": source}) + "\n")


def _from_ops() -> tuple[dict[str, Any], str] | None:
    """`boundaries.service.ops.settings`: a mapping, or something callable without arguments that returns one."""
    try:
        found = importlib.import_module("boundaries.service.ops").settings
        found = found() if callable(found) else found
    except (ImportError, AttributeError, TypeError):
        return None
    if not isinstance(found, Mapping) or "workers" not in found:
        return None
    kept = {name: found[name] for name in NAMES if name in found}
    return {k: v if isinstance(v, int) else str(v) for k, v in kept.items()}, "boundaries.service.ops.settings"


def _from_server() -> tuple[dict[str, Any], str]:
    """Make the gunicorn application of `server.py`, without running it, and read its configuration."""
    from gunicorn.app.base import BaseApplication

    module = importlib.import_module("server")
    makers = [v for v in vars(module).values() if isinstance(v, type) and issubclass(v, BaseApplication)]
    own = [maker for maker in makers if maker.__module__ == "server"]
    application = own[0](module._arguments([]))
    found = {name: application.cfg.settings[name].get() for name in NAMES}
    kind = found["worker_class"]
    if isinstance(kind, type):
        found["worker_class"] = f"{kind.__module__}.{kind.__qualname__}"
    return found, "server.py"


def command_line(settings: Mapping[str, Any]) -> list[str]:
    """The settings as arguments of the command gunicorn."""
    return [word for name, value in settings.items() for word in (f"--{name.replace('_', '-')}", str(value))]
