"""Measures of a plan: equality, shape on the ellipsoid, splits. For archipelagos: what the coast does not touch.

Shape follows from units and their borders alone: of a dapil ``A`` is the sum of the areas of its units, ``P`` that of
all their rings less twice the borders inside it. The coast is in ``P``, so Polsby-Popper falls with its detail: compare
it on one base map only; ``batas_dalam`` and cut borders leave the coast out. Reock and hull are taken over the sea too:
`over_sea` says where they mean little.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import Geod, Transformer

from boundaries.elections.seats import allocate
from boundaries.law.codes import LENGTH
from boundaries.research.apportionment import largest_remainder, malapportionment
from boundaries.research.contiguity import Terrain
from boundaries.research.findings import Case
from boundaries.research.proposal import BLOCKS
from boundaries.research.sealinks import pieces
from boundaries.research.zoning import dapil_of

Array = NDArray[Any]

_GEOD: Final = Geod(ellps="WGS84")


@dataclass(frozen=True)
class Measure:
    """A measure of a plan: name, unit, what it says (id, en), formula."""

    name: str
    unit: str
    title: tuple[str, str]
    formula: str


#: Measures of a whole plan, in the order in which they are told.
MEASURES: Final = tuple(
    Measure(*each)
    for each in (
        ("dapil", "", ("Banyak dapil", "Dapil"), "n"),
        ("kursi", "kursi", ("Kursi", "Seats"), "S = Σ S_i"),
        ("kursi_rata_rata", "kursi", ("Kursi per dapil", "Seats a dapil"), "S/n"),
        ("mal", "", ("Malaporsi (MAL)", "Malapportionment (MAL)"), "½ Σ |S_i/S − P_i/P| (Samuels & Snyder 2001)"),
        ("gini", "", ("Gini kursi atas penduduk", "Gini of seats over people"), "1 − 2 ∫ Lorenz"),
        ("selisih_terbesar", "", ("Selisih harga kursi terbesar", "Largest difference of the price of a seat"),
         "max |P_i/S_i ÷ P/S − 1|"),
        ("rasio_harga", "", ("Harga kursi termahal/termurah", "Dearest over cheapest seat"), "max h ÷ min h"),
        ("simpangan_baku", "", ("Simpangan baku harga kursi", "Standard deviation of the price of a seat"), "sd(d_i)"),
        ("kursi_bukan_hamilton", "kursi", ("Kursi tidak menurut sisa terbesar", "Seats off largest remainder"),
         "½ Σ |S_i − Hamilton_i|"),
        ("kursi_bukan_webster", "kursi", ("Kursi tidak menurut Sainte-Laguë", "Seats off Sainte-Laguë"),
         "½ Σ |S_i − Webster_i|"),
        ("pindah_untuk_setara", "jiwa", ("Penduduk yang harus pindah agar setara", "People to move for parity"),
         "½ Σ |P_i − S_i·P/S|"),
        ("sisi_terpotong", "", ("Pasangan wilayah bertetangga yang terpisah", "Cut edges"), "|{uv: D(u) ≠ D(v)}|"),
        ("batas_terpotong_km", "km", ("Batas antardapil", "Borders between dapil"), "Σ L_uv, D(u) ≠ D(v)"),
        ("batas_dalam", "", ("Batas dalam ÷ √luas, rata-rata", "Inner borders over √area, mean"), "L_i ÷ √A_i"),
        ("polsby_popper", "", ("Polsby-Popper, rata-rata", "Polsby-Popper, mean"), "4πA ÷ P²"),
        ("schwartzberg", "", ("Schwartzberg, rata-rata", "Schwartzberg, mean"), "2√(πA) ÷ P"),
        ("reock", "", ("Reock, rata-rata", "Reock, mean"), "A ÷ luas lingkaran terkecil"),
        ("selubung", "", ("Luas ÷ selubung cembung, rata-rata", "Area over convex hull, mean"), "A ÷ A(selubung)"),
        ("sebaran_km", "km", ("Jarak penduduk ke pusat dapilnya", "Distance of people to their dapil's centre"),
         "Σ w_u·d(u, pusat) ÷ Σ w_u"),
        ("potongan", "", ("Potongan daratan", "Pieces by land"), "Σ komponen"),
        ("log_pohon", "", ("Log pohon rentang", "Log spanning trees"), "Σ ln τ(D_i)"),
        ("wilayah_terbelah", "", ("Wilayah hukum terbelah", "Units of the law that are split"), "|{u: > 1 dapil}|"),
        ("entropi_belah", "nat", ("Entropi pembelahan", "Entropy of splits"), "−Σ_u w_u Σ p ln p"),
    )
)  # fmt: skip


@dataclass(frozen=True)
class Scores:
    """``dapil``: a row a dapil with its measures, NaN where not known; ``plan``: each of `MEASURES`; ``weight``: people
    by which."""

    dapil: pd.DataFrame
    plan: dict[str, float]
    weight: str


def scores(case: Case, terrain: Terrain) -> Scores:
    """Measure a plan. `terrain`: units of its ground, none of which it parts."""
    proposal = case.proposal
    members = {unit: str(row) for unit, row in proposal.members.items()}
    owner = np.array([int(each) if each else -1 for each in dapil_of(terrain.codes, members)])
    table = proposal.dapil[["kode_dapil", "nama_dapil", "dewan", "kursi"]].copy()
    weight, people = _people(case)
    table["penduduk"] = people
    shaped, cut = shape(terrain, owner, len(table))
    table = pd.concat([table, shaped], axis=1)
    table["sebaran_km"] = _dispersion(case, terrain, owner, len(table), weight)
    table["log_pohon"] = _log_trees(terrain, owner, len(table))
    plan: dict[str, float] = {"dapil": len(table), "kursi": int(table["kursi"].sum()),
                              "kursi_rata_rata": float(table["kursi"].mean()), **cut}  # fmt: skip
    known = ~np.isnan(people) & (people > 0) & (table["kursi"].to_numpy() > 0)
    if known.all():
        plan |= equality(people, table["kursi"].to_numpy())
        total = people.sum()
        plan["sebaran_km"] = float((table["sebaran_km"] * people).sum(skipna=False) / total)
    for name in ("batas_dalam", "polsby_popper", "schwartzberg", "reock", "selubung"):
        plan[name] = float(table[name].mean(skipna=True))
    plan["potongan"] = int(table["potongan"].sum())
    plan["log_pohon"] = float(table["log_pohon"].sum())
    plan |= splits(case)
    return Scores(table, {each.name: plan.get(each.name, float("nan")) for each in MEASURES}, weight)


def equality(people: Array, seats: Array) -> dict[str, float]:
    """How equal a seat's price is between dapil, and how far seats are from those by people."""
    price = people / seats
    off = price / (people.sum() / seats.sum()) - 1
    order = np.argsort(seats / people, kind="stable")
    lorenz = np.concatenate([[0], np.cumsum(seats[order])]) / seats.sum()
    share = np.concatenate([[0], np.cumsum(people[order])]) / people.sum()
    whole = int(seats.sum())
    hamilton = largest_remainder(people, whole).seats
    webster = np.array(allocate([round(float(each)) for each in people], whole).won)
    return {
        "mal": malapportionment(people, seats),
        "gini": max(0.0, 1 - float(((lorenz[1:] + lorenz[:-1]) * np.diff(share)).sum())),
        "selisih_terbesar": float(np.abs(off).max()),
        "rasio_harga": float(price.max() / price.min()),
        "simpangan_baku": float(off.std()),
        "kursi_bukan_hamilton": float(np.abs(seats - hamilton).sum() / 2),
        "kursi_bukan_webster": float(np.abs(seats - webster).sum() / 2),
        "pindah_untuk_setara": float(np.abs(people - seats * people.sum() / seats.sum()).sum() / 2),
    }


