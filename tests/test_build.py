"""From a base map to a release: a map written on the spot, the nation, and the way without a mirror."""

import csv
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from click.testing import CliRunner

from boundaries.cli import main
from boundaries.downloads import folder as downloads
from boundaries.exports import topojson
from boundaries.law.codes import LEVELS
from boundaries.law.plans import load_plans
from boundaries.law.registry import load_registry
from boundaries.law.tables import data_directory
from boundaries.release.store import open_release

ROOT = Path(__file__).parent.parent
MIRROR = os.environ.get("BOUNDARIES_MIRROR")

TOML = """
title = {{ id = "Peta uji", en = "Test map" }}
publisher = "Tests"
attribution = "Tests, CC0"
vintage = "2025"
open = true
reader = "ogr"
partial = {partial}

[licence]
spdx = "CC0-1.0"
name = "CC0"
url = "https://creativecommons.org/publicdomain/zero/1.0/"

[levels.{level}]
files = ["{file}"]
code = "kode"
name = "nama"
"""

EXPECTED = {  # dapil and seats by law
    "dpr-2024": (84, 580), "dpr-2019": (80, 575), "dpr-2014": (77, 560), "dpr-2009": (77, 560),
    "dpd-2024": (38, 152), "dpd-2019": (34, 136), "dpd-2014": (33, 132), "dpd-2009": (33, 132), "dpd-2004": (32, 128),
    "dprd-provinsi-2024": (301, 2372), "dprd-provinsi-2019": (272, 2207), "dprd-provinsi-2014": (259, 2112),
    "dprd-kabkota-2024": (2325, 17510), "dprd-kabkota-2019": (2206, 17340),
    "dprd-kabkota-2014": (145, 1170),  # of the 32 kabkota whose composition is known
}  # fmt: skip


