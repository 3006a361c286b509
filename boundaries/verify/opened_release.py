"""What the rules read: a release's tables and layers, each once; and what they answer with."""

import json
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from boundaries.law.codes import LENGTH, LEVELS, finest
from boundaries.law.nesting import under
from boundaries.release.store import Release


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
        self._layers: dict[str, tuple[pd.DataFrame, NDArray[np.object_]]] = {}
        self._tables: dict[str, pd.DataFrame] = {}

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
        if name in self.layers:
            return self._layer(name)[0]
        if name not in self._tables:
            self._tables[name] = self.release.read_table(name)
        return self._tables[name]

    def geometry(self, name: str) -> NDArray[np.object_]:
        """Return the geometries of a layer."""
        return self._layer(name)[1]

    @cached_property
    def ground(self) -> Ground:
        """The finest units that the release has: those under which there is no other."""
        codes = [code for name in self.unit_layers for code in self.frame(name)["kode"]]
        shapes = [shape for name in self.unit_layers for shape in self.geometry(name)]
        above = {code[: LENGTH[level]] for code in codes for level in LEVELS if LENGTH[level] < len(code)}
        kept = sorted((code, at) for at, code in enumerate(codes) if code not in above)
        geometry = np.empty(len(kept), dtype=object)
        geometry[:] = [shapes[at] for _, at in kept]
        return Ground(np.array([code for code, _ in kept], dtype=object), geometry)

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
        return codes | {
            code[: LENGTH[level]] for code in codes for level in LEVELS if LENGTH[level] < len(code)
        }

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
            for name in ("wilayah_dikecualikan", "ragu", "selisih", "sumber"):
                row[name] = json.loads(row[name] or "[]")
        return {str(row["plan_id"]): {str(key): value for key, value in row.items()} for row in rows}

    @cached_property
    def omitted(self) -> dict[str, set[str]]:
        """Plan id → ids of the dapil that the manifest says were left out for want of ground."""
        return {plan["id"]: set(plan.get("omitted", ())) for plan in self.release.manifest["plans"]}

    def _layer(self, name: str) -> tuple[pd.DataFrame, NDArray[np.object_]]:
        if name not in self._layers:
            self._layers[name] = self.release.read_layer(name)
        return self._layers[name]


#: What reading a damaged release may raise; a rule that meets one of these could not be checked.
DAMAGE = (sqlite3.Error, OSError, ValueError, KeyError, IndexError, TypeError, AttributeError)
