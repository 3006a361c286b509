"""Moving through the features of a collection: pages before and behind, and what narrows them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from boundaries.service.html.feature_table import Described, name_of, title_of, value_text
from boundaries.service.html.from_documents import links
from boundaries.service.html.links import Page
from boundaries.service.html.texts import Words, number

Document = Mapping[str, Any]

#: Parameters that arrange a page and do not narrow it.
_ARRANGING: Final = ("f", "lang", "limit", "offset", "sortby")


def caption(feature: Document, words: Words) -> str:
    """Return what the map says of a feature: its name, and its seats if it has any."""
    seats = (feature.get("properties") or {}).get("kursi")
    name = name_of(feature)
    return f"{name}, {words('seats', count=number(seats, words.language))}" if seats is not None else name


def narrowed(page: Page, columns: Sequence[Described], words: Words) -> list[tuple[str, str, str]]:
    """Return what narrows this page: name of the parameter, its value, the link without it."""
    return [
        (
            words.known(f"param.{name}", title_of(name, columns, words.language)),
            value_text(name, value, words),
            page.without(name, "offset"),
        )
        for name, value in page.params
        if name not in _ARRANGING
    ]


def pager(page: Page, document: Document) -> dict[str, Any]:
    """Return which features a page holds, and the links to the pages before and behind."""
    offset, count = _whole(page.given("offset"), 0), len(document.get("features", ()))
    ways = {
        relation: page.as_html(str(found[0]["href"])) if (found := links(document, relation)) else ""
        for relation in ("prev", "next")
    }
    return {
        "first": offset + 1 if count else 0,
        "last": offset + count,
        "count": count,
        "matched": document.get("numberMatched"),
        "limit": _whole(page.given("limit"), 0),
        **ways,
    }


def _whole(text: str, default: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else default
