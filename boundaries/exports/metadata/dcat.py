"""``catalog.jsonld``: the release as a catalogue in DCAT 3, with what DCAT-AP and GeoDCAT-AP ask for.

A ``dcat:Dataset`` for each plan, each level of units, all chambers of a year and the release itself; a
``dcat:DatasetSeries`` for each chamber over the elections; a ``dcat:Distribution`` for each file. Each plan derives
from its regulation (``dcatap:applicableLegislation``) and from the base map.
"""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from boundaries import __version__
from boundaries.exports.metadata.described import (  # fmt: skip
    CODES,
    KEYWORDS,
    LANGUAGES,
    LAW,
    PUBLISHER,
    REGISTERED,
    SERIES,
    Described,
    Entry,
    Facts,
    file_title,
    folder,
    format_name,
    licence_text,
)
from boundaries.exports.metadata.jsonld_context import CONTEXT
from boundaries.release.store import Release

Node = dict[str, Any]

_EU: Final = "http://publications.europa.eu/resource/authority"
_CRS84: Final = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_HOW: Final = {
    "id": "Diturunkan dari peta dasar dan tabel hukum: wilayah dibersihkan menjadi cakupan tanpa celah dan tumpang "
    "tindih, lalu digabung menurut peraturan. Yang berubah diukur tiap wilayah di quality.csv. Bukan batas resmi.",
    "en": "Derived from the base map and the law's tables: units are cleaned into a coverage without gaps or overlaps "
    "and dissolved as the regulation says. What changed is measured per unit in quality.csv. Not the legal boundaries.",
}


def make(release: Release, entries: Sequence[Entry], base_url: str | None = None) -> bytes:
    """Return ``catalog.jsonld``.

    Parameters
    ----------
    release
        The release that the files were made from.
    entries
        Those of ``downloads.json``.
    base_url
        The address of the folder; None for a document whose addresses are relative to itself.
    """
    facts = Facts(release, entries)
    described = facts.described()
    laws = _laws(described)
    nodes = [
        _catalogue(facts, described),
        {"@id": "#publisher", "@type": "foaf:Agent", "foaf:name": PUBLISHER},
        *_base_map(facts),
        {"@id": "#build", "@type": "prov:Activity", "label": _HOW, "used": ["#base-map", *laws.values()],
         "prov:wasAssociatedWith": {"@type": "prov:SoftwareAgent", "foaf:name": f"peta-dapil {__version__}"}},
        *({"@id": node, "@type": ["eli:LegalResource", "prov:Entity"], "title": {"id": law}}
          for law, node in laws.items()),
        *_standards(),
        *_series(described),
        *(_dataset(facts, each, described, laws) for each in described),
    ]  # fmt: skip
    base = {"@base": f"{folder(base_url)}catalog.jsonld"} if base_url else {}
    value = {"@context": base | CONTEXT, "@graph": nodes}
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()


def _catalogue(facts: Facts, described: Sequence[Described]) -> Node:
    return {
        "@id": "#catalogue",
        "@type": "dcat:Catalog",
        "title": {"id": "Peta Dapil", "en": "Peta Dapil: maps of Indonesia's electoral districts"},
        "description": {
            language: f"{_about(language)} {licence_text(facts.origin, language)} {LAW[language]}"
            for language in LANGUAGES
        },
        "identifier": facts.release.id,
        "version": facts.release.id,
        **_common(facts, licensed=True),
        "theme": [f"{_EU}/data-theme/{code}" for code in ("GOVE", "REGI")],
        "dcat:themeTaxonomy": [{"@id": f"{_EU}/data-theme"}, {"@id": "#kode-referensi"}],
        "dataset": [f"#{each.name}" for each in described],
        "dct:hasPart": [{"@id": f"#series-{name}"} for name in _chambers(described)],
    }


def _about(language: str) -> str:
    return {
        "id": "Daerah pemilihan Indonesia untuk semua lembaga dan pemilu, sebagai peta dan tabel.",
        "en": "Indonesia's electoral districts (dapil) of all chambers and elections, as maps and tables.",
    }[language]


