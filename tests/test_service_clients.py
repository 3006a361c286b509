"""What people read the service with, GDAL, QGIS and OWSLib, and what each of them leaves to the server.

Each client gets the answer that pandas gives, and the access log shows which question it sent: a filter that a
client could send and does not is a filter that the service failed to offer.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyogrio
import pytest
import shapely

from tests.server_help import ROOT, Logged, Server, running
from tests.small import make_small_release

LARGEST = "dapil-dprd-kabkota"
RELATIONS = "http://www.opengis.net/def/rel/ogc/1.0"
SPAT = (106.55, -6.95, 106.75, -6.75)
#: The Python that has QGIS; another one, such as a newer QGIS in a container, may be named.
SYSTEM_PYTHON = os.environ.get("QGIS_PYTHON", "/usr/bin/python3")
#: A filter in the words of OGR SQL and QGIS alike, what pandas says, and the words that stand in the request.
FILTERS: dict[str, tuple[str, Callable[[gpd.GeoDataFrame], Any], str]] = {
    "number": ("kursi > 5", lambda f: f["kursi"] > 5, "kursi > 5"),
    "text": ("kode_provinsi = '32'", lambda f: f["kode_provinsi"] == "32", "kode_provinsi = '32'"),
    "real": ("luas_km2 < 900.5", lambda f: f["luas_km2"] < 900.5, "luas_km2 < 900.5"),
    "like": ("nama_dapil LIKE 'JAWA%'", lambda f: f["nama_dapil"].str.startswith("JAWA"), "nama_dapil LIKE 'JAWA%'"),
    "ilike": ("nama_dapil ILIKE '%ta i'", lambda f: f["nama_dapil"].str.endswith("TA I"), "nama_dapil"),
    "and": ("kursi = 6 AND tahun = 2019", lambda f: (f["kursi"] == 6) & (f["tahun"] == 2019), "AND"),
    "or": ("kursi = 4 OR tahun = 2019", lambda f: (f["kursi"] == 4) | (f["tahun"] == 2019), "OR"),
    "not": ("NOT (kursi = 6)", lambda f: f["kursi"] != 6, "NOT"),
    "unequal": ("kursi <> 6", lambda f: f["kursi"] != 6, "<>"),
    "null": ("penduduk IS NULL", lambda f: f["penduduk"].isna(), "penduduk IS NULL"),
    "known": ("penduduk IS NOT NULL", lambda f: f["penduduk"].notna(), "penduduk"),
    "quoted": ("nama_dapil = 'x''y'", lambda f: f["nama_dapil"] == "x'y", "x''y"),
    "date": ("mulai >= '2020-01-01'", lambda f: f["mulai"].astype(str) >= "2020-01-01", "mulai"),
}  # fmt: skip
#: What clients evaluate themselves, wholly or in part: the answer must be right all the same.
OWN: dict[str, tuple[str, Callable[[gpd.GeoDataFrame], Any]]] = {
    "in": ("kursi IN (4, 5)", lambda f: f["kursi"].isin([4, 5])),
    "sum": ("kursi + 1 > 6", lambda f: f["kursi"] > 5),
    "between": ("kursi BETWEEN 5 AND 6", lambda f: f["kursi"].between(5, 6)),
}


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_small_release(tmp_path_factory.mktemp("releases"))


@pytest.fixture(scope="module")
def frame(release: Path) -> gpd.GeoDataFrame:
    """The dapil of the DPR over all elections."""
    both = [pyogrio.read_dataframe(release / "dapil.gpkg", layer=name) for name in ("dpr-2019", "dpr-2024")]
    return gpd.GeoDataFrame(gpd.pd.concat(both, ignore_index=True)).set_index("id")


@pytest.fixture(scope="module")
def server(release: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(release.parent, tmp_path_factory.mktemp("server"), ("-m", "tests.telling_server")) as server:
        yield server


def asked(server: Server, mark: int) -> list[Logged]:
    """Return the requests for items since `mark`; each was answered."""
    found = [each for each in server.logged(mark) if each.path.endswith("/items")]
    assert all(each.status in (200, 204) for each in found), found
    return [each for each in found if each.method == "GET"]


def touching(frame: gpd.GeoDataFrame) -> list[str]:
    return sorted(frame.index[frame.intersects(shapely.box(*SPAT))])


def plain(text: str) -> str:
    """Return a filter without the quotes, parentheses and doubled blanks in which clients differ."""
    return re.sub(r"\s+", " ", re.sub(r'["()]', "", text)).strip()


SPEC = "http://www.opengis.net/spec"
#: What QGIS reads in /conformance before it sends a filter (qgsoapifprovider.cpp); spatial ones from 3.44 on.
LOOKED_FOR = (
    f"{SPEC}/ogcapi-features-2/1.0/conf/crs", f"{SPEC}/ogcapi-features-3/1.0/conf/filter",
    f"{SPEC}/ogcapi-features-3/1.0/conf/features-filter", f"{SPEC}/cql2/1.0/conf/basic-cql2",
    f"{SPEC}/cql2/1.0/conf/cql2-text", f"{SPEC}/cql2/1.0/conf/advanced-comparison-operators",
    f"{SPEC}/cql2/1.0/conf/case-insensitive-comparison", f"{SPEC}/cql2/1.0/conf/basic-spatial-functions",
    f"{SPEC}/ogcapi-features-5/1.0/conf/schemas",
)  # fmt: skip


def test_what_clients_look_for_before_they_send_a_filter_is_there(server):
    with urllib.request.urlopen(f"{server.base}/conformance?f=json") as told:
        assert set(LOOKED_FOR) <= set(json.load(told)["conformsTo"])
    with urllib.request.urlopen(f"{server.base}/collections/dapil-dpr") as told:
        relations = {each["rel"] for each in json.load(told)["links"]}
    assert {"items", f"{RELATIONS}/queryables", f"{RELATIONS}/schema"} <= relations
    with urllib.request.urlopen(f"{server.base}/openapi?f=json") as told:
        limit = json.load(told)["components"]["parameters"]["limit"]["schema"]
    assert limit["maximum"] >= 1000  # else QGIS pages by ten or a hundred


# GDAL


def ogrinfo(server: Server, collection: str, *options: str) -> dict[str, Any]:
    """Ask Debian's GDAL; return ids and types of columns."""
    if shutil.which("ogrinfo") is None:
        pytest.skip("Debian's gdal-bin is not installed")
    source = f"OAPIF:{server.base}/collections/{collection}"
    told = subprocess.run(
        ["ogrinfo", "-al", *options, source], capture_output=True, text=True, timeout=60, check=True
    )
    assert "ERROR" not in told.stderr + told.stdout, told.stderr
    names = re.findall(r"^  (?:id|kode) \(String\) = (.*)$", told.stdout, re.M)
    types = dict(re.findall(r"^(\w+): (\w+(?:\(\w+\))?) \(", told.stdout, re.M))
    return {"ids": sorted(names), "types": types}


