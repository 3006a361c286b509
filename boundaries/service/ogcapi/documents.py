"""The small JSON documents of the service: conformance, schema, queryables, landing page."""

from collections.abc import Collection, Mapping
from typing import Any, Final
from urllib.parse import quote

from boundaries.law import columns as attributes
from boundaries.release.geopackage_reader import Column
from boundaries.service import filters
from boundaries.service.ogcapi.catalog import PLACEHOLDER
from boundaries.service.ogcapi.layer import GEOMETRY, Layer

_OGC: Final = "http://www.opengis.net/spec"

#: What holds, and nothing else: no editing (Part 4), no references by profile (Part 5).
CONFORMANCE: Final = (
    f"{_OGC}/ogcapi-common-1/1.0/conf/core",
    f"{_OGC}/ogcapi-common-1/1.0/conf/html",
    f"{_OGC}/ogcapi-common-1/1.0/conf/json",
    f"{_OGC}/ogcapi-common-1/1.0/conf/landing-page",
    f"{_OGC}/ogcapi-common-1/1.0/conf/oas30",
    f"{_OGC}/ogcapi-common-2/1.0/conf/collections",
    f"{_OGC}/ogcapi-features-1/1.0/conf/core",
    f"{_OGC}/ogcapi-features-1/1.0/conf/geojson",
    f"{_OGC}/ogcapi-features-1/1.0/conf/html",
    f"{_OGC}/ogcapi-features-1/1.0/conf/oas30",
    f"{_OGC}/ogcapi-features-2/1.0/conf/crs",
    f"{_OGC}/ogcapi-features-3/1.0/conf/features-filter",
    f"{_OGC}/ogcapi-features-3/1.0/conf/filter",
    f"{_OGC}/ogcapi-features-3/1.0/conf/queryables",
    f"{_OGC}/ogcapi-features-3/1.0/conf/queryables-query-parameters",
    f"{_OGC}/ogcapi-features-5/1.0/conf/core-roles-features",
    f"{_OGC}/ogcapi-features-5/1.0/conf/schemas",
    *filters.CONFORMANCE,
    # The draft's name of basic-spatial-functions: QGIS before 3.44 sends spatial filters only where it stands.
    "http://www.opengis.net/spec/cql2/0.0/conf/basic-spatial-operators",
)
_DATES: Final = {"mulai": "primary-interval-start", "selesai": "primary-interval-end"}
#: Columns whose value is the id of a feature elsewhere (Part 5, references).
_REFERENCES: Final = {
    "kode_provinsi": "unit-provinsi",
    "kode_kabkota": "unit-kabkota",
    "kode_kecamatan": "unit-kecamatan",
}
_KNOWN: Final = {column.name: column for column in (*attributes.PLAN, *attributes.UNIT)}


def schema(layer: Layer, title: str, language: str, collections: Collection[str]) -> dict[str, Any]:
    """Return the JSON Schema of a layer's features (Part 5); `collections` are those that can be referred to."""
    return _document("schema", layer, title, _properties(layer, language, collections))


def queryables(layer: Layer, title: str, language: str, collections: Collection[str]) -> dict[str, Any]:
    """Return what a query can name: every column, each a parameter of its own, and the geometry (Part 3)."""
    properties = _properties(layer, language, collections)
    # QGIS knows a geometry by this reference alone, and sends spatial filters only where it finds one.
    if GEOMETRY in properties:
        properties[GEOMETRY] |= {"$ref": "https://geojson.org/schema/MultiPolygon.json"}
    return _document("queryables", layer, title, properties) | {"additionalProperties": False}


def _properties(layer: Layer, language: str, collections: Collection[str]) -> dict[str, Any]:
    meaning = {"id": "Bentuk, dalam CRS84", "en": "The shape, in CRS84"}[language]
    geometry = {"title": "Geometri" if language == "id" else "Geometry", "description": meaning}
    geometry |= {"format": "geometry-multipolygon", "x-ogc-role": "primary-geometry"}
    columns = {column.name: _property(layer, column, language) for column in layer.columns}
    for name, described in columns.items():
        target = _REFERENCES.get(name)
        if target in collections and target != layer.name:
            described["x-ogc-role"] = "reference"
            described["x-ogc-collectionId"] = target
            described["x-ogc-uriTemplate"] = f"{PLACEHOLDER}/collections/{target}/items/{{{name}}}"
    return ({GEOMETRY: geometry} if layer.has_geometry else {}) | columns


