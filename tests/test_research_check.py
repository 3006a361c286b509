"""Plans held against the law: known cases, the seats of a whole election, drafts, and two hundred that are wrong."""

import json
import random
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
from click.testing import CliRunner

from boundaries.cli import main, researching
from boundaries.errors import BoundariesError, PlanError
from boundaries.law.plans import load_plans
from boundaries.law.registry import Registry
from boundaries.release.store import Release, open_release
from boundaries.research import findings, workbench
from boundaries.research.adjacency import find_borders
from boundaries.research.apportionment import largest_remainder, malapportionment
from boundaries.research.check import ALL, Report, check, with_seats
from boundaries.research.contiguity import BLOCKED, LAND, SEA, Terrain, find_breaks
from boundaries.research.findings import ATTENTION, FAILED, PASSED, UNKNOWN, Case, Finding
from boundaries.research.own_plan import read_people, read_plan
from boundaries.research.people import People
from boundaries.research.proposal import COUNCILS, Proposal, of_law, part
from boundaries.research.regime import load_regime
from boundaries.research.report import dapil_table, page, write_report
from boundaries.research.sealinks import Sea
from boundaries.research.workbench import Asked, Bench, report_on
from boundaries.research.zoning import Units
from tests.small import make_small_release

LIMITS = {"pantai_m": 500.0, "celah_ragu_m": 500.0, "tautan_km": 200.0}


@pytest.fixture(scope="module")
def laws(registry: Registry) -> dict[str, Proposal]:
    names = ["dprd-kabkota-2019", "dprd-kabkota-2024", "dprd-provinsi-2024", "dpr-2024"]
    return {plan.id: of_law(plan) for plan in load_plans(registry=registry, only=names)}


@pytest.fixture(scope="module")
def reports(laws: dict[str, Proposal], registry: Registry, people: People) -> dict[str, Report]:
    return {
        name: check(Case(plan, load_regime(plan.year), people, registry, parent=laws.get("dprd-provinsi-2024")
                         if name == "dprd-kabkota-2024" else None), {})
        for name, plan in laws.items()
    }  # fmt: skip


def of_rule(report: Report, rule: str, status: str = "") -> list[Finding]:
    return [each for each in report.findings if each.rule == rule and status in ("", each.status)]


# Seats


def test_seats_of_2019_follow_people_in_every_council(reports: dict[str, Report]) -> None:
    found = of_rule(reports["dprd-kabkota-2019"], "A7")
    assert len(found) == 508
    assert {each.status for each in found} == {PASSED}
    assert sum(len(next(iter(each.value["kursi_menurut"].values()))) for each in found) == 2206
    assert {each.status for each in of_rule(reports["dprd-kabkota-2019"], "A4")} == {PASSED}


def test_people_of_one_dapil_break_one_council(
    laws: dict[str, Proposal], registry: Registry, people: People
) -> None:
    plan = laws["dprd-kabkota-2019"]
    table = plan.dapil.copy()
    rows = plan.councils["32.18"]
    table.loc[rows[0], "penduduk"] *= 2
    told = check(Case(replace(plan, dapil=table), load_regime(2019), people, registry), {})
    assert {each.council for each in of_rule(told, "A7", FAILED)} == {"32.18"}


def test_pangandaran_2019_is_reckoned_as_its_office_did(laws: dict[str, Proposal]) -> None:
    plan = part(laws["dprd-kabkota-2019"], "32.18")
    assert (len(plan.members), int(plan.dapil["penduduk"].sum()), int(plan.dapil["kursi"].sum())) == (
        10,
        406898,
        40,
    )
    seats = largest_remainder(plan.dapil["penduduk"].to_numpy(dtype=float), 40)
    assert seats.seats.tolist() == plan.dapil["kursi"].tolist()


def test_councils_that_are_smaller_than_their_people_are_told_and_not_failed(
    reports: dict[str, Report],
) -> None:
    told = of_rule(reports["dprd-kabkota-2024"], "A4")
    assert [each.status for each in told].count(ATTENTION) == 28
    assert not [each for each in told if each.status == FAILED]
    assert {
        each.value["menurut_penduduk"] - each.value["kursi"] for each in told if each.status == ATTENTION
    } == {5}


