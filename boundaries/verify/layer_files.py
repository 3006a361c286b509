"""Rule on the downloads of layers: every file, read back, has the rows, columns, shapes and facts of the GeoPackage."""

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile

import numpy as np
import shapely

from boundaries.downloads import folder
from boundaries.extras import MissingExtra, needed
from boundaries.law.codes import level
from boundaries.law.columns import KEY
from boundaries.release.dataset import Dataset, Datasets
from boundaries.release.store import FOLDER, FULL, STANDARD, plain
from boundaries.release.writing import both, both_titles, oriented, texts
from boundaries.verify.opened_release import DAMAGE, Contents, Finding, Outcome
from boundaries.verify.read_back import READERS, Rows

#: Formats with every vertex; the others are of the detail standard.
_FULL: Final = ("gpkg", "fgb", "parquet")
_PREFIX: Final = "unit-"
#: Format → the end of its files' names, and their media type.
_KINDS: Final[Mapping[str, tuple[str, str]]] = {
    "assignment": ("-assignment.csv", "text/csv"),
    "csv": (".csv", "text/csv"),
    "fgb": (".fgb", "application/flatgeobuf"),
    "geojson": (".geojson", "application/geo+json"),
    "gpkg": (".gpkg", "application/geopackage+sqlite3"),
    "kml": (".kml", "application/vnd.google-earth.kml+xml"),
    "parquet": (".parquet", "application/vnd.apache.parquet"),
    "shp": (".shp.zip", "application/zip"),
}


def layer_files(contents: Contents) -> Outcome:
    """Every file of a layer, read back, says what the GeoPackage says: rows, types, shapes, source, licence."""
    listed = folder.read(contents.release)
    if listed is None:
        return Outcome("no downloads")
    datasets = Datasets(contents.release)
    entries: dict[str, list[Mapping[str, Any]]] = {}
    for each in listed["files"]:
        if each["format"] in (*READERS, "assignment"):
            entries.setdefault(str(each["dataset"]), []).append(each)
    found, count, unread = _listed(contents, datasets, listed["files"]), 0, set()
    for name in sorted(entries.keys() & set(datasets.layers)):
        for detail in (FULL, STANDARD):
            own = [each for each in entries[name] if (each["format"] in _FULL) == (detail == FULL)]
            dataset = datasets.get(name, detail) if own else None
            for each in own:
                try:
                    found += _faults(contents, datasets, dataset, each)  # type: ignore[arg-type]
                    count += 1
                except MissingExtra:
                    unread.add(str(each["format"]))
    lacking = f"; not read, for want of the extra build: {', '.join(sorted(unread))}" if unread else ""
    return Outcome(f"{count:,} files of {len(entries)} layers{lacking}", found)


def faults_of(contents: Contents, datasets: Datasets, file: str) -> list[Finding]:
    """What is wrong with one file of a layer, by its name."""
    listed = folder.read(contents.release) or {"files": []}
    (each,) = [each for each in listed["files"] if each["name"] == file]
    detail = FULL if each["format"] in _FULL else STANDARD
    return _faults(contents, datasets, datasets.get(str(each["dataset"]), detail), each)


def _listed(contents: Contents, datasets: Datasets, entries: Sequence[Mapping[str, Any]]) -> list[Finding]:
    """Every layer and table is there in each format that can hold it, and listed as what it is."""
    wanted: dict[str, dict[str, Any]] = {}
    for name in datasets.layers:
        plan = None if name.startswith("unit-") else name.removeprefix("tabel-").rpartition("-")
        about = {
            "dataset": name,
            "title": datasets.titles[name],
            "year": int(plan[2]) if plan else None,
            "chamber": plan[0] if plan else None,
            "province": None,
        }
        shown = name in contents.layers
        for key, (suffix, media_type) in _KINDS.items():
            if key == "csv" or (shown and (key != "assignment" or name in contents.plan_layers)):
                size = None if media_type == "text/csv" else FULL if key in _FULL else STANDARD
                own = {"format": key, "media_type": media_type, "size": size}
                wanted[f"{name}{suffix}"] = about | own
    given = {str(each["name"]): each for each in entries if each["format"] in _KINDS}
    return [
        Finding("layer-files", "", name, key, str(value), str(given.get(name, {}).get(key, "not listed")))
        for name, own in wanted.items()
        for key, value in own.items()
        if name not in given or given[name].get(key) != value
    ] + [
        Finding("layer-files", "", name, "a file of no layer", "none", name) for name in given.keys() - wanted
    ]


def _faults(
    contents: Contents, datasets: Datasets, dataset: Dataset, each: Mapping[str, Any]
) -> list[Finding]:
    path = contents.release.path / FOLDER / str(each["name"])
    try:
        if each["format"] == "assignment":
            faults = _assignment(contents, datasets, dataset, path)
        else:
            rows = READERS[str(each["format"])](path, dataset.name)
            faults = [
                *rows.faults,
                *_differing(dataset, rows),
                *_told(dataset, rows),
                *_styled(dataset, rows),
            ]
    except (*DAMAGE, ParseError, BadZipFile, RuntimeError, shapely.errors.ShapelyError) as error:
        faults = [f"it cannot be read: {type(error).__name__}: {error}"]
    return [
        Finding("layer-files", dataset.name, path.name, "read back", "what the GeoPackage says", fault)
        for fault in faults[:5]
    ]


