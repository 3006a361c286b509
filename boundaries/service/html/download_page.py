"""The downloads of a release as a person looks for them: by election and chamber, formats in a row."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from boundaries.downloads.listing import extent
from boundaries.law.columns import PLAN, UNIT
from boundaries.service.html.from_documents import Way
from boundaries.service.html.links import Page
from boundaries.service.html.overview import CHAMBERS
from boundaries.service.html.texts import Words, number, size, tongue

Entry = Mapping[str, Any]

#: Formats in the order in which they stand in a row, by what a person calls them.
_FORMATS: Final = {
    "gpkg": "GeoPackage", "geojson": "GeoJSON", "shp": "Shapefile", "fgb": "FlatGeobuf", "parquet": "GeoParquet",
    "kml": "KML", "csv": "CSV", "assignment": "", "topojson": "TopoJSON", "pmtiles": "PMTiles", "qgis": "QGIS",
    "qml": "QML", "sld": "SLD", "quality": "",
    "table-csv": "CSV", "table-parquet": "Parquet", "table-xlsx": "XLSX", "results-gpkg": "GeoPackage",
    "results-geojson": "GeoJSON", "results-parquet": "GeoParquet",
}  # fmt: skip
_SIZES: Final = ("full", "standard", "web", "overview")
_UNITS: Final = ("unit-provinsi", "unit-kabkota", "unit-kecamatan", "unit-desa")
#: Of the release's own files those that a person takes; ``features.bin`` is the service's.
_ROOTS: Final = ("quality.csv", "quality.json")
_METADATA: Final = ("SHA256SUMS", "LICENCE.txt", "datapackage.json", "catalog.jsonld", "changes.json")
_SHOWN: Final = 60
_COLUMNS: Final = {column.name: column for column in (*PLAN, *UNIT)}


class Sized(Protocol):
    """A file of the release itself."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def bytes(self) -> int:
        """Its length."""

    @property
    def sha256(self) -> str:
        """Its hash."""


@dataclass(frozen=True)
class Offer:
    """What is known of a release's files. ``notes``: doubts by collection, in the page's language."""

    release: str
    manifest: Mapping[str, Any]
    files: Sequence[Entry]
    roots: Sequence[Sized]
    lacking: str
    making: bool
    current: bool
    latest: str
    notes: Mapping[str, Sequence[str]]
    changes: Mapping[str, Any] | None
    linked: str


@dataclass(frozen=True)
class Row:
    """One map or table in all its formats; ``provinces``: the same by province."""

    title: str
    href: str
    basis: str
    ways: list[Way]
    provinces: list[tuple[str, list[Way]]] = field(default_factory=list)


@dataclass(frozen=True)
class Year:
    """An election: files over all chambers, then a row a chamber."""

    year: int
    whole: list[Way]
    rows: list[Row]
    tables: list[Row] = field(default_factory=list)


@dataclass(frozen=True)
class Moved:
    """What changed in one layer since the release before; ``more``: how many are not shown."""

    title: str
    added: list[str]
    removed: list[str]
    changed: list[tuple[str, str, str]]
    ground: str
    count: int
    more: int


@dataclass(frozen=True)
class View:
    """What ``download.html`` shows."""

    whole: Way | None
    years: list[Year]
    tables: list[Row]
    units: list[Row]
    about: list[Way]
    rest: list[Way]
    map: list[Way]
    table: list[tuple[Way, str, str]]
    doubts: list[tuple[str, str, Sequence[str]]]
    changes: list[Moved] | None
    since: str
    count: int  #: files of the list, and their size
    total: str
    own: int  #: files of the release itself, and their size
    own_total: str


