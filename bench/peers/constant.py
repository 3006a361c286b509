"""The constant server: sends what our service answered, from memory. What it costs is what HTTP itself costs.

Our time over its time tells what our own work costs. How it runs: constant_app.py.
"""

import os
import pickle
import sys

from .base import ROOT, Place, Server
from .cases import Question, Truth
from .client import Response
from .constant_app import CAPTURE, Kept, Key
from .ours import Ours

#: Headers that the server sends itself.
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
        self._kept[path, "Accept-Encoding" in headers, "If-None-Match" in headers] = (
            reason,
            lines,
            response.body,
        )

    def start(self) -> None:
        file = self.place.work / "capture.pickle"
        with file.open("wb") as out:
            pickle.dump(self._kept, out, protocol=5)
        self._kept.clear()
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
        self.launch(
            [sys.executable, "-m", "bench.peers.constant_app", str(self.port)],
            {CAPTURE: str(file), "PYTHONPATH": path}, "/?f=json",
        )  # fmt: skip
        self.note = f"our bytes from a dictionary: {self.log_path.read_text().splitlines()[0]}"

    def path(self, question: Question) -> str:
        return self._ours.path(question)

    def headers(self, question: Question, gzip: bool) -> dict[str, str]:
        return self._ours.headers(question, gzip)
