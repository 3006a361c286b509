"""The rules of a plan: each a small function that yields what is wrong, its place and its mend.

A rule sees a `Draft`, whose tables are text and whose index is the line number in the file. `check` gathers
the rules; adding one is a function and its name in `RULES`.
"""

import difflib
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import pandas as pd

from boundaries.errors import CodeError
from boundaries.law import codes
from boundaries.law.codes import LENGTH, LEVELS
from boundaries.law.meta import PlanMeta
from boundaries.law.registry import Registry
from boundaries.law.tables import blanks, where

#: Least and most seats of a dapil: UU 7/2017 art. 187 (DPR), 189 (DPRD provinsi), 192 (DPRD kab/kota) and
#: 196 (DPD: four a provinsi). The plans of 2004 to 2014, under earlier laws, keep to the same bounds.
SEATS: Final = {"dpr": (3, 10), "dpd": (4, 4), "dprd-provinsi": (3, 12), "dprd-kabkota": (3, 12)}
#: Sizes of a council. DPRD kab/kota: UU 7/2017 art. 191, by population. DPRD provinsi: art. 188, besides
#: DKI Jakarta 106 (UU 29/2007) and Aceh 81 (UU 11/2006): 125 % of what the population gives.
COUNCIL: Final = {
    "dprd-provinsi": frozenset({35, 45, 55, 65, 75, 81, 85, 100, 106, 120}),
    "dprd-kabkota": frozenset(range(20, 56, 5)),
}
#: Digits of a dapil's code: those of the provinsi or kabkota, then the number of the dapil in it.
_CODE: Final = {"dpr": (2, 2), "dpd": (2, 0), "dprd-provinsi": (2, 4), "dprd-kabkota": (4, 2)}
#: Figures 0 to 9 only: Python takes those of other scripts for digits, too. No dapil has more seats or people.
_POSITIVE: Final = r"[1-9][0-9]{0,8}"
_COUNT: Final = r"[0-9]{0,10}"


@dataclass(frozen=True)
class Draft:
    """One plan as read, not yet checked."""

    meta: PlanMeta
    dapil: pd.DataFrame
    members: pd.DataFrame
    directory: Path
    registry: Registry

    @property
    def chamber(self) -> str:  # noqa: D102
        return self.meta.lembaga

    @property
    def plan_id(self) -> str:  # noqa: D102
        return f"{self.meta.lembaga}-{self.meta.tahun}"

    def at_dapil(self, line: object = None) -> str:
        """Return the place of a row of dapil.csv."""
        return where(self.directory / "dapil.csv", line)

    def at_member(self, line: object = None) -> str:
        """Return the place of a row of members.csv."""
        return where(self.directory / "members.csv", line)

    def at_toml(self) -> str:
        """Return the place of the plan's toml."""
        return where(self.directory / f"{self.chamber}.toml")

    def called(self, code: str) -> str:
        """Return a unit's code and name."""
        return f"{code} {self.registry.names.get(code, '')}".strip()

    @cached_property
    def seats(self) -> pd.Series:
        """The seats that are numbers, by line."""
        column = self.dapil["kursi"]
        return column[column.str.fullmatch(_POSITIVE)].astype("int64")

    @cached_property
    def placed(self) -> pd.DataFrame:
        """The members whose unit is known."""
        known = [code in self.registry for code in self.members["kode_unit"]]
        return self.members[pd.Series(known, self.members.index, dtype=bool)]  # a plan may have no members


Rule = Callable[[Draft], Iterable[str]]


def check(draft: Draft) -> list[str]:
    """Return every problem of a plan, the likeliest causes first."""
    return [problem for rule in RULES for problem in rule(draft)]


# ---------------------------------------------------------------- dapil.csv


def blank_around(draft: Draft) -> Iterator[str]:
    """No cell begins or ends with a blank."""
    yield from blanks(draft.directory / "dapil.csv", draft.dapil)
    yield from blanks(draft.directory / "members.csv", draft.members)


def dapil_code(draft: Draft) -> Iterator[str]:
    """A dapil code has the digits of its chamber and begins with its provinsi."""
    place, number = _CODE[draft.chamber]
    for line, code, provinsi in draft.dapil[["kode_dapil", "kode_provinsi"]].itertuples():
        if not re.fullmatch(rf"[0-9]{{{place + number}}}", code):
            yield (
                f"{draft.at_dapil(line)}: kode_dapil {code!r} is not {place + number} digits; write those of "
                f"the {'kabkota' if place == 4 else 'provinsi'}, then the dapil's number in {number} digits"
            )
        elif place == 2 and not code.startswith(provinsi):
            yield f"{draft.at_dapil(line)}: dapil {code} is not of kode_provinsi {provinsi!r}; mend one"


