"""Many texts held as one: what is a string of Python's takes 50 bytes beside its letters, and a place in the heap."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import pairwise

import numpy as np


class PackedTexts:
    """Texts by their place, in the order in which they were given; never changed."""

    def __init__(self, texts: Iterable[str]) -> None:
        packed = [text.encode() for text in texts]
        self._ends = np.cumsum([0, *map(len, packed)], dtype=np.uint32)
        self._bytes = b"".join(packed)

    def __len__(self) -> int:
        return len(self._ends) - 1

    def _at(self, place: int) -> bytes:
        return self._bytes[self._ends[place] : self._ends[place + 1]]

    def __getitem__(self, place: int) -> str:
        """Return the text at a place from 0 on."""
        return self._at(place).decode()

    def __iter__(self) -> Iterator[str]:
        return (self[place] for place in range(len(self)))

    def all(self) -> list[str]:
        """Return all texts."""
        ends = self._ends.tolist()
        return [self._bytes[start:end].decode() for start, end in pairwise(ends)]

    def first(self, text: str) -> int:
        """Return the first place whose text is not before `text`, of texts in the order of their letters."""
        return bisect_left(
            range(len(self)), text.encode(), key=self._at
        )  # UTF-8 has the order of the letters
