"""Literals of CQL2 Text that are more than a word: times, intervals, boxes and geometries."""

from boundaries.service.filters import temporal
from boundaries.service.filters.model import FilterError
from boundaries.service.filters.tokens import KEYWORDS, SHAPES, Cursor, Token, decoded
from boundaries.service.filters.tree import Box, Coordinates, Instant, Interval, Node, Property, Shape


class LiteralReader(Cursor):
    """Reads a literal whose keyword was taken."""

    def _instant(self, word: str) -> Instant:
        self._need("(")
        token = self._take()
        if token.type != "text":
            raise FilterError(f"unexpected {token}", f"{word.upper()}('…')")
        self._need(")")
        return temporal.instant(decoded(token.text), self._at(token), word)

    def _interval(self, at: str) -> Interval:
        self._need("(")
        first = self._limit()
        self._need(",")
        last = self._limit()
        self._need(")")
        return Interval(first, last, at)

    def _limit(self) -> Node | None:
        """Read an end of an interval; None is open."""
        token = self._take()
        self._count()
        if token.type == "text":
            text = decoded(token.text)
            return None if text == ".." else temporal.instant(text, self._at(token))
        if token.type == "quoted":
            return Property(token.text[1:-1].replace('""', '"'), at=self._at(token))
        if token.type == "name" and token.word not in KEYWORDS:
            return Property(token.text, at=self._at(token))
        raise FilterError(f"unexpected {token}", "a date or timestamp in quotes, '..' or a property")

    def _signed_number(self) -> float:
        sign = self._symbol("-", "+")
        if self._token.type != "number":
            raise self._unexpected("a number")
        return self._number(sign)

    def _box(self, at: str) -> Box:
        self._need("(")
        numbers = [self._signed_number()]
        while self._symbol(","):
            numbers.append(self._signed_number())
            if len(numbers) > 6:
                break
        if len(numbers) not in (4, 6):
            raise FilterError(f"BBOX {at} has {len(numbers)} numbers", "four, or six with heights")
        self._need(")")
        return Box(tuple(numbers), at)

    def _shape(self, token: Token) -> Shape:
        type_, depth = SHAPES[token.word]
        self._word("z")
        at = self._at(token)
        if depth < 0:
            return Shape(type_, (), self._collection(), at)
        positions = self._positions(depth, type_ == "MultiPoint")
        return Shape(type_, positions[0] if depth == 0 else positions, (), at)  # type: ignore[arg-type]

    def _collection(self) -> tuple[Shape, ...]:
        self._need("(")
        parts = [self._part()]
        while self._symbol(","):
            parts.append(self._part())
        self._need(")")
        return tuple(parts)

    def _part(self) -> Shape:
        if self._token.word not in SHAPES or self._token.word == "geometrycollection":
            raise self._unexpected("a geometry other than GEOMETRYCOLLECTION")
        return self._shape(self._take())

    def _positions(self, depth: int, multipoint: bool = False) -> Coordinates:
        """Read positions in parentheses; of MULTIPOINT each may have parentheses of its own."""
        self._need("(")
        parts: list[float | Coordinates] = []
        while True:
            if depth > 1:
                parts.append(self._positions(depth - 1))
            elif multipoint and self._symbol("("):
                parts.append(self._position())
                self._need(")")
            else:
                parts.append(self._position())
            if depth == 0 or not self._symbol(","):
                break
        self._need(")")
        return tuple(parts)

    def _position(self) -> Coordinates:
        self._vertices += 1
        if self._vertices > self._bounds.vertices:
            raise FilterError(
                "the literal geometries have too many positions", f"at most {self._bounds.vertices}"
            )
        numbers = [self._signed_number(), self._signed_number()]
        if self._token.type == "number" or self._token.text in ("-", "+"):
            self._signed_number()  # a height: counts for nothing
        return tuple(numbers)
