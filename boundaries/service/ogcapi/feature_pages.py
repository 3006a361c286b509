"""Pages of features: what /items and one item say beside the features themselves, and the links that belong to it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from boundaries.release.spliced import Part
from boundaries.service.ogcapi.documents import TITLES, media_type
from boundaries.service.ogcapi.layer import Layer
from boundaries.service.ogcapi.query import ItemsRequest

FORMS = ("json", "html", "jsonld")
#: Those of a page of features.
PAGE_FORMS = (*FORMS, "csv")
Link = dict[str, str]
_OWN = frozenset({"f", "offset", "limit"})


@dataclass(frozen=True)
class Found:
    """A page of the features that answer a request."""

    layer: Layer
    asked: ItemsRequest
    matched: int
    positions: Sequence[int]
    links: list[Link]

    def parts(self, release: str) -> list[Part]:
        """Return the FeatureCollection. No timeStamp: the same question has the same answer, byte for byte."""
        head = json.dumps(self._head() | {"rilis": release}, ensure_ascii=False).encode()
        features = self.layer.features(self.positions, self.asked.question)
        return [Part(head[:-1] + b', "features":['), *features, Part(b"]}")]

    def listing(self) -> dict[str, Any]:
        """Return the page without geometries."""
        select = self.asked.question.select
        features = [
            {"id": name, "properties": properties}
            for name, properties in self.layer.listed(self.positions, select)
        ]
        return self._head() | {"features": features, "offset": self.asked.offset, "limit": self.asked.limit}

    def _head(self) -> dict[str, Any]:
        return {
            "type": "FeatureCollection",
            "numberMatched": self.matched,
            "numberReturned": len(self.positions),
            "links": self.links,
        }


def items(
    layer: Layer, asked: ItemsRequest, params: Mapping[str, str], base: str, form: str, title: str
) -> Found:
    """Return the page that answers; `params` are the request's own, to write links from."""
    found = layer.find(asked.question)
    page = found[:0] if asked.hits else found[asked.offset : asked.offset + asked.limit]
    links = _page_links(f"{base}/collections/{layer.name}", asked, params, form, title, len(found))
    return Found(layer, asked, len(found), page, links)


def item_links(
    layer: Layer, name: str, params: Mapping[str, str], base: str, form: str, title: str
) -> list[Link]:
    """Return the links of one feature."""
    collection = f"{base}/collections/{layer.name}"
    links = _formats(f"{collection}/items/{quote(name, safe='')}?", _rest(params), form)
    links.append({"rel": "collection", "type": "application/json", "title": title, "href": collection})
    return links


def _formats(path: str, rest: str, form: str, forms: Sequence[str] = FORMS) -> list[Link]:
    links = []
    for each in forms:
        rel = "self" if each == form else "alternate"
        media = media_type(each, features=True)
        links.append({"rel": rel, "type": media, "title": TITLES[each], "href": f"{path}{rest}f={each}"})
    return links


def _rest(params: Mapping[str, str]) -> str:
    """Return the parameters but format and paging, encoded, each followed by an ampersand."""
    texts = (f"{name}={quote(text, safe=',:/')}&" for name, text in params.items() if name not in _OWN)
    return "".join(texts)


def _page_links(collection: str, asked: ItemsRequest, params: Mapping[str, str], form: str, title: str,
                matched: int) -> list[Link]:  # fmt: skip
    """Return self, alternate, collection, and prev and next where there is something to go to."""
    path, rest = f"{collection}/items?", _rest(params)
    here = rest + (f"limit={params['limit']}&" if "limit" in params else "")
    here += f"offset={asked.offset}&" if asked.offset else ""
    links = _formats(path, here, form, PAGE_FORMS)
    links.append({"rel": "collection", "type": "application/json", "title": title, "href": collection})
    if asked.hits:
        return links
    media = media_type(form, features=True)
    start = min(asked.offset, matched)
    if start > 0:
        back = min(asked.limit, start)
        to = f"&offset={start - back}" if start > back else ""
        href = f"{path}{rest}f={form}&limit={back}{to}"
        links.append({"rel": "prev", "type": media, "title": "Sebelumnya / previous", "href": href})
    if asked.offset + asked.limit < matched:
        href = f"{path}{rest}f={form}&limit={asked.limit}&offset={asked.offset + asked.limit}"
        links.append({"rel": "next", "type": media, "title": "Berikutnya / next", "href": href})
    return links
