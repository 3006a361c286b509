"""Addresses within the service: what a page links to, always in its own language."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

Language = Literal["id", "en"]
Pairs = Iterable[tuple[str, str]]


@dataclass(frozen=True)
class Page:
    """Where a page is: public address without trailing slash, path below it, query as sent, language.

    Links carry only the path of `base`: they work by whatever name the service was reached, and are right
    behind a proxy that puts it under a folder. What a person copies (QGIS, citation) carries the whole address.
    """

    base: str
    path: str
    query: str
    language: Language

    @cached_property
    def prefix(self) -> str:
        """The folder that the service lies in, without trailing slash."""
        return urlsplit(self.base).path.rstrip("/")

    @cached_property
    def params(self) -> list[tuple[str, str]]:
        """The parameters of the query, in order."""
        return parse_qsl(self.query, keep_blank_values=True)

    def given(self, name: str, default: str = "") -> str:
        """Return the value of a parameter."""
        return dict(self.params).get(name, default)

    def spoken(self) -> "Page":
        """Return the same in the language that its own query asks for, if it does."""
        asked = self.given("lang")
        return replace(self, language="en" if asked == "en" else "id") if asked in ("id", "en") else self

    def to(self, path: str, **params: object) -> str:
        """Return the link to another page, in this language."""
        return self._link(path, [*((name, str(value)) for name, value in params.items())], self.language)

    def here(self, *, language: Language | None = None, **changed: object) -> str:
        """Return the link to this page with parameters changed; None leaves one out."""
        kept = [(name, value) for name, value in self.params if name not in changed]
        kept += [(name, str(value)) for name, value in changed.items() if value is not None]
        return self._link(self.path, kept, language or self.language)

    def without(self, *names: str) -> str:
        """Return the link to this page without some parameters."""
        return self._link(self.path, [pair for pair in self.params if pair[0] not in names], self.language)

    def turned(self, href: str) -> str:
        """Return this page with the query of a document's own link (``self``, ``alternate``, ``next``)."""
        query = urlsplit(href).query
        return self._link(self.path, parse_qsl(query, keep_blank_values=True), self.language)

    def as_html(self, href: str) -> str:
        """Return the same without a format: a page, also where the document's links lead to JSON."""
        query = parse_qsl(urlsplit(href).query, keep_blank_values=True)
        return self._link(self.path, [pair for pair in query if pair[0] != "f"], self.language)

    def json(self) -> str:
        """Return the link to this page as JSON."""
        kept = [(name, value) for name, value in self.params if name not in ("f", "lang")]
        return self._link(self.path, [*kept, ("f", "json")], self.language)

    def told(self) -> str:
        """Return the link to this page as JSON in its language, where the document speaks one."""
        return f"{self.prefix}{self.path}?f=json&lang={self.language}"

    def absolute(self, path: str, **params: object) -> str:
        """Return a whole address, for a person to copy into another program."""
        query = _encoded((name, str(value)) for name, value in params.items())
        return f"{self.base}{path}" + (f"?{query}" if query else "")

    def whole(self, path: str, *, language: Language | None = None) -> str:
        """Return the whole address of a page in a language, as search engines and chats want it."""
        return f"{self.base}{path or '/'}?lang={language or self.language}"

    def oembed(self, path: str) -> str:
        """Return the whole address that tells editors how to embed a page (oEmbed)."""
        return self.absolute("/oembed", url=self.whole(path), format="json")

    def _link(self, path: str, pairs: Pairs, language: Language) -> str:
        """Write a link; ``f=html`` is left out, since a browser asks for HTML anyway."""
        kept = [(name, value) for name, value in pairs if name != "lang" and (name, value) != ("f", "html")]
        if not any(name == "f" and value == "json" for name, value in kept):
            kept.append(("lang", language))
        return f"{self.prefix}{path or '/'}" + (f"?{_encoded(kept)}" if kept else "")


def _encoded(pairs: Pairs) -> str:
    return urlencode(list(pairs), safe=",:/", quote_via=quote)


def segment(name: str) -> str:
    """Return a name as one segment of a path."""
    return quote(name, safe="")
