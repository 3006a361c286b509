"""The process of the constant server: `python -m bench.peers.constant_app PORT`.

The smallest WSGI application there is, one look into a dictionary, under the very server that runs our service: the
same supervisor, worker class, workers and threads, read from `server.py`; nothing else of it. Where server.py does not
lend itself to that (it names its gunicorn application `_Server(settings)`), gunicorn's gthread worker, 2 processes of
4 threads, stands in, and the note of the table says so.
"""

import importlib
import os
import pickle
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

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


def _like_ours(port: str, serve: Application) -> Any:
    """Return the gunicorn application of server.py, but with `serve` in the place of the service."""
    server = importlib.import_module("server")
    settings = importlib.import_module("boundaries.service.ops.settings").Settings

    class Same(server._Server):  # type: ignore[name-defined]
        def load(self) -> Application:
            return serve

    quiet = ["--access-log", "off", "--metrics", "off", "--rate", "off"]
    return Same(settings.read(["--host", "127.0.0.1", "--port", port, *quiet]))


def _plain(port: str, serve: Application) -> Any:
    from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]

    class Plain(BaseApplication):
        def load_config(self) -> None:
            given = {"bind": f"127.0.0.1:{port}", "workers": 2, "threads": 4, "worker_class": "gthread"}
            for name, value in given.items():
                self.cfg.set(name, value)

        def load(self) -> Application:
            return serve

    return Plain()


def main(port: str) -> None:
    """Serve until stopped. The first line of the log says under which settings."""
    serve = application()
    try:
        app, source = _like_ours(port, serve), "as server.py"
    except (ImportError, AttributeError, TypeError) as error:
        app, source = _plain(port, serve), f"assumed: server.py cannot be read ({error})"
    kind = app.cfg.settings["worker_class"].get()
    name = kind if isinstance(kind, str) else kind.__name__
    sys.stderr.write(f"{name}, {app.cfg.workers} workers of {app.cfg.threads} threads ({source})\n")
    sys.stderr.flush()
    app.run()


if __name__ == "__main__":
    main(sys.argv[1])
