"""Pages of features: the GeoJSON text of /items and of one item, with the links that belong to it."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from boundaries.service.crs import Crs
from boundaries.service.documents import TITLES, media_type
from boundaries.service.layer import Layer, Question
from boundaries.service.problems import missing
from boundaries.service.query import ItemsRequest

FORMS = ("json", "html", "jsonld")
Link = dict[str, str]


def items(
    layer: Layer, asked: ItemsRequest, params: Mapping[str, str], base: str, form: str, title: str
) -> bytes:
    """Return the FeatureCollection that answers; `params` are the request's own, to write links from."""
    found = layer.find(asked.question)
    page = [] if asked.hits else found[asked.offset : asked.offset + asked.limit]
    head = {
        "type": "FeatureCollection",
        "numberMatched": len(found),
        "numberReturned": len(page),
        "timeStamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "links": _page_links(f"{base}/collections/{layer.name}", asked, params, form, title, len(found)),
    }
    return _with(head, b"features", b"[" + b",\n".join(layer.features(page, asked.question)) + b"]")


def item(
    layer: Layer, name: str, crs: Crs, params: Mapping[str, str], base: str, form: str, title: str
) -> bytes:
    """Return one Feature, or raise the 404."""
    position = layer.position.get(name)
    if position is None:
        raise missing("item", name)
    collection = f"{base}/collections/{layer.name}"
    links = _formats(f"{collection}/items/{quote(name, safe='')}", params, form)
    links.append({"rel": "collection", "type": "application/json", "title": title, "href": collection})
    text = layer.features([position], Question(crs=crs))[0]
    return text[:-1] + b',"links":' + json.dumps(links, ensure_ascii=False).encode() + b"}"


def _with(head: dict[str, Any], name: bytes, value: bytes) -> bytes:
    return json.dumps(head, ensure_ascii=False).encode()[:-1] + b', "' + name + b'":' + value + b"}"


def _formats(path: str, params: Mapping[str, str], form: str) -> list[Link]:
    links = []
    for each in FORMS:
        rel = "self" if each == form else "alternate"
        media = media_type(each, features=True)
        links.append({"rel": rel, "type": media, "title": TITLES[each], "href": _url(path, params, f=each)})
    return links


def _page_links(collection: str, asked: ItemsRequest, params: Mapping[str, str], form: str, title: str,
                matched: int) -> list[Link]:  # fmt: skip
    """Return self, alternate, collection, and prev and next where there is something to go to."""
    path = f"{collection}/items"
    links = _formats(path, params, form)
    links.append({"rel": "collection", "type": "application/json", "title": title, "href": collection})
    if asked.hits:
        return links
    media = media_type(form, features=True)
    start = min(asked.offset, matched)
    if start > 0:
        back = min(asked.limit, start)
        href = _url(path, params, offset=start - back, limit=back)
        links.append({"rel": "prev", "type": media, "title": "Sebelumnya / previous", "href": href})
    if asked.offset + asked.limit < matched:
        href = _url(path, params, offset=asked.offset + asked.limit, limit=asked.limit)
        links.append({"rel": "next", "type": media, "title": "Berikutnya / next", "href": href})
    return links


def _url(path: str, params: Mapping[str, str], **changed: object) -> str:
    merged = {**params, **{name: str(value) for name, value in changed.items()}}
    if merged.get("offset") == "0":
        del merged["offset"]
    return f"{path}?{urlencode(merged, safe=',:/', quote_via=quote)}"
