"""`verify` against mutants: a release spoiled in every way that its files can prove, with all hashes made to fit.

A mutant is held against the rule that must see it (of a download: against that file alone). ``-s`` prints the share
that was caught, by kind.
"""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from boundaries.downloads import jobs
from boundaries.downloads.jobs import Job
from boundaries.law.plans import load_plans
from boundaries.law.registry import Registry, load_registry
from boundaries.release.dataset import Datasets
from boundaries.release.store import FOLDER, LIST, Release, open_release
from boundaries.verify import layer_files
from boundaries.verify.law_rules import Law, law_rule
from boundaries.verify.opened_release import Contents, Finding
from boundaries.verify.run import RULES, outcome_of, verify
from tests import mutants_downloads, mutants_own
from tests.built import make_built_release
from tests.mutants import Mutant, copy, seal

MUTANTS = [*mutants_own.mutants(), *mutants_downloads.mutants()]
DRAWN: dict[Job, list[dict[str, Any]]] = {}
_draw = jobs.run


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return make_built_release(tmp_path_factory.mktemp("built"))


def findings(path: Path, rule: str) -> list[Finding]:
    """What a rule finds; ``layer-files NAME``: of that file alone, of the list itself where it is that."""
    release = open_release(path, complete=False)
    if rule == "verify":
        return verify(release).findings
    name, _, file = rule.partition(" ")
    if not file:
        return outcome_of(name, RULES[name], Contents(release)).findings
    if file == LIST:
        listed = json.loads((path / FOLDER / LIST).read_bytes())["files"]
        return layer_files.list_faults(Contents(release), Datasets(release), listed)
    return layer_files.faults_of(Contents(release), Datasets(release), file)


@pytest.mark.slow
def test_a_sound_release_has_no_finding(sound: Release) -> None:
    assert verify(sound).findings == []


@pytest.mark.slow
def test_a_file_alone_is_checked_as_among_all(sound: Release) -> None:
    contents, datasets = Contents(sound), Datasets(sound)
    assert layer_files.faults_of(contents, datasets, "dpr-2024.geojson") == []


