"""Anybody's table with the outlines of its dapil, and the file that it becomes."""

from pathlib import Path
from typing import Any, Final

import pandas as pd

from boundaries.elections.matching import Matches, match
from boundaries.elections.tabular import read_any
from boundaries.errors import ReleaseError
from boundaries.release.writing import format_ending, new_file

_DRIVERS: Final = {".gpkg": "GPKG", ".geojson": "GeoJSON", ".fgb": "FlatGeobuf"}
_ENDINGS: Final = (*_DRIVERS, ".parquet", ".csv")
#: What is taken of the plan beside a table's own columns.
_OWN: Final = ("id", "kode_dapil", "nama_dapil", "kursi")


def joined(path: Path, dapil: Any, on: str = "") -> tuple[Any, Matches]:
    """Join a table to the dapil of a plan.

    Parameters
    ----------
    path
        CSV or XLSX.
    dapil
        The layer of a plan (GeoDataFrame, EPSG:4326), or its table without outlines.
    on
        The column that tells the dapil; see `matching.match`.

    Returns
    -------
    tuple
        `dapil` (id, code, name, seats, outline) with the columns of the table: a row for each of its rows that has a
        dapil, and one for each dapil without rows, so that the map has no holes; and what is to be told.
        A column of the table named as one of the plan's is kept as ``<name>_tabel``. Numbers become numbers, but
        not what could be a code.
    """
    table = read_any(path)
    matches = match(table, dapil, on)
    own = [name for name in _OWN if name in dapil]
    renamed = table.rename(columns={name: f"{name}_tabel" for name in table.columns if name in own})
    numbered = renamed.apply(_as_number).assign(_dapil=matches.codes)
    return on_dapil(dapil, numbered.rename(columns={"_dapil": "kode_dapil"})), matches


def on_dapil(dapil: Any, rows: pd.DataFrame) -> Any:
    """Return id, code, name, seats and outline of every dapil with the `rows` of its ``kode_dapil``."""
    own = [name for name in (*_OWN, "geometry") if name in dapil]
    return dapil[own].merge(rows, on="kode_dapil", how="left", sort=False)


def _as_number(column: pd.Series) -> pd.Series:
    """A column of numbers as numbers; one with a leading zero or named as a code stays text."""
    told = column[column != ""]
    if str(column.name).startswith("kode") or told.empty or told.str.fullmatch(r"0\d+").any():
        return column
    if told.str.fullmatch(r"-?\d{1,15}").all():
        return pd.to_numeric(column.replace("", None)).astype("Int64")
    return (
        pd.to_numeric(column.replace("", None)) if told.str.fullmatch(r"-?\d+\.\d+|-?\d+").all() else column
    )


def write(frame: Any, output: Path, layer: str) -> None:
    """Write what was joined, in the format that the ending says.

    Raises
    ------
    ReleaseError
        An ending of no format; the file exists; the disk is full.
    """
    ending = format_ending(output, _ENDINGS)
    with new_file(output) as path:
        if ending == ".csv":
            pd.DataFrame(frame).drop(columns="geometry", errors="ignore").to_csv(
                path, index=False, lineterminator="\n"
            )
        elif "geometry" not in frame:
            raise ReleaseError(f"{layer} has no outlines; end the file in .csv")
        elif ending == ".parquet":
            frame.to_parquet(path, index=False)
        else:
            frame.to_file(path, driver=_DRIVERS[ending], layer=layer, engine="pyogrio")
