"""The query string of a request, read strictly: what is not understood is refused, never passed over."""

import math
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from boundaries.release.geopackage_reader import Column
from boundaries.release.store import DETAILS, FULL, STANDARD
from boundaries.service import crs as crs_module
from boundaries.service import filters
from boundaries.service.crs import CRS84, SUPPORTED, Crs
from boundaries.service.filters import temporal
from boundaries.service.ogcapi.layer import DATES, Layer, Period, Question, Scalar
from boundaries.service.problems import Problem, bad

#: Features a page in full detail, at most: they are written when asked for, and one may be a megabyte.
FULL_ITEMS: Final = 100
_NUMBER: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_WHOLE: Final = re.compile(r"\d{1,100}", re.ASCII)
_DIGITS: Final = 18
_SIGNED: Final = re.compile(r"[+-]?\d{1,18}", re.ASCII)
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_INSTANT: Final = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})", re.ASCII
)
#: What clients write once for each column as well as with commas (OWSLib, requests).
_REPEATED: Final = "properties"
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True)
class Limits:
    """How many features a page has if nothing is asked, and at most."""

    default: int = 100
    maximum: int = 10_000


@dataclass(frozen=True)
class ItemsRequest:
    """A request to /items: the question, and which part of the answer to give."""

    question: Question
    limit: int
    offset: int
    hits: bool


def single(pairs: Iterable[tuple[str, str]], allowed: Collection[str]) -> dict[str, str]:
    """Return the parameters, each known and given once; raise the 400 that names the first at fault."""
    given: dict[str, str] = {}
    for name, text in pairs:
        if name not in allowed:
            raise _unknown(name, allowed)
        if name in given and name != _REPEATED:
            raise bad(name, "given more than once", "once")
        if _CONTROL.search(text):
            raise bad(name, "holds a control character", "text in UTF-8, percent-encoded")
        if not text:
            raise bad(name, "is empty", "a value, or leave the parameter out")
        given[name] = f"{given[name]},{text}" if name in given else text
    return given


def _unknown(name: str, allowed: Collection[str]) -> Problem:
    if name == "q":
        return bad(name, "text search is not supported", allowed)
    return bad(_CONTROL.sub("?", name)[:80], "unknown parameter", sorted(allowed))


def items(params: Mapping[str, str], layer: Layer, limits: Limits) -> ItemsRequest:
    """Read the parameters of /items of `layer`."""
    question = Question(
        area=_area(params),
        period=period(params["datetime"]) if "datetime" in params else None,
        equal=tuple(
            (name, value(layer.column[name], params[name])) for name in params if name in layer.column
        ),
        filter=_filter(params, layer),
        order=_order(params.get("sortby"), layer),
        select=_select(params.get("properties"), layer),
        geometry=not _flag("skipGeometry", params.get("skipGeometry", "false")),
        crs=system("crs", params.get("crs")),
        detail=detail(params),
    )
    hits = one_of("resulttype", params.get("resulttype", "results"), ("results", "hits")) == "hits"
    limit = _limit(params.get("limit"), limits)
    if question.detail == FULL and question.geometry:
        limit = min(limit, FULL_ITEMS)
    return ItemsRequest(question, limit, _offset(params.get("offset")), hits)


def detail(params: Mapping[str, str]) -> str:
    """Return the detail of the geometries that a request wants."""
    return one_of("detail", params.get("detail", STANDARD), DETAILS)


def _filter(params: Mapping[str, str], layer: Layer) -> filters.Filter | None:
    """Read filter, filter-lang and filter-crs (Features Part 3)."""
    if "filter" not in params:
        for name in ("filter-lang", "filter-crs"):
            if name in params:
                raise bad(name, "given without filter", "only together with filter")
        return None
    language = one_of("filter-lang", params.get("filter-lang", filters.LANGUAGES[0]), filters.LANGUAGES)
    reference = system("filter-crs", params.get("filter-crs"))
    try:
        return filters.parse(params["filter"], language, layer.queryables, reference)
    except filters.FilterError as error:
        raise bad("filter", error.detail, error.allowed) from None


def one_of(name: str, value: str, allowed: Collection[str]) -> str:
    """Return `value` if it is one of `allowed`."""
    if value not in allowed:
        raise bad(name, f"{value[:80]!r} is not known", allowed)
    return value


def system(name: str, uri: str | None) -> Crs:
    """Return the coordinate reference system of a URI (None: CRS84)."""
    return crs_module.get(one_of(name, uri or CRS84, SUPPORTED))


def number(name: str, text: str) -> float:
    """Return a finite number."""
    hint = "use a point, not a comma, for decimals; " if re.fullmatch(r"[+-]?\d+,\d+", text) else ""
    if not _NUMBER.fullmatch(text) or not math.isfinite(float(text)):
        raise bad(name, f"{hint}{text[:80]!r} is not a finite number", "a decimal number such as 106.8")
    return float(text)


def period(text: str) -> Period:
    """Read an RFC 3339 date, date-time or interval; what counts is the date as it is written."""
    allowed = (
        "a date 2024-02-14, a date-time 2024-02-14T00:00:00Z, or an interval a/b with .. or nothing for open"
    )
    first, slash, last = text.partition("/")
    if "/" in last:
        raise bad("datetime", "more than one slash", allowed)
    start = _day(first, allowed) if not slash or first not in ("", "..") else None
    if not slash:
        return Period(start, start)
    end = _day(last, allowed) if last not in ("", "..") else None
    if start is not None and end is not None and _reversed(first.upper(), last.upper()):
        raise bad("datetime", "the interval ends before it begins", allowed)
    return Period(start, end)


