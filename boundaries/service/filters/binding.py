"""A tree as it was read, bound to what a layer offers: names known, kinds checked, literals made ready.

The bound tree is canonical: operands of AND, OR and IN are sorted and stand once, text is in NFC, geometries
are in lon/lat and stand second, so that filters which mean the same compare equal. AND and OR have the cheap
operands first; that is the order in which they are asked.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Literal

import numpy as np
import shapely

from boundaries.service.crs import Crs
from boundaries.service.filters import spatial, strings, temporal
from boundaries.service.filters.charges import Budget
from boundaries.service.filters.model import Bounds, FilterError, Queryable, quoted
from boundaries.service.filters.tree import (
    ARITHMETIC,
    COMPARISON,
    FOLDS,
    SPATIAL,
    TEMPORAL,
    Box,
    Call,
    Constant,
    Geometry,
    Instant,
    Interval,
    Node,
    Property,
    Shape,
)

Sort = Literal["text", "number", "boolean", "instant", "interval", "geometry"]
_Bound = tuple[Node, Sort]

_SORT: Final[dict[str, Sort]] = {
    "string": "text", "integer": "number", "number": "number", "boolean": "boolean",
    "date": "instant", "timestamp": "instant", "geometry": "geometry",
}  # fmt: skip
_NAMES: Final[dict[Sort, str]] = {
    "text": "text", "number": "a number", "boolean": "a condition", "instant": "a date or timestamp",
    "interval": "an interval", "geometry": "a geometry",
}  # fmt: skip
#: What an operator costs to ask of a feature, about; a spatial one may fetch geometries.
_COST: Final = {"like": 20, "casei": 50, "accenti": 50, "in": 5} | dict.fromkeys(SPATIAL, 100_000)


class Binder:
    """Binds one tree to the queryables of a layer; `crs` is that of its literal geometries."""

    def __init__(self, queryables: Mapping[str, Queryable], crs: Crs, bounds: Bounds) -> None:
        self._queryables = queryables
        self._crs = crs
        self._bounds = bounds
        self._spatial = 0
        self._budget = Budget(bounds.examined)
        self._calls: dict[str, Callable[[Call], _Bound]] = {
            "and": self._logic, "or": self._logic, "not": self._logic, "like": self._like,
            "between": self._between, "in": self._in, "isnull": self._isnull,
            **dict.fromkeys(FOLDS, self._fold), **dict.fromkeys(COMPARISON, self._compare),
            **dict.fromkeys(ARITHMETIC, self._arithmetic), **dict.fromkeys(SPATIAL, self._relate),
            **dict.fromkeys(TEMPORAL, self._order),
        }  # fmt: skip

    def condition(self, node: Node) -> Node:
        """Return a condition, bound; FilterError if it is none or if something in it does not fit."""
        bound, sort = self._bind(node)
        if sort != "boolean":
            raise FilterError(
                f"{_told(bound, sort)}: no condition {node.at}", "a condition such as kursi > 8"
            )
        if isinstance(bound, Property):
            hint = f"{bound.name} = TRUE"
            raise FilterError(f"the property {bound.name} {node.at} is no condition by itself", hint)
        return bound

    def _bind(self, node: Node) -> _Bound:
        if isinstance(node, Call):
            return self._calls[node.op](node)
        if isinstance(node, Property):
            return self._property(node)
        if isinstance(node, Constant):
            if isinstance(node.value, bool):
                return node, "boolean"
            if isinstance(node.value, float):
                return node, "number"
            return Constant(strings.composed(node.value), node.at), "text"
        if isinstance(node, Shape | Box):
            return spatial.move(node, self._crs), "geometry"
        if isinstance(node, Interval):
            return self._interval(node), "interval"
        return node, "instant" if isinstance(node, Instant) else "geometry"

    def _property(self, node: Property) -> _Bound:
        known = self._queryables.get(node.name)
        if known is None:
            raise FilterError(f"unknown property {quoted(node.name)} {node.at}", sorted(self._queryables))
        return Property(node.name, known.kind, node.at), _SORT[known.kind]

    # Conditions

    def _logic(self, call: Call) -> _Bound:
        args = [self.condition(arg) for arg in call.args]
        if call.op == "not":
            inner = args[0]
            undone = isinstance(inner, Call) and inner.op == "not"
            return inner.args[0] if undone and isinstance(inner, Call) else Call("not", (inner,)), "boolean"
        flat: list[Node] = []
        for arg in args:
            flat.extend(arg.args if isinstance(arg, Call) and arg.op == call.op else [arg])
        ordered = sorted(dict.fromkeys(flat), key=lambda node: (_cost(node), repr(node)))
        return (ordered[0] if len(ordered) == 1 else Call(call.op, tuple(ordered))), "boolean"

    def _compare(self, call: Call) -> _Bound:
        args, _ = self._alike(call)
        return Call(call.op, tuple(args)), "boolean"

    def _between(self, call: Call) -> _Bound:
        args, sort = self._alike(call)
        if sort == "boolean":
            raise FilterError(f"BETWEEN {call.at} of truth values", "numbers, dates or text")
        return Call("between", tuple(args)), "boolean"

    def _in(self, call: Call) -> _Bound:
        (tested, *values), _ = self._alike(call)
        ordered = sorted(dict.fromkeys(values), key=repr)
        return Call("in", (tested, *ordered)), "boolean"

    def _like(self, call: Call) -> _Bound:
        tested = self._one(call.args[0], "text", "LIKE")
        pattern = self._one(call.args[1], "text", "LIKE")
        if not isinstance(pattern, Constant) or not isinstance(pattern.value, str):
            raise FilterError(
                f"the pattern of LIKE {call.at} is no text", "text such as 'JAWA%', with CASEI or ACCENTI"
            )
        strings.Pattern(pattern.value)
        return Call("like", (tested, pattern)), "boolean"

    def _isnull(self, call: Call) -> _Bound:
        bound, _ = self._bind(call.args[0])
        return Call("isnull", (bound,)), "boolean"

    def _alike(self, call: Call) -> tuple[list[Node], Sort]:
        """Bind operands that must be of one sort; text beside dates is read as dates."""
        bound = [self._bind(arg) for arg in call.args]
        time = next((_told(node, sort) for node, sort in bound if sort == "instant"), "")
        if time:
            bound = [self._as_time(each, time) for each in bound]
        first, sort = bound[0]
        for node, other in bound[1:]:
            if other != sort:
                pair = f"{_told(first, sort)} and {_told(node, other)}"
                detail = f"{pair}: {call.op.upper()} {call.at} compares like with like"
                raise FilterError(detail, _wanted(first, sort, node, other))
        if sort in ("geometry", "interval"):
            allowed = (
                "S_INTERSECTS and the other spatial functions"
                if sort == "geometry"
                else "T_INTERSECTS and the like"
            )
            raise FilterError(f"{_told(first, sort)}: {call.op.upper()} {call.at} cannot compare it", allowed)
        nodes = [node for node, _ in bound]
        return (_same_grain(nodes) if sort == "instant" else nodes), sort

    def _as_time(self, each: _Bound, beside: str) -> _Bound:
        """Read plain text as a time; `beside` says why it must be one."""
        node, _ = each
        if not isinstance(node, Constant) or not isinstance(node.value, str):
            return each
        try:
            return temporal.instant(node.value, node.at), "instant"
        except FilterError as error:
            raise FilterError(f"{beside}: {error.detail}", error.allowed) from None

    # Values

    def _one(self, node: Node, wanted: Sort, op: str) -> Node:
        bound, sort = self._bind(node)
        if sort != wanted:
            detail = f"{_told(bound, sort)}: {op} takes {_NAMES[wanted]} {node.at}"
            raise FilterError(detail, _NAMES[wanted])
        return bound

    def _fold(self, call: Call) -> _Bound:
        arg = self._one(call.args[0], "text", call.op.upper())
        if isinstance(arg, Constant) and isinstance(arg.value, str):
            return Constant(strings.FOLD[call.op](arg.value), arg.at), "text"
        return Call(call.op, (arg,)), "text"

    def _arithmetic(self, call: Call) -> _Bound:
        return Call(call.op, tuple(self._one(arg, "number", call.op) for arg in call.args)), "number"

    def _interval(self, node: Interval) -> Interval:
        ends: list[Node | None] = []
        for end in (node.first, node.last):
            ends.append(None if end is None else self._one(end, "instant", "INTERVAL"))
        first, last = ends
        if first is not None and last is not None and _is_day(first) != _is_day(last):
            raise FilterError(
                f"the interval {node.at} mixes a date and a timestamp", "two dates, or two timestamps"
            )
        if isinstance(first, Instant) and isinstance(last, Instant) and first.text > last.text:
            raise FilterError(f"the interval {node.at} ends before it begins", "the earlier end first")
        return Interval(first, last, node.at)

    # Space and time

    def _relate(self, call: Call) -> _Bound:
        self._spatial += 1
        if self._spatial > self._bounds.spatial:
            raise FilterError("too many spatial functions", f"at most {self._bounds.spatial}")
        op = call.op
        first, second = (self._one(arg, "geometry", op.upper()) for arg in call.args)
        if isinstance(first, Geometry) and isinstance(second, Geometry):
            one, other = shapely.from_wkb(first.wkb), shapely.from_wkb(second.wkb)
            self._budget.ask_of_literals(one, other)
            return Constant(bool(spatial.holds(op, other, np.array([one]))[0])), "boolean"
        if isinstance(first, Geometry):
            op, first, second = spatial.MIRRORED.get(op, op), second, first
        return Call(op, (first, second)), "boolean"

    def _order(self, call: Call) -> _Bound:
        of_time = f"{call.op.upper()} {call.at} is of time"
        bound = [self._as_time(self._bind(arg), of_time) for arg in call.args]
        for node, sort in bound:
            if sort not in ("instant", "interval"):
                allowed = "a date, a timestamp or an interval"
                raise FilterError(f"{_told(node, sort)}: {of_time}", allowed)
            if sort == "instant" and call.op not in temporal.WITH_INSTANTS:
                detail = f"{call.op.upper()} {call.at} is of intervals only, and {_told(node, sort)}"
                raise FilterError(detail, "INTERVAL(…, …)")
        intervals = [node if isinstance(node, Interval) else Interval(node, node) for node, _ in bound]
        return Call(call.op, tuple(_same_grain(intervals))), "boolean"


def _cost(node: Node) -> int:
    if not isinstance(node, Call):
        return 1
    return _COST.get(node.op, 1) + sum(_cost(arg) for arg in node.args if not isinstance(arg, Constant))


def _is_day(node: Node | None) -> bool:
    """Whether a time is to the day."""
    if isinstance(node, Interval):
        return _is_day(node.first) or _is_day(node.last)
    if isinstance(node, Instant):
        return node.is_day
    return (isinstance(node, Property) and node.kind == "date") or (
        isinstance(node, Call) and node.op == "day"
    )


def _same_grain(nodes: Sequence[Node]) -> list[Node]:
    """Return times that compare: where one is to the day, of the others only the day (UTC) counts."""
    if not any(_is_day(node) for node in nodes):
        return list(nodes)
    return [_to_day(node) for node in nodes]


def _to_day(node: Node) -> Node:
    if _is_day(node) and not isinstance(node, Interval):
        return node
    if isinstance(node, Instant):
        return Instant(node.text[:10], node.at)
    if isinstance(node, Interval):
        first, last = (None if end is None else _to_day(end) for end in (node.first, node.last))
        return Interval(first, last, node.at)
    return Call("day", (node,))


def _told(node: Node, sort: Sort) -> str:
    """Return what an operand is, for a message."""
    if isinstance(node, Property):
        article = "an" if node.kind == "integer" else "a"
        return f"{node.name} is {article} {node.kind}"
    if isinstance(node, Constant) and isinstance(node.value, str):
        return f"{quoted(node.value)} is text"
    if isinstance(node, Constant):
        return (
            f"{node.value:g} is a number"
            if sort == "number"
            else f"{str(node.value).upper()} is a truth value"
        )
    if isinstance(node, Instant):
        return f"{node.text} is a {'date' if node.is_day else 'timestamp'}"
    return f"what stands {node.at} is {_NAMES[sort]}" if node.at else f"there is {_NAMES[sort]}"


def _wanted(first: Node, sort: Sort, second: Node, other: Sort) -> str:
    """Return what would be allowed beside the one of two operands that is a property."""
    if isinstance(second, Property) and not isinstance(first, Property):
        return f"{_NAMES[other]} beside {second.name}"
    return f"{_NAMES[sort]} beside {first.name}" if isinstance(first, Property) else _NAMES[sort]
