"""TopoJSON: read back by topojson-client under node; the small release always, the nation where it can be built."""

import functools
import gzip
import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from boundaries.errors import ReleaseError
from boundaries.exports import topojson as tj
from boundaries.ground.grid import GRID
from boundaries.ground.joining import as_multi
from boundaries.ground.soundness import invalid_units
from boundaries.release.store import STANDARD, open_release
from boundaries.topology import cost as topology_cost
from boundaries.topology import thinning
from boundaries.topology.arcs import build_topology, neighbours, trace
from boundaries.topology.cutting import cut, cut_all, objects
from boundaries.topology.generalise import check, generalise
from boundaries.topology.landmasses import signed_area
from tests.npm_packages import installed
from tests.small import make_small_release

ROOT = Path(__file__).parent.parent
READER = """
const topojson = require('topojson-client');
const t = JSON.parse(require('fs').readFileSync(process.argv[2]));
const out = {};
for (const [name, object] of Object.entries(t.objects)) {
  const features = topojson.feature(t, object).features;
  out[name] = {
    features: features.map(({id, properties}) => ({id, properties})),
    geometries: features.map(f => JSON.stringify(f.geometry)),
    neighbors: topojson.neighbors(object.geometries),
  };
}
process.stdout.write(JSON.stringify(out));
"""


@pytest.fixture(scope="session")
def client(tmp_path_factory):
    """A function from the bytes of a TopoJSON to what topojson-client makes of it."""
    folder = installed(tmp_path_factory.mktemp("node"), "topojson-client@3").parent
    (folder / "read.js").write_text(READER)

    def read(content: bytes) -> dict:
        (folder / "in.json").write_bytes(content)
        done = subprocess.run(
            ["node", "--max-old-space-size=4096", "read.js", "in.json"],
            cwd=folder,
            capture_output=True,
            check=True,
        )
        return json.loads(done.stdout)

    return read


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return open_release(make_small_release(tmp_path_factory.mktemp("small")))


# --- what holds for every file -----------------------------------------------------------------------


def shared_edges(geometry: np.ndarray) -> set[tuple[int, int]]:
    """Pairs of polygons that have more than points in common, as shapely finds them."""
    i, j = shapely.STRtree(geometry).query(geometry, predicate="touches")
    i, j = i[i < j], j[i < j]
    length = shapely.length(shapely.intersection(geometry[i], geometry[j]))
    return set(zip(i[length > 0].tolist(), j[length > 0].tolist(), strict=True))


def is_coverage(whole: np.ndarray) -> bool:
    """Whether polygons in whole numbers are a coverage: where GEOS doubts it, which holes that touch their own outline
    make it do, decided exactly."""
    return len(invalid_units(shapely.transform(whole, lambda xy: xy / 10**GRID))) == 0


