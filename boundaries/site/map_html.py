"""The HTML of the map page and the script that keeps it offline: the same for the service and for a folder.

All that differs between the two is where things lie, and that stands in `Paths`. Nothing of the release is written
into the page but its attribution: the browser reads the rest from the data files.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import jinja2

from boundaries.release.store import mapped
from boundaries.site.parts import WORKER

Language = Literal["id", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("id", "en")
#: As Open Graph writes them.
LOCALES: Final[Mapping[Language, str]] = {"id": "id_ID", "en": "en_GB"}
_HERE: Final = Path(__file__).parent
_WORDS: Final[Mapping[Language, Mapping[str, str]]] = {
    "id": {
        "title": "Saya masuk dapil mana? Peta daerah pemilihan",
        "heading": "Saya masuk dapil mana?",
        "card": "Peta daerah pemilihan Indonesia",
        "description": "Cari daerah pemilihan (dapil) DPR, DPD, DPRD provinsi, dan DPRD kabupaten/kota di tempat Anda, "
        "berapa kursinya, dan apa yang berubah antarpemilu.",
        "skip": "Langsung ke daftar",
        "pages": "Halaman lain",
        "data": "Data",
        "downloads": "Unduh",
        "use": "Pakai",
        "about": "Tentang",
        "search": "Cari desa, kecamatan, kabupaten, atau dapil",
        "example": "mis. Ciwidey, Kab. Bandung",
        "here": "Gunakan posisi saya",
        "chamber": "Lembaga",
        "other": "en",
        "switch": "English",
        "list": "Daftar: isi yang sama dengan peta",
        "waiting": "Memuat peta…",
        "provisional": "Peta sementara: hanya pemilu terakhir. Peta lengkap sedang dibuat.",
        "coarse": "Garisnya kasar, dari batas kecamatan, bukan batas desa; di dekat batas, jawabannya dapat keliru.",
        "replaced": "Peta lengkap sudah jadi.",
        "reload": "Muat ulang",
        "noscript": "Peta ini memerlukan JavaScript. Semua dapil juga ada sebagai tabel.",
    },
    "en": {
        "title": "Which dapil am I in? Map of Indonesia's electoral districts",
        "heading": "Which dapil am I in?",
        "card": "Map of Indonesia's electoral districts",
        "description": "Find the electoral districts (dapil) of DPR, DPD, DPRD provinsi and DPRD kabupaten/kota where "
        "you live, how many seats each has, and what changed between elections.",
        "skip": "Skip to the list",
        "pages": "Other pages",
        "data": "Data",
        "downloads": "Download",
        "use": "Use",
        "about": "About",
        "search": "Find a desa, kecamatan, kabupaten or dapil",
        "example": "e.g. Ciwidey, Kab. Bandung",
        "here": "Use my position",
        "chamber": "Chamber",
        "other": "id",
        "switch": "Bahasa Indonesia",
        "list": "List: the same as the map",
        "waiting": "Loading the map…",
        "provisional": "A provisional map: the last election only. The full one is being made.",
        "coarse": "Its lines are coarse, from outlines of kecamatan and not of desa; near a border its answer can be "
        "wrong.",
        "replaced": "The full map is ready.",
        "reload": "Load it",
        "noscript": "This map needs JavaScript. All dapil are also there as tables.",
    },
}
#: Chambers in the order of the law: what stands on the button, and what it is in each language.
_CHAMBERS: Final[Mapping[str, tuple[str, Mapping[Language, str]]]] = {
    "dpr": ("DPR", {"id": "DPR RI: Dewan Perwakilan Rakyat", "en": "DPR RI: the national parliament"}),
    "dpd": (
        "DPD",
        {
            "id": "DPD RI: Dewan Perwakilan Daerah, empat anggota setiap provinsi",
            "en": "DPD RI: the regional senate, four members a province",
        },
    ),
    "dprd-provinsi": (
        "DPRD Prov",
        {"id": "DPRD provinsi: parlemen provinsi", "en": "DPRD provinsi: the provincial parliament"},
    ),
    "dprd-kabkota": (
        "DPRD Kab/Kota",
        {
            "id": "DPRD kabupaten/kota: parlemen kabupaten atau kota",
            "en": "DPRD kabupaten/kota: the parliament of a kabupaten or kota",
        },
    ),
}


@dataclass(frozen=True)
class Paths:
    """Where the page finds what it needs: addresses, absolute or relative to the page; empty where there is none.

    ``base``: folder of the data, with a slash at its end. ``other``: the page in the other language. ``asset``: name
    in `parts.ASSETS` → address. ``api``: root of the service, with a slash at its end. ``downloads``: the page of the
    release's files. ``worker`` and ``scope``: sw.js and what it answers for. ``tiles``: pattern of a background,
    ``{z}/{x}/{y}`` in it.
    ``policy``: a Content-Security-Policy for the page to carry, where no server sends one. ``card``: whole address of
    the picture that chats show. ``url``: whole address of the page in its language, by which they and search engines
    know it. ``manifest``: what makes the page installable. ``oembed``: what tells editors how to embed it.
    """

    base: str
    other: str
    asset: Callable[[str], str]
    api: str = ""
    downloads: str = ""
    worker: str = ""
    scope: str = ""
    tiles: str = ""
    tiles_attribution: str = ""
    policy: str = ""
    card: str = ""
    url: str = ""
    manifest: str = ""
    oembed: str = ""


def render(
    language: Language, paths: Paths, manifest: Mapping[str, Any], maps: Mapping[str, Iterable[str]],
    outline: tuple[str, str] | None = None,
) -> bytes:  # fmt: skip
    """Return the page in one language; `manifest` is the release's, of which it tells the attribution.

    `maps`: plan → the provinces that have a map of it in a file of their own.
    `outline`: box and path (SVG) of what is shown until the map is there.
    """
    source = manifest["source"]
    page = template("map.html").render(
        language=language,
        words=_WORDS[language],
        paths=paths,
        outline=outline,
        maps=_maps(maps, manifest),
        asset=paths.asset,
        chambers={
            chamber: (short, full[language])
            for chamber, (short, full) in _CHAMBERS.items()
            if any(plan["lembaga"] == chamber for plan in manifest["plans"])
        },
        attribution=str(source.get("attribution") or source["id"]),
        release=str(manifest["release"]),
        provisional=manifest.get("provisional"),
    )
    return page.encode()


def _maps(maps: Mapping[str, Iterable[str]], manifest: Mapping[str, Any]) -> str:
    """Tell the page's first script which maps there are; the plan that is shown where a link names none comes first."""
    chambers = list(_CHAMBERS)
    plans = {str(plan["id"]): plan for plan in mapped(manifest)}
    order = sorted(
        (name for name in maps if name in plans),
        key=lambda name: (chambers.index(plans[name]["lembaga"]), -int(plans[name]["tahun"])),
    )
    return ",".join(" ".join((name, *sorted(maps[name]))) for name in order)


