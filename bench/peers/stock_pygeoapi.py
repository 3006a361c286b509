"""Stock pygeoapi 0.21 with its PostgreSQL provider, under gunicorn, as its documentation says."""

import json
import subprocess

from .base import NotInstalledError, Place, Server, bbox_text, query, venv
from .cases import LAYER, Question, Truth
from .postgis import DATABASE, TABLE, USER, Postgis

REQUIREMENTS = [
    "pygeoapi==0.21.*", "gunicorn>=22", "psycopg2-binary", "GeoAlchemy2", "SQLAlchemy<2.1",
    "pygeofilter[backend-sqlalchemy]",
]  # fmt: skip
#: Threads and keep-alive: gunicorn's default worker would open a connection for every request.
GUNICORN = ["--workers", "2", "--worker-class", "gthread", "--threads", "4", "--log-level", "warning"]


class Pygeoapi(Server):
    """2 workers of 4 threads.

    storage_crs must be CRS84: with EPSG:4326 pygeoapi swaps the axes of lon/lat data and bbox finds nothing. The price:
    spatial filters end in a 500, as it writes `SRID=CRS84` into the SQL, which PostGIS does not know.
    """

    name = "pygeoapi"

    def __init__(self, place: Place, truth: Truth, database: Postgis) -> None:
        super().__init__(place, truth)
        self._database = database

    def start(self) -> None:
        bin_ = venv(self.place, "pygeoapi", REQUIREMENTS)
        config, document = self.place.work / "pygeoapi.yml", self.place.work / "pygeoapi-openapi.yml"
        config.write_text(json.dumps(self._config(), indent=1))  # JSON is YAML
        made = subprocess.run(
            [bin_ / "pygeoapi", "openapi", "generate", config, "--output-file", document],
            capture_output=True, text=True,
        )  # fmt: skip
        if made.returncode:
            raise NotInstalledError(f"`pygeoapi openapi generate` fails: {made.stderr.strip()[-300:]}")
        env = {"PYGEOAPI_CONFIG": str(config), "PYGEOAPI_OPENAPI": str(document)}
        command = [
            str(bin_ / "gunicorn"),
            *GUNICORN,
            "--bind",
            f"127.0.0.1:{self.port}",
            "pygeoapi.flask_app:APP",
        ]
        self.launch(command, env, "/?f=json")
        self.note = (
            "pygeoapi 0.21 PostgreSQL provider, gunicorn gthread 2x4, gzip: true; "
            "its spatial filters end in a 500, as it writes SRID=CRS84 into the SQL"
        )

    def roots(self) -> list[int]:
        return [*super().roots(), self._database.root]

    def _config(self) -> dict[str, object]:
        west, south, east, north = (float(v) for v in self.truth.frame.total_bounds)
        text = {"en": "Benchmark"}
        crs = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
        return {
            "server": {
                "bind": {"host": "127.0.0.1", "port": self.port},
                "url": f"http://127.0.0.1:{self.port}", "mimetype": "application/json; charset=UTF-8",
                "encoding": "utf-8", "gzip": True, "languages": ["en"], "cors": True, "pretty_print": False,
                "limits": {"default_items": 100, "max_items": 10000},
                "map": {"url": "https://tile.openstreetmap.org/{z}/{x}/{y}.png", "attribution": "OpenStreetMap"},
            },
            "logging": {"level": "ERROR"},
            "metadata": {
                "identification": {"title": text, "description": text, "keywords": {"en": ["dapil"]},
                                   "keywords_type": "theme", "terms_of_service": "https://example.org",
                                   "url": "https://example.org"},
                "license": {"name": "MIT", "url": "https://example.org"},
                "provider": {"name": "bench", "url": "https://example.org"},
                "contact": {"name": "bench", "email": "bench@example.org", "url": "https://example.org"},
            },
            "resources": {
                LAYER: {
                    "type": "collection", "title": text, "description": text, "keywords": {"en": ["dapil"]},
                    "links": [],
                    "extents": {"spatial": {"bbox": [west, south, east, north], "crs": crs}},
                    "providers": [{
                        "type": "feature", "name": "PostgreSQL", "id_field": "id", "table": TABLE,
                        "geom_field": "geom", "storage_crs": crs, "crs": [crs],
                        "data": {"host": "127.0.0.1", "port": self._database.port, "dbname": DATABASE,
                                 "user": USER, "password": "-", "search_path": ["public"]},
                    }],
                }
            },
        }  # fmt: skip

    def path(self, question: Question) -> str:
        if question.case == "landing":
            return "/?f=json"
        if question.case == "collections":
            return "/collections?f=json"
        items = f"/collections/{LAYER}/items"
        if question.item:
            return f"{items}/{question.item}?f=json"
        # pygeoapi's own dialect: ECQL text, named cql-text.
        text = None
        if question.where:
            text = f"kode_provinsi = '{question.where[0]}' AND kursi > {question.where[1]}"
        elif question.polygon:
            text = f"INTERSECTS(geom, {question.polygon})"
        return query(items, question, {
            "f": "html" if question.html else "json", "limit": question.limit, "offset": question.offset or None,
            "bbox": bbox_text(question), "filter": text, "filter-lang": "cql-text" if text else None,
            "resulttype": "hits" if question.hits else None,
        })  # fmt: skip
