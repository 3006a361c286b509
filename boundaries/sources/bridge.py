"""From a source's own ids to Kemendagri codes, and which units a source is known to lack.

A bridge is a CSV file ``id,kode,cara``. An `id` that ends with ``*`` stands for every id that begins so; the
longest that fits counts, an exact one first. `kode` is ``-`` for what is no unit's ground (a lake). `cara`
says on what evidence (docs/sources.md lists the words).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import pandas as pd

from boundaries.errors import CodeError, SourceError, TableError
from boundaries.law import codes as kode
from boundaries.law.codes import Level
from boundaries.law.tables import read_table, where
from boundaries.sources.descriptor import Source
from boundaries.sources.raw_units import RawUnits, objects

NOT_GROUND: Final = "-"


@dataclass(frozen=True)
class Bridge:
    """The rules of one bridge."""

    exact: Mapping[str, tuple[str, str]]
    prefix: Mapping[str, tuple[str, str]]

    def of(self, unit: str) -> tuple[str, str] | None:
        """Return (kode, cara) of a source's id, None if no rule fits."""
        if unit in self.exact:
            return self.exact[unit]
        for length in self._lengths:
            if unit[:length] in self.prefix:
                return self.prefix[unit[:length]]
        return None

    def table(self, units: Iterable[str]) -> pd.DataFrame:
        """Return columns id, kode, cara, a row an id. Raises SourceError for an id without a rule."""
        rows = [(unit, self.of(unit)) for unit in units]
        if lacking := [unit for unit, rule in rows if rule is None]:
            raise SourceError(f"the bridge has no row for {lacking[0]} ({len(lacking)} in all); add it")
        return pd.DataFrame(
            [(u, *rule) for u, rule in rows if rule], columns=["id", "kode", "cara"], dtype=object
        )

    @cached_property
    def _lengths(self) -> list[int]:
        return sorted({len(p) for p in self.prefix}, reverse=True)


def read_bridge(source: Source) -> Bridge:
    """Read the bridge of a source. Raises SourceError naming file, line and mend."""
    if not source.bridge:
        raise SourceError(f"source {source.id} has no bridge: its codes are Kemendagri's")
    path = source.beside(source.bridge)
    frame = _table(source, source.bridge, ["id", "kode"], optional=["cara"])
    exact: dict[str, tuple[str, str]] = {}
    prefix: dict[str, tuple[str, str]] = {}
    for line, unit, code, how in frame.itertuples():
        try:
            if code != NOT_GROUND:
                kode.parse(code)
        except CodeError as error:
            raise SourceError(f"{where(path, line)}: {error}") from None
        rules, key = (prefix, unit[:-1]) if unit.endswith("*") else (exact, unit)
        if key in rules:
            raise SourceError(f"{where(path, line)}: id {unit} stands twice; remove one")
        rules[key] = (code, how)
    return Bridge(exact, prefix)


def apply_bridge(raw: RawUnits, bridge: Bridge) -> tuple[RawUnits, ...]:
    """Return the units with Kemendagri codes, one RawUnits a level; a code recurs, lakes are left out."""
    code = objects(bridge.table(raw.codes)["kode"].tolist())
    level_of = objects(["" if c == NOT_GROUND else kode.level(c) for c in code])
    lakes = int((level_of == "").sum())
    notes = (*raw.notes, *([f"{lakes} polygons are no unit's ground (lakes)"] if lakes else []))
    levels: tuple[Level, ...] = kode.LEVELS
    return tuple(
        RawUnits(level, code[at], raw.names[at], raw.geometry[at], notes)
        for level in levels
        if (at := level_of == level).any()
    )


def read_missing(source: Source) -> dict[str, str]:
    """Return the units that the source is known to lack: code → reason."""
    if not source.missing:
        return {}
    frame = _table(source, source.missing, ["kode", "alasan"])
    return dict(zip(frame["kode"], frame["alasan"], strict=True))


def read_accuracy(source: Source, *, coarse: bool = False) -> pd.DataFrame:
    """Return how far lines are from those of an independent map: a row a kabkota, ``kode`` and numbers as text.

    `coarse`: of the outlines of kecamatan. What these are off the lines of the desa is added: both may err one way.
    """
    columns = ["kode", "batas_km", "beda_tengah_m", "beda_90_m"]
    if not source.accuracy:
        return pd.DataFrame(columns=columns, dtype=str)
    table = _table(source, source.accuracy, columns)
    if not (coarse and source.coarse_accuracy):
        return table
    more = _table(source, source.coarse_accuracy, columns).set_index("kode").reindex(table["kode"])
    for name in columns[2:]:
        sums = pd.to_numeric(table[name]) + pd.to_numeric(more[name]).to_numpy()
        table[name] = sums.map(lambda metres: "" if pd.isna(metres) else str(round(metres)))
    return table


def _table(source: Source, name: str, columns: list[str], optional: Iterable[str] = ()) -> pd.DataFrame:
    try:
        frame = read_table(source.beside(name), columns, optional=list(optional))
    except TableError as error:
        raise SourceError(str(error)) from None
    seen: set[str] = set()
    for line, value in zip(frame.index, frame[columns[0]].tolist(), strict=True):
        if value in seen:
            raise SourceError(
                f"{where(source.beside(name), line)}: {columns[0]} {value} stands twice; remove one"
            )
        seen.add(value)
    return frame
