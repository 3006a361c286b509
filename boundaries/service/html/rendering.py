"""From a template and its values to a page: what every page is given, and the templates, compiled once."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import jinja2

from boundaries.law.doubts import column, reasons
from boundaries.law.spelling import spoken
from boundaries.service.html import from_documents
from boundaries.service.html.assets import ASSET
from boundaries.service.html.feature_table import Member, title_of, value_text
from boundaries.service.html.imprint import Told
from boundaries.service.html.links import Language, Page, segment
from boundaries.service.html.texts import Words, day, number, tongue
from boundaries.site.map_html import LOCALES

_FOLDER: Final = Path(__file__).parent / "templates"


class Renderer:
    """Writes pages from templates; `told` is what a release says in each language."""

    def __init__(self, told: Mapping[Language, Told], words: Mapping[Language, Words]) -> None:
        self._told = told
        self._words = words
        self._templates = _templates()

    def page(
        self, template: str, page: Page, title: str, crumbs: Sequence[tuple[str, str]], **values: Any
    ) -> bytes:
        """Return a page. `crumbs` lead to it from the home page; `values` are the template's own."""
        words = self._words[page.language]
        document = values.get("document")
        plain = not page.query or page.query in ("lang=id", "lang=en")
        context = {
            "canonical": (page.path or "/") if plain else "",
            "card": "",
            "oembed": "",
            "hidden": False,
            "page": page,
            "t": words,
            "site": self._told[page.language],
            "title": title,
            "crumbs": [(page.to("/"), words("nav.home")), *crumbs] if page.path.strip("/") else [],
            "formats": from_documents.formats(document, page) if isinstance(document, Mapping) else [],
            "num": partial(number, language=page.language),
            "day": partial(day, language=page.language),
            "half": partial(tongue, language=page.language),
            "value_text": partial(value_text, words=words),
            "title_of": partial(title_of, columns=values.get("columns") or (), language=page.language),
            "reasons": partial(_reasons, language=page.language),
            "linked": partial(_linked, self._told[page.language]),
        }
        return self._templates.get_template(template).render(context | values).encode()


def _templates() -> jinja2.Environment:
    """Return the environment with every template compiled, so that no request waits for it."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
    )
    environment.globals["asset"] = ASSET.__getitem__
    environment.globals["locales"] = LOCALES
    environment.filters["segment"] = segment
    environment.filters["spoken"] = spoken
    environment.tests["web"] = is_web
    for path in sorted(_FOLDER.glob("*.html")):
        environment.get_template(path.name)
    return environment


def _reasons(row: Mapping[str, Any], name: str, language: Language) -> list[str]:
    """Return what a row says in ``ragu`` or ``catatan``, one by one."""
    return reasons(row.get(column(name, language)))


def _linked(site: Told, member: Member) -> bool:
    """Return whether this service has a page for a unit."""
    return member.layer in site.collections and member.code in site.units


def is_web(href: Any) -> bool:
    """Return whether a link of a document may be followed: no javascript:, no data:."""
    return isinstance(href, str) and href.startswith(("http://", "https://"))
