"""What all kinds of metadata say alike: which datasets there are, what they are called, what they come from."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from boundaries.exports.formats import FORMATS
from boundaries.law.doubts import caveats
from boundaries.release.dataset import Datasets, Origin, Text
from boundaries.release.store import Release

Entry = Mapping[str, Any]

PUBLISHER: Final = "Peta Dapil"
LANGUAGES: Final = ("id", "en")
KEYWORDS: Final = {
    "id": [
        "daerah pemilihan",
        "dapil",
        "pemilu",
        "KPU",
        "DPR",
        "DPD",
        "DPRD",
        "batas wilayah",
        "kode wilayah",
    ],
    "en": ["electoral districts", "electoral boundaries", "elections", "Indonesia", "administrative units"],
}
#: Media types that the register of IANA has; the others stand for themselves.
REGISTERED: Final = frozenset(
    {
        "application/geo+json",
        "application/geopackage+sqlite3",
        "application/json",
        "application/ld+json",
        "application/vnd.apache.parquet",
        "application/vnd.google-earth.kml+xml",
        "application/vnd.pmtiles",
        "application/zip",
        "text/csv",
        "text/plain",
    }
)
_NAMES: Final = {
    "topojson": "TopoJSON",
    "pmtiles": "PMTiles",
    "csv": "CSV",
    "xlsx": "XLSX",
    "gpkg": "GeoPackage",
    "geojson": "GeoJSON",
    "parquet": "Parquet",
    "json": "JSON",
    "jsonld": "JSON-LD",
}
#: The dataset of files that belong to no single layer.
RELEASE: Final = "release"
#: Named so that harvesters of Satu Data Indonesia know the codes for what they are.
CODES: Final = {
    "title": {
        "id": "Kode referensi wilayah administrasi pemerintahan (Kemendagri)",
        "en": "Reference codes of administrative units (Ministry of Home Affairs, Kemendagri)",
    },
    "description": {
        "id": "Kode referensi: kode wilayah administrasi pemerintahan menurut Kepmendagri 300.2.2-2430 Tahun 2025, "
        "bertitik dan selalu berupa teks: provinsi 32, kabupaten/kota 32.04, kecamatan 32.04.05, "
        "desa/kelurahan 32.04.05.2001. Kolomnya: kode, kode_unit, kode_provinsi, kode_kabkota, kode_kecamatan. "
        "kode_dapil bukan kode Kemendagri: kode wilayah tanpa titik dan nomor urut dapil.",
        "en": "Reference codes (kode referensi): codes of administrative units by Kepmendagri 300.2.2-2430 of 2025, "
        "dotted and always text: province 32, regency or city 32.04, kecamatan 32.04.05, village 32.04.05.2001. "
        "Their columns: kode, kode_unit, kode_provinsi, kode_kabkota, kode_kecamatan. kode_dapil is no Kemendagri "
        "code: it is the code of its territory without dots and the number of the dapil there.",
    },
}
LAW: Final = {
    "id": "Wilayah, kursi, dan penduduk tiap dapil adalah fakta hukum dan statistik resmi, bukan ciptaan yang "
    "dilisensikan; lisensi berlaku bagi garis batas.",
    "en": "Which units make up a dapil, its seats and its population are facts of law and of official statistics, not "
    "a licensed work; the licence is that of the boundary lines.",
}
SERIES: Final = {
    "dpr": {"id": "Dapil DPR RI", "en": "Electoral districts of the House of Representatives (DPR)"},
    "dpd": {"id": "Dapil DPD RI", "en": "Electoral districts of the Regional Representative Council (DPD)"},
    "dprd-provinsi": {
        "id": "Dapil DPRD provinsi",
        "en": "Electoral districts of the provincial councils (DPRD provinsi)",
    },
    "dprd-kabkota": {
        "id": "Dapil DPRD kabupaten/kota",
        "en": "Electoral districts of the regency and city councils (DPRD kabupaten/kota)",
    },
}


@dataclass(frozen=True)
class Described:
    """A dataset of the release as metadata tell of it.

    ``plan``: its row of the table ``plans``, if it is one. ``plans``: the rows of all plans in it: that one, or those
    of its year. ``bbox``: west, south, east, north; None without geometry. ``notes``: what is doubtful or lacking.
    """

    name: str
    title: Text
    description: Text
    plan: Mapping[str, Any] | None
    plans: tuple[Mapping[str, Any], ...]
    bbox: tuple[float, float, float, float] | None
    entries: tuple[Entry, ...]
    notes: tuple[Text, ...] = ()
    #: What else it is called: of a table of the election, the systems of the KPU that hold the like.
    alternatives: tuple[str, ...] = ()
    #: What is known of a table of the election (`boundaries.release.election_file`).
    election: Mapping[str, Any] | None = None

    @property
    def chamber(self) -> str | None:
        """The chamber of a plan."""
        return str(self.plan["lembaga"]) if self.plan else None

    @property
    def laws(self) -> list[str]:
        """The regulations of its plans, each once."""
        return sorted({str(plan["dasar_hukum"]) for plan in self.plans})

    @property
    def sources(self) -> list[dict[str, str]]:
        """Where the facts of a plan come from: ``title``, and ``url`` and ``version`` where there are any."""
        rows = json.loads(self.plan["sumber"] or "[]") if self.plan else []
        names = {"judul": "title", "url": "url", "versi": "version"}
        return [{to: str(row[name]) for name, to in names.items() if row.get(name)} for row in rows]


class Facts:
    """A release and the list of its files, by dataset."""

    def __init__(self, release: Release, entries: Sequence[Entry]) -> None:
        self.release = release
        self.datasets = Datasets(release)
        self.origin: Origin = self.datasets.origin
        self.entries = sorted(entries, key=lambda each: str(each["name"]))
        self.elections = {} if release.elections is None else release.elections.tables
        self._of: dict[str, list[Entry]] = {}
        for each in self.entries:
            self._of.setdefault(self._dataset(each), []).append(each)

    def described(self) -> list[Described]:
        """Datasets that have files: plans by chamber and year, units, all chambers of a year, the release itself."""
        names = dict.fromkeys((*self.datasets.layers, *sorted(self._of)))
        return [self._describe(name) for name in names if name in self._of]

    def _dataset(self, entry: Entry) -> str:
        """A dataset that is none of the release's layers belongs to its year, or to the release."""
        name = str(entry["dataset"])
        if name in self.datasets.layers or name in self.elections:
            return name
        return f"dapil-{entry['year']}" if entry.get("year") else RELEASE

    def _describe(self, name: str) -> Described:
        own = tuple(self._of[name])
        if name in self.elections:
            return self._describe_election(name, own)
        title = self._title(name)
        boxes = {layer["name"]: tuple(layer["bbox"]) for layer in self.release.manifest["layers"]}
        if name not in self.datasets.layers:
            whole = [boxes[each] for each in boxes if name == RELEASE or each.endswith(name[-5:])]
            boxes[name] = (*map(min, zip(*(b[:2] for b in whole), strict=True)),
                           *map(max, zip(*(b[2:] for b in whole), strict=True)))  # fmt: skip
        plan = self.datasets.plans.get(name.removeprefix("tabel-"))
        of_year = [row for row in self.datasets.plans.values() if name == f"dapil-{row['tahun']}"]
        plans = (plan,) if plan else tuple(of_year)
        description = {language: self._text(name, title[language], plan, language) for language in LANGUAGES}
        told = caveats(plan, self.datasets.entry(str(plan["plan_id"]))) if plan else []
        notes = tuple(both(text) for text in told)
        return Described(name, title, description, plan, plans, boxes.get(name), own, notes)

    def _describe_election(self, name: str, own: tuple[Entry, ...]) -> Described:
        """A table of the election: what it covers, what it rests on, where it is from."""
        about, elections = self.elections[name], self.release.elections
        assert elections is not None
        year = f" {about['year']}" if about["year"] else ""
        title = {"id": f"{about['title']}{year} ({name})", "en": f"{about['title_en']}{year} ({name})"}
        origin = both(str(about["origin"]))
        description = {
            "id": f"{title['id']}. Cakupan: {about['coverage']}. Basis: {about['basis']}. Asal: {origin['id']}. "
            f"Rilis: {self.release.id}.",
            "en": f"{title['en']}. Coverage: {about['coverage_en']}. Basis: {about['basis']}. Origin: {origin['en']}. "
            f"Release: {self.release.id}.",
        }
        systems = tuple(elections.described(name).get("alternative_titles", ()))
        return Described(name, title, description, None, (), None, own, alternatives=systems, election=about)

    def _title(self, name: str) -> Text:
        if name in self.datasets.layers:
            return self.datasets.titles[name]
        if name == RELEASE:
            return {"id": "Peta Dapil: seluruh rilis", "en": "Peta Dapil: the whole release"}
        year = name.removeprefix("dapil-")
        return {"id": f"Dapil semua lembaga {year}", "en": f"Electoral districts of all chambers {year}"}

    def _text(self, name: str, title: str, plan: Mapping[str, Any] | None, language: str) -> str:
        """A paragraph: what, by which law, from which base map, under which licence."""
        indonesian = language == "id"
        parts = [f"{title}."]
        if plan:
            parts.append(f"{'Dasar hukum' if indonesian else 'Legal basis'}: {plan['dasar_hukum']}.")
        if name.startswith("tabel-"):
            parts.append(
                "Hanya nama dan kursi: wilayah pembentuk tiap dapil tidak diketahui, jadi tanpa peta."
                if indonesian
                else "Names and seats only: which units make up each dapil is not known, so there is no map."
            )
        else:
            parts.append(licence_text(self.origin, language))
        parts.append(f"{'Rilis' if indonesian else 'Release'}: {self.release.id}.")
        return " ".join(parts)


