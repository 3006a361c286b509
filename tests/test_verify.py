"""`verify` catches each broken promise by its own rule, not only by the hash of the file."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely

from boundaries.release.store import Release, open_release, release_id, sha256, write_json
from boundaries.verify.geometry_rules import area_m2, enclosed
from boundaries.verify.run import RULES, Report, verify
from tests.small import make_small_release, small_layers


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_small_release(tmp_path_factory.mktemp("published"))


@pytest.fixture
def copy(published: Path, tmp_path: Path) -> Path:
    """The release, to spoil."""
    return Path(shutil.copytree(published, tmp_path / published.name))


def checked(path: Path) -> Report:
    return verify(open_release(path, complete=False))


def failed(report: Report) -> set[str]:
    return {check.id for check in report.checks if check.findings}


def spoil(path: Path, *statements: str | tuple[str, tuple]) -> None:
    """Change the GeoPackage through SQLite (its triggers need functions of GDAL: they go first)."""
    connection = sqlite3.connect(path / "dapil.gpkg")
    connection.execute("PRAGMA synchronous = OFF")
    triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for (name,) in triggers:
        connection.execute(f'DROP TRIGGER "{name}"')
    for statement in statements:
        sql, values = (statement, ()) if isinstance(statement, str) else statement
        connection.execute(sql, values)
    connection.commit()
    connection.close()
    seal(path)


def seal(path: Path, **changes: object) -> None:
    """Make the manifest fit the spoiled files, so that the rules themselves must find the fault."""
    manifest = json.loads((path / "manifest.json").read_text()) | changes
    for file in manifest["files"]:
        file["bytes"], file["sha256"] = (path / file["name"]).stat().st_size, sha256(path / file["name"])
    names = {file["name"]: file["sha256"] for file in manifest["files"]}
    write_json(path / "manifest.json", manifest | {"release": release_id(manifest["source"]["id"], names)})


def put(path: Path, layer: str, fid: int, change: Callable[[shapely.Geometry], shapely.Geometry]) -> None:
    """Replace one geometry, its header kept."""
    connection = sqlite3.connect(path / "dapil.gpkg")
    query = f'SELECT geom FROM "{layer}" WHERE fid = ?'
    blob = connection.execute(query, (fid,)).fetchone()[0]
    connection.close()
    new = blob[:40] + shapely.to_wkb(change(shapely.from_wkb(blob[40:])), byte_order=1)
    spoil(path, (f'UPDATE "{layer}" SET geom = ? WHERE fid = ?', (new, fid)))


def move_a_vertex(shape: shapely.Geometry, vertex: int, by: float = 1e-7) -> shapely.Geometry:
    """Move one vertex, by default by the smallest step of the grid (1 cm); the ring stays closed."""
    points = shapely.get_coordinates(shape)
    points[(points == points[vertex]).all(axis=1)] += by
    return shapely.set_coordinates(shape, np.round(points, 7))


def test_a_sound_release_has_no_finding(published: Path) -> None:
    told: list[str] = []
    report = verify(open_release(published), told.append)
    assert report.findings == []
    assert report.ok
    assert told == list(RULES) == [check.id for check in report.checks]
    assert "no finding" in report.as_text()
    assert json.loads(json.dumps(report.as_dict()))["ok"] is True


def test_the_checks_tell_what_they_looked_at(published: Path) -> None:
    looked_at = {check.id: check.looked_at for check in verify(open_release(published)).checks}
    assert looked_at["totals"] == "21 dapil, 131 kursi"
    assert looked_at["dapil-unions"] == "18 dapil, 18 identical to the vertex"
    assert looked_at["holes"] == "2 holes, 1 under 0.5 km²"


@pytest.mark.parametrize(
    ("layer", "rules"),
    [("dpr-2024", {"dapil-unions"}), ("unit-kecamatan", {"dapil-unions", "unit-unions"})],
)
def test_one_vertex_moved_by_a_centimetre_is_caught(copy: Path, layer: str, rules: set[str]) -> None:
    for vertex in range(0, 24, 5):
        put(copy, layer, 2, partial(move_a_vertex, vertex=vertex))
        report = checked(copy)
        assert rules <= failed(report)
        assert {each.check for each in report.findings} <= RULES.keys()


def test_a_shared_vertex_moved_by_a_hundred_metres_is_caught_thrice(copy: Path) -> None:
    neighbours = small_layers()[1].geometry[:2]
    shared = shapely.get_coordinates(shapely.intersection(*neighbours))[2]
    vertex = int(np.flatnonzero((shapely.get_coordinates(neighbours[0]) == shared).all(axis=1))[0])
    put(copy, "dpr-2024", 1, partial(move_a_vertex, vertex=vertex, by=0.001))
    report = checked(copy)
    assert failed(report) == {"coverage", "dapil-unions", "areas", "features"}
    assert {each.layer for each in report.findings} == {"dpr-2024"}


def test_one_feature_removed_is_caught(copy: Path) -> None:
    spoil(copy, 'DELETE FROM "dprd-kabkota-2024" WHERE fid = 3')
    assert {"database", "layers", "plans", "totals", "members", "dapil-unions"} <= failed(checked(copy))


def test_one_seat_changed_is_caught(copy: Path) -> None:
    spoil(copy, 'UPDATE "dpr-2024" SET kursi = kursi + 1 WHERE fid = 2')
    report = checked(copy)
    assert failed(report) == {"plans", "totals", "features"}
    (finding,) = [each for each in report.findings if each.check == "totals"]
    assert (finding.layer, finding.what, finding.expected, finding.found) == ("dpr-2024", "kursi", "24", "25")


@pytest.mark.parametrize("share", [0.001, 0.3, 0.6, 0.999])
def test_one_byte_flipped_is_caught(copy: Path, share: float) -> None:
    content = bytearray((copy / "dapil.gpkg").read_bytes())
    content[int(len(content) * share)] ^= 0x10
    (copy / "dapil.gpkg").write_bytes(content)
    report = checked(copy)
    assert "files" in failed(report)


def test_a_file_that_is_no_database_is_findings_not_an_error(copy: Path) -> None:
    (copy / "dapil.gpkg").write_bytes(b"no database" * 1000)
    report = checked(copy)
    assert {"files", "database", "coverage"} <= failed(report)
    assert "could not be checked" in report.as_text()


def test_files_missing_and_surplus_are_caught(copy: Path) -> None:
    (copy / "quality.csv").unlink()
    (copy / "notes.txt").touch()
    what = {(each.feature, each.what) for each in checked(copy).findings if each.check == "files"}
    assert what == {
        ("quality.csv", "the file is missing"),
        ("notes.txt", "the manifest does not name this file"),
    }


BROKEN = {
    "a member's unit is unknown": (
        ["UPDATE members SET kode_unit = '99.01' WHERE rowid = 1"], {"members", "assignment"}),
    "a base unit twice": (
        ["INSERT INTO assignment (plan_id, kode_unit, kode_dapil) VALUES ('dpr-2024', '81.71.01', '8101')"],
        {"assignment"}),
    "a base unit in no dapil": (
        ["DELETE FROM assignment WHERE plan_id = 'dpr-2024' AND kode_unit = '81.71.01'"],
        {"assignment", "dapil-unions"}),
    "a base unit in another dapil": (
        ["UPDATE assignment SET kode_dapil = '3101' WHERE plan_id = 'dpr-2024' AND kode_unit = '81.71.01'"],
        {"assignment", "dapil-unions"}),
    "ground that the plan leaves out": (
        ["INSERT INTO assignment (plan_id, kode_unit, kode_dapil) "
         "VALUES ('dprd-kabkota-2024', '31.71.01', '320401')"], {"assignment", "dapil-unions"}),
    "a dapil that the ledger forgets": (
        ["DELETE FROM riwayat WHERE id_baru = 'dpr-2024-3102'"], {"succession"}),
    "a change that was none": (
        ["UPDATE riwayat SET jenis = 'tambah' WHERE id_baru = 'dpr-2024-8101'"], {"succession"}),
    "ground under another name": (
        ["UPDATE \"dpr-2024\" SET wilayah_id = 'w-000000000000' WHERE fid = 1"], {"grounds"}),
    "an id that is not made of its parts": (
        ["UPDATE \"dpr-2024\" SET id = 'dpr-2024-9999' WHERE fid = 5"], {"identifiers"}),
    "an id twice": (
        ["UPDATE \"dpr-2024\" SET id = 'dpr-2024-3101' WHERE fid = 2"], {"identifiers"}),
    "another year": (['UPDATE "dpr-2024" SET tahun = 2023'], {"identifiers"}),
    "an area that is not the polygon's": (
        ['UPDATE "dpr-2024" SET luas_km2 = luas_km2 + 0.01 WHERE fid = 1'], {"areas"}),
    "no area": (['UPDATE "dpr-2024" SET luas_km2 = NULL WHERE fid = 1'], {"areas"}),
    "members that wilayah does not name": (
        ["UPDATE \"dpr-2024\" SET wilayah = '31.72 Jakarta Utara' WHERE fid = 1"], {"members"}),
    "a unit under another name above": (
        ["UPDATE \"unit-kecamatan\" SET nama_kabkota = 'Bogor' WHERE fid = 1"], {"identifiers"}),
    "a declared difference that does not hold": (
        ["UPDATE plans SET selisih = '[]' WHERE plan_id = 'dprd-kabkota-2014'"], {"totals"}),
    "a difference declared twice": (
        ["UPDATE plans SET selisih = '[{\"hal\": \"x\", \"kursi\": 25}, {\"hal\": \"y\", \"kursi\": 24}]' "
         "WHERE plan_id = 'dprd-kabkota-2014'"], {"totals"}),
    "a column more": (['ALTER TABLE "dpr-2024" ADD COLUMN rahasia TEXT'], {"layers"}),
    "a column without description": (
        ["DELETE FROM gpkg_data_columns WHERE table_name = 'plans' AND column_name = 'tahun'"], {"layers"}),
    "a spatial index with a row less": (['DELETE FROM "rtree_dpr-2024_geom" WHERE id = 1'], {"database"}),
    "another version": (["PRAGMA user_version = 10200"], {"database"}),
    "a plan less": (["DELETE FROM plans WHERE plan_id = 'dpd-2024'"], {"plans"}),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_table_is_caught_by_its_own_rule(copy: Path, case: str) -> None:
    statements, expected = BROKEN[case]
    spoil(copy, *statements)
    found = failed(checked(copy))
    assert expected <= found
    assert "files" not in found


SHAPES = {
    "a bow tie": lambda _: shapely.MultiPolygon(
        [shapely.Polygon([(107, -6), (108, -5), (108, -6), (107, -5)])]
    ),
    "outside Indonesia": lambda shape: shapely.transform(shape, lambda xy: xy - (60, 0)),
    "off the grid": lambda shape: shapely.transform(shape, lambda xy: xy + 3e-8),
    "empty": lambda _: shapely.MultiPolygon(),
    "a Polygon": lambda shape: shapely.get_parts(shape)[0],
}


@pytest.mark.parametrize("case", SHAPES)
def test_a_bad_shape_is_caught(copy: Path, case: str) -> None:
    put(copy, "dpd-2024", 1, SHAPES[case])
    assert "shapes" in failed(checked(copy))


def test_a_small_hole_must_stand_in_the_ledger(copy: Path) -> None:
    quality = json.loads((copy / "quality.json").read_text())
    (gap,) = quality["gaps_kept"]
    for change in ({"why": ""}, {"lon": gap["lon"] + 0.01}, {"area_m2": gap["area_m2"] * 2}):
        write_json(copy / "quality.json", quality | {"gaps_kept": [gap | change]})
        seal(copy)
        assert failed(checked(copy)) == {"holes"}
    write_json(copy / "quality.json", quality | {"gaps_kept": []})
    seal(copy)
    (finding,) = checked(copy).findings
    assert finding.what.startswith("hole at 107.3")


def test_a_changed_unit_needs_its_reason_and_a_row(copy: Path) -> None:
    ledger = pd.read_csv(copy / "quality.csv", dtype=str, keep_default_na=False)
    ledger.assign(reason="").iloc[:-1].to_csv(copy / "quality.csv", index=False)
    seal(copy)
    report = checked(copy)
    assert failed(report) == {"ledger"}
    assert [each.feature for each in report.findings] == ["81.71.01", "31.71.01"]


def test_a_manifest_that_contradicts_the_tables_is_caught(copy: Path) -> None:
    plans = json.loads((copy / "manifest.json").read_text())["plans"]
    plans[0]["kursi"] += 1
    seal(copy, plans=plans)
    assert failed(checked(copy)) == {"plans", "ledger"}
    seal(copy, release="contoh-1-000000000000", layers=[])
    assert "layers" in failed(checked(copy))


def test_a_renamed_release_is_caught(copy: Path) -> None:
    manifest = json.loads((copy / "manifest.json").read_text())
    write_json(copy / "manifest.json", manifest | {"release": "contoh-1-000000000000"})
    assert failed(checked(copy)) == {"files"}


def test_areas_agree_with_geodesic_polygons() -> None:
    geod = pyproj.Geod(ellps="WGS84")
    for layer in small_layers():
        shapes = shapely.orient_polygons(layer.geometry)
        told = np.array([abs(geod.geometry_area_perimeter(shape)[0]) for shape in shapes])
        assert area_m2(layer.geometry) == pytest.approx(told, rel=1e-6)
    long_edges = np.array([shapely.box(95, -11, 95.5, -10.5)])
    assert area_m2(long_edges)[0] == pytest.approx(geod.geometry_area_perimeter(long_edges[0])[0], rel=1e-6)


def test_ground_enclosed_by_units_that_meet_in_points_is_a_hole() -> None:
    # Two halves of a ring that touch in two points only: the union has no interior ring.
    left = shapely.Polygon([(0, 0), (-2, 2), (0, 4), (0, 3), (-1, 2), (0, 1), (0, 0)])
    touching = np.array(
        [
            shapely.Polygon([(0, 0), (-3, 2), (0, 4), (-1, 2)]),
            shapely.Polygon([(0, 0), (1, 2), (0, 4), (3, 2)]),
        ]
    )
    assert shapely.coverage_is_valid(touching)
    assert all(len(part.interiors) == 0 for part in shapely.get_parts(shapely.coverage_union_all(touching)))
    (hole,) = enclosed(touching)
    assert hole.equals(shapely.Polygon([(0, 0), (1, 2), (0, 4), (-1, 2)]))
    assert enclosed(np.array([left])).size == 0


def test_land_inside_a_lake_is_no_hole() -> None:
    ring = shapely.box(0, 0, 10, 10).difference(shapely.box(2, 2, 8, 8))
    (hole,) = enclosed(np.array([ring, shapely.box(4, 4, 6, 6)]))
    assert hole.area == pytest.approx(32)


def test_a_release_can_be_verified_from_its_object(published: Path) -> None:
    release = open_release(published)
    assert isinstance(release, Release)
    assert verify(release).release == release.id
