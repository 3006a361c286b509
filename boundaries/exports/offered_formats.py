"""Which formats one layer can be had in: what each is called and for, without what writes it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from boundaries.release.store import FULL, STANDARD


@dataclass(frozen=True)
class Offered:
    """A format as it is offered.

    ``title``: name and use in both languages. ``detail``: which of the release's; bulk formats have every vertex.
    ``text``: worth a gzip sibling.
    """

    id: str
    suffix: str
    media_type: str
    title: Mapping[str, str]
    needs_geometry: bool
    text: bool
    detail: str = STANDARD


def _offered(id_: str, suffix: str, media_type: str, name: str, use: tuple[str, str], *, geometry: bool = True,
             text: bool = False, detail: str = STANDARD) -> Offered:  # fmt: skip
    title = {"id": f"{name}: {use[0]}", "en": f"{name}: {use[1]}"}
    return Offered(id_, suffix, media_type, title, geometry, text, detail)


OFFERED: Final[Mapping[str, Offered]] = {
    each.id: each
    for each in (
        _offered("gpkg", ".gpkg", "application/geopackage+sqlite3", "GeoPackage",
                ("untuk QGIS dan SIG lain", "for QGIS and other GIS"), detail=FULL),
        _offered("geojson", ".geojson", "application/geo+json", "GeoJSON",
                ("untuk web dan pemrograman", "for the web and for programming"), text=True),
        _offered("fgb", ".fgb", "application/flatgeobuf", "FlatGeobuf",
                ("berindeks, dibaca sebagian lewat web", "indexed, read in part over the web"),
                detail=FULL),
        _offered("parquet", ".parquet", "application/vnd.apache.parquet", "GeoParquet",
                ("untuk analisis (Python, R, DuckDB)", "for analysis (Python, R, DuckDB)"),
                detail=FULL),
        _offered("shp", ".shp.zip", "application/zip", "Shapefile (zip)",
                ("untuk SIG lama", "for older GIS")),
        _offered("csv", ".csv", "text/csv", "CSV",
                ("tabel tanpa geometri", "a table without geometry"), geometry=False, text=True),
        _offered("kml", ".kml", "application/vnd.google-earth.kml+xml", "KML",
                ("untuk Google Earth", "for Google Earth"), text=True),
    )
}  # fmt: skip
