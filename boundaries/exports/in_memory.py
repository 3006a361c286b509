"""A dataset as what a Python program works with: a GeoDataFrame or DataFrame, an Arrow table, a DuckDB relation.

Every way keeps the published names and types: codes are text, whole numbers stay whole (``Int64`` where one may be
unknown), reals are float64. Outlines are in lon/lat degrees, EPSG:4326, outsides
counter-clockwise.
"""

import json
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import shapely

from boundaries.extras import needed
from boundaries.release.dataset import Dataset
from boundaries.release.writing import oriented

if TYPE_CHECKING:
    import geopandas as gpd
    import pyarrow as pa

CRS: Final = "EPSG:4326"
GEOMETRY: Final = "geometry"
OUTPUTS: Final = ("geopandas", "arrow", "duckdb")
#: A whole number that may be unknown is of one type in every table, whether one is unknown there or not.
_NULLABLE: Final = ("penduduk",)


def delivered(dataset: Dataset, output: str) -> Any:
    """Return a dataset as one of `OUTPUTS`; without outlines "geopandas" is a plain DataFrame."""
    if output == "geopandas":
        return frame_of(dataset)
    with needed(output):  # each of the two is an extra of its name
        table = arrow_table(dataset)
        return table if output == "arrow" else relation(table)


def frame_of(dataset: Dataset) -> "pd.DataFrame | gpd.GeoDataFrame":
    """Return a GeoDataFrame, or a DataFrame where there are no outlines; ``attrs`` say what it is (`about`)."""
    frame = dataset.frame.astype({name: "Int64" for name in _NULLABLE if name in dataset.frame})
    if dataset.geometry is not None:
        import geopandas as gpd

        frame = gpd.GeoDataFrame(frame, geometry=oriented(dataset), crs=CRS)
    frame.attrs.update(about(dataset))
    return frame


def arrow_table(dataset: Dataset) -> "pa.Table":
    """Return an Arrow table; outlines as WKB, marked ``geoarrow.wkb``; the schema's metadata ``dapil`` is `about`."""
    import pyarrow as pa

    from boundaries.release.arrow import arrow_column

    arrays = [arrow_column(dataset, column) for column in dataset.columns]
    fields = [
        pa.field(column.name, array.type, metadata={"description": column.description})
        for column, array in zip(dataset.columns, arrays, strict=True)
    ]
    if dataset.geometry is not None:
        arrays.append(pa.array(shapely.to_wkb(oriented(dataset), byte_order=1), type=pa.binary()))
        crs = {"crs": CRS, "crs_type": "authority_code"}  # some versions of DuckDB cannot read PROJJSON here
        marks = {"ARROW:extension:name": "geoarrow.wkb", "ARROW:extension:metadata": json.dumps(crs)}
        fields.append(pa.field(GEOMETRY, pa.binary(), metadata=marks))
    told = json.dumps(about(dataset), ensure_ascii=False)
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields, metadata={"dapil": told}))


def relation(table: "pa.Table") -> Any:
    """Return a relation on DuckDB's default connection."""
    import duckdb

    return duckdb.from_arrow(table)


def about(dataset: Dataset) -> dict[str, Any]:
    """Return where a dataset comes from: what every file says (`Dataset.about`), and that no lines are official."""
    return {**dataset.about(), "official": False}
