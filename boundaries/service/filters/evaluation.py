"""A bound filter asked of a table: vectorised, in the standard's three-valued logic, cheap questions first.

Every condition is answered by two arrays, *yes* and *no*; where neither holds the answer is unknown (null).
AND and OR ask their operands one after the other and each only of the features that it can still change, so
the costly ones (geometries last) see few. What is wanted of a condition travels down the tree: if only its
yes counts, an AND is done with a feature as soon as one operand is not yes, be it no or unknown.
"""

import operator
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from boundaries.service.filters import spatial, strings, temporal
from boundaries.service.filters.charges import Budget
from boundaries.service.filters.model import Bounds, Table
from boundaries.service.filters.tree import (
    ARITHMETIC,
    COMPARISON,
    SPATIAL,
    Call,
    Constant,
    Geometry,
    Instant,
    Interval,
    Node,
    Property,
)

Rows = NDArray[np.int64]
Mask = NDArray[np.bool_]
#: Which features answer yes, which no.
Answer = tuple[Mask, Mask]
#: Values, and which are known.
Values = tuple[NDArray[Any], Mask]

_TRUE: Final = np.array(True)
_YES, _NO, _BOTH = 1, 2, 3
_OPPOSITE: Final = {_YES: _NO, _NO: _YES, _BOTH: _BOTH}
_COMPARE: Final[dict[str, Callable[[Any, Any], Any]]] = dict(
    zip(
        COMPARISON,
        (operator.eq, operator.ne, operator.lt, operator.gt, operator.le, operator.ge),
        strict=True,
    )
)
_CALCULATE: Final[dict[str, Callable[[Any, Any], Any]]] = dict(
    zip(
        ARITHMETIC,
        (np.add, np.subtract, np.multiply, np.divide, np.fmod, lambda a, b: np.trunc(a / b), np.power),
        strict=True,
    )
)
#: Features that are asked at once where geometries are needed: bounds what is held of them.
_BLOCK: Final = 1_024


@dataclass(frozen=True)
class Filter:
    """A condition that can be asked of any table with the columns that it was bound to; safe to share."""

    root: Node
    #: What its spatial functions may cost, all together, in vertices of features that are looked at.
    examined: int = field(default=Bounds.examined, compare=False)

    @property
    def key(self) -> Hashable:
        """The filter itself: equal for filters that mean the same, in either language."""
        return self.root

    def evaluate(self, table: Table) -> Mask:
        """Return which features answer TRUE, neither FALSE nor unknown.

        Raises FilterError if GEOS cannot compute a spatial function with the literal it was given, or if that
        would take too long.
        """
        size = len(table)
        step = _BLOCK if _is_spatial(self.root) else max(size, 1)
        blocks = [np.arange(start, min(start + step, size)) for start in range(0, size, step)]
        budget = Budget(self.examined)
        with np.errstate(all="ignore"):
            found = [_Run(table, budget).truth(self.root, rows, _YES)[0] for rows in blocks]
        return np.concatenate(found) if found else np.zeros(0, dtype=bool)


def _is_spatial(node: Node) -> bool:
    return isinstance(node, Call) and (node.op in SPATIAL or any(map(_is_spatial, node.args)))


