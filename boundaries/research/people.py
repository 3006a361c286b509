"""People on the ground: official figures as facts about ground, added up over any zones, empty where not known.

A figure stands for the ground that it was counted on. A kecamatan that gave villages away since has no figure of its
own, but it and its successors together have one. So a figure is kept as the set of desa (of 2025) that it covers, and
the sum over a zone is known where every desa of the zone lies under a figure that lies in the zone whole.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from boundaries.errors import PlanError
from boundaries.ground.ragged import connected
from boundaries.law.codes import LENGTH
from boundaries.law.nesting import under
from boundaries.law.registry import Registry
from boundaries.law.tables import data_directory, read_table

Array = NDArray[Any]

#: How a figure of a zone came about (column ``<weight>_asal``).
OFFICIAL: Final = "resmi"
SUMMED: Final = "jumlah"
DIVIDED: Final = "bagi"

Facts = list[tuple[tuple[str, ...], float]]


@dataclass(frozen=True)
class Weight:
    """One official count: what it is, of when, from where."""

    name: str
    year: int
    source: str
    meaning: str
    read: Callable[[Registry], Facts]
    divided: bool = False


@dataclass(frozen=True)
class Sums:
    """A weight over zones: `value` (n,), NaN where not known; `known` (n,), the share of its desa under a whole
    figure; `origin` (n,), `OFFICIAL`, `SUMMED`, `DIVIDED` or empty."""

    value: Array
    known: Array
    origin: Array


@dataclass(frozen=True)
class Figures:
    """The figures of one weight on the desa of a registry: `group` (d,) number of the figure over each desa, -1 for
    none; `value` (g,)."""

    weight: Weight
    desa: Array
    group: Array
    value: Array
    single: Array

    @cached_property
    def desa_of(self) -> Array:
        """How many desa (g,) each figure is over."""
        return np.bincount(self.group[self.group >= 0], minlength=len(self.value))

    def over(self, zone: Array, count: int) -> Sums:
        """Add up over zones: `zone` (d,) the number of the zone of each desa, -1 for none; `count` zones."""
        inside = np.flatnonzero(zone >= 0)
        of, group = zone[inside], self.group[inside]
        on = group >= 0
        low = np.full(len(self.value), count)
        high = np.full(len(self.value), -1)
        np.minimum.at(low, group[on], of[on])
        np.maximum.at(high, group[on], of[on])
        whole = (low == high) & (np.bincount(group[on], minlength=len(self.value)) == self.desa_of)
        size = np.bincount(of, minlength=count)
        on[on] = whole[group[on]]
        known = np.bincount(of[on], minlength=count) / np.maximum(size, 1)
        value = np.bincount(low[whole], self.value[whole], count)
        number = np.bincount(low[whole], minlength=count)
        single = np.bincount(low[whole], self.single[whole], count) == 1
        full = (known == 1) & (size > 0)
        kind = DIVIDED if self.weight.divided else np.where((number == 1) & single, OFFICIAL, SUMMED)
        return Sums(np.where(full, value, np.nan), known, np.where(full, kind, ""))


class People:
    """Every weight on the desa of a registry; figures are read when first asked for."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self._figures: dict[str, Figures] = {}

    @cached_property
    def desa(self) -> Array:
        """All desa of the registry, sorted: the atoms of every sum."""
        return np.array(self.registry.at("desa"))

    def figures(self, name: str) -> Figures:
        """The figures of a weight by its name (`WEIGHTS`)."""
        if name not in WEIGHTS:
            raise PlanError(f"no weight {name!r}; there are {', '.join(WEIGHTS)}")
        if name not in self._figures:
            self._figures[name] = _figures(WEIGHTS[name], self.desa, self.registry)
        return self._figures[name]

    def zones(self, units: Iterable[str], zone: Iterable[int]) -> Array:
        """Give each desa the zone of the unit that holds it, -1 without one. `units`: codes of any levels."""
        of_unit, of_desa = under(np.array(list(units), dtype=str), self.desa)
        found = np.full(len(self.desa), -1)
        found[of_desa] = np.asarray(list(zone), dtype=int)[of_unit]
        return found

    def of_units(self, name: str, units: Iterable[str]) -> Sums:
        """A weight of each unit."""
        codes = list(units)
        return self.figures(name).over(self.zones(codes, range(len(codes))), len(codes))


