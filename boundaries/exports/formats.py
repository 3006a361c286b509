"""The table of formats in which one layer can be had; one module a format.

Every format is written from the same `Dataset` and holds the same rows, types, nulls and coordinates (lon/lat, the
grid of 1e-7 degree, exactly); what a format cannot hold it says in itself. The same inputs give the same bytes,
in any directory, time zone and locale, as long as the libraries that write are the same (a release's manifest and
``downloads.json`` name them): compressed formats hang on the compressor, GDAL's on the version of GDAL.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from boundaries.errors import ReleaseError
from boundaries.exports.csvtable import write_csv
from boundaries.exports.flatgeobuf import write_flatgeobuf
from boundaries.exports.geojson import write_geojson
from boundaries.exports.geoparquet import write_geoparquet
from boundaries.exports.kml import write_kml
from boundaries.exports.shapefile import write_shapefile
from boundaries.release.dataset import Dataset, Text
from boundaries.release.geopackage import Layer, write_geopackage
from boundaries.release.store import FULL, STANDARD
from boundaries.release.writing import both, both_titles, check_rows, new_file, oriented


@dataclass(frozen=True)
class Format:
    """A format: what it is called, and how a dataset is made into it.

    ``detail``: which of the release's; bulk formats have every vertex. ``text``: worth a gzip sibling. ``same_bytes``:
    empty where the same inputs give the same bytes, else why not. ``make`` writes to a path in an empty directory and
    may leave files beside it; callers use `write`.
    """

    id: str
    suffix: str
    media_type: str
    title: Text
    needs_geometry: bool
    text: bool
    make: Callable[[Dataset, Path], None]
    detail: str = STANDARD
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
    """Write a GeoPackage of one layer, described and indexed as the release's own is."""
    layer = Layer(
        dataset.name,
        both_titles(dataset),
        both(dataset),
        dataset.columns,
        dataset.frame,
        dataset.about(),
        oriented(dataset),
    )
    write_geopackage(path, [layer], metadata=dataset.about(), date=dataset.origin.date)


def _format(id_: str, suffix: str, media_type: str, name: str, use: tuple[str, str],
            make: Callable[[Dataset, Path], None], *, geometry: bool = True, text: bool = False,
            detail: str = STANDARD) -> Format:  # fmt: skip
    title = {"id": f"{name}: {use[0]}", "en": f"{name}: {use[1]}"}
    return Format(id_, suffix, media_type, title, geometry, text, make, detail)


FORMATS: Final[Mapping[str, Format]] = {
    each.id: each
    for each in (
        _format("gpkg", ".gpkg", "application/geopackage+sqlite3", "GeoPackage",
                ("untuk QGIS dan SIG lain", "for QGIS and other GIS"), write_layer_package, detail=FULL),
        _format("geojson", ".geojson", "application/geo+json", "GeoJSON",
                ("untuk web dan pemrograman", "for the web and for programming"), write_geojson, text=True),
        _format("fgb", ".fgb", "application/flatgeobuf", "FlatGeobuf",
                ("berindeks, dibaca sebagian lewat web", "indexed, read in part over the web"), write_flatgeobuf,
                detail=FULL),
        _format("parquet", ".parquet", "application/vnd.apache.parquet", "GeoParquet",
                ("untuk analisis (Python, R, DuckDB)", "for analysis (Python, R, DuckDB)"), write_geoparquet,
                detail=FULL),
        _format("shp", ".shp.zip", "application/zip", "Shapefile (zip)",
                ("untuk SIG lama", "for older GIS"), write_shapefile),
        _format("csv", ".csv", "text/csv", "CSV",
                ("tabel tanpa geometri", "a table without geometry"), write_csv, geometry=False, text=True),
        _format("kml", ".kml", "application/vnd.google-earth.kml+xml", "KML",
                ("untuk Google Earth", "for Google Earth"), write_kml, text=True),
    )
}  # fmt: skip
