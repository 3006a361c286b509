"""Plans: the law's totals exactly, a partition of the nation, and no wrong digit gets through."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from boundaries.errors import PlanError
from boundaries.law.plans import (
    DAPIL_COLUMNS,
    MEMBER_COLUMNS,
    OPTIONAL,
    Plan,
    assignment,
    base_units,
    load_plans,
)
from boundaries.law.registry import Registry
from boundaries.law.tables import data_directory, read_table
from tests.next_law import ADDED, add_plans

PLANS = data_directory() / "plans"

#: id, dapil, seats, members of the law's tables (docs/plans.md)
TOTALS = [
    ("dpr-2024", 84, 580),
    ("dpd-2024", 38, 152),
    ("dprd-provinsi-2024", 301, 2372),
    ("dprd-kabkota-2024", 2325, 17510),
    ("dpr-2019", 80, 575),
    ("dpd-2019", 34, 136),
    ("dprd-provinsi-2019", 272, 2207),
    ("dprd-kabkota-2019", 2206, 17340),
    ("dpr-2014", 77, 560),
    ("dpd-2014", 33, 132),
    ("dprd-provinsi-2014", 259, 2112),
    ("dprd-kabkota-2014", 2102, 16894),
    ("dpr-2009", 77, 560),
    ("dpd-2009", 33, 132),
    ("dpd-2004", 32, 128),
]
IDS = [row[0] for row in TOTALS]
COMPOSED = [plan_id for plan_id in IDS if plan_id != "dprd-kabkota-2014"]  # of that one a part is known


@pytest.fixture(scope="module")
def plans(registry: Registry) -> dict[str, Plan]:
    return {plan.id: plan for plan in load_plans(registry=registry)}


@pytest.fixture(scope="module")
def base(plans: dict[str, Plan], registry: Registry) -> tuple[str, ...]:
    return base_units(plans.values(), registry)


# ---------------------------------------------------------------- the real plans


def test_there_are_these_plans_newest_first(plans: dict[str, Plan]) -> None:
    assert list(plans) == IDS


@pytest.mark.parametrize(("plan_id", "dapil", "seats"), TOTALS)
def test_dapil_and_seats_are_the_laws(plans: dict[str, Plan], plan_id: str, dapil: int, seats: int) -> None:
    plan = plans[plan_id]
    assert len(plan.dapil) == plan.dapil["kode_dapil"].nunique() == plan.meta.jumlah_dapil == dapil
    assert plan.dapil["kursi"].sum() == seats
    stated = sum(s.kursi - plan.meta.jumlah_kursi for s in plan.meta.selisih if s.kursi)
    assert seats - plan.meta.jumlah_kursi == stated


def test_the_only_stated_difference_is_kepahiang(plans: dict[str, Plan]) -> None:
    differing = {plan_id: plan.meta.selisih for plan_id, plan in plans.items() if plan.meta.selisih}
    assert list(differing) == ["dprd-kabkota-2014"]
    (difference,) = differing["dprd-kabkota-2014"]
    assert (difference.kursi, difference.kode) == (16894, ("17.08",))


@pytest.mark.parametrize("plan_id", COMPOSED)
def test_every_base_unit_lies_in_exactly_one_dapil(
    plans: dict[str, Plan], base: tuple[str, ...], plan_id: str
) -> None:
    plan = plans[plan_id]
    members = set(plan.members["kode_unit"])
    assert len(members) == len(plan.members)
    for unit in base:
        holders = [unit[:n] for n in (2, 5, 8, 13) if n <= len(unit) and unit[:n] in members]
        outside = unit.startswith(tuple(plan.meta.wilayah_dikecualikan) or ("-",))
        assert len(holders) == (0 if outside else 1), unit


@pytest.mark.parametrize("plan_id", COMPOSED)
def test_the_assignment_is_the_membership(
    plans: dict[str, Plan], base: tuple[str, ...], plan_id: str
) -> None:
    plan = plans[plan_id]
    dapil_of = dict(zip(plan.members["kode_unit"], plan.members["kode_dapil"], strict=True))
    assigned = assignment(plan, base)
    assert set(assigned) == set(plan.dapil["kode_dapil"])
    for unit, dapil in assigned.items():
        (holder,) = [
            str(unit)[:n] for n in (2, 5, 8, 13) if str(unit)[:n] in dapil_of and n <= len(str(unit))
        ]
        assert dapil_of[holder] == dapil
    ground = [u for u in base if not u.startswith(tuple(plan.meta.wilayah_dikecualikan) or ("-",))]
    assert assigned.index.tolist() == ground


def test_only_dki_jakarta_has_no_dprd_kabkota(plans: dict[str, Plan]) -> None:
    for plan in plans.values():
        expected = ("31",) if plan.chamber == "dprd-kabkota" else ()
        assert plan.meta.wilayah_dikecualikan == expected


def test_base_units_are_kecamatan_but_where_a_plan_splits_one(
    plans: dict[str, Plan], base: tuple[str, ...], registry: Registry
) -> None:
    assert len(base) == 7285 - 29 + 365
    assert {code[:8] for code in base} == set(registry.at("kecamatan"))
    whole = base_units([plans["dpr-2024"], plans["dprd-provinsi-2024"]], registry)
    assert whole == registry.at("kecamatan")
    assert len({u[:8] for u in base_units([plans["dprd-kabkota-2024"]], registry) if len(u) == 13}) == 24
    assert len({u[:8] for u in base_units([plans["dprd-kabkota-2019"]], registry) if len(u) == 13}) == 25


def test_a_plan_is_in_force_until_the_next_election(plans: dict[str, Plan]) -> None:
    days = {2004: date(2004, 4, 5), 2009: date(2009, 4, 9), 2014: date(2014, 4, 9), 2019: date(2019, 4, 17)}
    days[2024] = date(2024, 2, 14)
    following = dict(zip(days, [*list(days.values())[1:], None], strict=True))
    for plan in plans.values():
        assert (plan.meta.mulai, plan.meta.selesai) == (days[plan.year], following[plan.year])


def test_columns_and_types_are_the_contracts(plans: dict[str, Plan]) -> None:
    for plan in plans.values():
        assert tuple(plan.dapil.columns) == (*DAPIL_COLUMNS, "nama_lain")
        assert tuple(plan.members.columns) == MEMBER_COLUMNS
        assert str(plan.dapil["kursi"].dtype) == "int64"
        assert str(plan.dapil["penduduk"].dtype) == "Int64"
        assert not plan.members.isna().any().any()
        assert not plan.dapil.drop(columns="penduduk").isna().any().any()


def test_every_dapil_with_units_states_their_number() -> None:
    for path in PLANS.glob("*/dapil.csv"):
        table = read_table(path, DAPIL_COLUMNS, optional=OPTIONAL)
        members = read_table(path.with_name("members.csv"), MEMBER_COLUMNS)
        with_units = set(zip(members["lembaga"], members["kode_dapil"], strict=True))
        keys = zip(table["lembaga"], table["kode_dapil"], strict=True)
        assert [key in with_units for key in keys] == (table["jumlah_anggota"] != "").tolist()


def test_files_are_sorted_utf8_with_unix_line_ends() -> None:
    order = {"dpr": 0, "dpd": 1, "dprd-provinsi": 2, "dprd-kabkota": 3}
    for path in PLANS.glob("*/*.csv"):
        raw = path.read_bytes()
        assert b"\r" not in raw
        assert raw.decode("utf-8").endswith("\n")
        unit = ["kode_unit"] if path.name == "members.csv" else []
        table = (
            read_table(path, MEMBER_COLUMNS) if unit else read_table(path, DAPIL_COLUMNS, optional=OPTIONAL)
        )
        keys = [(order[row[0]], *row[1:]) for row in table[["lembaga", "kode_dapil", *unit]].to_numpy()]
        assert keys == sorted(keys)


# ---------------------------------------------------------------- what is doubtful, and what is decided


@pytest.mark.parametrize(
    ("unit", "dapil"),
    [
        ("61.12.01.2021", "611202"),
        ("61.12.01.2022", "611203"),
        ("91.03.01.3007", "910302"),
        ("91.03.01.3010", "910302"),
    ],
)
def test_the_four_desa_of_no_piece_are_decided_with_reason_and_doubt(
    plans: dict[str, Plan], unit: str, dapil: str
) -> None:
    plan = plans["dprd-kabkota-2024"]
    row = plan.members.set_index("kode_unit").loc[unit]
    assert row["kode_dapil"] == dapil
    assert row["bukti"]
    assert row["ragu"]
    assert any(unit in doubt.kode and dapil in doubt.dapil for doubt in plan.meta.ragu)


@pytest.mark.parametrize(
    ("plan_id", "doubtful"),
    [
        ("dprd-kabkota-2024", 4),
        ("dprd-kabkota-2019", 9),
        ("dprd-provinsi-2019", 1),
        ("dpr-2009", 0),
        ("dprd-kabkota-2014", 81),
    ],
)
def test_doubtful_members_are_marked(plans: dict[str, Plan], plan_id: str, doubtful: int) -> None:
    assert (plans[plan_id].members["ragu"] != "").sum() == doubtful


@pytest.mark.parametrize(
    ("plan_id", "unit", "dapil"),
    [
        ("dprd-provinsi-2019", "16.71.17", "160001"),
        ("dpr-2014", "33.13", "3304"),
        ("dprd-provinsi-2014", "33.13", "330004"),
        ("dprd-provinsi-2014", "74.09", "740006"),
        ("dprd-provinsi-2014", "31.73.03", "310010"),
        ("dprd-provinsi-2014", "76.02.16", "760005"),
        ("dprd-provinsi-2014", "75.01.24", "750003"),
    ],
)
def test_disputed_units_stay_where_it_was_decided(
    plans: dict[str, Plan], plan_id: str, unit: str, dapil: str
) -> None:
    row = plans[plan_id].members.set_index("kode_unit").loc[unit]
    assert row["kode_dapil"] == dapil
    assert row["ragu"]
    assert any(unit in doubt.kode for doubt in plans[plan_id].meta.ragu)


@pytest.mark.parametrize(
    ("new", "parents"),
    [
        ("72.01.24", "72.01.09"),
        ("72.06.20", "72.06.07;72.06.06"),
        ("81.05.16", "81.05.02"),
        ("92.02.31", "92.02.04"),
        ("92.02.32", "92.02.03"),
        ("92.02.33", "92.02.05"),
        ("92.02.34", "92.02.05"),
        ("92.02.35", "92.02.14;92.02.05"),
    ],
)
def test_a_kecamatan_made_after_2023_follows_its_parents(
    plans: dict[str, Plan], new: str, parents: str
) -> None:
    members = plans["dprd-kabkota-2024"].members.set_index("kode_unit")
    assert members.at[new, "kode_lama"] == parents
    assert {members.at[p, "kode_dapil"] for p in parents.split(";")} == {members.at[new, "kode_dapil"]}


def test_a_unit_keeps_the_code_that_the_plan_knew(plans: dict[str, Plan]) -> None:
    members = plans["dpr-2019"].members.set_index("kode_unit")
    assert members.at["95.01", "kode_lama"] == "91.02"
    assert members.at["32.04", "kode_lama"] == ""
    assert (members["kode_lama"] != "").sum() == 26


def test_a_table_without_composition_has_no_assignment(plans: dict[str, Plan], base: tuple[str, ...]) -> None:
    plan = plans["dprd-kabkota-2014"]
    with pytest.raises(PlanError, match="has no composition"):
        assignment(replace(plan, meta=replace(plan.meta, komposisi=False)), base)


# ---------------------------------------------------------------- a plan that is known in part


def test_of_2014_thirty_two_kabkota_are_known_whole(plans: dict[str, Plan], registry: Registry) -> None:
    plan = plans["dprd-kabkota-2014"]
    known, rest = plan.parted()
    assert (len(known.dapil), known.dapil["kursi"].sum(), known.dapil["kode_kabkota"].nunique()) == (
        145,
        1170,
        32,
    )
    assert (len(rest.dapil), rest.dapil["kursi"].sum(), rest.dapil["kode_kabkota"].nunique()) == (
        1957,
        15724,
        459,
    )
    assert set(known.dapil["kode_kabkota"]).isdisjoint(rest.dapil["kode_kabkota"])
    desa = registry.at("desa")
    assigned = assignment(plan, desa)
    kabkota = set(known.dapil["kode_kabkota"])
    whole = [code for code in desa if code[:5] in kabkota]
    assert assigned.index.tolist() == whole
    assert set(assigned) == set(known.dapil["kode_dapil"])
    others = [each.parted()[1] for each in plans.values() if each is not plan]
    assert not any(len(each.dapil) for each in others)


# ---------------------------------------------------------------- facts put right


#: Plan, dapil, its name, by what it is so.
NAMES = [
    ("dpd-2004", "34", "Daerah Istimewa Yogyakarta", "UU 3/1950"),
    ("dpd-2009", "34", "Daerah Istimewa Yogyakarta", "UU 3/1950"),
    ("dpd-2014", "34", "Daerah Istimewa Yogyakarta", "UU 3/1950"),
    ("dprd-kabkota-2014", "717401", "Kota Kotamobagu 1", "UU 4/2007"),
    ("dprd-kabkota-2014", "911601", "Boven Digoel 1", "UU 26/2002"),
    ("dprd-kabkota-2014", "531401", "Rote Ndao 1", "UU 9/2002"),
    ("dprd-kabkota-2014", "750401", "Pohuwato 1", "UU 6/2003"),
    ("dprd-kabkota-2019", "750401", "POHUWATO 1", "UU 6/2003"),
    ("dpr-2024", "1501", "JAMBI", "PKPU 6/2023 as the press quotes it"),
    ("dpr-2024", "1101", "ACEH I", "KPU's data"),
]


@pytest.mark.parametrize(("plan_id", "code", "name", "source"), NAMES)
def test_a_dapil_is_called_as_its_law_calls_it(
    plans: dict[str, Plan], plan_id: str, code: str, name: str, source: str
) -> None:
    assert plans[plan_id].dapil.set_index("kode_dapil").at[code, "nama_dapil"] == name, source


def test_a_provinsi_with_one_dapil_has_no_numeral_and_keeps_kpus_form(plans: dict[str, Plan]) -> None:
    dapil = plans["dpr-2024"].dapil
    alone = dapil.groupby("kode_provinsi")["kode_dapil"].transform("size") == 1
    assert alone.sum() == 22
    assert not dapil.loc[alone, "nama_dapil"].str.fullmatch(r".* [IVX]+").any()
    assert (dapil["nama_lain"] == (dapil["nama_dapil"] + " I").where(alone, "")).all()


def test_manokwari_and_tambrauw_are_two_dapil_and_the_doubt_says_so(plans: dict[str, Plan]) -> None:
    plan = plans["dprd-provinsi-2014"]
    dapil_of = plan.members.set_index("kode_unit")["kode_dapil"]
    assert (dapil_of["92.02"], dapil_of["96.04"]) == ("920001", "920004")
    (doubt,) = (each for each in plan.meta.ragu if "UU 14/2013" in each.hal)
    assert doubt.dapil == ("920001", "920004")
    for half in doubt.hal.split(" | "):  # both languages say the same
        assert all(word in half for word in ("920001", "920004", "Amberbaken", "Kebar", "Senopi", "Mubrani"))


#: How many dapil of each plan are doubtful; before remarks on names and sources stood apart it was the second number.
DOUBTFUL = {
    "dpr-2024": (0, 22), "dpd-2024": (0, 0), "dprd-provinsi-2024": (0, 0), "dprd-kabkota-2024": (4, 104),
    "dpr-2019": (0, 0), "dpd-2019": (0, 0), "dprd-provinsi-2019": (2, 2), "dprd-kabkota-2019": (12, 12),
    "dpr-2014": (2, 7), "dpd-2014": (0, 2), "dprd-provinsi-2014": (14, 13), "dprd-kabkota-2014": (51, 0),
    "dpr-2009": (2, 74), "dpd-2009": (0, 0), "dpd-2004": (0, 1),
}  # fmt: skip


@pytest.mark.parametrize("plan_id", IDS)
def test_only_place_composition_and_seats_make_a_dapil_doubtful(plans: dict[str, Plan], plan_id: str) -> None:
    plan = plans[plan_id]
    rows = set(plan.members.loc[plan.members["ragu"] != "", "kode_dapil"])
    assert len(rows | {code for each in plan.meta.ragu for code in each.dapil}) == DOUBTFUL[plan_id][0]


def test_voters_abroad_belong_to_dki_jakarta_ii(plans: dict[str, Plan]) -> None:
    abroad = {plan.id: plan.meta.luar_negeri for plan in plans.values() if plan.meta.luar_negeri}
    assert abroad == {f"dpr-{year}": "3102" for year in (2024, 2019, 2014)}


def test_a_base_that_does_not_fit_the_plan_is_refused(plans: dict[str, Plan], base: tuple[str, ...]) -> None:
    plan = plans["dprd-kabkota-2024"]
    kecamatan = sorted({code[:8] for code in base})
    with pytest.raises(PlanError, match=r"base unit 12\.22\.03.* lies in no dapil"):
        assignment(plan, kecamatan)
    with pytest.raises(PlanError, match=r"11\.01\.01 .*has no base unit"):
        assignment(plan, base[1:])


# ---------------------------------------------------------------- loading


def test_only_reads_what_is_asked(tmp_path: Path, registry: Registry) -> None:
    shutil.copytree(PLANS, tmp_path / "plans")
    (tmp_path / "plans/2019/members.csv").write_text("broken")
    assert [p.id for p in load_plans(tmp_path / "plans", registry, ["dpr-2024"])] == ["dpr-2024"]


def test_an_unknown_plan_is_refused_with_those_there_are(registry: Registry) -> None:
    with pytest.raises(PlanError, match=r"no plan dpr-2029; there are dpr-2024, dpd-2024"):
        load_plans(registry=registry, only=["dpr-2029"])


def test_a_directory_without_plans_is_refused(tmp_path: Path, registry: Registry) -> None:
    with pytest.raises(PlanError, match="put the plans there"):
        load_plans(tmp_path, registry)


# ---------------------------------------------------------------- broken copies of the real files

Edit = Callable[[str], str]


class Copy(SimpleNamespace):
    """A copy of one year, to be broken."""

    directory: Path
    registry: Registry

    def fault(self, name: str, edit: Edit, only: str) -> str:
        """Edit a file, load, restore it; return the message of the refusal."""
        path = self.directory / name
        good = path.read_text(encoding="utf-8")
        bad = edit(good)
        assert bad != good
        path.write_text(bad, encoding="utf-8")
        try:
            with pytest.raises(PlanError) as error:
                load_plans(self.directory, self.registry, [only])
        finally:
            path.write_text(good, encoding="utf-8")
        return str(error.value)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory, registry: Registry) -> Copy:
    directory = tmp_path_factory.mktemp("plans") / "plans"
    shutil.copytree(PLANS, directory)
    return Copy(directory=directory, registry=registry)


def line_of(text: str, start: str) -> int:
    return next(n for n, line in enumerate(text.splitlines(), 1) if line.startswith(start))


def swap(old: str, new: str) -> Edit:
    def edit(text: str) -> str:
        assert old in text, old
        return text.replace(old, new, 1)

    return edit


def drop(start: str) -> Edit:
    return lambda text: "".join(x for x in text.splitlines(True) if not x.startswith(start))


def repeat(start: str) -> Edit:
    return lambda text: "".join(x * (1 + x.startswith(start)) for x in text.splitlines(True))


KAB = "dprd-kabkota"
BANDUNG = f"{KAB},320401,32.04"

#: file, edit, the line that must be named (by how it starts; "" none), words that the message must hold
FAULTS: list[tuple[str, str, Edit, str, list[str]]] = [
    (
        "an unknown unit",
        "members.csv",
        swap("32.04.06,CIMENYAN", "32.04.96,CIMENYAN"),
        "32.04.96",
        ["32.04.96 is not a unit", "'Cimenyan' is 32.04.06: write that", "no row for 32.04.06 Cimenyan"],
    ),
    (
        "a code read as a number",
        "members.csv",
        swap(",32.04.06,", ",32.1,"),
        ",32.1,",
        ["lost its last zero; write 32.10 and keep the column as text"],
    ),
    ("a code without dots", "members.csv", swap(",32.04.06,", ",320406,"), ",320406,", ["write 32.04.06"]),
    ("a blank", "members.csv", swap(",32.04.06,", ", 32.04.06,"), ", 32.04.06", ["has a blank around it"]),
    (
        "a unit for its neighbour",
        "members.csv",
        swap(",32.04.05,", ",32.04.06,"),
        "",
        ["32.04.06 Cimenyan stands in lines", "no row for 32.04.05 Cileunyi; add it"],
    ),
    (
        "a desa split between two dapil",
        "members.csv",
        swap("dprd-kabkota,611203,61.12.01.2002,", "dprd-kabkota,611203,61.12.01.2006,"),
        "",
        ["61.12.01.2006 Sungai Asam stands in lines", "a desa lies whole in one dapil: keep one"],
    ),
    (
        "a part of a desa",
        "members.csv",
        swap(",61.12.01.2006,", ",61.12.01.2006.01,"),
        "",
        ["nothing is finer than a desa: a dapil is made of whole desa, write 61.12.01.2006"],
    ),
    ("a unit missing", "members.csv", drop(f"{KAB},320403,32.04.06"), "", ["no row for 32.04.06 Cimenyan"]),
    (
        "a unit with the kabkota that holds it",
        "members.csv",
        swap(",32.04.06,", ",32.04,"),
        "",
        ["lies in 32.04 Kabupaten Bandung, which line", "keep the one or the other"],
    ),
    (
        "a dapil that does not exist",
        "members.csv",
        swap("320403,32.04.06", "320409,32.04.06"),
        "",
        ["32.04.06 is in dapil '320409', which dapil.csv does not have"],
    ),
    (
        "a unit that slipped to the next dapil",
        "members.csv",
        swap("320403,32.04.06", "320402,32.04.06"),
        f"{KAB},320402,",
        ["dapil 320402 has", "dapil 320403 has", "mend the kode_dapil of the row that slipped"],
    ),
    (
        "a unit in another kabkota's dapil",
        "members.csv",
        swap("320403,32.04.06", "320503,32.04.06"),
        "",
        ["32.04.06 Cimenyan is not in 32.05 Kabupaten Garut, where dapil 320503 lies"],
    ),
    (
        "a unit on excluded ground",
        "members.csv",
        swap(",32.04.06,", ",31.71.01,"),
        ",31.71.01,",
        ["lies in wilayah_dikecualikan; remove it"],
    ),
    (
        "another chamber's name",
        "members.csv",
        swap(f"{KAB},320403,32.04.06", "dprd-kabkoto,320403,32.04.06"),
        "dprd-kabkoto,",
        ["lembaga 'dprd-kabkoto' has no toml here"],
    ),
    (
        "a code of no unit before",
        "members.csv",
        swap("72.01.24,Toili Jaya,72.01.09", "72.01.24,Toili Jaya,7201"),
        "72.01.24,",
        ["kode_lama", "write 72.01"],
    ),
    (
        "a dapil without units",
        "members.csv",
        drop(f"{KAB},320403,"),
        "",
        ["dapil 320403 'BANDUNG 3' has no units; add them"],
    ),
    (
        "a dapil twice",
        "dapil.csv",
        repeat(f"{KAB},320403,"),
        f"{KAB},320403,",
        ["kode_dapil '320403' stands in lines", "2326 dapil, expected 2325", "+1"],
    ),
    ("a dapil missing", "dapil.csv", drop(f"{KAB},320403,"), "", ["320403', which dapil.csv does not have"]),
    (
        "a dapil code without a digit",
        "dapil.csv",
        swap(f"{KAB},320403,", f"{KAB},32043,"),
        f"{KAB},32043,",
        ["is not 6 digits"],
    ),
    (
        "a gap in the numbers",
        "dapil.csv",
        swap(f"{KAB},320403,", f"{KAB},320413,"),
        f"{KAB},320413,",
        ["the numbers differ", "are numbered 1, 2, 4"],
    ),
    (
        "seats that are none",
        "dapil.csv",
        swap("BANDUNG 3,32,32.04,", "BANDUNG 3,32,32.04,x"),
        f"{KAB},320403,",
        ["is not a whole number above 0"],
    ),
    (
        "a seat too many",
        "dapil.csv",
        lambda text: _seat(text, f"{KAB},320403,", 1),
        "",
        ["17511 kursi, expected 17510", "+1", "the DPRD of 32.04 Kabupaten Bandung would have 56 seats"],
    ),
    (
        "a dapil beyond the law's bounds",
        "dapil.csv",
        lambda text: _seat(text, f"{KAB},320403,", 9),
        f"{KAB},320403,",
        ["but a dprd-kabkota dapil has 3 to 12"],
    ),
    (
        "another kabkota",
        "dapil.csv",
        swap("BANDUNG 3,32,32.04", "BANDUNG 3,32,32.05"),
        "",
        ["the dapil 3204.. are of 32.04 and 32.05"],
    ),
    (
        "another provinsi",
        "dapil.csv",
        swap("BANDUNG 3,32,32.04", "BANDUNG 3,33,32.04"),
        f"{KAB},320403,",
        ["32.04 Kabupaten Bandung was in 32 Jawa Barat in 2024, not in 33"],
    ),
    (
        "a wrong column",
        "members.csv",
        swap("kode_unit", "kode_wilayah"),
        "lembaga,",
        ["no column kode_unit; unknown column kode_wilayah"],
    ),
    (
        "a row cut short",
        "members.csv",
        lambda text: _cut(text, f"{KAB},320403,32.04.06"),
        f"{KAB},320403",
        ["fields, expected 8"],
    ),
    ("a file cut off", "members.csv", lambda text: text[: len(text) // 2], "", ["the file is cut off"]),
    ("an empty file", "dapil.csv", lambda text: "", "", ["the file is empty"]),
    ("a total of the toml", f"{KAB}.toml", swap("17510", "17511"), "", ["17510 kursi, expected 17511", "-1"]),
    (
        "a stated difference that is none",
        f"{KAB}.toml",
        lambda t: t + '\n[[selisih]]\nhal = "x"\nkursi = 17510\n',
        "",
        ["which is the law's total; remove it"],
    ),
    (
        "a difference stated twice",
        f"{KAB}.toml",
        lambda t: t + '\n[[selisih]]\nhal = "x"\nkursi = 17510\n\n[[selisih]]\nhal = "y"\nkursi = 17511\n',
        "",
        ["[[selisih]] states kursi 2 times (17510, 17511)"],
    ),
    (
        "seats of twenty digits",
        "dapil.csv",
        swap("BANDUNG 3,32,32.04,", "BANDUNG 3,32,32.04,9999999999999999999"),
        f"{KAB},320403,",
        ["is not a whole number above 0"],
    ),
    (
        "seats in full-width figures",
        "dapil.csv",
        swap("BANDUNG 3,32,32.04,", "BANDUNG 3,32,32.04,１"),
        f"{KAB},320403,",
        ["is not a whole number above 0"],
    ),
    (
        "people of twenty digits",
        "dapil.csv",
        lambda t: _people(t, "9" * 20),
        f"{KAB},320403,",
        ["is no number"],
    ),
    (
        "people in full-width figures",
        "dapil.csv",
        lambda t: _people(t, "１２３４"),
        f"{KAB},320403,",
        ["is no number"],
    ),
    ("people in superscript", "dapil.csv", lambda t: _people(t, "12³"), f"{KAB},320403,", ["is no number"]),
    (
        "a dapil code in full-width figures",
        "dapil.csv",
        swap(f"{KAB},320403,", f"{KAB},32040３,"),
        f"{KAB},32040３,",
        ["is not 6 digits"],
    ),
    (
        "a dapil code with a superscript",
        "dapil.csv",
        swap(f"{KAB},320403,", f"{KAB},32040³,"),
        f"{KAB},32040³,",
        ["is not 6 digits"],
    ),
    (
        "a name with full-width figures",
        "dapil.csv",
        swap("BANDUNG 3,32,32.04,", "BANDUNG ３,32,32.04,"),
        f"{KAB},320403,",
        ["write its number with the digits 0 to 9"],
    ),
    (
        "a key missing",
        f"{KAB}.toml",
        drop("dasar_hukum"),
        "",
        ["no dasar_hukum; write dasar_hukum = text in quotes"],
    ),
    ("a key unknown", f"{KAB}.toml", swap("jumlah_dapil", "jumlah_dapill"), "jumlah_dapill", ["unknown key"]),
    (
        "a key of another type",
        f"{KAB}.toml",
        swap("= 17510", '= "17510"'),
        "jumlah_kursi",
        ["is a str; write a whole"],
    ),
    (
        "a date in quotes",
        f"{KAB}.toml",
        swap("2024-02-14", '"14 Februari"'),
        "mulai",
        ["a date without quotes"],
    ),
    ("a date that is none", f"{KAB}.toml", swap("2024-02-14", "2024-02-31"), "", ["not TOML"]),
    ("a date of another year", f"{KAB}.toml", swap("2024-02-14", "2025-02-14"), "mulai", ["is not in 2024"]),
    ("another year", f"{KAB}.toml", swap("tahun = 2024", "tahun = 2034"), "tahun", ["the folder is 2024"]),
    (
        "another chamber",
        f"{KAB}.toml",
        swap('"dprd-kabkota"', '"dpr"'),
        "lembaga",
        ["the file is dprd-kabkota.toml"],
    ),
    (
        "an end before the start",
        f"{KAB}.toml",
        swap("dasar_hukum", "selesai = 2023-01-01\ndasar_hukum"),
        "selesai",
        ["is not after mulai"],
    ),
    (
        "a doubt of no dapil",
        f"{KAB}.toml",
        swap('dapil = ["611202"]', 'dapil = ["611212"]'),
        "",
        ["[[ragu]] names dapil '611212'"],
    ),
    (
        "a doubt of no unit",
        f"{KAB}.toml",
        swap('kode = ["61.12.01.2021"]', 'kode = ["61.12.01.2091"]'),
        "",
        ["61.12.01.2091 is not a unit"],
    ),
    (
        "a key unknown in a table",
        f"{KAB}.toml",
        swap("hal =", "hai ="),
        "",
        ["unknown key hai", "has no hal"],
    ),
    (
        "a table that is none",
        f"{KAB}.toml",
        lambda t: "ragu = 3\n" + t.replace("[[ragu]]", "[[sumber]]"),
        "ragu = 3",
        ["must be tables; write [[ragu]]"],
    ),
]


def _people(text: str, figures: str) -> str:
    lines = text.splitlines(True)
    at = line_of(text, f"{KAB},320403,") - 1
    fields = lines[at].split(",")
    fields[6] = figures
    lines[at] = ",".join(fields)
    return "".join(lines)


def _seat(text: str, start: str, more: int) -> str:
    lines = text.splitlines(True)
    at = line_of(text, start) - 1
    fields = lines[at].split(",")
    fields[5] = str(int(fields[5]) + more)
    lines[at] = ",".join(fields)
    return "".join(lines)


def _cut(text: str, start: str) -> str:
    return "".join(x[: len(x) // 2] + "\n" if x.startswith(start) else x for x in text.splitlines(True))


@pytest.mark.parametrize(
    ("name", "edit", "line", "words"), [f[1:] for f in FAULTS], ids=[f[0] for f in FAULTS]
)
def test_a_fault_is_named_by_file_line_code_and_mend(
    copy: Copy, name: str, edit: Edit, line: str, words: list[str]
) -> None:
    message = copy.fault(f"2024/{name}", edit, "dprd-kabkota-2024")
    assert name in message
    for word in words:
        assert word in message
    if line:
        text = edit((PLANS / "2024" / name).read_text(encoding="utf-8"))
        named = [n for n, content in enumerate(text.splitlines(), 1) if line in content]
        assert any(f"{name}:{n}:" in message or f" {n}" in message for n in named), message


def test_many_problems_come_in_one_message_of_ten(copy: Copy) -> None:
    message = copy.fault("2024/members.csv", lambda t: t.replace("dpr,32", "dpr,99"), "dpr-2024")
    assert message.count("\n") == 10
    assert message.splitlines()[-1].startswith("... and ")


def test_plans_of_a_choice_need_not_follow_each_other() -> None:
    assert [p.id for p in load_plans(only=["dpr-2024", "dpr-2014"])] == ["dpr-2024", "dpr-2014"]


def test_no_day_lies_between_two_plans_of_a_chamber(copy: Copy, registry: Registry) -> None:
    path = copy.directory / "2024/dpr.toml"
    good = path.read_text()
    path.write_text(good.replace("mulai = 2024-02-14", "mulai = 2024-02-15"))
    try:
        with pytest.raises(
            PlanError, match=r"selesai of dpr-2019 is 2024-02-14, but dpr-2024 is in force from"
        ):
            load_plans(copy.directory, registry)
    finally:
        path.write_text(good)


def test_two_plans_of_a_chamber_are_not_in_force_together(copy: Copy, registry: Registry) -> None:
    path = copy.directory / "2019/dpr.toml"
    good = path.read_text()
    path.write_text(good.replace("2024-02-14", "2024-02-15"))
    try:
        with pytest.raises(
            PlanError, match=r"selesai of dpr-2019 is 2024-02-15, but dpr-2024 is in force from"
        ):
            load_plans(copy.directory, registry)
    finally:
        path.write_text(good)


def test_the_count_of_members_may_be_left_out(copy: Copy, registry: Registry) -> None:
    path = copy.directory / "2004/dapil.csv"
    good = path.read_text()
    path.write_text("".join(x.rsplit(",", 1)[0] + "\n" for x in good.splitlines()))
    try:
        (plan,) = load_plans(copy.directory, registry, ["dpd-2004"])
    finally:
        path.write_text(good)
    assert len(plan.dapil) == 32


#: Columns of which every digit is checked.
DIGITS = {
    "dapil.csv": ["kode_dapil", "kode_provinsi", "kode_kabkota", "kursi", "jumlah_anggota"],
    "members.csv": ["kode_dapil", "kode_unit"],
}
ROWS = {
    (year, name): read_table(PLANS / str(year) / name, columns, optional=more)
    for year in (2004, 2009, 2014, 2019, 2024)
    for name, columns, more in (("dapil.csv", DAPIL_COLUMNS, OPTIONAL), ("members.csv", MEMBER_COLUMNS, ()))
}


@st.composite
def wrong_digit(draw: st.DrawFn) -> tuple[str, str, int, str, str]:
    """A plan, a file of it, a line, and that line's row with one digit of one code or number changed."""
    plan_id = draw(st.sampled_from(IDS))
    chamber, year = plan_id.rsplit("-", 1)
    name = draw(st.sampled_from(sorted(DIGITS)))
    table = ROWS[int(year), name]
    table = table[table["lembaga"] == chamber]
    line = draw(st.sampled_from(table.index.tolist()))
    column = draw(st.sampled_from([c for c in DIGITS[name] if table.at[line, c]]))
    cell = str(table.at[line, column])
    at = draw(st.sampled_from([n for n, c in enumerate(cell) if c.isdigit()]))
    digit = draw(st.sampled_from([d for d in "0123456789" if d != cell[at]]))
    return plan_id, name, line, column, cell[:at] + digit + cell[at + 1 :]