def _figures(weight: Weight, desa: Array, registry: Registry) -> Figures:
    facts = weight.read(registry)
    units = np.array([unit for ground, _ in facts for unit in ground], dtype=str)
    fact = np.repeat(np.arange(len(facts)), [len(ground) for ground, _ in facts])
    of_unit, atom = under(units, desa)
    # Figures that share ground make one group: what is known is their sum, on all their ground together.
    group = connected(len(facts), [(fact[of_unit], atom)]) if len(facts) else np.empty(0, dtype=int)
    held = np.full(len(desa), -1)
    held[atom] = group[fact[of_unit]]
    count = int(group.max(initial=-1)) + 1
    value = np.bincount(group, [value for _, value in facts], count)
    return Figures(weight, desa, held, value, np.bincount(group, minlength=count) == 1)


# What each weight is


def _table(name: str, columns: tuple[str, ...]) -> pd.DataFrame:
    return read_table(data_directory() / "statistics" / name, columns)


def _by_kabkota(name: str, columns: tuple[str, ...], registry: Registry) -> Facts:
    table = _table(name, columns)
    return [
        ((code,), float(value))
        for code, value in zip(table["kode"], table["penduduk"], strict=True)
        if len(code) == LENGTH["kabkota"] and code in registry
    ]


def _penduduk_2024(registry: Registry) -> Facts:
    return _by_kabkota("penduduk_2024.csv", ("kode", "penduduk"), registry)


def _dak2_2019(registry: Registry) -> Facts:
    return _by_kabkota("dak2_2019.csv", ("kode", "kode_2019", "penduduk", "kursi_dprd"), registry)


def _penduduk_2023(registry: Registry) -> Facts:
    return [(ground, float(value)) for ground, value in _by_kecamatan() if ground[0] in registry]


def _by_kecamatan() -> Iterator[tuple[tuple[str, ...], str]]:
    """The kecamatan that each figure of 2023 stands for, those made since included, and the figure."""
    table = _table("penduduk_kecamatan_2023.csv", ("kode", "penduduk", "keluarga", "meliputi"))
    for code, value, _, more in table.to_numpy(dtype=str):
        yield (str(code), *(each for each in more.split(";") if each)), str(value)


def _sensus_2010(registry: Registry) -> Facts:
    """Only kecamatan of kabkota whose kecamatan are those of 2010; several of 2010 may be one of today."""
    columns = (
        "kode_bps", "kecamatan", "kabkota", "laki_laki", "perempuan", "penduduk", "kode", "kecamatan_kabkota_tetap",
    )  # fmt: skip
    table = _table("sensus_2010.csv", columns)
    kept = table[(table["kecamatan_kabkota_tetap"] == "ya") & table["kode"].isin(registry.names)]
    return [((code,), float(value)) for code, value in zip(kept["kode"], kept["penduduk"], strict=True)]


def _tps_2024(registry: Registry) -> Facts:
    """By desa; where a desa has no row of its own its people voted elsewhere in the kecamatan, whose total stands for
    all of it (with the kecamatan made out of it since)."""
    table = _table("tps_desa_2024.csv", ("kode", "tps"))
    rows = {c: float(v) for c, v in zip(table["kode"], table["tps"], strict=True) if c in registry}
    lacking = {code[: LENGTH["kecamatan"]] for code in registry.at("desa") if code not in rows}
    clusters = list(_clusters())
    coarse = [ground for ground in clusters if lacking & set(ground)]
    coarse += [(code,) for code in sorted(lacking - {code for ground in clusters for code in ground})]
    held = {code for ground in coarse for code in ground}
    old = _table("tps_2024.csv", ("kode", "tps", "kode_kpu"))
    total = dict(zip(old["kode"], old["tps"].astype(float), strict=True))
    facts: Facts = [
        (ground, sum(total.get(code, 0.0) for code in ground))
        for ground in coarse
        if all(code in registry for code in ground)
    ]
    return facts + [((code,), v) for code, v in rows.items() if code[: LENGTH["kecamatan"]] not in held]


