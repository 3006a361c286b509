"""Votes of one election summed onto the dapil of another: notional results, with how much of them is exact.

A kecamatan whose ground lies whole in one dapil is moved exactly. One that dapil share is divided by the people of its
desa: residents of the kecamatan (end of 2023) by its desa's share of polling stations (2024), which is the weight.
Ground is that of the election: kecamatan made since are put back into those that they came from, where the plan of that
election tells (2019). Where it does not, a kecamatan counts as exact only if its whole kabkota lies in one dapil.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import pandas as pd

from boundaries.elections.sets import read_set, table
from boundaries.errors import TableError
from boundaries.law.codes import LENGTH
from boundaries.law.plans import MEMBER_COLUMNS, assignment, load_plans
from boundaries.law.registry import Registry, load_registry
from boundaries.law.tables import data_directory, read_table

#: The weight by which a kecamatan is divided, as it is named beside the figures.
WEIGHT: Final = "penduduk kecamatan 2023 x TPS desa 2024"
_KECAMATAN: Final = LENGTH["kecamatan"]
#: Where the units of a row stand, by set.
_PLACES: Final = {"hasil-wilayah": "kode_unit", "presiden": "kode_wilayah"}
#: What is summed apart, by set.
_KEYS: Final = {"hasil-wilayah": ["nomor_partai", "partai"], "presiden": ["nomor_pasangan", "pasangan"]}


#: The share of each dapil in a unit, and whether that is exact.
Shares = dict[str, tuple[dict[str, float], bool]]


@dataclass(frozen=True)
class Notional:
    """Votes on the dapil of another plan.

    Attributes
    ----------
    rows
        ``kode_dapil``, the party or pair, ``suara`` and what of it was moved exactly (``suara_tepat``) and divided
        (``suara_taksiran``), with the weight (``bobot``, empty where nothing was divided); ``cakupan_persen``: how much
        of the dapil's people lives where the table has votes.
    outside
        Votes of ground that elects nothing in that plan (Jakarta has no DPRD kabupaten/kota).
    """

    table: str
    basis: str
    plan: str
    rows: pd.DataFrame
    outside: int

    @property
    def exact(self) -> float:
        """Share of the votes that was moved exactly."""
        return float(self.rows["suara_tepat"].sum() / max(1, self.rows["suara"].sum()))


def notional(name: str, plan_id: str, drafted: Mapping[str, str] | None = None) -> Notional:
    """Sum a table of votes by kecamatan onto the dapil of a plan; votes are neither lost nor made.

    Parameters
    ----------
    name
        A table of ``hasil-wilayah`` or ``presiden-kecamatan``.
    plan_id
        A plan in law; with `drafted` the name of a draft.
    drafted
        Of a draft: the dapil of every desa that has one.

    Raises
    ------
    TableError
        The table has no votes by kecamatan.
    """
    found = table(name)
    votes = read_set(name)
    if found.set not in _PLACES or ("tingkat" in votes and (votes["tingkat"] != "kecamatan").any()):
        raise TableError(
            f"{name} has no votes by kecamatan; name a table of hasil-wilayah or presiden-kecamatan"
        )
    keys, place = _KEYS[found.set], _PLACES[found.set]
    votes = votes.assign(unit=votes[place].where(votes[place] != "", votes["kode_kabkota"]))
    units = votes.groupby(["unit", *keys], sort=True)["suara"].sum().reset_index()
    registry = load_registry()
    if drafted is None:
        (plan,) = load_plans(only=[plan_id])
        drafted = dict(assignment(plan, registry.at("desa")))
    shares, coverage = _shares(frozenset(units["unit"]), int(found.year), drafted, registry)
    moved = pd.DataFrame(_moved(units, keys, shares), columns=["kode_dapil", *keys, "suara", "taksiran"])
    inside = moved[moved["kode_dapil"] != ""]
    total = inside.groupby(["kode_dapil", *keys])["suara"].sum()
    divided = (
        inside[inside["taksiran"]]
        .groupby(["kode_dapil", *keys])["suara"]
        .sum()
        .reindex(total.index, fill_value=0)
    )
    rows = total.to_frame().assign(suara_tepat=total - divided, suara_taksiran=divided).reset_index()
    rows["cakupan_persen"] = rows["kode_dapil"].map(coverage).round(1)
    rows["bobot"] = rows["suara_taksiran"].map(lambda votes: WEIGHT if votes else "")
    return Notional(name, found.basis, plan_id, rows, int(moved["suara"][moved["kode_dapil"] == ""].sum()))


def _moved(
    units: pd.DataFrame, keys: list[str], shares: dict[str, tuple[dict[str, float], bool]]
) -> list[tuple[Any, ...]]:
    """Every row's votes by dapil, in whole numbers: what is left by rounding goes to the largest fractions."""
    moved: list[tuple[Any, ...]] = []
    for unit, *key, votes in units[["unit", *keys, "suara"]].itertuples(index=False):
        parts, exact = shares[unit]
        wanted = {dapil: float(votes) * share for dapil, share in parts.items()}
        given = {dapil: int(part) for dapil, part in wanted.items()}
        order = sorted(wanted, key=lambda dapil: (given[dapil] - wanted[dapil], dapil))
        for dapil in order[: int(votes) - sum(given.values())]:
            given[dapil] += 1
        moved += [(dapil, *key, part, not exact) for dapil, part in given.items()]
    return moved


