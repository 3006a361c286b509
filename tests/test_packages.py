"""One contract, two packages: files and PostGIS answer everything alike, to the byte."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import shapely

from boundaries.release.feature_source import Package, runs
from boundaries.release.spliced import gzipped, plain
from boundaries.release.store import open_release
from boundaries.service.ogcapi.layers import Layers, open_package
from tests.postgres import Cluster, published
from tests.small import make_small_release

CACHE = 1 << 20


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_small_release(tmp_path_factory.mktemp("releases"))


@pytest.fixture(scope="module")
def files(directory: Path) -> Iterator[Package]:
    package = open_package(str(directory), CACHE)
    yield package
    package.close()


@pytest.fixture(scope="module")
def address(cluster: Cluster, directory: Path) -> str:
    return published(cluster, directory)


@pytest.fixture(scope="module")
def postgis(address: str) -> Iterator[Package]:
    package = open_package(address, CACHE)
    yield package
    package.close()


@pytest.fixture(params=["files", "postgis"])
def package(request: pytest.FixtureRequest) -> Package:
    return request.getfixturevalue(request.param)


@pytest.fixture
def both(files: Package, postgis: Package) -> tuple[Package, Package]:
    return files, postgis


def layers_of(package: Package) -> list[str]:
    return [layer["name"] for layer in package.manifest["layers"]]


def count(package: Package) -> int:
    return sum(package.span(layer)[1] for layer in layers_of(package))


def test_manifest_and_tables_are_the_release_s(package, directory):
    release = open_release(directory)
    assert package.manifest == release.manifest
    assert [list(layer) for layer in package.manifest["layers"]] == [
        list(layer) for layer in release.manifest["layers"]
    ], "the order of keys"
    assert package.tables >= {*release.layers, "plans", "members", "assignment", "tabel-dprd-kabkota-2014"}


def test_layers_stand_one_after_another_sorted_by_name(package):
    spans = [package.span(layer) for layer in sorted(layers_of(package))]
    starts = [0, *np.cumsum([size for _, size in spans]).tolist()]
    assert [first for first, _ in spans] == starts[:-1]


def test_columns_and_rows_are_equal_and_of_equal_types(both):
    files, postgis = both
    assert files.tables == postgis.tables
    for table in files.tables:
        assert files.columns(table) == postgis.columns(table)
        names = [column.name for column in files.columns(table)]
        rows = files.records(table, names)
        assert rows == postgis.records(table, names)
        types = [[type(cell) for cell in row] for row in rows]
        assert types == [[type(cell) for cell in row] for row in postgis.records(table, names)], table
        assert files.records(table, names[::-2]) == postgis.records(table, names[::-2]), "in the order asked"


def test_dates_are_iso_text_however_the_server_writes_them(cluster, address, files):
    name = address.rpartition("/")[2]
    with cluster.connect() as connection:
        connection.execute(f"ALTER DATABASE {name} SET datestyle = 'German, DMY'")
    other = open_package(f"{address}?pool_size=1", CACHE)
    assert other.records("plans", ["mulai", "selesai"]) == files.records("plans", ["mulai", "selesai"])
    with cluster.connect() as connection:
        connection.execute(f"ALTER DATABASE {name} RESET datestyle")


def test_boxes_and_geometries_are_equal_to_the_bit(both):
    files, postgis = both
    for layer in layers_of(files):
        assert np.array_equal(files.bounds(layer), postgis.bounds(layer))
        wkb = [shapely.to_wkb(package.whole(layer), include_srid=True).tolist() for package in both]
        assert wkb[0] == wkb[1], layer


def test_geometries_come_in_the_order_asked_for_across_layers(package):
    total = count(package)
    whole = np.concatenate([package.whole(layer) for layer in sorted(layers_of(package))])
    for seed in range(10):
        rows = np.random.default_rng(seed).integers(0, total, 17)  # some of them twice
        assert shapely.equals_identical(package.geometries(rows), whole[rows]).all()
    assert len(package.geometries([])) == 0


@pytest.mark.parametrize("how", [plain, gzipped])
def test_features_are_equal_to_the_byte(both, how):
    total = count(both[0])
    asked = [[(0, total - 1)], [(7, 7)], [(0, 1)], [], [(row, row) for row in range(0, total, 3)],
             [(40, 44), (3, 9), (12, 12)], [(12, 12), (3, 9)]]  # fmt: skip
    for each in asked:
        texts = [b"".join(how(package.features(each))) for package in both]
        assert texts[0] == texts[1], each


@pytest.mark.parametrize("half", ["shape", "facts"])
def test_halves_are_equal_to_the_byte_in_any_order(both, half):
    rows = [*range(count(both[0])), 5, 4, 30, 0]
    for row in rows:
        parts = [getattr(package, half)(row) for package in both]
        for how in (plain, gzipped):
            assert b"".join(how([parts[0]])) == b"".join(how([parts[1]])), row
        assert parts[0].crc() == parts[1].crc()


def test_gzip_of_a_package_is_gzip_of_its_text(package):
    parts = package.features([(0, 20), (30, 30), (33, 40)])
    assert gzip.decompress(b"".join(gzipped(parts))) == b"".join(plain(parts))


def test_a_crc_of_many_rows_is_that_of_their_text(postgis):
    """The CRC of a long run is put together from what is kept, and never summed for short ones."""
    import zlib

    total = count(postgis)
    for first, last in ((0, total - 1), (5, total - 1), (5, 30)):
        for part in postgis.features([(first, last)]):
            assert part.crc() == zlib.crc32(part.text)


def test_layers_answer_alike(address, directory):
    """The rows of a question are found by the same code, from the same values."""
    found = [Layers.of(where, CACHE) for where in (str(directory), address)]
    assert list(found[0]) == list(found[1])
    for name in found[0]:
        assert list(found[0][name].ids) == list(found[1][name].ids)
        assert found[0][name].box() == found[1][name].box()


def test_runs_and_rows_mean_the_same(package):
    rows = [3, 4, 5, 9, 20, 21]
    singly = b"".join(plain(package.features([(row, row) for row in rows])))
    assert singly == b"".join(plain(package.features(runs(rows))))
