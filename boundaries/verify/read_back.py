"""Files of layers read back, format by format, each to rows: what is then held against the GeoPackage.

Nothing here knows how a file is written: the formats are read by GDAL, Arrow, SQLite and the standard library.
"""

import csv
import json
import sqlite3
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pyogrio
import shapely
from numpy.typing import NDArray

from boundaries.extras import needed
from boundaries.law.columns import KEY, columns_of
from boundaries.release.geopackage import read_rows
from boundaries.verify.package_rules import column_faults, layer_faults, sound

Array = NDArray[Any]

_STYLES: Final = (
    "SELECT f_table_name, f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description "
    "FROM layer_styles ORDER BY id"
)
_KML: Final = "{http://www.opengis.net/kml/2.2}"


@dataclass(frozen=True)
class Rows:
    """What a file says: the columns of its rows by name, their geometry (None: the format has none), the facts that it
    tells of itself, and what is wrong with it besides. ``ordered``: rows stand in the order of their ids; ``styles``:
    how QGIS is to draw it (None: the format has no place for that)."""

    columns: Mapping[str, list[Any]]
    geometry: Array | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    faults: tuple[str, ...] = ()
    ordered: bool = True
    styles: list[tuple[Any, ...]] | None = None


def _csv(path: Path, layer: str) -> Rows:
    with path.open(encoding="utf-8", newline="") as file:
        return Rows(_cells(csv.reader(file, strict=True), layer))


def _cells(lines: Iterator[list[str]], layer: str) -> dict[str, list[Any]]:
    head = next(lines)
    kinds = {column.name: column.kind for column in (*columns_of(layer), KEY)}
    read: dict[str, Callable[[str], Any]] = {"text": str, "integer": int, "real": float}
    columns = zip(*lines, strict=True)
    return {
        name: [read[kinds.get(name, "text")](cell) if cell else None for cell in cells]
        for name, cells in zip(head, columns, strict=True)
    }


def _geojson(path: Path, layer: str) -> Rows:
    """One feature a line, as the format promises: so memory is that of a feature."""
    records, shapes, faults = [], [], []
    with path.open("rb") as file:
        head = json.loads(file.readline().rstrip(b"\n").removesuffix(b'"features":[').rstrip(b",") + b"}")
        for line in file:
            if line == b"]}\n":
                break
            feature = json.loads(line.rstrip(b"\n").removesuffix(b","))
            records.append(feature["properties"])
            shapes.append(shapely.geometry.shape(feature["geometry"]))
            if feature["id"] != records[-1].get("id", records[-1].get("kode")):
                faults.append(f"feature {feature['id']} has the properties of another")
        faults += ["something behind its end"] if file.read(1) else []
    geometry = np.array(shapes, dtype=object)
    if head.get("name") != layer:
        faults.append(f"it names itself {head.get('name')}")
    if head["bbox"] != shapely.total_bounds(geometry).tolist():
        faults.append("bbox is not that of the features")
    return Rows(_turned(records), geometry, head["metadata"], tuple(faults))


def _turned(records: list[dict[str, Any]]) -> dict[str, list[Any]]:
    if any(list(record) != list(records[0]) for record in records):
        raise ValueError("rows with different columns")
    return {name: [record[name] for record in records] for name in records[0]}


def _kml(path: Path, layer: str) -> Rows:
    kinds = {column.name: column.kind for column in columns_of(layer)}
    read: dict[str, Callable[[str], Any]] = {"text": str, "integer": int, "real": float}
    columns: dict[str, list[Any]] = {name: [] for name in kinds}
    shapes, facts, faults = [], {}, []
    for _, element in ElementTree.iterparse(path):
        if element.tag == f"{_KML}Data":
            facts[element.get("name", "")] = element[0].text or ""
        if element.tag != f"{_KML}Placemark":
            continue
        cells = {each.get("name", ""): each.text or "" for each in element.iter(f"{_KML}SimpleData")}
        for name, kind in kinds.items():
            columns[name].append(read[kind](cells.pop(name)) if name in cells else None)
        title = cells or element.findtext(f"{_KML}name")
        if title != columns["nama_dapil" if "nama_dapil" in columns else "nama"][-1]:
            faults.append(f"a placemark is named {title}")
        shapes.append(_multipolygon(element))
        element.clear()
    return Rows(columns, np.array(shapes, dtype=object), facts, tuple(faults))


def _multipolygon(placemark: ElementTree.Element) -> Any:
    polygons = []
    for polygon in placemark.iter(f"{_KML}Polygon"):
        rings = [
            np.array([pair.split(",") for pair in (ring.text or "").split()], dtype=np.float64)
            for ring in polygon.iter(f"{_KML}coordinates")
        ]
        polygons.append(shapely.Polygon(rings[0], rings[1:]))
    return shapely.MultiPolygon(polygons)


def _gpkg(path: Path, layer: str) -> Rows:
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
        frame, geometry = read_rows(connection, layer)
        if geometry is None:
            raise ValueError("a table without geometry")
        found = [
            *sound(connection, path.name),
            *layer_faults(connection, layer, geometry, path.name),
            *column_faults(connection, layer),
        ]
        texts = [json.loads(text) for (text,) in connection.execute("SELECT metadata FROM gpkg_metadata")]
        tables = connection.execute("SELECT table_name FROM gpkg_contents ORDER BY rowid").fetchall()
        styled = ("layer_styles",) in tables
        styles = connection.execute(_STYLES).fetchall() if styled else []
    faults = [f"{each.what} {each.feature}: {each.found}" for each in found]
    faults += ["metadata differ in the file"] if any(text != texts[0] for text in texts) else []
    faults += ["other tables"] if tables != [(layer,), ("layer_styles",)][: 1 + styled] else []
    return Rows(_lists(frame), geometry, texts[0], tuple(faults), styles=styles)