def test_largest_remainder_keeps_to_the_quota_and_to_scale() -> None:
    rng = np.random.default_rng(1)
    for _ in range(200):
        people, seats = rng.integers(1, 10**6, rng.integers(1, 12)), int(rng.integers(3, 120))
        found = largest_remainder(people, seats)
        quota = people * seats / people.sum()
        assert found.seats.sum() == seats
        assert (np.abs(found.seats - quota) < 1).all()
        assert (largest_remainder(people * 7, seats).seats == found.seats).all()
        assert 0 <= malapportionment(people, np.maximum(found.seats, 1)) < 1
    assert largest_remainder(np.array([10, 10]), 3).tied.all()
    assert malapportionment(np.array([10.0, 20.0]), np.array([1, 2])) == 0


# Rules


def test_no_dapil_of_a_kabkota_lies_across_two_of_its_provinsi(reports: dict[str, Report]) -> None:
    assert {each.status for each in of_rule(reports["dprd-kabkota-2024"], "e")} == {PASSED}


def test_split_units_are_those_of_the_law(reports: dict[str, Report]) -> None:
    assert len(of_rule(reports["dprd-provinsi-2024"], "A6", ATTENTION)) == 13
    units = [unit for each in of_rule(reports["dprd-kabkota-2024"], "A6", ATTENTION) for unit in each.units]
    assert len(units) == 24
    assert of_rule(reports["dpr-2024"], "A6", ATTENTION) == []


def test_what_is_in_law_leaves_no_ground_out(reports: dict[str, Report]) -> None:
    for report in reports.values():
        assert {each.status for each in of_rule(report, "A5")} == {PASSED}
        assert {each.status for each in of_rule(report, "A1")} == {PASSED}


def test_ground_without_a_dapil_is_told_by_its_largest_units(
    laws: dict[str, Proposal], registry: Registry, people: People
) -> None:
    plan = part(laws["dprd-kabkota-2024"], "32.18")
    lost = sorted(plan.members)[0]
    members = {unit: row for unit, row in plan.members.items() if unit != lost}
    told = check(Case(replace(plan, members=members), load_regime(2024), people, registry), {})
    assert [each.units for each in of_rule(told, "A5", FAILED)] == [(lost,)]


def test_every_rule_has_a_source_a_name_and_never_a_score(reports: dict[str, Report]) -> None:
    for year in (2019, 2024):
        assert all(load_regime(year).source(rule.id) for rule in (*ALL, *[replace(ALL[0], id="A4")]))
    told = reports["dpr-2024"].as_dict()
    assert set(told["jumlah"]) == set(findings.STATUSES)
    assert {each["hasil"] for each in told["temuan"]} <= set(findings.STATUSES)
    json.dumps(told)
    for each in told["temuan"]:
        assert each["keterangan"]["id"] != each["keterangan"]["en"] or each["aturan"] == "x"


def test_thresholds_stand_in_data_and_not_in_code() -> None:
    regime = load_regime(2024)
    assert regime.seats_of_dapil("dprd-kabkota") == (3, 12)
    assert [regime.council_size("dprd-kabkota", "32.01", n) for n in (100_000, 100_001, 3_000_001)] == [
        20,
        25,
        55,
    ]
    assert regime.council_size("dprd-provinsi", "31", 10**6) == 106
    with pytest.raises(PlanError, match="2019, 2024"):
        load_regime(1999)


# Contiguity, on ground drawn for it


def terrain(*boxes: tuple[float, float, float, float]) -> Terrain:
    """Boxes in hundredths of a degree as base units of one province, drawn as a coverage."""
    shapes = np.array([shapely.box(*(np.array(box) / 100)) for box in boxes], dtype=object)
    noded = [shapely.node(shapely.union_all([shapely.boundary(shape) for shape in shapes]))]
    points = np.unique(shapely.get_coordinates(noded).round(7), axis=0)
    whole = np.array([_with(shape, points) for shape in shapes], dtype=object)
    codes = np.array([f"32.01.{n:02d}" for n in range(1, len(boxes) + 1)])
    borders = find_borders(whole)
    return Terrain(codes, whole, borders, borders.coast_m)


