"""A plan that somebody drew: polygons of dapil, laid over the units of a release.

Dapil are made of whole units, so each unit goes to the dapil that covers most of it (areas in degrees within one unit:
its shares are those on the ground to some 0.1 %). What was not drawn along the units' lines is told, unit by unit.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyogrio
import shapely
from numpy.typing import NDArray

from boundaries.errors import PlanError, SourceError
from boundaries.law.tables import refuse, refuse_large, where
from boundaries.research.findings import comma
from boundaries.research.zoning import Units
from boundaries.sources import ogr, own_formats
from boundaries.sources.descriptor import LevelFiles

Array = NDArray[Any]

#: A map with more bytes, all its parts together, or more features is not read.
MOST_BYTES: Final = 128 << 20
MOST_FEATURES: Final = 100_000
#: A unit is told where its dapil covers less of it, and counts as drawn at all where all dapil cover at least half.
WHOLE: Final = 0.99
DRAWN: Final = 0.5
#: Formats of several files.
_OF_PARTS: Final = (".shp", ".tab", ".mif")
#: Less of a unit than this is the breadth of a line.
_LINE: Final = 0.01
#: Dapil that cover more of a unit together than it has, by this share, lie on each other.
_TWICE: Final = 1.05


@dataclass(frozen=True)
class Assigned:
    """A unit and the dapil that holds it: the feature's number, its dapil and seats as written."""

    feature: int
    unit: str
    dapil: str
    seats: str


def is_drawn(path: Path) -> bool:
    """Whether a file holds polygons, by its name, and for JSON by what stands in it."""
    if path.suffix.lower() == ".json":
        try:
            with path.open("rb") as file:
                return b"FeatureCollection" in file.read(4096)
        except OSError:
            return False
    return path.is_dir() or path.suffix.lower() in own_formats.KINDS


def assigned(
    path: Path,
    layer: str,
    ground: Callable[[], Units],
    dapil: tuple[str, ...],
    seats: tuple[str, ...],
    notes: list[tuple[str, str]],
) -> list[Assigned]:
    """Assign units to the polygons of a file.

    Parameters
    ----------
    layer
        Which of several to read; "" for the only one.
    ground
        Gives all units that may be meant, in degrees; asked once the map is read.
    dapil, seats
        Names of fields that may say the dapil, and its seats; compared without case, blanks, underscores and hyphens.
    notes
        Gets what was not drawn along the lines of units (Indonesian, English).

    Raises
    ------
    PlanError
        Not a map that can be read, no such field, dapil that lie on each other, or one that gets no unit.
    """
    for part in _parts(path):
        refuse_large(part, PlanError, MOST_BYTES)
    try:
        with own_formats.opened(path) as file:
            layer = _chosen(path, file, layer)
            told = pyogrio.read_info(own_formats.named(file), layer=layer or None, force_feature_count=True)
            fields = list(told["fields"])
        if told["features"] > MOST_FEATURES:
            raise PlanError(
                f"{where(path)}: {told['features']:,} features, and no more than {MOST_FEATURES:,} are read; give "
                "a polygon a dapil"
            )
        field, seated = (_field(fields, names) for names in (dapil, seats))
        if field is None:
            raise PlanError(
                f"{where(path)}: no field dapil (it has {', '.join(fields) or 'none'}); name it so"
            )
        if not told["crs"] or "undefined" in str(told["crs"]).lower():
            raise PlanError(
                f"{where(path)}: does not say its CRS; save it as GeoPackage with one (a Shapefile has it in its .prj)"
            )
        names, seat, shapes = ogr.read(
            path, LevelFiles((path.name,), field, seated or "", layer), numbered=True
        )
    except SourceError as error:
        raise PlanError(str(error)) from None
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise PlanError(f"{where(path)}: no map that can be read ({error}); save it as GeoPackage") from None
    lacking = [n for n, shape in enumerate(shapes, 1) if shape is None or shape.is_empty]
    refuse((f"{where(path)}: feature {n} has no polygon; draw it or remove it" for n in lacking), PlanError)
    notes += _crossed(shapes)
    shapes, units = shapely.make_valid(shapes), ground()
    unit, feature, share = _shares(shapes, units)
    refuse(_twice(path, units, unit, feature, share, names), PlanError)
    rows = [
        Assigned(int(feature[n]) + 1, str(units.codes[unit[n]]), str(names[feature[n]]),
                 str(seat[feature[n]]) if seated else "")
        for n in _largest(unit, feature, share, names)
    ]  # fmt: skip
    if not rows:
        raise PlanError(f"{where(path)}: no unit lies in its polygons; check their coordinates and CRS")
    held = {row.dapil for row in rows}
    refuse((
        f"{where(path)}: dapil {name} (feature {n}) has the largest part of no unit; draw whole units, or remove it"
        for n, name in enumerate(map(str, names), 1) if name not in held
    ), PlanError)  # fmt: skip
    notes += _told(units, unit, share)
    return rows


