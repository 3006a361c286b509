"""Whole numbers as protocol buffers and PMTiles write them: seven bits a byte, the lowest first."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def varint(value: int) -> bytes:
    """Pack a number from 0 to 2**64 - 1.

    >>> varint(300).hex()
    'ac02'
    """
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)


def varints(values: Array) -> tuple[bytes, Array]:
    """Pack many numbers, one after another; also the position of each."""
    rest = values.astype(np.uint64)
    size = np.ones(len(rest), dtype=np.int64)
    for bits in range(7, 64, 7):
        size += rest >> np.uint64(bits) > 0
    offset = np.cumsum(size) - size
    packed = np.zeros(int(size.sum()), dtype=np.uint8)
    for byte in range(int(size.max(initial=1))):
        here = np.flatnonzero(size > byte)
        more = np.where(size[here] > byte + 1, 0x80, 0)
        packed[offset[here] + byte] = (rest[here] >> np.uint64(7 * byte) & np.uint64(0x7F)).astype(
            np.int64
        ) | more
    return packed.tobytes(), offset
