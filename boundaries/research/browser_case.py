"""What a browser needs to hold a draft of one council against the law, and to place it among all lawful plans.

The rules run there on whole units of the law; what they read of people, neighbours, coasts and of the plans before and
above is written down here, so that they find what `boundaries.research.check` finds. Numbers stand for units, base
units and dapil by their place in the lists.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from boundaries.ground.ragged import distinct
from boundaries.law.codes import LENGTH
from boundaries.law.plans import load_plans
from boundaries.law.registry import Registry
from boundaries.release.store import Release
from boundaries.research.check import ALL
from boundaries.research.contiguity import Terrain, read_terrain
from boundaries.research.council import PARTED, Council, councils
from boundaries.research.findings import PREFERRED, Case
from boundaries.research.graph import Graph
from boundaries.research.known_counts import count_of, known_counts
from boundaries.research.people import People
from boundaries.research.plan_measures import MEASURES
from boundaries.research.plan_tables import QUANTILES
from boundaries.research.principles import would_stand
from boundaries.research.proposal import BLOCKS, Proposal, of_law, part
from boundaries.research.regime import load_regime
from boundaries.research.sealinks import LAND_M
from boundaries.research.workbench import ABOVE

Array = NDArray[Any]
Row = dict[str, Any]

YEAR: Final = 2024
#: Gaps are looked for so far (degrees): over half a kilometre anywhere in Indonesia.
_NEAR: Final = 0.0056
#: Of a count: what the page tells.
_TOLD: Final = ("metode", "rencana_kuota", "rencana_sah", "sah_taksiran", "bobot", "tautan")


class BrowserCases:
    """The councils of a release's newest plans as cases for the browser."""

    def __init__(self, release: Release, registry: Registry) -> None:
        self.release, self.registry = release, registry
        self.people = People(registry)
        self.regime = load_regime(YEAR)
        self._laws: dict[str, Proposal | None] = {}

    @cached_property
    def terrain(self) -> Terrain:
        """All base units."""
        return read_terrain(self.release)

    def index(self) -> Row:
        """What all councils have in common: rules with their sources, thresholds, measures."""
        return {
            "tahun": YEAR,
            "rilis": self.release.id,
            "ambang": dict(self.regime.yardsticks),
            "aturan": {rule.id: {"nama": {"id": rule.title[0], "en": rule.title[1]},
                                 "dasar": self.regime.source(rule.id)} for rule in ALL},
            "ukuran": {name: {"id": each.said[0], "en": each.said[1], "satuan": each.unit, "asas": each.principle}
                       for name, each in MEASURES.items()},
        }  # fmt: skip

    def chambers(self) -> Iterator[tuple[str, str, Row]]:
        """Every council of the release's plans with ground on its map: chamber, code, case."""
        graphs: dict[Any, Graph] = {}
        for chamber in PARTED:
            law = self._law(chamber) if f"{chamber}-{YEAR}" in self.release.layers else None
            if law is None:
                continue
            drawn = [code for code in law.councils if self._drawn(chamber, code)]
            if not drawn:
                continue
            above = self._law(ABOVE.get(chamber, ""))
            known, bare = known_counts(chamber, YEAR), _without_people(law)
            for council in councils(
                self.release, chamber, YEAR, only=drawn, registry=self.registry, people=self.people,
                laws=self._laws, graphs=graphs,
            ):  # fmt: skip
                yield chamber, council.code, self.case(council, law, above, known, bare)

    def _law(self, chamber: str) -> Proposal | None:
        name = f"{chamber}-{YEAR}"
        if name not in self._laws:
            found = load_plans(registry=self.registry, only=[name]) if chamber else []
            self._laws[name] = of_law(found[0]) if found and found[0].meta.komposisi else None
        return self._laws[name]

    def case(
        self, council: Council, law: Proposal, above: Proposal | None, known: Mapping[str, dict[str, str]],
        bare: Proposal | None = None,
    ) -> Row:  # fmt: skip
        """One council. `bare`: the law without its people, if it is at hand."""
        level = BLOCKS[council.chamber]
        units = self._units(council.chamber, council.code)
        at = self.people.zones(units, range(len(units)))
        own = Case(
            part(bare or _without_people(law), council.code),
            self.regime,
            self.people,
            self.registry,
            previous=law,
        )
        people = own.council_people(council.code)
        olds, old = _rows(law.owners(self.people), at, len(units))
        found: Row = {
            "rilis": self.release.id,
            "lembaga": council.chamber, "tahun": YEAR, "dewan": council.code, "nama": council.name,
            "kursi": council.seats, "batas": [council.low, council.high], "tingkat": level,
            "unit": [[code, self.registry.names[code]] for code in units],
            "bobot": [self._weight(name, at, len(units)) for name in PREFERRED],
            "penduduk_dewan": None if people is None else [people.name, float(people.value.sum())],
            "menurut_penduduk": None if people is None else self.regime.council_size(
                council.chamber, council.code, float(people.value.sum())),
            "hukum": {"nama": law.name, "kode": [str(law.dapil["kode_dapil"][n]) for n in olds],
                      "kursi": [int(law.dapil["kursi"][n]) for n in olds], "unit": old,
                      "sah": would_stand(own, council.code, olds, law.owners(self.people), council.low, council.high)},
            "induk": None,
            "simpul": self._graph(council, units, known),
            **self._ground(council, units),
        }  # fmt: skip
        if above is not None:
            rows, of = _rows(above.owners(self.people), at, len(units))
            found["induk"] = {
                "nama": above.name,
                "kode": [str(above.dapil["kode_dapil"][n]) for n in rows],
                "unit": of,
            }
        return found

    def _drawn(self, chamber: str, code: str) -> bool:
        """Whether any unit of a council has a polygon: a map of a part of the country has none of most councils."""
        size = LENGTH[BLOCKS[chamber]]
        return not self._held[size].isdisjoint(self._units(chamber, code))

    @cached_property
    def _held(self) -> dict[int, frozenset[str]]:
        """Codes of the units that hold base units with a polygon, by their length."""
        return {size: frozenset(code[:size] for code in self.terrain.codes)
                for size in {LENGTH[level] for level in BLOCKS.values()}}  # fmt: skip

    def _units(self, chamber: str, code: str) -> list[str]:
        """The units of the law on a council's ground, those without a polygon as well."""
        if chamber == "dprd-kabkota":
            return list(self.registry.children(code))
        return [unit for unit in self.registry.at("kabkota") if self.registry.provinsi_in(unit, YEAR) == code]

    def _weight(self, name: str, at: Array, count: int) -> Row:
        """People of each unit by themselves (None: not known), and those that several only have together."""
        figures = self.people.figures(name)
        inside = np.flatnonzero(at >= 0)
        group, of = figures.group[inside], at[inside]
        lacking = np.zeros(count, bool)
        lacking[of[group < 0]] = True
        held = group >= 0
        pairs = _distinct(group[held], of[held])
        within = np.bincount(group[held], minlength=len(figures.value))
        lacking[pairs[(within < figures.desa_of)[pairs[:, 0]], 1]] = True
        value, shared = np.zeros(count), []
        for mine in np.split(pairs, np.flatnonzero(np.diff(pairs[:, 0])) + 1) if len(pairs) else []:
            units = mine[:, 1]
            if len(units) == 1:
                value[units[0]] += figures.value[mine[0, 0]]
            elif not lacking[units].any():
                shared.append([units.tolist(), float(figures.value[mine[0, 0]])])
        single = [None if lacks else float(each) for each, lacks in zip(value, lacking, strict=True)]
        return {"nama": name, "unit": single, "bersama": shared}

    def _graph(self, council: Council, units: list[str], known: Mapping[str, dict[str, str]]) -> Row:
        """The graph that plans are counted on, and what is known of all lawful ones."""
        place = {code: n for n, code in enumerate(units)}
        row = count_of(council, known)
        count: Row | None = None
        if row is not None and row["metode"] != "tidak-terhitung":
            count = {key: _number(row[key]) for key in _TOLD}
            count["persen"] = list(QUANTILES)
            count["sebaran"] = {
                name: [_number(row[f"{name}_p{each}"]) for each in QUANTILES] for name in MEASURES
            }
        before = council.before
        return {
            "unit": [[place[code] for code in node] for node in council.units],
            "penduduk": council.people.tolist(),
            "sisi": [[int(a), int(b), round(float(m), 3)]
                     for (a, b), m in zip(council.pairs, council.border_m, strict=True)],
            "sebelum": None if before is None else before.tolist(),
            "sidik": council.fingerprint,
            "hitungan": count,
        }  # fmt: skip

    def _ground(self, council: Council, units: list[str]) -> Row:
        """Base units, their coasts, borders, links over the sea, and narrow gaps."""
        terrain = self.terrain
        size = LENGTH[BLOCKS[council.chamber]]
        numbers, holder = self._holders(size)
        place = np.full(len(numbers), -1)
        for n, code in enumerate(units):
            if code in numbers:
                place[numbers[code]] = n
        of = place[holder]
        mine = np.flatnonzero(of >= 0)
        at = np.full(len(of), -1)
        at[mine] = np.arange(len(mine))
        land = at[terrain.borders.pairs]
        land = land[(land >= 0).all(axis=1)]
        return {
            "dasar": [[str(terrain.codes[n]), self.registry.names.get(str(terrain.codes[n]), ""), int(of[n]),
                       round(float(terrain.borders.area_m2[n])), round(float(terrain.coast_m[n]), 1)] for n in mine],
            "darat": land.tolist(),
            "laut": self._sea(mine),
            "celah": self._gaps(mine, land),
        }  # fmt: skip

    def _holders(self, size: int) -> tuple[dict[str, int], Array]:
        """Codes of a length that hold base units, numbered, and the number (d,) of each base unit's."""
        if size not in self._holders_of:
            codes, number = np.unique(self.terrain.codes.astype(f"U{size}"), return_inverse=True)
            self._holders_of[size] = {str(code): n for n, code in enumerate(codes)}, number
        return self._holders_of[size]

    @cached_property
    def _holders_of(self) -> dict[int, tuple[dict[str, int], Array]]:
        return {}

    def _sea(self, mine: Array) -> list[list[float]]:
        """Links over the sea that the checker may use, shortest first: two base units and the gap (m)."""
        where, sea = self.terrain.sea(mine)
        inside = np.isin(where, mine)
        numbers = np.flatnonzero(inside[sea.candidates].all(axis=1))
        pairs = sea.candidates[numbers]
        gap, crossed = sea.between(numbers)
        good = (gap <= self.regime.yardsticks["tautan_km"] * 1000) & (crossed < LAND_M)
        order = np.flatnonzero(good)[np.argsort(gap[good], kind="stable")]
        number = np.searchsorted(mine, where[pairs[order]])
        return [[int(a), int(b), round(float(m), 3)] for (a, b), m in zip(number, gap[order], strict=True)]

    def _gaps(self, mine: Array, land: Array) -> list[list[float]]:
        """Base units without a common border that are near each other: degrees, as the checker looks for the nearest,
        and metres."""
        geometry = self.terrain.geometry[mine]
        touching = {tuple(sorted(pair)) for pair in land.tolist()}
        boxes = shapely.box(*(shapely.bounds(geometry) + np.array([-_NEAR, -_NEAR, _NEAR, _NEAR])).T)
        a, b = shapely.STRtree(geometry).query(boxes)
        near = [
            (int(i), int(j)) for i, j in zip(a, b, strict=True) if i < j and (int(i), int(j)) not in touching
        ]
        if not near:
            return []
        one, other = np.array(near).T
        shapely.prepare(geometry)
        close = shapely.dwithin(geometry[one], geometry[other], _NEAR)
        one, other = one[close], other[close]
        lines = shapely.shortest_line(geometry[one], geometry[other])
        degrees = shapely.length(lines)
        return [[int(i), int(j), round(float(d), 9), round(_geodesic(line), 3)]
                for i, j, d, line in zip(one, other, degrees, lines, strict=True)]  # fmt: skip


