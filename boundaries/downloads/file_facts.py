"""What is told of a file of the downloads beside its bytes."""

from collections.abc import Mapping
from dataclasses import dataclass

#: The two languages of the project.
Text = Mapping[str, str]


@dataclass(frozen=True)
class About:
    """What is told of a file beside its bytes."""

    format: str
    media_type: str
    dataset: str
    title: Text
    text: bool = False
    year: int | None = None
    chamber: str | None = None
    province: str | None = None
    size: str | None = None
