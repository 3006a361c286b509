"""Ground in other plans: which dapil of another election or chamber a piece of ground lies in, from a lookup's tables.

Ground is named by codes of today's units; each stands for all that is under it. Nothing is measured here.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from boundaries.law.codes import ABROAD
from boundaries.release.lookup import Lookup, Seat


@dataclass(frozen=True)
class Common:
    """What some ground has in common with one dapil (`seat`; without an id: none is known): codes of units, sorted."""

    seat: Seat
    units: tuple[str, ...]


class CommonGround:
    """Answers for one release. `units`: codes of all units that may be told apart, of every level."""

    def __init__(self, lookup: Lookup, units: Iterable[str]) -> None:
        self._lookup = lookup
        self._units = sorted(units)

    def common(self, chamber: str, year: int, ground: Iterable[str]) -> list[Common]:
        """Return the dapil of a plan that share ground, each with the largest units that lie whole in both."""
        found: dict[str | None, tuple[Seat, list[str]]] = {}
        for code in sorted(set(ground)):
            if not code.startswith(ABROAD[0]):
                self._add(found, chamber, year, code)
        order = sorted(found, key=str)
        return [Common(found[id_][0], tuple(sorted(found[id_][1]))) for id_ in order]

    def _add(
        self, found: dict[str | None, tuple[Seat, list[str]]], chamber: str, year: int, code: str
    ) -> None:
        seats = self._lookup.within(chamber, year, code, len(self._units))
        below = self._below(code) if len(seats) > 1 else []
        if below:
            for each in below:
                self._add(found, chamber, year, each)
            return
        for seat in seats:
            found.setdefault(seat.id, (seat, []))[1].append(code)

    def _below(self, code: str) -> Sequence[str]:
        """Return the units one level under a unit, as far as they are known."""
        first, end = (bisect_left(self._units, f"{code}{sign}") for sign in "./")
        inside = self._units[first:end]
        length = min(map(len, inside), default=0)
        return [each for each in inside if len(each) == length]
