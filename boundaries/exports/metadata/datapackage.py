"""``datapackage.json``: the folder of downloads as a Data Package (version 2, https://datapackage.org).

Every CSV is a tabular resource with its full schema: types, titles and descriptions in both languages, primary key,
and foreign keys. A foreign key is declared where it holds: where the base map lacks units (or an election knew units
that are no more), it is left out, and the resource says so.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import pandas as pd

from boundaries import __version__
from boundaries.errors import ReleaseError
from boundaries.exports.metadata.described import (  # fmt: skip
    CODES,
    KEYWORDS,
    LANGUAGES,
    LAW,
    PUBLISHER,
    RELEASE,
    Described,
    Entry,
    Facts,
    file_title,
    folder,
    joined,
    licence_text,
)
from boundaries.law.codes import LENGTH
from boundaries.law.columns import ASSIGNMENT_FILE, KEY, LEDGER, Attribute, columns_of
from boundaries.law.meta import CHAMBERS
from boundaries.release.store import Release

_PROFILES: Final = "https://datapackage.org/profiles/2.0"
_CODE: Final = r"\d{2}(\.\d{2}(\.\d{2}(\.\d{4})?)?)?"
_TYPES: Final = {"text": "string", "integer": "integer", "real": "number"}
_SPECIAL: Final = {"tahun": "year", "mulai": "date", "selesai": "date"}
_CONSTRAINTS: Final[Mapping[str, Mapping[str, Any]]] = {
    "id": {"required": True},
    "kode_dapil": {"required": True, "pattern": r"\d{2,8}"},
    "lembaga": {"required": True, "enum": list(CHAMBERS)},
    "tahun": {"required": True},
    "kursi": {"required": True, "minimum": 1},
    "penduduk": {"minimum": 0},
    "kode": {"required": True, "pattern": _CODE},
    "kode_unit": {"required": True, "pattern": _CODE},
    "tingkat": {"required": True, "enum": list(LENGTH)},
    "kunci": {"required": True, "pattern": f"unit-{_CODE}"},
}
#: Called by its own name: it is more than Parquet, and checkers that open Parquet do not weigh what they open.
_FORMATS: Final = {"parquet": "geoparquet", "results-parquet": "geoparquet"}
#: Child's column → the resource and column that it names; of a table of the release, which says whether it holds.
_UNITS: Final = {
    "kode_provinsi": "unit-provinsi",
    "kode_kabkota": "unit-kabkota",
    "kode_kecamatan": "unit-kecamatan",
}


def make(release: Release, entries: Sequence[Entry], base_url: str | None = None) -> bytes:
    """Return ``datapackage.json``.

    Parameters
    ----------
    release
        The release that the files were made from.
    entries
        Those of ``downloads.json``.
    base_url
        The address of the folder; None for paths relative to the file itself.

    Raises
    ------
    ReleaseError
        Two files have the same name but for capitals.
    """
    facts = Facts(release, entries)
    resources = _Resources(facts, folder(base_url))
    origin = facts.origin
    found = [resources.of(entry, dataset) for dataset in facts.described() for entry in dataset.entries]
    names = [each["name"] for each in found]
    if (
        twice := sorted({name for name in names if names.count(name) > 1})
        if len(set(names)) < len(names)
        else []
    ):
        raise ReleaseError(f"two downloads are called {twice[0]!r} but for capitals; give one another name")
    value = {
        "$schema": f"{_PROFILES}/datapackage.json",
        "name": "peta-dapil",
        "id": f"peta-dapil/{release.id}",
        "title": "Peta Dapil",
        "description": joined({language: _about(facts, language) for language in LANGUAGES}),
        "version": release.id,
        "keywords": [*KEYWORDS["id"], *KEYWORDS["en"]],
        "licenses": _licences(facts),
        "contributors": [
            {"title": PUBLISHER, "roles": ["publisher", "data curation"]},
            {"title": origin.attribution, "roles": ["data provider"]}
            | ({"path": origin.homepage} if origin.homepage else {}),
        ],
        "sources": resources.sources(),
        "open": origin.open,
        "generator": f"peta-dapil {__version__}",
        "resources": sorted(found, key=lambda each: each["path"]),
    }
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()


def _about(facts: Facts, language: str) -> str:
    what = {
        "id": "Daerah pemilihan Indonesia untuk semua lembaga dan pemilu: peta, tabel, dan wilayah pembentuknya.",
        "en": "Indonesia's electoral districts (dapil) of all chambers and elections: maps, tables, and the units that "
        "make them up.",
    }
    return " ".join(
        (what[language], licence_text(facts.origin, language), LAW[language], CODES["description"][language])
    )


def _licences(facts: Facts) -> list[dict[str, str]]:
    """A licence needs a name or a path by the specification; without either the description tells of it."""
    origin = facts.origin
    found = {"name": origin.licence_spdx, "path": origin.licence_url, "title": origin.licence}
    named = {key: text for key, text in found.items() if text}
    return [named] if named.keys() & {"name", "path"} else []


class _Resources:
    """Resources of the package; whether foreign keys hold is looked up in the release, once a table."""

    def __init__(self, facts: Facts, prefix: str) -> None:
        self._facts, self._prefix = facts, prefix
        self._tables: dict[str, pd.DataFrame] = {}
        self._csv = {str(each["dataset"]) for each in facts.entries if each["format"] in ("csv", "table-csv")}

    def of(self, entry: Entry, dataset: Described) -> dict[str, Any]:
        """Describe a file."""
        name = str(entry["name"])
        tabular = name.endswith(".csv")
        found: dict[str, Any] = {
            "name": (name.removesuffix(".csv") if tabular else name).lower(),
            **({"type": "table"} if tabular else {}),
            "path": self._prefix + name,
            "title": joined({language: file_title(entry, language) for language in LANGUAGES}),
            "format": _FORMATS.get(str(entry["format"]), name.partition(".")[2].lower() or "txt"),
            "mediatype": entry["media_type"],
            "bytes": entry["bytes"],
            "hash": f"sha256:{entry['sha256']}",
        }
        if entry["format"] == "table-parquet":  # frictionless opens it, and does not weigh what it opens
            del found["bytes"]
        if entry.get("province"):  # a thousand files: what they are is told with the file of the nation
            return found
        found["description"] = joined(dataset.description)
        if dataset.sources:
            found["sources"] = _sources(dataset)
        if dataset.notes:
            found["notes"] = [joined(note) for note in dataset.notes]
        return found | (self._table(entry, dataset.name) if tabular else {})

    def sources(self) -> list[dict[str, str]]:
        """The base map, then where the plans' facts come from, each once."""
        origin = self._facts.origin
        base = {"title": joined(origin.source_title), "path": origin.homepage, "version": origin.vintage}
        found = [{key: text for key, text in base.items() if text}]
        for dataset in self._facts.described():
            found += [each for each in _sources(dataset) if each not in found]
        return found

    def _table(self, entry: Entry, dataset: str) -> dict[str, Any]:
        """The encoding and schema of a CSV."""
        if entry["format"] == "table-csv":
            return {"encoding": "utf-8", "schema": _nonempty(self._election(dataset))}
        if entry["format"] == "quality":
            schema = _schema(LEDGER, ["file", "object", "id"])
        elif entry["format"] == "assignment":
            schema = _schema(ASSIGNMENT_FILE, ["kode_unit"])
            schema["foreignKeys"] = [_key("id", dataset, "id")] if dataset in self._csv else []
        elif (
            dataset == RELEASE
        ):  # what researchers get: a ledger has columns of its own, a graph those of its form
            ledger = str(entry["dataset"]).startswith("riwayat-")
            own = [column for column in columns_of("riwayat") if column.name != "lembaga"]
            return {"encoding": "utf-8"} | ({"schema": _nonempty(_schema(own, []))} if ledger else {})
        else:
            described = (*columns_of(dataset), KEY)
            key = "id" if described[0].name == "id" else "kode"
            schema = _schema(described, [key])
            schema["foreignKeys"], missing = self._foreign(dataset, [column.name for column in described])
            if missing:
                return {"encoding": "utf-8", "schema": _nonempty(schema), "notes": missing}
        return {"encoding": "utf-8", "schema": _nonempty(schema)}

    def _election(self, name: str) -> dict[str, Any]:
        """The schema of a table of the election; keys are declared where they hold in its rows."""
        elections = self._facts.release.elections
        assert elections is not None
        described, rows = elections.described(name), elections.frame(name)
        known = rows.notna() & (rows != "")
        key = [each for each in described["primaryKey"] if each in rows]
        keys = [_key(each, parent, each) for each, parent in self._parents(name, rows) if known[each].all()]
        pair = ["tahun", "nomor_partai"]
        if (
            name != "partai"
            and "partai" in self._csv
            and set(pair) <= set(rows.columns)
            and known[pair].all(axis=None)
        ):
            keys.append({"fields": pair, "reference": {"resource": "partai", "fields": pair}})
        return {
            "$schema": f"{_PROFILES}/tableschema.json",
            "fields": [
                {
                    "name": each["name"], "type": each["type"],
                    "title": joined({"id": each["title"], "en": each["title_en"]}),
                    "description": joined({"id": each["description"], "en": each["description_en"]}),
                    **({"constraints": each["constraints"]} if "constraints" in each else {}),
                }
                for each in described["fields"]
            ],
            "missingValues": [""],
            "primaryKey": key if known[key].all(axis=None) and not rows.duplicated(key).any() else [],
            "foreignKeys": keys,
        }  # fmt: skip

    def _parents(self, name: str, rows: pd.DataFrame) -> Iterator[tuple[str, str]]:
        """Columns of a table whose every value a plan or a level of units has, and that plan or level."""
        targets = {"kode_dapil": self._facts.elections[name]["plan"], **_UNITS}
        for column, parent in targets.items():
            if column in rows and parent in self._csv:
                other = column if parent == targets["kode_dapil"] else "kode"
                if set(rows[column]) <= set(self._read(str(parent))[other]) and other == column:
                    yield column, str(parent)

    def _foreign(self, dataset: str, names: Sequence[str]) -> tuple[list[Any], list[str]]:
        """Foreign keys to units that hold, and a note on each that does not."""
        keys, notes = [], []
        for column, parent in _UNITS.items():
            if column not in names or parent == dataset or parent not in self._csv:
                continue
            values = set(self._read(dataset)[column].dropna())
            if lost := sorted(values - set(self._read(parent)["kode"])):
                notes.append(
                    f"{column}: {len(lost)} kode tidak ada di {parent}, misalnya {lost[0]} | "
                    f"{column}: {len(lost)} codes are not in {parent}, {lost[0]} for one"
                )
            elif values:
                keys.append(_key(column, parent, "kode"))
        return keys, notes

    def _read(self, name: str) -> pd.DataFrame:
        if name not in self._tables:
            self._tables[name] = self._facts.release.read_table(name)
        return self._tables[name]


def _sources(dataset: Described) -> list[dict[str, str]]:
    return [{"path" if key == "url" else key: text for key, text in each.items()} for each in dataset.sources]


def _schema(columns: Sequence[Attribute], key: list[str]) -> dict[str, Any]:
    return {
        "$schema": f"{_PROFILES}/tableschema.json",
        "fields": [_field(column, unique=key == [column.name]) for column in columns],
        "missingValues": [""],
        "primaryKey": key,
    }


def _field(column: Attribute, *, unique: bool) -> dict[str, Any]:
    constraints = dict(_CONSTRAINTS.get(column.name, {})) | ({"unique": True} if unique else {})
    return {
        "name": column.name,
        "type": _SPECIAL.get(column.name, _TYPES[column.kind]),
        "title": joined({"id": column.title, "en": column.title_en}),
        "description": joined({"id": column.indonesian, "en": column.english}),
        **({"unit": column.unit} if column.unit else {}),
        **({"constraints": constraints} if constraints else {}),
    }


def _key(column: str, resource: str, field: str) -> dict[str, Any]:
    return {"fields": [column], "reference": {"resource": resource, "fields": [field]}}


def _nonempty(schema: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in schema.items() if value != []}
