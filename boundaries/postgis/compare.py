"""Whether two packages hold the same release: everything that the service's contract can say is compared."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

import numpy as np
import shapely

from boundaries.postgis.election_tables import table_differences
from boundaries.release.feature_source import Package
from boundaries.release.spliced import gzipped, plain

_ROWS: Final = 500


def differences(one: Package, other: Package) -> Iterator[str]:
    """Give what differs between two packages: everything that the contract can say is compared."""
    if dict(one.manifest) != dict(other.manifest):
        yield "the manifest differs"
    if one.tables != other.tables:
        yield f"tables {', '.join(sorted(one.tables ^ other.tables))} are in one only"
    yield from table_differences(one.elections, other.elections)
    layers = [str(layer["name"]) for layer in one.manifest["layers"]]
    for table in sorted(one.tables & other.tables):
        names = [column.name for column in one.columns(table)]
        if one.columns(table) != other.columns(table):
            yield f"the columns of {table} differ"
        elif one.records(table, names) != other.records(table, names):
            yield f"the rows of {table} differ"
        if table in layers:
            yield from _layer_differences(one, other, table)


def _layer_differences(one: Package, other: Package, layer: str) -> Iterator[str]:
    if one.span(layer) != other.span(layer) or not np.array_equal(one.bounds(layer), other.bounds(layer)):
        yield f"the places or boxes of {layer} differ"
        return
    first, count = one.span(layer)
    shapes = [shapely.to_wkb(package.whole(layer)) for package in (one, other)]
    if not np.array_equal(*shapes):
        yield f"the geometries of {layer} differ"
    if not np.array_equal(one.full_bounds(layer), other.full_bounds(layer)):
        yield f"the boxes of {layer} in full detail differ"
    places = range(count)
    for start in range(0, count, _ROWS):
        some = [shapely.to_wkb(p.full_shapes(layer, places[start : start + _ROWS])) for p in (one, other)]
        if not np.array_equal(*some):
            yield f"the geometries of {layer} in full detail differ"
            break
    cuts = [*range(first, first + count, _ROWS), first + count]
    for start, end in pairwise(cuts):
        parts = [package.features([(start, end - 1)]) for package in (one, other)]
        for how in (plain, gzipped):
            if b"".join(how(parts[0])) != b"".join(how(parts[1])):
                yield f"the texts of {layer} differ"
                return
