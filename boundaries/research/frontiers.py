"""Land borders with other countries: which kecamatan lie on one, and how much of their outer edge it is."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from boundaries.law.codes import LENGTH
from boundaries.law.tables import data_directory, read_table

Array = NDArray[Any]

#: From this share on the whole outer edge is taken for the border: the table's lines are coarser than a base map's.
WHOLE: Final = 0.7
_WEAK: Final = ("sumber", "lemah")


@dataclass(frozen=True)
class Frontier:
    """Of units (n): ``country`` and ``basis`` (``""`` without a border), ``length_m`` of outer edge on it."""

    country: Array
    basis: Array
    length_m: Array


def find_frontiers(codes: Array, outer_m: Array) -> Frontier:
    """Tell the land borders of units, by data/statistics/batas_negara.csv.

    `outer_m` (n,): each unit's edge that no other unit has. The table knows kecamatan: what is finer is told no
    border, what is coarser the sum. Where no polygon was seen on the border (`dasar` ``sumber``, ``lemah``) it is 0.
    """
    table = read_table(
        data_directory() / "statistics" / "batas_negara.csv", ("kode", "negara", "tepi_km", "dasar")
    )
    at = {str(code): n for n, code in enumerate(codes)}
    country = np.full(len(codes), "", dtype=object)
    basis = np.full(len(codes), "", dtype=object)
    length = np.zeros(len(codes))
    for kode, negara, tepi_km, dasar in table.to_numpy(dtype=str):
        unit = next((at[kode[:size]] for size in LENGTH.values() if kode[:size] in at), None)
        if unit is None:
            continue
        country[unit], basis[unit] = negara, basis[unit] or dasar
        if dasar not in _WEAK:
            basis[unit] = dasar
            length[unit] += float(tepi_km) * 1000
    whole = length >= WHOLE * outer_m
    return Frontier(country, basis, np.where(whole & (length > 0), outer_m, np.minimum(length, outer_m)))
