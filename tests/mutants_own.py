"""Mutants of a release's own files: the GeoPackages, the ledger, the manifest, features.bin."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from boundaries.release.feature_file import write_features
from boundaries.release.store import DERIVED, feature_rows, open_release
from tests.mutants import PLAN, TABLE, UNITS, Mutant, a_json, sql, sqls, text


def mutants() -> Iterator[Mutant]:
    """All of them."""
    for kind in (_columns, _boxes, _plans, _in_part, _abroad, _members, _ledger, _manifest, _details, _links):
        yield from kind()


def _columns() -> Iterator[Mutant]:
    kind = "a column against its code or table"
    shared = {
        "nama_provinsi": "'Sulawesi Utara'", "kode_provinsi": "'71'", "sumber_batas": "'lain'", "lisensi": "'CC0-1.0'",
    }  # fmt: skip
    plan = shared | {
        "nama_kabkota": "'Kota Lain'", "kode_kabkota": "'75.02'", "ocd_id": "'x'", "ocd_asal": "'terbit'",
        "ragu": "'ragu'",
        "ragu_en": "'doubt'", "catatan": "'lain'", "catatan_en": "'other'",
        "kursi": "40", "penduduk": "0", "nama_dapil": "nama_dapil || '0'", "wilayah": "replace(wilayah, ' ', '  ')",
    }  # fmt: skip
    yield from sqls(kind, "columns", PLAN, plan, "fid = 1")
    yield from sqls(
        kind, "columns", TABLE, shared | {"kode_kabkota": "'75.01'", "ragu": "'x'", "kursi": "2"}, "fid = 2"
    )
    yield from sqls(
        kind, "columns", "dpd-2024", {"kursi": "5", "ragu": "'x'", "wilayah": "'75 X'"}, "fid = 1"
    )
    remarks = {"catatan": "NULL, catatan_en = NULL", "ragu": "NULL, ragu_en = NULL"}
    yield from sqls(
        "what is told of a dapil is taken away", "columns", PLAN, remarks, "kode_dapil = '750102'"
    )
    swapped = '(SELECT w.wilayah FROM "dprd-kabkota-2024" w WHERE w.fid = 2)'
    yield from sqls(kind + ", rows exchanged", "columns", PLAN, {"wilayah": swapped}, "fid = 1")
    ids = {"id": "'x'", "kode_dapil": "'750299'", "lembaga": "'dpr'", "tahun": "2023", "mulai": "'2024-01-01'",
           "selesai": "'2029-02-14'", "dasar_hukum": "'UU lain'"}  # fmt: skip
    yield from sqls(kind, "identifiers", PLAN, ids, "fid = 3")
    yield from sqls(kind, "areas", PLAN, {"luas_km2": "luas_km2 + 0.01"}, "fid = 3")
    for layer, below in (("unit-provinsi", "kabkota"), ("unit-kabkota", "kecamatan")):
        more = {
            "tingkat": "'desa'",
            f"kode_{below}": "'75.01.01'",
            f"nama_{below}": "'Satu'",
            "lisensi": "'x'",
        }
        yield from sqls(kind, "columns", layer, more, "fid = 1")
        yield from sqls(kind, "identifiers", layer, {"kode": "'75.0'", "nama_provinsi": "'Jawa'"}, "fid = 1")
    units = {"nama_kabkota": "'Bone'", "kode_kabkota": "'75.02'", "nama_kecamatan": "'Satu'",
             "kode_kecamatan": "'75.01.99'",
             "nama_provinsi": "'Jawa'", "kode_provinsi": "'71'"}  # fmt: skip
    yield from sqls(kind, "identifiers", UNITS, units, "fid = 1")
    yield from sqls(
        kind, "columns", UNITS, {"tingkat": "'desa'", "lisensi": "'x'", "sumber_batas": "'x'"}, "fid = 1"
    )
    figures = {"penduduk": "NULL", "penduduk_tahun": "2020", "tps": "0", "tps_tahun": "NULL"}
    yield from sqls(kind, "columns", UNITS, figures, "fid = 1")
    yield from sqls("names of units", "ledger", UNITS, {"nama": "'Satu', nama_kecamatan = 'Satu'"}, "fid = 1")
    yield from sqls("names of units", "ledger", "unit-kabkota", {"nama": "'Satu'"}, "fid = 1")
    exchange = '(SELECT u.nama FROM "unit-kabkota" u WHERE u.fid = 3 - "unit-kabkota".fid)'
    yield from sqls(
        "names of units, exchanged", "ledger", "unit-kabkota", {"nama": exchange}, "fid IN (1, 2)"
    )


def _boxes() -> Iterator[Mutant]:
    kind = "index, header and box of a GeoPackage"
    for file in ("dapil.gpkg", "dapil-standard.gpkg"):
        for layer in (PLAN, UNITS, "dpr-2024"):
            tree = f'"rtree_{layer}_geom"'
            statements = {
                "R-tree moved": f"UPDATE {tree} SET minx = minx + 1, maxx = maxx + 1 WHERE id = 1",
                "R-tree too small": f"UPDATE {tree} SET maxy = maxy - 0.001 WHERE id = 1",
                "box of the layer": f"UPDATE gpkg_contents SET min_x = min_x - 1 WHERE table_name = '{layer}'",
            }
            if layer == UNITS:
                statements |= {
                    "R-tree too large": f"UPDATE {tree} SET maxx = maxx + 0.5 WHERE id = 2",
                    "R-tree: a row less": f"DELETE FROM {tree} WHERE id = 3",
                    "count of rows": "UPDATE gpkg_ogr_contents SET feature_count = 3 "
                    "WHERE table_name = 'unit-kecamatan'",
                    "header": f'UPDATE "{layer}" SET geom = '
                    "CAST(substr(geom, 1, 8) || zeroblob(8) || substr(geom, 17) AS BLOB)"
                    " WHERE fid = 1",
                    "reference system": f"UPDATE gpkg_geometry_columns SET srs_id = -1 WHERE table_name = '{layer}'",
                    "licence in its metadata": "UPDATE gpkg_metadata SET "
                    "metadata = replace(metadata, 'CC-BY-4.0', 'CC0-1.0')"
                    " WHERE metadata LIKE '%CC-BY-4.0%'",
                }
            for what, statement in statements.items():

                def change(root: Path, file: str = file, statement: str = statement) -> None:
                    sql(root / file, statement)

                yield Mutant(kind, f"{file}, {layer}: {what}", "database", change)


def _plans() -> Iterator[Mutant]:
    kind = "dates and totals of plans"
    for rule, table, changes in (
        (
            "columns",
            "plans",
            {
                "selesai": "'2023-01-01'",
                "mulai": "'2019-01-01'",
                "ragu": "'[]'",
                "tahun": "2023",
                "ragu_en": "'[]'",
                "catatan": "'[]'",
                "catatan_en": "'[]'",
            },
        ),
        ("totals", "plans", {"jumlah_dapil": "jumlah_dapil + 1", "jumlah_kursi": "1"}),
        ("plans", "plans", {"dasar_hukum": "'UU lain'", "lembaga": "'dpr'"}),
    ):
        yield from sqls(kind, rule, table, changes, "plan_id = 'dprd-kabkota-2024'")
    for what, value in (("selesai", "'2024-02-15'"), ("selesai", "NULL")):
        yield from sqls(
            f"overlapping dates ({value})", "columns", "plans", {what: value}, "plan_id = 'dprd-kabkota-2019'"
        )


def _in_part() -> Iterator[Mutant]:
    kind, table = "a plan known in part", "tabel-dprd-kabkota-2014"
    changes = {
        "columns": {"nama_provinsi": "'Jawa'", "kode_kabkota": "NULL", "nama_kabkota": "'Kota Lain'", "ragu": "'x'",
                    "catatan": "'x'", "nama_dapil": "nama_dapil || '0'"},
        "identifiers": {"kode_dapil": "'757101', id = 'dprd-kabkota-2014-757101'", "id": "'x'", "tahun": "2015"},
        "totals": {"kursi": "kursi + 1"},
    }  # fmt: skip
    for rule, values in changes.items():
        yield from sqls(kind, rule, table, values, "kode_dapil = '750103'")
    yield from sqls(kind, "plans", "plans", {"sebagian": "0"}, "plan_id = 'dprd-kabkota-2014'")
    yield from sqls(f"{kind}, or whole", "plans", "plans", {"sebagian": "1"}, "plan_id = 'dprd-kabkota-2019'")
    where = "plan_id = 'dprd-kabkota-2014' AND kode_unit = '75.71.02'"
    yield from sqls(kind, "members", "members", {"kode_dapil": "'750101'"}, where)


def _abroad() -> Iterator[Mutant]:
    kind = "voters abroad"
    yield from sqls(kind, "members", "plans", {"luar_negeri": "NULL"}, "plan_id = 'dpr-2024'")
    yield from sqls(
        "voters abroad of a DPRD", "members", "plans", {"luar_negeri": "'750101'"}, f"plan_id = '{PLAN}'"
    )
    own = {"kode_unit": "'75'", "kode_dapil": "'7502'", "nama_unit": "'Negeri Lain'"}
    yield from sqls(kind, "members", "members", own, "kode_unit = '99'")
    yield from sqls(
        kind, "columns", "dpr-2024", {"wilayah": "replace(wilayah, '; 99 Luar Negeri', '')"}, "fid = 1"
    )


def _members() -> Iterator[Mutant]:
    kind = "members"
    other = "(SELECT u.nama FROM \"unit-kecamatan\" u WHERE u.kode IN ('75.01.01', '75.01.02') AND u.kode <> kode_unit)"
    both = "plan_id = 'dprd-kabkota-2024' AND kode_unit IN ('75.01.01', '75.01.02')"
    yield from sqls("names of members, exchanged", "columns", "members", {"nama_unit": other}, both)
    where = "plan_id = 'dprd-kabkota-2024' AND kode_unit = '75.01.01'"
    yield from sqls(kind, "columns", "members", {"lembaga": "'dpr'"}, where)
    yield from sqls(kind, "members", "members", {"kode_unit": "'99.01'"}, where)
    yield from sqls(kind, "assignment", "members", {"kode_dapil": "'750102'"}, where)
    yield from sqls("ragu of a member", "columns", "members", {"ragu": "'entah'", "ragu_en": "'who'"}, where)
    yield from sqls("a unit in another dapil", "assignment", "assignment", {"kode_dapil": "'750199'"},
                     "plan_id = 'dprd-kabkota-2024' AND kode_unit LIKE '75.01%'")  # fmt: skip


def _ledger() -> Iterator[Mutant]:
    kind = "arithmetic of the ledger"
    new = {"kode": "75.99.99", "nama": "Satu", "area_source_m2": "1", "area_m2": "1", "area_change_pct": "1.5",
           "overlap_lost_m2": "-1.0", "gap_filled_m2": "99999999", "parts_source": "0", "parts": "7",
           "invalid_source": "-1"}  # fmt: skip
    for at, name in enumerate(new):

        def cell(root: Path, at: int = at, value: str = new[name]) -> None:
            def change(old: str) -> str:
                lines = old.splitlines(keepends=True)
                cells = lines[1].split(",")
                cells[at] = value
                return "".join([lines[0], ",".join(cells), *lines[2:]])

            text(root / "quality.csv", change)

        yield Mutant(kind, f"quality.csv {name}", "ledger", cell)
    for what, edit in {
        "a row less": lambda lines: lines[:-1],
        "a row twice": lambda lines: [*lines, lines[-1]],
        "rows exchanged": lambda lines: [lines[0], lines[2], lines[1], *lines[3:]],
    }.items():

        def rows(root: Path, edit: Callable[[list[str]], list[str]] = edit) -> None:
            text(root / "quality.csv", lambda old: "".join(edit(old.splitlines(keepends=True))))

        yield Mutant(kind, f"quality.csv: {what}", "ledger", rows)
    keys = ("units", "parts", "parts_source", "area_m2", "area_source_m2", "gaps_kept", "gaps_filled", "overlap_m2",
            "invalid_source", "units_over_2_pct", "area_change_median_pct")  # fmt: skip
    for key in keys:

        def total(root: Path, key: str = key) -> None:
            a_json(
                root / "quality.json",
                lambda value: value["totals"].update({key: value["totals"][key] + 1000}),
            )

        yield Mutant(kind, f"quality.json totals.{key}", "ledger", total)

    def notable(root: Path) -> None:
        a_json(root / "quality.json", lambda value: value["units_notable"].append({"kode": "75.01.01"}))

    yield Mutant(kind, "quality.json units_notable", "ledger", notable)
    accuracy = {"nama": "'Satu'", "luas_km2": "luas_km2 + 1", "rasio_luas": "0.5", "kode": "'75.99'",
                "luas_resmi_km2": "luas_resmi_km2 * 2", "beda_90_m": "1"}  # fmt: skip
    yield from sqls("columns of the accuracy", "ledger", "accuracy", accuracy, "fid = 1")


def _manifest() -> Iterator[Mutant]:
    def edit(what: str, rule: str, change: Callable[[Any], object], kind: str = "the manifest") -> Mutant:
        return Mutant(kind, what, rule, lambda root: a_json(root / "manifest.json", change))

    for key, value in {
        "kursi": 999, "dapil": 999, "mulai": "2020-01-01", "selesai": "2030-01-01", "lembaga": "dpd", "tahun": 2020,
        "dasar_hukum": "UU lain", "kursi_law": 7, "dapil_law": 7, "selisih": [{"hal": "x"}],
    }.items():  # fmt: skip
        yield edit(
            f"plan: {key}", "plans", lambda m, key=key, value=value: m["plans"][3].update({key: value})
        )
    yield edit("plan: ragu", "columns", lambda m: m["plans"][3].update(ragu=m["plans"][3]["ragu"] + 1))
    yield edit("a plan less", "plans", lambda m: m["plans"].pop())
    for key, value in {"features": 3, "bbox": [1, 2, 3, 4], "columns": ["id"], "name": "lain"}.items():
        yield edit(
            f"layer: {key}", "layers", lambda m, key=key, value=value: m["layers"][1].update({key: value})
        )
    for key, value in {"media_type": "text/html", "derived": True}.items():
        yield edit(
            f"file: {key}", "files", lambda m, key=key, value=value: m["files"][1].update({key: value})
        )
    yield edit("derived taken away", "files", lambda m: [each.pop("derived", None) for each in m["files"]])
    licence = "licence that contradicts itself"
    yield edit("licence: spdx", "columns", lambda m: m["source"]["licence"].update(spdx="CC0-1.0"), licence)
    yield edit(
        "licence: url",
        f"layer-files {PLAN}.geojson",
        lambda m: m["source"]["licence"].update(url="https://x.org/"),
        licence,
    )
    yield edit(
        "licence: name",
        f"layer-files {PLAN}.geojson",
        lambda m: m["source"]["licence"].update(name="CC0"),
        licence,
    )
    yield edit(
        "attribution", f"layer-files {PLAN}.geojson", lambda m: m["source"].update(attribution="X"), licence
    )
    yield edit("source", "database", lambda m: m["source"].update(publisher="X"), licence)
    yield edit("open", "drawn-files", lambda m: m["source"].update(open=False), licence)
    yield edit("vintage", "drawn-files", lambda m: m["source"].update(vintage="1999"), licence)


def _details() -> Iterator[Mutant]:
    kind = "the detail standard against full"
    for table, column, value in (
        (PLAN, "kursi", "kursi + 1"), (PLAN, "nama_dapil", "'X'"), (UNITS, "nama", "'X'"),
        ("members", "nama_unit", "'X'"),
        ("plans", "jumlah_kursi", "1"), ("accuracy", "rasio_luas", "2"),
    ):  # fmt: skip
        statement = f'UPDATE "{table}" SET "{column}" = {value} WHERE fid = 1'
        yield Mutant(
            kind, f"{table}.{column}", "details",
            lambda root, statement=statement: sql(root / "dapil-standard.gpkg", statement),
        )  # fmt: skip
    for what, by, layer in (("unit moved by 300 m", 0.003, UNITS), ("dapil moved by a step", 1e-7, PLAN)):
        yield Mutant(
            kind,
            what,
            "details",
            lambda root, by=by, layer=layer: _move(root / "dapil-standard.gpkg", layer, by),
        )
    yield Mutant(
        kind, "a row less", "details",
        lambda root: sql(root / "dapil-standard.gpkg", f'DELETE FROM "{PLAN}" WHERE fid = 1'),
    )  # fmt: skip
    for what, column, value in (
        ("seats", "kursi", 99),
        ("a name", "nama_dapil", "X"),
        ("a licence", "lisensi", "X"),
    ):
        yield Mutant(
            "features.bin", what, "features",
            lambda root, column=column, value=value: _features(root, column, value),
        )  # fmt: skip
    yield Mutant(
        "features.bin", "geometry moved by a step", "features", lambda root: _features(root, "", None)
    )


def _move(path: Path, layer: str, by: float) -> None:
    connection = sqlite3.connect(path)
    (blob,) = connection.execute(f'SELECT geom FROM "{layer}" WHERE fid = 1').fetchone()
    connection.close()
    shape = shapely.transform(shapely.from_wkb(blob[40:]), lambda xy: np.round(xy + by, 7))
    new = blob[:40] + shapely.to_wkb(shape, byte_order=1)
    sql(path, f"UPDATE \"{layer}\" SET geom = x'{new.hex()}' WHERE fid = 1")


def _features(root: Path, column: str, value: Any) -> None:
    release = open_release(root, complete=False)
    tables = []
    for rows in feature_rows(release, release.layers):
        if rows.table == PLAN and column:
            rows.properties[1][column] = value  # type: ignore[index]
        elif rows.table == PLAN:
            rows.geometries[1] = shapely.transform(rows.geometries[1], lambda xy: np.round(xy + 1e-7, 7))
        tables.append(rows)
    assert DERIVED[0] == "features.bin"
    (root / "features.bin").unlink()
    write_features(root / "features.bin", tables)


def _links() -> Iterator[Mutant]:
    kind = "no file"

    def link(root: Path, name: str) -> None:
        path = root / name
        path.rename(root.parent / "elsewhere")
        path.symlink_to(root.parent / "elsewhere")

    def pipe(root: Path, name: str) -> None:
        (root / name).unlink()
        os.mkfifo(root / name)

    for name in ("dapil.gpkg", "quality.csv", f"downloads/{PLAN}.csv"):
        yield Mutant(kind, f"{name} a link", "verify", lambda root, name=name: link(root, name))
        yield Mutant(kind, f"{name} a pipe", "verify", lambda root, name=name: pipe(root, name))
    yield Mutant(kind, "downloads a link", "verify", lambda root: link(root, "downloads"))
