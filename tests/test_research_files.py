"""Files for researchers among the downloads: graphs, ledgers, crosswalks, reports."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from boundaries.downloads import research_files
from boundaries.downloads.research_files import counts, graphs, reports, succession
from boundaries.law.registry import Registry
from boundaries.law.tables import data_directory
from boundaries.release.store import Release, open_release
from boundaries.research import council, known_counts
from boundaries.research.same_law import on_this_law
from tests.small import make_small_release


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return open_release(make_small_release(tmp_path_factory.mktemp("small")))


def inputs() -> dict[str, str]:
    root = data_directory()
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in root.glob("plans/*/*")
    }


def test_reports_need_a_release_that_was_built_on_this_law(release: Release, tmp_path: Path) -> None:
    assert not on_this_law(release)
    assert list(reports(release, tmp_path)) == []
    assert on_this_law(Release(release.path, {**release.manifest, "inputs": inputs()}))
    other = inputs() | {"plans/2024/dapil.csv": "0" * 64}
    assert not on_this_law(Release(release.path, {**release.manifest, "inputs": other}))


def test_a_graph_stands_in_every_form(
    release: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert list(graphs(release, tmp_path)) == []
    monkeypatch.setattr(research_files, "on_this_law", lambda _: True)
    monkeypatch.setattr(research_files, "GRAPHS", ("kecamatan",))
    assert [each.name for each in graphs(release, tmp_path)] == [
        f"graf-kecamatan{end}"
        for end in (".json", "-simpul.csv", "-sisi.csv", "-tentang.json", ".graphml", "-redist.csv")
    ]
    told = json.loads((tmp_path / "graf-kecamatan.json").read_text("utf-8"))
    assert len(told["nodes"]) == len(release.read_layer("unit-kecamatan")[0])
    assert told["graph"]["rilis"] == release.id


def test_what_was_counted_stands_where_the_graph_is_the_same(
    release: Release, registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = {
        each.code: each for each in council.councils(release, "dpr", only=["31", "36"], registry=registry)
    }
    rows = [
        {"dewan": code, "nama": each.name, "bobot": each.weight, "tautan": each.links, "sidik": sidik,
         "rencana_kuota": 7, "metode": "lengkap", "sebab": "", "mal_p50": 0.25}
        for (code, each), sidik in zip(found.items(), (found["31"].fingerprint, "0" * 12), strict=True)
    ]  # fmt: skip
    path = tmp_path / "semua.csv"
    pd.DataFrame(rows, dtype=object).to_csv(path, index=False)
    monkeypatch.setattr(
        known_counts, "counts_path", lambda chamber, year: path if chamber == "dpr" else tmp_path / "-"
    )
    assert list(counts(release, tmp_path)) == [], "the release was built on another law"
    monkeypatch.setattr(research_files, "on_this_law", lambda _: True)
    assert [made.name for made in counts(release, tmp_path)] == ["semua-rencana-dpr-2024.csv"]
    table = pd.read_csv(tmp_path / "semua-rencana-dpr-2024.csv", dtype=str, keep_default_na=False)
    table = table.set_index("dewan")
    told = table.loc[["31", "36", "11"], ["metode", "sebab", "rencana_kuota", "mal_p50"]].to_numpy().tolist()
    assert told == [
        ["lengkap", "", "7", "0.25"],
        ["tidak-terhitung", "counted on another graph", "", ""],
        ["tidak-terhitung", "not counted", "", ""],
    ]
    assert table.loc["31", ["bobot", "tautan", "sidik"]].tolist() == [
        "penduduk_2024",
        found["31"].links,
        found["31"].fingerprint,
    ]
    assert table.loc["36", "sidik"] == found["36"].fingerprint
    assert replace(found["31"], people=found["31"].people + 1).fingerprint != found["31"].fingerprint


def test_a_ledger_of_a_chamber_is_that_of_the_release(release: Release, tmp_path: Path) -> None:
    assert [each.name for each in succession(release, "dpr", tmp_path)] == ["riwayat-dpr.csv"]
    assert list(succession(release, "dpd", tmp_path)) == []
    table = pd.read_csv(tmp_path / "riwayat-dpr.csv")
    assert table["jenis"].tolist() == ["pecah"] * 4 + ["gabung", "tetap"]
    assert table["id_lama"].str.startswith("dpr-2019-").all()


def test_a_report_and_a_crosswalk_are_made_of_plans_in_law(
    release: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(research_files, "on_this_law", lambda _: True)
    monkeypatch.setattr(
        research_files, "_plans", lambda _, chamber: ["dpr-2014", "dpr-2024"] if chamber == "dpr" else []
    )
    made = [each.name for each in reports(release, tmp_path)]
    assert made == ["laporan-dpr-2024.html", "laporan-dpr-2024.json"], "2014 has no thresholds in data/law"
    told = json.loads((tmp_path / made[1]).read_text("utf-8"))
    assert told["rencana"] == "dpr-2024"
    page = (tmp_path / made[0]).read_text("utf-8")
    assert 'lang="id"' in page
    assert 'lang="en"' in page
    assert "http" not in page
    names = [each.name for each in succession(release, "dpr", tmp_path)]
    assert names == ["riwayat-dpr.csv", "silang-dpr-2014-dpr-2024.csv"]
    table = pd.read_csv(tmp_path / names[1], dtype=str)
    assert table["id_b"].nunique() == 84
