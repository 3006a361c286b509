"""Run the service: ``python server.py``. It only assembles; the service lives in boundaries/service/.

Settings come from arguments, or else from the environment: ``python server.py --help`` lists them all.
"""

import resource
import select
import sys
from collections.abc import Callable
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]

from boundaries.errors import BoundariesError
from boundaries.service import app as service
from boundaries.service.ops import metrics
from boundaries.service.ops.access import AccessLog
from boundaries.service.ops.engine import Bounds
from boundaries.service.ops.middleware import Operation
from boundaries.service.ops.settings import Settings

__all__ = ["create_app", "main"]

create_app = service.create_app


class _Server(BaseApplication):
    """gunicorn as the supervisor. Each worker makes its own application, after the fork: no file is shared."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._numbers = metrics.new_directory() if settings.metrics != "off" else None
        self._slot = 0
        #: For the worker.
        self.bounds = Bounds(
            connections=settings.connections,
            head=settings.max_head,
            line=settings.max_url,
            keepalive=settings.keepalive,
            request_time=settings.timeout,
        )
        super().__init__()

    def load_config(self) -> None:
        given = self._settings
        for name, value in {
            "bind": f"[{given.host}]:{given.port}" if ":" in given.host else f"{given.host}:{given.port}",
            "workers": given.workers,
            "threads": given.threads,
            "worker_class": _worker_class(),
            "keepalive": int(given.keepalive),
            "limit_request_line": min(given.max_url + 40, 8190),
            "timeout": 30,  # of the heartbeat; the time of a request is DAPIL_TIMEOUT
            "graceful_timeout": max(1, round(given.grace)),
            "loglevel": "warning",
            "proc_name": "peta-dapil",
            "forwarded_allow_ips": "",  # X-Forwarded-* is the application's, by DAPIL_TRUSTED_PROXIES
            "control_socket_disable": True,
            "pre_fork": self._before_fork,
            "post_fork": self._after_fork,
            "child_exit": self._worker_ended,
            "when_ready": self._ready,
            "on_exit": self._stopped,
        }.items():
            self.cfg.set(name, value)
        if metrics.MEMORY is not None:
            self.cfg.set("worker_tmp_dir", str(metrics.MEMORY))  # the heartbeat must not wait for a disk

    def load(self) -> Callable[..., Any]:
        given = self._settings
        numbers = metrics.Metrics(self._numbers, self._slot) if self._numbers else None
        log = AccessLog(given.access_log, given.log_addresses) if given.access_log != "off" else None
        return Operation(_application(given), given, numbers, log)

    def _before_fork(self, arbiter: Any, worker: Any) -> None:
        taken = {each.slot for each in arbiter.WORKERS.values()}
        worker.slot = next(slot for slot in range(len(taken) + 1) if slot not in taken)

    def _after_fork(self, arbiter: Any, worker: Any) -> None:
        self._slot = worker.slot

    def _worker_ended(self, arbiter: Any, worker: Any) -> None:
        if self._numbers:
            metrics.forget(self._numbers, worker.slot)

    def _ready(self, arbiter: Any) -> None:
        for listener in arbiter.LISTENERS:
            host, port = listener.getsockname()[:2]
            sys.stderr.write(f"Peta Dapil: http://{f'[{host}]' if ':' in host else host}:{port}/\n")
            sys.stderr.flush()

    def _stopped(self, arbiter: Any) -> None:
        if self._numbers:
            metrics.remove(self._numbers)


def _worker_class() -> Any:
    """Return the worker made for slow clients; where the system has no epoll, gunicorn's threads."""
    if not hasattr(select, "epoll"):
        return "gthread"
    from boundaries.service.ops.worker import EventWorker

    return EventWorker


def _application(settings: Settings) -> Flask:
    config = service.load_settings(settings.config)
    return create_app(
        settings.releases, config,
        url=settings.url, trusted_proxies=settings.trusted_proxies, background=True,
        downloads=settings.downloads,
    )  # fmt: skip


def _allow_files(settings: Settings) -> None:
    """Let a process have as many open files as it may have connections, each with a download under way."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * settings.connections + 200
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted if hard < 0 else min(wanted, hard), hard))


def main(argv: list[str] | None = None) -> int:
    """Serve until stopped; return the exit code."""
    try:
        settings = Settings.read(argv)
        _application(settings)  # what cannot be served is told here, not by workers that die one by one
    except BoundariesError as error:
        sys.stderr.write(f"server.py: {error}\n")
        return error.exit_code
    _allow_files(settings)
    _Server(settings).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
