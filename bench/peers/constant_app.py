"""The WSGI application of the constant server. It imports nothing of the project: only the bytes are to be served."""

import os
import pickle
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

CAPTURE = "BENCH_CAPTURE"
#: Path with query, whether Accept-Encoding was sent, whether If-None-Match was.
Key = tuple[str, bool, bool]
#: Status line, headers, body.
Kept = tuple[str, list[tuple[str, str]], bytes]


def application() -> Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]:
    """Read the capture once, before the workers are forked, and return the application."""
    kept: dict[Key, Kept] = pickle.loads(Path(os.environ[CAPTURE]).read_bytes())

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        key = environ["RAW_URI"], "HTTP_ACCEPT_ENCODING" in environ, "HTTP_IF_NONE_MATCH" in environ
        status, headers, body = kept[key]
        start_response(status, headers)
        return (body,)

    return answer
