r"""CQL2 Text: characters to a tree, by the grammar of the standard (Annex B), in one pass.

The grammar cannot tell ``(kursi + 1) * 2 > 8`` from ``(kursi > 8) AND …`` before the parenthesis ends. Here
one ladder of precedence (OR, AND, NOT, predicate, sum, product, power, primary) reads both, and what may stand
where is checked afterwards by kind (`binding`): no backtracking, so time is linear in the characters.

More than the grammar, all of it harmless: NOT may be repeated; a sign may stand before a parenthesis; IS NULL,
= and the like may follow a parenthesised condition; a name in double quotes may hold any character.
A literal ends at a single quote; ``''`` and ``\'`` are a quote, ``\\`` a backslash, ``\a \b \t \n \v \f \r``
control characters; before any other character a backslash stays, so that ``LIKE '50\%'`` means what it says.
"""

from boundaries.service.filters.literals import LiteralReader
from boundaries.service.filters.model import Bounds, FilterError
from boundaries.service.filters.tokens import KEYWORDS, SHAPES, Token, decoded
from boundaries.service.filters.tree import (
    COMPARISON,
    FOLDS,
    FUNCTIONS,
    Call,
    Constant,
    Instant,
    Node,
    Property,
)


def read(text: str, bounds: Bounds) -> Node:
    """Read CQL2 Text; raise FilterError that names the place of what does not fit."""
    return _Reader(text, bounds).whole()


def read_draft(text: str, bounds: Bounds) -> Node:
    """Read what clients of the draft send as ``cql-text`` (GDAL): CQL2 Text, and ILIKE."""
    return _DraftReader(text, bounds).whole()


