"""Chambers that vote on different days (MK 135/PUU-XXII/2024): from tables of plans to answers over HTTP."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient

from boundaries.law.tables import data_directory
from boundaries.release.store import open_release
from tests.next_law import ADDED, add_plans
from tests.page_modules import needs_node
from tests.service_help import app_of
from tests.test_build import run, write_map
from tests.test_lookup_agreement import Both, map_of, same

DPR, DPRD = "2029-02-14", "2031-06-25"
POINT = {"lon": "110.05", "lat": "-7.75"}
CHAMBERS = ("dpr", "dpd", "dprd-provinsi", "dprd-kabkota")


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release of one province, of 2024 and of the next two elections."""
    folder = tmp_path_factory.mktemp("next")
    plans = folder / "plans"
    plans.mkdir()
    shutil.copytree(data_directory() / "plans" / "2024", plans / "2024")
    add_plans(plans)
    toml = write_map(folder / "map")
    made = run("build", "--source", toml, "--plans-dir", plans, "--out", folder / "out", "--no-downloads")
    assert made.exit_code == 0, made.output
    return folder / "out"


@pytest.fixture(scope="module")
def client(out: Path) -> Iterator[FlaskClient]:
    with app_of(out).test_client() as client:
        yield client


def in_force(client: FlaskClient, datetime: str) -> set[str]:
    """The plans that have dapil at a time."""
    ids = [f"{chamber}-2024" for chamber in CHAMBERS] + [f"{chamber}-{year}" for chamber, year, _ in ADDED]
    asked = {"datetime": datetime, "limit": 1}
    return {
        id_
        for id_ in ids
        if client.get(f"/collections/{id_}/items", query_string=asked).json["numberMatched"]
    }


@pytest.mark.parametrize(
    ("datetime", "dpr", "dprd"),
    [
        ("2029-02-13", 2024, 2024), (DPR, 2029, 2024), ("2030-01-01", 2029, 2024), ("2031-06-24", 2029, 2024),
        (DPRD, 2029, 2031), ("2040-01-01", 2029, 2031), ("2024-02-13", None, None),
    ],
)  # fmt: skip
def test_each_chamber_is_in_force_until_its_own_next(
    client: FlaskClient, datetime: str, dpr: int | None, dprd: int | None
) -> None:
    years = {"dpr": dpr, "dpd": dpr, "dprd-provinsi": dprd, "dprd-kabkota": dprd}
    assert in_force(client, datetime) == {f"{chamber}-{year}" for chamber, year in years.items() if year}


def test_an_interval_over_the_days_takes_both(client: FlaskClient) -> None:
    found = in_force(client, f"2029-02-13/{DPR}")
    assert found == {
        "dpr-2024",
        "dpr-2029",
        "dpd-2024",
        "dpd-2029",
        "dprd-provinsi-2024",
        "dprd-kabkota-2024",
    }


def test_a_collection_says_from_when_to_when(client: FlaskClient) -> None:
    def times(id_: str) -> Any:
        return [
            each and each[:10]
            for each in client.get(f"/collections/{id_}").json["extent"]["temporal"]["interval"][0]
        ]

    assert times("dpr-2024")[0] == "2024-02-14"
    assert times("dprd-kabkota-2031") == [DPRD, None]
    first = client.get("/collections/dpr-2024/items?limit=1").json["features"][0]["properties"]
    assert (first["mulai"], first["selesai"]) == ("2024-02-14", DPR)
    last = client.get("/collections/dprd-provinsi-2024/items?limit=1").json["features"][0]["properties"]
    assert last["selesai"] == DPRD


@pytest.mark.parametrize(
    ("year", "years"),
    [("2024", [2024] * 4), ("2029", [2029, 2029, 2024, 2024]), ("2031", [2029, 2029, 2031, 2031]),
     (None, [2029, 2029, 2031, 2031])],
)  # fmt: skip
def test_a_voter_is_told_what_is_in_force_in_every_chamber(
    client: FlaskClient, year: str | None, years: list[int]
) -> None:
    found = client.get("/lookup", query_string=POINT | ({"year": year} if year else {}) | {"f": "json"}).json
    assert [(seat["lembaga"], seat["tahun"]) for seat in found["dapil"]] == list(
        zip(CHAMBERS, years, strict=True)
    )
    assert all(seat["id"] for seat in found["dapil"])


@needs_node
def test_the_page_says_the_same(out: Path, tmp_path: Path) -> None:
    release = open_release(out)
    both = Both(release, map_of(release, tmp_path))
    for year in (2024, 2029, 2031):
        for server, page in both.ask(np.array([[110.05, -7.75], [110.15, -7.65]]), [year]):
            same(server, page)