def _with(shape: shapely.Polygon, points: np.ndarray) -> shapely.Polygon:
    """A box with the corners of its neighbours on its edges."""
    on = points[shapely.dwithin(shapely.points(points), shape.exterior, 1e-12)]
    order = np.argsort([shape.exterior.project(shapely.Point(each)) for each in on])
    return shapely.Polygon(on[order])


RING = ((0, 0, 3, 1), (0, 2, 3, 3), (0, 1, 1, 2), (2, 1, 3, 2), (1, 1, 2, 2))  # four round one


def test_what_others_enclose_is_cut_off_by_land() -> None:
    ground = terrain(*RING, (6, 0, 7, 1))
    found = find_breaks(ground, np.array([0, 0, 0, 0, 1, 1]), ground.codes, LIMITS)
    assert [(each.kind, each.units, each.pieces) for each in found] == [(LAND, ("32.01.05",), 2)]
    assert found[0].gap_m == pytest.approx(4500, rel=0.3)


def test_what_the_sea_parts_has_its_longest_link() -> None:
    ground = terrain((0, 0, 1, 1), (3, 0, 4, 1), (7, 0, 8, 1))
    (found,) = find_breaks(ground, np.zeros(3, dtype=int), ground.codes, LIMITS)
    assert (found.kind, found.pieces) == (SEA, 3)
    assert found.sea_m == pytest.approx(3 * 1113, rel=0.01)
    (blocked,) = find_breaks(ground, np.zeros(3, dtype=int), ground.codes, LIMITS | {"tautan_km": 1})
    assert blocked.kind == BLOCKED


def test_a_break_inside_one_unit_is_that_units() -> None:
    ground = terrain(*RING, (6, 0, 7, 1))
    member = np.array(["a", "a", "a", "a", "b", "b"])
    (found,) = find_breaks(ground, np.array([0, 0, 0, 0, 1, 1]), member, LIMITS)
    assert found.inherent


def test_ground_in_one_piece_has_no_break() -> None:
    ground = terrain(*RING)
    assert find_breaks(ground, np.array([0, 0, 0, 0, 1]), ground.codes, LIMITS) == []


@pytest.mark.national
def test_dapil_that_land_cuts_off_are_those_that_were_published(nation: Release) -> None:
    cut = {}
    for name in ("dpr-2024", "dprd-provinsi-2024"):
        report, _ = report_on(Asked(name), nation)
        cut[name] = {each.dapil[0] for each in of_rule(report, "d", FAILED)}
    assert cut["dpr-2024"] == {"1801", "3203", "3304", "6302"}
    assert cut["dprd-provinsi-2024"] == {"180003", "310009", "310010", "330006"}


# A plan of one's own


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return open_release(make_small_release(tmp_path_factory.mktemp("small")))


def rows_of(laws: dict[str, Proposal], council: str = "32.18") -> list[tuple[str, str]]:
    plan = part(laws["dprd-kabkota-2024"], council)
    return [(unit, f"Dapil {row + 1}") for unit, row in sorted(plan.members.items())]