class _Run:
    """One evaluation over one block of features."""

    def __init__(self, table: Table, budget: Budget) -> None:
        self._table = table
        self._budget = budget
        self._shapes: dict[int, shapely.Geometry] = {}
        self._folded: dict[str, dict[str, str]] = {op: {} for op in strings.FOLD}

    def truth(self, node: Node, rows: Rows, want: int) -> Answer:
        """Return the answer of a condition for `rows`; only the part of it that is wanted is right."""
        if not isinstance(node, Call):
            values, known = self.values(node, rows)
            yes = values.astype(bool) & known
            return yes, known & ~yes
        if node.op in ("and", "or"):
            return self._junction(node, rows, want)
        if node.op == "not":
            yes, no = self.truth(node.args[0], rows, _OPPOSITE[want])
            return no, yes
        if node.op in ("=", "<>") and (same := self._same(node, rows)) is not None:
            return same if node.op == "=" else same[::-1]
        if node.op in _COMPARE:
            return self._compared(node.op, *(self.values(arg, rows) for arg in node.args))
        if node.op in SPATIAL:
            return self._related(node, rows)
        if node.op in temporal.RELATIONS:
            return self._ordered(node, rows)
        return {"like": self._like, "in": self._in, "between": self._between, "isnull": self._isnull}[
            node.op
        ](node, rows)

    # Conditions

    def _junction(self, node: Call, rows: Rows, want: int) -> Answer:
        conjunction = node.op == "and"
        yes, no = np.full(len(rows), conjunction), np.full(len(rows), not conjunction)
        pending = np.arange(len(rows))
        for arg in node.args:
            if not len(pending):
                break
            does, does_not = self.truth(arg, rows[pending], want)
            if conjunction:
                yes[pending] &= does
                no[pending] |= does_not
                pending = pending[does if want == _YES else ~does_not]
            else:
                yes[pending] |= does
                no[pending] &= does_not
                pending = pending[does_not if want == _NO else ~does]
        return yes, no

    def _same(self, node: Call, rows: Rows) -> Answer | None:
        """Return where a column of text equals a literal, if the table can tell that at once."""
        column, literal = node.args
        if not (isinstance(column, Property) and column.kind == "string" and isinstance(literal, Constant)):
            return None
        lookup = getattr(self._table, "equal", None)
        if lookup is None:
            return None
        yes = _taken(lookup(column.name, literal.value), rows)
        return yes, _taken(self._table.values(column.name)[1], rows) & ~yes

    def _compared(self, op: str, first: Values, second: Values) -> Answer:
        (a, a_known), (b, b_known) = first, second
        known = a_known & b_known
        if known.all():
            yes = np.asarray(_COMPARE[op](a, b), dtype=bool)
            return yes, ~yes
        yes = np.zeros(len(known), dtype=bool)
        yes[known] = _COMPARE[op](a[known], b[known])
        return yes, known & ~yes

    def _between(self, node: Call, rows: Rows) -> Answer:
        value, low, high = (self.values(arg, rows) for arg in node.args)
        above, below = self._compared(">=", value, low), self._compared("<=", value, high)
        return above[0] & below[0], above[1] | below[1]

    def _in(self, node: Call, rows: Rows) -> Answer:
        tested, *candidates = node.args
        values, known = self.values(tested, rows)
        fixed = {_literal(each) for each in candidates if isinstance(each, Constant | Instant)}
        yes = np.zeros(len(rows), dtype=bool)
        yes[known] = [value in fixed for value in values[known].tolist()]
        no = known & ~yes
        for each in candidates:
            if not isinstance(each, Constant | Instant):
                same, other = self._compared("=", (values, known), self.values(each, rows))
                yes, no = yes | same, no & other
        return yes, no

    def _like(self, node: Call, rows: Rows) -> Answer:
        values, known = self.values(node.args[0], rows)
        pattern = strings.Pattern(str(_literal(node.args[1])))
        yes = np.zeros(len(rows), dtype=bool)
        yes[known] = [pattern.matches(text) for text in values[known]]
        return yes, known & ~yes

    def _isnull(self, node: Call, rows: Rows) -> Answer:
        arg = node.args[0]
        if isinstance(arg, Property) and arg.kind == "geometry":
            known = spatial.present(_taken(self._table.bounds(), rows))
        elif isinstance(arg, Interval | Geometry):
            known = np.ones(len(rows), dtype=bool)
        else:
            known = self.values(arg, rows)[1]
        return ~known, known

    def _ordered(self, node: Call, rows: Rows) -> Answer:
        ends, known = [], np.ones(len(rows), dtype=bool)
        for arg in node.args:
            assert isinstance(arg, Interval)
            first, first_known = self._end(arg.first, rows, temporal.PAST)
            last, last_known = self._end(arg.last, rows, temporal.FUTURE)
            last = last.copy()
            last[~last_known] = temporal.FUTURE
            ends += [first, last]
            known &= first_known
        yes = np.zeros(len(rows), dtype=bool)
        yes[known] = temporal.RELATIONS[node.op](*(end[known] for end in ends))
        return yes, known & ~yes

    def _end(self, node: Node | None, rows: Rows, unbounded: str) -> Values:
        return self.values(Constant(unbounded) if node is None else node, rows)

    # Space

    def _related(self, node: Call, rows: Rows) -> Answer:
        boxes = _taken(self._table.bounds(), rows)
        known = spatial.present(boxes)
        other = node.args[1]
        if not isinstance(other, Geometry):  # a table has one geometry: it is asked about itself
            itself = known & (node.op in spatial.REFLEXIVE)
            return itself, known & ~itself
        literal = shapely.from_wkb(other.wkb)
        shapely.prepare(literal)
        yes = known & (node.op == "s_disjoint")
        near = np.flatnonzero(known & spatial.near(boxes, literal))
        inside = spatial.inside(boxes[near], literal)
        yes[near[inside]] = node.op in ("s_intersects", "s_within")
        unsure = near[~inside]
        if len(unsure):
            geometries = self._geometries(rows[unsure])
            self._budget.ask(node.op, literal, boxes[unsure], shapely.get_num_coordinates(geometries))
            yes[unsure] = spatial.holds(node.op, literal, geometries)
        return yes, known & ~yes

    def _geometries(self, rows: Rows) -> NDArray[np.object_]:
        absent = [row for row in rows.tolist() if row not in self._shapes]
        if absent:
            self._budget.read(len(absent))
            fetched = self._table.geometries(np.array(absent, dtype=np.int64))
            self._shapes.update(zip(absent, fetched, strict=True))
        found = np.empty(len(rows), dtype=object)
        found[:] = [self._shapes[row] for row in rows.tolist()]
        return found

    # Values

    def values(self, node: Node, rows: Rows) -> Values:
        """Return the values of an expression for `rows`."""
        if isinstance(node, Property):
            return self._column(node, rows)
        if isinstance(node, Call) and node.op in _CALCULATE:
            return self._calculated(node, rows)
        if isinstance(node, Call) and node.op in strings.FOLD:
            return self._fold(node, rows)
        if isinstance(node, Call) and node.op == "day":
            values, known = self.values(node.args[0], rows)
            return _mapped(values, known, lambda text: text[:10])
        if isinstance(node, Call):  # a condition as a value: S_INTERSECTS(…) = TRUE
            yes, no = self.truth(node, rows, _BOTH)
            return yes, yes | no
        value = _literal(node)
        one = np.array(value, dtype=object if isinstance(value, str) else type(value))
        return np.broadcast_to(one, len(rows)), np.broadcast_to(_TRUE, len(rows))

    def _column(self, node: Property, rows: Rows) -> Values:
        every, all_known = self._table.values(node.name)
        values, known = _taken(every, rows), _taken(all_known, rows)
        if node.kind == "timestamp":
            return _mapped(values, known, temporal.sortable)
        return values, known

    def _fold(self, node: Call, rows: Rows) -> Values:
        values, known = self.values(node.args[0], rows)
        folded, fold = self._folded[node.op], strings.FOLD[node.op]

        def once(text: str) -> str:
            found = folded.get(text)
            if found is None:
                found = folded[text] = fold(text)
            return found

        return _mapped(values, known, once)

    def _calculated(self, node: Call, rows: Rows) -> Values:
        """Return an arithmetic result in double precision; what is not finite (8 / 0) is unknown."""
        (a, a_known), (b, b_known) = (self.values(arg, rows) for arg in node.args)
        result = _CALCULATE[node.op](a.astype(np.float64), b.astype(np.float64))
        known: Mask = a_known & b_known & np.isfinite(result)
        return result, known


def _taken(column: NDArray[Any], rows: Rows) -> NDArray[Any]:
    """Return the elements of `rows`, which ascend without repeating: all of them are the column itself."""
    return column if len(rows) == len(column) else column[rows]


def _literal(node: Node) -> str | float | bool:
    if isinstance(node, Instant):
        return node.text
    assert isinstance(node, Constant)
    return node.value


def _mapped(values: NDArray[Any], known: Mask, change: Callable[[str], str]) -> Values:
    """Return the known texts changed."""
    changed = np.empty(len(values), dtype=object)
    changed[known] = [change(text) for text in values[known]]
    return changed, known
