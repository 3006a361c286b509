"""Whether the parts of a Shapefile belong together.

GDAL reads as many features as the shortest part has, and a polygon that is not all there as none: a Shapefile copied
in part, or with the .dbf of another export, loses units without a word. The counts of all three are compared.
"""

import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from boundaries.errors import SourceError

#: What must stand beside the .shp, and what may.
NEEDED: Final = (".shx", ".dbf")
PARTS: Final = (*NEEDED, ".prj", ".cpg")
_HEADER: Final = 100
_POLYGONS: Final = (0, 5, 15, 25)
_ALL: Final = "ask for the Shapefile again with all its parts (.shp, .shx, .dbf, .prj, .cpg, in one zip)"


def parts_of(main: Path) -> tuple[Path, ...]:
    """Return the parts beside a .shp that are there, however their endings are written."""
    beside = {
        p.suffix.casefold(): p for p in sorted(main.parent.glob("*")) if p.stem == main.stem and p != main
    }
    return tuple(beside[suffix] for suffix in PARTS if suffix in beside)


def check(main: Path, shown: str) -> None:
    """Raise SourceError unless .shp, .shx and .dbf are there and hold the same number of whole records."""
    there = {part.suffix.casefold(): part for part in parts_of(main)}
    if lacking := [suffix for suffix in NEEDED if suffix not in there]:
        holds = {".shx": "where each polygon begins", ".dbf": "the codes and names"}[lacking[0]]
        raise SourceError(f"{shown}: its {lacking[0]} ({holds}) is not beside it; {_ALL}")
    shapes = _records(main, shown)
    index = _index(there[".shx"], shown)
    table = _table(there[".dbf"], shown)
    counts: Mapping[str, int] = {".shp": len(shapes), ".shx": len(index), ".dbf": table}
    if len(set(counts.values())) != 1:
        told = ", ".join(f"{suffix} {count}" for suffix, count in counts.items())
        raise SourceError(f"{shown}: its parts do not belong together (records: {told}); {_ALL}")
    if shapes != index:
        raise SourceError(f"{shown}: its .shx points elsewhere than where the polygons begin; {_ALL}")


def _records(file: Path, shown: str) -> list[tuple[int, int]]:
    """Return (offset, length) in bytes of every record of a .shp."""
    data = _whole(file, shown)
    found: list[tuple[int, int]] = []
    at = _HEADER
    while at < len(data):
        number, words = struct.unpack_from(">ii", data, at) if at + 8 <= len(data) else (0, -1)
        end = at + 8 + 2 * words
        if words < 2 or end > len(data):
            raise SourceError(f"{shown}: record {len(found) + 1} is not whole; {_ALL}")
        kind = struct.unpack_from("<i", data, at + 8)[0]
        if kind in _POLYGONS[1:] and not _holds_its_corners(data, at + 8, 2 * words):
            raise SourceError(f"{shown}: record {number} has other corners than it says; {_ALL}")
        if kind not in _POLYGONS:
            raise SourceError(
                f"{shown}: record {number} holds no polygon (type {kind}); leave it out, or mend it"
            )
        found.append((at, 2 * words))
        at = end
    return found


def _holds_its_corners(data: bytes, at: int, length: int) -> bool:
    """Whether a record of polygons is as long as its numbers of rings and corners ask (with Z or M: no shorter)."""
    if length < 44:
        return False
    kind, rings, corners = struct.unpack_from("<i32xii", data, at)
    asked = 44 + 4 * rings + 16 * corners
    return rings >= 0 and corners >= 0 and bool(length == asked if kind == _POLYGONS[1] else length >= asked)


def _index(file: Path, shown: str) -> list[tuple[int, int]]:
    """Return (offset, length) in bytes of every record that a .shx points to, by offset."""
    data = _whole(file, shown)
    pairs = data[_HEADER : _HEADER + (len(data) - _HEADER) // 8 * 8]
    return sorted((2 * at, 2 * words) for at, words in struct.iter_unpack(">ii", pairs))


def _whole(file: Path, shown: str) -> bytes:
    """Return a .shp or .shx of the length that its header tells."""
    data = file.read_bytes()
    told = 2 * struct.unpack_from(">i", data, 24)[0] if len(data) >= _HEADER else -1
    if data[:4] != b"\0\0\x27\x0a" or told != len(data):
        raise SourceError(f"{shown}: its {file.suffix} is cut off or altered ({len(data):,} bytes); {_ALL}")
    return data


def _table(file: Path, shown: str) -> int:
    """Return the number of records of a .dbf that holds as many as it says."""
    with file.open("rb") as opened:
        head = opened.read(32)
    count, start, width = struct.unpack_from("<IHH", head, 4) if len(head) == 32 else (0, 0, 0)
    size = file.stat().st_size
    if start < 33 or width < 1 or size < start + count * width:
        raise SourceError(f"{shown}: its .dbf is cut off or altered ({size:,} bytes); {_ALL}")
    return int(count)
