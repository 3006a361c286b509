"""Values at the edge: leap seconds, intervals within a day, numbers that are equal and not the same."""

from types import SimpleNamespace

import numpy as np
import pytest

from boundaries.release.geopackage_reader import Column
from boundaries.service.crs import CRS84, get
from boundaries.service.filters import FilterError, Queryable, parse
from boundaries.service.ogcapi.layer import Layer
from boundaries.service.ogcapi.query import Period, period
from boundaries.service.problems import Problem

LEAP = (
    "2016-12-31T23:59:60Z", "2016-12-31T23:59:60.5Z", "2017-01-01T06:59:60+07:00", "2012-06-30T23:59:60Z",
    "2016-12-31t23:59:60z",
)  # fmt: skip
NO_LEAP = (
    "2016-12-31T23:58:60Z", "2016-12-30T23:59:60Z", "2016-12-31T23:59:60+07:00", "2016-12-31T22:59:60Z",
    "2016-12-31T23:59:61Z",
)  # fmt: skip


@pytest.mark.parametrize("text", LEAP)
def test_a_leap_second_is_a_time(text):
    assert period(text) == Period(text[:10], text[:10])
    assert period(f"{text}/..") == Period(text[:10], None)


@pytest.mark.parametrize("text", NO_LEAP)
def test_a_second_60_elsewhere_never_was(text):
    with pytest.raises(Problem):
        period(text)


def test_a_leap_second_in_a_filter_lies_between_its_neighbours():
    columns = {"dibuat": Queryable("dibuat", "timestamp")}

    def key(text: str) -> object:
        return parse(f"dibuat = TIMESTAMP('{text}')", "cql2-text", columns, get(CRS84)).root.args[1].text

    times = [
        "2016-12-31T23:59:59.9Z",
        "2016-12-31T23:59:60Z",
        "2016-12-31T23:59:60.5Z",
        "2017-01-01T00:00:00Z",
    ]
    assert sorted(times, key=key) == times
    for text in ("2016-12-31T12:59:60Z", "2016-12-31T23:59:61Z"):
        with pytest.raises(FilterError):
            key(text)


@pytest.mark.parametrize(
    "text",
    [
        "2024-02-14T10:00:00Z/2024-02-14T09:00:00Z", "2024-02-14T10:00:00.5Z/2024-02-14T10:00:00.25Z",
        "2024-02-14T23:00:00-05:00/2024-02-15T01:00:00+07:00", "2024-02-14T10:00:00+07:00/2024-02-14T09:59:59+07:00",
        "2016-12-31T23:59:60Z/2016-12-31T23:59:59.999Z", "0000-01-01T10:00:00Z/0000-01-01T09:00:00Z",
        "2024-02-15/2024-02-14", "2024-02-15/2024-02-14T23:00:00Z", "2024-02-14t10:00:00z/2024-02-14t09:00:00z",
    ],
)  # fmt: skip
def test_an_interval_that_ends_before_it_begins_is_refused(text):
    with pytest.raises(Problem, match="ends before it begins"):
        period(text)


@pytest.mark.parametrize(
    "text",
    [
        "2024-02-14T09:00:00Z/2024-02-14T09:00:00Z", "2024-02-14T09:00:00+07:00/2024-02-14T03:00:00Z",
        "2024-02-14T10:00:00Z/2024-02-14", "2024-02-14/2024-02-14T09:00:00Z",
        "0000-01-01T10:00:00Z/2024-02-14T09:00:00Z",
        "2016-12-31T23:59:59.9Z/2016-12-31T23:59:60Z", "0001-01-01T00:00:00+07:00/9999-12-31T23:59:59-07:00",
        "2024-02-14T10:00:00.25Z/2024-02-14T10:00:00.5Z",
    ],
)  # fmt: skip
def test_an_interval_in_order_is_read(text):
    assert period(text).first == text[:10]


def test_numbers_that_are_equal_stay_what_they_are():
    """An integer column after a number column keeps its integers, and the other way round."""
    columns = [Column("id", "string", "", {}), Column("kursi", "integer", "", {}), Column("luas_km2", "number", "", {}),
               Column("n", "integer", "", {})]  # fmt: skip
    rows = [("a", 5, 5.0, 7), ("b", 6, 7.0, 6), ("c", 1, 1.0, 1)]
    package = SimpleNamespace(
        columns=lambda table: tuple(columns), span=lambda table: (0, len(rows)),
        records=lambda table, names: [tuple(row[at] for at, each in enumerate(columns) if each.name in names)
                                      for row in rows],
        bounds=lambda table: np.zeros((len(rows), 4)),
    )  # fmt: skip
    layer = Layer(package, "x")
    for place, row in enumerate(rows):
        found = tuple(layer.properties(place).values())
        assert [type(value) for value in found] == [type(value) for value in row]
        assert found == row