def _estimate(registry: Registry) -> Facts:
    """Inhabitants of a desa: those of its kecamatan (and of kecamatan made since), shared by polling stations."""
    people = People(registry)
    by_kecamatan, stations = people.figures("penduduk_2023"), people.figures("tps_2024")
    whole = stations.over(np.arange(len(people.desa)), len(people.desa)).value
    on = (by_kecamatan.group >= 0) & ~np.isnan(whole)
    total = np.bincount(by_kecamatan.group[on], whole[on], len(by_kecamatan.value))
    known = np.bincount(by_kecamatan.group[by_kecamatan.group >= 0], minlength=len(by_kecamatan.value))
    shared = np.bincount(by_kecamatan.group[on], minlength=len(by_kecamatan.value)) == known
    good = on & shared[by_kecamatan.group] & (total[by_kecamatan.group] > 0)
    group = by_kecamatan.group[good]
    share = by_kecamatan.value[group] * whole[good] / total[group]
    return [((str(code),), float(v)) for code, v in zip(people.desa[good], share, strict=True)]


def _clusters() -> Iterator[tuple[str, ...]]:
    """Kecamatan that a figure of before their making stands for together."""
    facts = [ground for ground, _ in _by_kecamatan() if len(ground) > 1]
    codes = sorted({code for ground in facts for code in ground})
    at = {code: n for n, code in enumerate(codes)}
    fact = np.repeat(np.arange(len(facts)), [len(ground) for ground in facts])
    unit = np.array([at[code] for ground in facts for code in ground], dtype=int)
    if not facts:
        return
    number = connected(len(codes), [(unit, fact)])
    for group in range(int(number.max()) + 1):
        yield tuple(code for code, n in zip(codes, number, strict=True) if n == group)


#: Every weight by its name. Estimates are given only where they are named.
WEIGHTS: Final[Mapping[str, Weight]] = {
    weight.name: weight
    for weight in (
        Weight(
            "penduduk_2024", 2024, "Kemendagri, Ditjen Dukcapil, Semester II 2024",
            "Penduduk akhir 2024, resmi per kabkota | Inhabitants at the end of 2024, official by kabkota",
            _penduduk_2024,
        ),
        Weight(
            "penduduk_2023", 2023, "Kemendagri, Ditjen Dukcapil, peta kecamatan (tanggal disimpulkan)",
            "Penduduk 2023, resmi per kecamatan | Inhabitants in 2023, official by kecamatan", _penduduk_2023,
        ),
        Weight(
            "tps_2024", 2024, "KPU, lewat kawalpemilu/kp24",
            "TPS 14 Februari 2024: pengganti pemilih, bukan penduduk | Polling stations of 14 February 2024: a "
            "stand-in for electors, not for inhabitants", _tps_2024,
        ),
        Weight(
            "dak2_2019", 2017, "KPU, DAK2 untuk pemilu 2019",
            "Penduduk (DAK2) yang mendasari kursi 2019, per kabkota | Inhabitants (DAK2) on which the seats of 2019 "
            "rest, by kabkota", _dak2_2019,
        ),
        Weight(
            "sensus_2010", 2010, "BPS, Sensus Penduduk 2010",
            "Penduduk 2010, kabkota yang kecamatannya tetap | Inhabitants in 2010, of kabkota that have the same "
            "kecamatan today", _sensus_2010,
        ),
        Weight(
            "taksiran_penduduk_2023", 2023, "taksiran: penduduk_2023 dibagi menurut tps_2024",
            "TAKSIRAN penduduk desa: penduduk kecamatan dibagi menurut TPS | ESTIMATE of a desa's inhabitants: those "
            "of its kecamatan shared by polling stations", _estimate, divided=True,
        ),
    )
}  # fmt: skip

#: The weights that a graph's nodes carry without being asked.
OFFICIAL_WEIGHTS: Final = tuple(name for name, weight in WEIGHTS.items() if not weight.divided)
