"""PMTiles version 3: all tiles of a map in one file, found by range requests.

The specification: https://github.com/protomaps/PMTiles/blob/main/spec/v3/spec.md. Tiles stand in the order of their
ids, each content once; the same tiles give the same bytes with the same zlib.
"""

import gzip
import json
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from boundaries.exports.tiling.varints import varint

_HEADER: Final = 127
_ROOT: Final = 16_384
"""Header and root directory fit into the first request of a client."""
_LEAF: Final = 4_096
_GZIP: Final = 2
_MVT: Final = 1
_LEVEL: Final = 9


@dataclass(frozen=True)
class Entry:
    """Where a run of tiles with the same content stands, relative to the first tile; `run` 0: a leaf directory."""

    tile: int
    run: int
    offset: int
    length: int


def tile_id(zoom: int, x: int, y: int) -> int:
    """Number a tile: the zooms one after another, each along a Hilbert curve; `y` counts from the north.

    >>> [tile_id(0, 0, 0), tile_id(1, 0, 0), tile_id(1, 0, 1), tile_id(1, 1, 1), tile_id(1, 1, 0)]
    [0, 1, 2, 3, 4]
    """
    found = (4**zoom - 1) // 3
    for level in reversed(range(zoom)):
        side = 1 << level
        right, below = int(x & side > 0), int(y & side > 0)
        found += side * side * (3 * right ^ below)
        if not below:
            if right:
                x, y = side - 1 - x, side - 1 - y
            x, y = y, x
        x, y = x & side - 1, y & side - 1
    return found


def write_archive(
    path: Path,
    tiles: Iterable[tuple[int, bytes]],
    *,
    zooms: tuple[int, int],
    bounds: Sequence[float],
    centre: tuple[float, float, int],
    metadata: Mapping[str, Any],
) -> None:
    """Write vector tiles.

    Parameters
    ----------
    tiles
        Ids (`tile_id`) and their bytes, not compressed, in any order; each id once.
    zooms
        The coarsest and the finest.
    bounds
        West, south, east, north in degrees.
    centre
        Longitude, latitude and zoom to begin with.
    metadata
        The JSON object of the archive.
    """
    entries, contents = _contents(sorted((tile, _pack(content)) for tile, content in tiles))
    root, leaves = _directories(entries)
    about = _pack(json.dumps(metadata, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode())
    parts = [root, about, leaves, b"".join(contents)]
    places = []
    offset = _HEADER
    for part in parts:
        places += [offset, len(part)]
        offset += len(part)
    header = struct.pack(
        "<7sB11Q6B4iB2i",
        b"PMTiles", 3, *places,
        sum(entry.run for entry in entries), len(entries), len(contents),
        1, _GZIP, _GZIP, _MVT, *zooms,
        *(round(value * 1e7) for value in bounds),
        centre[2], *(round(value * 1e7) for value in centre[:2]),
    )  # fmt: skip
    with path.open("wb") as file:
        file.write(header)
        for part in parts:
            file.write(part)


def _contents(tiles: Sequence[tuple[int, bytes]]) -> tuple[list[Entry], list[bytes]]:
    """Entries in the order of the ids, and each content once, packed."""
    places: dict[bytes, tuple[int, int]] = {}
    entries: list[Entry] = []
    contents: list[bytes] = []
    size = 0
    for tile, content in tiles:
        if content not in places:
            contents.append(content)
            places[content] = size, len(content)
            size += len(content)
        place = places[content]
        last = entries[-1] if entries else None
        if last and last.tile + last.run == tile and (last.offset, last.length) == place:
            entries[-1] = Entry(last.tile, last.run + 1, *place)
        else:
            entries.append(Entry(tile, 1, *place))
    return entries, contents


def _directories(entries: Sequence[Entry]) -> tuple[bytes, bytes]:
    """The root directory, and leaf directories where it would be too large without."""
    root = _directory(entries)
    if _HEADER + len(root) <= _ROOT:
        return root, b""
    size = _LEAF
    while True:
        found: list[Entry] = []
        leaves = b""
        for start in range(0, len(entries), size):
            leaf = _directory(entries[start : start + size])
            found.append(Entry(entries[start].tile, 0, len(leaves), len(leaf)))
            leaves += leaf
        root = _directory(found)
        if _HEADER + len(root) <= _ROOT:
            return root, leaves
        size *= 2


def _directory(entries: Sequence[Entry]) -> bytes:
    """Pack a directory column by column: ids as differences, an offset of nought where a tile follows the last."""
    ids = [entry.tile for entry in entries]
    numbers = [len(entries), *(now - before for before, now in pairwise([0, *ids]))]
    numbers += [entry.run for entry in entries]
    numbers += [entry.length for entry in entries]
    end = -1
    for entry in entries:
        numbers.append(0 if entry.offset == end else entry.offset + 1)
        end = entry.offset + entry.length
    return _pack(b"".join(map(varint, numbers)))


def _pack(content: bytes) -> bytes:
    return gzip.compress(content, compresslevel=_LEVEL, mtime=0)
