"""A release to read, wherever it is: a directory here, or another host, of which only the files needed are had.

What comes from a host is kept in this user's cache and checked at every use (`boundaries.mirror.sync`): a file that is
not what the list says is refused.
"""

import csv
import hashlib
import json
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyogrio
import shapely
from numpy.typing import NDArray

from boundaries.errors import NotFound
from boundaries.law.columns import Attribute, columns_of
from boundaries.mirror.remote import Remote
from boundaries.mirror.sync import have, listed_at
from boundaries.release.dataset import Dataset, Datasets, Origin
from boundaries.release.geopackage import read_rows, series
from boundaries.release.geopackage_reader import GeoPackage
from boundaries.release.lookup import QuestionError, base_units
from boundaries.release.store import FOLDER, LIST, Release, mapped, open_release, sha256
from boundaries.sources import file_cache

RELEASES: Final = "DAPIL_RELEASES"


class Opened:
    """A release on this machine."""

    def __init__(self, release: Release) -> None:
        self.release = release

    def dataset(self, name: str) -> Dataset:
        """Return a layer or table. Raises ReleaseError for one that is not there."""
        return Datasets(self.release).get(name)

    def plans(self) -> list[Mapping[str, Any]]:
        """Return what the manifest tells of the plans that can be read: with a map, and as tables only."""
        manifest = self.release.manifest
        return [*mapped(manifest), *(plan for plan in manifest["plans"] if not plan.get("layer"))]

    def plan(self, chamber: str, year: int | None) -> Mapping[str, Any]:
        """Return one of `plans`. Raises QuestionError that says which years there are."""
        own = [plan for plan in self.plans() if plan["lembaga"] == chamber]
        return _of_year(own, year, chamber)[0]

    def elected(self, year: int | None) -> list[Mapping[str, Any]]:
        """Return the plans of a year with a map. Raises QuestionError that says which years there are."""
        return _of_year(mapped(self.release.manifest), year, "all chambers")

    def assigned(self, plan: str) -> pd.Series:
        """Return ``kode_dapil`` of every base unit of a plan, by ``kode_unit``."""
        rows = Datasets(self.release).assigned(plan)
        return rows.set_index("kode_unit")["kode_dapil"].sort_index()

    def ground(self) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
        """Return codes and polygons of the base units, by code."""
        package = GeoPackage(self.release.gpkg)
        try:
            return _by_code(*base_units(package))
        finally:
            package.close()

    def drawn(self, dataset: Dataset, province: str | None, detail: str) -> Dataset:
        """Return a plan's dataset with the outlines of its TopoJSON: simplified, neighbours joined."""
        chamber = str(dataset.frame["lembaga"].iloc[0])
        content = self._topojson(dataset, chamber, province, detail)
        found = _outlines(content, chamber)
        geometry = np.empty(len(dataset.frame), dtype=object)
        geometry[:] = [found[each] for each in dataset.frame["id"]]
        return replace(dataset, geometry=geometry)

    def _topojson(self, dataset: Dataset, chamber: str, province: str | None, detail: str) -> bytes:
        """Return the download if it is there and right, or draw it: about ten seconds for the nation."""
        from boundaries.exports import topojson

        name = f"{dataset.name}-{detail}.topojson"  # the name of a province's dataset has its code
        path, listed = self.release.path / FOLDER / name, _listed(self.release)
        if path.is_file() and name in listed and sha256(path) == listed[name]["sha256"]:
            return path.read_bytes()
        return topojson.one(self.release, int(dataset.year or 0), chamber, province or "", detail).content


