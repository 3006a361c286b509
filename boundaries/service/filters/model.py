"""What a filter is read with: the names it may use, its limits, its errors, and the table it is asked of."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

#: `date` and `timestamp` values are ISO 8601 text; a release has no `boolean` or `timestamp` column today.
Kind = Literal["string", "integer", "number", "date", "timestamp", "boolean", "geometry"]


@dataclass(frozen=True)
class Queryable:
    """A property that a filter may name, and the kind of its values."""

    name: str
    kind: Kind


class FilterError(ValueError):
    """A filter that cannot be answered: what is wrong, in the client's words, and what would be allowed."""

    def __init__(self, detail: str, allowed: Sequence[str] | str = "") -> None:
        super().__init__(detail)
        self.detail = detail
        self.allowed: list[str] | str = allowed if isinstance(allowed, str) else list(allowed)


@dataclass(frozen=True)
class Bounds:
    """How large a filter may be. They bound the time to read one to a tenth of a second, and what it may cost."""

    characters: int = 16_384
    depth: int = 32  # of parentheses, functions and NOT within each other
    nodes: int = 256  # operators, properties and values, the values of IN apart
    values: int = 1_000  # in one IN
    vertices: int = 2_000  # of all literal geometries together
    spatial: int = 8  # spatial predicates
    #: What spatial predicates may cost, in vertices of features that are looked at (`charges`): under a second.
    examined: int = 2_000_000


class Table(Protocol):
    """The features that a filter is asked of, by position."""

    def __len__(self) -> int:
        """Return how many features there are."""
        ...

    def values(self, name: str) -> tuple[NDArray[np.generic], NDArray[np.bool_]]:
        """Return the values of a column and which are known (not null).

        Text (in NFC), dates and timestamps as object arrays of str, numbers as int64 or float64. What stands
        where a value is not known does not matter. A table may also have ``equal(name, text)``: where a column
        of text is `text`, for one that knows it faster than by comparing.
        """
        ...

    def bounds(self) -> NDArray[np.float64]:
        """Return the boxes as an (n, 4) array: west, south, east, north; NaN where there is no geometry.

        A box may be larger than its geometry, never smaller.
        """
        ...

    def geometries(self, positions: NDArray[np.int64]) -> NDArray[np.object_]:
        """Return valid shapely geometries in lon/lat at `positions`; asked only where boxes do not decide."""
        ...


def quoted(text: str, most: int = 40) -> str:
    """Return a client's text for a message: in quotes, control characters escaped, cut to `most`."""
    return repr(text if len(text) <= most else text[: most - 1] + "…")
