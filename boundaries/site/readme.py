"""README.txt of a site: how to publish it, in both languages, for whoever finds the folder."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from boundaries.release.dataset import Origin
from boundaries.release.store import Release

_TEXT: Final = """\
PETA DAPIL
{rule}

Bahasa Indonesia (English below)

Folder ini adalah halaman peta yang lengkap: cari dapil di suatu tempat, berapa kursinya, dan apa yang berubah
antarpemilu ({years}). Tidak ada yang perlu dipasang.

{open_id}
- Memasang di situs: unggah seluruh isi folder ini ke mana saja di server web Anda. Semua alamat di dalamnya relatif.
  Nyalakan kompresi gzip untuk .json, .topojson, .js, dan .css bila bisa: yang dikirim menjadi seperempatnya.
- Menyematkan: <iframe src="https://ALAMAT-ANDA/index.html#bingkai=1" title="Peta dapil" width="100%" height="600">
  </iframe>; tombol "Bagikan" pada peta menyusun potongan ini untuk tampilan yang sedang dibuka.
- Posisi pengguna tidak pernah dikirim: yang diambil hanya berkas per provinsi.
- Pencarian "dapil saya" memakai garis batas yang sama dengan layanan Peta Dapil.

Batas: {source_id} ({attribution}), {vintage}. Lisensi: {licence}.{closed_id}
Rilis: {release}. Rincian: LICENCE.txt. Lisensi perangkat lunak: assets/LICENCES.txt. Daftar berkas dan jumlah periksa:
site.json.

{rule}

English

This folder is a complete map page: find the dapil (electoral district) of a place, its seats, and what changed between
elections ({years}). There is nothing to install.

{open_en}
- To publish it: upload all of this folder to any place on your web server. All addresses in it are relative. Switch on
  gzip for .json, .topojson, .js and .css if you can: what is sent is then a quarter.
- To embed it: the <iframe> above; the button "Share" of the map writes it for the view that is open (en.html is the
  page in English).
- The position of a person is never sent: what is fetched is a file per province.
- "Find my dapil" uses the same outlines as the service of Peta Dapil.

Boundaries: {source_en} ({attribution}), {vintage}. Licence: {licence}.{closed_en}
Release: {release}. In full: LICENCE.txt. Licences of the software: assets/LICENCES.txt. All files and their checksums:
site.json.

{files:,} files, {megabytes:,.1f} MB.
"""
_OPEN: Final = {
    "id": "- Membuka: klik dua kali index.html, juga dari diska bersama atau USB (en.html untuk bahasa Inggris).",
    "en": "- To open it: double-click index.html (en.html for English), also from a file share or a USB stick.",
}
_WEB_ONLY: Final = {
    "id": "- Folder ini dibuat tanpa berkas untuk dibuka dari diska (--web-only): hanya bekerja dari server web.",
    "en": "- This folder was made without the files for opening it from a disk (--web-only): it needs a web server.",
}
_CLOSED: Final = {
    "id": "\nBUKAN DATA TERBUKA: bacalah lisensinya sebelum menyebarkan folder ini.",
    "en": "\nNOT OPEN DATA: read the licence before you pass this folder on.",
}


def readme(release: Release, years: Sequence[int], files: Mapping[str, Any], *, web_only: bool) -> str:
    """Return the text; `files`: entries with ``bytes``, by name, without the README itself."""
    origin = Origin.of(release)
    opening = _WEB_ONLY if web_only else _OPEN
    return _TEXT.format(
        rule="=" * 72,
        years=", ".join(map(str, years)),
        open_id=opening["id"],
        open_en=opening["en"],
        source_id=origin.source_title["id"],
        source_en=origin.source_title["en"],
        attribution=origin.attribution,
        vintage=origin.vintage,
        licence=f"{origin.licence} {origin.licence_url}".strip(),
        closed_id="" if origin.open else _CLOSED["id"],
        closed_en="" if origin.open else _CLOSED["en"],
        release=release.id,
        files=len(files),
        megabytes=sum(each["bytes"] for each in files.values()) / 1e6,
    )
