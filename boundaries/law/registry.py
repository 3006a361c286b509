"""Which administrative units exist, their names, parents and children: ``data/units/units.csv``."""

import difflib
import hashlib
import json
import re
from bisect import bisect_left
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

import pandas as pd

from boundaries.errors import CodeError
from boundaries.law import codes, names
from boundaries.law.codes import LENGTH, LEVELS, Level
from boundaries.law.tables import blanks, data_directory, read_table, refuse, where


@dataclass(frozen=True)
class Registry:
    """The units of one list of the ministry (2025): every provinsi, kabkota, kecamatan and desa."""

    names: dict[str, str]
    #: A provinsi made later -> (the provinsi it was part of, the first election in which it stood alone).
    origins: dict[str, tuple[str, int]] = field(default_factory=dict)

    def __contains__(self, code: object) -> bool:
        return code in self.names

    def at(self, level: Level) -> tuple[str, ...]:
        """Return the codes of one level, sorted."""
        return self._by_level[level]

    def children(self, code: str) -> tuple[str, ...]:
        """Return the units one level down, sorted; a desa has none."""
        index = LEVELS.index(codes.level(self._known(code)))
        return self.descendants(code, LEVELS[index + 1]) if index + 1 < len(LEVELS) else ()

    def descendants(self, code: str, level: Level) -> tuple[str, ...]:
        """Return the units of `level` inside `code`, sorted (the unit itself at its own level)."""
        if LENGTH[level] < len(self._known(code)):
            raise CodeError(f"{code} is a {codes.level(code)}: no {level} lies in it; ask for a finer level")
        units = self._by_level[level]
        return units[bisect_left(units, code) : bisect_left(units, code + "/")]  # "/" follows "."

    def provinsi_in(self, code: str, year: int) -> str:
        """Return the provinsi in which the ground of `code` voted in the election of `year`.

        >>> load_registry().provinsi_in("93.01", 2019)
        '91'
        """
        provinsi = code[: LENGTH["provinsi"]]
        while provinsi in self.origins and year < self.origins[provinsi][1]:
            provinsi = self.origins[provinsi][0]
        return provinsi

    def suggest(self, code: str, name: str = "") -> str:
        """Return the likely mend for an unknown `code` whose row calls it `name`."""
        level = next((lv for lv in LEVELS if LENGTH[lv] == len(code)), None)
        if level is None:
            return "write it as 32, 32.04, 32.04.05 or 32.04.05.2001"
        near = self._near(code, level)
        for unit in near:
            if names.equal(name, self.names[unit]):
                return f"{self.names[unit]!r} is {unit}: write that"
        close = difflib.get_close_matches(code, near, n=1, cutoff=0)
        return f"the nearest is {close[0]} {self.names[close[0]]!r}" if close else "see data/units/units.csv"

    def _near(self, code: str, level: Level) -> tuple[str, ...]:
        """Return the units of `level` under the closest known ancestor of `code`."""
        for above in reversed(LEVELS[: LEVELS.index(level)]):
            if code[: LENGTH[above]] in self.names and (
                found := self.descendants(code[: LENGTH[above]], level)
            ):
                return found
        return self._by_level[level]

    def _known(self, code: str) -> str:
        if code not in self.names:
            raise CodeError(f"{codes.parse(code)} is not a unit; {self.suggest(code)}")
        return code

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the units and their origins: whether two registries are the same."""
        return hashlib.sha256(json.dumps([self.names, self.origins], sort_keys=True).encode()).hexdigest()

    @cached_property
    def _by_level(self) -> dict[Level, tuple[str, ...]]:
        return {lv: tuple(sorted(c for c in self.names if len(c) == LENGTH[lv])) for lv in LEVELS}


def load_registry(path: Path | None = None) -> Registry:
    """Read ``units.csv`` (default: the project's) and ``pemekaran.csv`` beside it.

    Raises
    ------
    TableError
        A code that is none, a unit twice or out of order, a unit without its parent, an empty name.
    """
    path = (path or data_directory() / "units" / "units.csv").absolute()
    files = [each for each in (path, path.with_name("pemekaran.csv")) if each.is_file()]
    return _read(path, hashlib.sha256(b"\0".join(each.read_bytes() for each in files)).digest(), Path.cwd())


@lru_cache(maxsize=4)
def _read(path: Path, digest: bytes, here: Path) -> Registry:
    """Read once what was not changed; `here` because messages name files from where one stands."""
    frame = read_table(path, ("kode", "nama"))
    refuse(_faults(path, frame))
    names = dict(zip(frame["kode"], frame["nama"], strict=True))
    return Registry(names, _origins(path.with_name("pemekaran.csv"), names))


def _faults(path: Path, frame: pd.DataFrame) -> list[str]:
    found = list(blanks(path, frame))
    known = set(frame["kode"])
    previous = ""
    for line, code, name in frame.itertuples():
        try:
            above = codes.parent(codes.parse(code))
        except CodeError as error:
            found.append(f"{where(path, line)}: {error}")
            continue
        if code == previous:
            found.append(f"{where(path, line)}: {code} stands here and in the line before; remove one")
        elif code < previous:
            found.append(
                f"{where(path, line)}: {code} stands after {previous}; keep the lines sorted by kode"
            )
        if above is not None and above not in known:
            found.append(f"{where(path, line)}: {code} {name!r} lies in {above}, which is not listed; add it")
        if not name:
            found.append(f"{where(path, line)}: {code} has no nama; write it")
        previous = code
    return found


def _origins(path: Path, names: dict[str, str]) -> dict[str, tuple[str, int]]:
    if not path.exists():
        return {}
    frame = read_table(path, ("kode", "induk", "pemilu_pertama", "dasar_hukum"))
    first = dict(zip(frame["kode"], frame["pemilu_pertama"], strict=True))
    faults = []
    for line, code, mother, year, _ in frame.itertuples():
        faults += [
            f"{where(path, line)}: {unit} is not a provinsi of units.csv; write its two digits"
            for unit in (code, mother)
            if unit not in names or len(unit) != LENGTH["provinsi"]
        ]
        if not re.fullmatch(r"\d{4}", year, re.ASCII):
            faults.append(f"{where(path, line)}: pemilu_pertama {year!r} is not a year; write four digits")
        elif mother in first and not first[mother] < year:
            faults.append(f"{where(path, line)}: {mother} did not vote before {code} in {year}; mend induk")
    refuse(faults)
    return {code: (mother, int(year)) for _, code, mother, year, _ in frame.itertuples()}
