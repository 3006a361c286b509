"""The data of the map page: what is told is what the release holds, in few bytes, the same every time."""

import gzip
import json
import re
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely

from boundaries.errors import ReleaseError
from boundaries.exports.mapdata import map_files
from boundaries.exports.mapdata.comparison import compare
from boundaries.exports.mapdata.dapil_rows import COLUMNS, apart, labels, parts
from boundaries.exports.mapdata.map_tables import LEDGER, Content, paired
from boundaries.exports.mapdata.unit_names import runs
from boundaries.law.codes import ancestor
from boundaries.release.store import Release, open_release
from tests.small import PLANS, SPLIT, base_units, make_small_release, unit_names

DESA_OF_SPLIT = {code for code in base_units() if code.startswith(SPLIT)}


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return open_release(make_small_release(tmp_path_factory.mktemp("releases")))


@pytest.fixture(scope="module")
def files(release: Release) -> dict[str, bytes]:
    return dict(map_files(release))


def read(files: dict[str, bytes], name: str) -> Any:
    return json.loads(files[name])


def rows_of(facts: dict[str, Any]) -> list[dict[str, Any]]:
    return [dict(zip(facts["columns"], row, strict=True)) for row in facts["rows"]]


def unpacked(units: dict[str, Any]) -> tuple[dict[str, str], dict[str, np.ndarray]]:
    """Names by code, and the row of each base unit by plan: what units.js makes of the file."""
    names: dict[str, str] = {}
    for level, width in (("provinsi", 2), ("kabkota", 2), ("kecamatan", 2), ("desa", 4)):
        codes = []
        for parent, *steps in units["levels"][level]["kode"]:
            codes += [f"{parent}.{n:0{width}}".lstrip(".") for n in np.cumsum(steps)]
        names |= dict(zip(codes, units["levels"][level]["nama"], strict=True))
    rows = {}
    for plan, packed in units["plans"].items():
        values = np.cumsum(packed[::2])
        rows[plan] = np.repeat(values, packed[1::2])
    return names, rows


# --- all files ---------------------------------------------------------------------------------------


def test_the_same_release_gives_the_same_bytes(release, files):
    assert list(map_files(release)) == list(files.items())


def test_the_index_comes_last_and_tells_of_every_other_file_but_those_of_elections(files):
    *others, last = files
    assert last == "map-index.json"
    of_elections = ("map-results-", "map-elected-", "map-candidates-", "map-votes-", "map-carried-")
    index = read(files, last)
    by_province = {
        f"map-facts-{plan}-{code}.json" for plan, told in index["plans"].items() for code, _ in told["parts"]
    }
    assert by_province < set(others)
    named = [name for name in sorted(others) if not name.startswith(of_elections) and name not in by_province]
    assert index["files"] == {name: len(files[name]) for name in named}
    assert all(re.fullmatch(r"map-[a-z0-9-]+\.(json|topojson)", name) for name in files)


def test_files_are_compact_json(files):
    for name, content in files.items():
        assert b": " not in re.sub(rb'"(\\.|[^"\\])*"', b'""', content), name
        json.loads(content, parse_constant=pytest.fail)  # NaN and Infinity are not JSON


# --- the index ---------------------------------------------------------------------------------------


def test_the_index_tells_of_every_plan(release, files):
    index = read(files, "map-index.json")
    assert index["release"] == release.id
    assert index["years"] == [2024, 2019, 2014]
    assert index["chambers"] == ["dpr", "dpd", "dprd-kabkota"]
    assert list(index["plans"]) == [plan["id"] for plan in release.manifest["plans"]]
    assert index["source"]["licence"] == "Creative Commons Zero 1.0"
    assert index["source"]["open"] is True
    for plan in PLANS:
        told = index["plans"][plan.id]
        assert (told["dapil"], told["kursi"]) == (len(plan.dapil), sum(d[2] for d in plan.dapil))
        assert (told["composed"], told["table"]) == (plan.composed, not plan.composed)
        assert told["excluded"] == list(plan.excluded)
        assert told["sources"][0]["judul"] == plan.law
    assert index["plans"]["dpr-2024"]["notes"] == [
        {"id": "Letak Ciwidey diragukan", "en": "The place of Ciwidey is doubtful"}
    ]
    assert index["plans"]["dprd-kabkota-2014"]["kursi_hukum"] == 26
    assert index["plans"]["dprd-kabkota-2014"]["notes"][0]["id"].startswith("Jumlah kursi")
    assert set(index["collections"]) == {plan.id for plan in PLANS if plan.composed}


