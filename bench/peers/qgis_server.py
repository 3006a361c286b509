"""QGIS Server (Debian) as OGC API Features, from a GeoPackage of its own, behind lighttpd as its FastCGI manager.

A GeoPackage, not PostGIS: QGIS reads it in the process, without a round trip, and feature ids are stable. The columns
that are filtered are indexed, and the layer's metadata are trusted (no scan of the table at start).
"""

import sqlite3
import subprocess
from pathlib import Path

from .base import CannotDoError, NotInstalledError, Place, Server, bbox_text, debian, query
from .cases import Question, Truth
from .postgis import INDEXED

NEEDS = {
    "qgis-server": Path("/usr/lib/cgi-bin/qgis_mapserv.fcgi"),
    "qgis-providers": Path("/usr/lib/qgis/plugins/libprovider_postgres.so"),
    "python3-qgis": Path("/usr/lib/python3/dist-packages/qgis/core/__init__.py"),
    "lighttpd": Path("/usr/sbin/lighttpd"),
    "lighttpd-mod-deflate": Path("/usr/lib/lighttpd/mod_deflate.so"),
}
NAME = "dapil"
PROJECT = """
import sys
from qgis.core import QgsApplication, QgsProject, QgsVectorLayer
gpkg, name, file = sys.argv[1:]
app = QgsApplication([], False)
app.initQgis()
layer = QgsVectorLayer(f"{gpkg}|layername={name}", name, "ogr")
assert layer.isValid()
layer.setShortName(name)
project = QgsProject.instance()
project.addMapLayer(layer)
project.setCrs(layer.crs())
project.writeEntry("WFSLayers", "/", [layer.id()])
project.writeEntry("WFSLayersPrecision", "/" + layer.id(), 8)
assert project.write(file)
print(layer.featureCount())
"""
LIGHTTPD = """
server.modules = ("mod_fastcgi", "mod_deflate")
server.bind = "127.0.0.1"
server.port = {port}
server.document-root = "{work}"
server.upload-dirs = ("{work}")
deflate.mimetypes = ("application/json", "application/geo+json", "text/html", "application/vnd.geo+json")
deflate.allowed-encodings = ("gzip")
fastcgi.server = ("/" => ((
  "bin-path" => "{fcgi}", "socket" => "{work}/qgis.sock", "max-procs" => 2, "check-local" => "disable",
  "fix-root-scriptname" => "enable",
  "bin-environment" => (
    "QGIS_PROJECT_FILE" => "{project}", "QT_QPA_PLATFORM" => "offscreen", "HOME" => "{work}",
    "XDG_RUNTIME_DIR" => "{work}",
    "QGIS_SERVER_LOG_LEVEL" => "2", "QGIS_SERVER_TRUST_LAYER_METADATA" => "1",
    "QGIS_SERVER_API_WFS3_MAX_LIMIT" => "10000"))))
"""


class QgisServer(Server):
    """2 processes, each with one request at a time: QGIS Server has no threads for this."""

    name = "QGIS Server"

    def __init__(self, place: Place, truth: Truth) -> None:
        super().__init__(place, truth)
        self._fids: dict[str, int] = {}

    def start(self) -> None:
        debian(self.place, NEEDS)
        gpkg, project = self.place.work / "qgis.gpkg", self.place.work / "qgis.qgs"
        self._write(gpkg)
        made = subprocess.run(
            ["/usr/bin/python3", "-c", PROJECT, str(gpkg), NAME, str(project)], capture_output=True, text=True,
            env={"QT_QPA_PLATFORM": "offscreen", "HOME": str(self.place.work), "PATH": "/usr/bin:/bin"},
        )  # fmt: skip
        if made.returncode or not project.exists():
            raise NotInstalledError(f"no project can be written: {made.stderr.strip()[-300:]}")
        config = self.place.work / "lighttpd.conf"
        config.write_text(
            LIGHTTPD.format(port=self.port, work=self.place.work, fcgi=NEEDS["qgis-server"], project=project)
        )
        self.launch([str(NEEDS["lighttpd"]), "-D", "-f", str(config)], ready="/wfs3/collections.json")
        self.note = "QGIS Server on a GeoPackage, lighttpd mod_fastcgi with mod_deflate, 2 processes"

    def _write(self, gpkg: Path) -> None:
        """The layer alone, in a GeoPackage with a spatial index and b-trees on the filtered columns."""
        gpkg.unlink(missing_ok=True)
        self.truth.frame.to_file(gpkg, layer=NAME, driver="GPKG", engine="pyogrio")
        base = sqlite3.connect(gpkg)
        for column in INDEXED:
            base.execute(f'CREATE INDEX "by_{column}" ON "{NAME}" ("{column}")')
        base.execute("ANALYZE")
        base.commit()
        self._fids = dict(base.execute(f'SELECT id, fid FROM "{NAME}"').fetchall())
        base.close()

    def path(self, question: Question) -> str:
        kind = "html" if question.html else "json"
        if question.case == "landing":
            return "/wfs3.json"
        if question.case == "collections":
            return "/wfs3/collections.json"
        if question.where or question.polygon:
            raise CannotDoError("no filters in QGIS Server 3.22, only bbox and equality")
        if question.hits:
            raise CannotDoError("no resultType=hits in QGIS Server 3.22")
        items = f"/wfs3/collections/{NAME}/items"
        if question.item:
            return f"{items}/{self._fids[question.item]}.{kind}"
        return query(f"{items}.{kind}", question, {
            "limit": question.limit, "offset": question.offset or None, "bbox": bbox_text(question),
        })  # fmt: skip
