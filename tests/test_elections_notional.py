"""Votes of one election on the dapil of another: none is lost, and where nothing changed it is what was counted."""

import io
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from boundaries.cli import main
from boundaries.elections import sets
from boundaries.elections.notional import WEIGHT, Notional, notional, people
from boundaries.errors import TableError
from boundaries.law.plans import load_plans
from boundaries.law.registry import load_registry


@pytest.fixture(scope="module")
def same() -> Notional:
    return notional("hasil-wilayah-dprd-provinsi-2019-hitung", "dprd-provinsi-2019")


@pytest.fixture(scope="module")
def other() -> Notional:
    return notional("hasil-wilayah-dprd-kabkota-2019-hitung", "dprd-kabkota-2024")


def test_on_its_own_dapil_every_sum_is_what_was_counted(same: Notional) -> None:
    place = ["kode_dapil", "partai"]
    counted = sets.read_set("hasil-dprd-provinsi-2019-hitung").set_index(place)["suara"].fillna(0)
    found = same.rows.set_index(place)["suara"]
    assert len(found) == 4392
    assert (found == counted.reindex(found.index)).all()
    assert same.exact == 1


def test_on_other_dapil_no_vote_is_lost_or_made(other: Notional) -> None:
    votes = sets.read_set("hasil-wilayah-dprd-kabkota-2019-hitung").groupby("partai")["suara"].sum()
    found = other.rows.groupby("partai")["suara"].sum()
    assert other.outside == 0
    assert found.sort_index().to_dict() == votes.sort_index().to_dict()


def test_what_is_divided_is_told_with_its_weight(other: Notional) -> None:
    rows = other.rows
    assert 0.9 < other.exact < 1
    assert (rows["suara_tepat"] + rows["suara_taksiran"] == rows["suara"]).all()
    assert set(rows["bobot"][rows["suara_taksiran"] > 0]) == {WEIGHT}
    assert set(rows["bobot"][rows["suara_taksiran"] == 0]) == {""}


def test_a_table_of_some_kabkota_says_how_much_of_a_dapil_it_covers() -> None:
    found = notional("hasil-wilayah-dpr-2014", "dpr-2014").rows
    published = sets.read_set("hasil-dpr-2014").set_index(["kode_dapil", "partai"])["suara"]
    whole = found[found["kode_dapil"].isin(["1302", "3205", "3301", "3307", "3310", "3401", "3601", "7501"])]
    assert (whole["cakupan_persen"] == 100).all()
    same = whole.set_index(["kode_dapil", "partai"])["suara"]
    assert (same == published.reindex(same.index)).all()
    assert (found["cakupan_persen"] < 100).any()


@pytest.mark.slow
def test_people_of_desa_are_those_of_their_kecamatan() -> None:
    desa = pd.Series(people(load_registry()))
    held = desa.groupby(desa.index.str[:8]).sum()
    path = sets.directory().parent / "statistics" / "penduduk_kecamatan_2023.csv"
    known = pd.read_csv(path, dtype=str, keep_default_na=False)
    ground = (known["kode"] + ";" + known["meliputi"]).str.strip(";").str.split(";")
    often = ground.explode().value_counts()
    alone = ground.map(lambda codes: often[codes].max() == 1)
    together = ground.map(lambda codes: held.reindex(codes).sum())
    assert 0 < (~alone).sum() < (known["meliputi"] != "").sum()  # some were made of two
    assert (abs(together - known["penduduk"].astype(int))[alone] < 0.01).all()
    assert abs(held[often.index].sum() - known["penduduk"].astype(int).sum()) < 0.1
    assert (desa > 0).all()


def test_a_table_without_kecamatan_is_refused() -> None:
    with pytest.raises(
        TableError, match="hasil-dpr-2024 has no votes by kecamatan; name a table of hasil-wilayah"
    ):
        notional("hasil-dpr-2024", "dpr-2019")


def test_the_command_tells_how_much_is_exact() -> None:
    told = CliRunner(env={"LANGUAGE": "en"}).invoke(
        main, ["data", "notional", "presiden-kecamatan-2019-hitung", "--plan", "dpd-2024"]
    )
    assert told.exit_code == 0
    assert (
        "presiden-kecamatan-2019-hitung (count) on dpd-2024: 100.00 % of the votes moved exactly, 0 outside"
        in told.stderr
    )
    assert told.stdout.startswith("kode_dapil,nomor_pasangan,pasangan,suara,suara_tepat,suara_taksiran,")


def test_votes_are_summed_onto_a_draft_as_onto_a_plan_in_law(other: Notional, tmp_path: Path) -> None:
    """A draft that is Cianjur's plan in law has its figures; what lies beyond it is told, not lost."""
    name, law = "hasil-wilayah-dprd-kabkota-2019-hitung", "dprd-kabkota-2024"
    (plan,) = load_plans(only=[law])
    own = plan.members[plan.members["kode_unit"].str.startswith("32.03")]
    draft = tmp_path / "draft.csv"
    own.rename(columns={"kode_unit": "kode", "kode_dapil": "dapil"})[["kode", "dapil"]].to_csv(
        draft, index=False
    )
    answer = CliRunner().invoke(main, ["data", "notional", name, "--plan", str(draft)])
    assert answer.exit_code == 0, answer.output
    found = pd.read_csv(io.StringIO(answer.stdout), dtype=str, keep_default_na=False)
    part = other.rows[other.rows["kode_dapil"].str.startswith("3203")].astype(str)
    assert len(found) == len(part) > 50
    assert (found.to_numpy() == part.to_numpy()).all()
    beyond = int(other.rows["suara"].sum() - found["suara"].astype(int).sum())
    assert f"{beyond:,} outside" in answer.stderr
