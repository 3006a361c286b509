"""The service as a process: settings, application, workers. ``python server.py`` and ``dapil serve`` are this.

Settings come from arguments, or else from the environment: ``python server.py --help`` lists them all.
"""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from boundaries.errors import BoundariesError
from boundaries.service.being_made import Asked, idle
from boundaries.service.ops import processes
from boundaries.service.ops.behind import Behind
from boundaries.service.ops.settings import Settings

__all__ = ["create_app", "main", "run"]


def create_app(*given: Any, **options: Any) -> Any:
    """Return the WSGI application; what it takes: boundaries.service.app.create_app."""
    from boundaries.service import app  # here, and not by the first process: it loads 140 MB

    return app.create_app(*given, **options)


def _application(settings: Settings, making: Asked = idle) -> Callable[..., Any]:
    from boundaries.service import app

    config = app.load_settings(settings.config)
    return create_app(
        settings.releases, config,
        url=settings.url, trusted_proxies=settings.trusted_proxies, background=True,
        downloads=settings.downloads, making=making,
    )  # fmt: skip


def _operation(settings: Settings, numbers: Path | None, load: Callable[[], Any]) -> Callable[..., Any]:
    """Return what a worker serves: the application within its limits, counted and logged."""
    from boundaries.service.ops.access import AccessLog
    from boundaries.service.ops.metrics import Metrics, take_slot
    from boundaries.service.ops.middleware import Operation

    counted = Metrics(numbers, take_slot(numbers)) if numbers else None
    log = AccessLog(settings.access_log, settings.log_addresses) if settings.access_log != "off" else None
    return Operation(load(), settings, counted, log)


def run(settings: Settings, load: Callable[[], Callable[..., Any]], behind: Behind | None = None) -> int:
    """Serve what `load` gives until stopped; return the exit code. Raises SettingsError for an address in use.

    `behind`: what is made meanwhile.
    """
    from boundaries.service.ops import metrics

    listener = processes.listen(settings)
    code = processes.tried(load)
    if code:
        return code
    numbers = metrics.new_directory() if settings.metrics != "off" else None
    if behind is not None:
        behind.start()
    try:
        processes.Processes(settings, listener, partial(_operation, settings, numbers, load)).serve()
    finally:
        if behind is not None:
            behind.stop()
        if numbers:
            metrics.remove(numbers)
    return 0


def main(argv: list[str] | None = None) -> int:
    """Serve until stopped; return the exit code."""
    try:
        settings = Settings.read(argv)
        if settings.behind == "off" or isinstance(settings.releases, str):
            return run(settings, partial(_application, settings))
        behind = Behind(settings.releases)
        return run(settings, partial(_application, settings, behind.read), behind)
    except BoundariesError as error:
        sys.stderr.write(f"dapil: {error}\n")
        return error.exit_code
