"""Filters through HTTP against the same question asked of GeoPandas on the release's own GeoPackage.

A table of questions, each beside a pandas expression written by hand; the same in CQL2 JSON; joined with every
other parameter; and some hundred random ones. Always: the same ids in the same order, `numberMatched` exact, paging
whole. Which features a filter finds is never computed with the service's modules here.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyproj
import pytest
import shapely
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from boundaries.release.store import Release
from tests.filters_help import json_of as tree_of
from tests.service_help import app_of, get, ids, items, link
from tests.small import make_small_release
from tests.test_filters_against_geopandas import answer, json_of, questions, text_of

EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
CHAMBERS = ("dpr", "dpd", "dprd-provinsi", "dprd-kabkota")
Frame = gpd.GeoDataFrame
Mask = Callable[[Frame], Any]

WEST = "POLYGON((106.45 -7.1, 106.8 -7.1, 106.8 -6.6, 106.45 -6.6, 106.45 -7.1))"
west = shapely.from_wkt(WEST)
LINE = "LINESTRING(106.4 -6.93, 107.6 -6.87)"
line = shapely.from_wkt(LINE)
SPOT = "POINT(106.55 -6.95)"


def plain(text: pd.Series) -> pd.Series:
    """Text without accents and case; unknown stays unknown."""
    return text.str.normalize("NFD").str.replace("[\u0300-\u036f]", "", regex=True).str.casefold()


def end(f: Frame) -> pd.Series:
    """When a plan ends; one in force ends later than anything."""
    return f["selesai"].fillna("9999-12-31")


#: A filter, and what it means. Unknown (null) is never a yes, whatever is asked: pandas says so where it matters.
PLANS: dict[str, Mask] = {
    "kursi > 5": lambda f: f["kursi"] > 5,
    "kursi >= 6": lambda f: f["kursi"] >= 6,
    "kursi < 5.5": lambda f: f["kursi"] <= 5,
    "kursi <= 4": lambda f: f["kursi"] <= 4,
    "kursi = 6": lambda f: f["kursi"] == 6,
    "kursi <> 6": lambda f: f["kursi"] != 6,
    "6 < kursi": lambda f: f["kursi"] > 6,
    "kursi = 6.0": lambda f: f["kursi"] == 6,
    '"kursi" = 6': lambda f: f["kursi"] == 6,
    "luas_km2 > 1000.5": lambda f: f["luas_km2"] > 1000.5,
    "nama_dapil = 'MALUKU'": lambda f: f["nama_dapil"] == "MALUKU",
    "nama_dapil <> 'MALUKU'": lambda f: f["nama_dapil"] != "MALUKU",
    "nama_dapil > 'JAWA BARAT I'": lambda f: f["nama_dapil"] > "JAWA BARAT I",
    "nama_dapil = 'maluku'": lambda f: f["nama_dapil"] == "maluku",
    "id = 'dpr-2024-3201'": lambda f: f.index == "dpr-2024-3201",
    "penduduk > 1500000": lambda f: (f["penduduk"] > 1_500_000).fillna(False),
    "NOT penduduk > 1500000": lambda f: (f["penduduk"] <= 1_500_000).fillna(False),
    "penduduk <> 1700000": lambda f: f["penduduk"].notna() & (f["penduduk"] != 1_700_000),
    "penduduk IS NULL": lambda f: f["penduduk"].isna(),
    "penduduk IS NOT NULL": lambda f: f["penduduk"].notna(),
    "NOT (penduduk IS NULL)": lambda f: f["penduduk"].notna(),
    "ragu IS NOT NULL": lambda f: f["ragu"].notna(),
    "nama_lain IS NULL": lambda f: f["nama_lain"].isna(),
    "selesai IS NULL AND kursi = 4": lambda f: f["selesai"].isna() & (f["kursi"] == 4),
    "geometry IS NOT NULL": lambda f: f["kursi"] > 0,
    "kursi > 4 AND kursi < 6": lambda f: f["kursi"] == 5,
    "kursi = 4 OR kursi = 5": lambda f: f["kursi"].isin([4, 5]),
    "kursi = 4 OR kursi = 5 AND tahun = 2019": lambda f: (f["kursi"] == 4) | ((f["kursi"] == 5) & (f["tahun"] == 2019)),
    "(kursi = 4 OR kursi = 5) AND tahun = 2019": lambda f: f["kursi"].isin([4, 5]) & (f["tahun"] == 2019),
    "NOT (kursi = 4 OR penduduk > 1500000)": lambda f: (f["kursi"] != 4) & (f["penduduk"] <= 1_500_000).fillna(False),
    "NOT kursi = 4 AND NOT kursi = 6": lambda f: ~f["kursi"].isin([4, 6]),
    "nama_dapil LIKE 'JAWA%'": lambda f: f["nama_dapil"].str.startswith("JAWA"),
    "nama_dapil LIKE '%I'": lambda f: f["nama_dapil"].str.endswith("I"),
    "nama_dapil LIKE '%T I%'": lambda f: f["nama_dapil"].str.contains("T I"),
    "nama_dapil LIKE '_AWA%'": lambda f: f["nama_dapil"].str.match(".AWA"),
    "nama_dapil LIKE 'jawa%'": lambda f: f["nama_dapil"].str.startswith("jawa"),
    "nama_dapil NOT LIKE 'JAWA%'": lambda f: ~f["nama_dapil"].str.startswith("JAWA"),
    "nama_dapil LIKE 'MALUKU'": lambda f: f["nama_dapil"] == "MALUKU",
    r"nama_dapil LIKE '%\%%'": lambda f: f["nama_dapil"].str.contains("%"),
    "ragu LIKE '%ciwidey%'": lambda f: f["ragu"].str.contains("ciwidey").fillna(False).astype(bool),
    "ragu NOT LIKE 'x%'": lambda f: f["ragu"].notna(),
    "CASEI(nama_dapil) LIKE CASEI('Jawa%')": lambda f: plain(f["nama_dapil"]).str.startswith("jawa"),
    "CASEI(nama_dapil) = CASEI('maluku')": lambda f: plain(f["nama_dapil"]) == "maluku",
    "ACCENTI(nama_dapil) = ACCENTI('MÁLÚKÜ')": lambda f: f["nama_dapil"] == "MALUKU",
    "CASEI(ACCENTI(wilayah)) LIKE CASEI(ACCENTI('%bändung%'))": lambda f: plain(f["wilayah"]).str.contains("bandung"),
    "CASEI(nama_dapil) IN (CASEI('maluku'), CASEI('Dki Jakarta I'))": lambda f: f["nama_dapil"].isin(
        ["MALUKU", "DKI JAKARTA I"]
    ),
    "kursi BETWEEN 5 AND 6": lambda f: f["kursi"].between(5, 6),
    "kursi NOT BETWEEN 5 AND 6": lambda f: ~f["kursi"].between(5, 6),
    "penduduk BETWEEN 1000000 AND 1800000": lambda f: f["penduduk"].between(1_000_000, 1_800_000).fillna(False),
    "kursi BETWEEN 6 AND 5": lambda f: f["kursi"] < 0,
    "kursi IN (4, 6)": lambda f: f["kursi"].isin([4, 6]),
    "kursi NOT IN (4, 6)": lambda f: ~f["kursi"].isin([4, 6]),
    "penduduk NOT IN (1700000)": lambda f: f["penduduk"].notna() & (f["penduduk"] != 1_700_000),
    "nama_provinsi IN ('Maluku', 'x')": lambda f: f["nama_provinsi"] == "Maluku",
    "kursi + 1 > 6": lambda f: f["kursi"] > 5,
    "kursi * 2 = tahun - 2012": lambda f: f["kursi"] * 2 == f["tahun"] - 2012,
    "penduduk / kursi > 400000": lambda f: (f["penduduk"] / f["kursi"] > 400_000).fillna(False),
    "kursi % 2 = 0": lambda f: f["kursi"] % 2 == 0,
    "kursi ^ 2 > 30": lambda f: f["kursi"] ** 2 > 30,
    "penduduk > kursi * 400000": lambda f: (f["penduduk"] > f["kursi"] * 400_000).fillna(False),
    "kode_dapil = kode_provinsi": lambda f: f["kode_dapil"] == f["kode_provinsi"],
    "mulai = DATE('2019-04-17')": lambda f: f["mulai"] == "2019-04-17",
    "mulai > DATE('2020-01-01')": lambda f: f["mulai"] > "2020-01-01",
    "selesai <= DATE('2024-02-14')": lambda f: (f["selesai"] <= "2024-02-14").fillna(False).astype(bool),
    "mulai BETWEEN DATE('2019-01-01') AND DATE('2019-12-31')": lambda f: f["tahun"] == 2019,
    "T_AFTER(mulai, DATE('2020-01-01'))": lambda f: f["mulai"] > "2020-01-01",
    "T_BEFORE(mulai, TIMESTAMP('2020-01-01T00:00:00Z'))": lambda f: f["mulai"] < "2020-01-01",
    "T_INTERSECTS(INTERVAL(mulai, selesai), INTERVAL('2020-01-01', '2021-01-01'))": lambda f: (
        (f["mulai"] <= "2021-01-01") & (end(f) >= "2020-01-01")
    ),
    "T_DURING(INTERVAL(mulai, selesai), INTERVAL('2019-01-01', '2025-01-01'))": lambda f: f["tahun"] == 2019,
    "T_MEETS(INTERVAL(mulai, selesai), INTERVAL('2024-02-14', '..'))": lambda f: end(f) == "2024-02-14",
    "T_DISJOINT(INTERVAL(mulai, selesai), INTERVAL('2025-01-01', '..'))": lambda f: end(f) < "2025-01-01",
    f"S_INTERSECTS(geometry, {WEST})": lambda f: f.intersects(west),
    f"S_DISJOINT(geometry, {WEST})": lambda f: ~f.intersects(west),
    f"S_WITHIN(geometry, {WEST})": lambda f: f.within(west),
    f"S_CONTAINS(geometry, {SPOT})": lambda f: f.contains(shapely.from_wkt(SPOT)),
    f"S_OVERLAPS(geometry, {WEST})": lambda f: f.overlaps(west),
    f"S_CROSSES(geometry, {LINE})": lambda f: f.crosses(line),
    f"S_CROSSES({LINE}, geometry)": lambda f: f.crosses(line),
    f"S_TOUCHES(geometry, {WEST})": lambda f: f.touches(west),
    f"S_WITHIN({SPOT}, geometry)": lambda f: f.contains(shapely.from_wkt(SPOT)),
    f"NOT S_INTERSECTS(geometry, {WEST})": lambda f: ~f.intersects(west),
    "S_INTERSECTS(geometry, BBOX(106.5, -7, 106.7, -6.8))": lambda f: f.intersects(shapely.box(106.5, -7, 106.7, -6.8)),
    "S_INTERSECTS(geometry, MULTIPOINT((106.55 -6.95), (107.35 -6.65)))": lambda f: f.intersects(
        shapely.MultiPoint([(106.55, -6.95), (107.35, -6.65)])
    ),
    "S_INTERSECTS(geometry, GEOMETRYCOLLECTION(POINT(106.55 -6.95), POINT(1 1)))": lambda f: f.intersects(
        shapely.Point(106.55, -6.95)
    ),
    f"S_INTERSECTS(geometry, {WEST}) AND kursi > 5": lambda f: f.intersects(west) & (f["kursi"] > 5),
    f"S_INTERSECTS(geometry, {WEST}) OR nama_dapil = 'MALUKU'": lambda f: (
        f.intersects(west) | (f["nama_dapil"] == "MALUKU")
    ),
    "true": lambda f: f["kursi"] > 0,
    "NOT true": lambda f: f["kursi"] < 0,
}  # fmt: skip

UNITS: dict[str, Mask] = {
    "luas_km2 > 100": lambda f: f["luas_km2"] > 100,
    "kode LIKE '32.%'": lambda f: f.index.str.startswith("32."),
    "kode = '32.10'": lambda f: f.index == "32.10",
    "kode_provinsi = '81' AND nama LIKE '%02'": lambda f: (f["kode_provinsi"] == "81") & f["nama"].str.endswith("02"),
    "kode_kabkota IN ('31.71', '31.72')": lambda f: f["kode_kabkota"].isin(["31.71", "31.72"]),
    f"S_WITHIN(geometry, {WEST})": lambda f: f.within(west),
    f"S_CROSSES(geometry, {LINE})": lambda f: f.crosses(line),
    f"S_INTERSECTS(geometry, {SPOT}) OR kode_provinsi = '81'": lambda f: (
        f.intersects(shapely.from_wkt(SPOT)) | (f["kode_provinsi"] == "81")
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Service:
    """A release that is served, and its layers as frames by collection, in the order of ids."""

    client: FlaskClient
    frames: dict[str, Frame]

    def find(self, collection: str, **params: Any) -> list[str]:
        """Return all ids, by pages of seven, and hold the numbers of each page to be right."""
        page = items(self.client, collection, limit=7, **params)
        found: list[str] = []
        while True:
            found += ids(page)
            assert page["numberReturned"] == len(page["features"]) <= 7
            following = link(page, "next")
            if following is None:
                break
            page = get(self.client, following)
        assert len(found) == page["numberMatched"] == self.count(collection, **params)
        return found

    def count(self, collection: str, **params: Any) -> int:
        return int(items(self.client, collection, resulttype="hits", **params)["numberMatched"])


def served(release: Path) -> Service:
    layers = [str(name) for name, kind in pyogrio.list_layers(release / "dapil.gpkg") if kind is not None]
    frames = {name: pyogrio.read_dataframe(release / "dapil.gpkg", layer=name) for name in layers}
    for chamber in CHAMBERS:
        years = sorted(name for name in layers if name.rpartition("-")[0] == chamber)
        if years:
            both = pd.concat([frames[name].astype(object) for name in years], ignore_index=True)
            frames[f"dapil-{chamber}"] = gpd.GeoDataFrame(both, geometry="geometry", crs=frames[years[0]].crs)
    return Service(
        app_of(release.parent).test_client(), {name: typed(frame) for name, frame in frames.items()}
    )


def typed(frame: Frame) -> Frame:
    """Numbers nullable, dates as text, all in the order of ids."""
    frame = frame.set_index("id" if "id" in frame else "kode", drop=False).sort_index()
    for name in ("kursi", "tahun", "penduduk"):
        if name in frame:
            frame[name] = frame[name].astype("Float64").astype("Int64")
    for name in ("mulai", "selesai"):
        if name in frame:
            frame[name] = [None if pd.isna(value) else str(value)[:10] for value in frame[name]]
    frame["luas_km2"] = frame["luas_km2"].astype("float64")
    return frame


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Service:
    return served(make_small_release(tmp_path_factory.mktemp("releases")))


def expected(frame: Frame, mask: Mask) -> list[str]:
    found = np.asarray(pd.Series(np.asarray(mask(frame)), dtype="boolean").fillna(False), dtype=bool)
    return list(frame.index[found])


def test_the_table_has_more_than_sixty_questions_and_most_tell_features_apart(small):
    assert len(PLANS) + len(UNITS) > 90
    frame = small.frames["dapil-dpr"]
    apart = sum(0 < len(expected(frame, mask)) < len(frame) for mask in PLANS.values())
    assert apart > 60


@pytest.mark.parametrize("text", PLANS)
def test_plans(small, text):
    for collection in ("dapil-dpr", "dpr-2024", "dprd-kabkota-2024", "dpd-2024"):
        wanted = expected(small.frames[collection], PLANS[text])
        assert small.find(collection, filter=text) == wanted, collection
        tree = tree_of(text)
        assert small.find(collection, filter=tree, **{"filter-lang": "cql2-json"}) == wanted, tree


@pytest.mark.parametrize("text", UNITS)
def test_units(small, text):
    for collection in ("unit-kecamatan", "unit-kabkota"):
        assert small.find(collection, filter=text) == expected(small.frames[collection], UNITS[text])


# filter-crs

SYSTEMS = (4326, 3857, 32748, 32749, 32648, 23833, 23834)


def placed(shape: shapely.Geometry, code: int) -> str:
    """Return the WKT of a lon/lat shape in a system, in the order of the authority's axes."""
    move = pyproj.Transformer.from_crs("OGC:CRS84", f"EPSG:{code}")
    return str(shapely.transform(shape, lambda xy: np.column_stack(move.transform(xy[:, 0], xy[:, 1]))).wkt)


