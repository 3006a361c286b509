"""Metadata for harvesters, checked by frictionless and rdflib on a folder as `dapil build` makes it."""

import csv
import json
import random
import re
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import rdflib
import shapely
from frictionless import validate
from rdflib.namespace import DCTERMS, FOAF, PROV, RDF, RDFS, SKOS

from boundaries.downloads import folder as downloads
from boundaries.errors import ReleaseError
from boundaries.exports.metadata import datapackage, dcat, schemaorg
from boundaries.release.store import Release, open_release, sha256
from tests.service_help import app_of
from tests.small import make_small_release

BASE = "https://peta.example/downloads/contoh-1"
DCAT = rdflib.Namespace("http://www.w3.org/ns/dcat#")  # of version 3, which rdflib does not know yet
DCATAP = rdflib.Namespace("http://data.europa.eu/r5r/")
ELI = rdflib.Namespace("http://data.europa.eu/eli/ontology#")
GEO = rdflib.Namespace("http://www.opengis.net/ont/geosparql#")
SPDX = rdflib.Namespace("http://spdx.org/rdf/terms#")
XSD = rdflib.Namespace("http://www.w3.org/2001/XMLSchema#")
EU = "http://publications.europa.eu/resource/authority"
PLANS = {"dpr-2024", "dpr-2019", "dpd-2024", "dprd-kabkota-2024", "tabel-dprd-kabkota-2014"}


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """The small release with its downloads."""
    release = open_release(make_small_release(tmp_path_factory.mktemp("releases")))
    downloads.add(release)
    return release


@pytest.fixture(scope="module")
def folder(release: Release) -> Path:
    return release.path / "downloads"


@pytest.fixture(scope="module")
def entries(folder: Path) -> list[dict[str, Any]]:
    """What metadata are made from: all but themselves and the checksums, which are made after them."""
    later = {"datapackage.json", "catalog.jsonld", "SHA256SUMS"}
    return [
        each
        for each in json.loads((folder / "downloads.json").read_bytes())["files"]
        if each["name"] not in later
    ]


@pytest.fixture(scope="module")
def package(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "datapackage.json").read_bytes()))


@pytest.fixture(scope="module")
def graph(folder: Path) -> rdflib.Graph:
    return rdflib.Graph().parse(folder / "catalog.jsonld", format="json-ld")


def closed(release: Release) -> Release:
    source = {**release.manifest["source"], "open": False,
              "licence": {"name": "GADM, non-commercial use only", "url": "https://gadm.org/license.html"}}  # fmt: skip
    return replace(release, manifest={**release.manifest, "source": source})


# --- Data Package ------------------------------------------------------------------------------------


def resource(package: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = (each for each in package["resources"] if each["name"] == name)
    return dict(found)


def errors(folder: Path) -> list[tuple[str, str]]:
    report = validate(str(folder / "datapackage.json"))
    return [(task.name, error.type) for task in report.tasks for error in task.errors]


def test_frictionless_finds_nothing_wrong(folder):
    report = validate(str(folder / "datapackage.json"))
    assert report.valid, [error.message for task in report.tasks for error in task.errors]
    assert not report.errors
    assert report.stats["tasks"] > 100


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "old", "new", "name"),
    [
        ("dpr-2024-assignment.csv", "dpr-2024-3101", "dpr-2024-3109", "dpr-2024-assignment"),
        ("dpr-2024.csv", ",32,Jawa Barat", ",39,Jawa Barat", "dpr-2024"),
        ("unit-kabkota.csv", "kabkota,31,", "kabkota,39,", "unit-kabkota"),
        ("unit-desa.csv", ",32.04.01,Ciwidey", ",32.04.09,Ciwidey", "unit-desa"),
        ("dprd-kabkota-2024.csv", "32.73,Kota Bandung", "32.99,Kota Bandung", "dprd-kabkota-2024"),
    ],
)
def test_a_broken_foreign_key_is_reported(folder, tmp_path, file, old, new, name):
    copy = tmp_path / "folder"
    shutil.copytree(folder, copy)
    text = (copy / file).read_text()
    assert old in text
    (copy / file).write_text(text.replace(old, new, 1))
    found = errors(copy)
    assert (name, "hash-count") in found  # noticed even before the tables are read
    weighed = json.loads((copy / "datapackage.json").read_text())
    for each in weighed["resources"]:
        if each["name"] == name:
            del each["hash"], each["bytes"]
    (copy / "datapackage.json").write_text(json.dumps(weighed))
    assert errors(copy) == [(name, "foreign-key")]


