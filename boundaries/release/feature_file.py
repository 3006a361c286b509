"""``features.bin``: every feature of a release as GeoJSON text, written once and served as it is.

A feature is kept twice: as text, and as deflate blocks that can be spliced into any gzip stream, each half
(geometry, properties) on its own, with the CRC of its text. So an answer is cut out of the file and put
together; nothing is serialised or compressed when it is asked for.

The file, little-endian: ``DAPILFT1``, where the JSON directory begins (8 bytes), then sections aligned to 8
bytes, and last the directory, which says where each section and each table begins. For N rows, tables one after
another, each in the order of its ``fid``:

- ``text``: row i is ``{"type":"Feature","id":"…","geometry":{…}`` (the *shape*), ``,"properties":{…}`` (the
  *facts*), and the three bytes ``},\\n``.
- ``deflate``: the same two halves as raw deflate (RFC 1951), each from an empty window and ended on a byte by a
  full flush, and a stored block with the same three bytes.
- arrays of N + 1: ``text_at``, ``deflate_at`` (where rows begin, the last: where they end), ``crc_at`` (CRC-32
  of all text before the row), and of N: ``facts_at``, ``deflate_facts_at`` (where a row's facts begin, from its
  own beginning), ``shape_crc``, ``facts_crc`` (CRC-32 of the halves).

Coordinates: lon/lat (CRS84), as the release stores them, exterior rings counter-clockwise (RFC 7946).
"""

import json
import mmap
import re
import struct
import sys
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from boundaries.errors import ReleaseError
from boundaries.ground.parallel import each

NAME: Final = "features.bin"
MAGIC: Final = b"DAPILFT1"
END: Final = b"},\n"
#: ``},\n`` as a stored deflate block: not final, type 0, length 3, its complement, the bytes.
STORED_END: Final = b"\x00\x03\x00\xfc\xff" + END

_BLOCK: Final = 4096
"""Rows that a process makes at a time."""
_LEVEL: Final = 6  # level 9 takes twice the time for 0.1 % less
_HEAD: Final = struct.Struct("<8sQ")
#: A number that GEOS wrote with more digits than it needs (about one in some thousands).
_LONG: Final = re.compile(rb"-?\d+\.\d{8,}(?:[eE][-+]?\d+)?")
_ARRAYS: Final = {
    "text_at": "<u8", "deflate_at": "<u8", "crc_at": "<u4", "facts_at": "<u4", "deflate_facts_at": "<u4",
    "shape_crc": "<u4", "facts_crc": "<u4",
}  # fmt: skip


@dataclass(frozen=True)
class Rows:
    """The features of one table: ids, shapely geometries in lon/lat, and attributes, of equal length."""

    table: str
    ids: Sequence[str]
    geometries: NDArray[np.object_]
    properties: Sequence[Mapping[str, Any]]


def geometry_texts(geometries: NDArray[np.object_]) -> list[bytes]:
    """Return GeoJSON geometries as texts; the caller has oriented and rounded them."""
    return [_LONG.sub(_shortest, text.encode()) for text in shapely.to_geojson(geometries)]


def shape_text(name: str, geometry: bytes) -> bytes:
    """Return the first half of a feature: its type, id and geometry."""
    return b'{"type":"Feature","id":' + _json(name) + b',"geometry":' + geometry


def facts_text(properties: Mapping[str, Any]) -> bytes:
    """Return the second half of a feature, without its closing brace."""
    return b',"properties":' + _json(properties)


def deflated(text: bytes) -> bytes:
    """Return `text` as raw deflate blocks that can stand anywhere in a stream."""
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, -15)
    return packer.compress(text) + packer.flush(zlib.Z_FULL_FLUSH)


def write_features(path: Path, tables: Iterable[Rows]) -> None:
    """Write the file; memory is bounded by the largest table. The same rows give the same bytes (one zlib)."""
    places: dict[str, tuple[int, int]] = {}
    numbers: list[tuple[int, ...]] = []
    crc = 0
    deflate = path.with_suffix(".deflate")
    with path.open("wb") as texts, deflate.open("wb") as packs:
        texts.write(bytes(_HEAD.size))
        for rows in tables:
            places[rows.table] = (len(numbers), len(rows.ids))
            for block in each(partial(_records, rows), range(0, len(rows.ids), _BLOCK)):
                for record in block:
                    texts.write(record.text)
                    packs.write(record.deflate)
                    numbers.append((len(record.text), len(record.deflate), crc, *record.numbers))
                    crc = zlib.crc32(record.text, crc)
    try:
        _finish(path, deflate, places, numbers, crc)
    finally:
        deflate.unlink()


@dataclass(frozen=True)
class _Record:
    text: bytes
    deflate: bytes
    numbers: tuple[int, ...]  # as in _ARRAYS, from facts_at on