def _geodesic(line: Any) -> float:
    from pyproj import Geod

    return float(Geod(ellps="WGS84").geometry_length(line))


def _rows(owner: Array, at: Array, count: int) -> tuple[list[int], list[list[int]]]:
    """The dapil of a plan on some units, by their rows, and which of them (by place in those) each unit lies in."""
    held = (at >= 0) & (owner >= 0)
    pairs = _distinct(at[held], owner[held])
    rows, number = np.unique(pairs[:, 1], return_inverse=True)
    of: list[list[int]] = [[] for _ in range(count)]
    for unit, row in zip(pairs[:, 0].tolist(), number.tolist(), strict=True):
        of[unit].append(row)
    return rows.tolist(), of


def _without_people(law: Proposal) -> Proposal:
    """A plan in law without the people that it was made for."""
    return replace(law, dapil=law.dapil.assign(penduduk=pd.array([None] * len(law.dapil), dtype="Int64")))


def _distinct(one: Array, other: Array) -> Array:
    """The pairs (k, 2) of two lists (n,) of numbers from 0, each once, sorted."""
    wide = int(other.max(initial=0)) + 1
    return np.stack(np.divmod(distinct(one * wide + other), wide), axis=1)


def _number(text: str) -> Any:
    """A cell as a number where it is one; None if it is empty."""
    if not text:
        return None
    try:
        return int(text) if text.isdigit() else float(text)
    except ValueError:
        return text
