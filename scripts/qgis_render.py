"""Open a collection in QGIS through its OGC API Features provider, count all features and draw it.

Run by Debian's Python, which has QGIS, without a screen:

    /usr/bin/python3 scripts/qgis_render.py http://127.0.0.1:5000 dprd-kabkota-2024 map.png

The last line on stdout is JSON: the layer, how many features QGIS read, their fields with types, and the part
of the picture that is not background. Exit code 1 if QGIS cannot open the layer or draws nothing.
"""

import json
import os
import sys
import time

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from qgis.core import (
    QgsApplication,
    QgsFillSymbol,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsSingleSymbolRenderer,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor, QImage

STYLE = {"color": "#d9e6f2", "outline_color": "#1f3b57", "outline_width": "0.12"}


def open_layer(address: str, collection: str) -> QgsVectorLayer:
    """Return the layer, read by pages as a person would get it in QGIS."""
    source = f"url='{address.rstrip('/')}' typename='{collection}' pagingEnabled='true'"
    layer = QgsVectorLayer(source, collection, "OAPIF")
    if not layer.isValid():
        raise SystemExit(f"QGIS cannot open {collection}: {layer.error().summary() or 'no reason given'}")
    return layer


def draw(layer: QgsVectorLayer, width: int) -> QImage:
    """Draw the whole layer on white."""
    layer.setRenderer(QgsSingleSymbolRenderer(QgsFillSymbol.createSimple(STYLE)))
    extent = layer.extent()
    extent.scale(1.05)
    settings = QgsMapSettings()
    settings.setLayers([layer])
    settings.setDestinationCrs(layer.crs())
    settings.setExtent(extent)
    height = max(200, round(width * extent.height() / extent.width()))
    settings.setOutputSize(QSize(width, height))
    settings.setBackgroundColor(QColor("white"))
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    if job.errors():
        raise SystemExit(f"QGIS cannot draw: {[error.message for error in job.errors()]}")
    return job.renderedImage()


def inked(image: QImage) -> float:
    """Return which part of the picture is not white, from a grid of samples."""
    xs, ys = range(0, image.width(), 3), range(0, image.height(), 3)
    dark = sum(image.pixelColor(x, y) != QColor("white") for x in xs for y in ys)
    return dark / (len(xs) * len(ys))


def main(address: str, collection: str, picture: str, width: str = "1600") -> int:
    """Count, draw, tell."""
    QgsApplication.setPrefixPath("/usr", True)
    application = QgsApplication([], False)
    application.initQgis()
    began = time.monotonic()
    layer = open_layer(address, collection)
    ids = {
        feature["id"] if "id" in layer.fields().names() else feature["kode"]
        for feature in layer.getFeatures()
    }
    read = time.monotonic() - began
    image = draw(layer, int(width))
    image.save(picture)
    answer = {
        "collection": collection,
        "features": len(ids),
        "fields": {field.name(): field.typeName() for field in layer.fields()},
        "seconds": round(read, 1),
        "inked": round(inked(image), 4),
        "picture": picture,
    }
    print(json.dumps(answer))
    del layer
    application.exitQgis()
    return 0 if answer["features"] and answer["inked"] > 0 else 1


if __name__ == "__main__":
    if len(sys.argv) not in (4, 5):
        raise SystemExit("usage: qgis_render.py ADDRESS COLLECTION PICTURE.png [WIDTH]")
    sys.exit(main(*sys.argv[1:]))