def test_only_elections_with_members_are_compared(files):
    index = read(files, "map-index.json")
    assert [name for name in files if "compare" in name] == ["map-compare-dpr-2019-2024.json"]
    assert {plan: told["compare"] for plan, told in index["plans"].items() if told["compare"]} == {
        "dpr-2024": [2019]
    }


def test_boxes_hold_their_units(release, files):
    """Those of the provinces to the last digit: a lookup in the page chooses its files by them."""
    frame, geometry = release.read_layer("unit-provinsi")
    boxes = dict(zip(frame["kode"], shapely.bounds(geometry).tolist(), strict=True))
    index = read(files, "map-index.json")
    assert {each["kode"]: each["bbox"] for each in index["provinces"]} == boxes
    assert index["bbox"] == list(shapely.total_bounds(geometry))
    frame, geometry = release.read_layer("unit-kabkota")
    told = read(files, "map-kabkota.json")["kabkota"]
    assert [(code, name) for code, name, _ in told] == list(zip(frame["kode"], frame["nama"], strict=True))
    for (_, _, box), bounds in zip(told, shapely.bounds(geometry), strict=True):
        assert shapely.box(*box).covers(shapely.box(*bounds))
        assert np.abs(np.array(box) - bounds).max() <= 0.01


# --- facts -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.id)
def test_facts_are_those_of_the_layer(release, files, plan):
    facts = read(files, f"map-facts-{plan.id}.json")
    frame = release.read_table(plan.id if plan.composed else f"tabel-{plan.id}")
    rows = rows_of(facts)
    assert [row["id"] for row in rows] == frame["id"].tolist() == sorted(frame["id"])
    for name in ("kode_dapil", "nama_dapil", "kursi", "penduduk", "kode_provinsi", "kode_kabkota"):
        expected = [None if pd.isna(value) else value for value in frame[name]]
        assert [row[name] for row in rows] == expected, name
    assert [facts["laws"][row["dasar_hukum"]] for row in rows] == frame["dasar_hukum"].tolist()
    members = {code: [*sorted(units), *["99"][: plan.abroad == code]] for code, _, _, _, units in plan.dapil}
    assert [row["wilayah"] for row in rows] == [members[row["kode_dapil"]] for row in rows]


