"""Reader of maps that GDAL knows (`boundaries.sources.own_formats`) as polygons with fields: all of it, or an error."""

import json
import logging
import re
import warnings
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyogrio
import pyproj
import shapely

from boundaries.errors import SourceError
from boundaries.sources import geojson_rows, own_formats
from boundaries.sources.descriptor import LevelFiles
from boundaries.sources.raw_units import Array, objects

log = logging.getLogger(__name__)

_CRS84: Final = pyproj.CRS("OGC:CRS84")
_ONE_LAYER: Final = (*own_formats.JSON, ".shp")
_POLYGON: Final = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)
_UNDEFINED: Final = re.compile(r"undefined (cartesian|geographic) srs", re.IGNORECASE)
_FAULTS: Final = (
    pyogrio.errors.DataSourceError,
    pyogrio.errors.DataLayerError,
    pyogrio.errors.FeatureError,
    pyogrio.errors.FieldError,
    pyogrio.errors.GeometryError,
    pyogrio.errors.CRSError,
    OSError,
    TypeError,  # this and the next are what pyogrio raises for a file without any layer
    IndexError,
    UnboundLocalError,  # and this for a CRS that cannot be read
    ValueError,
    OverflowError,
)


def read(
    path: Path, level: LevelFiles, *, crs: str = "", latlon: bool = False, numbered: bool = False
) -> tuple[Array, Array, Array]:
    """Read code, name and polygons (lon/lat, two dimensions) of every feature of one file.

    A feature whose polygon the file does not give comes out as None. `crs` is used where the file does not say its
    own; `numbered`: what stands for the code may be a whole number, which comes out as digits. Raises SourceError
    naming file, field or feature, and mend.
    """
    fields = [level.code, *([level.name] if level.name else [])]
    with own_formats.opened(path) as file:
        meta, wkb, data = _rows(path, file, level, fields)
        if lacking := [f for f in fields if f not in meta["fields"]]:
            layer = _layer(path, file, level)
            there = ", ".join(pyogrio.read_info(own_formats.named(file), layer=layer)["fields"])
            raise SourceError(f"{path}: no field {lacking[0]!r} (it has {there}); correct the descriptor")
        if file.suffix.lower() in own_formats.JSON:
            geojson_rows.check(file, str(path), len(wkb))
        own = _own_crs(path, file, meta["crs"])
    column = dict(zip(meta["fields"], data, strict=True))
    values = column[level.code]
    codes = _text(path, level.code, _digits(values) if numbered else values)
    names = _names(column[level.name]) if level.name else codes.copy()
    geometry = _polygons(path, codes, _shapes(path, codes, wkb))
    return codes, names, _to_crs84(path, codes, geometry, own, crs, latlon)


def read_columns(path: Path, fields: list[str]) -> tuple[dict[str, Array], Array]:
    """Read fields and geometry of every feature as they stand: for scripts that compare sources."""
    meta, _, wkb, data = pyogrio.raw.read(path, columns=fields, force_2d=True)
    geometry: Array = shapely.from_wkb(wkb)
    return dict(zip(meta["fields"], data, strict=True)), geometry


def _rows(
    path: Path, file: Path, level: LevelFiles, fields: list[str]
) -> tuple[dict[str, Any], Array, list[Array]]:
    """Read the rows of the one layer; what GDAL warns of goes to the log in one line each."""
    try:
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            layer = _layer(path, file, level)
            meta, _, wkb, data = pyogrio.raw.read(
                own_formats.named(file), layer=layer, columns=fields, force_2d=True
            )
    except UnicodeDecodeError:
        raise SourceError(f"{path}: {_encoding(file)}") from None
    except _FAULTS as error:
        raise SourceError(f"{path}: cannot be read ({_line(error)}); restore the file") from error
    for text in dict.fromkeys(_line(warning.message) for warning in heard):
        log.warning("%s: %s", path, text)
    if wkb is None or (not len(wkb) and not data):
        raise SourceError(f"{path}: holds no polygons, only a table; give the file with the polygons")
    return meta, wkb, data


def _line(error: object) -> str:
    return " ".join(str(error).split())[:300]


def _encoding(file: Path) -> str:
    if file.suffix.lower() == ".shp":
        return (
            f"the text of its .dbf is not in the encoding that {file.stem}.cpg says (or UTF-8); write the right one "
            "into the .cpg, such as ISO-8859-1 or 1252"
        )
    return "holds text that is not UTF-8; save the file as UTF-8"


def _layer(path: Path, file: Path, level: LevelFiles) -> str | None:
    """Return the layer to read, None for the only one of a format that has but one (asking would parse it all)."""
    if file.suffix.lower() in _ONE_LAYER and not level.layer:
        return None
    layers = [str(name) for name, kind in pyogrio.list_layers(own_formats.named(file)) if kind is not None]
    if level.layer and level.layer not in layers:
        raise SourceError(
            f"{path}: no layer {level.layer!r} (it has {', '.join(layers) or 'none'}); correct the descriptor"
        )
    if not layers:
        raise SourceError(f"{path}: has no layer of polygons; restore the file")
    if not level.layer and len(layers) != 1:
        raise SourceError(f"{path}: has layers {', '.join(layers)}; say which with the key layer")
    return level.layer or layers[0]


def _digits(values: Array) -> Array:
    """Whole numbers as digits, None for what lacks; anything else as it is."""
    if values.dtype.kind not in "iuf" or not (np.isnan(values) | (values == np.floor(values))).all():
        return values
    return objects([None if np.isnan(value) else f"{value:.0f}" for value in values])


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
    return objects(["" if value is None or value != value else str(value) for value in values])


