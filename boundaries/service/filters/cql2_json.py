"""CQL2 JSON: to the same tree as CQL2 Text, by the standard's JSON schema (``cql2.json``), read strictly.

Operators are spelled as the schema spells them (``isNull``, ``t_finishedBy``); members that it does not know
are refused, and so are names given twice, NaN and Infinity, which Python would let pass.
"""

import json
import math
from typing import Any, Final

from boundaries.service.filters import temporal
from boundaries.service.filters.model import Bounds, FilterError, quoted
from boundaries.service.filters.tree import (
    ARITHMETIC,
    COMPARISON,
    FOLDS,
    SPATIAL,
    TEMPORAL_JSON,
    Box,
    Call,
    Constant,
    Coordinates,
    Instant,
    Interval,
    Node,
    Property,
    Shape,
)

#: Operator -> how many operands at least and at most.
_ARITY: Final = {
    "and": (2, 256), "or": (2, 256), "not": (1, 1), "like": (2, 2), "between": (3, 3), "in": (2, 2),
    "isNull": (1, 1),
    **dict.fromkeys(FOLDS, (1, 1)),
    **dict.fromkeys((*COMPARISON, *ARITHMETIC, *SPATIAL, *TEMPORAL_JSON), (2, 2)),
}  # fmt: skip
#: GeoJSON type -> how deep its positions lie.
_DEPTH: Final = {
    "Point": 0, "LineString": 1, "MultiPoint": 1, "Polygon": 2, "MultiLineString": 2, "MultiPolygon": 3,
}  # fmt: skip
_OBJECTS: Final = (
    '{"op": …, "args": […]}', '{"property": …}', '{"date": …}', '{"timestamp": …}', '{"interval": […]}',
    '{"bbox": […]}', '{"type": …, "coordinates": […]}',
)  # fmt: skip


def read(text: str, bounds: Bounds) -> Node:
    """Read CQL2 JSON; raise FilterError that names the place (``$.args[0]``) of what does not fit."""
    try:
        value = json.loads(
            text, object_pairs_hook=_once, parse_int=float, parse_float=float, parse_constant=_constant
        )
    except json.JSONDecodeError as error:
        raise FilterError(f"not JSON: {error.msg} at character {error.pos + 1}", "CQL2 JSON") from None
    except RecursionError:
        raise FilterError("the JSON is too deep", f"at most {bounds.depth} levels") from None
    return _Reader(bounds).node(value, "$", 0)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise FilterError(f"the member {quoted(twice)} is given twice", "each member once")
    return found


def _constant(name: str) -> float:
    raise FilterError(f"not JSON: {name} is no number", "a finite number")


