"""One rule for following a release: tried again, but not at every request; whatever it raises; and /health tells."""

import shutil
import sqlite3
from dataclasses import dataclass
from pathlib import Path

import pytest
from shapely.errors import GEOSException

from boundaries.errors import ReleaseError, Unavailable
from boundaries.release.following import LONGEST_S, PAUSE_S, Following, Refused
from boundaries.service.app import load_settings
from boundaries.service.state import Current, State
from tests.small import make_small_release
from tests.test_service_server import another_release


@dataclass
class Held:
    id: str
    refused: Refused | None = None


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def failing(error: Exception):
    def make() -> Held:
        raise error

    return make


FAULTS = [
    ReleaseError("x"), sqlite3.DatabaseError("x"), GEOSException("x"), OSError(24, "no descriptors"), RuntimeError("x"),
    AttributeError("x"), MemoryError(), KeyError("x"),
]  # fmt: skip


@pytest.mark.parametrize("error", FAULTS, ids=lambda error: type(error).__name__)
def test_whatever_is_raised_the_old_one_stays_and_the_pause_grows(error: Exception) -> None:
    clock = Clock()
    following = Following(Held("a"), "a", clock)
    pauses = []
    for tries in range(1, 13):
        assert following.due("b")
        following.go_over("b", "b", failing(error))
        assert following.state.id == "a"
        refused = following.state.refused
        assert refused is not None
        assert (refused.release, refused.tries) == ("b", tries)
        assert refused.why
        pauses.append(refused.again - clock.now)
        clock.now = refused.again - 0.001
        assert not following.due("b"), "not before its time"
        clock.now = refused.again
    assert pauses[:3] == [PAUSE_S, 2 * PAUSE_S, 4 * PAUSE_S]
    assert max(pauses) == pauses[-1] == LONGEST_S
    following.go_over("b", "b", lambda: Held("b"))
    assert (following.state, following.due("b")) == (Held("b"), False)


def test_another_target_is_tried_at_once_and_a_failed_one_that_went_away_is_forgotten() -> None:
    following = Following(Held("a"), "a", Clock())
    following.go_over("b", "b", failing(ValueError("x")))
    assert not following.due("b")
    assert following.due("c")
    following.forget()
    assert following.state.refused is None
    assert following.due("b")


def test_what_does_not_answer_now_is_no_fault_of_the_release() -> None:
    following = Following(Held("a"), "a", Clock())
    with pytest.raises(Unavailable):
        following.go_over("b", "b", failing(Unavailable("the database does not answer")))
    assert following.state.refused is None


@dataclass
class Counted:
    """Makes states, and counts how often it is asked."""

    asked: int = 0

    def __call__(self, address: str) -> State:
        self.asked += 1
        return State(address, load_settings())


def follow(out: Path) -> tuple[Current, Counted, Clock]:
    make, clock = Counted(), Clock()
    return Current(out, make, clock=clock), make, clock


def point(out: Path, name: str) -> None:
    (out / "link").symlink_to(name)
    (out / "link").replace(out / "current")


def test_a_link_made_before_its_content_is_followed_when_the_content_is_there(tmp_path: Path) -> None:
    make_small_release(tmp_path)
    fresh = another_release(tmp_path / "elsewhere", 9)
    current, _, clock = follow(tmp_path)
    point(tmp_path, fresh.name)
    assert current.get().health()["refused"] == fresh.name
    shutil.copytree(fresh, tmp_path / fresh.name)
    assert current.get().id != fresh.name
    clock.now += PAUSE_S
    assert current.get().id == fresh.name
    assert "refused" not in current.get().health()


def test_a_damaged_release_is_tried_once_a_pause_not_once_a_request(tmp_path: Path) -> None:
    make_small_release(tmp_path)
    fresh = another_release(tmp_path, 9)
    point(
        tmp_path,
        next(p.name for p in tmp_path.iterdir() if p.is_dir() and p.name not in ("current", fresh.name)),
    )
    current, make, _ = follow(tmp_path)
    damage(fresh)
    point(tmp_path, fresh.name)
    for _ in range(200):
        assert current.get().id != fresh.name
    assert make.asked <= 2
    assert current.get().health()["refused_tries"] == 1


def damage(release: Path) -> None:
    """Break the file of features that answers are cut out of, its length kept."""
    path = release / "features.bin"
    path.chmod(0o644)
    data = path.read_bytes()
    path.write_bytes(bytes(64) + data[64:])
