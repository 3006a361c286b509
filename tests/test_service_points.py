"""Many points posted to the lookup: each answered as /lookup answers it, or the row at fault named."""

import csv
import io
import json
import logging
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from boundaries.service.posted_points import ADDED, MOST_BYTES, MOST_POINTS
from tests.service_help import app_of, get
from tests.small import make_small_release

#: The second lies where a doubt is told, the sixth in a lake.
POINTS = [(106.55, -6.95), (106.75, -6.95), (107.03, -6.8), (106.6, -6.7), (107.3, -6.9), (106.9, -6.86)]
JEDDAH = (39.2, 21.5)
FEATURE = {
    "type": "Feature",
    "geometry": {"type": "Point", "coordinates": [106.55, -6.95]},
    "properties": None,
}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    releases: Path = make_small_release(tmp_path_factory.mktemp("releases")).parent
    return app_of(releases).test_client()


def sent(client: FlaskClient, text: str | bytes, kind: str = "text/csv", path: str = "/lookup"):
    return client.post(path, data=text, content_type=kind)


def collection(*features: object) -> str:
    return json.dumps({"type": "FeatureCollection", "features": features})


@pytest.mark.parametrize(("year", "points"), [(2019, POINTS), (2024, [*POINTS, JEDDAH])])
def test_every_row_is_answered_as_the_lookup_answers_it(client, year, points):
    text = "nama;bujur;lintang\r\n" + "".join(
        f'"a;{lon}";{str(lon).replace(".", ",")};{lat}\r\n' for lon, lat in points
    )
    reply = sent(client, text, "text/csv; charset=utf-8", f"/lookup?year={year}")
    assert reply.status_code == 200
    rows = list(csv.DictReader(io.StringIO(reply.text), delimiter=";"))
    assert [row["nama"] for row in rows] == [f"a;{lon}" for lon, _ in points]
    assert list(rows[0]) == ["nama", "bujur", "lintang", *ADDED]
    for (lon, lat), row in zip(points, rows, strict=True):
        one = get(client, "/lookup", lon=lon, lat=lat, year=year)
        assert row["kode_unit"] == ((one["desa"] or one["kecamatan"] or {}).get("kode") or "")
        for name in ("di_darat", "di_celah", "luar_negeri"):
            assert row[name] == str(one[name]).lower()
        for name in ("jarak_m", "galat_m"):
            assert row[name] == f"{one[name]:.1f}".replace(".", ",")
        for seat in one["dapil"]:
            name = seat["lembaga"].replace("-", "_")
            for own, each in (("id", "id"), ("ragu", "ragu"), ("ragu_en", "ragu_en"), ("nama", "nama_dapil")):
                assert row[f"{name}_{own}"] == (seat[each] or "")
            assert row[f"{name}_mungkin"] == ";".join(each["id"] for each in seat["mungkin"])


def test_how_sure_each_row_is_stands_in_it(client):
    text = "lon,lat\n" + "".join(f"{lon},{lat}\n" for lon, lat in (*POINTS, JEDDAH))
    rows = list(csv.DictReader(io.StringIO(sent(client, text, path="/lookup?year=2024").text)))
    told = [(row["dpr_ragu"], row["dpr_ragu_en"]) for row in rows if row["dpr_ragu"]]
    assert told == [("Letak Ciwidey diragukan", "The place of Ciwidey is doubtful")]
    assert [row["di_celah"] for row in rows] == ["false"] * 5 + ["true", "false"]
    assert [row["luar_negeri"] for row in rows] == ["false"] * 6 + ["true"]
    assert (rows[-1]["dpr_id"], rows[-1]["kode_unit"]) == ("dpr-2024-3102", "")


def test_geojson_comes_back_whole_with_the_same_answers(client):
    feature = FEATURE | {"id": 7, "properties": {"nama": "\ud800", "n": 10**20}, "own": [1]}
    reply = sent(client, collection(feature, FEATURE), "application/geo+json")
    first, second = reply.json["features"]
    assert reply.content_type == "application/geo+json"
    assert (first["id"], first["own"], first["properties"]["nama"]) == (7, [1], "\ud800")
    assert second["properties"].keys() == set(ADDED)
    assert first["properties"] == second["properties"] | feature["properties"]
    assert second["properties"]["dpr_id"] == "dpr-2024-3101"


