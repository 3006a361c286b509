"""The toy nation under the names that the tests know; `boundaries.release.toy` has it and says what is in it."""

from boundaries.release.toy import (
    DATE,
    PLANS,
    SOURCE_ID,
    SmallPlan,
    make_small_release,
    small_layers,
    small_tables,
    write_small_files,
)  # fmt: skip
from boundaries.release.toy_ground import CELL, ORIGIN, SPLIT, base_units, holes, unit_names

__all__ = [
    "CELL", "DATE", "ORIGIN", "PLANS", "SOURCE_ID", "SPLIT", "SmallPlan", "base_units", "holes", "make_small_release",
    "small_layers", "small_tables", "unit_names", "write_small_files",
]  # fmt: skip
