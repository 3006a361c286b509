"""What a rule finds: a status, a number, a place, a sentence in both languages. There is no total score."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from boundaries.law.registry import Registry
from boundaries.research.contiguity import Terrain
from boundaries.research.people import People
from boundaries.research.proposal import Proposal
from boundaries.research.regime import Regime

Array = NDArray[Any]

PASSED: Final = "lulus"
FAILED: Final = "gagal"
ATTENTION: Final = "perhatian"
UNKNOWN: Final = "tak-dapat-dihitung"
STATUSES: Final = (PASSED, FAILED, ATTENTION, UNKNOWN)

#: Weights by which people are told, the first that is known for a whole council; what the plan gives comes before.
PREFERRED: Final = ("penduduk_2024", "penduduk_2023", "tps_2024")
GIVEN: Final = "penduduk dalam penetapan"
OWN: Final = "penduduk dari berkas"


@dataclass(frozen=True)
class Finding:
    """What a rule found at a council: status, dapil and units concerned, values, a sentence and a mend (id, en)."""

    rule: str
    status: str
    council: str
    said: tuple[str, str]
    dapil: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    value: Mapping[str, Any] = field(default_factory=dict)
    mend: tuple[str, str] = ("", "")


def comma(text: str) -> str:
    """A number as Indonesian writes it: a comma before fractions, points between thousands."""
    return text.translate(str.maketrans(",.", ".,"))


@dataclass(frozen=True)
class Counted:
    """People of each dapil of a council: the weight's name, values, and whether they are those that the law goes by."""

    name: str
    value: Array
    of_law: bool


@dataclass
class Case:
    """A plan and all that it is held against."""

    proposal: Proposal
    regime: Regime
    people: People
    registry: Registry
    terrain: Terrain | None = None
    previous: Proposal | None = None
    parent: Proposal | None = None
    own: Mapping[str, float] | None = None

    @cached_property
    def owners(self) -> Array:
        """The dapil (d,) of each desa of the registry, -1 for none."""
        return self.proposal.owners(self.people)

    @cached_property
    def councils(self) -> dict[str, Array]:
        """The rows of the dapil of each council."""
        return self.proposal.councils

    @cached_property
    def weights(self) -> dict[str, Array]:
        """People (n,) of each dapil by each weight, NaN where not known; the best first."""
        count = len(self.proposal.dapil)
        return self._given | {
            name: self.people.figures(name).over(self.owners, count).value for name in PREFERRED
        }

    @cached_property
    def _given(self) -> dict[str, Array]:
        """People (n,) of each dapil by the user's table, if there is one, and by the plan."""
        given = {OWN: self._own(len(self.proposal.dapil))} if self.own is not None else {}
        given[GIVEN] = self.proposal.dapil["penduduk"].astype("float64").to_numpy()
        return given

    def _own(self, count: int) -> Array:
        """What the user's table has, NaN where it lacks a unit of a dapil."""
        assert self.own is not None
        zone = self.people.zones(self.own, range(len(self.own)))
        total, covered, size = np.zeros(count), np.zeros(count), np.zeros(count)
        np.add.at(size, self.owners[self.owners >= 0], 1)
        for n, value in enumerate(self.own.values()):
            held = self.owners[zone == n]
            if len(held) and (held == held[0]).all() and held[0] >= 0:
                total[held[0]] += value
                covered[held[0]] += len(held)
        return np.where((covered == size) & (size > 0), total, np.nan)

    def counted(self, council: str) -> list[Counted]:
        """People of a council's dapil by every weight that is known for all of them, the best first."""
        rows = self.councils[council]
        return [
            Counted(name, value[rows], name in (GIVEN, OWN))
            for name, value in self.weights.items()
            if not np.isnan(value[rows]).any() and (value[rows] > 0).all()
        ]

    def council_people(self, council: str) -> Counted | None:
        """People of a council in all, by the best weight that is known; None where none is."""
        rows = self.councils[council]
        for name in (OWN, GIVEN):
            if name in self._given and not np.isnan(self._given[name][rows]).any():
                return Counted(name, self._given[name][rows].sum(keepdims=True), True)
        for name in PREFERRED[:2]:
            value = self._of_councils[name][list(self.councils).index(council)]
            if not np.isnan(value):
                return Counted(name, np.array([value]), False)
        return None

    @cached_property
    def _of_councils(self) -> dict[str, Array]:
        number = np.full(len(self.proposal.dapil) + 1, -1)
        for n, rows in enumerate(self.councils.values()):
            number[rows] = n
        zone = number[self.owners]
        return {
            name: self.people.figures(name).over(zone, len(self.councils)).value for name in PREFERRED[:2]
        }

    @cached_property
    def _seats(self) -> Array:
        return self.proposal.dapil["kursi"].to_numpy(dtype=int)

    @cached_property
    def _codes(self) -> Array:
        return self.proposal.dapil["kode_dapil"].to_numpy(dtype=object)

    def seats(self, council: str) -> Array:
        """Seats of a council's dapil."""
        return self._seats[self.councils[council]]

    def codes(self, council: str) -> Array:
        """Codes of a council's dapil."""
        return self._codes[self.councils[council]]

    def name(self, code: str) -> str:
        """A unit by its name and code."""
        return f"{self.registry.names.get(code, '')} ({code})"


@dataclass(frozen=True)
class Rule:
    """A rule: its name in both languages, how it is reckoned, and what looks."""

    id: str
    title: tuple[str, str]
    formula: str
    look: Callable[[Case], Iterator[Finding]]
