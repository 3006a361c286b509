"""The pages, one method each: documents of the service in, HTML out."""

import re
from collections.abc import Collection, Container, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import shapely

from boundaries.law.doubts import column, reasons
from boundaries.law.spelling import spoken
from boundaries.service.html import from_documents, problem_words, svg_maps
from boundaries.service.html.browsing import caption, narrowed, pager
from boundaries.service.html.download_page import Offer, Shelves
from boundaries.service.html.feature_table import Described, facts, members, missing, name_of, table, title_of
from boundaries.service.html.imprint import Told, told
from boundaries.service.html.links import Language, Page, segment
from boundaries.service.html.one_dapil import Elected, OneDapil
from boundaries.service.html.overview import overview
from boundaries.service.html.rendering import Renderer, is_web
from boundaries.service.html.snippets import snippets
from boundaries.service.html.svg_paths import Shapes
from boundaries.service.html.texts import Words, number, size, tongue

Document = Mapping[str, Any]

LANGUAGES: Final[tuple[Language, ...]] = ("id", "en")
_LIMITS: Final = (10, 100, 1000)
#: Where the notes of a collection's description begin, and those of a year.
_NOTES: Final = re.compile(r" (?:Catatan|Notes)(?: (\d{4}))?: ")
#: Facts of an item that have a place of their own on its page.
_APART: Final = ("nama_dapil", "nama", "kode_dapil", "kode", "wilayah", "ragu", "ragu_en", "catatan",
                 "catatan_en", "dasar_hukum", "sumber_batas", "lisensi", "id", "ocd_id", "ocd_asal",
                 "wilayah_id")  # fmt: skip


@dataclass(frozen=True)
class Neighbour:
    """A feature beside an item, drawn faintly: its id, name and shape (lon/lat)."""

    id: str
    name: str
    shape: shapely.Geometry


@dataclass(frozen=True)
class Kin:
    """A dapil of the election before or after on an item's page: where it is, its name and year, what happened."""

    before: bool
    collection: str
    id: str
    name: str
    year: str
    said: str