def test_codes_dates_and_enumerations_are_checked(folder, tmp_path):
    copy = tmp_path / "folder"
    shutil.copytree(folder, copy)
    table = pd.read_csv(copy / "unit-kecamatan.csv", dtype=str)
    table.loc[0, "kode"] = "31.71.1"
    table.loc[1, "tingkat"] = "district"
    table.loc[2, "luas_km2"] = "1.234,5"
    table.to_csv(copy / "unit-kecamatan.csv", index=False)
    found = Counter(error for name, error in errors(copy) if name == "unit-kecamatan")
    assert found["constraint-error"] == 2
    assert found["type-error"] == 1


def test_every_file_is_a_resource_with_its_hash(folder, entries, package):
    assert {each["path"] for each in package["resources"]} == {each["name"] for each in entries}
    for each in package["resources"]:
        path = folder / each["path"]
        assert each["bytes"] == path.stat().st_size
        assert each["hash"] == f"sha256:{sha256(path)}"
    kinds = {each["path"]: each.get("type") for each in package["resources"]}
    assert {name for name, kind in kinds.items() if kind == "table"} == {
        n for n in kinds if n.endswith(".csv")
    }


def test_every_table_has_its_whole_schema_in_both_languages(folder, package):
    tables = [each for each in package["resources"] if each.get("type") == "table"]
    assert len(tables) == 16
    for each in tables:
        with (folder / each["path"]).open(newline="") as file:
            header = next(csv.reader(file))
        fields = each["schema"]["fields"]
        assert [field["name"] for field in fields] == header, each["name"]
        assert set(each["schema"].get("primaryKey", ())) <= set(header)
        assert ("primaryKey" in each["schema"]) != each["name"].startswith("riwayat-")
        for field in fields:
            assert field["title"]
            indonesian, english = field["description"].split(" | ")
            assert indonesian != english
    types = {field["name"]: field["type"] for field in resource(package, "dpr-2024")["schema"]["fields"]}
    assert types["kode_provinsi"] == types["kode_dapil"] == "string"
    assert (types["tahun"], types["mulai"], types["kursi"], types["luas_km2"]) == (
        "year",
        "date",
        "integer",
        "number",
    )


def test_keys_lead_from_units_to_dapil_to_provinces(package):
    def keys(name):
        found = resource(package, name)["schema"].get("foreignKeys", [])
        return {
            each["fields"][0]: (each["reference"]["resource"], each["reference"]["fields"][0])
            for each in found
        }

    assert keys("dpr-2024-assignment") == {"id": ("dpr-2024", "id")}
    assert keys("dpr-2024") == {"kode_provinsi": ("unit-provinsi", "kode")}
    assert keys("dprd-kabkota-2024") == {
        "kode_provinsi": ("unit-provinsi", "kode"), "kode_kabkota": ("unit-kabkota", "kode"),
    }  # fmt: skip
    assert keys("unit-desa")["kode_kecamatan"] == ("unit-kecamatan", "kode")
    assert keys("tabel-dprd-kabkota-2014")["kode_kabkota"] == ("unit-kabkota", "kode")
    assert keys("unit-provinsi") == {}


def test_a_key_that_does_not_hold_is_told_not_declared(release, entries):
    class Lacking(Release):
        def read_table(self, name: str) -> pd.DataFrame:
            table = super().read_table(name)
            return table[table["kode"] != "32.73"] if name == "unit-kabkota" else table

    lacking = json.loads(datapackage.make(Lacking(release.path, release.manifest), entries))
    found = resource(lacking, "dprd-kabkota-2024")
    assert [each["fields"] for each in found["schema"]["foreignKeys"]] == [["kode_provinsi"]]
    assert any("32.73" in note and "are not in unit-kabkota" in note for note in found["notes"])


