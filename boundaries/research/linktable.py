"""A user's table of links: ferries, bridges, sea links to add; links to take away."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pandas as pd

from boundaries.errors import TableError
from boundaries.law.tables import read_table, refuse, where

#: What a row may say in `jenis`.
ADDED: Final = ("laut", "feri", "jembatan")
REMOVED: Final = "hapus"


def read_links(path: Path, codes: set[str]) -> pd.DataFrame:
    """Read ``kode_a,kode_b,jenis[,jarak_m]``: an edge a line, codes of the graph's own level.

    Returns the columns `kode_a` < `kode_b`, `jenis`, `jarak_m` (float, NaN where empty); the index is the line.

    Raises
    ------
    TableError
        A code that the graph lacks, a link to itself, an edge twice, another `jenis`, a distance that is no number.
    """
    table = read_table(path, ("kode_a", "kode_b", "jenis"), optional=("jarak_m",))
    turned = table["kode_a"] > table["kode_b"]
    table.loc[turned, ["kode_a", "kode_b"]] = table.loc[turned, ["kode_b", "kode_a"]].to_numpy()
    refuse(_faults(path, table, codes), TableError)
    table["jarak_m"] = pd.to_numeric(table["jarak_m"].where(table["jarak_m"] != ""))
    return table


def _faults(path: Path, table: pd.DataFrame, codes: set[str]) -> Iterator[str]:
    seen: dict[tuple[Any, Any], object] = {}
    for line, a, b, kind, gap in table.itertuples():
        at = where(path, line)
        for code in {a, b} - codes:
            yield f"{at}: {code!r} is no unit of this graph; write a code of its level and its ground"
        if a == b:
            yield f"{at}: {a} is linked to itself; remove the line"
        if (a, b) in seen:
            yield f"{at}: {a} and {b} stand in line {seen[a, b]} already; remove one"
        seen[a, b] = line
        if kind not in (*ADDED, REMOVED):
            yield f"{at}: jenis {kind!r}; write {', '.join(ADDED)} or {REMOVED}"
        if gap and not _metres(gap):
            yield f"{at}: jarak_m {gap!r} is no number of metres; write digits, or leave it empty"


def _metres(text: str) -> bool:
    try:
        return 0 <= float(text) < 1e8
    except ValueError:
        return False
