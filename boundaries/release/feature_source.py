"""Where the service's features come from: one contract, kept by files and by a database.

A *row* is the number of a feature among all of a release: tables one after another, sorted by their names, each
in the order of its ids. Attributes and boxes are read whole (a worker holds them); geometries and texts are
fetched for the rows that a request needs.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from boundaries.release.election_file import Tables
from boundaries.release.feature_file import END, NAME, STORED_END, FeatureFile
from boundaries.release.geometry_cache import Shapes
from boundaries.release.geopackage_reader import Column, GeoPackage
from boundaries.release.lookup import FullPackage
from boundaries.release.spliced import Part, between
from boundaries.release.store import STANDARD, Release

#: Rows that follow one another, first and last included.
Run = tuple[int, int]


class Package(Protocol):
    """What a release gives to the service."""

    @property
    def address(self) -> str:
        """Where it is: the release's directory, or the database's address without a password."""

    @property
    def manifest(self) -> Mapping[str, Any]:
        """The release's manifest."""

    @property
    def tables(self) -> frozenset[str]:
        """The names of all layers and tables."""

    @property
    def elections(self) -> Tables | None:
        """The election's tables; None where the release has none."""

    def whole(self, table: str) -> NDArray[np.object_]:
        """Return all geometries of a layer, in order, without keeping them."""

    def span(self, table: str) -> tuple[int, int]:
        """Return the first row of a layer and how many it has."""

    def columns(self, table: str) -> tuple[Column, ...]:
        """Return the columns of a table in their order, without geometry and primary key."""

    def records(self, table: str, columns: Sequence[str]) -> list[tuple[Any, ...]]:
        """Return all rows of a table, in order."""

    def bounds(self, table: str) -> NDArray[np.float64]:
        """Return the boxes (n, 4) of a layer: xmin, ymin, xmax, ymax, lon/lat."""

    def geometries(self, rows: Sequence[int] | NDArray[np.int64]) -> NDArray[np.object_]:
        """Return the geometries of `rows` in the detail of the features, lon/lat, in that order."""

    def full_bounds(self, table: str) -> NDArray[np.float64]:
        """Return the boxes (n, 4) of a layer in full detail."""

    def full_shapes(self, table: str, places: Sequence[int]) -> NDArray[np.object_]:
        """Return geometries of a layer in full detail, by their places in it."""

    def features(self, runs: Sequence[Run]) -> list[Part]:
        """Return the features of `runs` as GeoJSON, separated by commas; the last is not closed."""

    def shape(self, row: int) -> Part:
        """Return the first half of a feature: type, id, geometry."""

    def facts(self, row: int) -> Part:
        """Return the second half of a feature: its properties, the feature not closed."""

    def close(self) -> None:
        """Let go of files and connections."""


def runs(rows: Sequence[int]) -> list[Run]:
    """Return ascending neighbours among `rows` as runs, in the order of `rows`."""
    if isinstance(rows, range) and rows.step == 1:
        return [(rows[0], rows[-1])] if rows else []
    found: list[Run] = []
    for row in rows:
        if found and row == found[-1][1] + 1:
            found[-1] = (found[-1][0], row)
        else:
            found.append((row, row))
    return found


class FilePackage:
    """A release's own files: dapil.gpkg in both details, and features.bin."""

    def __init__(self, release: Release, cache_bytes: int) -> None:
        self.address = str(release.path)
        self.manifest = release.manifest
        self._gpkg = FullPackage(release.gpkg)
        self._light = GeoPackage(release.package(STANDARD))
        self.tables = self._gpkg.tables
        self.elections: Tables | None = release.elections
        self._file = FeatureFile(release.path / NAME)
        self._shapes = Shapes(cache_bytes, self._read)
        starts = sorted((first, table) for table, (first, _) in self._file.tables.items())
        self._starts = np.array([first for first, _ in starts])
        self._names = [table for _, table in starts]
        self._rowids = {table: self._light.rowids(table) for table in self._names}

    def span(self, table: str) -> tuple[int, int]:
        """See Package."""
        return self._file.tables[table]

    def columns(self, table: str) -> tuple[Column, ...]:
        """See Package."""
        return self._gpkg.columns(table)

    def records(self, table: str, columns: Sequence[str]) -> list[tuple[Any, ...]]:
        """See Package."""
        return self._gpkg.records(table, columns)

    def whole(self, table: str) -> NDArray[np.object_]:
        """See Package."""
        return self._light.whole(table)

    def bounds(self, table: str) -> NDArray[np.float64]:
        """See Package."""
        return self._light.bounds(table)

    def full_bounds(self, table: str) -> NDArray[np.float64]:
        """See Package."""
        return self._gpkg.full_bounds(table)

    def full_shapes(self, table: str, places: Sequence[int]) -> NDArray[np.object_]:
        """See Package."""
        return self._gpkg.full_shapes(table, places)

    def geometries(self, rows: Sequence[int] | NDArray[np.int64]) -> NDArray[np.object_]:
        """Return the geometries of `rows`; those asked for lately are still held, prepared."""
        return self._shapes.get(rows)

    def _read(self, rows: list[int]) -> NDArray[np.object_]:
        """Read the geometries of ascending rows, table by table."""
        shapes = []
        for table, group in itertools.groupby(rows, self._table):
            ids = self._rowids[table][np.array(list(group)) - self.span(table)[0]]
            shapes.append(self._light.geometries(table, ids))
        return np.concatenate(shapes)

    def _table(self, row: int) -> str:
        return self._names[int(np.searchsorted(self._starts, row, side="right")) - 1]

    def features(self, runs: Sequence[Run]) -> list[Part]:
        """See Package."""
        return list(self._features(runs))

    def _features(self, runs: Sequence[Run]) -> Iterator[Part]:
        for first, last in runs[:-1]:
            yield self._whole(first, last + 1)
        if runs:
            first, last = runs[-1]
            if first < last:
                yield self._whole(first, last)
            yield self.shape(last)
            yield self.facts(last)

    def _whole(self, first: int, end: int) -> Part:
        """Return rows from `first` until before `end`, each with what separates it from the next."""
        file = self._file
        start, stop = file.text_at[first], file.text_at[end]
        packed = file.deflate[file.deflate_at[first] : file.deflate_at[end]]
        crc = partial(between, file.crc_at[first], file.crc_at[end], stop - start)
        return Part(file.text[start:stop], packed, crc)

    def shape(self, row: int) -> Part:
        """See Package."""
        file = self._file
        text, packed = file.text_at[row], file.deflate_at[row]
        return Part(
            file.text[text : text + file.facts_at[row]],
            file.deflate[packed : packed + file.deflate_facts_at[row]],
            partial(file.shape_crc.__getitem__, row),
        )

    def facts(self, row: int) -> Part:
        """See Package."""
        file = self._file
        text = file.text_at[row] + file.facts_at[row]
        packed = file.deflate_at[row] + file.deflate_facts_at[row]
        return Part(
            file.text[text : file.text_at[row + 1] - len(END)],
            file.deflate[packed : file.deflate_at[row + 1] - len(STORED_END)],
            partial(file.facts_crc.__getitem__, row),
        )

    def close(self) -> None:
        """See Package."""
        self._gpkg.close()
        self._light.close()
