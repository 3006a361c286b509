"""A topology as the text of TopoJSON, specification 1.0: compact, UTF-8, quantised, delta-encoded.

The numbers are written by numpy: a nation has half a million of them, in lists of lists of lists, which
as Python objects would take ten times as long.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from boundaries.ground.ragged import arcs_of
from boundaries.topology.arcs import Rings, Topology, renumber

Array = NDArray[Any]
#: Object → key of a feature → what stands of it in the file beside its shape.
Labels = Mapping[str, Mapping[str, str]]

_POWERS: Final = 10 ** np.arange(1, 19)
#: What stands between two references: of one ring, of two rings, of two polygons, of two features.
_BETWEEN_REFS: Final = (b",", b"],[", b"]],[[", b"")
#: And before a coordinate: the second of a point, the first, the first of an arc, the first of all.
_BETWEEN_POINTS: Final = (b",", b"],[", b"]],[[", b"")


def encode(topology: Topology, facts: Mapping[str, Any] | None = None, labels: Labels | None = None) -> bytes:
    """Write a topology as TopoJSON.

    `facts`: what stands in the member ``about`` of the topology (the specification allows foreign members).
    `labels`: see `labels_of`; made here where they are not given.
    """
    ordered = renumber(topology, _order(topology))
    labels = labels or labels_of(ordered.tables)
    low, high = ordered.points.min(axis=0), ordered.points.max(axis=0)
    scale = topology.grid.size
    head: dict[str, Any] = {
        "type": "Topology",
        "bbox": [*topology.grid.degrees(low).tolist(), *topology.grid.degrees(high).tolist()],
        "transform": {"scale": [scale, scale], "translate": topology.grid.degrees(low).tolist()},
    }
    if facts:
        head["about"] = dict(facts)
    parts = [_dumps(head)[:-1], ',"objects":{']
    for count, (name, rings) in enumerate(ordered.rings.items()):
        parts += ["," * bool(count), _dumps(name), ':{"type":"GeometryCollection","geometries":[']
        parts += [",".join(_geometries(labels[name], ordered.tables[name], rings)), "]}"]
    parts += ['},"arcs":[[[', _deltas(ordered.points - low, ordered.starts).decode(), "]]]}"]
    return "".join(parts).encode()


def labels_of(tables: Mapping[str, pd.DataFrame]) -> Labels:
    """Write id and properties (that have a value) of every feature; files cut from one topology share them."""
    found = {}
    for name, table in tables.items():
        records = _records(table)
        keys = table[key_of(table)].tolist()
        found[name] = {
            key: f'"id":{_dumps(key)},"properties":{_dumps(record)}'
            for key, record in zip(keys, records, strict=True)
        }
    return found


def key_of(table: pd.DataFrame) -> str:
    """The column that names a row: ``id`` of a dapil, ``kode`` of a unit."""
    return "id" if "id" in table.columns else "kode"


def _order(topology: Topology) -> Array:
    """Borders as they are met, then islands by feature from west to east: neighbours in the file are alike, which
    halves what the references cost when compressed."""
    owner = np.zeros(len(topology), dtype=np.int64)
    finest = max(topology.rings.values(), key=lambda rings: len(rings.feature))
    for rings in (*topology.rings.values(), finest):
        feature = np.repeat(np.arange(len(rings.feature) - 1), np.diff(rings.polygon[rings.feature]))
        owner[arcs_of(rings.refs)] = np.repeat(feature, np.diff(rings.ring))
    closed = topology.closed
    first = topology.points[topology.starts[:-1]]
    met = np.where(closed, 0, np.arange(len(topology)))
    return np.lexsort((first[:, 1], first[:, 0] * closed, met, owner * closed, closed))


def _deltas(points: Array, starts: Array) -> bytes:
    """The arcs, without the brackets around the first and the last."""
    steps = points.copy()
    steps[1:] -= points[:-1]
    steps[starts[:-1]] = points[starts[:-1]]
    between = np.zeros(points.shape, dtype=np.int8)
    between[:, 0] = 1
    between[starts[:-1], 0] = 2
    between[0, 0] = 3
    return numbers(steps.ravel(), between.ravel(), _BETWEEN_POINTS)[0]


def _geometries(labels: Mapping[str, str], table: pd.DataFrame, rings: Rings) -> Iterator[str]:
    rings = _sorted(rings)
    between = np.zeros(len(rings.refs), dtype=np.int8)
    between[rings.ring[:-1]] = 1
    between[rings.ring[rings.polygon[:-1]]] = 2
    first = rings.ring[rings.polygon[rings.feature]]
    between[first[:-1][first[:-1] < first[1:]]] = 3
    content, ends = numbers(rings.refs, between, _BETWEEN_REFS)
    text, cuts = content.decode(), np.append(0, ends)[first].tolist()
    count = np.diff(rings.feature).tolist()
    for key, polygons, (a, b) in zip(table[key_of(table)].tolist(), count, pairwise(cuts), strict=True):
        kind, left, right = ("Polygon", "[[", "]]") if polygons == 1 else ("MultiPolygon", "[[[", "]]]")
        arcs = f"{left}{text[a:b]}{right}" if polygons else "[]"
        yield f'{{"type":"{kind}",{labels[key]},"arcs":{arcs}}}'


def _sorted(rings: Rings) -> Rings:
    """The polygons of each feature in the order of their first arc."""
    feature = np.repeat(np.arange(len(rings.feature) - 1), np.diff(rings.feature))
    order = np.lexsort((arcs_of(rings.refs[rings.ring[rings.polygon[:-1]]]), feature))
    return replace(rings.polygons(order), feature=rings.feature)


def numbers(values: Array, before: Array, texts: Sequence[bytes]) -> tuple[bytes, Array]:
    """Write whole numbers in decimal, before each one of a few texts.

    Parameters
    ----------
    values
        (n,) integers.
    before
        (n,) which of `texts` stands before each.

    Returns
    -------
    tuple
        All of it; and where each number ends in it (n,).
    """
    left = np.abs(values)
    digits = np.searchsorted(_POWERS, left, side="right") + 1
    lead = np.array([len(text) for text in texts])[before]
    minus = values < 0
    ends = np.cumsum(lead + minus + digits)
    out = np.empty(ends[-1] if len(ends) else 0, dtype=np.uint8)
    out[(ends - digits - 1)[minus]] = ord("-")
    begin = ends - digits - minus - lead
    for which, text in enumerate(texts):
        here = begin[before == which] if text else begin[:0]
        for position, character in enumerate(text):
            out[here + position] = character
    at = ends - 1
    while len(left):
        left, digit = np.divmod(left, 10)
        out[at] = digit + ord("0")
        more = left > 0
        left, at = left[more], at[more] - 1
    return out.tobytes(), ends


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    rows = table.astype(object).where(table.notna(), None).to_dict("records")
    return [{str(name): value for name, value in row.items() if value is not None} for row in rows]


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