class Pages:
    """The HTML pages of one release. Safe to share between threads; nothing changes after it is made."""

    def __init__(
        self,
        *,
        manifest: Mapping[str, Any],
        title: Mapping[str, str],
        description: Mapping[str, str],
        collections: Sequence[str],
        backdrop: Shapes,
        units: Container[str] = (),
        provinces: Mapping[str, str] | None = None,
        files: bool = False,
    ) -> None:
        """Make ready the templates and the backdrop (about 0.3 s for the nation).

        `manifest` is the release's; `collections` the ids that are served, in order; `backdrop` the provinces'
        polygons (lon/lat); `units` the codes that the unit layers hold (an item links its members that are
        among them); `provinces` code -> name in the order of `backdrop`, for the map of the landing page and
        the list that narrows a page to a province; `files`: whether pages lead to /downloads.
        """
        self._told: dict[Language, Told] = {
            language: told(language, manifest, title, description, collections, units, provinces or {}, files)
            for language in LANGUAGES
        }
        self._words = {language: Words(language) for language in LANGUAGES}
        self._title, self._description = title, description
        self._backdrop = svg_maps.Backdrop(backdrop)
        self._render = Renderer(self._told, self._words).page

    def landing(self, page: Page, document: Document) -> bytes:
        """Return the page of /."""
        words = self._words[page.language]
        return self._render(
            "landing.html", page, self._told[page.language].title, [],
            document=document,
            overview=self._overview(page, {}),
            map=self._nation(page, words),
        )  # fmt: skip

    def collections(self, page: Page, document: Document) -> bytes:
        """Return the page of /collections."""
        words = self._words[page.language]
        titles = {str(each["id"]): str(each.get("title", each["id"])) for each in document["collections"]}
        return self._render(
            "collections.html", page, words("collections.title"), [],
            document=document, overview=self._overview(page, titles),
        )  # fmt: skip

    def collection(
        self,
        page: Page,
        document: Document,
        *,
        columns: Sequence[Described],
        notes: Sequence[str] | None = None,
    ) -> bytes:
        """Return the page of /collections/{id}; `document` is the JSON of it.

        `notes` are the doubts and differences of the plan, one by one, in the page's language; None to take
        them from the description, all in one.
        """
        words, language = self._words[page.language], page.language
        name = str(document["id"])
        plans = {str(plan["id"]): plan for plan in self._told[language].manifest.get("plans", ())}
        manifest = self._told[language].manifest
        layers = {str(each["name"]): each["features"] for each in manifest.get("layers", ())}
        layers |= {str(each["name"]): each["rows"] for each in manifest.get("elections", ())}
        text, *told = _NOTES.split(str(document.get("description", "")))
        found = [
            f"{year}: {note}" if year else note for year, note in zip(told[::2], told[1::2], strict=True)
        ]
        return self._render(
            "collection.html", page, str(document.get("title", name)), [_collections(page, words)],
            document=document,
            name=name,
            here=f"/collections/{segment(name)}",
            plan=plans.get(name),
            count=layers.get(name),
            description=text,
            notes=found if notes is None else notes,
            columns=[(each.name, title_of(each.name, columns, language), tongue(each.meaning, language))
                     for each in columns],
            downloads=from_documents.downloads(document, words),
            sources=[each for each in from_documents.links(document, "via", "license") if is_web(each.get("href"))],
        )  # fmt: skip

    def conformance(self, page: Page, document: Document) -> bytes:
        """Return the page of /conformance."""
        words = self._words[page.language]
        groups = from_documents.conformance(document)
        return self._render(
            "conformance.html", page, words("conformance.title"), [], document=document, groups=groups
        )

    def schema(self, page: Page, document: Document) -> bytes:
        """Return the page of a collection's schema."""
        return self._schema(page, document, "schema")

    def queryables(self, page: Page, document: Document) -> bytes:
        """Return the page of a collection's queryables."""
        return self._schema(page, document, "queryables")

    def _schema(self, page: Page, document: Document, kind: str) -> bytes:
        words = self._words[page.language]
        here = page.path.rstrip("/").rpartition("/")[0]
        title = str(document.get("title") or here.rpartition("/")[2])
        crumbs = [_collections(page, words), (page.to(here), title)]
        return self._render(
            "schema.html", page, words(f"{kind}.title", title=title), crumbs,
            document=document,
            kind=kind,
            here=here,
            columns=from_documents.columns(document, page, words),
            example=page.absolute(f"{here}/items", kode_provinsi="32") if kind == "queryables" else "",
        )  # fmt: skip

    def items(
        self,
        page: Page,
        document: Document,
        *,
        collection: Document,
        columns: Sequence[Described],
        shapes: Shapes | None,
    ) -> bytes:
        """Return a page of features. `document` is the FeatureCollection, `collection` the collection's JSON.

        `shapes` are the geometries (lon/lat) in the order of the features, None without (skipGeometry).
        """
        words, language = self._words[page.language], page.language
        features = document.get("features", ())
        title = str(collection.get("title", collection["id"]))
        arranged = table(features, columns, page, words)
        drawn = None
        if shapes is not None and len(shapes):
            drawn = svg_maps.items_map(
                shapes,
                [row.href for row in arranged.rows],
                [caption(each, words) for each in features],
                self._backdrop,
                words("map.items", title=title, count=number(len(features), language)),
                words,
            )
        here = f"/collections/{segment(str(collection['id']))}"
        return self._render(
            "items.html", page, title, [_collections(page, words), (page.to(here), title)],
            document=document, here=here, name=str(collection["id"]), table=arranged, map=drawn,
            narrowed=narrowed(page, columns, words),
            by_province=any(each.name == "kode_provinsi" for each in columns),
            pager=pager(page, document),
            limits=_LIMITS,
        )  # fmt: skip

    def item(
        self,
        page: Page,
        document: Document,
        *,
        collection: Document,
        columns: Sequence[Described],
        shape: shapely.Geometry | None,
        neighbours: Sequence[Neighbour] | None = None,
        relatives: Sequence[Kin] = (),
    ) -> bytes:
        """Return the page of one feature; `shape` (lon/lat) None for no map."""
        words, language = self._words[page.language], page.language
        properties = document.get("properties") or {}
        here = f"/collections/{segment(str(collection['id']))}"
        title = str(collection.get("title", collection["id"]))
        name = spoken(name_of(document)) if "nama_dapil" in properties else name_of(document)
        lasting = f"/dapil/{segment(str(document['id']))}" if "nama_dapil" in properties else page.path
        drawn = None
        if shape is not None and not shape.is_empty:
            beside = [
                (page.to(f"{here}/items/{segment(each.id)}"), each.name, each.shape)
                for each in neighbours or ()
            ]
            label = words("map.item", name=name)
            drawn = svg_maps.item_map(shape, caption(document, words), beside, self._backdrop, label, words)
        crumbs = [
            _collections(page, words),
            (page.to(here), title),
            (page.to(f"{here}/items"), words("nav.items")),
        ]
        return self._render(
            "item.html", page, name, crumbs, canonical=lasting,
            card=f"{lasting}/kartu.png" if lasting != page.path else "",
            document=document, here=here, collection_title=title, properties=properties, map=drawn,
            columns=columns,
            facts=facts(document, columns, words, _APART),
            missing=missing(document, columns, language),
            related=from_documents.links(document, "related"),
            relatives=relatives,
            members=members(properties["wilayah"]) if properties.get("wilayah") else [],
            doubts=reasons(properties.get(column("ragu", language))),
            remarks=reasons(properties.get(column("catatan", language))),
        )  # fmt: skip

    def dapil(
        self,
        page: Page,
        document: Document,
        told: OneDapil,
        *,
        collection: Document,
        columns: Sequence[Described],
        shape: shapely.Geometry,
        neighbours: Sequence[tuple[str, str, shapely.Geometry]],
    ) -> bytes:
        """Return the page of /dapil/{id}; `neighbours` are ids, names and shapes (lon/lat) around `shape`."""
        words, language = self._words[page.language], page.language
        properties = document["properties"]
        site = self._told[language]
        name = spoken(name_of(document))
        beside = [(page.to(f"/dapil/{segment(id_)}"), spoken(name), each) for id_, name, each in neighbours]
        drawn = svg_maps.item_map(
            shape,
            caption(document, words),
            beside,
            self._backdrop,
            words("map.item", name=name),
            words,
            named=True,
        )
        here = f"/collections/{segment(str(collection['id']))}"
        chamber = words(f"chamber.{told.chamber}")
        crumbs = [_collections(page, words), (page.to(here), str(collection.get("title", "")))]
        title = words("dapil.title", name=name, chamber=chamber, year=told.year)
        return self._render(
            "dapil.html", page, title, crumbs,
            name=name, chamber=chamber, told=told, properties=properties, map=drawn, columns=columns, here=here,
            canonical=f"/dapil/{segment(told.id)}", card=f"/dapil/{segment(told.id)}/kartu.png",
            oembed=page.oembed(f"/dapil/{segment(told.id)}") if site.files else "",
            facts=facts(document, columns, words, (*_APART, "kursi", "penduduk")),
            members=members(properties["wilayah"]) if properties.get("wilayah") else [],
            doubts=reasons(properties.get(column("ragu", language))),
            remarks=reasons(properties.get(column("catatan", language))),
            api=page.absolute(f"{here}/items/{segment(told.id)}", f="json"),
            cited=site.cited(page.absolute(f"/dapil/{told.id}"), title),
        )  # fmt: skip

    def elected(self, page: Page, id_: str, name: str, people: Sequence[Elected]) -> bytes:
        """Return the page of who was elected in a dapil: kept from search engines, since it names persons."""
        words = self._words[page.language]
        crumbs = [_collections(page, words), (page.to(f"/dapil/{segment(id_)}"), name)]
        return self._render(
            "elected.html",
            page,
            words("elected.title", name=name),
            crumbs,
            people=people,
            hidden=True,
            id=id_,
        )

    def words(self, language: Language) -> Words:
        """Return the words of a language."""
        return self._words[language]

    def lookup(self, page: Page, document: Document | None, *, problem: Document | None = None) -> bytes:
        """Return the page of /lookup: the form, and below it the answer (``LookupResult.as_dict``) if any.

        `problem` is the problem document of a question that cannot be answered.
        """
        words = self._words[page.language]
        drawn = None
        if document is not None and "titik" in document:
            point = document["titik"]
            drawn = svg_maps.point_map(
                float(point["lon"]), float(point["lat"]), self._backdrop, words("map.point"), words
            )  # fmt: skip
        return self._render(
            "lookup.html", page, words("lookup.title"), [], answer=document, problem=problem, map=drawn,
            said=problem_words.told(problem, page.language) if problem else None,
            formats=[from_documents.Way(page.json(), "JSON")] if document is not None else [],
        )  # fmt: skip

    def downloads(self, page: Page, document: Document) -> bytes:
        """Return the page of /downloads/; `document` is the JSON of it."""
        words = self._words[page.language]
        return self._render(
            "downloads.html", page, words("downloads.title"), [],
            document=document, sized=partial(size, language=page.language), canonical=_as_folder(page),
        )  # fmt: skip

    def download(self, page: Page, offer: Offer) -> bytes:
        """Return the page of a release's files; its source and citation are that release's, not the served one's."""
        words, known = self._words[page.language], self._told[page.language]
        site = told(
            page.language, offer.manifest, self._title, self._description, known.collections, known.units,
            known.provinces, files=True,
        )  # fmt: skip
        return self._render(
            "download.html", page, words("download.title"), [(page.to("/downloads/"), words("nav.downloads"))],
            site=site, offer=offer, linked=offer.linked, canonical=_as_folder(page),
            said=problem_words.told({"detail": offer.lacking}, page.language),
            view=Shelves(offer, known.provinces, page, words).view(),
            formats=[from_documents.Way(page.json(), "JSON")] if offer.files else [],
        )  # fmt: skip

    def openapi(self, page: Page) -> bytes:
        """Return the page that reads /openapi to a person: Swagger UI, from this server."""
        return self._render("openapi.html", page, self._words[page.language]("openapi.title"), [])

    def about(self, page: Page) -> bytes:
        """Return the page of /tentang."""
        return self._render("about.html", page, self._words[page.language]("about.title"), [])

    def use(self, page: Page, files: Collection[str]) -> bytes:
        """Return the page of /pakai; `files`: names of the downloads of the release."""
        site = self._told[page.language]
        plans = sorted((name for name in site.collections if re.fullmatch(r"dpr-\d{4}", name)), reverse=True)
        plan = next(iter(plans), site.collections[0])
        found = snippets(page.base, plan, files, page.language)
        return self._render(
            "use.html", page, self._words[page.language]("use.title"), [], snippets=found, plan=plan
        )

    def problem(self, page: Page, document: Document, meant: Sequence[tuple[str, str]] = ()) -> bytes:
        """Return a problem (RFC 9457) as a page with the way back; `meant`: links to what may have been meant.

        The language asked for counts even if the request failed before its parameters were read.
        """
        page = page.spoken()
        words = self._words[page.language]
        status = int(document.get("status", 500))
        title = words.known(
            f"problem.{status}", words("problem.server" if status >= 500 else "problem.client")
        )
        match = re.match(r"/collections/[^/]+", page.path)
        known = match is not None and match[0].removeprefix("/collections/") in self._told["id"].collections
        said = problem_words.told(document, page.language)
        allowed = said["allowed"]
        return self._render(
            "problem.html", page, title, [],
            document=document,
            said=said,
            status=status,
            meant=meant,
            allowed=[from_documents.plain(each) for each in allowed] if isinstance(allowed, list) else allowed,
            collection=match[0] if match and known else "",
        )  # fmt: skip

    def _overview(self, page: Page, titles: Mapping[str, str]) -> Any:
        known = self._told[page.language]
        served = list(titles) or known.collections
        return overview(served, titles, known.manifest, page, self._words[page.language])

    def _nation(self, page: Page, words: Words) -> svg_maps.Map:
        """Return the map of the landing page: each province leads to its dapil of the latest DPR election."""
        site = self._told[page.language]
        latest = max((name for name in site.collections if re.fullmatch(r"dpr-\d{4}", name)), default="")
        if not latest or len(site.provinces) != len(self._backdrop.provinces):
            return svg_maps.overview_map(self._backdrop, words("map.nation"), words)
        hrefs = [page.to(f"/collections/{latest}/items", kode_provinsi=code) for code in site.provinces]
        title = f"{words('chamber.dpr')} {latest[-4:]}"
        return svg_maps.items_map(
            self._backdrop.provinces, hrefs, list(site.provinces.values()), None, words("map.provinces", title=title),
            words, mesh=3,
        )  # fmt: skip


def _as_folder(page: Page) -> str:
    """Return the path of a page that answers with a slash at its end."""
    return f"{page.path.rstrip('/')}/"


def _collections(page: Page, words: Words) -> tuple[str, str]:
    return (page.to("/collections"), words("nav.collections"))