def assert_sound(file: tj.File, client) -> dict[str, np.ndarray]:
    """Every polygon valid, every object a coverage, arcs unique, winding right; returns the geometries as read."""
    text = json.loads(file.content)
    assert text["type"] == "Topology"
    arcs = [np.cumsum(arc, axis=0) for arc in text["arcs"]]
    undirected = Counter(min(arc.tobytes(), arc[::-1].tobytes()) for arc in arcs)
    assert max(undirected.values()) == 1, "an arc is stored twice"
    steps = [np.sort(np.stack([a[:-1], a[1:]]), axis=0) for a in arcs]  # a segment belongs to one arc only
    ends = np.concatenate([np.stack([a[:-1], a[1:]], axis=1) for a in arcs])
    turned = (ends[:, 0, 0] > ends[:, 1, 0]) | (
        (ends[:, 0, 0] == ends[:, 1, 0]) & (ends[:, 0, 1] > ends[:, 1, 1])
    )
    ends[turned] = ends[turned][:, ::-1]
    assert len(np.unique(ends.reshape(-1, 4), axis=0)) == len(ends) == sum(s.shape[1] for s in steps)
    west, south, east, north = text["bbox"]
    found = {}
    for name, read in client(file.content).items():
        table = file.topology.tables[name]
        assert [f["id"] for f in read["features"]] == table.iloc[:, 0].tolist()
        assert [f["properties"]["id" if "id" in table else "kode"] for f in read["features"]] == table.iloc[
            :, 0
        ].tolist()
        geometry = shapely.from_geojson(read["geometries"])
        assert shapely.is_valid(geometry).all(), name
        assert not shapely.is_empty(geometry).any(), name
        # topojson-client multiplies; put back on the grid to ask whether neighbours share their edges
        scale, shift = np.array(text["transform"]["scale"]), np.array(text["transform"]["translate"])
        whole = shapely.transform(geometry, lambda xy: np.rint((xy - shift) / scale))  # noqa: B023
        assert is_coverage(whole), name
        polygons = shapely.get_parts(geometry)
        assert not shapely.is_ccw(shapely.get_exterior_ring(polygons)).any(), "d3 wants clockwise outsides"
        found_box = shapely.total_bounds(geometry)
        assert (found_box >= np.array([west, south, west, south]) - 1e-9).all()
        assert (found_box <= np.array([east, north, east, north]) + 1e-9).all()
        pairs = {(min(i, j), max(i, j)) for i, near in enumerate(read["neighbors"]) for j in near}
        assert pairs == shared_edges(whole), name
        assert pairs == {tuple(pair) for pair in neighbours(file.topology.rings[name]).tolist()}, name
        found[name] = geometry
    return found


def assert_equal_to_release(file: tj.File, release, year: int, geometry: dict[str, np.ndarray]) -> None:
    for name, read in geometry.items():
        layer = f"unit-{name}" if name in tj.UNITS else f"{name}-{year}"
        told = release.read_layer(layer, STANDARD)[1]
        rounded = as_multi(shapely.transform(read, lambda xy: np.round(xy, 7)))
        assert (rounded == shapely.normalize(told)).all(), name


# --- the small release -------------------------------------------------------------------------------


@pytest.mark.parametrize("year", [2019, 2024])
def test_full_is_the_release_to_the_last_digit(small, client, year):
    made = list(tj.files(small, year, ["standard"]))
    chambers = [name for name in tj.CHAMBERS if f"{name}-{year}" in small.layers]
    assert {f.name for f in made} == {f"{name}-{year}.topojson" for name in ("dapil", *chambers)}
    made.sort(key=lambda file: not file.name.startswith("dapil"))
    for file in made:
        assert_equal_to_release(file, small, year, assert_sound(file, client))
    assert set(made[0].topology.rings) == {*chambers, "provinsi", "kabkota"}


@pytest.mark.parametrize("size", ["web", "overview"])
def test_smaller_sizes_are_sound_and_keep_every_feature(small, client, size):
    for file in tj.files(small, 2024, [size], provinces=True):
        geometry = assert_sound(file, client)
        for name, read in geometry.items():
            told, source = small.read_layer(f"unit-{name}" if name in tj.UNITS else f"{name}-2024")
            own = (told["kode_provinsi"] == file.province).to_numpy() if file.province else slice(None)
            assert len(read) == len(source[own])
            assert (shapely.get_num_geometries(read) == shapely.get_num_geometries(source[own])).all()


def test_a_file_of_a_province_has_its_features_and_no_other(small):
    for file in tj.files(small, 2024, ["standard"], nation=False, provinces=True):
        chamber, _, code = file.name.removesuffix(".topojson").rpartition("-2024-")
        table = file.topology.tables[chamber]
        assert set(table["kode_provinsi"]) == {code}
        whole = small.read_layer(f"{chamber}-2024")[0]
        assert sorted(table["id"]) == sorted(whole.loc[whole["kode_provinsi"] == code, "id"])
        assert file.topology.tables["provinsi"]["kode"].tolist() == [code]