def test_package_tells_release_licence_sources_and_doubts(release, package):
    assert package["version"] == release.id
    assert package["licenses"] == [{
        "name": "CC0-1.0", "path": "https://creativecommons.org/publicdomain/zero/1.0/",
        "title": "Creative Commons Zero 1.0",
    }]  # fmt: skip
    assert package["sources"][0]["title"] == "Negara contoh (rekaan) | An example nation (invented)"
    assert any(each["title"] == "PKPU 6/2023 Lampiran I" for each in package["sources"])
    assert package["open"] is True
    assert "kode referensi" in package["description"]
    assert resource(package, "dpr-2024")["notes"] == [
        "Letak Ciwidey diragukan | The place of Ciwidey is doubtful"
    ]
    assert "created" not in package  # no time of day in what is named by its content


def test_addresses_are_relative_or_of_the_folder(release, entries):
    given = json.loads(datapackage.make(release, entries, f"{BASE}/"))
    assert {each["path"] for each in given["resources"]} == {f"{BASE}/{each['name']}" for each in entries}
    assert datapackage.make(release, entries, BASE) == datapackage.make(release, entries, f"{BASE}/")


def test_names_that_differ_in_capitals_only_are_refused(release, entries):
    twin = {**next(each for each in entries if each["name"] == "dpr-2024.gpkg"), "name": "DPR-2024.gpkg"}
    with pytest.raises(ReleaseError, match=r"'dpr-2024\.gpkg' but for capitals"):
        datapackage.make(release, [*entries, twin])


# --- DCAT --------------------------------------------------------------------------------------------

#: What DCAT-AP 3 asks of each class: property, how few, how many, and what kind of value.
SHAPES = {
    DCAT.Catalog: [
        (DCTERMS.title, 2, 2, "text"), (DCTERMS.description, 2, 2, "text"), (DCTERMS.publisher, 1, 1, FOAF.Agent),
        (DCAT.dataset, 12, 12, DCAT.Dataset), (DCTERMS.license, 1, 1, DCTERMS.LicenseDocument),
        (DCTERMS.language, 2, 2, "iri"), (DCTERMS.rights, 1, 1, DCTERMS.RightsStatement),
    ],
    DCAT.Dataset: [
        (DCTERMS.title, 2, 2, "text"), (DCTERMS.description, 2, 2, "text"), (DCTERMS.publisher, 1, 1, FOAF.Agent),
        (DCTERMS.identifier, 1, 1, "text"), (DCAT.version, 1, 1, "text"), (DCTERMS.accessRights, 1, 1, "iri"),
        (DCTERMS.spatial, 1, 2, DCTERMS.Location), (DCTERMS.temporal, 0, 1, DCTERMS.PeriodOfTime),
        (DCAT.distribution, 1, 999, DCAT.Distribution), (DCAT.keyword, 5, 99, "text"), (DCAT.theme, 1, 9, "iri"),
        (DCTERMS.provenance, 1, 1, DCTERMS.ProvenanceStatement), (DCTERMS.conformsTo, 1, 9, DCTERMS.Standard),
        (DCATAP.applicableLegislation, 0, 9, ELI.LegalResource), (PROV.wasDerivedFrom, 1, 9, PROV.Entity),
        (DCAT.inSeries, 0, 1, DCAT.DatasetSeries), (DCAT.prev, 0, 1, DCAT.Dataset),
    ],
    DCAT.DatasetSeries: [
        (DCTERMS.title, 2, 2, "text"), (DCTERMS.description, 2, 2, "text"), (DCTERMS.publisher, 1, 1, FOAF.Agent),
        (DCAT.first, 1, 1, DCAT.Dataset), (DCAT.last, 1, 1, DCAT.Dataset),
    ],
    DCAT.Distribution: [
        (DCAT.accessURL, 1, 1, "iri"), (DCAT.downloadURL, 1, 1, "iri"), (DCTERMS.title, 2, 2, "text"),
        (DCTERMS["format"], 1, 1, DCTERMS.MediaTypeOrExtent), (DCAT.byteSize, 1, 1, XSD.nonNegativeInteger),
        (SPDX.checksum, 1, 1, SPDX.Checksum), (DCTERMS.license, 0, 1, DCTERMS.LicenseDocument),
        (DCAT.mediaType, 0, 1, "iri"),
    ],
    SPDX.Checksum: [(SPDX.algorithm, 1, 1, "iri"), (SPDX.checksumValue, 1, 1, XSD.hexBinary)],
    DCTERMS.PeriodOfTime: [(DCAT.startDate, 1, 1, XSD.date), (DCAT.endDate, 0, 1, XSD.date)],
    DCTERMS.Location: [(DCAT.bbox, 0, 1, GEO.wktLiteral), (DCAT.centroid, 0, 1, GEO.wktLiteral)],
    FOAF.Agent: [(FOAF.name, 1, 1, "text")],
    DCTERMS.LicenseDocument: [(DCTERMS.title, 1, 1, "text")],
    DCTERMS.RightsStatement: [(RDFS.label, 2, 2, "text")],
    ELI.LegalResource: [(DCTERMS.title, 1, 1, "text")],
    SKOS.ConceptScheme: [(DCTERMS.title, 2, 2, "text"), (DCTERMS.description, 2, 2, "text")],
}  # fmt: skip