def written(
    path: Path, rows: list[tuple[str, str]], header: str = "kode,dapil", separator: str = ","
) -> Path:
    lines = [header.replace(",", separator), *(separator.join(row) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "header", ["kode,dapil", "GEOID,District", "unit,assignment", "Kode Unit,Nama_Dapil"]
)
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_table_is_read_as_people_write_it(
    header: str, separator: str, laws: dict[str, Proposal], registry: Registry, tmp_path: Path
) -> None:
    plan = read_plan(written(tmp_path / "r.csv", rows_of(laws), header, separator), registry)
    assert (plan.chamber, list(plan.councils)) == ("dprd-kabkota", ["32.18"])
    assert dict(plan.members) == dict(part(laws["dprd-kabkota-2024"], "32.18").members)


def test_codes_that_a_spreadsheet_spoilt_are_restored_and_told(
    laws: dict[str, Proposal], registry: Registry, tmp_path: Path
) -> None:
    rows = rows_of(laws)
    spoilt = [(unit.replace(".", "-").replace("-0", "-"), dapil) for unit, dapil in rows]
    plan = read_plan(written(tmp_path / "r.csv", spoilt), registry)
    assert set(plan.members) == {unit for unit, _ in rows}
    assert sum("dibaca sebagai" in note for note, _ in plan.notes) == sum(
        a != b for (a, _), (b, _) in zip(rows, spoilt, strict=True)
    )


def test_an_assignment_of_gerrychain_is_read(
    laws: dict[str, Proposal], registry: Registry, tmp_path: Path
) -> None:
    path = tmp_path / "r.json"
    path.write_text(json.dumps({unit: int(dapil[-1]) for unit, dapil in rows_of(laws)}))
    assert len(read_plan(path, registry).dapil) == len(part(laws["dprd-kabkota-2024"], "32.18").dapil)


UNITS_OF_ARU = [f"81.07.{n:02d}" for n in range(1, 11)]


@pytest.mark.parametrize("kind", [int, float, str])
def test_numbers_of_dapil_in_json_are_whole(kind: type, registry: Registry, tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_text(
        json.dumps({"parts": 3, "assignment": {u: kind(1 + n // 4) for n, u in enumerate(UNITS_OF_ARU)}})
    )
    plan = read_plan(path, registry)
    assert plan.dapil["nama_dapil"].tolist() == ["1", "2", "3"]
    assert [plan.members[unit] for unit in UNITS_OF_ARU] == [n // 4 for n in range(10)]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('{"81.07.01":1,"81.07.02":1,"81.07.01":2}', r"r\.json:3: 81\.07\.01 .* stands in line 1 already; remove one"),
        ('{"81.07.01":1,"81.07.02":null}', r"r\.json:2: 81\.07\.02 has no dapil; write one"),
        ('{"81.07.01":NaN}', r"r\.json:1: 81\.07\.01 has no dapil; write one"),
        ('{"81.07.01":' + "9" * 5000 + "}", r"r\.json:1: dapil '9+' is no name; write one of letters and digits, 200"),
        ('{"81.07.01":"\\ud800"}', r"r\.json:1: dapil '\\ud800' is no name; write one"),
        ('{"81.07.01":"a\\u0000"}', r"r\.json:1: dapil 'a\\x00' is no name; write one"),
        ('{"81.07.01":true}', r"r\.json: no assignment; write an object"),
        ('[["81.07.01",1]]', r"r\.json: no assignment; write an object"),
        ("[" * 100_000, r"r\.json: not JSON \(maximum recursion .*\); give the assignment as an object"),
        ("", r"r\.json: not JSON"),
    ],
    ids=range(10),
)  # fmt: skip
def test_json_that_is_no_plan_is_told(content: str, told: str, registry: Registry, tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_text(content)
    with pytest.raises(PlanError, match=told):
        read_plan(path, registry)


def test_a_code_of_an_earlier_election_is_told_with_its_successor(registry: Registry, tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("kode,dapil\n91.09,A\n91.09.01,A\n91.09.01.1001,B\n16.05.99,B\n")
    with pytest.raises(PlanError) as caught:
        read_plan(path, registry)
    first, second, third, fourth = str(caught.value).splitlines()
    told = "91.09 of 2019 is 94.04 Kabupaten Mimika today; write the codes of 2025"
    assert first.endswith(f"r.csv:2: '91.09' is no unit of the list of 2025; {told}")
    assert second.endswith(f"r.csv:3: '91.09.01' is no unit of the list of 2025; {told}")
    assert third.endswith("91.09.01.1001 of 2019 is 94.04.01.1001 Koperapoka today; write the codes of 2025")
    assert (
        "16.05.99' is no unit of the list of 2025; the nearest is 16.05." in fourth
    )  # a part of 16.05 became 16.13


@pytest.mark.parametrize(
    ("council", "codes", "kept"),
    [("81.07", ("810701", "810702"), True), ("81.07", ("320101", "320102"), False), ("81.07", ("1001", "1002"), False),
     ("94.04", ("910901", "910902"), True)],
)  # fmt: skip
def test_codes_of_dapil_are_those_of_the_council(
    council: str, codes: tuple[str, str], kept: bool, registry: Registry, tmp_path: Path
) -> None:
    """As it has them today, or had them; other numbers are names."""
    path = tmp_path / "r.csv"
    path.write_text(f"kode,dapil\n{council}.02,{codes[0]}\n{council}.03,{codes[1]}\n")
    dapil = read_plan(path, registry).dapil
    digits, name = council.replace(".", ""), registry.names[council]
    assert dapil["kode_dapil"].tolist() == (list(codes) if kept else [f"{digits}01", f"{digits}02"])
    assert dapil["nama_dapil"].tolist() == ([f"{name} 1", f"{name} 2"] if kept else list(codes))


def test_seats_that_are_not_given_follow_people(
    laws: dict[str, Proposal], registry: Registry, people: People, tmp_path: Path
) -> None:
    plan = read_plan(written(tmp_path / "r.csv", rows_of(laws)), registry)
    case = with_seats(Case(plan, load_regime(2024), people, registry), None)
    assert case.proposal.dapil["kursi"].sum() == 40
    assert of_rule(check(case, {}), "A7")[0].status == PASSED
    with pytest.raises(PlanError, match="--kursi"):
        with_seats(Case(replace(case.proposal, seats_given=True), load_regime(2024), people, registry), 45)


def test_people_of_ones_own_come_first(laws: dict[str, Proposal], registry: Registry, people: People) -> None:
    plan = part(laws["dprd-kabkota-2024"], "32.18")
    own = dict.fromkeys(plan.members, 1000.0)
    told = of_rule(check(Case(plan, load_regime(2024), people, registry, own=own), {}), "A7")[0]
    assert next(iter(told.value["kursi_menurut"])) == findings.OWN
    assert told.status in (PASSED, FAILED)  # people that the user vouches for bind


Wrong = tuple[str, str]


def wrong_plans(rows: list[tuple[str, str]], count: int) -> list[tuple[str, str]]:
    """(text of a file, what its message must name): each spoilt at a random place in one of many ways."""
    rng = random.Random(14)
    made = []
    for n in range(count):
        lines = [f"{unit},{dapil},5" for unit, dapil in rows]
        several = [at for at, row in enumerate(rows) if at and [each[1] for each in rows].count(row[1]) > 1]
        at = rng.choice(several)
        unit, dapil, _ = lines[at].split(",")
        kinds = {
            "unknown": (f"99.{at:02d}.01,{dapil},5", "99"),
            "twice": (lines[at - 1], "line"),
            "letters": (f"Pangandaran,{dapil},5", "Pangandaran"),
            "empty dapil": (f"{unit},,5", "dapil"),
            "parent": (f"{unit}\n32.18,{dapil},5", "32.18"),
            "outside": (f"32.17.01,{dapil},5", "32.17"),
            "case": (f"{unit},{dapil.upper()},5", "alike"),
            "seats": (f"{unit},{dapil},banyak", "banyak"),
            "seats differ": (f"{unit},{dapil},7", "kursi"),
            "fields": (unit, "fields"),
            "formula": (f"{unit},=A1,5", "formula"),
            "negative": (f"{unit},{dapil},-3", "-3"),
        }  # fmt: skip
        kind = sorted(kinds)[n % len(kinds)]
        text, named = kinds[kind]
        if kind == "parent":
            text = f"{unit},{dapil},5\n32.18,{dapil},5"
        lines[at] = text
        made.append(("kode,dapil,kursi\n" + "\n".join(lines) + "\n", named))
    return made


@pytest.mark.slow
def test_two_hundred_wrong_plans_are_refused_with_line_thing_and_mend(
    laws: dict[str, Proposal], registry: Registry, tmp_path: Path
) -> None:
    path = tmp_path / "salah.csv"
    for text, named in wrong_plans(rows_of(laws), 200):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(PlanError) as caught:
            read_plan(path, registry)
        told = str(caught.value)
        assert re.search(r"salah\.csv:\d+: ", told), text
        assert named in told, (told, named)
        assert ";" in told, told


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "no column"),
        (b"kode,dapil\n", "no unit"),
        (b"nama,dapil\nx,1\n", "no column kode"),
        (b"kode,dapil\n32.18.01,\xe9\n", "UTF-8"),
        (b"kode,dapil\n\0\n", "not a text"),
        (b'kode,dapil\n"32.18.01,1\n', "quotes"),
    ],
)
def test_a_file_that_is_no_plan_is_told(
    content: bytes, told: str, registry: Registry, tmp_path: Path
) -> None:
    path = tmp_path / "r.csv"
    path.write_bytes(content)
    with pytest.raises(PlanError, match=told):
        read_plan(path, registry)


@pytest.mark.parametrize("value", ["0", "-5", "1.5", "", "banyak", "1e6"])
def test_people_that_are_no_number_are_told(value: str, registry: Registry, tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text(f"kode,penduduk\n32.18.01,{value}\n")
    with pytest.raises(PlanError, match=r"p.csv:2: .*write digits"):
        read_people(path, registry)


# The report


def test_a_report_opens_offline_and_escapes_what_it_is_given(
    release: Release, registry: Registry, people: People, tmp_path: Path
) -> None:
    path = tmp_path / "<b>jahat.csv"
    names = ["<script>alert(1)</script>", "Dapil 2"]
    lines = [f"32.10.{n:02d},{names[n % 2]},{5 + n % 2}" for n in (1, 2, 3, 4)]
    path.write_text("kode,dapil,kursi\n" + "\n".join(lines) + "\n")
    report, units = report_on(Asked(str(path)), release)
    files = write_report(report, units, tmp_path / "laporan")
    page = files[0].read_text("utf-8")
    assert "<script" not in page
    assert "<b>jahat" not in page
    assert not re.search(r"(src|href)=", page)
    assert not re.search(r"https?:", page)
    assert {'lang="id"', 'lang="en"'} <= set(re.findall(r'lang="\w+"', page))
    assert "<svg" in page
    table = pd.read_csv(tmp_path / "laporan" / "dapil.csv", dtype={"kode_dapil": str})
    assert table["nama_dapil"].tolist() == sorted(names)
    shapes = json.loads((tmp_path / "laporan" / "dapil.geojson").read_text())
    assert [each["geometry"]["type"] for each in shapes["features"]] != []


def test_the_plan_comes_back_as_a_valid_draft(
    laws: dict[str, Proposal], registry: Registry, people: People, release: Release, tmp_path: Path
) -> None:
    path = written(tmp_path / "r.csv", rows_of(laws))
    case = with_seats(Case(read_plan(path, registry), load_regime(2024), people, registry), None)
    _, units = report_on(Asked("dprd-kabkota-2024", council="32.10"), release)
    write_report(check(case, {}), units, tmp_path / "laporan")
    (read,) = load_plans(tmp_path / "laporan" / "rencana", registry)
    assert dict(of_law(read).members) == dict(case.proposal.members)
    assert read.dapil["kursi"].tolist() == case.proposal.dapil["kursi"].tolist()


def test_the_same_plan_gives_the_same_bytes(release: Release, tmp_path: Path) -> None:
    for out in ("a", "b"):
        report, units = report_on(Asked("dprd-kabkota-2024", council="32.10"), release)
        write_report(report, units, tmp_path / out)
    for path in (tmp_path / "a").rglob("*.*"):
        assert path.read_bytes() == (tmp_path / "b" / path.relative_to(tmp_path / "a")).read_bytes()


def test_the_command_tells_and_ends_strictly(
    laws: dict[str, Proposal], release: Release, tmp_path: Path
) -> None:
    rows = [(unit, f"Dapil {1 + n % 2}") for n, (unit, _) in enumerate(rows_of(laws, "32.10")[:-1])]
    path = written(tmp_path / "r.csv", rows)
    args = ["check", str(path), "-r", str(release.path), "--strict"]
    ran = CliRunner().invoke(main, args)
    assert ran.exit_code == 7, ran.output
    assert "A5" in ran.output
    told = CliRunner().invoke(main, ["check", "dpr-1999", "-r", str(release.path)])
    assert (told.exit_code, "dpr-2024" in told.output) == (3, True)
    assert set(researching.CHAMBERS) == set(COUNCILS)


def test_the_command_tells_how_a_draft_was_read(release: Release, tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("RANCANGAN\nkode,dapil,kursi\n32.10.03,A,6\n32.10.04,B,6\nJumlah,,12\n")
    told = CliRunner().invoke(main, ["check", str(path), "-r", str(release.path), "--batas-waktu", "0"])
    assert told.exit_code == 0, told.output
    assert "line 1: 'RANCANGAN' not read\nline 5: 'Jumlah 12' not read\n" in told.stderr
    assert "council inferred from the codes: 32.10" in told.stderr
    assert "not read" not in told.stdout


def test_several_plans_are_held_against_the_law_as_each_by_itself(
    release: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["dpr-2024", "dpd-2024"]
    read: list[str] = []
    whole = workbench.read_units

    def units_of(*given: object) -> Units:
        read.append(str(given[3]))
        return whole(*given)

    monkeypatch.setattr(workbench, "read_units", units_of)
    rest = ["-r", str(release.path), "--batas-waktu", "0", "--json"]
    alone = [json.loads(CliRunner().invoke(main, ["check", name, *rest]).stdout) for name in names]
    assert not read, "units are read to draw a report, and none was drawn"
    ran = CliRunner().invoke(main, ["check", *names, *rest, "-o", str(tmp_path)])
    assert ran.exit_code == 0, ran.output
    assert json.loads(ran.stdout) == alone
    assert len(read) == 1, "both are drawn on the same units"
    for name, report in zip(names, alone, strict=True):
        assert json.loads((tmp_path / name / "laporan.json").read_text("utf-8")) == report
        assert (tmp_path / name / "laporan.html").is_file()
    told = CliRunner().invoke(main, ["check", *names, *rest[:-1]]).stdout.splitlines()
    assert [line for line in told if line in names] == names


def test_each_gap_over_the_sea_is_measured_once(release: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    """Chambers are parted by the same water: what one needed another does not ask for again, and is told the same."""
    bench = Bench(release)
    seas = bench.terrain.sea(np.arange(len(bench.terrain.codes)))[1]
    every = np.arange(len(seas.candidates))
    gap, crossed = Sea(seas.shores).measured(seas.candidates)
    monkeypatch.setattr(seas, "measured", count := Counted(seas.measured))
    for numbers in (every[::3], every[::2], every):
        found = seas.between(numbers)
        assert np.array_equal(found[0], gap[numbers])
        assert np.array_equal(found[1], crossed[numbers])
    assert count.pairs == len(every) > 0


class Counted:
    """`Sea.measured`, which counts the pairs it is asked for."""

    def __init__(self, measured: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]) -> None:
        self.measured, self.pairs = measured, 0

    def __call__(self, pairs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        self.pairs += len(pairs)
        return self.measured(pairs)


def test_numbers_are_written_as_each_language_does(reports: dict[str, Report]) -> None:
    report = reports["dpr-2024"]
    indonesian, english = (" ".join(each.said[at] for each in report.findings) for at in (0, 1))
    assert re.search(r"\d,\d%", indonesian)
    assert not re.search(r"\d\.\d+%", indonesian)
    assert re.search(r"\d\.\d%", english)
    table = dapil_table(report)
    text = page(report, table, np.full(len(table), shapely.MultiPolygon(), dtype=object))
    first = f"{table['penduduk'].iat[0]:,}"
    assert f"{first}<br>" in text
    assert f"{findings.comma(first)}<br>" in text


def test_a_wrong_plan_is_a_mend_and_no_trace() -> None:
    assert issubclass(PlanError, BoundariesError)
    assert UNKNOWN in findings.STATUSES
