"""The table of formats in which one layer can be had; one module a format.

Every format is written from the same `Dataset` and holds the same rows, types, nulls and coordinates (lon/lat, the
grid of 1e-7 degree, exactly); what a format cannot hold it says in itself. The same inputs give the same bytes,
in any directory, time zone and locale, as long as the libraries that write are the same (a release's manifest and
``downloads.json`` name them): compressed formats hang on the compressor, GDAL's on the version of GDAL.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from boundaries.errors import ReleaseError
from boundaries.exports.csvtable import write_csv
from boundaries.exports.flatgeobuf import write_flatgeobuf
from boundaries.exports.geojson import write_geojson
from boundaries.exports.geoparquet import write_geoparquet
from boundaries.exports.kml import write_kml
from boundaries.exports.offered_formats import OFFERED, Offered
from boundaries.exports.qgis_style import styles
from boundaries.exports.shapefile import write_shapefile
from boundaries.release.dataset import Dataset
from boundaries.release.geopackage import Layer, write_geopackage
from boundaries.release.writing import both, both_titles, check_rows, new_file, oriented


@dataclass(frozen=True)
class Format(Offered):
    """A format with what makes a dataset into it.

    ``make`` writes to a path in an empty directory and may leave files beside it; callers use `write`.
    ``same_bytes``: empty where the same inputs give the same bytes, else why not.
    """

    make: Callable[[Dataset, Path], None] = field(kw_only=True)
    same_bytes: str = ""

    def write(self, dataset: Dataset, path: Path) -> None:
        """Write a dataset to a new file, whole or not at all.

        Raises
        ------
        ReleaseError
            The dataset is empty, has no geometry where the format needs it, or holds what cannot be written;
            `path` exists, its directory cannot be written, or its disk is full.
        """
        if self.needs_geometry and dataset.geometry is None:
            had = ", ".join(each.id for each in FORMATS.values() if not each.needs_geometry)
            raise ReleaseError(
                f"{dataset.name} is a table without geometry: it can be had as {had}, not {self.id}"
            )
        check_rows(dataset)
        with new_file(path) as part:
            self.make(dataset, part)


def write_layer_package(dataset: Dataset, path: Path) -> None:
    """Write a GeoPackage of one layer, described and indexed as the release's own is; QGIS finds its style in it."""
    layer = Layer(
        dataset.name,
        both_titles(dataset),
        both(dataset),
        dataset.columns,
        dataset.frame,
        dataset.about(),
        oriented(dataset),
    )
    write_geopackage(
        path, [layer], metadata=dataset.about(), date=dataset.origin.date, styles=styles(dataset)
    )


_MAKE: Final[Mapping[str, Callable[[Dataset, Path], None]]] = {
    "gpkg": write_layer_package,
    "geojson": write_geojson,
    "fgb": write_flatgeobuf,
    "parquet": write_geoparquet,
    "shp": write_shapefile,
    "csv": write_csv,
    "kml": write_kml,
}
FORMATS: Final[Mapping[str, Format]] = {
    name: Format(**vars(told), make=_MAKE[name]) for name, told in OFFERED.items()
}