def faults(graph: rdflib.Graph) -> list[str]:
    """What of the shapes does not hold."""
    found = []
    for kind, properties in SHAPES.items():
        nodes = list(graph.subjects(RDF.type, kind))
        if not nodes:
            found.append(f"no {kind}")
        for node in nodes:
            for prop, least, most, wanted in properties:
                values = list(graph.objects(node, prop))
                if not least <= len(values) <= most:
                    found.append(f"{node}: {len(values)} {prop}")
                found += [f"{node}: {prop} {value!r}" for value in values if not _fits(graph, value, wanted)]
    return found


def _fits(graph: rdflib.Graph, value: Any, wanted: Any) -> bool:
    if wanted == "text":
        return isinstance(value, rdflib.Literal) and bool(value.strip())
    if wanted == "iri":
        return isinstance(value, rdflib.URIRef) and str(value).startswith(("http", "file:///"))
    if isinstance(value, rdflib.Literal):
        return value.datatype == wanted and not getattr(value, "ill_typed", False)
    return (value, RDF.type, wanted) in graph


def node(graph: rdflib.Graph, name: str) -> rdflib.URIRef:
    (found,) = (each for each in set(graph.subjects()) if str(each).endswith(f"catalog.jsonld#{name}"))
    return found


def test_dcat_has_what_dcat_ap_asks_for(graph):
    assert faults(graph) == []


@pytest.mark.parametrize(
    "lost", [DCTERMS.publisher, DCAT.accessURL, SPDX.checksumValue, DCATAP.applicableLegislation]
)
def test_a_fault_would_be_found(graph, lost):
    poorer = rdflib.Graph()
    for triple in graph:
        poorer.add(triple)
    poorer.remove((None, lost, None))
    if lost == DCATAP.applicableLegislation:
        poorer.add((node(graph, "dpr-2024"), lost, node(graph, "publisher")))
    assert faults(poorer)


def test_nothing_is_named_that_is_not_described(graph):
    own = {
        each for each in graph.objects() if isinstance(each, rdflib.URIRef) and "catalog.jsonld#" in str(each)
    }
    assert len(own) > 20
    assert own <= set(graph.subjects())


def test_every_file_is_one_distribution(graph, folder, entries):
    files = [Path(str(url).removeprefix("file://")) for url in graph.objects(None, DCAT.downloadURL)]
    assert Counter(path.name for path in files) == Counter(
        ["datapackage.json", *(each["name"] for each in entries)]
    )
    assert Counter(map(str, graph.objects(None, DCAT.distribution))).most_common(1)[0][1] == 1
    for distribution, url in graph.subject_objects(DCAT.downloadURL):
        path = Path(str(url).removeprefix("file://"))
        assert path.parent == folder  # relative addresses are right in the folder itself
        checksum = graph.value(distribution, SPDX.checksum)
        assert str(graph.value(checksum, SPDX.algorithm)) == str(SPDX.checksumAlgorithm_sha256)
        assert str(graph.value(checksum, SPDX.checksumValue)).lower() == sha256(path)
        assert int(graph.value(distribution, DCAT.byteSize)) == path.stat().st_size


