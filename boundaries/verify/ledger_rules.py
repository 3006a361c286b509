"""Rules on the ledger: its units, its arithmetic, and what it says of polygons that are there to be measured."""

import json
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely

from boundaries.ground.measures import area_m2
from boundaries.release.ledger import NOTABLE_PCT
from boundaries.release.surety import UNLIKE
from boundaries.verify.column_rules import unit_names
from boundaries.verify.opened_release import Contents, Finding, Outcome

#: Areas of the ledger have a decimal; one that is told otherwise than measured is off by more than this share and m².
_AREA_SHARE, _AREA_M2 = 1e-3, 1.0
_TENTH: Final = 0.06
_LIMITS: Final = (1, 2, 5, 20)


def ledger(contents: Contents) -> Outcome:
    """The ledger has a row for every base unit, measured and reckoned right, and a reason where the area changed by
    more than 2 %; its sums are those of its rows."""
    rows = pd.read_csv(
        contents.release.path / "quality.csv", dtype={"kode": str, "nama": str}, keep_default_na=False
    )
    found = _rows(contents, rows)
    if not found:
        found = _measured(contents, rows) + _arithmetic(rows)
    changed = pd.to_numeric(rows["area_change_pct"]).abs() > NOTABLE_PCT
    for row in rows[changed & (rows["reason"] == "")].itertuples():
        found.append(
            Finding("ledger", "quality.csv", str(row.kode), "reason of a changed area", "a reason",
                    f"none for {row.area_change_pct} %")
        )  # fmt: skip
    quality = contents.release.quality
    if quality.get("plans") != json.loads(json.dumps(contents.release.manifest["plans"])):
        found.append(Finding("ledger", "quality.json", "", "plans", "those of the manifest", "others"))
    if "totals" in quality:
        found += _totals(rows, quality)
    if (contents.release.path / "quality-levels.csv").exists():
        found += _levels(contents, quality.get("levels", {}))
    if "accuracy" in contents.names:
        found += _accuracy(contents)
    return Outcome(f"{len(rows):,} units, {int(changed.sum()):,} with a reason", found)


def _rows(contents: Contents, rows: pd.DataFrame) -> list[Finding]:
    """One row a base unit with a polygon, in the order of their codes, under its name."""
    wanted, names = contents.ground.codes.tolist(), unit_names(contents)
    if rows["kode"].tolist() != wanted:
        twice = sorted(set(rows["kode"][rows["kode"].duplicated()]))
        apart = sorted(set(wanted) ^ set(rows["kode"]))
        return [
            Finding(
                "ledger", "quality.csv", code, "base unit", "once", "twice" if code in twice else "not so"
            )
            for code in [*twice, *apart] or rows["kode"].tolist()[:1]
        ]
    return [
        Finding("ledger", "quality.csv", code, "nama", names[code], name)
        for code, name in rows[["kode", "nama"]].itertuples(index=False)
        if name != names[code]
    ]


def _measured(contents: Contents, rows: pd.DataFrame) -> list[Finding]:
    shapes = contents.ground.geometry
    area = area_m2(shapes)
    off = np.abs(rows["area_m2"].to_numpy(dtype=float) - area) > _AREA_M2 + _AREA_SHARE * area
    parts = rows["parts"].to_numpy() != shapely.get_num_geometries(shapes)
    return _named(rows, "area_m2", off) + _named(rows, "parts", parts)


def _arithmetic(rows: pd.DataFrame) -> list[Finding]:
    """Change in per cent; what was lost and filled makes the difference; counts are counts."""
    source, final = rows["area_source_m2"].astype(float), rows["area_m2"].astype(float)
    change = 100 * (final - source) / source
    room = 0.0011 + 100 * 2 * _TENTH * (1 + (final / source)) / source
    reckoned = source - rows["overlap_lost_m2"].astype(float) + rows["gap_filled_m2"].astype(float)
    part = rows["parts_source"]
    return [
        *_named(rows, "area_change_pct", (rows["area_change_pct"].astype(float) - change).abs() > room),
        *_named(rows, "overlap_lost_m2", (reckoned - final).abs() > _most_moved(rows)),
        *_named(rows, "parts_source", (part < 1) | (rows["invalid_source"] < 0)),
        *_named(rows, "overlap_lost_m2", (rows["overlap_lost_m2"] < 0) | (rows["gap_filled_m2"] < 0)),
    ]


def _most_moved(rows: pd.DataFrame) -> "pd.Series[Any]":
    """What rounding to the grid may put between the sums: a unit with a reason may have been rebuilt besides."""
    told = rows["reason"] != ""
    return pd.Series(np.where(told, np.inf, 2.0 + 2e-4 * rows["area_m2"].astype(float)), index=rows.index)


def _named(rows: pd.DataFrame, column: str, bad: Any) -> list[Finding]:
    return [
        Finding(
            "ledger", "quality.csv", str(row["kode"]), column, "as measured or reckoned", str(row[column])
        )
        for _, row in rows[np.asarray(bad)].iterrows()
    ]