def _records(rows: Rows, first: int) -> list[_Record]:
    """The records of a block of rows."""
    some = slice(first, first + _BLOCK)
    oriented = shapely.orient_polygons(rows.geometries[some])
    shapes = map(shape_text, rows.ids[some], geometry_texts(oriented))
    return list(map(_record, shapes, map(facts_text, rows.properties[some])))


def _record(shape: bytes, facts: bytes) -> _Record:
    packed = deflated(shape)
    text, pack = shape + facts + END, packed + deflated(facts) + STORED_END
    return _Record(text, pack, (len(shape), len(packed), zlib.crc32(shape), zlib.crc32(facts)))


def _finish(path: Path, deflate: Path, places: Mapping[str, Any], numbers: list[tuple[int, ...]],
            crc: int) -> None:  # fmt: skip
    """Append the deflate section, the arrays and the directory, and write at the front where that is."""
    table = np.array(numbers, dtype=np.uint64).reshape(-1, len(_ARRAYS))
    columns = dict(zip(_ARRAYS, table.T, strict=True))
    for name in ("text_at", "deflate_at"):
        columns[name] = np.concatenate([[0], np.cumsum(columns[name])]).astype("<u8")
    columns["crc_at"] = np.append(columns["crc_at"], np.uint64(crc))
    sections: dict[str, list[int]] = {"text": [_HEAD.size, int(columns["text_at"][-1])]}
    with path.open("r+b") as file:
        file.seek(0, 2)
        sections["deflate"] = [_aligned(file), int(columns["deflate_at"][-1])]
        with deflate.open("rb") as packs:
            while block := packs.read(1 << 20):
                file.write(block)
        for name, kind in _ARRAYS.items():
            sections[name] = [_aligned(file), len(columns[name])]
            file.write(columns[name].astype(kind).tobytes())
        at = _aligned(file)
        file.write(_json({"tables": dict(places), "sections": sections}))
        file.seek(0)
        file.write(_HEAD.pack(MAGIC, at))


def _aligned(file: Any) -> int:
    file.write(bytes(-file.tell() % 8))
    return int(file.tell())


class FeatureFile:
    """``features.bin`` mapped into memory, read-only; the pages are shared by all processes that serve it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            with path.open("rb") as file:
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            self.view = memoryview(self._map)
            magic, at = _HEAD.unpack_from(self._map)
            if magic != MAGIC or at > len(self._map):
                raise ValueError("not a file of features")
            header = json.loads(self._map[at:])
            self.tables: dict[str, tuple[int, int]] = {k: (v[0], v[1]) for k, v in header["tables"].items()}
            self._sections: dict[str, list[int]] = header["sections"]
            self.text = self._section("text")
            self.deflate = self._section("deflate")
        except (OSError, ValueError, KeyError, struct.error) as error:
            raise ReleaseError(f"{path} cannot be read ({error}); build the release again") from None

    def _section(self, name: str) -> memoryview:
        start, length = self._sections[name]
        if start + length > len(self._map):
            raise ValueError(f"section {name} is cut off")
        return self.view[start : start + length]

    def _array(self, name: str) -> Sequence[int]:
        """A view of an array in the file: one element of it is an int at once, and none is held."""
        start, length = self._sections[name]
        kind = np.dtype(_ARRAYS[name])
        if sys.byteorder == "big":
            return [int(each) for each in np.frombuffer(self._map, kind, length, start)]
        return self.view[start : start + length * kind.itemsize].cast("Q" if kind.itemsize == 8 else "I")

    @cached_property
    def text_at(self) -> Sequence[int]:
        """Where each row begins in `text`, and where the last ends."""
        return self._array("text_at")

    @cached_property
    def deflate_at(self) -> Sequence[int]:
        """Where each row begins in `deflate`, and where the last ends."""
        return self._array("deflate_at")

    @cached_property
    def facts_at(self) -> Sequence[int]:
        """Where a row's facts begin, from the row's own beginning in `text`."""
        return self._array("facts_at")

    @cached_property
    def deflate_facts_at(self) -> Sequence[int]:
        """Where a row's facts begin, from the row's own beginning in `deflate`."""
        return self._array("deflate_facts_at")

    @cached_property
    def shape_crc(self) -> Sequence[int]:
        """CRC-32 of each row's shape."""
        return self._array("shape_crc")

    @cached_property
    def facts_crc(self) -> Sequence[int]:
        """CRC-32 of each row's facts."""
        return self._array("facts_crc")

    @cached_property
    def crc_at(self) -> Sequence[int]:
        """CRC-32 of all text before each row, and of all text."""
        return self._array("crc_at")


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _shortest(number: re.Match[bytes]) -> bytes:
    return repr(float(number[0])).encode()
