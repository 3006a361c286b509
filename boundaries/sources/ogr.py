"""Reader of GeoJSON, GeoPackage, Shapefile and whatever else GDAL reads as polygons with fields."""

from pathlib import Path
from typing import Any, Final

import numpy as np
import pyogrio
import pyproj
import shapely

from boundaries.errors import SourceError
from boundaries.sources.descriptor import LevelFiles
from boundaries.sources.raw_units import Array

_CRS84: Final = pyproj.CRS("OGC:CRS84")
_ONE_LAYER: Final = (".geojson", ".json", ".shp")
_POLYGON: Final = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)


def read(path: Path, level: LevelFiles, *, crs: str = "", latlon: bool = False) -> tuple[Array, Array, Array]:
    """Read code, name and polygons (lon/lat, two dimensions) of every feature of one file.

    `crs` is used where the file does not say its own. Raises SourceError naming file, field and mend.
    """
    fields = [level.code, *([level.name] if level.name else [])]
    try:
        layer = _layer(path, level)
        meta, _, wkb, data = pyogrio.raw.read(path, layer=layer, columns=fields, force_2d=True)
        if lacking := [f for f in fields if f not in meta["fields"]]:
            there = ", ".join(pyogrio.read_info(path, layer=layer)["fields"])
            raise SourceError(f"{path}: no field {lacking[0]!r} (it has {there}); correct the descriptor")
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise SourceError(f"{path}: cannot be read ({error}); restore the file") from error
    column = dict(zip(meta["fields"], data, strict=True))
    codes = _text(path, level.code, column[level.code])
    names = _names(column[level.name]) if level.name else codes.copy()
    geometry = _polygons(path, codes, shapely.from_wkb(wkb))
    return codes, names, _to_crs84(path, geometry, meta["crs"], crs, latlon)


def read_columns(path: Path, fields: list[str]) -> tuple[dict[str, Array], Array]:
    """Read fields and geometry of every feature as they stand: for scripts that compare sources."""
    meta, _, wkb, data = pyogrio.raw.read(path, columns=fields, force_2d=True)
    geometry: Array = shapely.from_wkb(wkb)
    return dict(zip(meta["fields"], data, strict=True)), geometry


def _layer(path: Path, level: LevelFiles) -> str | None:
    """Return the layer to read, None for the only one of a format that has but one (asking would parse it all)."""
    if path.suffix.lower() in _ONE_LAYER and not level.layer:
        return None
    layers = [str(name) for name, kind in pyogrio.list_layers(path) if kind is not None]
    if level.layer and level.layer not in layers:
        raise SourceError(
            f"{path}: no layer {level.layer!r} (it has {', '.join(layers)}); correct the descriptor"
        )
    if not level.layer and len(layers) != 1:
        raise SourceError(f"{path}: has layers {', '.join(layers)}; say which with the key layer")
    return level.layer or layers[0]


def _text(path: Path, name: str, values: Array) -> Array:
    """Return the codes, which must be text: a number has lost its zeros."""
    if values.dtype != object:
        shown = values[0] if len(values) else ""
        raise SourceError(
            f"{path}: field {name!r} holds numbers ({values.dtype}, e.g. {shown}), not text: 32.10 as a "
            "number is 32.1, so codes are lost; write the field as text"
        )
    empty = [i for i, value in enumerate(values, 1) if not isinstance(value, str) or not value.strip()]
    if empty:
        raise SourceError(f"{path}: feature {empty[0]} has no {name!r}; give every feature its code")
    return np.array(values, dtype=object)


def _names(values: Array) -> Array:
    names = np.empty(len(values), dtype=object)
    names[:] = ["" if value is None else str(value) for value in values]
    return names


def _polygons(path: Path, codes: Array, geometry: Array) -> Array:
    """Check that there are only polygons; a feature without geometry comes out as None."""
    geometry = geometry.copy()
    geometry[shapely.is_empty(geometry)] = None
    wrong = ~np.isin(shapely.get_type_id(geometry), _POLYGON) & ~shapely.is_missing(geometry)
    if wrong.any():
        first = int(np.flatnonzero(wrong)[0])
        kind = geometry[first].geom_type
        raise SourceError(
            f"{path}: {codes[first]} is a {kind}, not a polygon; leave it out of the file, or mend it"
        )
    return geometry


def _to_crs84(path: Path, geometry: Array, own: Any, said: str, latlon: bool) -> Array:
    for text, whose in ((said, "the descriptor's key crs"), (own, "its CRS")):
        try:
            pyproj.CRS(text or _CRS84)
        except pyproj.exceptions.CRSError:
            raise SourceError(
                f'{path}: {whose} {text!r} is none that PROJ knows; write one such as "EPSG:4326"'
            ) from None
    if own and said and not pyproj.CRS(own).equals(pyproj.CRS(said), ignore_axis_order=True):
        raise SourceError(f"{path}: its CRS is {own}, the descriptor says {said}; remove the key crs")
    if not own and not said:
        raise SourceError(
            f'{path}: does not say its CRS; add crs = "EPSG:4326" (or what is right) to the descriptor'
        )
    crs = pyproj.CRS(own or said)
    if latlon:
        geometry = shapely.transform(geometry, lambda xy: xy[:, ::-1])
    if crs.equals(_CRS84, ignore_axis_order=True) or crs.equals(
        pyproj.CRS("EPSG:4326"), ignore_axis_order=True
    ):
        return geometry
    change = pyproj.Transformer.from_crs(crs, _CRS84, always_xy=True)
    moved: Array = shapely.transform(geometry, lambda xy: np.column_stack(change.transform(*xy.T)))
    return moved