def _differing(dataset: Dataset, rows: Rows) -> list[str]:
    """In which columns, and in which shapes, rows are not those of a dataset."""
    keys = dataset.frame[dataset.key].tolist()
    given = rows.columns.get(dataset.key, [])
    if (given if rows.ordered else sorted(given)) != keys:
        return ["other rows, or in another order"]
    expected = _expected(dataset)
    wanted = [name for name in rows.columns if name != KEY.name]
    faults = ["other columns"] if wanted != [column.name for column in dataset.columns] else []
    place = {key: at for at, key in enumerate(given)}
    at = np.array([place[key] for key in keys])
    for name, values in rows.columns.items():
        own = expected.get(name)
        if own is None:
            continue
        bad = [row for row, to in enumerate(at.tolist()) if not _same(own[row], values[to])]
        faults += [
            f"{name} of {keys[row]} is {values[at[row]]!r:.80}, not {own[row]!r:.80}" for row in bad[:2]
        ]
    if (rows.geometry is None) != (dataset.geometry is None) and "kunci" not in rows.columns:
        return [*faults, "no shapes"]
    if rows.geometry is not None:
        same = _alike(rows.geometry[at], dataset)
        faults += [f"the shape of {keys[row]} is another" for row in np.flatnonzero(~same)[:2]]
    return faults


def _expected(dataset: Dataset) -> dict[str, list[Any]]:
    records = plain(dataset.frame[[column.name for column in dataset.columns]])
    columns = {column.name: [record[column.name] for record in records] for column in dataset.columns}
    unit = (
        [
            own or province
            for own, province in zip(columns["kode_kabkota"], columns["kode_provinsi"], strict=True)
        ]
        if dataset.key == "id"
        else columns[dataset.key]
    )
    return columns | {KEY.name: [f"{_PREFIX}{code}" for code in unit]}


def _same(one: Any, other: Any) -> bool:
    """Whether two cells are alike, whatever kind of number a format makes of one."""
    return one == other and isinstance(one, str) == isinstance(other, str)


def _alike(shapes: Any, dataset: Dataset) -> Any:
    """Whether shapes have the vertices of the dataset's, whatever begins a ring or comes first."""
    own = oriented(dataset)
    same = np.asarray(shapely.equals_exact(shapes, own, 0))
    rest = np.flatnonzero(~same)
    kinds = shapely.get_type_id(shapes[rest])
    single = kinds == shapely.GeometryType.POLYGON
    shapes = shapes[rest]
    shapes[single] = shapely.multipolygons(shapes[single], indices=np.arange(single.sum()))
    same[rest] = shapely.equals_exact(shapely.normalize(shapes), shapely.normalize(own[rest]), 0)
    return same


def _told(dataset: Dataset, rows: Rows) -> list[str]:
    """What a file says of itself is what the manifest says: release, source, licence, attribution, detail."""
    if not rows.facts:
        return []
    origin = dataset.origin
    if "readme" in rows.facts:
        words = (origin.attribution, origin.licence, origin.licence_url, origin.release, origin.vintage)
        return [f"{word!r} is not in its read-me" for word in words if word not in rows.facts["readme"]]
    about = dataset.about()
    if "TITLE" in rows.facts:  # a FlatGeobuf has places of its own for these two
        del about["title"], about["description"]
        about |= {"TITLE": both_titles(dataset), "DESCRIPTION": both(dataset)}
    if all(isinstance(value, str) for value in rows.facts.values()):
        about = texts(about)
    return [
        f"{key} in its metadata is {rows.facts.get(key)!r:.80}"
        for key, value in about.items()
        if json.loads(json.dumps(rows.facts.get(key))) != json.loads(json.dumps(value))
        and str(rows.facts.get(key)) != str(value)
    ]


def _styled(dataset: Dataset, rows: Rows) -> list[str]:
    """A file is drawn as its layer is."""
    if rows.styles is None:
        return []
    with needed():
        from boundaries.exports.qgis_style import styles
    told = [(s.layer, "geom", s.name, s.qml, s.sld, int(s.default), s.description) for s in styles(dataset)]
    return [] if rows.styles == told else ["its styles are not those of the layer"]


def _assignment(contents: Contents, datasets: Datasets, dataset: Dataset, path: Path) -> Sequence[str]:
    """A row for every base unit of the dapil that the release shows, with the names of both."""
    with path.open(encoding="utf-8", newline="") as file:
        lines = [tuple(row.values()) for row in csv.DictReader(file, strict=True)]
    rows = datasets.assigned(dataset.name)
    names = {
        code: name
        for layer in contents.unit_layers
        for code, name in contents.frame(layer)[["kode", "nama"]].itertuples(index=False)
    }
    of_members = contents.frame("members")
    names = dict(zip(of_members["kode_unit"], of_members["nama_unit"], strict=True)) | names
    about = dataset.frame.set_index("kode_dapil")[["id", "nama_dapil", "lembaga", "tahun"]].to_dict("index")
    expected = []
    for unit, dapil in rows[["kode_unit", "kode_dapil"]].itertuples(index=False):
        row = about[dapil]
        expected.append(
            (f"{_PREFIX}{unit}", unit, names.get(unit) or "", level(unit), row["id"], dapil, row["nama_dapil"],
             row["lembaga"], str(row["tahun"]))
        )  # fmt: skip
    apart = sorted(set(lines) ^ set(expected))
    return [f"row {row} differs" for row in apart[:2]] or (["other order"] if lines != expected else [])