def _shares(
    units: frozenset[str], year: int, dapil_of: Mapping[str, str], registry: Registry
) -> tuple[Shares, dict[str, float]]:
    """Of every unit the share of each dapil ("": none), and whether it lies whole in one; each dapil's coverage."""
    ground, told = _ground(units, year, registry)
    everybody: dict[str, float] = defaultdict(float)
    counted: dict[str, float] = defaultdict(float)
    in_kabkota: dict[str, set[str]] = defaultdict(set)
    weights = people(registry)
    for code, weight in weights.items():
        everybody[dapil_of.get(code, "")] += weight
        in_kabkota[code[: LENGTH["kabkota"]]].add(dapil_of.get(code, ""))
    shares: Shares = {}
    for unit in units:
        parts: dict[str, float] = defaultdict(float)
        for code, part in ground[unit].items():
            parts[dapil_of.get(code, "")] += part * weights[code]
        for dapil, part in parts.items():
            counted[dapil] += part
        exact = len(parts) == 1 and (told or len(in_kabkota[unit[: LENGTH["kabkota"]]]) == 1)
        shares[unit] = ({dapil: part / sum(parts.values()) for dapil, part in parts.items()}, exact)
    return shares, {dapil: 100 * min(1.0, counted[dapil] / everybody[dapil]) for dapil in counted}


def _ground(units: frozenset[str], year: int, registry: Registry) -> tuple[dict[str, dict[str, float]], bool]:
    """The desa of today of every unit as it was, with the part of each; and whether the plan tells what came since."""
    ground: dict[str, dict[str, float]] = {unit: {} for unit in units}
    came_from, told = _origins(units, year)
    for unit in units:
        for desa in registry.descendants(unit, "desa"):
            if desa not in came_from and (len(unit) > LENGTH["kabkota"] or desa[:_KECAMATAN] not in units):
                ground[unit][desa] = 1.0
    for desa, parents in came_from.items():
        for parent in parents:
            ground[parent][desa] = 1.0 / len(parents)
    return {
        unit: held or dict.fromkeys(registry.descendants(unit, "desa"), 1.0) for unit, held in ground.items()
    }, told


def _origins(units: frozenset[str], year: int) -> tuple[dict[str, tuple[str, ...]], bool]:
    """Of every desa in a kecamatan made since: the kecamatan among `units` that its votes were counted in."""
    registry = load_registry()
    plan_id = f"dprd-kabkota-{year}"
    known = (data_directory() / "plans" / str(year) / "dprd-kabkota.toml").exists()
    rows = (
        load_plans(registry=registry, only=[plan_id])[0].members
        if known
        else pd.DataFrame(columns=MEMBER_COLUMNS)
    )
    rows = rows[(rows["kode_lama"] != "") & (rows["kode_unit"].str.len() >= _KECAMATAN)]
    now = {old: unit for unit, old in zip(rows["kode_unit"], rows["kode_lama"], strict=True) if unit in units}
    found: dict[str, tuple[str, ...]] = {}
    for unit, old in zip(rows["kode_unit"], rows["kode_lama"], strict=True):
        codes = [now.get(code[:_KECAMATAN], code[:_KECAMATAN]) for code in old.split(";")]
        parents = tuple(code for code in codes if code in units)
        if unit[:_KECAMATAN] not in units and parents:
            single = len(unit) == LENGTH["desa"]
            found |= dict.fromkeys([unit] if single else registry.descendants(unit, "desa"), parents)
    return found, bool(len(rows))


@lru_cache(maxsize=1)
def _statistics() -> tuple[dict[str, int], list[tuple[tuple[str, ...], int]]]:
    """Polling stations of desa; and inhabitants of kecamatan, of one or of several that were one when counted."""
    directory = data_directory() / "statistics"
    stations = read_table(directory / "tps_desa_2024.csv", ["kode", "tps"])
    residents = read_table(
        directory / "penduduk_kecamatan_2023.csv", ["kode", "penduduk", "keluarga", "meliputi"]
    )
    tps = {code: int(count) for code, count in zip(stations["kode"], stations["tps"], strict=True) if code}
    known = residents[residents["penduduk"] != ""]
    ground = [
        (code, *(each for each in more.split(";") if each))
        for code, more in zip(known["kode"], known["meliputi"], strict=True)
    ]
    return tps, list(zip(ground, known["penduduk"].astype(int).tolist(), strict=True))


def people(registry: Registry) -> dict[str, float]:
    """Return an estimate of the people of every desa, for weights only.

    A kecamatan's residents by the share of its polling stations that a desa has; where its residents are not known, the
    nation's residents a station; a desa without a station counts half a one.
    """
    tps, counted = _statistics()
    stations = {desa: float(tps.get(desa, 0)) or 0.5 for desa in registry.at("desa")}
    held: dict[str, float] = defaultdict(float)
    for desa, count in stations.items():
        held[desa[:_KECAMATAN]] += count
    residents: dict[str, float] = {}
    for ground, figure in counted:
        together = sum(held[code] for code in ground if code in held)
        for code in ground:
            if code in held:  # one that was made of two has people of both
                residents[code] = residents.get(code, 0.0) + figure * held[code] / together
    mean = sum(residents.values()) / sum(held[code] for code in residents if code in held)
    return {
        desa: count
        * residents.get(desa[:_KECAMATAN], mean * held[desa[:_KECAMATAN]])
        / held[desa[:_KECAMATAN]]
        for desa, count in stations.items()
    }
