"""The HTML of the page that holds drafts against the law: the same for the service and for a folder (`map_html`)."""

from collections.abc import Mapping
from typing import Any, Final

from boundaries.site.map_html import Language, Paths, template

_WORDS: Final[Mapping[Language, Mapping[str, str]]] = {
    "id": {
        "title": "Uji rancangan dapil",
        "description": "Uji rancangan dapil menurut aturan hukum, di peramban Anda sendiri: tidak ada yang dikirim.",
        "skip": "Langsung ke isi",
        "pages": "Halaman lain",
        "map": "Peta",
        "other": "en",
        "switch": "English",
        "intro": "Susun dapil satu dewan dengan mengetuk peta, lewat daftar, atau dari berkas CSV. Semuanya dihitung "
        "di perangkat ini: setelah berkas dewan dimuat, tidak ada yang dikirim atau diminta lagi.",
        "chamber": "Lembaga",
        "council": "Dewan",
        "file": "Berkas CSV: kolom kode (atau nama kecamatan) dan dapil, kursi bila sudah ditetapkan. "
        "Pilih, atau jatuhkan di sini.",
        "map_label": "Peta: ketuk wilayah untuk memberikannya kepada dapil yang dipilih",
        "list": "Daftar wilayah dan dapilnya",
        "noscript": "Halaman ini memerlukan JavaScript. Perintah dapil check melakukan hal yang sama.",
    },
    "en": {
        "title": "Check a draft of dapil",
        "description": "Check your own draft of dapil by the rules of the law, in your own browser: nothing is sent.",
        "skip": "Skip to the content",
        "pages": "Other pages",
        "map": "Map",
        "other": "id",
        "switch": "Bahasa Indonesia",
        "intro": "Make the dapil of one council by tapping the map, in the list, or from a CSV file. All is reckoned "
        "on this device: after the council's file nothing more is sent or asked for.",
        "chamber": "Chamber",
        "council": "Council",
        "file": "CSV file: columns kode (or names: kecamatan) and dapil, kursi if seats are decided. "
        "Choose it, or drop it here.",
        "map_label": "Map: tap a unit to give it to the dapil that is chosen",
        "list": "Units and their dapil",
        "noscript": "This page needs JavaScript. The command dapil check does the same.",
    },
}


def render(language: Language, paths: Paths, manifest: Mapping[str, Any], *, map_page: str) -> bytes:
    """Return the page in one language; `map_page`: the address of the map."""
    source = manifest["source"]
    page = template("uji.html").render(
        language=language, words=_WORDS[language], paths=paths, asset=paths.asset, map_page=map_page,
        attribution=str(source.get("attribution") or source["id"]),
    )  # fmt: skip
    return page.encode()
