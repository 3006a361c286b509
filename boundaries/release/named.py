"""Which dapil are in a place that is asked for by its name: ``/lookup?nama=`` and ``dapil lookup --name``."""

import threading
from dataclasses import asdict, dataclass
from typing import Any, Literal

from boundaries.errors import NotFound
from boundaries.law.codes import ABROAD
from boundaries.law.spelling import abroad, other_names, post_codes
from boundaries.release.lookup import CHAMBERS, Lookup, Seat, Tables
from boundaries.release.place_search import Entry, Places
from boundaries.release.special_cases import Text, remarks

#: So many dapil of a chamber are told one by one; of a place that has more only how many.
SHOWN = 12
MOST = 8


class NoPlace(NotFound):
    """No place is called so; `near` are those with names most like it."""

    def __init__(self, text: str, near: list[Entry]) -> None:
        names = ", ".join(f"{each.nama} ({each.kode})" for each in near)
        super().__init__(
            f"no place is called {text[:80]!r}" + (f"; the nearest names: {names}" if near else "")
        )
        self.near = near


@dataclass(frozen=True)
class Found:
    """A place, what it lies in, and its dapil of every chamber (several where it is divided)."""

    kode: str
    nama: str
    tingkat: str
    di: tuple[str, ...]
    dapil: tuple[Seat, ...]
    keterangan: tuple[Text, ...] = ()


@dataclass(frozen=True)
class Named:
    """The answer to a name: places, the best first."""

    nama: str
    tahun: int
    temuan: tuple[Found, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the answer as plain values, for JSON."""
        return asdict(self)

    def as_text(self, language: Literal["id", "en"] = "id") -> str:
        """Return the answer as lines for a person: the best place with its dapil, then the other places."""
        first, *others = self.temuan
        word = {"id": "kursi", "en": "seats"}[language]
        lines = [
            f"{', '.join((first.nama, *first.di))} ({first.kode})",
            *(each[language] for each in first.keterangan),
        ]
        for seat in first.dapil:
            told = (
                seat.alasan[language]
                if seat.alasan
                else f"{seat.nama_dapil}, {seat.kursi} {word} ({seat.dasar_hukum})"
            )
            lines.append(f"{seat.lembaga:<14}{seat.tahun}  {told}")
        also = {"id": "juga", "en": "also"}[language]
        lines += [f"{also}: {', '.join((each.nama, *each.di))} ({each.kode})" for each in others]
        return "\n".join(lines)


class Names:
    """The names of a release, made when first asked for; thread-safe."""

    def __init__(self, package: Tables, lookup: Lookup) -> None:
        self._package, self._lookup = package, lookup
        self._lock = threading.Lock()
        self._places: Places | None = None

    def find(self, text: str, year: int | None = None, most: int = MOST, chamber: str = "") -> Named:
        """Return the places that a text names, and their dapil in `year` (default: the latest).

        Of several dapil that answer alike, that of `chamber` comes first.

        Raises QuestionError for a year that there is not, NoPlace (a NotFound) where nothing is called so.
        """
        chosen = self._lookup.year(year)
        places = self._made()
        entries = places.find(text, most, year=chosen, chamber=chamber)
        if not entries:
            raise NoPlace(text, places.nearest(text))
        return Named(text, chosen, tuple(self._found(each, chosen) for each in entries))

    def _found(self, entry: Entry, year: int) -> Found:
        if entry.tingkat == "dapil":
            seats = self._lookup.dapil(entry.kode)
        elif entry.kode.startswith(ABROAD[0]):
            seats = self._lookup.abroad(year)
        else:
            seats = tuple(
                seat for chamber in CHAMBERS for seat in self._lookup.within(chamber, year, entry.kode, SHOWN)
            )
        notes = remarks(entry.kode, year, seats) if entry.tingkat not in ("dapil", "luar-negeri") else ()
        return Found(entry.kode, entry.nama, entry.tingkat, entry.di, seats, notes)

    def _made(self) -> Places:
        with self._lock:
            if self._places is None:
                tables = [name for name in sorted(self._package.tables) if name.startswith("unit-")]
                units = {
                    kode: nama
                    for name in tables
                    for kode, nama in self._package.records(name, ("kode", "nama"))
                }
                seats = self._lookup.all_dapil()
                dapil = [(str(seat.id), str(seat.nama_dapil), seat.lembaga) for seat in seats]
                other = [(str(seat.id), seat.nama_lain) for seat in seats if seat.nama_lain]
                self._places = Places(
                    units, dapil, other=[*other_names(), *other], abroad=abroad(), post=post_codes()
                )
            return self._places
