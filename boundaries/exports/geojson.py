"""GeoJSON (RFC 7946): lon/lat, outsides counter-clockwise, seven decimals, one feature a line.

The origin and the meaning of the columns stand in the foreign member ``metadata``; ``name`` and ``description`` are
what GDAL and QGIS show of a file. There is no ``crs``: RFC 7946 knows only CRS84.
"""

import json
from pathlib import Path
from typing import Any

import shapely

from boundaries.release.dataset import Dataset
from boundaries.release.feature_file import facts_text, geometry_texts, shape_text
from boundaries.release.store import plain
from boundaries.release.writing import both, facts, oriented


def write_geojson(dataset: Dataset, path: Path) -> None:
    """Write a FeatureCollection; a feature's ``id`` is the dataset's key."""
    geometry = oriented(dataset)
    names = [column.name for column in dataset.columns]
    records = plain(dataset.frame[names])
    head: dict[str, Any] = {
        "type": "FeatureCollection",
        "name": dataset.name,
        "description": both(dataset),
        "bbox": shapely.total_bounds(geometry).tolist(),
        "metadata": facts(dataset),
    }
    opening = json.dumps(head, ensure_ascii=False, separators=(",", ":"))[:-1]
    shapes = map(shape_text, (record[dataset.key] for record in records), geometry_texts(geometry))
    with path.open("wb") as file:
        file.write(opening.encode() + b',"features":[\n')
        for row, (shape, record) in enumerate(zip(shapes, records, strict=True)):
            file.write((b",\n" if row else b"") + shape + facts_text(record) + b"}")
        file.write(b"\n]}\n")
