r"""CQL2 filters (OGC 21-065r2) on tables held in memory: read, checked against what a layer offers, asked.

``parse(text, "cql2-text", queryables, crs).evaluate(table)`` tells which features answer TRUE. Both languages
are read into one tree (`tree`): CQL2 Text by lark with the standard's grammar (`cql2_text`, ``cql2.lark``), CQL2 JSON
by the standard library's json (`cql2_json`). `binding` checks names and kinds and makes literals ready; `evaluation`
asks. Nothing is evaluated as Python, and nothing here knows of the web.

Why not a library for the whole. Tried on the standard's examples and on hostile input:

- ``cql2`` 0.6.0 (Rust) reads most of the grammar in 0.03 ms, but needs time exponential in parentheses that
  are not closed (``'(' * 18 + 'a=1'``: 1.0 s, four times more for every two), and ends the process by a stack
  overflow on ``'NOT ' * 10_000 + 'a=1'``, 5,000 parentheses or 20,000 ANDs; ``\'`` in text is not read.
- ``pygeofilter`` 0.4.0 does not read names of one letter, ``%``, ``^``, ``DIV``, ``TRUE`` or
  ``INTERVAL(mulai, selesai)``, and needs 6 s for 20,000 ANDs; its evaluator for Python uses ``eval``.

lark's LALR parser is linear and has no recursion: 16,384 characters, the longest that is read, take a tenth of a
second at most, and `Bounds` stand before and behind it.

What is not in the standard's words but was decided: see `temporal` (open intervals, dates beside timestamps),
`strings` (what ACCENTI removes), `spatial` (sides of literals in projected systems). Numbers compare in double
precision. Text compares by code point in NFC. BETWEEN also takes dates and text.
"""

from collections.abc import Mapping
from typing import Final

from boundaries.service.crs import Crs
from boundaries.service.filters import cql2_json, cql2_text
from boundaries.service.filters.binding import Binder
from boundaries.service.filters.evaluation import Filter
from boundaries.service.filters.model import Bounds, FilterError, Queryable, Table

__all__ = ["CONFORMANCE", "LANGUAGES", "Bounds", "Filter", "FilterError", "Queryable", "Table", "parse"]

#: ``cql-text`` is the draft's name: GDAL knows no other (3.6 to 3.12) and pushes comparisons only where it is offered.
LANGUAGES: Final = ("cql2-text", "cql2-json", "cql-text")

#: The conformance classes of CQL2 1.0 whose requirements hold and whose abstract tests pass. Not among them:
#: ``functions`` (there are none beside the standard's), ``array-functions`` (there are no arrays).
CONFORMANCE: Final = tuple(
    f"http://www.opengis.net/spec/cql2/1.0/conf/{name}"
    for name in (
        "basic-cql2",
        "advanced-comparison-operators",
        "case-insensitive-comparison",
        "accent-insensitive-comparison",
        "basic-spatial-functions",
        "basic-spatial-functions-plus",
        "spatial-functions",
        "temporal-functions",
        "property-property",
        "arithmetic",
        "cql2-text",
        "cql2-json",
    )
)
_READERS: Final = dict(zip(LANGUAGES, (cql2_text.read, cql2_json.read, cql2_text.read_draft), strict=True))
_BOUNDS: Final = Bounds()


def parse(
    text: str, language: str, queryables: Mapping[str, Queryable], crs: Crs, bounds: Bounds = _BOUNDS
) -> Filter:
    """Read a filter that may name `queryables`; its literal geometries are in `crs` and its axis order.

    Raises FilterError, and nothing else, with what is wrong, where, and what would be allowed.
    """
    if language not in _READERS:
        raise FilterError(f"unknown language {language[:80]!r}", LANGUAGES)
    if len(text) > bounds.characters:
        raise FilterError(f"the filter has {len(text)} characters", f"at most {bounds.characters}")
    tree = _READERS[language](text, bounds)
    return Filter(Binder(queryables, crs, bounds).condition(tree), bounds.examined)
