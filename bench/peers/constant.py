"""The constant server: sends what our service answered, from memory. What it costs is what HTTP itself costs.

gunicorn with the worker class, workers and threads of our service, and the smallest WSGI application there is:
one look into a dictionary. Our time over its time tells what our own work costs.
"""

import os
import pickle
import sys

from . import gunicorn_settings
from .base import ROOT, Place, Server
from .cases import Question, Truth
from .client import Response
from .constant_app import CAPTURE, Kept, Key
from .ours import Ours

#: Headers that gunicorn sends itself.
HOP = ("connection", "transfer-encoding", "date", "server")


class Constant(Server):
    """Start it after `keep` has been given every answer it is to send."""

    name = "constant"

    def __init__(self, place: Place, truth: Truth, ours: Ours) -> None:
        super().__init__(place, truth)
        self._ours = ours
        self._kept: dict[Key, Kept] = {}

    def keep(self, path: str, headers: dict[str, str], response: Response) -> None:
        """Remember an answer of our service to a path asked with these headers."""
        lines = [(name, value) for name, value in response.headers.items() if name not in HOP]
        if response.status == 200:
            lines = [pair for pair in lines if pair[0] != "content-length"]
            lines.append(("content-length", str(len(response.body))))
        reason = {200: "200 OK", 304: "304 Not Modified"}[response.status]
        self._kept[path, "Accept-Encoding" in headers, "If-None-Match" in headers] = (reason, lines, response.body)

    def start(self) -> None:
        file = self.place.work / "capture.pickle"
        with file.open("wb") as out:
            pickle.dump(self._kept, out, protocol=5)
        self._kept.clear()
        settings, source = gunicorn_settings.ours()
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
        self.launch(
            [sys.executable, "-m", "gunicorn", *gunicorn_settings.command_line(settings), "--preload", "--log-level",
             "warning", "--bind", f"127.0.0.1:{self.port}", "bench.peers.constant_app:application()"],
            {CAPTURE: str(file), "PYTHONPATH": path}, "/?f=json",
        )  # fmt: skip
        words = " ".join(f"{k}={v}" for k, v in settings.items() if k in gunicorn_settings.DEFAULT)
        self.note = f"our bytes from a dictionary, gunicorn {words} ({source})"

    def path(self, question: Question) -> str:
        return self._ours.path(question)

    def headers(self, question: Question, gzip: bool) -> dict[str, str]:
        return self._ours.headers(question, gzip)
