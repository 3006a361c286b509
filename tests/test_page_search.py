"""The map page's search: what people type, and what comes first. `search_cases.json` serves any search of these names.

A case is {kind, typed, name, first}: one of `first` (codes of units, ids of dapil of 2024) must be the first answer.
"""

import csv
import json
import re
from pathlib import Path
from typing import Any

from tests.page_modules import needs_node, run

DATA = Path(__file__).parents[1] / "data"
CASES = json.loads(Path(__file__).with_name("search_cases.json").read_text("utf-8"))
SEARCH = """import { find, placesOf } from "find.js";
const places = placesOf(new Map(given.names), given.dapil);
const told = ({ kode, nama, level, lembaga }) => ({ kode, nama, level, lembaga });
tell(given.typed.map((text) => find(places, text, 1).map(told)[0] ?? {}));
"""

pytestmark = needs_node


def rows(path: str) -> list[dict[str, str]]:
    with (DATA / path).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


NAMES = {row["kode"]: row["nama"] for row in rows("units/units.csv")}
DAPIL = [
    {"id": f"{row['lembaga']}-2024-{row['kode_dapil']}", "nama_dapil": row["nama_dapil"], "lembaga": row["lembaga"]}
    for row in rows("plans/2024/dapil.csv")
]  # fmt: skip


def first(typed: list[str]) -> list[dict[str, Any]]:
    """The first answer to each text; {} where there is none."""
    found: list[dict[str, Any]] = run(SEARCH, {"names": list(NAMES.items()), "dapil": DAPIL, "typed": typed})
    return found


def test_every_case_names_what_there_is() -> None:
    known = NAMES | {each["id"]: each["nama_dapil"] for each in DAPIL}
    assert [case for case in CASES for code in case["first"] if known.get(code) != case["name"]] == []
    assert len({case["typed"] for case in CASES}) == len(CASES) > 150


def test_what_people_type_finds_what_they_mean() -> None:
    answers = first([case["typed"] for case in CASES])
    wrong = [
        f"{case['typed']} -> {answer.get('nama')}, not {case['name']}"
        for case, answer in zip(CASES, answers, strict=True)
        if answer.get("kode") not in case["first"]
    ]
    assert wrong == []


def titled() -> dict[str, str]:
    """Text → the whole name that it is: every province, kabupaten and kota, and some kecamatan; some in short."""
    large = [name for code, name in NAMES.items() if len(code) <= 5]
    small = [
        name
        for code, name in NAMES.items()
        if len(code) == 8 and code.endswith("07") and int(code[:2]) % 3 == 0
    ]
    texts = {name: name for name in large} | {f"Kecamatan {name}": name for name in small[::2]}
    texts |= {re.sub("^Kabupaten", "Kab.", name).replace("Administrasi", "Adm."): name for name in large[::9]}
    return texts | {f"kec. {name.upper()}": name for name in small[1::2]}


def test_a_whole_name_is_found_first() -> None:
    texts = titled()
    wrong = {
        text: answer.get("nama")
        for (text, name), answer in zip(texts.items(), first(list(texts)), strict=True)
        if answer.get("nama") != name
    }
    assert wrong == {}


def test_a_place_called_kota_is_found_before_a_city_of_nearly_that_name() -> None:
    names = sorted({name for name in NAMES.values() if name.startswith("Kota ")})
    assert [answer.get("nama") for answer in first(names)] == names


def test_the_chamber_that_is_typed_counts() -> None:
    said = {"dpr": "DPR RI", "dpd": "DPD", "dprd-provinsi": "DPRD Provinsi", "dprd-kabkota": "DPRD"}
    asked = [each for at, each in enumerate(DAPIL) if each["lembaga"] in ("dpr", "dpd") or at % 10 == 0]
    answers = first([f"{said[each['lembaga']]} {each['nama_dapil']}" for each in asked])
    wrong = {
        each["id"]: answer
        for each, answer in zip(asked, answers, strict=True)
        if (answer.get("nama"), answer.get("lembaga")) != (each["nama_dapil"], each["lembaga"])
    }
    assert wrong == {}
