"""`dapil export`: any part of a release, to a file or into a pipe; what cannot be had is said with what can."""

import csv
import functools
import io
import json
import os
import resource
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import shapely
from click.testing import CliRunner, Result

from boundaries.cli import main
from boundaries.downloads.requested_file import NAMES
from boundaries.exports.formats import FORMATS
from boundaries.release.store import Release, open_release
from tests.small import make_small_release

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return open_release(make_small_release(tmp_path_factory.mktemp("releases")))


def export(release: Release, *words: object) -> Result:
    return CliRunner().invoke(main, ["export", "--release", str(release.path), *map(str, words)])


def command(release: Release, *words: str) -> list[str]:
    return [sys.executable, "-m", "boundaries.cli", "export", "--release", str(release.path), *words]


def test_into_a_pipe_goes_the_file_and_nothing_else(release: Release) -> None:
    done = subprocess.run(
        command(release, "--chamber", "dpr", "--format", "geojson"), cwd=ROOT, capture_output=True, check=True
    )
    assert done.stderr == b""
    assert [each["id"] for each in json.loads(done.stdout)["features"]] == [
        f"dpr-2024-{code}" for code in ("3101", "3102", "3201", "3202", "8101")
    ]


@pytest.mark.parametrize("form", NAMES)
def test_what_comes_through_a_pipe_is_what_is_written_to_a_file(
    release: Release, tmp_path: Path, form: str
) -> None:
    words = ["--format", form, "--year", "2024"] + ([] if form == "pmtiles" else ["--chamber", "dpr"])
    assert export(release, *words, "-o", tmp_path / "file").exit_code == 0
    piped = subprocess.run(command(release, *words), cwd=ROOT, capture_output=True, check=True).stdout
    assert piped == (tmp_path / "file").read_bytes()


def test_a_reader_that_has_had_enough_is_no_fault(release: Release) -> None:
    words = f"export -r '{release.path}' --format geojson --chamber dpr"
    shell = f"'{sys.executable}' -m boundaries.cli {words} | head -c 20"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", shell], cwd=ROOT, capture_output=True, check=False)
    assert done.stdout == b'{"type":"FeatureColl'
    assert done.stderr == b""
    assert done.returncode == 0


def test_without_a_year_it_is_the_latest_of_the_chamber_and_a_directory_gives_the_usual_name(
    release: Release, tmp_path: Path
) -> None:
    result = export(release, "--chamber", "dpr", "--format", "csv", "-o", tmp_path)
    assert result.stdout.strip() == str(tmp_path / "dpr-2024.csv")
    assert (tmp_path / "dpr-2024.csv").is_file()


@pytest.mark.parametrize("form", [name for name, each in FORMATS.items() if each.needs_geometry])
def test_a_province_has_its_own_dapil_and_no_other(release: Release, tmp_path: Path, form: str) -> None:
    result = export(release, "--chamber", "dpr", "--province", "32", "--format", form, "-o", tmp_path)
    assert result.exit_code == 0, result.output
    path = tmp_path / f"dpr-2024-32{FORMATS[form].suffix}"
    assert set(frame_of(path)["kode_dapil"]) == {"3201", "3202"}


def frame_of(path: Path) -> "pyogrio.geopandas.DataFrame":
    if path.suffix == ".parquet":
        import pyarrow.parquet as pq

        return pq.read_table(path, columns=["kode_dapil"]).to_pandas()
    return pyogrio.read_dataframe(f"/vsizip/{path}" if path.suffix == ".zip" else path)


def test_the_assignment_of_a_province_has_its_units(release: Release) -> None:
    text = export(release, "--chamber", "dpr", "--province", "32", "--format", "assignment").stdout
    rows = list(csv.DictReader(io.StringIO(text)))
    frame = release.read_table("assignment")
    expected = frame[(frame["plan_id"] == "dpr-2024") & frame["kode_unit"].str.startswith("32.")]
    assert {row["kode_unit"]: row["kode_dapil"] for row in rows} == dict(
        zip(expected["kode_unit"], expected["kode_dapil"], strict=True)
    )


@pytest.mark.parametrize("size", ["web", "overview"])
def test_a_size_is_that_of_the_topojson_in_any_format(release: Release, tmp_path: Path, size: str) -> None:
    words = ["--chamber", "dprd-kabkota", "--year", "2024", "--size", size]
    assert export(release, *words, "--format", "gpkg", "-o", tmp_path).exit_code == 0
    assert export(release, *words, "--format", "topojson", "-o", tmp_path).exit_code == 0
    layer = pyogrio.read_dataframe(tmp_path / f"dprd-kabkota-2024-{size}.gpkg")
    whole = pyogrio.read_dataframe(release.gpkg, layer="dprd-kabkota-2024")
    assert layer["id"].tolist() == whole["id"].tolist()
    assert layer["kursi"].tolist() == whole["kursi"].tolist()
    geometry = layer.geometry.to_numpy()
    assert shapely.coverage_is_valid(shapely.set_precision(geometry, 1e-7, mode="pointwise"))
    told = pyogrio.read_dataframe(tmp_path / f"dprd-kabkota-2024-{size}.topojson", layer="dprd-kabkota")
    area = shapely.area(shapely.make_valid(told.sort_values("id").geometry.to_numpy()))
    assert np.allclose(shapely.area(geometry), area, rtol=1e-6)


