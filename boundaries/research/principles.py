"""Rules a to g: the seven principles of article 185. Without a number in law a principle is touched, never broken."""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from boundaries.law.codes import LENGTH
from boundaries.research.apportionment import largest_remainder, malapportionment
from boundaries.research.contiguity import BLOCKED, LAND, Break, find_breaks
from boundaries.research.findings import ATTENTION, FAILED, PASSED, UNKNOWN, Case, Finding, Rule, comma
from boundaries.research.proposal import BLOCKS
from boundaries.research.zoning import dapil_of

Array = NDArray[Any]


def equal_value(case: Case) -> Iterator[Finding]:
    """a: the price of a seat. 10 % and 15 % are a yardstick of the Venice Commission, not Indonesian law."""
    small, great = case.regime.yardsticks["selisih"], case.regime.yardsticks["selisih_besar"]
    for council in case.councils:
        counted = case.counted(council)
        seats, codes = case.seats(council), case.codes(council)
        if not counted or not (seats > 0).all():
            yield Finding("a", UNKNOWN, council, ("penduduk tiap dapil tidak diketahui", "people of the dapil are not "
                          "known"))  # fmt: skip
            continue
        people = counted[0].value
        price = people / seats
        off = price / (people.sum() / seats.sum()) - 1
        beyond = np.abs(off) > small
        worst = float(np.abs(off).max())
        far = (" (lebih dari 15 %)", " (over 15 %)") if worst > great else ("", "")
        ratio, mal = float(price.max() / price.min()), malapportionment(people, seats)
        yield Finding(
            "a", ATTENTION if beyond.any() else PASSED, council,
            (f"selisih harga kursi paling besar {comma(f'{worst:.1%}')}{far[0]}, terbesar/terkecil "
             f"{comma(f'{ratio:.2f}')}, MAL {comma(f'{mal:.2%}')}; "
             f"menurut {counted[0].name}",
             f"prices of a seat differ by {worst:.1%} at most{far[1]}, largest/smallest {ratio:.2f}, MAL {mal:.2%}; "
             f"by {counted[0].name}"),
            tuple(map(str, codes[beyond])),
            value={"harga": dict(zip(map(str, codes), price.round(1).tolist(), strict=True)),
                   "selisih": dict(zip(map(str, codes), off.round(6).tolist(), strict=True)),
                   "rasio": ratio, "mal": mal, "bobot": counted[0].name},
        )  # fmt: skip


