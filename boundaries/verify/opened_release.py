"""What the rules read: a release's tables and layers, each once; and what they answer with."""

import json
import sqlite3
import zlib
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from boundaries.ground.seams import Seams
from boundaries.law.codes import ABROAD, LENGTH, LEVELS, finest
from boundaries.law.columns import PLAN
from boundaries.law.nesting import under
from boundaries.release.store import FULL, Release

#: Vertices of the layers that are remembered, the latest: 1 GB. A national release has 36 million in full detail.
_KEPT = 40_000_000


@dataclass(frozen=True)
class Finding:
    """One thing that is not as the release promises. `feature` is an id or code, empty for the whole."""

    check: str
    layer: str
    feature: str
    what: str
    expected: str = ""
    found: str = ""


@dataclass
class Outcome:
    """What one rule looked at (in numbers, for a person) and what it found."""

    looked_at: str
    findings: list[Finding] = field(default_factory=list)


#: A rule: reads the contents, returns its outcome.
Rule = Callable[["Contents"], Outcome]


@dataclass(frozen=True)
class Ground:
    """The base units of a release: `codes` (n,) text, sorted; `geometry` (n,) MultiPolygon."""

    codes: NDArray[np.object_]
    geometry: NDArray[np.object_]

    @cached_property
    def position(self) -> pd.Series:
        """Code → its place in the arrays."""
        return pd.Series(np.arange(len(self.codes)), index=self.codes)