def shape(terrain: Terrain, owner: Array, count: int) -> tuple[pd.DataFrame, dict[str, float]]:
    """Measures of the shape of `count` dapil, and what the plan cuts. `owner` (n,): the dapil of each unit, -1 none."""
    borders = terrain.borders
    held = owner >= 0
    area = np.bincount(owner[held], borders.area_m2[held], count)
    a, b = owner[borders.pairs.T]
    inside, cut = (a == b) & (a >= 0), (a != b) & (a >= 0) & (b >= 0)
    ring = np.bincount(owner[held], borders.perimeter_m[held], count)
    ring -= 2 * np.bincount(a[inside], borders.length_m[inside], count)
    inner = np.bincount(np.concatenate([a[cut], b[cut]]), np.tile(borders.length_m[cut], 2), count)
    part = pieces(len(owner), borders.pairs[inside])
    both = np.unique(np.stack([owner[held], part[held]], axis=1), axis=0)
    number = np.bincount(both[:, 0], minlength=count) if len(both) else np.zeros(count, dtype=int)
    circle, hull = _round(terrain, owner, count)
    with np.errstate(divide="ignore", invalid="ignore"):
        round_ = 4 * np.pi * area / ring**2
        table = pd.DataFrame({
            "luas_km2": area / 1e6, "keliling_km": ring / 1e3, "batas_dalam_km": inner / 1e3,
            "batas_dalam": inner / np.sqrt(area), "polsby_popper": round_, "schwartzberg": np.sqrt(round_),
            "reock": area / circle, "selubung": area / hull, "potongan": number, "lewat_laut": number > 1,
        })  # fmt: skip
    return table, {
        "sisi_terpotong": int(cut.sum()),
        "batas_terpotong_km": float(borders.length_m[cut].sum() / 1e3),
    }


