"""A column of a collection as a worker holds it: little, and quick to ask.

A text stands once, in order, with a number for each row that says which; numbers are arrays. On the national release
the columns of all collections take 12 MB so; as lists of Python's values they took 58, and 57 more once filters had
asked all of them.
"""

from collections.abc import Iterable
from typing import Any, Protocol
from unicodedata import normalize

import numpy as np
from numpy.typing import NDArray

from boundaries.release.packed_texts import PackedTexts

Scalar = str | int | float | None
Array = NDArray[Any]

#: So many different texts of a column are held as Python's; of more only while somebody asks (20 ms for the nation).
_FEW = 10_000


class HeldColumn(Protocol):
    """The values of a column by position."""

    def at(self, position: int) -> Scalar:
        """Return one value as the release has it, None where it is null."""

    def arrays(self) -> tuple[Array, NDArray[np.bool_]]:
        """Return all values (text in NFC: objects; integers: int64, numbers: float64), and which are known."""

    def known(self) -> NDArray[np.bool_]:
        """Return which values are not null."""

    def ranks(self) -> Array:
        """Return numbers (n,) that order as the values do; of a null it is any."""

    def distinct(self) -> list[Any]:
        """Return the values that there are, in order, without null."""


class Numbers:
    """A column of numbers, all of one kind."""

    def __init__(self, values: Iterable[Scalar], kind: str) -> None:
        told = list(values)
        self._known = np.array([value is not None for value in told], dtype=bool)
        self._values = np.array([0 if value is None else value for value in told], dtype=kind)
        self._values.flags.writeable = self._known.flags.writeable = False  # shared by all who ask

    def at(self, position: int) -> Scalar:
        """See HeldColumn."""
        return self._values[position].item() if self._known[position] else None

    def arrays(self) -> tuple[Array, NDArray[np.bool_]]:
        """See HeldColumn."""
        return self._values, self._known

    def known(self) -> NDArray[np.bool_]:
        """See HeldColumn."""
        return self._known

    def ranks(self) -> Array:
        """See HeldColumn."""
        return self._values

    def distinct(self) -> list[Any]:
        """See HeldColumn."""
        return list(np.unique(self._values[self._known]).tolist())


class Texts:
    """A column of text: its texts once, ordered by what they are in NFC, and the place of each row's among them."""

    def __init__(self, values: Iterable[Scalar]) -> None:
        number: dict[str, int] = {}
        rows = np.fromiter(
            (-1 if value is None else number.setdefault(str(value), len(number)) for value in values),
            np.int32,
        )
        composed = {text: normalize("NFC", text) for text in number}
        told = sorted(number, key=lambda text: (composed[text], text))
        place = np.full(len(told) + 1, -1, dtype=np.int32)  # the last: of null
        place[[number[text] for text in told]] = np.arange(len(told))
        self._rows = place[rows].astype(np.min_scalar_type(-len(told) - 1))
        self.told = PackedTexts(told)
        other = any(composed[text] != text for text in told)
        self._composed = PackedTexts(composed[text] for text in told) if other else self.told
        self._few = self._objects() if len(told) <= _FEW else None

    def _objects(self) -> Array:
        return np.array([*self._composed.all(), ""], dtype=object)  # the last: of null

    def at(self, position: int) -> Scalar:
        """See HeldColumn."""
        row = self._rows[position]
        return self.told[row] if row >= 0 else None

    def arrays(self) -> tuple[Array, NDArray[np.bool_]]:
        """See HeldColumn."""
        texts = self._objects() if self._few is None else self._few
        return texts[self._rows], self.known()

    def known(self) -> NDArray[np.bool_]:
        """See HeldColumn."""
        return np.asarray(self._rows >= 0, dtype=bool)

    def equal(self, text: str) -> NDArray[np.bool_]:
        """Return which rows have this text (NFC)."""
        first, end = self._composed.first(text), self._composed.first(text + "\0")
        return np.asarray((self._rows >= first) & (self._rows < end), dtype=bool)

    def ranks(self) -> Array:
        """See HeldColumn."""
        return self._rows

    def distinct(self) -> list[Any]:
        """See HeldColumn."""
        return self.told.all()


def held(kind: str, values: Iterable[Scalar]) -> Texts | Numbers:
    """Return a column of a kind (``string``, ``integer``, ``number``) to hold."""
    return (
        Numbers(values, {"integer": "int64", "number": "float64"}[kind])
        if kind != "string"
        else Texts(values)
    )
