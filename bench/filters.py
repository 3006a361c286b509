"""Look for the filter that costs the service most: at random, then from the worst found by small changes.

    python bench/filters.py --releases build --seconds 120 --seed 1

Each filter is sent as a request (``resulttype=hits``) to the application in this process; what counts is the CPU time
of its answer, a refusal's too. Drawn are collection, predicates (1 to 8), their order and connective, the shape of
each literal, its number of positions, the window it lies in, its system and the language. Prints what was tried, the
shares accepted and refused, and the worst ten. Ends with 1 if one took more CPU than --most seconds.
"""

import argparse
import json
import math
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from boundaries.service.app import create_app  # noqa: E402

PREDICATES = (
    "s_contains",
    "s_crosses",
    "s_disjoint",
    "s_equals",
    "s_intersects",
    "s_overlaps",
    "s_touches",
    "s_within",
)
#: Of the collections of a national release, those with most vertices and with most features.
COLLECTIONS = (
    "dapil-dpd", "dapil-dpr", "dapil-dprd-provinsi", "dapil-dprd-kabkota", "unit-kecamatan", "unit-kabkota",
    "unit-desa", "dpd-2024",
)  # fmt: skip
#: Windows: the nation, and parts of it whose coast is long or whose features are many.
WINDOWS = (
    (95.0, -11.0, 141.0, 6.0), (105.0, -9.0, 115.0, -5.5), (103.0, -1.0, 109.0, 4.5), (129.0, -9.0, 141.0, 0.0),
    (119.0, -6.0, 125.5, 1.7), (106.6, -6.4, 107.0, -6.0), (124.0, -4.0, 132.0, 3.0),
)  # fmt: skip
SYSTEM = "http://www.opengis.net/def/crs/EPSG/0/3857"


@dataclass(frozen=True)
class Literal:
    """A shape, drawn from its seed."""

    shape: str
    positions: int
    window: tuple[float, float, float, float]
    seed: int


@dataclass(frozen=True)
class Question:
    """One filter."""

    collection: str
    calls: tuple[tuple[str, Literal], ...]
    connective: str
    projected: bool = False


def zigzag(draw: random.Random, n: int, w: float, s: float, e: float, h: float) -> list[Any]:
    across = draw.random() < 0.5
    steps = [i / max(1, n - 1) for i in range(n)]
    if across:
        return [[w + (e - w) * step, s if i % 2 else h] for i, step in enumerate(steps)]
    return [[w if i % 2 else e, s + (h - s) * step] for i, step in enumerate(steps)]


def walk(draw: random.Random, n: int, w: float, s: float, e: float, h: float) -> list[Any]:
    x, y, reach = draw.uniform(w, e), draw.uniform(s, h), draw.choice([0.3, 1, 3, 20]) / n
    found = []
    for _ in range(n):
        found.append([x, y])
        x = min(e, max(w, x + draw.uniform(-1, 1) * reach * (e - w)))
        y = min(h, max(s, y + draw.uniform(-1, 1) * reach * (h - s)))
    return found


def anywhere(draw: random.Random, n: int, w: float, s: float, e: float, h: float) -> list[Any]:
    return [[draw.uniform(w, e), draw.uniform(s, h)] for _ in range(n)]