def _totals(rows: pd.DataFrame, quality: Any) -> list[Finding]:
    """The sums of ``quality.json`` are those of the rows and lists."""
    change, totals, count = rows["area_change_pct"].abs(), quality["totals"], len(rows)
    near = 0.1 * count + 1
    expected: dict[str, tuple[float, float]] = {
        "units": (count, 0),
        "parts": (int(rows["parts"].sum()), 0),
        "parts_source": (int(rows["parts_source"].sum()), 0),
        "invalid_source": (int(rows["invalid_source"].sum()), 0),
        "area_m2": (float(rows["area_m2"].sum()), near),
        "area_source_m2": (float(rows["area_source_m2"].sum()), near),
        "gaps_kept": (len(quality["gaps_kept"]), 0),
        "gaps_kept_m2": (sum(gap["area_m2"] for gap in quality["gaps_kept"]), len(quality["gaps_kept"]) + 1),
        "gaps_filled": (totals["gaps_found"] - totals["gaps_kept"], 0),
        "overlap_m2": (totals["area_source_m2"] - totals["area_m2"] + totals["gaps_filled_m2"], 1),
        "area_change_median_pct": (round(float(np.median(change)), 3), 0.0011),
        **{f"units_over_{limit}_pct": (int((change > limit).sum()), 0) for limit in _LIMITS},
    }
    found = [
        Finding("ledger", "quality.json", "", f"totals: {key}", f"{value:,}", str(totals.get(key)))
        for key, (value, room) in expected.items()
        if not abs(float(totals.get(key, np.inf)) - value) <= room
    ]
    notable = rows[rows["reason"] != ""].to_dict("records")
    if json.loads(json.dumps(notable)) != quality.get("units_notable"):
        found.append(Finding("ledger", "quality.json", "", "units_notable", "rows with a reason", "others"))
    return found


def _levels(contents: Contents, told: Any) -> list[Finding]:
    """``quality-levels.csv``: a row a kecamatan; what ``quality.json`` says of all follows from the rows."""
    table = pd.read_csv(contents.release.path / "quality-levels.csv", dtype={"kode": str})
    found = []
    # What outline and unit have in common, from their areas and their likeness.
    both = table["iou"] * (table["outline_km2"] + table["wilayah_km2"]) / (1 + table["iou"])
    room = 1e-3 + 1e-3 * table[["outline_km2", "wilayah_km2"]].max(axis=1)
    strange = ~table["iou"].between(0, 1) | (both > table["wilayah_km2"] + room)
    strange |= both + table["outline_di_lain_km2"] > table["outline_km2"] + room
    known = set(contents.frame("unit-kecamatan")["kode"])
    for code in table["kode"][~table["kode"].isin(known) | table["kode"].duplicated() | strange]:
        found.append(
            Finding("ledger", "quality-levels.csv", code, "row of a kecamatan", "one that adds up", "another")
        )
    totals = told.get("totals", {})
    names = ("outline_km2", "wilayah_km2", "outline_di_lain_km2", "wilayah_di_lain_km2")
    expected = {name: round(float(table[name].sum()), 1) for name in names}
    expected |= {"iou_median": round(float(table["iou"].median()), 4), "kecamatan": len(table)}
    found += [
        Finding("ledger", "quality.json", "", f"levels: {name}", str(value), str(totals.get(name)))
        for name, value in expected.items()
        if not abs(float(totals.get(name, np.inf)) - value) <= (0.5 if name in names else 1e-4)
    ]
    unlike = table["kode"][table["iou"] < UNLIKE].tolist()
    if sorted(each["kode"] for each in told.get("unlike", ())) != sorted(unlike):
        found.append(Finding("ledger", "quality.json", "", "levels: unlike", str(unlike), "others"))
    return found


def _accuracy(contents: Contents) -> list[Finding]:
    """The table ``accuracy``: a row a kabkota with its name and area; the ratio is that of the areas."""
    rows = contents.frame("accuracy")
    units = contents.frame("unit-kabkota").set_index("kode") if "unit-kabkota" in contents.layers else None
    if units is None or rows["kode"].tolist() != units.index.tolist():
        return [Finding("ledger", "accuracy", "", "kode", "the kabkota", "others")]
    ratio = (rows["luas_km2"] / rows["luas_resmi_km2"]).round(4)
    half, most = (pd.to_numeric(rows[name]).astype(float) for name in ("beda_tengah_m", "beda_90_m"))
    bad = {
        "nama": rows["nama"].to_numpy() != units["nama"].to_numpy(),
        "luas_km2": ~(np.abs(rows["luas_km2"].to_numpy() - units["luas_km2"].to_numpy()) <= 0.0011),
        "rasio_luas": ((rows["rasio_luas"] - ratio).abs() > 1.1e-4)
        | (rows["rasio_luas"].isna() != ratio.isna()),
        "beda_90_m": (half > most) | (half.isna() != most.isna()) | (half.isna() != rows["batas_km"].isna()),
    }
    return [
        Finding("ledger", "accuracy", str(code), name, "that of the unit, or reckoned", "another")
        for name, mask in bad.items()
        for code in rows["kode"][np.asarray(mask)]
    ]
