"""Fetched files → raw units of a level, checked against the descriptor."""

import re
from collections.abc import Collection
from typing import Final

import numpy as np

from boundaries.errors import CodeError, SourceError
from boundaries.law import codes as kode
from boundaries.law.codes import Level
from boundaries.law.tables import where
from boundaries.sources import ogr, parsed, sqldump
from boundaries.sources.descriptor import Source
from boundaries.sources.fetch import Fetched, Need, levels_for
from boundaries.sources.place import check_place
from boundaries.sources.raw_units import Array, RawUnits, objects

_UNDOTTED: Final = {"provinsi": 2, "kabkota": 4, "kecamatan": 6, "desa": 10}


def read_units(
    source: Source, fetched: Fetched, level: Level, codes: Collection[str] | None = None
) -> RawUnits:
    """Read the units of one level of a source.

    `codes`: only these units and what lies under them (Kemendagri codes; of a level split by kabkota only the
    files concerned are read). The geometry is as the source has it. Raises SourceError naming file, unit and
    mend.
    """
    kabkota = _kabkota(source, level, codes)
    paths = source.paths(level, kabkota)
    if lacking := [p for p in paths if p not in fetched.files]:
        raise SourceError(
            f"source {source.id}: {lacking[0]} was not fetched; fetch it with what the build needs"
        )
    read = _sql if source.reader == "sql-dump" else _ogr
    raw = parsed.remembered(source, fetched, level, paths, lambda: read(source, fetched, level, paths))
    if source.code_style != "own":
        raw = _kemendagri(source, raw)
    if paths:  # of a map of a part there may be no file of the kabkota asked for
        check_place(source, raw)
    if codes is None:
        _check_count(source, raw, whole=not source.levels[level].by_kabkota or kabkota is None)
    return raw if codes is None else raw.under(codes)


def read_needed(source: Source, fetched: Fetched, need: Need) -> tuple[RawUnits, ...]:
    """Read all levels that `need` asks for; desa split by kabkota only in the kecamatan of `need.split`."""
    return tuple(
        read_units(source, fetched, level, need.split if part is not None else None)
        for level, part in levels_for(source, need)
    )


def _kabkota(source: Source, level: Level, codes: Collection[str] | None) -> frozenset[str] | None:
    if codes is None or level not in source.levels or not source.levels[level].by_kabkota:
        return None
    coarse = [code for code in codes if len(code) < kode.LENGTH["kabkota"]]
    return None if coarse else frozenset(kode.ancestor(kode.parse(code), "kabkota") for code in codes)


def _sql(source: Source, fetched: Fetched, level: Level, paths: tuple[str, ...]) -> RawUnits:
    latlon = source.axis_order == "latlon"
    units: list[str] = []
    names: list[str] = []
    notes: list[str] = []
    geometry: list[Array] = []
    for path in paths:
        some = sqldump.read(fetched.files[path].file, latlon=latlon)
        units += some[0]
        names += some[1]
        geometry.append(some[2])
        notes += some[3]
    if len(set(units)) != len(units):
        twice = next(u for i, u in enumerate(units) if u in units[:i])
        raise SourceError(f"source {source.id}: {level} {twice} stands twice; restore its files")
    return RawUnits(
        level, objects(units), objects(names), np.concatenate([*geometry, objects([])]), tuple(notes)
    )


def _ogr(source: Source, fetched: Fetched, level: Level, paths: tuple[str, ...]) -> RawUnits:
    latlon = source.axis_order == "latlon"
    some = [
        ogr.read(fetched.files[path].file, source.levels[level], crs=source.crs, latlon=latlon)
        for path in paths
    ]
    codes, names, geometry = (np.concatenate(column) for column in zip(*some, strict=True))
    return RawUnits(level, codes, names, geometry)


# --- checks ----------------------------------------------------------------------------------------


def _kemendagri(source: Source, raw: RawUnits) -> RawUnits:
    """Return `raw` with its codes in the dotted form, each of the right level."""
    codes = raw.codes
    if source.code_style == "undotted":
        codes = objects([_dotted(source, code, raw.level) for code in codes])
    for code in codes:
        try:
            level = kode.level(kode.parse(code))
        except CodeError as error:
            raise SourceError(f"{where(source.descriptor)}: level {raw.level}: {error}") from None
        if level != raw.level:
            raise SourceError(
                f"{where(source.descriptor)}: {code} is a {level}, but stands at the level {raw.level}; "
                f"name its file under [levels.{level}]"
            )
    return RawUnits(raw.level, codes, raw.names, raw.geometry, raw.notes)


def _dotted(source: Source, code: str, level: Level) -> str:
    """Return an undotted Kemendagri code with its dots."""
    if not re.fullmatch(r"\d+", code) or len(code) != _UNDOTTED[level]:
        seven = "; 7 digits are a code of BPS: give a bridge" if len(code) == 7 else ""
        raise SourceError(
            f"{where(source.descriptor)}: code {code!r} is not a {level} of Kemendagri without dots "
            f"({_UNDOTTED[level]} digits){seven}"
        )
    return ".".join(part for part in (code[:2], code[2:4], code[4:6], code[6:]) if part)


def _check_count(source: Source, raw: RawUnits, *, whole: bool) -> None:
    expected = source.levels[raw.level].count
    if expected and whole and len(raw) != expected:
        raise SourceError(
            f"source {source.id}: {len(raw):,} {raw.level} read, {expected:,} expected; "
            f"restore its files, or correct levels.{raw.level}.count"
        )