@pytest.fixture(autouse=True)
def drawn_once(sound: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is drawn of a release hangs on its own files: where a mutant leaves these alone it is drawn once for all."""
    own = sound.manifest["files"], sound.manifest["source"], sound.manifest["plans"]

    def run(job: Job, path: Path, folder: Path) -> list[dict[str, Any]]:
        manifest = open_release(path).manifest
        if (manifest["files"], manifest["source"], manifest["plans"]) != own:
            return _draw(job, path, folder)
        if job not in DRAWN:
            DRAWN[job] = _draw(job, path, folder)
        return DRAWN[job]

    monkeypatch.setattr(jobs, "run", run)


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted({each.kind for each in MUTANTS}))
def test_every_mutant_is_caught(sound: Release, tmp_path: Path, kind: str) -> None:
    caught = Counter[bool]()
    missed = []
    for number, mutant in enumerate(each for each in MUTANTS if each.kind == kind):
        found = spoiled(sound, tmp_path / str(number), mutant)
        caught[bool(found)] += 1
        missed += [] if found else [mutant.id]
    print(f"{kind}: {caught[True]} of {caught.total()} caught")  # noqa: T201 - asked for with -s
    assert missed == []


def spoiled(sound: Release, place: Path, mutant: Mutant) -> list[Finding]:
    path = copy(sound.path, place / "release")
    mutant.change(path)
    if mutant.kind != "no file":
        seal(path)
    return findings(path, mutant.rule)


def test_there_are_mutants_enough() -> None:
    assert len(MUTANTS) >= 150
    assert len({each.id for each in MUTANTS}) == len(MUTANTS)


def _swap(rows: pd.DataFrame, one: pd.Series, other: pd.Series, column: str) -> None:
    first, second = rows.index[one][0], rows.index[other][0]
    rows.loc[[first, second], column] = rows.loc[[second, first], column].to_numpy()


def _alter(table: str, rows: pd.DataFrame) -> pd.DataFrame:
    """What no file can prove, for all files agree: names, a seat, a figure, a member and a doubt, each in its plan."""
    rows = rows.copy()
    plan = rows["lembaga"] == "dprd-kabkota"
    if table == "2024/dapil":
        code = rows["kode_dapil"]
        _swap(rows, plan & (code == "750101"), plan & (code == "750201"), "nama_dapil")
        for dapil, more in (("750201", 1), ("750202", -1)):
            own = plan & (code == dapil)
            rows.loc[own, "kursi"] = str(int(rows.loc[own, "kursi"].iloc[0]) + more)
        rows.loc[plan & (code == "750103"), "penduduk"] = "123456"
        rows.loc[plan & (code == "750104"), "nama_lain"] = "Entah"
        rows.loc[plan & (code == "750105"), "catatan"] = "Entah. | Who knows."
    if table == "2014/dapil":
        _swap(
            rows,
            plan & (rows["kode_dapil"] == "750101"),
            plan & (rows["kode_dapil"] == "750201"),
            "nama_dapil",
        )
    if table == "2024/members":
        rows.loc[rows["ragu"] != "", "ragu"] = ""
        rows.loc[plan & (rows["kode_unit"] == "75.01.02"), "bukti"] = "entah"
    if table == "2019/members":
        unit = rows.index[plan & (rows["kode_unit"].str[:5] == "75.01")][0]
        others = rows["kode_dapil"][plan & (rows["kode_unit"].str[:5] == "75.01")]
        rows.loc[unit, "kode_dapil"] = others[others != rows.loc[unit, "kode_dapil"]].iloc[0]
    if "jumlah_anggota" in rows:
        rows["jumlah_anggota"] = ""
    return rows


@pytest.mark.slow
def test_the_laws_tables_prove_what_files_cannot(sound: Release, tmp_path: Path) -> None:
    registry = load_registry()
    law = Law(load_plans(sound.path.parent.parent / "plans", registry), registry)
    assert law_rule(law)(Contents(sound)).findings == []
    other = make_built_release(tmp_path, downloads=False, change=_alter)
    assert verify(other).findings == []
    told = {(each.layer, each.feature, each.what) for each in law_rule(law)(Contents(other)).findings}
    assert {
        ("dprd-kabkota-2024", "dprd-kabkota-2024-750101", "nama_dapil, ragu, ragu_en"),
        ("dprd-kabkota-2024", "dprd-kabkota-2024-750201", "nama_dapil, kursi"),
        ("dprd-kabkota-2024", "dprd-kabkota-2024-750103", "penduduk"),
        ("dprd-kabkota-2024", "dprd-kabkota-2024-750202", "kursi"),
        ("dprd-kabkota-2024", "dprd-kabkota-2024-750104", "nama_lain"),
        ("dprd-kabkota-2024", "dprd-kabkota-2024-750105", "catatan, catatan_en"),
        ("tabel-dprd-kabkota-2014", "dprd-kabkota-2014-750101", "nama_dapil"),
        ("dprd-kabkota-2024", "75.01.01", "ragu, ragu_en"),
        ("dprd-kabkota-2024", "75.01.02", "bukti"),
    } <= told
    moved = {each for each in told if each[0] == "dprd-kabkota-2019"}
    assert {what for _, _, what in moved} == {"wilayah, wilayah_id", "kode_dapil"}


@pytest.mark.slow
def test_names_of_units_exchanged_everywhere_are_the_laws_to_prove(sound: Release) -> None:
    registry = load_registry()
    names = dict(registry.names)
    names["75.01.01"], names["75.01.02"] = names["75.01.02"], names["75.01.01"]
    law = Law(load_plans(sound.path.parent.parent / "plans", registry), Registry(names))
    found = {each.feature for each in law_rule(law)(Contents(sound)).findings}
    assert {"75.01.01", "75.01.02"} <= found