def pyogrio_read(server: Server, collection: str, **options: Any) -> dict[str, Any]:
    if "OAPIF" not in pyogrio.list_drivers():
        pytest.skip("this GDAL has no OAPIF driver")
    meta, _, _, columns = pyogrio.raw.read(f"OAPIF:{server.base}/collections/{collection}", **options)
    fields = list(meta["fields"])
    return {
        "ids": sorted(columns[fields.index("id")]),
        "types": dict(zip(fields, map(str, meta["dtypes"]), strict=True)),
    }


def by_ogrinfo(server: Server, collection: str, where: str | None = None, spat: Any = None) -> dict[str, Any]:
    options = ["-where", where] if where else []
    return ogrinfo(server, collection, *options, *(("-spat", *map(str, spat)) if spat else ()))


def by_pyogrio(server: Server, collection: str, where: str | None = None, spat: Any = None) -> dict[str, Any]:
    return pyogrio_read(
        server, collection, **({"where": where} if where else {}), **({"bbox": spat} if spat else {})
    )


GDAL = pytest.mark.parametrize("read", [by_ogrinfo, by_pyogrio])


@GDAL
def test_gdal_reads_every_feature_of_the_largest_collection(server, release, read):
    rows = pyogrio.read_dataframe(release / "dapil.gpkg", layer="dprd-kabkota-2024")
    assert read(server, LARGEST)["ids"] == sorted(rows["id"])


@GDAL
def test_gdal_takes_numbers_as_numbers(server, read):
    types = read(server, "dapil-dpr")["types"]
    kinds = {name: types[name].lower() for name in ("kursi", "tahun", "luas_km2", "nama_dapil", "kode_dapil")}
    assert kinds["kursi"] in ("integer", "int32", "int64")
    assert kinds["tahun"] == kinds["kursi"]
    assert kinds["luas_km2"] in ("real", "float64")
    assert kinds["nama_dapil"] == kinds["kode_dapil"]
    assert kinds["nama_dapil"] in ("string", "object")