def meant(facts: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of a file with the texts that they name, each of which some row names."""
    rows = rows_of(facts)
    used: dict[str, set[int]] = {}
    for row in rows:
        for column, texts in (("dasar_hukum", "laws"), ("ragu", "doubts"), ("catatan", "notes")):
            places = [row[column]] if isinstance(row[column], int) else row[column] or []
            used.setdefault(texts, set()).update(places)
            row[column] = [facts[texts][place] for place in places]
    assert {texts: set(range(len(facts[texts]))) for texts in used} == used
    return rows


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.id)
def test_the_facts_of_dprd_kabkota_lie_apart_by_province_too(files, plan):
    parts = read(files, "map-index.json")["plans"][plan.id]["parts"]
    apart = {code: meant(read(files, f"map-facts-{plan.id}-{code}.json")) for code, _ in parts}
    assert bool(apart) == (plan.chamber == "dprd-kabkota" and plan.composed)
    assert all(row["kode_provinsi"] == code for code, rows in apart.items() for row in rows)
    if apart:
        turn = [apart[code].pop(0) for code, count in parts for _ in range(count)]
        assert turn == meant(read(files, f"map-facts-{plan.id}.json"))
        assert not any(apart.values())


def test_rows_of_provinces_that_alternate_keep_their_texts():
    """Ids need not be in the order of the provinces; what a file says is said with what its own rows name."""
    frame = pd.DataFrame({"kode_provinsi": ["91", "92", "91"]})
    content = SimpleNamespace(
        plans={"dprd-kabkota-2019": {"lembaga": "dprd-kabkota"}},
        composed=lambda _: True,
        dapil=lambda _: SimpleNamespace(frame=frame),
    )
    rows = [
        [{"kode_provinsi": code, "dasar_hukum": law, "ragu": doubts}.get(name) for name in COLUMNS]
        for code, law, doubts in (("91", 0, [0]), ("92", 1, [1, 0]), ("91", 2, [2, 0]))
    ]
    whole = {
        "plan": "dprd-kabkota-2019",
        "columns": COLUMNS,
        "laws": ["a", "b", "c"],
        "doubts": ["x", "y", "z"],
    }
    whole |= {"notes": ["nobody's"], "rows": rows}
    before = json.dumps(whole)
    assert parts(content, whole["plan"]) == [("91", 1), ("92", 1), ("91", 1)]
    first, second = dict(apart(content, whole)).values()
    assert (first["laws"], first["doubts"], first["notes"]) == (["a", "c"], ["x", "z"], [])
    assert [[row["dasar_hukum"], row["ragu"]] for row in rows_of(first)] == [[0, [0]], [1, [1, 0]]]
    assert (second["laws"], second["doubts"]) == (["b"], ["x", "y"])
    assert [[row["dasar_hukum"], row["ragu"]] for row in rows_of(second)] == [[0, [1, 0]]]
    assert json.dumps(whole) == before


def test_names_stand_inside_the_largest_part(release, files):
    frame, geometry = release.read_layer("dprd-kabkota-2024")
    rows = {row["id"]: row for row in rows_of(read(files, "map-facts-dprd-kabkota-2024.json"))}
    for code, shape in zip(frame["id"], geometry, strict=True):
        parts = shapely.get_parts(shape)
        assert parts[np.argmax(shapely.area(parts))].contains(shapely.Point(rows[code]["label"]))
        assert shapely.box(*rows[code]["bbox"]).covers(shape)


def test_names_stand_where_there_is_room():
    """In the wide end of a pan, not on its long handle; inside a ring; in a dapil smaller than the rounding."""
    pan = shapely.union_all(
        [shapely.box(0, 0, 1, 1), shapely.box(1, 0.45, 6, 0.55), shapely.box(9, 0, 9.1, 0.1)]
    )
    ring = shapely.Point(0, 0).buffer(1).difference(shapely.Point(0.02, 0).buffer(0.9))
    tiny = shapely.box(100.00011, -5.00019, 100.00017, -5.00012)
    found = labels(np.array([pan, ring, tiny], dtype=object))
    assert np.hypot(found[0][0] - 0.5, found[0][1] - 0.5) < 0.1
    for shape, place in zip((pan, ring, tiny), found, strict=True):
        assert shape.contains(shapely.Point(place))
    assert all(round(value, 5) == value for value in found[2])


def test_doubts_are_told_one_by_one_in_both_languages(files):
    facts = read(files, "map-facts-dpr-2024.json")
    told = {row["kode_dapil"]: row["ragu"] for row in rows_of(facts)}
    assert told == {"3101": None, "3102": None, "3201": None, "3202": [0], "8101": None}
    assert facts["doubts"] == [{"id": "Letak Ciwidey diragukan", "en": "The place of Ciwidey is doubtful"}]
    assert paired("satu (32.04) | dua", "one (32.04) | two") == [
        {"id": "satu (32.04)", "en": "one (32.04)"},
        {"id": "dua", "en": "two"},
    ]
    assert paired("satu", None) == [{"id": "satu", "en": "satu"}]
    assert paired(None, None) == []


def test_a_plan_without_members_has_facts_and_no_place(files):
    facts = read(files, "map-facts-dprd-kabkota-2014.json")
    for row in rows_of(facts):
        assert (row["label"], row["bbox"], row["luas_km2"], row["wilayah"]) == (None, None, None, [])
    assert "dprd-kabkota-2014" not in read(files, "map-units.json")["plans"]


# --- units -------------------------------------------------------------------------------------------


def test_every_name_and_every_dapil_of_a_base_unit(release, files):
    names, rows = unpacked(read(files, "map-units.json"))
    assert names == unit_names()
    base = sorted(base_units())
    assignment = release.read_table("assignment")
    for plan, found in rows.items():
        facts = rows_of(read(files, f"map-facts-{plan}.json"))
        told = {
            code: facts[row]["kode_dapil"] for code, row in zip(base, found.tolist(), strict=True) if row >= 0
        }
        own = assignment[assignment["plan_id"] == plan]
        assert told == dict(zip(own["kode_unit"], own["kode_dapil"], strict=True))


def test_runs_are_taken_apart_again():
    random = np.random.default_rng(1)
    for size in (0, 1, 50):
        rows = random.integers(-1, 4, size)
        packed = runs(rows)
        assert np.repeat(np.cumsum(packed[::2]), packed[1::2]).tolist() == rows.tolist()
        assert all(step != 0 for step in packed[2::2])


def test_a_unit_without_polygon_keeps_its_name_and_its_dapil(release, monkeypatch):
    """61.12.01.2021 Sukulanting is such a one: a fact of the law that the base map has no ground for."""
    member = {
        "plan_id": "dprd-kabkota-2024",
        "kode_dapil": "320401",
        "kode_unit": f"{SPLIT}.2021",
        "nama_unit": "Baru",
    }
    changed = {name: release.read_table(name) for name in ("members", "assignment")}
    changed = {
        name: pd.concat([frame, pd.DataFrame([{key: member[key] for key in member if key in frame.columns}])])
        for name, frame in changed.items()
    }
    read_table = Release.read_table
    monkeypatch.setattr(
        Release, "read_table", lambda own, name: changed[name] if name in changed else read_table(own, name)
    )
    units = json.loads(dict(map_files(release))["map-units.json"])
    names, rows = unpacked(units)
    assert units["unmapped"] == [f"{SPLIT}.2021"]
    assert names[f"{SPLIT}.2021"] == "Baru"
    at = sorted([*base_units(), f"{SPLIT}.2021"]).index(f"{SPLIT}.2021")
    assert [rows[plan][at] for plan in ("dprd-kabkota-2024", "dpr-2024")] == [0, -1]


@pytest.mark.parametrize(("column", "value"), [("kode_unit", "99.01.01"), ("kode_dapil", "9999")])
def test_an_assignment_to_what_is_not_there_is_refused(release, monkeypatch, column, value):
    frame = release.read_table("assignment")
    frame.loc[0, column] = value
    read_table = Release.read_table
    monkeypatch.setattr(
        Release, "read_table", lambda own, name: frame if name == "assignment" else read_table(own, name)
    )
    with pytest.raises(ReleaseError, match=re.escape(value)):
        dict(map_files(release))


# --- compare -----------------------------------------------------------------------------------------


def test_what_changed_between_two_elections(files):
    """2019 → 2024 in the small nation: Jakarta was split, 32.10 and all of 32.04 but its first kecamatan moved."""
    found = read(files, "map-compare-dpr-2019-2024.json")
    assert (found["chamber"], found["from"], found["to"], found["unchanged"]) == ("dpr", 2019, 2024, 1)
    moved = {each["kode"]: (each["from"], each["to"]) for each in found["units"]}
    split_off = {
        code: ("dpr-2019-3101", "dpr-2024-3102") for code in base_units() if code.startswith("31.72")
    }
    gone_over = {
        code: ("dpr-2019-3202", "dpr-2024-3201") for code in base_units() if code.startswith("32.10")
    }
    left = dict.fromkeys(DESA_OF_SPLIT, ("dpr-2019-3201", "dpr-2024-3202"))
    assert moved == split_off | gone_over | left
    assert all(each["luas_km2"] > 0 and each["nama"] == unit_names()[each["kode"]] for each in found["units"])


def test_dapil_are_matched_by_the_ground_they_share(release, files):
    found = read(files, "map-compare-dpr-2019-2024.json")
    told = {each["id"].removeprefix("dpr-2024-"): each for each in found["dapil"]}
    assert list(told) == ["3101", "3102", "3201", "3202"]  # 8101 is what it was
    assert told["3101"]["successor_of"] == "dpr-2019-3101"
    assert (told["3102"]["successor_of"], told["3102"]["kursi_then"]) == (None, None)
    assert (told["3101"]["kursi_then"], told["3101"]["kursi_now"]) == (6, 4)
    assert told["3201"]["successor_of"] == "dpr-2019-3201"
    area = {code: shapely.area(shape) for code, shape in base_units().items()}
    own = [
        code for code in area if code.startswith(("32.73", "32.10", "32.04")) and code not in DESA_OF_SPLIT
    ]
    kept = sum(area[code] for code in own if not code.startswith("32.10"))
    shares = dict(told["3201"]["matches"])
    assert shares["dpr-2019-3201"] == pytest.approx(kept / sum(area[code] for code in own), abs=0.002)
    assert sum(shares.values()) == pytest.approx(1, abs=0.001)
    [gone] = found["gone"]  # its ground is in 3201 now; what is called 3202 now is other ground
    assert gone == {"id": "dpr-2019-3202", "kursi_then": 5, "matches": [["dpr-2024-3201", 1.0]]}
    for each in found["dapil"]:
        assert all(one >= other for (_, one), (_, other) in pairwise(each["matches"]))


def test_what_became_of_each_dapil_is_what_the_ledger_says(release, files):
    """All rows of the release's ledger but those of dapil that stayed, in its order."""
    found = read(files, "map-compare-dpr-2019-2024.json")["riwayat"]
    table = release.read_table("riwayat")
    told = table[table["jenis"] != "tetap"]
    assert 0 < len(told) < len(table)
    assert [each[:3] for each in found] == told[["id_lama", "id_baru", "jenis"]].to_numpy().tolist()
    assert [each[3] for each in found] == pytest.approx(told["bagian_lama_luas"].tolist(), abs=5e-5)
    assert {each[4] for each in found} == {None}  # the toy nation has no stations by dapil


def test_elections_without_a_ledger_between_them_say_so(release):
    rows = release.read_table("riwayat")
    content = Content(release)
    assert compare(content, "dpr-2019", "dpr-2024")["riwayat"] is not None
    content.ledger = rows[rows["id_baru"] == "none"]
    assert compare(content, "dpr-2019", "dpr-2024")["riwayat"] is None


def test_a_dapil_on_new_ground_or_on_none_now_is_in_the_ledger(release):
    content = Content(release)
    rows = [("dpr-2019-3101", None, "hapus", None, None), (None, "dpr-2024-3102", "baru", None, None),
            ("dpr-2019-3201", "dpr-2024-3201", "tukar", 0.123456, 0.5),
            ("dpr-2014-3201", "dpr-2019-3201", "tukar", 1, 1),
            (None, "dpr-2019-3101", "baru", None, None)]  # fmt: skip
    content.ledger = pd.DataFrame(rows, columns=list(LEDGER))
    assert compare(content, "dpr-2019", "dpr-2024")["riwayat"] == [
        *(list(each) for each in rows[:2]),
        ["dpr-2019-3201", "dpr-2024-3201", "tukar", 0.1235, 0.5],
    ]


def test_people_of_what_moved_are_told_where_they_are_known(release, files):
    found = {
        each["kode"]: each["penduduk"] for each in read(files, "map-compare-dpr-2019-2024.json")["units"]
    }
    assert set(found.values()) == {1000, None}
    assert {len(code) for code, people in found.items() if people is None} == {
        13
    }  # desa, of which none are known


class _Plans(Content):
    """Two plans of one chamber over squares of ground, given as the dapil of each unit."""

    def __init__(
        self, release: Release, then: list[str | None], now: list[str | None], area: list[float]
    ) -> None:
        super().__init__(release)
        self.base = np.array([f"32.04.{at:02}" for at in range(1, len(then) + 1)])
        self.area_km2 = np.array(area)
        self.names = {"kecamatan": {code: code for code in self.base.tolist()}, "desa": {}}
        self.given = {"x-1": then, "x-2": now}

    def codes(self, plan: str) -> list[str]:
        return sorted({code for code in self.given[plan] if code})

    def dapil(self, plan: str) -> Any:
        codes = self.codes(plan)
        frame = pd.DataFrame(
            {"id": [f"{plan}-{c}" for c in codes], "kode_dapil": codes, "nama_dapil": codes, "kursi": 3}
        )
        return type("Dapil", (), {"frame": frame})

    def assigned(self, plan: str) -> np.ndarray:
        codes = self.codes(plan)
        return np.array([codes.index(code) if code else -1 for code in self.given[plan]])


def compared(release: Release, then: str, now: str, area: list[float] | None = None) -> dict[str, Any]:
    """One letter a base unit; a dot is ground in no dapil."""
    given = [[None if code == "." else code for code in text] for text in (then, now)]
    return compare(_Plans(release, *given, area or [1.0] * len(then)), "x-1", "x-2")


def successors(found: dict[str, Any]) -> dict[str, str | None]:
    return {each["id"][-1]: each["successor_of"] and each["successor_of"][-1] for each in found["dapil"]}


@pytest.mark.parametrize(
    ("then", "now", "expected", "moved"),
    [
        ("AABB", "AABB", {}, ""),  # nothing
        ("AABB", "BBAA", {"A": "B", "B": "A"}, ""),  # renumbered: the ground stays where it is
        ("AAAABB", "AAAABC", {"B": "B", "C": None}, "6"),  # split: equals go by their code
        ("AAAAAAAA", "ABBBBCCD", {"A": "A", "B": None, "C": None, "D": None}, "2345678"),  # as Papua
        ("AAABBB", "AAAAAA", {"A": "A"}, "456"),  # merged
        ("AAABBB", "AABBBB", {"A": "A", "B": "B"}, "3"),  # one unit moved
        ("AAA...", "AAABB.", {"B": None}, "45"),  # ground that was in none
        ("AAABB.", "AAA...", {}, "45"),  # ground that is in none now
    ],
)
def test_matching(release, then, now, expected, moved):
    found = compared(release, then, now)
    assert successors(found) == expected
    assert "".join(each["kode"][-1] for each in found["units"]) == moved


def test_a_dapil_without_successor_is_told_with_where_its_ground_went(release):
    found = compared(release, "AAABBB", "AAAAAA", [1, 1, 2, 3, 0, 1])
    assert found["gone"] == [{"id": "x-1-B", "kursi_then": 3, "matches": [["x-2-A", 1.0]]}] or found[
        "gone"
    ] == [{"id": "x-1-A", "kursi_then": 3, "matches": [["x-2-A", 1.0]]}]
    [entry] = found["dapil"]
    assert entry["matches"] == [["x-1-A", 0.5], ["x-1-B", 0.5]]
    assert not entry["same_ground"]


def test_ground_without_area_is_shared_all_the_same(release):
    """A unit without polygon: it counts when one asks whether two dapil are the same."""
    found = compared(release, "AABB", "AABA", [1, 1, 1, 0])
    assert found["unchanged"] == 0
    assert [(each["kode"], each["from"][-1], each["to"][-1]) for each in found["units"]] == [
        ("32.04.04", "B", "A")
    ]


# --- the nation --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def national(nation_map: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in nation_map.iterdir()}


@pytest.mark.national
def test_sizes_of_the_nation(national):
    """What a first view needs is small; the names of all units are fetched when a person searches."""
    packed = {name: len(gzip.compress(content, 9)) for name, content in national.items()}
    assert packed["map-index.json"] < 15_000
    assert packed["map-units.json"] < 60_000
    assert packed["map-facts-dpr-2024.json"] < 10_000
    assert packed["map-kabkota.json"] < 12_000
    ground = {name: size for name, size in packed.items() if name.startswith("map-units-")}
    persons = {name: size for name, size in packed.items() if name.startswith("map-candidates-")}
    assert max(persons.values(), default=0) < 200_000
    assert max(size for name, size in packed.items() if name not in {*ground, *persons}) < 150_000
    # the ground of a province is fetched when a person points at it: full detail, or the answer were another's
    assert max(ground.values()) < 1_000_000


@pytest.mark.national
def test_the_nation_is_told_whole(nation, national):
    names, rows = unpacked(json.loads(national["map-units.json"]))
    for level in ("provinsi", "kabkota", "kecamatan"):
        frame = nation.read_table(f"unit-{level}")
        assert {code: names[code] for code in frame["kode"]} == dict(
            zip(frame["kode"], frame["nama"], strict=True)
        )
    for plan, found in rows.items():
        facts = rows_of(json.loads(national[f"map-facts-{plan}.json"]))
        assert set(found.tolist()) - {-1} == set(range(len(facts)))
        frame, geometry = nation.read_layer(plan)
        assert shapely.contains_xy(geometry, np.array([row["label"] for row in facts])).all()
    assert len(json.loads(national["map-units.json"])["unmapped"]) == 2


@pytest.mark.national
def test_what_is_known_to_have_changed(national):
    found = json.loads(national["map-compare-dpr-2019-2024.json"])
    new = {each["id"][-4:] for each in found["dapil"] if each["successor_of"] is None}
    assert new == {"9301", "9401", "9501", "9601"}  # the provinces of Papua made in 2022
    assert {ancestor(each["kode"], "provinsi") for each in found["units"]} == {"93", "94", "95", "96"}
    assert json.loads(national["map-compare-dpr-2009-2014.json"])["units"] == []
