"""Shapefile, zipped, for software that reads nothing newer; what the format cannot hold stands beside it.

A DBF has names of ten letters, texts of 254 bytes, and neither empty texts nor blanks at a text's ends. So the archive
carries a legend of the short names, a read-me in both languages that names every row that lost something, and
all attributes as CSV. Outsides run clockwise, as the format has it.
"""

import datetime as dt
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pandas as pd
import pyarrow as pa

from boundaries.errors import ReleaseError
from boundaries.exports.csvtable import csv_bytes, table_bytes
from boundaries.exports.flatgeobuf import write_by_gdal
from boundaries.law.columns import Attribute
from boundaries.release.arrow import arrow_column
from boundaries.release.dataset import Dataset

#: The longest text of a DBF, in bytes.
WIDTH: Final = 254
#: What stands at the end of a text that was cut.
CUT: Final = "…"
#: Names of more than ten letters, shortened once and for all.
SHORT: Final[Mapping[str, str]] = {
    "kode_provinsi": "kode_prov", "nama_provinsi": "nama_prov", "kode_kabkota": "kode_kab",
    "nama_kabkota": "nama_kab", "kode_kecamatan": "kode_kec", "nama_kecamatan": "nama_kec",
    "dasar_hukum": "dsr_hukum", "penduduk_tahun": "pddk_tahun", "sumber_batas": "sbr_batas",
}  # fmt: skip
_LETTERS: Final = 10
_LONGEST_INTEGER: Final = 10**9  # nine digits: GDAL and QGIS read them as integers, more as reals
_PARTS: Final = (".shp", ".shx", ".dbf", ".prj", ".cpg", ".qix")
_LEGEND: Final = (
    "kolom", "kolom_asli", "tipe", "judul", "title", "keterangan", "description", "baris_tak_utuh",
)  # fmt: skip
README: Final = "BACA-SAYA-README.txt"


@dataclass(frozen=True)
class _Column:
    """A column as the DBF holds it, and the keys of the rows of which it does not hold everything."""

    attribute: Attribute
    short: str
    array: pa.Array
    width: int
    lossy: tuple[str, ...]


def write_shapefile(dataset: Dataset, path: Path) -> None:
    """Write ``<name>.shp`` and all that belongs to it as one zip; files beside `path` are the caller's to remove."""
    columns = [_column(dataset, column) for column in dataset.columns]
    shp = path.with_name(f"{dataset.name}.shp")
    _write_shp(dataset, columns, shp)
    parts = {f"{dataset.name}{suffix}": shp.with_suffix(suffix).read_bytes() for suffix in _PARTS}
    parts[f"{dataset.name}.csv"] = csv_bytes(dataset)
    parts[f"{dataset.name}-legenda-legend.csv"] = _legend(columns)
    parts[README] = _readme(dataset, columns).encode()
    write_zip(path, parts, dataset.origin.date)


def short_name(name: str) -> str:
    """Return a column's name in at most ten letters.

    Raises
    ------
    ReleaseError
        A longer name that nobody has shortened yet.
    """
    short = SHORT.get(name, name)
    if len(short.encode()) > _LETTERS:
        raise ReleaseError(f"column {name!r} is too long for a Shapefile; add its short name to SHORT")
    return short


