"""From a release to pygeoapi's configuration: one collection a layer, told in Indonesian and English."""

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from boundaries.law.doubts import caveats, listed
from boundaries.release.feature_source import Package
from boundaries.service.crs import CRS84, SUPPORTED
from boundaries.service.ogcapi import table_texts
from boundaries.service.ogcapi.layer import Layer
from boundaries.service.ogcapi.table_layer import TableLayer

Text = dict[str, Any]

PROVIDER: Final = "boundaries.service.provider.ReleaseProvider"
#: Stands for the public address in everything that is written once and served at any address.
PLACEHOLDER: Final = "http://dapil.invalid"

_CHAMBERS: Final[dict[str, Text]] = {
    "dpr": {"id": "DPR RI", "en": "House of Representatives (DPR)"},
    "dpd": {"id": "DPD RI", "en": "Regional Representative Council (DPD)"},
    "dprd-provinsi": {"id": "DPRD provinsi", "en": "Provincial councils (DPRD provinsi)"},
    "dprd-kabkota": {"id": "DPRD kabupaten/kota", "en": "Regency and city councils (DPRD kabupaten/kota)"},
}
_UNITS: Final[dict[str, Text]] = {
    "unit-provinsi": {"id": "Provinsi", "en": "Provinces"},
    "unit-kabkota": {"id": "Kabupaten dan kota", "en": "Regencies and cities (kabupaten/kota)"},
    "unit-kecamatan": {"id": "Kecamatan", "en": "Sub-districts (kecamatan)"},
    "unit-desa": {
        "id": "Desa/kelurahan di kecamatan yang dibagi",
        "en": "Villages (desa) of the kecamatan that a plan splits",
    },
}


