"""Problems in Indonesian, for pages: a problem document is English, as programs read it; a person reads a page.

What is wrong within a filter stands in `filter_words`. `tests/test_service_language.py` holds that no message is left
out.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from boundaries.service.html.filter_words import FILTERS, placed

#: A message, ``{}`` for what stands in it, and the same in Indonesian with the same places in the same order.
INDONESIAN: Final[Mapping[str, str]] = {
    "there is nothing at {}; begin at {}": "tidak ada apa pun di {}; mulailah dari {}",
    "there is nothing at a path with an escaped slash (%2F)": "alamat dengan garis miring terkode (%2F) tidak ada",
    "the path is not UTF-8": "alamat ini bukan UTF-8",
    "no collection {} in this release": "rilis ini tidak memuat koleksi {}",
    "no item {} in this release": "rilis ini tidak memuat fitur {}",
    "no {} {} in this release": "rilis ini tidak memuat {} {}",
    "there is no file {}": "tidak ada berkas {}",
    "{} is not possible here; allowed: {}": "{} tidak dapat dipakai di sini; yang dapat: {}",
    "the server failed on this request": "server gagal menjawab permintaan ini",
    "Host: not the name of a host": "Host: bukan nama host",
    "X-Forwarded-Prefix: not a path": "X-Forwarded-Prefix: bukan jalur",
    # files
    "{} is damaged on this server and is not sent; tell whoever runs it":
        "{} rusak di server ini dan tidak dikirim; beri tahu pengelolanya",
    "{} is in the list of its release, but not on this server":
        "{} tercantum dalam daftar rilisnya, tetapi tidak ada di server ini",
    "release {} has no file {}{}": "rilis {} tidak memuat berkas {}{}",
    "; near it: {}": "; yang mirip: {}",
    "; see the list: {}": "; lihat daftarnya: {}",
    "no release {} here; there are: {}": "tidak ada rilis {} di sini; yang ada: {}",
    "none": "tidak ada",
    "release {} has no downloads yet; {}": "rilis {} belum memiliki unduhan; {}",
    "they are made of the release that takes its place": "unduhan dibuat dari rilis yang menggantikannya",
    "they are being made{}; what is ready can be had already":
        "sedang dibuat{}; yang sudah jadi sudah dapat diambil",
    " ({} of {})": " ({} dari {})",
    "they could not be made: {}. It is tried again when the service is started":
        "gagal dibuat: {}. Dicoba lagi saat layanan dinyalakan kembali",
    "make them with: {}": "buatlah dengan: {}",
    "too many downloads at once; try again in a moment": "terlalu banyak unduhan sekaligus; coba lagi sebentar lagi",
    "this service has no files: it reads a database. Its operator can set DAPIL_DOWNLOADS to a directory of releases":
        "layanan ini tidak memiliki berkas: datanya dibaca dari basis data. Pengelolanya dapat mengisi DAPIL_DOWNLOADS "
        "dengan direktori rilis",
    "{} is not what If-Match names; its ETag is {}": "{} bukan yang disebut If-Match; ETag-nya {}",
    # a dapil
    "no ground is known of a dapil {}: of dapil of {} without ground names and seats are in the downloads, as {}":
        "wilayah dapil {} tidak diketahui: nama dan kursi dapil {} yang wilayahnya tidak diketahui ada di unduhan, "
        "sebagai {}",
    "no format {}; there are {}": "tidak ada format {}; yang ada: {}",
    "who was elected in {} is not known here": "siapa yang terpilih di {} tidak diketahui di sini",
    "{} cannot be had as {} here: {}": "{} tidak tersedia sebagai {} di sini: {}",
    # parameters
    "unknown parameter": "parameter tidak dikenal",
    "text search is not supported": "pencarian teks tidak tersedia",
    "given more than once": "diberikan lebih dari sekali",
    "once": "sekali",
    "holds a control character": "memuat karakter kendali",
    "has a % that begins no escape": "memuat % yang bukan awal kode",
    "%25 for a percent sign": "%25 untuk tanda persen",
    "is not UTF-8": "bukan UTF-8",
    "text in UTF-8, percent-encoded": "teks UTF-8 yang dikodekan dengan persen",
    "is empty": "kosong",
    "a value, or leave the parameter out": "sebuah nilai, atau hapus parameternya",
    "is missing": "tidak diberikan",
    "a longitude and a latitude, such as {}": "bujur dan lintang, misalnya {}",
    "{} is not known": "{} tidak dikenal",
    "use a point, not a comma, for decimals; ": "pakailah titik, bukan koma, untuk desimal; ",
    "{}{} is not a finite number": "{}{} bukan bilangan",
    "a decimal number such as 106.8": "bilangan desimal seperti 106.8",
    "{} is not a whole number": "{} bukan bilangan bulat",
    "a whole number such as 8": "bilangan bulat seperti 8",
    "{} is out of range": "{} di luar batas",
    "{} is not a date of RFC 3339": "{} bukan tanggal menurut RFC 3339",
    "{} is no date": "{} bukan tanggal",
    "a date such as 2024-02-14": "tanggal seperti 2024-02-14",
    "{} is not a year": "{} bukan tahun",
    "more than one slash": "lebih dari satu garis miring",
    "the interval ends before it begins": "selang waktu berakhir sebelum mulai",
    "{} values": "{} nilai",
    "four numbers, or six of which the third and sixth (heights) count for nothing":
        "empat bilangan, atau enam yang ketiga dan keenamnya (ketinggian) diabaikan",
    "the lower corner lies above the upper one": "sudut bawah lebih tinggi daripada sudut atas",
    "the lower height is greater than the upper": "ketinggian bawah lebih besar daripada yang atas",
    "given without bbox": "diberikan tanpa bbox",
    "only together with bbox": "hanya bersama bbox",
    "given without filter": "diberikan tanpa filter",
    "only together with filter": "hanya bersama filter",
    "{} is no property of {}": "{} bukan atribut {}",
    "names a property twice": "menyebut satu atribut dua kali",
    "each property once": "setiap atribut satu kali",
    "a whole number from {}; more than {} gives {}": "bilangan bulat mulai dari {}; lebih dari {} dijadikan {}",
    "a whole number from {}": "bilangan bulat mulai dari {}",
    "a date 2024-02-14, a date-time 2024-02-14T00:00:00Z, or an interval a/b with .. or nothing for open":
        "tanggal 2024-02-14, waktu 2024-02-14T00:00:00Z, atau selang a/b dengan .. atau kosong untuk yang terbuka",
    "JSON-LD has lon/lat only": "JSON-LD hanya memuat bujur/lintang",
    # the lookup
    "no plan of {} in this release; there are {}": "rilis ini tidak memuat dapil tahun {}; yang ada: {}",
    "this release shows no dapil: its base map holds no whole one of any plan":
        "rilis ini tidak menampilkan dapil: tidak satu pun dapil utuh dalam peta dasarnya",
    "{} must be a finite number, not {}": "{} harus berupa bilangan, bukan {}",
    "{}={} is not within -{}..{}{}": "{}={} tidak di antara -{} dan {}{}",
    "lon={}, lat={} is nowhere near Indonesia{}": "lon={}, lat={} jauh dari Indonesia{}",
    "; lon and lat look swapped: try lon={}, lat={}": "; bujur dan lintang tampaknya tertukar: coba lon={}, lat={}",
    "no unit within {} km of longitude {}, latitude {}: the nearest, {}, is {} km away":
        "tidak ada wilayah dalam jarak {} km dari bujur {}, lintang {}: yang terdekat, {}, berjarak {} km",
    "stands beside nama": "diberikan bersama nama",
    "either a point or a name": "titik atau nama, bukan keduanya",
    "has {} characters": "terdiri dari {} huruf",
    "a name of 2 to {} characters": "nama sepanjang 2 sampai {} huruf",
    # a table of points
    "a POST takes points here; its Content-Type is one of these, in UTF-8: {}":
        "POST di sini menerima titik; Content-Type-nya salah satu dari ini, dalam UTF-8: {}",
    "too many tables of points are being answered just now; ask again in a moment":
        "terlalu banyak tabel titik sedang dijawab; coba lagi sebentar lagi",
    "not CSV: {}": "bukan CSV: {}",
    "not JSON: {}": "bukan JSON: {}",
    "not a FeatureCollection": "bukan FeatureCollection",
    "a FeatureCollection of points (RFC 7946)": "FeatureCollection berisi titik (RFC 7946)",
    "holds a number that is not finite, or is nested too deep":
        "memuat bilangan yang tidak berhingga, atau bersarang terlalu dalam",
    "has no point": "tidak memuat titik",
    "1 to {} points": "1 sampai {} titik",
    "the table has {} points; at most {} at once: {}": "tabel ini memuat {} titik; sekaligus paling banyak {}: {}",
    "send it in parts, or use `dapil lookup` or boundaries.lookup, which take any number":
        "kirimkan sebagian-sebagian, atau pakai `dapil lookup` atau boundaries.lookup, yang menerima berapa pun",
    "has a column {} already, which would be added: rename or drop it":
        "sudah memuat kolom {}, yang akan ditambahkan: ganti namanya atau hapus",
    "the first row has {} of this meaning": "baris pertama memuat {} dengan arti ini",
    "no column": "nol kolom",
    "{} columns": "{} kolom",
    "one of {}": "salah satu dari {}",
    "row {}: {}": "baris {}: {}",
    "has {} cells, the first row {}": "memuat {} sel, baris pertama {}",
    "{} is {}, not a number of degrees": "{} berisi {}, bukan bilangan derajat",
    "is not a Feature with properties": "bukan Feature dengan properties",
    "has no Point with a longitude and a latitude": "tidak memuat Point dengan bujur dan lintang",
    "has a longitude or latitude that is not finite": "bujur atau lintangnya tidak berhingga",
    # oEmbed
    "oEmbed is given as JSON only: format=json": "oEmbed hanya tersedia sebagai JSON: format=json",
    "the address of /map or of a page /dapil/<id> of this service":
        "alamat /map atau halaman /dapil/<id> pada layanan ini",
    "a whole number from 1": "bilangan bulat mulai dari 1",
    "no map of this service is at {}": "tidak ada peta layanan ini di {}",
    # bodies
    "given in the body and in the query": "diberikan di badan dan di alamat",
    "the length of the body is not told: Content-Length": "panjang badan tidak disebut: Content-Length",
    "the body is longer than {} bytes": "badan lebih panjang dari {} bita",
    "the body ends after {} of {} bytes": "badan berakhir setelah {} dari {} bita",
    "the body is not UTF-8": "badan bukan UTF-8",
}  # fmt: skip


def told(document: Mapping[str, Any], language: str) -> dict[str, Any]:
    """Return what a page says of a problem: its ``detail`` and ``allowed`` in `language`; ``english``: in English."""
    detail, allowed = str(document.get("detail") or ""), document.get("allowed")
    if language == "en":
        return {"detail": detail, "allowed": allowed, "english": False, "allowed_english": False}
    parameter = document.get("parameter")
    core = detail.removeprefix(f"{parameter}: ") if parameter else detail
    if allowed and (found := core.find(". Allowed: ")) >= 0:
        core = core[:found]
    text = indonesian(core)
    ways = indonesian(allowed) if isinstance(allowed, str) else allowed
    return {
        "detail": detail if text is None else text[:1].upper() + text[1:],
        "allowed": allowed if ways is None else ways,
        "english": text is None,
        "allowed_english": isinstance(allowed, str) and ways is None and any(map(str.isalpha, allowed)),
    }


def indonesian(text: str) -> str | None:
    """Return a message in Indonesian; None where there is none for it."""
    for pattern, translated in _patterns():
        if match := pattern.fullmatch(text):
            return placed(translated.format(*(indonesian(part) or part for part in match.groups())))
    return None


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """Return a pattern for each message; those that say most stand first."""
    messages = sorted({**INDONESIAN, **FILTERS}.items(), key=lambda pair: -len(pair[0].replace("{}", "")))
    return [
        (re.compile("(.*?)".join(map(re.escape, english.split("{}"))), re.DOTALL), text)
        for english, text in messages
    ]
