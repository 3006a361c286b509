"""features.bin: what it keeps is what the GeoPackage says, and its packed halves fit anywhere in a gzip stream."""

import json
import zlib
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from boundaries.errors import ReleaseError
from boundaries.release.feature_file import END, STORED_END, FeatureFile, Rows, write_features
from boundaries.release.spliced import Part, between, combined, gzipped, length, pieces, plain
from boundaries.release.store import open_release
from boundaries.verify.run import verify
from tests.small import make_small_release


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_small_release(tmp_path_factory.mktemp("releases"))


@pytest.fixture(scope="module")
def file(release: Path) -> FeatureFile:
    return FeatureFile(release / "features.bin")


def test_every_row_is_the_feature_of_the_geopackage(release, file):
    opened = open_release(release)
    for table, (first, count) in file.tables.items():
        frame, geometries = opened.read_layer(table)
        assert len(frame) == count
        for index in range(count):
            start, end = file.text_at[first + index], file.text_at[first + index + 1]
            feature = json.loads(bytes(file.text[start : end - len(END)]) + b"}")
            shape = shapely.from_geojson(json.dumps(feature["geometry"]))
            assert shape.equals_exact(geometries[index], 0, normalize=True)
            assert all(ring.is_ccw for part in shape.geoms for ring in [part.exterior])
            expected = {k: v.item() if isinstance(v, np.generic) else v for k, v in frame.iloc[index].items()}
            for name, value in feature["properties"].items():
                assert value == expected[name] or (value is None and frame[name].isna().iloc[index])
            assert list(feature["properties"]) == list(frame.columns)


def test_the_years_of_a_chamber_stand_together(file):
    first, count = file.tables["dpr-2019"]
    assert file.tables["dpr-2024"][0] == first + count


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_any_run_of_rows_unpacks_from_any_place_of_a_stream(file, data):
    rows = len(file.text_at) - 1
    parts = [Part(b"[")]
    for _ in range(data.draw(st.integers(1, 4))):
        first = data.draw(st.integers(0, rows - 1))
        end = data.draw(st.integers(first + 1, min(rows, first + 30)))
        start, stop = file.text_at[first], file.text_at[end]
        deflate = file.deflate[file.deflate_at[first] : file.deflate_at[end]]
        crc = between(file.crc_at[first], file.crc_at[end], stop - start)
        assert crc == zlib.crc32(file.text[start:stop])
        parts.append(Part(file.text[start:stop], deflate, lambda crc=crc: crc))
        parts.append(Part(data.draw(st.binary(max_size=9000))))
    packed = b"".join(gzipped(parts))
    assert zlib.decompress(packed, 31) == b"".join(plain(parts))


@given(st.binary(max_size=400), st.binary(max_size=400))
def test_crcs_combine(one, other):
    whole = zlib.crc32(one + other)
    assert combined(zlib.crc32(one), zlib.crc32(other), len(other)) == whole
    assert between(zlib.crc32(one), whole, len(other)) == zlib.crc32(other)


@settings(deadline=None)
@given(st.lists(st.integers(0, 700_000), max_size=6))
def test_pieces_are_the_body_and_small(sizes):
    buffers = [memoryview(bytes([index % 251]) * size) for index, size in enumerate(sizes)]
    got = list(pieces(buffers))
    assert b"".join(got) == b"".join(buffers)
    assert length(buffers) == sum(sizes)
    assert all(0 < len(piece) <= 256 << 10 for piece in got)


def test_the_same_rows_give_the_same_bytes(tmp_path):
    rows = Rows(
        "t", ["a", "b"], np.array([shapely.box(0, 0, 1, 1)] * 2), [{"n": 1, "x": None}, {"n": 2.5, "x": "é"}]
    )
    for name in ("one", "two"):
        write_features(tmp_path / name, [rows])
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "two"]
    assert FeatureFile(tmp_path / "one").deflate.tobytes().endswith(STORED_END)


@pytest.mark.parametrize("keep", [0, 7, 100, 5000])
def test_a_cut_file_is_refused_by_name(release, tmp_path, keep):
    whole = (release / "features.bin").read_bytes()
    (tmp_path / "features.bin").write_bytes(whole[:keep])
    with pytest.raises(ReleaseError, match=r"features\.bin cannot be read .* build the release again"):
        FeatureFile(tmp_path / "features.bin")


@pytest.mark.parametrize("section", ["text", "deflate", "crc_at", "facts_at"])
def test_verify_finds_one_changed_byte(tmp_path, section):
    release = make_small_release(tmp_path)
    path = release / "features.bin"
    before = path.read_bytes()
    start, count = FeatureFile(path)._sections[section]
    at = start + count // 2
    path.write_bytes(before[:at] + bytes([before[at] ^ 1]) + before[at + 1 :])
    report = verify(open_release(release))
    assert {"features", "files"} <= {check.id for check in report.checks if check.findings}
