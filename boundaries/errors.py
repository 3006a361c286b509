"""One small family of errors; each message names the thing that is wrong and its mend.

Every class carries the exit code with which the command ``dapil`` ends.
"""


class BoundariesError(Exception):
    """Base of all errors that a person can mend.

    `text` is the message; with `values` it has places for them, as ``str.format`` does, and can be translated.
    """

    exit_code = 1

    def __init__(self, text: str = "", **values: object) -> None:
        super().__init__(text.format(**values) if values else text)
        self.text = text
        self.values = values


class CodeError(BoundariesError, ValueError):
    """A text is not a Kemendagri code."""

    exit_code = 3


class TableError(BoundariesError):
    """A CSV table of the project cannot be read, or contradicts itself."""

    exit_code = 3


class PlanError(BoundariesError):
    """A plan (the law as a table) contradicts itself, the law's totals or the list of units."""

    exit_code = 3


class SourceError(BoundariesError):
    """A base map cannot be had, is not the expected file, or cannot be read."""

    exit_code = 4


class DownloadError(BoundariesError):
    """A file of a release on another host cannot be had, or is not what its list says."""

    exit_code = 4


class CoverageError(BoundariesError):
    """The polygons could not be made into a valid coverage without losing something."""

    exit_code = 5


class ReleaseError(BoundariesError):
    """A release cannot be written, found or read."""

    exit_code = 6


class Unavailable(ReleaseError):  # noqa: N818 - the word of RFC 9110 for a 503
    """A release is there, but what holds it does not answer now: in some seconds it may."""

    status = 503

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class VerifyError(BoundariesError):
    """A release does not hold what it promises."""

    exit_code = 7


class NotFound(BoundariesError):  # noqa: N818 - an answer, not a fault
    """Nothing is there: no dapil at a point, no layer of a name."""

    exit_code = 8
