"""The largest units that lie whole in something, and unions of base units told by their edges."""

import numpy as np
import pytest
import shapely

from boundaries.ground.dissolve import Ground
from boundaries.ground.seams import Seams
from boundaries.law.nesting import Nesting, under

CODES = np.array(["31.71.01", "31.71.02", "32.04.01.2001", "32.04.01.2002", "32.04.02.2001", "32.73.01"])


def largest(owner: list[int]) -> dict[str, int]:
    nesting = Nesting(CODES)
    return {
        str(nesting.levels[level].codes[unit]): int(of)
        for level, units, owners in nesting.largest(np.array(owner))
        for unit, of in zip(units, owners, strict=True)
    }


@pytest.mark.parametrize(
    ("owner", "units"),
    [
        ([0, 0, 0, 0, 0, 0], {"31": 0, "32": 0}),
        ([0, 0, 1, 1, 1, 2], {"31": 0, "32.04": 1, "32.73": 2}),
        ([0, 1, 1, 2, 2, -1], {"31.71.01": 0, "31.71.02": 1, "32.04.01.2001": 1, "32.04.01.2002": 2, "32.04.02": 2}),
        ([-1] * 6, {}),
    ],
)  # fmt: skip
def test_the_largest_whole_units_stand_for_their_base_units(owner: list[int], units: dict[str, int]) -> None:
    found = largest(owner)
    assert found == units
    rows, at = under(np.array(sorted(found)), CODES)
    spread = dict(
        zip(CODES[at].tolist(), (found[unit] for unit in np.array(sorted(found))[rows]), strict=True)
    )
    assert spread == {code: of for code, of in zip(CODES.tolist(), owner, strict=True) if of >= 0}


def test_what_lies_under_a_unit_begins_with_its_code_and_a_dot() -> None:
    rows, at = under(np.array(["32.04", "32.0", "32.04.01", "33"]), CODES)
    assert [(int(r), CODES[a]) for r, a in zip(rows, at, strict=True)] == [
        (0, "32.04.01.2001"), (0, "32.04.01.2002"), (0, "32.04.02.2001"),
        (2, "32.04.01.2001"), (2, "32.04.01.2002"),
    ]  # fmt: skip


def ground() -> Ground:
    """Six squares in a row, each with a vertex in the middle of every side."""
    shapes = shapely.segmentize(shapely.box(110 + np.arange(6), 0, 111 + np.arange(6), 1), 0.5)
    return Ground(CODES.astype(object), shapely.multipolygons(shapes, indices=np.arange(6)), np.ones(6))


def test_a_union_of_whole_units_is_the_union_of_their_base_units() -> None:
    owner = np.array([0, 1, 1, 2, 2, -1])
    found = ground().union(owner, 3)
    for number, shape in enumerate(found):
        direct = shapely.coverage_union_all(ground().geometry[owner == number])
        assert shapely.equals_exact(shapely.normalize(direct), shapely.normalize(shapely.get_parts(shape)[0]))


@pytest.mark.parametrize(
    "fault", ["a vertex gone", "a vertex moved", "ground of another", "ground lost", "a hole"]
)
def test_a_wrong_union_is_told_from_a_right_one_by_its_edges(fault: str) -> None:
    owner = np.array([0, 0, 0, 1, 1, -1])
    right = ground().union(owner, 2)
    seams = Seams(ground().geometry)
    assert len(seams.differing(owner, right)) == 0
    wrong = right.copy()
    if fault == "a vertex gone":
        wrong[1] = shapely.simplify(right[1], 0.1)
    elif fault == "a vertex moved":
        wrong[1] = shapely.transform(right[1], lambda xy: np.where(xy == 113.5, 113.5000001, xy))
    elif fault == "a hole":
        wrong[1] = shapely.difference(right[1], shapely.box(113.2, 0.2, 113.3, 0.3))
    else:
        other = owner.copy()
        other[2 if fault == "ground of another" else 4] = 1 if fault == "ground of another" else -1
        wrong = ground().union(other, 2)
    assert 1 in seams.differing(owner, wrong).tolist()
