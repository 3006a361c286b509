"""The OpenAPI document in Indonesian: what it says of routes, parameters and answers.

Titles of collections and meanings of columns are taken from where the release has both.
``tests/test_service_language.py`` holds that nothing is left out.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

#: A text, ``{}`` for what stands in it, and the same in Indonesian.
INDONESIAN: Final[Mapping[str, str]] = {
    "Landing page": "Halaman muka",
    "All collections": "Semua koleksi",
    "What this service conforms to": "Standar yang dipenuhi layanan ini",
    "This document": "Dokumen ini",
    "OpenAPI": "OpenAPI",
    "Schema": "Skema",
    "Queryables": "Atribut yang dapat disaring",
    "CSVW": "CSVW",
    "What the columns of the CSV mean (CSV on the Web)": "Arti kolom-kolom CSV (CSV on the Web)",
    "{}: features": "{}: fitur",
    "{}: features, by a filter in the body": "{}: fitur, menurut saringan di badan permintaan",
    "{}: one feature": "{}: satu fitur",
    "A page of features": "Satu halaman fitur",
    "A feature": "Satu fitur",
    "CRS of the coordinates": "Sistem koordinat",
    "Comma-separated properties, - before one to descend; ties by id, null last":
        "Atribut dipisah koma, - di depannya untuk urutan menurun; yang sama menurut id, yang kosong terakhir",
    "Comma-separated properties, - before one to descend":
        "Atribut dipisah koma, - di depannya untuk urutan menurun",
    "Comma-separated properties to give; all if absent":
        "Atribut yang diberikan, dipisah koma; semuanya bila tidak ada",
    "Comma-separated properties to give": "Atribut yang diberikan, dipisah koma",
    "A filter in CQL2: for one that is too long for an address":
        "Saringan dalam CQL2: untuk yang terlalu panjang bagi alamat",
    "A table of the election": "Satu tabel pemilu",
    "The table": "Tabelnya",
    "Rows of a table": "Baris sebuah tabel",
    "Rows": "Baris-baris",
    "A row of a table": "Satu baris tabel",
    "A row": "Satu baris",
    "The dapil of every chamber at a point, or in a place by its name":
        "Dapil setiap lembaga di sebuah titik, atau di tempat menurut namanya",
    "The dapil of every chamber": "Dapil setiap lembaga",
    "Longitude, WGS 84; with lat": "Bujur, WGS 84; bersama lat",
    "Latitude, WGS 84; with lon": "Lintang, WGS 84; bersama lon",
    "Instead of lon and lat a name: of a desa, kecamatan, kabkota, provinsi, dapil or a place abroad":
        "Sebagai ganti lon dan lat: nama desa, kecamatan, kabupaten/kota, provinsi, dapil, atau tempat di luar negeri",
    "Election year; the latest if absent": "Tahun pemilu; yang terakhir bila tidak ada",
    "Beside nama: of several dapil that answer alike, that of this chamber comes first":
        "Bersama nama: dari beberapa dapil yang sama cocoknya, dapil lembaga ini yang didahulukan",
    "The dapil of every chamber at up to 1,000 points: the table that is sent, with columns added":
        "Dapil setiap lembaga di paling banyak 1.000 titik: tabel yang dikirim, dengan kolom tambahan",
    "The table with the dapil of each point": "Tabel itu dengan dapil tiap titik",
    "Points in WGS 84: CSV with columns lon and lat, or a FeatureCollection; at most 1 MiB. Not kept or logged":
        "Titik dalam WGS 84: CSV dengan kolom lon dan lat, atau FeatureCollection; paling besar 1 MiB. Tidak disimpan "
        "dan tidak dicatat",
    "Which release is served": "Rilis mana yang disajikan",
    "Ready": "Siap",
    "A plan held against the law": "Susunan dapil diuji dengan hukum",
    "The report, in both languages": "Laporannya, dalam kedua bahasa",
    "The part of the page that Range asks for": "Bagian halaman yang diminta Range",
    "A plan with members, e.g. dpr-2024": "Susunan dapil dengan wilayahnya, misalnya dpr-2024",
    "Every release with its files": "Setiap rilis dengan berkasnya",
    "Releases": "Rilis-rilis",
    "The files of a release": "Berkas sebuah rilis",
    "downloads.json": "downloads.json",
    "Where the latest release has it": "Tempatnya pada rilis terbaru",
    "A release's id, or latest: that leads to the release being served":
        "Id sebuah rilis, atau latest: itu menuju rilis yang sedang disajikan",
    "A file; Range gives a part of it": "Satu berkas; Range memberi sebagiannya",
    "The file. It never changes; ETag is its sha256 (in hex)":
        "Berkasnya. Tidak pernah berubah; ETag-nya sha256 (heksadesimal)",
    "The part of the file that Range asks for": "Bagian berkas yang diminta Range",
    "A name of downloads.json, that of its packed sibling (.gz), or downloads.json itself":
        "Nama dalam downloads.json, nama kembarannya yang terkompresi (.gz), atau downloads.json sendiri",
    "How to embed a map (oEmbed)": "Cara menyematkan sebuah peta (oEmbed)",
    "How to embed it": "Cara menyematkannya",
    "Address of /map, with what stands behind its #, or of a page /dapil/{id} of this service":
        "Alamat /map, dengan yang ada di belakang #-nya, atau alamat halaman /dapil/{id} pada layanan ini",
    "Most pixels of the frame's width": "Lebar bingkai paling besar, dalam piksel",
    "Most pixels of the frame's height": "Tinggi bingkai paling besar, dalam piksel",
    "xml is answered with 501": "xml dijawab dengan 501",
    "Format": "Format",
    "Format; csv has no geometry, and without a limit as many rows as a page may have":
        "Format; csv tanpa geometri, dan tanpa limit sebanyak baris yang boleh ada di satu halaman",
    "Language": "Bahasa",
    "Features a page; more than {} gives {}": "Fitur per halaman; lebih dari {} dijadikan {}",
    "How many features to pass over": "Berapa fitur yang dilewati",
    "Only features whose geometry shares a point with this box (west,south,east,north; the axes of bbox-crs; west "
    "greater than east crosses the antimeridian)":
        "Hanya fitur yang geometrinya bertemu kotak ini (barat,selatan,timur,utara; menurut sumbu bbox-crs; barat "
        "lebih besar dari timur berarti melintasi antimeridian)",
    "CRS of bbox": "Sistem koordinat bbox",
    "CRS of the answer, in the axis order of its authority":
        "Sistem koordinat jawaban, menurut urutan sumbu otoritasnya",
    "Detail of the geometries given: standard is generalised (by how many metres at most the release's manifest says), "
    "full has every vertex and at most {} features a page. Which features answer is told by standard":
        "Kerincian geometri: standard disederhanakan (paling jauh berapa meter tertulis dalam manifes rilis), full "
        "memuat setiap titik dan paling banyak {} fitur per halaman. Fitur mana yang menjawab ditentukan oleh standard",
    "A date, date-time or interval (RFC 3339, .. for open): only dapil in force then. No effect on units":
        "Tanggal, waktu, atau selang (RFC 3339, .. untuk yang terbuka): hanya dapil yang berlaku saat itu. Tidak "
        "memengaruhi wilayah",
    "Leave the geometries out": "Tanpa geometri",
    "A filter in CQL2 (OGC 21-065r2) over the queryables, such as kursi > 8 AND nama_dapil LIKE 'JAWA%'":
        "Saringan dalam CQL2 (OGC 21-065r2) atas atribut, misalnya kursi > 8 AND nama_dapil LIKE 'JAWA%'",
    "Language of filter; cql-text is the draft's, for clients that know no other":
        "Bahasa saringan; cql-text dari rancangan standar, bagi klien yang tidak mengenal yang lain",
    "CRS of the geometries in filter": "Sistem koordinat geometri dalam saringan",
    "hits: only count": "hits: hanya menghitung",
    "What is wrong, and what would be allowed": "Apa yang salah, dan apa yang dibolehkan",
    "The client holds this answer (If-None-Match)": "Klien sudah memegang jawaban ini (If-None-Match)",
    "Only features whose {} equals this. {}": "Hanya fitur yang {}-nya sama dengan ini. {}",
}  # fmt: skip
#: Members of the document that are sentences.
_SAID: Final = frozenset(("summary", "description"))
_PLACE: Final = "{}"


def indonesian(document: Mapping[str, Any], titles: Mapping[str, str]) -> dict[str, Any]:
    """Return the document in Indonesian; `titles`: what the release says in English → the same in Indonesian."""
    said = _turned(document, titles)
    about = said["info"]
    about["title"] = titles.get(about["title"], about["title"])
    return dict(said)


def sentences(document: Any) -> Iterator[str]:
    """Yield every sentence of a document that `indonesian` turns."""
    if isinstance(document, Mapping):
        for name, value in document.items():
            if name in _SAID and isinstance(value, str):
                yield value
            else:
                yield from sentences(value)
    elif isinstance(document, list):
        for value in document:
            yield from sentences(value)


def told(text: str, titles: Mapping[str, str]) -> str:
    """Return a sentence in Indonesian; as it is where there is none."""
    if text in titles:
        return titles[text]
    for pattern, turned in _patterns():
        if match := pattern.fullmatch(text):
            whole = turned
            for part in match.groups():
                whole = whole.replace(_PLACE, titles.get(part, part), 1)
            return whole
    return text


def _turned(node: Any, titles: Mapping[str, str]) -> Any:
    if isinstance(node, Mapping):
        return {
            name: told(value, titles) if name in _SAID and isinstance(value, str) else _turned(value, titles)
            for name, value in node.items()
        }
    return [_turned(each, titles) for each in node] if isinstance(node, list) else node


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """Return a pattern for each text; those that say most stand first."""
    texts = sorted(INDONESIAN.items(), key=lambda pair: -len(pair[0].replace(_PLACE, "")))
    return [
        (re.compile("(.*?)".join(map(re.escape, english.split(_PLACE))), re.DOTALL), text)
        for english, text in texts
    ]
