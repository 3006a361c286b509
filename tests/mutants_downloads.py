"""Mutants of the folder of downloads: files of layers, what is drawn, the list."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from boundaries.exports.csvtable import write_csv
from boundaries.exports.formats import FORMATS
from boundaries.release.dataset import Dataset, Datasets
from boundaries.release.store import open_release
from tests.mutants import PLAN, Mutant, a_json, sql, text, write


def mutants() -> Iterator[Mutant]:
    """All of them."""
    for kind in (_layer_files, _drawn, _listed):
        yield from kind()


def _written(root: Path, layer: str, format_id: str, change: Callable[[Dataset], Dataset]) -> None:
    """Write a file of a layer again, of another dataset."""
    each = FORMATS[format_id]
    dataset = Datasets(open_release(root, complete=False)).get(layer, each.detail)
    path = root / "downloads" / f"{layer}{each.suffix}"
    path.unlink()
    changed = change(dataset)
    write_csv(changed, path) if format_id == "csv" else each.write(changed, path)


def _value(column: str, value: Any) -> Callable[[Dataset], Dataset]:
    def change(dataset: Dataset) -> Dataset:
        frame = dataset.frame.copy()
        frame.loc[1, column] = value
        return replace(dataset, frame=frame)

    return change


def _exchanged(column: str) -> Callable[[Dataset], Dataset]:
    def change(dataset: Dataset) -> Dataset:
        frame = dataset.frame.copy()
        other = int((frame[column] != frame[column].iloc[0]).to_numpy().argmax())
        frame.loc[[0, other], column] = frame[column].iloc[[other, 0]].to_numpy()
        return replace(dataset, frame=frame)

    return change


def _shifted(dataset: Dataset) -> Dataset:
    geometry = dataset.geometry.copy()
    geometry[1] = shapely.transform(geometry[1], lambda xy: np.round(xy + 1e-7, 7))
    return replace(dataset, geometry=geometry)


def _exchanged_shapes(dataset: Dataset) -> Dataset:
    return replace(dataset, geometry=dataset.geometry[[1, 0, *range(2, len(dataset.geometry))]])


def _fewer(dataset: Dataset) -> Dataset:
    geometry = None if dataset.geometry is None else dataset.geometry[:-1]
    return replace(dataset, frame=dataset.frame.iloc[:-1], geometry=geometry)


def _closed(dataset: Dataset) -> Dataset:
    return replace(
        dataset,
        origin=replace(dataset.origin, licence_spdx="CC0-1.0", licence="CC0", licence_url="https://x"),
    )


def _layer_files() -> Iterator[Mutant]:
    changes: dict[str, Callable[[Dataset], Dataset]] = {
        "seats": _value("kursi", 99),
        "population": _value("penduduk", 123_456),
        "seats exchanged": _exchanged("kursi"),
        "names exchanged": _exchanged("nama_dapil"),
        "licence of a row": _value("lisensi", "CC0-1.0"),
        "province": _value("kode_provinsi", "71"),
        "a row less": _fewer,
        "a shape moved by a step": _shifted,
        "shapes exchanged": _exchanged_shapes,
        "licence of the file": _closed,
    }
    for format_id in FORMATS:
        for what, change in changes.items():
            if format_id == "csv" and ("shape" in what or "of the file" in what):
                continue
            yield Mutant(
                f"a file of a layer: {format_id}", what, f"layer-files {PLAN}{FORMATS[format_id].suffix}",
                lambda root, f=format_id, change=change: _written(root, PLAN, f, change),
            )  # fmt: skip
    yield from _inside_files()


def _inside_files() -> Iterator[Mutant]:
    def exchange(root: Path, one: str, other: str) -> None:
        place = root / "downloads"
        first, second = (place / one).read_bytes(), (place / other).read_bytes()
        write(place / one, second)
        write(place / other, first)

    for suffix in (".geojson", ".csv", ".gpkg", ".parquet", ".fgb"):
        one, other = f"dprd-kabkota-2024{suffix}", f"dprd-kabkota-2019{suffix}"
        yield Mutant("two files exchanged", one, f"layer-files {one}",
                     lambda root, one=one, other=other: exchange(root, one, other))  # fmt: skip
    yield Mutant("two files exchanged", "assignment", f"layer-files {PLAN}-assignment.csv",
                 lambda root: exchange(root, f"{PLAN}-assignment.csv", "dprd-kabkota-2019-assignment.csv"))  # fmt: skip
    tree = f'UPDATE "rtree_{PLAN}_geom" SET minx = minx + 1, maxx = maxx + 1 WHERE id = 1'
    yield Mutant("index of a file", "gpkg", f"layer-files {PLAN}.gpkg",
                 lambda root: sql(root / "downloads" / f"{PLAN}.gpkg", tree))  # fmt: skip
    yield Mutant("index of a file", "fgb", f"layer-files {PLAN}.fgb", _spoil_tree)
    style = "UPDATE layer_styles SET styleQML = replace(styleQML, 'kursi', 'tahun')"
    yield Mutant("style of a file", "gpkg", f"layer-files {PLAN}.gpkg",
                 lambda root: sql(root / "downloads" / f"{PLAN}.gpkg", style))  # fmt: skip
    yield Mutant("index of a file", "parquet", f"layer-files {PLAN}.parquet", _spoil_boxes)
    for what, change in {
        "a unit in another dapil": lambda old: old.replace(
            ",dprd-kabkota-2024-750101,750101,", ",dprd-kabkota-2024-750102,750102,", 1
        ),
        "a name": lambda old: old.replace("kecamatan,", "desa,", 1),
        "a row less": lambda old: old[: old[:-1].rindex("\n") + 1],
    }.items():
        yield Mutant("assignment", what, f"layer-files {PLAN}-assignment.csv",
                     lambda root, change=change: text(root / "downloads" / f"{PLAN}-assignment.csv",
                                                      change))  # fmt: skip


def _spoil_tree(root: Path) -> None:
    path = root / "downloads" / f"{PLAN}.fgb"
    content = bytearray(path.read_bytes())
    at = 12 + int.from_bytes(content[8:12], "little") + 80
    content[at : at + 8] = np.float64(1.5).tobytes()
    write(path, bytes(content))


def _spoil_boxes(root: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = root / "downloads" / f"{PLAN}.parquet"
    table = pq.read_table(path)
    boxes = table.column("bbox").combine_chunks()
    edges = [boxes.field(name).to_numpy() + (name == "xmin") for name in ("xmin", "ymin", "xmax", "ymax")]
    new = pa.StructArray.from_arrays([pa.array(each) for each in edges], ["xmin", "ymin", "xmax", "ymax"])
    at = table.column_names.index("bbox")
    path.unlink()
    pq.write_table(table.set_column(at, table.schema.field("bbox"), new), path)


def _drawn() -> Iterator[Mutant]:
    def edit(name: str, what: str, change: Callable[[Any], object]) -> Mutant:
        return Mutant(
            "drawn: " + name, what, "drawn-files", lambda root: a_json(root / "downloads" / name, change)
        )

    def exchange(root: Path, one: str, other: str) -> None:
        write(root / "downloads" / one, (root / "downloads" / other).read_bytes())

    topo = f"{PLAN}-75.topojson"

    def rows(value: Any) -> list[Any]:
        return next(iter(value["objects"].values()))["geometries"]

    yield edit(
        topo,
        "shifted by a step",
        lambda v: v["transform"].update(translate=[x + 1e-7 for x in v["transform"]["translate"]]),
    )
    yield edit(
        topo,
        "shifted by a degree",
        lambda v: v["transform"].update(translate=[x + 1 for x in v["transform"]["translate"]]),
    )
    yield edit(topo, "seats", lambda v: rows(v)[0]["properties"].update(kursi=99))
    yield edit(
        topo,
        "names exchanged",
        lambda v: rows(v)[0]["properties"].update(nama_dapil=rows(v)[1]["properties"]["nama_dapil"]),
    )
    yield edit(topo, "a feature less", lambda v: rows(v).pop())
    yield edit(topo, "an arc", lambda v: v["arcs"][0][1].__setitem__(0, v["arcs"][0][1][0] + 1))
    yield edit(topo, "arcs exchanged", lambda v: rows(v)[0].update(arcs=rows(v)[1]["arcs"]))
    yield edit(topo, "licence", lambda v: v["about"].update(licence="CC0-1.0"))
    yield edit(topo, "tolerance", lambda v: v["about"].update(tolerance_m=1))
    yield edit(
        "dapil-2024-web.topojson",
        "shifted by a step",
        lambda v: v["transform"].update(translate=[x + 1e-7 for x in v["transform"]["translate"]]),
    )
    for one, other in (
        ("dapil-2024.pmtiles", "dapil-2019.pmtiles"), (topo, "dprd-kabkota-2019-75.topojson"),
        ("dapil-2024-web.topojson", "dapil-2024-overview.topojson"),
        ("map-facts-dpr-2024.json", "map-facts-dpd-2024.json"),
        ("quality-topojson-2024.csv", "quality-topojson-2019.csv"), ("LICENCE.txt", "map-index.json"),
    ):  # fmt: skip
        yield Mutant(
            "drawn: another's in its place",
            one,
            "drawn-files",
            lambda root, one=one, other=other: exchange(root, one, other),
        )
    yield edit("map-facts-dprd-kabkota-2024.json", "seats", lambda v: v["rows"][0].__setitem__(3, 99))
    yield edit("datapackage.json", "licence", lambda v: v.update(licenses=[]))
    yield edit("catalog.jsonld", "a node less", lambda v: v["@graph"].pop())
    yield edit("changes.json", "empty", lambda v: v.clear())
    yield Mutant("drawn: LICENCE.txt", "licence", "drawn-files",
                 lambda root: text(root / "downloads" / "LICENCE.txt",
                                   lambda old: old.replace("Creative Commons", "All rights")))  # fmt: skip
    yield Mutant("drawn: quality-topojson", "a figure", "drawn-files",
                 lambda root: text(root / "downloads" / "quality-topojson-2024.csv",
                                   lambda old: re.sub(r"\d\n", "9.5\n", old, count=1)))  # fmt: skip


def _listed() -> Iterator[Mutant]:
    kind = "the list of downloads"

    def dropped(root: Path, name: str) -> None:
        a_json(root / "downloads" / "downloads.json",
               lambda v: v.update(files=[each for each in v["files"] if each["name"] != name]))  # fmt: skip
        for each in (name, f"{name}.gz"):
            (root / "downloads" / each).unlink(missing_ok=True)

    for rule, name in (
        ("layer-files", f"{PLAN}.geojson"), ("layer-files", "unit-kecamatan.csv"),
        ("layer-files", "dpr-2024-assignment.csv"),
        ("layer-files", "dpr-2024.shp.zip"), ("drawn-files", "dapil-2024.pmtiles"),
        ("drawn-files", "dapil-2019-web.topojson"),
        ("drawn-files", "map-units.json"), ("drawn-files", "LICENCE.txt"), ("drawn-files", "changes.json"),
    ):  # fmt: skip
        yield Mutant(kind, f"{name} dropped", rule, lambda root, name=name: dropped(root, name))

    def entry(root: Path, name: str, **changes: Any) -> None:
        def change(value: Any) -> None:
            next(each for each in value["files"] if each["name"] == name).update(changes)

        a_json(root / "downloads" / "downloads.json", change)

    for key, value in {"media_type": "text/html", "format": "kml", "dataset": "dpr-2024", "year": 2019,
                       "chamber": "dpr",
                       "size": "full", "title": {"id": "x", "en": "x"}}.items():  # fmt: skip
        yield Mutant(
            kind,
            f"geojson: {key}",
            "layer-files",
            lambda root, key=key, value=value: entry(root, f"{PLAN}.geojson", **{key: value}),
        )
    for key, value in {"province": "71", "size": "web", "title": {"id": "x"}, "year": 2019}.items():
        yield Mutant(
            kind,
            f"topojson: {key}",
            "drawn-files",
            lambda root, key=key, value=value: entry(root, f"{PLAN}-75.topojson", **{key: value}),
        )