def _chosen(path: Path, file: Path, layer: str) -> str:
    """The layer that is named, else the only one with polygons; "" for that of a format that has but one."""
    if file.suffix.lower() in (*own_formats.JSON, ".shp") and not layer:
        return ""
    layers = [str(name) for name, kind in pyogrio.list_layers(own_formats.named(file)) if kind is not None]
    if layer and layer not in layers:
        raise PlanError(f"{where(path)}: no layer {layer!r}; there are {', '.join(layers) or 'none'}")
    if not layer and len(layers) > 1:
        raise PlanError(
            f"{where(path)}: {len(layers)} layers ({', '.join(layers)}); name one: '{where(path)}#{layers[0]}'"
        )
    return layer or next(iter(layers), "")


def _parts(path: Path) -> list[Path]:
    """The files that a map is made of: those in a folder, else those of its name beside it."""
    beside = (
        path.rglob("*")
        if path.is_dir()
        else path.parent.glob("*")
        if path.suffix.lower() in _OF_PARTS
        else ()
    )
    return [path, *(each for each in beside if each.is_file() and (path.is_dir() or each.stem == path.stem))]


def _field(fields: list[str], names: tuple[str, ...]) -> str | None:
    bare = {re.sub(r"[\s_-]", "", field).lower(): field for field in reversed(fields)}
    return next((bare[name] for name in names if name in bare), None)


def _shares(shapes: Array, units: Units) -> tuple[Array, Array, Array]:
    """The pairs of unit and feature that share ground, and which share (0 to 1) of the unit it is."""
    feature, unit = shapely.STRtree(units.geometry).query(shapes, predicate="intersects")
    common = shapely.area(shapely.intersection(units.geometry[unit], shapes[feature]))
    share = common / shapely.area(units.geometry[unit])
    kept = share > 0
    return unit[kept], feature[kept], share[kept]


def _sums(unit: Array, share: Array) -> tuple[Array, Array]:
    """How much of each unit that is met is covered: (u,) units, (u,) sums."""
    met, number = np.unique(unit, return_inverse=True)
    return met, np.bincount(number, share)


def _largest(unit: Array, feature: Array, share: Array, names: Array) -> Iterator[int]:
    """Of each unit that is drawn the pair with the largest part; parts of one dapil count together."""
    met, covered = _sums(unit, share)
    drawn = set(met[covered >= DRAWN].tolist())
    of: dict[int, dict[str, float]] = {}
    best: dict[tuple[int, str], int] = {}
    for n in range(len(unit)):
        one, name = int(unit[n]), str(names[feature[n]])
        of.setdefault(one, {}).setdefault(name, 0.0)
        of[one][name] += float(share[n])
        held = best.setdefault((one, name), n)
        if share[n] > share[held]:
            best[one, name] = n
    for one in sorted(drawn):
        name = max(sorted(of[one]), key=of[one].__getitem__)
        yield best[one, name]


def _twice(
    path: Path, units: Units, unit: Array, feature: Array, share: Array, names: Array
) -> Iterator[str]:
    met, covered = _sums(unit, share)
    for one in met[covered > _TWICE]:
        dapil = sorted({str(names[each]) for each in feature[unit == one]})
        yield (
            f"{where(path)}: dapil {' and '.join(dapil)} lie on each other in {units.codes[one]}; draw each point once"
        )


def _crossed(shapes: Array) -> Iterator[tuple[str, str]]:
    """What is said of an outline that crosses itself: what it encloses an odd number of times is its ground (GEOS)."""
    for n in np.flatnonzero(~shapely.is_valid(shapes)) + 1:
        yield (f"fitur {n}: garis luarnya memotong diri; dibaca sebagai bidang yang dikelilinginya ganjil kali",
               f"feature {n}: its outline crosses itself; what it encloses an odd number of times counts")  # fmt: skip


def _told(units: Units, unit: Array, share: Array) -> Iterator[tuple[str, str]]:
    """What is under 99 % in its dapil, and what was left out though a part of it is drawn."""
    names = units.table["nama"].to_numpy(dtype=object)
    for one in np.unique(unit):
        parts = share[unit == one]
        if parts.sum() < _LINE or parts.max() >= WHOLE:
            continue
        called = f"{units.codes[one]} {names[one]}"
        if parts.sum() >= DRAWN:
            yield (f"{called}: {comma(f'{parts.max():.1%}')} di dapilnya; seluruhnya dihitung di sana",
                   f"{called}: {parts.max():.1%} lies in its dapil; counted there whole")  # fmt: skip
        else:
            yield (f"{called}: hanya {comma(f'{parts.sum():.1%}')} digambar; tidak dihitung",
                   f"{called}: only {parts.sum():.1%} is drawn; left out")  # fmt: skip
