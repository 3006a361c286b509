"""Which dapil is at a point: the engine of ``/lookup`` and of ``dapil lookup``.

It finds, in full detail, the kecamatan under the point, or the desa of one that a plan divides, and reads the plans'
tables; no dapil polygon is touched, so the answer is the law's table and not a second geometry. Points at sea take the
nearest unit within 5 km. Boxes and tables are held; an outline is read when a point is near it.
"""

import json
import math
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal, Protocol

import numpy as np
import shapely
from numpy.typing import NDArray

from boundaries.errors import BoundariesError, NotFound
from boundaries.law.codes import LENGTH, Level, ancestor, finest, level
from boundaries.law.doubts import column, reasons
from boundaries.release.geometry_cache import Shapes
from boundaries.release.geopackage_reader import GeoPackage
from boundaries.release.point_index import BORDER_M, FAR_M, METRES_PER_DEGREE, REACH_M, PointIndex, shortening
from boundaries.release.special_cases import NONE_ABROAD, NOT_HERE, remarks
from boundaries.release.store import STANDARD_GEOPACKAGE
from boundaries.release.undrawn import beside, undrawn

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
           "seat": "{0.nama_dapil}, {0.kursi} kursi ({0.dasar_hukum})", "doubt": "diragukan",
           "far": "{} km dari wilayah Indonesia yang terdekat, {}", "note": "catatan",
           "enclosed": "di tanah yang tidak digambar peta dasar; wilayah di sekelilingnya yang menjawab",
           "may": "garis di sini bisa meleset {:.0f} m: mungkin juga {}",
           "sure": "di peta ini: dalam {:.0f} m, sejauh garis bisa meleset di sini, tidak ada dapil lain"},
    "en": {"sea": "at sea, {} m from the nearest land", "near": "{0.jarak_m:.1f} m from {0.nama} ({0.kode})",
           "seat": "{0.nama_dapil}, {0.kursi} seats ({0.dasar_hukum})", "doubt": "doubtful",
           "far": "{} km from the nearest unit of Indonesia, {}", "note": "note",
           "enclosed": "on ground that the base map does not draw; the units around it answer",
           "may": "lines can be {:.0f} m wrong here: it may be {} as well",
           "sure": "on this map: within {:.0f} m, as far as lines can be wrong here, there is no other dapil"},
}  # fmt: skip
_FACTS: Final = (
    "id", "kode_dapil", "nama_dapil", "nama_lain", "kode_provinsi", "nama_provinsi", "kursi", "mulai", "selesai",
    "dasar_hukum", "ragu", "ragu_en", "catatan", "catatan_en",
)  # fmt: skip


_TABLE_ONLY: Final = {
    "id": "Hanya nama dan jumlah kursi yang diketahui; susunan wilayah dapilnya tidak diketahui.",
    "en": "Only names and seats are known; which units make up each dapil is not.",
}


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
class Other:
    """A dapil that a point may lie in as well."""

    id: str | None
    kode_dapil: str | None
    nama_dapil: str | None


@dataclass(frozen=True)
class Seat:
    """The dapil of one chamber at the point; without an id there is none, and `alasan` says why."""

    lembaga: str
    tahun: int
    id: str | None = None
    kode_dapil: str | None = None
    nama_dapil: str | None = None
    nama_lain: str | None = None
    kode_provinsi: str | None = None
    nama_provinsi: str | None = None
    kursi: int | None = None
    mulai: str | None = None
    selesai: str | None = None
    dasar_hukum: str | None = None
    ragu: str | None = None
    ragu_en: str | None = None
    catatan: str | None = None
    catatan_en: str | None = None
    alasan: dict[str, str] | None = None
    #: Other dapil of the chamber as near as lines can be wrong there: the point may lie in one of them.
    mungkin: tuple[Other, ...] = ()