@pytest.mark.parametrize("code", SYSTEMS)
@pytest.mark.parametrize("predicate", ["intersects", "within", "disjoint", "contains"])
def test_literals_in_another_system(small, code, predicate):
    """Points are points in any system; sides of a polygon are made short, so that it bends nowhere."""
    crs = {"filter-crs": f"{EPSG}{code}"}
    shapes = (
        [shapely.from_wkt(SPOT)]
        if predicate == "contains"
        else [shapely.segmentize(west, 0.01), shapely.from_wkt(SPOT)]
    )
    for collection in ("dapil-dpr", "unit-kecamatan"):
        frame = small.frames[collection]
        for shape in shapes:
            text = f"S_{predicate.upper()}(geometry, {placed(shape, code)})"
            assert small.find(collection, filter=text, **crs) == list(
                frame.index[getattr(frame, predicate)(shape)]
            )


def test_a_box_in_a_filter_is_in_its_system(small):
    """BBOX(…) follows filter-crs: latitude first in EPSG:4326."""
    frame = small.frames["dapil-dpr"]
    inside = list(frame.index[frame.intersects(shapely.box(106.5, -7, 106.7, -6.8))])
    assert 0 < len(inside) < len(frame)
    found = small.find(
        "dapil-dpr",
        filter="S_INTERSECTS(geometry, BBOX(-7, 106.5, -6.8, 106.7))",
        **{"filter-crs": f"{EPSG}4326"},
    )
    assert found == inside