def parallel(draw: random.Random, n: int, w: float, s: float, e: float, h: float) -> list[Any]:
    lean, lines = draw.choice([0.0, 0.4, 10.0, n / 2]), max(1, n // 2)
    steps = [(e - w) * i / lines for i in range(lines)]
    return [[[w + step, s], [min(e, w + step + lean * (e - w) / lines), h]] for step in steps]


def grid(draw: random.Random, n: int, w: float, s: float, e: float, h: float) -> list[Any]:
    upright = [[[p[0], s], [p[0], h]] for p in anywhere(draw, max(1, n // 4), w, s, e, h)]
    level = [[[w, p[1]], [e, p[1]]] for p in anywhere(draw, max(1, n // 4), w, s, e, h)]
    return [*upright, *level]


def star(draw: random.Random, n: int, w: float, s: float, e: float, h: float) -> list[Any]:
    n, inner = max(4, n // 2 * 2), draw.choice([0.05, 0.5, 0.95])
    turns = [(2 * math.pi * i / n, inner if i % 2 else 1.0) for i in range(n)]
    ring = [
        [(w + e) / 2 + (e - w) / 2 * far * math.cos(turn), (s + h) / 2 + (h - s) / 2 * far * math.sin(turn)]
        for turn, far in turns
    ]
    return [[*ring, ring[0]]]


def comb(draw: random.Random, n: int, w: float, s: float, e: float, h: float) -> list[Any]:
    teeth, ring = max(1, n // 4), []
    step, top = (e - w) / teeth, h - (h - s) / 100
    for i in range(teeth):
        x = w + i * step
        ring += [[x, top], [x, s], [x + step / 2, s], [x + step / 2, top]]
    ring += [[e, h], [w, h]]
    return [[*ring, ring[0]]]


def squares(draw: random.Random, n: int, w: float, s: float, e: float, h: float) -> list[Any]:
    side = max(1, math.isqrt(n // 5))
    dx, dy, share = (e - w) / side, (h - s) / side, draw.choice([0.1, 0.5, 0.98])
    corners = [(w + i * dx, s + j * dy, share) for i in range(side) for j in range(side)]
    return [
        [[[x, y], [x + k * dx, y], [x + k * dx, y + k * dy], [x, y + k * dy], [x, y]]] for x, y, k in corners
    ]


SHAPES = {
    "zigzag": ("LineString", zigzag), "walk": ("LineString", walk), "scribble": ("LineString", anywhere),
    "walks": ("MultiLineString", lambda draw, n, *box: [walk(draw, max(2, n // 3), *box) for _ in range(3)]),
    "lines": ("MultiLineString", lambda draw, n, *box: [anywhere(draw, 2, *box) for _ in range(max(1, n // 2))]),
    "parallel": ("MultiLineString", parallel), "grid": ("MultiLineString", grid), "points": ("MultiPoint", anywhere),
    "star": ("Polygon", star), "comb": ("Polygon", comb), "squares": ("MultiPolygon", squares),
}  # fmt: skip
MIXED = (
    "lines+squares",
    "points+squares",
    "zigzag+star",
    "star+star",
    "points+lines",
    "squares+squares",
    "comb+comb",
)


def geometry(literal: Literal) -> dict[str, Any]:
    """Return GeoJSON."""
    draw = random.Random(literal.seed)
    names = literal.shape.split("+")
    parts = []
    for name in names:
        type_, make = SHAPES[name]
        found = make(draw, max(2, literal.positions // len(names)), *literal.window)
        parts.append({"type": type_, "coordinates": _rounded(found)})
    return parts[0] if len(parts) == 1 else {"type": "GeometryCollection", "geometries": parts}


def _rounded(value: Any) -> Any:
    return round(value, 3) if isinstance(value, float) else [_rounded(each) for each in value]


def _projected(value: Any) -> Any:
    if isinstance(value[0], float):
        tangent = math.tan(math.pi / 4 + math.radians(value[1]) / 2)
        return [round(value[0] * 111_319.49, 1), round(math.log(tangent) * 6_378_137, 1)]
    return [_projected(each) for each in value]


def _moved(shape: dict[str, Any]) -> dict[str, Any]:
    if "geometries" in shape:
        return shape | {"geometries": [_moved(part) for part in shape["geometries"]]}
    return shape | {"coordinates": _projected(shape["coordinates"])}


def wkt(shape: dict[str, Any]) -> str:
    """Return CQL2 Text of a geometry."""
    if "geometries" in shape:
        return f"GEOMETRYCOLLECTION({','.join(map(wkt, shape['geometries']))})"

    def text(value: Any) -> str:
        if isinstance(value[0], float):
            return f"{value[0]:g} {value[1]:g}"
        return f"({','.join(map(text, value))})"

    return shape["type"].upper() + text(shape["coordinates"])


def address(question: Question, as_json: bool) -> str:
    """Return the query of a request."""
    shapes = [(op, geometry(literal)) for op, literal in question.calls]
    if question.projected:
        shapes = [(op, _moved(shape)) for op, shape in shapes]
    if as_json:
        calls = [{"op": op, "args": [{"property": "geometry"}, shape]} for op, shape in shapes]
        whole = calls[0] if len(calls) == 1 else {"op": question.connective, "args": calls}
        text = "filter-lang=cql2-json&filter=" + quote(json.dumps(whole, separators=(",", ":")))
    else:
        calls = [f"{op.upper()}(geometry,{wkt(shape)})" for op, shape in shapes]
        text = "filter=" + quote(f" {question.connective} ".join(calls))
    return text + "&resulttype=hits" + (f"&filter-crs={quote(SYSTEM)}" if question.projected else "")


def drawn(draw: random.Random) -> Question:
    """Return any question."""
    total = int(10 ** draw.uniform(0.7, 3.29))
    number = draw.choice([1, 1, 1, 2, 4, 8])
    calls = tuple((draw.choice(PREDICATES), _literal(draw, max(2, total // number))) for _ in range(number))
    return Question(draw.choice(COLLECTIONS), calls, draw.choice(["or", "and"]), draw.random() < 0.1)


def _literal(draw: random.Random, positions: int) -> Literal:
    return Literal(draw.choice([*SHAPES, *MIXED]), positions, draw.choice(WINDOWS), draw.randrange(10**6))


def changed(draw: random.Random, question: Question) -> Question:
    """Return a question near to another: one thing changed."""
    calls = list(question.calls)
    place = draw.randrange(len(calls))
    op, literal = calls[place]
    match draw.randrange(8):
        case 0:
            return replace(question, collection=draw.choice(COLLECTIONS))
        case 1:
            calls[place] = draw.choice(PREDICATES), literal
        case 2:
            calls[place] = op, replace(literal, seed=draw.randrange(10**6))
        case 3:
            calls[place] = op, replace(literal, window=draw.choice(WINDOWS))
        case 4 if len(calls) < 8:
            calls.append(calls[place])
        case 5 if len(calls) > 1:
            calls.pop(place)
        case 6:
            return replace(question, projected=not question.projected, connective=draw.choice(["or", "and"]))
        case _:
            more = max(2, round(literal.positions * draw.choice([0.5, 0.8, 0.95, 1.05, 1.25, 2])))
            calls[place] = op, replace(literal, positions=min(more, 2_000))
    return replace(question, calls=tuple(calls))


class Search:
    """Asks the application, and remembers what cost most."""

    def __init__(self, releases: Path) -> None:
        self._app = create_app(releases)
        self._asked = 0
        self.told: Counter[str] = Counter()
        self.worst: list[tuple[float, Question, int, str]] = []

    def ask(self, question: Question, as_json: bool) -> float:
        """Return the CPU seconds of a question, accepted or refused."""
        self._asked += 1  # an answer that was prepared before would cost nothing
        query = f"{address(question, as_json)}&offset={self._asked}"
        environ = {
            "REQUEST_METHOD": "GET", "PATH_INFO": f"/collections/{question.collection}/items", "QUERY_STRING": query,
            "SERVER_NAME": "localhost", "SERVER_PORT": "80", "wsgi.url_scheme": "http",
        }  # fmt: skip
        status: list[str] = []
        began = time.process_time()
        b"".join(self._app.wsgi_app(environ, lambda code, _: status.append(code)))  # type: ignore[arg-type, misc]
        took = time.process_time() - began
        self.told[status[0][:3]] += 1
        self.told[f"longest {status[0][:3]} ms"] = max(
            self.told[f"longest {status[0][:3]} ms"], round(took * 1e3)
        )
        self.worst = sorted(
            [*self.worst, (took, question, len(query), status[0][:3])], key=lambda each: -each[0]
        )[:10]
        return took

    def climb(self, draw: random.Random, until: float) -> None:
        """Try at random a third of the time, else change one of the worst."""
        best: list[tuple[float, Question]] = []
        while time.monotonic() < until:
            fresh = not best or draw.random() < 1 / 3
            question = drawn(draw) if fresh else changed(draw, draw.choice(best)[1])
            took = self.ask(question, draw.random() < 0.3)
            best = sorted([*best, (took, question)], key=lambda each: -each[0])[:6]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--releases", type=Path, default=ROOT / "build", help="releases with `current`, or one release"
    )
    parser.add_argument("--seconds", type=float, default=120, help="how long to look")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--most", type=float, default=1.0, help="CPU seconds that a request may take")
    options = parser.parse_args()
    search = Search(options.releases)
    search.climb(random.Random(options.seed), time.monotonic() + options.seconds)
    print("tried:", dict(sorted(search.told.items())))
    for took, question, length, status in search.worst:
        calls = "; ".join(
            f"{op} {each.shape} {each.positions} in {each.window}" for op, each in question.calls
        )
        print(f"{took:.3f} s  {status}  {question.collection}  {length} characters  {question.connective}"
              f"{' projected' if question.projected else ''}  {calls}")  # fmt: skip
    # Measured twice more: what happened once beside it (a collection of garbage) is no cost of the filter.
    again = [
        min(search.ask(question, False) for _ in range(2))
        for took, question, _, _ in search.worst
        if took > options.most
    ]
    print(f"above {options.most:g} s when asked again: {sum(took > options.most for took in again)}")
    return int(any(took > options.most for took in again))


if __name__ == "__main__":
    raise SystemExit(main())