class Contents:
    """A release's tables, read when a rule first asks for them."""

    def __init__(self, release: Release) -> None:
        self.release = release
        self._tables: dict[str, pd.DataFrame] = {}
        self._shapes: dict[tuple[str, str], NDArray[np.object_]] = {}
        self._vertices: dict[tuple[str, str], int] = {}
        self._differing: dict[str, NDArray[np.int64]] = {}

    def query(self, sql: str, values: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of one SQL query on the GeoPackage."""
        with closing(self.release.connect()) as connection:
            return connection.execute(sql, tuple(values)).fetchall()

    @cached_property
    def names(self) -> dict[str, str]:
        """Name → ``features`` or ``attributes``, of every table in ``gpkg_contents``."""
        return dict(self.query("SELECT table_name, data_type FROM gpkg_contents ORDER BY rowid"))

    @cached_property
    def layers(self) -> list[str]:
        """Names of all layers with geometry, as the file has them."""
        return [name for name, kind in self.names.items() if kind == "features"]

    @cached_property
    def plan_layers(self) -> list[str]:
        """Names of the layers of plans."""
        return [name for name in self.layers if not name.startswith("unit-")]

    @cached_property
    def unit_layers(self) -> list[str]:
        """Names of the layers of units, from provinsi down."""
        return [f"unit-{level}" for level in LEVELS if f"unit-{level}" in self.layers]

    def frame(self, name: str) -> pd.DataFrame:
        """Return the attributes of a layer or table."""
        if name not in self._tables:
            self._tables[name] = self.release.read_table(name)
        return self._tables[name]

    def geometry(self, name: str, detail: str = FULL) -> NDArray[np.object_]:
        """Return the geometries of a layer in a detail; they are remembered while there is room (`_KEPT`)."""
        key = (name, detail)
        if key not in self._shapes:
            shapes = self.release.read_shapes(name, detail)
            self._vertices[key] = int(shapely.get_num_coordinates(shapes).sum())
            while self._shapes and sum(self._vertices[each] for each in (key, *self._shapes)) > _KEPT:
                del self._shapes[next(iter(self._shapes))]
            self._shapes[key] = shapes
        return self._shapes[key]

    @cached_property
    def ground(self) -> Ground:
        """The finest units that the release has: those under which there is no other."""
        return Ground(np.array(list(self._places), dtype=object), self.base_geometry(FULL))

    def base_geometry(self, detail: str) -> NDArray[np.object_]:
        """Return the geometry of the base units in a detail, in the order of `ground`."""
        if detail == FULL and "ground" in self.__dict__:
            return self.ground.geometry
        found = np.empty(len(self._places), dtype=object)
        for name in self.unit_layers:
            shapes = self.geometry(name, detail)
            for at, (layer, row) in enumerate(self._places.values()):
                if layer == name:
                    found[at] = shapes[row]
        return found

    @cached_property
    def _places(self) -> dict[str, tuple[str, int]]:
        """Code of each base unit, sorted → its layer and row."""
        at = {
            code: (name, row)
            for name in self.unit_layers
            for row, code in enumerate(self.frame(name)["kode"])
        }
        above = {code[: LENGTH[level]] for code in at for level in LEVELS if LENGTH[level] < len(code)}
        return {code: at[code] for code in sorted(at.keys() - above)}

    @cached_property
    def owners(self) -> dict[str, NDArray[np.int64]]:
        """Layer → for every base unit with a polygon the row of the feature that holds it, or -1."""
        codes = self.ground.codes
        found = {}
        for name in self.unit_layers:
            row = {code: at for at, code in enumerate(self.frame(name)["kode"])}
            length = max(map(len, row))
            found[name] = np.array(
                [row.get(code[:length], -1) if len(code) >= length else -1 for code in codes]
            )
        rows = self.frame("assignment")
        for name in self.plan_layers:
            own = self.spread(rows[rows["plan_id"] == name])
            of = dict(zip(own["kode_unit"], own["kode_dapil"], strict=True))
            row = {code: at for at, code in enumerate(self.frame(name)["kode_dapil"])}
            found[name] = np.array([row.get(of.get(code, ""), -1) for code in codes])
        return found

    def differing(self, name: str) -> NDArray[np.int64]:
        """Return the rows of a layer whose polygon, in full detail, is not the union of its base units, edge for edge.

        Where there is none, and the base units are a coverage, so is the layer.
        """
        if name not in self._differing:
            self._differing[name] = self._seams.differing(self.owners[name], self.geometry(name))
        return self._differing[name]

    @cached_property
    def _seams(self) -> Seams:
        return Seams(self.ground.geometry)

    @cached_property
    def base(self) -> NDArray[np.str_]:
        """Codes of all base units, with a polygon or without, sorted."""
        return np.array(finest({*self.ground.codes, *self.missing}), dtype=str)

    def spread(self, rows: pd.DataFrame) -> pd.DataFrame:
        """A row for every base unit that the units of `rows` hold; ``row``: the index of the row it comes from."""
        row, at = under(rows["kode_unit"].to_numpy(dtype=str), self.base)
        return rows.iloc[row].assign(kode_unit=self.base[at].astype(object), row=rows.index[row])

    @cached_property
    def known(self) -> set[str]:
        """Codes that may be named: units with a polygon, those above them, and those known to have none."""
        codes = {code for name in self.unit_layers for code in self.frame(name)["kode"]} | set(self.missing)
        above = {code[: LENGTH[level]] for code in codes for level in LEVELS if LENGTH[level] < len(code)}
        return codes | above | {ABROAD[0]}

    @cached_property
    def missing(self) -> set[str]:
        """Base units without a polygon on this source, as the ledger names them."""
        return {row["kode"] for row in self.release.quality.get("missing", [])}

    @cached_property
    def plans(self) -> dict[str, dict[str, Any]]:
        """Plan id → its row of the table ``plans``, the JSON columns read."""
        frame = self.frame("plans")
        rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
        for row in rows:
            for name in _LISTS:
                row[name] = json.loads(row[name] or "[]")
        return {str(row["plan_id"]): {str(key): value for key, value in row.items()} for row in rows}

    @cached_property
    def omitted(self) -> dict[str, set[str]]:
        """Plan id → ids of the dapil that the manifest says were left out for want of ground."""
        return {plan["id"]: set(plan.get("omitted", ())) for plan in self.release.manifest["plans"]}


#: Columns of the table ``plans`` that are JSON.
_LISTS = ("wilayah_dikecualikan", "ragu", "ragu_en", "catatan", "catatan_en", "selisih", "sumber")


def tables_of(contents: Contents, plan_id: str) -> list[str]:
    """Return the names of what a plan stands in: its layer or its table, of a plan known in part both."""
    facts = contents.plans[plan_id]
    layer, table = [plan_id] if facts["komposisi"] else [], [f"tabel-{plan_id}"]
    return layer + (table if facts["sebagian"] or not layer else [])


def dapil_tables(contents: Contents, plan_id: str) -> dict[str, pd.DataFrame]:
    """Return the rows of a plan by the layer or table that they stand in.

    A plan of which all dapil that have ground were left out has no layer: then it has no row.
    """
    found = {}
    for name in tables_of(contents, plan_id):
        if name == plan_id and name not in contents.names and contents.omitted.get(plan_id):
            rows = pd.DataFrame({each.name: pd.Series(dtype=object) for each in PLAN})
            found[name] = rows.astype({"kursi": "int64"})
        else:
            found[name] = contents.frame(name)
    return found


#: What reading a damaged release may raise; a rule that meets one of these could not be checked.
DAMAGE = (sqlite3.Error, zlib.error, OSError, ValueError, KeyError, IndexError, TypeError, AttributeError)
