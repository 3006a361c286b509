"""The map page's search: what people type, and what comes first. `search_cases.json` serves any search of these names.

A case is {kind, typed, name, first}: one of `first` (codes of units, ids of dapil of 2024) must be the first answer
while the map shows `chamber`, where the case has one.
"""

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest

from boundaries.law.spelling import abroad, other_names, post_codes
from tests.page_modules import needs_node, run

DATA = Path(__file__).parents[1] / "data"
CASES = json.loads(Path(__file__).with_name("search_cases.json").read_text("utf-8"))
SEARCH = """import { addPosts, find, placesOf } from "find.js";
const places = placesOf(new Map(given.names), given.dapil, given.other, given.abroad);
addPosts(places, given.post);
const told = ({ kode, nama, level, lembaga }) => ({ kode, nama, level, lembaga });
tell(given.typed.map((text, at) => find(places, text, 1, given.chambers[at]).map(told)[0] ?? {}));
"""

pytestmark = needs_node


def rows(path: str) -> list[dict[str, str]]:
    with (DATA / path).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


#: The kecamatan of which the page knows the desa: those that a plan divides.
DIVIDED = {
    row["kode_unit"][:8]
    for path in sorted((DATA / "plans").glob("*/members.csv"))
    for row in rows(str(path.relative_to(DATA)))
    if len(row["kode_unit"]) > 8
}
ALL = {row["kode"]: row["nama"] for row in rows("units/units.csv")}
#: Names among which the cases are asked: all but desa, of these each eighth kecamatan's and those that are meant. The
#: service's search is asked among all (tests/test_place_search.py).
_MEANT = {code for case in CASES for code in case["first"]}
AMONG = {
    code: name for code, name in ALL.items() if len(code) <= 8 or int(code[6:8]) % 8 == 0 or code in _MEANT
}
#: Without the desa that the page fetches by their letters when they are typed.
NAMES = {code: name for code, name in ALL.items() if len(code) <= 8 or code[:8] in DIVIDED}
DAPIL = [
    {"id": f"{row['lembaga']}-2024-{row['kode_dapil']}", "nama_dapil": row["nama_dapil"], "lembaga": row["lembaga"]}
    for row in rows("plans/2024/dapil.csv")
]  # fmt: skip


OTHER = [list(each) for each in other_names()]
#: Post codes of the cases, with the names of their units.
POST = {
    code: [[unit, ALL[unit]] for unit in units]
    for code, units in post_codes().items()
    if code in {case["typed"] for case in CASES}
}
ABROAD = [["99", "Luar Negeri", "Abroad"], *map(list, abroad())]


def first(
    typed: list[str], names: dict[str, str] = NAMES, chambers: list[str] | None = None
) -> list[dict[str, Any]]:
    """The first answer to each text; {} where there is none."""
    found: list[dict[str, Any]] = run(
        SEARCH,
        {
            "names": list(names.items()), "dapil": DAPIL, "other": OTHER, "abroad": ABROAD, "post": POST,
            "typed": typed, "chambers": chambers or [""] * len(typed),
        },
    )  # fmt: skip
    return found


def test_every_case_names_what_there_is() -> None:
    known = (
        ALL | {each["id"]: each["nama_dapil"] for each in DAPIL} | {code: name for code, name, _ in ABROAD}
    )
    assert [case for case in CASES for code in case["first"] if known.get(code) != case["name"]] == []
    assert len({case["typed"] for case in CASES}) == len(CASES) >= 200


@pytest.mark.slow
def test_what_people_type_finds_what_they_mean() -> None:
    answers = first([case["typed"] for case in CASES], AMONG, [case.get("chamber", "") for case in CASES])
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


@pytest.mark.slow
def test_a_whole_name_is_found_first() -> None:
    texts = titled()
    wrong = {
        text: answer.get("nama")
        for (text, name), answer in zip(texts.items(), first(list(texts)), strict=True)
        if answer.get("nama") != name
    }
    assert wrong == {}


@pytest.mark.slow
def test_a_place_called_kota_is_found_before_a_city_of_nearly_that_name() -> None:
    names = sorted({name for name in NAMES.values() if name.startswith("Kota ")})
    assert [answer.get("nama") for answer in first(names)] == names


@pytest.mark.slow
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
