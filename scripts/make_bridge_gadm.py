"""Make gadm-4.1.bridge.csv and gadm-4.1.missing.csv: GADM's villages of about 2012 → units of 2025.

    python scripts/make_bridge_gadm.py [--check]

Needs the files of both sources, all desa of kemendagri-2025 among them (a mirror or the network). A village
goes to the Kemendagri kecamatan found so; the last word is what the bridge gives as `cara`:

1. Water (CC_4 ends in 888, or TYPE_4 is WaterBody): to the kecamatan that holds at least 90 % of it, else to
   none: a lake that several kecamatan share must not become the land of one. danau
2. A desa of the same name overlaps the village, and GADM's own kecamatan has the name of that desa's, or
   the overlap is 5 % of the village or more and GADM's kecamatan is not called as the one with the largest
   overlap: to that desa's kecamatan. nama
3. To the kecamatan with the largest share of its area: half or more, luas; less, luas-tipis.
4. Less than 10 % of it lies in any kecamatan: to that of the nearest desa of its name in the kabkota of its
   neighbours, nama; else to the kecamatan called as GADM's, nama-kecamatan; else to the nearest, dekat.

In a kecamatan that a plan splits the village goes on to a desa: of its name, of the largest overlap, or the
nearest. Where villages of one GADM kecamatan agree they stand as one row ``IDN.1.2.1.*``; only the others
have a row of their own.
"""

import argparse
import csv
import io
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely

from boundaries import sources
from boundaries.law.plans import base_units, load_plans
from boundaries.law.registry import Registry, load_registry
from boundaries.sources.bridge import NOT_GROUND
from boundaries.sources.ogr import read_columns

DATA = Path(__file__).parent.parent / "data" / "sources"
WITHIN = 0.9  # share of a lake inside one kecamatan from which on it is that one's
NAMED = 0.05  # share of a village inside the desa of its name from which on the name counts without a witness
OUTSIDE = 0.1  # share inside any kecamatan below which the overlap says nothing
SIMPLIFY = 1e-4  # degrees, for desa (8.8 million vertices), about 10 m


def main() -> int:
    """Write both files, or with --check say whether they are the same."""
    parser = argparse.ArgumentParser(description="Make the bridge of gadm-4.1")
    parser.add_argument(
        "--check", action="store_true", help="compare with the files that are there; write nothing"
    )
    arguments = parser.parse_args()
    registry = load_registry()
    base = base_units(load_plans(registry=registry), registry)
    split = tuple(sorted({code[:8] for code in base if len(code) == 13}))
    kecamatan, desa = kemendagri()
    villages = gadm()
    table = bridge(villages, kecamatan, desa, split)
    report(table)
    texts = {
        DATA / "gadm-4.1.bridge.csv": compact(table),
        DATA / "gadm-4.1.missing.csv": missing(table, base, registry, kecamatan, desa, villages),
    }
    if arguments.check:
        stale = [path.name for path, text in texts.items() if path.read_text(encoding="utf-8") != text]
        print(f"differ: {', '.join(stale)}" if stale else "the same as committed", file=sys.stderr)
        return bool(stale)
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8", newline="\n")
    return 0


# --- input -------------------------------------------------------------------------------------------------


