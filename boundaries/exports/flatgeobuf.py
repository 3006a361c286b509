"""FlatGeobuf, with its packed Hilbert R-tree: a client reads by box over HTTP without reading the rest.

The features stand in the order of the tree, not of their ids. The header carries title, description, the origin as
JSON and every column's title and description.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyogrio
import shapely

from boundaries.release.arrow import arrow_column
from boundaries.release.dataset import Dataset
from boundaries.release.geopackage import IncompleteError
from boundaries.release.writing import both, both_titles, facts, oriented, texts

_GEOMETRY: Final = pa.field("geometry", pa.binary(), metadata={"ARROW:extension:name": "ogc.wkb"})


def write_flatgeobuf(dataset: Dataset, path: Path) -> None:
    """Write one layer, indexed."""
    arrays = [arrow_column(dataset, column) for column in dataset.columns]
    fields = [
        pa.field(
            column.name,
            array.type,
            metadata={"GDAL:OGR:alternative_name": column.title, "GDAL:OGR:comment": column.description},
        )
        for column, array in zip(dataset.columns, arrays, strict=True)
    ]
    write_by_gdal(
        dataset,
        path,
        fields,
        arrays,
        layer=dataset.name,
        driver="FlatGeobuf",
        geometry_type="MultiPolygon",
        layer_metadata=texts(facts(dataset)),
        layer_options={
            "SPATIAL_INDEX": "YES",
            "TITLE": both_titles(dataset),
            "DESCRIPTION": both(dataset),
        },
    )


def write_by_gdal(
    dataset: Dataset, path: Path, fields: Sequence[pa.Field], arrays: Sequence[pa.Array], **options: Any
) -> None:
    """Write columns and shapes of a dataset with options of `pyogrio.write_arrow`, and read them back.

    Raises
    ------
    IncompleteError
        The file does not hold what was to be written.
    """
    wkb = pa.array(shapely.to_wkb(oriented(dataset), byte_order=1), type=pa.binary())
    table = pa.Table.from_arrays([*arrays, wkb], schema=pa.schema([*fields, _GEOMETRY]))
    pyogrio.write_arrow(table, path, geometry_name="geometry", crs="EPSG:4326", **options)
    check_read_back(dataset, path)


def check_read_back(dataset: Dataset, path: Path) -> None:
    """Read a file that GDAL wrote from end to end: GDAL can swallow a failed write.

    Raises
    ------
    IncompleteError
        The file does not hold what was to be written.
    """
    key = dataset.key
    try:
        _, _, wkb, (ids,) = pyogrio.raw.read(path, columns=[key])
        shapes = dict(zip(ids, shapely.from_wkb(wkb), strict=True))
        found = shapely.get_num_coordinates([shapes.get(each) for each in dataset.frame[key]])
    except (RuntimeError, ValueError, IndexError, shapely.errors.GEOSException) as error:  # as pyogrio has it
        raise IncompleteError(f"{path.name} came out damaged ({error}); write it again") from None
    if (found != shapely.get_num_coordinates(dataset.geometry)).any() or len(ids) != len(dataset.frame):
        raise IncompleteError(f"{path.name} came out with other rows or shapes; write it again")
