"""Official figures of units: inhabitants and polling stations. ``data/statistics/README.md`` names the sources."""

from collections.abc import Sequence
from functools import cache
from typing import Final

import pandas as pd

from boundaries.law.codes import LENGTH, Level
from boundaries.law.tables import data_directory, read_table

#: Tables of inhabitants: the file, the levels it has, and the year at whose end they were counted.
_INHABITANTS: Final[tuple[tuple[str, tuple[Level, ...], int], ...]] = (
    ("penduduk_2024.csv", ("provinsi", "kabkota"), 2024),
    ("penduduk_kecamatan_2023.csv", ("kecamatan",), 2023),
)
_STATIONS: Final = ("tps_desa_2024.csv", 2024)
#: Every file that `people` reads.
FILES: Final = (*(name for name, *_ in _INHABITANTS), _STATIONS[0])


def people(codes: Sequence[str], level: Level) -> pd.DataFrame:
    """Return ``penduduk``, ``penduduk_tahun``, ``tps``, ``tps_tahun`` (Int64) of units of a level, in their order.

    <NA> where a figure is not known; none is estimated, and a figure that stands for the people of other units as well
    (`meliputi`: kecamatan made since) is no unit's. Polling stations of a unit are those of its desa of 2025.
    """
    units = pd.Index(list(codes), dtype=str)
    inhabitants: dict[str, int] = {}
    year = 0
    for name, levels, counted in _INHABITANTS:
        if level in levels:
            inhabitants, year = _read(name, "penduduk"), counted
    stations = pd.Series(_read(_STATIONS[0], "tps"), dtype="int64")
    tps = stations.groupby(stations.index.str[: LENGTH[level]]).sum()
    found = pd.DataFrame({"penduduk": pd.Series(inhabitants, dtype="Int64").reindex(units)}, index=units)
    found["penduduk_tahun"] = pd.Series(year, units, dtype="Int64").where(found["penduduk"].notna())
    found["tps"] = tps.astype("Int64").reindex(units)
    found["tps_tahun"] = pd.Series(_STATIONS[1], units, dtype="Int64").where(found["tps"].notna())
    return found


@cache
def _read(name: str, column: str) -> dict[str, int]:
    optional = {"nama", "keluarga", "meliputi"}
    table = read_table(
        data_directory() / "statistics" / name, ("kode", column, *sorted(optional)), optional=optional
    )
    own = table[(table["kode"] != "") & (table["meliputi"] == "")]
    return {code: int(value) for code, value in zip(own["kode"], own[column], strict=True)}