def kemendagri() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return all kecamatan and desa: code, name, geometry; a kecamatan is the union of its desa."""
    source = sources.load_source("kemendagri-2025")
    need = sources.Need(("kecamatan", "desa"))
    fetched = sources.fetch(source, need=need)
    levels = {raw.level: frame(raw) for raw in sources.read_needed(source, fetched, need)}
    kecamatan, desa = levels["kecamatan"], levels["desa"]
    desa["geometry"] = repair(shapely.simplify(desa["geometry"].to_numpy(), SIMPLIFY))
    of_kecamatan = desa.groupby(desa["code"].str[:8])["geometry"].agg(
        lambda g: shapely.union_all(g.to_numpy())
    )
    kecamatan["geometry"] = kecamatan["code"].map(of_kecamatan)
    return kecamatan, desa


def frame(raw: sources.RawUnits) -> pd.DataFrame:
    """Return code, name and geometry of the units that have one."""
    there = ~shapely.is_missing(raw.geometry)
    columns = {"code": raw.codes[there], "name": raw.names[there], "geometry": raw.geometry[there]}
    return pd.DataFrame(columns, dtype=object)


def gadm() -> pd.DataFrame:
    """Return the villages of GADM in their order: id, names, geometry, area (square degrees), water."""
    source = sources.load_source("gadm-4.1")
    (file,) = sources.fetch(source).files.values()
    fields = ["GID_4", "GID_2", "GID_3", "NAME_4", "NAME_3", "TYPE_4", "CC_4"]
    columns, geometry = read_columns(file.file, fields)
    villages = pd.DataFrame(columns, columns=fields, dtype=object)
    villages["geometry"] = repair(geometry)
    villages["area"] = shapely.area(villages["geometry"].to_numpy())
    villages["water"] = villages["CC_4"].str.endswith("888") | (villages["TYPE_4"] == "WaterBody")
    return villages


def repair(geometry: Any) -> Any:
    """Return `geometry` with the invalid ones made valid, polygon parts only."""
    bad = ~shapely.is_valid(geometry)
    geometry = geometry.copy()
    geometry[bad] = shapely.make_valid(geometry[bad], method="structure", keep_collapsed=False)
    return geometry


def plain(names: pd.Series) -> pd.Series:
    """Names as GADM has them, without blanks and signs, so that the two can be compared."""
    return names.map(lambda name: re.sub(r"[^a-z0-9]", "", name.lower()))


# --- evidence ----------------------------------------------------------------------------------------------


def overlaps(villages: pd.DataFrame, units: pd.DataFrame) -> pd.DataFrame:
    """Return village and unit (row numbers) and the share of the village, for every pair that overlaps."""
    ours, theirs = villages["geometry"].to_numpy(), units["geometry"].to_numpy()
    village, unit = shapely.STRtree(theirs).query(ours, predicate="intersects")
    area = np.empty(len(village))
    for start in range(0, len(village), 20_000):  # a slice at a time: the pieces are as large as the map
        at = slice(start, start + 20_000)
        area[at] = shapely.area(shapely.intersection(ours[village[at]], theirs[unit[at]]))
    share = area / villages["area"].to_numpy()[village]
    pairs = pd.DataFrame({"village": village, "unit": unit, "share": share})
    return pairs[pairs["share"] > 0]


def largest(pairs: pd.DataFrame) -> pd.DataFrame:
    """Return the pair with the largest share of each village, by village; of equal ones the first unit."""
    order = pairs.sort_values(["village", "share", "unit"], ascending=[True, False, True])
    return order.drop_duplicates("village").set_index("village")


def bridge(
    villages: pd.DataFrame, kecamatan: pd.DataFrame, desa: pd.DataFrame, split: tuple[str, ...]
) -> pd.DataFrame:
    """Return the whole bridge, a row a village: id, parent, kode, cara, and what was measured on the way."""
    table = villages[["GID_4", "GID_3"]].set_axis(["id", "parent"], axis=1)
    table["name_3"], table["name_4"] = plain(villages["NAME_3"]), plain(villages["NAME_4"])
    by_area = overlaps(villages, kecamatan)
    by_desa = overlaps(villages, desa)
    best = largest(by_area).reindex(table.index)
    table["overlap"] = best["unit"].map(kecamatan["code"])
    table["share"] = best["share"].fillna(0.0)
    table["cover"] = by_area.groupby("village")["share"].sum().reindex(table.index).fillna(0.0)
    ours, theirs = table["name_4"].to_numpy(), plain(desa["name"]).to_numpy()
    same = ours[by_desa["village"]] == theirs[by_desa["unit"]]
    named = largest(by_desa[same]).reindex(table.index)
    table["desa"] = named["unit"].map(desa["code"])
    table["desa_share"] = named["share"].fillna(0.0)
    names = dict(zip(kecamatan["code"], plain(kecamatan["name"]), strict=True))
    table["kode"] = table["overlap"]
    table["cara"] = np.where(table["share"] >= 0.5, "luas", "luas-tipis")
    _by_name(table, names)
    _outside(table, villages, kecamatan, desa, names)
    _lakes(table, villages)
    _into_desa(table, villages, desa, by_desa, split)
    return table


def _by_name(table: pd.DataFrame, names: dict[str, str]) -> None:
    table["named"] = table["desa"].str.slice(0, 8)
    witness = table["named"].map(names) == table["name_3"]
    against = table["overlap"].map(names) == table["name_3"]
    clear = table["named"].notna() & (witness | ((table["desa_share"] >= NAMED) & ~against))
    differs = clear & (table["named"] != table["overlap"])
    table.loc[differs, "kode"] = table["named"]
    table.loc[differs, "cara"] = "nama"


def _outside(
    table: pd.DataFrame,
    villages: pd.DataFrame,
    kecamatan: pd.DataFrame,
    desa: pd.DataFrame,
    names: dict[str, str],
) -> None:
    """Villages of which hardly anything lies in a kecamatan: coasts and islands drawn elsewhere."""
    outside = (table["cover"] < OUTSIDE) & (table["cara"] != "nama")
    kabkota = (
        table.loc[~outside, "kode"].str.slice(0, 5).groupby(villages["GID_2"]).agg(lambda c: c.mode()[0])
    )
    by_name = {(code[:5], name): code for code, name in names.items()}
    of_name = dict(list(desa.groupby(desa["code"].str.slice(0, 5) + plain(desa["name"]))))
    for row in table.index[outside]:
        shape, near = villages.at[row, "geometry"], kabkota.get(villages.at[row, "GID_2"], "")
        called = of_name.get(f"{near}{table.at[row, 'name_4']}")
        if called is not None:
            table.at[row, "desa"] = _nearest(called, shape)
            table.at[row, "kode"], table.at[row, "cara"] = table.at[row, "desa"][:8], "nama"
        elif (near, table.at[row, "name_3"]) in by_name:
            table.at[row, "kode"] = by_name[near, table.at[row, "name_3"]]
            table.at[row, "cara"] = "nama-kecamatan"
        else:
            table.at[row, "kode"], table.at[row, "cara"] = _nearest(kecamatan, shape), "dekat"


def _nearest(units: pd.DataFrame, shape: shapely.Geometry) -> str:
    distance = shapely.distance(units["geometry"].to_numpy(), shape)
    return str(units["code"].iloc[int(distance.argmin())])


def _lakes(table: pd.DataFrame, villages: pd.DataFrame) -> None:
    table.loc[villages["water"], "kode"] = table["overlap"].where(table["share"] >= WITHIN, NOT_GROUND)
    table.loc[villages["water"], "cara"] = "danau"


def _into_desa(
    table: pd.DataFrame,
    villages: pd.DataFrame,
    desa: pd.DataFrame,
    by_desa: pd.DataFrame,
    split: tuple[str, ...],
) -> None:
    """Villages in a kecamatan that a plan splits go on to one of its desa."""
    inside = table["kode"].isin(split)
    of = desa["code"].str.slice(0, 8)
    pairs = by_desa[of.to_numpy()[by_desa["unit"]] == table["kode"].to_numpy()[by_desa["village"]]]
    best = largest(pairs)["unit"].map(desa["code"]).reindex(table.index)
    for row in table.index[inside]:
        code = table.at[row, "kode"]
        named = table.at[row, "desa"]
        if isinstance(named, str) and named.startswith(code):
            table.at[row, "kode"] = named
        elif isinstance(best[row], str):
            table.at[row, "kode"] = best[row]
        else:
            table.at[row, "kode"] = _nearest(desa[of == code], villages.at[row, "geometry"])


# --- output ------------------------------------------------------------------------------------------------


def compact(table: pd.DataFrame) -> str:
    """Return the bridge as CSV: a row a GADM kecamatan, and a row a village that differs from the others."""
    pair = list(zip(table["kode"], table["cara"], strict=True))
    rows: list[tuple[str, str, str]] = []
    for parent, group in pd.Series(pair, index=table.index).groupby(table["parent"], sort=False):
        counts = group.value_counts()
        common = min(counts[counts == counts.iloc[0]].index)
        if counts.iloc[0] > 1:
            rows.append((f"{str(parent).split('_')[0]}.*", *common))
        differ = group[[value != common or counts.iloc[0] == 1 for value in group]]
        rows += [(table.at[i, "id"], *value) for i, value in differ.items()]
    return _csv(["id", "kode", "cara"], rows)


def missing(
    table: pd.DataFrame,
    base: tuple[str, ...],
    registry: Registry,
    kecamatan: pd.DataFrame,
    desa: pd.DataFrame,
    villages: pd.DataFrame,
) -> str:
    """Return the base units to which no village goes, and the unit that got their ground."""
    units = pd.concat([kecamatan, desa]).set_index("code")["geometry"]
    tree = shapely.STRtree(villages["geometry"].to_numpy())
    rows = []
    for code in sorted(set(base) - set(table["kode"])):
        if code not in units.index:
            rows.append((code, "tidak ada poligon di GADM maupun di Kemendagri 2025"))
            continue
        on = tree.query(units[code], predicate="intersects")
        area = shapely.area(shapely.intersection(villages["geometry"].to_numpy()[on], units[code]))
        ground = pd.Series(area).groupby(table["kode"].to_numpy()[on]).sum().drop(NOT_GROUND, errors="ignore")
        if ground.empty or ground.max() == 0:
            rows.append((code, "tidak ada poligon GADM di wilayahnya"))
        else:
            into = str(ground.idxmax())
            rows.append((code, f"tidak ada desa GADM; wilayahnya masuk {into} {registry.names[into]}"))
    return _csv(["kode", "alasan"], rows)


def _csv(header: list[str], rows: list[Any]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([header, *rows])
    return out.getvalue()


def report(table: pd.DataFrame) -> None:
    """Say what the bridge is made of."""
    print(table["cara"].value_counts().to_string())
    named = table["named"].notna() & (table["overlap"] != table["named"])
    print(f"{len(table):,} villages; the name and the largest overlap disagree for {named.sum():,}")
    elsewhere = (table["overlap"] != table["kode"].str.slice(0, 8)) & (table["kode"] != NOT_GROUND)
    print(f"{elsewhere.sum():,} go elsewhere than the largest overlap says")
    print(
        f"kecamatan or desa of 2025 reached: {table['kode'].nunique() - (NOT_GROUND in set(table['kode'])):,}"
    )


if __name__ == "__main__":
    sys.exit(main())
