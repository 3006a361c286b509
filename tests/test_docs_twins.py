"""Figures of the documents are those of the tables and of a release, and both languages say the same."""

import csv
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token

from boundaries.release.store import Release
from tests.docs_help import DOCS, ROOT, read, section, table, tables

HEADS = {"README.md": "## What is in it", "README.id.md": "## Apa isinya"}
CHAMBERS = ("dpr", "dpd", "dprd-provinsi", "dprd-kabkota")
TWINS = sorted((*ROOT.glob("*.id.md"), *DOCS.glob("*.id.md")))


# Figures


def rows(*parts: str) -> list[dict[str, str]]:
    with (ROOT / "data").joinpath(*parts).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def whole(text: str) -> int:
    """Return a number with its thousands apart, by a comma or a point."""
    return int(re.sub(r"[.,]", "", text))


def plans() -> dict[tuple[int, str], tuple[int, int]]:
    """Return dapil and seats of every plan, counted in the law's tables."""
    counted = {}
    for path in (ROOT / "data" / "plans").glob("*/dapil.csv"):
        held = rows("plans", path.parent.name, "dapil.csv")
        for chamber in {row["lembaga"] for row in held}:
            seats = [int(row["kursi"]) for row in held if row["lembaga"] == chamber]
            counted[int(path.parent.name), chamber] = len(seats), sum(seats)
    return counted


@pytest.mark.parametrize("page", HEADS)
def test_what_is_in_it_is_what_the_tables_hold(page: str) -> None:
    (found,) = tables(section(page, HEADS[page]))
    told = {}
    for year, *cells in found[1:]:
        for chamber, cell in zip(CHAMBERS, cells, strict=True):
            numbers = re.search(r"([\d.,]+) / ([\d.,]+)", cell)
            if numbers:
                told[int(year), chamber] = whole(numbers[1]), whole(numbers[2])
            else:
                assert cell == "-"
    assert told == plans()
    marks = set(re.findall(r"\d([.,])\d{3}", str(found)))
    assert marks == ({"."} if page.endswith(".id.md") else {","})


def test_the_plans_are_those_of_the_tables() -> None:
    told = {}
    for names, figures, *_ in tables(section("docs/plans.md", "## The plans"))[0][1:]:
        counts = re.findall(r"([\d,]+) / ([\d,]+)", figures)
        for name, count in zip(re.findall(r"`([\w-]+)-(\d{4})`", names), counts, strict=True):
            told[int(name[1]), name[0]] = whole(count[0]), whole(count[1])
    assert told == plans()


@pytest.mark.parametrize("page", HEADS)
def test_the_units_are_those_of_the_list(page: str) -> None:
    codes = [row["kode"] for row in rows("units", "units.csv")]
    count = Counter(code.count(".") for code in codes)
    drawn = count[3] - len(rows("sources", "kemendagri-2025.missing.csv"))
    told = re.findall(r"\d[\d.,]*\d", section(page, HEADS[page]).partition("dprd-kabkota-2019`")[2])
    assert [whole(each) for each in told[:4]] == [count[0], count[1], count[2], drawn]


@pytest.mark.parametrize("page", ["docs/data.md", "docs/data.id.md"])
def test_what_is_doubtful_is_what_the_plans_say(page: str) -> None:
    members = [row for row in rows("plans", "2009", "members.csv") if row["lembaga"] == "dpr"]
    carried = sum(row["bukti"].startswith("susunan 2014") for row in members)
    of_the_day = sum(not row["bukti"].startswith("dari ") for row in members)  # the others were made later
    law = tomllib.loads(read("data/plans/2014/dprd-kabkota.toml"))["jumlah_kursi"]
    missing = [row["kode"] for row in rows("sources", "kemendagri-2025.missing.csv")]
    text = read(page)
    assert re.search(rf"\b{carried}\b.*\b{of_the_day}\b", text)
    assert law in [whole(each) for each in re.findall(r"\d+[.,]\d+", text)]
    assert law - plans()[2014, "dprd-kabkota"][1] == 1
    desa = sum(row["kode"].count(".") == 3 for row in rows("units", "units.csv"))
    found = re.search(r"\*\*(\d+) (?:of the|dari) ([\d.,]+) desa\*\*", text)
    assert found
    assert [whole(each) for each in found.groups()] == [len(missing), desa]


@pytest.mark.parametrize("page", HEADS)
def test_the_seats_under_the_picture_are_those_of_the_plan(page: str) -> None:
    seats = {row["nama_dapil"]: row["kursi"] for row in rows("plans", "2024", "dapil.csv")}
    assert re.search(rf"Jawa Barat II, {seats['JAWA BARAT II']} (seats|kursi)", read(page))
    assert re.search(rf"\b{plans()[2024, 'dpr'][0]} dapil", read(page))


