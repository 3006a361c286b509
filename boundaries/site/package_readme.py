"""README.md of the npm package, in both languages: what is in it, how to read it, licence and source."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from boundaries.release.dataset import Origin
from boundaries.release.store import Release

_TEXT: Final = """\
# {name}

Indonesia's electoral districts (dapil) as TopoJSON, by chamber and election. *Bahasa Indonesia: di bawah.*

{closed_en}```sh
npm install {name} topojson-client
```

```js
import {{ readFileSync }} from "node:fs";
import {{ createRequire }} from "node:module";
import {{ feature, mesh }} from "topojson-client";

const path = createRequire(import.meta.url).resolve("{name}/{example}");
const map = JSON.parse(readFileSync(path, "utf8"));
const dapil = feature(map, map.objects["{object}"]);
const borders = mesh(map, map.objects["{object}"], (a, b) => a !== b);
console.log(dapil.features.length, borders.type);
```

With a bundler (Vite, webpack, esbuild): `import map from "{name}/{example}"`.

| file | objects and their features |
| --- | --- |
{files}

- `dapil-…` has all chambers of an election in one topology, with provinsi and kabkota. In `dpr` and `dpd`
  borders of provinces follow from `kode_provinsi`, by `topojson.mesh`.
- Sizes: `web` for a map of the whole screen, `overview` for a small one. The member `about` of each file tells
  precision and tolerance. Longitude and latitude of WGS 84; outsides run clockwise, as d3 wants them.
- Properties: `id`, `kode_dapil`, `nama_dapil`, `kursi` (seats), `kode_provinsi`, `nama_provinsi`, and
  `kode_kabkota` where the chamber has it. Codes are text. Of units `kode` and `nama`.
- `index.json` lists the files, with features, bytes and SHA-256.

**Boundaries**: {source_en} ({attribution}), {vintage}. **Licence**: {licence}; in full in `LICENSE`. They are
not the legal boundaries. **Release**: `{release}`; version {version} is the newest election, the year of the
base map, and a number.

## Bahasa Indonesia

Daerah pemilihan (dapil) Indonesia sebagai TopoJSON, per lembaga dan pemilu; cara membacanya dan daftar
berkasnya di atas.

{closed_id}- `dapil-…` memuat semua lembaga satu pemilu dalam satu topologi, dengan provinsi dan kabupaten/kota.
Pada `dpr` dan `dpd` batas provinsi diperoleh dari `kode_provinsi` dengan `topojson.mesh`.
- Ukuran: `web` untuk peta selayar penuh, `overview` untuk yang kecil. Bagian `about` pada tiap berkas memuat
  ketelitian dan toleransinya. Bujur dan lintang WGS 84; batas luar searah jarum jam, sesuai d3.
- Atribut: `id`, `kode_dapil`, `nama_dapil`, `kursi`, `kode_provinsi`, `nama_provinsi`, dan `kode_kabkota` bila
  ada pada lembaganya. Kode adalah teks. Untuk wilayah: `kode` dan `nama`.
- `index.json` memuat daftar berkas dengan jumlah fitur, bita, dan SHA-256.

**Batas**: {source_id} ({attribution}), {vintage}. **Lisensi**: {licence}; selengkapnya di `LICENSE`. Ini bukan
batas resmi menurut hukum. **Rilis**: `{release}`; versi {version}: pemilu terbaru, tahun peta dasar, dan nomor
urut.
"""
_CLOSED: Final = {
    "en": "**Not open data**: read the licence before you pass this on; npm refuses to publish it (`private`).\n\n",
    "id": "**Bukan data terbuka**: bacalah lisensinya sebelum menyebarkan; npm menolak menerbitkannya (`private`).\n\n",
}


def package_readme(release: Release, name: str, version: str, maps: Sequence[Mapping[str, Any]]) -> str:
    """Return the text; `maps`: what `index.json` tells of each: ``file``, ``chamber``, ``objects``."""
    origin = Origin.of(release)
    example = max((each for each in maps if each["chamber"]), key=lambda each: (each["year"], each["size"] == "web",
                                                                              each["chamber"] == "dpr"))  # fmt: skip
    return _TEXT.format(
        name=name,
        version=version,
        example=example["file"],
        object=example["chamber"],
        files="\n".join(
            f"| `{each['file']}` | {', '.join(f'`{key}` {count:,}' for key, count in each['objects'].items())} |"
            for each in maps
        ),
        closed_en="" if origin.open else _CLOSED["en"],
        closed_id="" if origin.open else _CLOSED["id"],
        source_id=origin.source_title["id"],
        source_en=origin.source_title["en"],
        attribution=origin.attribution,
        vintage=origin.vintage,
        licence=f"{origin.licence} {origin.licence_url}".strip(),
        release=release.id,
    )
