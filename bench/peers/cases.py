"""The questions asked, in no server's words, and the right answers, reckoned from the GeoPackage by GeoPandas.

All draws come from one seed. Questions with a varying number of hits are kept in the middle half by size, so that
a slow server that gets through few of them is asked about as much as a fast one that gets through all.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import geopandas as gpd
import numpy as np
import shapely

LAYER = "dprd-kabkota-2024"
SEED = 20240214
Box = tuple[float, float, float, float]
Key = TypeVar("Key")

#: The cases in the order of the table, with the number of distinct requests of each.
CASES = {
    "landing": 1,
    "collections": 1,
    "items limit=10": 100,
    "items limit=100": 100,
    "items limit=1000": 50,
    "deep page limit=10": 100,
    "bbox": 100,
    "attribute equals": 100,
    "attribute filter": 100,
    "spatial filter": 100,
    "one small item": 100,
    "one large item": 50,
    "hits": 100,
    "HTML items limit=10": 100,
    "HTML items limit=100": 50,
    "304": 100,
}
#: The cases whose goal is to be ten times as fast as the fastest peer.
ITEMS = tuple(c for c in CASES if c not in ("landing", "collections", "304") and "HTML" not in c)
HTML = {"HTML items limit=10": "items limit=10", "HTML items limit=100": "items limit=100"}
QUICK = ("items limit=10", "items limit=100", "bbox", "attribute filter", "HTML items limit=10")


@dataclass(frozen=True)
class Question:
    """One request. `ids` are the features of the right answer; where empty, any `returned` ones will do."""

    case: str
    limit: int = 100
    offset: int = 0
    item: str | None = None
    bbox: Box | None = None
    equal: tuple[str, str] | None = None
    where: tuple[str, int] | None = None  # kode_provinsi = the first AND kursi > the second
    polygon: str | None = None  # WKT, CRS84
    matched: int = 0
    ids: frozenset[str] = field(default=frozenset(), repr=False)

    @property
    def returned(self) -> int:
        return max(0, min(self.limit, self.matched - self.offset))

    @property
    def paged(self) -> bool:
        return not self.ids

    @property
    def html(self) -> bool:
        return self.case.startswith("HTML")

    @property
    def hits(self) -> bool:
        return self.case == "hits"


@dataclass(frozen=True)
class Truth:
    """The layer as the release has it: what every server must answer with."""

    gpkg: Path
    frame: gpd.GeoDataFrame
    vertices: dict[str, int]

    @classmethod
    def read(cls, gpkg: Path) -> "Truth":
        frame = gpd.read_file(gpkg, layer=LAYER)
        counts = shapely.get_num_coordinates(frame.geometry.to_numpy())
        return cls(gpkg, frame, dict(zip(frame["id"], counts.tolist(), strict=True)))

    def __len__(self) -> int:
        return len(self.frame)

    def ids_where(self, rows: np.ndarray) -> frozenset[str]:
        return frozenset(self.frame["id"].to_numpy()[rows])

    def ids_touching(self, shape: shapely.Geometry) -> frozenset[str]:
        return self.ids_where(self.frame.sindex.query(shape, predicate="intersects"))


def questions(truth: Truth, case: str) -> tuple[list[Question], list[Question]]:
    """Return (timed, for warming up) of a case: disjoint where the case has that many distinct requests."""
    draw = random.Random(f"{SEED} {case}")
    wanted = CASES[case]
    if wanted == 1:
        return [Question(case)], [Question(case)]
    found = list(dict.fromkeys(_MAKERS[case](truth, draw, case, wanted + 20)))
    draw.shuffle(found)
    return found[:wanted], found[wanted : wanted + 20] or found[:20]


def _pages(truth: Truth, draw: random.Random, case: str, count: int) -> list[Question]:
    limit = int(case.partition("=")[2]) if "=" in case else 10
    last = max(1, len(truth) - limit)
    # Where nothing is said of depth, near the start: most peers work for every feature that `offset` skips, and clients
    # ask for first pages most. Else our cheap offset would pass for a fast page.
    reach = last if "deep" in case or case == "304" else min(count, last)
    offsets = draw.sample(range(reach), min(count, reach))
    return [Question(case, limit=limit, offset=offset, matched=len(truth)) for offset in offsets]


def _items(truth: Truth, draw: random.Random, case: str, count: int) -> list[Question]:
    by_size = sorted(truth.vertices, key=truth.vertices.__getitem__)
    chosen = by_size[-min(count, 70) :] if "large" in case else by_size[: max(1, len(by_size) // 2)]
    ids = draw.sample(chosen, min(count, len(chosen)))
    return [Question(case, limit=1, item=i, matched=1, ids=frozenset([i])) for i in ids]


def _equal(truth: Truth, draw: random.Random, case: str, count: int) -> list[Question]:
    column = truth.frame["kode_kabkota"]
    codes = sorted(column.unique())
    found = [(code, truth.ids_where((column == code).to_numpy())) for code in codes]
    asked = [
        Question(case, equal=("kode_kabkota", code), matched=len(ids), ids=ids)
        for code, ids in _middle(truth, found)
    ]
    return draw.sample(asked, min(count, len(asked)))


def _where(truth: Truth, draw: random.Random, case: str, count: int) -> list[Question]:
    province, seats = truth.frame["kode_provinsi"], truth.frame["kursi"]
    found = []
    for code in sorted(province.unique()):
        for least in range(2, 12):
            ids = truth.ids_where(((province == code) & (seats > least)).to_numpy())
            found.append(((code, least), ids))
    asked = [Question(case, where=w, matched=len(ids), ids=ids) for w, ids in _middle(truth, found)]
    return draw.sample(asked, min(count, len(asked)))


def _around(truth: Truth, draw: random.Random, reach: float) -> tuple[float, float, float]:
    """A point on land, and a distance in degrees."""
    point = truth.frame.geometry.iloc[draw.randrange(len(truth))].representative_point()
    return round(point.x, 4), round(point.y, 4), round(draw.uniform(0.6, 1.0) * reach, 4)


def _boxes(truth: Truth, draw: random.Random, case: str, count: int) -> list[Question]:
    found: list[tuple[Box, frozenset[str]]] = []
    while len(found) < 3 * count:
        x, y, reach = _around(truth, draw, 0.6)
        box = (round(x - reach, 4), round(y - reach, 4), round(x + reach, 4), round(y + reach, 4))
        found.append((box, truth.ids_touching(shapely.box(*box))))
    return [Question(case, bbox=b, matched=len(ids), ids=ids) for b, ids in _middle(truth, found)][:count]


def _polygons(truth: Truth, draw: random.Random, case: str, count: int) -> list[Question]:
    found: list[tuple[str, frozenset[str]]] = []
    while len(found) < 3 * count:
        x, y, reach = _around(truth, draw, 0.6)
        turns = [k * 2 * np.pi / 7 + draw.uniform(0, 0.6) for k in range(7)]
        ring = [(round(x + reach * np.cos(t), 4), round(y + reach * np.sin(t), 4)) for t in turns]
        text = ", ".join(f"{a} {b}" for a, b in [*ring, ring[0]])
        found.append((f"POLYGON(({text}))", truth.ids_touching(shapely.Polygon(ring))))
    return [Question(case, polygon=p, matched=len(ids), ids=ids) for p, ids in _middle(truth, found)][:count]


def _middle(truth: Truth, found: list[tuple[Key, frozenset[str]]]) -> Iterator[tuple[Key, frozenset[str]]]:
    """Keep the middle half by number of vertices of the answer; what is empty or needs a second page goes."""
    able = [(key, ids) for key, ids in found if 0 < len(ids) <= 100]
    sizes = [sum(truth.vertices[i] for i in ids) for _, ids in able]
    low, high = np.quantile(sizes, [0.25, 0.75]) if len(able) > 8 else (0, np.inf)
    return (pair for pair, size in zip(able, sizes, strict=True) if low <= size <= high)


Maker = Callable[[Truth, random.Random, str, int], list[Question]]
_MAKERS: dict[str, Maker] = {
    "bbox": _boxes,
    "attribute equals": _equal,
    "attribute filter": _where,
    "spatial filter": _polygons,
    "one small item": _items,
    "one large item": _items,
    "hits": _equal,
}
_MAKERS |= {case: _pages for case in CASES if "limit=" in case or case == "304"}