def splits(case: Case) -> dict[str, float]:
    """Units of the law (kabkota, kecamatan) in more than one dapil, and how evenly, by desa."""
    level = BLOCKS[case.proposal.chamber]
    held = case.owners >= 0
    unit = case.people.desa[held].astype(f"U{LENGTH[level]}")
    pair = pd.DataFrame({"unit": unit, "dapil": case.owners[held]}).value_counts().rename("n").reset_index()
    total = pair.groupby("unit")["n"].transform("sum")
    share = pair["n"] / total
    parts = pair.groupby("unit").size()
    return {
        "wilayah_terbelah": int((parts > 1).sum()),
        "entropi_belah": abs(float((share * np.log(share) * total / max(held.sum(), 1)).sum())),
    }


def _people(case: Case) -> tuple[str, Array]:
    """People (n,) of each dapil by the best weight that is known for all of them; NaN by none."""
    for name, value in case.weights.items():
        if not np.isnan(value).any():
            return name, value
    return "", np.full(len(case.proposal.dapil), np.nan)


def _round(terrain: Terrain, owner: Array, count: int) -> tuple[Array, Array]:
    """Areas (m²) of the smallest circle and of the convex hull about each dapil, from the hulls of its islands, in the
    azimuthal equidistant plane about its middle."""
    circle, hull = np.full(count, np.nan), np.full(count, np.nan)
    parts, of = shapely.get_parts(terrain.geometry, return_index=True)
    corners, at = shapely.get_coordinates(shapely.convex_hull(parts), return_index=True)
    dapil = owner[of[at]]
    order = np.argsort(dapil, kind="stable")
    bounds = np.searchsorted(dapil[order], np.arange(count + 1))
    for row in range(count):
        xy = corners[order[bounds[row] : bounds[row + 1]]]
        if not len(xy):
            continue
        lon, lat = (xy.min(axis=0) + xy.max(axis=0)) / 2
        plane = f"+proj=aeqd +lat_0={lat:.6f} +lon_0={lon:.6f} +datum=WGS84"
        flat = np.column_stack(Transformer.from_crs("OGC:CRS84", plane, always_xy=True).transform(*xy.T))
        points = shapely.multipoints(flat)
        hull[row] = shapely.area(shapely.convex_hull(points))
        circle[row] = np.pi * shapely.minimum_bounding_radius(points) ** 2
    return circle, hull


def _dispersion(case: Case, terrain: Terrain, owner: Array, count: int, weight: str) -> Array:
    """The mean distance (km, n) of a dapil's people to their centre; NaN where people of its units are not known."""
    from boundaries.research.people import WEIGHTS

    found = np.full(count, np.nan)
    names = [weight] if weight in WEIGHTS else []
    for name in dict.fromkeys([*names, "penduduk_2023", "tps_2024"]):
        value = case.people.of_units(name, terrain.codes).value
        place = shapely.get_coordinates(shapely.point_on_surface(terrain.geometry))
        for row in np.flatnonzero(np.isnan(found)):
            mine = owner == row
            if mine.any() and not np.isnan(value[mine]).any() and value[mine].sum() > 0:
                found[row] = spread_km(place[mine], value[mine])
    return found


def spread_km(place: Array, weight: Array) -> float:
    """The weighted mean distance (km, on the ellipsoid) of points (n, 2; lon, lat) to their weighted middle."""
    lon, lat = np.radians(place.T)
    xyz = np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    x, y, z = np.average(xyz, axis=0, weights=weight)
    middle = np.degrees([np.arctan2(y, x), np.arctan2(z, np.hypot(x, y))])
    ends = np.full((2, len(place)), middle[:, None])
    _, _, metres = _GEOD.inv(place[:, 0], place[:, 1], ends[0], ends[1])
    return float(np.average(metres, weights=weight) / 1e3)


def _log_trees(terrain: Terrain, owner: Array, count: int) -> Array:
    """The logarithm of the number of spanning trees of each dapil's land graph (sum over its pieces, Kirchhoff)."""
    pairs = terrain.borders.pairs
    inside = pairs[(owner[pairs[:, 0]] == owner[pairs[:, 1]]) & (owner[pairs[:, 0]] >= 0)]
    part = pieces(len(owner), inside)
    found = np.zeros(count)
    edges = pd.Series(range(len(inside))).groupby(part[inside[:, 0]]).indices if len(inside) else {}
    for mine in edges.values():
        units, ends = np.unique(inside[mine], return_inverse=True)
        ends = ends.reshape(-1, 2)
        laplace = np.zeros((len(units), len(units)))
        np.add.at(laplace, (ends[:, 0], ends[:, 1]), -1)
        np.add.at(laplace, (ends[:, 1], ends[:, 0]), -1)
        np.fill_diagonal(laplace, -laplace.sum(axis=1))
        found[owner[units[0]]] += np.linalg.slogdet(laplace[1:, 1:])[1]
    return found
