"""Rules A1 to A8: numbers that the law sets."""

import re
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from boundaries.law.codes import LENGTH
from boundaries.law.nesting import Nesting
from boundaries.research.apportionment import largest_remainder
from boundaries.research.findings import ATTENTION, FAILED, PASSED, UNKNOWN, Case, Finding, Rule, comma
from boundaries.research.proposal import BLOCKS

Array = NDArray[Any]


def seats_of_a_dapil(case: Case) -> Iterator[Finding]:
    """A1: each dapil has so many seats at least and at most."""
    low, high = case.regime.seats_of_dapil(case.proposal.chamber)
    for council in case.councils:
        seats, codes = case.seats(council), case.codes(council)
        wrong = (seats < low) | (seats > high)
        if not wrong.any():
            yield Finding(
                "A1",
                PASSED,
                council,
                (f"tiap dapil {low}-{high} kursi", f"each dapil has {low}-{high} seats"),
            )
        for code, count in zip(codes[wrong], seats[wrong], strict=True):
            yield Finding(
                "A1", FAILED, council,
                (f"{code}: {count} kursi, seharusnya {low}-{high}", f"{code}: {count} seats, the law has {low}-{high}"),
                (str(code),), value={"kursi": int(count), "paling_sedikit": low, "paling_banyak": high},
                mend=("tambah atau kurangi wilayahnya", "give it more ground, or less"),
            )  # fmt: skip


def seats_of_the_chamber(case: Case) -> Iterator[Finding]:
    """A2: the seats of the whole chamber, where the law gives their number."""
    wanted = case.regime.chambers[case.proposal.chamber].get("kursi_lembaga")
    if wanted is None or not case.proposal.whole:
        return
    found = int(case.proposal.dapil["kursi"].sum())
    status = PASSED if found == wanted else FAILED
    yield Finding("A2", status, "", (f"{found} kursi, menurut hukum {wanted}", f"{found} seats, {wanted} by law"),
                  value={"kursi": found, "hukum": wanted})  # fmt: skip


def size_of_the_council(case: Case) -> Iterator[Finding]:
    """A3, A4: the seats of a council by its people. With people that the law does not go by a difference is told."""
    chamber = case.proposal.chamber
    if not chamber.startswith("dprd"):
        return
    rule = "A3" if chamber == "dprd-provinsi" else "A4"
    for council in case.councils:
        found = int(case.seats(council).sum())
        counted = case.council_people(council)
        if counted is None:
            yield Finding(rule, UNKNOWN, council, ("penduduk tidak diketahui", "people are not known"))
            continue
        people = float(counted.value.sum())
        wanted = case.regime.council_size(chamber, council, people)
        status = PASSED if found == wanted else FAILED if counted.of_law else ATTENTION
        yield Finding(
            rule, status, council,
            (f"{found} kursi; {wanted} untuk {comma(f'{people:,.0f}')} penduduk ({counted.name})",
             f"{found} seats; {wanted} for {people:,.0f} people ({counted.name})"),
            value={"kursi": found, "menurut_penduduk": wanted, "penduduk": round(people), "bobot": counted.name},
        )  # fmt: skip


def all_ground_once(case: Case) -> Iterator[Finding]:
    """A5: every unit of a council's ground lies in a dapil. (Twice is refused when a plan is read.)"""
    desa = case.people.desa
    free = case.owners < 0
    if case.proposal.excluded:
        free &= ~np.array([code.startswith(case.proposal.excluded) for code in desa])
    for council, ground in _grounds(case).items():
        start, end = np.searchsorted(desa, [ground[0], ground[-1] + "/"])  # "/" follows "."
        inside = np.isin(desa[start:end].astype(f"U{LENGTH['kabkota']}"), ground)
        lost = np.zeros(len(desa), dtype=bool)
        lost[start:end] = free[start:end] & inside
        if not lost.any():
            yield Finding(
                "A5", PASSED, council, ("tiap wilayah dalam satu dapil", "every unit lies in one dapil")
            )
            continue
        units = tuple(_largest(desa, lost))
        few = _few(case, units)
        yield Finding(
            "A5", FAILED, council,
            (f"{len(units)} wilayah tanpa dapil: {few}", f"{len(units)} units without a dapil: {few}"),
            units=units, value={"tanpa_dapil": len(units)},
            mend=("masukkan ke salah satu dapil", "put each into a dapil"),
        )  # fmt: skip


def _grounds(case: Case) -> dict[str, list[str]]:
    """The kabkota of each council, sorted; a provinsi's are those that voted in it when the plan was made."""
    size = LENGTH["kabkota"]
    found: dict[str, set[str]] = {code: set() for code in case.councils}
    if case.proposal.chamber == "dprd-kabkota":
        council = case.proposal.dapil["dewan"].to_numpy(dtype=object)
        for unit, row in case.proposal.members.items():
            found[council[row]].add(unit[:size])
    else:
        for code in case.registry.at("kabkota"):
            held = case.registry.provinsi_in(code, case.proposal.year)
            if held in found:
                found[held].add(code)
    return {code: sorted(units) for code, units in found.items() if units}