def test_arcs_are_joined_where_a_chamber_has_no_node(small):
    every, one = (tj.topology_of(small, 2024, chamber, provinsi=False) for chamber in ("", "dpr"))
    assert len(one) < len(every)
    own = objects(every, ["dpr"])
    assert len(own) == len(one)
    assert (shapely.normalize(own.polygons("dpr")) == shapely.normalize(one.polygons("dpr"))).all()


def polygons_again(topology):
    """The topology made anew of its polygons: what cutting must come to, found in another way."""
    return build_topology(
        {name: (table, topology.polygons(name)) for name, table in topology.tables.items()}, topology.grid
    )


def undirected(topology) -> set[bytes]:
    """Arcs, whichever way they run and wherever a ring begins."""
    found = set()
    for a, b, closed in zip(topology.starts[:-1], topology.starts[1:], topology.closed, strict=True):
        arc = topology.points[a:b]
        if closed:
            arc = np.roll(arc[:-1], -np.lexsort(arc[:-1].T)[0], axis=0)
            arc = np.concatenate([arc, arc[:1]])
        found.add(min(arc.tobytes(), arc[::-1].tobytes()))
    return found


@pytest.mark.parametrize("size", tj.SIZES)
def test_pieces_are_what_their_polygons_alone_would_make(small, size):
    for file in tj.files(small, 2024, [size], provinces=True):
        again = polygons_again(file.topology)
        assert len(again) == len(file.topology), file.name
        assert undirected(again) == undirected(file.topology), file.name


def test_pieces_cut_together_are_those_cut_alone(small):
    every = tj.topology_of(small, 2024)
    codes = every.tables["dprd-kabkota"]["kode_provinsi"]
    pieces = cut_all(every, {"dprd-kabkota": (codes == "81").astype(int).to_numpy()}, 2)
    for number, piece in enumerate(pieces):
        alone = cut(every, {"dprd-kabkota": ((codes == "81") == number).to_numpy()})
        assert np.array_equal(piece.points, alone.points)
        assert np.array_equal(piece.starts, alone.starts)
        assert piece.tables["dprd-kabkota"].equals(alone.tables["dprd-kabkota"])
    with pytest.raises(ReleaseError, match="1 of 3 pieces"):
        cut_all(every, {"dprd-kabkota": (codes == "81").astype(int).to_numpy()}, 3)


def segments(topology, name: str) -> np.ndarray:
    """Segments of an object in units of 1e-7 degree, the lower end first, sorted."""
    polygons = shapely.get_coordinates(shapely.get_rings(shapely.get_parts(topology.whole(name))))
    ends = np.stack([polygons[:-1], polygons[1:]], axis=1)
    ring = shapely.get_coordinates(
        shapely.get_rings(shapely.get_parts(topology.whole(name))), return_index=True
    )[1]
    ends = ends[ring[:-1] == ring[1:]] * topology.grid.step
    low = (ends[:, 0, 0] < ends[:, 1, 0]) | (
        (ends[:, 0, 0] == ends[:, 1, 0]) & (ends[:, 0, 1] < ends[:, 1, 1])
    )
    ends[~low] = ends[~low][:, ::-1]
    return np.unique(ends.reshape(-1, 4), axis=0)


def assert_agree(one, other, name: str) -> int:
    """Two topologies have in common all the ground that they bound together; returns how many segments."""
    mine, theirs = (segments(each, name) for each in (one, other))
    common = np.unique(np.concatenate([mine, theirs]), axis=0)
    shared = len(mine) + len(theirs) - len(common)
    a, b = (shapely.union_all(each.polygons(name)) for each in (one, other))
    border = shapely.length(shapely.intersection(a, b))
    ends = np.unique(np.concatenate([mine, theirs]), axis=0, return_counts=True)
    twice = ends[0][ends[1] == 2].reshape(-1, 2, 2) / 1e7
    assert shapely.area(shapely.intersection(a, b)) < 1e-12
    assert np.isclose(np.hypot(*(twice[:, 0] - twice[:, 1]).T).sum(), border, rtol=1e-9)
    return shared