# With everything else


def test_filters_join_with_every_other_parameter(small):
    frame = small.frames["dapil-dpr"]
    box = shapely.box(106.45, -7.1, 106.8, -6.6)
    wanted = expected(
        frame,
        lambda f: (f["kursi"] > 4) & f.intersects(box) & (f["tahun"] == 2024) & (f["kode_provinsi"] == "32"),
    )
    asked = {
        "filter": "kursi > 4",
        "bbox": "106.45,-7.1,106.8,-6.6",
        "datetime": "2024-03-01",
        "kode_provinsi": "32",
    }
    assert wanted
    assert small.find("dapil-dpr", **asked) == wanted
    page = items(
        small.client, "dapil-dpr", properties="kursi", skipGeometry="true", sortby="-kode_dapil", **asked
    )
    assert ids(page) == sorted(wanted, reverse=True)
    assert all(
        feature["geometry"] is None and set(feature["properties"]) == {"kursi"}
        for feature in page["features"]
    )


ORDERS = ("kursi", "-kursi", "-penduduk,nama_dapil", "tahun,-luas_km2", "ragu")


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(
    "text", ["kursi >= 6", "penduduk IS NOT NULL", f"S_INTERSECTS(geometry, {WEST})", "true"]
)
def test_filtered_features_are_sorted_and_paged(small, order, text):
    frame = small.frames["dapil-dpr"]
    chosen = frame.loc[expected(frame, PLANS[text])]
    for name in reversed(order.split(",")):
        down, column = name.startswith("-"), name.lstrip("-")
        chosen = chosen.sort_values(column, ascending=not down, na_position="last", kind="stable")
    assert small.find("dapil-dpr", filter=text, sortby=order) == list(chosen.index)


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(
    st.sampled_from(sorted(PLANS)),
    st.sampled_from(["", "2019-04-17", "2024-02-13/..", "../2023-01-01"]),
    st.sampled_from(["", "106.5,-7,106.6,-6.9", "106.9,-7.1,107.6,-6.4", "95,-11,141,6"]),
    st.sampled_from(["", "6", "4"]), st.integers(0, 9), st.integers(1, 12),
)  # fmt: skip
def test_any_filter_with_any_box_time_and_page(small, text, when, box, kursi, offset, limit):
    frame = small.frames["dapil-dpr"]
    keep = frame.index.isin(expected(frame, PLANS[text]))
    if when:
        first, _, last = when.partition("/")
        first, last = first.replace("..", ""), (last if "/" in when else first).replace("..", "")
        keep &= np.asarray((end(frame) > (first or "0000")) & (frame["mulai"] <= (last or "9999-12-31")))
    if box:
        keep &= np.asarray(frame.intersects(shapely.box(*map(float, box.split(",")))))
    if kursi:
        keep &= np.asarray(frame["kursi"] == int(kursi), dtype=bool)
    given_ = {"filter": text, "datetime": when, "bbox": box, "kursi": kursi}
    page = items(
        small.client, "dapil-dpr", limit=limit, offset=offset, **{k: v for k, v in given_.items() if v}
    )
    wanted = list(frame.index[keep])
    assert page["numberMatched"] == len(wanted)
    assert ids(page) == wanted[offset : offset + limit]


