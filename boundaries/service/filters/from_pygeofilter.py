"""pygeoapi's parsed filter, a tree of pygeofilter, told as CQL2 JSON, which `filters.parse` reads with all its bounds.

What pygeofilter's tree cannot tell apart is refused, not guessed:

- ``a OR b AND c`` and ``(a OR b) AND c`` are one tree, for its grammar has no order of AND and OR;
- ``T_INTERSECTS`` and ``T_OVERLAPS`` are one node;
- the numbers of ``BBOX``, ``ENVELOPE`` and ``{"bbox": …}`` are not moved by ``filter-crs``, and the last stand in
  the wrong order.

A pattern of LIKE is read as CQL2 has it (``%`` and ``_``): the ``.`` that the tree names is the parser's, not the
client's.
"""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from pygeofilter import ast, values

from boundaries.service.filters.model import FilterError

#: The nodes of two operands, and what CQL2 calls them.
_CALLS: Final[dict[type, str]] = {
    ast.Equal: "=", ast.NotEqual: "<>", ast.LessThan: "<", ast.LessEqual: "<=", ast.GreaterThan: ">",
    ast.GreaterEqual: ">=", ast.Add: "+", ast.Sub: "-", ast.Mul: "*", ast.Div: "/",
    ast.GeometryIntersects: "s_intersects", ast.GeometryDisjoint: "s_disjoint", ast.GeometryContains: "s_contains",
    ast.GeometryWithin: "s_within", ast.GeometryTouches: "s_touches", ast.GeometryCrosses: "s_crosses",
    ast.GeometryOverlaps: "s_overlaps", ast.GeometryEquals: "s_equals",
    ast.TimeAfter: "t_after", ast.TimeBefore: "t_before", ast.TimeDisjoint: "t_disjoint", ast.TimeEquals: "t_equals",
    ast.TimeDuring: "t_during", ast.TimeContains: "t_contains", ast.TimeMeets: "t_meets", ast.TimeMetBy: "t_metBy",
    ast.TimeBegins: "t_starts", ast.TimeBegunBy: "t_startedBy", ast.TimeEnds: "t_finishes",
    ast.TimeEndedBy: "t_finishedBy", ast.TimeOverlappedBy: "t_overlappedBy",
}  # fmt: skip
_FOLDS: Final = {"lower": "casei", "casei": "casei", "accenti": "accenti"}


def as_json(tree: Any) -> str:
    """Return a tree of pygeofilter as CQL2 JSON, its geometries in lon/lat; FilterError for what it cannot tell."""
    try:
        return json.dumps(_told(tree))
    except RecursionError:
        raise FilterError("the filter is too deep", "fewer parentheses") from None


def _told(node: Any) -> Any:
    if isinstance(node, str | bool | int | float):
        return node
    if isinstance(node, date | values.Interval | values.Geometry | values.Envelope):
        return _literal(node)
    if isinstance(node, ast.Attribute):
        return {"property": node.name}
    if isinstance(node, ast.TimeDuring | ast.TimeBeforeOrDuring | ast.TimeDuringOrAfter):
        return _during(node)
    if isinstance(node, ast.And | ast.Or):
        return _logic(node)
    name = _CALLS.get(type(node))
    if name:
        return _call(name, _told(node.lhs), _told(node.rhs))
    return _other(node)


def _other(node: Any) -> Any:
    if isinstance(node, ast.Not):
        return _call("not", _told(node.sub_node))
    if isinstance(node, ast.Include):
        return not node.not_
    if isinstance(node, ast.Function) and node.name.lower() in _FOLDS:
        return _call(_FOLDS[node.name.lower()], *map(_told, node.arguments))
    if isinstance(node, ast.Between | ast.Like | ast.In | ast.IsNull):
        found = _predicate(node)
        return _call("not", found) if node.not_ else found
    if isinstance(node, ast.TimeOverlaps):
        raise FilterError(
            "pygeoapi reads T_OVERLAPS and T_INTERSECTS as one",
            "comparisons such as mulai <= … AND selesai > …",
        )
    if isinstance(node, ast.BBox):
        raise FilterError("BBOX in a filter does not follow filter-crs", "the parameter bbox, or a POLYGON")
    what = f"function {node.name}" if isinstance(node, ast.Function) else type(node).__name__
    raise FilterError(
        f"{what} cannot be asked of this collection", "comparisons, LIKE, IN, S_… and T_… of CQL2"
    )


