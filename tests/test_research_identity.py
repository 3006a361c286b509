"""Identity and time: the same ground has one name, sums are exact both ways, what became of each dapil is told."""

import io
import re
from collections import Counter
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from boundaries.cli import main
from boundaries.law.identity import PROPOSED, PUBLISHED, division_ids, ground_ids, plan_ground
from boundaries.law.plans import load_plans
from boundaries.law.registry import Registry
from boundaries.release.store import Release, open_release
from boundaries.research.crosswalk import Ground, crosswalk
from boundaries.research.people import People
from boundaries.research.proposal import Proposal, of_law, part
from boundaries.research.succession import KINDS, ledger
from tests.small import make_small_release


@pytest.fixture(scope="module")
def laws(registry: Registry) -> dict[str, Proposal]:
    return {plan.id: of_law(plan) for plan in load_plans(registry=registry) if plan.meta.komposisi}


@pytest.fixture(scope="module")
def ground(people: People) -> Ground:
    """Every desa, of an invented area."""
    return Ground(
        people.desa, np.random.default_rng(5).integers(10**5, 10**8, len(people.desa)).astype(float)
    )


def drawn(name: str, rows: dict[str, tuple[str, int]], year: int = 2024) -> Proposal:
    """A plan of a kabkota: unit → (dapil, seats)."""
    named = sorted({dapil for dapil, _ in rows.values()})
    table = pd.DataFrame({
        "kode_dapil": named, "nama_dapil": named, "dewan": "32.18",
        "kursi": [next(seats for dapil, seats in rows.values() if dapil == each) for each in named],
        "penduduk": pd.array([None] * len(named), dtype="Int64"),
    })  # fmt: skip
    return Proposal(
        name,
        "dprd-kabkota",
        year,
        table,
        {unit: named.index(d) for unit, (d, _) in rows.items()},
        whole=False,
    )


# Ground as a name


def test_the_same_ground_has_the_same_name_however_it_is_written(people: People, registry: Registry) -> None:
    units = registry.children("32.18")
    whole = people.zones(["32.18"], [0])
    parts = people.zones(units, [0] * len(units))
    desa = registry.descendants("32.18", "desa")
    fine = people.zones(desa, [0] * len(desa))
    names = {ground_ids(people.desa, each, 1)[0] for each in (whole, parts, fine)}
    assert len(names) == 1
    assert ground_ids(people.desa, people.zones(units[1:], [0] * (len(units) - 1)), 1)[0] not in names


def test_a_split_elsewhere_changes_no_name(people: People, registry: Registry) -> None:
    first, second = registry.children("32.18")[:2]
    desa = registry.children(second)
    before = ground_ids(people.desa, people.zones([first, second], [0, 1]), 2)
    after = ground_ids(people.desa, people.zones([first, *desa], [0, 1, *[2] * (len(desa) - 1)]), 3)
    assert before[0] == after[0]
    assert len({*before, *after}) == 4


def test_names_are_those_of_the_ground(laws: dict[str, Proposal], people: People) -> None:
    for plan in laws.values():
        owners = plan.owners(people)
        names = ground_ids(people.desa, owners, len(plan.dapil))
        assert len(set(names)) == len(names)
    dpd, dpr = (laws[name] for name in ("dpd-2024", "dpr-2024"))
    same = set(ground_ids(people.desa, dpd.owners(people), len(dpd.dapil))) & set(
        ground_ids(people.desa, dpr.owners(people), len(dpr.dapil))
    )
    assert len(same) == 22  # provinces with one dapil


def test_identifiers_of_open_civic_data_belong_to_ground(registry: Registry) -> None:
    plans = {plan.id: plan.parted()[0] for plan in load_plans(registry=registry) if plan.meta.komposisi}
    found = {name: division_ids(plan, plan_ground(plan, registry)) for name, plan in plans.items()}
    told = {name: Counter(origin for _, origin in ids) for name, ids in found.items()}
    assert told["dpr-2024"] == {PUBLISHED: 84}
    assert told["dpd-2024"] == {PUBLISHED: 38}
    assert told["dpr-2019"] == {PUBLISHED: 78, PROPOSED: 2}  # Papua and Papua Barat were larger
    assert told["dprd-kabkota-2024"] == {PROPOSED: 2325}
    named = dict(zip(plans["dpr-2024"].dapil["kode_dapil"], found["dpr-2024"], strict=True))
    assert named["3211"] == ("ocd-division/country:id/ed:jawa_barat_11", PUBLISHED)
    for ids in found.values():
        assert len({each for each, _ in ids}) == len(ids)
        assert all(re.fullmatch(r"ocd-division/country:id(/[a-z_]+:[a-z0-9_-]+)+", each) for each, _ in ids)


