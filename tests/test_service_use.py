"""``/pakai``: every snippet is run as it stands on the page, against a real server, where its program is at hand."""

import csv
import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from boundaries.downloads import folder as downloads
from boundaries.release.store import open_release
from tests.browser_help import DESKTOP, chromium
from tests.html_help import read
from tests.npm_packages import installed
from tests.r_language import needs_r, r_says
from tests.service_help import app_of, served
from tests.small import make_small_release

#: Packages of npm that pages of the snippets load, in place of the host that they name.
PACKAGES = ("leaflet@1.9.4", "maplibre-gl@5", "pmtiles@4", "d3@7", "topojson-client@3")
DAPIL = 5


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    out = tmp_path_factory.mktemp("use")
    make_small_release(out)
    downloads.add(open_release(out))
    with served(app_of(out)) as address:
        yield address


@pytest.fixture(scope="module")
def texts(base: str) -> dict[str, str]:
    """Lines by snippet, as they stand on the page."""
    page = requests.get(f"{base}/pakai?lang=en", timeout=30)
    sections = read(page.content).one("main").all("section")
    return {
        each.attributes["aria-labelledby"]: "".join(map(str, each.one("code").children)) for each in sections
    }


def done(command: list[str], **options: Any) -> str:
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, **options)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_every_program_has_its_lines_and_they_name_this_service(texts: dict[str, str], base: str) -> None:
    told = {"qgis", "curl", "geopandas", "r", "duckdb", "excel", "leaflet", "maplibre", "d3", "observable"}
    assert texts.keys() == told
    assert [name for name, text in texts.items() if base not in text] == []


def test_curl(texts: dict[str, str], tmp_path: Path) -> None:
    if not shutil.which("curl"):
        pytest.skip("needs curl")
    first, *table, last = texts["curl"].splitlines()
    # The snippet's point lies in the nation; the invented one has it far off, and says so as JSON.
    assert json.loads(done(["curl", "-s", *shlex.split(first)[1:]]))
    done(["sh", "-c", "\n".join(table)], cwd=tmp_path)
    rows = list(csv.DictReader((tmp_path / "titik-dapil.csv").open(encoding="utf-8")))
    assert [(row["nama"], row["dpr_id"], row["luar_negeri"]) for row in rows][1] == (
        "Jeddah", "dpr-2024-3102", "true"
    )  # fmt: skip
    done(["curl", "-s", *shlex.split(last)[1:]], cwd=tmp_path)
    assert (tmp_path / "dpr-2024.gpkg").read_bytes()[:15] == b"SQLite format 3"


def test_geopandas(texts: dict[str, str]) -> None:
    pytest.importorskip("geopandas")
    assert done([sys.executable, "-c", texts["geopandas"]]).splitlines() == [f"{DAPIL} 24", str(DAPIL)]


def test_r(texts: dict[str, str], tmp_path: Path) -> None:
    needs_r("sf")
    told = r_says(texts["r"] + '\ncat("\\n", nrow(dapil), sum(dapil$kursi), dapil$kode_dapil)', tmp_path)
    assert told.splitlines()[-1].split()[:2] == [str(DAPIL), "24"]


@pytest.mark.parametrize("form", ["gpkg", "geojson", "fgb", "kml", "shp.zip"])
def test_r_reads_every_map(form: str, base: str, tmp_path: Path) -> None:
    needs_r("sf")
    name = f"dpr-2024.{form}"
    (tmp_path / name).write_bytes(requests.get(f"{base}/downloads/latest/{name}", timeout=30).content)
    table = requests.get(f"{base}/downloads/latest/dpr-2024.csv", timeout=30).text
    rows = list(csv.DictReader(table.splitlines()))
    source = f"/vsizip/{name}" if form == "shp.zip" else name
    column, wanted = ("Name", "nama_dapil") if form == "kml" else ("kode_dapil", "kode_dapil")
    told = r_says(
        f"""library(sf)
        dapil <- st_read("{source}", layer = st_layers("{source}")$name[[1]], quiet = TRUE)
        cat(nrow(dapil), all(st_is_valid(dapil)), st_crs(dapil)$epsg, as.character(dapil${column}), sep = "\\n")""",
        tmp_path,
    )
    count, valid, crs, *values = told.splitlines()
    assert (count, valid, crs) == (str(DAPIL), "TRUE", "4326")
    assert sorted(values) == sorted(row[wanted] for row in rows)


def test_duckdb(texts: dict[str, str], tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    first, query = texts["duckdb"].split("\n", 1)
    try:
        duckdb.sql(first)
    except duckdb.Error:  # no place to fetch httpfs from: the same question of the same file, on this disk
        address = re.search(r"'(http[^']+)'", query)
        assert address
        file = tmp_path / "dapil.csv"
        file.write_bytes(requests.get(address[1], timeout=30).content)
        query = query.replace(address[1], str(file))
    rows = duckdb.sql(query).fetchall()
    assert sum(row[1] for row in rows) == DAPIL
    assert sum(row[2] for row in rows) == 24


def test_observable(texts: dict[str, str]) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs node")
    body = texts["observable"].removeprefix("dapil = ")
    code = (
        "const d3 = { json: async (address) => (await fetch(address)).json() };"
        "const topojson = { feature: (topology, object) => object.geometries.length };"
        f"console.log(await (async () => {body})());"
    )
    assert done([node, "--input-type=module", "-e", code]).strip() == str(DAPIL)


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return installed(tmp_path_factory.mktemp("npm"), *PACKAGES)


def test_pages_draw_their_map(texts: dict[str, str], packages: Path, base: str) -> None:
    counts = {
        "leaflet": "document.querySelectorAll('#map path.leaflet-interactive').length",
        "d3": "document.querySelectorAll('#map path').length",
        "maplibre": "map.isStyleLoaded() && map.areTilesLoaded() ? new Set(map.queryRenderedFeatures()"
        ".filter((each) => each.layer.id === 'isi').map((each) => each.properties.id)).size : 0",
    }
    with chromium() as browser:
        context = browser.new_context(**DESKTOP)
        context.route(
            "https://unpkg.com/**", lambda route: route.fulfill(path=file_of(packages, route.request.url))
        )
        context.route(
            f"{base}/snippet/*",
            lambda route: route.fulfill(
                body=texts[route.request.url.rpartition("/")[2]], content_type="text/html"
            ),
        )
        for name, count in counts.items():
            page = context.new_page()
            page.goto(f"{base}/snippet/{name}")
            if name == "maplibre":  # the invented nation is smaller than the real one
                page.wait_for_timeout(500)
                page.evaluate("map.jumpTo({ center: [107, -7], zoom: 7.5 })")
            for _ in range(100):
                if page.evaluate(count) >= DAPIL:
                    break
                page.wait_for_timeout(100)
            assert page.evaluate(count) >= DAPIL, name


def file_of(packages: Path, address: str) -> Path:
    """The file of an installed package that an address of unpkg names."""
    name, _, rest = urlsplit(address).path.removeprefix("/").partition("/")
    return packages / name.partition("@")[0] / rest
