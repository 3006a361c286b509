"""What only some uses need is installed as an extra; where it lacks, one sentence says which.

The base install reads releases. `EXTRAS` tells the extra of every top-level module that only some uses import
(``pyproject.toml`` says which distributions an extra has; a test holds the two together).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from boundaries.errors import BoundariesError

EXTRAS: Final = {
    "arviz": "research",
    "binary_ensemble": "research",
    "brotli": "serve",
    "distributed": "dask",
    "duckdb": "duckdb",
    "flask": "serve",
    "granian": "serve",
    "jinja2": "build",
    "lark": "serve",
    "mapbox_vector_tile": "build",
    "matplotlib": "build",
    "numba": "research",
    "openpyxl": "data",
    "pandera": "data",
    "pmtiles": "build",
    "prometheus_client": "serve",
    "psycopg": "postgis",
    "psycopg_pool": "postgis",
    "pyarrow": "build",
    "pygeoapi": "serve",
    "swagger_ui_bundle": "serve",
    "werkzeug": "serve",
    "xstatic": "build",
    "yaml": "serve",
}


class MissingExtra(BoundariesError, ImportError):  # noqa: N818 - nothing is wrong but what is installed
    """Something is asked for that this installation has no library for; the message says what to install."""

    exit_code = 2


@contextmanager
def needed(extra: str | None = None) -> Iterator[None]:
    """Turn the failed import of a library of an extra (by default the one that `EXTRAS` names) into `MissingExtra`."""
    try:
        yield
    except ModuleNotFoundError as error:
        module = (error.name or "").partition(".")[0]
        if module not in EXTRAS:
            raise
        raise MissingExtra(
            "{module} is not installed; this needs an extra: pip install 'peta-dapil[{extra}]'",
            module=module,
            extra=extra or EXTRAS[module],
        ) from None