class Hosted(Opened):
    """A release on another host; each file is had when it is first asked for."""

    def __init__(self, url: str, remote: Remote, listed: bytes) -> None:
        self._remote, self._listed = remote, listed
        self._cache = file_cache.default() / "hosted" / hashlib.sha256(url.encode()).hexdigest()[:16]
        super().__init__(open_release(self._have("LICENCE.txt"), complete=False))

    def dataset(self, name: str) -> Dataset:
        """See Opened: a layer from its GeoPackage, a table from its CSV."""
        if name in self.tables:
            frame, geometry, told = self._layer(name)
        else:
            frame, geometry, told = self._csv(f"{name}.csv", columns_of(name)), None, self._told(name)
        return Dataset(
            name, told["title"], columns_of(name), frame, geometry, Origin.of(self.release),
            tuple(told["legal_basis"]), tuple(told["notes"]),
        )  # fmt: skip

    def assigned(self, plan: str) -> pd.Series:
        """See Opened."""
        columns = [each for each in columns_of("assignment") if each.name != "plan_id"]
        return self._csv(f"{plan}-assignment.csv", columns).set_index("kode_unit")["kode_dapil"]

    def ground(self) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
        """See Opened."""
        return _by_code(*base_units(self))

    @property
    def tables(self) -> frozenset[str]:
        """The names of the layers."""
        return frozenset(self.release.layers)

    def records(self, table: str, columns: Sequence[str]) -> list[tuple[Any, ...]]:
        """Return some columns of a layer, row by row."""
        found = self._csv(f"{table}.csv", [each for each in columns_of(table) if each.name in columns])
        return list(found[list(columns)].itertuples(index=False, name=None))

    def whole(self, table: str) -> NDArray[np.object_]:
        """Return the polygons of a layer."""
        return self._layer(table)[1]

    def _layer(self, name: str) -> tuple[pd.DataFrame, NDArray[np.object_], dict[str, Any]]:
        """Return attributes and polygons of a layer, and what its file says of itself."""
        path = self._file(f"{name}.gpkg")
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
            frame, geometry = read_rows(connection, name)
            (told,) = connection.execute("SELECT metadata FROM gpkg_metadata ORDER BY id").fetchone()
        assert geometry is not None  # the list of the layers says so
        return frame, geometry, json.loads(told)

    def _topojson(self, dataset: Dataset, chamber: str, province: str | None, detail: str) -> bytes:
        return self._file(f"{dataset.name}-{detail}.topojson").read_bytes()

    def _csv(self, name: str, columns: Sequence[Attribute]) -> pd.DataFrame:
        """Read columns of a CSV; nothing is null."""
        kinds = {"text": str, "integer": int, "real": float}
        with self._file(name).open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        cells = {
            each: [kinds[each.kind](row[each.name]) if row[each.name] else None for row in rows]
            for each in columns
        }
        return pd.DataFrame({each.name: series(values, each.kind) for each, values in cells.items()})

    def _told(self, name: str) -> dict[str, Any]:
        """Return what the lists tell of a table, which cannot say it itself."""
        package = json.loads(self._file("datapackage.json").read_bytes())
        notes: list[str] = next(
            (each["notes"] for each in package["resources"] if each["path"] == f"{name}.csv"), []
        )
        law = [plan["dasar_hukum"] for plan in self.release.manifest["plans"] if plan.get("table") == name]
        return {"title": _listed(self.release)[f"{name}.csv"]["title"], "legal_basis": law, "notes": notes}

    def _file(self, name: str) -> Path:
        return self._have(name) / FOLDER / name

    def _have(self, name: str) -> Path:
        """Have one file more; return the directory of the release as far as it is here."""
        return have(self._remote, self._listed, self._cache, [name])


@contextmanager
def open_at(place: Path | str | None) -> Iterator[Opened]:
    """Give a directory of releases, one release, or what is at an address, to read from.

    None: the directory that ``DAPIL_RELEASES`` names, or else ``build``. Raises ReleaseError, DownloadError.
    """
    if str(place).startswith(("http://", "https://")):
        with listed_at(str(place)) as (remote, listed):
            yield Hosted(str(place), remote, listed)
    else:
        yield Opened(open_release(Path(place or os.environ.get(RELEASES) or "build").expanduser()))


def layer_of(plan: Mapping[str, Any]) -> str:
    """Return the name of a plan's layer, or of its table where it has no map."""
    return str(plan.get("layer") or plan["table"])


def _of_year(plans: Sequence[Mapping[str, Any]], year: int | None, of: str) -> list[Mapping[str, Any]]:
    years = tuple(str(known) for known in sorted({plan["tahun"] for plan in plans}))
    if not years:
        raise NotFound(f"this release has nothing of {of}")
    if year is None:
        raise QuestionError("year", f"name the year: of {of} there are {', '.join(years)}", years)
    if str(year) not in years:
        raise QuestionError("year", f"nothing of {of} in {year}; there are {', '.join(years)}", years)
    return [plan for plan in plans if plan["tahun"] == year]


def _by_code(
    codes: NDArray[np.object_], shapes: NDArray[np.object_]
) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    order = np.argsort(codes.astype(str))
    return codes[order], shapes[order]


def _listed(release: Release) -> dict[str, dict[str, Any]]:
    path = release.path / FOLDER / LIST
    return {each["name"]: each for each in json.loads(path.read_bytes())["files"]} if path.is_file() else {}


def _outlines(content: bytes, layer: str) -> dict[str, shapely.Geometry]:
    """Return the MultiPolygon of each feature of an object of a TopoJSON, by id."""
    meta, _, wkb, fields = pyogrio.raw.read(content, layer=layer)
    ids = fields[list(meta["fields"]).index("id")]
    shapes = [shapely.MultiPolygon(list(shapely.get_parts(shape))) for shape in shapely.from_wkb(wkb)]
    return dict(zip(ids, shapes, strict=True))