def _common(facts: Facts, *, licensed: bool) -> Node:
    """Publisher, languages, and what may be done with it. `licensed`: the base map's lines are in it."""
    open_ = facts.origin.open or not licensed
    told = {
        language: f"{licence_text(facts.origin, language)} {LAW[language]}" if licensed else LAW[language]
        for language in LANGUAGES
    }
    licence = {"license": "#licence"} if licensed else {}
    return {
        "publisher": "#publisher",
        "language": [f"{_EU}/language/{code}" for code in ("IND", "ENG")],
        **licence,
        "accessRights": f"{_EU}/access-right/{'PUBLIC' if open_ else 'RESTRICTED'}",
        "rights": {"@type": "dct:RightsStatement", "label": told},
    }


def _base_map(facts: Facts) -> list[Node]:
    """The source of the boundary lines, and its licence."""
    origin = facts.origin
    licence: Node = {"@id": "#licence", "@type": "dct:LicenseDocument", "title": {"en": origin.licence}}
    if origin.licence_url:
        licence["page"] = origin.licence_url
    if origin.licence_spdx:
        licence["identifier"] = origin.licence_spdx
    source: Node = {
        "@id": "#base-map",
        "@type": "prov:Entity",
        "title": dict(origin.source_title),
        "identifier": origin.source,
        "version": origin.vintage,
        "license": "#licence",
        "accessRights": f"{_EU}/access-right/{'PUBLIC' if origin.open else 'RESTRICTED'}",
        "rights": {"@type": "dct:RightsStatement",
                   "label": {each: origin.attribution + origin.warning(each) for each in LANGUAGES}},
    }  # fmt: skip
    if origin.homepage:
        source["page"] = origin.homepage
    return [licence, source]


def _standards() -> list[Node]:
    """The codes that units are joined by, and the reference system of coordinates."""
    return [
        {
            "@id": "#kode-referensi",
            "@type": ["skos:ConceptScheme", "dct:Standard"],
            "title": CODES["title"],
            "description": CODES["description"],
            "identifier": "Kepmendagri 300.2.2-2430 Tahun 2025",
        },
        {
            "@id": _CRS84,
            "@type": "dct:Standard",
            "title": {"en": "WGS 84, longitude and latitude (OGC:CRS84)"},
            "dct:type": {"@id": "http://inspire.ec.europa.eu/glossary/SpatialReferenceSystem"},
        },
    ]


def _laws(described: Sequence[Described]) -> dict[str, str]:
    """Regulations by their text, each with the id of its node."""
    texts = sorted({law for each in described for law in each.laws})
    return {text: f"#dasar-hukum-{number}" for number, text in enumerate(texts, 1)}


def _chambers(described: Sequence[Described]) -> list[str]:
    return [name for name in SERIES if any(each.chamber == name for each in described)]


def _elections(described: Sequence[Described], chamber: str) -> list[str]:
    """Names of the datasets of a chamber, the first election first."""
    own = [each for each in described if each.plan and each.chamber == chamber]
    return [each.name for each in sorted(own, key=lambda each: str(each.name).rpartition("-")[2])]


def _series(described: Sequence[Described]) -> list[Node]:
    found = []
    for chamber in _chambers(described):
        names = _elections(described, chamber)
        years = [name.rpartition("-")[2] for name in names]
        span = years[0] if len(years) == 1 else f"{years[0]}-{years[-1]}"
        what = {"id": f"Satu himpunan data tiap pemilu: {', '.join(years)}.",
                "en": f"One dataset for each election: {', '.join(years)}."}  # fmt: skip
        found.append({
            "@id": f"#series-{chamber}",
            "@type": "dcat:DatasetSeries",
            "title": {language: f"{text}, {span}" for language, text in SERIES[chamber].items()},
            "description": {language: f"{SERIES[chamber][language]}. {what[language]}" for language in LANGUAGES},
            "publisher": "#publisher",
            "first": f"#{names[0]}",
            "last": f"#{names[-1]}",
        })  # fmt: skip
    return found


