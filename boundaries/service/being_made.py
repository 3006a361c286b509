"""What is being made behind the service: the downloads of its release, or a release in place of a provisional one."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

#: Seconds after which a client may ask again for a file that is being made.
AGAIN: Final = 5
_TOLD: Final = ("making", "failed")


@dataclass(frozen=True)
class Making:
    """How far it is. ``state``: ``idle`` (nothing is to be made here), ``making``, ``made`` or ``failed``.

    ``what``: ``downloads`` or ``release``; ``release``: the name of the release whose downloads they are, or in whose
    place another comes; ``step`` of ``steps`` where that is known, else 0; ``why`` it failed, in one line.
    """

    state: Literal["idle", "making", "made", "failed"] = "idle"
    what: str = ""
    release: str = ""
    step: int = 0
    steps: int = 0
    why: str = ""

    def of(self, release: str) -> bool:
        """Whether the downloads of this release are being made."""
        return self.state == "making" and self.what == "downloads" and self.release == release

    @property
    def extent(self) -> str:
        """How far, for a sentence: " (12 of 40)", or nothing."""
        return f" ({self.step} of {self.steps})" if self.steps else ""

    @property
    def told(self) -> dict[str, Any]:
        """What is told of it; nothing where there is nothing to tell."""
        return {name: value for name, value in asdict(self).items() if value} if self.state in _TOLD else {}

    def as_json(self) -> bytes:
        """Write it."""
        return json.dumps(asdict(self), ensure_ascii=False).encode()

    @classmethod
    def from_json(cls, content: bytes) -> "Making":
        """Read what `as_json` wrote."""
        return cls(**json.loads(content)) if content else cls()


#: Tells how far it is, whenever asked.
Asked = Callable[[], Making]


def idle() -> Making:
    """Return that nothing is made here."""
    return Making()