# Random ones


QUIET = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]


@pytest.mark.slow
@pytest.mark.parametrize("collection", ["dapil-dpr", "dprd-kabkota-2024", "unit-kecamatan"])
def test_random_filters(small, collection):
    """Questions as trees, asked in both languages, over HTTP; the answer by pandas' own three-valued logic."""
    frame = small.frames[collection].reset_index(drop=True)
    names = np.asarray(small.frames[collection].index)
    told_apart = []

    @settings(max_examples=250, deadline=None, database=None, derandomize=True, suppress_health_check=QUIET)
    @given(questions(frame))
    def ask(question: Any) -> None:
        text, tree = text_of(question), json.dumps(json_of(question), ensure_ascii=False)
        if len(text) > 1800 or len(tree) > 1800:
            return  # encoded longer than an address may be
        wanted = names[answer(question, frame).fillna(False).to_numpy(dtype=bool)].tolist()
        page = items(small.client, collection, filter=text)
        assert (ids(page), page["numberMatched"]) == (wanted, len(wanted)), text
        again = items(small.client, collection, filter=tree, **{"filter-lang": "cql2-json"})
        assert ids(again) == wanted, tree
        told_apart.append(0 < len(wanted) < len(names))

    ask()
    assert len(told_apart) > 200
    assert sum(told_apart) > 40