def write_zip(path: Path, files: Mapping[str, bytes], date: dt.date) -> None:
    """Write a zip of files whose times are all `date`, in order of their names: the same files, the same bytes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, (date.year, date.month, date.day, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, files[name], compresslevel=9)


def _column(dataset: Dataset, attribute: Attribute) -> _Column:
    series = dataset.frame[attribute.name]
    short = short_name(attribute.name)
    array = arrow_column(dataset, attribute)
    if attribute.kind != "text":
        largest = max(abs(value) for value in (0, *series.dropna().tolist()))
        if attribute.kind == "integer" and largest < _LONGEST_INTEGER:
            array = array.cast(pa.int32())
        return _Column(attribute, short, array, 0, ())
    held = series.map(_held, na_action="ignore")
    lossy = (held != series) & series.notna()
    array = arrow_column(dataset, attribute, held)
    width = max((len(text.encode()) for text in held.dropna()), default=1)
    keys = tuple(dataset.frame.loc[lossy, dataset.key])
    return _Column(attribute, short, array, max(width, 1), keys)


def _held(text: str) -> str | None:
    """Return what a DBF gives back of a text: cut between characters, no blanks at its ends, never empty."""
    raw = text.encode()
    if len(raw) > WIDTH:
        text = raw[: WIDTH - len(CUT.encode())].decode(errors="ignore") + CUT
    return text.strip(" ") or None


def _write_shp(dataset: Dataset, columns: list[_Column], shp: Path) -> None:
    fields = [
        pa.field(
            each.short, each.array.type, metadata={"GDAL:OGR:width": str(each.width)} if each.width else None
        )
        for each in columns
    ]
    write_by_gdal(  # GDAL turns the rings the way that the format has them
        dataset,
        shp,
        fields,
        [each.array for each in columns],
        driver="ESRI Shapefile",
        geometry_type="Polygon",
        encoding="UTF-8",
        layer_options={
            "SHPT": "POLYGON",
            "DBF_DATE_LAST_UPDATE": dataset.origin.date.isoformat(),
            "SPATIAL_INDEX": "YES",
        },
    )


def _legend(columns: list[_Column]) -> bytes:
    rows = [
        (
            each.short, each.attribute.name, each.attribute.kind, each.attribute.title, each.attribute.title_en,
            each.attribute.indonesian, each.attribute.english, len(each.lossy),
        )
        for each in columns
    ]  # fmt: skip
    return table_bytes(pd.DataFrame(rows, columns=list(_LEGEND)))


def _readme(dataset: Dataset, columns: list[_Column]) -> str:
    """Tell in both languages what this is, whose, and what the Shapefile could not hold."""
    text = io.StringIO()
    for language in ("id", "en"):
        words = _WORDS[language]
        origin = dataset.origin
        lines = [
            dataset.title[language],
            "=" * len(dataset.title[language]),
            dataset.description(language),
            *([f"{words['licence']}: {origin.licence_url}"] if origin.licence_url else []),
            *([f"{words['homepage']}: {origin.homepage}"] if origin.homepage else []),
            words["crs"],
            words["files"].format(name=dataset.name),
        ]
        cut = [each for each in columns if each.lossy]
        lines += ["", words["cut"] if cut else words["whole"]]
        lines += [f"- {each.short} ({each.attribute.name}): {', '.join(each.lossy)}" for each in cut]
        text.write("\n".join(lines) + "\n\n")
    return text.getvalue()


_WORDS: Final = {
    "id": {
        "licence": "Naskah lisensi",
        "homepage": "Asal peta dasar",
        "crs": "Koordinat: bujur/lintang WGS 84 (EPSG:4326). Teks: UTF-8.",
        "files": "Nama kolom Shapefile paling panjang 10 huruf; artinya ada di {name}-legenda-legend.csv. "
        "Semua atribut secara utuh ada di {name}.csv.",
        "cut": "Shapefile hanya memuat teks sampai 254 bita, tanpa teks kosong dan tanpa spasi di awal atau akhir. "
        f"Teks yang dipotong berakhir dengan {CUT}. Baris berikut tidak utuh di Shapefile, tetapi utuh di CSV:",
        "whole": "Tidak ada teks yang dipotong.",
    },
    "en": {
        "licence": "Text of the licence",
        "homepage": "Home of the base map",
        "crs": "Coordinates: longitude/latitude WGS 84 (EPSG:4326). Text: UTF-8.",
        "files": "Names of columns in a Shapefile have at most 10 letters; {name}-legenda-legend.csv says what they "
        "mean. All attributes stand in full in {name}.csv.",
        "cut": "A Shapefile holds texts of up to 254 bytes, no empty text and no blanks at either end. A text that "
        f"was cut ends in {CUT}. These rows are not whole in the Shapefile; they are in the CSV:",
        "whole": "No text was cut.",
    },
}
