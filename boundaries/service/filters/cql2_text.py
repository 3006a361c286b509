r"""CQL2 Text to a tree: read by lark with the standard's grammar (`cql2.lark`), then made the project's own nodes.

More than the standard's grammar, all of it harmless: NOT may be repeated; a sign may stand before a parenthesis;
IS NULL, = and the like may follow a parenthesised condition; a name in double quotes may hold any character.
A literal ends at a single quote; ``''`` and ``\'`` are a quote, ``\\`` a backslash, ``\a \b \t \n \v \f \r``
control characters; before any other character a backslash stays, so that ``LIKE '50\%'`` means what it says.
"""

import math
import re
from functools import cache
from pathlib import Path
from typing import Any, Final

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedToken

from boundaries.service.filters import temporal
from boundaries.service.filters.model import Bounds, FilterError, quoted
from boundaries.service.filters.tree import (
    FOLDS,
    FUNCTIONS,
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

_GRAMMAR: Final = Path(__file__).with_name("cql2.lark")
#: The draft's ILIKE is LIKE with CASEI on both sides.
_DRAFT: Final = "\n%extend relation: sum ILIKE sum\n%declare ILIKE\n"
_SHAPES: Final = {
    name.upper(): name for name in (
        "Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon", "GeometryCollection",
    )
}  # fmt: skip
#: Words of the language -> the terminal of the grammar; they are no property unless in double quotes.
_WORDS: Final = {
    **{name: name.upper() for name in (
        "not", "is", "like", "between", "in", "div", "true", "false", "date", "timestamp", "interval", "bbox")},
    **dict.fromkeys(FUNCTIONS, "FUNCTION"), **{name.lower(): name for name in _SHAPES},
    **dict.fromkeys(("a_equals", "a_contains", "a_containedby", "a_overlaps"), "ARRAY"),
    "and": "_AND", "or": "_OR", "null": "_NULL",
}  # fmt: skip
_ESCAPE: Final = re.compile(r"''|\\(['\\abtnvfr])")
_CONTROL: Final = {"a": "\a", "b": "\b", "t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r"}
#: What may come next, by a terminal that may; the first that is accepted counts.
_NEXT: Final = {
    "FALSE": "a property, a value, a function or a parenthesis", "$END": "the end, AND, OR or an operator",
    "RPAR": "')'", "COMMA": "','", "BETWEEN": "LIKE, BETWEEN or IN", "_AND": "AND between the limits of BETWEEN",
    "_NULL": "NULL or NOT NULL after IS", "QUOTED": "a date or timestamp in quotes, '..' or a property",
    "TEXT": "text in single quotes", "POINT": "a geometry other than GEOMETRYCOLLECTION", "NUMBER": "a number",
    "LPAR": "'('",
}  # fmt: skip


@cache
def _grammar(*, draft: bool) -> Lark:
    text = _GRAMMAR.read_text(encoding="utf-8") + (_DRAFT if draft else "")
    words = _WORDS | {"ilike": "ILIKE"} if draft else _WORDS

    def word(name: Token) -> Token:
        return name.update(words.get(name.lower(), "NAME"))

    return Lark(text, parser="lalr", lexer="basic", lexer_callbacks={"NAME": word}, propagate_positions=True)


def read(text: str, bounds: Bounds, *, draft: bool = False) -> Node:
    """Read CQL2 Text; raise FilterError that names the place of what does not fit.

    `draft`: what clients of the draft send as ``cql-text`` (GDAL): CQL2 Text, and ILIKE.
    """
    if not text.strip():
        raise FilterError("the filter is empty", "a condition such as kursi > 8")
    try:
        tree = _grammar(draft=draft).parse(text)
    except UnexpectedCharacters as error:
        raise _unreadable(text, error.pos_in_stream or 0) from None
    except UnexpectedToken as error:
        raise _unexpected(error) from None
    return _Reader(bounds).node(tree)


def read_draft(text: str, bounds: Bounds) -> Node:
    """Read CQL2 Text with the draft's ILIKE."""
    return read(text, bounds, draft=True)


def _unreadable(text: str, place: int) -> FilterError:
    where = f"at character {place + 1}"
    if text[place] == "'":
        return FilterError(f"the text that begins {where} is not closed", "a single quote at its end")
    if text[place] == '"':
        return FilterError(f"the name that begins {where} is not closed", "a double quote at its end")
    return FilterError(f"unexpected {quoted(text[place])} {where}", "CQL2 Text, such as kursi > 8")


def _unexpected(error: UnexpectedToken) -> FilterError:
    """Say what a word that no rule has a place for should have been."""
    parser = error.interactive_parser
    before = parser.parser_state.value_stack[-1] if parser.parser_state.value_stack else None
    accepted = parser.accepts()
    if isinstance(before, Token) and before.lower() in _WORDS and accepted <= {"LPAR", "NAME"}:
        return _misused(before)
    if isinstance(before, Token) and before.type == "NAME" and error.token.type == "LPAR":
        return _unknown(before)
    allowed = next((told for terminal, told in _NEXT.items() if terminal in accepted), "CQL2 Text")
    if error.token.type == "$END":
        return FilterError("unexpected the end", allowed)
    if "FALSE" in accepted and error.token.lower() in _WORDS:
        return _misused(error.token)
    return FilterError(f"unexpected {_named(error.token)}", allowed)


def _unknown(name: Token) -> FilterError:
    return FilterError(f"unknown function {_named(name)}", [known.upper() for known in FUNCTIONS])


def _misused(token: Token) -> FilterError:
    """Say what to write instead of a word of the language that stands alone."""
    if token.type == "ARRAY":
        return _unknown(token)
    instead = f'"{token}" for a property of that name'
    if token.type in _SHAPES:
        instead = f"{token}(…)"
    if token.type == "_NULL":
        instead = "IS NULL or IS NOT NULL"
    return FilterError(f"unexpected {_named(token)}, a word of the language", instead)


def _named(token: Token) -> str:
    return f"{quoted(str(token))} {_at(token)}"


def _at(token: Token) -> str:
    return f"at character {(token.start_pos or 0) + 1}"


class _Reader:
    """One tree being made the project's own: counted, and checked where the grammar is more liberal."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._nodes = 0
        self._vertices = 0
        self._depth = 0

    def node(self, tree: Tree[Token] | Token) -> Node:
        """Read a condition or a value."""
        if isinstance(tree, Token):
            self._count()
            return self._plain(tree)
        found: Node = getattr(self, f"_{tree.data}")(tree, tree.children)
        return found

    def _count(self) -> None:
        self._nodes += 1
        if self._nodes > self._bounds.nodes:
            most = f"at most {self._bounds.nodes} operators and operands"
            raise FilterError("the filter is too long", most)

    def _deeper(self, place: int, by: int = 1) -> None:
        self._depth += by
        if self._depth > self._bounds.depth:
            raise FilterError(f"too deep at character {place + 1}", f"at most {self._bounds.depth} levels")

    def _call(self, op: str, args: tuple[Node, ...], at: str) -> Call:
        self._count()
        return Call(op, args, at)

    def _plain(self, token: Token) -> Node:
        at = _at(token)
        if token.type == "NUMBER":
            return Constant(_number(token), at)
        if token.type == "TEXT":
            return Constant(_decoded(token), at)
        if token.type in ("TRUE", "FALSE"):
            return Constant(token.type == "TRUE", at)
        return Property(token[1:-1].replace('""', '"') if token.type == "QUOTED" else str(token), at=at)

    # Conditions

    def _disjunction(self, tree: Tree[Token], parts: list[Any], op: str = "or") -> Node:
        return self._call(op, tuple(map(self.node, parts)), f"at character {tree.meta.start_pos + 1}")

    def _conjunction(self, tree: Tree[Token], parts: list[Any]) -> Node:
        return self._disjunction(tree, parts, "and")

    def _negation(self, tree: Tree[Token], parts: list[Any]) -> Node:
        *nots, inner = parts
        self._deeper(tree.meta.start_pos, len(nots))
        node = self.node(inner)
        self._depth -= len(nots)
        for _ in nots:
            node = self._call("not", (node,), _at(nots[0]))
        return node

    def _predicate(self, _: Tree[Token], parts: list[Any]) -> Node:
        node = self.node(parts[0])
        for null in parts[1:]:
            node = self._call("isnull", (node,), _at(null.children[0]))
            if len(null.children) > 1:
                node = self._call("not", (node,), _at(null.children[0]))
        return node

    def _relation(self, _: Tree[Token], parts: list[Any]) -> Node:
        first, *rest = parts
        negated = rest.pop(0) if rest[0].type == "NOT" else None
        node, operator = self.node(first), rest.pop(0)
        at, op = _at(operator), operator.lower()
        if op == "ilike":
            folded = [self._call("casei", (each,), at) for each in (node, self.node(rest[0]))]
            return self._call("like", tuple(folded), at)
        if op == "in" and len(rest) > self._bounds.values:
            raise FilterError("IN has too many values", f"at most {self._bounds.values}")
        read = self._value if op == "in" else self.node
        node = self._call(op, (node, *map(read, rest)), at)
        return self._call("not", (node,), _at(negated)) if negated is not None else node

    def _value(self, tree: Any) -> Node:
        """Read a value of IN: what is one value, however it is folded, counts for nothing."""
        counted = self._nodes
        node = inner = self.node(tree)
        while isinstance(inner, Call) and inner.op in FOLDS:
            inner = inner.args[0]
        if isinstance(inner, Constant | Instant):
            self._nodes = counted
        return node

    # Values

    def _sum(self, _: Tree[Token], parts: list[Any]) -> Node:
        node = self.node(parts[0])
        for operator, other in zip(parts[1::2], parts[2::2], strict=True):
            node = self._call(operator.lower(), (node, self.node(other)), _at(operator))
        return node

    _product = _power = _sum

    def _signed(self, _: Tree[Token], parts: list[Any]) -> Node:
        sign, inner = parts
        if isinstance(inner, Token) and inner.type == "NUMBER":
            self._count()
            return Constant(_number(inner, sign), _at(sign))
        if sign == "+":
            raise FilterError(f"unexpected {_named(sign)}", "a number after the sign")
        return self._call("*", (Constant(-1.0), self.node(inner)), _at(sign))

    def _group(self, tree: Tree[Token], parts: list[Any]) -> Node:
        self._count()
        self._deeper(tree.meta.start_pos)
        node = self.node(parts[0])
        self._depth -= 1
        return node

    def _function(self, tree: Tree[Token], parts: list[Any]) -> Node:
        name, *rest = parts
        self._count()
        self._deeper(tree.meta.start_pos)
        args = tuple(map(self.node, rest))
        self._depth -= 1
        wanted = 1 if name.lower() in FOLDS else 2
        if len(args) != wanted:
            raise FilterError(f"{_named(name)} has {len(args)} operands", f"{wanted}")
        return self._call(name.lower(), args, _at(name))

    # Literals

    def _instant(self, _: Tree[Token], parts: list[Any]) -> Node:
        self._count()
        word, text = parts
        return temporal.instant(_decoded(text), _at(text), word.lower())

    def _interval(self, _: Tree[Token], parts: list[Any]) -> Node:
        self._count()
        first, last = map(self._limit, parts[1:])
        return Interval(first, last, _at(parts[0]))

    def _limit(self, token: Token) -> Node | None:
        """Read an end of an interval; None is open."""
        self._count()
        if token.type != "TEXT":
            return self._plain(token)
        text = _decoded(token)
        return None if text == ".." else temporal.instant(text, _at(token))

    def _bbox(self, _: Tree[Token], parts: list[Any]) -> Node:
        self._count()
        numbers = _numbers(parts[1:])
        if len(numbers) not in (4, 6):
            raise FilterError(f"BBOX {_at(parts[0])} has {len(numbers)} numbers", "four, or six with heights")
        return Box(numbers, _at(parts[0]))

    def _shape(self, _: Tree[Token], parts: list[Any]) -> Node:
        self._count()
        return self._geometry(parts)

    def _geometry(self, parts: list[Any]) -> Shape:
        word, *rest = parts
        if isinstance(rest[0], Token) and rest.pop(0).lower() != "z":
            raise _misused(word)
        type_, at = _SHAPES[word.type], _at(word)
        if type_ == "GeometryCollection":
            return Shape(type_, (), tuple(self._geometry(part.children) for part in rest), at)
        plain = type_ in ("Point", "LineString", "Polygon", "MultiLineString")
        found = tuple(map(self._coordinates, rest))
        return Shape(type_, found[0] if plain else found, (), at)

    def _coordinates(self, tree: Tree[Token]) -> Coordinates:
        if tree.data != "position":
            return tuple(map(self._coordinates, tree.children))  # type: ignore[arg-type]
        self._vertices += 1
        if self._vertices > self._bounds.vertices:
            most = f"at most {self._bounds.vertices}"
            raise FilterError("the literal geometries have too many positions", most)
        return _numbers(tree.children)[:2]  # a height counts for nothing


def _numbers(tokens: list[Any]) -> tuple[float, ...]:
    """Return numbers of which each may have its sign before it."""
    found, sign = [], ""
    for token in tokens:
        if token.type == "SIGN":
            sign = token
        else:
            found.append(_number(token, sign))
            sign = ""
    return tuple(found)


def _number(token: Token, sign: str = "") -> float:
    value = float(sign + token)
    if not math.isfinite(value):
        raise FilterError(f"{_named(token)} is too large a number", "a finite number")
    return value


def _decoded(token: str) -> str:
    """Return what a text literal says."""
    return _ESCAPE.sub(
        lambda match: "'" if match[0] == "''" else _CONTROL.get(match[1], match[1]), token[1:-1]
    )
