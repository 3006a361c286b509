"""The service's search by name: what people type and what comes first, as on the page; and who asks it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from boundaries.cli import main
from boundaries.law.spelling import abroad, other_names, post_codes
from boundaries.release.lookup import FullPackage, Lookup
from boundaries.release.named import Names, NoPlace
from boundaries.release.place_search import Places
from boundaries.release.store import open_release
from tests.service_help import app_of
from tests.small import make_small_release
from tests.test_page_search import ALL, CASES, DAPIL, OTHER


@pytest.fixture(scope="module")
def places() -> Places:
    dapil = [(each["id"], each["nama_dapil"], each["lembaga"]) for each in DAPIL]
    return Places(
        ALL, dapil, other=[(code, name) for code, name in OTHER], abroad=abroad(), post=post_codes()
    )


@pytest.mark.slow
def test_what_people_type_finds_what_they_mean(places: Places) -> None:
    wrong = []
    for case in CASES:
        found = places.find(case["typed"], 1, chamber=case.get("chamber", ""))
        if not found or found[0].kode not in case["first"]:
            wrong.append(f"{case['typed']} -> {found and found[0].nama}, not {case['name']}")
    assert wrong == []


def test_there_are_two_hundred_cases_of_every_kind() -> None:
    assert len(CASES) >= 200
    assert {"village", "village slip", "short", "abroad", "post code"} <= {case["kind"] for case in CASES}


def test_other_names_are_those_of_units(places: Places) -> None:
    assert {code for code, _ in other_names()} <= ALL.keys()
    codes = [code for code, _, _ in abroad()]
    assert codes == sorted(set(codes))
    assert all(code[:5] in codes for code in codes)


@pytest.mark.parametrize("typed", ["", "x", " ", "?!", "%00", "a" * 500, "'; DROP TABLE", "\u202e", "१२३"])
def test_anything_may_be_typed(places: Places, typed: str) -> None:
    assert isinstance(places.find(typed), list)


# --- one release -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_small_release(tmp_path_factory.mktemp("named"))


@pytest.fixture(scope="module")
def names(release: Path) -> Names:
    package = FullPackage(open_release(release).gpkg)
    return Names(package, Lookup(package))


def test_a_place_is_told_with_its_dapil(names: Names) -> None:
    first = names.find("kec. ciwidey", 2024).temuan[0]
    assert (first.kode, first.di) == ("32.04.01", ("Kabupaten Bandung", "Jawa Barat"))
    told = [(seat.lembaga, seat.id) for seat in first.dapil]
    assert told == [
        ("dpr", "dpr-2024-3202"), ("dpd", "dpd-2024-32"), ("dprd-provinsi", None),
        ("dprd-kabkota", "dprd-kabkota-2024-320401"), ("dprd-kabkota", "dprd-kabkota-2024-320402"),
    ]  # fmt: skip


def test_a_place_abroad_has_a_dapil_of_the_dpr_alone(names: Names) -> None:
    first = names.find("jeddah", 2024).temuan[0]
    assert (first.kode, first.tingkat, first.di) == ("99.28.02", "luar-negeri", ("Arab Saudi", "Luar Negeri"))
    assert [seat.id for seat in first.dapil] == ["dpr-2024-3102", None, None, None]


def test_kpus_form_of_a_name_finds_the_dapil_too(names: Names) -> None:
    assert "dpr-2024-8101" in [each.kode for each in names.find("dpr maluku i", 2024).temuan][:1]


def test_an_unknown_name_offers_the_nearest(names: Names) -> None:
    with pytest.raises(NoPlace, match="Ciwidey") as error:
        names.find("ciwiqbqwdey")
    assert error.value.exit_code == 8


def test_the_service_and_the_command_say_the_same(release: Path, names: Names) -> None:
    expected = json.loads(json.dumps(names.find("ciwidey").as_dict()))
    client = app_of(open_release(release).path.parent).test_client()
    reply = client.get("/lookup?nama=ciwidey")
    assert reply.status_code == 200
    told = reply.get_json()
    assert told.pop("rilis") == open_release(release).id
    for place in told["temuan"]:
        for seat in place["dapil"]:
            assert (seat.pop("href", None) is not None) == (seat["id"] is not None)
    assert told == expected
    run = CliRunner().invoke(main, ["lookup", "--name", "ciwidey", "--json", "--release", str(release)])
    assert json.loads(run.stdout) == expected


def test_what_cannot_be_asked_is_refused(release: Path) -> None:
    client = app_of(open_release(release).path.parent).test_client()
    assert client.get("/lookup?nama=a").status_code == 400
    assert client.get("/lookup?nama=ciwidey&lon=1&lat=2").status_code == 400
    assert client.get("/lookup?nama=ciwidey&year=1955").status_code == 400
    unknown = client.get("/lookup?nama=ciwiqbqwdey")
    assert unknown.status_code == 404
    assert unknown.get_json()["terdekat_nama"][0]["nama"] == "Ciwidey"
    told = client.get("/lookup?nama=ciwiqbqwdey&f=html")
    assert 'href="/lookup?nama=Ciwidey&amp;lang=id"' in told.text
    assert client.get("/lookup?nama=ciwidey&lembaga=mpr").status_code == 400
    assert client.get("/lookup?lon=107&lat=-7&lembaga=dpr").status_code == 400
    page = client.get("/lookup?nama=ciwidey&f=html&lang=en")
    assert page.status_code == 200
    assert "dprd-kabkota-2024-320401" in page.text