def proportional(case: Case) -> Iterator[Finding]:
    """b: many seats a dapil; the effective threshold is 75 % / (M + 1)."""
    _, high = case.regime.seats_of_dapil(case.proposal.chamber)
    for council in case.councils:
        seats = case.seats(council)
        mean, fewest = float(seats.mean()), int(-(-seats.sum() // high))
        yield Finding(
            "b", PASSED, council,
            (f"rata-rata {comma(f'{mean:.1f}')} kursi; {len(seats)} dapil, paling sedikit mungkin {fewest}",
             f"{mean:.1f} seats on average; {len(seats)} dapil, {fewest} at the fewest"),
            value={"rata_rata": mean, "ambang_efektif": 0.75 / (mean + 1), "dapil": len(seats),
                   "paling_sedikit": fewest, "3-5": int((seats <= 5).sum()),
                   "6-8": int(((seats > 5) & (seats < 9)).sum()),
                   "9-12": int((seats >= 9).sum())},
        )  # fmt: skip


def even(case: Case) -> Iterator[Finding]:
    """c: seats evenly spread over the dapil."""
    for council in case.councils:
        seats = case.seats(council)
        spread = int(seats.max() - seats.min())
        each = f"{seats.min()}-{seats.max()}"
        yield Finding("c", PASSED, council, (f"kursi {each}", f"{each} seats"),
                      value={"rentang": spread, "koefisien_variasi": float(seats.std() / seats.mean())})  # fmt: skip


def together(case: Case) -> Iterator[Finding]:
    """d: ground that hangs together. Cut off by the land of others breaks it; the sea touches it."""
    if case.terrain is None:
        return
    terrain, chamber = case.terrain, case.proposal.chamber
    codes = case.proposal.dapil["kode_dapil"].tolist()
    row = {code: str(n) for n, code in enumerate(codes)}
    members = {unit: row[codes[n]] for unit, n in case.proposal.members.items()}
    owner = np.array([int(each) if each else -1 for each in dapil_of(terrain.codes, members)])
    member = terrain.codes.astype(f"U{LENGTH[BLOCKS[chamber]]}")
    broken = {each.dapil: each for each in find_breaks(terrain, owner, member, dict(case.regime.yardsticks))}
    for council, rows in case.councils.items():
        mine = [broken[int(n)] for n in rows if int(n) in broken]
        if not mine:
            yield Finding(
                "d", PASSED, council, ("tiap dapil menyatu lewat darat", "each dapil is in one piece by land")
            )
        for each in mine:
            yield _break(case, council, codes[each.dapil], each)


def _break(case: Case, council: str, code: str, found: Break) -> Finding:
    names = ", ".join(case.name(unit) for unit in found.units[:4]) + (" …" if len(found.units) > 4 else "")
    notes = [
        *([(" - celah di bawah 500 m, mungkin ulah peta dasar", " - gap under 500 m, perhaps the base map's")]
          if found.doubtful else []),
        *([(" - terputus di dalam satu wilayah sendiri, bukan karena rencana", " - broken inside one unit, not by the "
            "plan")] if found.inherent else []),
    ]  # fmt: skip
    gap = f"{found.gap_m:,.0f}"
    note = tuple("".join(each[n] for each in notes) for n in (0, 1))
    if found.kind == LAND:
        said = (
            f"{code}: {names} terpotong daratan dapil lain, celah {comma(gap)} m",
            f"{code}: {names} is cut off by the land of other dapil, gap {gap} m",
        )
    elif found.kind == BLOCKED:
        said = (
            f"{code}: {names} berpantai, tetapi tetangga lautnya milik dapil lain; celah {comma(gap)} m",
            f"{code}: {names} has a coast, but looks at other dapil over the sea; gap {gap} m",
        )
    else:
        said = (
            f"{code}: {found.pieces} bagian dipisahkan laut, tautan terjauh {comma(f'{found.sea_m / 1000:.1f}')} km",
            f"{code}: {found.pieces} pieces parted by the sea, longest link {found.sea_m / 1000:.1f} km",
        )
    cut = found.kind == LAND and not found.doubtful
    value = {
        "jenis": found.kind,
        "bagian": found.pieces,
        "celah_m": round(found.gap_m),
        "bawaan": found.inherent,
        "ragu": found.doubtful,
        "laut_km": None if np.isnan(found.sea_m) else round(found.sea_m / 1000, 1),
    }
    return Finding("d", FAILED if cut else ATTENTION, council, (said[0] + note[0], said[1] + note[1]), (code,),
                   found.units, value)  # fmt: skip


def same_ground(case: Case) -> Iterator[Finding]:
    """e: a dapil of DPRD kabkota inside one of DPRD provinsi (and, as a hint, that inside one of the DPR)."""
    if case.parent is None:
        return
    above = case.parent.owners(case.people)
    held = (case.owners >= 0) & (above >= 0)
    count = len(case.proposal.dapil)
    low, high = np.full(count, 1 << 30), np.full(count, -1)
    np.minimum.at(low, case.owners[held], above[held])
    np.maximum.at(high, case.owners[held], above[held])
    names = case.parent.dapil["kode_dapil"].tolist()
    codes_of: list[str] = case.proposal.dapil["kode_dapil"].tolist()
    for council, rows in case.councils.items():
        across = [int(n) for n in rows if high[n] > low[n] >= 0]
        if not across:
            yield Finding("e", PASSED, council, (f"tiap dapil di dalam satu dapil {case.parent.name}",
                          f"each dapil lies in one of {case.parent.name}"))  # fmt: skip
        for n in across:
            code = codes_of[n]
            pair = f"{names[low[n]]}, {names[high[n]]}"
            yield Finding(
                "e", FAILED if case.proposal.chamber == "dprd-kabkota" else ATTENTION, council,
                (f"{code} melintasi dapil {case.parent.name}: {pair}",
                 f"{code} lies across {case.parent.name}: {pair}"),
                (code,),
            )  # fmt: skip


def cohesion(case: Case) -> Iterator[Finding]:
    """f: history, culture, minorities: nothing in the data measures it."""
    for council in case.councils:
        yield Finding("f", UNKNOWN, council, ("sejarah, budaya, minoritas: tidak ada dalam data", "history, culture, "
                      "minorities: not in the data"))  # fmt: skip


def continuity(case: Case) -> Iterator[Finding]:
    """g: keep the dapil of the election before, unless the numbers do not let them stand."""
    if case.previous is None:
        return
    old = case.previous.owners(case.people)
    held = (case.owners >= 0) & (old >= 0)
    pairs = np.unique(np.stack([case.owners[held], old[held]], axis=1), axis=0)
    kept = _kept(pairs)
    codes_of: list[str] = case.proposal.dapil["kode_dapil"].tolist()
    low, high = case.regime.seats_of_dapil(case.proposal.chamber)
    for council, rows in case.councils.items():
        changed = [int(n) for n in rows if int(n) not in kept]
        codes = [codes_of[n] for n in changed]
        if not changed:
            yield Finding("g", PASSED, council, (f"semua dapil sama dengan {case.previous.name}",
                          f"all dapil are those of {case.previous.name}"))  # fmt: skip
            continue
        olds = sorted({int(b) for a, b in pairs if int(a) in changed})
        stands = would_stand(case, council, olds, old, low, high)
        said = {
            True: ("; wilayah lamanya masih memuat kursi yang sah: berubah tanpa keharusan angka",
                   "; the old ground would still get lawful seats: changed without a numerical need"),
            False: ("; wilayah lamanya tidak lagi memuat kursi yang sah",
                    "; the old ground would not get lawful seats"),
            None: ("", ""),
        }[stands]  # fmt: skip
        yield Finding(
            "g", PASSED if stands is False else ATTENTION, council,
            (f"berubah terhadap {case.previous.name}: {', '.join(codes)}{said[0]}",
             f"changed against {case.previous.name}: {', '.join(codes)}{said[1]}"),
            tuple(codes), value={"berubah": len(changed), "tetap": len(rows) - len(changed),
                                 "wilayah_lama_sah": stands},
        )  # fmt: skip


def _several(pairs: Array) -> list[tuple[int, int]]:
    """Pairs of dapil that are not each other's only one."""
    new, old = np.bincount(pairs[:, 0]), np.bincount(pairs[:, 1])
    return [(int(a), int(b)) for a, b in pairs if new[a] > 1 or old[b] > 1]


def _kept(pairs: Array) -> set[int]:
    """The dapil whose ground is exactly one of before."""
    several = {a for a, _ in _several(pairs)}
    return {int(a) for a in pairs[:, 0]} - several


def would_stand(case: Case, council: str, olds: list[int], old: Array, low: int, high: int) -> bool | None:
    """Whether old dapil would still get lawful seats with the people of today; None where people are not known."""
    assert case.previous is not None
    dewan = case.previous.dapil["dewan"].to_numpy(dtype=object)
    of = {dewan[b] for b in olds}
    if len(of) != 1:
        return None
    all_of = np.flatnonzero(dewan == of.pop())
    rank = np.full(len(dewan) + 1, -1)
    rank[all_of] = np.arange(len(all_of))
    if ((rank[old] >= 0) != np.isin(case.owners, case.councils[council])).any():
        return None  # the council's own ground is another: a new provinsi, or what is left of one
    for name in ("penduduk_2024", "penduduk_2023", "tps_2024"):
        value = case.people.figures(name).over(rank[old], len(all_of)).value
        if not np.isnan(value).any() and (value > 0).all():
            seats = largest_remainder(value, int(case.seats(council).sum())).seats
            return bool(((seats >= low) & (seats <= high)).all())
    return None


PRINCIPLES: Final = (
    Rule("a", ("Kesetaraan nilai suara", "Equal value of votes"), "h_i = P_i/S_i; d_i = h_i/BPPd - 1; "
         "MAL = ½ Σ |S_i/S - P_i/P|", equal_value),
    Rule("b", ("Ketaatan pada sistem proporsional", "Adherence to proportionality"), "M = S/n; 75 %/(M+1)",
         proportional),
    Rule("c", ("Proporsionalitas", "Evenness"), "max S_i - min S_i", even),
    Rule("d", ("Integralitas wilayah", "Integrity of ground"), "bagian lewat darat; tanpa pantai: terkurung",
         together),
    Rule("e", ("Cakupan wilayah yang sama", "The same ground"), "D_i ⊂ satu dapil induk", same_ground),
    Rule("f", ("Kohesivitas", "Cohesion"), "-", cohesion),
    Rule("g", ("Kesinambungan", "Continuity"), "D_i sama dengan dapil sebelumnya", continuity),
)  # fmt: skip