class _Reader:
    """One document being read."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._nodes = 0
        self._vertices = 0

    def node(self, value: Any, path: str, depth: int) -> Node:
        """Read a condition or a value."""
        at = f"at {path}"
        self._nodes += 1
        if self._nodes > self._bounds.nodes:
            raise FilterError(
                "the filter is too long", f"at most {self._bounds.nodes} operators and operands"
            )
        if depth > self._bounds.depth:
            raise FilterError(f"too deep {at[:60]}…", f"at most {self._bounds.depth} levels")
        if isinstance(value, float) and not math.isfinite(value):
            raise FilterError(f"the number {at} is too large", "a finite number")
        if isinstance(value, bool | float | str):
            return Constant(value, at)
        if not isinstance(value, dict):
            raise FilterError(f"{_name(value)} {at} is no condition or value", list(_OBJECTS))
        return self._object(value, path, depth)

    def _object(self, value: dict[str, Any], path: str, depth: int) -> Node:
        at = f"at {path}"
        if "op" in value:
            return self._call(value, path, depth)
        if "type" in value:
            return self._shape(value, path)
        for member in ("date", "timestamp"):
            if member in value:
                return temporal.instant(_text(_only(value, member, at), at), at, member)
        if "property" in value:
            return Property(_text(_only(value, "property", at), at), at=at)
        if "interval" in value:
            return self._interval(_only(value, "interval", at), path, depth)
        if "bbox" in value:
            numbers = self._position(_only(value, "bbox", at), at, (4, 6))
            return Box(numbers, at)
        raise FilterError(f"the object {at} is not understood", list(_OBJECTS))

    def _call(self, value: dict[str, Any], path: str, depth: int) -> Node:
        at = f"at {path}"
        op, args = value["op"], value.get("args")
        if set(value) != {"op", "args"} or not isinstance(op, str) or not isinstance(args, list):
            raise FilterError(f"an operator {at} has other members than op and args", _OBJECTS[0])
        if op not in _ARITY:
            raise FilterError(f"unknown operator {quoted(op)} {at}", list(_ARITY))
        least, most = _ARITY[op]
        if not least <= len(args) <= most:
            wanted = f"{least}" if least == most else f"{least} or more"
            raise FilterError(f"{op} {at} has {len(args)} operands", wanted)
        if op == "in":
            return self._in(args, path, depth)
        nodes = (self.node(arg, f"{path}.args[{i}]", depth + 1) for i, arg in enumerate(args))
        return Call(op.lower(), tuple(nodes), at)

    def _in(self, args: list[Any], path: str, depth: int) -> Call:
        tested, values = args
        if not isinstance(values, list):
            raise FilterError(f"the second operand of in at {path}.args[1] is no array", "an array of values")
        if len(values) > self._bounds.values:
            raise FilterError("IN has too many values", f"at most {self._bounds.values}")
        found = [self.node(tested, f"{path}.args[0]", depth + 1)]
        for index, value in enumerate(values):
            counted = self._nodes
            found.append(self.node(value, f"{path}.args[1][{index}]", depth + 1))
            if isinstance(found[-1], Constant | Instant) or _is_fold(found[-1]):
                self._nodes = counted
        return Call("in", tuple(found), f"at {path}")

    def _interval(self, value: Any, path: str, depth: int) -> Interval:
        at = f"at {path}"
        if not isinstance(value, list) or len(value) != 2:
            raise FilterError(f"the interval {at} has not two ends", "an array of two")
        first, last = (self._limit(end, f"{path}.interval[{i}]", depth) for i, end in enumerate(value))
        return Interval(first, last, at)

    def _limit(self, value: Any, path: str, depth: int) -> Node | None:
        if value == "..":
            return None
        if isinstance(value, str):
            return temporal.instant(value, f"at {path}")
        node = self.node(value, path, depth + 1)
        if not isinstance(node, Property):
            allowed = 'a date or timestamp, ".." or {"property": …}'
            raise FilterError(f"{_name(value)} at {path} is no end of an interval", allowed)
        return node

    def _shape(self, value: dict[str, Any], path: str, nested: bool = False) -> Shape:
        at = f"at {path}"
        type_ = value["type"]
        inner = "geometries" if type_ == "GeometryCollection" else "coordinates"
        known = isinstance(type_, str) and (type_ in _DEPTH or (inner == "geometries" and not nested))
        if not known:
            types = [*_DEPTH] if nested else [*_DEPTH, "GeometryCollection"]
            raise FilterError(f"unknown geometry {_name(type_)} {at}", types)
        if inner not in value or set(value) - {"type", inner, "bbox"}:
            raise FilterError(f"the {type_} {at} has other members than type and {inner}", _OBJECTS[-1])
        content = value[inner]
        if not isinstance(content, list) or not content:
            raise FilterError(f"the {type_} {at} is empty", "at least one position")
        if inner == "coordinates":
            return Shape(type_, self._positions(content, _DEPTH[type_], at), (), at)
        parts = []
        for index, part in enumerate(content):
            place = f"{path}.geometries[{index}]"
            if not isinstance(part, dict) or "type" not in part:
                raise FilterError(f"{_name(part)} at {place} is no geometry", [*_DEPTH])
            parts.append(self._shape(part, place, nested=True))
        return Shape(type_, (), tuple(parts), at)

    def _positions(self, value: Any, depth: int, at: str) -> Coordinates:
        if depth == 0:
            self._vertices += 1
            if self._vertices > self._bounds.vertices:
                most = f"at most {self._bounds.vertices}"
                raise FilterError("the literal geometries have too many positions", most)
            return self._position(value, at, (2, 3))[:2]
        if not isinstance(value, list) or not value:
            raise FilterError(
                f"the coordinates {at} are not nested as GeoJSON has them", "arrays of positions"
            )
        return tuple(self._positions(part, depth - 1, at) for part in value)

    def _position(self, value: Any, at: str, lengths: tuple[int, int]) -> tuple[float, ...]:
        allowed = f"an array of {lengths[0]} or {lengths[1]} finite numbers"
        if not isinstance(value, list) or len(value) not in lengths:
            raise FilterError(f"{_name(value)} {at} is no position", allowed)
        if not all(isinstance(number, float) and math.isfinite(number) for number in value):
            raise FilterError(f"not all of the numbers {at} are finite numbers", allowed)
        return tuple(value)


def _is_fold(node: Node) -> bool:
    while isinstance(node, Call) and node.op in FOLDS:
        node = node.args[0]
    return isinstance(node, Constant)


def _only(value: dict[str, Any], member: str, at: str) -> Any:
    """Return the only member of an object."""
    if len(value) > 1:
        raise FilterError(f"the object {at} has other members than {member}", f'{{"{member}": …}}')
    return value[member]


def _text(value: Any, at: str) -> str:
    if not isinstance(value, str):
        raise FilterError(f"{_name(value)} {at} is no text", "text in double quotes")
    return value


def _name(value: Any) -> str:
    """Return what a JSON value is called in a message."""
    if value is None:
        return "null"
    if isinstance(value, str):
        return quoted(value)
    return {bool: "a truth value", float: "a number", list: "an array", dict: "an object"}[type(value)]
