"""Which dapil is at a point: the engine of ``/lookup`` and of ``dapil lookup``.

It finds, in full detail, the kecamatan under the point, or the desa of one that a plan divides, and reads the plans'
tables; no dapil polygon is touched, so the answer is the law's table and not a second geometry. Points at sea take the
nearest unit within 5 km. Boxes and tables are held; an outline is read when a point is near it.
"""

import json
import math
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from boundaries.errors import BoundariesError, NotFound
from boundaries.law.codes import LENGTH, Level, ancestor, finest, level
from boundaries.law.doubts import doubts
from boundaries.release.geometry_cache import Shapes
from boundaries.release.geopackage_reader import GeoPackage
from boundaries.release.point_index import BORDER_M, METRES_PER_DEGREE, REACH_M, PointIndex, shortening

__all__ = [
    "BORDER_M",
    "CHAMBERS",
    "REACH_M",
    "Lookup",
    "LookupResult",
    "QuestionError",
    "TooFar",
    "check_point",
]

CHAMBERS: Final = ("dpr", "dpd", "dprd-provinsi", "dprd-kabkota")
_LEVELS: Final[tuple[Level, ...]] = ("provinsi", "kabkota", "kecamatan", "desa")
#: What the outlines that are held may take.
_HELD_BYTES: Final = 16 << 20
_MARGIN: Final = 1.02
#: Where Indonesia's longitudes and latitudes lie; they do not overlap, so a swapped pair shows.
_LONGITUDES: Final = (90.0, 145.0)
_LATITUDES: Final = (-15.0, 10.0)
_WORDS: Final = {
    "id": {"sea": "di laut, {} m dari daratan terdekat", "near": "{0.jarak_m:.1f} m dari {0.nama} ({0.kode})",
           "seat": "{0.nama_dapil}, {0.kursi} kursi ({0.dasar_hukum})", "doubt": "diragukan"},
    "en": {"sea": "at sea, {} m from the nearest land", "near": "{0.jarak_m:.1f} m from {0.nama} ({0.kode})",
           "seat": "{0.nama_dapil}, {0.kursi} seats ({0.dasar_hukum})", "doubt": "doubtful"},
}  # fmt: skip
_FACTS: Final = ("id", "kode_dapil", "nama_dapil", "kursi", "mulai", "selesai", "dasar_hukum", "ragu")


