"""A page of features as a table: one row a feature, and what is the same in all rows told once."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from boundaries.law import columns as attributes
from boundaries.law.codes import ABROAD
from boundaries.service.html.links import Language, Page, segment
from boundaries.service.html.texts import Words, day, number

Feature = Mapping[str, Any]

#: Told once above the table where all rows agree, and where they do not, a column at its end.
_COMMON: Final = (
    "lembaga", "tahun", "mulai", "selesai", "tingkat", "nama_provinsi", "nama_kabkota", "nama_kecamatan",
    "dasar_hukum", "sumber_batas", "lisensi",
)  # fmt: skip
#: The order of the columns behind the name; columns unknown here follow as they come.
_ORDER: Final = (
    "tahun", "lembaga", "kursi", "penduduk", "wilayah", "nama_kecamatan", "nama_kabkota", "nama_provinsi",
    "luas_km2", "ragu",
)  # fmt: skip
#: A code that is shown beside its name and not in a column of its own.
_BESIDE: Final = {
    "nama_dapil": "kode_dapil", "nama": "kode", "nama_provinsi": "kode_provinsi",
    "nama_kabkota": "kode_kabkota", "nama_kecamatan": "kode_kecamatan",
}  # fmt: skip
_PLAIN: Final = frozenset(
    {"tahun", "penduduk_tahun", "tps_tahun"}
)  # a number that is a name: 2024, never 2.024
_DATES: Final = frozenset({"mulai", "selesai"})
_FIRST: Final = ("kursi", "penduduk")  # of an item's facts
_SHOWN_UNITS: Final = 3
_KNOWN: Final = {each.name: each for each in (*attributes.UNIT, *attributes.PLAN)}
_MEMBER: Final = re.compile(r"(\d{2}(?:\.\d{2}){0,2}(?:\.\d{4})?) (.+)", re.DOTALL)
_LAYER: Final = {2: "unit-provinsi", 5: "unit-kabkota", 8: "unit-kecamatan", 13: "unit-desa"}


class Described(Protocol):
    """A column of a collection: its name, JSON type, title and what it means (by language)."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def kind(self) -> str: ...  # noqa: D102
    @property
    def title(self) -> str: ...  # noqa: D102
    @property
    def meaning(self) -> Mapping[str, str]: ...  # noqa: D102


@dataclass(frozen=True)
class Head:
    """A column's heading: a click sorts by it; `order` is what it is sorted by now (aria-sort), or ""."""

    name: str
    title: str
    style: str
    href: str
    order: str


@dataclass(frozen=True)
class Cell:
    """A value: class of the cell, text, what stands small behind it."""

    style: str
    text: str
    small: str = ""


@dataclass(frozen=True)
class Row:
    """A feature: address, name, code beside it, cells."""

    href: str
    name: str
    code: str
    cells: list[Cell]


@dataclass(frozen=True)
class Fact:
    """A name and its value; `code` stands small behind."""

    name: str
    text: str
    code: str = ""
    iso: str = ""


@dataclass(frozen=True)
class Table:
    """What ``items.html`` shows."""

    name: Head
    heads: list[Head]
    rows: list[Row]
    common: list[Fact]
    empty: list[str]


@dataclass(frozen=True)
class Member:
    """A unit that a dapil is made of; `layer` is the collection that holds it ("" if none)."""

    code: str
    name: str
    layer: str


def title_of(name: str, columns: Iterable[Described], language: Language) -> str:
    """Return a column's name for a person; a column that attributes.py does not know has its own."""
    known = _KNOWN.get(name)
    if known:
        return known.title if language == "id" else known.title_en
    return next((column.title for column in columns if column.name == name), name)


def name_of(feature: Feature) -> str:
    """Return what a feature is called: the name of its dapil or unit, else its id."""
    properties = feature.get("properties") or {}
    return str(properties.get("nama_dapil") or properties.get("nama") or feature.get("id"))


def table(features: Sequence[Feature], columns: Sequence[Described], page: Page, words: Words) -> Table:
    """Arrange a page of features; only the columns that the features carry are shown."""
    carried = list(features[0].get("properties") or {}) if features else [each.name for each in columns]
    values = {name: [(each.get("properties") or {}).get(name) for each in features] for name in carried}
    hidden = _hidden(carried) | _selves(values)
    shown = [name for name in carried if name not in hidden]
    gone = [name for name in shown if features and all(value is None for value in values[name])]
    common = [
        name for name in shown
        if name in _COMMON and features and len(set(map(str, values[name]))) == 1
        and (name not in gone or (name == "selesai" and "mulai" in carried))
    ]  # fmt: skip
    rest = sorted((name for name in shown if name not in (*gone, *common)), key=_rank)
    heads = [_head(name, columns, page, words) for name in rest]
    path = page.path
    rows = [
        Row(
            page.to(f"{path}/{segment(str(each.get('id')))}"),
            name_of(each),
            _code(each),
            [_cell(name, values[name][index], each, words) for name in rest],
        )
        for index, each in enumerate(features)
    ]
    named = next((name for name in ("nama_dapil", "nama") if name in carried), "id")
    facts = [_fact(name, features[0], columns, words) for name in common]
    titles = [title_of(name, columns, words.language) for name in gone if not _silent(name)]
    return Table(_head(named, columns, page, words), heads, rows, facts, titles)