def dapil_twice(draft: Draft) -> Iterator[str]:
    """A dapil code and a dapil name stand once in a chamber."""
    for column in ("kode_dapil", "nama_dapil"):
        repeated = draft.dapil[draft.dapil[column].duplicated(keep=False)]
        for value, rows in repeated.groupby(column):
            lines = ", ".join(map(str, rows.index))
            yield f"{draft.at_dapil(rows.index[-1])}: {column} {value!r} stands in lines {lines}; keep one"


def dapil_name(draft: Draft) -> Iterator[str]:
    """A dapil has a name; the number that ends a DPRD dapil's name is the number in its code."""
    ends = draft.dapil["nama_dapil"].str.extract(r"(\d+)$", expand=False)
    numbered = draft.chamber.startswith("dprd")
    rows = zip(draft.dapil.index, draft.dapil["kode_dapil"], draft.dapil["nama_dapil"], ends, strict=True)
    for line, code, name, end in rows:
        if not name:
            yield f"{draft.at_dapil(line)}: dapil {code} has no nama_dapil; write it"
        elif isinstance(end, str) and not end.isascii():
            yield f"{draft.at_dapil(line)}: dapil {code} is called {name!r}; write its number with the digits 0 to 9"
        elif numbered and isinstance(end, str) and code[4:].isdecimal() and int(end) != int(code[4:]):
            yield f"{draft.at_dapil(line)}: dapil {code} is called {name!r}: the numbers differ; mend one"


def dapil_place(draft: Draft) -> Iterator[str]:
    """A dapil's provinsi existed in that election, and its kabkota lay in it."""
    names, year = draft.registry.names, draft.meta.tahun
    wants_kabkota = draft.chamber == "dprd-kabkota"
    for line, code, provinsi, kabkota in draft.dapil[
        ["kode_dapil", "kode_provinsi", "kode_kabkota"]
    ].itertuples():
        at = draft.at_dapil(line)
        if provinsi not in names or len(provinsi) != LENGTH["provinsi"]:
            yield f"{at}: dapil {code}: kode_provinsi {_unknown(draft, provinsi)}"
        elif draft.registry.provinsi_in(provinsi, year) != provinsi:
            mother = draft.called(draft.registry.provinsi_in(provinsi, year))
            yield f"{at}: dapil {code}: {draft.called(provinsi)} was part of {mother} in {year}; write that"
        if not wants_kabkota:
            if kabkota:
                yield f"{at}: dapil {code} of {draft.chamber} has kode_kabkota {kabkota}; leave it empty"
        elif kabkota not in names or len(kabkota) != LENGTH["kabkota"]:
            yield f"{at}: dapil {code}: kode_kabkota {_unknown(draft, kabkota)}"
        elif draft.registry.provinsi_in(kabkota, year) != provinsi:
            was = f"{draft.called(kabkota)} was in {draft.called(draft.registry.provinsi_in(kabkota, year))}"
            yield f"{at}: dapil {code}: {was} in {year}, not in {provinsi}; mend one"


def dapil_numbers(draft: Draft) -> Iterator[str]:
    """The dapil of one provinsi or kabkota share their code's beginning and are numbered 1 to n."""
    if draft.chamber == "dpd":
        return
    place = _CODE[draft.chamber][0]
    column = "kode_kabkota" if draft.chamber == "dprd-kabkota" else "kode_provinsi"
    of_unit: dict[str, list[tuple[int, str]]] = defaultdict(list)
    of_start: dict[str, set[str]] = defaultdict(set)
    for line, code, unit in draft.dapil[["kode_dapil", column]].itertuples():
        if re.fullmatch(rf"[0-9]{{{sum(_CODE[draft.chamber])}}}", code):
            of_unit[unit].append((line, code))
            of_start[code[:place]].add(unit)
    for unit, rows in of_unit.items():
        starts = sorted({code[:place] for _, code in rows})
        numbers = sorted(int(code[place:]) for _, code in rows)
        if len(starts) > 1:
            yield f"{_lines(draft, rows)}: the dapil of {unit} begin with {' and '.join(starts)}; mend one"
        elif numbers != list(range(1, len(numbers) + 1)):
            yield (
                f"{_lines(draft, rows)}: the dapil of {draft.called(unit)} are numbered "
                f"{', '.join(map(str, numbers))}, expected 1 to {len(numbers)}; mend a code or add a dapil"
            )
    for start, units in of_start.items():
        if len(units) > 1:
            yield f"{draft.at_dapil()}: the dapil {start}.. are of {' and '.join(sorted(units))}; mend one"