def _document(kind: str, layer: Layer, title: str, properties: dict[str, Any]) -> dict[str, Any]:
    for index, described in enumerate(properties.values(), 1):
        described["x-ogc-propertySeq"] = index
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{PLACEHOLDER}/collections/{layer.name}/{kind}",
        "type": "object",
        "title": title,
        "properties": properties,
    }


def _property(layer: Layer, column: Column, language: str) -> dict[str, Any]:
    known = _KNOWN.get(column.name)
    english = column.title_en or (known.title_en if known else column.title)
    title = english if language == "en" else column.title
    described: dict[str, Any] = {"title": title, "type": column.kind}
    if column.meaning:
        described["description"] = column.meaning[language]
    if column.name in _DATES:
        described |= {"format": "date", "x-ogc-role": _DATES[column.name]}
    if known and known.unit == "km2":  # the only unit of UCUM; "kursi" and "jiwa" are counts
        described["x-ogc-unit"] = known.unit
    if column.name == layer.id_column:
        described["x-ogc-role"] = "id"
    return described


def linked_page(page: Mapping[str, Any], collection: str, name: str) -> dict[str, Any]:
    """Return a page of features as JSON-LD: what each is called, and where it is told in full.

    `collection` is the collection's address, `name` the column with the name.
    """
    places = [
        {
            "@type": "schema:Place",
            "@id": f"{collection}/items/{quote(str(feature['id']), safe='')}",
            "schema:identifier": feature["id"],
        }
        | ({"schema:name": feature["properties"][name]} if name in feature["properties"] else {})
        for feature in page["features"]
    ]
    return {
        "@context": {"schema": "https://schema.org/"},
        "@type": "schema:ItemList",
        "@id": f"{collection}/items",
        "schema:numberOfItems": page["numberMatched"],
        "schema:itemListElement": places,
    }


def landing(title: str, description: str, attribution: str, *, files: bool) -> dict[str, Any]:
    """Return the landing page; `files`: whether there is anything to download."""
    relations = "http://www.opengis.net/def/rel/ogc/1.0"
    json, openapi = "application/json", "application/vnd.oai.openapi+json;version=3.0"
    links = [
        _link("service-desc", openapi, "/openapi?f=json", "OpenAPI 3.0"),
        _link("service-doc", "text/html", "/openapi?f=html", "OpenAPI (HTML)"),
        _link("conformance", json, "/conformance", "Conformance"),
        _link(f"{relations}/conformance", json, "/conformance", "Conformance"),
        _link("data", json, "/collections", "Collections"),
        _link(f"{relations}/data", json, "/collections", "Collections"),
        _link(
            "search",
            json,
            "/lookup{?lon,lat,nama,year}",
            "Dapil di suatu titik atau tempat / at a point or place",
        )
        | {"templated": True},
    ]
    if files:
        links.append(
            _link("related", json, "/downloads/", "Unduhan semua rilis / downloads of every release")
        )
    return {"title": title, "description": description, "attribution": attribution, "links": links}


def self_links(path: str, form: str, forms: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return the links to this document in every format; `form` is the one being written."""
    links = []
    for name in forms:
        rel = "self" if name == form else "alternate"
        href = f"{path}?f={name}"
        links.append(_link(rel, media_type(name), href, TITLES[name]))
    return links


TITLES: Final[Mapping[str, str]] = {
    "json": "Dokumen ini sebagai JSON / this document as JSON",
    "csv": "Halaman ini sebagai CSV, tanpa geometri / this page as CSV, without geometry",
    "html": "Dokumen ini sebagai HTML / this document as HTML",
    "jsonld": "Dokumen ini sebagai JSON-LD / this document as JSON-LD",
}


def media_type(form: str, *, features: bool = False) -> str:
    """Return the media type of a format."""
    if form == "json":
        return "application/geo+json" if features else "application/json"
    return {"html": "text/html", "jsonld": "application/ld+json", "csv": "text/csv"}[form]


def _link(rel: str, media: str, path: str, title: str) -> dict[str, Any]:
    return {"rel": rel, "type": media, "title": title, "href": f"{PLACEHOLDER}{path}"}