class Shelves:
    """Puts the files of an offer into their places, for one page."""

    def __init__(self, offer: Offer, provinces: Mapping[str, str], page: Page, words: Words) -> None:
        self.offer = offer
        self.provinces = provinces
        self.page = page
        self.words = words
        self._plans = {str(plan["id"]): plan for plan in offer.manifest.get("plans", ())}
        self._placed: set[str] = set()

    def view(self) -> View:
        """Return everything in its place; a file that belongs nowhere is among the rest."""
        files = list(self.offer.files)
        told = {int(year) for e in files if (year := e.get("year"))}
        years = [self._year(year) for year in sorted(told, reverse=True)]
        tables = self._tables([e for e in files if not e.get("year")])
        units = [self._row(name, [e for e in files if e["dataset"] == name]) for name in _UNITS]
        maps = self._take(e for e in files if e["format"] == "map")
        roots = {each.name: each for each in self.offer.roots}
        metadata = {e["name"]: e for e in files if e["format"] == "metadata"}
        about = self._take(metadata[name] for name in _METADATA if name in metadata)
        about += [self._way(name, name, roots[name].bytes) for name in _ROOTS if name in roots]
        whole = roots.get("dapil.gpkg")
        rest = self._take(e for e in files if e["name"] not in self._placed)
        there, own = extent(files), extent([{"bytes": each.bytes} for each in self.offer.roots])
        return View(
            whole=self._way(whole.name, "GeoPackage", whole.bytes) if whole else None,
            years=years, tables=tables, units=[row for row in units if row.ways], about=about, rest=rest, map=maps,
            table=self._table(), doubts=self._doubts(), changes=self._changes(),
            since=str((self.offer.changes or {}).get("since") or ""), count=there.files,
            total=size(there.bytes, self.words.language), own=own.files, own_total=size(own.bytes, self.words.language),
        )  # fmt: skip

    def _year(self, year: int) -> Year:
        own = [e for e in self.offer.files if e.get("year") == year]
        rows = []
        for chamber in CHAMBERS:
            for name in (f"{chamber}-{year}", f"tabel-{chamber}-{year}"):
                row = self._row(name, [e for e in own if e["dataset"] == name])
                if row.ways or row.provinces:
                    rows.append(row)
        whole = self._take(e for e in own if e["dataset"] == f"dapil-{year}")
        return Year(year, whole, rows, self._tables(own))

    def _tables(self, entries: Iterable[Entry]) -> list[Row]:
        """The election's tables among files, a row each: what its figures rest on stands behind its name."""
        told = {str(each["name"]): each for each in self.offer.manifest.get("elections", ())}
        found: dict[str, list[Entry]] = {}
        for each in entries:
            if each["dataset"] in told:
                found.setdefault(str(each["dataset"]), []).append(each)
        coverage = "coverage" if self.words.language == "id" else "coverage_en"
        return [
            Row(
                name,
                self.page.to(f"/collections/{name}") if self.offer.current else "",
                f"{self.words('basis.' + told[name]['basis'])}: {told[name][coverage]}",
                self._take(own),
            )
            for name, own in found.items()
        ]

    def _row(self, name: str, entries: list[Entry]) -> Row:
        plan = self._plans.get(name.removeprefix("tabel-"))
        chamber = name.removeprefix("tabel-").rpartition("-")[0]
        title = self.words.known(f"chamber.{chamber}", self.words.known(f"collection.{name}", name))
        if name.startswith("tabel-"):
            title = f"{title}: {self.words('overview.table')}"
        served = self.offer.current and not name.startswith("tabel-")
        ways = self._take(e for e in entries if not e.get("province"))
        codes = sorted({str(code) for e in entries if (code := e.get("province"))})
        provinces = [
            (self.provinces.get(code, code), self._take(e for e in entries if e.get("province") == code))
            for code in codes
        ]
        href = self.page.to(f"/collections/{name}") if served else ""
        return Row(title, href, str(plan["dasar_hukum"]) if plan else "", ways, provinces)

    def _take(self, entries: Iterable[Entry]) -> list[Way]:
        found = sorted(entries, key=_rank)
        self._placed |= {str(e["name"]) for e in found}
        return [self._entry(e) for e in found]

    def _entry(self, entry: Entry) -> Way:
        words, form = self.words, str(entry["format"])
        label = _FORMATS.get(form) or words.known(f"format.{form}", str(entry["name"]))
        if form in ("metadata", "map"):
            label = str(entry["name"])
        if entry.get("size"):
            label = f"{label} {words.known('size.' + entry['size'], entry['size'])}"
        return self._way(entry["name"], label, entry["bytes"], entry.get("gzip"))

    def _way(self, name: str, label: str, length: int, packed: Mapping[str, Any] | None = None) -> Way:
        note = size(length, self.words.language)
        if packed:
            note += f" (gzip {size(packed['bytes'], self.words.language)})"
        return Way(f"{self.page.prefix}/downloads/{self.offer.release}/{name}", label, note)

    def _table(self) -> list[tuple[Way, str, str]]:
        """Return files with title and hash, the release's own first; SHA256SUMS has those of provinces and the map."""
        own = [(self._way(each.name, each.name, each.bytes), "", each.sha256) for each in self.offer.roots]
        return own + [
            (self._way(e["name"], e["name"], e["bytes"], e.get("gzip")),
             tongue(e.get("title") or "", self.words.language), str(e["sha256"]))
            for e in self.offer.files
            if not e.get("province") and e["format"] != "map"
        ]  # fmt: skip

    def _doubts(self) -> list[tuple[str, str, Sequence[str]]]:
        """Return title, address and notes of every plan with doubts; of another release only that it has some."""
        found = []
        for name, plan in self._plans.items():
            told = self.offer.notes.get(name, ())
            count = plan.get("ragu") or 0
            if not told and not count:
                continue
            title = f"{self.words.known('chamber.' + plan['lembaga'], plan['lembaga'])} {plan['tahun']}"
            href = (
                self.page.to(f"/collections/{name}")
                if self.offer.current and plan.get("layer") and plan["dapil"]
                else ""
            )
            told = told or [self.words("download.doubts.count", count=number(count, self.words.language))]
            found.append((title, href, told))
        return found

    def _changes(self) -> list[Moved] | None:
        if self.offer.changes is None:
            return None
        return [self._moved(name, told) for name, told in self.offer.changes["layers"].items()]

    def _moved(self, name: str, told: Mapping[str, Any]) -> Moved:
        language = self.words.language
        changed = sorted(
            told.get("changed", ()), key=lambda e: (-float(e.get("moved_km2") or 0), str(e["id"]))
        )
        ground = sum(float(e.get("moved_km2") or 0) for e in changed)
        rows = [
            (str(e["id"]), ", ".join(self._column(what) for what in e.get("what", ())),
             number(float(e.get("moved_km2") or 0), language, 3))
            for e in changed[:_SHOWN]
        ]  # fmt: skip
        plan = self._plans.get(name.removeprefix("tabel-"))
        title = self.words.known(f"collection.{name}", name)
        if plan:
            title = f"{self.words.known('chamber.' + plan['lembaga'], name)} {plan['tahun']}"
        added, removed = (list(map(str, told.get(key, ()))) for key in ("added", "removed"))
        more = sum(max(0, len(each) - _SHOWN) for each in (changed, added, removed))
        return Moved(
            title, added[:_SHOWN], removed[:_SHOWN], rows, number(ground, language, 3),
            len(changed) + len(added) + len(removed), more,
        )  # fmt: skip

    def _column(self, name: str) -> str:
        if name == "geometry":
            return self.words("type.geometry")
        known = _COLUMNS.get(name)
        return (known.title_en if self.words.language == "en" else known.title) if known else str(name)


def _rank(entry: Entry) -> tuple[int, int, str]:
    """Return where a file stands in its row: by format, then the largest size first."""
    form, extent = str(entry["format"]), str(entry.get("size") or "")
    order = list(_FORMATS)
    return (
        order.index(form) if form in order else len(order),
        _SIZES.index(extent) if extent in _SIZES else -1,
        str(entry["name"]),
    )
