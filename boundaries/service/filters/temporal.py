"""Time in filters: literals of RFC 3339, and the fifteen relations between intervals.

Intervals are closed at both ends, as the standard has them (clause "Temporal Functions"; relations of OWL
Time). The release's own ``selesai`` is the first day that a plan is *no longer* in force, so
``INTERVAL(mulai, selesai)`` includes that day: on an election day ``T_INTERSECTS`` finds the old plan and the
new one, and the old one ``T_MEETS`` the new. What was in force on a day is
``mulai <= DATE('d') AND (selesai > DATE('d') OR selesai IS NULL)``, or the parameter ``datetime=``.

A null at the end of an interval is an open end (the plan is still in force); a null at its start makes the
answer unknown, and so does a null instant.

The standard refers to OWL Time and says of ``..`` only that it is an end without a bound. What has no end does not
end before another, and two open ends are the same end. So for a plan in force
``T_DURING(INTERVAL(mulai, selesai), INTERVAL('2000-01-01', '..'))`` is FALSE (``intervalDuring`` wants its end *before*
the other's) and ``T_FINISHES`` is TRUE. Who means "began after that day" asks ``mulai > DATE('2000-01-01')``.
"""

import contextlib
import re
from calendar import monthrange
from collections.abc import Callable
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from boundaries.service.filters.model import FilterError, quoted
from boundaries.service.filters.tree import Instant

_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TIMESTAMP: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?Z", re.ASCII)

#: Text that sorts before and after every instant.
PAST: Final = ""
FUTURE: Final = "~"

Instants = NDArray[np.object_]
_Relation = Callable[[Instants, Instants, Instants, Instants], Any]

#: name -> answer for (first, last) of one interval and (first, last) of the other.
RELATIONS: Final[dict[str, _Relation]] = {
    "t_after": lambda a, b, c, d: a > d,
    "t_before": lambda a, b, c, d: b < c,
    "t_contains": lambda a, b, c, d: (a < c) & (b > d),
    "t_disjoint": lambda a, b, c, d: (a > d) | (b < c),
    "t_during": lambda a, b, c, d: (a > c) & (b < d),
    "t_equals": lambda a, b, c, d: (a == c) & (b == d),
    "t_finishedby": lambda a, b, c, d: (a < c) & (b == d),
    "t_finishes": lambda a, b, c, d: (a > c) & (b == d),
    "t_intersects": lambda a, b, c, d: (a <= d) & (b >= c),
    "t_meets": lambda a, b, c, d: b == c,
    "t_metby": lambda a, b, c, d: a == d,
    "t_overlappedby": lambda a, b, c, d: (a > c) & (a < d) & (b > d),
    "t_overlaps": lambda a, b, c, d: (a < c) & (b > c) & (b < d),
    "t_startedby": lambda a, b, c, d: (a == c) & (b > d),
    "t_starts": lambda a, b, c, d: (a == c) & (b < d),
}
#: The relations that instants may be asked, too; the others are of intervals only.
WITH_INSTANTS: Final = ("t_after", "t_before", "t_disjoint", "t_equals", "t_intersects")


#: GDAL 3.6 writes a date with a T and no time behind it: 2024-02-14T.
_GDAL_DATE: Final = 11


def instant(text: str, at: str, only: str = "") -> Instant:
    """Read a date or timestamp (`only`: "date" or "timestamp"); FilterError if it is none or never was."""
    allowed = {"date": "a date such as 2024-02-14", "timestamp": "a UTC time such as 2024-02-14T00:00:00Z"}
    wanted = allowed.get(only, f"{allowed['date']}, or {allowed['timestamp']}")
    text = text.removesuffix("T") if len(text) == _GDAL_DATE else text
    try:
        if only != "timestamp" and _DATE.fullmatch(text):
            return Instant(date.fromisoformat(text).isoformat(), at)
        if only != "date" and _TIMESTAMP.fullmatch(text):
            moment(text)
            return Instant(sortable(text), at)
    except ValueError as error:
        raise FilterError(f"{quoted(text)} {at} is no time: {error}", wanted) from None
    raise FilterError(f"{quoted(text)} {at} is no {only or 'date or timestamp'}", wanted)


def moment(text: str) -> tuple[datetime, Fraction]:
    """Return a date-time of RFC 3339 as UTC to the second and the rest of a second; ValueError if it never was.

    A second 60 is read where RFC 3339 (5.7) has it: in the last minute, UTC, of a month. It sorts behind the 59th.
    """
    zone = text[19:].lstrip(".0123456789")
    digits = text[20 : len(text) - len(zone)]
    leap = text[17:19] == "60"
    found = datetime.fromisoformat(f"{text[:17]}{'59' if leap else text[17:19]}{zone}")
    with contextlib.suppress(OverflowError):  # on the first and the last day that Python knows
        found = found.astimezone(UTC)
    found = found.replace(tzinfo=UTC)
    last = (monthrange(found.year, found.month)[1], 23, 59)
    if leap and (found.day, found.hour, found.minute) != last:
        raise ValueError("a second 60 is only in the last minute of a month, UTC")
    return found, Fraction(int(digits or 0), 10 ** len(digits)) + leap


def sortable(timestamp: str) -> str:
    """Return a UTC timestamp without Z and without zeros that say nothing, so that text sorts as time."""
    bare = timestamp.rstrip("Z")
    return bare.rstrip("0").rstrip(".") if "." in bare else bare
