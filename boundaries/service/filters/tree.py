"""The tree of a filter: what both encodings are read into, and what is evaluated.

Nodes compare and hash by what they mean; `at` (the place in the client's text) counts for nothing.
"""

from dataclasses import dataclass, field
from typing import Final, Union

from boundaries.service.filters.model import Kind

COMPARISON: Final = ("=", "<>", "<", ">", "<=", ">=")
ARITHMETIC: Final = ("+", "-", "*", "/", "%", "div", "^")
SPATIAL: Final = (
    "s_contains", "s_crosses", "s_disjoint", "s_equals", "s_intersects", "s_overlaps", "s_touches", "s_within",
)  # fmt: skip
#: As CQL2 JSON spells them; the tree has them in small letters, as CQL2 Text may.
TEMPORAL_JSON: Final = (
    "t_after", "t_before", "t_contains", "t_disjoint", "t_during", "t_equals", "t_finishedBy", "t_finishes",
    "t_intersects", "t_meets", "t_metBy", "t_overlappedBy", "t_overlaps", "t_startedBy", "t_starts",
)  # fmt: skip
TEMPORAL: Final = tuple(name.lower() for name in TEMPORAL_JSON)
FOLDS: Final = ("casei", "accenti")
#: Functions that can be called in CQL2 Text.
FUNCTIONS: Final = (*FOLDS, *SPATIAL, *TEMPORAL)


@dataclass(frozen=True)
class Constant:
    """Text, a number (always a finite float) or a truth value."""

    value: str | float | bool
    at: str = field(default="", compare=False, repr=False)


@dataclass(frozen=True)
class Instant:
    """A date ``YYYY-MM-DD``, or a UTC timestamp ``YYYY-MM-DDThh:mm:ss[.f]``; as text they sort as time."""

    text: str
    at: str = field(default="", compare=False, repr=False)

    @property
    def is_day(self) -> bool:
        """Whether this is a date."""
        return len(self.text) == 10


@dataclass(frozen=True)
class Property:
    """A property by name; `kind` is known once the tree is bound to queryables."""

    name: str
    kind: Kind | None = None
    at: str = field(default="", compare=False, repr=False)


@dataclass(frozen=True)
class Interval:
    """Two instants, both included; None is open."""

    first: "Node | None"
    last: "Node | None"
    at: str = field(default="", compare=False, repr=False)


#: A position, or positions within each other as deep as GeoJSON has them for the type.
Coordinates = tuple[Union[float, "Coordinates"], ...]


@dataclass(frozen=True)
class Shape:
    """A literal geometry as it was written: its GeoJSON type, and coordinates in the order of its CRS."""

    type: str
    coordinates: Coordinates = ()
    parts: tuple["Shape", ...] = ()  # of a GeometryCollection
    at: str = field(default="", compare=False, repr=False)


@dataclass(frozen=True)
class Box:
    """A literal box as it was written: four numbers, or six with heights."""

    numbers: tuple[float, ...]
    at: str = field(default="", compare=False, repr=False)


@dataclass(frozen=True)
class Geometry:
    """A literal geometry in lon/lat, as WKB: hashable, and each evaluation prepares a copy of its own."""

    wkb: bytes
    at: str = field(default="", compare=False, repr=False)


@dataclass(frozen=True)
class Call:
    """An operator or function with its operands; of ``in`` the first is the tested one."""

    op: str
    args: tuple["Node", ...]
    at: str = field(default="", compare=False, repr=False)


Node = Constant | Instant | Property | Interval | Shape | Box | Geometry | Call
