"""The page's lookup, run under node, against the service's: the same unit, the same dapil, the same distances."""

import gzip
import json
import math
import re
import sqlite3
import subprocess
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import pytest
import shapely
from click.testing import CliRunner

from boundaries.cli import main
from boundaries.exports.mapdata import map_files
from boundaries.release.lookup import BORDER_M, CHAMBERS, REACH_M, Lookup, LookupResult, QuestionError, TooFar
from boundaries.release.store import Release, open_release
from boundaries.release.toy import PLANS, SmallPlan
from tests.page_modules import NODE, module, needs_node, run
from tests.points_help import Points, at_sea, middles, moved, nudged, on_land, vertices
from tests.service_help import app_of
from tests.small import make_small_release

RUNNER = Path(__file__).with_name("lookup_runner.mjs")
GEOD = pyproj.Geod(ellps="WGS84")
TOLERANCE_M = 0.1 + 1e-9

pytestmark = needs_node


class Both:
    """One release asked both ways."""

    def __init__(self, release: Release, data: Path) -> None:
        self.server = Lookup.from_release(release)
        self.data = data

    def page(
        self, questions: list[tuple[float, float, int | None]], data: Path | None = None
    ) -> list[dict[str, Any]]:
        assert NODE is not None
        run = subprocess.run(
            [NODE, RUNNER, json.loads(module("lookup.js")), data or self.data],
            input=json.dumps(questions).replace("NaN", '"NaN"'),
            capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert run.returncode == 0, run.stderr
        answers = json.loads(run.stdout)
        assert len(answers) == len(questions)
        return answers

    def ask(self, points: Points, years: list[int] | None = None) -> Iterator[tuple[Any, dict[str, Any]]]:
        """Ask both about every point, the years in turn; what the server refuses is its error."""
        years = years or self.server.years
        questions = [
            (float(lon), float(lat), years[at % len(years)]) for at, (lon, lat) in enumerate(points.tolist())
        ]
        for question, answer in zip(questions, self.page(questions), strict=True):
            yield served(self.server, *question), self.named(answer)

    def named(self, answer: dict[str, Any]) -> dict[str, Any]:
        """Name the other dapil that a page's answer gives as rows."""
        for chamber, seat in answer.get("dapil", {}).items():
            if seat["may"]:
                facts = json.loads((self.data / f"map-facts-{chamber}-{answer['year']}.json").read_bytes())
                at = facts["columns"].index("id")
                seat["may"] = [facts["rows"][row][at] for row in seat["may"]]
        return answer


def map_of(release: Release, folder: Path) -> Path:
    """Write the files of a release's map page into a new folder."""
    data = folder / "page"
    data.mkdir()
    for name, content in map_files(release):
        (data / name).write_bytes(content)
    return data


def served(server: Lookup, lon: float, lat: float, year: int | None) -> LookupResult | TooFar:
    try:
        return server.at(lon, lat, year)
    except TooFar as error:
        return error


def same(server: LookupResult | TooFar, page: dict[str, Any]) -> None:
    """Assert that both say the same."""
    where = (page.get("lon"), page.get("lat"), page.get("year"))
    if isinstance(server, TooFar):
        assert page["unit"] is None, where
        assert page["too_far"] is True
        assert page["nearest"]["kode"] == server.nearest.kode, where
        assert page["distance_m"] == pytest.approx(server.jarak_m, abs=TOLERANCE_M), where
        return
    same_law(server, page)
    if server.luar_negeri:
        assert (page["unit"], page["too_far"]) == (None, True), where
        assert page["nearest"]["kode"] == server.terdekat.kode, where
        assert page["distance_m"] == pytest.approx(server.jarak_m, abs=TOLERANCE_M), where
        return
    units = {name: getattr(server, name) for name in ("desa", "kecamatan", "kabkota", "provinsi")}
    told = {name: unit and {"kode": unit.kode, "nama": unit.nama} for name, unit in units.items()}
    if page["desa"] is None:  # the page has only the desa that a plan tells apart
        told["desa"] = None
    assert {name: page[name] for name in told} == told, where
    assert page["unit"] == (told["desa"] or told["kecamatan"]), where
    assert page["on_land"] == server.di_darat, where
    assert page["distance_m"] == pytest.approx(server.jarak_m, abs=TOLERANCE_M), where
    same_neighbours(server, page)
    assert (page["wrong_m"], page["undrawn"]) == (server.galat_m, server.di_celah), where


def same_law(server: LookupResult, page: dict[str, Any]) -> None:
    """The same dapil of every chamber, the same reasons where there is none, the same remarks."""
    where = (page.get("lon"), page.get("lat"), page.get("year"))
    assert list(page["dapil"]) == [seat.lembaga for seat in server.dapil] == list(CHAMBERS)
    for seat in server.dapil:
        own = page["dapil"][seat.lembaga]
        assert own["id"] == seat.id, where
        assert own["may"] == [each.id for each in seat.mungkin], where
        if seat.alasan:
            assert {key: own["reason"][key] for key in ("id", "en")} == seat.alasan, where
    assert page["remarks"] == list(server.keterangan), where


def same_neighbours(server: LookupResult, page: dict[str, Any]) -> None:
    """The same units at the same distances; only one that lies within a hair of the limit may be told by one alone."""
    edge = server.jarak_m + BORDER_M
    theirs = {each.kode: each.jarak_m for each in server.tetangga}
    ours = {each["kode"]: each["m"] for each in page["neighbours"]}
    for code in theirs.keys() ^ ours.keys():
        assert (theirs | ours)[code] == pytest.approx(edge, abs=0.2), (code, page)
    for code in theirs.keys() & ours.keys():
        assert ours[code] == pytest.approx(theirs[code], abs=TOLERANCE_M), (code, page)
    assert [each["m"] for each in page["neighbours"]] == sorted(ours.values())


# --- the small nation --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Both:
    folder = tmp_path_factory.mktemp("small")
    return Both(release := open_release(make_small_release(folder / "releases")), map_of(release, folder))


def test_the_page_has_the_coordinates_of_the_release(small):
    """To the last bit, or nothing below would hold."""
    code = (
        'import { decodeGround } from "ground.js";\n'
        "const units = given.flatMap((path) => decodeGround(JSON.parse(readFileSync(path))));\n"
        "tell(units.map((u) => [u.kode, u.polygons.flat().flatMap((r) => [...r.points])]));\n"
    )
    found = dict(run(code, [str(path) for path in small.data.glob("map-units-*.topojson")]))
    assert sorted(found) == small.server.codes.tolist()
    for code, shape in zip(small.server.codes, small.server.shapes, strict=True):
        ours = np.array(found[code]).reshape(-1, 2)
        theirs = shapely.get_coordinates(shape)
        assert len(ours) == len(
            theirs
        )  # a ring may begin at another vertex, so the points are compared as sets
        assert set(map(tuple, ours.tolist())) == set(map(tuple, theirs.tolist()))


def evaluated(function: str, arguments: np.ndarray) -> np.ndarray:
    """What a function of geodesy.js returns for rows of arguments."""
    code = f'import {{ {function} }} from "geodesy.js";\ntell(given.map((row) => {function}(...row)));\n'
    return np.array(run(code, arguments.tolist()))


def test_sides_of_lines_are_exact(small):
    """Against fractions, for the points nearest to a line; near the equator doubles alone err there."""
    random = np.random.default_rng(10)
    a = np.round(random.uniform((95, -11), (141, 6), (3000, 2)), 7)
    a[1000:, 1] = random.integers(-10, 11, 2000) / 1e7
    b = np.round(a + random.uniform(-0.01, 0.01, a.shape), 7)
    b[1000:, 1] = random.integers(-10, 11, 2000) / 1e7
    p = a + random.uniform(0, 1, (3000, 1)) * (b - a)
    lines = [tuple(map(Fraction, row)) for row in np.column_stack([a, b, p[:, 0]]).tolist()]
    p[:, 1] = [float(y + (at - x) * (v - y) / (u - x)) for x, y, u, v, at in lines]
    p[:500] = nudged(p[:500], random)
    p[500:600] = a[500:600]
    p[600:700] = (0.0, 5e-324)  # the least double there is
    rows = np.column_stack([a, b, p])
    exact = [
        (u - x) * (t - y) - (v - y) * (s - x)
        for x, y, u, v, s, t in (map(Fraction, row) for row in rows.tolist())
    ]
    expected = np.array([(value > 0) - (value < 0) for value in exact])
    assert evaluated("sideOfLine", rows).tolist() == expected.tolist()
    plain = np.sign((b[:, 0] - a[:, 0]) * (p[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (p[:, 0] - a[:, 0]))
    assert (plain != expected).sum() > 50  # so the test can fail


def test_distances_are_geodesic(small):
    random = np.random.default_rng(11)
    start = random.uniform((90, -15), (145, 10), (2000, 2))
    metres = np.concatenate([[0.0], np.geomspace(1e-3, 8e6, 1999)])
    end = moved(start, metres, random)
    rows = np.column_stack([start, end])
    rows[1000:1100, [1, 3]] = 0.0  # along the equator
    rows[1100:1200, 2] = rows[1100:1200, 0]  # along a meridian
    expected = GEOD.inv(*rows.T)[2]
    found = evaluated("geodesicMetres", rows)
    assert np.abs(found - expected).max() < 0.001
    far = np.array(
        [[120.0, -3.0, -60.0, 3.1], [120.0, 0.0, -60.2, 0.0]]
    )  # almost at the other side of the globe
    assert evaluated("geodesicMetres", far) == pytest.approx(GEOD.inv(*far.T)[2], rel=0.006)


def test_on_land_and_at_sea(small):
    random = np.random.default_rng(5)
    points = np.column_stack([random.uniform(106.4, 107.7, 400), random.uniform(-7.1, -6.5, 400)])
    answers = list(small.ask(points))
    for server, page in answers:
        same(server, page)
    kinds = [
        "TooFar" if isinstance(server, TooFar) or server.luar_negeri else server.di_darat
        for server, _ in answers
    ]
    assert min(kinds.count(kind) for kind in ("TooFar", True, False)) > 20


def test_at_borders_both_say_that_they_are_near(small):
    random = np.random.default_rng(6)
    starts = vertices(small.server, 2, 4, 200, random)
    for server, page in small.ask(moved(starts, random.uniform(0, 45, len(starts)), random)):
        same(server, page)
        assert server.tetangga
        assert page["neighbours"]


def test_on_a_border_the_lowest_code_has_it(small):
    random = np.random.default_rng(7)
    corners = vertices(small.server, 2, 4, 150, random)
    for server, page in small.ask(corners):
        same(server, page)
        assert page["on_land"]
        assert page["unit"]["kode"] < min(each["kode"] for each in page["neighbours"] if each["m"] == 0)


def test_a_hair_beside_a_line(small):
    random = np.random.default_rng(8)
    points = np.concatenate([middles(small.server, 200, random), vertices(small.server, 1, 4, 100, random)])
    for server, page in small.ask(np.concatenate([points, nudged(points, random)])):
        same(server, page)


def test_what_cannot_be_asked_is_refused_by_both(small):
    questions = [
        (math.nan, 0.0, None), (181.0, 0.0, None), (-6.9, 107.6, None), (-6.9, 90.0, None), (107.0, 95.0, None),
        (107.0, -7.0, 2009), (107.0, -7.0, 2014),
    ]  # fmt: skip
    for question, page in zip(questions, small.page(questions), strict=True):
        with pytest.raises(QuestionError) as error:
            small.server.at(*question)
        assert page["error"]["parameter"] == error.value.parameter, question
        assert tuple(map(str, page["error"]["allowed"])) == error.value.allowed
    codes = [page["error"]["code"] for page in small.page(questions)]
    assert codes == ["not-finite", "out-of-range", "swapped", "swapped", "out-of-range", "year", "year"]


def test_without_a_year_it_is_the_latest(small):
    [answer] = small.page([(106.55, -6.95, None)])
    assert answer["year"] == small.server.years[-1]


def test_of_councils_the_rows_of_the_own_province_are_enough_and_all_will_do(small, tmp_path):
    """Who asks for a place waits for no rows of other provinces; without a network the whole file is what is kept."""
    kept = tmp_path / "kept"
    kept.mkdir()
    for path in small.data.iterdir():
        if not re.fullmatch(r"map-facts-.*-\d\d\.json", path.name):
            (kept / path.name).symlink_to(path)
    starts = vertices(small.server, 2, 4, 40, np.random.default_rng(15))
    questions = [(float(lon), float(lat), 2024) for lon, lat in starts]
    apart, whole = small.page(questions), small.page(questions, kept)
    councils = {name for answer in apart for name in answer["opened"] if name.startswith("map-facts-dprd")}
    assert councils == {f"map-facts-dprd-kabkota-2024-{code}.json" for code in ("32", "81")}
    told = ("unit", "dapil", "remarks")
    assert [[each[name] for name in told] for each in apart] == [
        [each[name] for name in told] for each in whole
    ]
    assert any(seat["id"] for each in apart for seat in [each["dapil"]["dprd-kabkota"]])


@pytest.fixture(scope="module")
def unsure(tmp_path_factory: pytest.TempPathFactory) -> Both:
    """The small nation, of which one kabkota has lines that can be 3 km wrong."""
    folder = tmp_path_factory.mktemp("unsure")
    release = open_release(make_small_release(folder / "releases"))
    with sqlite3.connect(release.gpkg) as package:
        package.execute("CREATE TABLE accuracy (fid INTEGER PRIMARY KEY, kode TEXT, beda_90_m INTEGER)")
        package.execute("INSERT INTO accuracy (kode, beda_90_m) VALUES ('32.04', 3000), ('32.10', 7)")
        package.execute("INSERT INTO gpkg_contents (table_name, data_type) VALUES ('accuracy', 'attributes')")
    return Both(release, map_of(release, folder))


def test_near_is_as_far_as_lines_can_be_wrong(unsure):
    """The other dapil within 3 km are named by both, those beyond by neither; what is held for sure reaches 50 m."""
    kinds = set()
    starts = vertices(unsure.server, 2, 4, 150, np.random.default_rng(12))
    points = moved(starts, np.random.default_rng(13).uniform(0, 9000, 150), np.random.default_rng(14))
    for server, page in unsure.ask(np.concatenate([starts, points]), [2024]):
        same(server, page)
        if isinstance(server, TooFar) or not server.di_darat or server.kabkota is None:
            continue
        wrong = 3000.0 if server.kabkota.kode == "32.04" else BORDER_M
        assert server.galat_m == wrong
        metres = [distance(shape, server.lon, server.lat) for shape in unsure.server.shapes]
        if min(abs(each - wrong) for each in metres) < 1:
            continue
        for seat in filter(lambda each: each.id, server.dapil):
            [plan] = [each for each in PLANS if each.id == f"{seat.lembaga}-2024"]
            near = {
                holder(plan, code)
                for code, far in zip(unsure.server.codes, metres, strict=True)
                if far < wrong
            }
            assert {each.kode_dapil for each in seat.mungkin} == near - {seat.kode_dapil, None}
            kinds.add((wrong, bool(seat.mungkin)))
    assert kinds == {(3000.0, True), (3000.0, False), (BORDER_M, True), (BORDER_M, False)}


def distance(shape: shapely.Geometry, lon: float, lat: float) -> float:
    """Metres to a shape, by the sphere's plane at the point: good to a metre for some kilometres."""
    scale = np.array([math.cos(math.radians(lat)), 1.0]) * 110_574
    around = shapely.transform(shape, lambda xy: (xy - (lon, lat)) * scale * (1.00671, 1.0))
    return float(shapely.distance(around, shapely.Point(0, 0)))


def holder(plan: SmallPlan, code: str) -> str | None:
    """The dapil of a unit by the law's table."""
    units = {unit: dapil for dapil, *_, members in plan.dapil for unit in members}
    return next((units[code[:end]] for end in (13, 8, 5, 2) if code[:end] in units), None)


def test_ground_that_land_encloses_answers_with_what_is_around(small):
    """Never as sea: the units around it are named, all of them."""
    land = shapely.get_parts(shapely.union_all(small.server.shapes))
    holes = [shapely.Polygon(ring) for part in land for ring in part.interiors]
    lake = max(holes, key=lambda hole: hole.area)
    middle = lake.representative_point()
    [(server, page)] = small.ask(np.array([[middle.x, middle.y]]), [2024])
    same(server, page)
    assert page["undrawn"]
    assert not page["on_land"]
    beside = small.server.codes[shapely.intersects(small.server.shapes, lake)]
    file = json.loads((small.data / "map-undrawn.json").read_bytes())
    assert beside.tolist() in [hole["kode"] for hole in file["holes"]]


def test_over_http(small, tmp_path):
    """What /lookup writes, from a service of its own."""
    make_small_release(tmp_path)
    client = app_of(tmp_path).test_client()
    points = on_land(small.server.shapes, 30, np.random.default_rng(9)).tolist()
    for (lon, lat), page in zip(points, small.page([(lon, lat, 2024) for lon, lat in points]), strict=True):
        found = client.get("/lookup", query_string={"lon": lon, "lat": lat, "year": 2024}).json
        assert {each["lembaga"]: each["id"] for each in found["dapil"]} == {
            chamber: seat["id"] for chamber, seat in page["dapil"].items()
        }
        assert (found["kecamatan"]["kode"], found["kecamatan"]["nama"]) == tuple(page["kecamatan"].values())
        assert {each["kode"]: each["jarak_m"] for each in found["tetangga"]} == pytest.approx(
            {each["kode"]: each["m"] for each in page["neighbours"]}, abs=TOLERANCE_M
        )


def test_only_provinces_nearby_are_fetched(small):
    """The position stays in the page: what is asked for is whole provinces, and no more of them than need be."""
    [answer] = small.page([(106.55, -6.95, 2024)])
    opened = {name for name in answer["opened"] if name.endswith(".topojson")}
    assert opened == {"map-units-31.topojson"}
    [far] = small.page([(106.3, -6.95, 2024)])
    opened = [name for name in far["opened"] if name.endswith(".topojson")]
    assert opened[0] == "map-units-31.topojson"
    assert "map-units-81.topojson" not in opened


# --- the nation --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def both(nation: Release, nation_map: Path) -> Both:
    return Both(nation, nation_map)


@pytest.mark.national
def test_four_thousand_places_on_land(both):
    points = on_land(both.server.shapes, 4_000, np.random.default_rng(1))
    times = []
    for server, page in both.ask(points):
        same(server, page)
        assert page["on_land"]
        times.append(page["milliseconds"])
    assert np.median(times) < 20
    # a phone is slower than this machine; opening a province is among them
    assert np.quantile(times, 0.99) < 100


@pytest.mark.national
def test_five_hundred_places_near_a_border(both):
    random = np.random.default_rng(2)
    starts = vertices(both.server, 2, 9, 1000, random)
    for server, page in both.ask(moved(starts, random.uniform(0, 45, len(starts)), random)):
        same(server, page)
        assert server.tetangga
        assert page["neighbours"]


#: Places that people know: where they are, and the kecamatan and the dapil of the DPR that they lie in by the law.
KNOWN = json.loads(Path(__file__).with_name("known_places.json").read_text("utf-8"))
ABROAD = ((-0.1276, 51.5072), (101.6869, 3.139), (39.1925, 21.4858))  # London, Kuala Lumpur, Jeddah


@pytest.fixture(scope="module")
def client(nation):
    with app_of(nation.path).test_client() as client:
        yield client


def by_command(nation, lon, lat):
    made = CliRunner().invoke(main, ["lookup", str(lon), str(lat), "--release", str(nation.path), "--json"])
    assert made.exit_code == 0, made.output
    return json.loads(made.stdout)


def by_http(client, lon, lat):
    """What the service answers beside what it adds: the release, and where each dapil is."""
    found = client.get("/lookup", query_string={"lon": lon, "lat": lat, "year": 2024, "f": "json"}).json
    del found["rilis"]
    for seat in found["dapil"]:
        seat.pop("href", None)
    return found


def plain(server):
    return json.loads(json.dumps(server.as_dict()))


@pytest.mark.national
def test_places_that_people_know_are_where_they_are_and_all_say_so(both, client, nation):
    assert len(KNOWN) == 36
    points = np.array([(each["lon"], each["lat"]) for each in KNOWN])
    for number, (place, (server, page)) in enumerate(zip(KNOWN, both.ask(points, [2024]), strict=True)):
        same(server, page)
        assert page["kecamatan"] == {"kode": place["kecamatan"], "nama": place["name"]}, place["place"]
        assert page["dapil"]["dpr"]["id"] == f"dpr-2024-{place['dpr']}", place["place"]
        assert by_http(client, server.lon, server.lat) == plain(server)
        if number % 12 == 0:
            assert by_command(nation, server.lon, server.lat) == plain(server)


@pytest.mark.national
def test_a_thousand_points_near_borders_are_told_alike_and_how_sure(both, client):
    random = np.random.default_rng(12)
    starts = vertices(both.server, 2, 9, 1000, random)
    doubtful = 0
    for number, (server, page) in enumerate(
        both.ask(moved(starts, random.uniform(0, 400, 1000), random), [2024])
    ):
        same(server, page)
        if isinstance(server, TooFar):
            continue
        doubtful += any(seat.mungkin for seat in server.dapil)
        if number % 10 == 0:
            assert by_http(client, server.lon, server.lat) == plain(server)
    assert 300 < doubtful < 900  # lines are not sure to the metre, and that is said


@pytest.mark.national
def test_gaps_of_papua_and_places_abroad_are_told_alike(both, client, nation):
    gaps = [hole for hole in both.server._holes if shapely.bounds(hole)[0] > 130]
    assert len(gaps) >= 3
    inside = shapely.get_coordinates([shapely.point_on_surface(hole) for hole in gaps[:40]])
    answers = list(both.ask(inside, [2024]))
    for server, page in answers:
        same(server, page)
        assert server.di_celah != server.di_darat  # there is an island in one
    assert sum(server.di_celah for server, _ in answers) >= len(gaps) - 1
    for server, page in both.ask(np.array(ABROAD), [2024]):
        same(server, page)
        assert server.luar_negeri
        assert [seat.id for seat in server.dapil] == ["dpr-2024-3102", None, None, None]
        assert by_http(client, server.lon, server.lat) == plain(server)
    assert by_command(nation, *ABROAD[0])["dapil"][0]["id"] == "dpr-2024-3102"


@pytest.mark.national
def test_three_hundred_places_at_sea(both):
    random = np.random.default_rng(3)
    answers = list(both.ask(at_sea(both.server, 12_000, 300, random)))
    for server, page in answers:
        same(server, page)
    far = [server for server, _ in answers if isinstance(server, TooFar) or server.luar_negeri]
    assert 20 < len(far) < 280
    assert (
        5 < sum(isinstance(server, TooFar) for server in far) < len(far)
    )  # abroad is known of some years only
    assert any(server.jarak_m > REACH_M + 2_000 for server in far)


@pytest.mark.national
def test_exactly_on_vertices_and_edges(both):
    random = np.random.default_rng(4)
    points = np.concatenate(
        [
            vertices(both.server, 2, 9, 200, random),
            vertices(both.server, 1, 1, 100, random),
            middles(both.server, 300, random),
        ]
    )
    for server, page in both.ask(np.concatenate([points, nudged(points, random)])):
        same(server, page)


@pytest.mark.national
def test_a_province_is_small_enough_for_a_phone(both):
    sizes = {
        path.name: len(gzip.compress(path.read_bytes(), 9)) for path in both.data.glob("map-units-*.topojson")
    }
    assert len(sizes) == 38
    assert max(sizes.values()) < 1_000_000  # in full detail: Jawa Timur has 38 kabkota and 666 kecamatan