def _predicate(node: Any) -> Any:
    subject = _told(node.lhs)
    if isinstance(node, ast.Between):
        return _call("between", subject, _told(node.low), _told(node.high))
    if isinstance(node, ast.In):
        return _call("in", subject, [_told(each) for each in node.sub_nodes])
    if isinstance(node, ast.IsNull):
        return _call("isNull", subject)
    pattern = _told(node.pattern)
    if node.nocase:
        subject, pattern = _call("casei", subject), _call("casei", pattern)
    return _call("like", subject, pattern)


def _logic(node: Any) -> Any:
    """Tell of a chain of one operator as one call: a OR b OR c is a tree as deep as it is long."""
    kind, chain = type(node), []
    while isinstance(node, kind):
        chain.append(node.rhs)
        node = node.lhs
    if kind is ast.And and isinstance(node, ast.Or):
        raise FilterError(
            "pygeoapi does not tell a OR b AND c from (a OR b) AND c", "the parenthesis last: c AND (a OR b)"
        )
    return _call("and" if kind is ast.And else "or", *map(_told, (node, *reversed(chain))))


def _during(node: Any) -> Any:
    """Tell of a relation to a period: between intervals as it is, of one instant by its ends (ECQL's DURING)."""
    if not isinstance(node.lhs, ast.Attribute) or not isinstance(node.rhs, values.Interval):
        if isinstance(node, ast.TimeDuring):
            return _call("t_during", _told(node.lhs), _told(node.rhs))
        raise FilterError(
            "BEFORE OR DURING, DURING OR AFTER take a property and a period", "mulai DURING a/b"
        )
    first, last = _ends(node.rhs)
    subject = _told(node.lhs)
    if isinstance(node, ast.TimeBeforeOrDuring):
        return _bounded(subject, None, "", last, "<=")
    if isinstance(node, ast.TimeDuringOrAfter):
        return _bounded(subject, first, ">=", None, "")
    return _bounded(subject, first, ">", last, "<")


def _bounded(subject: Any, first: Any, after: str, last: Any, before: str) -> Any:
    found = [
        _call(op, subject, _literal(end)) for op, end in ((after, first), (before, last)) if end is not None
    ]
    if not found:
        raise FilterError("a period without an end", "a date on at least one side")
    return found[0] if len(found) == 1 else _call("and", *found)


def _call(op: str, *args: Any) -> dict[str, Any]:
    return {"op": op, "args": list(args)}


def _ends(interval: values.Interval) -> tuple[Any, Any]:
    """Return both ends, a duration counted from the other one; None is open."""
    first, last = interval.start, interval.end
    if isinstance(first, timedelta) and isinstance(last, datetime):
        first = last - first
    elif isinstance(last, timedelta) and isinstance(first, datetime):
        last = first + last
    return first, last


def _literal(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"timestamp": _utc(value)}
    if isinstance(value, date):
        return {"date": value.isoformat()}
    if isinstance(value, values.Interval):
        ends = _ends(value)
        return {"interval": [".." if end is None else next(iter(_literal(end).values())) for end in ends]}
    if isinstance(value, values.Envelope):
        raise FilterError("a box in a filter does not follow filter-crs", "the parameter bbox, or a POLYGON")
    geometry = dict(value.geometry)
    crs = str(((geometry.pop("crs", None) or {}).get("properties") or {}).get("name"))
    if not crs.endswith("CRS84"):
        raise FilterError(
            f"a geometry in {crs}: pygeoapi moves it only where storage_crs is configured",
            "storage_crs: http://www.opengis.net/def/crs/OGC/1.3/CRS84",
        )
    return geometry


def _utc(time: datetime) -> str:
    if time.tzinfo is None:
        raise FilterError(f"{time.isoformat()} has no time zone", "a UTC time such as 2024-02-14T00:00:00Z")
    return time.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
