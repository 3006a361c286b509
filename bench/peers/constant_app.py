"""The process of the constant server: `python -m bench.peers.constant_app PORT`.

The smallest WSGI application there is, one look into a dictionary, under the very processes that serve ours, with the
settings of `server.py`; nothing else of it: no limits, log or metrics.
"""

import os
import pickle
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from boundaries.service.ops import processes
from boundaries.service.ops.settings import Settings

CAPTURE = "BENCH_CAPTURE"
#: Path with query, whether Accept-Encoding was sent, whether If-None-Match was.
Key = tuple[str, bool, bool]
#: Status line, headers, body.
Kept = tuple[str, list[tuple[str, str]], bytes]
NOTHING: Kept = ("404 Not Found", [("Content-Length", "0")], b"")
Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def application() -> Application:
    """Read the capture and return the application. Called before the workers are forked: they share the memory."""
    kept: dict[Key, Kept] = pickle.loads(Path(os.environ[CAPTURE]).read_bytes())

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path, question = environ["PATH_INFO"], environ["QUERY_STRING"]
        key = f"{path}?{question}" if question else path
        # What was not captured is a 404: the client refuses to time it.
        found = kept.get((key, "HTTP_ACCEPT_ENCODING" in environ, "HTTP_IF_NONE_MATCH" in environ), NOTHING)
        start_response(found[0], found[1])
        return (found[2],)

    return answer


def main(port: str) -> None:
    """Serve until stopped. The first line of the log says under which settings."""
    settings = Settings.read(["--host", "127.0.0.1", "--port", port])
    sys.stderr.write(f"{settings.workers} workers of {settings.threads} threads, as server.py\n")
    sys.stderr.flush()
    serve = application()
    processes.Processes(settings, processes.listen(settings), lambda: serve).serve()


if __name__ == "__main__":
    main(sys.argv[1])