@GDAL
@pytest.mark.parametrize("name", FILTERS)
def test_gdal_sends_its_attribute_filter(server, frame, read, name):
    where, expected, words = FILTERS[name]
    mark = server.mark()
    assert read(server, "dapil-dpr", where)["ids"] == sorted(frame.index[expected(frame)])
    sent = [each.params["filter"] for each in asked(server, mark) if "filter" in each.params]
    assert sent, "GDAL did not send its filter"
    assert all(words in plain(text) for text in sent)


@GDAL
@pytest.mark.parametrize("name", OWN)
def test_gdal_is_right_where_it_filters_itself(server, frame, read, name):
    where, expected = OWN[name]
    assert read(server, "dapil-dpr", where)["ids"] == sorted(frame.index[expected(frame)])


@GDAL
def test_gdal_sends_its_box(server, frame, read):
    mark = server.mark()
    assert read(server, "dapil-dpr", spat=SPAT)["ids"] == touching(frame)
    boxes = [each.params["bbox"] for each in asked(server, mark) if "bbox" in each.params]
    assert boxes
    assert all(tuple(map(float, box.split(","))) == pytest.approx(SPAT) for box in boxes)


@GDAL
def test_gdal_sends_filter_and_box_together(server, frame, read):
    mark = server.mark()
    found = read(server, "dapil-dpr", "kursi > 5", SPAT)["ids"]
    assert found == sorted(set(touching(frame)) & set(frame.index[frame["kursi"] > 5]))
    assert any({"filter", "bbox"} <= each.params.keys() for each in asked(server, mark))


def test_ogr2ogr_writes_what_the_release_holds(server, frame, tmp_path):
    if shutil.which("ogr2ogr") is None:
        pytest.skip("Debian's gdal-bin is not installed")
    source = f"OAPIF:{server.base}/collections/dapil-dpr"
    subprocess.run(["ogr2ogr", tmp_path / "x.gpkg", source, "-t_srs", "EPSG:4326"], timeout=60, check=True)
    copy = pyogrio.read_dataframe(tmp_path / "x.gpkg").set_index("id")
    assert sorted(copy.index) == sorted(frame.index)
    for name, row in frame.iterrows():
        assert copy.loc[name, "kursi"] == row["kursi"]
        assert shapely.equals_exact(copy.loc[name, "geometry"], row["geometry"], 1e-9, normalize=True)


# QGIS