def configuration(settings: Mapping[str, Any], manifest: Mapping[str, Any], layers: Mapping[str, Layer],
                  package: Package, offered: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:  # fmt: skip
    """Return pygeoapi's configuration: what a person edits (`settings`), and the release's collections.

    `offered`: the release's downloads, as its list tells of them.
    """
    config: dict[str, Any] = deepcopy(dict(settings))
    config["server"]["url"] = PLACEHOLDER
    config.setdefault("logging", {"level": "ERROR"})
    plans = {plan["id"]: plan for plan in _plans(package)}
    config["resources"] = {
        name: _collection(
            layer,
            [plans[table] for table in layer.tables if table in plans],
            manifest,
            package,
            layers["unit-provinsi"],
        )
        for name, layer in layers.items()
    }
    for name, layer in layers.items():
        config["resources"][name]["links"] += _enclosures(layer, manifest, offered)
    return config


def _enclosures(
    layer: Layer, manifest: Mapping[str, Any], offered: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return the links to a collection's files, each with its length: without it clients probe or drop a link.

    A collection over several elections has no file of its own: the GeoPackage of each, and that of the whole release.
    """
    own = [each for each in offered if each.get("dataset") in layer.tables and not each.get("province")]
    if layer.name not in layer.tables and own:
        own = [each for each in own if each.get("format") == "gpkg"]
        whole = {"id": "Seluruh rilis, semua peta", "en": "The whole release, all maps"}
        own += [each | {"title": whole} for each in manifest["files"] if each["name"] == "dapil.gpkg"]
    return [
        {
            "type": each["media_type"],
            "rel": "enclosure",
            "title": {language: f"{text} ({each['name']})" for language, text in both(each["title"]).items()},
            "href": f"{PLACEHOLDER}/downloads/{manifest['release']}/{each['name']}",
            "length": each["bytes"],
        }
        for each in own
    ]


def _plans(package: Package) -> list[dict[str, Any]]:
    names = [column.name for column in package.columns("plans")]
    rows = [dict(zip(names, row, strict=True)) for row in package.records("plans", names)]
    omitted = {str(plan["id"]): plan.get("omitted") for plan in package.manifest["plans"]}
    own = ((f"{row['lembaga']}-{row['tahun']}", row) for row in rows)
    return [{"id": name, "omitted": omitted.get(name)} | row for name, row in own]


def _collection(layer: Layer, plans: list[dict[str, Any]], manifest: Mapping[str, Any],
                package: Package, nation: Layer) -> dict[str, Any]:  # fmt: skip
    told = table_texts.texts(layer.about) if isinstance(layer, TableLayer) else _told(layer, plans)
    extents: dict[str, Any] = {
        "spatial": {"bbox": (layer if layer.has_geometry else nation).box(), "crs": CRS84}
    }
    if plans:
        last = plans[-1]
        extents["temporal"] = {"begin": _start(plans[0]["mulai"]), "end": _end(last["selesai"])}
    source = manifest["source"]
    noted = _noted(_caveats(plans))
    told["description"] = _joined(
        told["description"], _source_text(source) if layer.has_geometry else {"id": "", "en": ""}, noted
    )
    provider = {
        "type": "feature",
        "name": PROVIDER,
        "data": package.address,
        "table": layer.name,
        "id_field": layer.id_column,
        "title_field": layer.title_column,
        "storage_crs": CRS84,
        "crs": list(SUPPORTED),
    }
    links = [
        *(_source_links(source) if layer.has_geometry else []),
        *_once(link for plan in plans for link in _plan_links(plan)),
    ]
    return {"type": "collection", **told, "links": links, "extents": extents, "providers": [provider]}


def _told(layer: Layer, plans: list[dict[str, Any]]) -> dict[str, Text]:
    if not plans:
        return _unit_texts(layer.name, len(layer))
    if layer.name == f"{plans[0]['lembaga']}-{plans[0]['tahun']}":
        return _plan_texts(plans[0], len(layer))
    return _chamber_texts(plans, len(layer))


def _once(links: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for link in links:
        found.setdefault((link["rel"], link["href"]), link)
    return list(found.values())


def _chamber_texts(plans: list[dict[str, Any]], count: int) -> dict[str, Text]:
    """Tell of all elections of one chamber: the collection that is asked with `datetime`."""
    chamber = _CHAMBERS[plans[0]["lembaga"]]
    years = ", ".join(str(plan["tahun"]) for plan in plans)
    last = plans[-1]["mulai"]
    return {
        "title": {
            "id": f"Dapil {chamber['id']}, semua pemilu",
            "en": f"Dapil of the {chamber['en']}, all elections",
        },
        "description": {
            "id": f"{count} daerah pemilihan {chamber['id']} dari Pemilu {years}, satu fitur per dapil per pemilu. "
            f"datetime={last} memberikan yang berlaku pada tanggal itu.",
            "en": f"{count} electoral districts (dapil) of the {chamber['en']} in the elections of {years}, one "
            f"feature a dapil and election. datetime={last} gives those in force on that day.",
        },
        "keywords": {
            "id": ["dapil", "daerah pemilihan", "pemilu", plans[0]["lembaga"], "Indonesia"],
            "en": ["dapil", "electoral districts", "election", plans[0]["lembaga"], "Indonesia"],
        },
    }


def _plan_texts(plan: dict[str, Any], count: int) -> dict[str, Text]:
    chamber = _CHAMBERS[plan["lembaga"]]
    year = plan["tahun"]
    until = {
        "id": f"sampai sebelum {plan['selesai']}" if plan["selesai"] else "masih berlaku",
        "en": f"until the day before {plan['selesai']}" if plan["selesai"] else "still in force",
    }
    return {
        "title": {"id": f"Dapil {chamber['id']} {year}", "en": f"Dapil of the {chamber['en']}, {year}"},
        "description": {
            "id": f"{count} daerah pemilihan {chamber['id']} pada Pemilu {year}. "
            f"Berlaku sejak {plan['mulai']}, {until['id']}. Dasar hukum: {plan['dasar_hukum']}.",
            "en": f"{count} electoral districts (dapil) of the {chamber['en']} in the election of {year}. "
            f"In force from {plan['mulai']}, {until['en']}. Legal basis: {plan['dasar_hukum']}.",
        },
        "keywords": {
            "id": ["dapil", "daerah pemilihan", "pemilu", plan["lembaga"], str(year), "Indonesia"],
            "en": ["dapil", "electoral districts", "election", plan["lembaga"], str(year), "Indonesia"],
        },
    }


def _unit_texts(name: str, count: int) -> dict[str, Text]:
    title = _UNITS.get(name, {"id": name, "en": name})
    return {
        "title": title,
        "description": {
            "id": f"{count} satuan wilayah administratif dengan kode Kemendagri: {title['id'].lower()}.",
            "en": f"{count} administrative units with Kemendagri codes: {title['en']}.",
        },
        "keywords": {
            "id": ["batas administrasi", "kode wilayah", "Indonesia"],
            "en": ["administrative boundaries", "administrative codes", "Indonesia"],
        },
    }


def _source_text(source: Mapping[str, Any]) -> Text:
    title, licence = both(source.get("title", source["id"])), _licence(source)
    closed = {"id": " Bukan data terbuka.", "en": " This is not open data."}
    note = closed if source.get("open") is False else {"id": "", "en": ""}
    return {
        "id": f"Batas: {title['id']}. Lisensi: {licence}.{note['id']}",
        "en": f"Boundaries: {title['en']}. Licence: {licence}.{note['en']}",
    }


def both(text: Any) -> Text:
    """Return a text in both languages: from a table, from ``Indonesian | English``, or the same twice."""
    if isinstance(text, Mapping):
        one = next(iter(text.values()))
        return {"id": text.get("id", one), "en": text.get("en", one)}
    indonesian, _, english = str(text).partition(" | ")
    return {"id": indonesian, "en": english or indonesian}


def notes(layers: Mapping[str, Layer], package: Package) -> dict[str, dict[str, list[str]]]:
    """Return what is doubtful in each collection, and where it differs from the law's totals, by language."""
    plans = {plan["id"]: plan for plan in _plans(package)}
    return {
        name: _caveats([plans[each] for each in layer.tables if each in plans])
        for name, layer in layers.items()
    }


def _caveats(plans: list[dict[str, Any]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {"id": [], "en": []}
    for plan in plans:
        year = f"{plan['tahun']}: " if len(plans) > 1 else ""
        for text in map(both, caveats(plan, plan)):
            for language, told in found.items():
                told.append(year + str(text[language]))
    return found


def _noted(caveats: dict[str, list[str]]) -> Text:
    words = {"id": "Catatan: ", "en": "Notes: "}
    return {
        language: word + " ".join(caveats[language]) if caveats[language] else ""
        for language, word in words.items()
    }


def _licence(source: Mapping[str, Any]) -> str:
    licence = source.get("licence")
    return (
        str(licence.get("name", licence.get("id", "")))
        if isinstance(licence, Mapping)
        else str(licence or "")
    )


def _source_links(source: Mapping[str, Any]) -> list[dict[str, Any]]:
    licence = source.get("licence")
    urls = {
        "license": source.get("licence_url")
        or (licence.get("url") if isinstance(licence, Mapping) else None),
        "via": source.get("url") or source.get("homepage"),
    }
    titles = {
        "license": {
            "id": f"Lisensi data: {_licence(source)}",
            "en": f"Licence of the data: {_licence(source)}",
        },
        "via": {"id": f"Sumber batas: {source['id']}", "en": f"Source of the boundaries: {source['id']}"},
    }
    return [_link(rel, url, titles[rel]) for rel, url in urls.items() if url]


def _plan_links(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        _link("via", each["url"], both(each["judul"]))
        for each in listed(plan.get("sumber"))
        if each.get("url")
    ]


def _link(rel: str, href: str, title: Text) -> dict[str, Any]:
    return {"type": "text/html", "rel": rel, "title": title, "href": href}


def _joined(*texts: Text) -> Text:
    return {
        language: " ".join(text[language] for text in texts if text[language]) for language in ("id", "en")
    }


def _start(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(), UTC)


def _end(day: str | None) -> datetime | None:
    """Return the last second before a half-open end; an extent's interval is closed."""
    return None if day is None else _start(day) - timedelta(seconds=1)