def test_a_point_far_out_is_answered_and_does_not_refuse_the_table(client):
    told = sent(client, "lon,lat\n100,0\n106.55,-6.95\n", path="/lookup?year=2019").text
    rows = list(csv.DictReader(io.StringIO(told)))
    assert {name for name in ADDED if rows[0][name]} == {"tahun", "di_darat", "jarak_m"}
    assert rows[0]["di_darat"] == "false"
    assert float(rows[0]["jarak_m"]) > 5000
    assert rows[1]["dpr_id"] == "dpr-2019-3101"


def at(lon: object) -> dict[str, object]:
    return FEATURE | {"geometry": {"type": "Point", "coordinates": [lon, 1]}}


@pytest.mark.parametrize(
    ("text", "kind", "status", "told"),
    [
        ("lon,lat\n106.5,-6.9\n106.5,x\n", "text/csv", 400, "row 3: lat is 'x'"),
        ("lon,lat\n106.5,-6.9\n-6.9,106.5\n", "text/csv", 400, "row 3: lat=106.5"),
        ("lon,lat\n106.5\n", "text/csv", 400, "row 2: has 1 cells"),
        ("lon,lat\n106.5,nan\n", "text/csv", 400, "row 2"),
        ("lon,lat\n", "text/csv", 400, "no point"),
        ("a,b\n1,2\n", "text/csv", 400, "lon: the first row has no column"),
        ("lon,x,lat\n1,2,3\n", "text/csv", 400, "2 columns"),
        ("lon,lat,dpr_id\n106.5,-6.9,1\n", "text/csv", 400, "'dpr_id' already"),
        (b"lon,lat\n\xff,1\n", "text/csv", 400, "not UTF-8"),
        ("{", "application/json", 400, "not JSON"),
        ("[" * 100_000, "application/json", 400, "not JSON"),
        ("[]", "application/json", 400, "FeatureCollection"),
        (collection(FEATURE, {"type": "Feature"}), "application/json", 400, "row 2"),
        (collection(at(True)), "application/json", 400, "row 1"),
        (collection(at(10**400)), "application/json", 400, "row 1"),
        (collection(at("0")).replace('"0"', "NaN"), "application/json", 400, "NaN"),
        (collection(FEATURE | {"own": "0"}).replace('"0"', "1e999"), "application/json", 400, "finite"),
        ("lon,lat\n" + "106.5,-6.9\n" * (MOST_POINTS + 1), "text/csv", 413, str(MOST_POINTS)),
        (" " * (MOST_BYTES + 1), "text/csv", 413, str(MOST_BYTES)),
        ("lon,lat\n", "text/plain", 415, "text/csv"),
        ("lon,lat\n", "text/csv; charset=latin-1", 415, "UTF-8"),
    ],
)  # fmt: skip
def test_what_is_refused_names_the_row(client, text, kind, status, told):
    reply = sent(client, text, kind)
    assert reply.status_code == status, reply.text
    assert told in reply.json["detail"]
    assert reply.headers["Cache-Control"] == "no-store"


def test_other_years_and_parameters_are_refused(client):
    for query in ("year=1999", "year=x", "lon=1"):
        assert sent(client, "lon,lat\n106.5,-6.9\n", path=f"/lookup?{query}").status_code == 400


def test_nothing_is_kept_found_or_logged(client, caplog):
    caplog.set_level(logging.DEBUG)
    reply = sent(client, "lon,lat\n106.551234,-6.95\n")
    assert (reply.headers["Cache-Control"], reply.headers["X-Robots-Tag"]) == ("no-store", "noindex")
    assert "ETag" not in reply.headers
    sent(client, "lon,lat\n106.551234,x\n")
    assert "106.551234" not in caplog.text
    assert client.get("/lookup?f=json").status_code == 400  # what was posted answers no GET
    assert client.options("/lookup").headers["Allow"] == "GET, HEAD, POST, OPTIONS"