def _lines(draft: Draft, rows: list[tuple[int, str]]) -> str:
    return f"{draft.at_dapil()}: lines {', '.join(_spans([line for line, _ in rows]))}"


def seats_in_bounds(draft: Draft) -> Iterator[str]:
    """Seats are a whole number within the law's bounds for a dapil."""
    low, high = SEATS[draft.chamber]
    bounds = f"{low}" if low == high else f"{low} to {high}"
    for line, code, seats in draft.dapil[["kode_dapil", "kursi"]].itertuples():
        if not re.fullmatch(_POSITIVE, seats):
            yield f"{draft.at_dapil(line)}: dapil {code}: kursi {seats[:80]!r} is not a whole number above 0"
        elif not low <= int(seats) <= high:
            at = draft.at_dapil(line)
            yield f"{at}: dapil {code}: {seats} kursi, but a {draft.chamber} dapil has {bounds}; mend it"


def population(draft: Draft) -> Iterator[str]:
    """Population is a whole number or empty."""
    wrong = draft.dapil[~draft.dapil["penduduk"].str.fullmatch(_COUNT)]
    for line, code, value in wrong[["kode_dapil", "penduduk"]].itertuples():
        at = draft.at_dapil(line)
        yield f"{at}: dapil {code}: penduduk {value[:80]!r} is no number; write digits only, at most 10"


def council_size(draft: Draft) -> Iterator[str]:
    """The seats of a DPRD add up to a size that the law knows."""
    sizes = COUNCIL.get(draft.chamber)
    if sizes is None:
        return
    known = {code for difference in draft.meta.selisih for code in difference.kode}
    unit = "kode_kabkota" if draft.chamber == "dprd-kabkota" else "kode_provinsi"
    column = draft.dapil.loc[draft.seats.index, unit]
    for place, seats in draft.seats.groupby(column):
        code, total = str(place), int(seats.sum())
        if code not in known and total not in sizes:
            dapil = draft.dapil.loc[seats.index, "kode_dapil"]
            listed = ", ".join(f"{a} {n}" for a, n in zip(dapil, seats, strict=True))
            yield (
                f"{draft.at_dapil()}: lines {seats.index[0]}-{seats.index[-1]}: the DPRD of "
                f"{draft.called(code)} would have {total} seats ({listed}), no size that the law knows; "
                "mend the kursi or state it in [[selisih]]"
            )


def totals(draft: Draft) -> Iterator[str]:
    """Dapil and seats add up to the law's totals, or to the difference that the toml states."""
    meta = draft.meta
    for what, key, found, law in (
        ("dapil", "dapil", len(draft.dapil), meta.jumlah_dapil),
        ("kursi", "kursi", int(draft.seats.sum()), meta.jumlah_kursi),
    ):
        stated = [value for s in meta.selisih if (value := getattr(s, key)) is not None]
        if len(stated) > 1:
            told = ", ".join(map(str, stated))
            yield f"{draft.at_toml()}: [[selisih]] states {what} {len(stated)} times ({told}); keep what was counted"
            continue
        expected = stated[0] if stated else law
        if found != expected:
            source = "stated in [[selisih]]" if stated else "the law's total"
            yield (
                f"{draft.at_dapil()}: {draft.plan_id} has {found} {what}, expected {expected} ({source}, "
                f"{draft.at_toml()}): {found - expected:+d}; mend the row, or the toml"
            )
        elif stated and expected == law:
            yield f"{draft.at_toml()}: [[selisih]] states {law} {what}, which is the law's total; remove it"


# ---------------------------------------------------------------- members.csv


def unit_known(draft: Draft) -> Iterator[str]:
    """Every unit is a code of the list of units."""
    unknown = draft.members.loc[draft.members.index.difference(draft.placed.index)]
    for line, code, name in unknown[["kode_unit", "nama_unit"]].itertuples():
        yield f"{draft.at_member(line)}: kode_unit {_unknown(draft, code, name)}"


