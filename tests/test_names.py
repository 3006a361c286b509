"""Names of units: tolerant of how people write, never of what parts neighbours."""

import pytest

from boundaries.law import names
from boundaries.law.registry import load_registry


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("KEC. BOGOR SEL.", "Bogor Selatan"),
        ("Bogor-Selatan", "Bogor Selatan"),
        ("Bogor Slatan", "Bogor Selatan"),
        ("Tanah Sereal", "Tanah Sareal"),
        ("KOTA ADM. JAKARTA BARAT", "Kota Administrasi Jakarta Barat"),
        ("Kab. Kep. Seribu", "Kabupaten Administrasi Kepulauan Seribu"),
        ("Bogor", "Kota Bogor"),
        ("Kotabaru", "Kota Baru"),
        ("Tj. Priok", "Tanjung Priok"),
        ("TANJUNGPRIOK", "Tanjung Priok"),
        ("Sei Rampah", "Sungai Rampah"),
        ("IV Koto", "4 Koto"),
        ("Soerabaja", "Surabaya"),
        ("D.I. Yogyakarta", "Daerah Istimewa Yogyakarta"),
        ("DKI Jakarta", "Daerah Khusus Jakarta"),
        ("Ma'rang", "MARANG"),
        ("Bogor Tengah (Kota Bogor)", "Bogor Tengah"),
        ("", "Bogor"),
    ],
)
def test_one_unit_written_in_two_ways(one: str, other: str) -> None:
    assert names.same(one, other)
    assert names.same(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Bogor Selatan", "Bogor Timur"),
        ("Bogor Barat", "Bogor Utara"),
        ("Kab. Bogor", "Kota Bogor"),
        ("Kabupaten Bandung", "Kabupaten Bandung Barat"),
        ("Lawira I", "Lawira II"),
        ("Rajabasa Lama", "Rajabasa Baru"),
        ("Sumberbaru", "Ambulu"),
        ("Barat", "Darat"),
    ],
)
def test_neighbours_are_told_apart(one: str, other: str) -> None:
    assert not names.same(one, other)
    assert not names.same(other, one)


@pytest.mark.slow
def test_few_neighbours_of_the_registry_could_be_taken_for_each_other() -> None:
    registry = load_registry()
    pairs = [
        (registry.names[a], registry.names[b])
        for above in (*registry.at("provinsi"), *registry.at("kabkota"))
        for a in registry.children(above)
        for b in registry.children(above)
        if a < b
    ]
    taken = [pair for pair in pairs if names.same(*pair)]
    assert len(pairs) > 50_000
    assert len(taken) < len(pairs) / 1000
    assert [pair for pair in pairs if names.letters(pair[0]) == names.letters(pair[1])] == []