def test_plans_derive_from_their_regulation_and_the_base_map(graph, release):
    laws = {plan["id"]: plan["dasar_hukum"] for plan in release.manifest["plans"]}
    for name in PLANS:
        dataset = node(graph, name)
        (law,) = graph.objects(dataset, DCATAP.applicableLegislation)
        assert str(graph.value(law, DCTERMS.title)) == laws[name.removeprefix("tabel-")]
        origins = set(graph.objects(dataset, PROV.wasDerivedFrom))
        assert law in origins
        assert (node(graph, "base-map") in origins) == (not name.startswith("tabel-"))
    (source,) = graph.objects(node(graph, "dpr-2024"), DCTERMS.source)
    assert str(graph.value(source, FOAF.page)) == "https://jdih.kpu.go.id/"
    year = {
        str(graph.value(law, DCTERMS.title))
        for law in graph.objects(node(graph, "dapil-2024"), DCATAP.applicableLegislation)
    }
    assert year == {"PKPU 6/2023 Lampiran I", "UU 7/2017 Pasal 196", "PKPU 6/2023 Lampiran III"}
    units = node(graph, "unit-provinsi")
    assert not list(graph.objects(units, DCATAP.applicableLegislation))
    assert list(graph.objects(units, PROV.wasDerivedFrom)) == [node(graph, "base-map")]


def test_chambers_are_series_over_the_elections(graph):
    series = node(graph, "series-dpr")
    assert set(graph.subjects(DCAT.inSeries, series)) == {node(graph, "dpr-2019"), node(graph, "dpr-2024")}
    assert graph.value(series, DCAT.first) == node(graph, "dpr-2019")
    assert (
        graph.value(series, DCAT.last)
        == graph.value(None, DCAT.prev, node(graph, "dpr-2019"))
        == node(graph, "dpr-2024")
    )
    assert graph.value(node(graph, "dprd-kabkota-2024"), DCAT.prev) == node(graph, "tabel-dprd-kabkota-2014")
    titles = {title.language: str(title) for title in graph.objects(series, DCTERMS.title)}
    assert titles["id"] == "Dapil DPR RI, 2019-2024"


def test_time_and_place(graph, release):
    period = graph.value(node(graph, "dpr-2019"), DCTERMS.temporal)
    assert str(graph.value(period, DCAT.startDate)) == "2019-04-17"
    assert str(graph.value(period, DCAT.endDate)) == "2024-02-13"  # the next is in force from the 14th
    assert graph.value(graph.value(node(graph, "dpr-2024"), DCTERMS.temporal), DCAT.endDate) is None
    boxes = {layer["name"]: layer["bbox"] for layer in release.manifest["layers"]}
    for name in ("dprd-kabkota-2024", "unit-desa"):
        places = list(graph.objects(node(graph, name), DCTERMS.spatial))
        (box,) = (str(text) for place in places for text in graph.objects(place, DCAT.bbox))
        assert shapely.from_wkt(box).bounds == pytest.approx(boxes[name], abs=1e-9)
        assert rdflib.URIRef(f"{EU}/country/IDN") in places


def test_codes_are_named_as_kode_referensi(graph):
    scheme = node(graph, "kode-referensi")
    assert any("Kode referensi" in title for title in graph.objects(scheme, DCTERMS.title))
    assert any("kode_kabkota" in text for text in graph.objects(scheme, DCTERMS.description))
    assert all((each, DCTERMS.conformsTo, scheme) in graph for each in graph.subjects(RDF.type, DCAT.Dataset))


def test_doubts_are_told(graph):
    assert {str(text) for text in graph.objects(node(graph, "dpr-2024"), SKOS.note)} == {
        "Letak Ciwidey diragukan",
        "The place of Ciwidey is doubtful",
    }


def test_a_closed_map_is_restricted_everywhere(release, entries):
    shut = closed(release)
    graph = rdflib.Graph().parse(data=dcat.make(shut, entries, BASE), format="json-ld")
    assert faults(graph) == []
    rights = {
        name: graph.value(node(graph, name), DCTERMS.accessRights)
        for name in (*PLANS, "catalogue", "base-map", "release")
    }
    facts = rights.pop("tabel-dprd-kabkota-2014")
    assert set(map(str, rights.values())) == {f"{EU}/access-right/RESTRICTED"}
    assert (
        str(facts) == f"{EU}/access-right/PUBLIC"
    )  # names and seats are facts of law, no line of the map is in them
    for each in graph.subjects(RDF.type, DCAT.Dataset):
        if "tabel-" not in str(each):
            assert any("Not open data" in text for text in graph.objects(each, DCTERMS.description)), each
    package = json.loads(datapackage.make(shut, entries))
    assert package["open"] is False
    assert package["licenses"] == [
        {"path": "https://gadm.org/license.html", "title": "GADM, non-commercial use only"}
    ]
    assert "Bukan data terbuka" in package["description"]
    for language, words in (("id", "Bukan data terbuka"), ("en", "Not open data")):
        page = schemaorg.document(shut, entries, BASE, language)
        assert words in page["description"]
        assert words in page["conditionsOfAccess"]