def write_map(folder, level="kecamatan", under="34", suffix="gpkg", partial=True):
    """A grid of squares for every unit of `level` under a code, and its descriptor."""
    registry = load_registry()
    codes = [c for c in registry.at(level) if c.startswith(under)]
    side = int(np.ceil(np.sqrt(len(codes))))
    squares = [
        shapely.box(
            110 + 0.1 * (i % side),
            -7.8 + 0.1 * (i // side),
            110.1 + 0.1 * (i % side),
            -7.7 + 0.1 * (i // side),
        )
        for i in range(len(codes))
    ]
    frame = gpd.GeoDataFrame(
        {"kode": codes, "nama": [registry.names[c] for c in codes]}, geometry=squares, crs=4326
    )
    folder.mkdir(exist_ok=True)
    frame.to_file(folder / f"units.{suffix}")
    toml = folder / "peta-uji.toml"
    toml.write_text(TOML.format(level=level, file=f"units.{suffix}", partial=str(partial).lower()))
    return toml


def run(*arguments):
    return CliRunner().invoke(main, [str(a) for a in arguments])


@pytest.mark.parametrize("suffix", [pytest.param("gpkg", marks=pytest.mark.slow), "geojson", "shp"])
def test_any_map_builds_in_any_format(tmp_path, suffix):
    toml = write_map(tmp_path / "map", suffix=suffix)
    result = run("build", "--source", toml, "--out", tmp_path / "out", "--json", "--no-downloads")
    assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout)
    release = open_release(tmp_path / "out")
    assert answer["release"] == release.id
    plan = next(p for p in load_plans() if p.id == "dprd-kabkota-2024")
    of_diy = plan.dapil[plan.dapil["kode_provinsi"] == "34"]
    frame, geometry = release.read_layer("dprd-kabkota-2024")
    assert sorted(frame["kode_dapil"]) == sorted(of_diy["kode_dapil"])
    assert frame["kursi"].sum() == of_diy["kursi"].sum()
    assert shapely.coverage_is_valid(geometry)
    assert frame["lisensi"].unique() == ["CC0-1.0"]


@pytest.mark.slow
def test_a_partial_map_publishes_only_whole_dapil_and_names_the_others(tmp_path):
    toml = write_map(tmp_path / "map", under="34.71")
    result = run(
        "build",
        "--source",
        toml,
        "--out",
        tmp_path / "out",
        "--plan",
        "dpr-2024",
        "--plan",
        "dprd-kabkota-2024",
    )
    assert result.exit_code == 0, result.output
    release = open_release(tmp_path / "out")
    plans = {p["id"]: p for p in release.manifest["plans"]}
    assert "dpr-2024" not in release.layers
    assert "left out 84 of dpr-2024" in result.stderr
    assert len(plans["dpr-2024"]["omitted"]) == 84
    assert "only a part" in plans["dpr-2024"]["omitted"]["dpr-2024-3401"]
    assert set(release.read_layer("dprd-kabkota-2024")[0]["kode_kabkota"]) == {"34.71"}
    assert_downloads_hold_what_is_shown(release)


def assert_downloads_hold_what_is_shown(release):
    """Every plan with a layer in every format; nothing of a plan or dapil that the base map does not show."""
    assert run("verify", release.path).exit_code == 0
    listed = {each["name"] for each in downloads.read(release)["files"]}
    shown = [name for name in release.layers if not name.startswith("unit-")]
    for plan in shown:
        assert {
            f"{plan}{s}" for s in (".gpkg", ".csv", ".shp.zip", "-web.topojson", "-assignment.csv")
        } <= listed
        own = set(release.read_layer(plan)[0]["id"])
        with (release.path / "downloads" / f"{plan}-assignment.csv").open() as file:
            assert {row["id"] for row in csv.DictReader(file)} == own
        facts = json.loads((release.path / "downloads" / f"map-facts-{plan}.json").read_bytes())
        assert {row[facts["columns"].index("id")] for row in facts["rows"]} == own
    whole = json.loads((release.path / "downloads" / "datapackage.json").read_bytes())["resources"]
    told = {each["name"]: each.get("notes", [""]) for each in whole}
    for plan in release.manifest["plans"]:
        if plan["id"] in shown and plan["omitted"]:
            assert f"{len(plan['omitted'])} dapil are not in this release" in told[plan["id"]][0]
    omitted = {plan["id"] for plan in release.manifest["plans"] if not plan["dapil"]}
    tables = tuple(f"{each}." for each in release.elections.tables)  # what was counted there needs no map
    assert not [name for name in listed if not name.startswith(tables) for plan in omitted if plan in name]
    index = json.loads((release.path / "downloads" / "map-index.json").read_bytes())
    assert set(index["plans"]) == set(shown)


@pytest.mark.slow
def test_a_map_on_which_no_dapil_is_whole_has_downloads_of_its_units(tmp_path):
    toml = write_map(tmp_path / "map", under="34.71.01")
    assert run("build", "--source", toml, "--out", tmp_path / "out").exit_code == 0
    release = open_release(tmp_path / "out")
    assert release.layers == ("unit-provinsi", "unit-kabkota", "unit-kecamatan")
    assert run("verify", release.path).exit_code == 0
    assert "unit-kecamatan.gpkg" in {each["name"] for each in downloads.read(release)["files"]}
    asked = run("lookup", "110.05", "-7.75", "--release", release.path)
    assert (asked.exit_code, asked.stdout) == (8, "")
    assert "shows no dapil" in asked.stderr


@pytest.mark.slow
def test_a_partial_map_of_kabkota_alone_can_be_downloaded_and_asked(tmp_path):
    toml = write_map(tmp_path / "map", level="kabkota", under="34")
    result = run(
        "build", "--source", toml, "--out", tmp_path / "out", "--plan", "dpr-2024", "--plan", "dpd-2024"
    )
    assert result.exit_code == 0, result.output
    release = open_release(tmp_path / "out")
    assert release.layers == ("dpr-2024", "dpd-2024", "unit-provinsi", "unit-kabkota")
    assert_downloads_hold_what_is_shown(release)
    asked = run("lookup", "110.05", "-7.75", "--release", release.path)
    assert asked.exit_code == 0, asked.output
    assert "(34.01), Daerah Istimewa Yogyakarta (34)" in asked.output
    assert "DAERAH ISTIMEWA YOGYAKARTA, 8 seats" in asked.output


def test_a_map_that_lacks_units_is_refused_with_names_and_mend(tmp_path):
    toml = write_map(tmp_path / "map", partial=False)
    result = run("build", "--source", toml, "--out", tmp_path / "out")
    assert result.exit_code == 4
    assert "11.01.01 Bakongan" in result.stderr
    assert "partial = true" in result.stderr
    assert not (tmp_path / "out" / "current").exists()


def test_a_map_of_kabkota_is_enough_for_plans_that_split_none(tmp_path):
    toml = write_map(tmp_path / "map", level="kabkota", under="", partial=False)
    plans = ("--plan", "dpr-2024", "--plan", "dpd-2024", "--no-downloads")
    good = run("build", "--source", toml, "--out", tmp_path / "out", *plans)
    assert good.exit_code == 0, good.output
    assert len(open_release(tmp_path / "out").read_layer("dpr-2024")[0]) == 84
    bad = run("build", "--source", toml, "--out", tmp_path / "out", "--plan", "dprd-provinsi-2024")
    assert bad.exit_code == 4
    assert "dprd-provinsi-2024 split them" in bad.stderr


@pytest.mark.slow
def test_the_same_inputs_give_the_same_release(tmp_path):
    toml = write_map(tmp_path / "map")
    for out in ("one", "two"):
        done = run("build", "--source", toml, "--out", tmp_path / out, "--plan", "dprd-kabkota-2024")
        assert done.exit_code == 0, done.output
    roots = [(tmp_path / out / "current").resolve() for out in ("one", "two")]
    one, two = (
        {path.relative_to(root): path.read_bytes() for path in root.rglob("*") if path.is_file()}
        for root in roots
    )
    assert one == two
    assert roots[0].name == roots[1].name


def test_a_wrong_digit_in_a_plan_leaves_the_release_and_says_where(tmp_path):
    toml = write_map(tmp_path / "map")
    assert run("build", "--source", toml, "--out", tmp_path / "out", "--no-downloads").exit_code == 0
    before = (tmp_path / "out" / "current").resolve()
    plans = tmp_path / "plans"
    shutil.copytree(data_directory() / "plans", plans)
    members = plans / "2024" / "members.csv"
    lines = members.read_text(encoding="utf-8").splitlines(keepends=True)
    at = next(i for i, line in enumerate(lines) if line.startswith("dprd-kabkota,347101,34.71."))
    lines[at] = lines[at].replace(",34.71.", ",34.72.", 1)
    members.write_text("".join(lines), encoding="utf-8")
    result = run("build", "--source", toml, "--out", tmp_path / "out", "--plans-dir", plans)
    assert result.exit_code == 3
    assert f"members.csv:{at + 1}" in result.stderr
    assert "34.72." in result.stderr
    assert (tmp_path / "out" / "current").resolve() == before


def test_the_manifest_hashes_the_plans_that_were_used(tmp_path):
    toml = write_map(tmp_path / "map")
    plans = tmp_path / "plans"
    shutil.copytree(data_directory() / "plans", plans)
    note = plans / "2024" / "dpr.toml"
    note.write_text(note.read_text(encoding="utf-8") + "\n# another plan file\n", encoding="utf-8")
    for name, more in (("own", ("--plans-dir", plans)), ("project", ())):
        result = run(
            "build", "--source", toml, "--out", tmp_path / name, "--plan", "dpd-2024", "--no-downloads", *more
        )
        assert result.exit_code == 0, result.output
    own, project = (open_release(tmp_path / n).manifest["inputs"] for n in ("own", "project"))
    digest = hashlib.sha256(note.read_bytes()).hexdigest()
    assert digest in own.values()
    assert digest not in project.values()


@pytest.mark.slow
def test_a_build_killed_at_any_moment_leaves_the_release(tmp_path):
    toml = write_map(tmp_path / "map")
    out = tmp_path / "out"
    assert run("build", "--source", toml, "--out", out, "--plan", "dpr-2024", "--no-downloads").exit_code == 0
    before = open_release(out).id
    command = [
        sys.executable,
        "-m",
        "boundaries.cli",
        "build",
        "--source",
        str(toml),
        "--out",
        str(out),
        "--no-downloads",
    ]
    for delay in (1.0, 2.0, 2.5, 3.0):
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.wait()
        release = open_release(out)
        assert release.id == before or len(release.layers) > 1
    assert subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode == 0
    assert not [p for p in out.iterdir() if p.name.startswith(".staging")]


def test_data_goes_to_stdout_and_talk_to_stderr(tmp_path):
    toml = write_map(tmp_path / "map")
    result = run("build", "--source", toml, "--out", tmp_path / "out", "--no-downloads")
    assert result.stdout.strip() == str(open_release(tmp_path / "out").path)
    assert "source: peta-uji" in result.stderr
    assert "coverage:" not in result.stderr  # progress is for a terminal
    info = run("info", tmp_path / "out" / "current", "--json")
    assert json.loads(info.stdout)["source"]["id"] == "peta-uji"


def test_a_picture_is_drawn_and_the_same_twice(tmp_path):
    toml = write_map(tmp_path / "map")
    run("build", "--source", toml, "--out", tmp_path / "out", "--no-downloads")
    for name in ("a.png", "b.png"):
        drawn = run(
            "map", "dprd-kabkota-2024", "--release", tmp_path / "out" / "current", "-o", tmp_path / name
        )
        assert drawn.exit_code == 0, drawn.output
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    missing = run("map", "dpr-1999", "--release", tmp_path / "out" / "current", "-o", tmp_path / "c.png")
    assert missing.exit_code == 8
    assert "dprd-kabkota-2024" in missing.stderr


# --- the nation ------------------------------------------------------------------------------------


@pytest.mark.national
def test_the_nation_has_every_plan_with_the_seats_of_the_law(nation):
    layers = [name for name in nation.layers if not name.startswith("unit-")]
    found = {}
    for name in layers:
        frame = nation.read_table(name)
        found[name] = (len(frame), int(frame["kursi"].sum()))
    assert found == EXPECTED
    units = {name: len(nation.read_table(f"unit-{name}")) for name in LEVELS}
    assert units == {"provinsi": 38, "kabkota": 514, "kecamatan": 7285, "desa": 83403}


@pytest.mark.national
def test_verify_finds_nothing_in_the_nation(nation):
    """Every layer a valid coverage, in both details and exactly: GEOS flags a hole that touches its own outline."""
    result = run("verify", nation.path)
    assert result.exit_code == 0, result.output


@pytest.mark.national
def test_every_unit_that_changed_over_two_per_cent_carries_its_reason(nation):
    import pandas as pd

    table = pd.read_csv(nation.path / "quality.csv", dtype={"kode": str}, keep_default_na=False)
    changed = table[table["area_change_pct"].astype(float).abs() > 2]
    assert (changed["reason"] != "").all()
    assert len(table) == 83403


@pytest.mark.national
def test_nearly_no_land_part_changes_its_unit(nation):
    """Three desa have a smaller one of their kabkota drawn on them, which has that ground."""
    lost = nation.quality["lost_parts"]
    reason = {unit["kode"]: unit["reason"] for unit in nation.quality["units_notable"]}
    assert {part["kode"] for part in lost} == {"21.04.02.1010", "33.05.10.2019", "33.27.03.2011"}
    for part in lost:
        assert part["covered_m2"] + part["now_elsewhere_m2"] > 0.99 * part["area_m2"]
        assert part["now_in"][:5] == part["kode"][:5]
        assert "overlap" in reason[part["kode"]]


# --- from nothing but npm --------------------------------------------------------------------------


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(url, seconds=180):
    deadline = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return json.load(answer)
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.3)


