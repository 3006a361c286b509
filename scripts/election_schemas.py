"""Write the schema of every set of election tables, and the dictionary of fields in both languages.

    python scripts/election_schemas.py

``data/elections/<set>/schema.json`` (a Frictionless table schema) from ``sets.toml`` and ``fields.csv``: one meaning a
field in all sets. ``docs/election-fields.md`` and ``docs/election-fields.id.md`` from the schemas. A test holds the
files to their sources.
"""

import csv
import json
import tomllib
from pathlib import Path
from typing import Any, Final

ELECTIONS: Final = Path(__file__).parents[1] / "data" / "elections"
#: Which tables the keys of a set point to: columns, then the set and its columns.
KEYS: Final = (
    (("lembaga", "tahun", "kode_dapil"), "dapil", ("lembaga", "tahun", "kode_dapil")),
    (("tahun", "nomor_partai"), "partai", ("tahun", "nomor_partai")),
    (("kode_unit",), "unit", ("kode",)),
    (("kode_kabkota",), "unit", ("kode",)),
    (("kode_provinsi",), "unit", ("kode",)),
)


def schemas() -> dict[str, str]:
    """Return the text of every set's schema."""
    with (ELECTIONS / "fields.csv").open(encoding="utf-8", newline="") as file:
        fields = {row["nama"]: row for row in csv.DictReader(file)}
    sets = tomllib.loads((ELECTIONS / "sets.toml").read_text("utf-8"))
    made = {name: schema(name, facts, fields) for name, facts in sets.items()}
    return {name: json.dumps(each, ensure_ascii=False, indent=1) + "\n" for name, each in made.items()}


def schema(name: str, facts: dict[str, Any], fields: dict[str, dict[str, str]]) -> dict[str, Any]:
    """Return the schema of one set."""
    columns = facts["kolom"].split()
    names = [column.rstrip("!") for column in columns]
    return {
        "$schema": "https://datapackage.org/profiles/2.0/tableschema.json",
        "name": name,
        "title": facts["judul"], "title_en": facts["judul_en"],
        "description": facts["arti"], "description_en": facts["arti_en"],
        "alternative_titles": facts["sistem"],
        "persons": facts.get("orang", False),
        "fields": [field(fields[column.rstrip("!")], column.endswith("!")) for column in columns],
        "primaryKey": facts["kunci"].split(),
        "foreignKeys": [
            {"fields": list(own), "reference": {"resource": table, "fields": list(theirs)}}
            for own, table, theirs in KEYS if set(own) <= set(names) and table != name
        ],
        "missingValues": [""],
    }  # fmt: skip


def field(row: dict[str, str], required: bool) -> dict[str, Any]:
    """Return one field: what it means in both languages, and what its cells may hold."""
    limits: dict[str, Any] = {"required": True} if required else {}
    if row["nilai"]:
        limits["enum"] = row["nilai"].split("|")
    if row["pola"]:
        limits["pattern"] = row["pola"]
    for key, column in (("minimum", "min"), ("maximum", "maks")):
        if row[column]:
            limits[key] = int(row[column])
    found = {
        "name": row["nama"], "type": row["tipe"],
        "title": row["judul"], "title_en": row["judul_en"],
        "description": row["arti"], "description_en": row["arti_en"],
    }  # fmt: skip
    if row["pemakai"]:
        found["used_by"] = row["pemakai"]
    return {**found, "constraints": limits} if limits else found


#: The words of the dictionary: English, Indonesian.
WORDS: Final = {
    "head": ("# Fields of the election's tables", "# Kolom tabel pemilu"),
    "twin": ("*[Bahasa Indonesia](election-fields.id.md)*", "*[English](election-fields.md)*"),
    "intro": (
        "Made from the schemas in `data/elections`; [the tables](elections.md) says what is in them. A field means "
        "the same in every set. Cells that must not be empty have a star.",
        "Dibuat dari skema di `data/elections`; isinya diterangkan di [tabel pemilu](elections.id.md). Satu kolom "
        "berarti sama di semua set. Sel yang tidak boleh kosong bertanda bintang.",
    ),
    "key": ("Key", "Kunci"),
    "also": ("Like it at KPU", "Padanannya di KPU"),
    "table": ("field | type | title | meaning | others call it", "kolom | jenis | judul | arti | nama di tempat lain"),
}  # fmt: skip


def dictionary(english: bool) -> str:
    """Return the page of all sets and fields in one language."""
    word = {key: both[0 if english else 1] for key, both in WORDS.items()}
    suffix = "_en" if english else ""
    lines = [word["head"], "", word["twin"], "", word["intro"]]
    for name, text in sorted(schemas().items()):
        found = json.loads(text)
        key = ", ".join(f"`{each}`" for each in found["primaryKey"])
        lines += ["", f"## `{name}`: {found['title' + suffix]}", "", found["description" + suffix], ""]
        lines += [f"{word['key']}: {key}. {word['also']}: {', '.join(found['alternative_titles'])}.", ""]
        lines += [f"| {word['table']} |", "| --- | --- | --- | --- | --- |"]
        for each in found["fields"]:
            star = "*" if each.get("constraints", {}).get("required") else ""
            told = (
                f"`{each['name']}`{star}",
                each["type"],
                each["title" + suffix],
                each["description" + suffix],
            )
            lines.append(f"| {' | '.join(told)} | {each.get('used_by', '')} |")
    return "\n".join(lines) + "\n"


PAGES: Final = {"election-fields.md": True, "election-fields.id.md": False}


if __name__ == "__main__":
    for each, text in schemas().items():
        path = ELECTIONS / each / "schema.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for page, in_english in PAGES.items():
        (ELECTIONS.parents[1] / "docs" / page).write_text(dictionary(in_english), encoding="utf-8")
