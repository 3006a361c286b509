"""Styles in GeoPackages and the project of all layers: the same bytes every time, and what QGIS makes of them."""

import json
import sqlite3
import subprocess
import xml.etree.ElementTree as ET
from contextlib import closing
from pathlib import Path

import pytest

from boundaries.exports import qgis_style
from boundaries.exports.formats import FORMATS
from boundaries.release.dataset import Datasets
from boundaries.release.store import open_release
from tests.small import make_small_release

ROOT = Path(__file__).parents[1]
PYTHON = "/usr/bin/python3"


@pytest.fixture(scope="module")
def datasets(tmp_path_factory: pytest.TempPathFactory) -> Datasets:
    return Datasets(open_release(make_small_release(tmp_path_factory.mktemp("styles"))))


def written(datasets: Datasets, folder: Path) -> Path:
    folder.mkdir()
    FORMATS["gpkg"].write(datasets.get("dpr-2024"), folder / "dpr-2024.gpkg")
    return folder / "dpr-2024.gpkg"


@pytest.mark.parametrize(
    "seats", [[3], [3, 3, 4, 5, 8, 10], list(range(3, 13)), [1, 1, 1, 1, 50], [12, 3] * 40]
)
def test_every_number_of_seats_is_in_just_one_class(seats: list[int]) -> None:
    found = qgis_style.classes(seats)
    assert 1 <= len(found) <= 5
    for each in seats:
        assert sum(low <= each <= high for low, high in found) == 1, (each, found)
    assert all(low <= high for low, high in found)
    assert found == sorted(found)


def test_a_geopackage_of_a_layer_has_its_style_in_both_languages(datasets: Datasets, tmp_path: Path) -> None:
    first, second = written(datasets, tmp_path / "a"), written(datasets, tmp_path / "b")
    assert first.read_bytes() == second.read_bytes()
    with closing(sqlite3.connect(first)) as package:
        rows = package.execute(
            "SELECT f_table_name, styleName, useAsDefault, styleQML, styleSLD FROM layer_styles"
        )
        rows = rows.fetchall()
    assert [row[:3] for row in rows] == [
        ("dpr-2024", "Peta Dapil", 1),
        ("dpr-2024", "Peta Dapil (English)", 0),
    ]
    for *_, qml, sld in rows:
        aliases = ET.fromstring(qml.partition("\n")[2]).findall("./aliases/alias")
        assert {each.attrib["field"] for each in aliases} >= {"id", "kursi", "nama_dapil"}
        ET.fromstring(sld.encode())


def test_the_release_itself_has_no_colour_in_it(datasets: Datasets) -> None:
    with closing(datasets.release.connect()) as package:
        assert package.execute("SELECT name FROM sqlite_master WHERE name = 'layer_styles'").fetchall() == []


def test_the_project_names_every_layer_once_by_year(datasets: Datasets) -> None:
    text = qgis_style.project(datasets.release)
    assert text == qgis_style.project(datasets.release)
    tree = ET.fromstring(text.partition(b"\n")[2])
    named = [each.findtext("datasource") for each in tree.iter("maplayer")]
    assert named == [f"./dapil.gpkg|layername={name}" for name in datasets.release.layers]
    ids = [each.attrib["id"] for each in tree.iter("layer-tree-layer")]
    assert sorted(ids) == sorted(str(each.findtext("id")) for each in tree.iter("maplayer"))
    assert all(len(each) > 10 for each in ids)  # QGIS gives another name to a shorter one


def test_qgis_opens_the_project_and_finds_the_style(datasets: Datasets, tmp_path: Path) -> None:
    has = [PYTHON, "-c", "import qgis.core"]
    if not Path(PYTHON).exists() or subprocess.run(has, capture_output=True, check=False, env={}).returncode:
        pytest.skip("QGIS (Debian's python3-qgis) is not installed")
    package = written(datasets, tmp_path / "q")
    (package.parent / "dapil.gpkg").symlink_to(datasets.release.gpkg)
    (package.parent / qgis_style.PROJECT).write_bytes(qgis_style.project(datasets.release))
    sld = package.with_suffix(".sld")
    sld.write_text(qgis_style.sld(datasets.get("dpr-2024"), "id"), encoding="utf-8")
    command = [
        PYTHON,
        str(ROOT / "tests/qgis_project.py"),
        str(package.parent / qgis_style.PROJECT),
        str(package),
        str(sld),
    ]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=120, check=False, env={"HOME": str(tmp_path)}
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["renderer"] == "graduatedSymbol"
    assert told["ranges"] == ["4 kursi", "6 kursi"]
    assert told["labels"]
    assert told["alias"] == "Kursi"
    assert "nama_dapil" in told["tip"]
    assert sorted(told["styles"]) == ["Peta Dapil", "Peta Dapil (English)"]
    assert told["sld"]
    assert told["read"]
    assert told["broken"] == []
    assert [*told["groups"]] == ["Pemilu 2024", "Pemilu 2019", "Satuan wilayah"]
    assert told["shown"] == ["peta_dapil_dpr_2024"]
    assert told["licence"] == ["Creative Commons Zero 1.0"]
    assert datasets.release.id in told["source"]
