"""GeoParquet 1.1: WKB, OGC:CRS84, rows in the order of their ids, and a bounding box a row to read by.

A reader with a box (``geopandas.read_parquet(bbox=…)``, DuckDB) leaves out the row groups whose statistics of the
column ``bbox`` miss it; ids begin with the province's code, so the rows of a group lie near each other.
"""

import json
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyproj
import shapely
from numpy.typing import NDArray

from boundaries.law.columns import Attribute
from boundaries.release.arrow import arrow_column
from boundaries.release.dataset import Dataset
from boundaries.release.writing import both, both_titles, facts, oriented

VERSION: Final = "1.1.0"
#: Rows of a group: small enough that a box reads little, large enough to pack well.
_GROUP: Final = 256
_EDGES: Final = ("xmin", "ymin", "xmax", "ymax")
_LEVEL: Final = 9


def write_geoparquet(dataset: Dataset, path: Path) -> None:
    """Write one file, packed with zstd."""
    geometry = oriented(dataset)
    arrays = [arrow_column(dataset, column) for column in dataset.columns]
    fields = [
        pa.field(column.name, array.type, nullable=column.name != dataset.key, metadata=_meaning(column))
        for column, array in zip(dataset.columns, arrays, strict=True)
    ]
    bounds = pa.StructArray.from_arrays([pa.array(edge) for edge in shapely.bounds(geometry).T], _EDGES)
    arrays += [pa.array(shapely.to_wkb(geometry, byte_order=1), type=pa.binary()), bounds]
    fields += [
        pa.field("geometry", pa.binary(), nullable=False),
        pa.field("bbox", bounds.type, nullable=False),
    ]
    schema = pa.schema(fields, metadata=_metadata(dataset, geometry))
    pq.write_table(
        pa.Table.from_arrays(arrays, schema=schema),
        path,
        row_group_size=_GROUP,
        compression="zstd",
        compression_level=_LEVEL,
        use_dictionary=[column.name for column in dataset.columns if column.kind == "text"],
    )


def geo_metadata(geometry: NDArray[np.object_]) -> dict[str, Any]:
    """Return the value of the file's key ``geo`` (GeoParquet 1.1.0, "File metadata")."""
    return {
        "version": VERSION,
        "primary_column": "geometry",
        "columns": {
            "geometry": {
                "encoding": "WKB",
                "geometry_types": ["MultiPolygon"],
                "crs": json.loads(pyproj.CRS("OGC:CRS84").to_json()),
                "orientation": "counterclockwise",
                "edges": "planar",
                "bbox": shapely.total_bounds(geometry).tolist(),
                "covering": {"bbox": {edge: ["bbox", edge] for edge in _EDGES}},
            }
        },
    }


def _metadata(dataset: Dataset, geometry: NDArray[np.object_]) -> dict[str, str]:
    """The keys of the file: what it is in words, as facts (``dapil``), for pandas, and ``geo``."""
    about = facts(dataset)
    return {
        "title": both_titles(dataset),
        "description": both(dataset),
        **{key: str(about[key]) for key in ("attribution", "licence", "release", "source")},
        "dapil": json.dumps(about, ensure_ascii=False, sort_keys=True),
        "pandas": json.dumps(_pandas(dataset)),
        "geo": json.dumps(geo_metadata(geometry), sort_keys=True),
    }


def _pandas(dataset: Dataset) -> dict[str, Any]:
    """What makes pandas read an integer with nulls as Int64 and not as float64 (Arrow's "pandas metadata")."""
    kinds = {"text": ("unicode", "object"), "integer": ("int64", "Int64"), "real": ("float64", "float64")}
    whole = {column.name: dataset.frame[column.name].notna().all() for column in dataset.columns}
    columns = [
        {
            "name": column.name,
            "field_name": column.name,
            "pandas_type": kinds[column.kind][0],
            "numpy_type": "int64"
            if column.kind == "integer" and whole[column.name]
            else kinds[column.kind][1],
            "metadata": None,
        }
        for column in dataset.columns
    ]
    return {"index_columns": [], "column_indexes": [], "columns": columns, "pandas_version": "2.2.0"}


def _meaning(column: Attribute) -> dict[str, str]:
    return {
        "title": column.title,
        "title_en": column.title_en,
        "description": column.indonesian,
        "description_en": column.english,
        **({"unit": column.unit} if column.unit else {}),
    }