# --- polygons --------------------------------------------------------------------------------------


def _shapes(path: Path, codes: Array, wkb: Array) -> Array:
    """Return the geometry of every feature, None where the file has none that can be read."""
    with np.errstate(invalid="ignore"):  # NaN as a corner is told of by its unit
        geometry: Array = shapely.from_wkb(wkb, on_invalid="ignore")
    broken = shapely.is_missing(geometry) & np.array([each is not None for each in wkb], dtype=bool)
    if broken.any():
        code = codes[np.flatnonzero(broken)[0]]
        raise SourceError(
            f"{path}: a ring of {code} does not close, or has under 4 corners; mend it in the file"
        )
    return geometry


def _polygons(path: Path, codes: Array, geometry: Array) -> Array:
    """Check that there are only polygons of finite corners; a feature without geometry comes out as None."""
    geometry = _without_empty_rings(geometry)
    geometry[shapely.is_empty(geometry)] = None
    wrong = ~np.isin(shapely.get_type_id(geometry), _POLYGON) & ~shapely.is_missing(geometry)
    if wrong.any():
        first = int(np.flatnonzero(wrong)[0])
        kind = geometry[first].geom_type
        raise SourceError(
            f"{path}: {codes[first]} is a {kind}, not a polygon; leave it out of the file, or mend it"
        )
    _check_finite(
        path, codes, geometry, "has a corner that is no number (NaN or infinite); mend it in the file"
    )
    return geometry


def _without_empty_rings(geometry: Array) -> Array:
    """Return a copy without rings of no corner, which enclose nothing and which no measure of area expects."""
    geometry = geometry.copy()
    rings, owner = shapely.get_rings(geometry, return_index=True)
    for at in np.unique(owner[shapely.is_empty(rings)]):
        parts = [
            shapely.Polygon(part.exterior, [ring for ring in part.interiors if not ring.is_empty])
            for part in shapely.get_parts(geometry[at])
            if not part.is_empty
        ]
        geometry[at] = shapely.multipolygons(parts) if parts else None
    return geometry


def _check_finite(path: Path, codes: Array, geometry: Array, what: str) -> None:
    corners, owner = shapely.get_coordinates(geometry, return_index=True)
    strange = np.flatnonzero(~np.isfinite(corners).all(axis=1))
    if len(strange):
        raise SourceError(f"{path}: {codes[owner[strange[0]]]} {what}")


# --- CRS -------------------------------------------------------------------------------------------


def _own_crs(path: Path, file: Path, told: Any) -> str:
    """Return the CRS that a file says, empty for none: "undefined" of a GeoPackage is none.

    GDAL takes a GeoJSON whose member crs it does not know for WGS 84.
    """
    if not told or _UNDEFINED.search(str(told)):
        return ""
    if file.suffix.lower() in own_formats.JSON and str(told) == "EPSG:4326":
        with file.open("rb") as opened:
            head = opened.read(1 << 16).decode("utf-8", "replace")
        if found := re.search(r'"crs"\s*:\s*\{[^{}]*\{[^{}]*"name"\s*:\s*("(?:[^"\\]|\\.)*")', head):
            name = json.loads(found[1])
            if not re.search(r"(CRS84|4326)\W*$", name, re.IGNORECASE):
                raise SourceError(f"{path}: its crs {name!r} is none that GDAL knows; correct it in the file")
    return str(told)


def _parsed(path: Path, text: str, whose: str) -> pyproj.CRS:
    try:
        crs = pyproj.CRS(text or _CRS84)
    except pyproj.exceptions.CRSError:
        raise SourceError(
            f'{path}: {whose} {text!r} is none that PROJ knows; write one such as "EPSG:4326"'
        ) from None
    if not (crs.is_geographic or crs.is_projected):
        raise SourceError(
            f"{path}: {whose} ({crs.name}, a {crs.type_name}) does not say where on the earth it is; "
            'give one such as "EPSG:32748"'
        )
    return crs


def _to_crs84(path: Path, codes: Array, geometry: Array, own: str, said: str, latlon: bool) -> Array:
    wanted, found = _parsed(path, said, "the descriptor's key crs"), _parsed(path, own, "its CRS")
    if own and said and not found.equals(wanted, ignore_axis_order=True):
        raise SourceError(f"{path}: its CRS is {own}, the descriptor says {said}; remove the key crs")
    if not own and not said:
        raise SourceError(
            f'{path}: does not say its CRS; add crs = "EPSG:4326" (or what is right) to the descriptor'
        )
    crs = found if own else wanted
    if latlon:
        geometry = shapely.transform(geometry, lambda xy: xy[:, ::-1])
    if crs.equals(_CRS84, ignore_axis_order=True) or crs.equals(
        pyproj.CRS("EPSG:4326"), ignore_axis_order=True
    ):
        return geometry
    try:
        change = pyproj.Transformer.from_crs(crs, _CRS84, always_xy=True)
        moved: Array = shapely.transform(geometry, lambda xy: np.column_stack(change.transform(*xy.T)))
    except pyproj.exceptions.ProjError as error:
        raise SourceError(
            f"{path}: its CRS {crs.name} has no way to lon/lat ({_line(error)}); give another"
        ) from None
    _check_finite(
        path, codes, moved, f"has a corner that {crs.name} cannot place; check the key crs, or mend it"
    )
    return moved
