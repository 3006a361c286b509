"""PMTiles of a year: all chambers and the units above them as vector tiles in one file.

What is promised, for any release and year:

- every dapil of every chamber, every provinsi and kabkota is in the tiles of every zoom, 0 to 10, as a polygon;
  from zoom 7 with all its islands and all points of the release, rounded to the grid (9.6 m);
- on that grid the polygons of a layer are a valid coverage, at every zoom: neighbours share their border point for
  point, in all layers, and what is drawn at a coarse zoom is drawn from points of every finer one;
- no tile rounds again: ``extent`` is 4096 at zoom 10 and doubles with each zoom before it;
- the same release gives the same bytes, as long as the libraries (GEOS, libdeflate) are the same.

Where a tile ends, polygons are cut in its margin (1/64 of its side): there a point is rounded to the grid.
"""

import html
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pmtiles.tile import zxy_to_tileid

from boundaries import __version__
from boundaries.exports.tiling import archive, clipping, vector_tile, zooms
from boundaries.exports.topojson import UNITS, topology_of
from boundaries.law.columns import columns_of
from boundaries.release.dataset import Datasets
from boundaries.release.store import Release
from boundaries.release.writing import new_file
from boundaries.topology.arcs import Topology

Array = NDArray[Any]

#: Attributes of a dapil and of a unit; those without any value are left out.
DAPIL: Final = (
    "id", "kode_dapil", "nama_dapil", "kursi", "kode_provinsi", "nama_provinsi", "kode_kabkota", "nama_kabkota",
    "ragu", "ragu_en", "catatan", "catatan_en",
)  # fmt: skip
UNIT: Final = ("kode", "nama", "kode_provinsi", "nama_provinsi")
_KINDS: Final = {"text": "String", "integer": "Number", "real": "Number"}


def write_pmtiles(release: Release, year: int, path: Path) -> None:
    """Write the tiles of a year to a new file, whole or not at all.

    Raises
    ------
    ReleaseError
        The release has no layer of that year, or `path` exists or cannot be written.
    """
    topology = topology_of(release, year)
    names = {name: f"unit-{name}" if name in UNITS else f"{name}-{year}" for name in topology.tables}
    tables = {name: _attributes(release, layer) for name, layer in names.items()}
    layers = [vector_tile.layer(name, table) for name, table in tables.items()]
    bounds = _bounds(release, list(names.values()))
    with new_file(path) as part:
        archive.write_archive(
            part,
            _tiles(zooms.finest(zooms.mercator(topology)), layers),
            bounds=bounds,
            centre=_centre(bounds),
            metadata=_metadata(release, year, names, tables),
        )


def _tiles(topology: Topology, layers: Sequence[vector_tile.Layer]) -> Iterator[tuple[int, bytes]]:
    """Ids and bytes of the tiles of all zooms, from the finest band to the coarsest."""
    for band in zooms.BANDS:
        topology = zooms.coarser(topology, band)
        world = zooms.extent(topology.grid, 0)
        shapes = clipping.shapes(topology, world)
        pieces = clipping.uncut(shapes, world)
        for zoom in band.zooms:
            pieces = clipping.cut(pieces, zooms.extent(topology.grid, zoom))
            for x, y, tile in vector_tile.encode(clipping.on_grid(pieces, shapes), shapes, zoom, layers):
                yield zxy_to_tileid(zoom, x, y), tile


def _attributes(release: Release, layer: str) -> pd.DataFrame:
    table = release.read_table(layer)
    wanted = DAPIL if "kode_dapil" in table.columns else UNIT
    return table[[name for name in wanted if name in table.columns and table[name].notna().any()]]


def _bounds(release: Release, layers: Sequence[str]) -> list[float]:
    boxes = np.array([each["bbox"] for each in release.manifest["layers"] if each["name"] in layers])
    return [*boxes[:, :2].min(axis=0).tolist(), *boxes[:, 2:].max(axis=0).tolist()]


def _centre(bounds: Sequence[float]) -> tuple[float, float, int]:
    """The middle, and the zoom at which a window as wide as a tile (512 pixels) shows all."""
    west, south, east, north = bounds
    zoom = math.floor(math.log2(360 / max(east - west, north - south, 1e-6)))
    return (west + east) / 2, (south + north) / 2, min(max(zoom, 0), zooms.MAX_ZOOM)


# --- what the file tells of itself -------------------------------------------------------------------


def _metadata(
    release: Release, year: int, names: Mapping[str, str], tables: Mapping[str, pd.DataFrame]
) -> dict[str, Any]:
    """The JSON of the archive: what map libraries read, then the facts that every export carries (``about``)."""
    datasets = Datasets(release)
    origin = datasets.origin
    laws = {
        plan: str(datasets.plans[plan]["dasar_hukum"]) for plan in names.values() if plan in datasets.plans
    }
    description = " | ".join(_description(datasets, year, language) for language in ("id", "en"))
    return {
        "name": f"Peta Dapil {year}",
        "description": description,
        "attribution": _attribution(origin.attribution, origin.licence, origin.licence_url),
        "type": "overlay",
        "format": "pbf",
        "version": release.id,
        "generator": f"peta-dapil {__version__}",
        "vector_layers": [
            {
                "id": name,
                "description": " | ".join(datasets.titles[layer].values()),
                "minzoom": 0,
                "maxzoom": zooms.MAX_ZOOM,
                "fields": _fields(layer, tables[name]),
            }
            for name, layer in names.items()
        ],
        "about": {
            **origin.about(),
            "legal_basis": laws,
            "detail": [
                {
                    "zooms": list(band.zooms),
                    "tolerance_m": band.tolerance_m,
                    "islands_from_m2": band.island_m2,
                }
                for band in zooms.BANDS
            ],
        },
    }


def _description(datasets: Datasets, year: int, language: str) -> str:
    origin = datasets.origin
    what = {
        "id": f"Daerah pemilihan {year} untuk semua lembaga, dengan provinsi dan kabupaten/kota. Batas: ",
        "en": f"Electoral districts (dapil) of {year} for all chambers, with provinces, regencies and cities. "
        "Boundaries: ",
    }[language]
    words = {"id": ("Lisensi", "Rilis"), "en": ("Licence", "Release")}[language]
    return (
        f"{what}{origin.source_title[language]}, {origin.vintage}. {words[0]}: {origin.licence}."
        f"{origin.warning(language)} {words[1]}: {origin.release}."
    )


def _attribution(attribution: str, licence: str, url: str) -> str:
    """As HTML, which map libraries put into the page as it stands: text from elsewhere is escaped."""
    text = html.escape(attribution)
    if licence and url.startswith(("https://", "http://")):
        text += f' (<a href="{html.escape(url)}">{html.escape(licence)}</a>)'
    elif licence:
        text += f" ({html.escape(licence)})"
    return text


def _fields(layer: str, table: pd.DataFrame) -> dict[str, str]:
    kinds = {column.name: column.kind for column in columns_of(layer)}
    return {str(name): _KINDS[kinds[str(name)]] for name in table.columns}