@pytest.mark.parametrize("size", tj.SIZES)
def test_files_of_neighbouring_provinces_meet_without_a_gap(small, size):
    made = {(f.chamber, f.province): f for f in tj.files(small, 2024, [size], nation=False, provinces=True)}
    assert assert_agree(made["dpr", "31"].topology, made["dpr", "32"].topology, "provinsi") > 3


@pytest.mark.parametrize("size", ["web", "overview"])
def test_files_of_one_drawing_have_the_same_lines(small, size):
    made = {f.chamber: f for f in tj.files(small, 2024, [size])}
    every, one = (segments(made[chamber].topology, "dprd-kabkota") for chamber in ("", "dprd-kabkota"))
    assert np.array_equal(every, one)
    dpr, dpd = segments(made["dpr"].topology, "dpr"), segments(made["dpd"].topology, "dpd")
    assert len(np.unique(np.concatenate([dpr, dpd]), axis=0)) == len(dpr)


def test_one_file_is_written_as_all_are(small):
    for file in tj.files(small, 2024, provinces=True):
        alone = tj.one(small, 2024, file.chamber, file.province, file.size)
        assert (alone.name, alone.content) == (file.name, file.content)


def test_cost_is_that_of_the_features_of_the_file(small):
    made = {f.name: f for f in tj.files(small, 2024, provinces=True)}
    table = made["dapil-2024-web.topojson"].cost()
    assert list(table) == ["object", *topology_cost.COLUMNS]
    assert len(table) == sum(len(t) for t in made["dapil-2024.topojson"].topology.tables.values())
    own = made["dprd-kabkota-2024-web.topojson"].cost()
    same = table[table["object"].isin(own["object"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(
        own.sort_values("id", ignore_index=True), same.sort_values("id", ignore_index=True)
    )
    province = made["dpr-2024-32.topojson"].cost()
    assert province["id"].tolist() == ["dpr-2024-3201", "dpr-2024-3202", "32"]
    assert (province[["area_error_pct", "moved_pct", "hausdorff_m"]] == 0).all(axis=None)


@pytest.mark.parametrize("name", ["web", "province", "overview", "overview-dpr"])
def test_cost_is_what_shapely_measures(small, name):
    drawing = tj.Year(small, 2024).drawing(name)
    for each in drawing.topology.rings:
        found = drawing.costs.of(each)
        before, after = drawing.source.polygons(each), drawing.topology.polygons(each)
        area = shapely.area(before)
        assert np.allclose(found["area_error_pct"], 100 * (shapely.area(after) / area - 1), atol=1e-4)
        moved = 100 * shapely.area(shapely.symmetric_difference(before, after)) / area
        assert (found["moved_pct"] >= moved - 1e-4).all()
        assert np.allclose(found["moved_pct"], moved, rtol=0.02, atol=1e-3)
        line = shapely.hausdorff_distance(shapely.boundary(before), shapely.boundary(after)) * 111_195
        assert (found["hausdorff_m"] >= line - 0.1).all()
        assert (found["islands_drawn"] == shapely.get_num_geometries(after)).all()


def test_two_processes_write_the_same_bytes(small):
    code = (
        "import sys, hashlib; from boundaries.release.store import STANDARD, open_release\n"
        "from boundaries.exports.topojson import files\n"
        "made = files(open_release(sys.argv[1]), 2024, provinces=True)\n"
        "print([(f.name, hashlib.sha256(f.gzipped()).hexdigest()) for f in made])"
    )
    outs = {
        subprocess.run(
            [sys.executable, "-c", code, str(small.path)],
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outs) == 1


def test_gzip_holds_the_content_and_no_time(small):
    file = next(iter(tj.files(small, 2024, ["web"])))
    assert gzip.decompress(file.gzipped()) == file.content
    assert file.gzipped()[4:8] == bytes(4)


def test_properties_are_those_to_join_by_and_nothing_is_null(small):
    (whole,) = [each for each in tj.files(small, 2024, ["standard"]) if each.name == "dapil-2024.topojson"]
    text = json.loads(whole.content)
    dpr = text["objects"]["dpr"]["geometries"][0]["properties"]
    assert list(dpr) == ["id", "kode_dapil", "nama_dapil", "kursi", "kode_provinsi", "nama_provinsi"]
    assert isinstance(dpr["kursi"], int)
    doubtful = [
        each["properties"] for each in text["objects"]["dpr"]["geometries"] if "ragu" in each["properties"]
    ]
    told = [(each["id"], each["ragu"], each["ragu_en"]) for each in doubtful]
    assert told == [("dpr-2024-3202", "Letak Ciwidey diragukan", "The place of Ciwidey is doubtful")]
    assert "null" not in str(whole.content)
    kabkota = text["objects"]["dprd-kabkota"]["geometries"][0]["properties"]
    assert "kode_kabkota" in kabkota
    assert text["objects"]["provinsi"]["geometries"][0]["properties"].keys() == {"kode", "nama"}
    assert text["about"]["release"] == small.id


def test_what_is_not_there_is_named(small):
    with pytest.raises(ReleaseError, match="no layer of dpr in 1999"):
        tj.topology_of(small, 1999, "dpr")
    with pytest.raises(ReleaseError, match="no size 'tiny'"):
        list(tj.files(small, 2024, ["tiny"]))
    with pytest.raises(ReleaseError, match="no size 'tiny'"):
        tj.one(small, 2024, size="tiny")
    with pytest.raises(ReleaseError, match="no layer of dprd-kabkota in 2019; it has dpr"):
        tj.one(small, 2019, "dprd-kabkota")
    with pytest.raises(ReleaseError, match="nothing in province '31'; it has 32, 81"):
        tj.one(small, 2024, "dprd-kabkota", "31")
    with pytest.raises(ReleaseError, match="is of one chamber"):
        tj.one(small, 2024, province="32")


def test_of_nothing_there_is_no_topology():
    with pytest.raises(ReleaseError, match="no layer"):
        build_topology({})


def test_a_broken_topology_does_not_pass(small):
    topology = tj.topology_of(small, 2024)
    check(topology)
    spoilt = topology.points.copy()
    inside = topology.starts[np.diff(topology.starts).argmax()] + 1
    spoilt[inside] += 3_000_000  # a point thrown 0.3 degree away crosses its neighbours
    with pytest.raises(ReleaseError, match="invalid"):
        check(replace(topology, points=spoilt))


def test_a_feature_without_ground_does_not_pass_and_is_written_as_such():
    topology = squares((0, 0, 2, 2), (3, 0, 4, 2), (6, 0, 7, 1))
    for lost in range(3):
        left = thinning.only(topology, np.arange(3) != lost)
        with pytest.raises(
            ReleaseError, match=f"1 features have lost all their ground, the first dapil-{lost}"
        ):
            check(left)
        written = json.loads(tj.encode(left))["objects"]["dpr"]["geometries"]
        assert [len(each["arcs"]) for each in written] == [int(k != lost) for k in range(3)]
        assert written[lost]["type"] == "MultiPolygon"


def test_an_island_turned_the_wrong_way_does_not_pass():
    topology = archipelago(3)
    islet = int(np.diff(topology.starts).argmin())
    own = slice(topology.starts[islet], topology.starts[islet + 1])
    turned = topology.points.copy()
    turned[own] = turned[own][::-1]
    check(topology)
    with pytest.raises(ReleaseError, match="invalid"):
        check(replace(topology, points=turned))


def squares(*bounds: tuple[float, float, float, float]):
    """One feature a square."""
    table = pd.DataFrame({"id": [f"dapil-{k}" for k in range(len(bounds))]})
    return build_topology({"dpr": (table, as_multi(np.array([shapely.box(*b) for b in bounds])))})


def test_ground_that_two_features_claim_does_not_pass():
    check(squares((0, 0, 2, 2), (2, 0, 4, 2), (6, 0, 7, 1)))
    for other in ((0.5, 0.5, 1, 1), (0, 0, 2, 2), (1, 1, 3, 3), (2, 0.5, 4, 1.5)):
        with pytest.raises(
            ReleaseError, match=r"dpr: \d polygons are invalid .* or overlap others, the first"
        ):
            check(squares((0, 0, 2, 2), other))


def test_a_hole_may_hold_another_feature_but_not_be_filled_twice():
    ring = shapely.Polygon(shapely.box(0, 0, 9, 9).exterior, [shapely.box(3, 3, 6, 6).exterior.coords])
    for inside, passes in (
        ((3, 3, 6, 6), True),
        ((4, 4, 5, 5), True),
        ((3, 3, 7, 6), False),
        ((1, 1, 2, 2), False),
    ):
        geometry = as_multi(np.array([ring, shapely.box(*inside)]))
        topology = build_topology({"dpr": (pd.DataFrame({"id": ["a", "b"]}), geometry)})
        assert shapely.coverage_is_valid(geometry) == passes
        if passes:
            check(topology)
        else:
            with pytest.raises(ReleaseError, match="overlap others"):
                check(topology)


@given(st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_what_passes_is_a_coverage_to_shapely_too(seed):
    """Boxes thrown onto a coarse grid: now and then they overlap, share an edge in part, touch in a point."""
    rng = np.random.default_rng(seed)
    low = rng.integers(0, 6, (3, 2))
    high = low + rng.integers(1, 3, (3, 2))
    topology = squares(*np.concatenate([low, high], axis=1).tolist())
    try:
        check(topology)
    except ReleaseError:
        passed = False
    else:
        passed = True
    assert passed == shapely.coverage_is_valid(topology.whole("dpr"))


# --- islands -----------------------------------------------------------------------------------------


def archipelago(count: int = 300):
    """Two coasts with a strait, and islets strewn over the water in between, one feature each half."""
    rng = np.random.default_rng(2)
    where = rng.uniform([100.05, 0.05], [100.95, 0.95], (count, 2))
    size = rng.uniform(1e-4, 4e-3, count)
    islets = [shapely.box(x, y, x + s, y + s) for (x, y), s in zip(where, size, strict=True)]
    islets = [
        islet for k, islet in enumerate(islets) if not any(islet.intersects(other) for other in islets[:k])
    ]
    west, east = shapely.box(99, 0, 100, 1), shapely.box(101, 0, 102, 1)
    half = [
        [west, *(i for i in islets if i.bounds[0] < 100.5)],
        [east, *(i for i in islets if i.bounds[0] >= 100.5)],
    ]
    geometry = np.array([shapely.MultiPolygon(parts) for parts in half], dtype=object)
    geometry = shapely.transform(geometry, lambda xy: np.round(xy, 7))
    return build_topology({"dpr": (pd.DataFrame({"id": ["barat", "timur"]}), geometry)})


@pytest.mark.parametrize("step", [10_000, 30_000, 100_000])
def test_no_island_vanishes_however_coarse_the_grid(step):
    source = archipelago()
    drawn = generalise(source, step, 2_000)
    before, after = source.polygons("dpr"), drawn.polygons("dpr")
    assert (shapely.get_num_geometries(after) == shapely.get_num_geometries(before)).all()
    assert shapely.is_valid(after).all()
    rings = drawn.rings["dpr"]
    assert (signed_area(*trace(rings.refs, rings.ring, drawn.points, drawn.starts)) < 0).all()


def test_an_islet_left_out_lies_near_drawn_ground_of_its_feature():
    source = archipelago()
    reach = 3_000.0
    drawn = thinning.thin(source, np.array([shapely.Polygon()]), 60_000.0, reach)
    for before, after in zip(source.polygons("dpr"), drawn.polygons("dpr"), strict=True):
        kept = shapely.get_parts(after)
        gone = [p for p in shapely.get_parts(before) if not any(p.equals(k) for k in kept)]
        assert gone
        assert all(after.distance(islet) * 111_195 <= reach for islet in gone)
        assert all(islet.area * 111_195**2 < 60_000 for islet in gone)


def test_ground_that_must_stay_stays():
    source = archipelago()
    smallest = min(shapely.get_parts(source.polygons("dpr")[0]), key=lambda part: part.area)
    none = np.array([shapely.Polygon()])
    without, with_ = (thinning.thin(source, ground, 1e9, None) for ground in (none, np.array([smallest])))
    assert not any(smallest.equals(part) for part in shapely.get_parts(without.polygons("dpr")[0]))
    assert any(smallest.equals(part) for part in shapely.get_parts(with_.polygons("dpr")[0]))


# --- the nation --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def made(nation) -> dict[str, tj.File]:
    """Every file of 2024, some four hundred."""
    return {file.name.removesuffix(".topojson"): file for file in tj.files(nation, 2024, provinces=True)}


@pytest.mark.national
def test_the_nation_in_full_is_the_release(made, nation, client):
    file = made["dapil-2024"]
    assert_equal_to_release(file, nation, 2024, assert_sound(file, client))


@pytest.mark.national
@pytest.mark.parametrize(
    "name",
    [
        "dpr-2024-web",
        "dpr-2024-overview",
        "dapil-2024-overview",
        "dprd-kabkota-2024-web",
        "dpr-2024-21-web",
        "dprd-kabkota-2024-81-web",
        "dprd-provinsi-2024-32",
        "dprd-kabkota-2024-12-overview",
    ],
)
def test_files_of_the_nation_are_sound(made, client, name):
    assert_sound(made[name], client)


@pytest.mark.national
def test_files_of_provinces_are_coverages_to_shapely(made):
    """They were cut out, which the check of the drawing did not see."""
    for name, file in made.items():
        if file.size == "web" and file.province:
            for each in file.topology.rings:
                geometry = file.topology.whole(each)
                assert shapely.is_valid(geometry).all(), (name, each)
                assert shapely.coverage_is_valid(geometry), (name, each)


@pytest.mark.national
@pytest.mark.parametrize("size", tj.SIZES)
def test_provinces_side_by_side_are_a_coverage(made, size):
    """What two provinces' files say of their common border is the same, point for point."""
    own = [f for f in made.values() if f.chamber == "dpd" and f.size == size and f.province]
    assert len(own) == 38
    borders = np.concatenate([f.topology.whole("provinsi") for f in own])
    assert is_coverage(borders)


@pytest.mark.national
def test_the_nation_is_small_enough_and_whole(made, nation):
    goals = {"dapil-2024-web": 1_000_000, "dpr-2024-web": 200_000, "dpr-2024-overview": 80_000}
    for name, goal in goals.items():
        assert len(made[name].gzipped()) < goal, name
    read = functools.cache(nation.read_table)
    for name, file in made.items():
        for each, table in file.topology.tables.items():
            told = read(f"unit-{each}" if each in tj.UNITS else f"{each}-2024")
            if file.province:
                told = told[told["kode_provinsi"] == file.province]
            assert table.iloc[:, 0].tolist() == told["kode" if each in tj.UNITS else "id"].tolist(), name


@pytest.mark.national
def test_cost_of_the_nation_is_as_promised(made):
    for name, file in made.items():
        if file.province or file.size == "standard":
            continue
        cost = file.cost()
        assert (cost["islands_drawn"] > 0).all()
        if file.detail.island_m2 is None:
            assert (cost["islands_drawn"] == cost["islands"]).all()
        dpr = cost[cost["object"].isin(["dpr", "dpd"])]
        assert (dpr["area_error_pct"].abs() < {"web": 1.5, "overview": 8}[file.size]).all(), name


@pytest.mark.national
def test_every_unit_keeps_ground_in_the_overview(made, nation):
    """Also every island of the source that a unit lives on: the largest part of each kecamatan and desa."""
    points = shapely.point_on_surface(tj.landmarks(nation))
    kept = shapely.union_all(made["dpr-2024-overview"].drawing.drawn_from.polygons("dpr"))
    shapely.prepare(kept)
    assert shapely.covers(kept, points).all()