@pytest.mark.national
@pytest.mark.parametrize(
    ("page", "head"),
    [("docs/data.md", "## What cleaning changed"), ("docs/data.id.md", "## Apa yang diubah pembersihan")],
)
def test_what_cleaning_changed_is_what_the_nation_says(page: str, head: str, nation: Release) -> None:
    totals, gaps = nation.quality["totals"], nation.quality["gaps_kept"]
    with (nation.path / "quality.csv").open(encoding="utf-8") as file:
        changes = [abs(float(row["area_change_pct"])) for row in csv.DictReader(file)]
    figures = [
        [*(sum(change > limit for change in changes) for limit in (2, 5, 20))],
        [round(totals["overlap_m2"] / 1e6)],
        [totals["gaps_filled"], round(totals["gaps_filled_m2"] / 1e6)],
        [len(gaps), round(sum(gap["area_m2"] for gap in gaps) / 1e6)],
        [len(nation.quality["lost_parts"])],
        [totals["invalid_source"]],
    ]
    text = section(page, head)
    told = [re.findall(r"\d[\d.,]*", row[1].replace("km²", "")) for row in tables(text)[0][1:]]
    assert [[whole(each) for each in row] for row in told] == figures
    assert nation.id in text
    assert whole(re.findall(r"[\d.,]+(?= (?:units:|wilayah:))", text)[0]) == len(changes)


# Both languages


def english(path: Path) -> Path:
    return path.with_name(path.name.replace(".id.md", ".md"))


def shape(path: Path) -> list[Any]:
    """Return what two languages have in common: headings, paragraphs, tables, lists, pictures, and code."""
    tokens = MarkdownIt().enable("table").parse(path.read_text("utf-8"))
    return [each for token in tokens for each in _shape(token)]


def _shape(token: Token) -> Iterator[Any]:
    if token.type == "fence":  # comments, and what the command says, are in the language
        code = (
            token.content
            if token.info in ("sh", "python", "json", "toml")
            else token.content.partition("\n")[0]
        )
        yield token.info, re.sub(r"\s*#.*", "", code)
    elif token.type.endswith("_open"):
        yield token.tag
    for each in token.children or ():
        if each.type == "image":
            yield each.attrs["src"]


def figures(path: Path) -> Counter[str]:
    """Return how often each number stands in the text, thousands and decimals alike; not in code and addresses."""
    text = re.sub(r"```.*?```|`[^`]*`|\]\([^)]*\)|<[^>]*>", " ", path.read_text("utf-8"), flags=re.DOTALL)
    return Counter(re.sub(r"[.,]", "", each) for each in re.findall(r"\d[\d.,]*", text))


@pytest.mark.parametrize("path", TWINS, ids=lambda path: path.name)
def test_twins_are_in_step(path: Path) -> None:
    other = english(path)
    assert f"]({other.name})" in path.read_text("utf-8")[:200]
    assert f"]({path.name})" in other.read_text("utf-8")[:200]
    if path.name != "index.id.md":  # its list is by language
        assert shape(path) == shape(other)
        assert figures(path) == figures(other)


@pytest.mark.parametrize("path", TWINS, ids=lambda path: path.name)
def test_a_twin_leads_to_twins(path: Path) -> None:
    for link in re.findall(r"\]\(([^)#]+\.md)", path.read_text("utf-8")):
        target = (path.parent / link).resolve()
        if target != english(path).resolve() and not target.name.endswith(".id.md"):
            assert not target.with_suffix(".id.md").exists(), link


def test_readme_is_short() -> None:
    assert max(len(read(page).splitlines()) for page in HEADS) <= 165


def test_the_forms_ask_the_same_in_both_languages() -> None:
    pages = {"CONTRIBUTING.md": "wrong-figure", "CONTRIBUTING.id.md": "angka-salah"}
    forms = {page: yaml.safe_load(read(f".github/ISSUE_TEMPLATE/{name}.yml")) for page, name in pages.items()}
    for page, form in forms.items():
        assert f"*{form['name']}*" in read(page)
    one, other = ([(each["type"], each.get("id"), each.get("validations")) for each in form["body"]]
                  for form in forms.values())  # fmt: skip
    assert one == other
    assert {"release", "thing", "found", "right", "source"} <= {id_ for _, id_, _ in one}


def test_the_reference_has_the_same_rows_in_both_languages() -> None:
    one, other = tables(read("docs/reference.md")), tables(read("docs/reference.id.md"))
    assert [[row[0] for row in each[1:]] for each in one[:-1]] == [
        [row[0] for row in each[1:]] for each in other[:-1]
    ]
    assert table("docs/reference.md", "parameter")[:-1] != table("docs/reference.id.md", "parameter")[:-1]