class _Reader(LiteralReader):
    """One text being read: recursive descent, one method a level of precedence."""

    def whole(self) -> Node:
        if self._token.type == "end":
            raise FilterError("the filter is empty", "a condition such as kursi > 8")
        node = self._or()
        if self._token.type != "end":
            raise self._unexpected("the end, AND, OR or an operator")
        return node

    def _call(self, op: str, args: tuple[Node, ...], token: Token) -> Call:
        self._count()
        return Call(op, args, self._at(token))

    # Conditions

    def _or(self) -> Node:
        token, parts = self._token, [self._and()]
        while self._word("or"):
            parts.append(self._and())
        return parts[0] if len(parts) == 1 else self._call("or", tuple(parts), token)

    def _and(self) -> Node:
        token, parts = self._token, [self._not()]
        while self._word("and"):
            parts.append(self._not())
        return parts[0] if len(parts) == 1 else self._call("and", tuple(parts), token)

    def _not(self) -> Node:
        token, times = self._token, 0
        while self._word("not"):
            self._deeper()
            times += 1
        node = self._predicate()
        self._depth -= times
        for _ in range(times):
            node = self._call("not", (node,), token)
        return node

    def _predicate(self) -> Node:
        node = self._sum()
        token = self._token
        if op := self._symbol(*COMPARISON):
            node = self._call(op, (node, self._sum()), token)
        elif token.word in ("not", "like", "between", "in"):
            negated = bool(self._word("not"))
            node = self._listed(node)
            node = self._call("not", (node,), token) if negated else node
        while (token := self._token) and self._word("is"):
            negated = bool(self._word("not"))
            if not self._word("null"):
                raise self._unexpected("NULL or NOT NULL after IS")
            node = self._call("isnull", (node,), token)
            node = self._call("not", (node,), token) if negated else node
        return node

    def _listed(self, node: Node) -> Node:
        """Read LIKE, BETWEEN or IN and what follows."""
        token = self._token
        op = self._word("like", "between", "in")
        if op == "like":
            return self._call(op, (node, self._sum()), token)
        if op == "between":
            low = self._sum()
            if not self._word("and"):
                raise self._unexpected("AND between the limits of BETWEEN")
            return self._call(op, (node, low, self._sum()), token)
        if op != "in":
            raise self._unexpected("LIKE, BETWEEN or IN")
        self._need("(")
        values: list[Node] = []
        while not values or self._symbol(","):
            counted = self._nodes
            values.append(self._sum())
            if _is_literal(values[-1]):
                self._nodes = counted
            if len(values) > self._bounds.values:
                raise FilterError("IN has too many values", f"at most {self._bounds.values}")
        self._need(")")
        return self._call(op, (node, *values), token)

    # Values

    def _sum(self) -> Node:
        node = self._product()
        while (token := self._token) and (op := self._symbol("+", "-")):
            node = self._call(op, (node, self._product()), token)
        return node

    def _product(self) -> Node:
        node = self._power()
        while (token := self._token) and (op := self._symbol("*", "/", "%") or self._word("div")):
            node = self._call(op, (node, self._power()), token)
        return node

    def _power(self) -> Node:
        node = self._signed()
        token = self._token
        if self._symbol("^"):
            node = self._call("^", (node, self._signed()), token)
        return node

    def _signed(self) -> Node:
        token = self._token
        sign = self._symbol("-", "+")
        if not sign:
            return self._primary()
        if self._token.type == "number":
            self._count()
            return Constant(self._number(sign), self._at(token))
        if sign == "+":
            raise self._unexpected("a number after the sign")
        return self._call("*", (Constant(-1.0), self._primary()), token)

    def _primary(self) -> Node:
        token = self._token
        self._count()
        if token.type == "number":
            return Constant(self._number(), self._at(token))
        if token.type == "text":
            return Constant(decoded(self._take().text), self._at(token))
        if token.type == "quoted":
            return Property(self._take().text[1:-1].replace('""', '"'), at=self._at(token))
        if token.type == "name":
            return self._named(self._take())
        if self._symbol("("):
            self._deeper()
            node = self._or()
            self._need(")")
            self._depth -= 1
            return node
        raise self._unexpected("a property, a value, a function or a parenthesis")

    def _named(self, token: Token) -> Node:
        """Read what begins with a name: a literal, a function or a property."""
        word, at = token.word, self._at(token)
        if word in ("true", "false"):
            return Constant(word == "true", at)
        called = self._token.text == "(" or (word in SHAPES and self._token.word == "z")
        if not called:
            if word in KEYWORDS:
                raise FilterError(f"unexpected {token}, a word of the language", _instead(token))
            return Property(token.text, at=at)
        if word in SHAPES:
            return self._shape(token)
        if word in ("date", "timestamp"):
            return self._instant(word)
        if word in ("interval", "bbox"):
            return self._interval(at) if word == "interval" else self._box(at)
        if word not in FUNCTIONS:
            raise FilterError(f"unknown function {token}", [name.upper() for name in FUNCTIONS])
        return self._function(word, token)

    def _function(self, word: str, token: Token) -> Node:
        self._need("(")
        self._deeper()
        args = [self._or()]
        while self._symbol(","):
            args.append(self._or())
        self._need(")")
        self._depth -= 1
        wanted = 1 if word in FOLDS else 2
        if len(args) != wanted:
            raise FilterError(f"{token} has {len(args)} operands", f"{wanted}")
        return self._call(word, tuple(args), token)


class _DraftReader(_Reader):
    """The draft's ILIKE is LIKE with CASEI on both sides."""

    def _predicate(self) -> Node:
        node = super()._predicate()
        token = self._token
        if token.type != "name" or token.word != "ilike":
            return node
        self._take()
        folded = [self._call("casei", (each,), token) for each in (node, self._sum())]
        return self._call("like", tuple(folded), token)


def _is_literal(node: Node) -> bool:
    """Whether a value of IN is one value, however it is folded."""
    while isinstance(node, Call) and node.op in FOLDS:
        node = node.args[0]
    return isinstance(node, Constant | Instant)


def _instead(token: Token) -> str:
    """Return what to write instead of a word of the language that stands alone."""
    if token.word in SHAPES:
        return f"{token.text}(…)"
    return "IS NULL or IS NOT NULL" if token.word == "null" else f'"{token.text}" for a property of that name'