def old_code(draft: Draft) -> Iterator[str]:
    """The older code of a unit is a code; several are parted by semicolons."""
    for line, text in draft.members.loc[draft.members["kode_lama"] != "", "kode_lama"].items():
        for code in text.split(";"):
            try:
                codes.parse(code)
            except CodeError as error:
                yield f"{draft.at_member(line)}: kode_lama: {error}"


def dapil_exists(draft: Draft) -> Iterator[str]:
    """Every member names a dapil of dapil.csv."""
    known = draft.dapil["kode_dapil"].tolist()
    strays = draft.members[~draft.members["kode_dapil"].isin(known)]
    for line, dapil, unit in strays[["kode_dapil", "kode_unit"]].itertuples():
        near = difflib.get_close_matches(dapil, known, n=1, cutoff=0)
        mend = f"write the right one (the nearest is {near[0]})" if near else "add the dapil"
        yield f"{draft.at_member(line)}: {unit} is in dapil {dapil!r}, which dapil.csv does not have; {mend}"


def unit_once(draft: Draft) -> Iterator[str]:
    """No unit stands twice in a chamber, nor together with a unit that holds it."""
    units = draft.members["kode_unit"]
    for code, rows in units[units.duplicated(keep=False)].groupby(units):
        where_else = ", ".join(map(str, rows.index))
        at, split = draft.at_member(rows.index[-1]), draft.members.loc[rows.index, "kode_dapil"].nunique() > 1
        why = "a desa lies whole in one dapil: " if split and len(str(code)) == LENGTH["desa"] else ""
        yield f"{at}: {draft.called(str(code))} stands in lines {where_else} of {draft.plan_id}; {why}keep one"
    line_of = {code: line for line, code in units.items()}
    for level in LEVELS[:-1]:
        above = units.str[: LENGTH[level]]
        inside = units[(units.str.len() > LENGTH[level]) & above.isin(line_of.keys())]
        for line, code, holder in zip(inside.index, inside, above[inside.index], strict=True):
            yield (
                f"{draft.at_member(line)}: {draft.called(code)} lies in {draft.called(holder)}, "
                f"which line {line_of[holder]} gives whole; keep the one or the other"
            )


def unit_outside(draft: Draft) -> Iterator[str]:
    """A member lies in its dapil's provinsi (of that year) and kabkota, and not on excluded ground."""
    year, registry = draft.meta.tahun, draft.registry
    home = draft.dapil.drop_duplicates("kode_dapil").set_index("kode_dapil")
    rows = draft.placed[draft.placed["kode_dapil"].isin(home.index)]
    provinsi = (
        rows["kode_unit"].str[:2].map({p: registry.provinsi_in(p, year) for p in registry.at("provinsi")})
    )
    expected = rows["kode_dapil"].map(home["kode_provinsi"])
    wrong = provinsi != expected
    if draft.chamber == "dprd-kabkota":
        kabkota = rows["kode_dapil"].map(home["kode_kabkota"])
        wrong |= rows["kode_unit"].str[:5] != kabkota
        expected = kabkota
    for line, unit, dapil in rows.loc[wrong, ["kode_unit", "kode_dapil"]].itertuples():
        at, place = draft.at_member(line), draft.called(expected[line])
        yield f"{at}: {draft.called(unit)} is not in {place}, where dapil {dapil} lies; mend one"
    excluded = draft.meta.wilayah_dikecualikan
    if excluded:
        inside = draft.placed[draft.placed["kode_unit"].str.startswith(excluded)]
        for line, unit in inside["kode_unit"].items():
            yield f"{draft.at_member(line)}: {draft.called(unit)} lies in wilayah_dikecualikan; remove it"


def unit_missing(draft: Draft) -> Iterator[str]:
    """Every unit outside wilayah_dikecualikan belongs to some dapil; if known in part, in the kabkota it knows."""
    if not draft.meta.komposisi:
        return
    excluded = draft.meta.wilayah_dikecualikan
    unknown = [code for code in excluded if code not in draft.registry]
    yield from (f"{draft.at_toml()}: wilayah_dikecualikan: {_unknown(draft, code)}" for code in unknown)
    given = set(draft.placed["kode_unit"]) | set(excluded)
    touched = {code[: LENGTH[level]] for code in given for level in LEVELS if LENGTH[level] < len(code)}
    whole = draft.registry.at("provinsi")
    if draft.meta.sebagian:
        whole = tuple(code for code in draft.registry.at("kabkota") if code in touched)
    for code in _uncovered(draft.registry, whole, given, touched):
        yield f"{draft.at_member()}: {draft.plan_id} has no row for {draft.called(code)}; add it to its dapil"


