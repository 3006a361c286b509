"""The scorecard is what the tables are, and its pages are what it says."""

import json
from typing import Any

import pytest
from click.testing import CliRunner

from boundaries.cli import main
from boundaries.elections import scorecard, sets
from tests.docs_help import read, script

scorecard_script = script("scorecard")


#: Tables larger than this are not read again here: who changes one runs the script.
LARGE = 60_000


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    return json.loads(scorecard_script.JSON.read_text("utf-8"))


@pytest.fixture(scope="module")
def marked(told: dict[str, Any]) -> dict[str, scorecard.Scored]:
    return {each.table or each.set: each for each in scorecard.read_report(told)}


def test_marks_are_what_the_tables_say(marked: dict[str, scorecard.Scored]) -> None:
    named = set(sets.catalogue())
    assert named <= set(marked), "run python scripts/scorecard.py"
    small = [each for each in sets.catalogue().values() if each.path.stat().st_size < LARGE]
    assert len(small) > len(named) / 2
    for each in small:
        assert scorecard.scored(each) == marked[each.name], f"{each.name}: run python scripts/scorecard.py"


def test_pages_are_what_the_marks_say(told: dict[str, Any], marked: dict[str, scorecard.Scored]) -> None:
    for language, path in scorecard_script.PAGES.items():
        made = scorecard_script.page(language, list(marked.values()))
        assert path.read_text("utf-8") == made, f"{path.name} is behind; run python scripts/scorecard.py"
    systems = scorecard.systems(marked.values())
    assert {name: {**own, "holds": dict(scorecard.SYSTEMS[name])} for name, own in systems.items()} == told[
        "systems"
    ]


def test_marks_follow_from_what_is_there(marked: dict[str, scorecard.Scored]) -> None:
    found = marked["calon-dpr-2024"].marks
    assert {name for name, mark in found.items() if mark == "yes"} == set(scorecard.PRINCIPLES) - {"timely"}
    assert marked["hasil-dpr-2019"].marks["complete"] == "part"  # votes of five dapil
    assert marked["hasil-dpr-2024"].marks["license_free"] == "unknown"  # its source states none
    assert marked["terpilih-dpr-2024"].marks["license_free"] == "part"  # CC BY-SA
    assert marked["pemilih-nasional"].marks["granular"] == "no"
    assert marked["presiden-kecamatan-2014"].level == "kecamatan"
    assert marked["dana-kampanye-2024"].marks["permanent"] == "part"  # the press


def test_what_cannot_be_computed_is_marked_so_everywhere(marked: dict[str, scorecard.Scored]) -> None:
    assert {each.marks["timely"] for each in marked.values()} == {"unknown"}


def test_a_set_without_rows_is_there_and_has_nothing(marked: dict[str, scorecard.Scored]) -> None:
    empty = {each.set: each for each in marked.values() if not each.rows}
    assert set(empty) == {"logistik", "sdm"}
    assert set(empty["sdm"].marks.values()) == {"no", "unknown"}


def test_every_set_belongs_to_a_system_that_is_told(marked: dict[str, scorecard.Scored]) -> None:
    told = scorecard.systems(marked.values())
    named = {title for name in sets.set_names() for title in sets.schema(name).alternative_titles}
    assert named <= set(told)
    assert told["Silog"] == {"sets": ["logistik"], "tables": 0, "rows": 0, "years": [], "complete": 0}


def test_the_command_gives_the_same(
    marked: dict[str, scorecard.Scored], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scorecard, "scores", lambda: tuple(marked.values()))
    made = CliRunner().invoke(main, ["data", "scorecard", "--json"], catch_exceptions=False)
    assert json.loads(made.output) == json.loads(read("data/elections/scorecard.json"))
    told = CliRunner().invoke(main, ["data", "scorecard"], catch_exceptions=False)
    assert "hasil-dpr-2019" in told.output