# Crosswalks


@pytest.mark.parametrize("chamber", ["dpr", "dprd-provinsi", "dprd-kabkota"])
def test_sums_are_exact_both_ways(
    chamber: str, laws: dict[str, Proposal], people: People, ground: Ground
) -> None:
    first, second = laws[f"{chamber}-2019"], laws[f"{chamber}-2024"]
    there, back = (crosswalk(a, b, people, ground) for a, b in ((first, second), (second, first)))
    for side, plan in (("a", first), ("b", second)):
        owners = plan.owners(people)
        area = np.zeros(len(plan.dapil), dtype=np.int64)
        np.add.at(area, owners[owners >= 0], ground.area_m2[owners >= 0])
        sums = there.groupby(f"id_{side}")["luas_m2"].sum()
        assert sorted(sums) == sorted(area)
        shares = there.groupby(f"id_{side}")[f"bagian_{side}_luas"].sum()
        assert shares.to_numpy() == pytest.approx(1)
    turned = back[["id_b", "id_a", "luas_m2"]].sort_values(["id_b", "id_a"]).to_numpy().tolist()
    assert turned == there[["id_a", "id_b", "luas_m2"]].sort_values(["id_a", "id_b"]).to_numpy().tolist()


def test_a_plan_with_itself_is_a_diagonal(laws: dict[str, Proposal], people: People, ground: Ground) -> None:
    table = crosswalk(laws["dprd-kabkota-2024"], laws["dprd-kabkota-2024"], people, ground)
    assert (table["id_a"] == table["id_b"]).all()
    assert (table["wilayah_id_a"] == table["wilayah_id_b"]).all()
    assert len(table) == 2325


def test_what_is_not_known_leaves_the_share_empty(
    laws: dict[str, Proposal], people: People, ground: Ground
) -> None:
    table = crosswalk(laws["dprd-kabkota-2019"], laws["dprd-kabkota-2024"], people, ground)
    unknown = table["cakupan_penduduk_2023"] < 1
    assert unknown.any()
    assert table.loc[unknown, "penduduk_2023"].isna().all()
    assert table.loc[unknown, "bagian_a_penduduk_2023"].isna().all()
    known = table[~table["bagian_a_tps_2024"].isna()]
    assert known.groupby("id_a")["bagian_a_tps_2024"].sum().to_numpy() == pytest.approx(1)


def test_a_crosswalk_is_a_join(laws: dict[str, Proposal], people: People, ground: Ground) -> None:
    first, second = laws["dprd-provinsi-2019"], laws["dprd-provinsi-2024"]
    table = crosswalk(first, second, people, ground)
    frame = pd.DataFrame({"a": first.owners(people), "b": second.owners(people), "area": ground.area_m2})
    wanted = frame[(frame["a"] >= 0) & (frame["b"] >= 0)].groupby(["a", "b"])["area"].sum()
    assert table["luas_m2"].tolist() == wanted.tolist()


def test_shares_are_of_all_of_a_dapil(
    laws: dict[str, Proposal], people: People, ground: Ground, registry: Registry
) -> None:
    """Of a plan that covers a part of another's ground: not of what they have in common."""
    council, law = registry.children("32.18"), laws["dpr-2024"]
    draft = drawn("rancangan", dict(zip(council, [(d, 5) for d in "AABBBBCCCC"], strict=True)))
    for large, small in (("a", "b"), ("b", "a")):
        table = crosswalk(*((law, draft) if large == "a" else (draft, law)), people, ground)
        (name,) = set(table[f"id_{large}"])
        row = law.dapil["kode_dapil"].tolist().index(name.removeprefix("dpr-2024-"))
        area = int(ground.area_m2[law.owners(people) == row].sum())
        assert table[f"bagian_{large}_luas"].tolist() == (table["luas_m2"] / area).round(9).tolist()
        assert table[f"bagian_{large}_luas"].sum() < 0.5
        assert 0 < table[f"bagian_{large}_tps_2024"].sum() < 0.5
        assert table[f"bagian_{small}_luas"].tolist() == [1.0] * 3
        assert table[f"id_{small}"].tolist() == ["rancangan-A", "rancangan-B", "rancangan-C"]


