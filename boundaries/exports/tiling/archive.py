"""PMTiles version 3, by the package pmtiles: all tiles of a map in one file, found by range requests.

Tiles stand in the order of their ids, each content once; the same tiles give the same bytes with the same
libdeflate.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pmtiles.tile import Compression, TileType
from pmtiles.writer import Writer

from boundaries.errors import ReleaseError
from boundaries.release.packing import gzipped


def write_archive(
    path: Path,
    tiles: Iterable[tuple[int, bytes]],
    *,
    bounds: Sequence[float],
    centre: tuple[float, float, int],
    metadata: Mapping[str, Any],
) -> None:
    """Write vector tiles; the zooms of the archive are those of its first and last tile.

    Parameters
    ----------
    tiles
        Ids (`pmtiles.tile.zxy_to_tileid`) and their bytes, not compressed, in any order; each id once, at least one.
    bounds
        West, south, east, north in degrees.
    centre
        Longitude, latitude and zoom to begin with.
    metadata
        The JSON object of the archive.

    Raises
    ------
    ReleaseError
        Two tiles would have become one.
    """
    west, south, east, north = (round(value * 1e7) for value in bounds)
    lon, lat = (round(value * 1e7) for value in centre[:2])
    header = {
        "tile_type": TileType.MVT,
        "tile_compression": Compression.GZIP,
        "min_lon_e7": west, "min_lat_e7": south, "max_lon_e7": east, "max_lat_e7": north,
        "center_lon_e7": lon, "center_lat_e7": lat, "center_zoom": centre[2],
    }  # fmt: skip
    packed = sorted((tile, gzipped(content)) for tile, content in tiles)
    with path.open("wb") as file:
        writer = Writer(file)
        for tile, content in packed:
            writer.write_tile(tile, content)
        writer.finalize(header, metadata)
    # The package tells contents apart by Python's hash, of 64 bits.
    if header["tile_contents_count"] != len({content for _, content in packed}):
        raise ReleaseError("two tiles have the same hash and were taken for one; write the tiles again")
