"""tipg on PostGIS, under uvicorn with uvloop and httptools, as its documentation says."""

from .base import Place, Server, bbox_text, query, venv
from .cases import Question, Truth
from .postgis import TABLE, Postgis

REQUIREMENTS = ["tipg>=1.0", "uvicorn[standard]"]
SETTINGS = {
    "TIPG_MAX_FEATURES_PER_QUERY": "10000",
    "TIPG_DEFAULT_FEATURES_LIMIT": "100",
    "TIPG_CATALOG_TTL": "0",  # the catalogue does not change: no time is spent on reading it again
    "DB_MIN_CONN_SIZE": "4",
    "DB_MAX_CONN_SIZE": "10",
}


class Tipg(Server):
    """2 workers; a pool of 4 to 10 connections each."""

    name = "tipg"

    def __init__(self, place: Place, truth: Truth, database: Postgis) -> None:
        super().__init__(place, truth)
        self._database = database

    def start(self) -> None:
        bin_ = venv(self.place, "tipg", REQUIREMENTS)
        self.launch(
            [str(bin_ / "uvicorn"), "tipg.main:app", "--host", "127.0.0.1", "--port", str(self.port), "--workers", "2",
             "--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning"],
            SETTINGS | {"DATABASE_URL": self._database.url}, "/healthz",
        )  # fmt: skip
        self.note = "tipg, uvicorn with uvloop and httptools, 2 workers"

    def roots(self) -> list[int]:
        return [*super().roots(), self._database.root]

    def path(self, question: Question) -> str:
        if question.case == "landing":
            return "/?f=json"
        if question.case == "collections":
            return "/collections?f=json"
        items = f"/collections/public.{TABLE}/items"
        if question.item:
            return f"{items}/{question.item}?f=geojson"
        text = None
        if question.where:
            text = f"kode_provinsi = '{question.where[0]}' AND kursi > {question.where[1]}"
        elif question.polygon:
            text = f"S_INTERSECTS(geom, {question.polygon})"
        return query(items, question, {
            "f": "html" if question.html else "geojson",
            # It has no resulttype, and limit=0 means its default: one feature without geometry counts cheapest.
            "limit": 1 if question.hits else question.limit, "geom-column": "none" if question.hits else None,
            "offset": question.offset or None, "bbox": bbox_text(question), "filter": text,
            "filter-lang": "cql2-text" if text else None,
        })  # fmt: skip