@pytest.mark.national
@pytest.mark.network
def test_without_mirror_and_cache_it_builds_on_gadm_and_serves(tmp_path):
    if not os.environ.get("BOUNDARIES_END_TO_END"):
        pytest.skip("set BOUNDARIES_END_TO_END=1 to build from an empty cache through the network (CI does)")
    env = {k: v for k, v in os.environ.items() if k != "BOUNDARIES_MIRROR"} | {
        "BOUNDARIES_CACHE": str(tmp_path / "c")
    }
    build = [
        sys.executable,
        "-m",
        "boundaries.cli",
        "build",
        "--source",
        "gadm-4.1",
        "--no-downloads",
        "--out",
        str(tmp_path / "out"),
    ]
    done = subprocess.run(build, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Not open data" in done.stderr
    release = open_release(tmp_path / "out")
    assert release.manifest["source"]["open"] is False
    assert {p["id"]: (p["dapil"], p["kursi"]) for p in release.manifest["plans"] if "layer" in p} == EXPECTED
    # another coast, on which some of the coarse grids have no room: the maps are drawn all the same
    # another coast, on which some coarse grids have no room: the maps are drawn all the same
    drawn = [file.topology.tables["dpd"] for file in topojson.files(release, 2004, ["web"])]
    assert [len(table) for table in drawn] == [32, 32]
    port = free_port()
    env |= {"DAPIL_RELEASES": str(tmp_path / "out"), "DAPIL_PORT": str(port)}
    server = subprocess.Popen([sys.executable, "server.py"], cwd=ROOT, env=env, stderr=subprocess.DEVNULL)
    try:
        page = wait_for(f"http://127.0.0.1:{port}/collections/dpr-2024/items?limit=1000")
        assert page["numberMatched"] == len(page["features"]) == 84
    finally:
        server.terminate()
        server.wait(timeout=30)
