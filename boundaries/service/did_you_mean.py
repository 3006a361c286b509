"""What somebody may have meant whose address is wrong: links to what is there and is written most like it.

Only pages have them: they are looked for when a problem is told to a person.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final, NamedTuple

from rapidfuzz import fuzz, process

from boundaries.errors import BoundariesError
from boundaries.law.spelling import spoken
from boundaries.service.html.links import Page, segment
from boundaries.service.ogcapi.layer import Layer
from boundaries.service.state import State

#: Pages of the first level that a person may want.
PLACES: Final = (
    "map", "lookup", "collections", "downloads", "pakai", "tentang", "openapi", "conformance", "sitemap.xml",
)  # fmt: skip
_MOST: Final = 3
#: Likeness, of 100, from which on something is offered.
_LIKE: Final = 70
#: Of layers with more rows than this only those are compared whose id begins alike: a wrong address may not cost much.
_MANY: Final = 5_000
_BEGINNING: Final = 5
_LONGEST: Final = 80


class Meant(NamedTuple):
    """A link to what may have been meant: address in the page's language, and how it is called."""

    href: str
    name: str


def meant(state: State, page: Page, document: Mapping[str, Any]) -> list[Meant]:
    """Return what is most like the part of the address that a problem is about; the best first, often nothing."""
    page = page.spoken()
    if document.get("parameter"):
        return list(_parameters(page, str(document["parameter"]), document))
    if int(document.get("status", 0)) != 404:
        return []
    match page.path.split("/")[1:]:
        case ["downloads", release, _] if isinstance(document.get("allowed"), list):
            return [Meant(f"{page.prefix}/downloads/{segment(release)}/{segment(each)}", each)
                    for each in document["allowed"][:_MOST]]  # fmt: skip
        case ["collections", name, *rest] if name not in state.layers:
            return [Meant(page.to("/".join(("/collections", segment(each), *map(segment, rest)))), each)
                    for each in _like(name, list(state.layers))]  # fmt: skip
        case ["collections", name, "items", wrong]:
            found = _rows(state, state.layers[name], wrong)
            return [
                Meant(page.to(f"/collections/{name}/items/{segment(id_)}"), called) for id_, called in found
            ]
        case ["dapil", wrong, *_]:
            return [Meant(page.to(f"/dapil/{segment(id_)}"), called) for id_, called in _dapil(state, wrong)]
        case [first, *_] if first not in PLACES:
            return [Meant(page.to(f"/{each}"), each) for each in _like(first, PLACES)]
    return []


def _parameters(page: Page, wrong: str, document: Mapping[str, Any]) -> Iterator[Meant]:
    """Yield this address with the parameter's name or its value as it may have been meant."""
    allowed = document.get("allowed")
    given = dict(page.params)
    if not isinstance(allowed, list) or wrong not in given:
        return
    value = given[wrong]
    if wrong in allowed or ": unknown parameter" not in str(document.get("detail")):
        for each in _like(value, allowed):
            yield Meant(_here(page, wrong, wrong, each), f"{wrong}={each}")
        return
    for each in _like(wrong, [name for name in allowed if name not in given]):
        yield Meant(_here(page, wrong, each, value), f"{each}={value[:_LONGEST]}")


def _here(page: Page, wrong: str, name: str, value: str) -> str:
    """Return the link to this page with `name` and `value` in the place of a parameter."""
    changed: dict[str, Any] = {wrong: None} | {name: value}
    return page.here(**changed)


def _like(text: str, names: Collection[str]) -> list[str]:
    found = process.extract(text[:_LONGEST].lower(), names, scorer=fuzz.ratio, limit=_MOST, score_cutoff=_LIKE,
                            processor=str.lower)  # fmt: skip
    return [name for name, _, _ in found]


def _rows(state: State, layer: Layer, wrong: str) -> list[tuple[str, str]]:
    """Return ids and names of a layer's rows: those with an id like `wrong`, else dapil that are called so."""
    found = _like(wrong, _alike(layer, wrong) if len(layer) > _MANY else list(layer.ids))
    if not found and layer.is_plan:
        chamber, _, year = layer.name.rpartition("-")
        found = [each for each in _called(state, wrong, chamber, year) if layer.position(each) is not None]
    return [(each, _name(layer, each)) for each in found]


def _dapil(state: State, wrong: str) -> list[tuple[str, str]]:
    """Return ids and names of dapil: those with this code in other elections, else what is written most like it."""
    if found := _elsewhen(state, *wrong.rpartition("-")[::2]):
        return found
    layer = state.layers.get(wrong.rpartition("-")[0])
    if layer is not None and layer.is_plan:
        return _rows(state, layer, wrong)
    plans = [each for each in state.layers.values() if each.is_plan and each.name[-4:].isdecimal()]
    named = _like(wrong.rpartition("-")[0], [each.name for each in plans])
    for name in named:
        if found := _rows(state, state.layers[name], wrong):
            return found
    ids = [each for each in _called(state, wrong, "", "") if each.rpartition("-")[0] in state.layers]
    return [(each, _name(state.layers[each.rpartition("-")[0]], each)) for each in ids]


def _elsewhen(state: State, plan: str, code: str) -> list[tuple[str, str]]:
    chamber = plan.rpartition("-")[0]
    plans = [each for each in state.layers.values() if each.is_plan and each.name[-4:].isdecimal()]
    same = [each for each in plans if each.name.rpartition("-")[0] == chamber]
    same.sort(key=lambda each: (-fuzz.ratio(plan, each.name), each.name))
    ids = [(each, f"{each.name}-{code}") for each in same if each.position(f"{each.name}-{code}") is not None]
    return [(id_, _name(layer, id_)) for layer, id_ in ids][:_MOST]


def _alike(layer: Layer, wrong: str) -> list[str]:
    """Return the ids of a layer, which are in order, that begin as `wrong` does."""
    start = wrong[:_BEGINNING]
    return [layer.ids[at] for at in range(layer.ids.first(start), layer.ids.first(start + "\U0010ffff"))]


def _called(state: State, text: str, chamber: str, year: str) -> list[str]:
    """Return ids of dapil that are called so, with blanks for hyphens; none where no plan is of that year."""
    try:
        found = state.names.find(text[:_LONGEST].replace("-", " "), int(year) if year.isdecimal() else None,
                                 chamber=chamber)  # fmt: skip
    except BoundariesError:
        return []
    return [each.kode for each in found.temuan if each.tingkat == "dapil"][:_MOST]


def _name(layer: Layer, id_: str) -> str:
    position = layer.position(id_)
    row = layer.properties(position) if position is not None else {}
    return f"{spoken(str(row.get(layer.title_column) or id_))} ({id_})"