def title(language: Language) -> str:
    """Return what the page is called."""
    return _WORDS[language]["title"]


def card_words(language: Language) -> tuple[str, str]:
    """Return name and meaning of the picture that chats show of pages about all of Indonesia."""
    return _WORDS[language]["heading"], _WORDS[language]["card"]


def worker(
    version: str, pages: Iterable[str], files: Iterable[str], more: Iterable[str], folders: Iterable[str]
) -> bytes:
    """Return the service worker. Addresses are relative to the script's own.

    `version` names release and code. `pages` and `files` are kept before the worker takes over, `more` if they can be
    had; what lies in `folders` is kept when it is used.
    """
    told = {
        "version": version,
        "pages": list(pages),
        "files": list(files),
        "more": list(more),
        "folders": list(folders),
    }
    text = WORKER.read_text(encoding="utf-8")
    return f"const DAPIL = {json.dumps(told, sort_keys=True)};\n{text}".encode()


def first_files(manifest: Mapping[str, Any]) -> list[str]:
    """Return the data files worth having without a network: facts of the newest election, and two of its maps."""
    plans = mapped(manifest)
    newest = max((int(plan["tahun"]) for plan in plans), default=0)
    latest = [str(plan["id"]) for plan in plans if int(plan["tahun"]) == newest]
    names = [
        "map-index.json",
        "map-kabkota.json",
        "map-places.json",
        "map-undrawn.json",
        "map-units.json",
        *(f"map-facts-{plan}.json" for plan in latest),
    ]
    maps = [f"{plan}-overview.topojson" for plan in latest if plan.startswith(("dpr-", "dpd-"))]
    return [*names, *maps]


def template(name: str) -> jinja2.Template:
    """Return a template of the pages."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["locales"] = LOCALES
    return environment.get_template(name)