@dataclass(frozen=True)
class LookupResult:
    """The answer for one point and year: what is so on this map.

    ``galat_m``: how far the lines can be wrong there; ``di_celah``: the point lies on ground that the base map does not
    draw and land encloses (a lake, or a unit that lacks), and the units around it answer; ``luar_negeri``: it is over
    5 km off any land of Indonesia, `terdekat` is the nearest unit, and the dapil is that of voters abroad;
    ``keterangan``: what is otherwise there than a voter may expect, each in both languages.
    """

    lon: float
    lat: float
    tahun: int
    di_darat: bool
    jarak_m: float
    desa: Unit | None
    kecamatan: Unit | None
    kabkota: Unit | None
    provinsi: Unit | None
    tetangga: tuple[Neighbour, ...]
    dapil: tuple[Seat, ...]
    galat_m: float = BORDER_M
    di_celah: bool = False
    luar_negeri: bool = False
    terdekat: Unit | None = None
    keterangan: tuple[dict[str, str], ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the answer as plain values, for JSON."""
        answer = asdict(self)
        point = {"lon": answer.pop("lon"), "lat": answer.pop("lat")}
        return (
            {"titik": point}
            | answer
            | {name: list(answer[name]) for name in ("tetangga", "dapil", "keterangan")}
        )

    def as_text(self, language: Literal["id", "en"] = "id") -> str:
        """Return the answer as lines for a person."""
        words = _WORDS[language]
        units = [unit for unit in (self.desa, self.kecamatan, self.kabkota, self.provinsi) if unit]
        lines = [", ".join(f"{unit.nama} ({unit.kode})" for unit in units)] if units else []
        if self.terdekat:
            lines.append(
                words["far"].format(
                    f"{self.jarak_m / 1000:.1f}", f"{self.terdekat.nama} ({self.terdekat.kode})"
                )
            )
        elif self.di_celah:
            lines.append(words["enclosed"])
        elif not self.di_darat:
            lines.append(words["sea"].format(f"{self.jarak_m:.0f}"))
        lines += [words["near"].format(each) for each in self.tetangga]
        lines += [each[language] for each in self.keterangan]
        if units and not any(seat.mungkin for seat in self.dapil):
            lines.append(words["sure"].format(self.galat_m))
        for seat in self.dapil:
            told = seat.alasan[language] if seat.alasan else words["seat"].format(seat)
            lines.append(f"{seat.lembaga:<14}{seat.tahun}  {told}")
            if seat.mungkin:
                lines.append(f"{'':<20}{words['may'].format(self.galat_m, _named(seat.mungkin))}")
            for name, word in (("ragu", words["doubt"]), ("catatan", words["note"])):
                found = reasons(getattr(seat, column(name, language)))
                lines += [f"{'':<20}{word}: {each}" for each in found]
        return "\n".join(lines)


def _named(others: Sequence[Other]) -> str:
    return ", ".join(f"{each.nama_dapil} ({each.kode_dapil})" for each in others)


class HasPackage(Protocol):
    """What is needed of a release: where its GeoPackage is."""

    @property
    def gpkg(self) -> Path:
        """The path of dapil.gpkg."""


class Records(Protocol):
    """What is read of a release: columns of its tables."""

    @property
    def tables(self) -> frozenset[str]:
        """The names of all layers and tables."""

    def records(self, table: str, columns: Sequence[str]) -> list[tuple[Any, ...]]:
        """Return all rows of a table, in order."""


class Layers(Records, Protocol):
    """What is read of a release: columns of its tables, and whole layers."""

    def whole(self, table: str) -> NDArray[np.object_]:
        """Return all geometries of a layer, in order."""


class Tables(Layers, Protocol):
    """What is read of a release for a lookup: columns, layers of any detail, and single outlines in full detail."""

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
    abroad: str = ""  # kode_dapil of the voters abroad
    rest: bool = False  # of other kabkota only names and seats are known

    @property
    def start(self) -> str:
        """The first day in force."""
        return next(iter(self.seats.values())).mulai or ""

    @property
    def end(self) -> str | None:
        """The first day not in force any more; None while it is."""
        return next(iter(self.seats.values())).selesai

    def of(self, code: str) -> str | None:
        """The dapil that holds a unit; None where it lies in none."""
        above = (code[: LENGTH[name]] for name in _LEVELS if LENGTH[name] <= len(code))
        return next((self.dapil[unit] for unit in above if unit in self.dapil), None)


class FullPackage(GeoPackage):
    """A release's GeoPackage of full detail, its outlines read by place; whole layers come in standard detail."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        light = path.with_name(STANDARD_GEOPACKAGE)
        self._light = GeoPackage(light) if light.is_file() else None
        self._numbers: dict[str, NDArray[np.int64]] = {}

    def close(self) -> None:
        """See GeoPackage."""
        super().close()
        if self._light:
            self._light.close()

    def whole(self, table: str) -> NDArray[np.object_]:
        """See Tables."""
        return self._light.whole(table) if self._light else super().whole(table)

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

    def near(self, lon: float, lat: float, metres: float, above: str = "") -> NDArray[np.int64]:
        """Return the units, of all or of those in one unit, whose boxes may be within `metres` of a point, in order."""
        first, end = (
            np.searchsorted(self.codes, (f"{above}.", f"{above}/")) if above else (0, len(self.codes))
        )
        high = metres * _MARGIN / METRES_PER_DEGREE
        wide = high / float(shortening(min(abs(lat) + high, 89.0)))
        meets = (self._low[first:end] <= (lon + wide, lat + high)) & (
            self._high[first:end] >= (lon - wide, lat - high)
        )
        return np.flatnonzero(meets.all(axis=1)) + first

    def nearest_boxes(self, lon: float, lat: float) -> NDArray[np.int64]:
        """Return the units that may be the nearest to a point as seen in degrees, in order."""
        away = np.hypot(*np.maximum(np.maximum(self._low - (lon, lat), (lon, lat) - self._high), 0.0).T)
        [shape] = self._shapes.get(np.array([away.argmin()]))
        # The same distance, reckoned in two ways, differs by the last digit where a corner of the box is of the shape.
        reach = max(away.min(), float(shapely.distance(shape, shapely.Point(lon, lat)))) * (1 + 1e-9)
        return np.flatnonzero(away <= reach)

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
        self._wrong = wrong_by(package)
        self._holes = undrawn(package.whole(tables[0]))

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
        chosen = self.year(year)
        try:
            index, distance, others, enclosed = self._place(lon, lat)
        except TooFar as far:
            if not (seats := self.abroad(chosen)):
                raise
            return LookupResult(
                lon, lat, chosen, di_darat=False, jarak_m=far.jarak_m, desa=None, kecamatan=None, kabkota=None,
                provinsi=None, tetangga=(), dapil=seats, luar_negeri=True, terdekat=far.nearest, keterangan=(NOT_HERE,),
            )  # fmt: skip
        code = str(self.codes[index])
        wrong = self._wrong.get(code[: LENGTH["kabkota"]], BORDER_M)
        around = self._around(lon, lat, distance, wrong) | enclosed
        seats = tuple(self._seat(chamber, chosen, code, around - {code}) for chamber in CHAMBERS)
        return LookupResult(
            lon, lat, chosen, di_darat=distance == 0, jarak_m=distance,
            desa=self._told.unit(index) if level(code) == "desa" else self._desa_at(lon, lat, distance, code),
            kecamatan=self._above(code, "kecamatan"),
            kabkota=self._above(code, "kabkota"),
            provinsi=self._unit(ancestor(code, "provinsi")),
            tetangga=others,
            dapil=seats,
            galat_m=wrong,
            di_celah=bool(enclosed),
            keterangan=remarks(code, chosen, seats),
        )  # fmt: skip

    def year(self, year: int | None) -> int:
        """Return an election of the release, by default the latest; QuestionError for one that there is not."""
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

    def abroad(self, year: int) -> tuple[Seat, ...]:
        """Return the dapil of voters abroad; none where no plan of that year tells of them."""
        plans = [self._in_force(chamber, year) for chamber in CHAMBERS]
        if not any(plan and plan.abroad for plan in plans):
            return ()
        return tuple(
            plan.seats[plan.abroad]
            if plan and plan.abroad
            else Seat(chamber, year, alasan=NONE_ABROAD[chamber])
            for chamber, plan in zip(CHAMBERS, plans, strict=True)
        )

    def within(self, chamber: str, year: int, code: str, most: int) -> tuple[Seat, ...]:
        """Return the dapil of a chamber in a unit; of more than `most` only how many, where none is the reason."""
        plan = self._in_force(chamber, year)
        if plan is None or plan.of(code):
            return (self._seat(chamber, year, code, ()),)
        inside = sorted({dapil for unit, dapil in plan.dapil.items() if unit.startswith(f"{code}.")})
        if not inside:
            return (Seat(chamber, year, alasan=_excluded(plan, chamber, code)),)
        if len(inside) > most:
            count = {"id": f"{len(inside)} dapil di wilayah ini", "en": f"{len(inside)} dapil in this unit"}
            return (Seat(chamber, year, alasan=count),)
        return tuple(plan.seats[each] for each in inside)

    def dapil(self, id_: str) -> tuple[Seat, ...]:
        """Return the one dapil of an id."""
        plan, _, code = id_.rpartition("-")
        return (self._plans[plan].seats[code],)

    def all_dapil(self) -> list[Seat]:
        """Return every dapil of every plan."""
        return [seat for plan in self._plans.values() for seat in plan.seats.values()]

    def _in_force(self, chamber: str, year: int) -> _Plan | None:
        """The plan of a chamber in an election; where it was not elected then, the one that is in force on that day."""
        found = self._plans.get(f"{chamber}-{year}")
        if found or f"tabel-{chamber}-{year}" in self._tables:
            return found
        day = max(plan.start for plan in self._plans.values() if plan.id.endswith(f"-{year}"))
        own = (plan for plan in self._plans.values() if plan.id.rpartition("-")[0] == chamber)
        return next((plan for plan in own if plan.start <= day < (plan.end or "9999")), None)

    def _seat(self, chamber: str, year: int, code: str, around: Collection[str]) -> Seat:
        plan = self._in_force(chamber, year)
        if plan is None:
            return Seat(chamber, year, alasan=self._absent(chamber, year))
        dapil = plan.of(code)
        if dapil is None:
            return Seat(chamber, year, alasan=_excluded(plan, chamber, code))
        others = {other for unit in around if (other := plan.of(unit)) is not None} - {dapil}
        seats = [plan.seats[other] for other in sorted(others)]
        return replace(
            plan.seats[dapil], mungkin=tuple(Other(s.id, s.kode_dapil, s.nama_dapil) for s in seats)
        )

    def _absent(self, chamber: str, year: int) -> dict[str, str]:
        if f"tabel-{chamber}-{year}" in self._tables:
            return _TABLE_ONLY
        return {
            "id": f"Rilis ini tidak memuat dapil {chamber} tahun {year}.",
            "en": f"This release has no {chamber} dapil of {year}.",
        }

    def _place(self, lon: float, lat: float) -> tuple[int, float, tuple[Neighbour, ...], set[str]]:
        """Return the unit of the point, its distance (0 on land), the others near the border; around a hole, all."""
        hole = next((each for each in self._holes if shapely.contains_xy(each, lon, lat)), None)
        at = np.array([lon]), np.array([lat])
        for reach in (BORDER_M, REACH_M + BORDER_M):
            rows = self._told.near(lon, lat, reach)
            found = self._told.index(rows).find(*at) if len(rows) else None
            if found is not None and found.unit[0] >= 0 and (found.metres[0] == 0 or reach > REACH_M):
                units, metres = rows[found.beside.unit].tolist(), found.beside.metres.tolist()
                others = tuple(map(self._neighbour, units, metres))
                around = self._beside(hole) if hole is not None and found.metres[0] >= 0.05 else set()
                return int(rows[found.unit[0]]), round(float(found.metres[0]), 1), others, around
        index, distance = self._nearest(lon, lat)
        if hole is None:
            raise self._too_far(lon, lat, index, distance)
        return index, round(distance, 1), (), self._beside(hole)

    def _around(self, lon: float, lat: float, distance: float, wrong: float) -> set[str]:
        """Return the units as near as its own to a point, or nearer than that and what lines can be wrong."""
        rows = self._told.near(lon, lat, distance + wrong)
        if not len(rows):
            return set()
        found = self._told.index(rows).find(np.array([lon]), np.array([lat]), wrong)
        return {
            str(self.codes[row]) for row in (*rows[found.beside.unit], *rows[found.unit[found.unit >= 0]])
        }

    def _beside(self, hole: shapely.Geometry) -> set[str]:
        """Return the units around a hole (which may be drawn less finely than they)."""
        west, south, east, north = shapely.bounds(hole)
        lon, lat = (west + east) / 2, (south + north) / 2
        rows = self._told.near(lon, lat, max(east - west, north - south) * METRES_PER_DEGREE)
        return {str(code) for code in self.codes[rows[beside(hole, self._told.index(rows).shapes)]]}

    def _desa_at(self, lon: float, lat: float, distance: float, kecamatan: str) -> Unit | None:
        """Return the desa of the point in its kecamatan: the one under it, at sea the nearest."""
        rows = self._desa.near(lon, lat, distance + BORDER_M, kecamatan)
        if not len(rows):
            return None
        found = self._desa.index(rows).find(np.array([lon]), np.array([lat])).unit[0]
        return self._desa.unit(int(rows[found])) if found >= 0 else None

    def _neighbour(self, index: int, metres: float) -> Neighbour:
        unit = self._told.unit(index)
        return Neighbour(unit.kode, unit.nama, round(metres, 1))

    def _nearest(self, lon: float, lat: float) -> tuple[int, float]:
        """Return the unit nearest to a point at sea, and its metres."""
        rows = self._told.nearest_boxes(lon, lat)
        place, metres = self._told.index(rows).nearest(lon, lat)
        if metres < FAR_M:  # as seen in degrees it is near enough to be told in metres
            rows = self._told.near(lon, lat, metres * 1.001)
            place, metres = self._told.index(rows).nearest(lon, lat)
        return int(rows[place]), metres

    def _too_far(self, lon: float, lat: float, index: int, metres: float) -> TooFar:
        unit = self._told.unit(index)
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
    if plan.rest:
        return _TABLE_ONLY
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
    told = _told(package)
    plans = []
    for plan, units in assigned.items():
        if plan in package.tables:
            chamber, _, year = plan.rpartition("-")
            facts = [dict(zip(_FACTS, row, strict=True)) for row in package.records(plan, _FACTS)]
            seats = {row["kode_dapil"]: Seat(chamber, int(year), **row) for row in facts}
            excluded, abroad = told.get(plan, ((), ""))
            rest = f"tabel-{plan}" in package.tables
            plans.append(_Plan(plan, seats, units, excluded, abroad, rest))
    return plans


def wrong_by(package: Records) -> dict[str, float]:
    """Kabkota → how far its lines can be wrong, in metres; at least `BORDER_M`."""
    if "accuracy" not in package.tables:
        return {}
    rows = package.records("accuracy", ("kode", "beda_90_m"))
    return {code: max(float(metres), BORDER_M) for code, metres in rows if metres is not None}


def _told(package: Tables) -> dict[str, tuple[tuple[str, ...], str]]:
    """Plan → codes outside of it, and the dapil of voters abroad."""
    if "plans" not in package.tables:
        return {}
    rows = package.records("plans", ("plan_id", "wilayah_dikecualikan", "luar_negeri"))
    return {plan: (tuple(json.loads(codes or "[]")), abroad or "") for plan, codes, abroad in rows}
