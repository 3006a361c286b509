"""Columns as a worker holds them: what comes back is what went in, and they take little."""

import random
import tracemalloc
from unicodedata import normalize

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundaries.release.packed_texts import PackedTexts
from boundaries.service.ogcapi import held_column
from boundaries.service.ogcapi.held_column import Numbers, Texts

TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=8)


@given(st.lists(TEXTS))
def test_packed_texts_are_the_texts(texts):
    packed = PackedTexts(texts)
    assert packed.all() == texts
    assert [packed[at] for at in range(len(packed))] == texts


@given(st.lists(TEXTS), TEXTS)
def test_the_first_place_of_a_text_is_that_of_python(texts, asked):
    texts.sort()
    assert PackedTexts(texts).first(asked) == sum(text < asked for text in texts)


@pytest.mark.parametrize("few", [0, 10_000])
@given(values=st.lists(st.none() | TEXTS | st.sampled_from(["é", "e\u0301", "", "a\0", "a"])), asked=TEXTS)
def test_a_column_of_text_answers_as_a_list_does(few, values, asked):
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(held_column, "_FEW", few)
        column = Texts(values)
    assert [column.at(at) for at in range(len(values))] == values
    array, known = column.arrays()
    composed = [None if value is None else normalize("NFC", value) for value in values]
    assert [text if told else None for text, told in zip(array, known, strict=True)] == composed
    for text in {asked, *composed} - {None}:
        assert column.equal(text).tolist() == [value == text for value in composed]
    ranks = [(rank, value) for rank, value in zip(column.ranks(), composed, strict=True) if value is not None]
    assert [value for _, value in sorted(ranks)] == sorted(value for _, value in ranks)
    assert column.distinct() == sorted(
        {v for v in values if v is not None}, key=lambda v: (normalize("NFC", v), v)
    )


@given(st.lists(st.none() | st.integers(-(2**53), 2**53)))
def test_a_column_of_numbers_answers_as_a_list_does(values):
    for kind, make in (("int64", int), ("float64", float)):
        told = [None if value is None else make(value) for value in values]
        column = Numbers(told, kind)
        found = [column.at(at) for at in range(len(values))]
        assert found == told
        assert {type(value) for value in found} <= {make, type(None)}
        assert column.distinct() == sorted({value for value in told if value is not None})
        assert column.known().tolist() == [value is not None for value in told]


def test_a_column_takes_little():
    """83,403 names of which most are one desa's alone: as Python's texts 6 MB, and more once filters ask."""
    rng = random.Random(1)
    names = ["".join(rng.choices("abcdefghijklm", k=10)) for _ in range(60_000)]
    values = [rng.choice(names) for _ in range(83_403)]
    tracemalloc.start()
    try:
        column = Texts(values)
        column.equal(values[0])
        column.arrays()
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 1.6e6
    assert np.count_nonzero(column.equal(values[7])) == values.count(values[7])
