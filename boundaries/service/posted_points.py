"""``POST /lookup``: a CSV or GeoJSON of points in, the same out with the dapil of every chamber added to each.

Each row is answered by the lookup that answers ``GET /lookup``. Nothing of what is sent is kept, logged or put into a
cache; one bad row refuses the whole, and is named.
"""

import csv
import io
import json
import re
import threading
from collections.abc import Mapping, Sequence
from typing import Any, Final, NoReturn

from boundaries.release.lookup import CHAMBERS, LookupResult, QuestionError, TooFar
from boundaries.release.spliced import Part
from boundaries.service.messages import Reply
from boundaries.service.ogcapi.routes import Call
from boundaries.service.posted import body
from boundaries.service.problems import Problem, bad

MOST_BYTES: Final = 1 << 20
MOST_POINTS: Final = 1_000
CSV: Final = "text/csv"
GEOJSON: Final = "application/geo+json"
TYPES: Final = (CSV, GEOJSON, "application/json")
#: What people call the two columns, compared without case.
LONGITUDES: Final = ("lon", "lng", "long", "longitude", "bujur", "x")
LATITUDES: Final = ("lat", "latitude", "lintang", "y")
#: What is added of the point itself, as in `LookupResult`; the unit is the finest that is told.
_OF_THE_POINT: Final = ("di_darat", "jarak_m", "galat_m", "di_celah", "luar_negeri")
#: What is added of each chamber, and where it comes from.
_OF_A_CHAMBER: Final = {
    "id": "id", "kode": "kode_dapil", "nama": "nama_dapil", "kursi": "kursi", "ragu": "ragu", "ragu_en": "ragu_en",
}  # fmt: skip
#: The columns that are added, in order.
ADDED: Final = (
    "tahun", "kode_unit", "nama_unit", *_OF_THE_POINT,
    *(f"{chamber.replace('-', '_')}_{each}" for chamber in CHAMBERS for each in (*_OF_A_CHAMBER, "mungkin")),
)  # fmt: skip
_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_HEADERS: Final = (("X-Robots-Tag", "noindex"),)
#: Tables that a process answers at once: others must get their turn, too.
_ROOM: Final = threading.Semaphore(2)

Row = dict[str, Any]


def answer(call: Call, environ: Mapping[str, Any]) -> Reply:
    """Return the table that was sent, with `ADDED`. Raises the Problem: 400, 411, 413, 415, and 503 for no room."""
    params = call.read(("lang", "year"), ("json",))
    media, _, parameters = str(environ.get("CONTENT_TYPE", "")).lower().partition(";")
    if media.strip() not in TYPES or parameters.replace('"', "").strip() not in ("", "charset=utf-8"):
        told = f"a POST takes points here; its Content-Type is one of these, in UTF-8: {', '.join(TYPES)}"
        raise Problem(415, told, allowed=list(TYPES))
    year = _year(call, params.get("year"))
    text = body(environ, MOST_BYTES, "table")
    if not _ROOM.acquire(blocking=False):
        raise Problem(503, "too many tables of points are being answered just now; ask again in a moment")
    try:
        write = _csv if media.strip() == CSV else _geojson
        found = write(call, text, year)
    finally:
        _ROOM.release()
    kind = CSV if media.strip() == CSV else GEOJSON
    return Reply([Part(found)], kind, call.language, list(_HEADERS), cache="no-store", document=False)


def _year(call: Call, year: str | None) -> int:
    try:
        if year is not None and not re.fullmatch(r"\d{4}", year, re.ASCII):
            raise bad("year", f"{year[:80]!r} is not a year", map(str, call.state.lookup.years))
        return call.state.lookup.year(None if year is None else int(year))
    except QuestionError as error:
        raise bad(error.parameter, str(error), error.allowed) from None


def _csv(call: Call, text: str, year: int) -> bytes:
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    text = text.removeprefix("\ufeff")
    head = text.partition("\n")[0]
    separator = max(",;\t", key=head.count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    except csv.Error as error:
        raise bad("table", f"not CSV: {error}") from None
    names, rows = (rows[0], rows[1:]) if rows else ([], [])
    while rows and not rows[-1]:
        rows.pop()
    _bounded(len(rows))
    _free(names)
    lon, lat = _column(names, LONGITUDES, "lon"), _column(names, LATITUDES, "lat")
    points = []
    for number, row in enumerate(rows, 2):  # the names are row 1, as in a spreadsheet
        if len(row) != len(names):
            _refused(number, f"has {len(row)} cells, the first row {len(names)}")
        points.append(
            (
                _number(row[lon], number, names[lon], separator),
                _number(row[lat], number, names[lat], separator),
            )
        )
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=separator, lineterminator="\r\n" if "\r\n" in text else "\n")
    writer.writerow([*names, *ADDED])
    for row, added in zip(rows, _answers(call, points, year, 2), strict=True):
        writer.writerow([*row, *(_cell(added[name], separator) for name in ADDED)])
    return f"{mark}{out.getvalue()}".encode()


