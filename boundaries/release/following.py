"""Which release is served, and when a newer one takes its place: one rule, for files and for a database.

A newer release is made ready in full, then takes the place of the old one. One that cannot be made ready is passed
over, whatever the error, and tried again after a pause that doubles from `PAUSE_S` to `LONGEST_S`: it may be half
copied, or the machine may have been out of something for a moment. What is another target than the one that failed
is tried at once.
"""

import logging
import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Final, Generic, Protocol, TypeVar

from boundaries.errors import Unavailable

LOGGER = logging.getLogger(__name__)

PAUSE_S: Final = 1.0
LONGEST_S: Final = 300.0


class Served(Protocol):
    """What is made ready of a release: `id` its name; `refused` is set to the release that could not be."""

    id: str
    refused: "Refused | None"


@dataclass(frozen=True)
class Refused:
    """A release that cannot be served: its name, why, how often it was tried, when it is tried again (monotonic)."""

    release: str
    why: str
    tries: int
    again: float


S = TypeVar("S", bound=Served)
T = TypeVar("T", bound=Hashable)


class Following(Generic[S, T]):
    """Holds the state that is served and puts a newer one in its place.

    `state`, `target`: what is served, and what it was made of: whatever compares, such as the text of a link. Safe to
    share between threads: of several that see a change one acts, the others go on with the old state.
    """

    def __init__(self, state: S, target: T, clock: Callable[[], float] = time.monotonic) -> None:
        self.state = state
        self.target = target
        self._clock = clock
        self._failed: tuple[T, Refused] | None = None
        self._lock = threading.Lock()

    def due(self, target: T) -> bool:
        """Whether `target` is another than what is served, and not one that failed a moment ago."""
        if target == self.target:
            return False
        return self._failed is None or self._failed[0] != target or self._clock() >= self._failed[1].again

    def begin(self) -> bool:
        """Take the right to act; whoever has it gives it back by `end`."""
        return self._lock.acquire(blocking=False)

    def end(self) -> None:
        """Give it back."""
        self._lock.release()

    def go_over(self, target: T, release: str, make: Callable[[], S]) -> None:
        """Make the state of `target` and put it in place; if that fails, the old one stays and says so."""
        try:
            made = make()
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a damaged release raises, the old one goes on
            self._note(target, release, error)
            return
        self.state, self.target, self._failed = made, target, None

    def _note(self, target: T, release: str, error: Exception) -> None:
        again = self._failed is not None and self._failed[0] == target
        tries = self._failed[1].tries + 1 if again and self._failed else 1
        pause = min(PAUSE_S * 2 ** (tries - 1), LONGEST_S)
        why = " ".join(str(error).split()) or type(error).__name__
        refused = Refused(release, why, tries, self._clock() + pause)
        self._failed = target, refused
        self.state.refused = refused
        if tries == 1:
            LOGGER.error(
                "release %s cannot be served, keeping %s: %s", release, self.state.id, why, exc_info=error
            )
        else:
            LOGGER.warning(
                "release %s cannot be served after %d tries, keeping %s: %s",
                release,
                tries,
                self.state.id,
                why,
            )

    def forget(self) -> None:
        """What failed is away again: what is served is what there is."""
        if self._failed is not None:
            self._failed, self.state.refused = None, None