def _uncovered(registry: Registry, units: Iterable[str], given: set[str], touched: set[str]) -> Iterator[str]:
    """Yield the largest units of which nothing is given, descending where a part is."""
    for unit in units:
        if unit in given:
            continue
        if unit in touched:
            yield from _uncovered(registry, registry.children(unit), given, touched)
        else:
            yield unit


def dapil_without_units(draft: Draft) -> Iterator[str]:
    """Every dapil has members; of a plan known in part, all or none of a kabkota."""
    if draft.meta.komposisi:
        dapil = draft.dapil
        if draft.meta.sebagian:
            dapil = dapil[dapil["kode_kabkota"].isin(draft.placed["kode_unit"].str[: LENGTH["kabkota"]])]
        empty = dapil[~dapil["kode_dapil"].isin(draft.members["kode_dapil"])]
        for line, code, name in empty[["kode_dapil", "nama_dapil"]].itertuples():
            at = draft.at_dapil(line)
            yield f"{at}: dapil {code} {name!r} has no units; add them to {draft.at_member()}"


def member_count(draft: Draft) -> Iterator[str]:
    """A dapil has the number of rows that its jumlah_anggota says: no unit slips to the neighbour."""
    found = draft.members["kode_dapil"].value_counts()
    stated = draft.dapil[draft.dapil["jumlah_anggota"] != ""]
    for line, code, count in stated[["kode_dapil", "jumlah_anggota"]].itertuples():
        rows = int(found.get(code, 0))
        if count != str(rows) and (rows or not draft.meta.komposisi):  # none at all: dapil_without_units
            lines = draft.members.index[draft.members["kode_dapil"] == code]
            span = f" (lines {', '.join(_spans(list(lines)))})" if rows else ""
            yield (
                f"{draft.at_dapil(line)}: dapil {code} has {rows} rows in {draft.at_member()}{span}, but "
                f"jumlah_anggota is {count}; mend the kode_dapil of the row that slipped, or the count"
            )


def _spans(lines: list[int]) -> list[str]:
    """Write line numbers as runs: [2, 3, 4, 9] is 2-4, 9. A row that slipped is a run of its own."""
    runs: list[list[int]] = []
    for line in lines:
        if runs and line == runs[-1][1] + 1:
            runs[-1][1] = line
        else:
            runs.append([line, line])
    return [f"{a}-{b}" if a != b else f"{a}" for a, b in runs]


def _unknown(draft: Draft, code: str, name: str = "") -> str:
    try:
        codes.parse(code)
    except CodeError as error:
        return str(error)
    return f"{code} is not a unit of that kind; {draft.registry.suggest(code, name)}"


def dapil_of_voters_abroad(draft: Draft) -> Iterator[str]:
    """The dapil that voters abroad elect exists, and it is one of the DPR's."""
    code = draft.meta.luar_negeri
    if code and draft.chamber != "dpr":
        yield f"{draft.at_toml()}: luar_negeri: voters abroad elect the DPR alone; remove it"
    elif code and code not in set(draft.dapil["kode_dapil"]):
        yield f"{draft.at_toml()}: luar_negeri names dapil {code!r}, not in dapil.csv; mend it"


def doubts_name_rows(draft: Draft) -> Iterator[str]:
    """The dapil and units that the toml's doubts and notes are about exist."""
    known = set(draft.dapil["kode_dapil"])
    for name, told in (("ragu", draft.meta.ragu), ("catatan", draft.meta.catatan)):
        for code in (code for each in told for code in each.dapil if code not in known):
            yield f"{draft.at_toml()}: [[{name}]] names dapil {code!r}, not in dapil.csv; mend it"
    named = [each.kode for each in (*draft.meta.ragu, *draft.meta.catatan)]
    named += [each.kode for each in draft.meta.selisih]
    for code in (code for listed in named for code in listed):
        if code not in draft.registry:
            yield f"{draft.at_toml()}: kode {_unknown(draft, code)}"


RULES: Final[tuple[Rule, ...]] = (
    blank_around,
    unit_known,
    old_code,
    dapil_exists,
    unit_once,
    unit_outside,
    unit_missing,
    dapil_code,
    dapil_twice,
    dapil_name,
    dapil_place,
    dapil_numbers,
    dapil_without_units,
    member_count,
    seats_in_bounds,
    population,
    council_size,
    totals,
    dapil_of_voters_abroad,
    doubts_name_rows,
)