def facts(feature: Feature, columns: Sequence[Described], words: Words, without: Iterable[str]) -> list[Fact]:
    """Return the facts of one feature: what counts first, then as its columns come; empty ones left out."""
    properties = feature.get("properties") or {}
    beside = {code for name, code in _BESIDE.items() if properties.get(name) is not None}
    own = _selves({name: [value] for name, value in properties.items()})
    left = {*without, *beside, *own}
    told = [
        name
        for name, value in properties.items()
        if name not in left and (value is not None or (name == "selesai" and properties.get("mulai")))
    ]
    return [
        _fact(name, feature, columns, words) for name in sorted(told, key=lambda each: each not in _FIRST)
    ]


def missing(feature: Feature, columns: Sequence[Described], language: Language) -> list[str]:
    """Return the titles of the columns that a feature leaves empty, but for those where empty says it all."""
    properties = feature.get("properties") or {}
    return [title_of(name, columns, language) for name, value in properties.items()
            if value is None and not _silent(name)]  # fmt: skip


def _silent(name: str) -> bool:
    """Return whether an empty column is no gap in what is known: no doubt, no end, no single regency."""
    return name in ("ragu", "ragu_en", "catatan", "catatan_en", "nama_lain", "selesai") or name.startswith(
        ("kode_", "nama_")
    )


def members(text: str) -> list[Member]:
    """Take ``code name; code name`` apart; a piece that is not one is a name without code."""
    found = []
    for piece in text.split("; "):
        match = _MEMBER.fullmatch(piece)
        code, name = (match[1], match[2]) if match else ("", piece)
        found.append(Member(code, name, "" if code == ABROAD[0] else _LAYER.get(len(code), "")))
    return found


def _hidden(carried: Iterable[str]) -> set[str]:
    """Return the columns that stand elsewhere: name, id and remarks of the row, and codes beside their names."""
    names = set(carried)
    beside = {code for name, code in _BESIDE.items() if name in names or code in ("kode_dapil", "kode")}
    return {"id", "nama_dapil", "nama", "ragu_en", "catatan", "catatan_en"} | beside


def _selves(values: Mapping[str, Sequence[Any]]) -> set[str]:
    """Return the name columns that repeat the unit's own name, such as the kecamatan's in its own layer."""
    own = values.get("kode")
    return {name for name, code in _BESIDE.items() if own and code != "kode" and values.get(code) == own}


def _rank(name: str) -> tuple[int, int]:
    if name in _ORDER:
        return (0, _ORDER.index(name))
    return (2 if name in _COMMON else 1, 0)


def _head(name: str, columns: Sequence[Described], page: Page, words: Words) -> Head:
    now = page.given("sortby")
    order = {name: "ascending", f"+{name}": "ascending", f"-{name}": "descending"}.get(now, "")
    sort = f"-{name}" if order == "ascending" else name
    numeric = next((each.kind for each in columns if each.name == name), "") in ("integer", "number")
    known = any(each.name == name for each in columns)
    href = page.here(sortby=sort, offset=None) if known else ""
    return Head(name, title_of(name, columns, words.language), "n" if numeric else "", href, order)


def _code(feature: Feature) -> str:
    properties = feature.get("properties") or {}
    return str(properties.get("kode_dapil") or properties.get("kode") or "")


def _cell(name: str, value: Any, feature: Feature, words: Words) -> Cell:
    if value is None:
        return Cell("", "")
    if name == "wilayah":
        found = members(str(value))
        first = ", ".join(each.name for each in found[:_SHOWN_UNITS])
        more = len(found) - _SHOWN_UNITS
        return Cell("w", first, words("items.more", count=number(more, words.language)) if more > 0 else "")
    if name == "ragu":
        return Cell("q", words("doubt.short"))
    code = (feature.get("properties") or {}).get(_BESIDE.get(name, ""))
    numeric = isinstance(value, int | float)
    return Cell("n" if numeric else "", value_text(name, value, words), str(code or ""))


def _fact(name: str, feature: Feature, columns: Sequence[Described], words: Words) -> Fact:
    properties = feature.get("properties") or {}
    value = properties.get(name)
    code = properties.get(_BESIDE.get(name, ""))
    iso = str(value) if name in _DATES and value else ""
    text = value_text(name, value, words)
    if name == "selesai":  # the day of the next election is the first on which it is not in force
        text = words("item.before", day=text) if value else words("collection.inforce")
    return Fact(title_of(name, columns, words.language), text, str(code or ""), iso)


def value_text(name: str, value: Any, words: Words) -> str:
    """Return a value as a person reads it."""
    if value is None:
        return ""
    if name in _DATES:
        return day(str(value), words.language)
    if name in ("lembaga", "tingkat"):
        return words.known(f"{'chamber' if name == 'lembaga' else 'level'}.{value}", str(value))
    if isinstance(value, bool) or not isinstance(value, int | float) or name in _PLAIN:
        return str(value)
    if name == "luas_km2":
        return number(float(value), words.language, 1 if value >= 10 else 3)
    return number(value, words.language)