class QuestionError(BoundariesError, ValueError):
    """A longitude, latitude or year that cannot be looked up; `parameter` names it, `allowed` what can."""

    exit_code = 2

    def __init__(self, parameter: str, message: str, allowed: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.parameter = parameter
        self.allowed = allowed


class TooFar(NotFound):
    """No unit within reach of the point; `jarak_m` is the distance to the nearest."""

    def __init__(self, message: str, jarak_m: float, nearest: "Unit") -> None:
        super().__init__(message)
        self.jarak_m = jarak_m
        self.nearest = nearest


@dataclass(frozen=True)
class Unit:
    """An administrative unit."""

    kode: str
    nama: str


@dataclass(frozen=True)
class Neighbour:
    """A base unit beside the answer, and how far the point is from it."""

    kode: str
    nama: str
    jarak_m: float


@dataclass(frozen=True)
class Seat:
    """The dapil of one chamber at the point; without an id there is none, and `alasan` says why."""

    lembaga: str
    tahun: int
    id: str | None = None
    kode_dapil: str | None = None
    nama_dapil: str | None = None
    kursi: int | None = None
    mulai: str | None = None
    selesai: str | None = None
    dasar_hukum: str | None = None
    ragu: str | None = None
    alasan: dict[str, str] | None = None


@dataclass(frozen=True)
class LookupResult:
    """The answer for one point and year."""

    lon: float
    lat: float
    tahun: int
    di_darat: bool
    jarak_m: float
    desa: Unit | None
    kecamatan: Unit | None
    kabkota: Unit | None
    provinsi: Unit
    tetangga: tuple[Neighbour, ...]
    dapil: tuple[Seat, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the answer as plain values, for JSON."""
        answer = asdict(self)
        point = {"lon": answer.pop("lon"), "lat": answer.pop("lat")}
        return (
            {"titik": point} | answer | {"tetangga": list(answer["tetangga"]), "dapil": list(answer["dapil"])}
        )

    def as_text(self, language: Literal["id", "en"] = "id") -> str:
        """Return the answer as lines for a person."""
        words = _WORDS[language]
        units = [unit for unit in (self.desa, self.kecamatan, self.kabkota, self.provinsi) if unit]
        lines = [", ".join(f"{unit.nama} ({unit.kode})" for unit in units)]
        if not self.di_darat:
            lines.append(words["sea"].format(f"{self.jarak_m:.0f}"))
        lines += [words["near"].format(each) for each in self.tetangga]
        for seat in self.dapil:
            told = seat.alasan[language] if seat.alasan else words["seat"].format(seat)
            lines.append(f"{seat.lembaga:<14}{seat.tahun}  {told}")
            reasons = doubts(seat.ragu, language) if seat.ragu else ()
            lines += [f"{'':<20}{words['doubt']}: {each}" for each in reasons]
        return "\n".join(lines)


class HasPackage(Protocol):
    """What is needed of a release: where its GeoPackage is."""

    @property
    def gpkg(self) -> Path:
        """The path of dapil.gpkg."""


class Layers(Protocol):
    """What is read of a release: columns of its tables, and whole layers."""

    @property
    def tables(self) -> frozenset[str]:
        """The names of all layers and tables."""

    def records(self, table: str, columns: Sequence[str]) -> list[tuple[Any, ...]]:
        """Return all rows of a table, in order."""

    def whole(self, table: str) -> NDArray[np.object_]:
        """Return all geometries of a layer, in order."""


class Tables(Protocol):
    """What is read of a release for a lookup: columns of its tables, and single outlines in full detail."""

    @property
    def tables(self) -> frozenset[str]:
        """The names of all layers and tables."""

    def records(self, table: str, columns: Sequence[str]) -> list[tuple[Any, ...]]:
        """Return all rows of a table, in order."""

    def full_bounds(self, table: str) -> NDArray[np.float64]:
        """Return the boxes (n, 4) of a layer, in order: xmin, ymin, xmax, ymax."""

    def full_shapes(self, table: str, places: Sequence[int]) -> NDArray[np.object_]:
        """Return the geometries at some places in that order."""


@dataclass(frozen=True)
class _Plan:
    id: str
    seats: dict[str, Seat]  # by kode_dapil
    dapil: dict[str, str]  # the largest units that lie whole in one dapil -> kode_dapil
    excluded: tuple[str, ...] = ()  # codes outside the plan

    def of(self, code: str) -> str | None:
        """The dapil that holds a unit; None where it lies in none."""
        above = (code[: LENGTH[name]] for name in _LEVELS if LENGTH[name] <= len(code))
        return next((self.dapil[unit] for unit in above if unit in self.dapil), None)


class FullPackage(GeoPackage):
    """A release's GeoPackage of full detail, its outlines read by place."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._numbers: dict[str, NDArray[np.int64]] = {}

    def full_bounds(self, table: str) -> NDArray[np.float64]:
        """See Tables."""
        return self.bounds(table)

    def full_shapes(self, table: str, places: Sequence[int]) -> NDArray[np.object_]:
        """See Tables."""
        if table not in self._numbers:
            self._numbers[table] = self.rowids(table)
        return self.geometries(table, self._numbers[table][list(places)])


class _Outlines:
    """Units of some layers by code: their boxes, and their outlines read when asked for."""

    def __init__(self, package: Tables, tables: Sequence[str], wanted: Collection[str], held: int) -> None:
        rows = sorted(
            (code, number, place, name)
            for number, table in enumerate(tables)
            for place, (code, name) in enumerate(package.records(table, ("kode", "nama")))
            if code in wanted
        )
        self.codes = np.array([code for code, *_ in rows], dtype=str)
        self.names = np.array(
            [name.encode() for *_, name in rows], dtype=bytes
        )  # a third of the room of text
        self._tables = tables
        self._table = np.array([number for _, number, *_ in rows], dtype=np.int8)
        self._place = np.array([place for *_, place, _ in rows], dtype=np.int32)
        boxes = np.empty((len(rows), 4))
        for number in np.unique(self._table).tolist():
            here = self._table == number
            boxes[here] = package.full_bounds(tables[number])[self._place[here]]
        self._low, self._high = boxes[:, :2], boxes[:, 2:]
        self._package = package
        self._shapes = Shapes(held, self._read)

    def _read(self, rows: list[int]) -> NDArray[np.object_]:
        shapes = np.empty(len(rows), dtype=object)
        for number in np.unique(self._table[rows]).tolist():
            mine = self._table[rows] == number
            places = self._place[rows][mine].tolist()
            shapes[mine] = self._package.full_shapes(self._tables[number], places)
        return shapes

    def unit(self, row: int) -> Unit:
        """Return code and name of a unit."""
        return Unit(str(self.codes[row]), self.names[row].decode())

    def near(self, lon: float, lat: float, metres: float) -> NDArray[np.int64]:
        """Return the units whose boxes may be within `metres` of a point, in order."""
        high = metres * _MARGIN / METRES_PER_DEGREE
        wide = high / float(shortening(min(abs(lat) + high, 89.0)))
        meets = (self._low <= (lon + wide, lat + high)) & (self._high >= (lon - wide, lat - high))
        return np.flatnonzero(meets.all(axis=1))

    def nearest_box(self, lon: float, lat: float) -> int:
        """Return the unit with the box nearest to a point."""
        away = np.maximum(np.maximum(self._low - (lon, lat), (lon, lat) - self._high), 0.0)
        return int(np.hypot(*(away * (float(shortening(lat)), 1.0)).T).argmin())

    def index(self, rows: NDArray[np.int64]) -> PointIndex:
        """Return the outlines of some units, to be asked."""
        return PointIndex(self._shapes.get(rows))


class Lookup:
    """The units that plans tell apart and, for each plan, the dapil of each; thread-safe."""

    def __init__(self, package: Tables) -> None:
        self._tables = package.tables
        self._plans = {plan.id: plan for plan in _plans(package)}
        self.years = sorted({int(plan.rpartition("-")[2]) for plan in self._plans})
        tables = [f"unit-{name}" for name in _LEVELS if f"unit-{name}" in package.tables]
        length = LENGTH["kecamatan"]
        divided = {unit[:length] for p in self._plans.values() for unit in p.dapil if len(unit) > length}
        codes = [code for table in tables for (code,) in package.records(table, ("kode",))]
        told = set(finest(code for code in codes if len(code) <= length or code[:length] in divided))
        self._told = _Outlines(package, tables, told, _HELD_BYTES)
        desa = {code for code in codes if len(code) > length} - told
        self._desa = _Outlines(package, tables, desa, _HELD_BYTES // 4)
        self._names: dict[str, str] = {}
        for table in tables[:3]:
            self._names.update(package.records(table, ("kode", "nama")))

    @property
    def codes(self) -> NDArray[np.str_]:
        """The units that are told apart, sorted: kecamatan, or the desa of those that a plan divides."""
        return self._told.codes

    @property
    def shapes(self) -> NDArray[np.object_]:
        """Their polygons, all read anew."""
        return self._told.index(np.arange(len(self.codes))).shapes

    @classmethod
    def from_release(cls, release: HasPackage) -> "Lookup":
        """Read the tables of a release; its GeoPackage stays open."""
        return cls(FullPackage(Path(release.gpkg)))

    def at(self, lon: float, lat: float, year: int | None = None) -> LookupResult:
        """Return the dapil of every chamber at a point (degrees, WGS 84) in `year` (default: the latest).

        Raises QuestionError for a point or year that cannot be, TooFar (a NotFound) over 5 km off any land.
        """
        check_point(lon, lat)
        chosen = self._year(year)
        index, distance, others = self._place(lon, lat)
        code = str(self.codes[index])
        return LookupResult(
            lon, lat, chosen, di_darat=distance == 0, jarak_m=distance,
            desa=self._told.unit(index) if level(code) == "desa" else self._desa_at(lon, lat, distance, code),
            kecamatan=self._above(code, "kecamatan"),
            kabkota=self._above(code, "kabkota"),
            provinsi=self._unit(ancestor(code, "provinsi")),
            tetangga=others,
            dapil=tuple(self._seat(chamber, chosen, code) for chamber in CHAMBERS),
        )  # fmt: skip

    def _year(self, year: int | None) -> int:
        if not self.years:
            raise NotFound("this release shows no dapil: its base map holds no whole one of any plan")
        if year is None:
            return self.years[-1]
        if year not in self.years:
            allowed = tuple(str(known) for known in self.years)
            raise QuestionError(
                "year", f"no plan of {year} in this release; there are {', '.join(allowed)}", allowed
            )
        return year

    def _unit(self, code: str) -> Unit:
        return Unit(code, self._names.get(code, code))

    def _above(self, code: str, of: Level) -> Unit | None:
        """The unit of a level that holds a base unit; None where the base map has nothing so fine there."""
        return self._unit(ancestor(code, of)) if len(code) >= LENGTH[of] else None

    def _seat(self, chamber: str, year: int, code: str) -> Seat:
        plan = self._plans.get(f"{chamber}-{year}")
        if plan is None:
            return Seat(chamber, year, alasan=self._absent(chamber, year))
        dapil = plan.of(code)
        if dapil is None:
            return Seat(chamber, year, alasan=_excluded(plan, chamber, code))
        return plan.seats[dapil]

    def _absent(self, chamber: str, year: int) -> dict[str, str]:
        if f"tabel-{chamber}-{year}" in self._tables:
            return {
                "id": "Hanya nama dan jumlah kursi yang diketahui; susunan wilayah dapilnya tidak diketahui.",
                "en": "Only names and seats are known; which units make up each dapil is not.",
            }
        return {
            "id": f"Rilis ini tidak memuat dapil {chamber} tahun {year}.",
            "en": f"This release has no {chamber} dapil of {year}.",
        }

    def _place(self, lon: float, lat: float) -> tuple[int, float, tuple[Neighbour, ...]]:
        """Return the unit of the point, its distance (0 on land), and the others near the border."""
        at = np.array([lon]), np.array([lat])
        for reach in (BORDER_M, REACH_M + BORDER_M):
            rows = self._told.near(lon, lat, reach)
            found = self._told.index(rows).find(*at) if len(rows) else None
            if found is not None and found.unit[0] >= 0 and (found.metres[0] == 0 or reach > REACH_M):
                units, metres = rows[found.beside.unit].tolist(), found.beside.metres.tolist()
                others = tuple(map(self._neighbour, units, metres))
                return int(rows[found.unit[0]]), round(float(found.metres[0]), 1), others
        raise self._too_far(lon, lat)

    def _desa_at(self, lon: float, lat: float, distance: float, kecamatan: str) -> Unit | None:
        """Return the desa of the point in its kecamatan: the one under it, at sea the nearest."""
        rows = self._desa.near(lon, lat, distance + BORDER_M)
        rows = rows[np.char.startswith(self._desa.codes[rows], f"{kecamatan}.")]
        if not len(rows):
            return None
        found = self._desa.index(rows).find(np.array([lon]), np.array([lat])).unit[0]
        return self._desa.unit(int(rows[found])) if found >= 0 else None

    def _neighbour(self, index: int, metres: float) -> Neighbour:
        unit = self._told.unit(index)
        return Neighbour(unit.kode, unit.nama, round(metres, 1))

    def _too_far(self, lon: float, lat: float) -> TooFar:
        first = self._told.index(np.array([self._told.nearest_box(lon, lat)])).nearest(lon, lat)[1]
        rows = self._told.near(lon, lat, min(first, 5e6))
        place, metres = self._told.index(rows).nearest(lon, lat)
        unit = self._told.unit(int(rows[place]))
        message = (
            f"no unit within {REACH_M / 1000:.0f} km of longitude {lon:g}, latitude {lat:g}: "
            f"the nearest, {unit.kode} {unit.nama}, is {metres / 1000:.1f} km away"
        )
        return TooFar(message, round(metres, 1), unit)


def check_point(lon: float, lat: float) -> None:
    """Raise QuestionError unless the numbers are a longitude and a latitude, in this order."""
    swapped = _LATITUDES[0] <= lon <= _LATITUDES[1] and _LONGITUDES[0] <= lat <= _LONGITUDES[1]
    mend = f"; lon and lat look swapped: try lon={lat:g}, lat={lon:g}" if swapped else ""
    for name, value, most in (("lat", lat, 90.0), ("lon", lon, 180.0)):
        if not math.isfinite(value):
            raise QuestionError(name, f"{name} must be a finite number, not {value}")
        if abs(value) > most:
            raise QuestionError(name, f"{name}={value:g} is not within -{most:g}..{most:g}{mend}")
    if swapped:
        raise QuestionError("lon", f"lon={lon:g}, lat={lat:g} is nowhere near Indonesia{mend}")


def _excluded(plan: _Plan, chamber: str, code: str) -> dict[str, str]:
    for outside in plan.excluded:
        if code == outside or code.startswith(f"{outside}."):
            return {
                "id": f"Wilayah {outside} tidak memilih {chamber} (DKI Jakarta tanpa DPRD kabupaten/kota).",
                "en": f"Territory {outside} elects no {chamber} (DKI Jakarta has no DPRD kabupaten/kota).",
            }
    return {
        "id": f"Wilayah ini tidak termasuk dapil {chamber} mana pun pada tahun itu.",
        "en": f"This ground is in no {chamber} dapil of that year.",
    }


def base_units(package: Layers) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """Return codes and shapes of the units that have none below: desa, or what a coarser base map has."""
    tables = [f"unit-{name}" for name in _LEVELS if f"unit-{name}" in package.tables]
    own = {name: [code for (code,) in package.records(name, ("kode",))] for name in tables}
    base = set(finest(code for codes in own.values() for code in codes))
    codes = [code for found in own.values() for code in found if code in base]
    chosen = {name: np.array([code in base for code in found], dtype=bool) for name, found in own.items()}
    shapes = [package.whole(name)[mask] for name, mask in chosen.items() if mask.any()]
    return np.array(codes, dtype=object), np.concatenate(shapes)


def _plans(package: Tables) -> list[_Plan]:
    assigned: dict[str, dict[str, str]] = {}
    for plan, unit, dapil in package.records("assignment", ("plan_id", "kode_unit", "kode_dapil")):
        assigned.setdefault(plan, {})[unit] = dapil
    outside = _excluded_codes(package)
    plans = []
    for plan, units in assigned.items():
        if plan in package.tables:
            chamber, _, year = plan.rpartition("-")
            facts = [dict(zip(_FACTS, row, strict=True)) for row in package.records(plan, _FACTS)]
            seats = {row["kode_dapil"]: Seat(chamber, int(year), **row) for row in facts}
            plans.append(_Plan(plan, seats, units, outside.get(plan, ())))
    return plans


def _excluded_codes(package: Tables) -> dict[str, tuple[str, ...]]:
    if "plans" not in package.tables:
        return {}
    rows = package.records("plans", ("plan_id", "wilayah_dikecualikan"))
    return {plan: tuple(json.loads(codes or "[]")) for plan, codes in rows}
