"""Opens a project and a GeoPackage in QGIS and prints JSON, run by a Python with QGIS.

``qgis_project.py PROJECT GPKG SLD``
"""

import json
import os
import sys
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

from qgis.core import QgsApplication, QgsProject, QgsVectorLayer


def main(project: str, package: str, sld: str) -> None:
    QgsApplication.setPrefixPath("/usr", True)
    application = QgsApplication([], False)
    application.initQgis()
    layer = QgsVectorLayer(package, "dapil", "ogr")
    told = {
        "renderer": layer.renderer().type(),
        "ranges": [each.label() for each in layer.renderer().ranges()],
        "labels": layer.labelsEnabled(),
        "alias": layer.attributeDisplayName(layer.fields().indexOf("kursi")),
        "tip": layer.mapTipTemplate(),
        "styles": layer.listStylesInDatabase()[2],
    }
    told["sld"] = layer.loadSldStyle(sld)[1]
    whole = QgsProject.instance()
    told["read"] = whole.read(project)
    told["broken"] = [each.name() for each in whole.mapLayers().values() if not each.isValid()]
    root = whole.layerTreeRoot()
    told["groups"] = {each.name(): [child.layerId() for child in each.children()] for each in root.children()}
    told["shown"] = [each.layerId() for each in root.findLayers() if each.isVisible() and each.layer()]
    shown = whole.mapLayer(told["shown"][0])
    told["licence"] = shown.metadata().licenses()
    told["source"] = shown.metadata().abstract()
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()
    whole.clear()
    del layer, shown, root  # before QGIS ends, or it ends with a crash
    application.exitQgis()


if __name__ == "__main__":
    main(*sys.argv[1:])
