"""Asks a service through QGIS and prints JSON; run by a Python with QGIS: ``python3 qgis_client.py ADDRESS``.

stdin: JSON, a list of questions ``{"collection", "subset"?, "expression"?, "rect"?, "draw"?}``. ``subset`` is the
filter of the layer, ``expression`` and ``rect`` are of the request. stdout: version, and per question ids and fields.
"""

import json
import os
import sys
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

import qgis_render
from qgis.core import Qgis, QgsApplication, QgsFeatureRequest, QgsRectangle, QgsVectorLayer


def answer(address: str, question: dict) -> dict:
    """Ask once, on a layer of its own: nothing is answered from what was read before."""
    name = question["collection"]
    source = f"url='{address}' typename='{name}' pagingEnabled='true' restrictToRequestBBOX='1'"
    layer = QgsVectorLayer(source, name, "OAPIF")
    if not layer.isValid():
        return {"error": layer.error().summary()}
    if "subset" in question and not layer.setSubsetString(question["subset"]):
        return {"error": "subset refused"}
    request = QgsFeatureRequest()
    if "expression" in question:
        request.setFilterExpression(question["expression"])
    if "rect" in question:
        request.setFilterRect(QgsRectangle(*question["rect"]))
    column = "id" if "id" in layer.fields().names() else "kode"
    found = {
        "ids": sorted(feature[column] for feature in layer.getFeatures(request)),
        "fields": {field.name(): field.typeName() for field in layer.fields()},
        "valid": all(feature.geometry().isGeosValid() for feature in layer.getFeatures(request)),
    }
    if question.get("draw"):
        found["inked"] = qgis_render.inked(qgis_render.draw(layer, 800))
    return found


def main(address: str) -> None:
    QgsApplication.setPrefixPath("/usr", True)
    application = QgsApplication([], False)
    application.initQgis()
    answers = [answer(address, question) for question in json.load(sys.stdin)]
    sys.stdout.write(json.dumps({"version": Qgis.QGIS_VERSION_INT, "answers": answers}) + "\n")
    sys.stdout.flush()
    application.exitQgis()


if __name__ == "__main__":
    main(sys.argv[1])