def _dataset(facts: Facts, described: Described, all_: Sequence[Described], laws: Mapping[str, str]) -> Node:
    plan = described.plan
    drawn = not described.name.startswith("tabel-") and described.election is None
    legislation = [laws[law] for law in described.laws]
    node: Node = {
        "@id": f"#{described.name}",
        "@type": "dcat:Dataset",
        "title": dict(described.title),
        "description": dict(described.description),
        "identifier": described.name,
        "version": facts.release.id,
        **_common(facts, licensed=drawn),
        "keyword": KEYWORDS,
        "theme": [f"{_EU}/data-theme/{code}" for code in ("GOVE", "REGI")],
        "conformsTo": ["#kode-referensi", *([_CRS84] if drawn else [])],
        "spatial": _place(described),
        "derivedFrom": [*legislation, *(["#base-map"] if drawn else [])],
        "generatedBy": "#build",
        "provenance": {"@type": "dct:ProvenanceStatement", "label": _HOW},
    }
    if described.plans:
        node |= {"legislation": legislation, "temporal": _period(described.plans[0])}
    if plan:
        names = _elections(all_, str(plan["lembaga"]))
        before = {later: earlier for earlier, later in pairwise(names)}.get(described.name)
        node |= {"inSeries": f"#series-{plan['lembaga']}"} | ({"prev": f"#{before}"} if before else {})
    if described.sources:
        node["dct:source"] = [_source(each) for each in described.sources]
    if described.notes:
        node["note"] = {language: [note[language] for note in described.notes] for language in LANGUAGES}
    if described.alternatives:
        node["dct:alternative"] = list(described.alternatives)
    node["distribution"] = [
        _file(facts, each, drawn=drawn or str(each["format"]).startswith("results-"))
        for each in described.entries
    ]
    return node


def _period(plan: Mapping[str, Any]) -> Node:
    """In force from the election to the day before the next."""
    found = {"@type": "dct:PeriodOfTime", "startDate": str(plan["mulai"])}
    if plan["selesai"]:
        last = dt.date.fromisoformat(str(plan["selesai"])) - dt.timedelta(days=1)
        found["endDate"] = last.isoformat()
    return found


def _place(described: Described) -> list[Node]:
    """Indonesia by its names in common lists; the box of what is drawn."""
    country: Node = {"@id": f"{_EU}/country/IDN", "@type": "dct:Location",
                     "label": {"id": "Indonesia", "en": "Indonesia"}}  # fmt: skip
    if described.bbox is None:
        return [country]
    west, south, east, north = described.bbox
    ring = ((west, south), (east, south), (east, north), (west, north), (west, south))
    corners = ", ".join(f"{x!r} {y!r}" for x, y in ring)
    middle = f"{round((west + east) / 2, 7)!r} {round((south + north) / 2, 7)!r}"
    box: Node = {"@type": "dct:Location", "bbox": f"POLYGON (({corners}))", "centroid": f"POINT ({middle})"}
    return [country, box]


def _source(given: Mapping[str, str]) -> Node:
    found: Node = {"@type": "prov:Entity", "title": {"id": given["title"]}}
    if "url" in given:
        found["page"] = given["url"]
    if "version" in given:
        found["version"] = given["version"]
    return found


def _file(facts: Facts, entry: Entry, *, drawn: bool) -> Node:
    """A distribution; its id is the name of the file behind ``#file-``."""
    name = str(entry["name"])
    found: Node = {
        "@id": f"#file-{name}",
        "@type": "dcat:Distribution",
        "title": {language: file_title(entry, language) for language in LANGUAGES},
        "description": {
            "id": f"{name}, rilis {facts.release.id}",
            "en": f"{name}, release {facts.release.id}",
        },
        "accessURL": name,
        "downloadURL": name,
        "format": {"@type": "dct:MediaTypeOrExtent", "label": {"en": format_name(entry)}},
        "byteSize": entry["bytes"],
        "checksum": {
            "@type": "spdx:Checksum",
            "algorithm": "spdx:checksumAlgorithm_sha256",
            "checksumValue": entry["sha256"],
        },
        "language": [f"{_EU}/language/{code}" for code in ("IND", "ENG")],
    }
    if entry["media_type"] in REGISTERED:
        found["mediaType"] = f"https://www.iana.org/assignments/media-types/{entry['media_type']}"
    if drawn:
        found["license"] = "#licence"
    else:
        found["rights"] = {"@type": "dct:RightsStatement", "label": LAW}
    return found
