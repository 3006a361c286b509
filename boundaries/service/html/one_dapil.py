"""What the page of one dapil tells beside its facts: people, other elections and chambers, results, files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Other:
    """Another dapil: its address ("" where it has no page), name and seats."""

    href: str
    name: str
    seats: int | None = None
    id: str = ""


@dataclass(frozen=True)
class Shared:
    """Ground in common with another dapil: share of this one's area (0 to 1, None unknown) and names of units."""

    other: Other
    share: float | None
    units: Sequence[str]


@dataclass(frozen=True)
class Election:
    """The same ground in another election of the chamber. `same`: one dapil had just this ground.

    `shared`: the dapil that it lay in, the largest first; `apart`: ground of the first of them that this has not.
    """

    year: int
    same: bool
    shared: Sequence[Shared]
    apart: Sequence[Shared]


@dataclass(frozen=True)
class Party:
    """A party's votes and seats in the dapil, None where not known."""

    name: str
    votes: int | None
    seats: int | None


@dataclass(frozen=True)
class Results:
    """An election in the dapil: parties, what the figures rest on, whether there is a page of who was elected."""

    parties: Sequence[Party]
    basis: str
    coverage: str
    elected: bool


@dataclass(frozen=True)
class Elected:
    """A member: all that is told of a person."""

    name: str
    party: str
    number: int | None
    gender: str
    votes: int | None


@dataclass(frozen=True)
class OneDapil:
    """All that ``dapil.html`` shows beside the feature's own columns. `people`: inhabitants, and of which year."""

    id: str
    chamber: str
    year: int
    people: tuple[int, int] | None
    abroad: bool
    neighbours: Sequence[Other]
    before: Election | None
    after: Election | None
    chambers: Mapping[str, Sequence[Other]]
    results: Results | None
    files: Sequence[tuple[str, str, str]]  # address, name of the format, what for
