"""This service: `server.py` on a release, as one runs it."""

import json
import os
import sys
from pathlib import Path

from .base import ROOT, Place, Server, bbox_text, query
from .cases import LAYER, Question, Truth
from .client import fetch, raw_request


class Ours(Server):
    """Workers and threads are those of server.py (DAPIL_WORKERS, DAPIL_THREADS)."""

    name = "ours"

    def __init__(self, place: Place, truth: Truth, release: Path) -> None:
        super().__init__(place, truth)
        self._release = release
        self._geometry = "geometry"

    def start(self) -> None:
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
        self.launch(
            [sys.executable, str(ROOT / "server.py"), "--releases", str(self._release), "--port", str(self.port),
             "--host", "127.0.0.1"],
            {"PYTHONPATH": path}, "/health",
        )  # fmt: skip
        self._geometry = self._geometry_name()
        self.note = "this service, server.py"

    def _geometry_name(self) -> str:
        """The name of the geometry in filters, as the queryables tell."""
        answer = fetch(self.port, raw_request(f"/collections/{LAYER}/queryables?f=json", {}))
        properties = json.loads(answer.body).get("properties", {}) if answer.status == 200 else {}
        for name, schema in properties.items():
            if schema.get("x-ogc-role") == "primary-geometry" or str(schema.get("format")).startswith(
                "geometry"
            ):
                return str(name)
        return next(
            (n for n, s in properties.items() if "geojson" in str(s.get("$ref", "")).lower()), "geometry"
        )

    def path(self, question: Question) -> str:
        if question.case == "landing":
            return "/?f=json"
        if question.case == "collections":
            return "/collections?f=json"
        items = f"/collections/{LAYER}/items"
        if question.item:
            return f"{items}/{question.item}?f=json"
        text = None
        if question.where:
            text = f"kode_provinsi = '{question.where[0]}' AND kursi > {question.where[1]}"
        elif question.polygon:
            text = f"S_INTERSECTS({self._geometry}, {question.polygon})"
        return query(items, question, {
            "f": "html" if question.html else "json", "limit": question.limit, "offset": question.offset or None,
            "bbox": bbox_text(question), "filter": text, "filter-lang": "cql2-text" if text else None,
            "resulttype": "hits" if question.hits else None,
        })  # fmt: skip