def _reversed(first: str, last: str) -> bool:
    """Whether two times are in the wrong order: as days as they are written, and to the moment where both are known."""
    if first[:10] > last[:10]:
        return True
    moments = (
        first.startswith("0000-") == last.startswith("0000-")
        and _INSTANT.match(first)
        and _INSTANT.match(last)
    )
    return bool(moments) and temporal.moment(_of_2000(first)) > temporal.moment(_of_2000(last))


def _day(text: str, allowed: str) -> str:
    try:
        bare = text.removesuffix("T")  # GDAL 3.6 writes a date with a T and no time
        if _DATE.fullmatch(bare):
            return _checked(bare)
        if match := _INSTANT.fullmatch(text):
            temporal.moment(_of_2000(text.upper()))
            return match[1]
    except ValueError as error:
        raise bad("datetime", f"{text[:80]!r}: {error}", allowed) from None
    raise bad("datetime", f"{text[:80]!r} is not a date of RFC 3339", allowed)


def _checked(day: str) -> str:
    date.fromisoformat(_of_2000(day))
    return day


def _of_2000(text: str) -> str:
    """Return a time of the year 0000, which RFC 3339 has and Python has not, in another leap year.

    QGIS asks from 0000-01-01 where a person sets no beginning.
    """
    return f"2000{text[4:]}" if text.startswith("0000-") else text


def _area(params: Mapping[str, str]) -> crs_module.Area | None:
    if "bbox" not in params:
        if "bbox-crs" in params:
            raise bad("bbox-crs", "given without bbox", "only together with bbox")
        return None
    allowed = "four numbers, or six of which the third and sixth (heights) count for nothing"
    texts = params["bbox"].split(",")
    if len(texts) not in (4, 6):
        raise bad("bbox", f"{len(texts)} values", allowed)
    values = [number("bbox", text) for text in texts]
    if len(values) == 6:
        if values[2] > values[5]:
            raise bad("bbox", "the lower height is greater than the upper", allowed)
        del values[5], values[2]
    reference = system("bbox-crs", params.get("bbox-crs"))
    latitude = 0 if reference.uri.endswith("/4326") else 1
    if values[latitude] > values[latitude + 2]:
        raise bad("bbox", "the lower corner lies above the upper one", allowed)
    try:
        return crs_module.area((values[0], values[1], values[2], values[3]), reference)
    except ValueError as error:
        raise bad("bbox", str(error), allowed) from None


def value(column: Column, text: str) -> Scalar:
    """Return the text of a filter as the type of its column."""
    if column.kind == "integer":
        if not _SIGNED.fullmatch(text):
            raise bad(column.name, f"{text[:80]!r} is not a whole number", "a whole number such as 8")
        return int(text)
    if column.kind == "number":
        return number(column.name, text)
    if column.name in DATES:
        try:
            return _checked(text) if _DATE.fullmatch(text) else _no_date(column.name, text)
        except ValueError as error:
            raise bad(column.name, f"{text[:80]!r}: {error}", "a date such as 2024-02-14") from None
    return text


def _no_date(name: str, text: str) -> str:
    raise bad(name, f"{text[:80]!r} is no date", "a date such as 2024-02-14")


def _order(text: str | None, layer: Layer) -> tuple[tuple[str, bool], ...]:
    if text is None:
        return ()
    # In a query string a bare plus is a blank: "sortby=+kursi" arrives as " kursi".
    names = [(part[1:] if part[:1] in "+- " else part, part[:1] == "-") for part in text.split(",")]
    _known("sortby", [name for name, _ in names], layer)
    return tuple(names)


def _select(text: str | None, layer: Layer) -> tuple[str, ...] | None:
    if text is None:
        return None
    names = text.split(",")
    _known("properties", names, layer)
    return tuple(names)


def _known(parameter: str, names: list[str], layer: Layer) -> None:
    for name in names:
        if name not in layer.column:
            raise bad(parameter, f"{name[:80]!r} is no property of {layer.name}", layer.column)
    if len(set(names)) < len(names):
        raise bad(parameter, "names a property twice", "each property once")


def _flag(name: str, text: str) -> bool:
    """Read true or false, also as Python writes them: OWSLib does."""
    return one_of(name, {"True": "true", "False": "false"}.get(text, text), ("true", "false")) == "true"


def _whole(name: str, text: str, allowed: str, least: int) -> int:
    if not _WHOLE.fullmatch(text) or int(text) < least or (name == "offset" and len(text) > _DIGITS):
        raise bad(name, f"{text[:80]!r} is out of range", allowed)
    return int(text)


def _limit(text: str | None, limits: Limits) -> int:
    if text is None:
        return limits.default
    allowed = f"a whole number from 1; more than {limits.maximum} gives {limits.maximum}"
    return min(_whole("limit", text, allowed, 1), limits.maximum)


def _offset(text: str | None) -> int:
    return 0 if text is None else _whole("offset", text, "a whole number from 0", 0)