def whole_units(case: Case) -> Iterator[Finding]:
    """A6: dapil are made of whole units of the law; parts only where that cannot be done."""
    level = BLOCKS[case.proposal.chamber]
    desa = case.people.desa
    unit, number = np.unique(desa.astype(f"U{LENGTH[level]}"), return_inverse=True)
    low, high = np.full(len(unit), 1 << 30), np.full(len(unit), -1)
    held = case.owners >= 0
    np.minimum.at(low, number[held], case.owners[held])
    np.maximum.at(high, number[held], case.owners[held])
    council = case.proposal.dapil["dewan"].to_numpy(dtype=object)
    split: dict[str, list[str]] = {code: [] for code in case.councils}
    for n in np.flatnonzero((high > low) & (high >= 0)):
        split[council[high[n]]].append(str(unit[n]))
    for code, units in split.items():
        if not units:
            yield Finding("A6", PASSED, code, (f"tersusun dari {level} utuh", f"made of whole {level}"))
            continue
        yield Finding(
            "A6", ATTENTION, code,
            (f"{level} terbelah: {_few(case, units)}", f"{level} split: {_few(case, units)}"),
            units=tuple(units), value={"terbelah": len(units)},
        )  # fmt: skip
        yield Finding(
            "A6b", UNKNOWN, code,
            ("apakah pembelahan terpaksa: perlu hitungan semua susunan yang sah", "whether the split was forced: needs "
             "the count of all plans that the law allows"), units=tuple(units),
        )  # fmt: skip


def seats_follow_people(case: Case) -> Iterator[Finding]:
    """A7: largest remainder over BPPd. Binding in DPRD kabkota; elsewhere the law lists seats, and it is told."""
    if case.proposal.chamber == "dpd":
        return
    for council in case.councils:
        seats, codes = case.seats(council), case.codes(council)
        counted = case.counted(council)
        if not counted:
            yield Finding("A7", UNKNOWN, council, ("penduduk tiap dapil tidak diketahui", "people of the dapil are not "
                          "known"), mend=("beri --penduduk", "give --penduduk"))  # fmt: skip
            continue
        shares = [largest_remainder(each.value, int(seats.sum())) for each in counted]
        best, first = counted[0], shares[0]
        off = first.seats != seats
        binding = best.of_law and case.proposal.chamber == "dprd-kabkota"
        status = PASSED if not off.any() else FAILED if binding else ATTENTION
        if first.tied.any():
            status = ATTENTION
        each = ", ".join(f"{c} {int(s)} ({int(w)})" for c, s, w in zip(codes[off], seats[off], first.seats[off],
                                                                       strict=True))  # fmt: skip
        tie = ("; sisa sama", "; equal remainders") if first.tied.any() else ("", "")
        yield Finding(
            "A7", status, council,
            (f"{best.name}: " + (f"berbeda: {each}" if off.any() else "kursi mengikuti penduduk") + tie[0],
             f"{best.name}: " + (f"differ: {each}" if off.any() else "seats follow people") + tie[1]),
            tuple(map(str, codes[off])),
            value={"bppd": float(best.value.sum() / seats.sum()), "kursi_menurut": {
                every.name: dict(zip(map(str, codes), share.seats.tolist(), strict=True))
                for every, share in zip(counted, shares, strict=True)}},
        )  # fmt: skip


def numbering(case: Case) -> Iterator[Finding]:
    """A8: the dapil of a council are numbered 1 to n, and the number in a name is that of its code."""
    for council in case.councils:
        codes = case.codes(council)
        names = case.proposal.dapil["nama_dapil"].to_numpy(dtype=object)[case.councils[council]]
        numbers = [int(str(code)[-2:]) for code in codes if re.fullmatch(r"\d{4,6}", str(code), re.ASCII)]
        named = [_numeral(str(name)) for name in names]
        odd = [str(c) for c, n, m in zip(codes, numbers, named, strict=False) if m is not None and m != n]
        if (
            len(numbers) == len(codes)
            and sorted(numbers) != list(range(1, len(codes) + 1))
            and len(codes) > 1
        ):
            odd = odd or [str(code) for code in codes]
        status = PASSED if not odd else ATTENTION
        yield Finding("A8", status, council, ("nomor berurutan", "numbered in order") if not odd else (
            "nomor tidak berurutan atau tidak sama dengan nama", "numbers are not in order, or not those of the names"),
            tuple(odd))  # fmt: skip


_ROMAN: Final = {name: n for n, name in enumerate(
    ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII", "XIII", "XIV", "XV"), 1)}  # fmt: skip


def _numeral(name: str) -> int | None:
    last = name.rsplit(" ", 1)[-1]
    return int(last) if last.isascii() and last.isdecimal() else _ROMAN.get(last)


def _largest(desa: Array, mask: Array) -> Iterator[str]:
    """The largest units all of whose desa are in a mask."""
    nesting = Nesting(desa)
    for level, chosen, _owner in nesting.largest(np.where(mask, 0, -1)):
        yield from (str(code) for code in nesting.levels[level].codes[chosen])


def _few(case: Case, units: Any) -> str:
    shown = ", ".join(case.name(str(code)) for code in list(units)[:5])
    return shown + (f" … (+{len(units) - 5})" if len(units) > 5 else "")


RULES: Final = (
    Rule("A1", ("Kursi per dapil", "Seats of a dapil"), "kmin ≤ S_i ≤ kmax", seats_of_a_dapil),
    Rule("A2", ("Kursi lembaga", "Seats of the chamber"), "Σ S_i = S", seats_of_the_chamber),
    Rule("A3", ("Besar dewan menurut penduduk", "Council by people"), "S = jenjang(P)", size_of_the_council),
    Rule("A5", ("Tiap wilayah satu kali", "Every unit once"), "⋃ D_i = wilayah, D_i ∩ D_j = ∅", all_ground_once),
    Rule("A6", ("Wilayah utuh", "Whole units"), "tiap unit dalam satu D_i", whole_units),
    Rule("A7", ("Kursi mengikuti penduduk", "Seats follow people"),
         "BPPd = P/S; S_i = ⌊P_i/BPPd⌋ + sisa terbesar", seats_follow_people),
    Rule("A8", ("Penomoran", "Numbering"), "1..n", numbering),
)  # fmt: skip
