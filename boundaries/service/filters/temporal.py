"""Time in filters: literals of RFC 3339, and the fifteen relations between intervals.

Intervals are closed at both ends, as the standard has them (clause "Temporal Functions"; relations of OWL
Time). The release's own ``selesai`` is the first day that a plan is *no longer* in force, so
``INTERVAL(mulai, selesai)`` includes that day: on an election day ``T_INTERSECTS`` finds the old plan and the
new one, and the old one ``T_MEETS`` the new. What was in force on a day is
``mulai <= DATE('d') AND (selesai > DATE('d') OR selesai IS NULL)``, or the parameter ``datetime=``.

A null at the end of an interval is an open end (the plan is still in force); a null at its start makes the
answer unknown, and so does a null instant.
"""

import re
from collections.abc import Callable
from datetime import date, datetime
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
            datetime.fromisoformat(text[:19])
            return Instant(sortable(text), at)
    except ValueError as error:
        raise FilterError(f"{quoted(text)} {at} is no time: {error}", wanted) from None
    raise FilterError(f"{quoted(text)} {at} is no {only or 'date or timestamp'}", wanted)


def sortable(timestamp: str) -> str:
    """Return a UTC timestamp without Z and without zeros that say nothing, so that text sorts as time."""
    bare = timestamp.rstrip("Z")
    return bare.rstrip("0").rstrip(".") if "." in bare else bare
