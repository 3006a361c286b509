"""Run the service: ``python server.py``. It only assembles; the service lives in boundaries/service/.

Settings come from arguments, or else from the environment: DAPIL_RELEASES, DAPIL_HOST, DAPIL_PORT, DAPIL_URL,
DAPIL_WORKERS, DAPIL_THREADS, DAPIL_TRUSTED_PROXIES, DAPIL_CONFIG.
"""

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]

from boundaries.errors import BoundariesError
from boundaries.service import app as service

__all__ = ["create_app", "main"]

create_app = service.create_app


class _Server(BaseApplication):
    """gunicorn with threads. Each worker makes its own application, after the fork: no file is shared."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self._arguments = arguments
        super().__init__()

    def load_config(self) -> None:
        given = self._arguments
        settings: dict[str, Any] = {
            "bind": f"{given.host}:{given.port}",
            "workers": given.workers,
            "threads": given.threads,
            "worker_class": "gthread",
            "limit_request_line": 8190,
            "timeout": 60,
            "loglevel": "warning",
            "proc_name": "peta-dapil",
            "forwarded_allow_ips": "",
        }
        for name, value in settings.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return _application(self._arguments)


def _application(arguments: argparse.Namespace) -> Flask:
    config = service.load_settings(arguments.config)
    return create_app(
        arguments.releases, config, url=arguments.url, trusted_proxies=arguments.trusted_proxies
    )


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    env = os.environ.get
    parser = argparse.ArgumentParser(prog="server.py", description="Serve the current release.")
    parser.add_argument("--releases", type=Path, default=Path(env("DAPIL_RELEASES", "build/")))
    parser.add_argument("--host", default=env("DAPIL_HOST", "127.0.0.1"))
    parser.add_argument("--port", type=int, default=env("DAPIL_PORT", "5000"))
    parser.add_argument(
        "--url", default=env("DAPIL_URL") or None, help="public address; default: the client's"
    )
    parser.add_argument("--workers", type=int, default=env("DAPIL_WORKERS", "2"))
    parser.add_argument("--threads", type=int, default=env("DAPIL_THREADS", "4"))
    parser.add_argument("--trusted-proxies", type=int, default=env("DAPIL_TRUSTED_PROXIES", "0"),
                        help="how many proxies in front may say X-Forwarded-*")  # fmt: skip
    parser.add_argument("--config", type=Path, default=Path(env("DAPIL_CONFIG", str(service.CONFIG))))
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Serve until stopped; return the exit code."""
    arguments = _arguments(argv)
    try:
        _application(arguments)
    except BoundariesError as error:
        sys.stderr.write(f"server.py: {error}\n")
        return error.exit_code
    sys.stderr.write(f"Peta Dapil: http://{arguments.host}:{arguments.port}/\n")
    _Server(arguments).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
