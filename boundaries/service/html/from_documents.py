"""What pages read out of the service's JSON documents: links to other formats, columns, conformance classes."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from boundaries.service.html.links import Page
from boundaries.service.html.texts import Words, number, size

Link = Mapping[str, Any]

#: What a person calls a media type.
_FORMATS: Final = {
    "application/geo+json": "GeoJSON", "application/json": "JSON", "application/schema+json": "JSON Schema",
    "application/ld+json": "JSON-LD", "text/csv": "CSV", "application/geopackage+sqlite3": "GeoPackage",
    "application/flatgeobuf": "FlatGeobuf", "application/vnd.shp": "Shapefile", "application/zip": "ZIP",
    "application/x-shapefile": "Shapefile", "application/topo+json": "TopoJSON",
    "application/vnd.apache.parquet": "GeoParquet", "application/vnd.pmtiles": "PMTiles",
    "application/vnd.google-earth.kml+xml": "KML", "application/geo+json-seq": "GeoJSON-Seq",
    "application/vnd.oai.openapi+json": "OpenAPI",
}  # fmt: skip
_CONF: Final = re.compile(r"https?://www\.opengis\.net/spec/([^/]+)/([^/]+)/conf/(.+)")
_SPEC: Final = re.compile(r"(ogcapi-\w+|cql2)(?:-(\d+))?")
_SPECS: Final = {
    "ogcapi-common": "OGC API - Common", "ogcapi-features": "OGC API - Features", "cql2": "CQL2",
}  # fmt: skip


@dataclass(frozen=True)
class Way:
    """A link with its words; `note` stands small behind."""

    href: str
    text: str
    note: str = ""


@dataclass(frozen=True)
class Column:
    """A property of a JSON Schema, as a row of a table."""

    name: str
    title: str
    kind: str
    unit: str
    meaning: str
    notes: list[str]
    references: list[Way]


def links(document: Mapping[str, Any], *relations: str) -> list[Link]:
    """Return the links of a document with one of `relations`."""
    return [each for each in document.get("links", ()) if each.get("rel") in relations]


def formats(document: Mapping[str, Any], page: Page) -> list[Way]:
    """Return the ways to this very page in formats other than HTML; JSON if the document names none."""
    found: dict[str, Way] = {}
    for link in links(document, "self", "alternate"):
        kind = _kind(link)
        if kind and kind != "text/html":
            found.setdefault(kind, Way(page.turned(str(link["href"])), _FORMATS.get(kind, kind)))
    return list(found.values()) or [Way(page.json(), "JSON")]


def downloads(document: Mapping[str, Any], words: Words) -> list[Way]:
    """Return the files that a document offers (``enclosure``), with their format and size."""
    ways = []
    for link in links(document, "enclosure"):
        kind = _kind(link)
        told = [size(int(link["length"]), words.language)] if link.get("length") else []
        name = _FORMATS.get(kind, kind)
        ways.append(Way(str(link["href"]), str(link.get("title") or name), ", ".join([name, *told])))
    return ways


def columns(document: Mapping[str, Any], page: Page, words: Words) -> list[Column]:
    """Return the properties of a JSON Schema."""
    return [
        _column(name, each, page, words)
        for name, each in document.get("properties", {}).items()
        if isinstance(each, Mapping)
    ]


def conformance(document: Mapping[str, Any]) -> dict[str, list[Way]]:
    """Return the conformance classes by standard, in the order of the document."""
    groups: dict[str, list[Way]] = {}
    for uri in document.get("conformsTo", ()):
        match = _CONF.fullmatch(str(uri))
        name, text = (_standard(match[1], match[2]), match[3]) if match else ("", str(uri))
        groups.setdefault(name, []).append(Way(str(uri), text))
    return groups


def _standard(spec: str, version: str) -> str:
    match = _SPEC.fullmatch(spec)
    if match is None:
        return f"{spec} {version}"
    name = _SPECS.get(match[1], match[1])
    return f"{name}, Part {match[2]}, {version}" if match[2] else f"{name}, {version}"


def _kind(link: Link) -> str:
    return str(link.get("type", "")).partition(";")[0].strip()


def _column(name: str, each: Mapping[str, Any], page: Page, words: Words) -> Column:
    shape = str(each.get("format", ""))
    geometry = shape.startswith("geometry-")
    kind = (
        words("type.geometry")
        if geometry
        else words.known(f"type.{each.get('type')}", str(each.get("type", "")))
    )
    if shape and not geometry:
        kind = words.known(f"type.{shape}", shape)
    title = (
        words("type.geometry")
        if geometry and each.get("title") in (None, name)
        else str(each.get("title", name))
    )
    return Column(
        name,
        title,
        kind,
        _unit(each),
        str(each.get("description", "")),
        _notes(each, words),
        _references(each, page),
    )


def _unit(each: Mapping[str, Any]) -> str:
    unit = each.get("x-ogc-unit") or each.get("unit") or ""
    return {"km2": "km²", "m2": "m²"}.get(str(unit), str(unit))


def _notes(each: Mapping[str, Any], words: Words) -> list[str]:
    """Return the role of a property and which values it can have."""
    notes = (
        [words.known(f"role.{each['x-ogc-role']}", str(each["x-ogc-role"]))] if "x-ogc-role" in each else []
    )
    if each.get("enum"):
        notes.append(words("schema.values", values=", ".join(map(str, each["enum"]))))
    for key in ("minimum", "maximum"):
        if isinstance(each.get(key), int | float):
            notes.append(words(f"schema.{key}", value=number(each[key], words.language)))
    return notes


def _references(each: Mapping[str, Any], page: Page) -> list[Way]:
    """Return what a property refers to: another collection of this service, a code list, a definition."""
    ways = []
    collection = each.get("x-ogc-collectionId")
    if collection:
        ways.append(Way(page.to(f"/collections/{collection}"), str(collection)))
    others = ("x-ogc-codelistUri", "x-ogc-definition", *(() if collection else ("x-ogc-uriTemplate",)))
    for key in others:
        value = each.get(key)
        if isinstance(value, str) and value:
            web = value.startswith(("http://", "https://")) and "{" not in value
            ways.append(Way(value if web else "", value))
    return ways


def plain(value: Any) -> str:
    """Return a value of a problem document as text."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