def _lists(frame: pd.DataFrame) -> dict[str, list[Any]]:
    return {
        str(name): [None if pd.isna(value) else value for value in frame[name].tolist()]
        for name in frame.columns
    }


def _fgb(path: Path, layer: str) -> Rows:
    info = pyogrio.read_info(path)
    meta, _, wkb, cells = pyogrio.raw.read(path)
    columns = {
        str(name): [None if pd.isna(value) else value for value in values.tolist()]
        for name, values in zip(meta["fields"], cells, strict=True)
    }
    geometry = shapely.from_wkb(wkb)
    facts = {name: _json_or_text(text) for name, text in (info["layer_metadata"] or {}).items()}
    faults = [f"it names itself {info['layer_name']}"] if info["layer_name"] != layer else []
    if not _tree_holds(path, geometry):
        faults.append("its spatial index is not that of the features")
    return Rows(columns, geometry, facts, tuple(faults), ordered=False)


def _tree_holds(path: Path, geometry: Array) -> bool:
    """Whether the packed R-tree of a FlatGeobuf has the boxes of its features, and above them those that hold them.

    Nodes of 40 bytes (four doubles and an offset), level by level from the root, sixteen to a node; the leaves last.
    """
    counts = [len(geometry)]
    while counts[0] > 1:
        counts.insert(0, -(-counts[0] // 16))
    with path.open("rb") as file:
        file.seek(8)
        head = int.from_bytes(file.read(4), "little")
        file.seek(12 + head)
        nodes = np.frombuffer(file.read(40 * sum(counts)), np.dtype([("box", "<f8", 4), ("at", "<u8")]))[
            "box"
        ]
    ends = np.cumsum(counts)
    levels = [nodes[end - count : end] for count, end in zip(counts, ends, strict=True)]
    if not np.array_equal(levels[-1], shapely.bounds(geometry)):
        return False
    for above, below in pairwise(levels):
        starts = np.arange(0, len(below), 16)
        low = np.minimum.reduceat(below[:, :2], starts)
        high = np.maximum.reduceat(below[:, 2:], starts)
        if not np.array_equal(above, np.hstack([low, high])):
            return False
    return True


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text) if text[:1] in '[{"tf0123456789' else text
    except ValueError:
        return text


def _parquet(path: Path, layer: str) -> Rows:
    with needed():
        import pyarrow.parquet as pq
    table = pq.read_table(path)
    geometry = shapely.from_wkb(table.column("geometry").to_numpy(zero_copy_only=False))
    boxes = table.column("bbox").combine_chunks()
    faults = []
    told = np.stack([boxes.field(edge).to_numpy() for edge in ("xmin", "ymin", "xmax", "ymax")], axis=1)
    if not np.array_equal(told, shapely.bounds(geometry)):
        faults.append("its column bbox is not that of the geometry")
    meta = {key.decode(): value.decode() for key, value in table.schema.metadata.items()}
    geo = json.loads(meta["geo"])["columns"]["geometry"]
    if geo["bbox"] != shapely.total_bounds(geometry).tolist() or geo["crs"]["id"] != {
        "authority": "OGC",
        "code": "CRS84",
    }:
        faults.append("box or reference system in its metadata")
    facts = json.loads(meta["dapil"])
    same = ("attribution", "licence", "release", "source")
    faults += [f"{key} in its metadata" for key in same if meta[key] != facts[key]]
    names = [name for name in table.column_names if name not in ("geometry", "bbox")]
    return Rows({name: table.column(name).to_pylist() for name in names}, geometry, facts, tuple(faults))


def _shapefile(path: Path, layer: str) -> Rows:
    """The rows of the CSV in the archive, of which those of the DBF are the beginning; and the shapes."""
    with needed():
        from boundaries.exports.shapefile import CUT, README, WIDTH, short_name
    with zipfile.ZipFile(path) as archive, tempfile.TemporaryDirectory() as scratch:
        broken = archive.testzip()
        archive.extractall(scratch)
        root = Path(scratch)
        whole = _csv(root / f"{layer}.csv", layer).columns
        info = pyogrio.read_info(root / f"{layer}.shp")
        meta, _, wkb, cells = pyogrio.raw.read(root / f"{layer}.shp")
        readme = (root / README).read_text(encoding="utf-8")
        index = (root / f"{layer}.qix").stat().st_size
    faults = [f"{broken} is damaged"] if broken else []
    faults += [] if index and info["crs"] == "EPSG:4326" else ["reference system or index"]
    shown = dict(zip(meta["fields"], (values.tolist() for values in cells), strict=True))
    for column in columns_of(layer):
        held = [_held(value, WIDTH, CUT) for value in whole[column.name]]
        if [None if pd.isna(value) else value for value in shown[short_name(column.name)]] != held:
            faults.append(f"column {short_name(column.name)} is not that of {layer}.csv")
    columns = {name: values for name, values in whole.items() if name != KEY.name}
    return Rows(columns, shapely.from_wkb(wkb), {"readme": readme}, tuple(faults))


def _held(value: Any, width: int, cut: str) -> Any:
    if not isinstance(value, str):
        return value
    raw = value.encode()
    if len(raw) > width:
        value = raw[: width - len(cut.encode())].decode(errors="ignore") + cut
    return value.strip(" ") or None


#: Format → how its files are read.
READERS: Final[Mapping[str, Callable[[Path, str], Rows]]] = {
    "csv": _csv,
    "fgb": _fgb,
    "geojson": _geojson,
    "gpkg": _gpkg,
    "kml": _kml,
    "parquet": _parquet,
    "shp": _shapefile,
}