def _column(names: Sequence[str], known: Sequence[str], what: str) -> int:
    places = [at for at, name in enumerate(names) if name.strip().lower() in known]
    if len(places) != 1:
        count = "no column" if not places else f"{len(places)} columns"
        raise bad(what, f"the first row has {count} of this meaning", f"one of {', '.join(known)}")
    return places[0]


def _number(text: str, row: int, column: str, separator: str) -> float:
    """Read a number; with semicolons between the cells a comma stands for the point, as spreadsheets write it."""
    told = text.strip().replace(",", ".", 1) if separator == ";" else text.strip()
    if not _NUMBER.fullmatch(told):
        _refused(row, f"{column[:80]} is {text[:80]!r}, not a number of degrees")
    return float(told)


def _cell(value: object, separator: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.1f}".replace(".", ",") if separator == ";" else f"{value:.1f}"
    return str(value)


def _geojson(call: Call, text: str, year: int) -> bytes:
    try:
        document = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise bad("table", f"not JSON: {str(error)[:200]}") from None
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list) or document.get("type") != "FeatureCollection":
        raise bad("table", "not a FeatureCollection", "a FeatureCollection of points (RFC 7946)")
    _bounded(len(features))
    points = [_point(each, number) for number, each in enumerate(features, 1)]
    for each, added in zip(features, _answers(call, points, year, 1), strict=True):
        own = each.get("properties") or {}
        _free(own)
        each["properties"] = own | added
    try:
        return json.dumps(document, separators=(",", ":"), allow_nan=False).encode()
    except (ValueError, RecursionError):
        raise bad("table", "holds a number that is not finite, or is nested too deep") from None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _point(feature: object, row: int) -> tuple[float, float]:
    own = feature if isinstance(feature, dict) else {}
    if own.get("type") != "Feature" or not isinstance(own.get("properties"), dict | None):
        _refused(row, "is not a Feature with properties")
    shape = own.get("geometry")
    place = shape.get("coordinates") if isinstance(shape, dict) and shape.get("type") == "Point" else None
    if not isinstance(place, list) or len(place) < 2 or any(type(each) not in (int, float) for each in place):
        _refused(row, "has no Point with a longitude and a latitude")
    try:
        return float(place[0]), float(place[1])
    except OverflowError:
        _refused(row, "has a longitude or latitude that is not finite")


def _bounded(count: int) -> None:
    if count == 0:
        raise bad("table", "has no point", f"1 to {MOST_POINTS} points")
    if count > MOST_POINTS:
        mend = "send it in parts, or use `dapil lookup` or boundaries.lookup, which take any number"
        raise Problem(
            413,
            f"the table has {count} points; at most {MOST_POINTS} at once: {mend}",
            allowed=f"1 to {MOST_POINTS} points",
        )


def _free(names: Sequence[str] | Mapping[str, Any]) -> None:
    taken = [name for name in ADDED if name in names]
    if taken:
        raise bad("table", f"has a column {taken[0]!r} already, which would be added: rename or drop it")


def _refused(row: int, detail: str, **more: Any) -> NoReturn:
    raise Problem(400, f"row {row}: {detail}", row=row, **more)


def _answers(call: Call, points: Sequence[tuple[float, float]], year: int, first: int) -> list[Row]:
    """Return what is added to each point; far out, where `/lookup` is a 404, that is the distance only."""
    found = []
    for number, (lon, lat) in enumerate(points, first):
        try:
            found.append(_added(call.state.lookup.at(lon, lat, year)))
        except TooFar as far:
            found.append(dict.fromkeys(ADDED) | {"tahun": year, "di_darat": False, "jarak_m": far.jarak_m})
        except QuestionError as error:
            _refused(number, str(error), parameter=error.parameter)
    return found


def _added(result: LookupResult) -> Row:
    unit = result.desa or result.kecamatan or result.kabkota or result.provinsi
    row: Row = {
        "tahun": result.tahun,
        "kode_unit": unit.kode if unit else None,
        "nama_unit": unit.nama if unit else None,
        **{name: getattr(result, name) for name in _OF_THE_POINT},
    }
    for seat in result.dapil:
        chamber = seat.lembaga.replace("-", "_")
        row |= {f"{chamber}_{name}": getattr(seat, source) for name, source in _OF_A_CHAMBER.items()}
        row[f"{chamber}_mungkin"] = ";".join(str(each.id) for each in seat.mungkin) or None
    return row
