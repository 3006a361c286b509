"""Codes: text in, the same text out, or one message that says how to write it."""

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundaries.errors import CodeError
from boundaries.law import codes
from boundaries.law.codes import LENGTH, LEVELS
from boundaries.law.registry import load_registry

two = st.integers(0, 99).map("{:02d}".format)
provinsi = st.integers(10, 99).map(str)
kabkota = st.tuples(provinsi, two).map(".".join)
kecamatan = st.tuples(kabkota, two).map(".".join)
desa = st.tuples(kecamatan, st.integers(0, 9999).map("{:04d}".format)).map(".".join)
any_code = st.one_of(provinsi, kabkota, kecamatan, desa)


def test_every_listed_unit_is_a_code() -> None:
    for code in load_registry().names:
        assert codes.parse(code) == code


@given(any_code)
def test_a_code_lies_in_itself_and_its_parents_chain_up_to_its_provinsi(code: str) -> None:
    chain = [code]
    while (above := codes.parent(chain[-1])) is not None:
        chain.append(above)
    assert [codes.level(c) for c in reversed(chain)] == list(LEVELS[: len(chain)])
    assert all(codes.ancestor(code, codes.level(c)) == c for c in chain)
    assert len(chain[-1]) == LENGTH["provinsi"]


@given(st.text(alphabet=string.digits + ". -ab", max_size=16))
def test_any_text_is_a_code_or_is_refused(text: str) -> None:
    try:
        code = codes.parse(text)
    except CodeError:
        with pytest.raises(CodeError, match=re.escape(repr(text))):
            codes.parse(text)
    else:
        assert code == text
        assert codes.level(code) in LEVELS


@pytest.mark.parametrize(
    ("wrong", "mend"),
    [
        ("32.1", "write 32.10"),
        ("3204", "write 32.04"),
        ("320405", "write 32.04.05"),
        ("3204052001", "write 32.04.05.2001"),
        (" 32.04", "remove the blanks"),
        ("32.04 ", "remove the blanks"),
        ("32.04.5", "expected the form"),
        ("", "expected the form"),
        ("02.04", "expected the form"),
        ("32.04.05.201", "expected the form"),
        (
            "32.04.05.2001.01",
            "nothing is finer than a desa: a dapil is made of whole desa, write 32.04.05.2001",
        ),
    ],
)
def test_a_wrong_code_names_its_mend(wrong: str, mend: str) -> None:
    with pytest.raises(CodeError, match=mend):
        codes.parse(wrong)


@pytest.mark.parametrize("number", [32.1, 3204, None, b"32.04"])
def test_a_code_that_is_no_text_is_refused(number: object) -> None:
    with pytest.raises(CodeError, match="read the column as text"):
        codes.parse(number)


def test_a_unit_lies_in_no_finer_unit() -> None:
    with pytest.raises(CodeError, match="lies in no single kecamatan"):
        codes.ancestor("32.04", "kecamatan")


def test_a_length_of_no_level_has_no_level() -> None:
    with pytest.raises(CodeError):
        codes.level("32.0")


def test_the_finest_codes_have_none_below() -> None:
    known = ["32.04.01", "32", "32.04.01.2001", "32.10", "32.04", "32.04.02", "31", "31"]
    assert codes.finest(known) == ["31", "32.04.01.2001", "32.04.02", "32.10"]
    assert codes.finest([]) == []