def licence_text(origin: Origin, language: str) -> str:
    """Two sentences: whose the boundary lines are, and under which licence; that they are not open, if so."""
    words = {"id": ("Batas", "Lisensi"), "en": ("Boundaries", "Licence")}[language]
    return (
        f"{words[0]}: {origin.source_title[language]} ({origin.attribution}), {origin.vintage}. "
        f"{words[1]}: {origin.licence}.{origin.warning(language)}"
    )


def both(text: str) -> Text:
    """Take ``Indonesian | English`` apart; a text without the bar is the same in both."""
    indonesian, _, english = text.partition(" | ")
    return {"id": indonesian, "en": english or indonesian}


def joined(text: Text) -> str:
    """The two languages in one text, as in the release's own metadata."""
    return text["id"] if text["id"] == text["en"] else f"{text['id']} | {text['en']}"


def folder(base_url: str | None) -> str:
    """The address of the folder of downloads with a slash behind it; nothing for relative addresses."""
    return f"{base_url.rstrip('/')}/" if base_url else ""


def file_title(entry: Entry, language: str) -> str:
    """What a file is called: its dataset and its format."""
    title, kind = str(entry["title"][language]), format_name(entry)
    if entry["format"] == "assignment":
        title += {"id": ", dapil tiap wilayah", "en": ", dapil of every unit"}[language]
    return title if kind in title else f"{title}: {kind}"


def format_name(entry: Entry) -> str:
    """The common name of a file's format: GeoPackage, TopoJSON, CSV."""
    known = FORMATS.get(str(entry["format"]))
    if known:
        return known.title["en"].partition(":")[0]
    suffix = str(entry["name"]).rpartition(".")[2].lower()
    return _NAMES.get(suffix, "text")