# The ledger


def test_every_kind_is_told_by_what_happened(registry: Registry, people: People, ground: Ground) -> None:
    units = registry.children("32.18")[:8]
    old = drawn("lama", dict(zip(units, [(d, 5) for d in "AABBCDEF"], strict=True)), 2019)
    new = drawn("baru", dict(zip(units, [(d, 5) for d in "AABXGGEH"], strict=True)))
    told = {(row.id_lama, row.id_baru): row for row in ledger(old, new, people, ground).itertuples()}
    kinds = {(a[-1], b[-1]): row.jenis for (a, b), row in told.items()}
    assert kinds == {("A", "A"): "tetap", ("B", "B"): "pecah", ("B", "X"): "pecah", ("C", "G"): "gabung",
                     ("D", "G"): "gabung", ("E", "E"): "tetap", ("F", "H"): "ganti-kode"}  # fmt: skip
    assert told["dprd-kabkota-2019-B", "dprd-kabkota-2024-B"].unit_keluar == units[3]
    more = drawn("baru", {**dict.fromkeys(units[:3], ("A", 5)), units[3]: ("B", 5)})
    heavy = Ground(people.desa, np.where(np.char.startswith(people.desa, units[3]), 1e9, 1e6))
    less = {row.id_lama[-1]: row.jenis for row in ledger(old, more, people, heavy).itertuples()}
    assert (less["A"], less["B"]) == ("tambah", "kurang")
    assert {less[each] for each in "CDEF"} == {"hapus"}


def test_a_ledger_loses_no_dapil(laws: dict[str, Proposal], people: People, ground: Ground) -> None:
    for chamber in ("dpr", "dprd-provinsi", "dprd-kabkota"):
        old, new = laws[f"{chamber}-2019"], laws[f"{chamber}-2024"]
        table = ledger(old, new, people, ground)
        assert set(table["jenis"]) <= set(KINDS)
        for side, plan in (("lama", old), ("baru", new)):
            assert table[f"id_{side}"].dropna().nunique() == len(plan.dapil)
        same = table["wilayah_id_lama"] == table["wilayah_id_baru"]
        assert (table["jenis"].isin(["tetap", "ganti-kode"]) == same).all()
        assert (table.loc[table["jenis"] == "kurang", "unit_masuk"] == "").all()
        assert (table.loc[table["jenis"] == "tambah", "unit_keluar"] == "").all()


def test_a_new_provinsi_is_named(laws: dict[str, Proposal], people: People, ground: Ground) -> None:
    table = ledger(laws["dpr-2019"], laws["dpr-2024"], people, ground)
    papua = table[table["id_lama"] == "dpr-2019-9101"].set_index("id_baru")
    assert set(papua["jenis"]) == {"pecah"}
    assert papua.loc["dpr-2024-9301", "dasar"] == "provinsi 93 dibentuk dari 91"
    assert papua.loc["dpr-2024-9101", "dasar"] == ""


# The commands


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return open_release(make_small_release(tmp_path_factory.mktemp("small")))


def test_the_commands_write_tables(release: Release, laws: dict[str, Proposal]) -> None:
    for words in (["crosswalk", "dpr-2019", "dpr-2024"], ["ledger", "dpr", "--year", "2024"]):
        ran = CliRunner().invoke(main, [*words, "-r", str(release.path)])
        assert ran.exit_code == 0, ran.output
        assert len(pd.read_csv(io.StringIO(ran.stdout))) >= 84
    none = CliRunner().invoke(main, ["ledger", "dpr", "--year", "1999", "-r", str(release.path)])
    assert none.exit_code == 8


def test_parts_of_a_plan_are_whole_councils(laws: dict[str, Proposal], people: People) -> None:
    plan = laws["dprd-kabkota-2024"]
    councils = list(plan.councils)
    assert all(a < b for a, b in pairwise(councils))
    assert sum(len(part(plan, each).dapil) for each in councils) == len(plan.dapil)