def test_all_chambers_come_as_topojson_and_the_whole_release_as_geopackage(
    release: Release, tmp_path: Path
) -> None:
    text = export(release, "--format", "topojson", "--year", "2024", "--size", "web").stdout
    assert set(json.loads(text)["objects"]) == {"dpr", "dpd", "dprd-kabkota", "provinsi", "kabkota"}
    assert export(release, "-o", tmp_path / "all.gpkg").exit_code == 0
    assert (tmp_path / "all.gpkg").read_bytes() == release.gpkg.read_bytes()


def test_layers_of_units_and_tables_are_named(release: Release, tmp_path: Path) -> None:
    assert export(release, "--layer", "unit-kecamatan", "--format", "shp", "-o", tmp_path).exit_code == 0
    assert zipfile.ZipFile(tmp_path / "unit-kecamatan.shp.zip").testzip() is None
    text = export(release, "--chamber", "dprd-kabkota", "--year", 2014, "--format", "csv").stdout
    assert len(list(csv.DictReader(io.StringIO(text)))) == 3


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("--format", "geojson"), ["--chamber", "--layer", "topojson"]),
        (("--format", "dwg", "--chamber", "dpr"), ["'dwg'", "geojson", "pmtiles"]),
        (("--chamber", "mpr"), ["'mpr'", "dprd-kabkota"]),
        (("--chamber", "dpr", "--year", "2004"), ["2004", "2019, 2024"]),
        (("--chamber", "dpr", "--province", "99"), ["'99'", "31, 32, 81"]),
        (("--chamber", "dpr", "--size", "tiny"), ["'tiny'", "overview"]),
        (("--layer", "unit-rt"), ["'unit-rt'", "unit-kecamatan"]),
        (("--layer", "dpr-2024", "--chamber", "dpr"), ["--layer", "--chamber"]),
        (("--layer", "unit-desa", "--size", "web"), ["unit-desa", "--size"]),
        (("--chamber", "dprd-kabkota", "--year", "2014"), ["tabel-dprd-kabkota-2014", "csv"]),
        (("--layer", "unit-desa", "--format", "assignment"), ["unit-desa"]),
        (("--format", "topojson", "--province", "32"), ["--chamber"]),
        (("--format", "topojson", "--layer", "unit-desa"), ["--chamber"]),
        (("--format", "pmtiles", "--chamber", "dpr"), ["--year"]),
        (("--chamber", "dprd-kabkota", "--province", "31", "--format", "topojson"), ["31"]),
        (("--all", "--chamber", "dpr"), ["--all", "leave --chamber, --output away"]),
        (("--all", "--format", "csv", "--size", "web"), ["leave --format, --size, --output away"]),
        (("--chamber", "dpr", "--format", "csv", "--size", "web"), ["csv", "--size"]),
        (("--chamber", "dpr", "--format", "assignment", "--size", "web"), ["assignment", "--size"]),
    ],
)
def test_what_cannot_be_had_is_said_with_what_can(
    release: Release, words: tuple[str, ...], named: list[str]
) -> None:
    result = export(release, *words, "-o", "-")
    assert result.exit_code == 6, result.output
    assert result.stdout == ""
    for each in named:
        assert each in result.stderr


def test_a_place_that_cannot_be_written_is_named_and_nothing_is_left(
    release: Release, tmp_path: Path
) -> None:
    result = export(release, "--chamber", "dpr", "-o", tmp_path / "none" / "x.gpkg")
    assert result.exit_code == 6
    assert str(tmp_path / "none") in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_what_was_there_stays_until_the_new_file_is_whole(release: Release, tmp_path: Path) -> None:
    path = tmp_path / "x.geojson"
    path.write_text("before")
    limit = ["bash", "-c", 'ulimit -f 1; exec "$@"', "bash"]
    done = subprocess.run(
        [*limit, *command(release, "--chamber", "dpr", "--format", "geojson", "-o", str(path))],
        cwd=ROOT, capture_output=True, text=True, check=False, env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    assert done.returncode == 6, done.stderr
    assert "room" in done.stderr
    assert path.read_text() == "before"
    assert [each.name for each in tmp_path.iterdir()] == ["x.geojson"]
    assert export(release, "--chamber", "dpr", "-o", path).exit_code == 0
    assert path.read_text().startswith('{"type"')


def test_what_is_simplified_says_so(release: Release) -> None:
    words = ("--chamber", "dpr", "--format", "geojson")
    web, full = (json.loads(export(release, *words, *more).stdout) for more in (("--size", "web"), ()))
    assert "(lines simplified: web)" in web["metadata"]["title"]["en"]
    assert "(garis disederhanakan: web)" in web["description"]
    assert "simplified" not in json.dumps(full)


def test_a_full_disk_names_the_place_that_was_asked_for(release: Release, tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "boundaries.cli",
        "export",
        str(release.path),
        "--layer",
        "unit-kecamatan",
    ]
    limit = functools.partial(resource.setrlimit, resource.RLIMIT_FSIZE, (4096, 4096))
    done = subprocess.run(
        [*command, "--format", "geojson", "-o", str(tmp_path / "x.geojson")],
        capture_output=True, text=True, check=False, preexec_fn=limit,
    )  # fmt: skip
    assert done.returncode == 6
    assert done.stderr.startswith(f"dapil: no room on the disk of {tmp_path} for unit-kecamatan.geojson")
    assert ".dapil-" not in done.stderr
    assert list(tmp_path.iterdir()) == []
