"""All collections at a glance: chambers down, elections across; units apart."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from boundaries.service.html.links import Page, segment
from boundaries.service.html.texts import Words, number

CHAMBERS: Final = ("dpr", "dpd", "dprd-provinsi", "dprd-kabkota")
_UNITS: Final = ("unit-provinsi", "unit-kabkota", "unit-kecamatan", "unit-desa")
_PLAN: Final = re.compile(r"(dpr|dpd|dprd-provinsi|dprd-kabkota)-(\d{4})")


@dataclass(frozen=True)
class Cell:
    """One chamber in one year: where its collection is ("" if it is not served) and its totals."""

    href: str = ""
    dapil: str = ""
    seats: str = ""
    table_only: bool = False
    doubtful: bool = False


@dataclass(frozen=True)
class Row:
    """A chamber: its name, the collection over all years ("" for none), and a cell a year."""

    name: str
    all_years: str
    cells: list[Cell]


@dataclass(frozen=True)
class Entry:
    """A collection outside the table."""

    href: str
    title: str
    count: str


@dataclass(frozen=True)
class Set:
    """A set of the election's tables: its title, and each table by what tells it from the others."""

    title: str
    tables: list[Entry]


@dataclass(frozen=True)
class Overview:
    """What ``_overview.html`` shows."""

    years: list[int]
    rows: list[Row]
    units: list[Entry]
    sets: list[Set]
    others: list[Entry]
    all_years: bool


def overview(
    served: Sequence[str], titles: Mapping[str, str], manifest: Mapping[str, Any], page: Page, words: Words
) -> Overview:
    """Group the collections `served` (ids); counts come from the release's manifest."""
    plans = {str(plan["id"]): plan for plan in manifest.get("plans", ())}
    counts = {str(each["name"]): int(each["features"]) for each in manifest.get("layers", ())}
    names = {*served, *plans}
    years = sorted({int(found[2]) for name in names if (found := _PLAN.fullmatch(name))}, reverse=True)
    rows = [_row(chamber, years, served, plans, page, words) for chamber in CHAMBERS]
    rows = [row for row in rows if row.all_years or any(cell.dapil or cell.href for cell in row.cells)]
    tables = [each for each in manifest.get("elections", ()) if each["name"] in served]
    told = {f"dapil-{chamber}" for chamber in CHAMBERS} | set(_UNITS) | {str(each["name"]) for each in tables}
    rest = [name for name in served if name not in told and not _PLAN.fullmatch(name)]
    units = [name for name in _UNITS if name in served]
    return Overview(
        years,
        rows,
        _entries(units, titles, counts, page, words),
        _sets(tables, page, words),
        _entries(rest, titles, counts, page, words),
        all_years=any(row.all_years for row in rows),
    )


def _sets(tables: Iterable[Mapping[str, Any]], page: Page, words: Words) -> list[Set]:
    """Group tables by their set, in the order in which the release lists them."""
    found: dict[str, Set] = {}
    for each in tables:
        title = str(each["title" if words.language == "id" else "title_en"])
        own = str(each["name"]).removeprefix(str(each["set"])).strip("-").replace("-", " ")
        entry = Entry(
            page.to(f"/collections/{segment(str(each['name']))}"),
            own or title,
            number(int(each["rows"]), words.language),
        )
        found.setdefault(str(each["set"]), Set(title, [])).tables.append(entry)
    return list(found.values())


def _row(chamber: str, years: Iterable[int], served: Sequence[str], plans: Mapping[str, Mapping[str, Any]],
         page: Page, words: Words) -> Row:  # fmt: skip
    whole = f"dapil-{chamber}"
    href = page.to(f"/collections/{whole}") if whole in served else ""
    cells = [_cell(f"{chamber}-{year}", served, plans, page, words) for year in years]
    return Row(words(f"chamber.{chamber}"), href, cells)


def _cell(name: str, served: Sequence[str], plans: Mapping[str, Mapping[str, Any]], page: Page,
          words: Words) -> Cell:  # fmt: skip
    plan = plans.get(name)
    href = page.to(f"/collections/{name}") if name in served else ""
    if plan is None:
        return Cell(href)
    return Cell(
        href,
        number(int(plan["dapil"]), words.language),
        number(int(plan["kursi"]), words.language),
        table_only=not plan.get("layer"),
        doubtful=bool(plan.get("ragu") or plan.get("selisih")),
    )


def _entries(names: Iterable[str], titles: Mapping[str, str], counts: Mapping[str, int], page: Page,
             words: Words) -> list[Entry]:  # fmt: skip
    return [
        Entry(
            page.to(f"/collections/{segment(name)}"),
            titles.get(name) or words.known(f"collection.{name}", name),
            number(counts[name], words.language) if name in counts else "",
        )
        for name in names
    ]
