"""What collections of the election's tables are told as, and their rows as CSV."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any, Final

from boundaries.release.geopackage_reader import Column

_CHAMBERS: Final = {
    "dpr": {"id": "DPR RI", "en": "DPR"},
    "dpd": {"id": "DPD RI", "en": "DPD"},
    "dprd-provinsi": {"id": "DPRD provinsi", "en": "DPRD provinsi"},
    "dprd-kabkota": {"id": "DPRD kabupaten/kota", "en": "DPRD kabupaten/kota"},
}
_COUNT: Final = {"id": "hitungan, bukan hasil resmi", "en": "a count, not official"}
_BASIS: Final = {
    "official": {"id": "resmi", "en": "official"},
    "count": _COUNT,
    "press": {"id": "dicetak media", "en": "as printed by the press"},
    "inferred": {"id": "diturunkan", "en": "derived"},
}
_CSVW: Final = "http://www.w3.org/ns/csvw"
_TYPES: Final = {"string": "string", "integer": "integer", "number": "double"}
_DATES: Final = ("mulai", "selesai")


def texts(about: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return title, description and keywords of a table, in both languages."""
    titles, descriptions = {}, {}
    for language, end in (("id", ""), ("en", "_en")):
        title = str(about[f"title{end}"])
        parts = [_CHAMBERS[about["chamber"]][language]] if about["chamber"] else []
        parts += [str(about["year"])] if about["year"] else []
        own = _own(about)
        parts += [f"({own})"] if own else []
        parts += [f"({_COUNT[language]})"] if about["basis"] == "count" else []
        titles[language] = " ".join([title, *parts])
        told = {"id": ("Cakupan", "Basis", "Asal"), "en": ("Coverage", "Basis", "Origin")}[language]
        origin = str(about["origin"]).partition(" | ")
        said = (
            about[f"coverage{end}"],
            _BASIS[about["basis"]][language],
            origin[2] if end and origin[2] else origin[0],
        )
        descriptions[language] = " ".join(f"{word}: {text}." for word, text in zip(told, said, strict=True))
    words = [about["set"], *(str(about[each]) for each in ("year", "chamber") if about[each]), "Indonesia"]
    return {
        "title": titles,
        "description": descriptions,
        "keywords": {"id": [*words, "pemilu"], "en": [*words, "election"]},
    }


def _own(about: Mapping[str, Any]) -> str:
    """What the name of a table has beside set, chamber, year and basis, such as the level of its units."""
    rest = str(about["name"]).removeprefix(str(about["set"]))
    for part in (
        about["plan"],
        about["chamber"],
        about["year"],
        "hitung" if about["basis"] == "count" else None,
    ):
        rest = rest.replace(f"-{part}", "", 1) if part else rest
    return rest.strip("-").replace("-", " ")


def rows_as_csv(rows: Sequence[tuple[str, Mapping[str, Any]]], names: Sequence[str]) -> bytes:
    """Return features as CSV: a header, then a row each; what lacks is empty, codes are text as they stand."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([[cells.get(name) for name in names] for _, cells in rows])
    return text.getvalue().encode()


def csvw(url: str, title: str, columns: Sequence[Column], key: str, language: str) -> dict[str, Any]:
    """Return what a CSV of a collection holds, by W3C's CSV on the Web."""
    return {
        "@context": [_CSVW, {"@language": language}],
        "url": url,
        "dc:title": title,
        "dialect": {"encoding": "utf-8", "lineTerminators": ["\n"], "header": True},
        "tableSchema": {
            "primaryKey": key,
            "columns": [
                {
                    "name": each.name,
                    "titles": each.name,
                    "dc:title": (each.title_en or each.title) if language == "en" else each.title,
                    "dc:description": each.meaning.get(language, ""),
                    "datatype": "date" if each.name in _DATES else _TYPES[each.kind],
                    "null": "",
                }
                for each in columns
            ],
        },
    }
