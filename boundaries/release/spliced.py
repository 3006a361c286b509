"""Bodies put together from parts that are there already; gzip is spliced from deflate blocks, not compressed.

CRC-32 of a whole from the CRCs of its parts: Mark Adler's crc32_combine (zlib, crc32.c), over GF(2) modulo the
polynomial of CRC-32, bits reflected.
"""

import struct
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from boundaries.release.feature_file import deflated

Buffer = bytes | memoryview

#: Pieces in which a body is handed to the server: what a slow client holds in memory.
PIECE: Final = 256 << 10
#: A text shorter than this goes into gzip as it is (a stored block).
_STORED: Final = 4096
#: A text shorter than this is summed faster than its CRC is combined.
_SUMMED: Final = 128 << 10

_GZIP_HEAD: Final = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_GZIP_LAST: Final = b"\x03\x00"  # an empty final block
_POLYNOMIAL: Final = 0xEDB88320
_ONE: Final = 0x80000000


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of text; where it is kept packed, its deflate blocks and how to learn its CRC-32."""

    text: Buffer
    deflate: Buffer | None = None
    crc: Callable[[], int] | None = None


def length(buffers: Iterable[Buffer]) -> int:
    """Return the bytes of all buffers together."""
    return sum(map(len, buffers))


def pieces(buffers: Iterable[Buffer]) -> Iterator[bytes]:
    """Give the bytes in pieces of at most `PIECE`, small ones joined; what is mapped is copied only now."""
    gathered: list[Buffer] = []
    size = 0
    for buffer in buffers:
        for start in range(0, len(buffer), PIECE):
            part = buffer[start : start + PIECE]
            if size + len(part) > PIECE and gathered:
                yield b"".join(gathered)
                gathered, size = [], 0
            gathered.append(part)
            size += len(part)
    if gathered:
        yield b"".join(gathered)


def plain(parts: Iterable[Part]) -> list[Buffer]:
    """Return the text of `parts`."""
    return [part.text for part in parts]


def gzipped(parts: Sequence[Part]) -> list[Buffer]:
    """Return `parts` as one gzip member (RFC 1952)."""
    buffers: list[Buffer] = [_GZIP_HEAD]
    crc = total = 0
    for part in parts:
        size = len(part.text)
        total += size
        if part.deflate is not None:
            buffers.append(part.deflate)
        elif size <= _STORED:
            buffers += _stored(part.text)
        else:
            buffers.append(deflated(bytes(part.text)))
        known = part.crc if size > _SUMMED else None
        crc = combined(crc, known(), size) if known else zlib.crc32(part.text, crc)
    buffers.append(_GZIP_LAST + struct.pack("<II", crc, total & 0xFFFFFFFF))
    return buffers


def _stored(text: Buffer) -> list[Buffer]:
    return [struct.pack("<BHH", 0, len(text), len(text) ^ 0xFFFF), text] if len(text) else []


def combined(before: int, after: int, size: int) -> int:
    """Return the CRC of two texts together, from the CRC of each and the bytes of the second."""
    return _product(_shift(size), before) ^ after


def between(before: int, whole: int, size: int) -> int:
    """Return the CRC of the second of two texts, from that of the first, of both, and the second's bytes."""
    return _product(_shift(size), before) ^ whole


def _product(a: int, b: int) -> int:
    """Multiply two polynomials over GF(2) modulo that of CRC-32."""
    total = 0
    while a:
        if a & _ONE:
            total ^= b
        a = (a << 1) & 0xFFFFFFFF
        b = (b >> 1) ^ _POLYNOMIAL if b & 1 else b >> 1
    return total


def _powers() -> tuple[tuple[int, ...], ...]:
    """Return x to the power of 8 n for n = 0..255 times 1, 256, 65536 and 16777216."""
    step = _product(*[_product(*[_product(*[_ONE >> 1] * 2)] * 2)] * 2)  # ((x²)²)² = x⁸
    tables = []
    for _ in range(4):
        table = [_ONE]
        for _ in range(256):
            table.append(_product(table[-1], step))
        step = table.pop()
        tables.append(tuple(table))
    return tuple(tables)


_POWERS: Final = _powers()


def _shift(size: int) -> int:
    """Return x to the power of 8 `size`: what `size` bytes after it do to a CRC."""
    total = _POWERS[0][size & 255]
    for level in (1, 2, 3):
        digit = size >> (8 * level) & 255
        if digit:
            total = _product(_POWERS[level][digit], total)
    return total
