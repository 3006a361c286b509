"""schema.org: what search engines for data sets read in a web page (JSON-LD in a data block, which is not executed)."""

import json
from collections.abc import Sequence
from typing import Any, Final

from boundaries.exports.metadata.described import (  # fmt: skip
    KEYWORDS,
    LAW,
    PUBLISHER,
    Described,
    Entry,
    Facts,
    file_title,
    folder,
    licence_text,
)
from boundaries.release.store import Release

#: Files that help with the others, or that one page or program alone reads.
_ASIDE: Final = frozenset({"map", "metadata", "quality"})


def document(
    release: Release, entries: Sequence[Entry], base_url: str | None = None, language: str = "id"
) -> dict[str, Any]:
    """Describe a release as a ``schema.org/Dataset`` with its plans and levels of units as parts.

    Parameters
    ----------
    release
        The release that the files were made from.
    entries
        Those of ``downloads.json``. Files of single provinces, and those of the election's tables, are left to
        ``catalog.jsonld``, which has all: a page need not carry a thousand addresses.
    base_url
        The address of the folder; None for addresses relative to a page in it.
    language
        ``id`` or ``en``.
    """
    facts = Facts(release, entries)
    prefix = folder(base_url)
    described = facts.described()
    mulai = sorted(str(each.plan["mulai"]) for each in described if each.plan)
    whole = {
        "id": "Peta Dapil: daerah pemilihan Indonesia",
        "en": "Peta Dapil: Indonesia's electoral districts",
    }
    found: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Dataset",
        "name": f"{whole[language]}, {release.id}",
        "description": f"{_about(language)} {licence_text(facts.origin, language)} {LAW[language]}",
        "identifier": release.id,
        "version": release.id,
        "url": prefix or "./",
        "inLanguage": ["id", "en"],
        "keywords": KEYWORDS[language],
        "creator": {"@type": "Organization", "name": PUBLISHER},
        "publisher": {"@type": "Organization", "name": PUBLISHER},
        **_terms(facts, language),
        "spatialCoverage": _place(_union(described)),
        "includedInDataCatalog": {
            "@type": "DataCatalog",
            "name": "Peta Dapil",
            "url": f"{prefix}catalog.jsonld",
        },
        "hasPart": [
            part
            for each in described
            if each.election is None and (part := _part(facts, each, prefix, language))["distribution"]
        ],
    }
    if mulai:
        found["temporalCoverage"] = f"{mulai[0]}/.."
    return found


def script(value: dict[str, Any]) -> str:
    """The text of a data block: no ``<``, ``>`` or ``&`` in it, so it cannot end the block or begin another."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def _about(language: str) -> str:
    return {
        "id": "Daerah pemilihan (dapil) DPR, DPD, DPRD provinsi, dan DPRD kabupaten/kota dengan kursinya, sebagai peta "
        "yang utuh secara topologi dan sebagai tabel, untuk beberapa pemilu.",
        "en": "Electoral districts (dapil) of Indonesia's national, provincial and local councils with their seats, as "
        "topologically correct maps and as tables, for several elections.",
    }[language]


def _terms(facts: Facts, language: str) -> dict[str, Any]:
    """Licence, credit and source; a base map that is not open is told as such."""
    origin = facts.origin
    found: dict[str, Any] = {
        "creditText": origin.attribution,
        "isAccessibleForFree": True,
        "isBasedOn": {
            "@type": "Dataset",
            "name": origin.source_title[language],
            "description": licence_text(origin, language),
            **({"url": origin.homepage} if origin.homepage else {}),
        },
        "conditionsOfAccess": licence_text(origin, language),
    }
    if origin.licence_url or origin.licence:
        found["license"] = origin.licence_url or origin.licence
    return found


def _part(facts: Facts, described: Described, prefix: str, language: str) -> dict[str, Any]:
    """A plan, a level of units, or all chambers of a year, with its files of the whole nation."""
    found: dict[str, Any] = {
        "@type": "Dataset",
        "name": described.title[language],
        "description": described.description[language],
        "identifier": described.name,
        "version": facts.release.id,
        "isAccessibleForFree": True,
        "distribution": [
            {
                "@type": "DataDownload",
                "name": str(each["name"]),
                "contentUrl": prefix + str(each["name"]),
                "encodingFormat": each["media_type"],
                "contentSize": f"{each['bytes']} B",
                "sha256": each["sha256"],
                "description": file_title(each, language),
            }
            for each in described.entries
            if not each.get("province") and each["format"] not in _ASIDE
        ],
    }
    if described.plan:
        end = str(described.plan["selesai"] or "..")
        found["temporalCoverage"] = f"{described.plan['mulai']}/{end}"
        found["isBasedOn"] = {"@type": "Legislation", "name": str(described.plan["dasar_hukum"])}
    if not described.name.startswith("tabel-"):
        found["license"] = facts.origin.licence_url or facts.origin.licence
        found["spatialCoverage"] = _place(described.bbox)
    return found


def _union(described: Sequence[Described]) -> tuple[float, float, float, float] | None:
    boxes = [each.bbox for each in described if each.bbox]
    if not boxes:
        return None
    west, south, east, north = zip(*boxes, strict=True)
    return min(west), min(south), max(east), max(north)


def _place(bbox: tuple[float, float, float, float] | None) -> dict[str, Any]:
    """Indonesia; a box is south, west, north, east here."""
    place: dict[str, Any] = {"@type": "Place", "name": "Indonesia"}
    if bbox:
        west, south, east, north = bbox
        place["geo"] = {"@type": "GeoShape", "box": f"{south!r} {west!r} {north!r} {east!r}"}
    return place