@pytest.mark.slow
@given(wrong_digit())
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_wrong_digit_gets_through(copy: Copy, change: tuple[str, str, int, str, str]) -> None:
    plan_id, name, line, column, cell = change
    year = plan_id.rsplit("-", 1)[1]

    def edit(text: str) -> str:
        table = ROWS[int(year), name].copy()
        table.at[line, column] = cell
        return table.to_csv(index=False, lineterminator="\n")

    message = copy.fault(f"{year}/{name}", edit, plan_id)
    assert f"{year}/" in message


@pytest.mark.slow
@given(st.sampled_from(IDS), st.sampled_from(["jumlah_dapil", "jumlah_kursi"]), st.data())
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_wrong_total_gets_through(copy: Copy, plan_id: str, key: str, data: st.DataObject) -> None:
    chamber, year = plan_id.rsplit("-", 1)
    total = data.draw(st.integers(1, 30000))
    text = (PLANS / year / f"{chamber}.toml").read_text(encoding="utf-8")
    line = next(x for x in text.splitlines() if x.startswith(key))
    stated = plan_id == "dprd-kabkota-2014" and key == "jumlah_kursi" and total != 16894
    if line == f"{key} = {total}" or stated:
        return
    assert f"{chamber}.toml" in copy.fault(f"{year}/{chamber}.toml", swap(line, f"{key} = {total}"), plan_id)