# The nation


@pytest.fixture(scope="module")
def national(nation: Release) -> Service:
    return served(nation.path)


JAVA = "POLYGON((105 -8.9, 114.7 -8.9, 114.7 -5.8, 105 -5.8, 105 -8.9))"
java = shapely.from_wkt(JAVA)
ROAD = "LINESTRING(106.8 -6.2, 107.6 -6.9, 110.4 -7.0, 112.7 -7.3)"
NATION: dict[str, Mask] = {
    "kursi > 8": lambda f: f["kursi"] > 8,
    "kode_provinsi = '32' AND kursi BETWEEN 5 AND 9": lambda f: (f["kode_provinsi"] == "32") & f["kursi"].between(5, 9),
    "nama_provinsi IN ('Jawa Barat', 'Papua', 'Aceh')": lambda f: f["nama_provinsi"].isin(
        ["Jawa Barat", "Papua", "Aceh"]
    ),
    "CASEI(nama_dapil) LIKE CASEI('%bandung%')": lambda f: plain(f["nama_dapil"]).str.contains("bandung"),
    "penduduk IS NULL OR penduduk / kursi > 200000": lambda f: (
        f["penduduk"].isna() | (f["penduduk"] / f["kursi"] > 200_000)
    ),
    "ragu IS NOT NULL": lambda f: f["ragu"].notna(),
    "luas_km2 * 2 > 100000": lambda f: f["luas_km2"] * 2 > 100_000,
    "NOT (kursi = 8 OR tahun = 2019)": lambda f: (f["kursi"] != 8) & (f["tahun"] != 2019),
    "T_INTERSECTS(INTERVAL(mulai, selesai), INTERVAL('2015-01-01', '2015-12-31'))": lambda f: (
        (f["mulai"] <= "2015-12-31") & (end(f) >= "2015-01-01")
    ),
    f"S_INTERSECTS(geometry, {JAVA})": lambda f: f.intersects(java),
    f"S_WITHIN(geometry, {JAVA})": lambda f: f.within(java),
    f"S_INTERSECTS(geometry, {ROAD})": lambda f: f.intersects(shapely.from_wkt(ROAD)),
    "S_CONTAINS(geometry, POINT(106.8272 -6.1754))": lambda f: f.contains(shapely.Point(106.8272, -6.1754)),
    f"S_INTERSECTS(geometry, {JAVA}) AND kursi > 8 AND wilayah LIKE '%Kota%'": lambda f: (
        f.intersects(java) & (f["kursi"] > 8) & f["wilayah"].str.contains("Kota")
    ),
}  # fmt: skip


