"""Parsed polygons kept as GeoParquet beside the fetched files, so that a second build reads no SQL and no JSON.

A file is named by what it follows from: the hashes of the files read, and how they are read. So it is never stale: a
changed source has another name. What cannot be read back is made again; where nothing can be written, the files are
parsed every time.
"""

import hashlib
import json
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from boundaries.errors import SourceError
from boundaries.law.codes import Level
from boundaries.sources import file_cache
from boundaries.sources.descriptor import Source
from boundaries.sources.fetch import Fetched
from boundaries.sources.raw_units import RawUnits, objects

log = logging.getLogger(__name__)

#: Raised whenever a reader gives other units for the same file.
READERS: Final = 1
_NOTES: Final = b"notes"


def remembered(
    source: Source, fetched: Fetched, level: Level, paths: Sequence[str], read: Callable[[], RawUnits]
) -> RawUnits:
    """Return what `read` returns, from the file that an earlier call left, or leaving one."""
    if fetched.room is None:
        return read()
    file = fetched.room / "parsed" / f"{level}-{_key(source, fetched, level, paths)}.parquet"
    found = _load(file, level)
    if found is None:
        found = read()
        _save(found, fetched.room, file)
    return found


def _key(source: Source, fetched: Fetched, level: Level, paths: Sequence[str]) -> str:
    fields = source.levels[level]
    how = [READERS, source.reader, source.axis_order, source.crs, fields.code, fields.name, fields.layer]
    hashes = [[path, fetched.files[path].sha256] for path in paths]
    return hashlib.sha256(json.dumps([how, hashes]).encode()).hexdigest()[:24]


def _load(file: Path, level: Level) -> RawUnits | None:
    if not file.is_file():
        return None
    try:
        table = pq.read_table(file, page_checksum_verification=True)
        notes = json.loads(table.schema.metadata[_NOTES])
        geometry = shapely.from_wkb(table["geometry"].to_numpy())
        codes, names = (objects(table[name].to_pylist()) for name in ("code", "name"))
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        pa.ArrowException,
        shapely.errors.GEOSException,
    ) as error:
        log.warning("%s: cannot be read back (%s); parsing the source again", file, error)
        return None
    return RawUnits(level, codes, names, geometry, tuple(notes))


def _save(raw: RawUnits, room: Path, file: Path) -> None:
    geo = {
        "version": "1.1.0",
        "primary_column": "geometry",
        "columns": {"geometry": {"encoding": "WKB", "geometry_types": []}},
    }
    metadata = {b"geo": json.dumps(geo).encode(), _NOTES: json.dumps(raw.notes).encode()}
    wkb = pa.array(shapely.to_wkb(raw.geometry, byte_order=1), type=pa.binary())
    columns = [pa.array(raw.codes, pa.string()), pa.array(raw.names, pa.string()), wkb]
    schema = pa.schema([("code", pa.string()), ("name", pa.string()), ("geometry", pa.binary())], metadata)
    try:
        with file_cache.part(room, file) as temporary:
            pq.write_table(
                pa.Table.from_arrays(columns, schema=schema),
                temporary,
                compression="zstd",
                use_dictionary=False,
                write_page_checksum=True,
            )
    except SourceError as error:
        log.warning("the parsed polygons are not kept: %s", error)