def test_a_plan_can_be_made_of_frames(plans: dict[str, Plan], registry: Registry) -> None:
    plan = plans["dpd-2024"]
    provinsi = pd.DataFrame({"kode_dapil": registry.at("provinsi"), "kode_unit": registry.at("provinsi")})
    coarse = replace(plan, members=provinsi)
    assert assignment(coarse, registry.at("kecamatan")).nunique() == 38


# ---------------------------------------------------------------- a plan that is known in part, broken

PART = "dprd-kabkota,127101,12.71"


@pytest.mark.parametrize(
    ("name", "edit", "words"),
    [
        ("members.csv", lambda t: t.replace(next(x for x in t.splitlines(True) if x.startswith(PART)), "", 1),
         ["has no row for 12.71."]),
        ("members.csv", lambda t: "".join(x for x in t.splitlines(True) if not x.startswith(PART)), ["has no units"]),
        ("dprd-provinsi.toml", lambda t: t.replace("komposisi = true", "komposisi = true\nsebagian = true"),
         ["sebagian is for a dprd-kabkota"]),
    ],
    ids=["a kecamatan of a known kabkota lacks", "a dapil of a known kabkota lacks", "of another chamber"],
)  # fmt: skip
def test_a_kabkota_is_known_whole_or_not_at_all(
    copy: Copy, name: str, edit: Callable[[str], str], words: list[str]
) -> None:
    plan_id = "dprd-provinsi-2014" if name.endswith("toml") else "dprd-kabkota-2014"
    message = copy.fault(f"2014/{name}", edit, plan_id)
    for word in words:
        assert word in message


# ---------------------------------------------------------------- chambers that vote on different days


def test_a_plan_is_in_force_until_the_next_of_its_own_chamber(copy: Copy, registry: Registry) -> None:
    """MK 135/PUU-XXII/2024: DPR and DPD vote in 2029, the DPRD about 2031; nothing of 2024 is edited for it."""
    add_plans(copy.directory, ADDED[:3])
    try:
        found = {plan.id: plan.meta for plan in load_plans(copy.directory, registry)}
    finally:
        for year in (2029, 2031):
            shutil.rmtree(copy.directory / str(year))
    assert found["dpr-2024"].selesai == found["dpd-2024"].selesai == date(2029, 2, 14)
    assert found["dprd-provinsi-2024"].selesai == date(2031, 6, 25)
    assert found["dprd-kabkota-2024"].selesai is found["dpr-2029"].selesai is None
