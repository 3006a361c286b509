"""Opens files in QGIS and prints JSON; run by a Python with QGIS: ``python3 qgis_files.py KEY FILE…``.

stdout: QGIS's version, and for each file what QGIS made of it: the values of KEY, fields, CRS, parts, a drawing's ink.
"""

import json
import os
import sys
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

import qgis_render
from qgis.core import Qgis, QgsApplication, QgsVectorLayer


def seen(path: str, key: str) -> dict:
    """Open a file the way a person does who drags it into the window."""
    layer = QgsVectorLayer(path, "berkas", "ogr")
    if not layer.isValid():
        return {"error": layer.error().summary()}
    features = list(layer.getFeatures())
    spatial = layer.isSpatial()
    shapes = [feature.geometry().constGet() for feature in features] if spatial else []
    return {
        "ids": sorted(str(feature[key]) for feature in features),
        "fields": {field.name(): field.typeName() for field in layer.fields()},
        "crs": layer.crs().authid(),
        "parts": sum(shape.numGeometries() for shape in shapes),
        "valid": all(feature.geometry().isGeosValid() for feature in features) if spatial else None,
        "inked": qgis_render.inked(qgis_render.draw(layer, 400)) if spatial else None,
    }


def main(key: str, paths: list[str]) -> None:
    QgsApplication.setPrefixPath("/usr", True)
    application = QgsApplication([], False)
    application.initQgis()
    answers = {path: seen(path, key) for path in paths}
    sys.stdout.write(json.dumps({"version": Qgis.QGIS_VERSION_INT, "files": answers}) + "\n")
    sys.stdout.flush()
    application.exitQgis()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