@pytest.mark.national
@pytest.mark.parametrize("collection", ["dapil-dpr", "dprd-kabkota-2024", "dapil-dprd-provinsi"])
def test_the_nation(national, collection):
    frame = national.frames[collection]
    for text, mask in NATION.items():
        wanted = expected(frame, mask)
        page = items(national.client, collection, filter=text, limit=10_000, skipGeometry="true")
        assert (page["numberMatched"], ids(page)) == (len(wanted), wanted), text


@pytest.mark.national
def test_random_filters_on_the_nation(national):
    collection = "dapil-dpr"
    frame = national.frames[collection].reset_index(drop=True)
    names = np.asarray(national.frames[collection].index)
    told_apart = []

    @settings(max_examples=120, deadline=None, database=None, derandomize=True, suppress_health_check=QUIET)
    @given(questions(frame))
    def ask(question: Any) -> None:
        text = text_of(question)
        if len(text) > 1800:
            return
        wanted = names[answer(question, frame).fillna(False).to_numpy(dtype=bool)].tolist()
        page = items(national.client, collection, filter=text, limit=10_000, skipGeometry="true")
        assert (page["numberMatched"], ids(page)) == (len(wanted), wanted), text
        told_apart.append(0 < len(wanted) < len(names))

    ask()
    assert sum(told_apart) > 25