def test_an_open_map_is_public(graph):
    assert set(map(str, graph.objects(None, DCTERMS.accessRights))) == {f"{EU}/access-right/PUBLIC"}


def test_with_a_base_all_addresses_are_of_the_folder(release, entries):
    graph = rdflib.Graph().parse(data=dcat.make(release, entries, BASE), format="json-ld")
    assert {str(url) for url in graph.objects(None, DCAT.downloadURL)} == {
        f"{BASE}/{each['name']}" for each in entries
    }
    assert rdflib.URIRef(f"{BASE}/catalog.jsonld#dpr-2024") in set(graph.subjects())


@pytest.mark.parametrize("make", [datapackage.make, dcat.make])
def test_same_release_same_bytes(release, entries, make):
    shuffled = random.Random(1).sample(entries, len(entries))
    assert make(release, shuffled) == make(release, entries)


def test_what_is_new_to_it_belongs_to_the_release(release, entries):
    """An entry of a dataset that no layer is, and no year."""
    new = {**entries[0], "name": "poster.pdf", "dataset": "poster", "year": None, "format": "pdf"}
    graph = rdflib.Graph().parse(data=dcat.make(release, [*entries, new], BASE), format="json-ld")
    files = set(map(str, graph.objects(node(graph, "release"), DCAT.distribution)))
    assert f"{BASE}/catalog.jsonld#file-poster.pdf" in files


# --- schema.org --------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["id", "en"])
def test_schema_org_tells_what_search_engines_ask_for(release, entries, language):
    page = schemaorg.document(release, entries, BASE, language)
    assert page["@type"] == "Dataset"
    assert 50 <= len(page["description"]) <= 5000
    assert page["license"] == "https://creativecommons.org/publicdomain/zero/1.0/"
    assert page["temporalCoverage"] == "2014-04-09/.."
    south, west, north, east = map(float, page["spatialCoverage"]["geo"]["box"].split())
    assert west < east
    assert south < north < 0
    parts = {each["identifier"]: each for each in page["hasPart"]}
    assert parts.keys() >= PLANS | {"unit-provinsi", "dapil-2024"}
    assert parts["dpr-2019"]["temporalCoverage"] == "2019-04-17/2024-02-14"
    files = {each["contentUrl"]: each for part in parts.values() for each in part["distribution"]}
    assert f"{BASE}/dpr-2024.gpkg" in files
    assert f"{BASE}/dapil-2024.pmtiles" in files
    assert not any(re.search(r"-\d{4}-\d{2}[.-]", url) for url in files)  # provinces: in the catalogue
    known = {f"{BASE}/{each['name']}": each for each in entries}
    assert all(known[url]["sha256"] == each["sha256"] for url, each in files.items())
    assert {each["encodingFormat"] for each in files.values()} >= {"text/csv", "application/geo+json"}


def test_languages_differ(release, entries):
    one, two = (schemaorg.document(release, entries, BASE, language) for language in ("id", "en"))
    assert one["description"].startswith("Daerah pemilihan")
    assert two["description"].startswith("Electoral districts")
    assert [each["description"] for each in one["hasPart"]] != [
        each["description"] for each in two["hasPart"]
    ]


def test_no_text_ends_the_data_block(release, entries):
    hostile = "</script><img src=x onerror=alert(1)>&"
    source = {**release.manifest["source"], "attribution": hostile}
    odd = replace(release, manifest={**release.manifest, "source": source})
    page = schemaorg.document(odd, entries, BASE, "en")
    text = schemaorg.script(page)
    assert not set(text) & set("<>&")
    assert json.loads(text) == page
    assert json.loads(text)["creditText"] == hostile


def test_the_page_of_a_release_carries_it(release):
    """Served: the addresses in the page are those at which the files are, to the byte."""
    client = app_of(release.path.parent).test_client()
    html = client.get(f"/downloads/{release.id}/", headers={"Accept": "text/html"}).text
    (block,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)
    page = json.loads(block)
    files = [each for part in page["hasPart"] for each in part["distribution"]]
    for each in files[::7]:
        path = each["contentUrl"].removeprefix("http://localhost")
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert f"{len(answer.data)} B" == each["contentSize"]