@pytest.fixture(scope="module")
def qgis(server: Server) -> Callable[[list[dict[str, Any]]], dict[str, Any]]:
    """Ask QGIS: a list of questions in, its version and answers out."""
    has = [SYSTEM_PYTHON, "-c", "import qgis.core"]
    if not Path(SYSTEM_PYTHON).exists() or subprocess.run(has, capture_output=True, check=False).returncode:
        pytest.skip("QGIS (Debian's python3-qgis) is not installed")

    def ask(questions: list[dict[str, Any]]) -> dict[str, Any]:
        told = subprocess.run(
            [SYSTEM_PYTHON, str(ROOT / "tests/qgis_client.py"), server.base],
            input=json.dumps(questions), capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        lines = [line for line in told.stdout.splitlines() if line.startswith("{")]
        assert lines, told.stdout + told.stderr
        return dict(json.loads(lines[-1]))

    return ask


def test_qgis_reads_types_and_draws_the_largest_collection(qgis, release):
    (answer,) = qgis([{"collection": LARGEST, "draw": True}])["answers"]
    rows = pyogrio.read_dataframe(release / "dapil.gpkg", layer="dprd-kabkota-2024")
    assert answer["ids"] == sorted(rows["id"])
    assert answer["valid"]
    types = answer["fields"]
    assert (types["kursi"], types["tahun"], types["luas_km2"]) == ("Integer", "Integer", "Real")
    assert types["nama_dapil"] == types["kode_dapil"] == "String"
    assert answer["inked"] > 0.02


def test_qgis_sends_its_box(qgis, server, frame):
    mark = server.mark()
    (answer,) = qgis([{"collection": "dapil-dpr", "rect": SPAT}])["answers"]
    assert answer["ids"] == touching(frame)
    boxes = [each.params["bbox"] for each in asked(server, mark) if "bbox" in each.params]
    assert boxes
    assert all(tuple(map(float, box.split(","))) == pytest.approx(SPAT) for box in boxes)


#: QGIS before 3.36 sends only dates (as datetime=), and believes the answer: see docs/conformance.md.
SENDS_FILTERS = 33600


@pytest.mark.slow
def test_qgis_is_right_and_sends_its_attribute_filters_from_3_36_on(qgis, server, frame):
    names = [name for name in (FILTERS | OWN) if name not in ("date", "between")]  # QGIS 3.22 has no BETWEEN
    wheres = [(FILTERS | OWN)[name][0] for name in names]
    expected = [sorted(frame.index[(FILTERS | OWN)[name][1](frame)]) for name in names]
    for way in ("subset", "expression"):
        mark = server.mark()
        told = qgis([{"collection": "dapil-dpr", way: where} for where in wheres])
        found = {name: answer.get("ids", answer) for name, answer in zip(names, told["answers"], strict=True)}
        assert found == dict(zip(names, expected, strict=True)), way
        sent = [plain(each.params["filter"]) for each in asked(server, mark) if "filter" in each.params]
        if told["version"] >= SENDS_FILTERS:
            assert len(set(sent)) == len(names)
        else:
            assert not sent


def test_qgis_sends_dates(qgis, server, frame):
    """As ``datetime=`` before 3.36: right where the day is one in force from its first day on, as here."""
    mark = server.mark()
    (answer,) = qgis([{"collection": "dapil-dpr", "subset": "\"mulai\" = '2024-02-14'"}])["answers"]
    assert answer["ids"] == sorted(frame.index[frame["tahun"] == 2024])
    assert any({"datetime", "filter"} & each.params.keys() for each in asked(server, mark))


def test_qgis_of_before_3_36_asks_from_the_year_nought(qgis, server):
    """``<=`` becomes ``datetime=0000-01-01T00:00:00Z/…``: a 400 would be an empty layer without a word."""
    (answer,) = qgis([{"collection": "dapil-dpr", "subset": "\"mulai\" <= '2020-01-01'"}])["answers"]
    assert len(answer["ids"]) == 4


# OWSLib


def test_owslib_finds_its_way(server, frame):
    features = pytest.importorskip("owslib.ogcapi.features", reason="OWSLib is not installed")
    service = features.Features(server.base)
    assert (
        "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/filter" in service.conformance()["conformsTo"]
    )
    assert service.api()["openapi"].startswith("3.0")
    names = service.feature_collections()
    assert {"dapil-dpr", LARGEST, "unit-kecamatan"} <= set(names)
    assert service.collection("dapil-dpr")["id"] == "dapil-dpr"
    assert service.collection_schema("dapil-dpr")["properties"]["kursi"]["type"] == "integer"
    assert service.collection_queryables("dapil-dpr")["properties"]["luas_km2"]["type"] == "number"
    mark = server.mark()

    def ids(**asked: Any) -> list[str]:
        return sorted(each["id"] for each in service.collection_items("dapil-dpr", **asked)["features"])

    assert ids() == sorted(frame.index)
    assert ids(bbox=list(SPAT)) == touching(frame)
    assert ids(datetime_="2019-04-17") == sorted(frame.index[frame["tahun"] == 2019])
    assert ids(filter="kursi > 5 AND nama_dapil LIKE 'DKI%'") == ["dpr-2019-3101"]
    assert ids(filter="kursi+1 > 6") == sorted(frame.index[frame["kursi"] > 5])
    assert ids(kode_provinsi="81") == ["dpr-2019-8101", "dpr-2024-8101"]
    first = service.collection_items("dapil-dpr", limit=1, offset=0, sortby=("kursi", "desc"))["features"][0]
    assert first["properties"]["kursi"] == frame["kursi"].max()
    assert service.collection_item("dapil-dpr", "dpr-2024-3201")["properties"]["kursi"] == 6
    assert {"filter", "bbox", "datetime", "sortby"} <= {
        name for each in asked(server, mark) for name in each.params
    }


@pytest.mark.slow
@pytest.mark.parametrize("collection", ["dapil-dpr", LARGEST, "unit-kecamatan"])
def test_a_client_that_follows_next_reads_each_feature_once(server, collection):
    """As every client pages, in plain Python: the links carry the question to the last page."""
    code = (
        "import json, sys, urllib.request as u\n"
        "url, ids = sys.argv[1], []\n"
        "while url:\n"
        "    page = json.load(u.urlopen(url))\n"
        "    ids += [f['id'] for f in page['features']]\n"
        "    url = next((l['href'] for l in page['links'] if l['rel'] == 'next'), None)\n"
        "print(json.dumps([ids, page['numberMatched']]))"
    )
    start = f"{server.base}/collections/{collection}/items?limit=2&filter=luas_km2%20%3E%200"
    told = subprocess.run(
        [sys.executable, "-c", code, start], capture_output=True, text=True, timeout=60, check=True
    )
    ids, matched = json.loads(told.stdout)
    assert len(ids) == len(set(ids)) == matched > 2
