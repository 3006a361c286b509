"""What goes wrong on the way of a request, as RFC 9457 problem documents."""

import json
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

MEDIA_TYPE = "application/problem+json"


class Problem(Exception):  # noqa: N818 - the word of RFC 9457
    """An answer that is not a success: names the parameter at fault and what would be allowed."""

    #: Of a 503: seconds after which to ask again.
    again = 2

    def __init__(self, status: int, detail: str, **members: Any) -> None:
        super().__init__(detail)
        self.status = HTTPStatus(status)
        self.detail = detail
        self.members = members

    def document(self) -> bytes:
        """Return the problem as JSON."""
        status = self.status
        body = {"type": "about:blank", "title": status.phrase, "status": int(status), "detail": self.detail}
        return json.dumps(body | self.members, ensure_ascii=False).encode()


def bad(parameter: str, detail: str, allowed: Iterable[str] | str = ()) -> Problem:
    """Return the 400 for `parameter`; `allowed` is a list of values or a sentence."""
    choices = allowed if isinstance(allowed, str) else list(allowed)
    members: dict[str, Any] = {"parameter": parameter}
    if choices:
        members["allowed"] = choices
        text = choices if isinstance(choices, str) else ", ".join(choices)
        detail = f"{detail}. Allowed: {text}"
    return Problem(400, f"{parameter}: {detail}", **members)


def missing(what: str, name: str, allowed: Iterable[str] = ()) -> Problem:
    """Return the 404 for `what` of `name`."""
    members = {"allowed": list(allowed)} if allowed else {}
    return Problem(404, f"no {what} {name!r} in this release", **members)
