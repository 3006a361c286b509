"""The sandbox: every request has the answer that it promises, and the pages say what the file says."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from boundaries.release.store import Release
from scripts import sandbox
from tests.service_help import app_of

DOCS = Path(__file__).parents[1] / "docs"
CASES = sandbox.cases()


@pytest.fixture(scope="module")
def client(nation: Release) -> FlaskClient:
    return app_of(nation.path).test_client()


def asked(client: FlaskClient, row: dict[str, Any]) -> tuple[int, str, str]:
    headers = {"Accept": "application/json", **({"Content-Type": row["type"]} if "body" in row else {})}
    send = client.post if "body" in row else client.get
    got = send(row["request"], headers=headers, **({"data": row["body"]} if "body" in row else {}))
    return got.status_code, got.mimetype, got.text


@pytest.mark.national
@pytest.mark.parametrize("row", CASES, ids=lambda row: row["id"])
def test_the_nation_answers_as_it_is_promised(client: FlaskClient, row: dict[str, Any]) -> None:
    assert sandbox.failures(row, *asked(client, row)) == []


#: A promise that another request's answer keeps as well: the same place, or also no ground of Indonesia.
ALIKE = {
    ("luar-negeri", "laut"), ("dapil-pindah-2014", "tanpa-susunan"), ("tanpa-susunan", "dapil-pindah-2014"),
}  # fmt: skip


@pytest.mark.national
def test_no_promise_is_so_loose_that_another_answer_keeps_it(client: FlaskClient) -> None:
    """But for those that nothing is found, which say all that they can."""
    told = [(row, asked(client, row)) for row in CASES]
    nothing = {row["id"] for row in CASES if '"numberMatched": 0' in json.dumps(row)}
    kept = {
        (row["id"], other["id"])
        for row, _ in told if row["id"] not in nothing
        for other, answer in told if row is not other and not sandbox.failures(row, *answer)
    }  # fmt: skip
    assert kept == ALIKE


def test_the_pages_are_those_of_the_file() -> None:
    """Made anew with scripts/sandbox.py after a change of data/sandbox.json."""
    for name, language in sandbox.PAGES.items():
        assert (DOCS / name).read_text("utf-8") == sandbox.page(language)


def test_every_case_has_a_name_of_its_own_and_says_what_it_is_in_both_languages() -> None:
    assert len({row["id"] for row in CASES}) == len(CASES) > 50
    for row in CASES:
        assert all(row["case"].values())
        assert row["case"]["id"] != row["case"]["en"]
        assert row["expect"]


FOUND = {
    "id": "a",
    "kursi": 8,
    "suara": None,
    "ragu": "a; b",
    "dapil": [{"id": "x"}, {"id": "y"}],
    "mungkin": [],
}


def test_an_answer_holds_if_all_that_is_named_does() -> None:
    assert list(sandbox.held({"kursi": 8, "suara": None, "dapil": [{"id": "y"}], "mungkin": []}, FOUND)) == []
    assert list(sandbox.held({"ragu": {"$contains": "b"}}, FOUND)) == []


@pytest.mark.parametrize(
    ("expected", "said"),
    [
        ({"kursi": 9}, "/kursi: 8, expected 9"),
        ({"kursi": "8"}, "/kursi: 8, expected '8'"),
        ({"suara": 0}, "/suara: None, expected 0"),
        ({"suara": False}, "/suara: None, expected False"),
        ({"ragu_en": None}, "/ragu_en: is not there"),
        ({"ragu": {"$contains": "c"}}, "/ragu: 'a; b' does not contain 'c'"),
        ({"suara": {"$contains": "c"}}, "/suara: None does not contain 'c'"),
        ({"dapil": [{"id": "z"}]}, '/dapil: nothing there is {"id": "z"}'),
        ({"dapil": []}, "/dapil: [{'id': 'x'}, {'id': 'y'}], expected nothing"),
        ({"mungkin": [{}]}, "/mungkin: nothing there is {}"),
        ({"kursi": [8]}, "/kursi: 8, expected [8]"),
    ],
)
def test_what_does_not_hold_is_told_with_its_place(expected: Any, said: str) -> None:
    assert list(sandbox.held(expected, copy.deepcopy(FOUND))) == [said]


def test_another_status_is_told() -> None:
    row = {"status": 200, "expect": {}}
    assert sandbox.failures(row, 404, "application/json", "{}") == ["status 404, expected 200: {}"]


def test_csv_is_held_record_by_record() -> None:
    row = {"status": 200, "expect": [{"kode": "32.10"}]}
    assert sandbox.failures(row, 200, "text/csv; charset=utf-8", "kode,nama\n32.10,M\n") == []
    assert sandbox.failures(row, 200, "text/csv", "kode,nama\n32.1,M\n") != []
